/* holes.h - texts with holes: from a person's words, and back. */

#ifndef HOLES_H
#define HOLES_H

#include "library.h"

enum wire_kind { METHOD, PATH, BODY, HEADER, REPLY };

extern const struct hole { const char *name, *hole, *option; } holes[];

/* 1 if a hole, or the beginning or end of a part, starts with this byte. */
int is_mark(char c);

/* 1 if the beginning of a part starts with this byte; its end. */
int begins_part(char c);

int ends_part(char c);

/* The hole of this byte: an index of `holes`. */
int hole_of(char c);

/* The option that gives what a hole of this name is filled with, or NULL. */
const char *hole_option(const char *name);

/* The word for how a hole that begins with this byte is filled, or NULL: it
   does not say. Whether it says with which names, or with what between. */
const char *hole_way(char c);

int hole_has_names(char c);

int hole_has_separator(char c);

/* Behind the mark at p: the begin or end of a part, or a hole with all that it
   says. */
const char *behind_mark(const char *p);

/* 1 if a hole from p to end is filled with this, not only asked about. */
int fills_in(const char *p, const char *end, const char *hole);

/* 1 if the text has a hole that is filled with this, not only asked about. */
int fills(const char *t, const char *hole);

/* 1 if it has a hole for a credential. */
int fills_secret(const char *t);

/* A text with {words} to one with holes: NULL, or what is wrong with it. */
const char *take_holes(char *t);

/* A text with holes as a wire file has it, but for the end of a header line. */
void spell(amt_window *o, const char *p, const char *end);

/* A text of a wire file may hold a key, as a literal: only names are surely
   none, and what holes are filled with is known. So of JSON the member names
   stay, of a path, a form or a header what is in front of '=' or ':', of any
   other body nothing; the other literals become "***", as do the holes with
   credentials. *at, a place in the text, becomes the one in the copy, which is
   no longer than what the file has. */
void mask(char *to, const char *p, enum wire_kind kind, size_t *at);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
