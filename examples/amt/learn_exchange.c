/* learn_exchange.c - one request and its reply, and the values in them.

   The library's reply parser also reads the requests, after a status line of
   ours: their header lines and framing are the same. */

#include "learn_exchange.h"
#include "encodings.h"
#include "files.h"
#include <string.h>

/* --- a message comes in --- */

void message_clear(http_message *m)
{
  memset(&m->parser, 0, sizeof m->parser);
  m->state = m->coded = m->cut = 0;
  m->status = 0;
  m->first_len = m->head_len = m->body_len = 0;
  m->first[0] = m->head[0] = m->body[0] = 0;
}

int append(char *to, size_t room, size_t *len, const char *p, size_t n)
{
  size_t left = room - 1 - *len;
  int    cut = n > left;
  if (cut) n = left;
  memcpy(to + *len, p, n);
  *len += n;
  to[*len] = 0;
  return cut;
}

/* 1 if the line is this header's, in whatever case. */
static int header_is(const char *line, const char *name)
{
  size_t i;
  for (i = 0; name[i] != 0; i++)
    if ((line[i] | 32) != (name[i] | 32)) return 0;
  return line[i] == ':';
}

static const char *header_value(const char *line)
{
  line += strcspn(line, ":\n");
  if (*line == ':') line++;
  return line + strspn(line, " \t");
}

/* 1 for any coding but identity. The parser would refuse it, and its framing
   would be lost. So parse_header gives it this line under another name. */
static int is_coding(const char *line)
{
  return header_is(line, "Content-Encoding") &&
         strncmp(header_value(line), "identity", 8) != 0;
}

/* Gives bytes to the parser, until it reports something other than a field. */
static int parse_line(http_message *m, const char *p, size_t n)
{
  int e = AMT_HTTP_FIELD;
  while (n > 0 && e == AMT_HTTP_FIELD) {
    size_t used, body;
    e = amt_http_reply_next(&m->parser, (const unsigned char *)p, n, &used,
                            &body);
    p += used, n -= used;
  }
  return e;
}

static int parse_header(http_message *m, const char *line, size_t n)
{
  int e = 0;
  if (is_coding(line)) {
    m->coded = 1;
    e = parse_line(m, "X", 1);
    line++, n--;
  }
  if (e >= 0) e = parse_line(m, line, n);
  return e < 0 ? e : parse_line(m, "\r\n", 2);
}

/* The head is whole: gives it to the parser. An error is below 0. */
static int begin_body(http_message *m, int is_request)
{
  static const char ok[] = "HTTP/1.1 200 OK\r\n", none[] = "Content-Length: 0";
  const char *p = m->head;
  int         e, framed = !is_request;
  amt_http_reply_init(&m->parser);
  if (is_request) e = parse_line(m, ok, sizeof ok - 1);
  else e = parse_line(m, m->first, m->first_len);
  if (e >= 0 && !is_request) e = parse_line(m, "\r\n", 2);
  for (; *p != 0 && e >= 0; p += strcspn(p, "\n") + 1) {
    framed |= header_is(p, "Content-Length") ||
              header_is(p, "Transfer-Encoding");
    e = parse_header(m, p, strcspn(p, "\n"));
  }
  if (e >= 0 && !framed) e = parse_header(m, none, sizeof none - 1);
  if (e >= 0) e = parse_line(m, "\r\n", 2);
  m->state = MESSAGE_BODY_BEGUN;
  m->status = is_request ? 0 : m->parser.status;
  return e;
}

/* Takes a line of the head, without its line end. An error is below 0. */
static int take_line(http_message *m, int is_request, const char *p, size_t n)
{
  size_t at = m->head_len;
  if (m->state == MESSAGE_NONE || m->state == MESSAGE_FIRST) {
    if (n == 0) return 0;
    if (append(m->first, sizeof m->first, &m->first_len, p, n))
      return AMT_E_HTTP_SIZE;
    m->state = MESSAGE_HEAD;
    return 0;
  }
  if (n > 0) {
    if (append(m->head, sizeof m->head, &m->head_len, p, n) ||
        append(m->head, sizeof m->head, &m->head_len, "\n", 1))
      return AMT_E_HTTP_SIZE;
    if (memchr(m->head + at, 0, n) != NULL) return AMT_E_HTTP_HEADER;
    return 0;
  }
  if (!is_request && strncmp(m->first, "HTTP/1.", 7) == 0 &&
      m->first_len > 9 && m->first[9] == '1') { /* 100 Continue */
    message_clear(m);
    return 0;
  }
  return begin_body(m, is_request);
}

