/* outage.c - a server that is away, slow or unwilling for a while.

   The promise: after a fault that may pass, the call is repeated in growing
   intervals until the give-up time. The run of a job goes on. A code once known
   is never replaced, and no jump of the clock ends a run. */

#include "play.h"

/* --- tried again ---------------------------------------------------------- */

/* The test fills in the call. */
enum { ANY_CALL };
static const step passing[] = {
  REPLY(ANY_CALL, 500, JSON({"Message":"oops"})),
  REPLY(ANY_CALL, 502, "<html>"), REPLY(ANY_CALL, 503, ""),
  REPLY(ANY_CALL, 504, "{}"),     REPLY(ANY_CALL, 599, "{}"),
  REPLY(ANY_CALL, 408, "{}"),     REPLY(ANY_CALL, 425, ""),
  REPLY(ANY_CALL, 429, "{}", .retry = 3),
  NO_REPLY(ANY_CALL, AMT_E_EOF),
  NO_REPLY(ANY_CALL, AMT_E_RESET),
  NO_REPLY(ANY_CALL, AMT_E_TIMEOUT),
  UNTAKEN(ANY_CALL, AMT_E_CONNECT),
  UNTAKEN(ANY_CALL, AMT_E_DNS),
  NO_REPLY(ANY_CALL, AMT_E_HTTP_STATUS),
  CUT_OFF(ANY_CALL, 200, "{", AMT_E_TRUNCATED),
  OK(ANY_CALL, "hello"),
  OK(ANY_CALL, JSON({"Status":4}})),
  OK(ANY_CALL, JSON({"Status":4)),
  OK(ANY_CALL, "{\"x\":\"\xFF\",\"Status\":4}"),
  REPLY(ANY_CALL, 500, JSON({"Status":4,"BatchRequestId":1,"Token":"x",)
                       JSON("Messages":["no"]}))
};

TEST(what_may_pass_is_tried_again_for_every_call_but_start)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES, AMT_STOP,
                             AMT_KILL };
  static const message hello[] = { { .sequence = 1, .text = "hello" } };
  size_t i, k, chunk;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < COUNT(passing); k++)
      for (chunk = 0; chunk < 2; chunk++) {
        int   code = ops[i] == AMT_STOP ? 12 : ops[i] == AMT_KILL ? 3 : 4;
        step  s[] = { passing[k] };
        play *p;
        s[0].op = ops[i], s[0].times = 2;
        p = play_with(s);
        play_messages(p, hello);
        p->chunk = chunk;
        p->srv.log.quiet = 1;
        play_start(p);
        if (code != 4) {
          play_until(p, AMT_STARTED);
          amt_stop(&p->j, (amt_op)ops[i]);
        }
        play_run(p);
        expect_end(p, "done %d", code);
        expect_told(p, "message #1 hello\n");
        expect_untold(p, "message no");
        assert_int_equal(p->srv.log.retries, 2);
        expect_calls(p, AMT_START, 1);
        if (ops[i] == AMT_SIGN_IN)
          expect_calls(p, AMT_SIGN_IN, s[0].untaken ? 1 : 3);
      }
}

/* The kept connection had ended: the call is repeated at once and without an
   event, unless it is a Start. */
TEST(a_stale_connection_is_no_outage)
{
  int op;
  for (op = 0; op < AMT_CALLS; op++) {
    step  s[] = { NO_REPLY(op, AMT_E_STALE) };
    play *p = play_with(s);
    play_start(p);
    if (op == AMT_STOP || op == AMT_KILL) {
      play_until(p, AMT_STARTED);
      amt_stop(&p->j, (amt_op)op);
    }
    play_run(p);
    assert_int_equal(p->srv.log.retries, 0);
    if (op == AMT_START) {
      expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
      expect_calls(p, AMT_START, 1);
    } else {
      size_t i;
      assert_int_equal(p->last, AMT_DONE);
      assert_int_equal(p->j.error, 0);
      for (i = 1; i < p->calls; i++) /* at the same time */
        if (p->call_time[i] == p->call_time[i - 1]) break;
      assert_true(i < p->calls);
    }
  }
}

/* A complete reply in between, even a refusal, shows that connections can be
   kept, so the second one is again a first. */
