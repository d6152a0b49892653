-- SPDX-License-Identifier: MIT
-- The application: a chat, and the access log as it happens.
local signalr = require "azure.signalr"
local resty = require "azure.signalr.resty"
local session = require "session"

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

local function refuse(status, text)
  ngx.status = status
  ngx.say(text)
end

-- Never from what anybody can write into a URL or a cookie: such a visitor would get the messages of any user.
M.negotiate = resty.negotiate(chat, function()
  local name = session.user()
  if not name then return nil, 401, "log in first" end
  return { user_id = name }
end)

function M.login()
  if ngx.req.get_method() ~= "POST" then return ngx.exit(ngx.HTTP_NOT_ALLOWED) end
  if not session.begin(ngx.var.arg_name) then return refuse(400, "POST /login?name=alice, letters and digits") end
  ngx.say "ok"
end

function M.say()
  if ngx.req.get_method() ~= "POST" then return ngx.exit(ngx.HTTP_NOT_ALLOWED) end
  ngx.req.read_body()
  local name, text = session.user(), ngx.req.get_body_data()
  if not name then return refuse(401, "log in first") end
  if not text then return refuse(400, "POST /say, with the text as the body") end
  local ok, err = chat:send("said", name, text)
  if ok then return ngx.say "ok" end
  refuse(err.kind == "invalid" and 400 or 502, tostring(err))
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
