/* test_pump.c - jobs over streams: amt_poll and amt_wait, against an AMT
   server in memory that speaks HTTP.

   cc -std=gnu99 -I. tests/test_pump.c -lcmocka -o test_pump && ./test_pump

   Each run is written down as text and compared with the run over a stream
   that never fails. The buffer is a block of malloc, as long as it says. */

#define SUITE_MAIN
#include "suite.h"
#define AMT_IMPLEMENTATION
#include "amt.h"
#include "server.h"

#define LINES 4

typedef struct rig {
  server      srv;
  channel     line[LINES];
  amt_slot    conn[LINES];
  amt_pool    pool;
  amt_session s;
  amt_task    t;
  amt_job     j;
  char        token[24];
  int         wait;  /* 1: amt_wait; 0: amt_poll */
  amt_event   last;
} rig;

static const message few[] = {
  { 1, "one", "2026-01-31T08:00:00", OBJECT },
  { 2, "", NULL, OBJECT },
  { 3, "C:\\\\x \\\"q\\\" \\u20ac\\ud83d\\ude00 \xC3\xA9\xF0\x9F\x98\x80", NULL,
    OBJECT },
  { 4, "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC",
    NULL, OBJECT },
  { 5, "last", NULL, OBJECT }
};

static void rig_init(rig *r, size_t lines, size_t size)
{
  size_t i;
  memset(r, 0, sizeof *r);
  server_init(&r->srv);
  r->srv.message = few, r->srv.message_count = COUNT(few);
  for (i = 0; i < lines; i++) {
    line_init(&r->line[i], &r->srv);
    r->conn[i].http.stream = &r->line[i].stream;
  }
  r->pool.conn = r->conn;
  r->pool.count = lines;
  r->pool.buf = malloc(size);
  assert_non_null(r->pool.buf);
  r->pool.size = size;
  r->srv.pool = &r->pool;
  r->srv.watch = &r->j;
  r->s.url = "http://amt.test:4004/base/";
  r->s.user = "ocadm";
  r->s.password = "opconxps";
  r->s.token = r->token;
  r->s.token_room = sizeof r->token;
  r->t.application = "DEMO2";
  r->t.job = "REPORTTEST01";
  server_clock = 5000;
}

static void rig_free(rig *r)
{
  size_t i;
  amt_pool_end(&r->pool);
  for (i = 0; i < r->pool.count; i++) {
    assert_false(r->line[i].open);
    line_free(&r->line[i]);
  }
  free(r->pool.buf);
  server_free(&r->srv);
}

/* Can a call go on without waiting? */
static int rig_ready(const rig *r)
{
  size_t i;
  for (i = 0; i < r->pool.count; i++) {
    if (r->conn[i].job == NULL) continue;
    if (line_ready(&r->line[i])) return 1;
    if (r->conn[i].http.state == AMT_CONN_OPENING) return 1;
    if (r->conn[i].http.state == AMT_CONN_SENDING && !r->srv.stuck) return 1;
  }
  return 0;
}

static void rig_until(rig *r, amt_job *j, event_log *l, amt_event until)
{
  unsigned turns = 0;
  for (;;) {
    amt_event e = r->wait ? amt_wait(&r->pool, j, server_now)
                          : amt_poll(&r->pool, j, server_clock);
    r->last = e;
    if (++turns > 200000)
      fail_msg("the run does not end:\n%.2000s", text_of(&l->text));
    if (e == AMT_BUSY) {
      assert_false(r->wait); /* these streams can wait */
      assert_true(j->wait < 0x80000000u);
      if (!rig_ready(r)) server_clock += j->wait;
      continue;
    }
    assert_int_not_equal(e, AMT_CALL);
    log_event(l, j, e);
    if (e == AMT_DONE || e == AMT_FAILED || e == until) break;
  }
}

static void rig_run(rig *r)
{
  amt_start(&r->j, &r->s, &r->t);
  rig_until(r, &r->j, &r->srv.log, AMT_DONE);
}

/* The log of a run over a stream that never fails. */
static const char reference[] =
  "starting\nstarted 2112\nstatus 1\nstatus 2\nstatus 4\n"
  "message #1 @2026-01-31T08:00:00 one\n"
  "message #2 \n"
  "message #3 C:\\x \"q\" \xE2\x82\xAC\xF0\x9F\x98\x80 \xC3\xA9\xF0\x9F\x98\x80\n"
  "message #4 \xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82"
  "\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
  "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2"
  "\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82"
  "\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\n"
  "message #5 last\ndone 4\n";

SLOW_TEST(the_same_events_come_however_the_bytes_come)
{
  static const size_t size[] = { 64, 65, 100, 1024 };
  static const size_t most[] = { 0, 1, 2, 3, 7, 63, 64 };
  static const size_t room[] = { 0, 1, 5, 70 };
  size_t a, b, c;
  int    framing, not_yet, wait;
  for (a = 0; a < COUNT(size); a++)
    for (b = 0; b < COUNT(most); b++)
      for (c = 0; c < COUNT(room); c++)
        for (framing = LENGTH; framing <= CLOSE; framing++)
          for (not_yet = 0; not_yet < 2; not_yet++)
            for (wait = 0; wait < 2; wait++) {
              rig r;
              rig_init(&r, 1, size[a]);
              r.wait = wait;
              r.srv.log_calls = 0;
              r.srv.read_max = most[b];
              r.srv.write_max = room[c];
              r.srv.framing = framing;
              r.srv.not_yet = not_yet;
              r.srv.page = b % 3, r.srv.more = b % 3 != 0;
              rig_run(&r);
              expect_log(&r.srv.log, reference);
              assert_int_equal(r.srv.count[AMT_START], 1);
              assert_int_equal(r.srv.starts_begun, 1);
              assert_int_equal(r.srv.log.retries, 0);
              if (a == 3 && b == 0)
                assert_true(framing == CHUNKED || framing == CHUNKED_1 ||
                            r.srv.log.pieces == COUNT(few));
              rig_free(&r);
            }
}

TEST(the_calls_come_in_their_order)
{
  rig r;
  rig_init(&r, 1, 200);
  rig_run(&r);
  assert_string_equal(text_of(&r.srv.calls), "sign-in\nstart\nmonitor\n"
                      "monitor\nmonitor\nmonitor\nmessages\n");
  rig_free(&r);
}

/* A run in which the connection broke once. Either it ends like the others, or
   the Start broke: its outcome is unknown, and it is not sent again. */
static void broken_once(rig *r, const char *what, size_t at)
{
  const char *log = text_of(&r->srv.log.text);
  static const char started[] = "starting\nstarted 2112\nstatus 1\nstatus 2\n";
  char        got[sizeof reference + 100];
  /* A status whose reply was lost is not reported later, except the last. */
  if (r->j.start == AMT_START_KNOWN && strstr(log, "status 4\n") != NULL) {
    snprintf(got, sizeof got, "%s%s", started, strstr(log, "status 4\n"));
    log = got;
  }
  if (r->srv.starts_begun > 1)
    fail_msg("%s %d: %d Starts", what, (int)at, (int)r->srv.starts_begun);
  if (r->j.start == AMT_START_UNKNOWN) {
    if (strcmp(log, "starting\nfailed MAYBE_STARTED, code 19, start unknown\n"))
      fail_msg("%s %d:\n%s", what, (int)at, log);
    /* After a failed first write, nobody can know that nothing left. */
    assert_int_equal(r->srv.starts_begun,
                     r->conn[0].http.taken != 2 || r->conn[0].http.sent != 0);
    assert_int_equal(r->j.id[0], 0);
  } else if (strcmp(log, reference) != 0) {
    fail_msg("%s %d:\n%s", what, (int)at, log);
  }
}

SLOW_TEST(one_io_call_in_turn_is_put_off_or_fails_or_ends)
{
  static const size_t most[] = { 0, 13 };
  size_t k;
  int    how, wait;
  long   io, all;
  for (k = 0; k < COUNT(most); k++)
    for (how = FAIL_NOT_YET; how <= FAIL_EOF; how++)
      for (wait = 0; wait < 2; wait++)
        for (io = 0, all = 400; io < all; io++) {
          rig r;
          rig_init(&r, 1, 100);
          r.wait = wait;
          r.srv.log_calls = 0;
          r.srv.log.quiet = 1;
          r.srv.read_max = r.srv.write_max = most[k];
          r.srv.fail_io = io;
          r.srv.fail_how = how;
          rig_run(&r);
          broken_once(&r, "I/O", (size_t)io);
          if (how == FAIL_NOT_YET)
            assert_int_equal(r.j.start, AMT_START_KNOWN);
          if (r.j.start == AMT_START_KNOWN) all = r.srv.io; /* of a whole run */
          rig_free(&r);
        }
}

/* Offsets of the Start and its reply in the traffic. */
static size_t start_from, start_to, reply_from, reply_to, all_to, all_from;
static void find_the_start(void)
{
  rig r;
  rig_init(&r, 1, 1024);
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
  start_from = r.srv.written, reply_from = r.srv.given;
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
  start_to = r.srv.written, reply_to = r.srv.given;
  rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
  all_to = r.srv.written, all_from = r.srv.given;
  rig_free(&r);
}

/* The connection breaks after each byte of all requests in turn. */
SLOW_TEST(requests_cut_behind_each_byte)
{
  size_t cut;
  int    wait;
  find_the_start();
  for (wait = 0; wait < 2; wait++)
    for (cut = 0; cut < all_to; cut++) {
      rig r;
      rig_init(&r, 1, 64);
      r.wait = wait;
      r.srv.log_calls = 0;
      r.srv.log.quiet = 1;
      r.srv.cut_written = cut;
      rig_run(&r);
      broken_once(&r, "request byte", cut);
      if (cut > start_from && cut <= start_to) {
        assert_int_equal(r.j.start, AMT_START_UNKNOWN);
        assert_int_equal(r.srv.count[AMT_START], cut == start_to);
        assert_int_equal(r.srv.count[AMT_MONITOR], 0);
      } else {
        assert_int_equal(r.j.start, AMT_START_KNOWN);
        assert_int_equal(r.srv.count[AMT_START], 1);
      }
      rig_free(&r);
    }
  assert_true(all_to > 1000);
}

/* It breaks after each byte of all replies, by a reset or an orderly end. */
SLOW_TEST(replies_cut_behind_each_byte)
{
  static const int framings[] = { LENGTH, CHUNKED };
  size_t cut, f;
  int    how;
  find_the_start();
  for (f = 0; f < COUNT(framings); f++)
    for (how = FAIL_RESET; how <= FAIL_EOF; how++)
      for (cut = 0; cut < all_from + f * 300; cut++) {
        rig r;
        rig_init(&r, 1, 100);
        r.srv.log_calls = 0;
        r.srv.log.quiet = 1;
        r.srv.framing = framings[f];
        r.srv.fail_how = how;
        r.srv.cut_given = cut;
        rig_run(&r);
        broken_once(&r, "reply byte", cut);
        assert_int_equal(r.srv.count[AMT_START], 1);
        if (f == 0) { /* the reply ends with {"BatchRequestId":2112}, so only
                         '}' completes the id */
          if (cut >= reply_from && cut < reply_to)
            assert_int_equal(r.j.start, AMT_START_UNKNOWN);
          else
            assert_int_equal(r.j.start, AMT_START_KNOWN);
        }
        rig_free(&r);
      }
  assert_true(all_from > 700);
}

/* The id is complete when the connection breaks: the job has started. */
TEST(a_start_whose_id_came_whole_has_started)
{
  static const step s[] = { { AMT_START, 200, "{\"BatchRequestId\":2112,"
                              "\"Status\":1,\"Message\":\"0123456789\"}",
                              0, 0, 0, 0 } };
  size_t cut, known = 0, all = 65;
  find_the_start();
  for (cut = 0; cut < 200; cut++) {
    rig r;
    rig_init(&r, 1, 64);
    r.srv.log.quiet = 1;
    r.srv.steps = s, r.srv.step_count = 1;
    r.srv.cut_given = reply_from + cut;
    rig_run(&r);
    assert_int_equal(r.srv.starts_begun, 1);
    if (r.j.start == AMT_START_KNOWN) {
      known++;
      assert_int_equal(r.j.code, 4);
      assert_string_equal(r.j.id, "2112");
      if (cut < all) all = cut;
    } else {
      assert_int_equal(known, 0); /* known from one byte on, always */
      assert_int_equal(r.j.error, AMT_E_MAYBE_STARTED);
      all = cut + 1;
    }
    rig_free(&r);
  }
  assert_in_range(known, 10, 150);
}

/* A whole reply. */
#define H(status, more, body) "HTTP/1.1 " status " x\r\n" more "\r\n" body

/* --- which connection ----------------------------------------------------- */

TEST(the_connection_of_the_start_serves_the_rest_of_a_run)
{
  size_t lines;
  for (lines = 1; lines < 3; lines++) {
    rig r;
    rig_init(&r, lines, 512);
    r.s.poll = 1000, r.s.initial_delay = 1000;
    rig_run(&r);
    assert_int_equal(r.j.code, 4);
    assert_int_equal(r.srv.opens, 2); /* the first was for the sign-in */
    rig_free(&r);
  }
}

