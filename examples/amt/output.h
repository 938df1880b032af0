/* output.h - standard output, and its copy for --log-dir. */

#ifndef OUTPUT_H
#define OUTPUT_H

#include "options.h"
#include "system.h"

typedef struct {
  int    fd;    /* 0: there is none */
  int    error; /* errno of the first write that failed */
  size_t n;
  size_t total;
  char   buf[BUFFER];
} sink;

/* main opens the first, keep.c the other. */
extern sink out, kept; /* standard output, and its copy in --log-dir */

/* Escape all control characters, not only those that JSON requires: others,
   too, could steer a terminal. Set before anything is put. */
extern int escape_all;

/* Each line ends in CR LF. Likewise. */
extern int crlf;

/* Writes what is held. `error` keeps the first error. */
void sink_flush(sink *s);

/* On standard output, and into the copy. */
void put(const char *p, size_t n);

/* Tells, once, that standard output is not whole. */
void tell_output(void);

void put_text(const char *t);

/* Formatted text, up to 255 bytes. */
void putf(const char *format, ...);

/* The inside of a JSON string. */
void put_inside(const char *t, size_t len);

/* A text that must stay within its line: '?' for each harmful character. */
void put_value(const char *value);

/* The list's texts with commas between them, and `before` in front. */
void put_list(const list *l, const char *before);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
