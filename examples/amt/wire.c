/* wire.c - the wire table, as a file and back.

   A wire file has the texts of amt_wire as a person writes them, with {word}
   where the table has a hole. This file reads it, writes it, and makes the
   table without what may be a secret. */

#include "wire.h"
#include "chars.h"
#include "encodings.h"
#include "files.h"
#include "holes.h"
#include "options.h"
#include "output.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "wire_c.h"
#include "wire_old.h"
#include <string.h>

enum { WIRE = 16384, HEADERS = 32 };

amt_wire wire;
amt_wire shown;

int signs_in(void) { return wire.call[AMT_SIGN_IN].path != NULL; }

int wire_fills(const char *hole)
{
  int op = signs_in() ? AMT_SIGN_IN : AMT_START;
  for (; op < AMT_CALLS; op++)
    if (fills(wire.call[op].path, hole) || fills(wire.call[op].body, hole))
      return 1;
  return fills(wire.headers, hole);
}

int token_is_given(void)
{
  return !signs_in() && wire_fills(AMT_HOLE_TOKEN);
}

int has_credentials(void)
{
  return wire_fills(AMT_HOLE_PASSWORD) || wire_fills(AMT_HOLE_BASIC) ||
         wire_fills(AMT_HOLE_TOKEN);
}

/* --- header lines --- */

static char     header_text[HEADER_ROOM];
static size_t   header_len;
static unsigned header_at[HEADERS]; /* lines of the file */
static size_t   header_count;

const char *behind_header(const char *p)
{
  p = strstr(p, "\r\n");
  for (p += 2; ends_part(*p); p++) {}
  return p;
}

/* 1 if a part of it asks about the token. */
static int asks_for_token(const char *p, const char *end)
{
  for (; p < end; p++)
    if (begins_part(*p) && p[1] == *AMT_HOLE_TOKEN) return 1;
  return 0;
}

/* 1 if the header is sent only with a token, and has the token in it. A file
   need not say that: it is understood. */
static int is_wrapped(const char *p, const char *end)
{
  return *p == *AMT_IF(JOB, "") && p[1] == *AMT_HOLE_TOKEN &&
         fills_in(p, end, AMT_HOLE_TOKEN) && !asks_for_token(p + 2, end);
}

/* Headers by which a server finds the end of a request or of the connection.
   Only the library writes them: a second one would cut requests elsewhere. */
static int is_framing(const char *name)
{
  static const char *const names[] = {
    "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
    "Proxy-Connection", "TE", "Trailer", "Upgrade", "Expect", NULL
  };
  return word_in(names, name) >= 0;
}

/* How many parts are around the whole line. All that begin in front of its name
   must end after its value; if not, -1. */
static int parts_around(const char *line)
{
  const char *p = line, *end = line + strlen(line);
  int         around = 0, depth, ends = 0;
  for (; begins_part(*p); p += 2) around++;
  while (end > p && ends < around && ends_part(end[-1])) end--, ends++;
  for (depth = around; p < end; p = is_mark(*p) ? behind_mark(p) : p + 1) {
    depth += begins_part(*p) - ends_part(*p);
    if (depth < around) return -1;
  }
  return ends == around ? around : -1;
}

static void add_header(const char *p, size_t n)
{
  memcpy(header_text + header_len, p, n);
  header_len += n;
  header_text[header_len] = 0;
}

/* Adds a "Name: value", with holes. NULL, or what is wrong. */
static const char *take_header(char *line, unsigned at)
{
  static const char form[] = "a header is Name: value, and its name has no "
                             "holes";
  size_t n = strlen(line), colon, around;
  char  *name = line;
  int    parts = parts_around(line), wraps = 0;
  if (fills(line, AMT_HOLE_PARAMETERS) || fills(line, AMT_HOLE_TASK_VALUES))
    return "no list goes into a header";
  if (parts < 0) return "a part that begins in front of a header's name must "
                        "end after its value; write two lines";
  around = (size_t)parts;
  name += 2 * around;
  colon = strcspn(name, ":");
  if (name[colon] == 0) return form;
  name[colon] = 0;
  if (is_framing(name))
    return "Host, Content-Length, Transfer-Encoding, Connection and their like "
           "are written by this program; leave them out";
  if (!amt_http_valid(name, 1)) return form;
  name[colon] = ':';
  wraps = fills(line, AMT_HOLE_TOKEN) && !asks_for_token(line, line + n);
  if (header_count == HEADERS || header_len + n + 6 > sizeof header_text)
    return "too many headers";
  header_at[header_count++] = at;
  if (wraps) add_header(AMT_IF(TOKEN, ""), 2);
  add_header(line, n - around);
  add_header("\r\n", 2);
  add_header(line + n - around, around);
  if (wraps) add_header(&AMT_IF(TOKEN, "")[2], 1);
  wire.headers = header_text;
  return NULL;
}

