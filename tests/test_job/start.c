/* start.c - the outcome of a Start.

   The promise: a Start is sent once. It is repeated only if the first certainly
   did nothing. It ends in one of four ways: started, ended at once, refused, or
   unknown. Unknown is reported, and no second Start is tried. */

#include "play.h"

/* --- one of four ways ----------------------------------------------------- */

/* The rest of the log. */
#define RUNS_AS(id) "started " id "\n" WATCHED
#define RUNS    RUNS_AS("2112")
#define REFUSED "failed REFUSED, code 11, start refused\n"
#define UNKNOWN "failed MAYBE_STARTED, code 19, start unknown\n"

TEST(a_start_ends_in_one_of_four_ways)
{
  static const struct { step s; const char *log; } v[] = {
    /* started */
    { OK(AMT_START, JSON({"BatchRequestId":2112,"Status":1})), RUNS },
    { REPLY(AMT_START, 201, JSON({"BatchRequestId":2112})), RUNS },
    { REPLY(AMT_START, 202, JSON({"Status":1,"BatchRequestId":"2112"})),
      RUNS_AS("\"2112\"") },
    { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":2112,), AMT_E_TRUNCATED),
      RUNS },
    { CUT_OFF(AMT_START, 200, "{\"BatchRequestId\":2112 ", AMT_E_TIMEOUT),
      RUNS },
    { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":"2112"), AMT_E_RESET),
      RUNS_AS("\"2112\"") },
    { OK(AMT_START, JSON({"BatchRequestId":2112,,})), RUNS },
    { OK(AMT_START, "{\"BatchRequestId\":2112,\"x\":\"\xFF\"}"), RUNS },
    { OK(AMT_START, JSON({"BatchRequestId":2112}trailing)), RUNS },
    /* ended at once */
    { OK(AMT_START, JSON({"Status":11,"Message":"File not found"})),
      "reply File not found\ndone 11\n" },
    { OK(AMT_START, JSON({"Message":"File not found","Status":11})),
      "reply File not found\ndone 11\n" },
    { REPLY(AMT_START, 400, JSON({"Status":99,"Message":"who?"})),
      "server who?\ndone 99\n" },
    { REPLY(AMT_START, 404, JSON({"Status":"INVALID AMT USER"})),
      "done 99\n" },
    { REPLY(AMT_START, 429, JSON({"Status":10})), "done 10\n" },
    /* not started */
    { REPLY(AMT_START, 400, JSON({"Message":"no such job"})),
      "server no such job\n" REFUSED },
    { REPLY(AMT_START, 404, ""), REFUSED },
    { REPLY(AMT_START, 404, "<html>nothing here</html>"),
      "page nothing here \n" REFUSED },
    { REPLY(AMT_START, 422, JSON({"Status":2})), REFUSED },
    { REPLY(AMT_START, 400, JSON({"BatchRequestId":2112})), REFUSED },
    { REPLY(AMT_START, 429, "{}", .retry = 5), REFUSED },
    { REPLY(AMT_START, 425, "{}"), REFUSED },
    { REPLY(AMT_START, 301, ""), "failed REDIRECT, code 23, start none\n" },
    { REPLY(AMT_START, 307, JSON({"BatchRequestId":2112})),
      "failed REDIRECT, code 23, start none\n" },
    /* unknown */
    { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":2112), AMT_E_TRUNCATED),
      UNKNOWN },
    { CUT_OFF(AMT_START, 200, "{\"BatchRequestId\":\"2112", AMT_E_TRUNCATED),
      UNKNOWN },
    { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId"), AMT_E_EOF), UNKNOWN },
    { CUT_OFF(AMT_START, 200, JSON({"Status":11,"Message":"File not found"}),
              AMT_E_TRUNCATED),
      "reply File not found\n" UNKNOWN },
    { OK(AMT_START, "{}"), UNKNOWN },
    { OK(AMT_START, ""), UNKNOWN },
    { REPLY(AMT_START, 204, ""), UNKNOWN },
    { OK(AMT_START, JSON({"Status":1})), UNKNOWN },
    { OK(AMT_START, JSON({"Status":"HUH"})), UNKNOWN },
    { OK(AMT_START, JSON({"Status":19})), UNKNOWN },
    { OK(AMT_START, JSON({"BatchRequestId":null,"Status":1})), UNKNOWN },
    { OK(AMT_START, JSON({"BatchRequestId":""})), UNKNOWN },
    { OK(AMT_START, JSON({"BatchRequestId":{"BatchRequestId":3}})), UNKNOWN },
    { OK(AMT_START, JSON({"BatchRequestId":[7]})), UNKNOWN },
    { OK(AMT_START, JSON({"BatchRequestId":true})), UNKNOWN },
    { OK(AMT_START, JSON({"x":{"BatchRequestId":3}})), UNKNOWN },
    { OK(AMT_START, "hello"), UNKNOWN },
    { OK(AMT_START, JSON({"Status":4)), UNKNOWN },
    { OK(AMT_START, JSON({"Status":4}})), UNKNOWN },
    { OK(AMT_START, "{\"Status\":4,\"x\":\"\xFF\"}"), UNKNOWN },
    { REPLY(AMT_START, 408, JSON({"Message":"slow"})),
      "server slow\n" UNKNOWN },
    { REPLY(AMT_START, 408, JSON({"Status":10})), "done 10\n" },
    { CUT_OFF(AMT_START, 400, JSON({"Status":11}), AMT_E_TRUNCATED), UNKNOWN },
    { CUT_OFF(AMT_START, 400, "", AMT_E_TRUNCATED), UNKNOWN },
    { CUT_OFF(AMT_START, 301, "", AMT_E_TRUNCATED), UNKNOWN },
    { CUT_OFF(AMT_START, 401, "{", AMT_E_TRUNCATED), UNKNOWN },
    { CUT_OFF(AMT_START, 403, "", AMT_E_RESET), UNKNOWN },
    { REPLY(AMT_START, 500, JSON({"Message":"oops"})),
      "server oops\n" UNKNOWN },
    { REPLY(AMT_START, 500, JSON({"Status":11})), UNKNOWN },
    { REPLY(AMT_START, 500, JSON({"BatchRequestId":2112,"Status":1})),
      UNKNOWN },
    { REPLY(AMT_START, 502, ""), UNKNOWN },
    { REPLY(AMT_START, 503, "", .retry = 7), UNKNOWN },
    { REPLY(AMT_START, 504, ""), UNKNOWN },
    { REPLY(AMT_START, 599, ""), UNKNOWN },
    { REPLY(AMT_START, 600, ""), UNKNOWN },
    { REPLY(AMT_START, 999, ""), UNKNOWN },
    { NO_REPLY(AMT_START, AMT_E_EOF), UNKNOWN },
    { NO_REPLY(AMT_START, AMT_E_RESET), UNKNOWN },
    { NO_REPLY(AMT_START, AMT_E_TIMEOUT), UNKNOWN },
    { NO_REPLY(AMT_START, AMT_E_HTTP_STATUS), UNKNOWN },
    { NO_REPLY(AMT_START, -999), UNKNOWN }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      play *p = play_with_rows(&v[i].s, 1);
      p->chunk = chunk;
      play_job(p);
      expect_all(p, UP_TO_START "%s", v[i].log);
      expect_calls(p, AMT_START, 1);
    }
}

/* The reply is cut after each byte. The job is started once the id is
   complete. */
TEST(a_start_reply_cut_anywhere_is_started_or_unknown)
{
  static const struct { const char *body, *id; size_t whole; } v[] = {
    { JSON({"BatchRequestId":2112,"Status":1}), "2112", 23 },
    { JSON({"BatchRequestId":"2112","Status":1}), "\"2112\"", 24 },
    { "{\"BatchRequestId\": 2112 }", "2112", 24 },
    { "{\"Message\":\"hi\",\"BatchRequestId\":\"\\u0032112\" }",
      "\"2112\"", 44 }
  };
  size_t i, cut, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (cut = 0; cut < strlen(v[i].body); cut++)
      for (chunk = 0; chunk < 2; chunk++) {
        step  s[] = { OK(AMT_START, v[i].body) };
        play *p = play_with(s);
        play_cut(p, AMT_START, cut, AMT_E_TRUNCATED);
        p->chunk = chunk;
        play_job(p);
        expect_calls(p, AMT_START, 1);
        if (cut >= v[i].whole) {
          expect_end(p, "done 4");
          assert_string_equal(p->j.id, v[i].id);
        } else {
          expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
        }
      }
}

TEST(a_start_with_an_id_has_started_whatever_its_status)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":7,"Status":11,)
                  JSON("Message":"File not found"})),
    OK(AMT_MESSAGES, JSON({"Messages":["one"]}))
  };
  static const int eleven[] = { 11 };
  play *p = play_with(s);
  play_status(p, eleven);
  play_job(p);
  expect_end(p, "done 11");
  assert_string_equal(p->j.id, "7");
  expect_calls(p, AMT_MESSAGES, 1);
  expect_told(p, "reply File not found\n");
  expect_told(p, "message one\n");
}

