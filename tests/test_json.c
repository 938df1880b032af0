/* test_json.c - the JSON tokenizer and writer of amt.h: it is strict, and the
   pieces in which the bytes arrive make no difference.

   Each input ends at an unreadable page. It is fed whole, byte by byte and cut
   at every position, and must always give the same tokens, or the same error,
   at the same offsets. With JSON_TEST_SUITE=folder the files of
   nst/JSONTestSuite are read as well.

   Contents: >>reader >>opinion >>vectors >>accept >>refuse >>cuts >>repair
   >>state >>integers >>writer >>suite >>gather */

#include <dirent.h>

#define SUITE_MAIN
#include "suite.h"
#define AMT_IMPLEMENTATION
#include "amt.h"
#include "check.h"

/* ------------------------------------------------------------------------
   >>reader   feeds a tokenizer and records its results */

/* `tokens` records what was read and how it ended,
     { k:name s:text n:12 t f 0 } [ ] ok
   with unprintable bytes as \xNN. `places` has the offsets, too. */
#define BAD "\xEF\xBF\xBD" /* U+FFFD */

typedef struct reader {
  amt_json json[2]; /* the state is copied from one to the other */
  int      slot;
  int      whole;   /* all bytes are fed at once */
  int      result;  /* 1 while it runs, then 0 or an error */
  size_t   fed;     /* bytes taken */
  int      open;    /* a KEY, STRING or NUMBER whose last piece has not come */
  size_t   start;   /* its start */
  size_t   held;    /* its bytes so far, in `part` */
  unsigned depth;
  char     part[300000];
  text     tokens, places;
} reader;

static int repairing; /* sets amt_json.repair; 2: for valid texts, too */

static const unsigned char *whole_text; /* the text under test, unchanged */
static size_t               whole_size;

static const char *error_name(int e)
{
  switch (e) {
  case 0: return "ok";
  case AMT_E_JSON_SYNTAX: return "SYNTAX";
  case AMT_E_JSON_STRING: return "STRING";
  case AMT_E_JSON_ESCAPE: return "ESCAPE";
  case AMT_E_JSON_UTF8: return "UTF8";
  case AMT_E_JSON_DEPTH: return "DEPTH";
  case AMT_E_JSON_TRUNCATED: return "TRUNCATED";
  case AMT_E_JSON_TRAILING: return "TRAILING";
  default: return "(not an error of the tokenizer)";
  }
}

/* Checks UTF-8 by decoding it, unlike the library. */
static int is_utf8(const unsigned char *p, size_t n)
{
  size_t i = 0;
  while (i < n) {
    uint32_t point = p[i];
    size_t   more = point < 0x80                 ? 0
                    : (point & 0xE0u) == 0xC0u   ? 1
                    : (point & 0xF0u) == 0xE0u   ? 2
                    : (point & 0xF8u) == 0xF0u   ? 3
                                                 : 9;
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    size_t   k;
    if (more == 9 || more >= n - i) return 0;
    if (more != 0) point &= 0x3Fu >> more;
    for (k = 1; k <= more; k++) {
      if ((p[i + k] & 0xC0u) != 0x80u) return 0;
      point = point << 6 | (p[i + k] & 0x3Fu);
    }
    if (point < least[more] || point > 0x10FFFFu) return 0;
    if (point >= 0xD800u && point <= 0xDFFFu) return 0;
    i += more + 1;
  }
  return 1;
}

static void reader_begin(reader *r)
{
  memset(r->json, 0, sizeof r->json);
  r->json[0].repair = repairing != 0;
  r->slot = r->whole = r->open = 0;
  r->result = 1;
  r->fed = r->start = r->held = 0;
  r->depth = 0;
  text_clear(&r->tokens);
  text_clear(&r->places);
}

/* Moves the state to a new address and overwrites the old copy. */
static amt_json *reader_state(reader *r)
{
  amt_json *from = &r->json[r->slot];
  r->slot = !r->slot;
  r->json[r->slot] = *from;
  memset(from, 0xA5, sizeof *from);
  return &r->json[r->slot];
}

static void note(reader *r, const char *token, const amt_json *json)
{
  text_add(&r->tokens, "%s ", token);
  text_add(&r->places, "%s@%zu ", token, json->start);
  assert_int_equal(json->depth, r->depth);
}

/* Records a piece of a KEY, STRING or NUMBER. */
static void note_piece(reader *r, int e, const amt_json_token *t,
                       const amt_json *json)
{
  const char *prefix = e == AMT_JSON_KEY    ? "k:"
                       : e == AMT_JSON_STRING ? "s:"
                                              : "n:";
  assert_int_equal(json->depth, r->depth);
  if (!is_utf8((const unsigned char *)t->text, t->len))
    fail_msg("a piece is not valid UTF-8 by itself");
  if (t->first != (r->open == 0)) fail_msg("`first` is wrong");
  if (r->open == 0) {
    r->start = json->start;
    r->held = 0;
  }
  if (r->open != 0 && r->open != e) fail_msg("a token changed its kind");
  if (r->start != json->start) fail_msg("`start` moved within a token");
  r->open = e;
  if (t->len > sizeof r->part - r->held) fail_msg("token too long for a test");
  if (t->len != 0) memcpy(r->part + r->held, t->text, t->len);
  r->held += t->len;
  if (!t->last) return;
  r->open = 0;
  text_add(&r->tokens, "%s", prefix);
  text_add(&r->places, "%s", prefix);
  text_bytes(&r->tokens, r->part, r->held);
  text_bytes(&r->places, r->part, r->held);
  text_add(&r->tokens, " ");
  text_add(&r->places, "@%zu ", r->start);
}

/* The token begins at `start`, with a byte that fits its kind. */
static void check_start(int e, size_t start)
{
  static const char first[] = "?{}[]\"\"?tfn";
  unsigned          c;
  if (start >= whole_size) fail_msg("`start` lies past the text");
  c = whole_text[start];
  if (e == AMT_JSON_NUMBER ? !(c == '-' || (c >= '0' && c <= '9'))
                           : c != (unsigned char)first[e])
    fail_msg("`start` is %zu, which is not where the token begins", start);
}

static void finish(reader *r, int result)
{
  r->result = result;
  text_add(&r->tokens, "%s", error_name(result));
  text_add(&r->places, "%s@%zu ~%lu", error_name(result),
           r->json[r->slot].offset, (unsigned long)r->json[r->slot].repaired);
}

/* After an error, every call fails and touches no byte. */
static void check_sticky(reader *r)
{
  static const char more[] = "\"a\\u0041\" [1]";
  unsigned char    *p = edge_copy(more, sizeof more - 1);
  size_t            used = 99, offset = r->json[r->slot].offset;
  amt_json_token    token;
  amt_json         *json = reader_state(r);
  assert_int_equal(amt_json_next(json, p, sizeof more - 1, &used, &token),
                   r->result);
  assert_int_equal(used, 0);
  assert_memory_equal(p, more, sizeof more - 1);
  assert_int_equal(amt_json_end(json, &token), r->result);
  assert_int_equal(amt_json_next(json, p, 0, &used, &token), r->result);
  assert_int_equal(json->offset, offset);
}

static void feed(reader *r, const unsigned char *bytes, size_t n)
{
  unsigned char *p = edge_copy(bytes, n);
  size_t         at = 0, calls = 0;
  int            cut = 0; /* only an error may follow */
  while (r->result == 1) {
    amt_json      *json = reader_state(r);
    amt_json_token token;
    size_t         used = n + 1;
    int            e;
    token.text = NULL;
    token.len = 1;
    token.first = token.last = 9;
    e = amt_json_next(json, p + at, n - at, &used, &token);
    edge_check();
    if (++calls > (repairing ? 6 : 3) * (n + 1))
      fail_msg("the tokenizer makes no progress");
    if (used > n - at) fail_msg("it used more than there was");
    if (memcmp(p + at + used, bytes + at + used, n - at - used) != 0)
      fail_msg("it wrote past the bytes it used");
    if (e < 0) {
      if (json->offset < r->fed || json->offset > r->fed + n - at)
        fail_msg("the error has another offset");
      finish(r, e);
      check_sticky(r);
      return;
    }
    if (cut)
      fail_msg("lies whole in the bytes fed, but is not lent as one piece");
    r->fed += used;
    if (json->offset != r->fed) fail_msg("`offset` is not what was used");
    if (e == AMT_JSON_MORE) {
      assert_int_equal(at + used, n);
      return;
    }
    if (e > AMT_JSON_NULL) fail_msg("an unknown token, %d", e);
    check_start(e, json->start);
    switch (e) {
    case AMT_JSON_OBJECT: r->depth++; note(r, "{", json); break;
    case AMT_JSON_OBJECT_END: r->depth--; note(r, "}", json); break;
    case AMT_JSON_ARRAY: r->depth++; note(r, "[", json); break;
    case AMT_JSON_ARRAY_END: r->depth--; note(r, "]", json); break;
    case AMT_JSON_TRUE: note(r, "t", json); break;
    case AMT_JSON_FALSE: note(r, "f", json); break;
    case AMT_JSON_NULL: note(r, "0", json); break;
    default: {
      const unsigned char *t = (const unsigned char *)token.text;
      int in_buffer = t >= p + at && t + token.len <= p + at + used;
      int in_state = t >= (unsigned char *)json &&
                     t + token.len <= (unsigned char *)(json + 1);
      int in_repair = repairing == 1 && token.len == 3 &&
                      memcmp(t, BAD, 3) == 0;
      if (token.len != 0 && !in_buffer && !in_state && !in_repair)
        fail_msg("text lies neither in the bytes used nor in the state");
      cut = r->whole && !token.last && at + used < n;
      if (r->whole && !(token.first && (token.len == 0 || in_buffer)))
        fail_msg("lies whole in the bytes fed, but is not lent as one piece");
      note_piece(r, e, &token, json);
    }
    }
    at += used;
  }
}

