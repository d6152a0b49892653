-- SPDX-License-Identifier: MIT
-- Short ways to use a pool in the transport specs.
local curl = require "azure.signalr.curl"

local M = {}

--- Describes what holds for both kinds of pool: driven by its caller, and by a thread of its own.
-- @tparam function describe busted's, which is known in spec files only
-- @tparam string title
-- @tparam function body gets a function that makes a pool of the kind, and whether it has a thread
function M.describe(describe, title, body)
  for _, threaded in ipairs { false, true } do
    local function open(options)
      options.io_thread = threaded
      return curl.pool(options)
    end
    describe(title .. (threaded and ", io_thread" or ""), function() body(open, threaded) end)
  end
end

--- A request of the raw server's kind.
-- @tparam string url with its path
-- @tparam[opt] string script what the server shall do
-- @tparam[opt] table more fields that replace those made here; `headers` are added
function M.request(url, script, more)
  local headers = {}
  if script then headers[1] = "X-Script: " .. script:gsub("%s*\n%s*", " ") end
  local req = { method = "GET", url = url, headers = headers, timeout = 5 }
  for name, value in pairs(more or {}) do
    if name == "headers" then
      for _, line in ipairs(value) do headers[#headers + 1] = line end
    else
      req[name] = value
    end
  end
  return req
end

--- Sends a request and waits: reply, or nil and the failure.
function M.fetch(pool, ...)
  local ticket, kind, message = pool:submit(M.request(...))
  if not ticket then return nil, { kind = kind, message = message, sent = "no" } end
  repeat until pool:wait(ticket, 30)
  return pool:collect(ticket)
end

--- An answer with a length, as the code of a script.
function M.answer(status, body)
  return ("write('HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n\\r\\n%s')"):format(status, #body, body)
end

--- Runs another interpreter of this kind, sanitizers included.
-- @tparam table words its arguments
-- @tparam[opt] table environment more variables
-- @tparam[opt] string directory where it runs
-- @treturn string what it wrote; an error of its own is an error here
function M.lua(words, environment, directory)
  local quote = require("spec.support.process").quote
  local command = { directory and "cd " .. quote(directory) .. " && env" or "env" }
  for name, value in pairs(environment or {}) do command[#command + 1] = quote(name .. "=" .. value) end
  command[#command + 1] = rawget(_G, "jit") and "luajit" or "lua5.4"
  for _, word in ipairs(words) do command[#command + 1] = quote(word) end
  local pipe = io.popen("{ " .. table.concat(command, " ") .. "; } 2>&1; echo status $?")
  local out, status = pipe:read("*a"):match("^(.*)status (%d+)%s*$")
  pipe:close()
  if status ~= "0" then error(out, 2) end
  return out
end

return M
