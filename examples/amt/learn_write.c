/* learn_write.c - what was found, as a wire file.

   A comment before each line says which exchange it is from, how sure it is and
   what else was possible. What is missing is listed at the end. */

#include "learn_write.h"
#include "chars.h"
#include "files.h"
#include "learn_holes.h"
#include "learn_read.h"
#include "learn_reply.h"
#include "output.h"
#include "tell.h"
#include "system.h"
#include "text.h"
#include "wire.h"
#include <errno.h>
#include <string.h>

static const char *const sures[] = { "a guess", "likely", "sure" };

static amt_window *wire_text;

void line_text(const char *t) { amt_put_text(wire_text, t); }

void line_number(unsigned n) { amt_put_number(wire_text, n); }

void line_clean(const char *t)
{
  size_t n = strlen(t);
  while (n > 0) {
    int    harmless;
    size_t len = next_char(t, n, &harmless);
    amt_put(wire_text, harmless ? t : "?", harmless ? len : 1);
    t += len, n -= len;
  }
}

/* --- what is missing --- */

enum { MISSING = 24, MISSING_ROOM = 6144 };

static char       missed_room[MISSING_ROOM];
static amt_window missed;

void miss(const char *what, const char *format, const char *detail)
{
  char words[512];
  amt_put_text(&missed, "# - ");
  amt_put_text(&missed, what);
  amt_put_text(&missed, ": ");
  amt_put_text(&missed, text(words, sizeof words, format, detail));
  amt_put_text(&missed, "\n");
}

/* --- comments --- */

void comment_from(const exchange *x, int sure)
{
  line_text("# exchange ");
  line_number(x->number);
  line_text(", ");
  put_request_line(wire_text, x);
  line_text(": ");
  line_text(sures[sure]);
}

static void comment_end(const char *more)
{
  if (!empty(more)) line_text("; "), line_text(more);
  line_text("\n");
}

/* --- the calls --- */

static const char *const call_names[] = { "sign_in", "start", "stop", "kill",
                                          "monitor", "messages" };

static void call_line(int op, const char *part)
{
  line_text(call_names[op]);
  line_text(part);
}

static void write_call(int op, const exchange *x, int sure,
                       const hole_rules *r, const char *more)
{
  comment_from(x, sure);
  comment_end(more);
  call_line(op, ".method = ");
  line_text(method_of(x));
  line_text("\n");
  comment_from(x, sure);
  comment_end(more);
  call_line(op, ".path = ");
  fill_path(wire_text, x, r);
  line_text("\n");
  comment_from(x, sure);
  comment_end(more);
  call_line(op, ".body = ");
  fill_body(wire_text, x, r);
  line_text("\n");
}

static void write_sign_in(void)
{
  if (findings.has_sign_in) {
    write_call(AMT_SIGN_IN, &findings.sign_in, SURE, NULL, "its reply brings "
               "what the Start carries");
    if (!(hole_notes.filled >> TOLD_PASSWORD & 1u) &&
        strstr(findings.sign_in.request.head, "Basic ") == NULL)
      miss("the password", "no member of the sign-in looks like one; put "
           "{password} in its place in sign_in.%s", "body");
    return;
  }
  if (findings.token_in_cookie_only) {
    line_text("# what signs in sets a cookie, which a wire file does not read: "
              "sure\n");
    miss("the token", "only the cookie '%s' has it, and a wire file reads "
         "tokens from bodies: see whether the server can give it in one; until "
         "then give each run a fresh one in AMT_TOKEN", findings.cookie);
  } else {
    line_text("# no exchange before the Start brings what it carries: "
              "likely\n");
  }
  line_text("sign_in.path = none\n");
}

static void write_start(void)
{
  write_call(AMT_START, &findings.start, findings.id_sure, NULL,
             "it names the job, and its reply brings the id");
  if (hole_notes.cut)
    miss("the Start's body", "it is longer than 64 kB and was cut%s", "");
}

