/* live.c - the live line, and messages that are followed. */

#include "live.h"
#include "files.h"
#include "job.h"
#include "log.h"
#include "options.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

/* Cut so that a row of so many columns holds it, and the cursor behind it. */
static void fit(char *line, int columns)
{
  size_t len = strlen(line), most = (size_t)columns - 1;
  if (columns > 0 && len > most) line[whole_chars(line, most)] = 0;
}

void live_draw(void)
{
  static char last[80];
  uint32_t    s = (now_ms() - began) / 1000;
  char        line[80]; /* one row of a terminal */
  if (!live_wanted || log_open || live_open) return;
  text(line, 52, "%s %s  %s", opt.type != START ? types[opt.type] : job_name(),
       job_id, job.status < 0 ? "..." : amt_status_name(job.status));
  text(line + strlen(line), 28, "  %u:%2u:%2u  %u messages", (unsigned)s / 3600,
       (unsigned)s / 60 % 60, (unsigned)s % 60, (unsigned)messages);
  make_clean(line);
  fit(line, terminal_width(2));
  if (live_width > 0 && strcmp(line, last) == 0) return;
  live_clear();
  to_stderr(line, strlen(line));
  strcpy(last, line);
  live_width = (int)strlen(line);
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
