/* size_play.c - the board of size_board.h in qemu. It plays the server from
   texts, a few bytes at a time, and fills the stack with a pattern before each
   run of the program, to measure its depth. Prints "stack BYTES" for each run,
   and "wrong" if one ended otherwise than it should. */
#include "size_board.h"
#include "qemu_arm.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define TOKEN OK "Content-Length: 43\r\n\r\n" \
  "{\"AmtLogonToken\":\"a1b2c3d4\",\"ExpiresIn\":90}"
#define STATUS(n) OK "Content-Length: 34\r\n\r\n" \
  "{\"BatchRequestId\":2112,\"Status\":" #n "}"
#define BUSY "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
#define STARTED OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n" \
  "1e\r\n\"Status\":1,\"BatchRequestId\":21\r\n3\r\n12}\r\n0\r\n\r\n"
#define MESSAGES OK "Transfer-Encoding: chunked\r\n\r\n8c;x=y\r\n" \
  "{\"Messages\":[{\"Sequence\":1,\"Time\":\"10:00\",\"Text\":\"\\u00abtest" \
  "\\ud83d\\ude00 \xC2\xBB\"},{\"Sequence\":2,\"Text\":\"Done\"}],\"More\":false,\"" \
  "Else\":[true,-1.5e1\r\n3\r\n1]}\r\n0\r\nTrailer: x\r\n\r\n"
#define NO_MORE OK "Content-Length: 15\r\n\r\n{\"Messages\":[]}"

/* One run: the server's texts, one for each request; the board's order and at
   which call of board_order it is given; and what main returns. */
typedef struct play {
  const char *replies[12];
  const char *id;
  uint8_t     messages, order, when, step; /* bytes moved at once */
  int         result;
} play;

static const play plays[] = {
#ifdef PLAY_SAME_JOB
  {{STATUS(4)}, NULL, 0, 0, 0, 1, 4},
  {{OK "Content-Length: 31\r\n\r\n {\"Id\":\"a\\u00e9\",\"Status\":-21} "},
   NULL, 0, 0, 0, 7, -21},
  {{"HTTP/1.1 100 Continue\r\n\r\n" STARTED}, NULL, 0, 0, 0, 128, 1},
  {{MESSAGES}, NULL, 0, 0, 0, 3, 0},
  {{OK "Content-Length: 9\r\n\r\n{\"Id\":1]}"}, NULL, 0, 0, 0, 2,
   AMT_E_JSON_SYNTAX}
#else
  {{TOKEN, STARTED, BUSY, STATUS(2), STATUS(4), MESSAGES}, NULL, AMT_AT_END, 0,
   0, 5, 4},
  {{TOKEN, STARTED, STATUS(2), NO_MORE, STATUS(4), MESSAGES}, NULL, AMT_LIVE, 0,
   0, 120, 4},
  {{TOKEN, STARTED, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", TOKEN,
    STATUS(2), STATUS(3), STATUS(3)}, NULL, AMT_NEVER, AMT_KILL, 150, 50, 3},
  {{TOKEN, STATUS(2), STATUS(2), STATUS(3), BUSY, MESSAGES}, "2112", AMT_AT_END,
   AMT_STOP, 1, 33, 3},
  {{TOKEN, STARTED, STATUS(2)}, NULL, AMT_LIVE, BOARD_DROP, 120, 64, 19},
  {{BUSY, "HTTP/1.1 403 No\r\nContent-Length: 23\r\n\r\n"
    "{\"Message\":\"not a user\"}"}, NULL, AMT_AT_END, 0, 0, 16, 24}
#endif
};

/* The current play. */
static const play *at;
static unsigned    next, calls, orders;
static const char *left;
static uint32_t    now;

static int  not_yet(void) { return ++calls % 3 == 0; }
static void come(void) { left = at->replies[next++]; }

static size_t take(char *to, size_t n)
{
  size_t i;
  for (i = 0; i < n && i < at->step && *left != 0; i++) to[i] = *left++;
  return i;
}

int board_send(const void *p, size_t n)
{
  (void)p;
  if (left == NULL) come();
  return (int)(n > at->step ? at->step : n);
}

int board_receive(void *p, size_t n) { return (int)take((char *)p, n); }

void board_say(const char *text, size_t n) { (void)text, (void)n; }

static int b_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  (void)s, (void)host, (void)n, (void)port, (void)left_ms;
  return !not_yet();
}

static ptrdiff_t b_read(amt_stream *s, void *p, size_t n)
{
  (void)s;
  if (not_yet() || left == NULL || *left == 0) return AMT_AGAIN;
  return (ptrdiff_t)take((char *)p, n);
}

static ptrdiff_t b_write(amt_stream *s, const void *p, size_t n)
{
  (void)s;
  if (not_yet()) return AMT_AGAIN;
  if (n > at->step) n = at->step;
  if (((const char *)p)[n - 1] == '}') come(); /* complete */
  return (ptrdiff_t)n;
}

static void b_close(amt_stream *s) { (void)s, left = NULL; }

const amt_stream_ops board_stream = {b_open, b_read, b_write, b_close, NULL, 0,
                                     NULL};

uint32_t    board_now(void) { return now += 100; }
int         board_messages(void) { return at->messages; }
const char *board_saved_id(void) { return at->id; }
void        board_save_id(const char *id) { (void)id; }
int board_order(void) { return ++orders == at->when ? at->order : 0; }

/* --- the machine ----------------------------------------------------------- */

int program(void);

#define PAINT 0xC5C5C5C5u

void board_reset(void)
{
  volatile uint32_t *here, *p;
  unsigned           i;
  for (i = 0; i < sizeof plays / sizeof *plays; i++) {
    for (p = board_bss_low; p < board_bss_high; p++) *p = 0;
    at = &plays[i];
    __asm__ volatile("mov %0, sp" : "=r"(here));
    for (p = board_stack_low; p < here; p++) *p = PAINT;
    if (program() != at->result) tell("wrong: play "), tell_number(i + 1);
    for (p = board_stack_low; p < here && *p == PAINT; p++) { }
    tell("stack "), tell_number((uint32_t)((here - p) * 4)), tell("\n");
  }
  quit();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
