-- SPDX-License-Identifier: MIT
-- Options: closed, copied, frozen.
local core = require "azure.signalr.core"
local curl = require "azure.signalr.curl"
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"

local function message_of(options)
  local ok, message = pcall(function()
    local client = signalr.new(options) -- no tail call, which would take this line off the stack
    client:close()
  end)
  assert.is_false(ok)
  assert.is_truthy(message:find("options_spec.lua:", 1, true), message)
  return message
end

local base = "Endpoint=https://h.example:8443/x/;AccessKey=k;"

local function config_of(options)
  options.transport = testing.transport()
  return signalr.new(options).context.config
end

-- What is not right, and what is said of it.
local cases = {
  { nil, "is the environment variable set?" },
  { 7, "a connection string or a table" },
  { "", "connection_string" },
  { "AccessKey=k", "signalr.new: connection string: Endpoint is required" },
  { {}, "connection_string or endpoint is missing" },
  { { endpoint = "http://h" }, "access_key or token_provider is missing" },
  { { endpoint = "http://h", access_key = "" }, "access_key must not be empty" },
  { { endpoint = "h", access_key = "k" }, "endpoint must be an http or https URL" },
  { { endpoint = "http://h?x=1", access_key = "k" }, "endpoint must not have a query" },
  { { connection_string = base, endpoint = "http://h" }, "connection_string and endpoint exclude each other" },
  { { connection_string = base, token_provider = print }, "exclude each other" },
  { "Endpoint=https://h;AuthType=azure", "AuthType=azure needs the option token_provider" },
  { "Endpoint=https://h;AuthType=azure.msi;ClientId=c", "needs the option token_provider" },
  { { connection_string = base, timout = 1 }, 'unknown option "timout"; did you mean "timeout"?' },
  { { connection_string = base, Timeout = 1 }, 'did you mean "timeout"?' },
  { { connection_string = base, timeout = -1 }, "timeout must be a number of seconds above 0, got -1" },
  { { connection_string = base, timeout = math.huge }, "timeout must be a number of seconds" },
  { { connection_string = base, max_connections = 0 }, "max_connections must be a whole number from 1" },
  { { connection_string = base, max_in_flight = 1.5 }, "max_in_flight must be a whole number" },
  { { connection_string = base, verify = "no" }, "verify must be a boolean, got string" },
  { { connection_string = base, http2 = false }, "the option http2 is gone" },
  { { connection_string = base, ca_file = "" }, "ca_file must not be empty" },
  { { connection_string = base, bare_404 = true }, 'bare_404 must be "absent" or absent' },
  { { connection_string = base, big_integers = "x" }, 'big_integers must be "string"' },
  { { connection_string = base, token_lifetime = 3601 }, "token_lifetime must be a whole number from 2 to 3600" },
  { { connection_string = base, retry = { base = -1 } }, "retry: base must be a number of seconds, 0 or more" },
  { { connection_string = base, transport = {} }, "transport has no method send" },
  { { connection_string = base, transport = "curl" }, "transport must be an object" },
  { { connection_string = base, transport = signalr.float(1) }, "transport has no method send" },
  { { connection_string = base, transport = { send = true } }, "transport has no method send" },
  { { connection_string = base, application = "1" }, "application must begin with a letter" },
  { { connection_string = base, on_attempt = 1 }, "on_attempt must be a function" },
  { { connection_string = base, server_endpoint = "x" }, "server_endpoint must be an http or https URL" },
  { { connection_string = base, drain_timeout = 5 }, "drain_timeout is for workers of nginx; elsewhere" },
  { { connection_string = base, idle_timeout = 5 }, "idle_timeout is for workers of nginx; elsewhere" },
  { { connection_string = base, timeout = 5000 },
    "timeout must be a number of seconds above 0 and at most 3600, got 5000 (milliseconds?)" },
  { { connection_string = base, connect_timeout = 2e6 },
    "connect_timeout must be a number of seconds above 0 and at most 3600, got 2000000" },
  { { connection_string = base, max_connections = 10000 },
    "max_connections must be a whole number from 1 to 4096" },
  { { connection_string = base, application = "" }, "application must not be empty" },
  { { endpoint = base, access_key = "k" }, "endpoint looks like a connection string: give that as" },
  { { endpoint = "http://h", access_key = base }, "access_key looks like a connection string" },
  { { endpoint = "http://h", access_key = "k\n" }, "access_key begins or ends with white space" },
  { { endpoint = "http://h", access_key = '"k"' }, "access_key is in quotes" },
  { { endpoint = "http://h", access_key = "AccessKey=k" }, 'access_key is what stands behind "AccessKey="' },
  { { endpoint = "h.example", access_key = "k" },
    "endpoint must be an http or https URL, as in https://contoso.service.signalr.net: it must be an absolute" },
  { { connection = base }, 'unknown option "connection"; did you mean "connection_string"?' },
  { { endpoint = "http://h", key = "k" }, 'unknown option "key"; did you mean "access_key"?' },
  { { base }, "a connection string in a table must be named" },
  { { connection_string = base, [base] = true }, "unknown option of 47 bytes" },
}

