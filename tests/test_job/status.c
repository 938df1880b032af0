/* status.c - the status in a monitor's reply, and when it ends a run.

   The promise: a status is read however a server writes it, and nothing else is
   taken for one. A run ends at the published codes that end a job and at ten
   UNDEFINED in a row. */

#include "play.h"
#include "edge.h"

/* --- when a run ends ------------------------------------------------------ */

static int ends(int code)
{
  static const int e[] = { 3, 4, 6, 10, 11, 12, 22, 23, 24, 99 };
  size_t i;
  for (i = 0; i < COUNT(e); i++) if (e[i] == code) return 1;
  return 0;
}

TEST(each_code_of_the_table_ends_a_run_and_no_other_does)
{
  static const message hello[] = {
    { .sequence = 1, .text = "hello", .time = "2026-01-31T08:00:00" }
  };
  static const int more[] = { 255, 256, 260, 1000, 65540, 2147483647 };
  int i;
  for (i = 0; i < 130 + (int)COUNT(more); i++) {
    int   code = i < 130 ? i : more[i - 130];
    int   status[] = { 1, code, 4 };
    text  want = {0};
    play *p = play_new();
    text_put(&want, STARTED "> monitor\nstatus 1\n> monitor\n");
    if (code != 1) text_put(&want, "status %d\n", code);
    if (!ends(code)) text_put(&want, "> monitor\nstatus 4\n");
    text_put(&want, "> messages\nmessage #1 @2026-01-31T08:00:00 hello\n"
             "done %d\n", ends(code) ? code : 4);
    play_status(p, status);
    play_messages(p, hello);
    play_job(p);
    expect_all(p, "%s", want.p);
    assert_int_equal(amt_status_ends(code), ends(code));
    assert_string_equal(p->j.id, "2112");
    text_free(&want);
  }
}

TEST(undefined_ends_a_run_at_the_tenth_in_a_row)
{
  static const int nine[] = { 19, 19, 19, 19, 19, 19, 19, 19, 19, 2,
                              19, 19, 19, 19, 19, 19, 19, 19, 19, 4 };
  static const int ten[] = { 2, 19 };
  play *p = play_new();
  play_status(p, nine);
  play_job(p);
  expect_end(p, "done 4");
  expect_calls(p, AMT_MONITOR, 20);

  p = play_new();
  play_status(p, ten);
  play_job(p);
  expect_calls(p, AMT_MONITOR, 11);
  expect_end(p, "done 19 UNDEFINED");
}

/* The cause is still reported, even if the log then fails. */
TEST(a_status_that_is_missing_ten_times_is_the_cause)
{
  static const step s[] = { OK(AMT_MONITOR, "{}", .times = ALWAYS),
                            REPLY(AMT_MESSAGES, 503, "") };
  static const step other[] = { OK(AMT_MONITOR, JSON({"Status":19}),
                                   .times = ALWAYS),
                                REPLY(AMT_MESSAGES, 503, "") };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "done 19 UNDEFINED");
  assert_int_equal(p->j.cause, AMT_E_NO_STATUS);
  p = play_with(other);
  play_job(p);
  expect_end(p, "done 19 UNDEFINED");
  assert_int_equal(p->j.cause, 0);
}

/* Unknown names and missing statuses count as UNDEFINED. A lost connection
   between them neither counts nor resets the count. */
TEST(ten_without_a_known_status_end_a_run_too)
{
  static const char *const body[] = {
    "{}", JSON({"Status":"SLEEPING"}), JSON({"Status":null}),
    JSON({"Status":""}), JSON({"BatchRequestId":2112})
  };
  size_t   i;
  unsigned n;
  for (i = 0; i < COUNT(body); i++)
    for (n = 9; n <= 10; n++) {
      step s[] = { OK(AMT_MONITOR, body[i], .times = n - 4),
                   NO_REPLY(AMT_MONITOR, AMT_E_RESET),
                   OK(AMT_MONITOR, body[i], .times = 4) };
      play *p = play_with(s);
      play_job(p);
      expect_end(p, n == 10 ? "done 19 UNDEFINED" : "done 4");
      if (n == 10) expect_calls(p, AMT_MONITOR, 11);
    }
}

