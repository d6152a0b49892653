-- SPDX-License-Identifier: MIT
-- Lets one Ctrl-C end a run of the specs: the interpreter would turn it into an error of the spec that runs, and go on.
local signal = require "cqueues.signal"

signal.default(signal.SIGINT)
