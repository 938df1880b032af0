/* state.h - --state: at most one Start, whatever happens. */

#ifndef STATE_H
#define STATE_H

#include "library.h"

/* Other files only read these. */
extern int  state_fd;             /* below 0: there is no such file */
extern int  state_intent;         /* a Start may have left; no id is known */
extern int  state_missed;         /* the run that we waited for left no file */
extern char resumed[AMT_ID_SIZE]; /* the id in the file, */
extern int  resumed_text;         /* which is a string to the server */

/* Writes the id, or with "" the intent. 0, or -1 with errno. */
int write_state(const char *id);

/* Locks the file and reads it: 0, or an exit status after saying why. If
   another run has the lock, it waits until --lock-wait is over. */
int open_state(void);

/* The last step. `finished`: the file is removed, so the next run starts the
   job again. */
void close_state(int finished);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
