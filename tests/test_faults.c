/* test_faults.c - one fault at each point of a job: in the Nth call of the
   stream, or in the clock at the Nth poll. Afterwards no secret is in memory.

     cc -std=gnu99 -I. tests/test_faults.c -lcmocka
     cc -DAMT_BEARSSL ... -lbearssl -lssl -lcrypto
     cc -DAMT_MBEDTLS ... -lmbedtls -lmbedx509 -lmbedcrypto -lssl -lcrypto

   The last two also do all of it over TLS. The fault is then below the TLS
   stream, and OpenSSL in the same process is the server's end.

     pump -> spy -> fault -> the server in memory (server.h)
     pump -> spy -> TLS -> fault -> OpenSSL (test_tls_peer.h) -> the same

   Without TLS each N is tried with each kind of fault, both loops, each kind of
   job, and two buffers. Over TLS each N of a resumed and of a full handshake is
   tried with each kind in one loop; N and the kind decide which. The buffer
   ends at an unreadable page.

   Contents: >>stack >>fault >>run >>judge >>begin >>faults >>clock >>secrets */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#pragma GCC diagnostic ignored "-Wunused-function" /* of the shared headers */
static int program_end(void **state);
#define SUITE_MAIN
#define SUITE_TEARDOWN program_end
#include "suite.h"
#define AMT_IMPLEMENTATION
#define AMT_BUILD_TIME 1700000000u
#include "amt.h"
#include <ucontext.h>
#include "edge.h"
#define COUNT(a) (sizeof(a) / sizeof *(a))
#if defined(AMT_BEARSSL) || defined(AMT_MBEDTLS)
#define TLS 1
#include "test_tls_peer.h"
#else
#define TLS 0
#endif
#include "server.h"

#define CHECK(c) do { if (!(c)) fail_msg("%s: false: %s", what, #c); } while (0)

static char     what[300]; /* names the run */
static unsigned injected;  /* runs with a fault */
static server   sim;
static channel  line;

/* ------------------------------------------------------------------------
   >>stack: all that the library keeps of a run, in one struct to search */

static struct client {
  amt_stream  spy;
  amt_slot    conn;
  amt_pool    pool;
  amt_session s;
  amt_job     j;
  char        token[64];
#if defined(AMT_BEARSSL)
  amt_bearssl        tls;
  amt_bearssl_server cfg;
  unsigned char      record[AMT_BEARSSL_FULL];
#elif defined(AMT_MBEDTLS)
  amt_mbedtls        tls;
  amt_mbedtls_server cfg;
#endif
} me;
static int         over_tls;
static amt_stream *under;   /* the spy */
static int         offered; /* the call whose request was last begun on this
                               connection, by its path; -1: none */
static size_t      progress; /* bytes moved, above or below TLS */
static unsigned long start_taken; /* bytes of Starts, taken by the stream */

/* How a path names each call. A Start, a stop and a kill have the same. */
static const char *const path_of[] = { "Authenticate", "OpConJobAction",
  "OpConJobAction", "OpConJobAction", "MonitorJob", "GetMessages" };

static int spy_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                    uint32_t left)
{
  (void)s;
  offered = -1;
  return under->ops->open(under, host, n, port, left);
}
static ptrdiff_t spy_read(amt_stream *s, void *p, size_t n)
{
  ptrdiff_t r = under->ops->read(under, p, n);
  (void)s;
  if (r > 0) progress += (size_t)r;
  return r;
}
static ptrdiff_t spy_write(amt_stream *s, const void *p, size_t n)
{
  static const char head[] = "POST /base/AmtOpConService/";
  ptrdiff_t r;
  int       op;
  (void)s;
  if (n > 45 && memcmp(p, head, sizeof head - 1) == 0)
    for (op = 0; op < AMT_CALLS; op++)
      if (memcmp((const char *)p + sizeof head - 1, path_of[op], 10) == 0)
        offered = op == AMT_STOP || op == AMT_KILL ? AMT_START : op;
  r = under->ops->write(under, p, n);
  if (r > 0) progress += (size_t)r;
  if (r > 0 && me.j.op == AMT_START) start_taken += (unsigned long)r;
  return r;
}
static void spy_close(amt_stream *s) { (void)s; under->ops->close(under); }
static int  spy_wait(amt_stream *s, int want, uint32_t ms)
{
  (void)s;
  return under->ops->wait(under, want, ms);
}
static int spy_want(const amt_stream *s, int want)
{
  (void)s;
  return under->ops->waits_for ? under->ops->waits_for(under, want) : want;
}

/* ------------------------------------------------------------------------
   >>fault: the stream that fails at its Nth call */

enum { RESET, END, NOT_YET, ONE, TORN, LOST, CUT, KINDS };
enum { ONCE, LINE, FOREVER, EXTENTS }; /* LINE: to the end of the connection */
static const char *const kind_name[] = { "fails", "ends", "is not yet",
  "moves one byte", "takes one byte, then breaks", "works, its reply lost",
  "works, then the end" };

