/* holes.c - requests of other wire tables: texts with holes.

   The promise: each hole is filled as its place needs it, or as the hole says.
   A part is sent if its word has a value. A value that is missing, empty, not
   UTF-8, or would break a head is refused before a byte is sent, and the error
   names its word. */

#include "play.h"
#include "edge.h"

/* --- a job at the moment of a call ---------------------------------------- */

/* A value for each word; a zeroed one is absent. */
typedef struct values {
  const char *word[16]; /* "after" and the lists have members below */
  const char *const *list;
  size_t      count;
  uint64_t    after;
  int         id_text;  /* 1: the id is a string */
  int         op;       /* an amt_op; 0: AMT_MESSAGES */
  int         sign_in;  /* 1: AMT_SIGN_IN */
} values;

enum { APPLICATION, JOB, SCRIPT, SUBMIT_USER, USER, STATION, QUEUE, ID, AFTER,
       TASK_VALUES, PARAMETERS, API_USER, PASSWORD, TOKEN, BASIC_PAIR, ACTION };

static const char hole[] =
  AMT_HOLE_APPLICATION AMT_HOLE_JOB AMT_HOLE_SCRIPT AMT_HOLE_SUBMIT_USER
  AMT_HOLE_USER AMT_HOLE_STATION AMT_HOLE_QUEUE AMT_HOLE_ID AMT_HOLE_AFTER
  AMT_HOLE_TASK_VALUES AMT_HOLE_PARAMETERS AMT_HOLE_API_USER AMT_HOLE_PASSWORD
  AMT_HOLE_TOKEN AMT_HOLE_BASIC AMT_HOLE_ACTION;

enum { PATH, HEADER, FORM, BODY }; /* where the text is used */

static void stand(play *p, const values *v)
{
  amt_job *j = &p->j;
  memset(j, 0, sizeof *j);
  p->t.application = j->application__ = v->word[APPLICATION];
  p->t.job = v->word[JOB], p->t.script = v->word[SCRIPT];
  p->t.submit_user = v->word[SUBMIT_USER], p->t.run_as = v->word[USER];
  p->t.station = v->word[STATION], p->t.queue = v->word[QUEUE];
  p->t.task_values = p->t.parameters = v->list;
  p->t.task_value_count = p->t.parameter_count = v->count;
  p->s.user = v->word[API_USER], p->s.password = v->word[PASSWORD];
  p->s.token = (char *)(uintptr_t)v->word[TOKEN];
  p->s.token__len = v->word[TOKEN] != NULL; /* only "is it there?" counts */
  j->session__ = &p->s, j->task__ = &p->t;
  j->op = (uint8_t)(v->sign_in ? AMT_SIGN_IN : v->op ? v->op : AMT_MESSAGES);
  j->after__ = v->after;
  if (v->word[ID] != NULL && v->id_text) {
    amt_window o;
    amt_window_init(&o, j->id, sizeof j->id - 1, 0);
    amt_json_put_string(&o, v->word[ID], strlen(v->word[ID]));
  } else if (v->word[ID] != NULL) {
    snprintf(j->id, sizeof j->id, "%s", v->word[ID]);
  }
}

/* Fills a text in its place, through windows of all sizes. */
static void fill(const values *v, int where, const char *text_, text *to)
{
  play     *p = play_new();
  amt_wire *w = play_auth(p, NOBODY);
  part      put = where == PATH ? amt_call_path : where == HEADER
                                ? amt_call_headers : amt_call_body;
  const char *accept;
  stand(p, v);
  w->call[p->j.op].path = where == PATH ? text_ : "/";
  w->call[p->j.op].body = where >= FORM ? text_ : NULL;
  if (where == HEADER) w->headers = text_;
  text_clear(to);
  play_part(&p->j, put, to);
  if (where != HEADER) return;
  accept = strstr(text_of(to), "Accept: application/json\r\n");
  assert_true(accept != NULL && accept[26] == 0);
  to->len = (size_t)(accept - to->p);
}

static void expect_filled(const values *v, int where, const char *text_,
                          const char *want)
{
  text got = {0};
  fill(v, where, text_, &got);
  expect_text_(text_of(&got), want, __FILE__, __LINE__);
  text_free(&got);
}

/* --- every word, in every place, in every way ----------------------------- */

/* Escapes as the standards say, without the library's code. */
static void as_json(const char *s, text *to)
{
  for (; *s != 0; s++) {
    if (*s == '"' || *s == '\\') text_put(to, "\\%c", *s);
    else if (*s == '\n') text_put(to, "\\n");
    else if (*s == 1) text_put(to, "\\u0001");
    else text_bytes(to, s, 1);
  }
}

