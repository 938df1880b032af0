/* zone.h - addresses that are valid on one link or this machine only.

   In "http://[fe80::1%25eth0]:4004", which is RFC 6874's spelling, eth0 is a
   zone: a link of this machine. It means nothing to others. So the library gets
   the URL without it, and the socket gets its number. */

#ifndef ZONE_H
#define ZONE_H

#include "library.h"

/* Takes the zone out of a URL or an "[ADDRESS]:PORT". *plain: t without it; t
   itself, or a text that is valid until the next call. *zone: its number, 0 if
   there is none. NULL, or what is wrong. */
const char *take_zone(const char *t, const char **plain, uint32_t *zone);

/* What is sent there stays on this machine. */
int is_loopback(const amt_address *a);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
