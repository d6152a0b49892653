-- SPDX-License-Identifier: MIT
-- Faults on demand: what the control endpoint takes, and what then happens.
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local faults = require "azure.signalr.emulator.faults"
local peer = require "spec.emulator.peer"

local CONTROL = "/__control/faults"
local HEALTH = "/api/health"

describe("a set of faults", function()
  local function met(set, method, target)
    return set:meet { method = method or "GET", target = target or "/" }
  end

  it("is met by the first rule that fits", function()
    local set = faults.new()
    assert(set:add '{"status":503,"match":"chat","method":"post"}')
    assert(set:add '{"status":500}')
    assert.are.equal(500, met(set, "GET", "/chat").status)
    assert.are.equal(500, met(set, "POST", "/game").status)
    assert.are.equal(503, met(set, "POST", "/chat").status)
  end)

  it("lets the first ones pass and ends after so many", function()
    local set = faults.new()
    assert(set:add '{"status":429,"retry_after":2,"skip":2,"count":3}')
    local seen = {}
    for i = 1, 7 do seen[i] = met(set) and "met" or "passed" end
    assert.are.same({ "passed", "passed", "met", "met", "met", "passed", "passed" }, seen)
  end)

  it("stays until it is cleared when it has no count", function()
    local set = faults.new()
    assert(set:add '{"latency":0.5}')
    for _ = 1, 20 do assert.are.equal(0.5, met(set).latency) end
    set:clear()
    assert.are.equal(nil, met(set))
  end)

  it("refuses what is not a rule, saying why", function()
    local set = faults.new()
    for text, message in pairs {
      ["{"] = "malformed JSON", ["[]"] = "is a JSON object", ["{}"] = "needs latency, status, drop or answer",
      ['{"latancy":1}'] = "has no member 'latancy'", ['{"status":"503"}'] = "status must be a status from 200 to 599",
      ['{"status":503,"count":0}'] = "count must be how many requests",
      ['{"drop":"now"}'] = 'drop must be true, "before"',
      ['{"latency":-1}'] = "latency must be seconds", ['{"answer":"none"}'] = 'answer must be "half" or "garbage"',
      ['{"status":503,"skip":0.5}'] = "skip must be", ['{"status":503,"match":1}'] = "match must be",
    } do
      local ok, wrong = set:add(text)
      assert.are.equal(nil, ok, text)
      assert.is_truthy(wrong:find(message, 1, true), wrong)
    end
  end)
end)

