/* learn_facts.h - what the replies to one call have in common. */

#ifndef LEARN_FACTS_H
#define LEARN_FACTS_H

#include "learn_exchange.h"

enum { FACTS = 64, FACT_NAME = 160, FACT_WORDS = 12 };

/* All values under one name. */
typedef struct {
  char     name[FACT_NAME];
  size_t   list;      /* as in a spot: the array's part of its name */
  unsigned exchanges, first_in, last_in; /* how many have it; first and last */
  unsigned values, strings, numbers, trues, falses, nulls;
  unsigned codes, names;   /* published statuses, by number, by name */
  unsigned moments, lines; /* times; texts with several lines */
  unsigned changes;   /* values unlike the one before */
  unsigned falls;     /* numbers not above the one before, in one reply */
  unsigned whole;     /* whole numbers, also in texts */
  uint64_t number;    /* the last of them */
  size_t   length;    /* bytes of all texts */
  char     last[64];  /* the last value, cut */
  char     word[FACT_WORDS][32]; /* different values, in order */
  unsigned word_in[FACT_WORDS];
  unsigned words;     /* how many there were, even if not kept */
} fact;

typedef struct { fact all[FACTS]; size_t count; } facts;

/* Adds the values of one more reply. */
void facts_add(facts *f, const exchange *x);

/* The part of its name after the array's name. */
const char *fact_leaf(const fact *f);

/* For "4 - Done", a published code and its name: how many bytes are before the
   name, and *tail is what follows the name. 0 for other texts. */
size_t numbered_status(const char *word, unsigned *code, const char **tail);

/* How likely it is a status, a message's text, its number; 0: it is not. */
int status_score(const facts *f, const fact *of);

int text_score(const fact *of);

int sequence_score(const fact *of);

/* The fact with the best status_score; NULL if all are 0. */
const fact *best_status(const facts *f, int *score);

/* The log, an array or a text of lines: its name goes to `array`, and how
   likely it is to *score. Returns the text of its elements; NULL: no log. */
const fact *best_log(const facts *f, char *array, size_t room, int *score);

const fact *best_sequence(const facts *f, const char *array);

const fact *best_time(const facts *f, const char *array);

/* 1 if it is of the elements of the array with this name. */
int is_of_list(const fact *f, const char *array);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
