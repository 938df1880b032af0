/* kept.c - a kept connection is used again while it can be trusted: within its
   time, and with nothing unasked on it. Nothing is ever sent twice. */

#include "http.h"

#define REPLY_CLOSE OK5 "Connection: close\r\n\r\nfirst"

TEST(a_kept_connection_is_used_again)
{
  begin_test();
  ANSWER(0, 1, REPLY_1);
  ANSWER(0, 2, REPLY_2);
  CALL_GIVES("200 [first] END", "first");
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  assert_int_equal(conn.reused, 0);
  CALL_GIVES("200 [second] END", "second");
  assert_int_equal(conn.reused, 1);
  assert_int_equal(mem.opens, 1);
  assert_int_equal(conn.body, 6);
  check_sent(2, 0);
}

/* A read before the request finds the end, so nothing is sent into it. */
TEST(a_stale_kept_connection_is_opened_anew)
{
  static const int ends[] = { AMT_E_EOF, AMT_E_RESET };
  size_t           i;
  for (i = 0; i < COUNT(ends); i++) {
    begin_test();
    TAPE(0, request_size(), REPLY_1, ends[i]);
    ANSWER(1, 1, REPLY_2);
    call();
    assert_int_equal(conn.state, AMT_CONN_IDLE);
    CALL_GIVES("200 [second] END", "after %s", error_name(ends[i]));
    assert_int_equal(conn.reused, 0);
    assert_int_equal(mem.opens, 2);
    assert_int_equal(mem.closes, 1);
    check_sent(2, 0);
  }
}

/* The connection breaks between that read and the write, or later. The library
   does not send again; `reused` and `sent` tell the caller what may be done. */
TEST(a_request_on_a_dying_kept_connection_is_not_repeated)
{
  begin_test();
  ANSWER(0, 1, REPLY_1);
  call();
  mem_fault(ON_WRITE, 1, AMT_E_RESET);
  CALL_GIVES("[] RESET", "on the write");
  assert_int_equal(conn.reused, 1);
  assert_int_equal(conn.sent, 0);
  assert_int_equal(conn.taken, 2);
  assert_int_equal(mem.opens, 1);
  check_sent(1, 0);
  begin_test();
  ANSWER(0, 1, REPLY_1);
  TAPE(0, 2 * request_size(), "", AMT_E_EOF);
  call();
  CALL_GIVES("[] EOF", "after it");
  assert_int_equal(conn.reused, 1);
  assert_int_equal(conn.sent, request_size());
  assert_int_equal(mem.opens, 1);
  check_sent(2, 0);
}

/* Nobody asked for these bytes. They may be meant as the next reply. */
TEST(bytes_before_the_first_byte_of_a_request_are_never_its_reply)
{
  static const char evil[] = OK "Content-Length: 4\r\n\r\nEVIL";
  static const char both[] = REPLY_1 OK "Content-Length: 4\r\n\r\nEVIL";
  size_t            piece;
  /* They are there when the next call begins. */
  begin_test();
  ANSWER(0, 1, REPLY_1);
  ANSWER(1, 1, REPLY_2);
  call();
  ANSWER(0, 1, evil);
  CALL_GIVES("200 [second] END", "unasked");
  assert_int_equal(mem.opens, 2);
  /* They come with the reply, in any pieces. */
  for (piece = 0; piece < sizeof both; piece++) {
    begin_test();
    mem.read_size = piece;
    ANSWER(0, 1, both);
    ANSWER(1, 1, REPLY_2);
    CALL_GIVES("200 [first] END", "by %zu", piece);
    CALL_GIVES("200 [second] END", "by %zu", piece);
    assert_int_equal(mem.opens, 2);
  }
}

/* The late reply must not count as the reply to the next request. */
TEST(the_reply_to_a_timed_out_request_is_never_the_next_ones)
{
  begin_test();
  conn.limits.idle = 100;
  step = 10;
  ANSWER(1, 1, REPLY_2);
  CALL_GIVES("[] TIMEOUT", "no reply");
  assert_int_equal(mem.closes, 1);
  ANSWER(0, 1, REPLY_1); /* arrives now */
  CALL_GIVES("200 [second] END", "the next");
  assert_int_equal(mem.opens, 2);
}

/* A call given up in the middle closes the connection. */
TEST(a_call_begun_in_mid_call_takes_a_new_connection)
{
  int steps;
  for (steps = 0; steps < 40; steps++) {
    int i, e = 0;
    begin_test();
    mem.read_size = 1;
    ANSWER(0, 1, REPLY_1);
    ANSWER(1, 1, REPLY_2);
    ANSWER(0, 1, REPLY_1);
    call_begin();
    for (i = 0; i < steps && e != AMT_HTTP_END; i++) e = call_step();
    assert_true(e >= 0 && e != AMT_HTTP_END);
    CALL_GIVES(mem.opens == 1 ? "200 [first] END" : "200 [second] END",
               "after %d steps", steps);
    assert_true(mem.opens == 2 || steps == 0);
  }
}

