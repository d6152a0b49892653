-- SPDX-License-Identifier: MIT
-- An error says what its call was for, so that a log of many calls can be read.
local recorded = require "spec.support.recorded"

local function about(err)
  return { hub = err.hub, application = err.application, group = err.group, user = err.user,
    connection_id = err.connection_id }
end

describe("an error", function()
  local attempts = {}
  local client, transport = recorded {
    retry = false, on_attempt = function(t) attempts[#attempts + 1] = about(t.error) end,
  }
  local hub = client:hub("chat")
  local app = client:hub("chat", { application = "app" })
  local connection = hub:connection("c")

  local calls = {
    { { hub = "chat" }, function(t) return hub:send(t) end },
    { { hub = "chat", application = "app" }, function(t) return app:send(t) end },
    { { hub = "chat", group = "g" }, function(t) return hub:group("g"):except { "x" }:send(t) end },
    { { hub = "chat", user = "42" }, function(t) return hub:user(42):with { timeout = 1 }:send(t) end },
    { { hub = "chat", connection_id = "c" }, function(t) return connection:invoke(t) end },
  }

  it("of the network, of the service, or of what was given says hub, group, user and connection", function()
    for _, call in ipairs(calls) do
      attempts = {}
      transport:fail { kind = "connect" }
      assert.are.same(call[1], about(select(2, call[2]("t"))))
      transport:reply { status = 500 }
      assert.are.same(call[1], about(select(2, call[2]("t"))))
      assert.are.same({ call[1], call[1] }, attempts)
      assert.are.same(call[1], about(select(2, call[2]("\255"))))
    end
  end)

  it("of a path with one part more says that part, too", function()
    transport:reply { status = 500 }:reply { status = 500 }
    assert.are.same({ hub = "chat", group = "g", connection_id = "c" }, about(select(2, hub:group("g"):add("c"))))
    assert.are.same({ hub = "chat", group = "g", user = "u" }, about(select(2, hub:user("u"):leave("g"))))
    assert.are.same({ hub = "chat", group = "..", user = "u" }, about(select(2, hub:user("u"):leave(".."))))
  end)

  it("of pages, of a token and of the queue says it", function()
    transport:reply { status = 500 }
    assert.are.same({ hub = "chat", group = "g" }, about(select(2, hub:group("g"):pages():next())))
    assert.are.same({ hub = "chat" }, about(select(2, hub:negotiate { user_id = ".." })))
    assert.are.same({ hub = "chat", group = "g" }, about(select(2, hub:group("g"):enqueue(""))))
    local told
    local other, line = recorded { retry = false, on_error = function(err) told = about(err) end }
    line:reply { status = 500 }
    other:hub("chat"):user("u"):enqueue("t")
    other:drain()
    assert.are.same({ hub = "chat", user = "u" }, told)
  end)

  it("of the client says nothing of the sort", function()
    transport:reply { status = 500 }
    assert.are.same({}, about(select(2, client:health())))
  end)

  it("holds no control characters of a name", function()
    transport:fail { kind = "connect" }
    assert.are.equal("a?b", select(2, hub:user("a\0b"):send("t")).user)
  end)
end)
