-- SPDX-License-Identifier: MIT
-- Misuse: thrown as a string at the caller's line, naming method, argument and rule.
local signalr = require "azure.signalr"
local check = require "azure.signalr.check"
local testing = require "azure.signalr.testing"
local recorded = require "spec.support.recorded"

local function here() return debug.getinfo(2, "l").currentline end

local function message_of(run)
  local ok, message = pcall(run)
  assert.is_false(ok)
  assert.is_string(message)
  return message
end

local client = recorded()
local hub = client:hub("chat")
local group, user, connection = hub:group("g"), hub:user("u"), hub:connection("c")
local stream = connection:stream("s")
local objects = {
  client = client, hub = hub, group = group, user = user, connection = connection, stream = stream,
  pages = group:pages(),
}

describe("every method", function()
  for name, object in pairs(objects) do
    for method, run in pairs(getmetatable(object).__index) do
      it(("%s.%s checks its self, at the caller's line"):format(name, method), function()
        for _, self in ipairs { "text", {}, 7, name == "hub" and group or hub } do
          local line
          local message = message_of(function()
            line = here() + 1
            run(self, "x")
          end)
          assert.are.equal(("spec/unit/check_spec.lua:%d:"):format(line), message:match("^[^ ]+"):gsub("^%./", ""))
          assert.is_truthy(message:find(name .. ":" .. method .. " must be called with a colon", 1, true), message)
        end
        assert.is_false(pcall(run))
      end)
    end
  end

  it("that would be mistaken for disconnecting throws and names the right one", function()
    assert.is_truthy(message_of(function() hub:close() end):find("hub:close_connections()", 1, true))
    assert.is_truthy(message_of(function() group:close() end):find("group:close_connections()", 1, true))
    assert.is_truthy(message_of(function() user:close() end):find("user:close_connections()", 1, true))
    assert.is_truthy(message_of(function() connection:close() end):find("connection:disconnect()", 1, true))
    assert.is_truthy(message_of(function() stream:close() end):find("stream:complete()", 1, true))
    for _, object in ipairs { hub, group, user, connection, stream } do
      assert.is_truthy(message_of(function() object:close() end):find("client:close()", 1, true))
    end
  end)
end)

