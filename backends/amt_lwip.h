/* amt_lwip.h - lwIP's raw API as a stream for amt_http.h: no threads, no
   sockets.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #define AMT_LWIP_RAW
                                  #include "amt.h"   or "amt_http.h" alone
   in all others the same without the first line. Both include this file;
   included by its own name it brings amt_http.h.

   Contents: search for the tag
     >>lwip-manual   a whole loop, options, price
     >>lwip-api      everything public
     >>lwip-impl     from here on only with AMT_IMPLEMENTATION

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>lwip-manual

   For lwIP 2.1 and later with NO_SYS=1, LWIP_TCP and LWIP_CALLBACK_API; host
   names need LWIP_DNS. Where another stream would wait, the loop lets lwIP run:

     #define AMT_IMPLEMENTATION
     #include "amt_lwip.h"
     #include <lwip/timeouts.h>

     extern void driver_input(void); // yours: hands frames to netif->input

     int somebody_listens(const char *host, uint16_t port)
     {
       static amt_lwip_raw sock;
       amt_stream         *s = &sock.stream;
       int                 e;
       amt_lwip_raw_init(&sock);
       while ((e = (s->ops->open)(s, host, strlen(host), port, 1000)) ==
              AMT_AGAIN) {
         driver_input();
         sys_check_timeouts();
       }
       (s->ops->close)(s);
       return e == 1;
     }

   A job needs the same loop with amt_poll in it: include "amt.h", set the http
   stream of a slot to &sock.stream, and give sys_now() as the time, as in
   examples/superloop.c, where sockets stand in for lwIP. examples/firmware is a
   whole image. With an RTOS, where lwIP has a thread of its own, take AMT_LWIP,
   which is lwIP's sockets.

   Options: none beside AMT_LWIP_RAW. Price: 1.2 kB on a Cortex-M4, gcc 12
   -Os. */

#if defined(AMT_HTTP_H) && !defined(AMT_LWIP_RAW)
#error "too late: define AMT_LWIP_RAW before the first amt.h or amt_http.h"
#endif
#ifndef AMT_LWIP_RAW
#define AMT_LWIP_RAW
#endif
#include "amt_http.h"

#ifndef AMT_LWIP_H
#define AMT_LWIP_H

#if AMT_HTTP_VERSION != 200
#error "amt_lwip.h and amt_http.h differ: take all headers from one place"
#endif
#include <lwip/dns.h>
#include <lwip/tcp.h>

/* ------------------------------------------------------------------------
   >>lwip-api */

/* One TCP connection. The caller sets lwIP up and runs it: the driver's input
   and sys_check_timeouts(), between two polls. Neither may happen in an
   interrupt or on another thread while the library is called. Do not call the
   library from a callback of lwIP.

   Host names go to lwIP's DNS; until it answers, open says AMT_AGAIN. For names
   of your own: DNS_LOCAL_HOSTLIST, dns_local_addhost. Memory is lwIP's: one
   TCP_PCB, and what TCP_WND and TCP_SND_BUF let lie in its pools. One pcb more
   is for the connection before this one, which may still wait for its last
   answer; it gives way when the pools are empty.

   A look-up cannot be cancelled: make the struct static, or let it live
   until `looking` is 0 after the connection was closed. */
typedef struct amt_lwip_raw {
  amt_stream      stream;
  struct tcp_pcb *pcb;        /* NULL when there is none; not yours to close */
  err_t           lwip_error; /* ERR_ of the last failure */
  uint8_t         looking;    /* a look-up is under way */
  /* Private: */
  uint8_t         state;
  int8_t          end;        /* what read returns when nothing is held */
  ip_addr_t       address;
  struct pbuf    *held;       /* received, not yet read */
} amt_lwip_raw;

/* It has no wait: amt_wait and amt_http_wait return to the loop at once. */
AMTDEF void amt_lwip_raw_init(amt_lwip_raw *s);

#endif /* AMT_LWIP_H */

/* ========================================================================
   >>lwip-impl

   lwIP calls back while the caller runs it. The callbacks only store what they
   are told; the next open, read or write acts on it. So no code of ours runs
   inside lwIP, and no pcb is freed while lwIP uses it. */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_LWIP_RAW_IMPLEMENTED)
#define AMT_LWIP_RAW_IMPLEMENTED

#if !LWIP_TCP || !LWIP_CALLBACK_API
#error "AMT_LWIP_RAW needs LWIP_TCP and LWIP_CALLBACK_API in lwipopts.h"
#endif

