/* conn.c - a call over a connection gives what the parser reads, through any
   buffer. A call of the stream that fails never makes a result wrong. */

#include "http.h"

/* One call with this buffer and these pieces. */
static void call_reads_through(const vector *row, size_t size, size_t piece)
{
  begin_test();
  buf_size = size;
  mem.read_size = piece;
  mem.shy = (unsigned)(piece % 3);
  request_body = piece % 5 * 100;
  mem.write_size = piece % 7;
  tape_add(0, request_size(), row->in, row->n, AMT_E_EOF);
  CALL_GIVES(result_only(row->want), "a buffer of %zu, reads of %zu: %s",
             size, piece, row->in);
  check_sent(1, 0);
  assert_int_equal(mem.opens, 1);
  if (conn.state == AMT_CONN_IDLE) {
    if (strstr(row->want, "END keep") == NULL)
      fail_msg("kept, but should be closed: %s", row->in);
  } else {
    assert_int_equal(conn.state, AMT_CONN_CLOSED);
    if (strstr(row->want, "END keep") && !strstr(row->want, "left"))
      fail_msg("closed, but may be kept: %s", row->in);
  }
}

static void call_reads(const vector *row)
{
  static const size_t sizes[] = { 64, 65, 100, 1024 };
  size_t              s, piece;
  for (s = 0; s < COUNT(sizes); s++)
    for (piece = 0; piece <= row->n; piece += piece < 70 ? 1 : 31)
      call_reads_through(row, sizes[s], piece);
}

SLOW_TEST(calls_give_the_same_through_any_buffer)
{
  each_row(ENDS_WELL, call_reads);
}

SLOW_TEST(calls_refuse_the_same_through_any_buffer)
{
  each_row(IS_REFUSED, call_reads);
}

/* The count says how much came. FIN is TRUNCATED, RST is RESET; neither is
   END. */
TEST(a_short_content_length_body_is_TRUNCATED_with_its_count)
{
  static const char in[] = OK "Content-Length: 100\r\n\r\nonly this";
  size_t            piece;
  for (piece = 0; piece < sizeof in; piece++) {
    begin_test();
    mem.read_size = piece;
    TAPE(0, 1, in, AMT_E_EOF);
    CALL_GIVES("200 [only\\x20this] TRUNCATED", "FIN");
    assert_int_equal(conn.body, 9);
    begin_test();
    mem.read_size = piece;
    TAPE(0, 1, in, AMT_E_RESET);
    CALL_GIVES("200 [only\\x20this] RESET", "RST");
    assert_int_equal(conn.body, 9);
  }
}

/* A body that ends with the connection waits on "not yet", is complete at a
   proper end, and is incomplete at an error. (A TLS stream reports an end
   without close_notify as an error.) */
TEST(a_close_delimited_body_is_complete_only_at_a_proper_end)
{
  static const char in[] = OK "\r\nall of it";
  begin_test();
  mem.shy = 3;
  mem.read_size = 1;
  TAPE(0, 1, in, AMT_E_EOF);
  CALL_GIVES("200 [all\\x20of\\x20it] END", "EOF");
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  begin_test();
  TAPE(0, 1, in, AMT_E_RESET);
  CALL_GIVES("200 [all\\x20of\\x20it] RESET", "RESET");
  begin_test();
  conn.limits.idle = 50;
  TAPE(0, 1, in, AMT_AGAIN);
  CALL_GIVES("200 [all\\x20of\\x20it] TIMEOUT", "not yet");
}

/* The framing is complete, so what follows does not matter. */
TEST(a_complete_reply_stays_complete_whatever_follows)
{
  static const char in[] = OK5 "\r\nhello";
  begin_test();
  TAPE(0, 1, in, AMT_E_RESET);
  CALL_GIVES("200 [hello] END", "RESET after it");
  assert_int_equal(mem.reads, 2); /* before the request, and the reply */
}

TEST(a_stream_cut_off_before_the_reply_has_just_ended)
{
  begin_test();
  TAPE(0, request_size(), "", AMT_E_TRUNCATED);
  CALL_GIVES("[] EOF", "no byte of it");
  begin_test();
  TAPE(0, request_size(), "HTT", AMT_E_TRUNCATED);
  CALL_GIVES("[] TRUNCATED", "three bytes of it");
  begin_test();
  /* A body that ends with the connection, which did not end properly. */
  TAPE(0, request_size(), OK "\r\nabc", AMT_E_TRUNCATED);
  CALL_GIVES("200 [abc] TRUNCATED", "a body cut off");
}

