-- SPDX-License-Identifier: MIT
-- The emulator over TLS, with the test CA.
local context = require "openssl.ssl.context"
local store = require "openssl.x509.store"
local curl = require "azure.signalr.curl"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"
local process = require "spec.support.process"

local HEALTH = "/api/health?" .. peer.VERSION

local CERTS = "build/certs"

-- What a client trusts and offers.
local function trusting(protocols)
  local ctx = context.new("TLS", false)
  ctx:setVerify(context.VERIFY_PEER)
  ctx:setStore(store.new():add(CERTS .. "/ca.pem"))
  if protocols then ctx:setAlpnProtos(protocols) end
  return ctx
end

local function start(...)
  return emulator.start("--tls-cert", CERTS .. "/server.pem", "--tls-key", CERTS .. "/server.key", ...)
end

describe("the emulator over TLS", function()
  local child
  setup(function()
    assert.is_true((process.run { "sh", "spec/support/make_certs.sh", CERTS }))
    child = start()
  end)
  teardown(function() child:stop() end)

  local function fetch(address, options, headers)
    options.ca_file = CERTS .. "/ca.pem"
    local pool = curl.pool(options)
    local ticket = assert(pool:submit {
      method = "GET", url = address, headers = headers or {}, timeout = 10,
    })
    repeat until pool:wait(ticket, 10)
    local reply, failure = pool:collect(ticket)
    pool:close()
    return reply, failure
  end

  it("says https in its connection string and serves there", function()
    assert.is_truthy(child.endpoint:find("^https://127%.0%.0%.1:%d+$"))
    local one = peer.connect(child, trusting())
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    local path = "/api/hubs/chat/:send"
    assert.are.equal(202, one:rest("POST", path, { body = '{"target":"t","arguments":[]}' }).status)
    one:close()
  end)

  it("speaks HTTP/1.1 alone unless told otherwise", function()
    local one = peer.connect(child, trusting { "h2", "http/1.1" })
    assert.are.equal("http/1.1", one.wire:checktls():getAlpnSelected())
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    one:close()
  end)

  it("speaks HTTP/2 when told so, and HTTP/1.1 to those who ask for it", function()
    local other = start("--http2")
    local one = peer.connect(other, trusting { "h2", "http/1.1" })
    assert.are.equal("h2", one.wire:checktls():getAlpnSelected())
    one:close()
    -- an answer with a body
    local reply, failure = fetch(other.endpoint .. "/nowhere", {})
    assert.are.equal(404, assert(reply, failure and failure.message).status)
    assert.is_truthy(reply.body:find("NotFound", 1, true))
    assert.are.equal(431, fetch(other.endpoint .. HEALTH, {}, {
      "X-A: " .. ("a"):rep(6000), "X-B: " .. ("a"):rep(6000), "X-C: " .. ("a"):rep(6000),
    }).status)
    other:stop()
  end)

  it("carries WebSockets", function()
    local client = peer.websocket(child, "alice", { context = trusting() })
    local one = peer.connect(child, trusting())
    local text = '"' .. ("a"):rep(100000) .. '"'
    local body = ('{"target":"t","arguments":[%s]}'):format(text)
    assert.are.equal(202, one:rest("POST", "/api/hubs/chat/:send", { body = body }).status)
    local _, message = client:receive()
    assert.are.equal(('{"type":1,"target":"t","arguments":[%s]}\30'):format(text), message)
    client:close()
    one:close()
  end)

  it("goes on after handshakes that fail", function()
    local stranger = peer.connect(child)
    stranger:request("GET", HEALTH)
    assert.is_true(stranger:ended())
    stranger:close()
    local distrustful = context.new("TLS", false)
    distrustful:setVerify(context.VERIFY_PEER)
    assert.has_error(function() peer.connect(child, distrustful) end)
    local one = peer.connect(child, trusting())
    assert.are.equal(200, one:ask("HEAD", HEALTH).status)
    one:close()
  end)
end)
