/* SPDX-License-Identifier: MIT OR Unlicense */
/* Compares TABLE, which `amt --print-wire --c-source` printed, with the table
   that amt reads from the file, text for text. With a server it then runs a job
   by TABLE. See tests/dialects.py, which links this with amt's files.
   usage: wire_c FILE [URL] */

#include "../examples/amt/wire.h"
#include TABLE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int differ(const char *what, int i, const char *a, const char *b)
{
  if (a == b || (a != NULL && b != NULL && strcmp(a, b) == 0)) return 0;
  printf("%s %d differs:\n%s\n%s\n", what, i, a ? a : "NULL", b ? b : "NULL");
  return 1;
}

static int compare(const amt_wire *a, const amt_wire *b)
{
  int i, bad = differ("headers", 0, a->headers, b->headers);
  for (i = 0; i < AMT_CALLS; i++)
    bad |= differ("method", i, a->call[i].method, b->call[i].method) |
           differ("path", i, a->call[i].path, b->call[i].path) |
           differ("body", i, a->call[i].body, b->call[i].body);
  for (i = 0; i < AMT_REPLY_COUNT; i++)
    bad |= differ("reply", i, a->reply[i], b->reply[i]);
  if ((a->status == NULL) != (b->status == NULL)) bad = 1;
  for (i = 0; a->status != NULL && b->status != NULL; i++) {
    bad |= differ("status", i, a->status[i].text, b->status[i].text) |
           (a->status[i].code != b->status[i].code);
    if (a->status[i].text == NULL || b->status[i].text == NULL) break;
  }
  return bad;
}

static int run(const char *url)
{
  static char buf[1024], token[256];
  static const char *const parameters[] = { "A=1 \"&%", "B=" };
  amt_posix   sock;
  amt_slot    conn;
  amt_pool    pool;
  amt_session s;
  amt_task    t;
  amt_job     j;
  amt_event   e;
  memset(&conn, 0, sizeof conn);
  memset(&pool, 0, sizeof pool);
  memset(&s, 0, sizeof s);
  memset(&t, 0, sizeof t);
  pool.conn = &conn, pool.count = 1, pool.buf = buf, pool.size = sizeof buf;
  s.url = url, s.user = getenv("AMT_USER"), s.password = getenv("AMT_PASSWORD");
  s.token = token, s.token_room = sizeof token, s.wire = &amt_site_wire;
  s.initial_delay = AMT_ZERO, s.poll = 20;
  if (getenv("AMT_TOKEN") != NULL) strcpy(token, getenv("AMT_TOKEN"));
  t.application = "DEMO2", t.job = "ECHO";
  t.parameters = parameters, t.parameter_count = 2;
  amt_posix_init(&sock);
  conn.http.stream = &sock.stream;
  amt_start(&j, &s, &t);
  do {
    e = amt_wait(&pool, &j, amt_posix_now);
    if (e == AMT_MESSAGE)
      printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n");
  } while (e < AMT_DONE);
  return j.code;
}

int main(int argc, char **argv)
{
  if (read_wire(strcmp(argv[1], "default") == 0 ? NULL : argv[1]) != 0 ||
      compare(&wire, &amt_site_wire)) return 1;
  return argc > 2 ? run(argv[2]) : 0;
}
