/* bench_m3.c - bench_http.c's head and bench_poll.c's poll on a Cortex-M3,
   built with -Os, for tests/bench.sh. It counts with qemu's SysTick: with
   -icount shift=0 an instruction takes 1 ns, and a tick 40 ns. The stream is
   a stub, so no system code is counted. Prints "BENCH NAME VALUE". */
#define AMT_IMPLEMENTATION
#include "amt.h"
#include "qemu_arm.h"

#define TICKS ((volatile uint32_t *)0xE000E010) /* control, reload, current */
#define TIMES 100u

static const char head[] =
  "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
  "Date: Sat, 21 Nov 2026 15:27:29 GMT\r\nContent-Type: application/json\r\n"
  "Content-Length: 126\r\nLast-Modified: Sat, 21 Nov 2026 07:00:00 GMT\r\n"
  "Connection: keep-alive\r\nETag: \"65b0c21-7e\"\r\n"
  "Accept-Ranges: bytes\r\n\r\n";
static const char reply[] =
  "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
  "Date: Sat, 21 Nov 2026 15:27:29 GMT\r\nContent-Type: application/json\r\n"
  "Content-Length: 126\r\nConnection: keep-alive\r\n\r\n"
  "{\"BatchRequestId\":2112,\"Status\":2,\"StatusName\":\"RUNNING\","
  "\"Queue\":\"DEFAULT\",\"Station\":\"OPCON\",\"Text\":\"The job is running now."
  "\"}";

static size_t piece; /* how the head is cut */
static int    right; /* the counted call came to its end */

static void one_head(void)
{
  amt_http_reply r;
  size_t         at = 0, used, body, n;
  int            e = AMT_AGAIN;
  amt_http_reply_init(&r);
  while (e == AMT_AGAIN && at < sizeof head - 1) {
    n = sizeof head - 1 - at < piece ? sizeof head - 1 - at : piece;
    e = amt_http_reply_next(&r, (const unsigned char *)head + at, n, &used,
                            &body);
    at += used;
  }
  right = e == AMT_HTTP_HEAD && r.left == 126;
}

/* --- a poll: the reply is there once the request has gone ----------------- */

static size_t      left;
static uint32_t    now;
static amt_stream  stream;
static amt_slot    slot;
static amt_session session;
static amt_job     job;
static char        buf[1024], token[33];
static amt_wire    wire;
static amt_pool    pool;

static int s_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  return (void)s, (void)host, (void)n, (void)port, (void)left_ms, 1;
}

static ptrdiff_t s_read(amt_stream *s, void *p, size_t n)
{
  (void)s;
  if (left == 0) return AMT_AGAIN;
  if (n > left) n = left;
  memcpy(p, reply + sizeof reply - 1 - left, n);
  left -= n;
  return (ptrdiff_t)n;
}

static ptrdiff_t s_write(amt_stream *s, const void *p, size_t n)
{
  (void)s, (void)p;
  left = sizeof reply - 1;
  return (ptrdiff_t)n;
}

static void s_close(amt_stream *s) { (void)s; }

static const amt_stream_ops ops = {s_open, s_read, s_write, s_close, NULL, 0,
                                   NULL};

static void begin(void)
{
  wire = *amt_wire_default();
  wire.call[AMT_SIGN_IN].path = NULL; /* the token is fixed */
  stream.ops = &ops;
  slot.http.stream = &stream;
  session.wire = &wire;
  session.url = "http://192.0.2.1:8080";
  session.token = token;
  session.token_room = sizeof token;
  session.poll = AMT_ZERO;
  pool.conn = &slot;
  pool.count = 1;
  pool.buf = buf;
  pool.size = sizeof buf;
  amt_attach(&job, &session, "DEMO2", "2112");
  while (job.status != 2) amt_poll(&pool, &job, ++now);
}

/* Receives the reply to the last request and sends the next one. */
static void one_poll(void)
{
  right = amt_poll(&pool, &job, ++now) == AMT_BUSY && left != 0 &&
          job.status == 2;
}

/* --- counting -------------------------------------------------------------- */

static void counted(const char *name, void (*what)(void))
{
  uint32_t from, i;
  TICKS[1] = TICKS[2] = 0xFFFFFF;
  TICKS[0] = 5; /* on, with the processor's clock */
  from = TICKS[2];
  for (i = 0; i < TIMES; i++) what();
  from -= TICKS[2];
  if (!right) tell("wrong: ");
  tell("BENCH ");
  tell(name);
  tell(" ");
  tell_number((from & 0xFFFFFF) * 40u / TIMES);
  tell("\n");
}

void board_reset(void)
{
  uint32_t *p, i;
  for (p = board_bss_low; p < board_bss_high; p++) *p = 0;
  for (i = 0; i < sizeof token; i++) /* nothing copies what is initialized */
    token[i] = "3f786850e387550fdab836ed7e6dc881"[i];
  piece = sizeof head;
  counted("m3-http-whole.ir", one_head);
  piece = 64;
  counted("m3-http-head.ir", one_head);
  begin();
  counted("m3-poll.ir", one_poll);
  quit();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
