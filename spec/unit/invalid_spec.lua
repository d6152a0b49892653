-- SPDX-License-Identifier: MIT
-- What comes from outside never throws: contents that no name, text or value can have are nil and an error of kind
-- invalid, at the call, and nothing is asked of the service. Making a handle never returns nil.
local signalr = require "azure.signalr"
local recorded = require "spec.support.recorded"

local unpack = unpack or table.unpack -- luacheck: ignore
local command = signalr.command

local long = ("é"):rep(1024)

-- Each: what is wrong, and what the error says of it.
local bad_ids = { { "", "must not be empty" }, { ".", 'must not be "."' }, { "..", 'must not be ".."' },
  { "\255", "must be valid UTF-8" }, { "a\237\160\128", "must be valid UTF-8" } }
local bad_groups = { { " \t", "must not be blank" }, { "\194\160 \227\128\128", "must not be blank" },
  { long .. "x", "must have at most 1024 characters, got 1025" }, unpack(bad_ids) }
local bad_streams = { { "  ", "must not be blank" }, { ("x"):rep(101), "must have at most 100 characters, got 101" },
  unpack(bad_ids) }
local bad_hubs = { { "1x", "must begin with a letter" }, { "a/b", "must begin with a letter" },
  { "é", "must begin with a letter" }, { ("x"):rep(129), "must begin with a letter" }, { "", "must not be empty" },
  { "\255", "must be valid UTF-8" } }
local bad_texts = { { "\255", "must be valid UTF-8" } }

local deep = {}
for _ = 1, 200 do deep = { deep } end
local bad_values = { { 0 / 0, "JSON has no NaN" }, { 1 / 0, "JSON has no infinity" }, { "\255", "not valid UTF-8" },
  { { x = { "\192" } }, "not valid UTF-8" }, { { ["\255"] = 1 }, "not valid UTF-8" }, { deep, "nested too deeply" } }
local bad_targets = { { "", "target must not be empty" }, { "\255", "target: the string is not valid UTF-8" } }

local everybody = { everyone = true }

