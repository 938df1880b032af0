/* play.c - the player of play.h. */

#include "play.h"
#include "edge.h"

const int for_ever[1] = { 2 };

void play_init(play *p)
{
  memset(p, 0, sizeof *p);
  server_init(&p->srv);
  p->to = &p->srv;
  p->s.user = "ocadm";
  p->s.password = "opconxps";
  p->s.token = p->token;
  p->s.token_room = sizeof p->token;
  p->t.application = "DEMO2";
  p->t.job = "REPORTTEST01";
  p->split = p->cut = ALL;
  p->now = p->began = 1000;
  p->stop_op = AMT_KILL;
}

void play_start(play *p)
{
  p->began = p->now;
  p->once = 0;
  amt_start(&p->j, &p->s, &p->t);
}

void play_attach(play *p)
{
  p->began = p->now;
  p->once = 0;
  amt_attach(&p->j, &p->s, "DEMO2", "2112");
}

void play_once_of(play *p, amt_op op, const amt_task *t, const char *id)
{
  p->once = 1;
  amt_once(&p->j, &p->s, op, t, id);
}

void play_once(play *p, amt_op op)
{
  play_once_of(p, op, &p->t, op == AMT_START ? NULL : "2112");
}

void play_free(play *p)
{
  server_free(&p->srv);
  text_free(&p->rows);
}

void play_rows(play *p, const step *rows, size_t n)
{
  size_t i;
  p->srv.steps = rows, p->srv.step_count = n;
  for (i = 0; i < n; i++)
    text_put(&p->rows, "To %s: %d, %.1000s, %s\n", op_name[rows[i].op],
             rows[i].status, rows[i].body ? rows[i].body : "no body",
             rows[i].untaken ? "untaken" : error_name(rows[i].error));
}

/* --- one play at a time, described if its test fails ---------------------- */

static play    *stage;
static unsigned runs; /* in this test */

void play_passed(void)
{
  if (stage == NULL) return;
  play_free(stage);
  free(stage);
  stage = NULL;
}

play *play_new(void)
{
  play_passed();
  stage = (play *)malloc(sizeof *stage);
  assert_non_null(stage);
  play_init(stage);
  runs++;
  return stage;
}

play *play_with_rows(const step *rows, size_t n)
{
  play *p = play_new();
  play_rows(p, rows, n);
  return p;
}

int play_end(void **state)
{
  play *p = stage;
  (void)state;
  if (p != NULL) {
    print_error("It failed in play %u of this test", runs);
    if (p->chunk != 0)
      print_error(", in pieces of %lu", (unsigned long)p->chunk);
    if (p->split != ALL)
      print_error(", split at %lu", (unsigned long)p->split);
    print_error(".\n%sWhat had happened:\n%s\n", text_of(&p->rows),
                text_of(&p->srv.log.text));
  }
  play_passed();
  runs = 0;
  return 0;
}

/* --- the run -------------------------------------------------------------- */

amt_wire *play_wire(play *p)
{
  p->wire = *amt_wire_default();
  p->s.wire = &p->wire;
  return &p->wire;
}

amt_wire *play_auth(play *p, int how)
{
  amt_wire *w = play_wire(p);
  w->call[AMT_SIGN_IN].path = NULL;
  if (how == BASIC) w->headers = BASIC_HEADER;
  if (how == NOBODY) w->headers = NULL;
  p->srv.scheme = NULL;
  return w;
}

void play_cut(play *p, amt_op op, size_t bytes, int error)
{
  p->cut_op = (int)op, p->cut = bytes, p->cut_error = error;
}

void play_part(const amt_job *j, part put, text *to)
{
  static const size_t sizes[] = { ALL, 1, 7, 64 }; /* all at once first */
  amt_window count, o;
  amt_window_init(&count, NULL, 0, 0);
  size_t  i, at;
  put(j, &count);
  for (i = 0; i < COUNT(sizes); i++) {
    size_t size = sizes[i] == ALL ? count.total + 1 : sizes[i];
    text   t = {0};
    for (at = 0; at < count.total; at += o.len) {
      char *w = (char *)malloc(size);
      assert_non_null(w);
      amt_window_init(&o, w, size, at);
      put(j, &o);
      assert_int_equal(o.total, count.total);
      assert_int_equal(o.len, count.total - at < size ? count.total - at
                                                      : size);
      text_bytes(&t, w, o.len);
      free(w);
    }
    if (i == 0) text_bytes(to, text_of(&t), t.len);
    else assert_string_equal(text_of(&t), text_of(to));
    text_free(&t);
  }
}

