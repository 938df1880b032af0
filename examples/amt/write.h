/* write.h - writing to a reader who may be slow, or stop reading. */

#ifndef WRITE_H
#define WRITE_H

#include <stddef.h>

/* Set by run.c: what a signal asks for has gone out, so there is time again. */
extern int signal_served;

/* 1 if --timeout is over. */
int timed_out(void);

/* Writes all of it. 0, or -1 with errno. Waits until somebody reads; but after
   a signal or the end of --timeout for a second only: errno is ETIMEDOUT. */
int write_all(int fd, const char *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
