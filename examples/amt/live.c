/* live.c - the live line, and messages that are followed. */

#include "live.h"
#include "chars.h"
#include "files.h"
#include "job.h"
#include "log.h"
#include "options.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

enum { ROW = 160 }; /* bytes of a live line */

static char last_head[ROW]; /* of the last message */

/* Cuts a line so that a row of `columns` (0: not known) has room for it and the
   cursor. Returns how many it takes. A character that may be wide takes two. */
static int fit(char *line, int columns)
{
  size_t at = 0;
  int    taken = 0, most = columns > 0 ? columns - 1 : 79;
  while (line[at] != 0) {
    size_t n = char_size(line[at]);
    taken += n > 2 ? 2 : 1;
    if (taken > most) {
      line[at] = 0;
      return taken - (n > 2 ? 2 : 1);
    }
    at += n;
  }
  return taken;
}

/* Draws again only if the line or the window has changed. */
void live_draw(void)
{
  static char last[ROW];
  static int  last_columns;
  uint32_t    s = (now_ms() - began) / 1000;
  char        line[ROW];
  int         columns, taken;
  if (!live_wanted || log_open || live_open) return;
  text(line, 52, "%s %s  %s", opt.type != START ? types[opt.type] : job_name(),
       job_id, job.status < 0 ? "..." : amt_status_name(job.status));
  text(line + strlen(line), 28, "  %u:%2u:%2u  %u messages", (unsigned)s / 3600,
       (unsigned)s / 60 % 60, (unsigned)s % 60, (unsigned)messages);
  text(line + strlen(line), sizeof line - strlen(line), "%s%s",
       *last_head ? "  " : "", last_head);
  make_clean(line);
  columns = terminal_width(2);
  taken = fit(line, columns);
  if (live_width > 0 && columns == last_columns && strcmp(line, last) == 0)
    return;
  live_clear();
  to_stderr(line, strlen(line));
  strcpy(last, line);
  last_columns = columns;
  live_width = taken;
}

void live_message(const char *t, size_t len, int first)
{
  size_t n = first ? 0 : strlen(last_head), room = sizeof last_head - 1 - n;
  if (len > room) len = room;
  memcpy(last_head + n, t, len);
  last_head[n + len] = 0;
  last_head[whole_chars(last_head, clean(last_head, n + len))] = 0;
}

void live_text(const char *t, size_t len, int first, int last)
{
  char line[256];
  if (!live_open) live_clear();
  if (first || !live_open) to_stderr("| ", 2);
  live_open = !last;
  while (len > 0) {
    size_t n = len < sizeof line ? len : sizeof line;
    while (n > 1 && n < len && ((unsigned char)t[n] & 0xC0u) == 0x80u) n--;
    memcpy(line, t, n);
    to_stderr(line, clean(line, n));
    t += n, len -= n;
  }
  if (last) to_stderr("\n", 1);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
