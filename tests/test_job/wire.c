/* wire.c - wire tables: a site whose words are others.

   The promise: every word, path and form of a request and every name in a
   reply may be another; a table with which no job can be run, or that would
   break a request, is refused before a byte is sent. */

#include "play.h"

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
    play     *p = play_with(s);
    amt_wire *w = play_wire(p);
    w->reply[AMT_R_TOKEN] = "auth.token";
    w->reply[AMT_R_EXPIRES] = "auth.life";
    w->reply[AMT_R_ID] = "result.job.id";
    w->reply[AMT_R_STATUS] = "result.job.status";
    w->reply[AMT_R_MESSAGES] = "data.items";
    w->reply[AMT_R_TEXT] = "body.text";
    w->reply[AMT_R_SEQUENCE] = "meta.seq";
    p->chunk = chunk;
    play_job(p);
    expect_all(p, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage #2 b\n"
               "message c\ndone 4\n");
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
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->reply[AMT_R_STATUS] = "result.job.status";
  play_job(p);
  expect_end(p, "done 11");
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
      step  s[] = { OK(AMT_MONITOR, v[i].body) };
      play *p = play_with(s);
      play_wire(p)->reply[AMT_R_STATUS] = v[i].name;
      p->chunk = chunk;
      play_once(p, AMT_MONITOR);
      play_run(p);
      if ((p->j.status == 2) != (v[i].status == 2))
        fail_msg("%s in %s: %d", v[i].name, v[i].body, (int)p->j.status);
    }
}

TEST(alternatives_are_read_in_messages_too)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON({"data":{"rows":[{"seq":1,"body":{"text":"a"}},)
                     JSON({"line":"b","body":{"line":"no"}},{"seq":3,)
                     JSON("line":null,"body":{"text":"c"}}]}}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->reply[AMT_R_MESSAGES] = "Messages|data.rows";
  w->reply[AMT_R_TEXT] = "line|body.text";
  w->reply[AMT_R_SEQUENCE] = "n|seq";
  play_job(p);
  expect_told(p, "message #1 a\nmessage b\nmessage #3 c\ndone 4\n");
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
    play     *p = play_with(s);
    amt_wire *w = play_wire(p);
    w->reply[AMT_R_TOKEN] = w->reply[AMT_R_ID] = w->reply[AMT_R_STATUS] = "";
    w->reply[AMT_R_MESSAGES] = "";
    p->chunk = chunk;
    play_to(p, AMT_STARTED);
    assert_string_equal(p->j.id, "2112");
    play_run(p);
    expect_all(p, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage b\n"
               "message \ndone 4\n");
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
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->reply[AMT_R_ID] = w->reply[AMT_R_STATUS] = "";
  play_job(p);
  expect_all(p, UP_TO_START "started A7\n> monitor\nstatus 4\n"
             "> messages\ndone 4\n");
}

/* What version 0.1 sent, and read. */
TEST(the_wire_of_0_1_is_a_table_too)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"Token":"tok1","AmtLogonToken":"no"}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->auth_header = "Authorization", w->auth_scheme = "Bearer ";
  w->request[AMT_Q_ID] = "BatchrequestId", w->reply[AMT_R_TOKEN] = "Token";
  p->srv.scheme = "Authorization: Bearer ";
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, JSON({"ApplicationName":"DEMO2","BatchrequestId":2112}) "\n");
  expect_unsent(p, "X-AMT");
}

/* --- requests ------------------------------------------------------------- */

TEST(parameters_go_as_a_list_a_string_or_an_object)
{
  static const char *const two[] = { "a=1", "b=\"x=y\"\\" };
  static const struct { uint8_t style; const char *separator, *body; } v[] = {
    { AMT_LIST_ARRAY, ",", JSON("Parameters":["a=1","b=\"x=y\"\\"]) },
    { AMT_LIST_JOINED, ";", JSON("Parameters":"a=1;b=\"x=y\"\\") },
    { AMT_LIST_JOINED, "\n", JSON("Parameters":"a=1\nb=\"x=y\"\\") },
    { AMT_LIST_OBJECT, NULL, JSON("Parameters":{"a":"1","b":"\"x=y\"\\"}) }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->parameters = v[i].style;
    w->separator = v[i].separator;
    p->t.parameters = two, p->t.parameter_count = 2;
    p->t.task_values = two, p->t.task_value_count = 1; /* their style stays */
    play_job(p);
    expect_end(p, "done 4");
    expect_sent(p, v[i].body);
    expect_sent(p, JSON("TaskValues":["a=1"]));
  }
}

