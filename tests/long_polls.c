/* long_polls [POLLS [JOBS [SEED]]]: a fleet over a link that fails at random,
   until it has asked POLLS times for a status. 10 million polls by 600 jobs are
   a simulated day. All is in this process: jobs, pump and HTTP over streams
   that break, and a server that counts. Prints what happened, and the process's
   memory after a tenth and at the end. Exit status 0: no job was started twice,
   no message was silently lost or doubled, and each code was right.
   tests/long.sh runs it. */
#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 16, TICK = 50, MOST_JOBS = 2000, LOG = 25 };

static uint32_t now;
static uint64_t polls, calls, faults, ended, unknown, refused, incomplete;
static uint64_t twice, lost, doubled, wrong_code, hung;
static uint32_t away_until; /* the server */

/* --- chance --- */

static uint64_t seed = 1;

static unsigned chance(unsigned n)
{
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return (unsigned)((seed >> 20) % n);
}

/* --- the server: what it knows of each run, by its number ----------------- */

typedef struct run {
  uint16_t polls;    /* until its end */
  uint8_t  code, messages, starts;
} run;

static run     *runs; /* allocated at once, so the library's memory shows */
static unsigned count, room;

static unsigned new_run(void)
{
  static const uint8_t codes[] = { 4, 4, 4, 11, 12, 3, 22, 10 };
  run *r;
  if (count == room) abort();
  r = &runs[count];
  r->polls = (uint16_t)(1 + chance(60));
  r->code = codes[chance(sizeof codes)];
  r->messages = (uint8_t)chance(60);
  r->starts = 0;
  return count++;
}

/* The number after a word of the request. */
static unsigned number(const char *in, const char *word)
{
  const char *p = strstr(in, word);
  return p == NULL ? 0 : (unsigned)strtoul(p + strlen(word), NULL, 10);
}

/* The body of the reply to a complete request. */
static void answer(const char *in, char *body, size_t size)
{
  size_t   n = 0;
  unsigned id, i;
  if (strstr(in, "Authenticate") != NULL) {
    snprintf(body, size, "{\"AmtLogonToken\":\"t%u\"}", chance(1000));
    return;
  }
  if (strstr(in, "\"START\"") != NULL) {
    id = number(in, "\"JobName\":\"R");
    if (runs[id].starts++ != 0) twice++;
    snprintf(body, size, "{\"BatchRequestId\":%u}", id + 1);
    return;
  }
  id = number(in, "\"BatchRequestId\":") - 1;
  if (strstr(in, "MonitorJob") != NULL) {
    polls++;
    if (runs[id].polls > 0) runs[id].polls--;
    snprintf(body, size, "{\"BatchRequestId\":%u,\"Status\":%u}", id + 1,
             runs[id].polls == 0 ? runs[id].code : 2u);
    return;
  }
  i = number(in, "\"AfterSequence\":");
  n += (size_t)snprintf(body, size, "{\"Messages\":[");
  for (id++; i < runs[id - 1].messages && n + 200 < size; ) {
    i++;
    n += (size_t)snprintf(body + n, size - n,
                          "%s{\"Sequence\":%u,\"Text\":\"%u:%u\"}",
                          body[n - 1] == '[' ? "" : ",", i, id - 1, i);
    if (i % LOG == 0) break;
  }
  snprintf(body + n, size - n, "],\"More\":%s}",
           i < runs[id - 1].messages ? "true" : "false");
}

/* --- the link --- */

typedef struct link {
  amt_stream stream;
  char       in[4096], out[8192];
  size_t     in_len, out_len, out_at;
  uint32_t   ready;          /* when the reply can be read */
  int        open, cut, end; /* cut: an error after the reply's last byte */
  int        drips;
} link;

static void put_reply(link *l, const char *status, const char *body)
{
  l->out_len = (size_t)snprintf(l->out, sizeof l->out,
    "HTTP/1.1 %s\r\nContent-Length: %u\r\n\r\n%s", status,
    (unsigned)strlen(body), body);
  l->out_at = 0;
}

