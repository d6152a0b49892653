-- SPDX-License-Identifier: MIT
-- core: percent-encoding, templates, queries, URLs, length of a text.
local core = require "azure.signalr.core"

local function message_of(...)
  local ok, message = pcall(...)
  assert.is_false(ok)
  return message
end

describe("core.escape", function()
  it("leaves only the unreserved characters", function()
    assert.are.equal("AZaz09-._~", core.escape "AZaz09-._~")
    assert.are.equal("%2B1%20555%2F%25%C3%A9%00%3A", core.escape "+1 555/%\195\169\0:")
    assert.are.equal("", core.escape "")
    assert.matches("s must be a string, got number", message_of(core.escape, 1))
  end)
end)

describe("core.expand", function()
  it("fills a template with escaped values", function()
    assert.are.equal("/api/hubs/chat/groups/a%2Fb%20%C3%A9/:send",
      core.expand("/api/hubs/{hub}/groups/{group}/:send", { hub = "chat", group = "a/b \195\169" }))
    assert.are.equal("/api/health", core.expand("/api/health", {}))
    assert.are.equal("ab", core.expand("{x}{y}", { x = "a", y = "b", z = 1 }))
  end)

  it("throws for a name without a string", function()
    assert.matches("params.group must be a string, got nil",
      message_of(core.expand, "/{hub}/{group}", { hub = "h" }))
    assert.matches("params.hub must be a string, got number", message_of(core.expand, "/{hub}", { hub = 1 }))
    assert.matches("params must be a table, got nil", message_of(core.expand, "/{hub}"))
    assert.matches("template must", message_of(core.expand, "/{hub", { hub = "h" }))
    assert.matches("template must", message_of(core.expand, "/}", {}))
    -- values are taken raw: no metamethod can step in
    local inherited = setmetatable({}, { __index = { hub = "h" } })
    assert.matches("params.hub", message_of(core.expand, "/{hub}", inherited))
  end)
end)

describe("core.query", function()
  it("keeps order and repetition", function()
    assert.are.equal("excluded=a&excluded=b%26c&api-version=2024-12-01",
      core.query { { "excluded", "a" }, { "excluded", "b&c" }, { "api-version", "2024-12-01" } })
    assert.are.equal("", core.query {})
    assert.are.equal("%20=", core.query { { " ", "" } })
  end)

  it("throws for what is no pair of strings", function()
    assert.matches("list must be a table", message_of(core.query, "a"))
    assert.matches("list%[2%] must be a table, got string", message_of(core.query, { { "a", "b" }, "c" }))
    assert.matches("list%[1%]%[2%] must be a string, got nil", message_of(core.query, { { "a" } }))
    assert.matches("list%[1%]%[1%] must be a string, got number", message_of(core.query, { { 1, "a" } }))
  end)

  it("is what parse_query reads", function()
    local list = { { "a", "1 2+3" }, { "\195\169=&", "" }, { "a", "%" } }
    assert.are.same(list, core.parse_query(core.query(list)))
    assert.are.same({ { "a", "b c" }, { "d", "" }, { "e", "=f" }, { "g", "%zz" } },
      core.parse_query "a=b+c&&d&e==f&g=%zz")
    assert.are.same({}, core.parse_query "")
  end)
end)

describe("core.parse_url", function()
  it("gives the parts", function()
    assert.are.same({ scheme = "https", host = "h.net", port = 443, path = "/" }, core.parse_url "HTTPS://H.net")
    assert.are.same({ scheme = "http", host = "h", port = 8888, path = "/a/%C3%A9/", query = "x=1&y" },
      core.parse_url "http://h:8888/a/%C3%A9/?x=1&y")
    assert.are.same({ scheme = "http", host = "[::1]", port = 80, path = "/", query = "" },
      core.parse_url "http://[::1]/?")
  end)

  it("refuses what is not absolute http or https", function()
    for text, rule in pairs {
      ["/p"] = "absolute", ["ftp://h"] = "absolute", ["http://u:p@h"] = "user name", ["http://h#f"] = "fragment",
      ["http://h:0"] = "port", ["http://h h"] = "printable", ["http://"] = "absolute",
    } do
      local url, message = core.parse_url(text)
      assert.is_nil(url)
      assert.matches(rule, message)
    end
    assert.matches("text must be a string", message_of(core.parse_url, {}))
  end)
end)

describe("core.utf8_len", function()
  it("counts characters, not bytes", function()
    assert.are.equal(0, core.utf8_len "")
    assert.are.equal(4, core.utf8_len "h\195\169\226\130\172\240\159\152\128")
    assert.are.equal(1024, core.utf8_len(("\195\169"):rep(1024)))
  end)

  it("knows what is not UTF-8", function()
    for _, bad in ipairs { "\255", "\195", "\192\128", "\237\160\128", "\244\144\128\128", "a\128" } do
      assert.is_nil(core.utf8_len(bad))
    end
  end)
end)
