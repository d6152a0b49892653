-- SPDX-License-Identifier: MIT
--- Where nginx lets Lua wait, and what to say where it does not. nginx itself is asked, by trying: its versions add
-- phases. Only what could not be taken back is refused beforehand.
local check = require "azure.signalr.check"
local core = require "azure.signalr.core"
local ffi = require "ffi"

local M = {}

local get_phase, yieldable, tcp = ngx.get_phase, core.yieldable, ngx.socket.tcp

local ways_out = {
  init = "do it in a timer that init_worker_by_lua starts with ngx.timer.at(0, ...)",
  exit_worker = "do it earlier: a worker that exits has no sockets any more",
}
local way_out = "use enqueue, which works there, or ngx.timer.at(0, ...)"

-- A timer that is started in these would run in every worker, or never.
local no_queue = {
  init = "a queue filled there would be copied into every worker",
  exit_worker = "nginx starts no timer any more",
}

local UNPATCHED = "%s without OpenResty's patches and cannot wait in the phase %%s: use enqueue, which works there"
local NGINX, OPENSSL = UNPATCHED:format "this nginx seems to be", UNPATCHED:format "this nginx's OpenSSL is"

-- TLS handshakes wait for Lua only in an nginx with OpenResty's patches; in one without, a call there ends the
-- connection, when it is too late for an error. Distributions load the Lua module into an nginx of their own, without
-- them; OpenResty alone has it in a directory of this name.
local function is_patched()
  local configure = ngx.config.nginx_configure and ngx.config.nginx_configure() or ""
  return configure:find("ngx_lua-", 1, true) ~= nil
end

-- A look-up of a session waits where OpenSSL (or BoringSSL) has a word for it.
local function has_session_patch()
  pcall(ffi.cdef, "void *SSL_magic_pending_session_ptr(void);")
  return pcall(function() return ffi.C.SSL_magic_pending_session_ptr end)
end

local patched = is_patched()
local refused = {} -- phase -> why nothing can be waited for there
if not patched then
  refused.ssl_client_hello, refused.ssl_cert, refused.ssl_session_fetch = NGINX, NGINX, NGINX
elseif not has_session_patch() then
  refused.ssl_session_fetch = OPENSSL
end

-- The module may know a phase for which lua-resty-core has no name.
local function name_of()
  local known, name = pcall(get_phase)
  return known and name or "that is at hand"
end

local no_yield = "nginx cannot wait for an answer inside a callback of table.sort, string.gsub or another C function: "
  .. "collect the values there, and make the calls after it"

--- A new socket.
-- @raise where nothing can be waited for, and says what to do instead
function M.socket()
  local name = name_of()
  if refused[name] then check.fail(refused[name], name) end
  local there, sock = pcall(tcp)
  if not there then
    check.fail("nginx has no sockets in the phase %s, so that no answer can be waited for: %s", name,
      ways_out[name] or way_out)
  end
  if not yieldable() then check.fail("%s", no_yield) end
  return sock
end

--- Throws where nothing can be waited for.
function M.check_call() M.socket() end

--- Why nothing can be enqueued here.
-- @treturn nil|string nil where it can, as far as can be known before it is tried
function M.refuse_queue()
  local name = name_of()
  local why = no_queue[name]
  return why and ("nothing can be enqueued in the phase %s: %s"):format(name, why)
end

return M
