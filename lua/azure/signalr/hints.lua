-- SPDX-License-Identifier: MIT
--- What is said of methods that do not exist: slips, and what other libraries call the same. In the place of such a
-- method there is a function that throws; for every other name there is nothing.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"

local M = {}

local pairs, type = pairs, type
local string = globals.string
local find, format, gmatch, gsub = string.find, string.format, string.gmatch, string.gsub

-- Class -> name, in lower case and without underscores -> what to do. What holds for every class is under "any".
local advice = {}

local function add(class, names, text)
  local of = advice[class] or {}
  advice[class] = of
  for name in gmatch(names, "[^ ]+") do of[name] = text end
end

local SENDS = "broadcast sendall sendtoall publish emit push post notify sendmessage sendasync trigger"
local KICKS = "kick ban closeconnection disconnectuser drop"

add("any", SENDS, "use hub:send(target, ...)")
add("any", "senduser sendtouser", "use hub:user(id):send(target, ...)")
add("any", "sendgroup sendtogroup", "use hub:group(name):send(target, ...)")
add("any", "sendconnection sendtoconnection sendclient sendtoclient", "use hub:connection(id):send(target, ...)")
add("any", "sendusers sendtousers", "use hub:users({ id, ... }):send(target, ...)")
add("any", "sendgroups sendtogroups", "use hub:groups({ name, ... }):send(target, ...)")
add("any", "sendallexcept sendtoallexcept exclude", "use hub:except({ id, ... }):send(target, ...), or a group's")
add("any", "members listmembers listconnections getconnections", "use hub:group(name):members{}")
add("any", KICKS, "use hub:user(id):close_connections(), or hub:connection(id):disconnect()")
add("any", "addtogroup addusertogroup joingroup", "use hub:user(id):join(group), or hub:group(name):add(connection_id)")
add("any", "removefromgroup removeuserfromgroup leavegroup",
  "use hub:user(id):leave(group), or hub:group(name):remove(connection_id)")
add("any", "leaveallgroups removefromallgroups", "use hub:user(id):leave_all(), or hub:connection(id):leave_all()")
add("any", "isingroup ismember", "use hub:user(id):in_group(group)")
add("any", "invoke invokeclient sendandwait", "it is for one connection: hub:connection(id):invoke(target, ...)")
add("any", "stream", "it is of one connection: hub:connection(id):stream(id)")
add("any", "execute", "use hub:execute(commands, { filter = })")
add("any", "on subscribe listen onmessage", "this library talks to the service: it sends, and nobody calls it back")
add("any", "gettoken generatetoken generateclienttoken accesstoken getclientaccesstoken",
  "use hub:negotiate{ user_id = } (signed here), or hub:client_token{} (asked of the service)")
add("any", "negotiate", "use hub:negotiate{ user_id = }")
add("any", "flush", "use client:drain(seconds)")

local CLOSE = "to end connections use %s; client:close() releases the client"
add("hub", "close closeall disconnect disconnectall shutdown", format(CLOSE, "hub:close_connections()"))
add("hub", "exists userexists groupexists connectionexists",
  "ask hub:user(id):exists(), hub:group(name):exists() or hub:connection(id):exists()")
add("hub", "join add", advice.any.addtogroup)
add("hub", "leave remove", advice.any.removefromgroup)
add("hub", "list pages", advice.any.members)

add("group", SENDS, "use group:send(target, ...)")
add("group", "close closeall disconnect disconnectall clear destroy", format(CLOSE, "group:close_connections()"))
add("group", "join addconnection addmember", "use group:add(connection_id), or hub:user(id):join(group)")
add("group", "leave removeconnection removemember", "use group:remove(connection_id), or hub:user(id):leave(group)")
add("group", "has contains ingroup", advice.any.isingroup)
add("group", "listmembers listconnections getconnections", "use group:members{}")

add("user", SENDS, "use user:send(target, ...)")
add("user", "close closeall disconnect disconnectall " .. KICKS, format(CLOSE, "user:close_connections()"))
add("user", "except exclude",
  "the service excludes connections on hubs and groups; user:close_connections takes except = { ... }")
add("user", "joingroup addtogroup add", "use user:join(group, { ttl = seconds })")
add("user", "leavegroup removefromgroup remove", "use user:leave(group)")
add("user", "leaveallgroups removefromallgroups", "use user:leave_all()")
add("user", "isingroup ismember", "use user:in_group(group)")
add("user", "isonline isconnected", "use user:exists()")

