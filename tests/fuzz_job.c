/* fuzz_job.c - whole jobs against a server that says anything.

   An input is a line of twelve letters, each of which chooses one thing (see
   settle), and a script for the server. A byte of the script is a byte on the
   wire, except in these marks, which make more than a sign-in likely (? is a
   letter; '0' is 0):

     %L? %C? %K? %E? body %}
           waits for a whole request, then replies, by length, in chunks, with
           Connection: close, to the end of the stream; ? is the status
     %B? body %}
           the same, but the stream ends after ? * 4 bytes of the body
     %g?   in a body: a valid answer to the call; ? is its status, or the
           number of messages so far. Elsewhere: %L0%g?%}
     %M? %N   in a body: a message of its log; a long text
     %p?   no read returns more than so many bytes; odd: "not yet" in between
     %. %$ %!      not yet; the stream ends; it breaks
     %u?   this byte, even without a request
     %w? %r        the next write takes so many bytes, none if 0; or breaks
     %o %O         the next open fails; or says "not yet"
     %j?   the clock jumps
     %x %k %d %c   amt_stop with STOP, with KILL; amt_drop; new credentials
     %%    a '%'

   The server has a log for each job. While no script puts its own words into a
   list of messages, a job must deliver that log from its start, and all of it
   if it says so. The functions named check_ have the other conditions. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#include "fuzz.h"

#define PASSWORD "Geheim-Wort-7~\"\\\xC3\xA9"
#define BASIC    "YXBpOkdlaGVpbS1Xb3J0LTd+Ilz" /* "api:" and that, Base64 */
#define TOKEN    "Zugangs-Token-0815"
static const char *const secrets[] = { "Geheim-Wort-7", BASIC, TOKEN };

enum { JOBS = 2, WINDOW = 8 /* bytes that count as a leak */ };
enum { DEFAULT, FORM, BASIC_AUTH, FIXED, NO_AUTH, DOTTED, ONE_TEXT, BARE, TABLES };
enum { NUMBERED, WHOLE, PLAIN, TEXT_FIRST, FORMS }; /* how messages are sent */
enum { GOOD_AFTER, ENDS_AFTER, SILENT_AFTER, AWAY_AFTER }; /* then */

/* One connection, with the server at its other end. */
typedef struct line {
  amt_stream     stream;
  amt_slot      *conn;
  int            is_open, not_yet;
  bytes          in;     /* of this request */
  int            is_whole;
  bytes          out;    /* to be read by the client */
  size_t         out_at;
  int            ends;   /* what follows out, or 0 */
  amt_http_reply shadow; /* parses what was sent, to compare */
  int            shadow_ended;
} line;

typedef struct watched {
  amt_job  job;
  int      ended;      /* the last event, once it is DONE or FAILED */
  int      starting;   /* AMT_STARTING came */
  int      starts;     /* Starts of which a byte was taken */
  int      refused;    /* one got a complete 401 */
  int      in_message[AMT_MSG_LOCATION + 1]; /* by kind */
  unsigned visible;    /* messages in the server's log */
  unsigned given;      /* complete ones */
  bytes    text;       /* of the one that is arriving */
} watched;

static struct {
  uint8_t        set[12];
  const uint8_t *script;
  size_t         n, at;
  uint32_t       clock, most; /* bytes per read */
  int            moved;       /* by this poll: a byte, or a script's mark */
  unsigned long  io, waits;
  int            own_words;   /* 1: in the log, 2: they may hold the token */
  int            stop, drop, credentials; /* before the next poll */
  int            lent;        /* amt_session.secret's password */
  int            has_leapt, form, table, after;
  amt_wire       wire;
  amt_session    session;
  amt_task       task;
  amt_pool       pool;
  amt_slot       conn[JOBS];
  uint8_t       *buf;
  char          *token;
  int            jobs;
} w;
static line    lines[JOBS]; /* their memory is reused */
static watched watch[JOBS];

static watched *of_line(const line *l)
{
  int i;
  for (i = 0; i < w.jobs; i++)
    if (l->conn->job == &watch[i].job) return &watch[i];
  return NULL;
}

/* --- a server that behaves ------------------------------------------------ */

/* The text of message n: as a job delivers it, or as JSON without quotes. */
static void put_text(bytes *to, unsigned n, int json)
{
  unsigned i;
  if (n % 5 == 4 && w.table != ONE_TEXT) return; /* some are empty */
  add_text(to, json ? "l\\u00efne \\ud83d\\ude00" : "l\xC3\xAFne \xF0\x9F\x98\x80");
  add_byte(to, '0' + n);
  for (i = 0; i < n % 4 * 20; i++) add_text(to, "\xE2\x82\xAC-");
}

