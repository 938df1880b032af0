/* run.c - the loop around amt_poll. */

#include "run.h"
#include "begin.h"
#include "files.h"
#include "job.h"
#include "live.h"
#include "log.h"
#include "options.h"
#include "outcome.h"
#include "output.h"
#include "reserve.h"
#include "secrets.h"
#include "session.h"
#include "signals.h"
#include "state.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "write.h"
#include <errno.h>
#include <string.h>

enum { PATIENCE = 30000 }; /* ms for a Start's answer, when leaving */

static const char *parting; /* leave with this word once the id is known */
static int         hurried; /* by a signal or --timeout, at this time */
static uint32_t    hurried_at;

/* A Start was sent, in part at least, and is not answered. */
static int start_under_way(void)
{
  return conn.job == &job && job.op == AMT_START && conn.http.sent > 0;
}

/* How long its answer is still waited for. */
static uint32_t patience_left(void)
{
  uint32_t gone = now_ms() - hurried_at;
  if (!hurried || !start_under_way()) return UINT32_MAX;
  return gone < PATIENCE ? PATIENCE - gone : 0;
}

void tell_failure(const char *format, const char *what)
{
  static int      last;
  static uint32_t when;
  uint32_t        t = now_ms();
  if (job.error == last && t - when < 60000) return;
  last = job.error, when = t;
  tell(format, subject(), what, reason());
}

static amt_event last_event;

/* No part of a Start was sent, or it was refused and will be repeated. While
   words of its reply are lent (AMT_SERVER_TEXT), this is not decided yet. */
static int not_begun(void)
{
  return opt.type == START && *job_id == 0 && known_code < 0 &&
         job.start == AMT_START_NONE && !start_under_way() &&
         last_event != AMT_SERVER_TEXT;
}

static int leave_unbegun(void)
{
  char why[60];
  int  code = signals ? AMT_CODE_KILLED : AMT_CODE_WEB_SERVER_ERROR;
  return not_started(code, code, !signals ? "the time of --timeout is over" :
                     text(why, sizeof why, "%s came before the Start",
                          signal_name(signals)));
}

/* Leaves the job: now, and returns a status; or as soon as its id is known, and
   returns -1. */
static int leave(const char *word)
{
  int code = known_code;
  if (code < 0 && log_wanted() && amt_status_ends(job.status))
    code = (int)job.status;
  if (code >= 0) {
    amt_drop(&pool, &job);
    return ended(code, "left before they were fetched");
  }
  if (*job_id != 0) return part(word);
  tell("leaving %s as soon as its id is known, in %d s at the latest",
       subject(), PATIENCE / 1000);
  parting = word;
  return -1;
}

/* The first signal. A job whose Start is under way is waited for until its id
   is known. A status, or -1: go on. */
static int interrupted(void)
{
  if ((opt.type != START && opt.type != ATTACH) || known_code >= 0 ||
      opt.detach)
    return leave("detached");
  tell("%s: killing %s and waiting for its end; a second signal leaves at "
       "once", signal_name(signals), subject());
  amt_stop(&job, AMT_KILL);
  return -1;
}

static int started(void);

/* Waits no longer for a Start's answer. The id may have come already. */
static int start_unanswered(void)
{
  int status;
  amt_drop(&pool, &job);
  if (job.start != AMT_START_KNOWN)
    return unknown("its Start was sent, and not answered in time",
                   " before you start it again");
  status = started();
  if (status < 0) {
    begin_by_id();
    amt_stop(&job, AMT_KILL);
  }
  return status;
}

/* What a signal and --timeout do, once each. A status, or -1: go on. */
static int hurry(void)
{
  static int noticed, late;
  int        by_signal = signals != 0 && !noticed;
  int        by_time = !late && timed_out();
  if ((by_signal || by_time) && !hurried) hurried_at = now_ms();
  hurried = hurried || by_signal || by_time;
  if (hurried && not_begun()) return leave_unbegun();
  if (by_signal) {
    noticed = 1;
    return interrupted();
  }
  if (by_time) {
    late = 1;
    return leave("timed-out");
  }
  return patience_left() == 0 ? start_unanswered() : -1;
}

