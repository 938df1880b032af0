/* server.h - an AMT server in memory, for test_job/ and test_pump.c.

   Include it after amt.h and its implementation. Three layers:
     struct log      what happened, as text: calls and events, line by line
     struct server   takes a call, gives a status and a body
     struct channel  a stream on which that server speaks HTTP

   A test may replace the server's own replies with `steps`, each for the next
   call of its kind. The clock is a variable. */

#ifndef SERVER_H
#define SERVER_H

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define UNUSED __attribute__((unused))
#define ALL ((size_t)-1)

/* --- a text that grows ---------------------------------------------------- */

typedef struct text {
  char  *p;
  size_t len, cap;
} text;

static UNUSED void text_bytes(text *t, const void *p, size_t n)
{
  if (t->len + n + 1 > t->cap) {
    t->cap = (t->len + n + 1) * 2;
    t->p = (char *)realloc(t->p, t->cap);
    assert_non_null(t->p);
  }
  if (n != 0) memcpy(t->p + t->len, p, n);
  t->len += n;
  t->p[t->len] = 0;
}

static UNUSED void text_put(text *t, const char *format, ...)
  __attribute__((format(printf, 2, 3)));
static UNUSED void text_put(text *t, const char *format, ...)
{
  char    buf[4096];
  va_list a;
  int     n;
  va_start(a, format);
  n = vsnprintf(buf, sizeof buf, format, a);
  va_end(a);
  assert_true(n >= 0 && (size_t)n < sizeof buf);
  text_bytes(t, buf, (size_t)n);
}

static UNUSED void text_clear(text *t)
{
  t->len = 0;
  text_bytes(t, "", 0);
}

static UNUSED void text_free(text *t)
{
  free(t->p);
  memset(t, 0, sizeof *t);
}

static UNUSED const char *text_of(text *t)
{
  text_bytes(t, "", 0);
  return t->p;
}

/* A UTF-8 check by RFC 3629, written apart from the library's. */
static UNUSED int utf8_ok(const char *text_, size_t n)
{
  const unsigned char *p = (const unsigned char *)text_;
  size_t               i = 0;
  while (i < n) {
    unsigned c = p[i], len, low = 0x80, high = 0xBF, k;
    if (c < 0x80) len = 0;
    else if (c >= 0xC2 && c <= 0xDF) len = 1;
    else if (c >= 0xE0 && c <= 0xEF) len = 2;
    else if (c >= 0xF0 && c <= 0xF4) len = 3;
    else return 0;
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    if (n - i <= len) return 0;
    for (k = 1; k <= len; k++) {
      if (p[i + k] < low || p[i + k] > high) return 0;
      low = 0x80, high = 0xBF;
    }
    i += len + 1;
  }
  return 1;
}

/* --- a log of what happened ----------------------------------------------- */

static const char *const op_name[] = { "sign-in", "start", "stop", "kill",
                                       "monitor", "messages" };

static UNUSED const char *error_name(int e)
{
  static char number[16];
  const char *name = e == 0 ? "AMT_E_OK" : amt_error_name(e);
  if (*name != 0) return name + sizeof "AMT_E_" - 1;
  snprintf(number, sizeof number, "%d", e);
  return number;
}

typedef struct log {
  struct text text;
  struct text partial; /* the message that is arriving */
  int      in_message;
  unsigned pieces;   /* of all messages */
  unsigned retries;
  int      quiet;    /* 1: no retries and no errors of failed calls */
  int      breaks;   /* 1: the server may lose the rest of a message */
  uint64_t msg_sequence;
  int      msg_has_sequence, msg_kind;
  char     msg_time[sizeof ((amt_job *)0)->time];
} event_log;

static UNUSED void log_free(event_log *l)
{
  text_free(&l->text);
  text_free(&l->partial);
}

