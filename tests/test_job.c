/* test_job.c - a job over fed replies: amt_next and amt_reply_..., no I/O.

   cc -std=gnu99 -I. tests/test_job.c -lcmocka -o test_job && ./test_job

   Each run is written down as text, calls and events, and compared. The bytes
   of a reply come in blocks that end at an unreadable page, so that a step
   beyond them is a crash. */

#define AMT_IMPLEMENTATION
#include "amt.h"
#include "server.h"
#include "edge.h"

/* --- one run -------------------------------------------------------------- */

typedef struct play {
  amt_session s;
  amt_task    t;
  amt_job     j;
  char        token[24];
  server      srv;
  server     *to;          /* whose mind answers; &srv, or shared */
  uint32_t    now;
  size_t      chunk;       /* bytes of a reply at a time; 0: all */
  size_t      split;       /* or cut once, here */
  size_t      cut;         /* the first reply of cut_op breaks off here */
  int         cut_op;
  int         cut_error;
  uint32_t    outage[4];   /* monitor answers 503 from, to; from, to */
  uint32_t    began;
  uint32_t    token_life, token_time; /* the server's idea of it */
  unsigned    denied;      /* requests with an old token */
  uint32_t    call_time[64];
  size_t      calls;       /* of all kinds */
  amt_event   last;        /* event */
  unsigned    events;
  unsigned    stop_after;  /* amt_stop after so many events; 0: never */
  amt_op      stop_op;
  int         stop_in_reply; /* amt_stop in the middle of the Start's reply */
  int         ended;
} play;

static void play_init(play *p)
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

static void play_start(play *p)
{
  p->began = p->now;
  amt_start(&p->j, &p->s, &p->t);
}

static void play_free(play *p) { server_free(&p->srv); }

#define play_steps(p, table) \
  ((p)->srv.steps = (table), (p)->srv.step_count = COUNT(table))
#define play_status(p, table) \
  ((p)->srv.status = (table), (p)->srv.status_count = COUNT(table))
#define play_messages(p, table) \
  ((p)->srv.message = (table), (p)->srv.message_count = COUNT(table))

typedef void (*part)(const amt_job *j, amt_out *o);

/* A part of the request: the same through windows of any size. */
static void play_part(const amt_job *j, part put, text *to)
{
  static const size_t sizes[] = { 1, 7, 64 };
  amt_out count = amt_out_window(NULL, 0, 0), o;
  size_t  i, at;
  put(j, &count);
  for (i = 0; i < COUNT(sizes); i++) {
    text t = {0};
    for (at = 0; at < count.total; at += o.len) {
      char *w = (char *)malloc(sizes[i]);
      assert_non_null(w);
      o = amt_out_window(w, sizes[i], at);
      put(j, &o);
      assert_int_equal(o.total, count.total);
      assert_int_equal(o.len, count.total - at < sizes[i] ? count.total - at
                                                          : sizes[i]);
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

static void play_event(play *p, amt_event e)
{
  p->last = e;
  if (e == AMT_BUSY || e == AMT_CALL) return;
  log_event(&p->srv.log, &p->j, e);
  /* The published advice for 23 and 24 is to start the job again. */
  if (e == AMT_FAILED && p->j.start >= AMT_START_UNKNOWN &&
      !(p->j.flags__ & AMT__ONCE))
    assert_int_equal(p->j.code, AMT_CODE_UNDEFINED);
  if (e == AMT_DONE || e == AMT_FAILED) p->ended = 1;
  if (++p->events == p->stop_after) amt_stop(&p->j, p->stop_op);
}

/* Events that wait in the midst of a reply. Returns how many. */
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
  size_t         at = 0;
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

/* Makes the call that was asked for. */
static void play_call(play *p)
{
  amt_job *j = &p->j;
  text     path = {0}, headers = {0}, body = {0};
  reply    r;
  size_t   n;
  int      error, op = j->op;
  assert_in_range(op, 0, AMT_CALLS - 1);
  play_part(j, amt_call_path, &path);
  play_part(j, amt_call_headers, &headers);
  if (amt_call_has_body(j)) play_part(j, amt_call_body, &body);
  assert_null(strpbrk(text_of(&path), "\r\n "));
  for (n = 0; n < headers.len; n++) {
    assert_true((unsigned char)headers.p[n] >= 32 ||
                strchr("\r\n\t", headers.p[n]) != NULL);
    if (headers.p[n] == '\r') assert_int_equal(headers.p[n + 1], '\n');
    if (headers.p[n] == '\n') assert_int_equal(headers.p[n - 1], '\r');
  }
  assert_null(strstr(text_of(&headers), "\r\n\r\n"));
  if (headers.len) assert_int_equal(headers.p[headers.len - 1], '\n');
  if (body.len && body.p[0] == '{') assert_true(json_ok(body.p, body.len));
  text_put(&p->srv.calls, "%s %s\n", amt_call_method(j), path.p);
  text_bytes(&p->srv.calls, headers.p, headers.len);
  text_bytes(&p->srv.calls, "\n", 1);
  text_bytes(&p->srv.calls, text_of(&body), body.len);
  text_bytes(&p->srv.calls, "\n", 1);
  assert_true(p->calls < 10000);
  if (p->calls < COUNT(p->call_time)) p->call_time[p->calls] = p->now;
  p->calls++;

  server_answer(p->to, op, text_of(&headers), body.p, &r);
  if (op == AMT_MONITOR) {
    uint32_t t = p->now - p->began;
    if ((t >= p->outage[0] && t < p->outage[1]) ||
        (t >= p->outage[2] && t < p->outage[3])) {
      r.status = 503;
      text_clear(&r.body);
    }
  }
  if (p->token_life) {
    if (op == AMT_SIGN_IN) p->token_time = p->now;
    else if (p->now - p->token_time > p->token_life) r.status = 401, p->denied++;
  }
  n = r.body.len, error = r.error;
  if (op == p->cut_op && p->cut < n) {
    n = p->cut, error = p->cut_error;
    p->cut = ALL;
  }
  if (!r.untaken) amt_reply_sent(j);
  play_reply(p, &r, n, error);
  text_free(&r.body);
  text_free(&path);
  text_free(&headers);
  text_free(&body);
}

/* Until the end, or until `until` has been given. */
static void play_until(play *p, amt_event until)
{
  unsigned idle = 0, turns = 0;
  while (!p->ended) {
    amt_event e = amt_next(&p->j, p->now);
    if (++turns > 100000) fail_msg("it never ends:\n%.2000s",
                                   text_of(&p->srv.log.text));
    play_event(p, e);
    if (e == AMT_CALL) {
      play_call(p);
      idle = 0;
    } else if (e == AMT_BUSY) {
      assert_true(p->j.wait < 0x80000000u);
      p->now += p->j.wait;
      idle = p->j.wait ? 0 : idle + 1;
      if (idle > 10) fail_msg("busy, for no time, ten times");
    }
    if (e == until) return;
  }
}

static void play_run(play *p)
{
  amt_event e;
  uint8_t   code;
  play_until(p, AMT_BUSY + 1000);
  e = p->last, code = p->j.code; /* and so it stays */
  assert_int_equal(amt_next(&p->j, p->now), e);
  assert_int_equal(amt_next(&p->j, p->now + 100000), e);
  assert_int_equal(p->j.code, code);
  assert_null(p->s.signing__); /* and it holds nothing of the session */
  assert_int_equal(p->s.producing__, 0);
}

/* A job from its beginning to its end. */
static void play_job(play *p)
{
  play_start(p);
  play_run(p);
}

#define UP_TO_START "> sign-in\nstarting\n> start\n"
#define STARTED     UP_TO_START "started 2112\n"

/* --- whole runs ----------------------------------------------------------- */

static int ends(int code)
{
  static const int e[] = { 3, 4, 6, 10, 11, 12, 22, 23, 24, 99 };
  size_t i;
  for (i = 0; i < COUNT(e); i++) if (e[i] == code) return 1;
  return 0;
}

static void each_code_of_the_table_ends_a_run_and_no_other_does(void **state)
{
  static const message hello[] = { { 1, "hello", "2026-01-31T08:00:00", 0 } };
  static const int more[] = { 255, 256, 260, 1000, 65540, 2147483647 };
  int i;
  (void)state;
  for (i = 0; i < 130 + (int)COUNT(more); i++) {
    int  code = i < 130 ? i : more[i - 130];
    int  status[3];
    text want = {0};
    play p;
    status[0] = 1, status[1] = code, status[2] = 4;
    text_put(&want, STARTED "> monitor\nstatus 1\n> monitor\n");
    if (code != 1) text_put(&want, "status %d\n", code);
    if (!ends(code)) text_put(&want, "> monitor\nstatus 4\n");
    text_put(&want, "> messages\nmessage #1 @2026-01-31T08:00:00 hello\n"
             "done %d\n", ends(code) ? code : 4);
    play_init(&p);
    play_status(&p, status);
    play_messages(&p, hello);
    play_job(&p);
    expect_log(&p.srv.log, want.p);
    assert_int_equal(p.j.code, ends(code) ? code : 4);
    assert_int_equal(p.j.error, 0);
    assert_int_equal(p.j.log_complete, 1);
    assert_int_equal(amt_status_ends(code), ends(code));
    assert_string_equal(p.j.id, "2112");
    play_free(&p);
    text_free(&want);
  }
}

static void undefined_ends_a_run_at_the_tenth_in_a_row(void **state)
{
  int  nine[] = { 19, 19, 19, 19, 19, 19, 19, 19, 19, 2, 19, 19, 19, 19, 19,
                  19, 19, 19, 19, 4 };
  int  ten[] = { 2, 19 };
  play p;
  (void)state;
  play_init(&p);
  play_status(&p, nine);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_MONITOR], 20);
  play_free(&p);

  play_init(&p);
  play_status(&p, ten);
  play_job(&p);
  assert_int_equal(p.srv.count[AMT_MONITOR], 11);
  assert_int_equal(p.j.code, 19);
  assert_int_equal(p.j.error, AMT_E_UNDEFINED);
  assert_int_equal(p.j.start, AMT_START_KNOWN);
  play_free(&p);
}

/* Unknown names and missing statuses count as UNDEFINED; a lost connection
   between them is not one of the ten, and does not break the row. */
static void ten_without_a_known_status_end_a_run_too(void **state)
{
  static const char *const body[] = {
    "{}", "{\"Status\":\"SLEEPING\"}", "{\"Status\":null}",
    "{\"Status\":\"\"}", "{\"BatchRequestId\":2112}"
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(body); i++) {
    step steps[2];
    play p;
    memset(steps, 0, sizeof steps);
    steps[0].op = steps[1].op = AMT_MONITOR;
    steps[0].status = steps[1].status = 200;
    steps[0].body = body[i], steps[0].times = 10;
    play_init(&p);
    play_steps(&p, steps);
    p.srv.step_count = 1;
    play_job(&p);
    assert_int_equal(p.srv.count[AMT_MONITOR], 10);
    assert_int_equal(p.j.code, 19);
    play_free(&p);
    steps[0].times = 9;
    play_init(&p);
    play_steps(&p, steps);
    p.srv.step_count = 1;
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    play_free(&p);
  }
}

static void a_status_is_read_in_every_tolerated_accent(void **state)
{
  static const struct { const char *body; int status; const char *name; }
  v[] = {
    { "{\"Status\":2}", 2, "" },
    { "{\"status\":2}", 2, "" },
    { "{\"STATUS\":2}", 2, "" },
    { " \r\n\t{ \"sTaTuS\" : 2 } \n", 2, "" },
    { "{\"Status\":\"2\"}", 2, "" },
    { "{\"Status\":\"20\"}", 20, "" },
    { "{\"Status\":\"RUNNING\"}", 2, "" },
    { "{\"Status\":\"running\"}", 2, "" },
    { "{\"Status\":\"Running\"}", 2, "" },
    { "{\"Status\":\"WAIT_FOR QUEUE\"}", 20, "" },
    { "{\"Status\":\"wait-for-queue\"}", 20, "" },
    { "{\"Status\":\"Wait For Queue\"}", 20, "" },
    { "{\"Status\":\"WAIT_FOR_FILE\"}", 13, "" },
    { "{\"Status\":\"WAIT FOR INPUT REQUEST\"}", 14, "" },
    { "{\"Status\":\"wait_for-job\"}", 15, "" },
    { "{\"Status\":\"WAIT-FOR REPORT\"}", 16, "" },
    { "{\"Status\":\"recover cp\"}", 18, "" },
    { "{\"Status\":\"WAIT FOR DEBUGGER\"}", 21, "" },
    { "{\"Status\":\"IDLE\"}", 0, "" },
    { "{\"Status\":\"SUSPENDED\"}", 5, "" },
    { "{\"Status\":\"Run-Manual\"}", 7, "" },
    { "{\"Status\":\"run forced\"}", 8, "" },
    { "{\"Status\":\"RUN_DEBUG\"}", 9, "" },
    { "{\"Status\":\"UNDEFINED\"}", 19, "" },
    { "{\"Status\":\"SLEEPING\"}", 19, "SLEEPING" },
    { "{\"Status\":\"RUNNIN\"}", 19, "RUNNIN" },
    { "{\"Status\":\"RUNNINGS\"}", 19, "RUNNINGS" },
    { "{\"Status\":\"RUN\\u004eING\"}", 2, "" },
    { "{\"S\\u0074atus\":2}", 2, "" },
    { "{}", 19, "" },
    { "{\"Status\":null}", 19, "" },
    { "{\"Statu\":4,\"Statuss\":4,\"Status\":2}", 2, "" },
    { "{\"Status\":4,\"Status\":2}", 2, "" },
    { "{\"Status\":\"DONE\",\"status\":\"SUSPENDED\"}", 5, "" },
    { "{\"Status\":\"SLEEPING\",\"Status\":2}", 2, "" },
    { "{\"x\":{\"Status\":4,\"y\":[{\"Status\":4}]},\"Status\":2}", 2, "" },
    { "{\"Status\":2,\"x\":{\"Status\":4,\"y\":[{\"Status\":4}]}}", 2, "" },
    { "{\"x\":[[[[{}]]]],\"y\":\"Status\",\"Status\":2,\"z\":1e400}", 2, "" },
    { "{\"Message\":\"\",\"Status\":2,\"BatchRequestId\":2112}", 2, "" },
    { "\xEF\xBB\xBF{\"Status\":2}", 2, "" },
    { "{\"Status\":1000000}", 1000000, "" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    size_t chunk, n = strlen(v[i].body);
    for (chunk = 0; chunk <= n; chunk++) { /* whole, 1, 2, ... bytes */
      step s[1];
      text want = {0};
      play p;
      memset(s, 0, sizeof s);
      s[0].op = AMT_MONITOR, s[0].status = 200, s[0].body = v[i].body;
      text_put(&want, STARTED "> monitor\nstatus %d%s%s\n> monitor\n"
               "status 4\n> messages\ndone 4\n", v[i].status,
               v[i].name[0] ? " " : "", v[i].name);
      play_init(&p);
      p.srv.status_at = 3;
      p.chunk = chunk;
      play_steps(&p, s);
      play_job(&p);
      expect_log(&p.srv.log, want.p);
      play_free(&p);
      text_free(&want);
    }
  }
}

static void a_long_unknown_name_is_cut_between_characters(void **state)
{
  step s[] = { { AMT_MONITOR, 200, "{\"Status\":\"a\xE2\x82\xAC\xE2\x82\xAC"
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\"}", 0, 0, 0, 0 } };
  size_t chunk;
  (void)state;
  for (chunk = 0; chunk < 5; chunk++) {
    play p;
    play_init(&p);
    p.chunk = chunk;
    play_steps(&p, s);
    play_start(&p);
    play_until(&p, AMT_STATUS);
    assert_int_equal(p.j.status, 19);
    assert_non_null(memchr(p.j.name, 0, sizeof p.j.name));
    assert_true(strlen(p.j.name) > 20);
    assert_true(utf8_ok(p.j.name, strlen(p.j.name)));
    play_free(&p);
  }
}

/* Nested as deep as the limit allows, and one deeper: the object is the first
   level. */
static void unknown_members_are_skipped_down_to_the_depth_limit(void **state)
{
  size_t deep, chunk;
  (void)state;
  for (deep = AMT_JSON_DEPTH - 2; deep <= AMT_JSON_DEPTH; deep++)
    for (chunk = 0; chunk < 3; chunk++) {
      step   s[] = { { AMT_MONITOR, 200, NULL, 0, 0, 0, 0 } };
      text   body = {0};
      size_t i;
      play   p;
      text_put(&body, "{\"x\":");
      for (i = 0; i < deep; i++)
        text_put(&body, i % 2 && i + 1 < deep ? "{\"Status\":" : "[");
      for (i = deep; i-- > 0;)
        text_put(&body, i % 2 && i + 1 < deep ? "}" : "]");
      text_put(&body, ",\"y\":\"");
      for (i = 0; i < 10000; i++) text_put(&body, "\\u00e9Status");
      text_put(&body, "\",\"Status\":5}");
      s[0].body = body.p;
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_start(&p);
      if (deep < AMT_JSON_DEPTH) {
        play_until(&p, AMT_STATUS);
        assert_int_equal(p.j.status, 5);
      } else {
        play_until(&p, AMT_RETRYING);
        assert_int_equal(p.j.error, AMT_E_JSON_DEPTH);
      }
      play_run(&p);
      assert_int_equal(p.j.code, 4);
      text_free(&body);
      play_free(&p);
    }
}

/* "No Status" once the value makes no sense: never an end, never a crash. */
static void a_senseless_status_ends_nothing(void **state)
{
  static const char *const v[] = {
    "{\"Status\":4.5}", "{\"Status\":-4}", "{\"Status\":4e-1}",
    "{\"Status\":4294967300}", "{\"Status\":\"4294967300\"}",
    "{\"Status\":18446744073709551620}", "{\"Status\":{\"Status\":4}}",
    "{\"Status\":[4]}", "{\"Status\":true}", "{\"Status\":\"4x\"}",
    "{\"Status\":\"x4\"}", "{\"Status\":\"-4\"}", "[]", "[{\"Status\":4}]", "4",
    "\"DONE\"", "null", "{\"x\":{\"Status\":4}}"
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    step s[1];
    play p;
    memset(s, 0, sizeof s);
    s[0].op = AMT_MONITOR, s[0].status = 200, s[0].body = v[i];
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_true(p.srv.count[AMT_MONITOR] > 2);
    play_free(&p);
  }
}

/* The rule for duplicates; texts and lists have another, see
   a_code_once_known_is_never_replaced. */
static void of_a_member_that_comes_twice_the_last_counts(void **state)
{
  static const struct { step s; const char *id; unsigned monitors; } v[] = {
    { { AMT_START, 200, "{\"BatchRequestId\":1,\"BatchRequestId\":2112}",
        0, 0, 0, 0 }, "2112", 4 },
    { { AMT_START, 200, "{\"BatchRequestId\":\"x\",\"y\":0,"
        "\"batchrequestid\":2112}", 0, 0, 0, 0 }, "2112", 4 },
    { { AMT_MONITOR, 200, "{\"Status\":11,\"Status\":4}", 0, 0, 0, 0 },
      "2112", 1 },
    { { AMT_MONITOR, 200, "{\"Status\":11,\"Status\":\"DONE\"}", 0, 0, 0, 0 },
      "2112", 1 },
    { { AMT_MONITOR, 200, "{\"Status\":\"ERROR\",\"Status\":2}", 0, 0, 0, 0 },
      "2112", 5 }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      step s[1];
      play p;
      s[0] = v[i].s;
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_job(&p);
      assert_int_equal(p.last, AMT_DONE);
      assert_int_equal(p.j.code, 4);
      assert_string_equal(p.j.id, v[i].id);
      assert_int_equal(p.srv.count[AMT_MONITOR], v[i].monitors);
      play_free(&p);
    }
}

/* A NUL is a character like any other, and ends no name: the table's name here
   ends where its memory does (ASan looks). */
static void a_name_with_a_NUL_is_another_name(void **state)
{
  static const char *const replies[] = {
    "{\"Status\\u0000\":11,\"Status\":4}",
    "{\"Status\\u0000\\u0000x\":11,\"Status\":4}",
    "{\"S\\u0000atus\":11,\"Status\":4}"
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(replies); i++) {
    amt_wire w = *amt_wire_default();
    step     s[1] = { { AMT_MONITOR, 200, NULL, 0, 0, 0, 0 } };
    char    *name = (char *)malloc(sizeof "Status");
    play     p;
    assert_non_null(name);
    memcpy(name, "Status", sizeof "Status");
    s[0].body = replies[i];
    w.reply[AMT_R_STATUS] = name;
    play_init(&p);
    p.s.wire = &w;
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.code, 4);
    play_free(&p);
    free(name);
  }
}

/* --- what is sent --------------------------------------------------------- */

#define HEAD "X-AMT-LogonToken: tok1\r\nAccept: application/json\r\n" \
             "Content-Type: application/json\r\n"

static void a_whole_run_sends_the_bytes_of_the_wire_section(void **state)
{
  static const char want[] =
    "POST /AmtOpConService/Authenticate\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n\n"
    "{\"User\":\"ocadm\",\"Password\":\"opconxps\"}\n"
    "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
    "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":\"DEMO2\","
    "\"JobName\":\"REPORTTEST01\",\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\"}\n"
    "POST /AmtOpConService/MonitorJob\n" HEAD "\n"
    "{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112}\n"
    "POST /AmtOpConService/GetMessages\n" HEAD "\n"
    "{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112,\"AfterSequence\":0}\n";
  play p;
  (void)state;
  play_init(&p);
  p.srv.status_at = 3;
  play_job(&p);
  expect_text_(text_of(&p.srv.calls), want, __FILE__, __LINE__);
  play_free(&p);
}

static void stop_and_kill_send_the_bytes_of_the_wire_section(void **state)
{
  static const amt_op op[] = { AMT_STOP, AMT_KILL };
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    text want = {0};
    play p;
    text_put(&want, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n"
             "{\"Action\":\"%s\",\"ApplicationName\":\"DEMO2\","
             "\"BatchRequestId\":2112}\n", i ? "KILL" : "STOP");
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTED);
    text_clear(&p.srv.calls);
    amt_stop(&p.j, op[i]);
    play_until(&p, AMT_ANSWERED);
    expect_text_(text_of(&p.srv.calls), want.p, __FILE__, __LINE__);
    play_free(&p);
    text_free(&want);
  }
}

/* The body of the Start that a task makes. */
static const char *const values[] = { "A=1", "B='x y'" };
static const char *const params[] = { "'PARAM'", "\"q\"", "a\\b",
                                      "tab\there", "\xC3\xA9\xE2\x82\xAC" };