/* A server that sends without end must not block the caller's other work. */
TEST(a_poll_receives_at_most_once_however_much_is_there)
{
  static const char *const start[] = { OK "\r\n", OK, CHUNKED "0\r\n" };
  static char flood[5000];
  size_t      i;
  for (i = 0; i < COUNT(start); i++) {
    unsigned polls = 0, reads = 0;
    int      e = 0;
    size_t   n = (size_t)sprintf(flood, "%s", start[i]);
    while (n < 4900) n += (size_t)sprintf(flood + n, "T: x\r\n");
    begin_test();
    buf_size = 64;
    tape_add(0, request_size(), flood, n, AMT_AGAIN);
    call_begin();
    while (mem.on_tape < n && e >= 0) {
      unsigned before = mem.reads;
      e = call_step();
      assert_in_range(mem.reads - before, 0, 1);
      reads += mem.reads - before;
      assert_true(++polls < 2000);
    }
    if (i == 0) assert_int_equal(mem.on_tape, n);
    else assert_int_equal(e, AMT_E_HTTP_SIZE); /* after 100 lines */
    assert_true(reads > 8);
  }
}

TEST(a_redirect_is_reported_and_not_followed)
{
  static const char in[] = "HTTP/1.1 302 Found\r\n"
                           "Location: http://127.0.0.2/\r\n"
                           "Content-Length: 0\r\n\r\n";
  begin_test();
  TAPE(0, 1, in, AMT_AGAIN);
  CALL_GIVES("http://127.0.0.2/ 302 [] END", "redirect");
  check_sent(1, 0);
  assert_int_equal(mem.opens, 1);
}

TEST(a_wait_is_for_what_the_call_waits_for)
{
  amt_stream_ops deaf = memory_ops;
  int            e;
  begin_test();
  mem.wait_result = 1;
  mem.shy = 1;
  ANSWER(0, 1, REPLY_1);
  call_begin();
  assert_int_equal(call_step(), AMT_AGAIN);
  assert_int_equal(conn.state, AMT_CONN_OPENING);
  amt_http_wait(&conn, 1);
  assert_int_equal(mem.want, AMT_WANT_WRITE);
  do e = call_step();
  while (conn.state == AMT_CONN_OPENING);
  assert_int_equal(conn.state, AMT_CONN_SENDING);
  assert_int_equal(e, AMT_AGAIN);
  mem.want = 9;
  amt_http_wait(&conn, 1);
  assert_int_equal(mem.want, AMT_WANT_WRITE);
  while (conn.state == AMT_CONN_SENDING) call_step();
  mem.want = 9;
  amt_http_wait(&conn, 1);
  assert_int_equal(mem.want, AMT_WANT_READ);
  do e = call_step();
  while (e == AMT_AGAIN);
  assert_int_equal(e, AMT_HTTP_HEAD);
  mem.waits = 0; /* received bytes are there: no wait */
  assert_int_equal(amt_http_wait(&conn, 1000), 1);
  assert_int_equal(mem.waits, 0);
  deaf.wait = NULL; /* this stream cannot wait */
  mem.stream.ops = &deaf;
  assert_int_equal(amt_http_wait(&conn, 1000), 0);
}

static int wanted; /* what this stream waits for */

static int says_want(const amt_stream *st, int want)
{
  (void)st, (void)want;
  return wanted;
}

/* A TLS stream may wait for the other direction, or for nothing. */
TEST(a_stream_may_wait_for_something_else)
{
  amt_stream_ops ops = memory_ops;
  begin_test();
  ops.waits_for = says_want;
  mem.stream.ops = &ops;
  wanted = AMT_WANT_READ;
  assert_int_equal(amt_http_want(&conn), AMT_WANT_NOTHING); /* closed */
  call_begin();
  assert_int_equal(amt_http_want(&conn), AMT_WANT_READ);
  mem.wait_result = 7;
  assert_int_equal(amt_http_wait(&conn, 5), 7);
  assert_int_equal(mem.want, AMT_WANT_READ);
  wanted = AMT_WANT_NOW;
  mem.waits = 0;
  assert_int_equal(amt_http_wait(&conn, 5), 1);
  assert_int_equal(mem.waits, 0);
}

/* The same body in each framing. */
typedef struct framing {
  const char *reply;
  int         end; /* of the stream, after it */
} framing;

static const framing framings[] = {
  { .reply = REPLY_1, .end = AMT_AGAIN },
  { .reply = CHUNKED "5\r\nfirst\r\n0\r\n\r\n", .end = AMT_AGAIN },
  { .reply = OK "\r\nfirst", .end = AMT_E_EOF }
};