static void put_message(bytes *to, unsigned n)
{
  char number[40];
  int  dotted = w.table == DOTTED;
  snprintf(number, sizeof number, dotted ? "\"n\":%u" : "\"Sequence\":%u", n);
  if (w.form != PLAIN) {
    add_text(to, dotted ? "{\"e\":{" : "{\"Time\":\"12:00\",");
    if (w.form != TEXT_FIRST) add_text(to, number), add_text(to, ",");
    add_text(to, dotted ? "\"text\":" : "\"Text\":");
  }
  add_text(to, "\"");
  put_text(to, n, 1);
  add_text(to, "\"");
  if (w.form == TEXT_FIRST) add_text(to, ","), add_text(to, number);
  if (w.form != PLAIN) add_text(to, dotted ? "}}" : "}");
}

/* The visible log; three messages at a time if the form allows it. */
static void put_messages(bytes *to, const line *l, watched *j, unsigned visible)
{
  const char *after = strstr((const char *)l->in.p, "AfterSequence\":");
  unsigned    from = 0, end, i;
  if (visible > j->visible) j->visible = visible;
  end = j->visible;
  if (after == NULL) after = strstr((const char *)l->in.p, "?after=");
  if (after != NULL && w.table != ONE_TEXT && w.form % 3 == 0)
    from = (unsigned)atol(after + strcspn(after, ":=") + 1);
  if (after != NULL && w.table < ONE_TEXT && w.form % 3 == 0 && end > from + 3)
    end = from + 3;
  add_text(to, w.table == ONE_TEXT ? "{\"Log\":\"" : w.table == BARE ? "[" :
               w.table == DOTTED ? "{\"r\":{\"log\":{\"lines\":[" :
                                   "{\"Messages\":[");
  for (i = from + 1; i <= end; i++) {
    if (w.table == ONE_TEXT) {
      put_text(to, i, 1);
      add_text(to, "\\n");
    } else {
      if (i > from + 1) add_text(to, ",");
      put_message(to, i);
    }
  }
  add_text(to, w.table == ONE_TEXT ? "\"}" : w.table == BARE ? "]" :
               w.table == DOTTED ? "]}}" : "]");
  if (w.table < ONE_TEXT)
    add_text(to, end < j->visible ? ",\"More\":true}" : ",\"More\":false}");
}

static void put_good(bytes *to, const line *l, unsigned hole)
{
  static const char *const forms[3][AMT_MESSAGES] = {
    { "{\"AmtLogonToken\":\"" TOKEN "\",\"ExpiresIn\":%u}",
      "{\"BatchRequestId\":2112,\"Status\":1}", "{\"Status\":3}",
      "{\"Status\":\"KILLED\"}", "{\"Status\":%u}" },
    { "{\"r\":{\"a\":{\"for\":%u,\"Token\":\"" TOKEN "\"}}}",
      "{\"r\":{\"job\":{\"id\":\"2112\"}}}", "{\"r\":{\"job\":{\"status\":3}}}",
      "{\"r\":{\"job\":{\"status\":3}}}", "{\"r\":{\"job\":{\"status\":\"%u\"}}}" },
    { "{\"Token\":\"" TOKEN "\",\"ExpiresIn\":%u}", "2112", "3", "3", "%u" }
  };
  char     text[200];
  watched *j = of_line(l);
  int      op = j->job.op;
  if (op == AMT_MESSAGES) {
    put_messages(to, l, j, hole % 10u);
    return;
  }
  snprintf(text, sizeof text,
           forms[w.table == DOTTED ? 1 : w.table == BARE ? 2 : 0][op],
           op == AMT_SIGN_IN ? 4u << hole % 32u : hole % 27u);
  add_text(to, text);
}

/* --- the script --------------------------------------------------------------- */

static int more(void)
{
  return w.at < w.n;
}

static unsigned next(void)
{
  return more() ? w.script[w.at++] : '0';
}

/* The next mark, or 0. */
static unsigned mark(void)
{
  return w.at + 1 < w.n && w.script[w.at] == '%' ? w.script[w.at + 1] : 0;
}

static int is_one_of(unsigned c, const char *marks)
{
  return c != 0 && strchr(marks, (int)c) != NULL;
}

/* The letter after a mark, as a number. */
static unsigned hole(void)
{
  return (next() - '0') & 0xFFu;
}

/* A reply's body from the script, its marks filled in. */
static void put_body(bytes *to, const line *l)
{
  int good = 0, own = 0;
  while (more() && mark() != '}') {
    unsigned c = next(), i;
    if (c == '%') c = next() + 256;
    if (c == 'g' + 256) {
      put_good(to, l, hole());
      good++;
      continue;
    }
    own = 1;
    for (i = 0; c == 'N' + 256 && i < 40; i++)
      add_text(to, "long \xC3\xA4\xE2\x82\xAC\\n ");
    if (c == 'M' + 256) put_message(to, hole());
    else if (i == 0) add_byte(to, c);
  }
  w.at += more() ? 2 : 0;
  if (of_line(l)->job.op == AMT_MESSAGES && good + own > good % 2)
    w.own_words = 1;
  if (good + own > 1) w.own_words |= 2; /* the token may be anywhere */
}

