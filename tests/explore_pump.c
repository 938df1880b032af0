/* explore_pump.c - two jobs, two connections and one buffer, in every reachable
   state; see explore.c.

   A step is one amt_poll, a request of the user, or time that passes up to the
   next limit. At each call, the stream does all that a stream may do: say "not
   yet", take or give a part, fail, end. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#include "explore.h"
#include "explore_job.h"

enum { JOBS = 2, SIZE = 320 };

/* What may happen besides the good, in bits. */
enum {
  NOT_YET = 1, SHORT = 2, FAILS = 4, ENDS = 8, /* a stream, at each call */
  REFUSES = 16, WORDS = 32,                    /* the server; with a text */
  TIMES = 64,                                  /* the connections' limits */
  KILLS = 128, DROPS = 256,                    /* the user */
  LOGS = 512,                                  /* a message, which is lent */
  HARM = NOT_YET | SHORT | FAILS | ENDS | REFUSES | WORDS | TIMES
};

typedef struct configuration {
  const char *name;
  int         gate; /* 1: small enough for make test */
  unsigned    jobs, conns, may;
  int         kept; /* amt_session.start_kept */
} configuration;

static const configuration configurations[] = {
  { .name = "pump_one", .gate = 1, .jobs = 1, .conns = 1,
    .may = HARM | KILLS | DROPS | LOGS },
  { .name = "pump_kept", .gate = 1, .jobs = 1, .conns = 2, .kept = 1,
    .may = HARM | KILLS | DROPS | LOGS },
  { .name = "pump_shared", .gate = 1, .jobs = 2, .conns = 1,
    .may = NOT_YET | FAILS | ENDS | REFUSES | DROPS | LOGS },
  { .name = "pump_two", .jobs = 2, .conns = 2,
    .may = NOT_YET | FAILS | REFUSES | LOGS },
  { .name = "pump_two_end", .jobs = 2, .conns = 2,
    .may = NOT_YET | ENDS | DROPS | LOGS }
};
static const configuration *c;

/* --- the world ------------------------------------------------------------ */

enum { NOT_SENT, OUT, KNOWN, REFUSED };

typedef struct observer {
  uint8_t begun;   /* 0: never; 1: under way; 2: it has ended */
  uint8_t truth;   /* of the Start */
  uint8_t starts, excused;
  uint8_t code;
  uint8_t given;   /* its one message was delivered */
  uint8_t wish;
} observer;

/* The other end of a connection. */
typedef struct line {
  amt_stream stream;
  uint8_t    is_open;
  uint8_t    used;  /* requests begun on it; 2: two or more */
  uint8_t    reply; /* row + 1 of the reply to the request that was read */
  uint8_t    at;    /* bytes of it sent */
} line;

static struct world {
  uint32_t    now;
  amt_session session;
  amt_pool    pool;
  char        token[4];
  char        buf[SIZE];
  amt_slot    conn[2];
  line        line[2];
  struct of {
    amt_job  job;
    observer seen;
  } of[JOBS];
} w;

static amt_wire       wire;
static const amt_task task = { "A", "J", NULL, NULL, NULL, NULL, NULL, NULL,
                               NULL, 0, 0 };
static unsigned       received; /* reads with bytes, in this amt_poll */

/* --- replies -------------------------------------------------------------- */

enum { GOOD, GOES_ON, UNAUTHORIZED, AWAY, CUT, REPLIES };

static const char *body_of(unsigned op, unsigned reply)
{
  static const char *const good[] = { "{\"t\":\"T\"}", "{\"i\":2112}", "", "",
                                      "{\"s\":4}", "{\"l\":[\"ab\"]}" };
  if (reply == AWAY) return c->may & WORDS ? "{\"m\":\"no\"}" : "";
  if (reply == UNAUTHORIZED) return "";
  return reply == GOES_ON ? "{\"s\":1}" : good[op];
}

static int make_reply(char *to, size_t room, unsigned op, unsigned reply)
{
  static const int status[] = { 200, 200, 401, 503, 200 };
  const char *body = body_of(op, reply);
  int n = snprintf(to, room, "HTTP/1.1 %d x\r\nContent-Length: %u\r\n\r\n%s",
                   status[reply], (unsigned)strlen(body), body);
  return reply == CUT ? n - 2 : n;
}

/* --- the streams ---------------------------------------------------------- */

static line *line_of(amt_stream *s) { return (line *)(void *)s; }
static amt_slot *conn_of(const line *l) { return &w.conn[l - w.line]; }

static observer *seen_by(const amt_job *j)
{
  return &w.of[j == &w.of[1].job].seen;
}