static void a_start_carries_what_the_task_has_and_no_more(void **state)
{
  static const struct { amt_task t; const char *body; } v[] = {
    { { "DEMO2", "R", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 },
      "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":\"DEMO2\","
      "\"JobName\":\"R\",\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\"}" },
    { { "DEMO2", "R", "", "", "", "", "", NULL, NULL, 0, 0 },
      "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":\"DEMO2\","
      "\"JobName\":\"R\",\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\"}" },
    { { "DEMO2", NULL, "C:\\S\\x.ps1", NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 },
      "{\"Action\":\"START\",\"TaskType\":\"SCRIPT\",\"ApplicationName\":\"DEMO2\","
      "\"ScriptName\":\"C:\\\\S\\\\x.ps1\",\"SubmitUser\":\"BATCH\","
      "\"Station\":\"OPCON\"}" },
    { { "DEMO2", "R", "s.ps1", NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 },
      "{\"Action\":\"START\",\"TaskType\":\"SCRIPT\",\"ApplicationName\":\"DEMO2\","
      "\"ScriptName\":\"s.ps1\",\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\"}" },
    { { "A\"pp\n", "R\x01", NULL, "me", "here", "DEMO", "Q1", values, params, 2, 5 },
      "{\"Action\":\"START\",\"TaskType\":\"BATCH\","
      "\"ApplicationName\":\"A\\\"pp\\n\",\"JobName\":\"R\\u0001\","
      "\"SubmitUser\":\"me\",\"User\":\"DEMO\",\"Station\":\"here\","
      "\"QueueName\":\"Q1\",\"TaskValues\":[\"A=1\",\"B='x y'\"],"
      "\"Parameters\":[\"'PARAM'\",\"\\\"q\\\"\",\"a\\\\b\",\"tab\\there\","
      "\"\xC3\xA9\xE2\x82\xAC\"]}" },
    { { "DEMO2", "R", NULL, NULL, NULL, NULL, NULL, NULL, params, 0, 1 },
      "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":\"DEMO2\","
      "\"JobName\":\"R\",\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\","
      "\"Parameters\":[\"'PARAM'\"]}" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    text want = {0};
    play p;
    play_init(&p);
    p.t = v[i].t;
    play_start(&p);
    play_until(&p, AMT_STARTING);
    text_clear(&p.srv.calls);
    play_until(&p, AMT_STARTED);
    text_put(&want, "POST /AmtOpConService/OpConJobAction\n" HEAD "\n%s\n",
             v[i].body);
    expect_text_(text_of(&p.srv.calls), want.p, __FILE__, __LINE__);
    play_free(&p);
    text_free(&want);
  }
}

static void an_id_goes_back_in_the_type_in_which_it_came(void **state)
{
  static const struct { const char *reply, *id, *sent; } v[] = {
    { "{\"BatchRequestId\":2112}", "2112", "2112" },
    { "{\"BatchRequestId\":\"2112\"}", "2112", "\"2112\"" },
    { "{\"batchRequestId\":7}", "7", "7" },
    { "{\"BATCHREQUESTID\":\"A-7\"}", "A-7", "\"A-7\"" },
    { "{\"BatchRequestId\":18446744073709551616}", "18446744073709551616",
      "18446744073709551616" },
    { "{\"BatchRequestId\":123456789012345678901234567890123456789012345678901"
      "234567890123}", "123456789012345678901234567890123456789012345678901234"
      "567890123", "12345678901234567890123456789012345678901234567890123456789"
      "0123" },
    { "{\"BatchRequestId\":1e3}", "1e3", "1e3" },
    { "{\"BatchRequestId\":\"a\\\"b\\\\c\\u20ac\\n\"}", "a\"b\\c\xE2\x82\xAC\n",
      "\"a\\\"b\\\\c\xE2\x82\xAC\\n\"" },
    { "{\"BatchRequestId\":1,\"BatchRequestId\":\"2\"}", "2", "\"2\"" },
    { "{\"BatchRequestId\":\"1\",\"batchrequestid\":22}", "22", "22" },
    { "{\"x\":{\"BatchRequestId\":5},\"BatchRequestId\":6}", "6", "6" },
    { "\xEF\xBB\xBF{\"BatchRequestId\":8}", "8", "8" }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 4; chunk++) {
      step s[1];
      text want = {0};
      play p;
      memset(s, 0, sizeof s);
      s[0].op = AMT_START, s[0].status = 200, s[0].body = v[i].reply;
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_start(&p);
      play_until(&p, AMT_STARTED);
      assert_string_equal(p.j.id, v[i].id);
      text_clear(&p.srv.calls);
      p.srv.status_at = 3;
      play_until(&p, AMT_STATUS);
      text_put(&want, "\"BatchRequestId\":%s}", v[i].sent);
      assert_non_null(strstr(text_of(&p.srv.calls), want.p));
      play_free(&p);
      text_free(&want);
    }
}

/* JSON has no number with a leading zero: such an id goes as a string. */
static void a_typed_in_id_is_a_number_where_it_is_all_digits(void **state)
{
  static const struct { const char *id, *sent; } v[] = {
    { "2112", "2112" }, { "0", "0" }, { "21a", "\"21a\"" }, { "-1", "\"-1\"" },
    { "007", "\"007\"" }, { "1.5", "\"1.5\"" }, { " 7", "\" 7\"" },
    { "\xC3\xA9\"", "\"\xC3\xA9\\\"\"" },
    { "123456789012345678901234567890123456789012345678901234567890123",
      "123456789012345678901234567890123456789012345678901234567890123" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    text want = {0};
    play p;
    play_init(&p);
    p.srv.status_at = 3;
    amt_attach(&p.j, &p.s, "DEMO2", v[i].id);
    play_until(&p, AMT_STATUS);
    text_put(&want, "\"BatchRequestId\":%s}", v[i].sent);
    assert_non_null(strstr(text_of(&p.srv.calls), want.p));
    assert_string_equal(p.j.id, v[i].id);
    play_free(&p);
    text_free(&want);
  }
}

/* --- bad input: an error, and nothing sent -------------------------------- */

static const char *const empty_one[] = { "a", "" };
static const char *const null_one[] = { NULL };
static const char *const bad_one[] = { "a\xC3" };

static void a_bad_task_is_refused_and_nothing_is_sent(void **state)
{
  static const struct { amt_task t; int error; } v[] = {
    { { NULL, "R", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_MISSING },
    { { "", "R", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_MISSING },
    { { "D", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_MISSING },
    { { "D", "", "", NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_MISSING },
    { { "D", "R", NULL, NULL, NULL, NULL, NULL, NULL, empty_one, 0, 2 }, AMT_E_EMPTY },
    { { "D", "R", NULL, NULL, NULL, NULL, NULL, empty_one, NULL, 2, 0 }, AMT_E_EMPTY },
    { { "D", "R", NULL, NULL, NULL, NULL, NULL, NULL, null_one, 0, 1 }, AMT_E_EMPTY },
    { { "D\xFF", "R", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", "\xC0\x80", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", NULL, "\xED\xA0\x80", NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", "R", NULL, "\x80", NULL, NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", "R", NULL, NULL, "\xF5\x80\x80\x80", NULL, NULL, NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", "R", NULL, NULL, NULL, "\xC3", NULL, NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", "R", NULL, NULL, NULL, NULL, "\xE2\x82", NULL, NULL, 0, 0 }, AMT_E_UTF8 },
    { { "D", "R", NULL, NULL, NULL, NULL, NULL, bad_one, NULL, 1, 0 }, AMT_E_UTF8 },
    { { "D", "R", NULL, NULL, NULL, NULL, NULL, NULL, bad_one, 0, 1 }, AMT_E_UTF8 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    play p;
    play_init(&p);
    p.t = v[i].t;
    play_job(&p);
    assert_int_equal(p.calls, 0);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, v[i].error);
    assert_int_equal(p.j.start, AMT_START_NONE);
    assert_true(p.j.msg_len > 0); /* which one it was */
    assert_true(strlen(amt_error(p.j.error)) > 10);
    play_free(&p);
  }
}

static void a_bad_session_is_refused_and_nothing_is_sent(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 8; i++) {
    static const char *const invalid[] = { "a\xFF", "b\xC3" };
    play p;
    int  error = AMT_E_MISSING;
    play_init(&p);
    switch (i) {
    case 0: p.s.user = NULL; break;
    case 1: p.s.user = ""; break;
    case 2: p.s.password = NULL; break;
    case 3: p.s.user = invalid[0], error = AMT_E_UTF8; break;
    case 4: p.s.password = invalid[1], error = AMT_E_UTF8; break;
    case 5: p.s.token = NULL, error = AMT_E_TOKEN_ROOM; break;
    case 6: p.s.token_room = 0, error = AMT_E_TOKEN_ROOM; break;
    default: p.s.token_room = 1, error = AMT_E_TOKEN_ROOM; break;
    }
    play_job(&p);
    assert_int_equal(p.j.error, error);
    assert_int_equal(p.srv.count[AMT_START], 0);
    if (i < 7) assert_int_equal(p.calls, 0);
    assert_int_equal(p.j.start, AMT_START_NONE);
    play_free(&p);
  }
}

static void a_bad_id_is_refused_and_nothing_is_sent(void **state)
{
  static const char *const v[] = {
    "", NULL, "a\xC3",
    "1234567890123456789012345678901234567890123456789012345678901234"
  };
  static const amt_op op[] = { AMT_STOP, AMT_KILL, AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k <= COUNT(op); k++) {
      play p;
      play_init(&p);
      if (k == COUNT(op)) amt_attach(&p.j, &p.s, "DEMO2", v[i]);
      else amt_once(&p.j, &p.s, op[k], &p.t, v[i]);
      play_run(&p);
      assert_int_equal(p.calls, 0);
      assert_int_equal(p.last, AMT_FAILED);
      if (i == 3) assert_int_equal(p.j.error, AMT_E_ID);
      if (i == 2) assert_int_equal(p.j.error, AMT_E_UTF8);
      if (i < 2) assert_true(p.j.error == AMT_E_MISSING || p.j.error == AMT_E_ID);
      play_free(&p);
    }
  for (k = 0; k < 2; k++) {
    play p;
    play_init(&p);
    amt_attach(&p.j, &p.s, k ? "" : NULL, "2112");
    play_run(&p);
    assert_int_equal(p.calls, 0);
    assert_int_equal(p.j.error, AMT_E_MISSING);
    play_free(&p);
  }
}

/* --- signing in ----------------------------------------------------------- */

static void a_token_is_read_in_every_tolerated_accent(void **state)
{
  static const char *const v[] = {
    "{\"Token\":\"tok1\",\"ExpiresIn\":3600}", "{\"Token\":\"tok1\"}",
    "{\"token\":\"tok1\",\"expiresin\":\"3600\"}",
    "{\"ExpiresIn\":null,\"TOKEN\":\"tok1\"}",
    "{\"x\":{\"Token\":\"no\"},\"Token\":\"\\u0074ok1\",\"y\":[{\"Token\":\"no\"}]}",
    "{\"Token\":\"no\",\"Token\":\"tok1\"}",
    "{\"AmtLogonToken\":\"tok1\"}", "{\"LogonToken\":\"tok1\"}",
    "{\"amtlogontoken\":\"tok1\",\"Token\":null,\"LogonToken\":\"\"}",
    "{\"LogonToken\":\"\",\"AmtLogonToken\":null,\"Token\":\"tok1\"}",
    "{\"AmtLogonToken|LogonToken\":\"no\",\"LogonToken\":\"tok1\",\"\":\"no\","
      "\"Logon\":\"no\",\"AmtLogonTokens\":\"no\"}",
    "\xEF\xBB\xBF{\"Token\":\"tok1\",\"ExpiresIn\":18446744073709551616}",
    "{\"Token\":\"tok1\",\"ExpiresIn\":4294967295}",
    "{\"Token\":\"tok1\",\"ExpiresIn\":99999999}",
    "{\"Token\":\"tok1\",\"ExpiresIn\":-1}",
    "{\"Token\":\"tok1\",\"ExpiresIn\":1.5}",
    "{\"Token\":\"tok1\",\"ExpiresIn\":\"soon\"}"
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 4; chunk++) {
      step s[1];
      play p;
      memset(s, 0, sizeof s);
      s[0].op = AMT_SIGN_IN, s[0].status = 200, s[0].body = v[i];
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_job(&p);
      expect_log(&p.srv.log, STARTED "> monitor\nstatus 1\n> monitor\nstatus 2\n"
                 "> monitor\n> monitor\nstatus 4\n> messages\ndone 4\n");
      play_free(&p);
    }
}

/* The library's own 23 bytes and a NUL must do; one more must not. */
static void a_token_that_is_no_good_is_refused_before_any_start(void **state)
{
  static const struct { const char *body; int error; } v[] = {
    { "{\"Token\":\"12345678901234567890123\"}", 0 },
    { "{\"Token\":\"123456789012345678901234\"}", AMT_E_TOKEN_ROOM },
    { "{\"Token\":\"1234567890123456789012345678901234567890\"}", AMT_E_TOKEN_ROOM },
    { "{\"Token\":\"a\\r\\nX: y\"}", AMT_E_TOKEN_TEXT },
    { "{\"Token\":\"a\\nb\"}", AMT_E_TOKEN_TEXT },
    { "{\"Token\":\"a\\u0000b\"}", AMT_E_TOKEN_TEXT },
    { "{\"Token\":\"a\\u007fb\"}", AMT_E_TOKEN_TEXT },
    { "{\"Token\":\"\"}", AMT_E_NO_TOKEN },
    { "{\"AmtLogonToken\":\"\",\"Token\":\"\",\"LogonToken\":null}",
      AMT_E_NO_TOKEN },
    { "{\"Token\":null}", AMT_E_NO_TOKEN },
    { "{}", AMT_E_NO_TOKEN },
    { "", AMT_E_NO_TOKEN },
    { "{\"Token\":\"\xFF\"}", AMT_E_JSON_UTF8 },
    { "hello", AMT_E_JSON_SYNTAX }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      step s[1];
      play p;
      memset(s, 0, sizeof s);
      s[0].op = AMT_SIGN_IN, s[0].status = 200, s[0].body = v[i].body;
      s[0].times = 1000;
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      p.srv.scheme = NULL;
      play_job(&p);
      if (v[i].error == 0) {
        assert_int_equal(p.j.code, 4);
      } else {
        assert_int_equal(p.last, AMT_FAILED);
        if (v[i].error == AMT_E_NO_TOKEN && v[i].body[0] == 0)
          assert_true(p.j.error < 0);
        else
          assert_int_equal(p.j.error, v[i].error);
        assert_int_equal(p.j.start, AMT_START_NONE);
        assert_int_equal(p.j.code, 23);
        assert_int_equal(p.srv.count[AMT_START], 0);
      }
      play_free(&p);
    }
}

static void a_refused_sign_in_is_a_24_at_once(void **state)
{
  static const int status[] = { 401, 403 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { { AMT_SIGN_IN, 0, "{\"Message\":\"go away\"}", 0, 0, 0, 9 } };
    play p;
    s[0].status = status[i];
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_SIGN_IN);
    assert_int_equal(p.j.code, 24);
    assert_int_equal(p.j.start, AMT_START_NONE);
    assert_int_equal(p.j.http_status, status[i]);
    assert_int_equal(p.calls, 1);
    assert_non_null(strstr(text_of(&p.srv.log.text), "server go away\n"));
    play_free(&p);
  }
}

/* A certificate may be renewed while the job runs; but a server that was never
   verified is not to be waited for. */
static void a_refused_certificate_ends_no_run_on_a_server_once_verified(
  void **state)
{
  static const int errors[] = { AMT_E_TLS_EXPIRED, AMT_E_TLS_ALERT(48) };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(errors); i++) {
    step s[] = { { AMT_MONITOR, 0, NULL, 0, 0, 0, 5 } };
    play p;
    s[0].error = errors[i];
    play_init(&p);
    play_steps(&p, s);
    play_start(&p);
    play_until(&p, AMT_RETRYING);
    assert_int_equal(p.j.error, errors[i]);
    play_run(&p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.code, 4);
    assert_int_equal(p.srv.count[AMT_START], 1);
    play_free(&p);
  }
}

/* Also where nobody signs in, or the 256th sign-in was the last; and new
   credentials verify nobody. */
static void a_server_is_verified_by_any_reply_and_by_nothing_else(void **state)
{
  step after[] = { { AMT_MONITOR, 0, NULL, 0, 0, 0, 2 } };
  step first[] = { { AMT_MONITOR, 0, NULL, 0, 0, 0, 9 } };
  int  i;
  (void)state;
  after[0].error = first[0].error = AMT_E_TLS_EXPIRED;
  for (i = 0; i < 3; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    if (i < 2) {
      w.auth = AMT_AUTH_BASIC;
      p.s.wire = &w;
      p.srv.scheme = NULL;
    }
    if (i == 0) {
      amt_attach(&p.j, &p.s, "DEMO2", "2112");
      amt_session_credentials(&p.s, "ocadm", "opconxps");
      play_steps(&p, first);
      play_run(&p);
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.error, AMT_E_TLS_EXPIRED);
    } else {
      play_start(&p);
      play_until(&p, AMT_STATUS);
      p.s.generation__ = 0;
      play_steps(&p, after);
      play_run(&p);
      assert_int_equal(p.j.code, 4);
    }
    play_free(&p);
  }
}

static void a_refused_certificate_ends_a_job_at_once_before_any_sign_in(
  void **state)
{
  step s[] = { { AMT_SIGN_IN, 0, NULL, 0, 0, 0, 9 } };
  play p;
  (void)state;
  s[0].error = AMT_E_TLS_NAME;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_TLS_NAME);
  assert_int_equal(p.j.code, 23);
  assert_int_equal(p.calls, 1);
  play_free(&p);
}

static void a_token_is_renewed_before_it_expires(void **state)
{
  static const int status[] = { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4 };
  step s[] = { { AMT_SIGN_IN, 200, "{\"Token\":\"tok\",\"ExpiresIn\":20}",
                 0, 0, 0, 1000 } };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_status(&p, status);
  p.srv.scheme = NULL;
  p.s.poll = 3000; /* no multiple of its life */
  p.token_life = 20000;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.denied, 0);
  assert_in_range(p.srv.count[AMT_SIGN_IN], 3, 20);
  assert_int_equal(p.srv.count[AMT_START], 1);
  play_free(&p);
}

static void a_token_of_no_life_at_all_does_not_stop_a_run(void **state)
{
  static const char *const v[] = { "{\"Token\":\"t\",\"ExpiresIn\":0}",
                                   "{\"Token\":\"t\",\"ExpiresIn\":1}" };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    step s[] = { { AMT_SIGN_IN, 200, NULL, 0, 0, 0, 1000 } };
    play p;
    s[0].body = v[i];
    play_init(&p);
    play_steps(&p, s);
    p.srv.scheme = NULL;
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_true(p.srv.count[AMT_SIGN_IN] < 10);
    play_free(&p);
  }
}

static void one_401_is_answered_by_a_fresh_sign_in(void **state)
{
  static const int ops[] = { AMT_START, AMT_MONITOR, AMT_MESSAGES };
  static const char *const want[] = {
    UP_TO_START "> sign-in\n> start\n",
    STARTED "> monitor\n> sign-in\n> monitor\nstatus 1\n", ""
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(ops); i++) {
    step s[] = { { 0, 401, "{}", 0, 0, 0, 0 } };
    text got = {0};
    char *again;
    play p;
    s[0].op = ops[i];
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_int_equal(p.j.log_complete, 1);
    assert_int_equal(p.srv.count[AMT_SIGN_IN], 2);
    assert_int_equal(p.srv.count[AMT_START], i == 0 ? 2 : 1);
    text_put(&got, "%s", text_of(&p.srv.log.text));
    /* AMT_STARTING may, and need not, come again before the second Start. */
    again = strstr(got.p, "> sign-in\nstarting\n> start\n");
    if (again) again = strstr(again + 1, "> sign-in\nstarting\n");
    if (again) memmove(again + 10, again + 19, strlen(again + 19) + 1);
    assert_memory_equal(got.p, want[i], strlen(want[i]));
    text_free(&got);
    play_free(&p);
  }
}

static void a_second_401_and_any_403_to_a_start_are_a_24(void **state)
{
  size_t k;
  (void)state;
  for (k = 0; k < 2; k++) {
    step s[] = { { AMT_START, 401, "{\"Message\":\"no\"}", 0, 0, 0, 9 } };
    play p;
    s[0].status = k ? 403 : 401;
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.code, 24);
    assert_int_equal(p.srv.count[AMT_START], k ? 1 : 2);
    assert_int_equal(p.srv.count[AMT_SIGN_IN], k ? 1 : 2);
    if (k) assert_int_equal(p.j.error, AMT_E_FORBIDDEN);
    assert_int_equal(p.j.start, AMT_START_REFUSED);
    assert_int_equal(p.j.http_status, k ? 403 : 401);
    play_free(&p);
  }
}

/* Not two in a row: a 401, an hour of work, and another 401. */
static void a_401_long_after_another_is_again_the_first(void **state)
{
  static const int status[] = { 2, 2, 2, 2, 2, 2, 4 };
  int i;
  play p;
  (void)state;
  play_init(&p);
  play_status(&p, status);
  play_start(&p);
  play_until(&p, AMT_STARTED);
  for (i = 0; i < 3; i++) {
    p.srv.generation += 10; /* the server has forgotten the token */
    play_until(&p, AMT_CALL);
    play_until(&p, AMT_CALL);
    play_until(&p, AMT_CALL);
  }
  play_run(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 4);
  play_free(&p);
}

static void credentials_replaced_in_mid_run_are_used(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  play_start(&p);
  play_until(&p, AMT_STARTED);
  text_clear(&p.srv.calls);
  (void)amt_session_credentials(&p.s, "second", "pass2");
  play_run(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 2);
  assert_non_null(strstr(text_of(&p.srv.calls),
                         "{\"User\":\"second\",\"Password\":\"pass2\"}"));
  assert_int_equal(p.srv.count[AMT_START], 1);
  play_free(&p);
}

/* --- a Start ends in one of four ways ------------------------------------- */

static const struct { step s; const char *want; } start_ends[] = {
  /* started */
  { { AMT_START, 200, "{\"BatchRequestId\":2112,\"Status\":1}", 0, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 201, "{\"BatchRequestId\":2112}", 0, 0, 0, 0 }, "started 2112\n" },
  { { AMT_START, 202, "{\"Status\":1,\"BatchRequestId\":\"2112\"}", 0, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 200, "{\"BatchRequestId\":2112,", AMT_E_TRUNCATED, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 200, "{\"BatchRequestId\":2112 ", AMT_E_TIMEOUT, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 200, "{\"BatchRequestId\":\"2112\"", AMT_E_RESET, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 200, "{\"BatchRequestId\":2112,,}", 0, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 200, "{\"BatchRequestId\":2112,\"x\":\"\xFF\"}", 0, 0, 0, 0 },
    "started 2112\n" },
  { { AMT_START, 200, "{\"BatchRequestId\":2112}trailing", 0, 0, 0, 0 },
    "started 2112\n" },
  /* ended at once */
  { { AMT_START, 200, "{\"Status\":11,\"Message\":\"File not found\"}", 0, 0, 0, 0 },
    "reply File not found\ndone 11\n" },
  { { AMT_START, 200, "{\"Message\":\"File not found\",\"Status\":11}", 0, 0, 0, 0 },
    "reply File not found\ndone 11\n" },
  { { AMT_START, 400, "{\"Status\":99,\"Message\":\"who?\"}", 0, 0, 0, 0 },
    "code 99" },
  { { AMT_START, 404, "{\"Status\":\"INVALID AMT USER\"}", 0, 0, 0, 0 },
    "code 99" },
  { { AMT_START, 429, "{\"Status\":10}", 0, 0, 0, 0 }, "code 10" },
  /* not started */
  { { AMT_START, 400, "{\"Message\":\"no such job\"}", 0, 0, 0, 0 },
    "server no such job\nfailed REFUSED, code 11, start refused\n" },
  { { AMT_START, 404, "", 0, 0, 0, 0 },
    "failed REFUSED, code 11, start refused\n" },
  { { AMT_START, 404, "<html>nothing here</html>", 0, 0, 0, 0 },
    "failed REFUSED, code 11, start refused\n" },
  { { AMT_START, 422, "{\"Status\":2}", 0, 0, 0, 0 },
    "failed REFUSED, code 11, start refused\n" },
  { { AMT_START, 400, "{\"BatchRequestId\":2112}", 0, 0, 0, 0 },
    "failed REFUSED, code 11, start refused\n" },
  { { AMT_START, 429, "{}", 0, 5, 0, 0 },
    "failed REFUSED, code 11, start refused\n" },
  { { AMT_START, 425, "{}", 0, 0, 0, 0 },
    "failed REFUSED, code 11, start refused\n" },
  { { AMT_START, 301, "", 0, 0, 0, 0 }, "failed REDIRECT, code 23, start " },
  { { AMT_START, 307, "{\"BatchRequestId\":2112}", 0, 0, 0, 0 },
    "failed REDIRECT, code 23, start " },
  /* unknown */
  { { AMT_START, 200, "{\"BatchRequestId\":2112", AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\":\"2112", AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\"", AMT_E_EOF, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":11,\"Message\":\"File not found\"}",
      AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 204, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":1}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":\"HUH\"}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":19}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\":null,\"Status\":1}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\":\"\"}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\":{\"BatchRequestId\":3}}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\":[7]}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"BatchRequestId\":true}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"x\":{\"BatchRequestId\":3}}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "hello", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":4", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":4}}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 200, "{\"Status\":4,\"x\":\"\xFF\"}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 408, "{\"Message\":\"slow\"}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 408, "{\"Status\":10}", 0, 0, 0, 0 }, "code 10" },
  { { AMT_START, 400, "{\"Status\":11}", AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 400, "", AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 301, "", AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 401, "{", AMT_E_TRUNCATED, 0, 0, 0 }, "?" },
  { { AMT_START, 403, "", AMT_E_RESET, 0, 0, 0 }, "?" },
  { { AMT_START, 500, "{\"Message\":\"oops\"}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 500, "{\"Status\":11}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 500, "{\"BatchRequestId\":2112,\"Status\":1}", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 502, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 503, "", 0, 7, 0, 0 }, "?" },
  { { AMT_START, 504, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 599, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 600, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 999, "", 0, 0, 0, 0 }, "?" },
  { { AMT_START, 0, NULL, AMT_E_EOF, 0, 0, 0 }, "?" },
  { { AMT_START, 0, NULL, AMT_E_RESET, 0, 0, 0 }, "?" },
  { { AMT_START, 0, NULL, AMT_E_TIMEOUT, 0, 0, 0 }, "?" },
  { { AMT_START, 0, NULL, AMT_E_HTTP_STATUS, 0, 0, 0 }, "?" },
  { { AMT_START, 0, NULL, -999, 0, 0, 0 }, "?" }
};

static void a_start_ends_in_one_of_four_ways(void **state)
{
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(start_ends); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      const char *want = start_ends[i].want, *got;
      play        p;
      play_init(&p);
      p.srv.steps = &start_ends[i].s, p.srv.step_count = 1;
      p.chunk = chunk;
      play_job(&p);
      got = text_of(&p.srv.log.text);
      assert_memory_equal(got, UP_TO_START, strlen(UP_TO_START));
      got += strlen(UP_TO_START);
      if (p.srv.count[AMT_START] != 1) fail_msg("sent again: %s", got);
      if (*want == '?') { /* server's words may come first */
        static const char f[] = "failed MAYBE_STARTED, code 19, start unknown\n";
        if (strlen(got) > sizeof f - 1) got += strlen(got) - (sizeof f - 1);
        if (strcmp(got, f) != 0)
          fail_msg("start %d: %s: not unknown, but\n%s", (int)i,
                   start_ends[i].s.body, text_of(&p.srv.log.text));
      } else if (strncmp(want, "code ", 5) == 0) {
        if (p.j.code != atoi(want + 5))
          fail_msg("start %d: %s:\n%s", (int)i, start_ends[i].s.body, got);
      } else if (strncmp(got, want, strlen(want)) != 0) {
        fail_msg("start %d: %d %s: wanted\n%s but got\n%s", (int)i,
                 start_ends[i].s.status, start_ends[i].s.body, want, got);
      }
      play_free(&p);
    }
}

/* The reply cut behind each byte: started from the byte on that ends the id. */
static void a_start_reply_cut_anywhere_is_started_or_unknown(void **state)
{
  static const struct { const char *body; size_t whole; } v[] = {
    { "{\"BatchRequestId\":2112,\"Status\":1}", 23 },
    { "{\"BatchRequestId\":\"2112\",\"Status\":1}", 24 },
    { "{\"BatchRequestId\": 2112 }", 24 },
    { "{\"Message\":\"hi\",\"BatchRequestId\":\"\\u0032112\" }", 44 }
  };
  size_t i, cut, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (cut = 0; cut < strlen(v[i].body); cut++)
      for (chunk = 0; chunk < 2; chunk++) {
        step s[1];
        play p;
        memset(s, 0, sizeof s);
        s[0].op = AMT_START, s[0].status = 200, s[0].body = v[i].body;
        play_init(&p);
        play_steps(&p, s);
        p.cut = cut, p.cut_op = AMT_START, p.cut_error = AMT_E_TRUNCATED;
        p.chunk = chunk;
        play_job(&p);
        assert_int_equal(p.srv.count[AMT_START], 1);
        if (cut >= v[i].whole) {
          assert_int_equal(p.j.code, 4);
          assert_string_equal(p.j.id, "2112");
        } else {
          assert_int_equal(p.j.error, AMT_E_MAYBE_STARTED);
          assert_int_equal(p.j.code, 19);
          assert_int_equal(p.j.start, AMT_START_UNKNOWN);
        }
        play_free(&p);
      }
}

static void an_id_too_long_is_an_unknown_start_and_is_told(void **state)
{
  static const char *const v[] = {
    "{\"BatchRequestId\":1234567890123456789012345678901234567890123456789012"
    "345678901234}",
    "{\"BatchRequestId\":\"12345678901234567890123456789012345678901234567890"
    "12345678901234\"}"
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      step s[1];
      play p;
      memset(s, 0, sizeof s);
      s[0].op = AMT_START, s[0].status = 200, s[0].body = v[i];
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_job(&p);
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_equal(p.j.code, 19);
      assert_int_equal(p.j.error, AMT_E_ID_LOST);
      assert_int_equal(p.srv.count[AMT_START], 1);
      play_free(&p);
    }
}

static void a_start_of_which_no_byte_was_taken_is_sent_again(void **state)
{
  static const step s[] = {
    { AMT_START, 0, NULL, AMT_E_RESET, 0, 1, 0 },
    { AMT_START, 0, NULL, AMT_E_CONNECT, 0, 1, 0 },
    { AMT_START, 0, NULL, AMT_E_TIMEOUT, 0, 1, 0 }
  };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_START], 1);
  assert_int_equal(p.srv.log.retries, 3);
  play_free(&p);
}

static void a_start_with_an_id_has_started_whatever_its_status(void **state)
{
  static const step s[] = {
    { AMT_START, 200, "{\"BatchRequestId\":7,\"Status\":11,\"Message\":\"File "
      "not found\"}", 0, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"Messages\":[\"one\"]}", 0, 0, 0, 0 }
  };
  static const int eleven[] = { 11 };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_status(&p, eleven);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 11);
  assert_string_equal(p.j.id, "7");
  assert_int_equal(p.j.start, AMT_START_KNOWN);
  assert_int_equal(p.srv.count[AMT_MESSAGES], 1);
  assert_non_null(strstr(text_of(&p.srv.log.text), "reply File not found\n"));
  assert_non_null(strstr(text_of(&p.srv.log.text), "message one\n"));
  play_free(&p);
}

static void a_401_cut_short_does_not_send_a_start_again(void **state)
{
  static const step s[] = { { AMT_START, 401, "{\"Message\":\"x", AMT_E_TRUNCATED,
                              0, 0, 0 } };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.srv.count[AMT_START], 1);
  assert_int_equal(p.j.start, AMT_START_UNKNOWN);
  play_free(&p);
}

/* The worst of the Start's second chance: 401, and then anything unclear. */
static void a_start_repeated_after_401_is_not_sent_a_third_time(void **state)
{
  static const int status[] = { 0, 500, 408, 401, 403, 400, 301, 204 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { { AMT_START, 401, "{}", 0, 0, 0, 0 },
                 { AMT_START, 0, "", 0, 0, 0, 9 } };
    play p;
    s[1].status = status[i];
    if (status[i] == 0) s[1].error = AMT_E_RESET;
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.srv.count[AMT_START], 2);
    assert_int_equal(p.last, AMT_FAILED);
    if (status[i] == 0 || status[i] >= 500 || status[i] == 408 ||
        status[i] == 204) {
      assert_int_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_equal(p.j.code, 19);
    } else {
      assert_int_not_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_not_equal(p.j.start, AMT_START_KNOWN);
    }
    play_free(&p);
  }
}

/* --- repeated, waited for, given up --------------------------------------- */

static const step passing[] = {
  { 0, 500, "{\"Message\":\"oops\"}", 0, 0, 0, 0 },
  { 0, 502, "<html>", 0, 0, 0, 0 }, { 0, 503, "", 0, 0, 0, 0 },
  { 0, 504, "{}", 0, 0, 0, 0 },     { 0, 599, "{}", 0, 0, 0, 0 },
  { 0, 408, "{}", 0, 0, 0, 0 },     { 0, 425, "", 0, 0, 0, 0 },
  { 0, 429, "{}", 0, 3, 0, 0 },
  { 0, 0, NULL, AMT_E_EOF, 0, 0, 0 },
  { 0, 0, NULL, AMT_E_RESET, 0, 0, 0 },
  { 0, 0, NULL, AMT_E_TIMEOUT, 0, 0, 0 },
  { 0, 0, NULL, AMT_E_CONNECT, 0, 1, 0 },
  { 0, 0, NULL, AMT_E_DNS, 0, 1, 0 },
  { 0, 0, NULL, AMT_E_HTTP_STATUS, 0, 0, 0 },
  { 0, 200, "{", AMT_E_TRUNCATED, 0, 0, 0 },
  { 0, 200, "hello", 0, 0, 0, 0 },
  { 0, 200, "{\"Status\":4}}", 0, 0, 0, 0 },
  { 0, 200, "{\"Status\":4", 0, 0, 0, 0 },
  { 0, 200, "{\"x\":\"\xFF\",\"Status\":4}", 0, 0, 0, 0 },
  { 0, 500, "{\"Status\":4,\"BatchRequestId\":1,\"Token\":\"x\","
    "\"Messages\":[\"no\"]}", 0, 0, 0, 0 }
};

static void what_may_pass_is_tried_again_for_every_call_but_start(void **state)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES, AMT_STOP,
                             AMT_KILL };
  static const message hello[] = { { 1, "hello", NULL, 0 } };
  size_t i, k, chunk;
  (void)state;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < COUNT(passing); k++)
      for (chunk = 0; chunk < 2; chunk++) {
        step s[1];
        play p;
        int  code = ops[i] == AMT_STOP ? 12 : ops[i] == AMT_KILL ? 3 : 4;
        s[0] = passing[k];
        s[0].op = ops[i];
        s[0].times = 2;
        play_init(&p);
        play_steps(&p, s);
        play_messages(&p, hello);
        p.chunk = chunk;
        p.srv.log.quiet = 1;
        play_start(&p);
        if (code != 4) {
          play_until(&p, AMT_STARTED);
          amt_stop(&p.j, (amt_op)ops[i]);
        }
        play_run(&p);
        if (p.j.code != code || !p.j.log_complete)
          fail_msg("%s, %d %s:\n%s", op_name[ops[i]], s[0].status, s[0].body,
                   text_of(&p.srv.log.text));
        assert_non_null(strstr(text_of(&p.srv.log.text), "message #1 hello\n"));
        assert_null(strstr(text_of(&p.srv.log.text), "message no"));
        assert_int_equal(p.srv.log.retries, 2);
        assert_int_equal(p.srv.count[AMT_START], 1);
        if (ops[i] == AMT_SIGN_IN)
          assert_int_equal(p.srv.count[AMT_SIGN_IN], s[0].untaken ? 1 : 3);
        play_free(&p);
      }
}

/* A kept connection that had ended: at once, and without a word, but never a
   Start. */
static void a_stale_connection_is_no_outage(void **state)
{
  int op;
  (void)state;
  for (op = 0; op < AMT_CALLS; op++) {
    step s[] = { { 0, 0, NULL, AMT_E_STALE, 0, 0, 0 } };
    play p;
    s[0].op = op;
    play_init(&p);
    play_steps(&p, s);
    play_start(&p);
    if (op == AMT_STOP || op == AMT_KILL) {
      play_until(&p, AMT_STARTED);
      amt_stop(&p.j, (amt_op)op);
    }
    play_run(&p);
    assert_int_equal(p.srv.log.retries, 0);
    if (op == AMT_START) {
      assert_int_equal(p.j.start, AMT_START_UNKNOWN);
      assert_int_equal(p.srv.count[AMT_START], 1);
      assert_int_equal(p.j.error, AMT_E_MAYBE_STARTED);
    } else {
      size_t i;
      assert_int_equal(p.last, AMT_DONE);
      assert_int_equal(p.j.error, 0);
      for (i = 1; i < p.calls; i++) /* the same moment */
        if (p.call_time[i] == p.call_time[i - 1]) break;
      assert_true(i < p.calls);
    }
    play_free(&p);
  }
}

/* A whole reply between two of them, even a refusal, makes the second a first
   one again: there was a connection that could be kept. */
static void a_second_stale_connection_is_an_outage_unless_a_reply_has_come(
  void **state)
{
  static const struct { int status, retries; } between[] = {
    { 200, 0 }, { 401, 0 }, { 0, 1 }, /* 0: none between */
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(between); i++) {
    step s[] = {
      { AMT_MONITOR, 0, NULL, AMT_E_STALE, 0, 0, 0 },
      { AMT_MONITOR, 0, NULL, AMT_E_STALE, 0, 0, 0 },
      { AMT_MONITOR, 0, NULL, AMT_E_STALE, 0, 0, 0 },
    };
    play p;
    if (between[i].status != 0) {
      s[1].status = between[i].status;
      s[1].body = "{\"Status\":2}";
      s[1].error = 0;
    }
    play_init(&p);
    play_steps(&p, s);
    p.srv.step_count = between[i].status != 0 ? 3 : 2;
    play_job(&p);
    assert_int_equal(p.srv.log.retries, between[i].retries);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.error, 0);
    assert_int_equal(p.srv.count[AMT_START], 1);
    play_free(&p);
  }
}

/* An HTTP client that says so of every connection, in the loop of somebody who
   has read no more than the declarations. */
static void a_client_that_calls_each_connection_stale_meets_an_outage(
  void **state)
{
  int op;
  (void)state;
  for (op = 0; op <= AMT_CALLS; op++) {
    char        token[64];
    amt_session s = {0};
    amt_task    t = {0};
    amt_job     j;
    uint32_t    now = 1000;
    unsigned    calls = 0, before = 0, retries = 0;
    amt_event   e;
    if (op == AMT_START) continue; /* that one never goes again */
    s.user = "ocadm", s.password = "opconxps";
    s.token = token, s.token_room = sizeof token;
    t.application = "DEMO2", t.job = "REPORTTEST01";
    if (op == AMT_CALLS) amt_attach(&j, &s, "DEMO2", "2112");
    else amt_once(&j, &s, (amt_op)op, &t, "2112");
    if (op != AMT_SIGN_IN) { /* it is there already */
      strcpy(token, "3f78");
      s.token__len = 4;
    }
    do {
      e = amt_next(&j, now);
      if (e == AMT_CALL) {
        amt_reply_end(&j, AMT_E_STALE, 1);
        if (++calls > 1000) fail_msg("%d: it goes on for ever", op);
      }
      if (e == AMT_RETRYING) {
        if (retries++ == 0) before = calls;
        assert_int_equal(j.error, AMT_E_STALE);
      }
      if (e == AMT_BUSY) now += j.wait;
    } while (e != AMT_DONE && e != AMT_FAILED);
    assert_int_equal(before, 2); /* the first goes again at once */
    assert_int_equal(calls, retries + 2);
    assert_int_equal(now, 1000 + 300000); /* session->give_up */
    assert_int_equal(e, AMT_FAILED);
  }
}

