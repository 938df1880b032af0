/* amt_posix.h - the sockets of POSIX systems as a stream for amt_http.h.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #define AMT_POSIX
                                  #include "amt.h"   or "amt_http.h" alone
   in all others the same without the first line. Both include this file;
   included by its own name it brings amt_http.h.

   Contents: search for the tag
     >>posix-manual   a whole program, options, price
     >>posix-api      everything public
     >>posix-impl     from here on only with AMT_IMPLEMENTATION
     >>posix-system   clock, socket, poll; amt_lwip_sockets.h has lwIP's instead
     >>posix-stream   open, read, write, close, wait

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>posix-manual

   A stream works alone, without the rest. In this program names come from a
   table, so that no resolver blocks:

     #define AMT_IMPLEMENTATION
     #include "amt_posix.h"
     #include <stdio.h>

     static int names(void *ctx, const char *host, amt_address *a, int max)
     {
       (void)ctx, (void)max;
       if (strcmp(host, "batch") != 0) return AMT_E_DNS;
       return amt_address_parse(a, "127.0.0.1", 9);
     }

     int main(void)
     {
       static amt_posix sock;
       amt_stream      *s = &sock.stream;
       int              e;
       amt_posix_init(&sock);
       sock.resolve = names;
       while ((e = (s->ops->open)(s, "batch", 5, 8080, 1000)) == AMT_AGAIN)
         (s->ops->wait)(s, AMT_WANT_WRITE, 100);
       puts(e == 1 ? "somebody listens" : amt_http_error(e));
       (s->ops->close)(s);
       return e != 1;
     }

   Options: none beside AMT_POSIX. With a strict compiler (-std=c99, not gnu99)
   include this file or amt.h before all system headers, or define
   _POSIX_C_SOURCE=200112L before them. Price: 2.7 kB on x86-64, gcc 12 -Os. */

#if defined(AMT_HTTP_H) && !defined(AMT_POSIX) && !defined(AMT_LWIP)
#error "too late: define AMT_POSIX before the first amt.h or amt_http.h"
#endif
#if !defined(AMT_POSIX) && !defined(AMT_LWIP)
#define AMT_POSIX
#endif
#include "amt_http.h"

#ifndef AMT_POSIX_H
#define AMT_POSIX_H

#if AMT_HTTP_VERSION != 200
#error "amt_posix.h and amt_http.h differ: take all headers from one place"
#endif

/* ------------------------------------------------------------------------
   >>posix-api */

/* One TCP connection. The default resolver, getaddrinfo, blocks for as long as
   the system lets it, and uses libc's heap. If that will not do, set resolve
   and ctx after amt_posix_init. A resolver's time counts against the connect
   limit. Numeric addresses never go through it. */
typedef struct amt_posix {
  amt_stream   stream;
  amt_resolver resolve;
  void        *ctx;
  int          fd;        /* -1 when closed; yours to poll, not to close */
  int          sys_error; /* errno of the last failure */
  uint32_t     zone;      /* the interface (if_nametoindex) for an IPv6
                             address in the URL; 0: none. A link-local address
                             (fe80::...) needs it. Yours to set; names bring
                             their own */
  /* Private: */
  uint32_t     left;      /* ms of the connect limit at this address's start */
  uint32_t     patience;  /* ms, SO_RCVTIMEO as last set; 0: not set */
  uint8_t      block;     /* 1: the next read may block */
  uint8_t      signal;    /* 1: the last read or write was interrupted */
  uint8_t      count;     /* addresses of the host; 0: not asked for yet */
  uint8_t      index;     /* of the address whose turn it is */
  amt_address  address[AMT_ADDRESSES];
  amt_address  worked;    /* of the last connection */
} amt_posix;

/* Makes s a closed stream with the default resolver. Call it before the first
   use, and never while s is open: the socket would be lost. */
AMTDEF void     amt_posix_init(amt_posix *s);
/* The default resolver, getaddrinfo: IPv4 and IPv6. Returns how many addresses
   it found (1 to max), AMT_E_DNS or AMT_E_NAME_SERVER. ctx is not used. Your
   own resolver may call it. */
AMTDEF int      amt_posix_resolve(void *ctx, const char *host, amt_address *a,
                                  int max);
AMTDEF uint32_t amt_posix_now(void); /* milliseconds, monotonic */
#ifdef AMT_POSIX
AMTDEF uint32_t amt_posix_time(void *ctx); /* seconds since 1970 */
#endif

#endif /* AMT_POSIX_H */

/* ========================================================================
   >>posix-impl

   The socket blocks, but each call says MSG_DONTWAIT, with one exception: a
   wait for a reply returns at once, and the next recv blocks instead
   (SO_RCVTIMEO). So a blocking poll costs two system calls, a send and a
   recv. */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_POSIX_IMPLEMENTED)
#define AMT_POSIX_IMPLEMENTED

typedef amt_posix amt__socket;
#define AMT__CLOSED    (-1)
#define AMT__TIMEDOUT  ETIMEDOUT
#define AMT__NO_FAMILY EAFNOSUPPORT

/* ------------------------------------------------------------------------
   >>posix-system */

#ifdef AMT_LWIP
#include "amt_lwip_sockets.h"
#else
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#ifndef AI_NUMERICHOST
#error "AMT_POSIX needs POSIX names: compile with -std=gnu99 or later, or \
define _POSIX_C_SOURCE=200112L before the first #include"
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SO_NOSIGPIPE instead */
#endif
#define amt__os(call) call
#ifndef AF_INET6
#define AMT__NO_IPV6
#endif

AMTDEF uint32_t amt_posix_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint32_t)t.tv_sec * 1000u + (uint32_t)t.tv_nsec / 1000000u;
}