TEST(a_list_of_no_known_style_is_an_object)
{
  static const char *const one[] = { "a=1" };
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->parameters = 255;
  p->t.parameters = one, p->t.parameter_count = 1;
  play_job(p);
  expect_sent(p, JSON("Parameters":{"a":"1"}));
  expect_end(p, "done 4");
}

TEST(a_parameter_without_a_name_cannot_go_into_an_object)
{
  static const char *const one[] = { "a=1", "nameless" };
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->task_values = AMT_LIST_OBJECT;
  p->t.task_values = one, p->t.task_value_count = 2;
  play_job(p);
  expect_end(p, "failed EMPTY, code 11, start none");
  assert_int_equal(p->calls, 0);
}

TEST(what_a_task_says_is_never_left_out_for_want_of_a_name)
{
  static const char *const value[] = { "a=1" };
  static const int member[] = { AMT_Q_JOB, AMT_Q_SCRIPT, AMT_Q_RUN_AS,
                                AMT_Q_QUEUE, AMT_Q_TASK_VALUES,
                                AMT_Q_PARAMETERS };
  size_t i;
  for (i = 0; i < COUNT(member); i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->request[member[i]] = NULL;
    if (member[i] == AMT_Q_SCRIPT) p->t.script = "x.ps1";
    if (member[i] == AMT_Q_RUN_AS) p->t.run_as = "ME";
    if (member[i] == AMT_Q_QUEUE) p->t.queue = "Q";
    if (member[i] == AMT_Q_TASK_VALUES)
      p->t.task_values = value, p->t.task_value_count = 1;
    if (member[i] == AMT_Q_PARAMETERS)
      p->t.parameters = value, p->t.parameter_count = 1;
    play_job(p);
    expect_end(p, "failed WIRE, code 11, start none");
    assert_string_equal(p->j.msg, amt_wire_default()->request[member[i]]);
    assert_int_equal(p->calls, 0);
  }
}

TEST(what_the_table_does_not_name_need_not_be_given)
{
  static const char *const name[] = { "User", NULL, "ApplicationName",
                                      "BatchRequestId", "User" };
  int i;
  for (i = 0; i < 5; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    switch (i) {
    case 0: p->s.user = NULL; break;                        /* it has a name */
    case 1: p->s.user = NULL; w->request[AMT_Q_USER] = NULL; break; /* none */
    case 2: w->request[AMT_Q_APPLICATION] = NULL; break;    /* always needed */
    case 3: w->request[AMT_Q_ID] = NULL; break;             /* likewise, */
    default: w = play_auth(p, AMT_AUTH_BASIC);        /* its header needs it */
      p->s.user = NULL; w->request[AMT_Q_USER] = NULL;
    }
    if (i == 3) { /* but the path has it */
      w->call[AMT_STOP].path = w->call[AMT_KILL].path =
        w->call[AMT_MONITOR].path = w->call[AMT_MESSAGES].path = "/{id}";
    }
    amt_attach(&p->j, &p->s, i == 2 ? NULL : "DEMO2", i == 3 ? "" : "2112");
    play_run(p);
    if (name[i] == NULL) {
      expect_end(p, "done 4");
      expect_sent(p, "\n" JSON({"Password":"opconxps"}) "\n");
    } else {
      expect_end(p, "failed MISSING, code 19, start known");
      assert_string_equal(p->j.msg, name[i]);
      assert_int_equal(p->calls, 0);
    }
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
  play     *p = play_with(s);
  amt_wire *w = play_auth(p, AMT_AUTH_NONE);
  int       i;
  for (i = 0; i < AMT_Q_COUNT; i++) if (i != AMT_Q_JOB) w->request[i] = NULL;
  w->call[AMT_START].method = "PUT";
  w->call[AMT_START].path = "/apps/{application}/jobs/?do={action}";
  w->call[AMT_MONITOR].method = "GET";
  w->call[AMT_MONITOR].path = "/apps/{application}/jobs/{id}";
  w->call[AMT_MESSAGES].method = "GET";
  w->call[AMT_MESSAGES].path = "/log?id={id}&after={after}&x={y}{id";
  w->call[AMT_KILL].method = "DELETE";
  w->call[AMT_KILL].path = "/jobs/{id}/{action}/{id}";
  w->call[AMT_STOP].path = "/jobs/{id}/stop";
  p->t.application = "D&M/\xC3\xA9 2?#";
  play_to(p, AMT_STATUS);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_end(p, "done 3 GAP log incomplete");
  expect_sent(p, "PUT /apps/D%26M%2F%C3%A9%202%3F%23/jobs/?do=START\n"
              "Accept: application/json\r\n"
              "Content-Type: application/json\r\n\n"
              "{\"JobName\":\"REPORTTEST01\"}\n");
  expect_sent(p, "GET /apps/D%26M%2F%C3%A9%202%3F%23/jobs/a%2Fb%207\n"
              "Accept: application/json\r\n\n\n");
  expect_sent(p, "DELETE /jobs/a%2Fb%207/KILL/a%2Fb%207\n"
              "Accept: application/json\r\n\n\n");
  expect_sent(p, "GET /log?id=a%2Fb%207&after=0&x={y}{id\n");
  expect_sent(p, "GET /log?id=a%2Fb%207&after=17&x={y}{id\n");
}

TEST(a_part_of_a_path_that_is_not_given_is_left_out)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->call[AMT_SIGN_IN].path = "/a{application}b{id}c{after}";
  play_once_of(p, AMT_SIGN_IN, NULL, NULL);
  play_run(p);
  expect_end(p, "done 19 log incomplete");
  expect_sent(p, "POST /abc0\n");
}

