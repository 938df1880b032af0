/* explore.c - every reachable state of a job, and of two that share a session.

   cc -std=gnu99 -O2 -I. tests/explore.c -o explore && ./explore [NAME...]

   This drives the real amt.h, not a model of it. A step is one amt_next, one
   reply or a piece of it, a call that breaks, a request of the user, or time
   that passes up to the next limit. (Other tests cut replies at each byte.) For
   each configuration it prints "EXPLORE NAME states N transitions N depth N",
   or the shortest sequence of steps that breaks a promise. */

#define AMT_IMPLEMENTATION
#define AMT_NO_HTTP
#include "amt.h"
#include "explore.h"
#include "explore_job.h"

enum { JOBS = 2, LOG = 3 /* messages at most */, TOKEN_ROOM = 4,
       TEXT_ROOM = 16 };

/* --- configurations ------------------------------------------------------- */

/* What the user may do, in bits. */
enum {
  STARTS = 1, ATTACHES = 2, CALLS_ONCE = 4, STOPS = 8, KILLS = 16,
  CREDENTIALS = 32, DROPS = 64,
  SECRET = 128, /* the password is fetched by a function, which may have none */
  ALL_OF_IT = STARTS | ATTACHES | STOPS | KILLS | CREDENTIALS | DROPS
};

/* Groups of replies. Each row of their table is in one or more. */
enum {
  CORE = 1,    /* for two jobs */
  FEW = 2,     /* for one */
  MORE = 4, RARE = 8,
  LIFE = 16,   /* tokens expire */
  UNASKED = 32, /* replies that come before a byte has left */
  LOGS = 64,   /* messages, from the sequence asked for */
  WHOLES = 128, /* all messages, whatever was asked for */
  STRANGE_LOGS = 256, GAPS = 512
};

enum { DEFAULT_AUTH, FORM, BASIC, FIXED, NO_AUTH, DOTTED };

/* How a message is written in a list, in bits. */
enum { NUMBERED = 1, TEXT_FIRST = 2, BARE_OBJECT = 4, STRING = 8, LINE = 16 };

typedef struct configuration {
  const char *name;
  int         gate;      /* 1: small enough for make test */
  unsigned    jobs;      /* 0: 1 */
  unsigned    user, replies, wire, styles;
  int         live;      /* when messages are fetched, if there are any */
  uint32_t    give_up, poll, poll_max; /* 0: 1 s, 1 s, no growth */
  uint32_t    clock;     /* 0: 5 s */
} configuration;

#define TO_WRAP(n) ((uint32_t)(n)-500u) /* half a second before that */

static const configuration configurations[] = {
  { .name = "start", .gate = 1, .user = STARTS | STOPS | KILLS | DROPS,
    .replies = FEW },
  { .name = "secret", .gate = 1, .user = ALL_OF_IT | SECRET, .replies = FEW },
  { .name = "wrap", .gate = 1, .user = ALL_OF_IT, .replies = FEW,
    .clock = TO_WRAP(0) },
  { .name = "half", .gate = 1, .user = ALL_OF_IT, .replies = FEW,
    .clock = TO_WRAP(0x80000000), .give_up = 2000 },
  { .name = "life", .gate = 1, .user = ALL_OF_IT, .replies = FEW | LIFE },
  { .name = "unasked", .gate = 1, .user = ALL_OF_IT,
    .replies = FEW | MORE | UNASKED },
  { .name = "once", .gate = 1, .user = CALLS_ONCE | STOPS | CREDENTIALS | DROPS,
    .replies = FEW | MORE | RARE | LOGS | WHOLES, .styles = NUMBERED },
  { .name = "log", .gate = 1, .user = ATTACHES | DROPS,
    .replies = FEW | LOGS | WHOLES, .styles = NUMBERED },
  { .name = "mixed", .gate = 1, .user = ATTACHES | DROPS,
    .replies = FEW | LOGS | WHOLES | STRANGE_LOGS,
    .styles = NUMBERED | BARE_OBJECT | STRING },
  { .name = "late", .gate = 1, .user = ATTACHES | DROPS,
    .replies = FEW | LOGS | STRANGE_LOGS, .styles = NUMBERED | TEXT_FIRST },
  { .name = "text_first", .gate = 1, .user = ATTACHES | DROPS, .live = 1,
    .replies = FEW | LOGS | STRANGE_LOGS, .styles = TEXT_FIRST },
  { .name = "lines", .gate = 1, .user = ATTACHES | DROPS, .live = 1,
    .replies = FEW | LOGS | WHOLES | STRANGE_LOGS, .styles = LINE },
  { .name = "gaps", .gate = 1, .user = ATTACHES | DROPS, .live = 1,
    .replies = CORE | LOGS | WHOLES | GAPS, .styles = NUMBERED },
  { .name = "live", .user = ATTACHES | KILLS, .live = 1,
    .replies = FEW | LOGS | WHOLES, .styles = NUMBERED },
  { .name = "live_mixed", .user = ATTACHES | KILLS, .live = 1,
    .replies = FEW | LOGS | WHOLES | STRANGE_LOGS,
    .styles = NUMBERED | STRING },
  { .name = "basic", .gate = 1, .user = ALL_OF_IT | SECRET,
    .replies = FEW | MORE, .wire = BASIC },
  { .name = "fixed", .user = ALL_OF_IT, .replies = FEW | MORE, .wire = FIXED },
  { .name = "no_auth", .user = ALL_OF_IT, .replies = FEW | MORE,
    .wire = NO_AUTH },
  { .name = "form", .user = ALL_OF_IT, .replies = FEW | MORE, .wire = FORM },
  { .name = "dotted", .user = ALL_OF_IT, .replies = FEW | MORE,
    .wire = DOTTED },
  { .name = "growing", .user = ALL_OF_IT, .replies = FEW, .poll_max = 2000 },
  { .name = "patient", .user = ALL_OF_IT & ~(unsigned)ATTACHES, .replies = FEW,
    .give_up = 70000, .poll = 5000 },
  { .name = "one", .user = ALL_OF_IT, .replies = FEW | MORE | RARE,
    .give_up = 2000 },
  { .name = "two", .gate = 1, .jobs = 2, .user = STARTS | KILLS,
    .replies = CORE, .give_up = 500, .poll = 500 },
  { .name = "two_life", .jobs = 2, .user = STARTS, .replies = CORE | LIFE,
    .give_up = 500, .poll = 500 },
  { .name = "two_dropped", .jobs = 2, .user = STARTS | DROPS | CREDENTIALS,
    .replies = CORE, .give_up = 500, .poll = 500 },
  { .name = "two_secret", .jobs = 2, .user = STARTS | DROPS | SECRET,
    .replies = CORE, .give_up = 500, .poll = 500 }
};
static configuration c;

