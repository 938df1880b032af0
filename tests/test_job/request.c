/* request.c - the requests of the built-in wire table.

   The promise: the bytes are those of the wire section in amt.h. A task and an
   id go out unchanged. A value that is missing, empty or not UTF-8 is refused
   before a byte is sent. */

#include "play.h"

/* --- the bytes ------------------------------------------------------------ */

TEST(a_whole_run_sends_the_bytes_of_the_wire_section)
{
  play *p = play_new();
  p->srv.status_at = 3;
  play_job(p);
  expect_requests(p,
    "POST /AmtOpConService/Authenticate\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n\n"
    JSON({"User":"ocadm","Password":"opconxps"}) "\n"
    "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
    JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
    JSON("JobName":"REPORTTEST01","SubmitUser":"BATCH","Station":"OPCON"}) "\n"
    "POST /AmtOpConService/MonitorJob\n" HEAD "\n"
    JSON({"ApplicationName":"DEMO2","BatchRequestId":2112}) "\n"
    "POST /AmtOpConService/GetMessages\n" HEAD "\n"
    JSON({"ApplicationName":"DEMO2","BatchRequestId":2112,"AfterSequence":0})
    "\n");
}

TEST(stop_and_kill_send_the_bytes_of_the_wire_section)
{
  static const struct { amt_op op; const char *sent; } v[] = {
    { AMT_STOP, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
      JSON({"Action":"STOP","ApplicationName":"DEMO2","BatchRequestId":2112})
      "\n" },
    { AMT_KILL, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
      JSON({"Action":"KILL","ApplicationName":"DEMO2","BatchRequestId":2112})
      "\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    play_to(p, AMT_STARTED);
    text_clear(&p->srv.calls);
    amt_stop(&p->j, v[i].op);
    play_until(p, AMT_STOP_ANSWERED);
    expect_requests(p, "%s", v[i].sent);
  }
}

#define TASK_VALUES(list) .task_values = list, .task_value_count = COUNT(list)
#define PARAMETERS(list)  .parameters = list, .parameter_count = COUNT(list)

static const char *const values[] = { "A=1", "B='x y'" };
static const char *const params[] = { "'PARAM'", "\"q\"", "a\\b",
                                      "tab\there", "\xC3\xA9\xE2\x82\xAC" };

TEST(a_start_carries_what_the_task_has_and_no_more)
{
  static const struct { amt_task t; const char *body; } v[] = {
    { { .application = "DEMO2", .job = "R" },
      JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
      JSON("JobName":"R","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "DEMO2", .job = "R", .script = "", .submit_user = "",
        .station = "", .run_as = "", .queue = "" },
      JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
      JSON("JobName":"R","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "DEMO2", .script = "C:\\S\\x.ps1" },
      JSON({"Action":"START","TaskType":"SCRIPT","ApplicationName":"DEMO2",)
      JSON("ScriptName":"C:\\S\\x.ps1","SubmitUser":"BATCH",)
      JSON("Station":"OPCON"}) },
    { { .application = "DEMO2", .job = "R", .script = "s.ps1" },
      JSON({"Action":"START","TaskType":"SCRIPT","ApplicationName":"DEMO2",)
      JSON("ScriptName":"s.ps1","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "A\"pp\n", .job = "R\x01", .submit_user = "me",
        .station = "here", .run_as = "DEMO", .queue = "Q1",
        TASK_VALUES(values), PARAMETERS(params) },
      "{\"Action\":\"START\",\"TaskType\":\"BATCH\","
      "\"ApplicationName\":\"A\\\"pp\\n\",\"JobName\":\"R\\u0001\","
      "\"SubmitUser\":\"me\",\"User\":\"DEMO\",\"Station\":\"here\","
      "\"QueueName\":\"Q1\",\"TaskValues\":[\"A=1\",\"B='x y'\"],"
      "\"Parameters\":[\"'PARAM'\",\"\\\"q\\\"\",\"a\\\\b\",\"tab\\there\","
      "\"\xC3\xA9\xE2\x82\xAC\"]}" },
    { { .application = "DEMO2", .job = "R",
        .parameters = params, .parameter_count = 1 },
      JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
      JSON("JobName":"R","SubmitUser":"BATCH","Station":"OPCON",)
      JSON("Parameters":["'PARAM'"]}) }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    p->t = v[i].t;
    play_to(p, AMT_STARTING);
    text_clear(&p->srv.calls);
    play_until(p, AMT_STARTED);
    expect_requests(p, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n%s\n",
                    v[i].body);
  }
}

/* An empty list may be any pointer. */
TEST(a_list_is_read_no_further_than_its_count)
{
  static const char *const one[] = { "A=1" };
  play *p = play_new();
  p->t.task_values = one;
  p->t.task_value_count = 1;
  p->t.parameters = (const char *const *)(uintptr_t)1;
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "\"TaskValues\":[\"A=1\"]}");
}

/* --- an id is sent back unchanged ----------------------------------------- */

#define DIGITS_61 "1234567890123456789012345678901234567890" \
                  "123456789012345678901"
#define DIGITS_63 DIGITS_61 "23"

TEST(an_id_goes_back_in_the_type_in_which_it_came)
{
  static const struct { const char *reply, *id; } v[] = {
    { JSON({"BatchRequestId":2112}), "2112" },
    { JSON({"BatchRequestId":"2112"}), "\"2112\"" },
    { JSON({"batchRequestId":7}), "7" },
    { JSON({"BATCHREQUESTID":"A-7"}), "\"A-7\"" },
    { JSON({"BatchRequestId":18446744073709551616}), "18446744073709551616" },
    { "{\"BatchRequestId\":" DIGITS_63 "}", DIGITS_63 },
    { "{\"BatchRequestId\":\"" DIGITS_61 "\"}", "\"" DIGITS_61 "\"" },
    { JSON({"BatchRequestId":1e3}), "1e3" },
    { JSON({"BatchRequestId":"a\"b\\c\u20ac\n\u00001"}),
      "\"a\\\"b\\\\c\xE2\x82\xAC\\n\\u00001\"" },
    { JSON({"BatchRequestId":1,"BatchRequestId":"2"}), "\"2\"" },
    { JSON({"BatchRequestId":"1","batchrequestid":22}), "22" },
    { JSON({"x":{"BatchRequestId":5},"BatchRequestId":6}), "6" },
    { "\xEF\xBB\xBF{\"BatchRequestId\":8}", "8" }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 4; chunk++) {
      step  s[] = { OK(AMT_START, v[i].reply) };
      char  want[100];
      play *p = play_with(s);
      p->chunk = chunk;
      play_to(p, AMT_STARTED);
      assert_string_equal(p->j.id, v[i].id);
      text_clear(&p->srv.calls);
      p->srv.status_at = 3;
      play_until(p, AMT_STATUS);
      snprintf(want, sizeof want, JSON("BatchRequestId":%s}), v[i].id);
      expect_sent(p, want);
    }
}