/* A connection stays idle after its first reply. Is it reused? */
typedef struct pause_row {
  unsigned timeout;     /* seconds, sent with the first reply; 0: none */
  uint32_t keep;        /* the client's limit; 0: the default, 60 s */
  uint32_t max;         /* of the second call; 0: none */
  uint32_t idle;        /* how long it is idle */
  int      used_again;
} pause_row;

static void pause_from(const pause_row *p, uint32_t start)
{
  char reply[200] = REPLY_1, what[200];
  snprintf(what, sizeof what, "timeout %u, keep %u, max %u, idle %u from %u on",
           p->timeout, p->keep, p->max, p->idle, start);
  if (p->timeout != 0)
    sprintf(reply, OK5 "Keep-Alive: timeout=%u, max=9\r\n\r\nfirst",
            p->timeout);
  begin_test();
  now = start;
  step = 0;
  conn.limits.keep = p->keep;
  tape_add(0, request_size(), reply, strlen(reply), AMT_AGAIN);
  ANSWER(0, 2, REPLY_2);
  ANSWER(1, 1, REPLY_2);
  CALL_GIVES("200 [first] END", "%s", what);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  now += p->idle;
  amt_http_begin(&conn, now, p->max);
  call_on();
  text_same(&saw, "200 [second] END", "%s", what);
  if (conn.reused != p->used_again || mem.opens != (p->used_again ? 1 : 2))
    fail_msg("%s: used again %d", what, conn.reused);
}

/* At all positions of the clock. */
static void pauses(const pause_row *p, size_t count)
{
  size_t i;
  for (i = 0; i < count; i++) {
    pause_from(&p[i], 1000);
    pause_from(&p[i], 0x7FFFFFF0u);
    pause_from(&p[i], 0xFFFFFFF0u);
  }
}

TEST(a_kept_connection_has_an_idle_limit)
{
  static const pause_row list[] = {
    { .idle = 60000, .used_again = 1 },
    { .idle = 60001, .used_again = 0 },
    { .keep = 500, .idle = 500, .used_again = 1 },
    { .keep = 500, .idle = 501, .used_again = 0 },
    { .keep = 500, .max = 100, .idle = 100, .used_again = 1 },
    { .keep = 500, .max = 100, .idle = 101, .used_again = 0 },
    { .keep = 100, .max = 5000, .idle = 101, .used_again = 1 }
  };
  pauses(list, COUNT(list));
}

/* The server said how long it keeps the connection. The last second of that is
   not used: a request may take that long to arrive. */
TEST(a_kept_connection_is_not_used_in_the_last_second_of_its_time)
{
  static const pause_row list[] = {
    { .timeout = 5, .idle = 3999, .used_again = 1 },
    { .timeout = 5, .idle = 4000, .used_again = 0 },
    { .timeout = 2, .idle = 999, .used_again = 1 },
    { .timeout = 2, .idle = 1000, .used_again = 0 },
    { .timeout = 5, .keep = 3000, .idle = 3000, .used_again = 1 },
    { .timeout = 5, .keep = 3000, .idle = 3001, .used_again = 0 },
    { .timeout = 5, .max = 100, .idle = 101, .used_again = 0 },
    { .timeout = 5, .keep = 9000, .max = 8000, .idle = 4000, .used_again = 0 },
    { .timeout = 99, .idle = 60000, .used_again = 1 },
    { .timeout = 99, .idle = 60001, .used_again = 0 },
    { .timeout = 65535, .keep = 0x7FFFFFFFu, .idle = 65533999u,
      .used_again = 1 },
    { .timeout = 65535, .keep = 0x7FFFFFFFu, .idle = 65534000u,
      .used_again = 0 }
  };
  pauses(list, COUNT(list));
}

/* The last reply with a timeout counts. */
TEST(a_reply_without_Keep_Alive_ends_no_time)
{
  static const char brief[] = OK5 "Keep-Alive: timeout=2\r\n\r\nfirst";
  static const char at_once[] = OK5 "Keep-Alive: timeout=1\r\n\r\nfirst";
  begin_test();
  step = 0;
  ANSWER(0, 1, brief);
  ANSWER(0, 2, REPLY_1);
  ANSWER(0, 3, at_once);
  call();
  call();
  now += 50000;
  CALL_GIVES("200 [first] END", "the third");
  assert_int_equal(mem.opens, 1);
  assert_int_equal(conn.state, AMT_CONN_CLOSED); /* one second is too little */
}

