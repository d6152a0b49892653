/* SPDX-License-Identifier: MIT */
/*
 * The sockets that an engine has open. libcurl asks for them and gives them
 * back here, so that the child of a fork can close what it inherited without
 * calling libcurl, which would say goodbye on the parent's connections.
 */
#ifndef ASR_SOCKETS_H
#define ASR_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

typedef struct asr_socket {
  int fd; /* -1: free */
  ino_t inode;
} asr_socket;

typedef struct asr_sockets {
  asr_socket *all;
  size_t room, open;
} asr_sockets;

/* Room for `room` sockets; it never moves, since a fork may come while
 * another thread adds one. False: no memory. */
bool asr_sockets_init(asr_sockets *sockets, size_t room);
/* Frees the table; the sockets are libcurl's to close. */
void asr_sockets_free(asr_sockets *sockets);
/* A new socket that is not inherited by exec, or -1. */
int asr_sockets_open(asr_sockets *sockets, int family, int type, int protocol);
void asr_sockets_close(asr_sockets *sockets, int fd);
/* In a fork's child: closes those that are still what they were. */
void asr_sockets_abandon(asr_sockets *sockets);

#endif