/* Adds a piece of a message. No piece may cut a character. */
static UNUSED void log_message(event_log *l, const amt_job *j)
{
  static const char *const kinds[] = { "message", "reply", "server",
                                       "other", "page", "challenge",
                                       "location" };
  size_t i;
  /* After a broken connection, only a log message goes on where it stopped. */
  if (j->msg_first && (l->msg_kind != AMT_MSG_LOG || l->breaks))
    l->in_message = 0;
  assert_int_equal(j->msg_first, !l->in_message);
  assert_true(utf8_ok(j->msg, j->msg_len));
  if (j->msg_first) {
    text_clear(&l->partial);
    l->msg_sequence = j->sequence;
    l->msg_has_sequence = j->has_sequence;
    l->msg_kind = j->msg_kind;
    memcpy(l->msg_time, j->time, sizeof l->msg_time);
    assert_non_null(memchr(j->time, 0, sizeof j->time));
  } else {
    assert_true(j->msg_len > 0 || !j->msg_more);
  }
  assert_int_equal(l->msg_kind, j->msg_kind);
  l->pieces++;
  l->in_message = j->msg_more;
  text_bytes(&l->partial, j->msg, j->msg_len);
  if (j->msg_more) return;
  if (l->quiet && j->msg_kind >= AMT_MSG_ERROR) return;
  text_put(&l->text, "%s", kinds[l->msg_kind]);
  if (l->msg_has_sequence)
    text_put(&l->text, " #%llu", (unsigned long long)l->msg_sequence);
  if (l->msg_time[0]) text_put(&l->text, " @%s", l->msg_time);
  text_put(&l->text, " ");
  for (i = 0; i < l->partial.len; i++) {
    unsigned char c = (unsigned char)l->partial.p[i];
    if (c == '\n') text_put(&l->text, "\\n");
    else if (c < 32) text_put(&l->text, "\\x%02x", c);
    else text_bytes(&l->text, &l->partial.p[i], 1);
  }
  text_put(&l->text, "\n");
}

static UNUSED void log_event(event_log *l, const amt_job *j, amt_event e)
{
  static const char *const start[] = { "none", "refused", "unknown", "known" };
  if (l->in_message && (e == AMT_DONE || e == AMT_FAILED)) {
    text_put(&l->text, "broken off: %s\n", text_of(&l->partial));
    l->in_message = 0;
  }
  switch (e) {
  case AMT_STARTING: text_put(&l->text, "starting\n"); break;
  case AMT_STARTED:
    assert_int_equal(j->start, AMT_START_KNOWN);
    text_put(&l->text, "started %s\n", j->id);
    break;
  case AMT_STATUS:
    text_put(&l->text, "status %ld%s%s\n", (long)j->status,
             j->name[0] ? " " : "", j->name);
    break;
  case AMT_MESSAGE:
  case AMT_SERVER_TEXT: log_message(l, j); break;
  case AMT_STOP_ANSWERED:
    text_put(&l->text, "answered %s\n", error_name(j->error));
    break;
  case AMT_RETRYING:
    l->retries++;
    assert_int_not_equal(j->error, 0);
    if (!l->quiet) text_put(&l->text, "retrying %s\n", error_name(j->error));
    break;
  case AMT_DONE:
    text_put(&l->text, "done %d", j->code);
    if (j->error) text_put(&l->text, " %s", error_name(j->error));
    if (!j->log_complete) text_put(&l->text, " log incomplete");
    text_put(&l->text, "\n");
    break;
  case AMT_FAILED:
    assert_int_not_equal(j->error, 0);
    text_put(&l->text, "failed %s, code %d, start %s\n", error_name(j->error),
             j->code, start[j->start]);
    break;
  default: fail_msg("event %d is unexpected", (int)e);
  }
}

#define expect_log(l, s) \
  expect_text_(text_of(&(l)->text), s, __FILE__, __LINE__)
static UNUSED void expect_text_(const char *got, const char *want,
                                const char *file, int line)
{
  size_t at = 0;
  if (strcmp(got, want) == 0) return;
  while (got[at] == want[at]) at++;
  print_error("expected:\n%s\ngot:\n%s\nthey differ at byte %lu\n", want, got,
              (unsigned long)at);
  _fail(file, line);
}

