/* fuzz_http.c - the parser of HTTP replies, and the connection around it.

   An input is what a server sends, with its cuts (fuzz.h). The bytes 0xFE n k
   repeat the n bytes before them 2^k times, so that a short input can reach the
   limits of lines and heads.

   It is parsed whole, byte by byte, and in its pieces. Then an amt_http_conn
   receives the same pieces, with "not yet" between them. Events, body and
   result must be the same each time, and an accepted reply must be what its
   bytes say. URLs and addresses are parsed from the input, too. */

#define AMT_IMPLEMENTATION
#include "amt_http.h"
#include "fuzz.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <strings.h>

enum { LIMIT = 72000 }; /* bytes of an expanded input */

static void expand(bytes *to, const uint8_t *p, size_t n)
{
  size_t i, k, len, times;
  clear(to);
  for (i = 0; i < n; i++) {
    if (p[i] != 0xFE || n - i < 3) {
      add_byte(to, p[i]);
      continue;
    }
    len = p[i + 1];
    times = (size_t)1 << p[i + 2] % 18;
    i += 2;
    if (len > to->n || to->n + len * times > LIMIT) continue;
    for (k = 0; k < times; k++) {
      uint8_t again[256];
      memcpy(again, to->p + to->n - len, len);
      add(to, again, len);
    }
  }
}

/* --- the parser -------------------------------------------------------------- */

typedef struct outcome {
  int      head, status, result, keeps;
  int      to_end; /* the reply ends with the stream */
  uint32_t retry_after, keep_alive;
  size_t   used; /* to the reply's end, if it has one */
  bytes    body, fields; /* fields: values of a head, each with an LF */
} outcome;

static void outcome_clear(outcome *o)
{
  o->head = o->status = o->result = o->keeps = o->to_end = 0;
  o->retry_after = o->keep_alive = 0;
  o->used = 0;
  clear(&o->body);
  clear(&o->fields);
}

/* A piece of a value, or its end. */
static void field(outcome *o, const uint8_t *p, size_t n)
{
  must(!o->head);
  if (n != 0) add(&o->fields, p, n);
  else add_byte(&o->fields, '\n');
}

static void expect_same(const outcome *a, const outcome *b)
{
  must(a->result == b->result);
  must(a->head == b->head && a->status == b->status);
  must(a->retry_after == b->retry_after && a->keep_alive == b->keep_alive);
  must(a->keeps == b->keeps);
  must(same(&a->body, &b->body) && same(&a->fields, &b->fields));
  must(a->result != AMT_HTTP_END || a->used == b->used);
}

/* The events of one piece; 0 if it is used up. */
static int parse_piece(amt_http_reply *r, outcome *o, const uint8_t *p,
                       size_t len)
{
  size_t from = 0, used, body, calls = 0;
  int    e;
  do {
    amt_http_reply moved = *r; /* no pointers: it may be moved */
    memset(r, 0xA5, sizeof *r);
    used = body = (size_t)-1;
    e = amt_http_reply_next(&moved, p + from, len - from, &used, &body);
    *r = moved;
    must(used <= len - from && body <= used);
    must(e == AMT_HTTP_FIELD || (e == AMT_HTTP_BODY) == (body != 0));
    must(++calls <= 2 * len + 2);
    from += used;
    if (e == AMT_HTTP_HEAD) {
      must(!o->head++);
      must(r->status >= 200 && r->status <= 999);
      o->status = r->status;
      o->retry_after = r->retry_after;
      o->keep_alive = r->keep_alive;
    } else if (e == AMT_HTTP_FIELD) {
      field(o, p + from - body, body);
    } else if (e == AMT_HTTP_BODY) {
      must(o->head);
      must(r->status != 204 && r->status != 304);
      add(&o->body, p + from - body, body);
    } else if (e == AMT_HTTP_END) {
      must(o->head);
    }
  } while (e > 0 && e != AMT_HTTP_END);
  must(e != AMT_AGAIN || from == len);
  o->used += from;
  return e;
}

