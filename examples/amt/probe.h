/* probe.h - which words of the wire table fit. */

#ifndef PROBE_H
#define PROBE_H

/* `amt probe`. The exit status. */
int probe(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
