/* own_stream: a job over a modem on a serial port, without a network stack. An
   interrupt fills a ring buffer, the loop does the rest, and nothing blocks.
   "Write a stream" in amt_http.h says what the five functions may return. Port,
   modem and server are simulated; the exit status is 0 if all went well. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>

/* --- the port: on a board its registers, two pins and its interrupt */
static volatile char     ring[128];  /* what has arrived */
static volatile unsigned head, tail; /* bytes put in, bytes taken out */
static volatile int      lost, carrier, error; /* it was full; two pins */
static char              fifo[16];   /* what is being sent, */
static size_t            waiting;    /* and how much */

static void uart_interrupt(char c)
{
  if (head - tail == sizeof ring) lost = 1;
  else ring[head % sizeof ring] = c, head = head + 1; /* the byte comes first */
}

/* --- the stream: a struct that begins with an amt_stream, and functions */
static struct { amt_stream stream; size_t dialled; } modem;

static int modem_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                      uint32_t left_ms)
{
  char dial[300]; /* made each time; sending goes on where it stopped */
  snprintf(dial, sizeof dial, "ATD%.*s:%u\r", (int)n, host, (unsigned)port);
  while (dial[modem.dialled] != 0 && waiting < sizeof fifo)
    fifo[waiting++] = dial[modem.dialled++];
  (void)s, (void)left_ms; /* at 0 the library calls close */
  return error ? AMT_E_CONNECT : carrier ? 1 : AMT_AGAIN;
}
static ptrdiff_t modem_read(amt_stream *s, void *p, size_t n)
{
  int    up = carrier; /* first: so what came before its end is given */
  size_t got = 0;
  for ((void)s; got < n && tail != head; tail = tail + 1)
    ((char *)p)[got++] = ring[tail % sizeof ring];
  /* Nothing here can tell an end from a cut, so it is never AMT_E_EOF. */
  if (lost || (got == 0 && !up)) return AMT_E_RESET;
  return (ptrdiff_t)got; /* 0 is AMT_AGAIN: nothing yet */
}
static ptrdiff_t modem_write(amt_stream *s, const void *p, size_t n)
{
  if ((void)s, !carrier) return AMT_AGAIN; /* takes none; read says why */
  if (n > sizeof fifo - waiting) n = sizeof fifo - waiting;
  memcpy(fifo + waiting, p, n), waiting += n;
  if (error) return AMT_E_RESET; /* the bytes may have left */
  return (ptrdiff_t)n;           /* 0 is AMT_AGAIN: it took none */
}
static void modem_close(amt_stream *s) /* also after an open that failed */
{
  (void)s, modem.dialled = waiting = 0; /* nothing more leaves, which is */
  carrier = error = lost = 0, tail = head; /* all that s->abort asks for */
}

/* --- modem and server, simulated: ten bytes each way; '}' ends a request */
#define REPLY(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n" body
static void time_passes(void)
{
  static char        line[600];
  static size_t      sent, i;
  static const char *reply = "";
  for (i = 0; i < 10; i++) {
    if (*reply != 0) uart_interrupt(*reply++);
    if (waiting != 0) line[sent++] = *fifo, memmove(fifo, fifo + 1, --waiting);
    if (sent == 0 || line[sent - 1] != (carrier ? '}' : '\r')) continue;
    line[sent] = 0, sent = 0, carrier = 1;
    reply = strstr(line, "ATD") == line ? "" /* connected */
          : strstr(line, "Password") ? REPLY("21", "{\"AmtLogonToken\":\"t\"}")
          : strstr(line, "START") ? REPLY("23", "{\"BatchRequestId\":2112}")
          : strstr(line, "MonitorJob") ? REPLY("12", "{\"Status\":4}")
          : REPLY("28", "{\"Messages\":[\"All is well.\"]}");
  }
}
int main(void)
{
  static const amt_stream_ops ops = {modem_open,  modem_read, modem_write,
                                     modem_close, NULL, 0, NULL};
  char        buf[128], token[16];
  amt_slot    conn = {.http = {.stream = &modem.stream}};
  amt_pool    pool = {&conn, 1, buf, sizeof buf, NULL};
  amt_session s = {.url = "http://amt.example.com:42000", .user = "ocadm",
                   .password = "opconxps", .token = token, .token_room = 16};
  amt_task    t = {.application = "DEMO2", .job = "REPORTTEST01"};
  amt_job     j;
  uint32_t    now = 0; /* on a board: its millisecond tick */
  for (modem.stream.ops = &ops, amt_start(&j, &s, &t);; now++, time_passes())
    switch (amt_poll(&pool, &j, now)) {
    case AMT_STARTED: printf("started: %s\n", j.id); break;
    case AMT_MESSAGE: /* long ones come in pieces */
      printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n"); break;
    case AMT_DONE: printf("code %d\n", j.code); return j.code != 4;
    case AMT_FAILED: printf("%s\n", amt_error(j.error)); return 1;
    default: break; /* nothing yet */
    }
}
/* SPDX-License-Identifier: MIT OR Unlicense */
