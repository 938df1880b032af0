/* table.c - amt_wire_check judges whole wire tables.

   The promise: a table that cannot run a job, or would break a request, is
   refused with call, part, place and reason. Valid tables of other servers are
   accepted. A run trusts its table, except for a missing path or method. */

#include "play.h"

/* A member of a table, and its new value. */
typedef struct word {
  size_t      at; /* which: */
  const char *value;
} word;
#define WORD(member) offsetof(amt_wire, member)
#define PATH(op)     WORD(call[AMT_##op].path)
#define BODY(op)     WORD(call[AMT_##op].body)
#define METHOD(op)   WORD(call[AMT_##op].method)
#define REPLIED(m)   WORD(reply[AMT_REPLY_##m])
#define HEADERS      WORD(headers)

static void put_word(amt_wire *w, const word *v)
{
  memcpy((char *)w + v->at, &v->value, sizeof v->value);
}

#define LENGTH(s) (sizeof(s) - 1)
#define ID_BODY(more) "{\"id\":" AMT_HOLE_ID more "}"
#define JOB_AND(more) "{\"j\":" AMT_HOLE_JOB more "}"
#define NAME31 "a234567890123456789012345678901"

TEST(each_fault_of_a_table_is_located_and_explained)
{
  static const struct {
    word        w;
    int         call;
    const char *part;
    size_t      at;
    const char *reason; /* part of it */
  } v[] = {
    /* Methods and paths. */
    { { METHOD(START), "PO ST" }, AMT_START, "method", 2, "capital letters" },
    { { METHOD(STOP), "P\r\n" }, AMT_STOP, "method", 1, "capital letters" },
    { { METHOD(KILL), "post" }, AMT_KILL, "method", 0, "capital letters" },
    { { METHOD(KILL), "P[" }, AMT_KILL, "method", 1, "capital letters" },
    { { METHOD(KILL), "P@" }, AMT_KILL, "method", 1, "capital letters" },
    { { METHOD(MONITOR), "" }, AMT_MONITOR, "method", 0, "capital letters" },
    { { METHOD(SIGN_IN), NULL }, AMT_SIGN_IN, "method", 0, "capital letters" },
    { { PATH(MONITOR), "jobs" }, AMT_MONITOR, "path", 0, "begins with '/'" },
    { { PATH(MONITOR), "" }, AMT_MONITOR, "path", 0, "begins with '/'" },
    { { PATH(MESSAGES), NULL }, AMT_MESSAGES, "path", 0, "begins with '/'" },
    { { PATH(START), NULL }, AMT_START, "path", 0, "begins with '/'" },
    { { PATH(MONITOR), "/a b" }, AMT_MONITOR, "path", 2, "no blanks" },
    { { PATH(MONITOR), "/a\r\nX: y" }, AMT_MONITOR, "path", 2, "no blanks" },
    { { PATH(MONITOR), "/a\t" }, AMT_MONITOR, "path", 2, "no blanks" },
    { { PATH(START), "/x#y" }, AMT_START, "path", 2, "no blanks" },
    { { PATH(KILL), "/\xC3\xA9" }, AMT_KILL, "path", 1, "no blanks" },
    { { PATH(KILL), "/\x7F" }, AMT_KILL, "path", 1, "no blanks" },
    { { PATH(SIGN_IN), "/ " }, AMT_SIGN_IN, "path", 1, "no blanks" },
    /* Holes. */
    { { BODY(STOP), ID_BODY(",\"x\":\036") }, AMT_STOP, "body",
      LENGTH("{\"id\":.,\"x\":"), "unknown word" },
    { { BODY(STOP), ID_BODY(",\"x\":\004") }, AMT_STOP, "body",
      LENGTH("{\"id\":.,\"x\":"), "unknown word" },
    { { BODY(STOP), ID_BODY("\005\005" AMT_HOLE_ID) }, AMT_STOP, "body",
      LENGTH("{\"id\":."), "unknown word" },
    { { PATH(STOP), "/\037" }, AMT_STOP, "path", 1, "unknown word" },
    { { PATH(STOP), "/" AMT_HOLE_BASIC }, AMT_STOP, "path", 1, "{basic}" },
    { { BODY(STOP), ID_BODY("," AMT_HOLE_BASIC) }, AMT_STOP, "body",
      LENGTH("{\"id\":.,"), "{basic}" },
    { { BODY(START), JOB_AND(",\"x\":" AMT_AS_OBJECT(AMT_HOLE_JOB)) },
      AMT_START, "body", LENGTH("{\"j\":.,\"x\":"), "only a list" },
    { { BODY(START), JOB_AND(AMT_AS_JOINED(";", AMT_HOLE_JOB)) }, AMT_START,
      "body", LENGTH("{\"j\":."), "only a list" },
    { { BODY(START), JOB_AND(AMT_AS_PAIRS("n", "v", AMT_HOLE_JOB)) },
      AMT_START, "body", LENGTH("{\"j\":."), "only a list" },
    { { BODY(START), JOB_AND("\014" AMT_HOLE_JOB) }, AMT_START, "body",
      LENGTH("{\"j\":."), "only a list" },
    { { BODY(START), JOB_AND(AMT_AS_RAW(AMT_HOLE_PARAMETERS)) }, AMT_START,
      "body", LENGTH("{\"j\":."), "cannot be written so" },
    { { BODY(START), JOB_AND(AMT_AS_TEXT(AMT_HOLE_PARAMETERS)) }, AMT_START,
      "body", LENGTH("{\"j\":."), "cannot be written so" },
    { { BODY(START), JOB_AND(AMT_AS_URL(AMT_HOLE_TASK_VALUES)) }, AMT_START,
      "body", LENGTH("{\"j\":."), "cannot be written so" },
    { { BODY(START), JOB_AND("\014" AMT_HOLE_PARAMETERS) }, AMT_START, "body",
      LENGTH("{\"j\":."), "cannot be written so" },
    { { BODY(START), JOB_AND(",\"p\":\010n" AMT_HOLE_PARAMETERS) }, AMT_START,
      "body", LENGTH("{\"j\":.,\"p\":"), "two names" },
    { { BODY(START), JOB_AND(",\"p\":\010n" AMT_HOLE_PARAMETERS ",\"q\":"
        AMT_AS_PAIRS("n", "v", AMT_HOLE_PARAMETERS)) }, AMT_START,
      "body", LENGTH("{\"j\":.,\"p\":"), "two names" },
    { { BODY(START), JOB_AND(",\"p\":\010n\014v\014w" AMT_HOLE_PARAMETERS) },
      AMT_START, "body", LENGTH("{\"j\":.,\"p\":"), "two names" },
    { { BODY(START), "j=" AMT_HOLE_JOB "&p=" AMT_HOLE_PARAMETERS }, AMT_START,
      "body", LENGTH("j=.&p="), "must be joined" },
    { { BODY(START), "j=" AMT_HOLE_JOB AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) },
      AMT_START, "body", LENGTH("j=."), "must be joined" },
    { { PATH(START), "/" AMT_HOLE_PARAMETERS }, AMT_START, "path", 1,
      "in a body only" },
    { { PATH(START), "/" AMT_AS_JOINED(";", AMT_HOLE_TASK_VALUES) }, AMT_START,
      "path", 1, "in a body only" },
    { { HEADERS, "X: " AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS) "\r\n" },
      AMT_CALLS, "headers", 3, "in a body only" },
    /* Parts. */
    { { PATH(STOP), "/" AMT_IF(QUEUE, "q") "\003x" }, AMT_STOP, "path",
      LENGTH("/..q."), "not begun" },
    { { BODY(STOP), ID_BODY("") "\003" }, AMT_STOP, "body",
      LENGTH(ID_BODY("")), "not begun" },
    { { PATH(STOP), "/\001" "q\003" }, AMT_STOP, "path", 1, "unknown word" },
    { { PATH(STOP), "/\002\036q\003" }, AMT_STOP, "path", 1, "unknown word" },
    { { PATH(STOP), "/\001\xC3\xA9\003" }, AMT_STOP, "path", 1,
      "unknown word" },
    { { HEADERS, "X: \001\r\n" }, AMT_CALLS, "headers", 3, "unknown word" },
    { { PATH(STOP), "/x\001" }, AMT_STOP, "path", 2, "unknown word" },
    { { PATH(STOP), "/" AMT_IF(QUEUE, "a") "b\001" AMT_HOLE_QUEUE "c" },
      AMT_STOP, "path", LENGTH("/..a.b"), "not closed" },
    { { PATH(STOP), "/\001" AMT_HOLE_QUEUE AMT_IF(QUEUE, "c") },
      AMT_STOP, "path", 1, "not closed" },
    { { PATH(STOP), "/\001" AMT_HOLE_QUEUE "\002" AMT_HOLE_USER },
      AMT_STOP, "path", 3, "not closed" },
    { { PATH(STOP), "/" AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, AMT_IF(ID,
        AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, ""))))))))) },
      AMT_STOP, "path", 1 + 8 * 2, "too deep" },
    /* Bodies. */
    { { BODY(START), "{\"a\":" AMT_HOLE_SCRIPT }, AMT_START, "body", 0,
      "not JSON" },
    { { BODY(START), JOB_AND("") "}" }, AMT_START, "body", 0, "not JSON" },
    { { BODY(START), JOB_AND("\"x\":1") }, AMT_START, "body", 0, "not JSON" },
    { { BODY(START), "{\"j\":\"" AMT_HOLE_JOB "\"}" }, AMT_START, "body", 0,
      "not JSON" },
    { { BODY(STOP), "{\"id\":\"" AMT_HOLE_ID "\"}" }, AMT_STOP, "body", 0,
      "not JSON" },
    { { BODY(START), "\"" AMT_HOLE_JOB "\"" }, AMT_START, "body", 0,
      "not JSON" },
    { { BODY(START), JOB_AND(",\"x\":\"\xC3\"") }, AMT_START, "body", 0,
      "not JSON" },
    { { BODY(START), JOB_AND(",\"x\":\"\n\"") }, AMT_START, "body", 0,
      "not JSON" },
    { { BODY(START), JOB_AND(",\"p\":" AMT_AS_PAIRS("\xFF", "v",
        AMT_HOLE_PARAMETERS)) }, AMT_START, "body", 0, "not JSON" },
    { { BODY(START), "{" AMT_IF(QUEUE, "\"q\":" AMT_HOLE_QUEUE ",") "\"j\":"
        AMT_HOLE_JOB AMT_IF(QUEUE, ",") "}" }, AMT_START, "body", 0,
      "not JSON" }, /* only with a value */
    { { BODY(START), JOB_AND(AMT_UNLESS(PARAMETERS, ",")) }, AMT_START, "body",
      0, "not JSON" }, /* only without one */
    { { BODY(START), JOB_AND(AMT_IF(SCRIPT, ",")) }, AMT_START, "body", 0,
      "not JSON" }, /* only for a script, */
    { { BODY(START), JOB_AND(AMT_UNLESS(SCRIPT, ",")) }, AMT_START, "body", 0,
      "not JSON" }, /* only for a job */
    { { BODY(MESSAGES), ID_BODY(AMT_IF(AFTER, ",")) }, AMT_MESSAGES, "body", 0,
      "not JSON" },
    { { BODY(START), JOB_AND(AMT_UNLESS(QUEUE, AMT_IF(USER, ","))) }, AMT_START,
      "body", 0, "not JSON" }, /* only with a user and no queue */
    { { BODY(START),
        JOB_AND(AMT_UNLESS(PARAMETERS, AMT_IF(TASK_VALUES, ","))) },
      AMT_START, "body", 0, "not JSON" },
    { { BODY(START), JOB_AND(AMT_UNLESS(SCRIPT, AMT_UNLESS(TOKEN, AMT_UNLESS(USER,
        AMT_UNLESS(QUEUE, AMT_UNLESS(TASK_VALUES, AMT_UNLESS(PARAMETERS,
        ","))))))) }, AMT_START, "body", 0, "not JSON" }, /* only with none */
    /* What a call must say. */
    { { BODY(START), "{\"a\":" AMT_HOLE_APPLICATION "}" }, AMT_START, "body",
      0, "{job} or {script}" },
    { { BODY(START), NULL }, AMT_START, "body", 0, "{job} or {script}" },
    { { BODY(STOP), "{}" }, AMT_STOP, "body", 0, "{id}" },
    { { BODY(KILL), NULL }, AMT_KILL, "body", 0, "{id}" },
    { { BODY(MONITOR), "" }, AMT_MONITOR, "body", 0, "{id}" },
    { { BODY(MESSAGES), "{\"a\":" AMT_HOLE_AFTER "}" }, AMT_MESSAGES, "body",
      0, "{id}" },
    /* Headers. */
    { { HEADERS, "X: y" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: y\r\n\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: y\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: y\r" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: a\rb\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: a\x7F\r\n" }, AMT_CALLS, "headers", 4,
      "a control in a header" },
    { { HEADERS, "X\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, ": y\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X y: z\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X{y}: z\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X\xC3\xA9: z\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: y\r\n Z: folded\r\n" }, AMT_CALLS, "headers", 0, "CR LF" },
    { { HEADERS, "X: a\x7F\r\n" }, AMT_CALLS, "headers", 4, "control" },
    { { HEADERS, AMT_IF(TOKEN, "X: " AMT_HOLE_TOKEN) "\r\n" }, AMT_CALLS,
      "headers", 0, "CR LF" }, /* only without a token */
    { { HEADERS, "X: " AMT_HOLE_TOKEN "\r\n" }, AMT_CALLS, "headers", 0,
      "no token yet" },
    { { HEADERS, "X: y\r\n" AMT_UNLESS(TOKEN, "Y: " AMT_HOLE_TOKEN "\r\n") },
      AMT_CALLS, "headers", 0, "no token yet" },
    /* Replies. */
    { { REPLIED(ID), NULL }, AMT_CALLS, "reply", 0, "reply.id" },
    { { REPLIED(STATUS), NULL }, AMT_CALLS, "reply", 0, "reply.status" },
    { { REPLIED(TOKEN), NULL }, AMT_CALLS, "reply", 0, "reply.token" },
    { { REPLIED(ID), NAME31 "2" }, AMT_CALLS, "reply", 0, "too long" },
    { { REPLIED(STATUS), "a.b." NAME31 "2" }, AMT_CALLS, "reply", 4,
      "too long" },
    { { REPLIED(TEXT), "a|b|" NAME31 "2.c" }, AMT_CALLS, "reply", 4,
      "too long" },
    { { REPLIED(TEXT), "|" }, AMT_CALLS, "reply", 0, "empty part" },
    { { REPLIED(TEXT), "a|" }, AMT_CALLS, "reply", 2, "empty part" },
    { { REPLIED(TEXT), "|a" }, AMT_CALLS, "reply", 0, "empty part" },
    { { REPLIED(TEXT), "a||b" }, AMT_CALLS, "reply", 2, "empty part" },
    { { REPLIED(TEXT), "a..b" }, AMT_CALLS, "reply", 2, "empty part" },
    { { REPLIED(TIME), ".a" }, AMT_CALLS, "reply", 0, "empty part" },
    { { REPLIED(TIME), "a." }, AMT_CALLS, "reply", 2, "empty part" },
    { { REPLIED(TIME), "a.|b" }, AMT_CALLS, "reply", 2, "empty part" },
    { { REPLIED(MORE), "a|.b" }, AMT_CALLS, "reply", 2, "empty part" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire       w = *amt_wire_default();
    amt_wire_fault f;
    int            e;
    memset(&f, 0x55, sizeof f);
    put_word(&w, &v[i].w);
    e = amt_wire_check(&w, &f);
    if (e != AMT_E_WIRE) fail_msg("row %zu is not refused", i);
    if (f.call != v[i].call || strcmp(f.part, v[i].part) != 0 ||
        f.at != v[i].at || f.text != v[i].w.value ||
        strstr(f.reason, v[i].reason) == NULL)
      fail_msg("row %zu: call %d, %s at %zu: %s", i, f.call, f.part, f.at,
               f.reason);
  }
}

TEST(a_status_without_a_text_or_a_code_is_refused)
{
  static const amt_status_word right[] = {
    { "Finished", 4 }, { NAME31, 0 }, { NULL, 0 }
  };
  static const amt_status_word wrong[][3] = {
    { { "a", 4 }, { "", 4 }, { NULL, 0 } },
    { { "a", 4 }, { "b", -1 }, { NULL, 0 } },
    { { "a", 4 }, { NAME31 "2", 4 }, { NULL, 0 } }
  };
  amt_wire       w = *amt_wire_default();
  amt_wire_fault f;
  size_t         i;
  w.status = right;
  assert_int_equal(amt_wire_check(&w, &f), 0);
  for (i = 0; i < COUNT(wrong); i++) {
    w.status = wrong[i];
    assert_int_equal(amt_wire_check(&w, &f), AMT_E_WIRE);
    assert_string_equal(f.part, "status");
    assert_ptr_equal(f.text, wrong[i][1].text);
    assert_int_equal(f.at, 0);
  }
}

/* At most 255 bytes can be counted. */
TEST(a_name_that_could_not_be_found_is_refused)
{
  char   name[300];
  size_t n, at;
  for (n = 255; n < 257; n++) {
    amt_wire       w = *amt_wire_default();
    amt_wire_fault f;
    play          *p = play_new();
    memset(name, 'a', sizeof name);
    memcpy(name, "Status", 6);
    for (at = 6; at < n; at += 7) name[at] = '|';
    name[n - 1] = 'a', name[n] = 0;
    w.reply[AMT_REPLY_STATUS] = name;
    assert_int_equal(amt_wire_check(&w, &f), n == 255 ? 0 : AMT_E_WIRE);
    if (n != 255) continue;
    play_wire(p)->reply[AMT_REPLY_STATUS] = name;
    play_job(p);
    expect_end(p, "done 4");
  }
}

/* --- valid tables --------------------------------------------------------- */

#define GET(path)        { "GET", path, NULL }
#define POST(path, body) { "POST", path, body }
#define REPLIES { "token|access_token", NULL, "id", "status", NULL, \
                  "messages", NULL, "n", NULL, "text" }, NULL
