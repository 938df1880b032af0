/* fuzz.h - what the fuzzers (fuzz_*.c) share. tests/fuzz.sh builds and runs
   them; each finding is an abort, by the sanitizers or by must().

   Inputs are text as far as possible, so that a corpus can be read. If a fuzzer
   cuts its input into pieces, the last byte 0xFF, which neither UTF-8 nor a
   header has, ends the text, and the bytes after it are the lengths of the
   pieces. Without it, pieces have 1, 2, 3, ... bytes. */

#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))
#define COUNT(a) (sizeof(a) / sizeof *(a))

#define must(c) ((c) ? (void)0 : broken(#c, __FILE__, __LINE__))
static UNUSED __attribute__((noreturn)) void broken(const char *what,
                                                    const char *file, int line)
{
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  abort();
}

/* --- growing arrays; kept between inputs, since that is faster ------------ */

typedef struct bytes {
  uint8_t *p;
  size_t   n, room;
} bytes;

static UNUSED void add(bytes *b, const void *p, size_t n)
{
  if (b->n + n + 1 > b->room) {
    b->room = (b->n + n + 1) * 2;
    b->p = (uint8_t *)realloc(b->p, b->room);
    must(b->p != NULL);
  }
  if (n != 0) memcpy(b->p + b->n, p, n);
  b->n += n;
  b->p[b->n] = 0;
}

static UNUSED void add_text(bytes *b, const char *text)
{
  add(b, text, strlen(text));
}

static UNUSED void add_byte(bytes *b, unsigned c)
{
  uint8_t byte = (uint8_t)c;
  add(b, &byte, 1);
}

static UNUSED void clear(bytes *b)
{
  b->n = 0;
  add(b, "", 0);
}

static UNUSED int same(const bytes *a, const bytes *b)
{
  return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/* A copy that ends with its block, so that ASan sees a read past it. */
static UNUSED uint8_t *exact(const void *p, size_t n)
{
  uint8_t *to = (uint8_t *)malloc(n);
  must(to != NULL || n == 0);
  if (n != 0) memcpy(to, p, n);
  return to;
}

/* Not memmem: the fuzzer watches its arguments and would copy what is searched
   for into the inputs. */
static UNUSED int holds(const void *in, size_t n, const char *what, size_t len)
{
  const char *p = (const char *)in;
  size_t      i, k;
  for (i = 0; len != 0 && i + len <= n; i++) {
    for (k = 0; k < len && p[i + k] == what[k]; k++) {}
    if (k == len) return 1;
  }
  return 0;
}

/* A UTF-8 check by RFC 3629, written apart from the library's. */
static UNUSED int is_utf8(const void *text, size_t n)
{
  static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
  const uint8_t *p = (const uint8_t *)text;
  while (n > 0) {
    unsigned more = *p < 0x80 ? 0 : *p >> 5 == 6 ? 1 : *p >> 4 == 14 ? 2 : 3, i;
    uint32_t point = more == 0 ? *p : *p & (0x3Fu >> more);
    if ((more == 3 && *p >> 3 != 30) || more >= n) return 0;
    for (i = 1; i <= more; i++) {
      if (p[i] >> 6 != 2) return 0;
      point = point << 6 | (p[i] & 0x3Fu);
    }
    if (point < least[more] || point > 0x10FFFF || point >> 11 == 27) return 0;
    p += more + 1, n -= more + 1;
  }
  return 1;
}

/* --- cuts ------------------------------------------------------------------ */

typedef struct cuts {
  const uint8_t *p;
  size_t         n, at;
  int            whole;
} cuts;

/* Splits an input into its text (*n bytes) and its cuts. */
static UNUSED cuts cuts_of(const uint8_t *p, size_t *n)
{
  cuts   c = { NULL, 0, 0, 0 };
  size_t i = *n;
  while (i > 0 && p[i - 1] != 0xFF) i--;
  if (i == 0) return c;
  c.p = p + i;
  c.n = *n - i;
  *n = i - 1;
  return c;
}

static UNUSED cuts no_cuts(void)
{
  cuts c = { NULL, 0, 0, 1 };
  return c;
}

static UNUSED cuts every_byte(void)
{
  static const uint8_t one[1] = { 0 };
  cuts c = { one, 1, 0, 0 };
  return c;
}

/* The length of the next piece, 1 to `left`. Long inputs get longer pieces, so
   that none takes a second. */
static UNUSED size_t cut(cuts *c, size_t left)
{
  size_t n = 1 + (c->n != 0 ? c->p[c->at % c->n] : c->at);
  n *= 1 + left / 4096;
  c->at++;
  return n < left && !c->whole ? n : left;
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