static void as_url(const char *s, text *to)
{
  for (; *s != 0; s++) {
    unsigned c = (unsigned char)*s;
    if (c < 128 && strchr("-._~abcdefghijklmnopqrstuvwxyz"
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", (int)c))
      text_bytes(to, s, 1);
    else text_put(to, "%%%02X", c);
  }
}

static void as(char how, const char *s, text *to)
{
  if (how == 'r') text_put(to, "%s", s);
  if (how == 'u') as_url(s, to);
  if (how == 't') as_json(s, to);
  if (how != 'j') return;
  text_put(to, "\"");
  as_json(s, to);
  text_put(to, "\"");
}

TEST(every_hole_is_filled_in_every_place_and_way)
{
  static const struct { const char *mark; char how; } way[] = {
    { "", 0 }, { AMT_AS_RAW(""), 'r' }, { AMT_AS_TEXT(""), 't' },
    { AMT_AS_URL(""), 'u' }
  };
  static const char unsaid[] = "uruj"; /* default: path, header, form, body */
  static const char begin[][8] = { "/", "X: ", "a=", "[" };
  static const char end[][8] = { "/x", "\r\n", "&b", "]" };
  int    word, where, k, hard;
  size_t filled = 0;
  text   in = {0}, want = {0};
  for (word = 0; word < 16; word++)
    for (where = PATH; where <= BODY; where++)
      for (k = 0; k < 4; k++)
        for (hard = 0; hard < 2; hard++) {
          char how = way[k].how != 0 ? way[k].how : unsaid[where];
          values v = { .after = 17 };
          const char *value = hard ? "a\"b\\c/\xC3\xA9 ~#%\n\001z" : "Zz~-";
          /* unescaped, such a value would break a head and is refused; see
             below */
          if (hard && where <= HEADER && how != 'u' && word != BASIC_PAIR)
            continue;
          if (word == TASK_VALUES || word == PARAMETERS) continue;
          if (word == BASIC_PAIR && (where != HEADER || k != 0)) continue;
          if (word == BASIC_PAIR) v.word[API_USER] = v.word[PASSWORD] = value;
          else if (word != AFTER && word != ACTION) v.word[word] = value;
          v.id_text = 1;
          v.op = word == ACTION ? AMT_KILL : AMT_MESSAGES;
          text_clear(&in), text_clear(&want);
          text_put(&in, "%s%s%c%s", begin[where], way[k].mark, hole[word],
                   end[where]);
          text_put(&want, "%s", begin[where]);
          if (word == AFTER) text_put(&want, "17");
          else if (word == BASIC_PAIR) text_put(&want, hard
            ? "YSJiXGMvw6kgfiMlCgF6OmEiYlxjL8OpIH4jJQoBeg==" : "Wnp+LTpaen4t");
          else as(how, word == ACTION ? "KILL" : value, &want);
          text_put(&want, "%s", end[where]);
          expect_filled(&v, where, text_of(&in), text_of(&want));
          filled++;
        }
  assert_int_equal(filled, 13 * (16 + 11) + 2);
  text_free(&in);
  text_free(&want);
}

TEST(what_has_no_value_leaves_its_hole_empty)
{
  static const values none = { .op = AMT_START };
  int  word;
  text in = {0};
  for (word = 0; word < 16; word++) {
    const char *json = word == SUBMIT_USER ? "[\"BATCH\"]" :
                       word == STATION ? "[\"OPCON\"]" :
                       word == ACTION ? "[\"START\"]" :
                       word == TASK_VALUES || word == PARAMETERS ? "[[]]" :
                       word == ID || word == BASIC_PAIR ? "[]" : "[\"\"]";
    text_clear(&in);
    text_put(&in, "[%c]", hole[word]);
    expect_filled(&none, BODY, text_of(&in), json);
  }
  text_free(&in);
}

TEST(an_id_is_a_number_only_where_JSON_says_nothing_else)
{
  static const values number = { .word[ID] = "2112" };
  static const values string = { .word[ID] = "2112", .id_text = 1 };
  static const char all[] = "{\"a\":" AMT_HOLE_ID ",\"b\":\""
    AMT_AS_TEXT(AMT_HOLE_ID) "\",\"c\":" AMT_AS_RAW(AMT_HOLE_ID) "}";
  expect_filled(&number, BODY, all, JSON({"a":2112,"b":"2112","c":2112}));
  expect_filled(&string, BODY, all, JSON({"a":"2112","b":"2112","c":2112}));
  expect_filled(&string, PATH, "/j/" AMT_HOLE_ID "?id=" AMT_HOLE_ID "&n="
                AMT_HOLE_AFTER, "/j/2112?id=2112&n=0");
  expect_filled(&number, FORM, "id=" AMT_HOLE_ID, "id=2112");
}

TEST(numbers_and_actions_belong_to_their_calls)
{
  static const char *const action[] = { "", "START", "STOP", "KILL", "", "" };
  int  op;
  text want = {0};
  for (op = AMT_START; op < AMT_CALLS; op++) {
    values v = { .after = 18446744073709551615u, .op = op };
    text_clear(&want);
    text_put(&want, "/%s;%s", action[op],
             op == AMT_MESSAGES ? "18446744073709551615" : "no");
    expect_filled(&v, PATH, "/" AMT_IF(ACTION, AMT_HOLE_ACTION) ";"
                  AMT_IF(AFTER, AMT_HOLE_AFTER) AMT_UNLESS(AFTER, "no"),
                  text_of(&want));
  }
  text_free(&want);
}

TEST(literals_beyond_ASCII_and_all_but_marks_go_as_they_are)
{
  static const values v = { .word[JOB] = "J" };
  static const char   text_[] = "{\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\":"
    AMT_HOLE_JOB ",\n\t\"{job}{{?\x7F\":\"\\u0001\"\r\n}";
  expect_filled(&v, BODY, text_,
                "{\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\":\"J\",\n\t"
                "\"{job}{{?\x7F\":\"\\u0001\"\r\n}");
  expect_filled(&v, HEADER, "X: \xC3\xA9\tb\r\n", "X: \xC3\xA9\tb\r\n");
}

/* --- parts ---------------------------------------------------------------- */

TEST(a_part_is_sent_if_its_word_has_a_value)
{
  static const char *const one[] = { "a" };
  static const struct { values v; const char *in, *out; } v[] = {
    { { .word[QUEUE] = "Q" }, AMT_IF(QUEUE, "q"), "q" },
    { { .word[QUEUE] = "" }, AMT_IF(QUEUE, "q"), "" },
    { { .op = 0 }, AMT_IF(QUEUE, "q"), "" },
    { { .word[QUEUE] = "Q" }, AMT_UNLESS(QUEUE, "q"), "" },
    { { .word[QUEUE] = "" }, AMT_UNLESS(QUEUE, "q"), "q" },
    { { .op = 0 }, AMT_UNLESS(QUEUE, "q") "x", "qx" },
    { { .op = 0 }, AMT_IF(STATION, "s") AMT_IF(SUBMIT_USER, "u"), "su" },
    { { .list = one, .count = 1 }, AMT_IF(PARAMETERS, "p"), "p" },
    { { .list = one, .count = 0 }, AMT_IF(PARAMETERS, "p"), "" },
    { { .list = one, .count = 0 }, AMT_UNLESS(TASK_VALUES, "t"), "t" },
    { { .word[ID] = "7" }, AMT_IF(ID, "i"), "i" },
    { { .op = 0 }, AMT_IF(ID, "i"), "" },
    { { .word[TOKEN] = "t" }, AMT_IF(TOKEN, "t"), "t" },
    { { .word[TOKEN] = "t", .sign_in = 1 }, AMT_IF(TOKEN, "t"), "" },
    { { .word[PASSWORD] = "p" }, AMT_IF(BASIC, "b") AMT_IF(PASSWORD, "p"),
      "bp" },
    { { .op = 0 }, AMT_IF(BASIC, "b") AMT_IF(API_USER, "u"), "" },
    /* A part that is left out leaves out all parts within it. */
    { { .word[QUEUE] = "Q", .word[USER] = "U" },
      AMT_IF(QUEUE, "<" AMT_IF(USER, "u") ">"), "<u>" },
    { { .word[QUEUE] = "Q" }, AMT_IF(QUEUE, "<" AMT_IF(USER, "u") ">"), "<>" },
    { { .word[USER] = "U" }, AMT_IF(QUEUE, "<" AMT_IF(USER, "u") ">") "x",
      "x" },
    { { .word[USER] = "U" }, AMT_IF(QUEUE, "<" AMT_UNLESS(USER, "u") ">") "x",
      "x" },
    { { .word[USER] = "U" },
      AMT_UNLESS(QUEUE, "<" AMT_UNLESS(USER, "n" AMT_IF(USER, "m")) ">"),
      "<>" },
    { { .word[USER] = "U", .list = one, .count = 1 },
      AMT_UNLESS(QUEUE, AMT_IF(USER, AMT_IF(PARAMETERS, "1") "2") "3") "4",
      "1234" },
    { { .list = one, .count = 1 }, /* left out, with the holes in it */
      AMT_IF(QUEUE, AMT_AS_PAIRS("n", "v", AMT_HOLE_PARAMETERS) AMT_HOLE_QUEUE
             AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS)) "x", "x" },
    { { .word[QUEUE] = "Q" }, AMT_IF(QUEUE, "a") AMT_IF(USER, "b")
      AMT_UNLESS(USER, "c") AMT_IF(QUEUE, "d"), "acd" }
  };
  size_t i;
  text   in = {0}, want = {0};
  for (i = 0; i < COUNT(v); i++) {
    text_clear(&in), text_clear(&want);
    text_put(&in, "x=%s", v[i].in);
    text_put(&want, "x=%s", v[i].out);
    expect_filled(&v[i].v, FORM, text_of(&in), text_of(&want));
  }
  text_free(&in);
  text_free(&want);
}

/* Makes a random tree of literals, holes and parts, and the text that must come
   out. `there` is 0 inside a part that is left out. */
static uint32_t chance = 1;

static unsigned below(unsigned n)
{
  chance = chance * 1664525u + 1013904223u;
  return (unsigned)((uint64_t)chance * n >> 32);
}

static void grow(const values *v, text *in, text *want, int there, int depth)
{
  static const int words[] = { APPLICATION, JOB, SCRIPT, USER, QUEUE,
                               API_USER };
  unsigned n = below(5);
  while (n-- > 0) {
    int  word = words[below(COUNT(words))], has = v->word[word] != NULL;
    int  unless = (int)below(2);
    char mark[3] = { 0, hole[word], 0 };
    switch (depth < 9 ? below(4) : below(2)) {
    case 0:
      text_put(in, "<%c>", 'a' + depth);
      if (there) text_put(want, "<%c>", 'a' + depth);
      break;
    case 1:
      text_bytes(in, hole + word, 1);
      if (there) as('j', has ? v->word[word] : "", want);
      break;
    default:
      mark[0] = *(unless ? AMT_UNLESS(JOB, "") : AMT_IF(JOB, ""));
      text_bytes(in, mark, 2);
      grow(v, in, want, there && has != unless, depth + 1);
      text_bytes(in, &AMT_IF(JOB, "")[2], 1);
    }
  }
}

TEST(random_parts_within_parts)
{
  int  turn, word;
  text in = {0}, want = {0};
  for (turn = 0; turn < 3000; turn++) {
    values v = {0};
    for (word = 0; word < 16; word++)
      if (below(2)) v.word[word] = word == USER ? "a\"b" : "v";
    text_clear(&in), text_clear(&want);
    text_put(&in, "["), text_put(&want, "[");
    grow(&v, &in, &want, 1, 0);
    expect_filled(&v, BODY, text_of(&in), text_of(&want));
  }
  text_free(&in);
  text_free(&want);
}

/* --- lists ---------------------------------------------------------------- */

TEST(a_list_is_written_in_four_ways)
{
  static const char *const many[] = { "a=1", "b=\"x=y\"\\", "c=\xC3\xA9 \n" };
#define PAIRS AMT_AS_PAIRS("name", "the \"value\"", AMT_HOLE_PARAMETERS)
  static const struct { size_t n; int where; const char *in, *out; } v[] = {
    { 0, BODY, "[" AMT_HOLE_PARAMETERS "]", "[[]]" },
    { 1, BODY, "[" AMT_HOLE_TASK_VALUES "]", JSON([["a=1"]]) },
    { 3, BODY, "[" AMT_HOLE_PARAMETERS "]",
      "[[\"a=1\",\"b=\\\"x=y\\\"\\\\\",\"c=\xC3\xA9 \\n\"]]" },
    { 0, BODY, "[" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) "]", "[{}]" },
    { 1, BODY, "[" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) "]", JSON([{"a":"1"}]) },
    { 3, BODY, "[" AMT_AS_OBJECT(AMT_HOLE_TASK_VALUES) "]",
      "[{\"a\":\"1\",\"b\":\"\\\"x=y\\\"\\\\\",\"c\":\"\xC3\xA9 \\n\"}]" },
    { 0, BODY, "[" PAIRS "]", "[[]]" },
    { 1, BODY, "[" PAIRS "]",
      JSON([[{"name":"a","the \"value\"":"1"}]]) },
    { 3, BODY, "[" PAIRS "]",
      "[[{\"name\":\"a\",\"the \\\"value\\\"\":\"1\"},"
      "{\"name\":\"b\",\"the \\\"value\\\"\":\"\\\"x=y\\\"\\\\\"},"
      "{\"name\":\"c\",\"the \\\"value\\\"\":\"\xC3\xA9 \\n\"}]]" },
    { 0, BODY, "[" AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS) "]", "[\"\"]" },
    { 1, BODY, "[" AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS) "]",
      "[\"a=1\"]" },
    { 3, BODY, "[" AMT_AS_JOINED("; ", AMT_HOLE_PARAMETERS) "]",
      "[\"a=1; b=\\\"x=y\\\"\\\\; c=\xC3\xA9 \\n\"]" },
    { 3, BODY, "[" AMT_AS_JOINED("\n", AMT_HOLE_PARAMETERS) "]",
      "[\"a=1\\nb=\\\"x=y\\\"\\\\\\nc=\xC3\xA9 \\n\"]" },
    { 3, BODY, "[" AMT_AS_JOINED("\"\\\t", AMT_HOLE_PARAMETERS) "]",
      "[\"a=1\\\"\\\\\\tb=\\\"x=y\\\"\\\\\\\"\\\\\\tc=\xC3\xA9 \\n\"]" },
    { 2, BODY, "[" AMT_AS_JOINED("", AMT_HOLE_PARAMETERS) "]",
      "[\"a=1b=\\\"x=y\\\"\\\\\"]" },
    { 0, FORM, "p=" AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS) "&z", "p=&z" },
    { 1, FORM, "p=" AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS) "&z",
      "p=a%3D1&z" },
    { 3, FORM, "p=" AMT_AS_JOINED("; ", AMT_HOLE_PARAMETERS) "&z",
      "p=a%3D1%3B%20b%3D%22x%3Dy%22%5C%3B%20c%3D%C3%A9%20%0A&z" },
    { 2, BODY, "[" AMT_HOLE_PARAMETERS "," AMT_AS_OBJECT(AMT_HOLE_TASK_VALUES)
      "," AMT_AS_JOINED("", AMT_HOLE_PARAMETERS) "," AMT_HOLE_TASK_VALUES "]",
      "[[\"a=1\",\"b=\\\"x=y\\\"\\\\\"],"
      "{\"a\":\"1\",\"b\":\"\\\"x=y\\\"\\\\\"},"
      "\"a=1b=\\\"x=y\\\"\\\\\",[\"a=1\",\"b=\\\"x=y\\\"\\\\\"]]" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    values of = { .list = many, .count = v[i].n };
    expect_filled(&of, v[i].where, v[i].in, v[i].out);
  }
}

