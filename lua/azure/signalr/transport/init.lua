-- SPDX-License-Identifier: MIT
--- The contract of a transport: what carries requests for the pipeline. A client takes one by its option
-- transport, and closes it when it is closed.
--
-- transport:send(req) -> reply | nil, failure
--     Sends one request and waits for its answer: blocks, or yields by its own means. It never follows a redirect,
--     never throws for what the network does, and does not change req. It repeats a request only over a kept
--     connection that turned out to be dead: when nothing of it was written, or when req.repeats says "safe".
--     req.method      string
--     req.url         absolute URL, percent-encoded
--     req.headers     array of "Name: value"; may be shared with other requests
--     req.body        string or nil
--     req.deadline    when to give up, in terms of transport:now()
--     req.max_response  ceiling of the answer's body in bytes, or nil
--     req.operation   the operation's id, for logs
--     req.repeats     "safe" when a second delivery does no harm
--     reply.status    number
--     reply.headers   table of lower-case name -> value; repeated headers joined by ", "; it may be filled when a
--                     header is first looked up, so look one up before going through it
--     reply.body      string ("" if there was none)
--     reply.truncated true when the connection broke before the end of the body: then the reply is no answer
--     reply.time      seconds it took; reply.reused: whether an open connection was used (both optional)
--     failure.kind    connect dns tls timeout reset too_large protocol cancelled proxy closed
--     failure.message text without secrets
--     failure.sent    "no" only if certainly no byte of the request was written; else "maybe"
-- transport:sleep(seconds) -> true | nil, failure
-- transport:now() -> seconds of a clock that only goes forward
-- transport:time() -> unix seconds
-- transport:close()
--
-- One in which calls may wait in several ways (curl) says who must not be waited for:
-- transport:caller() -> who makes the call at hand, for holds_up; nil: it blocks
-- transport:holds_up(caller) -> whether that one could not go on while the call at hand waits
--
-- A transport whose host has a loop of its own (nginx) may also have these; where they are, the client hands over to
-- them what it would do by stepping a pool:
-- transport:spawn(fn, ...) -> handle: done(), result(), wait(timeout), cancel(), as client:spawn gives;
--     the client sets handle.cancelled, which makes what result() gives after cancel()
-- transport:enqueue(entry) -> true | nil, failure
--     entry.run(entry, deadline) -> true | nil, err    sends it; deadline (transport:now() terms) may be nil
--     entry.report(entry, err)    for each entry that was taken and not sent: err is what run returned, or a failure
--     entry.bytes                 of its body
--     entry.destination           entries with the same one keep their order, one in flight; nil if it may overtake
--     entry.drop_oldest           true: make room by giving up the oldest, rather than refuse this one
-- transport:thrown(err)    told of an error object before it is thrown, where the host shows strings only
-- transport:apart(deadline, fn, ...) -> what fn returns, or nil, problem
--     for what many calls wait for: runs fn where the end of no call can end it, and waits for it until the deadline
-- transport:drain(timeout) -> whether the queue is empty and nothing of it in flight
-- transport:stats() -> table of counters
local build = require "azure.signalr.build"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"

local M = {}

local error, pcall, type = error, pcall, type
local ngx = globals.ngx
local is_nginx = ngx ~= nil and type(ngx.socket) == "table"

-- Loaded now: a sandbox may lend its `require` while it loads this library, and no longer. A client that brings a
-- transport of its own needs neither.
local is_there, native = pcall(globals.require, "azure.signalr.transport." .. (is_nginx and "resty" or "curl"))

-- nginx with the Lua module, OpenResty or its resty command: sockets of its own, and a loop that must not be blocked.
function M.inside_nginx() return is_nginx end

--- The transport of a client that was given none.
-- @tparam table config frozen options of the client
-- @treturn table transport
function M.default(config)
  if not is_there then error(build.explain("azure.signalr.curl", native), 0) end
  if config.drain_timeout and not is_nginx then
    check.fail("signalr.new: drain_timeout is for workers of nginx; elsewhere client:drain(seconds) says how long")
  end
  if config.idle_timeout and not is_nginx then
    check.fail("signalr.new: idle_timeout is for workers of nginx; elsewhere leave it out")
  end
  return native.new(config)
end

return M
