-- SPDX-License-Identifier: MIT
--- Three ways to list members: page by page, one by one in a loop, all at once. Pages are fetched when reached.
local core = require "azure.signalr.core"
local call = require "azure.signalr.call"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local handle = require "azure.signalr.handle"
local op = require "azure.signalr.operations"
local request = require "azure.signalr.request"

local error, ipairs, pairs, setmetatable = error, ipairs, pairs, setmetatable

local M = {}

local row = op.HubProxy_ListConnectionsInGroup

local Pages = { __name = "azure.signalr.pages" }
local methods = {}
Pages.__index = methods

function Pages.__tostring(self) return ("%s: page %d"):format(Pages.__name, self.count + 1) end

local list_options = {
  page_size = check.integer(1, 200),
  top = check.integer(1, 2147483647),
  token = check.some_text,
}

--- Makes pages.
-- @tparam table group the handle
-- @tparam table|nil options page_size, top, token
-- @tparam string where
-- @treturn table with next(); its field token says where to go on
function M.new(group, options, where)
  options = check.options(options, list_options, where)
  if group.excluded then check.fail("%s takes no excluded connections", where) end
  return setmetatable({
    group = group, settings = group.settings, page_size = options.page_size, left = options.top,
    token = options.token, place = nil, url = nil, visited = {}, finished = false, count = 0,
  }, Pages)
end

local function token_of(link)
  local query = link:match("%?([^#]*)")
  for _, pair in ipairs(query and core.parse_query(query) or {}) do
    if core.lower(pair[1]) == "continuationtoken" then return pair[2] end
  end
end

local function next_request(self)
  if self.place then return request.build(row, self.place) end
  return handle.request({ context = self.group.context, params = self.group.params }, row, {
    maxpagesize = self.page_size and check.digits(self.page_size),
    top = self.left and check.digits(self.left),
    continuationToken = self.token,
  })
end

local function fetch(self)
  local req = next_request(self)
  self.url = req.url
  return call.run(self.group.context, row, req, self.settings)
end

local function dead_end(message)
  return errors.new { kind = "protocol", op = row.id, message = message, sent = "maybe", attempts = 1 }
end

-- Moves to the place that a link names; an error leaves everything as it was.
local function advance(self, link)
  if link == nil then
    self.finished, self.token, self.place = true, nil, nil
    return nil
  end
  local place, problem = self.group.context.router:follow(link, self.url)
  if not place then return dead_end(problem) end
  if self.visited[place.url] then return dead_end("the service's nextLink leads back to a page that was read") end
  self.visited[place.url] = true
  self.place, self.token = place, token_of(link)
end

--- Fetches the next page.
-- @treturn table|nil items (array of { connection_id =, user_id = }) and token (where the next page begins, nil on
-- the last); nil at the end
-- @treturn table error; the call may be tried again
function methods:next()
  check.self(self, Pages, "pages:next")
  if self.finished then return nil end
  local page, err = fetch(self)
  if not page then return nil, err end
  local items, link = page.items, page.link
  if self.left then
    for i = #items, self.left + 1, -1 do items[i] = nil end
    if self.left <= #items then link = nil end
  end
  err = advance(self, link)
  if err then return nil, err end
  if self.left then self.left = self.left - #items end
  self.count = self.count + 1
  return { items = items, token = self.token }
end

--- An iterator over all items. It throws the error object: a loop cannot return it.
function M.each(group, options, where)
  local pages = M.new(group, options, where)
  local items, i = {}, 0
  return function()
    while i >= #items do
      local page, err = pages:next()
      if err then error(err, 0) end
      if not page then return nil end
      items, i = page.items, 0
    end
    i = i + 1
    return items[i]
  end
end

--- All items in one array, under one deadline.
-- @treturn table|nil array
-- @treturn table error
-- @treturn table what was read before it; its token says where to go on
function M.list(group, options, where)
  local pages = M.new(group, options, where)
  local settings = {}
  for name, value in pairs(group.settings) do settings[name] = value end
  settings.deadline = settings.deadline or group.context.transport:now() + settings.timeout
  pages.settings = settings
  local all, n = {}, 0
  while true do
    local page, err = pages:next()
    if err then
      all.token = pages.token
      return nil, err, all
    end
    if not page then return all end
    for _, item in ipairs(page.items) do
      n = n + 1
      all[n] = item
    end
  end
end

return M
