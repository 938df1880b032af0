/* fuzz_json.c - the tokenizer, with any bytes, cut anywhere.

   An input is a JSON text with its cuts (fuzz.h). It is read whole, byte by
   byte, and in those pieces. Tokens, texts, places and error must be the same.
   jansson must agree on whether it is valid, and on all its values. Each string
   is written through windows and read again. With repair the text is read in
   the same three ways. A valid one gives the same result, and one that is wrong
   only in its strings is read to its end. */

#define AMT_IMPLEMENTATION
#define AMT_NO_HTTP
#include "amt.h"
#include "fuzz.h"
#include <errno.h>
#include <jansson.h>
#include <math.h>

/* --- the same as a jansson value ------------------------------------------ */

/* A value built from our tokens. It is of no use if it has something that only
   jansson refuses; that is noted. */
typedef struct tree {
  json_t *open[AMT_JSON_DEPTH], *root;
  unsigned depth;
  bytes   key[AMT_JSON_DEPTH]; /* of the next member's value, by depth */
  int     has_nul_key;         /* jansson's keys end at a NUL */
  int     is_out_of_range;     /* of long long or double */
} tree;

static tree built;

static void tree_begin(tree *t)
{
  t->root = NULL;
  t->depth = 0;
  t->has_nul_key = t->is_out_of_range = 0;
}

static void tree_add(tree *t, json_t *value)
{
  json_t *parent = t->depth != 0 ? t->open[t->depth - 1] : NULL;
  must(value != NULL);
  if (parent == NULL) {
    must(t->root == NULL);
    t->root = value;
  } else if (json_is_array(parent)) {
    must(json_array_append_new(parent, value) == 0);
  } else {
    const char *key = (const char *)t->key[t->depth - 1].p;
    if (strlen(key) != t->key[t->depth - 1].n) t->has_nul_key = 1;
    must(json_object_set_new_nocheck(parent, key, value) == 0);
  }
}

static void tree_open(tree *t, json_t *value)
{
  tree_add(t, value);
  must(t->depth < AMT_JSON_DEPTH);
  t->open[t->depth] = value;
  clear(&t->key[t->depth++]);
}

static void tree_number(tree *t, const char *text)
{
  errno = 0;
  if (text[strcspn(text, ".eE")] == 0) {
    long long n = strtoll(text, NULL, 10);
    if (errno == ERANGE) t->is_out_of_range = 1;
    tree_add(t, json_integer(n));
  } else {
    double d = strtod(text, NULL);
    if (isinf(d)) t->is_out_of_range = 1, d = 0;
    tree_add(t, json_real(d));
  }
}

static void tree_token(tree *t, int type, const bytes *text)
{
  const char *s = (const char *)text->p;
  switch (type) {
  case AMT_JSON_OBJECT: tree_open(t, json_object()); break;
  case AMT_JSON_ARRAY: tree_open(t, json_array()); break;
  case AMT_JSON_OBJECT_END:
  case AMT_JSON_ARRAY_END:
    t->depth--;
    must(json_is_object(t->open[t->depth]) == (type == AMT_JSON_OBJECT_END));
    break;
  case AMT_JSON_KEY:
    clear(&t->key[t->depth - 1]);
    add(&t->key[t->depth - 1], s, text->n);
    break;
  case AMT_JSON_STRING: tree_add(t, json_stringn_nocheck(s, text->n)); break;
  case AMT_JSON_NUMBER: tree_number(t, s); break;
  case AMT_JSON_TRUE: tree_add(t, json_true()); break;
  case AMT_JSON_FALSE: tree_add(t, json_false()); break;
  default: tree_add(t, json_null()); break;
  }
}

/* --- one way to read it ----------------------------------------------------- */

typedef struct reading {
  bytes  events; /* type, place, then text and 0xFF */
  bytes  text;   /* of the current token */
  int    type;   /* of the token in progress, or 0 */
  size_t start;  /* where that began */
  int    result;
  size_t place;
  tree  *tree;
  uint8_t  repair;   /* with repair, and */
  uint32_t repaired; /* the number of repairs */
} reading;

static int has_text(int type)
{
  return type == AMT_JSON_KEY || type == AMT_JSON_STRING ||
         type == AMT_JSON_NUMBER;
}

