-- SPDX-License-Identifier: MIT
-- 5.1 syntax in every file that LuaJIT loads; both interpreters' names are known.
std = "max"
codes = true
max_line_length = 120
exclude_files = { "build", "spec/conformance/js", "lua_modules" }
files["spec"] = { std = "max+busted" }
files["lua/azure/signalr/transport/resty.lua"] = { std = "max+ngx_lua" }
files["lua/azure/signalr/transport/resty"] = { std = "max+ngx_lua" }
files["lua/azure/signalr/resty.lua"] = { std = "max+ngx_lua" }
files["lua/azure/signalr/resty"] = { std = "max+ngx_lua" }
files["bench/resty"] = { std = "max+ngx_lua" }
files["examples/openresty"] = { std = "max+ngx_lua" }
files["spec/resty"] = { std = "max+busted+ngx_lua" }