/* On a stream without faults the next call works. */
static void call_after_fault(const char *what)
{
  size_t i;
  mem.fault_on = 0;
  mem.sent_n = 0;
  if (conn.state == AMT_CONN_IDLE)
    ANSWER(0, 2, REPLY_1);
  else
    for (i = 0; i < mem.tapes; i++) mem.tape[i].connection = mem.opens;
  CALL_GIVES("200 [first] END", "the call after %s", what);
  check_sent(1, 0);
}

/* A call that met a fault and succeeded: the success must be real. */
static void judge_success(const framing *f, int fault, const char *what)
{
  /* A body that ends with the connection may end early. */
  if (f->end != AMT_E_EOF || fault != AMT_E_EOF)
    text_same(&saw, "200 [first] END", "%s", what);
  if (mem.faults != 0 && fault != AMT_E_EOF && fault != AMT_E_RESET &&
      mem.sent_n >= request_size())
    fail_msg("%s: all was sent, but the fault struck", what);
}

static void judge_failure(int e, int fault, const char *what)
{
  int certain = fault == AMT_AGAIN ? AMT_E_TIMEOUT
                : fault == AMT_E_DNS || fault == AMT_E_CONNECT ? fault
                                                               : e;
  if (e >= 0 || e != certain || mem.faults == 0)
    fail_msg("%s: %s", what, saw.s);
  if (mem.is_open || mem.opens != mem.closes)
    fail_msg("%s: the stream is left open", what);
}

/* Call `at` of these operations has this result. Returns 0 if there was
   none. */
static int fault_is_never_a_wrong_result(const framing *f, int on, unsigned at,
                                         int fault)
{
  char what[100];
  int  e, hit;
  snprintf(what, sizeof what, "%s at call %u of operations %d, framing %d",
           error_name(fault), at, on, (int)(f - framings));
  begin_test();
  conn.limits.idle = 200;
  conn.limits.connect = 200;
  buf_size = 64;
  request_body = 200;
  mem.write_size = 50;
  mem.read_size = 7;
  mem.shy = (at - 1) & 1;
  mem_fault(on, at, fault);
  tape_add(0, request_size(), f->reply, strlen(f->reply), f->end);
  e = call();
  hit = mem.faults != 0;
  if (e == AMT_HTTP_END) judge_success(f, fault, what);
  else judge_failure(e, fault, what);
  if (mem.opens > 1) fail_msg("%s: opened again", what);
  check_sent(0, mem.sent_n); /* part of a request, or all of it */
  call_after_fault(what);
  return hit;
}

TEST(each_stream_call_in_turn_may_fail_and_a_result_is_never_wrong)
{
  static const struct { int on, fault; } list[] = {
    { .on = ON_ANY, .fault = AMT_E_RESET },
    { .on = ON_READ, .fault = AMT_E_RESET },
    { .on = ON_WRITE, .fault = AMT_E_RESET },
    { .on = ON_OPEN, .fault = AMT_E_RESET },
    { .on = ON_READ, .fault = AMT_E_EOF },
    { .on = ON_ANY, .fault = AMT_AGAIN },
    { .on = ON_READ, .fault = AMT_AGAIN },
    { .on = ON_WRITE, .fault = AMT_AGAIN },
    { .on = ON_OPEN, .fault = AMT_AGAIN },
    { .on = ON_OPEN, .fault = AMT_E_DNS },
    { .on = ON_OPEN, .fault = AMT_E_CONNECT }
  };
  size_t f, i;
  for (f = 0; f < COUNT(framings); f++)
    for (i = 0; i < COUNT(list); i++) {
      unsigned at = 1;
      while (fault_is_never_a_wrong_result(&framings[f], list[i].on, at,
                                           list[i].fault))
        at++;
      assert_true(at > 1);
    }
}

/* A finished call neither continues nor restarts. */
static void polled_on(void)
{
  int i;
  for (i = 0; i < 3; i++)
    assert_true(amt_http_poll(&conn, &url, edge_new(64), 64, now) < 0);
  assert_int_equal(mem.opens, 1);
}

TEST(a_call_that_has_ended_stays_ended)
{
  begin_test();
  assert_int_equal(amt_http_poll(&conn, &url, edge_new(64), 64, now),
                   AMT_E_EOF); /* no call was begun */
  begin_test();
  TAPE(0, request_size(), "junk", AMT_AGAIN);
  CALL_GIVES("[] STATUS", "junk");
  polled_on();
  begin_test();
  ANSWER(0, 1, REPLY_1);
  CALL_GIVES("200 [first] END", "a good end");
  polled_on();
  check_sent(1, 0);
  amt_http_close(&conn);
  amt_http_close(&conn);
  assert_int_equal(mem.closes, 1);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