static void feed_end(reader *r)
{
  amt_json_token token;
  int            e, numbers = 0;
  if (r->result != 1) return;
  do {
    amt_json *json = reader_state(r);
    e = amt_json_end(json, &token);
    if (e == AMT_JSON_NUMBER) {
      if (token.len != 0 || !token.last) fail_msg("not an empty last piece");
      if (++numbers > 1) fail_msg("a number that ends twice");
      note_piece(r, e, &token, json);
    }
  } while (e == AMT_JSON_NUMBER);
  if (e > 0) fail_msg("amt_json_end gave %d", e);
  finish(r, e);
  if (e < 0) check_sticky(r);
}

static void read_whole(reader *r, const void *p, size_t n)
{
  whole_text = (const unsigned char *)p;
  whole_size = n;
  reader_begin(r);
  r->whole = repairing != 1;
  feed(r, whole_text, n);
  feed_end(r);
}

/* Feeds it in pieces of `size` bytes. */
static void read_pieces(reader *r, const void *p, size_t n, size_t size)
{
  size_t at;
  whole_text = (const unsigned char *)p;
  whole_size = n;
  reader_begin(r);
  for (at = 0; at < n; at += size)
    feed(r, whole_text + at, size < n - at ? size : n - at);
  feed_end(r);
}

/* Feeds it in three pieces, cut at i and j. */
static void read_three(reader *r, const void *p, size_t n, size_t i, size_t j)
{
  whole_text = (const unsigned char *)p;
  whole_size = n;
  reader_begin(r);
  feed(r, whole_text, i);
  feed(r, whole_text + i, j - i);
  feed(r, whole_text + j, n - j);
  feed_end(r);
}

static reader first, again;

/* Fed in any pieces, it gives the same tokens as `first`, fed whole. */
static void read_all_ways(const void *p, size_t n)
{
  size_t i, j;
  read_whole(&first, p, n);
  for (i = 1; i <= 5; i++) {
    read_pieces(&again, p, n, i);
    text_same(&again.places, first.places.s, "pieces of %zu of: %.*s", i,
              (int)(n < 99 ? n : 99), (const char *)p);
  }
  for (i = 0; i <= n; i++) {
    read_three(&again, p, n, i, i);
    text_same(&again.places, first.places.s, "cut at %zu: %.*s", i,
              (int)(n < 99 ? n : 99), (const char *)p);
  }
  for (i = 0; n <= 48 && i <= n; i++)
    for (j = i; j <= n; j++) {
      read_three(&again, p, n, i, j);
      text_same(&again.places, first.places.s, "cut at %zu and %zu: %.*s", i,
                j, (int)n, (const char *)p);
    }
}

/* ------------------------------------------------------------------------
   >>opinion   a second opinion: a plain recursive reader of RFC 8259 */

typedef struct opinion {
  const unsigned char *p, *end;
  unsigned             depth;
  text                *out;
} opinion;

static void op_blank(opinion *o)
{
  while (o->p < o->end && (*o->p == ' ' || *o->p == '\t' || *o->p == '\n' ||
                           *o->p == '\r'))
    o->p++;
}

static int op_hex4(opinion *o, unsigned *value)
{
  int i;
  *value = 0;
  for (i = 0; i < 4; i++, o->p++) {
    static const char digits[] = "0123456789abcdefABCDEF";
    const char       *at;
    if (o->p >= o->end || *o->p == 0) return 0;
    at = strchr(digits, *o->p);
    if (at == NULL) return 0;
    *value = *value * 16u + (unsigned)(at - digits > 15 ? at - digits - 6
                                                         : at - digits);
  }
  return 1;
}

static size_t op_encode(unsigned c, unsigned char *to)
{
  if (c < 0x80) { to[0] = (unsigned char)c; return 1; }
  if (c < 0x800) {
    to[0] = (unsigned char)(0xC0 + c / 64);
    to[1] = (unsigned char)(0x80 + c % 64);
    return 2;
  }
  if (c < 0x10000) {
    to[0] = (unsigned char)(0xE0 + c / 4096);
    to[1] = (unsigned char)(0x80 + c / 64 % 64);
    to[2] = (unsigned char)(0x80 + c % 64);
    return 3;
  }
  to[0] = (unsigned char)(0xF0 + c / 262144);
  to[1] = (unsigned char)(0x80 + c / 4096 % 64);
  to[2] = (unsigned char)(0x80 + c / 64 % 64);
  to[3] = (unsigned char)(0x80 + c % 64);
  return 4;
}

/* 1 if four hexadecimal digits begin `at` bytes on. */
static int op_is_unit(const opinion *o, size_t at, unsigned *unit)
{
  opinion look = *o;
  if ((size_t)(o->end - o->p) < at + 4) return 0;
  look.p += at;
  return op_hex4(&look, unit);
}

/* After a backslash: writes the character to `to` and steps over the escape. Of
   a bad one the backslash becomes U+FFFD, of a lone surrogate all. */
static size_t op_mend_escape(opinion *o, unsigned char *to)
{
  static const char names[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
  const char *name = *o->p ? strchr(names, *o->p) : NULL;
  unsigned    unit, low;
  if (name != NULL) {
    o->p++;
    to[0] = (unsigned char)chars[name - names];
    return 1;
  }
  if (*o->p == 'u' && op_is_unit(o, 1, &unit)) {
    o->p += 5;
    if (unit < 0xD800 || unit > 0xDFFF) return op_encode(unit, to);
    if (unit < 0xDC00 && o->end - o->p >= 6 && o->p[0] == '\\' &&
        o->p[1] == 'u' && op_is_unit(o, 2, &low) && low >= 0xDC00 &&
        low <= 0xDFFF) {
      o->p += 6;
      return op_encode(0x10000 + (unit - 0xD800) * 1024 + (low - 0xDC00), to);
    }
  }
  memcpy(to, BAD, 3);
  return 3;
}

/* At a byte that is not ASCII: the character, or U+FFFD for the longest prefix
   of one (The Unicode Standard, table 3-7, "maximal subpart"). */
static size_t op_mend_utf8(opinion *o, unsigned char *to)
{
  static const struct { unsigned char from, upto, low, high, more; } rows[] = {
    { 0xC2, 0xDF, 0x80, 0xBF, 1 }, { 0xE0, 0xE0, 0xA0, 0xBF, 2 },
    { 0xE1, 0xEC, 0x80, 0xBF, 2 }, { 0xED, 0xED, 0x80, 0x9F, 2 },
    { 0xEE, 0xEF, 0x80, 0xBF, 2 }, { 0xF0, 0xF0, 0x90, 0xBF, 3 },
    { 0xF1, 0xF3, 0x80, 0xBF, 3 }, { 0xF4, 0xF4, 0x80, 0x8F, 3 }
  };
  const unsigned char *from = o->p++;
  size_t               i, k;
  for (i = 0; i < COUNT(rows); i++) {
    unsigned low = rows[i].low, high = rows[i].high;
    if (*from < rows[i].from || *from > rows[i].upto) continue;
    for (k = 0; k < rows[i].more; k++, o->p++) {
      if (o->p >= o->end || *o->p < low || *o->p > high) break;
      low = 0x80, high = 0xBF;
    }
    if (k < rows[i].more) break;
    memcpy(to, from, k + 1);
    return k + 1;
  }
  memcpy(to, BAD, 3);
  return 3;
}

static int op_mended_string(opinion *o)
{
  static unsigned char s[4096];
  size_t               n = 0;
  while (o->p < o->end && *o->p != '"') {
    if (n > sizeof s - 4) fail_msg("too long for the second opinion");
    if (*o->p >= 0x80) {
      n += op_mend_utf8(o, s + n);
    } else if (*o->p == '\\') {
      if (++o->p >= o->end) return 0;
      n += op_mend_escape(o, s + n);
    } else if (*o->p < 32 && *o->p != '\t') {
      n += op_encode(0xFFFD, s + n);
      o->p++;
    } else {
      s[n++] = *o->p++;
    }
  }
  if (o->p++ >= o->end) return 0;
  text_bytes(o->out, s, n);
  text_add(o->out, " ");
  return 1;
}

static int op_string(opinion *o)
{
  static unsigned char s[4096];
  size_t               n = 0;
  if (o->p >= o->end || *o->p != '"') return 0;
  if (repairing) return o->p++, op_mended_string(o);
  for (o->p++; o->p < o->end && *o->p != '"';) {
    unsigned c = *o->p++, low;
    if (n > sizeof s - 4) fail_msg("too long for the second opinion");
    if (c < 32) return 0;
    if (c != '\\') { s[n++] = (unsigned char)c; continue; }
    if (o->p >= o->end) return 0;
    c = *o->p++;
    switch (c) {
    case '"': case '\\': case '/': break;
    case 'b': c = 8; break;
    case 't': c = 9; break;
    case 'n': c = 10; break;
    case 'f': c = 12; break;
    case 'r': c = 13; break;
    case 'u':
      if (!op_hex4(o, &c)) return 0;
      if (c >= 0xDC00 && c <= 0xDFFF) return 0;
      if (c >= 0xD800 && c <= 0xDBFF) {
        if (o->end - o->p < 2 || *o->p++ != '\\' || *o->p++ != 'u') return 0;
        if (!op_hex4(o, &low) || low < 0xDC00 || low > 0xDFFF) return 0;
        c = 0x10000 + (c - 0xD800) * 1024 + (low - 0xDC00);
      }
      break;
    default: return 0;
    }
    n += op_encode(c, s + n);
  }
  if (o->p++ >= o->end || !is_utf8(s, n)) return 0;
  text_bytes(o->out, s, n);
  text_add(o->out, " ");
  return 1;
}

static size_t op_digits(opinion *o)
{
  const unsigned char *from = o->p;
  while (o->p < o->end && *o->p >= '0' && *o->p <= '9') o->p++;
  return (size_t)(o->p - from);
}

static int op_number(opinion *o)
{
  const unsigned char *from = o->p;
  if (o->p < o->end && *o->p == '-') o->p++;
  if (o->p < o->end && *o->p == '0') o->p++;
  else if (op_digits(o) == 0) return 0;
  if (o->p < o->end && *o->p == '.') {
    o->p++;
    if (op_digits(o) == 0) return 0;
  }
  if (o->p < o->end && (*o->p == 'e' || *o->p == 'E')) {
    o->p++;
    if (o->p < o->end && (*o->p == '+' || *o->p == '-')) o->p++;
    if (op_digits(o) == 0) return 0;
  }
  text_add(o->out, "n:%.*s ", (int)(o->p - from), (const char *)from);
  return 1;
}

static int op_value(opinion *o);

static int op_list(opinion *o, int object)
{
  unsigned char end = object ? '}' : ']';
  int           more;
  if (++o->depth > AMT_JSON_DEPTH) return 0;
  text_add(o->out, object ? "{ " : "[ ");
  o->p++;
  op_blank(o);
  if (o->p < o->end && *o->p == end) {
    more = 0;
  } else {
    for (more = 1; more;) {
      op_blank(o);
      if (object) {
        text_add(o->out, "k:");
        if (!op_string(o)) return 0;
        op_blank(o);
        if (o->p >= o->end || *o->p++ != ':') return 0;
        op_blank(o);
      }
      if (!op_value(o)) return 0;
      op_blank(o);
      if (o->p >= o->end) return 0;
      more = *o->p == ',';
      if (more) o->p++;
    }
  }
  if (o->p >= o->end || *o->p++ != end) return 0;
  text_add(o->out, object ? "} " : "] ");
  o->depth--;
  return 1;
}

static int op_value(opinion *o)
{
  static const struct { const char *word, *out; } words[] = {
    { "true", "t " }, { "false", "f " }, { "null", "0 " }
  };
  size_t i;
  if (o->p >= o->end) return 0;
  if (*o->p == '{') return op_list(o, 1);
  if (*o->p == '[') return op_list(o, 0);
  if (*o->p == '"') { text_add(o->out, "s:"); return op_string(o); }
  for (i = 0; i < COUNT(words); i++) {
    size_t n = strlen(words[i].word);
    if ((size_t)(o->end - o->p) >= n && memcmp(o->p, words[i].word, n) == 0) {
      o->p += n;
      text_add(o->out, "%s", words[i].out);
      return 1;
    }
  }
  return op_number(o);
}

/* Returns 1 and the tokens, or 0. */
static int second_opinion(const void *p, size_t n, text *out)
{
  opinion o;
  o.p = (const unsigned char *)p;
  o.end = o.p + n;
  o.depth = 0;
  o.out = out;
  text_clear(out);
  if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) o.p += 3;
  op_blank(&o);
  if (!op_value(&o)) return 0;
  op_blank(&o);
  if (o.p != o.end) return 0;
  text_add(out, "ok");
  return 1;
}

