-- SPDX-License-Identifier: MIT
-- The demo shows what it says: every row is ok as it is, fails when the emulator
-- leaves its effect out, and nothing stays behind.
local cqueues = require "cqueues"
local operations = require "azure.signalr.operations"
local process = require "spec.support.process"

local LUA = rawget(_G, "jit") and "luajit" or "lua5.4"

-- The demo runs on the ordinary builds, whatever this spec itself was started with.
local function build(lua)
  local ok, output = process.run{ "env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "-u", "MODE",
    "-u", "OUT", "-u", "CFLAGS", "make", "-s", "all", "LUA=" .. lua }
  assert.is_true(ok, output)
end

local function last_line(text)
  return text:match("([^\n]*)\n$")
end

-- Processes that were started with this directory for temporary files.
local function started_under(directory)
  local pipe = assert(io.popen("grep -lz 'TMPDIR=" .. directory .. "' /proc/[0-9]*/environ 2>/dev/null"))
  local found = pipe:read("*a")
  pipe:close()
  return found
end

local function new_directory()
  local pipe = assert(io.popen("mktemp -d"))
  local directory = pipe:read("*l")
  pipe:close()
  return directory
end

local function is_empty(directory)
  return (process.run{ "rmdir", directory })
end

describe("the demo #demo", function()
  setup(function()
    build("lua5.4")
    build("luajit")
  end)

  it("shows every operation from both Luas, within 120 columns", function()
    local directory = new_directory()
    local ok, output = process.run{ "env", "TMPDIR=" .. directory, "examples/demo/run" }
    assert.is_true(ok, output)
    assert.are.equal('figures: {"operations": 26, "ok": 26, "ok_luajit": 26}', last_line(output))
    for line in output:gmatch("[^\n]+") do assert.is_true(#line <= 120, line) end
    for _, row in ipairs(operations.rows) do
      local line = output:match("\n(" .. row.id .. " [^\n]*)")
      assert.is_truthy(line and line:find(" ok +ok *$"), row.id .. " is not ok from both")
    end
    assert.are.equal("", started_under(directory))
    assert.is_true(is_empty(directory))
  end)

  for _, row in ipairs(operations.rows) do
    it("fails when the emulator leaves out " .. row.id, function()
      local ok, output = process.run{ "examples/demo/run", "--luas=" .. LUA, "--only", row.id, "--break", row.id }
      assert.is_false(ok, output)
      assert.is_truthy(output:match("\n" .. row.id .. " [^\n]* FAIL *\n"), output)
      assert.are.equal(('figures: {"operations": 1, "%s": 0}'):format(LUA == "luajit" and "ok_luajit" or "ok"),
        last_line(output))
    end)
  end

  it("passes each row by itself when nothing is left out", function()
    local ok, output = process.run{ "examples/demo/run", "--luas=" .. LUA, "--only", "SignalR_CloseUserConnections" }
    assert.is_true(ok, output)
  end)

  it("refuses an operation that there is not", function()
    local ok, output = process.run{ "examples/demo/run", "--break", "SignalR_Nothing" }
    assert.is_false(ok)
    assert.is_truthy(output:find("there is no operation SignalR_Nothing", 1, true))
    assert.is_truthy(output:find("HubProxy_Execute", 1, true))
  end)

  for _, signal in ipairs{ "INT", "TERM", "KILL" } do
    it("leaves no process behind on " .. signal, function()
      local directory = new_directory()
      local command = "echo $$; export TMPDIR=" .. directory .. "; exec examples/demo/run"
      local demo = process.start({ "sh", "-c", command }, { stdin = true })
      local pid = demo:await(function(line) return line end)
      assert(demo:await(function(line) return line:find("^HealthApi") and line or nil end, 60))
      assert.are_not.equal("", started_under(directory))
      assert.is_true((process.run{ "kill", "-" .. signal, pid }))
      local deadline = cqueues.monotime() + 60
      while started_under(directory) ~= "" and cqueues.monotime() < deadline do cqueues.sleep(0.05) end
      assert.are.equal("", started_under(directory))
      demo:stop()
      -- What cannot be caught cannot clean up files.
      if signal ~= "KILL" then assert.is_true(is_empty(directory)) end
      process.run{ "rm", "-rf", directory }
    end)
  end
end)
