-- SPDX-License-Identifier: MIT
-- The ready handlers: negotiate, and what is wrong with their options.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"

local service, web

local HTTP = [[
  lua_shared_dict numbers 1m;
  init_by_lua_block {
    local signalr = require "azure.signalr"
    local resty = require "azure.signalr.resty"
    metrics = resty.metrics { dict = "numbers" }
    client = signalr.new { connection_string = %q, on_attempt = metrics.on_attempt, retry = { max = 1, base = 0.01 } }
    metrics:watch(client)
    chat = client:hub("chat")
    local function decide()
      local name = ngx.var.arg_name
      if ngx.var.arg_raw then name = ngx.unescape_uri(ngx.var.arg_raw) end
      if name == "nobody" then return nil end
      if name == "banned" then return nil, 403, "go away" end
      return { user_id = name, claims = { role = "guest" } }
    end
    open = resty.negotiate(chat, decide)
    ours = resty.negotiate(chat, decide, { origins = { "https://app.test" }, max_age = 60 })
    apps = resty.negotiate(chat, decide, { origins = { "HTTPS://App.Test:443", "capacitor://localhost" } })
    local mistakes = {
      thrown = function() error("decide is wrong") end, object = function() error({}) end,
      options = function() return { userid = "x" } end, text = function() return "alice" end,
      status = function() return nil, 200, "come in" end, claim = function() return { claims = { nameid = "x" } } end,
    }
    mistaken = resty.negotiate(chat, function() return mistakes[ngx.var.arg_how]() end,
      { origins = { "https://app.test" } })
    strange = resty.negotiate(chat, function() return nil, 400, "nobody knows \\255\\n" .. ngx.var.arg_raw end)
    wrong = resty.negotiate(chat, function() return { user_id = ("x"):rep(5000) } end)
    misuse = {}
    for i, make in ipairs {
      function() resty.negotiate(chat) end,
      function() resty.negotiate({}, decide) end,
      function() resty.negotiate(chat, decide, { origin = "*" }) end,
      function() resty.negotiate(chat, decide, { origins = { "app.test" } }) end,
      function() resty.negotiate(chat, decide, { origins = { "https://a.test", nil, "https://b.test" } }) end,
      function() resty.negotiate(chat, decide, {}, {}) end,
      function() resty.negotiate(client, decide) end,
      function() resty.metrics { dict = "nothing" } end,
      function() metrics:watch({}) end,
      function() signalr.new { connection_string = %q, ca_file = "x.pem" } end,
      function() signalr.new { connection_string = %q, ca_path = "x" } end,
      function() signalr.new { connection_string = %q, http2 = true } end,
      function() signalr.new { connection_string = %q, proxy = "https://proxy.test" } end,
      function() signalr.new { connection_string = %q, proxy = "http://us3r:hun/ter2@127.0.0.1:9" } end,
      function() require("azure.signalr.transport.curl").new {} end,
      function() signalr.new(os.getenv "AZURE_SIGNALR_NOTHING") end,
      function()
        local real = ngx.config.ngx_lua_version
        ngx.config.ngx_lua_version = 10013
        local _, problem = pcall(signalr.new, { endpoint = "http://a.test", access_key = "k" })
        ngx.config.ngx_lua_version = real
        error(problem, 0)
      end,
    } do misuse[i] = select(2, pcall(make)) end
  }]]

local SERVER = [[
  location /open/negotiate { content_by_lua_block { open() } }
  location /ours/negotiate { content_by_lua_block { ours() } }
  location /apps/negotiate { content_by_lua_block { ngx.header.Vary = "Accept-Language" apps() } }
  location /mistaken/negotiate { content_by_lua_block { mistaken() } }
  location /strange/negotiate { content_by_lua_block { strange() } }
  location /wrong/negotiate { content_by_lua_block { wrong() } }
  location /misuse { content_by_lua_block { ngx.print(table.concat(misuse, "\n")) } }
  location /send { content_by_lua_block { ngx.print(tostring(chat:send("note", 1))) } }]]

local function post(path, headers) return web:get(path, { method = "POST", body = "", headers = headers }) end

