/* encodings.h - hexadecimal, Base64, percent escapes, JSON; and a checksum. */

#ifndef ENCODINGS_H
#define ENCODINGS_H

#include <stddef.h>
#include <stdint.h>

extern const char base64[]; /* its 64 digits */

/* FNV-1a: finds what was damaged or replaced. It protects no secret. */
uint64_t checksum(uint64_t sum, const void *p, size_t n);

/* Writes all 16 digits. */
char *hex_digits(char to[17], uint64_t value);

/* The value of a hexadecimal digit, or -1. */
int hex_value(char c);

/* Decodes percent escapes, and terminates. Returns the length. With `plus`, '+'
   is a blank, as in queries and forms. */
size_t url_decode(char *to, const char *p, size_t n, int plus);

/* Decodes a JSON string in place. Returns what follows it, or NULL. */
char *unquote(char *from);

/* Writes a key's pin as --pin takes it. */
char *pin_text(char to[65], const uint8_t *key);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
