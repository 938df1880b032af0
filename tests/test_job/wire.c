/* wire.c - wire tables: a site whose words are others.

   The promise: every word, path and form of a request and every name in a
   reply may be another; a table with which no job can be run, or that would
   break a request, is refused before a byte is sent. */

#include "play.h"

/* The calls of a whole run under a table. */
static void run_with(play *p, const amt_wire *w)
{
  play_init(p);
  p->s.wire = w;
  p->srv.scheme = NULL;
  p->srv.status_at = 3;
  play_start(p);
  play_run(p);
}

/* --- replies -------------------------------------------------------------- */

TEST(replies_are_found_by_dotted_names)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"token":"no","auth":{"x":{"token":"no"},)
                    JSON("y":[{"token":"no"}],"TOKEN":"tok1","life":60}})),
    OK(AMT_START, JSON({"id":1,"result":{"id":2,"job":{"x":{"id":3},"id":2112,)
                  JSON("y":[{"id":4}]},"z":{"id":5}},"job":{"id":6},)
                  JSON("x":{"result":{"job":{"id":7}}}})),
    OK(AMT_MONITOR, JSON({"result":[{"job":{"status":4}}],)
                    JSON("Result":{"status":4,"JOB":{"status":"running",)
                    JSON("x":{"status":4}},"jo":{"status":4},)
                    JSON("jobs":{"status":4}}})),
    OK(AMT_MONITOR, JSON({"result":{"job":{}},"job":{"status":4},)
                    JSON("result":{"job":{"status":5}}})),
    OK(AMT_MONITOR, JSON({"result":{"job":{"status":"DONE"}}})),
    OK(AMT_MESSAGES, JSON({"items":["no"],"data":{"x":["no"],)
                     JSON("items":[{"body":{"text":"a"},"meta":{"seq":1},)
                     JSON("text":"no"},{"meta":{"x":[{"seq":9}],"seq":2},)
                     JSON("seq":9,"body":{"x":{"text":"no"},"text":"b"}},"c"],)
                     JSON("items2":["no"]}}))
  };
  size_t chunk;
  for (chunk = 0; chunk < 60; chunk++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.reply[AMT_R_TOKEN] = "auth.token";
    w.reply[AMT_R_EXPIRES] = "auth.life";
    w.reply[AMT_R_ID] = "result.job.id";
    w.reply[AMT_R_STATUS] = "result.job.status";
    w.reply[AMT_R_MESSAGES] = "data.items";
    w.reply[AMT_R_TEXT] = "body.text";
    w.reply[AMT_R_SEQUENCE] = "meta.seq";
    play_init(&p);
    p.s.wire = &w;
    play_steps(&p, s);
    p.chunk = chunk;
    play_job(&p);
    expect_log(&p.srv.log, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage #2 b\n"
               "message c\ndone 4\n");
    play_free(&p);
  }
}

TEST(a_dot_in_a_members_own_name_is_no_nesting)
{
  static const step s[] = {
    OK(AMT_MONITOR, JSON({"result":{"job.status":4}})),
    OK(AMT_MONITOR, JSON({"result.job.status":4})),
    OK(AMT_MONITOR, JSON({"result.job":{"status":4}})),
    OK(AMT_MONITOR, JSON({"result":{"job":{"status":11}}}))
  };
  amt_wire w = *amt_wire_default();
  play p;
  w.reply[AMT_R_STATUS] = "result.job.status";
  play_init(&p);
  p.s.wire = &w;
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 11);
  play_free(&p);
}

