-- SPDX-License-Identifier: MIT
-- The application: a chat, and the access log as it happens.
local signalr = require "azure.signalr"
local resty = require "azure.signalr.resty"

local M = {}

local metrics = resty.metrics { dict = "signalr_metrics" }

local client = signalr.new {
  connection_string = os.getenv "AZURE_SIGNALR_CONNECTION_STRING",
  timeout = 5,
  on_attempt = metrics.on_attempt,
  on_error = function(err) ngx.log(ngx.ERR, "not sent: ", tostring(err)) end,
}
metrics:watch(client)

local chat = client:hub "chat"

local function name_of()
  local name = ngx.var.arg_name
  if name and name:find "^%w+$" and #name <= 32 then return name end
end

-- A real application would look at its session here, not at what anybody can write into a URL.
M.negotiate = resty.negotiate(chat, function()
  local name = name_of()
  if not name then return nil, 400, "say who you are: ?name=" end
  return { user_id = name }
end)

function M.say()
  if ngx.req.get_method() ~= "POST" then return ngx.exit(ngx.HTTP_NOT_ALLOWED) end
  ngx.req.read_body()
  local text = ngx.req.get_body_data()
  if not name_of() or not text then
    ngx.status = ngx.HTTP_BAD_REQUEST
    return ngx.say "POST /say?name=alice, with the text as the body"
  end
  local ok, err = chat:send("said", name_of(), text)
  if not ok then
    ngx.status = ngx.HTTP_BAD_GATEWAY
    return ngx.say(tostring(err))
  end
  ngx.say "ok"
end

-- Runs in log_by_lua, where nothing can be waited for. Full queue: the line is not sent, and counted in the metrics.
function M.log()
  chat:enqueue("request", {
    method = ngx.req.get_method(), uri = ngx.var.uri, status = ngx.status, seconds = tonumber(ngx.var.request_time),
    worker = ngx.worker.id(),
  })
end

function M.metrics() metrics:handle() end

return M