/* Words that no call needs may be left out. */
TEST(actions_that_stand_in_paths_need_no_words)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->request[AMT_Q_ACTION] = w->start = w->stop = w->kill = NULL;
  w->call[AMT_STOP].path = "/jobs/{id}/stop";
  w->reply[AMT_R_TIME] = "a.b23456789012345678901234567890"
                         ".c234567890123456789012345678901";
  /* parts of 31 bytes at most */
  play_job(p);
  expect_end(p, "done 4");
  expect_unsent(p, "Action\"");
}

TEST(fixed_headers_and_members_go_with_every_call)
{
  const char *at;
  int         headers = 0, members = 0;
  play       *p = play_new();
  amt_wire   *w = play_wire(p);
  w->headers = "X-Tenant: 7\r\nX-Key: a b\r\n";
  w->members = "\"tenant\":7,\"v\":\"x\"";
  play_job(p);
  expect_end(p, "done 4");
  for (at = text_of(&p->srv.calls);
       (at = strstr(at, "\r\nX-Tenant: 7\r\nX-Key: a b\r\n")); at++) headers++;
  for (at = p->srv.calls.p;
       (at = strstr(at, "\n{\"tenant\":7,\"v\":\"x\",\"")); at++) members++;
  assert_int_equal(headers, p->calls);
  assert_int_equal(members, p->calls);
}

TEST(words_may_be_others_and_members_absent)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->start = "begin", w->kill = "end";
  w->request[AMT_Q_STATION] = w->request[AMT_Q_SUBMIT_USER] = NULL;
  w->request[AMT_Q_TASK_TYPE] = NULL;
  w->request[AMT_Q_JOB] = "Name";
  w->request[AMT_Q_AFTER] = NULL;
  w->reply[AMT_R_MORE] = NULL;
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "\n" JSON({"Action":"begin","ApplicationName":"DEMO2",)
              JSON("Name":"REPORTTEST01"}) "\n");
  expect_sent(p, "\n" JSON({"ApplicationName":"DEMO2","BatchRequestId":2112})
              "\n");
  expect_unsent(p, "AfterSequence");
}

/* The task is the caller's, the id is the server's: neither ends a line. */
TEST(a_line_break_in_a_name_or_an_id_never_ends_a_line_of_a_head)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":"7\r\nX: evil"}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_auth(p, AMT_AUTH_BASIC);
  w->call[AMT_START].path = "/apps/{application}/jobs";
  w->call[AMT_MONITOR].path = "/apps/{application}/jobs/{id}";
  w->call[AMT_MESSAGES].path = "/apps/{application}/jobs/{id}/{after}";
  p->s.user = "o\r\nX evil"; /* a colon would be refused */
  p->s.password = "p\r\nX: evil\n";
  p->t.application = "D\r\nX: evil";
  p->t.job = "J\r\nX: evil";
  play_job(p);
  expect_end(p, "done 4");
  assert_true(p->srv.count[AMT_MONITOR] > 0 && p->srv.count[AMT_MESSAGES] > 0);
  expect_sent(p, "POST /apps/D%0D%0AX%3A%20evil/jobs\n");
  expect_sent(p, "/apps/D%0D%0AX%3A%20evil/jobs/7%0D%0AX%3A%20evil");
  expect_unsent(p, "\nX");
}