TEST(each_request_has_its_own_connection_if_asked_for)
{
  rig r;
  rig_init(&r, 2, 512);
  r.s.close = 1;
  rig_run(&r);
  assert_int_equal(r.j.code, 4);
  assert_int_equal(r.srv.opens, 7);
  rig_free(&r);
}

/* By default a connection idle for 60 s is not used again. */
TEST(a_connection_kept_too_long_is_not_used_again)
{
  int i;
  for (i = 0; i < 2; i++) {
    rig r;
    rig_init(&r, 1, 512);
    r.s.poll = i ? 61000 : 59000, r.s.initial_delay = 1000;
    rig_run(&r);
    assert_int_equal(r.j.code, 4);
    assert_int_equal(r.srv.opens, i ? 5 : 2);
    rig_free(&r);
  }
}

/* The session of the second job has a token, so the Start is the next
   request. */
TEST(a_start_goes_on_a_connection_opened_for_it)
{
  static const uint32_t idle[] = { 0, 999, 59000, 61000 };
  size_t i;
  int    kept;
  for (i = 0; i < COUNT(idle); i++)
    for (kept = 0; kept < 2; kept++) {
      unsigned opens;
      rig r;
      rig_init(&r, 1, 512);
      r.s.start_kept = (uint8_t)kept;
      rig_run(&r);
      assert_int_equal(r.j.code, 4);
      opens = r.srv.opens;
      assert_int_equal(opens, kept ? 1 : 2);
      server_clock += idle[i];
      amt_start(&r.j, &r.s, &r.t);
      rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
      assert_int_equal(r.srv.count[AMT_START], 2);
      assert_int_equal(r.srv.count[AMT_SIGN_IN], 1);
      assert_int_equal(r.srv.opens, opens + (!kept || idle[i] > 60000));
      amt_drop(&r.pool, &r.j);
      rig_free(&r);
    }
}

/* The peer of a kept connection has a reply ready before the Start is sent. */
TEST(a_waiting_reply_is_not_the_starts)
{
  int wait;
  for (wait = 0; wait < 2; wait++) {
    rig r;
    rig_init(&r, 2, 512);
    r.wait = wait;
    r.srv.forged = H("200", "Content-Length: 34\r\n",
                     "{\"BatchRequestId\":6666,\"Status\":4}");
    rig_run(&r);
    assert_string_equal(r.j.id, "2112");
    assert_int_equal(r.srv.count[AMT_START], 1);
    assert_int_equal(r.j.code, 4);
    rig_free(&r);
  }
}

/* After STARTING the caller may take its time, to write a file say. */
TEST(a_start_delayed_by_its_caller_goes_on_a_fresh_connection)
{
  int wait;
  for (wait = 0; wait < 2; wait++) {
    rig r;
    rig_init(&r, 1, 512);
    r.wait = wait;
    r.srv.closes = RACED;
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
    server_clock += 3000;
    rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
    assert_int_equal(r.srv.opens, 2);
    assert_int_equal(r.srv.starts_begun, 1);
    amt_drop(&r.pool, &r.j);
    rig_free(&r);
  }
}

TEST(a_message_that_was_lent_is_gone_when_its_job_is_dropped)
{
  rig r;
  rig_init(&r, 1, 512);
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_MESSAGE);
  assert_non_null(r.j.msg);
  amt_drop(&r.pool, &r.j);
  assert_null(r.j.msg);
  assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_FAILED);
  assert_null(r.j.msg);
  assert_int_equal(r.j.msg_len, 0);
  rig_free(&r);
}

TEST(a_connection_that_the_server_has_closed_is_seen_before_use)
{
  int wait;
  for (wait = 0; wait < 2; wait++) {
    rig r;
    rig_init(&r, 1, 512);
    r.wait = wait;
    r.srv.log_calls = 0;
    r.srv.closes = CLOSED;
    rig_run(&r);
    expect_log(&r.srv.log, reference);
    assert_int_equal(r.srv.log.retries, 0);
    assert_int_equal(r.srv.opens, 7);
    assert_int_equal(r.srv.starts_begun, 1);
    rig_free(&r);
  }
}

/* The connection closes just as the next request comes. A request that is safe
   to repeat is sent again at once. A Start is not: its outcome is unknown. */
TEST(a_stale_connection_is_no_outage_and_doubles_no_start)
{
  int wait;
  for (wait = 0; wait < 2; wait++) {
    rig r;
    rig_init(&r, 1, 64);
    r.wait = wait;
    r.srv.log_calls = 0;
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
    r.srv.closes = RACED;
    rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
    expect_log(&r.srv.log, reference);
    assert_int_equal(r.srv.log.retries, 0);
    rig_free(&r);

    /* All close, from the sign-in on. The Start never goes on such a
       connection. */
    rig_init(&r, 1, 64);
    r.wait = wait;
    r.srv.closes = RACED;
    r.srv.log_calls = 0;
    rig_run(&r);
    expect_log(&r.srv.log, reference);
    assert_int_equal(r.srv.starts_begun, 1);
    rig_free(&r);

    /* With start_kept it does, and its outcome is unknown. */
    rig_init(&r, 1, 64);
    r.wait = wait;
    r.s.start_kept = 1;
    r.srv.closes = RACED;
    r.srv.log_calls = 0;
    rig_run(&r);
    assert_int_equal(r.srv.starts_begun, 1);
    assert_int_equal(r.j.start, AMT_START_UNKNOWN);
    assert_int_equal(r.srv.count[AMT_START], 0);
    rig_free(&r);
  }
}

/* The server has ended all kept connections just as the next request comes. The
   repeat opens a new connection and does not try another stale one. */
TEST(several_stale_connections_are_no_outage)
{
  rig    r;
  size_t i;
  rig_init(&r, 3, 64);
  for (i = 0; i < 3; i++) {
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
    r.pool.count--; /* hide the last, so that the next job opens another */
  }
  r.pool.count = 3;
  for (i = 0; i < 3; i++) {
    assert_int_equal(r.conn[i].http.state, AMT_CONN_IDLE);
    r.line[i].raced = 1;
  }
  i = r.srv.opens;
  amt_attach(&r.j, &r.s, "DEMO2", "2112");
  rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
  assert_int_equal(r.srv.log.retries, 0);
  assert_int_equal(r.srv.opens, i + 1);
  rig_free(&r);
}

TEST(a_401_on_a_start_repeats_it_once_on_a_good_connection)
{
  static const step s[] = { { AMT_START, 401, "{}", 0, 0, 0, 0 } };
  int closes;
  for (closes = KEPT; closes <= CLOSED; closes++) {
    rig r;
    rig_init(&r, 1, 64);
    r.srv.closes = closes;
    r.srv.steps = s, r.srv.step_count = 1;
    rig_run(&r);
    assert_int_equal(r.j.code, 4);
    assert_int_equal(r.srv.count[AMT_START], 2);
    assert_int_equal(r.srv.count[AMT_SIGN_IN], 2);
    rig_free(&r);
  }
}

/* --- servers that are away, slow, or strange ------------------------------ */

TEST(a_server_that_is_away_before_the_start_is_a_23)
{
  static const int down[] = { AMT_E_CONNECT, AMT_E_DNS };
  size_t i;
  int    wait;
  for (i = 0; i < COUNT(down); i++)
    for (wait = 0; wait < 2; wait++) {
      rig r;
      rig_init(&r, 1, 64);
      r.wait = wait;
      r.srv.down = down[i];
      r.s.give_up = 60000;
      rig_run(&r);
      assert_int_equal(r.last, AMT_FAILED);
      assert_int_equal(r.j.error, down[i]);
      assert_int_equal(r.j.code, 23);
      assert_int_equal(r.j.start, AMT_START_NONE);
      assert_in_range(server_clock - 5000, 30000, 61000);
      rig_free(&r);
    }
}

TEST(a_server_that_comes_back_goes_on_with_the_job)
{
  int wait;
  for (wait = 0; wait < 2; wait++) {
    int  i;
    rig  r;
    rig_init(&r, 1, 64);
    r.wait = wait;
    r.srv.log_calls = 0;
    r.srv.log.quiet = 1;
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_STATUS);
    amt_http_close(&r.conn[0].http);
    r.srv.down = AMT_E_CONNECT;
    for (i = 0; i < 5; i++) rig_until(&r, &r.j, &r.srv.log, AMT_RETRYING);
    r.srv.down = 0;
    rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
    expect_log(&r.srv.log, reference);
    rig_free(&r);
  }
}

TEST(a_server_that_is_lost_after_the_start_is_no_23)
{
  rig r;
  rig_init(&r, 1, 64);
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
  amt_http_close(&r.conn[0].http);
  r.srv.down = AMT_E_CONNECT;
  rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
  assert_int_equal(r.last, AMT_FAILED);
  assert_int_equal(r.j.code, 19);
  assert_int_equal(r.j.start, AMT_START_KNOWN);
  assert_string_equal(r.j.id, "2112");
  rig_free(&r);
}

/* The server takes a request and stays silent. */
TEST(a_silent_server_runs_into_the_idle_limit)
{
  static const struct { int op, code, start; } v[] = {
    { AMT_SIGN_IN, 23, AMT_START_NONE }, { AMT_START, 19, AMT_START_UNKNOWN },
    { AMT_MONITOR, 19, AMT_START_KNOWN }, { AMT_MESSAGES, 4, AMT_START_KNOWN }
  };
  size_t i;
  int    wait;
  for (i = 0; i < COUNT(v); i++)
    for (wait = 0; wait < 2; wait++) {
      rig r;
      rig_init(&r, 1, 64);
      r.wait = wait;
      r.srv.silent = v[i].op + 1;
      rig_run(&r);
      assert_int_equal(r.j.code, v[i].code);
      assert_int_equal(r.j.start, v[i].start);
      if (v[i].op == AMT_START) {
        assert_int_equal(r.srv.count[AMT_START], 1);
        assert_int_equal(r.j.error, AMT_E_MAYBE_STARTED);
        assert_in_range(server_clock - 5000, 30000, 31000);
      } else {
        if (v[i].op != AMT_MONITOR)
          assert_int_equal(r.j.error, AMT_E_TIMEOUT);
        else
          assert_int_equal(r.j.error, AMT_E_LOST);
        if (v[i].op == AMT_MONITOR)
          assert_int_equal(r.j.cause, AMT_E_TIMEOUT);
        assert_in_range(server_clock - 5000, 300000, 400000);
      }
      if (v[i].op == AMT_MESSAGES) assert_int_equal(r.last, AMT_DONE);
      rig_free(&r);
    }
}

/* The server takes no byte of the Start, so it may be sent again. */
TEST(a_start_that_could_not_be_sent_is_no_start)
{
  rig r;
  rig_init(&r, 1, 64);
  r.srv.log.quiet = 1;
  r.srv.log_calls = 0;
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
  r.srv.stuck = 1;
  rig_until(&r, &r.j, &r.srv.log, AMT_RETRYING);
  assert_int_equal(r.j.error, AMT_E_TIMEOUT);
  assert_int_equal(r.srv.starts_begun, 0);
  r.srv.stuck = 0;
  rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
  expect_log(&r.srv.log, reference);
  assert_int_equal(r.srv.starts_begun, 1);
  rig_free(&r);
}

TEST(a_start_stuck_in_the_middle_is_unknown)
{
  rig r;
  find_the_start();
  rig_init(&r, 1, 64);
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
  r.srv.write_max = 10;
  while (r.srv.written < start_from + 50) {
    r.srv.not_yet = 1;
    assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_BUSY);
  }
  r.srv.stuck = 1, r.srv.not_yet = 0;
  rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
  assert_int_equal(r.j.start, AMT_START_UNKNOWN);
  assert_int_equal(r.j.error, AMT_E_MAYBE_STARTED);
  assert_int_equal(r.srv.starts_begun, 1);
  assert_int_equal(r.srv.count[AMT_START], 0);
  rig_free(&r);
}

TEST(a_pool_that_ends_drops_its_jobs_in_mid_call)
{
  size_t n;
  find_the_start();
  for (n = 0; n < 200; n += 7) {
    rig r;
    rig_init(&r, 1, 64);
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
    r.srv.write_max = 10;
    do {
      r.srv.not_yet = 1;
      assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_BUSY);
    } while (r.srv.written < start_from + n);
    amt_pool_end(&r.pool);
    r.srv.write_max = 0, r.srv.not_yet = 0;
    assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_FAILED);
    assert_int_equal(r.j.error, AMT_E_FORGOTTEN);
    assert_int_equal(r.j.start, r.srv.starts_begun != 0 ? AMT_START_UNKNOWN
                                                        : AMT_START_NONE);
    assert_true(n == 0 || r.srv.starts_begun == 1);
    assert_int_equal(r.srv.count[AMT_START], 0);
    rig_free(&r);
  }
}

