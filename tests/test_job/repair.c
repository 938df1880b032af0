/* repair.c - a log that is not proper JSON.

   The promise: with repair, each byte or escape that is invalid becomes U+FFFD,
   is counted once, and the log goes on. An id or a token is never repaired. */

#include "play.h"

#define BAD "\xEF\xBF\xBD"

/* The log of a COBOL program: CP1252, raw controls, escapes that JSON lacks. */
static const char cobol_log[] =
  "{\"Messages\":[{\"Sequence\":1,\"Text\":\"Gr\xFC\xDF" "e\tan \x1B[1m\"},"
  "{\"Sequence\":2,\"Text\":\"it\\'s C:\\users\"},\"plain \x80\",null,"
  "{\"Sequence\":3,\"T\xE9xt\":\"no\",\"Text\":\"good\"}],\"x\":\"\xE4\"}";
static const char cobol_texts[] =
  "message #1 Gr" BAD BAD "e\\x09an " BAD "[1m\n"
  "message #2 it" BAD "'s C:" BAD "users\nmessage plain " BAD "\n"
  "message #3 good\n";

static play *play_cobol(int repair)
{
  static const step s[] = { OK(AMT_MESSAGES, cobol_log, .times = ALWAYS) };
  play *p = play_with(s);
  p->s.repair = (uint8_t)repair;
  return p;
}

TEST(a_log_that_is_not_UTF_8_goes_on_if_repair_is_asked_for)
{
  size_t piece;
  play  *p;
  for (piece = 0; piece < 60; piece++) {
    p = play_cobol(1);
    p->chunk = piece;
    play_once(p, AMT_MESSAGES);
    play_run(p);
  expect_all(p, "> sign-in\n> messages\n%sdone 19\n", cobol_texts);
    assert_int_equal(p->j.repaired, 6); /* in messages only */
    expect_end(p, "done 19");
  }
  p = play_cobol(0); /* without repair it is refused */
  play_once(p, AMT_MESSAGES);
  play_run(p);
  expect_end(p, "failed JSON_UTF8, code 19, start known");
  assert_int_equal(p->j.repaired, 0);
}

/* What is read again is not counted again, and resumes at the right byte. */
TEST(what_was_repaired_is_counted_once)
{
  size_t cut, piece;
  for (cut = 0; cut < sizeof cobol_log - 1; cut++)
    for (piece = 0; piece < 3; piece++) {
      static const int status[] = { 2, 2, 4 };
      play *p = play_cobol(1);
      p->s.messages = AMT_LIVE;
      play_status(p, status);
      play_cut(p, AMT_MESSAGES, cut, AMT_E_RESET);
      p->chunk = piece * 5;
      play_job(p);
      expect_texts(p, " Gr" BAD BAD "e\\x09an " BAD "[1m\n"
                   " it" BAD "'s C:" BAD "users\n plain " BAD "\n good\n");
      assert_int_equal(p->j.repaired, 6);
      expect_end(p, "done 4");
    }
}

/* One string, a line per message. A raw line end does not end a line. */
TEST(a_list_that_is_one_string_is_repaired_too)
{
  static const step s[] = {
    OK(AMT_MESSAGES, "{\"Messages\":\"a\xFF\\r\\nb\nc\\n\\u00zz\\n\x80\"}")
  };
  size_t piece;
  for (piece = 0; piece < 40; piece++) {
    play *p = play_with(s);
    p->s.repair = 1;
    p->chunk = piece;
    play_once(p, AMT_MESSAGES);
    play_run(p);
    expect_all(p, "> sign-in\n> messages\nmessage a" BAD "\n"
               "message b" BAD "c\nmessage " BAD "u00zz\nmessage " BAD "\n"
               "done 19\n");
    assert_int_equal(p->j.repaired, 4);
  }
}

/* An id is sent back unchanged or not at all, and so is a token. */
TEST(an_id_or_a_token_is_never_repaired)
{
  static const char *const id[] = {
    ("{\"BatchrequestId\":\"21\xFF" "12\"}"), "{\"BatchrequestId\":\"\xFF\"}",
    JSON({"BatchrequestId":"2112\q"}), JSON({"BatchrequestId":"\u21"})
  };
  static const step token[] = {
    OK(AMT_SIGN_IN, "{\"Token\":\"tok\xFF\"}", .times = ALWAYS)
  };
  size_t i, piece;
  play  *p;
  for (i = 0; i < COUNT(id); i++)
    for (piece = 0; piece < 30; piece++) {
      step s[] = { OK(AMT_START, id[i]) };
      p = play_with(s);
      p->s.repair = 1;
      p->chunk = piece;
      play_job(p);
      expect_end(p, "failed ID_LOST, code 19, start unknown");
      assert_string_equal(p->j.id, "");
      expect_calls(p, AMT_START, 1);
      expect_calls(p, AMT_MONITOR, 0);
    }
  p = play_with(token);
  p->s.repair = 1;
  play_job(p);
  expect_end(p, "failed TOKEN_TEXT, code 23, start none");
}

/* SPDX-License-Identifier: MIT OR Unlicense */
