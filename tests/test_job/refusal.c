/* refusal.c - the server's words in the JSON of a call that failed.

   The promise: whatever framework made the reply, its words reach the caller,
   each string once and in order, however the reply is cut. Strings under names
   that the table does not know are marked as such and cut short. */

#include "play.h"

typedef struct row { const char *body, *told; } row;

static const row said[] = {
  { JSON({"Message":"no"}), "server no\n" },
  { JSON({"message":"no","Message":"never"}), "server no\nserver never\n" },
  /* RFC 9457, as ASP.NET Core writes it */
  { JSON({"type":"about:blank","title":"Bad Request","status":400,
          "detail":"The job is unknown.","traceId":"00-17"}),
    "other about:blank\nserver Bad Request\nserver The job is unknown.\n"
    "other 00-17\n" },
  { JSON({"title":"One or more validation errors occurred.",
          "errors":{"JobName":["is required","is short"],"Queue":[]}}),
    "server One or more validation errors occurred.\nserver is required\n"
    "server is short\n" },
  /* ASP.NET Web API */
  { JSON({"Message":"The request is invalid.",
          "ModelState":{"task.Job":["is required"]}}),
    "server The request is invalid.\nserver is required\n" },
  { JSON({"Message":"An error has occurred.","ExceptionMessage":"no such app",
          "ExceptionType":"System.Exception"}),
    "server An error has occurred.\nserver no such app\n"
    "other System.Exception\n" },
  /* OAuth, and others */
  { JSON({"error":"invalid_grant","error_description":"unknown user"}),
    "server invalid_grant\nserver unknown user\n" },
  { JSON({"error":{"code":"E1","message":"no such job","deeper":[{"a":"b"}]}}),
    "server E1\nserver no such job\nserver b\n" },
  { JSON({"errors":["one","two"],"after":"three"}),
    "server one\nserver two\nother three\n" },
  { JSON("no such job"), "server no such job\n" },
  { JSON(["no","such"]), "other no\nother such\n" },
  { JSON({"a":{"Message":"deep"},"b":["x"]}), "other deep\nother x\n" },
  { JSON({"Message":{"Text":"t","Sequence":1,"Messages":["m"]}}),
    "server t\nserver m\n" },
  { JSON({"Message":{"Message":{"Text":"t"},"b":"u"},"c":"d"}),
    "server t\nserver u\nother d\n" },
  { JSON({"a":"","b":1,"c":true,"d":null,"Message":null}), "" },
  { JSON({"Message":["x"],"x":"y"}), "server x\nother y\n" },
  /* at most 200 bytes without a known name */
  { "{\"a\":\"" LONG40 LONG40 LONG40 LONG40 "\","
    "\"b\":\"" LONG40 "\",\"c\":\"c\",\"Message\":\"" LONG40 LONG40 LONG40
    LONG40 LONG40 LONG40 "\"}",
    "other " LONG40 LONG40 LONG40 LONG40 "\nother " LONG40 "\n"
    "server " LONG40 LONG40 LONG40 LONG40 LONG40 LONG40 "\n" },
  { "{\"a\":\"" LONG40 LONG40 LONG40 LONG40 "\",\"b\":\"x" LONG40 "\"}",
    "other " LONG40 LONG40 LONG40 LONG40 "\n"
    "other x012345678901234567890123456789012345678\n" },
  { "{\"a\":\"" LONG40 LONG40 LONG40 LONG40 "\",\"b\":\"" EURO10 EURO10 "\"}",
    "other " LONG40 LONG40 LONG40 LONG40 "\nother " EURO10
    "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\n" }
};

TEST(the_words_of_a_refusal_are_reported_in_any_style)
{
  size_t i, chunk;
  for (i = 0; i < COUNT(said); i++)
    for (chunk = 0; chunk < 5; chunk++) {
      step  s[] = { REPLY(AMT_START, 400, said[i].body) };
      play *p = play_with(s);
      p->chunk = chunk;
      play_job(p);
      expect_all(p, UP_TO_START "%sfailed REFUSED, code 11, start refused\n",
                 said[i].told);
    }
}