/* ------------------------------------------------------------------------
   >>vectors */

typedef struct vector {
  const char *in;
  size_t      n;
  const char *tokens; /* as recorded; NULL: refused with `error` */
  int         error;  /* 0: any */
} vector;

#define YES(text, tokens) { text, sizeof(text) - 1, tokens, 0 }
#define NO(text, error) { text, sizeof(text) - 1, NULL, error }

static const vector accepted[] = {
  YES("{}", "{ } ok"),
  YES("[]", "[ ] ok"),
  YES(" \t\r\n[ \n] \r\t", "[ ] ok"),
  YES("null", "0 ok"),
  YES("true", "t ok"),
  YES("false ", "f ok"),
  YES("[true,false,null]", "[ t f 0 ] ok"),
  YES("{\"a\":1}", "{ k:a n:1 } ok"),
  YES("{ \"a\" : 1 , \"b\" : [ ] , \"c\" : { } }",
      "{ k:a n:1 k:b [ ] k:c { } } ok"),
  YES("{\"\":\"\"}", "{ k: s: } ok"),
  YES("{\"a\":1,\"a\":2}", "{ k:a n:1 k:a n:2 } ok"), /* both are reported */
  YES("[[],{},[[]],{\"a\":{}}]", "[ [ ] { } [ [ ] ] { k:a { } } ] ok"),
  YES("{\"a\":{\"b\":[{\"c\":0}]}}", "{ k:a { k:b [ { k:c n:0 } ] } } ok"),
  /* strings */
  YES("\"\"", "s: ok"),
  YES("\"abc\"", "s:abc ok"),
  YES("\"a b\"", "s:a\\x20b ok"),
  YES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
      "s:\"\\x5C/\\x08\\x0C\\x0A\\x0D\\x09 ok"),
  YES("{\"\\u006bey\\n\":\"\\u0041\"}", "{ k:key\\x0A s:A } ok"),
  YES("\"\\u0000\"", "s:\\x00 ok"),
  YES("\"a\\u0000b\"", "s:a\\x00b ok"),
  YES("\"\\u007F\\u0080\\u07ff\\u0800\\uffff\"",
      "s:\\x7F\\xC2\\x80\\xDF\\xBF\\xE0\\xA0\\x80\\xEF\\xBF\\xBF ok"),
  YES("\"\\uD7FF\\uE000\\uFEFF\"",
      "s:\\xED\\x9F\\xBF\\xEE\\x80\\x80\\xEF\\xBB\\xBF ok"),
  YES("\"\\uD800\\uDC00\"", "s:\\xF0\\x90\\x80\\x80 ok"),
  YES("\"\\udbff\\udfff\"", "s:\\xF4\\x8F\\xBF\\xBF ok"),
  YES("\"\\uD834\\uDD1Ex\\ud83d\\ude00\"",
      "s:\\xF0\\x9D\\x84\\x9Ex\\xF0\\x9F\\x98\\x80 ok"),
  YES("\"\\u00e9\\u20AC-\\n\"", "s:\\xC3\\xA9\\xE2\\x82\\xAC-\\x0A ok"),
  YES("\"\x7F\"", "s:\\x7F ok"), /* DEL needs no escape */
  YES("\"\xC2\x80\xDF\xBF\"", "s:\\xC2\\x80\\xDF\\xBF ok"),
  YES("\"\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\"",
      "s:\\xE0\\xA0\\x80\\xED\\x9F\\xBF\\xEE\\x80\\x80\\xEF\\xBF\\xBF ok"),
  YES("\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"",
      "s:\\xF0\\x90\\x80\\x80\\xF4\\x8F\\xBF\\xBF ok"),
  YES("\"g\xC3\xBCn \xE2\x82\xAC \xF0\x9F\x98\x80 x\"",
      "s:g\\xC3\\xBCn\\x20\\xE2\\x82\\xAC\\x20\\xF0\\x9F\\x98\\x80\\x20x ok"),
  YES("\"\xC3\xA9\\n\xC3\xA9\"", "s:\\xC3\\xA9\\x0A\\xC3\\xA9 ok"),
  YES("\"\xE2\x80\xA8\xEF\xBB\xBF\"", /* U+2028 and U+FEFF are text */
      "s:\\xE2\\x80\\xA8\\xEF\\xBB\\xBF ok"),
  YES("[\"a,b]\",\"{:}\"]", "[ s:a,b] s:{:} ] ok"),
  /* numbers */
  YES("0", "n:0 ok"),
  YES("-0", "n:-0 ok"),
  YES("7", "n:7 ok"),
  YES("1234567890", "n:1234567890 ok"),
  YES("-12 ", "n:-12 ok"),
  YES("[0,-0,10]", "[ n:0 n:-0 n:10 ] ok"),
  YES("[0.0,-1.50,3.141592653589793]",
      "[ n:0.0 n:-1.50 n:3.141592653589793 ] ok"),
  YES("[0e0,0E0,1e+1,1E-1,-1.5e007]",
      "[ n:0e0 n:0E0 n:1e+1 n:1E-1 n:-1.5e007 ] ok"),
  YES("[123456789012345678901234567890123456789012345678901234567890]",
      "[ n:123456789012345678901234567890123456789012345678901234567890 ] ok"),
  YES("1e999999999", "n:1e999999999 ok"),
  YES("-0.0e-0", "n:-0.0e-0 ok"),
  YES("{\"a\":1}\n", "{ k:a n:1 } ok"),
  YES("[1\n,2\t]", "[ n:1 n:2 ] ok"),
  /* a byte order mark */
  YES("\xEF\xBB\xBF{}", "{ } ok"),
  YES("\xEF\xBB\xBF [1]", "[ n:1 ] ok"),
  YES("\xEF\xBB\xBF" "1", "n:1 ok"),
  /* what a server sends */
  YES("{\"Messages\":[{\"Sequence\":1,\"Time\":\"10:04:31\",\"Text\":"
      "\"st\\u00e5rt \\\"A\\\"\"},\"plain\"],\"More\":false}",
      "{ k:Messages [ { k:Sequence n:1 k:Time s:10:04:31 k:Text "
      "s:st\\xC3\\xA5rt\\x20\"A\" } s:plain ] k:More f } ok")
};

#define SYN AMT_E_JSON_SYNTAX
#define ESC AMT_E_JSON_ESCAPE
#define CUT AMT_E_JSON_TRUNCATED
#define UTF AMT_E_JSON_UTF8
#define STR AMT_E_JSON_STRING
#define END AMT_E_JSON_TRAILING