/* The first '=' separates name and value. Both may be empty. */
TEST(an_elements_name_ends_at_its_first_equals_sign)
{
  static const char *const list[] = { "a=b=c", "=v", "n=", "\"q\"=1" };
  static const values      v = { .list = list, .count = 4 };
  expect_filled(&v, BODY, "[" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) "]",
                JSON([{"a":"b=c","":"v","n":"","\"q\"":"1"}]));
  expect_filled(&v, BODY, "[" AMT_AS_PAIRS("k", "v", AMT_HOLE_PARAMETERS) "]",
                JSON([[{"k":"a","v":"b=c"},{"k":"","v":"v"},)
                JSON({"k":"n","v":""},{"k":"\"q\"","v":"1"}]]));
}

/* --- whole requests ------------------------------------------------------- */

TEST(parameters_go_as_a_list_a_string_or_an_object)
{
  static const char *const two[] = { "a=1", "b=\"x=y\"\\" };
  static const struct { const char *hole, *body; } v[] = {
    { AMT_HOLE_PARAMETERS, JSON("Parameters":["a=1","b=\"x=y\"\\"]) },
    { AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS),
      JSON("Parameters":"a=1;b=\"x=y\"\\") },
    { AMT_AS_JOINED("\n", AMT_HOLE_PARAMETERS),
      JSON("Parameters":"a=1\nb=\"x=y\"\\") },
    { AMT_AS_OBJECT(AMT_HOLE_PARAMETERS),
      JSON("Parameters":{"a":"1","b":"\"x=y\"\\"}) },
    { AMT_AS_PAIRS("Name", "Value", AMT_HOLE_PARAMETERS),
      JSON("Parameters":[{"Name":"a","Value":"1"},)
      JSON({"Name":"b","Value":"\"x=y\"\\"}]) }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    text  body = {0};
    play *p = play_new();
    text_put(&body, START_BODY ",\"TaskValues\":" AMT_HOLE_TASK_VALUES
             ",\"Parameters\":%s}", v[i].hole);
    play_wire(p)->call[AMT_START].body = text_of(&body);
    p->t.parameters = two, p->t.parameter_count = 2;
    p->t.task_values = two, p->t.task_value_count = 1; /* stay as they are */
    play_job(p);
    expect_end(p, "done 4");
    expect_sent(p, v[i].body);
    expect_sent(p, JSON("TaskValues":["a=1"]));
    text_free(&body);
  }
}

