-- SPDX-License-Identifier: MIT
-- What is said of connections that nginx could not make. It needs no nginx.
local advice = require "azure.signalr.transport.resty.advice"

local target = {
  origin = "https://service.test", server_name = "service.test", host = "service.test", port = 443, pool_size = 8,
  backlog = 92,
}

local function tls(why, name)
  local kind, text = advice.tls({ origin = target.origin, server_name = name or target.server_name }, why)
  assert.are.equal("tls", kind)
  return text
end

local function has(text, ...)
  for _, part in ipairs { ... } do assert.truthy(text:find(part, 1, true), part .. ": " .. text) end
end

-- Texts of OpenSSL's 1.1 and 3, as nginx hands them on, and a part of what is to be said.
local texts = {
  ["unable to get local issuer certificate"] = "lua_ssl_trusted_certificate",
  ["unable to get issuer certificate"] = "lua_ssl_trusted_certificate",
  ["self signed certificate"] = "lua_ssl_trusted_certificate",
  ["self-signed certificate"] = "lua_ssl_trusted_certificate",
  ["self-signed certificate in certificate chain"] = "lua_ssl_trusted_certificate",
  ["unable to verify the first certificate"] = "lua_ssl_trusted_certificate",
  ["certificate not trusted"] = "lua_ssl_trusted_certificate",
  ["certificate chain too long"] = "lua_ssl_verify_depth",
  ["certificate has expired"] = "time is over",
  ["certificate is not yet valid"] = "has not begun",
  ["CRL has expired"] = "lua_ssl_crl",
  ["certificate revoked"] = "taken the certificate back",
  ["EE certificate key too weak"] = "security level",
  ["certificate host mismatch"] = "not made out to service.test",
  ["hostname mismatch"] = "not made out to service.test",
  ["handshake failed"] = "may not speak TLS",
  ["closed"] = "closed the connection",
  ["connection reset by peer"] = "broke it off",
}

describe("advice for a TLS connection that nginx did not make", function()
  for why, part in pairs(texts) do
    it(("is that for %q, whatever number stands before it"):format(why), function()
      for _, number in ipairs { "", "10: ", "20: ", "0: " } do
        local text = tls(number .. why)
        has(text, "(" .. why .. ")", part)
        assert.is_nil(text:find("usual causes", 1, true), text)
      end
    end)
  end

  it("names every cause and directive where nginx says nothing, or what nobody knows", function()
    for _, text in ipairs { tls(nil), tls "certificate verify error of the year 2031", tls "20: ok" } do
      has(text, "lua_ssl_trusted_certificate", "/etc/ssl/certs/ca-certificates.crt", "lua_ssl_verify_depth",
        "not made out to service.test", "time is over", "lua_socket_log_errors")
    end
    has(tls(nil, "[::1]"), "names, not IP addresses")
  end)

  it("says that nginx compares no IP addresses", function()
    for _, ip in ipairs { "127.0.0.1", "[::1]" } do has(tls("certificate host mismatch", ip), "not IP addresses") end
  end)

  it("knows a timeout", function()
    assert.are.same({ "timeout", "the TLS handshake with https://service.test did not end in time" },
      { advice.tls(target, "timeout") })
  end)
end)

describe("advice for a connection that nginx did not make", function()
  local kinds = {
    ["timeout"] = "timeout",
    ["connection refused"] = "connect",
    ["network is unreachable"] = "connect",
    ["too many waiting connect operations"] = "queue_full",
    ["no resolver defined to resolve \"service.test\""] = "dns",
    ["service.test could not be resolved (3: Host not found)"] = "dns",
    ["service.test could not be resolved (110: Operation timed out)"] = "dns",
    ["failed to parse host name \"service.test\": invalid port"] = "dns",
    -- Kong's and APISIX's own resolvers
    ["[cosocket] DNS resolution failed: dns server error: 3 name error. Tried: [\"(short)x:(na) - miss\"]"] = "dns",
    ["[cosocket] DNS resolution failed: failed to receive reply from UDP server 10.0.0.2:53: timeout"] = "dns",
    ["failed to parse domain: service.test, error: failed to query the DNS server: dns client error: 101 empty record "
      .. "received"] = "dns",
  }
  for why, kind in pairs(kinds) do
    it(("is of the kind %s for %q"):format(kind, why), function()
      assert.are.equal(kind, (advice.connect(target, why)))
      local through = { host = "proxy.test", port = 3128, proxy = {}, pool_size = 1, backlog = 0 }
      assert.are.equal(kind == "connect" and "proxy" or kind, (advice.connect(through, why)))
    end)
  end

  it("says that /etc/hosts is not read, and names the directive", function()
    has(select(2, advice.connect(target, "service.test could not be resolved (3: Host not found)")), "/etc/hosts",
      "Host not found")
    has(select(2, advice.connect(target, "no resolver defined to resolve \"service.test\"")), "directive resolver")
  end)
end)
