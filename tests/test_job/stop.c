/* stop.c - amt_stop: stop and kill, at any moment.

   The promise: a stop or kill goes out at once, and only once even if it is
   asked for in every turn. If it fails, it is repeated after a poll. No answer
   to it ends the watch over a running job. */

#include "play.h"

/* --- at any moment -------------------------------------------------------- */

TEST(a_job_may_be_killed_after_any_event)
{
  static const message two[] = { { .sequence = 1, .text = "one" },
                                 { .sequence = 2, .text = "two" } };
  unsigned at;
  int      op;
  for (op = AMT_STOP; op <= AMT_KILL; op++)
    for (at = 1; at < 20; at++) {
      unsigned calls;
      play    *p = play_new();
      play_messages(p, two);
      p->stop_after = at, p->stop_op = (amt_op)op;
      play_job(p);
      calls = p->srv.count[AMT_STOP] + p->srv.count[AMT_KILL];
      if (p->last == AMT_FAILED) {
        expect_end(p, "failed CANCELLED, code 3, start none");
        expect_calls(p, AMT_START, 0);
        assert_true(at <= 1);
      } else if (calls == 0) { /* it had already ended */
        expect_end(p, "done 4");
        expect_told(p, "status 4");
      } else {
        expect_calls(p, op, 1);
        expect_end(p, "done %d", op == AMT_KILL ? 3 : 12);
        expect_told(p, "answered OK\n");
      }
      if (p->last == AMT_DONE)
        expect_told(p, "message #1 one\nmessage #2 two\ndone");
    }
}

TEST(a_job_may_be_killed_before_anything_and_in_mid_reply)
{
  size_t chunk;
  play  *p = play_new();
  play_start(p);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_end(p, "failed CANCELLED, code 3, start none");
  assert_int_equal(p->calls, 0);
  for (chunk = 1; chunk < 40; chunk++) {
    p = play_new();
    p->chunk = chunk;
    p->stop_in_reply = 1;
    play_job(p);
    expect_calls(p, AMT_KILL, 1);
    expect_end(p, "done 3");
  }
}

TEST(a_kill_comes_at_once_and_not_at_the_next_poll)
{
  uint32_t at;
  play    *p = play_new();
  play_to(p, AMT_STARTED);
  at = p->now;
  amt_stop(&p->j, AMT_KILL);
  play_until(p, AMT_STOP_ANSWERED);
  assert_int_equal(p->now, at);
}

TEST(a_kill_asked_for_during_a_monitor_does_not_wait)
{
  int      codes[] = { 2, 2, 3 };
  uint32_t asked;
  char     said[] = JSON({"Status":2});
  play    *p = play_new();
  p->s.poll = 600000;
  play_status(p, codes);
  play_to(p, AMT_STATUS);
  p->now += p->s.poll;
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  assert_int_equal(p->j.op, AMT_MONITOR);
  amt_stop(&p->j, AMT_KILL);
  amt_reply_status(&p->j, 200, 0);
  amt_reply_data(&p->j, said, sizeof said - 1);
  amt_reply_end(&p->j, 0, 1);
  asked = p->now;
  play_until(p, AMT_STOP_ANSWERED);
  assert_int_equal(p->now, asked);
}

TEST(a_kill_asked_for_while_a_stop_is_under_way_is_sent_too)
{
  int   codes[] = { 2, 2, 2, 3 };
  play *p = play_new();
  play_status(p, codes);
  play_to(p, AMT_STATUS);
  amt_stop(&p->j, AMT_STOP);
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  assert_int_equal(p->j.op, AMT_STOP);
  amt_stop(&p->j, AMT_KILL);
  amt_reply_status(&p->j, 204, 0);
  amt_reply_end(&p->j, 0, 1);
  play_run(p);
  expect_calls(p, AMT_KILL, 1);
  expect_end(p, "done 3");
}

TEST(a_second_kill_may_follow_a_refused_one)
{
  step  s[] = { REPLY(AMT_STOP, 404, "{}") };
  play *p = play_with(s);
  play_to(p, AMT_STARTED);
  amt_stop(&p->j, AMT_STOP);
  play_until(p, AMT_STOP_ANSWERED);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_end(p, "done 3");
  expect_calls(p, AMT_KILL, 1);
}