/* --- the world ------------------------------------------------------------ */

/* What happened to a Start, known from all bytes on the wire. */
enum { NOT_SENT, OUT, KNOWN, AT_ONCE, REFUSED };

/* What an observer outside sees of one job. */
typedef struct observer {
  uint8_t begun;      /* 0: never; 1: under way; 2: it has ended */
  uint8_t once;       /* a single call (amt_once) */
  uint8_t truth;      /* of the Start */
  uint8_t refusal;    /* its sign-in was refused; amt_next has not seen it */
  uint8_t watched;    /* the server has confirmed it, so a refusal is no end */
  uint8_t code;       /* the final one that the server reported; 0: none */
  uint8_t starts;     /* Starts of which a byte left */
  uint8_t excused;    /* complete 401s to a Start */
  uint8_t starting, started; /* reported, or attached */
  uint8_t out;        /* bytes of this call that left: 0 none, 1 some, 2 all; 3:
                         a reply came, but the client counts it as 0 */
  uint8_t asks;       /* the sequence after which it asks */
  uint8_t reply;      /* row + 1 of the reply that is arriving */
  uint8_t fed;        /* bytes of it */
  uint8_t wish;       /* AMT_STOP, AMT_KILL, 0 */
  uint8_t wish_open;  /* not yet accepted */
  uint8_t tried;      /* 1 it was asked; 2 and polled since; 3 a 401 */
  uint8_t given;      /* messages delivered, in bits */
  uint8_t half;       /* 1 + the partly delivered one; 0: none */
  uint8_t written;    /* messages in the server's log */
  uint8_t style[LOG]; /* how each is written */
  uint8_t lost;       /* some are missing, late or cut */
  uint8_t odd;        /* a list lacked some that it should have */
  uint8_t closed;     /* the log no longer grows */
} observer;

static struct world {
  uint32_t    now;
  amt_session session;
  uint8_t     kept;  /* a connection whose last reply was complete */
  uint8_t     lent;  /* the password is lent out */
  uint8_t     refused; /* sign-ins in a row */
  uint32_t    refused_at; /* when the last was */
  char        token[TOKEN_ROOM];
  struct of {
    amt_job  job;
    observer seen;
    char     text[TEXT_ROOM]; /* the text of the reply that the job still refers
                                 to */
  } of[JOBS];
} w; /* never copied while it runs: it holds pointers to itself */

static amt_wire       wire;
static const amt_task task = { "A", "J", NULL, NULL, NULL, NULL, NULL, NULL,
                               NULL, 0, 0 };
static char           body[512];
static unsigned       exchanged; /* the jobs' places, when a path is printed */

#include "explore_replies.h"

/* --- what must hold ------------------------------------------------------- */

static int signs_in(void) { return wire.call[AMT_SIGN_IN].path != NULL; }

static int under_way(unsigned i) { return w.of[i].seen.begun == 1; }

