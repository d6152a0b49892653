-- SPDX-License-Identifier: MIT
-- How answers are read, through the methods that get them.
local signalr = require "azure.signalr"
local errors = require "azure.signalr.errors"
local int64 = require "spec.support.int64"
local recorded = require "spec.support.recorded"

local function answering(reply, options)
  options = options or {}
  if options.retry == nil then options.retry = false end
  local client, transport = recorded(options)
  transport:reply(reply)
  return client:hub("chat"), transport, client
end

local function coded(status, code, body)
  return { status = status, headers = { ["x-ms-error-code"] = code }, body = body }
end

describe("a mutation", function()
  it("answers true and the ServiceResponse", function()
    local ok, info = answering {
      status = 202,
      body = '{"statusCode":202,"code":"Info.Ok","level":"Info","scope":"Request","errorKind":"Unknown",'
        .. '"message":"m","jsonObject":{"a":1},"isSuccess":true}',
    }:send("t")
    assert.is_true(ok)
    assert.are.same({
      status_code = 202, code = "Info.Ok", level = "Info", scope = "Request", error_kind = "Unknown", message = "m",
      json_object = { a = 1 }, is_success = true,
    }, info)
  end)

  it("answers true for every 2xx, with or without a body", function()
    for _, status in ipairs { 200, 201, 202, 204, 206, 299 } do
      assert.are.same({ true, {} }, { answering { status = status }:send("t") })
    end
    assert.are.same({ true, {} }, { answering { status = 204, body = "x" }:send("t") })
    assert.are.same({ true, {} }, { answering { status = 202, body = '{"message":null}' }:send("t") })
  end)

  it("fails when a success says that it was none", function()
    local ok, err = answering { status = 200, body = '{"isSuccess":false,"code":"Error.X","message":"no"}' }:send("t")
    assert.is_nil(ok)
    assert.are.equal("failed", err.kind)
    assert.are.equal("Error.X", err.code)
    assert.are.equal(200, err.status)
    assert.is_truthy(err.message:find("no", 1, true))
  end)

  it("takes a code of any type for text", function()
    for value, text in pairs { ["7"] = "^7", ["{}"] = "^{}", ["null"] = false } do
      local _, err = answering { status = 200, body = ('{"isSuccess":false,"code":%s}'):format(value) }:send("t")
      assert.are.equal("failed", err.kind)
      assert.is_true(text and err.code:find(text) == 1 or err.code == nil, err.code)
    end
  end)

  it("does not take a page of HTML for success", function()
    for _, body in ipairs { "<html>", "[", "7", '"x"' } do
      local ok, err = answering { status = 200, body = body }:send("t")
      assert.is_nil(ok)
      assert.are.equal("protocol", err.kind)
    end
  end)

  it("answers absent for what is gone already, by its code", function()
    local cases = {
      { "Warning.Connection.NotExisted", function(hub) return hub:connection("c"):disconnect() end },
      { "warning.connection.notexisted", function(hub) return hub:connection("c"):leave_all() end },
      { "Warning.Connection.NotExisted", function(hub) return hub:group("g"):remove("c") end },
      { "Info.User.NotInGroup", function(hub) return hub:user("u"):leave("g") end },
      { "Warning.User.NotExisted", function(hub) return hub:user("u"):leave_all() end },
      { "Warning.User.NotExisted", function(hub) return hub:user("u"):close_connections() end },
      { "Warning.Group.NotExisted", function(hub) return hub:group("g"):close_connections() end },
    }
    for _, case in ipairs(cases) do
      local hub = answering(coded(404, case[1], '{"code":"x","message":"y"}'))
      assert.are.same({ true, { absent = true, code = case[1] } }, { case[2](hub) })
      hub = answering { status = 404, body = '{"code":"' .. case[1] .. '"}' }
      assert.is_true(select(2, case[2](hub)).absent)
      for _, reply in ipairs { { status = 404 }, coded(404, "Error.Hub.NotExisted"), coded(400, case[1]) } do
        local ok, err = case[2](answering(reply))
        assert.is_nil(ok)
        assert.is_true(errors.is(err))
      end
      assert.is_true(select(2, case[2](answering({ status = 404 }, { bare_404 = "absent" }))).absent)
    end
  end)

  it("is not_found where somebody is added who is gone", function()
    local reply = coded(404, "Error.Connection.NotExisted", '{"code":"Error.Connection.NotExisted","message":"gone"}')
    local ok, err = answering(reply):group("g"):add("c")
    assert.is_nil(ok)
    assert.are.equal("not_found", err.kind)
    assert.are.equal("Error.Connection.NotExisted", err.code)
    assert.are.equal("SignalR_AddConnectionToGroup", err.op)
    ok, err = answering(coded(404, "Warning.Connection.NotExisted")):group("g"):add("c")
    assert.is_nil(ok)
    assert.are.equal("not_found", err.kind)
    assert.is_nil((answering({ status = 404 }, { bare_404 = "absent" }):group("g"):add("c")))
  end)
end)

