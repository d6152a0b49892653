-- SPDX-License-Identifier: MIT
-- Listing a group: pages that hold while members come and go.
local json_text = require "azure.signalr.emulator.json_text"
local logic = require "spec.emulator.logic"

local PATH = "/api/hubs/chat/groups/g%201/connections"

describe("the list of a group", function()
  local world, clients
  before_each(function()
    world, clients = logic.new(), {}
  end)

  local function join(count)
    for _ = 1, count do
      local client = world:client(#clients % 2 == 0 and "u" .. #clients or nil)
      world:rest("PUT", "/api/hubs/chat/groups/g%201/connections/" .. client.id)
      clients[#clients + 1] = client
    end
  end

  local function page(query)
    local answer = world:rest("GET", PATH, { whole_query = query })
    assert(answer.status == 200, answer.body)
    local fields, ids = json_text.decode(answer.body), {}
    for i, member in ipairs(fields.value) do ids[i] = member.connectionId end
    local link = fields.nextLink
    if link then
      assert.are.equal(logic.BASE .. PATH .. "?", link:sub(1, #logic.BASE + #PATH + 1))
    end
    return ids, link and link:match("%?(.*)$"), answer.body
  end

  local function all(query)
    local sizes, seen = {}, {}
    repeat
      local ids
      ids, query = page(query)
      sizes[#sizes + 1] = #ids
      for _, id in ipairs(ids) do seen[#seen + 1] = id end
    until not query
    return sizes, seen
  end

  it("of nobody is empty and has no next page", function()
    local _, link, body = page(logic.VERSION)
    assert.is_nil(link)
    assert.are.equal('{"value":[]}', body)
  end)

  it("names connection and user, if there is one, oldest first", function()
    join(2)
    local _, _, body = page(logic.VERSION)
    assert.are.equal(('{"value":[{"connectionId":"%s","userId":"u0"},{"connectionId":"%s"}]}'):format(
      clients[1].id, clients[2].id), body)
  end)

  it("comes in pages of the size asked for, 200 at most and by default", function()
    join(7)
    local sizes, seen = all(logic.VERSION .. "&maxpagesize=3")
    assert.are.same({ 3, 3, 1 }, sizes)
    for i, client in ipairs(clients) do assert.are.equal(client.id, seen[i]) end
    assert.are.same({ 7 }, (all(logic.VERSION .. "&maxPageSize=7")))
    join(194)
    assert.are.same({ 200, 1 }, (all(logic.VERSION)))
  end)

  it("ends at top, whatever the pages", function()
    join(7)
    assert.are.same({ 3, 2 }, (all(logic.VERSION .. "&maxpagesize=3&top=5")))
    assert.are.same({ 3, 3 }, (all(logic.VERSION .. "&maxpagesize=3&top=6")))
    assert.are.same({ 2 }, (all(logic.VERSION .. "&top=2")))
    assert.are.same({ 3, 3, 1 }, (all(logic.VERSION .. "&maxpagesize=3&top=2147483647")))
  end)

  it("links to the next page with everything that was asked", function()
    join(3)
    local _, link = page("application=&maxpagesize=1&top=3&" .. logic.VERSION)
    assert.is_truthy(link:find("^maxpagesize=1&top=2&continuationToken=[%w%-_.]+&api%-version=2024%-12%-01$"), link)
  end)

  it("skips nobody and shows nobody twice while members come and go", function()
    join(6)
    local first, link = page(logic.VERSION .. "&maxpagesize=2")
    assert.are.same({ clients[1].id, clients[2].id }, first)
    clients[1].session:closed("gone")
    clients[2].session:closed("gone")
    clients[4].session:closed("gone")
    join(1)
    local second, last = page(link)
    assert.are.same({ clients[3].id, clients[5].id }, second)
    local third, none = page(last)
    assert.are.same({ clients[6].id, clients[7].id }, third)
    assert.is_nil(none)
  end)

  it("may be resumed by token alone, and with another page size", function()
    join(5)
    local _, link = page(logic.VERSION .. "&maxpagesize=2")
    local token = link:match("continuationToken=([^&]*)")
    assert.are.same({ 3 }, (all(logic.VERSION .. "&continuationToken=" .. token)))
    assert.are.same({ 1, 1, 1 }, (all(logic.VERSION .. "&maxpagesize=1&continuationtoken=" .. token)))
  end)

  it("refuses tokens it did not make for this group", function()
    join(3)
    local _, link = page(logic.VERSION .. "&maxpagesize=1")
    local token = link:match("continuationToken=([^&]*)")
    local function status(path, text)
      return world:rest("GET", path, { query = "continuationToken=" .. text }).status
    end
    assert.are.equal(200, status(PATH, token))
    assert.are.equal(400, status("/api/hubs/chat/groups/other/connections", token))
    assert.are.equal(400, status("/api/hubs/other/groups/g%201/connections", token))
    for _, wrong in ipairs { "x", "0", "MA.", token .. "x", token:sub(2), "." } do
      assert.are.equal(400, status(PATH, wrong), wrong)
    end
  end)

  it("refuses sizes out of range", function()
    for _, query in ipairs { "maxpagesize=0", "maxpagesize=201", "maxpagesize=x", "top=0", "top=-1", "top=2147483648",
      "top=1.0", "maxpagesize=" } do
      local answer = world:rest("GET", PATH, { query = query })
      assert.are.equal(400, answer.status, query)
      assert.are.equal(query:match("^%w+"), answer.body:match('"target":"(%w+)"'))
    end
  end)

  it("of an application's hub links with the application", function()
    for _ = 1, 2 do
      local client = world:client(nil, { hub = "app_chat" })
      world:rest("PUT", "/api/hubs/chat/groups/g%201/connections/" .. client.id, { query = "application=app" })
    end
    local ids, link = page("application=app&maxpagesize=1&" .. logic.VERSION)
    assert.are.equal(1, #ids)
    assert.is_truthy(link:find("^application=app&maxpagesize=1&continuationToken="))
    assert.are.equal(1, #page(link))
    assert.are.equal(0, #page(logic.VERSION))
  end)
end)
