/* learn_find.c - which exchange is which call.

   The capture is read three times, since its reader has one exchange at a time.
   The first pass finds the Start: it has the job's name, and its reply has an
   id that later requests have. The second keeps the Start. The third finds the
   sign-in, whose reply has what the Start sends, and the calls with the id. */

#include "learn_find.h"
#include "learn_read.h"
#include "tell.h"
#include "text.h"
#include <string.h>

struct learn_findings findings;

static void copy_message(http_message *to, const http_message *from)
{
  message_clear(to);
  to->status = from->status;
  to->coded = from->coded;
  to->cut = from->cut;
  append(to->first, sizeof to->first, &to->first_len, from->first,
         from->first_len);
  append(to->head, sizeof to->head, &to->head_len, from->head, from->head_len);
  append(to->body, sizeof to->body, &to->body_len, from->body, from->body_len);
}

void exchange_copy(exchange *to, const exchange *from)
{
  to->number = from->number;
  copy_message(&to->request, &from->request);
  copy_message(&to->reply, &from->reply);
}

static int succeeded(const exchange *x)
{
  return x->reply.status >= 200 && x->reply.status < 300;
}

/* --- the Start --- */

enum { CANDIDATES = 12, VALUES = 24 };

/* A value of a candidate's reply, and how many later requests have it. */
typedef struct {
  char     name[PLACE_NAME], text[64];
  int      type;
  unsigned later, last;
} reply_value;

typedef struct {
  unsigned    number;
  uint64_t    shape;
  reply_value value[VALUES];
  size_t      values;
} candidate;

static candidate candidates[CANDIDATES];
static size_t    candidate_count;

/* Why there may be no Start: each reason's first exchange, by number; or 0. */
static struct {
  unsigned names_job, coded; /* has the job's name; a compressed body */
  unsigned in_other_body;    /* has it, but not in JSON or a form */
  unsigned in_no_json, in_string, in_location; /* its reply is no JSON, has
                                JSON in a string, or the id in a header */
} earliest;

static void note_first(unsigned *at, const exchange *x)
{
  if (*at == 0) *at = x->number;
}

static const exchange *at_hand_exchange;

static void take_reply_value(void *ctx, const spot *s)
{
  candidate   *c = (candidate *)ctx;
  reply_value *v = &c->value[c->values];
  if (s->place == IN_HEADER && same_word(s->name, "Location"))
    note_first(&earliest.in_location, at_hand_exchange);
  if (s->type == AMT_JSON_STRING && strncmp(s->text, "{\"", 2) == 0)
    note_first(&earliest.in_string, at_hand_exchange);
  if (c->values == VALUES || s->place != IN_JSON || s->len == 0 ||
      (s->type != AMT_JSON_STRING && s->type != AMT_JSON_NUMBER) ||
      s->len >= sizeof v->text || strlen(s->name) >= sizeof v->name ||
      is_moment(s->text) || !is_expressible(s->name)) return;
  if (told_whole(s) >= 0 && told_whole(s) != TOLD_ID) return;
  text(v->name, sizeof v->name, "%s", s->name);
  text(v->text, sizeof v->text, "%s", s->text);
  v->type = s->type;
  v->later = v->last = 0;
  c->values++;
}

/* Counts a later request's value. What the candidate's own request has (ctx) is
   no id, since the server did not give it. */
static void count_value(void *ctx, const spot *s)
{
  size_t i, k;
  int    own = ctx != NULL;
  if (!is_scalar(s) || s->place == IN_HEADER || s->place == IN_COOKIE) return;
  for (i = 0; i < candidate_count; i++)
    for (k = 0; k < candidates[i].values; k++) {
      reply_value *v = &candidates[i].value[k];
      if (own && ctx != &candidates[i]) continue;
      if (strcmp(v->text, s->text) != 0 &&
          told_within(s->text, v->text) == NULL) continue;
      if (own && strlen(v->text) > 2) v->text[0] = 0;
      else if (own) continue;
      else if (v->last != at_hand_exchange->number) v->later++;
      v->last = at_hand_exchange->number;
    }
}

