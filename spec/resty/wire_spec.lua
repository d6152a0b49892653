-- SPDX-License-Identifier: MIT
-- The transport in a real nginx, against servers that behave well and badly.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local cqueues = require "cqueues"
local raw_server = require "spec.support.raw_server"

local web

local function send(given)
  local status, body = web:get("/send", { method = "POST", body = cjson.encode(given), timeout = 60 })
  assert.are.equal(200, status, body .. web:log())
  return cjson.decode(body)
end

-- The server does what the script says.
local function script(server, text, more)
  local given = { url = server.url .. "/x", headers = { "X-Script: " .. text } }
  if more and more.unread then given.headers[2] = "X-Body: unread" end
  for key, value in pairs(more or {}) do given[key] = value end
  return send(given)
end

local function started(options)
  local server = raw_server.start(options)
  finally(function() server:stop() end)
  return server
end

describe("the transport inside nginx", function()
  setup(function()
    web = nginx.start { workers = 1, server = [[
      location /send {
        client_body_buffer_size 2m; client_max_body_size 2m;
        content_by_lua_block { require("spec.resty.wire").handle() }
      }]] }
  end)
  teardown(function() web:stop() end)

  it("sends and reads, and uses the connection again", function()
    local server = started()
    for i = 1, 5 do
      local said = script(server, "ok(body)", { method = "POST", body = "n" .. i })
      assert.are.equal("n" .. i, said.reply.body)
      assert.are.equal(i > 1, said.reply.reused)
    end
    assert.are.equal(1, server:count("open"))
    assert.are.equal("", script(server, "ok(body)", { method = "POST" }).reply.body)
    local big = ("x"):rep(1000000)
    assert.are.equal(big, script(server, "ok(body)", { method = "POST", body = big }).reply.body)
    assert.are.equal(204, script(server, [[write("HTTP/1.1 204 No\r\n\r\n")]]).reply.status)
    assert.are.equal("", script(server, [[write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")]],
      { method = "HEAD" }).reply.body)
    assert.are.equal("ok", script(server, [[write("HTTP/1.1 100 Go\r\n\r\n") sleep(0.02) ok("ok")]]).reply.body)
    local chunked = [[write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")]]
      .. [[sleep(0.02) write("1\r\nc\r\n0\r\n\r\n")]]
    assert.are.equal("abc", script(server, chunked).reply.body)
    assert.are.equal(1, server:count("open"))
  end)

  it("keeps no connection that is half read, over, or told to close", function()
    local server = started()
    local function fresh(text, more)
      local before = server:count("open")
      local said = script(server, text, more)
      assert.is_false(script(server, "ok('next')", { transport = more and more.transport }).reply.reused)
      assert.are.equal("next", script(server, "ok('next')").reply.body)
      assert.is_true(server:count("open") > before)
      return said
    end
    fresh([[write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")]])
    fresh([[write("HTTP/1.1 200 OK\r\n\r\nto the end") close()]])
    fresh([[write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n")]])
    assert.are.equal("too_large", fresh("ok(('x'):rep(5000))", { max_response = 4999 }).failure.kind)
    assert.are.equal("protocol", fresh([[write("rubbish\r\n\r\n")]]).failure.kind)
    assert.are.equal("timeout", fresh("hold()", { timeout = 0.1 }).failure.kind)
    assert.are.equal("timeout",
      fresh([[write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab") hold()]], { timeout = 0.1 }).failure.kind)
    assert.is_true(fresh([[write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab") close()]]).reply.truncated)
  end)

  it("hears a service that refuses a large request without reading it", function()
    local server = started()
    local heard = 0
    for _ = 1, 5 do
      local said = script(server, [[write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n") close()]],
        { method = "POST", body = ("x"):rep(1000000), unread = true, repeats = "undone" })
      if said.reply then
        assert.are.equal(413, said.reply.status)
        heard = heard + 1
      else
        assert.are.same({ "reset", "maybe" }, { said.failure.kind, said.failure.sent })
      end
    end
    assert.is_true(heard > 0)
  end)

  it("refuses at once what is not HTTP, however long the connection stays open", function()
    local server = started()
    for _, text in ipairs { [[HTTP/1.1 200 OK\nContent-Length: 2\n\nok]],
      [[HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n]], [[HTTP/1.1 200 OK\r\nnonsense\r\n]] } do
      local said = script(server, ('write("%s") sleep(60)'):format(text), { timeout = 30 })
      assert.are.same({ "protocol", "maybe" }, { said.failure.kind, said.failure.sent })
    end
    local zeros = [[write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n]] .. ("0"):rep(20)
      .. [[2\r\nok\r\n0\r\n\r\n")]]
    assert.are.equal("ok", script(server, zeros).reply.body)
  end)

  it("ends at the deadline, whatever the service does", function()
    local server = started()
    for _, text in ipairs { "hold()", "write('HTTP/1.1 200 OK\\r\\n') hold()",
      "write('HTTP/1.1 200 OK\\r\\n\\r\\n') for i = 1, 50000 do write('x') sleep(0.01) end" } do
      local began = cqueues.monotime()
      local said = script(server, text, { timeout = 0.2 })
      assert.is_true(cqueues.monotime() - began < 30, text)
      assert.are.same({ "timeout", "maybe" }, { said.failure.kind, said.failure.sent })
    end
  end)

  it("says what failed before anything was written", function()
    local function failure(given)
      local f = send(given).failure
      assert.are.equal("no", f.sent)
      return f
    end
    local closed = nginx.free_port()
    assert.are.equal("connect", failure { url = "http://127.0.0.1:" .. closed .. "/" }.kind)
    local f = failure { url = "http://nowhere.test/" }
    assert.are.equal("dns", f.kind)
    assert.truthy(f.message:find("directive resolver", 1, true))
    assert.are.equal("timeout", failure { url = "http://127.0.0.1:" .. closed .. "/", timeout = 0 }.kind)
  end)

  it("keeps a connection without use for as long as it is told", function()
    local server = started()
    local function ok(name, seconds)
      local said = script(server, "ok()", { transport = name, options = { idle_timeout = seconds } })
      assert.are.equal(200, said.reply and said.reply.status, cjson.encode(said))
    end
    ok("long")
    ok("brief", 0.05)
    assert.are.equal(1, server:await("close", 1))
    assert.is_true(script(server, "ok()", { transport = "long" }).reply.reused)
  end)
end)

-- The server gives up a kept connection without a word, at the moment when the
-- next request arrives: the worst case of a service that closes idle ones.
describe("a kept connection that is dead", function()
  setup(function()
    web = nginx.start { workers = 1, server = [[
      client_max_body_size 8m; client_body_buffer_size 8m;
      location /send { content_by_lua_block { require("spec.resty.wire").handle() } }
      location /busy { content_by_lua_block { require("spec.resty.wire").handle_busy(0.3) } }]] }
  end)
  teardown(function() web:stop() end)

  local DYING = "if count > 1 then close() end ok(method)"

  it("is replaced at once for what is safe to repeat", function()
    local server = started { on_request = DYING }
    for _ = 1, 5 do
      local said = send { url = server.url .. "/", repeats = "safe" }
      assert.are.equal(200, said.reply and said.reply.status, cjson.encode(said))
    end
    assert.are.equal(9, server:count("request"))
  end)

  -- The service resets the connection while the worker is too busy to notice: nothing can be written any more.
  it("is replaced at once for a send, too, of which nothing was written", function()
    local server = started()
    local first = { url = server.url .. "/", method = "POST", body = ("x"):rep(3000000), transport = "busy",
      headers = { "X-Script: ok() sleep(0.1) close()", "X-Body: unread" } }
    local second = { url = first.url, method = "POST", body = "x", repeats = "undone", transport = "busy" }
    local status, body = web:get("/busy", { method = "POST", body = cjson.encode { first, second } })
    assert.are.equal(200, status, body .. web:log())
    local said = cjson.decode(body)
    assert.are.same({ 200, 200 }, { said[1].reply and said[1].reply.status, said[2].reply and said[2].reply.status },
      body)
    assert.are.same({ false, 1 }, { said[2].reply.reused, said[2].stats.stale })
    assert.are.equal(2, server:await("request", 2))
  end)

  it("is an uncertain end for a send, which is not repeated", function()
    local server = started { on_request = DYING }
    assert.are.equal("POST", send { url = server.url .. "/", method = "POST", body = "x" }.reply.body)
    local said = send { url = server.url .. "/", method = "POST", body = "x", repeats = "undone" }
    assert.are.same({ "reset", "maybe" }, { said.failure.kind, said.failure.sent })
    assert.are.equal(2, server:count("request"))
  end)

  it("is noticed by nginx when it closes while nobody uses it", function()
    local server = started { on_request = "ok() sleep(0.05) close()" }
    for _ = 1, 4 do
      local said = send { url = server.url .. "/", method = "POST", body = "x", repeats = "undone" }
      assert.are.equal(200, said.reply and said.reply.status, cjson.encode(said))
      cqueues.sleep(0.15)
    end
    assert.are.equal(4, server:count("open"))
  end)

  it("is not mistaken for one that died before its first request was answered", function()
    local server = started { on_request = "close()" }
    local said = send { url = server.url .. "/", repeats = "safe" }
    assert.are.same({ "reset", "maybe" }, { said.failure.kind, said.failure.sent })
    assert.are.equal(1, server:count("request"))
  end)
end)
