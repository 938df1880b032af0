/* messages.c - the messages of a job's log.

   The promise: each message is delivered once, complete and in order, in
   whatever pieces the bytes arrive, wherever a reply breaks off, and whatever
   form the list has. */

#include "play.h"

static const message numbered[] = {
  { .sequence = 1, .text = "one", .time = "2026-01-31T08:00:00" },
  { .sequence = 2, .text = "" },
  { .sequence = 5, .text = "C:\\\\x \\\"q\\\" \\u20ac\\ud83d\\ude00 "
                           "\xC3\xA9\xF0\x9F\x98\x80" },
  { .sequence = 6, .text = LONG40 LONG40 LONG40,
    .time = "2026-01-31T08:00:01.25" },
  { .sequence = 7, .text = EURO10 EURO10 "\\n" EURO10 },
  { .sequence = 9, .text = "last" }
};
static const message plain[] = {
  { .text = "one", .form = PLAIN }, { .text = "", .form = PLAIN },
  { .text = "\\t\xC3\xA9\\u0000x", .form = PLAIN },
  { .text = LONG40 LONG40, .form = PLAIN }, { .text = "one", .form = PLAIN },
  { .text = "", .form = PLAIN }
};
static const message unnumbered[] = {
  { .text = "one" }, { .text = "two", .time = "2026-01-31T08:00:00" },
  { .text = "" }, { .text = LONG40 }
};
static const message children[] = { /* each child has its own numbers */
  { .sequence = 1, .text = "parent" }, { .sequence = 1, .text = "child" },
  { .sequence = 2, .text = LONG40 }, { .sequence = 1, .text = "second" },
  { .sequence = 2, .text = "" }, { .sequence = 2, .text = "parent ends" }
};
static const message text_first[] = {
  { .sequence = 1, .text = "one", .form = TEXT_FIRST },
  { .sequence = 2, .text = "two", .form = TEXT_FIRST },
  { .sequence = 3, .text = "", .time = "2026-01-31T08:00:00",
    .form = TEXT_FIRST },
  { .sequence = 4, .text = LONG40, .form = TEXT_FIRST },
  { .sequence = 5, .text = "five", .form = TEXT_FIRST }
};
static const message mixed[] = {
  { .sequence = 1, .text = "one" }, { .text = "plain", .form = PLAIN },
  { .sequence = 2, .text = "two" }, { .text = "bare" },
  { .sequence = 3, .text = "three", .form = TEXT_FIRST }
};

/* A list, and whether its server ignores AfterSequence. Where Text comes first
   it must not: the client cannot tell in time what it has already. */
typedef struct list {
  const message *of;
  size_t n;
  int    ignore_after;
} list;
#define WHOLE(m)   { m, COUNT(m), 1 }
#define BY_AFTER(m) { m, COUNT(m), 0 }
static const list lists[] = {
  BY_AFTER(numbered), WHOLE(numbered), WHOLE(plain), WHOLE(unnumbered),
  WHOLE(children), BY_AFTER(text_first), WHOLE(mixed)
};

/* Can the list come in pages? */
static int in_pages(const list *l)
{
  return !l->ignore_after && l->of != text_first;
}

/* A job whose server has this list; the first monitor finds it done. */
static play *play_list(const list *l, size_t page)
{
  play *p = play_new();
  p->srv.message = l->of, p->srv.message_count = l->n;
  p->srv.ignore_after = l->ignore_after;
  p->srv.page = page, p->srv.more = page != 0;
  p->srv.status_at = 3;
  return p;
}

/* The length of its first reply. */
static size_t list_bytes(const list *l, size_t page)
{
  text   body = {0};
  size_t n;
  server_messages(&play_list(l, page)->srv, &body);
  n = body.len;
  text_free(&body);
  return n;
}