static void tell(const char *what, long n)
{
  if (telling) printf(" [%s", what);
  if (telling && n >= 0) printf(" %ld", n);
  if (telling) printf("]");
}

static int line_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                     uint32_t left)
{
  line    *l = line_of(s);
  unsigned how = choose(c->may & NOT_YET ? 3 : 2);
  (void)host, (void)n, (void)port, (void)left;
  must(!l->is_open, "open of an open stream");
  tell(how == 0 ? "open" : how == 1 ? "open fails" : "open: not yet", -1);
  if (how == 1) return AMT_E_CONNECT;
  if (how == 2) return AMT_AGAIN;
  l->is_open = 1;
  l->used = l->reply = l->at = 0;
  return 1;
}

/* Call it at the first byte of a Start, or when the first write of one
   fails. */
static void start_leaves(line *l, const amt_job *j)
{
  observer *o = seen_by(j);
  must(o->truth == NOT_SENT, "a Start leaves though one may be out");
  must(o->starts <= o->excused, "bytes of a Start leave a second time");
  must(c->kept || l->used == 0, "a Start on a connection that was used");
  o->starts++;
  o->truth = OUT;
}

static ptrdiff_t line_write(amt_stream *s, const void *p, size_t n)
{
  line     *l = line_of(s);
  amt_slot *k = conn_of(l);
  unsigned  cuts = (c->may & SHORT) && k->http.sent == 0;
  unsigned  fails = (c->may & FAILS) != 0;
  unsigned  how = choose(1 + 2 * cuts + fails);
  (void)p;
  must(l->is_open && n > 0 && k->job != NULL, "a write on a closed stream");
  if (broken != NULL) return AMT_E_RESET;
  must(k->job->phase__ == AMT__CALLING, "a write for a job that makes no call");
  if (!cuts && how == 1) how = 3;
  if (how == 2) {
    tell("write: not yet", -1);
    return AMT_AGAIN;
  }
  if (k->http.sent == 0 && k->http.taken == 0) {
    if (k->job->op == AMT_START) start_leaves(l, k->job);
    if (l->used < 2) l->used++;
    l->reply = l->at = 0;
    received = 0; /* one receive per call */
  }
  if (how == 1 && n > 1) n /= 2;
  tell(how == 3 ? "write fails" : "write", how == 3 ? -1 : (long)n);
  return how == 3 ? AMT_E_RESET : (ptrdiff_t)n;
}

/* What a read without bytes returns: 0 not yet, 1 the end, 2 an error. */
static ptrdiff_t silent(unsigned how)
{
  tell(how == 0 ? "read: not yet" : how == 1 ? "read: end" : "read fails", -1);
  return how == 0 ? AMT_AGAIN : how == 1 ? AMT_E_EOF : AMT_E_RESET;
}

static ptrdiff_t give(line *l, const amt_job *j, char *to, size_t room)
{
  char        text[200];
  const char *all_of;
  int         n = make_reply(text, sizeof text, j->op, l->reply - 1u);
  size_t      left = (size_t)(n - l->at);
  observer   *o = seen_by(j);
  if (left == 0) return silent(l->reply - 1u == CUT ? 1 : choose(3));
  if (l->at == 0 && left > 1 && (c->may & SHORT) && choose(2) == 1) left -= 7;
  if (left > room) left = room;
  memcpy(to, text + l->at, left);
  l->at = (uint8_t)(l->at + left);
  received++;
  tell("read", (long)left);
  if (l->at < n) return (ptrdiff_t)left;
  all_of = strstr(text, "2112}");
  if (j->op == AMT_START && l->reply - 1u == GOOD && all_of) o->truth = KNOWN;
  if (j->op == AMT_START && l->reply - 1u == UNAUTHORIZED) {
    o->truth = o->excused ? REFUSED : NOT_SENT;
    o->excused = 1;
  }
  if (j->op == AMT_MONITOR && l->reply - 1u == GOOD) o->code = 4;
  return (ptrdiff_t)left;
}

/* The replies that may come, in bits. */
static unsigned replies_to(unsigned op)
{
  unsigned may = 1u << GOOD;
  if (op == AMT_MONITOR) may |= 1u << GOES_ON;
  if (c->may & REFUSES) may |= 1u << UNAUTHORIZED | 1u << AWAY;
  if ((c->may & ENDS) && *body_of(op, GOOD)) may |= 1u << CUT;
  return may;
}

