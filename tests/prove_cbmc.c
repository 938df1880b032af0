/* What CBMC proves for each function below: no access out of bounds, no
   overflow of a signed number or a pointer, no invalid shift, and every assert.
   tests/prove_cbmc.sh has the list and the assumptions. */
#include <assert.h>
#include <stddef.h>
static void *first_of(const void *p, int c, size_t n);
#define memchr first_of
#define AMT_IMPLEMENTATION
#define AMT__TLS /* brings amt_tls.h without a backend */
#include "amt.h"
#undef memchr

#ifndef TEXT
#define TEXT 3 /* bytes of the text, */
#endif
#ifndef VALUE
#define VALUE 2 /* of a value and an id, */
#endif
#ifndef BYTES
#define BYTES 4 /* and at most of anything else */
#endif
enum { ROOM = 8 };

void    *malloc(size_t n);
size_t   nondet_size(void);
unsigned nondet_number(void);
char     nondet_char(void);
_Bool    nondet_bool(void);

/* C11 7.24.5.1: reads one byte after another and stops at the one it finds. */
static void *first_of(const void *p, int c, size_t n)
{
  const unsigned char *at = p;
  size_t               i;
  for (i = 0; i < n; i++)
    if (at[i] == (unsigned char)c) return (void *)(at + i);
  return NULL;
}

/* --- stubs for functions that have a proof of their own: each checks that its
   caller keeps the contract, then does anything that the contract allows --- */

void put_stands(amt_window *o, const void *p, size_t n)
{
  assert(n == 0 || __CPROVER_r_ok(p, n));
  assert(o->len <= o->cap);
  o->len = nondet_size();
  __CPROVER_assume(o->len <= o->cap);
  o->total = nondet_size();
}

void put_char_stands(amt_window *o, char c)
{
  put_stands(o, &c, 1);
}

void put_number_stands(amt_window *o, uint64_t n)
{
  put_stands(o, &n, sizeof n);
}

void put_as_stands(amt_window *o, const char *text, size_t n,
                          unsigned how)
{
  (void)how;
  put_stands(o, text, n);
}

void put_string_stands(amt_window *o, const char *text, size_t n)
{
  put_stands(o, text, n);
}

void put_base64_stands(amt_window *o, const char *user,
                              const char *password)
{
  put_stands(o, user, amt__length(user) + 1);
  put_stands(o, password, amt__length(password) + 1);
}

int address_4_stands(uint8_t *ip, const char *p, size_t n)
{
  assert(__CPROVER_w_ok(ip, 4) && (n == 0 || __CPROVER_r_ok(p, n)));
  if (nondet_bool()) return 0;
  ip[3] = (uint8_t)nondet_number();
  return 1;
}

/* It takes an empty number, too: so ten bytes hold more groups than fit. */
int uint64_stands(const char *p, size_t n, unsigned base, uint64_t *value)
{
  assert(n == 0 || __CPROVER_r_ok(p, n));
  *value = nondet_size();
  return base == 16 && nondet_bool();
}

int utf8_stands(const char *text, size_t n, unsigned word)
{
  (void)word;
  assert(n == 0 || __CPROVER_r_ok(text, n));
  return nondet_bool();
}

int bare_id_stands(amt_json *json, const char *id, char *room,
                          amt_json_token *t)
{
  size_t n = amt__length(id), from = nondet_size();
  assert(__CPROVER_w_ok(json, sizeof *json));
  assert(__CPROVER_w_ok(room, AMT_ID_SIZE));
  t->text = id;
  t->len = n;
  if (n >= AMT_ID_SIZE || nondet_bool()) return 0;
  __CPROVER_havoc_slice(room, AMT_ID_SIZE);
  t->len = nondet_size();
  __CPROVER_assume(from <= n && t->len <= n - from);
  t->text = room + from;
  return nondet_bool();
}

