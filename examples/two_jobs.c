/* two_jobs [URL]: two jobs at the same time, in one loop, on one thread. Both
   belong to one session, so there is one sign-in; both share one buffer and a
   pool of two connections. For thousands of jobs see fleet.c.

   Each job is polled, whatever the other one does. While one has lent a
   message, which lies in the buffer, the other gets AMT_BUSY with a wait of 0.
   The loop need not keep track of that.

   The exit status is 4 (DONE) if both jobs end so, otherwise the code of the
   last one that does not. */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <stdio.h>
#include <time.h>

#define JOBS 2

/* Polls a job once: 1 when it is over. A message that is longer than the
   buffer comes in pieces, and the other job's may stand between them. */
static int look(amt_pool *pool, amt_job *job, const char *name)
{
  switch (amt_poll(pool, job, amt_posix_now())) {
  case AMT_STARTED: printf("%s: started as %s\n", name, job->id); return 0;
  case AMT_STATUS:
    printf("%s: %s\n", name, amt_status_name(job->status));
    return 0;
  case AMT_MESSAGE:
    printf("%s: %s%.*s%s\n", name, job->msg_first ? "" : "... ",
           (int)job->msg_len, job->msg, job->msg_more ? " ..." : "");
    return 0;
  case AMT_DONE: printf("%s: ended with %d\n", name, job->code); return 1;
  case AMT_FAILED: printf("%s: %s\n", name, amt_error(job->error)); return 1;
  default: return 0; /* AMT_BUSY: nothing yet */
  }
}

int main(int argc, char **argv)
{
  static const char *const name[JOBS] = {"REPORTTEST01", "RUN_PARAMETERTESTA"};
  static char        buf[1024], token[256];
  static amt_posix   sock[JOBS];
  static amt_slot    conn[JOBS];
  static amt_session session;
  static amt_task    task[JOBS];
  static amt_job     job[JOBS];
  amt_pool pool = {conn, JOBS, buf, sizeof buf, NULL};
  int      over[JOBS] = {0, 0}, left = JOBS, code = AMT_CODE_DONE, i;

  session.url = argc > 1 ? argv[1] : "http://127.0.0.1:42000";
  session.user = "ocadm", session.password = "opconxps";
  session.token = token, session.token_room = sizeof token;
  for (i = 0; i < JOBS; i++) {
    amt_posix_init(&sock[i]);
    conn[i].http.stream = &sock[i].stream;
    task[i].application = "DEMO2", task[i].job = name[i];
    amt_start(&job[i], &session, &task[i]);
  }

  while (left > 0) {
    uint32_t wait = 20; /* at most, since this loop does not watch sockets */
    for (i = 0; i < JOBS; i++) {
      if (over[i]) continue;
      if (look(&pool, &job[i], name[i])) {
        over[i] = 1;
        left--;
        if (job[i].code != AMT_CODE_DONE) code = job[i].code;
      } else if (job[i].wait < wait) {
        wait = job[i].wait; /* may be old after an event: harmless */
      }
    }
    {
      const struct timespec pause = {0, (long)wait * 1000000};
      nanosleep(&pause, NULL);
    }
  }
  amt_pool_end(&pool);       /* closes, and wipes the buffer */
  amt_session_end(&session); /* wipes the token */
  return code;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
