-- SPDX-License-Identifier: MIT
-- A hub client as a process: one JSON line for every event on its output,
-- commands on its input. Arguments, items and results are printed as strings
-- that hold the JSON text exactly as it was received.
local cqueues = require "cqueues"
local cqueues_socket = require "cqueues.socket"
local argparse = require "argparse"
local hubclient = require "azure.signalr.hubclient"
local json = require "azure.signalr.hubclient.json_text"
local version = require "azure.signalr.hubclient.version"

local M = {}

M.commands = [=[
Commands on standard input, one a line; ARGUMENTS, JSON and ITEM are JSON text:
  connect [URL [TOKEN]]            connect (again), with the last URL and token if none is given
  leave                            say goodbye and close the connection
  stream ID TARGET [ARGUMENTS]     open a stream; items and its completion follow
  cancel ID                        ask for the end of a stream
  invoke ID TARGET [ARGUMENTS]     call a hub method
  answer TARGET JSON               from now on, answer invocations of TARGET with this value
  answer TARGET                    ... with no value
  refuse TARGET TEXT               ... with an error
  ignore TARGET                    ... not at all
  quit                             leave and exit, as at the end of the input]=]

-- Names of an event's fields in the order they are printed.
local FIELDS = {
  { "connection_id", "connectionId" }, { "target", "target" }, { "id", "id" }, { "arguments", "arguments" },
  { "item", "item" }, { "result", "result" }, { "error", "error" }, { "allow_reconnect", "allowReconnect" },
  { "clean", "clean" }, { "message", "message" },
}

