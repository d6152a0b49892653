-- SPDX-License-Identifier: MIT
-- The program of finalizers_spec: the collector comes round all the time, and a finalizer of the program's own closes
-- or drives the client in the middle of whatever it does.
--   lua spec/support/finalizer_case.lua URL USE ACT once|always IO_THREAD
-- USE is what the program does, ACT what the finalizer does: in the first collection of the first round, in a later one
-- of each further round, until a round has none as late as that; with "always" in every one.
local collector = require "spec.support.collector"
local signalr = require "azure.signalr"

local url, use, act, always, io_thread = arg[1], arg[2], arg[3], arg[4] == "always", arg[5] == "true"

local told

local function open()
  told = {}
  return signalr.new {
    endpoint = url, access_key = "key", timeout = 5, io_thread = io_thread, max_connections = 4,
    retry = { max = 1, base = 0.001, cap = 0.002 },
    on_error = function(err, what)
      if what.source ~= "enqueue" then return end
      local one = { err = err, what = what }
      told[#told + 1] = one
    end,
  }
end

-- ---- what the program does

-- What was closed meanwhile says so, as an error of either kind; and a finalizer in the middle of a spawned function
-- cannot wait there.
local REFUSALS = {
  "the client is closed", "the client was closed", "client:step: a spawned function is resumed by a step",
  "a spawned function cannot wait for an answer inside",
}

local function is_refusal(message)
  for _, text in ipairs(REFUSALS) do
    if tostring(message):find(text, 1, true) then return true end
  end
  return false
end

local function allowed(ok, err)
  if ok ~= nil then return end
  assert(err.kind == "closed" or err.kind == "server" or err.kind == "failed", tostring(err))
end

local uses = {}

function uses.send(client)
  for i = 1, 3 do allowed(client:hub("chat"):send("m", i, ("x"):rep(i * 1000))) end
end

function uses.refused(client)
  for i = 1, 3 do allowed(client:hub("status500"):send("m", i)) end
end

function uses.spawn(client)
  for i = 1, 4 do client:spawn(function() allowed(client:hub("chat"):send("m", i)) end) end
  client:run()
end

function uses.request(client)
  local reply, err = client:request { method = "GET", path = "/big" }
  allowed(reply, err)
  assert(not reply or #reply.body == 20000 and #reply.headers["x-long"] == 5000)
end

function uses.enqueue(client)
  for i = 1, 6 do client:hub(i % 2 == 0 and "chat" or "status500"):enqueue("m", i, ("x"):rep(i * 100)) end
  client:drain(5)
end

function uses.step(client)
  for i = 1, 6 do client:hub("status500"):enqueue("m", i, ("x"):rep(i * 100)) end
  while client:queue_stats().pending > 0 do client:step(1) end
  client:step(0)
end

function uses.close(client)
  for i = 1, 6 do client:hub("chat"):enqueue("m", i) end
  client:spawn(function() allowed(client:hub("wait3000"):send "m") end)
  client:step(0)
  client:close()
end

-- ---- what the finalizer does

local acts = {}

function acts.close(client)
  client:close()
end

function acts.step(client)
  client:step(0)
end

function acts.send(client)
  client:hub("chat"):send("m", "from a finalizer")
end

local function from_finalizer(client)
  local fine, message = pcall(acts[act], client)
  if not fine and not is_refusal(message) then error(message, 0) end
end

-- ---- rounds

-- Each message was told of once, if it was not delivered.
local function check_queue(client)
  local s = client:queue_stats()
  assert(s.accepted == s.delivered + s.failed + s.dropped + s.lost, "the counters do not add up")
  assert(s.pending == 0 and s.unreported == 0, "something is still to be told")
  assert(#told == s.failed + s.lost, ("%d told, %d failed, %d lost"):format(#told, s.failed, s.lost))
  local seen = {}
  for _, one in ipairs(told) do
    assert(one.what.body:find '^{"target":"m"' and not seen[one.what.body], "told twice: " .. one.what.body)
    seen[one.what.body] = true
  end
end

-- Whether the finalizer acted.
local function round(at)
  local client = open()
  local acted = false
  local stop = collector.watch(function(count)
    if not always and count ~= at then return end
    acted = true
    from_finalizer(client)
  end)
  local fine, message = collector.hurry(uses[use], client)
  stop()
  assert(fine or is_refusal(message), message)
  client:close()
  check_queue(client)
  return acted
end

local rounds, at = 0, 1
while round(at) do
  rounds, at = rounds + 1, at + 1 + math.floor(at / 3)
  if always and rounds == 5 then break end
end
print(rounds >= 5 and "fine" or "the finalizer never acted")
