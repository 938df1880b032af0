/* sign_in.c - tokens, 401 and 403, certificates: who the client is.

   The promise: a job signs in by itself, once, and again when its token has
   expired. What can never succeed ends it at once with code 24, before a Start.
   Refused credentials are not tried often enough to lock an account. */

#include "play.h"

/* --- tokens --------------------------------------------------------------- */

TEST(a_token_is_read_in_every_tolerated_accent)
{
  static const char *const v[] = {
    JSON({"Token":"tok1","ExpiresIn":3600}), JSON({"Token":"tok1"}),
    JSON({"token":"tok1","expiresin":"3600"}),
    JSON({"ExpiresIn":null,"TOKEN":"tok1"}),
    JSON({"x":{"Token":"no"},"Token":"\u0074ok1","y":[{"Token":"no"}]}),
    JSON({"Token":"no","Token":"tok1"}),
    JSON({"AmtLogonToken":"tok1"}), JSON({"LogonToken":"tok1"}),
    JSON({"amtlogontoken":"tok1","Token":null,"LogonToken":""}),
    JSON({"LogonToken":"","AmtLogonToken":null,"Token":"tok1"}),
    JSON({"AmtLogonToken|LogonToken":"no","LogonToken":"tok1","":"no",)
    JSON("Logon":"no","AmtLogonTokens":"no"}),
    "\xEF\xBB\xBF{\"Token\":\"tok1\",\"ExpiresIn\":18446744073709551616}",
    JSON({"Token":"tok1","ExpiresIn":4294967295}),
    JSON({"Token":"tok1","ExpiresIn":99999999}),
    JSON({"Token":"tok1","ExpiresIn":-1}),
    JSON({"Token":"tok1","ExpiresIn":1.5}),
    JSON({"Token":"tok1","ExpiresIn":"soon"})
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 4; chunk++) {
      step  s[] = { OK(AMT_SIGN_IN, v[i]) };
      play *p = play_with(s);
      p->chunk = chunk;
      play_job(p);
      expect_all(p, STARTED WATCHED);
    }
}

/* A token of 23 bytes and a NUL fits; a longer one does not. */
TEST(a_token_that_is_no_good_is_refused_before_any_start)
{
  static const struct { const char *body; int error; } v[] = {
    { JSON({"Token":"12345678901234567890123"}), 0 },
    { JSON({"Token":"123456789012345678901234"}), AMT_E_TOKEN_ROOM },
    { "{\"Token\":\"" LONG40 "\"}", AMT_E_TOKEN_ROOM },
    { JSON({"Token":"a\r\nX: y"}), AMT_E_TOKEN_TEXT },
    { JSON({"Token":"a\nb"}), AMT_E_TOKEN_TEXT },
    { JSON({"Token":"a\u0000b"}), AMT_E_TOKEN_TEXT },
    { JSON({"Token":"a\u007fb"}), AMT_E_TOKEN_TEXT },
    { JSON({"Token":""}), AMT_E_NO_TOKEN },
    { JSON({"AmtLogonToken":"","Token":"","LogonToken":null}),
      AMT_E_NO_TOKEN },
    { JSON({"Token":null}), AMT_E_NO_TOKEN },
    { "{}", AMT_E_NO_TOKEN },
    { "", AMT_E_JSON_TRUNCATED },
    { "{\"Token\":\"\xFF\"}", AMT_E_JSON_UTF8 },
    { "hello", AMT_E_JSON_SYNTAX }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      step  s[] = { OK(AMT_SIGN_IN, v[i].body, .times = ALWAYS) };
      play *p = play_with(s);
      p->chunk = chunk;
      p->srv.scheme = NULL;
      play_job(p);
      if (v[i].error == 0) expect_end(p, "done 4");
      else expect_end(p, "failed %s, code 23, start none",
                      error_name(v[i].error));
      expect_calls(p, AMT_START, v[i].error == 0);
    }
}

/* Nor may the token of the previous reply remain. */
TEST(an_empty_token_is_no_token)
{
  static const step s[] = {
    CUT_OFF(AMT_SIGN_IN, 200, JSON({"Token":"tok1"}), AMT_E_TRUNCATED),
    OK(AMT_SIGN_IN, JSON({"Token":"","token":""}), .times = ALWAYS)
  };
  play *p = play_with(s);
  p->s.give_up = 5000;
  play_job(p);
  expect_end(p, "failed NO_TOKEN, code 23, start none");
}

