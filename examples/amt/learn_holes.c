/* learn_holes.c - requests that were captured, with holes in place of values.

   Values that were told or found become holes. All else stays as captured,
   unless its name says that it is a secret. */

#include "learn_holes.h"
#include "text.h"
#include <string.h>

struct hole_notes hole_notes;

typedef struct {
  amt_window       *o;
  const char       *raw;
  size_t            at;    /* all before it is written */
  int               json;
  int               of_body;
  const hole_rules *rules;
  unsigned          nth;   /* values so far */
  size_t            comma; /* its place before this member in `o`; or 0 */
  list_search      *lists[2];
} filling;

static int begins_hole(const char *p, const char *end)
{
  return *p == '{' && p + 1 < end &&
         ((p[1] >= 'a' && p[1] <= 'z') || p[1] == '_');
}

/* Writes text as captured, but without controls. A brace that would begin a
   hole is doubled. */
static void put_captured(filling *f, const char *p, const char *end)
{
  for (; p < end; p++) {
    if (begins_hole(p, end)) amt_put_text(f->o, "{");
    if ((unsigned char)*p >= 32 && *p != 127) amt_put(f->o, p, 1);
  }
}

static void put_raw(filling *f, size_t from, size_t to)
{
  put_captured(f, f->raw + from, f->raw + to);
}

/* Writes what is between the values, without JSON's blanks. */
static void put_gap(filling *f, size_t to)
{
  for (; f->at < to; f->at++)
    if (!f->json || strchr(" \t\r\n", f->raw[f->at]) == NULL)
      amt_put(f->o, f->raw + f->at, 1);
}

static void put_hole(amt_window *o, const char *before, int which,
                     const char *behind)
{
  hole_notes.filled |= 1u << which;
  amt_put_text(o, before);
  amt_put_text(o, told[which].word);
  amt_put_text(o, behind);
}

/* 1 for what may be left out: the run-as user and the queue. */
static int is_optional(int which)
{
  return which == TOLD_USER || which == TOLD_QUEUE;
}

/* Inserts a text at `at` of what was written. */
static void insert(amt_window *o, size_t at, const char *t)
{
  size_t n = strlen(t);
  if (o->total != o->len || o->cap - o->len < n) return;
  memmove(o->buf + at + n, o->buf + at, o->len - at);
  memcpy(o->buf + at, t, n);
  o->len += n;
  o->total += n;
}

/* Makes the whole member optional, with the comma before it. */
static void put_optional_member(filling *f, int which)
{
  char condition[32];
  insert(f->o, f->comma, text(condition, sizeof condition, "{?%s}",
                              told[which].word));
  put_hole(f->o, "{", which, "}");
  put_hole(f->o, "{/", which, "}");
}

/* If the value is not given, a form has it empty, and an array has an empty
   text. An object lacks the member; if that is its first, it has null. */
static void put_optional(filling *f, const spot *s, int which)
{
  amt_window *o = f->o;
  int         quoted = f->json && s->in_array;
  if (f->json && !quoted && f->comma != 0) {
    put_optional_member(f, which);
    return;
  }
  if (quoted) amt_put_text(o, "\"");
  put_hole(o, "{?", which, "}");
  put_hole(o, "{", which, quoted ? ":text}" : "}");
  put_hole(o, "{/", which, "}");
  if (quoted) amt_put_text(o, "\"");
  if (!f->json || quoted) return;
  put_hole(o, "{!", which, "}null");
  put_hole(o, "{/", which, "}");
}

static void put_told(filling *f, const spot *s, int which)
{
  int string = s->type == AMT_JSON_STRING;
  if (is_optional(which) && s->place != IN_PATH) {
    put_optional(f, s, which);
  } else if (!f->json || (string && which != TOLD_ID) ||
             (which == TOLD_ID && !string && !id_is_text)) {
    put_hole(f->o, "{", which, "}");
  } else { /* keeps the captured type, however the value is given */
    if (string) amt_put_text(f->o, "\"");
    put_hole(f->o, "{", which, ":text}");
    if (string) amt_put_text(f->o, "\"");
  }
}

