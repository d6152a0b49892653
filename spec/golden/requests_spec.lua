-- SPDX-License-Identifier: MIT
-- What Microsoft's management SDK was recorded to send, against what this client sends for the same call. Known
-- differences: a fractional ttl is refused here; whole floats have no fraction.
local cjson = require "cjson"
local signalr = require "azure.signalr"
local canonical = require "spec.support.json_same"
local int64 = require "spec.support.int64"
local recorded = require "spec.support.recorded"

local null = signalr.null

local function controls()
  local all = {}
  for i = 0, 31 do all[#all + 1] = string.char(i) end
  return table.concat(all)
end

-- The arguments of the recorded payloads, built by hand. long-string and the escapes of targets take the rest.
local payloads = {
  ["no-args"] = {},
  ["null"] = { null },
  ints = { 0, 1, -1, 2147483647, -2147483648 },
  bigints = {
    int64 "9007199254740993", int64 "-9007199254740993", int64 "9223372036854775807",
    int64 "-9223372036854775807" - 1, signalr.uint64 "18446744073709551615",
  },
  ["control-00-1f"] = { controls() },
  nested = {
    { a = { 1, { 2, { b = null, ["é"] = "日本" } } }, B = true, ['with "quote"'] = 0.1 },
  },
  ["array-only"] = { { 1, "two", null, 3.5 } },
  poco = { { FirstName = "Ada", itemCount = 2, Nothing = null } },
  anonymous = { { Sender = "s", text = "t", Nested = { Inner = 1 } } },
  ["net-types"] = {
    "2024-01-02T03:04:05Z", "2024-01-02T03:04:05+08:00", "00112233-4455-6677-8899-aabbccddeeff", "AAH+/w==",
    "00:01:30", 7, "c", "http://x/y?z",
  },
  jtoken = { { a = { 1, 2.0, null, "x" }, A = {} } },
  ["target-escaping"] = { 1 },
  ["args-is-null"] = null,
}

local function known(value)
  if value ~= cjson.null then return value end
end

local function payload_of(line)
  local name = line.args.payload
  if name == "long-string" then return { (cjson.decode(line.body.argumentsJson)[1]) } end
  return payloads[name]
end

local calls = {
  sendAll = function(hub, args, line)
    local payload = payload_of(line)
    assert(payload ~= nil, args.payload)
    if payload == null then return "arguments of null are no array: refused" end
    return hub:send_list(args.target, payload)
  end,
  sendAllExcept = function(hub, args) return hub:except(args.excluded):send_list(args.target, args.args) end,
  sendGroup = function(hub, args) return hub:group(args.group):send_list(args.target, args.args) end,
  sendGroupExcept = function(hub, args)
    return hub:group(args.group):except(args.excluded):send_list(args.target, args.args)
  end,
  groupExists = function(hub, args) return hub:group(args.group):exists() end,
  sendUser = function(hub, args) return hub:user(args.user):send_list(args.target, args.args) end,
  userExists = function(hub, args) return hub:user(args.user):exists() end,
  sendConnection = function(hub, args)
    return hub:connection(args.connection):send_list(args.target, args.args)
  end,
  closeConnection = function(hub, args)
    return hub:connection(args.connection):disconnect { reason = known(args.reason) }
  end,
  connectionExists = function(hub, args) return hub:connection(args.connection):exists() end,
  addConnectionToGroup = function(hub, args) return hub:group(args.group):add(args.connection) end,
  removeConnectionFromGroup = function(hub, args) return hub:group(args.group):remove(args.connection) end,
  removeConnectionFromAllGroups = function(hub, args) return hub:connection(args.connection):leave_all() end,
  addUserToGroup = function(hub, args)
    return hub:user(args.user):join(args.group, { ttl = known(args.ttlSeconds) })
  end,
  removeUserFromGroup = function(hub, args) return hub:user(args.user):leave(args.group) end,
  removeUserFromAllGroups = function(hub, args) return hub:user(args.user):leave_all() end,
  userInGroup = function(hub, args) return hub:user(args.user):in_group(args.group) end,
  health = function(_, _, _, client) return client:health() end,
}

-- Names and values of a query in an order that does not depend on the order of different names.
local function query_set(query)
  local by_name, names = {}, {}
  for pair in query:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=(.*)$")
    if not by_name[name] then
      by_name[name] = {}
      names[#names + 1] = name
    end
    table.insert(by_name[name], value)
  end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = name .. "=" .. table.concat(by_name[name], ",") end
  return table.concat(names, "&")
end

local function split(target)
  local path, query = target:match("^([^?]*)%??(.*)$")
  return path, query_set(query)
end

local function compare(line, request)
  assert.are.equal(line.method, request.method)
  local path, query = split(line.path)
  local our_path, our_query = split(request.url:gsub("^https://[^/]*", ""))
  assert.are.equal(path, our_path)
  assert.are.equal(query, our_query)
  if not line.body then return assert.is_nil(request.body) end
  assert.are.equal("application/json", request.headers["content-type"])
  assert.are.equal(canonical(('{"target":%s,"arguments":%s}'):format(
    cjson.encode(line.body.target), line.body.argumentsJson)), canonical(request.body))
end

describe("recorded requests", function()
  local number = 0
  for text in io.lines("spec/golden/requests.jsonl") do
    number = number + 1
    local line = cjson.decode(text)
    it(("%d: %s"):format(number, line.call), function()
      local client, transport = recorded()
      local hub = client:hub(line.hub, { application = known(line.application) })
      local ttl = known(line.args.ttlSeconds)
      if ttl and ttl % 1 ~= 0 then
        assert.has_error(function() calls[line.call](hub, line.args, line, client) end)
        return
      end
      local ok, err = calls[line.call](hub, line.args, line, client)
      assert(ok, err)
      if type(ok) == "string" then
        assert.has_error(function() hub:send_list(line.args.target, null) end)
        return
      end
      assert.is_true(ok)
      compare(line, transport.requests[1])
    end)
  end

  it("are the 175 of the recording", function() assert.are.equal(175, number) end)
end)
