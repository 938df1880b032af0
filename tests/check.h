/* check.h - what the test programs share: inputs that end at an unreadable
   page, and a text in which a test records what it saw.

   Include it after cmocka.h. */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "edge.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- a record of what was seen -------------------------------------------- */

typedef struct text {
  size_t n;
  char   s[400000];
} text;

static UNUSED void text_clear(text *t)
{
  t->n = 0;
  t->s[0] = 0;
}

__attribute__((format(printf, 2, 3)))
static UNUSED void text_add(text *t, const char *format, ...)
{
  va_list args;
  int     n;
  va_start(args, format);
  n = vsnprintf(t->s + t->n, sizeof t->s - t->n, format, args);
  va_end(args);
  if (n < 0 || (size_t)n >= sizeof t->s - t->n) fail_msg("text is full");
  t->n += (size_t)n;
}

/* Adds bytes, unprintable ones as \xNN. */
static UNUSED void text_bytes(text *t, const void *p, size_t n)
{
  static const char hex[] = "0123456789ABCDEF";
  size_t            i;
  if (sizeof t->s - t->n <= 4 * n) fail_msg("text is full");
  for (i = 0; i < n; i++) {
    unsigned c = ((const unsigned char *)p)[i];
    if (c > ' ' && c < 127 && c != '\\') {
      t->s[t->n++] = (char)c;
    } else {
      t->s[t->n++] = '\\';
      t->s[t->n++] = 'x';
      t->s[t->n++] = hex[c >> 4];
      t->s[t->n++] = hex[c & 15];
    }
  }
  t->s[t->n] = 0;
}

/* Both texts must be the same. `format` names the case. */
__attribute__((format(printf, 3, 4)))
static UNUSED void text_same(const text *got, const char *want, const char *format,
                      ...)
{
  char    what[300];
  va_list args;
  size_t  i = 0;
  if (strcmp(got->s, want) == 0) return;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  while (got->s[i] != 0 && got->s[i] == want[i]) i++;
  i = i > 60 ? i - 60 : 0;
  fail_msg("%s\n  from byte %zu on\n  got  %.300s\n  want %.300s", what, i,
           got->s + i, want + i);
}

/* --- pseudo-random numbers, the same on each run -------------------------- */

static uint32_t random_state = 1;

static UNUSED uint32_t random_below(uint32_t limit)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % limit;
}

#endif /* CHECK_H */

/* SPDX-License-Identifier: MIT OR Unlicense */
