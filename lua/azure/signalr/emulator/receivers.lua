-- SPDX-License-Identifier: MIT
--- Which connections an operation means, and what to say when it means none.
local params = require "azure.signalr.emulator.params"

local M = {}

local SHOWN = 5

--- The connections that the path names (a connection, a group, a user, or the whole hub), oldest
-- first, without those of `excluded` where the operation declares it.
-- @tparam table ctx
-- @treturn table sessions
function M.of(ctx)
  local list
  if ctx.params.connectionId then
    list = { ctx.hub:connection(ctx.params.connectionId) }
  elseif ctx.params.group then
    list = ctx.hub.groups:list(ctx.params.group)
  elseif ctx.params.user then
    list = ctx.hub:of_user(ctx.params.user)
  else
    list = ctx.hub:all()
  end
  if not ctx.row.takes.excluded then return list end
  local excluded, kept = params.set(ctx.query, "excluded"), {}
  for _, session in ipairs(list) do
    if not excluded[session.connection_id] then kept[#kept + 1] = session end
  end
  ctx.left_out = #list - #kept
  return kept
end

local function listed(names)
  if #names == 0 then return "none" end
  for i, name in ipairs(names) do names[i] = ("'%s'"):format(name) end
  return table.concat(names, ", ")
end

local function other_hubs(ctx)
  local names = {}
  for name, hub in pairs(ctx.service.hubs) do
    if hub.count > 0 then names[#names + 1] = name end
  end
  table.sort(names)
  for i = #names, SHOWN + 1, -1 do names[i] = nil end
  return listed(names)
end

--- Why nobody was reached: what to look at first.
function M.hint(ctx)
  if ctx.hub.count == 0 then
    return ("hub '%s' has no connection; hubs with connections: %s"):format(ctx.hub_name, other_hubs(ctx))
  end
  if (ctx.left_out or 0) > 0 then return ("all %d receivers were excluded"):format(ctx.left_out) end
  if ctx.params.connectionId then
    return ("hub '%s' has no connection '%s'; ids end with the connection"):format(
      ctx.hub_name, ctx.params.connectionId)
  elseif ctx.params.group then
    return ("group '%s' is empty; groups with members: %s"):format(
      ctx.params.group, listed(ctx.hub.groups:names(SHOWN)))
  elseif ctx.params.user then
    return ("user '%s' is not connected; connected users: %s"):format(
      ctx.params.user, listed(ctx.hub:user_names(SHOWN)))
  end
  return "no connection could take the message: the body has no frame for their protocols"
end

return M
