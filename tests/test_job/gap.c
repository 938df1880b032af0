/* gap.c - messages that the server has lost.

   The promise: if a log has lost messages that this job has not given, the end
   says AMT_E_GAP; if it has lost none, there is no false alarm. */

#include "play.h"

/* One reply to each look at the log of a job that runs; the last one comes
   after its end. In a reply, by its elements,
     26    is {"Sequence":26,"Text":"26"}, and 26a has the text 26a;
     ~26   has its Text in front of its Sequence;
     'a    is "a";
     !4    behind them: it breaks off, four bytes early. */
typedef struct history {
  const char *reply[5];
  const char *texts; /* what is given, each in brackets */
} history;

static void put_history(text *to, const char *list)
{
  const char *before = "";
  text_put(to, JSON({"Messages":[));
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

static void check_history(const history *h, int gap, size_t chunk)
{
  int    status[COUNT(h->reply)];
  step   steps[COUNT(h->reply)];
  text   body[COUNT(h->reply)], got = {0};
  size_t n = 0, k;
  play  *p;
  memset(steps, 0, sizeof steps);
  memset(body, 0, sizeof body);
  for (; n < COUNT(h->reply) && h->reply[n] != NULL; n++) {
    put_history(&body[n], h->reply[n]);
    body[n].p[body[n].len] = 0;
    steps[n].op = AMT_MESSAGES, steps[n].status = 200;
    steps[n].body = body[n].p;
    if (strchr(h->reply[n], '!') != NULL) steps[n].error = AMT_E_RESET;
    status[n] = n + 1 < COUNT(h->reply) && h->reply[n + 1] != NULL ? 2 : 4;
  }
  p = play_with_rows(steps, n);
  p->srv.status = status, p->srv.status_count = n;
  p->srv.log.breaks = 1;
  p->s.messages = AMT_LIVE;
  p->chunk = chunk;
  play_job(p);
  told_texts(p, &got);
  expect_text_(text_of(&got), h->texts, __FILE__, __LINE__);
  expect_end(p, gap ? "done 4 GAP log incomplete" : "done 4");
  for (k = 0; k < n; k++) text_free(&body[k]);
  text_free(&got);
}

static void check_histories(const history *v, size_t n, int gap)
{
  size_t i, chunk;
  for (i = 0; i < n; i++)
    for (chunk = 0; chunk < 40; chunk++) check_history(&v[i], gap, chunk);
}

SLOW_TEST(messages_that_the_server_has_lost_are_told)
{
  static const history v[] = {
    /* it keeps the last five */
    { { "26 27 28 29 30" }, "[26][27][28][29][30]" },
    { { "1 2", "5 6 7 8 9" }, "[1][2][5][6][7][8][9]" },
    { { "1", "2", "5" }, "[1][2][5]" },
    { { "", "4" }, "[4]" },
    { { "1 2 3", "6 7 8", "7 8 9" }, "[1][2][3][6][7][8][9]" },
    { { "~2 ~3" }, "[2][3]" },
    { { "~1 ~2", "~4" }, "[1][2][4]" },
    { { "2", "1 2 3" }, "[2][3]" }, /* there now, but it was not */
    /* its numbers begin anew */
    { { "1 2 3 4", "1 2" }, "[1][2][3][4]" },
    { { "1 2 3 4", "1 2", "1 2 3 4 5" }, "[1][2][3][4][5]" },
    /* the list shrinks */
    { { "'a 'b 'c", "'a 'b" }, "[a][b][c]" },
    { { "'a", "'a 'b", "" }, "[a][b]" },
    { { "1 1c 2c", "2c" }, "[1][1c][2c]" },
    { { "1 1c 2c", "1 1c 2c 3", "" }, "[1][1c][2c][3]" },
    { { "1", "1 1c", "" }, "[1][1c]" },
    /* a smaller number comes late */
    { { "1 2 3", "5 4 6" }, "[1][2][3][5][4][6]" },
    { { "1 2 3 4 5", "6 4 7" }, "[1][2][3][4][5][6][7]" },
    { { "1 3", "2 4" }, "[1][3][4]" },
    { { "1 2 3 5", "1 2 3 4 5 6" }, "[1][2][3][5][6]" },
    { { "3 2 1", "4 3 2 1" }, "[3][2][1][4]" }, /* the newest first */
    /* all at once its text comes first: passed over, before the number shows */
    { { "1 2", "~3" }, "[1][2]" },
    { { "1 2 3", "~4 ~5", "~6" }, "[1][2][3][6]" },
    { { "1 1c", "1 2 1c" }, "[1][1c][1c]" }, /* which 1 is it? */
    /* the rest of one that broke off is gone */
    { { "1 2abcdef!4", "5 6" }, "[1][5][6]" },
    { { "1 2abcdef!4", "" }, "[1]" },
    { { "'abcdef!3", "" }, "" },
    { { "1 1c 2cdef!4", "1 1c 5 6" }, "[1][1c][5][6]" }
  };
  check_histories(v, COUNT(v), 1);
}

SLOW_TEST(a_log_that_has_all_raises_no_false_alarm)
{
  static const history v[] = {
    { { "1 2", "3", "", "4 5" }, "[1][2][3][4][5]" },
    { { "0 1", "2", "3" }, "[0][1][2][3]" },
    { { "", "", "1" }, "[1]" },
    { { "" }, "" },
    /* whole each time, or with the one that was asked for */
    { { "1 2", "1 2 3", "1 2 3" }, "[1][2][3]" },
    { { "1 2 3", "3 4 5", "5", "5 6" }, "[1][2][3][4][5][6]" },
    { { "'a", "'a 'b", "'a 'b 'c" }, "[a][b][c]" },
    /* whole, and the oldest go: what counts is the number */
    { { "1 2 3 4 5", "3 4 5 6 7", "7 8 9" },
      "[1][2][3][4][5][6][7][8][9]" },
    { { "1 2", "2 3", "2 3 4", "5" }, "[1][2][3][4][5]" },
    { { "1", "1 2", "", "3" }, "[1][2][3]" },
    /* children number their own */
    { { "1", "1 1c 2c", "1 1c 2c 1d", "1 1c 2c 1d 2p" },
      "[1][1c][2c][1d][2p]" },
    { { "1 2 3", "1 2 3 1c 2c", "1 2 3 1c 2c 4c 4" },
      "[1][2][3][1c][2c][4c][4]" },
    { { "1 1c 2c 3c", "1 1c 2c 3c 1d 2d" }, "[1][1c][2c][3c][1d][2d]" },
    { { "1 1c!1", "1 1c 1d" }, "[1][1c][1d]" },
    { { "1 1c 2c", "" }, "[1][1c][2c]" },
    /* numbers that are shared with others, as one reply shows */
    { { "10 20 30", "40" }, "[10][20][30][40]" },
    { { "1 2 5", "9", "11 12" }, "[1][2][5][9][11][12]" },
    /* breaks, and what is said again */
    { { "1 2abc!3", "2abc 3" }, "[1][2abc][3]" },
    { { "1 2!14", "2 3" }, "[1][2][3]" },
    { { "~1 ~2!2", "~2 ~3", "~4" }, "[1][2][3][4]" },
    { { "~1 ~2!2", "2 3" }, "[1][2][3]" },
    { { "1 'p", "1 'p 2", "1 'p 2 'q 3" }, "[1][p][2][q][3]" },
    { { "1 'p", "2 3" }, "[1][p][2][3]" }
  };
  check_histories(v, COUNT(v), 0);
}

/* Pages are replies of one log; so is what a single call brings. */
TEST(a_gap_between_pages_is_told)
{
  static const struct { const char *second, *log; } v[] = {
    { JSON({"Messages":[{"Sequence":2,"Text":"b"}]}),
      "message #2 b\ndone 19\n" },
    { JSON({"Messages":[{"Sequence":3,"Text":"b"}]}),
      "message #3 b\ndone 19 GAP log incomplete\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step s[] = {
      OK(AMT_MESSAGES, JSON({"Messages":[{"Sequence":1,"Text":"a"}],)
                       JSON("More":true})),
      OK(AMT_MESSAGES, v[i].second)
    };
    play *p = play_with(s);
    play_once(p, AMT_MESSAGES);
    play_run(p);
    expect_all(p, "> sign-in\n> messages\nmessage #1 a\n"
               "> messages\n%s", v[i].log);
  }
}

/* A state that ends the run is not hidden by a gap in its log. */
TEST(a_gap_does_not_hide_UNDEFINED)
{
  static const message ring[] = { { .sequence = 26, .text = "x" } };
  static const int     undefined[] = { 19 };
  play *p = play_new();
  play_status(p, undefined);
  play_messages(p, ring);
  play_job(p);
  expect_end(p, "done 19 UNDEFINED log incomplete");
}

/* Without AfterSequence the list is whole by the table's word, also when it is
   empty. */
TEST(a_list_that_is_whole_by_the_table_may_not_shrink)
{
  static const step s[] = {
    OK(AMT_MESSAGES, JSON({"Messages":["a","b"]})),
    OK(AMT_MESSAGES, JSON({"Messages":[]}))
  };
  static const int status[] = { 2, 4 };
  play *p = play_with(s);
  play_wire(p)->call[AMT_MESSAGES].body = JOB_BODY;
  p->s.messages = AMT_LIVE;
  play_status(p, status);
  play_job(p);
  expect_end(p, "done 4 GAP log incomplete");
}

/* SPDX-License-Identifier: MIT OR Unlicense */
