/* SPDX-License-Identifier: MIT */
/* splitmix64: one word of state, every seed as good as another. */
#include "core/chance.h"

static uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

void asr_chance_seed(struct asr_chance *chance, uint64_t seed) {
  chance->state = mixed(seed + UINT64_C(0x9e3779b97f4a7c15));
}

void asr_chance_stir(struct asr_chance *chance, uint64_t with) {
  chance->state ^= mixed(with + UINT64_C(0x9e3779b97f4a7c15));
}

double asr_chance_next(struct asr_chance *chance) {
  chance->state += UINT64_C(0x9e3779b97f4a7c15);
  return (double)(mixed(chance->state) >> 11) * 0x1p-53;
}