/* For a list that no hole can write: where its elements stand one after another
   in a text. Returns how many bytes from *at on; 0: none. */
static size_t elements_within(const filling *f, const char *t, const char **at)
{
  size_t i, k;
  for (k = 0; k < 2; k++) {
    const list_search *r = f->lists[k];
    for (i = 0; r != NULL && r->note == LIST_MISSING && i < r->told->count;
         i++) {
      const char *p = *at = told_within(t, r->told->text[i]), *next = p;
      if (p == NULL || strlen(r->told->text[i]) < 4) continue;
      for (; next != NULL && next - p <= 8; i++) {
        p = next + strlen(r->told->text[i]);
        next = i + 1 < r->told->count ? strstr(p, r->told->text[i + 1]) : NULL;
      }
      return (size_t)(p - *at);
    }
  }
  return 0;
}

/* Which told value comes first within a text, and *at: where; -1: none. */
static int first_within(const char *t, const char **at)
{
  int i, best = -1;
  *at = NULL;
  for (i = 0; i < TOLDS; i++) {
    const char *p = NULL;
    if (empty(told[i].value)) continue;
    if (i == TOLD_SUBMIT_USER || i == TOLD_STATION) {
      int other = i == TOLD_STATION ? TOLD_SUBMIT_USER : TOLD_STATION;
      if (strchr(t, '@') == NULL && told_within(t, told[other].value) == NULL)
        continue; /* the word alone says little */
    }
    p = i == TOLD_API_USER ? user_within(t) : told_within(t, told[i].value);
    if (p == NULL || (*at != NULL && p >= *at)) continue;
    *at = p;
    best = i;
  }
  return best;
}

static void note_secret(const char *name)
{
  unsigned i;
  for (i = 0; i < hole_notes.secrets && i < 4; i++)
    if (strcmp(hole_notes.secret[i], name) == 0) return;
  if (i < 4) text(hole_notes.secret[i], 64, "%s", name);
  hole_notes.secrets++;
}

static void put_secret(filling *f, const spot *s)
{
  amt_put_text(f->o, f->json ? "\"***\"" : "***");
  note_secret(s->name);
}

/* 1 if a value has a secret that its captured text spells differently. */
static int hides_secret(const spot *s, const char *raw)
{
  static const int secrets[] = { TOLD_PASSWORD, TOLD_TOKEN };
  size_t           i;
  for (i = 0; i < 2; i++) {
    const char *value = told[secrets[i]].value;
    if (!empty(value) && told_within(s->text, value) != NULL &&
        told_within(raw, value) == NULL) return 1;
  }
  return 0;
}

/* Writes a value as captured, with holes for the told values within it. */
static void put_mixed(filling *f, const spot *s)
{
  static char raw[FIRST_LINE];
  size_t      n = s->to - s->from;
  const char *p = raw, *at;
  size_t      cut;
  int         which, as_told = elements_within(f, s->text, &at) > 0;
  if (n >= sizeof raw) n = 0;
  memcpy(raw, f->raw + s->from, n);
  raw[n] = 0;
  if (hides_secret(s, raw)) {
    put_secret(f, s);
    return;
  }
  cut = elements_within(f, raw, &at);
  if (as_told && (cut == 0 || s->type == AMT_JSON_NUMBER)) {
    if (f->json) amt_put_text(f->o, "null");
    return;
  }
  if (n == 0) {
    put_raw(f, s->from, s->to);
    return;
  }
  if (cut > 0) memmove(raw + (at - raw), at + cut, strlen(at + cut) + 1);
  while ((which = first_within(p, &at)) >= 0) {
    put_captured(f, p, at);
    put_hole(f->o, "{", which, f->json ? ":text}" : "}");
    p = at + strlen(told[which].value);
  }
  put_captured(f, p, p + strlen(p));
}