enum { AMT__LWIP_CLOSED, AMT__LWIP_NAMING, AMT__LWIP_NAMED,
       AMT__LWIP_CONNECTING, AMT__LWIP_OPEN };

static int amt__lwip_fail(amt_lwip_raw *s, err_t e, int error)
{
  s->lwip_error = e;
  s->end = (int8_t)error;
  return error;
}

/* A reset, a refusal, or too many repeats. lwIP has freed the pcb already. */
static void amt__lwip_lost(void *arg, err_t e)
{
  amt_lwip_raw *s = (amt_lwip_raw *)arg;
  s->pcb = NULL;
  if (s->end == AMT_AGAIN) /* an end that came first stays */
    amt__lwip_fail(s, e, s->state == AMT__LWIP_OPEN ? AMT_E_RESET
                                                    : AMT_E_CONNECT);
}

static err_t amt__lwip_connected(void *arg, struct tcp_pcb *pcb, err_t e)
{
  (void)pcb, (void)e; /* never called with an error */
  ((amt_lwip_raw *)arg)->state = AMT__LWIP_OPEN;
  return ERR_OK;
}

/* p is bytes, or NULL: the server has ended the stream. */
static err_t amt__lwip_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p,
                                err_t e)
{
  amt_lwip_raw *s = (amt_lwip_raw *)arg;
  (void)pcb, (void)e;
  if (p == NULL)
    s->end = AMT_E_EOF;
  else if (s->held == NULL)
    s->held = p;
  else if (s->held->tot_len > 0xFFFFu - p->tot_len)
    return ERR_MEM; /* with window scaling; lwIP keeps p and asks again */
  else
    pbuf_cat(s->held, p);
  return ERR_OK;
}

#if LWIP_DNS
static void amt__lwip_found(const char *name, const ip_addr_t *ip, void *arg)
{
  amt_lwip_raw *s = (amt_lwip_raw *)arg;
  (void)name;
  s->looking = 0;
  if (s->state != AMT__LWIP_NAMING) return; /* closed meanwhile */
  if (ip == NULL) {
    amt__lwip_fail(s, ERR_VAL, AMT_E_DNS);
  } else {
    ip_addr_copy(s->address, *ip);
    s->state = AMT__LWIP_NAMED;
  }
}

/* 1, AMT_AGAIN, or an error. An earlier look-up must be answered first. */
static int amt__lwip_look(amt_lwip_raw *s, const char *host, size_t n)
{
  char  name[254];
  err_t e;
  if (s->looking) return AMT_AGAIN;
  if (n >= sizeof name) return amt__lwip_fail(s, ERR_ARG, AMT_E_DNS);
  memcpy(name, host, n);
  name[n] = 0;
  e = dns_gethostbyname(name, &s->address, amt__lwip_found, s);
  if (e == ERR_OK) return 1;
  if (e != ERR_INPROGRESS) return amt__lwip_fail(s, e, AMT_E_DNS);
  s->looking = 1;
  s->state = AMT__LWIP_NAMING;
  return AMT_AGAIN;
}
#endif /* LWIP_DNS */

/* The same, but numeric addresses need no look-up. */
static int amt__lwip_name(amt_lwip_raw *s, const char *host, size_t n)
{
  amt_address a;
  if (!amt_address_parse(&a, host, n)) {
    if (memchr(host, ':', n) != NULL) /* no name has a ':' */
      return amt__lwip_fail(s, ERR_VAL, AMT_E_URL_HOST);
#if LWIP_DNS
    return amt__lwip_look(s, host, n);
#else
    return amt__lwip_fail(s, ERR_VAL, AMT_E_DNS);
#endif
  }
  memset(&s->address, 0, sizeof s->address);
#if LWIP_IPV4
  if (a.len == 4) {
    memcpy(&ip_2_ip4(&s->address)->addr, a.ip, 4);
    IP_SET_TYPE_VAL(s->address, IPADDR_TYPE_V4);
    return 1;
  }
#endif
#if LWIP_IPV6
  if (a.len == 16) {
    memcpy(ip_2_ip6(&s->address)->addr, a.ip, 16);
    IP_SET_TYPE_VAL(s->address, IPADDR_TYPE_V6);
    return 1;
  }
#endif
  return amt__lwip_fail(s, ERR_VAL, AMT_E_CONNECT);
}

