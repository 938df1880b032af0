/* holes.c - texts with holes: from a person's words, and back.

   A person writes {word} where the wire table has a hole. This file goes from
   words to holes and back; on the way back it can hide what may be a secret. */

#include "holes.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

const struct hole holes[] = {
  { "application", AMT_HOLE_APPLICATION, "-an" },
  { "job", AMT_HOLE_JOB, "-jn" },
  { "script", AMT_HOLE_SCRIPT, "-fn" },
  { "submit_user", AMT_HOLE_SUBMIT_USER, "-su" },
  { "user", AMT_HOLE_USER, "-u" },
  { "station", AMT_HOLE_STATION, "-st" },
  { "queue", AMT_HOLE_QUEUE, "-qn" },
  { "id", AMT_HOLE_ID, "-id" },
  { "after", AMT_HOLE_AFTER, NULL },
  { "task_values", AMT_HOLE_TASK_VALUES, "-tv" },
  { "parameters", AMT_HOLE_PARAMETERS, "-pa" },
  { "api_user", AMT_HOLE_API_USER, "--api-user" },
  { "password", AMT_HOLE_PASSWORD, "--password-file" },
  { "token", AMT_HOLE_TOKEN, NULL },
  { "basic", AMT_HOLE_BASIC, NULL },
  { "action", AMT_HOLE_ACTION, NULL },
};
enum { HOLES = sizeof holes / sizeof *holes };

static const struct { const char *name, *mark; int of_list; } hows[] = {
  { "raw", AMT_AS_RAW(""), 0 },
  { "text", AMT_AS_TEXT(""), 0 },
  { "url", AMT_AS_URL(""), 0 },
  { "list", "", 1 }, /* what a list is by default */
  { "object", AMT_AS_OBJECT(""), 1 },
  { "pairs", AMT_AS_PAIRS("", "", ""), 1 },
  { "joined", AMT_AS_JOINED("", ""), 1 },
};
enum { PAIRS = 5, JOINED = 6, HOWS = sizeof hows / sizeof *hows };

/* --- texts with holes, as the table has them --- */

int is_mark(char c)
{
  return (unsigned char)c < 32 && strchr("\t\r\n", c) == NULL;
}

int begins_part(char c)
{
  return c == *AMT_IF(JOB, "") || c == *AMT_UNLESS(JOB, "");
}

int ends_part(char c) { return c == AMT_IF(JOB, "")[2]; }

int hole_of(char c)
{
  int i = 0;
  while (i < HOLES && *holes[i].hole != c) i++;
  return i;
}

const char *hole_option(const char *name)
{
  int i = 0;
  while (i < HOLES && strcmp(holes[i].name, name) != 0) i++;
  return i < HOLES ? holes[i].option : NULL;
}

const char *hole_way(char c)
{
  int how = 0;
  while (how < HOWS && *hows[how].mark != c) how++;
  return how < HOWS && c != 0 ? hows[how].name : NULL;
}

int hole_has_names(char c) { return c == *hows[PAIRS].mark; }

int hole_has_separator(char c) { return c == *hows[JOINED].mark; }

const char *behind_mark(const char *p)
{
  if (ends_part(*p)) return p + 1;
  if (begins_part(*p)) return p + 1 + (p[1] != 0);
  while (*p != 0 && hole_of(*p) == HOLES) p++;
  return p + (*p != 0);
}

int fills_in(const char *p, const char *end, const char *hole)
{
  for (; p < end; p++)
    if (begins_part(*p)) p++;
    else if (*p == *hole) return 1;
  return 0;
}

int fills(const char *t, const char *hole)
{
  return t != NULL && fills_in(t, t + strlen(t), hole);
}

int fills_secret(const char *t)
{
  return fills(t, AMT_HOLE_PASSWORD) || fills(t, AMT_HOLE_TOKEN) ||
         fills(t, AMT_HOLE_BASIC);
}

/* --- from {words} to holes --- */

