/* chars.c - UTF-8 characters, and which of them are harmless. */

#include "chars.h"
#include "library.h"
#include <string.h>

size_t char_size(char lead)
{
  unsigned char c = (unsigned char)lead;
  return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

size_t whole_chars(const char *t, size_t n)
{
  size_t at = n;
  while (at > 0 && ((unsigned char)t[at - 1] & 0xC0u) == 0x80u) at--;
  return at > 0 && char_size(t[at - 1]) > n - at + 1 ? at - 1 : n;
}

/* Controls (Unicode's Cc), and characters that break a line or change its
   direction: U+2028 to 202E, U+2066 to 2069. */
static int is_control(const unsigned char *c, size_t len)
{
  if (len == 1) return *c < 32 || *c == 127;
  if (len == 2) return *c == 0xC2 && c[1] < 0xA0;
  if (len > 3 || *c != 0xE2) return 0;
  return (c[1] == 0x80 && c[2] >= 0xA8 && c[2] <= 0xAE) ||
         (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);
}

size_t next_char(const char *p, size_t n, int *harmless)
{
  size_t len = char_size(*p);
  *harmless = 0;
  if (len > n || (len > 1 && !amt_utf8(p, len))) return 1;
  *harmless = !is_control((const unsigned char *)p, len);
  return len;
}

size_t plain_run(const char *t, size_t len, char allowed)
{
  size_t at = 0;
  while (at < len) {
    int    harmless;
    size_t n = next_char(t + at, len - at, &harmless);
    if (!harmless && t[at] != allowed) break;
    at += n;
  }
  return at;
}

size_t clean(char *p, size_t n)
{
  size_t from = 0, to = 0;
  while (from < n) {
    int    harmless;
    size_t len = next_char(p + from, n - from, &harmless);
    if (harmless) memmove(p + to, p + from, len);
    else p[to] = '?';
    to += harmless ? len : 1;
    from += len;
  }
  return to;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
