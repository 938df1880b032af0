/* probe.c - which words of the wire table fit.

   A second tokenizer reads the replies' bodies, and keeps the way to each
   value: "result.job.status", "Messages[].Text". */

#include "probe.h"
#include "holes.h"
#include "job.h"
#include "options.h"
#include "outcome.h"
#include "output.h"
#include "report.h"
#include "run.h"
#include "session.h"
#include "signals.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "trace.h"
#include "wire.h"
#include "write.h"
#include <string.h>

static struct {
  amt_json json;
  char     path[256];                /* filled up with dots if it was cut */
  size_t   base[AMT_JSON_DEPTH + 1]; /* the path's length in each container */
  char     unread[600];              /* ways that no word names, */
  int      more;                     /* and there are more of them */
  unsigned words;                    /* bits of AMT_REPLY_ that were seen */
  int      objects;                  /* the list's elements are objects */
} look;

/* 1 if the way is one of the name's alternatives. */
static int is_alternative(const char *name, const char *way)
{
  char   one[256]; /* see is_reply_name */
  size_t n;
  for (;; name += n + 1) {
    n = strcspn(name, "|");
    memcpy(one, name, n);
    one[n] = 0;
    if (same_word(one, way)) return 1;
    if (name[n] == 0) return 0;
  }
}

/* The way without its "[]", which do not count. */
static const char *without_lists(const char *way)
{
  static char bare[sizeof look.path];
  char       *to = bare;
  for (; *way != 0; way++)
    if (way[0] == '[' && way[1] == ']') way++;
    else if (*way != '.' || to != bare) *to++ = *way;
  *to = 0;
  return bare;
}

static int is_of_element(int word)
{
  return word >= AMT_REPLY_SEQUENCE && word <= AMT_REPLY_TEXT;
}

/* The part of look.path inside an element of the list of messages; or NULL. */
static const char *way_in_element(void)
{
  const char *list_at = wire.reply[AMT_REPLY_MESSAGES], *end = look.path;
  char        before[sizeof look.path];
  while (list_at != NULL && (end = strstr(end, "[]")) != NULL) {
    text(before, sizeof before, "%s", look.path);
    before[end - look.path] = 0;
    end += 2;
    if (is_alternative(list_at, without_lists(before)))
      return *end == '.' ? end + 1 : end;
  }
  return NULL;
}

/* The way that a word of the table names. */
static char *way_of(int word, char *to, size_t room)
{
  const char *list_at = wire.reply[AMT_REPLY_MESSAGES];
  const char *name = wire.reply[word];
  if (!is_of_element(word)) return text(to, room, "%s", name);
  return text(to, room, "%s[]%s%s", either(list_at, ""), *name ? "." : "",
              name);
}

/* Words that the reply to a call may have, as bits. */
static unsigned words_of(amt_op op)
{
  if (op == AMT_SIGN_IN)
    return 1u << AMT_REPLY_TOKEN | 1u << AMT_REPLY_EXPIRES |
           1u << AMT_REPLY_MESSAGE | 1u << AMT_REPLY_SUCCESS;
  if (op == AMT_MONITOR)
    return 1u << AMT_REPLY_ID | 1u << AMT_REPLY_STATUS |
           1u << AMT_REPLY_MESSAGE | 1u << AMT_REPLY_SUCCESS;
  return 1u << AMT_REPLY_MESSAGES | 1u << AMT_REPLY_MORE |
         1u << AMT_REPLY_SEQUENCE |
         1u << AMT_REPLY_TIME | 1u << AMT_REPLY_TEXT | 1u << AMT_REPLY_MESSAGE |
         1u << AMT_REPLY_SUCCESS;
}

/* A value, or a list, stands at look.path: which words name it? */
static void look_at(int is_list)
{
  const char *list_at = wire.reply[AMT_REPLY_MESSAGES];
  const char *inner = way_in_element(), *outer = without_lists(look.path);
  unsigned    words = words_of((amt_op)job.op), named = 0;
  char        way[300];
  int         i;
  for (i = 0; i < AMT_REPLY_COUNT; i++) {
    const char *at = is_of_element(i) ? inner : outer;
    if ((words >> i & 1u) && wire.reply[i] != NULL && at != NULL &&
        is_alternative(wire.reply[i], at)) named |= 1u << i;
  }
  /* Elements that are plain strings are the texts; so is one string. */
  if (job.op == AMT_MESSAGES && list_at != NULL && !is_list &&
      ((inner != NULL && *inner == 0) || is_alternative(list_at, outer)))
    named |= 1u << AMT_REPLY_TEXT;
  look.words |= named;
  text(way, sizeof way, "\"%s\"", look.path);
  if (named != 0 || is_list || strstr(look.unread, way) != NULL) return;
  look.more |= strlen(look.unread) + strlen(way) + 3 > sizeof look.unread;
  if (look.more) return;
  if (*look.unread != 0) strcat(look.unread, ", ");
  strcat(look.unread, way);
}

