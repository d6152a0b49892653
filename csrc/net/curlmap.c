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

bool asr_curl_broke(int code) {
  switch (code) {
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  case CURLE_HTTP2_STREAM:
  case CURLE_ABORTED_BY_CALLBACK: /* our own refusal to repeat a request */
    return true;
  default:
    return false;
  }
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

/* Before anything of the request was written. */
static asr_kind of_setup(int code, asr_phase phase) {
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

/* CURLE_TOO_LARGE, of libcurl 8.6: older ones say that memory is short. */
enum { TOO_LARGE = 100 };

static asr_kind of_transfer(int code) {
  switch (code) {
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_OUT_OF_MEMORY:
  case TOO_LARGE:
    return ASR_TOO_LARGE;
  default:
    return asr_curl_broke(code) ? ASR_RESET : ASR_PROTOCOL;
  }
}

/* libcurl goes for a second connection where the first had broken: that the
 * second failed, too, must not hide that the request went out. */
static bool is_second(int code) {
  return is_tls(code) || code == CURLE_COULDNT_RESOLVE_HOST ||
         code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
         code == CURLE_COULDNT_CONNECT || code == CURLE_INTERFACE_FAILED;
}

asr_kind asr_curl_kind(int code, asr_phase phase) {
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return ASR_TIMEOUT;
  }
  if (phase.wrote && is_second(code)) {
    return ASR_RESET;
  }
  return phase.asked || phase.wrote ? of_transfer(code) : of_setup(code, phase);
}
