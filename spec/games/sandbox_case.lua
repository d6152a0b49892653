-- SPDX-License-Identifier: MIT
-- The program of sandbox_spec: a host that takes something of Lua's away, before or after it loads the library, and
-- then goes the main ways. Prints "held", what fell, or what the load said.
--   lua spec/games/sandbox_case.lua URL before|after VALUE NAME...
-- NAME: a global, or a field of one (io.stderr); "strict": no undeclared global may be read or written; "*": every
-- global at once. VALUE: nil, false, number, string or table, which is put in its place.
local url, when, kind = arg[1], arg[2], arg[3]
local names = { select(4, (unpack or table.unpack)(arg)) } -- luacheck: ignore 113

local exit, pcall, require, type, next = os.exit, pcall, require, type, next
local stdout = io.stdout
local error, tostring, pairs, rawset, setmetatable = error, tostring, pairs, rawset, setmetatable
local collect = collectgarbage
local find, sub, G = string.find, string.sub, _G
local values = { ["false"] = false, number = 5, string = "x", table = {} }

local function be_strict()
  setmetatable(G, {
    __index = function(_, name) error("strict: read of " .. tostring(name), 2) end,
    __newindex = function(_, name) error("strict: write of " .. tostring(name), 2) end,
  })
end

local function take_away(name)
  if name == "strict" then return be_strict() end
  if name == "*" then
    for key in next, G do
      if key ~= "_G" then rawset(G, key, values[kind]) end
    end
    return rawset(G, "_G", nil)
  end
  local library, field = name:match "^(.-)%.(.*)$"
  if not library then return rawset(G, name, values[kind]) end
  if type(G[library]) == "table" then G[library][field] = values[kind] end
end

local function expect(condition, what)
  if not condition then error(what or "it did not hold", 2) end
end

local function open(signalr, options)
  options.endpoint, options.access_key, options.timeout = url, "key", 5
  return signalr.new(options)
end

-- Calls that wait, in functions of their own and not.
local function calls(signalr)
  local told = {}
  local client = open(signalr, { retry = false, on_error = function(err) told[#told + 1] = err end })
  local hub, sent = client:hub "chat", 0
  local function send() if hub:send("t", 1, { "x" }, 1.5) then sent = sent + 1 end end
  send()
  client:spawn(send)
  client:spawn(function() client:wrap(send)() client:sleep(0.001) send() end)
  client:spawn(function() error "boom" end)
  expect(client:spawn(client.sleep, client, 60):cancel())
  hub:enqueue("q", 1)
  client:hub("status500"):enqueue("q", 1)
  client:run()
  expect(client:drain(2) == nil)
  expect(sent == 4, "not all were sent")
  expect(#told == 2 and find(tostring(told[1]) .. tostring(told[2]), "boom"), "not told")
  local _, bad = signalr.all { send, function() return client:hub("status404"):send "x" end }
  expect(bad == 1)
  client:close()
end

-- Mistakes, failures, and what has no waiting.
local function rest(signalr)
  local seen = 0
  local client = open(signalr, { retry = { max = 1, base = 0.001 }, on_error = function() error "no" end,
    on_attempt = function() seen = seen + 1 error "nor here" end })
  local hub = client:hub "status503"
  local ok, err = hub:send "x"
  expect(ok == nil and err.kind == "unavailable" and seen == 2 and #tostring(err) > 10)
  hub:enqueue "x"
  client:drain(2)
  local fine, problem = pcall(hub.send, hub)
  expect(not fine and find(problem, "target must be"))
  expect(not pcall(client.foo))
  local place = hub:negotiate { user_id = "u", claims = { role = "x" } }
  expect(find(place.url, "hub=status503") and #place.accessToken > 100)
  expect(signalr.filter("userId eq %s", "o'x") == "userId eq 'o''x'")
  open(signalr, {}):hub("chat"):enqueue "lost"
  open(signalr, {}):spawn(function() error "unheard" end)
  client:adopt { yield = exit, resume = exit }
  client:close()
  collect()
  collect()
end

if when == "before" then for _, name in pairs(names) do take_away(name) end end
local loaded, signalr = pcall(require, "azure.signalr")
if loaded then
  if when == "after" then for _, name in pairs(names) do take_away(name) end end
  for _, way in pairs { calls, rest } do
    local fine, problem = pcall(way, signalr)
    if not fine then
      stdout:write("fell: ", tostring(problem), "\n")
      exit(1)
    end
  end
  stdout:write "held\n"
else
  stdout:write(sub(tostring(signalr), 1, 300), "\n")
end
