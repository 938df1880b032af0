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

#define UNUSED __attribute__((unused)) /* some programs use only a part */

#define EDGE_ROOM   ((size_t)1 << 20)
#define EDGE_CANARY 32

/* n bytes at the end of the readable memory; a read or write past them is a
   SIGSEGV. A canary lies before them. There is one such place, so they are
   valid until the next edge_new. */
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

/* The text, with nothing readable before it. */
static UNUSED char *edge_after(const char *s)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char  *all = (char *)mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == (char *)MAP_FAILED || strlen(s) >= page ||
      mprotect(all, page, PROT_NONE) != 0)
    fail_msg("no edge");
  return strcpy(all + page, s);
}

static UNUSED unsigned char *edge_copy(const void *p, size_t n)
{
  unsigned char *at = edge_new(n);
  if (n != 0) memcpy(at, p, n);
  return at;
}

/* Fails if something was written before the bytes. */
static UNUSED void edge_check(void)
{
  size_t i;
  for (i = 1; i <= EDGE_CANARY; i++)
    if (edge_at[-(ptrdiff_t)i] != 0xCA)
      fail_msg("a write %zu bytes before the buffer", i);
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
