/* wire_old.h - wire files of version 0.1. */

#ifndef WIRE_OLD_H
#define WIRE_OLD_H

/* How to write this line now, or NULL if 0.1 had none of this name. Values of
   headers and members may be secrets, and are not repeated. */
const char *old_line(const char *name, char *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
