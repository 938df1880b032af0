/* session.c - one session, several jobs.

   The promise: all jobs of a session share one token, one sign-in at a time,
   and its result. No request on its way loses its token. */

#include "play.h"

#define JOBS 4
typedef struct crew {
  play     p[JOBS]; /* the first has the session and the server */
  int      jobs;
  int      calling[JOBS], gone[JOBS];
  uint32_t now;
} crew;

/* Starts so many jobs. */
static void crew_init(crew *c, int jobs)
{
  int i;
  memset(c, 0, sizeof *c);
  c->jobs = jobs;
  c->now = 1000;
  for (i = 0; i < jobs; i++) {
    play_init(&c->p[i]);
    c->p[i].to = &c->p[0].srv;
    c->p[i].srv.log.quiet = 1;
    amt_start(&c->p[i].j, &c->p[0].s, &c->p[i].t);
  }
  c->p[0].srv.log_calls = 0;
}

static void crew_free(crew *c)
{
  int i;
  for (i = 0; i < c->jobs; i++) play_free(&c->p[i]);
}

/* One turn of one job. crew_call makes the call. */
static amt_event crew_turn(crew *c, int i)
{
  amt_event e;
  c->p[i].now = c->now;
  if (c->calling[i] || c->p[i].ended) return AMT_BUSY;
  e = amt_next(&c->p[i].j, c->now);
  play_event(&c->p[i], e);
  if (e == AMT_CALL) c->calling[i] = 1;
  return e;
}

static void crew_call(crew *c, int i)
{
  assert_true(c->calling[i]);
  c->calling[i] = 0;
  play_call(&c->p[i]);
}

/* Turns of one job up to its next call, which must be this one. */
static void crew_to_call(crew *c, int i, amt_op op)
{
  while (!c->calling[i]) {
    crew_turn(c, i);
    c->now += 20;
  }
  assert_int_equal(c->p[i].j.op, op);
}

/* Its call is answered with 401. */
static void crew_denied(crew *c, int i)
{
  c->calling[i] = 0;
  amt_reply_status(&c->p[i].j, 401, 0);
  amt_reply_end(&c->p[i].j, 0, 1);
}

/* All have started, and each asks for its first status. */
static void crew_to_monitor(crew *c)
{
  int i;
  for (i = 0; i < c->jobs; i++)
    while (c->p[i].last != AMT_STARTED) {
      crew_turn(c, i);
      if (c->calling[i]) crew_call(c, i);
      c->now += 20;
    }
  c->now += 20000;
  for (i = 0; i < c->jobs; i++) crew_to_call(c, i, AMT_MONITOR);
}

static void crew_forget(crew *c, int i)
{
  amt_forget(&c->p[i].j);
  c->calling[i] = 0;
  c->p[i].ended = c->gone[i] = 1;
}

/* All take turns and make their calls at once, until no job is left. */
static void crew_run(crew *c)
{
  int left = 1, i, turns = 0;
  while (left) {
    if (++turns > 100000) fail_msg("the crew does not end");
    left = 0;
    for (i = 0; i < c->jobs; i++) {
      crew_turn(c, i);
      left |= !c->p[i].ended;
    }
    for (i = 0; i < c->jobs; i++) if (c->calling[i]) crew_call(c, i);
    c->now += 50;
  }
}

/* All end well, after so many sign-ins. */
#define crew_end(c, sign_ins) do { \
  int i_; \
  crew_run(c); \
  for (i_ = 0; i_ < (c)->jobs; i_++) \
    if (!(c)->gone[i_]) expect_end(&(c)->p[i_], "done 4"); \
  expect_calls(&(c)->p[0], AMT_SIGN_IN, sign_ins); \
  expect_calls(&(c)->p[0], AMT_START, (unsigned)((c)->jobs - (c)->gone[0])); \
  crew_free(c); \
} while (0)

TEST(all_jobs_of_a_session_share_one_sign_in)
{
  crew c;
  int  i, k;
  crew_init(&c, JOBS);
  crew_to_call(&c, 0, AMT_SIGN_IN);
  for (k = 0; k < 5; k++) { /* the others wait for the sign-in */
    for (i = 1; i < JOBS; i++) assert_int_equal(crew_turn(&c, i), AMT_BUSY);
    c.now++;
  }
  crew_call(&c, 0);
  crew_end(&c, 1);
}

