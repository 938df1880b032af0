/* text.h - formats, into room that is there. */

#ifndef TEXT_H
#define TEXT_H

#include "library.h"
#include <stdarg.h>

extern const char base64[]; /* its 64 digits */

/* Bytes of the UTF-8 character that begins so. */
size_t char_size(char lead);

/* Without the last character, where that is cut. */
size_t whole_chars(const char *t, size_t n);

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

/* The length of the character at p; *harmless: it is UTF-8 and no control. */
size_t next_char(const char *p, size_t n, int *harmless);

/* How many bytes are harmless from the beginning; one control may be, too. */
size_t plain_run(const char *t, size_t len, char allowed);

/* Each character that is not harmless becomes a '?': the new length. */
size_t clean(char *p, size_t n);

/* The same word, in any case of letters. */
int same_word(const char *a, const char *b);

/* Where in a list that ends in NULL a word stands, or -1. */
int word_in(const char *const *list, const char *word);

/* FNV-1a: tells what was damaged or replaced, and keeps no secret. */
uint64_t checksum(uint64_t sum, const void *p, size_t n);

/* All 16 digits. */
char *hex_digits(char to[17], uint64_t value);

/* Of one digit, or -1. */
int hex_value(char c);

/* Percent-decoded, terminated: the length. With `plus` a '+' is a blank, as in
   queries and forms. */
size_t url_decode(char *to, const char *p, size_t n, int plus);

/* Zeros, which no compiler leaves out. */
void wipe(void *p, size_t n);

/* A JSON string to its text, in place: what stands behind it, or NULL. */
char *unquote(char *from);

/* A word as a shell takes it. */
void put_word(amt_window *o, const char *word);

/* " NAME VALUE", the value as a shell takes it; nothing if it is empty. */
void put_option(amt_window *o, const char *name, const char *value);

/* A key's pin, as --pin takes it. */
char *pin_text(char to[65], const uint8_t *key);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
