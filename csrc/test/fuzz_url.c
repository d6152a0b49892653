/* SPDX-License-Identifier: MIT */
/* For libFuzzer and AFL++; built as fuzz_jsonr.c is. */
#include <stdint.h>
#include <stdlib.h>

#include "core/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void url_must(int condition) {
  if (!condition) {
    abort();
  }
}

/* The base of a URL is a URL, and its own base. */
static void bases(struct asr_span text) {
  struct asr_url url, again;
  struct asr_buf once, twice;
  const char *why = NULL;
  if (asr_url_parse(text, &url, &why) != ASR_OK) {
    url_must(why != NULL);
    return;
  }
  url_must(url.port >= 1 && url.port <= 65535 && url.path.p[0] == '/');
  asr_buf_init(&once, text.n + 16);
  asr_buf_init(&twice, text.n + 16);
  url_must(asr_url_add_base(&once, &url) == ASR_OK);
  url_must(asr_url_parse(asr_buf_span(&once), &again, &why) == ASR_OK);
  url_must(again.port == url.port && asr_span_ieq(again.host, url.host));
  url_must(asr_url_add_base(&twice, &again) == ASR_OK);
  url_must(asr_span_eq(asr_buf_span(&once), asr_buf_span(&twice)));
  asr_buf_close(&once);
  asr_buf_close(&twice);
}

/* What is escaped and unescaped is what it was. */
static void escapes(struct asr_span text) {
  struct asr_buf escaped, back;
  asr_buf_init(&escaped, text.n * 3);
  asr_buf_init(&back, text.n);
  url_must(asr_url_escape(&escaped, text) == ASR_OK);
  url_must(asr_url_unescape(&back, asr_buf_span(&escaped)) == ASR_OK);
  url_must(asr_span_eq(asr_buf_span(&back), text));
  asr_buf_reset(&back, text.n);
  url_must(asr_url_unescape(&back, text) == ASR_OK && back.len <= text.n);
  asr_buf_close(&escaped);
  asr_buf_close(&back);
}

/* The pieces of a template are never more than the template. */
static void pieces(struct asr_span text) {
  struct asr_span rest = text, literal, name;
  size_t sum = 0;
  while (rest.p != NULL &&
         asr_url_template_next(&rest, &literal, &name) == ASR_OK) {
    sum += literal.n + (name.p != NULL ? name.n + 2 : 0);
  }
  url_must(sum <= text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct asr_span text = asr_span(size > 0 ? (const char *)data : "", size);
  bases(text);
  escapes(text);
  pieces(text);
  return 0;
}
