/* learn_told.c - the values that were told or found, and what names hint at.

   Places are found by values and structure; a name decides only where these
   leave a choice. */

#include "learn_told.h"
#include "encodings.h"
#include "secret_words.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

struct told_value told[TOLDS] = {
  { "job", NULL, "job|task|prog|name" },
  { "script", NULL, "script|file|prog|name" },
  { "application", NULL, "app|anw|system" },
  { "id", NULL, "=id|request|batch|run|guid|uuid|number|handle|ticket" },
  { "token", NULL, "token|session|ticket|=sid|auth|jwt|key" },
  { "password", NULL, "pass|pwd|secret|kennwort" },
  { "api_user", NULL, "user|login|account|=uid|=u|name" },
  { "queue", NULL, "queue|schlange|=q" },
  { "user", NULL, "runas|asuser|user|=as|benutzer" },
  { "submit_user", NULL, "submit|user|=by|who|owner|=von|from" },
  { "station", NULL, "station|where|=from|platz|host|source" },
};

int id_is_text, user_in_path = 1;

int tell_values(void)
{
  if (empty(opt.application)) opt.application = environment("AMT_APPLICATION");
  if (empty(opt.job) && empty(opt.script))
    return wrong(EXIT_USAGE, "learn", "tell what was started when the capture "
                 "was made: -an APPLICATION and -jn JOB or -fn SCRIPT; and "
                 "what else was given: -id, -pa, -tv, -u, -qn, --api-user");
  if (empty(opt.application))
    return wrong(EXIT_USAGE, "learn", "tell the application, too: -an NAME");
  told[TOLD_APPLICATION].value = opt.application;
  if (!empty(opt.script)) told[TOLD_SCRIPT].value = opt.script;
  else told[TOLD_JOB].value = opt.job;
  told[TOLD_ID].value = opt.id;
  told[TOLD_API_USER].value = opt.api_user;
  told[TOLD_QUEUE].value = opt.queue;
  told[TOLD_USER].value = opt.user;
  told[TOLD_SUBMIT_USER].value = either(opt.submit_user, "BATCH");
  told[TOLD_STATION].value = either(opt.station, "OPCON");
  return 0;
}

void found_value(int which, const char *text)
{
  static char   room[4 * TOKEN];
  static size_t used;
  size_t        n = strlen(text) + 1;
  if (n > sizeof room - used) return;
  memcpy(room + used, text, n);
  told[which].value = room + used;
  used += n;
}

/* Letters of the last part of a dotted or bracketed name, in lower case. */
static void last_word(const char *name, char *to, size_t room)
{
  const char *p, *from = name;
  size_t      n = 0;
  for (p = name; *p != 0; p++)
    if ((*p == '.' || *p == '[') && p[1] != 0 && p[1] != ']') from = p + 1;
  for (p = from; *p != 0 && n + 1 < room; p++)
    if ((*p | 32) >= 'a' && (*p | 32) <= 'z') to[n++] = (char)(*p | 32);
  to[n] = 0;
}

int hints_at(const char *name, const char *hints)
{
  char word[64], hint[32];
  last_word(name, word, sizeof word);
  while (*hints != 0) {
    size_t n = strcspn(hints, "|");
    memcpy(hint, hints, n);
    hint[n] = 0;
    if (*hint == '=' ? strcmp(word, hint + 1) == 0 : strstr(word, hint) != NULL)
      return 1;
    hints += n + (hints[n] != 0);
  }
  return 0;
}

int is_expressible(const char *name)
{
  for (;; name++) {
    size_t n = strcspn(name, ".|");
    if (n > AMT_NAME_MAX || name[n] == '|' || (n == 0 && name[0] != 0))
      return 0;
    name += n;
    if (*name == 0) return 1;
  }
}

int is_masked(const char *text)
{
  return strncmp(text, "**", 2) == 0 && text[strspn(text, "*")] == 0;
}

/* Members that are numbers in the Start's own request, such as the "id" of
   JSON-RPC. In a later request, one may equal the job's id by chance. Each name
   has a line end before and after it. */
static char own_numbers[512];

static void own_number_spot(void *ctx, const spot *s)
{
  size_t   n = strlen(own_numbers);
  uint64_t number;
  (void)ctx;
  if (s->place != IN_JSON || s->in_array || s->type != AMT_JSON_NUMBER ||
      !is_whole_number(s->text, &number) || number == 0 ||
      n + strlen(s->name) + 3 > sizeof own_numbers) return;
  text(own_numbers + n, sizeof own_numbers - n, "\n%s\n", s->name);
}

void note_own_numbers(const exchange *start)
{
  walk_request(start, own_number_spot, NULL);
}

static int is_own_number(const spot *s)
{
  char name[sizeof own_numbers];
  return s->place == IN_JSON && s->type == AMT_JSON_NUMBER && !s->in_array &&
         strlen(s->name) < sizeof name - 2 &&
         strstr(own_numbers, text(name, sizeof name, "\n%s\n", s->name));
}