#define NO_CALL { NULL, NULL, NULL }
#define RUN     "/runs/" AMT_HOLE_ID
#define LOGS    "/runs/" AMT_HOLE_ID "/log?after=" AMT_HOLE_AFTER
#define IF_TOKEN(name, scheme) AMT_IF(TOKEN, name ": " scheme AMT_HOLE_TOKEN \
                                             "\r\n")
#define STOP_BY(method) { method, RUN, NULL }

/* In the style of other REST servers. Each has a feature of its own. */
static const amt_wire dialect[] = {
  { /* bearer, nested bodies, ids in paths, DELETE to kill */
    { POST("/login", "{\"auth\":{\"name\":" AMT_HOLE_API_USER ",\"pw\":"
           AMT_HOLE_PASSWORD "}}"),
      POST("/apps/" AMT_HOLE_APPLICATION "/runs",
           "{\"run\":{\"job\":" AMT_HOLE_JOB
           AMT_IF(PARAMETERS, ",\"args\":" AMT_HOLE_PARAMETERS) "}}"),
      POST(RUN "/stop", NULL), STOP_BY("DELETE"), GET(RUN), GET(LOGS) },
    IF_TOKEN("Authorization", "Bearer "), REPLIES
  },
  { /* OAuth's password form */
    { POST("/token", "grant_type=password&username=" AMT_HOLE_API_USER
           "&password=" AMT_HOLE_PASSWORD),
      POST("/runs", "job=" AMT_HOLE_JOB AMT_IF(PARAMETERS, "&args="
           AMT_AS_JOINED(",", AMT_HOLE_PARAMETERS))),
      POST(RUN "/stop", ""), POST(RUN "/kill", ""), GET(RUN), GET(LOGS) },
    IF_TOKEN("Authorization", "Bearer "), REPLIES
  },
  { /* Basic, name and value as pairs */
    { NO_CALL,
      POST("/runs", "{\"job\":" AMT_HOLE_JOB ",\"args\":"
           AMT_AS_PAIRS("Name", "Value", AMT_HOLE_PARAMETERS) "}"),
      STOP_BY("DELETE"), STOP_BY("DELETE"), GET(RUN), GET(LOGS) },
    "Authorization: Basic " AMT_HOLE_BASIC "\r\n", REPLIES
  },
  { /* a fixed key in a header, a fixed header, parameters as an object */
    { NO_CALL,
      POST("/runs", "{\"job\":" AMT_HOLE_JOB ",\"args\":"
           AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) "}"),
      STOP_BY("DELETE"), STOP_BY("DELETE"), GET(RUN), GET(LOGS) },
    "X-API-Key: " AMT_HOLE_TOKEN "\r\nX-Tenant: 7\r\n", REPLIES
  },
  { /* a fixed key in each query */
    { NO_CALL,
      POST("/runs?key=" AMT_HOLE_TOKEN, "{\"job\":" AMT_HOLE_JOB "}"),
      POST(RUN "?key=" AMT_HOLE_TOKEN "&do=" AMT_HOLE_ACTION, NULL),
      POST(RUN "?key=" AMT_HOLE_TOKEN "&do=" AMT_HOLE_ACTION, NULL),
      GET(RUN "?key=" AMT_HOLE_TOKEN), GET(LOGS "&key=" AMT_HOLE_TOKEN) },
    NULL, REPLIES
  },
  { /* a session's cookie */
    { POST("/login", "{\"u\":" AMT_HOLE_API_USER ",\"p\":" AMT_HOLE_PASSWORD
           "}"),
      POST("/runs", "{\"job\":" AMT_HOLE_JOB "}"),
      STOP_BY("DELETE"), STOP_BY("DELETE"), GET(RUN), GET(LOGS) },
    IF_TOKEN("Cookie", "lang=en; SESSION="), REPLIES
  },
  { /* everything in queries, no sign-in */
    { NO_CALL, GET("/run?app=" AMT_HOLE_APPLICATION "&job=" AMT_HOLE_JOB),
      GET("/act?id=" AMT_HOLE_ID "&a=" AMT_HOLE_ACTION),
      GET("/act?id=" AMT_HOLE_ID "&a=" AMT_HOLE_ACTION),
      GET("/status?id=" AMT_HOLE_ID), GET("/log?id=" AMT_HOLE_ID) },
    NULL, { NULL, NULL, "", "", NULL, "", NULL, NULL, NULL, NULL }, NULL
  },
  { /* bodies that are one JSON string, scripts only */
    { NO_CALL,
      POST("/run", "\"" AMT_AS_TEXT(AMT_HOLE_APPLICATION) "/"
           AMT_AS_TEXT(AMT_HOLE_SCRIPT) "\""),
      POST("/stop", "\"" AMT_AS_TEXT(AMT_HOLE_ID) "\""),
      POST("/kill", "\"" AMT_AS_TEXT(AMT_HOLE_ID) "\""),
      POST("/status", AMT_HOLE_ID), POST("/log", "[" AMT_HOLE_ID "]") },
    NULL, { NULL, NULL, "", "state", NULL, "", NULL, NULL, NULL, "line" }, NULL
  },
  { /* JSON-RPC: a fixed path, the method, with an accent, in the body */
    { POST("/rpc", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"login\","
           "\"params\":[" AMT_HOLE_API_USER "," AMT_HOLE_PASSWORD "]}"),
      POST("/rpc", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
           "\"d\xC3\xA9marrer\",\"params\":{\"job\":" AMT_HOLE_JOB AMT_IF(QUEUE, ",\"queue\":"
           AMT_HOLE_QUEUE) AMT_UNLESS(QUEUE, ",\"queue\":null") "}}"),
      POST("/rpc", "{\"method\":\"stop\",\"params\":[" AMT_HOLE_ID "]}"),
      POST("/rpc", "{\"method\":\"kill\",\"params\":[" AMT_HOLE_ID "]}"),
      POST("/rpc", "{\"method\":\"get\",\"params\":[" AMT_HOLE_ID "]}"),
      POST("/rpc", "{\"method\":\"log\",\"params\":{\"id\":" AMT_HOLE_ID
           ",\"after\":" AMT_HOLE_AFTER "}}") },
    IF_TOKEN("X-Session", ""),
    { "result.token", "result.ttl", "result.id", "result.state",
      "error.message", "result.rows", NULL, "no", NULL, "data.text|text" },
    NULL
  },
  { /* indented, as pasted; parts eight deep; the job in the path */
    { POST("/auth", "{\r\n  \"User\": " AMT_HOLE_API_USER ",\n\t\"Password\": "
           AMT_HOLE_PASSWORD "\n}"),
      { "PUT", "/queues/" AMT_IF(QUEUE, AMT_HOLE_QUEUE)
        AMT_UNLESS(QUEUE, "default") "/" AMT_HOLE_JOB, NULL },
      POST("/" AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, AMT_IF(ID, AMT_IF(ID,
           AMT_IF(ID, AMT_IF(ID, AMT_HOLE_ID)))))))), NULL),
      STOP_BY("PATCH"), GET(RUN), GET(RUN "/log") },
    IF_TOKEN("X-T", "") AMT_IF(APPLICATION, "X-App: "
      AMT_AS_URL(AMT_HOLE_APPLICATION) "\r\n"), REPLIES
  }
};

