/* signals.h - a second one leaves at once. */

#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

extern volatile sig_atomic_t signals; /* the first that came, or 0 */

/* What a second signal says as it leaves, and the exit status. */
void prepare_last_words(int status, const char *format, ...);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