TEST(a_pool_that_ends_drops_a_job_that_lends_a_message)
{
  rig r;
  rig_init(&r, 1, 64);
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_MESSAGE);
  assert_ptr_equal(r.conn[0].job, &r.j);
  amt_pool_end(&r.pool);
  assert_null(r.pool.holder);
  assert_null(r.j.msg);
  assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_FAILED);
  assert_int_equal(r.j.start, AMT_START_KNOWN);
  rig_free(&r);
}

/* The job's call has ended, so it holds no connection, only the buffer. */
TEST(a_pool_that_ends_drops_a_job_whose_message_lies_in_its_buffer)
{
  rig r;
  rig_init(&r, 1, 64);
  amt_start(&r.j, &r.s, &r.t);
  r.pool.holder = &r.j;
  amt_pool_end(&r.pool);
  assert_null(r.pool.holder);
  assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_FAILED);
  assert_int_equal(r.j.error, AMT_E_FORGOTTEN);
  rig_free(&r);
}

static const struct { const char *raw; int error; } strange[] = {
  { "hello", AMT_E_TIMEOUT }, /* not HTTP, then silence */
  { H("200", "Content-Length: 2\r\nContent-Encoding: gzip\r\n", "xx"),
    AMT_E_HTTP_ENCODING },
  { H("200", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "{}"),
    AMT_E_HTTP_FRAMING },
  { H("200", "Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
    AMT_E_HTTP_LENGTH },
  { H("200", "Transfer-Encoding: gzip\r\n", "{}"), AMT_E_HTTP_CODING },
  { H("200", "Transfer-Encoding: chunked\r\n", "x\r\n"), AMT_E_HTTP_CHUNK },
  { H("200", "A : b\r\n", "{}"), AMT_E_HTTP_HEADER },
  { H("101", "", ""), AMT_E_HTTP_INTERIM },
  { "HTTP/1.1 20 x\r\n\r\n", AMT_E_HTTP_STATUS }
};

TEST(a_reply_that_is_no_http_makes_a_start_unknown)
{
  size_t i;
  for (i = 0; i < COUNT(strange); i++) {
    rig r;
    rig_init(&r, 1, 64);
    r.srv.raw = strange[i].raw, r.srv.raw_op = AMT_START;
    rig_run(&r);
    assert_int_equal(r.j.start, AMT_START_UNKNOWN);
    assert_int_equal(r.j.code, 19);
    assert_int_equal(r.srv.count[AMT_START], 1);
    rig_free(&r);
  }
}

TEST(a_reply_that_is_no_http_is_tried_again_elsewhere)
{
  size_t i;
  for (i = 1; i < COUNT(strange); i++) {
    rig r;
    rig_init(&r, 1, 64);
    r.srv.raw = strange[i].raw, r.srv.raw_op = AMT_MONITOR;
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_RETRYING);
    assert_int_equal(r.j.error, strange[i].error);
    r.srv.raw_op = -1;
    rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
    assert_int_equal(r.j.code, 4);
    rig_free(&r);
  }
}

/* For each call. line_open() fails the test if another host is opened. Before
   the Start a redirect ends the run at once. */
TEST(a_redirect_is_not_followed_and_gets_no_credentials)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_START, AMT_MONITOR, AMT_MESSAGES };
#define ELSEWHERE "Location: http://evil.test:4004/\r\nContent-Length: 0\r\n"
  static const char *const moved[] = {
    H("301", ELSEWHERE, ""), H("302", ELSEWHERE, ""), H("303", ELSEWHERE, ""),
    H("307", ELSEWHERE, ""), H("308", ELSEWHERE, "")
  };
  size_t i, k;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < COUNT(moved); k++) {
      rig r;
      rig_init(&r, 1, 64);
      r.srv.raw = moved[k];
      r.srv.raw_op = ops[i];
      rig_run(&r);
      if (ops[i] == AMT_MONITOR) {
        assert_int_equal(r.j.error, AMT_E_LOST);
        assert_int_equal(r.j.cause, AMT_E_REDIRECT);
      } else {
        assert_int_equal(r.j.error, AMT_E_REDIRECT);
      }
      assert_true(r.srv.count[ops[i]] >= 1);
      if (ops[i] == AMT_SIGN_IN || ops[i] == AMT_START) {
        assert_int_equal(r.last, AMT_FAILED);
        assert_int_equal(r.j.code, 23);
        assert_int_equal(r.srv.count[ops[i]], 1);
      } else { /* the job goes on at the server: polled until give-up */
        assert_int_equal(r.srv.count[AMT_START], 1);
        assert_int_equal(r.j.start, AMT_START_KNOWN);
        if (ops[i] == AMT_MESSAGES) assert_int_equal(r.j.code, 4);
      }
      rig_free(&r);
    }
}

/* --- heads: how to sign in, where a redirect leads ------------------------ */

#define WANTS(value) "WWW-Authenticate: " value "\r\n"
#define LEADS(value) "Location: " value "\r\n"
#define X10(a) a a a a a a a a a a
#define EMPTY "Content-Length: 0\r\n"

static const struct { int op; const char *raw, *log; } heads[] = {
  { AMT_SIGN_IN, H("401", WANTS("NTLM") EMPTY, ""),
    "challenge NTLM\nfailed SIGN_IN, code 24, start none\n" },
  { AMT_SIGN_IN, H("401", WANTS("Negotiate") "Server: x\r\n" WANTS("NTLM")
                   EMPTY LEADS("/"), ""),
    "challenge Negotiate\nchallenge NTLM\nfailed SIGN_IN, code 24, start "
    "none\n" },
  { AMT_SIGN_IN, H("401", WANTS("") WANTS("Bearer error=\"a,\tb\"")
                   "Content-Length: 13\r\n", "<h1>Away</h1>"),
    "challenge Bearer error=\"a, b\"\npage Away \nfailed SIGN_IN, code 24, "
    "start none\n" },
  { AMT_SIGN_IN, H("401", WANTS("Basic realm=\"\xC3\xBC\xFC\xE2\x82\xAC\"")
                   "Content-Length: 16\r\n", "{\"Message\":\"no\"}"),
    "challenge Basic realm=\"\xC3\xBC?\xE2\x82\xAC\"\nserver no\nfailed "
    "SIGN_IN, code 24, start none\n" },
  { AMT_START, H("302", LEADS("https://amt.test:4004/a?b=1") EMPTY, ""),
    "starting\nlocation https://amt.test:4004/a?b=1\n"
    "failed REDIRECT, code 23, start none\n" },
  { AMT_START, H("308", LEADS("/" X10("abcde\xC3\xBC\xE2\x82\xAC") X10("0123456"
                 "789") X10("0123456789")) EMPTY, ""),
    "starting\nlocation /" X10("abcde\xC3\xBC\xE2\x82\xAC") X10("0123456789")
    "01234567890123456789012345678\nfailed REDIRECT, code 23, start none\n" },
  { AMT_START, "HTTP/1.1 103 x\r\n" LEADS("/hint") WANTS("NTLM") "\r\n"
               H("307", WANTS("NTLM") LEADS("/there") EMPTY, ""),
    "starting\nlocation /there\nfailed REDIRECT, code 23, start none\n" },
  { AMT_START, H("403", LEADS("/there") WANTS("NTLM") EMPTY, ""),
    "starting\nfailed FORBIDDEN, code 24, start refused\n" }
};

TEST(challenges_and_locations_are_reported_at_any_cut)
{
  static const size_t size[] = { 64, 65, 1000 };
  size_t i, k, most;
  for (i = 0; i < COUNT(heads); i++)
    for (k = 0; k < COUNT(size); k++)
      for (most = 0; most < 100; most++) {
        rig r;
        rig_init(&r, 1, size[k]);
        r.wait = most & 1;
        r.srv.log_calls = 0;
        r.srv.read_max = most;
        r.srv.framing = CHUNKED;
        r.srv.raw = heads[i].raw, r.srv.raw_op = heads[i].op;
        rig_run(&r);
        expect_log(&r.srv.log, heads[i].log);
        rig_free(&r);
      }
}

/* In a 2xx, Location names what was created and is ignored. */
TEST(a_location_without_a_redirect_is_ignored)
{
  rig r;
  rig_init(&r, 1, 64);
  r.srv.log_calls = 0;
  r.srv.raw = H("201", LEADS("/jobs/2112") "Content-Length: 23\r\n",
                "{\"BatchRequestId\":2112} ");
  r.srv.raw_op = AMT_START;
  rig_run(&r);
  expect_log(&r.srv.log, reference);
  rig_free(&r);
}

/* The connection breaks after each byte of the reply to the Start. The status
   is unknown until the head is complete. */
TEST(a_redirect_cut_behind_each_byte)
{
  static const char raw[] = H("302", LEADS("/there") EMPTY, "");
  size_t cut;
  find_the_start();
  for (cut = 0; cut < sizeof raw - 1; cut++) {
    const char *log;
    rig r;
    rig_init(&r, 1, 64);
    r.srv.log_calls = 0;
    r.srv.raw = raw, r.srv.raw_op = AMT_START;
    r.srv.cut_given = reply_from + cut;
    rig_run(&r);
    log = text_of(&r.srv.log.text);
    assert_int_equal(r.j.http_status, 0);
    assert_int_equal(r.j.start, AMT_START_UNKNOWN);
    assert_int_equal(r.srv.starts_begun, 1);
    assert_int_equal(strstr(log, "location /there\n") != NULL,
                     cut >= (size_t)(strstr(raw, "\r\nC") + 2 - raw));
    rig_free(&r);
  }
}

/* The reply comes while the request is still going out. */
TEST(an_early_redirect_reports_its_location)
{
  static const char *const many[] = { X10("aaaaaaaaaa"), X10("bbbbbbbbbb") };
  size_t most;
  for (most = 0; most < 60; most++) {
    rig r;
    rig_init(&r, 1, 64);
    r.srv.log_calls = 0;
    r.srv.read_max = most;
    r.srv.early = H("302", LEADS("/\xC3\xBC/\xFC/\xE2\x82\xAC") EMPTY, "");
    r.t.parameters = many, r.t.parameter_count = 2;
    amt_start(&r.j, &r.s, &r.t);
    rig_until(&r, &r.j, &r.srv.log, AMT_SERVER_TEXT);
    assert_int_equal(r.s.producing__, 0); /* the token may change now */
    rig_until(&r, &r.j, &r.srv.log, AMT_DONE);
    expect_log(&r.srv.log, "starting\nlocation /\xC3\xBC/?/\xE2\x82\xAC\n"
               "failed REDIRECT, code 23, start none\n");
    assert_int_equal(r.conn[0].http.state, AMT_CONN_CLOSED);
    rig_free(&r);
  }
}

/* A piece of the head stays in the buffer until the job's next amt_poll. */
TEST(what_a_head_says_is_lent_while_another_job_is_polled)
{
  rig     r;
  amt_job other;
  char    piece[64];
  size_t  n;
  rig_init(&r, 2, 64);
  r.srv.log_calls = 0;
  r.srv.watch = NULL;
  r.srv.raw = H("302", LEADS("/there") EMPTY, ""), r.srv.raw_op = AMT_MONITOR;
  amt_attach(&r.j, &r.s, "DEMO2", "1");
  rig_until(&r, &r.j, &r.srv.log, AMT_SERVER_TEXT);
  assert_int_equal(r.j.msg_kind, AMT_MSG_LOCATION);
  n = r.j.msg_len;
  assert_in_range(n, 1, 6);
  memcpy(piece, r.j.msg, n);
  amt_attach(&other, &r.s, "DEMO2", "2");
  assert_int_equal(amt_poll(&r.pool, &other, server_clock), AMT_BUSY);
  assert_int_equal(other.wait, 0);
  assert_memory_equal(r.j.msg, piece, n);
  rig_until(&r, &r.j, &r.srv.log, AMT_RETRYING);
  expect_log(&r.srv.log, "location /there\nretrying REDIRECT\n");
  amt_drop(&r.pool, &r.j);
  amt_drop(&r.pool, &other);
  rig_free(&r);
}

/* A 413 comes while the request is still going out; the rest is not taken. */
TEST(an_early_reply_is_read)
{
  static const char *const many[] = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccccc" };
  static const char early[] = H("413", "Content-Length: 23\r\n",
                                "{\"Message\":\"too large\"}");
  static const size_t most[] = { 0, 1, 50 };
  size_t i;
  int    wait;
  for (i = 0; i < COUNT(most); i++)
    for (wait = 0; wait < 2; wait++) {
      rig r;
      rig_init(&r, 1, 64);
      r.wait = wait;
      r.srv.early = early;
      r.srv.read_max = most[i];
      r.t.parameters = many, r.t.parameter_count = 3;
      rig_run(&r);
      assert_int_equal(r.last, AMT_FAILED);
      assert_int_equal(r.j.error, AMT_E_REFUSED);
      assert_int_equal(r.j.code, 11);
      assert_int_equal(r.j.start, AMT_START_REFUSED);
      assert_non_null(strstr(text_of(&r.srv.log.text), "server too large\n"));
      assert_int_equal(r.conn[0].http.state, AMT_CONN_CLOSED);
      rig_free(&r);
    }
}

