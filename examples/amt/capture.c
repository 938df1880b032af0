/* capture.c - what passes by, in a file, without its secrets.

   The library's reply parser frames all messages, requests too. So a secret is
   found even if a read or a chunk cuts it in two. A message of up to LANE bytes
   is written as one block. A longer one is written in pieces: each leaves its
   last TAIL bytes to the next, so that no secret lies in two pieces. */

#include "capture.h"
#include "clock.h"
#include "keep.h"
#include "options.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "write.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { TAIL = 8192 };
enum { FRAMING, HEAD_TEXT, BODY_TEXT }; /* kinds of bytes */

static struct {
  const char *name;
  int         fd; /* 0: not open, or closed after an error */
  int         made; /* this run created it: it is no device */
  int         failed;
  unsigned    conns, requests;
  unsigned    known;    /* mask_count() when the last search began */
  int64_t     at, end;  /* the part that is still to be searched */
} saved;

/* --- the file ------------------------------------------------------------- */

/* A full disk ends only the capture: the connections go on. */
static void write_file(const char *p, size_t n)
{
  if (saved.fd == 0 || write_all(saved.fd, p, n) == 0) return;
  tell("%s: %s; the capture ends here, and what passes goes on", saved.name,
       error_words(errno));
  file_close(saved.fd);
  saved.fd = 0;
  saved.failed = 1;
}

int capture_open(const char *name)
{
  static const char first[] = "amt-capture 1\n";
  int               fd = file_create(name), error = errno, made = fd >= 0;
  if (fd < 0 && error == EEXIST) fd = file_device(name);
  if (fd < 0 && error == EEXIST)
    return wrong(EXIT_CONFIG, name, "it is there already, and is not written "
                 "over: remove it, or name another file");
  if (fd < 0) return wrong(EXIT_CONFIG, name, "%s", error_words(error));
  memset(&saved, 0, sizeof saved);
  saved.name = name;
  saved.fd = fd;
  saved.made = made;
  write_file(first, sizeof first - 1);
  return 0;
}

void capture_note(const char *format, ...)
{
  char    line[WORDS];
  va_list a;
  va_start(a, format);
  vtext(line, sizeof line - 1, format, a);
  va_end(a);
  make_clean(line);
  write_file("# ", 2);
  write_file(line, strlen(line));
  write_file("\n", 1);
}

static void write_block(const lane *l, size_t n)
{
  char head[40], side[2];
  side[0] = l->side, side[1] = 0;
  text(head, sizeof head, "%s %u %u\n", side, l->conn, (unsigned)n);
  write_file(head, strlen(head));
  write_file(l->bytes, n);
  write_file("\n", 1);
}

int capture_work(void)
{
  static char piece[LANE];
  ptrdiff_t   n;
  if (saved.fd == 0 || opt.secrets) return 0;
  if (saved.known != mask_count()) {
    saved.known = mask_count();
    saved.end = file_seek(saved.fd, -1);
    saved.at = 0;
  }
  if (saved.at >= saved.end) return 0;
  if (file_seek(saved.fd, saved.at) < 0) return 0; /* a device, say */
  n = file_read(saved.fd, piece, sizeof piece);
  if (n > 0 && mask_known(piece, (size_t)n)) {
    file_seek(saved.fd, saved.at);
    write_file(piece, (size_t)n);
  }
  if (saved.fd != 0) file_seek(saved.fd, -1);
  saved.at += n > TAIL ? n - TAIL : LANE;
  wipe(piece, sizeof piece);
  return saved.at < saved.end;
}

int capture_close(unsigned *requests, unsigned *conns)
{
  while (capture_work()) {}
  *requests = saved.requests, *conns = saved.conns;
  if (saved.fd != 0) file_close(saved.fd);
  saved.fd = 0;
  mask_wipe();
  return saved.failed ? EXIT_IO : 0;
}

void capture_drop(void)
{
  if (saved.made) file_remove(saved.name);
}