static void the_words_of_a_failed_call_reach_the_caller(void **state)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_START, AMT_MONITOR, AMT_MESSAGES };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(ops); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      step s[] = { { 0, 500, "{\"message\":\"the d\xC3\xA2tabase \\u20ac is "
                     "down\",\"x\":1}", 0, 0, 0, 0 } };
      play p;
      s[0].op = ops[i];
      play_init(&p);
      play_steps(&p, s);
      p.chunk = chunk;
      play_job(&p);
      assert_non_null(strstr(text_of(&p.srv.log.text),
                             "server the d\xC3\xA2tabase \xE2\x82\xAC is down\n"));
      play_free(&p);
    }
}

static void the_waits_between_repeats_grow(void **state)
{
  step s[] = { { AMT_SIGN_IN, 503, "", 0, 0, 0, 1000 } };
  size_t i;
  play   p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_in_range(p.calls, 6, 60);
  for (i = 1; i < p.calls; i++)
    assert_true(p.call_time[i] - p.call_time[i - 1] > 0);
  assert_true(p.call_time[1] - p.call_time[0] <= 2000);
  assert_true(p.call_time[5] - p.call_time[4] >
              2 * (p.call_time[1] - p.call_time[0]));
  for (i = 1; i < p.calls; i++) /* and do not grow for ever */
    assert_true(p.call_time[i] - p.call_time[i - 1] <= 60000);
  play_free(&p);
}

static void the_jitter_depends_on_the_seed(void **state)
{
  uint32_t at[4];
  size_t   i;
  unsigned same = 0;
  (void)state;
  for (i = 0; i < COUNT(at); i++) {
    step s[] = { { AMT_SIGN_IN, 503, "", 0, 0, 0, 3 } };
    play p;
    play_init(&p);
    play_steps(&p, s);
    p.s.seed = (uint32_t)i * 7919u;
    play_job(&p);
    at[i] = p.call_time[3];
    if (i > 0 && at[i] == at[i - 1]) same++;
    play_free(&p);
  }
  assert_true(same < 2);
}

static void retry_after_is_honoured_within_the_give_up_time(void **state)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  (void)state;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < 3; k++) {
      static const uint32_t after[] = { 40, 100000, UINT32_MAX };
      step   s[] = { { 0, 503, "", 0, 0, 0, 0 } };
      play   p;
      size_t n;
      s[0].op = ops[i];
      s[0].status = k == 0 ? 429 : 503;
      s[0].retry = after[k];
      play_init(&p);
      play_steps(&p, s);
      p.s.give_up = 120000;
      play_start(&p);
      while (p.srv.log.retries == 0) play_until(&p, AMT_RETRYING);
      n = p.calls;
      assert_true(p.j.wait >= (k == 0 ? 40000u : 100000u));
      assert_true(p.j.wait <= 120000u);
      play_run(&p);
      assert_true(p.call_time[n] - p.call_time[n - 1] >=
                  (k == 0 ? 40000u : 100000u));
      assert_true(p.call_time[n] - p.call_time[n - 1] <= 120000u);
      play_free(&p);
    }
}

static void the_give_up_time_ends_a_run(void **state)
{
  static const struct { int op, status, error, untaken, code, start; } v[] = {
    { AMT_SIGN_IN, 503, 0, 0, 23, AMT_START_NONE },
    { AMT_SIGN_IN, 0, AMT_E_CONNECT, 1, 23, AMT_START_NONE },
    { AMT_SIGN_IN, 200, 0, 0, 23, AMT_START_NONE },
    { AMT_START, 0, AMT_E_CONNECT, 1, 23, AMT_START_NONE },
    { AMT_MONITOR, 503, 0, 0, 19, AMT_START_KNOWN },
    { AMT_MONITOR, 404, 0, 0, 19, AMT_START_KNOWN },
    { AMT_MONITOR, 400, 0, 0, 19, AMT_START_KNOWN },
    { AMT_MONITOR, 0, AMT_E_RESET, 0, 19, AMT_START_KNOWN }
  };
  static const uint32_t give_up[] = { 0, 60000, 1000 };
  size_t i, k;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k < COUNT(give_up); k++) {
      step s[] = { { 0, 0, "{}", 0, 0, 0, 5000 } };
      play p;
      uint32_t limit = give_up[k] ? give_up[k] : 300000, began;
      s[0].op = v[i].op, s[0].status = v[i].status;
      s[0].error = v[i].error, s[0].untaken = v[i].untaken;
      play_init(&p);
      play_steps(&p, s);
      p.s.give_up = give_up[k];
      play_start(&p);
      while (p.srv.log.retries == 0) play_until(&p, AMT_RETRYING);
      began = p.now;
      play_until(&p, AMT_BUSY + 1000);
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.code, v[i].code);
      assert_int_equal(p.j.start, v[i].start);
      assert_true(p.now - began >= limit / 2);
      assert_true(p.now - began <= limit + 1000);
      if (v[i].code == 19) {
        assert_string_equal(p.j.id, "2112");
        assert_int_equal(p.j.error, AMT_E_LOST);
      }
      if (v[i].error)
        assert_int_equal(v[i].code == 19 ? p.j.cause : p.j.error, v[i].error);
      play_free(&p);
    }
}

static void give_up_zero_ends_a_run_at_the_first_failure(void **state)
{
  static const int ops[] = { AMT_SIGN_IN, AMT_START, AMT_MONITOR, AMT_MESSAGES };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(ops); i++) {
    step s[] = { { 0, 503, "", 0, 0, 0, 0 } };
    play p;
    s[0].op = ops[i];
    if (ops[i] == AMT_START) /* nothing left, and so nothing came */
      s[0].status = 0, s[0].untaken = 1, s[0].error = AMT_E_CONNECT;
    play_init(&p);
    play_steps(&p, s);
    p.s.give_up = AMT_ZERO;
    play_job(&p);
    assert_int_equal(p.srv.log.retries, 0);
    assert_int_equal(p.srv.used[0], 1);
    if (i < 2) assert_int_equal(p.j.code, 23);
    if (i == 2) assert_int_equal(p.j.code, 19);
    if (i == 3) {
      assert_int_equal(p.last, AMT_DONE);
      assert_int_equal(p.j.code, 4);
      assert_int_equal(p.j.log_complete, 0);
      assert_int_not_equal(p.j.error, 0);
    }
    play_free(&p);
  }
}

/* Fifty seconds away, back, fifty more: none of them is a minute. */
static void the_outage_clock_starts_anew_after_each_success(void **state)
{
  int  status[60], i;
  play p;
  (void)state;
  for (i = 0; i < 60; i++) status[i] = 2;
  status[59] = 4;
  play_init(&p);
  play_status(&p, status);
  p.s.give_up = 60000;
  p.outage[0] = 20000, p.outage[1] = 60000;
  p.outage[2] = 80000, p.outage[3] = 120000;
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 4);
  assert_true(p.srv.log.retries > 4);
  play_free(&p);
  play_init(&p); /* and one of a hundred is */
  play_status(&p, status);
  p.s.give_up = 60000;
  p.outage[0] = 20000, p.outage[1] = 130000;
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.code, 19);
  play_free(&p);
}

/* A server that restarts may not know the job for a while. */
static void a_4xx_to_monitor_or_messages_is_tried_again(void **state)
{
  static const int ops[] = { AMT_MONITOR, AMT_MESSAGES };
  static const int status[] = { 400, 404, 405, 409, 410, 422, 499 };
  size_t i, k;
  (void)state;
  for (i = 0; i < COUNT(ops); i++)
    for (k = 0; k < COUNT(status); k++) {
      step s[] = { { 0, 0, "{\"Message\":\"?\",\"Status\":11}", 0, 0, 0, 3 } };
      play p;
      s[0].op = ops[i], s[0].status = status[k];
      play_init(&p);
      play_steps(&p, s);
      play_job(&p);
      assert_int_equal(p.j.code, 4);
      assert_int_equal(p.j.log_complete, 1);
      assert_int_equal(p.srv.log.retries, 3);
      play_free(&p);
    }
}

static void a_code_once_known_is_never_replaced(void **state)
{
  static const step v[] = {
    { AMT_MESSAGES, 401, "{}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 403, "{\"Message\":\"not yours\"}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 404, "{}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 302, "{}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 500, "{}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 0, NULL, AMT_E_RESET, 0, 0, 5000 },
    { AMT_MESSAGES, 0, NULL, AMT_E_CONNECT, 0, 1, 5000 },
    { AMT_MESSAGES, 200, "hello", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 204, "", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "{}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "{\"Messages\":[\"\xFF\"]}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "{\"Messages\":[\"\\ud800\"]}", 0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Text\":\"a\",\"Text\":\"b\"}]}",
      0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "{\"Messages\":[\"a\"],\"Messages\":[\"b\"]}",
      0, 0, 0, 5000 },
    { AMT_MESSAGES, 200, "{\"Messages\":[\"a\"", AMT_E_TRUNCATED, 0, 0, 5000 }
  };
  static const int error[] = {
    0, AMT_E_FORBIDDEN, AMT_E_REFUSED, AMT_E_REDIRECT, AMT_E_SERVER,
    AMT_E_RESET, AMT_E_CONNECT, AMT_E_JSON_SYNTAX, 0, 0, AMT_E_NO_MESSAGES,
    AMT_E_JSON_UTF8, AMT_E_JSON_ESCAPE, AMT_E_TWICE, AMT_E_TWICE,
    AMT_E_TRUNCATED
  };
  static const int codes[] = { 3, 4, 11, 99 };
  size_t i, k, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k < COUNT(codes); k++)
      for (chunk = 0; chunk < 2; chunk++) {
        int  status[1];
        play p;
        status[0] = codes[k];
        play_init(&p);
        p.srv.steps = &v[i], p.srv.step_count = 1;
        play_status(&p, status);
        p.chunk = chunk;
        play_job(&p);
        if (p.last != AMT_DONE || p.j.code != codes[k] || p.j.log_complete ||
            p.j.error == 0 || (error[i] && p.j.error != error[i]))
          fail_msg("messages reply %d: %s", (int)i,
                   text_of(&p.srv.log.text));
        assert_int_equal(p.srv.count[AMT_MONITOR], 1);
        play_free(&p);
      }
}

/* --- messages ------------------------------------------------------------- */

#define LONG40 "0123456789012345678901234567890123456789"
#define EURO10 "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC" \
               "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"

static const message numbered[] = {
  { 1, "one", "2026-01-31T08:00:00", OBJECT },
  { 2, "", NULL, OBJECT },
  { 5, "C:\\\\x \\\"q\\\" \\u20ac\\ud83d\\ude00 \xC3\xA9\xF0\x9F\x98\x80", NULL,
    OBJECT },
  { 6, LONG40 LONG40 LONG40, "2026-01-31T08:00:01.25", OBJECT },
  { 7, EURO10 EURO10 "\\n" EURO10, NULL, OBJECT },
  { 9, "last", NULL, OBJECT }
};
static const message plain[] = {
  { 0, "one", NULL, PLAIN }, { 0, "", NULL, PLAIN },
  { 0, "\\t\xC3\xA9\\u0000x", NULL, PLAIN },
  { 0, LONG40 LONG40, NULL, PLAIN }, { 0, "one", NULL, PLAIN },
  { 0, "", NULL, PLAIN }
};
static const message unnumbered[] = {
  { 0, "one", NULL, OBJECT }, { 0, "two", "2026-01-31T08:00:00", OBJECT },
  { 0, "", NULL, OBJECT }, { 0, LONG40, NULL, OBJECT }
};
static const message children[] = { /* each child numbers its own */
  { 1, "parent", NULL, OBJECT }, { 1, "child", NULL, OBJECT },
  { 2, LONG40, NULL, OBJECT }, { 1, "second", NULL, OBJECT },
  { 2, "", NULL, OBJECT }, { 2, "parent ends", NULL, OBJECT }
};
static const message text_first[] = {
  { 1, "one", NULL, TEXT_FIRST }, { 2, "two", NULL, TEXT_FIRST },
  { 3, "", "2026-01-31T08:00:00", TEXT_FIRST },
  { 4, LONG40, NULL, TEXT_FIRST }, { 5, "five", NULL, TEXT_FIRST }
};
static const message mixed[] = {
  { 1, "one", NULL, OBJECT }, { 0, "plain", NULL, PLAIN },
  { 2, "two", NULL, OBJECT }, { 0, "bare", NULL, OBJECT },
  { 3, "three", NULL, TEXT_FIRST }
};

#define LIST(m) m, COUNT(m)
static const struct { const message *list; size_t n; int ignore_after; }
lists[] = {
  { LIST(numbered), 0 },   { LIST(numbered), 1 }, { LIST(plain), 1 },
  { LIST(unnumbered), 1 }, { LIST(children), 1 }, { LIST(text_first), 0 },
  { LIST(mixed), 1 }
};

/* text_first only from a server that honours AfterSequence: protocol.md asks
   for the Sequence before the Text where it is to be told otherwise. */

/* What a list must come to: its texts, in order, each once. */
static void texts_of(event_log *l, text *to)
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

static void wanted_texts(const message *m, size_t n, text *to)
{
  event_log l;
  amt_job   j;
  size_t    i;
  memset(&l, 0, sizeof l);
  memset(&j, 0, sizeof j);
  for (i = 0; i < n; i++) { /* unescaped by the tokenizer, whole */
    text           quoted = {0};
    amt_json       json;
    amt_json_token token;
    size_t         used, at = 0;
    int            e;
    memset(&json, 0, sizeof json);
    text_bytes(&quoted, "\"", 1);
    text_bytes(&quoted, m[i].text, strlen(m[i].text));
    text_bytes(&quoted, "\"", 1);
    while ((e = amt_json_next(&json, quoted.p + at, quoted.len - at, &used,
                              &token)) > 0) {
      at += used;
      j.msg = token.text, j.msg_len = token.len;
      j.msg_first = token.first, j.msg_more = !token.last;
      log_message(&l, &j);
    }
    assert_int_equal(e, 0);
    text_free(&quoted);
  }
  texts_of(&l, to);
  log_free(&l);
}

/* Of `numbered`, whose numbers jump, a server that sends one message a reply
   seems to have lost some. */
static void check_texts(play *p, const message *m, size_t n, const char *what)
{
  text want = {0}, got = {0};
  int  jumps = m == numbered && !p->srv.ignore_after &&
               (p->srv.page == 1 || p->s.messages == AMT_LIVE);
  wanted_texts(m, n, &want);
  texts_of(&p->srv.log, &got);
  if (strcmp(text_of(&want), text_of(&got)) != 0)
    fail_msg("%s\nwanted:\n%sgot:\n%s\nof:\n%s", what, want.p, got.p,
             text_of(&p->srv.log.text));
  assert_int_equal(p->last, AMT_DONE);
  if (!jumps) assert_int_equal(p->j.error, 0);
  else if (p->j.error != 0) assert_int_equal(p->j.error, AMT_E_GAP);
  if (p->srv.page == 1) assert_int_equal(p->j.error != 0, jumps);
  assert_int_equal(p->j.log_complete, p->j.error == 0);
  text_free(&want);
  text_free(&got);
}

static void no_message_is_lost_or_doubled_however_the_bytes_come(void **state)
{
  size_t i, chunk, page;
  (void)state;
  for (i = 0; i < COUNT(lists); i++)
    for (page = 0; page < 3; page++)
      for (chunk = 0; chunk < 300; chunk++) {
        play p;
        if (page && (lists[i].ignore_after || lists[i].list == text_first))
          continue;
        play_init(&p);
        p.srv.message = lists[i].list, p.srv.message_count = lists[i].n;
        p.srv.ignore_after = lists[i].ignore_after;
        p.srv.page = page, p.srv.more = page != 0;
        p.srv.status_at = 3;
        p.chunk = chunk;
        play_job(&p);
        check_texts(&p, lists[i].list, lists[i].n, "chunks");
        if (chunk == 0 && page == 0)
          assert_int_equal(p.srv.log.pieces, lists[i].n); /* lent whole */
        play_free(&p);
      }
}

static void no_message_is_lost_or_doubled_where_a_reply_is_split(void **state)
{
  size_t i, split, length;
  (void)state;
  for (i = 0; i < COUNT(lists); i++) {
    length = 0;
    for (split = 0; split <= length; split++) {
      text body = {0};
      play p;
      play_init(&p);
      p.srv.message = lists[i].list, p.srv.message_count = lists[i].n;
      p.srv.ignore_after = lists[i].ignore_after;
      if (length == 0) {
        server_messages(&p.srv, &body);
        length = body.len;
        text_free(&body);
      }
      p.srv.status_at = 3;
      p.split = split;
      play_job(&p);
      check_texts(&p, lists[i].list, lists[i].n, "split");
      play_free(&p);
    }
  }
}

/* The connection breaks behind each byte in turn, once. */
static void a_message_that_broke_off_goes_on_where_it_stopped(void **state)
{
  static const size_t chunks[] = { 0, 1, 7 };
  size_t i, cut, length, k, page;
  (void)state;
  for (i = 0; i < COUNT(lists); i++)
    for (page = 0; page < 2; page++) {
      if (page && (lists[i].ignore_after || lists[i].list == text_first))
        continue;
      length = 1;
      for (cut = 0; cut < length; cut++)
        for (k = 0; k < COUNT(chunks); k++) {
          text body = {0};
          play p;
          play_init(&p);
          p.srv.message = lists[i].list, p.srv.message_count = lists[i].n;
          p.srv.ignore_after = lists[i].ignore_after;
          p.srv.page = page * 2, p.srv.more = page != 0;
          if (length == 1) {
            server_messages(&p.srv, &body);
            length = body.len;
            text_free(&body);
          }
          p.srv.status_at = 3;
          p.cut = cut, p.cut_op = AMT_MESSAGES, p.cut_error = AMT_E_TRUNCATED;
          p.chunk = chunks[k];
          play_job(&p);
          check_texts(&p, lists[i].list, lists[i].n, "broken off");
          assert_int_equal(p.srv.log.retries, 1);
          play_free(&p);
        }
    }
}

/* It breaks again and again, each time three bytes further on. */
static void a_message_may_break_off_many_times(void **state)
{
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(lists); i++) {
    size_t cut = 0;
    text   body = {0};
    play   p;
    play_init(&p);
    p.srv.message = lists[i].list, p.srv.message_count = lists[i].n;
    p.srv.ignore_after = lists[i].ignore_after;
    server_messages(&p.srv, &body);
    p.srv.status_at = 3;
    p.s.give_up = 2000000000;
    play_start(&p);
    p.cut_op = AMT_MESSAGES, p.cut_error = AMT_E_RESET;
    while (!p.ended && cut < body.len) {
      if (p.cut == ALL) p.cut = cut += 3;
      play_until(&p, AMT_RETRYING);
    }
    if (!p.ended) play_run(&p);
    check_texts(&p, lists[i].list, lists[i].n, "many times");
    text_free(&body);
    play_free(&p);
  }
}

static void live_messages_come_as_they_are_written_each_once(void **state)
{
  int    status[12];
  size_t i, k, cut;
  (void)state;
  for (k = 0; k < COUNT(status); k++) status[k] = 2;
  status[11] = 4;
  for (i = 0; i < COUNT(lists); i++)
    for (cut = 0; cut < 40; cut++) {
      play p;
      play_init(&p);
      p.s.messages = AMT_LIVE;
      p.srv.message = lists[i].list, p.srv.message_count = lists[i].n;
      p.srv.ignore_after = lists[i].ignore_after;
      play_status(&p, status);
      play_start(&p);
      p.srv.visible = 1;
      while (p.srv.count[AMT_MESSAGES] < 2 && !p.ended) play_until(&p, AMT_CALL);
      p.cut = cut * 7, p.cut_op = AMT_MESSAGES, p.cut_error = AMT_E_RESET;
      p.srv.visible = 2;
      for (k = 2; k <= lists[i].n; k++) {
        unsigned n = p.srv.count[AMT_MESSAGES];
        p.srv.visible = k;
        while (p.srv.count[AMT_MESSAGES] == n && !p.ended)
          play_until(&p, AMT_CALL);
      }
      assert_false(p.ended); /* they came while it ran */
      play_run(&p);
      check_texts(&p, lists[i].list, lists[i].n, "live");
      assert_int_equal(p.j.code, 4);
      play_free(&p);
    }
}

static void with_never_no_messages_are_asked_for(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  p.s.messages = AMT_NEVER;
  play_messages(&p, plain);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_MESSAGES], 0);
  assert_null(strstr(text_of(&p.srv.log.text), "message"));
  play_free(&p);
}

static void more_without_anything_new_does_not_loop(void **state)
{
  static const char *const v[] = {
    "{\"Messages\":[],\"More\":true}",
    "{\"More\":true,\"Messages\":[\"a\",\"b\"]}",
    ("{\"Messages\":[{\"Sequence\":1,\"Text\":\"a\"},{\"Sequence\":2,"
     "\"Text\":\"b\"}],\"More\":true}")
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    step s[] = { { AMT_MESSAGES, 200, NULL, 0, 0, 0, 5000 } };
    text got = {0};
    play p;
    s[0].body = v[i];
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.code, 4);
    assert_in_range(p.srv.count[AMT_MESSAGES], 1, 3);
    texts_of(&p.srv.log, &got);
    assert_string_equal(text_of(&got), i == 0 ? "" : " a\n b\n");
    text_free(&got);
    play_free(&p);
  }
}

static void messages_are_read_in_every_tolerated_accent(void **state)
{
  static const struct { const char *body, *want; } v[] = {
    { "{\"Messages\":[]}", "" },
    { "{\"messages\":[{\"sequence\":\"1\",\"TIME\":\"t\",\"tExt\":\"a\"}]}",
      "message #1 @t a\n" },
    { "\xEF\xBB\xBF{\"x\":[[\"no\"]],\"Messages\":[\"a\",\"b\"],\"y\":[\"no\"]}",
      "message a\nmessage b\n" },
    { "{\"Messages\":[{\"x\":{\"Text\":\"no\",\"Sequence\":9},\"Text\":\"a\","
      "\"y\":[{\"Text\":\"no\"}],\"Sequence\":1}]}", "message a\n" },
    { "{\"Messages\":[{\"Sequence\":null,\"Time\":null,\"Text\":\"a\"}]}",
      "message a\n" },
    { "{\"Messages\":[{\"Text\":\"\"}]}", "message \n" },
    { "{\"x\":{\"Messages\":[\"no\"]},\"Messages\":[\"a\"]}", "message a\n" },
    { "{\"Messages\":[{\"Time\":\"1\",\"Time\":\"2\",\"Text\":\"a\"}]}",
      "message @2 a\n" },
    { "{\"Messages\":[{\"Sequence\":1,\"Text\":\"a\"},"
      "{\"Sequence\":18446744073709551615,\"Text\":\"b\"}]}",
      "message #1 a\nmessage #18446744073709551615 b\n" },
    { "{\"Message\":\"no\",\"Text\":\"no\",\"Messages\":[\"a\"]}", "message a\n" }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 20; chunk++) {
      step s[] = { { AMT_MESSAGES, 200, NULL, 0, 0, 0, 0 } };
      text want = {0};
      play p;
      s[0].body = v[i].body;
      play_init(&p);
      play_steps(&p, s);
      p.srv.status_at = 3;
      p.chunk = chunk;
      play_job(&p);
      text_put(&want, STARTED "> monitor\nstatus 4\n> messages\n%sdone 4\n",
               v[i].want);
      expect_log(&p.srv.log, want.p);
      text_free(&want);
      play_free(&p);
    }
}

/* --- stop and kill -------------------------------------------------------- */

static void a_job_may_be_killed_after_any_event(void **state)
{
  static const message two[] = { { 1, "one", NULL, 0 }, { 2, "two", NULL, 0 } };
  unsigned at;
  int      op;
  (void)state;
  for (op = AMT_STOP; op <= AMT_KILL; op++)
    for (at = 1; at < 20; at++) {
      unsigned calls;
      play p;
      play_init(&p);
      play_messages(&p, two);
      p.stop_after = at, p.stop_op = (amt_op)op;
      play_job(&p);
      calls = p.srv.count[AMT_STOP] + p.srv.count[AMT_KILL];
      if (p.last == AMT_FAILED) {
        assert_int_equal(p.j.error, AMT_E_CANCELLED);
        assert_int_equal(p.srv.count[AMT_START], 0);
        assert_int_equal(p.j.start, AMT_START_NONE);
        assert_true(at <= 1);
      } else if (calls == 0) { /* it had ended by itself */
        assert_int_equal(p.j.code, 4);
        assert_non_null(strstr(text_of(&p.srv.log.text), "status 4"));
      } else {
        assert_int_equal(p.srv.count[op], 1);
        assert_int_equal(p.j.code, op == AMT_KILL ? 3 : 12);
        assert_non_null(strstr(text_of(&p.srv.log.text), "answered OK\n"));
      }
      if (p.last == AMT_DONE)
        assert_non_null(strstr(text_of(&p.srv.log.text),
                               "message #1 one\nmessage #2 two\ndone"));
      play_free(&p);
    }
}

static void a_job_may_be_killed_before_anything_and_in_mid_reply(void **state)
{
  size_t chunk;
  play   p;
  (void)state;
  play_init(&p);
  play_start(&p);
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_CANCELLED);
  assert_int_equal(p.calls, 0);
  play_free(&p);
  for (chunk = 1; chunk < 40; chunk++) {
    play_init(&p);
    p.chunk = chunk;
    p.stop_in_reply = 1;
    play_job(&p);
    assert_int_equal(p.srv.count[AMT_KILL], 1);
    assert_int_equal(p.j.code, 3);
    play_free(&p);
  }
}

static void a_kill_comes_at_once_and_not_at_the_next_poll(void **state)
{
  uint32_t at;
  play     p;
  (void)state;
  play_init(&p);
  play_start(&p);
  play_until(&p, AMT_STARTED);
  at = p.now;
  amt_stop(&p.j, AMT_KILL);
  play_until(&p, AMT_ANSWERED);
  assert_int_equal(p.now, at);
  play_free(&p);
}

/* The Start's outcome is unknown, or it was refused: nothing to kill. */
static void a_kill_does_not_change_how_a_start_ended(void **state)
{
  static const int status[] = { 500, 400 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { { AMT_START, 0, "{\"x\":\"0123456789\"}", 0, 0, 0, 0 } };
    play p;
    s[0].status = status[i];
    play_init(&p);
    play_steps(&p, s);
    p.chunk = 4, p.stop_in_reply = 1;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.start, i ? AMT_START_REFUSED : AMT_START_UNKNOWN);
    assert_int_equal(p.srv.count[AMT_KILL], 0);
    play_free(&p);
  }
}

static void a_refused_stop_or_kill_never_ends_the_watch(void **state)
{
  static const struct { int status; const char *body; int error; } v[] = {
    { 400, "{}", AMT_E_REFUSED }, { 404, "{\"Message\":\"who?\"}", AMT_E_REFUSED },
    { 405, "", AMT_E_REFUSED }, { 409, "{\"Status\":11}", AMT_E_REFUSED },
    { 403, "{}", AMT_E_FORBIDDEN }, { 401, "{}", 1 }, { 404, "<html>", 1 }
  };
  size_t i;
  int    op;
  (void)state;
  for (op = AMT_STOP; op <= AMT_KILL; op++)
    for (i = 0; i < COUNT(v); i++) {
      step s[] = { { 0, 0, NULL, 0, 0, 0, 9 } };
      play p;
      s[0].op = op, s[0].status = v[i].status, s[0].body = v[i].body;
      play_init(&p);
      play_steps(&p, s);
      play_start(&p);
      play_until(&p, AMT_STARTED);
      amt_stop(&p.j, (amt_op)op);
      if (v[i].status == 401 || v[i].status == 403) { /* 24, on any call? */
        play_free(&p);
        continue;
      }
      play_until(&p, AMT_ANSWERED);
      if (v[i].error < 0) assert_int_equal(p.j.error, v[i].error);
      assert_int_not_equal(p.j.error, 0);
      play_run(&p);
      assert_int_equal(p.last, AMT_DONE);
      assert_int_equal(p.j.code, 4);
      play_free(&p);
    }
}

static void an_empty_reply_to_stop_and_kill_means_accepted(void **state)
{
  static const struct { int status; const char *body; } v[] = {
    { 200, "" }, { 204, "" }, { 200, "{}" }, { 202, "" },
    { 200, "{\"Status\":\"KILLED\"}" }, { 200, "{\"Status\":4}" }
  };
  size_t i;
  int    op;
  (void)state;
  for (op = AMT_STOP; op <= AMT_KILL; op++)
    for (i = 0; i < COUNT(v); i++) {
      step s[] = { { 0, 0, NULL, 0, 0, 0, 0 } };
      play p;
      s[0].op = op, s[0].status = v[i].status, s[0].body = v[i].body;
      play_init(&p);
      play_steps(&p, s);
      play_start(&p);
      play_until(&p, AMT_STARTED);
      amt_stop(&p.j, (amt_op)op);
      play_until(&p, AMT_ANSWERED);
      assert_int_equal(p.j.error, 0);
      play_run(&p); /* and the monitor's status is the one that counts */
      assert_int_equal(p.j.code, 4);
      assert_int_equal(p.srv.count[op], 1);
      assert_true(p.srv.count[AMT_MONITOR] > 1);
      play_free(&p);
    }
}

static void a_second_kill_may_follow_a_refused_one(void **state)
{
  step s[] = { { AMT_STOP, 404, "{}", 0, 0, 0, 0 } };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_start(&p);
  play_until(&p, AMT_STARTED);
  amt_stop(&p.j, AMT_STOP);
  play_until(&p, AMT_ANSWERED);
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  assert_int_equal(p.j.code, 3);
  assert_int_equal(p.srv.count[AMT_KILL], 1);
  play_free(&p);
}

/* --- attached, and single calls ------------------------------------------- */

static void an_attached_job_is_watched_to_its_end(void **state)
{
  static const message hello[] = { { 1, "hello", NULL, 0 } };
  play p;
  (void)state;
  play_init(&p);
  play_messages(&p, hello);
  amt_attach(&p.j, &p.s, "DEMO2", "2112");
  play_run(&p);
  assert_null(strstr(text_of(&p.srv.log.text), "start\n"));
  assert_int_equal(p.srv.count[AMT_START], 0);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.j.start, AMT_START_KNOWN);
  assert_non_null(strstr(text_of(&p.srv.log.text), "message #1 hello\n"));
  play_free(&p);
}

