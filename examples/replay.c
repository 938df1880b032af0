/* replay: a whole job without a server, a network or an operating system. What
   a server would send stands below; a stream in memory plays it, as unkindly as
   real ones do: a few bytes at a time, "not yet", busy, hung up. The events are
   still those of a good day: then the exit status is 0. This is also how to
   write a stream, and how to test a program of yours that uses amt.h. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>

#define OK "HTTP/1.1 200 OK\r\n"
static const char *const replies[] = {
  /* sign-in: */ OK "Content-Length: 23\r\n\r\n{\"AmtLogonToken\":\"3f7\"}",
  /* to Start: */ OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
  "1e\r\n\"Status\":1,\"BatchRequestId\":21\r\n3\r\n12}\r\n0\r\n\r\n",
  /* three to MonitorJob: */ "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
  OK "Connection: close\r\n\r\n{\"Any\":[{}],\"Status\":2}",
  OK "Content-Length: 12\r\n\r\n{\"Status\":4}",
  /* to GetMessages: */ OK "Transfer-Encoding: chunked\r\n\r\n"
  "30\r\n{\"Messages\":[\"Report \\u00abtest\\u00bb 01 is star\r\n"
  "d\r\nted\",\"Done\"]}\r\n0\r\n\r\n", "" /* and no more */};

static const char story[] = "starting, id 2112, again, RUNNING, DONE, 'Report "
  "\xC2\xABtest\xC2\xBB 01 is started' 'Done' code 4\n"; /* to come of it */

/* A stream is any struct whose first member is an amt_stream. */
static struct {
  amt_stream  stream;
  unsigned    next, calls; /* the next reply */
  const char *left;        /* of the one at hand */
} server = {{NULL, 0}, 0, 0, ""};

static int not_yet(void) { return ++server.calls % 3 == 0; }

static int m_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  (void)s, (void)host, (void)n, (void)port, (void)left_ms;
  return not_yet() ? AMT_AGAIN : 1;
}

static ptrdiff_t m_write(amt_stream *s, const void *p, size_t n)
{
  if ((void)s, not_yet()) return AMT_AGAIN;
  if (n > 20) n = 20;
  if (((const char *)p)[n - 1] == '}') /* the request has come whole */
    server.left = replies[server.next], server.next += *server.left != 0;
  return (ptrdiff_t)n;
}

static ptrdiff_t m_read(amt_stream *s, void *p, size_t n)
{
  (void)s;
  if (server.left == NULL) return AMT_E_EOF;
  if (not_yet() || *server.left == 0) return AMT_AGAIN;
  while (n > 5 || n > strlen(server.left)) n--;
  memcpy(p, server.left, n);
  server.left += n; /* after its fourth reply it hangs up */
  if (*server.left == 0 && server.next == 4) server.left = NULL;
  return (ptrdiff_t)n;
}
static void m_close(amt_stream *s) { (void)s, server.left = ""; }

static size_t told, wrong; /* so much of the story; or something else */
static void tell(const char *text)
{
  if (strncmp(story + told, text, strlen(text)) != 0) wrong = 1;
  told += wrong ? 0 : strlen(text);
  fputs(text, stdout);
}

int main(void)
{
  static const amt_stream_ops ops = {m_open, m_read, m_write, m_close, NULL, 0,
                                     NULL};
  char        buf[64], token[16], piece[80]; /* 64 do for replies of any size */
  amt_slot    conn = {.http = {.stream = &server.stream}};
  amt_pool    pool = {&conn, 1, buf, sizeof buf, NULL};
  amt_session s = {.url = "http://any", .user = "ocadm", .password = "opconxps",
                   .token = token, .token_room = sizeof token};
  amt_task    t = {.application = "DEMO2", .job = "REPORTTEST01"};
  amt_job     j;
  uint32_t    now; /* the only clock there is */
  server.stream.ops = &ops;
  for (amt_start(&j, &s, &t), now = 0;; now += 100)
    switch (amt_poll(&pool, &j, now)) {
    case AMT_STARTING: tell("starting, "); break;
    case AMT_STARTED: tell("id "), tell(j.id), tell(", "); break;
    case AMT_RETRYING: tell("again, "); break;
    case AMT_STATUS: tell(amt_status_name(j.status)), tell(", "); break;
    case AMT_MESSAGE: /* in pieces, where it is longer than the buffer */
      snprintf(piece, sizeof piece, "%s%.*s%s", j.msg_first ? "'" : "",
               (int)j.msg_len, j.msg, j.msg_more ? "" : "' ");
      tell(piece); break;
    case AMT_DONE: tell(j.code == 4 ? "code 4\n" : "another code\n");
      return wrong || story[told] != 0;
    case AMT_FAILED: printf("%s\n", amt_error(j.error)); return 1;
    default: break; /* nothing yet */
    }
}