--- Writes an event as one line of JSON.
-- @tparam table event as the hub client tells it
-- @treturn string the line without its end
function M.line(event)
  local parts = { '{"event":' .. json.quote(event.event) }
  for _, field in ipairs(FIELDS) do
    local value = event[field[1]]
    if type(value) == "string" then value = json.quote(value) end
    if value ~= nil then parts[#parts + 1] = json.quote(field[2]) .. ":" .. tostring(value) end
  end
  return table.concat(parts, ",") .. "}"
end

local function print_event(event)
  io.stdout:write(M.line(event), "\n")
  io.stdout:flush()
end

-- The client's answer to an invocation that wants one.
local function answer(self, event)
  local rule = self.rules[event.target]
  if not rule then return self.client:fail(event.id, "Client didn't provide a result.") end
  if rule.ignore then return end
  if rule.error then return self.client:fail(event.id, rule.error) end
  return self.client:complete(event.id, rule.result)
end

local function on_event(self, event)
  print_event(event)
  if event.event == "invocation" and event.id then answer(self, event) end
end

local verbs = {}

function verbs.connect(self, rest)
  local url, token = rest:match("^([^ \t]+)[ \t]*([^ \t]*)$")
  if url then
    self.options.url = url
    self.options.access_token = token ~= "" and token or nil
  end
  if not self.options.url then return nil, "connect: no URL was given" end
  if self.client then self.client:close() end
  local client = hubclient.new(self.options)
  local ok, why = client:connect()
  if not ok then return nil, why end
  self.client = client
  client:start(self.queue)
  return true
end

function verbs.leave(self)
  self.client:close()
  return true
end

function verbs.stream(self, rest)
  local id, target, arguments = rest:match("^([^ \t]+)[ \t]+([^ \t]+)[ \t]*(.*)$")
  if not id then return nil, "stream wants an id and a target" end
  return self.client:stream(id, target, arguments ~= "" and arguments or nil)
end

function verbs.invoke(self, rest)
  local id, target, arguments = rest:match("^([^ \t]+)[ \t]+([^ \t]+)[ \t]*(.*)$")
  if not id then return nil, "invoke wants an id and a target" end
  return self.client:invoke(id, target, arguments ~= "" and arguments or nil)
end

function verbs.cancel(self, rest)
  return self.client:cancel(rest)
end

local function rule(make)
  return function(self, rest)
    local target, value = rest:match("^([^ \t]+)[ \t]*(.*)$")
    if not target then return nil, "a target is wanted" end
    self.rules[target] = make(value ~= "" and value or nil)
    return true
  end
end
verbs.answer = rule(function(value) return { result = value } end)
verbs.refuse = rule(function(value) return { error = value or "refused" } end)
verbs.ignore = rule(function() return { ignore = true } end)

local NEED_CONNECTION = { leave = true, stream = true, invoke = true, cancel = true }

-- Obeys one command; what goes wrong becomes an event.
local function obey(self, line)
  local verb, rest = line:gsub("[ \t\r]+$", ""):match("^[ \t]*([^ \t]+)[ \t]*(.*)$")
  if not verb then return end
  local ok, why
  if not verbs[verb] then why = "unknown command " .. verb
  elseif NEED_CONNECTION[verb] and not self.client then why = verb .. ": not connected"
  else ok, why = verbs[verb](self, rest) end
  if not ok then print_event{ event = "failed", message = why } end
  return ok
end

local function read_commands(self)
  -- Nothing on the input (a closed descriptor) is the same as its end.
  local input = cqueues_socket.fdopen(0)
  if input then
    input:setmode("bn", "bn")
    for line in input:lines("*l") do
      if line == "quit" then break end
      obey(self, line)
    end
  end
  if self.client then self.client:close() end
  self.finished = true
end

local function tls_context(args)
  if not (args.ca_file or args.insecure) then return nil end
  local context = require "http.tls".new_client_context()
  if args.insecure then context:setVerify(require "openssl.ssl.context".VERIFY_NONE) end
  if args.ca_file then
    local store = require "openssl.x509.store".new()
    store:add(args.ca_file)
    context:setStore(store)
  end
  return context
end

local function parser()
  local p = argparse("signalr-listen", "Connects to a SignalR hub and prints what happens, one line of JSON an event.")
  p:epilog(M.commands)
  p:option("--url", "a hub's client URL (negotiates there); without it, wait for the command connect")
  p:option("--token", "access token for that URL")
  p:option("--answer", "TARGET=JSON: answer invocations of TARGET with this value"):count("*")
  p:option("--timeout", "seconds for each step of connecting"):convert(tonumber):default("10")
  p:option("--keep-alive", "seconds of own silence until a ping"):convert(tonumber):default("15")
  p:option("--server-timeout", "seconds of the server's silence until giving up"):convert(tonumber):default("30")
  p:option("--ca-file", "certificate authority to trust, in PEM")
  p:flag("--insecure", "do not verify the server's certificate")
  p:flag("--skip-negotiation", "open the WebSocket at once")
  p:flag("--version", "say which version this is, and end"):action(function()
    io.stdout:write("signalr-listen ", version, "\n")
    os.exit(0)
  end)
  return p
end

local function drive(self)
  while not self.finished do
    -- A coroutine that ended by an error takes its part with it; the rest goes on.
    local ok, why = self.queue:step(1)
    if not ok then print_event{ event = "failed", message = tostring(why) } end
  end
end

--- Runs the process.
-- @tparam table words its command line
-- @treturn integer its exit status
function M.main(words)
  local args = parser():parse(words)
  local self = { rules = {}, queue = cqueues.new() }
  self.options = { url = args.url, access_token = args.token, skip_negotiation = args.skip_negotiation,
    timeout = args.timeout, keep_alive = args.keep_alive, server_timeout = args.server_timeout,
    tls_context = tls_context(args), on_event = function(event) on_event(self, event) end }
  for _, text in ipairs(args.answer) do obey(self, "answer " .. text:gsub("=", " ", 1)) end
  local status = 0
  self.queue:wrap(function()
    if args.url and not obey(self, "connect") then
      status, self.finished = 1, true
      return
    end
    read_commands(self)
  end)
  drive(self)
  return status
end

return M
