/* SPDX-License-Identifier: MIT */
#include "core/connstr_slips.h"

#include <string.h>

/* The next part that is not empty; `value` is not there without a "=". */
static bool next_part(struct asr_span *rest, struct asr_span *key,
                      struct asr_span *value) {
  while (rest->p != NULL) {
    struct asr_span part = asr_span_trim(asr_span_cut(rest, ';'));
    if (part.n > 0) {
      *key = asr_span_trim(asr_span_cut(&part, '='));
      *value = asr_span_trim(part);
      return true;
    }
  }
  return false;
}

/* Whether an unknown key comes again later in the text. */
static bool comes_again(struct asr_span rest, struct asr_span key) {
  struct asr_span other, value;
  while (next_part(&rest, &other, &value)) {
    if (value.p != NULL && asr_span_ieq(key, other)) {
      return true;
    }
  }
  return false;
}

/* A part that no property is: passed over, unless it looks like a slip. */
static enum asr_status pass_over(struct asr_span key, struct asr_span value,
                                 struct asr_span rest,
                                 struct asr_connstr_error *error) {
  static const char *const twice[4] = {"a property is given twice"};
  if (value.p == NULL) {
    return asr_connstr_check_part(key, error);
  }
  return comes_again(rest, key) ? asr_connstr_refuse(error, twice)
                                : asr_connstr_check_unknown(key, value, error);
}

static enum asr_status read_pairs(struct asr_span rest, struct asr_connstr *cs,
                                  struct asr_connstr_error *error) {
  struct asr_span key, value;
  enum asr_status status = ASR_OK;
  while (status == ASR_OK && next_part(&rest, &key, &value)) {
    enum asr_connstr_property which = asr_connstr_find(key);
    if (which == ASR_CS_COUNT || value.p == NULL) {
      status = pass_over(key, value, rest, error);
    } else if (cs->values[which].p != NULL) {
      status = asr_connstr_refuse_one(
          error, which, "is given twice (are these several strings?)");
    } else {
      cs->values[which] = value;
    }
  }
  for (int i = 0; i < ASR_CS_COUNT && status == ASR_OK; i++) {
    if (cs->values[i].p != NULL) {
      status = asr_connstr_check_value(cs, (enum asr_connstr_property)i, error);
    }
  }
  return status;
}

static bool has(const struct asr_connstr *cs, enum asr_connstr_property which) {
  return cs->values[which].p != NULL;
}

static enum asr_status read_url(const struct asr_connstr *cs,
                                enum asr_connstr_property which,
                                struct asr_url *url,
                                struct asr_connstr_error *error) {
  const char *why = "";
  if (has(cs, which) && asr_url_parse(cs->values[which], url, &why) != ASR_OK) {
    return asr_connstr_refuse_one(error, which, why);
  }
  return ASR_OK;
}

static bool has_any(const struct asr_connstr *cs) {
  for (int i = 0; i < ASR_CS_COUNT; i++) {
    if (has(cs, (enum asr_connstr_property)i)) {
      return true;
    }
  }
  return false;
}

static enum asr_status read_urls(struct asr_connstr *cs,
                                 struct asr_connstr_error *error) {
  static const char *const none[4] = {"it holds no property of one; wanted is "
                                      "\"Endpoint=<URL>;AccessKey=<key>;\""};
  if (!has_any(cs)) {
    return asr_connstr_refuse(error, none);
  }
  if (!has(cs, ASR_CS_ENDPOINT)) {
    return asr_connstr_refuse_one(error, ASR_CS_ENDPOINT, "is required");
  }
  enum asr_status status = read_url(cs, ASR_CS_ENDPOINT, &cs->endpoint, error);
  if (status == ASR_OK) {
    status = read_url(cs, ASR_CS_CLIENT_ENDPOINT, &cs->client_endpoint, error);
  }
  if (status == ASR_OK) {
    status = read_url(cs, ASR_CS_SERVER_ENDPOINT, &cs->server_endpoint, error);
  }
  return status;
}

static enum asr_status read_port(struct asr_connstr *cs,
                                 struct asr_connstr_error *error) {
  if (has(cs, ASR_CS_PORT)) {
    long port = asr_span_number(cs->values[ASR_CS_PORT], 65535);
    if (port < 1) {
      return asr_connstr_refuse_one(error, ASR_CS_PORT,
                                    "must be from 1 to 65535");
    }
    cs->port = (unsigned)port;
    cs->endpoint.port = cs->port;
  }
  return ASR_OK;
}