/* Each alternative counts only as a whole, whatever it shares with others. */
TEST(alternatives_of_dotted_names_are_not_mixed)
{
  static const struct { const char *name, *body; int status; } v[] = {
    { "a.x|b.y|Status", JSON({"a":{"y":4},"b":{"x":4}}), -1 },
    { "a.x|b.y|Status", JSON({"b":{"x":4,"y":2},"a":{"y":4}}), 2 },
    { "a.x|b.y|Status", JSON({"a":{"y":4,"x":2}}), 2 },
    { "a.x|b.y|Status", JSON({"Status":2,"a":{"Status":4}}), 2 },
    { "Status|a.x", JSON({"x":4,"A":{"X":2}}), 2 },
    { "a.b.c|a.x|a", JSON({"a":{"b":{"x":4},"x":2,"c":4}}), 2 },
    { "a.x|a.b.c", JSON({"a":{"b":{"c":2,"x":4},"c":4}}), 2 },
    { "a.x|a.b.c", JSON({"a":{"b":{"d":{"c":4}},"x":2}}), 2 },
    { "a.x|a.b.c", JSON({"a":{"q":{},"b":{},"d":{"c":4},"x":2}}), 2 },
    { "a.b|a", JSON({"a":2}), 2 }, { "a.b|a", JSON({"a":{"b":2}}), 2 },
    { "ab.c|a.b.c", JSON({"ab":{"b":{"c":4}},"a":{"b":{"c":2}}}), 2 },
    { "a|aa|aaa", JSON({"aa":2,"aaaa":4,"a|aa":4,"":4}), 2 },
    { "x.a|y", JSON({"y":null,"x":{"a":2}}), 2 },
    { "x.a|y", JSON({"x":{"a":2},"y":""}), 2 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 8; chunk++) {
      amt_wire w = *amt_wire_default();
      step     s[] = { OK(AMT_MONITOR, v[i].body) };
      play     p;
      w.reply[AMT_R_STATUS] = v[i].name;
      play_init(&p);
      play_steps(&p, s);
      p.s.wire = &w, p.chunk = chunk;
      play_once(&p, AMT_MONITOR, &p.t, "2112");
      play_run(&p);
      if ((p.j.status == 2) != (v[i].status == 2))
        fail_msg("%s in %s: %d", v[i].name, v[i].body, (int)p.j.status);
      play_free(&p);
    }
}

TEST(alternatives_are_read_in_messages_too)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON({"data":{"rows":[{"seq":1,"body":{"text":"a"}},)
                     JSON({"line":"b","body":{"line":"no"}},{"seq":3,)
                     JSON("line":null,"body":{"text":"c"}}]}}))
  };
  amt_wire w = *amt_wire_default();
  play     p;
  w.reply[AMT_R_MESSAGES] = "Messages|data.rows";
  w.reply[AMT_R_TEXT] = "line|body.text";
  w.reply[AMT_R_SEQUENCE] = "n|seq";
  play_init(&p);
  play_steps(&p, s);
  p.s.wire = &w;
  play_job(&p);
  assert_non_null(strstr(text_of(&p.srv.log.text), "message #1 a\nmessage b\n"
                         "message #3 c\ndone 4\n"));
  play_free(&p);
}

TEST(replies_may_be_the_value_itself)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, " \"tok1\" "),
    OK(AMT_START, "2112"),
    OK(AMT_MONITOR, "2"),
    OK(AMT_MONITOR, "\"suspended\""),
    OK(AMT_MONITOR, "\xEF\xBB\xBF\"4\"\n"),
    OK(AMT_MESSAGES, JSON(["a",{"Text":"b"},""]))
  };
  size_t chunk;
  for (chunk = 0; chunk < 12; chunk++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.reply[AMT_R_TOKEN] = w.reply[AMT_R_ID] = w.reply[AMT_R_STATUS] = "";
    w.reply[AMT_R_MESSAGES] = "";
    play_init(&p);
    p.s.wire = &w;
    play_steps(&p, s);
    p.chunk = chunk;
    play_start(&p);
    play_until(&p, AMT_STARTED);
    assert_string_equal(p.j.id, "2112");
    play_run(&p);
    expect_log(&p.srv.log, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage b\n"
               "message \ndone 4\n");
    play_free(&p);
  }
}

/* A site may well have both: the id of a Start, and the status of a monitor,
   each bare. */
TEST(a_bare_id_and_a_bare_status_live_in_one_table)
{
  static const step s[] = {
    OK(AMT_START, "\"A7\""),
    OK(AMT_MONITOR, "4")
  };
  amt_wire w = *amt_wire_default();
  play p;
  w.reply[AMT_R_ID] = w.reply[AMT_R_STATUS] = "";
  play_init(&p);
  p.s.wire = &w;
  play_steps(&p, s);
  play_job(&p);
  expect_log(&p.srv.log, UP_TO_START "started A7\n> monitor\nstatus 4\n"
             "> messages\ndone 4\n");
  play_free(&p);
}

