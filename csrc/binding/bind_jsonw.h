/* SPDX-License-Identifier: MIT */
/* The JSON writer's state, and the scalars and errors it writes. */
#ifndef ASR_BIND_JSONW_H
#define ASR_BIND_JSONW_H

#include "binding/bind_json.h"

/* A table that is being written; the path of an error is read off them. */
struct asr_level {
  const void *table;
  int key;       /* an object's: stack index of the current key */
  int64_t index; /* an array's: the current index; 0 in an object */
};

struct asr_encoder {
  lua_State *L;
  struct asr_buf *out;
  const char *root; /* what errors call the whole */
  const char *kind; /* of the refusal: NULL, ASR_MISUSE or ASR_SIZE */
  int depth;
  struct asr_level levels[ASR_JSON_DEPTH];
};

void asr_encoder_init(struct asr_encoder *e, lua_State *L, struct asr_buf *out,
                      const char *root);

/* Why a value is refused. What no data from outside could be is a mistake in
 * the program: a type that JSON has not, a hole, a table within itself. */
#define ASR_MISUSE "misuse"
#define ASR_SIZE "size"

/* Encoders return 1, or 0 with a message on top of the stack: then all their
 * callers return 0 too, and clean nothing up. */

/* Makes that message: "<path>: <why>"; returns 0. */
int asr_encode_refuse(struct asr_encoder *e, const char *why);
/* The same, for a mistake in the program. */
int asr_encode_misuse(struct asr_encoder *e, const char *why);
/* The value at `i` is of a type that JSON has not, called by its class where it
 * has one; returns 0. */
int asr_encode_refuse_type(struct asr_encoder *e, int i);
int asr_encode_string(struct asr_encoder *e, int i);
/* Anything but a table. */
int asr_encode_scalar(struct asr_encoder *e, int i);
/* Any value; a table must be the top of the stack. */
int asr_encode_value(struct asr_encoder *e, int i);
/* The values at `from`..`to` of the stack as an array. */
int asr_encode_stack(struct asr_encoder *e, int from, int to);

/* Counts the keys of table `t`, if each is a whole number of 1..n; else -1.
 * [-0, +0] */
int64_t asr_count_keys(lua_State *L, int t, int64_t n);
/* Pushes what messages call the value at `i`: by __name and __what of its
 * class, or by its type. [-0, +1] */
void asr_push_kind(lua_State *L, int i);

#endif