/* The token's text lies within the bytes. Row id proves that for short ones. */
int next_stands(amt_json *t, void *p, size_t n, size_t *used,
                amt_json_token *token)
{
  size_t from = nondet_size();
  assert(__CPROVER_w_ok(t, sizeof *t) && (n == 0 || __CPROVER_w_ok(p, n)));
  t->state = (uint8_t)nondet_number();
  *used = nondet_size();
  token->len = nondet_size();
  __CPROVER_assume(*used <= n && from <= n && token->len <= n - from);
  token->text = (char *)p + from;
  return (int)nondet_number();
}

#if AMT_WIDE > 0
size_t over_stands(const unsigned char *p, size_t i, size_t n, int kind)
{
  size_t k = nondet_size();
  assert(kind >= AMT__STRING && kind <= AMT__NAME_TEXT);
  assert(i <= n && (n == 0 || __CPROVER_r_ok(p, n)));
  __CPROVER_assume(i <= k && k <= n);
  return k;
}

unsigned find_stands(const unsigned char *p, size_t n)
{
  unsigned stands = nondet_number();
  assert(n >= 5 && n <= 17 && __CPROVER_r_ok(p, n));
  __CPROVER_assume(stands == 0 || (stands >= AMT__H_LOCATION &&
                                   stands <= AMT__H_IDENTITY));
  return stands;
}

/* What a head's scanner may do to the parser: its state stays valid. */
static size_t goes_on(amt_http_reply *r, const unsigned char *p, size_t i,
                      size_t n)
{
  size_t k = nondet_size();
  assert(__CPROVER_w_ok(r, sizeof *r));
  assert(i <= n && (n == 0 || __CPROVER_r_ok(p, n)));
  __CPROVER_havoc_object(r);
  __CPROVER_assume(i <= k && k <= n);
  return k;
}

void piece_stands(amt_http_reply *r, const unsigned char *p, size_t i,
                  size_t end)
{
  goes_on(r, p, i, end);
}

size_t name_stands(amt_http_reply *r, const unsigned char *p, size_t i,
                   size_t n)
{
  return goes_on(r, p, i, n);
}

size_t status_stands(amt_http_reply *r, const unsigned char *p, size_t i,
                     size_t n)
{
  return goes_on(r, p, i, n);
}

size_t field_stands(amt_http_reply *r, const unsigned char *p, size_t i,
                    size_t n)
{
  return goes_on(r, p, i, n);
}

/* These two look at the state alone. Eva proves them (row http). */
int ended_stands(amt_http_reply *r, unsigned c)
{
  assert(c <= 255u && __CPROVER_w_ok(r, sizeof *r));
  __CPROVER_havoc_object(r);
  return (int)nondet_number();
}

int line_stands(amt_http_reply *r)
{
  return ended_stands(r, '\n');
}

unsigned follow_stands(unsigned place, unsigned n, unsigned c)
{
  unsigned next = nondet_number();
  (void)place, (void)n;
  assert(c <= 255u);
  __CPROVER_assume(next <= AMT__H_NONE);
  return next;
}

/* The word that amt__http_find names is there: row find. */
void *first_stands(const void *p, int c, size_t n)
{
  size_t at = nondet_size();
  (void)c;
  assert(__CPROVER_r_ok(p, n));
  __CPROVER_assume(at < n);
  return (char *)p + at;
}
#endif

/* --- any job ---------------------------------------------------------------- */

static char        text[TEXT + 1], value[VALUE + 1], room[ROOM];
static const char *list[2];
static amt_session session;
static amt_task    task;
static amt_job     job;
static amt_wire    wire;
static amt_window  window;

static const char *maybe(void)
{
  return nondet_bool() ? value : NULL;
}

/* CBMC loses track of a pointer that memcpy reads. */
const char *value_stands(const amt_job *j, unsigned word)
{
  if (word == AMT__W_ID) return j->id;
  return maybe();
}

