/* outcome.h - events and errors into words and an exit status. */

#ifndef OUTCOME_H
#define OUTCOME_H

#include "library.h"

/* run.c writes to them, too. */
extern int      over;        /* the state file is no longer needed */
extern int      known_code;  /* the final code, while the log is still to be
                                fetched; or -1 */
extern uint32_t repaired;    /* bytes of messages, before the job's own count */
extern uint32_t fetched;     /* messages, when all are fetched once more */
extern int      other_tried; /* the id's other JSON type was tried */
extern int      no_status;   /* the monitor's last reply had none */

/* AMT_SERVER_TEXT: keeps what the server says about this call, as far as it
   fits. */
void keep_said(void);

/* Before the next call, whose words are its own. */
void forget_said(void);

/* job.error in words, with all that is known about it. */
const char *reason(void);

/* That the reply has no status, and where "reply.status" of the wire table
   looked for it. */
const char *no_status_words(void);

/* Closes the log, and tells what is wrong with it. Before the last line on
   standard error. */
void close_log(void);

/* The job has ended with this code. Its log may not be whole: `missing` says
   why. */
int ended(int status, const char *missing);

/* 1: the log is fetched once more, for a form that begins with the code. */
int fetch_again(void);

/* AMT_DONE: the job has ended, job.code says how. The exit status. */
int done(void);

/* 1: no request was made, since something in the options is wrong. */
int not_sent(void);

/* What is wrong in them. */
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
