/* learn_holes.h - captured requests, with holes in place of values. */

#ifndef LEARN_HOLES_H
#define LEARN_HOLES_H

#include "learn_lists.h"

/* How one call is written. */
typedef struct {
  const request_shape *numbers;  /* the shape that has {after}, or NULL */
  int                  after;    /* index of {after} there, or -1 */
  const char          *word, *instead; /* `word` becomes `instead`; or NULL */
} hole_rules;

/* What the texts made so far have. */
extern struct hole_notes {
  unsigned filled;        /* bits: which of `told` are in them */
  int      swapped;       /* a word was replaced */
  char     secret[4][64]; /* names of what became ***, */
  unsigned secrets;       /* how many */
  int      cut;           /* a body was too long */
  int      other_body;    /* neither JSON nor a form */
} hole_notes;

/* They write the path with its query, or the body, as a wire file has it. */
void fill_path(amt_window *o, const exchange *x, const hole_rules *r);

void fill_body(amt_window *o, const exchange *x, const hole_rules *r);

/* Writes "METHOD /path" for a comment, with holes. */
void put_request_line(amt_window *o, const exchange *x);

/* Writes a header's value with holes. *secret: a secret in it became ***. */
void fill_header(amt_window *o, const char *name, const char *value,
                 int *secret);

/* --- learn_signs.c's --- */

/* Finds user and password in the sign-in; without a sign-in, the token in the
   Start. Call it before anything is filled. */
void find_credentials(void);

/* 1 if it is a secret of the sign-in; or any text of the sign-in, if its
   password was not found. For the values of any call. */
int may_be_password(const spot *s);

void forget_credentials(void);

/* Where the user's name stands within a text; or NULL. */
const char *user_within(const char *t);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
