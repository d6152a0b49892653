-- SPDX-License-Identifier: MIT
-- The Makefile and .ci/deps, as somebody meets them who has a path, a Lua or a libcurl of his own.
local process = require "spec.support.process"
local tree = require "spec.support.tree"

local function sh(script, ...)
  local ok, text = process.run { "bash", "-c", "unset MAKEFLAGS MAKELEVEL MFLAGS LUA MODE; " .. script, "spec", ... }
  return ok, text
end

local function directory(name)
  local stem = os.tmpname()
  os.remove(stem)
  local path = stem .. (name and "/" .. name or "")
  assert(process.run { "mkdir", "-p", path })
  return path, function() process.run { "rm", "-rf", stem } end
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

describe("make env", function()
  for _, name in ipairs { "plain", "it's mine", 'a "b" $HOME `c` \\d' } do
    it("is a line that the shell takes, in a directory called " .. name, function()
      local path, remove = directory(name)
      local ok, text = sh('cp Makefile "$1" && cd "$1" && line=$(make -s env) && eval "$line" && '
        .. "printf '%s\\n%s' \"$LUA_PATH\" \"$LUA_CPATH\"", path)
      remove()
      assert.is_true(ok, text)
      local lua_path, lua_cpath = text:match("^(.*)\n(.*)$")
      assert.are.equal(path .. "/lua/?.lua;", lua_path:sub(1, #path + 11))
      assert.are.equal(path .. "/build/lua5.4/?.so;;", lua_cpath)
      assert.is_nil(lua_path:find(";;;", 1, true), lua_path)
    end)
  end
end)

describe("make says before anything is compiled", function()
  local function refusal(arguments, ...)
    local ok, text = sh("make " .. arguments, ...)
    assert.is_false(ok, text)
    assert.is_nil(text:find("-std=c99", 1, true), text)
    return text
  end

  it("that it knows no such mode", function()
    assert.is_truthy(refusal("MODE=debug"):find("MODE=debug is none of: release asan tsan kqueue", 1, true))
  end)

  it("that this interpreter is another Lua", function()
    local path, remove = directory()
    write(path .. "/lua", "#!/bin/sh\necho 5.2\n")
    assert(process.run { "chmod", "+x", path .. "/lua" })
    local text = refusal('LUA="$1"/lua', path)
    remove()
    assert.is_truthy(text:find("/lua is Lua 5.2; this builds for Lua 5.4 (LUA=lua5.4) and LuaJIT", 1, true), text)
  end)

  for name, versions in pairs { libcurl = { "7.86.0", "7.87" }, libcrypto = { "1.1.1", "3.0" } } do
    it("that " .. name .. " is too old", function()
      local path, remove = directory()
      write(path .. "/" .. name .. ".pc", "Name: x\nDescription: old\nVersion: " .. versions[1] .. "\nLibs: -lx\n")
      local text = refusal('PKGCONFIG="env PKG_CONFIG_PATH=$1 pkg-config"', path)
      remove()
      local sentence = ("%s %s is too old: %s is the oldest"):format(name, versions[1], versions[2])
      assert.is_truthy(text:find(sentence, 1, true), text)
    end)
  end

  it("what pkg-config does not find, by name", function()
    local text = refusal("PKGCONFIG=false")
    assert.is_truthy(text:find("missing: lua5.4 libcrypto libcurl", 1, true) or
      text:find("missing: lua5.4 libcrypto", 1, true), text)
  end)

  it("that nginx's part needs no libcurl", function()
    local path, remove = directory()
    write(path .. "/libcurl.pc", "Name: libcurl\nDescription: old\nVersion: 7.0.0\nLibs: -lcurl\n")
    local ok, text = sh('make -n core LUA=luajit PKGCONFIG="env PKG_CONFIG_PATH=$1 pkg-config"', path)
    remove()
    assert.is_true(ok, text)
    assert.is_nil(text:find("-lcurl", 1, true), text)
  end)
end)

-- A machine of another release: what its apt, dpkg and other commands answer stands in a folder in front of the PATH.
describe(".ci/deps", function()
  local path, remove
  before_each(function() path, remove = directory() end)
  after_each(function() remove() end)

  -- luajit: the packages that apt-cache knows; resty: what lua-resty-core depends on; installed: what is there.
  local function machine(luajit, resty, installed, user)
    local commands = {
      ["apt-cache"] = 'case "$1" in depends) echo "  Depends: ' .. resty .. '" ;; *) case " ' .. luajit
        .. ' " in *" ${@: -1} "*) ;; *) exit 100 ;; esac ;; esac',
      ["dpkg-query"] = 'for p; do case " ' .. installed .. ' " in *" $p "*) case "$*" in *binary:Package*) '
        .. 'echo "$p installed" ;; *) printf installed ;; esac ;; esac; done',
      ["apt-get"] = 'echo "apt-get $*" >>"${0%/*}/calls"',
      id = "echo " .. (user or 1000),
    }
    for name, script in pairs(commands) do
      write(path .. "/" .. name, "#!/bin/bash\n" .. script .. "\n")
      assert(process.run { "chmod", "+x", path .. "/" .. name })
    end
  end
  local function deps(...) return sh('PATH="$1:$PATH"; shift; bash .ci/deps "$@"', path, ...) end

  it("prints all that is missing in one command, with the lists' update", function()
    machine("luajit", "libluajit-5.1-2", "gcc make git")
    local ok, text = deps("demo")
    assert.is_false(ok)
    local command = text:match("\n  (sudo [^\n]+)")
    assert.is_truthy(command:find("^sudo apt%-get update && sudo apt%-get install %-y "), command)
    local names = "lua5.4 luajit liblua5.4-dev libluajit-5.1-dev libcurl4-openssl-dev libssl-dev pkg-config lua-cjson "
      .. "lua-http lua-basexx lua-fifo lua-lpeg lua-lpeg-patterns lua-cqueues lua-luaossl lua-argparse"
    for name in names:gmatch("%S+") do
      assert.is_truthy((command .. " "):find(" " .. name .. " ", 1, true), name .. " is not in: " .. command)
    end
    assert.is_nil(command:find(" gcc ", 1, true), command)
  end)

  it("takes the LuaJIT that nginx's Lua modules want, where there are two", function()
    machine("luajit luajit2", "libluajit2-5.1-2", "")
    local _, text = deps("--command", "test")
    assert.is_truthy(text:find(" libluajit2-5.1-dev ", 1, true), text)
    assert.is_truthy(text:find(" luajit2 ", 1, true), text)
    assert.is_nil(text:find(" luajit ", 1, true), text)
  end)

  it("takes the LuaJIT that there is, where there is one", function()
    machine("luajit", "libluajit-5.1-2", "")
    local _, text = deps("--command", "test")
    assert.is_truthy(text:find(" libluajit-5.1-dev ", 1, true), text)
    assert.is_nil(text:find("luajit2", 1, true), text)
  end)

  it("does not exchange a LuaJIT that is installed for the demo", function()
    machine("luajit luajit2", "libluajit2-5.1-2", "luajit")
    local _, text = deps("--command", "demo")
    assert.is_truthy(text:find(" libluajit-5.1-dev ", 1, true), text)
    assert.is_nil(text:find("luajit2", 1, true), text)
  end)

  it("updates the lists before it installs, as root", function()
    machine("luajit", "libluajit-5.1-2", "", 0)
    local ok, text = deps("demo")
    assert.is_true(ok, text)
    local calls = tree.read(path .. "/calls")
    assert.is_truthy(calls:find("^apt%-get update [^\n]*\napt%-get install [^\n]*lua%-http"), calls)
  end)
end)

describe("one Ctrl-C", function()
  for what, code in pairs { ["a spec waits"] = 'require "cqueues".sleep(60)',
    ["a spec waits for a command"] = 'require "spec.support.process".run { "sleep", "60" }' } do
    it("ends a run of the specs while " .. what .. ", and no further spec begins", function()
      local path, remove = directory()
      write(path .. "/two_spec.lua", ([[
        local function mark(name) io.open(%q .. name, "w"):close() end
        it("waits", function() mark "first"; %s end)
        it("comes after it", function() mark "second" end)
      ]]):format(path .. "/", code))
      -- A group of its own, as a terminal makes it; the signal must not be one that a shell above ignores.
      local _, text = sh([[
        exec env --default-signal=INT bash -c '
          set -m
          make -s spec SPEC="$1/two_spec.lua" & group=$!
          for ((i = 0; i < 3000; i++)); do [ -e "$1/first" ] && break; sleep 0.02; done
          sleep 0.2
          kill -INT -- -$group; wait $group; echo "ended with $?"
          [ -e "$1/first" ] && echo began; [ -e "$1/second" ] && echo "went on"' spec "$1" ]], path)
      remove()
      assert.is_truthy(text:find("began", 1, true), text)
      assert.is_nil(text:find("went on", 1, true), text)
      assert.is_nil(text:find("ended with 0", 1, true), text)
    end)
  end
end)