static void put_reply(line *l, unsigned how, unsigned hole_, const bytes *body)
{
  static const short known[] = { 200, 401, 403, 404, 500, 503, 204, 302, 408,
                                 429, 201, 400, 502, 304, 425 };
  int    status = how == 'B' ? 200 : known[hole_ % COUNT(known)];
  char   head[200];
  size_t i, step, n = body->n;
  l->is_whole = 0;
  snprintf(head, sizeof head, "HTTP/1.%d %d Whatever\r\n%s%s", how != 'E',
           status, how != 'B' && hole_ >= COUNT(known) ? "Retry-After: 7\r\n"
           : "", how == 'K' ? "Connection: close\r\n" : "");
  add_text(&l->out, head);
  if (how == 'C') {
    add_text(&l->out, "Transfer-Encoding: chunked\r\n\r\n");
    for (i = 0; i <= n; i += step) {
      step = n - i < 23 ? n - i : 23;
      snprintf(head, sizeof head, "%x\r\n", (unsigned)step);
      add_text(&l->out, head);
      add(&l->out, body->p + i, step);
      add_text(&l->out, "\r\n");
      if (step == 0) break;
    }
    return;
  }
  snprintf(head, sizeof head, "Content-Length: %u\r\n", (unsigned)n);
  if (how != 'E' && status != 204) add_text(&l->out, head);
  add_text(&l->out, "\r\n");
  if (how == 'B' && n > hole_ * 4) n = hole_ * 4;
  add(&l->out, body->p, n);
  if (how != 'L') l->ends = how == 'B' && hole_ % 2 ? AMT_E_RESET : AMT_E_EOF;
}

/* Handles a mark that waits for nothing. */
static int at_once(void)
{
  static const uint32_t jumps[] = { 1,     1000,   10000,   29999,   30000,
                                    60000, 300000, 3600000, 0u - 1u, 0u - 5000u,
                                    0x60000000 /* 18 days */ };
  unsigned c = mark();
  if (!is_one_of(c, "jxkdcp")) return 0;
  w.at += 2;
  w.moved = 1;
  if (c == 'j') { /* the longest only once: durations stay below 2^31 */
    uint32_t ms = jumps[hole() % COUNT(jumps)];
    if (ms != 0x60000000 || !w.has_leapt++) w.clock += ms;
  }
  if (c == 'x') w.stop = AMT_STOP;
  if (c == 'k') w.stop = AMT_KILL;
  if (c == 'd') w.drop = 1;
  if (c == 'c') w.credentials = 1;
  if (c == 'p') w.most = 1 + hole();
  return 1;
}

/* Replies if a whole request is there; otherwise 0. */
static int reply(line *l)
{
  static bytes body;
  unsigned     c = mark(), status = 0;
  if (!l->is_whole || l->conn->job == NULL) return 0;
  clear(&body);
  if (!more() || c == 'g') {
    w.at += more() ? 2 : 0;
    put_good(&body, l, more() ? hole() : 4);
    c = 'L';
  } else {
    w.at += 2;
    status = hole();
    put_body(&body, l);
  }
  put_reply(l, c, status, &body);
  return 1;
}

/* Puts bytes into l->out. Returns what a read returns without them. */
static int fill(line *l)
{
  int      is_asked = l->in.n != 0 && l->conn->job != NULL;
  unsigned c;
  clear(&l->out);
  l->out_at = 0;
  if (l->ends != 0) return l->ends;
  while (at_once()) {}
  while (is_one_of(mark(), "wroO")) {
    if (!is_asked) return AMT_AGAIN; /* an idle connection is checked */
    w.at += 2; /* these come too late */
  }
  if (!more() && w.after % 2) return AMT_E_EOF;
  if (!more() && w.after == SILENT_AFTER) return AMT_AGAIN;
  c = mark();
  if (!more() || is_one_of(c, "gLCEKB")) {
    reply(l);
    return AMT_AGAIN;
  }
  w.moved = 1;
  if (is_one_of(c, ".$!u")) w.at += 2;
  if (c == '.') return AMT_AGAIN;
  if (c == '$') return AMT_E_EOF;
  if (c == '!') return AMT_E_RESET;
  if (c != 'u' && !is_asked) return AMT_AGAIN;
  w.own_words |= 3;
  if (c == '%') w.at++;
  do add_byte(&l->out, next());
  while (c != 'u' && more() && w.script[w.at] != '%');
  return AMT_AGAIN;
}

