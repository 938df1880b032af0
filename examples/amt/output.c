/* output.c - standard output, and its copy for --log-dir. */

#include "output.h"
#include "chars.h"
#include "files.h"
#include "tell.h"
#include "text.h"
#include "write.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

sink out, kept;

void sink_flush(sink *s)
{
  if (s->n > 0 && s->error == 0 && write_all(s->fd, s->buf, s->n) != 0)
    s->error = errno;
  s->n = 0;
}

static void sink_put(sink *s, const char *p, size_t n)
{
  s->total += n;
  while (n > 0) {
    size_t m = sizeof s->buf - s->n;
    if (m > n) m = n;
    memcpy(s->buf + s->n, p, m);
    p += m, n -= m, s->n += m;
    if (s->n == sizeof s->buf) sink_flush(s);
  }
}

static void put_plain(const char *p, size_t n)
{
  sink_put(&out, p, n);
  if (kept.fd > 0) sink_put(&kept, p, n);
}

int crlf;

void put(const char *p, size_t n)
{
  live_clear();
  while (crlf && n > 0) {
    const char *end = (const char *)memchr(p, '\n', n);
    size_t      m = end != NULL ? (size_t)(end - p) : n;
    put_plain(p, m);
    if (end == NULL) return;
    put_plain("\r\n", 2);
    p += m + 1, n -= m + 1;
  }
  put_plain(p, n);
}

void tell_output(void)
{
  static int told;
  if (out.error == 0 || told) return;
  told = 1;
  tell("standard output: %s; what was to be there is not whole",
       out.error == ETIMEDOUT ? "nobody reads it" : error_words(out.error));
}

void put_text(const char *t) { put(t, strlen(t)); }

void putf(const char *format, ...)
{
  char    line[256];
  va_list a;
  va_start(a, format);
  put_text(vtext(line, sizeof line, format, a));
  va_end(a);
}

/* In parts of up to 64 bytes; none ends inside a character. Each becomes at
   most 6 * 64 bytes and two quotes, which are left out. */
static void put_escaped(const char *t, size_t len)
{
  char buf[6 * 64 + 2];
  while (len > 0) {
    size_t  n = len < 64 ? len : 64;
    amt_window o;
    amt_window_init(&o, buf, sizeof buf, 0);
    while (n > 1 && n < len && ((unsigned char)t[n] & 0xC0u) == 0x80u) n--;
    amt_json_put_string(&o, t, n);
    put(buf + 1, o.len - 2);
    t += n, len -= n;
  }
}

int escape_all;

/* JSON's escape of a control character. */
static void put_escape(const char *t, size_t len)
{
  const unsigned char *c = (const unsigned char *)t;
  unsigned             u = *c;
  char                 escape[] = "\\u0000";
  int                  i;
  if (len == 2) u = (c[0] & 31u) << 6 | (c[1] & 63u);
  if (len == 3) u = (c[0] & 15u) << 12 | (c[1] & 63u) << 6 | (c[2] & 63u);
  for (i = 5; i > 1; i--, u >>= 4) escape[i] = "0123456789abcdef"[u & 15u];
  put(escape, 6);
}

void put_inside(const char *t, size_t len)
{
  while (len > 0) {
    size_t n = escape_all ? 0 : len, size = 0;
    int    plain = 1;
    while (n < len && plain) {
      n += size;
      size = n < len ? next_char(t + n, len - n, &plain) : 0;
      if (size == 1 && t[n] != 127) plain = 1; /* JSON escapes the others */
    }
    put_escaped(t, n);
    if (!plain) put_escape(t + n, size), n += size;
    t += n, len -= n;
  }
}

void put_value(const char *value)
{
  size_t len = strlen(value);
  while (len > 0) {
    int    harmless;
    size_t n = next_char(value, len, &harmless);
    put(harmless ? value : "?", harmless ? n : 1);
    value += n, len -= n;
  }
}

void put_list(const list *l, const char *before)
{
  size_t i;
  for (i = 0; i < l->count; i++, before = ", ") {
    put_text(before);
    put_value(l->text[i]);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
