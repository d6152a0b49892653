-- SPDX-License-Identifier: MIT
-- The reader itself is tried in C (csrc/test/test_http1.c); here, what Lua sees of it.
local core = require "azure.signalr.core"

local ANSWER = "HTTP/1.1 404 No\r\nA: 1\r\na: 2\r\nContent-Length: 2\r\n\r\nok"

describe("core.http_reader", function()
  it("reads an answer in pieces", function()
    local reader = core.http_reader(false, 100)
    for i = 1, #ANSWER do
      assert.equal(i == #ANSWER, reader:feed(ANSWER:sub(i, i)))
    end
    assert.same({ 404, "ok" }, { reader:reply() })
    assert.same({ a = "1, 2", ["content-length"] = "2" }, reader:headers {})
    assert.is_true(reader:keeps())
    reader:close()
    reader:close()
  end)

  it("keeps no connection over which more came than was asked for", function()
    local reader = core.http_reader(false, 100)
    assert.is_true(reader:feed(ANSWER .. "!"))
    assert.is_false(reader:keeps())
  end)

  it("tells an answer that was cut off from one that ends with its connection", function()
    local reader = core.http_reader(false, 100)
    assert.same({ false, false }, { reader:began() })
    assert.is_false(reader:feed(ANSWER:sub(1, -2)))
    assert.same({ true, true }, { reader:began() })
    assert.is_false(reader:ended())
    reader = core.http_reader(false, 100)
    assert.is_false(reader:feed("HTTP/1.1 200 OK\r\n\r\nall"))
    assert.is_true(reader:ended())
  end)

  it("says what is wrong", function()
    local kind, why = select(2, core.http_reader(false, 100):feed("HTTP/1.1 200 OK\n"))
    assert.equal("protocol", kind)
    assert.matches("not valid HTTP: ", why)
    kind = select(2, core.http_reader(false, 1):feed(ANSWER))
    assert.equal("too_large", kind)
  end)
end)
