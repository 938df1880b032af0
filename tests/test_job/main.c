/* main.c - a job over fed replies: amt_next and amt_reply_..., no I/O.

   A job asks for calls, is fed their replies in pieces of any size, and reports
   what happened. Each of the other files has a topic, this one has the rest.
   play.h runs the jobs. */

/* No test misuses the library, except those that say so. */
void misused(const char *condition);
#define AMT_ASSERT(condition) ((condition) ? (void)0 : misused(#condition))
#define AMT_IMPLEMENTATION
#include "amt.h"
#define SUITE_MAIN
#include "play.h"

/* The part of a list of errors that the tests use. */
#define NAMED(name, number, words) { name, number, #name, words },

TEST(every_error_has_its_number_its_name_and_its_words)
{
  static const struct { int e, number; const char *name, *words; } list[] = {
    AMT_JSON_ERRORS(NAMED) AMT_JOB_ERRORS(NAMED) AMT_HTTP_ERRORS(NAMED)
  };
  size_t i;
  int    e, n = 0;
  for (i = 0; i < COUNT(list); i++) {
    assert_int_equal(list[i].e, list[i].number);
    assert_string_equal(amt_error_name(list[i].e), list[i].name);
    assert_string_equal(amt_error(list[i].e), list[i].words);
  }
  for (e = -700; e <= 10; e++) {
    if (amt_error(e)[0] == 0) continue;
    assert_string_not_equal(amt_error_name(e), "");
    n++;
  }
  assert_int_equal(n, COUNT(list));
  assert_string_equal(amt_error_name(AMT_E_TLS_PIN), "AMT_E_TLS_PIN");
  assert_string_equal(amt_error_name(AMT_E_TLS_ALERT(0)), "AMT_E_TLS_ALERT");
  assert_string_equal(amt_error_name(-656), "");
}

/* Each error is in the right ranges. */
TEST(the_ranges_of_errors_have_names)
{
  int e;
  for (e = -700; e <= 10; e++) {
    const char *name = amt_error_name(e);
    assert_int_equal(AMT_IS_JSON(e), strncmp(name, "AMT_E_JSON_", 11) == 0);
    if (e >= AMT_E_PERMANENT)
      assert_int_equal(AMT_IS_UNSENT(e), e <= AMT_E_MISSING &&
                                         e != AMT_E_PERMANENT);
    if (AMT_IS_UNSENT(e)) assert_true(AMT_IS_PERMANENT(e));
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

/* SPDX-License-Identifier: MIT OR Unlicense */
