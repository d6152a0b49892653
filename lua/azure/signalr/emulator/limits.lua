-- SPDX-License-Identifier: MIT
--- What the service limits, each number once. Sizes are bytes unless they say otherwise.
return {
  header = 16 * 1024, -- all fields of a request
  target = 12 * 1024, -- path and query
  body = 1024 * 1024,
  message = 1024 * 1024, -- one hub message of a client
  token = 4096, -- a client's access token
  hub = 128,
  group = 1024, -- characters
  stream = 100, -- characters
  streams = 1000, -- that one client has open
  page = 200, -- members of a group in one answer
  users_groups = 100, -- groups kept of a user that joined without ttl
}
