-- SPDX-License-Identifier: MIT
-- A real nginx with the Lua module, on a free port, in a directory of its own.
local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local http = require "spec.support.plain_http"
local process = require "spec.support.process"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "spec.openresty" }

-- nginx brings its own LuaJIT, whatever runs the specs: they run once, in
-- `make spec LUA=luajit`.
M.here = jit ~= nil

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

-- Sanitizers are for the process under test: some tools hang under them.
local function output_of(command)
  local pipe = assert(io.popen("unset LD_PRELOAD; " .. command))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("%s+$", ""))
end

local TOP = output_of("pwd")

-- A sanitizer's build cannot be loaded by an nginx without it.
local function built()
  local core = TOP .. "/build/luajit/azure/signalr/core.so"
  if not read(core) then
    assert(process.run { "env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "make", "-s", "all", "LUA=luajit", "MODE=release" })
  end
  return TOP .. "/build/luajit/?.so"
end

--- A port that was free a moment ago.
function M.free_port()
  local listener = assert(socket.listen("127.0.0.1", 0))
  assert(listener:listen())
  local _, _, port = listener:localname()
  listener:close()
  return port
end

local function module_dir()
  for _, dir in ipairs { "/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules" } do
    if read(dir .. "/ngx_http_lua_module.so") then return dir end
  end
  error("nginx has no Lua module here: install libnginx-mod-http-lua", 0)
end

local CONF = [[
load_module $modules/ndk_http_module.so;
load_module $modules/ngx_http_lua_module.so;
$user
daemon off;
worker_processes $workers;
error_log error.log info;
pid nginx.pid;
$main
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  lua_package_path "$top/lua/?.lua;$top/lua/?/init.lua;$top/?.lua;/usr/share/lua/5.1/?.lua;;";
  lua_package_cpath "$built;;";
  lua_socket_log_errors off;
  $http
  server {
    listen 127.0.0.1:$port;
    default_type text/plain;
    $server
  }
}
]]

local function write_conf(self, what)
  local values = {
    modules = module_dir(), workers = what.workers or 2, top = TOP, built = built(), port = self.port,
    user = output_of("id -u") == "0" and "user root;" or "", http = what.http or "", server = what.server or "",
    main = what.main or "",
  }
  local file = assert(io.open(self.dir .. "/nginx.conf", "wb"))
  file:write((CONF:gsub("%$(%l+)", function(name)
    local value = values[name]
    return value and tostring(value):gsub("%$port", tostring(self.port)):gsub("%$top", TOP) or nil
  end)))
  file:close()
end

-- Waits until workers answer; a start that fails says why in the log.
local function await_start(self)
  local deadline = cqueues.monotime() + 10
  repeat
    local peer = socket.connect("127.0.0.1", self.port)
    peer:settimeout(1)
    peer:onerror(function(_, _, why) return why end)
    local up = peer:connect()
    peer:close()
    if up and read(self.dir .. "/nginx.pid") then return true end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline or self:log():find("[emerg]", 1, true)
  local text = self:log() .. self.process:errors()
  self:stop()
  error("nginx did not start:\n" .. text, 3)
end

--- Starts nginx and waits until it listens.
-- @tparam table what workers (default 2), http (directives of http), server (locations), main (directives at the top);
--   in them "$port" is the port, "$top" this checkout
-- @treturn table port, url, dir; methods below
function M.start(what)
  local dir = output_of("mktemp -d")
  local self = setmetatable({ dir = dir, port = M.free_port() }, metatable)
  self.url = "http://127.0.0.1:" .. self.port
  write_conf(self, what)
  self.process = process.start { "nginx", "-p", dir .. "/", "-e", dir .. "/error.log", "-c", dir .. "/nginx.conf" }
  await_start(self)
  return self
end

--- The error log so far.
function methods:log() return read(self.dir .. "/error.log") or "" end

--- Asks for a page and waits for it.
-- @tparam string path with its query
-- @tparam[opt] table options method, headers, body, timeout
-- @treturn number status
-- @treturn string body
-- @treturn table headers
function methods:get(path, options)
  return http.request(self.port, path, options)
end

local function master(self) return (read(self.dir .. "/nginx.pid") or ""):match("%d+") end

--- Sends a signal to the master process: HUP, QUIT, TERM.
function methods:signal(name) os.execute("unset LD_PRELOAD; kill -" .. name .. " " .. master(self)) end

--- Process ids of the workers.
function methods:workers()
  local list = {}
  for pid in output_of("pgrep -P " .. master(self) .. " || true"):gmatch("%d+") do list[#list + 1] = tonumber(pid) end
  return list
end

--- Waits until the log says something.
-- @tparam string pattern
-- @tparam[opt=10] number timeout seconds
-- @treturn string what it said; throws when it does not come
function methods:await_log(pattern, timeout)
  local deadline = cqueues.monotime() + (timeout or 10)
  repeat
    local found = self:log():match(pattern)
    if found then return found end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  error("the log does not say " .. pattern .. ":\n" .. self:log(), 2)
end

--- Waits until nginx has ended by itself.
-- @treturn boolean
function methods:await_end(timeout)
  local deadline = cqueues.monotime() + (timeout or 20)
  repeat
    if not master(self) then return true end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  return false
end

--- Ends nginx and removes its directory. Harmless when repeated.
function methods:stop()
  self.process:stop()
  if self.dir:find("^/tmp/.") then os.execute("unset LD_PRELOAD; rm -rf " .. process.quote(self.dir)) end
end

return M
