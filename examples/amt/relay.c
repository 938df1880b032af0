/* relay.c - `amt tap`: between a working client and its server.

   Each byte is passed on as it came, in both directions, and shown to the
   capture, which changes nothing here. One thread looks at all connections in
   turn. A direction reads again when all that it had was taken: so the slower
   end sets the pace, as it would without us.

     client  -> forth ->  server
             <- back  <-

   The end of one direction is passed on, too. TLS 1.2 cannot end one direction
   alone: there the client's end waits until its last request is answered. */

#include "relay.h"
#include "capture.h"
#include "files.h"
#include "mask.h"
#include "options.h"
#include "secrets.h"
#include "session.h"
#include "signals.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "tls.h"
#include "zone.h"
#include <errno.h>
#include <string.h>

enum { LINKS = 32,       /* connections side by side; more of them wait */
       CHUNK = 8192,
       CONNECT = 10000,  /* ms to reach the server */
       PARTING = 60000,  /* ms for a client to go, once the server has gone */
       LINGER = 2000,    /* ms for it to stop sending what nobody takes */
       PAUSE = 100 };    /* ms before accepting again, where that failed */

/* One direction. */
typedef struct {
  uint8_t ended;  /* nothing more comes */
  uint8_t told;   /* the other end knows that */
  uint8_t lost;   /* nobody takes it: what still comes is thrown away */
  size_t  at, len;
  char    bytes[CHUNK];
  lane    seen;
} way;

enum { FREE, OPENING, OPEN };

typedef struct {
  net_socket  client, server;
  amt_stream *to; /* the server's, or the TLS stream around it */
  uint8_t     state;
  uint8_t     greeted; /* something came from the client */
  uint32_t    since; /* time of its beginning, or of the last byte that moved */
  way         forth, back;
#ifdef AMT_BEARSSL
  amt_bearssl   tls;
  unsigned char record[2 * AMT_BEARSSL_FULL]; /* both directions at once */
#endif
} pair;

static pair        pairs[LINKS];
static net_socket  listener;
static amt_url     url;
static uint32_t    url_zone;
static amt_address addresses[AMT_ADDRESSES];
static int         address_count;

/* --- one connection ------------------------------------------------------- */

/* The name was looked up at the start, so no connection waits for the look-up
   of another. */
static int known_addresses(void *ctx, const char *host, amt_address *a, int max)
{
  (void)ctx, (void)host;
  if (max > address_count) max = address_count;
  memcpy(a, addresses, (size_t)max * sizeof *a);
  return max;
}

static void pair_close(pair *p, int abort)
{
  capture_end(&p->forth.seen);
  capture_end(&p->back.seen);
  p->to->abort = p->client.stream.abort = abort;
  (p->to->ops->close)(p->to);
  (p->client.stream.ops->close)(&p->client.stream);
  p->to->abort = p->client.stream.abort = 0;
  wipe(p->forth.bytes, sizeof p->forth.bytes);
  wipe(p->back.bytes, sizeof p->back.bytes);
  p->state = FREE;
}

/* One end broke off: break off the other in the same way. */
static void pair_broken(pair *p, const char *who, int error)
{
  capture_note("connection %u: %s: %s", p->forth.seen.conn, who,
               amt_error(error));
  pair_close(p, 1);
}

static void pair_opening(pair *p)
{
  uint32_t    gone = now_ms() - p->since;
  const char *system = "";
  int         e = AMT_E_TIMEOUT;
  if (gone < CONNECT)
    e = (p->to->ops->open)(p->to, url.host, url.host_len, url.port,
                           CONNECT - gone);
  if (e == AMT_AGAIN) return;
  if (e > 0) {
    p->state = OPEN;
    p->since = now_ms();
    return;
  }
  if (p->server.sys_error != 0 && (e == AMT_E_CONNECT || e == AMT_E_RESET))
    system = net_words(p->server.sys_error);
#ifdef AMT_BEARSSL
  if (https) tls_look_at(&p->tls);
#endif
  tell("tap: connection %u: %s: %s%s%s%s", p->forth.seen.conn, opt.to,
       amt_error(e), tls_words(e), *system ? ": " : "", system);
  pair_broken(p, "the server is not reached", e);
}