TEST(tables_as_other_servers_need_them_are_right)
{
  amt_wire_fault f;
  size_t         i;
  assert_int_equal(amt_wire_check(amt_wire_default(), &f), 0);
  for (i = 0; i < COUNT(dialect); i++)
    if (amt_wire_check(&dialect[i], &f) != 0)
      fail_msg("dialect %zu: call %d, %s, %s at %zu", i, f.call, f.part,
               f.reason, f.at);
}

TEST(a_right_table_starts_and_watches_a_job)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"token":"t1","result":{"token":"t1"}})),
    OK(AMT_START, JSON({"id":7,"result":{"id":7}})),
    OK(AMT_MONITOR, JSON({"status":4,"state":4,"result":{"state":4}})),
    OK(AMT_MESSAGES, JSON({"messages":[{"n":1,"text":"a"}],)
                     JSON("result":{"rows":[{"no":1,"text":"a"}]}}))
  };
  static const step bare[] = { /* the reply is the value itself */
    OK(AMT_START, "7"), OK(AMT_MONITOR, "4"), OK(AMT_MESSAGES, "[\"a\"]")
  };
  static const step mixed[] = {
    OK(AMT_START, "7"), OK(AMT_MONITOR, "{\"state\":4}"),
    OK(AMT_MESSAGES, "[{\"line\":\"a\"}]")
  };
  static const char *const one[] = { "a=1" };
  size_t i;
  for (i = 0; i < COUNT(dialect); i++) {
    const amt_wire *w = &dialect[i];
    play *p = i == 6 ? play_with(bare) : i == 7 ? play_with(mixed)
                                                : play_with(s);
    p->s.wire = w;
    p->srv.scheme = NULL;
    p->t.parameters = one, p->t.parameter_count = 1;
    if (i == 7) p->t.script = "s.sh";
    if (w->call[AMT_SIGN_IN].path == NULL) strcpy(p->token, "k3y");
    play_job(p);
    expect_end(p, "done 4");
    expect_told(p, " a\n");
    expect_calls(p, AMT_SIGN_IN, w->call[AMT_SIGN_IN].path != NULL);
    if (i == 0) {
      expect_sent(p, "POST /apps/DEMO2/runs\nAuthorization: Bearer t1\r\n");
      expect_sent(p, JSON({"run":{"job":"REPORTTEST01","args":["a=1"]}}) "\n");
      expect_sent(p, "GET /runs/7/log?after=0\n");
    }
    if (i == 4) expect_sent(p, "GET /runs/7?key=k3y\n");
    if (i == 7) expect_sent(p, "\n\"DEMO2/s.sh\"\n");
    if (i == 9) expect_sent(p, "PUT /queues/default/REPORTTEST01\nX-T: t1\r\n"
                            "X-App: DEMO2\r\nAccept:");
  }
}