TEST(in_any_call_that_failed)
{
  static const amt_op op[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES };
  size_t i;
  for (i = 0; i < COUNT(op); i++) {
    play *p = reply_once(op[i], 404, JSON({"title":"gone","x":["y"]}), 1);
    expect_told(p, "server gone\nother y\n");
  }
}

/* A token is never reported, wherever it is. */
TEST(known_members_of_a_refusal_are_not_reported)
{
  play *p = reply_once(AMT_SIGN_IN, 400, JSON({"Token":"abc","x":"y"}), 0);
  expect_told(p, "other y\n");
  expect_untold(p, "abc");
  p = reply_once(AMT_MONITOR, 404, JSON({"Status":"RUNNING",
                 "BatchRequestId":"2112"}), 0);
  expect_untold(p, "other");
}

TEST(in_a_good_reply_only_a_starts_message_counts)
{
  play *p = reply_once(AMT_MONITOR, 200,
                       JSON({"Status":2,"title":"t","x":"y",
                             "error":{"message":"z"}}), 0);
  expect_untold(p, "server");
  expect_untold(p, "reply");
  expect_untold(p, "other");
  p = reply_once(AMT_START, 200, JSON({"BatchRequestId":7,"x":"y",
                 "Message":"queued","error":{"message":"z"},"a":["b"]}), 0);
  expect_told(p, "reply queued\nreply z\n");
  expect_untold(p, "other");
  expect_untold(p, "b\n");
}

/* A 2xx without a job is searched for words like a refusal. */
TEST(a_start_without_a_job_reports_its_words_in_any_form)
{
  static const row v[] = {
    { JSON({"Message":"no such job"}), "reply no such job\n" },
    { JSON({"error":{"code":1,"message":"no such job"}}),
      "reply no such job\n" },
    { JSON({"errors":["one","two"],"x":"y"}), "reply one\nreply two\n" },
    { JSON({"ModelState":{"Job":["unknown"]},"x":["y"]}), "reply unknown\n" },
    { JSON("no such job"), "reply no such job\n" }
  };
  size_t i, chunk;
  for (i = 0; i < COUNT(v); i++)
    for (chunk = 0; chunk < 5; chunk++) {
      step  s[] = { OK(AMT_START, v[i].body) };
      play *p = play_with(s);
      p->chunk = chunk;
      play_job(p);
      expect_all(p, UP_TO_START "%sfailed MAYBE_STARTED, code 19, "
                 "start unknown\n", v[i].told);
    }
}

/* Nor is one reported while a later member may still mean failure. */
TEST(a_message_before_success_is_not_reported)
{
  static const step s[][1] = {
    { OK(AMT_MONITOR, JSON({"Message":"hush","Status":4,"success":true})) },
    { OK(AMT_MONITOR, JSON({"Message":{"a":"hush"},"Status":4})) },
    { OK(AMT_MONITOR, JSON({"Message":["hush"],"Status":4,"success":true})) }
  };
  size_t i;
  for (i = 0; i < COUNT(s); i++) {
    play *p = play_with(s[i]);
    play_wire(p)->reply[AMT_REPLY_SUCCESS] = "success";
    play_job(p);
    expect_end(p, "done 4");
    expect_untold(p, "hush");
  }
}

/* The table's name of the message is nested. */
TEST(a_nested_name_is_followed_in_a_refusal_too)
{
  static const step s[] = {
    REPLY(AMT_START, 400, JSON({"fault":{"text":["a","b"],"c":"d"}}))
  };
  play *p = play_with(s);
  play_wire(p)->reply[AMT_REPLY_MESSAGE] = "fault.text";
  play_job(p);
  expect_told(p, "server a\nserver b\nother d\n");
}

