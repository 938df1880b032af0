/* live.h - the live line, and messages that are followed. */

#ifndef LIVE_H
#define LIVE_H

#include <stddef.h>

/* Job, id, status, time elapsed, messages so far, and how the last one begins.
   On a terminal only, without colours. */
void live_draw(void);

/* A piece of a message, for its beginning. */
void live_message(const char *t, size_t len, int first);

/* With the ACS form, whose head has the completion code, messages that are
   followed are shown on standard error: after a sign, since a message may say
   what this program says there. */
void live_text(const char *t, size_t len, int first, int last);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
