/* SPDX-License-Identifier: MIT */
#ifndef ASR_PIN_H
#define ASR_PIN_H

/* Keeps this library loaded until the process ends. A thread of libcurl may
 * still be in getaddrinfo when the last lua_State closes and unloads what it
 * had loaded; it returns into libcurl's code, which must still be there. */
void asr_pin(void);

#endif
