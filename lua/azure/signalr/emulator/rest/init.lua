-- SPDX-License-Identifier: MIT
--- The REST API: what every operation has in common, in the order the checks are made.
local answers = require "azure.signalr.emulator.answers"
local ascii = require "azure.signalr.emulator.ascii"
local dates = require "azure.signalr.emulator.dates"
local params = require "azure.signalr.emulator.params"
local routes = require "azure.signalr.emulator.routes"
local url = require "azure.signalr.emulator.url"
local utf8_text = require "azure.signalr.emulator.utf8_text"
local versions = require "azure.signalr.emulator.versions"

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
    return nil, answers.error(404, "Error.Request.NotFound", "No operation has the path " .. ascii.clean(req.path, 300))
  end
  local answer = answers.error(405, "Error.Request.MethodNotAllowed",
    ("%s is not a method of this path; it has %s"):format(ascii.clean(req.method, 40), table.concat(found, ", ")))
  answer.headers.allow = table.concat(found, ", ")
  return nil, answer
end

-- the application's hub is a hub of its own
local function hub_name(row, path_params, query)
  local name = ascii.lower(path_params.hub)
  local application = params.text(query, "application")
  if not application or not row.takes.application then return name end
  local ok, message = params.check("application", application)
  if not ok then return nil, answers.bad_request(message, "application") end
  return ascii.lower(application) .. "_" .. name
end

-- The hub is looked up when the operation comes to need it, after the reading of the body, in which time may pass.
local Context = {}
function Context.__index(ctx, name)
  return name == "hub" and ctx.service:hub(ctx.hub_name) or nil
end

local function check_query(ctx)
  for name, values in pairs(ctx.query) do
    for _, value in ipairs(values) do
      if not utf8_text.valid(value) then return nil, ctx.spelled[name] .. " must be UTF-8", ctx.spelled[name] end
    end
  end
  return true
end

-- The checks in the service's order: the token first, so that nobody without one learns more.
local function check(ctx)
  local row, req, ok, message = ctx.row, ctx.req, true, nil
  if not row.anonymous then ok, message = ctx.service.auth:check_rest(req, ctx.query) end
  if not ok then return answers.unauthorized(message) end
  if not row.unversioned then ok, message = versions.check(params.text(ctx.query, "api-version")) end
  if not ok then return answers.bad_request(message, "api-version") end
  local target
  ok, message, target = params.check_path(ctx.params)
  if ok then ok, message, target = check_query(ctx) end
  if not ok then return answers.bad_request(message, target) end
  if #(req.body or "") > ctx.service.limits.body then
    return answers.error(413, "Error.Request.TooLarge",
      ("the body has %d bytes, the limit is %d"):format(#req.body, ctx.service.limits.body))
  end
  return nil
end

-- The context an operation works with, or nil and the answer that refuses.
local function admit(service, req)
  local row, found = find_route(req)
  if not row then return nil, found end
  local query, spelled = url.parse_query(req.query or "")
  local ctx = setmetatable({ service = service, req = req, row = row, params = found, query = query, spelled = spelled,
    operation = row.id, broken = service.broken == row.id }, Context)
  local refusal = check(ctx)
  if refusal then return nil, refusal, ctx end
  if not found.hub then return ctx end
  ctx.hub_name, refusal = hub_name(row, found, query)
  if not ctx.hub_name then return nil, refusal, ctx end
  return ctx
end

-- A parameter the operation does not declare has no effect; whoever wrote it should know.
local function undeclared(ctx)
  local unknown = {}
  for name in pairs(ctx.query) do
    if not ctx.row.takes[name] then unknown[#unknown + 1] = ctx.spelled[name] end
  end
  if #unknown == 0 then return nil end
  table.sort(unknown)
  return "ignored, because the operation does not declare it: " .. table.concat(unknown, ", ")
end

local function other_version(ctx)
  if ctx.row.unversioned then return nil end
  return versions.hint(params.text(ctx.query, "api-version"), ctx.row.since)
end

-- What the log adds to the status: why nobody was reached, why it was refused, or what the service does not do.
local function hint_of(ctx, answer)
  if not ctx then return answer.reason end
  local hints = { ctx.hint or answer.reason or undeclared(ctx) }
  hints[#hints + 1] = other_version(ctx)
  return hints[1] and table.concat(hints, "; ")
end

-- Version 1.0 has some statuses of its own.
local function in_first_version(row, answer)
  if row.always and answer.status == 404 then return answers.empty(row.done) end
  if row.done and answer.status < 300 then answer.status = row.done end
  return answer
end

local function finish(service, req, answer, about)
  local ctx = about.ctx
  if ctx then answer = in_first_version(ctx.row, answer) end
  answer.headers["x-ms-request-id"] = service.random_id()
  answer.headers.date = dates.http(service.now())
  local hint = hint_of(ctx, answer)
  if req.method == "HEAD" then answer.body = nil end
  about.respond(answer, {
    operation = ctx and ctx.operation or "unknown", method = req.method, path = req.path,
    status = answer.status, reached = ctx and ctx.reached, ms = (service.now() - about.began) * 1000,
    hint = hint and ascii.clean(hint:match("^[^\n]*"), 500), trace = ctx and ctx.trace,
  })
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
