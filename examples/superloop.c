/* superloop [URL [APPLICATION [JOB]]]: how firmware without threads runs a job.
   One endless loop serves each duty in turn, and none of them may block. The
   job is one, a blinking LED another. amt_poll returns at once, whatever the
   network does. Call it in each turn; job.wait says how long it can do without.

   Two things here stand in for a board's: the sockets of a POSIX system (on a
   board: lwIP, or a modem, as an amt_stream), and its clock (on a board: the
   millisecond tick). All memory is static, and there is no heap.

   The exit status is the job's completion code: 4 is success. */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <stdio.h>
#include <time.h>

static unsigned led_changes; /* the LED is lit when this is odd */

static void blink(uint32_t now)
{
  static uint32_t last;
  if (now - last < 250) return; /* right even when the clock has wrapped */
  last = now;
  led_changes++;
}

/* getaddrinfo blocks until the name server answers. So a board has a table, or
   its network's own look-up, which may say AMT_AGAIN. Numeric addresses do not
   come here. */
static int name_table(void *ctx, const char *host, amt_address *a, int max)
{
  (void)ctx, (void)max;
  if (strcmp(host, "localhost") != 0) return AMT_E_DNS;
  return amt_address_parse(a, "127.0.0.1", 9);
}

/* Polls the job once: 1 when it is over. Ignore events that you do not need. */
static int job_duty(amt_pool *pool, amt_job *job, uint32_t now)
{
  static const char *const from[] = {"log: ", "answer: ", "error: ",
    "other: ", "page: ", "it wants: ", "it is at: "};
  switch (amt_poll(pool, job, now)) {
  case AMT_STARTED: printf("started: %s\n", job->id); return 0;
  case AMT_STATUS: printf("status: %s\n", amt_status_name(job->status));
    return 0;
  case AMT_MESSAGE: /* lent; in pieces if long, with other events between */
    printf("%s%s%.*s%s\n", from[job->msg_kind], job->msg_first ? "" : "... ",
           (int)job->msg_len, job->msg, job->msg_more ? " ..." : "");
    return 0;
  case AMT_RETRYING: printf("again soon: %s\n", amt_error(job->error));
    return 0;
  case AMT_DONE: printf("ended: %s\n", amt_status_name(job->code)); return 1;
  case AMT_FAILED: printf("failed: %s\n", amt_error(job->error)); return 1;
  default: return 0; /* AMT_BUSY: nothing yet */
  }
}

int main(int argc, char **argv)
{
  static char        buf[256], token[128];
  static amt_posix   sock;
  static amt_slot    conn;
  static amt_session session;
  static amt_task    task;
  static amt_job     job;
  amt_pool pool = {&conn, 1, buf, sizeof buf, NULL};
  uint32_t now, longest = 0, took;
  int      over = 0;

  amt_posix_init(&sock);
  sock.resolve = name_table;
  conn.http.stream = &sock.stream;
  session.url = argc > 1 ? argv[1] : "http://127.0.0.1:42000";
  session.user = "ocadm", session.password = "opconxps";
  session.token = token, session.token_room = sizeof token;
  session.initial_delay = session.poll = 1000;
  session.messages = AMT_LIVE; /* as they are written, not only at the end */
  task.application = argc > 2 ? argv[2] : "DEMO2";
  task.job = argc > 3 ? argv[3] : "REPORTTEST01";
  amt_start(&job, &session, &task);

  while (!over) {
    const struct timespec tick = {0, 1000000};
    now = amt_posix_now();
    over = job_duty(&pool, &job, now);
    took = amt_posix_now() - now;
    if (took > longest) longest = took;
    blink(now);
    nanosleep(&tick, NULL); /* on a board: sleep until the next interrupt */
  }

  printf("meanwhile the LED changed %u times; the longest look at the job took "
         "%u ms\n", led_changes, longest);
  amt_pool_end(&pool);         /* closes, and wipes the buffer */
  amt_session_end(&session);   /* wipes the token */
  return job.code;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
