/* SPDX-License-Identifier: MIT */
/* For dladdr. NOLINTBEGIN: these names are the systems' own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif
/* NOLINTEND */

#include "core/pin.h"

#include <dlfcn.h>
#include <stddef.h>

#ifndef RTLD_NOLOAD /* older OpenBSD: opening again does no harm */
#define RTLD_NOLOAD 0
#endif

void asr_pin(void) {
  static int here;
  Dl_info about;
  /* Opened once more and never closed. In a program that is linked with this
   * there is nothing to open, and no need to. */
  if (dladdr(&here, &about) != 0 && about.dli_fname != NULL) {
    (void)dlopen(about.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  }
}
