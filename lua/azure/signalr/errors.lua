-- SPDX-License-Identifier: MIT
--- The one error object. It never holds a key or a token.
--
-- Fields: kind (one of errors.kinds), op (the operation's id), message (a full sentence for people); hub, application,
-- group, user, connection_id (those that the call was for); status,
-- code (x-ms-error-code), target, details, inner (of the service's ErrorDetail), request_id, retry_after
-- (seconds), attempts, sent ("no": the request surely was not carried out; "maybe").
--
-- Every text is fit for a line of a log: one line, valid UTF-8, not too long, without tokens, whoever wrote it.
local core = require "azure.signalr.core"
local globals = require "azure.signalr.globals"

local error, getmetatable, pairs, pcall, setmetatable = error, getmetatable, pairs, pcall, setmetatable
local tostring, type = tostring, type
local string = globals.string
local find, format, gmatch, gsub, sub = string.find, string.format, string.gmatch, string.gsub, string.sub
local concat = globals.table.concat

local M = {}

M.kinds = {}
for kind in gmatch([[
  connect dns tls proxy timeout reset protocol too_large cancelled closed
  bad_request unauthorized forbidden not_found conflict payload_too_large uri_too_long headers_too_large
  throttled unavailable server unexpected failed client_error client_gone no_answer queue_full credential invalid
]], "%S+") do M.kinds[kind] = true end

local Error = { __name = "azure.signalr.error" }
Error.__index = {}

--- "SignalR_Broadcast: unauthorized: 401 ..."; what tostring, .. and %s show.
function Error.__tostring(self)
  local text = concat({ self.op or "azure.signalr", self.kind, self.message }, ": ")
  return self.attempts > 1 and format("%s (after %d attempts)", text, self.attempts) or text
end

function Error.__concat(a, b) return tostring(a) .. tostring(b) end

-- Bytes that are kept of the texts.
local MESSAGE, DETAIL = 2000, 500
local ENTRIES, DEPTH = 50, 9 -- of details, and how deep they go
local LONGEST = 16384 -- no more of a text is looked at

-- A word after "bearer" that looks like a token, and not like prose.
local function without_bearer(lead, word)
  if #word >= 20 or find(word, "[0-9%.].") then return lead .. "<token>" end
end

-- Texts come from the service, a proxy, a user's token provider: a token in them must not be passed on.
local function scrub(text)
  text = gsub(text, "eyJ[A-Za-z0-9_-]+%.[A-Za-z0-9_-]+%.?[A-Za-z0-9_-]*", "<token>")
  text = gsub(text, "[Aa][Cc][Cc][Ee][Ss][Ss][Kk][Ee][Yy][ \t]*=[ \t]*[^; \t\r\n]+", "AccessKey=<key>")
  text = gsub(text, "([Bb][Ee][Aa][Rr][Ee][Rr][ \t]+)([A-Za-z0-9_.~+/=-]+)", without_bearer)
  text = gsub(text, "([Cc]lient_[Ss]ecret[ \t]*[=:][ \t]*)[^&;, \t\r\n]+", "%1<secret>")
  return (gsub(text, "([A-Za-z]://)[^/@ \t\r\n]+@", "%1<secret>@"))
end

--- A text from outside as a part of a message: cleaned and cut.
-- @tparam string text
-- @tparam number|nil max bytes to keep
-- @treturn string
function M.clean(text, max) return core.clean(scrub(sub(text, 1, LONGEST)), max or DETAIL) end

local clean = M.clean

local function cleaned(value, depth)
  local kind = type(value)
  if kind == "string" then return clean(value) end
  if kind == "number" or kind == "boolean" then return value end
  if kind ~= "table" then return value ~= core.null and tostring(value) or nil end
  if depth > DEPTH then return nil end
  local copy, n = {}, 0
  for k, v in pairs(value) do
    n = n + 1
    if n > ENTRIES then break end
    copy[type(k) == "string" and clean(k) or k] = cleaned(v, depth + 1)
  end
  return copy
end

local words = { "code", "target", "request_id" }

--- Makes an error.
-- @tparam table fields kind and message at least
-- @treturn table the error
function M.new(fields)
  if not M.kinds[fields.kind] then error("no kind of error: " .. tostring(fields.kind)) end
  fields.message = clean(fields.message, MESSAGE)
  for i = 1, #words do
    local word = words[i]
    fields[word] = fields[word] and clean(fields[word])
  end
  fields.details = fields.details and cleaned(fields.details, 1)
  fields.inner = fields.inner and cleaned(fields.inner, 1)
  fields.attempts = fields.attempts or 0
  return setmetatable(fields, Error)
end

--- The error of a call for which nothing was asked of the service: what it was given cannot be sent.
-- @tparam string op the operation's id
-- @tparam string|table problem a text, or kind and message where there is a closer kind than invalid
-- @treturn table the error
function M.invalid(op, problem)
  if type(problem) == "table" then
    return M.new { kind = problem.kind, op = op, message = problem.message, sent = "no" }
  end
  return M.new { kind = "invalid", op = op, message = problem, sent = "no" }
end

local places = { "hub", "application", "group", "user" }
local PLACE = 4096 -- bytes of a name; a group's may have 1024 characters

--- Says in an error what the call was for.
-- @tparam table err
-- @tparam table it fields of a handle, or what on_error is told
-- @treturn table the error
function M.about(err, it)
  for i = 1, #places do
    local name = it[places[i]]
    if name then err[places[i]] = clean(name, PLACE) end
  end
  local id = it.connectionId or it.connection_id
  if id then err.connection_id = clean(id, PLACE) end
  return err
end

local function copied(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for k, v in pairs(value) do copy[k] = copied(v) end
  return copy
end

--- Another error that says the same.
-- @tparam table err
-- @treturn table
function M.copy(err) return setmetatable(copied(err), Error) end

--- What anything that was thrown says; a __tostring that fails ends nothing.
function M.text(value)
  local fine, text = pcall(tostring, value)
  return fine and type(text) == "string" and text or type(value) .. " that has no text"
end

--- Whether a value is an error of this library.
function M.is(value) return getmetatable(value) == Error end

return M
