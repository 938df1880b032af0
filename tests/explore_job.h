/* explore_job.h - which states of a job, and of its session, are the same.

   Two states are the same if all that still matters is the same. Each
   abstraction is here, with its reason; all else is compared as it is. The
   blur_ functions turn a state into another, nearby one. The canon_ functions
   must not change what can happen next; explore.h checks that. Include this
   after amt.h and explore.h. */

#ifndef EXPLORE_JOB_H
#define EXPLORE_JOB_H

/* What these functions need of the configuration. */
static struct {
  uint32_t clock;    /* now, in each state; only differences count */
  uint32_t give_up, poll_max;
  int      is_fixed; /* the token is fixed */
} same;

static const char *const ops[] = { "sign-in", "Start", "Stop", "Kill",
                                   "MonitorJob", "GetMessages" };
static const char *const events[] = {
  "AMT_BUSY", "AMT_CALL", "AMT_STARTING", "AMT_STARTED", "AMT_STATUS",
  "AMT_MESSAGE", "AMT_SERVER_TEXT", "AMT_STOP_ANSWERED", "AMT_RETRYING", "AMT_DONE",
  "AMT_FAILED"
};

/* The usable part of a token's life: an eighth, at most 30 s, is kept back. */
static uint32_t life_of(const amt_session *s)
{
  uint32_t n = s->token__life;
  return n - (n / 8 < 30000 ? n / 8 : 30000);
}

/* --- times ---------------------------------------------------------------- */

/* A time that is only compared with now becomes its age, up to the limit beyond
   which it no longer matters. */
static uint32_t clipped(uint32_t then, uint32_t now, uint32_t most)
{
  uint32_t age = now - then;
  return same.clock - (age > most ? most : age);
}

static uint32_t pause_of(const amt_session *s)
{
  return s->refusals__ == 1 ? 5000u : 60000u;
}

static void blur_job(amt_job *j, uint32_t now)
{
  uint32_t ms = j->due__ - now;
  /* The jitter may give any due time: half seconds will do. */
  if (ms < 0x80000000u) j->due__ = now + (ms + 499) / 500 * 500;
  /* Ten unknown statuses end a run; the first eight are skipped. */
  if (j->undefined__ > 0 && j->undefined__ < 8) j->undefined__ = 8;
}

static void blur_session(amt_session *s)
{
  s->seed = 0; /* the jitter's seed: one will do */
}

static void canon_job_times(amt_job *j, uint32_t now)
{
  uint32_t ms = j->due__ - now;
  int      fails = j->backoff__ != 0;
  /* Past is past. Only a job that waits reads it. */
  if (ms >= 0x80000000u) ms = 0;
  j->due__ = j->phase__ == AMT__WAITING ? same.clock + ms : 0;
  /* The age of an outage, up to the give-up time. */
  j->failed__ = fails ? clipped(j->failed__, now, same.give_up) : 0;
  /* A pause ends with the give-up time, so longer ones are alike. */
  while (j->backoff__ / 4 >= same.give_up && j->backoff__ > 500)
    j->backoff__ /= 2;
  /* The age of a running job, until its poll interval stops growing. */
  if (same.poll_max == 0 || j->phase__ == AMT__NEW || j->phase__ >= AMT__ENDED)
    j->began__ = 0;
  else
    j->began__ = clipped(j->began__, now, 8 * same.poll_max);
  /* Only reported. */
  j->wait = 0;
}

static void canon_session_times(amt_session *s, uint32_t now)
{
  /* A token's age, up to its life; without a token there is none. */
  if (s->token__len == 0) s->token__life = 0;
  s->token__time = s->token__life
                     ? clipped(s->token__time, now, life_of(s)) : 0;
  /* The time since a refusal, up to the end of its pause. After three there is
     no pause. */
  s->refused__ = AMT_IS_REFUSAL(s->error__) && s->refusals__ < 3
                   ? clipped(s->refused__, now, pause_of(s)) : 0;
}

/* --- the rest ------------------------------------------------------------- */

/* Of numbers that are compared with the session's, only "is it equal?" counts:
   the token's during a call, the failures' until the end. */
static void canon_numbers(amt_job *j, const amt_session *s)
{
  j->token_number__ = (j->phase__ == AMT__CALLING || j->phase__ == AMT__ANSWERED)
                      && j->token_number__ == s->token_number__;
  j->failures__ = j->phase__ < AMT__ENDED && j->failures__ == s->failures__;
}

/* Call it after its jobs' functions. */
static void canon_session(amt_session *s)
{
  s->token_number__ = 1;
  s->failures__ = 1;
  s->http_status__ = 0; /* only reported */
  if (s->refusals__ > 3) s->refusals__ = 3; /* more make no difference */
  if (s->token__len == 0 && !same.is_fixed)
    memset(s->token, 0, s->token_room);
}

/* What a reply leaves behind and the next call sets again. */
static void canon_reply(amt_job *j)
{
  int calling = j->phase__ == AMT__CALLING;
  int live = (calling && j->http_status != 0) || j->phase__ == AMT__ANSWERED;
  if (!live || !(j->seen__ & AMT__SEEN_STATUS)) j->got__ = 0;
  if (!live) {
    j->seen__ = calling ? j->seen__ : 0;
    j->http_status = 0;
    j->retry_after__ = 0;
    j->cause = 0;
  }
  if (calling && live) return;
  memset(&j->call__, 0, sizeof j->call__);
  memset(j->open__, 0, sizeof j->open__);
  memset(j->time, 0, sizeof j->time);
  memset(j->name, 0, sizeof j->name);
  j->list__ = j->lists__ = j->len__ = 0;
  j->page__ = calling ? AMT__PAGE_BEGIN : 0; /* as a call begins */
  j->left__ = calling ? AMT__LEFT_MAX : 0;
  j->words__ = 0;
  j->cut__ = 0;
  j->asked__ = 0;
  if (!calling) j->field__ = 0;
  if (live && (j->seen__ & AMT__NUMBERED)) return; /* for amt__list_ends */
  j->has_sequence = 0;
  j->sequence = 0;
  if (!live || j->op != AMT_MESSAGES) j->skip__ = 0;
}

static void canon_job(amt_job *j)
{
  /* Only reported, and only until the event has been pulled. */
  if (j->event__ == 0) {
    j->msg = NULL;
    j->msg_len = 0;
    j->msg_kind = j->msg_more = j->msg_first = 0;
  }
  /* Without text only NULL or not NULL counts: an end may be pending. */
  if (j->lines_len__ == 0)
    j->lines__ = j->seen__ & AMT__LINES_END ? j->name : NULL;
  j->repaired = 0;
  j->error = 0;
  if (!(j->flags__ & (AMT__FINAL | AMT__ONCE)))
    j->flags__ &= (uint16_t)~AMT__NO_STATUS;
  if (j->phase__ != AMT__CALLING && j->phase__ != AMT__ANSWERED) j->op = 0;
  /* The bytes after the end of a string. */
  if (j->id[0] == 0) memset(j->id, 0, sizeof j->id);
  if (j->phase__ != AMT__CALLING && j->phase__ != AMT__ANSWERED)
    j->flags__ &= (uint16_t)~(AMT__TAKEN | AMT__BROKEN);
  if (j->start != AMT_START_NONE) j->flags__ &= (uint16_t)~AMT__ANNOUNCED;
}

/* Of a job that has ended, only the result counts. */
static void canon_ended(amt_job *j)
{
  amt_job was = *j;
  memset(j, 0, sizeof *j);
  j->session__ = was.session__;
  j->phase__ = was.phase__;
  j->start = was.start;
  j->code = was.code;
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