/* 200 kB, with characters of each length and escapes. */
TEST(a_message_of_any_size_passes_through_a_small_buffer)
{
  static const size_t size[] = { 64, 67, 1000 };
  message one[] = { { 1, NULL, NULL, OBJECT }, { 2, "end", NULL, OBJECT } };
  text    as_sent = {0}, want = {0};
  size_t  i;
  text_put(&want, "message #1 ");
  for (i = 0; i < 10000; i++) {
    text_put(&as_sent, "%d\\u20acx\xC3\xA9\\\\\xF0\x9F\x98\x80\\ud83d\\ude00",
             (int)i);
    text_put(&want, "%d\xE2\x82\xACx\xC3\xA9\\\xF0\x9F\x98\x80"
             "\xF0\x9F\x98\x80", (int)i);
  }
  text_put(&want, "\nmessage #2 end\ndone 4\n");
  one[0].text = as_sent.p;
  for (i = 0; i < COUNT(size); i++) {
    rig r;
    rig_init(&r, 1, size[i]);
    r.srv.message = one, r.srv.message_count = 2;
    r.srv.framing = (int)i;
    rig_run(&r);
    assert_true(r.srv.log.pieces > 100);
    expect_text_(strstr(text_of(&r.srv.log.text), "message #1"), want.p,
                 __FILE__, __LINE__);
    rig_free(&r);
  }
  text_free(&as_sent);
  text_free(&want);
}

/* --- blocking, with two jobs --------------------------------------------- */

static uint32_t quiet_clock;
static int      quiet_waits;

static uint32_t quiet_now(void) { return quiet_clock; }

static int quiet_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                      uint32_t left)
{
  (void)s, (void)host, (void)n, (void)port, (void)left;
  return 1;
}

static ptrdiff_t quiet_read(amt_stream *s, void *p, size_t n)
{
  (void)s, (void)p, (void)n;
  return AMT_AGAIN;
}

static ptrdiff_t quiet_write(amt_stream *s, const void *p, size_t n)
{
  (void)s, (void)p;
  return (ptrdiff_t)n;
}

static void quiet_close(amt_stream *s) { (void)s; }

/* First a signal interrupts it; then time passes. */
static int quiet_wait(amt_stream *s, int want, uint32_t ms)
{
  (void)s, (void)want;
  quiet_clock += ms;
  if (quiet_waits > 10000) fail_msg("the wait does not end");
  return quiet_waits++ == 0 ? AMT_INTERRUPTED : 0;
}

/* Only the job that is signing in can end the other's wait. */
TEST(a_job_blocked_by_another_s_sign_in_answers_busy)
{
  static const amt_stream_ops ops = { quiet_open, quiet_read, quiet_write,
                                      quiet_close, quiet_wait, 0, NULL };
  char        buf[1024], token[64];
  amt_stream  stream[2] = { { &ops, 0 }, { &ops, 0 } };
  amt_slot    conn[2];
  amt_pool    pool = { conn, 2, buf, sizeof buf, NULL };
  amt_session s;
  amt_task    task;
  amt_job     job[2];
  memset(conn, 0, sizeof conn);
  memset(&s, 0, sizeof s);
  memset(&task, 0, sizeof task);
  conn[0].http.stream = &stream[0];
  conn[1].http.stream = &stream[1];
  s.url = "http://server:1", s.user = "u", s.password = "p";
  s.token = token, s.token_room = sizeof token;
  task.application = "A", task.job = "J";
  quiet_clock = 0, quiet_waits = 0;
  amt_start(&job[0], &s, &task);
  amt_start(&job[1], &s, &task);
  assert_int_equal(amt_wait(&pool, &job[0], quiet_now), AMT_BUSY);
  assert_int_equal(amt_wait(&pool, &job[1], quiet_now), AMT_BUSY);
  amt_drop(&pool, &job[0]);
  amt_drop(&pool, &job[1]);
  amt_pool_end(&pool);
}

/* --- long requests -------------------------------------------------------- */

SLOW_TEST(a_long_request_is_sent_whole_through_a_small_buffer)
{
  static const size_t size[] = { 64, 65, 1024, 20000 };
  static const size_t room[] = { 0, 1, 63, 64, 1000 };
  const char *list[100];
  char        word[100][60];
  text        want = {0};
  size_t      i, k;
  text_put(&want, "{\"Action\":\"START\",\"TaskType\":\"BATCH\","
           "\"ApplicationName\":\"DEMO2\",\"JobName\":\"REPORTTEST01\","
           "\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\",\"Parameters\":[");
  for (i = 0; i < 100; i++) {
    snprintf(word[i], sizeof word[i], "parameter %d \"with\" \\ and \n\xE2\x82\xAC"
             "%0*d", (int)i, (int)(i % 7), 0);
    list[i] = word[i];
    text_put(&want, "%s\"parameter %d \\\"with\\\" \\\\ and \\n\xE2\x82\xAC%0*d\"",
             i ? "," : "", (int)i, (int)(i % 7), 0);
  }
  text_put(&want, "]}");
  for (i = 0; i < COUNT(size); i++)
    for (k = 0; k < COUNT(room); k++) {
      rig r;
      rig_init(&r, 1, size[i]);
      r.srv.write_max = room[k];
      r.t.parameters = list, r.t.parameter_count = 100;
      amt_start(&r.j, &r.s, &r.t);
      rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
      expect_text_(text_of(&r.srv.start_body), want.p, __FILE__, __LINE__);
      amt_drop(&r.pool, &r.j);
      rig_free(&r);
    }
  text_free(&want);
}

/* --- long requests in other wire tables ----------------------------------- */

/* A stream that records each request and answers it when it is complete. */
typedef struct sink {
  amt_stream  stream;
  text        in;      /* from this connection, since the last answer */
  size_t      length;  /* of the request; 0: not yet known */
  text        request; /* the last complete one */
  const char *out;     /* what is left to read */
  size_t      most;    /* bytes per write; 0: all */
  size_t      fails;   /* RESET once after so many bytes; 0: never */
  int         not_yet, yet;
  unsigned    whole;   /* requests */
} sink;

static int sink_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                     uint32_t left_ms)
{
  sink *k = (sink *)s;
  (void)host, (void)n, (void)port, (void)left_ms;
  text_clear(&k->in);
  k->length = 0;
  k->out = "";
  return 1;
}

static ptrdiff_t sink_read(amt_stream *s, void *p, size_t n)
{
  sink *k = (sink *)s;
  if (*k->out == 0) return AMT_AGAIN;
  if (n > strlen(k->out)) n = strlen(k->out);
  memcpy(p, k->out, n);
  k->out += n;
  return (ptrdiff_t)n;
}

/* The head is complete: how long is the request? */
static void sink_head(sink *k)
{
  const char *end = strstr(k->in.p, "\r\n\r\n"), *length;
  char        field[40];
  size_t      n;
  if (end == NULL) return;
  length = strstr(k->in.p, "\r\nContent-Length: ");
  assert_true(length != NULL && length < end);
  n = (size_t)strtoul(length + 18, NULL, 10);
  snprintf(field, sizeof field, "\r\nContent-Length: %10lu\r\n",
           (unsigned long)n);
  assert_memory_equal(length, field, strlen(field));
  k->length = (size_t)(end + 4 - k->in.p) + n;
}

/* If the request is complete, answers it. Nothing may follow it. */
static void sink_request(sink *k)
{
  if (k->length == 0) sink_head(k);
  if (k->length == 0 || k->in.len < k->length) return;
  assert_int_equal(k->in.len, k->length);
  text_clear(&k->request);
  text_bytes(&k->request, k->in.p, k->in.len);
  text_clear(&k->in);
  k->length = 0;
  k->whole++;
  k->out = "HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n"
           "{\"BatchRequestId\":2112,\"Status\":2}";
}

static ptrdiff_t sink_write(amt_stream *s, const void *p, size_t n)
{
  sink *k = (sink *)s;
  if (k->not_yet && (k->yet = !k->yet)) return AMT_AGAIN;
  if (k->most != 0 && n > k->most) n = k->most;
  if (k->fails != 0 && k->in.len + n > k->fails) {
    k->fails = 0;
    return AMT_E_RESET;
  }
  text_bytes(&k->in, p, n);
  sink_request(k);
  return (ptrdiff_t)n;
}

static void sink_close(amt_stream *s) { (void)s; }

static void sink_init(sink *k, amt_slot *c)
{
  static const amt_stream_ops ops = { sink_open,  sink_read, sink_write,
                                      sink_close, NULL,      0, NULL };
  memset(k, 0, sizeof *k);
  memset(c, 0, sizeof *c);
  k->stream.ops = &ops;
  k->out = "";
  c->http.stream = &k->stream;
}

static void sink_free(sink *k)
{
  text_free(&k->in);
  text_free(&k->request);
}

/* --- their texts ---------------------------------------------------------- */

/* "plain" puts all kinds at many offsets, so pieces end within each of them. */
static void put_all_kinds(text *to, size_t n, unsigned from)
{
  static const char *const kind[] = { "\"", "\\", "\n", "\xC3\xA9", "\001",
    "\xE2\x82\xAC", "/", "\xF0\x9F\x98\x80", "%\x7F&" };
  size_t begin = to->len;
  for (; to->len - begin < n; from++) {
    const char *k = kind[from % COUNT(kind)];
    text_bytes(to, "plain", 5);
    text_bytes(to, k, strlen(k));
  }
}

/* Escapes, as JSON or by percent-encoding, without the code of the library. */
static void put_escaped(text *to, const char *s)
{
  for (; *s != 0; s++) {
    if (*s == '"' || *s == '\\') text_put(to, "\\%c", *s);
    else if (*s == '\n') text_put(to, "\\n");
    else if (*s == '\001') text_put(to, "\\u0001");
    else text_bytes(to, s, 1); /* and each byte of a character */
  }
}

static void put_percent(text *to, const char *s)
{
  for (; *s != 0; s++) {
    unsigned c = (unsigned char)*s;
    if (c - 'a' < 26u || c - '0' < 10u) text_bytes(to, s, 1);
    else text_put(to, "%%%02X", c);
  }
}

enum { ARRAY_OF, OBJECT_OF, PAIRS_OF, JOINED_OF, FORM_OF, KINDS };

/* A list in the form that must be sent. "n=..." counts its names: n1, n2,
   ... */
static void put_list(text *to, const char *const *list, size_t n, int kind)
{
  static const char *const open[] = { "[", "{", "[", "\"", "" };
  static const char *const between[] = { ",", ",", ",", "; ", "%3B%20" };
  static const char *const shut[] = { "]", "}", "]", "\"", "" };
  size_t i;
  text_put(to, "%s", open[kind]);
  for (i = 0; i < n; i++) {
    const char *value = strchr(list[i], '=') + 1;
    int         name = (int)(value - list[i]) - 1;
    text_put(to, "%s", i ? between[kind] : "");
    if (kind == ARRAY_OF) text_put(to, "\"");
    if (kind == OBJECT_OF) text_put(to, "\"%.*s\":\"", name, list[i]);
    if (kind == PAIRS_OF)
      text_put(to, "{\"Name\":\"%.*s\",\"The \\\"value\\\"\":\"", name,
               list[i]);
    if (kind == FORM_OF) put_percent(to, list[i]);
    else put_escaped(to, kind == OBJECT_OF || kind == PAIRS_OF ? value
                                                               : list[i]);
    if (kind < JOINED_OF) text_put(to, "\"");
    if (kind == PAIRS_OF) text_put(to, "}");
  }
  text_put(to, "%s", shut[kind]);
}

static const char *const long_body[] = {
  "{\"j\":" AMT_HOLE_JOB AMT_IF(QUEUE, ",\"q\":\"" AMT_AS_TEXT(AMT_HOLE_QUEUE)
    "\"") AMT_IF(PARAMETERS, ",\"p\":" AMT_HOLE_PARAMETERS)
    AMT_UNLESS(QUEUE, ",\"u\":0") ",\"end\":1}",
  "{\"j\":" AMT_HOLE_JOB AMT_IF(QUEUE, ",\"q\":\"" AMT_AS_TEXT(AMT_HOLE_QUEUE)
    "\"") AMT_IF(PARAMETERS, ",\"p\":" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS))
    AMT_UNLESS(QUEUE, ",\"u\":0") ",\"end\":1}",
  "{\"j\":" AMT_HOLE_JOB AMT_IF(QUEUE, ",\"q\":\"" AMT_AS_TEXT(AMT_HOLE_QUEUE)
    "\"") AMT_IF(PARAMETERS, ",\"p\":" AMT_AS_PAIRS("Name", "The \"value\"",
    AMT_HOLE_PARAMETERS)) AMT_UNLESS(QUEUE, ",\"u\":0") ",\"end\":1}",
  "{\"j\":" AMT_HOLE_JOB AMT_IF(QUEUE, ",\"q\":\"" AMT_AS_TEXT(AMT_HOLE_QUEUE)
    "\"") AMT_IF(PARAMETERS, ",\"p\":" AMT_AS_JOINED("; ",
    AMT_HOLE_PARAMETERS)) AMT_UNLESS(QUEUE, ",\"u\":0") ",\"end\":1}",
  "j=" AMT_HOLE_JOB AMT_IF(QUEUE, "&q=" AMT_HOLE_QUEUE) AMT_IF(PARAMETERS,
    "&p=" AMT_AS_JOINED("; ", AMT_HOLE_PARAMETERS)) AMT_UNLESS(QUEUE, "&u=0")
    "&end=1"
};

