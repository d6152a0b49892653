/* SPDX-License-Identifier: MIT */
/* Userdata of azure.signalr.core that azure.signalr.curl reads too. */
#ifndef ASR_BIND_PLACE_H
#define ASR_BIND_PLACE_H

#include "binding/support.h"
#include "core/draft.h"
#include "core/tokens.h"

/* A struct asr_place, closed by its finalizer. */
#define ASR_PLACE_CLASS "azure.signalr.place"

/* core.signer, with the tokens that it has signed for requests: each good for
 * `lifetime` seconds, sent again for `reuse`. */
struct asr_signer_box {
  struct asr_signer signer;
  struct asr_tokens tokens;
  int64_t lifetime, reuse;
};

/* core.secret: somebody else's token. Empty: closed. */
#define ASR_SECRET_CLASS "azure.signalr.secret"
struct asr_secret {
  size_t n;
  char text[];
};

/* A draft. `busy` from its beginning until its block is taken or dropped: who
 * begins another meanwhile, a finalizer perhaps, gets one of its own. */
#define ASR_DRAFT_CLASS "azure.signalr.draft"
struct asr_draft_box {
  struct asr_draft draft;
  int busy;
};

/* bind_errand.c, in both modules: */

struct asr_sizes {
  size_t query, line;
};

/* Adds "Authorization: ...\r\n" for the place by the credential at `arg`, a
 * signer or a secret; throws without memory. 0: it is closed. */
int asr_authorize(lua_State *L, int arg, const struct asr_place *place,
                  struct asr_buf *out);
/* What the service would refuse for its size: pushes nil, the kind and how
 * many bytes there are, and returns 3; else 0. `query` and `line` are bytes
 * beside what the place has. */
int asr_refuse_large(lua_State *L, const struct asr_place *place, size_t body,
                     struct asr_sizes more);

#endif
