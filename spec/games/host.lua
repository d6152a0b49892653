-- SPDX-License-Identifier: MIT
-- What the specs of this folder share: a server that answers as the hub's name says, and clients for it.
--   hub "chat": at once; "wait250": after 250 ms; "status503": that status, and a code; "half": half an answer, then
--   silence; "held...": when the spec says server.release(hub)
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"
local curl = require "azure.signalr.curl"

-- AT_ONCE: seconds, far above what anything takes that does not wait, and far below what it would wait for.
local M = { now = curl.monotonic, AT_ONCE = 5 }

local ANSWERS = [[
  local hub = string.match(path, "hubs/([%w]+)") or "chat"
  sleep((string.match(hub, "^wait(%d+)") or 0) / 1000)
  if string.find(hub, "^held") then hold(hub) end
  if hub == "half" then
    write("HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\n{\"c")
    sleep(60)
  end
  local status = string.match(hub, "^status(%d+)") or "202"
  write("HTTP/1.1 " .. status .. " x\r\nX-Ms-Error-Code: Error.Test\r\nContent-Length: 0\r\n\r\n")
]]

--- Describes what holds for both kinds of pool: driven by step, and by a thread of its own.
-- @tparam function describe busted's, which is known in spec files only
-- @tparam string title
-- @tparam function body gets the options of the kind
function M.describe(describe, title, body)
  for _, threaded in ipairs { false, true } do
    describe(title .. (threaded and ", io_thread" or ""), function() body { io_thread = threaded } end)
  end
end

--- Starts the server.
-- @tparam[opt] table kind options of all its clients
-- @treturn table url, client(options), count, await, requests(hub), release(hub), close_clients, stop
function M.start(kind)
  local server = raw_server.start { on_request = ANSWERS }
  local clients = {}
  local self = { url = server.url }
  function self.client(options)
    local all = { endpoint = server.url, access_key = "key", retry = false, timeout = 60 }
    for name, value in pairs(kind or {}) do all[name] = value end
    for name, value in pairs(options or {}) do all[name] = value end
    if all.token_provider then all.access_key = nil end
    local client = signalr.new(all)
    clients[#clients + 1] = client
    return client
  end
  function self.count(word) return server:count(word) end
  function self.requests(hub)
    local n = 0
    for _, line in ipairs(server:events()) do
      if line:find("^request .*/hubs/" .. hub .. "/") then n = n + 1 end
    end
    return n
  end
  function self.release(hub) server:release(hub) end
  function self.await(word, n) return server:await(word, n) end
  function self.close_clients()
    for _, client in ipairs(clients) do client:close() end
    clients = {}
  end
  function self.stop()
    self.close_clients()
    server:stop()
  end
  return self
end

--- Steps until a condition holds; fails after a minute.
-- @tparam[opt=0.05] number pause seconds that a step may wait
function M.step_until(client, condition, pause)
  local deadline = M.now() + 60
  while not condition() do
    assert(M.now() < deadline, "it did not come about")
    client:step(pause or 0.05)
  end
end

--- Seconds that a function takes, then what it returns.
function M.timed(fn, ...)
  local started = M.now()
  local function pass(...) return M.now() - started, ... end
  return pass(fn(...))
end

return M
