/* once.c - a job of somebody else, a single call, a job that is dropped.

   The promise: amt_attach watches a job that was started elsewhere, amt_once
   makes one call of any kind with all its care, and amt_forget leaves a job
   that asks for nothing more and a session that is free for others. */

#include "play.h"

/* --- attached ------------------------------------------------------------- */

TEST(an_attached_job_is_watched_to_its_end)
{
  static const message hello[] = { { .sequence = 1, .text = "hello" } };
  play p;
  play_init(&p);
  play_messages(&p, hello);
  amt_attach(&p.j, &p.s, "DEMO2", "2112");
  play_run(&p);
  assert_null(strstr(text_of(&p.srv.log.text), "start\n"));
  assert_int_equal(p.srv.count[AMT_START], 0);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.j.start, AMT_START_KNOWN);
  assert_non_null(strstr(text_of(&p.srv.log.text), "message #1 hello\n"));
  play_free(&p);
}

TEST(an_attached_job_may_be_killed_at_once)
{
  play p;
  play_init(&p);
  amt_attach(&p.j, &p.s, "DEMO2", "2112");
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  expect_log(&p.srv.log, "> sign-in\n> kill\nanswered OK\n> monitor\nstatus 3\n"
             "> messages\ndone 3\n");
  play_free(&p);
}

/* --- a single call -------------------------------------------------------- */

TEST(each_function_is_there_as_a_single_call)
{
  static const message two[] = { { .sequence = 1, .text = "one" }, { .sequence = 2, .text = "two" } };
  static const struct { amt_op op; const char *want; } v[] = {
    { AMT_START, "> sign-in\nstarting\n> start\nstarted 2112\n" },
    { AMT_STOP, "> sign-in\n> stop\nanswered OK\n" },
    { AMT_KILL, "> sign-in\n> kill\nanswered OK\n" },
    { AMT_MONITOR, "> sign-in\n> monitor\nstatus 1\n" },
    { AMT_MESSAGES, "> sign-in\n> messages\nmessage #1 one\nmessage #2 two\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play p;
    play_init(&p);
    play_messages(&p, two);
    play_once(&p, v[i].op, &p.t, v[i].op == AMT_START ? NULL : "2112");
    play_run(&p);
    if (strncmp(text_of(&p.srv.log.text), v[i].want, strlen(v[i].want)) != 0)
      fail_msg("wanted\n%sgot\n%s", v[i].want, p.srv.log.text.p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.error, 0);
    assert_int_equal(p.calls, 2);
    if (v[i].op == AMT_MONITOR) assert_int_equal(p.j.status, 1);
    play_free(&p);
  }
}

TEST(a_sign_in_alone_is_a_call_too)
{
  play p;
  play_init(&p);
  play_once(&p, AMT_SIGN_IN, NULL, NULL);
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.calls, 1);
  play_free(&p);
}

TEST(a_single_call_goes_on_when_its_connection_breaks)
{
  int op;
  for (op = AMT_STOP; op < AMT_CALLS; op++) {
    step s[] = { REPLY(op, 503, "", .times = 2) };
    play p;
    play_init(&p);
    play_steps(&p, s);
    play_once(&p, (amt_op)op, &p.t, "2112");
    play_run(&p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.error, 0);
    assert_int_equal(p.srv.count[op], 3);
    play_free(&p);
  }
}

TEST(a_single_call_that_is_refused_fails)
{
  static const struct { int op, status, code; } v[] = {
    { AMT_START, 400, 11 }, { AMT_STOP, 404, -1 }, { AMT_KILL, 404, -1 },
    { AMT_START, 500, 19 }, { AMT_MONITOR, 403, 24 }, { AMT_MESSAGES, 403, 24 },
    { AMT_KILL, 403, 24 }, { AMT_STOP, 401, 24 }, { AMT_MONITOR, 401, 24 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step s[] = { REPLY(v[i].op, v[i].status, "{}", .times = ALWAYS) };
    play p;
    play_init(&p);
    play_steps(&p, s);
    play_once(&p, (amt_op)v[i].op, &p.t,
             v[i].op == AMT_START ? NULL : "2112");
    play_run(&p);
    assert_int_not_equal(p.j.error, 0);
    if (v[i].op == AMT_START) assert_int_equal(p.srv.count[AMT_START], 1);
    if (v[i].code >= 0) {
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.code, v[i].code);
    }
    play_free(&p);
  }
}

TEST(a_single_call_that_the_server_refuses_is_an_ERROR)
{
  static const amt_op ops[] = { AMT_MONITOR, AMT_MESSAGES, AMT_STOP, AMT_KILL };
  size_t i;
  for (i = 0; i < COUNT(ops); i++) {
    play p;
    reply_once(&p, ops[i], 404, "{}", 0);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_REFUSED);
    assert_int_equal(p.j.code, AMT_CODE_ERROR);
    assert_int_equal(p.srv.count[ops[i]], 1);
    play_free(&p);
  }
}

TEST(stop_does_nothing_to_a_single_call)
{
  play p;
  play_init(&p);
  play_once(&p, AMT_MONITOR, &p.t, "2112");
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  expect_log(&p.srv.log, "> sign-in\n> monitor\nstatus 1\n"
             "done 1 log incomplete\n");
  play_free(&p);
}

TEST(no_bytes_of_a_reply_are_no_body)
{
  char none[1];
  play p;
  play_init(&p);
  play_once(&p, AMT_KILL, &p.t, "2112");
  while (amt_next(&p.j, 0) != AMT_CALL) { }
  play_call(&p);
  assert_int_equal(amt_next(&p.j, 0), AMT_CALL);
  amt_reply_status(&p.j, 200, 0);
  assert_int_equal(amt_reply_data(&p.j, none, 0), 0);
  amt_reply_end(&p.j, 0, 1);
  assert_int_equal(amt_next(&p.j, 0), AMT_ANSWERED);
  assert_int_equal(p.j.error, 0);
  play_free(&p);
}

/* --- forgotten ------------------------------------------------------------ */

TEST(a_forgotten_job_asks_for_nothing_more)
{
  unsigned at;
  for (at = 1; at < 6; at++) {
    unsigned i;
    play p;
    play_init(&p);
    play_start(&p);
    for (i = 0; i < at; i++) {
      amt_event e = amt_next(&p.j, p.now);
      if (e == AMT_CALL && i + 1 < at) play_call(&p);
      if (e == AMT_BUSY) p.now += p.j.wait;
    }
    amt_forget(&p.j);
    for (i = 0; i < 5; i++) {
      amt_event e = amt_next(&p.j, p.now += 100000);
      assert_true(e == AMT_FAILED || e == AMT_DONE || e == AMT_BUSY);
    }
    /* and the session is free for another */
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    play_free(&p);
  }
}

TEST(a_job_that_was_dropped_takes_no_more_of_a_reply)
{
  char late[] = JSON({"Token":"evil"});
  play p;
  play_init(&p);
  play_start(&p);
  assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
  amt_forget(&p.j);
  memset(p.token, 0, sizeof p.token);
  assert_int_equal(amt_reply_data(&p.j, late, sizeof late - 1), sizeof late - 1);
  amt_reply_end(&p.j, 0, 1);
  assert_string_equal(p.token, "");
  assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_FORGOTTEN);
  assert_int_equal(p.j.code, 19);
  play_free(&p);
}
