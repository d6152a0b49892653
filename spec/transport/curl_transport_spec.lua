-- SPDX-License-Identifier: MIT
-- The transport's contract, as the pipeline uses it.
local curl_transport = require "azure.signalr.transport.curl"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

support.describe(describe, "curl transport", function(_, threaded)
  local server, transport

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  before_each(function() transport = curl_transport.new { io_thread = threaded } end)
  after_each(function() transport:close() end)

  local function send(script, more)
    local req = support.request(server.url .. "/", script, more)
    req.timeout, req.deadline = nil, transport:now() + (more and more.seconds or 60)
    return transport:send(req)
  end

  it("sends and answers", function()
    local reply = send("ok(method .. body)", { method = "POST", body = "x" })
    assert.same({ 200, "POSTx", "5" }, { reply.status, reply.body, reply.headers["content-length"] })
  end)

  it("keeps to the deadline, and to one that has passed", function()
    local started = transport:now()
    local reply, failure = send("sleep(60)", { seconds = 0.1 })
    assert.same({ nil, "timeout", "maybe" }, { reply, failure.kind, failure.sent })
    reply, failure = send("ok()", { seconds = -1 })
    assert.same({ nil, "timeout", "no" }, { reply, failure.kind, failure.sent })
    assert.is_true(transport:now() - started < 30)
  end)

  it("sleeps as long as it should, and moves other requests on meanwhile", function()
    local started = transport:now()
    assert.is_true(transport:sleep(0.05))
    assert.is_true(transport:now() - started >= 0.05)
    local ticket = assert(transport:start(support.request(server.url .. "/", "sleep(0.05) ok('x')")))
    started = transport:now()
    assert.is_true(transport:sleep(0.3))
    local took = transport:now() - started
    assert.is_true(took >= 0.3 and took < 6, "took " .. took)
    assert.equal("x", transport:finish(ticket).body)
    assert.is_true(transport:sleep(0))
    assert.is_true(transport:sleep(-1))
  end)

  it("has a clock that goes forward and one that tells the time, both with fractions", function()
    local a, b = transport:now(), transport:now()
    assert.is_true(b >= a and a % 1 ~= 0 or b % 1 ~= 0)
    assert.is_true(math.abs(transport:time() - os.time()) < 20)
    local fractions = 0
    for _ = 1, 10 do
      if transport:time() % 1 ~= 0 then fractions = fractions + 1 end
    end
    assert.is_true(fractions > 5)
  end)

  it("answers with a failure once it is closed", function()
    transport:close()
    local reply, failure = send "ok()"
    assert.same({ nil, "closed", "no" }, { reply, failure.kind, failure.sent })
    transport:close()
  end)

  it("is refused inside an nginx worker", function()
    local message = support.lua { "-e", [[
      ngx = { config = { subsystem = "http" } }
      print(pcall(require("azure.signalr.transport.curl").new, {}))
    ]] }
    assert.matches("^false.*resty", message)
  end)

  it("throws for an option of the wrong type", function()
    assert.has_error(function() curl_transport.new { max_connections = "many" } end)
  end)

  -- Ctrl-C: the interpreter's handler must get its turn while a call blocks.
  for _, what in ipairs { "send", "sleep" } do
    it("can be interrupted in " .. what, function()
      local fine, out = pcall(support.lua, { "spec/support/interrupt_case.lua", what, server.url .. "/",
        tostring(threaded) }, { ASAN_OPTIONS = "detect_leaks=0" })
      assert.is_true(fine, out)
      assert.equal("interrupted\n", out)
    end)
  end
end)
