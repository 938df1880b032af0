/* start.c - what becomes of a Start.

   The promise: a Start's bytes leave once, but where it is sure that they did
   nothing; and it ends in one of four ways: started, ended at once, refused,
   or unknown, which is told and never repaired by a second Start. */

#include "play.h"

/* --- one of four ways ----------------------------------------------------- */

static const struct { step s; const char *want; } start_ends[] = {
  /* started */
  { OK(AMT_START, JSON({"BatchRequestId":2112,"Status":1})),
    "started 2112\n" },
  { REPLY(AMT_START, 201, JSON({"BatchRequestId":2112})), "started 2112\n" },
  { REPLY(AMT_START, 202, JSON({"Status":1,"BatchRequestId":"2112"})),
    "started 2112\n" },
  { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":2112,), AMT_E_TRUNCATED),
    "started 2112\n" },
  { CUT_OFF(AMT_START, 200, "{\"BatchRequestId\":2112 ", AMT_E_TIMEOUT),
    "started 2112\n" },
  { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":"2112"), AMT_E_RESET),
    "started 2112\n" },
  { OK(AMT_START, JSON({"BatchRequestId":2112,,})),
    "started 2112\n" },
  { OK(AMT_START, "{\"BatchRequestId\":2112,\"x\":\"\xFF\"}"),
    "started 2112\n" },
  { OK(AMT_START, JSON({"BatchRequestId":2112}trailing)),
    "started 2112\n" },
  /* ended at once */
  { OK(AMT_START, JSON({"Status":11,"Message":"File not found"})),
    "reply File not found\ndone 11\n" },
  { OK(AMT_START, JSON({"Message":"File not found","Status":11})),
    "reply File not found\ndone 11\n" },
  { REPLY(AMT_START, 400, JSON({"Status":99,"Message":"who?"})),
    "code 99" },
  { REPLY(AMT_START, 404, JSON({"Status":"INVALID AMT USER"})),
    "code 99" },
  { REPLY(AMT_START, 429, JSON({"Status":10})), "code 10" },
  /* not started */
  { REPLY(AMT_START, 400, JSON({"Message":"no such job"})),
    "server no such job\nfailed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 404, ""),
    "failed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 404, "<html>nothing here</html>"),
    "failed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 422, JSON({"Status":2})),
    "failed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 400, JSON({"BatchRequestId":2112})),
    "failed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 429, "{}", .retry = 5),
    "failed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 425, "{}"),
    "failed REFUSED, code 11, start refused\n" },
  { REPLY(AMT_START, 301, ""), "failed REDIRECT, code 23, start " },
  { REPLY(AMT_START, 307, JSON({"BatchRequestId":2112})),
    "failed REDIRECT, code 23, start " },
  /* unknown */
  { CUT_OFF(AMT_START, 200,
    JSON({"BatchRequestId":2112), AMT_E_TRUNCATED), "?" },
  { CUT_OFF(AMT_START, 200, "{\"BatchRequestId\":\"2112", AMT_E_TRUNCATED), "?" },
  { CUT_OFF(AMT_START, 200, JSON({"BatchRequestId"), AMT_E_EOF), "?" },
  { CUT_OFF(AMT_START, 200,
    JSON({"Status":11,"Message":"File not found"}), AMT_E_TRUNCATED), "?" },
  { OK(AMT_START, "{}"), "?" },
  { OK(AMT_START, ""), "?" },
  { REPLY(AMT_START, 204, ""), "?" },
  { OK(AMT_START, JSON({"Status":1})), "?" },
  { OK(AMT_START, JSON({"Status":"HUH"})), "?" },
  { OK(AMT_START, JSON({"Status":19})), "?" },
  { OK(AMT_START, JSON({"BatchRequestId":null,"Status":1})), "?" },
  { OK(AMT_START, JSON({"BatchRequestId":""})), "?" },
  { OK(AMT_START, JSON({"BatchRequestId":{"BatchRequestId":3}})), "?" },
  { OK(AMT_START, JSON({"BatchRequestId":[7]})), "?" },
  { OK(AMT_START, JSON({"BatchRequestId":true})), "?" },
  { OK(AMT_START, JSON({"x":{"BatchRequestId":3}})), "?" },
  { OK(AMT_START, "hello"), "?" },
  { OK(AMT_START, JSON({"Status":4)), "?" },
  { OK(AMT_START, JSON({"Status":4}})), "?" },
  { OK(AMT_START, "{\"Status\":4,\"x\":\"\xFF\"}"), "?" },
  { REPLY(AMT_START, 408, JSON({"Message":"slow"})), "?" },
  { REPLY(AMT_START, 408, JSON({"Status":10})), "code 10" },
  { CUT_OFF(AMT_START, 400, JSON({"Status":11}), AMT_E_TRUNCATED), "?" },
  { CUT_OFF(AMT_START, 400, "", AMT_E_TRUNCATED), "?" },
  { CUT_OFF(AMT_START, 301, "", AMT_E_TRUNCATED), "?" },
  { CUT_OFF(AMT_START, 401, "{", AMT_E_TRUNCATED), "?" },
  { CUT_OFF(AMT_START, 403, "", AMT_E_RESET), "?" },
  { REPLY(AMT_START, 500, JSON({"Message":"oops"})), "?" },
  { REPLY(AMT_START, 500, JSON({"Status":11})), "?" },
  { REPLY(AMT_START, 500, JSON({"BatchRequestId":2112,"Status":1})), "?" },
  { REPLY(AMT_START, 502, ""), "?" },
  { REPLY(AMT_START, 503, "", .retry = 7), "?" },
  { REPLY(AMT_START, 504, ""), "?" },
  { REPLY(AMT_START, 599, ""), "?" },
  { REPLY(AMT_START, 600, ""), "?" },
  { REPLY(AMT_START, 999, ""), "?" },
  { NO_REPLY(AMT_START, AMT_E_EOF), "?" },
  { NO_REPLY(AMT_START, AMT_E_RESET), "?" },
  { NO_REPLY(AMT_START, AMT_E_TIMEOUT), "?" },
  { NO_REPLY(AMT_START, AMT_E_HTTP_STATUS), "?" },
  { NO_REPLY(AMT_START, -999), "?" }
};

TEST(a_start_ends_in_one_of_four_ways)
{
  size_t i, chunk;
  for (i = 0; i < COUNT(start_ends); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      const char *want = start_ends[i].want, *got;
      play        p;
      play_init(&p);
      p.srv.steps = &start_ends[i].s, p.srv.step_count = 1;
      p.chunk = chunk;
      play_job(&p);
      got = text_of(&p.srv.log.text);
      assert_memory_equal(got, UP_TO_START, strlen(UP_TO_START));
      got += strlen(UP_TO_START);
      if (p.srv.count[AMT_START] != 1) fail_msg("sent again: %s", got);
      if (*want == '?') { /* server's words may come first */
        static const char f[] = "failed MAYBE_STARTED, code 19, start unknown\n";
        if (strlen(got) > sizeof f - 1) got += strlen(got) - (sizeof f - 1);
        if (strcmp(got, f) != 0)
          fail_msg("start %d: %s: not unknown, but\n%s", (int)i,
                   start_ends[i].s.body, text_of(&p.srv.log.text));
      } else if (strncmp(want, "code ", 5) == 0) {
        if (p.j.code != atoi(want + 5))
          fail_msg("start %d: %s:\n%s", (int)i, start_ends[i].s.body, got);
      } else if (strncmp(got, want, strlen(want)) != 0) {
        fail_msg("start %d: %d %s: wanted\n%s but got\n%s", (int)i,
                 start_ends[i].s.status, start_ends[i].s.body, want, got);
      }
      play_free(&p);
    }
}

/* The reply cut behind each byte: started from the byte on that ends the id. */
TEST(a_start_reply_cut_anywhere_is_started_or_unknown)
{
  static const struct { const char *body; size_t whole; } v[] = {
    { JSON({"BatchRequestId":2112,"Status":1}), 23 },
    { JSON({"BatchRequestId":"2112","Status":1}), 24 },
    { "{\"BatchRequestId\": 2112 }", 24 },
    { "{\"Message\":\"hi\",\"BatchRequestId\":\"\\u0032112\" }", 44 }
  };
  size_t i, cut, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (cut = 0; cut < strlen(v[i].body); cut++)
      for (chunk = 0; chunk < 2; chunk++) {
        step s[] = { OK(AMT_START, v[i].body) };
        play p;
        play_init(&p);
        play_steps(&p, s);
        p.cut = cut, p.cut_op = AMT_START, p.cut_error = AMT_E_TRUNCATED;
        p.chunk = chunk;
        play_job(&p);
        assert_int_equal(p.srv.count[AMT_START], 1);
        if (cut >= v[i].whole) {
          assert_int_equal(p.j.code, 4);
          assert_string_equal(p.j.id, "2112");
        } else {
          assert_int_equal(p.j.error, AMT_E_MAYBE_STARTED);
          assert_int_equal(p.j.code, 19);
          assert_int_equal(p.j.start, AMT_START_UNKNOWN);
        }
        play_free(&p);
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
  play p;
  play_init(&p);
  play_steps(&p, s);
  play_status(&p, eleven);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 11);
  assert_string_equal(p.j.id, "7");
  assert_int_equal(p.j.start, AMT_START_KNOWN);
  assert_int_equal(p.srv.count[AMT_MESSAGES], 1);
  assert_non_null(strstr(text_of(&p.srv.log.text), "reply File not found\n"));
  assert_non_null(strstr(text_of(&p.srv.log.text), "message one\n"));
  play_free(&p);
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
      char body[200], want[200];
      step s[] = { OK(AMT_START, body) };
      play p;
      snprintf(body, sizeof body, "{\"BatchRequestId\":%s,\"Status\":%d,"
               "\"Message\":\"Job X is not defined\"}", v[i].id, v[i].code);
      snprintf(want, sizeof want, UP_TO_START "reply Job X is not defined\n"
               "done %d\n", v[i].code);
      play_init(&p);
      p.chunk = chunk;
      play_steps(&p, s);
      play_job(&p);
      expect_log(&p.srv.log, want);
      assert_string_equal(p.j.id, "");
      assert_int_equal(p.j.log_complete, 1);
      play_free(&p);
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
    step s[] = { OK(AMT_START, v[i], .times = ALWAYS) };
    play p;
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    expect_log(&p.srv.log, UP_TO_START "reply Job X is not defined\n"
               "failed MAYBE_STARTED, code 19, start unknown\n");
    assert_int_equal(p.srv.count[AMT_START], 1);
    play_free(&p);
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
    play p;
    play_init(&p);
    play_status(&p, eleven);
    p.srv.steps = &s[i], p.srv.step_count = 1;
    play_job(&p);
    assert_int_equal(p.j.code, 11);
    assert_int_equal(p.srv.count[AMT_MONITOR], 1);
    assert_int_equal(p.now - p.began, i == 0 ? 10000 : 0);
    play_free(&p);
  }
}

TEST(an_id_too_long_is_an_unknown_start_and_is_told)
{
  static const char *const v[] = {
    JSON({"BatchRequestId":1234567890123456789012345678901234567890123456789012345678901234}),
    JSON({"BatchRequestId":"1234567890123456789012345678901234567890123456789012345678901234"})
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      step s[] = { OK(AMT_START, v[i]) };
      play p;
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_job(&p);
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_equal(p.j.code, 19);
      assert_int_equal(p.j.error, AMT_E_ID_LOST);
      assert_int_equal(p.srv.count[AMT_START], 1);
      play_free(&p);
    }
}

TEST(half_an_id_is_none_and_neither_is_one_with_a_nul)
{
  static const step s[2][1] = {
    { CUT_OFF(AMT_START, 200, "{\"BatchRequestId\":\"2112\",\"batchrequestid\":\"99", AMT_E_TRUNCATED) },
    { OK(AMT_START, JSON({"BatchRequestId":"12\u000034"})) }
  };
  int i;
  for (i = 0; i < 2; i++) {
    play p;
    play_init(&p);
    play_steps(&p, s[i]);
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.start, AMT_START_UNKNOWN);
    assert_string_equal(p.j.id, "");
    play_free(&p);
  }
}

