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
  const char *hints;  /* parts of names, each between '|' */
} told[TOLDS];

/* The id came as a JSON string. */
extern int id_is_text;

/* A part of a path that is the API user's name may be it; otherwise it is a
   word like any other, as in /api/v2. */
extern int user_in_path;

/* From the options. 0, or EXIT_USAGE after saying what is missing. */
int tell_values(void);

/* What is a number in the Start's request is no id in later ones. */
void note_own_numbers(const exchange *start);

/* A copy that lasts, of a value that was findings. */
void found_value(int which, const char *text);

/* 1 if any of the hints is a part of the name's last word, letters only and
   without regard to case. One that begins with '=' is all of it. */
int hints_at(const char *name, const char *hints);

/* 1 if a wire file can name it: parts of 31 bytes at most, without '|'. */
int is_expressible(const char *name);

/* A value that is all '*', two or more, as a capture has it where it is masked.
 */
int is_masked(const char *text);

/* Which word this is the value of, whole, or -1; what its name hints at decides
   where values are alike. */
int told_whole(const spot *s);

/* Where a value stands in a text, no letter or digit beside it; or NULL. */
const char *told_within(const char *text, const char *value);

/* 1 if the request has the value, as a whole or so. */
int request_has(const exchange *x, const char *value);

/* The value of a name that may be somebody's secret. */
int is_secret_name(const char *name);

/* The same for requests that differ in values told, numbers, times and GUIDs;
   `exact`: not in numbers. */
uint64_t shape_of(const exchange *x, int exact);

/* A moment: ISO 8601, "/Date(...)/", "11/30/2026 12:00:00", "12:00:00". */
int is_moment(const char *text);

/* Digits only, at most 18 of them. */
int is_whole_number(const char *text, uint64_t *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
