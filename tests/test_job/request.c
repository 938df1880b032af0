/* request.c - what is sent, by the wire table that is built in.

   The promise: the bytes are those of the wire section; a task and an id go
   out as they were given; what is missing, empty or no UTF-8 is refused before
   a byte is sent. */

#include "play.h"

/* --- the bytes ------------------------------------------------------------ */

TEST(a_whole_run_sends_the_bytes_of_the_wire_section)
{
  static const char want[] =
    "POST /AmtOpConService/Authenticate\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n\n"
    "{\"User\":\"ocadm\",\"Password\":\"opconxps\"}\n"
    "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
    "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":\"DEMO2\","
    "\"JobName\":\"REPORTTEST01\",\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\"}\n"
    "POST /AmtOpConService/MonitorJob\n" HEAD "\n"
    "{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112}\n"
    "POST /AmtOpConService/GetMessages\n" HEAD "\n"
    "{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112,\"AfterSequence\":0}\n";
  play p;
  play_init(&p);
  p.srv.status_at = 3;
  play_job(&p);
  expect_text_(text_of(&p.srv.calls), want, __FILE__, __LINE__);
  play_free(&p);
}

TEST(stop_and_kill_send_the_bytes_of_the_wire_section)
{
  static const amt_op op[] = { AMT_STOP, AMT_KILL };
  int i;
  for (i = 0; i < 2; i++) {
    text want = {0};
    play p;
    text_put(&want, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
             "{\"Action\":\"%s\",\"ApplicationName\":\"DEMO2\","
             "\"BatchRequestId\":2112}\n", i ? "KILL" : "STOP");
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTED);
    text_clear(&p.srv.calls);
    amt_stop(&p.j, op[i]);
    play_until(&p, AMT_ANSWERED);
    expect_text_(text_of(&p.srv.calls), want.p, __FILE__, __LINE__);
    play_free(&p);
    text_free(&want);
  }
}

/* The body of the Start that a task makes. */
static const char *const values[] = { "A=1", "B='x y'" };
static const char *const params[] = { "'PARAM'", "\"q\"", "a\\b",
                                      "tab\there", "\xC3\xA9\xE2\x82\xAC" };
