/* text.c - formats, into room that is there.

   A printf of 30 lines, since libc's is 15 kB: %s, %d, %u; %16s is padded with
   blanks on its right, %2u with zeros on its left. */

#include "text.h"
#include "system.h"
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

/* Controls (Unicode's Cc), and what breaks lines or turns their direction:
   U+2028 to 202E, U+2066 to 2069. */
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

uint64_t checksum(uint64_t sum, const void *p, size_t n)
{
  const unsigned char *b = (const unsigned char *)p;
  if (sum == 0) sum = 0xCBF29CE484222325u;
  while (n-- > 0) sum = (sum ^ *b++) * 0x100000001B3u;
  return sum;
}

char *hex_digits(char to[17], uint64_t value)
{
  int i;
  for (i = 16; i-- > 0; value >>= 4) to[i] = "0123456789abcdef"[value & 15u];
  to[16] = 0;
  return to;
}

const char base64[] =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t url_decode(char *to, const char *p, size_t n, int plus)
{
  size_t i, len = 0;
  for (i = 0; i < n; i++) {
    int high = -1, low = -1;
    if (p[i] == '%' && i + 2 < n)
      high = hex_value(p[i + 1]), low = hex_value(p[i + 2]);
    if (high >= 0 && low >= 0) to[len++] = (char)(high << 4 | low), i += 2;
    else to[len++] = plus && p[i] == '+' ? ' ' : p[i];
  }
  to[len] = 0;
  return len;
}

void wipe(void *p, size_t n)
{
  volatile unsigned char *v = (volatile unsigned char *)p;
  while (n-- > 0) v[n] = 0;
}

char *unquote(char *from)
{
  amt_json       json;
  amt_json_token piece;
  char          *p = from, *to = from;
  size_t         used;
  memset(&json, 0, sizeof json);
  do {
    int e = amt_json_next(&json, p, strlen(p), &used, &piece);
    if (e != AMT_JSON_STRING || memchr(piece.text, 0, piece.len)) return NULL;
    memmove(to, piece.text, piece.len);
    to += piece.len, p += used;
  } while (!piece.last);
  *to = 0;
  return p > to ? p : NULL;
}

void put_word(amt_window *o, const char *word)
{
  amt_put_text(o, " ");
  if (*word != 0 && word[strspn(word, plain_letters)] == 0) {
    amt_put_text(o, word);
    return;
  }
  amt_put_text(o, quote);
  for (; *word != 0; word++)
    if (*word == *quote) amt_put_text(o, quoted_quote);
    else amt_put(o, word, 1);
  amt_put_text(o, quote);
}

void put_option(amt_window *o, const char *name, const char *value)
{
  if (empty(value)) return;
  amt_put_text(o, " ");
  amt_put_text(o, name);
  put_word(o, value);
}

char *pin_text(char to[65], const uint8_t *key)
{
  size_t i;
  for (i = 0; i < 32; i++) {
    to[2 * i] = "0123456789abcdef"[key[i] >> 4];
    to[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
  }
  to[64] = 0;
  return to;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