TEST(a_refused_sign_in_fails_all_jobs_and_is_not_repeated)
{
  static const step s[] = { REPLY(AMT_SIGN_IN, 401, "{}", .times = ALWAYS) };
  crew  c;
  play *p = &c.p[1];
  int   i;
  crew_init(&c, JOBS);
  play_steps(&c.p[0], s);
  crew_run(&c);
  for (i = 0; i < JOBS; i++) {
    expect_end(&c.p[i], "failed SIGN_IN, code 24, start none");
    assert_int_equal(c.p[i].j.http_status, 401);
  }
  expect_calls(&c.p[0], AMT_SIGN_IN, 1);
  /* A later job gets the same error. New credentials cure it. */
  c.now = 500000;
  p->ended = 0;
  amt_start(&p->j, &c.p[0].s, &p->t);
  crew_run(&c);
  expect_end(p, "failed SIGN_IN, code 24, start none");
  expect_calls(&c.p[0], AMT_SIGN_IN, 1);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "other", "pw"), 1);
  c.p[0].srv.step_count = 0;
  c.now = 900000;
  p->ended = 0;
  amt_start(&p->j, &c.p[0].s, &p->t);
  crew_run(&c);
  expect_end(p, "done 4");
  expect_calls(&c.p[0], AMT_SIGN_IN, 2);
  crew_free(&c);
}

/* Waiting jobs share one outage and do not try one by one. */
TEST(an_outage_of_the_sign_in_is_shared)
{
  static const step s[] = { REPLY(AMT_SIGN_IN, 503, "", .times = 3) };
  crew c;
  crew_init(&c, JOBS);
  play_steps(&c.p[0], s);
  crew_end(&c, 4);
}

/* Others failed and then signed in before this job had its turn. */
TEST(an_outage_that_is_over_is_not_reported)
{
  static const step s[] = { REPLY(AMT_SIGN_IN, 503, "") };
  crew c;
  crew_init(&c, JOBS);
  play_steps(&c.p[0], s);
  crew_to_call(&c, 0, AMT_SIGN_IN);
  assert_int_equal(crew_turn(&c, 1), AMT_BUSY); /* it waits */
  crew_call(&c, 0);
  assert_int_equal(crew_turn(&c, 0), AMT_RETRYING);
  c.now += 2000;
  crew_to_call(&c, 0, AMT_SIGN_IN);
  crew_call(&c, 0);
  crew_to_call(&c, 0, AMT_START); /* signed in */
  c.p[0].s.stale__ = 1;
  c.p[0].s.producing__ = 0;
  crew_to_call(&c, 2, AMT_SIGN_IN); /* again */
  assert_int_equal(crew_turn(&c, 1), AMT_BUSY);
  assert_int_equal(c.p[1].j.error, 0);
  c.p[0].s.producing__ = 1; /* back as it was */
  crew_run(&c);
  expect_end(&c.p[1], "done 4");
  crew_free(&c);
}

TEST(a_job_that_is_forgotten_leaves_the_sign_in_to_another)
{
  crew c;
  crew_init(&c, JOBS);
  crew_to_call(&c, 0, AMT_SIGN_IN);
  assert_int_equal(crew_turn(&c, 1), AMT_BUSY);
  crew_forget(&c, 0);
  crew_end(&c, 1);
}

/* All requests had the old token, and all get a 401. */
TEST(a_401_is_no_reason_to_sign_in_if_the_token_is_new)
{
  crew c;
  int  i;
  crew_init(&c, JOBS);
  crew_to_monitor(&c);
  for (i = 0; i < JOBS; i++) {
    amt_reply_sent(&c.p[i].j);
    crew_denied(&c, i);
  }
  crew_end(&c, 2);
}

/* A late 401 answers a request from before the sign-in. */
TEST(a_late_401_is_no_reason_to_sign_in_either)
{
  crew c;
  crew_init(&c, 2);
  crew_to_monitor(&c);
  amt_reply_sent(&c.p[0].j);
  amt_reply_sent(&c.p[1].j);
  crew_denied(&c, 0);
  crew_to_call(&c, 0, AMT_SIGN_IN);
  crew_call(&c, 0);
  crew_to_call(&c, 0, AMT_MONITOR);
  crew_call(&c, 0);
  crew_denied(&c, 1);
  crew_end(&c, 2);
}

/* The token must not change while half a request is out. */
TEST(a_sign_in_waits_for_requests_that_are_half_sent)
{
  crew c;
  int  k;
  text before = {0}, after = {0};
  crew_init(&c, 2);
  crew_to_monitor(&c);
  play_part(&c.p[1].j, amt_call_headers, &before);
  crew_denied(&c, 0);
  for (k = 0; k < 5; k++) {
    c.now += 20;
    assert_int_equal(crew_turn(&c, 0), AMT_BUSY);
  }
  play_part(&c.p[1].j, amt_call_headers, &after);
  assert_string_equal(text_of(&before), text_of(&after));
  text_free(&before);
  text_free(&after);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "a", "b"), 0);
  assert_string_equal(c.p[0].s.user, "ocadm");
  crew_call(&c, 1); /* sent and answered */
  crew_to_call(&c, 0, AMT_SIGN_IN);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "a", "b"), 0);
  assert_string_equal(c.p[0].s.user, "ocadm");
  crew_call(&c, 0);
  crew_end(&c, 2);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
