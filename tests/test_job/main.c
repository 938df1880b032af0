/* main.c - a job over fed replies: amt_next and amt_reply_..., no I/O.

   The promise of the whole: a job asks for calls, is fed their replies in
   pieces of any size, and says what happened. Here is what belongs to no one
   topic; the other files have one each, play.h the run that they share. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#define SUITE_MAIN
#include "play.h"

TEST(every_error_has_its_words_and_other_numbers_none)
{
  int e;
  for (e = -300; e <= 10; e++) {
    const char *name = error_name(e);
    int         known = e != 0 && name[0] >= 'A' && name[0] <= 'Z';
    if ((amt_error(e)[0] != 0) != known) fail_msg("%d %s", e, name);
  }
}

TEST(busy_always_says_for_how_long)
{
  static char half[] = "{\"Batch";
  play *p = play_new();
  play_to(p, AMT_STARTING);
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  p->j.wait = 0xDEADBEEFu;
  assert_int_equal(amt_next(&p->j, p->now), AMT_BUSY);
  assert_int_equal(p->j.wait, 0x7FFFFFFF);
  amt_reply_status(&p->j, 200, 0);
  amt_reply_data(&p->j, half, sizeof half - 1);
  p->j.wait = 0xDEADBEEFu;
  assert_int_equal(amt_next(&p->j, p->now), AMT_BUSY);
  assert_int_equal(p->j.wait, 0x7FFFFFFF);
  amt_forget(&p->j);
}

TEST(what_was_never_begun_may_be_forgotten_and_ended)
{
  amt_job     j;
  amt_session s;
  memset(&j, 0, sizeof j);
  memset(&s, 0, sizeof s);
  amt_forget(&j);
  assert_int_equal(j.error, 0);
  s.user = "ocadm";
  amt_session_end(&s);
  assert_null(s.user);
}
