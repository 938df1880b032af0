/* learn_facts.h - what the replies to one call have in common. */

#ifndef LEARN_FACTS_H
#define LEARN_FACTS_H

#include "learn_exchange.h"

enum { FACTS = 64, FACT_NAME = 160, FACT_WORDS = 12 };

/* All values under one name. */
typedef struct {
  char     name[FACT_NAME];
  size_t   list;      /* as in a spot: its name's part of the array */
  unsigned exchanges, first_in, last_in; /* how many have it; numbers of two */
  unsigned values, strings, numbers, trues, falses, nulls;
  unsigned codes, names;   /* published statuses */
  unsigned moments, lines; /* texts with several lines */
  unsigned changes;   /* values unlike the one before */
  unsigned falls;     /* whole numbers not above the one before in a reply */
  unsigned whole;     /* whole numbers, also as texts */
  uint64_t number;    /* the last of them */
  size_t   length;    /* bytes of all texts */
  char     last[64];  /* value, cut */
  char     word[FACT_WORDS][32]; /* different values, in order */
  unsigned word_in[FACT_WORDS];
  unsigned words;     /* how many there were, kept or not */
} fact;

typedef struct { fact all[FACTS]; size_t count; } facts;

/* One more reply. */
void facts_add(facts *f, const exchange *x);

/* Its part after the array's name. */
const char *fact_leaf(const fact *f);

/* "4 - Done", a published code and its name: how many bytes are in front of the
   name; or 0. *tail is what follows it. */
size_t numbered_status(const char *word, unsigned *code, const char **tail);

/* How much speaks for it: above 0, or it is none. */
int status_score(const facts *f, const fact *of);

int text_score(const fact *of);

int sequence_score(const fact *of);

/* The best by such a score, of the elements of one array, or of none (array is
   NULL); NULL if there is none above 0. */
const fact *best_status(const facts *f, int *score);

/* The array, or the text of lines, that is the log: its name goes to `array`;
   *score says how much speaks for it; the element's text, or NULL. */
const fact *best_log(const facts *f, char *array, size_t room, int *score);

const fact *best_sequence(const facts *f, const char *array);

const fact *best_time(const facts *f, const char *array);

/* 1 if it is an element's, of the array with this name. */
int is_of_list(const fact *f, const char *array);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