static int amt__lwip_connect(amt_lwip_raw *s, uint16_t port)
{
  err_t e = ERR_MEM;
  s->state = AMT__LWIP_CONNECTING;
  s->pcb = tcp_new_ip_type(IP_GET_TYPE(&s->address));
  if (s->pcb != NULL) {
    tcp_arg(s->pcb, s);
    tcp_err(s->pcb, amt__lwip_lost);
    tcp_recv(s->pcb, amt__lwip_received);
    tcp_nagle_disable(s->pcb);
    e = tcp_connect(s->pcb, &s->address, port, amt__lwip_connected);
  }
  return e == ERR_OK ? AMT_AGAIN : amt__lwip_fail(s, e, AMT_E_CONNECT);
}

static int amt__lwip_open(amt_stream *stream, const char *host, size_t host_len,
                          uint16_t port, uint32_t left)
{
  amt_lwip_raw *s = (amt_lwip_raw *)(void *)stream;
  int           e;
  (void)left; /* when it is 0, the caller closes */
  if (s->state == AMT__LWIP_CLOSED) {
    s->end = AMT_AGAIN;
    e = amt__lwip_name(s, host, host_len);
    if (e <= 0) return e;
    s->state = AMT__LWIP_NAMED;
  }
  if (s->state == AMT__LWIP_NAMED) return amt__lwip_connect(s, port);
  return s->state == AMT__LWIP_OPEN ? 1 : s->end;
}

/* The bytes that arrived come before the end. The window opens only as they are
   taken, so a slow reader slows the server down, and lwIP's pools suffice. */
static ptrdiff_t amt__lwip_read(amt_stream *stream, void *p, size_t n)
{
  amt_lwip_raw *s = (amt_lwip_raw *)(void *)stream;
  u16_t         got;
  if (s->held == NULL) return s->end;
  got = pbuf_copy_partial(s->held, p, n > 0xFFFFu ? 0xFFFFu : (u16_t)n, 0);
  s->held = pbuf_free_header(s->held, got);
  if (s->held != NULL && s->held->tot_len == 0) { /* only empty ones are left */
    pbuf_free(s->held);
    s->held = NULL;
  }
  if (s->pcb != NULL) tcp_recved(s->pcb, got);
  return got;
}

/* lwIP copies the whole piece or nothing. If its memory is short, and nothing
   that is queued will free some, a smaller piece may still fit. lwIP's timers
   send what tcp_output cannot send yet. */
static ptrdiff_t amt__lwip_write(amt_stream *stream, const void *p, size_t n)
{
  amt_lwip_raw *s = (amt_lwip_raw *)(void *)stream;
  err_t         e = ERR_MEM;
  if (s->pcb == NULL) return AMT_E_RESET;
  if (n > tcp_sndbuf(s->pcb)) n = tcp_sndbuf(s->pcb);
  while (n != 0) {
    e = tcp_write(s->pcb, p, (u16_t)n, TCP_WRITE_FLAG_COPY);
    if (e != ERR_MEM || tcp_sndqueuelen(s->pcb) != 0) break;
    n /= 2;
  }
  if (e == ERR_MEM) return AMT_AGAIN;
  if (e != ERR_OK) {
    s->lwip_error = e;
    return AMT_E_RESET;
  }
  tcp_output(s->pcb);
  return (ptrdiff_t)n;
}

/* After this lwIP has no pointer to us. It ends the connection later, at the
   lowest priority, so that a new one may take the pcb. If the server confirms
   nothing, so that bytes were sent again, the connection is reset at once. */
static void amt__lwip_close(amt_stream *stream)
{
  amt_lwip_raw   *s = (amt_lwip_raw *)(void *)stream;
  struct tcp_pcb *pcb = s->pcb;
  if (s->held != NULL) pbuf_free(s->held);
  s->held = NULL;
  s->pcb = NULL;
  s->state = AMT__LWIP_CLOSED;
  if (pcb == NULL) return;
  tcp_arg(pcb, NULL);
  tcp_err(pcb, NULL);
  tcp_recv(pcb, NULL);
  tcp_setprio(pcb, TCP_PRIO_MIN);
  if (stream->abort || pcb->nrtx != 0 || tcp_close(pcb) != ERR_OK)
    tcp_abort(pcb);
}

AMTDEF void amt_lwip_raw_init(amt_lwip_raw *s)
{
  static const amt_stream_ops ops = {
    amt__lwip_open, amt__lwip_read, amt__lwip_write, amt__lwip_close, NULL, 0,
    NULL
  };
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
