/* chars.h - UTF-8 characters, and which of them are harmless. */

#ifndef CHARS_H
#define CHARS_H

#include <stddef.h>

/* The size of a UTF-8 character that begins with this byte. */
size_t char_size(char lead);

/* The length without the last character, if that is cut; or else n. */
size_t whole_chars(const char *t, size_t n);

/* The length of the character at p; *harmless: it is UTF-8 and no control. */
size_t next_char(const char *p, size_t n, int *harmless);

/* How many bytes at the beginning are harmless, or the control `allowed`. */
size_t plain_run(const char *t, size_t len, char allowed);

/* Turns each harmful character into a '?'. Returns the new length. */
size_t clean(char *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