/* Writes a stop as the captured kill, or a kill as the captured stop. */
static void write_other_ending(int op, const request_shape *of)
{
  hole_rules  r = { NULL, -1, NULL, NULL };
  const char *more = "the capture has no such call: this is its kill";
  int         swapped;
  r.word = op == AMT_STOP ? "KILL" : "STOP";
  r.instead = op == AMT_STOP ? "stop" : "kill";
  if (op == AMT_KILL) more = "the capture has no such call: this is its stop";
  hole_notes.swapped = 0;
  write_call(op, &of->x, GUESS, &r, more);
  swapped = hole_notes.swapped;
  miss(call_names[op], swapped ? "not in the capture; written as the other one "
       "with the word changed: capture one%s" : "not in the capture; the other "
       "one is done in its place: capture one%s", "");
}

/* "Action":"START" in the Start's body: stop and kill may have it, too. */
typedef struct { char name[64]; size_t depth; } action_search;

static void action_spot(void *ctx, const spot *s)
{
  action_search *r = (action_search *)ctx;
  if (s->place == IN_JSON && s->type == AMT_JSON_STRING && s->depth == 1 &&
      same_word(s->text, "START") && strlen(s->name) < sizeof r->name)
    text(r->name, sizeof r->name, "%s", s->name);
}

static void write_endings_by_start(const request_shape *monitor)
{
  static char   body[8192];
  action_search r = { "", 0 };
  char          member[80];
  amt_window    o;
  int           op;
  walk_request(&findings.start, action_spot, &r);
  amt_window_init(&o, body, sizeof body - 1, 0);
  if (monitor != NULL) fill_body(&o, &monitor->x, NULL);
  body[o.len] = 0;
  text(member, sizeof member, "\"%s\":", r.name);
  if (r.name[0] == 0 || body[0] != '{' || body[1] == '}' ||
      strstr(body, member) != NULL) {
    miss("stop and kill", "not in the capture; until they are known the "
         "default's path is asked, which your server refuses: capture a job "
         "that is killed%s", "");
    return;
  }
  for (op = AMT_STOP; op <= AMT_KILL; op++) {
    comment_from(&findings.start, GUESS);
    comment_end("the Start's, with the status call's members");
    call_line(op, ".path = ");
    fill_path(wire_text, &findings.start, NULL);
    line_text("\n");
    comment_from(&findings.start, GUESS);
    comment_end("as its path");
    call_line(op, ".body = {\"");
    line_clean(r.name);
    line_text("\":{action},");
    line_text(body + 1);
    line_text("\n");
  }
  miss("stop and kill", "not in the capture, so guessed by the Start's "
       "\"%s\": capture a job that is killed", r.name);
}

static void write_endings(void)
{
  int op;
  for (op = AMT_STOP; op <= AMT_KILL; op++) {
    int                  other = op == AMT_STOP ? AMT_KILL : AMT_STOP;
    const request_shape *own = findings.of_call[op];
    if (own != NULL)
      write_call(op, &own->x, findings.sure[op], NULL, "it ends the job");
    else if (findings.of_call[other] != NULL)
      write_other_ending(op, findings.of_call[other]);
  }
  if (findings.of_call[AMT_STOP] == NULL && findings.of_call[AMT_KILL] == NULL)
    write_endings_by_start(findings.of_call[AMT_MONITOR]);
}

/* Which number in a request for messages says where the log goes on; or -1. */
static int after_number(const request_shape *s, int *sure)
{
  static const char hints[] = "after|since|offset|from|last|seq|skip|=ab|start|"
                              "begin|=pos|position|cursor|index";
  size_t i;
  int    best = -1, most = 0;
  for (i = 0; i < s->numbers; i++) {
    const request_number *n = &s->number[i];
    int score = 4 * n->changed + 2 * hints_at(n->name, hints) +
                (strcmp(n->first, "0") == 0) -
                6 * hints_at(n->name, "limit|count|max|size|take|top|version");
    if (n->changed || hints_at(n->name, hints)) score += 2;
    if (n->changed && !n->follows) continue; /* a counter, or off by one */
    if (score > most && score > 2) best = (int)i, most = score;
  }
  *sure = most >= 6 ? SURE : most >= 4 ? LIKELY : GUESS;
  return best;
}

