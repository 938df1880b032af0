/* state.h - --state: at most one Start, whatever happens. */

#ifndef STATE_H
#define STATE_H

#include "library.h"

/* For reading. */
extern int  state_fd;             /* below 0: there is no such file */
extern int  state_intent;         /* a Start may have left; no id is known */
extern int  state_missed;         /* who was waited for left none */
extern char resumed[AMT_ID_SIZE]; /* the id in the file, */
extern int  resumed_text;         /* which is a string to the server */

/* The intent, or the id. 0, or -1 with errno. */
int write_state(const char *id);

/* Locks the file and reads it: 0, or an exit status after saying why. Until
   --lock-wait is over it waits for another run to let go of it. */
int open_state(void);

/* The last act: after this, the next run starts the job again. */
void close_state(int finished);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
