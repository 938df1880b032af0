/* write.h - writing, for a reader who may be slow or stand still. */

#ifndef WRITE_H
#define WRITE_H

#include <stddef.h>

/* run.c's: what a signal asks for has gone out, so there is time again. */
extern int signal_served;

/* 1 if --timeout is over. */
int timed_out(void);

/* 0, or -1 with errno. Waits until somebody reads, unless a signal or the end
   of --timeout is to be obeyed: then for a second, and errno is ETIMEDOUT. */
int write_all(int fd, const char *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
