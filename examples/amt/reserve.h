/* reserve.h - servers in reserve. */

#ifndef RESERVE_H
#define RESERVE_H

/* A Start may leave from now on: no other server is tried any more. */
void stay_with_server(void);

/* A call failed before that: 1 if the job now begins anew at the next server.
   Each is tried once, then the last one's wait comes, and all are tried again,
   until --give-up is over; round by round that one is tried a time more, since
   the library's waits grow. `ended`: not at this server, which has failed for
   good. */
int try_next_server(int ended);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