static struct fault {
  amt_stream stream;
  long       at, calls, most; /* fails at this call, from 1 */
  int        kind, extent, hit, over, dead;
  size_t     moved;           /* bytes, both ways */
} fl;
static int refused_start; /* a Start's 401: 1 sent, 2 fully read */

static int fault_due(void)
{
  fl.calls++;
  if (fl.calls > fl.most) fail_msg("%s: %ld calls of the stream", what, fl.calls);
  if (fl.calls == fl.at) fl.hit = 1;
  return fl.calls == fl.at || (fl.hit && !fl.over && fl.extent != ONCE);
}

static int stalled(void) /* only the clock can end this */
{
  return fl.kind == NOT_YET && fl.hit && !fl.over && fl.extent != ONCE;
}

static int unread(void)
{
  if (!line.open) return 0;
#if TLS
  if (over_tls) return srv.down.n != srv.down_at || srv.ended;
#endif
  return line_ready(&line);
}

#if TLS
/* Passes decrypted bytes from OpenSSL to the server, and its reply back. */
static void bridge(void)
{
  char      some[500];
  ptrdiff_t n;
  if (srv.ssl == NULL || srv.ended) return;
  while (srv.asked < srv.heard.n) {
    n = line_write(&line.stream, srv.heard.p + srv.asked,
                   srv.heard.n - srv.asked);
    if (n <= 0) {
      peer_end(&srv, END_CUT);
      return;
    }
    srv.asked += (size_t)n;
  }
  if (strncmp(text_of(&line.out) + line.out_at, "HTTP/1.1 401", 12) == 0 &&
      me.j.op == AMT_START) refused_start = 1;
  while ((n = line_read(&line.stream, some, sizeof some)) > 0)
    peer_write(&srv, some, (size_t)n);
  peer_drain(&srv);
  if (n < 0) peer_end(&srv, n == AMT_E_EOF ? END_NOTIFY : END_CUT);
}
#endif

static ptrdiff_t below_write(const void *p, size_t n)
{
  ptrdiff_t r;
#if TLS
  if (over_tls) {
    r = peer_take(&srv.stream, p, n);
    bridge();
    return r;
  }
#endif
  r = line_write(&line.stream, p, n);
  if (strncmp(text_of(&line.out) + line.out_at, "HTTP/1.1 401", 12) == 0 &&
      me.j.op == AMT_START) refused_start = 1;
  return r;
}

static ptrdiff_t below_read(void *p, size_t n)
{
#if TLS
  if (over_tls) return peer_read(&srv.stream, p, n);
#endif
  return line_read(&line.stream, p, n);
}

static int fault_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                      uint32_t left)
{
  int due = fault_due(), e;
  (void)s;
  fl.dead = 0;
  if (due && fl.kind == NOT_YET) return AMT_AGAIN;
  if (due && fl.kind == RESET) return AMT_E_CONNECT;
  if (due && fl.kind == END) return AMT_E_EOF;
  e = line_open(&line.stream, host, n, port, left);
#if TLS
  if (over_tls) e = peer_open(&srv.stream, host, n, port, left);
#endif
  if (due && fl.kind == CUT) fl.dead = AMT_E_EOF;
  return due && (fl.kind == TORN || fl.kind == LOST) ? AMT_E_RESET : e;
}

static ptrdiff_t fault_read(amt_stream *s, void *p, size_t n)
{
  int       due = fault_due();
  ptrdiff_t r;
  (void)s;
  if (fl.dead) return fl.dead;
  if (due && fl.kind == NOT_YET) return AMT_AGAIN;
  if (due && (fl.kind == RESET || fl.kind == END))
    return fl.dead = fl.kind == END ? AMT_E_EOF : AMT_E_RESET;
  if (due && (fl.kind == ONE || fl.kind == TORN)) n = 1;
  r = below_read(p, n);
  if (due && fl.kind >= TORN) fl.dead = fl.kind == CUT ? AMT_E_EOF : AMT_E_RESET;
  if (due && fl.kind >= LOST) return fl.dead;
  if (r > 0) fl.moved += (size_t)r, progress += (size_t)r;
  if (refused_start == 1 && !unread()) refused_start = 2;
  return r;
}

static ptrdiff_t fault_write(amt_stream *s, const void *p, size_t n)
{
  int       due = fault_due();
  ptrdiff_t r;
  (void)s;
  if (fl.dead) return AMT_E_RESET;
  if (due && fl.kind == NOT_YET) return AMT_AGAIN;
  if (due && (fl.kind == RESET || fl.kind == END))
    return fl.dead = fl.kind == END ? AMT_E_EOF : AMT_E_RESET;
  if (due && (fl.kind == ONE || fl.kind == TORN)) n = 1;
  r = below_write(p, n);
  if (due && fl.kind >= TORN) fl.dead = fl.kind == CUT ? AMT_E_EOF : AMT_E_RESET;
  if (r > 0) fl.moved += (size_t)r, progress += (size_t)r;
  return r;
}

