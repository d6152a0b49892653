-- SPDX-License-Identifier: MIT
-- Microsoft's own client in every way it can connect: what it receives is what
-- this library sent, digit for digit, and only what was meant for it.
local emulator = require "spec.support.emulator"
local js_client = require "spec.support.js_client"
local signalr = require "azure.signalr"

local TARGETS = { "note", "fence" }

-- What is sent, and the text every client must see. The last string holds a
-- letter of two bytes and an emoji.
local function rich()
  return "text", signalr.raw_json("9007199254740993"), signalr.raw_json("-9223372036854775808"),
    signalr.uint64("18446744073709551615"), signalr.float(1), 0.1, -1.5e300, true, signalr.null, signalr.array{},
    signalr.object{}, { a = { 1, 2, { b = false } } }, "\195\188\240\159\152\128"
end
local RICH = '["text",9007199254740993,-9223372036854775808,18446744073709551615,1.0,0.1,-1.5e+300,true,null,[],{},'
  .. '{"a":[1,2,{"b":false}]},"\195\188\240\159\152\128"]'

describe("Microsoft's client", function()
  local service, driver, client, chat, clients

  setup(function()
    service = emulator.start("--quiet")
    driver = js_client.start()
    client = signalr.new(service.connection_string)
    chat = client:hub("chat")
    clients = {}
    for i, kind in ipairs(js_client.kinds) do
      local user = "user" .. i
      clients[i] = driver:connect(chat:negotiate{ user_id = user }, kind, { targets = TARGETS })
      clients[i].user, clients[i].label = user, kind.transport .. " " .. kind.protocol
    end
  end)

  teardown(function()
    if driver then driver:stop() end
    if client then client:close() end
    if service then service:stop() end
  end)

  -- What each client saw since the last time, up to a message to all.
  local function seen()
    assert(chat:send("fence"))
    local texts = {}
    for i, each in ipairs(clients) do texts[i] = each:until_fence("fence") end
    return texts
  end

  local function only(index, ...)
    local wanted = {}
    for i in ipairs(clients) do wanted[i] = i == index and { ... } or {} end
    return wanted
  end

  it("has every arguments' digits", function()
    assert(chat:send("note", rich()))
    local texts = seen()
    for i, each in ipairs(clients) do
      assert.are.equal(1, #texts[i], each.label)
      -- A float is spelled in more than one way; its value is what counts.
      local text = texts[i][1]:gsub("1%.5e300", "1.5e+300")
      assert.are.equal("note " .. RICH, text, each.label)
    end
  end)

  it("hands the arguments to the method it listens with", function()
    assert(chat:send("note", "heard", { 1, 2.5 }, signalr.null))
    for _, each in ipairs(clients) do
      each:await("received", function(event)
        return event.target == "note" and event.arguments == '["heard",[1,2.5],null]'
      end)
    end
    seen()
  end)

  it("takes a message without arguments", function()
    assert(chat:send("note"))
    for i, texts in ipairs(seen()) do assert.are.same({ "note []" }, texts, clients[i].label) end
  end)

  it("sees what is for its user alone", function()
    for i, each in ipairs(clients) do
      assert(chat:user(each.user):send("note", i))
      assert.are.same(only(i, ("note [%d]"):format(i)), seen(), each.label)
    end
  end)

  it("sees what is for its connection alone", function()
    for i, each in ipairs(clients) do
      assert(chat:connection(each.connection_id):send("note", i))
      assert.are.same(only(i, ("note [%d]"):format(i)), seen(), each.label)
    end
  end)

  it("sees what is for its group, unless it is excluded", function()
    local group = chat:group("half")
    for i = 1, 3 do assert(group:add(clients[i].connection_id)) end
    assert(group:except{ clients[2].connection_id }:send("note", "group"))
    assert.are.same({ { 'note ["group"]' }, {}, { 'note ["group"]' }, {}, {} }, seen())
    assert(group:remove(clients[1].connection_id))
    assert(group:send("note", "rest"))
    assert.are.same({ {}, { 'note ["rest"]' }, { 'note ["rest"]' }, {}, {} }, seen())
  end)

  it("sees what its user's group gets, and nothing after leaving it", function()
    for i = 4, 5 do assert(chat:user(clients[i].user):join("binary")) end
    assert(chat:group("binary"):send("note", "both"))
    assert.are.same({ {}, {}, {}, { 'note ["both"]' }, { 'note ["both"]' } }, seen())
    assert(chat:user(clients[4].user):leave("binary"))
    assert(chat:group("binary"):send("note", "one"))
    assert.are.same({ {}, {}, {}, {}, { 'note ["one"]' } }, seen())
  end)

  it("takes frames made for each protocol", function()
    -- Length, then [1, {}, nil, "note", ["framed"], []].
    local binary = "\150\1\128\192\164note\145\166framed\144"
    assert(chat:send_frames{
      json = '{"type":1,"target":"note","arguments":[ "framed" ]}\30',
      messagepack = string.char(#binary) .. binary,
    })
    local texts = seen()
    for i, each in ipairs(clients) do
      assert.are.equal(1, #texts[i], each.label)
      assert.are.equal('note ["framed"]', (texts[i][1]:gsub('%[ "framed" %]', '["framed"]')), each.label)
    end
  end)

  it("takes messages of a megabyte and many small ones in order", function()
    local big = ("x"):rep(1000000)
    assert(chat:send("note", big))
    for i = 1, 50 do assert(chat:send("note", i)) end
    local wanted = { 'note ["' .. big .. '"]' }
    for i = 1, 50 do wanted[i + 1] = ("note [%d]"):format(i) end
    for i, texts in ipairs(seen()) do
      assert.is_true(#texts == 51, clients[i].label)
      for n = 1, 51 do assert.is_true(texts[n] == wanted[n], clients[i].label .. ", message " .. n) end
    end
  end)
end)
