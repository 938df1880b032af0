/* anchors.h - certificates and keys as C source, for firmware. */

#ifndef ANCHORS_H
#define ANCHORS_H

/* `amt anchors`. The exit status. */
int print_anchors(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
