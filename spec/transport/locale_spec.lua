-- SPDX-License-Identifier: MIT
-- A host sets a locale when it likes; what is sent, read and said must not change with it.
local locales = require "spec.support.locales"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

-- Takes what has the path and the numbers of everybody's locale, and answers with numbers of its own.
local ACCEPT = [[
  local fine = path == "/api/hubs/inbox_i/:send?api-version=2024-12-01"
    and body == '{"target":"t","arguments":[0.5]}'
  local text = '{"isSuccess":' .. tostring(fine) .. ',"jsonObject":{"seconds":0.25}}'
  write("HTTP/1.1 202 Accepted\r\nContent-Length: " .. tostring(#text) .. "\r\n\r\n" .. text)
]]

describe("a host's locale", function()
  local dir, names = locales.make()

  for _, name in ipairs(names) do
    for _, moment in ipairs { "before", "after" } do
      it(("%s, set %s the library is loaded, changes nothing"):format(name, moment), function()
        local server = raw_server.start { on_request = ACCEPT }
        -- glibc never frees what it keeps of LOCPATH, and a leak checker tells of it.
        local said = support.lua({ "spec/support/locale_case.lua", server.url, name, moment },
          { LOCPATH = dir, ASAN_OPTIONS = "detect_leaks=0" })
        assert.are.equal("", said)
        assert.are.equal(6, server:count "request")
        server:stop()
      end)
    end
  end
end)