static void write_watching(const fact *sequence)
{
  const request_shape *s = findings.of_call[AMT_MONITOR];
  hole_rules           r = { NULL, -1, NULL, NULL };
  int                  sure = SURE;
  if (s != NULL)
    write_call(AMT_MONITOR, &s->x, findings.sure[AMT_MONITOR], NULL,
               "its reply has a status");
  else
    miss("monitor", "no call with the id was answered with a status; capture a "
         "job up to its end, with %s", "its status calls");
  s = findings.of_call[AMT_MESSAGES];
  if (s == NULL) {
    miss("messages", "no call with the id was answered with a log; capture "
         "a job whose messages are fetched%s", "");
    return;
  }
  r.numbers = s;
  if (sequence != NULL) r.after = after_number(s, &sure);
  if (sure > findings.sure[AMT_MESSAGES]) sure = findings.sure[AMT_MESSAGES];
  write_call(AMT_MESSAGES, &s->x, sure, &r, r.after >= 0
             ? "its reply has the log; a number in it is where that goes on"
             : "its reply has the log");
}

/* --- headers --- */

/* 1 for headers that tell nothing of a site, or that the library writes. */
static int is_common(const char *name)
{
  static const char *const names[] = {
    "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Accept",
    "Accept-Encoding", "Accept-Language", "Accept-Charset", "User-Agent",
    "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade",
    "Expect", "Origin", "Referer", "Cache-Control", "Pragma", "Date", "DNT",
    "Via", "Forwarded", "traceparent", "tracestate", "Request-Id", "Priority",
    "Upgrade-Insecure-Requests", "Content-Encoding", "Request-Context",
    "Correlation-Context", "Content-MD5", "Max-Forwards", "Proxy-Authorization",
    "If-None-Match", "If-Modified-Since", "If-Match", "Range", NULL
  };
  return word_in(names, name) >= 0 || strncmp(name, "Sec-", 4) == 0 ||
         strncmp(name, "sec-", 4) == 0 ||
         strncmp(name, "X-Forwarded-", 12) == 0;
}

/* 1 if another exchange has the same header line. */
static int also_has(const exchange *x, const char *name, const char *value)
{
  const char *p = x->request.head;
  size_t      n = strlen(name), len = strlen(value);
  for (; *p != 0; p += strcspn(p, "\n") + 1) {
    const char *v = p + n + 1;
    if (strncmp(p, name, n) != 0 || p[n] != ':') continue;
    v += strspn(v, " \t");
    if (strncmp(v, value, len) == 0 && v[len] == '\n') return 1;
  }
  return 0;
}

static int has_header(const char *head, const char *name)
{
  size_t n = strlen(name), i;
  for (; *head != 0; head += strcspn(head, "\n") + 1) {
    for (i = 0; i < n && (head[i] | 32) == (name[i] | 32); i++) {}
    if (i == n && head[n] == ':') return 1;
  }
  return 0;
}

static int header_lines;

static void write_header(const char *name, const char *value)
{
  const request_shape *monitor = findings.of_call[AMT_MONITOR];
  char                 line[1024];
  amt_window           o;
  int                  secret, also;
  if (is_common(name) || strlen(value) > 8000) return;
  also = monitor == NULL || also_has(&monitor->x, name, value);
  amt_window_init(&o, line, sizeof line - 1, 0);
  fill_header(&o, name, value, &secret);
  line[o.len] = 0;
  if (!also && strchr(line, '{') == NULL) return; /* only the Start has it */
  comment_from(&findings.start, also ? SURE : LIKELY);
  comment_end(secret ? "a secret: put it in the place of ***" : NULL);
  line_text("header = ");
  line_clean(name);
  line_text(": ");
  if (findings.has_sign_in && same_word(name, "Authorization") &&
      strstr(line, "{token}") != NULL &&
      strstr(findings.sign_in.request.head, "Authorization: Basic ") != NULL) {
    line_text("{?token}");
    line_text(line);
    line_text("{/token}{!token}Basic {basic}{/token}\n");
  } else {
    line_text(line);
    line_text("\n");
  }
  header_lines++;
}

