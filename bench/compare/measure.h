/* SPDX-License-Identifier: MIT */
/* What the contestants in C share: their arguments, and the line that they
 * end with.  NAME HOST PORT TLS CA COUNT ABREAST PATH TOKEN BODY */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct task {
  const char *host, *port, *ca, *path, *token, *body;
  int tls;
  size_t count, abreast;
  /* measured: */
  double *took; /* seconds of each request */
  size_t done, began;
  double started, cpu;
};

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_now(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void fatal(const char *why) {
  fprintf(stderr, "contestant: %s\n", why);
  exit(1);
}

static void read_task(struct task *t, char **argv, int argc) {
  if (argc != 10) {
    fatal("HOST PORT TLS CA COUNT ABREAST PATH TOKEN BODY");
  }
  memset(t, 0, sizeof *t);
  t->host = argv[1];
  t->port = argv[2];
  t->tls = argv[3][0] == '1';
  t->ca = argv[4];
  t->count = strtoul(argv[5], NULL, 10);
  t->abreast = strtoul(argv[6], NULL, 10);
  t->path = argv[7];
  t->token = argv[8];
  t->body = argv[9];
  t->took = malloc((t->count + 1) * sizeof *t->took);
}

/* Connections are there: from here on it counts. */
static void begin(struct task *t) {
  t->done = t->began = 0;
  t->cpu = cpu_now();
  t->started = seconds_now();
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void finish(struct task *t) {
  double seconds = seconds_now() - t->started, cpu = cpu_now() - t->cpu;
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  qsort(t->took, t->done, sizeof *t->took, by_size);
  printf("{\"requests\": %zu, \"seconds\": %.6f, \"cpu_us\": %.3f, "
         "\"p50_us\": %.1f, \"p99_us\": %.1f, \"rss_kb\": %ld}\n",
         t->done, seconds, cpu * 1e6 / (double)t->done,
         t->took[t->done / 2] * 1e6, t->took[t->done * 99 / 100] * 1e6,
         use.ru_maxrss);
}

#endif