/* --- the stream --------------------------------------------------------------- */

static void line_reset(line *l)
{
  l->is_open = l->not_yet = l->is_whole = l->ends = 0;
  l->out_at = 0;
  clear(&l->in);
  clear(&l->out);
}

static int line_open(amt_stream *s, const char *host, size_t host_len,
                     uint16_t port, uint32_t left)
{
  line *l = (line *)s;
  w.io++;
  (void)left; /* left is 0 just after the limit */
  must(!l->is_open);
  must(host_len == 8 && memcmp(host, "amt.test", 8) == 0 && port == 42000);
  while (at_once()) {}
  if (!more() && w.after == AWAY_AFTER) return AMT_E_CONNECT;
  if (is_one_of(mark(), "oO")) {
    w.at += 2;
    w.moved = 1;
    return w.script[w.at - 1] == 'o' ? AMT_E_CONNECT : AMT_AGAIN;
  }
  line_reset(l);
  l->is_open = 1;
  return 1;
}

/* Only after a complete 401 may a Start be sent again. */
static void see_reply(line *l, const uint8_t *p, size_t n, int error)
{
  watched *j = of_line(l);
  size_t   at = 0, used = 0, body;
  int      e = 1;
  if (j == NULL || l->in.n == 0 || l->shadow_ended) return;
  while (at < n && e > 0 && e != AMT_HTTP_END) {
    e = amt_http_reply_next(&l->shadow, p + at, n - at, &used, &body);
    at += used;
  }
  if (e > 0 || error == 0)
    if (amt_http_reply_next(&l->shadow, p, 0, &used, &body) == AMT_HTTP_END)
      e = AMT_HTTP_END;
  if (error == AMT_E_EOF) e = amt_http_reply_eof(&l->shadow);
  l->shadow_ended = e < 0 || e == AMT_HTTP_END;
  if (e == AMT_HTTP_END && j->job.op == AMT_START && l->shadow.status == 401)
    j->refused = 1;
}

static ptrdiff_t line_read(amt_stream *s, void *to, size_t n)
{
  line  *l = (line *)s;
  size_t have;
  int    e;
  w.io++;
  must(l->is_open && n > 0);
  if (w.most % 2 == 0 && w.most != 0 && (l->not_yet = !l->not_yet) != 0) {
    w.moved = 1;
    return AMT_AGAIN;
  }
  if (l->out_at == l->out.n) {
    e = fill(l);
    if (e < 0) see_reply(l, NULL, 0, e);
    if (l->out.n == 0) return e;
  }
  have = l->out.n - l->out_at;
  if (have > n) have = n;
  if (w.most != 0 && have > w.most) have = w.most;
  w.moved = 1;
  memcpy(to, l->out.p + l->out_at, have);
  l->out_at += have;
  see_reply(l, (const uint8_t *)to, have, 0);
  return (ptrdiff_t)have;
}

/* A request is valid HTTP and JSON, whatever token or id the server has
   sent. */
static void check_request(line *l)
{
  static const char *const names[] = { "POST ", "GET ", "Host: amt.test:42000\r",
    "Authorization: Basic ", "X-AMT-LogonToken: ",
    "Accept: application/json\r", "X: y\r",
    "Connection: close\r", "Content-Type: application/", "Content-Length: " };
  const char    *p = (const char *)l->in.p, *end = strstr(p, "\r\n\r\n"), *at;
  size_t         length = 0, from, used, head, i;
  unsigned       seen = 0;
  amt_json       json;
  amt_json_token token;
  uint8_t       *body;
  must(memchr(p, 0, l->in.n) == NULL);
  if (end == NULL) return;
  head = (size_t)(end + 4 - p);
  at = strstr(p, "\r\nContent-Length: ");
  if (at != NULL && at < end) length = (size_t)atol(at + 18);
  must(l->in.n <= head + length);
  l->is_whole = l->in.n == head + length;
  if (!l->is_whole) return;
  must(strncmp(p + strcspn(p, "\r") - 9, " HTTP/1.1", 9) == 0);
  for (i = 0, at = p; *at != '\r'; at++) {
    must(*at >= 32 && *at < 127);
    i += *at == ' ';
  }
  must(i == 2);
  for (at = p; at < end; at += strcspn(at, "\r\n") + 2) {
    for (i = 0; strncmp(at, names[i], strlen(names[i])) != 0;)
      must(++i < COUNT(names)); /* an unknown header */
    must(!(seen >> i & 1u) && (at == p) == (i < 2));
    seen |= 1u << i;
    must(at[strcspn(at, "\r\n") + 1] == '\n');
  }
  if (length == 0 || strncmp(end + 4, "grant_type=password", 19) == 0) return;
  memset(&json, 0, sizeof json);
  body = exact(end + 4, length);
  for (from = 0; from < length; from += used)
    must(amt_json_next(&json, body + from, length - from, &used, &token) >= 0);
  must(amt_json_end(&json, &token) == 0);
  free(body);
}

