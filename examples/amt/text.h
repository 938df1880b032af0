/* text.h - formats, compares and wipes texts, in the caller's memory. */

#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Like printf, with %s, %d and %u alone; %16s is padded with blanks on its
   right, %2u with zeros on its left. The text is terminated, and cut after a
   whole character if it does not fit. */
char *vtext(char *to, size_t room, const char *format, va_list a);

/* As vtext. */
char *text(char *to, size_t room, const char *format, ...);

/* 1 if it is NULL or "". */
int empty(const char *t);

/* t, unless it is NULL or empty. */
const char *either(const char *t, const char *otherwise);

/* Ends in "..." where it is cut. */
char *shortened(char *to, size_t room, const char *t);

/* The same word, in any case of letters. */
int same_word(const char *a, const char *b);

/* The word's place in a list that ends with NULL, or -1. */
int word_in(const char *const *list, const char *word);

/* Writes zeros, and no compiler leaves that out. */
void wipe(void *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
