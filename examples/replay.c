/* replay: a whole job without a server, a network or an operating system's
   help: what a server would send stands below, and a stream in memory plays it.

   The stream is as unkind as a real one can be: it opens late, takes a few
   bytes, gives fewer, says "not yet" every other time, and hangs up. The events
   are those of a good day; exit status 0 only if they are. This is also how to
   test a program of yours that uses amt.h, and how to write a stream for it. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>

#define OK "HTTP/1.1 200 OK\r\n"
static const char *const replies[] = {
  /* to the sign-in: */ OK "Content-Length: 15\r\n\r\n{\"Token\":\"3f7\"}",
  /* to the Start: */ OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
  "1e\r\n\"Status\":1,\"BatchrequestId\":21\r\n3\r\n12}\r\n0\r\n\r\n",
  /* three to MonitorJob: */ "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
  OK "Connection: close\r\n\r\n{\"Any\":[{}],\"Status\":2}",
  OK "Content-Length: 12\r\n\r\n{\"Status\":4}",
  /* to GetMessages: */ OK "Transfer-Encoding: chunked\r\n\r\n"
  "30\r\n{\"Messages\":[\"Report \\u00abtest\\u00bb 01 is star\r\n"
  "d\r\nted\",\"Done\"]}\r\n0\r\n\r\n"};

/* What must come of it. */
static const char story[] = "starting, id 2112, QUEUED, again, RUNNING, DONE, "
  "'Report \xC2\xABtest\xC2\xBB 01 is started' 'Done' code 4\n";

/* A stream is any struct whose first member is an amt_stream. */
static struct {
  amt_stream  stream;
  unsigned    requests, calls;
  const char *left; /* of the reply */
} server = {{NULL}, 0, 0, ""};

static int not_yet(void) { return ++server.calls % 2 != 0; }

static int m_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  (void)s, (void)host, (void)n, (void)port, (void)left_ms;
  return not_yet() ? AMT_AGAIN : 1;
}

static ptrdiff_t m_write(amt_stream *s, const void *p, size_t n)
{
  (void)s;
  if (not_yet()) return AMT_AGAIN;
  if (n > 20) n = 20;
  if (((const char *)p)[n - 1] != '}') return (ptrdiff_t)n;
  if (server.requests == sizeof replies / sizeof *replies) return AMT_E_RESET;
  server.left = replies[server.requests++]; /* it was the request's last byte */
  return (ptrdiff_t)n;
}

static ptrdiff_t m_read(amt_stream *s, void *p, size_t n)
{
  (void)s;
  if (not_yet()) return AMT_AGAIN;
  if (n > 5) n = 5;
  if (n > strlen(server.left)) n = strlen(server.left);
  if (n == 0) return server.requests == 4 ? AMT_E_EOF : AMT_AGAIN;
  memcpy(p, server.left, n);
  server.left += n;
  return (ptrdiff_t)n;
}

static void m_close(amt_stream *s) { (void)s; }

static size_t told; /* of the story; past its end once it went wrong */

static void tell(const char *text, size_t n)
{
  told = strncmp(story + told, text, n) == 0 ? told + n : sizeof story - 1;
  fwrite(text, 1, n, stdout);
}
