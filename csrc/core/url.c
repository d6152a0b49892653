/* SPDX-License-Identifier: MIT */
#include "core/url.h"

#include <string.h>

#include "core/jsonw.h"

static bool is_alnum(char c) {
  return asr_is_letter(c) || asr_is_digit(c);
}

static bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

enum asr_status asr_url_escape(struct asr_buf *out, struct asr_span s) {
  static const char hex[] = "0123456789ABCDEF";
  for (size_t i = 0; i < s.n;) {
    size_t from = i;
    while (i < s.n && is_unreserved(s.p[i])) {
      i++;
    }
    asr_buf_add(out, s.p + from, i - from);
    if (i < s.n) {
      unsigned char c = (unsigned char)s.p[i++];
      char triple[3] = {'%', hex[c >> 4], hex[c & 15]};
      asr_buf_add(out, triple, sizeof triple);
    }
  }
  return out->status;
}

enum asr_status asr_url_unescape(struct asr_buf *out, struct asr_span s) {
  for (size_t i = 0; i < s.n; i++) {
    char c = s.p[i];
    if (c == '+') {
      c = ' ';
    } else if (c == '%' && s.n - i > 2) {
      int high = asr_hex_value(s.p[i + 1]), low = asr_hex_value(s.p[i + 2]);
      if (high >= 0 && low >= 0) {
        c = (char)(high * 16 + low);
        i += 2;
      }
    }
    asr_buf_add_byte(out, c);
  }
  return out->status;
}

enum asr_status asr_url_template_next(struct asr_span *rest,
                                      struct asr_span *literal,
                                      struct asr_span *name) {
  *literal = asr_span_cut(rest, '{');
  *name = asr_span(NULL, 0);
  if (literal->n > 0 && memchr(literal->p, '}', literal->n) != NULL) {
    return ASR_INVALID;
  }
  if (rest->p == NULL) {
    return ASR_OK;
  }
  *name = asr_span_cut(rest, '}');
  return rest->p == NULL || name->n == 0 ? ASR_INVALID : ASR_OK;
}

/* ---- parsing */

static enum asr_status broken(const char **why, const char *rule) {
  *why = rule;
  return ASR_INVALID;
}

static bool is_printable(struct asr_span s) {
  for (size_t i = 0; i < s.n; i++) {
    if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '\\') {
      return false;
    }
  }
  return true;
}

static bool starts_with(struct asr_span s, const char *prefix) {
  size_t n = strlen(prefix);
  return s.n >= n && asr_span_ieq(asr_span(s.p, n), asr_span(prefix, n));
}

static bool is_host(struct asr_span host) {
  bool v6 = host.n > 3 && host.p[0] == '[' && host.p[host.n - 1] == ']';
  struct asr_span s = v6 ? asr_span(host.p + 1, host.n - 2) : host;
  for (size_t i = 0; i < s.n; i++) {
    char c = s.p[i];
    if (v6 ? !(asr_hex_value(c) >= 0 || c == ':' || c == '.')
           : !(is_alnum(c) || c == '-' || c == '.' || c == '_')) {
      return false;
    }
  }
  return s.n > 0;
}

/* host[:port]; in brackets a colon belongs to the address. */
static enum asr_status parse_authority(struct asr_span authority,
                                       struct asr_url *url, const char **why) {
  size_t colon = authority.n;
  for (size_t i = authority.n; i > 0 && authority.p[i - 1] != ']'; i--) {
    if (authority.p[i - 1] == ':') {
      colon = i - 1;
    }
  }
  url->host = asr_span(authority.p, colon);
  if (!is_host(url->host)) {
    return broken(why, "must have a valid host name");
  }
  if (colon < authority.n) {
    long port = asr_span_number(
        asr_span(authority.p + colon + 1, authority.n - colon - 1), 65535);
    if (port < 1) {
      return broken(why, "must have a port from 1 to 65535");
    }
    url->port = (unsigned)port;
  }
  return ASR_OK;
}

enum asr_status asr_url_parse(struct asr_span text, struct asr_url *url,
                              const char **why) {
  static const char absolute[] = "must be an absolute http or https URL";
  memset(url, 0, sizeof *url);
  bool tls = starts_with(text, "https://");
  if (!tls && !starts_with(text, "http://")) {
    return broken(why, absolute);
  }
  if (!is_printable(text)) {
    return broken(why, "must be of printable ASCII, without spaces");
  }
  if (memchr(text.p, '#', text.n) != NULL) {
    return broken(why, "must not have a fragment");
  }
  url->scheme = asr_span_of(tls ? "https" : "http");
  url->port = tls ? 443 : 80;
  struct asr_span rest =
      asr_span(text.p + url->scheme.n + 3, text.n - url->scheme.n - 3);
  struct asr_span front = asr_span_cut(&rest, '?');
  url->query = rest;
  const char *slash = front.n > 0 ? memchr(front.p, '/', front.n) : NULL;
  size_t n = slash != NULL ? (size_t)(slash - front.p) : front.n;
  url->path = slash != NULL ? asr_span(slash, front.n - n) : asr_span("/", 1);
  if (n == 0) {
    return broken(why, absolute);
  }
  if (memchr(front.p, '@', n) != NULL) {
    return broken(why, "must not have a user name or password");
  }
  return parse_authority(asr_span(front.p, n), url, why);
}

static bool is_default_port(const struct asr_url *url) {
  return url->port == (url->scheme.n == 5 ? 443U : 80U);
}

enum asr_status asr_url_add_host(struct asr_buf *out,
                                 const struct asr_url *url) {
  for (size_t i = 0; i < url->host.n; i++) {
    asr_buf_add_byte(out, asr_lower(url->host.p[i]));
  }
  return out->status;
}

enum asr_status asr_url_add_base(struct asr_buf *out,
                                 const struct asr_url *url) {
  struct asr_span path = url->path;
  while (path.n > 0 && path.p[path.n - 1] == '/') {
    path.n--;
  }
  asr_buf_add_span(out, url->scheme);
  asr_buf_add_text(out, "://");
  asr_url_add_host(out, url);
  if (!is_default_port(url)) {
    asr_buf_add_byte(out, ':');
    asr_jsonw_uint(out, url->port);
  }
  return asr_buf_add_span(out, path);
}