/* --- what the server does ------------------------------------------------- */

/* A reply in place of the server's own. */
typedef struct step {
  int         op;
  int         status;  /* 0: no reply */
  const char *body;
  int         error;   /* 0: complete; otherwise how it ends */
  uint32_t    retry;   /* Retry-After */
  int         untaken; /* 1: no byte of the request was taken */
  unsigned    times;   /* how often; 0: once */
} step;

/* Rows of a table of steps, named by what happens to the call. More members may
   follow: OK(AMT_STOP, "", .times = ALWAYS). */
#define ALWAYS UINT_MAX
#define REPLY(call, code, ...) \
  { .op = call, .status = code, .body = __VA_ARGS__ }
#define OK(call, ...) REPLY(call, 200, __VA_ARGS__)
#define CUT_OFF(call, code, text, ...) /* the reply ends early, by an error */ \
  { .op = call, .status = code, .body = text, .error = __VA_ARGS__ }
#define NO_REPLY(call, ...) /* the request may have arrived */ \
  { .op = call, .error = __VA_ARGS__ }
#define UNTAKEN(call, ...)  /* no byte of it left */ \
  { .op = call, .untaken = 1, .error = __VA_ARGS__ }

/* JSON({"Status":4}) is the string "{\"Status\":4}". */
#define JSON(...) #__VA_ARGS__

typedef struct message {
  int         sequence; /* 0: none */
  const char *text;     /* the JSON string between its quotes */
  const char *time;
  int         form;     /* how it is written: */
} message;
enum { OBJECT, PLAIN, TEXT_FIRST };

typedef struct server {
  event_log  log;
  text       calls;     /* each call as "METHOD path\nheaders\nbody\n" */
  const step *steps;
  size_t     step_count;
  unsigned   used[64];  /* how often, by step */

  const int *status;    /* the job's, one per monitor; the last repeats */
  size_t     status_count, status_at;
  int        killed;    /* the status after a stop or kill */
  const struct message *message;
  size_t     message_count, visible; /* visible 0: all */
  size_t     page;      /* messages per reply; 0: all */
  int        ignore_after;
  int        more;      /* 1: sends More if there are more */

  unsigned   count[AMT_CALLS]; /* complete calls */
  unsigned   starts_begun;     /* Starts with a byte received */
  int        generation;       /* of the token: tok1, tok2 */
  const char *scheme;          /* before the token in its header */
  int        log_calls;        /* logs each call as "> start" */
  long       after;            /* the last AfterSequence */

  /* How the stream behaves; see struct channel. */
  uint32_t    now;
  size_t      read_max, write_max;  /* 0: no limit */
  int         not_yet;              /* 1: before each I/O */
  int         framing;              /* how replies are framed: */
  int         down;                 /* open fails with this */
  int         silent;               /* 1 + the op that gets no answer */
  int         tidy;                 /* 1: unused room is not overwritten */
  int         stuck;                /* 1: takes no byte of a request now */
  int         closes;               /* what happens to kept connections: */
  const char *early;                /* this reply comes in mid-Start */
  const char *raw;                  /* these bytes are the reply to raw_op */
  int         raw_op;
  const char *forged;               /* a reply ready on a kept connection */
  const char *host;
  text        start_body;           /* of the last Start */
  long        io, fail_io;          /* the I/O call fail_io fails: */
  int         fail_how;
  size_t      written, cut_written; /* the connection breaks after so many */
  size_t      given, cut_given;     /* bytes of all requests, of all replies */
  unsigned    opens;
  const amt_job *watch;             /* its op is that of the next request */
  const void *pool;                 /* its amt_pool */
} server;
enum { LENGTH, CHUNKED, CHUNKED_1, TO_END, CLOSE };
enum { KEPT, CLOSED, RACED }; /* RACED: closes just as the next request comes */

typedef struct reply {
  int      status;
  text     body;
  uint32_t retry;
  int      error, untaken;
} reply;