/* A Start is sent once, and only after AMT_STARTING. */
static void check_start(watched *j)
{
  if (j->job.op != AMT_START) return;
  must(j->starting);
  j->starts++;
  must(j->starts <= 1 + (j->refused != 0));
}

static ptrdiff_t line_write(amt_stream *s, const void *p, size_t n)
{
  line    *l = (line *)s;
  watched *j = of_line(l);
  unsigned c, most;
  w.io++;
  must(l->is_open && n > 0 && j != NULL);
  while (at_once()) {}
  c = mark();
  if (is_one_of(c, "rw")) {
    w.at += 2;
    if (c == 'r') return AMT_E_RESET;
    w.moved = 1;
    most = hole();
    if (most == 0) return AMT_AGAIN;
    if (n > most) n = most;
  }
  if (l->conn->http.sent == 0) {
    check_start(j);
    clear(&l->in);
    l->is_whole = 0;
    amt_http_reply_init(&l->shadow);
    l->shadow_ended = 0;
  }
  w.moved = 1;
  must(l->conn->http.sent == l->in.n);
  add(&l->in, p, n);
  check_request(l);
  return (ptrdiff_t)n;
}

static void line_close(amt_stream *s)
{
  line_reset((line *)s);
}

static int line_wait(amt_stream *s, int want, uint32_t ms)
{
  (void)s, (void)want;
  w.io++;
  /* One amt_wait can take long: a reply may come for 600 s, a byte each 3
     ms. */
  must(++w.waits < 400000);
  if (w.moved) ms = 3;
  w.moved = 0;
  w.clock += ms;
  return ms % 7 == 6 ? AMT_INTERRUPTED : ms % 2 == 0;
}

static const amt_stream_ops line_ops = { line_open,  line_read, line_write,
                                         line_close, line_wait, 0, NULL };

/* --- what must hold for events -------------------------------------------- */

/* p must not contain WINDOW bytes of a secret, unless the script has the
   secret. memcmp is avoided, since the fuzzer would learn the secrets from it.
   It must be fast: each buffer is searched. */
static int     is_known[COUNT(secrets)];
static uint8_t is_in_secret[256];

static __attribute__((no_sanitize("coverage", "address", "undefined"))) int
holds_secret(const void *p, size_t n, unsigned s)
{
  const uint8_t *b = (const uint8_t *)p, *secret = (const uint8_t *)secrets[s];
  size_t         i, k, m, len = strlen(secrets[s]) - WINDOW;
  for (i = 0; i + WINDOW <= n; i++) {
    if (!is_in_secret[b[i + WINDOW - 1]]) i += WINDOW - 1;
    else
      for (k = 0; k <= len; k++) {
        for (m = 0; m < WINDOW && b[i + m] == secret[k + m]; m++) {}
        if (m == WINDOW) return 1;
      }
  }
  return 0;
}

static void check_no_secret(const void *p, size_t n)
{
  unsigned s;
  for (s = 0; s < COUNT(secrets); s++)
    if (!is_known[s] && !(s == 2 && (w.own_words & 2)))
      must(!holds_secret(p, n, s));
}

/* The messages come once, in order, unchanged. */
static void check_log(watched *j)
{
  static bytes want;
  must(j->given < j->visible);
  clear(&want);
  put_text(&want, j->given + 1, 0);
  must(j->text.n <= want.n && memcmp(j->text.p, want.p, j->text.n) == 0);
  if (j->job.msg_more) return;
  must(j->text.n == want.n);
  j->given++;
  clear(&j->text);
  if (w.form <= WHOLE && w.table != ONE_TEXT)
    must(j->job.has_sequence && j->job.sequence == j->given);
}

static void check_message(watched *j)
{
  const amt_job *m = &j->job;
  const uint8_t *text = (const uint8_t *)m->msg;
  must(m->msg_kind <= AMT_MSG_LOCATION);
  must(is_utf8(m->msg, m->msg_len));
  must(m->msg_len == 0 ||
       (text >= w.buf && text + m->msg_len <= w.buf + w.pool.size) ||
       (text >= (const uint8_t *)m && text + m->msg_len <=
                                      (const uint8_t *)(m + 1)));
  must(memchr(m->time, 0, sizeof m->time) != NULL);
  must(is_utf8(m->time, strlen(m->time)));
  must(m->msg_first || m->msg_len != 0 || !m->msg_more);
  /* One that was interrupted may go on after the texts of another call. */
  must(m->msg_first || j->in_message[m->msg_kind]);
  must(m->msg_kind == AMT_MSG_LOG || (!m->has_sequence && m->time[0] == 0));
  j->in_message[m->msg_kind] = m->msg_more;
  check_no_secret(m->msg, m->msg_len);
  if (m->msg_kind != AMT_MSG_LOG || (w.own_words & 1)) return;
  if (m->msg_first) clear(&j->text);
  add(&j->text, m->msg, m->msg_len);
  check_log(j);
}

