/* learn_reply.h - what is read of replies, as lines of a wire file. */

#ifndef LEARN_REPLY_H
#define LEARN_REPLY_H

#include "learn_facts.h"
#include "learn_find.h"

/* Writes them all. `s`, `array`, `text_fact` and `sequence` are of the
   messages: NULL, and "" for `array`, if none were found. */
void write_replies(const request_shape *s, const char *array,
                   const fact *text_fact, const fact *sequence);

/* --- learn_write.c's --- */

/* Adds to the wire file. */
void line_text(const char *t);

void line_number(unsigned n);

/* Adds what a server or a client said, made harmless. */
void line_clean(const char *t);

/* Adds "# exchange 3, POST /path: sure", without the line end. */
void comment_from(const exchange *x, int sure);

/* Adds a line to what is missing. The format has one %s. */
void miss(const char *what, const char *format, const char *detail);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
