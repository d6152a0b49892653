-- SPDX-License-Identifier: MIT
-- What the rows of the demo play on: two hubs, four listeners, and the check that
-- each listener saw exactly what it should and nothing else.
local signalr = require "azure.signalr"
local listener = require "listener"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "demo.stage" }

-- alice is here twice, and once more on another hub, which must never hear of it.
local CAST = {
  { name = "phone", user = "alice", hub = "chat" }, { name = "desk", user = "alice", hub = "chat" },
  { name = "bob", user = "bob", hub = "chat" }, { name = "news", user = "alice", hub = "news" },
}

--- @tparam string directory where the listeners' files are
-- @tparam string connection_string of the emulator
-- @tparam ?string fence "connections" sends fences one by one
function M.new(directory, connection_string, fence)
  local client = signalr.new{ connection_string = connection_string, timeout = 10, retry = false }
  local self = { client = client, chat = client:hub("chat"), news = client:hub("news"), people = {}, cast = {} }
  for i, role in ipairs(CAST) do
    local person = listener.new(directory, role.name, role.user)
    person.hub = self[role.hub]
    self.people[role.name], self.cast[i] = person, person
  end
  self.lua = rawget(_G, "jit") and "LuaJIT" or _VERSION
  self.tag = self.lua:gsub(" ", "")
  self.fence, self.fences, self.groups = fence, 0, 0
  -- Written so that both Lua read it: an integer that no double can hold.
  self.big = rawget(_G, "jit") and loadstring("return 9007199254740993LL")() or 9007199254740993
  return setmetatable(self, metatable)
end

local function connect(person)
  person:connect(person.hub:negotiate{ user_id = person.user })
  person.guest = false
end

--- Connects all listeners.
function methods:connect_all()
  for _, person in ipairs(self.cast) do connect(person) end
end

--- Connects a listener with another token; the next row has it back as it was.
function methods.disguise(_, person, token)
  person.guest = true
  person:connect{ url = person.hub:negotiate{}.url, accessToken = token }
end

--- Prepares for a row.
-- @tparam string operation its id
function methods:begin(operation)
  self.operation = operation
  for _, person in ipairs(self.cast) do
    person:forget()
    if person.guest or not person.connected then connect(person) end
  end
end

--- A group of this row alone, with the listeners named in it.
-- @treturn table its handle
-- @treturn string its name
function methods:group(...)
  self.groups = self.groups + 1
  local name = ("demo-%s-%d"):format(self.tag, self.groups)
  local group = self.chat:group(name)
  for _, member in ipairs{ ... } do self.must(group:add(self.people[member].connection_id)) end
  return group, name
end

--- Ends the row unless the call worked.
function methods.must(value, why, ...)
  if value == nil then error("a call failed: " .. tostring(why), 0) end
  return value, why, ...
end

--- Ends the row unless a value is as it should be.
function methods.equal(what, wanted, got)
  if wanted == got then return end
  local function shown(value) return value == "" and "empty" or tostring(value) end
  error(("%s should be %s, is %s"):format(what, shown(wanted), shown(got)), 0)
end

local function put_fence(self)
  self.fences = self.fences + 1
  local text = ("%s %s %d"):format(self.operation, self.tag, self.fences)
  if self.fence == "connections" or self.operation == "SignalR_Broadcast" then
    for _, person in ipairs(self.cast) do
      -- To one that has just been closed this may fail, and rightly so.
      person.hub:connection(person.connection_id):send("fence", text)
    end
  else
    self.must(self.chat:send("fence", text))
    self.must(self.news:send("fence", text))
  end
  return function(event)
    return event.event == "closed" or event.event == "invocation" and event.target == "fence"
      and event.arguments == '["' .. text .. '"]'
  end
end

-- What a listener saw up to the fence, or up to its end.
local function seen_by(person, is_fence)
  local before, last = person:until_event(is_fence)
  local texts = {}
  for i, event in ipairs(before) do texts[i] = listener.describe(event) end
  if not last then error(person.name .. " never saw the fence; before it: " .. table.concat(texts, ", "), 0) end
  if last.event == "closed" then texts[#texts + 1] = listener.describe(last) end
  return table.concat(texts, ", ")
end

-- "phone, bob: note [1]; others nothing"
local function summary(order, seen)
  local texts, names = {}, {}
  for _, person in ipairs(order) do
    local text = seen[person.name]
    if text ~= "" then
      if not names[text] then texts[#texts + 1] = text end
      names[text] = (names[text] and names[text] .. ", " or "") .. person.name
    end
  end
  for i, text in ipairs(texts) do texts[i] = names[text] .. ": " .. text end
  return #texts == 0 and "nothing" or table.concat(texts, "; ") .. "; others nothing"
end

--- Sends a fence to everybody and compares what came before it.
-- @tparam table wanted name -> array of texts (listener.describe); a listener
--   that is not named must have seen nothing
-- @treturn string a summary for the table; throws when anything differs
function methods:saw(wanted)
  local is_fence, seen, problems = put_fence(self), {}, {}
  for _, person in ipairs(self.cast) do
    local name = person.name
    seen[name] = seen_by(person, is_fence)
    local should = table.concat(wanted[name] or {}, ", ")
    if seen[name] ~= should then
      problems[#problems + 1] = ("%s should have seen %s, saw %s"):format(name, should == "" and "nothing" or should,
        seen[name] == "" and "nothing" or seen[name])
    end
  end
  if #problems > 0 then error(table.concat(problems, "; "), 0) end
  return summary(self.cast, seen)
end

--- The connections of a group as the service lists them.
-- @treturn string names of listeners in order of the cast, e.g. "phone bob"
function methods:members(group, options)
  local list, present, names = self.must(group:list(options)), {}, {}
  for _, member in ipairs(list) do present[member.connection_id] = member.user_id or "" end
  for _, person in ipairs(self.cast) do
    local user = present[person.connection_id]
    if user then names[#names + 1] = user == person.user and person.name or person.name .. " as " .. user end
  end
  if #names ~= #list then error(("the group lists %d connections, %d are known"):format(#list, #names), 0) end
  return table.concat(names, " ")
end

return M