/* A call begins. Is it allowed now? */
static void see_call(amt_job *j, observer *o)
{
  char    text[200];
  amt_window out;
  amt_window_init(&out, text, sizeof text - 1, 0);
  o->out = 0;
  if (j->op == AMT_START) {
    must(o->starting, "a Start without AMT_STARTING before it");
    must(o->truth == NOT_SENT, "a Start is called for though one may be out");
    must(o->wish == 0 || o->once, "a Start after it was stopped");
  } else if (j->op != AMT_SIGN_IN) {
    must(o->truth == KNOWN, "a call about a job of which no id is known");
    must(o->started || o->once, "AMT_STARTED did not come");
  }
  if (j->op == AMT_SIGN_IN && w.refused != 0)
    must(w.refused < 3 &&
         w.now - w.refused_at >= (w.refused < 2 ? 5000 : 60000),
         "a refused sign-in is tried too soon, or a fourth time");
  if (o->once) return;
  if (j->op == AMT_STOP || j->op == AMT_KILL) {
    must(o->wish == j->op, "a stop or kill that nobody asked for");
    must(o->tried % 3 == 0,
         "a stop or kill is repeated without a poll between");
    must(o->code == 0, "a stop or kill of a job that has ended");
  }
  must(j->op != AMT_MONITOR || o->code == 0,
       "a monitor of a job that has ended");
  if (j->op >= AMT_MONITOR && o->tried == 1) o->tried = 2;
  if (j->op == AMT_MESSAGES) {
    amt_call_path(j, &out);
    text[out.len] = 0;
    o->asks = (uint8_t)(strrchr(text, '/')[1] - '0');
  }
}

/* A piece of the log must be the next one. If some are skipped, they are
   lost. */
static void see_message(const amt_job *j, observer *o)
{
  const char *text = strchr(letters, j->msg_len != 0 ? j->msg[0] : 0);
  unsigned    at, n = (unsigned)j->msg_len;
  if (o->half && n == 0) text = letters + 2 * o->half; /* an empty last piece */
  at = (unsigned)(text - letters);
  must(text != NULL && at + n <= 2u * o->written &&
       memcmp(text, j->msg, n) == 0, "a message is changed");
  if (broken != NULL) return;
  if (j->msg_first && o->half) o->lost = 1; /* its rest is missing */
  if (!j->msg_first)
    must(o->half && at == 2u * o->half - 1 + (n == 0),
         "a message goes on with other text");
  else if (at != 2u * (unsigned)__builtin_popcount(o->given))
    o->lost = 1; /* to be reported at the end */
  must(j->msg_first == (at % 2 == 0 && n != 0), "msg_first is wrong");
  if (n != 0) must(!(o->given >> at / 2 & 1), "a message is given twice");
  o->half = j->msg_more ? (uint8_t)(at / 2 + 1) : 0;
  must(j->msg_more == ((at + n) % 2 != 0), "msg_more is wrong");
  if (!j->msg_more) o->given |= (uint8_t)(1u << (at + n - 1) / 2);
}

static void see_done(const amt_job *j, const observer *o)
{
  if (o->once) return;
  if (o->truth == AT_ONCE) {
    must(!o->started && j->code == o->code,
         "the code of a job ended at once is wrong");
    return;
  }
  must(o->truth == KNOWN && j->start == AMT_START_KNOWN,
       "AMT_DONE of a job that is not known");
  if (o->code != 0)
    must(o->code == j->code, "the code is not what the server said");
  else
    must(j->error == AMT_E_UNDEFINED && j->code == AMT_CODE_UNDEFINED &&
         j->status == AMT_CODE_UNDEFINED, "AMT_DONE of a job that goes on");
  if (j->log_complete)
    must(o->given == (1u << o->written) - 1u && !o->lost,
         "log_complete, but messages are missing");
  else
    must(j->error != 0 || !(c.replies & LOGS),
         "messages are missing without a reason");
  if (j->error == AMT_E_GAP)
    must(o->given != (1u << o->written) - 1u || o->lost || o->odd,
         "messages are reported lost, but none is");
}

static void see_failed(const amt_job *j, const observer *o)
{
  must(j->error != 0, "AMT_FAILED without an error");
  must(j->start < AMT_START_UNKNOWN || j->code == AMT_CODE_UNDEFINED || o->once,
       "a code that advises to start again a job that may run");
  must(o->code == 0 || o->once, "a code once known is lost");
  must(!o->watched || o->once || j->error == AMT_E_LOST || AMT_IS_PERMANENT(j->error),
       "a refusal ends a job that the server knows");
  if (o->truth == KNOWN)
    must(j->start == AMT_START_KNOWN || o->once,
         "a known Start is not reported as known");
  else if (o->truth == OUT)
    must(j->start == AMT_START_UNKNOWN,
         "a Start may be out, but is not reported so");
  else
    must(j->start <= AMT_START_REFUSED,
         "nothing was started, but that is not said");
}