static void fault_close(amt_stream *s)
{
  (void)s;
  fault_due();
  if (fl.hit && fl.extent == LINE && fl.calls != fl.at) fl.over = 1;
  fl.dead = 0;
  if (refused_start == 1) refused_start = 0; /* the rest is lost */
  line_close(&line.stream);
#if TLS
  if (over_tls) peer_close(&srv.stream);
#endif
}

static int fault_wait(amt_stream *s, int want, uint32_t ms)
{
  int due = fault_due();
  (void)s;
  if (due && fl.kind < NOT_YET && fl.calls == fl.at) return AMT_INTERRUPTED;
  if (due && fl.kind == ONE && fl.calls == fl.at) return 1; /* for nothing */
  if (!stalled() && (fl.dead || unread() || want == AMT_WANT_WRITE)) return 1;
  server_clock += ms;
  return 0;
}

static int fault_want(const amt_stream *s, int want)
{
  (void)s;
  fault_due();
  return want;
}

/* ------------------------------------------------------------------------
   >>run */

#define PASSWORD "Kn0sp\"en\\W1nd-2718"
#define LONG "\xE2\x82\xAC 0123456789 \xF0\x9F\x98\x80 0123456789 \xC3\xA9 " \
             "0123456789 0123456789 \xE2\x82\xAC"
static const message numbered[] = {
  { 1, "one", NULL, OBJECT }, { 2, "", NULL, OBJECT },
  { 3, LONG LONG, "2026-01-31T08:00:00", OBJECT }, { 7, "four", NULL, OBJECT },
  { 9, LONG "five", NULL, OBJECT } };
/* For "live": there, a gap in the numbers would be a lost message. */
static const message counted[] = {
  { 1, "one", NULL, OBJECT }, { 2, "", NULL, OBJECT },
  { 3, LONG LONG, "2026-01-31T08:00:00", OBJECT }, { 4, "four", NULL, OBJECT },
  { 5, LONG "five", NULL, OBJECT } };
static const message plain[] = { { 0, "one", NULL, PLAIN },
  { 0, "", NULL, PLAIN }, { 0, LONG LONG, NULL, PLAIN },
  { 0, "four", NULL, PLAIN }, { 0, LONG "five", NULL, PLAIN } };
static const int states[] = { 1, 2, 2, 5, 2, 4 };
static const step no_longer[] = { { AMT_MONITOR, 401, "{}", 0, 0, 0, 0 },
                                  { AMT_MESSAGES, 401, "{}", 0, 0, 0, 0 } };
static const step not_at_first[] = {
  { AMT_START, 401, "{\"Message\":\"" LONG LONG LONG "\"}", 0, 0, 0, 0 } };

typedef struct scenario {
  const char    *name;
  int            attach, kill, close, live, framing;
  size_t         page;
  const message *m;
  const step    *steps;
  size_t         step_count;
} scenario;
static const scenario jobs[] = {
  { "whole", 0, 0, 0, AMT_AT_END, LENGTH, 2, numbered, NULL, 0 },
  { "live", 0, 0, 0, AMT_LIVE, CHUNKED, 0, counted, NULL, 0 },
  { "live, unnumbered", 0, 0, 0, AMT_LIVE, LENGTH, 0, plain, NULL, 0 },
  { "killed", 0, 1, 0, AMT_AT_END, LENGTH, 0, numbered, NULL, 0 },
  { "token ends", 0, 0, 0, AMT_AT_END, LENGTH, 0, numbered, no_longer, 2 },
  { "401 on Start", 0, 0, 0, AMT_AT_END, LENGTH, 0, numbered, not_at_first, 1 },
  { "attached", 1, 0, 0, AMT_AT_END, LENGTH, 0, numbered, NULL, 0 },
  { "closing", 0, 0, 1, AMT_AT_END, TO_END, 0, plain, NULL, 0 }
};

static amt_task task;
static struct { size_t given; int within; text part; amt_event last; } got;
static struct plan {
  long     poll;         /* at this poll */
  uint32_t jump;         /* the clock jumps, */
  int      silent;       /* or the stream goes silent; 2: 5 polls before */
  uint32_t from;         /* the clock's first value */
  int      waits;        /* amt_wait, not amt_poll */
} plan;