static UNUSED void server_init(server *s)
{
  static const int done[] = { 1, 2, 2, 4 };
  memset(s, 0, sizeof *s);
  s->status = done;
  s->status_count = COUNT(done);
  s->cut_written = s->cut_given = ALL;
  s->fail_io = -1;
  s->log_calls = 1;
  s->scheme = "X-AMT-LogonToken: ";
  s->host = "amt.test";
  s->raw_op = -1;
}

static UNUSED void server_free(server *s)
{
  log_free(&s->log);
  text_free(&s->calls);
  text_free(&s->start_body);
}

static UNUSED void server_messages(server *s, text *body)
{
  size_t n = s->visible ? s->visible : s->message_count, i, sent = 0;
  int    more = 0;
  text_put(body, "{\"Messages\":[");
  for (i = 0; i < n; i++) {
    const message *m = &s->message[i];
    if (!s->ignore_after && m->sequence && m->sequence <= s->after) continue;
    if (s->page && sent == s->page) {
      more = 1;
      break;
    }
    if (sent++) text_put(body, ",");
    if (m->form == PLAIN) {
      text_put(body, "\"");
      text_bytes(body, m->text, strlen(m->text));
      text_put(body, "\"");
      continue;
    }
    text_put(body, "{");
    if (m->form == TEXT_FIRST) {
      text_put(body, "\"Text\":\"");
      text_bytes(body, m->text, strlen(m->text));
      text_put(body, "\"%s", m->sequence || m->time ? "," : "");
    }
    if (m->sequence)
      text_put(body, "\"Sequence\":%d%s", m->sequence,
               m->time || m->form != TEXT_FIRST ? "," : "");
    if (m->time)
      text_put(body, "\"Time\":\"%s\"%s", m->time,
               m->form != TEXT_FIRST ? "," : "");
    if (m->form != TEXT_FIRST) {
      text_put(body, "\"Text\":\"");
      text_bytes(body, m->text, strlen(m->text));
      text_put(body, "\"");
    }
    text_put(body, "}");
  }
  text_put(body, "]");
  if (s->more) text_put(body, ",\"More\":%s", more ? "true" : "false");
  text_put(body, "}");
}

/* A reply about the job asked for: its id as it came, and a status. */
static UNUSED void server_status(text *reply_body, const char *body, int status)
{
  static const char name[] = "equestId\":";
  const char       *id = strstr(body, name);
  size_t            n;
  text_put(reply_body, "{");
  if (id != NULL) {
    id += sizeof name - 1;
    n = strcspn(id + 1, id[0] == '"' ? "\"" : ",}") + 1 + (id[0] == '"');
    text_put(reply_body, "\"BatchRequestId\":%.*s,", (int)n, id);
  }
  text_put(reply_body, "\"Status\":%d}", status);
}

/* Answers a complete call. */
static UNUSED void server_answer(server *s, int op, const char *headers,
                                 const char *body, reply *r)
{
  char        want[64];
  const char *after = strstr(body, "\"AfterSequence\":");
  size_t      i;
  memset(r, 0, sizeof *r);
  s->count[op]++;
  s->after = after ? atol(after + 16) : 0;
  if (s->log_calls) text_put(&s->log.text, "> %s\n", op_name[op]);
  for (i = 0; i < s->step_count; i++) {
    const step *t = &s->steps[i];
    unsigned    times = t->times ? t->times : 1;
    if (t->op != op || s->used[i] == times) continue;
    s->used[i]++;
    r->status = t->status;
    r->retry = t->retry;
    r->error = t->error;
    r->untaken = t->untaken;
    if (t->untaken) s->count[op]--;
    if (t->body) text_bytes(&r->body, t->body, strlen(t->body));
    if (op == AMT_SIGN_IN && t->status == 200) s->generation++;
    return;
  }
  r->status = 200;
  if (op != AMT_SIGN_IN && s->scheme) {
    snprintf(want, sizeof want, "%stok%d\r\n", s->scheme, s->generation);
    if (strstr(headers, want) == NULL) {
      r->status = 401;
      text_put(&r->body, "{\"Message\":\"who are you?\"}");
      return;
    }
  }
  switch (op) {
  case AMT_SIGN_IN:
    text_put(&r->body, "{\"AmtLogonToken\":\"tok%d\",\"ExpiresIn\":3600}",
             ++s->generation);
    break;
  case AMT_START:
    text_put(&r->body, "{\"BatchRequestId\":2112}");
    break;
  case AMT_STOP:
  case AMT_KILL:
    s->killed = op == AMT_KILL ? 3 : 12;
    server_status(&r->body, body, 3);
    break;
  case AMT_MONITOR:
    server_status(&r->body, body,
                  s->killed ? s->killed : s->status[s->status_at]);
    if (s->status_at + 1 < s->status_count) s->status_at++;
    break;
  default: server_messages(s, &r->body);
  }
}