TEST(an_id_in_a_reply_that_refuses_is_none)
{
  play p;
  reply_once(&p, AMT_START, 400, JSON({"BatchRequestId":7}), 0);
  assert_string_equal(p.j.id, "");
  assert_int_equal(p.j.start, AMT_START_REFUSED);
  play_free(&p);
}

/* A bare number is whole only where the reply is. */
TEST(a_bare_id_that_is_cut_is_an_unknown_start)
{
  static const struct { const char *body; int error, known; } v[] = {
    { "2112", 0, 1 }, { "2112", AMT_E_TRUNCATED, 0 }, { "2112 ", AMT_E_TRUNCATED, 1 },
    { "\"2112", AMT_E_TRUNCATED, 0 }, { "\"2112\"", AMT_E_TRUNCATED, 1 },
    {
      JSON({"x":2112}), 0, 0 }, { "[2112]", 0, 0 }, { "null", 0, 0 }, { "", 0, 0 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      amt_wire w = *amt_wire_default();
      step s[] = { CUT_OFF(AMT_START, 200, v[i].body, v[i].error) };
      play p;
      w.reply[AMT_R_ID] = "";
      play_init(&p);
      p.s.wire = &w;
      play_steps(&p, s);
      p.chunk = chunk;
      play_start(&p);
      play_until(&p, v[i].known ? AMT_STARTED : AMT_FAILED);
      assert_int_equal(p.j.start,
                       v[i].known ? AMT_START_KNOWN : AMT_START_UNKNOWN);
      assert_int_equal(p.srv.count[AMT_START], 1);
      if (v[i].known) assert_string_equal(p.j.id, "2112");
      play_free(&p);
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
  play p;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_START], 1);
  assert_int_equal(p.srv.log.retries, 3);
  play_free(&p);
}