static ptrdiff_t line_read(amt_stream *s, void *to, size_t n)
{
  line     *l = line_of(s);
  amt_slot *k = conn_of(l);
  amt_job  *j = k->job;
  unsigned  how, may, i;
  must(l->is_open && n > 0, "a read on a closed stream");
  if (j == NULL || k->http.taken == 0 || j->phase__ != AMT__CALLING)
    return silent(c->may & ENDS ? choose(2) : 0); /* is it still good? */
  if (l->reply != 0) return give(l, j, (char *)to, n);
  if (k->http.state != AMT_CONN_RECEIVING) { /* the request is not complete */
    how = choose(2 + !!(c->may & ENDS));
    if (how == 0) return silent(0);
    if (how == 2) return silent(1);
    l->reply = AWAY + 1;
    return give(l, j, (char *)to, n);
  }
  may = replies_to(j->op);
  how = choose((unsigned)__builtin_popcount(may) + !!(c->may & NOT_YET) +
               2 * !!(c->may & ENDS));
  for (i = 0; i < REPLIES; i++)
    if ((may >> i & 1) && how-- == 0) {
      l->reply = (uint8_t)(i + 1);
      return give(l, j, (char *)to, n);
    }
  if (!(c->may & NOT_YET)) how++;
  return silent(how);
}

static void line_close(amt_stream *s)
{
  line *l = line_of(s);
  tell("close", -1);
  l->is_open = l->used = l->reply = l->at = 0;
}

static const amt_stream_ops line_ops = { line_open, line_read, line_write,
                                         line_close, NULL, 0, NULL };

/* --- steps ---------------------------------------------------------------- */

static void see_end(const amt_job *j, const observer *o, amt_event e)
{
  if (e == AMT_DONE)
    must(o->truth == KNOWN && o->code == j->code,
         "AMT_DONE before the job is done");
  else if (o->truth == KNOWN)
    must(j->start == AMT_START_KNOWN, "a known Start is not reported as known");
  else if (o->truth == OUT)
    must(j->start == AMT_START_UNKNOWN,
         "a Start may be out, but is not reported so");
  else
    must(j->start <= AMT_START_REFUSED,
         "nothing was started, but that is not said");
  if (e == AMT_DONE && j->log_complete)
    must(o->given || !(c->may & LOGS), "a message is lost");
  must(e != AMT_FAILED || j->start < AMT_START_UNKNOWN ||
       j->code == AMT_CODE_UNDEFINED, "a code that advises to start again");
}

static void see_event(unsigned i, amt_event e)
{
  const amt_job *j = &w.of[i].job;
  observer      *o = &w.of[i].seen;
  if (telling) printf(" -> %s", events[e]);
  if (telling && e >= AMT_RETRYING && j->error) printf(" error %d", j->error);
  must(e != AMT_CALL, "amt_poll gives AMT_CALL");
  if (e == AMT_BUSY) {
    must(j->wait != 0 || (w.pool.holder != NULL && w.pool.holder != j) ||
         j->phase__ == AMT__CALLING, "a wait of 0 with no other's turn");
    must(j->wait <= 60000, "a wait without a time");
  }
  if (e == AMT_MESSAGE || e == AMT_SERVER_TEXT) {
    must(w.pool.holder == j,
         "a job that lends a message does not hold the buffer");
    must(j->msg >= w.buf && j->msg + j->msg_len <= w.buf + SIZE,
         "a lent message is not in the buffer");
  }
  if (e == AMT_MESSAGE) {
    must(!o->given, "a message is given twice");
    must(j->msg_len == 2 ? memcmp(j->msg, "ab", 2) == 0 : j->msg_len < 2,
         "a message is changed");
    o->given = !j->msg_more;
  }
  if (e < AMT_DONE) return;
  see_end(j, o, e);
  o->begun = 2;
}

static int do_poll(unsigned i)
{
  amt_event e;
  if (w.of[i].seen.begun != 1) return 0;
  received = 0;
  e = amt_poll(&w.pool, &w.of[i].job, w.now);
  must(received <= 1, "amt_poll receives more than once");
  see_event(i, e);
  return e == AMT_BUSY ? 2 : 1;
}

static int do_begin(unsigned i)
{
  if (w.of[i].seen.begun == 1) return 0;
  memset(&w.of[i].seen, 0, sizeof w.of[i].seen);
  w.of[i].seen.begun = 1;
  amt_start(&w.of[i].job, &w.session, &task);
  return 1;
}

static int do_kill(unsigned i)
{
  if (w.of[i].seen.begun != 1 || !(c->may & KILLS) || w.of[i].seen.wish)
    return 0;
  amt_stop(&w.of[i].job, AMT_KILL);
  w.of[i].seen.wish = 1;
  return 1;
}

