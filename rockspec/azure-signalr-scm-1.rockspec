-- SPDX-License-Identifier: MIT
rockspec_format = "3.0"
package = "azure-signalr"
version = "scm-1"
source = {
  -- luarocks make builds what is checked out; this address matters once the rock is published.
  url = "git+https://example.org/azure-signalr.git",
}
description = {
  summary = "A client for the REST API of Azure SignalR Service",
  detailed = [[
Drives all 26 operations of the Azure SignalR Service REST API (2024-12-01) from Lua 5.4 and LuaJIT: broadcast,
groups, users, connections, client results, streams, commands over a filter, tokens for clients. A C core signs,
speaks HTTP through libcurl and keeps connections; in OpenResty, cosockets do. Calls block, or run as coroutines in a
loop of your own.]],
  license = "MIT",
  labels = { "azure", "signalr", "websocket", "openresty" },
}
supported_platforms = { "unix" }
dependencies = {
  "lua >= 5.1, < 5.5, ~= 5.2, ~= 5.3", -- LuaJIT 2.1 calls itself 5.1; of plain Lua, 5.4 alone
}
external_dependencies = {
  -- No header: Debian keeps it where the compiler looks and LuaRocks does not.
  CURL = { library = "curl" },
  CRYPTO = { header = "openssl/ssl.h", library = "crypto" },
}
-- The Makefile builds, in a folder of its own; LuaRocks' builtin way would install all that lies in lua/, the emulator's
-- part too, and leave its objects between the sources.
build = {
  type = "make",
  build_target = "rock",
  install_pass = false,
  build_variables = {
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LIBFLAG = "$(LIBFLAG)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    CURL_INCDIR = "$(CURL_INCDIR)",
    CURL_LIBDIR = "$(CURL_LIBDIR)",
    CRYPTO_INCDIR = "$(CRYPTO_INCDIR)",
    CRYPTO_LIBDIR = "$(CRYPTO_LIBDIR)",
  },
  install = {
    lib = {
      ["azure.signalr.core"] = "build/rock/azure/signalr/core.so",
      ["azure.signalr.curl"] = "build/rock/azure/signalr/curl.so",
    },
    lua = {
      ["azure.signalr.adopt"] = "lua/azure/signalr/adopt.lua",
      ["azure.signalr.all"] = "lua/azure/signalr/all.lua",
      ["azure.signalr.base64"] = "lua/azure/signalr/base64.lua",
      ["azure.signalr.build"] = "lua/azure/signalr/build.lua",
      ["azure.signalr.bytes"] = "lua/azure/signalr/bytes.lua",
      ["azure.signalr.call"] = "lua/azure/signalr/call.lua",
      ["azure.signalr.check"] = "lua/azure/signalr/check.lua",
      ["azure.signalr.claims"] = "lua/azure/signalr/claims.lua",
      ["azure.signalr.client"] = "lua/azure/signalr/client.lua",
      ["azure.signalr.command"] = "lua/azure/signalr/command.lua",
      ["azure.signalr.connection"] = "lua/azure/signalr/connection.lua",
      ["azure.signalr.credential"] = "lua/azure/signalr/credential.lua",
      ["azure.signalr.drafts"] = "lua/azure/signalr/drafts.lua",
      ["azure.signalr.enqueue"] = "lua/azure/signalr/enqueue.lua",
      ["azure.signalr.errors"] = "lua/azure/signalr/errors.lua",
      ["azure.signalr.explain"] = "lua/azure/signalr/explain.lua",
      ["azure.signalr.filter"] = "lua/azure/signalr/filter.lua",
      ["azure.signalr.frames"] = "lua/azure/signalr/frames.lua",
      ["azure.signalr.globals"] = "lua/azure/signalr/globals.lua",
      ["azure.signalr.group"] = "lua/azure/signalr/group.lua",
      ["azure.signalr.handle"] = "lua/azure/signalr/handle.lua",
      ["azure.signalr.headers"] = "lua/azure/signalr/headers.lua",
      ["azure.signalr.hints"] = "lua/azure/signalr/hints.lua",
      ["azure.signalr.http_date"] = "lua/azure/signalr/http_date.lua",
      ["azure.signalr.http_status"] = "lua/azure/signalr/http_status.lua",
      ["azure.signalr.hub"] = "lua/azure/signalr/hub.lua",
      ["azure.signalr"] = "lua/azure/signalr/init.lua",
      ["azure.signalr.loop"] = "lua/azure/signalr/loop.lua",
      ["azure.signalr.many"] = "lua/azure/signalr/many.lua",
      ["azure.signalr.message"] = "lua/azure/signalr/message.lua",
      ["azure.signalr.names"] = "lua/azure/signalr/names.lua",
      ["azure.signalr.negotiate"] = "lua/azure/signalr/negotiate.lua",
      ["azure.signalr.nested"] = "lua/azure/signalr/nested.lua",
      ["azure.signalr.observers"] = "lua/azure/signalr/observers.lua",
      ["azure.signalr.on_error"] = "lua/azure/signalr/on_error.lua",
      ["azure.signalr.operations"] = "lua/azure/signalr/operations.lua",
      ["azure.signalr.options"] = "lua/azure/signalr/options.lua",
      ["azure.signalr.outbox"] = "lua/azure/signalr/outbox.lua",
      ["azure.signalr.outbox_calls"] = "lua/azure/signalr/outbox_calls.lua",
      ["azure.signalr.outbox_pool"] = "lua/azure/signalr/outbox_pool.lua",
      ["azure.signalr.outbox_report"] = "lua/azure/signalr/outbox_report.lua",
      ["azure.signalr.pages"] = "lua/azure/signalr/pages.lua",
      ["azure.signalr.proxy"] = "lua/azure/signalr/proxy.lua",
      ["azure.signalr.raw"] = "lua/azure/signalr/raw.lua",
      ["azure.signalr.renewal"] = "lua/azure/signalr/renewal.lua",
      ["azure.signalr.refusal"] = "lua/azure/signalr/refusal.lua",
      ["azure.signalr.request"] = "lua/azure/signalr/request.lua",
      ["azure.signalr.response"] = "lua/azure/signalr/response.lua",
      ["azure.signalr.resty"] = "lua/azure/signalr/resty.lua",
      ["azure.signalr.resty.metrics"] = "lua/azure/signalr/resty/metrics.lua",
      ["azure.signalr.resty.metrics_text"] = "lua/azure/signalr/resty/metrics_text.lua",
      ["azure.signalr.resty.negotiate"] = "lua/azure/signalr/resty/negotiate.lua",
      ["azure.signalr.retry"] = "lua/azure/signalr/retry.lua",
      ["azure.signalr.router"] = "lua/azure/signalr/router.lua",
      ["azure.signalr.running"] = "lua/azure/signalr/running.lua",
      ["azure.signalr.scheduler"] = "lua/azure/signalr/scheduler.lua",
      ["azure.signalr.stream"] = "lua/azure/signalr/stream.lua",
      ["azure.signalr.task"] = "lua/azure/signalr/task.lua",
      ["azure.signalr.testing"] = "lua/azure/signalr/testing/init.lua",
      ["azure.signalr.timers"] = "lua/azure/signalr/timers.lua",
      ["azure.signalr.transport.curl"] = "lua/azure/signalr/transport/curl.lua",
      ["azure.signalr.transport"] = "lua/azure/signalr/transport/init.lua",
      ["azure.signalr.transport.queue"] = "lua/azure/signalr/transport/queue.lua",
      ["azure.signalr.transport.resty"] = "lua/azure/signalr/transport/resty.lua",
      ["azure.signalr.transport.resty.address"] = "lua/azure/signalr/transport/resty/address.lua",
      ["azure.signalr.transport.resty.advice"] = "lua/azure/signalr/transport/resty/advice.lua",
      ["azure.signalr.transport.resty.apart"] = "lua/azure/signalr/transport/resty/apart.lua",
      ["azure.signalr.transport.resty.clock"] = "lua/azure/signalr/transport/resty/clock.lua",
      ["azure.signalr.transport.resty.connect"] = "lua/azure/signalr/transport/resty/connect.lua",
      ["azure.signalr.transport.resty.http1"] = "lua/azure/signalr/transport/resty/http1.lua",
      ["azure.signalr.transport.resty.options"] = "lua/azure/signalr/transport/resty/options.lua",
      ["azure.signalr.transport.resty.outbox"] = "lua/azure/signalr/transport/resty/outbox.lua",
      ["azure.signalr.transport.resty.phase"] = "lua/azure/signalr/transport/resty/phase.lua",
      ["azure.signalr.transport.resty.senders"] = "lua/azure/signalr/transport/resty/senders.lua",
      ["azure.signalr.transport.resty.threads"] = "lua/azure/signalr/transport/resty/threads.lua",
      ["azure.signalr.transport.resty.uncaught"] = "lua/azure/signalr/transport/resty/uncaught.lua",
      ["azure.signalr.turns"] = "lua/azure/signalr/turns.lua",
      ["azure.signalr.user"] = "lua/azure/signalr/user.lua",
      ["azure.signalr.waiting"] = "lua/azure/signalr/waiting.lua",
    },
  },
  copy_directories = { "docs", "examples" },
}
