/* explore_replies.h - the server of explore.c: a table of its replies, and
   their bodies. */

#ifndef EXPLORE_REPLIES_H
#define EXPLORE_REPLIES_H

#include <stdarg.h>

/* --- replies -------------------------------------------------------------- */

enum { SIGN = 1 << AMT_SIGN_IN, START = 1 << AMT_START, STOP = 1 << AMT_STOP,
       KILL = 1 << AMT_KILL, LOOK = 1 << AMT_MONITOR, READ = 1 << AMT_MESSAGES,
       ANY = 63 };
/* How a reply helps, in bits: the job ends; the job runs and obeys requests. */
enum { ENDS = 1, RUNS = 2 };
/* What is in a list of messages. */
enum { NO_LIST, REST, FIRST, WHOLE, EMPTY_MORE, WHOLE_MORE, CUT_TEXT, CUT_NEXT,
       BAD_JSON, TWO_TEXTS, GONE, WHOLE_GONE, SWAPPED };

typedef struct reply {
  unsigned    calls;
  unsigned    group;
  int         status;
  const char *body;
  int         error;   /* how it breaks off; 0: complete */
  uint8_t     start;   /* what it means for a Start, as amt.h says */
  uint8_t     helps;
  uint8_t     code;    /* that ends the run */
  uint8_t     list;
} reply;

#define LONG "0123456789012345678901234567890123456789012345678901234567890123"
#define BREAKS AMT_E_BROKEN

static const reply replies[] = {
  { SIGN, FEW | CORE, 200, "{\"t\":\"T\"}", 0, 0, ENDS | RUNS, 0, 0 },
  { SIGN, LIFE, 200, "{\"t\":\"T\",\"e\":4}", 0, 0, 0, 0, 0 },
  { SIGN, MORE, 200, "{\"t\":\"TTTT\"}", 0, 0, 0, 0, 0 },
  { SIGN, RARE, 200, "{\"t\":\"T\"}", BREAKS, 0, 0, 0, 0 },
  { START, FEW | CORE, 200, "{\"i\":2112}", 0, KNOWN, ENDS | RUNS, 0, 0 },
  { START, MORE, 200, "{\"i\":\"2112\",\"s\":4}", 0, KNOWN, 0, 0, 0 },
  { START, MORE, 200, "{\"m\":\"hi\",\"i\":2112}", 0, KNOWN, 0, 0, 0 },
  { START, FEW, 200, "{\"i\":2112,\"m\":\"hi\"", BREAKS, KNOWN, 0, 0, 0 },
  { START, FEW | CORE, 200, "{\"i\":211", BREAKS, OUT, 0, 0, 0 },
  { START, FEW, 200, "{\"i\":0,\"s\":11}", 0, AT_ONCE, 0, 11, 0 },
  { START, MORE, 200, "{\"s\":99,\"m\":\"no\"}", 0, AT_ONCE, 0, 99, 0 },
  { START, MORE, 200, "{\"i\":0,\"s\":11}", BREAKS, OUT, 0, 0, 0 },
  { START, MORE, 200, "{\"i\":-1,\"s\":1}", 0, OUT, 0, 0, 0 },
  { START, MORE, 200, "{\"i\":\"" LONG "\"}", 0, OUT, 0, 0, 0 },
  { START, MORE, 400, "{\"s\":11,\"m\":\"no\"}", 0, AT_ONCE, 0, 11, 0 },
  { START, RARE, 500, "{\"i\":2112}", 0, OUT, 0, 0, 0 },
  { LOOK, FEW | CORE, 200, "{\"s\":1}", 0, 0, RUNS, 0, 0 },
  { LOOK, FEW | CORE, 200, "{\"s\":4}", 0, 0, ENDS, 4, 0 },
  { LOOK, MORE, 200, "{\"s\":\"AUTHENTICATION_ERROR\"}", 0, 0, 0, 24, 0 },
  { LOOK, MORE, 200, "{\"s\":\"FOO\"}", 0, 0, 0, 0, 0 },
  { LOOK, MORE, 200, "{}", 0, 0, 0, 0, 0 },
  { LOOK, MORE, 200, "{\"i\":2113,\"s\":4}", 0, 0, 0, 0, 0 },
  { LOOK, RARE, 200, "{\"i\":0,\"s\":1}", 0, 0, 0, 0, 0 },
  { LOOK, RARE, 200, "{\"s\":4}", BREAKS, 0, 0, 0, 0 },
  { STOP | KILL, FEW | CORE, 200, "{\"s\":3}", 0, 0, ENDS | RUNS, 0, 0 },
  { STOP | KILL, MORE, 200, "{\"i\":2113}", 0, 0, 0, 0, 0 },
  { READ, LOGS, 200, NULL, 0, 0, ENDS | RUNS, 0, REST },
  { READ, LOGS, 200, NULL, 0, 0, 0, 0, FIRST },
  { READ, WHOLES, 200, NULL, 0, 0, 0, 0, WHOLE },
  { READ, LOGS, 200, NULL, 0, 0, 0, 0, EMPTY_MORE },
  { READ, WHOLES, 200, NULL, 0, 0, 0, 0, WHOLE_MORE },
  { READ, LOGS, 200, NULL, BREAKS, 0, 0, 0, CUT_TEXT },
  { READ, LOGS, 200, NULL, BREAKS, 0, 0, 0, CUT_NEXT },
  { READ, STRANGE_LOGS, 200, NULL, 0, 0, 0, 0, BAD_JSON },
  { READ, GAPS, 200, NULL, 0, 0, 0, 0, GONE },
  { READ, GAPS, 200, NULL, 0, 0, 0, 0, WHOLE_GONE },
  { READ, GAPS, 200, NULL, 0, 0, 0, 0, SWAPPED },
  { READ, STRANGE_LOGS, 200, NULL, 0, 0, 0, 0, TWO_TEXTS },
  { ANY, FEW, 200, "", 0, OUT, 0, 0, 0 },
  { ANY, MORE, 200, "x", 0, OUT, 0, 0, 0 },
  { ANY, RARE, 200, "{}", 0, OUT, 0, 0, 0 },
  { ANY, MORE, 302, "", 0, REFUSED, 0, 0, 0 },
  { ANY, FEW | CORE, 401, "", 0, REFUSED, 0, 0, 0 },
  { ANY, FEW, 401, "", BREAKS, OUT, 0, 0, 0 },
  { ANY, MORE, 403, "{\"m\":\"no\"}", 0, REFUSED, 0, 0, 0 },
  { ANY, FEW, 404, "", 0, REFUSED, 0, 0, 0 },
  { ANY, RARE, 400, "", 0, REFUSED, 0, 0, 0 },
  { ANY, RARE, 408, "", 0, OUT, 0, 0, 0 },
  { ANY, RARE, 429, "", 0, REFUSED, 0, 0, 0 },
  { ANY, FEW | CORE, 503, "", 0, OUT, 0, 0, 0 },
  { ANY, RARE, 503, "{\"m\":\"no\"}", BREAKS, OUT, 0, 0, 0 }
};