static void look_for_start(exchange *x)
{
  const char *name = either(told[TOLD_JOB].value, told[TOLD_SCRIPT].value);
  candidate  *c = &candidates[candidate_count];
  size_t      i, alike = 0;
  at_hand_exchange = x;
  if (x->request.coded || x->reply.coded) note_first(&earliest.coded, x);
  if (candidate_count > 0) walk_request(x, count_value, NULL);
  if (!request_has(x, name)) {
    if (!is_json(x->request.body) && !is_form(x->request.body) &&
        strstr(x->request.body, name) != NULL)
      note_first(&earliest.in_other_body, x);
    return;
  }
  note_first(&earliest.names_job, x);
  if (!succeeded(x) || candidate_count == CANDIDATES) return;
  c->shape = shape_of(x, 0);
  for (i = 0; i < candidate_count; i++)
    alike += candidates[i].shape == c->shape;
  if (alike > 1) return;
  c->number = x->number;
  c->values = 0;
  walk_reply(x, take_reply_value, c);
  if (c->values == 0 && x->reply.body_len > 0 && !is_json(x->reply.body))
    note_first(&earliest.in_no_json, x);
  candidate_count++;
  walk_request(x, count_value, c);
}

/* How likely a value is the id. */
static int id_score(const reply_value *v)
{
  uint64_t number;
  int      is_told = told[TOLD_ID].value != NULL;
  if (v->text[0] == 0) return 0;
  if (is_told) return strcmp(v->text, told[TOLD_ID].value) == 0
                        ? 1000 + hints_at(v->name, told[TOLD_ID].hints) : 0;
  if (v->later == 0) return 0;
  return (int)(v->later < 50 ? v->later : 50) * 4 +
         6 * hints_at(v->name, told[TOLD_ID].hints) +
         3 * (strlen(v->text) > 2) -
         4 * hints_at(v->name, "status|state|code|count|version") +
         !is_whole_number(v->text, &number);
}

static const reply_value *best_value(const candidate *c, int *score)
{
  const reply_value *best = NULL;
  size_t             k;
  *score = 0;
  for (k = 0; k < c->values; k++) {
    int its = id_score(&c->value[k]);
    if (its > *score) best = &c->value[k], *score = its;
  }
  return best;
}

/* Notes the names of other values that might be the id. */
static void note_others(const candidate *c, const reply_value *id)
{
  size_t k;
  char  *to = findings.id_also;
  for (k = 0; k < c->values; k++) {
    const reply_value *v = &c->value[k];
    size_t             n = strlen(to);
    if (v == id || id_score(v) <= 0 ||
        n + strlen(v->name) + 3 > sizeof findings.id_also) continue;
    text(to + n, sizeof findings.id_also - n, "%s%s", n > 0 ? ", " : "",
         v->name);
  }
}

/* Says why there is no Start. */
static int no_start(const char *file)
{
  if (earliest.coded != 0)
    return wrong(EXIT_CONFIG, file, "its exchange %u has a compressed body, "
                 "which is not read; capture again with a client that sends no "
                 "Accept-Encoding", earliest.coded);
  if (capture_seen.exchanges == 0)
    return wrong(EXIT_CONFIG, file, "no request with its reply is in it%s%s",
                 capture_seen.broken_why != NULL ? ": " : "",
                 either(capture_seen.broken_why, ""));
  if (earliest.names_job == 0 && earliest.in_other_body != 0)
    return wrong(EXIT_CONFIG, file, "its exchange %u names the job in a body "
                 "that is neither JSON nor a form, which is all that is sent",
                 earliest.in_other_body);
  if (earliest.names_job == 0)
    return wrong(EXIT_CONFIG, file, "none of its %u requests has '%s'; tell "
                 "the values that were used when it was made",
                 capture_seen.exchanges,
                 either(told[TOLD_JOB].value, told[TOLD_SCRIPT].value));
  if (earliest.in_string != 0)
    return wrong(EXIT_CONFIG, file, "the reply of its exchange %u is JSON "
                 "inside of a JSON string, which no wire file can read",
                 earliest.in_string);
  if (earliest.in_no_json != 0)
    return wrong(EXIT_CONFIG, file, "the job is named in it, but the reply to "
                 "that, of exchange %u, is no JSON, which is all that is read",
                 earliest.in_no_json);
  if (earliest.in_location != 0)
    return wrong(EXIT_CONFIG, file, "the reply to the Start, of exchange %u, "
                 "has the id in its header Location alone; a wire file reads "
                 "ids from bodies, so see whether the server can give it there",
                 earliest.in_location);
  return wrong(EXIT_CONFIG, file, "the job is named in it, but no such request "
               "was answered with an id%s; capture a job from its sign-in to "
               "its end", told[TOLD_ID].value != NULL ? " as was told"
               : " that a later request has");
}