/* Compares numbers with libc's. */
static void check_number(const bytes *text)
{
  const char *s = (const char *)text->p;
  uint64_t    u = 0;
  int32_t     i = 0;
  int         is_digits = s[strspn(s, "0123456789")] == 0;
  int         is_whole = s[(*s == '-') + strspn(s + (*s == '-'),
                                                "0123456789")] == 0;
  unsigned long long want;
  long long          want_int;
  errno = 0;
  want = strtoull(s, NULL, 10);
  is_digits = is_digits && errno == 0;
  must((amt_json_uint64(s, text->n, &u) == 0) == is_digits);
  must(!is_digits || u == want);
  errno = 0;
  want_int = strtoll(s, NULL, 10);
  is_whole = is_whole && errno == 0 && want_int >= INT32_MIN &&
             want_int <= INT32_MAX;
  must((amt_json_int32(s, text->n, &i) == 0) == is_whole);
  must(!is_whole || i == want_int);
}

/* A string that is written and read again is the same, in full and in
   windows. */
static void check_string(const bytes *text)
{
  static bytes   written, back;
  amt_json       json;
  amt_json_token token;
  amt_window o;
  amt_window_init(&o, NULL, 0, 0);
  const char    *s = (const char *)text->p;
  size_t         window = 1 + text->n % 7, used = 0, at;
  int            e;
  amt_json_put_string(&o, s, text->n);
  clear(&written);
  for (at = 0; at < o.total; at += window) {
    uint8_t *room = (uint8_t *)malloc(window);
    amt_window w;
    amt_window_init(&w, (char *)room, window, at);
    amt_json_put_string(&w, s, text->n);
    must(w.total == o.total);
    must(w.len == (o.total - at < window ? o.total - at : window));
    add(&written, room, w.len);
    free(room);
  }
  memset(&json, 0, sizeof json);
  clear(&back);
  for (at = 0; at < written.n; at += used) {
    e = amt_json_next(&json, written.p + at, written.n - at, &used, &token);
    must(e == AMT_JSON_STRING);
    add(&back, token.text, token.len);
  }
  must(amt_json_end(&json, &token) == 0);
  must(same(&back, text));
}

/* Records a token. Its text must lie between `from` and `to`, or in the
   state. */
static void take(reading *r, const amt_json *json, int type,
                 const amt_json_token *t, const uint8_t *from,
                 const uint8_t *to)
{
  const uint8_t *text = (const uint8_t *)t->text;
  if (!has_text(type)) {
    must(r->type == 0);
    add_byte(&r->events, (unsigned)type);
    add(&r->events, &json->start, sizeof json->start);
    if (r->tree != NULL) tree_token(r->tree, type, &r->text);
    return;
  }
  must(t->first == (r->type == 0));
  if (t->first) {
    r->type = type;
    r->start = json->start;
    clear(&r->text);
    add_byte(&r->events, (unsigned)type);
    add(&r->events, &json->start, sizeof json->start);
  }
  must(r->type == type && r->start == json->start);
  must(t->len != 0 || t->last);
  must(t->len == 0 || (text >= from && text + t->len <= to) ||
       (text >= json->utf8 && text + t->len <= json->utf8 + sizeof json->utf8) ||
       (json->repaired != 0 && t->len == 3 && !t->last &&
        memcmp(text, "\xEF\xBF\xBD", 3) == 0));
  must(is_utf8(t->text, t->len) && amt_utf8(t->text, t->len));
  add(&r->text, t->text, t->len);
  add(&r->events, t->text, t->len);
  if (!t->last) return;
  r->type = 0;
  add_byte(&r->events, 0xFF);
  if (r->tree != NULL) {
    tree_token(r->tree, type, &r->text);
    if (type == AMT_JSON_NUMBER) check_number(&r->text);
    else if (r->text.n < 300) check_string(&r->text);
  }
}

/* An error persists. */
static void check_sticky(amt_json *json, int error)
{
  char           more[] = " {}";
  amt_json_token token;
  size_t         used = 1, place = json->offset;
  must(amt_json_next(json, more, 3, &used, &token) == error && used == 0);
  must(amt_json_end(json, &token) == error);
  must(json->offset == place && strcmp(more, " {}") == 0);
}

