-- SPDX-License-Identifier: MIT
-- core.parse_connection_string: as Microsoft's SDK takes them, but that an empty AccessKey is refused.
local core = require "azure.signalr.core"

local parse = core.parse_connection_string

local whole = "Endpoint=https://a;AccessKey=SECRETkey+/=;Version=1.0;"

-- What people paste, and how the message begins that they get.
local slips = {
  { '"' .. whole .. '"', "it is in quotes, which have become part of it: leave them out" },
  { "'" .. whole .. "'", "it is in quotes" },
  { "\226\128\156" .. whole .. "\226\128\157", "it is in quotes" },
  { "\239\187\191" .. whole, "it begins with a byte order mark" },
  { (whole:gsub(".", "%0\0")), "it holds NUL bytes (does it come from a file in UTF-16?)" },
  { "https://a.service.signalr.net", 'it is a URL alone; wanted is "Endpoint=<URL>;AccessKey=<key>;"' },
  { "SECRETkey+/=", 'it holds no property of one; wanted is "Endpoint=<URL>;AccessKey=<key>;"' },
  { "SECRET", "it holds no property of one" },
  { "AZURE_SIGNALR_CONNECTION_STRING=" .. whole, "it begins with the name of a variable: leave that out" },
  { 'export SECRET="' .. whole .. '"', "it begins with the name of a variable" },
  { "Azure__SignalR__ConnectionString = '" .. whole, "it begins with the name of a variable" },
  { "Endpoint=https://a;AccesKey=SECRET", '"AccesKey" is not known; did you mean AccessKey?' },
  { "EndPiont=https://a;AccessKey=SECRET", '"EndPiont" is not known; did you mean Endpoint?' },
  { "Endpoint=https://a;Access Key=SECRET", '"Access Key" is not known; did you mean AccessKey?' },
  { "Endpoint=https://a;AccessKey=SECRET;ClientEndpont=https://b",
    '"ClientEndpont" is not known; did you mean ClientEndpoint?' },
  { "Endpoint=https://a;\194\160AccessKey=SECRET", "a name looks like AccessKey, but holds a character" },
  { "Endpoint=https://a;Access\226\128\139Key=SECRET", "a name looks like AccessKey, but holds" },
  { "Endpoint=https://a;Acc\208\181ssKey=SECRET", "a name looks like AccessKey, but holds" },
  { "Endpoint=https://a,AccessKey=SECRET,Version=1.0", 'a comma stands before AccessKey, where ";" is wanted' },
  { "Endpoint=https://a, AccessKey=SECRET", "a comma stands before AccessKey" },
  { "Endpoint=https://a\nAccessKey=SECRET", "a line break stands before AccessKey" },
  { "Endpoint=https://a AccessKey=SECRET", "a space stands before AccessKey" },
  { "Endpoint=https://a&AccessKey=SECRET", '"&" stands before AccessKey' },
  { "Endpoint=https://a|AccessKey=SECRET", '"|" stands before AccessKey' },
  { 'Endpoint=https://a"AccessKey=SECRET', "a quotation mark stands before AccessKey" },
  { "Endpoint=https://a;AccessKey=SECRET\nEndpoint=https://b;AccessKey=SECRET", "AccessKey is given twice" },
  { "Endpoint=https://a;AccessKey=SECRET,Endpoint=https://b", "there are several: give one to each client" },
  { whole .. whole, "Endpoint is given twice (are these several strings?)" },
  { "Endpoint=https://a\239\188\155AccessKey=SECRET", "a character that is not of ASCII stands before AccessKey" },
  { "Endpoint\239\188\157https://a;AccessKey=SECRET", 'Endpoint must be followed by "="' },
  { "Primary connection string: " .. whole, "Endpoint has something in front of it: leave that out" },
  { "SECRET Endpoint=https://a;AccessKey=k", "Endpoint has something in front of it" },
  { '{"ConnectionString": "' .. whole .. '"}', "Endpoint has something in front of it" },
  { "Endpoint=https://a;>AccessKey=SECRET", '">AccessKey" is not known; did you mean AccessKey?' },
  { "Endpoint: https://a; AccessKey: SECRET", 'Endpoint must be followed by "=" and its value' },
  { "Endpoint=https://a;AccessKey: SECRETkey+/=", 'AccessKey must be followed by "="' },
  { "Endpoint=https://a;AccessKey", 'AccessKey must be followed by "="' },
  { 'Endpoint="https://a";AccessKey="SECRET"', "Endpoint has a quotation mark at an end: leave quotes out" },
  { "Endpoint=https://a;AccessKey='SECRET'", "AccessKey has a quotation mark at an end" },
  { 'Endpoint=https://a;AccessKey=SECRET"', "AccessKey has a quotation mark at an end" },
  { "Endpoint=https://a;AccessKey=\226\128\156SECRET\226\128\157", "AccessKey has a quotation mark" },
  { "Endpoint=https://a;AccessKey=SEC\nRET", "AccessKey must not hold line breaks or control characters" },
  { "Endpoint=https://a;AccessKey=SEC\27RET", "AccessKey must not hold line breaks" },
  { "Endpoint=https://a;AccessKey=<SECRET>", "AccessKey is still a placeholder: put its value there" },
  { "Endpoint=https://a;AccessKey=${SECRET}", "AccessKey is still a placeholder" },
  { "Endpoint=https://a;AccessKey=%SECRET%", "AccessKey is still a placeholder" },
  { "Endpoint=https://a;AuthType=azure.msl",
    "AuthType must be azure, azure.msi or azure.app; did you mean azure.msi?" },
  { "Endpoint=https://a;AuthType=SECRETkey", "AuthType must be azure, azure.msi or azure.app" },
  { "Endpoint=https://a;AuthTyp=azure.msi", '"AuthTyp" is not known; did you mean AuthType?' },
}

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
      { "", "it is empty" },
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

  it("says what went wrong when it was copied, and what is wanted", function()
    for _, case in ipairs(slips) do
      local got, message = parse(case[1])
      assert.is_nil(got, case[1])
      assert.are.equal("connection string: " .. case[2], message:sub(1, 19 + #case[2]))
      assert.is_nil(message:find("SECRET", 1, true))
      assert.is_nil(message:find("[%c\128-\255]"))
    end
  end)

  it("takes what only looks odd", function()
    for _, text in ipairs {
      "\n Endpoint=https://a;\r\n AccessKey=k;\n", "Endpoint=https://a;AccessKey=a/Port=;",
      "Endpoint=https://a;AccessKey=k;;=;", "Endpoint=https://a;AccessKey=k;Mode=x;junk;Extra Thing=1",
      "Endpoint=https://a;AuthType=unknown;AccessKey=k", "AccessKey=k;Endpoint=https://a",
      "Endpoint=https://a;AuthType=azure.app;ClientId=c;TenantId=t;ClientSecret='x,y&z",
    } do
      local got, message = parse(text)
      assert.is_truthy(got, message)
      assert.are.equal("https://a", got.endpoint)
    end
  end)

  it("throws for what is no string", function()
    local ok, message = pcall(parse, {})
    assert.is_false(ok)
    assert.matches("text must be a string, got table", message)
  end)
end)
