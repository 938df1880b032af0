/* trace.c - what passes over the connection: --trace, and the probe.

   A stream around the socket's stream, or around the TLS stream. It passes
   everything on. For --trace it shows that, without secrets; to the probe it
   gives the replies' bodies. */

#include "trace.h"
#include "chars.h"
#include "files.h"
#include "holes.h"
#include "job.h"
#include "options.h"
#include "report.h"
#include "secrets.h"
#include "session.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "wire.h"
#include <stdarg.h>
#include <string.h>

void (*tap_body)(const unsigned char *p, size_t n);

static struct {
  amt_stream     stream;
  amt_http_reply reply;
  char           line[300]; /* of a head, as much as fits */
  size_t         len;       /* its length */
  uint8_t        cut;       /* there was more */
  size_t         at;        /* bytes of the body so far */
  char           side[3];   /* "> " or "< " */
  uint8_t        body;      /* the head has ended */
  uint8_t        first;     /* its first line has not ended */
  uint8_t        in_line;   /* a line of a body is begun */
  uint8_t        half_len;  /* bytes so far of a body's character, */
  char           half[4];   /* and what they are */
  size_t         n;
  char           piece[256]; /* to be shown */
} tap;

void tap_wipe(void) { wipe(tap.line, sizeof tap.line); }

static void show(const char *format, ...)
{
  va_list a;
  if (!opt.trace) return;
  va_start(a, format);
  vtell(tap.side, format, a);
  va_end(a);
}

/* 1 if the wire table has a header of this name. */
static int is_wire_header(const char *name)
{
  char        own[sizeof tap.line];
  const char *p = wire.headers;
  for (; p != NULL && *p != 0; p = behind_header(p)) {
    while (begins_part(*p)) p += 2;
    text(own, sizeof own, "%s", p);
    own[strcspn(own, ":")] = 0;
    if (same_word(own, name)) return 1;
  }
  return 0;
}

/* The request line as the table without secrets has it. */
static void show_request_line(void)
{
  char    path[sizeof tap.line];
  amt_window o;
  amt_window_init(&o, path, sizeof path - 1, 0);
  session.wire = &shown;
  amt_put(&o, conn.url.path, conn.url.path_len);
  while (o.len > 0 && path[o.len - 1] == '/') o.len--, o.total--;
  amt_call_path(&job, &o);
  session.wire = &wire;
  path[o.len] = 0;
  show("%s %s HTTP/1.1", amt_call_method(&job), path);
}

/* Only headers that are known to hold no secret are shown with their value. */
static void show_head_line(void)
{
  static const char *const plain[] = {
    "Host", "Accept", "Content-Type", "Content-Length", "Connection", "Date",
    "Transfer-Encoding", "Retry-After", "Server", "Content-Encoding",
    "Location", "WWW-Authenticate", NULL
  };
  static const char *const schemes[] = { "Basic", "Bearer", NULL };
  int   request = *tap.side == '>', first = tap.first;
  char  line[sizeof tap.line];
  char *colon = strchr(hide(line, sizeof line, tap.line, tap.cut), ':'), *value;
  tap.first = 0;
  if (first && request && shown.call[job.op].path != wire.call[job.op].path) {
    show_request_line();
    return;
  }
  if (first || colon == NULL) {
    show("%s", line);
    return;
  }
  *colon = 0;
  value = colon + 1 + strspn(colon + 1, " ");
  if (word_in(plain, line) >= 0 && !(request && is_wire_header(line))) {
    show("%s: %s", line, value);
    return;
  }
  value[strcspn(value, " ")] = 0;
  if (word_in(schemes, value) < 0) *value = 0;
  show("%s: %s%s***", line, value, *value != 0 ? " " : "");
}

/* Takes bytes of a head. Returns how many: up to its empty line at most. */
static size_t tap_head(const unsigned char *p, size_t n)
{
  size_t i;
  for (i = 0; i < n && !tap.body; i++) {
    if (p[i] == '\n') {
      tap.line[tap.len] = 0;
      trim(tap.line);
      if (*tap.line == 0) tap.body = 1;
      else show_head_line();
      tap.len = 0, tap.cut = 0;
    } else if (tap.len + 1 < sizeof tap.line) {
      tap.line[tap.len++] = (char)p[i];
    } else {
      tap.cut = 1;
    }
  }
  return i;
}

/* Gathers what is shown of a body. Each line begins with the side. */
static void tap_show(const char *p, size_t n)
{
  if (tap.n + n + sizeof tap.side > sizeof tap.piece) {
    to_stderr(tap.piece, tap.n);
    tap.n = 0;
  }
  if (!tap.in_line) memcpy(tap.piece + tap.n, tap.side, 2), tap.n += 2;
  memcpy(tap.piece + tap.n, p, n);
  tap.n += n;
  tap.in_line = *p != '\n';
}

/* Takes bytes without secrets. They may be no UTF-8, or end inside a
   character. */
