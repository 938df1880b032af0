/* wire_c.c - the wire table as C source, for programs with amt.h.

   Each text is a row of string literals and of the macros that write holes. A
   line is filled as far as the next of them fits. */

#include "wire_c.h"
#include "holes.h"
#include "options.h"
#include "output.h"
#include "text.h"
#include "wire.h"
#include <ctype.h>
#include <string.h>

enum { C_WIDTH = 74, C_LITERAL = 60 }; /* marks stand behind a word, too */

static size_t c_column;               /* of the line at hand; 0: none is */
static char   c_literal[C_LITERAL + 5]; /* one that is being written */
static size_t c_length;
static int    c_part_empty;           /* nothing stands in the part at hand */
static int    c_glued;                /* the next word has no blank in front */

/* On this line, or on the next if it has no room for it. */
static void put_c_word(const char *word)
{
  size_t n = strlen(word);
  if (c_column == 0 || c_column + 1 + n > C_WIDTH) {
    put_text("\n      ");
    c_column = 6;
  } else if (!c_glued) {
    put_text(" ");
    c_column++;
  }
  put_text(word);
  c_column += n;
  c_part_empty = c_glued = 0;
}

/* Right behind the last word. */
static void put_c_behind(const char *mark)
{
  put_text(mark);
  c_column += strlen(mark);
}

static void end_c_literal(void)
{
  char word[C_LITERAL + 8];
  if (c_length == 0) return;
  c_literal[c_length] = 0;
  c_length = 0;
  put_c_word(text(word, sizeof word, "\"%s\"", c_literal));
}

/* Octal ends after three digits, whatever follows; and no "??" is left, which
   may begin a trigraph. */
static void put_c_char(char c)
{
  static const char plain[] = "\"\\?\r\n\t", escape[] = "\"\\?rnt";
  const char *found = strchr(plain, c);
  unsigned    u = (unsigned char)c;
  char       *to;
  if (c_length > C_LITERAL - 4) {
    end_c_literal();
    c_column = 0; /* what goes on with it is on the next line */
  }
  to = c_literal + c_length;
  if (found != NULL) {
    *to++ = '\\';
    *to++ = escape[found - plain];
  } else if (u < 32 || u > 126) {
    *to++ = '\\';
    *to++ = (char)('0' + (u >> 6));
    *to++ = (char)('0' + (u >> 3 & 7u));
    *to++ = (char)('0' + (u & 7u));
  } else {
    *to++ = c;
  }
  c_length = (size_t)(to - c_literal);
}

static void put_c_chars(const char *p, const char *end)
{
  if (p == end) put_c_word("\"\"");
  while (p < end) put_c_char(*p++);
  end_c_literal();
}

/* "AMT_HOLE_", "submit_user", "": AMT_HOLE_SUBMIT_USER. */
static void put_c_name(const char *before, const char *name, const char *behind)
{
  char word[60], *p;
  text(word, sizeof word, "%s%s%s", before, name, behind);
  for (p = word; *p != 0; p++) *p = (char)toupper((unsigned char)*p);
  put_c_word(word);
}

/* A hole, and how it says that it is filled. */
static void put_c_hole(const char *p, const char *end)
{
  const char *how = hole_way(*p), *hole = holes[hole_of(end[-1])].name;
  const char *argument = p + 1, *rest = end - 1;
  int         arguments = hole_has_names(*p) || hole_has_separator(*p);
  if (how == NULL) {
    put_c_name("AMT_HOLE_", hole, "");
    return;
  }
  put_c_name("AMT_AS_", how, "(");
  c_glued = 1;
  while (arguments) {
    const char *behind = argument;
    while (behind < rest && !is_mark(*behind)) behind++;
    put_c_chars(argument, behind);
    put_c_behind(",");
    arguments = behind < rest;
    argument = behind + 1;
  }
  put_c_name("AMT_HOLE_", hole, ")");
}

/* A text of the table, up to the comma behind it. */
static void put_c_text(const char *p)
{
  if (p == NULL) {
    put_c_word("NULL");
    return;
  }
  if (*p == 0) put_c_word("\"\"");
  while (*p != 0) {
    const char *next = is_mark(*p) ? behind_mark(p) : p + 1;
    if (is_mark(*p)) end_c_literal();
    if (begins_part(*p)) {
      put_c_name(*p == *AMT_IF(JOB, "") ? "AMT_IF(" : "AMT_UNLESS(",
                 holes[hole_of(p[1])].name, ",");
      c_part_empty = 1;
    } else if (ends_part(*p)) {
      if (c_part_empty) put_c_word("\"\"");
      put_c_behind(")");
    } else if (is_mark(*p)) {
      put_c_hole(p, next);
    } else {
      put_c_char(*p);
    }
    p = next;
  }
  end_c_literal();
}

static void put_c_status(const amt_status_word *w)
{
  put_text("static const amt_status_word amt_site_status[] = {");
  for (; w->text != NULL; w++) {
    c_column = 0;
    put_c_word("{");
    put_c_text(w->text);
    putf(", %d },", (int)w->code);
  }
  put_text("\n      { NULL, 0 }\n};\n\n");
}

/* The members in their order, without their names: C++ has those since 20. */
static void put_c_table(void)
{
  int i;
  put_text("static const amt_wire amt_site_wire = {\n  {");
  for (i = 0; i < AMT_CALLS; i++) {
    char name[20];
    text(name, sizeof name, "%s", wire_name(&wire.call[i].path));
    name[strcspn(name, ".")] = 0;
    putf("%s\n    /* %s */ {", i > 0 ? "," : "", name);
    c_column = 0;
    put_c_text(wire.call[i].method);
    put_c_behind(",");
    put_c_text(wire.call[i].path);
    put_c_behind(",");
    put_c_text(wire.call[i].body);
    put_text(" }");
  }
  put_text("\n  },\n  /* header */");
  c_column = 14;
  put_c_text(wire.headers);
  put_text(",\n  {");
  for (i = 0; i < AMT_REPLY_COUNT; i++) {
    putf("%s\n    /* %s */", i > 0 ? "," : "", wire_name(&wire.reply[i]));
    c_column = 40;
    put_c_text(wire.reply[i]);
  }
  putf("\n  },\n  %s\n};\n", wire.status != NULL ? "amt_site_status" : "NULL");
}

void put_wire_c(void)
{
  put_text("/* A wire table, printed by `amt --print-wire --c-source`:\n\n"
           "     session.wire = &amt_site_wire;\n\n"
           "   and AMT_DEFAULT_WIRE_ONLY is not defined. What the wire file "
           "has of keys and\n   other secrets is here, too. */\n\n"
           "#include \"amt.h\"\n\n");
  if (wire.status != NULL) put_c_status(wire.status);
  put_c_table();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
