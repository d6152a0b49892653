-- SPDX-License-Identifier: MIT
-- A 64-bit integer from its digits, as each Lua holds it.
return function(digits)
  if math.type then return math.tointeger(digits) or error(digits) end
  return assert(loadstring("return " .. digits .. "LL"))()
end