static int json_ok(const char *text_, size_t n)
{
  amt_json       json;
  amt_json_token token;
  char          *copy = (char *)malloc(n + 1);
  size_t         at = 0, used;
  int            e;
  assert_non_null(copy);
  memcpy(copy, text_, n);
  memset(&json, 0, sizeof json);
  do {
    e = amt_json_next(&json, copy + at, n - at, &used, &token);
    at += used;
  } while (e > 0);
  while (e == 0 && (e = amt_json_end(&json, &token)) > 0) e = 0;
  free(copy);
  return e == 0;
}

void play_event(play *p, amt_event e)
{
  p->last = e;
  if (e == AMT_BUSY || e == AMT_CALL) return;
  log_event(&p->srv.log, &p->j, e);
  /* The published advice for 23 and 24 is to start the job again. */
  if (e == AMT_FAILED && p->j.start >= AMT_START_UNKNOWN && !p->once)
    assert_int_equal(p->j.code, AMT_CODE_UNDEFINED);
  if (e == AMT_DONE || e == AMT_FAILED) p->ended = 1;
  if (++p->events == p->stop_after) amt_stop(&p->j, p->stop_op);
}

/* Pulls events in the middle of a reply. Returns how many. */
static unsigned play_pull(play *p)
{
  unsigned n = 0;
  while (!p->ended) {
    amt_event e = amt_next(&p->j, p->now);
    if (e == AMT_BUSY) return n;
    assert_int_not_equal(e, AMT_CALL);
    play_event(p, e);
    n++;
  }
  return n;
}

static void play_data(play *p, const char *from, size_t n)
{
  unsigned char *block = edge_copy(from, n);
  size_t   at = 0;
  while (at < n) {
    size_t took = amt_reply_data(&p->j, block + at, n - at);
    assert_true(took <= n - at);
    at += took;
    if (play_pull(p) == 0 && took == 0) fail_msg("no byte and no event");
  }
  edge_check();
}

static void play_reply(play *p, const reply *r, size_t n, int error)
{
  size_t at = 0, piece;
  if (r->status != 0) {
    amt_reply_status(&p->j, r->status, r->retry);
    while (at < n) {
      piece = p->chunk ? p->chunk : n;
      if (at < p->split && p->split < n) piece = p->split - at;
      if (piece > n - at) piece = n - at;
      play_data(p, r->body.p + at, piece);
      at += piece;
      if (p->stop_in_reply && p->j.op == AMT_START) {
        p->stop_in_reply = 0;
        amt_stop(&p->j, p->stop_op);
      }
    }
  }
  amt_reply_end(&p->j, error, !r->untaken);
}

/* No part of the head may break a line or have control characters. */
static void check_head(text *path, text *headers)
{
  size_t n;
  assert_null(strpbrk(text_of(path), "\r\n "));
  for (n = 0; n < headers->len; n++) {
    assert_true((unsigned char)headers->p[n] >= 32 ||
                strchr("\r\n\t", headers->p[n]) != NULL);
    if (headers->p[n] == '\r') assert_int_equal(headers->p[n + 1], '\n');
    if (headers->p[n] == '\n') assert_int_equal(headers->p[n - 1], '\r');
  }
  assert_null(strstr(text_of(headers), "\r\n\r\n"));
  if (headers->len) assert_int_equal(headers->p[headers->len - 1], '\n');
}

/* Checks the request, records it, and answers it. */
static void play_request(play *p, reply *r)
{
  amt_job *j = &p->j;
  text     path = {0}, headers = {0}, body = {0};
  assert_in_range(j->op, 0, AMT_CALLS - 1);
  play_part(j, amt_call_path, &path);
  play_part(j, amt_call_headers, &headers);
  if (amt_call_has_body(j)) play_part(j, amt_call_body, &body);
  check_head(&path, &headers);
  if (body.len && body.p[0] == '{') assert_true(json_ok(body.p, body.len));
  text_put(&p->srv.calls, "%s %s\n", amt_call_method(j), path.p);
  text_bytes(&p->srv.calls, headers.p, headers.len);
  text_bytes(&p->srv.calls, "\n", 1);
  text_bytes(&p->srv.calls, text_of(&body), body.len);
  text_bytes(&p->srv.calls, "\n", 1);
  server_answer(p->to, j->op, text_of(&headers), body.p, r);
  text_free(&path);
  text_free(&headers);
  text_free(&body);
}

/* The server is away for a while, or no longer accepts an old token. */
static void play_denials(play *p, int op, reply *r)
{
  uint32_t t = p->now - p->began;
  if (op == AMT_MONITOR && ((t >= p->outage[0] && t < p->outage[1]) ||
                            (t >= p->outage[2] && t < p->outage[3]))) {
    r->status = 503;
    text_clear(&r->body);
  }
  if (p->token_life == 0) return;
  if (op == AMT_SIGN_IN) p->token_time = p->now;
  else if (p->now - p->token_time > p->token_life)
    r->status = 401, p->denied++;
}