static const vector refused[] = {
  /* empty */
  NO("", CUT), NO(" ", CUT), NO(" \n\r\t ", CUT), NO("\xEF\xBB\xBF", CUT),
  NO("\xEF\xBB\xBF  ", CUT), NO("\xEF\xBB", 0), NO("\xEF", 0),
  /* a byte order mark elsewhere */
  NO(" \xEF\xBB\xBF{}", 0), NO("\xEF\xBB\xBF\xEF\xBB\xBF{}", 0),
  NO("{}\xEF\xBB\xBF", END), NO("[\xEF\xBB\xBF]", SYN),
  NO("\xEF\xBB\xBE{}", 0), NO("\xEF{}", 0), NO("\xEF\xBB {}", 0),
  /* UTF-16 in both byte orders, with and without a mark; UTF-32 */
  NO("\xFE\xFF\0{\0}", 0), NO("\xFF\xFE{\0}\0", 0), NO("\0{\0}", 0),
  NO("{\0}\0", 0), NO("\0[\0\"\0a\0\"\0]", 0), NO("[\0\"\0a\0\"\0]\0", 0),
  NO("\xFF\xFE\0\0{\0\0\0", 0), NO("1\0", 0),
  /* unfinished */
  NO("{", CUT), NO("[", CUT), NO("[1", CUT), NO("[1,", CUT), NO("{\"a\"", CUT),
  NO("{\"a\":", CUT), NO("{\"a\":1", CUT), NO("{\"a\":1,", CUT), NO("\"", CUT),
  NO("\"abc", CUT), NO("\"\\", CUT), NO("\"\\u00", CUT), NO("\"\\uD800", CUT),
  NO("\"\\uD800\\", CUT), NO("\"\\uD800\\uDC0", CUT), NO("\"\xE2\x82", CUT),
  NO("t", CUT), NO("tru", CUT), NO("[fals", CUT), NO("nul", CUT),
  NO("-", CUT), NO("1.", CUT), NO("1e", CUT), NO("1e+", CUT), NO("[[]", CUT),
  NO("[{}", CUT), NO("{\"a\":[]", CUT), NO("[\"a\"", CUT), NO("[1 ", CUT),
  /* text after the end */
  NO("1 2", END), NO("{}{}", END), NO("[]]", END), NO("{}}", END),
  NO("[1]x", END), NO("\"a\"\"b\"", END), NO("null,", END), NO("1,", END),
  NO("[],", END), NO("{}//", END), NO("{} \0", END), NO("truex", END),
  NO("truetrue", END), NO("\"\"\x7F", END), NO("1]", END), NO("{}\xFF", END),
  /* structure */
  NO("]", SYN), NO("}", SYN), NO(",", SYN), NO(":", SYN), NO("[}", SYN),
  NO("{]", SYN), NO("[1}", SYN), NO("{\"a\":1]", SYN), NO("[,", SYN),
  NO("[,1]", SYN), NO("[1,]", SYN), NO("[1,,2]", SYN), NO("[1 2]", SYN),
  NO("[1:2]", SYN), NO("[\"a\":1]", SYN), NO("{,}", SYN), NO("{1:2}", SYN),
  NO("{a:1}", SYN), NO("{'a':1}", SYN), NO("{\"a\"}", SYN),
  NO("{\"a\" 1}", SYN), NO("{\"a\",1}", SYN), NO("{\"a\"::1}", SYN),
  NO("{\"a\":}", SYN), NO("{\"a\":,}", SYN), NO("{\"a\":1,}", SYN),
  NO("{\"a\":1,{}}", SYN), NO("{\"a\":1,[]}", SYN), NO("{{}}", SYN),
  NO("{[]}", SYN), NO("{\"a\"{}}", SYN), NO("[{}{}]", SYN), NO("[[][]]", SYN),
  NO("{\"a\":1,,\"b\":2}", SYN), NO("{\"a\":1 \"b\":2}", SYN),
  NO("{\"a\":1:2}", SYN), NO("{[]:1}", SYN), NO("{null:1}", SYN),
  NO("{\"a\":1,2}", SYN), NO("[{\"a\":1,]", SYN), NO("[\"a\" \"b\"]", SYN),
  NO("[]\0", END), NO("[\0]", SYN), NO("\0", SYN), NO("[1\0]", SYN),
  NO("\v1", SYN), NO("\f1", SYN), NO("[\xC2\xA0]", SYN), NO("/**/1", SYN),
  NO("//\n1", SYN), NO("#1", SYN), NO("[\xFF]", SYN), NO("(1)", SYN),
  NO("\x1F{}", SYN), NO("`1`", SYN), NO("\\u0031", SYN), NO("\x80", SYN),
  /* literals */
  NO("True", SYN), NO("tRue", SYN), NO("truE", SYN), NO("nulL", SYN),
  NO("trux", SYN), NO("nil", SYN), NO("NaN", SYN), NO("Infinity", SYN),
  NO("-Infinity", SYN), NO("undefined", SYN), NO("[tru]", SYN),
  NO("[truefalse]", SYN), NO("[nulll]", SYN), NO("tr ue", SYN),
  NO("fa\0lse", SYN), NO("true\0", END),
  /* numbers */
  NO("+1", SYN), NO("[+1]", SYN), NO(".5", SYN), NO("-.5", SYN),
  NO("[1.]", SYN), NO("[1.e1]", SYN), NO("[01]", SYN), NO("[-01]", SYN),
  NO("[00]", SYN), NO("[0x1]", SYN), NO("[1e]", SYN), NO("[1e+]", SYN),
  NO("[1e1.5]", SYN), NO("[1e1e1]", SYN), NO("[--1]", SYN), NO("[-]", SYN),
  NO("[- 1]", SYN), NO("[1-]", SYN), NO("[1+1]", SYN), NO("[1.2.3]", SYN),
  NO("[1 .2]", SYN), NO("[1_000]", SYN), NO("[0e]", SYN), NO("[1a]", SYN),
  NO("[-a]", SYN), NO("[1f]", SYN), NO("[1\xEF\xBC\x91]", SYN),
  NO("[1e--1]", SYN), NO("[1e+-1]", SYN), NO("[0.-1]", SYN), NO("01", 0),
  NO("-01", 0), NO("1x", 0), NO("0x1", 0), NO("1.2.3", 0), NO("1\"a\"", 0),
  /* control characters and quotes */
  NO("\"\0\"", STR), NO("\"a\0b\"", STR), NO("\"\x01\"", STR),
  NO("\"\t\"", STR), NO("\"\n\"", STR), NO("\"\r\"", STR), NO("\"\x1F\"", STR),
  NO("{\"a\nb\":1}", STR), NO("['a']", SYN), NO("\"\\n\n\"", STR),
  /* escapes */
  NO("\"\\q\"", ESC), NO("\"\\0\"", ESC), NO("\"\\x41\"", ESC),
  NO("\"\\'\"", ESC), NO("\"\\U0041\"", ESC), NO("\"\\ \"", ESC),
  NO("\"\\\n\"", ESC), NO("\"\\\0\"", ESC), NO("\"\\N\"", ESC),
  NO("\"\\u\"", ESC), NO("\"\\u004\"", ESC), NO("\"\\u004g\"", ESC),
  NO("\"\\u00 41\"", ESC), NO("\"\\u+041\"", ESC), NO("\"\\u{41}\"", ESC),
  NO("\"\\u-041\"", ESC), NO("\"\\u00\0\"", ESC), NO("\"\\\xC3\xA9\"", ESC),
  NO("\"\\u004\xC3\xA9\"", ESC), NO("{\"\\q\":1}", ESC), NO("\"\\a\"", ESC),
  NO("\"\\u004G\"", ESC), NO("\"\\u004`\"", ESC), NO("\"\\u004@\"", ESC),
  NO("\"\\u004:\"", ESC), NO("\"\\u004/\"", ESC), NO("\"\\u\\u0041\"", ESC),
  /* surrogates */
  NO("\"\\uD800\"", ESC), NO("\"\\uDBFF\"", ESC), NO("\"\\uDC00\"", ESC),
  NO("\"\\uDFFF\"", ESC), NO("\"\\uD800x\"", ESC), NO("\"\\uD800\\n\"", ESC),
  NO("\"\\uD800\\u0041\"", ESC), NO("\"\\uD800\\uD800\"", ESC),
  NO("\"\\uD800\\uDBFF\"", ESC), NO("\"\\uD800\\uE000\"", ESC),
  NO("\"\\uDC00\\uDC00\"", ESC), NO("\"\\uDFFF\\uDC00\"", ESC),
  NO("\"\\uDC00\\uD800\"", ESC), NO("\"\\uD800\\\"", ESC),
  NO("\"\\uD83D\xF0\x9F\x98\x80\"", ESC), NO("{\"\\uDC00\":1}", ESC),
  NO("\"\\uD800\\u\"", ESC), NO("\"a\\udfffb\"", ESC),
  NO("\"\\uD834\\uDD1E\\uDD1E\"", ESC), NO("\"\\uD800\\uDC0g\"", ESC),
  /* UTF-8 */
  NO("\"\x80\"", UTF), NO("\"\xBF\"", UTF), NO("\"\xC3\"", UTF),
  NO("\"\xC3x\"", UTF), NO("\"\xC3\xC3\xA9\"", UTF), NO("\"\xE2\x82\"", UTF),
  NO("\"\xE2\x28\xA1\"", UTF), NO("\"\xE2\x82\x28\"", UTF),
  NO("\"\xF0\x9F\x98\"", UTF), NO("\"\xF0\x28\x98\x80\"", UTF),
  NO("\"\xF0\x9F\x28\x80\"", UTF), NO("\"\xF0\x9F\x98\x28\"", UTF),
  NO("\"\xC0\x80\"", UTF), NO("\"\xC0\xAF\"", UTF), NO("\"\xC1\xBF\"", UTF),
  NO("\"\xE0\x80\x80\"", UTF), NO("\"\xE0\x9F\xBF\"", UTF),
  NO("\"\xF0\x80\x80\x80\"", UTF), NO("\"\xF0\x8F\xBF\xBF\"", UTF),
  NO("\"\xF8\x88\x80\x80\x80\"", UTF), NO("\"\xFC\x84\x80\x80\x80\x80\"", UTF),
  NO("\"\xED\xA0\x80\"", UTF), NO("\"\xED\xAF\xBF\"", UTF),
  NO("\"\xED\xB0\x80\"", UTF), NO("\"\xED\xBF\xBF\"", UTF),
  NO("\"\xED\xA0\xBD\xED\xB8\x80\"", UTF), NO("\"\xF4\x90\x80\x80\"", UTF),
  NO("\"\xF5\x80\x80\x80\"", UTF), NO("\"\xF7\xBF\xBF\xBF\"", UTF),
  NO("\"\xFE\"", UTF), NO("\"\xFF\"", UTF), NO("{\"\xFF\":1}", UTF),
  NO("\"a\xE9" "b\"", UTF), /* Latin-1 */
  NO("\"\xC3\\n\"", UTF), NO("\"\xC3\xA9\xA9\"", UTF), NO("\"\xC3\n\"", UTF)
};

/* ------------------------------------------------------------------------
   >>accept */

TEST(strict_json_is_accepted_and_decoded)
{
  size_t i;
  for (i = 0; i < COUNT(accepted); i++) {
    const vector *v = &accepted[i];
    static text   second;
    read_all_ways(v->in, v->n);
    text_same(&first.tokens, v->tokens, "accepted[%zu]: %s", i, v->in);
    assert_true(second_opinion(v->in, v->n, &second));
    text_same(&second, v->tokens, "the second opinion on accepted[%zu]", i);
  }
}

