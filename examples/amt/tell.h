/* tell.h - one line each, on standard error, and the exit statuses. */

#ifndef TELL_H
#define TELL_H

#include <stdarg.h>
#include <stddef.h>

enum { WORDS = 1024, /* room for a few names and what is said of them */
       COMMAND = 4 * WORDS, /* room for a command that a person can paste */
       LINE = COMMAND + 8 * WORDS }; /* room for all that one line says */

/* Exit statuses that are no completion codes, mostly as in <sysexits.h>. */
enum { EXIT_USAGE = 64, EXIT_IO = 74,
       EXIT_GOES_ON = 75, /* the job does, under an id that is known */
       EXIT_UNKNOWN = 76, /* nobody knows whether it was started */
       EXIT_CONFIG = 78,
       EXIT_IDLE = 100 }; /* in place of 0, with --zero-on-done */

/* main sets the first if standard error is a terminal, live.c the others: what
   it has drawn is cleared before a line is told. */
extern int live_wanted;
extern int live_width; /* of the live line that is shown; 0: none */
extern int live_open;  /* a message is half shown there */

/* If nobody reads it, it is lost after a while: see write_all. */
void to_stderr(const char *p, size_t n);

/* Ends the live line, or a half shown message. The cursor is then at the
   beginning of a line. */
void live_clear(void);

/* Texts from a server may hold anything. This makes sure that a line stays one
   line, and that no control character reaches the terminal. */
char *make_clean(char *line);

/* One line, after `before`. */
void vtell(const char *before, const char *format, va_list a);

/* One line, after "amt: ". */
void tell(const char *format, ...);

/* The last line for exit status 19, 75 or 76: its first word is fixed. */
void tell_last(const char *format, ...);

/* One line that says what is wrong and what to do; nothing has been sent. */
int wrong(int status, const char *what, const char *format, ...);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
