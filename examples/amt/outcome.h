/* outcome.h - events and errors into words and an exit status. */

#ifndef OUTCOME_H
#define OUTCOME_H

#include "library.h"

/* run.c writes to them, too. */
extern int      over;        /* the state file has done its service */
extern int      known_code;  /* the code that is final, although the log is yet
                                to be had; or -1 */
extern uint32_t repaired;    /* bytes of messages, before the job's own count */
extern uint32_t fetched;     /* messages, once more for the end */
extern int      other_tried; /* the id's other JSON type */
extern int      no_status;   /* the monitor's last reply had none */

/* AMT_SERVER_TEXT: what the server says to the call at hand, as far as it
   fits. */
void keep_said(void);

/* Each call has its own. */
void forget_said(void);

/* job.error in words, with all that is known about it. */
const char *reason(void);

/* "reply.status" of the wire table, where no reply has it. */
const char *no_status_words(void);

/* The log has been written. What is wrong with it is told before the last
   line. */
void close_log(void);

/* The job has ended with this code. Its log may not be whole: `missing` says
   why. */
int ended(int status, const char *missing);

/* The log is fetched once more, for a form that has the code at its head. */
int fetch_again(void);

/* AMT_DONE: the job has ended, job.code says how. The exit status. */
int done(void);

/* Something in the options is wrong, so that no request could be made of it. */
int not_sent(void);

/* What that is. */
const char *unsent_words(void);

/* AMT_FAILED. The log is printed whole, with the error as its one message. */
int failed(void);

/* The job is left alone, and goes on at the server. */
int part(const char *word);

/* Nothing was started, and nothing will be. */
int not_started(int status, int code, const char *why);

/* Nobody knows whether the job was started. */
int unknown(const char *why, const char *again);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