static void nesting(unsigned char *to, size_t depth, uint32_t seed, char *ends)
{
  size_t i, n = 0;
  random_state = seed;
  for (i = 0; i < depth; i++) {
    int object = seed == 1 ? 0 : seed == 2 ? 1 : (int)random_below(2);
    memcpy(to + n, object ? "{\"\":" : "[", object ? 4 : 1);
    n += object ? 4 : 1;
    ends[depth - 1 - i] = object ? '}' : ']';
  }
  to[n] = 0;
  ends[depth] = 0;
}

TEST(nesting_of_128_is_accepted_and_of_129_is_DEPTH)
{
  static unsigned char opens[1200], all[1400];
  static char          ends[200];
  uint32_t             seed;
  for (seed = 1; seed < 12; seed++) {
    size_t n, i;
    nesting(opens, 128, seed, ends);
    n = (size_t)sprintf((char *)all, "%s1%s", (char *)opens, ends);
    read_whole(&first, all, n);
    assert_int_equal(first.result, 0);
    read_pieces(&again, all, n, 1);
    text_same(&again.places, first.places.s, "depth 128, byte by byte");
    /* Each closing bracket in turn is of the wrong kind. */
    for (i = 0; i < 128; i++) {
      size_t at = n - 128 + i;
      all[at] = (unsigned char)(ends[i] == '}' ? ']' : '}');
      read_whole(&first, all, n);
      assert_int_equal(first.result, AMT_E_JSON_SYNTAX);
      assert_int_equal(first.json[first.slot].offset, at);
      all[at] = (unsigned char)ends[i];
    }
    nesting(opens, 129, seed, ends);
    n = (size_t)sprintf((char *)all, "%s1%s", (char *)opens, ends);
    read_whole(&first, all, n);
    assert_int_equal(first.result, AMT_E_JSON_DEPTH);
    read_pieces(&again, all, n, 1);
    text_same(&again.places, first.places.s, "depth 129, byte by byte");
  }
}

/* Depth counts open levels, not all levels. */
TEST(depth_is_given_back_when_a_level_ends)
{
  static char all[100000];
  size_t      n = 0, i, k;
  all[n++] = '[';
  for (i = 0; i < 200; i++) {
    if (i != 0) all[n++] = ',';
    for (k = 0; k < 127; k++) all[n++] = '[';
    for (k = 0; k < 127; k++) all[n++] = ']';
  }
  all[n++] = ']';
  read_whole(&first, all, n);
  assert_int_equal(first.result, 0);
}

/* All 65,536, each alone. Surrogates are refused. */
TEST(every_u_escape_gives_its_character)
{
  unsigned c;
  for (c = 0; c < 0x10000; c++) {
    char          in[24];
    unsigned char want[4];
    static text   t;
    sprintf(in, c & 1 ? "\"\\u%04x\"" : "\"\\u%04X\"", c);
    read_whole(&first, in, 8);
    if (c >= 0xD800 && c < 0xE000) {
      assert_int_equal(first.result, AMT_E_JSON_ESCAPE);
      continue;
    }
    text_clear(&t);
    text_add(&t, "s:");
    text_bytes(&t, want, op_encode(c, want));
    text_add(&t, " ok");
    text_same(&first.tokens, t.s, "%s", in);
  }
}

TEST(every_surrogate_pair_gives_its_character)
{
  unsigned c;
  for (c = 0x10000; c < 0x110000; c += c < 0x10400 || c > 0x10FBFF ? 1 : 0x3F) {
    char          in[24];
    unsigned char want[4];
    static text   t;
    sprintf(in, "\"\\u%04X\\u%04x\"", 0xD800 + (c - 0x10000) / 1024,
            0xDC00 + c % 1024);
    read_whole(&first, in, 14);
    text_clear(&t);
    text_add(&t, "s:");
    text_bytes(&t, want, op_encode(c, want));
    text_add(&t, " ok");
    text_same(&first.tokens, t.s, "%s", in);
  }
}

/* Strings of escapes alone shrink in place, to a third or a sixth, and are
   still lent as one piece. */
TEST(a_string_of_escapes_is_one_piece_in_place)
{
  static char in[40000];
  static const char *const escapes[] = { "\\n", "\\u0041", "\\u20ac",
                                         "\\ud83d\\ude00", "x\\\"" };
  size_t e;
  for (e = 0; e < COUNT(escapes); e++) {
    size_t n = 0, i;
    in[n++] = '"';
    for (i = 0; i < 3000; i++) n += (size_t)sprintf(in + n, "%s", escapes[e]);
    in[n++] = '"';
    read_whole(&first, in, n); /* this checks that it is one piece */
    assert_int_equal(first.result, 0);
    for (i = 1; i < 80; i += 13) {
      read_pieces(&again, in, n, i);
      text_same(&again.places, first.places.s, "%s by %zu", escapes[e], i);
    }
  }
}

/* ------------------------------------------------------------------------
   >>refuse */

TEST(what_is_not_strict_json_is_refused)
{
  size_t i;
  for (i = 0; i < COUNT(refused); i++) {
    const vector *v = &refused[i];
    static text   second;
    read_all_ways(v->in, v->n);
    if (first.result >= 0 || (v->error != 0 && first.result != v->error))
      fail_msg("refused[%zu] \"%s\" (%zu bytes): got %s, want %s", i, v->in,
               v->n, error_name(first.result),
               v->error ? error_name(v->error) : "an error");
    if (second_opinion(v->in, v->n, &second))
      fail_msg("the second opinion accepts refused[%zu]", i);
  }
}

