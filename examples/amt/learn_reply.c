/* learn_reply.c - what is read of replies, as lines of a wire file. */

#include "learn_reply.h"
#include "learn_holes.h"
#include "text.h"
#include <string.h>

static void comment_reply(const exchange *x, int sure, const char *also)
{
  comment_from(x, sure);
  if (!empty(also)) line_text("; also possible: "), line_clean(also);
  line_text("\n");
}

static void reply_line(const char *name, const char *value)
{
  line_text("reply.");
  line_text(name);
  line_text(" = ");
  if (value == NULL) line_text("none");
  else if (*value == 0) line_text("\"\"");
  else line_clean(value);
  line_text("\n");
}

static void none_line(const char *name, const char *why)
{
  line_text("# ");
  line_text(why);
  line_text("\n");
  reply_line(name, NULL);
}

static const fact *fact_hinted(const facts *f, const char *hints, int flag)
{
  size_t i;
  for (i = 0; i < f->count; i++) {
    const fact *of = &f->all[i];
    if ((of->list == SIZE_MAX || of->values == of->exchanges) &&
        hints_at(of->name, hints) &&
        (flag ? of->trues + of->falses > 0 : 1)) return of;
  }
  return NULL;
}

static void write_token(void)
{
  const fact *life;
  if (!findings.has_sign_in) {
    none_line("token", "no call signs in");
    none_line("expires", "no call signs in");
    return;
  }
  comment_reply(&findings.sign_in, SURE, NULL);
  reply_line("token", findings.token_path);
  life = fact_hinted(&findings.sign_in_facts, "expir|lifetime|=ttl|validfor|"
                     "maxage", 0);
  if (life == NULL || life->whole == 0 || life->number < 5 ||
      life->number > 100000000u) {
    none_line("expires", "the sign-in's reply has no number of seconds that is "
              "called so");
    return;
  }
  comment_reply(&findings.sign_in, LIKELY, NULL);
  reply_line("expires", life->name);
}

static int has_fact(const facts *f, const char *name)
{
  size_t i;
  for (i = 0; i < f->count; i++)
    if (strcmp(f->all[i].name, name) == 0) return 1;
  return 0;
}

static const char *leaf_name(const char *name)
{
  const char *dot = strrchr(name, '.');
  return dot != NULL ? dot + 1 : name;
}

/* Adds "|a.b" if another call's replies have the status under another name. */
static void add_alternative(char *names, size_t room, const facts *f,
                            const fact *status, const facts *of_monitor)
{
  size_t i;
  for (i = 0; i < f->count; i++) {
    const fact *a = &f->all[i];
    size_t      n = strlen(names);
    if (strcmp(leaf_name(a->name), leaf_name(status->name)) != 0 ||
        a->values == a->nulls || status_score(f, a) <= 0 ||
        has_fact(of_monitor, a->name) || *a->name == 0 ||
        n + strlen(a->name) + 2 > room || strstr(names, a->name) != NULL)
      continue;
    text(names + n, room - n, "|%s", a->name);
    return;
  }
}

static void write_status(void)
{
  const request_shape *s = findings.of_call[AMT_MONITOR];
  const fact          *status;
  char                 names[256], also[256] = "";
  size_t               i;
  int                  score;
  if (s == NULL) return;
  status = best_status(&s->f, &score);
  for (i = 0; i < s->f.count; i++)
    if (&s->f.all[i] != status && status_score(&s->f, &s->f.all[i]) > 0 &&
        strlen(also) + strlen(s->f.all[i].name) + 3 < sizeof also)
      text(also + strlen(also), sizeof also - strlen(also), "%s%s",
           *also != 0 ? ", " : "", s->f.all[i].name);
  text(names, sizeof names, "%s", status->name);
  if (*names != 0) {
    add_alternative(names, sizeof names, &findings.start_facts, status, &s->f);
    for (i = AMT_STOP; i <= AMT_KILL; i++)
      if (findings.of_call[i] != NULL)
        add_alternative(names, sizeof names, &findings.of_call[i]->f, status,
                        &s->f);
  }
  comment_reply(&s->x, score >= 50 ? SURE : score >= 25 ? LIKELY : GUESS, also);
  reply_line("status", names);
}

