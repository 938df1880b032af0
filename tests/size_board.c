/* size_board.c - a board that does nothing and is not counted. With EMPTY it is
   also the program whose size is subtracted. See size.py. */
#include "size_board.h"

static volatile int any;

int  board_send(const void *p, size_t n) { return (void)p, (void)n, any; }
int  board_receive(void *p, size_t n) { return (void)p, (void)n, any; }
void board_say(const char *text, size_t n) { (void)text, any = (int)n; }

static int b_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  return (void)s, (void)host, (void)n, (void)port, (void)left_ms, any;
}
static ptrdiff_t b_read(amt_stream *s, void *p, size_t n)
{
  return (void)s, (void)p, (void)n, any;
}
static ptrdiff_t b_write(amt_stream *s, const void *p, size_t n)
{
  return (void)s, (void)p, (void)n, any;
}
static void b_close(amt_stream *s) { (void)s, any = 0; }

const amt_stream_ops board_stream = {b_open, b_read, b_write, b_close, NULL, 0,
                                     NULL};

uint32_t    board_now(void) { return (uint32_t)any; }
int         board_messages(void) { return any; }
const char *board_saved_id(void) { return any ? "2112" : NULL; }
void        board_save_id(const char *id) { any = *id; }
int         board_order(void) { return any; }

#ifdef EMPTY
int main(void) { return 0; }
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
