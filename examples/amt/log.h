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
               int last); /* from NULL: our own words */
  void (*tail)(int code);
} form;

extern const form forms[]; /* by opt.format */

/* For reading. */
extern int signed_in; /* the log says so */
extern int log_open;  /* a message is half written */

/* outcome.c sets both back when the log is fetched once more. */
extern uint64_t log_bytes; /* of messages, as they came */
extern int      log_cut;   /* there are more: nothing is written any longer */

extern const char too_long[]; /* why it was cut */

/* 1 if standard output is for a job log; a Start that is not waited for has
   one only if it fails. */
int log_wanted(void);

/* What stands at the log's beginning, once. */
void log_begin(void);

/* SIGNED_IN, STARTED or STATUS, for forms that tell it. */
void log_event(int what);

/* A piece of a message: the first or last of it, or neither. The head is put
   before the first, with this code. */
void log_text(const amt_job *from, int code, const char *t, size_t len,
              int first, int last);

/* How many bytes of this piece are still to be written. */
size_t log_room(const char *t, size_t len);

/* The end of the log; `error`, if it is not "", stands as the last message. */
void log_end(int code, const char *error);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