static void client_begin(const scenario *sc, size_t size)
{
  static amt_stream_ops spy = { spy_open, spy_read, spy_write, spy_close,
                                spy_wait, 0, spy_want };
  static const amt_stream_ops fault = { fault_open,  fault_read, fault_write,
                                        fault_close, fault_wait, 0, fault_want };
  server_init(&sim);
  line_init(&line, &sim);
  sim.log_calls = 0, sim.tidy = 1;
  sim.status = states, sim.status_count = COUNT(states);
  sim.message = sc->m, sim.message_count = COUNT(numbered);
  sim.page = sc->page, sim.more = sc->page != 0;
  sim.framing = sc->framing;
  sim.steps = sc->steps, sim.step_count = sc->step_count;
  sim.host = over_tls ? "server.test" : "amt.test";
  sim.watch = &me.j;
  fl.stream.ops = &fault;
  fl.calls = fl.hit = fl.over = fl.dead = 0, fl.moved = 0;
  memset(&me.conn, 0, sizeof me.conn), memset(&me.s, 0, sizeof me.s);
  under = &fl.stream;
#if TLS
  if (over_tls) {
#ifdef AMT_BEARSSL
    amt_bearssl_init(&me.tls, under, &me.cfg, me.record, sizeof me.record);
#else
    amt_mbedtls_init(&me.tls, under, &me.cfg);
#endif
    under = &me.tls.stream;
  }
#endif
  spy.tls = over_tls;
  me.spy.ops = &spy, me.conn.http.stream = &me.spy;
  me.pool.conn = &me.conn, me.pool.count = 1, me.pool.holder = NULL;
  me.pool.buf = edge_new(size), me.pool.size = size;
  memset(me.pool.buf, 0, size);
  if (!over_tls) sim.pool = &me.pool;
  me.s.url = over_tls ? "https://server.test:4004/base"
                      : "http://amt.test:4004/base";
  me.s.user = "ocadm", me.s.password = PASSWORD;
  me.s.token = me.token, me.s.token_room = sizeof me.token;
  me.s.messages = (uint8_t)sc->live, me.s.close = (uint8_t)sc->close;
  task.application = "DEMO2", task.job = "REPORTTEST01";
  got.given = 0, got.within = 0, refused_start = 0, start_taken = 0;
  offered = -1;
  server_clock = plan.from;
  if (sc->attach) amt_attach(&me.j, &me.s, "DEMO2", "2112");
  else amt_start(&me.j, &me.s, &task);
}

/* A message, or a first piece of it, must be the next of the log. */
static void take_message(void)
{
  const char *want = got.given < sim.message_count
                       ? sim.message[got.given].text : NULL;
  CHECK(want != NULL);
  CHECK(me.j.msg_first == !got.within);
  if (me.j.msg_first) text_clear(&got.part);
  text_bytes(&got.part, me.j.msg, me.j.msg_len);
  CHECK(strncmp(got.part.p, want, got.part.len) == 0);
  CHECK(utf8_ok(me.j.msg, me.j.msg_len));
  got.within = me.j.msg_more;
  if (me.j.msg_more) return;
  CHECK(got.part.len == strlen(want));
  got.given++;
}

/* The error has a text, and job->op is the call whose request was under way.
   Without a request there is no call to compare. */
static void check_stage(void)
{
  CHECK(me.j.error != 0 && amt_error(me.j.error)[0] != 0);
  CHECK(offered < 0 || strcmp(path_of[offered], path_of[me.j.op]) == 0);
  if (offered < 0)
    CHECK(me.j.op == AMT_SIGN_IN ||
          (me.j.op == AMT_START) == (me.j.start == AMT_START_NONE));
}

static void (*each_turn)(amt_event e); /* called after each poll */
static long turn;                      /* polls of this run */

/* Polls to the end. Time passes only when nothing else can happen. */
static void client_run(const scenario *sc)
{
  size_t   before = 0;
  unsigned idle = 0;
  turn = 0;
  for (;;) {
    amt_event e;
    if (sc->live == AMT_LIVE) { /* the log grows with the job */
      sim.visible = sim.count[AMT_MONITOR] + (size_t)1;
      if (sim.visible > sim.message_count) sim.visible = sim.message_count;
    }
    if (plan.poll != 0) server_clock++; /* a poll takes time */
    if (++turn == plan.poll) server_clock += plan.jump;
    if (plan.silent && turn == plan.poll - 5 * (plan.silent - 1)) fl.hit = 1;
    e = got.last = plan.waits ? amt_wait(&me.pool, &me.j, server_now)
                              : amt_poll(&me.pool, &me.j, server_clock);
    edge_check();
    if (turn > 4 * fl.most) fail_msg("%s: the run does not end", what);
    if (each_turn) each_turn(e);
    if (e == AMT_BUSY) {
      int sends = me.conn.http.state == AMT_CONN_OPENING ||
                  me.conn.http.state == AMT_CONN_SENDING;
      idle = progress == before ? idle + 1 : 0;
      before = progress;
      CHECK(me.j.wait < 0x80000000u);
      if (idle > 3 ||
          (idle > 0 && (stalled() || me.conn.job == NULL ||
                        !(sends || fl.dead || unread()))))
        server_clock += me.j.wait;
    } else if (e == AMT_MESSAGE) {
      take_message();
    } else if (e == AMT_STARTED) {
      CHECK(me.j.start == AMT_START_KNOWN && strcmp(me.j.id, "2112") == 0);
      if (sc->kill) amt_stop(&me.j, AMT_KILL);
    } else if (e == AMT_RETRYING) {
      check_stage();
    } else if (e >= AMT_DONE) {
      return;
    }
    CHECK(e != AMT_CALL);
  }
}

