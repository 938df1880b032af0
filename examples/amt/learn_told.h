/* learn_told.h - the values that were told or found, and what names hint at. */

#ifndef LEARN_TOLD_H
#define LEARN_TOLD_H

#include "learn_exchange.h"
#include "options.h"

enum { TOLD_JOB, TOLD_SCRIPT, TOLD_APPLICATION, TOLD_ID, TOLD_TOKEN,
       TOLD_PASSWORD, TOLD_API_USER, TOLD_QUEUE, TOLD_USER, TOLD_SUBMIT_USER,
       TOLD_STATION, TOLDS };

/* What stands in requests where a wire file has a hole. */
extern struct told_value {
  const char *word;   /* of the hole */
  const char *value;  /* or NULL */
  const char *hints;  /* parts of names, with '|' between them */
} told[TOLDS];

/* The id came as a JSON string. */
extern int id_is_text;

/* 1: a part of a path that equals the API user's name is that name. 0: it is
   only a word, as in /api/v2. */
extern int user_in_path;

/* Takes the options. Returns 0, or EXIT_USAGE after saying what is missing. */
int tell_values(void);

/* Notes numbers of the Start's request: in later ones, they are no id. */
void note_own_numbers(const exchange *start);

/* Keeps a copy of a value that was found. */
void found_value(int which, const char *text);

/* 1 if the name's last word has one of the hints in it. A hint that begins with
   '=' must be the whole word. Only letters count, in any case. */
int hints_at(const char *name, const char *hints);

/* 1 if a wire file can name it: parts of 31 bytes at most, without '|'. */
int is_expressible(const char *name);

/* 1 if a value is two or more '*' and nothing else, as captures mask it. */
int is_masked(const char *text);

/* The TOLD_ whose value is all of this one, or -1. If two values are the same,
   the name of this one decides. */
int told_whole(const spot *s);

/* Where a text has a value with no letter or digit beside it; or NULL. */
const char *told_within(const char *text, const char *value);

/* 1 if a value of the request is this one, or has it within. */
int request_has(const exchange *x, const char *value);

/* 1 if what has this name may be a secret. */
int is_secret_name(const char *name);

/* A checksum: the same for requests that differ only in told values, numbers,
   times and GUIDs. With `exact`, numbers may not differ. */
uint64_t shape_of(const exchange *x, int exact);

/* 1 for a time: ISO 8601, "/Date(...)/", "11/30/2026 12:00:00", "12:00:00". */
int is_moment(const char *text);

/* 1 for digits only, at most 18 of them. */
int is_whole_number(const char *text, uint64_t *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
