/* tell.c - one line each, on standard error, and the exit statuses. */

#include "tell.h"
#include "chars.h"
#include "system.h"
#include "text.h"
#include "write.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

int live_width;
int live_open;

void to_stderr(const char *p, size_t n)
{
  static int unread; /* do not wait for the same reader twice */
  if (unread && !file_room(2, 0, 0)) return;
  unread = write_all(2, p, n) != 0 && errno == ETIMEDOUT;
}

void live_clear(void)
{
  static char blanks[82];
  int         width;
  if (live_open) to_stderr("\n", 1);
  live_open = 0;
  if (live_width == 0) return;
  width = terminal_width(2) - 1; /* if it is less now, the line was wrapped */
  if (width < 0 || width > live_width) width = live_width;
  memset(blanks, ' ', sizeof blanks);
  to_stderr("\r", 1);
  for (; width > 80; width -= 80) to_stderr(blanks, 80);
  blanks[width] = '\r';
  to_stderr(blanks, (size_t)width + 1);
  live_width = 0;
}

char *make_clean(char *line)
{
  line[clean(line, strlen(line))] = 0;
  return line;
}

void vtell(const char *before, const char *format, va_list a)
{
  static char line[LINE];
  size_t      n = strlen(before);
  memcpy(line, before, n);
  vtext(line + n, sizeof line - n - 1, format, a);
  make_clean(line);
  live_clear();
  strcat(line, "\n");
  to_stderr(line, strlen(line));
  wipe(line, strlen(line)); /* a trace may show private text */
}

void tell(const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtell("amt: ", format, a);
  va_end(a);
}

void tell_last(const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtell("", format, a);
  va_end(a);
}

int wrong(int status, const char *what, const char *format, ...)
{
  char    before[WORDS];
  va_list a;
  text(before, sizeof before, "amt: %s: ", what);
  va_start(a, format);
  vtell(before, format, a);
  va_end(a);
  return status;
}

int live_wanted;

/* SPDX-License-Identifier: MIT OR Unlicense */
