-- SPDX-License-Identifier: MIT
-- The program of dump_spec: makes calls of every way, and says what of its secrets can be seen from the handles.
--   lua spec/support/dump_case.lua URL access_key|token_provider true|false (io_thread)
local reach = require "spec.support.reach"
local signalr = require "azure.signalr"

local function open(kind, io_thread)
  local options = { endpoint = arg[1], io_thread = io_thread, on_error = function() end, on_attempt = function() end }
  options[kind] = kind == "access_key" and "s3cret-key" or function() return "s3cret-token", os.time() + 3600 end
  return signalr.new(options)
end

local function show(handles)
  for _, pattern in ipairs { "Bearer [es]", "^s3cret", "eyJ[%w_-]+%.eyJ" } do
    local text = reach.find(handles, pattern)
    if text then print("seen: " .. text) end
  end
end

local client = open(arg[2], arg[3] == "true")
local hub = client:hub("h")
assert(hub:send("t"))
local handle = client:spawn(function() return hub:group("g"):exists() end)
assert(hub:enqueue("t"))
assert(client:drain(10))
client:run()
assert(select(2, handle:result()))
show { client, hub, handle }
client:close()
show { client, hub, handle }
show { { "Bearer eyJhbGciOiJIUzI1NiJ9.eyJh" } } -- the search is in earnest
