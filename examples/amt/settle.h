/* settle.h - server and credentials, from wherever they come. */

#ifndef SETTLE_H
#define SETTLE_H

/* Finds out all that must be known before the first request. 0, or an exit
   status after saying why. */
int settle(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
