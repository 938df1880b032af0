/* ends.c - plays each cell of the table of ends in amt.h's manual.

   The table is read from amt.h in the current folder. A cell says what follows
   when a call ends in one way. The test fails if the code does something else,
   or if the test does not know a word or an end. */

#include "play.h"

/* The columns in order: the call, and in which run it is made. */
enum { BEFORE, KNOWN, ATTACHED };
static const struct { const char *head; amt_op op; int run; } columns[] = {
  { "sign-in", AMT_SIGN_IN, BEFORE }, { "later", AMT_SIGN_IN, KNOWN },
  { "START", AMT_START, BEFORE },     { "STOP", AMT_KILL, KNOWN },
  { "look", AMT_MONITOR, ATTACHED },  { "later", AMT_MONITOR, KNOWN },
  { "log", AMT_MESSAGES, KNOWN }
};

/* Ends, by the names of the rows. The test fills in the call. */
enum { ANY_CALL, ALL_THE_TIME = 100 };
static const struct { const char *name; step s; } ends[] = {
  { "good", OK(ANY_CALL, NULL) },
  { "lacks its value", OK(ANY_CALL, "{}") },
  { "not JSON", OK(ANY_CALL, "hello") },
  { "401", REPLY(ANY_CALL, 401, "{}") },
  { "401 again", REPLY(ANY_CALL, 401, "{}", .times = 2) },
  { "403", REPLY(ANY_CALL, 403, "") },
  { "404", REPLY(ANY_CALL, 404, "<html>") },
  { "other 4xx", REPLY(ANY_CALL, 400, "{}") },
  { "other 4xx", REPLY(ANY_CALL, 405, "") },
  { "other 4xx", REPLY(ANY_CALL, 409, "{}") },
  { "425, 429", REPLY(ANY_CALL, 425, "{}") },
  { "425, 429", REPLY(ANY_CALL, 429, "{}", .retry = 1) },
  { "408, 5xx", REPLY(ANY_CALL, 408, "{}") },
  { "408, 5xx", REPLY(ANY_CALL, 500, "hello") },
  { "408, 5xx", REPLY(ANY_CALL, 503, "") },
  { "3xx", REPLY(ANY_CALL, 302, "") },
  { "3xx", REPLY(ANY_CALL, 307, "{}") },
  { "broken, taken", NO_REPLY(ANY_CALL, AMT_E_RESET) },
  { "broken, taken", CUT_OFF(ANY_CALL, 200, "{", AMT_E_TRUNCATED) },
  { "broken, untaken", UNTAKEN(ANY_CALL, AMT_E_CONNECT) },
  { "stale", NO_REPLY(ANY_CALL, AMT_E_STALE) }
};

/* --- the table ------------------------------------------------------------ */

static char manual[100000]; /* amt.h, from its first byte */

/* The first row after the headings. Columns begin where the headings do. */
static char *table(size_t *at)
{
  FILE *f = fopen("amt.h", "rb");
  char *head, *p;
  size_t i;
  if (f == NULL) fail_msg("no amt.h in the current folder");
  manual[fread(manual, 1, sizeof manual - 1, f)] = 0;
  fclose(f);
  head = strstr(manual, "     end of a call");
  assert_non_null(head);
  for (i = 0, p = head; i < COUNT(columns); i++) {
    p = strstr(p, columns[i].head);
    assert_non_null(p);
    at[i] = (size_t)(p - head);
    p++;
  }
  return strchr(head, '\n') + 1;
}

/* The text of the cell, trimmed. */
static const char *cell(const char *line, size_t from, size_t to)
{
  static char text_[80];
  size_t      n = strcspn(line, "\n");
  if (to > n) to = n;
  assert_true(from < to && to - from < sizeof text_);
  while (from < to && line[from] == ' ') from++;
  while (from < to && line[to - 1] == ' ') to--;
  memcpy(text_, line + from, to - from);
  text_[to - from] = 0;
  return text_;
}

/* --- what happens --------------------------------------------------------- */

static int is_later_sign_in(size_t column)
{
  return columns[column].op == AMT_SIGN_IN && columns[column].run == KNOWN;
}

