-- SPDX-License-Identifier: MIT
-- The emulator's command: what it is told, what it says, and where it is found.
local socket = require "cqueues.socket"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"
local process = require "spec.support.process"

local HEALTH = "/api/health?" .. peer.VERSION

describe("the emulator's command", function()
  it("says what is wrong with its command line, and with a port in use", function()
    for words, message in pairs {
      ["--port x"] = "the port is a number", ["--port 65536"] = "the port is a number",
      ["--access-key ''"] = "must not be empty", ["--break nothing"] = "there is no operation",
      ["--tls-cert a"] = "go together", ["--tls-cert /none --tls-key /none"] = "TLS files cannot be used",
      ["--nonsense"] = "unknown option", ["--access-key 'a;b'"] = "cannot stand in a connection string",
      ["--endpoint edge.test"] = "begin with http:// or https://", ["--endpoint ftp://edge.test"] = "begin with http",
      ["--endpoint 'https://edge.test/?a=1'"] = "no query", ["--endpoint http://edge.test:70000"] = "from 1 to 65535",
      ["--endpoint http://me@edge.test"] = "no name or address", ["--endpoint http://"] = "begin with http",
      ["--send-queue much"] = "a number of bytes", ["--send-queue 0"] = "a number of bytes",
      ["--send-queue 1e6"] = "a number of bytes", ["--host 192.0.2.1"] = "cannot listen on 192.0.2.1",
    } do
      local ok, text = process.run { "sh", "-c", "bin/signalr-emulator --port 0 " .. words }
      assert.is_false(ok, words)
      assert.is_truthy(text:find(message, 1, true), text)
    end
    local other = emulator.start()
    local ok, text = process.run { "bin/signalr-emulator", "--port", tostring(other.port) }
    other:stop()
    assert.is_false(ok)
    assert.is_truthy(text:find("cannot listen on 127.0.0.1 port " .. other.port, 1, true), text)
  end)

  it("names what to install when no interpreter can load it", function()
    local ok, text = process.run { "env", "SIGNALR_EMULATOR_LUA=no-such-lua", "bin/signalr-emulator", "--port", "0" }
    assert.is_false(ok)
    assert.is_truthy(text:find("apt-get install", 1, true), text)
    assert.is_truthy(text:find("luarocks install azure-signalr-emulator", 1, true), text)
    ok, text = process.run { "env", "SIGNALR_EMULATOR_LUA=luajit", "LUA_PATH=/nowhere/?.lua", "bin/signalr-emulator" }
    assert.is_false(ok)
    assert.is_truthy(text:find("luajit: module 'http.server' not found", 1, true), text)
  end)

  it("starts through a symbolic link from any directory", function()
    local link = os.tmpname()
    os.remove(link)
    local ok, text = process.run { "sh", "-c", ("ln -s \"$PWD/bin/signalr-emulator\" %s && cd / && %s --help"):format(
      link, link) }
    os.remove(link)
    assert.is_true(ok, text)
    assert.is_truthy(text:find("--until-eof", 1, true))
  end)

  it("starts from the tree that LuaRocks installs it to", function()
    local tree = os.tmpname()
    os.remove(tree)
    local ok, text = process.run { "luarocks", "--lua-version", "5.1", "make", "--deps-mode", "none", "--tree", tree,
      "rockspec/azure-signalr-emulator-scm-1.rockspec" }
    assert.is_true(ok, text)
    for _, name in ipairs { "signalr-emulator", "signalr-listen" } do
      ok, text = process.run { "sh", "-c", ("cd / && %s/bin/%s --help"):format(tree, name) }
      assert.is_true(ok, text)
      assert.is_truthy(text:find("Usage: " .. name, 1, true), text)
    end
    process.run { "rm", "-rf", tree }
  end)

  it("warns who listens beyond this machine with the key that is known", function()
    for words, warns in pairs { ["--host 0.0.0.0"] = true, ["--host 0.0.0.0 --access-key random"] = false,
      ["--host 127.0.0.1"] = false } do
      local child = process.start { "sh", "-c", "exec bin/signalr-emulator --quiet --port 0 " .. words }
      assert(child:await(function(line) return line:match("Endpoint=.*$") end))
      assert.are.equal(warns, child:errors():find("warning: everybody who can reach", 1, true) ~= nil, words)
      child:stop()
    end
  end)

  it("says its version, which is the library's", function()
    local version = require("azure.signalr")._VERSION
    for _, name in ipairs { "signalr-emulator", "signalr-listen" } do
      local ok, text = process.run { "bin/" .. name, "--version" }
      assert.is_true(ok, text)
      assert.are.equal(name .. " " .. version .. "\n", text)
    end
  end)

  it("makes a key of its own when told so, another each time", function()
    local one, two = emulator.start("--access-key", "random"), emulator.start("--access-key", "random")
    assert.is_truthy(one.access_key:find("^[A-Za-z0-9+/]+$"))
    assert.is_true(#one.access_key >= 43)
    assert.are_not.equal(one.access_key, two.access_key)
    local client = peer.connect(one)
    assert.are.equal(404, client:rest("HEAD", "/api/hubs/chat/users/a").status)
    client:close()
    one:stop()
    two:stop()
  end)

  -- What a request gets at an address.
  local function ask_at(address, child)
    local wire = assert(socket.connect(address, child.port))
    wire:onerror(function(_, _, why) return why end)
    wire:settimeout(10)
    wire:setmode("b", "bn")
    wire:write(("HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n"):format(HEALTH))
    local line = wire:read("*l")
    wire:close()
    return line
  end

  -- Some hosts (a container without IPv6) have the first address alone.
  local function has_ipv6()
    local one = socket.listen("::1", 0)
    local ok = one and pcall(one.listen, one, 1)
    if one then one:close() end
    return ok
  end

  it("listens at both addresses that localhost may mean, or at the one it is told", function()
    local child = emulator.start()
    assert.is_truthy(ask_at("127.0.0.1", child):find("200 OK", 1, true))
    if has_ipv6() then assert.is_truthy(ask_at("::1", child):find("200 OK", 1, true)) end
    child:stop()
    for _, host in ipairs(has_ipv6() and { "::1", "[::1]" } or {}) do
      child = emulator.start("--host", host)
      assert.is_truthy(child.endpoint:find("^http://%[::1%]:%d+$"), child.endpoint)
      assert.is_truthy(ask_at("::1", child):find("200 OK", 1, true))
      assert.is_nil(ask_at("127.0.0.1", child))
      child:stop()
    end
    child = emulator.start("--host", "127.0.0.1")
    assert.is_nil(ask_at("::1", child))
    child:stop()
  end)
end)