static int zeroed(const void *p, size_t n)
{
  const char *at = (const char *)p;
  while (n > 0 && *at == 0) at++, n--;
  return n == 0;
}

/* Finds any eight bytes of it in a row. */
static int lies_in(const void *p, size_t n, const char *secret)
{
  size_t i, len = strlen(secret);
  for (i = 0; i + 8 <= len; i++)
    if (memmem(p, n, secret + i, 8) != NULL) return 1;
  return 0;
}

static void client_end(void)
{
  amt_session_end(&me.s);
  amt_pool_end(&me.pool);
  CHECK(!line.open);
  CHECK(zeroed(&me.s, sizeof me.s) && zeroed(me.token, sizeof me.token));
  CHECK(zeroed(me.pool.buf, me.pool.size));
  CHECK(!lies_in(&me.conn, sizeof me.conn, PASSWORD));
  CHECK(!lies_in(&me.j, sizeof me.j, PASSWORD));
#if TLS
  CHECK(!over_tls || memmem(&me.tls, sizeof me.tls, srv.master, 48) == NULL);
#endif
  line_free(&line);
  server_free(&sim);
}

/* ------------------------------------------------------------------------
   >>judge: compares the client's result with what the server saw */

/* once: this fault is the only one, so it can cost no more than a Start. */
static void judge(const scenario *sc, int once)
{
  unsigned refused = refused_start == 2;
  int      code = sim.killed ? sim.killed : 4;
  CHECK(sim.starts_begun <= 1 + refused);
  CHECK(sim.count[AMT_START] <= 1 + refused);
  if (got.last == AMT_DONE) {
    CHECK(me.j.code == code || (sc->kill && me.j.code == 4));
    CHECK(me.j.start == AMT_START_KNOWN);
    CHECK(sc->attach || sim.count[AMT_START] == 1 + refused);
    CHECK(me.j.log_complete ? me.j.error == 0 : me.j.error != 0);
    CHECK(!me.j.log_complete || got.given == sim.message_count);
    if (once) CHECK(me.j.log_complete);
    if (!me.j.log_complete) check_stage();
    return;
  }
  CHECK(got.last == AMT_FAILED);
  if (me.j.error != AMT_E_MAYBE_STARTED) check_stage();
  if (once) CHECK(me.j.start == AMT_START_UNKNOWN);
  switch (me.j.start) {
  case AMT_START_NONE:
    CHECK(sim.starts_begun == refused);
    CHECK(me.j.code == AMT_CODE_WEB_SERVER_ERROR && got.given == 0);
    break;
  case AMT_START_UNKNOWN:
    CHECK(me.j.error == AMT_E_MAYBE_STARTED && me.j.cause != 0);
    CHECK(me.j.op == AMT_START && me.j.code == AMT_CODE_UNDEFINED);
    /* After a failed write nobody knows whether it took some bytes. */
    if (me.conn.http.taken == 2) break;
    CHECK(start_taken > 0 && (over_tls || sim.starts_begun > 0));
    break;
  case AMT_START_KNOWN:
    CHECK(strcmp(me.j.id, "2112") == 0 && me.j.code == AMT_CODE_UNDEFINED);
    CHECK(sc->attach || sim.count[AMT_START] == 1 + refused);
    break;
  default: fail_msg("%s: nobody refused the Start", what);
  }
}

/* ------------------------------------------------------------------------
   >>begin: how each test begins and ends */

#if TLS
static uint32_t test_time(void *ctx) { (void)ctx; return (uint32_t)NOW; }
static int      test_random(void *ctx, void *p, size_t n)
{
  static uint32_t seed;
  unsigned char  *to = (unsigned char *)p;
  (void)ctx;
  for (; n > 0; n--) *to++ = (unsigned char)((seed = seed * 1664525u + 1) >> 24);
  return 1;
}

static int tls_begin(void **state)
{
  bytes pem = { NULL, 0, 0 };
#ifdef AMT_BEARSSL
  static amt_bearssl_anchors a;
  static unsigned char       memory[2000];
#else
  static mbedtls_x509_crt a;
#endif
  (void)state;
  over_tls = 1;
  if (authority != NULL) return 0;
  authorities_make();
  peer_init(&srv);
  peer_shows(&srv, usual, KEY_SERVER, NULL);
  srv.silent = 1; /* server.h answers */
  cert_pem(&pem, authority);
#ifdef AMT_BEARSSL
  a.mem = memory, a.size = sizeof memory;
  assert_int_equal(amt_bearssl_anchors_read(&a, pem.p, pem.n), 0);
  assert_int_equal(amt_bearssl_anchors_end(&a), 0);
  me.cfg.anchors = a.list, me.cfg.anchor_count = a.count;
#else
  amt_mbedtls_server_init(&me.cfg);
  mbedtls_x509_crt_init(&a);
  assert_int_equal(mbedtls_x509_crt_parse(&a, pem.p, pem.n + 1), 0);
  me.cfg.anchors = &a;
#endif
  bytes_free(&pem);
  me.cfg.tls.time = test_time, me.cfg.tls.random = test_random;
  return 0;
}
#define TLS_TEST(name) TEST_WITH(name, tls_begin, test_end)
#endif

