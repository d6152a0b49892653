-- SPDX-License-Identifier: MIT
--- Ready handlers for nginx: the negotiate endpoint that SignalR's clients ask first, and metrics.
--
--     local resty = require "azure.signalr.resty"
--     local negotiate = resty.negotiate(chat, function() return { user_id = ngx.var.remote_user } end)
--     location = /chat/negotiate { content_by_lua_block { app.negotiate() } }
require "azure.signalr.build" -- first: it says so where the core is another Lua's

return {
  negotiate = require("azure.signalr.resty.negotiate").new,
  metrics = require("azure.signalr.resty.metrics").new,
}
