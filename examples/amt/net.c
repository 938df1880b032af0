/* net.c - what the sockets of both systems have in common. */

#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L /* before any header */
#endif
#include "net.h"
#ifndef _WIN32
#include <net/if.h>
#endif
#include <limits.h>
#include <string.h>

/* Windows has names for zones, too, but nobody uses them. */
uint32_t net_zone(const char *name)
{
  uint64_t number;
  if (amt_json_uint64(name, strlen(name), &number) == 0 &&
      number <= INT_MAX) return (uint32_t)number;
#ifdef _WIN32
  return 0;
#else
  return if_nametoindex(name);
#endif
}

socklen_t net_name(struct sockaddr_storage *to, const amt_address *a,
                   uint16_t port)
{
  struct sockaddr_in  four;
  struct sockaddr_in6 six;
  memset(&four, 0, sizeof four);
  memset(&six, 0, sizeof six);
  four.sin_family = AF_INET, six.sin6_family = AF_INET6;
  four.sin_port = six.sin6_port = htons(port);
  six.sin6_scope_id = a->zone;
  memcpy(&four.sin_addr, a->ip, 4);
  memcpy(&six.sin6_addr, a->ip, sizeof six.sin6_addr);
  if (a->len == 4) memcpy(to, &four, sizeof four);
  else memcpy(to, &six, sizeof six);
  return a->len == 4 ? (socklen_t)sizeof four : (socklen_t)sizeof six;
}

uint16_t net_port(const net_socket *s)
{
  struct sockaddr_storage name;
  struct sockaddr_in      four; /* IPv6 has it in the same place */
  socklen_t               n = sizeof name;
  memset(&name, 0, sizeof name);
  getsockname(s->fd, (struct sockaddr *)&name, &n);
  memcpy(&four, &name, sizeof four);
  return ntohs(four.sin_port);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