static void an_attached_job_may_be_killed_at_once(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  amt_attach(&p.j, &p.s, "DEMO2", "2112");
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  expect_log(&p.srv.log, "> sign-in\n> kill\nanswered OK\n> monitor\nstatus 3\n"
             "> messages\ndone 3\n");
  play_free(&p);
}

static void each_function_is_there_as_a_single_call(void **state)
{
  static const message two[] = { { 1, "one", NULL, 0 }, { 2, "two", NULL, 0 } };
  static const struct { amt_op op; const char *want; } v[] = {
    { AMT_START, "> sign-in\nstarting\n> start\nstarted 2112\n" },
    { AMT_STOP, "> sign-in\n> stop\nanswered OK\n" },
    { AMT_KILL, "> sign-in\n> kill\nanswered OK\n" },
    { AMT_MONITOR, "> sign-in\n> monitor\nstatus 1\n" },
    { AMT_MESSAGES, "> sign-in\n> messages\nmessage #1 one\nmessage #2 two\n" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    play p;
    play_init(&p);
    play_messages(&p, two);
    amt_once(&p.j, &p.s, v[i].op, &p.t, v[i].op == AMT_START ? NULL : "2112");
    play_run(&p);
    if (strncmp(text_of(&p.srv.log.text), v[i].want, strlen(v[i].want)) != 0)
      fail_msg("wanted\n%sgot\n%s", v[i].want, p.srv.log.text.p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.error, 0);
    assert_int_equal(p.calls, 2);
    if (v[i].op == AMT_MONITOR) assert_int_equal(p.j.status, 1);
    play_free(&p);
  }
}

static void a_single_call_goes_on_when_its_connection_breaks(void **state)
{
  int op;
  (void)state;
  for (op = AMT_STOP; op < AMT_CALLS; op++) {
    step s[] = { { 0, 503, "", 0, 0, 0, 2 } };
    play p;
    s[0].op = op;
    play_init(&p);
    play_steps(&p, s);
    amt_once(&p.j, &p.s, (amt_op)op, &p.t, "2112");
    play_run(&p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.error, 0);
    assert_int_equal(p.srv.count[op], 3);
    play_free(&p);
  }
}

static void a_single_call_that_is_refused_fails(void **state)
{
  static const struct { int op, status, code; } v[] = {
    { AMT_START, 400, 11 }, { AMT_STOP, 404, -1 }, { AMT_KILL, 404, -1 },
    { AMT_START, 500, 19 }, { AMT_MONITOR, 403, 24 }, { AMT_MESSAGES, 403, 24 },
    { AMT_KILL, 403, 24 }, { AMT_STOP, 401, 24 }, { AMT_MONITOR, 401, 24 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    step s[] = { { 0, 0, "{}", 0, 0, 0, 9 } };
    play p;
    s[0].op = v[i].op, s[0].status = v[i].status;
    play_init(&p);
    play_steps(&p, s);
    amt_once(&p.j, &p.s, (amt_op)v[i].op, &p.t,
             v[i].op == AMT_START ? NULL : "2112");
    play_run(&p);
    assert_int_not_equal(p.j.error, 0);
    if (v[i].op == AMT_START) assert_int_equal(p.srv.count[AMT_START], 1);
    if (v[i].code >= 0) {
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.code, v[i].code);
    }
    play_free(&p);
  }
}

static void a_forgotten_job_asks_for_nothing_more(void **state)
{
  unsigned at;
  (void)state;
  for (at = 1; at < 6; at++) {
    unsigned i;
    play p;
    play_init(&p);
    play_start(&p);
    for (i = 0; i < at; i++) {
      amt_event e = amt_next(&p.j, p.now);
      if (e == AMT_CALL && i + 1 < at) play_call(&p);
      if (e == AMT_BUSY) p.now += p.j.wait;
    }
    amt_forget(&p.j);
    for (i = 0; i < 5; i++) {
      amt_event e = amt_next(&p.j, p.now += 100000);
      assert_true(e == AMT_FAILED || e == AMT_DONE || e == AMT_BUSY);
    }
    /* and the session is free for another */
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    play_free(&p);
  }
}

/* --- one session, several jobs -------------------------------------------- */

#define JOBS 4
typedef struct crew {
  play p[JOBS]; /* the first has the session and the server's mind */
  int  calling[JOBS];
} crew;

static void crew_init(crew *c)
{
  int i;
  memset(c, 0, sizeof *c);
  for (i = 0; i < JOBS; i++) {
    play_init(&c->p[i]);
    c->p[i].to = &c->p[0].srv;
    c->p[i].srv.log.quiet = 1;
    amt_start(&c->p[i].j, &c->p[0].s, &c->p[i].t);
  }
  c->p[0].srv.log_calls = 0;
}

static void crew_free(crew *c)
{
  int i;
  for (i = 0; i < JOBS; i++) play_free(&c->p[i]);
}

/* One turn of one job; its call is made only by crew_call. */
static amt_event crew_turn(crew *c, int i, uint32_t now)
{
  amt_event e;
  c->p[i].now = now;
  if (c->calling[i] || c->p[i].ended) return AMT_BUSY;
  e = amt_next(&c->p[i].j, now);
  play_event(&c->p[i], e);
  if (e == AMT_CALL) c->calling[i] = 1;
  return e;
}

static void crew_call(crew *c, int i)
{
  assert_true(c->calling[i]);
  c->calling[i] = 0;
  play_call(&c->p[i]);
}

/* All turns, and all calls at once, until no job is left. */
static void crew_run(crew *c, uint32_t now)
{
  int left = 1, i, turns = 0;
  while (left) {
    if (++turns > 100000) fail_msg("the crew never ends");
    left = 0;
    for (i = 0; i < JOBS; i++) {
      crew_turn(c, i, now);
      left |= !c->p[i].ended;
    }
    for (i = 0; i < JOBS; i++) if (c->calling[i]) crew_call(c, i);
    now += 50;
  }
}

static void all_jobs_of_a_session_share_one_sign_in(void **state)
{
  crew c;
  int  i, k;
  (void)state;
  crew_init(&c);
  while (!c.calling[0]) crew_turn(&c, 0, 1000);
  for (k = 0; k < 5; k++) /* while one signs in, the others wait */
    for (i = 1; i < JOBS; i++)
      assert_int_equal(crew_turn(&c, i, 1000 + (uint32_t)k), AMT_BUSY);
  crew_call(&c, 0);
  crew_run(&c, 1010);
  for (i = 0; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  assert_int_equal(c.p[0].srv.count[AMT_START], JOBS);
  crew_free(&c);
}

static void a_refused_sign_in_is_told_to_all_and_not_tried_again(void **state)
{
  step s[] = { { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 99 } };
  crew c;
  int  i;
  (void)state;
  crew_init(&c);
  play_steps(&c.p[0], s);
  crew_run(&c, 1000);
  for (i = 0; i < JOBS; i++) {
    assert_int_equal(c.p[i].last, AMT_FAILED);
    assert_int_equal(c.p[i].j.error, AMT_E_SIGN_IN);
    assert_int_equal(c.p[i].j.code, 24);
    assert_int_equal(c.p[i].j.start, AMT_START_NONE);
    assert_int_equal(c.p[i].j.http_status, 401);
  }
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  /* A job that comes later learns it too; new credentials make it good. */
  c.p[1].ended = 0;
  amt_start(&c.p[1].j, &c.p[0].s, &c.p[1].t);
  crew_run(&c, 500000);
  assert_int_equal(c.p[1].j.code, 24);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "other", "pw"), 1);
  c.p[0].srv.step_count = 0;
  c.p[1].ended = 0;
  amt_start(&c.p[1].j, &c.p[0].s, &c.p[1].t);
  crew_run(&c, 900000);
  assert_int_equal(c.p[1].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* Those who wait share one outage, and do not each knock at the door. */
static void an_outage_of_the_sign_in_is_shared(void **state)
{
  step s[] = { { AMT_SIGN_IN, 503, "", 0, 0, 0, 3 } };
  crew c;
  int  i;
  (void)state;
  crew_init(&c);
  play_steps(&c.p[0], s);
  crew_run(&c, 1000);
  for (i = 0; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 4);
  crew_free(&c);
}

static void a_job_that_is_forgotten_leaves_the_sign_in_to_another(void **state)
{
  crew c;
  int  i;
  (void)state;
  crew_init(&c);
  while (!c.calling[0]) crew_turn(&c, 0, 1000);
  assert_int_equal(c.p[0].j.op, AMT_SIGN_IN);
  assert_int_equal(crew_turn(&c, 1, 1000), AMT_BUSY);
  amt_forget(&c.p[0].j);
  c.calling[0] = 0;
  c.p[0].ended = 1;
  crew_run(&c, 1010);
  for (i = 1; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 1);
  crew_free(&c);
}

/* Two requests went out with the old token, and both come back with 401. */
static void a_401_is_no_reason_to_sign_in_if_the_token_is_new(void **state)
{
  crew c;
  int  i;
  uint32_t now = 1000;
  (void)state;
  crew_init(&c);
  for (i = 0; i < JOBS; i++) /* all started */
    while (c.p[i].last != AMT_STARTED) {
      crew_turn(&c, i, now += 20);
      if (c.calling[i]) crew_call(&c, i);
    }
  now += 20000;
  for (i = 0; i < JOBS; i++)
    while (!c.calling[i]) crew_turn(&c, i, now);
  for (i = 0; i < JOBS; i++) { /* their requests have gone out */
    amt_reply_sent(&c.p[i].j);
    assert_int_equal(c.p[i].j.op, AMT_MONITOR);
    c.calling[i] = 0;
    c.p[0].srv.count[AMT_MONITOR]++;
    amt_reply_status(&c.p[i].j, 401, 0);
    amt_reply_end(&c.p[i].j, 0, 1);
  }
  crew_run(&c, now);
  for (i = 0; i < JOBS; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* And one that comes only after the sign-in, to a request from before it. */
static void a_late_401_is_no_reason_to_sign_in_either(void **state)
{
  crew c;
  int  i;
  uint32_t now = 1000;
  (void)state;
  crew_init(&c);
  for (i = 0; i < 2; i++)
    while (c.p[i].last != AMT_STARTED) {
      crew_turn(&c, i, now += 20);
      if (c.calling[i]) crew_call(&c, i);
    }
  now += 20000;
  for (i = 0; i < 2; i++) {
    while (!c.calling[i]) crew_turn(&c, i, now);
    amt_reply_sent(&c.p[i].j);
  }
  c.calling[0] = 0;
  amt_reply_status(&c.p[0].j, 401, 0);
  amt_reply_end(&c.p[0].j, 0, 1);
  while (!c.calling[0]) crew_turn(&c, 0, now += 20);
  assert_int_equal(c.p[0].j.op, AMT_SIGN_IN);
  crew_call(&c, 0);
  while (!c.calling[0]) crew_turn(&c, 0, now += 20);
  assert_int_equal(c.p[0].j.op, AMT_MONITOR);
  crew_call(&c, 0);
  c.calling[1] = 0;
  amt_reply_status(&c.p[1].j, 401, 0);
  amt_reply_end(&c.p[1].j, 0, 1);
  for (i = 2; i < JOBS; i++) amt_forget(&c.p[i].j), c.p[i].ended = 1;
  crew_run(&c, now);
  for (i = 0; i < 2; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* The token in a half-sent request must not change under it. */
static void a_sign_in_waits_for_requests_that_are_half_sent(void **state)
{
  crew c;
  int  i, k;
  text before = {0}, after = {0};
  uint32_t now = 1000;
  (void)state;
  crew_init(&c);
  for (i = 0; i < 2; i++)
    while (c.p[i].last != AMT_STARTED) {
      crew_turn(&c, i, now += 20);
      if (c.calling[i]) crew_call(&c, i);
    }
  now += 20000;
  for (i = 0; i < 2; i++)
    while (!c.calling[i]) crew_turn(&c, i, now);
  play_part(&c.p[1].j, amt_call_headers, &before);
  c.calling[0] = 0;
  amt_reply_status(&c.p[0].j, 401, 0);
  amt_reply_end(&c.p[0].j, 0, 1);
  for (k = 0; k < 5; k++)
    assert_int_equal(crew_turn(&c, 0, now += 20), AMT_BUSY);
  play_part(&c.p[1].j, amt_call_headers, &after);
  assert_string_equal(text_of(&before), text_of(&after));
  text_free(&before);
  text_free(&after);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "a", "b"), 0);
  assert_string_equal(c.p[0].s.user, "ocadm");
  crew_call(&c, 1); /* sent, and answered */
  while (!c.calling[0]) crew_turn(&c, 0, now += 20);
  assert_int_equal(c.p[0].j.op, AMT_SIGN_IN);
  assert_int_equal(amt_session_credentials(&c.p[0].s, "a", "b"), 0);
  assert_string_equal(c.p[0].s.user, "ocadm");
  crew_call(&c, 0);
  for (i = 2; i < JOBS; i++) amt_forget(&c.p[i].j), c.p[i].ended = 1;
  crew_run(&c, now);
  for (i = 0; i < 2; i++) assert_int_equal(c.p[i].j.code, 4);
  assert_int_equal(c.p[0].srv.count[AMT_SIGN_IN], 2);
  crew_free(&c);
}

/* --- secrets -------------------------------------------------------------- */

typedef struct keeper {
  char *password; /* a block of its own, while it is wanted */
  int   begun, ended;
  int   none;
} keeper;

static const char *keep(void *ctx, int begin)
{
  keeper *k = (keeper *)ctx;
  if (begin) {
    assert_null(k->password);
    k->begun++;
    if (k->none) return NULL;
    k->password = (char *)malloc(9);
    assert_non_null(k->password);
    memcpy(k->password, "opconxps", 9);
    return k->password;
  }
  if (k->password) memset(k->password, 0, 9);
  free(k->password);
  k->password = NULL;
  k->ended++;
  return NULL;
}

static int holds(const void *p, size_t n, const char *word)
{
  const char *b = (const char *)p;
  size_t      w = strlen(word), i;
  for (i = 0; i + w <= n; i++) if (memcmp(b + i, word, w) == 0) return 1;
  return 0;
}

static void a_password_is_fetched_for_each_sign_in_and_given_back(void **state)
{
  static const step v[] = {
    { AMT_MONITOR, 401, "{}", 0, 0, 0, 1 }, { AMT_SIGN_IN, 503, "", 0, 0, 0, 2 },
    { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 1 }, { AMT_SIGN_IN, 200, "{}", 0, 0, 0, 1 },
    { AMT_SIGN_IN, 0, NULL, AMT_E_RESET, 0, 0, 1 },
    { AMT_SIGN_IN, 0, NULL, AMT_E_CONNECT, 0, 1, 1 },
    { AMT_SIGN_IN, 301, "", 0, 0, 0, 1 }, { AMT_SIGN_IN, 200, "hm", 0, 0, 0, 500 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    keeper k;
    play p;
    memset(&k, 0, sizeof k);
    play_init(&p);
    p.srv.steps = &v[i], p.srv.step_count = 1;
    p.s.password = NULL;
    p.s.secret = keep, p.s.ctx = &k;
    play_job(&p);
    assert_null(k.password);
    assert_true(k.begun > 0);
    assert_int_equal(k.begun, k.ended);
    assert_null(p.s.password);
    if (p.last == AMT_DONE)
      assert_non_null(strstr(text_of(&p.srv.calls),
                             "\"Password\":\"opconxps\"}"));
    play_free(&p);
  }
}

static void a_password_is_given_back_if_its_job_is_forgotten(void **state)
{
  keeper k;
  play p;
  (void)state;
  memset(&k, 0, sizeof k);
  play_init(&p);
  p.s.password = NULL;
  p.s.secret = keep, p.s.ctx = &k;
  play_start(&p);
  while (amt_next(&p.j, 1000) != AMT_CALL) { }
  assert_non_null(k.password);
  amt_forget(&p.j);
  assert_null(k.password);
  assert_int_equal(k.begun, k.ended);
  play_free(&p);
}

static void a_password_that_cannot_be_fetched_ends_the_run(void **state)
{
  keeper k;
  play p;
  (void)state;
  memset(&k, 0, sizeof k);
  k.none = 1;
  play_init(&p);
  p.s.password = NULL;
  p.s.secret = keep, p.s.ctx = &k;
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.calls, 0);
  assert_int_equal(p.j.start, AMT_START_NONE);
  assert_int_equal(k.begun, 1);
  play_free(&p);
}

static void a_password_for_basic_is_fetched_and_given_back_too(void **state)
{
  amt_wire w = *amt_wire_default();
  keeper   k;
  play     p;
  (void)state;
  memset(&k, 0, sizeof k);
  w.auth = AMT_AUTH_BASIC;
  play_init(&p);
  p.s.wire = &w;
  p.srv.scheme = NULL;
  p.s.password = NULL;
  p.s.secret = keep, p.s.ctx = &k;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
                         "Authorization: Basic b2NhZG06b3Bjb254cHM=\r\n"));
  amt_session_end(&p.s);
  assert_int_equal(k.begun, k.ended);
  assert_null(k.password);
  free(k.password);
  play_free(&p);
}

static void a_wire_table_with_which_no_job_can_be_run_is_refused(void **state)
{
  static const int needed[] = { AMT_R_TOKEN, AMT_R_ID, AMT_R_STATUS,
                                AMT_R_MESSAGES };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(needed); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    w.reply[needed[i]] = NULL;
    p.s.wire = &w;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_WIRE);
    assert_string_equal(p.j.msg, amt_wire_default()->reply[needed[i]]);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

static void a_call_that_could_not_say_which_job_is_refused(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 4; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    if (i == 0) w.request[AMT_Q_ID] = NULL;
    if (i == 1) w.request[AMT_Q_JOB] = w.request[AMT_Q_SCRIPT] = NULL;
    if (i == 2) w.parameters = AMT_LIST_JOINED, w.separator = NULL;
    if (i == 3) w.call[AMT_START].path = "/x#y";
    p.s.wire = &w;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, i == 3 ? AMT_E_CONTROL : AMT_E_WIRE);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

static void what_a_task_says_is_never_left_out_for_want_of_a_name(void **state)
{
  static const char *const value[] = { "a=1" };
  static const int member[] = { AMT_Q_JOB, AMT_Q_SCRIPT, AMT_Q_RUN_AS,
                                AMT_Q_QUEUE, AMT_Q_TASK_VALUES,
                                AMT_Q_PARAMETERS };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(member); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    w.request[member[i]] = NULL;
    p.s.wire = &w;
    if (member[i] == AMT_Q_SCRIPT) p.t.script = "x.ps1";
    if (member[i] == AMT_Q_RUN_AS) p.t.run_as = "ME";
    if (member[i] == AMT_Q_QUEUE) p.t.queue = "Q";
    if (member[i] == AMT_Q_TASK_VALUES)
      p.t.task_values = value, p.t.task_value_count = 1;
    if (member[i] == AMT_Q_PARAMETERS)
      p.t.parameters = value, p.t.parameter_count = 1;
    play_job(&p);
    assert_int_equal(p.j.error, AMT_E_WIRE);
    assert_string_equal(p.j.msg, amt_wire_default()->request[member[i]]);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

static void a_log_with_more_that_never_comes_is_not_complete(void **state)
{
  static const step s[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":[\"a\",\"b\"],\"More\":true}", 0, 0, 0,
      100 }
  };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.j.log_complete, 0);
  assert_int_equal(p.j.error, AMT_E_MORE);
  play_free(&p);
}

static void an_attached_id_may_be_a_string_of_digits(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  amt_attach(&p.j, &p.s, "DEMO2", "2112");
  assert_int_equal(p.j.id_text, 0);
  p.j.id_text = 1;
  play_until(&p, AMT_STATUS);
  assert_non_null(strstr(text_of(&p.srv.calls), "\"BatchRequestId\":\"2112\""));
  play_free(&p);
}

static void every_error_has_its_words_and_other_numbers_none(void **state)
{
  int e;
  (void)state;
  for (e = -300; e <= 10; e++) {
    const char *name = error_name(e);
    int         known = e != 0 && name[0] >= 'A' && name[0] <= 'Z';
    if ((amt_error(e)[0] != 0) != known) fail_msg("%d %s", e, name);
  }
}

/* --- what a review found, each a promise that was broken ------------------- */

static void a_start_is_repeated_once_whatever_comes_between(void **state)
{
  static const step s[] = {
    { AMT_START, 401, "{}", 0, 0, 0, 0 },
    { AMT_START, 0, NULL, AMT_E_CONNECT, 0, 1, 0 },
    { AMT_START, 401, "{}", 0, 0, 0, 0 },
    { AMT_START, 0, NULL, AMT_E_CONNECT, 0, 1, 0 },
    { AMT_START, 401, "{}", 0, 0, 0, 1000 }
  };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.code, 24);
  assert_true(p.srv.count[AMT_START] <= 3); /* one of them was not taken */
  play_free(&p);
}

static void a_bare_cr_in_a_log_of_lines_loses_nothing_at_any_cut(void **state)
{
  static const step s[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":\"10%\\r20%\\nen\\u000dd\\tx\"}", 0, 0, 0, 0 }
  };
  size_t chunk;
  (void)state;
  for (chunk = 0; chunk < 40; chunk++) {
    play p;
    play_init(&p);
    play_steps(&p, s);
    p.chunk = chunk;
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    if (strstr(text_of(&p.srv.log.text),
               "message 10%20%\nmessage end\\x09x\ndone 4\n") == NULL)
      fail_msg("cut by %u:\n%s", (unsigned)chunk, text_of(&p.srv.log.text));
    play_free(&p);
  }
}

/* Nor is the one of the last reply left over. */
static void an_empty_token_is_no_token(void **state)
{
  static const step s[] = {
    { AMT_SIGN_IN, 200, "{\"Token\":\"tok1\"}", AMT_E_TRUNCATED, 0, 0, 1 },
    { AMT_SIGN_IN, 200, "{\"Token\":\"\",\"token\":\"\"}", 0, 0, 0, 10000 }
  };
  play p;
  (void)state;
  play_init(&p);
  p.s.give_up = 5000;
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 23);
  assert_int_equal(p.j.error, AMT_E_NO_TOKEN);
  play_free(&p);
}

static void half_an_id_is_none_and_neither_is_one_with_a_nul(void **state)
{
  static const step s[2][1] = {
    { { AMT_START, 200, "{\"BatchRequestId\":\"2112\",\"batchrequestid\":\"99",
        AMT_E_TRUNCATED, 0, 0, 0 } },
    { { AMT_START, 200, "{\"BatchRequestId\":\"12\\u000034\"}", 0, 0, 0, 0 } }
  };
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    play p;
    play_init(&p);
    play_steps(&p, s[i]);
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.start, AMT_START_UNKNOWN);
    assert_string_equal(p.j.id, "");
    play_free(&p);
  }
}

static void a_code_over_255_is_never_mistaken_for_another(void **state)
{
  int  codes[] = { 260 };
  play p;
  (void)state;
  play_init(&p);
  play_status(&p, codes);
  amt_once(&p.j, &p.s, AMT_MONITOR, &p.t, "2112");
  play_run(&p);
  assert_int_equal(p.j.status, 260);
  assert_int_equal(p.j.code, 19);
  play_free(&p);
}

static void a_kill_asked_for_while_a_stop_is_under_way_is_sent_too(void **state)
{
  int  codes[] = { 2, 2, 2, 3 };
  play p;
  (void)state;
  play_init(&p);
  play_status(&p, codes);
  play_start(&p);
  play_until(&p, AMT_STATUS);
  amt_stop(&p.j, AMT_STOP);
  assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
  assert_int_equal(p.j.op, AMT_STOP);
  amt_stop(&p.j, AMT_KILL);
  amt_reply_status(&p.j, 204, 0);
  amt_reply_end(&p.j, 0, 1);
  play_run(&p);
  assert_int_equal(p.srv.count[AMT_KILL], 1);
  assert_int_equal(p.j.code, 3);
  play_free(&p);
}

static void a_kill_asked_for_during_a_monitor_does_not_wait(void **state)
{
  int      codes[] = { 2, 2, 3 };
  uint32_t asked;
  char     said[] = "{\"Status\":2}";
  play     p;
  (void)state;
  play_init(&p);
  p.s.poll = 600000;
  play_status(&p, codes);
  play_start(&p);
  play_until(&p, AMT_STATUS);
  p.now += p.s.poll;
  assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
  assert_int_equal(p.j.op, AMT_MONITOR);
  amt_stop(&p.j, AMT_KILL);
  amt_reply_status(&p.j, 200, 0);
  amt_reply_data(&p.j, said, sizeof said - 1);
  amt_reply_end(&p.j, 0, 1);
  asked = p.now;
  play_until(&p, AMT_ANSWERED);
  assert_int_equal(p.now, asked);
  play_free(&p);
}

static void a_kill_that_always_fails_does_not_end_the_watch(void **state)
{
  static const step s[] = { { AMT_KILL, 500, "{}", 0, 0, 0, 100000 } };
  static int codes[200];
  size_t     i;
  play       p;
  (void)state;
  for (i = 0; i < COUNT(codes); i++) codes[i] = i + 1 < COUNT(codes) ? 2 : 4;
  play_init(&p);
  play_steps(&p, s);
  play_status(&p, codes);
  play_start(&p);
  play_until(&p, AMT_STATUS);
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 4);
  assert_true(p.srv.count[AMT_KILL] > 50);
  assert_true(p.now - p.began > 900000); /* and it is not flooded meanwhile */
  play_free(&p);
}

static void basic_needs_a_user_though_the_table_sends_none(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.auth = AMT_AUTH_BASIC;
  w.request[AMT_Q_USER] = w.request[AMT_Q_PASSWORD] = NULL;
  play_init(&p);
  p.s.wire = &w;
  p.s.user = NULL;
  play_job(&p);
  assert_int_equal(p.j.error, AMT_E_MISSING);
  assert_int_equal(p.calls, 0);
  play_free(&p);
}

static void basic_credentials_that_are_taken_away_end_the_run(void **state)
{
  static const char *const v[][2] = { { NULL, "pw" }, { "user", NULL } };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    w.auth = AMT_AUTH_BASIC;
    play_init(&p);
    p.s.wire = &w;
    p.srv.scheme = NULL;
    play_start(&p);
    play_until(&p, AMT_STARTED);
    assert_int_equal(amt_session_credentials(&p.s, v[i][0], v[i][1]), 1);
    play_run(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_MISSING);
    assert_int_equal(p.j.start, AMT_START_KNOWN);
    play_free(&p);
  }
}

static void an_error_page_is_the_servers_error_not_bad_json(void **state)
{
  static const char *const pages[] = { "<html>", "", "{\"Message\":" };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(pages); i++) {
    step s[] = { { AMT_MONITOR, 503, NULL, 0, 0, 0, 100000 } };
    play p;
    s[0].body = pages[i];
    play_init(&p);
    play_steps(&p, s);
    play_start(&p);
    play_until(&p, AMT_RETRYING);
    assert_int_equal(p.j.error, AMT_E_SERVER);
    assert_int_equal(p.j.http_status, 503);
    play_run(&p);
    assert_int_equal(p.j.error, AMT_E_LOST);
    assert_int_equal(p.j.cause, AMT_E_SERVER);
    play_free(&p);
  }
}

static void a_job_that_was_dropped_takes_no_more_of_a_reply(void **state)
{
  char late[] = "{\"Token\":\"evil\"}";
  play p;
  (void)state;
  play_init(&p);
  play_start(&p);
  assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
  amt_forget(&p.j);
  memset(p.token, 0, sizeof p.token);
  assert_int_equal(amt_reply_data(&p.j, late, sizeof late - 1), sizeof late - 1);
  amt_reply_end(&p.j, 0, 1);
  assert_string_equal(p.token, "");
  assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_FORGOTTEN);
  assert_int_equal(p.j.code, 19);
  play_free(&p);
}

static void a_sign_in_alone_is_a_call_too(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  amt_once(&p.j, &p.s, AMT_SIGN_IN, NULL, NULL);
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.calls, 1);
  play_free(&p);
}

static void a_colon_in_a_user_name_is_refused_for_basic(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.auth = AMT_AUTH_BASIC;
  play_init(&p);
  p.s.wire = &w;
  p.s.user = "oc:adm";
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_CONTROL);
  assert_int_equal(p.calls, 0);
  play_free(&p);
}

static void a_session_that_ends_leaves_no_secret_behind(void **state)
{
  static const char zero[sizeof(amt_session)] = { 0 };
  step s[] = { { AMT_SIGN_IN, 200, "{\"Token\":\"s3cr3tt0k3n\"}", 0, 0, 0, 0 } };
  size_t chunk;
  (void)state;
  for (chunk = 0; chunk < 3; chunk++) {
    play p;
    play_init(&p);
    play_steps(&p, s);
    p.chunk = chunk;
    p.srv.scheme = NULL;
    memset(p.token, '#', sizeof p.token);
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_true(holds(p.token, sizeof p.token, "s3cr3t")); /* the search works */
    assert_false(holds(&p.j, sizeof p.j, "s3cr3t"));
    assert_false(holds(&p.j, sizeof p.j, "opconxps"));
    amt_session_end(&p.s);
    assert_memory_equal(p.token, zero, sizeof p.token);
    assert_memory_equal(&p.s, zero, sizeof p.s);
    play_free(&p);
  }
}