static void tell_event(const amt_job *j, amt_event e)
{
  printf(" -> %s", events[e]);
  if (e == AMT_CALL) printf(" %s", ops[j->op]);
  if (e == AMT_BUSY || e == AMT_RETRYING) printf(" %u ms", (unsigned)j->wait);
  if (e == AMT_STATUS) printf(" %d", (int)j->status);
  if (e == AMT_MESSAGE || e == AMT_SERVER_TEXT)
    printf(" \"%.*s\"", (int)j->msg_len, j->msg);
  if (e >= AMT_DONE) printf(" code %d start %d", j->code, j->start);
  if (e >= AMT_STOP_ANSWERED && j->error) printf(" error %d", j->error);
}

static void see_event(unsigned i, amt_event e)
{
  amt_job  *j = &w.of[i].job;
  observer *o = &w.of[i].seen;
  if (telling) tell_event(j, e);
  must((e == AMT_MESSAGE || e == AMT_SERVER_TEXT) == (j->msg != NULL) ||
       e == AMT_FAILED, "what was lent is not given back");
  switch (e) {
  case AMT_CALL: see_call(j, o); break;
  case AMT_STARTING:
    must(!o->starting && o->truth == NOT_SENT, "AMT_STARTING too late");
    o->starting = 1;
    break;
  case AMT_STARTED:
    must(o->truth == KNOWN && !o->started,
         "AMT_STARTED of a job that is not, or again");
    must(strcmp(j->id, "2112") == 0 || strcmp(j->id, "\"2112\"") == 0,
         "AMT_STARTED without the id");
    o->started = 1;
    break;
  case AMT_MESSAGE: see_message(j, o); break;
  case AMT_STOP_ANSWERED:
    must(o->wish != 0 || o->once, "an answer without a request");
    if (o->tried == 3) o->tried = 1;
    break;
  case AMT_RETRYING:
    must(j->error != 0 && j->wait - 1u < 0x7FFFFFFFu,
         "AMT_RETRYING without a reason or without a wait");
    break;
  case AMT_BUSY:
    must(j->wait - 1u < 0x7FFFFFFFu, "a wait without a time");
    break;
  case AMT_DONE: see_done(j, o); break;
  case AMT_FAILED: see_failed(j, o); break;
  default: break;
  }
  if (e >= AMT_DONE) o->begun = 2;
}

/* Is it JSON about our job? */
static int is_good(const char *text)
{
  return text[0] == '{' && strstr(text, "2113") == NULL;
}

/* A reply has ended or a call has broken. Records what follows from it. */
static void see_end(observer *o, unsigned op, const reply *r, int stale)
{
  if (r != NULL && op == AMT_START) {
    o->truth = r->start;
    if (r->status == 401 && r->error == 0) {
      if (!o->excused && signs_in())
        o->truth = NOT_SENT;
      o->excused = 1;
    }
    if (r->start == AT_ONCE) o->code = r->code;
  }
  if (op == AMT_SIGN_IN && r != NULL && r->error == 0) {
    if (r->status == 200 && strstr(r->body, "\"T\"")) w.refused = 0;
    o->refusal = r->status / 100 == 4 && r->status != 408 && r->status != 429;
  }
  if (op == AMT_START && o->truth == KNOWN) o->watched = 1;
  if (op == AMT_MONITOR && r != NULL && r->status == 200 && !r->error &&
      is_good(r->body)) o->watched = 1;
  if (op == AMT_MONITOR && r != NULL && r->code)
    o->code = r->code, o->wish_open = 0;
  if (op == o->wish && !stale)
    o->tried = r != NULL && r->status == 401 && !r->error && signs_in() &&
               o->tried != 3 ? 3 : 1;
  if (op == o->wish && r != NULL && r->status == 200 && r->error == 0 &&
      (is_good(r->body) || r->body[0] == 0)) o->wish_open = 0;
  if (op == AMT_MESSAGES && r != NULL && o->code) o->closed = 1;
  o->reply = 0;
  o->fed = 0;
  o->out = 0;
}

/* --- steps ---------------------------------------------------------------- */

/* Feeds the rest of a reply, until there is an event. */
static void feed(unsigned i)
{
  amt_job     *j = &w.of[i].job;
  observer    *o = &w.of[i].seen;
  const reply *r = &replies[o->reply - 1];
  size_t       n = make_body(o);
  unsigned     op = j->op;
  char        *id;
  while (o->fed < n) {
    o->fed = (uint8_t)(o->fed + amt_reply_data(j, body + o->fed, n - o->fed));
    id = strstr(body, "2112");
    if (op == AMT_START && r->start == KNOWN && id != NULL &&
        id + 4 < body + o->fed) o->truth = KNOWN;
    if (j->event__ != 0) { /* pull it first; the text moves into the state */
      char *text = w.of[i].text;
      must(j->msg_len + j->lines_len__ <= TEXT_ROOM,
           "more text than was written");
      memcpy(text, j->msg, j->msg_len);
      if (j->lines_len__ != 0)
        memcpy(text + j->msg_len, j->lines__, j->lines_len__);
      j->msg = text;
      j->lines__ = text + j->msg_len;
      return;
    }
  }
  amt_reply_end(j, r->error, o->out != 3);
  w.kept = r->error == 0;
  see_end(o, op, r, 0);
}