/* What is long in a task: many elements, one value, many long elements, or two
   values with a part between them. */
enum { MANY, ONE_LONG, MANY_LONG, TWO_LONG, SHAPES };

typedef struct long_task {
  amt_task     t;
  text         all;      /* all its strings, each with its NUL */
  const char **list;
} long_task;

static void long_init(long_task *l, int shape, size_t n)
{
  size_t each = shape == MANY ? 20 : n / 30 + 7, i, at[2], *place;
  size_t count = shape == MANY || shape == MANY_LONG ? n / each + 2 : 1;
  memset(l, 0, sizeof *l);
  place = (size_t *)malloc(count * sizeof *place);
  l->list = (const char **)malloc(count * sizeof *l->list);
  assert_true(place != NULL && l->list != NULL);
  for (i = 0; i < 2; i++) {
    int is_long = shape == (i == 0 ? ONE_LONG : TWO_LONG) ||
                  (shape == TWO_LONG && i == 0);
    at[i] = l->all.len;
    put_all_kinds(&l->all, is_long ? n : 3, (unsigned)i);
    text_bytes(&l->all, "", 1);
  }
  for (i = 0; i < count; i++) {
    place[i] = l->all.len;
    text_put(&l->all, "n%lu=", (unsigned long)i);
    if (i % 5 != 4) put_all_kinds(&l->all, each, (unsigned)i); /* or empty */
    text_bytes(&l->all, "", 1);
  }
  for (i = 0; i < count; i++) l->list[i] = l->all.p + place[i];
  l->t.application = "DEMO2";
  l->t.job = l->all.p + at[0];
  if (shape != MANY) l->t.queue = l->all.p + at[1];
  l->t.parameters = l->list, l->t.parameter_count = count;
  free(place);
}

static void long_free(long_task *l)
{
  text_free(&l->all);
  free(l->list);
}

static void long_wanted(const long_task *l, int kind, text *to)
{
  int form = kind == FORM_OF;
  void (*put)(text *, const char *) = form ? put_percent : put_escaped;
  text_put(to, form ? "j=" : "{\"j\":\"");
  put(to, l->t.job);
  if (!form) text_put(to, "\"");
  if (l->t.queue != NULL) {
    text_put(to, form ? "&q=" : ",\"q\":\"");
    put(to, l->t.queue);
    if (!form) text_put(to, "\"");
  }
  text_put(to, form ? "&p=" : ",\"p\":");
  put_list(to, l->t.parameters, l->t.parameter_count, kind);
  if (l->t.queue == NULL) text_put(to, form ? "&u=0" : ",\"u\":0");
  text_put(to, form ? "&end=1" : ",\"end\":1}");
}

static void same_bytes(const text *got, size_t from, const text *want)
{
  size_t i = 0;
  while (i < want->len && from + i < got->len &&
         got->p[from + i] == want->p[i]) i++;
  if (i < want->len || from + i < got->len)
    fail_msg("differs at byte %zu of %zu:\n%.60s\nwant\n%.60s", i, want->len,
             got->p + from + i, want->p + i);
}

/* The Start's body, produced in one window that holds all of it. */
static void in_one_window(amt_session *s, const amt_task *t, text *to)
{
  amt_job j;
  amt_window o;
  amt_once(&j, s, AMT_START, t, NULL);
  while (amt_next(&j, 0) != AMT_CALL) { }
  amt_window_init(&o, NULL, 0, 0);
  amt_call_body(&j, &o);
  text_clear(to);
  to->len = o.total;
  free(to->p);
  to->p = (char *)malloc(o.total + 1), to->cap = o.total + 1;
  assert_non_null(to->p);
  amt_window_init(&o, to->p, o.total, 0);
  amt_call_body(&j, &o);
  assert_int_equal(o.len, to->len);
  to->p[to->len] = 0;
  amt_forget(&j);
}

/* A session without a sign-in. Its Start has this body. */
static void long_session(amt_session *s, amt_wire *w, const char *body)
{
  *w = *amt_wire_default();
  w->call[AMT_SIGN_IN].path = NULL;
  w->call[AMT_START].body = body;
  w->headers = NULL;
  memset(s, 0, sizeof *s);
  s->url = "http://h";
  s->wire = w;
}

static void same_body(const sink *k, const text *want)
{
  const char *body = strstr(k->request.p, "\r\n\r\n") + 4;
  same_bytes(&k->request, (size_t)(body - k->request.p), want);
}

static void poll_to(amt_pool *p, amt_job *j, amt_event until)
{
  amt_event e;
  unsigned  turns = 0;
  do {
    e = amt_poll(p, j, 5000);
    if (++turns > 5000000 || e == AMT_FAILED)
      fail_msg("%s", e == AMT_FAILED ? amt_error(j->error) : "no end");
  } while (e != until);
}

#ifdef __OPTIMIZE_SIZE__ /* where each piece is produced from the start */
#define LONG_REQUEST 20000
#else
#define LONG_REQUEST 300000
#endif

/* Sends a Start of this task, through a buffer of `size` bytes and a stream
   that takes `most` bytes a write. Its body must be `want`. */
static void send_long(const long_task *l, int kind, const text *want,
                      size_t size, size_t most, int not_yet)
{
  amt_wire    w;
  amt_session s;
  amt_slot    c;
  amt_job     j;
  sink        k;
  amt_pool    p = { &c, 1, NULL, 0, NULL };
  sink_init(&k, &c);
  k.most = most, k.not_yet = not_yet;
  p.buf = malloc(size), p.size = size;
  assert_non_null(p.buf);
  long_session(&s, &w, long_body[kind]);
  amt_start(&j, &s, &l->t);
  poll_to(&p, &j, AMT_STARTED);
  same_body(&k, want);
  assert_int_equal(k.whole, 1);
  amt_drop(&p, &j);
  amt_pool_end(&p);
  free(p.buf);
  sink_free(&k);
}

SLOW_TEST(long_requests_of_every_shape_go_whole_through_any_buffer)
{
  static const struct { size_t size, most; } v[2][6] = {
    { { 64, 0 }, { 100, 0 }, { 257, 0 }, { 4096, 0 }, { 4096, 1460 },
      { 1000000, 0 } },
    { { 64, 7 }, { 64, 1 }, { 100, 7 }, { 100, 1 }, { 1000, 7 }, { 4096, 1460 }
    } /* shorter ones: byte by byte, pieces are produced many times */
  };
  size_t i, n;
  int    shape, kind;
  for (n = 0; n < 2; n++)
    for (shape = 0; shape < SHAPES; shape++) {
      long_task l;
      long_init(&l, shape, n == 0 ? LONG_REQUEST : 3000);
      for (kind = 0; kind < KINDS; kind++) {
        text        want = {0}, one = {0};
        amt_wire    w;
        amt_session s;
        long_session(&s, &w, long_body[kind]);
        long_wanted(&l, kind, &want);
        in_one_window(&s, &l.t, &one);
        same_bytes(&one, 0, &want);
        for (i = 0; i < COUNT(v[n]); i++)
          send_long(&l, kind, &want, v[n][i].size, v[n][i].most, (int)(i % 2));
        text_free(&want);
        text_free(&one);
      }
      long_free(&l);
    }
}

SLOW_TEST(two_requests_that_are_half_sent_go_on_where_they_were)
{
  size_t at;
  for (at = 0; at < 40; at++) {
    char        room[80];
    long_task   l[2];
    amt_wire    w;
    amt_session s;
    amt_slot    c[2];
    amt_job     j[2];
    sink        k[2];
    amt_pool    p = { c, 2, room, sizeof room, NULL };
    int         i, started[2] = { 0, 0 }, has[2] = { 0, 0 }, turns = 0;
    long_session(&s, &w, long_body[at % KINDS]);
    for (i = 0; i < 2; i++) {
      long_init(&l[i], i == 0 ? MANY : TWO_LONG, 4000 + at * 13);
      sink_init(&k[i], &c[i]);
      k[i].most = 11 + 30 * (size_t)i, k[i].not_yet = 1;
      amt_start(&j[i], &s, &l[i].t);
    }
    while (!started[0] || !started[1])
      for (i = 0; i < 2; i++) {
        amt_event e = started[i] ? AMT_BUSY : amt_poll(&p, &j[i], 5000);
        assert_int_not_equal(e, AMT_FAILED);
        if (e == AMT_STARTED) started[i] = 1;
        else if (e == AMT_BUSY && !started[i]) has[i] = c[1].job == &j[i];
        assert_true(++turns < 100000);
      }
    assert_int_not_equal(has[0], has[1]);
    for (i = 0; i < 2; i++) {
      text want = {0};
      long_wanted(&l[i], (int)(at % KINDS), &want);
      same_body(&k[has[i]], &want);
      amt_drop(&p, &j[i]);
      text_free(&want);
    }
    amt_pool_end(&p);
    for (i = 0; i < 2; i++) sink_free(&k[i]), long_free(&l[i]);
  }
}

/* After a reset, a request that may be repeated starts from its first byte. The
   next request does not continue it either. */
TEST(a_long_request_that_broke_off_goes_again_from_its_beginning)
{
  static char name[3000];
  size_t      fails;
  memset(name, 'n', sizeof name - 1);
  for (fails = 1; fails < 3400; fails += 97) {
    char        room[64];
    text        want = {0};
    amt_wire    w;
    amt_session s;
    amt_slot    c;
    amt_job     j;
    sink        k;
    amt_pool    p = { &c, 1, room, sizeof room, NULL };
    long_session(&s, &w, NULL);
    sink_init(&k, &c);
    amt_attach(&j, &s, name, "2112");
    j.due__ = 5000;
    k.fails = fails;
    while (amt_poll(&p, &j, 5000) != AMT_RETRYING && k.whole == 0) { }
    assert_int_equal(k.whole == 0, fails < 3000 + 150);
    while (k.whole == 0) amt_poll(&p, &j, 5000 + j.wait);
    text_put(&want, "{\"ApplicationName\":\"%s\",\"BatchRequestId\":2112}",
             name);
    same_body(&k, &want);
    amt_stop(&j, AMT_KILL);
    while (k.whole == 1) amt_poll(&p, &j, 6000);
    text_clear(&want);
    text_put(&want, "{\"Action\":\"KILL\",\"ApplicationName\":\"%s\","
             "\"BatchRequestId\":2112}", name);
    same_body(&k, &want);
    amt_drop(&p, &j);
    amt_pool_end(&p);
    sink_free(&k);
    text_free(&want);
  }
}

/* A place that lies after the window's beginning is of no use. */
TEST(a_request_goes_on_from_no_later_place)
{
  static const size_t from[] = { 0, 200, 10, 290 };
  static char name[250];
  char        whole[400], piece[64];
  amt_place   place;
  amt_wire    w;
  amt_session s;
  amt_job     j;
  amt_window  o;
  size_t      i;
  memset(name, 'n', sizeof name - 1);
  memset(&place, 0, sizeof place);
  long_session(&s, &w, NULL);
  amt_attach(&j, &s, name, "2112");
  j.op = AMT_MONITOR;
  amt_window_init(&o, whole, sizeof whole, 0);
  amt_call_body(&j, &o);
  assert_in_range(o.total, 280, sizeof whole);
  for (i = 0; i < COUNT(from); i++) {
    size_t n = o.total - from[i] < sizeof piece ? o.total - from[i]
                                                : sizeof piece;
    amt_window part;
    amt_window_init(&part, piece, sizeof piece, from[i]);
    amt__put_body(&j, &part, &place);
    assert_true(n <= part.len);
    assert_memory_equal(piece, whole + from[i], n);
    assert_true(AMT__SMALL || from[i] == 0 || place.total != 0);
  }
}

/* A longer token would move all that follows it, so it must wait until the
   request is out. */
