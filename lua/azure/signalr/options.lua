-- SPDX-License-Identifier: MIT
--- Options: closed, copied, frozen.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"
local names = require "azure.signalr.names"
local proxy = require "azure.signalr.proxy"

local M = {}

local error, ipairs, pairs, pcall, setmetatable = error, ipairs, pairs, pcall, setmetatable
local tostring, type = tostring, type
local find, format, gsub, sub = globals.string.find, globals.string.format, globals.string.gsub, globals.string.sub

local where_new = "signalr.new"
local limits, defaults = core.limits, core.defaults

local function url(value, where, name)
  local _, problem = check.some_text(value, where, name)
  if problem then return value, problem end
  if find(value, "[Ee][Nn][Dd][Pp][Oo][Ii][Nn][Tt][ \t]*=") then
    check.fail("%s: %s looks like a connection string: give that as connection_string", where, name)
  end
  local parsed, why = core.parse_url(value)
  if not parsed then
    check.fail("%s: %s must be an http or https URL, as in https://contoso.service.signalr.net: %s", where, name,
      (gsub(why, "^URL ", "it ")))
  end
  if parsed.query then check.fail("%s: %s must not have a query", where, name) end
end

local function key(value, where, name)
  local _, problem = check.some_text(value, where, name)
  if problem then return value, problem end
  if find(value, "[Ee][Nn][Dd][Pp][Oo][Ii][Nn][Tt][ \t]*=") then
    check.fail("%s: %s looks like a connection string: give that as connection_string", where, name)
  end
  if find(value, "^[ \t-\r]") or find(value, "[ \t-\r]$") then
    check.fail("%s: %s begins or ends with white space, which would be part of it: leave that out", where, name)
  end
  if find(value, "^[\"']") then check.fail("%s: %s is in quotes, which would be part of it", where, name) end
  if core.lower(sub(value, 1, 10)) == "accesskey=" then
    check.fail('%s: %s is what stands behind "AccessKey=": leave that out', where, name)
  end
end

local function one_of(word)
  return function(value, where, name)
    if value ~= word then check.fail('%s: %s must be "%s" or absent', where, name, word) end
  end
end

-- Longer ones are milliseconds that were taken for seconds.
local seconds = check.seconds(limits.timeout)

local function pause(value, where, name)
  check.pause(value, where, name)
  if value > limits.timeout then
    check.fail("%s: %s must be at most %d seconds, got %s (milliseconds?)", where, name, limits.timeout,
      check.shown(value))
  end
end

local retry_options = { max = check.integer(0, 100), base = pause, cap = pause }

local function retry(value, where, name)
  if value == false then return end
  if type(value) ~= "table" then
    check.fail("%s: %s must be false or a table with max, base, cap, got %s", where, name, check.kind_of(value))
  end
  return check.options(value, retry_options, where .. ": " .. name)
end

local function policy(value, where, name)
  if value ~= "refuse" and value ~= "drop_oldest" then
    check.fail("%s: %s must be \"refuse\" or \"drop_oldest\"", where, name)
  end
end

local transport_methods = { "send", "sleep", "now", "time", "close" }

local function field(value, name) return value[name] end

local function transport(value, where, name)
  if type(value) ~= "table" and type(value) ~= "userdata" then
    check.fail("%s: %s must be an object with the transport's methods, got %s", where, name, check.kind_of(value))
  end
  for _, method in ipairs(transport_methods) do
    local fine, found = pcall(field, value, method)
    if not fine or type(found) ~= "function" then check.fail("%s: %s has no method %s", where, name, method) end
  end
end

local whole = check.integer
local boolean, func = check.type("boolean"), check.type("function")

-- The one table of options: for each its rule and its default. Numbers that C needs, too, are C's (core/limits.h).

-- Of one call; also the defaults for all calls.
local call_options = {
  timeout = { seconds, 30 },
  retry = { retry },
  max_response = { whole(1, limits.max_response), defaults.max_response },
  on_attempt = { func },
}

-- An option of earlier versions.
local function gone(why)
  return function(_, where, name) check.fail("%s: the option %s is gone: %s", where, name, why) end
end

