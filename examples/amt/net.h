/* net.h - what the sockets of both systems have in common. For posix.c and
   windows.c alone. */

#ifndef NET_H
#define NET_H

#include "system.h"
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

/* Writes a's address and this port into `to`. Returns its length. */
socklen_t net_name(struct sockaddr_storage *to, const amt_address *a,
                   uint16_t port);

/* The port that an open socket has. */
uint16_t net_port(const net_socket *s);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
