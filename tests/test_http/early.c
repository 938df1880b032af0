/* early.c - a reply that comes while the request is still going out is read.
   The call tells whether a byte of the request can have left. Before the first
   byte there is no reply. */

#include "http.h"

#define REPLY_100 "HTTP/1.1 100 Continue\r\n\r\n"

TEST(a_reply_during_the_request_stops_it_and_closes_after)
{
  static const int fulls[] = { AMT_AGAIN, AMT_E_RESET };
  size_t           f, room, size, piece;
  for (f = 0; f < COUNT(fulls); f++)
    for (room = 1; room < 1500; room += room < 5 ? 1 : 333)
      for (size = 64; size < 2000; size += 999)
        for (piece = 0; piece < 9; piece++) {
          begin_test();
          buf_size = size;
          request_body = 5000;
          mem.room = room;
          mem.full = fulls[f];
          mem.read_size = piece;
          TAPE(0, room, REPLY_413, AMT_AGAIN);
          CALL_GIVES("413 [big] END", "room %zu, then %s, %zu by %zu", room,
                     error_name(fulls[f]), size, piece);
          check_sent(0, room);
          assert_int_equal(conn.early, 1);
          assert_int_equal(conn.state, AMT_CONN_CLOSED);
        }
}

/* There can be no reply before a byte has gone out. */
TEST(bytes_before_the_first_byte_of_a_request_are_refused)
{
  begin_test();
  conn.limits.idle = 100;
  mem_fault(ON_WRITE, 1, AMT_AGAIN);
  TAPE(0, 0, REPLY_1, AMT_AGAIN);
  CALL_GIVES("[] UNASKED", "nothing sent");
  assert_int_equal(mem.reads, 1);
  assert_int_equal(mem.writes, 0);
  assert_int_equal(conn.sent, 0);
}

TEST(bytes_that_come_before_the_first_write_are_UNASKED)
{
  amt_window o;
  begin_test();
  call_begin();
  assert_int_equal(amt_http_poll(&conn, &url, buf, buf_size, now),
                   AMT_HTTP_SEND); /* no early reply */
  TAPE(0, 0, OK, AMT_AGAIN);
  mem_fault(ON_WRITE, 1, AMT_AGAIN);
  amt_window_init(&o, (char *)buf, buf_size, 0);
  put_request(&o);
  assert_int_equal(amt_http_send(&conn, &o, now), AMT_E_HTTP_UNASKED);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(mem.closes, 1);
}

/* As with a modem that sends the bytes and then answers ERROR. The reply may be
   there; nothing more is written. */
TEST(a_reply_behind_a_write_that_failed_is_read)
{
  size_t at, piece;
  for (at = 1; at < 4; at++)
    for (piece = 0; piece < 30; piece++) {
      size_t all;
      begin_test();
      request_body = 100;
      mem.write_size = 50;
      mem.read_size = piece;
      mem_fault(ON_WRITE, (unsigned)at, AMT_E_RESET);
      mem.pushes = 1;
      all = 50 * at < request_size() ? 50 * at : request_size();
      TAPE(0, all, "HTTP/1.1 103 Hints\r\n\r\n" REPLY_1, AMT_E_RESET);
      CALL_GIVES("200 [first] END", "write %zu, by %zu", at, piece);
      assert_int_equal(conn.early, 1);
      assert_int_equal(conn.taken, 2);
      assert_int_equal(conn.sent, 50 * (at - 1));
      assert_int_equal(conn.state, AMT_CONN_CLOSED);
      assert_int_equal(mem.writes, at);
      check_sent(0, all);
    }
  /* An interim reply does not continue a request whose write failed. */
  begin_test();
  conn.limits.idle = 100;
  request_body = 100;
  mem_fault(ON_WRITE, 1, AMT_E_RESET);
  mem.pushes = 1;
  ANSWER(0, 1, REPLY_100);
  CALL_GIVES("[] TIMEOUT", "an interim reply alone");
  assert_int_equal(mem.writes, 1);
  check_sent(1, 0);
}

/* Then the request can safely be sent again. */
TEST(taken_is_0_only_if_no_byte_can_have_left)
{
  static const struct {
    unsigned    write; /* this write, from 1, */
    int         fault; /* has this result */
    const char *gives;
    int         taken;
  } list[] = {
    { .write = 1, .fault = AMT_AGAIN, .gives = "[] TIMEOUT", .taken = 0 },
    { .write = 2, .fault = AMT_AGAIN, .gives = "[] TIMEOUT", .taken = 1 },
    { .write = 1, .fault = AMT_E_RESET, .gives = "[] RESET", .taken = 2 },
    { .write = 2, .fault = AMT_E_RESET, .gives = "[] RESET", .taken = 2 },
    { .write = 1, .fault = AMT_E_EOF, .gives = "[] EOF", .taken = 2 },
    /* no write fails, but no reply comes */
    { .write = 1000, .gives = "[] TIMEOUT", .taken = 1 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    begin_test();
    conn.limits.idle = 100;
    mem.write_size = 10;
    mem_fault(ON_WRITE, list[i].write, list[i].fault);
    CALL_GIVES(list[i].gives, "write %u", list[i].write);
    if (conn.taken != list[i].taken)
      fail_msg("%s of write %u: taken %d", error_name(list[i].fault),
               list[i].write, conn.taken);
    assert_int_equal(mem.aborts, 1);
    amt_http_begin(&conn, now, 0);
    assert_int_equal(conn.taken, 0);
  }
  begin_test();
  mem_fault(ON_OPEN, 1, AMT_E_CONNECT);
  assert_int_equal(call(), AMT_E_CONNECT);
  assert_int_equal(conn.taken, 0);
}

TEST(an_end_during_the_request_is_an_error)
{
  static const struct {
    int         read, write; /* results once the server takes no more */
    const char *gives;
  } list[] = {
    { .read = AMT_E_EOF, .write = AMT_AGAIN, .gives = "[] EOF" },
    { .read = AMT_E_RESET, .write = AMT_AGAIN, .gives = "[] RESET" },
    { .read = AMT_AGAIN, .write = AMT_E_RESET, .gives = "[] RESET" }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    begin_test();
    request_body = 5000;
    mem.room = 700;
    mem.full = list[i].write;
    TAPE(0, 700, "", list[i].read);
    CALL_GIVES(list[i].gives, "a read %s, a write %s",
               error_name(list[i].read), error_name(list[i].write));
    check_sent(0, 700);
  }
}

/* 100 and 103 are no final reply: the rest of the request must go out. */
TEST(an_interim_reply_during_the_request_does_not_stop_it)
{
  begin_test();
  conn.limits.idle = 100;
  request_body = 500;
  mem.write_size = 300;
  mem.shy = 2; /* write 2 says "not yet"; the read after it finds 100 */
  mem.bold = ON_READ;
  TAPE(0, 300, REPLY_100, AMT_AGAIN);
  ANSWER(0, 1, REPLY_1);
  CALL_GIVES("200 [first] END", "100 in mid-request");
  check_sent(1, 0);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