/* Until the body begins, its buffer gathers a line that comes in pieces. */
static int feed_head(http_message *m, int is_request, const char *p, size_t n,
                     size_t *used)
{
  const char *end = (const char *)memchr(p, '\n', n);
  char       *line;
  size_t      len = end != NULL ? (size_t)(end - p) : n;
  int         e;
  *used = len + (end != NULL);
  if (append(m->body, sizeof m->body, &m->body_len, p, len))
    return AMT_E_HTTP_SIZE;
  if (end == NULL) return 0;
  line = m->body;
  len = m->body_len;
  if (len > 0 && line[len - 1] == '\r') len--;
  m->body_len = 0;
  e = take_line(m, is_request, line, len);
  m->body[0] = 0;
  return e < 0 ? e : 0;
}

int message_feed(http_message *m, int is_request, const char *p, size_t n,
                 size_t *used)
{
  size_t at = 0, took, body;
  int    e = 0;
  while (at < n && m->state < MESSAGE_BODY_BEGUN && e == 0) {
    e = feed_head(m, is_request, p + at, n - at, &took);
    at += took;
  }
  while (e == 0 && m->state == MESSAGE_BODY_BEGUN) {
    e = amt_http_reply_next(&m->parser, (const unsigned char *)p + at, n - at,
                            &took, &body);
    if (e == AMT_HTTP_BODY && append(m->body, sizeof m->body, &m->body_len,
                                     p + at + took - body, body)) m->cut = 1;
    at += took;
    if (e == AMT_HTTP_END) m->state = MESSAGE_WHOLE;
    if (e == AMT_AGAIN) break;
    if (e > 0) e = 0;
  }
  *used = e < 0 ? n : at;
  if (e < 0) return e;
  return m->state == MESSAGE_WHOLE;
}

int message_end(http_message *m)
{
  if (m->state == MESSAGE_BODY_BEGUN &&
      amt_http_reply_eof(&m->parser) == AMT_HTTP_END)
    m->state = MESSAGE_WHOLE;
  return m->state == MESSAGE_WHOLE;
}

const char *method_of(const exchange *x)
{
  static char method[16];
  size_t      n = strcspn(x->request.first, " ");
  if (n >= sizeof method) n = sizeof method - 1;
  memcpy(method, x->request.first, n);
  method[n] = 0;
  return method;
}

const char *path_of(const exchange *x)
{
  static char path[FIRST_LINE];
  const char *p = x->request.first + strcspn(x->request.first, " ");
  size_t      n;
  p += strspn(p, " ");
  if (strncmp(p, "http", 4) == 0 && strstr(p, "://") != NULL) {
    p = strstr(p, "://") + 3; /* a whole URL, as proxies and HAR have it */
    p += strcspn(p, "/? ");
  }
  n = strcspn(p, " #");
  path[0] = '/';
  memcpy(path + (*p != '/'), p, n);
  path[n + (*p != '/')] = 0;
  return path;
}

/* --- the values in it --- */

static char its_value[3 * MESSAGE_BODY], scratch[MESSAGE_BODY + 1];

int is_json(const char *body)
{
  body += mark_of(body, strlen(body));
  body += strspn(body, " \t\r\n");
  return *body != 0 && strchr("{[\"", *body) != NULL;
}

/* NAME=VALUE, where NAME has nothing that a form would have encoded. */
int is_form(const char *body)
{
  size_t n = strcspn(body, "=<{}\" \r\n\t");
  return n > 0 && body[n] == '=';
}

int is_scalar(const spot *s)
{
  return s->type == AMT_JSON_STRING || s->type == AMT_JSON_NUMBER ||
         s->type == AMT_JSON_TRUE || s->type == AMT_JSON_FALSE ||
         s->type == AMT_JSON_NULL;
}

const char *behind_scheme(const char *value)
{
  size_t n = strcspn(value, " ");
  return value[n] != 0 ? value + n + strspn(value + n, " ") : value;
}

spot plain_spot(enum spot_place place, const char *name)
{
  spot s;
  memset(&s, 0, sizeof s);
  s.place = place;
  s.type = AMT_JSON_STRING;
  s.name = name;
  s.list = SIZE_MAX;
  return s;
}

