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

/* The look before the next request sees the end: nothing is sent into it. */
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

/* It dies between the look and the write, or after it. The library never
   sends again by itself; `reused` and `sent` tell the caller what it may do. */
TEST(a_kept_connection_that_dies_is_told_and_not_sent_again)
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

/* Nothing was asked: whoever sent it may mean it as the next reply. */
TEST(bytes_before_the_first_byte_of_a_request_are_never_its_reply)
{
  static const char evil[] = OK "Content-Length: 4\r\n\r\nEVIL";
  static const char both[] = REPLY_1 OK "Content-Length: 4\r\n\r\nEVIL";
  size_t            piece;
  /* It lies there when the next call begins. */
  begin_test();
  ANSWER(0, 1, REPLY_1);
  ANSWER(1, 1, REPLY_2);
  call();
  ANSWER(0, 1, evil);
  CALL_GIVES("200 [second] END", "unasked");
  assert_int_equal(mem.opens, 2);
  /* It comes with the reply itself, however that is cut. */
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

/* The reply that was too late must not be taken for the next one's. */
TEST(the_reply_to_a_timed_out_request_is_never_the_next_ones)
{
  begin_test();
  conn.limits.idle = 100;
  step = 10;
  ANSWER(1, 1, REPLY_2);
  CALL_GIVES("[] TIMEOUT", "no reply");
  assert_int_equal(mem.closes, 1);
  ANSWER(0, 1, REPLY_1); /* now it comes */
  CALL_GIVES("200 [second] END", "the next");
  assert_int_equal(mem.opens, 2);
}

/* Giving up in mid-call closes as well. */
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

/* After its first reply a connection is left idle: is it used again? */
typedef struct pause_row {
  unsigned timeout;     /* seconds, told by the first reply; 0: it tells none */
  uint32_t keep;        /* the connection's own limit; 0: the default, 60 s */
  uint32_t max;         /* that of the second call; 0: none */
  uint32_t idle;        /* it is idle so long */
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

/* Wherever the clock stands. */
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

/* The server said how long it keeps the connection: its last second is left
   alone, since a request may take that long to arrive. */
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

/* It is the last reply that says so. */
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
  assert_int_equal(conn.state, AMT_CONN_CLOSED); /* a second is too little */
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

/* What was given up must not arrive later: the kernel would go on sending. */
TEST(a_call_given_up_is_reset_and_one_that_ended_is_not)
{
  begin_test();
  step = 1000;
  assert_int_equal(call(), AMT_E_TIMEOUT); /* no answer */
  assert_int_equal(mem.aborts, 1);
  ANSWER(1, 1, REPLY_CLOSE);
  ANSWER(2, 1, REPLY_1);
  assert_int_equal(call(), AMT_HTTP_END); /* closed after its reply */
  assert_int_equal(call(), AMT_HTTP_END); /* kept, and closed idle */
  amt_http_close(&conn);
  assert_int_equal(mem.closes, 3);
  assert_int_equal(mem.aborts, 1);
  begin_test();
  mem.open_never = 1;
  step = 1000;
  assert_int_equal(call(), AMT_E_TIMEOUT); /* not one byte had left */
  assert_int_equal(mem.aborts, 0);
}

/* `quiet` saves the look, once. */
TEST(quiet_saves_the_look_at_an_idle_connection)
{
  unsigned reads;
  begin_test();
  ANSWER(0, 1, REPLY_1);
  ANSWER(0, 2, REPLY_1);
  ANSWER(0, 3, REPLY_1);
  call();
  reads = mem.reads;
  amt_http_begin(&conn, now, 0);
  assert_int_equal(mem.reads, reads + 1); /* a look */
  call_on();
  mem.wait_result = 0;
  assert_int_equal(amt_http_wait(&conn, 10), 0);
  assert_int_equal(mem.want, AMT_WANT_NOTHING);
  assert_int_equal(conn.known_idle, 1);
  reads = mem.reads;
  amt_http_begin(&conn, now, 0);
  assert_int_equal(mem.reads, reads); /* none */
  assert_int_equal(conn.known_idle, 0);
  assert_int_equal(conn.reused, 1);
  call_on();
  text_same(&saw, "200 [first] END", "third");
  /* A wait that a signal ended has not seen that nothing came. */
  mem.wait_result = AMT_INTERRUPTED;
  assert_int_equal(amt_http_wait(&conn, 10), AMT_INTERRUPTED);
  assert_int_equal(conn.known_idle, 0);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  /* One that saw something closes. */
  mem.wait_result = 1;
  assert_int_equal(amt_http_wait(&conn, 10), 1);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(conn.known_idle, 0);
  assert_int_equal(mem.is_open, 0);
  /* `quiet` does not make a stale one young. */
  conn.known_idle = 1;
  call();
  assert_int_equal(conn.reused, 0);
}

TEST(a_408_on_an_unused_connection_is_never_a_reply)
{
  static const int ends[] = { AMT_AGAIN, AMT_E_EOF, AMT_E_RESET };
  size_t           i;
  for (i = 0; i < COUNT(ends); i++) {
    /* A kept one: the next call has one of its own, */
    begin_test();
    ANSWER(0, 1, REPLY_1);
    ANSWER(1, 1, REPLY_2);
    call();
    TAPE(0, request_size(), REPLY_408, ends[i]);
    CALL_GIVES("200 [second] END", "kept, then %s", error_name(ends[i]));
    assert_int_equal(mem.opens, 2);
    check_sent(2, 0);
    /* and a wait closes it. */
    begin_test();
    mem.wait_result = 1;
    ANSWER(0, 1, REPLY_1);
    TAPE(0, request_size(), REPLY_408, ends[i]);
    call();
    assert_int_equal(amt_http_wait(&conn, 10), 1);
    assert_int_equal(conn.state, AMT_CONN_CLOSED);
    /* A new one: it lies there as soon as it is open, */
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
