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
  server      srv;
  server     *to;          /* whose mind answers; &srv, or shared */
  uint32_t    now;
  size_t      chunk;       /* bytes of a reply at a time; 0: all */
  size_t      split;       /* or cut once, here */
  size_t      cut;         /* the first reply of cut_op breaks off here */
  int         cut_op;
  int         cut_error;
  uint32_t    outage[4];   /* monitor answers 503 from, to; from, to */
  uint32_t    began;
  uint32_t    token_life, token_time; /* the server's idea of it */
  unsigned    denied;      /* requests with an old token */
  uint32_t    call_time[64];
  size_t      calls;       /* of all kinds */
  amt_event   last;        /* event */
  unsigned    events;
  unsigned    stop_after;  /* amt_stop after so many events; 0: never */
  amt_op      stop_op;
  int         stop_in_reply; /* amt_stop in the middle of the Start's reply */
  int         once;        /* it is a single call */
  int         ended;
} play;

void play_init(play *p);
void play_free(play *p);

#define play_steps(p, table) \
  ((p)->srv.steps = (table), (p)->srv.step_count = COUNT(table))
#define play_status(p, table) \
  ((p)->srv.status = (table), (p)->srv.status_count = COUNT(table))
extern const int for_ever[1]; /* a status: it runs, and does not end */
#define play_messages(p, table) \
  ((p)->srv.message = (table), (p)->srv.message_count = COUNT(table))

void play_start(play *p);
void play_once(play *p, amt_op op, const amt_task *t, const char *id);

/* What amt_next said: it is written down. */
void play_event(play *p, amt_event e);

/* Makes the call that was asked for. */
void play_call(play *p);

/* A part of the request: the same through windows of any size. */
typedef void (*part)(const amt_job *j, amt_out *o);
void play_part(const amt_job *j, part put, text *to);

/* Until the end, or until `until` has been given. */
void play_until(play *p, amt_event until);
void play_run(play *p);       /* to the end, which stays the end */
void play_job(play *p);       /* from its beginning to its end */
void play_to_status(play *p); /* from its beginning to its first status */

/* One call, to which this is the reply, as often as it is asked for. */
void reply_once(play *p, amt_op op, int status, const char *body,
                size_t piece);

/* The texts of all messages in a log, a line each. */
void texts_of(event_log *l, text *to);

#define UP_TO_START "> sign-in\nstarting\n> start\n"
#define STARTED     UP_TO_START "started 2112\n"

#define LONG40 "0123456789012345678901234567890123456789"

#define HEAD "X-AMT-LogonToken: tok1\r\nAccept: application/json\r\n" \
             "Content-Type: application/json\r\n"

#endif