TEST(a_start_without_an_id_and_with_a_final_status_has_ended)
{
  static const struct { const char *id; int code; } v[] = {
    { "0", 11 }, { "-1", 99 }, { "\"0\"", 11 }, { "\"\"", 11 }, { "null", 11 },
    { "-0", 11 }, { "0.0", 12 }, { "\"-7\"", 3 },
    { "\"00000000-0000-0000-0000-000000000000\"", 11 },
    { "\"{00000000-0000-0000-0000-000000000000}\"", 6 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      char  body[200];
      step  s[] = { OK(AMT_START, body) };
      play *p;
      snprintf(body, sizeof body, "{\"BatchRequestId\":%s,\"Status\":%d,"
               "\"Message\":\"Job X is not defined\"}", v[i].id, v[i].code);
      p = play_with(s);
      p->chunk = chunk;
      play_job(p);
      expect_all(p, UP_TO_START "reply Job X is not defined\ndone %d\n",
                 v[i].code);
      assert_string_equal(p->j.id, "");
    }
}

TEST(a_final_status_in_a_reply_that_is_no_JSON_is_unknown)
{
  static const char *const v[] = {
    "{\"BatchRequestId\":0,\"Status\":11} x",
    "{\"Status\":11,\"BatchRequestId\":0,}"
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_START, v[i], .times = ALWAYS) };
    play *p = play_with(s);
    play_job(p);
    expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
    expect_calls(p, AMT_START, 1);
  }
}