static void tap_clean(const char *p, size_t n)
{
  int harmless;
  for (; n > 0; p++, n--) {
    if (tap.half_len > 0 && ((unsigned char)*p & 0xC0u) != 0x80u) {
      tap_show("?", 1);
      tap.half_len = 0;
    }
    tap.half[tap.half_len++] = *p;
    if (tap.half_len < char_size(*tap.half)) continue;
    next_char(tap.half, tap.half_len, &harmless);
    if (harmless || *p == '\n') tap_show(tap.half, tap.half_len);
    else tap_show("?", 1);
    tap.half_len = 0;
  }
}

static filter tap_filter = { tap_clean, NULL, 0, 0, "" };

/* Why a body is not shown, or NULL. The reply to a refused sign-in is shown: it
   has no token. */
static const char *tap_hides(void)
{
  if (job.op == AMT_SIGN_IN &&
      (*tap.side == '>' || tap.reply.status / 100 == 2)) return "a sign-in";
  if (*tap.side == '>' && fills_secret(wire.call[job.op].body))
    return "it holds credentials";
  return NULL;
}

/* The whole body of a request as the table without secrets has it. */
static void tap_masked(void)
{
  char    piece[BUFFER];
  size_t  from = 0;
  amt_window o;
  session.wire = &shown;
  do {
    amt_window_init(&o, piece, sizeof piece, from);
    amt_call_body(&job, &o);
    filter_put(&tap_filter, piece, o.len);
    from += o.len;
  } while (from < o.total);
  session.wire = &wire;
}

/* Takes bytes of a body. If the wire file made the body, a copy without secrets
   is shown instead, when its first byte leaves. */
static void tap_bytes(const unsigned char *p, size_t n)
{
  int masked = *tap.side == '>' &&
               shown.call[job.op].body != wire.call[job.op].body;
  if (*tap.side == '<' && tap_body != NULL) tap_body(p, n);
  if (!opt.trace || n == 0) return;
  live_clear();
  if (tap_hides() == NULL && !masked)
    filter_put(&tap_filter, (const char *)p, n);
  else if (tap_hides() == NULL && tap.at == 0)
    tap_masked();
  tap.at += n;
  to_stderr(tap.piece, tap.n);
  tap.n = 0;
}

static void tap_end(void)
{
  const char *why = tap_hides();
  if (tap.at > 0 && why != NULL)
    show("(%u bytes, not shown: %s)", (unsigned)tap.at, why);
  filter_end(&tap_filter, 1);
  if (tap.half_len > 0) tap_show("?", 1);
  if (tap.in_line) tap_show("\n", 1);
  to_stderr(tap.piece, tap.n);
  tap.at = tap.n = 0;
  tap.half_len = 0;
}

static void tap_begin(char side)
{
  tap_end();
  if (side == '<' && tap_body != NULL) tap_body(NULL, 0);
  tap.side[0] = side, tap.side[1] = ' ';
  tap.body = 0, tap.first = 1;
  tap.len = 0, tap.cut = 0;
  amt_http_reply_init(&tap.reply);
}

static void tap_reply(const unsigned char *p, size_t n)
{
  int e = AMT_HTTP_HEAD;
  if (*tap.side == '>') tap_begin('<');
  while (e > 0 && e != AMT_HTTP_END) {
    size_t used = 0, body = 0;
    e = amt_http_reply_next(&tap.reply, p, n, &used, &body);
    if (e != AMT_HTTP_BODY) body = 0; /* a header's value is of the head */
    tap_head(p, used - body);
    if (body > 0) tap_bytes(p + used - body, body);
    p += used, n -= used;
  }
  if (e == AMT_HTTP_END) tap_end();
}

static int tap_open(amt_stream *s, const char *host, size_t host_len,
                    uint16_t port, uint32_t left)
{
  int e = under->ops->open(under, host, host_len, port, left);
  (void)s;
  if (e > 0) report_opened();
  return e;
}

static ptrdiff_t tap_read(amt_stream *s, void *p, size_t n)
{
  ptrdiff_t got = under->ops->read(under, p, n);
  (void)s;
  if (got > 0) {
    report_bytes('<', p, (size_t)got);
    tap_reply((const unsigned char *)p, (size_t)got);
  }
  return got;
}

static ptrdiff_t tap_write(amt_stream *s, const void *p, size_t n)
{
  ptrdiff_t put = under->ops->write(under, p, n);
  (void)s;
  if (put > 0) {
    const unsigned char *b = (const unsigned char *)p;
    size_t               head;
    report_bytes('>', p, (size_t)put);
    if (conn.http.sent == 0) tap_begin('>');
    head = tap_head(b, (size_t)put);
    tap_bytes(b + head, (size_t)put - head);
  }
  return put;
}

static void tap_close(amt_stream *s)
{
  (void)s;
  tap_end();
  report_closed();
  under->ops->close(under);
}

static int tap_wait(amt_stream *s, int want, uint32_t ms)
{
  (void)s;
  return under->ops->wait(under, want, ms);
}

static int tap_want(const amt_stream *s, int want)
{
  (void)s;
  if (under->ops->waits_for == NULL) return want;
  return (under->ops->waits_for)(under, want);
}

amt_stream *tap_init(void)
{
  static amt_stream_ops ops = { tap_open, tap_read, tap_write, tap_close,
                                tap_wait, 0, tap_want };
  ops.tls = under->ops->tls;
  tap.stream.ops = &ops;
  return &tap.stream;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