/* Takes the token's cookie and short plain ones; the rest are a browser's. */
static void cookie_spot(void *ctx, const spot *s)
{
  amt_window *o = (amt_window *)ctx;
  char        line[PLACE_NAME + 4];
  int         is_token, plain;
  if (s->place != IN_COOKIE) return;
  is_token = told[TOLD_TOKEN].value != NULL &&
          strcmp(s->text, told[TOLD_TOKEN].value) == 0;
  plain = s->len <= 8 && !is_secret_name(s->name) && !is_masked(s->text) &&
          strstr(findings.set_cookies, text(line, sizeof line, "\n%s\n",
                                            s->name)) == NULL;
  if (!is_token && !plain) return;
  if (o->total > 0) amt_put_text(o, "; ");
  amt_put_text(o, s->name);
  amt_put_text(o, "=");
  if (is_token) amt_put_text(o, "{token}");
  else amt_put(o, s->text, s->len);
}

/* Headers that only the sign-in has, if they have a hole or a secret. */
static void write_sign_in_headers(void)
{
  static char head[HEAD_LINES];
  char        line[1024], *p = head, *next;
  memcpy(head, findings.sign_in.request.head,
         findings.sign_in.request.head_len + 1);
  for (; (next = strchr(p, '\n')) != NULL; p = next + 1) {
    char      *colon = strchr(p, ':'), *value;
    amt_window o;
    int        secret;
    *next = 0;
    if (colon == NULL) continue;
    *colon = 0;
    value = trim(colon + 1);
    if (is_common(p) || same_word(p, "Cookie") || strlen(value) > 1000 ||
        has_header(findings.start.request.head, p)) continue;
    amt_window_init(&o, line, sizeof line - 1, 0);
    fill_header(&o, p, value, &secret);
    line[o.len] = 0;
    if (!secret && strchr(line, '{') == NULL) continue;
    comment_from(&findings.sign_in, SURE);
    comment_end(secret ? "a secret: put it in the place of ***" : NULL);
    line_text("header = {!token}");
    line_clean(p);
    line_text(": ");
    line_text(line);
    line_text("{/token}\n");
    header_lines++;
  }
}

static void write_headers(void)
{
  static char head[HEAD_LINES];
  char        cookies[512], *p = head, *next;
  amt_window  o;
  memcpy(head, findings.start.request.head,
         findings.start.request.head_len + 1);
  for (; *p != 0; p = next) {
    char *colon = strchr(p, ':');
    next = strchr(p, '\n');
    if (next == NULL) break;
    *next++ = 0;
    if (colon == NULL) continue;
    *colon++ = 0;
    if (!same_word(p, "Cookie")) write_header(p, trim(colon));
  }
  if (findings.has_sign_in) write_sign_in_headers();
  amt_window_init(&o, cookies, sizeof cookies - 1, 0);
  walk_headers(findings.start.request.head, cookie_spot, &o);
  cookies[o.len] = 0;
  if (o.len > 0 && o.total == o.len) {
    comment_from(&findings.start, SURE);
    comment_end(NULL);
    line_text("header = Cookie: ");
    line_clean(cookies);
    line_text("\n");
    header_lines++;
  }
  if (header_lines > 0) return;
  comment_from(&findings.start, LIKELY);
  comment_end("its headers say nothing of this site");
  line_text("header = none\n");
}

/* --- all of it --- */

static void miss_list(const char *what, const char *option_name, int note)
{
  if (note == LIST_NOT_TOLD)
    miss(what, "none were told: a job with %s would be started without them; "
         "capture a job that has some, and tell them", option_name);
  if (note == LIST_MISSING)
    miss(what, "those told with %s are not in the Start's request, or in a "
         "form that holes do not have; a text that held them is without them "
         "now", option_name);
  if (note == LIST_NAMED)
    miss(what, "each has a name at this server, which was not told: give them "
         "as %s NAME=VALUE", option_name);
  if (note == LIST_SEPARATOR)
    miss(what, "only one was told, so what stands between two is a guess: "
         "capture a job with two %s", option_name);
  if (note == LIST_REPEATED)
    miss(what, "each is a form's member of the same name, which holes cannot "
         "say; %s is not sent as it should be", option_name);
  if (note == LIST_IN_PATH)
    miss(what, "they are in the path, where holes have no lists; %s does not "
         "reach this server", option_name);
}