AMTDEF uint32_t amt_posix_time(void *ctx)
{
  time_t t = time(NULL);
  (void)ctx;
  if (t < 0) return 0;
  return (uint64_t)t > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)t;
}

static int amt__posix_socket(int family)
{
  int fd = socket(family, SOCK_STREAM, 0);
  /* If a program has closed stdout, its output must not go to the server. */
  if (fd >= 0 && fd < 3) {
    int low = fd;
    fd = fcntl(low, F_DUPFD, 3);
    close(low);
  }
#ifdef FD_CLOEXEC /* not where there is no exec */
  if (fd != AMT__CLOSED) fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
  return fd;
}

static int amt__posix_poll(struct pollfd *p, int ms) { return poll(p, 1, ms); }

/* Lets the next recv block for ms or a little longer: an exact limit would cost
   a system call each time. 0 if the system cannot limit it. */
static int amt__posix_block(amt_posix *s, uint32_t ms)
{
  if (ms > s->patience || s->patience - ms > ms / 16u + 1u) {
    struct timeval t;
    t.tv_sec = (time_t)(ms / 1000u);
    t.tv_usec = (suseconds_t)(ms % 1000u * 1000u);
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) != 0) return 0;
    s->patience = ms;
  }
  s->block = 1;
  return 1;
}
#endif /* AMT_LWIP */

#include "amt_address.h"

/* ------------------------------------------------------------------------
   >>posix-stream */

AMTDEF int amt_posix_resolve(void *ctx, const char *host, amt_address *a,
                             int max)
{
  (void)ctx;
  return amt__socket_resolve(host, a, max);
}

static void amt__socket_abort(amt__socket *s)
{
#ifdef SO_LINGER
  struct linger at_once;
  at_once.l_onoff = 1;
  at_once.l_linger = 0;
  amt__os(setsockopt)(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
#else
  (void)s;
#endif
}

static void amt__socket_shut(amt__socket *s)
{
  if (s->fd != AMT__CLOSED) amt__os(close)(s->fd);
  s->fd = AMT__CLOSED;
}

static int amt__socket_connect(amt__socket *s, int family,
                               const struct sockaddr *to, socklen_t len)
{
  int on = 1;
  s->fd = amt__posix_socket(family);
  if (s->fd != AMT__CLOSED) {
    amt__os(fcntl)(s->fd, F_SETFL, O_NONBLOCK);
    amt__os(setsockopt)(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(s->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    if (amt__os(connect)(s->fd, to, len) == 0) return 1;
    if (errno == EINPROGRESS) return AMT_AGAIN;
  }
  s->sys_error = errno;
  return -1;
}

static int amt__socket_connected(amt__socket *s)
{
  struct pollfd p;
  int           error = 0;
  socklen_t     n = sizeof error;
  p.fd = s->fd;
  p.events = POLLOUT;
  p.revents = 0;
  if (amt__os(poll)(&p, 1, 0) <= 0) return AMT_AGAIN;
  if (amt__os(getsockopt)(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
    error = errno;
  if (error == 0) return 1;
  s->sys_error = error;
  return -1;
}

static void amt__socket_opened(amt__socket *s)
{
  amt__os(fcntl)(s->fd, F_SETFL, 0);
  s->patience = 0;
  s->block = s->signal = 0;
}

static ptrdiff_t amt__posix_error(amt_posix *s)
{
  if (errno == EAGAIN) return AMT_AGAIN;
#if EWOULDBLOCK != EAGAIN
  if (errno == EWOULDBLOCK) return AMT_AGAIN;
#endif
  if (errno == EINTR) {
    s->signal = 1;
    return AMT_AGAIN;
  }
  s->sys_error = errno;
  return AMT_E_RESET;
}

static ptrdiff_t amt__posix_read(amt_stream *stream, void *p, size_t n)
{
  amt_posix *s = (amt_posix *)stream;
  ptrdiff_t  got = amt__os(recv)(s->fd, p, n, s->block ? 0 : MSG_DONTWAIT);
  s->block = 0;
  if (got > 0) return got;
  if (got == 0) return AMT_E_EOF;
  return amt__posix_error(s);
}

static ptrdiff_t amt__posix_write(amt_stream *stream, const void *p, size_t n)
{
  amt_posix *s = (amt_posix *)stream;
  ptrdiff_t  put = amt__os(send)(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  return put > 0 ? put : amt__posix_error(s);
}

static int amt__posix_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_posix    *s = (amt_posix *)stream;
  struct pollfd p;
  int           e;
  if (s->signal) {
    s->signal = 0;
    return AMT_INTERRUPTED;
  }
#ifndef AMT_LWIP
  if (want == AMT_WANT_READ && s->fd != AMT__CLOSED && ms != 0 &&
      amt__posix_block(s, ms))
    return 1;
#endif
  ms = amt__socket_patience(s, want, ms);
  p.fd = s->fd; /* poll ignores -1, AMT__CLOSED, and only sleeps */
  p.events = want == AMT_WANT_WRITE ? POLLOUT : POLLIN;
  p.revents = 0;
  e = amt__posix_poll(&p, ms > 0x7FFFFFFFu ? 0x7FFFFFFF : (int)ms);
  if (e < 0) return errno == EINTR ? AMT_INTERRUPTED : 0;
  return e;
}

AMTDEF void amt_posix_init(amt_posix *s)
{
  static const amt_stream_ops ops = {
    amt__socket_open,  amt__posix_read, amt__posix_write,
    amt__socket_close, amt__posix_wait, 0, NULL
  };
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
  s->resolve = amt_posix_resolve;
  s->fd = AMT__CLOSED;
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
