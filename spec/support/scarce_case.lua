-- SPDX-License-Identifier: MIT
-- The program of curl_scarce_spec: takes all descriptors but a few, asks, gives them back, and asks again.
--   sh -c 'ulimit -n 64; lua spec/support/scarce_case.lua PLAIN_URL TLS_URL CA_FILE IO_THREAD'
local curl = require "azure.signalr.curl"
local support = require "spec.support.pool"

local plain, secure, ca_file, threaded = arg[1], arg[2], arg[3], arg[4] == "true"

local function take_all_but(free)
  local taken = {}
  for file in function() return io.open "/dev/null" end do taken[#taken + 1] = file end
  for _ = 1, free do table.remove(taken):close() end
  return taken
end

local function give_back(taken)
  for _, file in ipairs(taken) do file:close() end
end

local failures = 0
for free = 0, 8 do
  for _, url in ipairs { plain, secure, (plain:gsub("127.0.0.1", "localhost")) } do
    local pool = curl.pool { ca_file = ca_file, io_thread = threaded }
    assert(support.fetch(pool, plain .. "/", "write('HTTP/1.1 200 OK\\r\\n\\r\\n') close()"))
    local taken = take_all_but(free)
    local reply, failure = support.fetch(pool, url .. "/", "ok()")
    give_back(taken)
    if not reply then
      failures = failures + 1
      assert(failure.message:find("RLIMIT_NOFILE", 1, true), failure.message)
      assert(failure.kind == "connect" and failure.sent == "no", failure.kind)
    end
    assert(support.fetch(pool, url .. "/", "ok()"))
    pool:close()
  end
end
print(failures > 0)