TEST(paths_are_templates_and_get_has_no_body)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":"a/b 7"})),
    OK(AMT_MONITOR, JSON({"Status":2})),
    OK(AMT_MESSAGES, JSON({"Messages":[{"Sequence":17,"Text":"x"}],)
                     JSON("More":true}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_auth(p, NOBODY);
  int       i;
  for (i = AMT_STOP; i < AMT_CALLS; i++) w->call[i].body = NULL;
  w->call[AMT_START].method = "PUT";
  w->call[AMT_START].path = "/apps/" AMT_HOLE_APPLICATION "/jobs/?do="
                            AMT_HOLE_ACTION;
  w->call[AMT_START].body = "{\"JobName\":" AMT_HOLE_JOB "}";
  w->call[AMT_MONITOR].method = "GET";
  w->call[AMT_MONITOR].path = "/apps/" AMT_HOLE_APPLICATION "/jobs/"
                              AMT_HOLE_ID;
  w->call[AMT_MESSAGES].method = "GET";
  w->call[AMT_MESSAGES].path = "/log?id=" AMT_HOLE_ID "&after=" AMT_HOLE_AFTER
                               "&x={y}{id";
  w->call[AMT_KILL].method = "DELETE";
  w->call[AMT_KILL].path = "/jobs/" AMT_HOLE_ID "/" AMT_HOLE_ACTION "/"
                           AMT_HOLE_ID;
  w->call[AMT_STOP].path = "/jobs/" AMT_HOLE_ID "/stop";
  p->t.application = "D&M/\xC3\xA9 2?#";
  play_to(p, AMT_STATUS);
  amt_stop(&p->j, AMT_KILL);
  play_run(p);
  expect_end(p, "done 3 GAP log incomplete");
  expect_sent(p, "PUT /apps/D%26M%2F%C3%A9%202%3F%23/jobs/?do=START\n"
              "Accept: application/json\r\n"
              "Content-Type: application/json\r\n\n"
              "{\"JobName\":\"REPORTTEST01\"}\n");
  expect_sent(p, "GET /apps/D%26M%2F%C3%A9%202%3F%23/jobs/a%2Fb%207\n"
              "Accept: application/json\r\n\n\n");
  expect_sent(p, "DELETE /jobs/a%2Fb%207/KILL/a%2Fb%207\n"
              "Accept: application/json\r\n\n\n");
  expect_sent(p, "GET /log?id=a%2Fb%207&after=0&x={y}{id\n");
  expect_sent(p, "GET /log?id=a%2Fb%207&after=17&x={y}{id\n");
}

TEST(a_part_of_a_path_that_is_not_given_is_left_out)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->call[AMT_SIGN_IN].path = "/a" AMT_IF(APPLICATION, AMT_HOLE_APPLICATION)
    "b" AMT_IF(ID, AMT_HOLE_ID) "c" AMT_IF(AFTER, AMT_HOLE_AFTER);
  play_once_of(p, AMT_SIGN_IN, NULL, NULL);
  play_run(p);
  expect_end(p, "done 19 log incomplete");
  expect_sent(p, "POST /abc\n");
}