/* Writes the other word in the same case: KILL, Kill, kill. */
static void put_swapped(filling *f, const spot *s)
{
  const char *p;
  int         upper = (s->text[0] & 32) == 0, all = (s->text[1] & 32) == 0;
  if (f->json) amt_put_text(f->o, "\"");
  for (p = f->rules->instead; *p != 0; p++) {
    char c = (char)(upper && (all || p == f->rules->instead) ? *p & ~32 : *p);
    amt_put(f->o, &c, 1);
  }
  if (f->json) amt_put_text(f->o, "\"");
  hole_notes.swapped = 1;
}

/* 1 if this number says where the log goes on. */
static int is_after(const filling *f)
{
  const hole_rules     *r = f->rules;
  const request_number *n;
  if (r == NULL || r->numbers == NULL || r->after < 0) return 0;
  n = &r->numbers->number[r->after];
  return n->of_body == f->of_body && n->nth == f->nth;
}

static void put_scalar(filling *f, const spot *s)
{
  int         which = told_whole(s), text_like;
  const char *at;
  text_like = s->type == AMT_JSON_STRING || s->type == AMT_JSON_NUMBER;
  if (is_after(f)) amt_put_text(f->o, "{after}");
  else if (which >= 0 && text_like) put_told(f, s, which);
  else if (f->rules != NULL && f->rules->word != NULL &&
           same_word(s->text, f->rules->word)) put_swapped(f, s);
  else if (text_like && s->len > 0 &&
           (is_secret_name(s->name) || may_be_password(s) ||
            is_masked(s->text))) put_secret(f, s);
  else if (text_like && (first_within(s->text, &at) >= 0 ||
                         elements_within(f, s->text, &at) > 0)) put_mixed(f, s);
  else put_raw(f, s->from, s->to);
}

/* If the list is empty, the whole member of an object is left out. */
static void put_list_hole(filling *f, int which, int is_member)
{
  const list_search *r = f->lists[which];
  const char        *word = which == 0 ? "parameters" : "task_values";
  char               part[300];
  if (is_member)
    insert(f->o, f->comma, text(part, sizeof part, "{?%s}", word));
  amt_put_text(f->o, text(part, sizeof part, "{%s%s}", word, r->hole));
  if (is_member)
    amt_put_text(f->o, text(part, sizeof part, "{/%s}", word));
  if (r->behind[0] != 0)
    amt_put_text(f->o, text(part, sizeof part, "{?%s}%s{/%s}", word, r->behind,
                            word));
}

/* 1 for an element of a list that holes cannot write. */
static int is_repeated(const filling *f, const spot *s)
{
  int i;
  for (i = 0; i < 2; i++)
    if (f->lists[i] != NULL &&
        ((f->lists[i]->note == LIST_REPEATED && s->place == IN_FORM) ||
         (f->lists[i]->note == LIST_IN_PATH && s->place == IN_QUERY)) &&
        strcmp(f->lists[i]->repeated, s->name) == 0)
      return 1;
  return 0;
}

/* Leaves out "&NAME=VALUE" of a form or a query. */
static void leave_out(filling *f, const spot *s)
{
  amt_window *o = f->o;
  put_gap(f, s->from);
  while (o->len > 0 && o->total == o->len && o->buf[o->len - 1] != '&' &&
         o->buf[o->len - 1] != '?') o->len--, o->total--;
  f->at = s->to;
  if (o->len > 0 && o->len < o->cap && o->buf[o->len - 1] == '&')
    o->len--, o->total--;
  else if (f->raw[f->at] == '&')
    f->at++;
  f->nth++;
}

