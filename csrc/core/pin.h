/* SPDX-License-Identifier: MIT */
#ifndef ASR_PIN_H
#define ASR_PIN_H

/* Keeps this library loaded until the process ends, whatever unloads it when a
 * lua_State is closed. LuaJIT does that among the first finalizers: what later
 * ones make of ours would be finalized by code that is gone. And a thread of
 * libcurl may still be in getaddrinfo then, and return into libcurl's code. */
void asr_pin(void);

#endif