describe("signalr.new", function()
  it("takes a connection string or a table", function()
    local config = config_of { connection_string = base }
    assert.are.equal("https://h.example:8443/x", config.endpoint)
    assert.are.equal("https://h.example:8443/x", config.client_endpoint)
    config = config_of { endpoint = "http://h/", access_key = "k" }
    assert.are.equal("http://h", config.endpoint)
    config = config_of {
      connection_string = base .. "ClientEndpoint=https://c/;ServerEndpoint=https://s;", client_endpoint = "https://d",
    }
    assert.are.equal("https://d", config.client_endpoint)
    assert.are.equal("https://s", (config.server_endpoint:gsub("/$", "")))
  end)

  it("has defaults", function()
    local config = config_of { connection_string = base }
    for name, value in pairs {
      timeout = 30, connect_timeout = 5, max_connections = 64, max_in_flight = 10000,
      max_response = 4194304, verify = true, token_lifetime = 3600,
    } do assert.are.equal(value, config[name]) end
    assert.are.same({ 3, 0.2, 5 }, { config.retry.max, config.retry.base, config.retry.cap })
    config = config_of { connection_string = base, retry = { max = 1 } }
    assert.are.same({ 1, 0.2, 5 }, { config.retry.max, config.retry.base, config.retry.cap })
  end)

  it("copies what it was given, and freezes it", function()
    local options = { connection_string = base, timeout = 9, retry = { max = 7 } }
    local config = config_of(options)
    options.timeout, options.retry.max = 1, 1
    assert.are.equal(9, config.timeout)
    assert.are.equal(7, config.retry.max)
    assert.has_error(function() config.timeout = 1 end)
    assert.has_error(function() config.new = 1 end)
    assert.has_error(function() config.retry.max = 1 end)
    assert.is_nil(config.access_key)
    assert.is_nil(config.connection_string)
  end)

  it("refuses what is not right, at the caller's line", function()
    for i = 1, 49 do
      local message = message_of(cases[i][1])
      assert.is_truthy(message:find(cases[i][2], 1, true), message)
      assert.is_nil(message:find("AccessKey=k", 1, true), message)
    end
    assert.are.equal(49, #cases)
  end)

  it("takes a connection string and options", function()
    local client = signalr.new(base, { transport = testing.transport(), retry = false, timeout = 9 })
    assert.are.same({ false, 9 }, { client.context.config.retry, client.context.config.timeout })
    for _, case in ipairs {
      { base, 5, "options must be a plain table, got number" }, { base, base, "options must be a plain table" },
      { base, { timout = 1 }, 'did you mean "timeout"?' }, { base, { endpoint = "http://h" }, "exclude each other" },
      { base, { connection_string = base }, "there are two connection strings" },
      { { connection_string = base }, { timeout = 1 }, "or one table of options; got two, a table and a table" },
      { nil, { timeout = 1 }, "is the environment variable set?" },
    } do
      local ok, message = pcall(function()
        local made = signalr.new(case[1], case[2])
        made:close()
      end)
      assert.is_false(ok)
      assert.is_truthy(message:find("options_spec.lua:%d+: signalr.new"), message)
      assert.is_truthy(message:find(case[3], 1, true), message)
    end
  end)

  it("lets nobody say more than the pool of connections takes", function()
    for name, most in pairs(core.limits) do
      if name:find("^max_") then
        local options = { connection_string = base, [name] = most }
        local client = signalr.new(options)
        assert.are.equal(most, client.context.config[name])
        client:close()
        options[name] = most + 1
        assert.is_truthy(message_of(options):find(("from 1 to %.0f"):format(most), 1, true))
      end
    end
    local client = signalr.new(base, { connect_timeout = core.limits.timeout, queue_bytes = core.limits.queue_bytes })
    client:close()
    assert.is_false(pcall(curl.pool, { connect_timeout = core.limits.timeout + 1 }))
    assert.is_false(pcall(curl.pool, { max_connections = core.limits.max_connections + 1 }))
  end)

  it("lower-cases the application, which hubs then have", function()
    local transport = testing.transport()
    local client = testing.client(transport, { application = "MyApp" })
    client:hub("Chat"):send("t")
    client:hub("chat", { application = "Other" }):send("t")
    assert.is_truthy(transport.requests[1].url:find("/hubs/chat/:send?application=myapp&", 1, true))
    assert.is_truthy(transport.requests[2].url:find("?application=other&", 1, true))
  end)

  it("makes a transport of its own when given none", function()
    local client = signalr.new(base)
    assert.is_function(client.context.transport.send)
    assert.is_true(client:close())
  end)
end)
