/* amt_lwip_sockets.h - lwIP's sockets as a stream for amt_http.h: amt_posix.h
   over lwip_socket, lwip_poll, ..., with the same names.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #define AMT_LWIP
                                  #include "amt.h"   or "amt_http.h" alone
   in all others the same without the first line. Both include amt_posix.h,
   which takes lwIP's part from here; included by its own name this file brings
   them.

   Contents: search for the tag
     >>lwip-sockets-manual   a whole task, options, price
     >>lwip-sockets-impl     what is lwIP's own; the rest is amt_posix.h

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>lwip-sockets-manual

   For lwIP 2.1 and later with threads (NO_SYS=0) and LWIP_SOCKET_POLL=1. The
   type is amt_posix, and amt_posix_init, _now and _resolve belong to it. Call
   tcpip_init first, and bring an interface up:

     #define AMT_IMPLEMENTATION
     #include "amt_lwip_sockets.h"

     int somebody_listens(const char *host, uint16_t port)
     {
       static amt_posix sock;
       amt_stream      *s = &sock.stream;
       int              e;
       amt_posix_init(&sock);
       while ((e = (s->ops->open)(s, host, strlen(host), port, 1000)) ==
              AMT_AGAIN)
         (s->ops->wait)(s, AMT_WANT_WRITE, 100);
       (s->ops->close)(s);
       return e == 1;
     }

   What differs from amt_posix.h:
   - fd is lwIP's, and for lwip_poll.
   - Without LWIP_DNS no name is known; without LWIP_IPV6 or LWIP_IPV4 addresses
     of that kind do not exist. LWIP_DNS and LWIP_IPV6 are 0 by default.
   - Without LWIP_SO_LINGER=1 the rest of a request that was given up may still
     arrive.
   - No signal interrupts a wait, and the time of day is not known (see
     amt_tls.time).
   - A wait for a reply polls, where amt_posix.h blocks in recv: calls are cheap
     here, and lwIP may be built without SO_RCVTIMEO.

   Options: none beside AMT_LWIP. Price: 1.9 kB on a Cortex-M4, gcc 12 -Os, with
   LWIP_DNS and LWIP_IPV6. */

#if defined(AMT_HTTP_H) && !defined(AMT_LWIP)
#error "too late: define AMT_LWIP before the first amt.h or amt_http.h"
#endif
#ifndef AMT_LWIP
#define AMT_LWIP
#endif
#include "amt_http.h"
#if AMT_HTTP_VERSION != 200
#error "amt_lwip_sockets.h and amt_http.h differ: take all from one place"
#endif

/* ========================================================================
   >>lwip-sockets-impl */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_LWIP_SOCKETS_IMPLEMENTED)
#define AMT_LWIP_SOCKETS_IMPLEMENTED

#include <lwip/opt.h>
#include <lwip/sockets.h>
#include <lwip/netdb.h>
#include <lwip/sys.h>
#include <errno.h>
#define amt__os(call) lwip_##call
#if !LWIP_DNS
#define AMT__NO_NAMES
#endif
#if !LWIP_IPV4
#define AMT__NO_IPV4
#endif
#if !LWIP_IPV6
#define AMT__NO_IPV6
#endif

AMTDEF uint32_t amt_posix_now(void) { return (uint32_t)sys_now(); }

static int amt__posix_socket(int family)
{
  return lwip_socket(family, SOCK_STREAM, 0);
}

/* lwip_poll does not ignore fd -1. */
static int amt__posix_poll(struct pollfd *p, int ms)
{
  if (p->fd != AMT__CLOSED) return lwip_poll(p, 1, ms);
  sys_msleep((u32_t)ms);
  return 0;
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
