/* SPDX-License-Identifier: MIT */
/*
 * What differs between systems, in one place. To be included before anything
 * else: the first half has headers show what they have beyond POSIX.
 */
#ifndef ASR_SYSTEM_H
#define ASR_SYSTEM_H

/* NOLINTBEGIN: these names are the systems' own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif
#if defined(__OpenBSD__) && !defined(_BSD_SOURCE)
#define _BSD_SOURCE
#elif !defined(__BSD_VISIBLE) /* FreeBSD, DragonFly */
#define __BSD_VISIBLE 1
#endif
#ifndef _NETBSD_SOURCE
#define _NETBSD_SOURCE
#endif
/* NOLINTEND */

/* Linux's own calls, or what the BSDs and macOS have too: kqueue, pipes,
 * getpid. ASR_ELSEWHERE tries the latter on Linux, see `make MODE=kqueue`. */
#if defined(__linux__) && !defined(ASR_ELSEWHERE)
#define ASR_LINUX
#endif

#endif
