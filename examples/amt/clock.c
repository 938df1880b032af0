/* clock.c - the local time, in the spellings of logs. */

#include "clock.h"
#include "system.h"
#include "text.h"
#include <time.h>

struct clock_text now;

void look_at_clock(void)
{
  static time_t last;
  time_t        t = clock_now(&now.ms);
  struct tm     l;
  if (last == t && *now.date != 0) return;
  last = t;
  if (!clock_local(t, &l)) return;
  text(now.clock, sizeof now.clock, "%2d:%2d:%2d", l.tm_hour, l.tm_min,
       l.tm_sec);
  text(now.date, sizeof now.date, "%4d%2d%2d", l.tm_year + 1900,
       l.tm_mon + 1, l.tm_mday);
  text(now.stamp, sizeof now.stamp, "%s-%2d%2d%2d", now.date, l.tm_hour,
       l.tm_min, l.tm_sec);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
