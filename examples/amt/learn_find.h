/* learn_find.h - which exchange is which call. */

#ifndef LEARN_FIND_H
#define LEARN_FIND_H

#include "learn_facts.h"
#include "learn_told.h"

enum { SHAPES = 12, NUMBERS = 24, PLACE_NAME = 96 };

/* A whole number of a request. Those of the path and query come before those of
   the body. */
typedef struct {
  char     name[24], first[20];
  unsigned char of_body, changed;
  unsigned char follows; /* it became a number that a reply had */
  unsigned nth;       /* among the values of its text */
} request_number;

/* Requests after the Start that have its id and differ only in values. */
typedef struct {
  uint64_t       shape;
  unsigned       count, last;
  int            ends_job;  /* it looks like a stop or a kill */
  int            kill_score; /* above 0: rather a kill */
  request_number number[NUMBERS];
  size_t         numbers;
  exchange       x;         /* the first */
  facts          f;         /* of all replies that succeeded */
} request_shape;

/* How sure a finding is, as the comments of a wire file say it. */
enum { GUESS, LIKELY, SURE };

/* What was found. */
extern struct learn_findings {
  exchange             start;
  facts                start_facts, sign_in_facts;
  facts                refusals;   /* replies of 4xx and 5xx */
  char                 id_path[FACT_NAME], token_path[FACT_NAME];
  char                 id_also[FACT_NAME]; /* other values that may be it */
  int                  id_sure;
  int                  has_sign_in, token_in_cookie_only;
  char                 cookie[PLACE_NAME]; /* name, if only it has the token */
  char                 set_cookies[512];   /* names, each after a LF */
  exchange             sign_in;
  request_shape        shape[SHAPES];
  size_t               shapes;
  unsigned             passed;     /* shapes for which there was no room */
  const request_shape *of_call[AMT_CALLS]; /* stop, kill, monitor, messages */
  int                  sure[AMT_CALLS];
} findings;

/* Fills `findings`. Returns 0, or an exit status after saying why not. */
int find_calls(const char *file);

void exchange_copy(exchange *to, const exchange *from);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