static void parse(outcome *o, const uint8_t *p, size_t n, cuts c)
{
  amt_http_reply r;
  uint8_t        last[1] = { 'x' };
  size_t         at, len, used, body;
  int            e = 0;
  outcome_clear(o);
  amt_http_reply_init(&r);
  for (at = 0; at < n && e == 0; at += len) {
    uint8_t *piece;
    len = cut(&c, n - at);
    piece = exact(p + at, len);
    e = parse_piece(&r, o, piece, len);
    free(piece);
  }
  must(o->body.n <= n);
  if (e == 0) { /* an end may need no further byte */
    e = amt_http_reply_next(&r, last, 0, &used, &body);
    must(used == 0 && body == 0 && (e == 0 || e == AMT_HTTP_END));
  }
  if (e == 0) {
    e = amt_http_reply_eof(&r);
    must(e == AMT_E_EOF || e == AMT_E_TRUNCATED || e == AMT_HTTP_END);
    must((e == AMT_E_EOF) == (n == 0));
    o->used = n;
    o->to_end = e == AMT_HTTP_END;
  } else if (e == AMT_HTTP_END) { /* and stays there */
    must(amt_http_reply_next(&r, last, 1, &used, &body) == AMT_HTTP_END);
    must(used == 0 && body == 0);
    must(amt_http_reply_eof(&r) == AMT_HTTP_END);
    o->keeps = amt_http_reply_keeps(&r);
  } else {
    must(*amt_http_error(e) != 0);
  }
  o->result = e;
}

/* A chunk line has digits, then blanks; anything else only after a ';'. */
static void check_chunks(const outcome *o, const char *p)
{
  size_t at = 0, size;
  char  *end;
  do {
    must(isxdigit((unsigned char)*p));
    size = strtoull(p, &end, 16);
    end += strspn(end, " \t");
    must(*end == ';' || *end == '\r');
    p = end + strcspn(end, "\r") + 2;
    must(size <= o->body.n - at && memcmp(o->body.p + at, p, size) == 0);
    at += size;
    p += size + 2;
  } while (size != 0);
  must(at == o->body.n);
}

/* An accepted reply is parsed again, by hand: the lines of its head are clean,
   it has one kind of framing, and the body fits it. */
static void check_accepted(const outcome *o, const bytes *all)
{
  const char *p = (const char *)all->p, *end, *line;
  int         status, lengths, codings;
  size_t      n, length = 0;
  if (o->result != AMT_HTTP_END) return;
  do {
    end = strstr(p, "\r\n\r\n");
    must(end != NULL && strncmp(p, "HTTP/1.", 7) == 0);
    status = atoi(p + 9);
    lengths = codings = 0;
    for (line = p; line < end; line += n + 2) {
      n = strcspn(line, "\r\n");
      must(line[n] == '\r' && line[n + 1] == '\n');
      if (line == p) continue; /* the status line */
      must(strcspn(line, ": \t") > 0 && line[strcspn(line, ": \t")] == ':');
      if (strncasecmp(line, "Content-Length:", 15) == 0) {
        must(lengths++ == 0 || length == strtoull(line + 15, NULL, 10));
        length = strtoull(line + 15, NULL, 10);
      }
      codings += strncasecmp(line, "Transfer-Encoding:", 18) == 0;
    }
    p = end + 4;
  } while (status / 100 == 1);
  must(status == o->status && (lengths == 0 || codings == 0));
  if (status == 204 || status == 304) length = 0, lengths = 1, codings = 0;
  else if (lengths == 0) length = (size_t)(all->p + all->n - (const uint8_t *)p);
  if (codings != 0) check_chunks(o, p);
  else must(o->body.n == length && memcmp(o->body.p, p, length) == 0);
  must(o->to_end == (lengths == 0 && codings == 0));
}

/* A corrupted state causes no more than a wrong result. */
static void from_any_state(const uint8_t *state, size_t len, const uint8_t *p,
                           size_t n)
{
  amt_http_reply r;
  size_t         at, used, body, calls = 0, i;
  uint8_t       *copy = exact(p, n);
  int            e = 1;
  for (i = 0; i < sizeof r; i++)
    ((uint8_t *)&r)[i] = len != 0 ? state[i % len] : 0xFF;
  for (at = 0; e > 0 && e != AMT_HTTP_END; at += used) {
    e = amt_http_reply_next(&r, copy + at, n - at, &used, &body);
    must(used <= n - at && body <= used);
    must(++calls <= 2 * n + 8);
    if (at + used == n) break;
  }
  amt_http_reply_eof(&r);
  amt_http_reply_keeps(&r);
  free(copy);
}

/* --- the connection ---------------------------------------------------------- */

/* A server in memory. It answers after the whole request or, if `early`, after
   the first byte, and then takes no more. */
typedef struct memory {
  amt_stream     stream;
  const uint8_t *p;
  size_t         n, at;
  size_t         hold;  /* no byte past this until the next request */
  cuts           cuts;
  size_t         wrote; /* bytes of this request */
  int            open, early, not_yet;
} memory;

