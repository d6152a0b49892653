-- SPDX-License-Identifier: MIT
-- The kind of an error says what happened, and whether it was sent what may have: decided from how far a request came,
-- so that programs that look at it do the same with every libcurl. Messages are not looked at here: they may differ.
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"
local support = require "spec.support.pool"

local servers = {}

local function start(options)
  servers[#servers + 1] = raw_server.start(options)
  return servers[#servers]
end

local function quoted(text)
  local code = ("write(%q)"):format(text):gsub("\\\n", "\\n"):gsub("\r", "\\r")
  return code
end

local function secure(url) return (url:gsub("^http:", "https:")) end

-- What a service or a proxy does -> the kind of the error, and what it says of the message.
local function answers(script, tls) return { endpoint = start({ on_request = script, tls = tls }).url } end

local function cases()
  local tls = start { tls = "server" }
  local function proxied(script) return { endpoint = tls.url, proxy = start({ on_request = script }).url } end
  local shut = start { on_connect = "close()" }
  local all = {
    { "the name is not known", "dns", "no", { endpoint = "http://nowhere.invalid" } },
    { "nobody listens", "connect", "no", { endpoint = raw_server.nobody } },
    { "nobody listens for TLS", "connect", "no", { endpoint = secure(raw_server.nobody) } },
    { "the port does not speak TLS", "tls", "no", { endpoint = secure(start().url) } },
    { "the connection ends in the handshake", "tls", "no", { endpoint = secure(shut.url) } },
    { "the certificate has expired", "tls", "no", { endpoint = start({ tls = "expired" }).url } },
    { "the certificate is another's", "tls", "no", { endpoint = start({ tls = "wrong-host" }).url } },
    { "the proxy's name is not known", "proxy", "no", { endpoint = tls.url, proxy = "http://nowhere.invalid:9" } },
    { "the proxy does not listen", "proxy", "no", { endpoint = tls.url, proxy = raw_server.nobody } },
    { "the proxy wants a password", "proxy", "no", proxied(support.answer("407 Who", "no")) },
    { "the proxy cannot connect", "proxy", "no", proxied(support.answer("502 Bad", "no")) },
    { "the proxy hangs up", "proxy", "no", proxied "close()" },
    { "the proxy talks nonsense", "proxy", "no", proxied(quoted "what?\r\n\r\n" .. " close()") },
    { "the proxy breaks off", "proxy", "no", proxied(quoted "HTTP/1.1 20" .. " close()") },
    { "the proxy says a status that is none", "proxy", "no", proxied(quoted "HTTP/1.1 2000 OK\r\n\r\n" .. " close()") },
    { "what the proxy leads to is not trusted", "tls", "no",
      { endpoint = start({ tls = "expired" }).url, proxy = start({ on_request = "tunnel()" }).url } },
    { "nobody answers", "timeout", "maybe", { endpoint = start({ on_request = "sleep(9)" }).url, timeout = 0.3 } },
    { "nobody shakes hands", "timeout", "no",
      { endpoint = secure(start({ on_connect = "sleep(9)" }).url), timeout = 0.3 } },
    { "the connection is accepted and ended", "reset", "maybe", { endpoint = shut.url } },
  }
  for _, secured in ipairs { false, "server" } do
    local over = secured and " over TLS" or ""
    local function add(what, kind, script)
      all[#all + 1] = { what .. over, kind, "maybe", answers(script, secured or nil) }
    end
    add("the request is read and nothing said", "reset", "close()")
    for _, text in ipairs { "HT", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nX-Half: 1",
      "HTTP/1.1 202 X\r\nContent-Length: 5\r\n\r\nab",
      "HTTP/1.1 202 X\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 202 X\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 202 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
      "HTTP/1.1 400 X\r\nContent-Length: 9\r\n\r\n{}",
      "HTTP/1.1 100 Continue\r\n\r\n" } do
      add(("the answer breaks off after %q"):format(text), "reset", quoted(text) .. " close()")
    end
    for _, text in ipairs { "garbage\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" } do
      add(("the answer is %q"):format(text), "protocol", quoted(text) .. " sleep(0.05) close()")
    end
    add("a header has no end", "too_large", "write('HTTP/1.1 202 OK\\r\\nX: ' .. string.rep('x', 200000)) close()")
    add("the status line has no end", "too_large", "write('HTTP/1.1 202 ' .. string.rep('x', 200000)) close()")
    add("the body is announced too large", "too_large", quoted "HTTP/1.1 202 X\r\nContent-Length: 9999999999\r\n\r\n")
    add("the body is too large", "too_large", "ok(string.rep('x', 5000000))")
  end
  return all
end

describe("the kind of an error", function()
  teardown(function()
    for _, server in ipairs(servers) do server:stop() end
  end)

  it("is the same for a call and for what was enqueued, whatever the libcurl", function()
    local wrong = {}
    for _, case in ipairs(cases()) do
      local what, kind, sent, given = case[1], case[2], case[3], case[4]
      local told = {}
      local options = {
        access_key = "key", retry = false, timeout = 5, ca_file = raw_server.certs() .. "/ca.pem",
        on_error = function(err) told[#told + 1] = err end,
      }
      for name, value in pairs(given) do options[name] = value end
      local client = signalr.new(options)
      local _, err = client:hub("h"):send("t")
      assert(client:hub("h"):enqueue("t"))
      client:drain(10)
      for way, one in pairs { sent = err or {}, enqueued = told[1] or {} } do
        if one.kind ~= kind or one.sent ~= sent then
          wrong[#wrong + 1] = ("%s (%s): wanted %s %s, got %s"):format(what, way, kind, sent, tostring(one))
        end
      end
      client:close()
    end
    assert.are.equal("", table.concat(wrong, "\n"))
  end)
end)