/* --- tables that are refused ---------------------------------------------- */

/* A word of a table that is another one. */
typedef struct word {
  size_t      at; /* which: */
  const char *value;
  int         error;
} word;
#define WORD(member) offsetof(amt_wire, member)

static void put_word(amt_wire *w, const word *v)
{
  memcpy((char *)w + v->at, &v->value, sizeof v->value);
}

TEST(a_bad_wire_table_is_refused_and_nothing_is_sent)
{
  static const word v[] = {
    { WORD(headers), "X: y", AMT_E_CONTROL },
    { WORD(headers), "X: y\r\n\r\n", AMT_E_CONTROL },
    { WORD(headers), "X: y\n", AMT_E_CONTROL },
    { WORD(headers), "X: a\rb\r\n", AMT_E_CONTROL },
    { WORD(headers), "\r\n", AMT_E_CONTROL },
    { WORD(headers), "X: \x01\r\n", AMT_E_CONTROL },
    { WORD(call[AMT_START].method), "PO ST", AMT_E_CONTROL },
    { WORD(call[AMT_START].method), "P\r\n", AMT_E_CONTROL },
    { WORD(call[AMT_MONITOR].path), "/a b", AMT_E_CONTROL },
    { WORD(call[AMT_MONITOR].path), "/a\r\nX: y", AMT_E_CONTROL },
    { WORD(call[AMT_MONITOR].path), "jobs", AMT_E_CONTROL },
    { WORD(call[AMT_MESSAGES].path), NULL, AMT_E_WIRE },
    { WORD(call[AMT_SIGN_IN].method), NULL, AMT_E_WIRE },
    { WORD(auth_header), "Auth\r\n", AMT_E_CONTROL },
    { WORD(auth_header), NULL, AMT_E_WIRE },
    { WORD(auth_scheme), "Bearer\r\n ", AMT_E_CONTROL },
    { WORD(auth_header), "Auth: x", AMT_E_CONTROL },
    /* What would be found out only with a job on the line: a name that is too
       long to be met, a call that says another's action, an action unsaid. */
    { WORD(reply[AMT_R_ID]), "BatchRequestIdentifierOfTheServer", AMT_E_WIRE },
    { WORD(reply[AMT_R_STATUS]), "a.b.StatusStatusStatusStatusStatusSt",
      AMT_E_WIRE },
    { WORD(call[AMT_MONITOR].path), "/jobs/{id}/{action}", AMT_E_WIRE },
    { WORD(call[AMT_SIGN_IN].path), "/{action}", AMT_E_WIRE },
    { WORD(stop), NULL, AMT_E_WIRE },
    { WORD(kill), "", AMT_E_WIRE },
    { WORD(start), NULL, AMT_E_WIRE },
    { WORD(request[AMT_Q_STATION]), "a\"b", AMT_E_CONTROL },
    { WORD(request[AMT_Q_STATION]), "a\\", AMT_E_CONTROL },
    { WORD(request[AMT_Q_STATION]), "\n", AMT_E_CONTROL }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    put_word(play_wire(p), &v[i]);
    play_job(p);
    expect_end(p, "failed %s, code 11, start none", error_name(v[i].error));
    assert_int_equal(p->calls, 0);
  }
}

TEST(an_action_that_stands_in_a_path_alone_needs_its_word)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->request[AMT_Q_ACTION] = w->kill = NULL;
  w->call[AMT_KILL].path = "/jobs/{id}/{action}";
  play_job(p);
  expect_end(p, "failed WIRE, code 11, start none");
  assert_int_equal(p->calls, 0);
}

TEST(a_wire_table_with_which_no_job_can_be_run_is_refused)
{
  static const int needed[] = { AMT_R_TOKEN, AMT_R_ID, AMT_R_STATUS,
                                AMT_R_MESSAGES };
  size_t i;
  for (i = 0; i < COUNT(needed); i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->reply[needed[i]] = NULL;
    play_job(p);
    expect_end(p, "failed WIRE, code 11, start none");
    assert_string_equal(p->j.msg, amt_wire_default()->reply[needed[i]]);
    assert_int_equal(p->calls, 0);
  }
}

