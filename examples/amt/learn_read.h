/* learn_read.h - a capture, exchange by exchange. */

#ifndef LEARN_READ_H
#define LEARN_READ_H

#include "learn_exchange.h"

/* What the reader has counted. */
extern struct capture_seen {
  unsigned exchanges;
  unsigned broken;      /* messages that are no HTTP, and were skipped */
  const char *broken_why; /* of the first */
  unsigned dropped;     /* connections: too many were open at once */
} capture_seen;

/* Reads all of a capture, of any kind. Returns 0, or EXIT_CONFIG after saying
   what is wrong with it. */
int read_capture(const char *file, exchange_taker take);

/* HAR 1.2, in learn_har.c: begin, feed it all as it comes, then end. Returns
   NULL, or what is wrong. */
void har_begin(exchange_taker take);

const char *har_feed(char *p, size_t n);

const char *har_end(void);

/* For both readers: numbers x, which is whole, and gives it to `take`. */
void exchange_ends(exchange *x, exchange_taker take);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