TEST(a_start_without_an_id_or_a_final_status_is_unknown)
{
  static const char *const v[] = {
    JSON({"Message":"Job X is not defined"}),
    JSON({"BatchRequestId":0,"Message":"Job X is not defined"}),
    JSON({"BatchRequestId":0,"Status":1,"Message":"Job X is not defined"})
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_START, v[i], .times = ALWAYS) };
    play *p = play_with(s);
    play_job(p);
    expect_all(p, UP_TO_START "reply Job X is not defined\n" UNKNOWN);
    expect_calls(p, AMT_START, 1);
  }
}

TEST(an_id_beside_a_final_status_is_looked_at_without_delay)
{
  static const int eleven[] = { 11 };
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":7,"Status":1})),
    OK(AMT_START, JSON({"BatchRequestId":7,"Status":11}))
  };
  size_t i;
  for (i = 0; i < COUNT(s); i++) {
    play *p = play_with_rows(&s[i], 1);
    play_status(p, eleven);
    play_job(p);
    expect_end(p, "done 11");
    expect_calls(p, AMT_MONITOR, 1);
    assert_int_equal(p->now - p->began, i == 0 ? 10000 : 0);
  }
}

#define DIGITS_64 "1234" LONG40 "01234567890123456789"

TEST(an_id_that_is_too_long_makes_the_start_unknown)
{
  static const char *const v[] = {
    "{\"BatchRequestId\":" DIGITS_64 "}",
    "{\"BatchRequestId\":\"" DIGITS_64 "\"}",
    /* 62 bytes, and an escape that ends after the room for an id */
    "{\"BatchRequestId\":\"" LONG40 "0123456789012345678901\"}",
    "{\"BatchRequestId\":\"" LONG40 "01234567890123456\\u0001\"}",
    "{\"BatchRequestId\":\"" DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64 "\"}"
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      step  s[] = { OK(AMT_START, v[i]) };
      play *p = play_with(s);
      p->chunk = chunk;
      play_job(p);
      expect_end(p, "failed ID_LOST, code 19, start unknown");
      expect_calls(p, AMT_START, 1);
    }
}

TEST(half_an_id_is_none)
{
  static const step s[] = {
    CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":"2112",)
            "\"batchrequestid\":\"99", AMT_E_TRUNCATED)
  };
  size_t piece;
  for (piece = 0; piece < 3; piece++) {
    play *p = play_with(s);
    p->chunk = piece;
    play_job(p);
    expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
    assert_string_equal(p->j.id, "");
  }
}

/* They begin like numbers but are none. The digits alone might name another
   job. */
