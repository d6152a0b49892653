/* SPDX-License-Identifier: MIT */
/*
 * For libFuzzer (clang -fsanitize=fuzzer,address,undefined -Icsrc, this file,
 * all of csrc/core, -lcrypto) and AFL++.
 * What the reader accepts, the writer must write such that it is read again
 * as the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/jsonnum.h"
#include "core/jsonr.h"
#include "core/jsonw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void jsonr_must(int condition) {
  if (!condition) {
    abort();
  }
}

static void write_number(struct asr_buf *out, struct asr_span text) {
  struct asr_number n = asr_json_number(text);
  switch (n.kind) {
  case ASR_NUMBER_INT:
    asr_jsonw_int(out, n.i);
    break;
  case ASR_NUMBER_UINT:
    asr_jsonw_uint(out, n.u);
    break;
  case ASR_NUMBER_FLOAT:
    jsonr_must(asr_jsonw_double(out, n.d, true) == ASR_OK);
    break;
  default:
    asr_buf_add_span(out, text);
  }
}

static void write_event(struct asr_buf *out, const struct asr_json_event *e) {
  static const char *const fixed[] = {"", "{", "}",    "[",     "]",   "",
                                      "", "",  "true", "false", "null"};
  asr_buf_add_text(out, fixed[e->type]);
  if (e->type == ASR_JSON_NUMBER) {
    write_number(out, e->text);
  } else if (e->type == ASR_JSON_KEY || e->type == ASR_JSON_STRING) {
    jsonr_must(asr_jsonw_string(out, e->text) == ASR_OK);
  }
  if (e->type == ASR_JSON_KEY) {
    asr_buf_add_byte(out, ':');
  }
}

/* Whether a comma belongs before `e`, which follows an event of type `last`. */
static int wants_comma(enum asr_json_type last,
                       const struct asr_json_event *e) {
  int first = last == ASR_JSON_OBJECT || last == ASR_JSON_ARRAY ||
              last == ASR_JSON_KEY || last == ASR_JSON_END;
  return !first && e->type != ASR_JSON_OBJECT_END &&
         e->type != ASR_JSON_ARRAY_END;
}

/* 1 if `text` was accepted; it then stands in `out`, rewritten. */
static int rewrite(struct asr_span text, struct asr_buf *out) {
  struct asr_buf scratch;
  struct asr_jsonr r;
  struct asr_json_event e;
  enum asr_json_type last = ASR_JSON_END;
  enum asr_status status;
  asr_buf_init(&scratch, text.n);
  asr_jsonr_init(&r, text, &scratch);
  while ((status = asr_jsonr_next(&r, &e)) == ASR_OK &&
         e.type != ASR_JSON_END) {
    if (wants_comma(last, &e)) {
      asr_buf_add_byte(out, ',');
    }
    write_event(out, &e);
    last = e.type;
  }
  jsonr_must(status == ASR_OK || r.why != NULL);
  jsonr_must(asr_jsonr_at(&r) <= text.n);
  asr_buf_close(&scratch);
  return status == ASR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct asr_span text = asr_span(size > 0 ? (const char *)data : "", size);
  struct asr_buf once, twice;
  struct asr_jsonr r;
  asr_buf_init(&once, size * 8 + 100);
  asr_buf_init(&twice, size * 8 + 100);
  int accepted = rewrite(text, &once);
  jsonr_must(accepted == (asr_json_check(&r, text) == ASR_OK));
  if (accepted) {
    jsonr_must(once.status == ASR_OK);
    jsonr_must(rewrite(asr_buf_span(&once), &twice));
    jsonr_must(asr_span_eq(asr_buf_span(&once), asr_buf_span(&twice)));
  }
  asr_buf_close(&once);
  asr_buf_close(&twice);
  return 0;
}