/* --- the same server over HTTP, as a stream ------------------------------- */

static UNUSED uint32_t server_clock;
static UNUSED uint32_t server_now(void) { return server_clock; }

typedef struct channel {
  amt_stream stream;
  server    *s;
  int        open;
  int        begun;   /* a byte of a request has come */
  int        dead;    /* every I/O fails with this */
  int        ends;    /* the stream ends after the bytes in `out` */
  int        yet[2];  /* the next write, or read, is not delayed */
  unsigned   waits;   /* since a byte moved */
  int        raced;   /* closed, but the client cannot know */
  int        served;  /* complete requests on this connection */
  text       in;
  text       out;
  size_t     out_at;
} channel;

enum { FAIL_NOT_YET, FAIL_RESET, FAIL_EOF };

/* Call it before each I/O: 1 if it may go on, otherwise *e is its result. */
static UNUSED int line_io(channel *l, ptrdiff_t *e, int reading)
{
  server *s = l->s;
  if (s->not_yet && !l->yet[reading]) {
    l->yet[reading] = 1;
    *e = AMT_AGAIN;
    return 0;
  }
  l->yet[reading] = 0;
  if (s->io++ == s->fail_io) {
    if (s->fail_how == FAIL_NOT_YET) {
      *e = AMT_AGAIN;
      return 0;
    }
    l->dead = s->fail_how == FAIL_EOF && reading ? AMT_E_EOF : AMT_E_RESET;
  }
  if (l->dead) {
    *e = l->dead;
    return 0;
  }
  return 1;
}

static UNUSED int line_open(amt_stream *st, const char *host, size_t host_len,
                            uint16_t port, uint32_t left)
{
  channel     *l = (channel *)st;
  ptrdiff_t e;
  assert_false(l->open);
  assert_int_equal(host_len, strlen(l->s->host));
  assert_memory_equal(host, l->s->host, host_len);
  assert_int_equal(port, 4004);
  assert_true(left > 0);
  l->dead = 0;
  if (!line_io(l, &e, 0)) return e == AMT_AGAIN ? AMT_AGAIN : AMT_E_CONNECT;
  if (l->s->down) return l->s->down;
  l->s->opens++;
  l->open = 1;
  l->begun = l->ends = l->raced = l->served = 0;
  text_clear(&l->in);
  text_clear(&l->out);
  l->out_at = 0;
  return 1;
}

static UNUSED void line_close(amt_stream *st)
{
  channel *l = (channel *)st;
  l->open = 0;
  l->yet[0] = l->yet[1] = 0;
  l->dead = 0;
}

