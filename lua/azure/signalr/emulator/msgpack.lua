-- SPDX-License-Identifier: MIT
--- MessagePack on the level of bytes: heads of values are written and read, values are sliced.
local numbers = require "azure.signalr.emulator.numbers"

local pace = require "azure.signalr.emulator.pace"

local M = {}

local ITEM = 16 -- what reading a value costs, in bytes

local byte, char, sub = string.byte, string.char, string.sub
local unsigned_bytes = numbers.unsigned_bytes

M.NIL, M.FALSE, M.TRUE = "\192", "\194", "\195"

local function head(n, small, limit, codes)
  if n < limit then return char(small + n) end
  if codes[1] and n < 256 then return char(codes[1], n) end
  if n < 65536 then return char(codes[2]) .. unsigned_bytes(n, 2) end
  return char(codes[3]) .. unsigned_bytes(n, 4)
end

--- The head of an array of `n` elements.
function M.array(n) return head(n, 0x90, 16, { nil, 0xDC, 0xDD }) end
--- The head of a map of `n` pairs.
function M.map(n) return head(n, 0x80, 16, { nil, 0xDE, 0xDF }) end
--- A string.
function M.str(s) return head(#s, 0xA0, 32, { 0xD9, 0xDA, 0xDB }) .. s end
--- Bytes.
function M.bin(s) return head(#s, 0, 0, { 0xC4, 0xC5, 0xC6 }) .. s end
--- A float of 64 bits.
function M.double(x) return "\203" .. numbers.double_bytes(x) end

-- sizes of two's complement: the code, and from where on the 8 bytes hold the value
local NEGATIVE = { { 0xD0, 8, 128 }, { 0xD1, 7, 32768 }, { 0xD2, 5, 2147483648 } }
local POSITIVE = { { 0xCC, 8, 256 }, { 0xCD, 7, 65536 }, { 0xCE, 5, 4294967296 } }

--- An integer given as text, in its shortest form.
-- @treturn string|nil nil beyond 64 bits
function M.integer(text)
  local data = numbers.integer_bytes(text)
  if not data then return nil end
  local value = tonumber(text) + 0.0 -- a double: -2^63 has no positive integer on 5.4
  if value >= 0 and value < 128 then return char(value) end
  if value < 0 and value >= -32 then return char(256 + value) end
  for _, size in ipairs(value < 0 and NEGATIVE or POSITIVE) do
    if (value < 0 and -value <= size[3]) or (value >= 0 and value < size[3]) then
      return char(size[1]) .. sub(data, size[2])
    end
  end
  return char(value < 0 and 0xD3 or 0xCF) .. data
end

-- first byte -> { kind, bytes of the length or value, extra }
local HEADS = {
  [0xC0] = { "nil" }, [0xC2] = { "boolean", value = false }, [0xC3] = { "boolean", value = true },
  [0xC4] = { "bin", 1 }, [0xC5] = { "bin", 2 }, [0xC6] = { "bin", 4 },
  [0xC7] = { "ext", 1 }, [0xC8] = { "ext", 2 }, [0xC9] = { "ext", 4 },
  [0xCA] = { "float", 4 }, [0xCB] = { "float", 8 },
  [0xCC] = { "integer", 1 }, [0xCD] = { "integer", 2 }, [0xCE] = { "integer", 4 }, [0xCF] = { "integer", 8 },
  [0xD0] = { "integer", 1, true }, [0xD1] = { "integer", 2, true },
  [0xD2] = { "integer", 4, true }, [0xD3] = { "integer", 8, true },
  [0xD4] = { "ext", 0, 1 }, [0xD5] = { "ext", 0, 2 }, [0xD6] = { "ext", 0, 4 },
  [0xD7] = { "ext", 0, 8 }, [0xD8] = { "ext", 0, 16 },
  [0xD9] = { "str", 1 }, [0xDA] = { "str", 2 }, [0xDB] = { "str", 4 },
  [0xDC] = { "array", 2 }, [0xDD] = { "array", 4 },
  [0xDE] = { "map", 2 }, [0xDF] = { "map", 4 },
}

local TRUNCATED = "the MessagePack value ends too early"

local function read_fixed(s, pos, code)
  if code < 0x80 then return "integer", ("%d"):format(code), pos + 1 end
  if code < 0x90 then return "map", code - 0x80, pos + 1 end
  if code < 0xA0 then return "array", code - 0x90, pos + 1 end
  if code >= 0xE0 then return "integer", ("%d"):format(code - 256), pos + 1 end
  local last = pos + code - 0xA0
  if last > #s then return nil, TRUNCATED end
  return "str", sub(s, pos + 1, last), last + 1
end

local READ = {}

function READ.str(s, _, data, at)
  local last = at + numbers.unsigned(data) - 1
  if last > #s then return nil, TRUNCATED end
  return "str", sub(s, at, last), last + 1
end

function READ.bin(s, form, data, at)
  local kind, value, after = READ.str(s, form, data, at)
  return kind and "bin", value, after
end

function READ.ext(s, form, data, at)
  local size = form[3] or numbers.unsigned(data)
  local last = at + size
  if last > #s then return nil, TRUNCATED end
  local tag = byte(s, at)
  return "ext", { tag = tag < 128 and tag or tag - 256, data = sub(s, at + 1, last) }, last + 1
end

function READ.integer(_, form, data, at)
  return "integer", numbers.integer_text(data, form[3]), at
end

function READ.float(_, form, data, at)
  return "float", form[2] == 4 and numbers.float(data) or numbers.double(data), at
end

function READ.array(_, form, data, at)
  return form[1], numbers.unsigned(data), at
end
READ.map = READ.array

READ["nil"] = function(_, _, _, at) return "nil", nil, at end
function READ.boolean(_, form, _, at) return "boolean", form.value, at end

--- Reads one head at `pos`.
-- @treturn string|nil "nil", "boolean", "integer" (its text), "float", "str", "bin", "array" (count),
-- "map" (count) or "ext" ({ tag, data }); nil when the bytes are wrong
-- @return the value, or the message when the first is nil
-- @treturn number the position after it (for arrays and maps: of the first element)
function M.read(s, pos)
  pace.spend(ITEM)
  local code = byte(s, pos)
  if not code then return nil, TRUNCATED end
  if code < 0xC0 or code >= 0xE0 then return read_fixed(s, pos, code) end
  local form = HEADS[code]
  if not form then return nil, "0xC1 begins no MessagePack value" end
  local size = form[2] or 0
  local data = sub(s, pos + 1, pos + size)
  if #data < size then return nil, TRUNCATED end
  return READ[form[1]](s, form, data, pos + 1 + size)
end

--- Skips one whole value.
-- @treturn number|nil the position after it, or nil and a message
function M.skip(s, pos)
  local wanted = 1
  while wanted > 0 do
    local kind, value, after = M.read(s, pos)
    if not kind then return nil, value end
    wanted, pos = wanted - 1, after
    if kind == "array" then wanted = wanted + value end
    if kind == "map" then wanted = wanted + 2 * value end
  end
  return pos
end

return M