/* A name within a named object ends nothing: all its strings are words. */
TEST(a_name_within_a_named_object_ends_no_words)
{
  static const step s[] = {
    REPLY(AMT_START, 400, JSON({"error":{"message":{"a":"b"},"c":"d"},
                                "e":"f"}))
  };
  play *p = play_with(s);
  play_wire(p)->reply[AMT_REPLY_MESSAGE] = "error|error.message";
  play_job(p);
  expect_told(p, "server b\nserver d\nother f\n");
}

/* --- a member that says success or failure -------------------------------- */

static const struct { const char *value; int good; } success[] = {
  { "true", 1 }, { "1", 1 }, { "\"true\"", 1 }, { "\"\"", 1 }, { "null", 1 },
  { "\"OK\"", 1 }, { "{}", 1 }, { "[false]", 1 }, { "\"falsehood\"", 1 },
  { "false,\"Good\":true", 1 }, { "\"0\",\"good\":1", 1 },
  { "false", 0 }, { "0", 0 }, { "\"false\"", 0 }, { "\"FALSE\"", 0 },
  { "\"0\"", 0 }, { "true,\"Good\":false", 0 }, { "0,\"Good\":null", 0 }
};

static play *with_success(const step *s, size_t chunk)
{
  play *p = play_with_rows(s, 1);
  play_wire(p)->reply[AMT_REPLY_SUCCESS] = "Good";
  p->chunk = chunk;
  return p;
}

TEST(a_start_without_success_is_refused)
{
  size_t i, chunk;
  for (i = 0; i < COUNT(success); i++)
    for (chunk = 0; chunk < 3; chunk++) {
      char  body[200];
      step  s[] = { OK(AMT_START, body) };
      play *p;
      snprintf(body, sizeof body, "{\"Message\":\"m\",\"BatchRequestId\":2112,"
               "\"Status\":4,\"Good\":%s,\"title\":\"t\"}", success[i].value);
      p = with_success(s, chunk);
      play_job(p);
      if (success[i].good) expect_told(p, "reply t\nstarted 2112\n");
      else expect_all(p, UP_TO_START "reply m\nserver t\n"
                      "failed REFUSED, code 11, start refused\n");
      expect_calls(p, AMT_START, 1);
    }
}

/* The id was read; nobody knows what would have followed. */
TEST(a_start_that_breaks_off_before_its_success_has_started)
{
  static const step s[] = {
    CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":2112,), AMT_E_RESET)
  };
  play *p = with_success(s, 0);
  play_job(p);
  expect_told(p, "started 2112\n");
}

TEST(a_start_that_breaks_off_after_its_failure_is_unknown)
{
  static const step s[] = {
    CUT_OFF(AMT_START, 200, JSON({"BatchRequestId":2112,"Good":false,),
            AMT_E_RESET)
  };
  play *p = with_success(s, 0);
  play_job(p);
  expect_told(p, "start unknown");
  expect_untold(p, "started");
}

TEST(any_call_without_success_is_refused)
{
  static const amt_op op[] = { AMT_SIGN_IN, AMT_STOP, AMT_MONITOR,
                               AMT_MESSAGES };
  static const char body[] = JSON({"Good":false,"Message":"no","Token":"t",
                                   "Status":4,"Messages":["x"]});
  size_t i;
  for (i = 0; i < COUNT(op); i++) {
    step  s[] = { OK(op[i], body, .times = ALWAYS) };
    play *p = with_success(s, 0);
    play_once(p, op[i]);
    play_run(p);
    expect_told(p, "server no\n");
    expect_told(p, op[i] == AMT_SIGN_IN ? "failed SIGN_IN"
                                        : "failed REFUSED");
    expect_untold(p, "\nmessage ");
  }
}

TEST(success_is_not_looked_for_where_no_name_says_so)
{
  play *p = reply_once(AMT_MONITOR, 200, JSON({"Status":4,"Good":false}), 0);
  expect_end(p, "done 4 log incomplete");
}

/* SPDX-License-Identifier: MIT OR Unlicense */
