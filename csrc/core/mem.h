/* SPDX-License-Identifier: MIT */
/*
 * The one door to the heap. Memory comes from libcrypto's allocator, so that
 * a program can replace it for both at once (CRYPTO_set_mem_functions): that
 * is how the tests count allocations and make the i-th of them fail.
 */
#ifndef ASR_MEM_H
#define ASR_MEM_H

#include <stddef.h>

/* NULL when there is no memory; `p` may be NULL and stays valid on failure. */
void *asr_realloc(void *p, size_t size);
void asr_free(void *p);
/* Frees `n` bytes that hold a secret, and leaves nothing of them. */
void asr_wipe(void *p, size_t n);

#endif
