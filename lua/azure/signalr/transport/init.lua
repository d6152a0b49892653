-- SPDX-License-Identifier: MIT
--- The contract of a transport: what carries requests for the pipeline. A client takes one by its option
-- transport, and closes it when it is closed.
--
-- transport:send(req) -> reply | nil, failure
--     Sends one request and waits for its answer: blocks, or yields by its own means. It never repeats a request,
--     never follows a redirect, never throws for what the network does, and does not change req.
--     req.method      string
--     req.url         absolute URL, percent-encoded
--     req.headers     array of "Name: value"; may be shared with other requests
--     req.body        string or nil
--     req.deadline    when to give up, in terms of transport:now()
--     req.max_response  ceiling of the answer's body in bytes, or nil
--     req.operation   the operation's id, for logs
--     reply.status    number
--     reply.headers   table of lower-case name -> value; repeated headers joined by ", "
--     reply.body      string ("" if there was none)
--     reply.time      seconds it took; reply.reused: whether an open connection was used (both optional)
--     failure.kind    connect dns tls timeout reset too_large protocol cancelled proxy closed
--     failure.message text without secrets
--     failure.sent    "no" only if certainly no byte of the request was written; else "maybe"
-- transport:sleep(seconds) -> true | nil, failure
-- transport:now() -> seconds of a clock that only goes forward
-- transport:time() -> unix seconds
-- transport:close()
local M = {}

--- The transport of a client that was given none.
-- @tparam table config frozen options of the client
-- @treturn table transport
function M.default(config)
  return require("azure.signalr.transport.curl").new(config)
end

return M
