-- SPDX-License-Identifier: MIT
-- What the specs run inside nginx: one function for each operation, and a
-- handler that calls one by name and writes what it returned.
local cjson = require "cjson"
local signalr = require "azure.signalr"

local M = { operations = {} }
local run = M.operations

function run.health(client) return client:health() end
function run.access_key(client) return client:access_key() end
function run.send(_, hub) return hub:send("note", "all", { n = 1 }) end
function run.close_connections(client) return client:hub("empty"):close_connections { reason = "done" } end
function run.execute(_, hub)
  return hub:execute({ signalr.command.send("executed", 1) }, { filter = signalr.filter("userId eq %s", "alice") })
end
function run.client_token(_, hub) return hub:client_token { user_id = "bob", expires_in = 60 } end
function run.group_send(_, hub) return hub:group("lobby"):send("note", "lobby") end
function run.group_exists(_, hub) return hub:group("lobby"):exists() end
function run.group_list(_, hub)
  local ids = {}
  for c in hub:group("lobby"):connections { page_size = 1 } do ids[#ids + 1] = c.connection_id end
  return #ids, ids[1]
end
function run.group_add(_, hub, id) return hub:group("lobby"):add(id) end
function run.group_remove(_, hub, id) return hub:group("lobby"):remove(id) end
function run.group_close(_, hub) return hub:group("nobody"):close_connections() end
function run.user_send(_, hub) return hub:user("alice"):send("note", "alice") end
function run.user_exists(_, hub) return hub:user("alice"):exists() end
function run.user_close(_, hub) return hub:user("nobody"):close_connections() end
function run.user_join(_, hub) return hub:user("alice"):join("team") end
function run.user_in_group(_, hub) return hub:user("alice"):in_group("team") end
function run.user_leave(_, hub) return hub:user("alice"):leave("team") end
function run.user_leave_all(_, hub) return hub:user("alice"):leave_all() end
function run.connection_send(_, hub, id) return hub:connection(id):send("note", "you") end
function run.connection_exists(_, hub, id) return hub:connection(id):exists() end
function run.connection_leave_all(_, hub, id) return hub:connection(id):leave_all() end
function run.invoke(_, hub, id) return hub:connection(id):invoke("where", 1) end
function run.stream_send(_, hub, id) return hub:connection(id):stream("s1"):send { item = 1 } end
function run.stream_complete(_, hub, id) return hub:connection(id):stream("s1"):complete() end
function run.disconnect(_, hub, id) return hub:connection(id):disconnect { reason = "bye" } end

--- A call that failed, as the specs read it.
function M.error_of(err)
  return type(err) ~= "table" and tostring(err)
    or { kind = err.kind, message = err.message, status = err.status, sent = err.sent, attempts = err.attempts }
end

--- Writes what a function returns, as JSON: ok, value, more, or the error.
function M.answer(fn, ...)
  local ran, a, b = pcall(fn, ...)
  local said
  if not ran then
    said = { thrown = tostring(a) }
  elseif a == nil then
    said = { error = M.error_of(b) }
  else
    said = { value = type(a) == "table" and a or tostring(a), more = type(b) ~= "table" and tostring(b) or nil }
  end
  ngx.say(cjson.encode(said))
end

--- Calls an operation by name: /op?name=send&id=<connection>.
function M.operation(client)
  local args = ngx.req.get_uri_args()
  local hub = client:hub(args.hub or "chat")
  M.answer(run[args.name], client, hub, args.id)
end

return M
