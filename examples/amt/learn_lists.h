/* learn_lists.h - where the parameters and task values of a Start stand. */

#ifndef LEARN_LISTS_H
#define LEARN_LISTS_H

#include "learn_find.h"

enum { LIST_NOT_TOLD, LIST_MISSING, LIST_FOUND, LIST_SEPARATOR, /* a guess */
       LIST_REPEATED, LIST_IN_PATH,
       LIST_NAMED }; /* each has a name that was not told */

typedef struct {
  const list *told;
  size_t      from, to;   /* where it stands; to is 0: nowhere */
  int         note;       /* LIST_ */
  char        hole[160];  /* ':' and what follows it; or "" */
  char        behind[48]; /* a separator at the end, encoded */
  struct {
    size_t from, at;      /* at: how many elements are right so far */
    size_t members;
    int    wrong, pairs, swapped, named, wrong_object;
    char   name[2][64], value[512];
  } level[AMT_JSON_DEPTH + 2];
  char        repeated[64]; /* the member of a form that repeats */
  size_t      repeats;
} list_search;

/* Parameters and task values. */
extern list_search start_lists[2];

/* Fills start_lists. Call it before the Start is filled. */
void find_lists(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