local client_options = {
  connection_string = { check.some_text },
  endpoint = { url },
  access_key = { key },
  token_provider = { func },
  client_endpoint = { url },
  server_endpoint = { url },
  application = { names.hub },
  connect_timeout = { seconds, defaults.connect_timeout },
  http2 = { gone "HTTP/1.1 over kept connections cost less in every measurement; leave it out" },
  max_connections = { whole(1, limits.max_connections), defaults.max_connections },
  max_in_flight = { whole(1, limits.max_in_flight), defaults.max_in_flight },
  ca_file = { check.some_text },
  ca_path = { check.some_text },
  verify = { boolean, true },
  proxy = { check.some_text },
  token_lifetime = { whole(2, 3600), 3600 },
  bare_404 = { one_of("absent") },
  big_integers = { one_of("string") },
  transport = { transport },
  io_thread = { boolean, false },
  on_error = { func },
  queue_limit = { whole(1, limits.max_in_flight), defaults.queue_limit },
  queue_bytes = { whole(1, limits.queue_bytes), defaults.queue_bytes },
  queue_policy = { policy, "refuse" },
  ordered = { boolean, false },
  drain_timeout = { seconds },
  idle_timeout = { seconds },
  spawn_yield = { func },
}

local default_retry = { max = 3, base = 0.2, cap = 5 }

for name, row in pairs(call_options) do client_options[name] = row end

local function rules_of(rows)
  local rules = {}
  for name, row in pairs(rows) do rules[name] = row[1] end
  return rules
end

local call_rules, client_rules = rules_of(call_options), rules_of(client_options)

-- What options say where nothing is given.
local function default_values()
  local values = {}
  for name, row in pairs(client_options) do values[name] = row[2] end
  return values
end

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
  local read = check.options(given, call_rules, where)
  local merged = {}
  for name, value in pairs(current) do merged[name] = value end
  for name, value in pairs(read) do merged[name] = value end
  if read.retry ~= nil then merged.retry = merge_retry(current.retry, read.retry) end
  return merged
end

local function freeze(values)
  return setmetatable({}, {
    __name = "azure.signalr.options",
    __index = values,
    __newindex = function(_, name) error(format("options are frozen: %s cannot be set", tostring(name)), 2) end,
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

-- A connection string, and the other options behind it.
local function together(text, more)
  if type(text) ~= "string" then return text end
  local all = { connection_string = text }
  if more == nil then return all end
  for name, value in pairs(check.options(more, client_rules, where_new)) do
    if name == "connection_string" then check.fail("%s: there are two connection strings", where_new) end
    all[name] = value
  end
  return all
end

local unset = globals.ngx and "nginx hides the environment from its workers: write \"env NAME;\" at the top of "
  .. "nginx.conf, with the variable's name" or "is the environment variable set?"

local function check_given(given, more)
  if type(given) ~= "table" then
    check.fail("%s: a connection string or a table of options is needed, got %s (%s)", where_new, check.kind_of(given),
      unset)
  end
  if type(given[1]) == "string" then
    check.fail("%s: a connection string in a table must be named: connection_string = ..., or stand before the table "
      .. "of options", where_new)
  end
  if more ~= nil then
    check.fail("%s takes a connection string and options, or one table of options; got two, a %s and a %s", where_new,
      check.kind_of(given), check.kind_of(more))
  end
end

--- Reads the options of a client.
-- @param given a connection string, or a table
-- @tparam table|nil more options behind a connection string
-- @treturn table frozen options, without any secret
-- @treturn table secrets: access_key or token_provider
-- @treturn table settings of calls
function M.read(given, more)
  local whole_table = together(given, more)
  check_given(whole_table, type(given) ~= "string" and more or nil)
  local values = default_values()
  for name, value in pairs(check.options(whole_table, client_rules, where_new)) do values[name] = value end
  local source = sources(values)
  check_credential(source, values)
  local secrets = { access_key = source.access_key, token_provider = values.token_provider }
  values.connection_string, values.access_key, values.token_provider = nil, nil, nil
  values.endpoint = gsub(source.endpoint, "/+$", "")
  values.client_endpoint = gsub(values.client_endpoint or source.client_endpoint or values.endpoint, "/+$", "")
  values.server_endpoint = values.server_endpoint or source.server_endpoint
  values.proxy = read_proxy(values.proxy)
  values.retry = merge_retry(nil, values.retry)
  local settings = {}
  for name in pairs(call_options) do settings[name] = values[name] end
  if values.retry then values.retry = freeze(values.retry) end
  return freeze(values), secrets, settings
end

return M
