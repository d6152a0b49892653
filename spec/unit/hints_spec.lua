-- SPDX-License-Identifier: MIT
-- A method that does not exist is named, with the one that was meant: not "attempt to call a nil value".
local signalr = require "azure.signalr"
local surface = require "spec.support.surface"

local function message_of(run)
  local ok, message = pcall(run)
  assert.is_false(ok)
  assert.is_truthy(message:find("^%.?/?spec/unit/hints_spec%.lua:%d+: "), message)
  return message
end

local function told(object, name, advice)
  local message = message_of(function()
    local found = object[name](object, "x")
    return found
  end)
  assert.is_truthy(message:find(name .. " does not exist: ", 1, true), message)
  assert.is_truthy(message:find(advice, 1, true), message)
end

local objects = surface.objects()

-- What other libraries call it, on every object that has not the method itself.
local names = {
  broadcast = "send(target", publish = "send(target", emit = "send(target", sendAll = "send(target",
  send_to_user = ":send(target", sendToUser = ":send(target", send_to_group = ":send(target",
  SendToGroup = ":send(target", send_to_connection = ":send(target", members = "group(name):members{}",
}

describe("a method of another library's", function()
  for class, object in pairs(objects) do
    if class ~= "handle" then
      for name, advice in pairs(names) do
        if not getmetatable(object).__index[name] then
          it(("%s of a %s names the right one"):format(name, class), function()
            if class == "stream" and advice == "send(target" then advice = "stream:send(item)" end
            told(object, name, advice)
          end)
        end
      end
      it("kick of a " .. class .. " names the right one", function()
        for _, name in ipairs { "kick", "ban" } do
          local message = message_of(function() object[name](object, "u") end)
          local named = message:find("close_connections()", 1, true) or message:find(":disconnect()", 1, true)
          assert.is_truthy(named, message)
        end
      end)
    end
  end

  it("of the module names the right one", function()
    for name, advice in pairs {
      broadcast = "signalr.new(connection_string):hub(name):send(target, ...)", publish = ":send(target",
      emit = ":send(target", send_to_user = ":send(target", send_to_group = ":send(target", members = ":members{}",
      kick = "close_connections()", client = "signalr.new(connection_string, options)", connect = "signalr.new(",
      hub = ":hub(name)", spawn = ":spawn(fn)", parallel = "signalr.all(", join = "signalr.command.join(group)",
      raw = "signalr.raw_json(text)",
      fliter = "did you mean signalr.filter?", Null = "did you mean signalr.null?",
    } do
      local message = message_of(function() signalr[name]("x") end)
      assert.is_truthy(message:find("signalr." .. name .. " does not exist: ", 1, true), message)
      assert.is_truthy(message:find(advice, 1, true), message)
    end
  end)
end)

describe("a command of another name", function()
  it("names the right one", function()
    for name, advice in pairs {
      add_to_group = "use signalr.command.join(group)", removeFromGroup = "use signalr.command.leave(group)",
      broadcast = "use signalr.command.send(target, ...)", kick = "use signalr.command.close(reason)",
      joinn = "did you mean signalr.command.join?", Leave = "did you mean signalr.command.leave?",
    } do
      local message = message_of(function() signalr.command[name]("g") end)
      assert.is_truthy(message:find(("signalr.command.%s does not exist: %s"):format(name, advice), 1, true), message)
    end
  end)
end)

describe("a slip", function()
  it("is told with the nearest name", function()
    told(objects.hub, "snd", "did you mean hub:send?")
    told(objects.hub, "sendList", "did you mean hub:send_list?")
    told(objects.hub, "close_conections", "did you mean hub:close_connections?")
    told(objects.user, "inGroup", "did you mean user:in_group?")
    told(objects.client, "healthh", "did you mean client:health?")
    told(objects.group, "memebers", "did you mean group:members?")
    told(objects.pages, "nxt", "did you mean pages:next?")
  end)

  it("in a name that is like nothing is nil, as ever", function()
    for _, object in pairs(objects) do
      for _, name in ipairs { "frobnicate", "_send", "__call", "x y", "", ("send"):rep(20) } do
        assert.is_nil(object[name])
      end
      assert.is_nil(object[1])
      assert.is_nil(object[object])
    end
    assert.is_nil(signalr.frobnicate)
    assert.is_nil(signalr[1])
  end)
end)
