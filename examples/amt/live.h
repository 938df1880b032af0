/* live.h - the live line, and messages that are followed. */

#ifndef LIVE_H
#define LIVE_H

#include <stddef.h>

/* Draws job, id, status, time elapsed, messages so far, and how the last one
   begins. On a terminal only, without colours. */
void live_draw(void);

/* Takes a piece of a message: live_draw shows how it begins. */
void live_message(const char *t, size_t len, int first);

/* Shows a piece of a followed message on standard error. The ACS form needs it:
   its head has the completion code, so its log comes last. "| " begins a
   message, since its text may look like this program's own. */
void live_text(const char *t, size_t len, int first, int last);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
