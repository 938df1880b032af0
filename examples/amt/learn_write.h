/* learn_write.h - what was found, as a wire file. */

#ifndef LEARN_WRITE_H
#define LEARN_WRITE_H

#include "library.h"

/* Writes the wire file into the window. Call find_calls before it. */
void write_learned(amt_window *o, const char *file);

/* Runs `amt learn`. Returns the exit status. */
int learn(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