static void write_message(void)
{
  static const char hints[] = "message|detail|title|error|reason|why|words|"
                              "text|msg|fault|description";
  char   names[256] = "";
  size_t i, k;
  const facts *of[2];
  of[0] = &findings.refusals, of[1] = &findings.start_facts;
  for (k = 0; k < 2; k++)
    for (i = 0; i < of[k]->count; i++) {
      const fact *f = &of[k]->all[i];
      size_t      n = strlen(names);
      if (f->strings + f->nulls == 0 || f->trues + f->falses > 0 ||
          !hints_at(f->name, hints) || f->names > 0 || *f->name == 0 ||
          n + strlen(f->name) + 2 > sizeof names || f->list != SIZE_MAX ||
          strcmp(f->name, findings.id_path) == 0) continue;
      if (n > 0 && strstr(names, f->name) != NULL) continue;
      text(names + n, sizeof names - n, "%s%s", n > 0 ? "|" : "", f->name);
    }
  if (*names != 0) {
    comment_reply(&findings.start, findings.refusals.count > 0 ? LIKELY : GUESS,
                  NULL);
    reply_line("message", names);
    return;
  }
  line_text("# no refusal is in the capture: a guess; what servers often "
            "have\n");
  reply_line("message", "Message|detail|title");
}

/* Lists the other texts of a message. */
static void note_other_texts(char *also, size_t room, const facts *f,
                             const char *array, const fact *text_fact)
{
  size_t i;
  *also = 0;
  for (i = 0; i < f->count; i++) {
    const fact *of = &f->all[i];
    size_t      n = strlen(also);
    if (of == text_fact || !is_of_list(of, array) || text_score(of) <= 1 ||
        n + strlen(fact_leaf(of)) + 3 > room) continue;
    text(also + n, room - n, "%s%s", n > 0 ? ", " : "", fact_leaf(of));
  }
}

static void write_log(const request_shape *s, const char *array,
                      const fact *text_fact, const fact *sequence,
                      const fact *moment)
{
  const fact *more;
  char        also[160];
  int         is_list = text_fact->list != SIZE_MAX;
  comment_reply(&s->x, is_list || text_fact->lines > 0 ? SURE : LIKELY, NULL);
  reply_line("messages", array);
  more = fact_hinted(&s->f, "more|rest|remain|trunc|partial|incomplete|next",
                     1);
  if (more != NULL) {
    comment_reply(&s->x, more->trues > 0 ? SURE : LIKELY, NULL);
    reply_line("more", more->name);
  } else {
    none_line("more", "no true or false in that reply is called so");
  }
  if (!is_list || *fact_leaf(text_fact) == 0) {
    none_line("sequence", "messages are texts, without a number");
    none_line("time", "messages are texts, without a time");
    none_line("text", "messages are texts themselves");
    return;
  }
  if (sequence == NULL) {
    none_line("sequence", "no number rises by one from the first message on");
  } else {
    comment_reply(&s->x, sequence->words > 1 ? SURE : GUESS, NULL);
    reply_line("sequence", fact_leaf(sequence));
  }
  if (moment == NULL) {
    none_line("time", "no member of a message looks like a time");
  } else {
    comment_reply(&s->x, SURE, NULL);
    reply_line("time", fact_leaf(moment));
  }
  note_other_texts(also, sizeof also, &s->f, array, text_fact);
  comment_reply(&s->x, text_score(text_fact) > 30 ? SURE : LIKELY, also);
  reply_line("text", fact_leaf(text_fact));
}

static void write_success(void)
{
  const fact *f = fact_hinted(&findings.start_facts, "=ok|success|succeeded|"
                              "erfolg", 1);
  if (f == NULL || f->falses > 0) {
    none_line("success", "no true in the Start's reply is called so");
    return;
  }
  comment_reply(&findings.start, LIKELY, NULL);
  reply_line("success", f->name);
}

/* --- words of statuses --- */

/* The status that a word means at many sites; -1 if no part of it is known. */
static int meaning(const char *word)
{
  static const struct { const char *part; int code; } parts[] = {
    { "err", 11 }, { "fail", 11 }, { "fehl", 11 }, { "fault", 11 },
    { "unsuc", 11 }, { "kill", 3 }, { "cancel", 3 }, { "abgebroch", 3 },
    { "abort", 12 }, { "stopp", 12 }, { "terminat", 12 }, { "halt", 12 },
    { "suspend", 5 }, { "paus", 5 }, { "held", 5 },
    { "complet", 4 }, { "finish", 4 }, { "succe", 4 }, { "done", 4 },
    { "fertig", 4 }, { "beendet", 4 }, { "ended", 4 }, { "=ok", 4 },
    { "queue", 1 }, { "wait", 1 }, { "wart", 1 }, { "pend", 1 },
    { "submit", 1 }, { "accept", 1 }, { "creat", 1 }, { "schedul", 1 },
    { "run", 2 }, { "exec", 2 }, { "activ", 2 }, { "process", 2 },
    { "progress", 2 }, { "work", 2 }, { "uft", 2 }, { "busy", 2 },
    { "start", 2 }, { "=new", 1 }
  };
  size_t i;
  for (i = 0; i < sizeof parts / sizeof *parts; i++)
    if (hints_at(word, parts[i].part)) return parts[i].code;
  return -1;
}