static int choose_start(const char *file)
{
  const candidate   *best = NULL;
  const reply_value *id = NULL;
  size_t             i;
  int                most = 0;
  for (i = 0; i < candidate_count; i++) {
    int                its;
    const reply_value *v = best_value(&candidates[i], &its);
    if (v == NULL) continue;
    if (id != NULL && told[TOLD_ID].value == NULL &&
        best->shape == candidates[i].shape && strcmp(id->text, v->text) != 0)
      return wrong(EXIT_CONFIG, file, "two jobs are in it: exchange %u started "
                   "%s, exchange %u %s; say which with -id, or capture one",
                   best->number, id->text, candidates[i].number, v->text);
    if (its > most) best = &candidates[i], id = v, most = its;
  }
  if (best == NULL) return no_start(file);
  text(findings.id_path, sizeof findings.id_path, "%s", id->name);
  findings.id_sure = id->later > 0 ? SURE : LIKELY;
  note_others(best, id);
  findings.start.number = best->number;
  id_is_text = id->type == AMT_JSON_STRING;
  if (told[TOLD_ID].value == NULL) found_value(TOLD_ID, id->text);
  return 0;
}

static void keep_start(exchange *x)
{
  if (x->number == findings.start.number) exchange_copy(&findings.start, x);
}

/* --- the sign-in --- */

/* The values that the Start carries, one after another, each terminated. */
static char   carried[4 * MESSAGE_BODY];
static size_t carried_len;

static void carry(const char *t)
{
  size_t n = strlen(t) + 1;
  if (n < 5 || n > sizeof carried - carried_len) return;
  memcpy(carried + carried_len, t, n);
  carried_len += n;
}

static void carry_spot(void *ctx, const spot *s)
{
  (void)ctx;
  if (!is_scalar(s) || told_whole(s) >= 0) return;
  carry(s->text);
  if (s->place == IN_HEADER && behind_scheme(s->text) != s->text)
    carry(behind_scheme(s->text));
}

static int is_carried(const char *t)
{
  size_t at;
  for (at = 0; at < carried_len; at += strlen(carried + at) + 1)
    if (strcmp(carried + at, t) == 0 ||
        (strlen(t) > 11 && told_within(carried + at, t) != NULL)) return 1;
  return 0;
}

/* What may be the token: a value of the reply's body, or a cookie it sets. */
typedef struct { int score; char name[FACT_NAME], text[4096]; } token_found;

typedef struct { token_found in_body, cookie; } token_search;

static void note_set_cookie(const char *name)
{
  char  *to = findings.set_cookies;
  size_t n = strlen(to);
  text(to + n, sizeof findings.set_cookies - n, "\n%s\n", name);
}

static void token_spot(void *ctx, const spot *s)
{
  token_search *r = (token_search *)ctx;
  token_found  *t = s->place == IN_COOKIE ? &r->cookie : &r->in_body;
  int           score = 1;
  if (s->place == IN_COOKIE) note_set_cookie(s->name);
  if ((s->place != IN_JSON && s->place != IN_COOKIE) || !is_scalar(s) ||
      s->len < 4 || s->len >= sizeof t->text || is_moment(s->text) ||
      strlen(s->name) >= PLACE_NAME || told_whole(s) >= 0 ||
      (s->place == IN_JSON && !is_expressible(s->name)) ||
      !is_carried(s->text)) return;
  score += 10 * hints_at(s->name, told[TOLD_TOKEN].hints) + (s->len >= 16) * 5;
  if (hints_at(s->name, "refresh|renew")) score = 1; /* masked, it may match */
  if (s->place == IN_COOKIE &&
      !hints_at(s->name, "affinity|route|csrf|xsrf|forgery|culture|lang"))
    score += 10;
  if (score <= t->score) return;
  t->score = score;
  text(t->name, sizeof t->name, "%s", s->name);
  memcpy(t->text, s->text, s->len + 1);
}

