/* chars.h - UTF-8 characters, and which of them are harmless. */

#ifndef CHARS_H
#define CHARS_H

#include <stddef.h>

/* Bytes of the UTF-8 character that begins so. */
size_t char_size(char lead);

/* Without the last character, where that is cut. */
size_t whole_chars(const char *t, size_t n);

/* The length of the character at p; *harmless: it is UTF-8 and no control. */
size_t next_char(const char *p, size_t n, int *harmless);

/* How many bytes are harmless from the beginning; one control may be, too. */
size_t plain_run(const char *t, size_t len, char allowed);

/* Each character that is not harmless becomes a '?': the new length. */
size_t clean(char *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