int told_whole(const spot *s)
{
  int i, best = -1, best_score = -1;
  if (s->len == 0) return -1;
  for (i = 0; i < TOLDS; i++) {
    int score = 0;
    if (empty(told[i].value) || strcmp(s->text, told[i].value) != 0) continue;
    if (i == TOLD_API_USER && s->place == IN_PATH && !user_in_path) continue;
    if (i == TOLD_SUBMIT_USER &&
        hints_at(s->name, "type|kind|class|mode|art|task|action|command"))
      continue; /* BATCH as the kind of a task */
    if (i == TOLD_ID && s->len < 3 && s->place != IN_PATH &&
        !hints_at(s->name, told[i].hints) &&
        hints_at(s->name, "page|limit|size|version|count|after|since|offset|"
                          "seq|code|level|type|kind|force|max|prio|top|skip"))
      continue; /* a number this short has other uses */
    if (i == TOLD_ID && is_own_number(s)) continue;
    if (hints_at(s->name, told[i].hints)) score = 2;
    if (score > best_score) best = i, best_score = score;
  }
  return best;
}

static int is_alnum(char c)
{
  return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') ||
         c == '_' || (unsigned char)c >= 0x80;
}

/* 1 if a value of n bytes can stand beside c. A short one needs a clear edge: 7
   is in "Runs(7)", but not in "2026-7-1". No value stands beside a star. */
static int is_edge(char c, size_t n)
{
  if (c == '*') return 0;
  if (n > 2) return !is_alnum(c);
  return c != 0 && strchr("()'\"=,:", c) != NULL;
}

const char *told_within(const char *text, const char *value)
{
  size_t      n = strlen(value);
  const char *p = text;
  while (n > 0 && (p = strstr(p, value)) != NULL) {
    if ((p == text ? n > 2 : is_edge(p[-1], n)) && is_edge(p[n], n)) return p;
    p++;
  }
  return NULL;
}

typedef struct { const char *value; int found; } search;

static void search_spot(void *ctx, const spot *s)
{
  search *r = (search *)ctx;
  if (is_scalar(s) && (strcmp(s->text, r->value) == 0 ||
                       told_within(s->text, r->value) != NULL)) r->found = 1;
}

int request_has(const exchange *x, const char *value)
{
  search r = { NULL, 0 };
  r.value = value;
  if (!empty(value)) walk_request(x, search_spot, &r);
  return r.found;
}

static int hints_at_one(const char *name, const char *whole,
                        const char *const *words)
{
  char hint[32];
  for (; *words != NULL; words++)
    if (hints_at(name, text(hint, sizeof hint, "%s%s", whole, *words)))
      return 1;
  return 0;
}

int is_secret_name(const char *name)
{
  return hints_at_one(name, "", password_words) ||
         hints_at_one(name, "=", password_names) ||
         hints_at_one(name, "", secret_words) ||
         hints_at_one(name, "=", secret_names) ||
         hints_at_one(name, "", session_words) ||
         hints_at(name, "=key|authorization");
}

int is_whole_number(const char *text, uint64_t *value)
{
  size_t n = strspn(text, "0123456789");
  return n > 0 && n < 19 && text[n] == 0 && amt_uint64(text, n, 10, value);
}

/* 1 if it begins like a pattern: 9 is any digit, x a hexadecimal one. */
static int is_like(const char *text, const char *pattern)
{
  for (; *pattern != 0; pattern++, text++) {
    if (*pattern == '9' ? *text < '0' || *text > '9'
        : *pattern == 'x' ? hex_value(*text) < 0 : *text != *pattern) return 0;
  }
  return 1;
}

int is_moment(const char *text)
{
  static const char *const forms[] = { "9999-99-99", "99/99/9999", "/Date(",
                                       "99.99.9999", "99:99:99", "9/99/9999",
                                       "9/9/9999", "99/9/9999",
                                       "99999999T99" };
  size_t i;
  for (i = 0; i < sizeof forms / sizeof *forms; i++)
    if (is_like(text, forms[i])) return strlen(text) < 48;
  return 0;
}

static int is_guid(const char *text)
{
  text += *text == '{';
  return is_like(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") ||
         (strlen(text) == 32 &&
          is_like(text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
}

typedef struct { uint64_t sum; int exact; } shaping;

static void shape_spot(void *ctx, const spot *s)
{
  shaping *r = (shaping *)ctx;
  uint64_t number;
  unsigned char kind = (unsigned char)((int)s->place * 16 + s->type);
  if (s->place == IN_HEADER || s->place == IN_COOKIE) return;
  if (s->type == AMT_JSON_STRING || s->type == AMT_JSON_NUMBER)
    kind = (unsigned char)s->place;
  r->sum = checksum(r->sum, &kind, 1);
  r->sum = checksum(r->sum, s->name, strlen(s->name));
  if (!is_scalar(s) || told_whole(s) >= 0 || is_guid(s->text) ||
      is_moment(s->text) || is_masked(s->text) || s->len > 64) return;
  if (!r->exact && is_whole_number(s->text, &number)) return;
  r->sum = checksum(r->sum, s->text, s->len);
}

uint64_t shape_of(const exchange *x, int exact)
{
  shaping     r = { 0, 0 };
  const char *method = method_of(x);
  r.exact = exact;
  r.sum = checksum(r.sum, method, strlen(method));
  walk_request(x, shape_spot, &r);
  return r.sum;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
