-- SPDX-License-Identifier: MIT
-- What Microsoft's management SDK and its REST samples put on the wire, byte for byte, sent to the emulator: what works
-- with the service must work here. A body of three parts and a count was mostly one character, many times.
local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"

local LIMIT = 1048576
local PIECE = 60000

local function body_of(recorded)
  local body = recorded.body
  if type(body) == "string" then return body end
  return body[1] .. body[2]:rep(body[3]) .. body[4]
end

local function chunked(body)
  local chunks = {}
  for from = 1, #body, PIECE do
    local piece = body:sub(from, from + PIECE - 1)
    chunks[#chunks + 1] = ("%x\r\n%s\r\n"):format(#piece, piece)
  end
  return table.concat(chunks) .. "0\r\n\r\n"
end

-- The fields as recorded, and those that the recording left out: host and authorization.
local function send(one, recorded)
  local path = recorded.path:match("^[^?]*")
  local lines = { recorded.method .. " " .. recorded.path .. " HTTP/1.1", "Host: 127.0.0.1:" .. one.emulator.port,
    "Authorization: Bearer " .. peer.token(one.emulator, path) }
  for name, value in pairs(recorded.headers) do lines[#lines + 1] = name .. ": " .. value end
  local body = body_of(recorded)
  if recorded.headers["transfer-encoding"] then body = chunked(body) end
  one:write(table.concat(lines, "\r\n") .. "\r\n\r\n" .. body)
  return one:answer(recorded.method)
end

describe("what Microsoft's programs send", function()
  local child
  setup(function() child = emulator.start() end)
  teardown(function() child:stop() end)

  local count = 0
  for line in io.lines("spec/golden/raw.jsonl") do
    count = count + 1
    local recorded = cjson.decode(line)
    it(("is taken by the emulator: %d, %s %s"):format(count, recorded.method, recorded.path), function()
      local one = peer.connect(child)
      local answer = send(one, recorded)
      one:close()
      if #body_of(recorded) > LIMIT then
        assert.are.equal(413, answer.status)
      elseif answer.status == 404 then
        -- a connection or a user of the recording is not here
        assert.is_truthy(answer.headers["x-ms-error-code"]:find("^%u%l+%.%u%l+%.NotExisted$")
          or answer.headers["x-ms-error-code"] == "Info.User.NotInGroup", answer.headers["x-ms-error-code"])
      else
        assert.is_true(answer.status >= 200 and answer.status < 300, answer.status .. " " .. answer.body)
      end
    end)
  end

  it("is all of what was recorded", function() assert.are.equal(60, count) end)
end)