static void no_secret_reaches_an_error_or_an_event(void **state)
{
  static const step v[] = {
    { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 0 },
    { AMT_SIGN_IN, 200, "{\"Token\":\"s3cr3t\\r\\n\"}", 0, 0, 0, 9999 },
    { AMT_SIGN_IN, 200, "{\"Token\":\"s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t\"}",
      0, 0, 0, 9999 },
    { AMT_START, 403, "{}", 0, 0, 0, 0 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    play p;
    play_init(&p);
    p.srv.steps = &v[i], p.srv.step_count = 1;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_false(holds(&p.j, sizeof p.j, "s3cr3t"));
    assert_false(holds(&p.j, sizeof p.j, "opconxps"));
    assert_null(strstr(text_of(&p.srv.log.text), "s3cr3t"));
    assert_null(strstr(text_of(&p.srv.log.text), "opconxps"));
    if (p.j.msg_len)
      assert_false(holds(p.j.msg, p.j.msg_len, "s3cr3t"));
    play_free(&p);
  }
}

/* --- other wire tables ---------------------------------------------------- */

static void replies_are_found_by_dotted_names(void **state)
{
  static const step s[] = {
    { AMT_SIGN_IN, 200, "{\"token\":\"no\",\"auth\":{\"x\":{\"token\":\"no\"},"
      "\"y\":[{\"token\":\"no\"}],\"TOKEN\":\"tok1\",\"life\":60}}", 0, 0, 0, 0 },
    { AMT_START, 200, "{\"id\":1,\"result\":{\"id\":2,\"job\":{\"x\":{\"id\":3},"
      "\"id\":2112,\"y\":[{\"id\":4}]},\"z\":{\"id\":5}},\"job\":{\"id\":6},"
      "\"x\":{\"result\":{\"job\":{\"id\":7}}}}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"result\":[{\"job\":{\"status\":4}}],\"Result\":{"
      "\"status\":4,\"JOB\":{\"status\":\"running\",\"x\":{\"status\":4}},"
      "\"jo\":{\"status\":4},\"jobs\":{\"status\":4}}}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"result\":{\"job\":{}},\"job\":{\"status\":4},"
      "\"result\":{\"job\":{\"status\":5}}}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"result\":{\"job\":{\"status\":\"DONE\"}}}",
      0, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"items\":[\"no\"],\"data\":{\"x\":[\"no\"],"
      "\"items\":[{\"body\":{\"text\":\"a\"},\"meta\":{\"seq\":1},"
      "\"text\":\"no\"},{\"meta\":{\"x\":[{\"seq\":9}],\"seq\":2},\"seq\":9,"
      "\"body\":{\"x\":{\"text\":\"no\"},\"text\":\"b\"}},\"c\"],"
      "\"items2\":[\"no\"]}}", 0, 0, 0, 0 }
  };
  size_t chunk;
  (void)state;
  for (chunk = 0; chunk < 60; chunk++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.reply[AMT_R_TOKEN] = "auth.token";
    w.reply[AMT_R_EXPIRES] = "auth.life";
    w.reply[AMT_R_ID] = "result.job.id";
    w.reply[AMT_R_STATUS] = "result.job.status";
    w.reply[AMT_R_MESSAGES] = "data.items";
    w.reply[AMT_R_TEXT] = "body.text";
    w.reply[AMT_R_SEQUENCE] = "meta.seq";
    play_init(&p);
    p.s.wire = &w;
    play_steps(&p, s);
    p.chunk = chunk;
    play_job(&p);
    expect_log(&p.srv.log, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage #2 b\n"
               "message c\ndone 4\n");
    play_free(&p);
  }
}

static void a_dot_in_a_members_own_name_is_no_nesting(void **state)
{
  static const step s[] = {
    { AMT_MONITOR, 200, "{\"result\":{\"job.status\":4}}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"result.job.status\":4}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"result.job\":{\"status\":4}}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"result\":{\"job\":{\"status\":11}}}", 0, 0, 0, 0 }
  };
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.reply[AMT_R_STATUS] = "result.job.status";
  play_init(&p);
  p.s.wire = &w;
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 11);
  play_free(&p);
}

static void replies_may_be_the_value_itself(void **state)
{
  static const step s[] = {
    { AMT_SIGN_IN, 200, " \"tok1\" ", 0, 0, 0, 0 },
    { AMT_START, 200, "2112", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "2", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "\"suspended\"", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "\xEF\xBB\xBF\"4\"\n", 0, 0, 0, 0 },
    { AMT_MESSAGES, 200, "[\"a\",{\"Text\":\"b\"},\"\"]", 0, 0, 0, 0 }
  };
  size_t chunk;
  (void)state;
  for (chunk = 0; chunk < 12; chunk++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.reply[AMT_R_TOKEN] = w.reply[AMT_R_ID] = w.reply[AMT_R_STATUS] = "";
    w.reply[AMT_R_MESSAGES] = "";
    play_init(&p);
    p.s.wire = &w;
    play_steps(&p, s);
    p.chunk = chunk;
    play_start(&p);
    play_until(&p, AMT_STARTED);
    assert_string_equal(p.j.id, "2112");
    play_run(&p);
    expect_log(&p.srv.log, STARTED "> monitor\nstatus 2\n> monitor\nstatus 5\n"
               "> monitor\nstatus 4\n> messages\nmessage a\nmessage b\n"
               "message \ndone 4\n");
    play_free(&p);
  }
}

/* A site may well have both: the id of a Start, and the status of a monitor,
   each bare. */
static void a_bare_id_and_a_bare_status_live_in_one_table(void **state)
{
  static const step s[] = {
    { AMT_START, 200, "\"A7\"", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "4", 0, 0, 0, 0 }
  };
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.reply[AMT_R_ID] = w.reply[AMT_R_STATUS] = "";
  play_init(&p);
  p.s.wire = &w;
  play_steps(&p, s);
  play_job(&p);
  expect_log(&p.srv.log, UP_TO_START "started A7\n> monitor\nstatus 4\n"
             "> messages\ndone 4\n");
  play_free(&p);
}

/* A bare number is whole only where the reply is. */
static void a_bare_id_that_is_cut_is_an_unknown_start(void **state)
{
  static const struct { const char *body; int error, known; } v[] = {
    { "2112", 0, 1 }, { "2112", AMT_E_TRUNCATED, 0 }, { "2112 ", AMT_E_TRUNCATED, 1 },
    { "\"2112", AMT_E_TRUNCATED, 0 }, { "\"2112\"", AMT_E_TRUNCATED, 1 },
    { "{\"x\":2112}", 0, 0 }, { "[2112]", 0, 0 }, { "null", 0, 0 }, { "", 0, 0 }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      amt_wire w = *amt_wire_default();
      step s[] = { { AMT_START, 200, NULL, 0, 0, 0, 0 } };
      play p;
      w.reply[AMT_R_ID] = "";
      s[0].body = v[i].body, s[0].error = v[i].error;
      play_init(&p);
      p.s.wire = &w;
      play_steps(&p, s);
      p.chunk = chunk;
      play_start(&p);
      play_until(&p, v[i].known ? AMT_STARTED : AMT_FAILED);
      assert_int_equal(p.j.start,
                       v[i].known ? AMT_START_KNOWN : AMT_START_UNKNOWN);
      assert_int_equal(p.srv.count[AMT_START], 1);
      if (v[i].known) assert_string_equal(p.j.id, "2112");
      play_free(&p);
    }
}

static void a_log_may_be_one_string_of_lines(void **state)
{
  static const struct { const char *body, *name, *want; } v[] = {
    { "{\"Log\":\"line one\\nline \\u20ac two\\n\\nlast\"}", "Log",
      " line one\n line \xE2\x82\xAC two\n \n last\n" },
    { "{\"x\":\"a\\nb\",\"Log\":\"one\\ntwo\\n\",\"y\":\"c\\nd\"}", "Log",
      " one\n two\n" },
    { "{\"Log\":\"\"}", "Log", "" },
    { "{\"Log\":\"\\n\"}", "Log", " \n" },
    { "{\"Log\":\"\\n\\nx\"}", "Log", " \n \n x\n" },
    { "{\"Log\":\"" LONG40 LONG40 LONG40 "\\n" LONG40 "\"}", "Log",
      " " LONG40 LONG40 LONG40 "\n " LONG40 "\n" },
    { "\"one\\ntwo\"", "", " one\n two\n" },
    { "{\"r\":{\"Log\":\"one\\u000atwo\"}}", "r.log", " one\n two\n" }
  };
  size_t i, chunk, cut;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++)
      for (cut = 0; cut <= strlen(v[i].body); cut++) {
        amt_wire w = *amt_wire_default();
        step s[] = { { AMT_MESSAGES, 200, NULL, 0, 0, 0, 9 } };
        text got = {0};
        play p;
        w.reply[AMT_R_MESSAGES] = v[i].name;
        s[0].body = v[i].body;
        play_init(&p);
        p.s.wire = &w;
        play_steps(&p, s);
        p.chunk = chunk;
        p.cut = cut, p.cut_op = AMT_MESSAGES, p.cut_error = AMT_E_RESET;
        p.srv.status_at = 3;
        play_job(&p);
        assert_int_equal(p.last, AMT_DONE);
        assert_int_equal(p.j.log_complete, 1);
        texts_of(&p.srv.log, &got);
        if (strcmp(text_of(&got), v[i].want) != 0)
          fail_msg("%s, cut at %d, pieces of %d:\n%s", v[i].body, (int)cut,
                   (int)chunk, got.p);
        text_free(&got);
        play_free(&p);
      }
}

static void a_log_of_lines_grows_live_and_loses_none(void **state)
{
  static const char *const log[] = { "{\"Log\":\"\"}", "{\"Log\":\"one\\n\"}",
    "{\"Log\":\"one\\ntwo\\n\"}", "{\"Log\":\"one\\ntwo\\n\\nfour\\n\"}" };
  static const int status[] = { 2, 2, 2, 4 };
  step s[4];
  text got = {0};
  int  i;
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  memset(s, 0, sizeof s);
  for (i = 0; i < 4; i++)
    s[i].op = AMT_MESSAGES, s[i].status = 200, s[i].body = log[i];
  w.reply[AMT_R_MESSAGES] = "Log";
  play_init(&p);
  p.s.wire = &w;
  p.s.messages = AMT_LIVE;
  play_steps(&p, s);
  play_status(&p, status);
  play_job(&p);
  texts_of(&p.srv.log, &got);
  assert_string_equal(text_of(&got), " one\n two\n \n four\n");
  assert_int_equal(p.srv.count[AMT_MESSAGES], 4);
  text_free(&got);
  play_free(&p);
}

/* The calls of a whole run under a table. */
static void run_with(play *p, const amt_wire *w)
{
  play_init(p);
  p->s.wire = w;
  p->srv.scheme = NULL;
  p->srv.status_at = 3;
  play_start(p);
  play_run(p);
}

static void parameters_go_as_a_list_a_string_or_an_object(void **state)
{
  static const char *const two[] = { "a=1", "b=\"x=y\"\\" };
  static const struct { uint8_t style; const char *separator, *body; } v[] = {
    { AMT_LIST_ARRAY, ",", "\"Parameters\":[\"a=1\",\"b=\\\"x=y\\\"\\\\\"]" },
    { AMT_LIST_JOINED, ";", "\"Parameters\":\"a=1;b=\\\"x=y\\\"\\\\\"" },
    { AMT_LIST_JOINED, "\n", "\"Parameters\":\"a=1\\nb=\\\"x=y\\\"\\\\\"" },
    { AMT_LIST_OBJECT, NULL, "\"Parameters\":{\"a\":\"1\",\"b\":\"\\\"x=y\\\"\\\\\"}" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.parameters = v[i].style;
    w.separator = v[i].separator;
    play_init(&p);
    p.s.wire = &w;
    p.t.parameters = two, p.t.parameter_count = 2;
    p.t.task_values = two, p.t.task_value_count = 1; /* their style stays */
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_non_null(strstr(text_of(&p.srv.calls), v[i].body));
    assert_non_null(strstr(text_of(&p.srv.calls), "\"TaskValues\":[\"a=1\"]"));
    play_free(&p);
  }
}

static void a_parameter_without_a_name_cannot_go_into_an_object(void **state)
{
  static const char *const one[] = { "a=1", "nameless" };
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.task_values = AMT_LIST_OBJECT;
  play_init(&p);
  p.s.wire = &w;
  p.t.task_values = one, p.t.task_value_count = 2;
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_EMPTY);
  assert_int_equal(p.calls, 0);
  play_free(&p);
}

static void a_sign_in_may_be_a_form(void **state)
{
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.auth = AMT_AUTH_FORM;
  w.request[AMT_Q_USER] = "username";
  w.request[AMT_Q_PASSWORD] = "password";
  w.reply[AMT_R_TOKEN] = "access_token";
  w.reply[AMT_R_EXPIRES] = "expires_in";
  {
    step s[] = { { AMT_SIGN_IN, 200, "{\"access_token\":\"tok1\",\"token_type\":"
                   "\"bearer\",\"expires_in\":3600}", 0, 0, 0, 0 } };
    play_init(&p);
    p.s.wire = &w;
    p.s.user = "a b&c=\xC3\xA9%+";
    p.s.password = "p\r\nq~-._";
    play_steps(&p, s);
    play_job(&p);
  }
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
    "POST /AmtOpConService/Authenticate\nAccept: application/json\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n\n"
    "grant_type=password&username=a%20b%26c%3D%C3%A9%25%2B&"
    "password=p%0D%0Aq~-._\n"));
  assert_non_null(strstr(p.srv.calls.p, "Content-Type: application/json\r\n"));
  play_free(&p);
}

static void basic_sends_its_header_with_each_call_and_never_signs_in(void **state)
{
  static const struct { const char *user, *password, *header; } v[] = {
    { "ocadm", "opconxps", "\nAuthorization: Basic b2NhZG06b3Bjb254cHM=\r\n" },
    { "a", "b", "Authorization: Basic YTpi\r\n" },
    { "a", "bc", "Authorization: Basic YTpiYw==\r\n" },
    { "aa", "bc", "Authorization: Basic YWE6YmM=\r\n" },
    { "\xC3\xBF\xC3\xBE", "\xC3\xBB?>", "Authorization: Basic w7/DvjrDuz8+\r\n" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    const char *at;
    int n = 0;
    play p;
    w.auth = AMT_AUTH_BASIC;
    play_init(&p);
    p.s.wire = &w;
    p.s.user = v[i].user, p.s.password = v[i].password;
    p.s.token = NULL, p.s.token_room = 0; /* not needed */
    p.srv.scheme = NULL;
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_int_equal(p.srv.count[AMT_SIGN_IN], 0);
    for (at = text_of(&p.srv.calls); (at = strstr(at, v[i].header)); at++) n++;
    assert_int_equal(n, p.calls);
    play_free(&p);
  }
}

static void a_fixed_token_goes_as_it_is_given(void **state)
{
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.auth = AMT_AUTH_FIXED;
  w.auth_header = "X-API-Key";
  w.auth_scheme = "";
  play_init(&p);
  strcpy(p.token, "k3y+/=");
  p.s.wire = &w;
  p.s.user = p.s.password = NULL;
  p.srv.scheme = NULL;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 0);
  assert_non_null(strstr(text_of(&p.srv.calls), "\nX-API-Key: k3y+/=\r\nAccept:"));
  assert_null(strstr(p.srv.calls.p, "Authorization"));
  play_free(&p);
}

static void without_sign_in_no_credentials_are_sent(void **state)
{
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.auth = AMT_AUTH_NONE;
  play_init(&p);
  p.s.wire = &w;
  p.s.token = NULL, p.s.token_room = 0;
  p.srv.scheme = NULL;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_null(strstr(text_of(&p.srv.calls), "Authorization"));
  assert_null(strstr(p.srv.calls.p, "opconxps"));
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 0);
  play_free(&p);
}

static void without_a_sign_in_call_a_401_to_a_start_ends_it_at_once(void **state)
{
  static const uint8_t auth[] = { AMT_AUTH_BASIC, AMT_AUTH_FIXED, AMT_AUTH_NONE };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(auth); i++) {
    static const step s[] = { { AMT_START, 401, "{}", 0, 0, 0, 9 } };
    amt_wire w = *amt_wire_default();
    play p;
    w.auth = auth[i];
    play_init(&p);
    strcpy(p.token, "key");
    p.s.wire = &w;
    p.srv.scheme = NULL;
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.code, 24);
    assert_int_equal(p.srv.count[AMT_START], 1);
    play_free(&p);
  }
}

static void paths_are_templates_and_get_has_no_body(void **state)
{
  static const step s[] = {
    { AMT_START, 200, "{\"BatchRequestId\":\"a/b 7\"}", 0, 0, 0, 0 },
    { AMT_MONITOR, 200, "{\"Status\":2}", 0, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":17,\"Text\":\"x\"}],"
      "\"More\":true}", 0, 0, 0, 0 }
  };
  amt_wire w = *amt_wire_default();
  play p;
  int  i;
  (void)state;
  w.auth = AMT_AUTH_NONE;
  for (i = AMT_Q_TASK_VALUES; i < AMT_Q_COUNT; i++) w.request[i] = NULL;
  for (i = 0; i < AMT_Q_COUNT; i++) if (i != AMT_Q_JOB) w.request[i] = NULL;
  w.call[AMT_START].method = "PUT";
  w.call[AMT_START].path = "/apps/{application}/jobs/?do={action}";
  w.call[AMT_MONITOR].method = "GET";
  w.call[AMT_MONITOR].path = "/apps/{application}/jobs/{id}";
  w.call[AMT_MESSAGES].method = "GET";
  w.call[AMT_MESSAGES].path = "/log?id={id}&after={after}&x={y}{id";
  w.call[AMT_KILL].method = "DELETE";
  w.call[AMT_KILL].path = "/jobs/{id}/{action}/{id}";
  w.call[AMT_STOP].path = "/jobs/{id}/stop";
  play_init(&p);
  p.s.wire = &w;
  p.t.application = "D&M/\xC3\xA9 2?#";
  p.srv.scheme = NULL;
  play_steps(&p, s);
  play_start(&p);
  play_until(&p, AMT_STATUS);
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  assert_int_equal(p.j.code, 3);
  assert_non_null(strstr(text_of(&p.srv.calls),
    "PUT /apps/D%26M%2F%C3%A9%202%3F%23/jobs/?do=START\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n\n"
    "{\"JobName\":\"REPORTTEST01\"}\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "GET /apps/D%26M%2F%C3%A9%202%3F%23/jobs/a%2Fb%207\n"
    "Accept: application/json\r\n\n\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "DELETE /jobs/a%2Fb%207/KILL/a%2Fb%207\nAccept: application/json\r\n\n\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "GET /log?id=a%2Fb%207&after=0&x={y}{id\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "GET /log?id=a%2Fb%207&after=17&x={y}{id\n"));
  play_free(&p);
}

/* The task is the caller's, the id is the server's: neither ends a line. */
static void a_line_break_in_a_name_or_an_id_never_ends_a_line_of_a_head(
  void **state)
{
  static const step s[] = {
    { AMT_START, 200, "{\"BatchRequestId\":\"7\\r\\nX: evil\"}", 0, 0, 0, 0 }
  };
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.call[AMT_START].path = "/apps/{application}/jobs";
  w.call[AMT_MONITOR].path = "/apps/{application}/jobs/{id}";
  w.call[AMT_MESSAGES].path = "/apps/{application}/jobs/{id}/{after}";
  w.auth = AMT_AUTH_BASIC;
  play_init(&p);
  p.s.wire = &w;
  p.s.user = "o\r\nX evil"; /* a colon would be refused */
  p.s.password = "p\r\nX: evil\n";
  p.t.application = "D\r\nX: evil";
  p.t.job = "J\r\nX: evil";
  p.srv.scheme = NULL;
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_true(p.srv.count[AMT_MONITOR] > 0 && p.srv.count[AMT_MESSAGES] > 0);
  assert_non_null(strstr(text_of(&p.srv.calls),
                         "POST /apps/D%0D%0AX%3A%20evil/jobs\n"));
  assert_non_null(strstr(p.srv.calls.p,
                         "/apps/D%0D%0AX%3A%20evil/jobs/7%0D%0AX%3A%20evil"));
  assert_null(strstr(p.srv.calls.p, "\nX"));
  play_free(&p);
}

static void fixed_headers_and_members_go_with_every_call(void **state)
{
  amt_wire w = *amt_wire_default();
  const char *at;
  int headers = 0, members = 0;
  play p;
  (void)state;
  w.headers = "X-Tenant: 7\r\nX-Key: a b\r\n";
  w.members = "\"tenant\":7,\"v\":\"x\"";
  run_with(&p, &w);
  assert_int_equal(p.j.code, 4);
  for (at = text_of(&p.srv.calls);
       (at = strstr(at, "\r\nX-Tenant: 7\r\nX-Key: a b\r\n")); at++) headers++;
  for (at = p.srv.calls.p;
       (at = strstr(at, "\n{\"tenant\":7,\"v\":\"x\",\"")); at++) members++;
  assert_int_equal(headers, p.calls);
  assert_int_equal(members, p.calls);
  play_free(&p);
}

static void words_may_be_others_and_members_absent(void **state)
{
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.start = "begin", w.kill = "end";
  w.request[AMT_Q_STATION] = w.request[AMT_Q_SUBMIT_USER] = NULL;
  w.request[AMT_Q_TASK_TYPE] = NULL;
  w.request[AMT_Q_JOB] = "Name";
  w.request[AMT_Q_AFTER] = NULL;
  w.reply[AMT_R_MORE] = NULL;
  run_with(&p, &w);
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
    "\n{\"Action\":\"begin\",\"ApplicationName\":\"DEMO2\","
    "\"Name\":\"REPORTTEST01\"}\n"));
  assert_non_null(strstr(p.srv.calls.p,
    "\n{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112}\n"));
  assert_null(strstr(p.srv.calls.p, "AfterSequence"));
  play_free(&p);
}

/* Without AfterSequence the whole list comes each time. */
static void without_after_sequence_the_client_counts(void **state)
{
  static const int status[] = { 2, 2, 2, 4 };
  amt_wire w = *amt_wire_default();
  text want = {0}, got = {0};
  play p;
  (void)state;
  w.request[AMT_Q_AFTER] = NULL;
  play_init(&p);
  p.s.wire = &w;
  p.s.messages = AMT_LIVE;
  play_messages(&p, numbered);
  play_status(&p, status);
  play_job(&p);
  wanted_texts(LIST(numbered), &want);
  texts_of(&p.srv.log, &got);
  assert_string_equal(text_of(&got), text_of(&want));
  assert_int_equal(p.srv.count[AMT_MESSAGES], 4);
  text_free(&want);
  text_free(&got);
  play_free(&p);
}

static void a_bad_wire_table_is_refused_and_nothing_is_sent(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 28; i++) {
    amt_wire w = *amt_wire_default();
    play p;
    switch (i) {
    case 0: w.headers = "X: y"; break;
    case 1: w.headers = "X: y\r\n\r\n"; break;
    case 2: w.headers = "X: y\n"; break;
    case 3: w.headers = "X: a\rb\r\n"; break;
    case 4: w.headers = "\r\n"; break;
    case 5: w.headers = "X: \x01\r\n"; break;
    case 6: w.call[AMT_START].method = "PO ST"; break;
    case 7: w.call[AMT_START].method = "P\r\n"; break;
    case 8: w.call[AMT_MONITOR].path = "/a b"; break;
    case 9: w.call[AMT_MONITOR].path = "/a\r\nX: y"; break;
    case 10: w.call[AMT_MONITOR].path = "jobs"; break;
    case 11: w.call[AMT_MESSAGES].path = NULL; break;
    case 12: w.call[AMT_SIGN_IN].method = NULL; break;
    case 13: w.auth_header = "Auth\r\n"; break;
    case 14: w.auth_header = NULL; break;
    case 15: w.auth_scheme = "Bearer\r\n "; break;
    case 16: w.auth_header = "Auth: x"; break;
    /* What would be found out only with a job on the line: a name that is too
       long to be met, a call that says another's action, an action unsaid. */
    case 17: w.reply[AMT_R_ID] = "BatchRequestIdentifierOfTheServer"; break;
    case 18: w.reply[AMT_R_STATUS] = "a.b.StatusStatusStatusStatusStatusSt";
      break;
    case 19: w.call[AMT_MONITOR].path = "/jobs/{id}/{action}"; break;
    case 20: w.call[AMT_SIGN_IN].path = "/{action}"; break;
    case 21: w.stop = NULL; break;
    case 22: w.kill = ""; break;
    case 23: w.start = NULL; break;
    case 24: w.request[AMT_Q_STATION] = "a\"b"; break;
    case 25: w.request[AMT_Q_STATION] = "a\\"; break;
    case 26: w.request[AMT_Q_STATION] = "\n"; break;
    default: w.request[AMT_Q_ACTION] = w.kill = NULL;
      w.call[AMT_KILL].path = "/jobs/{id}/{action}"; break;
    }
    run_with(&p, &w);
    if (p.last != AMT_FAILED || p.calls != 0)
      fail_msg("wire table %d was taken", i);
    assert_true(p.j.error == AMT_E_CONTROL || p.j.error == AMT_E_WIRE);
    play_free(&p);
  }
}

static void an_HTTP_client_may_say_that_a_call_is_hopeless(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  play_start(&p);
  while (amt_next(&p.j, p.now) != AMT_CALL) { }
  amt_reply_end(&p.j, AMT_E_HOPELESS, 0);
  assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_HOPELESS);
  assert_int_equal(p.j.start, AMT_START_NONE);
  assert_int_equal(p.j.code, AMT_CODE_WEB_SERVER_ERROR);
  play_free(&p);
}

/* '@' and '`', '[' and '{' differ as letters of two cases do. */
static void only_letters_have_a_case(void **state)
{
  static const step s[] = { { AMT_MONITOR, 200,
                              "{\"sTATUS@\":2,\"Status`\":4}", 0, 0, 0, 9 } };
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.reply[AMT_R_STATUS] = "Status@";
  play_init(&p);
  play_steps(&p, s);
  p.s.wire = &w;
  amt_once(&p.j, &p.s, AMT_MONITOR, &p.t, "2112");
  play_run(&p);
  assert_int_equal(p.j.status, 2);
  play_free(&p);
}

static void a_list_of_no_known_style_is_an_object(void **state)
{
  static const char *const one[] = { "a=1" };
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.parameters = 255;
  play_init(&p);
  p.s.wire = &w;
  p.t.parameters = one, p.t.parameter_count = 1;
  play_job(&p);
  assert_non_null(strstr(text_of(&p.srv.calls), "\"Parameters\":{\"a\":\"1\"}"));
  assert_int_equal(p.j.code, 4);
  play_free(&p);
}

/* Words that no call needs may be left out. */
static void actions_that_stand_in_paths_need_no_words(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.request[AMT_Q_ACTION] = w.start = w.stop = w.kill = NULL;
  w.call[AMT_STOP].path = "/jobs/{id}/stop";
  w.reply[AMT_R_TIME] = "a.b23456789012345678901234567890.c2345678901234567890123"
                        "45678901"; /* parts of 31 bytes at most */
  run_with(&p, &w);
  assert_int_equal(p.j.code, 4);
  assert_null(strstr(text_of(&p.srv.calls), "Action\""));
  play_free(&p);
}

/* A run whose fixed token, "first", is another after the Start; that is written
   to its room when the old one is not in use. */
static void run_with_two_tokens(play *p, amt_wire *w, const char *second)
{
  w->auth = AMT_AUTH_FIXED;
  play_init(p);
  p->s.wire = w;
  p->srv.scheme = NULL;
  strcpy(p->token, "first");
  play_start(p);
  play_until(p, AMT_STARTED);
  assert_int_equal(amt_session_credentials(&p->s, NULL, NULL), 1);
  strcpy(p->token, second);
  play_run(p);
}

static void a_fixed_token_may_be_replaced_in_mid_run(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  run_with_two_tokens(&p, &w, "the-second");
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls), ": first\r\n"));
  assert_non_null(strstr(text_of(&p.srv.calls), ": the-second\r\n"));
  assert_null(strstr(text_of(&p.srv.calls), ": \r\n"));
  play_free(&p);
}

static void a_fixed_token_that_is_replaced_by_none_ends_the_run(void **state)
{
  static const char *const v[] = { "", "a\nb" };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    run_with_two_tokens(&p, &w, v[i]);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, i == 0 ? AMT_E_MISSING : AMT_E_CONTROL);
    assert_string_equal(p.j.id, "2112");
    play_free(&p);
  }
}

static void a_token_ends_with_a_NUL_also_where_it_is_shorter_than_the_last(
  void **state)
{
  play p;
  (void)state;
  play_init(&p);
  memset(p.token, 'x', sizeof p.token);
  play_job(&p);
  assert_string_equal(p.token, "tok1");
  play_free(&p);
}

