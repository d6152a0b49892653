/* SPDX-License-Identifier: MIT */
/* The parts of azure.signalr.core. Each adds its functions to the module's
 * table, which is on top of the stack. [-0, +0] */
#ifndef ASR_BINDING_CORE_H
#define ASR_BINDING_CORE_H

#include "binding/support.h"

#define ASR_VERSION "0.1.0"

void asr_open_sign(lua_State *L);
void asr_open_url(lua_State *L);
void asr_open_json(lua_State *L);
void asr_open_http_reader(lua_State *L);
void asr_open_text(lua_State *L);
void asr_open_place(lua_State *L);
void asr_open_guard(lua_State *L);
void asr_open_coroutine(lua_State *L);
void asr_open_handle(lua_State *L);
void asr_open_limits(lua_State *L);
void asr_open_host(lua_State *L);
void asr_open_secret(lua_State *L);

#endif
