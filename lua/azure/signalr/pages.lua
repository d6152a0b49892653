-- SPDX-License-Identifier: MIT
--- Three ways to list members: page by page, one by one in a loop, all at once. Pages are fetched when reached.
local core = require "azure.signalr.core"
local call = require "azure.signalr.call"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local handle = require "azure.signalr.handle"
local op = require "azure.signalr.operations"
local request = require "azure.signalr.request"

local error, ipairs, pairs = error, ipairs, pairs
local format, match = globals.string.format, globals.string.match

local M = {}

local row = op.HubProxy_ListConnectionsInGroup

local Pages = handle.class("pages", { token = "token" }, function(it) return format("page %d", it.count + 1) end)
local methods = Pages.__index
function Pages.same() return false end

local list_options = {
  page_size = check.integer(1, 200),
  top = check.integer(1, 2147483647),
  token = check.some_text,
}

-- The fields of pages.
local function make(group, options, where)
  local read, problem = check.read(options, list_options, where)
  if group.excluded then check.fail("%s takes no excluded connections", where) end
  return {
    of = group, context = group.context, settings = group.settings, problem = problem,
    page_size = read.page_size, left = read.top, token = read.token,
    place = nil, url = nil, visited = {}, finished = false, count = 0,
  }
end

--- Makes pages.
-- @tparam table group its fields
-- @tparam table|nil options page_size, top, token
-- @tparam string where
-- @treturn table with next(); its field token says where to go on
function M.new(group, options, where) return handle.dress(Pages, make(group, options, where)) end

local function token_of(link)
  local query = match(link, "%?([^#]*)")
  for _, pair in ipairs(query and core.parse_query(query) or {}) do
    if core.lower(pair[1]) == "continuationtoken" then return pair[2] end
  end
end

local function next_request(it)
  if it.place then return request.build(row, it.place) end
  return handle.request(it.of, row, {
    maxpagesize = it.page_size and check.digits(it.page_size),
    top = it.left and check.digits(it.left),
    continuationToken = it.token,
  })
end

local function fetch(it)
  local err = handle.problem(it.of, row, it.problem)
  if err then return nil, err end
  local req = next_request(it)
  req.about, it.url = it.of, req.url
  return call.run(it.context, row, req, it.settings)
end

local function dead_end(message)
  return errors.new { kind = "protocol", op = row.id, message = message, sent = "maybe", attempts = 1 }
end

-- Moves to the place that a link names; an error leaves everything as it was.
local function advance(it, link)
  if link == nil then
    it.finished, it.token, it.place = true, nil, nil
    return nil
  end
  local place, problem = it.context.router:follow(link, it.url)
  if not place then return dead_end(problem) end
  if it.visited[place.url] then return dead_end("the service's nextLink leads back to a page that was read") end
  it.visited[place.url] = true
  it.place, it.token = place, token_of(link)
end

local function next_page(it)
  if it.finished then return nil end
  local page, err = fetch(it)
  if not page then return nil, err end
  local items, link = page.items, page.link
  if it.left then
    for i = #items, it.left + 1, -1 do items[i] = nil end
    if it.left <= #items then link = nil end
  end
  err = advance(it, link)
  if err then return nil, err end
  if it.left then it.left = it.left - #items end
  it.count = it.count + 1
  return { items = items, token = it.token }
end

--- Fetches the next page.
-- @treturn table|nil items (array of { connection_id =, user_id = }) and token (where the next page begins, nil on
-- the last); nil at the end
-- @treturn table error; the call may be tried again
function methods:next(...)
  return next_page(handle.ask(self, Pages, "pages:next", 0, ...))
end

local function throw(it, err)
  local transport = it.context.transport
  if transport.thrown then transport:thrown(err) end
  error(err, 0)
end

--- An iterator over all items. It throws the error object: a loop cannot return it.
function M.each(group, options, where)
  local pages = make(group, options, where)
  local items, i = {}, 0
  return function()
    while i >= #items do
      local page, err = next_page(pages)
      if err then throw(pages, err) end
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
  local pages = make(group, options, where)
  local settings = {}
  for name, value in pairs(group.settings) do settings[name] = value end
  settings.deadline = settings.deadline or group.context.transport:now() + settings.timeout
  pages.settings = settings
  local all, n = {}, 0
  while true do
    local page, err = next_page(pages)
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