/* Adds to the way. What does not fit is cut after a whole character, and dots
   fill the path. So nothing can follow, and no word of the table is equal. */
static void look_add(const char *p, size_t n)
{
  size_t len = strlen(look.path), most = sizeof look.path - sizeof "...", i;
  if (len > most) return;
  if (n > most - len) {
    memset(look.path + len, '.', sizeof look.path - 1 - len);
    n = most - len;
    while (n > 0 && ((unsigned char)p[n] & 0xC0u) == 0x80u) n--;
  } else {
    look.path[len + n] = 0;
  }
  for (i = 0; i < n; i++) look.path[len + i] = (char)(p[i] != 0 ? p[i] : '?');
}

/* A piece of a member's name. */
static void look_key(const amt_json_token *t)
{
  if (t->first) look.path[look.base[look.json.depth]] = 0;
  if (t->first && *look.path != 0) look_add(".", 1);
  look_add(t->text, t->len);
}

static void look_token(int type, const amt_json_token *t)
{
  unsigned depth = look.json.depth;
  size_t   n = strlen(look.path);
  switch (type) {
  case AMT_JSON_KEY: look_key(t); break;
  case AMT_JSON_ARRAY:
    look_at(1);
    look_add("[]", 2);
    look.base[depth] = strlen(look.path);
    break;
  case AMT_JSON_OBJECT:
    look.base[depth] = n;
    if (job.op == AMT_MESSAGES && n > 2 && look.path[n - 1] == ']' &&
        (look.words >> AMT_REPLY_MESSAGES & 1u)) look.objects = 1;
    break;
  case AMT_JSON_OBJECT_END: case AMT_JSON_ARRAY_END:
    look.path[look.base[depth]] = 0;
    break;
  case AMT_JSON_NULL: break;
  default:
    if (type > AMT_JSON_NUMBER || t->last) look_at(0);
    break;
  }
}

/* More of a reply's body; NULL begins another reply. */
static void look_through(const unsigned char *p, size_t n)
{
  static char    copy[BUFFER]; /* strings are unescaped in place */
  size_t         at = 0, used;
  amt_json_token t = { "", 0, 0, 0 };
  int            type;
  if (p == NULL) {
    memset(&look, 0, sizeof look);
    return;
  }
  if (n > sizeof copy) n = sizeof copy; /* no read is longer */
  memcpy(copy, p, n);
  while (at < n) {
    type = amt_json_next(&look.json, copy + at, n - at, &used, &t);
    at += used;
    if (type <= 0) break;
    look_token(type, &t);
  }
  wipe(copy, n); /* a token may be in it */
}

/* One call: 1 if it was answered. */
static int probe_call(amt_op op)
{
  memset(&look, 0, sizeof look);
  forget_said();
  amt_once(&job, &session, op, &task,
           opt.id != NULL ? json_id(opt.id) : NULL);
  for (;;) {
    amt_event event = amt_poll(&pool, &job, now_ms());
    if (event == AMT_DONE) return 1;
    if (event == AMT_FAILED) return 0;
    if (event == AMT_SERVER_TEXT) keep_said();
    if (event == AMT_RETRYING) tell_failure("%s: %s%s; trying again", "");
    if (event == AMT_BUSY) wait_a_while();
    if (!signals && !timed_out()) continue;
    amt_drop(&pool, &job);
    job.code = AMT_CODE_WEB_SERVER_ERROR;
    return 0;
  }
}

/* A job in an unknown state is given up after ten looks. */
static void report_status(void)
{
  if (job.op != AMT_MONITOR || *job.name == 0) return;
  put_text("  warning: the status ");
  put_value(job.name);
  put_text(" is not known here; the wire file may say its code, with a line "
           "status.NAME = CODE\n");
}

/* Prints which words of the table were in the last reply. 1 if none was missing
   that must be there. */
static int probe_report(void)
{
  static const uint8_t needed[AMT_CALLS] = { AMT_REPLY_TOKEN, 0, 0, 0,
                                             AMT_REPLY_STATUS,
                                             AMT_REPLY_MESSAGES };
  static const char *const names[AMT_CALLS] = { "sign_in", "", "", "",
                                                "monitor", "messages" };
  const char *path = shown.call[job.op].path;
  unsigned    words = words_of((amt_op)job.op);
  int         i, good = 1;
  char        way[300];
  putf("%s: %s ", names[job.op], wire.call[job.op].method);
  put_spelled(path, path + strlen(path));
  if (job.http_status == 0) {
    put_text(": no reply\n");
    return 0;
  }
  putf(": HTTP %u\n", (unsigned)job.http_status);
  for (i = 0; i < AMT_REPLY_COUNT; i++) {
    const char *verdict = "not there, optional";
    if (!(words >> i & 1u)) continue;
    if (i == AMT_REPLY_SUCCESS && wire.reply[i] == NULL) continue;
    if (look.words >> i & 1u) verdict = "fits";
    else if (i == needed[job.op] || (i == AMT_REPLY_TEXT && look.objects))
      verdict = "missing", good = 0;
    else if (wire.reply[i] == NULL) verdict = "not read";
    putf("  %16s", wire_name(&wire.reply[i]));
    if (wire.reply[i] == NULL) text(way, sizeof way, "none");
    else way_of(i, way, sizeof way);
    put_text(way);
    putf(": %s\n", verdict);
    report_word(wire_name(&wire.reply[i]), way, verdict);
  }
  report_status();
  if (*look.unread != 0) {
    put_text("  the reply also has: ");
    put_value(look.unread);
    put_text(look.more ? ", and more\n" : "\n");
  }
  sink_flush(&out);
  return good;
}