static int do_next(unsigned i)
{
  amt_job  *j = &w.of[i].job;
  observer *o = &w.of[i].seen;
  amt_event e;
  if (!under_way(i)) return 0;
  if (j->phase__ == AMT__CALLING && j->event__ == 0 && o->reply == 0) return 0;
  if (o->refusal) w.refused++, w.refused_at = w.now;
  o->refusal = 0;
  e = amt_next(j, w.now);
  if (o->reply != 0 && e == AMT_BUSY) {
    feed(i);
    return 1;
  }
  see_event(i, e);
  return e == AMT_BUSY ? 2 : 1;
}

static void leaves(const amt_job *j, observer *o)
{
  if (j->op != AMT_START) return;
  must(o->starts <= o->excused && o->starts < 2,
       "bytes of a Start leave a second time");
  o->starts++;
  o->truth = OUT;
}

/* Sends the first byte of a request, then the rest. */
static int do_send(unsigned i)
{
  amt_job  *j = &w.of[i].job;
  observer *o = &w.of[i].seen;
  if (!under_way(i) || j->phase__ != AMT__CALLING || o->reply != 0 ||
      o->out >= 2) return 0;
  if (o->out == 0) leaves(j, o);
  o->out = o->out == 1 || c.jobs > 1 ? 2 : 1;
  if (o->out == 2) amt_reply_sent(j);
  return 1;
}

static int do_reply(unsigned i, unsigned row)
{
  amt_job     *j = &w.of[i].job;
  observer    *o = &w.of[i].seen;
  const reply *r = &replies[row];
  if (!under_way(i) || j->phase__ != AMT__CALLING || o->reply != 0 ||
      !(r->calls >> j->op & 1) || !(r->group & c.replies)) return 0;
  /* Nobody can tell that the last messages of a log are missing. */
  if (r->list >= GONE &&
      o->written < 2u + (r->list == WHOLE_GONE ? 0u : o->asks)) return 0;
  if (o->out == 0) { /* so it has left, whatever the client thinks */
    if (!(c.replies & UNASKED)) return 0;
    leaves(j, o);
    o->out = 3;
  }
  if (is_odd(o, r->list)) o->odd = 1;
  o->reply = (uint8_t)(row + 1);
  amt_reply_status(j, r->status, r->status == 429 ? 1 : 0);
  feed(i);
  return 1;
}

static int do_break(unsigned i, unsigned row)
{
  amt_job  *j = &w.of[i].job;
  observer *o = &w.of[i].seen;
  unsigned  op = j->op;
  int       error = breaks[row].error;
  if (!under_way(i) || j->phase__ != AMT__CALLING || o->reply != 0 ||
      !(breaks[row].group & c.replies) ||
      (breaks[row].untaken && o->out != 0)) return 0;
  if (error == AMT_E_STALE && !w.kept) return 0;
  w.kept = 0;
  amt_reply_end(j, error, o->out != 0);
  see_end(o, op, NULL, error == AMT_E_STALE);
  return 1;
}

static int do_wish(unsigned i, unsigned op)
{
  observer *o = &w.of[i].seen;
  if (!under_way(i) || o->wish == op ||
      !(c.user & (op == AMT_STOP ? STOPS : KILLS))) return 0;
  amt_stop(&w.of[i].job, (amt_op)op);
  if (o->once || o->wish == AMT_KILL) return 1;
  o->wish = (uint8_t)op;
  o->wish_open = o->code == 0;
  o->tried = 0;
  return 1;
}

static int do_credentials(void)
{
  int fetched = (c.user & SECRET) != 0;
  if (!(c.user & CREDENTIALS) ||
      !amt_session_credentials(&w.session, "u", fetched ? NULL : "p")) return 0;
  w.refused = 0;
  return 1;
}

static int do_drop(unsigned i)
{
  observer *o = &w.of[i].seen;
  amt_job  *j = &w.of[i].job;
  if (!under_way(i) || !(c.user & DROPS)) return 0;
  amt_forget(j);
  if (o->truth == KNOWN)
    must(j->start == AMT_START_KNOWN, "dropped, and its id is not known");
  if (o->truth == OUT)
    must(j->start == AMT_START_UNKNOWN, "dropped, and a Start may be out");
  must(j->code == AMT_CODE_UNDEFINED, "dropped, with a code");
  o->begun = 2;
  return 1;
}

static int do_begin(unsigned i, unsigned how, unsigned op)
{
  amt_job  *j = &w.of[i].job;
  observer *o = &w.of[i].seen;
  if (under_way(i) || !(c.user & how)) return 0;
  memset(o, 0, sizeof *o);
  o->begun = 1;
  o->once = how == CALLS_ONCE;
  o->starting = o->started = how == ATTACHES;
  if (how == ATTACHES || (o->once && op >= AMT_STOP)) o->truth = KNOWN;
  if (how == STARTS) amt_start(j, &w.session, &task);
  else if (how == ATTACHES) amt_attach(j, &w.session, "A", "2112");
  else amt_once(j, &w.session, (amt_op)op, &task, "2112");
  return 1;
}