describe("ready handlers", function()
  setup(function()
    service = emulator.start()
    local c = service.connection_string
    web = nginx.start { http = HTTP:format(c, c, c, c, c, c), server = SERVER }
  end)
  teardown(function()
    web:stop()
    service:stop()
  end)

  it("negotiate lets clients in, as whom the function says", function()
    local status, body, headers = post("/open/negotiate?name=alice&negotiateVersion=1")
    assert.are.equal(200, status, body .. web:log())
    assert.are.same({ "application/json", "no-store" }, { headers["content-type"], headers["cache-control"] })
    local place = cjson.decode(body)
    assert.truthy(body:find('^{"url":"http://[^"]+/client/%?hub=chat","accessToken":"eyJ'))
    local listener = hub_client.connect(place)
    finally(function() listener:stop() end)
    assert.are.equal("true", (select(2, web:get("/send"))))
    assert.are.equal("[1]", listener:await_target("note"))
  end)

  it("negotiate turns away whom the function turns away", function()
    local status, body = post("/open/negotiate?name=nobody")
    assert.are.same({ 401, '{"error":"you may not connect"}' }, { status, body })
    status, body = post("/open/negotiate?name=banned")
    assert.are.same({ 403, '{"error":"go away"}' }, { status, body })
    local code, _, headers = web:get("/open/negotiate?name=x", { method = "DELETE" })
    assert.are.same({ 405, "GET, POST, OPTIONS" }, { code, headers.allow })
    status, body = post("/wrong/negotiate")
    assert.are.equal(400, status)
    assert.truthy(body:find("the service takes a token of at most 4096", 1, true), body)
    status, body = post("/strange/negotiate?raw=\128")
    assert.are.equal(400, status, body)
    assert.truthy(cjson.decode(body).error:find("^nobody knows"), body)
  end)

  it("negotiate hides a mistake of the function's from visitors, tells the log, and lets pages read that", function()
    for how, said in pairs { thrown = "decide threw: [^\n]*decide is wrong", object = "decide threw: table",
      options = 'did you mean "user_id"', text = "options must be a plain table", status = "200, which refuses nobody",
      claim = "would choose the user id" } do
      local status, body, headers = post("/mistaken/negotiate?how=" .. how, { "Origin: https://app.test" })
      assert.are.same({ 500, '{"error":"no token could be made"}' }, { status, body })
      assert.are.equal("https://app.test", headers["access-control-allow-origin"])
      web:await_log("negotiate: [^\n]*" .. said)
    end
  end)

  it("negotiate knows origins however they are written", function()
    for _, origin in ipairs { "https://app.test", "capacitor://localhost" } do
      local status, _, headers = web:get("/apps/negotiate", { method = "OPTIONS", headers = { "Origin: " .. origin } })
      assert.are.same({ 204, origin, "Accept-Language, Origin" },
        { status, headers["access-control-allow-origin"], headers.vary })
    end
    local _, _, headers = post("/apps/negotiate?name=a", { "Origin: https://app.test.evil" })
    assert.is_nil(headers["access-control-allow-origin"])
  end)

  it("negotiate answers what a visitor sends with 400, which a browser of another origin may read", function()
    for _, name in ipairs { "..", "%ff", "%ed%a0%80" } do
      local status, body, headers = post("/ours/negotiate?raw=" .. name, { "Origin: https://app.test" })
      assert.are.equal(400, status, body)
      assert.truthy(body:find('{"error":"user_id must', 1, true), body)
      assert.are.equal("https://app.test", headers["access-control-allow-origin"])
    end
  end)

  it("negotiate answers browsers of other origins", function()
    local asked = "Access-Control-Request-Headers: x-requested-with,x-signalr-user-agent"
    local function preflight(path, origin)
      return web:get(path, { method = "OPTIONS", headers = { "Origin: " .. origin, asked } })
    end
    local status, _, headers = preflight("/open/negotiate", "https://a.test")
    assert.are.same({ 204, "*" }, { status, headers["access-control-allow-origin"] })
    assert.is_nil(headers["access-control-allow-credentials"])
    assert.are.equal("x-requested-with,x-signalr-user-agent", headers["access-control-allow-headers"])
    status, _, headers = preflight("/ours/negotiate", "https://app.test")
    assert.are.same({ 204, "https://app.test", "true" }, { status, headers["access-control-allow-origin"],
      headers["access-control-allow-credentials"] })
    assert.are.same({ "60", "Origin" }, { headers["access-control-max-age"], headers.vary })
    status, _, headers = preflight("/ours/negotiate", "https://evil.test")
    assert.are.equal(204, status)
    assert.is_nil(headers["access-control-allow-origin"])
    _, _, headers = post("/ours/negotiate?name=a", { "Origin: https://app.test" })
    assert.are.equal("https://app.test", headers["access-control-allow-origin"])
  end)

  it("say what is wrong with their options, and with those nginx cannot honour", function()
    local _, text = web:get("/misuse")
    local lines = {}
    for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
    for i, part in ipairs { "decide must be a function", "hub must be a hub handle", 'did you mean "origins"',
      "origins[1] must be an origin", "origins must be an array without holes",
      "resty.negotiate takes 3 arguments, got 4", "hub must be a hub handle, got azure.signalr.client",
      "lua_shared_dict", "watch needs a client",
      "lua_ssl_trusted_certificate", "lua_ssl_trusted_certificate",
      "the option http2 is gone", "cannot speak TLS within TLS", "proxy must end after host and port",
      "would block the nginx worker", 'write "env NAME;" at the top of nginx.conf',
      "lua-nginx-module 0.10.14 (OpenResty 1.15.8) or a later one is needed; the version of this one is 0.10.13" } do
      assert.truthy((lines[i] or ""):find(part, 1, true), part .. ": " .. text)
    end
    assert.is_nil(text:find("us3r", 1, true) or text:find("ter2", 1, true))
  end)
end)
