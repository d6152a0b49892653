-- SPDX-License-Identifier: MIT
-- core.parse_connection_string: as Microsoft's SDK takes them, but that an empty AccessKey is refused.
local core = require "azure.signalr.core"

local parse = core.parse_connection_string

describe("core.parse_connection_string", function()
  it("accepts and refuses what was recorded", function()
    local lines = 0
    for line in io.lines "spec/golden/connection-strings.jsonl" do
      local golden = assert(core.json_decode(line))
      local text, accepted = golden.connectionString, golden.accepted
      if text == "Endpoint=http://a;AccessKey=" then accepted = false end
      local got, message = parse(text)
      assert.are.equal(accepted, got ~= nil, text)
      assert.are.equal(accepted, message == nil, text)
      if got then
        assert.are.equal(golden.sdkResult.endpoint, got.endpoint:match "^%w+://[^/]+")
        local key = golden.sdkResult.accessKey
        if key ~= core.null then assert.are.equal(key, got.access_key) end
        assert.are.equal(golden.sdkResult.credential ~= core.null, got.auth_type ~= nil, text)
      end
      lines = lines + 1
    end
    assert.are.equal(31, lines)
  end)

  it("gives what was written, in one form", function()
    assert.are.same({
      endpoint = "https://host.net:99/p", access_key = "k=", version = "1.0", port = 99,
      client_endpoint = "http://c:81", server_endpoint = "https://s/x",
    }, parse(" ENDPOINT = https://Host.NET:8080/p// ;; accesskey = k= ;Version=1.0;Port=99;other=1;junk;" ..
      "ClientEndpoint=http://C:81/;ServerEndpoint=https://s:443/x"))
    assert.are.same({
      endpoint = "https://a", auth_type = "azure.app", client_id = "c", tenant_id = "t", client_secret = "s",
      client_cert = "/f.pfx",
    }, parse "Endpoint=https://a;AuthType=Azure.App;ClientId=c;TenantId=t;ClientSecret=s;ClientCert=/f.pfx")
    assert.are.same({ endpoint = "https://a", auth_type = "azure.msi", client_id = "c" },
      parse "Endpoint=https://a;AuthType=azure.msi;ClientId=c")
  end)

  it("leaves out the scheme's own port", function()
    assert.are.equal("http://a", parse("Endpoint=http://a:80/;AccessKey=k").endpoint)
    assert.are.equal("http://a:443", parse("Endpoint=http://a:443;AccessKey=k").endpoint)
    assert.are.equal("https://a", parse("Endpoint=https://a:8443;Port=443;AccessKey=k").endpoint)
  end)

  it("names the property and the rule, and no value", function()
    for _, case in ipairs {
      { "", "must not be empty" },
      { "AccessKey=SECRET", "Endpoint is required" },
      { "Endpoint=http://a", "AccessKey is required" },
      { "Endpoint=SECRET;AccessKey=SECRET", "Endpoint must be an absolute http or https URL" },
      { "Endpoint=http://a;AccessKey=SECRET;Port=SECRET", "Port must be from 1 to 65535" },
      { "Endpoint=http://a;AccessKey=SECRET;Version=SECRET", "Version must be 1.x" },
      { "Endpoint=http://a;AccessKey=SECRET;AccessKey=SECRET", "AccessKey is given twice" },
      { "Endpoint=http://a;AccessKey=SECRET;SECRET=1;secret=1", "a property is given twice" },
      { "Endpoint=http://a;AccessKey= ;x=SECRET", "AccessKey must not be empty" },
      { "Endpoint=http://a;AuthType=azure.app;ClientSecret=SECRET", "ClientId is required" },
      { "Endpoint=http://a;AuthType=azure.app;ClientId=c;ClientSecret=SECRET", "TenantId is required" },
      { "Endpoint=http://a;AuthType=azure.app;ClientId=c;TenantId=t", "ClientSecret or ClientCert is required" },
      { "Endpoint=http://a;AccessKey=SECRET;" .. ("x"):rep(8192), "8192 bytes" },
    } do
      local got, message = parse(case[1])
      assert.is_nil(got)
      assert.matches("^connection string: ", message)
      assert.is_truthy(message:find(case[2], 1, true), message)
      assert.is_nil(message:find("SECRET", 1, true))
    end
  end)

  it("throws for what is no string", function()
    local ok, message = pcall(parse, {})
    assert.is_false(ok)
    assert.matches("text must be a string, got table", message)
  end)
end)
