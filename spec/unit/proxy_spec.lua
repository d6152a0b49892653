-- SPDX-License-Identifier: MIT
-- The option proxy: what is taken, and that its password is seen nowhere.
local raw_server = require "spec.support.raw_server"
local reach = require "spec.support.reach"
local signalr = require "azure.signalr"
local curl = require "azure.signalr.transport.curl"

local function open(proxy, more)
  local options = { endpoint = "http://service.test", access_key = "key", proxy = proxy, retry = false, timeout = 5 }
  for name, value in pairs(more or {}) do options[name] = value end
  local client = signalr.new(options)
  return client
end

-- Their user is "us3r", their password "hun" and "ter2" with something between.
local WRONG = {
  "http://us3r:hun/ter2@127.0.0.1:9", "http://us3r:hun@ter2@127.0.0.1:9", "http://us3 r:hunter2@127.0.0.1:9",
  "http://us3r:hun#ter2@127.0.0.1:9", "http://us3r:hun?ter2@127.0.0.1:9", "us3r:hunter2@127.0.0.1:99999",
  "us3r:hun/ter2@127.0.0.1:9", "ftp://us3r:hunter2@127.0.0.1:9", "http://us3r:hun ter2@127.0.0.1:9",
  "http://us3r:hunter2@127.0.0.1:x", "http://us3r:hun\\ter2@127.0.0.1:9", "http://us3r:hun%0Ater2@127.0.0.1:9",
  "http://us3r:hun%zzter2@127.0.0.1:9", "http://:hunter2@127.0.0.1:9", "http://us3r:hunter2@", "us3r:hunter2@:9",
  "http://us3r:hunter2@127.0.0.1:9/path", "http://us3r:hun\nter2@127.0.0.1:9", "http://us3r:hun\195\188ter2@[::1]:9",
  "http:/us3r:hunter2@127.0.0.1:9", "://us3r:hunter2@127.0.0.1:9", "http://us3r:hunter2@[::1:9", "http://@127.0.0.1:9",
}

local function shows(text)
  return text:find("us3", 1, true) or text:find("hun", 1, true) or text:find("ter2", 1, true)
end

describe("a proxy that is none", function()
  it("throws where the client is made, and shows nothing of its password", function()
    for _, proxy in ipairs(WRONG) do
      local made, message = pcall(open, proxy)
      assert.is_false(made, "it was taken for a proxy")
      assert.is_truthy(message:find("proxy_spec.lua:%d+: signalr.new: proxy must ")
        or message:find("proxy_spec.lua:%d+: signalr.new: proxy has "), message)
      assert.is_nil(shows(message:match("signalr%.new.*")))
      assert.is_false(pcall(curl.new, { proxy = proxy }))
    end
  end)
end)

describe("a proxy", function()
  it("may be written in short, and is shown without its password", function()
    for text, shown in pairs {
      ["127.0.0.1"] = "http://127.0.0.1:80", ["Proxy.Example:3128"] = "http://proxy.example:3128",
      ["HTTPS://proxy.example/"] = "https://proxy.example:443", ["http://[::1]:9"] = "http://[::1]:9",
      ["socks5h://ses4me@proxy.example"] = "socks5h://proxy.example:1080",
      ["ses4me:ses%34me@proxy.example:9"] = "http://proxy.example:9",
    } do
      local client = open(text)
      assert.are.equal(shown, tostring(client.context.config.proxy))
      assert.is_nil(reach.find(client, "ses%%?3?4me"))
      client:close()
    end
  end)

  it("that does not do is an error that names it, and not its password", function()
    local refusing = raw_server.start {
      on_request = [[write("HTTP/1.1 407 us3r\r\nContent-Length: 0\r\n\r\n")]],
    }
    for _, place in ipairs { "127.0.0.1:" .. refusing.port, raw_server.nobody:match("//(.*)$"), "nohost.invalid:9" } do
      local client = open("http://us3r:hun%40ter2@" .. place, { endpoint = "https://service.test" })
      local ok, err = client:hub("h"):send("t")
      assert.is_nil(ok)
      assert.are.same({ "proxy", "no" }, { err.kind, err.sent }, tostring(err))
      assert.is_nil(shows(tostring(err)), tostring(err))
      client:close()
    end
    refusing:stop()
  end)

  it("gets user and password as they were meant", function()
    local proxy = raw_server.start { on_request = [[
      write("HTTP/1.1 400 No\r\nX-Ms-Error-Code: " .. tostring(headers["proxy-authorization"])
        .. "\r\nContent-Length: 0\r\n\r\n")
    ]] }
    for login, seen in pairs { ["us3r:hun%40%3A%20ter2@"] = "Basic dXMzcjpodW5AOiB0ZXIy", [""] = "nil" } do
      local client = open("http://" .. login .. "127.0.0.1:" .. proxy.port)
      assert.are.equal(seen, select(2, client:hub("h"):send("t")).code)
      client:close()
    end
    proxy:stop()
  end)
end)
