-- SPDX-License-Identifier: MIT
--- Reads headers of answers. A field may come twice, and transports and proxies join what does with ", ": "4, 4" is 4.
-- Text in it is the service's, or a proxy's: what is shown of it has to go through errors.new.
local core = require "azure.signalr.core"
local globals = require "azure.signalr.globals"
local http_date = require "azure.signalr.http_date"

local ipairs, tonumber = ipairs, tonumber
local find, gmatch, match, sub = globals.string.find, globals.string.gmatch, globals.string.match, globals.string.sub
local max = globals.math.max

local M = {}

local function trim(text) return match(text, "^[ \t]*(.-)[ \t]*$") end

-- The elements of a list; a date has a comma of its own, behind the day of the week. csrc/net/outbox_retry.c reads
-- lists by the same rule.
local function elements(text)
  local list, day = {}, nil
  for part in gmatch(text .. ",", "([^,]*),") do
    part = trim(part)
    if day then
      list[#list], day = day .. ", " .. part, nil
    else
      list[#list + 1] = part
      day = match(part, "^[A-Za-z]+$")
    end
  end
  return list
end

--- The first value of a header.
-- @tparam table headers lower-case name -> value
-- @tparam string name
-- @treturn string|nil nil also where there is nothing but commas and white space
function M.first(headers, name)
  local text = headers[name]
  return text and match(text, "([^, \t][^,]-)[ \t]*,") or text and match(text, "([^, \t][^,]-)[ \t]*$")
end

--- When the answer was made, by the clock of who made it.
-- @treturn number|nil unix seconds
function M.date(headers)
  for _, one in ipairs(elements(headers.date or "")) do
    local at = http_date.parse(one)
    if at then return at end
  end
end

--- How long to wait, as Retry-After asks: the longest of what it says.
-- @tparam table headers
-- @tparam number|nil sent_at unix seconds by this clock, for a date where the answer does not tell its own time
-- @treturn number|nil seconds
function M.retry_after(headers, sent_at)
  local longest
  for _, one in ipairs(elements(headers["retry-after"] or "")) do
    local seconds = tonumber(match(one, "^[0-9]+$"))
    local at = not seconds and http_date.parse(one)
    local now = at and (M.date(headers) or sent_at)
    if now then seconds = max(0, at - now) end
    if seconds and seconds > (longest or -1) then longest = seconds end
  end
  return longest
end

--- Whether there is anything in a header.
function M.has(headers, name) return M.first(headers, name) ~= nil end

--- The media type of the body.
-- @treturn string|nil in lower case, without parameters
function M.media_type(headers)
  local first = M.first(headers, "content-type")
  return first and core.lower(match(first, "^[^; \t]*"))
end

-- name="value" of a challenge, with what a backslash guards, or name=value.
local function parameter(text, name)
  text = " " .. text
  local _, stop = find(core.lower(text), "[ ,\t]" .. name .. "[ \t]*=[ \t]*")
  if not stop then return nil end
  local quoted = match(text, '^"([^"\\]*)"', stop + 1)
  if quoted then return quoted end
  if sub(text, stop + 1, stop + 1) ~= '"' then return match(text, "^[^, \t]+", stop + 1) end
  local value, at = "", stop + 2
  while at <= #text do
    local c = sub(text, at, at)
    if c == '"' then return value end
    if c == "\\" then at = at + 1 end
    value, at = value .. sub(text, at, at), at + 1
  end
  return value
end

--- Why a token was refused: the body of a 401 is empty, and its reason is in the challenge.
-- @treturn string|nil
function M.challenge(headers)
  local text = headers["www-authenticate"]
  if not text then return nil end
  text = sub(text, 1, 4096)
  return parameter(text, "error_description") or parameter(text, "error")
end

-- Origin and path of a URL, or of a relative one; never its user, query or fragment, where secrets are.
--- Where a redirect leads.
-- @treturn string|nil
function M.location(headers)
  local text = headers.location
  if not text then return nil end
  text = match(sub(text, 1, 4096), "^[ \t]*([^?#, \t]*)")
  local scheme, authority, path = match(text, "^([A-Za-z][A-Za-z0-9+.-]*:)//([^/]*)(.*)$")
  if not scheme then scheme, authority, path = "", match(text, "^//([^/]*)(.*)$") end
  if authority then return scheme .. "//" .. match(authority, "[^@]*$") .. path end
  if find(text, ":", 1, true) or text == "" then return nil end
  return text
end

return M
