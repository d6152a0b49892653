/* SPDX-License-Identifier: MIT */
/* For libFuzzer and AFL++; built as fuzz_jsonr.c is. */
#include <stdint.h>
#include <stdlib.h>

#include "core/connstr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void connstr_must(int condition) {
  if (!condition) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct asr_span text = asr_span(size > 0 ? (const char *)data : "", size);
  struct asr_connstr cs;
  struct asr_connstr_error error = {""};
  struct asr_buf base;
  if (asr_connstr_parse(text, &cs, &error) != ASR_OK) {
    connstr_must(error.text[0] != '\0');
    for (const char *c = error.text; *c != '\0'; c++) {
      connstr_must(*c >= ' ' && *c <= '~'); /* it goes into logs */
    }
    return 0;
  }
  connstr_must(cs.auth_type != NULL || cs.values[ASR_CS_ACCESS_KEY].n > 0);
  for (int i = 0; i < ASR_CS_COUNT; i++) { /* all point into the text */
    struct asr_span value = cs.values[i];
    connstr_must(value.p == NULL ||
                 (value.p >= text.p && value.p + value.n <= text.p + text.n));
  }
  asr_buf_init(&base, ASR_CONNSTR_MAX + 16);
  connstr_must(asr_url_add_base(&base, &cs.endpoint) == ASR_OK);
  connstr_must(base.data[base.len - 1] != '/');
  asr_buf_close(&base);
  return 0;
}
