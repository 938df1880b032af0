/* learn_holes.c - requests that were captured, with holes in place of values.

   What is no value that was told or found stays as it was captured, unless its
   name says that it is somebody's secret. */

#include "learn_holes.h"
#include "text.h"
#include <string.h>

struct hole_notes hole_notes;

/* --- lists --- */

typedef struct {
  const list *told;
  size_t      from, to;   /* where it stands; to 0: nowhere */
  int         note;       /* LIST_ */
  char        hole[160];  /* what stands behind ':', with it; or "" */
  char        behind[48]; /* the separator once more */
  struct {
    size_t from, at;      /* how many elements are right so far */
    size_t members;
    int    wrong, pairs, wrong_object;
    char   name[2][64], value[512];
  } level[AMT_JSON_DEPTH + 2];
  char        repeated[64]; /* a form's member */
  size_t      repeats;
} list_search;

static const char *leaf(const spot *s)
{
  const char *dot = strrchr(s->name, '.');
  return dot != NULL ? dot + 1 : s->name;
}

/* "a=1" of a name and a value. */
static int is_pair(const char *pair, const char *name, const char *value)
{
  size_t n = strlen(name);
  return strncmp(pair, name, n) == 0 && pair[n] == '=' &&
         strcmp(pair + n + 1, value) == 0;
}

/* How joined writes its separator. */
static void escape_separator(char *to, size_t room, const char *p, size_t n)
{
  static const char from[] = "\n\r\t\\", as[] = "nrt\\";
  size_t            i, len = 0;
  to[0] = 0;
  for (i = 0; i < n; i++) {
    const char *e = p[i] != 0 ? strchr(from, p[i]) : NULL;
    if (e != NULL) append(to, room, &len, "\\", 1);
    append(to, room, &len, e != NULL ? as + (e - from) : p + i, 1);
  }
}

/* All elements in one text, with the same between any two. 1 if so. */
static int is_joined(list_search *r, const spot *s)
{
  const char *p = s->text, *between = NULL;
  size_t      n = 0, i, len = strlen(r->told->text[0]);
  char        its_escape[24];
  if (strncmp(p, r->told->text[0], len) != 0) return 0;
  p += len;
  if (r->told->count > 1) {
    const char *next = strstr(p, r->told->text[1]);
    if (next == NULL || next == p || next - p > 8) return 0;
    between = p;
    n = (size_t)(next - p);
  }
  for (i = 1; i < r->told->count; i++) {
    len = strlen(r->told->text[i]);
    if (strncmp(p, between, n) != 0 ||
        strncmp(p + n, r->told->text[i], len) != 0) return 0;
    p += n + len;
  }
  if (*p != 0 && (s->place != IN_FORM || strlen(p) > 4)) return 0;
  if (*p != 0 && between != NULL && (strncmp(p, between, n) != 0 ||
                                     p[n] != 0)) return 0;
  if (between == NULL) between = *p != 0 ? p : ";", n = strlen(between);
  escape_separator(its_escape, sizeof its_escape, between, n);
  text(r->hole, sizeof r->hole, ":joined%s", its_escape);
  r->behind[0] = 0;
  if (*p != 0) {
    amt_window o;
    amt_window_init(&o, r->behind, sizeof r->behind - 1, 0);
    for (i = 0; i < n; i++) {
      char escape[4] = { '%', 0, 0, 0 };
      escape[1] = "0123456789ABCDEF"[(unsigned char)between[i] >> 4];
      escape[2] = "0123456789ABCDEF"[(unsigned char)between[i] & 15u];
      amt_put(&o, escape, 3);
    }
    r->behind[o.len] = 0;
  }
  r->note = r->told->count > 1 || *p != 0 ? LIST_FOUND : LIST_SEPARATOR;
  return 1;
}

static void found_list(list_search *r, size_t from, size_t to, const char *hole)
{
  if (r->to != 0 && r->note == LIST_FOUND) return;
  r->from = from;
  r->to = to;
  r->note = LIST_FOUND;
  r->behind[0] = 0;
  text(r->hole, sizeof r->hole, "%s", hole);
}

/* A text of JSON: an element, or a member of one, or all joined. */
static void list_text(list_search *r, const spot *s)
{
  size_t d = s->depth, at = r->level[d].at;
  const char *wanted = at < r->told->count ? r->told->text[at] : NULL;
  if (s->in_array) {
    if (wanted != NULL && strcmp(wanted, s->text) == 0) r->level[d].at++;
    else r->level[d].wrong = 1;
    return;
  }
  if (wanted == NULL || !is_pair(wanted, leaf(s), s->text))
    r->level[d].wrong_object = 1;
  else r->level[d].at++;
  if (r->level[d].members < 2)
    text(r->level[d].name[r->level[d].members], 64, "%s", leaf(s));
  if (r->level[d].members == 1 && d > 1) {
    size_t up = d - 1;
    wanted = r->level[up].at < r->told->count ? r->told->text[r->level[up].at]
                                              : "";
    if (is_pair(wanted, r->level[d].value, s->text)) r->level[up].pairs = 1;
    else r->level[up].wrong = 1;
  }
  text(r->level[d].value, sizeof r->level[d].value, "%s", s->text);
  r->level[d].members++;
  if (r->to == 0 && s->type == AMT_JSON_STRING && is_joined(r, s))
    r->from = s->from, r->to = s->to;
}

