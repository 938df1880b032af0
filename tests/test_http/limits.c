/* limits.c - each limit of time strikes at the first poll at which it has
   passed, wherever the clock stands, wraps or jumps. */

#include "http.h"

/* ------------------------------------------------------------------------
   >>time */

/* When each limit strikes: at the first poll at which it has passed, whatever
   the clock shows, and also when it wraps in mid-call. */
TEST(limits_strike_on_time_and_when_the_clock_wraps)
{
  static const uint32_t starts[] = {
    0, 1000, 0x7FFFFF00u, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFE00u, 0xFFFFFC18u
  };
  size_t s;
  int    phase;
  for (s = 0; s < COUNT(starts); s++)
    for (phase = 0; phase < 5; phase++) {
      /* In the fourth the last byte comes 20 ms after the beginning. */
      static const uint32_t want[] = { 1000, 500, 500, 520, 3000 };
      uint32_t              left;
      begin_test();
      conn.limits.connect = 1000;
      conn.limits.idle = 500;
      conn.limits.call = 3000;
      now = starts[s];
      step = 20;
      if (phase == 0) mem.open_never = 1;
      if (phase == 1) { mem.fault_on = ON_WRITE; mem.fault_at = 1; }
      if (phase == 3) TAPE(0, 1, OK5 "\r\nhel", AMT_AGAIN);
      if (phase == 4) { /* a byte now and then, for ever: the call's limit */
        static char drip[3000] = OK "\r\n";
        memset(drip + strlen(OK "\r\n"), 'x', 2000);
        mem.read_size = 1;
        mem.shy = 1;
        step = 100;
        TAPE(0, 1, drip, AMT_AGAIN);
      }
      amt_http_begin(&conn, now, 0);
      left = amt_http_left(&conn, now);
      assert_int_equal(left, 1000); /* the connect limit comes first */
      assert_int_equal(call_on(), AMT_E_TIMEOUT);
      if (now - starts[s] != want[phase])
        fail_msg("phase %d from %u: after %u", phase, starts[s],
                 now - starts[s]);
      assert_int_equal(mem.is_open, 0);
    }
}

TEST(left_is_the_nearest_limit)
{
  begin_test();
  amt_http_begin(&conn, now, 0); /* the defaults */
  assert_int_equal(amt_http_left(&conn, now), 10000);
  assert_int_equal(amt_http_left(&conn, now + 9999), 1);
  assert_int_equal(amt_http_left(&conn, now + 10000), 0);
  assert_int_equal(amt_http_left(&conn, now + 20000), 0);
  buf = edge_new(buf_size);
  while (conn.state != AMT_CONN_RECEIVING) call_step();
  assert_int_equal(amt_http_left(&conn, now), 30000);
  conn.limits.call = 20000;
  assert_int_equal(amt_http_left(&conn, now + 1), 19999);
  assert_int_equal(amt_http_left(&conn, now - 5), 20000); /* it went back */
}

TEST(a_clock_that_jumps_back_does_not_end_a_call)
{
  int e;
  begin_test();
  conn.limits.idle = 500;
  conn.limits.call = 3000;
  now = 100000;
  call_begin();
  while (conn.state != AMT_CONN_RECEIVING) call_step();
  now = 40000;
  assert_int_equal(call_step(), AMT_AGAIN);
  assert_in_range(amt_http_left(&conn, now), 1, 500);
  now = 0;
  assert_int_equal(call_step(), AMT_AGAIN);
  TAPE(0, 1, REPLY_1, AMT_AGAIN);
  e = call_on();
  assert_int_equal(e, AMT_HTTP_END);
  text_same(&saw, "200 [first] END", "it went back");
}

/* A poll that finds the whole reply there gives it, however late it is. */
TEST(what_has_arrived_is_given_even_at_the_limit)
{
  begin_test();
  conn.limits.idle = 500;
  call_begin();
  while (conn.state != AMT_CONN_RECEIVING) call_step();
  TAPE(0, 1, REPLY_1, AMT_AGAIN);
  now += 100000;
  assert_int_equal(call_on(), AMT_HTTP_END);
}
