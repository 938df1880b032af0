/* wire_c.h - the wire table as C source, for programs with amt.h. */

#ifndef WIRE_C_H
#define WIRE_C_H

/* `wire`, on standard output: a static const amt_wire. */
void put_wire_c(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
