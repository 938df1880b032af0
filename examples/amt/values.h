/* values.h - what options say, as numbers, lists and keys. */

#ifndef VALUES_H
#define VALUES_H

#include "options.h"

/* "2.5" to 2500; 0 to AMT_ZERO. Digits and one point only, in any locale; below
   24 days. 1, or 0: it is no such number. */
int milliseconds(const char *t, uint32_t *ms);

/* "500k": units are of 1024. 1, or 0: it is no such number. */
int bytes_of(const char *t, uint64_t *bytes);

/* Each line of a value is one of the list, in place; empty ones are not there,
   since no server takes them. 0, or EXIT_USAGE after saying why. */
int add_lines(list *l, const char *name, char *value);

/* A text of the environment, "" if it is not there, without the line end that
   `$(cat ...)` leaves on some systems; so that it can be wiped, our copy of it
   is. 0, or EXIT_CONFIG after saying why: "" then, too. */
int take_environment(const char *name, char *to, size_t room);

/* One more of opt.pins. 0, or this status after saying what is wrong with what
   `name` says. */
int take_pin(const char *name, int status, const char *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