static int is_word_char(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

static size_t word_length(const char *p)
{
  size_t n = 0;
  while (is_word_char(p[n])) n++;
  return n;
}

/* A fault that names the word at p. */
static const char *word_fault(const char *p, const char *what)
{
  static char fault[WORDS];
  char        word[AMT_NAME_MAX + 1];
  size_t      n = word_length(p);
  if (n >= sizeof word) n = sizeof word - 1;
  memcpy(word, p, n);
  word[n] = 0;
  return text(fault, sizeof fault, "{%s}: %s", word, what);
}

static int hole_named(const char *p)
{
  size_t n = word_length(p);
  int    i = 0;
  while (i < HOLES && (strlen(holes[i].name) != n ||
                       memcmp(holes[i].name, p, n) != 0)) i++;
  return i;
}

static const char no_word[] =
  "no word that requests have; see the manual, and write {{ where a '{' in "
  "front of a letter is just that";

enum { NESTED = 8 };

/* The text is rewritten in place. Each hole becomes shorter, so `to` never
   passes `from`. */
typedef struct {
  char   *from, *to;
  char    open[NESTED]; /* the holes that the open parts ask about */
  size_t  depth;
} rewriting;

static void move(rewriting *r, size_t n)
{
  memmove(r->to, r->from, n);
  r->to += n, r->from += n;
}

/* Takes " NAME VALUE" of pairs, up to the '}'. */
static const char *take_pairs(rewriting *r)
{
  static const char form[] = "write {parameters:pairs NAME VALUE} with the "
                             "names of both members";
  size_t n;
  r->from += strspn(r->from, " ");
  n = strcspn(r->from, " }");
  if (n == 0 || r->from[n] != ' ') return form;
  move(r, n);
  *r->to++ = hows[PAIRS].mark[1];
  r->from += strspn(r->from, " ");
  n = strcspn(r->from, " }");
  if (n == 0) return form;
  move(r, n);
  r->from += strspn(r->from, " ");
  return NULL;
}

/* The characters that a separator escapes, and their letters after a '\'. */
static const char escaped[] = "\n\r\t\\", escapes[] = "nrt\\";

/* Takes the separator of joined, up to the '}'. */
static const char *take_separator(rewriting *r)
{
  while (*r->from != '}' && *r->from != 0) {
    const char *escape;
    if (*r->from != '\\') {
      move(r, 1);
      continue;
    }
    escape = r->from[1] != 0 ? strchr(escapes, r->from[1]) : NULL;
    if (escape == NULL)
      return "in a separator, \\n, \\r, \\t and \\\\ are known";
    *r->to++ = escaped[escape - escapes];
    r->from += 2;
  }
  return NULL;
}

/* Takes {word} or {word:how}; r->from is after the '{'. */
static const char *take_hole(rewriting *r)
{
  const char *word = r->from, *fault = NULL;
  int         hole = hole_named(word), how = 0, is_list;
  if (hole == HOLES) return word_fault(word, no_word);
  is_list = strchr(AMT_HOLE_TASK_VALUES AMT_HOLE_PARAMETERS,
                   *holes[hole].hole) != NULL;
  r->from += word_length(word);
  if (*r->from == ':') {
    while (how < HOWS && strncmp(r->from + 1, hows[how].name,
                                 strlen(hows[how].name)) != 0) how++;
    if (how == HOWS || hows[how].of_list != is_list)
      return word_fault(holes[hole].name, is_list
        ? "after its ':', list, object, pairs and joined are known"
        : "after its ':', raw, text and url are known");
    r->from += 1 + strlen(hows[how].name);
    if (*hows[how].mark != 0) *r->to++ = *hows[how].mark;
    if (how == PAIRS) fault = take_pairs(r);
    if (how == JOINED) fault = take_separator(r);
  }
  if (fault == NULL && *r->from != '}')
    fault = word_fault(holes[hole].name, "not closed by a '}' right after it");
  *r->to++ = *holes[hole].hole;
  r->from++;
  return fault;
}

/* Takes {?word}, {!word} or {/word}; r->from is after the '{'. */
static const char *take_part(rewriting *r)
{
  const char kind = *r->from++, *word = r->from;
  int        hole = hole_named(word);
  if (hole == HOLES) return word_fault(word, no_word);
  if (word[word_length(word)] != '}')
    return word_fault(word, "not closed by a '}' right after it");
  r->from += word_length(word) + 1;
  if (kind == '/') {
    if (r->depth == 0 || r->open[--r->depth] != *holes[hole].hole)
      return word_fault(holes[hole].name, "its {/...} closes no part, or not "
                        "the innermost");
    *r->to++ = AMT_IF(JOB, "")[2];
    return NULL;
  }
  if (r->depth == NESTED) return "parts within parts, too deep";
  r->open[r->depth++] = *holes[hole].hole;
  *r->to++ = (char)(kind == '?' ? *AMT_IF(JOB, "") : *AMT_UNLESS(JOB, ""));
  *r->to++ = *holes[hole].hole;
  return NULL;
}

const char *take_holes(char *t)
{
  rewriting   r = { NULL, NULL, "", 0 };
  const char *fault = NULL;
  r.from = r.to = t;
  while (*r.from != 0 && fault == NULL) {
    char next = r.from[1];
    if (*r.from != '{') {
      move(&r, 1);
    } else if (is_word_char(next)) {
      r.from++;
      fault = take_hole(&r);
    } else if ((next == '?' || next == '!' || next == '/') &&
               is_word_char(r.from[2])) {
      r.from++;
      fault = take_part(&r);
    } else {
      if (next == '{' && is_word_char(r.from[2])) r.from++;
      move(&r, 1);
    }
  }
  *r.to = 0;
  if (fault == NULL && r.depth > 0)
    fault = word_fault(holes[hole_of(r.open[r.depth - 1])].name,
                       "a part is not closed by its {/...}");
  return fault;
}

/* --- from holes to {words} --- */

static void spell_word(amt_window *o, const char *before, char hole,
                       const char *behind)
{
  int i = hole_of(hole);
  amt_put_text(o, before);
  if (i < HOLES) amt_put_text(o, holes[i].name);
  amt_put_text(o, behind);
}

/* The two names of pairs, or the separator of joined. */
static void spell_argument(amt_window *o, const char *p, const char *end,
                           char how)
{
  if (hole_has_names(how)) amt_put_text(o, " ");
  for (; p < end; p++) {
    const char *escape = strchr(escaped, *p);
    if (is_mark(*p)) {
      amt_put_text(o, " ");
    } else if (hole_has_separator(how) && escape != NULL) {
      amt_put_text(o, "\\");
      amt_put(o, escapes + (escape - escaped), 1);
    } else {
      amt_put(o, p, 1);
    }
  }
}

/* The hole from p to end. */
static void spell_hole(amt_window *o, const char *p, const char *end)
{
  const char *how = hole_way(*p);
  spell_word(o, "{", end[-1], "");
  if (how != NULL) {
    amt_put_text(o, ":");
    amt_put_text(o, how);
    spell_argument(o, p + 1, end - 1, *p);
  }
  amt_put_text(o, "}");
}

void spell(amt_window *o, const char *p, const char *end)
{
  char   open[NESTED + 1]; /* one more, around a header line */
  size_t depth = 0;
  while (p < end) {
    const char *next = is_mark(*p) ? behind_mark(p) : p + 1;
    if (begins_part(*p)) {
      spell_word(o, *p == *AMT_IF(JOB, "") ? "{?" : "{!", p[1], "}");
      if (depth < sizeof open) open[depth++] = p[1];
    } else if (ends_part(*p)) {
      spell_word(o, "{/", (char)(depth > 0 ? open[--depth] : 0), "}");
    } else if (is_mark(*p)) {
      spell_hole(o, p, next);
    } else if (*p != '\r' && *p != '\n') {
      amt_put(o, p, 1);
      if (*p == '{' && next < end && is_word_char(*next)) amt_put(o, p, 1);
    }
    p = next;
  }
}

/* --- the table without secrets --- */

/* Bytes up to a mark or one of `ends`; an escaped character is no end. */
static size_t run_length(const char *p, const char *ends)
{
  size_t n = 0;
  while (p[n] != 0 && !is_mark(p[n]) && strchr(ends, p[n]) == NULL)
    n += *ends == '"' && p[n] == '\\' && p[n + 1] != 0 && !is_mark(p[n + 1])
      ? 2 : 1;
  return n;
}

/* 1 if the JSON string at p, after its quote, is a member's name. */
static int is_member(const char *p)
{
  while (*p != 0 && *p != '"') {
    size_t n = run_length(p, "\"");
    p = n > 0 ? p + n : behind_mark(p);
  }
  p += *p != 0;
  return p[strspn(p, " \t")] == ':';
}

/* 1 for words that are no secret, and for what is too short to be one. */
static int is_harmless(const char *p, size_t n)
{
  static const char *const words[] = { "START", "STOP", "KILL", "SCRIPT",
                                       "BATCH", "OPCON", "true", "false",
                                       "null", NULL };
  int i;
  for (i = 0; words[i] != NULL; i++)
    if (strlen(words[i]) == n && memcmp(words[i], p, n) == 0) return 1;
  return n < 3;
}

void mask(char *to, const char *p, enum wire_kind kind, size_t *at)
{
  static const char structure[] = "{}[]:,\" \t";
  const char *from = p, *begin = to;
  int  json = kind == BODY && (strchr("{[\"", *p) != NULL || is_mark(*p));
  int  other = kind == BODY && !json && p[strcspn(p, "=<{ ")] != '=';
  int  within = other; /* in a value; in JSON, 1: in a string, 2: in a name */
  size_t place = 0;
  while (*p != 0) {
    const char *ends = other ? "" : within ? "&" : "=", *put = p;
    size_t      n, m;
    if (json) ends = within ? "\"" : structure;
    if (kind == HEADER) ends = within ? "\n" : ":";
    n = m = run_length(p, ends);
    if (n > 0) {
      if ((json ? within != 2 : within) && !is_harmless(p, n))
        put = "***", m = 3;
    } else if (is_mark(*p)) {
      n = m = (size_t)(behind_mark(p) - p);
      if (!begins_part(*p) && strchr(AMT_HOLE_PASSWORD AMT_HOLE_TOKEN
                                     AMT_HOLE_BASIC, p[n - 1]) != NULL)
        put = "***", m = 3;
    } else {
      n = m = 1;
      if (!json) within = !within;
      else if (*p == '"') within = within ? 0 : 1 + is_member(p + 1);
    }
    if (*at >= (size_t)(p - from))
      place = (size_t)(to - begin) + (put == p ? *at - (size_t)(p - from) : 0);
    memcpy(to, put, m);
    to += m, p += n;
  }
  *to = 0;
  *at = place;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
