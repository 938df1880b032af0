/* no_heap.c - a whole job against a server, where malloc aborts: no_heap URL.
   Output is by write(2), since printf's buffer would come from the heap. */
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <stdlib.h>

static void refuse(void)
{
  static const char text[] = "the heap was used\n";
  if (write(2, text, sizeof text - 1) >= 0) abort();
  abort();
}

void *malloc(size_t n) { (void)n; refuse(); return NULL; }
void *calloc(size_t n, size_t m) { (void)n, (void)m; refuse(); return NULL; }
void *realloc(void *p, size_t n) { (void)p, (void)n; refuse(); return NULL; }
void  free(void *p) { if (p != NULL) refuse(); }

int main(int argc, char **argv)
{
  static char buf[128], token[64];
  amt_posix   sock;
  amt_slot    conn;
  amt_pool    pool;
  amt_session s;
  amt_task    t;
  amt_job     j;
  size_t      n = 0;
  if (argc != 2) return 64;
  memset(&conn, 0, sizeof conn);
  memset(&pool, 0, sizeof pool);
  memset(&s, 0, sizeof s);
  memset(&t, 0, sizeof t);
  amt_posix_init(&sock);
  conn.http.stream = &sock.stream;
  pool.conn = &conn, pool.count = 1, pool.buf = buf, pool.size = sizeof buf;
  s.url = argv[1], s.user = "ocadm", s.password = "opconxps";
  s.token = token, s.token_room = sizeof token;
  s.poll = 50, s.initial_delay = AMT_ZERO, s.messages = AMT_LIVE;
  t.application = "DEMO2", t.job = "LOG_1000";
  amt_start(&j, &s, &t);
  for (;;)
    switch (amt_wait(&pool, &j, amt_posix_now)) {
    case AMT_MESSAGE:
      if (j.msg_kind == AMT_MSG_LOG && !j.msg_more) n++;
      break;
    case AMT_FAILED: return 1;
    case AMT_DONE: return j.code == 4 && j.log_complete && n == 1000 ? 0 : 2;
    default: break;
    }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
