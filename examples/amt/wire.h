/* wire.h - the wire table, as a file and back. */

#ifndef WIRE_H
#define WIRE_H

#include "library.h"

enum { HEADER_ROOM = 4096 };

/* probe.c tries other headers in it; otherwise nobody writes to them. */
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

/* Behind the line at p: its line end, and the ends of parts around it. */
const char *behind_header(const char *p);

/* How a wire file calls one of the table's texts. */
const char *wire_name(const void *to);

/* The table: the default, if file is NULL. 0, or EXIT_CONFIG after saying what
   is wrong. */
int read_wire(const char *file);

/* The same of a text that is to be a wire file, and what check_wire says. */
int take_wire_text(const char *file, const char *p, size_t n);

/* What is wrong with the whole table is better known now than when a job runs
   whose id cannot be read. As read_wire. */
int check_wire(const char *file);

/* A text with holes, from p to end. */
void put_spelled(const char *p, const char *end);

/* --print-wire. The exit status. */
int print_wire(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