static void credential_spot(void *ctx, const spot *s)
{
  int *has = (int *)ctx;
  if (!is_scalar(s)) return;
  if (told_whole(s) == TOLD_API_USER) *has |= 1;
  if (s->place != IN_HEADER && hints_at(s->name, told[TOLD_PASSWORD].hints))
    *has |= 1;
  if (s->place == IN_HEADER && same_word(s->name, "Authorization") &&
      strncmp(s->text, "Basic ", 6) == 0) *has |= 1;
}

/* A wire file cannot read a cookie, but can say where its token goes. */
static void keep_cookie(const token_found *t)
{
  findings.token_in_cookie_only = 1;
  text(findings.cookie, sizeof findings.cookie, "%s", t->name);
  if (!findings.has_sign_in) found_value(TOLD_TOKEN, t->text);
}

static void look_at_earlier(exchange *x)
{
  static int          best;
  static token_search r;
  int                 credentials = 0;
  if (x->number == 1) best = 0;
  if (!succeeded(x)) return;
  memset(&r, 0, sizeof r);
  walk_reply(x, token_spot, &r);
  if (r.in_body.score == 0 && r.cookie.score == 0) return;
  walk_request(x, credential_spot, &credentials);
  if (r.in_body.score == 0) {
    if (credentials) keep_cookie(&r.cookie);
    return;
  }
  r.in_body.score += 40 * credentials;
  if (r.in_body.score < best) return;
  best = r.in_body.score;
  exchange_copy(&findings.sign_in, x);
  findings.has_sign_in = 1;
  text(findings.token_path, sizeof findings.token_path, "%s", r.in_body.name);
  found_value(TOLD_TOKEN, r.in_body.text);
  memset(&findings.sign_in_facts, 0, sizeof findings.sign_in_facts);
  facts_add(&findings.sign_in_facts, x);
}

/* --- the calls that have the id --- */

typedef struct { int score, ends; } ending;

/* Scores a word of a request: below 0, it stops; above 0, it kills. */
static void ending_word(ending *e, const char *word, size_t n)
{
  static const struct { const char *word; int score, alone; } words[] = {
    { "kill", 8, 1 }, { "abort", 2, 1 }, { "cancel", 1, 1 },
    { "terminat", 1, 1 }, { "stop", -6, 1 }, { "halt", -2, 1 },
    { "end", -1, 1 }, { "quit", -1, 1 }, { "hard", 4, 0 }, { "force", 3, 0 },
    { "immediate", 3, 0 }, { "soft", -4, 0 }, { "graceful", -4, 0 }
  };
  size_t i;
  for (i = 0; i < sizeof words / sizeof *words; i++) {
    size_t len = strlen(words[i].word);
    if (n < len || (len == 3 && n != len) ||
        memcmp(word, words[i].word, len) != 0) continue;
    e->score += words[i].score;
    e->ends |= words[i].alone;
  }
}

/* Scores each word of a text, also in "StopJob" and "job/end". */
static void ending_words(ending *e, const char *t)
{
  char   word[24];
  size_t n = 0;
  char   before = 0;
  for (;; t++) {
    int letter = (*t | 32) >= 'a' && (*t | 32) <= 'z';
    int begins = (*t & 32) == 0 && (before & 32) != 0;
    if ((!letter || begins) && n > 0) {
      ending_word(e, word, n);
      n = 0;
    }
    if (*t == 0) break;
    if (letter && n < sizeof word) word[n++] = (char)(*t | 32);
    before = (char)(letter ? *t : 0);
  }
}

