/* outcome.c - events and errors into words and an exit status. */

#include "outcome.h"
#include "begin.h"
#include "chars.h"
#include "holes.h"
#include "job.h"
#include "keep.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "secrets.h"
#include "session.h"
#include "signals.h"
#include "state.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "tls.h"
#include "wire.h"

static char sentence[LINE]; /* that tells the outcome */

int over;

int known_code = -1;

uint32_t repaired;
uint32_t fetched;
static int      gap;      /* messages were lost while they were followed */
int other_tried;
int no_status;

/* What the server says about this call, by AMT_MSG_, as far as it fits. */
static struct said { char text[WORDS]; size_t len, all; }
  said[AMT_MSG_LOCATION + 1], *saying = said;

static void said_put(const char *p, size_t n)
{
  while (n-- > 0) {
    if (saying->len + 1 < sizeof saying->text)
      saying->text[saying->len++] = *p;
    p++, saying->all++;
  }
}

static filter said_filter = { said_put, NULL, 0, 0, "" };

void keep_said(void)
{
  if (job.msg_first) {
    filter_end(&said_filter, 1);
    saying = &said[job.msg_kind];
    if (saying->all > 0) said_put("; ", 2);
  }
  filter_put(&said_filter, job.msg, job.msg_len);
  if (!job.msg_more) filter_end(&said_filter, 0);
}

/* What was kept of this kind, up to its last whole character; or "". */
static char *said_text(int kind)
{
  struct said *of = &said[kind];
  filter_end(&said_filter, 1); /* it may have broken off */
  if (of->len < of->all) of->len = whole_chars(of->text, of->len);
  while (of->len > 0 && of->text[of->len - 1] == ' ') of->len--;
  of->text[of->len] = 0;
  return of->text;
}

/* The best kind there is: a text meant for us, else a page, else any string. */
static int best_said(void)
{
  if (*said_text(AMT_MSG_REPLY) != 0) return AMT_MSG_REPLY;
  if (*said_text(AMT_MSG_ERROR) != 0) return AMT_MSG_ERROR;
  return *said_text(AMT_MSG_PAGE) != 0 ? AMT_MSG_PAGE : AMT_MSG_OTHER;
}

void forget_said(void)
{
  int i;
  filter_end(&said_filter, 1);
  for (i = 0; i <= AMT_MSG_LOCATION; i++) said[i].len = said[i].all = 0;
}

/* For a reply that has no words of its own. */
static const char *http_words(unsigned status)
{
  switch (status) {
  case 400: return " (bad request)";
  case 404: return " (nothing is there)";
  case 405: return " (not by this method)";
  case 408: return " (the request came too slowly)";
  case 411: return " (a length is required)";
  case 413: return " (the request is too large)";
  case 415: return " (not in this format)";
  case 429: return " (too many requests)";
  case 500: return " (an error inside the server)";
  case 502: return " (a proxy got no good reply)";
  case 503: return " (unavailable)";
  case 504: return " (a proxy got no reply in time)";
  default: return "";
  }
}

/* Where "check name and password" would be no help. */
static const char *in_windows_words(const char *wants)
{
  if (strncmp(wants, "NTLM", 4) != 0 && strncmp(wants, "Negotiate", 9) != 0)
    return "";
  return ", the sign-in of Windows, which is not known here: let the site take "
         "anonymous requests";
}

/* Why the call failed, as the reply's head and body tell it, such as `HTTP 503,
   the server says "down": `; or "". The server's own double quotes become
   single ones: they would end ours. */
static const char *its_words(void)
{
  static char words[3 * WORDS];
  char        status[20] = "", cut[50] = "", *its, *q;
  int         kind = best_said();
  unsigned    code = job.http_status;
  const char *to = said_text(AMT_MSG_LOCATION);
  const char *wants = said_text(AMT_MSG_CHALLENGE);
  its = said_text(kind);
  for (q = its; (q = strchr(q, '"')) != NULL; q++) *q = '\'';
  if (said[kind].all >= sizeof said->text)
    text(cut, sizeof cut, " [cut here, of %u bytes]",
         (unsigned)said[kind].all);
  if (code / 100 == 2) code = 0;
  if (code != 0) text(status, sizeof status, "HTTP %u", code);
  if (code == 0 && *its == 0) return "";
  return text(words, sizeof words, "%s%s%s%s%s%s%s%s%s%s: ", status,
              *to ? " to " : "", to, *its ? code ? ", the server says \"" :
              "the server says \"" : http_words(code), its, *its ? cut : "",
              *its ? "\"" : "", *wants ? ", it wants " : "", wants,
              in_windows_words(wants));
}

