/* learn_find.h - which exchange is which call. */

#ifndef LEARN_FIND_H
#define LEARN_FIND_H

#include "learn_facts.h"
#include "learn_told.h"

enum { SHAPES = 12, NUMBERS = 24, PLACE_NAME = 96 };

/* Whole numbers of a request, in order: of its path and query, then of its
   body. */
typedef struct {
  char     name[24], first[20];
  unsigned char of_body, changed;
  unsigned char follows; /* it became a number of the reply before */
  unsigned nth;       /* among the values of its text */
} request_number;

/* Requests that differ in values only, after the Start, with its id. */
typedef struct {
  uint64_t       shape;
  unsigned       count, last;
  int            ends_job;  /* it looks like a stop or a kill: */
  int            kill_score;
  request_number number[NUMBERS];
  size_t         numbers;
  exchange       x;         /* the first */
  facts          f;         /* of all replies that are a success */
} request_shape;

/* How sure: the words of a wire file's comments. */
enum { GUESS, LIKELY, SURE };

/* What was findings. */
extern struct learn_findings {
  exchange             start;
  facts                start_facts, sign_in_facts;
  facts                refusals;   /* replies of 4xx and 5xx */
  char                 id_path[FACT_NAME], token_path[FACT_NAME];
  char                 id_also[FACT_NAME]; /* what else later requests have */
  int                  id_sure;
  int                  has_sign_in, token_in_cookie_only;
  char                 cookie[PLACE_NAME]; /* the token's name, if only that */
  char                 set_cookies[512];   /* names, each after a LF */
  exchange             sign_in;
  request_shape        shape[SHAPES];
  size_t               shapes;
  unsigned             passed;     /* shapes for which there was no room */
  const request_shape *of_call[AMT_CALLS]; /* stop, kill, monitor, messages */
  int                  sure[AMT_CALLS];
} findings;

/* All of it: 0, or an exit status after saying why not. */
int find_calls(const char *file);

void exchange_copy(exchange *to, const exchange *from);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
