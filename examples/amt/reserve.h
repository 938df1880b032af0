/* reserve.h - servers in reserve. */

#ifndef RESERVE_H
#define RESERVE_H

/* A Start may leave from now on: no other server is tried any more. */
void stay_with_server(void);

/* A call failed before that: 1 if the job now begins anew at the next server.
   Each is tried once, then the last one's wait comes, and all are tried again,
   until --give-up is over. */
int try_next_server(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
