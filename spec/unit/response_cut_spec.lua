-- SPDX-License-Identifier: MIT
-- Answers whose connection broke before they were whole. One leaves what may look whole: an empty body, an object that
-- happens to be closed, a plain text.
local recorded = require "spec.support.recorded"

describe("an answer that was cut off", function()
  local function hub(client) return client:hub("chat") end
  local calls = {
    send = function(c) return hub(c):send("t") end,
    add = function(c) return hub(c):group("g"):add("x") end,
    remove = function(c) return hub(c):group("g"):remove("x") end,
    exists = function(c) return hub(c):user("u"):exists() end,
    invoke = function(c) return hub(c):connection("x"):invoke("m") end,
    client_token = function(c) return hub(c):client_token() end,
    list = function(c) return hub(c):group("g"):list() end,
    access_key = function(c) return c:access_key() end,
    health = function(c) return c:health() end,
    get = function(c) return c:request { method = "GET", path = "/api/x" } end,
    post = function(c) return c:request { method = "POST", path = "/api/x" } end,
  }
  local bodies = { "", "{}", '{"result":7}', '{"token":"t"}', '{"value":[{"connectionId":"a"}]}',
    '{"AccessKey":"k","KeyId":"1"}', '{"isSuccess":true}', '{"code":"Warning.User.NotExisted","message":"m"}' }

  for name, call in pairs(calls) do
    it("is no value of " .. name .. ", whatever is here of it", function()
      for _, status in ipairs { 200, 202, 401, 404, 413, 500, 503 } do
        for _, body in ipairs(bodies) do
          local client, transport = recorded { retry = false, bare_404 = "absent" }
          transport:reply { status = status, body = body, truncated = true, headers = { ["x-ms-request-id"] = "r" } }
          local value, err = call(client)
          assert.is_nil(value)
          assert.are.same({ "reset", status, "maybe", "r" }, { err.kind, err.status, err.sent, err.request_id })
        end
      end
    end)
  end

  it("is asked for again where that does no harm, and a message is not sent again", function()
    local client, transport = recorded()
    transport:reply { status = 200, body = '{"tok', truncated = true }:reply { status = 200, body = '{"token":"t"}' }
    assert.are.equal("t", client:hub("chat"):client_token())
    transport:reply { status = 503, headers = { ["retry-after"] = "1" }, truncated = true }
    assert.are.equal("reset", select(2, client:hub("chat"):send("t")).kind)
    assert.are.equal(3, #transport.requests)
  end)

  it("does not count as delivered for what was enqueued", function()
    local told = {}
    local client, transport = recorded { on_error = function(err) told[#told + 1] = err end }
    transport:reply { status = 202, truncated = true }
    client:hub("chat"):enqueue("t")
    assert.is_nil((client:drain()))
    assert.are.same({ 1, "reset" }, { #told, told[1].kind })
  end)
end)
