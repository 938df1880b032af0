/* learn_lists.h - where the parameters and task values of a Start stand. */

#ifndef LEARN_LISTS_H
#define LEARN_LISTS_H

#include "learn_find.h"

enum { LIST_NOT_TOLD, LIST_MISSING, LIST_FOUND, LIST_SEPARATOR, /* a guess */
       LIST_REPEATED, LIST_IN_PATH,
       LIST_NAMED }; /* each has a name that was not told */

typedef struct {
  const list *told;
  size_t      from, to;   /* where it stands; to 0: nowhere */
  int         note;       /* LIST_ */
  char        hole[160];  /* what follows ':', with it; or "" */
  char        behind[48]; /* the separator once more */
  struct {
    size_t from, at;      /* how many elements are right so far */
    size_t members;
    int    wrong, pairs, swapped, named, wrong_object;
    char   name[2][64], value[512];
  } level[AMT_JSON_DEPTH + 2];
  char        repeated[64]; /* a form's member */
  size_t      repeats;
} list_search;

/* Parameters and task values. */
extern list_search start_lists[2];

/* Fills them; before the Start is filled. */
void find_lists(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
