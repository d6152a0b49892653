-- SPDX-License-Identifier: MIT
-- All public methods and functions, each with arguments that are right, for specs that go over all of them. A spec
-- compares the table with the classes, so that a method that is added is tried as well.
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"

local M = {}

local function noop() end
local function command() return signalr.command.join("g") end

-- Method -> how many arguments it declares (false: any number), arguments that are right, whether it asks the service.
local function row(declared, arguments, asks) return { declared = declared, arguments = arguments, asks = asks } end
local function asks(declared, ...) return row(declared, { ... }, true) end
local function makes(declared, ...) return row(declared, { ... }, false) end

local function sends(other)
  local methods = {
    send = asks(false, "t"), send_list = asks(2, "t", { 1 }), send_frames = asks(1, { json = "x" }),
  }
  for name, one in pairs(other) do methods[name] = one end
  return methods
end

local sleeping = makes(1, 0)

M.methods = {
  client = {
    hub = makes(2, "chat"), health = asks(0), access_key = asks(0), with = makes(1, {}),
    request = asks(1, { method = "GET", path = "/x" }),
    spawn = makes(false, noop), step = sleeping, run = makes(0), sleep = sleeping, now = makes(0),
    wrap = makes(1, noop), adopt = makes(1), pollfd = makes(0), getfd = makes(0), events = makes(0),
    timeout = makes(0), drain = sleeping, queue_stats = makes(0), close = makes(0),
  },
  hub = sends {
    enqueue = asks(false, "t"), except = makes(1, { "c" }), with = makes(1, {}), group = makes(1, "g"),
    user = makes(1, "u"), connection = makes(1, "c"), users = makes(2, { "u" }), groups = makes(2, { "g" }),
    connections = makes(2, { "c" }), close_connections = asks(1), execute = asks(2, { command() }, { everyone = true }),
    client_token = asks(1), negotiate = asks(1),
  },
  group = sends {
    enqueue = asks(false, "t"), except = makes(1, { "c" }), with = makes(1, {}), add = asks(1, "c"),
    remove = asks(1, "c"), exists = asks(0), close_connections = asks(1), members = asks(1), connections = asks(1),
    list = asks(1), pages = makes(1),
  },
  user = sends {
    enqueue = asks(false, "t"), with = makes(1, {}), join = asks(2, "g"), leave = asks(1, "g"), leave_all = asks(0),
    in_group = asks(1, "g"), exists = asks(0), close_connections = asks(1),
  },
  connection = sends {
    enqueue = asks(false, "t"), with = makes(1, {}), invoke = asks(false, "t"), stream = makes(1, "s"),
    exists = asks(0), disconnect = asks(1), leave_all = asks(0),
  },
  stream = { send = asks(1, 1), send_last = asks(1, 1), complete = asks(1), with = makes(1, {}) },
  many = sends {},
  pages = { next = asks(0) },
  handle = { done = makes(0), result = makes(0), cancel = makes(0), wait = sleeping },
}

M.functions = {
  ["signalr.new"] = { signalr.new, 2, "Endpoint=http://localhost:1;AccessKey=k" },
  ["signalr.all"] = { signalr.all, 2, { noop } },
  ["command.join"] = { signalr.command.join, 1, "g" },
  ["command.leave"] = { signalr.command.leave, 1, "g" },
  ["command.close"] = { signalr.command.close, 1 },
  ["signalr.array"] = { signalr.array, 2, {} },
  ["signalr.object"] = { signalr.object, 1, {} },
  ["signalr.float"] = { signalr.float, 1, 1 },
  ["signalr.uint64"] = { signalr.uint64, 1, "1" },
  ["signalr.raw_json"] = { signalr.raw_json, 1, "1" },
  ["testing.transport"] = { testing.transport, 1 },
  ["testing.client"] = { testing.client, 2, testing.transport() },
}

-- What the operations answer where an empty body would not do.
local bodies = {
  Auth_GetAccessKey = '{"AccessKey":"k","KeyId":"1"}', HubProxy_GenerateClientToken = '{"token":"t"}',
  HubProxy_ListConnectionsInGroup = '{"value":[]}',
}

local open = {}

--- Closes the clients that were made here.
function M.close()
  for _, client in ipairs(open) do client:close() end
  open = {}
end

--- A client on a recording transport, with an object of each class.
-- @treturn table class name -> object
-- @treturn table transport
function M.objects()
  local transport = testing.transport {
    respond = function(request) return { status = 200, body = bodies[request.operation] } end,
  }
  local client = testing.client(transport)
  open[#open + 1] = client
  local hub = client:hub("chat")
  local connection = hub:connection("c")
  return {
    client = client, hub = hub, group = hub:group("g"), user = hub:user("u"), connection = connection,
    stream = connection:stream("s"), many = hub:users { "u" }, pages = hub:group("g"):pages(),
    handle = client:spawn(noop),
  }, transport
end

--- Calls fn(class, method, row) for each method, in order.
function M.each(fn)
  local classes = {}
  for class in pairs(M.methods) do classes[#classes + 1] = class end
  table.sort(classes)
  for _, class in ipairs(classes) do
    local names = {}
    for name in pairs(M.methods[class]) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do fn(class, name, M.methods[class][name]) end
  end
end

return M
