/* write.c - writing to a reader who may be slow, or stop reading.

   A reader of standard output or standard error who stops reading must not keep
   the kill of a job from going out. So a piece is written only when there is
   room for it, and the write itself never waits. */

#include "write.h"
#include "files.h"
#include "options.h"
#include "signals.h"
#include "system.h"
#include <errno.h>

enum { LAST_WAIT = 1000 }; /* ms for a reader, when it is time to leave */

int signal_served;

int timed_out(void)
{
  return opt.timeout != 0 && now_ms() - began >= opt.timeout;
}

/* What is left of --timeout. */
static uint32_t time_left(void)
{
  uint32_t gone = now_ms() - began;
  if (opt.timeout == 0) return UINT32_MAX;
  return gone < opt.timeout ? opt.timeout - gone : 0;
}

/* 1 if there is room. */
static int wait_for_room(int fd)
{
  while (!timed_out() && (signals == 0 || signal_served))
    if (file_room(fd, time_left(), signals == 0)) return 1;
  return file_room(fd, LAST_WAIT, 0);
}

int write_all(int fd, const char *p, size_t n)
{
  while (n > 0) {
    ptrdiff_t put;
    if (!wait_for_room(fd)) {
      errno = ETIMEDOUT;
      return -1;
    }
    put = file_write(fd, p, n);
    if (put == 0) errno = EIO;
    if (put < 0 && errno == EAGAIN) continue;
    if (put <= 0) return -1;
    p += put, n -= (size_t)put;
  }
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
