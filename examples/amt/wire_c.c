/* wire_c.c - the wire table as C source, for programs with amt.h.

   Each text is a row of string literals and of macros that write holes, as many
   on a line as fit. A text that is too long for a literal of some C compilers
   is an array of characters instead. */

#include "wire_c.h"
#include "holes.h"
#include "options.h"
#include "output.h"
#include "text.h"
#include "wire.h"
#include <ctype.h>
#include <string.h>

enum { C_WIDTH = 74, C_LITERAL = 60 }; /* marks follow a word, too */
enum { C_LONGEST = 4095 }; /* C99, 5.2.4.1: of a literal, joined */

static size_t c_column;               /* of this line; 0: none is begun */
static char   c_literal[C_LITERAL + 5]; /* the one that is being written */
static size_t c_length;
static int    c_part_empty;           /* nothing is in this part yet */
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

/* Right after the last word. */
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

/* Writes a character as it must stand between two of `mark`, and returns the
   place after it. Octal ends after three digits, whatever follows. Each '?' is
   escaped, since "??" may begin a trigraph. */
static char *write_c_char(char *to, char c, char mark)
{
  static const char plain[] = "\\?\r\n\t", escape[] = "\\?rnt";
  const char *found = c != 0 ? strchr(plain, c) : NULL;
  unsigned    u = (unsigned char)c;
  if (c == mark) {
    *to++ = '\\';
    *to++ = c;
  } else if (found != NULL) {
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
  return to;
}

static void put_c_char(char c)
{
  if (c_length > C_LITERAL - 4) {
    end_c_literal();
    c_column = 0; /* its rest goes on the next line */
  }
  c_length = (size_t)(write_c_char(c_literal + c_length, c, '"') - c_literal);
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

/* A hole, and the way in which it is filled. */
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

/* A text of the table, up to the comma after it. */
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

static int is_c_array(const char *p)
{
  return p != NULL && strlen(p) > C_LONGEST;
}

/* amt_site_start_body, of start.body. */
static const char *c_array_name(char *room, size_t size, const void *member)
{
  char *p;
  text(room, size, "amt_site_%s", wire_name(member));
  for (p = room; *p != 0; p++)
    if (*p == '.') *p = '_';
  return room;
}

static void put_c_array(const char *const *member)
{
  char        word[40];
  const char *p = *member;
  if (!is_c_array(p)) return;
  putf("static const char %s[] = {", c_array_name(word, sizeof word, member));
  c_column = 0;
  for (; *p != 0; p++, c_glued = 1) {
    char *to = word;
    *to++ = '\'';
    to = write_c_char(to, *p, '\'');
    memcpy(to, "',", 3);
    put_c_word(word);
  }
  put_c_word("0");
  put_text("\n};\n\n");
}

static void put_c_arrays(void)
{
  int i;
  for (i = 0; i < AMT_CALLS; i++) {
    put_c_array(&wire.call[i].path);
    put_c_array(&wire.call[i].body);
  }
  put_c_array(&wire.headers);
}

/* A member of the table. */
static void put_c_member(const char *const *member)
{
  char name[40];
  if (is_c_array(*member))
    put_c_word(c_array_name(name, sizeof name, member));
  else
    put_c_text(*member);
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

/* The members in order, without their names: C++ takes names since C++20. */
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
    put_c_member(&wire.call[i].path);
    put_c_behind(",");
    put_c_member(&wire.call[i].body);
    put_text(" }");
  }
  put_text("\n  },\n  /* header */");
  c_column = 14;
  put_c_member(&wire.headers);
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
  put_c_arrays();
  put_c_table();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