static void wanted_texts(const list *l, text *to)
{
  event_log all;
  amt_job   j;
  size_t    i;
  memset(&all, 0, sizeof all);
  memset(&j, 0, sizeof j);
  for (i = 0; i < l->n; i++) { /* unescaped in one piece */
    text           quoted = {0};
    amt_json       json;
    amt_json_token token;
    size_t         used, at = 0;
    int            e;
    memset(&json, 0, sizeof json);
    text_bytes(&quoted, "\"", 1);
    text_bytes(&quoted, l->of[i].text, strlen(l->of[i].text));
    text_bytes(&quoted, "\"", 1);
    while ((e = amt_json_next(&json, quoted.p + at, quoted.len - at, &used,
                              &token)) > 0) {
      at += used;
      j.msg = token.text, j.msg_len = token.len;
      j.msg_first = token.first, j.msg_more = !token.last;
      log_message(&all, &j);
    }
    assert_int_equal(e, 0);
    text_free(&quoted);
  }
  texts_of(&all, to);
  log_free(&all);
}

/* `numbered` has gaps, so a server that sends one message per reply seems to
   have lost some. */
static void check_texts(play *p, const list *l)
{
  text want = {0};
  int  jumps = l->of == numbered && !l->ignore_after &&
               (p->srv.page == 1 || p->s.messages == AMT_LIVE);
  wanted_texts(l, &want);
  expect_texts(p, text_of(&want));
  text_free(&want);
  expect_end(p, jumps && p->j.error ? "done 4 GAP log incomplete" : "done 4");
  if (p->srv.page == 1) assert_int_equal(p->j.error != 0, jumps);
}

/* --- each once, in order -------------------------------------------------- */

SLOW_TEST(no_message_is_lost_or_doubled_however_the_bytes_come)
{
  size_t i, chunk, page;
  for (i = 0; i < COUNT(lists); i++)
    for (page = 0; page < (in_pages(&lists[i]) ? 3 : 1); page++)
      for (chunk = 0; chunk < 300; chunk++) {
        play *p = play_list(&lists[i], page);
        p->chunk = chunk;
        play_job(p);
        check_texts(p, &lists[i]);
        if (chunk == 0 && page == 0)
          assert_int_equal(p->srv.log.pieces, lists[i].n); /* lent whole */
      }
}

SLOW_TEST(no_message_is_lost_or_doubled_where_a_reply_is_split)
{
  size_t i, split;
  for (i = 0; i < COUNT(lists); i++) {
    size_t length = list_bytes(&lists[i], 0);
    for (split = 0; split <= length; split++) {
      play *p = play_list(&lists[i], 0);
      p->split = split;
      play_job(p);
      check_texts(p, &lists[i]);
    }
  }
}

/* The connection breaks once, after each byte in turn. */
SLOW_TEST(a_message_that_broke_off_goes_on_where_it_stopped)
{
  static const size_t chunks[] = { 0, 1, 7 };
  size_t i, cut, k, page;
  for (i = 0; i < COUNT(lists); i++)
    for (page = 0; page < (in_pages(&lists[i]) ? 3 : 1); page += 2) {
      size_t length = list_bytes(&lists[i], page);
      for (cut = 0; cut < length; cut++)
        for (k = 0; k < COUNT(chunks); k++) {
          play *p = play_list(&lists[i], page);
          play_cut(p, AMT_MESSAGES, cut, AMT_E_TRUNCATED);
          p->chunk = chunks[k];
          play_job(p);
          check_texts(p, &lists[i]);
          assert_int_equal(p->srv.log.retries, 1);
        }
    }
}

/* It breaks again and again, three bytes further each time. */
TEST(a_message_may_break_off_many_times)
{
  size_t i;
  for (i = 0; i < COUNT(lists); i++) {
    size_t cut = 0, length = list_bytes(&lists[i], 0);
    play  *p = play_list(&lists[i], 0);
    p->s.give_up = 2000000000;
    play_start(p);
    while (!p->ended && cut < length) {
      if (p->cut == ALL) play_cut(p, AMT_MESSAGES, cut += 3, AMT_E_RESET);
      play_until(p, AMT_RETRYING);
    }
    if (!p->ended) play_run(p);
    check_texts(p, &lists[i]);
  }
}