static void read_it(reading *r, const uint8_t *text, size_t n, cuts c)
{
  amt_json       json;
  amt_json_token token;
  size_t         at = 0, calls = 0;
  int            e = 0;
  clear(&r->events);
  clear(&r->text);
  r->type = 0;
  memset(&json, 0, sizeof json);
  json.repair = r->repair;
  while (at < n && e == 0) {
    size_t   len = cut(&c, n - at), from = 0, used = 0;
    uint8_t *p = exact(text + at, len);
    do {
      amt_json moved = json; /* no pointers: it may be moved */
      memset(&json, 0xA5, sizeof json);
      memset(&token, 0xA5, sizeof token);
      e = amt_json_next(&moved, p + from, len - from, &used, &token);
      must(used <= len - from);
      must(++calls <= 6 * n + 6);
      must(memcmp(p + from + used, text + at + from + used,
                  len - from - used) == 0);
      if (e > 0) take(r, &moved, e, &token, p + from, p + from + used);
      from += used;
      json = moved;
      must(json.offset == at + from && json.start <= json.offset);
      must(json.depth <= AMT_JSON_DEPTH);
    } while (e > 0);
    must(e < 0 || from == len);
    free(p);
    at += len;
  }
  if (e == 0)
    while ((e = amt_json_end(&json, &token)) > 0) {
      must(e == AMT_JSON_NUMBER && token.last && token.len == 0);
      take(r, &json, e, &token, NULL, NULL);
    }
  r->result = e;
  r->place = json.offset;
  r->repaired = json.repaired;
  must(e != 0 || (json.depth == 0 && r->type == 0));
  must(*amt_error(e) != 0 || e == 0);
  if (e != 0) check_sticky(&json, e);
}

/* --- the second opinion ----------------------------------------------------- */

/* Where the two may differ, and why:
   - a raw NUL: we refuse it anywhere; jansson 2.14 loses one after a number or
     a literal, so it is not asked.
   - a byte order mark at the start: we skip one, as RFC 8259, 8.1, allows;
     jansson refuses it and gets the text without it.
   - depth: ours ends at AMT_JSON_DEPTH, jansson's at 2,048.
   - numbers are text to us; jansson needs integers that fit a long long, and
     finite reals.
   - "\u0000" in a member's name: jansson refuses it.
   - duplicate names: both accept them; jansson keeps the last value, and so
     does the tree built here. */
static void ask_jansson(const uint8_t *text, size_t n, int result, tree *t)
{
  json_error_t error;
  json_t      *theirs;
  int          why;
  if (memchr(text, 0, n) != NULL) {
    must(result != 0);
    return;
  }
  if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3, n -= 3;
  theirs = json_loadb((const char *)text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      &error);
  why = theirs == NULL ? json_error_code(&error) : 0;
  if (result == 0 && theirs == NULL)
    must((why == json_error_numeric_overflow && t->is_out_of_range) ||
         (why == json_error_null_byte_in_key && t->has_nul_key));
  if (result != 0 && theirs != NULL) must(result == AMT_E_JSON_DEPTH);
  if (result == 0 && theirs != NULL) must(json_equal(t->root, theirs));
  json_decref(theirs);
}

/* Any state is safe, even one that no text leads to. */
static void from_any_state(const uint8_t *state, size_t len,
                           const uint8_t *text, size_t n)
{
  amt_json       json;
  amt_json_token token;
  size_t         used, i;
  uint8_t       *p = exact(text, n);
  memset(&json, 0, sizeof json);
  for (i = 0; i < sizeof json && len != 0; i++)
    ((uint8_t *)&json)[i] = state[i % len];
  amt_json_next(&json, p, n, &used, &token);
  must(used <= n);
  amt_json_end(&json, &token);
  free(p);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  json_object_seed(1); /* each run of an input is the same */
  return 0;
}

static void read_all_ways(reading *whole, const uint8_t *p, size_t n, cuts c)
{
  static reading other;
  int            i;
  read_it(whole, p, n, no_cuts());
  other.repair = whole->repair;
  for (i = 0; i < 2; i++) {
    read_it(&other, p, n, i == 0 ? every_byte() : c);
    must(same(&whole->events, &other.events));
    must(whole->result == other.result && whole->place == other.place);
    must(whole->repaired == other.repaired);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  static reading whole;
  static bytes   strict;
  cuts           c = cuts_of(p, &n);
  int            result;
  tree_begin(&built);
  whole.tree = &built;
  whole.repair = 0;
  read_all_ways(&whole, p, n, c);
  must(whole.repaired == 0);
  ask_jansson(p, n, whole.result, &built);
  json_decref(built.root);
  clear(&strict);
  add(&strict, whole.events.p, whole.events.n);
  result = whole.result;
  whole.tree = NULL;
  whole.repair = 1;
  read_all_ways(&whole, p, n, c);
  must(whole.result != AMT_E_JSON_STRING && whole.result != AMT_E_JSON_ESCAPE);
  if (result == 0)
    must(whole.result == 0 && whole.repaired == 0 &&
         same(&whole.events, &strict));
  from_any_state(c.p, c.n, p, n);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
