-- SPDX-License-Identifier: MIT
-- Connections that never come about (nobody answers the SYN) leave nothing behind: however many there were, the client
-- works once somebody answers.
local deaf_server = require "spec.support.deaf_server"
local descriptors = require "spec.support.descriptors"
local host = require "spec.games.host"
local posix = require "spec.support.posix"
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"
local support = require "spec.support.pool"

local MANY = 30 -- more than a client with one connection has reason to keep an account of

host.describe(describe, "a client in an outage", function(kind)
  local server, client, hub

  before_each(function()
    server = deaf_server.start()
    client = signalr.new {
      endpoint = server.url, access_key = "key", retry = false, max_connections = 1, connect_timeout = 0.03,
      timeout = 10, io_thread = kind.io_thread,
    }
    hub = client:hub "chat"
    assert.are.equal("timeout", select(2, hub:send "m").kind)
  end)
  after_each(function()
    client:close()
    server:stop()
  end)

  local function send_again()
    server:hear()
    for i = 1, 3 do assert(hub:send("m", i)) end
  end

  local ways = {}

  function ways.connect_timeout()
    for _ = 1, MANY do assert.are.equal("timeout", select(2, hub:send "m").kind) end
  end

  function ways.timeout()
    local short = hub:with { timeout = 0.005 }
    for _ = 1, MANY do assert.are.equal("timeout", select(2, short:send "m").kind) end
  end

  function ways.cancel()
    for _ = 1, MANY do
      local handle = client:spawn(function() hub:send "m" end)
      client:step(0.005)
      handle:cancel()
      client:run()
    end
  end

  function ways.enqueue()
    for i = 1, MANY do assert(hub:enqueue("m", i)) end
    client:drain(10)
  end

  for name, way in pairs(ways) do
    it("sends again when it is over, after many ends by " .. name, function()
      local before = descriptors.count()
      way()
      assert.is_true(descriptors.count() < before + MANY / 2) -- one attempt may still be under way
      send_again()
    end)
  end
end)

describe("a client of a name whose first address is dead", function()
  it("goes on, however many connections it makes", function()
    local server = deaf_server.start "dual"
    local sanitizers = os.getenv "LD_PRELOAD"
    local preload = (sanitizers and sanitizers .. " " or "") .. posix.library()
    local fine, out = pcall(support.lua, { "-e", [[
      local descriptors = require "spec.support.descriptors"
      local signalr = require "azure.signalr"
      local clients, before = {}, nil
      for i = 1, 2 do
        clients[i] = signalr.new { endpoint = os.getenv "URL", access_key = "key", retry = false, max_connections = 1,
          connect_timeout = 10, io_thread = i == 2 }
      end
      for n = 1, 24 do
        for _, client in ipairs(clients) do client:spawn(function() assert(client:hub("chat"):send("m", n)) end) end
        for _, client in ipairs(clients) do client:run() end
        before = before or descriptors.count()
      end
      assert(descriptors.count() < before + 12) -- of 48 connections
      print "fine"
    ]] }, { LD_PRELOAD = preload, URL = server.url })
    server:stop()
    assert.is_true(fine, out)
    assert.are.equal("fine\n", out)
  end)
end)

describe("a client whose process has no descriptor left", function()
  it("says so, and goes on when there are some", function()
    local server = raw_server.start { on_request = "ok()" }
    local fine, out = pcall(support.lua, { "-e", [[
      local posix = require "spec.support.posix"
local raw_server = require "spec.support.raw_server"
      local signalr = require "azure.signalr"
      for _, io_thread in ipairs { false, true } do
        local client = signalr.new {
          endpoint = os.getenv "URL", access_key = "key", retry = false, io_thread = io_thread,
        }
        client:step(0)
        client:pollfd()
        local held = {}
        posix.limit_files(64)
        repeat
          local file = io.open "/dev/null"
          held[#held + 1] = file
        until not file
        local ok, err = client:hub("chat"):send "m"
        assert(not ok and err.kind == "connect" and err.sent == "no", tostring(err))
        assert(err.message:find("limit of open files", 1, true), err.message)
        for _, file in ipairs(held) do file:close() end
        assert(client:hub("chat"):send "m")
        client:close()
      end
      print "fine"
    ]] }, { URL = server.url })
    server:stop()
    assert.is_true(fine, out)
    assert.are.equal("fine\n", out)
  end)
end)