describe("an existence check", function()
  local checks = {
    { "Warning.Connection.NotExisted", function(hub) return hub:connection("c"):exists() end },
    { "Warning.Group.NotExisted", function(hub) return hub:group("g"):exists() end },
    { "Warning.User.NotExisted", function(hub) return hub:user("u"):exists() end },
    { "Info.User.NotInGroup", function(hub) return hub:user("u"):in_group("g") end },
  }
  for i, case in ipairs(checks) do
    it(("%d is true, false by its code, or an error"):format(i), function()
      assert.are.same({ true }, { case[2](answering { status = 200 }) })
      assert.are.same({ true }, { case[2](answering { status = 204 }) })
      assert.are.same({ false }, { case[2](answering(coded(404, case[1]))) })
      assert.are.same({ false }, { case[2](answering(coded(404, case[1]:upper()))) })
      for _, reply in ipairs {
        { status = 404 }, coded(404, "Warning.Other.NotExisted"), coded(404, case[1] .. "x"), coded(403, case[1]),
        { status = 500 }, { status = 301 }, { status = 100 },
      } do
        local answer, err = case[2](answering(reply))
        assert.is_nil(answer)
        assert.is_true(errors.is(err))
        assert.are.equal(reply.status, err.status)
      end
      assert.are.same({ false }, { case[2](answering({ status = 404 }, { bare_404 = "absent" })) })
    end)
  end
end)

