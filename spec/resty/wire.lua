-- SPDX-License-Identifier: MIT
-- Runs inside nginx: sends what a spec asks for through the transport itself,
-- and tells what came of it.
local cjson = require "cjson"
local resty = require "azure.signalr.transport.resty"

local M = {}

local transports = {}

-- One transport for each name, as a client would keep it.
local function transport_of(given)
  local name = given.transport or "plain"
  if not transports[name] then
    local options = { max_connections = 8, max_in_flight = 100, connect_timeout = 1 }
    for key, value in pairs(given.options or {}) do options[key] = value end
    transports[name] = resty.new(options)
  end
  return transports[name]
end

local function send(given)
  local transport = transport_of(given)
  local reply, failure = transport:send {
    method = given.method or "GET", url = given.url, headers = given.headers or {}, body = given.body,
    deadline = transport:now() + (given.timeout or 5), max_response = given.max_response, repeats = given.repeats,
  }
  local _ = reply and reply.headers.date -- fills the table
  return { reply = reply, failure = failure, stats = transport:stats() }
end

--- Handler: the body is a JSON object, or an array of them that are sent side by side.
function M.handle()
  ngx.req.read_body()
  local given = cjson.decode(ngx.req.get_body_data())
  if #given == 0 then return ngx.say(cjson.encode(send(given))) end
  local running, answers = {}, {}
  for i = 1, #given do running[i] = ngx.thread.spawn(send, given[i]) end
  for i = 1, #running do answers[i] = select(2, ngx.thread.wait(running[i])) end
  ngx.say(cjson.encode(answers))
end

--- Handler: the same, but one after the other, and between them the worker is too busy to hear anything.
-- @tparam number seconds
function M.handle_busy(seconds)
  ngx.req.read_body()
  local answers, given = {}, cjson.decode(ngx.req.get_body_data())
  for i = 1, #given do
    answers[i] = send(given[i])
    ngx.update_time()
    local finish = ngx.now() + seconds
    while ngx.now() < finish do ngx.update_time() end
  end
  ngx.say(cjson.encode(answers))
end

return M