TEST(a_second_stale_connection_is_an_outage_unless_a_reply_has_come)
{
  static const step rows[][3] = {
    { NO_REPLY(AMT_MONITOR, AMT_E_STALE),
      OK(AMT_MONITOR, JSON({"Status":2})),
      NO_REPLY(AMT_MONITOR, AMT_E_STALE) },
    { NO_REPLY(AMT_MONITOR, AMT_E_STALE),
      REPLY(AMT_MONITOR, 401, ""),
      NO_REPLY(AMT_MONITOR, AMT_E_STALE) },
    { NO_REPLY(AMT_MONITOR, AMT_E_STALE),
      NO_REPLY(AMT_MONITOR, AMT_E_STALE),
      OK(AMT_MONITOR, JSON({"Status":2})) },
  };
  size_t i;
  for (i = 0; i < COUNT(rows); i++) {
    play *p = play_with(rows[i]);
    play_job(p);
    assert_int_equal(p->srv.log.retries, i == 2);
    assert_int_equal(p->last, AMT_DONE);
    assert_int_equal(p->j.error, 0);
    expect_calls(p, AMT_START, 1);
  }
}

/* An HTTP client that calls every connection stale, in a loop written from the
   declarations alone. */
TEST(a_client_that_calls_each_connection_stale_meets_an_outage)
{
  int op;
  for (op = 0; op <= AMT_CALLS; op++) {
    char        token[64];
    amt_session s = {0};
    amt_task    t = {0};
    amt_job     j;
    uint32_t    now = 1000;
    unsigned    calls = 0, before = 0, retries = 0;
    amt_event   e;
    if (op == AMT_START) continue; /* a Start is never repeated */
    s.user = "ocadm", s.password = "opconxps";
    s.token = token, s.token_room = sizeof token;
    t.application = "DEMO2", t.job = "REPORTTEST01";
    if (op == AMT_CALLS) amt_attach(&j, &s, "DEMO2", "2112");
    else amt_once(&j, &s, (amt_op)op, &t, "2112");
    if (op != AMT_SIGN_IN) { /* a token is there already */
      strcpy(token, "3f78");
      s.token__len = 4;
    }
    do {
      e = amt_next(&j, now);
      if (e == AMT_CALL) {
        amt_reply_end(&j, AMT_E_STALE, 1);
        if (++calls > 1000) fail_msg("%d: it does not end", op);
      }
      if (e == AMT_RETRYING) {
        if (retries++ == 0) before = calls;
        assert_int_equal(j.error, AMT_E_STALE);
      }
      if (e == AMT_BUSY) now += j.wait;
    } while (e != AMT_DONE && e != AMT_FAILED);
    assert_int_equal(before, 2); /* one repeat at once */
    assert_int_equal(calls, retries + 2);
    assert_int_equal(now, 1000 + 300000); /* session->give_up */
    assert_int_equal(e, AMT_FAILED);
  }
}

/* A server that restarts may not know the job at first. */
TEST(a_4xx_to_monitor_or_messages_is_tried_again)
{
  static const int ops[] = { AMT_MONITOR, AMT_MESSAGES };
  static const int status[] = { 400, 404, 405, 409, 410, 422, 499 };
  size_t i, k;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < COUNT(status); k++) {
      step s[] = { REPLY(ops[i], status[k], JSON({"Message":"?","Status":11}),
                         .times = 3) };
      play *p = play_with(s);
      play_job(p);
      expect_end(p, "done 4");
      assert_int_equal(p->srv.log.retries, 3);
    }
}

TEST(an_error_page_is_the_servers_error_not_bad_json)
{
  static const char *const pages[] = { "<html>", "", JSON({"Message":) };
  size_t i;
  for (i = 0; i < COUNT(pages); i++) {
    step  s[] = { REPLY(AMT_MONITOR, 503, pages[i], .times = ALWAYS) };
    play *p = play_with(s);
    play_to(p, AMT_RETRYING);
    assert_int_equal(p->j.error, AMT_E_SERVER);
    assert_int_equal(p->j.http_status, 503);
    play_run(p);
    expect_end(p, "failed LOST, code 19, start known");
    assert_int_equal(p->j.cause, AMT_E_SERVER);
  }
}

TEST(the_words_of_a_failed_call_reach_the_caller)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_START, AMT_MONITOR,
                             AMT_MESSAGES };
  size_t i, chunk;
  for (i = 0; i < COUNT(ops); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      step s[] = { REPLY(ops[i], 500, "{\"message\":\"the d\xC3\xA2tabase "
                         "\\u20ac is down\",\"x\":1}") };
      play *p = play_with(s);
      p->chunk = chunk;
      play_job(p);
      expect_told(p, "server the d\xC3\xA2tabase \xE2\x82\xAC is down\n");
    }
}

