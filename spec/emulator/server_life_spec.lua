-- SPDX-License-Identifier: MIT
-- How the emulator starts and ends, and what it survives.
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"
local process = require "spec.support.process"

local HEALTH = "/api/health?" .. peer.VERSION

local function place(text)
  return { endpoint = text:match("Endpoint=([^;]+)"), access_key = text:match("AccessKey=([^;]+)"),
    port = tonumber(text:match(":(%d+);")) }
end

-- Runs the command through a shell that says its pid first and its exit status last.
local function start_in_shell(words)
  local script = [[(echo "pid $(exec sh -c 'echo $PPID')"; exec ]] .. words .. [[); echo "exit $?"]]
  local child = process.start({ "sh", "-c", script }, { stdin = true })
  local pid = assert(child:await(function(line) return line:match("^pid (%d+)$") end))
  local text = assert(child:await(function(line) return line:match("Endpoint=.*$") end))
  return child, pid, place(text)
end

local function exit_status(child)
  return child:await(function(line) return line:match("^exit (%d+)$") end, 30)
end

describe("the emulator", function()
  for _, name in ipairs { "INT", "TERM" } do
    it("says goodbye to its clients and ends at once on SIG" .. name, function()
      local child, pid, where = start_in_shell("bin/signalr-emulator --port 0 --until-eof")
      local client = peer.websocket(where, "alice")
      local began = cqueues.monotime()
      os.execute("kill -" .. name .. " " .. pid)
      local code, _, texts = client:await_close()
      assert.are.equal(1000, code)
      assert.are.equal(1, #texts)
      assert.is_truthy(texts[1]:find('{"type":7,"error":"the emulator was stopped"', 1, true), texts[1])
      client:close()
      assert.are.equal("0", exit_status(child))
      assert.is_true(cqueues.monotime() - began < 30)
      child:stop()
    end)
  end

  it("ends even when a client does not say goodbye", function()
    local child, pid, where = start_in_shell("bin/signalr-emulator --port 0 --until-eof")
    local client = peer.websocket(where, "alice")
    os.execute("kill -TERM " .. pid)
    assert.are.equal("0", exit_status(child))
    client:close()
    child:stop()
  end)

  it("ends with its standard input when told so", function()
    local child = process.start({ "bin/signalr-emulator", "--port", "0", "--until-eof" }, { stdin = true })
    assert(child:await(function(line) return line:match("Endpoint=.*$") end))
    -- The process hangs on the pipe alone: stop would wait for ever otherwise.
    local began = cqueues.monotime()
    child:stop()
    assert.is_true(cqueues.monotime() - began < 30)
  end)

  it("writes nothing for requests when quiet", function()
    local child = emulator.start("--quiet")
    local one = peer.connect(child)
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    one:close()
    assert.are.equal("", child:log())
    child:stop()
  end)

  it("checks no token when lax", function()
    local child = emulator.start("--lax", "--access-key", "another")
    assert.are.equal("another", child.access_key)
    local one = peer.connect(child)
    assert.are.equal(404, one:ask("HEAD", "/api/hubs/chat/users/a?" .. peer.VERSION).status)
    one:close()
    child:stop()
  end)

  it("accepts audiences of further endpoints when told so", function()
    local child = emulator.start("--endpoint", "https://edge.test/signalr/")
    local one = peer.connect(child)
    local path = "/api/hubs/chat/users/a"
    for endpoint, status in pairs {
      ["https://edge.test/signalr"] = 404, ["http://localhost:" .. child.port] = 404, ["https://other.test"] = 401,
    } do
      local token = peer.token({ endpoint = endpoint, access_key = child.access_key }, path)
      local answer = one:ask("HEAD", path .. "?" .. peer.VERSION, { headers = { "Authorization: Bearer " .. token } })
      assert.are.equal(status, answer.status, endpoint)
    end
    one:close()
    child:stop()
  end)

  it("gives memory back after a burst", function()
    local child = emulator.start("--quiet")
    local file = assert(io.open(child.process.pid_path))
    local status = "/proc/" .. file:read("*l") .. "/status"
    file:close()
    -- MB that are resident; where nobody tells, there is nothing to try
    local function resident()
      local told = io.open(status)
      if not told then return 0 end
      local kilobytes = told:read("*a"):match("VmRSS:%s*(%d+)")
      told:close()
      return kilobytes / 1024
    end
    local before, rest, slow = resident(), peer.connect(child), {}
    for i = 1, 8 do slow[i] = peer.websocket(child, "slow") end
    local body = '{"target":"t","arguments":["%s"]}'
    for i = 1, 7 do
      local text = body:format(i .. ("x"):rep(1000000))
      assert.are.equal(202, rest:rest("POST", "/api/hubs/chat/:send", { body = text }).status)
    end
    for _, one in ipairs(slow) do one:close() end
    rest:close()
    local deadline = cqueues.monotime() + 20
    repeat cqueues.sleep(0.1) until resident() < before + 20 or cqueues.monotime() > deadline
    child:stop()
    assert.is_true(cqueues.monotime() < deadline)
  end)

  it("goes on when descriptors run out, and serves again when there are some", function()
    local child, _, where = start_in_shell("sh -c 'ulimit -n 40; exec bin/signalr-emulator --port 0 --until-eof'")
    local crowd = {}
    for i = 1, 60 do crowd[i] = peer.connect(where) end
    local said = "warning: no further connection can be accepted: Too many open files"
    assert.is_truthy(emulator.await_text(said, function() return child:errors() end))
    for _, one in ipairs(crowd) do one:close() end
    local one = peer.connect(where)
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    one:close()
    child:stop()
  end)
end)

describe("the emulator's server, when its logic throws,", function()
  local child, where
  setup(function()
    child = process.start { "env", "LUA_PATH=lua/?.lua;lua/?/init.lua;;", "luajit", "spec/emulator/failing_server.lua" }
    local text, why = child:await(function(line) return line:match("Endpoint=.*$") end)
    where = place(assert(text, why))
  end)
  teardown(function() child:stop() end)

  it("answers 500 with an ErrorDetail, logs where it was, and serves on", function()
    local one = peer.connect(where)
    local answer = one:ask("GET", "/throw")
    assert.are.equal(500, answer.status)
    assert.are.equal("Error.InternalServerError", answer.headers["x-ms-error-code"])
    assert.is_truthy(answer.body:find("the logic is broken", 1, true))
    one:close()
    one = peer.connect(where)
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    one:close()
    local trace = "the logic is broken\n    stack traceback:"
    assert.is_truthy(emulator.await_text(trace, function() return child:errors() end))
  end)

  it("does the same when one operation throws", function()
    local one = peer.connect(where)
    local answer = one:rest("POST", "/api/hubs/broken/:send", { body = '{"target":"t","arguments":[]}' })
    assert.are.equal(500, answer.status)
    assert.is_truthy(answer.body:find("the operation is broken", 1, true))
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    one:close()
    assert.is_truthy(child:errors():find("the operation is broken\n    stack traceback:", 1, true))
  end)

  it("closes a client with 1011 and keeps the others", function()
    local bad, good = peer.websocket(where, "bad"), peer.websocket(where, "good")
    bad:send("throw")
    assert.are.equal(1011, (bad:await_close()))
    bad:close()
    good:send('{"type":1,"invocationId":"1","target":"x","arguments":[]}\30')
    local _, text = good:receive()
    assert.is_truthy(text:find('"type":3', 1, true))
    good:close()
  end)

  it("lets time go on", function()
    local deadline = cqueues.monotime() + 30
    local count
    repeat
      cqueues.sleep(0.1)
      count = select(2, child:errors():gsub("the clock is broken", ""))
    until count >= 2 or cqueues.monotime() > deadline
    assert.is_true(count >= 2)
  end)
end)