/* Without a sensible value, there is no status: no end and no crash. */
TEST(a_senseless_status_ends_nothing)
{
  static const char *const v[] = {
    JSON({"Status":4.5}), JSON({"Status":-4}), JSON({"Status":4e-1}),
    JSON({"Status":4294967300}), JSON({"Status":"4294967300"}),
    JSON({"Status":18446744073709551620}), JSON({"Status":{"Status":4}}),
    JSON({"Status":[4]}), JSON({"Status":true}), JSON({"Status":"4x"}),
    JSON({"Status":"x4"}), JSON({"Status":"-4"}), JSON([4]), "[]",
    "4", "\"DONE\"", "null", JSON({"x":{"Status":4}})
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_MONITOR, v[i]) };
    play *p = play_with(s);
    play_job(p);
    expect_end(p, "done 4");
    assert_true(p->srv.count[AMT_MONITOR] > 2);
  }
}

TEST(a_reply_without_a_status_says_so)
{
  static const step s[] = {
    OK(AMT_MONITOR, JSON({"State":4}), .times = ALWAYS)
  };
  play *p = play_with(s);
  play_to(p, AMT_STATUS);
  assert_int_equal(p->j.status, AMT_CODE_UNDEFINED);
  assert_int_equal(p->j.error, AMT_E_NO_STATUS);
  play_run(p);
  expect_end(p, "done 19 UNDEFINED");

  p = play_with(s);
  play_once(p, AMT_MONITOR);
  play_run(p);
  expect_end(p, "done 19 NO_STATUS log incomplete");
}

TEST(a_code_over_255_is_never_mistaken_for_another)
{
  int   codes[] = { 260 };
  play *p = play_new();
  play_status(p, codes);
  play_once(p, AMT_MONITOR);
  play_run(p);
  assert_int_equal(p->j.status, 260);
  expect_end(p, "done 19 log incomplete");
}

/* --- how a status is found in a reply ------------------------------------- */