local misuses = {
  { "hub:send: target must be a non-empty string, got nil", function() hub:send() end },
  { "group:send: arguments[1]", function() group:send("t", print) end },
  { "group:send: arguments[1].x: the table contains itself",
    function() local t = {} t.x = t group:send("t", t) end },
  { "user:send: arguments[1]: its keys are neither", function() user:send("t", { 1, nil, 3 }) end },
  { "user:enqueue: arguments[1]: JSON has no azure.signalr.hub (a hub handle)",
    function() user:enqueue("t", hub) end },
  { "stream:send: item: JSON has no azure.signalr.client (a client)", function() stream:send(client) end },
  { "stream:send: item: JSON has no azure.signalr.many (a handle of many)",
    function() stream:send(hub:users { "a" }) end },
  { "stream:send: item[1]: JSON has no azure.signalr.pages (a pages handle)",
    function() stream:send { group:pages() } end },
  { "stream:send: item: JSON has no azure.signalr.command (a command)",
    function() stream:send(signalr.command.close()) end },
  { "connection:send: target", function() connection:send(7) end },
  { "connection:invoke: target", function() connection:invoke() end },
  { "hub:send_list: arguments must be an array, got nil", function() hub:send_list("t") end },
  { "hub:send_list: arguments must be an array, got table", function() hub:send_list("t", { a = 1 }) end },
  { "hub:send_list: target", function() hub:send_list(nil, {}) end },
  { "hub:send_list: arguments", function() hub:send_list("t", { 1, nil, 3 }) end },
  { "hub:send_frames: frames must be a table", function() hub:send_frames("x") end },
  { "hub:send_frames: frames must be a table", function() hub:send_frames {} end },
  { "hub:send_frames: frames.json must be the bytes", function() hub:send_frames { json = 7 } end },
  { "hub:send_frames: frames must be keyed", function() hub:send_frames { "x" } end },
  { "client:hub: hub must be a string, got nil", function() client:hub() end },
  { 'unknown option "aplication"; did you mean "application"?',
    function() client:hub("x", { aplication = "a" }) end },
  { "hub:user: user id must be a string, got azure.signalr.group", function() hub:user(group) end },
  { "hub:user: user id must be a string, got table", function() hub:user(setmetatable({}, { __name = {} })) end },
  { "hub:user: user id must be a string, or a whole number that has not lost digits (up to 2^53), got 1.5",
    function() hub:user(1.5) end },
  { "hub:user: user id must be a string, or a whole number", function() hub:user(2 ^ 60) end },
  { "hub:user: user id must be a string, or a whole number", function() hub:user(0 / 0) end },
  { "hub:user: user id must be a string, got boolean", function() hub:user(true) end },
  { "hub:users: users[2] must be a string, got boolean", function() hub:users { "a", true } end },
  { "group:remove: connection id must be a string, got nil", function() group:remove() end },
  { "user:leave: group must be a string", function() user:leave() end },
  { "user:join: ttl must be a whole number from 0 to 2147483647, got 1.5",
    function() user:join("g", { ttl = 1.5 }) end },
  { "user:join: ttl must be a whole number", function() user:join("g", { ttl = -1 }) end },
  { "user:join: ttl must be a whole number", function() user:join("g", { ttl = "60" }) end },
  { "user:join: ttl must be a whole number", function() user:join("g", { ttl = 0 / 0 }) end },
  { 'user:join: unknown option "tll"; did you mean "ttl"?', function() user:join("g", { tll = 1 }) end },
  { "hub:except: ids must be an array of connection ids, got string", function() hub:except("a") end },
  { "hub:except: ids must be an array without holes or other keys", function() hub:except { a = "b" } end },
  { "user:except does not exist", function() user:except { "a" } end },
  { "connection:except does not exist", function() connection:except { "a" } end },
  { "hub:user: the service excludes connections on hubs and groups only", function() hub:except { "a" }:user("u") end },
  { "hub:connection: the service excludes", function() hub:except { "a" }:connection("u") end },
  { "hub:with: options must be a table, got nil", function() hub:with() end },
  { 'hub:with: unknown option "timout"; did you mean "timeout"?', function() hub:with { timout = 1 } end },
  { "hub:with: timeout must be a number of seconds above 0, got 0", function() hub:with { timeout = 0 } end },
  { "hub:with: timeout must be a number of seconds above 0, got string", function() hub:with { timeout = "1" } end },
  { "hub:with: timeout must be a number of seconds above 0 and at most 3600, got 5000 (milliseconds?)",
    function() hub:with { timeout = 5000 } end },
  { "hub:with: retry: base must be at most 3600 seconds, got 5000 (milliseconds?)",
    function() hub:with { retry = { base = 5000 } } end },
  { "hub:with: retry must be false or a table", function() hub:with { retry = 3 } end },
  { 'hub:with: retry: unknown option "maxx"; did you mean "max"?', function() hub:with { retry = { maxx = 3 } } end },
  { "hub:with: max_response must be a whole number", function() hub:with { max_response = 0 } end },
  { "hub:with: on_attempt must be a function, got boolean", function() hub:with { on_attempt = true } end },
  { "hub:close_connections: reason must be a string", function() hub:close_connections { reason = 7 } end },
  { "hub:close_connections: except must be an array", function() hub:close_connections { except = "x" } end },
  { "hub:close_connections: options must be a plain table, got string", function() hub:close_connections("x") end },
  { "stream:complete: reason must be a string", function() stream:complete { "x" } end },
  { "stream:send: item", function() stream:send(print) end },
  { "hub:execute: commands must be an array", function() hub:execute(nil, { everyone = true }) end },
  { "hub:execute: commands must be an array", function() hub:execute({}, { everyone = true }) end },
  { "hub:execute: commands must be an array",
    function() hub:execute(signalr.command.join("g"), { everyone = true }) end },
  { "hub:execute: commands[1] must be made by signalr.command",
    function() hub:execute({ { type = "JoinGroup" } }, { everyone = true }) end },
  { 'hub:execute: give either filter = "..." or everyone = true',
    function() hub:execute { signalr.command.join("g") } end },
  { "not both", function() hub:execute({ signalr.command.join("g") }, { everyone = true, filter = "x" }) end },
  { 'hub:execute: give either filter = "..." or everyone = true',
    function() hub:execute({ signalr.command.join("g") }, { everyone = false }) end },
  { "hub:execute takes no excluded connections",
    function() hub:except { "a" }:execute({ signalr.command.join("g") }, { everyone = true }) end },
  { "HubProxy_Execute takes no application",
    function() client:hub("x", { application = "a" }):execute({ signalr.command.join("g") }, { everyone = true }) end },
  { "HubProxy_GenerateClientToken takes no application",
    function() client:hub("x", { application = "a" }):client_token() end },
  { "hub:client_token: expires_in is in seconds, but the service counts whole minutes",
    function() hub:client_token { expires_in = 90 } end },
  { "hub:client_token: expires_in must be a whole number from 60 to 2147483647, got 30",
    function() hub:client_token { expires_in = 30 } end },
  { "hub:client_token: expires_in must be a whole number", function() hub:client_token { expires_in = 6e300 } end },
  { "command.leave: group must be a string", function() signalr.command.leave() end },
  { "command.close: reason must be a string", function() signalr.command.close(7) end },
  { "group:list: page_size must be a whole number from 1 to 200, got 201",
    function() group:list { page_size = 201 } end },
  { "group:pages: top must be a whole number", function() group:pages { top = 0 } end },
  { "group:connections: token must be a string", function() group:connections { token = 7 } end },
  { 'group:pages: unknown option "pagesize"; did you mean "page_size"?', function() group:pages { pagesize = 1 } end },
  { "client:request: method is missing", function() client:request { path = "/x" } end },
  { "client:request: options are missing", function() client:request() end },
  { "client:request: path is missing", function() client:request { method = "GET" } end },
  { "client:request: method must be GET", function() client:request { method = "get", path = "/x" } end },
  { "client:request: path must begin with /", function() client:request { method = "GET", path = "x" } end },
  { "client:request: path must begin with /", function() client:request { method = "GET", path = "/x?y" } end },
  { "client:request: path must begin with /", function() client:request { method = "GET", path = "/a b" } end },
  { "client:request: path must begin with /", function() client:request { method = "GET", path = "/a%2" } end },
  { "client:request: body[1]: ", function() client:request { method = "POST", path = "/a", body = { print } } end },
  { 'client:request: query["a"] must be a string',
    function() client:request { method = "GET", path = "/a", query = { a = print } } end },
}