static void a_fixed_token_with_a_line_break_is_refused(void **state)
{
  static const char *const v[] = { "a\r\nX: y", "a\nb", "a\x7f", "" };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.auth = AMT_AUTH_FIXED;
    play_init(&p);
    strcpy(p.token, v[i]);
    p.s.wire = &w;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

/* --- the clock ------------------------------------------------------------ */

static void the_clock_may_wrap_in_any_phase(void **state)
{
  static const message two[] = { { 1, "one", NULL, 0 }, { 2, "two", NULL, 0 } };
  static const step s[] = {
    { AMT_SIGN_IN, 503, "", 0, 2, 0, 2 }, { AMT_START, 0, NULL, AMT_E_CONNECT, 0, 1, 2 },
    { AMT_MONITOR, 404, "{}", 0, 0, 0, 3 },
    { AMT_MESSAGES, 0, NULL, AMT_E_RESET, 0, 0, 2 }
  };
  text     want = {0};
  uint32_t at[64], start, total = 0;
  size_t   calls = 0, i;
  int      first = 1;
  (void)state;
  for (start = 0; start <= total + 1000; start += first ? 1 : 97) {
    play p;
    play_init(&p);
    play_steps(&p, s);
    play_messages(&p, two);
    p.s.messages = AMT_LIVE;
    p.now = first ? 5000 : 0u - start;
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    if (first) {
      first = 0;
      text_put(&want, "%s", text_of(&p.srv.log.text));
      total = p.now - p.began;
      calls = p.calls;
      assert_true(calls <= COUNT(at));
      for (i = 0; i < calls; i++) at[i] = p.call_time[i] - p.began;
    }
    expect_log(&p.srv.log, want.p);
    assert_int_equal(p.calls, calls);
    for (i = 0; i < calls; i++)
      assert_int_equal(p.call_time[i] - p.began, at[i]);
    play_free(&p);
  }
  assert_true(total > 20000);
  text_free(&want);
}

static void the_give_up_time_may_lie_across_a_wrapping_clock(void **state)
{
  uint32_t start;
  (void)state;
  for (start = 0; start < 130000; start += 5003) {
    step s[] = { { AMT_SIGN_IN, 503, "", 0, 0, 0, 5000 } };
    play p;
    play_init(&p);
    play_steps(&p, s);
    p.s.give_up = 120000;
    p.now = 0u - start;
    play_start(&p);
    play_until(&p, AMT_FAILED);
    assert_in_range(p.now - p.began, 60000, 121000);
    play_free(&p);
  }
}

static void the_first_status_comes_after_its_delay_and_then_each_poll(void **state)
{
  static const struct { uint32_t delay, poll, d, i; } v[] = {
    { 0, 0, 10000, 5000 }, { 3000, 7000, 3000, 7000 },
    { AMT_ZERO, 100, 0, 100 }, { AMT_ZERO, AMT_ZERO, 0, 0 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    uint32_t started;
    size_t   k;
    play     p;
    play_init(&p);
    p.s.initial_delay = v[i].delay, p.s.poll = v[i].poll;
    play_start(&p);
    play_until(&p, AMT_STARTED);
    started = p.now;
    play_run(&p);
    assert_int_equal(p.call_time[2] - started, v[i].d);
    for (k = 3; k < 6; k++)
      assert_int_equal(p.call_time[k] - p.call_time[k - 1], v[i].i);
    play_free(&p);
  }
}

static void the_poll_interval_grows_with_the_jobs_age_to_its_limit(void **state)
{
  int    status[60], i;
  size_t k;
  play   p;
  (void)state;
  for (i = 0; i < 60; i++) status[i] = 2;
  status[45] = 4;
  play_init(&p);
  play_status(&p, status);
  p.s.poll_max = 20000;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.call_time[3] - p.call_time[2], 5000);
  for (k = 3; k + 1 < p.calls; k++) {
    uint32_t gap = p.call_time[k] - p.call_time[k - 1];
    assert_in_range(gap, 5000, 20000);
    assert_true(k == 3 || gap >= p.call_time[k - 1] - p.call_time[k - 2]);
  }
  assert_int_equal(p.call_time[40] - p.call_time[39], 20000);
  play_free(&p);
}

/* --- each side of each condition ------------------------------------------ */

static void every_published_code_has_its_name_and_back(void **state)
{
  static const struct { int32_t code; const char *name; } v[] = {
    { 0, "IDLE" }, { 1, "QUEUED" }, { 2, "RUNNING" }, { 3, "KILLED" },
    { 4, "DONE" }, { 13, "WAIT FOR FILE" }, { 16, "WAIT FOR REPORT" },
    { 18, "RECOVER_CP" }, { 24, "AUTHENTICATION_ERROR" },
    { 99, "INVALID AMT USER" }
  };
  static const int32_t none[] = { -1, 17, 25, 26, 98, 100, 255, INT32_MIN,
                                  INT32_MAX };
  size_t  i;
  int32_t code;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    assert_string_equal(amt_status_name(v[i].code), v[i].name);
  for (i = 0; i < COUNT(none); i++)
    assert_string_equal(amt_status_name(none[i]), "");
  for (code = 0; code <= 24; code++) {
    const char *name = amt_status_name(code);
    if (code == 17) continue;
    assert_int_equal(amt_status_code(name, strlen(name)), code);
  }
  assert_int_equal(amt_status_code("invalid-amt_user", 16), 99);
  assert_int_equal(amt_status_code("", 0), -1);
  assert_int_equal(amt_status_ends(-1), 0);
  assert_int_equal(amt_status_ends(INT32_MIN), 0);
  assert_int_equal(amt_status_ends(32 + 4), 0);
}

/* One reply to a Start in pieces; what became of it. */
static void reply_once(play *p, amt_op op, int status, const char *body,
                       size_t piece)
{
  static step s[1];
  memset(s, 0, sizeof s);
  s[0].op = op, s[0].status = status, s[0].body = body, s[0].times = 9;
  play_init(p);
  play_steps(p, s);
  p->chunk = piece;
  amt_once(&p->j, &p->s, op, &p->t, op == AMT_START ? NULL : "2112");
  play_run(p);
}

static void names_too_long_for_a_wire_table_are_no_fields(void **state)
{
  size_t piece;
  play   p;
  (void)state;
  for (piece = 0; piece < 50; piece++) {
    reply_once(&p, AMT_MONITOR, 200,
               "{\"StatusStatusStatusStatusStatusS\":7,\"x\":0,"
               "\"Status\":4,\"A-name-of-more-than-31-bytes,-in-truth\":8}",
               piece);
    assert_int_equal(p.j.status, 4);
    play_free(&p);
  }
}

static void a_name_of_a_status_is_cut_before_a_character_that_does_not_fit(
  void **state)
{
  size_t piece;
  (void)state;
  for (piece = 0; piece < 60; piece++) {
    play p;
    reply_once(&p, AMT_MONITOR, 200,
               "{\"Status\":\"123456789012345678901234567890\xC3\xA9 and on\"}",
               piece);
    assert_int_equal(p.j.status, 19);
    assert_string_equal(p.j.name, "123456789012345678901234567890");
    play_free(&p);
    reply_once(&p, AMT_MONITOR, 200,
               "{\"Status\":\"1234567890123456789012345678901\xF0\x9F\x98\x80\"}",
               piece);
    assert_string_equal(p.j.name, "1234567890123456789012345678901");
    play_free(&p);
  }
}

static void a_list_of_messages_may_be_null_or_have_nulls_in_it(void **state)
{
  static const struct { const char *body, *log; } v[] = {
    { "{\"Messages\":null}", "> sign-in\n> messages\ndone 19\n" },
    { "{\"More\":null,\"Messages\":[null,\"one\",true,\"two\",false]}",
      "> sign-in\n> messages\nmessage one\nmessage two\ndone 19\n" },
    { "{\"Messages\":[{\"Text\":\"one\",\"Sequence\":\"x\"}]}",
      "> sign-in\n> messages\nmessage one\ndone 19\n" },
    { "{\"Messages\":[{\"Time\":\"2026-01-31T08:00:00.00000000000000000000\","
      "\"Text\":\"late\"},{\"Time\":\"8:00\",\"Text\":\"two\"}]}",
      "> sign-in\n> messages\nmessage late\nmessage @8:00 two\ndone 19\n" }
  };
  size_t i, piece;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (piece = 0; piece < 30; piece++) {
      play p;
      reply_once(&p, AMT_MESSAGES, 200, v[i].body, piece);
      expect_log(&p.srv.log, v[i].log);
      assert_int_equal(p.j.log_complete, 1);
      play_free(&p);
    }
}

static void two_lists_in_one_reply_are_TWICE(void **state)
{
  static const char *const v[] = {
    "{\"Messages\":\"one\\ntwo\",\"messages\":\"three\"}",
    "{\"Messages\":[\"one\"],\"messages\":[\"three\"]}",
    "{\"Messages\":[\"one\"],\"messages\":\"three\"}"
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    play p;
    reply_once(&p, AMT_MESSAGES, 200, v[i], 0);
    assert_int_equal(p.j.error, AMT_E_TWICE);
    assert_int_equal(p.last, AMT_FAILED);
    play_free(&p);
  }
}

static void what_an_error_reply_calls_messages_is_no_log(void **state)
{
  play p;
  (void)state;
  reply_once(&p, AMT_MESSAGES, 403,
             "{\"Messages\":\"none of your business\",\"Message\":\"no\"}", 0);
  assert_int_equal(p.j.error, AMT_E_FORBIDDEN);
  expect_log(&p.srv.log, "> sign-in\n> messages\nserver no\n"
             "failed FORBIDDEN, code 24, start known\n");
  play_free(&p);
  reply_once(&p, AMT_MESSAGES, 403, "{\"Messages\":[\"none\"]}", 0);
  expect_log(&p.srv.log, "> sign-in\n> messages\n"
             "failed FORBIDDEN, code 24, start known\n");
  play_free(&p);
}

static void an_id_in_a_reply_that_refuses_is_none(void **state)
{
  play p;
  (void)state;
  reply_once(&p, AMT_START, 400, "{\"BatchRequestId\":7}", 0);
  assert_string_equal(p.j.id, "");
  assert_int_equal(p.j.start, AMT_START_REFUSED);
  play_free(&p);
}

/* The text of a message that broke off has another character where it was
   cut, when it comes again: what is left begins with a whole one. */
static void a_text_that_changed_meanwhile_is_never_cut_in_a_character(
  void **state)
{
  static const step s[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":1,\"Text\":\"abcd",
      AMT_E_RESET, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":1,\"Text\":"
      "\"abc\xF0\x9F\x98\x80 end\"}]}", 0, 0, 0, 0 }
  };
  static const step all[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":1,\"Text\":\"abcd",
      AMT_E_RESET, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":1,\"Text\":"
      "\"abc\xF0\x9F\x98\x80\"}]}", 0, 0, 0, 0 }
  };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  p.srv.log.quiet = 1;
  amt_once(&p.j, &p.s, AMT_MESSAGES, &p.t, "2112");
  play_run(&p);
  expect_log(&p.srv.log, "> sign-in\n> messages\n> messages\n"
             "message #1 abcd end\ndone 19\n");
  play_free(&p);
  play_init(&p);
  play_steps(&p, all);
  p.srv.log.quiet = 1;
  amt_once(&p.j, &p.s, AMT_MESSAGES, &p.t, "2112");
  play_run(&p);
  expect_log(&p.srv.log, "> sign-in\n> messages\n> messages\n"
             "message #1 abcd\ndone 19\n");
  play_free(&p);
}

/* --- the values of a reply, as other servers write them ------------------- */

#define BLANKS10 "          "
#define BLANKS40 BLANKS10 BLANKS10 BLANKS10 BLANKS10

typedef struct status_value {
  const char *json;   /* as it stands behind "Status": */
  int32_t     status;
  const char *name;   /* what is told of it; "" where it is known */
} status_value;

static void check_status_values(const status_value *v, size_t n)
{
  size_t i, piece;
  for (i = 0; i < n; i++)
    for (piece = 0; piece < strlen(v[i].json) + 12; piece++) {
      text body = {0};
      play p;
      text_put(&body, "{\"Status\":%s}", v[i].json);
      reply_once(&p, AMT_MONITOR, 200, body.p, piece);
      if (p.j.status != v[i].status || strcmp(p.j.name, v[i].name) != 0)
        fail_msg("%s in pieces of %lu: %ld \"%s\"", body.p,
                 (unsigned long)piece, (long)p.j.status, p.j.name);
      if (v[i].status == 19 && v[i].name[0] == 0) /* nothing but blanks */
        assert_int_equal(p.j.error, AMT_E_NO_STATUS);
      play_free(&p);
      text_free(&body);
    }
}

static void a_whole_number_is_a_status_in_any_spelling(void **state)
{
  static const status_value v[] = {
    { "4.0", 4, "" }, { "4.000000", 4, "" }, { "4e0", 4, "" },
    { "40e-1", 4, "" }, { "0.4e1", 4, "" }, { "4E+0", 4, "" },
    { "400.00E-2", 4, "" }, { "9.9e+01", 99, "" }, { "1e1", 10, "" },
    { "0.00000099e8", 99, "" }, { "-0", 0, "" }, { "-0.0", 0, "" },
    { "0e99999999999999999999", 0, "" }, { "0e-9", 0, "" },
    { "4.0000000000000000000000000000", 4, "" }, /* .NET's decimal */
    { "2147483647", 2147483647, "" }, { "214748364.7e1", 2147483647, "" },
    { "2147483647.000", 2147483647, "" }, { "2.1e9", 2100000000, "" },
    { "\"+4\"", 4, "" }, { "\"4.0\"", 4, "" }, { "\"004\"", 4, "" },
    { "\"+04.00e+00\"", 4, "" }, { "\" 4 \"", 4, "" }, { "\"-0\"", 0, "" },
    { "\"\\t4\\r\\n\"", 4, "" }, { "\"" BLANKS40 "+4" BLANKS40 "\"", 4, "" }
  };
  (void)state;
  check_status_values(v, COUNT(v));
}

static void what_is_no_whole_number_is_no_status(void **state)
{
  static const status_value v[] = {
    { "4.5", 19, "4.5" }, { "4e-1", 19, "4e-1" }, { "-4", 19, "-4" },
    { "-4.0", 19, "-4.0" }, { "2147483648", 19, "2147483648" },
    { "2147483650", 19, "2147483650" }, { "4294967300", 19, "4294967300" },
    { "3000000000", 19, "3000000000" }, { "2.2e9", 19, "2.2e9" },
    { "21474836.48e2", 19, "21474836.48e2" },
    { "99999999999999999999", 19, "99999999999999999999" },
    { "18446744073709551620", 19, "18446744073709551620" },
    { "1e10", 19, "1e10" }, { "4e99999", 19, "4e99999" },
    { "4e4294967296", 19, "4e4294967296" },
    { "4e-4294967296", 19, "4e-4294967296" },
    { "40e-4294967295", 19, "40e-4294967295" },
    { "\"--4\"", 19, "--4" }, { "\"+-4\"", 19, "+-4" }, { "\"+\"", 19, "+" },
    { "\"-\"", 19, "-" }, { "\".\"", 19, "." }, { "\"e4\"", 19, "e4" },
    { "\".e4\"", 19, ".e4" }, { "\"4e\"", 19, "4e" }, { "\"4e+\"", 19, "4e+" },
    { "\"4.0.0\"", 19, "4.0.0" }, { "\"4e0e0\"", 19, "4e0e0" },
    { "\"4 2\"", 19, "4 2" }, { "\"+ 4\"", 19, "+ 4" }, { "\"0x4\"", 19, "0x4" },
    { "\"4,0\"", 19, "4,0" }, { "\"4e0x\"", 19, "4e0x" }
  };
  (void)state;
  check_status_values(v, COUNT(v));
}

/* As .NET's enum and a char(50) of its database have them. */
static void a_status_name_counts_without_blanks_and_dashes(void **state)
{
  static const status_value v[] = {
    { "\"WaitForQueue\"", 20, "" }, { "\"DelQueue\"", 10, "" },
    { "\"SkippedByOps\"", 6, "" }, { "\"AbortedWithRecover\"", 22, "" },
    { "\"InvalidAmtUser\"", 99, "" }, { "\"waitforinputrequest\"", 14, "" },
    { "\"RunManual\"", 7, "" }, { "\"RecoverCp\"", 18, "" },
    { "\"WebServerError\"", 23, "" }, { "\"AuthenticationError\"", 24, "" },
    { "\"-wait__for - queue_\"", 20, "" }, { "\"DONE   \"", 4, "" },
    { "\"  DONE\"", 4, "" }, { "\"\\r\\n\\tDONE\\u0000\\n\"", 4, "" },
    { "\"DONE" BLANKS40 "\"", 4, "" },
    { "\"" BLANKS40 "Wait For Queue" BLANKS40 "\"", 20, "" },
    { "\"INVALID AMT USER" BLANKS40 "\"", 99, "" },
    { "\"SLEEPING" BLANKS40 "\"", 19, "SLEEPING" },
    { "\"  Quite  odd   " BLANKS40 "\"", 19, "Quite  odd" },
    { "\"1234567890123456789012345678901" BLANKS40 "\"", 19,
      "1234567890123456789012345678901" },
    { "\"12345678901234567890123456789012" BLANKS40 "\"", 19,
      "1234567890123456789012345678901" },
    { "\"DONE" BLANKS40 "x\"", 19, "DONE" BLANKS10 BLANKS10 "       " },
    { "\"DON\"", 19, "DON" }, { "\"DONEE\"", 19, "DONEE" },
    { "\"DO\\u0000NE\"", 19, "DO" }, { "\"D.ONE\"", 19, "D.ONE" },
    { "\"" BLANKS40 "\"", 19, "" }, { "\"_\"", 19, "_" }, { "\"\"", 19, "" }
  };
  (void)state;
  check_status_values(v, COUNT(v));
}

static void amt_status_code_reads_no_further_than_n(void **state)
{
  static const struct { const char *name; int32_t code; } v[] = {
    { "DONE", 4 }, { " done_", 4 }, { "WaitForQueue", 20 },
    { "INVALIDAMTUSER", 99 }, { "DON", -1 }, { "DONEX", -1 }, { "", -1 },
    { " ", -1 }, { "_-_", -1 }, { "INVALID AMT USERS", -1 }, { "ID", -1 },
    { "\xC4ONE", -1 }, { "$ONE", -1 }, { "\x04ONE", -1 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    size_t      n = strlen(v[i].name);
    const char *name = (const char *)edge_copy(v[i].name, n);
    assert_int_equal(amt_status_code(name, n), v[i].code);
  }
  assert_int_equal(amt_status_code("DONE\0", 5), -1);
}

#define NET_TIME "2017-05-18T14:00:14.1234567+02:00" /* its "o" format */
#define TIME_39  "2017-05-18T14:00:14.1234567890123+02:00"

static void a_time_of_33_bytes_is_kept(void **state)
{
  static const struct { const char *time, *log; } v[] = {
    { NET_TIME, "message @" NET_TIME " x\n" },
    { TIME_39, "message @" TIME_39 " x\n" }, { TIME_39 "+", "message x\n" }
  };
  size_t i, piece;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (piece = 0; piece < 60; piece++) {
      text body = {0}, log = {0};
      play p;
      text_put(&body, "{\"Messages\":[{\"Time\":\"%s\",\"Text\":\"x\"}]}",
               v[i].time);
      text_put(&log, "> sign-in\n> messages\n%sdone 19\n", v[i].log);
      reply_once(&p, AMT_MESSAGES, 200, body.p, piece);
      expect_log(&p.srv.log, log.p);
      play_free(&p);
      text_free(&body);
      text_free(&log);
    }
}

/* What is put together in a message's room is no longer than a name. */
static void a_name_in_pieces_stays_in_its_room(void **state)
{
  size_t length, piece;
  (void)state;
  for (length = 28; length < 50; length++)
    for (piece = 1; piece < 8; piece++) {
      text body = {0};
      play p;
      text_put(&body, "{\"Messages\":[{\"%.*s\":\"no\",\"Text\":\"x\"}]}",
               (int)length, LONG40 LONG40);
      reply_once(&p, AMT_MESSAGES, 200, body.p, piece);
      expect_log(&p.srv.log, "> sign-in\n> messages\nmessage x\ndone 19\n");
      assert_string_equal(p.token, "tok1"); /* it lies behind the job */
      play_free(&p);
      text_free(&body);
    }
}

/* --- lost messages are told ----------------------------------------------- */

/* One reply to each look at the log of a job that runs; the last one comes
   after its end. An element of a log is its own text, where it is one digit or
   more; "cut" behind a reply: it breaks off there. */
typedef struct history {
  const char *reply[5];
  const char *texts; /* what is given, each in brackets */
  int         told;  /* AMT_E_GAP at the end */
} history;

/* 26 27 'x' stands for [{"Sequence":26,"Text":"26"}, ..., "x"]; 27a has that
   text; ~27 has its Text in front. */
static void put_history(text *to, const char *list)
{
  const char *before = "";
  text_put(to, "{\"Messages\":[");
  while (*list != 0 && *list != '!') {
    size_t n = strcspn(list, " !"), late = *list == '~';
    if (*list == '\'')
      text_put(to, "%s\"%.*s\"", before, (int)n - 1, list + 1);
    else if (late)
      text_put(to, "%s{\"Text\":\"%.*s\",\"Sequence\":%d}", before,
               (int)n - 1, list + 1, atoi(list + 1));
    else
      text_put(to, "%s{\"Sequence\":%d,\"Text\":\"%.*s\"}", before, atoi(list),
               (int)n, list);
    before = ",";
    list += n;
    list += *list == ' ';
  }
  if (*list != '!') text_put(to, "]}");
  else to->len -= (size_t)atoi(list + 1); /* it breaks off so early */
}

static void told_texts(play *p, text *to)
{
  text        got = {0};
  const char *line;
  texts_of(&p->srv.log, &got);
  for (line = text_of(&got); *line != 0; line = strchr(line, '\n') + 1)
    text_put(to, "[%.*s]", (int)strcspn(line, "\n") - 1, line + 1);
  text_free(&got);
}

static void check_history(const history *h, size_t chunk)
{
  int    status[COUNT(h->reply)];
  step   steps[COUNT(h->reply)];
  text   body[COUNT(h->reply)], got = {0};
  play   p;
  size_t n = 0, k;
  memset(steps, 0, sizeof steps);
  memset(body, 0, sizeof body);
  for (; n < COUNT(h->reply) && h->reply[n] != NULL; n++) {
    put_history(&body[n], h->reply[n]);
    body[n].p[body[n].len] = 0;
    steps[n].op = AMT_MESSAGES, steps[n].status = 200, steps[n].body = body[n].p;
    if (strchr(h->reply[n], '!') != NULL) steps[n].error = AMT_E_RESET;
    status[n] = n + 1 < COUNT(h->reply) && h->reply[n + 1] != NULL ? 2 : 4;
  }
  play_init(&p);
  p.srv.status = status, p.srv.status_count = n;
  p.srv.steps = steps, p.srv.step_count = n;
  p.srv.log.breaks = 1;
  p.s.messages = AMT_LIVE;
  p.chunk = chunk;
  play_job(&p);
  told_texts(&p, &got);
  if (strcmp(text_of(&got), h->texts) != 0 || p.last != AMT_DONE ||
      p.j.code != 4 || p.j.error != (h->told ? AMT_E_GAP : 0) ||
      p.j.log_complete != !h->told)
    fail_msg("%s | %s | %s...: %s, error %d, complete %d\n%s", h->reply[0],
             h->reply[1], h->reply[2], got.p, p.j.error, p.j.log_complete,
             text_of(&p.srv.log.text));
  for (k = 0; k < n; k++) text_free(&body[k]);
  text_free(&got);
  play_free(&p);
}

#define HISTORIES(v) do { \
  size_t i_, chunk_; \
  for (i_ = 0; i_ < COUNT(v); i_++) \
    for (chunk_ = 0; chunk_ < 40; chunk_++) check_history(&(v)[i_], chunk_); \
} while (0)

static void messages_that_the_server_has_lost_are_told(void **state)
{
  static const history v[] = {
    /* it keeps the last five */
    { { "26 27 28 29 30" }, "[26][27][28][29][30]", 1 },
    { { "1 2", "5 6 7 8 9" }, "[1][2][5][6][7][8][9]", 1 },
    { { "1", "2", "5" }, "[1][2][5]", 1 },
    { { "", "4" }, "[4]", 1 },
    { { "1 2 3", "6 7 8", "7 8 9" }, "[1][2][3][6][7][8][9]", 1 },
    { { "~2 ~3" }, "[2][3]", 1 },
    { { "~1 ~2", "~4" }, "[1][2][4]", 1 },
    { { "2", "1 2 3" }, "[2][3]", 1 }, /* there now, but it was not */
    /* its numbers begin anew */
    { { "1 2 3 4", "1 2" }, "[1][2][3][4]", 1 },
    { { "1 2 3 4", "1 2", "1 2 3 4 5" }, "[1][2][3][4][5]", 1 },
    /* the list shrinks */
    { { "'a 'b 'c", "'a 'b" }, "[a][b][c]", 1 },
    { { "'a", "'a 'b", "" }, "[a][b]", 1 },
    { { "1 1c 2c", "2c" }, "[1][1c][2c]", 1 },
    /* a smaller number comes late */
    { { "1 2 3", "5 4 6" }, "[1][2][3][5][4][6]", 1 },
    { { "1 2 3 4 5", "6 4 7" }, "[1][2][3][4][5][6][7]", 1 },
    { { "1 2 3 5", "1 2 3 4 5 6" }, "[1][2][3][5][6]", 1 },
    { { "3 2 1", "4 3 2 1" }, "[3][2][1][4]", 1 }, /* the newest first */
    /* all at once its text comes first: passed over, before the number shows */
    { { "1 2", "~3" }, "[1][2]", 1 },
    { { "1 2 3", "~4 ~5", "~6" }, "[1][2][3][6]", 1 },
    { { "1 1c", "1 2 1c" }, "[1][1c][1c]", 1 }, /* which 1 that is, nobody says */
    /* the rest of one that broke off is gone */
    { { "1 2abcdef!4", "5 6" }, "[1][5][6]", 1 },
    { { "1 2abcdef!4", "" }, "[1]", 1 },
    { { "'abcdef!3", "" }, "", 1 },
    { { "1 1c 2cdef!4", "1 1c 5 6" }, "[1][1c][5][6]", 1 }
  };
  (void)state;
  HISTORIES(v);
}

static void a_log_that_has_all_raises_no_false_alarm(void **state)
{
  static const history v[] = {
    { { "1 2", "3", "", "4 5" }, "[1][2][3][4][5]", 0 },
    { { "0 1", "2", "3" }, "[0][1][2][3]", 0 },
    { { "", "", "1" }, "[1]", 0 },
    { { "" }, "", 0 },
    /* whole each time, or with the one that was asked for */
    { { "1 2", "1 2 3", "1 2 3" }, "[1][2][3]", 0 },
    { { "1 2 3", "3 4 5", "5", "5 6" }, "[1][2][3][4][5][6]", 0 },
    { { "'a", "'a 'b", "'a 'b 'c" }, "[a][b][c]", 0 },
    /* whole, and the oldest go: what counts is the number */
    { { "1 2 3 4 5", "3 4 5 6 7", "7 8 9" },
      "[1][2][3][4][5][6][7][8][9]", 0 },
    { { "1 2", "2 3", "2 3 4", "5" }, "[1][2][3][4][5]", 0 },
    { { "1", "1 2", "", "3" }, "[1][2][3]", 0 },
    /* children number their own */
    { { "1", "1 1c 2c", "1 1c 2c 1d", "1 1c 2c 1d 2p" },
      "[1][1c][2c][1d][2p]", 0 },
    { { "1 2 3", "1 2 3 1c 2c", "1 2 3 1c 2c 4c 4" },
      "[1][2][3][1c][2c][4c][4]", 0 },
    { { "1 1c 2c 3c", "1 1c 2c 3c 1d 2d" }, "[1][1c][2c][3c][1d][2d]", 0 },
    { { "1 1c!1", "1 1c 1d" }, "[1][1c][1d]", 0 },
    /* numbers that are shared with others, as one reply shows */
    { { "10 20 30", "40" }, "[10][20][30][40]", 0 },
    { { "1 2 5", "9", "11 12" }, "[1][2][5][9][11][12]", 0 },
    /* breaks, and what is said again */
    { { "1 2abc!3", "2abc 3" }, "[1][2abc][3]", 0 },
    { { "1 2!14", "2 3" }, "[1][2][3]", 0 },
    { { "~1 ~2!2", "~2 ~3", "~4" }, "[1][2][3][4]", 0 },
    { { "~1 ~2!2", "2 3" }, "[1][2][3]", 0 },
    { { "1 'p", "1 'p 2", "1 'p 2 'q 3" }, "[1][p][2][q][3]", 0 },
    { { "1 'p", "2 3" }, "[1][p][2][3]", 0 }
  };
  (void)state;
  HISTORIES(v);
}

/* Pages are replies of one log; so is what a single call brings. */
static void a_gap_between_pages_is_told(void **state)
{
  static const step good[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":1,\"Text\":\"a\"}],"
      "\"More\":true}", 0, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"Messages\":[{\"Sequence\":2,\"Text\":\"b\"}]}",
      0, 0, 0, 0 }
  };
  step gap[2];
  play p;
  int  i;
  (void)state;
  gap[0] = good[0], gap[1] = good[1];
  gap[1].body = "{\"Messages\":[{\"Sequence\":3,\"Text\":\"b\"}]}";
  for (i = 0; i < 2; i++) {
    play_init(&p);
    p.srv.steps = i == 0 ? good : gap, p.srv.step_count = 2;
    amt_once(&p.j, &p.s, AMT_MESSAGES, &p.t, "2112");
    play_run(&p);
    expect_log(&p.srv.log, i == 0
      ? "> sign-in\n> messages\nmessage #1 a\n> messages\nmessage #2 b\n"
        "done 19\n"
      : "> sign-in\n> messages\nmessage #1 a\n> messages\nmessage #3 b\n"
        "done 19 GAP log incomplete\n");
    play_free(&p);
  }
}

/* A state that ends the run is not hidden by a gap in its log. */
static void a_gap_does_not_hide_UNDEFINED(void **state)
{
  static const message ring[] = { { 26, "x", NULL, OBJECT } };
  static const int     undefined[] = { 19 };
  play p;
  (void)state;
  play_init(&p);
  play_status(&p, undefined);
  play_messages(&p, ring);
  play_job(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.error, AMT_E_UNDEFINED);
  assert_int_equal(p.j.log_complete, 0);
  play_free(&p);
}

/* Without AfterSequence the list is whole by the table's word, also when it is
   empty. */
static void a_list_that_is_whole_by_the_table_may_not_shrink(void **state)
{
  static const step s[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":[\"a\",\"b\"]}", 0, 0, 0, 0 },
    { AMT_MESSAGES, 200, "{\"Messages\":[]}", 0, 0, 0, 0 }
  };
  static const int status[] = { 2, 4 };
  amt_wire w = *amt_wire_default();
  play p;
  (void)state;
  w.request[AMT_Q_AFTER] = NULL;
  play_init(&p);
  p.s.wire = &w;
  p.s.messages = AMT_LIVE;
  play_status(&p, status);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.error, AMT_E_GAP);
  assert_int_equal(p.j.log_complete, 0);
  play_free(&p);
}

/* --- a job that asks for repair ------------------------------------------- */

#define BAD "\xEF\xBF\xBD"

/* A log of COBOL programs: CP1252, raw controls, escapes of no JSON. */
static const char cobol_log[] =
  "{\"Messages\":[{\"Sequence\":1,\"Text\":\"Gr\xFC\xDF" "e\tan \x1B[1m\"},"
  "{\"Sequence\":2,\"Text\":\"it\\'s C:\\users\"},\"plain \x80\",null,"
  "{\"Sequence\":3,\"T\xE9xt\":\"no\",\"Text\":\"good\"}],\"x\":\"\xE4\"}";
static const char cobol_texts[] =
  "message #1 Gr" BAD BAD "e\\x09an " BAD "[1m\n"
  "message #2 it" BAD "'s C:" BAD "users\nmessage plain " BAD "\n"
  "message #3 good\n";

static void play_cobol(play *p, int repair, int times)
{
  static step s[1];
  memset(s, 0, sizeof s);
  s[0].op = AMT_MESSAGES, s[0].status = 200, s[0].body = cobol_log;
  s[0].times = (unsigned)times;
  play_init(p);
  p->s.repair = (uint8_t)repair;
  play_steps(p, s);
}

static void a_log_that_is_not_UTF_8_goes_on_if_repair_is_asked_for(
  void **state)
{
  size_t piece;
  text   want = {0};
  play   p;
  (void)state;
  text_put(&want, "> sign-in\n> messages\n%sdone 19\n", cobol_texts);
  for (piece = 0; piece < 60; piece++) {
    play_cobol(&p, 1, 1);
    p.chunk = piece;
    amt_once(&p.j, &p.s, AMT_MESSAGES, &p.t, "2112");
    play_run(&p);
    expect_log(&p.srv.log, want.p);
    assert_int_equal(p.j.repaired, 6); /* of messages; not the others */
    assert_int_equal(p.j.log_complete, 1);
    play_free(&p);
  }
  play_cobol(&p, 0, 9); /* strict otherwise */
  amt_once(&p.j, &p.s, AMT_MESSAGES, &p.t, "2112");
  play_run(&p);
  assert_int_equal(p.j.error, AMT_E_JSON_UTF8);
  assert_int_equal(p.j.repaired, 0);
  play_free(&p);
  text_free(&want);
}

/* What is read again is not counted again, and goes on at the right byte. */
static void what_was_repaired_is_counted_once(void **state)
{
  size_t cut, piece;
  (void)state;
  for (cut = 0; cut < sizeof cobol_log - 1; cut++)
    for (piece = 0; piece < 3; piece++) {
      int  status[] = { 2, 2, 4 };
      text got = {0};
      play p;
      play_cobol(&p, 1, 9);
      p.s.messages = AMT_LIVE;
      play_status(&p, status);
      p.cut = cut, p.cut_op = AMT_MESSAGES, p.cut_error = AMT_E_RESET;
      p.chunk = piece * 5;
      play_job(&p);
      texts_of(&p.srv.log, &got);
      assert_string_equal(text_of(&got),
                          " Gr" BAD BAD "e\\x09an " BAD "[1m\n"
                          " it" BAD "'s C:" BAD "users\n plain " BAD "\n"
                          " good\n");
      assert_int_equal(p.j.repaired, 6);
      assert_int_equal(p.j.log_complete, 1);
      text_free(&got);
      play_free(&p);
    }
}

/* One string, a line a message: a raw line end is no line end. */
static void a_list_that_is_one_string_is_repaired_too(void **state)
{
  static const step s[] = {
    { AMT_MESSAGES, 200, "{\"Messages\":\"a\xFF\\r\\nb\nc\\n\\u00zz\\n\x80\"}",
      0, 0, 0, 0 }
  };
  size_t piece;
  (void)state;
  for (piece = 0; piece < 40; piece++) {
    play p;
    play_init(&p);
    p.s.repair = 1;
    play_steps(&p, s);
    p.chunk = piece;
    amt_once(&p.j, &p.s, AMT_MESSAGES, &p.t, "2112");
    play_run(&p);
    expect_log(&p.srv.log, "> sign-in\n> messages\nmessage a" BAD "\n"
               "message b" BAD "c\nmessage " BAD "u00zz\nmessage " BAD "\n"
               "done 19\n");
    assert_int_equal(p.j.repaired, 4);
    play_free(&p);
  }
}