/* --- the file --- */

typedef struct {
  const char    *name;
  const char   **to;
  enum wire_kind kind;
} wire_line;

#define CALL(name, op) \
  { name ".method", &wire.call[op].method, METHOD }, \
  { name ".path", &wire.call[op].path, PATH }, \
  { name ".body", &wire.call[op].body, BODY }
#define ANSWER(name, m) { "reply." name, &wire.reply[m], REPLY }

static const wire_line wire_lines[] = {
  CALL("sign_in", AMT_SIGN_IN), CALL("start", AMT_START),
  CALL("stop", AMT_STOP), CALL("kill", AMT_KILL),
  CALL("monitor", AMT_MONITOR), CALL("messages", AMT_MESSAGES),
  { "header", &wire.headers, HEADER },
  ANSWER("token", AMT_REPLY_TOKEN), ANSWER("expires", AMT_REPLY_EXPIRES),
  ANSWER("id", AMT_REPLY_ID), ANSWER("status", AMT_REPLY_STATUS),
  ANSWER("message", AMT_REPLY_MESSAGE), ANSWER("messages", AMT_REPLY_MESSAGES),
  ANSWER("more", AMT_REPLY_MORE), ANSWER("sequence", AMT_REPLY_SEQUENCE),
  ANSWER("time", AMT_REPLY_TIME), ANSWER("text", AMT_REPLY_TEXT),
  ANSWER("success", AMT_REPLY_SUCCESS),
};
enum { WIRE_LINES = sizeof wire_lines / sizeof *wire_lines };

static unsigned wire_at[WIRE_LINES]; /* lines of the file; 0: not there */

/* Words for statuses, "status.Finished = 4"; the last stays empty. */
static amt_status_word status_words[65];
static size_t          status_count;

static int wire_line_of(const void *to)
{
  int i = 0;
  while (i < WIRE_LINES && wire_lines[i].to != to) i++;
  return i;
}

const char *wire_name(const void *to)
{
  return wire_lines[wire_line_of(to)].name;
}

/* 1 if each part of a name, between '.' and '|', has 1 to 31 bytes, and the
   whole at most 255; or if it is "", the reply itself. */
static int is_reply_name(const char *v)
{
  size_t n = strcspn(v, ".|");
  if (*v == 0) return 1;
  if (strlen(v) > 255) return 0;
  while (n > 0 && n <= AMT_NAME_MAX) {
    if (v[n] == 0) return 1;
    v += n + 1;
    n = strcspn(v, ".|");
  }
  return 0;
}

static const char *take_path(const wire_line *l, char *v)
{
  const char *p = v;
  if (v == NULL)
    return l->to == &wire.call[AMT_SIGN_IN].path ? NULL : "a path is needed";
  while (*p > ' ' && *p < 127 && *p != '#') p++;
  if (*v != '/' || *p != 0)
    return "a path begins with '/' and is ASCII without blanks and '#'; encode "
           "others as %XX";
  return take_holes(v);
}

/* Stores a value; v is NULL for "none". NULL, or what is wrong. */
static const char *take_text(const wire_line *l, char *v, unsigned line)
{
  static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", NULL };
  const char *fault;
  if (l->kind != HEADER) *l->to = v;
  switch (l->kind) {
  case METHOD:
    if (v != NULL && word_in(methods, v) >= 0 && *v <= 'Z') return NULL;
    return "the method must be GET, POST, PUT or DELETE";
  case PATH: return take_path(l, v);
  case BODY: return v != NULL ? take_holes(v) : NULL;
  case HEADER:
    if (v == NULL) wire.headers = NULL;
    if (v == NULL && header_count == 0) return NULL;
    if (wire.headers == NULL) return "none goes with no other header line";
    fault = take_holes(v);
    return fault != NULL ? fault : take_header(v, line);
  default:
    if (v == NULL || is_reply_name(v)) return NULL;
    return "each part of a name, between '.' and '|', must have 1 to 31 bytes, "
           "the whole at most 255";
  }
}