/* 0, or the error with which `from` ended. */
static int pull(way *w, amt_stream *from)
{
  ptrdiff_t got;
  if (w->ended || w->len > 0) return 0;
  got = (from->ops->read)(from, w->bytes, sizeof w->bytes);
  if (got == AMT_AGAIN) return 0;
  w->ended = got == AMT_E_EOF || got == AMT_E_TRUNCATED;
  if (got == AMT_E_TRUNCATED)
    capture_note("connection %u: the server ended TLS without close_notify",
                 w->seen.conn);
  if (w->ended) return 0;
  if (got < 0) return (int)got;
  w->at = 0;
  if (!w->lost) w->len = (size_t)got, capture_put(&w->seen, w->bytes, w->len);
  return 0;
}

static int push(way *w, amt_stream *to)
{
  ptrdiff_t put;
  if (w->len == 0) return 0;
  put = (to->ops->write)(to, w->bytes + w->at, w->len);
  if (put < 0) return (int)put;
  w->at += (size_t)put, w->len -= (size_t)put;
  return 0;
}

/* Passes an end on, after all bytes before it. 1: both directions have ended,
   or count as ended. */
static int pair_ends(pair *p)
{
  way *forth = &p->forth, *back = &p->back;
  int  idle = forth->len == 0 && back->len == 0;
  if (back->ended && back->len == 0 && !back->told) {
    net_finish(&p->client);
    back->told = 1;
  }
  if (forth->ended && forth->len == 0 && !forth->told && !https) {
    net_finish(&p->server);
    forth->told = 1;
  }
  if (!idle) return 0;
  if (forth->ended && back->ended) return 1;
  if (forth->ended && https && !forth->seen.hide.unframed)
    return back->seen.whole >= forth->seen.whole && forth->seen.len == 0;
  return back->ended && now_ms() - p->since >= (forth->lost ? LINGER : PARTING);
}

/* Looks at the client's first bytes. If it speaks TLS, that would reach the
   server in place of HTTP. */
static void greet(pair *p)
{
  static int told;
  p->greeted = 1;
  if (told || p->forth.bytes[0] != 0x16) return;
  told = 1;
  tell("tap: connection %u: the client speaks https, and here is http: give it "
       "http://127.0.0.1:PORT (SERVER_USE_TLS=False); the way to the server "
       "stays as it is", p->forth.seen.conn);
}

/* When the server takes no more, the rest is lost, as it would be without us.
   What it said before may still come. */
static void pair_turn(pair *p)
{
  amt_stream *own = &p->client.stream;
  size_t      before = p->forth.len + p->back.len;
  int         e;
  if (p->state == OPENING) pair_opening(p);
  if (p->state != OPEN) return;
  e = pull(&p->forth, own);
  if (!p->greeted && p->forth.len > 0) greet(p);
  if (e == 0) e = push(&p->back, own);
  if (e != 0) {
    pair_broken(p, "the client is gone", e);
    return;
  }
  if (push(&p->forth, p->to) != 0) p->forth.lost = 1, p->forth.len = 0;
  e = pull(&p->back, p->to);
  if (e == 0) e = push(&p->back, own);
  if (e != 0) {
    pair_broken(p, "it broke", e);
    return;
  }
  if (p->forth.len + p->back.len != before) p->since = now_ms();
  if (pair_ends(p)) pair_close(p, 0);
}

/* --- all of them ---------------------------------------------------------- */

static void pair_begin(pair *p)
{
  net_init(&p->server);
  p->server.zone = url_zone;
  p->server.resolve = known_addresses;
  p->to = &p->server.stream;
#ifdef AMT_BEARSSL
  if (https) {
    tls_wrap(&p->tls, &p->server, p->record, sizeof p->record);
    p->to = &p->tls.stream;
  }
#endif
  p->forth.ended = p->forth.told = p->forth.lost = 0;
  p->back.ended = p->back.told = p->back.lost = 0;
  p->forth.len = p->back.len = 0;
  p->since = now_ms();
  p->state = OPENING;
  p->greeted = 0;
  capture_begin(&p->forth.seen, &p->back.seen);
}