TEST(a_code_once_known_is_never_replaced)
{
  static const struct { step s; int error; } v[] = {
    { REPLY(AMT_MESSAGES, 401, "{}"), AMT_E_TOKEN_REFUSED },
    { REPLY(AMT_MESSAGES, 403, JSON({"Message":"not yours"})),
      AMT_E_FORBIDDEN },
    { REPLY(AMT_MESSAGES, 404, "{}"), AMT_E_REFUSED },
    { REPLY(AMT_MESSAGES, 302, "{}"), AMT_E_REDIRECT },
    { REPLY(AMT_MESSAGES, 500, "{}"), AMT_E_SERVER },
    { NO_REPLY(AMT_MESSAGES, AMT_E_RESET), AMT_E_RESET },
    { UNTAKEN(AMT_MESSAGES, AMT_E_CONNECT), AMT_E_CONNECT },
    { OK(AMT_MESSAGES, "hello"), AMT_E_JSON_SYNTAX },
    { OK(AMT_MESSAGES, ""), AMT_E_JSON_TRUNCATED },
    { REPLY(AMT_MESSAGES, 204, ""), AMT_E_JSON_TRUNCATED },
    { OK(AMT_MESSAGES, "{}"), AMT_E_NO_MESSAGES },
    { OK(AMT_MESSAGES, "{\"Messages\":[\"\xFF\"]}"), AMT_E_JSON_UTF8 },
    { OK(AMT_MESSAGES, JSON({"Messages":["\ud800"]})), AMT_E_JSON_ESCAPE },
    { OK(AMT_MESSAGES, JSON({"Messages":[{"Text":"a","Text":"b"}]})),
      AMT_E_DUPLICATE },
    { OK(AMT_MESSAGES, JSON({"Messages":["a"],"Messages":["b"]})),
      AMT_E_DUPLICATE },
    { CUT_OFF(AMT_MESSAGES, 200, JSON({"Messages":["a"), AMT_E_TRUNCATED),
      AMT_E_TRUNCATED }
  };
  static const int codes[] = { 3, 4, 11, 99 };
  size_t i, k, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k < COUNT(codes); k++)
      for (chunk = 0; chunk < 2; chunk++) {
        step  s[] = { v[i].s };
        play *p = play_with(s);
        s[0].times = ALWAYS;
        p->srv.status = &codes[k], p->srv.status_count = 1;
        p->chunk = chunk;
        play_job(p);
        expect_end(p, "done %d %s log incomplete", codes[k],
                   error_name(v[i].error));
        expect_calls(p, AMT_MONITOR, 1);
      }
}

/* --- the waits ------------------------------------------------------------ */

TEST(the_waits_between_repeats_grow)
{
  step   s[] = { REPLY(AMT_SIGN_IN, 503, "", .times = ALWAYS) };
  size_t i;
  play  *p = play_with(s);
  play_job(p);
  expect_end(p, "failed SERVER, code 23, start none");
  assert_in_range(p->calls, 6, 60);
  for (i = 1; i < p->calls; i++)
    assert_true(p->call_time[i] - p->call_time[i - 1] > 0);
  assert_true(p->call_time[1] - p->call_time[0] <= 2000);
  assert_true(p->call_time[5] - p->call_time[4] >
              2 * (p->call_time[1] - p->call_time[0]));
  for (i = 1; i < p->calls; i++) /* up to a limit */
    assert_true(p->call_time[i] - p->call_time[i - 1] <= 60000);
}

TEST(the_jitter_depends_on_the_seed)
{
  uint32_t at[4];
  size_t   i;
  unsigned same = 0;
  for (i = 0; i < COUNT(at); i++) {
    step  s[] = { REPLY(AMT_SIGN_IN, 503, "", .times = 3) };
    play *p = play_with(s);
    p->s.seed = (uint32_t)i * 7919u;
    play_job(p);
    at[i] = p->call_time[3];
    if (i > 0 && at[i] == at[i - 1]) same++;
  }
  assert_true(same < 2);
}

TEST(retry_after_is_honoured_within_the_give_up_time)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < 3; k++) {
      static const uint32_t after[] = { 40, 100000, UINT32_MAX };
      size_t n;
      step   s[] = { REPLY(ops[i], k == 0 ? 429 : 503, "", .retry = after[k]) };
      play  *p = play_with(s);
      p->s.give_up = 120000;
      play_start(p);
      while (p->srv.log.retries == 0) play_until(p, AMT_RETRYING);
      n = p->calls;
      assert_true(p->j.wait >= (k == 0 ? 40000u : 100000u));
      assert_true(p->j.wait <= 120000u);
      play_run(p);
      assert_true(p->call_time[n] - p->call_time[n - 1] >=
                  (k == 0 ? 40000u : 100000u));
      assert_true(p->call_time[n] - p->call_time[n - 1] <= 120000u);
    }
}

