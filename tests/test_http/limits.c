/* limits.c - each time limit ends a call at the first poll after it has passed,
   wherever the clock stands, wraps or jumps. */

#include "http.h"

/* What the server does, and when the call becomes a TIMEOUT. The limits: 1,000
   ms to connect, 500 idle, 3,000 for the call. */
typedef struct slowness {
  const char *what;
  int         open_never, write_never, drips;
  const char *says;
  uint32_t    after;
} slowness;

static void strikes(const slowness *s, uint32_t start)
{
  begin_test();
  conn.limits.connect = 1000;
  conn.limits.idle = 500;
  conn.limits.call = 3000;
  now = start;
  step = s->drips ? 100 : 20;
  mem.open_never = s->open_never;
  if (s->write_never) mem_fault(ON_WRITE, 1, AMT_AGAIN);
  mem.read_size = mem.shy = s->drips != 0;
  if (s->says != NULL) tape_add(0, 1, s->says, strlen(s->says), AMT_AGAIN);
  amt_http_begin(&conn, now, 0);
  assert_int_equal(amt_http_left(&conn, now), 1000); /* to connect */
  assert_int_equal(call_on(), AMT_E_TIMEOUT);
  if (now - start != s->after)
    fail_msg("%s, from %u: after %u", s->what, start, now - start);
  assert_int_equal(mem.is_open, 0);
}

TEST(limits_strike_on_time_and_when_the_clock_wraps)
{
  static const uint32_t starts[] = {
    0, 1000, 0x7FFFFF00u, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFE00u, 0xFFFFFC18u
  };
  static const slowness list[] = {
    { .what = "no connection", .open_never = 1, .after = 1000 },
    { .what = "no byte is taken", .write_never = 1, .after = 500 },
    { .what = "no reply", .after = 500 },
    /* its last byte comes after 20 ms */
    { .what = "half a reply", .says = OK5 "\r\nhel", .after = 520 },
    { .what = "a byte now and then", .drips = 1, .after = 3000,
      .says = OK "\r\na body of which a byte comes now and then, for ever" }
  };
  size_t s, i;
  for (s = 0; s < COUNT(starts); s++)
    for (i = 0; i < COUNT(list); i++) strikes(&list[i], starts[s]);
}

TEST(left_is_the_nearest_limit)
{
  begin_test();
  amt_http_begin(&conn, now, 0); /* default limits */
  assert_int_equal(amt_http_left(&conn, now), 10000);
  assert_int_equal(amt_http_left(&conn, now + 9999), 1);
  assert_int_equal(amt_http_left(&conn, now + 10000), 0);
  assert_int_equal(amt_http_left(&conn, now + 20000), 0);
  call_send();
  assert_int_equal(amt_http_left(&conn, now), 30000);
  conn.limits.call = 20000;
  assert_int_equal(amt_http_left(&conn, now + 1), 19999);
  assert_int_equal(amt_http_left(&conn, now - 5), 20000); /* back in time */
}

TEST(a_clock_that_jumps_back_does_not_end_a_call)
{
  begin_test();
  conn.limits.idle = 500;
  conn.limits.call = 3000;
  now = 100000;
  call_send();
  now = 40000;
  assert_int_equal(call_step(), AMT_AGAIN);
  assert_in_range(amt_http_left(&conn, now), 1, 500);
  now = 0;
  assert_int_equal(call_step(), AMT_AGAIN);
  TAPE(0, 1, REPLY_1, AMT_AGAIN);
  call_on();
  text_same(&saw, "200 [first] END", "it went back");
}

/* If the whole reply is there, a poll returns it, however late. */
TEST(what_has_arrived_is_given_even_at_the_limit)
{
  begin_test();
  conn.limits.idle = 500;
  call_send();
  TAPE(0, 1, REPLY_1, AMT_AGAIN);
  now += 100000;
  assert_int_equal(call_on(), AMT_HTTP_END);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