-- Title, the contents that are wrong, and the calls that get them.
local cases = {
  { "a hub", bad_hubs, {
    function(c, v) return c:hub(v):send("t") end, function(c, v) return c:hub(v):enqueue("t") end,
    function(c, v) return c:hub(v):group("g"):add("c") end, function(c, v) return c:hub(v):user("u"):exists() end,
    function(c, v) return c:hub(v):connection("c"):stream("s"):send(1) end,
    function(c, v) return c:hub(v):negotiate() end, function(c, v) return c:hub(v):client_token() end,
    function(c, v) return c:hub(v):execute({ command.close() }, everybody) end,
    function(c, v) return c:hub(v):with { timeout = 1 }:except { "a" }:close_connections() end,
    function(c, v) return c:hub(v):group("g"):list() end,
    function(c, v) return c:hub(v):group("g"):pages():next() end,
  } },
  { "an application", bad_hubs, { function(c, v) return c:hub("chat", { application = v }):send("t") end } },
  { "a group", bad_groups, {
    function(c, v) return c:hub("h"):group(v):send("t") end, function(c, v) return c:hub("h"):group(v):enqueue("t") end,
    function(c, v) return c:hub("h"):group(v):exists() end, function(c, v) return c:hub("h"):group(v):remove("c") end,
    function(c, v) return c:hub("h"):group(v):close_connections() end,
    function(c, v) return c:hub("h"):group(v):list() end,
    function(c, v) return c:hub("h"):user("u"):join(v) end, function(c, v) return c:hub("h"):user("u"):leave(v) end,
    function(c, v) return c:hub("h"):user("u"):in_group(v) end,
    function(c, v) return c:hub("h"):execute({ command.close(), command.join(v) }, everybody) end,
    function(c, v) return c:hub("h"):execute({ command.leave(v), command.close() }, everybody) end,
  } },
  { "a user", bad_ids, {
    function(c, v) return c:hub("h"):user(v):send("t") end, function(c, v) return c:hub("h"):user(v):enqueue("t") end,
    function(c, v) return c:hub("h"):user(v):join("g") end, function(c, v) return c:hub("h"):user(v):leave_all() end,
    function(c, v) return c:hub("h"):negotiate { user_id = v } end,
    function(c, v) return c:hub("h"):client_token { user_id = v } end,
  } },
  { "a connection", bad_ids, {
    function(c, v) return c:hub("h"):connection(v):send("t") end,
    function(c, v) return c:hub("h"):connection(v):invoke("t") end,
    function(c, v) return c:hub("h"):connection(v):disconnect() end,
    function(c, v) return c:hub("h"):group("g"):add(v) end, function(c, v) return c:hub("h"):group("g"):remove(v) end,
    function(c, v) return c:hub("h"):except { "a", v }:send("t") end,
    function(c, v) return c:hub("h"):except { v }:group("g"):enqueue("t") end,
    function(c, v) return c:hub("h"):except { "a" }:except { v }:close_connections() end,
    function(c, v) return c:hub("h"):close_connections { except = { "a", v } } end,
    function(c, v) return c:hub("h"):user("u"):close_connections { except = { v } } end,
  } },
  { "a stream", bad_streams, {
    function(c, v) return c:hub("h"):connection("c"):stream(v):send(1) end,
    function(c, v) return c:hub("h"):connection("c"):stream(v):complete() end,
  } },
  { "a reason", bad_texts, {
    function(c, v) return c:hub("h"):close_connections { reason = v } end,
    function(c, v) return c:hub("h"):connection("c"):disconnect { reason = v } end,
    function(c, v) return c:hub("h"):connection("c"):stream("s"):complete(v) end,
    function(c, v) return c:hub("h"):execute({ command.close(v) }, everybody) end,
  } },
  { "a target", bad_targets, {
    function(c, v) return c:hub("h"):send(v) end, function(c, v) return c:hub("h"):send_list(v, { 1 }) end,
    function(c, v) return c:hub("h"):group("g"):enqueue(v) end,
    function(c, v) return c:hub("h"):connection("c"):invoke(v) end,
    function(c, v) return c:hub("h"):execute({ command.send(v) }, everybody) end,
  } },
  { "a value", bad_values, {
    function(c, v) return c:hub("h"):send("t", 1, v) end, function(c, v) return c:hub("h"):send_list("t", { v }) end,
    function(c, v) return c:hub("h"):user("u"):enqueue("t", v) end,
    function(c, v) return c:hub("h"):connection("c"):invoke("t", v) end,
    function(c, v) return c:hub("h"):connection("c"):stream("s"):send(v) end,
    function(c, v) return c:hub("h"):connection("c"):stream("s"):send_last(v) end,
    function(c, v) return c:hub("h"):negotiate { claims = { role = v } } end,
    function(c, v) return c:hub("h"):negotiate { claims = { { "role", { v, 1 } } } } end,
    function(c, v) return c:hub("h"):execute({ command.send("t", v) }, everybody) end,
    function(c, v) return c:request { method = "POST", path = "/x", body = { v } } end,
  } },
  { "the name of a claim", { { "", "non-empty" }, { "\255", "valid UTF-8" } }, {
    function(c, v) return c:hub("h"):negotiate { claims = { [v] = "x" } } end,
    function(c, v) return c:hub("h"):negotiate { claims = { { v, "x" } } } end,
  } },
  { "a filter", { { "", "must not be empty" }, { "\255", "must be valid UTF-8" } }, {
    function(c, v) return c:hub("h"):execute({ command.close() }, { filter = v }) end,
    function(c, v) return c:hub("h"):execute({ command.close() }, { filter = { v } }) end,
  } },
  { "a value of a filter", bad_texts, {
    function(_, v) return signalr.filter("userId eq %s", v) end,
    function(_, v) return signalr.filter("userId in %s", { "a", v }) end,
    function(c, v) return c:hub("h"):execute({ command.close() }, { filter = { "userId eq %s", v } }) end,
  } },
  { "a number of a filter", { { 0 / 0, "JSON has no NaN" }, { -1 / 0, "JSON has no infinity" } }, {
    function(_, v) return signalr.filter("n eq %d", v) end, function(_, v) return signalr.filter("n in %d", { v }) end,
  } },
  { "an empty list of a filter", { { {}, "must not be an empty array" } }, {
    function(_, v) return signalr.filter("userId in %s", v) end,
  } },
  { "a token of a list", { { "", "must not be empty" }, { "\255", "must be valid UTF-8" } }, {
    function(c, v) return c:hub("h"):group("g"):list { token = v } end,
    function(c, v) return c:hub("h"):group("g"):pages { token = v }:next() end,
  } },
  { "a raw path", { { "/a/../b", "segments" }, { "/a/%2e", "segments" }, { "", "empty" } }, {
    function(c, v) return c:request { method = "GET", path = v } end,
  } },
  { "a raw query", bad_texts, {
    function(c, v) return c:request { method = "GET", path = "/x", query = { a = v } } end,
    function(c, v) return c:request { method = "GET", path = "/x", query = { a = { "b", v } } } end,
    function(c, v) return c:request { method = "GET", path = "/x", query = { [v] = "b" } } end,
  } },
  { "frames", { { "", "must be the bytes of a complete message, got none" } }, {
    function(c, v) return c:hub("h"):send_frames { json = v } end,
    function(c, v) return c:hub("h"):connection("c"):send_frames { json = v } end,
  } },
}