/* JSON has no numbers with a leading zero, so such an id goes as a string. */
TEST(an_attached_id_is_json_or_becomes_a_string)
{
  static const struct { const char *id, *sent; } v[] = {
    { "2112", "2112" }, { "0", "0" }, { "-1", "-1" }, { "1.5", "1.5" },
    { "1e3", "1e3" }, { DIGITS_63, DIGITS_63 },
    { "\"2112\"", "\"2112\"" }, { "\"A-7\"", "\"A-7\"" },
    { "\"\xC3\xA9\\\"\\n\"", "\"\xC3\xA9\\\"\\n\"" },
    { "\"\\u0041\\/\"", "\"A/\"" }, /* the same string */
    { "\"" DIGITS_61 "\"", "\"" DIGITS_61 "\"" },
    /* Neither a number nor a string. */
    { "A-7", "\"A-7\"" }, { "21a", "\"21a\"" }, { "007", "\"007\"" },
    { " 7", "\" 7\"" }, { "7 ", "\"7 \"" }, { "7,", "\"7,\"" },
    { "-", "\"-\"" }, { "1.", "\"1.\"" }, { "1e", "\"1e\"" },
    { "1e+", "\"1e+\"" }, { "true", "\"true\"" }, { "null", "\"null\"" },
    { "{}", "\"{}\"" }, { "[7]", "\"[7]\"" }, { "[", "\"[\"" },
    { "\"a", "\"\\\"a\"" }, { "\"a\" ", "\"\\\"a\\\" \"" },
    { "\"a\"b", "\"\\\"a\\\"b\"" }, { "\"\\q\"", "\"\\\"\\\\q\\\"\"" },
    { "\xEF\xBB\xBF" "7", "\"\xEF\xBB\xBF" "7\"" },
    { "\x7F" "7", "\"\x7F" "7\"" },
    { "\xC3\xA9\"", "\"\xC3\xA9\\\"\"" },
    { LONG40 "12345678901234567890a", "\"" LONG40 "12345678901234567890a\"" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    char  want[100];
    play *p = play_new();
    p->srv.status_at = 3;
    amt_attach(&p->j, &p->s, "DEMO2", v[i].id);
    play_until(p, AMT_STATUS);
    snprintf(want, sizeof want, JSON("BatchRequestId":%s}), v[i].sent);
    expect_sent(p, want);
    assert_string_equal(p->j.id, v[i].sent);
  }
}

