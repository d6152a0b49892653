/* SPDX-License-Identifier: MIT */
#include "core/connstr.h"

#include <string.h>

static const char *const NAMES[ASR_CS_COUNT] = {
    "Endpoint",       "AccessKey",      "Version",   "Port",
    "ClientEndpoint", "ServerEndpoint", "AuthType",  "ClientId",
    "TenantId",       "ClientSecret",   "ClientCert"};

static enum asr_status refuse(struct asr_connstr_error *error,
                              const char *property, const char *rule) {
  error->property = property;
  error->rule = rule;
  return ASR_INVALID;
}

static enum asr_status refuse_one(struct asr_connstr_error *error,
                                  enum asr_connstr_property which,
                                  const char *rule) {
  return refuse(error, NAMES[which], rule);
}

static enum asr_connstr_property find(struct asr_span key) {
  int i = 0;
  while (i < ASR_CS_COUNT && !asr_span_ieq(key, asr_span_of(NAMES[i]))) {
    i++;
  }
  return (enum asr_connstr_property)i;
}

/* The next part with a "=" in it; false at the end. Parts without one are
 * nobody's property and are passed over, as empty parts are. */
static bool next_pair(struct asr_span *rest, struct asr_span *key,
                      struct asr_span *value) {
  while (rest->p != NULL) {
    struct asr_span part = asr_span_cut(rest, ';');
    *key = asr_span_cut(&part, '=');
    if (part.p != NULL) {
      *key = asr_span_trim(*key);
      *value = asr_span_trim(part);
      return true;
    }
  }
  return false;
}

/* Whether an unknown key comes again later in the text. */
static bool comes_again(struct asr_span rest, struct asr_span key) {
  struct asr_span other, value;
  while (next_pair(&rest, &other, &value)) {
    if (asr_span_ieq(key, other)) {
      return true;
    }
  }
  return false;
}

static enum asr_status read_pairs(struct asr_span rest, struct asr_connstr *cs,
                                  struct asr_connstr_error *error) {
  struct asr_span key, value;
  while (next_pair(&rest, &key, &value)) {
    enum asr_connstr_property which = find(key);
    if (which == ASR_CS_COUNT) {
      if (comes_again(rest, key)) {
        return refuse(error, "a property", "is given twice");
      }
      continue;
    }
    if (cs->values[which].p != NULL) {
      return refuse_one(error, which, "is given twice");
    }
    cs->values[which] = value;
  }
  return ASR_OK;
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
    return refuse_one(error, which, why);
  }
  return ASR_OK;
}

static enum asr_status read_urls(struct asr_connstr *cs,
                                 struct asr_connstr_error *error) {
  if (!has(cs, ASR_CS_ENDPOINT)) {
    return refuse_one(error, ASR_CS_ENDPOINT, "is required");
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
      return refuse_one(error, ASR_CS_PORT, "must be from 1 to 65535");
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
    return refuse_one(error, ASR_CS_VERSION, "must be 1.x");
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
    return refuse_one(error, ASR_CS_CLIENT_ID, "is required by this AuthType");
  }
  if (!has(cs, ASR_CS_TENANT_ID)) {
    return refuse_one(error, ASR_CS_TENANT_ID, "is required by this AuthType");
  }
  if (!has(cs, ASR_CS_CLIENT_SECRET) && !has(cs, ASR_CS_CLIENT_CERT)) {
    return refuse(error, "ClientSecret or ClientCert",
                  "is required by this AuthType");
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
      return refuse_one(error, filled[i], "must not be empty");
    }
  }
  cs->auth_type = auth_type(cs);
  if (cs->auth_type == NULL) {
    return has(cs, ASR_CS_ACCESS_KEY)
               ? ASR_OK
               : refuse_one(error, ASR_CS_ACCESS_KEY,
                            "is required (no other AuthType is given)");
  }
  return strcmp(cs->auth_type, "azure.app") == 0 ? check_app(cs, error)
                                                 : ASR_OK;
}

enum asr_status asr_connstr_parse(struct asr_span text, struct asr_connstr *cs,
                                  struct asr_connstr_error *error) {
  static const char whole[] = "the text";
  memset(cs, 0, sizeof *cs);
  if (asr_span_trim(text).n == 0) {
    return refuse(error, whole, "must not be empty");
  }
  if (text.n > ASR_CONNSTR_MAX) {
    return refuse(error, whole, "must not be longer than 8192 bytes");
  }
  enum asr_status status = read_pairs(text, cs, error);
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
