/* wire.h - the wire table, as a file and back. */

#ifndef WIRE_H
#define WIRE_H

#include "library.h"

enum { HEADER_ROOM = 4096 };

/* Of other files, only probe.c writes to them: it tries other headers. */
extern amt_wire wire;  /* the default, and what --wire changes of it */
extern amt_wire shown; /* the same, without secrets: for traces */

/* 1 if the table has a sign-in. */
int signs_in(void);

/* 1 if any request has a hole that is filled with this. */
int wire_fills(const char *hole);

/* 1 if requests have a token that no sign-in gives. */
int token_is_given(void);

/* 1 if requests prove who sends them. */
int has_credentials(void);

/* The place after the header at p, its line end, and the ends of parts around
   it. */
const char *behind_header(const char *p);

/* The name of one of the table's texts in a wire file. */
const char *wire_name(const void *to);

/* Reads the table; the default, if file is NULL. 0, or EXIT_CONFIG after saying
   what is wrong. */
int read_wire(const char *file);

/* Reads and checks a text that will be a wire file; likewise. */
int take_wire_text(const char *file, const char *p, size_t n);

/* Checks the whole table now, before a job runs whose id cannot be read.
   Likewise. */
int check_wire(const char *file);

/* A text with holes, from p to end. */
void put_spelled(const char *p, const char *end);

/* --print-wire. The exit status. */
int print_wire(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
