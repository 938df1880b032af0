/* learn_facts.c - what the replies to one call have in common.

   A status changes from reply to reply and has published words or codes. A log
   is an array of texts, an array of objects with a text, or a text of lines.
   Its numbers rise. Names count less: they are only hints. */

#include "learn_facts.h"
#include "learn_told.h"
#include "text.h"
#include <string.h>

typedef struct { facts *f; unsigned number; } adding;

static fact *fact_named(facts *f, const spot *s)
{
  size_t i;
  if (strlen(s->name) >= FACT_NAME || !is_expressible(s->name)) return NULL;
  for (i = 0; i < f->count; i++)
    if (strcmp(f->all[i].name, s->name) == 0 && f->all[i].list == s->list)
      return &f->all[i];
  if (f->count == FACTS) return NULL;
  memset(&f->all[i], 0, sizeof f->all[i]);
  text(f->all[i].name, FACT_NAME, "%s", s->name);
  f->all[i].list = s->list;
  f->count++;
  return &f->all[i];
}

static void note_word(fact *of, const spot *s, unsigned number)
{
  unsigned i;
  for (i = 0; i < of->words && i < FACT_WORDS; i++)
    if (strncmp(of->word[i], s->text, sizeof of->word[i] - 1) == 0) return;
  if (i < FACT_WORDS) {
    text(of->word[i], sizeof of->word[i], "%s", s->text);
    of->word_in[i] = number;
  }
  of->words++;
}

/* A status may be padded with blanks. */
static size_t trimmed(const char *t)
{
  size_t n = strlen(t);
  while (n > 0 && t[n - 1] == ' ') n--;
  return n;
}

size_t numbered_status(const char *word, unsigned *code, const char **tail)
{
  size_t   digits = strspn(word, "0123456789"), n;
  uint64_t value;
  n = digits + strspn(word + digits, " -_:./(");
  *tail = word + n + strcspn(word + n, ")");
  if (digits == 0 || digits > 2 || (digits == 2 && *word == '0') ||
      !amt_uint64(word, digits, 10, &value) ||
      amt_status_code(word + n, (size_t)(*tail - word) - n) != (int32_t)value)
    return 0;
  *code = (unsigned)value;
  return n;
}

static void add_text_value(fact *of, const spot *s, unsigned number)
{
  uint64_t    value;
  unsigned    code;
  const char *tail;
  size_t      n = trimmed(s->text), digits = strspn(s->text, "0123456789");
  char        last[sizeof of->last];
  int         again = of->last_in == number;
  text(last, sizeof last, "%s", s->text);
  if (digits > 0 && strcmp(s->text + digits, ".0") == 0) {
    of->codes += digits < 3; /* a status, such as 4.0 */
  } else if (is_whole_number(s->text, &value)) {
    if (again && of->whole > 0 && value <= of->number) of->falls++;
    of->number = value;
    of->whole++;
    of->codes += *amt_status_name((int32_t)(value < 1000 ? value : 1000)) != 0;
  } else if (s->type == AMT_JSON_STRING && n > 0 && n < 32 &&
             (amt_status_code(s->text, n) >= 0 ||
              numbered_status(s->text, &code, &tail) > 0)) {
    of->names++;
  }
  of->moments += (unsigned)is_moment(s->text);
  of->lines += strchr(s->text, '\n') != NULL;
  of->length += s->len;
  of->changes += of->values > 1 && strcmp(last, of->last) != 0;
  memcpy(of->last, last, sizeof last);
  note_word(of, s, number);
}

static void add_spot(void *ctx, const spot *s)
{
  adding *a = (adding *)ctx;
  fact   *of;
  if (s->place != IN_JSON || !is_scalar(s)) return;
  of = fact_named(a->f, s);
  if (of == NULL) return;
  of->values++;
  of->strings += s->type == AMT_JSON_STRING;
  of->numbers += s->type == AMT_JSON_NUMBER;
  of->trues += s->type == AMT_JSON_TRUE;
  of->falses += s->type == AMT_JSON_FALSE;
  of->nulls += s->type == AMT_JSON_NULL;
  if (s->type == AMT_JSON_STRING || s->type == AMT_JSON_NUMBER)
    add_text_value(of, s, a->number);
  if (of->exchanges == 0) of->first_in = a->number;
  of->exchanges += of->last_in != a->number;
  of->last_in = a->number;
}

void facts_add(facts *f, const exchange *x)
{
  adding a = { NULL, 0 };
  a.f = f;
  a.number = x->number;
  walk_reply(x, add_spot, &a);
}

const char *fact_leaf(const fact *f)
{
  if (f->list == SIZE_MAX) return f->name;
  return f->name + f->list + (f->list > 0 && f->name[f->list] == '.');
}

int is_of_list(const fact *f, const char *array)
{
  return f->list != SIZE_MAX && f->list == strlen(array) &&
         strncmp(f->name, array, f->list) == 0;
}

static int texts_of(const fact *f) { return (int)(f->strings + f->numbers); }

