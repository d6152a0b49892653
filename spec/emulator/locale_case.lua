-- SPDX-License-Identifier: MIT
-- The program of logic_locale_spec.lua: the emulator's logic and the hub client's inside a host with a locale.
--   lua spec/emulator/locale_case.lua LOCALE
assert(os.setlocale(arg[1]), arg[1])

local filter = require "azure.signalr.emulator.filter"
local hub_json = require "azure.signalr.hubclient.json_text"
local logic = require "spec.emulator.logic"

local complaints = {}

local function want(what, expected, got)
  if tostring(got) ~= tostring(expected) then
    complaints[#complaints + 1] = ("%s: wanted %s, got %s"):format(what, tostring(expected), tostring(got))
  end
end

local world = logic.new()
local alice = world:client("ALICE I", { hub = "INBOX_I" })
local bob = world:client("bob", { hub = "INBOX_I", protocol = "messagepack" })

local function post(path, body, given)
  given = given or {}
  given.body = body
  return world:rest("POST", "/API/HUBS/INBOX_I/" .. path, given).status
end

want("a send", 202, post(":SEND", '{"TARGET":"t","ARGUMENTS":[1.5,-0.25,1e300]}', { type = "APPLICATION/JSON" }))
want("its text", '{"type":1,"target":"t","arguments":[1.5,-0.25,1e300]}', alice:text())
local frame = table.concat(bob:take())
want("its bytes", true, frame:find("\203\63\248\0\0\0\0\0\0\203\191\208", 1, true) ~= nil)
want("a send in MessagePack", 202, post("USERS/ALICE%20I/:SEND",
  "\130\166TARGET\161t\169ARGUMENTS\146\203\63\248\0\0\0\0\0\0\203\63\185\153\153\153\153\153\154",
  { type = "application/X-MSGPACK" }))
want("its text", '{"type":1,"target":"t","arguments":[1.5,0.1]}', alice:text())
want("commands", 202, post(":EXECUTE", '[{"TYPE":"JoinGroup","GROUP":"I"}]', {
  query = "FILTER=STARTSWITH(USERID,%20'ALICE')%20AND%20TOLOWER(USERID)%20EQ%20'alice%20i'" }))
want("their group", 200, world:rest("GET", "/api/hubs/INBOX_I/groups/I").status)
want("a version", 202, world:rest("POST", "/api/hubs/inbox_i/:send",
  { whole_query = "API-VERSION=2024-12-01", body = '{"target":"t"}' }).status)
want("a hub of other letters", 400, world:rest("POST", "/api/hubs/a%FD/:send", { body = "{}" }).status)
want("a date", "Fri, 15 Jan 2027 08:00:00 GMT", world:rest("HEAD", "/api/health").headers.date)
local token = world:rest("POST", "/api/hubs/INBOX_I/:generateToken", { query = "USERID=I&MINUTESTOEXPIRE=5" })
want("a token", 200, token.status)
want("JSON with letters", 400, post(":send", '{"target":"t","arguments":[1\253]}'))

local matches = assert(filter.compile(
  "INDEXOF(userId, 'I') EQ 2 AND userId LT 'b' AND LENGTH(TRIM(userId)) IN (7, 1.5)"))
want("a filter", true, matches(alice.session))
want("the hub client", "\195\164I", hub_json.string('"\\u00E4\\u0049"'))

io.write(table.concat(complaints, "\n"))
