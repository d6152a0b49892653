/* SPDX-License-Identifier: MIT */
/*
 * Makes connections: names, addresses of both families, proxies and TLS are
 * libcurl's. One is made by moving it on until it is there or has failed.
 */
#ifndef ASR_CONNECTOR_H
#define ASR_CONNECTOR_H

#include "net/connection.h"
#include "net/trust.h"

struct asr_connector {
  const struct asr_options *options;
  struct asr_watches *watches;
  CURLSH *share; /* names, and TLS sessions so that later dials resume */
  struct asr_trust trust;
};

/* False: no memory; close it all the same. */
bool asr_connector_open(struct asr_connector *r,
                        const struct asr_options *options,
                        struct asr_watches *watches);
void asr_connector_close(struct asr_connector *r);

/* Begins to make one; it wants to be moved at once. NULL: no memory. */
struct asr_connection *asr_connector_dial(struct asr_connector *r,
                                          struct asr_origin *origin,
                                          double now);
/* Moves it on: `fd` has `what` (bits of readiness.h), or -1: its timer.
 * STUCK: it goes on; MOVED: it is there, with its `fd`; ENDED: it failed, and
 * asr_connector_blame says why. */
enum asr_moved asr_connector_move(struct asr_connection *c, int fd, int what);
/* What a dial that failed means for the jobs that waited for it. The note
 * lives as long as the connection. */
asr_kind asr_connector_blame(const struct asr_connector *r,
                             struct asr_connection *c, const char **note);

/* Whether jobs for an origin speak to the proxy itself: plain HTTP through a
 * proxy of HTTP, which wants the whole URL. */
bool asr_connector_forwards(const struct asr_connector *r,
                            const struct asr_origin *origin);
/* Whether the connection that a job for an origin goes over has TLS. */
bool asr_connector_speaks_tls(const struct asr_connector *r,
                              const struct asr_origin *origin);

#endif
