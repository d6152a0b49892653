-- SPDX-License-Identifier: MIT
-- JSON texts compared as values, numbers by their digits: written on the emulator's reader, which shares nothing
-- with the library's.
local json_text = require "azure.signalr.emulator.json_text"

local canonical

local writers = {
  string = function(slice) return ("%q"):format(json_text.unquote(slice)) end,
  number = function(slice) return (slice:gsub("%.0+$", "")) end, -- ours writes whole floats without a fraction
  array = function(slice)
    local parts = {}
    for i, element in ipairs(json_text.elements(slice)) do parts[i] = canonical(element) end
    return "[" .. table.concat(parts, ",") .. "]"
  end,
  object = function(slice)
    local parts = {}
    for name, member in pairs(json_text.fields(slice)) do
      parts[#parts + 1] = ("%q:%s"):format(name, canonical(member))
    end
    table.sort(parts)
    return "{" .. table.concat(parts, ",") .. "}"
  end,
}

function canonical(slice)
  slice = slice:match("^%s*(.-)%s*$")
  local write = writers[json_text.kind(slice)]
  return write and write(slice) or slice
end

--- A text that is equal for equal values.
return function(text)
  assert(json_text.check(text))
  return canonical(text)
end
