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

void wait_for(net_socket *s, int readable, int writable, uint32_t ms)
{
  net_wait w;
  w.socket = s;
  w.want = (readable ? TO_READ : 0) | (writable ? TO_WRITE : 0);
  wait_for_some(&w, 1, ms);
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

static int switch_on(net_socket *s, int level, int option)
{
  static const int on = 1;
  return setsockopt(s->fd, level, option, (const char *)&on, sizeof on);
}

int net_listen(net_socket *s, const amt_address *a, uint16_t *port)
{
  struct sockaddr_storage name;
  socklen_t               n = net_name(&name, a, *port);
  net_init(s);
  s->fd = socket(a->len == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  if (s->fd != NET_NONE) net_own(s);
  if (s->fd == NET_NONE || switch_on(s, SOL_SOCKET, NET_PORT_OPTION) != 0 ||
      bind(s->fd, (struct sockaddr *)&name, n) != 0 ||
      listen(s->fd, SOMAXCONN) != 0) {
    s->sys_error = net_error();
    return -1;
  }
  *port = net_port(s);
  return 0;
}

int net_accept(net_socket *listener, net_socket *to)
{
  net_fd fd = accept(listener->fd, NULL, NULL);
  if (fd == NET_NONE) {
    listener->sys_error = net_error();
    return net_goes_on(listener->sys_error) ? 0 : -1;
  }
  net_init(to);
  to->fd = fd;
  net_own(to);
  switch_on(to, IPPROTO_TCP, TCP_NODELAY);
  return 1;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