static void any_window(void)
{
  window.buf = room;
  window.cap = nondet_size();
  window.len = nondet_size();
  __CPROVER_assume(window.cap <= ROOM && window.len <= window.cap);
  window.from = nondet_size();
  window.total = nondet_size();
}

static void any_job(void)
{
  size_t i;
  for (i = 0; i < TEXT; i++) text[i] = nondet_char();
  for (i = 0; i < VALUE; i++) value[i] = nondet_char();
  for (i = 0; i < VALUE; i++) job.id[i] = nondet_char();
  wire.call[AMT_SIGN_IN].path = maybe();
  session.wire = &wire;
  session.user = maybe();
  session.password = maybe();
  session.token = nondet_bool() ? value : NULL;
  task.job = maybe();
  task.script = maybe();
  task.submit_user = maybe();
  task.station = maybe();
  task.run_as = maybe();
  task.queue = maybe();
  list[0] = maybe();
  list[1] = maybe();
  task.task_values = task.parameters = list;
  task.task_value_count = nondet_size();
  task.parameter_count = nondet_size();
  __CPROVER_assume(task.task_value_count <= 2 && task.parameter_count <= 2);
  job.session__ = &session;
  job.task__ = nondet_bool() ? &task : NULL;
  job.application__ = maybe();
  job.op = (uint8_t)nondet_number();
  job.phase__ = (uint8_t)nondet_number();
  job.start = (uint8_t)nondet_number();
  job.flags__ = (uint16_t)nondet_number();
  __CPROVER_assume(job.op < AMT_CALLS);
  any_window();
}

/* Up to BYTES bytes, at the end of their object. */
static unsigned char *any_bytes(size_t *n)
{
  *n = nondet_size();
  __CPROVER_assume(*n <= BYTES);
  return malloc(*n);
}

static unsigned any_kind(void)
{
  unsigned where = nondet_number();
  __CPROVER_assume(where >= AMT__IN_PATH && where <= AMT__IN_JSON);
  return where;
}

/* --- the proofs --- */

/* A request, from its start or anywhere. */
void prove_walk(void)
{
  unsigned  word = 0;
  amt_place place;
  any_job();
  place.total = nondet_size();
  place.at = nondet_size();
  place.index = nondet_size();
  place.offset = 0;
  amt__fill(&job, &window, text, any_kind(), nondet_bool() ? &place : NULL,
            nondet_bool() ? &word : NULL);
  assert(window.len <= window.cap);
}

void prove_value(void)
{
  size_t      n;
  const char *p = (const char *)any_bytes(&n);
  unsigned    how = nondet_number();
  __CPROVER_assume(how <= AMT__SECRETLY);
  any_window();
  amt__put_as(&window, p, n, how);
  assert(window.len <= window.cap);
}

void prove_put(void)
{
  size_t      n;
  const void *p = any_bytes(&n);
  any_window();
  amt_put(&window, p, n);
  assert(window.len <= window.cap);
  amt__put_char(&window, 'x');
  assert(window.len <= window.cap);
}

void prove_base64(void)
{
  any_job();
  any_window();
  amt__put_base64(&window, value, text);
}

void prove_id(void)
{
  amt_json       json;
  amt_json_token t;
  char           to[AMT_ID_SIZE];
  any_job();
  memset(&json, 0, sizeof json);
  amt__bare_id(&json, job.id, to, &t);
  assert(t.len == 0 || __CPROVER_r_ok(t.text, t.len));
}

/* An id of any length, even too long. */
void prove_long_id(void)
{
  static char    id[AMT_ID_SIZE + 3];
  size_t         n = nondet_size();
  amt_json       json;
  amt_json_token t;
  char           to[AMT_ID_SIZE];
  __CPROVER_assume(n < sizeof id);
  memset(id, '7', n);
  id[0] = nondet_char();
  amt__bare_id(&json, id, to, &t);
  assert(t.len == 0 || __CPROVER_r_ok(t.text, t.len));
}

