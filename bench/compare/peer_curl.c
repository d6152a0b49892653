/* SPDX-License-Identifier: MIT */
/* libcurl as an expert uses it: handles made once, one connection for each;
 * the easy interface for one at a time, the multi interface above. */
#include <curl/curl.h>

#include "measure.h"

struct transfer {
  CURL *easy;
  double began;
};

static struct task task;
static struct transfer *transfers;
static struct curl_slist *lines;
static char url[4096], authorization[8192];

static size_t drop(char *bytes, size_t size, size_t n, void *arg) {
  (void)bytes;
  (void)arg;
  return size * n;
}

static void prepare(struct transfer *t) {
  CURL *c = t->easy = curl_easy_init();
  if (c == NULL) {
    fatal("no memory");
  }
  curl_easy_setopt(c, CURLOPT_URL, url);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, lines);
  curl_easy_setopt(c, CURLOPT_POSTFIELDS, task.body);
  curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(task.body));
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_PRIVATE, t);
  curl_easy_setopt(c, CURLOPT_CAPATH, (char *)NULL);
  if (task.tls) {
    curl_easy_setopt(c, CURLOPT_CAINFO, task.ca);
  }
}

static void check(struct transfer *t, CURLcode code) {
  long status = 0;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 202) {
    fatal(code != CURLE_OK ? curl_easy_strerror(code) : "another status");
  }
  task.took[task.done++] = seconds_now() - t->began;
}

static void one_by_one(size_t count) {
  while (task.done < count) {
    transfers[0].began = seconds_now();
    check(&transfers[0], curl_easy_perform(transfers[0].easy));
  }
}

static void start(CURLM *multi, struct transfer *t) {
  t->began = seconds_now();
  task.began++;
  curl_multi_add_handle(multi, t->easy);
}

static void reap(CURLM *multi, size_t count) {
  CURLMsg *m;
  int left;
  while ((m = curl_multi_info_read(multi, &left)) != NULL) {
    struct transfer *t = NULL;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
    check(t, code);
    curl_multi_remove_handle(multi, t->easy);
    if (task.began < count) {
      start(multi, t);
    }
  }
}

static void many(CURLM *multi, size_t count) {
  int running;
  for (size_t i = 0; i < task.abreast && task.began < count; i++) {
    start(multi, &transfers[i]);
  }
  while (task.done < count) {
    curl_multi_perform(multi, &running);
    reap(multi, count);
    if (task.done < count) {
      curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
  }
}

int main(int argc, char **argv) {
  CURLM *multi;
  read_task(&task, argv, argc);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)task.abreast);
  snprintf(url, sizeof url, "%s://%s:%s%s", task.tls ? "https" : "http",
           task.host, task.port, task.path);
  snprintf(authorization, sizeof authorization, "Authorization: Bearer %s",
           task.token);
  lines = curl_slist_append(NULL, authorization);
  lines = curl_slist_append(lines, "Content-Type: application/json");
  lines = curl_slist_append(lines, "Expect:");
  lines = curl_slist_append(lines, "Accept:");
  transfers = calloc(task.abreast, sizeof *transfers);
  for (size_t i = 0; i < task.abreast; i++) {
    prepare(&transfers[i]);
  }
  for (int round = 0; round < 2; round++) { /* the first makes connections */
    size_t count = round == 0 ? task.abreast : task.count;
    if (round == 0 && count > task.count) {
      count = task.count;
    }
    begin(&task);
    if (task.abreast == 1) {
      one_by_one(count);
    } else {
      many(multi, count);
    }
  }
  finish(&task);
  return 0;
}