describe("contents that come from outside do not throw:", function()
  for _, case in ipairs(cases) do
    for i, call in ipairs(case[3]) do
      it(("%s, call %d"):format(case[1], i), function()
        for _, bad in ipairs(case[2]) do
          local client, transport = recorded { on_attempt = function() error("there was no attempt") end }
          local ran, result, err = pcall(call, client, bad[1])
          assert(ran, tostring(result))
          assert.is_nil(result)
          assert.are.equal("invalid", err.kind)
          assert.are.equal("no", err.sent)
          assert.are.equal(0, err.attempts)
          assert.is_truthy(err.message:find(bad[2], 1, true), err.message)
          assert.is_nil(tostring(err):find("[\128-\255]"))
          assert.are.equal(0, #transport.requests)
          assert.are.equal(0, client:queue_stats().accepted)
          client:close()
        end
      end)
    end
  end

  it("members of a group that cannot be, in a loop: the error is thrown as an object", function()
    local client, transport = recorded()
    local ran, err = pcall(function()
      for _ in client:hub("h"):group(".."):members() do error("there are none") end
    end)
    assert.is_false(ran)
    assert.are.equal("invalid", err.kind)
    assert.are.equal(0, #transport.requests)
  end)

  it("one of many: the others get the message", function()
    local client, transport = recorded()
    local results, bad = client:hub("h"):users({ "a", "..", 3 }):send("t")
    assert.are.equal(1, bad)
    assert.are.same({ true, false, true }, { results[1].ok, results[2].ok, results[3].ok })
    assert.are.equal("invalid", results[2].err.kind)
    assert.is_truthy(results[2].err.message:find('users[2] must not be ".."', 1, true))
    assert.are.equal(2, #transport.requests)
    results, bad = client:hub("h"):groups({ "a", "b" }):send("t", "\255")
    assert.are.equal(2, bad)
    assert.are.equal("invalid", results[2].err.kind)
    assert.are.equal(2, #transport.requests)
  end)

  it("what is too large to be JSON is refused for its size", function()
    local client = recorded()
    local piece = ("x"):rep(2 ^ 20)
    local pieces = {}
    for i = 1, 65 do pieces[i] = piece end
    local sent, err = client:hub("h"):send("t", pieces)
    assert.is_nil(sent)
    assert.are.equal("payload_too_large", err.kind)
  end)

  it("claims too long for any token", function()
    local answer, err = recorded():hub("h"):negotiate { claims = { x = ("x"):rep(2 ^ 20) } }
    assert.is_nil(answer)
    assert.are.equal("uri_too_long", err.kind)
  end)
end)

describe("a handle", function()
  it("is made of any text, and says what it was given", function()
    local client = recorded()
    for _, text in ipairs { "", ".", "..", "\255", " ", long .. long } do
      local hub = client:hub("chat")
      assert.are.equal(text, hub:group(text).name)
      assert.are.equal(text, hub:user(text).id)
      assert.are.equal(text, hub:connection(text).id)
      assert.are.equal(text, hub:connection("c"):stream(text).id)
      assert.is_string(tostring(hub:group(text)))
      assert.is_nil(tostring(hub:user(text)):find("\255", 1, true))
    end
  end)

  it("keeps what is wrong with it where it is changed", function()
    local group = recorded():hub("chat"):group("..")
    for _, other in ipairs { group:with { timeout = 1 }, group:except { "a" } } do
      assert.are.equal("invalid", select(2, other:send("t")).kind)
    end
  end)

  it("still throws for what is misuse", function()
    local client = recorded()
    local hub = client:hub("chat"):except { "" }
    assert.is_false(pcall(hub.client_token, hub))
    assert.is_false(pcall(hub.user, hub, "u"))
  end)
end)
