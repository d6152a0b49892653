/* SPDX-License-Identifier: MIT */
/*
 * What every binding file needs: checks that name the argument, readers of a
 * table's fields, userdata that are born closed.
 *
 * An `int` returned by a function here is 0 or 1, unless said otherwise.
 * Functions whose comment says "throws" raise a Lua error (longjmp), so the
 * caller must hold no malloc'd memory that a userdata does not own.
 * What allocates in Lua may run finalizers, which are programs of the user's:
 * they may close what is looked at, and change tables. So a `const char *`
 * lives as long as its string is on the stack, and what a userdata owns is
 * asked for after the last call that allocates.
 */
#ifndef ASR_SUPPORT_H
#define ASR_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include "binding/compat.h"
#include "core/buf.h"

/* core.signer's class; azure.signalr.curl borrows its keys too. */
#define ASR_SIGNER_CLASS "azure.signalr.signer"

/* Throws "<name> must be <rule>, got <type of the value at arg>". */
int asr_arg_error(lua_State *L, int arg, const char *name, const char *rule);
/* Throws "<name> is out of range (<low> to <high>)". */
int asr_range_error(lua_State *L, const char *name, int64_t low, int64_t high);

/* Checks of arguments; they throw, naming `name`. Numbers are not taken for
 * strings, nor strings for numbers. `len` may be NULL. [-0, +0] */
const char *asr_check_string(lua_State *L, int arg, const char *name,
                             size_t *len);
/* The same; an empty string throws too. */
const char *asr_check_filled(lua_State *L, int arg, const char *name,
                             size_t *len);
/* NULL for nil or none. */
const char *asr_opt_string(lua_State *L, int arg, const char *name,
                           size_t *len);
/* A number that is neither NaN nor infinite. */
double asr_check_number(lua_State *L, int arg, const char *name);
double asr_opt_number(lua_State *L, int arg, const char *name, double fallback);
/* A whole number within low..high. */
int64_t asr_check_whole(lua_State *L, int arg, const char *name, int64_t low,
                        int64_t high);
/* Unix time of 0..latest, its fraction dropped. */
int64_t asr_check_moment(lua_State *L, int arg, const char *name,
                         int64_t latest);
void asr_check_table(lua_State *L, int arg, const char *name);

/* Whether the value at `i` is a whole number, and which: an integer of Lua
 * 5.4, or a float within -2^53..2^53. Never throws. [-0, +0] */
int asr_whole(lua_State *L, int i, int64_t *whole);

/* Readers of field `key` of the table at `t` (raw access; nil gives the
 * fallback). A wrong type throws "<where>.<key> must be ...". [-0, +0] */
/* The string stays on the stack: the table may be changed meanwhile. NULL for
 * nil. [-0, +1] */
const char *asr_field_string(lua_State *L, int t, const char *where,
                             const char *key, size_t *len);
double asr_field_number(lua_State *L, int t, const char *where, const char *key,
                        double fallback);
int asr_field_boolean(lua_State *L, int t, const char *where, const char *key,
                      int fallback);
/* A whole number of 0 or more, at most 2^53. */
int64_t asr_field_count(lua_State *L, int t, const char *where, const char *key,
                        int64_t fallback);

/* Makes the metatable registered as `tname` (once for each lua_State; whole or
 * not at all, where memory fails): sets __name, the functions of `meta` (__gc,
 * __close, __tostring...), and
 * __index to a table of `methods` (both may be NULL). [-0, +0] */
void asr_new_class(lua_State *L, const char *tname, const luaL_Reg *methods,
                   const luaL_Reg *meta);
/* Pushes a userdata of `size` zeroed bytes with that metatable: born closed,
 * so that its __gc is safe from the first moment. [-0, +1] */
void *asr_new_object(lua_State *L, size_t size, const char *tname);
/* The userdata at `arg`, or throws; for a method's self (arg 1) the message
 * says that a colon may be missing. */
void *asr_check_object(lua_State *L, int arg, const char *tname);

/* To be called first in every luaopen: registers what follows. [-0, +0] */
void asr_open_support(lua_State *L);
/* A growing buffer owned by a userdata, so that an error cannot leak it.
 * [-0, +1] */
struct asr_buf *asr_new_buffer(lua_State *L, size_t ceiling);
/* Pushes what the buffer holds and frees it; throws its failure. [-0, +1] */
void asr_push_buffer(lua_State *L, struct asr_buf *b);
/* Throws unless `status` is ASR_OK: "<what>: <text of the status>". */
void asr_check_status(lua_State *L, enum asr_status status, const char *what);

/* Pushes the text with its ASCII letters in lower case. [-0, +1] */
void asr_push_lower(lua_State *L, struct asr_span text);
/* Set a field of the table on top: a count; a header, its name in lower case,
 * joined to the one of that name, if there is one, as RFC 9110 has it.
 * [-0, +0] */
void asr_put_count(lua_State *L, const char *key, uint64_t n);
void asr_put_header(lua_State *L, struct asr_span name, struct asr_span value);

/* rawget with a string key. [-0, +1] */
void asr_rawgetfield(lua_State *L, int t, const char *key);

#endif
