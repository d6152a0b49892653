/* SPDX-License-Identifier: MIT */
/*
 * An origin: scheme, host and port, with the jobs that wait for a connection
 * to it and the connections that wait for a job.
 */
#ifndef ASR_ORIGIN_H
#define ASR_ORIGIN_H

#include "net/job.h"

struct asr_connection;

/* Connections in a list, the latest first. */
struct asr_connections {
  struct asr_connection *first, *last;
  size_t count;
};

struct asr_origin {
  struct asr_origin *next;
  asr_list waiting;            /* in order of arrival */
  struct asr_connections idle; /* the one used last is first */
  size_t dialing, busy;        /* connections */
  bool tls;
  bool failing; /* a dial has failed while others were under way */
  char url[];   /* "https://host:8443" */
};

/* The origin of that name, made if need be and put first. NULL: no memory. */
struct asr_origin *asr_origin_find(struct asr_origin **all, const char *url);
/* Frees those that have neither jobs nor connections; all but the first
 * ones of many, so that a client that meets many names does not grow. */
void asr_origin_prune(struct asr_origin **all);
void asr_origin_free_all(struct asr_origin **all);

void asr_connections_push(struct asr_connections *list,
                          struct asr_connection *c);
void asr_connections_remove(struct asr_connections *list,
                            struct asr_connection *c);

#endif
