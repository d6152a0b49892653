-- SPDX-License-Identifier: MIT
-- client:spawn, step and run where they must refuse, and on a transport that never waits.
local host = require "spec.games.host"

host.describe(describe, "spawn, misused", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  after_each(function() server.close_clients() end)

  it("puts an error into a handle when spawning nests too deep for Lua", function()
    local client, depth, last = server.client(), 0, nil
    local function deeper()
      depth = depth + 1
      assert(depth < 20000, "deep enough")
      last = client:spawn(deeper)
    end
    local outermost = client:spawn(deeper)
    assert.is_true(depth > 100 and outermost:done() and last ~= nil)
    assert.is_true((client:hub("chat"):send("x")))
  end)

  it("keeps an error from the loop that even fails to say what it is", function()
    local told
    local client = server.client { on_error = function(err, what) told = { err, what.traceback } end }
    local mute = setmetatable({}, { __tostring = function() error "no words" end })
    local handle = client:spawn(function() error(mute) end)
    assert.same({ false, mute }, { handle:result() })
    assert.equal(mute, told[1])
    assert.truthy(told[2]:find("table that has no text", 1, true))
  end)

  it("refuses a transport that carries another client's calls", function()
    local signalr = require "azure.signalr"
    local transport = require("azure.signalr.transport.curl").new(kind)
    local function new()
      local client = signalr.new { endpoint = server.url, access_key = "key", transport = transport }
      return client
    end
    local client = new()
    local fine, message = pcall(new)
    assert.is_false(fine)
    assert.truthy(message:find("spawn_misuse_spec.lua:%d+: signalr.new: this transport belongs to another client"))
    assert.is_true((client:hub("chat"):send("x")))
    client:close()
  end)

  it("cannot step from inside", function()
    local client = server.client()
    local handle = client:spawn(function() client:step(0) end)
    local fine, message = handle:result()
    assert.is_false(fine)
    assert.truthy(message:find("spawn_misuse_spec.lua:%d+: client:step: a spawned function"))
    handle = client:spawn(function() client:run() end)
    assert.is_false((handle:result()))
  end)

  it("works on a transport that never waits", function()
    local testing = require "azure.signalr.testing"
    local client = testing.client(testing.transport())
    local handle = client:spawn(function()
      client:sleep(1)
      return client:hub("chat"):group("g"):exists()
    end)
    assert.same({ true, true }, { handle:result() })
    assert.equal(0, client:step(0))
    client:run()
    assert.is_nil(client:pollfd())
    assert.is_nil(client:timeout())
  end)

  it("is misused loudly", function()
    local client = server.client()
    local function message(fn, ...)
      local fine, problem = pcall(fn, ...)
      assert.is_false(fine)
      return problem
    end
    assert.truthy(message(client.spawn, client):find("client:spawn: fn must be a function, got nil", 1, true))
    assert.truthy(message(client.step, client, -1):find("client:step: timeout must be", 1, true))
    assert.truthy(message(client.spawn, function() end):find("with a colon", 1, true))
    local handle = client:spawn(function() end)
    assert.truthy(message(handle.done):find("handle:done must be called with a colon", 1, true))
    assert.truthy(message(handle.wait, handle, "x"):find("handle:wait: timeout", 1, true))
    local own
    own = client:spawn(function()
      client:sleep(0)
      own:wait()
    end)
    client:run()
    assert.truthy(select(2, own:result()):find("its own end", 1, true))
    client:close()
    assert.truthy(message(client.spawn, client, print):find("the client is closed", 1, true))
    assert.equal(0, client:step(0))
    client:run()
  end)
end)
