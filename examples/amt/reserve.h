/* reserve.h - servers in reserve. */

#ifndef RESERVE_H
#define RESERVE_H

/* A Start may leave from now on, so no other server is tried any more. Where no
   call signs in, the Start is the first call, and only its own failure tells
   that the server is away: there another one is tried as long as not one byte
   of a Start has left. */
void stay_with_server(void);

/* A call failed before that. 1: the job now begins again at the next server.
   When each was tried once, the library waits at the last one; then all are
   tried again, until --give-up is over. Each round tries the last one once more
   than the round before, since the library's waits grow. `ended`: this server
   has failed for good, so it is not tried again. */
int try_next_server(int ended);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
