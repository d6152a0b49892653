-- SPDX-License-Identifier: MIT
--- What an answer of the service means and what to do next, in words for people.
local globals = require "azure.signalr.globals"
local http_date = require "azure.signalr.http_date"

local format, gsub = globals.string.format, globals.string.gsub
local floor, max, concat = globals.math.floor, globals.math.max, globals.table.concat

local M = {}

local function unauthorized(facts)
  if not facts.audience then return "the request was sent without a token" end
  local parts = { facts.scope and "the token came from token_provider for the scope " .. facts.scope
    or "the token was signed for the audience " .. facts.audience }
  if facts.expires then parts[#parts + 1] = "and expires at " .. http_date.text(facts.expires) end
  local theirs = facts.date
  if theirs and facts.sent_at then
    local skew = floor(facts.sent_at) - theirs
    local off = max(skew, -skew)
    parts[#parts + 1] = off <= 1 and "; this clock agrees with the service's"
      or format("; this clock is %d s %s the service's", off, skew < 0 and "behind" or "ahead of")
    if off >= 60 then parts[#parts + 1] = "(set it right: the service checks nbf and exp)" end
  end
  parts[#parts + 1] = facts.scope and "; check that it is for this scope and the resource's own tenant"
    or "; check that the access key is the current one of this endpoint"
  return (gsub(concat(parts, " "), " ;", ";"))
end

local texts = {
  [401] = unauthorized,
  [403] = function()
    return "usual causes: the identity lacks a role such as \"SignalR REST API Owner\"; the service's network "
      .. "rules (public access, private endpoint, IP rules) keep this machine out; the request type is denied by "
      .. "the access control of the resource (REST API over the public network)"
  end,
  [404] = function(facts)
    if facts.code then return nil end
    return "no x-ms-error-code came with it, so this is not about a connection, user or group: the endpoint or the "
      .. "route is wrong (an emulator that sends no codes can be used with the option bare_404 = \"absent\")"
  end,
  [408] = function() return "the service did not get the whole request in time" end,
  [413] = function(facts)
    return format("the body has %d bytes; the service takes at most %d", facts.size, facts.limit)
  end,
  [414] = function(facts) return format("the URL has %d bytes; the service takes about 12 KB", facts.url_size) end,
  [429] = function() return "too many requests or messages: the free tier allows 20,000 messages a day" end,
  [431] = function() return "the headers are over 16 KB" end,
}

local function redirected(facts)
  local text = "redirects are never followed (a repeated POST would lose its body): set the endpoint to its final URL"
  return facts.location and "it leads to " .. facts.location .. "; " .. text or text
end
for _, status in ipairs { 301, 302, 303, 307, 308 } do texts[status] = redirected end

--- Explains a status.
-- @tparam number status
-- @tparam table facts what is known: audience (where a token was sent); scope (of a token provider's token); expires,
-- sent_at and date (of the service; all unix seconds); size, limit and url_size (bytes); code; location
-- @treturn string|nil
function M.status(status, facts)
  local text = texts[status]
  return text and text(facts)
end

return M
