/* keep.h - --log-dir: whole files, and the end of old ones. */

#ifndef KEEP_H
#define KEEP_H

#include "system.h"

/* For reading. */
extern char keep_temporary[PATHS]; /* the file to remove, or "" */
extern int  not_kept;              /* the log should have been, and was not */
extern int  is_kept;               /* it is, and whole */

/* Opens the file in --log-dir, if that was given. 0, or EXIT_CONFIG. */
int keep_open(void);

/* After the log's last byte, or instead of it: then nothing stays. */
void keep_close(void);

/* Removes those that are too old. */
void keep_clean(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
