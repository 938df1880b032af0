/* play.h - the run of a job that is played and written down.

   A play is a job, its session and the server's mind (server.h). What it calls
   for is answered by that mind, in pieces of any size; calls and events go to
   its log, line by line, and a test compares that. The bytes of a reply come
   in blocks that end at an unreadable page, so that a step beyond them is a
   crash. */
#ifndef PLAY_H
#define PLAY_H

#include "amt.h"
#include "server.h"
#include "suite.h"

typedef struct play {
  amt_session s;
  amt_task    t;
  amt_job     j;
  char        token[24];
  amt_wire    wire;          /* see play_wire */

  server      srv;
  server     *to;            /* whose mind answers; &srv, or shared */
  text        rows;          /* its steps, to be told if the test fails */
  uint32_t    outage[4];     /* monitor answers 503 from, to; from, to */
  uint32_t    token_life, token_time; /* the server's idea of it */
  unsigned    denied;        /* requests with an old token */

  size_t      chunk;         /* bytes of a reply at a time; 0: all */
  size_t      split;         /* or cut once, here */
  size_t      cut;           /* the first reply of cut_op breaks off here */
  int         cut_op, cut_error;

  unsigned    stop_after;    /* amt_stop after so many events; 0: never */
  int         stop_in_reply; /* amt_stop in the middle of the Start's reply */
  amt_op      stop_op;

  uint32_t    now, began;
  uint32_t    call_time[64];
  size_t      calls;         /* of all kinds */
  unsigned    events;
  amt_event   last;          /* of the events */
  int         once;          /* it is a single call */
  int         ended;
} play;

/* --- a new one ------------------------------------------------------------ */

/* It is good until the next one, or until its test ends: there is one at a
   time. If the test fails, it is told which run that was, of what replies, and
   what had happened. */
play *play_new(void);

/* The same with the first replies of its server, a table of steps; then so
   many of a table. */
#define play_with(table) play_with_rows(table, COUNT(table))
play *play_with_rows(const step *rows, size_t n);

/* TEST of suite.h for all files here: it ends the play. */
void play_passed(void);
int  play_end(void **state); /* comes in either case */
#undef TEST
#define TEST(name) \
  static void name##_played(void); \
  TEST_WITH(name, NULL, play_end) \
  { \
    name##_played(); \
    play_passed(); \
  } \
  static void name##_played(void)

/* For plays of one's own. */
void play_init(play *p);
void play_free(play *p);

/* A wire table of this play alone, to be changed. */
amt_wire *play_wire(play *p);

/* The same, but no call signs in: each request has name and password, or the
   token that stands in p->token, or nobody is asked. Its server wants none. */
enum { BASIC, FIXED, NOBODY };
amt_wire *play_auth(play *p, int how);

/* What the server answers: first these steps; then, of these states of the job,
   one a look; and these messages. */
#define play_steps(p, table) play_rows(p, table, COUNT(table))
void play_rows(play *p, const step *rows, size_t n);
#define play_status(p, table) \
  ((p)->srv.status = (table), (p)->srv.status_count = COUNT(table))
#define play_messages(p, table) \
  ((p)->srv.message = (table), (p)->srv.message_count = COUNT(table))
extern const int for_ever[1]; /* states: it runs, and does not end */

/* The next reply to such a call breaks off behind so many bytes. */
void play_cut(play *p, amt_op op, size_t bytes, int error);

/* --- its run -------------------------------------------------------------- */

void play_start(play *p);
void play_attach(play *p);          /* to DEMO2's job 2112 */
void play_once(play *p, amt_op op); /* one call; of that job if it needs one */
void play_once_of(play *p, amt_op op, const amt_task *t, const char *id);

/* What amt_next said: it is written down. */
void play_event(play *p, amt_event e);

/* Makes the call that was asked for. */
void play_call(play *p);

/* A part of the request: the same through windows of any size. */
typedef void (*part)(const amt_job *j, amt_window *o);
void play_part(const amt_job *j, part put, text *to);

/* Until the end, or until `until` has been given. */
void play_until(play *p, amt_event until);
void play_run(play *p);                  /* to the end, which stays the end */
void play_job(play *p);                  /* from its beginning to its end */
void play_to(play *p, amt_event until);  /* from its beginning to there */

/* A single call, to which this is the reply, each time, in such pieces. */
play *reply_once(amt_op op, int status, const char *body, size_t piece);

/* --- what must be seen ---------------------------------------------------- */

/* Somewhere in what has happened, or was sent; or nowhere. */
#define expect_told(p, s)     expect_has(&(p)->srv.log.text, s, 1)
#define expect_untold(p, s)   expect_has(&(p)->srv.log.text, s, 0)
#define expect_sent(p, s)     expect_has(&(p)->srv.calls, s, 1)
#define expect_unsent(p, s)   expect_has(&(p)->srv.calls, s, 0)
#define expect_has(t, s, has) expect_has_(t, s, has, __FILE__, __LINE__)

/* All that has happened. */
#define expect_all(p, ...) expect_whole(&(p)->srv.log.text, __VA_ARGS__)
#define expect_whole(t, ...) \
  expect_whole_(t, __FILE__, __LINE__, __VA_ARGS__)

/* The last that has happened: expect_end(p, "done %d", 4). Then the log is
   complete and there is no error: both would stand behind it. */
#define expect_end(p, ...) expect_end_(p, __FILE__, __LINE__, __VA_ARGS__)

/* The texts of all messages that were given, a line each. */
#define expect_texts(p, s) expect_texts_(p, s, __FILE__, __LINE__)

/* All that was sent; and how often a call was. */
#define expect_requests(p, ...) expect_whole(&(p)->srv.calls, __VA_ARGS__)
#define expect_calls(p, op, n) assert_int_equal((p)->srv.count[op], n)

void expect_has_(text *t, const char *s, int has, const char *file, int line);
void expect_texts_(play *p, const char *s, const char *file, int line);
void expect_whole_(text *t, const char *file, int line, const char *format, ...)
  __attribute__((format(printf, 4, 5)));
void expect_end_(play *p, const char *file, int line, const char *format, ...)
  __attribute__((format(printf, 4, 5)));

/* The texts of all messages in a log, a line each. */
void texts_of(event_log *l, text *to);

#define UP_TO_START "> sign-in\nstarting\n> start\n"
#define STARTED     UP_TO_START "started 2112\n"
#define WATCHED     "> monitor\nstatus 1\n> monitor\nstatus 2\n> monitor\n" \
                    "> monitor\nstatus 4\n> messages\ndone 4\n"

#define LONG40 "0123456789012345678901234567890123456789"
#define EURO10 "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC" \
               "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"

/* Bodies of a wire table: of the calls behind the Start, without a number; and
   of a Start, up to where the parts stand that may be left out. */
#define JOB_BODY "{\"ApplicationName\":" AMT_HOLE_APPLICATION \
                 ",\"BatchRequestId\":" AMT_HOLE_ID "}"
#define START_BODY "{\"Action\":\"START\",\"ApplicationName\":" \
                   AMT_HOLE_APPLICATION ",\"JobName\":" AMT_HOLE_JOB

#define BASIC_HEADER "Authorization: Basic " AMT_HOLE_BASIC "\r\n"

#define HEAD "X-AMT-LogonToken: tok1\r\nAccept: application/json\r\n" \
             "Content-Type: application/json\r\n"

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
