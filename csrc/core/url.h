/* SPDX-License-Identifier: MIT */
/* Percent-encoding, path templates, and the parts of http and https URLs. */
#ifndef ASR_URL_H
#define ASR_URL_H

#include <stdbool.h>

#include "core/buf.h"

/* Everything outside A-Z a-z 0-9 - . _ ~ becomes %XX, upper-case. */
enum asr_status asr_url_escape(struct asr_buf *out, struct asr_span s);
/* The reverse, for a query: "+" is a space; a "%" that two hexadecimal digits
 * do not follow stays as it is. */
enum asr_status asr_url_unescape(struct asr_buf *out, struct asr_span s);

/*
 * Cuts the next piece off a template such as "/groups/{group}/:send": the
 * text before the next brace into `literal`, the name within the braces into
 * `name` (not there at the end of the template). ASR_INVALID for a brace
 * without its partner or an empty name.
 */
enum asr_status asr_url_template_next(struct asr_span *rest,
                                      struct asr_span *literal,
                                      struct asr_span *name);

/* The spans point into the text parsed (scheme: to a static string). */
struct asr_url {
  struct asr_span scheme; /* "http" or "https" */
  struct asr_span host;   /* as written; an IPv6 address with its brackets */
  struct asr_span path;   /* begins with "/" */
  struct asr_span query;  /* without "?"; not there if there is none */
  unsigned port;          /* the scheme's own if none was written */
};

/*
 * Absolute http and https URLs without user information and fragment, of
 * printable ASCII. ASR_INVALID, and then *why is the rule that was broken
 * ("must ..."; static text).
 */
enum asr_status asr_url_parse(struct asr_span text, struct asr_url *url,
                              const char **why);
/* scheme://host[:port][/path]: lower-case host, port only if it is not the
 * scheme's, no "/" at the end, no query. */
enum asr_status asr_url_add_base(struct asr_buf *out,
                                 const struct asr_url *url);
enum asr_status asr_url_add_host(struct asr_buf *out,
                                 const struct asr_url *url);

#endif
