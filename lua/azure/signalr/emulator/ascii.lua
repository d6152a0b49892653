-- SPDX-License-Identifier: MIT
--- Letters of ASCII, and text made fit for one line. Lua's own lower, upper and %a ask the host's
-- locale, which would change what a name or a header field is.
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local LOWER, UPPER = {}, {}
for code = 65, 90 do
  local large, small = string.char(code), string.char(code + 32)
  LOWER[large], UPPER[small] = small, large
end

--- A-Z as a-z; all else stays what it is.
function M.lower(s)
  return (s:gsub("[A-Z]", LOWER))
end

--- a-z as A-Z; all else stays what it is.
function M.upper(s)
  return (s:gsub("[a-z]", UPPER))
end

--- A byte as it can be shown: itself in quotes, or its number.
function M.show_byte(c)
  if c:find("^[ -~]$") then return ("'%s'"):format(c) end
  return ("byte 0x%02X"):format(c:byte())
end

-- What moves the cursor or turns the direction of writing, apart from ASCII's own: C1 controls, line and paragraph
-- separators, marks and overrides of bidirectional text, the byte order mark.
local HIDDEN = {
  "\194[\128-\159]", "\216\156", "\226\128[\139-\143]", "\226\128[\168-\174]", "\226\129[\160-\175]", "\239\187\191",
}

-- The longest beginning of at most `most` bytes that does not end inside a character.
local function cut(s, most)
  if #s <= most then return s end
  while most > 0 and s:find("^[\128-\191]", most + 1) do most = most - 1 end
  return s:sub(1, most)
end
M.cut = cut

--- A text from outside as one line of a log: what cannot be seen becomes "?", and the rest of a long text its length.
-- @tparam string s any bytes
-- @tparam number most bytes to keep
-- @treturn string UTF-8
function M.clean(s, most)
  local head = cut(s, most)
  local shown = head:gsub("[%z\1-\31\127]", "?")
  if shown:find("[\128-\255]") then
    if utf8_text.valid(shown) then
      for _, hidden in ipairs(HIDDEN) do shown = shown:gsub(hidden, "?") end
    else
      shown = shown:gsub("[\128-\255]", "?")
    end
  end
  return #head == #s and shown or ("%s... (%d bytes)"):format(shown, #s)
end

return M