static int do_write(unsigned i, unsigned style)
{
  observer *o = &w.of[i].seen;
  if (!under_way(i) || w.of[i].job.phase__ != AMT__CALLING || o->reply != 0 ||
      w.of[i].job.op != AMT_MESSAGES || o->closed || o->written == LOG ||
      !(c.replies & LOGS) || !(c.styles & style)) return 0;
  o->style[o->written++] = (uint8_t)style;
  return 1;
}

/* --- time ----------------------------------------------------------------- */

/* Lowers *ms to this limit if it is still ahead. */
static void nearer(uint32_t *ms, uint32_t limit)
{
  uint32_t d = limit - w.now;
  if (d - 1 < 0x7FFFFFFF && d < *ms) *ms = d;
}

static int do_time(void)
{
  const amt_session *s = &w.session;
  uint32_t           ms = 0x7FFFFFFF;
  unsigned           i;
  for (i = 0; i < c.jobs; i++) {
    const amt_job *j = &w.of[i].job;
    if (!under_way(i)) continue;
    if (j->phase__ == AMT__WAITING) nearer(&ms, j->due__);
    if (j->backoff__ != 0) nearer(&ms, j->failed__ + c.give_up);
  }
  if (s->token__len != 0 && s->token__life != 0)
    nearer(&ms, s->token__time + life_of(s));
  if (AMT_IS_REFUSAL(s->error__) && s->refusals__ < 3)
    nearer(&ms, s->refused__ + pause_of(s));
  if (ms == 0x7FFFFFFF) return 0;
  w.now += ms;
  for (i = 0; i < c.jobs; i++)
    if (w.of[i].seen.tried == 2 && w.of[i].job.phase__ == AMT__WAITING &&
        w.of[i].job.due__ == w.now)
      w.of[i].seen.tried = 0; /* the wait for a poll is over */
  if (telling) printf(" %u ms", (unsigned)ms);
  return 1;
}

/* --- numbering the steps -------------------------------------------------- */

enum { NEXT, SEND, WISH_STOP, WISH_KILL, DROP, START_IT, ATTACH_IT, ONCE_IT,
       WRITE = ONCE_IT + AMT_CALLS, BREAK_IT = WRITE + 5,
       REPLY = BREAK_IT + COUNT(breaks) };
static struct { uint8_t what, row; } table[256];
static unsigned steps_of_job;

/* The first two steps belong to the session, the rest to the jobs. */
static void make_steps(void)
{
  unsigned i, n = 0;
  for (i = 0; i < REPLY; i++) table[n++].what = (uint8_t)i;
  for (i = 0; i < COUNT(replies); i++) {
    if (!(replies[i].group & c.replies)) continue;
    table[n].what = REPLY;
    table[n++].row = (uint8_t)i;
  }
  steps_of_job = n;
  model.steps = 2 + n * c.jobs;
}

static int step(unsigned s)
{
  unsigned i, what;
  if (s == 0) return do_time();
  if (s == 1) return do_credentials();
  i = (s - 2) / steps_of_job, s = (s - 2) % steps_of_job;
  what = table[s].what;
  switch (what) {
  case NEXT: return do_next(i);
  case SEND: return do_send(i);
  case WISH_STOP: return do_wish(i, AMT_STOP);
  case WISH_KILL: return do_wish(i, AMT_KILL);
  case DROP: return do_drop(i);
  case START_IT: return do_begin(i, STARTS, AMT_START);
  case ATTACH_IT: return do_begin(i, ATTACHES, AMT_MONITOR);
  case REPLY: return do_reply(i, table[s].row);
  default: break;
  }
  if (what < WRITE) return do_begin(i, CALLS_ONCE, what - ONCE_IT);
  if (what < BREAK_IT) return do_write(i, 1u << (what - WRITE));
  return do_break(i, what - BREAK_IT);
}

enum { TO_END, TO_WISH_1, TO_WISH_2 };

static unsigned kind(unsigned s)
{
  const unsigned end = STEP_HELPS << TO_END;
  const unsigned wish = STEP_HELPS << TO_WISH_1 | STEP_HELPS << TO_WISH_2;
  unsigned       what, helps;
  if (s == 0) return STEP_TAKES_TIME | end | wish;
  if (s == 1) return STEP_BY_USER;
  s = (s - 2) % steps_of_job;
  what = table[s].what;
  if (what == NEXT || what == SEND) return end | wish;
  if (what < BREAK_IT) return STEP_BY_USER;
  if (what < REPLY) return 0;
  helps = replies[table[s].row].helps;
  return (helps & ENDS ? end : 0) | (helps & RUNS ? wish : 0);
}

