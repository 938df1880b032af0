/* wire.c - wire tables of sites whose replies have other names.

   The promise: a table may give each value in a reply another name, a dotted
   name, or several names, and the reply may be the value itself. For requests
   see holes.c, for tables that are refused see table.c. */

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
    w->reply[AMT_REPLY_TOKEN] = "auth.token";
    w->reply[AMT_REPLY_EXPIRES] = "auth.life";
    w->reply[AMT_REPLY_ID] = "result.job.id";
    w->reply[AMT_REPLY_STATUS] = "result.job.status";
    w->reply[AMT_REPLY_MESSAGES] = "data.items";
    w->reply[AMT_REPLY_TEXT] = "body.text";
    w->reply[AMT_REPLY_SEQUENCE] = "meta.seq";
    p->chunk = chunk;
    play_job(p);
    expect_all(p, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage #2 b\n"
               "message c\ndone 4\n");
  }
}

/* The default's names are compared by length first, then in full. */
TEST(a_name_of_the_same_length_is_another_name)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"AmtLogonToken":"tok1","ExpiresIm":9})),
    OK(AMT_START, JSON({"BatchRequestIx":7,"batchrequestID":2112,)
                  JSON("x":{"BatchRequestId":8},"y":[{"Status":4}]})),
    OK(AMT_MONITOR, JSON({"Statur":4,"StatuS":2,"statu":4,"x":{"Status":4}})),
    OK(AMT_MONITOR, JSON({"STATUS":4,"Xtatus":2})),
    OK(AMT_MESSAGES, JSON({"MessageX":["no"],"MESSAGES":[{"Texs":"no",)
                     JSON("Sequencf":9,"sequence":1,"tEXT":"a",)
                     JSON("x":{"Text":"no"}}],"Morf":true}))
  };
  size_t chunk;
  for (chunk = 0; chunk < 40; chunk++) {
    play *p = play_with(s);
    p->chunk = chunk;
    play_job(p);
    expect_all(p, STARTED "> monitor\nstatus 2\n> monitor\nstatus 4\n"
               "> messages\nmessage #1 a\ndone 4\n");
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
  w->reply[AMT_REPLY_STATUS] = "result.job.status";
  play_job(p);
  expect_end(p, "done 11");
}

/* An alternative counts only if all its parts match, even if it shares parts
   with others. */
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
      play_wire(p)->reply[AMT_REPLY_STATUS] = v[i].name;
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
  w->reply[AMT_REPLY_MESSAGES] = "Messages|data.rows";
  w->reply[AMT_REPLY_TEXT] = "line|body.text";
  w->reply[AMT_REPLY_SEQUENCE] = "n|seq";
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
    w->reply[AMT_REPLY_TOKEN] = w->reply[AMT_REPLY_ID] = w->reply[AMT_REPLY_STATUS] = "";
    w->reply[AMT_REPLY_MESSAGES] = "";
    p->chunk = chunk;
    play_to(p, AMT_STARTED);
    assert_string_equal(p->j.id, "2112");
    play_run(p);
    expect_all(p, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage b\n"
               "message \ndone 4\n");
  }
}

/* A site may have both: a Start whose reply is the bare id, and a monitor whose
   reply is the bare status. */
TEST(a_bare_id_and_a_bare_status_live_in_one_table)
{
  static const step s[] = {
    OK(AMT_START, "\"A7\""),
    OK(AMT_MONITOR, "4")
  };
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->reply[AMT_REPLY_ID] = w->reply[AMT_REPLY_STATUS] = "";
  play_job(p);
  expect_all(p, UP_TO_START "started \"A7\"\n> monitor\nstatus 4\n"
             "> messages\ndone 4\n");
}