TEST(a_token_ends_with_a_NUL_also_where_it_is_shorter_than_the_last)
{
  play *p = play_new();
  memset(p->token, 'x', sizeof p->token);
  play_job(p);
  assert_string_equal(p->token, "tok1");
}

TEST(a_token_is_renewed_before_it_expires)
{
  static const int status[] = { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4 };
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"Token":"tok","ExpiresIn":20}), .times = ALWAYS)
  };
  play *p = play_with(s);
  play_status(p, status);
  p->srv.scheme = NULL;
  p->s.poll = 3000; /* does not divide the token's life */
  p->token_life = 20000;
  play_job(p);
  expect_end(p, "done 4");
  assert_int_equal(p->denied, 0);
  assert_in_range(p->srv.count[AMT_SIGN_IN], 3, 20);
  expect_calls(p, AMT_START, 1);
}

TEST(a_token_of_no_life_at_all_does_not_stop_a_run)
{
  static const char *const v[] = { JSON({"Token":"t","ExpiresIn":0}),
                                   JSON({"Token":"t","ExpiresIn":1}) };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_SIGN_IN, v[i], .times = ALWAYS) };
    play *p = play_with(s);
    p->srv.scheme = NULL;
    play_job(p);
    expect_end(p, "done 4");
    assert_true(p->srv.count[AMT_SIGN_IN] < 10);
  }
}

/* --- refused before a Start ----------------------------------------------- */

TEST(a_refused_sign_in_is_a_24_at_once)
{
  static const int status[] = { 401, 403 };
  size_t i;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { REPLY(AMT_SIGN_IN, status[i], JSON({"Message":"go away"}),
                       .times = ALWAYS) };
    play *p = play_with(s);
    play_job(p);
    expect_end(p, "failed SIGN_IN, code 24, start none");
    assert_int_equal(p->j.http_status, status[i]);
    assert_int_equal(p->calls, 1);
    expect_told(p, "server go away\n");
  }
}

/* The cure depends on the error: name and password, the path, or what the
   server's message says. */
TEST(a_sign_in_that_is_a_bad_request_is_refused_for_good)
{
  static const struct { int status; const char *error; } v[] = {
    { 400, "REFUSED" }, { 401, "SIGN_IN" }, { 403, "SIGN_IN" },
    { 404, "NO_PATH" }, { 405, "NO_PATH" }, { 406, "REFUSED" },
    { 415, "REFUSED" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { REPLY(AMT_SIGN_IN, v[i].status,
                        JSON({"Message":"Invalid Hostname"}),
                        .times = ALWAYS) };
    play *p = play_with(s);
    play_job(p);
    expect_told(p, "server Invalid Hostname\n");
    expect_end(p, "failed %s, code 24, start none", v[i].error);
    expect_calls(p, AMT_SIGN_IN, 1);
  }
}

/* Directories lock accounts after some refusals, whatever status they send. */
TEST(any_refusal_of_a_sign_in_is_tried_three_times_at_most)
{
  static const struct { int status, error; } v[] = {
    { 400, AMT_E_REFUSED }, { 404, AMT_E_NO_PATH }, { 401, AMT_E_SIGN_IN }
  };
  static const step refused[] = { REPLY(AMT_MONITOR, 401, "{}") };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[2];
    play *p = play_new();
    s[0] = refused[0];
    s[1] = s[0], s[1].op = AMT_SIGN_IN, s[1].status = v[i].status;
    s[1].times = ALWAYS;
    play_to(p, AMT_STARTED);
    play_steps(p, s);
    play_run(p);
    expect_end(p, "failed LOST, code 19, start known");
    assert_int_equal(p->j.cause, v[i].error);
    expect_calls(p, AMT_SIGN_IN, 1 + 3);
  }
}

/* Other jobs that wait for this sign-in get the same error. */
TEST(a_second_job_gets_the_same_refusal)
{
  static const step s[] = { REPLY(AMT_SIGN_IN, 404, "", .times = ALWAYS) };
  play   *p = play_with(s);
  amt_job other;
  play_job(p);
  amt_start(&other, &p->s, &p->t);
  assert_int_equal(amt_next(&other, p->now), AMT_FAILED);
  assert_int_equal(other.error, AMT_E_NO_PATH);
  assert_int_equal(other.http_status, 404);
}

TEST(a_sign_in_that_is_redirected_ends_only_what_has_not_started)
{
  step s[] = { REPLY(AMT_MONITOR, 401, "{}"),
               OK(AMT_SIGN_IN, JSON({"Token":"tok1"})),
               REPLY(AMT_SIGN_IN, 302, "", .times = 2) };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "done 4");
  assert_int_equal(p->srv.log.retries, 2);
  expect_calls(p, AMT_SIGN_IN, 4);
}

