/* misuse.c - AMT_ASSERT catches each misuse that the manual names.

   In all other tests a misuse is a failure. */

#include "play.h"

static jmp_buf     back;
static const char *seen; /* the condition that failed */
static int         expected;

void misused(const char *condition); /* AMT_ASSERT of main.c */
void misused(const char *condition)
{
  if (!expected) fail_msg("misuse: not %s", condition);
  seen = condition;
  longjmp(back, 1);
}

/* The call must fail this condition. */
#define MISUSE(condition, call) \
  do { \
    seen = ""; \
    expected = 1; \
    if (setjmp(back) == 0) call; \
    expected = 0; \
    assert_string_equal(seen, condition); \
  } while (0)

TEST(a_job_without_what_it_needs_is_a_misuse)
{
  play *p = play_new();
  MISUSE("t != NULL", amt_start(&p->j, &p->s, NULL));
  MISUSE("s != NULL", amt_start(&p->j, NULL, &p->t));
  MISUSE("s != NULL", amt_attach(&p->j, NULL, "DEMO2", "2112"));
  MISUSE("op < AMT_CALLS",
         amt_once(&p->j, &p->s, AMT_CALLS, &p->t, "2112"));
}

TEST(a_wish_that_is_neither_stop_nor_kill_is_a_misuse)
{
  play *p = play_new();
  play_to(p, AMT_STARTED);
  MISUSE("stop_or_kill == AMT_STOP || stop_or_kill == AMT_KILL",
         amt_stop(&p->j, AMT_MONITOR));
  MISUSE("stop_or_kill == AMT_STOP || stop_or_kill == AMT_KILL",
         amt_stop(&p->j, AMT_START));
}

TEST(a_session_ended_or_a_job_begun_in_a_sign_in_is_a_misuse)
{
  play *p = play_new();
  play_start(p);
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  MISUSE("s->signing__ == NULL", amt_session_end(&p->s));
  MISUSE("s->signing__ != j", amt_start(&p->j, &p->s, &p->t));
  amt_forget(&p->j);
  amt_session_end(&p->s);
}

TEST(a_session_ended_with_a_request_half_sent_is_a_misuse)
{
  play *p = play_new();
  play_to(p, AMT_STARTED);
  p->now += p->j.wait + 10000;
  while (amt_next(&p->j, p->now) != AMT_CALL) p->now += 1000;
  MISUSE("s->producing__ == 0", amt_session_end(&p->s));
  amt_forget(&p->j);
  amt_session_end(&p->s);
}

TEST(a_session_ended_before_a_job_that_only_waits_is_a_misuse)
{
  play *p = play_new();
  play_to(p, AMT_STARTED);
  assert_int_equal(amt_next(&p->j, p->now), AMT_BUSY);
  MISUSE("s->jobs__ == 0", amt_session_end(&p->s));
  amt_forget(&p->j);
  amt_forget(&p->j); /* only one job is counted */
  play_once(p, AMT_MONITOR);
  MISUSE("s->jobs__ == 0", amt_session_end(&p->s));
  play_run(p);
  amt_session_end(&p->s);
}

TEST(a_session_cleared_beneath_its_jobs_is_a_misuse)
{
  play *p = play_new();
  play_start(p);
  p->s.jobs__ = 0; /* as after a memset */
  MISUSE("j->session__->jobs__-- != 0", amt_forget(&p->j));
  p->s.jobs__ = 0;
  p->s.user = NULL;
  MISUSE("j->session__->jobs__-- != 0", amt_next(&p->j, p->now));
  p->s.jobs__ = 1;
  amt_forget(&p->j);
}

TEST(a_pool_without_what_it_needs_is_a_misuse)
{
  static char buf[64];
  play    *p = play_new();
  amt_slot conn;
  amt_pool pool = { &conn, 1, buf, sizeof buf - 1, NULL };
  memset(&conn, 0, sizeof conn);
  MISUSE("j->session__ != NULL", amt_poll(
    (pool.size = sizeof buf, &pool), &p->j, p->now));
  play_start(p);
  MISUSE("p != NULL && p->buf != NULL", amt_poll(NULL, &p->j, p->now));
  pool.buf = NULL;
  MISUSE("p != NULL && p->buf != NULL", amt_poll(&pool, &p->j, p->now));
  pool.buf = buf;
  pool.size = sizeof buf - 1;
  MISUSE("p->size >= 64", amt_poll(&pool, &p->j, p->now));
  amt_forget(&p->j);
  pool.size = sizeof buf;
  assert_int_equal(amt_poll(&pool, &p->j, p->now), AMT_FAILED);
}

TEST(a_reply_before_its_call_and_an_end_that_is_none_are_misuses)
{
  static char body[] = "{}";
  play *p = play_new();
  play_start(p);
  MISUSE("j->phase__ >= AMT__CALLING", amt_reply_data(&p->j, body, 2));
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  MISUSE("error <= 0", amt_reply_end(&p->j, 1, 1));
  MISUSE("!AMT_IS_REFUSAL(error)", amt_reply_end(&p->j, AMT_E_SIGN_IN, 1));
  amt_forget(&p->j);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
