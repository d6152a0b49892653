/* SPDX-License-Identifier: MIT */
#include "net/curlmap.h"

#include <curl/curl.h>
#include <stddef.h>

static const struct {
  const char *name, *text;
} kinds[] = {
    [ASR_FINE] = {"none", "no failure"},
    [ASR_CONNECT] = {"connect", "the connection could not be made"},
    [ASR_DNS] = {"dns", "the host name could not be resolved"},
    [ASR_TLS] = {"tls", "the TLS connection could not be made"},
    [ASR_PROXY] = {"proxy", "the proxy could not be used"},
    [ASR_TIMEOUT] = {"timeout", "the time allowed has passed"},
    [ASR_RESET] = {"reset", "the connection broke before the answer was whole"},
    [ASR_PROTOCOL] = {"protocol", "the answer is not valid HTTP"},
    [ASR_TOO_LARGE] = {"too_large", "the answer is too large"},
    [ASR_CANCELLED] = {"cancelled", "the request was cancelled"},
    [ASR_CLOSED] = {"closed", "the client was closed"},
    [ASR_QUEUE_FULL] = {"queue_full", "too many requests are in flight"},
};

const char *asr_kind_name(asr_kind kind) {
  return kinds[kind].name;
}

const char *asr_kind_text(asr_kind kind) {
  return kinds[kind].text;
}

/* Failures of TLS, whoever it was spoken with. */
static bool is_tls(int code) {
  switch (code) {
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_SHUTDOWN_FAILED:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return true;
  default:
    return false;
  }
}

asr_kind asr_curl_kind(int code, asr_phase phase) {
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return ASR_TIMEOUT;
  }
  if (is_tls(code)) {
    return ASR_TLS;
  }
  if (phase.proxied && !phase.through) {
    return ASR_PROXY;
  }
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    return ASR_DNS;
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_PROXY:
    return ASR_PROXY;
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return ASR_PROTOCOL;
  default:
    return phase.connected && phase.secure ? ASR_TLS : ASR_CONNECT;
  }
}
