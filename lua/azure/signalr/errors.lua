-- SPDX-License-Identifier: MIT
--- The one error object. It never holds a key or a token.
--
-- Fields: kind (one of errors.kinds), op (the operation's id), message (a full sentence for people), status,
-- code (x-ms-error-code), target, details, inner (of the service's ErrorDetail), request_id, retry_after
-- (seconds), attempts, sent ("no": the request surely was not carried out; "maybe").
local M = {}

M.kinds = {}
for kind in ([[
  connect dns tls proxy timeout reset protocol too_large cancelled closed
  bad_request unauthorized forbidden not_found conflict payload_too_large uri_too_long headers_too_large
  throttled unavailable server unexpected failed client_error client_gone no_answer queue_full credential
]]):gmatch("%S+") do M.kinds[kind] = true end

local Error = { __name = "azure.signalr.error" }
Error.__index = {}

--- "SignalR_Broadcast: unauthorized: 401 ..."; what tostring, .. and %s show.
function Error.__tostring(self)
  local text = table.concat({ self.op or "azure.signalr", self.kind, self.message }, ": ")
  return self.attempts > 1 and ("%s (after %d attempts)"):format(text, self.attempts) or text
end

function Error.__concat(a, b) return tostring(a) .. tostring(b) end

-- A word after "bearer" that looks like a token, and not like prose.
local function without_bearer(lead, word)
  if #word >= 20 or word:find("[%d%.].") then return lead .. "<token>" end
end

-- Texts come from the service, a proxy, a user's token provider: a token in them must not be passed on.
local function scrub(text)
  text = text:gsub("eyJ[%w_%-]+%.[%w_%-]+%.?[%w_%-]*", "<token>")
  text = text:gsub("[Aa][Cc][Cc][Ee][Ss][Ss][Kk][Ee][Yy]%s*=%s*[^;%s]+", "AccessKey=<key>")
  text = text:gsub("([Bb]earer%s+)([%w_%-%.~+/=]+)", without_bearer)
  return (text:gsub("(%a://)[^/@%s]+@", "%1<secret>@"))
end

local function scrubbed(value, depth)
  if type(value) == "string" then return scrub(value) end
  if type(value) ~= "table" or depth > 8 then return nil end
  local copy = {}
  for k, v in pairs(value) do
    copy[k] = type(v) == "number" and v or type(v) == "boolean" and v or scrubbed(v, depth + 1)
  end
  return copy
end

--- Makes an error.
-- @tparam table fields kind and message at least
-- @treturn table the error
function M.new(fields)
  assert(M.kinds[fields.kind], fields.kind)
  fields.message = scrub(fields.message)
  fields.code = fields.code and scrub(fields.code)
  fields.target = fields.target and scrub(fields.target)
  fields.details = fields.details and scrubbed(fields.details, 0)
  fields.inner = fields.inner and scrubbed(fields.inner, 0)
  fields.attempts = fields.attempts or 0
  return setmetatable(fields, Error)
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