TEST(actions_that_stand_in_paths_need_no_words)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->call[AMT_START].body = "{\"JobName\":" AMT_HOLE_JOB "}";
  w->call[AMT_STOP].path = "/jobs/" AMT_HOLE_ID "/stop";
  w->call[AMT_STOP].body = NULL;
  w->reply[AMT_REPLY_TIME] = "a.b23456789012345678901234567890"
                         ".c234567890123456789012345678901";
  /* no segment is longer than 31 bytes */
  play_to(p, AMT_STARTED);
  amt_stop(&p->j, AMT_STOP);
  play_run(p);
  expect_end(p, "done 12");
  expect_sent(p, "POST /jobs/2112/stop\n");
  expect_unsent(p, "Action\"");
}

TEST(fixed_headers_and_members_go_with_every_call)
{
  const char *at;
  int         i, headers = 0, members = 0;
  play       *p = play_new();
  amt_wire   *w = play_wire(p);
#define FIXED_MEMBERS "{\"tenant\":7,\"v\":\"x\","
  w->headers = AMT_IF(TOKEN, "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n")
               "X-Tenant: 7\r\nX-Key: a b\r\n";
  w->call[AMT_SIGN_IN].body = FIXED_MEMBERS "\"P\":" AMT_HOLE_PASSWORD "}";
  w->call[AMT_START].body = FIXED_MEMBERS "\"JobName\":" AMT_HOLE_JOB "}";
  for (i = AMT_STOP; i < AMT_CALLS; i++)
    w->call[i].body = FIXED_MEMBERS "\"BatchRequestId\":" AMT_HOLE_ID "}";
  play_job(p);
  expect_end(p, "done 4");
  for (at = text_of(&p->srv.calls);
       (at = strstr(at, "\nX-Tenant: 7\r\nX-Key: a b\r\n")); at++) headers++;
  for (at = p->srv.calls.p;
       (at = strstr(at, "\n{\"tenant\":7,\"v\":\"x\",\"")); at++) members++;
  assert_int_equal(headers, p->calls);
  assert_int_equal(members, p->calls);
}

TEST(words_may_be_others_and_members_absent)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->call[AMT_START].body = "{\"Action\":\"begin\",\"ApplicationName\":"
    AMT_HOLE_APPLICATION ",\"Name\":" AMT_HOLE_JOB "}";
  w->call[AMT_MONITOR].body = w->call[AMT_MESSAGES].body = JOB_BODY;
  w->reply[AMT_REPLY_MORE] = NULL;
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "\n" JSON({"Action":"begin","ApplicationName":"DEMO2",)
              JSON("Name":"REPORTTEST01"}) "\n");
  expect_sent(p, "\n" JSON({"ApplicationName":"DEMO2","BatchRequestId":2112})
              "\n");
  expect_unsent(p, "AfterSequence");
}

/* Bodies in the style of other REST servers. */
TEST(bodies_may_be_nested_or_one_string_or_a_bare_hole)
{
  static const char *const list[] = { "A=1", "B=2" };
  static const struct { const char *in, *out, *kind; } v[] = {
    { "{\"job\":{\"definition\":{\"app\":" AMT_HOLE_APPLICATION ",\"name\":"
      AMT_HOLE_JOB "},\"args\":{\"positional\":" AMT_HOLE_PARAMETERS
      ",\"named\":" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) "}},\"tags\":[\"amt\","
      AMT_HOLE_STATION "]}",
      JSON({"job":{"definition":{"app":"DEMO2","name":"REPORTTEST01"},)
      JSON("args":{"positional":["A=1","B=2"],"named":{"A":"1","B":"2"}}},)
      JSON("tags":["amt","OPCON"]}), "json" },
    { "\"run " AMT_AS_TEXT(AMT_HOLE_JOB) " of "
      AMT_AS_TEXT(AMT_HOLE_APPLICATION) "\"", "\"run REPORTTEST01 of DEMO2\"",
      "json" },
    { AMT_HOLE_JOB, "\"REPORTTEST01\"", "json" },
    { AMT_AS_JOINED(",", AMT_HOLE_PARAMETERS), "\"A=1,B=2\"", "json" },
    { "[" AMT_HOLE_JOB "]", "[\"REPORTTEST01\"]", "json" },
    { "app=" AMT_HOLE_APPLICATION AMT_IF(QUEUE, "&queue=" AMT_HOLE_QUEUE)
      "&args=" AMT_AS_JOINED(",", AMT_HOLE_PARAMETERS),
      "app=DEMO2&args=A%3D1%2CB%3D2", "x-www-form-urlencoded" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    char  kind[80];
    play *p = play_new();
    play_wire(p)->call[AMT_START].body = v[i].in;
    p->t.parameters = list, p->t.parameter_count = 2;
    play_job(p);
    expect_end(p, "done 4");
    snprintf(kind, sizeof kind, "Content-Type: application/%s\r\n\n%s\n",
             v[i].kind, v[i].out);
    expect_sent(p, kind);
  }
}

/* The task comes from the caller, the id from the server. Neither may break a
   line of the head. */
