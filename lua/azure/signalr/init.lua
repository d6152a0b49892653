-- SPDX-License-Identifier: MIT
--- A client for the REST API of Azure SignalR Service.
--
--     local signalr = require "azure.signalr"
--     local client = signalr.new(os.getenv "AZURE_SIGNALR_CONNECTION_STRING")
--     local ok, err = client:hub("chat"):send("newMessage", "alice", { text = "hi" })
require "azure.signalr.build" -- first: it says so where the core is another Lua's
local core = require "azure.signalr.core"
local all = require "azure.signalr.all"
local client = require "azure.signalr.client"
local command = require "azure.signalr.command"
local filter = require "azure.signalr.filter"
local hints = require "azure.signalr.hints"

local M = { _VERSION = core._VERSION }

--- Makes a client.
-- @function new
-- @param options a connection string, or a table of options (docs/guide.md has them all)
-- @tparam table|nil more behind a connection string: the other options
-- @treturn table client; throws when the options are not right
M.new = client.new

--- Runs functions that make calls at the same time, a bounded number of them, and waits for all (all.lua).
-- @function all
-- @tparam table list of functions
-- @tparam table|nil options parallel (32)
-- @treturn table a result for each: { ok = true, value = } or { ok = false, err = }
-- @treturn number how many are not ok
M.all = all.all

--- JSON's null, as argument and as result; the same value as cjson.null and ngx.null.
M.null = core.null

--- Marks a table as an array: for an empty one, or with n for one with holes.
-- @function array
-- @tparam table t
-- @tparam number|nil n
M.array = core.array

--- Marks a table as an object, whatever its keys.
-- @function object
-- @tparam table t
M.object = core.object

--- A number that is written with a fraction even when it is whole: 5.0.
-- @function float
-- @tparam number x
M.float = core.float

--- An unsigned 64-bit integer from its digits.
-- @function uint64
-- @tparam string text
M.uint64 = core.uint64

--- A value that is JSON text already; throws if it is not.
-- @function raw_json
-- @tparam string text
M.raw_json = core.raw_json

--- Makes an OData filter with quoted values (filter.lua).
-- @function filter
-- @tparam string format %s stands for a string, %d for a number, %% for a percent sign
-- @param ... their values; an array becomes a list for "in"
-- @treturn string|nil
-- @treturn table error of kind invalid, for values that no filter can hold
M.filter = filter.make

--- Commands for hub:execute: join, leave, send, close (command.lua).
M.command = { join = command.join, leave = command.leave, send = command.send, close = command.close }

-- Names that do not exist say which one was meant.
setmetatable(M.command, { __index = function(_, name) return hints.stand_in("command", name, M.command) end })
return setmetatable(M, { __index = function(_, name) return hints.stand_in("signalr", name, M) end })
