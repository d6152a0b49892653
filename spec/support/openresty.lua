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

--- The command: what NGINX_COMMAND names, or OpenResty's, or nginx.
M.command = os.getenv "NGINX_COMMAND" or output_of("PATH=$PATH:/usr/sbin; command -v openresty || command -v nginx || "
  .. "ls /usr/local/openresty/nginx/sbin/nginx 2>/dev/null || echo nginx")

local USER = output_of("id -u") == "0" and "user root; " or ""
local PROBE = "%s pid nginx.pid; " .. USER .. "events {} http { lua_socket_log_errors off; access_log off; "
  .. "client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5; } %s\n"

-- Whether nginx takes these directives, with those lines before them.
local function takes(lines, more)
  local dir = output_of("mktemp -d")
  local file = assert(io.open(dir .. "/nginx.conf", "wb"))
  file:write(PROBE:format(lines, more or ""))
  file:close()
  local fine, text = process.run { M.command, "-t", "-p", dir .. "/", "-e", "stderr", "-c", dir .. "/nginx.conf" }
  process.run { "rm", "-rf", dir }
  return fine, text
end

-- Where this nginx would look for modules, then where distributions put them.
local function module_dirs()
  local dirs = {}
  local built_with = output_of(process.quote(M.command) .. " -V 2>&1")
  local prefix = built_with:match("%-%-prefix=(%S+)")
  dirs[1] = built_with:match("%-%-modules%-path=(%S+)") or prefix and prefix .. "/modules"
  for _, dir in ipairs { "/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules" } do
    dirs[#dirs + 1] = dir
  end
  return dirs
end

local function load_lines(dir, names)
  local lines = {}
  for i, name in ipairs(names) do lines[i] = ("load_module %s/%s.so;"):format(dir, name) end
  return table.concat(lines, " ")
end

-- The lines that load what this nginx lacks. Only nginx itself knows: the module may be built in, and one of another
-- nginx may lie beside it.
local function find_modules(names, before, directives)
  local fine, last = takes(before, directives)
  if fine then return before end
  for _, dir in ipairs(module_dirs()) do
    local lines = before .. load_lines(dir, names)
    fine = read(dir .. "/" .. names[#names] .. ".so") and takes(lines, directives)
    if fine then return lines end
  end
  return nil, last
end

local modules, stream_modules

--- The lines that load the Lua module; "" where it is built in.
function M.modules()
  if modules then return modules end
  local problem
  modules, problem = find_modules({ "ndk_http_module", "ngx_http_lua_module" }, "")
  if not modules then
    error(("%s has no Lua module here (on Debian: libnginx-mod-http-lua). %s"):format(M.command, problem or ""), 0)
  end
  return modules
end

--- The same with those of stream {}; nil where nginx has none.
function M.stream_modules()
  stream_modules = stream_modules or find_modules({ "ngx_stream_module", "ngx_stream_lua_module" }, M.modules(),
    "stream { lua_socket_log_errors off; }")
  return stream_modules
end

local CONF = [[
$modules
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
  lua_package_path "$top/lua/?.lua;$top/lua/?/init.lua;$top/?.lua;;/usr/share/lua/5.1/?.lua";
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
    modules = what.modules or M.modules(), workers = what.workers or 2, top = TOP, built = built(), port = self.port,
    user = USER, http = what.http or "", server = what.server or "", main = what.main or "",
  }
  local inner = { port = self.port, top = TOP, otherport = self.other_port }
  local file = assert(io.open(self.dir .. "/nginx.conf", "wb"))
  file:write((CONF:gsub("%$(%l+)", function(name)
    local value = values[name]
    return value and tostring(value):gsub("%$(%l+)", inner) or nil
  end)))
  file:close()
end

-- Waits until workers answer. A start that fails says why in the log.
local function await_start(self)
  local deadline = cqueues.monotime() + 30
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
  return nil, text
end

local function start_once(what)
  local dir = output_of("mktemp -d")
  local self = setmetatable({ dir = dir, port = M.free_port(), other_port = M.free_port() }, metatable)
  self.url = "http://127.0.0.1:" .. self.port
  write_conf(self, what)
  local words = { M.command, "-p", dir .. "/", "-e", dir .. "/error.log", "-c", dir .. "/nginx.conf" }
  if what.preload then words = { "env", "LD_PRELOAD=" .. TOP .. "/" .. what.preload, unpack(words) } end
  if what.env then words = { "env", what.env, unpack(words) } end
  self.process = process.start(words)
  local up, text = await_start(self)
  return up and self, text
end

--- Starts nginx and waits until it listens. Its ports are new ones if another program took them meanwhile.
-- @tparam table what workers (default 2), http (directives of http), server (locations), main (directives at the top),
--   modules (the lines that load them); in them "$port" is the port, "$otherport" another one, "$top" this checkout;
--   preload (a library of posix.preload), env ("NAME=value" of its environment)
-- @treturn table port, other_port, url, dir; methods below
function M.start(what)
  local self, text
  for _ = 1, 5 do
    self, text = start_once(what)
    if self then return self end
    if not text:find("Address already in use", 1, true) then break end
  end
  error("nginx did not start:\n" .. text, 2)
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

-- Its process id as written down; nil before that, and after its end.
local function noted(self) return (read(self.dir .. "/nginx.pid") or ""):match("%d+") end

-- It listens before it has written who it is.
local function master(self)
  local deadline = cqueues.monotime() + 30
  repeat
    local pid = noted(self)
    if pid then return pid end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  error("nginx has not written its process id")
end

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
-- @tparam[opt=30] number timeout seconds
-- @treturn string what it said; throws when it does not come
function methods:await_log(pattern, timeout)
  local deadline = cqueues.monotime() + (timeout or 30)
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
  local deadline = cqueues.monotime() + (timeout or 60)
  repeat
    if not noted(self) then return true end
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
