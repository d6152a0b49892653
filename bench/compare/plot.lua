-- SPDX-License-Identifier: MIT
--- The plot of the comparison: CPU for a request, a group of bars for each number abreast. Plain SVG, light and dark.
local M = {}

local WIDTH, LEFT, BAR, GAP = 760, 190, 14, 26

local STYLE = [[<style>
text { font: 12px sans-serif; fill: #333; } .head { font-weight: bold; }
.ours { fill: #2f6fb0; } .other { fill: #b3b3b3; }
@media (prefers-color-scheme: dark) { text { fill: #ddd; } .ours { fill: #6ea8e0; } .other { fill: #6b6b6b; } }
</style>]]

local function most(results)
  local top = 0
  for _, result in ipairs(results) do
    for _, row in pairs(result.rows) do top = math.max(top, row.cpu_us) end
  end
  return top
end

local function bar(out, y, name, row, scale)
  local class = name:find "^ours" and "ours" or "other"
  out[#out + 1] = ('<text x="%d" y="%d" text-anchor="end">%s</text>'):format(LEFT - 8, y + 11, name)
  out[#out + 1] = ('<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>'):format(
    class, LEFT, y, row.cpu_us * scale, BAR - 2)
  out[#out + 1] = ('<text x="%.1f" y="%d">%.1f</text>'):format(LEFT + row.cpu_us * scale + 5, y + 11, row.cpu_us)
end

--- Draws it.
-- @tparam table results of run.lua
-- @tparam table contestants in order
-- @tparam string path where to write it
function M.cpu(results, contestants, path)
  local out, y = {}, 10
  local scale = (WIDTH - LEFT - 60) / most(results)
  for _, result in ipairs(results) do
    y = y + GAP
    out[#out + 1] = ('<text class="head" x="8" y="%d">CPU µs a request, %s, %d at a time</text>'):format(y - 6,
      result.tls and "TLS" or "plain", result.abreast)
    for _, who in ipairs(contestants) do
      local row = result.rows[who.name]
      if row then
        bar(out, y, who.name, row, scale)
        y = y + BAR
      end
    end
  end
  local file = assert(io.open(path, "w"))
  file:write(('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">\n'):format(WIDTH, y + 12))
  file:write("<title>CPU microseconds for each request</title>\n", STYLE, "\n", table.concat(out, "\n"), "\n</svg>\n")
  file:close()
end

return M