/* Script services answer every call with a member of the same name. */
TEST(an_id_and_a_status_may_have_the_same_name)
{
  static const step s[] = {
    OK(AMT_START, JSON({"d":2112})),
    OK(AMT_MONITOR, JSON({"d":2})), OK(AMT_MONITOR, JSON({"d":"Done"})),
    OK(AMT_MESSAGES, JSON({"d":["a"]}))
  };
  static const step refused[] = { REPLY(AMT_START, 400, JSON({"d":"99"})) };
  int i;
  for (i = 0; i < 2; i++) {
    play     *p = i == 0 ? play_with(s) : play_with(refused);
    amt_wire *w = play_wire(p);
    w->reply[AMT_REPLY_ID] = w->reply[AMT_REPLY_STATUS] = "d";
    w->reply[AMT_REPLY_MESSAGES] = "d";
    play_job(p);
    if (i == 0) expect_told(p, "message a\ndone 4\n");
    expect_end(p, i == 0 ? "done 4" : "done 99");
    expect_calls(p, AMT_START, 1);
  }
}

/* The default's own name strings are recognized in another way. */
TEST(an_id_may_have_the_name_that_the_default_has_for_the_status)
{
  static const step s[] = {
    OK(AMT_START, JSON({"Status":2112})), OK(AMT_MONITOR, JSON({"Status":4})),
    OK(AMT_MESSAGES, JSON({"Messages":[]}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->reply[AMT_REPLY_ID] = w->reply[AMT_REPLY_STATUS];
  play_job(p);
  expect_end(p, "done 4");
  assert_string_equal(p->j.id, "2112");
}

/* --- replies whose names are all "" --------------------------------------- */

/* A site whose replies are only the value. */
static void play_bare(play *p)
{
  amt_wire *w = play_wire(p);
  w->reply[AMT_REPLY_TOKEN] = w->reply[AMT_REPLY_ID] = "";
  w->reply[AMT_REPLY_STATUS] = w->reply[AMT_REPLY_MESSAGE] = "";
  w->reply[AMT_REPLY_MESSAGES] = "";
}

TEST(a_refusal_may_be_the_words_themselves)
{
  static const struct { step s; const char *told; } v[] = {
    { REPLY(AMT_SIGN_IN, 401, "\"no such user\""),
      "> sign-in\nserver no such user\nfailed SIGN_IN, code 24, start none\n" },
    { REPLY(AMT_START, 400, "\"no such job\""),
      "server no such job\nfailed REFUSED, code 11, start refused\n" },
    { REPLY(AMT_START, 400, JSON(["no such job"])),
      "no such job\nfailed REFUSED, code 11, start refused\n" },
    { REPLY(AMT_START, 400, "\"99\""), "server 99\ndone 99\n" },
    { REPLY(AMT_START, 400, "\"error\""), "server error\ndone 11\n" },
    { REPLY(AMT_MONITOR, 500, "\"out of order\""),
      "server out of order\nretrying SERVER\n> monitor\n" },
    { REPLY(AMT_MESSAGES, 500, "\"out of order\""),
      "server out of order\nretrying SERVER\n> messages\ndone 4\n" },
    { REPLY(AMT_MESSAGES, 500, JSON(["out","of order"])),
      "server out\nserver of order\nretrying SERVER\n> messages\ndone 4\n" }
  };
  static const step good[] = {
    OK(AMT_SIGN_IN, "\"tok1\""), OK(AMT_START, "2112"), OK(AMT_MONITOR, "4"),
    OK(AMT_MESSAGES, "[]")
  };
  size_t i, k, n, chunk;
  int    named; /* the message has a name; the rest has none */
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 4; chunk++)
      for (named = 0; named < 2; named++) {
        step  s[5];
        play *p;
        if (named && strchr(v[i].s.body, '[') != NULL) continue;
        for (k = n = 0; k < COUNT(good); k++) {
          if (good[k].op == v[i].s.op) s[n++] = v[i].s;
          s[n++] = good[k];
        }
        p = play_with_rows(s, n);
        play_bare(p);
        if (named) p->wire.reply[AMT_REPLY_MESSAGE] = "Message";
        p->chunk = chunk;
        play_job(p);
        expect_told(p, v[i].told);
      }
}

TEST(messages_may_be_the_reply_itself_where_a_message_is_too)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, "\"tok1\""), OK(AMT_START, "2112"), OK(AMT_MONITOR, "4"),
    OK(AMT_MESSAGES, JSON(["a",{"Text":"b"}]))
  };
  static const step lines[] = {
    OK(AMT_SIGN_IN, "\"tok1\""), OK(AMT_START, "2112"), OK(AMT_MONITOR, "4"),
    OK(AMT_MESSAGES, "\"a\\nb\\n\"")
  };
  size_t chunk;
  for (chunk = 0; chunk < 5; chunk++) {
    play *p = play_with_rows(chunk & 1 ? s : lines, COUNT(s));
    play_bare(p);
    p->chunk = chunk;
    play_job(p);
    expect_all(p, STARTED "> monitor\nstatus 4\n> messages\nmessage a\n"
               "message b\ndone 4\n");
  }
}