static void ending_spot(void *ctx, const spot *s)
{
  ending  *e = (ending *)ctx;
  uint64_t number;
  if (s->place == IN_HEADER || s->place == IN_COOKIE || !is_scalar(s)) return;
  ending_words(e, s->name);
  if (s->type == AMT_JSON_TRUE) e->score += 2;
  if (s->type == AMT_JSON_FALSE) e->score -= 2;
  if ((s->type != AMT_JSON_STRING && s->type != AMT_JSON_NUMBER) ||
      told_whole(s) >= 0) return;
  if (is_whole_number(s->text, &number)) {
    if (number == 12 || number == 0) e->score -= 2;
    if (number == 3 || number == 1) e->score += 2;
  } else if (s->len < 40 && !is_carried(s->text)) { /* not in the Start */
    ending_words(e, s->text);
  }
}

static int ends_job(const exchange *x, int *score)
{
  ending e = { 0, 0 };
  walk_request(x, ending_spot, &e);
  if (strcmp(method_of(x), "DELETE") == 0) e.ends = 1, e.score += 2;
  *score = e.score;
  return e.ends;
}

/* A walk over a request's whole numbers. nth counts its values: [0] outside the
   body, [1] in it. */
typedef struct { request_shape *shape; size_t n; unsigned nth[2]; } numbering;

/* The same number in a later request of this shape. */
static void next_number(request_number *of, const char *t, uint64_t number,
                        const facts *f)
{
  size_t i;
  if (strcmp(of->first, t) == 0) return;
  of->changed = 1;
  for (i = 0; i < f->count; i++)
    of->follows |= f->all[i].whole > 0 && f->all[i].number == number;
}

static void number_spot(void *ctx, const spot *s)
{
  numbering      *r = (numbering *)ctx;
  unsigned char   in_body = s->place == IN_FORM || s->place == IN_JSON;
  unsigned        nth;
  uint64_t        number;
  request_number *to = &r->shape->number[r->n];
  if (s->place == IN_HEADER || s->place == IN_COOKIE || !is_scalar(s)) return;
  nth = r->nth[in_body]++;
  if (!is_whole_number(s->text, &number) || told_whole(s) >= 0 ||
      r->n == NUMBERS) return;
  r->n++;
  if (r->shape->count > 0) {
    next_number(to, s->text, number, &r->shape->f);
    return;
  }
  text(to->name, sizeof to->name, "%s", s->name);
  text(to->first, sizeof to->first, "%s", s->text);
  to->of_body = in_body;
  to->nth = nth;
  r->shape->numbers = r->n;
}

static request_shape *shape_with(const exchange *x, uint64_t shape)
{
  size_t         i;
  request_shape *s;
  for (i = 0; i < findings.shapes; i++)
    if (findings.shape[i].shape == shape) return &findings.shape[i];
  if (findings.shapes == SHAPES) {
    findings.passed++;
    return NULL;
  }
  s = &findings.shape[findings.shapes++];
  s->shape = shape;
  s->count = 0;
  s->f.count = 0;
  exchange_copy(&s->x, x);
  return s;
}

static void look_at_later(const exchange *x)
{
  numbering      r = { NULL, 0, { 0, 0 } };
  request_shape *s;
  int            ends, score;
  if (!request_has(x, told[TOLD_ID].value)) return;
  ends = ends_job(x, &score);
  if (!succeeded(x) && (!ends || x->reply.status == 401)) return;
  s = shape_with(x, shape_of(x, ends));
  if (s == NULL) return;
  s->ends_job = ends;
  s->kill_score = score;
  r.shape = s;
  walk_request(x, number_spot, &r);
  if (succeeded(x)) facts_add(&s->f, x); /* a stop fails if the job has ended */
  s->count++;
  s->last = x->number;
}

static void look_around(exchange *x)
{
  if (x->number < findings.start.number) look_at_earlier(x);
  if (x->number > findings.start.number) look_at_later(x);
  if (x->reply.status >= 400) facts_add(&findings.refusals, x);
}

/* --- which is which --- */

/* 1 if a wire file knows its method. */
static int is_sendable(const exchange *x)
{
  static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", NULL };
  return word_in(methods, method_of(x)) >= 0;
}

