-- SPDX-License-Identifier: MIT
-- From a lua-http stream to the service and back: one request, whatever it is.
local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local answers = require "azure.signalr.emulator.answers"
local cors = require "azure.signalr.emulator.cors"
local faults = require "azure.signalr.emulator.faults"
local http_answer = require "azure.signalr.emulator.http_answer"
local http_clients = require "azure.signalr.emulator.http_clients"
local http_faults = require "azure.signalr.emulator.http_faults"
local http_guard = require "azure.signalr.emulator.http_guard"
local http_request = require "azure.signalr.emulator.http_request"
local origins = require "azure.signalr.emulator.origins"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.exchange" }

-- What a refused client may still send before it hears no more.
local DRAIN_BYTES, DRAIN_SECONDS = 16 * 1024 * 1024, 3

local function new(server, stream, head)
  return setmetatable({
    server = server, stream = stream, head = head, started = cqueues.monotime(), cors = cors.fields(head),
  }, metatable)
end

-- The request is not read to its end: the connection ends after the answer.
local function refuse(self, status, message)
  local response = answers.error(status, "Error.Request.Invalid", message)
  response.close, response.hint = true, message
  self:reply(response)
  http_request.drain(self.stream, DRAIN_BYTES, DRAIN_SECONDS)
end

--- The request's body, once.
-- @treturn ?string the body; nil when there is nothing to serve any more, and then it has been dealt with
function methods:read_body()
  local body, status, message = http_request.body(self.stream, self.head)
  if body then return body end
  if status then
    refuse(self, status, message)
  else
    self:note(0, { hint = "the client was gone before its request was complete" })
  end
  return nil
end

--- The line of the log for this request.
-- @tparam number status 0 when there was nobody to answer
-- @tparam ?table about { op, receivers, hint }
function methods:note(status, about)
  about = about or {}
  self.server.log:request {
    name = about.op or (self.head.method .. " " .. self.head.path), status = status,
    receivers = about.receivers, hint = about.hint, seconds = cqueues.monotime() - self.started,
  }
end

--- Writes the answer and the log's line.
-- @treturn boolean whether the answer reached the socket
function methods:reply(response)
  self.answered = true
  self:note(response.status, response)
  if self.rule and http_faults.spoil(self.rule, self.stream, response) then return false end
  return http_answer.write(self.stream, self.head, response, self.cors) and true or false
end

-- What the logic knows of a request.
function methods:request(body)
  local head = self.head
  return {
    method = head.method, path = head.path, query = head.query, headers = head.headers, base = head.base, body = body,
  }
end

-- What the service says of a request goes into the log's line with its answer.
local function describe(server, response, entry)
  response.op = entry.operation ~= "unknown" and entry.operation or nil
  response.receivers, response.hint = entry.reached, entry.hint
  if entry.trace then server.log:failure(entry.trace) end
  return response
end

local function serve_rest(self)
  local body = self:read_body()
  if not body then return end
  if self.rule and self.rule.drop == "after" then return http_faults.cut(self.stream) end
  local response = self.rule and http_faults.answer(self.rule)
  if not response then
    local ready = condition.new()
    self.server.service:rest(self:request(body), function(answer, entry)
      response = describe(self.server, answer, entry)
      ready:signal()
    end)
    while not response do ready:wait() end
  end
  self:reply(response)
end

local function serve_control(self)
  local fault = origins.fault(self.head, self.server.endpoints)
  if fault then
    self.cors = nil
    local response = answers.error(403, "Error.Request.Forbidden", "the control endpoint refuses: " .. fault)
    response.hint = fault
    return self:reply(response)
  end
  local body = self:read_body()
  if body then self:reply(self.server.faults:control(self.head.method, body)) end
end

local function serve(self)
  local head, control = self.head, self.server.faults
  if control and head.path == faults.PATH then return serve_control(self) end
  if cors.is_preflight(head) then return self:reply(cors.preflight(head)) end
  self.rule = control and control:meet(head)
  if self.rule and self.rule.drop == "before" then return http_faults.cut(self.stream) end
  if http_clients.is_client(head) then return http_clients.serve(self) end
  return serve_rest(self)
end

-- A failure of ours: the client hears of it, the user sees where, and the server goes on.
local function fail(server, stream, self, wrong)
  server.log:failure((self and self.head.method .. " " .. self.head.path or "unreadable request") .. ": " .. wrong)
  if not self or self.answered then return http_faults.cut(stream) end
  local response = answers.error(500, "Error.InternalServerError", "the emulator failed: " .. wrong:match("[^\n]*"))
  response.close = true
  self:reply(response)
end

local function refuse_head(server, stream, failure)
  if failure.head then
    refuse(new(server, stream, failure.head), failure.status, failure.message)
  elseif failure.status then
    server.log:request { name = "unreadable request", status = failure.status, seconds = 0, hint = failure.message }
    http_answer.refuse(stream, failure.status, failure.message)
  end
end

--- Serves one request. Never throws.
-- @tparam table server { service, log, faults (or nil), clients, send_queue }
-- @param stream a lua-http stream
function M.serve(server, stream)
  local self
  server.served = server.served + 1
  local ok, wrong = xpcall(function()
    local head, status, message, refused = http_request.head(stream)
    if not head then return refuse_head(server, stream, { status = status, message = message, head = refused }) end
    self = new(server, stream, head)
    return serve(self)
  end, debug.traceback)
  if not ok then fail(server, stream, self, tostring(wrong)) end
  http_guard.answered(stream.connection)
end

return M