/* NAME=VALUE pairs between '&', from `at` on. */
static void walk_pairs(const char *text, size_t at, size_t end,
                       enum spot_place place, spot_taker take, void *ctx)
{
  static char name[1024];
  while (at < end) {
    size_t n = 0, equals;
    spot   s = plain_spot(place, name);
    while (at + n < end && text[at + n] != '&') n++;
    for (equals = 0; equals < n && text[at + equals] != '=';) equals++;
    url_decode(name, text + at, equals < sizeof name ? equals
                                                     : sizeof name - 1, 1);
    s.from = at + equals + (equals < n);
    s.to = at + n;
    s.text = its_value;
    s.len = url_decode(its_value, text + s.from, s.to - s.from, 1);
    take(ctx, &s);
    at += n + 1;
  }
}

void walk_path(const char *path, spot_taker take, void *ctx)
{
  size_t end = strcspn(path, "?"), at = 0;
  while (at < end) {
    size_t n = strcspn(path + at + 1, "/?");
    spot   s = plain_spot(IN_PATH, "");
    s.from = at + 1;
    s.to = s.from + n;
    s.text = its_value;
    s.len = url_decode(its_value, path + s.from, n, 0);
    if (n > 0) take(ctx, &s);
    at += 1 + n;
  }
  if (path[end] == '?')
    walk_pairs(path, end + 1, strlen(path), IN_QUERY, take, ctx);
}

/* "a=b; c=d" of a Cookie line; of Set-Cookie, only the first pair. */
static void walk_cookies(const char *head, size_t from, size_t to, int all,
                         spot_taker take, void *ctx)
{
  static char name[256];
  do {
    spot   s = plain_spot(IN_COOKIE, name);
    size_t n = 0, end;
    while (from < to && head[from] == ' ') from++;
    while (from + n < to && head[from + n] != '=' && head[from + n] != ';') n++;
    url_decode(name, head + from, n < sizeof name ? n : sizeof name - 1, 0);
    for (end = from + n; end < to && head[end] != ';';) end++;
    s.from = from + n + (from + n < end);
    s.to = end;
    s.len = url_decode(its_value, head + s.from, end - s.from, 0);
    s.text = its_value;
    take(ctx, &s);
    from = end + 1;
  } while (all && from < to);
}

void walk_headers(const char *head, spot_taker take, void *ctx)
{
  static char name[256];
  size_t      at = 0;
  while (head[at] != 0) {
    size_t n = strcspn(head + at, "\n"), colon = strcspn(head + at, ":\n");
    spot   s = plain_spot(IN_HEADER, name);
    s.from = at + colon + (head[at + colon] == ':');
    s.from += strspn(head + s.from, " \t");
    s.to = at + n;
    if (s.from > s.to) s.from = s.to;
    if (header_is(head + at, "Cookie") || header_is(head + at, "Set-Cookie")) {
      walk_cookies(head, s.from, s.to, (head[at] | 32) == 'c', take, ctx);
    } else {
      if (colon >= sizeof name) colon = sizeof name - 1;
      memcpy(name, head + at, colon);
      name[colon] = 0;
      s.len = s.to - s.from;
      memcpy(its_value, head + s.from, s.len);
      its_value[s.len] = 0;
      s.text = its_value;
      take(ctx, &s);
    }
    at += n + (head[at + n] != 0);
  }
}

/* --- JSON --- */

typedef struct {
  const char *body;
  size_t      n;
  spot_taker  take;
  void       *ctx;
  amt_json    json;
  char        path[512];
  size_t      base[AMT_JSON_DEPTH + 1]; /* length of the path at each depth */
  unsigned char is_array[AMT_JSON_DEPTH + 1];
  size_t      list[AMT_JSON_DEPTH + 1];
  size_t      from, len; /* where the token begins; bytes decoded of it */
} json_walk;

/* Where the token that begins at `from` ends in the body as captured. */
static size_t raw_end(const json_walk *w, size_t from)
{
  size_t at = from + 1;
  if (from >= w->n) return w->n;
  if (w->body[from] == '"') {
    while (at < w->n && w->body[at] != '"') at += w->body[at] == '\\' ? 2 : 1;
    return at < w->n ? at + 1 : w->n;
  }
  if (strchr("{}[]", w->body[from]) != NULL) return at;
  while (at < w->n && strchr("{}[],: \t\r\n\"", w->body[at]) == NULL) at++;
  return at;
}

static void put_name(json_walk *w, const char *name, size_t n)
{
  size_t at = w->base[w->json.depth];
  if (at > 0 && at + 1 < sizeof w->path) w->path[at++] = '.';
  if (n >= sizeof w->path - at) n = sizeof w->path - at - 1;
  memcpy(w->path + at, name, n);
  w->path[at + n] = 0;
  while (n-- > 0) /* names in wire files cannot have it */
    if (w->path[at + n] == '.') w->path[at + n] = '|';
}