TEST(credentials_are_not_replaced_while_a_request_is_half_sent)
{
  static const char later[] = "the-second-and-longer-token";
  char        room[64], token[40] = "first";
  text        want = {0};
  long_task   l;
  amt_wire    w;
  amt_session s;
  amt_slot    c;
  amt_job     j;
  sink        k;
  unsigned    refused = 0, taken = 0;
  amt_pool    p = { &c, 1, room, sizeof room, NULL };
  long_session(&s, &w, long_body[0]);
  w.headers = "X-Key: " AMT_HOLE_TOKEN "\r\n";
  s.token = token, s.token_room = sizeof token;
  long_init(&l, MANY_LONG, 30000);
  sink_init(&k, &c);
  k.most = 50, k.not_yet = 1;
  amt_start(&j, &s, &l.t);
  for (;;) {
    amt_event e = amt_poll(&p, &j, 5000);
    if (e == AMT_STARTED) break;
    assert_int_not_equal(e, AMT_FAILED);
    if (k.in.len == 0) continue;
    if (amt_session_credentials(&s, NULL, NULL)) taken++;
    else refused++;
  }
  assert_true(refused > 100);
  assert_int_equal(taken, 0);
  assert_non_null(strstr(k.request.p, "\r\nX-Key: first\r\n"));
  long_wanted(&l, ARRAY_OF, &want);
  same_body(&k, &want);
  assert_int_equal(amt_session_credentials(&s, NULL, NULL), 1);
  memcpy(token, later, sizeof later);
  while (k.whole == 1) amt_poll(&p, &j, 5000 + 20000);
  assert_non_null(strstr(k.request.p, "MonitorJob"));
  assert_non_null(strstr(k.request.p, later));
  amt_drop(&p, &j);
  amt_pool_end(&p);
  sink_free(&k);
  text_free(&want);
  long_free(&l);
}

/* --- bad input ------------------------------------------------------------ */

TEST(a_malformed_url_is_refused_and_nothing_is_opened)
{
  static const struct { const char *url; int error; } v[] = {
    { "amt.test:4004", AMT_E_URL_SCHEME }, { "ftp://amt.test/", AMT_E_URL_SCHEME },
    { "", AMT_E_URL_SCHEME }, { "http://", AMT_E_URL_HOST },
    { "http://user:pw@amt.test/", 0 }, { "http://amt.test:0/", AMT_E_URL_PORT },
    { "http://amt.test:99999/", AMT_E_URL_PORT },
    { "http://amt.test:4004/a b", AMT_E_URL_PATH },
    { "http://amt.test:4004/a\r\nX: y", AMT_E_URL_PATH },
    { "http://amt.test:4004/a#b", AMT_E_URL_PATH },
    { "http://amt.test:4004/a?b=c", AMT_E_URL_PATH },
    { "http://amt.te\nst:4004/", 0 }, { NULL, 0 },
    { "https://amt.test:4004/", AMT_E_NO_TLS }
  };
  size_t i;
  int    wait;
  for (i = 0; i < COUNT(v); i++)
    for (wait = 0; wait < 2; wait++) {
      rig r;
      rig_init(&r, 1, 64);
      r.wait = wait;
      r.s.url = v[i].url;
      rig_run(&r);
      assert_int_equal(r.last, AMT_FAILED);
      if (v[i].error) assert_int_equal(r.j.error, v[i].error);
      assert_true(AMT_IS_PERMANENT(r.j.error));
      assert_true(strlen(amt_error(r.j.error)) > 10);
      assert_int_equal(r.j.start, AMT_START_NONE);
      assert_int_equal(r.srv.opens, 0);
      assert_int_equal(r.srv.log.retries, 0); /* another try cannot help */
      assert_int_equal(server_clock, 5000);
      rig_free(&r);
    }
}

TEST(a_pool_without_connection_or_room_is_refused)
{
  int wait;
  for (wait = 0; wait < 2; wait++) {
    rig r;
    rig_init(&r, 0, 64);
    r.wait = wait;
    rig_run(&r);
    assert_int_equal(r.last, AMT_FAILED);
    assert_int_equal(r.j.error, AMT_E_NO_CONNECTION);
    rig_free(&r);
    rig_init(&r, 1, 63);
    r.wait = wait;
    rig_run(&r);
    assert_int_equal(r.last, AMT_FAILED);
    assert_int_equal(r.j.error, AMT_E_NO_ROOM);
    assert_int_equal(r.srv.opens, 0);
    rig_free(&r);
  }
}

TEST(a_stream_that_cannot_wait_makes_amt_wait_answer_busy)
{
  amt_stream_ops ops;
  rig r;
  rig_init(&r, 1, 64);
  ops = *r.line[0].stream.ops;
  ops.wait = NULL;
  r.line[0].stream.ops = &ops;
  r.srv.not_yet = 1;
  amt_start(&r.j, &r.s, &r.t);
  assert_int_equal(amt_wait(&r.pool, &r.j, server_now), AMT_BUSY);
  rig_until(&r, &r.j, &r.srv.log, AMT_DONE); /* amt_poll works */
  assert_int_equal(r.j.code, 4);
  rig_free(&r);
}

/* --- secrets -------------------------------------------------------------- */

static int holds(const void *p, size_t n, const char *word)
{
  const char *b = (const char *)p;
  size_t      w = strlen(word), i;
  for (i = 0; i + w <= n; i++) if (memcmp(b + i, word, w) == 0) return 1;
  return 0;
}

static int rig_holds(const rig *r, const char *word)
{
  return holds(r->pool.buf, r->pool.size, word) ||
         holds(&r->s, sizeof r->s, word) || holds(&r->j, sizeof r->j, word) ||
         holds(&r->conn, sizeof r->conn, word) ||
         holds(r->token, sizeof r->token, word);
}

/* The job is dropped, or the pool ended, after each number of polls. */
TEST(no_password_or_token_is_left_behind)
{
  unsigned polls, seen = 0;
  int      ended = 0;
  for (polls = 1; !ended; polls++) {
    unsigned i;
    rig r;
    rig_init(&r, 1, 1024);
    memset(r.pool.buf, 0, r.pool.size);
    r.srv.not_yet = 1;
    r.srv.write_max = 100, r.srv.read_max = 60;
    amt_start(&r.j, &r.s, &r.t);
    for (i = 0; i < polls && !ended; i++) {
      amt_event e = amt_poll(&r.pool, &r.j, server_clock);
      if (e == AMT_BUSY && !rig_ready(&r)) server_clock += r.j.wait;
      ended = e == AMT_DONE;
      assert_int_not_equal(e, AMT_FAILED);
    }
    seen += (unsigned)(rig_holds(&r, "opconxps") || rig_holds(&r, "tok1"));
    amt_drop(&r.pool, &r.j);
    amt_pool_end(&r.pool);
    amt_session_end(&r.s);
    assert_false(rig_holds(&r, "opconxps"));
    assert_false(rig_holds(&r, "tok1"));
    rig_free(&r);
  }
  assert_true(seen > 5); /* the search does find secrets */
}

TEST(the_password_does_not_outlive_the_sign_in_in_the_buffer)
{
  rig r;
  rig_init(&r, 1, 1024);
  memset(r.pool.buf, 0, r.pool.size);
  r.srv.tidy = 1;
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
  assert_false(holds(r.pool.buf, r.pool.size, "opconxps"));
  assert_false(holds(&r.j, sizeof r.j, "opconxps"));
  amt_drop(&r.pool, &r.j);
  rig_free(&r);
}

/* A password must not stay in the buffer until the pool ends. */
TEST(a_job_dropped_while_it_signs_in_leaves_no_password)
{
  rig r;
  rig_init(&r, 1, 1024);
  memset(r.pool.buf, 0, r.pool.size);
  r.srv.silent = AMT_SIGN_IN + 1;
  amt_start(&r.j, &r.s, &r.t);
  assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_BUSY);
  amt_drop(&r.pool, &r.j);
  amt_session_end(&r.s);
  assert_false(holds(r.pool.buf, r.pool.size, "opconxps"));
  rig_free(&r);
}

/* A session's struct is used again for another server. Each server gets only
   its own requests and credentials. */
TEST(a_session_used_again_goes_to_its_own_server)
{
  rig r;
  rig_init(&r, 1, 512);
  rig_run(&r);
  assert_int_equal(r.j.code, 4);
  amt_session_end(&r.s);
  r.s.url = "http://other.test:4004/base";
  r.s.user = "ocadm", r.s.password = "opconxps";
  r.s.token = r.token, r.s.token_room = sizeof r.token;
  r.srv.host = "other.test";
  r.srv.opens = 0;
  r.srv.status_at = 3;
  amt_start(&r.j, &r.s, &r.t);
  /* the server checks Host, line_open() the name */
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
  assert_int_equal(r.srv.opens, 2);
  amt_drop(&r.pool, &r.j);
  rig_free(&r);
}

TEST(a_session_and_its_url_text_used_again_go_to_their_own_server)
{
  static char url[64];
  rig r;
  strcpy(url, "http://amt.test:4004/base");
  rig_init(&r, 1, 512);
  r.s.url = url;
  rig_run(&r);
  assert_int_equal(r.j.code, 4);
  amt_session_end(&r.s);
  strcpy(url, "http://other.test:4004/base");
  r.s.url = url;
  r.s.user = "ocadm", r.s.password = "opconxps";
  r.s.token = r.token, r.s.token_room = sizeof r.token;
  r.srv.host = "other.test";
  r.srv.opens = 0;
  r.srv.status_at = 3;
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
  assert_int_equal(r.srv.opens, 2);
  amt_drop(&r.pool, &r.j);
  rig_free(&r);
}

/* --- many jobs ------------------------------------------------------------ */

#define JOBS 7
typedef struct fleet {
  rig       r;
  amt_job   job[JOBS];
  event_log log[JOBS];
  int       ended[JOBS];
  amt_event e[JOBS];
} fleet;

static void fleet_init(fleet *f, size_t lines, size_t size)
{
  int i;
  memset(f, 0, sizeof *f);
  rig_init(&f->r, lines, size);
  f->r.srv.watch = NULL;
  f->r.srv.log_calls = 0;
  for (i = 0; i < JOBS; i++) {
    f->log[i].quiet = 1;
    amt_start(&f->job[i], &f->r.s, &f->r.t);
  }
}

static void fleet_free(fleet *f)
{
  int i;
  for (i = 0; i < JOBS; i++) log_free(&f->log[i]);
  rig_free(&f->r);
}

static amt_event fleet_turn(fleet *f, int i)
{
  amt_event e;
  if (f->ended[i]) return AMT_BUSY;
  e = f->e[i] = amt_poll(&f->r.pool, &f->job[i], server_clock);
  if (e == AMT_BUSY) return e;
  log_event(&f->log[i], &f->job[i], e);
  f->ended[i] = e == AMT_DONE || e == AMT_FAILED;
  return e;
}

/* Polls one job until this event. */
static void fleet_until(fleet *f, int i, amt_event until)
{
  unsigned turns = 0;
  while (f->e[i] != until) {
    if (f->ended[i] || ++turns > 20000)
      fail_msg("job %d: event %d never comes:\n%s", i, (int)until,
               text_of(&f->log[i].text));
    if (fleet_turn(f, i) == AMT_BUSY) server_clock += 10;
  }
}

/* Polls jobs in pseudo-random order. A job that holds the buffer goes on
   first. */
static void fleet_run(fleet *f, uint32_t seed)
{
  unsigned turns = 0;
  int      left = JOBS, i;
  while (left) {
    seed = seed * 1664525u + 1013904223u;
    i = (int)(seed >> 16) % JOBS;
    while (fleet_turn(f, i) != AMT_BUSY) { }
    for (left = 0, i = 0; i < JOBS; i++) left += !f->ended[i];
    if (++turns % 16 == 0) server_clock += 20;
    if (turns > 500000) fail_msg("the fleet does not end");
  }
}

TEST(many_jobs_share_few_connections_and_one_buffer)
{
  size_t   lines;
  uint32_t seed;
  for (lines = 1; lines <= LINES; lines++)
    for (seed = 0; seed < 20; seed++) {
      fleet f;
      int   i;
      fleet_init(&f, lines, seed % 2 ? 64 : 200);
      f.r.srv.not_yet = seed % 3 == 0;
      f.r.srv.read_max = seed % 4 * 9;
      f.r.srv.write_max = seed % 5 * 11;
      f.r.srv.framing = (int)(seed % 5);
      fleet_run(&f, seed);
      for (i = 0; i < JOBS; i++) {
        const char *at = strstr(text_of(&f.log[i].text), "message #1");
        assert_int_equal(f.job[i].code, 4);
        assert_int_equal(f.job[i].log_complete, 1);
        assert_non_null(at);
        assert_string_equal(at, strstr(reference, "message #1"));
      }
      assert_int_equal(f.r.srv.count[AMT_START], JOBS);
      assert_int_equal(f.r.srv.count[AMT_SIGN_IN], 1);
      fleet_free(&f);
    }
}