TEST(digits_followed_by_more_are_no_id)
{
  static const char *const bodies[] = {
    JSON({"BatchRequestId":2112x}), JSON({"BatchRequestId":65e0f1c2-22}),
    "{\"BatchRequestId\":21\001}", "{\"BatchRequestId\":21\037}",
    JSON({"BatchRequestId":2112L,"Status":1}), JSON({"BatchRequestId":21-12}),
    JSON({"BatchRequestId":2112"x"}), JSON({"BatchRequestId":2112:1})
  };
  size_t i, piece;
  for (i = 0; i < COUNT(bodies); i++)
    for (piece = 0; piece < 3; piece++) {
      play *p = reply_once(AMT_START, 200, bodies[i], piece);
      expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
      assert_string_equal(p->j.id, "");
    }
}

/* A NUL is a character like others and is sent back; see request.c. */
TEST(an_id_may_have_a_nul)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":"\u000034"}))
  };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "done 4");
  assert_string_equal(p->j.id, "\"\\u000034\"");
}

TEST(an_id_in_a_refusal_does_not_count)
{
  play *p = reply_once(AMT_START, 400, JSON({"BatchRequestId":7}), 0);
  assert_string_equal(p->j.id, "");
  expect_end(p, "failed REFUSED, code 11, start refused");
}

/* A bare number is complete only if the reply is. */
TEST(a_bare_id_that_is_cut_is_an_unknown_start)
{
  static const struct { const char *body; int error, known; } v[] = {
    { "2112", 0, 1 }, { "2112", AMT_E_TRUNCATED, 0 },
    { "2112 ", AMT_E_TRUNCATED, 1 }, { "\"2112", AMT_E_TRUNCATED, 0 },
    { "\"2112\"", AMT_E_TRUNCATED, 1 }, { JSON({"x":2112}), 0, 0 },
    { "[2112]", 0, 0 }, { "null", 0, 0 }, { "", 0, 0 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      step  s[] = { CUT_OFF(AMT_START, 200, v[i].body, v[i].error) };
      play *p = play_with(s);
      play_wire(p)->reply[AMT_REPLY_ID] = "";
      p->chunk = chunk;
      play_to(p, v[i].known ? AMT_STARTED : AMT_FAILED);
      if (v[i].known)
        expect_end(p, "started %.*s", v[i].body[0] == '"' ? 6 : 4, v[i].body);
      else
        expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
      expect_calls(p, AMT_START, 1);
    }
}

/* --- sent again, or not --------------------------------------------------- */

TEST(a_start_of_which_no_byte_was_taken_is_sent_again)
{
  static const step s[] = {
    UNTAKEN(AMT_START, AMT_E_RESET),
    UNTAKEN(AMT_START, AMT_E_CONNECT),
    UNTAKEN(AMT_START, AMT_E_TIMEOUT)
  };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "done 4");
  expect_calls(p, AMT_START, 1);
  assert_int_equal(p->srv.log.retries, 3);
}

TEST(a_401_cut_short_does_not_send_a_start_again)
{
  static const step s[] = {
    CUT_OFF(AMT_START, 401, "{\"Message\":\"x", AMT_E_TRUNCATED)
  };
  play *p = play_with(s);
  play_job(p);
  expect_calls(p, AMT_START, 1);
  expect_end(p, "failed MAYBE_STARTED, code 19, start unknown");
}

/* After a 401 a Start is sent once more, and then never again. */
TEST(a_start_repeated_after_401_is_not_sent_a_third_time)
{
  static const struct { step s; const char *log; } v[] = {
    { NO_REPLY(AMT_START, AMT_E_RESET), UNKNOWN },
    { REPLY(AMT_START, 500, ""), UNKNOWN },
    { REPLY(AMT_START, 408, ""), UNKNOWN },
    { REPLY(AMT_START, 204, ""), UNKNOWN },
    { REPLY(AMT_START, 401, ""), "failed TOKEN_REFUSED, code 24, start refused\n" },
    { REPLY(AMT_START, 403, ""), "failed FORBIDDEN, code 24, start refused\n" },
    { REPLY(AMT_START, 400, ""), REFUSED },
    { REPLY(AMT_START, 301, ""), "failed REDIRECT, code 23, start none\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { REPLY(AMT_START, 401, "{}"), v[i].s };
    play *p = play_with(s);
    s[1].times = ALWAYS;
    play_job(p);
    expect_all(p, UP_TO_START "> sign-in\n> start\n%s",
               v[i].log);
  }
}

TEST(a_start_is_repeated_once_whatever_comes_between)
{
  static const step s[] = {
    REPLY(AMT_START, 401, "{}"),
    UNTAKEN(AMT_START, AMT_E_CONNECT),
    REPLY(AMT_START, 401, "{}"),
    UNTAKEN(AMT_START, AMT_E_CONNECT),
    REPLY(AMT_START, 401, "{}", .times = ALWAYS)
  };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "failed TOKEN_REFUSED, code 24, start refused");
  assert_true(p->srv.count[AMT_START] <= 3); /* one of them was not taken */
}