/* The text changes after the break and has another character at that point. The
   rest must begin with a whole character. */
TEST(a_text_that_changed_meanwhile_is_never_cut_in_a_character)
{
#define BREAKS "{\"Messages\":[{\"Sequence\":1,\"Text\":\"abcd"
#define COMES(text) "{\"Messages\":[{\"Sequence\":1,\"Text\":\"" text "\"}]}"
  static const struct { const char *body, *log; } v[] = {
    { COMES("abc\xF0\x9F\x98\x80 end"), "message #1 abcd end\n" },
    { COMES("abc\xF0\x9F\x98\x80"), "message #1 abcd\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { CUT_OFF(AMT_MESSAGES, 200, BREAKS, AMT_E_RESET),
                  OK(AMT_MESSAGES, v[i].body) };
    play *p = play_with(s);
    p->srv.log.quiet = 1;
    play_once(p, AMT_MESSAGES);
    play_run(p);
    expect_all(p, "> sign-in\n> messages\n> messages\n%s"
               "done 19\n", v[i].log);
  }
}

SLOW_TEST(live_messages_come_as_they_are_written_each_once)
{
  int    status[12];
  size_t i, k, cut;
  for (k = 0; k < COUNT(status); k++) status[k] = 2;
  status[11] = 4;
  for (i = 0; i < COUNT(lists); i++)
    for (cut = 0; cut < 40; cut++) {
      play *p = play_list(&lists[i], 0);
      p->srv.status_at = 0;
      play_status(p, status);
      p->s.messages = AMT_LIVE;
      p->srv.visible = 1;
      play_start(p);
      while (p->srv.count[AMT_MESSAGES] < 2 && !p->ended)
        play_until(p, AMT_CALL);
      play_cut(p, AMT_MESSAGES, cut * 7, AMT_E_RESET);
      p->srv.visible = 2;
      for (k = 2; k <= lists[i].n; k++) {
        unsigned n = p->srv.count[AMT_MESSAGES];
        p->srv.visible = k;
        while (p->srv.count[AMT_MESSAGES] == n && !p->ended)
          play_until(p, AMT_CALL);
      }
      assert_false(p->ended); /* they came during the run */
      play_run(p);
      check_texts(p, &lists[i]);
    }
}

/* Without AfterSequence the list is always complete. */
TEST(without_after_sequence_the_client_counts)
{
  static const int  status[] = { 2, 2, 2, 4 };
  static const list whole = WHOLE(numbered);
  text  want = {0};
  play *p = play_new();
  play_wire(p)->call[AMT_MESSAGES].body = JOB_BODY;
  p->s.messages = AMT_LIVE;
  play_messages(p, numbered);
  play_status(p, status);
  play_job(p);
  wanted_texts(&whole, &want);
  expect_texts(p, text_of(&want));
  expect_calls(p, AMT_MESSAGES, 4);
  text_free(&want);
}

TEST(with_never_no_messages_are_asked_for)
{
  play *p = play_new();
  p->s.messages = AMT_NEVER;
  play_messages(p, plain);
  play_job(p);
  expect_end(p, "done 4 log incomplete");
  expect_calls(p, AMT_MESSAGES, 0);
  expect_untold(p, "message");
}

/* --- pages ---------------------------------------------------------------- */

TEST(more_without_anything_new_does_not_loop)
{
  static const char *const v[] = {
    JSON({"Messages":[],"More":true}),
    JSON({"More":true,"Messages":["a","b"]}),
    (JSON({"Messages":[{"Sequence":1,"Text":"a"},{"Sequence":2,"Text":"b"}],)
     JSON("More":true}))
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_MESSAGES, v[i], .times = ALWAYS) };
    play *p = play_with(s);
    play_job(p);
    expect_end(p, "done 4 LOG_REPEATS log incomplete");
    assert_in_range(p->srv.count[AMT_MESSAGES], 1, 3);
    expect_texts(p, i == 0 ? "" : " a\n b\n");
  }
}