/* A request is complete: what happens to it? */
static void arrived(link *l)
{
  char     body[4096];
  unsigned fault = chance(400);
  calls++;
  l->ready = now;
  if (strstr(l->in, "Authenticate") != NULL && (fault == 1 || fault == 3))
    fault = 2; /* a refusal would end the jobs not yet started */
  if (fault < 10) faults++;
  switch (fault) {
  case 0: put_reply(l, "503 Later", "<html><title>Later</title></html>"); return;
  case 1: put_reply(l, "401 No", "{}"); return;
  case 2: l->cut = AMT_E_RESET; return; /* the server never gets it */
  case 3: put_reply(l, "404 Gone", "{\"Message\":\"unknown\"}"); return;
  default: break;
  }
  answer(l->in, body, sizeof body);
  put_reply(l, "200 OK", body);
  switch (fault) { /* it was done, but ... */
  case 4: l->out_len = chance((unsigned)l->out_len), l->cut = AMT_E_RESET; break;
  case 5: l->out_len = chance((unsigned)l->out_len), l->cut = AMT_E_EOF; break;
  case 6: l->ready = now + chance(60000); break;
  case 7: l->end = 1; break; /* closes afterwards, unannounced */
  case 8: *strchr(l->out, '{') = 'x'; break; /* not JSON */
  case 9:
    if (chance(100) == 0) away_until = now + chance(200000);
    break;
  default: l->drips = fault < 60; break;
  }
}

static int link_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                     uint32_t left)
{
  link *l = (link *)s;
  (void)host, (void)n, (void)port, (void)left;
  if ((int32_t)(away_until - now) > 0 || chance(500) == 0)
    return faults++, AMT_E_CONNECT;
  l->in_len = l->out_len = l->out_at = 0;
  l->cut = l->end = l->drips = 0;
  l->open = 1;
  return 1;
}

static ptrdiff_t link_read(amt_stream *s, void *p, size_t n)
{
  link  *l = (link *)s;
  size_t left = l->out_len - l->out_at;
  if ((int32_t)(l->ready - now) > 0) return AMT_AGAIN;
  if (left == 0) {
    if (l->cut != 0) return l->cut;
    return l->end ? AMT_E_EOF : AMT_AGAIN;
  }
  if (n > left) n = left;
  if (l->drips) n = 1 + chance((unsigned)n);
  memcpy(p, l->out + l->out_at, n);
  l->out_at += n;
  return (ptrdiff_t)n;
}

static ptrdiff_t link_write(amt_stream *s, const void *p, size_t n)
{
  link  *l = (link *)s;
  char  *head;
  if (l->cut != 0) return l->cut;
  if (chance(500) == 0) n = 1 + chance((unsigned)n);
  if (chance(2000) == 0) return faults++, l->cut = AMT_E_RESET;
  if (l->in_len + n >= sizeof l->in) abort();
  memcpy(l->in + l->in_len, p, n);
  l->in[l->in_len += n] = 0;
  head = strstr(l->in, "\r\n\r\n");
  if (head != NULL && l->in_len - (size_t)(head + 4 - l->in) >=
                        number(l->in, "Content-Length: ")) {
    arrived(l);
    l->in_len = 0;
  }
  return (ptrdiff_t)n;
}

static void link_close(amt_stream *s)
{
  ((link *)s)->open = 0;
}

/* --- the fleet --- */

typedef struct client {
  amt_job  job;
  amt_task task;
  char     name[16], text[64];
  size_t   len;
  unsigned run, last; /* last: the last message's number */
  uint32_t due, began;
} client;

static client      fleet[MOST_JOBS];
static link        links[SLOTS];
static amt_slot    slots[SLOTS];
static char        buffer[512], token[32];
static amt_pool    pool = { slots, SLOTS, buffer, sizeof buffer, NULL };
static amt_session session;

static void begin(client *c)
{
  c->run = new_run();
  c->last = 0;
  c->len = 0;
  c->due = c->began = now;
  snprintf(c->name, sizeof c->name, "R%u", c->run);
  memset(&c->task, 0, sizeof c->task);
  c->task.application = "DEMO2";
  c->task.job = c->name;
  amt_start(&c->job, &session, &c->task);
}

