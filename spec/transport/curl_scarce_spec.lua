-- SPDX-License-Identifier: MIT
-- A process that has no descriptors left is told so, and goes on when it has some again.
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

describe("curl pool without descriptors", function()
  for _, threaded in ipairs { "false", "true" } do
    it("names the limit, and recovers: io_thread " .. threaded, function()
      local plain, secure = raw_server.start(), raw_server.start { tls = "server" }
      local lua = rawget(_G, "jit") and "luajit" or "lua5.4"
      local words = { lua, "spec/support/scarce_case.lua", plain.url, secure.url, raw_server.certs() .. "/ca.pem",
        threaded }
      for i, word in ipairs(words) do words[i] = process.quote(word) end
      local pipe = io.popen("ulimit -n 64; " .. table.concat(words, " ") .. " 2>&1")
      local out = pipe:read "*a"
      pipe:close()
      plain:stop()
      secure:stop()
      assert.equal("true\n", out)
    end)
  end
end)