/* What version 0.1 sent, and read. */
TEST(the_wire_of_0_1_is_a_table_too)
{
  amt_wire w = *amt_wire_default();
  play     p;
  w.auth_header = "Authorization", w.auth_scheme = "Bearer ";
  w.request[AMT_Q_ID] = "BatchrequestId", w.reply[AMT_R_TOKEN] = "Token";
  play_init(&p);
  p.srv.scheme = "Authorization: Bearer ";
  {
    step s[] = { OK(AMT_SIGN_IN, JSON({"Token":"tok1","AmtLogonToken":"no"})) };
    play_steps(&p, s);
    p.s.wire = &w;
    play_job(&p);
  }
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls), "{\"ApplicationName\":\"DEMO2\","
                         "\"BatchrequestId\":2112}\n"));
  assert_null(strstr(p.srv.calls.p, "X-AMT"));
  play_free(&p);
}

/* --- requests ------------------------------------------------------------- */

TEST(parameters_go_as_a_list_a_string_or_an_object)
{
  static const char *const two[] = { "a=1", "b=\"x=y\"\\" };
  static const struct { uint8_t style; const char *separator, *body; } v[] = {
    { AMT_LIST_ARRAY, ",", "\"Parameters\":[\"a=1\",\"b=\\\"x=y\\\"\\\\\"]" },
    { AMT_LIST_JOINED, ";", "\"Parameters\":\"a=1;b=\\\"x=y\\\"\\\\\"" },
    { AMT_LIST_JOINED, "\n", "\"Parameters\":\"a=1\\nb=\\\"x=y\\\"\\\\\"" },
    { AMT_LIST_OBJECT, NULL, "\"Parameters\":{\"a\":\"1\",\"b\":\"\\\"x=y\\\"\\\\\"}" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.parameters = v[i].style;
    w.separator = v[i].separator;
    play_init(&p);
    p.s.wire = &w;
    p.t.parameters = two, p.t.parameter_count = 2;
    p.t.task_values = two, p.t.task_value_count = 1; /* their style stays */
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_non_null(strstr(text_of(&p.srv.calls), v[i].body));
    assert_non_null(strstr(text_of(&p.srv.calls), "\"TaskValues\":[\"a=1\"]"));
    play_free(&p);
  }
}

TEST(a_list_of_no_known_style_is_an_object)
{
  static const char *const one[] = { "a=1" };
  amt_wire w = *amt_wire_default();
  play     p;
  w.parameters = 255;
  play_init(&p);
  p.s.wire = &w;
  p.t.parameters = one, p.t.parameter_count = 1;
  play_job(&p);
  assert_non_null(strstr(text_of(&p.srv.calls), "\"Parameters\":{\"a\":\"1\"}"));
  assert_int_equal(p.j.code, 4);
  play_free(&p);
}

TEST(a_parameter_without_a_name_cannot_go_into_an_object)
{
  static const char *const one[] = { "a=1", "nameless" };
  amt_wire w = *amt_wire_default();
  play p;
  w.task_values = AMT_LIST_OBJECT;
  play_init(&p);
  p.s.wire = &w;
  p.t.task_values = one, p.t.task_value_count = 2;
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_EMPTY);
  assert_int_equal(p.calls, 0);
  play_free(&p);
}