TEST(a_status_is_read_in_every_tolerated_accent)
{
  static const struct { const char *body; int status; const char *name; }
  v[] = {
    { JSON({"Status":2}), 2, "" },
    { JSON({"status":2}), 2, "" },
    { JSON({"STATUS":2}), 2, "" },
    { " \r\n\t{ \"sTaTuS\" : 2 } \n", 2, "" },
    { JSON({"Status":"2"}), 2, "" },
    { JSON({"Status":"20"}), 20, "" },
    { JSON({"Status":"RUNNING"}), 2, "" },
    { JSON({"Status":"running"}), 2, "" },
    { JSON({"Status":"Running"}), 2, "" },
    { JSON({"Status":"WAIT_FOR QUEUE"}), 20, "" },
    { JSON({"Status":"wait-for-queue"}), 20, "" },
    { JSON({"Status":"Wait For Queue"}), 20, "" },
    { JSON({"Status":"WAIT_FOR_FILE"}), 13, "" },
    { JSON({"Status":"WAIT FOR INPUT REQUEST"}), 14, "" },
    { JSON({"Status":"wait_for-job"}), 15, "" },
    { JSON({"Status":"WAIT-FOR REPORT"}), 16, "" },
    { JSON({"Status":"recover cp"}), 18, "" },
    { JSON({"Status":"WAIT FOR DEBUGGER"}), 21, "" },
    { JSON({"Status":"IDLE"}), 0, "" },
    { JSON({"Status":"SUSPENDED"}), 5, "" },
    { JSON({"Status":"Run-Manual"}), 7, "" },
    { JSON({"Status":"run forced"}), 8, "" },
    { JSON({"Status":"RUN_DEBUG"}), 9, "" },
    { JSON({"Status":"UNDEFINED"}), 19, "" },
    { JSON({"Status":"SLEEPING"}), 19, "SLEEPING" },
    { JSON({"Status":"RUNNIN"}), 19, "RUNNIN" },
    { JSON({"Status":"RUNNINGS"}), 19, "RUNNINGS" },
    { JSON({"Status":"RUN\u004eING"}), 2, "" },
    { JSON({"S\u0074atus":2}), 2, "" },
    { "{}", 19, "" },
    { JSON({"Status":null}), 19, "" },
    { JSON({"Statu":4,"Statuss":4,"Status":2}), 2, "" },
    { JSON({"Status":4,"Status":2}), 2, "" },
    { JSON({"Status":"DONE","status":"SUSPENDED"}), 5, "" },
    { JSON({"Status":"SLEEPING","Status":2}), 2, "" },
    { JSON({"x":{"Status":4,"y":[{"Status":4}]},"Status":2}), 2, "" },
    { JSON({"Status":2,"x":{"Status":4,"y":[{"Status":4}]}}), 2, "" },
    { JSON({"x":[[[[{}]]]],"y":"Status","Status":2,"z":1e400}), 2, "" },
    { JSON({"Message":"","Status":2,"BatchRequestId":2112}), 2, "" },
    { "\xEF\xBB\xBF{\"Status\":2}", 2, "" },
    { JSON({"Status":1000000}), 1000000, "" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    size_t chunk, n = strlen(v[i].body);
    for (chunk = 0; chunk <= n; chunk++) { /* 0: whole; then 1, 2, ... bytes */
      step  s[] = { OK(AMT_MONITOR, v[i].body) };
      play *p = play_with(s);
      p->srv.status_at = 3;
      p->chunk = chunk;
      play_job(p);
      expect_all(p, STARTED "> monitor\nstatus %d%s%s\n> monitor\n"
                 "status 4\n> messages\ndone 4\n", v[i].status,
                 v[i].name[0] ? " " : "", v[i].name);
    }
  }
}

TEST(a_site_has_its_own_words_for_statuses)
{
  static const amt_status_word words[] = {
    { "Finished", 4 }, { "In Progress", 2 }, { "RUNNING", 5 }, { "7", 11 },
    { NULL, 3 }
  };
  static const struct { const char *body; int status; const char *name; }
  v[] = {
    { JSON({"Status":"Finished"}), 4, "" },
    { JSON({"Status":" finished "}), 4, "" },
    { JSON({"Status":"in progress"}), 2, "" },
    { JSON({"Status":"InProgress"}), 19, "InProgress" },
    { JSON({"Status":"Finishe"}), 19, "Finishe" },
    { JSON({"Status":"Finished!"}), 19, "Finished!" },
    { JSON({"Status":"running"}), 5, "" },
    { JSON({"Status":"DONE"}), 4, "" },
    { JSON({"Status":7}), 11, "" },
    { JSON({"Status":8}), 8, "" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    step  s[] = { OK(AMT_MONITOR, v[i].body) };
    play *p = play_with(s);
    play_wire(p)->status = words;
    play_once(p, AMT_MONITOR);
    play_run(p);
    assert_int_equal(p->j.status, v[i].status);
    assert_string_equal(p->j.name, v[i].name);
  }
}

/* The rule for single values. Texts and lists have another; see
   a_code_once_known_is_never_replaced. */
TEST(the_last_of_two_equal_members_counts)
{
  static const struct { step s; unsigned monitors; } v[] = {
    { OK(AMT_START, JSON({"BatchRequestId":1,"BatchRequestId":2112})), 4 },
    { OK(AMT_START, JSON({"BatchRequestId":"x","y":0,"batchrequestid":2112})),
      4 },
    { OK(AMT_MONITOR, JSON({"Status":11,"Status":4})), 1 },
    { OK(AMT_MONITOR, JSON({"Status":11,"Status":"DONE"})), 1 },
    { OK(AMT_MONITOR, JSON({"Status":"ERROR","Status":2})), 5 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 2; chunk++) {
      play *p = play_with_rows(&v[i].s, 1);
      p->chunk = chunk;
      play_job(p);
      expect_end(p, "done 4");
      assert_string_equal(p->j.id, "2112");
      expect_calls(p, AMT_MONITOR, v[i].monitors);
    }
}

/* Nested up to the limit, and one deeper. The object itself is the first
   level. */
TEST(unknown_members_are_skipped_down_to_the_depth_limit)
{
  size_t deep, chunk;
  for (deep = AMT_JSON_DEPTH - 2; deep <= AMT_JSON_DEPTH; deep++)
    for (chunk = 0; chunk < 3; chunk++) {
      text   body = {0};
      step   s[] = { OK(AMT_MONITOR, NULL) };
      size_t i;
      play  *p;
      text_put(&body, JSON({"x":));
      for (i = 0; i < deep; i++)
        text_put(&body, i % 2 && i + 1 < deep ? JSON({"Status":) : "[");
      for (i = deep; i-- > 0;)
        text_put(&body, i % 2 && i + 1 < deep ? "}" : "]");
      text_put(&body, ",\"y\":\"");
      for (i = 0; i < 10000; i++) text_put(&body, "\\u00e9Status");
      text_put(&body, "\",\"Status\":5}");
      s[0].body = body.p;
      p = play_with(s);
      p->chunk = chunk;
      play_start(p);
      if (deep < AMT_JSON_DEPTH) {
        play_until(p, AMT_STATUS);
        assert_int_equal(p->j.status, 5);
      } else {
        play_until(p, AMT_RETRYING);
        assert_int_equal(p->j.error, AMT_E_JSON_DEPTH);
      }
      play_run(p);
      expect_end(p, "done 4");
      text_free(&body);
    }
}

/* A NUL is an ordinary character in a name. The table's name ends where its
   memory does, so ASan sees a read past it. */
TEST(a_name_with_a_NUL_is_another_name)
{
  static const char *const replies[] = {
    JSON({"Status\u0000":11,"Status":4}),
    JSON({"Status\u0000\u0000x":11,"Status":4}),
    JSON({"S\u0000atus":11,"Status":4})
  };
  size_t i;
  for (i = 0; i < COUNT(replies); i++) {
    step  s[] = { OK(AMT_MONITOR, replies[i]) };
    char *name = (char *)malloc(sizeof "Status");
    play *p = play_with(s);
    assert_non_null(name);
    memcpy(name, "Status", sizeof "Status");
    play_wire(p)->reply[AMT_REPLY_STATUS] = name;
    play_job(p);
    expect_end(p, "done 4");
    free(name);
  }
}

TEST(names_too_long_for_a_wire_table_are_no_fields)
{
  static const char body[] =
    JSON({"StatusStatusStatusStatusStatusS":7,"x":0,"Status":4,)
    JSON("A-name-of-more-than-31-bytes,-in-truth":8});
  size_t piece;
  for (piece = 0; piece < 50; piece++) {
    play *p = reply_once(AMT_MONITOR, 200, body, piece);
    assert_int_equal(p->j.status, 4);
  }
}

/* '@' and '`', '[' and '{' differ in the same bit as the cases of a letter. */
TEST(only_letters_have_a_case)
{
  static const step s[] = { OK(AMT_MONITOR, JSON({"sTATUS@":2,"Status`":4})) };
  play *p = play_with(s);
  play_wire(p)->reply[AMT_REPLY_STATUS] = "Status@";
  play_once(p, AMT_MONITOR);
  play_run(p);
  assert_int_equal(p->j.status, 2);
}

TEST(a_corrupted_name_comparison_does_no_harm)
{
  char  a[] = JSON({"x":{"y":{), b[] = JSON("Status":7},);
  char  c[] = JSON("Status":8},"Status":4});
  play *p = play_new();
  play_once(p, AMT_MONITOR);
  while (amt_next(&p->j, p->now) != AMT_CALL) { }
  play_call(p);
  assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
  amt_reply_status(&p->j, 200, 0);
  amt_reply_data(&p->j, a, sizeof a - 1);
  memset(p->j.open__, 200, sizeof p->j.open__);
  amt_reply_data(&p->j, b, sizeof b - 1);
  memset(p->j.open__, 3, sizeof p->j.open__);
  amt_reply_data(&p->j, c, sizeof c - 1);
  amt_reply_end(&p->j, 0, 1);
  assert_int_equal(amt_next(&p->j, p->now), AMT_STATUS);
  assert_int_equal(p->j.status, 4);
}

/* --- values as servers write them ----------------------------------------- */

#define BLANKS10 "          "
#define BLANKS40 BLANKS10 BLANKS10 BLANKS10 BLANKS10

typedef struct status_value {
  const char *json;   /* what follows "Status": */
  int32_t     status;
  const char *name;   /* reported for an unknown status, otherwise "" */
} status_value;

static void check_status_values(const status_value *v, size_t n)
{
  size_t i, piece;
  for (i = 0; i < n; i++)
    for (piece = 0; piece < strlen(v[i].json) + 12; piece++) {
      text  body = {0};
      play *p;
      text_put(&body, "{\"Status\":%s}", v[i].json);
      p = reply_once(AMT_MONITOR, 200, body.p, piece);
      if (p->j.status != v[i].status || strcmp(p->j.name, v[i].name) != 0)
        fail_msg("%s in pieces of %lu: %ld \"%s\"", body.p,
                 (unsigned long)piece, (long)p->j.status, p->j.name);
      if (v[i].status == 19 && v[i].name[0] == 0) /* blanks only */
        assert_int_equal(p->j.error, AMT_E_NO_STATUS);
      text_free(&body);
    }
}

TEST(a_whole_number_is_a_status_in_any_spelling)
{
  static const status_value v[] = {
    { "4.0", 4, "" }, { "4.000000", 4, "" }, { "4e0", 4, "" },
    { "40e-1", 4, "" }, { "0.4e1", 4, "" }, { "4E+0", 4, "" },
    { "400.00E-2", 4, "" }, { "9.9e+01", 99, "" }, { "1e1", 10, "" },
    { "0.00000099e8", 99, "" }, { "-0", 0, "" }, { "-0.0", 0, "" },
    { "0e99999999999999999999", 0, "" }, { "0e-9", 0, "" },
    { "4.0000000000000000000000000000", 4, "" }, /* .NET's decimal type */
    { "2147483647", 2147483647, "" }, { "214748364.7e1", 2147483647, "" },
    { "2147483647.000", 2147483647, "" }, { "2.1e9", 2100000000, "" },
    { "\"+4\"", 4, "" }, { "\"4.0\"", 4, "" }, { "\"004\"", 4, "" },
    { "\"+04.00e+00\"", 4, "" }, { "\" 4 \"", 4, "" }, { "\"-0\"", 0, "" },
    { "\"\\t4\\r\\n\"", 4, "" }, { "\"" BLANKS40 "+4" BLANKS40 "\"", 4, "" }
  };
  check_status_values(v, COUNT(v));
}

TEST(only_a_whole_number_is_a_status)
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
    { "\"4 2\"", 19, "4 2" }, { "\"+ 4\"", 19, "+ 4" },
    { "\"0x4\"", 19, "0x4" },
    { "\"4,0\"", 19, "4,0" }, { "\"4e0x\"", 19, "4e0x" }
  };
  check_status_values(v, COUNT(v));
}

/* As .NET writes an enum, and a char(50) column pads one. */
TEST(a_status_name_counts_without_blanks_and_dashes)
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
  check_status_values(v, COUNT(v));
}

TEST(a_long_unknown_name_is_cut_between_characters)
{
  static const step s[] = {
    OK(AMT_MONITOR, "{\"Status\":\"a" EURO10 "\xE2\x82\xAC\xE2\x82\xAC\"}")
  };
  size_t chunk;
  for (chunk = 0; chunk < 5; chunk++) {
    play *p = play_with(s);
    p->chunk = chunk;
    play_to(p, AMT_STATUS);
    assert_int_equal(p->j.status, 19);
    assert_non_null(memchr(p->j.name, 0, sizeof p->j.name));
    assert_true(strlen(p->j.name) > 20);
    assert_true(utf8_ok(p->j.name, strlen(p->j.name)));
  }
}

TEST(a_name_of_a_status_is_cut_before_a_character_that_does_not_fit)
{
#define DIGITS_30 "123456789012345678901234567890"
  static const struct { const char *body, *name; } v[] = {
    { "{\"Status\":\"" DIGITS_30 "\xC3\xA9 and on\"}", DIGITS_30 },
    { "{\"Status\":\"" DIGITS_30 "1\xF0\x9F\x98\x80\"}", DIGITS_30 "1" }
  };
  size_t i, piece;
  for (i = 0; i < COUNT(v); i++)
    for (piece = 0; piece < 60; piece++) {
      play *p = reply_once(AMT_MONITOR, 200, v[i].body, piece);
      assert_int_equal(p->j.status, 19);
      assert_string_equal(p->j.name, v[i].name);
    }
}

TEST(amt_status_code_reads_no_further_than_n)
{
  static const struct { const char *name; int32_t code; } v[] = {
    { "DONE", 4 }, { " done_", 4 }, { "WaitForQueue", 20 },
    { "INVALIDAMTUSER", 99 }, { "DON", -1 }, { "DONEX", -1 }, { "", -1 },
    { " ", -1 }, { "_-_", -1 }, { "INVALID AMT USERS", -1 }, { "ID", -1 },
    { "\xC4ONE", -1 }, { "$ONE", -1 }, { "\x04ONE", -1 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    size_t      n = strlen(v[i].name);
    const char *name = (const char *)edge_copy(v[i].name, n);
    assert_int_equal(amt_status_code(name, n), v[i].code);
    edge_check();
  }
  assert_int_equal(amt_status_code("DONE\0", 5), -1);
  assert_int_equal(amt_status_code("DONE\0SUSPENDED", 14), -1);
}

TEST(every_published_code_has_its_name_and_back)
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

/* --- replies about another job -------------------------------------------- */

TEST(a_reply_that_names_another_job_is_refused)
{
  static const struct { const char *id; int ours; } v[] = {
    { "2112", 1 }, { "\"2112\"", 1 }, { "0", 1 }, { "null", 1 }, { "\"\"", 1 },
    { "-1", 1 }, { "\"00000000-0000-0000-0000-000000000000\"", 1 },
    { "2113", 0 }, { "211", 0 }, { "21120", 0 }, { "\"A\"", 0 }, { "1", 0 },
    { "111111111111111111111111111111111111111111111111111111111111", 0 }
  };
  static const int ops[] = { AMT_MONITOR, AMT_KILL };
  size_t i, k, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (k = 0; k < 2; k++)
      for (chunk = 0; chunk < 3; chunk++) {
        char  body[120];
        step  s[] = { OK(ops[k], body) };
        play *p = play_new();
        snprintf(body, sizeof body, "{\"Status\":3,\"BatchRequestId\":%s}",
                 v[i].id);
        play_to(p, AMT_STARTED);
        p->chunk = chunk;
        play_steps(p, s);
        if (k == 1) amt_stop(&p->j, AMT_KILL);
        play_run(p);
        /* The first kill is accepted but has no effect; its repeat has one. */
        expect_end(p, "done %d", (k == 0) == v[i].ours ? 3 : 4);
        expect_has(&p->srv.log.text, "retrying OTHER_ID", !v[i].ours);
        assert_string_equal(p->j.id, "2112");
      }
}

/* Ids are compared as texts, whether they are numbers or strings. */
TEST(the_escapes_of_an_id_are_compared)
{
  static const struct { const char *ours, *its; int same; } v[] = {
    { "\"a\\\"b\"", "\"\\u0061\\u0022b\"", 1 },
    { "\"a\\\"b\"", "\"a\"", 0 }, { "\"a\\\"b\"", "\"a\\\"\"", 0 },
    { "\"a\"", "\"a\\\"\"", 0 }, { "\"a\"", "\"a\\\\\"", 0 },
    { "\"a\\\\\"", "\"a\"", 0 }, { "\"a\\n\"", "\"a\\u000a\"", 1 },
    { "\"a\\n\"", "\"a\\r\"", 0 }, { "\"7\"", "7", 1 }, { "7", "\"7\"", 1 },
    { "7", "\"7\\\"\"", 0 }, { "\"a\"", "\"a\\u0000\"", 0 }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      char  started[80], body[80];
      step  s[] = { OK(AMT_START, started), OK(AMT_MONITOR, body),
                    OK(AMT_MONITOR, JSON({"Status":4})) };
      play *p = play_with(s);
      snprintf(started, sizeof started, "{\"BatchRequestId\":%s}", v[i].ours);
      snprintf(body, sizeof body, "{\"Status\":4,\"BatchRequestId\":%s}",
               v[i].its);
      p->chunk = chunk;
      play_job(p);
      expect_end(p, "done 4");
      expect_has(&p->srv.log.text, "retrying OTHER_ID", !v[i].same);
    }
}

TEST(the_case_of_an_id_and_the_end_of_a_long_one_do_not_matter)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":)
       JSON("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-0123456789"})),
    OK(AMT_MONITOR, JSON({"Status":4,"BatchRequestId":)
       JSON("0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9-0123456789"}))
  };
  play *p = play_with(s);
  play_job(p);
  expect_end(p, "done 4");
  assert_int_equal(p->srv.log.retries, 0);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
