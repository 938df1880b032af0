/* settle.h - server and credentials, from wherever they come. */

#ifndef SETTLE_H
#define SETTLE_H

/* All that is to be known before the first request; opens the state file and
   the copy of the log. 0, or an exit status after saying why. */
int settle(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