TEST(what_a_task_says_is_never_left_out_for_want_of_a_name)
{
  static const char *const value[] = { "a=1" };
  static const int member[] = { AMT_Q_JOB, AMT_Q_SCRIPT, AMT_Q_RUN_AS,
                                AMT_Q_QUEUE, AMT_Q_TASK_VALUES,
                                AMT_Q_PARAMETERS };
  size_t i;
  for (i = 0; i < COUNT(member); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    w.request[member[i]] = NULL;
    p.s.wire = &w;
    if (member[i] == AMT_Q_SCRIPT) p.t.script = "x.ps1";
    if (member[i] == AMT_Q_RUN_AS) p.t.run_as = "ME";
    if (member[i] == AMT_Q_QUEUE) p.t.queue = "Q";
    if (member[i] == AMT_Q_TASK_VALUES)
      p.t.task_values = value, p.t.task_value_count = 1;
    if (member[i] == AMT_Q_PARAMETERS)
      p.t.parameters = value, p.t.parameter_count = 1;
    play_job(&p);
    assert_int_equal(p.j.error, AMT_E_WIRE);
    assert_string_equal(p.j.msg, amt_wire_default()->request[member[i]]);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

TEST(what_the_table_does_not_name_need_not_be_given)
{
  static const char *const name[] = { "User", NULL, "ApplicationName",
                                      "BatchRequestId", "User" };
  int i;
  for (i = 0; i < 5; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    p.s.wire = &w;
    switch (i) {
    case 0: p.s.user = NULL; break;                        /* it has a name */
    case 1: p.s.user = NULL; w.request[AMT_Q_USER] = NULL; break; /* none */
    case 2: w.request[AMT_Q_APPLICATION] = NULL; break;    /* always needed */
    case 3: w.request[AMT_Q_ID] = NULL; break;             /* likewise, */
    default: w.auth = AMT_AUTH_BASIC; p.srv.scheme = NULL; /* for its header */
      p.s.user = NULL; w.request[AMT_Q_USER] = NULL;
    }
    if (i == 3) { /* but the path has it */
      w.call[AMT_STOP].path = w.call[AMT_KILL].path =
        w.call[AMT_MONITOR].path = w.call[AMT_MESSAGES].path = "/{id}";
    }
    amt_attach(&p.j, &p.s, i == 2 ? NULL : "DEMO2", i == 3 ? "" : "2112");
    play_run(&p);
    if (name[i] == NULL) {
      assert_int_equal(p.j.code, 4);
      assert_non_null(strstr(text_of(&p.srv.calls),
                             "\n{\"Password\":\"opconxps\"}\n"));
    } else {
      assert_int_equal(p.j.error, AMT_E_MISSING);
      assert_string_equal(p.j.msg, name[i]);
      assert_int_equal(p.calls, 0);
    }
    play_free(&p);
  }
}

TEST(paths_are_templates_and_get_has_no_body)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":"a/b 7"})),
    OK(AMT_MONITOR, JSON({"Status":2})),
    OK(AMT_MESSAGES, JSON({"Messages":[{"Sequence":17,"Text":"x"}],)
                     JSON("More":true}))
  };
  amt_wire w = *amt_wire_default();
  play p;
  int  i;
  w.auth = AMT_AUTH_NONE;
  for (i = AMT_Q_TASK_VALUES; i < AMT_Q_COUNT; i++) w.request[i] = NULL;
  for (i = 0; i < AMT_Q_COUNT; i++) if (i != AMT_Q_JOB) w.request[i] = NULL;
  w.call[AMT_START].method = "PUT";
  w.call[AMT_START].path = "/apps/{application}/jobs/?do={action}";
  w.call[AMT_MONITOR].method = "GET";
  w.call[AMT_MONITOR].path = "/apps/{application}/jobs/{id}";
  w.call[AMT_MESSAGES].method = "GET";
  w.call[AMT_MESSAGES].path = "/log?id={id}&after={after}&x={y}{id";
  w.call[AMT_KILL].method = "DELETE";
  w.call[AMT_KILL].path = "/jobs/{id}/{action}/{id}";
  w.call[AMT_STOP].path = "/jobs/{id}/stop";
  play_init(&p);
  p.s.wire = &w;
  p.t.application = "D&M/\xC3\xA9 2?#";
  p.srv.scheme = NULL;
  play_steps(&p, s);
  play_start(&p);
  play_until(&p, AMT_STATUS);
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  assert_int_equal(p.j.code, 3);
  assert_non_null(strstr(text_of(&p.srv.calls),
    "PUT /apps/D%26M%2F%C3%A9%202%3F%23/jobs/?do=START\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n\n"
    "{\"JobName\":\"REPORTTEST01\"}\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "GET /apps/D%26M%2F%C3%A9%202%3F%23/jobs/a%2Fb%207\n"
    "Accept: application/json\r\n\n\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "DELETE /jobs/a%2Fb%207/KILL/a%2Fb%207\nAccept: application/json\r\n\n\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "GET /log?id=a%2Fb%207&after=0&x={y}{id\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "GET /log?id=a%2Fb%207&after=17&x={y}{id\n"));
  play_free(&p);
}

TEST(a_part_of_a_path_that_is_not_given_is_left_out)
{
  amt_wire w = *amt_wire_default();
  play     p;
  w.call[AMT_SIGN_IN].path = "/a{application}b{id}c{after}";
  play_init(&p);
  p.s.wire = &w;
  play_once(&p, AMT_SIGN_IN, NULL, NULL);
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_non_null(strstr(text_of(&p.srv.calls), "POST /abc0\n"));
  play_free(&p);
}

/* Words that no call needs may be left out. */
TEST(actions_that_stand_in_paths_need_no_words)
{
  amt_wire w = *amt_wire_default();
  play     p;
  w.request[AMT_Q_ACTION] = w.start = w.stop = w.kill = NULL;
  w.call[AMT_STOP].path = "/jobs/{id}/stop";
  w.reply[AMT_R_TIME] = "a.b23456789012345678901234567890.c2345678901234567890123"
                        "45678901"; /* parts of 31 bytes at most */
  run_with(&p, &w);
  assert_int_equal(p.j.code, 4);
  assert_null(strstr(text_of(&p.srv.calls), "Action\""));
  play_free(&p);
}

TEST(fixed_headers_and_members_go_with_every_call)
{
  amt_wire w = *amt_wire_default();
  const char *at;
  int headers = 0, members = 0;
  play p;
  w.headers = "X-Tenant: 7\r\nX-Key: a b\r\n";
  w.members = "\"tenant\":7,\"v\":\"x\"";
  run_with(&p, &w);
  assert_int_equal(p.j.code, 4);
  for (at = text_of(&p.srv.calls);
       (at = strstr(at, "\r\nX-Tenant: 7\r\nX-Key: a b\r\n")); at++) headers++;
  for (at = p.srv.calls.p;
       (at = strstr(at, "\n{\"tenant\":7,\"v\":\"x\",\"")); at++) members++;
  assert_int_equal(headers, p.calls);
  assert_int_equal(members, p.calls);
  play_free(&p);
}

TEST(words_may_be_others_and_members_absent)
{
  amt_wire w = *amt_wire_default();
  play p;
  w.start = "begin", w.kill = "end";
  w.request[AMT_Q_STATION] = w.request[AMT_Q_SUBMIT_USER] = NULL;
  w.request[AMT_Q_TASK_TYPE] = NULL;
  w.request[AMT_Q_JOB] = "Name";
  w.request[AMT_Q_AFTER] = NULL;
  w.reply[AMT_R_MORE] = NULL;
  run_with(&p, &w);
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
    "\n{\"Action\":\"begin\",\"ApplicationName\":\"DEMO2\","
    "\"Name\":\"REPORTTEST01\"}\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "\n{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112}\n"));
  assert_null(strstr(p.srv.calls.p, "AfterSequence"));
  play_free(&p);
}

/* The task is the caller's, the id is the server's: neither ends a line. */
TEST(a_line_break_in_a_name_or_an_id_never_ends_a_line_of_a_head)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":"7\r\nX: evil"}))
  };
  amt_wire w = *amt_wire_default();
  play p;
  w.call[AMT_START].path = "/apps/{application}/jobs";
  w.call[AMT_MONITOR].path = "/apps/{application}/jobs/{id}";
  w.call[AMT_MESSAGES].path = "/apps/{application}/jobs/{id}/{after}";
  w.auth = AMT_AUTH_BASIC;
  play_init(&p);
  p.s.wire = &w;
  p.s.user = "o\r\nX evil"; /* a colon would be refused */
  p.s.password = "p\r\nX: evil\n";
  p.t.application = "D\r\nX: evil";
  p.t.job = "J\r\nX: evil";
  p.srv.scheme = NULL;
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_true(p.srv.count[AMT_MONITOR] > 0 && p.srv.count[AMT_MESSAGES] > 0);
  assert_non_null(strstr(text_of(&p.srv.calls),
                         "POST /apps/D%0D%0AX%3A%20evil/jobs\n"));
  assert_non_null(strstr(p.srv.calls.p,
                         "/apps/D%0D%0AX%3A%20evil/jobs/7%0D%0AX%3A%20evil"));
  assert_null(strstr(p.srv.calls.p, "\nX"));
  play_free(&p);
}

/* --- tables that are refused ---------------------------------------------- */

TEST(a_bad_wire_table_is_refused_and_nothing_is_sent)
{
  int i;
  for (i = 0; i < 28; i++) {
    amt_wire w = *amt_wire_default();
    play p;
    switch (i) {
    case 0: w.headers = "X: y"; break;
    case 1: w.headers = "X: y\r\n\r\n"; break;
    case 2: w.headers = "X: y\n"; break;
    case 3: w.headers = "X: a\rb\r\n"; break;
    case 4: w.headers = "\r\n"; break;
    case 5: w.headers = "X: \x01\r\n"; break;
    case 6: w.call[AMT_START].method = "PO ST"; break;
    case 7: w.call[AMT_START].method = "P\r\n"; break;
    case 8: w.call[AMT_MONITOR].path = "/a b"; break;
    case 9: w.call[AMT_MONITOR].path = "/a\r\nX: y"; break;
    case 10: w.call[AMT_MONITOR].path = "jobs"; break;
    case 11: w.call[AMT_MESSAGES].path = NULL; break;
    case 12: w.call[AMT_SIGN_IN].method = NULL; break;
    case 13: w.auth_header = "Auth\r\n"; break;
    case 14: w.auth_header = NULL; break;
    case 15: w.auth_scheme = "Bearer\r\n "; break;
    case 16: w.auth_header = "Auth: x"; break;
    /* What would be found out only with a job on the line: a name that is too
       long to be met, a call that says another's action, an action unsaid. */
    case 17: w.reply[AMT_R_ID] = "BatchRequestIdentifierOfTheServer"; break;
    case 18: w.reply[AMT_R_STATUS] = "a.b.StatusStatusStatusStatusStatusSt";
      break;
    case 19: w.call[AMT_MONITOR].path = "/jobs/{id}/{action}"; break;
    case 20: w.call[AMT_SIGN_IN].path = "/{action}"; break;
    case 21: w.stop = NULL; break;
    case 22: w.kill = ""; break;
    case 23: w.start = NULL; break;
    case 24: w.request[AMT_Q_STATION] = "a\"b"; break;
    case 25: w.request[AMT_Q_STATION] = "a\\"; break;
    case 26: w.request[AMT_Q_STATION] = "\n"; break;
    default: w.request[AMT_Q_ACTION] = w.kill = NULL;
      w.call[AMT_KILL].path = "/jobs/{id}/{action}"; break;
    }
    run_with(&p, &w);
    if (p.last != AMT_FAILED || p.calls != 0)
      fail_msg("wire table %d was taken", i);
    assert_true(p.j.error == AMT_E_CONTROL || p.j.error == AMT_E_WIRE);
    play_free(&p);
  }
}

TEST(a_wire_table_with_which_no_job_can_be_run_is_refused)
{
  static const int needed[] = { AMT_R_TOKEN, AMT_R_ID, AMT_R_STATUS,
                                AMT_R_MESSAGES };
  size_t i;
  for (i = 0; i < COUNT(needed); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    w.reply[needed[i]] = NULL;
    p.s.wire = &w;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_WIRE);
    assert_string_equal(p.j.msg, amt_wire_default()->reply[needed[i]]);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

TEST(a_call_that_could_not_say_which_job_is_refused)
{
  int i;
  for (i = 0; i < 4; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    if (i == 0) w.request[AMT_Q_ID] = NULL;
    if (i == 1) w.request[AMT_Q_JOB] = w.request[AMT_Q_SCRIPT] = NULL;
    if (i == 2) w.parameters = AMT_LIST_JOINED, w.separator = NULL;
    if (i == 3) w.call[AMT_START].path = "/x#y";
    p.s.wire = &w;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, i == 3 ? AMT_E_CONTROL : AMT_E_WIRE);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

/* 255 bytes are the most that can be counted. */
TEST(a_name_that_could_not_be_found_is_refused)
{
  static const char *const bad[] = { "|", "a|", "|a", "a||b", "a..b", ".a", "a.",
    "a.|b", "a|.b", "a|b23456789012345678901234567890123" };
  char   name[300];
  size_t i;
  for (i = 0; i < COUNT(bad) + 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    memset(name, 'a', sizeof name);
    name[0] = 'S';
    memcpy(name + 1, "tatus", 5);
    {
      size_t at, n = i == COUNT(bad) ? 255 : 256;
      for (at = 6; at < n; at += 7) name[at] = '|';
      name[n - 1] = 'a', name[n] = 0;
    }
    w.reply[AMT_R_STATUS] = i < COUNT(bad) ? bad[i] : name;
    play_init(&p);
    p.s.wire = &w;
    play_job(&p);
    if (p.j.error != (i == COUNT(bad) ? 0 : AMT_E_WIRE))
      fail_msg("%s: %d", w.reply[AMT_R_STATUS], p.j.error);
    play_free(&p);
  }
}

TEST(a_table_is_judged_word_by_word)
{
  int i;
  for (i = 0; i < 12; i++) {
    amt_wire w = *amt_wire_default();
    int      error = 0;
    play     p;
    play_init(&p);
    p.s.wire = &w;
    p.srv.scheme = NULL;
    switch (i) {
    case 0: w.call[AMT_KILL].path = "/\xC3\xA9"; error = AMT_E_CONTROL; break;
    case 1: w.headers = "X: a\tb\r\n"; break;
    case 2: w.headers = "X: a\x7F\r\n"; error = AMT_E_CONTROL; break;
    case 3: w.separator = NULL; w.task_values = AMT_LIST_JOINED;
      error = AMT_E_WIRE; break;
    case 4: w.separator = NULL; break; /* not used */
    case 5: w.separator = NULL; w.parameters = AMT_LIST_JOINED;
      error = AMT_E_WIRE; break;
    case 6: w.reply[AMT_R_EXPIRES] = w.reply[AMT_R_MESSAGE] = NULL; break;
    case 7: w.reply[AMT_R_TOKEN] = NULL; w.auth = AMT_AUTH_BASIC; break;
    case 8: w.reply[AMT_R_TOKEN] = NULL; w.auth = AMT_AUTH_FORM;
      error = AMT_E_WIRE; break;
    case 9: w.reply[AMT_R_MESSAGES] = NULL; p.s.messages = AMT_NEVER; break;
    case 10: w.auth_scheme = NULL; error = AMT_E_WIRE; break;
    default: w.auth_header = w.auth_scheme = NULL; w.auth = AMT_AUTH_NONE;
    }
    play_job(&p);
    if (p.j.error != error) fail_msg("table %d: %d", i, p.j.error);
    assert_int_equal(p.j.code, error ? AMT_CODE_ERROR : 4);
    play_free(&p);
  }
}

/* Nobody may change a task or a table in mid-run: no harm comes of it. */
TEST(a_table_that_changes_in_mid_run_does_no_harm)
{
  static const char *two[] = { "a=1", "b=2" };
  int i;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    text     body = {0};
    play     p;
    two[1] = "b=2";
    play_init(&p);
    p.s.wire = &w;
    p.t.parameters = two, p.t.parameter_count = 2;
    w.parameters = i == 0 ? AMT_LIST_JOINED : AMT_LIST_OBJECT;
    play_start(&p);
    while (amt_next(&p.j, p.now) != AMT_CALL) { }
    play_call(&p);
    while (amt_next(&p.j, p.now) != AMT_CALL) { }
    assert_int_equal(p.j.op, AMT_START);
    w.separator = NULL;
    two[1] = "nameless";
    play_part(&p.j, amt_call_body, &body);
    assert_non_null(strstr(text_of(&body), i == 0
      ? ",\"Parameters\":\"a=1nameless\"}"
      : ",\"Parameters\":{\"a\":\"1\",\"nameless\"}}"));
    amt_forget(&p.j);
    text_free(&body);
    play_free(&p);
  }
}
