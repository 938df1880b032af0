/* relay.h - `amt tap`: between a working client and its server. */

#ifndef RELAY_H
#define RELAY_H

/* Until a signal ends it. The exit status. */
int relay(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
