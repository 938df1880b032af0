/* learn_read.h - a capture, exchange by exchange. */

#ifndef LEARN_READ_H
#define LEARN_READ_H

#include "learn_exchange.h"

/* What a reader has seen, apart from the exchanges. */
extern struct capture_seen {
  unsigned exchanges;
  unsigned broken;      /* messages that are no HTTP, and were passed over */
  const char *broken_why; /* of the first */
  unsigned dropped;     /* connections, since too many were open at once */
} capture_seen;

/* All of a capture, of whatever kind it is: 0, or EXIT_CONFIG after saying what
   is wrong with it. */
int read_capture(const char *file, exchange_taker take);

/* HAR 1.2, in learn_har.c, as it comes: feed it all, then end it. NULL, or what
   is wrong. */
void har_begin(exchange_taker take);

const char *har_feed(char *p, size_t n);

const char *har_end(void);

/* For both readers: x is whole, gets its number and is given. */
void exchange_ends(exchange *x, exchange_taker take);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
