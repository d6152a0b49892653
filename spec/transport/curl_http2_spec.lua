-- SPDX-License-Identifier: MIT
-- HTTP/2, by option, against nginx.
local nginx = require "spec.support.nginx"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch, request = support.fetch, support.request

support.describe(describe, "curl pool, HTTP/2", function(open)
  local certs = raw_server.certs()
  local server, pool

  setup(function() server = nginx.start(certs) end)
  teardown(function() server:stop() end)
  before_each(function() pool = open { http2 = true, ca_file = certs .. "/ca.pem" } end)
  after_each(function() pool:close() end)

  it("is spoken only when asked for", function()
    assert.equal("hello /two", fetch(pool, server.url .. "/two").body)
    local one = open { ca_file = certs .. "/ca.pem" }
    assert.equal("hello /one", fetch(one, server.url .. "/one").body)
    one:close()
    local seen = table.concat(server:log(function(lines) return #lines >= 2 end), "\n")
    assert.matches("HTTP/2.0 GET /two 200", seen)
    assert.matches("HTTP/1.1 GET /one 200", seen)
  end)

  it("puts a burst on one connection", function()
    local tickets = {}
    for i = 1, 200 do tickets[i] = pool:submit(request(server.url .. "/" .. i)) end
    while pool:step(1) > 0 do end
    for i = 1, 200 do assert.equal("hello /" .. i, assert(pool:collect(tickets[i])).body) end
    assert.same({ 1, 199 }, { pool:stats().opened, pool:stats().reused })
  end)

  it("takes an early answer for the answer", function()
    for _ = 1, 10 do
      local reply = assert(fetch(pool, server.url .. "/refuse", nil, { method = "POST", body = ("x"):rep(900000) }))
      assert.equal(401, reply.status)
      reply = assert(fetch(pool, server.url .. "/", nil, { method = "POST", body = ("x"):rep(2000000) }))
      assert.equal(413, reply.status)
    end
    assert.equal("hello /after", fetch(pool, server.url .. "/after").body)
  end)

  it("cancels one stream and leaves the others and the connection", function()
    fetch(pool, server.url .. "/")
    local tickets = {}
    for i = 1, 10 do tickets[i] = pool:submit(request(server.url .. "/big")) end
    pool:step(0)
    pool:step(0.001)
    for i = 1, 10, 2 do pool:cancel(tickets[i]) end
    while pool:step(1) > 0 do end
    for i = 2, 10, 2 do assert.equal(500000, #assert(pool:collect(tickets[i])).body) end
    local reply = fetch(pool, server.url .. "/")
    assert.same({ 200, true, 1 }, { reply.status, reply.reused, pool:stats().opened })
  end)

  it("has a ceiling for bodies", function()
    local _, failure = fetch(pool, server.url .. "/big", nil, { max_response = 400000 })
    assert.equal("too_large", failure.kind)
    assert.equal(200, fetch(pool, server.url .. "/").status)
  end)

  -- A stream that was opened just before the server let go of its connection is lost. libcurl does not say whether the
  -- server had taken it up, so it must be neither repeated nor called unsent.
  it("doubles nothing when the server lets go of connections, and owns up to what is lost", function()
    local short = nginx.start(certs, { requests = 100 })
    local tickets, n = {}, 300
    for i = 1, n do
      tickets[i] = pool:submit(request(short.url .. "/" .. i, nil, { method = "POST", body = "b" .. i }))
    end
    while pool:step(1) > 0 do end
    local answered, answers = {}, 0
    for i = 1, n do
      local reply, failure = pool:collect(tickets[i])
      if reply then
        answered["/" .. i], answers = true, answers + 1
      else
        assert.same({ "reset", "maybe" }, { failure.kind, failure.sent })
      end
    end
    local served = {}
    for _, line in ipairs(short:log(function(lines) return #lines >= answers end)) do
      local path = line:match " POST (/%d+) 200"
      if path then
        assert.is_nil(served[path], path .. " was served twice")
        served[path] = true
      end
    end
    short:stop()
    for path in pairs(answered) do assert.is_true(served[path]) end
    assert.is_true(answers > n / 2, answers .. " answers")
    assert.is_true(pool:stats().opened >= 3)
  end)
end)