/* Takes a piece of a message "run:number". */
static void heard(client *c)
{
  unsigned r, n;
  size_t   k = c->job.msg_len;
  if (c->job.msg_first) c->len = 0;
  if (c->len + k >= sizeof c->text) k = sizeof c->text - 1 - c->len;
  memcpy(c->text + c->len, c->job.msg, k);
  c->text[c->len += k] = 0;
  if (c->job.msg_more) return;
  if (sscanf(c->text, "%u:%u", &r, &n) != 2 || r != c->run) wrong_code++;
  else if (n <= c->last) doubled++;
  else if (n != c->last + 1) lost += n - c->last - 1, c->last = n;
  else c->last = n;
}

static void over(client *c, amt_event e)
{
  const run *r = &runs[c->run];
  ended++;
  if (e == AMT_DONE) {
    if (c->job.code != r->code) wrong_code++;
    if (!c->job.log_complete) incomplete++;
    else if (c->last != r->messages) lost += r->messages - c->last;
  } else if (c->job.start == AMT_START_UNKNOWN) {
    unknown++;
  } else {
    refused++;
    if (c->job.start == AMT_START_NONE && r->starts != 0) twice++;
  }
}

static void turn(client *c)
{
  amt_event e;
  for (;;) {
    e = amt_poll(&pool, &c->job, now);
    if (e == AMT_MESSAGE) heard(c);
    if (e >= AMT_DONE) {
      over(c, e);
      begin(c);
      return;
    }
    if (e == AMT_BUSY) break;
  }
  c->due = now + (c->job.wait < TICK ? TICK : c->job.wait);
  if (now - c->began > 4u * 3600u * 1000u) hung++, c->began = now;
}

static unsigned memory_kb(void)
{
  unsigned pages = 0;
  FILE    *f = fopen("/proc/self/statm", "r");
  if (f != NULL) {
    if (fscanf(f, "%*u %u", &pages) != 1) pages = 0;
    fclose(f);
  }
  return pages * 4u;
}

int main(int argc, char **argv)
{
  static const amt_stream_ops ops = { link_open, link_read, link_write,
                                      link_close, NULL, 0, NULL };
  uint64_t goal = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
  unsigned jobs = argc > 2 ? (unsigned)atoi(argv[2]) : 600, i, tenth = 0;
  uint64_t ms = 0;
  if (argc > 3) seed = strtoull(argv[3], NULL, 10) * 2654435761u + 1;
  if (jobs == 0 || jobs > MOST_JOBS) return 2;
  room = (unsigned)(goal / 8) + 10 * jobs; /* a run takes about 30 polls */
  runs = malloc(room * sizeof *runs);
  if (runs == NULL) return 2;
  memset(runs, 1, room * sizeof *runs);
  session.url = "http://amt.test:42000";
  session.user = session.password = "u";
  session.token = token;
  session.token_room = sizeof token;
  for (i = 0; i < SLOTS; i++) {
    links[i].stream.ops = &ops;
    slots[i].http.stream = &links[i].stream;
  }
  for (i = 0; i < jobs; i++) {
    begin(&fleet[i]);
    fleet[i].due += chance(15000);
  }
  for (; polls < goal; now += TICK, ms += TICK) {
    for (i = 0; i < SLOTS; i++) /* a job in a call may go on at any time */
      if (slots[i].job != NULL) ((client *)slots[i].job)->due = now;
    if (pool.holder != NULL) turn((client *)pool.holder);
    for (i = 0; i < jobs; i++)
      if ((int32_t)(now - fleet[i].due) >= 0) turn(&fleet[i]);
    if (tenth == 0 && polls > goal / 10) tenth = memory_kb();
  }
  printf("LONG polls %llu of %u jobs in %.1f emulated hours: %llu calls, %llu "
         "faults, %llu runs ended\n", (unsigned long long)polls, jobs,
         (double)ms / 3600e3, (unsigned long long)calls,
         (unsigned long long)faults, (unsigned long long)ended);
  printf("LONG polls: started twice %llu, messages lost %llu, doubled %llu, wrong "
         "%llu, hung %llu\n", (unsigned long long)twice, (unsigned long long)lost,
         (unsigned long long)doubled, (unsigned long long)wrong_code,
         (unsigned long long)hung);
  printf("LONG polls: told: start unknown %llu, failed %llu, log incomplete %llu; "
         "memory after a tenth %u kB, in the end %u\n",
         (unsigned long long)unknown, (unsigned long long)refused,
         (unsigned long long)incomplete, tenth, memory_kb());
  return twice + lost + doubled + wrong_code + hung != 0;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