static void choose_endings(void)
{
  const request_shape *most = NULL, *least = NULL;
  size_t               i;
  for (i = 0; i < findings.shapes; i++) {
    const request_shape *s = &findings.shape[i];
    if (!s->ends_job || !is_sendable(&s->x)) continue;
    if (most == NULL || s->kill_score > most->kill_score) most = s;
    if (least == NULL || s->kill_score < least->kill_score) least = s;
  }
  if (most == NULL) return;
  if (most != least) {
    findings.of_call[AMT_KILL] = most;
    findings.of_call[AMT_STOP] = least;
    findings.sure[AMT_KILL] = most->kill_score >= 6 ? SURE : LIKELY;
    findings.sure[AMT_STOP] = least->kill_score <= -4 ? SURE : LIKELY;
  } else {
    findings.of_call[most->kill_score > 0 ? AMT_KILL : AMT_STOP] = most;
    findings.sure[most->kill_score > 0 ? AMT_KILL : AMT_STOP] = LIKELY;
  }
}

/* One call may bring both status and log; two calls score higher. */
static void choose_watching(void)
{
  size_t i, k;
  int    most = 0;
  for (i = 0; i < findings.shapes; i++)
    for (k = 0; k < findings.shapes; k++) {
      char array[FACT_NAME];
      int  status, log, its;
      if (findings.shape[i].ends_job || findings.shape[k].ends_job ||
          !is_sendable(&findings.shape[i].x) ||
          !is_sendable(&findings.shape[k].x)) continue;
      best_status(&findings.shape[i].f, &status);
      best_log(&findings.shape[k].f, array, sizeof array, &log);
      its = (status > 0) * 100 + status + (log > 0) * 100 + log +
            10 * (i != k) + (int)(findings.shape[i].count < 20
                                  ? findings.shape[i].count : 20);
      if (its <= most) continue;
      most = its;
      findings.of_call[AMT_MONITOR] = status > 0 ? &findings.shape[i] : NULL;
      findings.of_call[AMT_MESSAGES] = log > 0 ? &findings.shape[k] : NULL;
      findings.sure[AMT_MONITOR] = status >= 50 ? SURE : LIKELY;
      findings.sure[AMT_MESSAGES] = log >= 50 ? SURE : LIKELY;
    }
}

/* No word of it says stop or kill, but the job ended after it, and not well. */
static void choose_other_ending(void)
{
  const request_shape *monitor = findings.of_call[AMT_MONITOR], *only = NULL;
  const fact          *status;
  unsigned             last;
  int                  score;
  size_t               i;
  if (monitor == NULL || findings.of_call[AMT_STOP] != NULL ||
      findings.of_call[AMT_KILL] != NULL) return;
  status = best_status(&monitor->f, &score);
  if (status->words < 2 || status->words > FACT_WORDS) return;
  last = status->words - 1;
  if (amt_status_code(status->word[last], strlen(status->word[last])) == 4 ||
      strcmp(status->word[last], "4") == 0) return;
  for (i = 0; i < findings.shapes; i++) {
    const request_shape *s = &findings.shape[i];
    if (s == monitor || s == findings.of_call[AMT_MESSAGES] || s->count > 1 ||
        s->last > status->word_in[last]) continue;
    if (only != NULL) return;
    only = s;
  }
  findings.of_call[AMT_KILL] = only;
  findings.sure[AMT_KILL] = GUESS;
}

static int refuse_coded(const char *file)
{
  size_t          i;
  const exchange *x = findings.start.reply.coded ? &findings.start : NULL;
  if (findings.has_sign_in && findings.sign_in.reply.coded)
    x = &findings.sign_in;
  for (i = 0; i < findings.shapes; i++)
    if (findings.shape[i].x.reply.coded) x = &findings.shape[i].x;
  if (x == NULL) return 0;
  return wrong(EXIT_CONFIG, file, "the body of its exchange %u is compressed, "
               "which is not read; capture again with a client that sends no "
               "Accept-Encoding", x->number);
}

int find_calls(const char *file)
{
  int e = read_capture(file, look_for_start);
  if (e == 0) e = choose_start(file);
  if (e == 0) e = read_capture(file, keep_start);
  if (e != 0) return e;
  walk_request(&findings.start, carry_spot, NULL);
  note_own_numbers(&findings.start);
  facts_add(&findings.start_facts, &findings.start);
  e = read_capture(file, look_around);
  if (e == 0) e = refuse_coded(file);
  choose_endings();
  choose_watching();
  choose_other_ending();
  return e;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