/* Plays a run whose call of this column ends like this, `times` times. */
static play *run(size_t column, step end, unsigned times)
{
  size_t bad = end.body != NULL || end.error != 0;
  size_t later = is_later_sign_in(column);
  static const message hello[] = { { .sequence = 1, .text = "hello" } };
  static const step refused = REPLY(AMT_MONITOR, 401, "{}");
  static step s[2];
  play *p = play_new();
  play_messages(p, hello);
  s[0] = end, s[0].op = columns[column].op, s[0].times = times;
  s[1] = refused;
  if (columns[column].run == ATTACHED) play_attach(p);
  else play_start(p);
  if (columns[column].run == KNOWN) play_until(p, AMT_STARTED);
  /* A good end is the server's own. A later sign-in needs a 401 first. */
  play_rows(p, s + !bad, bad + later);
  if (s[0].op == AMT_KILL) amt_stop(&p->j, AMT_KILL);
  play_run(p);
  return p;
}

/* The log after the last call that ended like this. */
static const char *behind(play *p, size_t column, unsigned times)
{
  const char *call = op_name[columns[column].op];
  const char *at = text_of(&p->srv.log.text);
  char        line[32];
  snprintf(line, sizeof line, "> %s\n", call);
  if (is_later_sign_in(column)) times++; /* skips the first sign-in */
  while (times-- > 0) {
    at = strstr(at, line);
    if (at == NULL) fail_msg("no %s", call);
    at += strlen(line);
  }
  while (strncmp(at, "server ", 7) == 0 || strncmp(at, "page ", 5) == 0)
    at = strchr(at, '\n') + 1;
  return at;
}

static int begins(const char *text_, const char *with)
{
  return strncmp(text_, with, strlen(with)) == 0;
}

/* How many calls there are if all end like this, without the first sign-in, and
   without the first 401, which a fresh sign-in answers. */
static unsigned calls_of(size_t column, step end)
{
  play    *p = run(column, end, ALWAYS);
  unsigned n = p->srv.count[columns[column].op];
  if (is_later_sign_in(column)) n--;
  if (end.status == 401 && columns[column].op != AMT_SIGN_IN) n--;
  return end.untaken ? ALL_THE_TIME : n; /* the server counted none */
}

/* The result in the table's words. */
static const char *what_follows(size_t column, step end)
{
  unsigned    times = end.times != 0 ? end.times : 1;
  play       *p = run(column, end, times);
  const char *next = behind(p, column, times);
  char        same[32];
  snprintf(same, sizeof same, "> %s\n", op_name[columns[column].op]);
  if (begins(next, "failed MAYBE_STARTED")) return "unknown";
  if (begins(next, "failed")) return "refused";
  if (begins(next, "retrying"))
    return calls_of(column, end) == 3 ? "thrice" : "again";
  if (begins(next, "answered") && !begins(next, "answered OK")) return "told";
  if (begins(next, same)) return "at once";
  if (begins(next, "> sign-in")) return "sign in";
  assert_int_equal(p->last, AMT_DONE);
  return "next";
}

TEST(each_cell_of_the_table_of_ends_is_what_happens)
{
  size_t      at[COUNT(columns) + 1], i, k, cells = 0;
  const char *line = table(at);
  unsigned    seen[COUNT(ends)] = {0};
  at[COUNT(columns)] = 80;
  for (; begins(line, "     ") && line[5] != ' '; line = strchr(line, '\n') + 1)
    for (k = 0; k < COUNT(ends); k++) {
      if (strcmp(cell(line, 0, at[0]), ends[k].name) != 0) continue;
      seen[k]++;
      for (i = 0; i < COUNT(columns); i++) {
        char        says[16];
        const char *got;
        strcpy(says, cell(line, at[i], at[i + 1]));
        cells++;
        if (strcmp(says, "-") == 0) { /* no 401 causes a second sign-in */
          assert_int_equal(columns[i].op, AMT_SIGN_IN);
          continue;
        }
        got = what_follows(i, ends[k].s);
        if (strcmp(got, says) != 0)
          fail_msg("%s of column %lu, %s: the table says %s, but it is %s",
                   ends[k].name, (unsigned long)i, columns[i].head, says, got);
      }
    }
  for (k = 0; k < COUNT(ends); k++)
    if (seen[k] != 1) fail_msg("%s: rows: %u", ends[k].name, seen[k]);
  assert_int_equal(cells, COUNT(ends) * COUNT(columns));
}

/* SPDX-License-Identifier: MIT OR Unlicense */
