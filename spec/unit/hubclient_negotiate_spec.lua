-- SPDX-License-Identifier: MIT
-- What the hub client makes of answers to negotiate, good and cut off.
local cjson = require "cjson"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local WHOLE = '{"connectionId":"c","connectionToken":"t","availableTransports":[{"transport":"Other"}]}'

-- What signalr-listen says of a server that answers so.
local function said(script)
  local server = raw_server.start { on_request = script }
  local url = server.url .. "/client/?hub=chat"
  local child = process.start({ "bin/signalr-listen", "--url", url, "--timeout", "5" }, { stdin = true })
  local text = assert(child:await(function(line) return cjson.decode(line).message end))
  child:stop()
  server:stop()
  return text
end

local function answer(text, length, status)
  local whole = ("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s"):format(status or "200 OK", length, text)
  return (("write(%q)"):format(whole):gsub("\\\n", "\\n"):gsub("\r", "\\r"))
end

describe("the hub client's negotiate", function()
  it("reads an answer that is whole", function()
    assert.is_truthy(said(answer(WHOLE, #WHOLE)):find("offers no WebSockets", 1, true))
  end)

  it("takes no answer that was cut off, though it looks whole, and does not hang", function()
    for _, text in ipairs { WHOLE, "{}", '{"url":"http://127.0.0.1:1/"}', "" } do
      local why = said(answer(text, #text + 5) .. " close()")
      assert.is_truthy(why:find("was not read: ", 1, true), why) -- broke, or the system's word for it: who is quicker?
    end
    local why = said [[write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n") close()]]
    assert.is_truthy(why:find("was not read", 1, true), why)
  end)

  it("does not read without end", function()
    local why = said [[
      write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for i = 1, 40 do write("10000\r\n" .. string.rep(" ", 65536) .. "\r\n") end
    ]]
    assert.is_truthy(why:find("too long", 1, true), why)
  end)

  it("shows no control characters of the server's", function()
    local refusal = '{"error":"no\27[31m\\u000a"}'
    for _, script in ipairs { answer(refusal, #refusal), answer("a\r\n\27b", 5, "403 No") } do
      local why = said(script)
      assert.is_nil(why:find("%c"), why)
      assert.is_truthy(why:find("?", 1, true), why)
    end
  end)
end)