describe("misuse", function()
  for i, case in ipairs(misuses) do
    it(("%d throws: %s"):format(i, case[1]), function()
      local message = message_of(case[2])
      assert.is_truthy(message:find("^%.?/?spec/unit/check_spec%.lua:%d+: "), message)
      assert.is_truthy(message:find(case[1], 1, true), message)
    end)
  end

  it("sends nothing", function()
    local other, transport = recorded()
    for _, call in ipairs {
      function() other:hub("chat"):send() end,
      function() other:hub("chat"):group({}):send("t") end,
      function() other:hub("chat"):user("u"):join("g", { ttl = 1.5 }) end,
    } do assert.is_false(pcall(call)) end
    assert.are.equal(0, #transport.requests)
  end)
end)

describe("a closed client", function()
  local closed, transport = recorded()
  local chat = closed:hub("chat")
  local pages = chat:group("g"):pages()
  assert(closed:close() and closed:close())

  it("closes its transport once", function() assert.is_true(transport.closed) end)

  it("throws at every use", function()
    for _, use in ipairs {
      function() chat:send("t") end,
      function() chat:group("g"):list() end,
      function() pages:next() end,
      function() chat:negotiate() end,
      function() closed:health() end,
      function() closed:hub("chat"):send("t") end,
      function() closed:request { method = "GET", path = "/api/health" } end,
      function() closed:spawn(print) end,
      function() closed:drain(0) end,
      function() chat:enqueue("t") end,
      function() chat:users { "a" }:send("t") end,
      function() chat:user(".."):send("t") end,
    } do
      local message = message_of(use)
      assert.is_truthy(message:find("check_spec.lua:", 1, true))
      assert.is_truthy(message:find("the client is closed", 1, true), message)
    end
  end)

  it("is told by the name of the method that was called", function()
    assert.is_truthy(message_of(function() chat:send("t") end):find("hub:send: the client is closed", 1, true))
    assert.is_truthy(message_of(function() chat:user("u"):join("g") end):find("user:join: the client is", 1, true))
    assert.is_truthy(message_of(function() closed:drain(0) end):find("client:drain: the client is closed", 1, true))
    assert.is_truthy(message_of(function() pages:next() end):find("pages:next: the client is closed", 1, true))
  end)

  it("says so", function() assert.is_truthy(tostring(closed):find("(closed)", 1, true)) end)
end)

describe("signalr.command", function()
  it("shows what makes commands, and nothing of the inside", function()
    local names = {}
    for name in pairs(signalr.command) do names[#names + 1] = name end
    table.sort(names)
    assert.are.same({ "close", "join", "leave", "send" }, names)
  end)
end)

describe("check.nearest", function()
  it("finds what was meant, and nothing when nothing was", function()
    local known = { timeout = 1, retry = 1, max_response = 1 }
    assert.are.equal("timeout", check.nearest("timeOut", known))
    assert.are.equal("max_response", check.nearest("maxresponse", known))
    assert.is_nil(check.nearest("colour", known))
  end)

  it("lists what is known otherwise", function()
    local message = message_of(function() hub:with { colour = 1 } end)
    assert.is_truthy(message:find("known: max_response, on_attempt, retry, timeout", 1, true), message)
    message = message_of(function() testing.transport { 5 } end)
    assert.is_truthy(message:find("unknown option 1", 1, true), message)
  end)
end)
