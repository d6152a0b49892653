-- SPDX-License-Identifier: MIT
-- A bundle of certificates takes 20 ms to read and is read once, not for each connection: bytes are counted, not time.
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"

local MANY = 24

local function output(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local text = pipe:read "*l"
  pipe:close()
  return text
end

-- Bytes that this process has read so far (Linux).
local function bytes_read()
  local file = assert(io.open "/proc/self/io")
  local count = tonumber(file:read("*a"):match "rchar:%s*(%d+)")
  file:close()
  return count
end

local function size_of(path)
  local file = assert(io.open(path, "rb"))
  local size = file:seek "end"
  file:close()
  return size
end

describe("the CA certificates", function()
  local bundle = output "curl-config --ca"
  local there = bundle and io.open(bundle, "rb")
  if there then there:close() end
  local server

  setup(function() server = raw_server.start { tls = "server" } end)
  teardown(function() server:stop() end)

  local cases = {
    ["of the system"] = {},
    ["of a file"] = { ca_file = bundle },
    ["of a file and a directory"] = { ca_file = bundle, ca_path = "/etc/ssl/certs" },
  }
  for what, options in pairs(cases) do
    for _, io_thread in ipairs { false, true } do
      it(("%s are read once for many connections%s"):format(what, io_thread and ", io_thread" or ""), function()
        if not there then return pending "libcurl knows of no bundle here" end
        local opened = server:count "open"
        local client = signalr.new {
          endpoint = server.url, access_key = "key", retry = false, timeout = 20, io_thread = io_thread,
          ca_file = options.ca_file, ca_path = options.ca_path,
        }
        local before = bytes_read()
        for i = 1, MANY do
          local ok, err = client:hub("chat"):send("m", i)
          assert(not ok and err.kind == "tls", tostring(err)) -- not one of those is trusted
        end
        local read = bytes_read() - before
        client:close()
        assert.is_true(server:await("open", opened + MANY) >= opened + MANY)
        local bundles = read / size_of(bundle)
        assert.is_true(bundles < 4, ("as much was read as %.1f bundles have"):format(bundles))
      end)
    end
  end
end)
