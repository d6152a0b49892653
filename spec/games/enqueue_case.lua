-- SPDX-License-Identifier: MIT
-- The program of enqueue_moves_spec: messages are in the queue when a client, or the process, comes to its end.
--   lua spec/games/enqueue_case.lua URL CASE IO_THREAD ON_ERROR
local signalr = require "azure.signalr"

local url, case, threaded, hooked = arg[1], arg[2], arg[3] == "true", arg[4] == "true"

-- With a token provider the messages go by calls, and otherwise by the pool's queue.
local function open(count, provider)
  local client = signalr.new {
    endpoint = url, access_key = not provider and "key" or nil, token_provider = provider,
    io_thread = threaded, timeout = 5, max_connections = 4,
    on_error = hooked and function(err, what) print(err.kind, what.reason, what.target) end or nil,
  }
  for i = 1, count or 8 do assert(client:hub("wait3000"):enqueue("m" .. i)) end
  client:step(0.01)
  return client
end

local cases = {}

-- The client is collected while the process goes on.
function cases.collect()
  open()
  collectgarbage()
  collectgarbage()
  print "collected"
end

-- The script ends, as scripts do, and forgets to close.
function cases.forget()
  _G.client = open()
end

-- Messages failed, and nobody made a step since.
function cases.untold()
  local client = open(0)
  for i = 1, 3 do assert(client:hub("status400"):enqueue("m" .. i)) end
  while client:queue_stats().pending > 0 do client.context.transport.pool:step(0.01) end
end

function cases.close() open():close() end

function cases.exit_closing()
  _G.client = open()
  os.exit(0, true)
end

function cases.exit()
  _G.client = open()
  os.exit(0, false)
end

local function provide() return "token", os.time() + 3600 end

function cases.collect_calls()
  open(8, provide)
  collectgarbage()
  collectgarbage()
  print "collected"
end

-- A child of a fork has none of the messages; they are the parent's.
local function fork(client)
  local posix = require "spec.support.posix"
  local pid = posix.fork()
  if pid == 0 then
    local stats = client:queue_stats()
    client:step(0)
    local empty = stats.accepted == 0 and stats.pending == 0
    os.exit(empty and client:close() == true and select("#", client:close()) == 1 and 0 or 1, true)
  end
  print("child", posix.wait(pid))
  print(client:queue_stats().pending, client:close())
end

function cases.fork() fork(open()) end

function cases.fork_calls() fork(open(8, provide)) end

-- The parent has failed messages already, and drained.
function cases.fork_drained()
  local client = open(0)
  for _ = 1, 3 do client:hub("status400"):enqueue("x") end
  client:drain(5)
  for i = 1, 8 do assert(client:hub("wait3000"):enqueue("m" .. i)) end
  fork(client)
end

cases[case]()
