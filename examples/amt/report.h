/* report.h - `amt probe --report`: what a site was asked and answered. */

#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>

/* Creates the file, if one is named. 0, or EXIT_CONFIG after saying why. */
int report_begin(void);

/* trace.c tells that a connection is open, that bytes passed (side is '>' or
   '<'), and that it is closed. Without a file they do nothing. */
void report_opened(void);
void report_bytes(char side, const void *p, size_t n);
void report_closed(void);

/* The probe's verdict on a word of the table, and the way that it names. */
void report_word(const char *word, const char *way, const char *verdict);

/* Closes the file. Returns `status`; or, where that is 0, EXIT_IO if the file
   is not whole. */
int report_end(int status);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