TEST(the_first_status_comes_after_its_delay_and_then_each_poll)
{
  static const struct { uint32_t delay, poll, d, i; } v[] = {
    { 0, 0, 10000, 5000 }, { 3000, 7000, 3000, 7000 },
    { AMT_ZERO, 100, 0, 100 }, { AMT_ZERO, AMT_ZERO, 0, 0 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    uint32_t started;
    size_t   k;
    play    *p = play_new();
    p->s.initial_delay = v[i].delay, p->s.poll = v[i].poll;
    play_to(p, AMT_STARTED);
    started = p->now;
    play_run(p);
    assert_int_equal(p->call_time[2] - started, v[i].d);
    for (k = 3; k < 6; k++)
      assert_int_equal(p->call_time[k] - p->call_time[k - 1], v[i].i);
  }
}

TEST(the_poll_interval_grows_with_the_jobs_age_to_its_limit)
{
  int    status[60], i;
  size_t k;
  play  *p = play_new();
  for (i = 0; i < 60; i++) status[i] = 2;
  status[45] = 4;
  play_status(p, status);
  p->s.poll_max = 20000;
  play_job(p);
  expect_end(p, "done 4");
  assert_int_equal(p->call_time[3] - p->call_time[2], 5000);
  for (k = 3; k + 1 < p->calls; k++) {
    uint32_t gap = p->call_time[k] - p->call_time[k - 1];
    assert_in_range(gap, 5000, 20000);
    assert_true(k == 3 || gap >= p->call_time[k - 1] - p->call_time[k - 2]);
  }
  assert_int_equal(p->call_time[40] - p->call_time[39], 20000);
}

/* An outage before the Start does not count for the job's age. */
TEST(a_jobs_age_counts_from_its_start)
{
  static const step s[] = { REPLY(AMT_SIGN_IN, 503, "{}", .times = 8) };
  size_t first;
  play  *p = play_new();
  play_status(p, for_ever);
  p->s.poll_max = 20000;
  play_steps(p, s);
  play_to(p, AMT_STARTED);
  assert_true(p->now - p->began >= 40000);
  first = p->calls;
  play_until(p, AMT_STATUS);
  while (!p->ended && p->calls < first + 2) play_until(p, AMT_BUSY);
  assert_int_equal(p->call_time[first + 1] - p->call_time[first], 5000);
}

/* --- given up ------------------------------------------------------------- */

TEST(the_give_up_time_ends_a_run)
{
#define LOST "failed LOST, code 19, start known"
  static const struct { step s; const char *end; int cause; } v[] = {
    { REPLY(AMT_SIGN_IN, 503, "{}", .times = ALWAYS),
      "failed SERVER, code 23, start none", 0 },
    { UNTAKEN(AMT_SIGN_IN, AMT_E_CONNECT, .times = ALWAYS),
      "failed CONNECT, code 23, start none", 0 },
    { OK(AMT_SIGN_IN, "{}", .times = ALWAYS),
      "failed NO_TOKEN, code 23, start none", 0 },
    { UNTAKEN(AMT_START, AMT_E_CONNECT, .times = ALWAYS),
      "failed CONNECT, code 23, start none", 0 },
    { REPLY(AMT_MONITOR, 503, "{}", .times = ALWAYS), LOST, AMT_E_SERVER },
    { REPLY(AMT_MONITOR, 404, "{}", .times = ALWAYS), LOST, AMT_E_REFUSED },
    { REPLY(AMT_MONITOR, 400, "{}", .times = ALWAYS), LOST, AMT_E_REFUSED },
    { NO_REPLY(AMT_MONITOR, AMT_E_RESET, .times = ALWAYS), LOST, AMT_E_RESET }
  };
  static const uint32_t give_up[] = { 0, 60000, 1000 };
  size_t i, k;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k < COUNT(give_up); k++) {
      uint32_t limit = give_up[k] ? give_up[k] : 300000, began;
      play    *p = play_with_rows(&v[i].s, 1);
      p->s.give_up = give_up[k];
      play_start(p);
      while (p->srv.log.retries == 0) play_until(p, AMT_RETRYING);
      began = p->now;
      play_until(p, AMT_FAILED);
      expect_end(p, "%s", v[i].end);
      assert_in_range(p->now - began, limit / 2, limit + 1000);
      if (v[i].cause == 0) continue;
      assert_int_equal(p->j.cause, v[i].cause);
      assert_string_equal(p->j.id, "2112");
    }
}

