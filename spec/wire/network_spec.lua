-- SPDX-License-Identifier: MIT
-- The client over libcurl: against a server that misbehaves on demand, and against the emulator.
local signalr = require "azure.signalr"
local emulator = require "spec.support.emulator"
local raw_server = require "spec.support.raw_server"

local key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"

-- The name of the group says what goes wrong on its second page.
local script = [[
  local function page(id, rest) ok('{"value":[{"connectionId":"' .. id .. '"}]' .. rest .. '}') end
  local second = string.find(path, "continuationToken=2", 1, true)
  if string.find(path, ":send", 1, true) then
    if string.find(path, "/users/reset/", 1, true) then close() end
    if string.find(path, "/users/slow/", 1, true) then sleep(60) end
    local line = "202 Accepted"
    if string.find(path, "/users/moved/", 1, true) then line = "301 Moved\r\nLocation: /elsewhere" end
    local body = string.find(path, "/users/huge/", 1, true) and string.rep("x", 100000) or ""
    write("HTTP/1.1 " .. line .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body)
  elseif not second then
    page("a", ',"nextLink":"http://' .. authority .. path .. '&continuationToken=2"')
  elseif string.find(path, "/error/", 1, true) then
    write("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
  elseif string.find(path, "/reset/", 1, true) then
    close()
  elseif string.find(path, "/cut/", 1, true) then
    write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"value":[{"conn')
    close()
  else
    page("b", "")
  end
]]

describe("over the network", function()
  local server, client, hub

  setup(function()
    server = raw_server.start { on_request = script }
    client = signalr.new { endpoint = server.url, access_key = key, timeout = 10, retry = false }
    hub = client:hub("chat")
  end)
  teardown(function()
    client:close()
    server:stop()
  end)

  local function requests() return server:count("request") end

  it("lists all pages", function()
    local ids = {}
    for member in hub:group("good"):connections() do ids[#ids + 1] = member.connection_id end
    assert.are.same({ "a", "b" }, ids)
  end)

  for group, kind in pairs { error = "server", reset = "reset", cut = "reset" } do
    it(("says %s when page 2 ends in %s, in each way of listing"):format(kind, group), function()
      local seen = {}
      local ok, thrown = pcall(function()
        for member in hub:group(group):connections() do seen[#seen + 1] = member.connection_id end
      end)
      assert.is_false(ok)
      assert.are.equal(kind, thrown.kind)
      assert.are.same({ "a" }, seen)

      local all, err, partial = hub:group(group):list()
      assert.is_nil(all)
      assert.are.equal(kind, err.kind)
      assert.are.equal("a", partial[1].connection_id)
      assert.are.equal("2", partial.token)

      local pages = hub:group(group):pages()
      assert.are.equal("2", pages:next().token)
      local none, problem = pages:next()
      assert.is_nil(none)
      assert.are.equal(kind, problem.kind)
    end)

    it(("asks again for a page that ends in %s, when retries are on"):format(group), function()
      local before = requests()
      local _, err = hub:with { retry = { max = 2, base = 0.01 } }:group(group):list()
      assert.are.equal(3, err.attempts)
      -- libcurl asks once more by itself when a kept connection dies before it answers a GET.
      assert.is_true(server:await("request", before + 4) >= before + 4)
    end)
  end

  it("does not repeat a send that may have been carried out, on a connection in use either", function()
    assert.is_true((hub:user("good"):send("t")))
    local before = requests()
    local ok, err = hub:with { retry = { max = 3, base = 0.01 } }:user("reset"):send("t")
    assert.is_nil(ok)
    assert.are.equal("reset", err.kind)
    assert.are.equal("maybe", err.sent)
    assert.is_true((hub:user("good"):send("t"))) -- what was repeated would have come before this
    assert.are.equal(before + 2, server:await("request", before + 2))
    local lines = {}
    for _, line in ipairs(server:events()) do
      if line:find("/users/reset/", 1, true) then lines[#lines + 1] = line end
    end
    assert.are.equal(1, #lines)
  end)

  it("gives up in time", function()
    local started = os.time()
    local ok, err = hub:with { timeout = 0.2 }:user("slow"):send("t")
    assert.is_nil(ok)
    assert.are.equal("timeout", err.kind)
    assert.is_true(os.time() - started <= 30)
  end)

  it("follows no redirect", function()
    local before = requests()
    local ok, err = hub:user("moved"):send("t")
    assert.is_nil(ok)
    assert.are.equal(301, err.status)
    assert.are.equal(before + 1, requests())
  end)

  it("reads no answer that is too long", function()
    local ok, err = hub:with { max_response = 1000 }:user("huge"):send("t")
    assert.is_nil(ok)
    assert.are.equal("too_large", err.kind)
  end)

  it("repeats a send that was not even connected", function()
    local gone = raw_server.start()
    gone:stop()
    local other = signalr.new { endpoint = gone.url, access_key = key, retry = { max = 2, base = 0.01 } }
    local ok, err = other:hub("chat"):send("t")
    assert.is_nil(ok)
    assert.are.equal("connect", err.kind)
    assert.are.equal("no", err.sent)
    assert.are.equal(3, err.attempts)
    other:close()
  end)
end)

describe("against the emulator", function()
  local service, client, hub

  setup(function()
    service = emulator.start()
    client = signalr.new(service.connection_string)
    hub = client:hub("chat")
  end)
  teardown(function()
    client:close()
    service:stop()
  end)

  it("asks and changes", function()
    assert.is_true(client:health())
    assert.is_true((hub:send("t", 1)))
    assert.is_true((hub:user("u"):join("g", { ttl = 60 })))
    assert.is_true(hub:user("u"):in_group("g"))
    assert.is_true((hub:user("u"):leave("g")))
    assert.is_false(hub:user("u"):in_group("g"))
    assert.is_false(hub:group("nobody"):exists())
    assert.is_false(hub:user("nobody"):exists())
    assert.is_false(hub:connection("nobody"):exists())
    assert.is_true(select(2, hub:connection("nobody"):disconnect()).absent)
    assert.are.same({}, (hub:group("nobody"):list()))
    assert.is_string((hub:client_token { user_id = "u" }))
    assert.is_string(assert(client:access_key()).access_key)
    assert.is_true((hub:execute({ signalr.command.send("t") }, { filter = signalr.filter("userId eq %s", "o'x") })))
  end)

  it("tells who is gone", function()
    local ok, err = hub:group("g"):add("nobody")
    assert.is_nil(ok)
    assert.are.equal("not_found", err.kind)
    ok, err = hub:connection("nobody"):invoke("t")
    assert.is_nil(ok)
    assert.are.equal("client_gone", err.kind)
  end)

  it("explains a wrong key", function()
    local stranger = signalr.new { endpoint = service.endpoint, access_key = "wrong" }
    local ok, err = stranger:hub("chat"):send("t")
    stranger:close()
    assert.is_nil(ok)
    assert.are.equal("unauthorized", err.kind)
    assert.is_truthy(err.message:find(service.endpoint .. "/api/hubs/chat/:send", 1, true))
    assert.is_truthy(err.message:find("this clock agrees with the service's", 1, true), err.message)
  end)

  it("passes long but fitting lists of excluded connections", function()
    local ids = {}
    for i = 1, 280 do ids[i] = ("connection-%020d"):format(i) end
    assert.is_true((hub:except(ids):send("t")))
  end)
end)
