-- SPDX-License-Identifier: MIT
-- An nginx whose queue the specs of the queue fill, and what they ask it.
local cqueues = require "cqueues"
local nginx = require "spec.support.openresty"
local raw_server = require "spec.support.raw_server"

local M = {}

local SERVER = [[
  location /push { content_by_lua_block { queue.push(app) } }
  location /stats { content_by_lua_block { ngx.say(queue.line(app)) } }
  location /drain { content_by_lua_block {
    local done, undelivered = app.client:drain(tonumber(ngx.var.arg_for))
    ngx.say(tostring(done), " ", tostring(undelivered)) } }
  location /close { content_by_lua_block {
    local _, undelivered = app.client:close()
    ngx.say(tostring(undelivered)) } }]]

-- An nginx in which timers are scarce: /pending?n=8 and /running?n=4 take that many, until /free.
function M.scarce(directive)
  return { http = directive .. [[
    init_worker_by_lua_block {
      local function pend(premature, mine)
        if not premature and not mine.over then ngx.timer.at(0.3, pend, mine) end
      end
      local function run(_, mine)
        while not mine.over do ngx.sleep(0.02) end
      end
      mine = {}
      function take(fn, seconds)
        for _ = 1, tonumber(ngx.var.arg_n) do assert(ngx.timer.at(seconds, fn, mine)) end
      end
      function take_pending() take(pend, 0.3) end
      function take_running() take(run, 0) end
    }]], server = [[
      location /pending { content_by_lua_block { take_pending() } }
      location /running { content_by_lua_block { take_running() ngx.sleep(0.01) } }
      location /why { content_by_lua_block { ngx.say(tostring(select(2, app.hub:enqueue("queued", 1)))) } }
      location /free { content_by_lua_block { mine.over = true } }]] }
end

-- A service that answers as the code says, and an nginx whose queue goes there.
function M.start(on_request, options, more)
  more = more or {}
  local service = raw_server.start { on_request = on_request }
  local web = nginx.start {
    workers = more.workers or 1, server = SERVER .. (more.server or ""), http = (more.http or "") .. ([[
      init_by_lua_block { queue = require "spec.resty.queue" app = queue.new(%q, %s) }
      exit_worker_by_lua_block { ngx.log(ngx.WARN, "AT EXIT ", queue.line(app)) }
    ]]):format(service.url, options or "{}"),
  }
  return web, service
end

local function numbers(line)
  local all = {}
  for name, value in line:gmatch("([%a_]+) (%d+)") do all[name] = tonumber(value) end
  return all
end

function M.stats(web) return numbers((select(2, web:get("/stats")))) end

function M.await(web, accept)
  local deadline = cqueues.monotime() + 60
  local seen
  repeat
    seen = M.stats(web)
    if accept(seen) then return seen end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  error("it did not come about; accepted " .. seen.accepted .. ", delivered " .. seen.delivered, 2)
end

-- The last words of all workers that ended so far, added up.
function M.totals(web)
  local sum = { left = 0, accepted = 0, delivered = 0, failed = 0, lost = 0, queued = 0, in_flight = 0, reported = 0 }
  for line in web:log():gmatch("AT EXIT ([^\n]*)") do
    for name, value in pairs(numbers(line)) do sum[name] = (sum[name] or 0) + value end
  end
  for count in web:log():gmatch("ended with (%d+) messages") do sum.left = sum.left + tonumber(count) end
  return sum
end

return M