static void print(unsigned s)
{
  static const char *const words[] = {
    "amt_next", "bytes of the request leave", "amt_stop STOP", "amt_stop KILL",
    "amt_forget", "amt_start", "amt_attach"
  };
  static const char *const lists[] = { "", "the rest", "the next one",
    "the list from its start", "nothing, with More", "the same, with More",
    "cut in a text", "cut behind a text", "not JSON", "two texts",
    "the rest without its first", "the list without its first",
    "the rest, the first last" };
  static const char *const styles[] = { "numbered", "its text first",
    "an object", "a string", "a line" };
  unsigned what;
  if (s == 0) printf("time passes");
  if (s == 1) printf("amt_session_credentials");
  if (s < 2) return;
  if (c.jobs > 1) printf("job %u: ", ((s - 2) / steps_of_job ^ exchanged) + 1);
  s = (s - 2) % steps_of_job;
  what = table[s].what;
  if (what < ONCE_IT) {
    printf("%s", words[what]);
  } else if (what < WRITE) {
    printf("amt_once %s", ops[what - ONCE_IT]);
  } else if (what < BREAK_IT) {
    printf("the server writes a message, %s", styles[what - WRITE]);
  } else if (what < REPLY) {
    printf("the call breaks, error %d", breaks[what - BREAK_IT].error);
  } else {
    const reply *r = &replies[table[s].row];
    printf("reply %d %s", r->status, r->list ? lists[r->list] : r->body);
    if (r->error) printf(" and breaks");
  }
}

/* --- equal states: explore_job.h, and here -------------------------------- */

static void canon_observer(observer *o)
{
  /* From here on a further Start is caught where it is called for. */
  if (o->truth >= KNOWN) o->starts = o->excused = 0;
  if (o->truth == KNOWN) o->starting = 1;
}

/* The two jobs differ only by place: the smaller state comes first. */
static void exchange(void)
{
  static struct of was;
  unsigned         i;
  if (c.jobs < 2 || memcmp(&w.of[0], &w.of[1], sizeof was) <= 0) return;
  was = w.of[0], w.of[0] = w.of[1], w.of[1] = was;
  for (i = 0; i < 2; i++)
    if (w.of[i].job.msg == w.of[1 - i].text) w.of[i].job.msg = w.of[i].text;
  if (w.session.signing__ != NULL)
    w.session.signing__ = &w.of[w.session.signing__ == &w.of[0].job].job;
  exchanged = telling ? !exchanged : exchanged;
}

static void blur(void)
{
  unsigned i;
  for (i = 0; i < c.jobs; i++) blur_job(&w.of[i].job, w.now);
  blur_session(&w.session);
}

static void canon(void)
{
  unsigned i;
  for (i = 0; i < c.jobs; i++) {
    struct of *of = &w.of[i];
    canon_job_times(&of->job, w.now);
    canon_numbers(&of->job, &w.session);
    canon_reply(&of->job);
    canon_job(&of->job);
    canon_observer(&of->seen);
    if (of->job.event__ == 0 && of->job.lines_len__ == 0)
      memset(of->text, 0, sizeof of->text);
    if (of->seen.begun != 2) continue;
    canon_ended(&of->job);
    memset(&of->seen, 0, sizeof of->seen);
    of->seen.begun = 2;
  }
  canon_session_times(&w.session, w.now);
  canon_session(&w.session);
  w.refused_at = w.refused % 3 == 0 ? 0
    : clipped(w.refused_at, w.now, w.refused == 1 ? 5000 : 60000);
  w.now = c.clock;
}

/* --- what holds in each state --------------------------------------------- */

/* After the end, every call gives the same and leaves the session alone. */
static void look_ended(unsigned i)
{
  amt_job    *j = &w.of[i].job;
  amt_job     was = *j;
  amt_session session = w.session;
  amt_event   e = j->phase__ == AMT__ENDED ? AMT_DONE : AMT_FAILED;
  char        late[] = "{\"i\":2113,\"s\":3}";
  must(j->phase__ >= AMT__ENDED, "the job goes on after its end");
  must(amt_next(j, w.now) == e, "the end is not final");
  amt_stop(j, AMT_KILL);
  amt_reply_status(j, 200, 0);
  amt_reply_data(j, late, sizeof late - 1);
  amt_reply_end(j, AMT_E_BROKEN, 1);
  must(amt_next(j, w.now + 100000) == e, "the end is not final");
  amt_forget(j);
  must(amt_next(j, w.now) == e && j->code == was.code && j->start == was.start,
       "the end changes");
  session.reached__ = w.session.reached__;
  must(memcmp(&session, &w.session, sizeof session) == 0,
       "a job that has ended changes its session");
  *j = was;
}

static void look_busy(unsigned i)
{
  amt_job *j = &w.of[i].job, was = *j;
  if (w.of[i].seen.reply == 0 && j->phase__ == AMT__CALLING) {
    must(amt_next(j, w.now) == AMT_BUSY && j->wait == 0x7FFFFFFF,
         "a call under way is not AMT_BUSY without a limit");
  } else if (j->phase__ == AMT__WAITING && j->due__ != w.now) {
    must(amt_next(j, w.now) == AMT_BUSY && j->wait == j->due__ - w.now,
         "a wait is not AMT_BUSY with its time");
    must(j->wait <= 60000, "a wait is too long");
  } else {
    return;
  }
  j->wait = was.wait;
  must(memcmp(j, &was, sizeof was) == 0, "AMT_BUSY changes the job");
  *j = was;
}

