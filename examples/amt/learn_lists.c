/* learn_lists.c - where the parameters and task values of a Start stand.

   A list may be an array, an object, pairs of name and value, or one joined
   text. Some forms that no hole can write are found, too. */

#include "learn_lists.h"
#include "text.h"
#include <string.h>

static const char *leaf(const spot *s)
{
  const char *dot = strrchr(s->name, '.');
  return dot != NULL ? dot + 1 : s->name;
}

/* 1 if `pair` is "NAME=VALUE". */
static int is_pair(const char *pair, const char *name, const char *value)
{
  size_t n = strlen(name);
  return strncmp(pair, name, n) == 0 && pair[n] == '=' &&
         strcmp(pair + n + 1, value) == 0;
}

/* Writes a separator as joined escapes it. */
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

/* 1 if one text has all elements, with the same separator between any two. */
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

static void found_list(list_search *r, size_t from, size_t to, const char *hole,
                       int named)
{
  if (r->to != 0 && r->note == LIST_FOUND) return;
  r->from = from;
  r->to = to;
  r->note = named ? LIST_NAMED : LIST_FOUND;
  r->behind[0] = 0;
  text(r->hole, sizeof r->hole, "%s", hole);
}

/* The second member of an object of two, in an array. The two may be the name
   and the value of a told "name=value", or one is a told value. */
static void list_pair(list_search *r, size_t d, const char *second)
{
  size_t      up = d - 1, at = r->level[up].at;
  const char *first = r->level[d].value;
  const char *wanted = at < r->told->count ? r->told->text[at] : "";
  int         swapped = is_pair(wanted, second, first) ||
                        strcmp(wanted, first) == 0;
  r->level[up].named |= strcmp(wanted, first) == 0 ||
                        strcmp(wanted, second) == 0;
  if (swapped || is_pair(wanted, first, second) || strcmp(wanted, second) == 0)
    r->level[up].pairs = 1, r->level[up].swapped = swapped;
  else
    r->level[up].wrong = 1;
}

/* A text of JSON: an element, a member of an object, or all joined. */
static void list_text(list_search *r, const spot *s)
{
  size_t d = s->depth, at = r->level[d].at;
  const char *wanted = at < r->told->count ? r->told->text[at] : NULL;
  if (s->in_array) {
    if (wanted != NULL && strcmp(wanted, s->text) == 0) r->level[d].at++;
    else r->level[d].wrong = 1;
    return;
  }
  if (wanted != NULL && is_pair(wanted, leaf(s), s->text))
    r->level[d].at++;
  else if (wanted != NULL && strcmp(wanted, s->text) == 0)
    r->level[d].at++, r->level[d].named = 1;
  else r->level[d].wrong_object = 1;
  if (r->level[d].members < 2)
    text(r->level[d].name[r->level[d].members], 64, "%s", leaf(s));
  if (r->level[d].members == 1 && d > 1) list_pair(r, d, s->text);
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
    if (r->level[d].at == count && !r->level[d].wrong_object &&
        (count > 1 || !r->level[d].named)) /* a lone value may be any member */
      found_list(r, r->level[d].from, s->to, ":object", r->level[d].named);
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
    text(hole, sizeof hole, ":pairs %s %s",
         r->level[d].name[r->level[d].swapped],
         r->level[d].name[!r->level[d].swapped]);
    found_list(r, r->level[d].from, s->to, r->level[d].pairs ? hole : "",
               r->level[d].named);
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

list_search start_lists[2];

void find_lists(void)
{
  find_list(&start_lists[0], &opt.parameters, &findings.start);
  find_list(&start_lists[1], &opt.task_values, &findings.start);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
