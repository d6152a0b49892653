/* SPDX-License-Identifier: MIT */
#include "net/system.h"

#include "net/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

bool asr_descriptors_lack(int any) {
  int first = fcntl(any, F_DUPFD_CLOEXEC, 0);
  int second = first >= 0 ? fcntl(any, F_DUPFD_CLOEXEC, 0) : -1;
  bool lack = second < 0 && (errno == EMFILE || errno == ENFILE);
  if (first >= 0) {
    close(first);
  }
  if (second >= 0) {
    close(second);
  }
  return lack;
}

void asr_descriptors_note(size_t connections, char *note, size_t n) {
  struct rlimit limit = {0, 0};
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  snprintf(note, n,
           "no descriptor is left for a connection: the limit of open files "
           "(RLIMIT_NOFILE, ulimit -n) is %llu, and %llu connections "
           "(max_connections) take up to %llu",
           (unsigned long long)limit.rlim_cur, (unsigned long long)connections,
           (unsigned long long)connections * ASR_DESCRIPTORS_EACH);
}
