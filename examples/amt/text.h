/* text.h - texts: formatted into room that is there, compared, wiped. */

#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Like printf, of %s, %d and %u alone; %16s is padded with blanks on its right,
   %2u with zeros on its left. Terminated, and cut to the room where it must be,
   whole characters. */
char *vtext(char *to, size_t room, const char *format, va_list a);

/* As vtext. */
char *text(char *to, size_t room, const char *format, ...);

/* 1 if it is NULL or "". */
int empty(const char *t);

/* The first, unless it is NULL or empty. */
const char *either(const char *t, const char *otherwise);

/* Ends in "..." where it is cut. */
char *shortened(char *to, size_t room, const char *t);

/* The same word, in any case of letters. */
int same_word(const char *a, const char *b);

/* Where in a list that ends in NULL a word stands, or -1. */
int word_in(const char *const *list, const char *word);

/* Zeros, which no compiler leaves out. */
void wipe(void *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