static pair *free_pair(void)
{
  size_t i;
  for (i = 0; i < LINKS; i++)
    if (pairs[i].state == FREE) return &pairs[i];
  return NULL;
}

/* 0, or how long to wait before accepting again: descriptors are used up,
   say. */
static uint32_t accept_all(void)
{
  pair *p;
  while ((p = free_pair()) != NULL) {
    int e = net_accept(&listener, &p->client);
    if (e < 0) return PAUSE;
    if (e == 0) return 0;
    pair_begin(p);
  }
  return 0;
}

/* What to wait for until the stream can go on, as bits. *ready: it can now. */
static int bits(const amt_stream *s, int want, int *ready)
{
  if (s->ops->waits_for != NULL) want = (s->ops->waits_for)(s, want);
  if (want == AMT_WANT_NOW) *ready = 1;
  if (want == AMT_WANT_WRITE) return TO_WRITE;
  return want == AMT_WANT_READ ? TO_READ : 0;
}

static int wants(const way *w) { return !w->ended && w->len == 0; }

/* Fills in both waits of a connection. */
static void pair_waits(pair *p, net_wait *own, net_wait *server, int *ready)
{
  int opening = p->state == OPENING;
  own->socket = &p->client, server->socket = &p->server;
  own->want = server->want = 0;
  if (p->state == FREE) return;
  if (!opening && wants(&p->forth)) own->want |= TO_READ;
  if (p->back.len > 0) own->want |= TO_WRITE;
  if (opening || p->forth.len > 0)
    server->want |= bits(p->to, AMT_WANT_WRITE, ready);
  if (!opening && wants(&p->back))
    server->want |= bits(p->to, AMT_WANT_READ, ready);
}

static void relay_loop(void)
{
  static net_wait waits[2 * LINKS + 1];
  uint32_t        pause = 0, ms;
  int             ready = 0;
  size_t          i, n;
  while (signals == 0) {
    waits[0].socket = &listener;
    waits[0].want = pause == 0 && free_pair() != NULL ? TO_READ : 0;
    for (i = 0, n = 1; i < LINKS; i++, n += 2)
      pair_waits(&pairs[i], &waits[n], &waits[n + 1], &ready);
    ready |= capture_work();
    ms = pause != 0 ? pause : 1000; /* for the limits above */
    wait_for_some(waits, n, ready ? 0 : ms);
    ready = 0;
    pause = accept_all();
    for (i = 0; i < LINKS; i++) pair_turn(&pairs[i]);
  }
  for (i = 0; i < LINKS; i++)
    if (pairs[i].state != FREE) pair_close(&pairs[i], 0);
}

/* --- its begin and end ---------------------------------------------------- */

/* "PORT", "ADDRESS:PORT", "[ADDRESS]:PORT". 0, or EXIT_USAGE after saying what
   is wrong. */
static int read_listen(amt_address *a, uint16_t *port)
{
  const char *t, *fault = take_zone(opt.listen, &t, &a->zone), *digits;
  const char *colon = strrchr(t, ':');
  size_t      n = colon != NULL ? (size_t)(colon - t) : 0;
  uint64_t    number;
  uint32_t    link = a->zone;
  if (fault != NULL) return wrong(EXIT_USAGE, "--listen", "%s", fault);
  digits = colon != NULL ? colon + 1 : t;
  if (n > 2 && *t == '[' && t[n - 1] == ']') t++, n -= 2;
  if (n == 0 || (n == 9 && memcmp(t, "localhost", 9) == 0))
    t = "127.0.0.1", n = strlen(t);
  if (!amt_address_parse(a, t, n) ||
      amt_json_uint64(digits, strlen(digits), &number) != 0 || number > 65535)
    return wrong(EXIT_USAGE, "--listen", "'%s' is no ADDRESS:PORT, such as "
                 "127.0.0.1:4004", opt.listen);
  *port = (uint16_t)number;
  a->zone = link;
  return 0;
}