TEST(a_log_with_more_that_never_comes_is_not_complete)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON({"Messages":["a","b"],"More":true}), .times = ALWAYS)
  };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "done 4 LOG_REPEATS log incomplete");
}

/* The connection breaks after each byte in turn. If it breaks between a text
   and its number, the same page comes again and brings only the number. */
TEST(a_page_that_brings_only_a_number_has_brought_something_new)
{
  static const message m[] = {
    { 1, "one", NULL, TEXT_FIRST }, { 2, "two", NULL, TEXT_FIRST },
    { 3, "three", NULL, TEXT_FIRST }
  };
  static const char page[] =
    JSON({"Messages":[{"Text":"one","Sequence":1}],"More":true});
  size_t cut;
  for (cut = 0; cut < sizeof page - 1; cut++) {
    play *p = play_new();
    play_messages(p, m);
    p->srv.page = 1;
    p->srv.more = 1;
    play_cut(p, AMT_MESSAGES, cut, AMT_E_RESET);
    play_job(p);
    expect_end(p, "done 4");
    expect_texts(p, " one\n two\n three\n");
  }
}

/* No reply before this one, so none of its messages can have been given. */
TEST(a_message_with_number_0_behind_one_without_is_given)
{
  static const char *const v[] = {
    JSON({"Messages":["a",{"Sequence":0,"Text":"b"},{"Sequence":1,"Text":"c"}]}),
    (JSON({"Messages":[{"Sequence":-1,"Text":"a"},{"Sequence":0,"Text":"b"},)
     JSON({"Sequence":1,"Text":"c"}]}))
  };
  size_t i, cut;
  for (i = 0; i < COUNT(v); i++)
    for (cut = 0; cut < strlen(v[i]); cut++) {
      step  s[] = { OK(AMT_MESSAGES, v[i], .times = ALWAYS) };
      play *p = play_with(s);
      play_cut(p, AMT_MESSAGES, cut, AMT_E_RESET);
      play_job(p);
      expect_end(p, "done 4");
      expect_texts(p, " a\n b\n c\n");
    }
}

/* The text "5" must not become the Sequence of the message after it either. */
TEST(more_that_is_no_truth_value_counts_for_nothing)
{
  static const char *const v[] = {
    JSON({"Messages":["a"],"More":1}), JSON({"Messages":["a"],"More":"true"}),
    JSON({"More":"5","Messages":["a"]})
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_MESSAGES, v[i]) };
    play *p = play_with(s);
    play_job(p);
    expect_end(p, "done 4");
    expect_texts(p, " a\n");
    expect_calls(p, AMT_SIGN_IN, 1);
  }
}

/* --- how a message is written --------------------------------------------- */

TEST(messages_are_read_in_every_tolerated_accent)
{
  static const struct { const char *body, *want; } v[] = {
    { JSON({"Messages":[]}), "" },
    { JSON({"messages":[{"sequence":"1","TIME":"t","tExt":"a"}]}),
      "message #1 @t a\n" },
    { "\xEF\xBB\xBF" JSON({"x":[["no"]],"Messages":["a","b"],"y":["no"]}),
      "message a\nmessage b\n" },
    { JSON({"Messages":[{"x":{"Text":"no","Sequence":9},"Text":"a",)
      JSON("y":[{"Text":"no"}],"Sequence":1}]}), "message a\n" },
    { JSON({"Messages":[{"Sequence":null,"Time":null,"Text":"a"}]}),
      "message a\n" },
    { JSON({"Messages":[{"Text":""}]}), "message \n" },
    { JSON({"x":{"Messages":["no"]},"Messages":["a"]}), "message a\n" },
    { JSON({"Messages":[{"Time":"1","Time":"2","Text":"a"}]}),
      "message @2 a\n" },
    { JSON({"Messages":[{"Sequence":1,"Text":"a"},)
      JSON({"Sequence":18446744073709551615,"Text":"b"}]}),
      "message #1 a\nmessage #18446744073709551615 b\n" },
    { JSON({"Message":"no","Text":"no","Messages":["a"]}), "message a\n" }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 20; chunk++) {
      step  s[] = { OK(AMT_MESSAGES, v[i].body) };
      play *p = play_with(s);
      p->srv.status_at = 3;
      p->chunk = chunk;
      play_job(p);
      expect_all(p, STARTED "> monitor\nstatus 4\n> messages\n%sdone 4\n",
                 v[i].want);
    }
}

