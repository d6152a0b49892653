/* SPDX-License-Identifier: MIT */
/* JSON has a decimal point also where the user's locale has a comma. glibc's
 * localedef makes such a locale in a directory of our own (Debian: packages
 * libc-bin and locales). */
#include <locale.h>
#include <stdlib.h>

#include "check.h"
#include "core/jsonnum.h"
#include "core/jsonw.h"

static int enter_locale(void) {
  char dir[] = "/tmp/asr-locale-XXXXXX", command[256];
  if (mkdtemp(dir) == NULL) {
    return 0;
  }
  snprintf(command, sizeof command,
           "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >&2", dir);
  int made = system(command) == 0; /* NOLINT(cert-env33-c) */
  setenv("LOCPATH", dir, 1);
  int entered = made && setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
  snprintf(command, sizeof command, "rm -rf '%s'", dir);
  return system(command) == 0 && entered; /* NOLINT(cert-env33-c) */
}

int main(void) {
  static const double values[] = {0.5,    -1234567.25, 1.0 / 3, 1e-5,
                                  5e-324, 1e300,       2.5e17};
  struct asr_buf b;
  char text[32];
  if (!CHECK(enter_locale())) {
    fprintf(stderr, "  is the package locales missing?\n");
    return check_report("locale");
  }
  snprintf(text, sizeof text, "%.1f", 0.5);
  CHECK_SPAN(asr_span_of(text), "0,5"); /* the test itself is in earnest */
  asr_buf_init(&b, 1000);
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    asr_buf_reset(&b, 1000);
    CHECK(asr_jsonw_double(&b, values[i], true) == ASR_OK);
    CHECK(memchr(b.data, ',', b.len) == NULL);
    struct asr_number n = asr_json_number(asr_buf_span(&b));
    CHECK(n.kind == ASR_NUMBER_FLOAT && n.d == values[i]);
  }
  asr_buf_reset(&b, 1000);
  asr_jsonw_double(&b, -1234567.25, false);
  CHECK_BUF(b, "-1234567.25");
  struct asr_number n = asr_json_number(asr_span_of("0.333333333333333333333"));
  CHECK(n.kind == ASR_NUMBER_FLOAT && n.d == 1.0 / 3);
  asr_buf_close(&b);
  return check_report("locale");
}