static void miss_values(void)
{
  unsigned filled = hole_notes.filled, i;
  if (!(filled >> TOLD_APPLICATION & 1u))
    miss("the application", "its name is in no request that was found%s", "");
  if (!(filled >> TOLD_QUEUE & 1u))
    miss("the queue", opt.queue == NULL ? "none was told: capture a job with "
         "-qn QUEUE%s" : "'%s' is in no request that was found",
         either(opt.queue, ""));
  if (!(filled >> TOLD_USER & 1u))
    miss("the run-as user", opt.user == NULL ? "none was told: capture a job "
         "with -u USER%s" : "'%s' is in no request that was found",
         either(opt.user, ""));
  if (told[TOLD_JOB].value != NULL)
    miss("scripts", "capture one with -fn SCRIPT; until then -fn is refused%s",
         "");
  for (i = 0; i < findings.shapes; i++)
    if (strcmp(method_of(&findings.shape[i].x), "PATCH") == 0)
      miss("a call", "a request by PATCH has the id, and wire files have no "
           "such method%s", "");
  for (i = 0; i < hole_notes.secrets && i < 4; i++)
    miss("a secret", "what '%s' holds was left out; put it in the place of "
         "***, and keep the file to yourself", hole_notes.secret[i]);
  if (hole_notes.other_body)
    miss("a body", "it is neither JSON nor a form, which is all that is "
         "sent%s", "");
  if (!findings.has_sign_in && told[TOLD_TOKEN].value != NULL &&
      !findings.token_in_cookie_only)
    miss("the token", "no sign-in brings it: give it in AMT_TOKEN%s", "");
}

static void write_head(const char *file)
{
  line_text("# A wire file for amt --wire, learned from ");
  line_clean(file);
  line_text(": ");
  line_number(capture_seen.exchanges);
  line_text(" exchanges.\n# Read each comment before the file is used; try it "
            "first with `amt probe --wire FILE`.\n");
  if (capture_seen.broken > 0) {
    line_text("# Passed over in it: ");
    line_number(capture_seen.broken);
    line_text(", the first: ");
    line_clean(either(capture_seen.broken_why, ""));
    line_text("\n");
  }
}

/* 1 if all jobs share the numbers: a job's first ones would seem missing. */
static int is_global(const fact *sequence)
{
  uint64_t first, second;
  return sequence->words > 1 && is_whole_number(sequence->word[0], &first) &&
         is_whole_number(sequence->word[1], &second) && first > 1 &&
         second == first + 1;
}

void write_learned(amt_window *o, const char *file)
{
  const request_shape *s = findings.of_call[AMT_MESSAGES];
  const fact          *text_fact = NULL, *sequence = NULL;
  char                 array[FACT_NAME] = "";
  int                  score;
  wire_text = o;
  amt_window_init(&missed, missed_room, sizeof missed_room - 1, 0);
  if (s != NULL) text_fact = best_log(&s->f, array, sizeof array, &score);
  if (text_fact != NULL && text_fact->list != SIZE_MAX)
    sequence = best_sequence(&s->f, array);
  if (sequence != NULL && after_number(s, &score) < 0 && is_global(sequence))
    sequence = NULL;
  write_head(file);
  write_sign_in();
  write_start();
  write_endings();
  write_watching(sequence);
  write_headers();
  write_replies(s, array, text_fact, sequence);
  miss_list("parameters", "-pa", start_lists[0].note);
  miss_list("task values", "-tv", start_lists[1].note);
  miss_values();
  if (missed.len == 0) return;
  line_text("\n# Not found, and what to capture next:\n");
  amt_put(o, missed_room, missed.len);
}

int learn(void)
{
  static char learned[32768];
  amt_window  o;
  int         e = tell_values();
  if (e == 0) e = find_calls(opt.capture);
  if (e != 0) return e;
  find_credentials();
  find_lists();
  amt_window_init(&o, learned, sizeof learned - 1, 0);
  write_learned(&o, either(file_name(opt.capture), opt.capture));
  forget_credentials();
  e = take_wire_text(opt.capture, learned, o.total > o.len ? sizeof learned
                                                           : o.len);
  if (e != 0) return e;
  if (opt.output == NULL) put(learned, o.len);
  else if (write_whole(opt.output, learned, o.len) != 0)
    return wrong(EXIT_IO, opt.output, "%s", error_words(errno));
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