TEST(a_list_of_messages_may_be_null_or_have_nulls_in_it)
{
  static const struct { const char *body, *log; } v[] = {
    { JSON({"Messages":null}), "> sign-in\n> messages\ndone 19\n" },
    { JSON({"More":null,"Messages":[null,"one",true,"two",false]}),
      "> sign-in\n> messages\nmessage one\nmessage two\ndone 19\n" },
    { JSON({"Messages":[{"Text":"one","Sequence":"x"}]}),
      "> sign-in\n> messages\nmessage one\ndone 19\n" },
    { JSON({"Messages":[{"Time":"2026-01-31T08:00:00.00000000000000000000",)
      JSON("Text":"late"},{"Time":"8:00","Text":"two"}]}),
      "> sign-in\n> messages\nmessage late\nmessage @8:00 two\ndone 19\n" }
  };
  size_t i, piece;
  for (i = 0; i < COUNT(v); i++)
    for (piece = 0; piece < 30; piece++) {
      play *p = reply_once(AMT_MESSAGES, 200, v[i].body, piece);
      expect_all(p, "%s", v[i].log);
    }
}

TEST(two_lists_in_one_reply_are_a_DUPLICATE)
{
  static const char *const v[] = {
    JSON({"Messages":"one\ntwo","messages":"three"}),
    JSON({"Messages":["one"],"messages":["three"]}),
    JSON({"Messages":["one"],"messages":"three"})
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = reply_once(AMT_MESSAGES, 200, v[i], 0);
    expect_end(p, "failed DUPLICATE, code 19, start known");
  }
}

TEST(what_an_error_reply_calls_messages_is_no_log)
{
  play *p = reply_once(AMT_MESSAGES, 403,
             JSON({"Messages":"none of your business","Message":"no"}), 0);
  expect_all(p, "> sign-in\n> messages\nother none of your business\n"
             "server no\nfailed FORBIDDEN, code 24, start known\n");
  p = reply_once(AMT_MESSAGES, 403, JSON({"Messages":["none"]}), 0);
  expect_all(p, "> sign-in\n> messages\nother none\n"
             "failed FORBIDDEN, code 24, start known\n");
}

#define NET_TIME "2017-05-18T14:00:14.1234567+02:00" /* .NET's "o" format */
#define TIME_39  "2017-05-18T14:00:14.1234567890123+02:00"

TEST(a_time_of_33_bytes_is_kept)
{
  static const struct { const char *time, *log; } v[] = {
    { NET_TIME, "message @" NET_TIME " x\n" },
    { TIME_39, "message @" TIME_39 " x\n" }, { TIME_39 "+", "message x\n" }
  };
  size_t i, piece;
  for (i = 0; i < COUNT(v); i++)
    for (piece = 0; piece < 60; piece++) {
      char  body[100];
      play *p;
      snprintf(body, sizeof body, JSON({"Messages":[{"Time":"%s","Text":"x"}]}),
               v[i].time);
      p = reply_once(AMT_MESSAGES, 200, body, piece);
      expect_all(p, "> sign-in\n> messages\n%sdone 19\n", v[i].log);
    }
}