const char *reason(void)
{
  static char words[6 * WORDS];
  const char *cause = "", *system = "";
  int         e = job.cause != 0 ? job.cause : job.error, error = job.error;
  if (job.error == AMT_E_CANCELLED) e = job.error;
  if (job.error == AMT_E_LOST) error = e; /* the rest is said around it */
  if (e != error) cause = amt_error(e);
  if ((e == AMT_E_CONNECT || e == AMT_E_RESET) && sock.sys_error != 0)
    system = net_words(sock.sys_error);
  if (e == AMT_E_TIMEOUT && net_asks())
    system = "the name service has not answered yet";
  return text(words, sizeof words, "%s%s%s%s%s%s%s", its_words(),
              amt_error(error), *cause ? ": " : "", cause, tls_words(e),
              *system ? ": " : "", system);
}

const char *no_status_words(void)
{
  static char words[WORDS];
  return text(words, sizeof words, "%s (reply.status: %s)",
              amt_error(AMT_E_NO_STATUS),
              either(wire.reply[AMT_REPLY_STATUS], ""));
}

/* What to do about a job that ended with this code, as published. */
static const char *advice(int code)
{
  switch (code) {
  case AMT_CODE_ERROR:
    return opt.script
      ? "; with a script this often means that its file is not there: verify "
        "that the path in -fn exists on the server"
      : "; see the job log";
  case AMT_CODE_WEB_SERVER_ERROR:
    return "; verify that the URL is right and that the server runs and can be "
           "reached from here, then restart the job";
  case AMT_CODE_AUTHENTICATION_ERROR:
    return "; verify that the API user and its password are right, and that it "
           "exists in the AMT environment";
  case AMT_CODE_INVALID_AMT_USER:
    return "; the user in -u does not exist in the AMT environment: verify its "
           "name, or leave it out to use the application's";
  default: return "";
  }
}

/* The same for a code that the server reports. The job may have run, so nobody
   is told to start it again. */
static const char *advice_to_look(int code)
{
  if ((code == AMT_CODE_WEB_SERVER_ERROR ||
       code == AMT_CODE_AUTHENTICATION_ERROR) &&
      job.start != AMT_START_REFUSED)
    return "; the server reports it; look at the job first, before you start "
           "it again";
  return advice(code);
}

void close_log(void)
{
  uint32_t bytes = repaired + job.repaired;
  keep_close();
  tell_output();
  if (bytes > 0)
    tell("warning: %s: %u bytes of its messages are no UTF-8, or controls; "
         "each was replaced by U+FFFD (--strict-text ends the log there)",
         subject(), (unsigned)bytes);
}

/* Ends a run of one call: MONITOR, MESSAGES, or a STOP that does not wait. 1 if
   this was one, with its status. */
static int once_done(int *status)
{
  if (opt.type == MONITOR) {
    const char *name = amt_status_name(job.status);
    *status = *name != 0 ? (int)job.status : AMT_CODE_UNDEFINED;
    if (opt.format == JSON) forms[JSON].event(STATUS);
    else putf("%d %s\n", (int)job.status, either(name, "?"));
    if (*status == AMT_CODE_UNDEFINED)
      tell_last("undefined: %s: %s%d %s", subject(), no_status ? "" :
                "the server calls its status ", (int)job.status,
                no_status ? no_status_words() : job_status);
  } else if (log_wanted()) {
    return 0;
  } else {
    *status = 0;
  }
  sink_flush(&out);
  close_log();
  return 1;
}

int ended(int status, const char *missing)
{
  if (log_cut) missing = too_long;
  prepare_last_words(status, "amt: %s ended with %d %s, but its log was not "
                     "written whole", subject(), status,
                     amt_status_name(status));
  *sentence = 0;
  if (*missing != 0) {
    text(sentence, sizeof sentence, "messages are missing here: %s", missing);
    tell("%s: %s", subject(), sentence);
  }
  log_end(status, sentence);
  close_log();
  if (*amt_status_name(status) == 0 || status == AMT_CODE_UNDEFINED) {
    text(sentence, sizeof sentence, "%s%s%s%s", *job_status ? ", called " : "",
         job_status, no_status ? ": " : "", no_status ? no_status_words() : "");
    tell_last("undefined: %s ended with %d%s; look at it there, or go on with "
              "it: %s", subject(), status, sentence, attach_command());
    return AMT_CODE_UNDEFINED;
  }
  over = 1;
  if (status != AMT_CODE_DONE)
    tell("%s ended with %d %s%s", subject(), status, amt_status_name(status),
         advice_to_look(status));
  return status;
}

int fetch_again(void)
{
  if (!opt.follow || opt.format != ACS || known_code >= 0 || *job_id == 0)
    return 0;
  known_code = job.code;
  gap = job.error == AMT_E_GAP;
  repaired = 0;
  log_bytes = 0;
  log_cut = 0;
  amt_once(&job, &session, AMT_MESSAGES, &task, json_id(job_id));
  return 1;
}