TEST(a_401_cut_short_does_not_send_a_start_again)
{
  static const step s[] = { CUT_OFF(AMT_START, 401, "{\"Message\":\"x", AMT_E_TRUNCATED) };
  play p;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.srv.count[AMT_START], 1);
  assert_int_equal(p.j.start, AMT_START_UNKNOWN);
  play_free(&p);
}

/* The worst of the Start's second chance: 401, and then anything unclear. */
TEST(a_start_repeated_after_401_is_not_sent_a_third_time)
{
  static const int status[] = { 0, 500, 408, 401, 403, 400, 301, 204 };
  size_t i;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { REPLY(AMT_START, 401, "{}"),
                 REPLY(AMT_START, status[i], "", .times = ALWAYS) };
    play p;
    if (status[i] == 0) s[1].error = AMT_E_RESET;
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.srv.count[AMT_START], 2);
    assert_int_equal(p.last, AMT_FAILED);
    if (status[i] == 0 || status[i] >= 500 || status[i] == 408 ||
        status[i] == 204) {
      assert_int_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_equal(p.j.code, 19);
    } else {
      assert_int_not_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_not_equal(p.j.start, AMT_START_KNOWN);
    }
    play_free(&p);
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
  play p;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.code, 24);
  assert_true(p.srv.count[AMT_START] <= 3); /* one of them was not taken */
  play_free(&p);
}