/* Connections break now and then. */
TEST(many_jobs_survive_connections_that_break)
{
  uint32_t seed;
  for (seed = 0; seed < 150; seed++) {
    fleet f;
    int   i, unknown = 0;
    fleet_init(&f, 3, 100);
    f.r.srv.read_max = 40;
    f.r.srv.write_max = 90;
    f.r.srv.fail_io = 5 + (long)seed * 11;
    f.r.srv.fail_how = seed % 2 ? FAIL_RESET : FAIL_EOF;
    fleet_run(&f, seed);
    for (i = 0; i < JOBS; i++) {
      if (f.job[i].start == AMT_START_UNKNOWN) {
        unknown++;
        assert_int_equal(f.job[i].error, AMT_E_MAYBE_STARTED);
        continue;
      }
      assert_int_equal(f.job[i].code, 4);
      assert_string_equal(strstr(text_of(&f.log[i].text), "message #1"),
                          strstr(reference, "message #1"));
    }
    assert_true(unknown <= 1);
    assert_true(f.r.srv.count[AMT_START] <= JOBS);
    fleet_free(&f);
  }
}

TEST(whoever_holds_the_buffer_is_polled_first)
{
  fleet f;
  int   i, k;
  fleet_init(&f, 2, 1024);
  fleet_until(&f, 1, AMT_STARTED);
  fleet_until(&f, 0, AMT_MESSAGE);
  server_clock += 30000;
  for (k = 0; k < 3; k++)
    for (i = 1; i < 3; i++) {
      f.job[i].wait = 7;
      assert_int_equal(amt_poll(&f.r.pool, &f.job[i], server_clock), AMT_BUSY);
      assert_int_equal(f.job[i].wait, 0);
      assert_int_equal(f.job[i].error, 0);
      f.job[i].wait = 7; /* a blocking call would never return */
      assert_int_equal(amt_wait(&f.r.pool, &f.job[i], server_now), AMT_BUSY);
      assert_int_equal(f.job[i].wait, 0);
    }
  assert_memory_equal(f.job[0].msg, "one", 3); /* unchanged */
  while (fleet_turn(&f, 0) == AMT_MESSAGE) { }
  fleet_run(&f, 1); /* all end well */
  for (i = 0; i < 3; i++) {
    assert_int_equal(f.job[i].code, 4);
    assert_string_equal(strstr(text_of(&f.log[i].text), "message #1"),
                        strstr(reference, "message #1"));
  }
  fleet_free(&f);
}

/* One job is polled while another holds the buffer, at each stage of its
   work. */
TEST(a_job_kept_from_the_buffer_is_not_harmed_at_any_stage)
{
  static const amt_op once[] = { AMT_START, AMT_STOP, AMT_KILL, AMT_MONITOR,
                                 AMT_MESSAGES };
  unsigned polls, k;
  for (k = 0; k <= COUNT(once); k++)
    for (polls = 0; polls < 60; polls++) {
      fleet    f;
      int      i;
      unsigned n;
      amt_event e;
      fleet_init(&f, 2, 1024);
      for (i = 2; i < JOBS; i++) amt_drop(&f.r.pool, &f.job[i]), f.ended[i] = 1;
      fleet_until(&f, 0, AMT_STATUS);
      memset(f.r.srv.count, 0, sizeof f.r.srv.count);
      if (k < COUNT(once))
        amt_once(&f.job[1], &f.r.s, once[k], &f.r.t,
                 once[k] == AMT_START ? NULL : "2112");
      f.r.srv.not_yet = 1;
      for (n = 0; n < polls && !f.ended[1]; n++) {
        e = fleet_turn(&f, 1);
        if (e == AMT_BUSY && !rig_ready(&f.r)) server_clock += f.job[1].wait;
      }
      f.r.srv.not_yet = 0;
      if (f.r.pool.holder != NULL || f.ended[1]) {
        fleet_run(&f, 1);
        fleet_free(&f);
        continue;
      }
      fleet_until(&f, 0, AMT_MESSAGE);
      e = amt_poll(&f.r.pool, &f.job[1], server_clock);
      assert_int_equal(e, AMT_BUSY);
      assert_int_equal(f.job[1].wait, 0);
      while (fleet_turn(&f, 0) == AMT_MESSAGE) { }
      fleet_run(&f, 5);
      if (f.e[1] != AMT_DONE)
        fail_msg("case %u, after %u polls:\n%s", k, polls,
                 text_of(&f.log[1].text));
      assert_int_equal(f.job[1].error, 0);
      if (k < COUNT(once) && once[k] < AMT_MONITOR)
        assert_int_equal(f.r.srv.count[once[k]], 1);
      assert_int_equal(f.e[0], AMT_DONE);
      fleet_free(&f);
    }
}

TEST(a_job_dropped_while_it_holds_the_buffer_frees_it)
{
  fleet f;
  int   i;
  fleet_init(&f, 1, 1024);
  fleet_until(&f, 0, AMT_MESSAGE);
  amt_drop(&f.r.pool, &f.job[0]);
  f.ended[0] = 1;
  fleet_run(&f, 3);
  for (i = 1; i < JOBS; i++) assert_int_equal(f.job[i].code, 4);
  fleet_free(&f);
}

TEST(a_job_may_be_dropped_at_any_moment)
{
  unsigned polls;
  for (polls = 1; polls < 120; polls++) {
    unsigned n;
    fleet    f;
    int      i;
    fleet_init(&f, 2, 64);
    f.r.srv.not_yet = 1;
    f.r.srv.read_max = 30;
    for (n = 0; n < polls; n++)
      if (fleet_turn(&f, 0) == AMT_BUSY && !rig_ready(&f.r))
        server_clock += f.job[0].wait;
    amt_drop(&f.r.pool, &f.job[0]);
    f.ended[0] = 1;
    fleet_run(&f, polls);
    for (i = 1; i < JOBS; i++) assert_int_equal(f.job[i].code, 4);
    fleet_free(&f);
  }
}

/* A Start has not happened until its first byte leaves. After that its outcome
   is unknown until the id arrives. */
SLOW_TEST(a_job_dropped_in_a_start_says_what_is_known)
{
  static const size_t most[] = { 0, 1, 20 };
  unsigned polls, seen[4], k;
  memset(seen, 0, sizeof seen);
  for (k = 0; k < COUNT(most); k++)
    for (polls = 0; polls < 900; polls++) {
      unsigned n;
      rig      r;
      rig_init(&r, 1, 512);
      r.srv.not_yet = 1;
      r.srv.read_max = r.srv.write_max = most[k];
      amt_start(&r.j, &r.s, &r.t);
      rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
      for (n = 0; n < polls && r.j.start != AMT_START_KNOWN; n++)
        amt_poll(&r.pool, &r.j, server_clock);
      amt_drop(&r.pool, &r.j);
      assert_int_equal(amt_poll(&r.pool, &r.j, server_clock), AMT_FAILED);
      assert_int_equal(r.j.error, AMT_E_FORGOTTEN);
      if (r.srv.starts_begun == 0) assert_int_equal(r.j.start, AMT_START_NONE);
      else assert_true(r.j.start >= AMT_START_UNKNOWN);
      if (r.j.start == AMT_START_KNOWN) assert_string_equal(r.j.id, "2112");
      else assert_string_equal(r.j.id, "");
      seen[r.j.start]++;
      rig_free(&r);
    }
  assert_true(seen[AMT_START_NONE] && seen[AMT_START_UNKNOWN] &&
              seen[AMT_START_KNOWN]);
}

/* Two jobs in one loop, written from the manual alone. */
TEST(two_jobs_polled_in_turn_both_end)
{
  size_t lines, size;
  for (lines = 1; lines < 3; lines++)
    for (size = 64; size < 300; size += 59) {
      rig         r;
      amt_job     job[2];
      const char *got[2];
      event_log   l[2];
      int         over[2] = { 0, 0 }, i;
      rig_init(&r, lines, size);
      r.srv.watch = NULL;
      r.srv.log_calls = 0;
      memset(l, 0, sizeof l);
      for (i = 0; i < 2; i++) amt_start(&job[i], &r.s, &r.t);
      while (!over[0] || !over[1])
        for (i = 0; i < 2; i++) {
          amt_event e = amt_poll(&r.pool, &job[i], server_clock);
          if (over[i]) {
            assert_int_equal(e, AMT_DONE); /* as often as asked */
            continue;
          }
          if (e == AMT_BUSY) server_clock += 5;
          else log_event(&l[i], &job[i], e);
          if (e == AMT_DONE || e == AMT_FAILED) over[i] = 1;
        }
      for (i = 0; i < 2; i++) {
        got[i] = strstr(text_of(&l[i].text), "message #1");
        assert_non_null(got[i]);
        assert_string_equal(got[i], strstr(reference, "message #1"));
        assert_int_equal(job[i].code, 4);
        log_free(&l[i]);
      }
      rig_free(&r);
    }
}

/* An early reply waits in the shared buffer. Until it is read, no other job may
   send. */
TEST(an_early_reply_is_not_lost_to_another_job)
{
  static const char *const many[] = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccccc" };
  static const char early[] = H("413", "Content-Length: 23\r\n",
                                "{\"Message\":\"too large\"}");
  amt_event e = AMT_BUSY;
  int       turns = 0;
  fleet     f;
  fleet_init(&f, 2, 128);
  fleet_until(&f, 0, AMT_STARTED);
  fleet_until(&f, 1, AMT_STARTING);
  server_clock += 20000; /* job 0 must monitor, on another connection */
  f.r.t.parameters = many, f.r.t.parameter_count = 3;
  f.r.srv.read_max = 20;
  while (e == AMT_BUSY && turns++ < 1000) {
    f.r.srv.watch = &f.job[1];
    f.r.srv.early = early;
    e = fleet_turn(&f, 1);
    f.r.srv.watch = NULL, f.r.srv.early = NULL;
    if (f.r.srv.stuck) {
      f.r.srv.stuck = 0;
      if (e == AMT_BUSY) fleet_turn(&f, 0);
      f.r.srv.stuck = 1;
    }
  }
  fleet_until(&f, 1, AMT_FAILED);
  assert_int_equal(f.job[1].error, AMT_E_REFUSED);
  assert_int_equal(f.job[1].start, AMT_START_REFUSED);
  f.r.srv.stuck = 0;
  fleet_until(&f, 0, AMT_DONE);
  assert_int_equal(f.job[0].code, 4);
  {
    int i;
    for (i = 2; i < JOBS; i++) amt_drop(&f.r.pool, &f.job[i]);
  }
  fleet_free(&f);
}

/* Half of job 0's request is out when job 1's token is refused. */
TEST(a_half_sent_request_keeps_its_token)
{
  static const step s[] = { { AMT_MONITOR, 401, "{}", 0, 0, 0, 0 } };
  fleet f;
  int   i;
  fleet_init(&f, 2, 64);
  for (i = 0; i < 2; i++)
    fleet_until(&f, i, AMT_STARTED);
  server_clock += 20000;
  /* job 1's monitor is out; its reply, a 401, is not read yet */
  f.r.srv.steps = s, f.r.srv.step_count = 1;
  f.r.srv.read_max = 1;
  while (f.r.srv.count[AMT_MONITOR] == 0) fleet_turn(&f, 1);
  /* job 0's is half out, past "X-AMT-LogonToken: to" */
  f.r.srv.not_yet = 1, f.r.srv.write_max = 80;
  while (f.r.line[0].in.len + f.r.line[1].in.len < 80) fleet_turn(&f, 0);
  f.r.srv.not_yet = 0, f.r.srv.read_max = 0;
  for (i = 0; i < 200; i++) fleet_turn(&f, 1), server_clock++;
  f.r.srv.write_max = 0;
  for (i = 2; i < JOBS; i++) amt_drop(&f.r.pool, &f.job[i]), f.ended[i] = 1;
  fleet_run(&f, 9); /* the server checks each request's bytes */
  for (i = 0; i < 2; i++) assert_int_equal(f.job[i].code, 4);
  assert_int_equal(f.r.srv.count[AMT_SIGN_IN], 2);
  /* one 401 only: job 0's request had the old token and was good */
  assert_int_equal(f.r.srv.count[AMT_MONITOR], 1 + 4 + 1);
  fleet_free(&f);
}

/* Job 0's request met a stale connection and is being sent again. Half of it is
   out when job 1 signs in anew. */
TEST(a_request_sent_again_keeps_its_token_too)
{
  fleet f;
  int   i;
  fleet_init(&f, 2, 64);
  for (i = 0; i < 2; i++)
    fleet_until(&f, i, AMT_STARTED);
  server_clock += 20000;
  for (i = 0; i < LINES; i++) f.r.line[i].raced = f.r.line[i].open;
  /* job 0: all out on the stale one; half out on the new one */
  f.r.srv.not_yet = 1, f.r.srv.write_max = 80;
  for (i = 0; i < 100; i++) {
    fleet_turn(&f, 0);
    if (f.r.srv.opens > 1 + (unsigned)0 &&
        f.r.line[0].open && !f.r.line[0].raced && f.r.line[0].in.len >= 80) break;
    if (f.r.line[1].open && !f.r.line[1].raced && f.r.line[1].in.len >= 80) break;
  }
  assert_true(f.r.line[0].in.len >= 80 || f.r.line[1].in.len >= 80);
  f.r.srv.not_yet = 0, f.r.srv.write_max = 0;
  f.r.s.token__life = 1; /* the token has expired, */
  f.r.srv.generation = 100; /* and "tok101" is longer than "tok1" */
  for (i = 0; i < 50; i++) fleet_turn(&f, 1), server_clock++;
  for (i = 2; i < JOBS; i++) amt_drop(&f.r.pool, &f.job[i]), f.ended[i] = 1;
  fleet_run(&f, 9);
  for (i = 0; i < 2; i++) assert_int_equal(f.job[i].code, 4);
  fleet_free(&f);
}

