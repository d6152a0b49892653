-- SPDX-License-Identifier: MIT
--- What nginx's words for a connection that did not come about mean, and what to do. Pure; decided by the words alone:
-- the number that nginx puts before some of them may be one of an earlier failure.
local core = require "azure.signalr.core"

local M = {}

local lower = core.lower

-- Where distributions keep the certificates of public authorities.
local BUNDLES = "/etc/ssl/certs/ca-certificates.crt (Debian, Ubuntu, Alpine) or /etc/pki/tls/certs/ca-bundle.crt "
  .. "(Fedora, Red Hat)"

local TRUST = "nginx trusts nobody unless told whom: set lua_ssl_trusted_certificate to the authorities' certificates, "
  .. "usually " .. BUNDLES .. ", and lua_ssl_verify_depth to the length of their chains, such as 5 (its default of 1 "
  .. "refuses most); both belong into http, server or location"

local function wrong_name(target)
  local name = target.server_name or ""
  if name:find("^[%d.]+$") or name:find(":", 1, true) then
    return "nginx compares names, not IP addresses: use the name that is in the certificate"
  end
  return ("the certificate is not made out to %s"):format(name)
end

local function every_cause(target)
  return ("usual causes: %s. Or %s; or its time is over, or has not begun by this machine's clock. Where "
    .. "lua_socket_log_errors is on, nginx's error log may say which"):format(TRUST, wrong_name(target))
end

local function always(text)
  return function() return text end
end

-- The first pattern that is found counts. OpenSSL 1.1 wrote "self signed".
local tls = {
  { "host ?n?a?m?e? mismatch", wrong_name },
  { "ip address mismatch", wrong_name },
  { "crl", always "this is about the list of revoked certificates, which lua_ssl_crl names" },
  { "has expired", always "the certificate's time is over: the service has to renew it" },
  { "not yet valid", always "the certificate's time has not begun: compare this machine's clock" },
  { "revoked", always "its authority has taken the certificate back" },
  { "too weak", always "OpenSSL's security level here does not take such a certificate" },
  { "unable to get", always(TRUST) },
  { "self.signed", always(TRUST) },
  { "unable to verify the first", always(TRUST) },
  { "not trusted", always(TRUST) },
  { "chain too long", always(TRUST) },
  { "path length", always(TRUST) },
  { "^handshake failed$", always("the other side may not speak TLS on this port, or no protocol version that nginx's "
    .. "lua_ssl_protocols has") },
  { "^closed$", always "the other side closed the connection" },
  { "connection reset", always "the other side broke it off" },
  { "broken pipe", always "the other side broke it off" },
}

--- Why the TLS connection could not be made.
-- @tparam table target origin, server_name
-- @tparam string|nil why nginx's words; nil where it has none
-- @treturn string kind of failure
-- @treturn string a sentence
function M.tls(target, why)
  if why == "timeout" then return "timeout", ("the TLS handshake with %s did not end in time"):format(target.origin) end
  local words, advice = why and why:gsub("^%d+: ", "") or "the certificate is refused", every_cause
  for i = 1, why and #tls or 0 do
    if lower(words):find(tls[i][1]) then
      advice = tls[i][2]
      break
    end
  end
  return "tls", ("the TLS connection to %s could not be made (%s): %s"):format(target.origin, words, advice(target))
end

local HOSTS = "nginx asks name servers only, and does not read /etc/hosts (OpenResty 1.31 does with hosts=on in the "
  .. "directive resolver)"

-- Kong and APISIX put resolvers of their own into nginx's sockets.
local function is_of_names(words)
  return words:find("resolve", 1, true) or words:find("dns", 1, true) or words:find("parse domain", 1, true)
    or words:find("parse host name", 1, true) or words:find("host not found", 1, true)
end

--- Why there is no connection.
-- @tparam table target host, port, proxy, pool_size, backlog
-- @tparam string why nginx's words
-- @treturn string kind of failure
-- @treturn string a sentence
function M.connect(target, why)
  local words = lower(why)
  local what = ("%s%s:%d"):format(target.proxy and "the proxy " or "", target.host, target.port)
  if why == "timeout" then return "timeout", ("no connection to %s in time"):format(what) end
  if words:find("no resolver defined", 1, true) then
    return "dns", ("%s cannot be resolved: nginx needs the directive resolver, such as \"resolver 127.0.0.53;\" with a "
      .. "server of /etc/resolv.conf, or an IP address in the endpoint"):format(target.host)
  end
  if is_of_names(words) then return "dns", ("%s: %s; %s"):format(what, why, HOSTS) end
  if words:find("too many waiting connect operations", 1, true) then
    return "queue_full", ("%d requests are on the way and %d wait for a connection of this worker"):format(
      target.pool_size, target.backlog)
  end
  return target.proxy and "proxy" or "connect", ("%s could not be connected to: %s"):format(what, why)
end

return M
