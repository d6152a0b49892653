/* SPDX-License-Identifier: MIT */
/* For libFuzzer and AFL++; built as fuzz_jsonr.c is. */
#include <stdint.h>
#include <stdlib.h>

#include "core/httphead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void httphead_must(int condition) {
  if (!condition) {
    abort();
  }
}

/* A head that was taken has header lines that can all be taken, within it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct asr_span text = asr_span(size > 0 ? (const char *)data : "", size);
  struct asr_span name, value;
  struct asr_http_head head;
  const char *problem = NULL;
  bool any = true;
  if (asr_http_head_parse(text, &head, &problem) != ASR_OK) {
    httphead_must(problem != NULL);
    return 0;
  }
  httphead_must(head.status >= 100 && head.status <= 999);
  httphead_must(head.length <= ASR_HTTP_HUGE);
  struct asr_span rest = asr_http_header_lines(text);
  while (any) {
    httphead_must(asr_http_header_next(&rest, &any, &name, &value) == ASR_OK);
    if (any) {
      httphead_must(name.n > 0 && name.p > text.p);
      httphead_must(value.p + value.n <= text.p + text.n);
    }
  }
  return 0;
}
