/* once.c - a job started elsewhere, a single call, a job that is dropped.

   The promise: amt_attach watches a job started elsewhere. amt_once
   makes one call of any kind, as carefully as a run does. After amt_forget the
   job asks for nothing more, and the session is free for others. */

#include "play.h"

/* --- attached ------------------------------------------------------------- */

TEST(an_attached_job_is_watched_to_its_end)
{
  static const message hello[] = { { .sequence = 1, .text = "hello" } };
  play *p = play_new();
  play_messages(p, hello);
  play_attach(p);
  play_run(p);
  expect_untold(p, "start\n");
  expect_calls(p, AMT_START, 0);
  expect_end(p, "done 4");
  expect_told(p, "message #1 hello\n");
}

TEST(an_attached_job_may_be_killed_at_once)
{
  play *p = play_new();
  play_attach(p);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_all(p, "> sign-in\n> kill\nanswered OK\n"
             "> monitor\nstatus 3\n> messages\ndone 3\n");
}

/* --- a single call -------------------------------------------------------- */

TEST(an_attached_job_that_the_server_does_not_know_ends_at_404_alone)
{
  static const int v[] = { 400, 404, 409, 410 };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { REPLY(AMT_MONITOR, v[i], "{}") };
    play *p = play_with(s);
    play_attach(p);
    play_run(p);
    expect_end(p, v[i] == 404 ? "failed REFUSED, code 19, start known"
                              : "done 4");
  }
}

TEST(each_function_is_there_as_a_single_call)
{
  static const message two[] = { { .sequence = 1, .text = "one" },
                                 { .sequence = 2, .text = "two" } };
  static const struct { amt_op op; const char *want; } v[] = {
    { AMT_START, STARTED "done 19 log incomplete\n" },
    { AMT_STOP, "> sign-in\n> stop\nanswered OK\ndone 19 log incomplete\n" },
    { AMT_KILL, "> sign-in\n> kill\nanswered OK\ndone 19 log incomplete\n" },
    { AMT_MONITOR, "> sign-in\n> monitor\nstatus 1\ndone 1 log incomplete\n" },
    { AMT_MESSAGES, "> sign-in\n> messages\nmessage #1 one\nmessage #2 two\n"
                    "done 19\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    play_messages(p, two);
    play_once(p, v[i].op);
    play_run(p);
    expect_all(p, "%s", v[i].want);
  }
}

TEST(a_sign_in_alone_is_a_call_too)
{
  play *p = play_new();
  play_once_of(p, AMT_SIGN_IN, NULL, NULL);
  play_run(p);
  expect_end(p, "done 19 log incomplete");
  assert_int_equal(p->calls, 1);
}

TEST(a_single_call_goes_on_when_its_connection_breaks)
{
  static const struct { step s; const char *end; } v[] = {
    { REPLY(AMT_STOP, 503, "", .times = 2), "done 19 log incomplete" },
    { REPLY(AMT_KILL, 503, "", .times = 2), "done 19 log incomplete" },
    { REPLY(AMT_MONITOR, 503, "", .times = 2), "done 1 log incomplete" },
    { REPLY(AMT_MESSAGES, 503, "", .times = 2), "done 19" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_with_rows(&v[i].s, 1);
    play_once(p, (amt_op)v[i].s.op);
    play_run(p);
    expect_end(p, "%s", v[i].end);
    expect_calls(p, v[i].s.op, 3);
  }
}

TEST(a_single_call_that_is_refused_fails)
{
  static const struct { amt_op op; int status; const char *end; } v[] = {
    { AMT_START, 400, "failed REFUSED, code 11, start refused" },
    { AMT_START, 500, "failed MAYBE_STARTED, code 19, start unknown" },
    { AMT_STOP, 401, "failed TOKEN_REFUSED, code 24, start known" },
    { AMT_STOP, 404, "failed REFUSED, code 11, start known" },
    { AMT_KILL, 403, "failed FORBIDDEN, code 24, start known" },
    { AMT_KILL, 404, "failed REFUSED, code 11, start known" },
    { AMT_MONITOR, 401, "failed TOKEN_REFUSED, code 24, start known" },
    { AMT_MONITOR, 403, "failed FORBIDDEN, code 24, start known" },
    { AMT_MESSAGES, 403, "failed FORBIDDEN, code 24, start known" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = reply_once(v[i].op, v[i].status, "{}", 0);
    expect_end(p, "%s", v[i].end);
    if (v[i].op == AMT_START) expect_calls(p, AMT_START, 1);
  }
}

TEST(a_single_call_that_the_server_refuses_is_an_ERROR)
{
  static const amt_op ops[] = { AMT_MONITOR, AMT_MESSAGES, AMT_STOP, AMT_KILL };
  size_t i;
  for (i = 0; i < COUNT(ops); i++) {
    play *p = reply_once(ops[i], 404, "{}", 0);
    expect_end(p, "failed REFUSED, code 11, start known");
    expect_calls(p, ops[i], 1);
  }
}

TEST(stop_does_nothing_to_a_single_call)
{
  play *p = play_new();
  play_once(p, AMT_MONITOR);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_all(p, "> sign-in\n> monitor\nstatus 1\n"
             "done 1 log incomplete\n");
}

TEST(no_bytes_of_a_reply_are_no_body)
{
  char  none[1];
  play *p = play_new();
  play_once(p, AMT_KILL);
  while (amt_next(&p->j, 0) != AMT_CALL) { }
  play_call(p);
  assert_int_equal(amt_next(&p->j, 0), AMT_CALL);
  amt_reply_status(&p->j, 200, 0);
  assert_int_equal(amt_reply_data(&p->j, none, 0), 0);
  amt_reply_end(&p->j, 0, 1);
  assert_int_equal(amt_next(&p->j, 0), AMT_STOP_ANSWERED);
  assert_int_equal(p->j.error, 0);
}

/* --- forgotten ------------------------------------------------------------ */

TEST(a_forgotten_job_asks_for_nothing_more)
{
  unsigned at;
  for (at = 1; at < 6; at++) {
    unsigned i;
    play    *p = play_new();
    play_start(p);
    for (i = 0; i < at; i++) {
      amt_event e = amt_next(&p->j, p->now);
      if (e == AMT_CALL && i + 1 < at) play_call(p);
      if (e == AMT_BUSY) p->now += p->j.wait;
    }
    amt_forget(&p->j);
    for (i = 0; i < 5; i++) {
      amt_event e = amt_next(&p->j, p->now += 100000);
      assert_true(e == AMT_FAILED || e == AMT_DONE || e == AMT_BUSY);
    }
    /* the session is free for another job */
    play_job(p);
    expect_end(p, "done 4");
  }
}

TEST(a_job_that_was_dropped_takes_no_more_of_a_reply)
{
  char  late[] = JSON({"Token":"evil"});
  play *p = play_new();
  play_start(p);
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  amt_forget(&p->j);
  memset(p->token, 0, sizeof p->token);
  assert_int_equal(amt_reply_data(&p->j, late, sizeof late - 1),
                   sizeof late - 1);
  amt_reply_end(&p->j, 0, 1);
  assert_string_equal(p->token, "");
  assert_int_equal(amt_next(&p->j, p->now), AMT_FAILED);
  assert_int_equal(p->j.error, AMT_E_FORGOTTEN);
  assert_int_equal(p->j.code, 19);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