/* Why messages are missing, or "". */
static const char *missing(void)
{
  static char words[80];
  if (!job.log_complete) return reason();
  if (gap) return amt_error(AMT_E_GAP);
  if (known_code < 0 || fetched >= messages) return "";
  return text(words, sizeof words, "%u were followed, of which the server has "
              "%u now", (unsigned)messages, (unsigned)fetched);
}

int done(void)
{
  int         status = job.code;
  const char *words;
  if (once_done(&status)) return status;
  if (known_code >= 0) return ended(known_code, missing());
  words = said_text(best_said());
  if (*job_id == 0 && *words != 0) /* it ended with the reply to its Start */
    log_text(NULL, job.code, words, strlen(words), 1, 1);
  return ended(status, missing());
}

int not_sent(void)
{
  return AMT_IS_UNSENT(job.error) &&
         (*job_id == 0 || opt.type != START) && job.http_status == 0;
}

const char *unsent_words(void)
{
  static char words[WORDS];
  const char *word = either(job.msg, "job"), *by = hole_option(word);
  if (job.error != AMT_E_MISSING)
    return text(words, sizeof words, "%s: %s", word, amt_error(job.error));
  return text(words, sizeof words, "required: %s%s%s", word,
              by != NULL ? "; give it by " : "", either(by, ""));
}

/* The exit status of a run that failed. While the job may be running, the
   status never means that it can be started again. */
static int failed_status(void)
{
  if (job.start == AMT_START_UNKNOWN) return EXIT_UNKNOWN;
  if (job.start < AMT_START_UNKNOWN) return job.code;
  if (opt.type == START || opt.type == ATTACH || job.status >= 0)
    return EXIT_GOES_ON;
  if (!AMT_IS_REFUSAL(job.error)) return EXIT_GOES_ON;
  return job.error == AMT_E_REFUSED && job.op != AMT_SIGN_IN
           ? AMT_CODE_ERROR : AMT_CODE_AUTHENTICATION_ERROR;
}

/* What to do next, unless the error's words say it. */
static const char *next_step(int status)
{
  if (job.start == AMT_START_REFUSED)
    return "; nothing was started: correct what it names, then start it again";
  if (status != AMT_CODE_WEB_SERVER_ERROR) return "";
  if (!AMT_IS_TLS(job.error)) return advice(status);
  return opt.type == START ? "; nothing was started" : "";
}

int failed(void)
{
  int         status;
  if (known_code >= 0) return ended(known_code, reason());
  over = job.start == AMT_START_NONE || job.start == AMT_START_REFUSED;
  if (not_sent())
    return wrong(opt.wire ? EXIT_CONFIG : EXIT_USAGE,
                 either(opt.wire, "not sent"), "%s", unsent_words());
  status = failed_status();
  if (other_tried && job.status < 0) id_type = -1; /* neither was right */
  text(sentence, sizeof sentence, "%s: %s%s", subject(), reason(),
       next_step(status));
  if (log_wanted())
    log_end(status == EXIT_GOES_ON || status == EXIT_UNKNOWN
              ? AMT_CODE_UNDEFINED : status, sentence);
  close_log();
  if (status == EXIT_GOES_ON)
    tell_last("server-lost: %s; it may go on there: %s", sentence,
              attach_command());
  else if (status == EXIT_UNKNOWN)
    tell_last("start-unknown: %s%s%s", sentence,
              opt.state ? "; then remove " : "", either(opt.state, ""));
  else
    tell("%s", sentence);
  return status;
}

int part(const char *word)
{
  amt_drop(&pool, &job);
  text(sentence, sizeof sentence, "%s goes on there; to go on with it: %s",
       subject(), attach_command());
  if (log_wanted()) log_end(AMT_CODE_UNDEFINED, sentence);
  close_log();
  tell_last("%s: %s", word, sentence);
  return EXIT_GOES_ON;
}

int not_started(int status, int code, const char *why)
{
  amt_drop(&pool, &job);
  over = 1;
  text(sentence, sizeof sentence, "%s: %s; nothing was started", subject(),
       why);
  if (log_wanted()) log_end(code, sentence);
  close_log();
  tell("%s", sentence);
  return status;
}

int unknown(const char *why, const char *again)
{
  int remains = opt.state != NULL && !state_missed;
  text(sentence, sizeof sentence, "%s: %s: look for it at the server%s%s%s",
       subject(), why, again, remains ? ", then remove " : "",
       remains ? opt.state : "");
  if (log_wanted()) log_end(AMT_CODE_UNDEFINED, sentence);
  close_log();
  tell_last("start-unknown: %s", sentence);
  return EXIT_UNKNOWN;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