static int token_refused(void)
{
  return job.http_status == 401 || job.http_status == 403;
}

/* The name of the header with the token, "" if none has it. */
static char *token_header(char *to, size_t room)
{
  const char *p = wire.headers, *end;
  *to = 0;
  for (; p != NULL && *p != 0 && *to == 0; p = end) {
    end = behind_header(p);
    if (!fills_in(p, end, AMT_HOLE_TOKEN)) continue;
    while (begins_part(*p)) p += 2;
    text(to, room, "%s", p);
    to[strcspn(to, ":")] = 0;
  }
  return to;
}

/* The table's headers, with `way` in place of those that send the token. */
static void exchange_header(char *to, size_t room, const char *way)
{
  const char *p = wire.headers, *end;
  amt_window o;
  amt_window_init(&o, to, room - 1, 0);
  for (; *p != 0; p = end) {
    end = behind_header(p);
    if (!fills_in(p, end, AMT_HOLE_TOKEN)) amt_put(&o, p, (size_t)(end - p));
  }
  amt_put_text(&o, way);
  to[o.len] = 0;
}

/* Repeats a call whose token was refused, with the other known headers for a
   token. 1 if one is accepted: the table keeps it for later calls. *answered:
   what probe_call said. */
static int probe_headers(amt_op op, int *answered)
{
  static const struct { const char *name, *line; } ways[] = {
    { "X-AMT-LogonToken",
      AMT_IF(TOKEN, "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n") },
    { "Authorization",
      AMT_IF(TOKEN, "Authorization: Bearer " AMT_HOLE_TOKEN "\r\n") },
  };
  static char exchanged[HEADER_ROOM + 64];
  const char *headers = wire.headers;
  char        name[WORDS];
  int         i;
  token_header(name, sizeof name);
  if (!signs_in() || *name == 0 || !token_refused()) return 0;
  for (i = 0; i < 2; i++) {
    if (same_word(ways[i].name, name)) continue;
    wire.headers = headers;
    exchange_header(exchanged, sizeof exchanged, ways[i].line);
    wire.headers = exchanged;
    putf("  the token is refused in %s, and ", name);
    *answered = probe_call(op);
    if (job.http_status != 0 && !token_refused()) {
      const char *line = ways[i].line;
      put_text("taken with\n    header = ");
      put_spelled(line + 2, line + strlen(line) - 1);
      put_text("\n");
      return 1;
    }
    putf("in %s as well\n", ways[i].name);
  }
  wire.headers = headers;
  return 0;
}

static int probe_calls(void)
{
  static const amt_op calls[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES };
  size_t              i, n = opt.id != NULL ? 3 : 1;
  int                 good = 1;
  if (session.give_up == 0) session.give_up = AMT_ZERO;
  task.application = either(opt.application, "-");
  for (i = signs_in() ? 0 : 1; i < n; i++) {
    int answered = probe_call(calls[i]);
    if (!answered && !token_refused() && change_type()) {
      answered = probe_call(calls[i]);
      if (answered && id_type == 1)
        put_text("the id is taken as a JSON string alone (--id-text)\n");
    }
    good &= probe_report();
    if (!answered && i > 0 && probe_headers(calls[i], &answered)) {
      good = 0;
      probe_report();
    }
    if (answered) continue;
    if (not_sent())
      return wrong(EXIT_CONFIG, "wire table", "%s", unsent_words());
    tell("probe of %s: %s", opt.server, reason());
    return job.code == AMT_CODE_UNDEFINED ? EXIT_CONFIG : job.code;
  }
  if (n == 1)
    put_text("give -an APPLICATION -id ID of a job to try the other calls\n");
  if (!good)
    tell("probe of %s: a reply lacks what is needed; correct the wire table",
         opt.server);
  return good ? 0 : EXIT_CONFIG;
}

int probe(void)
{
  int e = report_begin();
  tap_body = look_through;
  return e != 0 ? e : report_end(probe_calls());
}

/* SPDX-License-Identifier: MIT OR Unlicense */
