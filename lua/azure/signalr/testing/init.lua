-- SPDX-License-Identifier: MIT
--- For your own specs: a transport that records requests and gives canned replies, on a clock of its own.
--
--     local testing = require "azure.signalr.testing"
--     local transport = testing.transport()
--     local client = testing.client(transport)
--     transport:reply { status = 404, headers = { ["x-ms-error-code"] = "Warning.Group.NotExisted" } }
--     assert(client:hub("chat"):group("lobby"):exists() == false)
--     assert(transport.requests[1].method == "HEAD")
--
-- Without a canned reply each operation gets the success that the reference declares, with an empty body.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local client = require "azure.signalr.client"
local globals = require "azure.signalr.globals"
local operations = require "azure.signalr.operations"

local M = {
  endpoint = "https://contoso.service.signalr.net",
  access_key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH",
}

local error, ipairs, pairs, setmetatable = error, ipairs, pairs, setmetatable
local format, match = globals.string.format, globals.string.match

local Transport = { __name = "azure.signalr.testing.transport", __json = false }
local methods = {}
Transport.__index = methods

local number, boolean, text = check.type("number"), check.type("boolean"), check.type("string")

local transport_options = { time = number, strict = boolean, respond = check.type("function") }

--- Makes a recording transport.
-- @tparam table|nil options time (unix seconds to begin with), strict (a request without a canned reply throws),
-- respond (function(request) -> reply | nil, failure, asked when no canned reply is left)
-- @treturn table transport with requests (array, in order), sleeps (array of seconds), closed
function M.transport(options, ...)
  check.count("testing.transport", 1, ...)
  local read = check.options(options, transport_options, "testing.transport")
  return setmetatable({
    requests = {}, sleeps = {}, queue = {}, first = 1, clock = 1000, unix = read.time or 1700000000,
    strict = read.strict, respond = read.respond, closed = false,
  }, Transport)
end

--- Makes a client on a transport; the endpoint and key are those of this module, options may say others.
-- @tparam table transport
-- @tparam table|nil options as for signalr.new
-- @treturn table client
function M.client(transport, options, ...)
  check.count("testing.client", 2, ...)
  if options ~= nil then check.type("table")(options, "testing.client", "options") end
  local all = { endpoint = M.endpoint, access_key = M.access_key }
  if options and (options.connection_string or options.token_provider) then all.access_key = nil end
  if options and options.connection_string then all.endpoint = nil end
  for name, value in pairs(options or {}) do all[name] = value end
  all.transport = transport
  return client.new(all)
end

local reply_fields = {
  status = check.integer(100, 599), headers = check.type("table"), body = text, truncated = boolean,
  after = check.pause, time = number, reused = boolean,
}

--- Queues a reply for the next request that has none.
-- @tparam table reply status, headers (lower-case names), body; truncated (true: the connection broke within the
-- body); after (seconds on the transport's clock before it comes)
-- @treturn table the transport
function methods:reply(reply, ...)
  check.self(self, Transport, "transport:reply", 1, ...)
  local read = check.options(reply, reply_fields, "transport:reply")
  check.integer(100, 599)(read.status, "transport:reply", "status")
  self.queue[#self.queue + 1] = { reply = read }
  return self
end

local failure_fields = { kind = check.some_text, message = text, sent = text, after = check.pause }

--- Queues a failure of the network.
-- @tparam table failure kind, message, sent; after (seconds)
-- @treturn table the transport
function methods:fail(failure, ...)
  check.self(self, Transport, "transport:fail", 1, ...)
  local read = check.options(failure, failure_fields, "transport:fail")
  if not read.kind then check.fail("transport:fail: kind is missing") end
  self.queue[#self.queue + 1] = { failure = read }
  return self
end

--- Moves both clocks on.
-- @tparam number seconds
function methods:advance(seconds, ...)
  check.self(self, Transport, "transport:advance", 1, ...)
  number(seconds, "transport:advance", "seconds")
  self.clock, self.unix = self.clock + seconds, self.unix + seconds
end

local function recorded(self, req)
  local headers = {}
  for _, line in ipairs(req.headers) do
    local name, value = match(line, "^([^:]+):[ \t]*(.*)$")
    headers[core.lower(name)] = value
  end
  local url, query = match(req.url, "^([^?]*)%??(.*)$")
  local request = {
    method = req.method, url = req.url, path = match(url, "^[a-z]+://[^/]*(.*)$"), query = core.parse_query(query),
    headers = headers, body = req.body, operation = req.operation, deadline = req.deadline, at = self.clock,
    max_response = req.max_response,
  }
  self.requests[#self.requests + 1] = request
  return request
end

local function planned(self, request)
  local plan = self.queue[self.first]
  if plan then
    self.first = self.first + 1
    return plan.reply, plan.failure
  end
  if self.respond then return self.respond(request) end
  if self.strict then
    error(format("testing.transport: no reply for %s %s", request.method, request.url), 0)
  end
  local row = operations[request.operation]
  return { status = row and row.status or 200 }
end

--- The transport's contract: sends a request to the canned replies.
function methods:send(req)
  check.self(self, Transport, "transport:send")
  local reply, failure = planned(self, recorded(self, req))
  local after = (reply or failure).after or 0
  if self.clock + after > req.deadline then
    self:advance(req.deadline - self.clock)
    return nil, { kind = "timeout", message = "no answer in time", sent = "maybe" }
  end
  self:advance(after)
  if not reply then
    return nil, { kind = failure.kind, message = failure.message or failure.kind, sent = failure.sent or "maybe" }
  end
  local headers = {}
  for name, value in pairs(reply.headers or {}) do headers[core.lower(name)] = value end
  return {
    status = reply.status, headers = headers, body = reply.body or "", truncated = reply.truncated, time = after,
    reused = false,
  }
end

--- The transport's contract: passes at once, on this transport's clock.
function methods:sleep(seconds)
  self.sleeps[#self.sleeps + 1] = seconds
  self:advance(seconds)
  return true
end

--- The transport's contract.
function methods:now() return self.clock end

--- The transport's contract.
function methods:time() return self.unix end

--- The transport's contract.
function methods:close() self.closed = true end

return M