TEST(a_call_that_could_not_say_which_job_is_refused)
{
  int i;
  for (i = 0; i < 4; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    if (i == 0) w->request[AMT_Q_ID] = NULL;
    if (i == 1) w->request[AMT_Q_JOB] = w->request[AMT_Q_SCRIPT] = NULL;
    if (i == 2) w->parameters = AMT_LIST_JOINED, w->separator = NULL;
    if (i == 3) w->call[AMT_START].path = "/x#y";
    play_job(p);
    expect_end(p, "failed %s, code 11, start none",
               i == 3 ? "CONTROL" : "WIRE");
    assert_int_equal(p->calls, 0);
  }
}

/* 255 bytes are the most that can be counted. */
TEST(a_name_that_could_not_be_found_is_refused)
{
  static const char *const bad[] = {
    "|", "a|", "|a", "a||b", "a..b", ".a", "a.", "a.|b", "a|.b",
    "a|b23456789012345678901234567890123"
  };
  char   name[300];
  size_t i;
  for (i = 0; i < COUNT(bad) + 2; i++) {
    size_t at, n = i == COUNT(bad) ? 255 : 256;
    play  *p = play_new();
    memset(name, 'a', sizeof name);
    memcpy(name, "Status", 6);
    for (at = 6; at < n; at += 7) name[at] = '|';
    name[n - 1] = 'a', name[n] = 0;
    play_wire(p)->reply[AMT_R_STATUS] = i < COUNT(bad) ? bad[i] : name;
    play_job(p);
    expect_end(p, i == COUNT(bad) ? "done 4"
                                  : "failed WIRE, code 11, start none");
  }
}

TEST(a_table_is_judged_word_by_word)
{
  int i;
  for (i = 0; i < 12; i++) {
    int       error = 0;
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    p->srv.scheme = NULL;
    switch (i) {
    case 0: w->call[AMT_KILL].path = "/\xC3\xA9"; error = AMT_E_CONTROL; break;
    case 1: w->headers = "X: a\tb\r\n"; break;
    case 2: w->headers = "X: a\x7F\r\n"; error = AMT_E_CONTROL; break;
    case 3: w->separator = NULL; w->task_values = AMT_LIST_JOINED;
      error = AMT_E_WIRE; break;
    case 4: w->separator = NULL; break; /* not used */
    case 5: w->separator = NULL; w->parameters = AMT_LIST_JOINED;
      error = AMT_E_WIRE; break;
    case 6: w->reply[AMT_R_EXPIRES] = w->reply[AMT_R_MESSAGE] = NULL; break;
    case 7: w->reply[AMT_R_TOKEN] = NULL; w->auth = AMT_AUTH_BASIC; break;
    case 8: w->reply[AMT_R_TOKEN] = NULL; w->auth = AMT_AUTH_FORM;
      error = AMT_E_WIRE; break;
    case 9: w->reply[AMT_R_MESSAGES] = NULL; p->s.messages = AMT_NEVER; break;
    case 10: w->auth_scheme = NULL; error = AMT_E_WIRE; break;
    default: w->auth_header = w->auth_scheme = NULL; w->auth = AMT_AUTH_NONE;
    }
    play_job(p);
    if (error == 0) expect_end(p, i == 9 ? "done 4 log incomplete" : "done 4");
    else expect_end(p, "failed %s, code 11, start none", error_name(error));
  }
}

/* Nobody may change a task or a table in mid-run: no harm comes of it. */
TEST(a_table_that_changes_in_mid_run_does_no_harm)
{
  static const char *two[] = { "a=1", "b=2" };
  int i;
  for (i = 0; i < 2; i++) {
    text      body = {0};
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    two[1] = "b=2";
    p->t.parameters = two, p->t.parameter_count = 2;
    w->parameters = i == 0 ? AMT_LIST_JOINED : AMT_LIST_OBJECT;
    play_start(p);
    while (amt_next(&p->j, p->now) != AMT_CALL) { }
    play_call(p);
    while (amt_next(&p->j, p->now) != AMT_CALL) { }
    assert_int_equal(p->j.op, AMT_START);
    w->separator = NULL;
    two[1] = "nameless";
    play_part(&p->j, amt_call_body, &body);
    assert_non_null(strstr(text_of(&body), i == 0
      ? ",\"Parameters\":\"a=1nameless\"}"
      : ",\"Parameters\":{\"a\":\"1\",\"nameless\"}}"));
    amt_forget(&p->j);
    text_free(&body);
  }
}
