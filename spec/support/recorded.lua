-- SPDX-License-Identifier: MIT
-- A client on a recording transport, for specs.
local testing = require "azure.signalr.testing"

--- Returns a client and its transport.
return function(options, transport_options)
  local transport = testing.transport(transport_options)
  return testing.client(transport, options), transport
end