static void look(void)
{
  const amt_job *signing = w.session.signing__;
  unsigned       i, producing = 0, signs = 0, basic = c.wire == BASIC;
  for (i = 0; i < c.jobs; i++) {
    if (w.of[i].seen.begun == 0) continue;
    producing += (w.of[i].job.flags__ & AMT__PRODUCING) != 0;
    signs += w.of[i].seen.begun == 1 && w.of[i].job.op == AMT_SIGN_IN &&
             w.of[i].job.phase__ == AMT__CALLING;
    if (w.of[i].seen.begun == 2) look_ended(i);
    else look_busy(i);
  }
  must(signs <= 1, "two jobs sign in at once");
  must(producing == w.session.producing__, "requests half sent are miscounted");
  must(signing == NULL || (signing->op == AMT_SIGN_IN &&
       (signing->phase__ == AMT__CALLING || signing->phase__ == AMT__ANSWERED)),
       "the sign-in is held by a job that does not sign in");
  if (c.user & SECRET) {
    must(w.lent == (w.session.password != NULL),
         "a password is not given back");
    must(!w.lent || basic || signing != NULL, "a password is kept too long");
  }
}

static unsigned goals(void)
{
  unsigned i, reached = 1u << TO_END | 1u << TO_WISH_1 | 1u << TO_WISH_2;
  for (i = 0; i < c.jobs; i++) {
    if (under_way(i)) reached &= ~(1u << TO_END);
    if (under_way(i) && w.of[i].seen.wish_open) reached &= ~(2u << i);
  }
  return reached;
}

/* --- setting up ----------------------------------------------------------- */

static const char *lend(void *ctx, int begin)
{
  (void)ctx;
  must(w.lent == !begin, "a password is fetched or given back twice");
  w.lent = 0;
  if (!begin || choose(2) == 1) return NULL;
  w.lent = 1;
  return "p";
}

static void make_wire(void)
{
  static const char *const names[AMT_REPLY_COUNT] = { "t", "e", "i", "s", "m", "l",
                                                  "o", "q", "d", "x" };
  static const char *const dotted[AMT_REPLY_COUNT] = { "r.t", "r.e", "r.i", "r.s",
    "r.m", "r.l", "r.o", "q", "d", "x" };
  wire = *amt_wire_default();
  memcpy(wire.reply, c.wire == DOTTED ? dotted : names, sizeof wire.reply);
  if (c.wire == FORM)
    wire.call[AMT_SIGN_IN].body = "grant_type=password&username="
      AMT_HOLE_API_USER "&password=" AMT_HOLE_PASSWORD;
  if (c.wire == BASIC)
    wire.headers = "Authorization: Basic " AMT_HOLE_BASIC "\r\n";
  if (c.wire == NO_AUTH) wire.headers = NULL;
  if (c.wire == BASIC || c.wire == FIXED || c.wire == NO_AUTH)
    wire.call[AMT_SIGN_IN].path = NULL;
  wire.call[AMT_MESSAGES].path = "/m/" AMT_HOLE_AFTER;
}

static void settle(void)
{
  amt_session *s = &w.session;
  memset(&w, 0, sizeof w);
  make_wire();
  w.now = same.clock = c.clock;
  same.give_up = c.give_up;
  same.poll_max = c.poll_max;
  same.is_fixed = c.wire == FIXED;
  s->wire = &wire;
  s->user = "u";
  if (c.user & SECRET) s->secret = lend;
  else s->password = "p";
  s->token = w.token;
  s->token_room = sizeof w.token;
  if (c.wire == FIXED) strcpy(w.token, "T");
  s->messages = c.live ? AMT_LIVE : c.replies & LOGS ? AMT_AT_END : AMT_NEVER;
  s->initial_delay = s->poll = c.poll;
  s->poll_max = c.poll_max;
  s->give_up = c.give_up;
}

static int run(const configuration *which, double most)
{
  c = *which;
  if (c.jobs == 0) c.jobs = 1;
  if (c.give_up == 0) c.give_up = 1000;
  if (c.poll == 0) c.poll = 1000;
  if (c.clock == 0) c.clock = 5000;
  settle();
  memset(&model, 0, sizeof model);
  model.name = c.name;
  model.world = &w;
  model.size = offsetof(struct world, of) + c.jobs * sizeof w.of[0];
  model.step = step;
  model.kind = kind;
  model.blur = blur;
  model.canon = canon;
  model.order = exchange;
  model.look = look;
  model.goals = goals;
  model.print = print;
  model.goal[TO_END] = "from here no server can lead to the end";
  model.goal[TO_WISH_1] = model.goal[TO_WISH_2] = "a stop or kill is forgotten";
  model.seconds = most;
  make_steps();
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
