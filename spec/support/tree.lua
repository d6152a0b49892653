-- SPDX-License-Identifier: MIT
-- The files of this repository, for the specs of the house.
local M = {}

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

-- What git knows or would know; in an unpacked archive, what is there.
local GIT = "git ls-files -co --exclude-standard 2>/dev/null"
local WALK = "find . -type f -not -path './build/*' -not -path '*/node_modules/*' -not -path './.git/*'"
  .. " | sed 's|^\\./||'"

local listed

--- Paths of all files, relative to the top.
function M.all()
  if not listed then
    local found = lines_of(GIT)
    if #found == 0 then found = lines_of(WALK) end
    listed = {}
    for _, path in ipairs(found) do
      local file = io.open(path, "rb")
      if file then file:close() end
      if file then listed[#listed + 1] = path end
    end
  end
  return listed
end

--- Paths that match any of the given patterns.
function M.matching(...)
  local found = {}
  for _, path in ipairs(M.all()) do
    for _, pattern in ipairs{ ... } do
      if path:find(pattern) then
        found[#found + 1] = path
        break
      end
    end
  end
  return found
end

--- The bytes of a file.
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

--- Walks over the lines of a text: number, line.
function M.lines(text)
  local number = 0
  return function(rest)
    number = number + 1
    local line = rest()
    if line then return number, line end
  end, (text .. (text:sub(-1) == "\n" and "" or "\n")):gmatch("([^\n]*)\n")
end

--- Applies a check to files and gathers its complaints.
-- @tparam table paths files
-- @tparam function check gets path and text, returns an array of complaints
-- @treturn string all complaints, one a line, with the paths in front; "" if none
function M.complaints(paths, check)
  local all = {}
  for _, path in ipairs(paths) do
    for _, complaint in ipairs(check(path, M.read(path))) do all[#all + 1] = path .. ": " .. complaint end
  end
  return table.concat(all, "\n")
end

return M
