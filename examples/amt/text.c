/* text.c - formats, compares and wipes texts, in the caller's memory.

   A printf of 30 lines, since libc's is 15 kB: %s, %d, %u; %16s is padded with
   blanks on its right, %2u with zeros on its left. */

#include "text.h"
#include "chars.h"
#include "library.h"
#include <stdarg.h>
#include <string.h>

static void put_format(amt_window *o, const char *f, va_list a)
{
  for (;; f++) {
    size_t n = strcspn(f, "%"), width = 0, from;
    amt_put(o, f, n);
    f += n;
    if (*f == 0) return;
    for (f++; *f >= '0' && *f <= '9'; f++)
      width = width * 10 + (size_t)(*f - '0');
    from = o->total;
    if (*f == 's') {
      amt_put_text(o, va_arg(a, const char *));
      while (o->total - from < width) amt_put(o, " ", 1);
    } else {
      int      value = *f == 'd' ? va_arg(a, int) : 0;
      unsigned u = *f == 'd' ? (unsigned)value : va_arg(a, unsigned), tens;
      if (value < 0) u = 0u - u, amt_put(o, "-", 1);
      for (tens = u; tens >= 10 && width > 0; tens /= 10) width--;
      for (; width > 1; width--) amt_put(o, "0", 1);
      amt_put_number(o, u);
    }
  }
}

char *vtext(char *to, size_t room, const char *format, va_list a)
{
  amt_window o;
  amt_window_init(&o, to, room - 1, 0);
  put_format(&o, format, a);
  to[o.total > o.len ? whole_chars(to, o.len) : o.len] = 0;
  return to;
}

char *text(char *to, size_t room, const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtext(to, room, format, a);
  va_end(a);
  return to;
}

int empty(const char *t) { return t == NULL || *t == 0; }

const char *either(const char *t, const char *otherwise)
{
  return empty(t) ? otherwise : t;
}

char *shortened(char *to, size_t room, const char *t)
{
  text(to, room - 3, "%s", t);
  return strlen(to) < strlen(t) ? strcat(to, "...") : to;
}

int same_word(const char *a, const char *b)
{
  while (*a != 0 && (*a == *b || ((*a | 32) == (*b | 32) &&
                                  (*a | 32) >= 'a' && (*a | 32) <= 'z')))
    a++, b++;
  return *a == *b;
}

int word_in(const char *const *list, const char *word)
{
  int i;
  for (i = 0; list[i] != NULL; i++)
    if (same_word(list[i], word)) return i;
  return -1;
}

void wipe(void *p, size_t n)
{
  volatile unsigned char *v = (volatile unsigned char *)p;
  while (n-- > 0) v[n] = 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
