-- SPDX-License-Identifier: MIT
--- The REST API: what every operation has in common, in the order the checks are made.
local answers = require "azure.signalr.emulator.answers"
local params = require "azure.signalr.emulator.params"
local routes = require "azure.signalr.emulator.routes"
local url = require "azure.signalr.emulator.url"

local M = {}

local OPERATIONS = {}
for _, family in ipairs { "auth", "close", "execute", "existence", "groups", "invoke", "list", "send", "streams" } do
  for id, operation in pairs(require("azure.signalr.emulator.rest." .. family)) do OPERATIONS[id] = operation end
end

local function find_route(req)
  for _, segment in ipairs(url.segments(req.path)) do
    local plain = url.unescape(segment)
    if plain == "." or plain == ".." then
      return nil, answers.bad_request("the path has a segment '" .. plain
        .. "', which the service's front end removes, and so another operation would be reached")
    end
  end
  if not url.well_escaped(req.path) then
    return nil, answers.bad_request("the path has a '%' without two hex digits")
  end
  local row, found = routes.match(req.method, req.path)
  if row then return row, found end
  if #found == 0 then
    return nil, answers.error(404, "Error.Request.NotFound", "No operation has the path " .. req.path)
  end
  local answer = answers.error(405, "Error.Request.MethodNotAllowed",
    ("%s is not a method of this path; it has %s"):format(req.method, table.concat(found, ", ")))
  answer.headers.allow = table.concat(found, ", ")
  return nil, answer
end

-- the application's hub is a hub of its own
local function hub_name(row, path_params, query)
  local name = path_params.hub:lower()
  local application = params.text(query, "application")
  if not application or not row.takes.application then return name end
  local ok, message = params.check("application", application)
  if not ok then return nil, answers.bad_request(message, "application") end
  return application:lower() .. "_" .. name
end

-- The context an operation works with, or nil and the answer that refuses.
local function admit(service, req)
  local row, found = find_route(req)
  if not row then return nil, found end
  local query = url.parse_query(req.query or "")
  local ctx = { service = service, req = req, row = row, params = found, query = query,
    operation = row.id, broken = service.broken == row.id }
  local ok, message = true, nil
  if not row.anonymous then ok, message = service.auth:check_rest(req, query) end
  if not ok then return nil, answers.unauthorized(message), ctx end
  if not row.unversioned then ok, message = params.check_version(query) end
  if not ok then return nil, answers.bad_request(message, "api-version"), ctx end
  local target
  ok, message, target = params.check_path(found)
  if not ok then return nil, answers.bad_request(message, target), ctx end
  if #(req.body or "") > service.limits.body then
    return nil, answers.error(413, "Error.Request.TooLarge",
      ("the body has %d bytes, the limit is %d"):format(#req.body, service.limits.body)), ctx
  end
  if not found.hub then return ctx end
  local name, refusal = hub_name(row, found, query)
  if not name then return nil, refusal, ctx end
  ctx.hub, ctx.hub_name = service:hub(name), name
  return ctx
end

-- A parameter the operation does not declare has no effect; whoever wrote it should know.
local function undeclared(ctx)
  if not ctx then return nil end
  local unknown = {}
  for name in pairs(ctx.query) do
    if not ctx.row.takes[name] then unknown[#unknown + 1] = name end
  end
  if #unknown == 0 then return nil end
  table.sort(unknown)
  return "ignored, because the operation does not declare it: " .. table.concat(unknown, ", ")
end

-- The log has one line for a request, whatever users put into their names.
local function one_line(hint)
  return hint and (hint:match("^[^\n]*"):gsub("%c", "?"))
end

local function finish(service, req, answer, about)
  answer.headers["x-ms-request-id"] = service.random_id()
  answer.headers.date = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(service.now()))
  if req.method == "HEAD" then answer.body = nil end
  local ctx = about.ctx
  service.log {
    operation = ctx and ctx.operation or "unknown", method = req.method, path = req.path,
    status = answer.status, reached = ctx and ctx.reached, ms = (service.now() - about.began) * 1000,
    hint = one_line(ctx and ctx.hint or answer.reason or undeclared(ctx)), trace = ctx and ctx.trace,
  }
  about.respond(answer)
end

--- Answers a request; see `Service:rest`.
function M.answer(service, req, respond)
  local about = { began = service.now(), respond = respond }
  local ctx, refusal, refused = admit(service, req)
  about.ctx = ctx or refused
  if not ctx then return finish(service, req, refusal, about) end
  local answered = false
  function ctx.respond(answer)
    if answered then return end
    answered = true
    finish(service, req, answer, about)
  end
  local function where(wrong)
    ctx.trace = debug.traceback(tostring(wrong), 2)
    return wrong
  end
  local ok, answer = xpcall(OPERATIONS[ctx.operation], where, ctx)
  if not ok then
    ctx.hint = tostring(answer)
    answer = answers.error(500, "Error.Request.Unknown", "the emulator failed: " .. tostring(answer))
  end
  if answer then ctx.respond(answer) end
end

return M