void prove_utf8(void)
{
  size_t               n;
  const unsigned char *p = any_bytes(&n);
  amt_utf8((const char *)p, n);
#if AMT_WIDE > 0
  amt__is_utf8((const char *)p, n, AMT__W_JOB);
#endif
}

void prove_url(void)
{
  amt_url u;
  any_job();
  if (amt_url_parse(&u, text) != 0) return;
  assert(u.host >= text && u.host_len <= TEXT);
  assert(u.path[u.path_len] == 0 && u.port != 0);
}

void prove_address_4(void)
{
  size_t               n;
  const unsigned char *p = any_bytes(&n);
  uint8_t              ip[4];
  amt__address_4(ip, (const char *)p, n);
}

void prove_address_6(void)
{
  size_t               n;
  const unsigned char *p = any_bytes(&n);
  uint8_t              ip[16];
  amt__address_6(ip, (const char *)p, n);
}

void prove_uint64(void)
{
  size_t               n;
  const unsigned char *p = any_bytes(&n);
  uint64_t             v;
  amt_uint64((const char *)p, n, nondet_bool() ? 10 : 16, &v);
}

/* One byte, from any state that bytes can lead to: the depth stays bounded. */
void prove_certificate(void)
{
  amt_tls_reader r;
  __CPROVER_assume(r.depth <= 7 && r.ip_len <= 16);
  amt__cert_step(&r, (uint8_t)nondet_char());
  assert(r.depth <= 7 && r.ip_len <= 16);
}

void prove_begin(void)
{
  amt_tls_reader r;
  amt__cert_init(&r);
  assert(r.depth <= 7);
}

#if AMT_WIDE > 0
/* The wide scanner stops exactly where the bytes, one at a time, would. */
void prove_over(void)
{
  size_t               n, k, at = nondet_size(), from = nondet_size();
  const unsigned char *p = any_bytes(&n);
  int                  kind = (int)nondet_number();
  __CPROVER_assume(from <= n && kind >= AMT__STRING && kind <= AMT__NAME_TEXT);
  k = amt__over(p, from, n, kind);
  assert(from <= k && k <= n);
  assert(k == n || amt__marks_byte(p[k], kind));
  if (from <= at && at < k) assert(!amt__marks_byte(p[at], kind));
}

void prove_find(void)
{
  size_t               n;
  const unsigned char *p = any_bytes(&n);
  unsigned             stands;
  if (n < 5 || n > 17) return; /* as amt__http_known does */
  stands = amt__http_find(p, n);
  assert(stands == 0 || (stands >= AMT__H_LOCATION &&
                         stands <= AMT__H_IDENTITY));
  assert(stands == 0 || first_of(amt__http_words, (int)stands, AMT__H_NONE));
}

/* The functions that read whole lines of a head, each from any state. */
typedef size_t scan(amt_http_reply *r, const unsigned char *p, size_t i,
                    size_t n);

static size_t lines(amt_http_reply *r, const unsigned char *p, size_t i,
                    size_t n)
{
  amt__http_lines(r, p, &i, n);
  return i;
}

static void prove_scan(scan *f)
{
  size_t               n, i = nondet_size(), k;
  const unsigned char *p = any_bytes(&n);
  amt_http_reply       r;
  __CPROVER_assume(i <= n);
  k = f(&r, p, i, n);
  assert(i <= k && k <= n);
}

void prove_piece(void)
{
  size_t               n, i = nondet_size();
  const unsigned char *p = any_bytes(&n);
  amt_http_reply       r;
  __CPROVER_assume(i <= n);
  amt__http_piece(&r, p, i, n);
}

void prove_name(void) { prove_scan(amt__http_name); }
void prove_status(void) { prove_scan(amt__http_status); }
void prove_field(void) { prove_scan(amt__http_value); }
void prove_lines(void) { prove_scan(lines); }

void prove_chunk(void)
{
  size_t               n;
  const unsigned char *p = any_bytes(&n);
  amt_http_reply       r;
  assert(amt__http_chunk(&r, p, n) <= n);
}
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
