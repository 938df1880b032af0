/* fuzz_config.c - what the tool amt reads from files: Connector.config and
   wire tables, by the functions of examples/amt themselves.

   An input is a Connector.config; after a line "====" there may be a wire file.
   It is refused with a clean message on standard error, or accepted. Then it
   must be usable: the library runs jobs with it, its requests are valid HTTP
   and JSON, what --print-wire writes reads back the same, and `amt encrypt`
   encodes what was decoded. */

#include "fuzz_amt.h"

static file config_in, wire_in, printed;

/* --- an accepted table ---------------------------------------------------- */

/* The table as text, a line each: its strings lie in a buffer that the next
   table reuses. */
static void table_text(bytes *to)
{
  int i;
  clear(to);
  for (i = 0; i < WIRE_LINES; i++) {
    const char *value = *wire_lines[i].to;
    must(value == NULL || is_utf8(value, strlen(value)));
    add_text(to, value != NULL ? value : "\xFF");
    add_byte(to, 0);
  }
}

/* --print-wire prints this very table. */
static void check_printed(void)
{
  static bytes table, again;
  int          i;
  table_text(&table);
  file_put(&printed, "", 0);
  must(lseek(printed.fd, 0, SEEK_SET) == 0);
  out.fd = printed.fd;
  put_wire();
  sink_flush(&out);
  must(out.error == 0);
  i = (int)out.total;
  set_back();
  clear(&stderr_text);
  if (i >= WIRE) return; /* larger than the tool reads */
  must(read_wire(printed.name) == 0);
  must(check_wire(printed.name) == 0);
  table_text(&again);
  must(same(&table, &again));
}

/* A masked text is no longer than its line in the file, and its places
   match. */
static void check_masked(void)
{
  static char copy[2 * WIRE], line[2 * WIRE];
  size_t      at, spot, n;
  int         i;
  for (i = 0; i < WIRE_LINES; i++) {
    const char *value = *wire_lines[i].to;
    amt_window o;
    amt_window_init(&o, line, sizeof line, 0);
    if (value == NULL || wire_lines[i].kind == METHOD ||
        wire_lines[i].kind == REPLY) continue;
    n = strlen(value);
    spell(&o, value, value + n);
    must(o.len == o.total);
    spot = 0;
    mask(copy, value, wire_lines[i].kind, &spot);
    if (wire_lines[i].kind != HEADER) must(strlen(copy) <= o.len);
    for (at = 0; at <= n && n < 200; at++) {
      size_t before = spot;
      spot = at;
      mask(copy, value, wire_lines[i].kind, &spot);
      must(spot >= before && spot <= strlen(copy));
    }
    for (at = 0; copy[at] != 0; at++)
      must(copy[at] != *AMT_HOLE_PASSWORD || begins_part(copy[at - 1]));
  }
}

/* Checks one request: no value breaks out of its line or member. */
static void check_call(const amt_job *j)
{
  static char    head[65536], body[65536];
  amt_json       json;
  amt_json_token piece;
  amt_window o;
  amt_window_init(&o, head, sizeof head, 0);
  size_t         from, used;
  char          *line, *end;
  must(amt_http_valid(amt_call_method(j), 1));
  amt_call_path(j, &o);
  for (from = 0; from < o.len; from++) must(head[from] > 32 && head[from] < 127);
  must(*head == '/' && o.len == o.total);
  amt_window_init(&o, head, sizeof head - 1, 0);
  amt_call_headers(j, &o);
  must(o.len == o.total);
  head[o.len] = 0;
  for (line = head; *line != 0; line = end + 2) {
    end = strstr(line, "\r\n");
    must(end != NULL && end != line);
    *end = 0;
    must(amt_http_valid(line, 0));
    must(strchr(line, ':') != NULL);
    *strchr(line, ':') = 0;
    must(amt_http_valid(line, 1));
    must(!same_word(line, "Content-Length") && !same_word(line, "Host") &&
         !same_word(line, "Transfer-Encoding"));
  }
  amt_window_init(&o, body, sizeof body, 0);
  amt_call_body(j, &o);
  must(o.len == o.total && (o.len != 0) == amt_call_has_body(j));
  if (o.len == 0 || amt__body_kind(wire.call[j->op].body) != AMT__IN_JSON) return;
  /* {word:raw} may make the body invalid; that is up to the table's author. */
  if (strchr(wire.call[j->op].body, AMT__RAW) != NULL) return;
  memset(&json, 0, sizeof json);
  for (from = 0; from < o.len; from += used)
    must(amt_json_next(&json, body + from, o.len - from, &used, &piece) >= 0);
  must(amt_json_end(&json, &piece) == 0);
}

/* The library accepts a table that the tool accepted. Each call is well formed,
   for a task with all values and one with few. It may refuse only a value. */