/* After the end, each call gives the same and changes nothing. */
static void check_end(watched *j, amt_event e)
{
  amt_job      *m = &j->job, before = *m;
  unsigned long io = w.io;
  int           i;
  must(m->error != 0 || e == AMT_DONE);
  must(m->error == 0 || *amt_error(m->error) != 0);
  must(e != AMT_DONE || m->error != AMT_E_FORGOTTEN);
  must(m->code <= 99 && m->start <= AMT_START_KNOWN);
  must(m->start != AMT_START_NONE || j->starts == 0 || j->refused ||
       m->error == AMT_E_REDIRECT);
  must(e == AMT_DONE || m->start < AMT_START_UNKNOWN ||
       m->code == AMT_CODE_UNDEFINED || (m->flags__ & AMT__ONCE));
  if (m->log_complete && !(w.own_words & 1)) must(j->given == j->visible);
  must(m->error != AMT_E_GAP || (w.own_words & 1)); /* this log has none */
  check_no_secret(m->msg, m->msg_len);
  for (i = 0; i < 3; i++) {
    must(amt_poll(&w.pool, m, w.clock + (uint32_t)i * 100000u) == e);
    must(m->error == before.error && m->code == before.code);
    must(m->start == before.start && strcmp(m->id, before.id) == 0);
  }
  must(io == w.io);
  j->ended = e;
}

static void check_event(watched *j, amt_event e)
{
  const amt_job *m = &j->job;
  must(memchr(m->id, 0, sizeof m->id) && memchr(m->name, 0, sizeof m->name));
  must(is_utf8(m->id, strlen(m->id)) || m->start == AMT_START_NONE);
  switch (e) {
  case AMT_STARTING:
    must(!j->starting++);
    must(m->start == AMT_START_NONE);
    break;
  case AMT_STARTED:
    must(j->starts != 0 && m->start == AMT_START_KNOWN && m->id[0] != 0);
    break;
  case AMT_STATUS: must(m->status >= 0); break;
  case AMT_MESSAGE:
  case AMT_SERVER_TEXT:
    must((m->msg_kind == AMT_MSG_LOG) == (e == AMT_MESSAGE));
    check_message(j);
    break;
  case AMT_RETRYING: must(m->error != 0); break;
  case AMT_DONE:
  case AMT_FAILED: check_end(j, e); break;
  case AMT_BUSY: must(m->wait < 0x80000000u); break;
  default: must(e == AMT_STOP_ANSWERED);
  }
}

/* --- setting up ----------------------------------------------------------- */

static const char *lend(void *ctx, int begin)
{
  must(ctx == &w && w.lent == !begin);
  w.lent = begin;
  return begin ? PASSWORD : NULL;
}

static uint32_t now(void)
{
  return w.clock;
}

/* A Start with its lists in these notations. */
#define START_BODY(task_values, parameters) \
  "{\"ApplicationName\":" AMT_HOLE_APPLICATION ",\"JobName\":" AMT_HOLE_JOB \
  ",\"SubmitUser\":" AMT_HOLE_SUBMIT_USER ",\"Station\":" AMT_HOLE_STATION \
  AMT_IF(USER, ",\"User\":" AMT_HOLE_USER) \
  AMT_IF(QUEUE, ",\"QueueName\":" AMT_HOLE_QUEUE) \
  AMT_IF(TASK_VALUES, ",\"TaskValues\":" task_values) \
  AMT_IF(PARAMETERS, ",\"Parameters\":" parameters) \
  ",\"Tenant\":7}"

/* Ids in paths; bodies only where there is more to send. */
static void make_paths(amt_wire *t)
{
  static const char *const path[AMT_CALLS] = {
    NULL, "/jobs/" AMT_HOLE_APPLICATION, "/jobs/" AMT_HOLE_ID "/stop",
    "/jobs/" AMT_HOLE_ID "/" AMT_HOLE_ACTION, "/jobs/" AMT_HOLE_ID,
    "/jobs/" AMT_HOLE_ID "/log?after=" AMT_HOLE_AFTER "&x={y}"
  };
  unsigned i;
  for (i = 0; i < AMT_CALLS; i++) {
    t->call[i].path = path[i];
    t->call[i].method = i >= AMT_MONITOR ? "GET" : "POST";
    if (i != AMT_START) t->call[i].body = NULL;
  }
}

