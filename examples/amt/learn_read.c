/* learn_read.c - a capture, exchange by exchange.

   Three kinds of text have the bytes of both directions: what `amt tap` saves,
   what `socat -v` prints, and a followed stream, in which HTTP itself tells the
   directions apart. The bytes go to connections, and these become exchanges.
   HAR already has exchanges; learn_har.c reads it. */

#include "learn_read.h"
#include "files.h"
#include "system.h"
#include "tell.h"
#include <string.h>

struct capture_seen capture_seen;

enum { CONNECTIONS = 32, PIECE = 65536 };

/* A connection that is open. */
typedef struct {
  uint64_t number;   /* the capture's; 0: this place is free */
  uint64_t used;     /* the turn of its last use */
  uint64_t sent[2];  /* bytes of client and server, for socat's "from=" */
  int      lost[2];  /* this side is no HTTP, up to the next message */
  exchange x;
} connection;

static connection     connections[CONNECTIONS];
static exchange_taker taker;
static uint64_t       turn;

void exchange_ends(exchange *x, exchange_taker take)
{
  x->number = ++capture_seen.exchanges;
  take(x);
  message_clear(&x->request);
  message_clear(&x->reply);
}

static void note_broken(const char *why)
{
  if (capture_seen.broken++ == 0) capture_seen.broken_why = why;
}

/* Gives the exchange as far as it came. A reply may end with its connection, or
   be missing. */
static void connection_ends(connection *c)
{
  if (c->x.request.state == MESSAGE_WHOLE) {
    if (!message_end(&c->x.reply) && c->x.reply.state != MESSAGE_NONE)
      note_broken("a reply breaks off");
    exchange_ends(&c->x, taker);
  } else if (c->x.request.state != MESSAGE_NONE) {
    note_broken("a request breaks off");
  }
  c->number = 0;
}

/* The place of this connection, which may be new. If there is no room, the one
   that was unused the longest ends. */
static connection *connection_of(uint64_t number)
{
  connection *c = connections, *its = NULL;
  int         i;
  for (i = 0; i < CONNECTIONS; i++) {
    if (connections[i].number == number) its = &connections[i];
    if (connections[i].number == 0 || connections[i].used < c->used)
      if (c->number != 0) c = &connections[i];
  }
  if (its == NULL) {
    if (c->number != 0) {
      capture_seen.dropped++;
      connection_ends(c);
    }
    its = c;
    its->number = number;
    its->sent[0] = its->sent[1] = 0;
    its->lost[0] = its->lost[1] = 0;
    message_clear(&its->x.request);
    message_clear(&its->x.reply);
  }
  its->used = ++turn;
  return its;
}

static int begins_request(const char *p, size_t n)
{
  static const char *const methods[] = { "GET ", "POST ", "PUT ", "DELETE ",
                                         "PATCH ", "HEAD ", "OPTIONS ",
                                         "CONNECT " };
  size_t i;
  for (i = 0; i < sizeof methods / sizeof *methods; i++)
    if (n >= strlen(methods[i]) &&
        memcmp(p, methods[i], strlen(methods[i])) == 0) return 1;
  return 0;
}

static int begins_reply(const char *p, size_t n)
{
  return n >= 7 && memcmp(p, "HTTP/1.", 7) == 0;
}

/* Takes *used more bytes of one side, at most to the end of a message. Side 0
   is the client, 1 the server. */
static void feed_side(connection *c, int side, const char *p, size_t n,
                      size_t *used)
{
  http_message *m = side == 0 ? &c->x.request : &c->x.reply;
  int           e;
  *used = n;
  if (side == 0 && m->state == MESSAGE_WHOLE) { /* the next one begins */
    message_end(&c->x.reply);
    exchange_ends(&c->x, taker);
  }
  if (m->state == MESSAGE_NONE) {
    size_t blank = 0;
    while (blank < n && strchr("\r\n", p[blank]) != NULL) blank++;
    *used = blank;
    if (blank > 0) return;
    *used = n;
    c->lost[side] = side == 0 ? !begins_request(p, n) && n > 7
                              : !begins_reply(p, n) && n > 6;
    if (c->lost[side]) note_broken("bytes that are no HTTP/1.x");
  }
  if (c->lost[side]) return;
  e = message_feed(m, side == 0, p, n, used);
  if (e < 0) {
    note_broken(amt_http_error(e));
    message_clear(&c->x.request);
    message_clear(&c->x.reply);
    c->lost[side] = 1;
  } else if (e == 1 && side == 1) {
    exchange_ends(&c->x, taker);
  }
}

static void feed(connection *c, int side, const char *p, size_t n)
{
  c->sent[side] += n;
  while (n > 0) {
    size_t used;
    feed_side(c, side, p, n, &used);
    p += used, n -= used;
  }
}

/* --- the file --- */

