/* report.h - `amt probe --report`: what a site was asked and answered. */

#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

/* Creates the file, if one is named. 0, or EXIT_CONFIG after saying why. */
int report_begin(void);

/* trace.c's: a connection is open, bytes passed (side is '>' or '<'), it is
   closed. Nothing without a file. */
void report_opened(void);
void report_bytes(char side, const void *p, size_t n);
void report_closed(void);

/* What the probe thinks of a word of the table that names this way. */
void report_word(const char *word, const char *way, const char *verdict);

/* This exit status, or EXIT_IO if the file is not whole. */
int report_end(int status);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