void wait_a_while(void)
{
  uint32_t ms = job.wait, gone = now_ms() - began;
  int      want = amt_http_want(&conn.http);
  if (live_wanted && ms > 1000) ms = 1000;
  if (ms > patience_left()) ms = patience_left();
  if (conn.http.state == AMT_CONN_OPENING && ms > 250) ms = 250; /* addresses */
  if (opt.timeout != 0 && parting == NULL)
    ms = gone >= opt.timeout ? 0
       : opt.timeout - gone < ms ? opt.timeout - gone : ms;
  if (want == AMT_WANT_NOW && conn.http.state == AMT_CONN_IDLE) {
    amt_http_close(&conn.http); /* something came unasked: it is of no use */
    want = AMT_WANT_NOTHING;
  }
  if (want == AMT_WANT_NOW) ms = 0;
  wait_for(&sock, want != AMT_WANT_NOTHING && (want != AMT_WANT_WRITE ||
           conn.http.state == AMT_CONN_SENDING), want == AMT_WANT_WRITE, ms);
}

/* AMT_STARTING: the state file says so before anything is sent. A status, or
   -1: go on. */
static int starting(void)
{
  char why[WORDS];
  if (state_fd >= 0 && write_state("") != 0) {
    text(why, sizeof why, "%s: %s", opt.state, error_words(errno));
    return not_started(EXIT_CONFIG, AMT_CODE_ERROR, why);
  }
  if (opt.id_file != NULL) file_remove(opt.id_file); /* of another job */
  log_event(SIGNED_IN);
  prepare_last_words(EXIT_UNKNOWN, "start-unknown: %s: left before its "
                     "answer; look for it at the server before you start it "
                     "again%s%s", subject(), opt.state ? ", then remove " : "",
                     either(opt.state, ""));
  return -1;
}

void prepare_to_part(void)
{
  prepare_last_words(EXIT_GOES_ON, "detached: %s goes on there; to go on with "
                     "it: %s", subject(), attach_command());
}

void write_id_file(void)
{
  char   line[AMT_ID_SIZE + 1];
  size_t n;
  if (opt.id_file == NULL) return;
  n = strlen(text(line, sizeof line, "%s\n", job_id));
  if (write_whole(opt.id_file, line, n) != 0)
    tell("%s: %s; the id of %s is not there", opt.id_file, error_words(errno),
         subject());
}

/* AMT_STARTED: the job exists, and its id is known. Likewise. */
static int started(void)
{
  take_id(job.id);
  if (state_fd >= 0 && write_state(job_id) != 0)
    tell("%s: %s; should this run be cut off, go on with %s", opt.state,
         error_words(errno), attach_command());
  write_id_file();
  prepare_to_part();
  if (parting != NULL) return part(parting);
  if (!opt.quiet && !opt.no_wait && *resumed == 0)
    tell("started: %s", subject());
  log_event(STARTED);
  if (!opt.no_wait || signals) return -1;
  crlf = opt.crlf; /* it is no log */
  if (opt.format == JSON) forms[JSON].event(STARTED);
  else put_value(job_id), put_text("\n");
  sink_flush(&out);
  if (out.error != 0) tell("started: %s", subject());
  amt_drop(&pool, &job);
  over = 1;
  return out.error != 0 ? EXIT_IO : 0;
}

/* Fetches no more of the log: it might have no end. A job that has not ended is
   watched without it. */
static int drop_log(void)
{
  if (known_code < 0 && amt_status_ends(job.status)) known_code = job.status;
  if (known_code >= 0 || !log_wanted()) {
    amt_drop(&pool, &job);
    if (known_code >= 0) return ended(known_code, too_long);
    if (log_open) log_text(NULL, 0, "", 0, 0, 1);
    tell("%s: messages are missing here: %s", subject(), too_long);
    sink_flush(&out);
    close_log();
    return 0;
  }
  if (session.messages == AMT_NEVER) return -1;
  session.messages = AMT_NEVER;
  repaired += job.repaired;
  amt_drop(&pool, &job);
  begin_by_id();
  if (signals) amt_stop(&job, AMT_KILL);
  return -1;
}