/* The offset is that of the first byte that cannot be right. */
TEST(the_offset_of_an_error_is_the_byte_that_cannot_be)
{
  static const struct { const char *in; size_t n, at; } list[] = {
    { "[1,]", 4, 3 },      { "{\"a\" 1}", 7, 5 },   { "trux", 4, 3 },
    { "[1.]", 4, 3 },      { "\"a\\q\"", 5, 3 },    { "\"a\nb\"", 5, 2 },
    { "{} x", 4, 3 },      { "\"\xC3x\"", 4, 2 },
    { "\"\xE0\x80\x80\"", 5, 2 },
    { "[01]", 4, 2 },      { "\"\\u004g\"", 8, 6 }, { "\"\\uD800x\"", 9, 7 },
    { "\"\xFF\"", 3, 1 },  { "[1}", 3, 2 },         { "[", 1, 1 },
    { "\"abc", 4, 4 },     { "", 0, 0 },            { "\xEF\xBB\xBF]", 4, 3 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    read_all_ways(list[i].in, list[i].n);
    if (first.result >= 0 || first.json[first.slot].offset != list[i].at)
      fail_msg("%s: the error is at %zu, want %zu", list[i].in,
               first.json[first.slot].offset, list[i].at);
  }
}

/* ------------------------------------------------------------------------
   >>cuts */

/* A special byte at each place of strings of each length, so that code that
   scans many bytes at once meets it in every lane. */
SLOW_TEST(a_special_byte_is_seen_at_every_place_of_a_string)
{
  static const char *const special[] = {
    "\"", "\\\"", "\\u00e9", "\x1F", "\x7F", "\x80", "\xC3\xA9", "\xFF", "\\",
    "\xF0\x9F\x98\x80", "\n", "\xED\xA0\x80"
  };
  size_t s, length, at;
  for (s = 0; s < COUNT(special); s++)
    for (length = 0; length < 70; length += length < 36 ? 1 : 7)
      for (at = 0; at <= length; at++) {
        static char in[300];
        static text second;
        size_t      n = (size_t)sprintf(in, "[\"%.*s%s%.*s\"]", (int)at,
                                        "abcdefghijklmnopqrstuvwxyz0123456789 "
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()",
                                        special[s], (int)(length - at),
                                        "(this is what comes behind it, and it "
                                        "is long enough for each case there)");
        int ok = second_opinion(in, n, &second);
        read_whole(&first, in, n);
        if (ok != (first.result == 0))
          fail_msg("%s: %s", in, error_name(first.result));
        if (ok) text_same(&first.tokens, second.s, "%s", in);
        read_pieces(&again, in, n, 1);
        text_same(&again.places, first.places.s, "byte by byte: %s", in);
        read_three(&again, in, n, at / 2, at + 2);
        text_same(&again.places, first.places.s, "in three: %s", in);
      }
}

/* Two special bytes, so that the text between them moves by every distance. */
TEST(bytes_between_two_special_ones_are_unchanged)
{
  static const char *const special[] = {
    "\\n", "\\u00e9", "\\ud83d\\ude00", "\xE2\x82\xAC", "\\ud83d\\u0041",
    "\\uD83D", "\\x", "\xE2\x82", "\xF4\x90\x80\x80"
  };
  static const char between[] =
    "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHI";
  size_t a, b, n, length, cut;
  for (a = 0; a < COUNT(special); a++)
    for (b = 0; b < COUNT(special); b++)
      for (length = 0; length < sizeof between; length++) {
        static char in[200];
        static text second;
        int         ok;
        n = (size_t)sprintf(in, "{\"%s%.*s%s%.*s\":\"%s\"}", special[a],
                            (int)length, between, special[b],
                            (int)(length % 20), between, special[a]);
        ok = second_opinion(in, n, &second);
        read_whole(&first, in, n);
        if (ok != (first.result == 0))
          fail_msg("%s: %s", in, error_name(first.result));
        if (ok) text_same(&first.tokens, second.s, "%s", in);
        for (cut = length % 7; cut <= n; cut += 7) {
          read_three(&again, in, n, cut, cut);
          text_same(&again.places, first.places.s, "cut at %zu: %s", cut, in);
        }
      }
}

/* Digits with all kinds of text before and after. */
SLOW_TEST(a_number_ends_where_it_ends)
{
  static const char *const behind[] = {
    "", " ", ",", ", ", ".", ".5", "e", "E-1", "]", "}", ":", "-", "\"", "x",
    "\x1F", "\x80", " ,", "\n\t\r "
  };
  static const char *const front[] = { "", "[", "[[1],", "{\"a\":", "[\"\" ," };
  static const char *const end[] = { "", "]", "}", "1]", "\"b\":2}" };
  size_t f, b, e, length;
  for (f = 0; f < COUNT(front); f++)
    for (b = 0; b < COUNT(behind); b++)
      for (e = 0; e < COUNT(end); e++)
        for (length = 1; length < 19; length += length < 4 ? 1 : 3) {
          static char in[80];
          static text second;
          size_t      n = (size_t)sprintf(in, "%s%.*s%s%s", front[f],
                                          (int)length, "9081726354123456789",
                                          behind[b], end[e]);
          int         ok;
          ok = second_opinion(in, n, &second);
          read_whole(&first, in, n);
          if (ok != (first.result == 0))
            fail_msg("%s: %s", in, error_name(first.result));
          if (ok) text_same(&first.tokens, second.s, "%s", in);
          read_all_ways(in, n);
        }
}

#if AMT_WIDE > 0
/* All first two bytes, and the rest where it matters. */
TEST(characters_are_known_as_a_second_opinion_knows_them)
{
  static const unsigned char more[] = { 0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF };
  unsigned a, b, c, d, n;
  for (a = 0x80; a < 0x100; a++)
    for (b = 0; b < 0x100; b++)
      for (c = 0; c < sizeof more; c++)
        for (d = 0; d < sizeof more; d++)
          for (n = 1; n <= 4; n++) {
            unsigned char *p = edge_new(n), all[4];
            unsigned       length = 1;
            all[0] = (unsigned char)a, all[1] = (unsigned char)b;
            all[2] = more[c], all[3] = more[d];
            memcpy(p, all, n);
            while (length <= n && !is_utf8(p, length)) length++;
            if (amt__json_character(p, n) != (length <= n ? length : 0))
              fail_msg("%02X %02X %02X %02X, %u bytes of it", a, b, all[2],
                       all[3], n);
          }
}
#endif

/* Vectors with a byte replaced, inserted or removed at every position. The
   second opinion must accept the same ones, with the same tokens. */
SLOW_TEST(mutated_texts_are_judged_as_a_second_opinion_judges)
{
  static const unsigned char bytes[] =
    "\0\x01\t\n\r \"\\/{}[]:,+-.019aAbefEnrtu_\x7F\x80\xA0\xBB\xBF\xC2\xE0\xED"
    "\xEF\xF0\xF4\xFF";
  size_t v, at, b;
  int    how;
  for (v = 0; v < COUNT(accepted); v++)
    for (at = 0; at <= accepted[v].n && accepted[v].n < 40; at++)
      for (how = 0; how < 3; how++)
        for (b = 0; b < (how == 2 ? 1 : sizeof bytes); b++) {
          static unsigned char in[64];
          static text          second;
          size_t               n = accepted[v].n, rest;
          int                  ok;
          if (how != 1 && at == n) continue;
          memcpy(in, accepted[v].in, at);
          rest = n - at - (how != 1);
          memcpy(in + at + (how != 2), accepted[v].in + n - rest, rest);
          if (how != 2) in[at] = bytes[b];
          n = at + (how != 2) + rest;
          ok = second_opinion(in, n, &second);
          read_whole(&first, in, n);
          if (ok != (first.result == 0))
            fail_msg("\"%.*s\": %s, but the second opinion %s", (int)n, in,
                     error_name(first.result), ok ? "accepts" : "refuses");
          if (ok) text_same(&first.tokens, second.s, "%.*s", (int)n, in);
          read_pieces(&again, in, n, 1);
          text_same(&again.places, first.places.s, "byte by byte: %.*s",
                    (int)n, in);
          read_three(&again, in, n, at, at);
          text_same(&again.places, first.places.s, "cut at %zu: %.*s", at,
                    (int)n, in);
        }
}

/* A message longer than the buffer. */
TEST(a_long_string_comes_in_pieces_that_never_cut_a_character)
{
  static char in[60000];
  size_t      n = 0, size;
  n += (size_t)sprintf(in, "{\"Text\":\"");
  while (n < 50000)
    n += (size_t)sprintf(in + n, "line \xC3\xA9\xE2\x82\xAC\\n\\u20ac"
                                 "\xF0\x9F\x98\x80\\ud83d\\ude00 ");
  n += (size_t)sprintf(in + n, "\"}");
  read_whole(&first, in, n);
  assert_int_equal(first.result, 0);
  for (size = 1; size < 70; size++) {
    read_pieces(&again, in, n, size);
    text_same(&again.places, first.places.s, "pieces of %zu", size);
  }
}

/* ------------------------------------------------------------------------
   >>repair   amt_json.repair: errors within a string become U+FFFD */

#define FFFD "\\xEF\\xBF\\xBD"

static const struct { const char *in; size_t n; const char *tokens;
                      unsigned count; } mended[] = {
#define MEND(text, tokens, count) { text, sizeof(text) - 1, tokens, count }
  MEND("\"Gr\xFC\xDF" "e\"", "s:Gr" FFFD FFFD "e ok", 2), /* CP1252 */
  MEND("\"a\tb\"", "s:a\\x09b ok", 0),
  MEND("\"\x1B[1m\"", "s:" FFFD "[1m ok", 1),
  MEND("\"a\nb\r\n\0c\"", "s:a" FFFD "b" FFFD FFFD FFFD "c ok", 4),
  MEND("\"it\\'s\"", "s:it" FFFD "'s ok", 1),
  MEND("\"C:\\users\\new\"", "s:C:" FFFD "users\x5Cx0Aew ok", 1),
  MEND("\"\\u\"", "s:" FFFD "u ok", 1),
  MEND("\"\\uAb\"", "s:" FFFD "uAb ok", 1),
  MEND("\"\\uAbcx\"", "s:" FFFD "uAbcx ok", 1),
  MEND("\"\\u00e\\n\"", "s:" FFFD "u00e\\x0A ok", 1),
  MEND("\"\\u\\u0041\"", "s:" FFFD "uA ok", 1),
  MEND("\"\\u00\xC3\xA9\"", "s:" FFFD "u00\\xC3\\xA9 ok", 1),
  MEND("\"\\\\\\x\\\"\"", "s:\\x5C" FFFD "x\" ok", 1),
  MEND("\"\\\n\\\t\"", "s:" FFFD FFFD FFFD "\\x09 ok", 3),
  /* lone surrogates */
  MEND("\"\\uD800\"", "s:" FFFD " ok", 1),
  MEND("\"\\uDC00x\"", "s:" FFFD "x ok", 1),
  MEND("\"\\uDC00\\uD800\"", "s:" FFFD FFFD " ok", 2),
  MEND("\"\\uD83D\\uD83D\\uDE00\"", "s:" FFFD "\\xF0\\x9F\\x98\\x80 ok", 1),
  MEND("\"\\uD800\\n\"", "s:" FFFD "\\x0A ok", 1),
  MEND("\"\\uD800\\\"\"", "s:" FFFD "\" ok", 1),
  MEND("\"\\uD800\\x\"", "s:" FFFD FFFD "x ok", 2),
  MEND("\"\\uD800\\u0041\"", "s:" FFFD "A ok", 1),
  MEND("\"\\uD800\\u00e9\"", "s:" FFFD "\\xC3\\xA9 ok", 1),
  MEND("\"\\uD800\\uFFFF\"", "s:" FFFD "\\xEF\\xBF\\xBF ok", 1),
  MEND("\"\\uD800\\uABx\"", "s:" FFFD FFFD "uABx ok", 2),
  MEND("\"\\uD800\\u\"", "s:" FFFD FFFD "u ok", 2),
  MEND("\"\\uD800\xE2\x82\xAC\"", "s:" FFFD "\\xE2\\x82\\xAC ok", 1),
  /* UTF-8: the examples of the Unicode Standard, 3.9 */
  MEND("\"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41\"",
       "s:" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A ok", 8),
  MEND("\"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41\"",
       "s:" FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A ok", 8),
  MEND("\"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42\"",
       "s:" FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B ok", 7),
  MEND("\"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41\"",
       "s:" FFFD FFFD FFFD FFFD "A ok", 4),
  MEND("\"\xE2\x82\"", "s:" FFFD " ok", 1),
  MEND("\"\xF0\x9F\x98\\n\"", "s:" FFFD "\\x0A ok", 1),
  MEND("\"\xE2\x82\t\xE2\x82\n\"", "s:" FFFD "\\x09" FFFD FFFD " ok", 3),
  MEND("\"\xEF\xBF\xBD\"", "s:" FFFD " ok", 0), /* the text has it */
  /* where it stands */
  MEND("{\"T\xE9xt\":\"\xE9\",\"\\q\":1}",
       "{ k:T" FFFD "xt s:" FFFD " k:" FFFD "q n:1 } ok", 3),
  MEND("[\"\\n\\n\\n\\n\xFF\",\"\xFF\"]",
       "[ s:\\x0A\\x0A\\x0A\\x0A" FFFD " s:" FFFD " ] ok", 2),
  MEND("\xEF\xBB\xBF\"\xFF\"", "s:" FFFD " ok", 1)
};

/* Repair does not help outside strings, or when the text is cut off. */
static const vector past_repair[] = {
  NO("\"a\xFF", CUT), NO("\"\xE2\x82", CUT), NO("\"\\", CUT),
  NO("\"\\u00", CUT), NO("\"\\uD800", CUT), NO("[\"\xFF\"}", SYN), NO("\"\xFF\"x", END),
  NO("[\xFF]", SYN), NO("{\"a\":\t\x1B}", SYN), NO("[1\x80]", SYN),
  NO("\xEF\xBB\xBE\"\"", 0), NO("\xEF\xBB", 0), NO("\xEF\"\"", 0),
  NO("tr\xFF", SYN), NO("\"\xFF\",", END), NO("{\"\xFF\"}", SYN), NO("", CUT)
};

TEST(what_is_wrong_in_a_string_is_repaired_on_request)
{
  size_t i;
  repairing = 1;
  for (i = 0; i < COUNT(mended); i++) {
    static text second;
    read_all_ways(mended[i].in, mended[i].n);
    text_same(&first.tokens, mended[i].tokens, "mended[%zu]: %s", i,
              mended[i].in);
    assert_int_equal(first.json[first.slot].repaired, mended[i].count);
    assert_true(second_opinion(mended[i].in, mended[i].n, &second));
    text_same(&second, mended[i].tokens, "the second opinion on mended[%zu]",
              i);
  }
  for (i = 0; i < COUNT(past_repair); i++) {
    read_all_ways(past_repair[i].in, past_repair[i].n);
    if (first.result >= 0 ||
        (past_repair[i].error != 0 && first.result != past_repair[i].error))
      fail_msg("past_repair[%zu] \"%s\": got %s", i, past_repair[i].in,
               error_name(first.result));
  }
  repairing = 0;
}

/* Repair changes nothing, and each text is still one piece. */
TEST(valid_texts_need_no_repair)
{
  size_t i;
  repairing = 2;
  for (i = 0; i < COUNT(accepted); i++) {
    read_all_ways(accepted[i].in, accepted[i].n);
    text_same(&first.tokens, accepted[i].tokens, "accepted[%zu]: %s", i,
              accepted[i].in);
    assert_int_equal(first.json[first.slot].repaired, 0);
  }
  repairing = 0;
}

/* Right and wrong parts in random order, cut at random, between bytes that the
   wide scanners look for. */
SLOW_TEST(a_second_opinion_repairs_the_same_way)
{
  static const char *const parts[] = {
    "a", "0123456789abcdef", "u", "00e9", "D83D", "\\n", "\\\"", "\\", "\\u",
    "\\u00", "\\u00e9", "\\uD83D", "\\uDE00", "\\uD83D\\uDE00", "\t", "\n",
    "\x1F", "\x80", "\xC3", "\xC3\xA9", "\xE2\x82", "\xE2\x82\xAC", "\xED\xA0",
    "\xF0\x9F\x98", "\xF0\x9F\x98\x80", "\xF4\x90", "\xFF", "\\'", "\\x"
  };
  static text second;
  unsigned    round;
  repairing = 1;
  random_state = 54321;
  for (round = 0; round < 30000; round++) {
    char   in[400] = "{\"";
    size_t n = 2, cuts, k, end = random_below(12), key = random_below(12);
    int    ok;
    for (k = 0; k < end + key + 1; k++)
      n += (size_t)sprintf(in + n, "%s", k == key ? "\":\"" :
                           parts[random_below(COUNT(parts))]);
    n += (size_t)sprintf(in + n, "\"}");
    ok = second_opinion(in, n, &second);
    read_whole(&first, in, n);
    if (ok != (first.result == 0))
      fail_msg("%s: %s", in, error_name(first.result));
    if (ok) text_same(&first.tokens, second.s, "%s", in);
    for (cuts = 0; cuts < 6; cuts++) {
      size_t i = random_below((unsigned)n), j = i + random_below(6);
      read_three(&again, in, n, i, j > n ? n : j);
      text_same(&again.places, first.places.s, "cut at %zu and %zu: %s", i, j,
                in);
    }
    read_pieces(&again, in, n, 1 + round % 9);
    text_same(&again.places, first.places.s, "pieces of %u: %s", 1 + round % 9,
              in);
  }
  repairing = 0;
}

/* ------------------------------------------------------------------------
   >>state */

TEST(the_state_is_at_most_64_bytes_and_zero_is_its_start)
{
  amt_json       json;
  amt_json_token token;
  size_t         used;
  assert_true(sizeof json <= 64);
  memset(&json, 0, sizeof json);
  assert_int_equal(amt_json_next(&json, edge_copy("[", 1), 1, &used, &token),
                   AMT_JSON_ARRAY);
}

/* Any bits as state and any bytes as input: no more than a wrong result. */
TEST(a_corrupted_state_does_no_harm)
{
  static const char likely[] = "\"\\u{}[],:0123456789.eE+-tfn Dd8\xED\xF0\x80";
  unsigned          i;
  random_state = 12345;
  for (i = 0; i < 60000; i++) {
    amt_json       json;
    unsigned char *p, *bytes = (unsigned char *)&json;
    size_t         n = random_below(40), k, calls = 0, used;
    int            e;
    for (k = 0; k < sizeof json; k++)
      bytes[k] = (unsigned char)random_below(256);
    json.offset = json.start = 0;
    json.state = (uint8_t)random_below(i & 1 ? 32 : 256);
    if (i & 2) json.depth = (uint8_t)random_below(AMT_JSON_DEPTH + 2);
    if (i & 4) json.utf8_len = (uint8_t)random_below(6);
    if (i & 8) json.at = (uint8_t)random_below(20);
    p = edge_new(n);
    for (k = 0; k < n; k++)
      p[k] = (unsigned char)(random_below(4) == 0
                               ? (int)random_below(256)
                               : likely[random_below(sizeof likely - 1)]);
    do {
      amt_json_token token = { NULL, 0, 0, 0 };
      used = n + 1;
      e = amt_json_next(&json, p, n, &used, &token);
      edge_check();
      if (used > n) fail_msg("it used more than it was fed");
      if (e == AMT_JSON_KEY || e == AMT_JSON_STRING || e == AMT_JSON_NUMBER)
        for (k = 0; k < token.len; k++) (void)((volatile const char *)
                                               token.text)[k];
      p += used;
      n -= used;
      if (++calls > 200) fail_msg("the tokenizer makes no progress");
    } while (e > 0);
    {
      amt_json_token token;
      for (k = 0; k < 3; k++)
        if (amt_json_end(&json, &token) <= 0) break;
      if (k == 3) fail_msg("amt_json_end makes no progress");
    }
  }
}

/* ------------------------------------------------------------------------
   >>integers */

#define OUT AMT_E_JSON_RANGE

TEST(an_unsigned_integer_is_exact_or_RANGE)
{
  static const struct { const char *in; int e; uint64_t value; } list[] = {
    { "0", 0, 0 }, { "1", 0, 1 }, { "9", 0, 9 },
    { "4294967295", 0, UINT32_MAX },
    { "4294967296", 0, UINT64_C(4294967296) },
    { "9007199254740993", 0, UINT64_C(9007199254740993) }, /* no double */
    { "9223372036854775807", 0, INT64_MAX },
    { "18446744073709551609", 0, UINT64_MAX - 6 },
    { "18446744073709551610", 0, UINT64_MAX - 5 },
    { "18446744073709551614", 0, UINT64_MAX - 1 },
    { "18446744073709551615", 0, UINT64_MAX },
    { "18446744073709551616", OUT, 0 }, { "18446744073709551620", OUT, 0 },
    { "18446744073709551625", OUT, 0 }, { "28446744073709551615", OUT, 0 },
    { "99999999999999999999", OUT, 0 }, { "184467440737095516150", OUT, 0 },
    { "1844674407370955161500000000000000000000000000000000", OUT, 0 },
    { "", OUT, 0 }, { "-1", OUT, 0 }, { "+1", OUT, 0 }, { "1.0", OUT, 0 },
    { "1e2", OUT, 0 }, { "1E2", OUT, 0 }, { "0x10", OUT, 0 }, { " 1", OUT, 0 },
    { "1 ", OUT, 0 }, { "1,", OUT, 0 }, { "a", OUT, 0 }, { "-", OUT, 0 },
    { "1-", OUT, 0 }, { "/", OUT, 0 }, { ":", OUT, 0 }, { "1:", OUT, 0 },
    { "\xB2", OUT, 0 }, { "12\xD9\xA3", OUT, 0 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    size_t   n = strlen(list[i].in);
    uint64_t value = 77;
    int      e = amt_json_uint64((char *)edge_copy(list[i].in, n), n, &value);
    if (e != list[i].e || (e == 0 && value != list[i].value))
      fail_msg("\"%s\": result %d, value %llu", list[i].in, e,
               (unsigned long long)value);
  }
  {
    uint64_t value;
    assert_int_equal(amt_json_uint64((char *)edge_copy("1\0", 2), 2, &value),
                     OUT);
  }
}

TEST(a_signed_integer_is_exact_or_RANGE)
{
  static const struct { const char *in; int e; int32_t value; } list[] = {
    { "0", 0, 0 }, { "-0", 0, 0 }, { "1", 0, 1 }, { "-1", 0, -1 },
    { "24", 0, 24 }, { "2147483646", 0, INT32_MAX - 1 },
    { "2147483647", 0, INT32_MAX }, { "-2147483647", 0, -INT32_MAX },
    { "-2147483648", 0, INT32_MIN }, { "2147483648", OUT, 0 },
    { "-2147483649", OUT, 0 }, { "4294967295", OUT, 0 },
    { "4294967296", OUT, 0 }, { "-4294967296", OUT, 0 },
    { "18446744073709551615", OUT, 0 }, { "18446744073709551616", OUT, 0 },
    { "-18446744073709551615", OUT, 0 }, { "", OUT, 0 }, { "-", OUT, 0 },
    { "--1", OUT, 0 }, { "+1", OUT, 0 }, { "-+1", OUT, 0 }, { "4.0", OUT, 0 },
    { "4e0", OUT, 0 }, { "1-", OUT, 0 }, { "- 1", OUT, 0 }, { "-a", OUT, 0 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    size_t  n = strlen(list[i].in);
    int32_t value = 77;
    int     e = amt_json_int32((char *)edge_copy(list[i].in, n), n, &value);
    if (e != list[i].e || (e == 0 && value != list[i].value))
      fail_msg("\"%s\": result %d, value %ld", list[i].in, e, (long)value);
  }
}

/* ------------------------------------------------------------------------
   >>writer */

/* All sequences of up to three bytes, and those of four that matter. */
SLOW_TEST(amt_utf8_knows_every_sequence)
{
  unsigned char s[4];
  unsigned      a, b, c, d;
  assert_int_equal(amt_utf8((char *)edge_new(0), 0), 1);
  for (a = 0; a < 256; a++) {
    s[0] = (unsigned char)a;
    assert_int_equal(amt_utf8((char *)edge_copy(s, 1), 1), is_utf8(s, 1));
    for (b = 0; b < 256; b++) {
      s[1] = (unsigned char)b;
      assert_int_equal(amt_utf8((char *)edge_copy(s, 2), 2), is_utf8(s, 2));
      for (c = 0; c < 256; c++) {
        s[2] = (unsigned char)c;
        if (amt_utf8((char *)s, 3) != is_utf8(s, 3))
          fail_msg("%02X %02X %02X", a, b, c);
        if (a < 0xEE || c < 0x7E || (c > 0x81 && c < 0xBE) || c > 0xC1)
          continue;
        for (d = 0; d < 256; d++) {
          s[3] = (unsigned char)d;
          if (amt_utf8((char *)s, 4) != is_utf8(s, 4))
            fail_msg("%02X %02X %02X %02X", a, b, c, d);
        }
      }
    }
  }
}

static const struct { const char *text; size_t n; const char *json; }
written[] = {
  { "", 0, "\"\"" },
  { "abc", 3, "\"abc\"" },
  { "a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"" },
  { "\"", 1, "\"\\\"\"" },
  { "\\", 1, "\"\\\\\"" },
  { "\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"" },
  { "\0\x01\v\x1F", 4, "\"\\u0000\\u0001\\u000b\\u001f\"" },
  { "a\0b", 3, "\"a\\u0000b\"" },
  { "\x7F", 1, "\"\x7F\"" },
  { "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", 11,
    "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"" },
  { "\n\n\n", 3, "\"\\n\\n\\n\"" },
  { "x\ny\n", 4, "\"x\\ny\\n\"" }
};

/* JSON has several ways to write a character; the table has ours. The next test
   checks that it reads back. */
TEST(a_text_is_written_as_a_json_string)
{
  size_t i;
  for (i = 0; i < COUNT(written); i++) {
    char    buf[200];
    amt_window o;
    amt_window_init(&o, buf, sizeof buf - 1, 0);
    amt_json_put_string(&o, (char *)edge_copy(written[i].text, written[i].n),
                        written[i].n);
    assert_int_equal(o.len, o.total);
    buf[o.len] = 0;
    assert_string_equal(buf, written[i].json);
  }
}

TEST(what_is_written_is_read_back_as_it_was)
{
  static char    in[2000], out[13000];
  static text    want;
  unsigned char *u = (unsigned char *)in;
  unsigned       c, round;
  size_t         n = 0;
  /* All of ASCII, then random characters of all lengths. */
  for (c = 0; c < 128; c++) in[n++] = (char)c;
  for (round = 0; round < 200; round++) {
    amt_window o;
    amt_window_init(&o, out, sizeof out, 0);
    amt_json_put_string(&o, (char *)edge_copy(in, n), n);
    assert_int_equal(o.len, o.total);
    text_clear(&want);
    text_add(&want, "s:");
    text_bytes(&want, in, n);
    text_add(&want, " ok");
    read_whole(&first, out, o.len);
    text_same(&first.tokens, want.s, "round %u", round);
    read_pieces(&again, out, o.len, round % 7 + 1);
    text_same(&again.tokens, want.s, "round %u, in pieces", round);
    n = 0;
    while (n < 60 + round) {
      static const unsigned limit[] = { 0x20, 0x80, 0x800, 0xD800, 0x110000 };
      c = random_below(limit[random_below(5)]);
      if (c < 0xD800 || c > 0xDFFF) n += op_encode(c, u + n);
    }
  }
}

/* A request is produced again for each piece that is sent. */
TEST(every_window_has_the_same_bytes_as_the_whole)
{
  static const char text_of[] = "q\"\\\n\x01\xC3\xA9z";
  char              whole[64], piece[64];
  amt_window o;
  amt_window_init(&o, whole, sizeof whole, 0);
  size_t            total, from, cap;
  amt_json_put_string(&o, text_of, sizeof text_of - 1);
  amt_put_text(&o, ":");
  amt_put_number(&o, UINT64_MAX);
  total = o.total;
  assert_int_equal(o.len, total);
  for (from = 0; from <= total + 2; from++)
    for (cap = 0; cap <= total + 2; cap++) {
      size_t want = from >= total ? 0 : total - from < cap ? total - from : cap;
      memset(piece, '#', sizeof piece);
      amt_window_init(&o, (char *)edge_new(cap), cap, from);
      amt_json_put_string(&o, text_of, sizeof text_of - 1);
      amt_put_text(&o, ":");
      amt_put_number(&o, UINT64_MAX);
      edge_check();
      assert_int_equal(o.total, total);
      assert_int_equal(o.len, want);
      assert_memory_equal(o.buf, whole + (want ? from : 0), want);
    }
  amt_window_init(&o, NULL, 0, 0); /* only counts */
  amt_json_put_string(&o, text_of, sizeof text_of - 1);
  assert_int_equal(o.total, total - 21);
}

TEST(numbers_are_written_in_decimal)
{
  uint64_t n = 0;
  int      i;
  for (i = 0; i < 3000; i++) {
    char    buf[24], want[24];
    amt_window o;
    amt_window_init(&o, buf, sizeof buf, 0);
    amt_put_number(&o, n);
    sprintf(want, "%llu", (unsigned long long)n);
    assert_int_equal(o.len, strlen(want));
    assert_memory_equal(buf, want, o.len);
    if (i < 1000) n++;
    else if (i < 1064) n = (uint64_t)1 << (i - 1000);
    else if (i < 1128) n = UINT64_MAX >> (i - 1064);
    else n = n * UINT64_C(6364136223846793005) + 1442695;
  }
}

/* ------------------------------------------------------------------------
   >>suite   https://github.com/nst/JSONTestSuite, test_parsing */

/* What amt.h promises of a file: y_ is accepted, n_ is refused. UTF-16 (y_ or
   i_, depending on the suite's age) is always refused, as by RFC 8259. The
   other i_ files may go either way. Numbers are text here, so all are accepted;
   so are noncharacters and a leading byte order mark. Bad UTF-8, lone
   surrogates and 500 levels are refused. */
static int promised(const char *name)
{
  if (strstr(name, "UTF-16") != NULL || strstr(name, "utf16") != NULL) return 0;
  if (name[0] != 'i') return name[0] == 'y';
  return strncmp(name, "i_number_", 9) == 0 ||
         strstr(name, "nonchar") != NULL ||
         strstr(name, "BOM_empty_object") != NULL;
}

static void judge_file(const char *folder, const char *name)
{
  static unsigned char in[600000];
  char                 path[1000];
  FILE                *f;
  size_t               n;
  int                  want;
  n = (size_t)snprintf(path, sizeof path, "%s/%s", folder, name);
  f = n < sizeof path ? fopen(path, "rb") : NULL;
  if (f == NULL) fail_msg("%s cannot be opened", path);
  n = fread(in, 1, sizeof in, f);
  fclose(f);
  if (n == sizeof in) fail_msg("%s is longer than this test reads", path);
  want = promised(name);
  read_whole(&first, in, n);
  if (want != (first.result == 0))
    fail_msg("%s: %s", name, error_name(first.result));
  read_pieces(&again, in, n, 1);
  text_same(&again.places, first.places.s, "%s, byte by byte", name);
}

TEST(the_public_suite_is_met_in_full)
{
  static char    names[600][128]; /* before any can fail: closes the folder */
  const char    *folder = getenv("JSON_TEST_SUITE");
  struct dirent *entry;
  DIR           *dir;
  unsigned       count[256] = { 0 };
  size_t         n = 0, i;
  if (folder == NULL) {
    print_message("JSON_TEST_SUITE is not set to a folder of "
                  "nst/JSONTestSuite's files: not run\n");
    skip();
  }
  dir = opendir(folder);
  if (dir == NULL) fail_msg("%s cannot be read", folder);
  while ((entry = readdir(dir)) != NULL && n < COUNT(names)) {
    const char *name = entry->d_name, *end = strrchr(name, '.');
    if (end == NULL || strcmp(end, ".json") != 0 || name[1] != '_') continue;
    if (strchr("yni", name[0]) == NULL || strlen(name) > 127) continue;
    strcpy(names[n++], name);
  }
  closedir(dir);
  for (i = 0; i < n; i++) {
    judge_file(folder, names[i]);
    count[(unsigned char)names[i][0]]++;
  }
  print_message("%u y_, %u n_ and %u i_ files\n", count['y'],
                count['n'], count['i']);
  if (count['y'] < 90 || count['n'] < 170 || count['i'] < 20)
    fail_msg("%s does not hold the whole suite", folder);
}

/* A closing bracket at depth 0, which no text leads to. */
TEST(a_corrupted_depth_is_not_JSON)
{
  static const char *const v[] = { "]", "}" };
  size_t i;
  for (i = 0; i < 2; i++) {
    char           p[1];
    amt_json       t;
    amt_json_token token;
    size_t         used;
    memset(&t, 0, sizeof t);
    t.state = AMT__J_NEXT;
    p[0] = v[i][0];
    assert_int_equal(amt_json_next(&t, p, 1, &used, &token),
                     AMT_E_JSON_SYNTAX);
  }
}

/* ------------------------------------------------------------------------
   >>gather   bytes that were held back go before those just read */

/* Text never gathers beyond what was read. Both bounds hold even if it did. */
TEST(gathering_never_writes_past_the_bytes)
{
  amt_json       t;
  unsigned char *p;
#if AMT_WIDE == 0
  {
    size_t to = 3;
    p = edge_copy("abc", 3);
    assert_int_equal(amt__json_plain(p, 0, 3, &to), 0);
    assert_int_equal(to, 3);
    to = 2;
    assert_int_equal(amt__json_plain(p, 0, 3, &to), 1);
    assert_int_equal(to, 3);
    assert_memory_equal(p, "aba", 3);
  }
#endif
  p = edge_copy("abcdef", 6);
  memset(&t, 0, sizeof t);
  memcpy(t.utf8, "\xF0\x9F\x98\x80", 4);
  t.utf8_len = 4;
  assert_int_equal(amt__json_gather(&t, p, 4, 6), 6);
  assert_memory_equal(p, "abcd\xF0\x9F", 6);
  assert_int_equal(amt__json_gather(&t, p, 6, 6), 6);
  t.utf8_len = 255; /* corrupted: no more than there is */
  assert_int_equal(amt__json_gather(&t, p, 0, 6), 4);
  assert_memory_equal(p, "\xF0\x9F\x98\x80\xF0\x9F", 6);
  edge_check();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