/* An id goes back as it came, or not at all; so does a token. */
static void an_id_or_a_token_is_never_repaired(void **state)
{
  static const char *const id[] = {
    "{\"BatchrequestId\":\"21\xFF" "12\"}", "{\"BatchrequestId\":\"\xFF\"}",
    "{\"BatchrequestId\":\"2112\\q\"}", "{\"BatchrequestId\":\"\\u21\"}"
  };
  static const step token[] = {
    { AMT_SIGN_IN, 200, "{\"Token\":\"tok\xFF\"}", 0, 0, 0, 1000 }
  };
  size_t i, piece;
  play   p;
  (void)state;
  for (i = 0; i < COUNT(id); i++)
    for (piece = 0; piece < 30; piece++) {
      step s[1] = { { AMT_START, 200, NULL, 0, 0, 0, 0 } };
      s[0].body = id[i];
      play_init(&p);
      p.s.repair = 1;
      play_steps(&p, s);
      p.chunk = piece;
      play_job(&p);
      assert_int_equal(p.last, AMT_FAILED);
      assert_string_equal(p.j.id, "");
      assert_int_equal(p.srv.count[AMT_START], 1);
      assert_int_equal(p.srv.count[AMT_MONITOR], 0);
      play_free(&p);
    }
  play_init(&p);
  p.s.repair = 1;
  play_steps(&p, token);
  play_job(&p);
  assert_int_equal(p.j.error, AMT_E_TOKEN_TEXT);
  play_free(&p);
}

static void no_bytes_of_a_reply_are_no_body(void **state)
{
  char none[1];
  play p;
  (void)state;
  play_init(&p);
  amt_once(&p.j, &p.s, AMT_KILL, &p.t, "2112");
  while (amt_next(&p.j, 0) != AMT_CALL) { }
  play_call(&p);
  assert_int_equal(amt_next(&p.j, 0), AMT_CALL);
  amt_reply_status(&p.j, 200, 0);
  assert_int_equal(amt_reply_data(&p.j, none, 0), 0);
  amt_reply_end(&p.j, 0, 1);
  assert_int_equal(amt_next(&p.j, 0), AMT_ANSWERED);
  assert_int_equal(p.j.error, 0);
  play_free(&p);
}

static void a_stop_whose_empty_reply_breaks_off_is_sent_again(void **state)
{
  static const step s[2][1] = {
    { { AMT_KILL, 200, "", AMT_E_RESET, 0, 0, 1 } },
    { { AMT_KILL, 301, "", 0, 0, 0, 1 } }
  };
  static const int error[] = { AMT_E_RESET, AMT_E_REDIRECT };
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    play p;
    play_init(&p);
    play_steps(&p, s[i]);
    amt_once(&p.j, &p.s, AMT_KILL, &p.t, "2112");
    play_until(&p, AMT_RETRYING);
    assert_int_equal(p.j.error, error[i]);
    play_run(&p);
    assert_int_equal(p.srv.count[AMT_KILL], 2);
    assert_int_equal(p.last, AMT_DONE);
    play_free(&p);
  }
}

static void stop_does_nothing_to_a_single_call(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  amt_once(&p.j, &p.s, AMT_MONITOR, &p.t, "2112");
  amt_stop(&p.j, AMT_KILL);
  play_run(&p);
  expect_log(&p.srv.log, "> sign-in\n> monitor\nstatus 1\n"
             "done 1 log incomplete\n");
  play_free(&p);
}

static void what_was_never_begun_may_be_forgotten_and_ended(void **state)
{
  amt_job     j;
  amt_session s;
  (void)state;
  memset(&j, 0, sizeof j);
  memset(&s, 0, sizeof s);
  amt_forget(&j);
  assert_int_equal(j.error, 0);
  s.user = "ocadm";
  amt_session_end(&s);
  assert_null(s.user);
}

static void a_single_call_that_the_server_refuses_is_an_ERROR(void **state)
{
  static const amt_op ops[] = { AMT_MONITOR, AMT_MESSAGES, AMT_STOP, AMT_KILL };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(ops); i++) {
    play p;
    reply_once(&p, ops[i], 404, "{}", 0);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_REFUSED);
    assert_int_equal(p.j.code, AMT_CODE_ERROR);
    assert_int_equal(p.srv.count[ops[i]], 1);
    play_free(&p);
  }
}

static void a_sign_in_that_is_a_bad_request_is_refused_for_good(void **state)
{
  static const int status[] = { 400, 401, 403, 404 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { { AMT_SIGN_IN, 0, "{}", 0, 0, 0, 9 } };
    play p;
    s[0].status = status[i];
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.j.error, AMT_E_SIGN_IN);
    assert_int_equal(p.j.code, 24);
    assert_int_equal(p.srv.count[AMT_SIGN_IN], 1);
    play_free(&p);
  }
}

static void a_sign_in_that_is_redirected_ends_only_what_has_not_started(
  void **state)
{
  step s[] = { { AMT_MONITOR, 401, "{}", 0, 0, 0, 1 },
               { AMT_SIGN_IN, 200, "{\"Token\":\"tok1\"}", 0, 0, 0, 1 },
               { AMT_SIGN_IN, 302, "", 0, 0, 0, 2 } };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.log.retries, 2);
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 4);
  play_free(&p);
}

/* Two others have failed and then signed in, before this one looks. */
static void an_outage_that_is_over_is_not_told(void **state)
{
  step s[] = { { AMT_SIGN_IN, 503, "", 0, 0, 0, 1 } };
  crew c;
  (void)state;
  crew_init(&c);
  play_steps(&c.p[0], s);
  while (!c.calling[0]) crew_turn(&c, 0, 1000);
  assert_int_equal(crew_turn(&c, 1, 1000), AMT_BUSY); /* it waits */
  crew_call(&c, 0);
  assert_int_equal(crew_turn(&c, 0, 1000), AMT_RETRYING);
  while (!c.calling[0]) crew_turn(&c, 0, 3000);
  crew_call(&c, 0);
  while (!c.calling[0]) crew_turn(&c, 0, 3000); /* signed in; its Start */
  c.p[0].s.stale__ = 1;
  c.p[0].s.producing__ = 0;
  while (!c.calling[2]) crew_turn(&c, 2, 3000); /* signs in anew */
  assert_int_equal(c.p[2].j.op, AMT_SIGN_IN);
  assert_int_equal(crew_turn(&c, 1, 3000), AMT_BUSY);
  assert_int_equal(c.p[1].j.error, 0);
  c.p[0].s.producing__ = 1; /* as it was */
  crew_run(&c, 3000);
  assert_int_equal(c.p[1].j.code, 4);
  crew_free(&c);
}

static const char *not_utf8(void *ctx, int begin)
{
  (void)ctx;
  return begin ? "p\xFFw" : NULL;
}

static void a_fetched_password_that_is_not_UTF_8_ends_the_run(void **state)
{
  play p;
  (void)state;
  play_init(&p);
  p.s.password = NULL;
  p.s.secret = not_utf8;
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_UTF8);
  assert_int_equal(p.j.code, 24);
  assert_int_equal(p.calls, 0);
  assert_null(p.s.password);
  play_free(&p);
}

static void a_refused_sign_in_does_not_bind_a_table_without_one(void **state)
{
  step     s[] = { { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 9 } };
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.error, AMT_E_SIGN_IN);
  w.auth = AMT_AUTH_BASIC;
  p.s.wire = &w;
  p.srv.scheme = NULL;
  p.ended = 0;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  play_free(&p);
}

static void a_single_Start_without_a_task_is_refused(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    if (i == 1) w.request[AMT_Q_TASK_TYPE] = NULL;
    p.s.wire = &w;
    amt_once(&p.j, &p.s, AMT_START, NULL, NULL);
    play_run(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_MISSING);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

static void a_form_leaves_out_what_has_no_name_or_no_value(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    w.auth = AMT_AUTH_FORM;
    play_init(&p);
    p.s.wire = &w;
    if (i == 0) w.request[AMT_Q_USER] = NULL;
    amt_attach(&p.j, &p.s, "DEMO2", "2112");
    if (i == 1) { /* checked once; then new credentials, without a password */
      while (amt_next(&p.j, p.now) != AMT_CALL) { }
      amt_reply_end(&p.j, AMT_E_CONNECT, 0);
      assert_int_equal(amt_next(&p.j, p.now), AMT_RETRYING);
      assert_int_equal(amt_session_credentials(&p.s, "ocadm", NULL), 1);
    }
    play_run(&p);
    assert_int_equal(p.j.code, 4);
    assert_non_null(strstr(text_of(&p.srv.calls), i == 0
      ? "\ngrant_type=password&Password=opconxps\n"
      : "\ngrant_type=password&User=ocadm\n"));
    play_free(&p);
  }
}

static void a_part_of_a_path_that_is_not_given_is_left_out(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.call[AMT_SIGN_IN].path = "/a{application}b{id}c{after}";
  play_init(&p);
  p.s.wire = &w;
  amt_once(&p.j, &p.s, AMT_SIGN_IN, NULL, NULL);
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_non_null(strstr(text_of(&p.srv.calls), "POST /abc0\n"));
  play_free(&p);
}

static void what_the_table_does_not_name_need_not_be_given(void **state)
{
  static const char *const name[] = { "User", NULL, "ApplicationName",
                                      "BatchRequestId", "User" };
  int i;
  (void)state;
  for (i = 0; i < 5; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    play_init(&p);
    p.s.wire = &w;
    switch (i) {
    case 0: p.s.user = NULL; break;                        /* it has a name */
    case 1: p.s.user = NULL; w.request[AMT_Q_USER] = NULL; break; /* none */
    case 2: w.request[AMT_Q_APPLICATION] = NULL; break;    /* always needed */
    case 3: w.request[AMT_Q_ID] = NULL; break;             /* likewise, */
    default: w.auth = AMT_AUTH_BASIC; p.srv.scheme = NULL; /* for its header */
      p.s.user = NULL; w.request[AMT_Q_USER] = NULL;
    }
    if (i == 3) { /* but the path has it */
      w.call[AMT_STOP].path = w.call[AMT_KILL].path =
        w.call[AMT_MONITOR].path = w.call[AMT_MESSAGES].path = "/{id}";
    }
    amt_attach(&p.j, &p.s, i == 2 ? NULL : "DEMO2", i == 3 ? "" : "2112");
    play_run(&p);
    if (name[i] == NULL) {
      assert_int_equal(p.j.code, 4);
      assert_non_null(strstr(text_of(&p.srv.calls),
                             "\n{\"Password\":\"opconxps\"}\n"));
    } else {
      assert_int_equal(p.j.error, AMT_E_MISSING);
      assert_string_equal(p.j.msg, name[i]);
      assert_int_equal(p.calls, 0);
    }
    play_free(&p);
  }
}

/* A table may know scripts only; then one has to be given. */
static void a_Start_of_nothing_is_refused(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    w.request[AMT_Q_JOB] = NULL;
    play_init(&p);
    p.s.wire = &w;
    p.t.job = NULL;
    if (i == 1) p.t.script = "x.sh";
    play_job(&p);
    assert_int_equal(p.j.error, i == 0 ? AMT_E_MISSING : 0);
    assert_int_equal(p.srv.count[AMT_START], i);
    play_free(&p);
  }
}

static void a_table_is_judged_word_by_word(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 12; i++) {
    amt_wire w = *amt_wire_default();
    int      error = 0;
    play     p;
    play_init(&p);
    p.s.wire = &w;
    p.srv.scheme = NULL;
    switch (i) {
    case 0: w.call[AMT_KILL].path = "/\xC3\xA9"; error = AMT_E_CONTROL; break;
    case 1: w.headers = "X: a\tb\r\n"; break;
    case 2: w.headers = "X: a\x7F\r\n"; error = AMT_E_CONTROL; break;
    case 3: w.separator = NULL; w.task_values = AMT_LIST_JOINED;
      error = AMT_E_WIRE; break;
    case 4: w.separator = NULL; break; /* not used */
    case 5: w.separator = NULL; w.parameters = AMT_LIST_JOINED;
      error = AMT_E_WIRE; break;
    case 6: w.reply[AMT_R_EXPIRES] = w.reply[AMT_R_MESSAGE] = NULL; break;
    case 7: w.reply[AMT_R_TOKEN] = NULL; w.auth = AMT_AUTH_BASIC; break;
    case 8: w.reply[AMT_R_TOKEN] = NULL; w.auth = AMT_AUTH_FORM;
      error = AMT_E_WIRE; break;
    case 9: w.reply[AMT_R_MESSAGES] = NULL; p.s.messages = AMT_NEVER; break;
    case 10: w.auth_scheme = NULL; error = AMT_E_WIRE; break;
    default: w.auth_header = w.auth_scheme = NULL; w.auth = AMT_AUTH_NONE;
    }
    play_job(&p);
    if (p.j.error != error) fail_msg("table %d: %d", i, p.j.error);
    assert_int_equal(p.j.code, error ? AMT_CODE_ERROR : 4);
    play_free(&p);
  }
}

/* Nobody may change a task or a table in mid-run: no harm comes of it. */
static void a_table_that_changes_in_mid_run_does_no_harm(void **state)
{
  static const char *two[] = { "a=1", "b=2" };
  int i;
  (void)state;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    text     body = {0};
    play     p;
    two[1] = "b=2";
    play_init(&p);
    p.s.wire = &w;
    p.t.parameters = two, p.t.parameter_count = 2;
    w.parameters = i == 0 ? AMT_LIST_JOINED : AMT_LIST_OBJECT;
    play_start(&p);
    while (amt_next(&p.j, p.now) != AMT_CALL) { }
    play_call(&p);
    while (amt_next(&p.j, p.now) != AMT_CALL) { }
    assert_int_equal(p.j.op, AMT_START);
    w.separator = NULL;
    two[1] = "nameless";
    play_part(&p.j, amt_call_body, &body);
    assert_non_null(strstr(text_of(&body), i == 0
      ? ",\"Parameters\":\"a=1nameless\"}"
      : ",\"Parameters\":{\"a\":\"1\",\"nameless\"}}"));
    amt_forget(&p.j);
    text_free(&body);
    play_free(&p);
  }
}

/* The same of where the parts of a name that match end. */
static void a_ruined_end_of_matching_parts_does_no_harm(void **state)
{
  char a[] = "{\"x\":{\"y\":{", b[] = "\"Status\":7},", c[] =
    "\"Status\":8},\"Status\":4}";
  play p;
  (void)state;
  play_init(&p);
  amt_once(&p.j, &p.s, AMT_MONITOR, &p.t, "2112");
  while (amt_next(&p.j, p.now) != AMT_CALL) { }
  play_call(&p);
  assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
  amt_reply_status(&p.j, 200, 0);
  amt_reply_data(&p.j, a, sizeof a - 1);
  memset(p.j.open__, 200, sizeof p.j.open__);
  amt_reply_data(&p.j, b, sizeof b - 1);
  memset(p.j.open__, 3, sizeof p.j.open__);
  amt_reply_data(&p.j, c, sizeof c - 1);
  amt_reply_end(&p.j, 0, 1);
  assert_int_equal(amt_next(&p.j, p.now), AMT_STATUS);
  assert_int_equal(p.j.status, 4);
  play_free(&p);
}

static void a_clock_that_goes_back_in_an_outage_does_not_end_it(void **state)
{
  step s[] = { { AMT_MONITOR, 503, "", 0, 0, 0, 3 } };
  play p;
  (void)state;
  play_init(&p);
  p.now = 0x7000000;
  play_steps(&p, s);
  play_start(&p);
  play_until(&p, AMT_RETRYING);
  p.now -= 1000000;
  p.j.due__ = p.now; /* it waits no longer */
  play_until(&p, AMT_RETRYING);
  assert_int_equal(p.last, AMT_RETRYING);
  play_run(&p);
  assert_int_equal(p.j.code, 4);
  play_free(&p);
}

/* --- stops ---------------------------------------------------------------- */

/* A superloop of 1 ms as its author writes it: the wish stands, so it is told
   in each turn. Until the end, or for so long. */
static void play_superloop(play *p, amt_op wish, uint32_t ms)
{
  uint32_t until = p->now + ms;
  while (!p->ended && p->now != until) {
    amt_event e;
    amt_stop(&p->j, wish);
    e = amt_next(&p->j, p->now);
    play_event(p, e);
    if (e == AMT_CALL) play_call(p);
    if (e == AMT_BUSY) p->now++;
  }
}

static void play_to_status(play *p)
{
  play_start(p);
  play_until(p, AMT_STATUS);
}

static const int for_ever[] = { 2 };

static void a_stop_asked_in_every_turn_is_sent_once(void **state)
{
  static const amt_op wish[] = { AMT_STOP, AMT_KILL };
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) { /* accepted, and the job takes no notice */
    step s[] = { { 0, 200, "", 0, 0, 0, 9 } };
    play p;
    s[0].op = (int)wish[i];
    play_init(&p);
    play_status(&p, for_ever);
    play_steps(&p, s);
    play_to_status(&p);
    play_superloop(&p, wish[i], 40000);
    assert_int_equal(p.srv.count[wish[i]], 1);
    assert_in_range(p.srv.count[AMT_MONITOR], 8, 11);
    amt_forget(&p.j);
    play_free(&p);
  }
}

static void a_stop_asked_in_every_turn_cancels_no_pause(void **state)
{
  static const step s[] = {
    { AMT_KILL, 503, "", 0, 0, 0, 100000 },
    { AMT_MONITOR, 503, "", 0, 0, 0, 100000 }
  };
  play p;
  (void)state;
  play_init(&p);
  play_start(&p);
  play_until(&p, AMT_STARTED);
  play_steps(&p, s);
  play_superloop(&p, AMT_KILL, 60000);
  assert_int_equal(p.srv.count[AMT_KILL], 1); /* a look at the job is next */
  assert_in_range(p.srv.count[AMT_MONITOR], 4, 12);
  amt_forget(&p.j);
  play_free(&p);
}

static void a_stop_that_fails_is_sent_once_a_poll(void **state)
{
  static const step s[] = { { AMT_STOP, 500, "", 0, 0, 0, 100000 },
                            { AMT_KILL, 404, "{}", 0, 0, 0, 100000 } };
  static const amt_op wish[] = { AMT_STOP, AMT_KILL };
  static const uint8_t messages[] = { AMT_AT_END, AMT_LIVE, AMT_NEVER };
  size_t i, k, n;
  (void)state;
  for (i = 0; i < 2; i++)
    for (k = 0; k < COUNT(messages); k++) {
      play p;
      play_init(&p);
      p.s.messages = messages[k];
      play_status(&p, for_ever);
      play_steps(&p, s);
      play_to_status(&p);
      play_superloop(&p, wish[i], 60000);
      assert_in_range(p.srv.count[wish[i]], 11, 13);
      assert_in_range(p.srv.count[AMT_MONITOR], 12, 15);
      for (n = 4; n + 1 < p.calls; n++) /* never two in a row */
        assert_false(strstr(text_of(&p.srv.log.text),
                            i ? "> kill\nanswered REFUSED\n> kill"
                              : "> stop\nretrying SERVER\n> stop") != NULL);
      amt_forget(&p.j);
      play_free(&p);
    }
}

static void a_kill_after_a_stop_is_a_new_wish_but_not_a_stop_after_a_kill(
  void **state)
{
  static const step s[] = { { AMT_STOP, 200, "", 0, 0, 0, 9 },
                            { AMT_KILL, 200, "", 0, 0, 0, 9 } };
  uint32_t then;
  int      i;
  play     p;
  (void)state;
  play_init(&p);
  play_status(&p, for_ever);
  play_steps(&p, s);
  play_to_status(&p);
  play_superloop(&p, AMT_STOP, 7000);
  then = p.now;
  for (i = 0; i < 20000; i++) { /* who asks for both in each turn kills */
    play_superloop(&p, AMT_KILL, 1);
    if (i == 1) assert_int_equal(p.srv.count[AMT_KILL], 1); /* at once */
    amt_stop(&p.j, AMT_STOP);
  }
  assert_true(p.now - then >= 20000);
  assert_int_equal(p.srv.count[AMT_STOP], 1);
  assert_int_equal(p.srv.count[AMT_KILL], 1);
  amt_forget(&p.j);
  play_free(&p);
}

static void a_kill_that_is_refused_once_is_asked_again(void **state)
{
  static const int status[] = { 400, 403, 404, 409, 401 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { { AMT_KILL, 0, "{}", 0, 0, 0, 1 } };
    play p;
    s[0].status = status[i];
    if (status[i] == 401) s[0].times = 2;
    play_init(&p);
    play_status(&p, for_ever);
    play_steps(&p, s);
    play_to_status(&p);
    amt_stop(&p.j, AMT_KILL);
    play_run(&p);
    assert_int_equal(p.last, AMT_DONE);
    assert_int_equal(p.j.code, 3);
    assert_int_equal(p.srv.count[AMT_KILL], s[0].times + 1);
    assert_non_null(strstr(text_of(&p.srv.log.text), "answered OK\n"));
    play_free(&p);
  }
}

/* --- what a Start's reply says -------------------------------------------- */

static void a_start_without_an_id_and_with_a_final_status_has_ended(void **state)
{
  static const struct { const char *id; int code; } v[] = {
    { "0", 11 }, { "-1", 99 }, { "\"0\"", 11 }, { "\"\"", 11 }, { "null", 11 },
    { "-0", 11 }, { "0.0", 12 }, { "\"-7\"", 3 },
    { "\"00000000-0000-0000-0000-000000000000\"", 11 },
    { "\"{00000000-0000-0000-0000-000000000000}\"", 6 }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      char body[200], want[200];
      step s[] = { { AMT_START, 200, NULL, 0, 0, 0, 1 } };
      play p;
      snprintf(body, sizeof body, "{\"BatchRequestId\":%s,\"Status\":%d,"
               "\"Message\":\"Job X is not defined\"}", v[i].id, v[i].code);
      snprintf(want, sizeof want, UP_TO_START "reply Job X is not defined\n"
               "done %d\n", v[i].code);
      s[0].body = body;
      play_init(&p);
      p.chunk = chunk;
      play_steps(&p, s);
      play_job(&p);
      expect_log(&p.srv.log, want);
      assert_string_equal(p.j.id, "");
      assert_int_equal(p.j.log_complete, 1);
      play_free(&p);
    }
}

static void a_start_without_an_id_or_a_final_status_is_unknown(void **state)
{
  static const char *const v[] = {
    "{\"Message\":\"Job X is not defined\"}",
    "{\"BatchRequestId\":0,\"Message\":\"Job X is not defined\"}",
    "{\"BatchRequestId\":0,\"Status\":1,\"Message\":\"Job X is not defined\"}"
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    step s[] = { { AMT_START, 200, NULL, 0, 0, 0, 9 } };
    play p;
    s[0].body = v[i];
    play_init(&p);
    play_steps(&p, s);
    play_job(&p);
    expect_log(&p.srv.log, UP_TO_START "reply Job X is not defined\n"
               "failed MAYBE_STARTED, code 19, start unknown\n");
    assert_int_equal(p.srv.count[AMT_START], 1);
    play_free(&p);
  }
}

static void an_id_beside_a_final_status_is_looked_at_without_delay(void **state)
{
  static const int eleven[] = { 11 };
  step s[] = { { AMT_START, 200, "{\"BatchRequestId\":7,\"Status\":11}", 0, 0,
                 0, 1 } };
  int  status;
  (void)state;
  for (status = 1; status <= 11; status += 10) {
    play p;
    if (status == 1) s[0].body = "{\"BatchRequestId\":7,\"Status\":1}";
    else s[0].body = "{\"BatchRequestId\":7,\"Status\":11}";
    play_init(&p);
    play_status(&p, eleven);
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.j.code, 11);
    assert_int_equal(p.srv.count[AMT_MONITOR], 1);
    assert_int_equal(p.now - p.began, status == 1 ? 10000 : 0);
    play_free(&p);
  }
}

/* --- what is forgotten ---------------------------------------------------- */

static void a_job_forgotten_in_a_start_may_have_started(void **state)
{
  static char body[] = "{\"BatchRequestId\":2112,\"Status\":1}";
  size_t n;
  (void)state;
  for (n = 0; n <= sizeof body + 2; n++) {
    char copy[sizeof body];
    play p;
    int  want = AMT_START_UNKNOWN;
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTING);
    assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
    memcpy(copy, body, sizeof body);
    if (n > 0) amt_reply_status(&p.j, 200, 0);
    if (n > 0 && n < sizeof body) amt_reply_data(&p.j, copy, n);
    if (n >= sizeof body) amt_reply_data(&p.j, copy, sizeof body - 1);
    if (n == sizeof body + 1) amt_reply_end(&p.j, 0, 1);
    if (n == sizeof body + 2) amt_reply_end(&p.j, AMT_E_RESET, 1);
    if (n >= 23) want = AMT_START_KNOWN; /* the comma ends the number */
    amt_forget(&p.j);
    assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_FORGOTTEN);
    assert_int_equal(p.j.start, want);
    assert_string_equal(p.j.id, want == AMT_START_KNOWN ? "2112" : "");
    play_free(&p);
  }
}

static void a_job_forgotten_before_its_start_has_not_started(void **state)
{
  int i;
  (void)state;
  for (i = 0; i < 4; i++) {
    play p;
    play_init(&p);
    play_start(&p);
    if (i == 1) assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
    if (i >= 2) play_until(&p, AMT_STARTING);
    if (i == 3) { /* asked for, and surely not taken */
      assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
      amt_reply_end(&p.j, AMT_E_CONNECT, 0);
    }
    amt_forget(&p.j);
    assert_int_equal(p.j.start, AMT_START_NONE);
    assert_null(p.s.signing__);
    play_free(&p);
  }
}

/* --- what tests/explore.c has found ---------------------------------------- */

/* Whatever its client says: a Start that was answered is not sent again. */
static void a_reply_shows_that_the_request_was_taken(void **state)
{
  static const int status[] = { 200, 408, 500, 503, 600 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status) * 4; i++) {
    int  error = i & 1 ? AMT_E_RESET : 0, forgotten = i >> 1 & 1;
    play p;
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTING);
    assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
    amt_reply_status(&p.j, status[i / 4], 0);
    amt_reply_end(&p.j, error, 0);
    if (forgotten) amt_forget(&p.j);
    assert_int_equal(amt_next(&p.j, p.now), AMT_FAILED);
    assert_int_equal(p.j.start, AMT_START_UNKNOWN);
    assert_int_equal(p.j.code, AMT_CODE_UNDEFINED);
    play_free(&p);
  }
}

/* --- refusals of a job that is known -------------------------------------- */

/* One step of a job that runs: refused as often as it says, then as always. */
static void a_refusal_that_passes_ends_no_run(void **state)
{
  static const struct { int status, sign_in; } v[] = {
    { 403, 0 }, { 401, 0 }, { 404, 0 }, { 400, 0 }, { 409, 0 },
    { 401, 400 }, { 401, 401 }, { 401, 403 }, { 401, 404 }
  };
  static const int ops[] = { AMT_MONITOR, AMT_MESSAGES };
  size_t i, k;
  (void)state;
  for (k = 0; k < COUNT(ops); k++)
    for (i = 0; i < COUNT(v); i++) {
      step s[] = { { 0, 0, "{}", 0, 0, 0, 1 }, { 0, 0, "{}", 0, 0, 0, 2 } };
      play p;
      s[0].op = ops[k];
      s[0].status = v[i].status;
      if (v[i].status == 401 && v[i].sign_in == 0) s[0].times = 2;
      s[1].op = AMT_SIGN_IN;
      s[1].status = v[i].sign_in;
      play_init(&p);
      p.srv.log.quiet = 1;
      play_start(&p);
      play_until(&p, AMT_STARTED);
      play_steps(&p, s);
      p.srv.step_count = v[i].sign_in ? 2 : 1;
      play_run(&p);
      assert_int_equal(p.last, AMT_DONE);
      assert_int_equal(p.j.code, 4);
      assert_int_equal(p.srv.used[0], s[0].times);
      if (v[i].sign_in == 0 || k == 0) assert_int_equal(p.j.log_complete, 1);
      play_free(&p);
    }
}

static void a_refusal_that_stays_is_a_lost_server_and_no_24(void **state)
{
  static const int status[] = { 403, 401, 404, 400 };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(status); i++) {
    step s[] = { { AMT_MONITOR, 0, "{}", 0, 0, 0, 9999 } };
    play p;
    s[0].status = status[i];
    play_init(&p);
    play_start(&p);
    play_until(&p, AMT_STARTED);
    play_steps(&p, s);
    play_run(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_LOST);
    assert_int_equal(p.j.cause, status[i] == 401 ? AMT_E_SIGN_IN :
                                status[i] == 403 ? AMT_E_FORBIDDEN :
                                AMT_E_REFUSED);
    assert_int_equal(p.j.code, AMT_CODE_UNDEFINED);
    assert_int_equal(p.j.start, AMT_START_KNOWN);
    assert_string_equal(p.j.id, "2112");
    assert_in_range(p.now - p.began, 300000, 340000);
    play_free(&p);
  }
}

/* Directories lock accounts. */
static void a_refused_sign_in_is_tried_three_times_and_not_at_once(void **state)
{
  static const step s[] = { { AMT_MONITOR, 401, "{}", 0, 0, 0, 1 },
                            { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 99 } };
  uint32_t at[4], began;
  unsigned n = 0, seen = 1;
  play     p;
  (void)state;
  play_init(&p);
  p.srv.log.quiet = 1;
  play_start(&p);
  play_until(&p, AMT_STARTED);
  play_steps(&p, s);
  began = p.now;
  while (!p.ended) { /* and asked to kill in each turn, too */
    amt_event e;
    amt_stop(&p.j, AMT_KILL);
    e = amt_next(&p.j, p.now);
    play_event(&p, e);
    if (e == AMT_CALL) play_call(&p);
    if (e == AMT_BUSY) p.now++;
    if (p.srv.count[AMT_SIGN_IN] > seen && n < 4) {
      at[n++] = p.now;
      seen = p.srv.count[AMT_SIGN_IN];
    }
  }
  assert_int_equal(n, 3);
  assert_in_range(at[1] - at[0], 3000, 20000);
  assert_in_range(at[2] - at[1], 60000, 90000);
  assert_int_equal(p.j.error, AMT_E_LOST);
  assert_int_equal(p.j.cause, AMT_E_SIGN_IN);
  assert_true(p.now - began <= 300000 + 20000);
  play_free(&p);
}

static void basic_credentials_too_are_tried_three_times(void **state)
{
  static const step s[] = { { AMT_MONITOR, 401, "{}", 0, 0, 0, 99 } };
  amt_wire w = *amt_wire_default();
  unsigned before;
  play     p;
  (void)state;
  w.auth = AMT_AUTH_BASIC;
  play_init(&p);
  p.s.wire = &w;
  p.srv.scheme = NULL;
  play_to_status(&p);
  before = p.srv.count[AMT_MONITOR];
  play_steps(&p, s);
  play_run(&p);
  assert_int_equal(p.j.error, AMT_E_LOST);
  assert_int_equal(p.srv.count[AMT_MONITOR] - before, 3);
  play_free(&p);
}

