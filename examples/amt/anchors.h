/* anchors.h - certificates and keys as C source, for firmware. */

#ifndef ANCHORS_H
#define ANCHORS_H

/* Runs `amt anchors`. Returns the exit status. */
int print_anchors(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