/* Stores one line's value. NULL, or what is wrong. A body keeps its quotes: it
   may be one JSON string. */
static const char *take_wire_value(const wire_line *l, char *value,
                                   unsigned line)
{
  const char *p;
  char       *rest;
  if (*value == 0) return "no value; write none for what is not there";
  for (p = value; *p != 0; p++)
    if (((unsigned char)*p < 32 && *p != '\t') || *p == 127)
      return "a control character is in it";
  if (!amt_utf8(value, strlen(value))) return "not valid UTF-8";
  if (strcmp(value, "none") == 0) return take_text(l, NULL, line);
  if (*value == '"' && l->kind != BODY && l->kind != HEADER) {
    rest = unquote(value);
    if (rest == NULL) return "not a JSON string in quotes";
    if (*rest != 0) return "something follows the quotes";
  }
  return take_text(l, value, line);
}

/* Takes "Finished", and "4" or a published name. NULL, or what is wrong. */
static const char *take_status(const char *name, const char *value)
{
  amt_status_word *w = &status_words[status_count];
  size_t           n = strlen(name);
  if (n < 1 || n > AMT_NAME_MAX) return "a status has 1 to 31 bytes";
  if (status_count + 1 == sizeof status_words / sizeof *status_words)
    return "more than 64 statuses";
  w->code = amt_status_code(value, strlen(value));
  if (w->code < 0 && (amt_json_int32(value, strlen(value), &w->code) != 0 ||
                      w->code < 0))
    return "a status stands for a code, 0 or more, or a published name";
  w->text = name;
  status_count++;
  wire.status = status_words;
  return NULL;
}

typedef struct {
  char    *at;          /* what is left of the text */
  unsigned next;        /* lines before it */
  unsigned line;        /* of the value that was read, or of the fault */
  char    *name, *value;
} wire_reader;

/* Cuts the next line out of the text, and trims its blanks. */
static char *cut_line(wire_reader *r)
{
  size_t n = strcspn(r->at, "\n");
  char  *p = r->at;
  r->at += n + (p[n] != 0);
  p[n] = 0;
  r->next++;
  return trim(p);
}

/* Cuts a line at its '='. Returns the name before it, or NULL; *value is what
   comes after it. */
static char *cut_name(char *line, char **value)
{
  char *equals = strchr(line, '=');
  if (equals == NULL) return NULL;
  *equals = 0;
  *value = trim(equals + 1);
  return trim(line);
}

/* The line with this name, of n bytes, or WIRE_LINES. */
static int wire_line_named(const char *name, size_t n)
{
  int i = 0;
  while (i < WIRE_LINES && (strlen(wire_lines[i].name) != n ||
                            memcmp(wire_lines[i].name, name, n) != 0)) i++;
  return i;
}

/* 1 if a line is a setting of its own, not more of a value. */
static int is_setting(const char *line)
{
  size_t n = strcspn(line, " \t=");
  return line[n + strspn(line + n, " \t")] == '=' &&
         wire_line_named(line, n) < WIRE_LINES;
}

/* Reads the next "name = value", with the lines that go on with the value. 1,
   or 0 at the end. *fault: NULL, or what is wrong. */
static int next_wire_value(wire_reader *r, const char **fault)
{
  char  *p, *end, first;
  size_t n;
  *fault = NULL;
  do {
    if (*r->at == 0) return 0;
    first = *r->at;
    p = cut_line(r);
  } while (*p == 0 || first == '#');
  r->line = r->next;
  r->name = cut_name(p, &r->value);
  if (empty(r->name)) r->name = p, *fault = "not NAME = VALUE";
  if (strchr(" \t}]", first) != NULL)
    *fault = "a line that begins with a blank, '}' or ']' goes on with a "
             "value, and there is none before it";
  if (*fault != NULL) return 1;
  end = r->value + strlen(r->value); /* NOLINT: without one is a fault */
  while (*r->at != 0 && strchr(" \t}]#\r\n", *r->at) != NULL) {
    first = *r->at;
    p = cut_line(r);
    if (first == '#') continue;
    if (is_setting(p)) {
      *fault = "a line that begins with a blank goes on with the value before "
               "it; remove the blank";
      r->line = r->next;
      r->name = cut_name(p, &r->value);
      return 1;
    }
    n = strlen(p);
    memmove(end, p, n + 1);
    end += n;
  }
  return 1;
}

