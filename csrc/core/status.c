/* SPDX-License-Identifier: MIT */
#include "core/status.h"

const char *asr_status_text(enum asr_status status) {
  switch (status) {
  case ASR_OK:
    return "ok";
  case ASR_NOMEM:
    return "not enough memory";
  case ASR_TOO_BIG:
    return "too big";
  case ASR_INVALID:
    return "invalid";
  case ASR_CRYPTO:
    return "libcrypto failed";
  }
  return "unknown status";
}