static void three_refusals_are_counted_in_each_outage(void **state)
{
  static const step s[] = {
    { AMT_MONITOR, 401, "{}", 0, 0, 0, 1 }, { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 2 }
  };
  int  i;
  play p;
  (void)state;
  play_init(&p);
  play_status(&p, for_ever);
  p.srv.log.quiet = 1;
  play_to_status(&p);
  for (i = 0; i < 3; i++) {
    unsigned until = p.srv.count[AMT_MONITOR] + 4;
    memset(p.srv.used, 0, sizeof p.srv.used);
    play_steps(&p, s);
    while (!p.ended && p.srv.count[AMT_MONITOR] < until)
      play_until(&p, AMT_BUSY);
    assert_false(p.ended);
  }
  amt_forget(&p.j);
  play_free(&p);
}

/* What must wait for the directory waits for that of the session. */
static void new_credentials_end_the_wait_for_a_directory(void **state)
{
  static const step s[] = { { AMT_MONITOR, 401, "{}", 0, 0, 0, 1 },
                            { AMT_SIGN_IN, 401, "{}", 0, 0, 0, 2 } };
  uint32_t then;
  play     p;
  (void)state;
  play_init(&p);
  play_status(&p, for_ever);
  play_to_status(&p);
  play_steps(&p, s);
  while (p.srv.used[1] < 2) play_until(&p, AMT_BUSY);
  then = p.now;
  assert_int_equal(amt_session_credentials(&p.s, "a", "b"), 1);
  amt_stop(&p.j, AMT_KILL); /* and so does not wait */
  play_run(&p);
  assert_int_equal(p.j.code, 3);
  assert_true(p.now - then < 10000);
  play_free(&p);
}

static void an_attached_job_that_is_refused_at_first_is_not_waited_for(
  void **state)
{
  static const struct { int op, status, error; } v[] = {
    { AMT_SIGN_IN, 401, AMT_E_SIGN_IN }, { AMT_SIGN_IN, 403, AMT_E_SIGN_IN },
    { AMT_MONITOR, 401, AMT_E_SIGN_IN }, { AMT_MONITOR, 403, AMT_E_FORBIDDEN },
    { AMT_MONITOR, 404, AMT_E_REFUSED }
  };
  size_t i;
  int    known;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (known = 0; known < 2; known++) {
      step s[] = { { 0, 0, "{}", 0, 0, 0, 99 } };
      play p;
      s[0].op = v[i].op, s[0].status = v[i].status;
      play_init(&p);
      play_status(&p, for_ever);
      amt_attach(&p.j, &p.s, "DEMO2", "2112");
      if (known) play_until(&p, AMT_STATUS);
      if (known && v[i].op == AMT_SIGN_IN) p.token[0]++; /* it is refused */
      play_steps(&p, s);
      play_run(&p);
      assert_int_equal(p.last, AMT_FAILED);
      assert_int_equal(p.j.error, known ? AMT_E_LOST : v[i].error);
      assert_int_equal(p.j.start, AMT_START_KNOWN);
      assert_int_equal(p.j.code, AMT_CODE_UNDEFINED);
      if (!known) assert_true(p.now - p.began == 0);
      play_free(&p);
    }
}

static void a_privilege_for_messages_that_is_missing_is_told_soon(void **state)
{
  static const step s[] = { { AMT_MESSAGES, 403, "{}", 0, 0, 0, 99 } };
  uint32_t then;
  play     p;
  (void)state;
  play_init(&p);
  play_start(&p);
  play_until(&p, AMT_STARTED);
  play_steps(&p, s);
  while (p.j.status != 4) play_until(&p, AMT_STATUS);
  then = p.now;
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.j.error, AMT_E_FORBIDDEN);
  assert_int_equal(p.j.log_complete, 0);
  assert_int_equal(p.srv.count[AMT_MESSAGES], 3);
  assert_true(p.now - then < 5000);
  play_free(&p);
}

/* --- replies about another job -------------------------------------------- */

static void a_reply_that_names_another_job_is_refused(void **state)
{
  static const struct { const char *id; int ours; } v[] = {
    { "2112", 1 }, { "\"2112\"", 1 }, { "0", 1 }, { "null", 1 }, { "\"\"", 1 },
    { "-1", 1 }, { "\"00000000-0000-0000-0000-000000000000\"", 1 },
    { "2113", 0 }, { "211", 0 }, { "21120", 0 }, { "\"A\"", 0 }, { "1", 0 },
    { "111111111111111111111111111111111111111111111111111111111111", 0 }
  };
  static const int ops[] = { AMT_MONITOR, AMT_KILL };
  size_t i, k, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k < 2; k++)
      for (chunk = 0; chunk < 3; chunk++) {
        char body[120];
        step s[] = { { 0, 200, NULL, 0, 0, 0, 1 } };
        play p;
        snprintf(body, sizeof body, "{\"Status\":3,\"BatchRequestId\":%s}",
                 v[i].id);
        s[0].op = ops[k], s[0].body = body;
        play_init(&p);
        play_start(&p);
        play_until(&p, AMT_STARTED);
        p.chunk = chunk;
        play_steps(&p, s);
        if (k == 1) amt_stop(&p.j, AMT_KILL);
        play_run(&p);
        assert_int_equal(p.last, AMT_DONE);
        /* The kill that is accepted kills nothing here, its repeat does. */
        assert_int_equal(p.j.code, (k == 0) == v[i].ours ? 3 : 4);
        assert_int_equal(strstr(text_of(&p.srv.log.text),
                                "retrying OTHER_ID") == NULL, v[i].ours);
        assert_string_equal(p.j.id, "2112");
        play_free(&p);
      }
}

static void the_case_of_an_id_and_the_end_of_a_long_one_do_not_matter(
  void **state)
{
  static const step s[] = {
    { AMT_START, 200, "{\"BatchRequestId\":\"0a1b2c3d-4e5f-6071-8293-a4b5c6d7"
      "e8f9-0123456789\"}", 0, 0, 0, 1 },
    { AMT_MONITOR, 200, "{\"Status\":4,\"BatchRequestId\":\"0A1B2C3D-4E5F-6071"
      "-8293-A4B5C6D7E8F9-0123456789\"}", 0, 0, 0, 1 },
  };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.log.retries, 0);
  play_free(&p);
}

/* --- what is always told -------------------------------------------------- */

static void a_reply_without_a_status_says_so(void **state)
{
  static const step s[] = { { AMT_MONITOR, 200, "{\"State\":4}", 0, 0, 0, 99 } };
  play p;
  (void)state;
  play_init(&p);
  play_steps(&p, s);
  play_to_status(&p);
  assert_int_equal(p.j.status, AMT_CODE_UNDEFINED);
  assert_int_equal(p.j.error, AMT_E_NO_STATUS);
  play_run(&p);
  assert_int_equal(p.j.error, AMT_E_UNDEFINED);
  play_free(&p);

  play_init(&p);
  play_steps(&p, s);
  amt_once(&p.j, &p.s, AMT_MONITOR, &p.t, "2112");
  play_run(&p);
  assert_int_equal(p.last, AMT_DONE);
  assert_int_equal(p.j.error, AMT_E_NO_STATUS);
  assert_int_equal(p.j.code, AMT_CODE_UNDEFINED);
  play_free(&p);
}

static void busy_always_says_for_how_long(void **state)
{
  static char half[] = "{\"Batch";
  play p;
  (void)state;
  play_init(&p);
  play_start(&p);
  play_until(&p, AMT_STARTING);
  assert_int_equal(amt_next(&p.j, p.now), AMT_CALL);
  p.j.wait = 0xDEADBEEFu;
  assert_int_equal(amt_next(&p.j, p.now), AMT_BUSY);
  assert_int_equal(p.j.wait, 0x7FFFFFFF);
  amt_reply_status(&p.j, 200, 0);
  amt_reply_data(&p.j, half, sizeof half - 1);
  p.j.wait = 0xDEADBEEFu;
  assert_int_equal(amt_next(&p.j, p.now), AMT_BUSY);
  assert_int_equal(p.j.wait, 0x7FFFFFFF);
  amt_forget(&p.j);
  play_free(&p);
}

/* --- the words of the wire: published ones, alternatives ------------------ */

/* What version 0.1 sent, and read. */
static void the_wire_of_0_1_is_a_table_too(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.auth_header = "Authorization", w.auth_scheme = "Bearer ";
  w.request[AMT_Q_ID] = "BatchrequestId", w.reply[AMT_R_TOKEN] = "Token";
  play_init(&p);
  p.srv.scheme = "Authorization: Bearer ";
  {
    step s[] = { { AMT_SIGN_IN, 200, "{\"Token\":\"tok1\",\"AmtLogonToken\":"
                   "\"no\"}", 0, 0, 0, 0 } };
    play_steps(&p, s);
    p.s.wire = &w;
    play_job(&p);
  }
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls), "{\"ApplicationName\":\"DEMO2\","
                         "\"BatchrequestId\":2112}\n"));
  assert_null(strstr(p.srv.calls.p, "X-AMT"));
  play_free(&p);
}

/* Each alternative counts only as a whole, whatever it shares with others. */
static void alternatives_of_dotted_names_are_not_mixed(void **state)
{
  static const struct { const char *name, *body; int status; } v[] = {
    { "a.x|b.y|Status", "{\"a\":{\"y\":4},\"b\":{\"x\":4}}", -1 },
    { "a.x|b.y|Status", "{\"b\":{\"x\":4,\"y\":2},\"a\":{\"y\":4}}", 2 },
    { "a.x|b.y|Status", "{\"a\":{\"y\":4,\"x\":2}}", 2 },
    { "a.x|b.y|Status", "{\"Status\":2,\"a\":{\"Status\":4}}", 2 },
    { "Status|a.x", "{\"x\":4,\"A\":{\"X\":2}}", 2 },
    { "a.b.c|a.x|a", "{\"a\":{\"b\":{\"x\":4},\"x\":2,\"c\":4}}", 2 },
    { "a.x|a.b.c", "{\"a\":{\"b\":{\"c\":2,\"x\":4},\"c\":4}}", 2 },
    { "a.x|a.b.c", "{\"a\":{\"b\":{\"d\":{\"c\":4}},\"x\":2}}", 2 },
    { "a.x|a.b.c", "{\"a\":{\"q\":{},\"b\":{},\"d\":{\"c\":4},\"x\":2}}", 2 },
    { "a.b|a", "{\"a\":2}", 2 }, { "a.b|a", "{\"a\":{\"b\":2}}", 2 },
    { "ab.c|a.b.c", "{\"ab\":{\"b\":{\"c\":4}},\"a\":{\"b\":{\"c\":2}}}", 2 },
    { "a|aa|aaa", "{\"aa\":2,\"aaaa\":4,\"a|aa\":4,\"\":4}", 2 },
    { "x.a|y", "{\"y\":null,\"x\":{\"a\":2}}", 2 },
    { "x.a|y", "{\"x\":{\"a\":2},\"y\":\"\"}", 2 }
  };
  size_t i, chunk;
  (void)state;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 8; chunk++) {
      amt_wire w = *amt_wire_default();
      step     s[] = { { AMT_MONITOR, 200, v[i].body, 0, 0, 0, 1 } };
      play     p;
      w.reply[AMT_R_STATUS] = v[i].name;
      play_init(&p);
      play_steps(&p, s);
      p.s.wire = &w, p.chunk = chunk;
      amt_once(&p.j, &p.s, AMT_MONITOR, &p.t, "2112");
      play_run(&p);
      if ((p.j.status == 2) != (v[i].status == 2))
        fail_msg("%s in %s: %d", v[i].name, v[i].body, (int)p.j.status);
      play_free(&p);
    }
}

static void alternatives_are_read_in_messages_too(void **state)
{
  static const step s[] = {
    { AMT_MESSAGES, 200, "{\"data\":{\"rows\":[{\"seq\":1,\"body\":{\"text\":"
      "\"a\"}},{\"line\":\"b\",\"body\":{\"line\":\"no\"}},{\"seq\":3,\"line\":"
      "null,\"body\":{\"text\":\"c\"}}]}}", 0, 0, 0, 0 }
  };
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.reply[AMT_R_MESSAGES] = "Messages|data.rows";
  w.reply[AMT_R_TEXT] = "line|body.text";
  w.reply[AMT_R_SEQUENCE] = "n|seq";
  play_init(&p);
  play_steps(&p, s);
  p.s.wire = &w;
  play_job(&p);
  assert_non_null(strstr(text_of(&p.srv.log.text), "message #1 a\nmessage b\n"
                         "message #3 c\ndone 4\n"));
  play_free(&p);
}

/* 255 bytes are the most that can be counted. */
static void a_name_that_could_not_be_found_is_refused(void **state)
{
  static const char *const bad[] = { "|", "a|", "|a", "a||b", "a..b", ".a", "a.",
    "a.|b", "a|.b", "a|b23456789012345678901234567890123" };
  char   name[300];
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(bad) + 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    memset(name, 'a', sizeof name);
    name[0] = 'S';
    memcpy(name + 1, "tatus", 5);
    {
      size_t at, n = i == COUNT(bad) ? 255 : 256;
      for (at = 6; at < n; at += 7) name[at] = '|';
      name[n - 1] = 'a', name[n] = 0;
    }
    w.reply[AMT_R_STATUS] = i < COUNT(bad) ? bad[i] : name;
    play_init(&p);
    p.s.wire = &w;
    play_job(&p);
    if (p.j.error != (i == COUNT(bad) ? 0 : AMT_E_WIRE))
      fail_msg("%s: %d", w.reply[AMT_R_STATUS], p.j.error);
    play_free(&p);
  }
}

/* Whatever header carries a token, Basic has the one of RFC 7617. */
static void basic_goes_in_Authorization_whatever_carries_a_token(void **state)
{
  amt_wire w = *amt_wire_default();
  play     p;
  (void)state;
  w.auth = AMT_AUTH_BASIC, w.auth_header = "X-Token", w.auth_scheme = "Token ";
  play_init(&p);
  p.s.wire = &w;
  p.srv.scheme = NULL;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
                         "\nAuthorization: Basic b2NhZG06b3Bjb254cHM=\r\n"));
  assert_null(strstr(p.srv.calls.p, "Token"));
  play_free(&p);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_wire_of_0_1_is_a_table_too),
    cmocka_unit_test(alternatives_of_dotted_names_are_not_mixed),
    cmocka_unit_test(alternatives_are_read_in_messages_too),
    cmocka_unit_test(a_name_that_could_not_be_found_is_refused),
    cmocka_unit_test(basic_goes_in_Authorization_whatever_carries_a_token),
    cmocka_unit_test(each_code_of_the_table_ends_a_run_and_no_other_does),
    cmocka_unit_test(undefined_ends_a_run_at_the_tenth_in_a_row),
    cmocka_unit_test(ten_without_a_known_status_end_a_run_too),
    cmocka_unit_test(a_status_is_read_in_every_tolerated_accent),
    cmocka_unit_test(a_long_unknown_name_is_cut_between_characters),
    cmocka_unit_test(unknown_members_are_skipped_down_to_the_depth_limit),
    cmocka_unit_test(a_senseless_status_ends_nothing),
    cmocka_unit_test(of_a_member_that_comes_twice_the_last_counts),
    cmocka_unit_test(a_name_with_a_NUL_is_another_name),
    cmocka_unit_test(a_whole_run_sends_the_bytes_of_the_wire_section),
    cmocka_unit_test(stop_and_kill_send_the_bytes_of_the_wire_section),
    cmocka_unit_test(a_start_carries_what_the_task_has_and_no_more),
    cmocka_unit_test(an_id_goes_back_in_the_type_in_which_it_came),
    cmocka_unit_test(a_typed_in_id_is_a_number_where_it_is_all_digits),
    cmocka_unit_test(a_bad_task_is_refused_and_nothing_is_sent),
    cmocka_unit_test(a_bad_session_is_refused_and_nothing_is_sent),
    cmocka_unit_test(a_bad_id_is_refused_and_nothing_is_sent),
    cmocka_unit_test(a_token_is_read_in_every_tolerated_accent),
    cmocka_unit_test(a_token_that_is_no_good_is_refused_before_any_start),
    cmocka_unit_test(a_refused_sign_in_is_a_24_at_once),
    cmocka_unit_test(
      a_refused_certificate_ends_no_run_on_a_server_once_verified),
    cmocka_unit_test(
      a_refused_certificate_ends_a_job_at_once_before_any_sign_in),
    cmocka_unit_test(a_token_is_renewed_before_it_expires),
    cmocka_unit_test(a_token_of_no_life_at_all_does_not_stop_a_run),
    cmocka_unit_test(one_401_is_answered_by_a_fresh_sign_in),
    cmocka_unit_test(a_second_401_and_any_403_to_a_start_are_a_24),
    cmocka_unit_test(a_401_long_after_another_is_again_the_first),
    cmocka_unit_test(credentials_replaced_in_mid_run_are_used),
    cmocka_unit_test(a_start_ends_in_one_of_four_ways),
    cmocka_unit_test(a_start_reply_cut_anywhere_is_started_or_unknown),
    cmocka_unit_test(an_id_too_long_is_an_unknown_start_and_is_told),
    cmocka_unit_test(a_start_of_which_no_byte_was_taken_is_sent_again),
    cmocka_unit_test(a_start_with_an_id_has_started_whatever_its_status),
    cmocka_unit_test(a_401_cut_short_does_not_send_a_start_again),
    cmocka_unit_test(a_start_repeated_after_401_is_not_sent_a_third_time),
    cmocka_unit_test(what_may_pass_is_tried_again_for_every_call_but_start),
    cmocka_unit_test(a_stale_connection_is_no_outage),
    cmocka_unit_test(
      a_second_stale_connection_is_an_outage_unless_a_reply_has_come),
    cmocka_unit_test(a_client_that_calls_each_connection_stale_meets_an_outage),
    cmocka_unit_test(the_words_of_a_failed_call_reach_the_caller),
    cmocka_unit_test(the_waits_between_repeats_grow),
    cmocka_unit_test(the_jitter_depends_on_the_seed),
    cmocka_unit_test(retry_after_is_honoured_within_the_give_up_time),
    cmocka_unit_test(the_give_up_time_ends_a_run),
    cmocka_unit_test(give_up_zero_ends_a_run_at_the_first_failure),
    cmocka_unit_test(the_outage_clock_starts_anew_after_each_success),
    cmocka_unit_test(a_4xx_to_monitor_or_messages_is_tried_again),
    cmocka_unit_test(a_code_once_known_is_never_replaced),
    cmocka_unit_test(no_message_is_lost_or_doubled_however_the_bytes_come),
    cmocka_unit_test(no_message_is_lost_or_doubled_where_a_reply_is_split),
    cmocka_unit_test(a_message_that_broke_off_goes_on_where_it_stopped),
    cmocka_unit_test(a_message_may_break_off_many_times),
    cmocka_unit_test(live_messages_come_as_they_are_written_each_once),
    cmocka_unit_test(with_never_no_messages_are_asked_for),
    cmocka_unit_test(more_without_anything_new_does_not_loop),
    cmocka_unit_test(messages_are_read_in_every_tolerated_accent),
    cmocka_unit_test(a_job_may_be_killed_after_any_event),
    cmocka_unit_test(a_job_may_be_killed_before_anything_and_in_mid_reply),
    cmocka_unit_test(a_kill_comes_at_once_and_not_at_the_next_poll),
    cmocka_unit_test(a_kill_does_not_change_how_a_start_ended),
    cmocka_unit_test(a_refused_stop_or_kill_never_ends_the_watch),
    cmocka_unit_test(an_empty_reply_to_stop_and_kill_means_accepted),
    cmocka_unit_test(a_second_kill_may_follow_a_refused_one),
    cmocka_unit_test(an_attached_job_is_watched_to_its_end),
    cmocka_unit_test(an_attached_job_may_be_killed_at_once),
    cmocka_unit_test(each_function_is_there_as_a_single_call),
    cmocka_unit_test(a_single_call_goes_on_when_its_connection_breaks),
    cmocka_unit_test(a_single_call_that_is_refused_fails),
    cmocka_unit_test(a_forgotten_job_asks_for_nothing_more),
    cmocka_unit_test(all_jobs_of_a_session_share_one_sign_in),
    cmocka_unit_test(a_refused_sign_in_is_told_to_all_and_not_tried_again),
    cmocka_unit_test(an_outage_of_the_sign_in_is_shared),
    cmocka_unit_test(a_job_that_is_forgotten_leaves_the_sign_in_to_another),
    cmocka_unit_test(a_401_is_no_reason_to_sign_in_if_the_token_is_new),
    cmocka_unit_test(a_late_401_is_no_reason_to_sign_in_either),
    cmocka_unit_test(a_sign_in_waits_for_requests_that_are_half_sent),
    cmocka_unit_test(a_password_is_fetched_for_each_sign_in_and_given_back),
    cmocka_unit_test(a_password_is_given_back_if_its_job_is_forgotten),
    cmocka_unit_test(a_password_that_cannot_be_fetched_ends_the_run),
    cmocka_unit_test(a_password_for_basic_is_fetched_and_given_back_too),
    cmocka_unit_test(a_wire_table_with_which_no_job_can_be_run_is_refused),
    cmocka_unit_test(a_call_that_could_not_say_which_job_is_refused),
    cmocka_unit_test(a_log_with_more_that_never_comes_is_not_complete),
    cmocka_unit_test(an_attached_id_may_be_a_string_of_digits),
    cmocka_unit_test(what_a_task_says_is_never_left_out_for_want_of_a_name),
    cmocka_unit_test(every_error_has_its_words_and_other_numbers_none),
    cmocka_unit_test(a_start_is_repeated_once_whatever_comes_between),
    cmocka_unit_test(a_bare_cr_in_a_log_of_lines_loses_nothing_at_any_cut),
    cmocka_unit_test(an_empty_token_is_no_token),
    cmocka_unit_test(half_an_id_is_none_and_neither_is_one_with_a_nul),
    cmocka_unit_test(a_code_over_255_is_never_mistaken_for_another),
    cmocka_unit_test(a_kill_asked_for_while_a_stop_is_under_way_is_sent_too),
    cmocka_unit_test(a_kill_asked_for_during_a_monitor_does_not_wait),
    cmocka_unit_test(a_kill_that_always_fails_does_not_end_the_watch),
    cmocka_unit_test(basic_needs_a_user_though_the_table_sends_none),
    cmocka_unit_test(basic_credentials_that_are_taken_away_end_the_run),
    cmocka_unit_test(an_error_page_is_the_servers_error_not_bad_json),
    cmocka_unit_test(a_job_that_was_dropped_takes_no_more_of_a_reply),
    cmocka_unit_test(a_sign_in_alone_is_a_call_too),
    cmocka_unit_test(a_colon_in_a_user_name_is_refused_for_basic),
    cmocka_unit_test(a_session_that_ends_leaves_no_secret_behind),
    cmocka_unit_test(no_secret_reaches_an_error_or_an_event),
    cmocka_unit_test(replies_are_found_by_dotted_names),
    cmocka_unit_test(a_dot_in_a_members_own_name_is_no_nesting),
    cmocka_unit_test(replies_may_be_the_value_itself),
    cmocka_unit_test(a_bare_id_and_a_bare_status_live_in_one_table),
    cmocka_unit_test(a_bare_id_that_is_cut_is_an_unknown_start),
    cmocka_unit_test(a_log_may_be_one_string_of_lines),
    cmocka_unit_test(a_log_of_lines_grows_live_and_loses_none),
    cmocka_unit_test(parameters_go_as_a_list_a_string_or_an_object),
    cmocka_unit_test(a_parameter_without_a_name_cannot_go_into_an_object),
    cmocka_unit_test(a_sign_in_may_be_a_form),
    cmocka_unit_test(basic_sends_its_header_with_each_call_and_never_signs_in),
    cmocka_unit_test(a_fixed_token_goes_as_it_is_given),
    cmocka_unit_test(without_sign_in_no_credentials_are_sent),
    cmocka_unit_test(without_a_sign_in_call_a_401_to_a_start_ends_it_at_once),
    cmocka_unit_test(paths_are_templates_and_get_has_no_body),
    cmocka_unit_test(
      a_line_break_in_a_name_or_an_id_never_ends_a_line_of_a_head),
    cmocka_unit_test(fixed_headers_and_members_go_with_every_call),
    cmocka_unit_test(words_may_be_others_and_members_absent),
    cmocka_unit_test(without_after_sequence_the_client_counts),
    cmocka_unit_test(a_bad_wire_table_is_refused_and_nothing_is_sent),
    cmocka_unit_test(a_fixed_token_with_a_line_break_is_refused),
    cmocka_unit_test(actions_that_stand_in_paths_need_no_words),
    cmocka_unit_test(only_letters_have_a_case),
    cmocka_unit_test(a_list_of_no_known_style_is_an_object),
    cmocka_unit_test(an_HTTP_client_may_say_that_a_call_is_hopeless),
    cmocka_unit_test(a_fixed_token_may_be_replaced_in_mid_run),
    cmocka_unit_test(a_fixed_token_that_is_replaced_by_none_ends_the_run),
    cmocka_unit_test(a_server_is_verified_by_any_reply_and_by_nothing_else),
    cmocka_unit_test(
      a_token_ends_with_a_NUL_also_where_it_is_shorter_than_the_last),
    cmocka_unit_test(the_clock_may_wrap_in_any_phase),
    cmocka_unit_test(the_give_up_time_may_lie_across_a_wrapping_clock),
    cmocka_unit_test(the_first_status_comes_after_its_delay_and_then_each_poll),
    cmocka_unit_test(the_poll_interval_grows_with_the_jobs_age_to_its_limit),
    cmocka_unit_test(every_published_code_has_its_name_and_back),
    cmocka_unit_test(names_too_long_for_a_wire_table_are_no_fields),
    cmocka_unit_test(
      a_name_of_a_status_is_cut_before_a_character_that_does_not_fit),
    cmocka_unit_test(a_list_of_messages_may_be_null_or_have_nulls_in_it),
    cmocka_unit_test(two_lists_in_one_reply_are_TWICE),
    cmocka_unit_test(what_an_error_reply_calls_messages_is_no_log),
    cmocka_unit_test(an_id_in_a_reply_that_refuses_is_none),
    cmocka_unit_test(
      a_text_that_changed_meanwhile_is_never_cut_in_a_character),
    cmocka_unit_test(a_whole_number_is_a_status_in_any_spelling),
    cmocka_unit_test(what_is_no_whole_number_is_no_status),
    cmocka_unit_test(a_status_name_counts_without_blanks_and_dashes),
    cmocka_unit_test(amt_status_code_reads_no_further_than_n),
    cmocka_unit_test(a_time_of_33_bytes_is_kept),
    cmocka_unit_test(a_name_in_pieces_stays_in_its_room),
    cmocka_unit_test(messages_that_the_server_has_lost_are_told),
    cmocka_unit_test(a_log_that_has_all_raises_no_false_alarm),
    cmocka_unit_test(a_gap_between_pages_is_told),
    cmocka_unit_test(a_gap_does_not_hide_UNDEFINED),
    cmocka_unit_test(a_list_that_is_whole_by_the_table_may_not_shrink),
    cmocka_unit_test(a_log_that_is_not_UTF_8_goes_on_if_repair_is_asked_for),
    cmocka_unit_test(what_was_repaired_is_counted_once),
    cmocka_unit_test(a_list_that_is_one_string_is_repaired_too),
    cmocka_unit_test(an_id_or_a_token_is_never_repaired),
    cmocka_unit_test(no_bytes_of_a_reply_are_no_body),
    cmocka_unit_test(a_stop_whose_empty_reply_breaks_off_is_sent_again),
    cmocka_unit_test(stop_does_nothing_to_a_single_call),
    cmocka_unit_test(what_was_never_begun_may_be_forgotten_and_ended),
    cmocka_unit_test(a_single_call_that_the_server_refuses_is_an_ERROR),
    cmocka_unit_test(a_sign_in_that_is_a_bad_request_is_refused_for_good),
    cmocka_unit_test(
      a_sign_in_that_is_redirected_ends_only_what_has_not_started),
    cmocka_unit_test(an_outage_that_is_over_is_not_told),
    cmocka_unit_test(a_fetched_password_that_is_not_UTF_8_ends_the_run),
    cmocka_unit_test(a_refused_sign_in_does_not_bind_a_table_without_one),
    cmocka_unit_test(a_single_Start_without_a_task_is_refused),
    cmocka_unit_test(a_form_leaves_out_what_has_no_name_or_no_value),
    cmocka_unit_test(a_part_of_a_path_that_is_not_given_is_left_out),
    cmocka_unit_test(what_the_table_does_not_name_need_not_be_given),
    cmocka_unit_test(a_Start_of_nothing_is_refused),
    cmocka_unit_test(a_table_is_judged_word_by_word),
    cmocka_unit_test(a_table_that_changes_in_mid_run_does_no_harm),
    cmocka_unit_test(a_ruined_end_of_matching_parts_does_no_harm),
    cmocka_unit_test(a_clock_that_goes_back_in_an_outage_does_not_end_it),
    cmocka_unit_test(a_stop_asked_in_every_turn_is_sent_once),
    cmocka_unit_test(a_stop_asked_in_every_turn_cancels_no_pause),
    cmocka_unit_test(a_stop_that_fails_is_sent_once_a_poll),
    cmocka_unit_test(
      a_kill_after_a_stop_is_a_new_wish_but_not_a_stop_after_a_kill),
    cmocka_unit_test(a_kill_that_is_refused_once_is_asked_again),
    cmocka_unit_test(a_start_without_an_id_and_with_a_final_status_has_ended),
    cmocka_unit_test(a_start_without_an_id_or_a_final_status_is_unknown),
    cmocka_unit_test(an_id_beside_a_final_status_is_looked_at_without_delay),
    cmocka_unit_test(a_job_forgotten_in_a_start_may_have_started),
    cmocka_unit_test(a_job_forgotten_before_its_start_has_not_started),
    cmocka_unit_test(a_reply_shows_that_the_request_was_taken),
    cmocka_unit_test(a_refusal_that_passes_ends_no_run),
    cmocka_unit_test(a_refusal_that_stays_is_a_lost_server_and_no_24),
    cmocka_unit_test(a_refused_sign_in_is_tried_three_times_and_not_at_once),
    cmocka_unit_test(basic_credentials_too_are_tried_three_times),
    cmocka_unit_test(three_refusals_are_counted_in_each_outage),
    cmocka_unit_test(new_credentials_end_the_wait_for_a_directory),
    cmocka_unit_test(
      an_attached_job_that_is_refused_at_first_is_not_waited_for),
    cmocka_unit_test(a_privilege_for_messages_that_is_missing_is_told_soon),
    cmocka_unit_test(a_reply_that_names_another_job_is_refused),
    cmocka_unit_test(the_case_of_an_id_and_the_end_of_a_long_one_do_not_matter),
    cmocka_unit_test(a_reply_without_a_status_says_so),
    cmocka_unit_test(busy_always_says_for_how_long)
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
