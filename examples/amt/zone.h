/* zone.h - addresses that are not the network's: of a link, of this machine.

   "http://[fe80::1%25eth0]:4004", as RFC 6874 spells it: a zone, a link of this
   machine's, which is nobody else's business. So the library gets the URL
   without it, and the socket its number. */

#ifndef ZONE_H
#define ZONE_H

#include "library.h"

/* In *plain a URL, or an "[ADDRESS]:PORT", without its zone: t itself, or a
   text that is good until the next call; in *zone its number, 0 if there is
   none. NULL, or what is wrong. */
const char *take_zone(const char *t, const char **plain, uint32_t *zone);

/* What is sent there stays on this machine. */
int is_loopback(const amt_address *a);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
