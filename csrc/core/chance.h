/* SPDX-License-Identifier: MIT */
/* Chance for pauses between repeats: not for secrets. The host's generator is
 * left alone, so that a game's seeded sequence stays as it was. */
#ifndef ASR_CHANCE_H
#define ASR_CHANCE_H

#include <stdint.h>

struct asr_chance {
  uint64_t state;
};

/* Any seed will do, 0 too. */
void asr_chance_seed(struct asr_chance *chance, uint64_t seed);
/* Stirs something into the sequence, a process id after a fork. */
void asr_chance_stir(struct asr_chance *chance, uint64_t with);
/* From 0 up to, and never, 1. */
double asr_chance_next(struct asr_chance *chance);

#endif
