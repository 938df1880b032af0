/* keep.h - --log-dir: whole files, and the end of old ones. */

#ifndef KEEP_H
#define KEEP_H

#include "system.h"

/* Others only read these. */
extern char keep_temporary[PATHS]; /* for signals.c to remove, or "" */
extern int  not_kept;              /* the log could not be kept */
extern int  is_kept;               /* it was kept, and is whole */

/* Opens the file in --log-dir, if that was given. Returns 0, or EXIT_CONFIG. */
int keep_open(void);

/* Closes the file after the log. It stays only if it has bytes and no error. */
void keep_close(void);

/* Removes old files, as --retain-days says. */
void keep_clean(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
