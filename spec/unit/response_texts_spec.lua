-- SPDX-License-Identifier: MIT
-- What the service, a proxy or a token provider says is shown in errors, and ends up in logs and terminals.
local cjson = require "cjson"
local recorded = require "spec.support.recorded"

local function answering(reply)
  local client, transport = recorded { retry = false }
  transport:reply(reply)
  return client:hub("chat"), transport
end

local function coded(status, code, body)
  return { status = status, headers = { ["x-ms-error-code"] = code }, body = body }
end

describe("a text of the service's", function()
  local nasty = "line\r\n2030-01-01 [error] forged \27[31m\0\194\155\226\128\168" .. ("é"):rep(3000)
  local body = cjson.encode {
    message = nasty, target = nasty, details = { { message = nasty, [nasty] = nasty } }, inner = { code = nasty },
  }

  local function texts(value, found)
    if type(value) == "string" then found[#found + 1] = value end
    if type(value) == "table" then
      for k, v in pairs(value) do
        texts(k, found)
        texts(v, found)
      end
    end
    return found
  end

  local function harmless(...)
    local all = texts({ ... }, {})
    assert.is_true(#all > 3)
    for _, text in ipairs(all) do
      assert.is_nil(text:find("[%z\1-\31\127]") or text:find("\194\155", 1, true)
        or text:find("\226\128\168", 1, true), text)
      assert.is_true(#text <= 2100, #text)
    end
  end

  it("forges no line of a log through an error, and does not fill one", function()
    for _, reply in ipairs {
      coded(400, nasty, body), coded(404, nasty), coded(500, nasty, body),
      { status = 400, body = ('{"error":%s}'):format(body) },
      { status = 502, headers = { ["content-type"] = "text/plain", ["x-ms-request-id"] = nasty }, body = nasty },
      { status = 401, headers = { ["www-authenticate"] = 'Bearer error_description="' .. nasty .. '"' } },
      { status = 302, headers = { location = "https://h/" .. nasty } },
      { status = 202, body = '{"isSuccess":false,"code":' .. cjson.encode(nasty) .. ',"message":'
        .. cjson.encode(nasty) .. "}" },
    } do
      local ok, err = answering(reply):send("t")
      assert.is_nil(ok)
      harmless(tostring(err), err)
    end
  end)

  it("nor through what a call that succeeded says", function()
    harmless(answering { status = 202, body = cjson.encode {
      message = nasty, code = nasty, level = nasty, scope = nasty, errorKind = nasty,
    } }:send("t"))
    local _, info = answering(coded(404, "Warning." .. nasty)):group("g"):remove("x")
    harmless(info.code, info.code, info.code, info.code)
  end)

  it("nor through a link to the next page, or a failure of a transport or token provider", function()
    local hub, transport = answering { status = 200, body = cjson.encode { value = {}, nextLink = "/x" .. nasty } }
    local _, err = hub:group("g"):list()
    harmless(tostring(err), err)
    transport:fail { kind = "proxy", message = nasty }
    _, err = hub:send("t")
    harmless(tostring(err), err)
    local client = recorded { token_provider = function() return nil, nasty end }
    _, err = client:hub("chat"):send("t")
    harmless(tostring(err), err)
  end)
end)