TEST(a_refused_sign_in_does_not_bind_a_table_without_one)
{
  step  s[] = { REPLY(AMT_SIGN_IN, 401, "{}", .times = ALWAYS) };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "failed SIGN_IN, code 24, start none");
  play_auth(p, BASIC);
  p->ended = 0;
  play_job(p);
  expect_end(p, "done 4");
}

/* --- certificates --------------------------------------------------------- */

/* A certificate may be renewed while the job runs. A server that was never
   verified is not waited for. */
TEST(a_refused_certificate_ends_no_run_on_a_server_once_verified)
{
  static const int errors[] = { AMT_E_TLS_EXPIRED, AMT_E_TLS_ALERT(48) };
  size_t i;
  for (i = 0; i < COUNT(errors); i++) {
    step  s[] = { NO_REPLY(AMT_MONITOR, errors[i], .times = 5) };
    play *p = play_with(s);
    play_to(p, AMT_RETRYING);
    assert_int_equal(p->j.error, errors[i]);
    play_run(p);
    expect_end(p, "done 4");
    expect_calls(p, AMT_START, 1);
  }
}

/* This holds without a sign-in and when the count of tokens wraps. New
   credentials do not verify a server. */
TEST(a_server_is_verified_by_any_reply_and_by_nothing_else)
{
  static const step after[] = {
    NO_REPLY(AMT_MONITOR, AMT_E_TLS_EXPIRED, .times = 2)
  };
  static const step first[] = {
    NO_REPLY(AMT_MONITOR, AMT_E_TLS_EXPIRED, .times = ALWAYS)
  };
  int i;
  for (i = 0; i < 3; i++) {
    play *p = play_new();
    if (i < 2) play_auth(p, BASIC);
    if (i == 0) {
      play_attach(p);
      amt_session_credentials(&p->s, "ocadm", "opconxps");
      play_steps(p, first);
      play_run(p);
      expect_end(p, "failed TLS_EXPIRED, code 19, start known");
    } else {
      play_to(p, AMT_STATUS);
      p->s.token_number__ = 0;
      play_steps(p, after);
      play_run(p);
      expect_end(p, "done 4");
    }
  }
}

TEST(a_refused_certificate_ends_a_job_at_once_before_any_sign_in)
{
  step  s[] = { NO_REPLY(AMT_SIGN_IN, AMT_E_TLS_NAME, .times = ALWAYS) };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "failed TLS_NAME, code 23, start none");
  assert_int_equal(p->calls, 1);
}

/* --- a token that is no longer good --------------------------------------- */