/* --- lists on the way ----------------------------------------------------- */

TEST(lists_on_the_way_to_a_name_do_not_count)
{
  static const struct { const char *name, *body; int status; } v[] = {
    { "Status", JSON([{"Status":2}]), 2 },
    { "Status", JSON([[{"Status":2}]]), 2 },
    { "Status", JSON([{"x":[{"Status":5}],"Status":2}]), 2 },
    { "Status", JSON([{"Status":5},{"Status":2}]), 2 },
    { "Status", JSON({"x":[{"Status":5}]}), 19 },
    { "Status", JSON([{"x":{"Status":5}}]), 19 },
    { "Status", JSON(["Status",2]), 19 },
    { "a.s", JSON({"a":[{"s":2}]}), 2 },
    { "a.s", JSON({"a":[[],[{"b":[],"s":2}]]}), 2 },
    { "a.s", JSON({"a":[{"b":{"s":5}},{"s":2}],"b":[{"s":5}]}), 2 },
    { "a.s", JSON({"b":[{"a":{"s":5}}],"a":{"s":2}}), 2 },
    { "a.s", JSON([{"a":[{"s":2}]}]), 2 },
    { "a.b.s", JSON({"a":[{"b":[{"s":2}]}]}), 2 },
    { "a.b.s", JSON({"a":[{"b":1},{"s":5}]}), 19 },
    { "x|a.s", JSON({"a":[{"s":2,"x":5}]}), 2 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      step  s[] = { OK(AMT_MONITOR, v[i].body) };
      play *p = play_with(s);
      play_wire(p)->reply[AMT_REPLY_STATUS] = v[i].name;
      p->chunk = chunk;
      play_to(p, AMT_STATUS);
      assert_int_equal(p->j.status, v[i].status);
    }
}

TEST(an_element_of_the_messages_counts_from_itself)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON([{"r":[{"m":[{"Text":"a"},[{"Text":"no"}],)
                     JSON({"x":[{"Text":"no"}],"Text":"b"}]}]}]))
  };
  size_t chunk;
  for (chunk = 0; chunk < 3; chunk++) {
    play *p = play_with(s);
    play_wire(p)->reply[AMT_REPLY_MESSAGES] = "r.m";
    p->chunk = chunk;
    play_job(p);
    expect_told(p, "> messages\nmessage a\nmessage b\ndone 4\n");
  }
}

/* What version 0.1 sent and read. */
TEST(the_wire_of_0_1_is_a_table_too)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"Token":"tok1","AmtLogonToken":"no"}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->headers = AMT_IF(TOKEN, "Authorization: Bearer " AMT_HOLE_TOKEN "\r\n");
  w->call[AMT_MONITOR].body = "{\"ApplicationName\":" AMT_HOLE_APPLICATION
                              ",\"BatchrequestId\":" AMT_HOLE_ID "}";
  w->reply[AMT_REPLY_TOKEN] = "Token";
  p->srv.scheme = "Authorization: Bearer ";
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, JSON({"ApplicationName":"DEMO2","BatchrequestId":2112}) "\n");
  expect_unsent(p, "X-AMT");
}

/* SPDX-License-Identifier: MIT OR Unlicense */