describe("an invocation", function()
  local function invoke(reply, options)
    return answering(reply, options):connection("c"):invoke("m")
  end

  it("gives the value, exactly", function()
    local ok, value = invoke { status = 200, body = '{"result":9007199254740993}' }
    assert.is_true(ok)
    assert.is_true(value == int64 "9007199254740993")
    assert.is_true(select(2, invoke { status = 200, body = '{"result":-9223372036854775808}' })
      == int64 "-9223372036854775807" - 1)
    assert.are.equal("18446744073709551615", (tostring(select(2,
      invoke { status = 200, body = '{"result":18446744073709551615}' })):gsub("ULL", "")))
    assert.is_true(select(2, invoke { status = 200, body = '{"result":1.0}' }) == 1.0)
    if math.type then
      assert.are.equal("float", math.type(select(2, invoke { status = 200, body = '{"result":1.0}' })))
      assert.are.equal("integer", math.type(select(2, invoke { status = 200, body = '{"result":1}' })))
    end
    assert.are.same({ a = { 1, "x" } }, select(2, invoke { status = 200, body = '{"result":{"a":[1,"x"]}}' }))
    assert.are.equal(false, select(2, invoke { status = 200, body = '{"result":false}' }))
  end)

  it("gives big integers as strings, by option", function()
    local _, value = invoke({ status = 200, body = '{"result":18446744073709551615}' }, { big_integers = "string" })
    if not math.type then assert.are.equal("18446744073709551615", value) end
    assert.are.equal("18446744073709551615", tostring(value))
  end)

  it("tells nothing from null and from another protocol", function()
    assert.are.equal(1, select("#", invoke { status = 200, body = "{}" }))
    local ok, value, protocol = invoke { status = 200, body = "{}" }
    assert.are.same({ true, nil, nil }, { ok, value, protocol })
    ok, value = invoke { status = 200 }
    assert.are.same({ true, nil }, { ok, value })
    ok, value = invoke { status = 200, body = '{"result":null}' }
    assert.is_true(ok and value == signalr.null)
    ok, value, protocol = invoke { status = 200, body = '{"result":"AAH+/w==","protocol":"blazorpack"}' }
    assert.are.same({ true, "\0\1\254\255", "blazorpack" }, { ok, value, protocol })
    ok, value, protocol = invoke { status = 200, body = '{"result":"not base64!","protocol":"x"}' }
    assert.are.same({ true, "not base64!", "x" }, { ok, value, protocol })
    ok, value, protocol = invoke { status = 200, body = '{"protocol":"x"}' }
    assert.are.same({ true, nil, "x" }, { ok, value, protocol })
  end)

  it("fails with a kind of its own, by the code alone", function()
    for code, kind in pairs {
      ["Error.Connection.NotExisted"] = "client_gone", ["Warning.Connection.NotExisted"] = "client_gone",
      ["Error.Client.Disconnected"] = "client_gone", ["Error.Invocation.Timeout"] = "no_answer",
      ["Error.Client.TimedOut"] = "no_answer", ["Error.Client.Error"] = "client_error",
      ["Error.Invocation.Failed"] = "client_error", ["Error.Other"] = "server",
    } do
      local ok, err = invoke(coded(500, code, '{"message":"m"}'))
      assert.is_nil(ok)
      assert.are.equal(kind, err.kind, code)
      assert.are.equal(500, err.status)
      ok, err = invoke { status = 500, body = '{"code":"' .. code .. '","message":"boom"}' }
      assert.is_nil(ok)
      assert.are.equal(kind, err.kind, code)
      assert.is_truthy(err.message:find("boom", 1, true))
    end
    assert.are.equal("not_found", select(2, invoke { status = 404 }).kind)
    assert.are.equal("protocol", select(2, invoke { status = 200, body = "{" }).kind)
    assert.are.equal("protocol", select(2, invoke { status = 200, body = "7" }).kind)
  end)

  it("has no answer when the time is over after it was written", function()
    local client, transport = recorded { timeout = 2 }
    transport:reply { status = 200, after = 5 }
    local ok, err = client:hub("chat"):connection("c"):invoke("m")
    assert.is_nil(ok)
    assert.are.equal("no_answer", err.kind)
    assert.are.equal("maybe", err.sent)
    assert.are.equal(1, #transport.requests)
    transport:fail { kind = "timeout", sent = "no" }:fail { kind = "timeout", sent = "no" }
    ok, err = client:with { retry = { max = 1, base = 0 } }:hub("chat"):connection("c"):invoke("m")
    assert.is_nil(ok)
    assert.are.equal("timeout", err.kind)
  end)
end)

describe("other answers", function()
  it("are a token, an access key, true", function()
    assert.are.equal("tok", (answering { status = 200, body = '{"token":"tok"}' }:client_token()))
    local _, _, client = answering { status = 200, body = '{"AccessKey":"k","KeyId":"7"}' }
    assert.are.same({ access_key = "k", key_id = "7" }, (client:access_key()))
    _, _, client = answering { status = 200 }
    assert.are.same({ true }, { client:health() })
  end)

  it("are errors when what they promise is not there", function()
    for _, body in ipairs { "", "{}", "[]", "x", '{"token":7}', '{"AccessKey":null}' } do
      assert.are.equal("protocol", select(2, answering { status = 200, body = body }:client_token()).kind)
      local _, _, client = answering { status = 200, body = body }
      assert.are.equal("protocol", select(2, client:access_key()).kind)
    end
  end)

end)
