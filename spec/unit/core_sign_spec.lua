-- SPDX-License-Identifier: MIT
-- core.signer: RFC 7515, recorded tokens, and that a key never shows.
local core = require "azure.signalr.core"

local KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"

-- The texts of a token's first two parts: base64url, decoded by hand.
local function parts(token)
  local alphabet, values = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", {}
  for i = 1, 64 do values[alphabet:sub(i, i)] = i - 1 end
  local function decode(text)
    local out, bits, held = {}, 0, 0
    for c in text:gmatch "." do
      held, bits = held * 64 + values[c], bits + 6
      if bits >= 8 then
        bits = bits - 8
        out[#out + 1] = string.char(math.floor(held / 2 ^ bits))
        held = held % 2 ^ bits
      end
    end
    return table.concat(out)
  end
  local header, payload, signature = token:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
  return decode(header), decode(payload), signature
end

local function message_of(...)
  local ok, message = pcall(...)
  assert.is_false(ok)
  return message
end

local function many_members(n)
  local members = {}
  for i = 1, n do members[i] = ('"%d":%d'):format(i, i) end
  return "{" .. table.concat(members, ",") .. "}"
end

describe("core.signer", function()
  it("signs the recorded headers and payloads as recorded", function()
    local lines = 0
    for line in io.lines "spec/golden/tokens.jsonl" do
      local golden = assert(core.json_decode(line))
      assert.are.equal(golden.token, core.signer(golden.key):sign(golden.header, golden.payload))
      lines = lines + 1
    end
    assert.are.equal(20, lines)
  end)

  it("writes nbf, exp, iat, aud after the caller's claims", function()
    local header, payload = parts(core.signer(KEY):token("http://h:8888/api/hubs/chat/:send", 1795480209, 3600))
    assert.are.equal('{"alg":"HS256","typ":"JWT"}', header)
    assert.are.equal('{"nbf":1795480209,"exp":1795483809,"iat":1795480209,' ..
      '"aud":"http://h:8888/api/hubs/chat/:send"}', payload)
    header, payload = parts(core.signer(KEY, "key 1"):token("a", 10, 5, '{"asrs.s.uid":"u","x":[1]}'))
    assert.are.equal('{"alg":"HS256","typ":"JWT","kid":"key 1"}', header)
    assert.are.equal('{"asrs.s.uid":"u","x":[1],"nbf":10,"exp":15,"iat":10,"aud":"a"}', payload)
    payload = select(2, parts(core.signer(KEY):token("a", 10, 5, "{}")))
    assert.are.equal('{"nbf":10,"exp":15,"iat":10,"aud":"a"}', payload)
  end)

  it("signs a token as it signs its parts", function()
    local signer = core.signer(KEY)
    local token = signer:token("http://h/\195\169", 10.0, 5, '{"a":"\195\169"}')
    local header, payload = parts(token)
    assert.are.equal(token, signer:sign(header, payload))
  end)

  it("keeps the key to itself", function()
    local signer = core.signer(KEY, "the-id")
    assert.is_nil(tostring(signer):find(KEY, 1, true))
    assert.matches("open", tostring(signer))
    signer:close()
    assert.matches("closed", tostring(signer))
    for _, run in ipairs {
      function() core.signer(KEY):token() end,
      function() core.signer(KEY):token("a", 1, 1, "[") end,
      function() core.signer(KEY, {}) end,
    } do
      assert.is_nil(message_of(run):find(KEY, 1, true))
    end
  end)

  it("closes once and for all", function()
    local signer = core.signer(KEY)
    signer:close()
    signer:close()
    assert.matches("closed", message_of(signer.token, signer, "a", 1, 1))
    assert.matches("closed", message_of(signer.sign, signer, "{}", "{}"))
    if core.lua == "5.4" then
      local held = assert(load("local core, key = ... ; local s <close> = core.signer(key); return s"))(core, KEY)
      assert.matches("closed", tostring(held))
    end
  end)

  it("is collected", function()
    for _ = 1, 2000 do core.signer(KEY):token("a", 1, 1) end
    collectgarbage()
    collectgarbage()
    assert.is_string(core.signer(KEY):token("a", 1, 1))
  end)

  it("throws at misuse, naming the argument", function()
    local signer = core.signer(KEY)
    for _, case in ipairs {
      { "access_key must be a string, got nil", core.signer },
      { "access_key must be a string, got number", core.signer, 12 },
      { "access_key must not be empty", core.signer, "" },
      { "key_id must be a string, got boolean", core.signer, KEY, true },
      { "key_id must be valid UTF%-8", core.signer, KEY, "\255" },
      { "audience must be a string, got nil", signer.token, signer },
      { "audience must be valid UTF%-8", signer.token, signer, "\255", 1, 1 },
      { "now must be a number, got string", signer.token, signer, "a", "1", 1 },
      { "now must be a whole number", signer.token, signer, "a", 1.5, 1 },
      { "now must be a finite number", signer.token, signer, "a", 0 / 0, 1 },
      { "now is out of range", signer.token, signer, "a", -1, 1 },
      { "lifetime must be a number, got nil", signer.token, signer, "a", 1 },
      { "claims_json must be a string", signer.token, signer, "a", 1, 1, {} },
      { "claims_json must be a JSON object", signer.token, signer, "a", 1, 1, "[]" },
      { "claims_json must be a JSON object %(the text ends early%)", signer.token, signer, "a", 1, 1, "{" },
      { "claims_json must be a JSON object %(a value is expected%)", signer.token, signer, "a", 1, 1, "\v{}" },
      { "claims_json must be a JSON object %(nothing may follow", signer.token, signer, "a", 1, 1, "{}\f" },
      { "claims_json must be a JSON object %(nested too deeply%)", signer.token, signer, "a", 1, 1,
        '{"a":' .. ("["):rep(200) },
      { "claims_json must not have nbf, exp, iat or aud", signer.token, signer, "a", 1, 1, '{"aud":1}' },
      { "claims_json must not have two members of one name", signer.token, signer, "a", 1, 1,
        '{"a":1,"b":{"a":1},"\\u0061":2}' },
      { "claims_json must not have more than 1000 members", signer.token, signer, "a", 1, 1,
        many_members(1001) },
      { "payload_json must be a string", signer.sign, signer, "{}" },
      { "expected, got string", signer.token, "a", 1, 1 },
      { "expected, got userdata", signer.token, io.stdout, "a", 1, 1 },
      { "expected, got nil", signer.close },
    } do
      assert.matches(case[1], message_of(case[2], case[3], case[4], case[5], case[6], case[7]))
    end
  end)

  it("blames the caller's line", function()
    local ok, message = pcall(function() core.signer(12) end)
    assert.is_false(ok)
    assert.matches("core_sign_spec.lua:%d+: access_key", message)
  end)
end)