static int test_end(void **state)
{
  (void)state;
  memset(&plan, 0, sizeof plan);
  over_tls = 0, each_turn = NULL;
  return 0;
}
#define PLAIN_TEST(name) TEST_WITH(name, NULL, test_end)

static int program_end(void **state)
{
  (void)state;
  text_free(&got.part);
#if TLS
  peer_free(&srv);
  authorities_free();
#ifdef AMT_MBEDTLS
  mbedtls_x509_crt_free(me.cfg.anchors);
  amt_mbedtls_server_end(&me.cfg);
#endif
#endif
  printf("FAULTS injected %u\n", injected);
  return 0;
}

/* ------------------------------------------------------------------------
   >>faults */

static void tls_fresh(void)
{
#if defined(AMT_BEARSSL)
  if (over_tls) amt_bearssl_forget(&me.cfg);
#elif defined(AMT_MBEDTLS)
  if (over_tls) amt_mbedtls_forget(&me.cfg);
#endif
}

/* Runs without a fault and sets how many calls a run with one may make. An
   outage lasts up to 300 s, with pauses that grow to 30 s: at most 30 attempts
   of a few calls each. Each byte may also come alone. */
static long calibrate(const scenario *sc, size_t size)
{
  snprintf(what, sizeof what, "%s%s, no fault", sc->name, over_tls ? ", TLS" : "");
  fl.at = 0, fl.most = 100000;
  client_begin(sc, size);
  client_run(sc);
  judge(sc, 1);
  CHECK(got.last == AMT_DONE && me.j.code == (sc->kill ? 3 : 4));
  client_end();
  fl.most = 30 * fl.calls + 2 * (long)fl.moved;
  return fl.calls;
}

static long most_seen;
#define TLS_STRIDE 7u

static void with_fault(const scenario *sc, size_t size, long n, int kind,
                       int extent)
{
  static const char *const extents[] = { "once", "on this connection", "forever" };
  uint32_t took;
  snprintf(what, sizeof what, "%s%s, %s, buffer %d: call %ld %s, %s", sc->name,
           over_tls ? ", TLS" : "", plan.waits ? "amt_wait" : "amt_poll",
           (int)size, n, kind_name[kind], extents[extent]);
  fl.at = n, fl.kind = kind, fl.extent = extent;
  client_begin(sc, size);
  client_run(sc);
  took = server_clock - plan.from;
  CHECK(took < 1000000); /* outage, last limit, pauses, the run itself */
  if (fl.hit && kind == ONE) CHECK(got.last == AMT_DONE);
  if (fl.hit && kind == NOT_YET && extent == ONCE) CHECK(got.last == AMT_DONE);
  judge(sc, extent != FOREVER || kind == ONE);
  if (fl.calls > most_seen) most_seen = fl.calls;
  injected += fl.hit != 0;
  client_end();
}

static int has_extent(int kind, int extent)
{
  return extent != LINE || kind == NOT_YET || kind == ONE;
}

/* Tries every `stride`th of all faults of all calls. */
static void faults_anywhere(const scenario *sc, size_t size, unsigned stride,
                            int fresh)
{
  static unsigned count;
  long all, most, n;
  int  kind, extent;
  tls_fresh();
  all = calibrate(sc, size);
  if (!fresh) all = calibrate(sc, size);
  for (most = fl.most, n = 1; n <= all; n++, count++)
    for (kind = 0; kind < KINDS; kind++)
      for (extent = 0; extent < EXTENTS; extent++)
        if (has_extent(kind, extent) && ++count % stride == 0) {
          if (fresh) tls_fresh();
          fl.most = most;
          with_fault(sc, size, n, kind, extent);
        }
}

PLAIN_TEST(a_job_survives_one_fault_anywhere)
{
  size_t i;
  for (i = 0; i < COUNT(jobs); i++)
    for (plan.waits = 0; plan.waits < 2; plan.waits++)
      faults_anywhere(&jobs[i], plan.waits ? 300 : 64, 1, 0);
  print_message("           %u runs, at most %ld calls\n", injected, most_seen);
}

#if TLS
TLS_TEST(a_job_over_tls_survives_one_fault_anywhere)
{
  size_t i;
  for (i = 0; i < COUNT(jobs); i++, plan.waits = i % 2)
    faults_anywhere(&jobs[i], 200, TLS_STRIDE, 0);
  print_message("           %u runs, at most %ld calls\n", injected, most_seen);
}

