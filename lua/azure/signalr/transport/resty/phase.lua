-- SPDX-License-Identifier: MIT
--- What nginx lets Lua do in which phase, and what to say where it does not.
local check = require "azure.signalr.check"
local core = require "azure.signalr.core"

local M = {}

-- `calls`: sockets work and Lua may yield. `queue`: a timer can be started, so that what is enqueued gets out.
local phases = {
  init = { queue = false, why = "a queue filled there would be copied into every worker" },
  init_worker = { queue = true },
  ssl_client_hello = { calls = true, queue = true, tls = true },
  ssl_cert = { calls = true, queue = true, tls = true },
  ssl_session_fetch = { calls = true, queue = true, tls = true },
  ssl_session_store = { queue = true },
  set = { queue = true },
  server_rewrite = { calls = true, queue = true },
  rewrite = { calls = true, queue = true },
  access = { calls = true, queue = true },
  content = { calls = true, queue = true },
  balancer = { queue = true },
  header_filter = { queue = true },
  body_filter = { queue = true },
  log = { queue = true },
  preread = { calls = true, queue = true }, -- of nginx's stream module
  timer = { calls = true, queue = true },
  exit_worker = { queue = false, why = "nginx starts no timer any more" },
}

local ways_out = {
  init = "do it in a timer that init_worker_by_lua starts with ngx.timer.at(0, ...)",
  exit_worker = "do it earlier: a worker that exits has no sockets any more",
}
local way_out = "use enqueue, which works there, or ngx.timer.at(0, ...)"

local get_phase, yieldable = ngx.get_phase, core.yieldable

-- TLS handshakes wait for Lua only in an nginx with OpenResty's patches; in one without, a call there ends the
-- connection. Distributions load the Lua module into an nginx of their own, without them; OpenResty alone has it in a
-- directory of this name.
local function is_patched()
  local configure = ngx.config.nginx_configure and ngx.config.nginx_configure() or ""
  return configure:find("ngx_lua-", 1, true) ~= nil
end

local tls_waits = is_patched()

-- Why a call that waits for an answer cannot be made in this phase; nil where it can.
local function refuse_call()
  local name = get_phase()
  local phase = phases[name]
  if phase and phase.calls then
    if tls_waits or not phase.tls then return nil end
    return ("this nginx is without OpenResty's patches and cannot wait in the phase %s: use enqueue, which works there")
      :format(name)
  end
  return ("nginx has no sockets in the phase %s, so that no answer can be waited for: %s"):format(name,
    ways_out[name] or way_out)
end

local no_yield = "nginx cannot wait for an answer inside a callback of table.sort, string.gsub or another C function: "
  .. "collect the values there, and make the calls after it"

--- Throws where nothing can be waited for, and says what to do instead.
function M.check_call()
  local problem = refuse_call()
  if not problem and not yieldable() then problem = no_yield end
  if problem then check.fail("%s", problem) end
end

--- Why nothing can be enqueued here.
-- @treturn nil|string nil where it can
function M.refuse_queue()
  local name = get_phase()
  local phase = phases[name]
  if phase and phase.queue then return nil end
  return ("nothing can be enqueued in the phase %s: %s"):format(name, phase and phase.why or "it is not known")
end

return M
