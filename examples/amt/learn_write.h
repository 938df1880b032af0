/* learn_write.h - what was found, as a wire file. */

#ifndef LEARN_WRITE_H
#define LEARN_WRITE_H

#include "library.h"

/* All of it into the window; find_calls has been called. */
void write_learned(amt_window *o, const char *file);

/* `amt learn`. The exit status. */
int learn(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
