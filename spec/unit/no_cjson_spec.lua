-- SPDX-License-Identifier: MIT
-- Bundled games and hosts with a module path of their own have the library's two C modules, and no third one.
local support = require "spec.support.pool"

local SCRIPT = [[
  for _, name in ipairs { "cjson", "cjson.safe" } do
    package.loaded[name] = nil
    package.preload[name] = function() error(name .. " is not here") end
  end
  local testing = require "azure.signalr.testing"
  local transport = testing.transport()
  local client = testing.client(transport, { retry = false })
  local hub = client:hub "chat"
  transport:reply { status = 202, body = '{"code":"Info.Ok","message":null}' }
  transport:reply { status = 200, body = '{"result":[1,null,{}]}' }
  transport:reply { status = 200, body = '{"value":[{"connectionId":"a","userId":null}]}' }
  transport:reply { status = 400, body = '{"message":"no","details":[{"code":null}]}' }
  local _, info = hub:send("t", 1.5, { a = "b" })
  local _, value = hub:connection("c"):invoke("f")
  local members = hub:group("g"):list()
  local _, err = hub:send("t")
  io.write(info.code, " ", tostring(value[1]), " ", members[1].connection_id, " ",
    tostring(members[1].user_id), " ", err.message)
]]

describe("a host without lua-cjson", function()
  it("loses nothing", function()
    assert.are.equal("Info.Ok 1 a nil 400: no", support.lua { "-e", SCRIPT })
  end)
end)