/* If the Start's outcome is unknown or a refusal, there is nothing to kill. */
TEST(a_kill_does_not_change_how_a_start_ended)
{
  static const int status[] = { 500, 400 };
  size_t i;
  for (i = 0; i < COUNT(status); i++) {
    step  s[] = { REPLY(AMT_START, status[i], JSON({"x":"0123456789"})) };
    play *p = play_with(s);
    p->chunk = 4, p->stop_in_reply = 1;
    play_job(p);
    expect_end(p, i ? "failed REFUSED, code 11, start refused"
                    : "failed MAYBE_STARTED, code 19, start unknown");
    expect_calls(p, AMT_KILL, 0);
  }
}

/* --- the server's answer -------------------------------------------------- */

TEST(a_refused_stop_or_kill_never_ends_the_watch)
{
  static const struct { int status; const char *body; int error; } v[] = {
    { 400, "{}", AMT_E_REFUSED }, { 405, "", AMT_E_REFUSED },
    { 404, JSON({"Message":"who?"}), AMT_E_REFUSED },
    { 404, "<html>", AMT_E_REFUSED },
    { 409, JSON({"Status":11}), AMT_E_REFUSED },
    { 403, "{}", AMT_E_FORBIDDEN }, { 401, "{}", AMT_E_TOKEN_REFUSED }
  };
  size_t i;
  int    op;
  for (op = AMT_STOP; op <= AMT_KILL; op++)
    for (i = 0; i < COUNT(v); i++) {
      step  s[] = { REPLY(op, v[i].status, v[i].body, .times = ALWAYS) };
      play *p = play_with(s);
      play_to(p, AMT_STARTED);
      amt_stop(&p->j, (amt_op)op);
      play_until(p, AMT_STOP_ANSWERED);
      assert_int_equal(p->j.error, v[i].error);
      play_run(p);
      expect_end(p, "done 4");
    }
}

TEST(an_empty_reply_to_stop_and_kill_means_accepted)
{
  static const struct { int status; const char *body; } v[] = {
    { 200, "" }, { 204, "" }, { 200, "{}" }, { 202, "" },
    { 200, JSON({"Status":"KILLED"}) }, { 200, JSON({"Status":4}) }
  };
  size_t i;
  int    op;
  for (op = AMT_STOP; op <= AMT_KILL; op++)
    for (i = 0; i < COUNT(v); i++) {
      step  s[] = { REPLY(op, v[i].status, v[i].body) };
      play *p = play_with(s);
      play_to(p, AMT_STARTED);
      amt_stop(&p->j, (amt_op)op);
      play_until(p, AMT_STOP_ANSWERED);
      assert_int_equal(p->j.error, 0);
      play_run(p); /* only the monitor's status counts */
      expect_end(p, "done 4");
      expect_calls(p, op, 1);
      assert_true(p->srv.count[AMT_MONITOR] > 1);
    }
}

TEST(a_stop_whose_empty_reply_breaks_off_is_sent_again)
{
  static const struct { step s; int error; } v[] = {
    { CUT_OFF(AMT_KILL, 200, "", AMT_E_RESET), AMT_E_RESET },
    { REPLY(AMT_KILL, 301, ""), AMT_E_REDIRECT }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_with_rows(&v[i].s, 1);
    play_once(p, AMT_KILL);
    play_until(p, AMT_RETRYING);
    assert_int_equal(p->j.error, v[i].error);
    play_run(p);
    expect_calls(p, AMT_KILL, 2);
    expect_end(p, "done 19 log incomplete");
  }
}

TEST(a_kill_that_always_fails_does_not_end_the_watch)
{
  static const step s[] = { REPLY(AMT_KILL, 500, "{}", .times = ALWAYS) };
  static int codes[200];
  size_t     i;
  play      *p;
  for (i = 0; i < COUNT(codes); i++) codes[i] = i + 1 < COUNT(codes) ? 2 : 4;
  p = play_with(s);
  play_status(p, codes);
  play_to(p, AMT_STATUS);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_end(p, "done 4");
  assert_true(p->srv.count[AMT_KILL] > 50);
  assert_true(p->now - p->began > 900000); /* without flooding the server */
}

TEST(a_kill_that_is_refused_once_is_asked_again)
{
  static const int status[] = { 400, 403, 404, 409, 401 };
  size_t i;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { REPLY(AMT_KILL, status[i], "{}",
                       .times = status[i] == 401 ? 2 : 1) };
    play *p = play_with(s);
    play_status(p, for_ever);
    play_to(p, AMT_STATUS);
    amt_stop(&p->j, AMT_KILL);
    play_run(p);
    expect_end(p, "done 3");
    expect_calls(p, AMT_KILL, s[0].times + 1);
    expect_told(p, "answered OK\n");
  }
}

/* A user who may kill a job may be forbidden to monitor it. The kill is
   repeated with the polls, even if they all fail. */