TEST(a_start_carries_what_the_task_has_and_no_more)
{
  static const struct { amt_task t; const char *body; } v[] = {
    { { .application = "DEMO2", .job = "R" },
      JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
      JSON("JobName":"R","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "DEMO2", .job = "R", .script = "", .submit_user = "", .station = "", .run_as = "", .queue = "" },
      JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
      JSON("JobName":"R","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "DEMO2", .script = "C:\\S\\x.ps1" },
      JSON({"Action":"START","TaskType":"SCRIPT","ApplicationName":"DEMO2",)
      JSON("ScriptName":"C:\\S\\x.ps1","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "DEMO2", .job = "R", .script = "s.ps1" },
      JSON({"Action":"START","TaskType":"SCRIPT","ApplicationName":"DEMO2",)
      JSON("ScriptName":"s.ps1","SubmitUser":"BATCH","Station":"OPCON"}) },
    { { .application = "A\"pp\n", .job = "R\x01", .submit_user = "me", .station = "here", .run_as = "DEMO", .queue = "Q1", .task_values = values, .parameters = params, .task_value_count = 2, .parameter_count = 5 },
      "{\"Action\":\"START\",\"TaskType\":\"BATCH\","
      "\"ApplicationName\":\"A\\\"pp\\n\",\"JobName\":\"R\\u0001\","
      "\"SubmitUser\":\"me\",\"User\":\"DEMO\",\"Station\":\"here\","
      "\"QueueName\":\"Q1\",\"TaskValues\":[\"A=1\",\"B='x y'\"],"
      "\"Parameters\":[\"'PARAM'\",\"\\\"q\\\"\",\"a\\\\b\",\"tab\\there\","
      "\"\xC3\xA9\xE2\x82\xAC\"]}" },
    { { .application = "DEMO2", .job = "R", .parameters = params, .parameter_count = 1 },
      JSON({"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",)
      JSON("JobName":"R","SubmitUser":"BATCH","Station":"OPCON",)
      JSON("Parameters":["'PARAM'"]}) }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    text want = {0};
    play p;
    play_init(&p);
    p.t = v[i].t;
    play_start(&p);
    play_until(&p, AMT_STARTING);
    text_clear(&p.srv.calls);
    play_until(&p, AMT_STARTED);
    text_put(&want, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n%s\n",
             v[i].body);
    expect_text_(text_of(&p.srv.calls), want.p, __FILE__, __LINE__);
    play_free(&p);
    text_free(&want);
  }
}

/* --- an id goes back as it came ------------------------------------------- */

TEST(an_id_goes_back_in_the_type_in_which_it_came)
{
  static const struct { const char *reply, *id, *sent; } v[] = {
    { JSON({"BatchRequestId":2112}), "2112", "2112" },
    { JSON({"BatchRequestId":"2112"}), "2112", "\"2112\"" },
    { JSON({"batchRequestId":7}), "7", "7" },
    { JSON({"BATCHREQUESTID":"A-7"}), "A-7", "\"A-7\"" },
    { JSON({"BatchRequestId":18446744073709551616}), "18446744073709551616",
      "18446744073709551616" },
    {
      JSON({"BatchRequestId":123456789012345678901234567890123456789012345678901234567890123}), "123456789012345678901234567890123456789012345678901234"
      "567890123", "12345678901234567890123456789012345678901234567890123456789"
      "0123" },
    { JSON({"BatchRequestId":1e3}), "1e3", "1e3" },
    { JSON({"BatchRequestId":"a\"b\\c\u20ac\n"}), "a\"b\\c\xE2\x82\xAC\n",
      "\"a\\\"b\\\\c\xE2\x82\xAC\\n\"" },
    { JSON({"BatchRequestId":1,"BatchRequestId":"2"}), "2", "\"2\"" },
    { JSON({"BatchRequestId":"1","batchrequestid":22}), "22", "22" },
    { JSON({"x":{"BatchRequestId":5},"BatchRequestId":6}), "6", "6" },
    { "\xEF\xBB\xBF{\"BatchRequestId\":8}", "8", "8" }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 4; chunk++) {
      step s[] = { OK(AMT_START, v[i].reply) };
      text want = {0};
      play p;
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_start(&p);
      play_until(&p, AMT_STARTED);
      assert_string_equal(p.j.id, v[i].id);
      text_clear(&p.srv.calls);
      p.srv.status_at = 3;
      play_until(&p, AMT_STATUS);
      text_put(&want, "\"BatchRequestId\":%s}", v[i].sent);
      assert_non_null(strstr(text_of(&p.srv.calls), want.p));
      play_free(&p);
      text_free(&want);
    }
}

/* JSON has no number with a leading zero: such an id goes as a string. */
TEST(a_typed_in_id_is_a_number_where_it_is_all_digits)
{
  static const struct { const char *id, *sent; } v[] = {
    { "2112", "2112" }, { "0", "0" }, { "21a", "\"21a\"" }, { "-1", "\"-1\"" },
    { "007", "\"007\"" }, { "1.5", "\"1.5\"" }, { " 7", "\" 7\"" },
    { "\xC3\xA9\"", "\"\xC3\xA9\\\"\"" },
    { "123456789012345678901234567890123456789012345678901234567890123",
      "123456789012345678901234567890123456789012345678901234567890123" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    text want = {0};
    play p;
    play_init(&p);
    p.srv.status_at = 3;
    amt_attach(&p.j, &p.s, "DEMO2", v[i].id);
    play_until(&p, AMT_STATUS);
    text_put(&want, "\"BatchRequestId\":%s}", v[i].sent);
    assert_non_null(strstr(text_of(&p.srv.calls), want.p));
    assert_string_equal(p.j.id, v[i].id);
    play_free(&p);
    text_free(&want);
  }
}

TEST(an_attached_id_may_be_a_string_of_digits)
{
  play p;
  play_init(&p);
  amt_attach(&p.j, &p.s, "DEMO2", "2112");
  assert_int_equal(p.j.id_text, 0);
  p.j.id_text = 1;
  play_until(&p, AMT_STATUS);
  assert_non_null(strstr(text_of(&p.srv.calls), "\"BatchRequestId\":\"2112\""));
  play_free(&p);
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
    { { .application = "D", .job = "R", .parameters = empty_one, .parameter_count = 2 }, AMT_E_EMPTY },
    { { .application = "D", .job = "R", .task_values = empty_one, .task_value_count = 2 }, AMT_E_EMPTY },
    { { .application = "D", .job = "R", .parameters = null_one, .parameter_count = 1 }, AMT_E_EMPTY },
    { { .application = "D\xFF", .job = "R" }, AMT_E_UTF8 },
    { { .application = "D", .job = "\xC0\x80" }, AMT_E_UTF8 },
    { { .application = "D", .script = "\xED\xA0\x80" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .submit_user = "\x80" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .station = "\xF5\x80\x80\x80" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .run_as = "\xC3" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .queue = "\xE2\x82" }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .task_values = bad_one, .task_value_count = 1 }, AMT_E_UTF8 },
    { { .application = "D", .job = "R", .parameters = bad_one, .parameter_count = 1 }, AMT_E_UTF8 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play p;
    play_init(&p);
    p.t = v[i].t;
    play_job(&p);
    assert_int_equal(p.calls, 0);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, v[i].error);
    assert_int_equal(p.j.start, AMT_START_NONE);
    assert_true(p.j.msg_len > 0); /* which one it was */
    assert_true(strlen(amt_error(p.j.error)) > 10);
    play_free(&p);
  }
}

TEST(a_bad_session_is_refused_and_nothing_is_sent)
{
  int i;
  for (i = 0; i < 8; i++) {
    static const char *const invalid[] = { "a\xFF", "b\xC3" };
    play p;
    int  error = AMT_E_MISSING;
    play_init(&p);
    switch (i) {
    case 0: p.s.user = NULL; break;
    case 1: p.s.user = ""; break;
    case 2: p.s.password = NULL; break;
    case 3: p.s.user = invalid[0], error = AMT_E_UTF8; break;
    case 4: p.s.password = invalid[1], error = AMT_E_UTF8; break;
    case 5: p.s.token = NULL, error = AMT_E_TOKEN_ROOM; break;
    case 6: p.s.token_room = 0, error = AMT_E_TOKEN_ROOM; break;
    default: p.s.token_room = 1, error = AMT_E_TOKEN_ROOM; break;
    }
    play_job(&p);
    assert_int_equal(p.j.error, error);
    assert_int_equal(p.srv.count[AMT_START], 0);
    if (i < 7) assert_int_equal(p.calls, 0);
    assert_int_equal(p.j.start, AMT_START_NONE);
    play_free(&p);
  }
}

TEST(a_bad_id_is_refused_and_nothing_is_sent)
{
  static const char *const v[] = {
    "", NULL, "a\xC3",
    "1234567890123456789012345678901234567890123456789012345678901234"
  };
  static const amt_op op[] = { AMT_STOP, AMT_KILL, AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k <= COUNT(op); k++) {
      play p;
      play_init(&p);
      if (k == COUNT(op)) amt_attach(&p.j, &p.s, "DEMO2", v[i]);
      else play_once(&p, op[k], &p.t, v[i]);
      play_run(&p);
      assert_int_equal(p.calls, 0);
      assert_int_equal(p.last, AMT_FAILED);
      if (i == 3) assert_int_equal(p.j.error, AMT_E_ID);
      if (i == 2) assert_int_equal(p.j.error, AMT_E_UTF8);
      if (i < 2) assert_true(p.j.error == AMT_E_MISSING || p.j.error == AMT_E_ID);
      play_free(&p);
    }
  for (k = 0; k < 2; k++) {
    play p;
    play_init(&p);
    amt_attach(&p.j, &p.s, k ? "" : NULL, "2112");
    play_run(&p);
    assert_int_equal(p.calls, 0);
    assert_int_equal(p.j.error, AMT_E_MISSING);
    play_free(&p);
  }
}