TEST(give_up_zero_ends_a_run_at_the_first_failure)
{
  static const struct { step s; const char *end; } v[] = {
    { REPLY(AMT_SIGN_IN, 503, ""), "failed SERVER, code 23, start none" },
    { UNTAKEN(AMT_START, AMT_E_CONNECT),
      "failed CONNECT, code 23, start none" },
    { REPLY(AMT_MONITOR, 503, ""), LOST },
    { REPLY(AMT_MESSAGES, 503, ""), "done 4 SERVER log incomplete" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_with_rows(&v[i].s, 1);
    p->s.give_up = AMT_ZERO;
    play_job(p);
    assert_int_equal(p->srv.log.retries, 0);
    assert_int_equal(p->srv.used[0], 1);
    expect_end(p, "%s", v[i].end);
  }
}

/* Away for 40 s, back, away for 40 s more: neither is a minute. */
TEST(the_outage_clock_starts_anew_after_each_success)
{
  int   status[60], i;
  play *p = play_new();
  for (i = 0; i < 60; i++) status[i] = 2;
  status[59] = 4;
  play_status(p, status);
  p->s.give_up = 60000;
  p->outage[0] = 20000, p->outage[1] = 60000;
  p->outage[2] = 80000, p->outage[3] = 120000;
  play_job(p);
  expect_end(p, "done 4");
  assert_true(p->srv.log.retries > 4);
  p = play_new(); /* 110 s at a stretch are */
  play_status(p, status);
  p->s.give_up = 60000;
  p->outage[0] = 20000, p->outage[1] = 130000;
  play_job(p);
  expect_end(p, "failed LOST, code 19, start known");
}

/* --- the clock ------------------------------------------------------------ */

SLOW_TEST(the_clock_may_wrap_in_any_phase)
{
  static const message two[] = { { .sequence = 1, .text = "one" },
                                 { .sequence = 2, .text = "two" } };
  static const step s[] = {
    REPLY(AMT_SIGN_IN, 503, "", .retry = 2, .times = 2),
    UNTAKEN(AMT_START, AMT_E_CONNECT, .times = 2),
    REPLY(AMT_MONITOR, 404, "{}", .times = 3),
    NO_REPLY(AMT_MESSAGES, AMT_E_RESET, .times = 2)
  };
  text     want = {0};
  uint32_t at[64], start, total = 0;
  size_t   calls = 0, i;
  int      first = 1;
  for (start = 0; start <= total + 1000; start += first ? 1 : 97) {
    play *p = play_with(s);
    play_messages(p, two);
    p->s.messages = AMT_LIVE;
    p->now = first ? 5000 : 0u - start;
    play_job(p);
    expect_end(p, "done 4");
    if (first) {
      first = 0;
      text_put(&want, "%s", text_of(&p->srv.log.text));
      total = p->now - p->began;
      calls = p->calls;
      assert_true(calls <= COUNT(at));
      for (i = 0; i < calls; i++) at[i] = p->call_time[i] - p->began;
    }
    expect_log(&p->srv.log, want.p);
    assert_int_equal(p->calls, calls);
    for (i = 0; i < calls; i++)
      assert_int_equal(p->call_time[i] - p->began, at[i]);
  }
  assert_true(total > 20000);
  text_free(&want);
}

TEST(the_give_up_time_may_lie_across_a_wrapping_clock)
{
  uint32_t start;
  for (start = 0; start < 130000; start += 5003) {
    step  s[] = { REPLY(AMT_SIGN_IN, 503, "", .times = ALWAYS) };
    play *p = play_with(s);
    p->s.give_up = 120000;
    p->now = 0u - start;
    play_to(p, AMT_FAILED);
    assert_in_range(p->now - p->began, 60000, 121000);
  }
}

TEST(a_clock_that_goes_back_in_an_outage_does_not_end_it)
{
  step  s[] = { REPLY(AMT_MONITOR, 503, "", .times = 3) };
  play *p = play_with(s);
  p->now = 0x7000000;
  play_to(p, AMT_RETRYING);
  p->now -= 1000000;
  p->j.due__ = p->now; /* the wait is over */
  play_until(p, AMT_RETRYING);
  assert_int_equal(p->last, AMT_RETRYING);
  play_run(p);
  expect_end(p, "done 4");
}

/* --- refusals of a job that is known -------------------------------------- */

/* A call of a running job is refused a few times, then answered. */
TEST(a_refusal_that_passes_ends_no_run)
{
  static const struct { int status, sign_in; } v[] = {
    { 403, 0 }, { 401, 0 }, { 404, 0 }, { 400, 0 }, { 409, 0 },
    { 401, 400 }, { 401, 401 }, { 401, 403 }, { 401, 404 }
  };
  static const int ops[] = { AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  for (k = 0; k < COUNT(ops); k++)
    for (i = 0; i < COUNT(v); i++) {
      step s[] = { REPLY(ops[k], v[i].status, "{}",
                         .times = v[i].status == 401 && !v[i].sign_in ? 2 : 1),
                   REPLY(AMT_SIGN_IN, v[i].sign_in, "{}", .times = 2) };
      play *p = play_new();
      p->srv.log.quiet = 1;
      play_to(p, AMT_STARTED);
      play_steps(p, s);
      p->srv.step_count = v[i].sign_in ? 2 : 1;
      play_run(p);
      expect_end(p, "done 4");
      assert_int_equal(p->srv.used[0], s[0].times);
    }
}

TEST(a_refusal_that_stays_is_a_lost_server_and_no_24)
{
  static const int status[] = { 403, 401, 404, 400 };
  size_t i;
  for (i = 0; i < COUNT(status); i++) {
    step  s[] = { REPLY(AMT_MONITOR, status[i], "{}", .times = ALWAYS) };
    play *p = play_new();
    play_to(p, AMT_STARTED);
    play_steps(p, s);
    play_run(p);
    expect_end(p, "failed LOST, code 19, start known");
    assert_int_equal(p->j.cause, status[i] == 401 ? AMT_E_TOKEN_REFUSED :
                                status[i] == 403 ? AMT_E_FORBIDDEN :
                                AMT_E_REFUSED);
    assert_string_equal(p->j.id, "2112");
    assert_in_range(p->now - p->began, 300000, 340000);
  }
}

TEST(an_attached_job_that_is_refused_at_first_is_not_waited_for)
{
  static const struct { int op, status, error; } v[] = {
    { AMT_SIGN_IN, 401, AMT_E_SIGN_IN }, { AMT_SIGN_IN, 403, AMT_E_SIGN_IN },
    { AMT_SIGN_IN, 400, AMT_E_REFUSED }, { AMT_SIGN_IN, 404, AMT_E_NO_PATH },
    { AMT_MONITOR, 401, AMT_E_TOKEN_REFUSED },
    { AMT_MONITOR, 403, AMT_E_FORBIDDEN }, { AMT_MONITOR, 404, AMT_E_REFUSED }
  };
  size_t i;
  int    known;
  for (i = 0; i < COUNT(v); i++)
    for (known = 0; known < 2; known++) {
      step  s[] = { REPLY(v[i].op, v[i].status, "{}", .times = ALWAYS) };
      play *p = play_new();
      play_status(p, for_ever);
      play_attach(p);
      if (known) play_until(p, AMT_STATUS);
      if (known && v[i].op == AMT_SIGN_IN) p->token[0]++; /* it is refused */
      play_steps(p, s);
      play_run(p);
      expect_end(p, "failed %s, code 19, start known",
                 error_name(known ? AMT_E_LOST : v[i].error));
      if (!known) assert_true(p->now - p->began == 0);
    }
}

TEST(a_missing_privilege_for_messages_is_reported_soon)
{
  static const step s[] = { REPLY(AMT_MESSAGES, 403, "{}", .times = ALWAYS) };
  uint32_t then;
  play    *p = play_new();
  play_to(p, AMT_STARTED);
  play_steps(p, s);
  while (p->j.status != 4) play_until(p, AMT_STATUS);
  then = p->now;
  play_run(p);
  expect_end(p, "done 4 FORBIDDEN log incomplete");
  expect_calls(p, AMT_MESSAGES, 3);
  assert_true(p->now - then < 5000);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
