/* edge.h - inputs that end at an unreadable page. Include it after cmocka.h. */
#ifndef EDGE_H
#define EDGE_H

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

#define UNUSED __attribute__((unused)) /* not every program uses all of it */

#define EDGE_ROOM   ((size_t)1 << 20)
#define EDGE_CANARY 32

/* n bytes that end where the readable memory does; before them lies a canary.
   They are good until the next edge_new: there is one edge. A read or write
   behind them is a SIGSEGV. */
static unsigned char *edge_at;

static UNUSED unsigned char *edge_new(size_t n)
{
  static unsigned char *end;
  if (end == NULL) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void  *all = mmap(NULL, EDGE_ROOM + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) fail_msg("mmap failed");
    end = (unsigned char *)all + EDGE_ROOM;
    if (mprotect(end, page, PROT_NONE) != 0) fail_msg("mprotect failed");
  }
  if (n > EDGE_ROOM - EDGE_CANARY) fail_msg("%zu bytes: too many", n);
  edge_at = end - n;
  memset(edge_at - EDGE_CANARY, 0xCA, EDGE_CANARY);
  return edge_at;
}

static UNUSED unsigned char *edge_copy(const void *p, size_t n)
{
  unsigned char *at = edge_new(n);
  if (n != 0) memcpy(at, p, n);
  return at;
}

/* Has anything been written before the bytes? */
static UNUSED void edge_check(void)
{
  size_t i;
  for (i = 1; i <= EDGE_CANARY; i++)
    if (edge_at[-(ptrdiff_t)i] != 0xCA)
      fail_msg("written to, %zu bytes before the buffer", i);
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