static int do_drop(unsigned i)
{
  amt_job  *j = &w.of[i].job;
  observer *o = &w.of[i].seen;
  unsigned  k;
  if (o->begun != 1 || !(c->may & DROPS)) return 0;
  amt_drop(&w.pool, j);
  for (k = 0; k < c->conns; k++)
    must(w.conn[k].job != j, "a job that was dropped keeps its connection");
  must(w.pool.holder != j, "a job that was dropped keeps the buffer");
  if (o->truth == KNOWN && o->code == 0)
    must(j->start >= AMT_START_UNKNOWN, "dropped, and a Start is out");
  if (o->truth == OUT)
    must(j->start == AMT_START_UNKNOWN, "dropped, and a Start may be out");
  o->begun = 2;
  return 1;
}

static void nearer(uint32_t *ms, uint32_t limit)
{
  uint32_t d = limit - w.now;
  if (d - 1 < 0x7FFFFFFF && d < *ms) *ms = d;
}

static int do_time(void)
{
  uint32_t ms = 0x7FFFFFFF;
  unsigned i;
  for (i = 0; i < c->jobs; i++) {
    const amt_job *j = &w.of[i].job;
    if (w.of[i].seen.begun != 1) continue;
    if (j->phase__ == AMT__WAITING) nearer(&ms, j->due__);
    if (j->backoff__ != 0) nearer(&ms, j->failed__ + same.give_up);
  }
  for (i = 0; i < c->conns && (c->may & TIMES); i++) {
    const amt_http_conn *h = &w.conn[i].http;
    if (w.conn[i].job != NULL) nearer(&ms, w.now + amt_http_left(h, w.now));
    else if (h->state == AMT_CONN_IDLE)
      nearer(&ms, h->t_io + h->limits.keep + 1);
  }
  if (ms == 0x7FFFFFFF) return 0;
  w.now += ms;
  if (telling) printf(" %u ms", (unsigned)ms);
  return 1;
}

enum { POLL, BEGIN, KILL, DROP, STEPS };

static int step(unsigned s)
{
  unsigned i = (s - 1) / STEPS;
  if (s == 0) return do_time();
  switch ((s - 1) % STEPS) {
  case POLL: return do_poll(i);
  case BEGIN: return do_begin(i);
  case KILL: return do_kill(i);
  default: return do_drop(i);
  }
}

static unsigned kind(unsigned s)
{
  if (s == 0) return STEP_TAKES_TIME | STEP_HELPS;
  return (s - 1) % STEPS == POLL ? STEP_HELPS : STEP_BY_USER;
}

static void print(unsigned s)
{
  static const char *const words[] = { "amt_poll", "amt_start", "amt_stop KILL",
                                       "amt_drop" };
  if (s == 0) printf("time passes");
  else printf("job %u: %s", (s - 1) / STEPS + 1, words[(s - 1) % STEPS]);
}

/* --- equal states --------------------------------------------------------- */

static void canon_conn(amt_slot *k)
{
  amt_http_conn *h = &k->http;
  amt_http_conn  was = *h;
  h->stream->abort = 0; /* set before each close */
  if (h->len == 0) h->data = NULL;
  h->body = h->body != 0; /* the amount is only reported */
  h->t_call = k->job != NULL ? clipped(h->t_call, w.now, h->limits.call) : 0;
  h->t_io = k->job != NULL || h->state == AMT_CONN_IDLE
              ? clipped(h->t_io, w.now, h->limits.idle + 1) : 0;
  if (k->job != NULL) return;
  /* amt_http_begin sets these. Of an idle connection only its last reply
     decides whether it may be used again. */
  h->reused = h->early = h->taken = 0;
  h->sent = h->at = h->have = h->len = 0;
  h->data = NULL;
  if (was.state == AMT_CONN_CLOSED) {
    memset(&h->reply, 0, sizeof h->reply);
    h->known_idle = 0;
  }
}

static void blur(void)
{
  unsigned i;
  for (i = 0; i < c->jobs; i++) blur_job(&w.of[i].job, w.now);
  blur_session(&w.session);
}

/* Of the buffer, the bytes that were received but not yet parsed or taken
   count. */
static void canon_buffer(void)
{
  char     keep[SIZE];
  unsigned i;
  memset(keep, 0, sizeof keep);
  for (i = 0; i < c->conns; i++) {
    const amt_http_conn *h = &w.conn[i].http;
    if (h->have > h->at) memcpy(keep + h->at, w.buf + h->at, h->have - h->at);
    if (h->len != 0)
      memcpy(keep + ((char *)h->data - w.buf), h->data, h->len);
  }
  memcpy(w.buf, keep, sizeof keep);
}