/* How many, or an error. */
static int find_addresses(const char *host)
{
  static net_socket some;
  int               n = amt_address_parse(addresses, host, strlen(host));
  net_init(&some);
  while (n == AMT_AGAIN && signals == 0 && now_ms() - began < CONNECT)
    n = some.resolve(some.ctx, host, addresses, AMT_ADDRESSES);
  address_count = n;
  return n == AMT_AGAIN ? AMT_E_TIMEOUT : n;
}

static int look_up_server(void)
{
  char        host[256];
  const char *plain, *fault = take_zone(opt.to, &plain, &url_zone);
  int         e = amt_url_parse(&url, plain);
  if (fault != NULL) return wrong(EXIT_USAGE, "--to", "%s", fault);
  if (e != 0) return wrong(EXIT_USAGE, "--to", "%s", amt_error(e));
  if (url.path_len > 1)
    return wrong(EXIT_USAGE, "--to", "'%s': leave out the path; each request "
                 "has its own, which is passed on as it is", opt.to);
  https = url.tls;
  opt.server = opt.to;
#ifndef AMT_BEARSSL
  if (https)
    return wrong(EXIT_CONFIG, "--to", "https, but this amt was built without "
                 "TLS, and never falls back to plain http");
#endif
  if (!https && tls_option() != NULL)
    return wrong(EXIT_USAGE, tls_option(), "this goes with https only; leave "
                 "it out, or correct the URL");
  text(host, sizeof host, "%s", url.host);
  host[url.host_len < sizeof host ? url.host_len : 0] = 0;
  e = find_addresses(host);
  if (e < 0)
    return wrong(EXIT_CONFIG, "--to", "%s: %s", opt.to, amt_error(e));
  return https ? tls_settle() : 0;
}

/* Tells where clients can connect, and what is saved, before the first does. */
static void say_begin(const amt_address *a, uint16_t port)
{
  const char *colon = strrchr(opt.listen, ':');
  char        where[80] = "127.0.0.1";
  if (colon != NULL && colon > opt.listen) {
    text(where, sizeof where, "%s", opt.listen);
    where[(size_t)(colon - opt.listen) % sizeof where] = 0;
  }
  if (!is_loopback(a))
    tell("warning: --listen %s: whoever reaches this address reaches the "
         "server through it, and what is said on the way here is not "
         "encrypted", opt.listen);
  tell("tap: listening on http://%s:%u for %s; both directions go to %s, %s; "
       "end it with Ctrl-C", where, (unsigned)port, opt.to, opt.save,
       opt.secrets ? "WITH passwords and tokens" : "secrets as stars");
  capture_note("amt %d.%d.%d tap to %s%s", AMT_VERSION_MAJOR,
               AMT_VERSION_MINOR, AMT_VERSION_PATCH, opt.to,
               opt.secrets ? ", with secrets" : "");
}

/* So a password is hidden even where no name tells it: in a list, say. */
static void know_password(void)
{
  const char *given = environment("AMT_PASSWORD");
  if (!empty(given)) mask_know(given, strlen(given));
}

int relay(void)
{
  amt_address a;
  uint16_t    port = 0;
  unsigned    requests, conns;
  int         e = read_listen(&a, &port);
  if (e == 0 && catch_signals() != 0)
    return wrong(EXIT_CONFIG, "signals", "%s", error_words(errno));
  if (e == 0) e = look_up_server();
  if (e != 0) return e;
  if (net_listen(&listener, &a, &port) != 0)
    return wrong(EXIT_CONFIG, "--listen", "%s: %s", opt.listen,
                 net_words(listener.sys_error));
  e = capture_open(opt.save);
  if (e == 0) {
    say_begin(&a, port);
    know_password();
    prepare_last_words(EXIT_IO, "amt: tap: left at once; %s may end early",
                       opt.save);
    relay_loop();
    e = capture_close(&requests, &conns);
    tell("tap: %u connection%s, %u request%s%s%s", conns,
         conns == 1 ? "" : "s", requests, requests == 1 ? "" : "s",
         e == 0 ? " in " : "; not all of them in ", opt.save);
  }
  (listener.stream.ops->close)(&listener.stream);
  tls_forget();
  wipe_secrets();
  return e;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
