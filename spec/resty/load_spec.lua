-- SPDX-License-Identifier: MIT
-- Under load: no worker blocks, and a reload in the middle of it loses nothing.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local http = require "spec.support.plain_http"
local raw_server = require "spec.support.raw_server"

local IN_FLIGHT, LATENCY = 64, 0.2

local function start(workers, connection_string, server)
  local web = nginx.start {
    workers = workers,
    http = ([[
      init_by_lua_block {
        signalr = require "azure.signalr"
        client = signalr.new { connection_string = %q, retry = false }
        chat = client:hub("chat")
      }]]):format(connection_string),
    server = [[
      location /send { content_by_lua_block {
        local ok, err = chat:send("note", ngx.var.connection)
        if ok then return ngx.print("sent") end
        ngx.status = 502
        ngx.print(tostring(err))
      } }
      location /other { content_by_lua_block { ngx.print("here") } }]],
  }
  finally(function()
    web:stop()
    if server then server:stop() end
  end)
  return web
end

local function set_latency(service, seconds)
  local port = service.endpoint:match(":(%d+)$")
  local status, body = http.request(tonumber(port), "/__control/faults", {
    method = "POST", body = ('{"latency":%g}'):format(seconds), headers = { "Content-Type: application/json" },
  })
  assert.is_true(status >= 200 and status < 300, body)
end

describe("under load", function()
  local service

  setup(function()
    service = emulator.start("--control", "--quiet")
    set_latency(service, LATENCY)
  end)
  teardown(function() service:stop() end)

  -- The service holds its answers back: what a worker that blocks waits for would never come.
  it("a worker goes on with other things while 64 requests wait", function()
    local server = raw_server.start { on_request = "hold() " .. [[
      write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")]] }
    local web = start(1, ("Endpoint=%s;AccessKey=key"):format(server.url), server)
    local loop, sent, others, waiting, answered = cqueues.new(), 0, 0, nil, nil
    for _ = 1, IN_FLIGHT do
      loop:wrap(function()
        local status, body = http.request(web.port, "/send", { timeout = 60 })
        assert.are.same({ 200, "sent" }, { status, body })
        sent = sent + 1
      end)
    end
    loop:wrap(function()
      waiting = server:await("request", IN_FLIGHT)
      for _ = 1, 50 do
        local _, body = http.request(web.port, "/other", { timeout = 60 })
        if body == "here" then others = others + 1 end
      end
      answered = sent
      server:release()
    end)
    assert(loop:loop())
    assert.are.same({ IN_FLIGHT, 50, 0, IN_FLIGHT }, { waiting, others, answered, sent })
  end)

  it("a reload loses no request", function()
    local web = start(2, service.connection_string)
    local before = web:workers()
    local results = http.load({ { port = web.port, path = "/send", connections = 16 } }, 3, function()
      cqueues.sleep(1)
      web:signal("HUP")
    end)
    local good, dropped = 0, 0
    for _, one in ipairs(results[1]) do
      if one.status == 200 then
        good = good + 1
      else
        -- nginx closes kept client connections when it reloads: a request
        -- that was never answered because none was read is the client's to repeat.
        assert.is_nil(one.status, tostring(one.body))
        dropped = dropped + 1
      end
    end
    assert.is_true(good >= 16, tostring(good))
    assert.is_true(dropped <= 16, tostring(dropped))
    for _, old in ipairs(before) do
      for _, new in ipairs(web:workers()) do assert.are_not.equal(old, new) end
    end
    assert.is_nil(web:log():find("[error]", 1, true))
    assert.is_nil(web:log():find("signal 11", 1, true))
  end)
end)
