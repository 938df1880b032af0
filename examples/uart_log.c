/* uart_log: a job's log goes to a UART, on a board with no room to store it. A
   message comes in pieces, each in the pool's 64 bytes. The UART takes a piece
   a byte at a time. While it is busy the loop does not poll: the bytes that
   follow wait at the server. So nothing blocks, is copied or gets lost. UART
   and server are simulated here; the exit status is 0 if the log is right. */
#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>

/* --- the UART: on a board a status bit and a data register */
static char   printed[512];
static size_t count;
static int    busy; /* turns until it can take a byte again */

static int uart_putc(char c) /* 0: busy, the byte was not taken */
{
  if (busy > 0 || count == sizeof printed - 1) return 0;
  printed[count++] = c;
  busy = 3;
  return 1;
}

/* --- the log: the rest of the piece, and of the end of its line */
static const char *text;
static size_t      text_len;
static const char *end = "";

static void log_piece(const amt_job *j)
{
  text = j->msg;
  text_len = j->msg_len;
  end = j->msg_more ? "" : "\r\n";
}

static int log_step(void) /* 0: the piece is out, the library may go on */
{
  if (text_len != 0) {
    char c = (char)((unsigned char)*text < ' ' ? '.' : *text); /* no escapes */
    if (uart_putc(c)) text++, text_len--;
  } else if (*end != 0 && uart_putc(*end)) {
    end++;
  }
  return text_len != 0 || *end != 0;
}

/* --- the server: a stream in memory; see replay.c */
#define REPLY(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n" body
#define TEN "ten bytes "
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
static const char *const replies[] = {
  REPLY("21", "{\"AmtLogonToken\":\"t\"}"),
  REPLY("23", "{\"BatchRequestId\":2112}"), REPLY("12", "{\"Status\":4}"),
  REPLY("128", "{\"Messages\":[\"" LONG "\",\"all done\"]}")};
static const char *left = "";
static size_t      next;
static int m_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left_ms)
{
  (void)s, (void)host, (void)n, (void)port, (void)left_ms;
  return 1;
}
static ptrdiff_t m_read(amt_stream *s, void *p, size_t n)
{
  (void)s;
  if (n > strlen(left)) n = strlen(left);
  memcpy(p, left, n), left += n;
  return n > 0 ? (ptrdiff_t)n : (ptrdiff_t)AMT_AGAIN;
}
static ptrdiff_t m_write(amt_stream *s, const void *p, size_t n)
{
  (void)s; /* the end of a request's body is the end of the request */
  if (((const char *)p)[n - 1] == '}' && next < 4) left = replies[next++];
  return (ptrdiff_t)n;
}
static void m_close(amt_stream *s) { (void)s, left = ""; }

int main(void)
{
  static const amt_stream_ops ops = {m_open, m_read, m_write, m_close, NULL, 0,
                                     NULL};
  amt_stream  server = {&ops, 0};
  char        buf[64], token[16]; /* 64 is the least */
  amt_slot    slot = {.http = {.stream = &server}};
  amt_pool    pool = {&slot, 1, buf, sizeof buf, NULL};
  amt_session s = {.url = "http://any", .user = "ocadm", .password = "opconxps",
                   .token = token, .token_room = sizeof token};
  amt_task    t = {.application = "DEMO2", .job = "REPORTTEST01"};
  amt_job     j;
  amt_event   e = AMT_BUSY;
  uint32_t    now = 0; /* on a board: its millisecond tick */
  for (amt_start(&j, &s, &t); e < AMT_DONE; now++) { /* the superloop */
    busy -= busy > 0;
    if (log_step()) continue; /* a board does its other work here */
    e = amt_poll(&pool, &j, now);
    if (e == AMT_MESSAGE) log_piece(&j);
  }
  printf("%s", printed);
  return e != AMT_DONE || strcmp(printed, LONG "\r\nall done\r\n") != 0;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