/* A Start that was answered is not sent again, even if the client says that it
   was not taken. */
TEST(a_reply_shows_that_the_request_was_taken)
{
  static const int status[] = { 200, 408, 500, 503, 600 };
  size_t i;
  for (i = 0; i < COUNT(status) * 4; i++) {
    int   error = i & 1 ? AMT_E_RESET : 0, forgotten = i >> 1 & 1;
    play *p = play_new();
    play_to(p, AMT_STARTING);
    assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
    amt_reply_status(&p->j, status[i / 4], 0);
    amt_reply_end(&p->j, error, 0);
    if (forgotten) amt_forget(&p->j);
    assert_int_equal(amt_next(&p->j, p->now), AMT_FAILED);
    assert_int_equal(p->j.start, AMT_START_UNKNOWN);
    assert_int_equal(p->j.code, AMT_CODE_UNDEFINED);
  }
}

TEST(an_HTTP_client_may_say_that_a_call_is_hopeless)
{
  play *p = play_new();
  play_start(p);
  while (amt_next(&p->j, p->now) != AMT_CALL) { }
  amt_reply_end(&p->j, AMT_E_PERMANENT, 0);
  assert_int_equal(amt_next(&p->j, p->now), AMT_FAILED);
  assert_int_equal(p->j.error, AMT_E_PERMANENT);
  assert_int_equal(p->j.start, AMT_START_NONE);
  assert_int_equal(p->j.code, AMT_CODE_WEB_SERVER_ERROR);
}

/* --- forgotten meanwhile -------------------------------------------------- */

TEST(a_job_forgotten_in_a_start_may_have_started)
{
  static char body[] = JSON({"BatchRequestId":2112,"Status":1});
  size_t n;
  for (n = 0; n <= sizeof body + 2; n++) {
    char  copy[sizeof body];
    int   want = AMT_START_UNKNOWN;
    play *p = play_new();
    play_to(p, AMT_STARTING);
    assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
    memcpy(copy, body, sizeof body);
    if (n > 0) amt_reply_status(&p->j, 200, 0);
    if (n > 0 && n < sizeof body) amt_reply_data(&p->j, copy, n);
    if (n >= sizeof body) amt_reply_data(&p->j, copy, sizeof body - 1);
    if (n == sizeof body + 1) amt_reply_end(&p->j, 0, 1);
    if (n == sizeof body + 2) amt_reply_end(&p->j, AMT_E_RESET, 1);
    if (n >= 23) want = AMT_START_KNOWN; /* the comma completes the number */
    amt_forget(&p->j);
    assert_int_equal(amt_next(&p->j, p->now), AMT_FAILED);
    assert_int_equal(p->j.error, AMT_E_FORGOTTEN);
    assert_int_equal(p->j.start, want);
    assert_string_equal(p->j.id, want == AMT_START_KNOWN ? "2112" : "");
  }
}

TEST(a_job_forgotten_before_its_start_has_not_started)
{
  int i;
  for (i = 0; i < 4; i++) {
    play *p = play_new();
    play_start(p);
    if (i == 1) assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
    if (i >= 2) play_until(p, AMT_STARTING);
    if (i == 3) { /* called for, but certainly not taken */
      assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
      amt_reply_end(&p->j, AMT_E_CONNECT, 0);
    }
    amt_forget(&p->j);
    assert_int_equal(p->j.start, AMT_START_NONE);
    assert_null(p->s.signing__);
  }
}

/* --- nothing to start ----------------------------------------------------- */

TEST(a_single_Start_without_a_task_is_refused)
{
  int i;
  for (i = 0; i < 2; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    if (i == 1) w->call[AMT_START].body = START_BODY "}";
    play_once_of(p, AMT_START, NULL, NULL);
    play_run(p);
    expect_end(p, "failed MISSING, code 11, start none");
    assert_int_equal(p->calls, 0);
  }
}

/* A table may start only scripts; then a script is needed. */
TEST(a_Start_of_nothing_is_refused)
{
  int i;
  for (i = 0; i < 2; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->call[AMT_START].body = "{\"ScriptName\":" AMT_HOLE_SCRIPT "}";
    p->t.job = NULL;
    if (i == 1) p->t.script = "x.sh";
    play_job(p);
    expect_end(p, i == 0 ? "failed MISSING, code 11, start none" : "done 4");
    expect_calls(p, AMT_START, i);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
