-- SPDX-License-Identifier: MIT
--- The members of a group, page by page. A page ends at a connection, and the next one begins with
-- the connections younger than it: who comes or goes between two pages moves nobody else.
local answers = require "azure.signalr.emulator.answers"
local base64 = require "azure.signalr.emulator.base64"
local json_text = require "azure.signalr.emulator.json_text"
local limits = require "azure.signalr.emulator.limits"
local params = require "azure.signalr.emulator.params"
local url = require "azure.signalr.emulator.url"

local M = {}

local quote, object = json_text.quote, json_text.object
local LARGEST_PAGE, MOST = limits.page, 2147483647

-- The token is opaque: a place in the group, sealed so that no other group's token fits.
local function seal(ctx, place)
  local what = table.concat({ ctx.hub_name, ctx.params.group, place }, "\n")
  return base64.url_encode(ctx.service.auth.hmac(ctx.service.auth.access_key, what)):sub(1, 16)
end

local function make_token(ctx, sequence)
  local place = ("%d"):format(sequence)
  return base64.url_encode(place) .. "." .. seal(ctx, place)
end

local function read_token(ctx, token)
  local place = base64.url_decode(token:match("^([A-Za-z0-9_-]+)%.") or "")
  if not place or not place:find("^%d+$") or token:match("%.(.*)$") ~= seal(ctx, place) then return nil end
  return tonumber(place)
end

local function next_link(ctx, sequence, top)
  local parts = {}
  local function add(name, value)
    if value then parts[#parts + 1] = name .. "=" .. url.escape(value) end
  end
  add("application", params.text(ctx.query, "application"))
  add("maxpagesize", params.text(ctx.query, "maxpagesize"))
  add("top", top and ("%d"):format(top))
  add("continuationToken", make_token(ctx, sequence))
  add("api-version", params.text(ctx.query, "api-version"))
  return ctx.req.base .. ctx.req.path .. "?" .. table.concat(parts, "&")
end

local function members_after(ctx, sequence)
  local list = {}
  for _, session in ipairs(ctx.broken and {} or ctx.hub.groups:list(ctx.params.group)) do
    if session.sequence > sequence then list[#list + 1] = session end
  end
  return list
end

local function show(session)
  return object("connectionId", quote(session.connection_id), "userId", session.user_id and quote(session.user_id))
end

function M.HubProxy_ListConnectionsInGroup(ctx)
  local size, message = params.integer(ctx.query, "maxpagesize", { 1, LARGEST_PAGE, LARGEST_PAGE })
  if not size then return answers.bad_request(message, "maxpagesize") end
  local top
  top, message = params.integer(ctx.query, "top", { 1, MOST, MOST })
  if not top then return answers.bad_request(message, "top") end
  local token, start = params.text(ctx.query, "continuationToken"), 0
  if token then start = read_token(ctx, token) end
  if not start then
    return answers.bad_request("continuationToken was not made for this group", "continuationToken")
  end
  local members, shown = members_after(ctx, start), {}
  for i = 1, math.min(size, top, #members) do shown[i] = show(members[i]) end
  local link
  if #shown < #members and #shown < top then
    link = next_link(ctx, members[#shown].sequence, ctx.query.top and top - #shown)
  end
  return answers.json(200, object("value", "[" .. table.concat(shown, ",") .. "]", "nextLink", link and quote(link)))
end

return M