static const char request[] = "GET /path HTTP/1.1\r\nHost: [::1]:8080\r\n"
                              "Accept: x\r\nContent-Length: 4\r\n\r\nbody";
enum { REQUEST = sizeof request - 1 };

/* 1, or 0 for "not yet": never twice in a row; the cuts decide. */
static int yet(memory *m)
{
  int delay = m->cuts.n == 0 || (m->cuts.p[m->cuts.at % m->cuts.n] & 1);
  m->not_yet = !m->not_yet && delay;
  return !m->not_yet;
}

static int memory_open(amt_stream *s, const char *host, size_t host_len,
                       uint16_t port, uint32_t left)
{
  memory *m = (memory *)s;
  must(!m->open && left != 0);
  must(host_len == 3 && memcmp(host, "::1", 3) == 0 && port == 8080);
  if (!yet(m)) return AMT_AGAIN;
  m->open = 1;
  return 1;
}

static ptrdiff_t memory_read(amt_stream *s, void *to, size_t n)
{
  memory *m = (memory *)s;
  size_t  len;
  must(m->open && n > 0);
  if (m->wrote == 0 || (!m->early && m->wrote < REQUEST) || !yet(m))
    return AMT_AGAIN;
  if (m->at == m->hold && m->hold < m->n) return AMT_AGAIN;
  if (m->at == m->n) return AMT_E_EOF;
  len = cut(&m->cuts, m->hold - m->at);
  if (len > n) len = n;
  memcpy(to, m->p + m->at, len);
  m->at += len;
  return (ptrdiff_t)len;
}

static ptrdiff_t memory_write(amt_stream *s, const void *p, size_t n)
{
  memory *m = (memory *)s;
  must(m->open && n > 0);
  if (!yet(m) || (m->early && m->wrote != 0)) return AMT_AGAIN;
  n = m->early ? 1 : cut(&m->cuts, n);
  must(m->wrote + n <= REQUEST && memcmp(p, request + m->wrote, n) == 0);
  m->wrote += n;
  return (ptrdiff_t)n;
}

static void memory_close(amt_stream *s)
{
  ((memory *)s)->open = 0;
}

static const amt_stream_ops memory_ops = { memory_open,  memory_read,
                                           memory_write, memory_close, NULL, 0,
                                           NULL };

/* Runs one call to its end. */
static void call(outcome *o, amt_http_conn *c, memory *m, uint8_t *buf,
                 size_t size)
{
  amt_url url;
  amt_window w;
  size_t  turns = 0;
  int     e;
  outcome_clear(o);
  must(amt_url_parse(&url, "http://[::1]:8080/path") == 0);
  m->wrote = 0;
  amt_http_begin(c, 5, 0);
  do {
    e = amt_http_poll(c, &url, buf, size, 5);
    must(++turns < 5 * (m->n + REQUEST) + 100);
    if (e == AMT_HTTP_SEND) {
      amt_window_init(&w, (char *)buf, size, c->sent);
      amt_http_put_line(&w, "GET", &url, url.path, url.path_len);
      amt_http_put_header(&w, "Accept", "x");
      amt_http_put_end(&w, 4);
      amt_put_text(&w, "body");
      must(w.total == REQUEST);
      e = amt_http_send(c, &w, 5);
      must(e != AMT_HTTP_EARLY || m->early);
      if (e == AMT_HTTP_SEND || e == AMT_HTTP_EARLY) e = AMT_AGAIN;
    } else if (e == AMT_HTTP_HEAD) {
      must(!o->head++);
      o->status = c->reply.status;
      o->retry_after = c->reply.retry_after;
      o->keep_alive = c->reply.keep_alive;
    } else if (e == AMT_HTTP_FIELD) {
      field(o, c->data, c->len);
    } else if (e == AMT_HTTP_BODY) {
      must(o->head && c->len != 0);
      must(c->data >= buf && c->data + c->len <= buf + size);
      add(&o->body, c->data, c->len);
      must(c->body == o->body.n);
    }
  } while (e >= 0 && e != AMT_HTTP_END);
  o->result = e;
  must(c->state == AMT_CONN_CLOSED || (e > 0 && c->state == AMT_CONN_IDLE));
  must(m->open == (c->state != AMT_CONN_CLOSED));
  must(!m->early || c->state == AMT_CONN_CLOSED);
}

/* An early reply that breaks off gives the error of the sending. */
static int lost(int e)
{
  return e == AMT_E_TRUNCATED ? AMT_E_EOF : e;
}