/* Puts the reply into `out`, framed. */
static UNUSED void line_reply(channel *l, const reply *r)
{
  server *s = l->s;
  size_t  i, step_len;
  text_put(&l->out, "HTTP/1.1 %d Whatever\r\nContent-Type: "
           "application/json\r\n", r->status);
  if (r->retry) text_put(&l->out, "Retry-After: %u\r\n", (unsigned)r->retry);
  switch (r->status == 204 ? LENGTH : s->framing) {
  case CHUNKED:
  case CHUNKED_1:
    step_len = s->framing == CHUNKED ? 23 : 1;
    text_put(&l->out, "Transfer-Encoding: chunked\r\n\r\n");
    for (i = 0; i < r->body.len; i += step_len) {
      size_t n = r->body.len - i < step_len ? r->body.len - i : step_len;
      text_put(&l->out, "%zx\r\n", n);
      text_bytes(&l->out, r->body.p + i, n);
      text_put(&l->out, "\r\n");
    }
    text_put(&l->out, "0\r\n\r\n");
    break;
  case TO_END:
    l->ends = AMT_E_EOF;
    text_put(&l->out, "\r\n");
    text_bytes(&l->out, r->body.p, r->body.len);
    break;
  default:
    if (s->framing == CLOSE) {
      l->ends = AMT_E_EOF;
      text_put(&l->out, "Connection: close\r\n");
    }
    if (r->status != 204)
      text_put(&l->out, "Content-Length: %zu\r\n", r->body.len);
    text_put(&l->out, "\r\n");
    text_bytes(&l->out, r->body.p, r->body.len);
    break;
  }
  if (r->error) l->ends = r->error;
  if (s->closes == CLOSED) l->ends = AMT_E_EOF;
  l->raced = s->closes == RACED;
}

static UNUSED int line_op(const char *path, const char *body)
{
  if (strncmp(path, "/base/AmtOpConService/", 22) != 0) return -1;
  path += 22;
  if (strncmp(path, "Authenticate ", 13) == 0) return AMT_SIGN_IN;
  if (strncmp(path, "MonitorJob ", 11) == 0) return AMT_MONITOR;
  if (strncmp(path, "GetMessages ", 12) == 0) return AMT_MESSAGES;
  if (strncmp(path, "OpConJobAction ", 15) != 0) return -1;
  if (strstr(body, "\"Action\":\"START\"")) return AMT_START;
  if (strstr(body, "\"Action\":\"STOP\"")) return AMT_STOP;
  if (strstr(body, "\"Action\":\"KILL\"")) return AMT_KILL;
  return -1;
}

/* Handles the request if it is complete. It must be exactly right. */
static UNUSED void line_request(channel *l)
{
  const char *end = strstr(text_of(&l->in), "\r\n\r\n"), *length, *p;
  size_t      n;
  reply       r;
  char        host[64];
  int         op;
  if (end == NULL) return;
  length = strstr(l->in.p, "\r\nContent-Length: ");
  assert_true(length != NULL && length < end);
  n = (size_t)atol(length + 18);
  end += 4;
  assert_true(l->in.len - (size_t)(end - l->in.p) <= n);
  if (l->in.len - (size_t)(end - l->in.p) < n) return;
  assert_memory_equal(l->in.p, "POST ", 5);
  op = line_op(l->in.p + 5, end);
  if (op < 0) fail_msg("an unknown path:\n%s", l->in.p);
  p = strstr(l->in.p, "\r\n");
  assert_memory_equal(p - 9, " HTTP/1.1", 9);
  snprintf(host, sizeof host, "\r\nHost: %s:4004\r\n", l->s->host);
  assert_non_null(strstr(p, host));
  assert_non_null(strstr(p, "\r\nContent-Type: application/json\r\n"));
  if (l->s->watch != NULL) assert_int_equal(op, l->s->watch->op);
  text_put(&l->s->calls, "%s\n", op_name[op]);
  server_answer(l->s, op, p + 2, end, &r);
  l->begun = 0;
  l->served++;
  if (op == AMT_START) {
    text_clear(&l->s->start_body);
    text_bytes(&l->s->start_body, end, n);
  }
  if (op == l->s->raw_op) text_bytes(&l->out, l->s->raw, strlen(l->s->raw));
  else if (r.status == 0 || r.untaken)
    l->dead = r.error ? r.error : AMT_E_RESET;
  else if (l->s->silent != op + 1) line_reply(l, &r);
  text_free(&r.body);
  text_clear(&l->in);
}