TEST(a_kill_is_asked_again_where_each_look_is_refused)
{
  static const int look[] = { 403, 404, 409, 401 };
  size_t i;
  for (i = 0; i < COUNT(look); i++) {
    step s[] = { REPLY(AMT_MONITOR, look[i], "{}", .times = ALWAYS),
                 REPLY(AMT_KILL, 503, "{}"),
                 REPLY(AMT_KILL, 404, "{}"), OK(AMT_KILL, "{}") };
    play *p = play_with(s);
    play_to(p, AMT_STARTED);
    amt_stop(&p->j, AMT_KILL);
    play_run(p);
    expect_calls(p, AMT_KILL, 3); /* the third is accepted */
    expect_end(p, "failed LOST, code 19, start known");
  }
}

/* --- asked in every turn -------------------------------------------------- */

/* A superloop of 1 ms, as its author would write it: it asks in every turn,
   until the end or for so long. */
static void play_superloop(play *p, amt_op wish, uint32_t ms)
{
  uint32_t until = p->now + ms;
  while (!p->ended && p->now != until) {
    amt_event e;
    amt_stop(&p->j, wish);
    e = amt_next(&p->j, p->now);
    play_event(p, e);
    if (e == AMT_CALL) play_call(p);
    if (e == AMT_BUSY) p->now++;
  }
}

TEST(a_stop_asked_in_every_turn_is_sent_once)
{
  static const amt_op wish[] = { AMT_STOP, AMT_KILL };
  size_t i;
  for (i = 0; i < 2; i++) { /* accepted, but the job ignores it */
    step  s[] = { OK(wish[i], "", .times = ALWAYS) };
    play *p = play_with(s);
    play_status(p, for_ever);
    play_to(p, AMT_STATUS);
    play_superloop(p, wish[i], 40000);
    expect_calls(p, wish[i], 1);
    assert_in_range(p->srv.count[AMT_MONITOR], 8, 11);
    amt_forget(&p->j);
  }
}

TEST(a_stop_asked_in_every_turn_cancels_no_pause)
{
  static const step s[] = {
    REPLY(AMT_KILL, 503, "", .times = ALWAYS),
    REPLY(AMT_MONITOR, 503, "", .times = ALWAYS)
  };
  play *p = play_new();
  play_to(p, AMT_STARTED);
  play_steps(p, s);
  play_superloop(p, AMT_KILL, 60000);
  expect_calls(p, AMT_KILL, 1); /* a poll of the job comes first */
  assert_in_range(p->srv.count[AMT_MONITOR], 4, 12);
  amt_forget(&p->j);
}

TEST(a_stop_that_fails_is_sent_once_a_poll)
{
  static const step s[] = { REPLY(AMT_STOP, 500, "", .times = ALWAYS),
                            REPLY(AMT_KILL, 404, "{}", .times = ALWAYS) };
  static const amt_op wish[] = { AMT_STOP, AMT_KILL };
  static const uint8_t messages[] = { AMT_AT_END, AMT_LIVE, AMT_NEVER };
  size_t i, k;
  for (i = 0; i < 2; i++)
    for (k = 0; k < COUNT(messages); k++) {
      play *p = play_with(s);
      p->s.messages = messages[k];
      play_status(p, for_ever);
      play_to(p, AMT_STATUS);
      play_superloop(p, wish[i], 60000);
      assert_in_range(p->srv.count[wish[i]], 11, 13);
      assert_in_range(p->srv.count[AMT_MONITOR], 12, 15);
      expect_untold(p, i ? "> kill\nanswered REFUSED\n> kill"
                         : "> stop\nretrying SERVER\n> stop");
      amt_forget(&p->j);
    }
}

TEST(a_kill_after_a_stop_is_a_new_wish_but_not_a_stop_after_a_kill)
{
  static const step s[] = { OK(AMT_STOP, "", .times = ALWAYS),
                            OK(AMT_KILL, "", .times = ALWAYS) };
  uint32_t then;
  int      i;
  play    *p = play_with(s);
  play_status(p, for_ever);
  play_to(p, AMT_STATUS);
  play_superloop(p, AMT_STOP, 7000);
  then = p->now;
  for (i = 0; i < 20000; i++) { /* asking for both in every turn kills */
    play_superloop(p, AMT_KILL, 1);
    if (i == 1) expect_calls(p, AMT_KILL, 1); /* at once */
    amt_stop(&p->j, AMT_STOP);
  }
  assert_true(p->now - then >= 20000);
  expect_calls(p, AMT_STOP, 1);
  expect_calls(p, AMT_KILL, 1);
  amt_forget(&p->j);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
