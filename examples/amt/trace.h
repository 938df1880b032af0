/* trace.h - what passes over the connection: --trace, and the probe. */

#ifndef TRACE_H
#define TRACE_H

#include "library.h"

/* The probe's. It gets each piece of a reply's body; NULL: a reply begins. */
extern void (*tap_body)(const unsigned char *p, size_t n);

/* Wipes the line that was kept of a request or reply. */
void tap_wipe(void);

/* The stream, around `under`. */
amt_stream *tap_init(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
