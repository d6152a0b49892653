-- SPDX-License-Identifier: MIT
--- The client: one for each endpoint, shared by everything that uses it. Made by signalr.new.
local call = require "azure.signalr.call"
local check = require "azure.signalr.check"
local credential = require "azure.signalr.credential"
local enqueue = require "azure.signalr.enqueue"
local errors = require "azure.signalr.errors"
local handle = require "azure.signalr.handle"
local hub = require "azure.signalr.hub"
local loop = require "azure.signalr.loop"
local op = require "azure.signalr.operations"
local options = require "azure.signalr.options"
local outbox = require "azure.signalr.outbox"
local raw = require "azure.signalr.raw"
local router = require "azure.signalr.router"
local transports = require "azure.signalr.transport"

local M = {}

local Client = handle.class("client", { endpoint = "endpoint", context = "context" }, function(it)
  return it.endpoint .. (it.context.closed and " (closed)" or "")
end)
Client.__what = "a client"
local methods = Client.__index
local ask, open = handle.ask, handle.open
loop.extend(Client)
enqueue.extend(Client)

--- Makes a client.
-- @param given a connection string, or a table of options (docs/guide.md has them all)
-- @tparam table|nil more behind a connection string: the other options
-- @treturn table client
function M.new(given, more, ...)
  check.count("signalr.new", 2, ...)
  local config, secrets, settings = options.read(given, more)
  local context = {
    config = config,
    router = router.new(config.endpoint, config.server_endpoint),
    credential = secrets.access_key and credential.access_key(secrets.access_key, config.token_lifetime)
      or credential.provider(secrets.token_provider),
    transport = config.transport or transports.default(config),
    closed = false,
  }
  context.drafts, context.agent = context.transport.exchange ~= nil, credential.agent
  context.scheduler = loop.scheduler(context.transport, config)
  outbox.open(context)
  return handle.dress(Client, { context = context, settings = settings, endpoint = config.endpoint })
end

--- A hub of the service.
-- @tparam string name letters, digits and _ ` , . [ ], at most 128; lower-cased. One that is none is told to the calls.
-- @tparam table|nil given application
-- @treturn table a hub handle
function methods:hub(name, given, ...)
  return hub.new(ask(self, Client, "client:hub", 2, ...), name, given)
end

--- Whether the service is there. It answers anybody, so this says nothing about the key; the request is signed where
-- an access key is at hand (Microsoft's emulator wants that), and no token is fetched for it.
-- API operation: HealthApi_GetServiceStatus.
-- @treturn true|nil
-- @treturn table error
function methods:health(...)
  return handle.call(ask(self, Client, "client:health", 0, ...), op.HealthApi_GetServiceStatus)
end

--- Asks for an access key that is good for an hour; tokens signed with it carry its key id.
-- API operation: Auth_GetAccessKey.
-- @treturn table|nil access_key, key_id
-- @treturn table error
function methods:access_key(...)
  return handle.call(ask(self, Client, "client:access_key", 0, ...), op.Auth_GetAccessKey)
end

--- Sends a request that this library has no method for, signed like the rest.
-- @tparam table given method, path (percent-encoded, begins with "/"), query (name -> string, number, boolean or
-- array of them; api-version is added if absent), body (JSON text, or any other value to be written as JSON)
-- @treturn table|nil status, headers (lower-case names), body
-- @treturn table error for every status but 2xx
function methods:request(given, ...)
  local it = ask(self, Client, "client:request", 1, ...)
  local row, req, problem = raw.build(given, it.context.router, "client:request")
  if problem then return nil, errors.invalid(row.id, problem) end
  return call.run(it.context, row, req, it.settings)
end

--- The same client with other options for its calls (see hub:with).
-- @tparam table given
-- @treturn table another client handle on the same connections
function methods:with(given, ...)
  return handle.with(open(self, Client, "client:with", 1, ...), given, "client:with")
end

--- Releases connections and the key; may be called again. Every later call throws. Messages that are still in the
-- queue are lost: on_error is told of each (client:drain sends them before).
-- @treturn true
-- @treturn table|nil what the queue did not deliver since the last drain: see client:drain
function methods:close(...)
  local context = open(self, Client, "client:close", 0, ...).context
  if not context.closed then loop.stop_all(context) end
  if not context.closed then
    context.closed = true
    loop.close(context)
    context.transport:close()
    context.queue:close()
    context.credential:close()
    if context.lent then context.lent:clear() end
    local undelivered = enqueue.undelivered(context)
    if undelivered then return true, undelivered end
  end
  return true
end

-- For <close> of Lua 5.4, which hands over the error, too.
function Client.close(self) methods.close(self) end

return M