/* --- the clock ------------------------------------------------------------ */

TEST(the_clock_may_wrap_at_any_time)
{
  uint32_t before;
  int      wait;
  for (wait = 0; wait < 2; wait++)
    for (before = 0; before < 40000; before += 331) {
      rig r;
      rig_init(&r, 1, 100);
      r.wait = wait;
      r.srv.log_calls = 0;
      server_clock = 0u - before;
      rig_run(&r);
      expect_log(&r.srv.log, reference);
      assert_int_equal(server_clock + before, 25000);
      rig_free(&r);
    }
}

/* The server sends a byte now and then: only the limit for the whole call ends
   it. */
TEST(a_dripping_server_cannot_stretch_a_call_for_ever)
{
  unsigned turns = 0;
  rig r;
  rig_init(&r, 1, 64);
  r.srv.raw_op = AMT_MONITOR;
  r.srv.raw = H("200", "Content-Length: 100000\r\n", "{\"x\":\"aaaaaaaaaaaaaa");
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTED);
  for (;;) { /* a byte every 20 s */
    uint32_t  at = server_clock;
    amt_event e = amt_poll(&r.pool, &r.j, server_clock);
    if (e == AMT_RETRYING) break;
    assert_int_equal(e, AMT_BUSY);
    assert_true(++turns < 1000);
    if (r.srv.count[AMT_MONITOR] == 0) server_clock += r.j.wait;
    else server_clock = at + 20000, text_put(&r.line[0].out, "a");
  }
  assert_int_equal(r.j.error, AMT_E_TIMEOUT);
  assert_in_range(server_clock - 5000, 600000, 660000);
  amt_drop(&r.pool, &r.j);
  rig_free(&r);
}

/* --- remaining conditions ------------------------------------------------- */

TEST(an_ended_job_says_so_while_another_holds_the_buffer)
{
  rig     r;
  amt_job late, busy;
  rig_init(&r, 2, 1024);
  r.srv.watch = NULL;
  rig_run(&r);
  late = r.j;
  amt_attach(&busy, &r.s, "DEMO2", "2112");
  rig_until(&r, &busy, &r.srv.log, AMT_MESSAGE);
  assert_ptr_equal(r.pool.holder, &busy);
  assert_int_equal(amt_poll(&r.pool, &late, server_clock), AMT_DONE);
  assert_int_equal(late.error, 0);
  assert_ptr_equal(r.pool.holder, &busy);
  rig_until(&r, &busy, &r.srv.log, AMT_DONE);
  rig_free(&r);
}

TEST(a_wait_for_a_connection_that_another_job_has_is_BUSY)
{
  rig     r;
  amt_job other;
  rig_init(&r, 1, 1024);
  rig_run(&r);
  r.srv.watch = NULL;
  r.srv.stuck = 1;
  amt_attach(&other, &r.s, "DEMO2", "2112");
  amt_attach(&r.j, &r.s, "DEMO2", "2112");
  assert_int_equal(amt_poll(&r.pool, &other, server_clock), AMT_BUSY);
  assert_ptr_equal(r.conn[0].job, &other);
  assert_int_equal(amt_wait(&r.pool, &r.j, server_now), AMT_BUSY);
  assert_int_equal(r.j.wait, 10);
  amt_drop(&r.pool, &r.j);
  amt_drop(&r.pool, &other);
  rig_free(&r);
}

TEST(a_job_takes_its_own_sessions_connection_or_a_closed_one)
{
  enum { OWN, OTHER, SHUT, USED };
  static const struct { int is[3], taken; } v[] = {
    { { OTHER, SHUT, OWN }, 2 },  { { OTHER, SHUT, OTHER }, 1 },
    { { SHUT, OTHER, USED }, 0 }, { { OTHER, OTHER, OTHER }, 0 },
    { { OWN, SHUT, OTHER }, 0 },  { { USED, USED, OTHER }, 2 },
    { { USED, USED, USED }, -1 }
  };
  amt_session own, other;
  size_t      i;
  int         k;
  for (i = 0; i < COUNT(v); i++) {
    rig r;
    rig_init(&r, 3, 64);
    for (k = 0; k < 3; k++) {
      amt_slot *c = &r.conn[k];
      c->http.state = v[i].is[k] == SHUT ? AMT_CONN_CLOSED : AMT_CONN_IDLE;
      c->session = v[i].is[k] == OWN ? &own : &other;
      c->job = v[i].is[k] == USED ? &r.j : NULL;
    }
    assert_ptr_equal(amt__slot_free(&r.pool, &own),
                     v[i].taken < 0 ? NULL : &r.conn[v[i].taken]);
    rig_free(&r);
  }
}

/* GET and DELETE send no length when there is no body. */
TEST(only_POST_and_PUT_send_a_length_of_0)
{
  static const char *const method[] = { "GET", "POST", "PUT", "DELETE" };
  int i;
  for (i = 0; i < 4; i++) {
    amt_wire  w = *amt_wire_default();
    amt_slot  c;
    amt_job   j;
    rig       r;
    char      got[400];
    amt_window   o;
    rig_init(&r, 1, 64);
    w.call[AMT_MONITOR].method = method[i];
    w.call[AMT_MONITOR].path = "/" AMT_HOLE_ID;
    w.call[AMT_MONITOR].body = i % 2 ? "" : NULL;
    r.s.wire = &w;
    memset(&c, 0, sizeof c);
    assert_int_equal(amt_url_parse(&c.url, "http://h"), 0);
    amt_attach(&j, &r.s, "DEMO2", "2112");
    memset(got, 0, sizeof got);
    amt_window_init(&o, got, sizeof got - 1, 0);
    amt__put_request(&c, &j, &o);
    assert_memory_equal(got, method[i], strlen(method[i]));
    assert_int_equal(strstr(got, "Content-Length:          0\r\n") != NULL,
                     *method[i] == 'P');
    assert_int_equal(strstr(got, "Content-Length") != NULL,
                     *method[i] == 'P');
    rig_free(&r);
  }
}

/* No machine has room for such a request, so the test corrupts the host
   pointer. */
TEST(a_request_longer_than_can_be_counted_is_NO_ROOM)
{
  static char room[2000];
  rig         r;
  rig_init(&r, 1, 1024);
  r.s.start_kept = 1;
  amt_start(&r.j, &r.s, &r.t);
  rig_until(&r, &r.j, &r.srv.log, AMT_STARTING);
  r.conn[0].url.host = room + 1;
  r.conn[0].url.path = room;
  r.s.give_up = AMT_ZERO;
  rig_until(&r, &r.j, &r.srv.log, AMT_FAILED);
  assert_int_equal(r.j.error, AMT_E_NO_ROOM);
  assert_int_equal(r.j.start, AMT_START_NONE);
  assert_int_equal(r.srv.count[AMT_START], 0);
  assert_int_equal(r.conn[0].http.state, AMT_CONN_CLOSED);
  rig_free(&r);
}

/* --- a stream written from the manual alone: a modem that may answer ERROR to
   what it did send --- */

#define ANSWER(length, body) \
  "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" body

enum { NO_ERROR, LOST, ARRIVED, NOTHING_SENT }; /* what follows ERROR */

typedef struct modem {
  amt_stream  stream;
  const char *in;      /* arrived and not yet read */
  const char *fails_at; /* answers ERROR at this word of a request */
  int         then;
  unsigned    starts, dials, errors;
  int         busy;    /* the next call says "not yet" */
  size_t      cut;     /* only so many bytes of the answer after ERROR arrive,
                          then the job is dropped; 0: all arrive */
} modem;

static int modem_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                      uint32_t left_ms)
{
  modem *m = (modem *)s;
  (void)host, (void)n, (void)port, (void)left_ms;
  m->dials++;
  m->in = "";
  return 1;
}

static ptrdiff_t modem_read(amt_stream *s, void *p, size_t n)
{
  modem *m = (modem *)s;
  if (*m->in == 0) return AMT_AGAIN;
  if (n > strlen(m->in)) n = strlen(m->in);
  if (m->errors != 0 && m->cut != 0) n = m->cut;
  memcpy(p, m->in, n);
  m->in += m->cut == 0 ? n : strlen(m->in);
  return (ptrdiff_t)n;
}

/* The answer to a request, which comes in one piece here. */
static const char *modem_answer(const char *request)
{
  assert_memory_equal(request, "POST ", 5);
  if (strstr(request, "Authenticate")) return ANSWER("13", "{\"Token\":\"t\"}");
  if (strstr(request, "START")) return ANSWER("23", "{\"BatchRequestId\":2112}");
  if (strstr(request, "MonitorJob")) return ANSWER("12", "{\"Status\":4}");
  return ANSWER("20", "{\"Messages\":[\"one\"]}");
}

static ptrdiff_t modem_write(amt_stream *s, const void *p, size_t n)
{
  modem *m = (modem *)s;
  char   request[1000];
  if ((m->busy = !m->busy)) return AMT_AGAIN;
  assert_true(n < sizeof request);
  memcpy(request, p, n);
  request[n] = 0;
  if (m->fails_at == NULL || strstr(request, m->fails_at) == NULL)
    m->then = NO_ERROR;
  if (m->then != NOTHING_SENT && strstr(request, "START")) m->starts++;
  if (m->then == NO_ERROR || m->then == ARRIVED) m->in = modem_answer(request);
  if (m->then == NO_ERROR) return (ptrdiff_t)n;
  m->errors++;
  return AMT_E_RESET;
}

static void modem_close(amt_stream *s) { ((modem *)s)->in = ""; }

/* Runs a job to its end. */
static void modem_run(modem *m, amt_job *j, const char *fails_at, int then,
                      size_t cut)
{
  static const amt_stream_ops ops = { modem_open, modem_read, modem_write,
                                      modem_close, NULL, 0, NULL };
  amt_slot    conn;
  amt_pool    pool = { &conn, 1, NULL, 0, NULL };
  amt_session s;
  amt_task    t;
  amt_event   e;
  char        token[24], buf[1000];
  uint32_t    clock = 7;
  memset(&conn, 0, sizeof conn);
  memset(&s, 0, sizeof s);
  memset(&t, 0, sizeof t);
  memset(m, 0, sizeof *m);
  m->stream.ops = &ops;
  m->in = "";
  m->fails_at = fails_at;
  m->cut = cut;
  conn.http.stream = &m->stream;
  pool.buf = buf, pool.size = sizeof buf;
  s.url = "http://amt.test:4004", s.user = "ocadm", s.password = "opconxps";
  s.token = token, s.token_room = sizeof token;
  t.application = "DEMO2", t.job = "REPORTTEST01";
  amt_start(j, &s, &t);
  do {
    m->then = then; /* each time */
    e = amt_poll(&pool, j, clock);
    if (m->errors != 0 && cut != 0) amt_drop(&pool, j);
    if (e == AMT_BUSY) clock += j->wait == 0 || m->busy ? 1 : j->wait;
  } while (e != AMT_DONE && e != AMT_FAILED);
  amt_pool_end(&pool);
}

TEST(a_start_of_which_a_write_failed_is_never_sent_again)
{
  static const int lost[] = { LOST, NOTHING_SENT };
  static const char *const calls[] = { "START", "MonitorJob", "GetMessages" };
  modem   m;
  amt_job j;
  size_t  i;
  for (i = 0; i < COUNT(lost); i++) {
    modem_run(&m, &j, "START", lost[i], 0);
    assert_int_equal(m.errors, 1);
    assert_int_equal(m.starts, lost[i] == LOST);
    assert_int_equal(j.start, AMT_START_UNKNOWN);
    assert_int_equal(j.error, AMT_E_MAYBE_STARTED);
    assert_int_equal(j.code, AMT_CODE_UNDEFINED);
  }
  /* The answer arrived all the same, so the outcome is known. */
  for (i = 0; i < COUNT(calls); i++) {
    modem_run(&m, &j, calls[i], ARRIVED, 0);
    assert_int_equal(m.errors, 1);
    assert_int_equal(m.starts, 1);
    assert_int_equal(j.start, AMT_START_KNOWN);
    assert_int_equal(j.code, 4);
  }
}

/* The answer has begun to arrive: the only sign that the Start left. */
TEST(a_job_dropped_after_a_failed_write_may_have_started)
{
  size_t cut;
  for (cut = 1; cut < sizeof ANSWER("23", "{\"BatchrequestId\":2112}") - 1; cut++) {
    modem   m;
    amt_job j;
    modem_run(&m, &j, "START", ARRIVED, cut);
    assert_int_equal(m.errors, 1);
    assert_int_equal(j.error, AMT_E_FORGOTTEN);
    assert_int_equal(j.start, AMT_START_UNKNOWN);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