static void list_json(list_search *r, const spot *s)
{
  size_t d = s->depth + 1, count = r->told->count;
  char   hole[160];
  switch (s->type) {
  case AMT_JSON_ARRAY: case AMT_JSON_OBJECT:
    memset(&r->level[d], 0, sizeof r->level[d]);
    r->level[d].from = s->from;
    break;
  case AMT_JSON_OBJECT_END:
    if (r->level[d].at == count && !r->level[d].wrong_object)
      found_list(r, r->level[d].from, s->to, ":object");
    if (!s->in_array) break;
    if (r->level[d].members == 2 && r->level[s->depth].pairs &&
        !r->level[s->depth].wrong) {
      memcpy(r->level[s->depth].name, r->level[d].name,
             sizeof r->level[d].name);
      r->level[s->depth].at++;
    } else {
      r->level[s->depth].wrong = 1;
    }
    break;
  case AMT_JSON_ARRAY_END:
    if (r->level[d].wrong || r->level[d].at != count) break;
    text(hole, sizeof hole, ":pairs %s %s", r->level[d].name[0],
         r->level[d].name[1]);
    found_list(r, r->level[d].from, s->to, r->level[d].pairs ? hole : "");
    break;
  case AMT_JSON_STRING: case AMT_JSON_NUMBER: list_text(r, s); break;
  case AMT_JSON_KEY: break;
  default:
    if (s->in_array) r->level[s->depth].wrong = 1;
    else r->level[s->depth].wrong_object = 1;
  }
}

static void list_form(list_search *r, const spot *s)
{
  if (r->repeats < r->told->count &&
      strcmp(s->text, r->told->text[r->repeats]) == 0 &&
      (r->repeats == 0 || strcmp(r->repeated, s->name) == 0)) {
    text(r->repeated, sizeof r->repeated, "%s", s->name);
    r->repeats++;
  }
  if (r->repeats == r->told->count && r->repeats > 1) r->note = LIST_REPEATED;
  if (r->to == 0 && is_joined(r, s)) r->from = s->from, r->to = s->to;
}

static void list_spot(void *ctx, const spot *s)
{
  list_search *r = (list_search *)ctx;
  if (s->place == IN_JSON) list_json(r, s);
  else if (s->place == IN_FORM) list_form(r, s);
  else if (s->place == IN_QUERY && is_joined(r, s)) {
    r->note = LIST_IN_PATH;
    text(r->repeated, sizeof r->repeated, "%s", s->name);
  }
}

static void find_list(list_search *r, const list *l, const exchange *x)
{
  memset(r, 0, sizeof *r);
  r->told = l;
  if (l->count == 0) return;
  r->note = LIST_MISSING;
  walk_body(x->request.body, x->request.body_len, list_spot, r);
  if (r->note == LIST_MISSING) walk_path(path_of(x), list_spot, r);
}

static list_search parameters, task_values;

void find_lists(void)
{
  find_list(&parameters, &opt.parameters, &findings.start);
  find_list(&task_values, &opt.task_values, &findings.start);
  hole_notes.parameters = parameters.note;
  hole_notes.task_values = task_values.note;
}

/* --- one text --- */

typedef struct {
  amt_window       *o;
  const char       *raw;
  size_t            at;    /* what is before it has been put */
  int               json;
  int               of_body;
  const hole_rules *rules;
  unsigned          nth;   /* values so far */
  size_t            comma; /* before this member, in what was put; or 0 */
  list_search      *lists[2];
} filling;

static int begins_hole(const char *p, const char *end)
{
  return *p == '{' && p + 1 < end &&
         ((p[1] >= 'a' && p[1] <= 'z') || p[1] == '_');
}

/* As it was captured; inside of a string, a brace in front of a letter is
   doubled. */
static void put_raw(filling *f, size_t from, size_t to)
{
  const char *p = f->raw + from, *end = f->raw + to;
  for (; p < end; p++) {
    if (begins_hole(p, end)) amt_put_text(f->o, "{");
    if ((unsigned char)*p >= 32 && *p != 127) amt_put(f->o, p, 1);
  }
}

/* What is between the values; JSON's blanks are left out. */
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

