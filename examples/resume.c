/* resume FILE [URL [JOB [QUEUE]]]: a job that outlives its program. Kill it at
   any instant, or cut the power, and run it again: it goes on with the same job
   and starts none twice. FILE has a line for each step, which is on the disk
   before anything else is done:

     starting ...     AMT_STARTING: the next call may start it. If this is the
                      last line, nobody knows whether it did: exit status 19.
                      Look for the job at the server, then remove FILE
     started ID       AMT_STARTED: go on with that job
     ended CODE       AMT_DONE: later runs only say this again

   AMT_FAILED empties FILE if surely nothing was started; an empty FILE means:
   start. A line without its end was cut off, and does not count. So no Start
   comes twice, but the job's log may. */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

static int fd, folder; /* of FILE */

static void stop(int status, const char *why, const char *what)
{
  fprintf(stderr, "resume: %s%s\n", why, what);
  exit(status);
}

static void note(const char *word, const char *value)
{
  if (dprintf(fd, "%s%s\n", word, value) < 0 || fsync(fd) != 0)
    stop(78, "this cannot be written to FILE: ", value);
}

/* Returns its last line. Locks it against other runs, and syncs its folder, so
   that no power cut can lose it. */
static char *open_file(char *path, const char *starting)
{
  static char  text[4096];
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char        *last = text + sizeof text - 1, *line = text, *end;
  fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
  folder = open(dirname(path), O_RDONLY);
  if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 || fsync(folder) != 0 ||
      read(fd, text, sizeof text - 1) < 0 || text[sizeof text - 2] != 0)
    stop(78, "FILE cannot be used, or another run uses it", "");
  for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = 0, last = line;
    if (strncmp(line, "starting", 8) == 0 && strcmp(line, starting) != 0)
      stop(78, "FILE is about another job: ", line);
  }
  if (ftruncate(fd, line - text) != 0) stop(78, "FILE cannot be written", "");
  return last;
}

int main(int argc, char **argv)
{
  static char buf[1024], token[512], starting[1024], code[8], *last;
  amt_posix   sock;
  amt_slot    conn = {.http = {.stream = &sock.stream}};
  amt_pool    pool = {&conn, 1, buf, sizeof buf, NULL};
  amt_session s = {.user = "ocadm", .password = "opconxps", .token = token,
                   .token_room = sizeof token, .initial_delay = 1000,
                   .poll = 1000};
  amt_task    t = {.application = "DEMO2", .queue = argc > 4 ? argv[4] : ""};
  amt_job     j;
  amt_event   e;
  s.url = argc > 2 ? argv[2] : "http://127.0.0.1:42000";
  t.job = argc > 3 ? argv[3] : "REPORTTEST01";
  if (snprintf(starting, sizeof starting, "starting %s %s %s", s.url, t.job,
               t.queue) >= (int)sizeof starting || argc < 2)
    stop(64, "usage: resume FILE [URL [JOB [QUEUE]]]", "");
  last = open_file(argv[1], starting);
  if (strncmp(last, "ended ", 6) == 0) return (int)strtol(last + 6, NULL, 10);
  if (*last == 0)
    amt_start(&j, &s, &t);
  else if (strncmp(last, "started ", 8) == 0)
    amt_attach(&j, &s, t.application, last + 8);
  else
    stop(AMT_CODE_UNDEFINED, amt_error(AMT_E_MAYBE_STARTED), "");
  amt_posix_init(&sock);
  while ((e = amt_wait(&pool, &j, amt_posix_now)) < AMT_DONE) {
    if (e == AMT_STARTING) note("", starting);
    if (e == AMT_STARTED) note("started ", j.id);
    if (e == AMT_MESSAGE || e == AMT_SERVER_TEXT)
      printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n");
  }
  if (j.error != 0) fprintf(stderr, "resume: %s\n", amt_error(j.error));
  if (fflush(stdout) != 0) stop(74, "standard output cannot be written", "");
  snprintf(code, sizeof code, "%d", j.code);
  if (e == AMT_DONE) note("ended ", code);
  else if (j.start < AMT_START_UNKNOWN && ftruncate(fd, 0) != 0)
    stop(78, "FILE cannot be emptied", "");
  return j.code;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
