/* test_tls_heap.c - a whole job over https by BearSSL, where malloc aborts:

     test_tls_heap URL CA.pem

   CA.pem holds the trust anchors. The job runs twice, the second time over a
   new connection; exit status 0 if both runs ended as they should. Output is by
   write(2), since printf's buffer would come from the heap. */
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#define AMT_BEARSSL
#include "amt.h"
#include <stdlib.h>

static void tell(const char *text)
{
  if (write(2, text, strlen(text)) < 0) abort();
}

static void refuse(void)
{
  tell("the heap was used\n");
  abort();
}

void *malloc(size_t n) { (void)n; refuse(); return NULL; }
void *calloc(size_t n, size_t m) { (void)n, (void)m; refuse(); return NULL; }
void *realloc(void *p, size_t n) { (void)p, (void)n; refuse(); return NULL; }
void  free(void *p) { if (p != NULL) refuse(); }

static unsigned char       anchor_memory[4000];
static amt_bearssl_anchors anchors;
static amt_bearssl_server  server;
static amt_bearssl         tls;
static amt_posix           sock;
static unsigned char       record[AMT_BEARSSL_FULL];

/* Reads the anchors of a file, in pieces. */
static int trust(const char *file)
{
  char    piece[100];
  ssize_t n;
  int     e = 0, fd = open(file, O_RDONLY);
  anchors.mem = anchor_memory;
  anchors.size = sizeof anchor_memory;
  while (e == 0 && (n = read(fd, piece, sizeof piece)) > 0)
    e = amt_bearssl_anchors_read(&anchors, piece, (size_t)n);
  if (e == 0) e = amt_bearssl_anchors_end(&anchors);
  if (fd >= 0) close(fd);
  server.anchors = anchors.list;
  server.anchor_count = anchors.count;
  return e;
}

/* Runs the job. Returns the lines of its log, or -1 if it failed. */
static long run(const char *url, amt_slot *conn)
{
  static char buf[128], token[64];
  amt_pool    pool;
  amt_session s;
  amt_task    t;
  amt_job     j;
  long        n = 0;
  memset(&pool, 0, sizeof pool);
  memset(&s, 0, sizeof s);
  memset(&t, 0, sizeof t);
  pool.conn = conn, pool.count = 1, pool.buf = buf, pool.size = sizeof buf;
  s.url = url, s.user = "ocadm", s.password = "opconxps";
  s.token = token, s.token_room = sizeof token;
  s.poll = 50, s.initial_delay = AMT_ZERO, s.messages = AMT_LIVE;
  t.application = "DEMO2", t.job = "LOG_1000";
  amt_start(&j, &s, &t);
  for (;;)
    switch (amt_wait(&pool, &j, amt_posix_now)) {
    case AMT_MESSAGE:
      if (j.msg_kind == AMT_MSG_LOG && !j.msg_more) n++;
      break;
    case AMT_FAILED:
      tell(amt_error(j.error));
      tell("\n");
      return -1;
    case AMT_DONE: return j.code == 4 && j.log_complete ? n : -1;
    default: break;
    }
}

int main(int argc, char **argv)
{
  amt_slot conn;
  int      e;
  if (argc != 3) return 64;
  e = trust(argv[2]);
  if (e != 0) {
    tell(amt_http_error(e));
    tell("\n");
    return 65;
  }
  memset(&conn, 0, sizeof conn);
  amt_posix_init(&sock);
  amt_bearssl_init(&tls, &sock.stream, &server, record, sizeof record);
  conn.http.stream = &tls.stream;
  if (run(argv[1], &conn) != 1000) return 1;
  amt_http_close(&conn.http);
  if (run(argv[1], &conn) != 1000) return 2;
  amt_http_close(&conn.http);
  amt_bearssl_forget(&server);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
