/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "core/connstr.h"
#include "golden.h"

/* Recorded from Microsoft's SDK. Ours differs in one case: an empty AccessKey
 * is refused. */
static void golden(void) {
  struct golden g;
  int lines = 0;
  if (!CHECK(golden_open(&g, "spec/golden/connection-strings.jsonl"))) {
    return;
  }
  while (golden_next(&g)) {
    struct asr_connstr cs;
    struct asr_connstr_error error = {""};
    struct asr_span text = golden_get(&g, "connectionString");
    int accepted = asr_span_eq(golden_get(&g, "accepted"), asr_span_of("true"));
    if (asr_span_eq(text, asr_span_of("Endpoint=http://a;AccessKey="))) {
      accepted = 0;
    }
    int ok = asr_connstr_parse(text, &cs, &error) == ASR_OK;
    lines++;
    if (!CHECK(ok == accepted)) {
      fprintf(stderr, "  %.*s\n", (int)text.n, text.p);
    }
    CHECK(ok == (error.text[0] == '\0'));
  }
  CHECK(feof(g.file) && lines == 31);
  golden_close(&g);
}

static struct asr_connstr parse(const char *text) {
  struct asr_connstr cs;
  struct asr_connstr_error error;
  CHECK(asr_connstr_parse(asr_span_of(text), &cs, &error) == ASR_OK);
  return cs;
}

static void understood(void) {
  struct asr_buf b;
  asr_buf_init(&b, 1000);
  struct asr_connstr cs =
      parse(" Endpoint = HTTPS://Host.net:8080/p/ ;; AccessKey = k=;= ;"
            "VERSION=1.0;port=99;junk;Foo=bar;"
            "ClientEndpoint=http://c/;serverendpoint=https://s:1/x");
  CHECK(asr_url_add_base(&b, &cs.endpoint) == ASR_OK);
  CHECK_BUF(b, "https://host.net:99/p");
  CHECK_SPAN(cs.values[ASR_CS_ACCESS_KEY], "k=");
  CHECK_SPAN(cs.values[ASR_CS_VERSION], "1.0");
  CHECK(cs.port == 99 && cs.auth_type == NULL);
  CHECK_SPAN(cs.client_endpoint.host, "c");
  CHECK(cs.server_endpoint.port == 1);
  CHECK(cs.values[ASR_CS_CLIENT_ID].p == NULL);
  asr_buf_close(&b);
  cs = parse("Endpoint=http://a;AuthType=Azure");
  CHECK(strcmp(cs.auth_type, "azure") == 0);
  cs = parse("Endpoint=http://a;AuthType=azure.MSI;ClientId=c");
  CHECK(strcmp(cs.auth_type, "azure.msi") == 0);
  CHECK_SPAN(cs.values[ASR_CS_CLIENT_ID], "c");
  cs = parse("Endpoint=http://a;AuthType=aad;TenantId=t");
  CHECK(strcmp(cs.auth_type, "azure.msi") == 0);
  cs = parse("Endpoint=http://a;AuthType=azure.app;ClientId=c;TenantId=t;"
             "ClientSecret=s");
  CHECK(strcmp(cs.auth_type, "azure.app") == 0);
  cs = parse("Endpoint=http://a;AuthType=;AccessKey=k");
  CHECK(cs.auth_type == NULL && cs.port == 0);
}

static void refused(void) {
  static const char *const cases[][3] = {
      {" ", "it is", "empty"},
      {"AccessKey=SECRET", "Endpoint", "required"},
      {"Endpoint=;AccessKey=SECRET", "Endpoint", "absolute"},
      {"Endpoint=http://u:SECRET@a;AccessKey=k", "Endpoint", "user name"},
      {"Endpoint=http://a:99999;AccessKey=SECRET", "Endpoint", "port"},
      {"Endpoint=http://a", "AccessKey", "required"},
      {"Endpoint=http://a;AccessKey=", "AccessKey", "empty"},
      {"Endpoint=http://a;AuthType=azure;AccessKey=", "AccessKey", "empty"},
      {"Endpoint=http://a;AccessKey=SECRET;accesskey=SECRET", "AccessKey",
       "twice"},
      {"Endpoint=http://a;AccessKey=k;SECRET=1;secret =2", "a property",
       "twice"},
      {"Endpoint=http://a;AccessKey=k;=1;=2", "a property", "twice"},
      {"Endpoint=http://a;AccessKey=SECRET;Version=1", "Version", "1.x"},
      {"Endpoint=http://a;AccessKey=SECRET;Version=", "Version", "1.x"},
      {"Endpoint=http://a;AccessKey=SECRET;Version=1.x", "Version", "1.x"},
      {"Endpoint=http://a;AccessKey=SECRET;Port=65536", "Port", "65535"},
      {"Endpoint=http://a;AccessKey=SECRET;Port=", "Port", "65535"},
      {"Endpoint=http://a;AccessKey=SECRET;ClientEndpoint=", "ClientEndpoint",
       "absolute"},
      {"Endpoint=http://a;AccessKey=SECRET;ServerEndpoint=ws://a",
       "ServerEndpoint", "absolute"},
      {"Endpoint=http://a;AuthType=azure.app;ClientId=;TenantId=t;"
       "ClientSecret=SECRET",
       "ClientId", "empty"},
      {"Endpoint=http://a;AuthType=azure.app;ClientId=c;TenantId=t",
       "ClientSecret or ClientCert", "required"},
      {"Endpoint=http://a;AuthType=azure.app;ClientId=c;TenantId=t;"
       "ClientSecret=",
       "ClientSecret", "empty"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct asr_connstr cs;
    struct asr_connstr_error error = {""};
    CHECK(asr_connstr_parse(asr_span_of(cases[i][0]), &cs, &error) ==
          ASR_INVALID);
    if (!CHECK(strncmp(error.text, cases[i][1], strlen(cases[i][1])) == 0) ||
        !CHECK(strstr(error.text, cases[i][2]) != NULL)) {
      fprintf(stderr, "  %s: %s\n", cases[i][0], error.text);
    }
    CHECK(strstr(error.text, "SECRET") == NULL);
  }
}

static void long_text(void) {
  struct asr_buf b;
  struct asr_connstr cs;
  struct asr_connstr_error error;
  asr_buf_init(&b, 1 << 20);
  asr_buf_add_text(&b, "Endpoint=http://a;AccessKey=k;");
  while (b.len < ASR_CONNSTR_MAX) { /* ever new properties, one long key */
    asr_buf_add_byte(&b, (char)('a' + b.len % 26));
    asr_buf_add_text(&b, b.len % 2 ? ";" : "=");
  }
  b.len = ASR_CONNSTR_MAX;
  asr_connstr_parse(asr_buf_span(&b), &cs, &error);
  asr_buf_add_byte(&b, ';');
  CHECK(asr_connstr_parse(asr_buf_span(&b), &cs, &error) == ASR_INVALID);
  CHECK(strstr(error.text, "longer") != NULL);
  asr_buf_close(&b);
}

int main(void) {
  golden();
  understood();
  refused();
  long_text();
  return check_report("connstr");
}
