-- SPDX-License-Identifier: MIT
rockspec_format = "3.0"
package = "azure-signalr-emulator"
version = "scm-1"
source = {
  -- luarocks make builds what is checked out; this address matters once the rock is published.
  url = "git+https://example.org/azure-signalr.git",
}
description = {
  summary = "A local Azure SignalR Service",
  detailed = [[
The command signalr-emulator: all 26 operations of the Azure SignalR Service REST API (2024-12-01) with effect on real
hub clients (WebSockets, Server-Sent Events, long polling; JSON and MessagePack), and faults on demand for tests.
signalr-listen, a small hub client, comes with it.]],
  license = "MIT",
  labels = { "azure", "signalr", "websocket", "testing" },
}
supported_platforms = { "unix" }
dependencies = {
  "lua >= 5.1, < 5.5, ~= 5.2", -- LuaJIT 2.1 calls itself 5.1; of plain Lua, 5.3 and 5.4
  "http >= 0.4",
  "cqueues >= 20190813",
  "luaossl >= 20190731",
  "argparse >= 0.7.0",
}
-- Nothing is built; LuaRocks' builtin way would install all that lies in lua/, the client's part too.
build = {
  type = "none",
  install = {
    bin = { "bin/signalr-emulator", "bin/signalr-listen" },
    lua = {
      ["azure.signalr.emulator.answers"] = "lua/azure/signalr/emulator/answers.lua",
      ["azure.signalr.emulator.ascii"] = "lua/azure/signalr/emulator/ascii.lua",
      ["azure.signalr.emulator.auth"] = "lua/azure/signalr/emulator/auth.lua",
      ["azure.signalr.emulator.base64"] = "lua/azure/signalr/emulator/base64.lua",
      ["azure.signalr.emulator.body"] = "lua/azure/signalr/emulator/body.lua",
      ["azure.signalr.emulator.byte_buffer"] = "lua/azure/signalr/emulator/byte_buffer.lua",
      ["azure.signalr.emulator.cli"] = "lua/azure/signalr/emulator/cli.lua",
      ["azure.signalr.emulator.clients"] = "lua/azure/signalr/emulator/clients.lua",
      ["azure.signalr.emulator.cors"] = "lua/azure/signalr/emulator/cors.lua",
      ["azure.signalr.emulator.dates"] = "lua/azure/signalr/emulator/dates.lua",
      ["azure.signalr.emulator.faults"] = "lua/azure/signalr/emulator/faults.lua",
      ["azure.signalr.emulator.filter"] = "lua/azure/signalr/emulator/filter.lua",
      ["azure.signalr.emulator.filter_functions"] = "lua/azure/signalr/emulator/filter_functions.lua",
      ["azure.signalr.emulator.filter_tokens"] = "lua/azure/signalr/emulator/filter_tokens.lua",
      ["azure.signalr.emulator.groups"] = "lua/azure/signalr/emulator/groups.lua",
      ["azure.signalr.emulator.http_answer"] = "lua/azure/signalr/emulator/http_answer.lua",
      ["azure.signalr.emulator.http_clients"] = "lua/azure/signalr/emulator/http_clients.lua",
      ["azure.signalr.emulator.http_clock"] = "lua/azure/signalr/emulator/http_clock.lua",
      ["azure.signalr.emulator.http_faults"] = "lua/azure/signalr/emulator/http_faults.lua",
      ["azure.signalr.emulator.http_guard"] = "lua/azure/signalr/emulator/http_guard.lua",
      ["azure.signalr.emulator.http_listen"] = "lua/azure/signalr/emulator/http_listen.lua",
      ["azure.signalr.emulator.http_request"] = "lua/azure/signalr/emulator/http_request.lua",
      ["azure.signalr.emulator.http_routes"] = "lua/azure/signalr/emulator/http_routes.lua",
      ["azure.signalr.emulator.hub"] = "lua/azure/signalr/emulator/hub.lua",
      ["azure.signalr.emulator.hub_protocol"] = "lua/azure/signalr/emulator/hub_protocol.lua",
      ["azure.signalr.emulator.hub_protocol_json"] = "lua/azure/signalr/emulator/hub_protocol_json.lua",
      ["azure.signalr.emulator.hub_protocol_msgpack"] = "lua/azure/signalr/emulator/hub_protocol_msgpack.lua",
      ["azure.signalr.emulator.json_msgpack"] = "lua/azure/signalr/emulator/json_msgpack.lua",
      ["azure.signalr.emulator.json_scan"] = "lua/azure/signalr/emulator/json_scan.lua",
      ["azure.signalr.emulator.json_text"] = "lua/azure/signalr/emulator/json_text.lua",
      ["azure.signalr.emulator.jwt"] = "lua/azure/signalr/emulator/jwt.lua",
      ["azure.signalr.emulator.limits"] = "lua/azure/signalr/emulator/limits.lua",
      ["azure.signalr.emulator.log"] = "lua/azure/signalr/emulator/log.lua",
      ["azure.signalr.emulator.msgpack"] = "lua/azure/signalr/emulator/msgpack.lua",
      ["azure.signalr.emulator.msgpack_json"] = "lua/azure/signalr/emulator/msgpack_json.lua",
      ["azure.signalr.emulator.numbers"] = "lua/azure/signalr/emulator/numbers.lua",
      ["azure.signalr.emulator.origins"] = "lua/azure/signalr/emulator/origins.lua",
      ["azure.signalr.emulator.pace"] = "lua/azure/signalr/emulator/pace.lua",
      ["azure.signalr.emulator.params"] = "lua/azure/signalr/emulator/params.lua",
      ["azure.signalr.emulator.payload"] = "lua/azure/signalr/emulator/payload.lua",
      ["azure.signalr.emulator.receivers"] = "lua/azure/signalr/emulator/receivers.lua",
      ["azure.signalr.emulator.rest"] = "lua/azure/signalr/emulator/rest/init.lua",
      ["azure.signalr.emulator.rest.auth"] = "lua/azure/signalr/emulator/rest/auth.lua",
      ["azure.signalr.emulator.rest.close"] = "lua/azure/signalr/emulator/rest/close.lua",
      ["azure.signalr.emulator.rest.execute"] = "lua/azure/signalr/emulator/rest/execute.lua",
      ["azure.signalr.emulator.rest.existence"] = "lua/azure/signalr/emulator/rest/existence.lua",
      ["azure.signalr.emulator.rest.groups"] = "lua/azure/signalr/emulator/rest/groups.lua",
      ["azure.signalr.emulator.rest.invoke"] = "lua/azure/signalr/emulator/rest/invoke.lua",
      ["azure.signalr.emulator.rest.list"] = "lua/azure/signalr/emulator/rest/list.lua",
      ["azure.signalr.emulator.rest.send"] = "lua/azure/signalr/emulator/rest/send.lua",
      ["azure.signalr.emulator.rest.streams"] = "lua/azure/signalr/emulator/rest/streams.lua",
      ["azure.signalr.emulator.routes"] = "lua/azure/signalr/emulator/routes.lua",
      ["azure.signalr.emulator.server"] = "lua/azure/signalr/emulator/server.lua",
      ["azure.signalr.emulator.service"] = "lua/azure/signalr/emulator/service.lua",
      ["azure.signalr.emulator.session"] = "lua/azure/signalr/emulator/session.lua",
      ["azure.signalr.emulator.tls"] = "lua/azure/signalr/emulator/tls.lua",
      ["azure.signalr.emulator.transports.half"] = "lua/azure/signalr/emulator/transports/half.lua",
      ["azure.signalr.emulator.transports.long_polling"] = "lua/azure/signalr/emulator/transports/long_polling.lua",
      ["azure.signalr.emulator.transports.outbox"] = "lua/azure/signalr/emulator/transports/outbox.lua",
      ["azure.signalr.emulator.transports.sse"] = "lua/azure/signalr/emulator/transports/sse.lua",
      ["azure.signalr.emulator.transports.websocket"] = "lua/azure/signalr/emulator/transports/websocket.lua",
      ["azure.signalr.emulator.transports.ws_frame"] = "lua/azure/signalr/emulator/transports/ws_frame.lua",
      ["azure.signalr.emulator.url"] = "lua/azure/signalr/emulator/url.lua",
      ["azure.signalr.emulator.utf8_text"] = "lua/azure/signalr/emulator/utf8_text.lua",
      ["azure.signalr.emulator.version"] = "lua/azure/signalr/emulator/version.lua",
      ["azure.signalr.emulator.versions"] = "lua/azure/signalr/emulator/versions.lua",
      ["azure.signalr.hubclient"] = "lua/azure/signalr/hubclient/init.lua",
      ["azure.signalr.hubclient.json_text"] = "lua/azure/signalr/hubclient/json_text.lua",
      ["azure.signalr.hubclient.listen"] = "lua/azure/signalr/hubclient/listen.lua",
      ["azure.signalr.hubclient.negotiate"] = "lua/azure/signalr/hubclient/negotiate.lua",
      ["azure.signalr.hubclient.protocol"] = "lua/azure/signalr/hubclient/protocol.lua",
      ["azure.signalr.hubclient.version"] = "lua/azure/signalr/hubclient/version.lua",
    },
  },
}
-- The commands choose an interpreter that can load them, and find the tree they lie in.
deploy = { wrap_bin_scripts = false }