TEST(a_line_break_in_a_name_or_an_id_never_ends_a_line_of_a_head)
{
  static const step s[] = {
    OK(AMT_START, JSON({"BatchRequestId":"7\r\nX: evil"}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_auth(p, BASIC);
#define JOBS "/apps/" AMT_HOLE_APPLICATION "/jobs"
  w->call[AMT_START].path = JOBS;
  w->call[AMT_MONITOR].path = JOBS "/" AMT_HOLE_ID;
  w->call[AMT_MESSAGES].path = JOBS "/" AMT_HOLE_ID "/" AMT_HOLE_AFTER;
  p->s.user = "o\r\nX evil"; /* a colon would be refused */
  p->s.password = "p\r\nX: evil\n";
  p->t.application = "D\r\nX: evil";
  p->t.job = "J\r\nX: evil";
  play_job(p);
  expect_end(p, "done 4");
  assert_true(p->srv.count[AMT_MONITOR] > 0 && p->srv.count[AMT_MESSAGES] > 0);
  expect_sent(p, "POST /apps/D%0D%0AX%3A%20evil/jobs\n");
  expect_sent(p, "/apps/D%0D%0AX%3A%20evil/jobs/7%0D%0AX%3A%20evil");
  expect_unsent(p, "\nX");
}

/* The server's id arrives after the checks. In a header or path, characters
   that would end it are percent-encoded, whatever the table says. */
TEST(an_id_that_goes_as_it_is_never_ends_a_line_or_a_path)
{
  static const struct { const char *id, *header, *path; } v[] = {
    { "7\\r\\nX: evil", "\nX-Job: 7%0D%0AX%3A%20evil\r\n",
      "POST /jobs/7%0D%0AX%3A%20evil\n" },
    { "7 HTTP/1.0", "\nX-Job: 7 HTTP/1.0\r\n", "POST /jobs/7%20HTTP%2F1.0\n" },
    { "A-7", "\nX-Job: A-7\r\n", "POST /jobs/A-7\n" }
  };
  size_t i;
  int    text_too;
  for (i = 0; i < COUNT(v); i++)
    for (text_too = 0; text_too < 2; text_too++) {
      char      body[80];
      step      s[] = { OK(AMT_START, body) };
      play     *p;
      amt_wire *w;
      snprintf(body, sizeof body, "{\"BatchRequestId\":\"%s\"}", v[i].id);
      p = play_with(s);
      w = play_wire(p);
      w->headers = AMT_IF(TOKEN, "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n")
                   AMT_IF(ID, "X-Job: " AMT_HOLE_ID "\r\n");
      w->call[AMT_MONITOR].path = "/jobs/" AMT_AS_RAW(AMT_HOLE_ID);
      if (text_too && i > 0)
        w->call[AMT_MONITOR].path = "/jobs/" AMT_AS_TEXT(AMT_HOLE_ID);
      play_job(p);
      expect_end(p, "done 4");
      expect_sent(p, v[i].header);
      expect_sent(p, v[i].path);
      expect_unsent(p, "\nX: evil");
    }
}

/* An id from the caller is checked first: raw, it is refused; percent-encoded,
   it is not. */
TEST(an_id_that_is_given_and_would_end_a_path_is_refused)
{
  static const struct { const char *id; int error; } v[] = {
    { "7\nX: evil", AMT_E_CONTROL }, { "\"7\\r\\nX: evil\"", AMT_E_CONTROL },
    { "\"7\\u0000\"", AMT_E_CONTROL }, { "7 8", AMT_E_CONTROL },
    { "a\xC3", AMT_E_UTF8 }, { "", AMT_E_MISSING }, { "A-7", 0 }
  };
  size_t i;
  int    raw;
  for (i = 0; i < COUNT(v); i++)
    for (raw = 0; raw < 2; raw++) {
      play     *p = play_new();
      amt_wire *w = play_wire(p);
      int       error = raw || v[i].error != AMT_E_CONTROL ? v[i].error : 0;
      w->call[AMT_MONITOR].path = raw ? "/jobs/" AMT_AS_RAW(AMT_HOLE_ID)
                                      : "/jobs/" AMT_HOLE_ID;
      p->srv.status_at = 3;
      amt_attach(&p->j, &p->s, "DEMO2", v[i].id);
      play_until(p, error != 0 ? AMT_FAILED : AMT_STATUS);
      assert_int_equal(p->j.error, error);
      assert_int_equal(p->calls == 0, error != 0);
      if (error == 0) expect_unsent(p, "\nX: evil");
    }
}

/* Nobody may change a task in mid-run. If somebody does, the request is wrong
   but well-formed. */
TEST(a_task_that_changes_in_mid_run_does_no_harm)
{
  static const char *two[] = { "a=1", "b=2" };
  static const struct { const char *hole, *second, *sent; } v[] = {
    { AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS), "nameless", "\"a=1;nameless\"" },
    { AMT_AS_JOINED(";", AMT_HOLE_PARAMETERS), NULL, "\"a=1;\"" },
    { AMT_AS_OBJECT(AMT_HOLE_PARAMETERS), "nameless",
      JSON({"a":"1","nameless":""}) },
    { AMT_AS_OBJECT(AMT_HOLE_PARAMETERS), NULL, JSON({"a":"1","":""}) },
    { AMT_AS_PAIRS("n", "v", AMT_HOLE_PARAMETERS), "nameless",
      JSON([{"n":"a","v":"1"},{"n":"nameless","v":""}]) },
    { AMT_HOLE_PARAMETERS, NULL, JSON(["a=1",""]) }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    text  in = {0}, body = {0};
    play *p = play_new();
    text_put(&in, START_BODY ",\"p\":%s}", v[i].hole);
    play_wire(p)->call[AMT_START].body = text_of(&in);
    two[1] = "b=2";
    p->t.parameters = two, p->t.parameter_count = 2;
    play_start(p);
    while (amt_next(&p->j, p->now) != AMT_CALL) { }
    play_call(p);
    while (amt_next(&p->j, p->now) != AMT_CALL) { }
    assert_int_equal(p->j.op, AMT_START);
    two[1] = v[i].second;
    play_part(&p->j, amt_call_body, &body);
    assert_non_null(strstr(text_of(&body), v[i].sent));
    amt_forget(&p->j);
    text_free(&body);
    text_free(&in);
  }
}

/* --- values that are refused ---------------------------------------------- */

TEST(what_the_table_does_not_ask_for_need_not_be_given)
{
  static const char *const name[] = { "api_user", NULL, "application", "id" };
  int i;
  for (i = 0; i < 4; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    if (i < 2) p->s.user = NULL;
    if (i == 1)
      w->call[AMT_SIGN_IN].body = "{\"Password\":" AMT_HOLE_PASSWORD "}";
    if (i == 3) /* only the path has it */
      w->call[AMT_MONITOR].path = "/" AMT_HOLE_ID,
      w->call[AMT_MONITOR].body = NULL;
    amt_attach(&p->j, &p->s, i == 2 ? NULL : "DEMO2", i == 3 ? "" : "2112");
    play_run(p);
    if (name[i] == NULL) {
      expect_end(p, "done 4");
      expect_sent(p, "\n" JSON({"Password":"opconxps"}) "\n");
    } else {
      expect_end(p, "failed MISSING, code 19, start known");
      assert_string_equal(p->j.msg, name[i]);
      assert_int_equal(p->calls, 0);
    }
  }
}

/* A Start by a table that needs each word in turn; the task has all the
   others. */
TEST(what_a_task_lacks_is_named)
{
  static const char *const empty[] = { "a=1", "" };
  static const char *const null[] = { NULL };
  static const char *const nameless[] = { "a=1", "nameless" };
  static const char *const bad[] = { "a=1", "b=\xC3" };
  static const char *const good[] = { "a=1" };
#define LIST(l) .parameters = l, .parameter_count = COUNT(l)
#define VALUES(l) .task_values = l, .task_value_count = COUNT(l)
#define TASK .application = "D", .job = "R"
  static const struct {
    amt_task t;
    const char *path, *headers, *body;
    int error;
    const char *word;
  } v[] = {
    { { TASK }, "/", NULL, "[" AMT_HOLE_QUEUE "]", AMT_E_MISSING, "queue" },
    { { TASK, .queue = "" }, "/", NULL, "[" AMT_HOLE_QUEUE "]", AMT_E_MISSING,
      "queue" },
    { { TASK }, "/" AMT_HOLE_QUEUE, NULL, NULL, AMT_E_MISSING, "queue" },
    { { TASK }, "/", "X: " AMT_HOLE_QUEUE "\r\n", NULL, AMT_E_MISSING,
      "queue" },
    { { TASK }, "/", NULL, "q=" AMT_HOLE_QUEUE, AMT_E_MISSING, "queue" },
    { { TASK, .queue = "Q" }, "/", NULL, "[" AMT_HOLE_QUEUE "]", 0, NULL },
    { { TASK }, "/", NULL, "[" AMT_HOLE_USER "]", AMT_E_MISSING, "user" },
    { { TASK }, "/", NULL, "[" AMT_HOLE_SCRIPT "]", AMT_E_MISSING, "script" },
    { { .application = "D" }, "/", NULL, "[" AMT_HOLE_JOB "]", AMT_E_MISSING,
      "job" },
    { { .job = "R" }, "/", NULL, "[" AMT_HOLE_APPLICATION "]", AMT_E_MISSING,
      "application" },
    { { TASK }, "/", NULL, "[" AMT_HOLE_ID "]", AMT_E_MISSING, "id" },
    { { TASK }, "/", NULL, "[" AMT_HOLE_AFTER "]", AMT_E_MISSING, "after" },
    { { TASK }, "/", NULL, "[" AMT_HOLE_STATION AMT_HOLE_SUBMIT_USER "]", 0,
      NULL },
    { { TASK }, "/", NULL, "[" AMT_IF(QUEUE, AMT_HOLE_QUEUE) "]", 0, NULL },
    { { TASK }, "/", NULL, "[" AMT_UNLESS(QUEUE, AMT_HOLE_USER) "]",
      AMT_E_MISSING, "user" },
    { { TASK, .queue = "Q" }, "/", NULL, "[" AMT_UNLESS(QUEUE, AMT_HOLE_USER)
      "]", 0, NULL },
    { { TASK }, "/", NULL, "[" AMT_HOLE_PARAMETERS "]", 0, NULL },
    { { TASK, LIST(empty) }, "/", NULL, "[" AMT_HOLE_PARAMETERS "]",
      AMT_E_EMPTY, "parameters" },
    { { TASK, LIST(null) }, "/", NULL, "p=" AMT_AS_JOINED(";",
      AMT_HOLE_PARAMETERS), AMT_E_EMPTY, "parameters" },
    { { TASK, VALUES(empty) }, "/", NULL, "[" AMT_AS_OBJECT(
      AMT_HOLE_TASK_VALUES) "]", AMT_E_EMPTY, "task_values" },
    { { TASK, LIST(nameless) }, "/", NULL, "[" AMT_HOLE_PARAMETERS "]", 0,
      NULL },
    { { TASK, LIST(nameless) }, "/", NULL, "[" AMT_AS_JOINED(";",
      AMT_HOLE_PARAMETERS) "]", 0, NULL },
    { { TASK, LIST(nameless) }, "/", NULL, "[" AMT_AS_OBJECT(
      AMT_HOLE_PARAMETERS) "]", AMT_E_EMPTY, "parameters" },
    { { TASK, LIST(nameless) }, "/", NULL, "[" AMT_AS_PAIRS("n", "v",
      AMT_HOLE_PARAMETERS) "]", AMT_E_EMPTY, "parameters" },
    { { TASK, LIST(null) }, "/", NULL, "[" AMT_AS_PAIRS("n", "v",
      AMT_HOLE_PARAMETERS) "]", AMT_E_EMPTY, "parameters" },
    { { TASK, LIST(good) }, "/", NULL, "[" AMT_AS_PAIRS("n", "v",
      AMT_HOLE_PARAMETERS) "]", 0, NULL },
    { { TASK, LIST(bad) }, "/", NULL, "[" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS)
      "]", AMT_E_UTF8, "parameters" },
    { { TASK, LIST(good), VALUES(bad) }, "/", NULL, "[" AMT_HOLE_PARAMETERS
      AMT_HOLE_TASK_VALUES "]", AMT_E_UTF8, "task_values" },
    { { TASK, .queue = "\xFF" }, "/" AMT_HOLE_QUEUE, NULL, NULL, AMT_E_UTF8,
      "queue" },
    { { TASK, .queue = "\xFF" }, "/", "X: " AMT_HOLE_QUEUE "\r\n", NULL,
      AMT_E_UTF8, "queue" },
    { { TASK, .queue = "a\r\nb" }, "/", "X: " AMT_HOLE_QUEUE "\r\n", NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a\tb" }, "/", "X: " AMT_HOLE_QUEUE "\r\n", NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a\x7F" }, "/", "X: " AMT_HOLE_QUEUE "\r\n", NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a\x7F" }, "/", "X: " AMT_AS_TEXT(AMT_HOLE_QUEUE)
      "\r\n", NULL, AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a b\xC3\xA9" }, "/", "X: " AMT_HOLE_QUEUE "\r\n", NULL,
      0, NULL },
    { { TASK, .queue = "a\r\nb" }, "/", "X: " AMT_AS_URL(AMT_HOLE_QUEUE)
      "\r\n", NULL, 0, NULL },
    { { TASK, .queue = "a\r\nb" }, "/" AMT_HOLE_QUEUE, NULL, NULL, 0, NULL },
    { { TASK, .queue = "a\nb" }, "/" AMT_AS_RAW(AMT_HOLE_QUEUE), NULL, NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a b" }, "/" AMT_AS_RAW(AMT_HOLE_QUEUE), NULL, NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a b" }, "/" AMT_AS_TEXT(AMT_HOLE_QUEUE), NULL, NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a#b" }, "/" AMT_AS_RAW(AMT_HOLE_QUEUE), NULL, NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "\xC3\xA9" }, "/" AMT_AS_RAW(AMT_HOLE_QUEUE), NULL, NULL,
      AMT_E_CONTROL, "queue" },
    { { TASK, .queue = "a/b?c=d&e" }, "/" AMT_AS_RAW(AMT_HOLE_QUEUE), NULL,
      NULL, 0, NULL }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play     *p = play_new();
    amt_wire *w = play_auth(p, NOBODY);
    p->t = v[i].t;
    w->call[AMT_START].path = v[i].path;
    w->call[AMT_START].body = v[i].body;
    w->headers = v[i].headers;
    play_once(p, AMT_START);
    play_until(p, AMT_STARTING);
    if (v[i].error == 0) {
      if (p->last != AMT_STARTING) fail_msg("row %zu is refused", i);
    } else {
      expect_all(p, "failed %s, code 11, start none\n",
                 error_name(v[i].error));
      assert_string_equal(p->j.msg, v[i].word);
      assert_int_equal(p->j.msg_len, strlen(v[i].word));
    }
    assert_int_equal(p->calls, 0);
  }
}

