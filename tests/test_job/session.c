/* session.c - one session, several jobs.

   The promise: all jobs of a session share one token, one sign-in at a time
   and what became of it; and no request on its way loses its token. */

#include "play.h"

#define JOBS 4
typedef struct crew {
  play p[JOBS]; /* the first has the session and the server's mind */
  int  calling[JOBS];
} crew;

static void crew_init(crew *c)
{
  int i;
  memset(c, 0, sizeof *c);
  for (i = 0; i < JOBS; i++) {
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
  for (i = 0; i < JOBS; i++) play_free(&c->p[i]);
}

/* One turn of one job; its call is made only by crew_call. */
static amt_event crew_turn(crew *c, int i, uint32_t now)
{
  amt_event e;
  c->p[i].now = now;
  if (c->calling[i] || c->p[i].ended) return AMT_BUSY;
  e = amt_next(&c->p[i].j, now);
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

/* All turns, and all calls at once, until no job is left. */
static void crew_run(crew *c, uint32_t now)
{
  int left = 1, i, turns = 0;
  while (left) {
    if (++turns > 100000) fail_msg("the crew never ends");
    left = 0;
    for (i = 0; i < JOBS; i++) {
      crew_turn(c, i, now);
      left |= !c->p[i].ended;
    }
    for (i = 0; i < JOBS; i++) if (c->calling[i]) crew_call(c, i);
    now += 50;
  }
}

TEST(all_jobs_of_a_session_share_one_sign_in)
{
  crew c;
  int  i, k;
  crew_init(&c);
  while (!c.calling[0]) crew_turn(&c, 0, 1000);
  for (k = 0; k < 5; k++) /* while one signs in, the others wait */
    for (i = 1; i < JOBS; i++)
      assert_int_equal(crew_turn(&c, i, 1000 + (uint32_t)k), AMT_BUSY);
  crew_call(&c, 0);
  crew_run(&c, 1010);
  for (i = 0; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  assert_int_equal(c.p[0].srv.count[AMT_START], JOBS);
  crew_free(&c);
}

TEST(a_refused_sign_in_is_told_to_all_and_not_tried_again)
{
  step s[] = { REPLY(AMT_SIGN_IN, 401, "{}", .times = ALWAYS) };
  crew c;
  int  i;
  crew_init(&c);
  play_steps(&c.p[0], s);
  crew_run(&c, 1000);
  for (i = 0; i < JOBS; i++) {
    assert_int_equal(c.p[i].last, AMT_FAILED);
    assert_int_equal(c.p[i].j.error, AMT_E_SIGN_IN);
    assert_int_equal(c.p[i].j.code, 24);
    assert_int_equal(c.p[i].j.start, AMT_START_NONE);
    assert_int_equal(c.p[i].j.http_status, 401);
  }
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  /* A job that comes later learns it too; new credentials make it good. */
  c.p[1].ended = 0;
  amt_start(&c.p[1].j, &c.p[0].s, &c.p[1].t);
  crew_run(&c, 500000);
  assert_int_equal(c.p[1].j.code, 24);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "other", "pw"), 1);
  c.p[0].srv.step_count = 0;
  c.p[1].ended = 0;
  amt_start(&c.p[1].j, &c.p[0].s, &c.p[1].t);
  crew_run(&c, 900000);
  assert_int_equal(c.p[1].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* Those who wait share one outage, and do not each knock at the door. */
TEST(an_outage_of_the_sign_in_is_shared)
{
  step s[] = { REPLY(AMT_SIGN_IN, 503, "", .times = 3) };
  crew c;
  int  i;
  crew_init(&c);
  play_steps(&c.p[0], s);
  crew_run(&c, 1000);
  for (i = 0; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 4);
  crew_free(&c);
}

/* Two others have failed and then signed in, before this one looks. */
TEST(an_outage_that_is_over_is_not_told)
{
  step s[] = { REPLY(AMT_SIGN_IN, 503, "") };
  crew c;
  crew_init(&c);
  play_steps(&c.p[0], s);
  while (!c.calling[0]) crew_turn(&c, 0, 1000);
  assert_int_equal(crew_turn(&c, 1, 1000), AMT_BUSY); /* it waits */
  crew_call(&c, 0);
  assert_int_equal(crew_turn(&c, 0, 1000), AMT_RETRYING);
  while (!c.calling[0]) crew_turn(&c, 0, 3000);
  crew_call(&c, 0);
  while (!c.calling[0]) crew_turn(&c, 0, 3000); /* signed in; its Start */
  c.p[0].s.stale__ = 1;
  c.p[0].s.producing__ = 0;
  while (!c.calling[2]) crew_turn(&c, 2, 3000); /* signs in anew */
  assert_int_equal(c.p[2].j.op, AMT_SIGN_IN);
  assert_int_equal(crew_turn(&c, 1, 3000), AMT_BUSY);
  assert_int_equal(c.p[1].j.error, 0);
  c.p[0].s.producing__ = 1; /* as it was */
  crew_run(&c, 3000);
  assert_int_equal(c.p[1].j.code, 4);
  crew_free(&c);
}

TEST(a_job_that_is_forgotten_leaves_the_sign_in_to_another)
{
  crew c;
  int  i;
  crew_init(&c);
  while (!c.calling[0]) crew_turn(&c, 0, 1000);
  assert_int_equal(c.p[0].j.op, AMT_SIGN_IN);
  assert_int_equal(crew_turn(&c, 1, 1000), AMT_BUSY);
  amt_forget(&c.p[0].j);
  c.calling[0] = 0;
  c.p[0].ended = 1;
  crew_run(&c, 1010);
  for (i = 1; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  crew_free(&c);
}

/* Two requests went out with the old token, and both come back with 401. */
TEST(a_401_is_no_reason_to_sign_in_if_the_token_is_new)
{
  crew c;
  int  i;
  uint32_t now = 1000;
  crew_init(&c);
  for (i = 0; i < JOBS; i++) /* all started */
    while (c.p[i].last != AMT_STARTED) {
      crew_turn(&c, i, now += 20);
      if (c.calling[i]) crew_call(&c, i);
    }
  now += 20000;
  for (i = 0; i < JOBS; i++)
    while (!c.calling[i]) crew_turn(&c, i, now);
  for (i = 0; i < JOBS; i++) { /* their requests have gone out */
    amt_reply_sent(&c.p[i].j);
    assert_int_equal(c.p[i].j.op, AMT_MONITOR);
    c.calling[i] = 0;
    c.p[0].srv.count[AMT_MONITOR]++;
    amt_reply_status(&c.p[i].j, 401, 0);
    amt_reply_end(&c.p[i].j, 0, 1);
  }
  crew_run(&c, now);
  for (i = 0; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* And one that comes only after the sign-in, to a request from before it. */
TEST(a_late_401_is_no_reason_to_sign_in_either)
{
  crew c;
  int  i;
  uint32_t now = 1000;
  crew_init(&c);
  for (i = 0; i < 2; i++)
    while (c.p[i].last != AMT_STARTED) {
      crew_turn(&c, i, now += 20);
      if (c.calling[i]) crew_call(&c, i);
    }
  now += 20000;
  for (i = 0; i < 2; i++) {
    while (!c.calling[i]) crew_turn(&c, i, now);
    amt_reply_sent(&c.p[i].j);
  }
  c.calling[0] = 0;
  amt_reply_status(&c.p[0].j, 401, 0);
  amt_reply_end(&c.p[0].j, 0, 1);
  while (!c.calling[0]) crew_turn(&c, 0, now += 20);
  assert_int_equal(c.p[0].j.op, AMT_SIGN_IN);
  crew_call(&c, 0);
  while (!c.calling[0]) crew_turn(&c, 0, now += 20);
  assert_int_equal(c.p[0].j.op, AMT_MONITOR);
  crew_call(&c, 0);
  c.calling[1] = 0;
  amt_reply_status(&c.p[1].j, 401, 0);
  amt_reply_end(&c.p[1].j, 0, 1);
  for (i = 2; i < JOBS; i++) amt_forget(&c.p[i].j), c.p[i].ended = 1;
  crew_run(&c, now);
  for (i = 0; i < 2; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* The token in a half-sent request must not change under it. */
TEST(a_sign_in_waits_for_requests_that_are_half_sent)
{
  crew c;
  int  i, k;
  text before = {0}, after = {0};
  uint32_t now = 1000;
  crew_init(&c);
  for (i = 0; i < 2; i++)
    while (c.p[i].last != AMT_STARTED) {
      crew_turn(&c, i, now += 20);
      if (c.calling[i]) crew_call(&c, i);
    }
  now += 20000;
  for (i = 0; i < 2; i++)
    while (!c.calling[i]) crew_turn(&c, i, now);
  play_part(&c.p[1].j, amt_call_headers, &before);
  c.calling[0] = 0;
  amt_reply_status(&c.p[0].j, 401, 0);
  amt_reply_end(&c.p[0].j, 0, 1);
  for (k = 0; k < 5; k++)
    assert_int_equal(crew_turn(&c, 0, now += 20), AMT_BUSY);
  play_part(&c.p[1].j, amt_call_headers, &after);
  assert_string_equal(text_of(&before), text_of(&after));
  text_free(&before);
  text_free(&after);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "a", "b"), 0);
  assert_string_equal(c.p[0].s.user, "ocadm");
  crew_call(&c, 1); /* sent, and answered */
  while (!c.calling[0]) crew_turn(&c, 0, now += 20);
  assert_int_equal(c.p[0].j.op, AMT_SIGN_IN);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "a", "b"), 0);
  assert_string_equal(c.p[0].s.user, "ocadm");
  crew_call(&c, 0);
  for (i = 2; i < JOBS; i++) amt_forget(&c.p[i].j), c.p[i].ended = 1;
  crew_run(&c, now);
  for (i = 0; i < 2; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}