/* Names that a table may leave out. */
TEST(what_replies_need_not_have_may_be_left_out)
{
  static const word v[] = {
    { REPLIED(EXPIRES), NULL }, { REPLIED(MESSAGE), NULL },
    { REPLIED(MORE), NULL }, { REPLIED(TIME), NULL },
    { REPLIED(SEQUENCE), NULL }, { REPLIED(TEXT), NULL },
    { REPLIED(TIME), NAME31 ".b|c" }, { REPLIED(TEXT), "" },
    { HEADERS, NULL }, { HEADERS, "" }, { HEADERS, "X: a\tb\r\n" },
    { HEADERS, "X:\r\n" }, { HEADERS, "X: \xC3\xA9\r\n" },
    { BODY(SIGN_IN), NULL }, { METHOD(START), "A" }, { METHOD(START), "Z" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire       w = *amt_wire_default();
    amt_wire_fault f;
    put_word(&w, &v[i]);
    if (amt_wire_check(&w, &f) != 0)
      fail_msg("row %zu: %s at %zu: %s", i, f.part, f.at, f.reason);
  }
}

/* Without a sign-in call, what only a sign-in needs may be missing or wrong. */
TEST(without_a_sign_in_a_table_needs_nothing_of_it)
{
  amt_wire       w = *amt_wire_default();
  amt_wire_fault f;
  w.call[AMT_SIGN_IN].path = w.call[AMT_SIGN_IN].method = NULL;
  w.call[AMT_SIGN_IN].body = "{";
  w.reply[AMT_REPLY_TOKEN] = NULL;
  assert_int_equal(amt_wire_check(&w, &f), 0);
}

/* --- what a run does not trust -------------------------------------------- */

TEST(a_call_without_method_or_path_is_refused_and_nothing_is_sent)
{
  static const word v[] = {
    { METHOD(SIGN_IN), NULL }, { METHOD(SIGN_IN), "" },
    { METHOD(START), NULL }, { METHOD(START), "" },
    { PATH(SIGN_IN), "" }, { PATH(START), NULL }, { PATH(START), "" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    put_word(play_wire(p), &v[i]);
    play_job(p);
    expect_all(p, "failed WIRE, code 11, start none\n");
    assert_string_equal(p->j.msg, "method or path");
    assert_int_equal(p->calls, 0);
  }
}

TEST(a_table_without_a_list_of_messages_runs_jobs_without_their_log)
{
  int never;
  for (never = 0; never < 2; never++) {
    play *p = play_new();
    play_wire(p)->reply[AMT_REPLY_MESSAGES] = NULL;
    p->s.messages = never ? AMT_NEVER : AMT_AT_END;
    play_job(p);
    expect_end(p, never ? "done 4 log incomplete"
                        : "done 4 NO_MESSAGES log incomplete");
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
