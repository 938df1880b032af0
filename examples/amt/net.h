/* net.h - what the sockets of both systems have in common. For posix.c and
   windows.c alone. */

#ifndef NET_H
#define NET_H

#include "system.h"
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
typedef SOCKET net_fd;
#define NET_NONE        INVALID_SOCKET
#define NET_PORT_OPTION SO_EXCLUSIVEADDRUSE /* or others could take the port */
#else
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
typedef int net_fd;
#define NET_NONE        (-1)
#define NET_PORT_OPTION SO_REUSEADDR /* though old connections have the port */
#endif

/* Writes a's address and this port into `to`. Returns its length. */
socklen_t net_name(struct sockaddr_storage *to, const amt_address *a,
                   uint16_t port);

/* The port that an open socket has. */
uint16_t net_port(const net_socket *s);

/* Of each face: makes an open socket one that no other program inherits and
   that never blocks; the error of the last call; 1 if accept may succeed
   later, after this error. */
void net_own(net_socket *s);
int net_error(void);
int net_goes_on(int error);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
