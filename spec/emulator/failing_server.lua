-- SPDX-License-Identifier: MIT
-- A server whose logic throws: run by server_life_spec.lua as a process of its own.
local server = require "azure.signalr.emulator.server"
local service = require "azure.signalr.emulator.service"

-- Throws once for those who ask for it.
local function spoil_session(session)
  local receive = session.receive
  function session.receive(it, bytes)
    if bytes == "throw" then error("the session is broken") end
    return receive(it, bytes)
  end
  return session
end

local function make_service(options)
  local made = service.new(options)
  local rest, tick, open = made.rest, made.tick, made.open
  made:keep_hub("broken").all = function() error("the operation is broken") end
  function made.rest(it, req, respond)
    if req.path == "/throw" then error("the logic is broken") end
    return rest(it, req, respond)
  end
  function made.tick(it)
    tick(it)
    error("the clock is broken")
  end
  function made.open(it, ...)
    return spoil_session(open(it, ...))
  end
  return made
end

local running = assert(server.new { host = "127.0.0.1", port = 0, access_key = "key", make_service = make_service })
print("connection string: " .. running:connection_string())
io.stdout:flush()
running:run()
