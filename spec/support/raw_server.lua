-- SPDX-License-Identifier: MIT
-- A server that does what each request tells it to, byte for byte: the header X-Script is Lua code that writes the
-- answer, right or wrong. It is a child process; this file is both the child and the module that starts it.
--
--   local server = require("spec.support.raw_server").start { tls = "server" }
--   request with the header   X-Script: write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
--   server:events() -> { "open 1", "request 1 GET /x 0", "close 1" }
--
-- A script sees: write(text), sleep(seconds), hold(name) (waits until the spec calls server:release(name), so that no
-- spec has to be quicker than a pause), close(), reset() (a RST), ok(body), tunnel() (answers a CONNECT), method, path,
-- headers, body, authority, count (requests on this connection), shared (a table for all scripts of the server). With
-- "X-Body: unread" the body is left unread, so that a close resets the connection. The options on_connect (before
-- anything is read) and on_request (instead of X-Script) are such code too.
local M = {}

-- ---- the child

local function read_head(sock)
  local line = sock:read("*L")
  if not line then return nil end
  local request = { headers = {}, body = "" }
  request.method, request.path = line:match("^(%S+) (%S+)")
  for header in function() return sock:read("*L") end do
    local name, value = header:match("^([^:]+):%s*(.-)%s*$")
    if not name then break end
    request.headers[name:lower()] = value
  end
  return request
end

local function read_body(sock, request)
  local length = tonumber(request.headers["content-length"] or 0)
  if length > 0 and request.headers["x-body"] ~= "unread" then request.body = sock:read(length) or "" end
end

local function pump(from, to)
  for text in function() return from:read(-4096) end do
    if not to:xwrite(text, "bn") then break end
  end
  to:shutdown("w")
end

-- What a script can use. Errors of the other side's making end the script, not the server.
local function verbs(server, sock, request)
  local cqueues = server.cqueues
  local env = { sleep = cqueues.sleep, tostring = tostring, ipairs = ipairs, string = string, method = request.method,
    path = request.path, headers = request.headers, body = request.body, authority = request.headers.host,
    shared = server.shared }
  function env.write(text)
    if not sock:xwrite(text, "bn") then error("gone", 0) end
  end
  function env.hold(name)
    while not server.released[name or ""] do server.release:wait() end
  end
  function env.close()
    sock:close()
    error("closed", 0)
  end
  function env.reset()
    require("spec.support.posix").reset(sock:pollfd())
    error("closed", 0)
  end
  function env.ok(body)
    body = body or ""
    env.write(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body))
  end
  function env.tunnel()
    local host, port = request.path:match("^(.-):(%d+)$")
    local far = server.socket.connect { host = host, port = tonumber(port), nodelay = true }
    far:setmode("bn", "bn")
    env.write("HTTP/1.1 200 Connection established\r\n\r\n")
    server.loop:wrap(function() pump(far, sock) end)
    pump(sock, far)
    far:close()
    env.close()
  end
  return env
end

local function run_script(source, env)
  local chunk
  if setfenv then -- luacheck: ignore
    chunk = assert(loadstring(source)) -- luacheck: ignore
    setfenv(chunk, env) -- luacheck: ignore
  else
    chunk = assert(load(source, "=script", "t", env))
  end
  return pcall(chunk)
end

local function say(...)
  io.stdout:write(string.format(...), "\n")
  io.stdout:flush()
end