static void make_wire(amt_wire *t)
{
  *t = *amt_wire_default();
  if (w.table == FORM)
    t->call[AMT_SIGN_IN].body = "grant_type=password&username="
      AMT_HOLE_API_USER "&password=" AMT_HOLE_PASSWORD;
  if (w.table == FIXED) {
    t->call[AMT_SIGN_IN].path = NULL;
    t->call[AMT_START].body = START_BODY(AMT_HOLE_TASK_VALUES,
      AMT_AS_OBJECT(AMT_HOLE_PARAMETERS));
  }
  if (w.table == BASIC_AUTH || w.table == NO_AUTH) {
    make_paths(t);
    t->headers = w.table == NO_AUTH ? NULL
               : "Authorization: Basic " AMT_HOLE_BASIC "\r\n";
  }
  if (w.table == DOTTED) {
    t->reply[AMT_REPLY_TOKEN] = "r.Token|r.a.Token|Token";
    t->reply[AMT_REPLY_EXPIRES] = "r.a.for";
    t->reply[AMT_REPLY_ID] = "r.job.id";
    t->reply[AMT_REPLY_STATUS] = "job.status|r.job.status";
    t->reply[AMT_REPLY_MESSAGES] = "r.log.lines";
    t->reply[AMT_REPLY_SEQUENCE] = "e.n";
    t->reply[AMT_REPLY_TEXT] = "t.e|e.text";
    t->call[AMT_START].body = START_BODY(
      AMT_AS_JOINED(",", AMT_HOLE_TASK_VALUES),
      AMT_AS_PAIRS("Name", "Value", AMT_HOLE_PARAMETERS));
    t->headers = AMT_IF(TOKEN, "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n")
                 "X: y\r\n";
  }
  if (w.table == ONE_TEXT) {
    t->reply[AMT_REPLY_MESSAGES] = "Log";
    t->call[AMT_MESSAGES].body = t->call[AMT_MONITOR].body; /* no after */
  }
  if (w.table == BARE)
    t->reply[AMT_REPLY_ID] = t->reply[AMT_REPLY_STATUS] = t->reply[AMT_REPLY_MESSAGES] = "";
}

static void settle(void)
{
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"
  static const char *const values[] = { /* longer than most buffers */
    "b=\"x\xC3\xA9\\\"\n", "c=", "d=" LONG, "e=" LONG
  };
  static const unsigned short sizes[] = { 64, 65, 80, 128, 256, 1024, 4096 };
  static const uint8_t        rooms[] = { 64, 2, 18, 19, 1 };
  static const uint32_t       patience[] = { 0, 60000, AMT_ZERO, 3600000 };
  static const uint8_t        choices[12] = { 10, TABLES, FORMS, 12,
    COUNT(sizes), COUNT(rooms), 2, 4, COUNT(patience), 20, 3, 4 };
  amt_session *s = &w.session;
  int          i;
  for (i = 0; i < 12; i++)
    w.set[i] = (uint8_t)((uint8_t)(hole() & 0x7Fu) % choices[i]);
  if (more() && w.script[w.at] == '\n') w.at++;
  w.clock = 0u - 20000u; /* close to the wrap */
  w.table = w.set[1];
  w.form = w.set[2];
  w.after = w.set[7];
  make_wire(&w.wire);
  s->url = "http://amt.test:42000/base/";
  s->wire = w.table == DEFAULT ? NULL : &w.wire;
  s->user = "api";
  if (w.set[11] & 1) s->secret = lend, s->ctx = &w;
  else s->password = PASSWORD;
  s->token_room = rooms[w.set[5]];
  s->token = w.token = (char *)calloc(1, s->token_room);
  if (w.table == FIXED && s->token_room > strlen(TOKEN)) strcpy(w.token, TOKEN);
  s->messages = w.set[3] % 3;
  s->close = w.set[3] / 3 % 2;
  s->start_kept = w.set[5] & 1;
  s->give_up = patience[w.set[8]];
  if (w.set[8] == 1) s->initial_delay = AMT_ZERO, s->poll = AMT_ZERO;
  if (w.set[8] == 2) s->poll_max = 60000;
  if (w.set[11] & 2) s->seed = 12345;
  w.task.application = "DEMO &\xC3\xA4";
  w.task.job = "REPORT";
  w.task.parameters = w.task.task_values = values;
  w.task.parameter_count = w.task.task_value_count = w.set[6] * COUNT(values);
  w.jobs = w.set[10] == 0 ? 1 : 2;
  w.pool.conn = w.conn;
  w.pool.count = w.set[10] == 2 ? 2 : 1;
  w.pool.size = sizes[w.set[4]];
  w.pool.buf = w.buf = (uint8_t *)calloc(1, w.pool.size);
  for (i = 0; i < JOBS; i++) {
    lines[i].stream.ops = &line_ops;
    lines[i].conn = &w.conn[i];
    w.conn[i].http.stream = &lines[i].stream;
    line_reset(&lines[i]);
  }
}