TLS_TEST(a_full_handshake_survives_one_fault_anywhere)
{
  faults_anywhere(&jobs[0], 64, TLS_STRIDE, 1);
}
#endif

/* ------------------------------------------------------------------------
   >>clock

   A jump ahead may end the call under way, because its limits have passed, and
   use up the give-up time. Then the outcome of a Start is unknown, and a known
   run is "lost". It may cost a kept connection or a token. A step back may
   cost a connection, a token, and the time of the step. Neither may cost a
   message or a code, or cause a second Start. A clock that wraps costs
   nothing. */

static void clock_runs(const scenario *sc, uint32_t from, uint32_t jump,
                       int silent)
{
  int      harmless = !silent && jump - 1 >= 0x7FFFFFFFu; /* no jump, or back */
  long     all, n;
  uint32_t took;
  plan.poll = 0, plan.from = from;
  calibrate(sc, 64);
  all = jump == 0 && !silent ? 1 : turn;
  for (n = 1; n <= all; n++) {
    snprintf(what, sizeof what, "%s%s: from %lx, %lx more at poll %ld%s",
             sc->name, over_tls ? ", TLS" : "", (unsigned long)from,
             (unsigned long)jump, n, silent ? ", then silence" : "");
    plan.poll = n, plan.jump = jump, plan.silent = silent;
    fl.kind = NOT_YET, fl.extent = FOREVER, fl.at = 0;
    client_begin(sc, 64);
    client_run(sc);
    took = server_clock - from - jump;
    if (turn >= n) CHECK(took < 1000000);
    judge(sc, harmless);
    injected++;
    client_end();
  }
}

static void clock_jumps_and_wraps(void)
{
  static const uint32_t from[] = { 5000, 0xFFFFFFFFu, 0xFFFFFFF0u,
    0u - 1000, 0u - 10001, 0u - 15000, 0u - 25003, 0x7FFFFFF0u, 0x7FFFFFFFu };
  static const uint32_t jumps[] = { 0, 3600000, 0x7FFFFFFFu, 0u - 1000 };
  size_t i, f, k;
  for (i = 0; i < (over_tls ? 2 : COUNT(jobs)); i++)
    for (f = 0; f < COUNT(from); f++)
      for (k = 0; k < COUNT(jumps); k++) {
        plan.waits = (int)(i + f + k) % 2;
        if (over_tls && (i + f + k) % 3 != 0) continue;
        clock_runs(&jobs[i], from[f], jumps[k], 0);
        clock_runs(&jobs[i], from[f], jumps[k], 1);
        clock_runs(&jobs[i], from[f], jumps[k], 2);
      }
}

PLAIN_TEST(the_clock_jumps_and_wraps_at_any_poll)
{
  clock_jumps_and_wraps();
}

#if TLS
TLS_TEST(the_clock_jumps_and_wraps_at_any_poll_over_tls)
{
  clock_jumps_and_wraps();
}
#endif

/* ------------------------------------------------------------------------
   >>secrets

   The library writes no trace and no log, only events and amt_error's texts.
   The stack is searched only without sanitizers, which change it, and without
   TLS, where OpenSSL uses the same stack. */

#if defined(__SANITIZE_ADDRESS__)
#define STACK 0
#elif defined(__has_feature)
#define STACK !__has_feature(address_sanitizer)
#else
#define STACK 1
#endif
#define STACK_SIZE ((size_t)1 << 18)
#define TOKEN "S3kret.Tok3n-zq8xk4wj7vpXY"

static const char *const secrets[] = { PASSWORD, "Kn0sp\\\"en\\\\W1nd-2718",
  "b2NhZG06S24wc3AiZW5cVzFuZC0yNzE4", "Zweit-wort_9944",
  "b2NhZG06WndlaXQtd29ydF85OTQ0", TOKEN };
static unsigned found[COUNT(secrets)];
enum { AUTH_JSON, AUTH_BASIC, AUTH_LENT, AUTH_BASIC_LENT, AUTH_REPLACED, AUTH_REFUSED,
       AUTHS };
static char lent[sizeof PASSWORD];
static struct { int auth, drop; } ending;

static const char *lend(void *ctx, int begin)
{
  (void)ctx;
  memset(lent, 0, sizeof lent);
  return begin ? strcpy(lent, PASSWORD) : NULL;
}

static void no_secret_in(const void *p, size_t n, const char *where)
{
  size_t i;
  for (i = 0; i < COUNT(secrets); i++)
    if (lies_in(p, n, secrets[i]))
      fail_msg("%s: %s holds %s", what, where, secrets[i]);
}