/* --- one direction -------------------------------------------------------- */

/* 1 if a header line says that the body is compressed. */
static int tells_coding(const char *t, size_t n)
{
  char  line[40], *value;
  if (n >= sizeof line) n = sizeof line - 1;
  memcpy(line, t, n);
  line[n] = 0;
  value = strchr(line, ':');
  if (value == NULL) return 0;
  *value++ = 0;
  value += strspn(value, " \t");
  value[strcspn(value, " \t\r")] = 0;
  return same_word(line, "Content-Encoding") && !same_word(value, "identity");
}

/* Hides the secrets in a lane: copies the text out of its framing, masks it and
   puts it back. */
static void hide_in(lane *l)
{
  static char     text_of[LANE];
  static uint16_t from[LANE];
  size_t          i, n = 0, seen = 0;
  for (i = 0; i < l->len; i++) {
    if (i == l->seen) seen = n;
    if (l->framing[i / 8] >> i % 8 & 1) continue;
    text_of[n] = l->bytes[i];
    from[n++] = (uint16_t)i;
  }
  if (l->seen == l->len) seen = n;
  if (l->opaque) memset(text_of + l->head, '*', n - l->head);
  mask_text(&l->hide, text_of, l->head, n, seen);
  for (i = 0; i < n; i++) l->bytes[from[i]] = text_of[i];
  wipe(text_of, n);
}

/* Writes all that is here; of a full lane, the last `keep` bytes stay. */
static void flush(lane *l, size_t keep)
{
  size_t gone;
  if (l->len == 0) return;
  if (!opt.secrets) hide_in(l);
  gone = l->len - keep;
  write_block(l, gone);
  memmove(l->bytes, l->bytes + gone, keep);
  memmove(l->framing, l->framing + gone / 8, keep / 8);
  memset(l->framing + keep / 8, 0, sizeof l->framing - keep / 8);
  l->head = l->head > gone ? l->head - gone : 0;
  l->len = l->seen = keep;
}

static void message_begins(lane *l)
{
  memset(&l->hide, 0, sizeof l->hide);
  l->hide.reply = l->side == '<';
  l->starts = l->side == '>';
  l->in_body = l->opaque = 0;
  l->line = l->len;
  amt_http_reply_init(&l->http);
}

/* The reply's search needs to know whether its request signed in. */
static void message_ends(lane *l)
{
  flush(l, 0);
  l->whole++;
  saved.requests += l->side == '>';
  if (l->side == '>') l->other->hide.signs_in = l->hide.signs_in;
  message_begins(l);
}

void capture_begin(lane *request, lane *reply)
{
  saved.conns++;
  request->other = reply, reply->other = request;
  request->side = '>', reply->side = '<';
  request->conn = reply->conn = saved.conns;
  request->len = reply->len = request->seen = reply->seen = 0;
  request->whole = reply->whole = 0;
  request->head = reply->head = 0;
  memset(request->framing, 0, sizeof request->framing);
  memset(reply->framing, 0, sizeof reply->framing);
  message_begins(request);
  message_begins(reply);
  look_at_clock();
  capture_note("connection %u: %s %s", saved.conns, now.date, now.clock);
}

static void put_bytes(lane *l, const unsigned char *p, size_t n, int kind)
{
  size_t end = l->len + n, i;
  memcpy(l->bytes + l->len, p, n);
  for (i = l->len; kind == FRAMING && i < end; i++)
    l->framing[i / 8] |= (uint8_t)(1u << i % 8);
  if (kind == HEAD_TEXT) l->head = end;
  l->len = end;
}

/* From here on, heads and bodies cannot be told apart. */
static size_t lose_track(lane *l, const unsigned char *p, size_t n)
{
  l->hide.unframed = 1;
  memset(l->framing, 0, sizeof l->framing);
  put_bytes(l, p, n, HEAD_TEXT);
  return n;
}