static void begin(watched *j, int how)
{
  bytes text = j->text;
  memset(j, 0, sizeof *j);
  j->text = text;
  clear(&j->text);
  if (how < AMT_CALLS) amt_once(&j->job, &w.session, (amt_op)how, &w.task,
                                "2112");
  else if (how % 2 == 0) amt_start(&j->job, &w.session, &w.task);
  else amt_attach(&j->job, &w.session, w.task.application, "2112");
}

/* What happens between two polls. */
static void meddle(watched *j)
{
  if (w.stop != 0 && !j->ended) amt_stop(&j->job, (amt_op)w.stop);
  if (w.credentials)
    amt_session_credentials(&w.session, "api",
                            w.session.secret != NULL ? NULL : PASSWORD);
  if (w.drop && !j->ended) {
    amt_drop(&w.pool, &j->job);
    must(j->job.error == AMT_E_FORGOTTEN);
  }
  w.stop = w.drop = w.credentials = 0;
}

/* Whose turn is it? The job that holds the buffer goes first. */
static watched *turn(unsigned long polls)
{
  watched *j = &watch[polls % (unsigned)w.jobs];
  int      i;
  for (i = 0; i < w.jobs; i++) {
    if (w.pool.holder != &watch[i].job || j == &watch[i]) continue;
    if (!j->ended && polls % 5 == 0) { /* the other must wait */
      must(amt_poll(&w.pool, &j->job, w.clock) == AMT_BUSY);
      must(j->job.wait == 0);
    }
    return &watch[i];
  }
  return j->ended ? &watch[w.jobs - 1 - (j - watch)] : j;
}

/* Time to the next poll: a moment while bytes move, or if no read was tried;
   otherwise what the job asks for. */
static uint32_t rest(const watched *j, unsigned long io)
{
  unsigned i;
  if (w.moved) return 3;
  for (i = 0; i < w.pool.count; i++)
    if (w.conn[i].job == &j->job && w.io == io) return 3;
  return j->job.wait;
}

static void run(void)
{
  unsigned long polls, since_end = 0;
  int           i, over = 0;
  for (polls = 1; !over; polls++) {
    watched      *j = turn(polls);
    unsigned long io = w.io;
    amt_event     e;
    if (polls == (unsigned)w.set[9] * 3u)
      w.stop = w.set[9] % 2 ? AMT_STOP : AMT_KILL;
    meddle(j);
    w.moved = 0;
    w.waits = 0;
    e = w.set[3] / 6 ? amt_wait(&w.pool, &j->job, now)
                     : amt_poll(&w.pool, &j->job, w.clock);
    check_event(j, e);
    if (e == AMT_BUSY || e == AMT_RETRYING) w.clock += rest(j, io);
    must(polls < 1000000); /* and it ends soon after the script */
    if (!more()) must(++since_end < 100000);
    for (i = 0, over = 1; i < w.jobs; i++) over = over && watch[i].ended;
  }
}

/* No secret remains in memory that the library used. */
static void check_wiped(size_t token_room)
{
  size_t i;
  check_no_secret(w.token, token_room);
  check_no_secret(w.buf, w.pool.size);
  check_no_secret(&w.session, sizeof w.session);
  for (i = 0; i < JOBS; i++) {
    check_no_secret(&w.conn[i], sizeof w.conn[i]);
    check_no_secret(&watch[i].job, sizeof watch[i].job);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  size_t room;
  int    i, round;
  memset(&w, 0, sizeof w);
  w.script = p;
  w.n = n;
  for (i = 0; i < (int)COUNT(secrets); i++) {
    const char *c;
    for (c = secrets[i]; *c != 0; c++) is_in_secret[(uint8_t)*c] = 1;
    is_known[i] = holds_secret(p, n, (unsigned)i);
  }
  settle();
  /* What is left of the script serves further jobs. */
  for (round = 0; round < 3 && (round == 0 || more()); round++) {
    for (i = 0; i < w.jobs; i++)
      begin(&watch[i], (w.set[0] + AMT_CALLS + i + round) % 10);
    run();
  }
  room = w.session.token_room;
  amt_pool_end(&w.pool);
  amt_session_end(&w.session);
  must(!w.lent);
  must(!lines[0].is_open && !lines[1].is_open);
  check_wiped(room);
  free(w.buf);
  free(w.token);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