static struct {
  int    fd;
  size_t at, have;
  int    ended, failed;
  char   buf[PIECE + 1]; /* terminated */
} src;

/* How many bytes are in src.buf: at least `want`, unless the file ends. */
static size_t at_hand(size_t want)
{
  if (src.have - src.at >= want || src.ended) return src.have - src.at;
  memmove(src.buf, src.buf + src.at, src.have - src.at);
  src.have -= src.at;
  src.at = 0;
  while (src.have < want && !src.ended) {
    ptrdiff_t got = read_more(src.fd, src.buf + src.have, PIECE - src.have);
    src.failed |= got < 0;
    if (got <= 0) src.ended = 1;
    else src.have += (size_t)got;
  }
  src.buf[src.have] = 0;
  return src.have;
}

/* Reads a line without its end, cut to the room. 0 at the end of the file. */
static int file_line(char *to, size_t room)
{
  size_t len = 0;
  if (at_hand(1) == 0) return 0;
  for (;;) {
    size_t n = at_hand(1);
    char  *end = (char *)memchr(src.buf + src.at, '\n', n);
    if (n == 0) break;
    if (end != NULL) n = (size_t)(end - (src.buf + src.at));
    append(to, room, &len, src.buf + src.at, n);
    src.at += n + (end != NULL);
    if (end != NULL) break;
  }
  if (len > 0 && to[len - 1] == '\r') to[--len] = 0;
  to[len] = 0;
  return 1;
}

static const char cut_words[] =
  "it is cut in the middle; save it again, whole, once the job has ended";

/* --- what `amt tap` saves --- */

/* "> 3 512" */
static int block_line(const char *line, int *side, uint64_t *number,
                      uint64_t *bytes)
{
  size_t digits, n;
  if ((*line != '>' && *line != '<') || line[1] != ' ') return 0;
  *side = *line == '<';
  digits = strspn(line + 2, "0123456789");
  if (!amt_uint64(line + 2, digits, 10, number) || line[2 + digits] != ' ')
    return 0;
  line += 3 + digits;
  n = strspn(line, "0123456789");
  return line[n] == 0 && amt_uint64(line, n, 10, bytes) && *number != 0;
}

static const char *read_tap(void)
{
  char     line[256];
  uint64_t number, left;
  int      side;
  while (file_line(line, sizeof line)) {
    connection *c;
    if (*line == '#' || *line == 0) continue;
    if (!block_line(line, &side, &number, &left))
      return "a line in it begins no block, \"> CONNECTION BYTES\"; was it "
             "edited?";
    c = connection_of(number);
    if (left == 0 && side == 1) connection_ends(c);
    while (left > 0) {
      size_t n = at_hand(1);
      if (n == 0) return cut_words;
      if (n > left) n = (size_t)left;
      feed(c, side, src.buf + src.at, n);
      src.at += n;
      left -= n;
    }
    if (at_hand(1) > 0 && src.buf[src.at] == '\n') src.at++;
  }
  return NULL;
}

/* --- socat -v --- */

/* "> 2026/11/30 11:49:53.000411418  length=236 from=0 to=235" */
static int socat_line(const char *line, int *side, uint64_t *bytes,
                      uint64_t *from)
{
  const char *length = strstr(line, " length="), *at = strstr(line, " from=");
  if ((*line != '>' && *line != '<') || length == NULL || at == NULL) return 0;
  *side = *line == '<';
  length += 8, at += 6;
  return amt_uint64(length, strspn(length, "0123456789"), 10, bytes) &&
         amt_uint64(at, strspn(at, "0123456789"), 10, from);
}

/* socat does not number connections: this is the one whose bytes go on here. */
static connection *socat_connection(int side, uint64_t from)
{
  static uint64_t count;
  connection     *best = NULL;
  int             i;
  for (i = 0; i < CONNECTIONS; i++) {
    connection *c = &connections[i];
    if (c->number == 0 || c->sent[side] != from) continue;
    if (from == 0 && side == 0) continue; /* a new one begins */
    if (best == NULL || c->used > best->used) best = c;
  }
  return connection_of(best != NULL ? best->number : ++count);
}

/* Decodes a byte. Returns how many socat wrote for it; 0 if the text is cut. */
static size_t socat_byte(char *byte)
{
  static const char names[] = "abtnvfr\\", bytes[] = "\a\b\t\n\v\f\r\\";
  const char       *name;
  size_t            n = at_hand(2);
  if (n == 0) return 0;
  *byte = src.buf[src.at];
  if (*byte != '\\' || n < 2) return 1;
  name = strchr(names, src.buf[src.at + 1]);
  if (name == NULL || *name == 0) return 1;
  *byte = bytes[name - names];
  return 2;
}