/* --- bad input: an error, and nothing sent -------------------------------- */

static const char *const empty_one[] = { "a", "" };
static const char *const null_one[] = { NULL };
static const char *const bad_one[] = { "a\xC3" };

TEST(a_bad_task_is_refused_and_nothing_is_sent)
{
  static const struct { amt_task t; int error; } v[] = {
    { { .job = "R" }, AMT_E_MISSING },
    { { .application = "", .job = "R" }, AMT_E_MISSING },
    { { .application = "D" }, AMT_E_MISSING },
    { { .application = "D", .job = "", .script = "" }, AMT_E_MISSING },
    { { .application = "D", .job = "R", PARAMETERS(empty_one) }, AMT_E_EMPTY },
    { { .application = "D", .job = "R", TASK_VALUES(empty_one) }, AMT_E_EMPTY },
    { { .application = "D", .job = "R", PARAMETERS(null_one) }, AMT_E_EMPTY },
    { { .application = "D\xFF", .job = "R" }, AMT_E_UTF8 },
    { { .application = "D", .job = "\xC0\x80" }, AMT_E_UTF8 },
    { { .application = "D", .script = "\xED\xA0\x80" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .submit_user = "\x80" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .station = "\xF5\x80\x80\x80" },
      AMT_E_UTF8 },
    { { .application = "D", .job = "R", .run_as = "\xC3" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .queue = "\xE2\x82" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", TASK_VALUES(bad_one) }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", PARAMETERS(bad_one) }, AMT_E_UTF8 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    p->t = v[i].t;
    play_job(p);
    assert_int_equal(p->calls, 0);
    expect_end(p, "failed %s, code 11, start none", error_name(v[i].error));
    assert_true(p->j.msg_len > 0); /* names the value */
    assert_true(strlen(amt_error(p->j.error)) > 10);
  }
}

TEST(a_bad_session_is_refused_and_nothing_is_sent)
{
  static const struct {
    const char *user, *password;
    int         no_token;
    size_t      room;
    int         error;
  } v[] = {
    { NULL, "pw", 0, 24, AMT_E_MISSING },
    { "", "pw", 0, 24, AMT_E_MISSING },
    { "user", NULL, 0, 24, AMT_E_MISSING },
    { "a\xFF", "pw", 0, 24, AMT_E_UTF8 },
    { "user", "b\xC3", 0, 24, AMT_E_UTF8 },
    { "user", "pw", 1, 24, AMT_E_TOKEN_ROOM },
    { "user", "pw", 0, 0, AMT_E_TOKEN_ROOM },
    { "user", "pw", 0, 1, AMT_E_TOKEN_ROOM }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    p->s.user = v[i].user, p->s.password = v[i].password;
    p->s.token_room = v[i].room;
    if (v[i].no_token) p->s.token = NULL;
    play_job(p);
    expect_end(p, "failed %s, code 11, start none", error_name(v[i].error));
    assert_int_equal(p->calls, 0);
  }
}

TEST(a_bad_id_is_refused_and_nothing_is_sent)
{
  static const struct { const char *id; int error; } v[] = {
    { "", AMT_E_MISSING }, { NULL, AMT_E_MISSING }, { "a\xC3", AMT_E_UTF8 },
    { "\"\"", AMT_E_MISSING }, { "\"a\xC3\"", AMT_E_UTF8 },
    { DIGITS_63 "4", AMT_E_ID }, { DIGITS_61 "a", AMT_E_ID },
    { "\"" DIGITS_61 "2\"", AMT_E_ID }, { "\"" DIGITS_61, AMT_E_ID },
    { DIGITS_63 DIGITS_63 DIGITS_63 DIGITS_63 DIGITS_63 DIGITS_63, AMT_E_ID }
  };
  static const amt_op op[] = { AMT_STOP, AMT_KILL, AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k <= COUNT(op); k++) {
      play *p = play_new();
      if (k == COUNT(op)) amt_attach(&p->j, &p->s, "DEMO2", v[i].id);
      else play_once_of(p, op[k], &p->t, v[i].id);
      play_run(p);
      assert_int_equal(p->calls, 0);
      assert_int_equal(p->last, AMT_FAILED);
      assert_int_equal(p->j.error, v[i].error);
    }
  for (k = 0; k < 2; k++) {
    play *p = play_new();
    amt_attach(&p->j, &p->s, k ? "" : NULL, "2112");
    play_run(p);
    assert_int_equal(p->calls, 0);
    expect_end(p, "failed MISSING, code 19, start known");
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