static void look(amt_event e)
{
  size_t i;
  for (i = 0; i < COUNT(secrets); i++)
    found[i] += (unsigned)lies_in(me.pool.buf, me.pool.size, secrets[i]) +
                (unsigned)lies_in(me.token, sizeof me.token, secrets[i]);
  no_secret_in(&me.j, sizeof me.j, "the job");
  no_secret_in(amt_error(me.j.error), strlen(amt_error(me.j.error)), "an error");
  if (me.j.msg) no_secret_in(me.j.msg, me.j.msg_len, "a message");
  if (e == AMT_STARTED && ending.auth == AUTH_REPLACED)
    CHECK(amt_session_credentials(&me.s, "ocadm", "Zweit-wort_9944") == 1);
  if (e == AMT_STARTING && me.j.http_status != 0) /* just signed in */
    CHECK(zeroed(me.pool.buf, me.pool.size));
  if (e == AMT_BUSY && ending.drop && fl.hit && me.j.phase__ < AMT__ENDED) {
    amt_drop(&me.pool, &me.j);
    CHECK(me.j.op != AMT_SIGN_IN || zeroed(me.pool.buf, me.pool.size));
  }
}

static void one_ending(void)
{
  static const step tokens[] = { { AMT_SIGN_IN, 200, "{\"Token\":\"" TOKEN
    "\",\"ExpiresIn\":3600}", 0, 0, 0, 99 } };
  static const step no[] = { { AMT_SIGN_IN, 401, "{\"Message\":\"no\"}", 0, 0, 0,
                               99 } };
  static amt_wire wire;
  wire = *amt_wire_default();
  if (ending.auth == AUTH_BASIC || ending.auth == AUTH_BASIC_LENT) {
    wire.call[AMT_SIGN_IN].path = NULL;
    wire.headers = "Authorization: Basic " AMT_HOLE_BASIC "\r\n";
  }
  client_begin(&jobs[0], 512);
  sim.steps = ending.auth == AUTH_REFUSED ? no : tokens;
  sim.step_count = 1, sim.scheme = NULL;
  me.s.wire = &wire;
  if (ending.auth == AUTH_LENT || ending.auth == AUTH_BASIC_LENT)
    me.s.secret = lend, me.s.password = NULL;
  each_turn = look;
  client_run(&jobs[0]);
  each_turn = NULL;
  client_end();
}

static ucontext_t back, there;

/* Runs on a stack of its own and searches all of it. */
static void end_and_search(void)
{
  static char *stack;
  volatile size_t at = 0; /* getcontext returns twice */
  if (STACK && !over_tls) {
    if (stack == NULL)
      stack = (char *)mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(stack, 0, STACK_SIZE);
    getcontext(&there);
    there.uc_stack.ss_sp = stack, there.uc_stack.ss_size = STACK_SIZE;
    there.uc_link = &back;
    makecontext(&there, one_ending, 0);
    swapcontext(&back, &there);
    while (at < STACK_SIZE && stack[at] == 0) at++;
    CHECK(at > 0 && at < STACK_SIZE);
    no_secret_in(stack + at, STACK_SIZE - at, "the stack");
  } else {
    one_ending();
  }
  tls_fresh();
  no_secret_in(&me, sizeof me, "the client");
  no_secret_in(me.pool.buf, me.pool.size, "the buffer");
  CHECK(zeroed(lent, sizeof lent));
#if TLS
  CHECK(!over_tls || memmem(&me, sizeof me, srv.master, 48) == NULL);
#endif
}

static void secrets_are_wiped(void)
{
  static const int ends[] = { NOT_YET, RESET, LOST, TORN, NOT_YET };
  size_t k;
  long   all, n;
  memset(found, 0, sizeof found);
  for (ending.auth = 0; ending.auth < AUTHS; ending.auth++) {
    ending.drop = 0, fl.at = 0, fl.most = 100000;
    snprintf(what, sizeof what, "sign-in %d", ending.auth);
    end_and_search();
    if (ending.auth == AUTH_REFUSED)
      CHECK(got.last == AMT_FAILED && me.j.error == AMT_E_SIGN_IN);
    else
      CHECK(got.last == AMT_DONE && me.j.log_complete);
    for (all = fl.calls, n = 1; n <= all; n += over_tls ? 3 : 1)
      for (k = 0; k < COUNT(ends); k++) {
        ending.drop = k == 0;
        fl.at = n, fl.kind = ends[k], fl.extent = FOREVER;
        snprintf(what, sizeof what, "sign-in %d, %scall %ld %s", ending.auth,
                 ending.drop ? "dropped, " : "", n, kind_name[ends[k]]);
        end_and_search();
        if (ending.drop && got.last == AMT_FAILED)
          CHECK(me.j.error == AMT_E_FORGOTTEN || me.j.error == AMT_E_SIGN_IN);
        injected++;
      }
  }
  for (k = 1; k < COUNT(secrets); k++) /* the search finds them, but nobody */
    CHECK(found[k] != 0 || k == 4);    /* signs in by Basic with number 4 */
  ending.auth = ending.drop = 0;
}

PLAIN_TEST(no_secret_outlives_its_session)
{
  secrets_are_wiped();
}

#if TLS
TLS_TEST(no_secret_outlives_its_session_over_tls)
{
  secrets_are_wiped();
}
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
