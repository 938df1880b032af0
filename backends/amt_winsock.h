/* amt_winsock.h - the sockets of Windows as a stream for amt_http.h.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #define AMT_WINSOCK
                                  #include "amt.h"   or "amt_http.h" alone
   in all others the same without the first line. Both include this file;
   included by its own name it brings amt_http.h. Link with -lws2_32 -ladvapi32.

   Contents: search for the tag
     >>winsock-manual   a whole program, options
     >>winsock-api      everything public
     >>winsock-impl     from here on only with AMT_IMPLEMENTATION

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>winsock-manual

     #define AMT_IMPLEMENTATION
     #include "amt_winsock.h"
     #include <stdio.h>

     int main(void)
     {
       static amt_winsock sock;
       amt_stream        *s = &sock.stream;
       int                e;
       amt_winsock_init(&sock);
       while ((e = (s->ops->open)(s, "localhost", 9, 4004, 1000)) == AMT_AGAIN)
         (s->ops->wait)(s, AMT_WANT_WRITE, 100);
       if (e == 1) puts("somebody listens");
       else printf("%s (WSA %d)\n", amt_http_error(e), sock.sys_error);
       (s->ops->close)(s);
       return e != 1;
     }

   Options: none beside AMT_WINSOCK. Include this file or amt.h before
   <windows.h>, or define WIN32_LEAN_AND_MEAN before that. */

#if defined(AMT_HTTP_H) && !defined(AMT_WINSOCK)
#error "too late: define AMT_WINSOCK before the first amt.h or amt_http.h"
#endif
#ifndef AMT_WINSOCK
#define AMT_WINSOCK
#endif
#include "amt_http.h"

#ifndef AMT_WINSOCK_H
#define AMT_WINSOCK_H

#if AMT_HTTP_VERSION != 200
#error "amt_winsock.h and amt_http.h differ: take all headers from one place"
#endif

/* ------------------------------------------------------------------------
   >>winsock-api */

/* One TCP connection. The default resolver, getaddrinfo, blocks for as long as
   Windows lets it. If that will not do, set resolve and ctx after
   amt_winsock_init. A resolver's time counts against the connect limit. Numeric
   addresses never go through it. */
typedef struct amt_winsock {
  amt_stream   stream;
  amt_resolver resolve;
  void        *ctx;
  uintptr_t    fd;        /* a SOCKET, or INVALID_SOCKET when closed; yours to
                             wait for, not to close. It never blocks */
  int          sys_error; /* of the last failure, like WSAECONNREFUSED */
  uint32_t     zone;      /* the interface (if_nametoindex) for an IPv6
                             address in the URL; 0: none. A link-local address
                             (fe80::...) needs it. Yours to set; names bring
                             their own */
  /* Private: */
  uint32_t     left;      /* ms of the connect limit at this address's start */
  uint8_t      count;     /* addresses of the host; 0: not asked for yet */
  uint8_t      index;     /* of the address whose turn it is */
  amt_address  address[AMT_ADDRESSES];
  amt_address  worked;    /* of the last connection */
} amt_winsock;

/* Makes s a closed stream with the default resolver. Call it before the first
   use, and never while s is open: the socket would be lost. Calls WSAStartup
   for version 2.2. Windows counts these calls: to unload Winsock before the
   process ends, call WSACleanup once for each. */
AMTDEF void     amt_winsock_init(amt_winsock *s);
/* The default resolver, getaddrinfo: IPv4 and IPv6. Returns how many addresses
   it found (1 to max), AMT_E_DNS or AMT_E_NAME_SERVER. ctx is not used. Your
   own resolver may call it. */
AMTDEF int      amt_winsock_resolve(void *ctx, const char *host, amt_address *a,
                                    int max);
AMTDEF uint32_t amt_winsock_now(void); /* milliseconds, monotonic, in steps of
                                          10 to 16 */
AMTDEF uint32_t amt_winsock_time(void *ctx); /* seconds since 1970 */
/* The system's randomness (RtlGenRandom), for amt_tls.random. */
AMTDEF int      amt_winsock_random(void *ctx, void *p, size_t n);

#endif /* AMT_WINSOCK_H */

/* ========================================================================
   >>winsock-impl

   The socket never blocks. A wait is a select: its third set shows a failed
   connection. WSAPoll does that only since Windows 10 of 2020. */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_WINSOCK_IMPLEMENTED)
#define AMT_WINSOCK_IMPLEMENTED

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <ntsecapi.h>
#include <time.h>
typedef amt_winsock amt__socket;
#define amt__os(call) call
#define AMT__CLOSED    INVALID_SOCKET
#define AMT__TIMEDOUT  WSAETIMEDOUT
#define AMT__NO_FAMILY WSAEAFNOSUPPORT

#include "amt_address.h"

AMTDEF uint32_t amt_winsock_now(void) { return (uint32_t)GetTickCount(); }

