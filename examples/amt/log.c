/* log.c - the job log in four forms.

   A form writes the beginning of the log, events, the head before the messages,
   each piece of a message, and the tail after them. Each may be nothing. The
   first two forms are those of the published connectors, byte for byte. */

#include "log.h"
#include "chars.h"
#include "clock.h"
#include "job.h"
#include "options.h"
#include "output.h"
#include "text.h"
#include <string.h>

static void put_rule(const char *title, size_t width)
{
  static const char dashes[] = "-----------------------------------------------"
                               "----------------------------";
  put_text(title);
  put(dashes, width - strlen(title));
  put_text("\n");
}

/* --- acs: each message is a JSON string --- */

/* "Label           : value" */
static void put_field(const char *label, const char *value)
{
  putf("%16s: ", label);
  put_value(value);
  put_text("\n");
}

static void acs_head(int code)
{
  put_rule("", 75);
  put_rule("Job Information ", 75);
  put_field("Server", opt.server);
  put_field("Application", opt.application);
  if (opt.type == START) {
    put_field("Submit User", either(opt.submit_user, "BATCH"));
    put_field("Station", either(opt.station, "OPCON"));
    put_field("Queue Name", either(opt.queue, ""));
    put_field(opt.script ? "Script Job" : "Batch Job", job_name());
    put_text("Parameters      :");
    put_list(&opt.parameters, " ");
    put_list(&opt.task_values, opt.parameters.count ? ", " : " ");
    put_text("\n");
  } else {
    put_field("Batch Request Id", opt.id);
  }
  put_rule("", 75);
  put_field("Completion Code", amt_status_name(code));
  put_rule("", 75);
  put_rule("Job Log ", 75);
}

static void acs_text(const amt_job *from, const char *t, size_t len, int first,
                     int last)
{
  (void)from;
  if (first) put("\"", 1);
  put_inside(t, len);
  if (last) put("\"\n", 2);
}

static void acs_tail(int code)
{
  (void)code;
  put_rule("", 75);
}

/* --- connector: each line has its time --- */

enum { MAIN, EXECUTOR };

static void connector_prefix(int who)
{
  look_at_clock();
  putf("%s.%3u [main] [%s] %s %s : ", now.clock, now.ms,
       who == MAIN ? "AMTConnector" : "AMTJobExecutorImpl", now.date,
       now.clock);
}

static void connector_rule(int who, const char *title)
{
  connector_prefix(who);
  put_rule(title, who == MAIN ? 71 : 65);
}

static void connector_field(const char *label, const char *value)
{
  connector_prefix(MAIN);
  putf("%24s: ", label);
  put_value(value);
  put_text("\n");
}

static void connector_list(const char *label, const list *l)
{
  connector_prefix(MAIN);
  putf("%24s: ", label);
  put_list(l, "");
  put_text(l->count == 0 ? "null\n" : "\n");
}

static void connector_begin(void)
{
  char version[40];
  text(version, sizeof version, "%d.%d.%d", AMT_VERSION_MAJOR,
       AMT_VERSION_MINOR, AMT_VERSION_PATCH);
  connector_rule(MAIN, "");
  connector_field("SMA AMT Connector", version);
  connector_field("-jt (job type)", types[opt.type]);
  connector_field("-an (application Name)", opt.application);
  connector_field("-jn (job name)", either(opt.job, "null"));
  connector_field("-fn (file name)", either(opt.script, "null"));
  connector_list("-pa (Parameters)", &opt.parameters);
  connector_field("-u  (user)", either(opt.user, "default"));
  connector_list("-tv (task value)", &opt.task_values);
  if (opt.id != NULL) connector_field("-id (BatchrequestId)", opt.id);
  connector_rule(MAIN, "");
}

static void connector_event(int what)
{
  if (what == STATUS) return;
  if (what == SIGNED_IN) {
    connector_prefix(EXECUTOR);
    put_text("Authentication successful\n");
  }
  connector_prefix(EXECUTOR);
  put_text("Job '");
  put_value(job_name());
  putf("' %s", what == SIGNED_IN ? types[opt.type] : "started in AMT "
       "Environment : BatchrequestId '");
  if (what == STARTED) put_value(job_id);
  put_text(what == SIGNED_IN ? " request received\n" : "'\n");
}

static void connector_head(int code)
{
  (void)code;
  connector_rule(EXECUTOR, "Job log ");
}

/* --- messages as lines ---

   A LF begins the next line; a CR before it is left out. Of the other controls,
   only the tab stays. The rest become '?', so that no message can forge a line
   or control a terminal. */

static struct { int begins, cr; } line_state; /* a line begins; a CR waits */

static void put_in_line(const char *t, size_t n, void (*prefix)(void))
{
  if (line_state.begins && prefix != NULL) prefix();
  line_state.begins = 0;
  if (line_state.cr) put("?", 1);
  line_state.cr = 0;
  put(t, n);
}