/* A value that only a later call needs is checked before the Start, too. What
   the server supplies, and calls that this run never makes, are not checked. */
TEST(what_a_later_call_asks_for_is_refused_before_the_start)
{
  static const char asks[] = "{\"q\":" AMT_HOLE_QUEUE ",\"i\":" AMT_HOLE_ID "}";
  static const char with_token[] = "{\"i\":" AMT_HOLE_ID
    AMT_IF(TOKEN, AMT_IF(ID, ",\"q\":" AMT_HOLE_QUEUE)) "}";
  static const struct {
    int         op;
    const char *body;
    int         never, no_path, once, refused;
  } v[] = {
    { AMT_MONITOR, asks, 0, 0, 0, 1 }, { AMT_MESSAGES, asks, 0, 0, 0, 1 },
    { AMT_STOP, asks, 0, 0, 0, 1 },    { AMT_KILL, asks, 0, 0, 0, 1 },
    { AMT_MONITOR, with_token, 0, 0, 0, 1 },
    { AMT_MESSAGES, asks, 1, 0, 0, 0 }, { AMT_KILL, asks, 0, 1, 0, 0 },
    { AMT_MONITOR, asks, 0, 0, 1, 0 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    play_wire(p)->call[v[i].op].body = v[i].body;
    if (v[i].no_path) p->wire.call[v[i].op].path = NULL;
    if (v[i].never) p->s.messages = AMT_NEVER;
    if (v[i].once) play_once(p, AMT_START);
    else play_start(p);
    play_run(p);
    assert_int_equal(p->j.error, v[i].refused ? AMT_E_MISSING : 0);
    if (!v[i].refused) continue;
    assert_string_equal(p->j.msg, "queue");
    assert_int_equal(p->calls, 0);
  }
}

/* A header needs the token, and no sign-in supplies it. */
TEST(a_fixed_token_without_room_is_refused)
{
  play *p = play_new();
  play_auth(p, FIXED);
  p->s.token = NULL;
  play_job(p);
  expect_all(p, "failed TOKEN_ROOM, code 11, start none\n");
  assert_string_equal(p->j.msg, "token");
}

TEST(a_token_that_a_sign_in_asks_for_is_missing)
{
  play *p = play_new();
  play_wire(p)->headers = "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n";
  play_job(p);
  expect_all(p, "failed MISSING, code 11, start none\n");
  assert_string_equal(p->j.msg, "token");
}

/* --- arbitrary texts ------------------------------------------------------ */

/* Checks and produces the text as path, headers and body of a call. */
static void walk(play *p, const values *v, const char *text_)
{
  static const part put[] = { amt_call_path, amt_call_headers, amt_call_body };
  amt_wire      *w = play_auth(p, NOBODY);
  amt_wire_fault fault;
  char           piece[40];
  int            op = (int)below(AMT_CALLS);
  size_t         i;
  w->call[op].path = text_, w->call[op].body = text_, w->headers = text_;
  stand(p, v);
  amt_once(&p->j, &p->s, (amt_op)op, &p->t, v->word[ID]);
  amt_next(&p->j, p->now);
  amt_forget(&p->j);
  stand(p, v);
  p->j.op = (uint8_t)op;
  for (i = 0; i < COUNT(put); i++) {
    amt_window o;
    amt_window_init(&o, piece, sizeof piece, below(50));
    put[i](&p->j, &o);
  }
  amt_wire_check(w, &fault);
}

/* Each text ends at an unreadable page. */
SLOW_TEST(any_text_is_walked_to_its_end_and_no_further)
{
  static const char *const list[] = { "a=1", "nameless", "=" };
  static const values some = { .word = { "a", NULL, "s", NULL, "u", NULL, "q",
    "7", NULL, NULL, NULL, "n", "p", "t" }, .list = list, .count = 3 };
  int   turn, half;
  play *p = play_new();
  for (turn = 0; turn < 30000; turn++) {
    size_t n = below(24), i;
    char  *text_ = (char *)edge_new(n + 1);
    static const values none = {0};
    for (i = 0; i < n; i++)
      text_[i] = (char)(below(8) != 0 ? 1 + below(31) : 1 + below(255));
    text_[n] = 0;
    for (half = 0; half < 2; half++) walk(p, half ? &none : &some, text_);
    edge_check();
  }
}

/* Valid texts, cut anywhere, or with one byte changed. */
SLOW_TEST(a_text_that_is_cut_anywhere_is_walked_to_its_end)
{
  static const char all[] = "{" AMT_IF(QUEUE, "\"q\":" AMT_HOLE_QUEUE ","
    AMT_UNLESS(USER, AMT_AS_TEXT(AMT_HOLE_JOB))) "\"p\":" AMT_AS_PAIRS("n", "v",
    AMT_HOLE_PARAMETERS) ",\"j\":" AMT_AS_JOINED("; ", AMT_HOLE_TASK_VALUES)
    ",\"o\":" AMT_AS_OBJECT(AMT_HOLE_PARAMETERS) "}";
  static const char *const list[] = { "a=1", "b=2" };
  static const values v = { .word[QUEUE] = "q", .list = list, .count = 2 };
  size_t n, at;
  int    c;
  play  *p = play_new();
  for (n = 0; n < sizeof all; n++) {
    char *text_ = (char *)edge_copy(all, n + 1);
    text_[n] = 0;
    walk(p, &v, text_);
    for (at = 0; at < n; at++)
      for (c = 1; c < 34; c += 1 + (n + 1 < sizeof all) * 6) {
        char was = text_[at];
        text_[at] = (char)c;
        walk(p, &v, text_);
        text_[at] = was;
      }
    edge_check();
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
