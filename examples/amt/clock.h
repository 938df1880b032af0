/* clock.h - the local time, in the spellings of logs. */

#ifndef CLOCK_H
#define CLOCK_H

/* The time of the last look_at_clock. */
extern struct clock_text {
  char     clock[9], date[9], stamp[16];
  unsigned ms;
} now;

/* Brings `now` up to date. */
void look_at_clock(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