describe("the control endpoint", function()
  local child, one
  setup(function() child = emulator.start("--control") end)
  teardown(function() child:stop() end)
  before_each(function() one = peer.connect(child) end)
  after_each(function()
    one:close()
    one = peer.connect(child)
    assert.are.equal(204, one:ask("DELETE", CONTROL).status)
    one:close()
  end)

  local function plan(text)
    local control = peer.connect(child)
    assert.are.equal(204, control:ask("POST", CONTROL, { body = text }).status)
    control:close()
  end

  local function health()
    return one:ask("HEAD", HEALTH .. "?" .. peer.VERSION)
  end

  -- A send whose arrival shows on a client.
  local function send()
    return one:rest("POST", "/api/hubs/chat/:send", { body = '{"target":"t","arguments":[]}' })
  end

  it("is not there unless it is asked for", function()
    local other = emulator.start()
    local stranger = peer.connect(other)
    assert.are.equal(404, stranger:ask("POST", CONTROL, { body = '{"status":503}' }).status)
    assert.are.equal(404, stranger:ask("DELETE", CONTROL).status)
    stranger:close()
    other:stop()
  end)

  it("answers the next requests with a status and Retry-After, then serves again", function()
    plan '{"status":429,"retry_after":3,"code":"Error.Throttled","count":2}'
    for _ = 1, 2 do
      local answer = health()
      assert.are.equal(429, answer.status)
      assert.are.equal("3", answer.headers["retry-after"])
      assert.are.equal("Error.Throttled", answer.headers["x-ms-error-code"])
    end
    assert.are.equal(200, health().status)
  end)

  it("does not carry out what it answers with a status", function()
    local client = peer.websocket(child, "alice")
    plan '{"status":503,"match":":send","count":1}'
    assert.are.equal(200, health().status)
    assert.are.equal(503, send().status)
    one:rest("POST", "/api/hubs/chat/:send", { body = '{"target":"fence","arguments":[]}' })
    assert.are.equal('{"type":1,"target":"fence","arguments":[]}\30', select(2, client:receive()))
    client:close()
  end)

  it("answers late, having done what was asked", function()
    local client = peer.websocket(child, "alice")
    plan '{"latency":0.4,"match":":send"}'
    local began = cqueues.monotime()
    local answer = send()
    assert.is_true(cqueues.monotime() - began >= 0.4)
    assert.are.equal(202, answer.status)
    assert.is_truthy(select(2, client:receive()))
    client:close()
  end)

  it("drops the connection before and after it has read the request", function()
    for _, when in ipairs { '"before"', '"after"', "true" } do
      local client = peer.websocket(child, "alice")
      plan('{"drop":' .. when .. ',"count":1,"match":":send"}')
      assert.are.equal(nil, send())
      one:close()
      one = peer.connect(child)
      one:rest("POST", "/api/hubs/chat/:send", { body = '{"target":"fence","arguments":[]}' })
      assert.are.equal('{"type":1,"target":"fence","arguments":[]}\30', select(2, client:receive()))
      client:close()
    end
  end)

  it("drops the connection when it has done what was asked", function()
    local client = peer.websocket(child, "alice")
    plan '{"drop":"done","count":1,"match":":send"}'
    assert.are.equal(nil, send())
    assert.are.equal('{"type":1,"target":"t","arguments":[]}\30', select(2, client:receive()))
    client:close()
  end)

  it("answers by half", function()
    plan '{"answer":"half","count":1}'
    one:request("GET", "/api/auth/accessKey?" .. peer.VERSION,
      { headers = { "Authorization: Bearer " .. peer.token(child, "/api/auth/accessKey") } })
    local head = one:head()
    local body = one.wire:read("*a")
    assert.are.equal(200, head.status)
    assert.are.equal(math.floor(tonumber(head.headers["content-length"]) / 2), #body)
  end)

  it("answers with what is not HTTP", function()
    plan '{"answer":"garbage","count":1}'
    one:request("HEAD", HEALTH .. "?" .. peer.VERSION)
    assert.is_truthy(one.wire:read("*a"):find("this is not HTTP", 1, true))
  end)

  it("meets clients too: negotiation, and WebSockets", function()
    plan '{"status":503,"match":"negotiate","count":1}'
    local path = peer.client_target(child, "alice"):gsub("/client/", "/client/negotiate", 1)
    assert.are.equal(503, one:ask("POST", path, { body = "" }).status)
    assert.are.equal(200, one:ask("POST", path, { body = "" }).status)
    plan '{"status":500,"match":"/client/?","count":1}'
    assert.are.equal(500, peer.websocket(child, "alice").answer.status)
    plan '{"drop":true,"match":"/client/?","count":1}'
    assert.are.equal(nil, peer.websocket(child, "alice", { handshake = false }).answer)
    plan '{"latency":0.3,"match":"/client/?","count":1}'
    local began = cqueues.monotime()
    assert.are.equal(101, peer.websocket(child, "alice").answer.status)
    assert.is_true(cqueues.monotime() - began >= 0.3)
  end)

  it("lists its rules and says what is wrong with one", function()
    plan '{"status":503,"count":5,"match":"x"}'
    local list = one:ask("GET", CONTROL)
    assert.are.equal(200, list.status)
    assert.is_truthy(list.body:find('"status":"503"', 1, true), list.body)
    local refused = one:ask("POST", CONTROL, { body = '{"status":1}' })
    assert.are.equal(400, refused.status)
    assert.is_truthy(refused.body:find("status must be", 1, true))
    assert.are.equal(405, one:ask("PUT", CONTROL, { body = "" }).status)
  end)
end)