/* Makes `shown`: its texts from the file are copies without secrets. */
static void mask_wire(void)
{
  static char copies[WIRE + HEADER_ROOM];
  amt_wire    whole = wire;
  char       *to = copies;
  int         i;
  for (i = 0; i < WIRE_LINES; i++) {
    const wire_line *l = &wire_lines[i];
    size_t           at = 0;
    if (wire_at[i] == 0 || l->kind == METHOD || l->kind == REPLY ||
        *l->to == NULL) continue;
    mask(to, *l->to, l->kind, &at);
    if (strcmp(to, *l->to) == 0) continue;
    *l->to = to;
    to += strlen(to) + 1;
  }
  shown = wire;
  wire = whole;
}

static char file_text[WIRE]; /* `wire` points into it */

/* Reads the table in file_text. 0, or EXIT_CONFIG after saying why. */
static int take_wire(const char *file)
{
  wire_reader r = { file_text, 0, 0, NULL, NULL };
  const char *fault;
  int         i;
  while (next_wire_value(&r, &fault)) {
    if (fault == NULL && strncmp(r.name, "status.", 7) == 0) {
      fault = take_status(r.name + 7, r.value);
      if (fault == NULL) continue;
    }
    i = wire_line_named(r.name, strlen(r.name));
    if (fault == NULL && i == WIRE_LINES)
      fault = either(old_line(r.name, r.value), "not a name of the wire table; "
                     "`amt --print-wire` lists them");
    if (fault == NULL && wire_at[i] != 0 && wire_lines[i].kind != HEADER)
      fault = "given twice";
    if (fault == NULL) wire_at[i] = r.line;
    if (fault == NULL) fault = take_wire_value(&wire_lines[i], r.value, r.line);
    if (fault == NULL) continue;
    return wrong(EXIT_CONFIG, at_line(file, r.line), "%s: %s",
                 either(r.name, "="), fault);
  }
  mask_wire();
  return 0;
}

int read_wire(const char *file)
{
  int e;
  wire = shown = *amt_wire_default();
  if (file == NULL) return 0;
  e = read_text(file, open_as(file, AS_FILE), file_text, sizeof file_text);
  return e != 0 ? e : take_wire(file);
}

int take_wire_text(const char *file, const char *p, size_t n)
{
  int e;
  wire = shown = *amt_wire_default();
  if (n >= sizeof file_text)
    return wrong(EXIT_CONFIG, file, "the wire file would be longer than %u "
                 "bytes, as none may be: a request in it is too long",
                 (unsigned)sizeof file_text - 1);
  memcpy(file_text, p, n);
  file_text[n] = 0;
  e = take_wire(file);
  return e != 0 ? e : check_wire(file);
}

/* The line of the file that set this text at this byte, or 0 if none did. */
static unsigned wire_line_at(int i, size_t at)
{
  const char *p = wire.headers;
  size_t      n = 0;
  if (i == WIRE_LINES) return 0;
  if (wire_lines[i].kind != HEADER || wire_at[i] == 0 || p == NULL)
    return wire_at[i];
  while (*p != 0 && (p = behind_header(p)) <= wire.headers + at && *p != 0) n++;
  return header_at[n];
}

/* Tells a fault of the table: FILE:LINE: NAME: REASON, and the text around
   it. */
