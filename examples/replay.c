/* replay: a whole job without a server, a network or an operating system. The
   replies of a server stand below. A stream in memory hands them out as real
   networks do: a few bytes at a time, often with "not yet". The program prints
   what happens; the exit status is 0 if that is what should happen. This also
   shows how to write a stream, and how to test a program that uses amt.h. */
#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>

#define REPLY(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n" body
static const char *const replies[] = {
  REPLY("23", "{\"AmtLogonToken\":\"3f7\"}"),          /* to the sign-in */
  REPLY("23", "{\"BatchRequestId\":2112}"),            /* to the Start */
  "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",    /* to MonitorJob */
  REPLY("12", "{\"Status\":2}"),
  REPLY("12", "{\"Status\":4}"),
  REPLY("33", "{\"Messages\":[\"It runs.\",\"Done.\"]}") /* to GetMessages */
};

static const char story[] =
  "starting\nid 2112\nretrying\nRUNNING\nDONE\nIt runs.\nDone.\ncode 4\n";

/* A stream is a struct whose first member is an amt_stream. */
typedef struct server {
  amt_stream  stream;
  size_t      next;  /* index of the next reply */
  const char *left;  /* the part of the current one that is not read yet */
  unsigned    calls; /* every third call is answered with "not yet" */
} server;

static int not_yet(server *v) { return ++v->calls % 3 == 0; }

static int server_open(amt_stream *s, const char *host, size_t host_len,
                       uint16_t port, uint32_t left_ms)
{
  (void)host, (void)host_len, (void)port, (void)left_ms;
  return not_yet((server *)s) ? AMT_AGAIN : 1;
}

static ptrdiff_t server_write(amt_stream *s, const void *p, size_t n)
{
  server *v = (server *)s;
  if (not_yet(v)) return AMT_AGAIN;
  if (n > 20) n = 20; /* it takes only a part */
  if (((const char *)p)[n - 1] == '}' && v->next < 6) /* the request's end */
    v->left = replies[v->next++];
  return (ptrdiff_t)n;
}

static ptrdiff_t server_read(amt_stream *s, void *p, size_t n)
{
  server *v = (server *)s;
  if (not_yet(v) || *v->left == 0) return AMT_AGAIN;
  if (n > 5) n = 5;
  if (n > strlen(v->left)) n = strlen(v->left);
  memcpy(p, v->left, n);
  v->left += n;
  return (ptrdiff_t)n;
}

static void server_close(amt_stream *s) { ((server *)s)->left = ""; }

static char told[200];
static void tell(const char *text, const char *more)
{
  size_t n = strlen(told);
  snprintf(told + n, sizeof told - n, "%s%s", text, more);
  printf("%s%s", text, more);
}

int main(void)
{
  static const amt_stream_ops ops = {server_open, server_read, server_write,
                                     server_close, NULL, 0, NULL};
  server      v = {{&ops, 0}, 0, "", 0};
  char        buf[64], token[16]; /* 64 bytes take a reply of any size */
  amt_slot    slot = {.http = {.stream = &v.stream}};
  amt_pool    pool = {&slot, 1, buf, sizeof buf, NULL};
  amt_session s = {.url = "http://any", .user = "ocadm", .password = "opconxps",
                   .token = token, .token_room = sizeof token};
  amt_task    t = {.application = "DEMO2", .job = "REPORTTEST01"};
  amt_job     j;
  amt_event   e = AMT_BUSY;
  uint32_t    now = 0; /* the clock: 100 ms pass in each turn */
  for (amt_start(&j, &s, &t); e < AMT_DONE; now += 100) {
    e = amt_poll(&pool, &j, now);
    if (e == AMT_STARTING) tell("starting", "\n");
    if (e == AMT_STARTED) tell("id ", j.id), tell("\n", "");
    if (e == AMT_RETRYING) tell("retrying", "\n");
    if (e == AMT_STATUS) tell(amt_status_name(j.status), "\n");
    if (e == AMT_MESSAGE) { /* in pieces, if it is longer than the buffer */
      char piece[65];
      snprintf(piece, sizeof piece, "%.*s", (int)j.msg_len, j.msg);
      tell(piece, j.msg_more ? "" : "\n");
    }
    if (e == AMT_FAILED) tell(amt_error(j.error), "\n");
  }
  tell("code ", j.code == 4 ? "4\n" : "not 4\n");
  return strcmp(told, story) != 0;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