static UNUSED ptrdiff_t line_write(amt_stream *st, const void *p, size_t n)
{
  channel     *l = (channel *)st;
  server   *s = l->s;
  ptrdiff_t e;
  assert_true(l->open && n > 0);
  if (!line_io(l, &e, 0)) return e;
  if (s->write_max && n > s->write_max) n = s->write_max;
  if (n > s->cut_written - s->written) {
    n = s->cut_written - s->written;
    if (n == 0) {
      s->cut_written = ALL;
      return l->dead = AMT_E_RESET;
    }
  }
  if (s->stuck) return AMT_AGAIN;
  if (l->ends || l->raced) { /* sent to a server that has gone */
    l->dead = l->raced ? AMT_E_EOF : AMT_E_RESET;
    if (s->watch && s->watch->op == AMT_START && !l->begun) s->starts_begun++;
    l->begun = 1;
    return (ptrdiff_t)n;
  }
  if (!l->begun && s->watch != NULL && s->watch->op == AMT_START)
    s->starts_begun++;
  l->begun = 1;
  s->written += n;
  l->waits = 0;
  text_bytes(&l->in, p, n);
  if (s->forged && l->served && s->watch->op == AMT_START) {
    if (l->out.len == l->out_at)
      text_bytes(&l->out, s->forged, strlen(s->forged));
    return (ptrdiff_t)n;
  }
  if (s->early && s->watch->op == AMT_START && l->in.len > 20 &&
      l->out.len == l->out_at) {
    text_bytes(&l->out, s->early, strlen(s->early));
    s->stuck = 1; /* and reads no more */
    return (ptrdiff_t)n;
  }
  line_request(l);
  if (s->written == s->cut_written) { /* what was taken is lost */
    s->cut_written = ALL;
    l->dead = AMT_E_RESET;
  }
  return (ptrdiff_t)n;
}

/* The buffer must not be refilled while it holds unread bytes. */
static UNUSED void line_buffer(const channel *l, size_t n)
{
  const amt_pool *p = (const amt_pool *)l->s->pool;
  size_t          i;
  if (p == NULL || n == 1) return;
  for (i = 0; i < p->count; i++)
    assert_int_equal(p->conn[i].http.at, p->conn[i].http.have);
}

static UNUSED ptrdiff_t line_read(amt_stream *st, void *p, size_t n)
{
  channel     *l = (channel *)st;
  server   *s = l->s;
  size_t    room = n, left;
  ptrdiff_t e;
  assert_true(l->open && n > 0);
  line_buffer(l, n);
  if (!s->tidy) memset(p, 0xA5, room); /* the buffer holds nobody's text now */
  if (!line_io(l, &e, 1)) return e;
  left = l->out.len - l->out_at;
  if (left == 0) return l->ends ? l->ends : AMT_AGAIN;
  if (n > left) n = left;
  if (s->read_max && n > s->read_max) n = s->read_max;
  if (n > s->cut_given - s->given) {
    n = s->cut_given - s->given;
    if (n == 0) {
      s->cut_given = ALL;
      return l->dead = s->fail_how == FAIL_RESET ? AMT_E_RESET : AMT_E_EOF;
    }
  }
  memcpy(p, l->out.p + l->out_at, n);
  l->out_at += n;
  s->given += n;
  l->waits = 0;
  return (ptrdiff_t)n;
}

static UNUSED int line_ready(const channel *l)
{
  if (!l->open) return 0;
  return l->dead || l->out_at < l->out.len || l->ends;
}

static UNUSED int line_wait(amt_stream *st, int want, uint32_t ms)
{
  channel *l = (channel *)st;
  if (++l->waits > 10000) fail_msg("10,000 waits, and no byte moved");
  if (line_ready(l)) return 1;
  if (want == AMT_WANT_WRITE && !l->s->stuck) return 1;
  server_clock += ms;
  return 0;
}

static UNUSED void line_init(channel *l, server *s)
{
  static const amt_stream_ops ops = { line_open,  line_read, line_write,
                                      line_close, line_wait, 0, NULL };
  memset(l, 0, sizeof *l);
  l->stream.ops = &ops;
  l->s = s;
}

static UNUSED void line_free(channel *l)
{
  text_free(&l->in);
  text_free(&l->out);
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
