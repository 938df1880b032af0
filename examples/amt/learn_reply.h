/* learn_reply.h - what is read of replies, as lines of a wire file. */

#ifndef LEARN_REPLY_H
#define LEARN_REPLY_H

#include "learn_facts.h"
#include "learn_find.h"

/* All of them: `s`, `array`, `text_fact` and `sequence` are of the messages, or
   none. */
void write_replies(const request_shape *s, const char *array,
                   const fact *text_fact, const fact *sequence);

/* --- learn_write.c's --- */

/* More of the wire file. */
void line_text(const char *t);

void line_number(unsigned n);

/* What comes from a server or a client. */
void line_clean(const char *t);

/* "# exchange 3, POST /path: sure", without its end. */
void comment_from(const exchange *x, int sure);

/* A line of what is missing; the format has one %s. */
void miss(const char *what, const char *format, const char *detail);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