add("connection", SENDS, "use connection:send(target, ...)")
add("connection", "close closeconnections abort " .. KICKS, format(CLOSE, "connection:disconnect()"))
add("connection", "except exclude", "the service excludes connections on hubs and groups")
add("connection", "join add joingroup addtogroup", "use hub:group(name):add(connection_id)")
add("connection", "leave remove leavegroup removefromgroup", "use hub:group(name):remove(connection_id)")
add("connection", "leaveallgroups removefromallgroups", "use connection:leave_all()")
add("connection", "isonline isconnected", "use connection:exists()")
add("connection", "invokeclient sendandwait", "use connection:invoke(target, ...)")

add("stream", SENDS .. " next write item senditem", "use stream:send(item)")
add("stream", "close finish done cancel abort fail", format(CLOSE, "stream:complete()"))

add("many", SENDS, "use its send(target, ...)")
add("many", "enqueue", "enqueue on each, as in hub:user(id):enqueue(target, ...)")
add("many", "close closeconnections disconnect", advice.any.kick)

add("client", SENDS .. " send enqueue sendlist sendframes", "use client:hub(name):send(target, ...)")
add("client", "user users group groups connection connections except",
  "it is of a hub: client:hub(name):user(id), :group(name), :connection(id)")
add("client", "gethub newhub createhub", "use client:hub(name)")
add("client", "tick poll update pump", "use client:step(0)")
add("client", "loop runforever", "use client:run(), or client:step(seconds) in a loop of your own")
add("client", "shutdown stop destroy dispose free release disconnect closeconnections",
  "use client:close(); people are disconnected by close_connections of a hub, group or user")
add("client", "connect start open", "a client needs no start: its calls connect")
add("client", "ping ishealthy healthcheck", "use client:health()")
add("client", "get put delete http", "use client:request{ method =, path =, body = }")
add("client", "async go coroutine", "use client:spawn(fn, ...)")

add("signalr", SENDS .. " send", "use signalr.new(connection_string):hub(name):send(target, ...)")
add("signalr", "client connect create open init start createclient newclient fromconnectionstring",
  "use signalr.new(connection_string, options)")
add("signalr", "hub gethub user group connection close", "it is a client's: signalr.new(connection_string):hub(name)")
add("signalr", "spawn run step sleep wrap", "it is a client's: signalr.new(connection_string):spawn(fn)")
add("signalr", "parallel gather waitall whenall", "use signalr.all({ fn, ... })")
add("signalr", "join leave commands", "use signalr.command.join(group), leave, send or close")
add("signalr", "json raw", "use signalr.raw_json(text)")
add("signalr", "int64 integer bigint", "integers of 64 bits are sent as they are; signalr.uint64(digits) is for more")

add("command", "addtogroup joingroup add", "use signalr.command.join(group)")
add("command", "removefromgroup leavegroup remove", "use signalr.command.leave(group)")
add("command", SENDS .. " sendmessage", "use signalr.command.send(target, ...)")
add("command", "closeconnection disconnect kick", "use signalr.command.close(reason)")

local function plain(name) return (gsub(core.lower(name), "_", "")) end

-- Names are short: one letter may differ, or two of more than four.
local function nearest(name, known)
  local near = check.nearest(name, known, #name > 4 and 2 or 1)
  return near and known[near]
end

local function advice_for(class, name, methods, call)
  local own, known = plain(name), {}
  for method in pairs(methods) do known[plain(method)] = method end
  local text = advice[class] and advice[class][own] or advice.any[own]
  if text and not known[own] then return text end
  local near = nearest(own, known)
  return near and format("did you mean %s?", format(call, near))
end

-- How the methods of a class are called.
local calls = { signalr = "signalr.%s", command = "signalr.command.%s" }

--- Stands in for a method that does not exist.
-- @tparam string class as in "hub"; "signalr" is the module, "command" its table of that name
-- @param name what was looked up
-- @tparam table methods those that exist
-- @treturn function|nil it throws; nil where there is nothing to say
function M.stand_in(class, name, methods)
  if type(name) ~= "string" or #name > 40 or find(name, "^_") or find(name, "[^A-Za-z0-9_]") then return nil end
  local call = calls[class] or class .. ":%s"
  local text = advice_for(class, name, methods, call)
  if not text then return nil end
  return function() check.fail("%s does not exist: %s", format(call, name), text) end
end

return M
