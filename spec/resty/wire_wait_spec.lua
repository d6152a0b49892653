-- SPDX-License-Identifier: MIT
-- The transport in a real nginx: who waits for a connection, and where localhost is.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local raw_server = require "spec.support.raw_server"
local socket = require "cqueues.socket"

local web

local function send(given)
  local status, body = web:get("/send", { method = "POST", body = cjson.encode(given), timeout = 60 })
  assert.are.equal(200, status, body .. web:log())
  return cjson.decode(body)
end

local function requests(server, script, count, more)
  local list = {}
  for i = 1, count do
    list[i] = { url = server.url .. "/", headers = { "X-Script: " .. script } }
    for key, value in pairs(more) do list[i][key] = value end
  end
  return list
end

describe("a request that finds all connections in use", function()
  local options = { max_connections = 2, max_in_flight = 6, connect_timeout = 0.07 }
  local server

  setup(function()
    web = nginx.start { workers = 1, server = [[
      location /send { content_by_lua_block { require("spec.resty.wire").handle() } }]] }
  end)
  teardown(function() web:stop() end)
  before_each(function() server = raw_server.start() end)
  after_each(function() server:stop() end)

  it("waits for one, longer than connecting may take", function()
    local list = requests(server, "sleep(0.1) ok()", 6, { transport = "two", options = options, timeout = 60 })
    for _, said in ipairs(send(list)) do assert.are.equal(200, said.reply and said.reply.status, cjson.encode(said)) end
    assert.are.equal(2, server:count("open"))
  end)

  it("waits no longer than its deadline, and nothing of it was sent", function()
    local list = requests(server, "hold()", 6, { transport = "late", options = options, timeout = 2 })
    local seen = {}
    for _, said in ipairs(send(list)) do
      assert.are.equal("timeout", said.failure.kind)
      seen[said.failure.sent] = (seen[said.failure.sent] or 0) + 1
    end
    assert.are.same({ maybe = 2, no = 4 }, seen)
  end)

  it("is refused where as many wait as may", function()
    local list = requests(server, "hold()", 8, { transport = "full", options = options, timeout = 2 })
    local refused = 0
    for _, said in ipairs(send(list)) do
      if said.failure.kind == "queue_full" then refused = refused + 1 end
    end
    assert.are.equal(2, refused)
  end)

  it("has its deadline still when it got one", function()
    local one = { max_connections = 1, max_in_flight = 2, connect_timeout = 1 }
    local first = requests(server, "sleep(0.5) ok()", 1, { transport = "one", options = one, timeout = 60 })[1]
    local second = requests(server, "hold()", 1, { transport = "one", options = one, timeout = 3 })[1]
    local said = send { first, second }
    assert.are.equal(200, said[1].reply and said[1].reply.status, cjson.encode(said))
    assert.are.same({ "timeout", "maybe" }, { said[2].failure.kind, said[2].failure.sent })
  end)
end)

-- A service of the same machine may be at either address of localhost.
describe("localhost inside nginx", function()
  local function has_ipv6()
    local fine, listening = pcall(function()
      local listener = socket.listen { host = "::1", port = 0 }
      local there = listener:listen()
      listener:close()
      return there
    end)
    return fine and listening
  end

  local function start(address)
    web = nginx.start { workers = 1, http = ('server { listen %s:$otherport; location / { return 200 "here"; } }')
      :format(address), server = "location /send { content_by_lua_block { require('spec.resty.wire').handle() } }" }
    finally(function() web:stop() end)
  end

  local function ask_all()
    for _, name in ipairs { "localhost", "localhost.", "LocalHost", "chat.localhost" } do
      for _ = 1, 2 do
        local said = send { url = ("http://%s:%d/"):format(name, web.other_port) }
        assert.are.equal("here", said.reply and said.reply.body, name .. cjson.encode(said))
      end
    end
  end

  it("is at 127.0.0.1", function()
    start "127.0.0.1"
    ask_all()
  end)

  it("is at ::1, where nobody listens at 127.0.0.1", function()
    if not has_ipv6() then return pending "there is no ::1 here" end
    start "[::1]"
    ask_all()
  end)

  it("is named as it was tried first where nobody listens at all", function()
    start "127.0.0.1"
    local f = send({ url = ("http://localhost:%d/"):format(nginx.free_port()) }).failure
    assert.are.same({ "connect", "no" }, { f.kind, f.sent })
    assert.truthy(f.message:find("127.0.0.1:%d+ could not be connected to: connection refused"), f.message)
  end)
end)
