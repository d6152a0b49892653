-- SPDX-License-Identifier: MIT
-- The three ways to list members of a group.
local cjson = require "cjson"
local errors = require "azure.signalr.errors"
local jwt = require "spec.support.jwt"
local recorded = require "spec.support.recorded"
local testing = require "azure.signalr.testing"

local origin = "https://contoso.service.signalr.net"
local list_path = "/api/hubs/chat/groups/g/connections"

local function page(ids, link)
  local members = {}
  for i, id in ipairs(ids) do members[i] = ('{"connectionId":"%s","userId":"u%d"}'):format(id, i) end
  local tail = link and (',"nextLink":%s'):format(cjson.encode(link)) or ""
  return { status = 200, body = ('{"value":[%s]%s}'):format(table.concat(members, ","), tail) }
end

local function link_to(token) return origin .. list_path .. "?api-version=2024-12-01&continuationToken=" .. token end

local function group_with(...)
  local client, transport = recorded { retry = false }
  for _, reply in ipairs { ... } do
    if reply.kind then transport:fail(reply) else transport:reply(reply) end
  end
  return client:hub("chat"):group("g"), transport
end

local function ids_of(items)
  local ids = {}
  for i, item in ipairs(items) do ids[i] = item.connection_id end
  return ids
end

local function looped(group, options)
  local ids = {}
  for item in group:connections(options) do ids[#ids + 1] = item.connection_id end
  return ids
end

describe("listing", function()
  local two = { page({ "a", "b" }, link_to "t%2B2"), page { "c" } }

  it("reads all pages, in each way", function()
    local group, transport = group_with(two[1], two[2])
    assert.are.same({ "a", "b", "c" }, looped(group))
    assert.are.equal(2, #transport.requests)
    assert.are.equal(link_to "t%2B2", transport.requests[2].url)

    group = group_with(two[1], two[2])
    local all, err = group:list()
    assert.is_nil(err)
    assert.are.same({ "a", "b", "c" }, ids_of(all))
    assert.are.same({ connection_id = "a", user_id = "u1" }, all[1])

    group = group_with(two[1], two[2])
    local pages = group:pages()
    assert.are.equal("azure.signalr.pages: page 1", tostring(pages))
    local first, second = pages:next(), pages:next()
    assert.are.equal("azure.signalr.pages: page 3", tostring(pages))
    assert.are.same({ "a", "b" }, ids_of(first.items))
    assert.are.equal("t+2", first.token)
    assert.are.same({ "c" }, ids_of(second.items))
    assert.is_nil(second.token)
    assert.is_nil(pages:next())
    assert.is_nil(pages:next())
  end)

  it("fetches a page only when it is reached", function()
    local group, transport = group_with(two[1], two[2])
    local iterate = group:connections()
    assert.are.equal(0, #transport.requests)
    iterate()
    iterate()
    assert.are.equal(1, #transport.requests)
    iterate()
    assert.are.equal(2, #transport.requests)
    assert.is_nil(iterate())
    assert.is_nil(iterate())
    assert.are.equal(2, #transport.requests)
  end)

  it("may be left early", function()
    local group, transport = group_with(two[1], two[2])
    for item in group:connections() do
      if item.connection_id == "a" then break end
    end
    assert.are.equal(1, #transport.requests)
  end)

  it("goes over pages that are empty", function()
    assert.are.same({ "z" }, looped((group_with(page({}, link_to "1"), page({}, link_to "2"), page { "z" }))))
    assert.are.same({}, (group_with(page {})):list())
  end)

  it("takes members without a user", function()
    local group = group_with { status = 200, body = '{"value":[{"connectionId":"a","userId":null}],"nextLink":null}' }
    assert.are.same({ { connection_id = "a" } }, (group:list()))
  end)

  it("stops at top, whatever the service does", function()
    local group, transport = group_with(page({ "a", "b" }, link_to "1"), page({ "c", "d" }, link_to "2"), page { "e" })
    assert.are.same({ "a", "b", "c" }, ids_of((group:list { top = 3 })))
    assert.are.equal(2, #transport.requests)
    assert.are.same({ "api-version", "top" }, { transport.requests[1].query[1][1], transport.requests[1].query[2][1] })
    assert.are.equal("3", transport.requests[1].query[2][2])
    group, transport = group_with(page({ "a", "b" }, link_to "1"))
    assert.are.same({ "a", "b" }, looped(group, { top = 2 }))
    assert.are.equal(1, #transport.requests)
  end)

  it("goes on from a token", function()
    local group, transport = group_with(page { "c" })
    assert.are.same({ "c" }, looped(group, { token = "t+2", page_size = 5 }))
    assert.are.equal(origin .. list_path .. "?api-version=2024-12-01&maxpagesize=5&continuationToken=t%2B2",
      transport.requests[1].url)
  end)
end)

describe("a failure on page 2", function()
  local failures = { { status = 500, body = '{"message":"m"}' }, { kind = "reset", sent = "maybe" } }
  for _, failure in ipairs(failures) do
    local kind = failure.kind or "server"
    local function fresh() return group_with(page({ "a", "b" }, link_to "2"), failure, page { "c" }) end

    it(kind .. " is thrown as an error object in a loop", function()
      local group = fresh()
      local seen = {}
      local ok, err = pcall(function()
        for item in group:connections() do seen[#seen + 1] = item.connection_id end
      end)
      assert.is_false(ok)
      assert.is_true(errors.is(err))
      assert.are.equal(kind, err.kind)
      assert.are.equal("HubProxy_ListConnectionsInGroup", err.op)
      assert.are.same({ "a", "b" }, seen)
    end)

    it(kind .. " leaves list with what was read", function()
      local group, transport = fresh()
      local all, err, partial = group:list()
      assert.is_nil(all)
      assert.are.equal(kind, err.kind)
      assert.are.same({ "a", "b" }, ids_of(partial))
      assert.are.equal("2", partial.token)
      assert.are.same({ "c" }, looped(group, { token = partial.token }))
      assert.are.equal(3, #transport.requests)
    end)

    it(kind .. " is returned by next, which may be called again", function()
      local group = fresh()
      local pages = group:pages()
      assert.is_truthy(pages:next())
      local none, err = pages:next()
      assert.is_nil(none)
      assert.are.equal(kind, err.kind)
      assert.are.same({ "c" }, ids_of(pages:next().items))
      assert.is_nil(pages:next())
    end)

    it(kind .. " is repeated by itself when retries are on", function()
      local client, transport = recorded()
      transport:reply(page({ "a" }, link_to "2"))
      if failure.kind then transport:fail(failure) else transport:reply(failure) end
      transport:reply(page { "b" })
      assert.are.same({ "a", "b" }, looped(client:hub("chat"):group("g")))
      assert.are.equal(1, #transport.sleeps)
    end)
  end

  it("of the first page is no different", function()
    local all, err, partial = (group_with { status = 403 }):list()
    assert.is_nil(all)
    assert.are.equal("forbidden", err.kind)
    assert.are.same({}, partial)
  end)
end)

describe("a nextLink", function()
  local function refused(link)
    local group, transport = group_with(page({ "a" }, link), page { "b" })
    local none, err = group:pages():next()
    assert.is_nil(none)
    assert.are.equal("protocol", err.kind)
    assert.is_truthy(err.message:find("nextLink", 1, true))
    assert.are.equal(1, #transport.requests)
    local all, list_err = group_with(page({ "a" }, link), page { "b" }):list()
    assert.is_nil(all)
    assert.are.equal("protocol", list_err.kind)
    assert.is_false(pcall(looped, (group_with(page({ "a" }, link), page { "b" }))))
  end

  it("is followed on the endpoint's own origin only", function()
    for _, link in ipairs {
      "https://evil.example" .. list_path, "http://contoso.service.signalr.net" .. list_path,
      "https://contoso.service.signalr.net:8443" .. list_path, "https://contoso.service.signalr.net.evil" .. list_path,
      "https://user@contoso.service.signalr.net" .. list_path, "//evil.example" .. list_path, "/elsewhere?x=1",
      "connections?x=1", "//", "/api/../api/hubs", "?x=1#y", "//user:pass@contoso.service.signalr.net" .. list_path,
      "ftp://contoso.service.signalr.net" .. list_path, origin .. "\\@evil.example" .. list_path,
      origin .. list_path .. "?a=\r\nHost: evil", origin .. list_path .. " x", origin .. "/other",
      origin .. "/api/../x", origin .. "/api/%2e%2E/x", origin .. list_path .. "#x", "x",
    } do refused(link) end
  end)

  it("may say the default port or capitals, and is signed for its path", function()
    for _, base in ipairs { "https://contoso.service.signalr.net:443", "HTTPS://CONTOSO.service.signalr.net" } do
      local group, transport = group_with(page({ "a" }, base .. list_path .. "/more?x=1"), page { "b" })
      assert.are.same({ "a", "b" }, looped(group))
      local request = transport.requests[2]
      assert.are.equal(origin .. list_path .. "/more?x=1", request.url)
      local claims = jwt.open(request.headers.authorization:match("Bearer (.*)"), testing.access_key)
      assert.are.equal(origin .. list_path .. "/more", claims.aud)
    end
  end)

  it("may be relative, as sister services send it", function()
    for link, path in pairs {
      [list_path .. "?continuationToken=2"] = list_path .. "?continuationToken=2",
      ["//contoso.service.signalr.net" .. list_path .. "?x=1"] = list_path .. "?x=1",
      [list_path:sub(2) .. "?x=1"] = list_path .. "?x=1", ["?x=1"] = list_path .. "?x=1",
    } do
      local group, transport = group_with(page({ "a" }, link), page { "b" })
      assert.are.same({ "a", "b" }, looped(group))
      assert.are.equal(origin .. path, transport.requests[2].url)
      local token = transport.requests[2].headers.authorization:match("Bearer (.*)")
      assert.are.equal(origin .. list_path, jwt.open(token, testing.access_key).aud)
    end
    local client, transport = recorded { endpoint = "https://h/in", server_endpoint = "https://back/er" }
    transport:reply(page({ "a" }, "?continuationToken=2")):reply(page { "b" })
    assert.are.same({ "a", "b" }, looped(client:hub("chat"):group("g")))
    assert.are.equal("https://back/er" .. list_path .. "?continuationToken=2", transport.requests[2].url)
  end)

  it("of the endpoint or of the server endpoint leads to the server endpoint", function()
    for _, base in ipairs { "https://h:444/in", "http://back/deep/er" } do
      local client, transport = recorded { endpoint = "https://h:444/in", server_endpoint = "http://back/deep/er/" }
      transport:reply(page({ "a" }, base .. list_path .. "?continuationToken=2")):reply(page { "b" })
      assert.are.same({ "a", "b" }, looped(client:hub("chat"):group("g")))
      local request = transport.requests[2]
      assert.are.equal("http://back/deep/er" .. list_path .. "?continuationToken=2", request.url)
      local claims = jwt.open(request.headers.authorization:match("Bearer (.*)"), testing.access_key)
      assert.are.equal("https://h:444/in" .. list_path, claims.aud)
    end
    local client, transport = recorded { endpoint = "https://h/in", retry = false }
    transport:reply(page({ "a" }, "https://h/inner/api/hubs"))
    assert.are.equal("protocol", select(2, client:hub("chat"):group("g"):list()).kind)
  end)

  it("that leads in a circle is an error", function()
    local group, transport = group_with(page({ "a" }, link_to "1"), page({ "b" }, link_to "1"))
    local all, err, partial = group:list()
    assert.is_nil(all)
    assert.are.equal("protocol", err.kind)
    assert.are.same({ "a" }, ids_of(partial))
    assert.are.equal(2, #transport.requests)
    group, transport = group_with(page({ "a" }, link_to "1"), page({ "b" }, link_to "2"), page({ "c" }, link_to "1"))
    all, err, partial = group:list()
    assert.is_nil(all)
    assert.are.equal("protocol", err.kind)
    assert.are.same({ "a", "b" }, ids_of(partial))
    assert.are.equal(3, #transport.requests)
  end)
end)

describe("what is no page", function()
  it("is an error", function()
    for _, body in ipairs {
      "", "[]", "{}", '{"value":7}', '{"value":[7]}', '{"value":[{"userId":"u"}]}', '{"value":[],"nextLink":7}',
    } do
      local all, err = (group_with { status = 200, body = body }):list()
      assert.is_nil(all)
      assert.are.equal("protocol", err.kind)
    end
  end)
end)

describe("the deadline", function()
  local function slow(count)
    local client, transport = recorded { timeout = 10, retry = false }
    for i = 1, count do
      local reply = page({ "c" .. i }, link_to(i))
      reply.after = 4
      transport:reply(reply)
    end
    return client:hub("chat"):group("g"), transport
  end

  it("of list counts for all of it", function()
    local all, err, partial = slow(5):list()
    assert.is_nil(all)
    assert.are.equal("timeout", err.kind)
    assert.are.same({ "c1", "c2" }, ids_of(partial))
  end)

  it("of a loop counts for each page", function()
    local group, transport = slow(5)
    transport:reply(page {})
    assert.are.equal(5, #looped(group))
  end)
end)