static const char *read_socat(void)
{
  static char piece[4096];
  char        line[256];
  uint64_t    left, from;
  int         side;
  while (file_line(line, sizeof line)) {
    connection *c;
    size_t      n = 0;
    if (!socat_line(line, &side, &left, &from)) continue;
    c = socat_connection(side, from);
    while (left > 0) {
      size_t used = socat_byte(&piece[n]);
      if (used == 0) return cut_words;
      src.at += used;
      left--;
      if (++n < sizeof piece && left > 0) continue;
      feed(c, side, piece, n);
      n = 0;
    }
  }
  return NULL;
}

/* --- a followed stream --- */

/* Where the next request begins, after a body that has no length. */
static size_t next_request(const char *p, size_t n)
{
  size_t i, k;
  for (i = 0; i < n; i++) {
    if (!begins_request(p + i, n - i)) continue;
    for (k = i; k + 9 < n && p[k] != '\n'; k++)
      if (memcmp(p + k, " HTTP/1.", 8) == 0) return i;
  }
  return n;
}

/* The bytes of the reply come once the request is whole. */
static const char *read_stream(void)
{
  connection *c = connection_of(1);
  int         side = 0;
  size_t      n;
  while ((n = at_hand(FIRST_LINE)) > 0) {
    const char   *p = src.buf + src.at;
    http_message *m = side == 0 ? &c->x.request : &c->x.reply;
    if (m->state == MESSAGE_NONE && side == 1 && begins_request(p, n)) side = 0;
    if (side == 0 && m->state == MESSAGE_BODY_BEGUN && begins_reply(p, n) &&
        strncmp(p, "HTTP/1.1 100", 12) == 0) { /* before the body */
      src.at += strstr(p, "\r\n\r\n") != NULL
        ? (size_t)(strstr(p, "\r\n\r\n") + 4 - p) : n;
      continue;
    }
    if (m->state < MESSAGE_BODY_BEGUN) { /* a line of its head */
      const char *end = (const char *)memchr(p, '\n', n);
      if (end != NULL) n = (size_t)(end + 1 - p);
    } else if (side == 1 && message_end(m)) {
      size_t body = next_request(p, n);
      if (body == 0) {
        exchange_ends(&c->x, taker);
        side = 0;
        continue;
      }
      m->state = MESSAGE_BODY_BEGUN;
      n = body;
    }
    feed_side(c, side, p, n, &n);
    src.at += n;
    if (c->lost[0] || c->lost[1])
      return "it is no HTTP/1.x text of both directions all through";
    if (side == 0 && c->x.request.state == MESSAGE_WHOLE) side = 1;
    else if (side == 1 && c->x.request.state == MESSAGE_NONE) side = 0;
  }
  if (c->x.request.state == MESSAGE_NONE) return NULL;
  return message_end(&c->x.reply) ? NULL : cut_words;
}

/* --- which kind it is --- */

static const char *read_har(exchange_taker take)
{
  const char *fault = NULL;
  size_t      n;
  har_begin(take);
  while (fault == NULL && (n = at_hand(1)) > 0) {
    fault = har_feed(src.buf + src.at, n);
    src.at += n;
  }
  return fault != NULL ? fault : har_end();
}

static const char *read_kind(exchange_taker take)
{
  static const char none[] =
    "no capture: it has to be a file of amt tap, HAR, or the HTTP text of both "
    "directions (socat -v, a followed stream)";
  char        line[160];
  uint64_t    a, b;
  int         side;
  size_t      n = at_hand(1024), len = 0;
  const char *p;
  src.at += mark_of(src.buf, n);
  while (at_hand(2) > 0 && strchr(" \t\r\n", src.buf[src.at]) != NULL) src.at++;
  n = at_hand(1024);
  p = src.buf + src.at;
  if (n == 0) return "nothing is in it";
  if (n > 12 && memcmp(p, "amt-capture ", 12) == 0) {
    file_line(line, sizeof line);
    if (strcmp(line, "amt-capture 1") != 0)
      return "a capture of a later amt tap; use the amt learn of its version";
    return read_tap();
  }
  if (*p == '{') return read_har(take);
  if (begins_request(p, n) || begins_reply(p, n)) return read_stream();
  append(line, sizeof line, &len, p, n);
  if (socat_line(line, &side, &a, &b)) return read_socat();
  return none;
}

int read_capture(const char *file, exchange_taker take)
{
  const char *fault;
  int         i;
  memset(&capture_seen, 0, sizeof capture_seen);
  src.at = src.have = 0;
  src.ended = src.failed = 0;
  taker = take;
  src.fd = open_as(file, AS_FILE);
  if (src.fd < 0) return EXIT_CONFIG;
  for (i = 0; i < CONNECTIONS; i++) connections[i].number = 0;
  fault = read_kind(take);
  for (i = 0; i < CONNECTIONS && fault == NULL; i++)
    if (connections[i].number != 0) connection_ends(&connections[i]);
  file_close(src.fd);
  if (src.failed) fault = read_words();
  if (fault != NULL) return wrong(EXIT_CONFIG, file, "%s", fault);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
