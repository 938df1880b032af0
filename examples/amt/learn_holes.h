/* learn_holes.h - captured requests, with holes in place of values. */

#ifndef LEARN_HOLES_H
#define LEARN_HOLES_H

#include "learn_lists.h"

/* How one call is written. */
typedef struct {
  const request_shape *numbers;  /* or NULL: which number is {after} */
  int                  after;    /* its index there, or -1 */
  const char          *word, *instead; /* KILL is written STOP, say; or NULL */
} hole_rules;

/* What the texts made so far were found to have. */
extern struct hole_notes {
  unsigned filled;        /* of told_value, by bit */
  int      swapped;       /* a word was written otherwise */
  char     secret[4][64]; /* names of what became ***, */
  unsigned secrets;       /* how many */
  int      cut;           /* a body was too long */
  int      other_body;    /* neither JSON nor a form */
} hole_notes;

/* The path with its query, the body: a wire file's text. */
void fill_path(amt_window *o, const exchange *x, const hole_rules *r);

void fill_body(amt_window *o, const exchange *x, const hole_rules *r);

/* "METHOD /path", without values, as comments have it. */
void put_request_line(amt_window *o, const exchange *x);

/* A header's value with holes: what holes can say of it; *secret: it became
   ***. */
void fill_header(amt_window *o, const char *name, const char *value,
                 int *secret);

/* --- learn_signs.c's --- */

/* The members of the sign-in that are user and password; or the token that
   nobody gives, where there is no sign-in. Before anything is filled. */
void find_credentials(void);

/* A secret of the sign-in, or any text of one whose password was not found; in
   any call. */
int may_be_password(const spot *s);

void forget_credentials(void);

/* The user's name with others around it; or NULL. */
const char *user_within(const char *t);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
