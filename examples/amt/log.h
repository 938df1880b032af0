/* log.h - the job log in four forms. */

#ifndef LOG_H
#define LOG_H

#include "library.h"

enum { SIGNED_IN, STARTED, STATUS };

typedef struct {
  void (*begin)(void);
  void (*event)(int what);
  void (*head)(int code);
  void (*text)(const amt_job *from, const char *t, size_t len, int first,
               int last); /* from is NULL: our own words */
  void (*tail)(int code);
} form;

extern const form forms[]; /* by opt.format */

/* Others only read these. */
extern int signed_in; /* the log has said so */
extern int log_open;  /* a message is half written */

/* outcome.c resets both when it fetches the log again. */
extern uint64_t log_bytes; /* of messages, as they came */
extern int      log_cut;   /* --max-log is reached: the rest is not written */

extern const char too_long[]; /* why it was cut */

/* 1 if standard output is for a job log. With --no-wait, only a Start has one,
   and only if it fails. */
int log_wanted(void);

/* Writes the beginning of the log, once. */
void log_begin(void);

/* Writes SIGNED_IN, STARTED or STATUS, in forms that have it. */
void log_event(int what);

/* Writes a piece of a message: the first or last of it, or neither. Before the
   first message, it writes the head with this code. */
void log_text(const amt_job *from, int code, const char *t, size_t len,
              int first, int last);

/* How many bytes of this piece --max-log lets through. It counts them. */
size_t log_room(const char *t, size_t len);

/* Ends the log. `error`, if it is not "", becomes the last message. */
void log_end(int code, const char *error);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
