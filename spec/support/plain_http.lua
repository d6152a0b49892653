-- SPDX-License-Identifier: MIT
-- The least of an HTTP/1.1 client, on cqueues: for asking nginx in specs, alone
-- or many at a time. It reads only what nginx writes: lengths and chunks.
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local M = {}

local function connect(port)
  local peer = assert(socket.connect("127.0.0.1", port))
  peer:setmode("bn", "bf")
  peer:onerror(function(_, _, why) return why end)
  return peer
end

local function head_of(path, options)
  local lines = {
    (options.method or "GET") .. " " .. path .. " HTTP/1.1", "Host: 127.0.0.1",
    options.keep and "Connection: keep-alive" or "Connection: close",
  }
  for _, line in ipairs(options.headers or {}) do lines[#lines + 1] = line end
  if options.body then lines[#lines + 1] = "Content-Length: " .. #options.body end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (options.body or "")
end

local function read_chunks(peer)
  local parts = {}
  repeat
    local size = tonumber((assert(peer:read("*l"), "no chunk"):gsub("\r$", "")), 16)
    if size > 0 then parts[#parts + 1] = assert(peer:read(size), "short chunk") end
    peer:read("*l")
  until size == 0
  return table.concat(parts)
end

local function read_answer(peer, method)
  local line = assert(peer:read("*l"), "no answer")
  local status = assert(tonumber(line:match("^HTTP/1%.1 (%d%d%d)")), line)
  local headers = {}
  for text in peer:lines("*l") do
    local name, value = text:match("^([^:]+):%s*(.-)\r?$")
    if not name then break end
    headers[name:lower()] = value
  end
  if method == "HEAD" or status == 204 or status == 304 then return status, "", headers end
  if headers["transfer-encoding"] then return status, read_chunks(peer), headers end
  local size = tonumber(headers["content-length"])
  if size == 0 then return status, "", headers end
  return status, peer:read(size or "*a") or "", headers
end

--- Asks once.
-- @tparam number port
-- @tparam string path
-- @tparam[opt] table options method, headers (lines), body, timeout (seconds, default 30)
-- @treturn number status
-- @treturn string body
-- @treturn table headers
function M.request(port, path, options)
  options = options or {}
  local peer = connect(port)
  peer:settimeout(options.timeout or 30)
  local fine, status, body, headers = pcall(function()
    assert(peer:write(head_of(path, options)))
    return read_answer(peer, options.method)
  end)
  peer:close()
  if not fine then error(status, 0) end
  return status, body, headers
end

-- One kept connection that asks again and again until it is time.
local function ask_until(how, deadline, seen)
  local peer = connect(how.port)
  local text = head_of(how.path, { keep = true, method = how.method })
  while cqueues.monotime() < deadline do
    local started = cqueues.monotime()
    local status, body
    peer:settimeout(deadline - started + 0.1)
    local ok, why = pcall(function()
      assert(peer:write(text))
      status, body = read_answer(peer, how.method)
    end)
    local at = cqueues.monotime()
    if at > deadline then break end
    seen[#seen + 1] = { at = at, took = at - started, status = status, body = body, why = not ok and why or nil }
    if not ok then
      peer:close()
      peer = connect(how.port)
    end
    if how.pause then cqueues.sleep(how.pause) end
  end
  peer:close()
end

--- Keeps a number of requests in flight for a time; several such streams run side by side. What is not answered when
-- the time is over does not count.
-- @tparam table streams each with port, path, connections, pause (seconds between a connection's requests)
-- @tparam number seconds
-- @tparam[opt] function meanwhile runs beside them
-- @treturn table for each stream the list of its answers: took (seconds), status, body, at
function M.load(streams, seconds, meanwhile)
  local loop, results = cqueues.new(), {}
  local deadline = cqueues.monotime() + seconds
  for i, how in ipairs(streams) do
    local seen = {}
    results[i] = seen
    for _ = 1, how.connections or 1 do
      loop:wrap(function() ask_until(how, deadline, seen) end)
    end
  end
  if meanwhile then loop:wrap(meanwhile) end
  assert(loop:loop())
  return results
end

return M