/* 1 for a name such as "state.text": the word for a state. */
static int is_word_of_state(const char *name)
{
  char  parent[FACT_NAME];
  char *dot = strrchr(text(parent, sizeof parent, "%s", name), '.');
  if (dot == NULL) return 0;
  *dot = 0;
  return hints_at(parent, "status|state|zustand|phase|stage") &&
         hints_at(name, "text|name|value|label|word|display");
}

int status_score(const facts *f, const fact *of)
{
  unsigned most = 0, n = of->values - of->nulls;
  size_t   i;
  int      score = 0, is_word;
  for (i = 0; i < f->count; i++)
    if (f->all[i].exchanges > most) most = f->all[i].exchanges;
  if (n == 0 || of->trues + of->falses > 0 || of->exchanges * 2 < most ||
      of->moments > 0 || of->lines > 0 ||
      (of->list != SIZE_MAX && of->values > of->exchanges)) return 0;
  if (told[TOLD_ID].value != NULL && strcmp(of->last, told[TOLD_ID].value) == 0)
    return 0;
  if (of->names == n) score = 60;
  else if (of->codes == n) score = 30;
  else if (of->whole == 0 && of->names + of->codes == 0 &&
           of->length / n < 32) score = 8;
  else if (of->names + of->codes > 0 && of->length / n < 32) score = 12;
  else return 0;
  is_word = of->names + of->codes == 0 && is_word_of_state(of->name);
  if (of->changes > 0) score += of->words <= 6 ? 20 : 5;
  if (is_word || hints_at(of->name, "status|state|zustand|code|phase|stage"))
    score += 25;
  if (!is_word && hints_at(of->name, "progress|percent|count|total|=id|version|"
                           "priority|level|user|name|=type|message|text|lines|"
                           "correl|function|class"))
    score -= 25;
  if (score == 8 || (score < 25 && of->changes == 0)) return 0;
  if (of->changes == 0 && of->exchanges > 2) /* the reply's own, perhaps */
    score -= of->names == n ? 10 : 40;
  return score > 0 ? score : 1;
}

const fact *best_status(const facts *f, int *score)
{
  const fact *best = NULL;
  size_t      i;
  *score = 0;
  for (i = 0; i < f->count; i++) {
    int its = status_score(f, &f->all[i]);
    if (its > *score) best = &f->all[i], *score = its;
  }
  return best;
}

int text_score(const fact *of)
{
  int n = (int)of->strings, score;
  if (n == 0 || of->moments == of->strings) return 0;
  score = 10 + (int)(of->length / of->strings);
  if (score > 40) score = 40;
  score += (int)(of->words < FACT_WORDS ? of->words : FACT_WORDS);
  if (hints_at(of->name, "text|txt|message|msg|line|zeile|log|content|body|"
                         "entry")) score += 25;
  if (hints_at(of->name, "level|severity|type|source|user|=uri|host|=id|"
                         "category|logger|thread")) score -= 25;
  return score > 0 ? score : 1;
}

const fact *best_log(const facts *f, char *array, size_t room, int *score)
{
  const fact *best = NULL;
  size_t      i;
  *score = 0;
  for (i = 0; i < f->count; i++) {
    const fact *of = &f->all[i];
    int         its = text_score(of);
    if (of->list == SIZE_MAX) {
      its = 0;
      if (of->strings > 0 && of->moments == 0 &&
          (of->lines > 0 || of->length / of->strings > 60 ||
           hints_at(of->name, "log|lines|messages|output|text")))
        its = 30 + 20 * (of->lines > 0);
      if (of->names > 0) its = 0;
    } else if (its > 0) {
      its += 20;
    }
    if (its > *score) best = of, *score = its;
  }
  *array = 0;
  if (best != NULL && best->list == SIZE_MAX)
    text(array, room, "%s", best->name);
  else if (best != NULL && best->list < room) {
    memcpy(array, best->name, best->list);
    array[best->list] = 0;
  }
  return best;
}

int sequence_score(const fact *of)
{
  int score = 0;
  int named = hints_at(of->name, "seq|=no|=nr|num|=n|=id|index|=idx|line|pos|"
                                 "order|offset|=i|count");
  if (of->whole == 0 || (int)of->whole != texts_of(of) || of->falls > 0)
    return 0;
  if (of->number > 1000000000u && !hints_at(of->name, "seq")) return 0;
  if (of->words > 1) score = 30;
  if (named) score += 20 + 10 * hints_at(of->name, "seq|num|=no|=nr|=n");
  return score;
}

const fact *best_sequence(const facts *f, const char *array)
{
  const fact *best = NULL;
  int         most = 0;
  size_t      i;
  for (i = 0; i < f->count; i++) {
    int its = is_of_list(&f->all[i], array) ? sequence_score(&f->all[i]) : 0;
    if (its > most) best = &f->all[i], most = its;
  }
  return best;
}

const fact *best_time(const facts *f, const char *array)
{
  size_t i;
  for (i = 0; i < f->count; i++) {
    const fact *of = &f->all[i];
    if (!is_of_list(of, array)) continue;
    if (of->moments > 0 && of->moments == of->strings) return of;
    if (of->whole > 0 && of->number > 1000000000u &&
        hints_at(of->name, "time|stamp|date|when|=ts|=at")) return of;
  }
  return NULL;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
