/* holes.h - texts with holes: from a person's words, and back. */

#ifndef HOLES_H
#define HOLES_H

#include "library.h"

enum wire_kind { METHOD, PATH, BODY, HEADER, REPLY };

extern const struct hole { const char *name, *hole, *option; } holes[];

/* 1 if this byte begins a hole, or the beginning or end of a part. */
int is_mark(char c);

/* 1 if a part's beginning starts with this byte; 1 if its end does. */
int begins_part(char c);

int ends_part(char c);

/* The index in `holes` of the hole with this byte. */
int hole_of(char c);

/* The option whose value fills the hole of this name, or NULL. */
const char *hole_option(const char *name);

/* The word for how a hole that begins with this byte is filled; NULL if the
   hole does not say. 1 if two names follow; 1 if a separator does. */
const char *hole_way(char c);

int hole_has_names(char c);

int hole_has_separator(char c);

/* What follows the mark at p: after a part's beginning or end, or after a whole
   hole. */
const char *behind_mark(const char *p);

/* 1 if the text from p to end fills in this hole, not only asks about it. */
int fills_in(const char *p, const char *end, const char *hole);

/* The same for a whole text; 0 if that is NULL. */
int fills(const char *t, const char *hole);

/* 1 if it has a hole for a credential. */
int fills_secret(const char *t);

/* Turns {words} into holes, in place. Returns NULL, or what is wrong. */
const char *take_holes(char *t);

/* Writes a text with holes as a wire file has it, without its line ends. */
void spell(amt_window *o, const char *p, const char *end);

/* Copies a text of a wire file without its secrets, since a literal may be a
   key. Member names of JSON stay; in a path, a form or a header, what is before
   '=' or ':' stays; words such as START stay. All other literals become "***",
   as do the holes with credentials. *at, a place in the text, becomes its place
   in the copy. The copy is no longer than what the file has. */
void mask(char *to, const char *p, enum wire_kind kind, size_t *at);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