local function converse(server, sock, id)
  local count = 0
  if server.tls then assert(sock:starttls(server.tls)) end
  sock:setmode("bn", "bn")
  if server.on_connect ~= "" then
    if not run_script(server.on_connect, verbs(server, sock, { headers = {} })) then return end
  end
  for request in function() return read_head(sock) end do
    count = count + 1
    read_body(sock, request)
    say("request %d %s %s %d", id, tostring(request.method), tostring(request.path), #request.body)
    local source = server.on_request ~= "" and server.on_request or request.headers["x-script"] or "ok(body)"
    local env = verbs(server, sock, request)
    env.count = count
    local fine, message = run_script(source, env)
    if not fine then
      if message ~= "closed" and message ~= "gone" then say("error %s", tostring(message)) end
      return
    end
  end
end

local function tls_context(certs, name)
  local context = require("openssl.ssl.context").new("TLS", true)
  local function read(file)
    local handle = assert(io.open(certs .. "/" .. file, "rb"))
    local text = handle:read("*a")
    handle:close()
    return text
  end
  context:setCertificate(require("openssl.x509").new(read(name .. ".pem")))
  context:setPrivateKey(require("openssl.pkey").new(read("server.key")))
  return context
end

-- Each line that comes in here releases those who are held under that name, and all who come later.
local function listen_for_releases(server)
  local listener = server.socket.listen { host = "127.0.0.1", port = 0 }
  assert(listener:listen())
  server.loop:wrap(function()
    for sock in listener:clients() do
      local name = sock:read "*l"
      server.released[name or ""] = true
      server.release:signal()
      sock:write("released\n")
      sock:close()
    end
  end)
  local _, _, port = listener:localname()
  return port
end

local function main(tls, certs, on_connect, on_request, path)
  local cqueues, socket = require "cqueues", require "cqueues.socket"
  socket.setmaxline(262144)
  local server = { cqueues = cqueues, socket = socket, loop = cqueues.new(), on_connect = on_connect, shared = {},
    on_request = on_request, tls = tls ~= "" and tls_context(certs, tls) or nil, released = {},
    release = require("cqueues.condition").new() }
  local here = path ~= "" and { path = path, unlink = true } or { host = "127.0.0.1", port = 0, nodelay = true }
  local listener = socket.listen(here)
  assert(listener:listen())
  local _, _, port = listener:localname()
  say("port %d %d", port or 0, listen_for_releases(server))
  server.loop:wrap(function()
    local id = 0
    for sock in listener:clients() do
      id = id + 1
      local mine = id
      say("open %d", mine)
      sock:onerror(function(_, _, why) return why end)
      server.loop:wrap(function()
        pcall(converse, server, sock, mine)
        say("close %d", mine)
        sock:close()
      end)
    end
  end)
  while true do
    local fine, message = server.loop:step()
    if not fine then say("error %s", tostring(message)) end
  end
end

-- Run as a program, `...` are the program's arguments; required, it is the module's name.
if arg and arg[0] and arg[0]:match("raw_server%.lua$") then
  main(arg[1], arg[2], arg[3], arg[4], arg[5])
end

-- ---- the module

local methods = {}
local metatable = { __index = methods }

--- Where the test certificates are; they are made if they are not there.
function M.certs()
  local process = require "spec.support.process"
  local fine, message = process.run { "sh", "spec/support/make_certs.sh", "build/certs" }
  assert(fine, message)
  return "build/certs"
end

--- Starts a server on a free port.
-- @tparam[opt] table options tls ("server", "expired", "wrong-host"), on_connect, on_request (code), path (of a unix
--   socket to listen on instead)
-- @treturn table port, url ("http://127.0.0.1:PORT" or https), events(), count(word), release(name), stop()
function M.start(options)
  options = options or {}
  local process = require "spec.support.process"
  local certs = options.tls and M.certs() or ""
  local child = process.start { "lua5.4", "spec/support/raw_server.lua", options.tls or "", certs,
    options.on_connect or "", options.on_request or "", options.path or "" }
  local ports = assert(child:await(function(line) return line:match("^port (.*)$") end))
  local port, releases = ports:match("^(%d+) (%d+)$")
  local url = (options.tls and "https" or "http") .. "://127.0.0.1:" .. port
  return setmetatable({ child = child, port = tonumber(port), releases = tonumber(releases), url = url, seen = {} },
    metatable)
end

--- What happened so far, in order.
function methods:events()
  for line in function() return self.child:next_line() end do self.seen[#self.seen + 1] = line end
  return self.seen
end

--- How many events begin with the word ("open", "request", "close").
function methods:count(word)
  local n = 0
  for _, line in ipairs(self:events()) do
    if line:match("^(%a+)") == word then n = n + 1 end
  end
  return n
end

--- Waits up to twenty seconds until `count(word)` has reached n; returns what it is then.
function methods:await(word, n)
  local cqueues = require "cqueues"
  local deadline = cqueues.monotime() + 20
  while self:count(word) < n and cqueues.monotime() < deadline do cqueues.sleep(0.005) end
  return self:count(word)
end

--- Lets all go on that wait in hold(name), now and later.
function methods:release(name)
  local socket = require "cqueues.socket"
  local sock = socket.connect { host = "127.0.0.1", port = self.releases }
  sock:write((name or "") .. "\n")
  assert(sock:read "*l" == "released")
  sock:close()
end

function methods:stop()
  self.child:stop()
end

--- Where nobody listens: a port of the system's own, which no program here is given. One that a server has let go might
-- be another's the next moment.
M.nobody = "http://127.0.0.1:1"

return M
