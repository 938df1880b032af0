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

/* Nothing may reach a terminal that could steer it: escape all controls, not
   only those for which JSON asks. Set before anything is put. */
extern int escape_all;

/* Each line ends in CR LF. Likewise. */
extern int crlf;

/* What is held goes out; at the first error, `error` says which. */
void sink_flush(sink *s);

/* On standard output, and into the copy. */
void put(const char *p, size_t n);

/* That standard output is not whole, once. */
void tell_output(void);

void put_text(const char *t);

/* As text, up to 255 bytes. */
void putf(const char *format, ...);

/* The inside of a JSON string. */
void put_inside(const char *t, size_t len);

/* What is to stay within its line. */
void put_value(const char *value);

/* Its texts with commas between them, and this in front of the first. */
void put_list(const list *l, const char *before);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