static int wire_wrong(const char *file, int i, const char *text_at, size_t at,
                      const char *reason)
{
  char     copy[WIRE], around[64];
  amt_window o;
  amt_window_init(&o, NULL, 0, 0);
  unsigned line = wire_line_at(i, at);
  size_t   from;
  *around = 0;
  if (at > 0 && i < WIRE_LINES && wire_at[i] != 0 &&
      wire_lines[i].kind != METHOD && wire_lines[i].kind != REPLY) {
    mask(copy, text_at, wire_lines[i].kind, &at);
    spell(&o, copy, copy + at);
    from = o.total > 24 ? o.total - 24 : 0;
    amt_window_init(&o, around, sizeof around - 1, from);
    spell(&o, copy, copy + strlen(copy));
    around[o.len] = 0;
  }
  return wrong(EXIT_CONFIG, line != 0 ? at_line(file, line) : file,
               "%s: %s%s%s%s", i < WIRE_LINES ? wire_lines[i].name : "", reason,
               *around != 0 ? ", at '" : "", around, *around != 0 ? "'" : "");
}

int check_wire(const char *file)
{
  static const uint8_t needed[] = { AMT_REPLY_ID, AMT_REPLY_STATUS,
                                    AMT_REPLY_TOKEN };
  amt_wire_fault fault;
  const void    *to = &wire.headers;
  int            i;
  if (file == NULL) return 0;
  for (i = 0; i < 2 + signs_in(); i++)
    if (wire.reply[needed[i]] == NULL)
      return wire_wrong(file, wire_line_of(&wire.reply[needed[i]]), NULL, 0,
                        "none, and no job can be run without it");
  if (signs_in() && !wire_fills(AMT_HOLE_TOKEN))
    return wire_wrong(file, wire_line_of(to), NULL, 0, "the sign-in's token "
                      "is sent nowhere; add header = X-AMT-LogonToken: {token}"
                      ", or write sign_in.path = none");
  memset(&fault, 0, sizeof fault);
  if (amt_wire_check(&wire, &fault) == 0) return 0;
  if (strcmp(fault.part, "method") == 0) to = &wire.call[fault.call].method;
  if (strcmp(fault.part, "path") == 0) to = &wire.call[fault.call].path;
  if (strcmp(fault.part, "body") == 0) to = &wire.call[fault.call].body;
  for (i = 0; strcmp(fault.part, "reply") == 0 && i < AMT_REPLY_COUNT; i++)
    if (wire.reply[i] == fault.text) to = &wire.reply[i];
  return wire_wrong(file, wire_line_of(to), fault.text, fault.at, fault.reason);
}

void put_spelled(const char *p, const char *end)
{
  char    piece[256];
  size_t  from = 0;
  amt_window o;
  do {
    amt_window_init(&o, piece, sizeof piece, from);
    spell(&o, p, end);
    put(piece, o.len);
    from += o.len;
  } while (from < o.total);
}

static void put_headers(void)
{
  const char *p = wire.headers, *end;
  if (p == NULL) put_text("header = none\n");
  for (; p != NULL && *p != 0; p = end) {
    end = behind_header(p);
    put_text("header = ");
    if (is_wrapped(p, end)) put_spelled(p + 2, end - 1);
    else put_spelled(p, end);
    put_text("\n");
  }
}

/* In quotes, if it would be read as something else without them. */
static void put_reply_name(const char *v)
{
  size_t n = strlen(v);
  if (n > 0 && *v != '"' && *v != ' ' && v[n - 1] != ' ' &&
      strcmp(v, "none") != 0 && plain_run(v, n, 0) == n) {
    put(v, n);
    return;
  }
  put_text("\"");
  put_inside(v, n);
  put_text("\"");
}

static void put_wire(void)
{
  size_t n;
  int    i;
  escape_all = 1;
  for (i = 0; i < WIRE_LINES; i++) {
    const wire_line *l = &wire_lines[i];
    if (l->kind == HEADER) {
      put_headers();
      continue;
    }
    putf("%s = ", l->name);
    if (*l->to == NULL) put_text("none");
    else if (l->kind == REPLY) put_reply_name(*l->to);
    else put_spelled(*l->to, *l->to + strlen(*l->to));
    put_text("\n");
  }
  for (n = 0; n < status_count; n++) {
    putf("status.%s", status_words[n].text);
    putf(" = %d\n", (int)status_words[n].code);
  }
}

int print_wire(void)
{
  int e = read_wire(opt.wire);
  if (e == 0) e = check_wire(opt.wire);
  if (e == 0 && opt.c_source) put_wire_c();
  else if (e == 0) put_wire();
  return e;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