/* Ways in which a call breaks before its reply. */
static const struct { int error; unsigned group; int untaken; } breaks[] = {
  { AMT_E_BROKEN, FEW | CORE, 0 }, { AMT_E_STALE, FEW, 0 },
  { AMT_E_PERMANENT, MORE, 1 }, { -131, MORE, 1 } /* a certificate */
};

/* --- a reply's body ------------------------------------------------------- */

static const char letters[] = "abcdef"; /* two per message */

__attribute__((format(printf, 2, 3)))
static size_t put(size_t n, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  n += (size_t)vsnprintf(body + n, sizeof body - n, format, args);
  va_end(args);
  return n;
}

/* The number of message i counts the messages with a number. */
static unsigned number_of(const observer *o, unsigned i)
{
  unsigned n = 0;
  while (i-- > 0) n += o->style[i] <= TEXT_FIRST;
  return n;
}

static size_t put_message(size_t n, const observer *o, unsigned i)
{
  const char *text = letters + 2 * i - 2;
  unsigned    style = o->style[i - 1], number = number_of(o, i);
  if (style == NUMBERED)
    return put(n, "{\"q\":%u,\"x\":\"%.2s\"}", number, text);
  if (style == TEXT_FIRST)
    return put(n, "{\"x\":\"%.2s\",\"q\":%u}", text, number);
  if (style == BARE_OBJECT) return put(n, "{\"x\":\"%.2s\"}", text);
  return put(n, style == LINE ? "%.2s\\n" : "\"%.2s\"", text);
}

/* Writes a list: the messages after the sequence asked for, or all. If the
   first has no number, it is always all. */
static size_t put_list(size_t n, const observer *o, unsigned list)
{
  unsigned whole = list == WHOLE || list == WHOLE_MORE || list == WHOLE_GONE;
  unsigned last = o->written, first = 1, i, lines = c.styles == LINE;
  for (i = 1; !whole && i <= last; i++)
    if (o->style[i - 1] <= TEXT_FIRST && number_of(o, i) <= o->asks)
      first = i + 1;
  if (first <= LOG && o->style[first - 1] > TEXT_FIRST) first = whole = 1;
  if (list == EMPTY_MORE) last = 0;
  if (list == FIRST && last > first) last = whole ? last - 1 : first;
  n = put(n, lines ? "{\"l\":\"" : "{\"l\":[");
  if (list == GONE || list == WHOLE_GONE || list == SWAPPED) first++;
  for (i = first; i <= last; i++) {
    if (i > first && !lines) n = put(n, ",");
    n = put_message(n, o, i);
    if (list == TWO_TEXTS && o->style[i - 1] <= BARE_OBJECT)
      n -= 1, n = put(n, ",\"x\":\"zz\"}");
  }
  if (list == SWAPPED && last >= first - 1) {
    if (last >= first) n = put(n, ",");
    n = put_message(n, o, first - 1);
  }
  if (list == BAD_JSON) return put(n, lines ? "\"?" : "?");
  n = put(n, lines ? "\"" : "]");
  if (list == EMPTY_MORE || list == WHOLE_MORE ||
      (list == FIRST && last < o->written)) n = put(n, ",\"o\":true");
  return put(n, "}");
}

/* Does a list lack something? A full list must have what was delivered, and any
   list must have what is new. */
static int is_odd(const observer *o, unsigned list)
{
  unsigned given = (unsigned)__builtin_popcount(o->given);
  if (list == EMPTY_MORE) return number_of(o, o->written) > o->asks ||
                                 number_of(o, o->written) < o->written;
  if (list == FIRST) return o->style[0] > TEXT_FIRST && given >= o->written;
  return list >= GONE;
}

/* Writes the arriving reply into body. */
static size_t make_body(const observer *o)
{
  const reply *r = &replies[o->reply - 1];
  size_t       n = 0;
  char        *cut;
  int          dots = c.wire == DOTTED && (r->list || r->body[0] == '{');
  if (dots) n = put(n, "{\"r\":");
  n = r->list ? put_list(n, o, r->list) : put(n, "%s", r->body);
  if (dots && r->error == 0) n = put(n, "}");
  if (r->list == CUT_TEXT || r->list == CUT_NEXT) {
    cut = strpbrk(body, "ace");
    if (cut != NULL) n = (size_t)(cut + 1 - body);
    if (cut != NULL && r->list == CUT_NEXT) n += c.styles == LINE ? 3 : 2;
  }
  return n;
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
