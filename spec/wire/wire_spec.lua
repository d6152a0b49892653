-- SPDX-License-Identifier: MIT
-- Each hand-written line of lines.lua against what the client sends.
local lines = require "spec.wire.lines"
local recorded = require "spec.support.recorded"

describe("the wire", function()
  for i, line in ipairs(lines) do
    local operation, run, request_line, content_type, body = line[1], line[2], line[3], line[4], line[5]
    it(("carries line %d: %s"):format(i, operation), function()
      local client, transport = recorded()
      if line.reply then transport:reply(line.reply) end
      local result, err = run(client)
      assert.is_nil(err and err.kind)
      assert.is_truthy(result)
      assert.are.equal(1, #transport.requests)
      local request = transport.requests[1]
      assert.are.equal(request_line, request.method .. request.url:gsub("^https://contoso%.service%.signalr%.net", " "))
      assert.are.equal(content_type, request.headers["content-type"])
      assert.are.equal(body, request.body)
      assert.are.equal(operation, request.operation)
    end)
  end

  it("carries a token for the URL up to the path, and one for health too", function()
    local client, transport = recorded({ server_endpoint = "https://back.example.com:8443/inner" })
    client:hub("chat", { application = "a" }):except { "x" }:group("é"):send("t")
    client:health()
    local request = transport.requests[1]
    assert.are.equal("https://back.example.com:8443/inner/api/hubs/chat/groups/%C3%A9/:send"
      .. "?application=a&api-version=2024-12-01&excluded=x", request.url)
    local token = request.headers.authorization:match("^Bearer (%S+)$")
    local claims = require("spec.support.jwt").open(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH")
    assert.are.same({
      aud = "https://contoso.service.signalr.net/api/hubs/chat/groups/%C3%A9/:send",
      nbf = 1700000000, iat = 1700000000, exp = 1700003600,
    }, claims)
    token = transport.requests[2].headers.authorization:match("^Bearer (%S+)$")
    claims = require("spec.support.jwt").open(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH")
    assert.are.equal("https://contoso.service.signalr.net/api/health", claims.aud)
  end)
end)