/* All replies that follow each other on one connection. */
static void converse(const uint8_t *p, size_t n, cuts c, int early)
{
  static outcome want, got;
  amt_http_conn  conn;
  memory         m;
  size_t         size = 64 + (c.n != 0 ? c.p[0] : 0), rest = n;
  uint8_t       *buf = (uint8_t *)malloc(size);
  int            calls;
  memset(&conn, 0, sizeof conn);
  memset(&m, 0, sizeof m);
  m.stream.ops = &memory_ops;
  m.p = p, m.n = n;
  m.cuts = c;
  m.early = early;
  conn.stream = &m.stream;
  for (calls = 0; calls < 8; calls++) {
    parse(&want, p + (n - rest), rest, no_cuts());
    m.hold = n;
    if (want.result == AMT_HTTP_END) m.hold = n - rest + want.used;
    call(&got, &conn, &m, buf, size);
    got.used = want.used;
    got.keeps = want.keeps;
    if (early) {
      want.result = lost(want.result);
      got.result = lost(got.result);
    }
    expect_same(&want, &got);
    rest = n - m.hold;
    if (want.result == AMT_HTTP_END && !early)
      must((conn.state == AMT_CONN_IDLE) == want.keeps);
    if (conn.state != AMT_CONN_IDLE || rest == 0) break;
  }
  amt_http_close(&conn);
  free(buf);
}

/* Bytes after a reply were not asked for, so that connection is not kept. */
static void with_more_behind(const uint8_t *p, size_t n)
{
  static outcome want, got;
  static bytes   all;
  amt_http_conn  conn;
  memory         m;
  uint8_t        buf[512];
  parse(&want, p, n, no_cuts());
  if (want.result != AMT_HTTP_END || want.to_end || want.used >= sizeof buf)
    return;
  clear(&all);
  add(&all, p, want.used);
  add(&all, "!", 1);
  memset(&conn, 0, sizeof conn);
  memset(&m, 0, sizeof m);
  m.stream.ops = &memory_ops;
  m.p = all.p, m.hold = m.n = all.n;
  m.cuts = no_cuts();
  conn.stream = &m.stream;
  call(&got, &conn, &m, buf, sizeof buf);
  must(got.result == AMT_HTTP_END && same(&want.body, &got.body));
  must(conn.state == AMT_CONN_CLOSED);
  amt_http_close(&conn);
}

/* --- URLs and addresses -------------------------------------------------------- */

static void addresses(const uint8_t *p, size_t n)
{
  char       *text = (char *)malloc(n + 1);
  char        host[300];
  amt_url     u;
  amt_address a;
  amt_window o;
  amt_window_init(&o, host, sizeof host, 0);
  uint8_t     theirs[16];
  memcpy(text, p, n);
  text[n] = 0;
  if (strlen(text) == n && n < 64) {
    int is = amt_address_parse(&a, text, n);
    if (is) must(a.len == 4 || a.len == 16);
    must((is && a.len == 4) == (inet_pton(AF_INET, text, theirs) == 1));
    if (is && a.len == 4) must(memcmp(a.ip, theirs, 4) == 0);
    must((is && a.len == 16) == (inet_pton(AF_INET6, text, theirs) == 1));
    if (is && a.len == 16) must(memcmp(a.ip, theirs, 16) == 0);
  }
  if (amt_url_parse(&u, text) == 0) {
    must(u.host > text && u.host + u.host_len <= u.path);
    must(u.path + u.path_len == text + strlen(text));
    must(u.host_len != 0 && u.port != 0);
    must(u.path_len == 0 || *u.path == '/');
    amt_http_put_host(&o, &u);
    must(o.total == o.len);
    host[o.len - 2] = 0;
    must(amt_http_valid(strchr(host, '\n') + 1, 0));
  }
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  static bytes   all;
  static outcome whole, bytewise, pieces;
  cuts           c = cuts_of(p, &n);
  addresses(p, n);
  expand(&all, p, n);
  parse(&whole, all.p, all.n, no_cuts());
  check_accepted(&whole, &all);
  parse(&pieces, all.p, all.n, c);
  expect_same(&whole, &pieces);
  converse(all.p, all.n, c, 0);
  if (all.n > 4096) return 0; /* larger inputs are for the fast tests */
  parse(&bytewise, all.p, all.n, every_byte());
  expect_same(&whole, &bytewise);
  from_any_state(c.p, c.n, all.p, all.n);
  converse(all.p, all.n, c, 1);
  with_more_behind(all.p, all.n);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