/* Whatever its client says: a Start that was answered is not sent again. */
TEST(a_reply_shows_that_the_request_was_taken)
{
  static const int status[] = { 200, 408, 500, 503, 600 };
  size_t i;
  for (i = 0; i < COUNT(status) * 4; i++) {
    int  error = i & 1 ? AMT_E_RESET : 0, forgotten = i >> 1 & 1;
    play p;
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTING);
    assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
    amt_reply_status(&p.j, status[i / 4], 0);
    amt_reply_end(&p.j, error, 0);
    if (forgotten) amt_forget(&p.j);
    assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
    assert_int_equal(p.j.start, AMT_START_UNKNOWN);
    assert_int_equal(p.j.code, AMT_CODE_UNDEFINED);
    play_free(&p);
  }
}

TEST(an_HTTP_client_may_say_that_a_call_is_hopeless)
{
  play p;
  play_init(&p);
  play_start(&p);
  while (amt_next(&p.j, p.now) != AMT_CALL) { }
  amt_reply_end(&p.j, AMT_E_HOPELESS, 0);
  assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_HOPELESS);
  assert_int_equal(p.j.start, AMT_START_NONE);
  assert_int_equal(p.j.code, AMT_CODE_WEB_SERVER_ERROR);
  play_free(&p);
}