/* The room for pieces of a name also holds message data; it must not
   overflow. */
TEST(a_name_in_pieces_stays_in_its_room)
{
  size_t length, piece;
  for (length = 28; length < 50; length++)
    for (piece = 1; piece < 8; piece++) {
      char  body[120];
      play *p;
      snprintf(body, sizeof body,
               JSON({"Messages":[{"%.*s":"no","Text":"x"}]}),
               (int)length, LONG40 LONG40);
      p = reply_once(AMT_MESSAGES, 200, body, piece);
      expect_all(p, "> sign-in\n> messages\nmessage x\ndone 19\n");
      assert_string_equal(p->token, "tok1"); /* the next thing in memory */
    }
}

/* --- one string, a line a message ----------------------------------------- */

SLOW_TEST(a_log_may_be_one_string_of_lines)
{
  static const struct { const char *body, *name, *want; } v[] = {
    { JSON({"Log":"line one\nline \u20ac two\n\nlast"}), "Log",
      " line one\n line \xE2\x82\xAC two\n \n last\n" },
    { JSON({"x":"a\nb","Log":"one\ntwo\n","y":"c\nd"}), "Log",
      " one\n two\n" },
    { JSON({"Log":""}), "Log", "" },
    { JSON({"Log":"\n"}), "Log", " \n" },
    { JSON({"Log":"\n\nx"}), "Log", " \n \n x\n" },
    { JSON({"Log":"one\r\ntwo\r\n\r\n"}), "Log", " one\n two\n \n" },
    { JSON({"Log":"one\u000d\u000atwo\r"}), "Log", " one\n two\n" },
    { "{\"Log\":\"" LONG40 LONG40 LONG40 "\\n" LONG40 "\"}", "Log",
      " " LONG40 LONG40 LONG40 "\n " LONG40 "\n" },
    { "\"one\\ntwo\"", "", " one\n two\n" },
    { JSON({"r":{"Log":"one\u000atwo"}}), "r.log", " one\n two\n" }
  };
  size_t i, chunk, cut;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++)
      for (cut = 0; cut <= strlen(v[i].body); cut++) {
        step  s[] = { OK(AMT_MESSAGES, v[i].body, .times = ALWAYS) };
        play *p = play_with(s);
        play_wire(p)->reply[AMT_REPLY_MESSAGES] = v[i].name;
        p->chunk = chunk;
        play_cut(p, AMT_MESSAGES, cut, AMT_E_RESET);
        p->srv.status_at = 3;
        play_job(p);
        expect_end(p, "done 4");
        expect_texts(p, v[i].want);
      }
}

TEST(a_log_of_lines_grows_live_and_loses_none)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON({"Log":""})), OK(AMT_MESSAGES, JSON({"Log":"one\n"})),
    OK(AMT_MESSAGES, JSON({"Log":"one\ntwo\n"})),
    OK(AMT_MESSAGES, JSON({"Log":"one\ntwo\n\nfour\n"}))
  };
  static const int status[] = { 2, 2, 2, 4 };
  play *p = play_with(s);
  play_wire(p)->reply[AMT_REPLY_MESSAGES] = "Log";
  p->s.messages = AMT_LIVE;
  play_status(p, status);
  play_job(p);
  expect_texts(p, " one\n two\n \n four\n");
  expect_calls(p, AMT_MESSAGES, 4);
}

TEST(a_bare_cr_in_a_log_of_lines_loses_nothing_at_any_cut)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON({"Messages":"10%\r20%\nen\u000dd\tx"}))
  };
  size_t chunk;
  for (chunk = 0; chunk < 40; chunk++) {
    play *p = play_with(s);
    p->chunk = chunk;
    play_job(p);
    expect_told(p, "message 10%20%\nmessage end\\x09x\ndone 4\n");
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
