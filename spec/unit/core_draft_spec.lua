-- SPDX-License-Identifier: MIT
local core = require "azure.signalr.core"

local function place(more)
  local parts = {
    method = "POST", url = "https://h.test:8443/api/:send?api-version=1", agent = "User-Agent: x",
    content_type = "Content-Type: application/json", audience = "https://h.test/api/:send",
  }
  for name, value in pairs(more or {}) do parts[name] = value end
  return core.place(parts)
end

describe("core.draft", function()
  it("writes a message, nil arguments included, and says where JSON ends", function()
    local message = core.draft(place(), "t", 1, { a = { true } }, nil)
    assert.equal('{"target":"t","arguments":[1,{"a":[true]},null]}', message:take())
    assert.equal('{"target":"t","arguments":[]}', core.draft(place(), "t"):take())
    local draft, problem = core.draft(place(), "t", { print })
    assert.is_nil(draft)
    assert.matches("arguments%[1%]%[1%]: ", problem)
    assert.equal("[1]", core.draft_value(place(), { 1 }, "item"):take())
  end)

  it("is one's own while another is being written", function()
    local here = place()
    local first = core.draft(here, "first")
    local second = core.draft(here, "second")
    assert.matches("first", first:take())
    assert.matches("second", second:take())
    assert.has_error(function() first:take() end)
  end)

  it("becomes the bytes of a request", function()
    local here = place()
    local signer = core.signer("key"):set(3600, 60)
    local wire, body = core.draft(here, "t"):wire(here, signer, "&excluded=a", "X-More: y\r\n")
    assert.equal('{"target":"t","arguments":[]}', wire:sub(body))
    assert.matches("^POST /api/:send%?api%-version=1&excluded=a HTTP/1.1\r\nHost: h.test:8443\r\n", wire)
    assert.matches("\r\nAuthorization: Bearer [%w-_]+%.[%w-_]+%.[%w-_]+\r\nX%-More: y\r\n", wire)
    assert.matches("\r\nContent%-Length: 29\r\n\r\n", wire)
    wire = core.draft_text(here):wire(here, core.secret("s"), nil, nil, "http://proxy")
    assert.matches("^POST http://proxy/api.*Bearer s\r\nContent%-Length: 0\r\n\r\n$", wire)
    here = place { method = "GET" }
    assert.equal("GET /api/:send?api-version=1 HTTP/1.1\r\nHost: h.test:8443\r\nUser-Agent: x\r\n"
      .. "Content-Type: application/json\r\n\r\n", (core.draft_text(here):wire(here)))
  end)

  it("that is over the service's limits becomes none, and says by how much", function()
    local here = place()
    local function sizes(draft, ...) return { draft:wire(here, ...) } end
    assert.same({ nil, "payload_too_large", 1048577 }, sizes(core.draft_text(here, ("x"):rep(1048577))))
    assert.equal("uri_too_long", sizes(core.draft_text(here), nil, "&" .. ("x"):rep(12288))[2])
    assert.equal("headers_too_large", sizes(core.draft_text(here), core.secret(("x"):rep(16384)))[2])
  end)
end)