/* --- forgotten meanwhile -------------------------------------------------- */

TEST(a_job_forgotten_in_a_start_may_have_started)
{
  static char body[] = JSON({"BatchRequestId":2112,"Status":1});
  size_t n;
  for (n = 0; n <= sizeof body + 2; n++) {
    char copy[sizeof body];
    play p;
    int  want = AMT_START_UNKNOWN;
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTING);
    assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
    memcpy(copy, body, sizeof body);
    if (n > 0) amt_reply_status(&p.j, 200, 0);
    if (n > 0 && n < sizeof body) amt_reply_data(&p.j, copy, n);
    if (n >= sizeof body) amt_reply_data(&p.j, copy, sizeof body - 1);
    if (n == sizeof body + 1) amt_reply_end(&p.j, 0, 1);
    if (n == sizeof body + 2) amt_reply_end(&p.j, AMT_E_RESET, 1);
    if (n >= 23) want = AMT_START_KNOWN; /* the comma ends the number */
    amt_forget(&p.j);
    assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_FORGOTTEN);
    assert_int_equal(p.j.start, want);
    assert_string_equal(p.j.id, want == AMT_START_KNOWN ? "2112" : "");
    play_free(&p);
  }
}

TEST(a_job_forgotten_before_its_start_has_not_started)
{
  int i;
  for (i = 0; i < 4; i++) {
    play p;
    play_init(&p);
    play_start(&p);
    if (i == 1) assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
    if (i >= 2) play_until(&p, AMT_STARTING);
    if (i == 3) { /* asked for, and surely not taken */
      assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
      amt_reply_end(&p.j, AMT_E_CONNECT, 0);
    }
    amt_forget(&p.j);
    assert_int_equal(p.j.start, AMT_START_NONE);
    assert_null(p.s.signing__);
    play_free(&p);
  }
}

/* --- nothing to start ----------------------------------------------------- */

TEST(a_single_Start_without_a_task_is_refused)
{
  int i;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    if (i == 1) w.request[AMT_Q_TASK_TYPE] = NULL;
    p.s.wire = &w;
    play_once(&p, AMT_START, NULL, NULL);
    play_run(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_MISSING);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

/* A table may know scripts only; then one has to be given. */
TEST(a_Start_of_nothing_is_refused)
{
  int i;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    w.request[AMT_Q_JOB] = NULL;
    play_init(&p);
    p.s.wire = &w;
    p.t.job = NULL;
    if (i == 1) p.t.script = "x.sh";
    play_job(&p);
    assert_int_equal(p.j.error, i == 0 ? AMT_E_MISSING : 0);
    assert_int_equal(p.srv.count[AMT_START], i);
    play_free(&p);
  }
}