static void put_lines(const char *t, size_t len, void (*prefix)(void))
{
  while (len > 0) {
    int    harmless;
    size_t n = plain_run(t, len, '\t');
    if (n > 0) {
      put_in_line(t, n, prefix);
    } else if (*t == '\r' && !line_state.cr) {
      n = 1;
      line_state.cr = 1;
    } else if (*t == '\n') {
      n = 1;
      line_state.cr = 0;
      put_in_line(t, n, prefix);
      line_state.begins = 1;
    } else {
      n = next_char(t, len, &harmless);
      put_in_line("?", 1, prefix);
    }
    t += n, len -= n;
  }
}

/* Each line of a message has the time, so none can pass for a line of ours. */
static void executor_prefix(void) { connector_prefix(EXECUTOR); }

static void connector_text(const amt_job *from, const char *t, size_t len,
                           int first, int last)
{
  (void)from;
  if (first) {
    executor_prefix();
    line_state.begins = line_state.cr = 0;
  }
  put_lines(t, len, executor_prefix);
  if (last && !line_state.begins) put("\n", 1);
}

static void connector_tail(int code)
{
  connector_rule(EXECUTOR, "End Job log ");
  connector_rule(MAIN, "");
  connector_prefix(MAIN);
  putf("Connector completed with return code %d\n", code);
  connector_rule(MAIN, "");
}

/* --- text: the messages and nothing else --- */

static void plain_text(const amt_job *from, const char *t, size_t len,
                       int first, int last)
{
  (void)from;
  if (first) line_state.begins = line_state.cr = 0;
  put_lines(t, len, NULL);
  if (last) put("\n", 1);
}

/* --- json: one object per line, as things happen --- */

static void json_member(const char *before, const char *value)
{
  if (empty(value)) return;
  put_text(before);
  put_inside(value, strlen(value));
  put_text("\"");
}

static void json_event(int what)
{
  if (what == STARTED) {
    put_text("{\"event\":\"started\"");
    json_member(",\"id\":\"", job_id);
    put_text("}\n");
  }
  if (what != STATUS) return;
  putf("{\"event\":\"status\",\"code\":%d", (int)job.status);
  json_member(",\"status\":\"",
              either(job_status, amt_status_name(job.status)));
  put_text("}\n");
}

static void json_text(const amt_job *from, const char *t, size_t len, int first,
                      int last)
{
  if (first) {
    put_text("{\"event\":\"message\"");
    if (from != NULL && from->has_sequence) {
      char    number[24];
      amt_window o;
      amt_window_init(&o, number, sizeof number, 0);
      amt_put_number(&o, from->sequence);
      put_text(",\"sequence\":");
      put(number, o.len);
    }
    if (from != NULL) json_member(",\"time\":\"", from->time);
    put_text(",\"text\":\"");
  }
  put_inside(t, len);
  if (last) put_text("\"}\n");
}

static void json_tail(int code)
{
  put_text("{\"event\":\"end\"");
  json_member(",\"id\":\"", opt.type == START ? job_id : opt.id);
  putf(",\"code\":%d", code);
  json_member(",\"status\":\"", amt_status_name(code));
  put_text("}\n");
}

static void none(void) {}
static void no_code(int code) { (void)code; }

const form forms[] = {
  { none, no_code, acs_head, acs_text, acs_tail },
  { connector_begin, connector_event, connector_head, connector_text,
    connector_tail },
  { none, no_code, no_code, plain_text, no_code },
  { none, json_event, no_code, json_text, json_tail },
};

/* --- for every form --- */

int log_begun, head_put;
int signed_in;
int log_open;

int log_wanted(void)
{
  return opt.type != MONITOR && opt.type != MESSAGES &&
         !(opt.no_wait && opt.type != START);
}

void log_begin(void)
{
  if (!log_begun) forms[opt.format].begin();
  log_begun = 1;
}

void log_event(int what)
{
  if (!log_wanted() || opt.no_wait) return;
  if (!signed_in) forms[opt.format].event(SIGNED_IN);
  signed_in = 1;
  if (what != SIGNED_IN) forms[opt.format].event(what);
}

void log_text(const amt_job *from, int code, const char *t, size_t len,
              int first, int last)
{
  if (log_wanted()) {
    log_begin();
    if (!head_put) forms[opt.format].head(code);
    head_put = 1;
  }
  if (len > 0 || first || last)
    forms[opt.format].text(from, t, len, first, last);
  log_open = !last;
}

/* --- --max-log --- */

uint64_t log_bytes;
int log_cut;

size_t log_room(const char *t, size_t len)
{
  size_t n = len;
  if (log_cut) return 0;
  if (opt.max_log != 0 && len > opt.max_log - log_bytes) {
    log_cut = 1;
    n = (size_t)(opt.max_log - log_bytes);
    while (n > 0 && ((unsigned char)t[n] & 0xC0u) == 0x80u) n--;
  }
  log_bytes += n;
  return n;
}

const char too_long[] = "the log is longer than --max-log allows";

void log_end(int code, const char *error)
{
  if (log_open) log_text(NULL, code, "", 0, 0, 1);
  log_text(NULL, code, error, strlen(error), *error != 0, *error != 0);
  log_open = 0;
  forms[opt.format].tail(code);
  sink_flush(&out);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