static void give(json_walk *w, int type)
{
  unsigned depth = w->json.depth;
  spot     s = plain_spot(IN_JSON, w->path);
  int      opens = type == AMT_JSON_OBJECT || type == AMT_JSON_ARRAY;
  int      closes = type == AMT_JSON_OBJECT_END || type == AMT_JSON_ARRAY_END;
  unsigned around = opens ? depth - 1 : depth;
  if (closes) w->path[w->base[around + 1]] = 0;
  else if (w->is_array[around]) w->path[w->base[around]] = 0;
  if (type == AMT_JSON_KEY) put_name(w, its_value, w->len);
  s.type = type;
  s.depth = around;
  s.in_array = w->is_array[around];
  s.list = w->list[around];
  s.text = its_value;
  s.len = w->len;
  s.from = w->from;
  s.to = raw_end(w, w->from);
  if (opens) {
    w->base[depth] = strlen(w->path);
    w->is_array[depth] = type == AMT_JSON_ARRAY;
    w->list[depth] = type == AMT_JSON_ARRAY ? strlen(w->path)
                                            : w->list[depth - 1];
  }
  w->take(w->ctx, &s);
}

/* Takes a token, or a piece of one. */
static void take_token(json_walk *w, int type, const amt_json_token *t)
{
  int text = type == AMT_JSON_KEY || type == AMT_JSON_STRING ||
             type == AMT_JSON_NUMBER;
  if (!text || t->first) w->from = w->json.start, w->len = 0;
  its_value[w->len] = 0;
  if (text) append(its_value, sizeof its_value, &w->len, t->text, t->len);
  if (!text || t->last) give(w, type);
}

static void walk_json(const char *body, size_t n, spot_taker take, void *ctx)
{
  static json_walk w;
  size_t           at = 0, used;
  amt_json_token   t;
  int              type = 1;
  memset(&w, 0, sizeof w);
  w.body = body, w.n = n, w.take = take, w.ctx = ctx;
  w.json.repair = 1;
  w.list[0] = SIZE_MAX;
  memcpy(scratch, body, n);
  while (at < n && type >= 0) {
    type = amt_json_next(&w.json, scratch + at, n - at, &used, &t);
    at += used;
    if (type > 0) take_token(&w, type, &t);
    else if (type == AMT_JSON_MORE) break;
  }
  if (type >= 0 && amt_json_end(&w.json, &t) == AMT_JSON_NUMBER)
    take_token(&w, AMT_JSON_NUMBER, &t);
}

/* A bare number or word is JSON, too; a reply may be just that. */
static int is_bare(const char *body)
{
  return *body != 0 && strchr("0123456789-tfn", *body) != NULL;
}

void walk_body(const char *body, size_t n, spot_taker take, void *ctx)
{
  if (is_form(body) && !is_json(body))
    walk_pairs(body, 0, n, IN_FORM, take, ctx);
  else if (is_json(body) || is_bare(body + strspn(body, " \r\n\t")))
    walk_json(body, n, take, ctx);
}

void walk_request(const exchange *x, spot_taker take, void *ctx)
{
  walk_path(path_of(x), take, ctx);
  walk_headers(x->request.head, take, ctx);
  walk_body(x->request.body, x->request.body_len, take, ctx);
}

/* socat shows a byte order mark as "..."; no JSON begins like that. */
void walk_reply(const exchange *x, spot_taker take, void *ctx)
{
  size_t mark = strncmp(x->reply.body, "...", 3) == 0 ? 3 : 0;
  walk_headers(x->reply.head, take, ctx);
  walk_body(x->reply.body + mark, x->reply.body_len - mark, take, ctx);
}

size_t base64_decode(char *p, size_t n, int *fault)
{
  size_t   i, len = 0;
  unsigned bits = 0, have = 0;
  *fault = 0;
  for (i = 0; i < n; i++) {
    const char *digit = p[i] != 0 ? strchr(base64, p[i]) : NULL;
    if (p[i] == '=' || p[i] == '\r' || p[i] == '\n') continue;
    if (digit == NULL) {
      *fault = 1;
      return n;
    }
    bits = bits << 6 | (unsigned)(digit - base64);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    p[len++] = (char)(bits >> have);
  }
  p[len] = 0;
  return len;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
