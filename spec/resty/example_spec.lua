-- SPDX-License-Identifier: MIT
-- The example for OpenResty, started by its one command and used by
-- Microsoft's own client.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local emulator = require "spec.support.emulator"
local http = require "spec.support.plain_http"
local js_client = require "spec.support.js_client"
local process = require "spec.support.process"

local service, driver, example, port

local function hub_url() return { url = ("http://127.0.0.1:%d/chat"):format(port) } end

-- The session cookie of a visitor.
local function login(name)
  local status, body, headers = http.request(port, "/login?name=" .. name, { method = "POST", body = "" })
  assert.are.equal(200, status, body)
  return headers["set-cookie"]:match("^[^;]+")
end

describe("the example for OpenResty", function()
  setup(function()
    service = emulator.start()
    driver = js_client.start()
    port = nginx.free_port()
    example = process.start { "env", "AZURE_SIGNALR_CONNECTION_STRING=" .. service.connection_string,
      "examples/openresty/run", "--port", tostring(port) }
    assert(example:await(function(line) return line:match("^chat: http://127") end, 60))
  end)
  teardown(function()
    example:stop()
    driver:stop()
    service:stop()
  end)

  for _, kind in ipairs(js_client.kinds) do
    it(("carries what is said to a client over %s, %s"):format(kind.transport, kind.protocol), function()
      local alice = driver:connect(hub_url(), kind, { targets = { "said" }, headers = { Cookie = login "alice" } })
      local status, body = http.request(port, "/say",
        { method = "POST", body = "hello", headers = { "Cookie: " .. login "bob" } })
      assert.are.same({ 200, "ok\n" }, { status, body })
      local seen = alice:await("received", function(event) return event.target == "said" end)
      assert.are.equal('["bob","hello"]', seen.arguments)
      alice:order("stop")
    end)
  end

  it("streams its access log", function()
    local watcher = driver:connect(hub_url(), js_client.kinds[1],
      { targets = { "request" }, headers = { Cookie = login "watcher" } })
    assert.are.equal(404, (http.request(port, "/nothing/here")))
    local seen = watcher:await("received", function(event)
      return event.target == "request" and event.arguments:find("/nothing/here", 1, true)
    end)
    assert.truthy(seen.arguments:find('"status":404', 1, true), seen.arguments)
    watcher:order("stop")
  end)

  it("turns away who is not logged in, serves its page and its metrics", function()
    local function negotiate(cookie)
      return (http.request(port, "/chat/negotiate", { method = "POST", body = "", headers = { "Cookie: " .. cookie } }))
    end
    local cookie = login "carol"
    assert.are.equal(200, negotiate(cookie))
    for _, forged in ipairs { "", "session=carol", (cookie:gsub("carol", "dave")), (cookie:gsub("%.%d", ".9")),
      cookie .. "x" } do
      assert.are.equal(401, negotiate(forged))
    end
    assert.are.equal(400, (http.request(port, "/login?name=%ff", { method = "POST", body = "" })))
    local said = http.request(port, "/say", { method = "POST", body = "\255", headers = { "Cookie: " .. cookie } })
    assert.are.equal(400, said)
    local status, body = http.request(port, "/")
    assert.are.equal(200, status)
    assert.truthy(body:find("HubConnectionBuilder", 1, true))
    status, body = http.request(port, "/metrics")
    assert.are.equal(200, status)
    assert.truthy(body:find("azure_signalr_queue_accepted_total [1-9]"), body)
  end)
end)

-- As in OpenResty, beside which a distribution's module is installed: one that has the Lua module already refuses it.
describe("the example for OpenResty, where nginx has its Lua module built in", function()
  it("starts", function()
    local dir = os.tmpname()
    os.remove(dir)
    assert(process.run { "mkdir", dir })
    local command = dir .. "/openresty"
    local file = assert(io.open(command, "w"))
    file:write("#!/bin/sh\nexec ", process.quote(nginx.command), " -g ", process.quote(nginx.modules()), ' "$@"\n')
    file:close()
    assert(process.run { "chmod", "+x", command })
    local own = process.start { "env", "AZURE_SIGNALR_CONNECTION_STRING=Endpoint=http://127.0.0.1:1;AccessKey=k",
      "NGINX_COMMAND=", "PATH=" .. dir .. ":" .. os.getenv("PATH"),
      "examples/openresty/run", "--port", tostring(nginx.free_port()) }
    finally(function()
      own:stop()
      process.run { "rm", "-r", dir }
    end)
    assert(own:await(function(line) return line:match("^chat: http://127") end, 60))
  end)
end)
