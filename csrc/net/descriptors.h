/* SPDX-License-Identifier: MIT */
/* Whether the process has descriptors left, and what is said when it has not:
 * libcurl, resolvers and readers of files blame something else. */
#ifndef ASR_DESCRIPTORS_H
#define ASR_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

/* What one connection takes: its socket, and the pair by which libcurl 7
 * wakes a multi handle (8: one, on Linux). */
enum { ASR_DESCRIPTORS_EACH = 3, ASR_DESCRIPTORS_NOTE = 256 };

/* Whether there are no two more; `any` is an open one. */
bool asr_descriptors_lack(int any);
/* Names the limit, and what so many connections may take. */
void asr_descriptors_note(size_t connections, char *note, size_t n);

#endif
