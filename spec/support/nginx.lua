-- SPDX-License-Identifier: MIT
-- An nginx with HTTP/2 over TLS on a free port.
local process = require "spec.support.process"

local M = {}
local methods = {}
local metatable = { __index = methods }

local CONFIG = [[
daemon off;
master_process off;
pid %DIR%/pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  log_format short '$connection $server_protocol $request_method $uri $status';
  access_log %DIR%/log short;
  client_body_temp_path %DIR%/body;
  proxy_temp_path %DIR%/proxy;
  fastcgi_temp_path %DIR%/fastcgi;
  uwsgi_temp_path %DIR%/uwsgi;
  scgi_temp_path %DIR%/scgi;
  client_max_body_size 1m;
  server {
    listen 127.0.0.1:%PORT% ssl http2;
    http2_max_concurrent_streams %STREAMS%;
    ssl_certificate %CERTS%/server.pem;
    ssl_certificate_key %CERTS%/server.key;
    keepalive_requests %REQUESTS%;
    location / { return 200 "hello $request_uri"; }
    location /refuse { return 401 "no"; }
    location /big { alias %DIR%/big; }
    %MORE%
  }
}
]]

-- nginx cannot be told to choose a port: the system's choice is taken from a listener that is closed again.
local function free_port()
  local socket = require "cqueues.socket"
  local listener = socket.listen { host = "127.0.0.1", port = 0 }
  assert(listener:listen())
  local _, _, port = listener:localname()
  listener:close()
  return port
end

local function answers(port)
  local socket = require "cqueues.socket"
  local try = socket.connect { host = "127.0.0.1", port = port }
  try:onerror(function(_, _, why) return why end)
  local fine = try:connect(1)
  try:close()
  return fine
end

--- Starts it.
-- @tparam string certs the directory of make_certs.sh
-- @tparam[opt] table options requests: how many a connection carries; more: lines for its server block
-- @treturn table url, log(), stop()
function M.start(certs, options)
  options = options or {}
  local dir = os.tmpname()
  os.remove(dir)
  assert(process.run { "mkdir", "-p", dir })
  local port = free_port()
  local values = { DIR = dir, PORT = port, CERTS = certs:match "^/" and certs or os.getenv "PWD" .. "/" .. certs,
    REQUESTS = options.requests or 1000, STREAMS = options.streams or 128, MORE = options.more or "" }
  local function write(name, text)
    local file = assert(io.open(dir .. "/" .. name, "wb"))
    file:write(text)
    file:close()
  end
  write("nginx.conf", (CONFIG:gsub("%%(%u+)%%", function(name) return tostring(values[name]) end)))
  write("big", ("x"):rep(500000))
  local child = process.start { "nginx", "-p", dir, "-c", dir .. "/nginx.conf" }
  local self = setmetatable({ child = child, dir = dir, url = "https://127.0.0.1:" .. port }, metatable)
  local cqueues = require "cqueues"
  for _ = 1, 500 do
    if answers(port) then return self end
    cqueues.sleep(0.01)
  end
  local message = child:errors()
  self:stop()
  error("nginx did not start: " .. message)
end

--- The lines of its access log: connection, protocol, method, path, status. nginx writes them after the answers, so
-- they are waited for.
-- @tparam function enough gets the lines joined, returns whether that is all
function methods:log(enough)
  local cqueues = require "cqueues"
  local lines
  for _ = 1, 500 do
    lines = {}
    for line in io.lines(self.dir .. "/log") do lines[#lines + 1] = line end
    if enough(lines) then break end
    cqueues.sleep(0.01)
  end
  return lines
end

function methods:stop()
  self.child:stop()
  process.run { "rm", "-rf", self.dir }
end

return M
