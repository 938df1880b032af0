/* values.h - what options say, as numbers, lists and keys. */

#ifndef VALUES_H
#define VALUES_H

#include "options.h"

/* "2.5" to 2500; 0 to AMT_ZERO. Digits and one point only, in any locale; below
   24 days. 1, or 0: it is no such number. */
int milliseconds(const char *t, uint32_t *ms);

/* "500k": units are of 1024. 1, or 0: it is no such number. */
int bytes_of(const char *t, uint64_t *bytes);

/* Adds each line of a value to the list; the value is cut in place. Empty lines
   are left out, since no server takes them. 0, or EXIT_USAGE after saying
   why. */
int add_lines(list *l, const char *name, char *value);

/* Copies a variable of the environment, "" if it is not set, without the line
   end that `$(cat ...)` leaves on some systems. Another copy that this program
   has is wiped. 0, or EXIT_CONFIG after saying why; then it is "". */
int take_environment(const char *name, char *to, size_t room);

/* Adds a key to opt.pins. 0, or `status` after saying what is wrong with the
   value of `name`. */
int take_pin(const char *name, int status, const char *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
