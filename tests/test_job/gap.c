/* gap.c - messages that the server has lost.

   The promise: if the server's log has lost messages that were not delivered,
   the end says AMT_E_GAP. Otherwise there is no false alarm. */

#include "play.h"

/* The replies to the calls for the log of a running job. The last one comes
   after the job's end. The elements of a reply:
     26    is {"Sequence":26,"Text":"26"}, and 26a has the text 26a;
     ~26   has its Text before its Sequence;
     'a    is "a";
     !4    at the end: the reply breaks off four bytes early. */
typedef struct history {
  const char *reply[5];
  const char *texts; /* delivered, each in brackets */
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
  else to->len -= (size_t)atoi(list + 1); /* it breaks off */
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

SLOW_TEST(lost_messages_are_reported)
{
  static const history v[] = {
    /* the server keeps the last five */
    { { "26 27 28 29 30" }, "[26][27][28][29][30]" },
    { { "1 2", "5 6 7 8 9" }, "[1][2][5][6][7][8][9]" },
    { { "1", "2", "5" }, "[1][2][5]" },
    { { "", "4" }, "[4]" },
    { { "1 2 3", "6 7 8", "7 8 9" }, "[1][2][3][6][7][8][9]" },
    { { "~2 ~3" }, "[2][3]" },
    { { "~1 ~2", "~4" }, "[1][2][4]" },
    { { "2", "1 2 3" }, "[2][3]" }, /* 1 is there now, but was not */
    /* numbers restart */
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
    { { "3 2 1", "4 3 2 1" }, "[3][2][1][4]" }, /* newest first */
    /* suddenly Text comes first: skipped before the number is known */
    { { "1 2", "~3" }, "[1][2]" },
    { { "1 2 3", "~4 ~5", "~6" }, "[1][2][3][6]" },
    { { "1 1c", "1 2 1c" }, "[1][1c][1c]" }, /* which 1 is it? */
    /* the rest of a broken message is gone */
    { { "1 2abcdef!4", "5 6" }, "[1][5][6]" },
    { { "1 2abcdef!4", "" }, "[1]" },
    { { "'abcdef!3", "" }, "" },
    { { "1 1c 2cdef!4", "1 1c 5 6" }, "[1][1c][5][6]" }
  };
  check_histories(v, COUNT(v), 1);
}

SLOW_TEST(a_complete_log_raises_no_false_alarm)
{
  static const history v[] = {
    { { "1 2", "3", "", "4 5" }, "[1][2][3][4][5]" },
    { { "0 1", "2", "3" }, "[0][1][2][3]" },
    { { "", "", "1" }, "[1]" },
    { { "" }, "" },
    /* complete each time, or from the last known one on */
    { { "1 2", "1 2 3", "1 2 3" }, "[1][2][3]" },
    { { "1 2 3", "3 4 5", "5", "5 6" }, "[1][2][3][4][5][6]" },
    { { "'a", "'a 'b", "'a 'b 'c" }, "[a][b][c]" },
    /* complete, but the oldest go: the number counts */
    { { "1 2 3 4 5", "3 4 5 6 7", "7 8 9" },
      "[1][2][3][4][5][6][7][8][9]" },
    { { "1 2", "2 3", "2 3 4", "5" }, "[1][2][3][4][5]" },
    { { "1", "1 2", "", "3" }, "[1][2][3]" },
    /* each child has its own numbers */
    { { "1", "1 1c 2c", "1 1c 2c 1d", "1 1c 2c 1d 2p" },
      "[1][1c][2c][1d][2p]" },
    { { "1 2 3", "1 2 3 1c 2c", "1 2 3 1c 2c 4c 4" },
      "[1][2][3][1c][2c][4c][4]" },
    { { "1 1c 2c 3c", "1 1c 2c 3c 1d 2d" }, "[1][1c][2c][3c][1d][2d]" },
    { { "1 1c!1", "1 1c 1d" }, "[1][1c][1d]" },
    { { "1 1c 2c", "" }, "[1][1c][2c]" },
    /* numbers shared with other jobs, as one reply shows */
    { { "10 20 30", "40" }, "[10][20][30][40]" },
    { { "1 2 5", "9", "11 12" }, "[1][2][5][9][11][12]" },
    /* breaks, and repeats */
    { { "1 2abc!3", "2abc 3" }, "[1][2abc][3]" },
    { { "1 2!14", "2 3" }, "[1][2][3]" },
    { { "~1 ~2!2", "~2 ~3", "~4" }, "[1][2][3][4]" },
    { { "~1 ~2!2", "2 3" }, "[1][2][3]" },
    { { "1 'p", "1 'p 2", "1 'p 2 'q 3" }, "[1][p][2][q][3]" },
    { { "1 'p", "2 3" }, "[1][p][2][3]" },
    /* what is new, and then nothing is */
    { { "'a 'b", "" }, "[a][b]" },
    { { "1", "2 'p", "" }, "[1][2][p]" }
  };
  check_histories(v, COUNT(v), 0);
}

/* Pages belong to one log, in a run and in a single call. */
TEST(a_gap_between_pages_is_reported)
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

/* A gap in the log does not hide a state that ends the run. */
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

/* Without AfterSequence in the table, each list is complete, even an empty
   one. */
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
