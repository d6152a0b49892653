-- SPDX-License-Identifier: MIT
-- What stands between us and the service answers 503 also when the service hung up after it had read the request.
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"

local function answering(headers)
  return ([[write("HTTP/1.1 503 Service Unavailable\r\n%sContent-Length: 0\r\n\r\n")]]):format(headers)
end

describe("a message behind a gateway", function()
  for _, io_thread in ipairs { false, true } do
    for _, way in ipairs { "send", "enqueue" } do
      -- How often the service gets it, when it is always busy.
      local function requests(headers)
        local server = raw_server.start { on_request = answering(headers) }
        local told
        local client = signalr.new {
          endpoint = server.url, access_key = "key", io_thread = io_thread, retry = { max = 2, base = 0.01 },
          on_error = function(err) told = err end,
        }
        local _, err = client:hub("h")[way](client:hub("h"), "t")
        client:drain(10)
        client:close()
        local count = server:count "request"
        server:stop()
        return count, (err or told).sent
      end

      it(("is not delivered twice by %s%s"):format(way, io_thread and ", io_thread" or ""), function()
        assert.are.same({ 1, "maybe" }, { requests "Server: envoy\\r\\nContent-Type: text/plain\\r\\n" })
        assert.are.same({ 3, "no" }, { requests "X-Ms-Error-Code: Error.Busy\\r\\n" })
        assert.are.same({ 3, "no" }, { requests "Retry-After: 0, 0\\r\\n" })
      end)
    end
  end
end)
