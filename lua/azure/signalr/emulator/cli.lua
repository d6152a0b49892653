-- SPDX-License-Identifier: MIT
-- The command line of the emulator: words in, a running server out.
local argparse = require "argparse"
local rand = require "openssl.rand"
local ascii = require "azure.signalr.emulator.ascii"
local base64 = require "azure.signalr.emulator.base64"
local http_listen = require "azure.signalr.emulator.http_listen"
local routes = require "azure.signalr.emulator.routes"
local server = require "azure.signalr.emulator.server"
local url = require "azure.signalr.emulator.url"
local version = require "azure.signalr.emulator.version"

local M = {}

-- Those of Microsoft's emulator, so that a connection string made for it works here.
M.DEFAULT_PORT = 8888
M.DEFAULT_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"

local LEAST_QUEUE = 4096

local function port_number(text)
  local port = text:find("^%d+$") and #text <= 5 and tonumber(text)
  if not port or port > 65535 then
    return nil, ("the port is a number from 0 to 65535, not '%s'"):format(ascii.clean(text, 40))
  end
  return port
end

-- As long as the service's own; base64, because a connection string splits at ";".
local function random_key()
  return base64.encode(rand.bytes(33))
end

local function access_key(text)
  if text == "random" then return random_key() end
  if text == "" then return nil, "the access key must not be empty" end
  if text:find("[^ -~]") or text:find("^ ") or text:find(" $") or text:find(";", 1, true) then
    return nil, "an access key with a ';', blanks around it or control characters cannot stand in a connection string"
  end
  return text
end

local function endpoint(text)
  local ok, why = url.check_base(text)
  if not ok then return nil, ("'%s' is no endpoint: %s"):format(ascii.clean(text, 200), why) end
  return text
end

local function byte_count(text)
  local count = text:find("^%d+$") and #text <= 12 and tonumber(text)
  if not count or count < LEAST_QUEUE then
    return nil, ("the send queue is a number of bytes from %d on, not '%s'"):format(LEAST_QUEUE, ascii.clean(text, 40))
  end
  return count
end

local function operation(text)
  for _, row in ipairs(routes.list) do
    if row.id == text then return text end
  end
  return nil, ("there is no operation '%s'"):format(ascii.clean(text, 100))
end

local function parser()
  local p = argparse("signalr-emulator", "A local Azure SignalR Service in serverless mode.")
  p:epilog("With the default access key, which is known, web pages in a browser of this machine\n"
    .. "can drive the emulator: --access-key random makes a key that only it tells.")
  p:option("--port", "Port to listen on; 0 lets the system choose.", tostring(M.DEFAULT_PORT)):convert(port_number)
  p:option("--host", "Address to listen on, in place of 127.0.0.1 and ::1."):argname("<address>")
  p:option("--access-key", "Key that signs the tokens; 'random' for one that nobody knows.", M.DEFAULT_KEY)
    :convert(access_key):argname("<key>")
  p:option("--endpoint", "A further base URL that tokens may name (repeatable)."):count("*"):convert(endpoint)
    :argname("<url>")
  p:option("--tls-cert", "Certificate chain (PEM): serve https."):argname("<file>")
  p:option("--tls-key", "Its private key (PEM)."):argname("<file>")
  p:flag("--http2", "Speak HTTP/2 too, over TLS (header values of up to 7,000 characters).")
  p:flag("--lax", "Do not check tokens.")
  p:flag("--quiet", "No line for each request.")
  p:flag("--control", "Open the fault control endpoint, /__control/faults.")
  p:option("--break", "Leave out the effect of one operation (for testing tests)."):convert(operation)
    :argname("<operation>")
  p:option("--send-queue", "Bytes that may wait for a slow client.", "8388608"):convert(byte_count):argname("<bytes>")
  p:flag("--until-eof", "End when the standard input is closed.")
  p:flag("--version", "Say which version this is, and end."):action(function()
    io.stdout:write("signalr-emulator ", version, "\n")
    os.exit(0)
  end)
  return p
end

local function to_options(args)
  return {
    port = args.port, host = args.host, access_key = args.access_key, endpoints = args.endpoint,
    tls_cert = args.tls_cert, tls_key = args.tls_key, http2 = args.http2, lax = args.lax, quiet = args.quiet,
    control = args.control, broken = args["break"], send_queue = args.send_queue, until_eof = args.until_eof,
  }
end

--- Runs the command until it is told to stop.
-- @tparam table argv the words after the command's name
-- @treturn number the exit status
function M.main(argv)
  local args = parser():parse(argv)
  if (args.tls_cert == nil) ~= (args.tls_key == nil) then
    io.stderr:write("signalr-emulator: --tls-cert and --tls-key go together\n")
    return 2
  end
  local self, why = server.new(to_options(args))
  if not self then
    io.stderr:write("signalr-emulator: ", why, "\n")
    return 1
  end
  if args.access_key == M.DEFAULT_KEY and not http_listen.is_loopback(args.host) then
    io.stderr:write("signalr-emulator: warning: everybody who can reach this machine can use the emulator, because ",
      "the default access key is known; --access-key random makes another\n")
  end
  io.stdout:write("connection string: ", self:connection_string(), "\n")
  io.stdout:flush()
  self:run()
  return 0
end

return M