/* A status to leave with, or -1. */
static int message(void)
{
  size_t n = log_room(job.msg, job.msg_len);
  int    last = !job.msg_more || log_cut;
  if (n == 0 && log_cut && job.msg_first)
    return drop_log();
  if (known_code < 0) live_message(job.msg, n, job.msg_first);
  if (opt.follow && opt.format == ACS && known_code < 0)
    live_text(job.msg, n, job.msg_first, last);
  else
    log_text(&job, known_code < 0 ? (int)job.status : known_code, job.msg, n,
             job.msg_first, last);
  if (known_code < 0) messages += !job.msg_more;
  else fetched += !job.msg_more;
  return log_cut ? drop_log() : -1;
}

int change_type(void)
{
  int st = job.http_status;
  if (other_tried || opt.type == START || opt.id_text || job.status >= 0 ||
      job.op == AMT_SIGN_IN || opt.id[strspn(opt.id, "0123456789")] != 0 ||
      job.error == 0 || st / 100 != 4 || st == 401 || st == 408 || st == 425 ||
      st == 429) return 0;
  other_tried = 1;
  id_type = *job.id != '"';
  return 1;
}

/* 1 if the id's other JSON type is tried now. */
static int other_type(void)
{
  if (!change_type()) return 0;
  amt_drop(&pool, &job);
  begin_by_id();
  return 1;
}

/* AMT_STATUS. */
static void status_changed(void)
{
  hide(job_status, sizeof job_status, job.name,
       strlen(job.name) + 1 == sizeof job.name);
  no_status = job.error == AMT_E_NO_STATUS;
  if (no_status && opt.type != MONITOR)
    tell("%s: %s", subject(), no_status_words());
  if (*resumed != 0 && !signed_in) log_event(STARTED);
  log_event(STATUS);
}

/* AMT_STOP_ANSWERED, AMT_RETRYING: a call that was refused, or failed. */
static void refused(amt_event event)
{
  if (event == AMT_STOP_ANSWERED && signals != 0) signal_served = 1;
  if (other_type() || (event == AMT_RETRYING && !hurried &&
                       try_next_server(0))) return;
  if (event == AMT_RETRYING)
    tell_failure("%s: %s%s; trying again", "");
  else if (job.error != 0)
    tell_failure("%s: not %s: %s; asking again",
                 opt.type == STOP ? "stopped" : "killed");
}

/* One event: a status to leave with, or -1. */
static int react(amt_event event)
{
  static int op = -1;
  int        status = -1;
  last_event = event;
  if (job.op != op) forget_said(); /* a call was repeated without an event */
  op = job.op;
  switch (event) {
  case AMT_STARTING:
    stay_with_server();
    status = starting();
    break;
  case AMT_STARTED: status = started(); break;
  case AMT_STATUS: status_changed(); break;
  case AMT_MESSAGE: return message();
  case AMT_SERVER_TEXT: keep_said(); return -1;
  case AMT_STOP_ANSWERED: case AMT_RETRYING: refused(event); break;
  case AMT_DONE:
    if (!fetch_again()) return done();
    break;
  case AMT_FAILED:
    if (!other_type() && (hurried || !try_next_server(1))) return failed();
    break;
  default:
    sink_flush(&out);
    live_draw();
    wait_a_while();
    return -1;
  }
  forget_said();
  return status;
}

int run(void)
{
  int status = -1;
  if (state_intent)
    return unknown("an earlier run was cut off before it knew whether the "
                   "server had started it; nothing was sent now", "");
  if (state_missed)
    return unknown("the run that was waited for has ended it, or never "
                   "started it; nothing was sent now",
                   " and at that run's log");
  if (*resumed != 0 && opt.no_wait) return started();
  while (status < 0) {
    status = hurry();
    if (status < 0) status = react(amt_poll(&pool, &job, now_ms()));
  }
  return status;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
