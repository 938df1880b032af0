/* trace_stream [URL]: shows on stderr what passes over the wire. A trace is a
   stream around another one, which needs no change; leave it out, and it costs
   nothing. It hides the bodies of a sign-in, header values that it does not
   know to be harmless, and a path after '?'. It shows a job's parameters. */
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <stdio.h>

typedef struct trace {
  amt_stream     stream; /* first: a pointer to it is also one to this */
  amt_stream    *inner;
  const amt_job *job;      /* says which call this is */
  char           mark;     /* '>' a request, '<' a reply, 0 neither yet */
  char           line[80]; /* of a head; the rest of a long one is not shown */
  size_t         len, lines, interim, in_body;
} trace;

static size_t harmless(const trace *t) /* bytes of the line that may be seen */
{
  static const char *const names[8] = {"Host:", "Date:", "Server:", "Accept:",
    "Content-", "Transfer-Encoding:", "Connection:", "Keep-Alive:"};
  size_t i = 0;
  if (t->lines == 0) return strcspn(t->line, "?");
  while (i < 8 && strncmp(t->line, names[i], strlen(names[i])) != 0) i++;
  return i < 8 ? t->len : strcspn(t->line, ":");
}

static void end_line(trace *t)
{
  size_t n = harmless(t);
  fprintf(stderr, "%c %.*s%s\n", t->mark, (int)n, t->line,
          n < t->len ? "***" : "");
  if (t->lines++ == 0) t->interim = strncmp(t->line, "HTTP/1.1 1", 10) == 0;
  if (t->len == 0) t->in_body = !t->interim, t->lines = 0;
  amt_wipe(t->line, sizeof t->line), t->len = 0;
}

static char plain(char c) { return (char)(c < ' ' || c > '~' ? '.' : c); }
static void show(trace *t, char mark, const char *p, ptrdiff_t n)
{
  int hidden = t->job->op == AMT_SIGN_IN;
  if (t->mark != mark) t->mark = mark, t->in_body = 0, t->len = t->lines = 0;
  for (; n > 0 && !t->in_body; p++, n--)
    if (*p == '\n') end_line(t);
    else if (*p != '\r' && t->len < sizeof t->line - 1)
      t->line[t->len++] = plain(*p);
  if (n == 0) return;
  fprintf(stderr, "%c %s", mark, hidden ? "***" : ""); /* a part of the body */
  for (; n > 0 && !hidden; p++, n--) fputc(plain(*p), stderr);
  fputc('\n', stderr);
}

static amt_stream *inner(amt_stream *s) { return ((trace *)s)->inner; }
static int t_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  return (inner(s)->ops->open)(inner(s), host, n, port, left_ms);
}
static ptrdiff_t t_read(amt_stream *s, void *p, size_t n)
{
  ptrdiff_t got = (inner(s)->ops->read)(inner(s), p, n);
  if (got > 0) show((trace *)s, '<', (const char *)p, got);
  return got;
}
static ptrdiff_t t_write(amt_stream *s, const void *p, size_t n)
{
  ptrdiff_t took = (inner(s)->ops->write)(inner(s), p, n);
  if (took > 0) show((trace *)s, '>', (const char *)p, took);
  return took;
}
static void t_close(amt_stream *s)
{
  inner(s)->abort = s->abort, (inner(s)->ops->close)(inner(s));
  ((trace *)s)->mark = 0;
}
static int t_wait(amt_stream *s, int w, uint32_t ms)
{ return (inner(s)->ops->wait)(inner(s), w, ms); }

static const amt_stream_ops o = {t_open, t_read, t_write, t_close, t_wait, 0,0};

int main(int argc, char **argv)
{
  static char      buf[1024], token[256];
  static trace     t; /* zeroed */
  static amt_posix sock;
  static amt_job   j;
  amt_session s = {0};
  amt_task    task = {0};
  amt_slot    slot = {0};
  amt_pool    pool = {&slot, 1, buf, sizeof buf, NULL};
  s.url = argc > 1 ? argv[1] : "http://127.0.0.1:42000", s.user = "ocadm";
  s.password = "opconxps", s.token = token, s.token_room = sizeof token;
  s.initial_delay = 1000, task.application = "DEMO2", task.job = "REPORTTEST01";
  t.stream.ops = &o, t.inner = &sock.stream, t.job = &j;
  slot.http.stream = &t.stream, amt_posix_init(&sock);
  amt_start(&j, &s, &task);
  while (amt_wait(&pool, &j, amt_posix_now) < AMT_DONE) {}
  return j.code; /* 4: it ended normally */
}
/* SPDX-License-Identifier: MIT OR Unlicense */
