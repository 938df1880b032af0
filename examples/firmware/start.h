/* What start.c shares with the board's own file. */

#ifndef START_H
#define START_H

#include <stdint.h>

/* Runs main, and exits; `stack` is the stack pointer. */
void start(const uint32_t *stack);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
