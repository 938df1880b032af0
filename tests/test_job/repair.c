/* repair.c - a log that is not proper JSON.

   The promise: if repair is asked for, what is no UTF-8 or no escape becomes
   U+FFFD, is counted once, and the log goes on; an id or a token is never
   repaired. */

#include "play.h"

#define BAD "\xEF\xBF\xBD"

/* A log of COBOL programs: CP1252, raw controls, escapes of no JSON. */
static const char cobol_log[] =
  "{\"Messages\":[{\"Sequence\":1,\"Text\":\"Gr\xFC\xDF" "e\tan \x1B[1m\"},"
  "{\"Sequence\":2,\"Text\":\"it\\'s C:\\users\"},\"plain \x80\",null,"
  "{\"Sequence\":3,\"T\xE9xt\":\"no\",\"Text\":\"good\"}],\"x\":\"\xE4\"}";
static const char cobol_texts[] =
  "message #1 Gr" BAD BAD "e\\x09an " BAD "[1m\n"
  "message #2 it" BAD "'s C:" BAD "users\nmessage plain " BAD "\n"
  "message #3 good\n";

static void play_cobol(play *p, int repair)
{
  static const step s[] = { OK(AMT_MESSAGES, cobol_log, .times = ALWAYS) };
  play_init(p);
  p->s.repair = (uint8_t)repair;
  play_steps(p, s);
}

TEST(a_log_that_is_not_UTF_8_goes_on_if_repair_is_asked_for)
{
  size_t piece;
  text   want = {0};
  play   p;
  text_put(&want, "> sign-in\n> messages\n%sdone 19\n", cobol_texts);
  for (piece = 0; piece < 60; piece++) {
    play_cobol(&p, 1);
    p.chunk = piece;
    play_once(&p, AMT_MESSAGES, &p.t, "2112");
    play_run(&p);
    expect_log(&p.srv.log, want.p);
    assert_int_equal(p.j.repaired, 6); /* of messages; not the others */
    assert_int_equal(p.j.log_complete, 1);
    play_free(&p);
  }
  play_cobol(&p, 0); /* strict otherwise */
  play_once(&p, AMT_MESSAGES, &p.t, "2112");
  play_run(&p);
  assert_int_equal(p.j.error, AMT_E_JSON_UTF8);
  assert_int_equal(p.j.repaired, 0);
  play_free(&p);
  text_free(&want);
}

/* What is read again is not counted again, and goes on at the right byte. */
TEST(what_was_repaired_is_counted_once)
{
  size_t cut, piece;
  for (cut = 0; cut < sizeof cobol_log - 1; cut++)
    for (piece = 0; piece < 3; piece++) {
      int  status[] = { 2, 2, 4 };
      text got = {0};
      play p;
      play_cobol(&p, 1);
      p.s.messages = AMT_LIVE;
      play_status(&p, status);
      p.cut = cut, p.cut_op = AMT_MESSAGES, p.cut_error = AMT_E_RESET;
      p.chunk = piece * 5;
      play_job(&p);
      texts_of(&p.srv.log, &got);
      assert_string_equal(text_of(&got),
                          " Gr" BAD BAD "e\\x09an " BAD "[1m\n"
                          " it" BAD "'s C:" BAD "users\n plain " BAD "\n"
                          " good\n");
      assert_int_equal(p.j.repaired, 6);
      assert_int_equal(p.j.log_complete, 1);
      text_free(&got);
      play_free(&p);
    }
}

/* One string, a line a message: a raw line end is no line end. */
TEST(a_list_that_is_one_string_is_repaired_too)
{
  static const step s[] = {
    OK(AMT_MESSAGES, "{\"Messages\":\"a\xFF\\r\\nb\nc\\n\\u00zz\\n\x80\"}")
  };
  size_t piece;
  for (piece = 0; piece < 40; piece++) {
    play p;
    play_init(&p);
    p.s.repair = 1;
    play_steps(&p, s);
    p.chunk = piece;
    play_once(&p, AMT_MESSAGES, &p.t, "2112");
    play_run(&p);
    expect_log(&p.srv.log, "> sign-in\n> messages\nmessage a" BAD "\n"
               "message b" BAD "c\nmessage " BAD "u00zz\nmessage " BAD "\n"
               "done 19\n");
    assert_int_equal(p.j.repaired, 4);
    play_free(&p);
  }
}

/* An id goes back as it came, or not at all; so does a token. */
TEST(an_id_or_a_token_is_never_repaired)
{
  static const char *const id[] = {
    "{\"BatchrequestId\":\"21\xFF" "12\"}", "{\"BatchrequestId\":\"\xFF\"}",
    JSON({"BatchrequestId":"2112\q"}), JSON({"BatchrequestId":"\u21"})
  };
  static const step token[] = {
    OK(AMT_SIGN_IN, "{\"Token\":\"tok\xFF\"}", .times = ALWAYS)
  };
  size_t i, piece;
  play   p;
  for (i = 0; i < COUNT(id); i++)
    for (piece = 0; piece < 30; piece++) {
      step s[1] = { OK(AMT_START, id[i]) };
      play_init(&p);
      p.s.repair = 1;
      play_steps(&p, s);
      p.chunk = piece;
      play_job(&p);
      assert_int_equal(p.last, AMT_FAILED);
      assert_string_equal(p.j.id, "");
      assert_int_equal(p.srv.count[AMT_START], 1);
      assert_int_equal(p.srv.count[AMT_MONITOR], 0);
      play_free(&p);
    }
  play_init(&p);
  p.s.repair = 1;
  play_steps(&p, token);
  play_job(&p);
  assert_int_equal(p.j.error, AMT_E_TOKEN_TEXT);
  play_free(&p);
}
