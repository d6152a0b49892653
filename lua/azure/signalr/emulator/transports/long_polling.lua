-- SPDX-License-Identifier: MIT
-- The long polling transport: each GET takes what waits, or waits itself.
local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local half = require "azure.signalr.emulator.transports.half"

local M = {}
local methods = setmetatable({ kind = "LongPolling" }, { __index = half.methods })
local metatable = { __index = methods, __name = "signalr.emulator.long_polling" }

-- The service's own: a client polls again when nothing came for so long.
M.POLL_SECONDS = 90
-- After its end a client may still fetch the last messages, and the 204.
local FAREWELL_SECONDS = 30

local function gone()
  return { status = 204 }
end

local function data(bytes)
  return { status = 200, headers = { ["content-type"] = "application/octet-stream" }, body = bytes }
end

--- Opens a client's session: its first poll, which is answered at once.
-- @tparam table context as half.open takes it
-- @tparam table client { token, ticket }
-- @treturn table the answer
function M.open(context, client)
  local self = half.open(context, client.ticket, client.token, metatable)
  self.moved = condition.new()
  self.turn = 0
  return data("")
end

-- Nobody may come for the rest, so a clock ends what the client does not.
function methods:close(reason)
  half.methods.close(self, reason)
  cqueues.running():wrap(function()
    local deadline = cqueues.monotime() + FAREWELL_SECONDS
    while not self.forgotten and cqueues.monotime() < deadline do cqueues.sleep(1) end
    self:forget()
  end)
end

function methods:overflowed()
  self:close(self.why)
end

-- A later poll takes the place of an earlier one, which is told 204.
local function wait_for_messages(self)
  self.turn = self.turn + 1
  local turn = self.turn
  self.outbox.changed:signal()
  local deadline = cqueues.monotime() + M.POLL_SECONDS
  while self.outbox.count == 0 and not self.outbox.ended do
    local left = deadline - cqueues.monotime()
    if left <= 0 then break end
    cqueues.poll(self.outbox.changed, left)
    if turn ~= self.turn then return false end
  end
  return true
end

--- A further poll.
-- @treturn table the answer
-- @treturn ?function to call with false when the answer did not reach the client
function methods:poll()
  -- A client that polls is there, though by this transport it sends no pings.
  self.session:receive("")
  if not wait_for_messages(self) then return gone() end
  if self.outbox:done() then
    self:forget()
    return gone()
  end
  local bytes = table.concat(self.outbox:take())
  return data(bytes), function(arrived)
    if not arrived and bytes ~= "" then self.outbox:unget(bytes) end
  end
end

return M
