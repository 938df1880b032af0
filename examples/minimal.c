#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <stdio.h>
int main(int argc, char **argv)
{
  static char buf[1024], token[256];
  amt_posix   sock;
  amt_slot    conn = {0};
  amt_pool    pool = {&conn, 1, buf, sizeof buf, NULL};
  amt_session s = {0};
  amt_task    t = {0}; amt_job j;
  s.url = argc > 1 ? argv[1] : "http://127.0.0.1:42000", s.user = "ocadm";
  s.password = "opconxps", s.token = token, s.token_room = sizeof token;
  t.application = "DEMO2", t.job = "REPORTTEST01";
  amt_posix_init(&sock), conn.http.stream = &sock.stream;
  for (amt_start(&j, &s, &t);;) {
    amt_event e = amt_wait(&pool, &j, amt_posix_now);
    if (e == AMT_MESSAGE)
      printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n");
    if (e >= AMT_RETRYING && j.error != 0) // also: the log is not complete
      fprintf(stderr, "%s\n", amt_error(j.error));
    if (e >= AMT_DONE) return j.code; // 4: it ended normally
  }
}