/* The status of a word that came after a stop or a kill; -1: it came before. */
static int code_behind_ending(unsigned exchange_number)
{
  const request_shape *k = findings.of_call[AMT_KILL], *s =
    findings.of_call[AMT_STOP];
  if (k != NULL && exchange_number >= k->x.number) return 3;
  if (s != NULL && exchange_number >= s->x.number) return 12;
  return -1;
}

static unsigned status_words_written;

static void write_word(const fact *f, unsigned i, unsigned last)
{
  const char *word = f->word[i];
  int         code = meaning(word), sure = LIKELY;
  if (code == 12 && code_behind_ending(f->word_in[i]) == 3) code = 3;
  if (code < 0) code = code_behind_ending(f->word_in[i]), sure = GUESS;
  if (code < 0) code = i == last ? 4 : 2, sure = GUESS;
  line_text("# exchange ");
  line_number(f->word_in[i]);
  line_text(sure == LIKELY ? ": likely, by the word; " : ": a guess, by when "
            "it came; ");
  line_text("a person must confirm ");
  line_number((unsigned)code);
  line_text(", ");
  line_text(amt_status_name(code));
  line_text("\nstatus.");
  line_clean(word);
  line_text(" = ");
  line_number((unsigned)code);
  line_text("\n");
  status_words_written++;
}

static int was_seen(const fact *f, unsigned code)
{
  const char *tail;
  unsigned    i, its;
  for (i = 0; i < f->words; i++)
    if (numbered_status(f->word[i], &its, &tail) > 0 && its == code) return 1;
  return 0;
}

/* If all words seen are like "4 - Done", writes those that were not seen. */
static void write_unseen_words(const fact *f)
{
  const char *tail = NULL;
  unsigned    i, code = 0;
  size_t      digits, n = 0;
  char        between[32];
  for (i = 0; i < f->words; i++)
    if ((n = numbered_status(f->word[i], &code, &tail)) == 0) return;
  digits = code > 9 ? 2 : 1;
  text(between, n - digits + 1, "%s", f->word[f->words - 1] + digits);
  for (code = 0; code < 100; code++) {
    if (*amt_status_name((int32_t)code) == 0 || was_seen(f, code)) continue;
    line_text("# not seen: a guess, written as the others are\n");
    line_text("status.");
    line_number(code);
    line_clean(between);
    line_text(amt_status_name((int32_t)code));
    line_clean(tail);
    line_text(" = ");
    line_number(code);
    line_text("\n");
  }
}

static void write_words(void)
{
  const request_shape *s = findings.of_call[AMT_MONITOR];
  const fact          *f;
  unsigned             i, last = FACT_WORDS;
  int                  score;
  if (s == NULL) return;
  f = best_status(&s->f, &score);
  if (f->whole == f->strings + f->numbers || f->words > FACT_WORDS) return;
  for (i = 0; i < f->words; i++)
    if (code_behind_ending(f->word_in[i]) < 0 &&
        amt_status_code(f->word[i], strlen(f->word[i])) < 0) last = i;
  for (i = 0; i < f->words; i++) {
    size_t n = strlen(f->word[i]);
    while (n > 0 && f->word[i][n - 1] == ' ') n--;
    if (n == 0 || amt_status_code(f->word[i], n) >= 0 ||
        f->word[i][strspn(f->word[i], "0123456789.")] == 0 ||
        strchr(f->word[i], '=') != NULL) continue;
    if (f->words == 1 && meaning(f->word[i]) < 0)
      miss("statuses", "'%s' is the only one seen, so nobody knows what it "
           "stands for; write status.WORD = CODE", f->word[i]);
    else write_word(f, i, last);
  }
  if (status_words_written > 0) write_unseen_words(f);
  if (status_words_written > 0)
    miss("statuses", "their words are not the published ones: confirm each "
         "status line, and add those that were not seen, of a job that fails "
         "and one that is killed%s", "");
}

void write_replies(const request_shape *s, const char *array,
                   const fact *text_fact, const fact *sequence)
{
  write_token();
  comment_reply(&findings.start, findings.id_sure, findings.id_also);
  reply_line("id", findings.id_path);
  write_status();
  write_message();
  if (s != NULL && text_fact != NULL)
    write_log(s, array, text_fact, sequence, best_time(&s->f, array));
  write_success();
  write_words();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
