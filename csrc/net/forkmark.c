/* SPDX-License-Identifier: MIT */
#include "net/system.h" /* madvise and MAP_ANONYMOUS */

#include "net/forkmark.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(ASR_LINUX) && defined(MADV_WIPEONFORK)
static volatile unsigned char *page_of_its_own(size_t size) {
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return NULL;
  if (madvise(page, size, MADV_WIPEONFORK) == 0)
    return page;
  munmap(page, size);
  return NULL;
}
#else
static volatile unsigned char *page_of_its_own(size_t size) {
  (void)size;
  return NULL;
}
#endif

void asr_forkmark_init(asr_forkmark *mark) {
  mark->size = (size_t)sysconf(_SC_PAGESIZE);
  mark->page = page_of_its_own(mark->size);
  asr_forkmark_renew(mark);
}

bool asr_forkmark_crossed(const asr_forkmark *mark) {
  return mark->page ? *mark->page == 0 : getpid() != mark->pid;
}

void asr_forkmark_renew(asr_forkmark *mark) {
  mark->pid = getpid();
  if (mark->page)
    *mark->page = 1;
}

void asr_forkmark_free(asr_forkmark *mark) {
  if (mark->page)
    munmap((void *)mark->page, mark->size);
  mark->page = NULL;
}