TEST(one_401_is_answered_by_a_fresh_sign_in)
{
  static const struct { step s; const char *log; } v[] = {
    { REPLY(AMT_START, 401, "{}"),
      UP_TO_START "> sign-in\n> start\nstarted 2112\n" WATCHED },
    { REPLY(AMT_MONITOR, 401, "{}"),
      STARTED "> monitor\n> sign-in\n" WATCHED },
    { REPLY(AMT_MESSAGES, 401, "{}"),
      STARTED "> monitor\nstatus 1\n> monitor\nstatus 2\n> monitor\n"
      "> monitor\nstatus 4\n> messages\n> sign-in\n> messages\ndone 4\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_with_rows(&v[i].s, 1);
    play_job(p);
    expect_all(p, "%s", v[i].log);
  }
}

TEST(a_second_401_and_any_403_to_a_start_are_a_24)
{
  size_t k;
  for (k = 0; k < 2; k++) {
    step s[] = { REPLY(AMT_START, k ? 403 : 401, JSON({"Message":"no"}),
                       .times = ALWAYS) };
    play *p = play_with(s);
    play_job(p);
    expect_end(p, "failed %s, code 24, start refused",
               k ? "FORBIDDEN" : "TOKEN_REFUSED");
    expect_calls(p, AMT_START, k ? 1 : 2);
    expect_calls(p, AMT_SIGN_IN, k ? 1 : 2);
    assert_int_equal(p->j.http_status, k ? 403 : 401);
  }
}

/* Two 401s with an hour of work between them are not two in a row. */
TEST(a_401_long_after_another_is_again_the_first)
{
  static const int status[] = { 2, 2, 2, 2, 2, 2, 4 };
  int   i;
  play *p = play_new();
  play_status(p, status);
  play_to(p, AMT_STARTED);
  for (i = 0; i < 3; i++) {
    p->srv.generation += 10; /* the server drops the token */
    play_until(p, AMT_CALL);
    play_until(p, AMT_CALL);
    play_until(p, AMT_CALL);
  }
  play_run(p);
  expect_end(p, "done 4");
  expect_calls(p, AMT_SIGN_IN, 4);
}

TEST(credentials_replaced_in_mid_run_are_used)
{
  play *p = play_new();
  play_to(p, AMT_STARTED);
  text_clear(&p->srv.calls);
  (void)amt_session_credentials(&p->s, "second", "pass2");
  play_run(p);
  expect_end(p, "done 4");
  expect_calls(p, AMT_SIGN_IN, 2);
  expect_sent(p, JSON({"User":"second","Password":"pass2"}));
  expect_calls(p, AMT_START, 1);
}

/* --- refused while a job runs --------------------------------------------- */

/* Directories lock accounts. */
TEST(a_refused_sign_in_is_tried_three_times_and_not_at_once)
{
  static const step s[] = { REPLY(AMT_MONITOR, 401, "{}"),
                            REPLY(AMT_SIGN_IN, 401, "{}", .times = ALWAYS) };
  uint32_t at[4], began;
  unsigned n = 0, seen = 1;
  play    *p = play_new();
  p->srv.log.quiet = 1;
  play_to(p, AMT_STARTED);
  play_steps(p, s);
  began = p->now;
  while (!p->ended) { /* and a kill is asked for in every turn */
    amt_event e;
    amt_stop(&p->j, AMT_KILL);
    e = amt_next(&p->j, p->now);
    play_event(p, e);
    if (e == AMT_CALL) play_call(p);
    if (e == AMT_BUSY) p->now++;
    if (p->srv.count[AMT_SIGN_IN] > seen && n < 4) {
      at[n++] = p->now;
      seen = p->srv.count[AMT_SIGN_IN];
    }
  }
  assert_int_equal(n, 3);
  assert_int_equal(at[1] - at[0], 5000);
  assert_int_equal(at[2] - at[1], 60000);
  expect_end(p, "failed LOST, code 19, start known");
  assert_int_equal(p->j.cause, AMT_E_SIGN_IN);
  assert_true(p->now - began <= 300000 + 20000);
}

TEST(basic_credentials_too_are_tried_three_times)
{
  static const step s[] = { REPLY(AMT_MONITOR, 401, "{}", .times = ALWAYS) };
  unsigned before;
  play    *p = play_new();
  play_auth(p, BASIC);
  play_to(p, AMT_STATUS);
  before = p->srv.count[AMT_MONITOR];
  play_steps(p, s);
  play_run(p);
  expect_end(p, "failed LOST, code 19, start known");
  assert_int_equal(p->srv.count[AMT_MONITOR] - before, 3);
}

TEST(three_refusals_are_counted_in_each_outage)
{
  static const step s[] = {
    REPLY(AMT_MONITOR, 401, "{}"), REPLY(AMT_SIGN_IN, 401, "{}", .times = 2)
  };
  int   i;
  play *p = play_new();
  play_status(p, for_ever);
  p->srv.log.quiet = 1;
  play_to(p, AMT_STATUS);
  for (i = 0; i < 3; i++) {
    unsigned until = p->srv.count[AMT_MONITOR] + 4;
    memset(p->srv.used, 0, sizeof p->srv.used);
    play_steps(p, s);
    while (!p->ended && p->srv.count[AMT_MONITOR] < until)
      play_until(p, AMT_BUSY);
    assert_false(p->ended);
  }
  amt_forget(&p->j);
}

/* A kill may also be waiting for the next sign-in. */
TEST(new_credentials_end_the_wait_for_a_directory)
{
  static const step s[] = { REPLY(AMT_MONITOR, 401, "{}"),
                            REPLY(AMT_SIGN_IN, 401, "{}", .times = 2) };
  uint32_t then;
  play    *p = play_new();
  play_status(p, for_ever);
  play_to(p, AMT_STATUS);
  play_steps(p, s);
  while (p->srv.used[1] < 2) play_until(p, AMT_BUSY);
  then = p->now;
  assert_int_equal(amt_session_credentials(&p->s, "a", "b"), 1);
  amt_stop(&p->j, AMT_KILL); /* does not wait either */
  play_run(p);
  expect_end(p, "done 3");
  assert_true(p->now - then < 10000);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
