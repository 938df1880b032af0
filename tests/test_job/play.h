/* play.h - runs a job against a server in memory and records the run.

   A play is a job, its session and a server (server.h). The server answers the
   job's calls, in pieces of any size. Calls and events go to its log, line by
   line, which the tests compare. The bytes of a reply come in blocks that end
   at an unreadable page, so a read past them is a crash. */
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
  server     *to;            /* the server that answers: &srv, or shared */
  text        rows;          /* its steps, shown if the test fails */
  uint32_t    outage[4];     /* monitor answers 503 from, to; from, to */
  uint32_t    token_life, token_time; /* the server's token */
  unsigned    denied;        /* requests with an old token */

  size_t      chunk;         /* bytes fed at a time; 0: all */
  size_t      split;         /* or cut once, here */
  size_t      cut;           /* the first reply of cut_op breaks off here */
  int         cut_op, cut_error;

  unsigned    stop_after;    /* calls amt_stop after so many events; 0: never */
  int         stop_in_reply; /* or in the middle of the Start's reply */
  amt_op      stop_op;

  uint32_t    now, began;
  uint32_t    call_time[64];
  size_t      calls;         /* of all ops */
  unsigned    events;
  amt_event   last;          /* the last event */
  int         once;          /* a single call */
  int         ended;
} play;

/* --- making one ----------------------------------------------------------- */

/* Valid until the next one is made or the test ends: there is one at a time. If
   the test fails, its number, replies and log are printed. */
play *play_new(void);

/* The same, and the server answers first from this table of steps. */
#define play_with(table) play_with_rows(table, COUNT(table))
play *play_with_rows(const step *rows, size_t n);

/* Replaces suite.h's TEST in all files here: it also ends the play. */
void play_passed(void);
int  play_end(void **state); /* runs in either case */
#undef TEST
#define TEST(name) \
  static void name##_played(void); \
  TEST_WITH(name, NULL, play_end) \
  { \
    name##_played(); \
    play_passed(); \
  } \
  static void name##_played(void)

/* For a play that lives elsewhere. */
void play_init(play *p);
void play_free(play *p);

/* This play's own wire table, to change. */
amt_wire *play_wire(play *p);

/* The same, without a sign-in. Each request has name and password (BASIC), or
   the token in p->token (FIXED), or neither. The server needs none. */
enum { BASIC, FIXED, NOBODY };
amt_wire *play_auth(play *p, int how);

/* What the server answers: these steps first; then one of these states per
   monitor; and these messages. */
#define play_steps(p, table) play_rows(p, table, COUNT(table))
void play_rows(play *p, const step *rows, size_t n);
#define play_status(p, table) \
  ((p)->srv.status = (table), (p)->srv.status_count = COUNT(table))
#define play_messages(p, table) \
  ((p)->srv.message = (table), (p)->srv.message_count = COUNT(table))
extern const int for_ever[1]; /* states of a job that does not end */

/* The next reply to such a call breaks off after so many bytes. */
void play_cut(play *p, amt_op op, size_t bytes, int error);

/* --- its run -------------------------------------------------------------- */

void play_start(play *p);
void play_attach(play *p);          /* to DEMO2's job 2112 */
void play_once(play *p, amt_op op); /* one call, about that job if needed */
void play_once_of(play *p, amt_op op, const amt_task *t, const char *id);

/* Records what amt_next returned. */
void play_event(play *p, amt_event e);

/* Makes the call that amt_next asked for. */
void play_call(play *p);

/* Appends a part of the request. Windows of all sizes must give the same. */
typedef void (*part)(const amt_job *j, amt_window *o);
void play_part(const amt_job *j, part put, text *to);

/* Runs until this event, or the end. */
void play_until(play *p, amt_event until);
void play_run(play *p);                  /* to the end, which is final */
void play_job(play *p);                  /* from start to end */
void play_to(play *p, amt_event until);  /* from the start to this event */

/* A single call that gets this reply every time, in pieces of this size. */
play *reply_once(amt_op op, int status, const char *body, size_t piece);

/* --- expectations --------------------------------------------------------- */

/* This is somewhere in the log, or in the requests; or it is not. */
#define expect_told(p, s)     expect_has(&(p)->srv.log.text, s, 1)
#define expect_untold(p, s)   expect_has(&(p)->srv.log.text, s, 0)
#define expect_sent(p, s)     expect_has(&(p)->srv.calls, s, 1)
#define expect_unsent(p, s)   expect_has(&(p)->srv.calls, s, 0)
#define expect_has(t, s, has) expect_has_(t, s, has, __FILE__, __LINE__)

/* This is the whole log. */
#define expect_all(p, ...) expect_whole(&(p)->srv.log.text, __VA_ARGS__)
#define expect_whole(t, ...) \
  expect_whole_(t, __FILE__, __LINE__, __VA_ARGS__)

/* The log ends with this: expect_end(p, "done %d", 4). An error or an
   incomplete log would follow it. */
#define expect_end(p, ...) expect_end_(p, __FILE__, __LINE__, __VA_ARGS__)

/* The texts of all messages, one per line. */
#define expect_texts(p, s) expect_texts_(p, s, __FILE__, __LINE__)

/* This is all that was sent; so many calls of this op came. */
#define expect_requests(p, ...) expect_whole(&(p)->srv.calls, __VA_ARGS__)
#define expect_calls(p, op, n) assert_int_equal((p)->srv.count[op], n)

void expect_has_(text *t, const char *s, int has, const char *file, int line);
void expect_texts_(play *p, const char *s, const char *file, int line);
void expect_whole_(text *t, const char *file, int line, const char *format, ...)
  __attribute__((format(printf, 4, 5)));
void expect_end_(play *p, const char *file, int line, const char *format, ...)
  __attribute__((format(printf, 4, 5)));

/* The texts of all messages in a log, one per line. */
void texts_of(event_log *l, text *to);

#define UP_TO_START "> sign-in\nstarting\n> start\n"
#define STARTED     UP_TO_START "started 2112\n"
#define WATCHED     "> monitor\nstatus 1\n> monitor\nstatus 2\n> monitor\n" \
                    "> monitor\nstatus 4\n> messages\ndone 4\n"

#define LONG40 "0123456789012345678901234567890123456789"
#define EURO10 "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC" \
               "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"

/* Bodies of a wire table: of the calls after the Start, without AfterSequence;
   and of a Start, up to its optional parts. */
#define JOB_BODY "{\"ApplicationName\":" AMT_HOLE_APPLICATION \
                 ",\"BatchRequestId\":" AMT_HOLE_ID "}"
#define START_BODY "{\"Action\":\"START\",\"ApplicationName\":" \
                   AMT_HOLE_APPLICATION ",\"JobName\":" AMT_HOLE_JOB

#define BASIC_HEADER "Authorization: Basic " AMT_HOLE_BASIC "\r\n"

#define HEAD "X-AMT-LogonToken: tok1\r\nAccept: application/json\r\n" \
             "Content-Type: application/json\r\n"

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