static enum asr_status check_version(const struct asr_connstr *cs,
                                     struct asr_connstr_error *error) {
  struct asr_span v = cs->values[ASR_CS_VERSION];
  bool known = v.n > 2 && v.p[0] == '1' && v.p[1] == '.' && v.p[2] >= '0' &&
               v.p[2] <= '9';
  if (v.p != NULL && !known) {
    return asr_connstr_refuse_one(error, ASR_CS_VERSION, "must be 1.x");
  }
  return ASR_OK;
}

/* ---- who signs */

static const char *auth_type(const struct asr_connstr *cs) {
  static const char *const types[] = {"azure", "azure.msi", "azure.app"};
  struct asr_span type = cs->values[ASR_CS_AUTH_TYPE];
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (asr_span_ieq(type, asr_span_of(types[i]))) {
      return types[i];
    }
  }
  if (asr_span_ieq(type, asr_span_of("aad"))) {
    bool app = has(cs, ASR_CS_CLIENT_ID) && has(cs, ASR_CS_TENANT_ID);
    return app ? "azure.app" : "azure.msi";
  }
  return NULL;
}

static enum asr_status check_app(const struct asr_connstr *cs,
                                 struct asr_connstr_error *error) {
  if (!has(cs, ASR_CS_CLIENT_ID)) {
    return asr_connstr_refuse_one(error, ASR_CS_CLIENT_ID,
                                  "is required by this AuthType");
  }
  if (!has(cs, ASR_CS_TENANT_ID)) {
    return asr_connstr_refuse_one(error, ASR_CS_TENANT_ID,
                                  "is required by this AuthType");
  }
  if (!has(cs, ASR_CS_CLIENT_SECRET) && !has(cs, ASR_CS_CLIENT_CERT)) {
    static const char *const secret[4] = {
        "ClientSecret or ClientCert is required by this AuthType"};
    return asr_connstr_refuse(error, secret);
  }
  return ASR_OK;
}

static enum asr_status check_auth(struct asr_connstr *cs,
                                  struct asr_connstr_error *error) {
  static const enum asr_connstr_property filled[] = {
      ASR_CS_ACCESS_KEY, ASR_CS_CLIENT_ID, ASR_CS_TENANT_ID,
      ASR_CS_CLIENT_SECRET, ASR_CS_CLIENT_CERT};
  for (size_t i = 0; i < sizeof filled / sizeof filled[0]; i++) {
    if (has(cs, filled[i]) && cs->values[filled[i]].n == 0) {
      return asr_connstr_refuse_one(error, filled[i], "must not be empty");
    }
  }
  cs->auth_type = auth_type(cs);
  if (cs->auth_type != NULL) {
    return strcmp(cs->auth_type, "azure.app") == 0 ? check_app(cs, error)
                                                   : ASR_OK;
  }
  if (has(cs, ASR_CS_ACCESS_KEY)) {
    return ASR_OK;
  }
  struct asr_span type = cs->values[ASR_CS_AUTH_TYPE];
  return type.n > 0 ? asr_connstr_check_type(type, error)
                    : asr_connstr_refuse_one(
                          error, ASR_CS_ACCESS_KEY,
                          "is required (or an AuthType of Microsoft Entra ID)");
}

enum asr_status asr_connstr_parse(struct asr_span text, struct asr_connstr *cs,
                                  struct asr_connstr_error *error) {
  static const char *const empty[4] = {"it is empty"};
  static const char *const longer[4] = {"it is longer than 8192 bytes"};
  struct asr_span trimmed = asr_span_trim(text);
  memset(cs, 0, sizeof *cs);
  if (trimmed.n == 0) {
    return asr_connstr_refuse(error, empty);
  }
  if (text.n > ASR_CONNSTR_MAX) {
    return asr_connstr_refuse(error, longer);
  }
  enum asr_status status = asr_connstr_check_text(trimmed, error);
  if (status == ASR_OK) {
    status = read_pairs(trimmed, cs, error);
  }
  if (status == ASR_OK) {
    status = check_version(cs, error);
  }
  if (status == ASR_OK) {
    status = read_urls(cs, error);
  }
  if (status == ASR_OK) {
    status = read_port(cs, error);
  }
  return status == ASR_OK ? check_auth(cs, error) : status;
}
