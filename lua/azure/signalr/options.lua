-- SPDX-License-Identifier: MIT
--- Options: closed, copied, frozen.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local proxy = require "azure.signalr.proxy"

local M = {}

local where_new = "signalr.new"

local function url(value, where, name)
  check.some_text(value, where, name)
  local parsed, problem = core.parse_url(value)
  if not parsed then check.fail("%s: %s must be an http or https URL: %s", where, name, problem) end
  if parsed.query then check.fail("%s: %s must not have a query", where, name) end
end

local function one_of(word)
  return function(value, where, name)
    if value ~= word then check.fail("%s: %s must be %q or absent", where, name, word) end
  end
end

local retry_options = { max = check.integer(0, 100), base = check.pause, cap = check.pause }

local function retry(value, where, name)
  if value == false then return end
  if type(value) ~= "table" then
    check.fail("%s: %s must be false or a table with max, base, cap, got %s", where, name, check.kind_of(value))
  end
  check.options(value, retry_options, where .. ": " .. name)
end

local function policy(value, where, name)
  if value ~= "refuse" and value ~= "drop_oldest" then
    check.fail("%s: %s must be \"refuse\" or \"drop_oldest\"", where, name)
  end
end

local transport_methods = { "send", "sleep", "now", "time", "close" }

local function transport(value, where, name)
  if type(value) ~= "table" and type(value) ~= "userdata" then
    check.fail("%s: %s must be an object with the transport's methods, got %s", where, name, check.kind_of(value))
  end
  for _, method in ipairs(transport_methods) do
    if not value[method] then check.fail("%s: %s has no method %s", where, name, method) end
  end
end

local whole = check.integer
local boolean, func = check.type("boolean"), check.type("function")

-- Of one call; also the defaults for all calls.
local call_options = {
  timeout = check.seconds,
  retry = retry,
  max_response = whole(1, 2 ^ 31),
  on_attempt = func,
}

-- An option of earlier versions.
local function gone(why)
  return function(_, where, name) check.fail("%s: the option %s is gone: %s", where, name, why) end
end

local client_options = {
  connection_string = check.some_text,
  endpoint = url,
  access_key = check.some_text,
  token_provider = func,
  client_endpoint = url,
  server_endpoint = url,
  application = check.hub,
  connect_timeout = check.seconds,
  http2 = gone "HTTP/1.1 over kept connections cost less in every measurement; leave it out",
  max_connections = whole(1, 10000),
  max_in_flight = whole(1, 1000000),
  ca_file = check.some_text,
  ca_path = check.some_text,
  verify = boolean,
  proxy = check.some_text,
  token_lifetime = whole(2, 3600),
  bare_404 = one_of("absent"),
  big_integers = one_of("string"),
  transport = transport,
  io_thread = boolean,
  on_error = func,
  queue_limit = whole(1, 1000000),
  queue_bytes = whole(1, 2 ^ 40),
  queue_policy = policy,
  ordered = boolean,
  drain_timeout = check.seconds,
  spawn_yield = func,
}
for name, rule in pairs(call_options) do client_options[name] = rule end

local defaults = {
  timeout = 30,
  connect_timeout = 5,
  max_connections = 64,
  max_in_flight = 10000,
  max_response = 4194304,
  verify = true,
  io_thread = false,
  queue_limit = 10000,
  queue_bytes = 67108864,
  queue_policy = "refuse",
  ordered = false,
  token_lifetime = 3600,
}

local default_retry = { max = 3, base = 0.2, cap = 5 }

local function merge_retry(current, given)
  if given == false then return false end
  local merged = {}
  for _, values in ipairs { default_retry, current or {}, given or {} } do
    for name, value in pairs(values) do merged[name] = value end
  end
  return merged
end

--- Merges options of a call into those in force.
-- @tparam table current
-- @tparam table given
-- @tparam string where
-- @treturn table new settings
function M.merge_call(current, given, where)
  if given == nil then check.fail("%s: options must be a table, got nil", where) end
  check.options(given, call_options, where)
  local merged = {}
  for name, value in pairs(current) do merged[name] = value end
  for name, value in pairs(given) do merged[name] = value end
  if given.retry ~= nil then merged.retry = merge_retry(current.retry, given.retry) end
  return merged
end

local function freeze(values)
  return setmetatable({}, {
    __name = "azure.signalr.options",
    __index = values,
    __newindex = function(_, name) error(("options are frozen: %s cannot be set"):format(tostring(name)), 2) end,
    __metatable = false,
  })
end

local function read_connection_string(text)
  local parsed, problem = core.parse_connection_string(text)
  if not parsed then check.fail("%s: %s", where_new, problem) end
  return parsed
end

local function read_proxy(text)
  local found, problem = proxy.of(text)
  if problem then check.fail("%s: proxy %s", where_new, problem) end
  return found
end

local function sources(values)
  if values.connection_string then
    if values.endpoint or values.access_key then
      check.fail("%s: connection_string and %s exclude each other", where_new,
        values.endpoint and "endpoint" or "access_key")
    end
    return read_connection_string(values.connection_string)
  end
  if not values.endpoint then check.fail("%s: connection_string or endpoint is missing", where_new) end
  return { endpoint = values.endpoint, access_key = values.access_key }
end

local function check_credential(source, values)
  if source.access_key and values.token_provider then
    check.fail("%s: an access key and token_provider exclude each other", where_new)
  end
  if source.access_key or values.token_provider then return end
  if source.auth_type then
    check.fail("%s: AuthType=%s needs the option token_provider = function(scope) return token, expires_at end, "
      .. "which fetches a token of Microsoft Entra ID", where_new, source.auth_type)
  end
  check.fail("%s: access_key or token_provider is missing", where_new)
end

--- Reads the options of a client.
-- @param given a connection string, or a table
-- @treturn table frozen options, without any secret
-- @treturn table secrets: access_key or token_provider
-- @treturn table settings of calls
function M.read(given)
  if type(given) == "string" then given = { connection_string = given } end
  if type(given) ~= "table" then
    check.fail("%s: a connection string or a table of options is needed, got %s (is the environment variable set?)",
      where_new, check.kind_of(given))
  end
  check.options(given, client_options, where_new)
  local values = {}
  for name, value in pairs(defaults) do values[name] = value end
  for name, value in pairs(given) do values[name] = value end
  local source = sources(values)
  check_credential(source, values)
  local secrets = { access_key = source.access_key, token_provider = values.token_provider }
  values.connection_string, values.access_key, values.token_provider = nil, nil, nil
  values.endpoint = source.endpoint:gsub("/+$", "")
  values.client_endpoint = (values.client_endpoint or source.client_endpoint or values.endpoint):gsub("/+$", "")
  values.server_endpoint = values.server_endpoint or source.server_endpoint
  values.proxy = read_proxy(values.proxy)
  values.application = values.application and core.lower(values.application)
  values.retry = merge_retry(nil, values.retry)
  local settings = {}
  for name in pairs(call_options) do settings[name] = values[name] end
  if values.retry then values.retry = freeze(values.retry) end
  return freeze(values), secrets, settings
end

return M
