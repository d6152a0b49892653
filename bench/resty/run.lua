-- SPDX-License-Identifier: MIT
-- Starts the nginx under test and the sink, and lets the ways take turns. Each is shown at its best: what else runs on
-- the machine can only make a turn worse.
package.path = "./?.lua;" .. package.path
local cjson = require "cjson"
local nginx = require "spec.support.openresty"

local ROUNDS = tonumber(arg[1]) or 20
local COUNTS = { [1] = 3000, [16] = 6400, [64] = 6400 }
local WAYS = { "ours", "hand", "signing" }
local NAMES = { ours = "this library", hand = "by hand", signing = "by hand, each request signed" }

local ANSWER = '{"statusCode":202,"code":"","level":"Info","scope":"Request","errorKind":"Unknown","message":"",'
  .. '"jsonObject":null,"isSuccess":true}'

local function start_sink()
  return nginx.start {
    workers = 1, http = "keepalive_requests 100000000; default_type application/json;",
    server = ([[
      location / { content_by_lua_block {
        ngx.req.read_body()
        ngx.status = 202
        ngx.header.content_length = %d
        ngx.header["x-ms-request-id"] = "0000000000000000"
        ngx.print(%q)
      } }]]):format(#ANSWER, ANSWER),
  }
end

local function start_sender(port)
  return nginx.start {
    workers = 1,
    http = ([[init_by_lua_block { drive = require "bench.resty.drive" drive.setup(%d) }]]):format(port),
    server = [[ location /run { content_by_lua_block { drive.run() } } ]],
  }
end

local function measure(web, who, at_a_time)
  local status, body = web:get(("/run?who=%s&n=%d&c=%d"):format(who, COUNTS[at_a_time], at_a_time), { timeout = 120 })
  assert(status == 200, body .. web:log())
  return cjson.decode(body)
end

local function compare(web, at_a_time)
  local best = {}
  for _, who in ipairs(WAYS) do
    best[who] = { rps = 0, cpu = math.huge }
    measure(web, who, at_a_time)
  end
  for round = 1, ROUNDS do
    for i = 1, #WAYS do
      local who = WAYS[(i + round) % #WAYS + 1]
      local one = measure(web, who, at_a_time)
      best[who] = { rps = math.max(best[who].rps, one.rps), cpu = math.min(best[who].cpu, one.cpu_us) }
    end
  end
  return best
end

local sink = start_sink()
local web = start_sender(sink.port)
local all = {}
print("at a time  way                            requests/s   CPU us/request")
for _, at_a_time in ipairs { 1, 16, 64 } do
  local best = compare(web, at_a_time)
  all[at_a_time] = best
  for _, who in ipairs(WAYS) do
    print(("%9d  %-30s %10.0f %16.1f"):format(at_a_time, NAMES[who], best[who].rps, best[who].cpu))
  end
end
web:stop()
sink:stop()
print(('figures: {"cpu_ratio_1": %.2f, "cpu_ratio_64": %.2f, "rps_ratio_64": %.2f}'):format(
  all[1].ours.cpu / all[1].hand.cpu, all[64].ours.cpu / all[64].hand.cpu, all[64].ours.rps / all[64].hand.rps))
