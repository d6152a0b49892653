-- SPDX-License-Identifier: MIT
--- The answers' bodies and headers: ServiceResponse, ErrorDetail, plain JSON.
local json_text = require "azure.signalr.emulator.json_text"

local M = {}

local quote, object = json_text.quote, json_text.object
local JSON = "application/json; charset=utf-8"

--- JSON text as the body.
function M.json(status, text)
  return { status = status, headers = { ["content-type"] = JSON }, body = text }
end

--- No body.
function M.empty(status)
  return { status = status, headers = {} }
end

--- A ServiceResponse that says yes.
-- @tparam number status
-- @tparam string message
-- @tparam string scope "Request", "Connection", "User" or "Group"
function M.done(status, message, scope)
  return M.json(status, object("statusCode", ("%d"):format(status), "level", '"Info"', "scope", quote(scope),
    "errorKind", '"Unknown"', "message", quote(message), "isSuccess", "true"))
end

--- An ErrorDetail, its code also in the header x-ms-error-code; `reason` is for the log.
-- @tparam number status
-- @tparam string code
-- @tparam string message what is wrong
-- @tparam string|nil target the parameter, or the place in the body
function M.error(status, code, message, target)
  local answer = M.json(status, object("code", quote(code), "message", quote(message),
    "target", target and quote(target)))
  answer.headers["x-ms-error-code"] = code
  answer.reason = message
  return answer
end

--- 400: something of the request is wrong.
function M.bad_request(message, target)
  return M.error(400, "Error.Request.Invalid", message, target)
end

--- 401, with the reason in www-authenticate too, because HEAD answers have no body.
function M.unauthorized(message)
  local answer = M.error(401, "Error.Request.Unauthorized", message)
  answer.headers["www-authenticate"] = ('Bearer error="invalid_token", error_description="%s"')
    :format((message:gsub('[%z\1-\31"\\\127-\255]', "'")))
  return answer
end

--- 404: the connection is gone; `level` is "Warning" for reads and removals, "Error" where it was needed.
function M.no_connection(level, id)
  return M.error(404, level .. ".Connection.NotExisted",
    ("The connection '%s' does not exist in this hub."):format(id), "connectionId")
end

return M