void play_call(play *p)
{
  int    op = p->j.op, error;
  size_t n;
  reply  r;
  assert_true(p->calls < 10000);
  if (p->calls < COUNT(p->call_time)) p->call_time[p->calls] = p->now;
  p->calls++;
  play_request(p, &r);
  play_denials(p, op, &r);
  n = r.body.len, error = r.error;
  if (op == p->cut_op && p->cut < n) {
    n = p->cut, error = p->cut_error;
    p->cut = ALL;
  }
  if (!r.untaken) amt_reply_sent(&p->j);
  play_reply(p, &r, n, error);
  text_free(&r.body);
}

void play_until(play *p, amt_event until)
{
  unsigned idle = 0, turns = 0;
  while (!p->ended) {
    amt_event e = amt_next(&p->j, p->now);
    if (++turns > 100000) fail_msg("the run does not end:\n%.2000s",
                                   text_of(&p->srv.log.text));
    play_event(p, e);
    if (e == AMT_CALL || e == AMT_BUSY) assert_null(p->j.msg);
    if (e == AMT_CALL) {
      play_call(p);
      idle = 0;
    } else if (e == AMT_BUSY) {
      assert_true(p->j.wait < 0x80000000u);
      p->now += p->j.wait;
      idle = p->j.wait ? 0 : idle + 1;
      if (idle > 10) fail_msg("AMT_BUSY with wait 0, ten times");
    }
    if (e == until) return;
  }
}

void play_run(play *p)
{
  amt_event e;
  uint8_t   code;
  play_until(p, AMT_DONE); /* or AMT_FAILED */
  e = p->last, code = p->j.code; /* the end is final */
  assert_int_equal(amt_next(&p->j, p->now), e);
  assert_int_equal(amt_next(&p->j, p->now + 100000), e);
  assert_int_equal(p->j.code, code);
  assert_null(p->s.signing__); /* the session is free */
  assert_int_equal(p->s.producing__, 0);
}

void play_job(play *p)
{
  play_start(p);
  play_run(p);
}

void texts_of(event_log *l, text *to)
{
  const char *p = text_of(&l->text);
  while (*p) {
    const char *end = strchr(p, '\n');
    if (strncmp(p, "message", 7) == 0) {
      p += 7;
      while (*p == ' ' && (p[1] == '#' || p[1] == '@')) {
        p++;
        while (*p != ' ') p++;
      }
      text_bytes(to, p, (size_t)(end - p) + 1);
    }
    p = end + 1;
  }
}

play *reply_once(amt_op op, int status, const char *body, size_t piece)
{
  static step s;
  step  now = REPLY(op, status, body, .times = ALWAYS);
  play *p;
  s = now;
  p = play_with_rows(&s, 1);
  p->chunk = piece;
  play_once(p, op);
  play_run(p);
  return p;
}

void play_to(play *p, amt_event until)
{
  play_start(p);
  play_until(p, until);
}

/* --- what must be seen ---------------------------------------------------- */

void expect_has_(text *t, const char *s, int has, const char *file, int line)
{
  if ((strstr(text_of(t), s) != NULL) == has) return;
  print_error("%s in it:\n%s\nof:\n%s\n", has ? "not" : "yet", s, text_of(t));
  _fail(file, line);
}

void expect_texts_(play *p, const char *s, const char *file, int line)
{
  text got = {0};
  texts_of(&p->srv.log, &got);
  expect_text_(text_of(&got), s, file, line);
  text_free(&got);
}

void expect_whole_(text *t, const char *file, int line, const char *format, ...)
{
  char    want[2000];
  va_list a;
  va_start(a, format);
  assert_in_range(vsnprintf(want, sizeof want, format, a), 0, sizeof want - 1);
  va_end(a);
  expect_text_(text_of(t), want, file, line);
}

void expect_end_(play *p, const char *file, int line, const char *format, ...)
{
  const char *last, *at;
  char        want[200];
  va_list     a;
  va_start(a, format);
  vsnprintf(want, sizeof want, format, a);
  va_end(a);
  for (last = at = text_of(&p->srv.log.text); *at != 0; at++)
    if (*at == '\n' && at[1] != 0) last = at + 1;
  if ((size_t)(at - last) == strlen(want) + 1 &&
      memcmp(last, want, strlen(want)) == 0) return;
  print_error("it ends:  %sand not: %s\n", last, want);
  _fail(file, line);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