AMTDEF uint32_t amt_winsock_time(void *ctx)
{
  time_t t = time(NULL);
  (void)ctx;
  if (t < 0) return 0;
  return (uint64_t)t > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)t;
}

AMTDEF int amt_winsock_random(void *ctx, void *p, size_t n)
{
  (void)ctx;
  return n <= 0x7FFFFFFFu && RtlGenRandom(p, (ULONG)n) != 0;
}

AMTDEF int amt_winsock_resolve(void *ctx, const char *host, amt_address *a,
                               int max)
{
  (void)ctx;
  return amt__socket_resolve(host, a, max);
}

static void amt__socket_abort(amt__socket *s)
{
  struct linger at_once = { 1, 0 };
  setsockopt(s->fd, SOL_SOCKET, SO_LINGER, (const char *)&at_once,
             sizeof at_once);
}

static void amt__socket_shut(amt__socket *s)
{
  if (s->fd != AMT__CLOSED) closesocket(s->fd);
  s->fd = AMT__CLOSED;
}

static int amt__socket_connect(amt__socket *s, int family,
                               const struct sockaddr *to, socklen_t len)
{
  static const char on = 1;
  u_long            asynchronous = 1;
  s->fd = socket(family, SOCK_STREAM, 0);
  if (s->fd != AMT__CLOSED) {
    SetHandleInformation((HANDLE)s->fd, HANDLE_FLAG_INHERIT, 0);
    ioctlsocket(s->fd, (long)FIONBIO, &asynchronous);
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(s->fd, to, len) == 0) return 1;
    if (WSAGetLastError() == WSAEWOULDBLOCK) return AMT_AGAIN;
  }
  s->sys_error = WSAGetLastError();
  return -1;
}

/* 1 if what is wanted came, 2 if a connection attempt failed, 0 if neither. */
static int amt__winsock_select(const amt_winsock *s, int want, uint32_t ms)
{
  fd_set         set, failed;
  struct timeval t;
  int            write = want == AMT_WANT_WRITE, e;
  set.fd_count = failed.fd_count = 1;
  set.fd_array[0] = failed.fd_array[0] = s->fd;
  t.tv_sec = (long)(ms / 1000u);
  t.tv_usec = (long)(ms % 1000u * 1000u);
  e = select(0, write ? NULL : &set, write ? &set : NULL, &failed, &t);
  if (e <= 0) return 0;
  return failed.fd_count > 0 ? 2 : 1;
}

static int amt__socket_connected(amt__socket *s)
{
  int       error = 0, e = amt__winsock_select(s, AMT_WANT_WRITE, 0);
  socklen_t n = sizeof error;
  if (e == 0) return AMT_AGAIN;
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, (char *)&error, &n) != 0)
    error = WSAGetLastError();
  if (e == 2 && error == 0) error = WSAECONNREFUSED;
  if (error == 0) return 1;
  s->sys_error = error;
  return -1;
}

static void amt__socket_opened(amt__socket *s) { (void)s; }

static ptrdiff_t amt__winsock_error(amt_winsock *s)
{
  int error = WSAGetLastError();
  if (error == WSAEWOULDBLOCK || error == WSAEINTR) return AMT_AGAIN;
  s->sys_error = error;
  return AMT_E_RESET;
}

static ptrdiff_t amt__winsock_read(amt_stream *stream, void *p, size_t n)
{
  amt_winsock *s = (amt_winsock *)stream;
  int          got;
  if (n > 0x7FFFFFFFu) n = 0x7FFFFFFFu;
  got = recv(s->fd, (char *)p, (int)n, 0);
  if (got > 0) return got;
  return got == 0 ? AMT_E_EOF : amt__winsock_error(s);
}

static ptrdiff_t amt__winsock_write(amt_stream *stream, const void *p, size_t n)
{
  amt_winsock *s = (amt_winsock *)stream;
  int          put;
  if (n > 0x7FFFFFFFu) n = 0x7FFFFFFFu;
  put = send(s->fd, (const char *)p, (int)n, 0);
  return put > 0 ? put : amt__winsock_error(s);
}

static int amt__winsock_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_winsock *s = (amt_winsock *)stream;
  ms = amt__socket_patience(s, want, ms);
  if (s->fd != AMT__CLOSED) return amt__winsock_select(s, want, ms) != 0;
  Sleep(ms == INFINITE ? ms - 1 : ms);
  return 0;
}

AMTDEF void amt_winsock_init(amt_winsock *s)
{
  static const amt_stream_ops ops = {
    amt__socket_open,  amt__winsock_read, amt__winsock_write,
    amt__socket_close, amt__winsock_wait, 0, NULL
  };
  WSADATA data;
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
  s->resolve = amt_winsock_resolve;
  s->fd = AMT__CLOSED;
  s->sys_error = WSAStartup(MAKEWORD(2, 2), &data); /* else socket fails */
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
