/* SPDX-License-Identifier: MIT */
/* What the service takes at most, what options may say, and what they say where
 * nothing is given: once, for C and, as core.limits and core.defaults, for Lua.
 */
#ifndef ASR_LIMITS_H
#define ASR_LIMITS_H

#include <stdint.h>

enum {
  ASR_BODY_MAX = 1024 * 1024,  /* bytes of a request's body */
  ASR_URL_MAX = 12 * 1024,     /* of its URL */
  ASR_HEADERS_MAX = 16 * 1024, /* of its line and headers together */
  ASR_TIMEOUT_MAX = 3600,      /* seconds of an option; more are milliseconds */
  ASR_MAX_CONNECTIONS = 4096,  /* requests on the wire at a time */
  ASR_MAX_IN_FLIGHT = 1000000  /* tickets; messages of a queue */
};
#define ASR_MAX_RESPONSE INT64_C(2147483648)       /* bytes */
#define ASR_MAX_QUEUE_BYTES INT64_C(1099511627776) /* bytes */

enum {
  ASR_DEFAULT_CONNECTIONS = 64,
  ASR_DEFAULT_IN_FLIGHT = 10000,
  ASR_DEFAULT_RESPONSE = 4194304,
  ASR_DEFAULT_CONNECT_TIMEOUT = 5,
  ASR_DEFAULT_CONNECTION_AGE = 600,
  ASR_DEFAULT_QUEUE = 10000,
  ASR_DEFAULT_QUEUE_BYTES = 67108864
};

#endif