static void fill_spot(void *ctx, const spot *s)
{
  filling *f = (filling *)ctx;
  int      i;
  if (is_repeated(f, s)) { /* it would be sent for every job */
    leave_out(f, s);
    return;
  }
  for (i = 0; i < 2; i++) {
    const list_search *r = f->lists[i];
    if (r == NULL || r->to == 0 || !f->of_body || s->from != r->from) continue;
    put_gap(f, s->from);
    put_list_hole(f, i, f->json && !s->in_array && f->comma != 0);
    f->at = r->to;
  }
  if (s->from >= f->at && s->type == AMT_JSON_KEY) {
    put_gap(f, s->from);
    f->comma = f->o->len > 0 && f->o->len < f->o->cap &&
               f->o->buf[f->o->len - 1] == ',' ? f->o->len - 1 : 0;
    put_raw(f, s->from, s->to);
    f->at = s->to;
  } else if (s->from >= f->at && is_scalar(s)) {
    put_gap(f, s->from);
    put_scalar(f, s);
    f->at = s->to;
  }
  f->nth += (unsigned)is_scalar(s);
}

static filling filling_of(amt_window *o, const char *raw, const hole_rules *r,
                          const exchange *x)
{
  filling f;
  memset(&f, 0, sizeof f);
  if (x != NULL && x->number == findings.start.number) {
    f.lists[0] = &start_lists[0];
    f.lists[1] = &start_lists[1];
  }
  f.o = o;
  f.raw = raw;
  f.rules = r;
  return f;
}

/* Up to the Start there is no id: what looks like it is something else. */
static const char *hide_id(const exchange *x)
{
  const char *id = told[TOLD_ID].value;
  if (x->number <= findings.start.number) told[TOLD_ID].value = NULL;
  return id;
}

void fill_path(amt_window *o, const exchange *x, const hole_rules *r)
{
  const char *path = path_of(x), *id = hide_id(x);
  filling     f = filling_of(o, path, r, x);
  walk_path(path, fill_spot, &f);
  put_gap(&f, strlen(path));
  told[TOLD_ID].value = id;
}

void fill_body(amt_window *o, const exchange *x, const hole_rules *r)
{
  const char *body = x->request.body, *id;
  size_t      n = x->request.body_len;
  filling     f = filling_of(o, body, r, x);
  if (n == 0) {
    amt_put_text(o, "none");
    return;
  }
  f.json = is_json(body);
  f.of_body = 1;
  hole_notes.other_body |= !f.json && !is_form(body);
  hole_notes.cut |= x->request.cut;
  id = hide_id(x);
  walk_body(body, n, fill_spot, &f);
  put_gap(&f, n);
  told[TOLD_ID].value = id;
}

void put_request_line(amt_window *o, const exchange *x)
{
  struct hole_notes notes = hole_notes;
  amt_put_text(o, method_of(x));
  amt_put_text(o, " ");
  fill_path(o, x, NULL);
  hole_notes = notes;
}

/* Finds the token in a header's value; a masked one, only as a whole. */
static const char *bearer_within(const char *field)
{
  const char *bearer = told[TOLD_TOKEN].value;
  if (bearer == NULL) return NULL;
  return is_masked(bearer) ? told_within(field, bearer)
                           : strstr(field, bearer);
}

void fill_header(amt_window *o, const char *name, const char *value,
                 int *secret)
{
  filling     f = filling_of(o, value, NULL, NULL);
  const char *bearer = told[TOLD_TOKEN].value, *at;
  spot        s = plain_spot(IN_HEADER, name);
  s.text = value;
  s.len = s.to = strlen(value);
  *secret = 0;
  if (same_word(name, "Authorization") && strncmp(value, "Basic ", 6) == 0 &&
      bearer_within(value) == NULL) {
    amt_put_text(o, "Basic {basic}");
  } else if ((at = bearer_within(value)) != NULL) {
    put_raw(&f, 0, (size_t)(at - value));
    put_hole(o, "{", TOLD_TOKEN, "}");
    put_raw(&f, (size_t)(at - value) + strlen(bearer), s.len);
  } else if (told_whole(&s) >= 0) {
    put_hole(o, "{", told_whole(&s), "}");
  } else if ((is_secret_name(name) && s.len > 0) ||
             is_masked(behind_scheme(value))) {
    if (is_masked(behind_scheme(value)))
      put_raw(&f, 0, (size_t)(behind_scheme(value) - value));
    amt_put_text(o, "***");
    note_secret(name);
    *secret = 1;
  } else {
    put_mixed(&f, &s);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