TEST(connection_close_closes)
{
  begin_test();
  ANSWER(0, 1, REPLY_CLOSE);
  ANSWER(1, 1, REPLY_2);
  CALL_GIVES("200 [first] END", "first");
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(mem.closes, 1);
  CALL_GIVES("200 [second] END", "second");
}

/* A request that was given up must not arrive later from the kernel's
   buffers. */
TEST(a_call_given_up_is_reset_and_one_that_ended_is_not)
{
  begin_test();
  step = 1000;
  assert_int_equal(call(), AMT_E_TIMEOUT); /* no answer */
  assert_int_equal(mem.aborts, 1);
  ANSWER(1, 1, REPLY_CLOSE);
  ANSWER(2, 1, REPLY_1);
  assert_int_equal(call(), AMT_HTTP_END); /* closed after its reply */
  assert_int_equal(call(), AMT_HTTP_END); /* kept, then closed while idle */
  amt_http_close(&conn);
  assert_int_equal(mem.closes, 3);
  assert_int_equal(mem.aborts, 1);
  begin_test();
  mem.open_never = 1;
  step = 1000;
  assert_int_equal(call(), AMT_E_TIMEOUT); /* no byte had left */
  assert_int_equal(mem.aborts, 0);
}

/* After an idle wait the next call skips the read that looks for an end,
   once. */
TEST(known_idle_saves_a_read_before_the_request)
{
  unsigned reads;
  begin_test();
  ANSWER(0, 1, REPLY_1);
  ANSWER(0, 2, REPLY_1);
  ANSWER(0, 3, REPLY_1);
  call();
  reads = mem.reads;
  amt_http_begin(&conn, now, 0);
  assert_int_equal(mem.reads, reads + 1); /* the read */
  call_on();
  mem.wait_result = 0;
  assert_int_equal(amt_http_wait(&conn, 10), 0);
  assert_int_equal(mem.want, AMT_WANT_NOTHING);
  assert_int_equal(conn.known_idle, 1);
  reads = mem.reads;
  amt_http_begin(&conn, now, 0);
  assert_int_equal(mem.reads, reads); /* no read */
  assert_int_equal(conn.known_idle, 0);
  assert_int_equal(conn.reused, 1);
  call_on();
  text_same(&saw, "200 [first] END", "third");
  /* A wait that a signal ended does not show that the connection is idle. */
  mem.wait_result = AMT_INTERRUPTED;
  assert_int_equal(amt_http_wait(&conn, 10), AMT_INTERRUPTED);
  assert_int_equal(conn.known_idle, 0);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  /* A wait that saw bytes or an end closes the connection. */
  mem.wait_result = 1;
  assert_int_equal(amt_http_wait(&conn, 10), 1);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(conn.known_idle, 0);
  assert_int_equal(mem.is_open, 0);
  /* `known_idle` does not extend the time. */
  conn.known_idle = 1;
  call();
  assert_int_equal(conn.reused, 0);
}

TEST(a_408_on_an_unused_connection_is_never_a_reply)
{
  static const int ends[] = { AMT_AGAIN, AMT_E_EOF, AMT_E_RESET };
  size_t           i;
  for (i = 0; i < COUNT(ends); i++) {
    /* Kept: the next call opens a new connection, */
    begin_test();
    ANSWER(0, 1, REPLY_1);
    ANSWER(1, 1, REPLY_2);
    call();
    TAPE(0, request_size(), REPLY_408, ends[i]);
    CALL_GIVES("200 [second] END", "kept, then %s", error_name(ends[i]));
    assert_int_equal(mem.opens, 2);
    check_sent(2, 0);
    /* and a wait closes this one. */
    begin_test();
    mem.wait_result = 1;
    ANSWER(0, 1, REPLY_1);
    TAPE(0, request_size(), REPLY_408, ends[i]);
    call();
    assert_int_equal(amt_http_wait(&conn, 10), 1);
    assert_int_equal(conn.state, AMT_CONN_CLOSED);
    /* New: the 408 is there when the connection is open, */
    begin_test();
    TAPE(0, 0, REPLY_408, ends[i]);
    CALL_GIVES("[] UNASKED", "new, then %s", error_name(ends[i]));
    assert_int_equal(conn.taken, 0);
    /* or comes while the first write says "not yet". */
    begin_test();
    mem.shy = 1, mem.bold = ON_OPEN | ON_WRITE;
    mem_fault(ON_WRITE, 1, AMT_AGAIN);
    TAPE(0, 0, REPLY_408, ends[i]);
    CALL_GIVES("[] UNASKED", "not yet, then %s", error_name(ends[i]));
    assert_int_equal(conn.taken, 0);
    assert_int_equal(mem.reads, 2);
    check_sent(0, 0);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
