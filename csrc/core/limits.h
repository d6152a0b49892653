/* SPDX-License-Identifier: MIT */
/* What the service takes at most; core.limits tells Lua. */
#ifndef ASR_LIMITS_H
#define ASR_LIMITS_H

enum {
  ASR_BODY_MAX = 1024 * 1024,  /* bytes of a request's body */
  ASR_URL_MAX = 12 * 1024,     /* of its URL */
  ASR_HEADERS_MAX = 16 * 1024, /* of its line and headers together */
  ASR_TIMEOUT_MAX = 3600       /* seconds that a call may take */
};

#endif