static void check_calls(int all)
{
  static const char *const parameters[] = { "a=\"1\"\n", "b=" };
  amt_session s;
  amt_task    t;
  amt_job     j;
  char        its_token[64] = "t.o-k~en";
  int         op;
  memset(&s, 0, sizeof s);
  memset(&t, 0, sizeof t);
  s.wire = &wire;
  s.user = "user \xC3\xA9\"";
  s.password = "word\\:";
  s.token = its_token;
  s.token_room = sizeof its_token;
  t.application = "DEMO \xC3\xA4/?#\"";
  t.job = "JOB\r\n";
  if (all) {
    t.script = "C:\\x.ps1";
    t.queue = "Q{job}\"";
    t.run_as = "\xE2\x82\xAC";
    t.parameters = t.task_values = parameters;
    t.parameter_count = t.task_value_count = 2;
  }
  for (op = AMT_SIGN_IN; op < AMT_CALLS; op++) {
    amt_event e;
    amt_once(&j, &s, (amt_op)op, &t, "21\"12");
    if (op == AMT_SIGN_IN && !signs_in()) continue;
    s.token__len = op == AMT_SIGN_IN ? 0 : 8; /* as if signed in */
    e = amt_next(&j, 1);
    if (e == AMT_FAILED) {
      must(j.error == AMT_E_MISSING || j.error == AMT_E_CONTROL);
      must(j.msg != NULL);
      return;
    }
    if (e == AMT_STARTING) e = amt_next(&j, 1);
    must(e == AMT_CALL && j.op == op);
    check_call(&j);
    amt_forget(&j);
  }
}

/* --- the encoding of Connector.config --------------------------------------------- */

/* A decoded value encodes to the same digits, in either case. */
static void check_decoded(const char *value, const char *plain)
{
  char   digits[8];
  size_t n = strlen(plain), i;
  must(is_utf8(plain, n) && n != 0);
  for (; n != 0; plain += n < 3 ? n : 3, value += 8, n = strlen(plain)) {
    encode(plain, n, digits);
    for (i = 0; i < 8; i++)
      must(hex_value(value[i]) == hex_value(digits[i]));
  }
  must(*value == 0);
}

static void check_encoding(const uint8_t *p, size_t n)
{
  char   plain[256], digits[512], back[256];
  size_t at = 0, i;
  if (n == 0 || n > 180) return;
  memcpy(plain, p, n);
  plain[n] = 0;
  n = strlen(plain);
  for (i = 0; i < n; i += 3, at += 8) encode(plain + i, n - i, digits + at);
  digits[at] = 0;
  must(decode(digits, back, n + 2) == (n != 0 && is_utf8(plain, n)));
  if (n != 0 && is_utf8(plain, n)) must(strcmp(back, plain) == 0);
  if (n > 1) must(!decode(digits, back, n / 2));
  if (decode(plain, back, sizeof back)) check_decoded(plain, back);
}

/* A password file: its first line, after an optional byte order mark, or a
   refusal that leaves nothing of it. */
static void check_secret(const char *name, const uint8_t *p, size_t n)
{
  static char       secret[64];
  static const char zeros[sizeof secret];
  size_t            len = 0;
  int               e = read_secret(name, secret, sizeof secret);
  check_said(e);
  if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3, n -= 3;
  while (len < n && p[len] != '\n') len++;
  if (len > 0 && len < n && p[len - 1] == '\r') len--;
  if (e != 0) must(memcmp(secret, zeros, sizeof secret) == 0);
  if (e != 0) return;
  must(strlen(secret) <= len && is_utf8(secret, strlen(secret)));
  must(memcmp(secret, p, strlen(secret)) == 0);
  for (len = strlen(secret); len < sizeof secret; len++) must(secret[len] == 0);
}

/* --- the input ------------------------------------------------------------ */

/* Like settle(), but opens nothing for writing. */
static int settle_all(void)
{
  int e = take_config("amt");
  must(config_file == opt.config);
  if (e == 0) e = read_wire(opt.wire);
  if (e == 0) e = check_wire(opt.wire);
  if (e == 0) e = settle_server();
  return e;
}

static void check_settled(void)
{
  static char decoded[PASSWORD];
  amt_url     u;
  int         setting, e;
  must(amt_url_parse(&u, opt.server) == 0);
  must(!u.tls); /* this amt has no TLS */
  for (setting = API_USER; setting <= API_PASSWORD; setting++) {
    if (empty(config[setting].value)) continue;
    clear(&stderr_text);
    e = config_decode(setting, decoded, sizeof decoded);
    check_said(e);
    if (e == 0) check_decoded(config[setting].value, decoded);
    else must(decoded[0] == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  size_t         first;
  const uint8_t *table = second_part(p, n, &first);
  int            e;
  set_back();
  check_encoding(p, n);
  file_put(&config_in, p, first);
  check_secret(config_in.name, p, first);
  clear(&stderr_text);
  opt.config = config_in.name;
  if (table != NULL) {
    file_put(&wire_in, table, n - (size_t)(table - p));
    opt.wire = wire_in.name;
  }
  e = settle_all();
  check_said(e);
  if (e == 0) check_settled();
  /* The wire file alone: it is tested even if the configuration is refused. */
  set_back();
  if (table == NULL) return 0;
  e = read_wire(wire_in.name);
  if (e == 0) e = check_wire(wire_in.name);
  check_said(e);
  if (e != 0) return 0;
  check_calls(0);
  check_calls(1);
  check_masked();
  check_printed();
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