static void canon(void)
{
  unsigned i;
  for (i = 0; i < c->conns; i++) canon_conn(&w.conn[i]);
  canon_buffer();
  for (i = 0; i < c->jobs; i++) {
    struct of *of = &w.of[i];
    canon_job_times(&of->job, w.now);
    canon_numbers(&of->job, &w.session);
    canon_reply(&of->job);
    canon_job(&of->job);
    if (of->seen.truth >= KNOWN) of->seen.starts = of->seen.excused = 0;
    if (of->seen.begun != 2) continue;
    canon_ended(&of->job);
    memset(&of->seen, 0, sizeof of->seen);
    of->seen.begun = 2;
  }
  canon_session_times(&w.session, w.now);
  canon_session(&w.session);
  w.now = same.clock;
}

/* --- what holds in each state --------------------------------------------- */

static void look(void)
{
  unsigned i, k;
  for (i = 0; i < c->jobs; i++) {
    amt_job  *j = &w.of[i].job;
    amt_event e = j->phase__ == AMT__ENDED ? AMT_DONE : AMT_FAILED;
    if (w.of[i].seen.begun != 2) continue;
    must(j->phase__ >= AMT__ENDED, "the job goes on after its end");
    must(w.pool.holder != j, "a job that has ended holds the buffer");
    for (k = 0; k < c->conns; k++)
      must(w.conn[k].job != j, "a job that has ended has a connection");
    must(amt_poll(&w.pool, j, w.now) == e, "the end is not final");
    must(amt_poll(&w.pool, j, w.now + 100000) == e, "the end is not final");
  }
  for (k = 0; k < c->conns; k++) {
    const amt_slot *n = &w.conn[k];
    must(n->job == NULL || n->job->phase__ == AMT__CALLING,
         "a connection of a job that makes no call");
    must(n->http.state <= AMT_CONN_OPENING || w.line[k].is_open,
         "a closed stream is taken for open");
    must(n->http.state > AMT_CONN_OPENING || !w.line[k].is_open,
         "a stream is left open");
  }
}

static unsigned goals(void)
{
  unsigned i;
  for (i = 0; i < c->jobs; i++)
    if (w.of[i].seen.begun == 1) return 0;
  return 1;
}

static void settle(void)
{
  static const char *const names[AMT_REPLY_COUNT] = { "t", "e", "i", "s", "m", "l",
                                                  "o", "q", "d", "x" };
  amt_session *s = &w.session;
  unsigned     i;
  memset(&w, 0, sizeof w);
  wire = *amt_wire_default();
  memcpy(wire.reply, names, sizeof wire.reply);
  w.now = same.clock = 5000;
  same.give_up = 500;
  s->url = "http://h";
  s->wire = &wire;
  s->user = "u";
  s->password = "p";
  s->token = w.token;
  s->token_room = sizeof w.token;
  s->messages = c->may & LOGS ? AMT_AT_END : AMT_NEVER;
  s->initial_delay = s->poll = s->give_up = 500;
  s->start_kept = (uint8_t)c->kept;
  w.pool.conn = w.conn;
  w.pool.count = c->conns;
  w.pool.buf = w.buf;
  w.pool.size = SIZE;
  for (i = 0; i < 2; i++) {
    amt_http_limits l = { 500, 500, 1000, 500 };
    w.line[i].stream.ops = &line_ops;
    w.conn[i].http.stream = &w.line[i].stream;
    w.conn[i].http.limits = l;
  }
}

static int run(const configuration *which, double most)
{
  c = which;
  settle();
  memset(&model, 0, sizeof model);
  model.name = c->name;
  model.world = &w;
  model.size = offsetof(struct world, of) + c->jobs * sizeof w.of[0];
  model.steps = 1 + STEPS * c->jobs;
  model.step = step;
  model.kind = kind;
  model.blur = blur;
  model.canon = canon;
  model.look = look;
  model.goals = goals;
  model.print = print;
  model.goal[0] = "from here no server can lead to the end";
  model.seconds = most;
  return explore();
}

int main(int argc, char **argv)
{
  unsigned i;
  int      good = 1;
  for (i = 0; i < COUNT(configurations); i++) {
    const configuration *k = &configurations[i];
    double most = explore_wants(k->name, k->gate, argc, argv);
    if (most >= 0) good = run(k, most) && good;
  }
  return !good;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