/* What may be left out: the run-as user and the queue. */
static int is_optional(int which)
{
  return which == TOLD_USER || which == TOLD_QUEUE;
}

/* In front of what was put from `at` on. */
static void insert(amt_window *o, size_t at, const char *t)
{
  size_t n = strlen(t);
  if (o->total != o->len || o->cap - o->len < n) return;
  memmove(o->buf + at + n, o->buf + at, o->len - at);
  memcpy(o->buf + at, t, n);
  o->len += n;
  o->total += n;
}

/* The whole member, with the comma before it. */
static void put_optional_member(filling *f, int which)
{
  char condition[32];
  insert(f->o, f->comma, text(condition, sizeof condition, "{?%s}",
                              told[which].word));
  put_hole(f->o, "{", which, "}");
  put_hole(f->o, "{/", which, "}");
}

/* A form has an empty value for what was not given, an array an empty text;
   an object has no such member, or null if that is its first one. */
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
             (which == TOLD_ID && string == id_is_text)) {
    put_hole(f->o, "{", which, "}");
  } else { /* the other type than the one in which it came */
    if (string) amt_put_text(f->o, "\"");
    put_hole(f->o, "{", which, ":text}");
    if (string) amt_put_text(f->o, "\"");
  }
}

/* The value that stands first in a text, with others around it; -1: none. */
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
        continue; /* by itself the word says little */
    }
    p = told_within(t, told[i].value);
    if (p == NULL || (*at != NULL && p >= *at)) continue;
    *at = p;
    best = i;
  }
  return best;
}

/* A value that holds others: as captured but for these. */
static void put_mixed(filling *f, const spot *s)
{
  static char raw[FIRST_LINE];
  size_t      n = s->to - s->from;
  const char *p = raw, *at;
  int         which;
  if (n >= sizeof raw) {
    put_raw(f, s->from, s->to);
    return;
  }
  memcpy(raw, f->raw + s->from, n);
  raw[n] = 0;
  while ((which = first_within(p, &at)) >= 0) {
    size_t base = s->from + (size_t)(p - raw);
    put_raw(f, base, base + (size_t)(at - p));
    put_hole(f->o, "{", which, f->json ? ":text}" : "}");
    p = at + strlen(told[which].value);
  }
  put_raw(f, s->from + (size_t)(p - raw), s->to);
}

/* In the same case of letters: KILL, Kill, kill. */
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

static void note_secret(const char *name)
{
  unsigned i;
  for (i = 0; i < hole_notes.secrets && i < 4; i++)
    if (strcmp(hole_notes.secret[i], name) == 0) return;
  if (i < 4) text(hole_notes.secret[i], 64, "%s", name);
  hole_notes.secrets++;
}

/* 1 if this number is where the log is to go on. */
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
           (is_secret_name(s->name) || may_be_password(s))) {
    amt_put_text(f->o, f->json ? "\"***\"" : "***");
    note_secret(s->name);
  } else if (text_like && first_within(s->text, &at) >= 0) put_mixed(f, s);
  else put_raw(f, s->from, s->to);
}

/* Of an object's member all is left out where the list is empty. */
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

/* An element of a list that holes cannot say. */
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

/* "&NAME=VALUE" of a form or a query. */
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
  if (is_repeated(f, s)) { /* it would be sent whatever is told */
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
    f.lists[0] = &parameters;
    f.lists[1] = &task_values;
  }
  f.o = o;
  f.raw = raw;
  f.rules = r;
  return f;
}

/* Up to the Start nobody has an id: what looks like it is something else. */
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

void fill_header(amt_window *o, const char *name, const char *value,
                 int *secret)
{
  filling     f = filling_of(o, value, NULL, NULL);
  const char *bearer = told[TOLD_TOKEN].value, *at;
  spot        s;
  memset(&s, 0, sizeof s);
  s.type = AMT_JSON_STRING;
  s.place = IN_HEADER;
  s.name = name;
  s.text = value;
  s.len = s.to = strlen(value);
  *secret = 0;
  if (same_word(name, "Authorization") && strncmp(value, "Basic ", 6) == 0 &&
      (bearer == NULL || strstr(value, bearer) == NULL)) {
    amt_put_text(o, "Basic {basic}");
  } else if (bearer != NULL && (at = strstr(value, bearer)) != NULL) {
    put_raw(&f, 0, (size_t)(at - value));
    put_hole(o, "{", TOLD_TOKEN, "}");
    put_raw(&f, (size_t)(at - value) + strlen(bearer), s.len);
  } else if (told_whole(&s) >= 0) {
    put_hole(o, "{", told_whole(&s), "}");
  } else if (is_secret_name(name) && s.len > 0) {
    amt_put_text(o, "***");
    note_secret(name);
    *secret = 1;
  } else {
    put_mixed(&f, &s);
  }
}
