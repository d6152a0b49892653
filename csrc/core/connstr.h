/* SPDX-License-Identifier: MIT */
/* Connection strings of the service: "Endpoint=...;AccessKey=...;". */
#ifndef ASR_CONNSTR_H
#define ASR_CONNSTR_H

#include "core/url.h"

enum { ASR_CONNSTR_MAX = 8192 }; /* bytes; longer ones are refused */

enum asr_connstr_property {
  ASR_CS_ENDPOINT,
  ASR_CS_ACCESS_KEY,
  ASR_CS_VERSION,
  ASR_CS_PORT,
  ASR_CS_CLIENT_ENDPOINT,
  ASR_CS_SERVER_ENDPOINT,
  ASR_CS_AUTH_TYPE,
  ASR_CS_CLIENT_ID,
  ASR_CS_TENANT_ID,
  ASR_CS_CLIENT_SECRET,
  ASR_CS_CLIENT_CERT,
  ASR_CS_COUNT
};

struct asr_connstr {
  /* As written, trimmed; they point into the text. Not there if not given. */
  struct asr_span values[ASR_CS_COUNT];
  struct asr_url endpoint;                         /* with Port applied */
  struct asr_url client_endpoint, server_endpoint; /* if given */
  unsigned port;                                   /* of Port; 0 without it */
  /* "azure", "azure.msi" or "azure.app"; NULL: by access key. The older name
   * "aad" means azure.app with ClientId and TenantId, azure.msi otherwise. */
  const char *auth_type;
};

/* Why a text was refused, in a few words. They name properties, and never
 * hold a value of the connection string: it could be a key. */
struct asr_connstr_error {
  char text[160];
};

/* ASR_OK or ASR_INVALID. */
enum asr_status asr_connstr_parse(struct asr_span text, struct asr_connstr *cs,
                                  struct asr_connstr_error *error);

#endif