/* Gives the parser a whole line of a head. */
static int parse(lane *l, const char *line, size_t n)
{
  const unsigned char *p = (const unsigned char *)line;
  size_t               used, body;
  int                  e = AMT_AGAIN;
  while (n > 0 && e >= 0) {
    e = amt_http_reply_next(&l->http, p, n, &used, &body);
    p += used, n -= used;
  }
  return e;
}

/* The parser knows only replies, so a request's first line becomes a status
   line. It refuses compressed bodies, so it does not see their header. */
static int head_line(lane *l, const char *line, size_t n)
{
  static const char status[] = "HTTP/1.1 200 OK\r\n", version[] = " HTTP/1.";
  if (l->starts) {
    if (n <= 2) return AMT_AGAIN; /* an empty line before it */
    if (n < 12 || memcmp(line + n - 11, version, sizeof version - 1) != 0)
      return AMT_E_HTTP_STATUS;
    l->starts = 0;
    l->no_body = memcmp(line, "HEAD ", 5) == 0;
    return parse(l, status, sizeof status - 1);
  }
  if (!tells_coding(line, n)) return parse(l, line, n);
  if (!opt.secrets)
    capture_note("connection %u: a compressed body follows; secrets cannot be "
                 "found in it, so all of it is hidden", l->conn);
  l->opaque = 1;
  return AMT_AGAIN;
}

/* A request without a length has no body. The parser says of it that it lasts
   to the connection's end, as a reply would. */
static int has_no_body(const lane *l)
{
  if (l->side == '<') return l->other->no_body;
  return amt_http_reply_eof(&l->http) == AMT_HTTP_END;
}

/* Takes bytes up to the end of a line of the head. Returns how many. */
static size_t take_head(lane *l, const unsigned char *p, size_t n)
{
  const unsigned char *end = (const unsigned char *)memchr(p, '\n', n);
  size_t               used = end != NULL ? (size_t)(end - p) + 1 : n, none;
  int                  e;
  put_bytes(l, p, used, HEAD_TEXT);
  if (end == NULL) return used;
  e = head_line(l, l->bytes + l->line, l->len - l->line);
  l->line = l->len;
  if (e < 0) lose_track(l, p, 0);
  if (e != AMT_HTTP_HEAD) return used;
  l->in_body = 1;
  /* The message may end here: do not wait for the next one. */
  if (has_no_body(l)) e = AMT_HTTP_END;
  else e = amt_http_reply_next(&l->http, p, 0, &none, &none);
  if (e == AMT_HTTP_END) message_ends(l);
  return used;
}

static size_t take_body(lane *l, const unsigned char *p, size_t n)
{
  size_t used = 0, body = 0, none;
  int    e = amt_http_reply_next(&l->http, p, n, &used, &body);
  if (e < 0) return lose_track(l, p, n);
  put_bytes(l, p, used - body, FRAMING);
  put_bytes(l, p + used - body, body, BODY_TEXT);
  if (e == AMT_HTTP_BODY)
    e = amt_http_reply_next(&l->http, p, 0, &none, &none);
  if (e == AMT_HTTP_END) message_ends(l);
  return used;
}

void capture_put(lane *l, const void *bytes, size_t n)
{
  const unsigned char *p = (const unsigned char *)bytes;
  while (n > 0) {
    size_t room = LANE - l->len, used;
    if (room > n) room = n;
    used = l->hide.unframed ? lose_track(l, p, room)
         : l->in_body ? take_body(l, p, room) : take_head(l, p, room);
    p += used, n -= used;
    if (l->len < LANE) continue;
    if (!l->in_body) lose_track(l, p, 0);
    flush(l, TAIL);
  }
}

void capture_end(lane *l)
{
  flush(l, 0);
  write_block(l, 0);
  capture_wipe(l);
}

void capture_wipe(lane *l)
{
  wipe(l->bytes, sizeof l->bytes);
  l->len = l->seen = 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
