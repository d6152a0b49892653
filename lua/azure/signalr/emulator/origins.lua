-- SPDX-License-Identifier: MIT
--- Where a request comes from, as far as its head says so: a program, or a web page in a browser of this machine.
-- A page can send requests to 127.0.0.1; and a name of its own that it makes resolve to 127.0.0.1 lets it read the
-- answers, too.
local ascii = require "azure.signalr.emulator.ascii"

local M = {}

local PAGES = { ["cross-site"] = true, ["same-site"] = true, ["same-origin"] = true }

-- The host of a Host field, without port and brackets.
local function host_of(field)
  return ascii.lower(field:match("^%[(.*)%]") or field:match("^([^:]*)"))
end

-- Nobody can make an address resolve to another one.
local function is_address(host)
  return host:find("^%d+%.%d+%.%d+%.%d+$") ~= nil or host:find(":", 1, true) ~= nil
end

local function is_known(host, known)
  if host == "localhost" or host:sub(-10) == ".localhost" or is_address(host) then return true end
  for _, base in ipairs(known) do
    if host_of(base:match("^[^/]*//([^/]*)") or base) == host then return true end
  end
  return false
end

--- Why a request that may come from a web page is refused.
-- @tparam table head { headers }
-- @tparam table known further base URLs or hosts by which the emulator may be called
-- @treturn string|nil nil when no page can have sent it
function M.fault(head, known)
  local fields = head.headers
  if fields.origin then return "it comes from a web page (it has an Origin)" end
  if PAGES[ascii.lower(fields["sec-fetch-site"] or "")] then
    return "it comes from a web page (it has Sec-Fetch-Site)"
  end
  if not is_known(host_of(fields.host or "127.0.0.1"), known) then
    return ("its Host is '%s': call the emulator localhost, by its address, or by a name given with --endpoint"):format(
      ascii.clean(fields.host, 100))
  end
  return nil
end

return M
