/* emulator.c, for the board's own file. */

#ifndef EMULATOR_H
#define EMULATOR_H

#include <stdint.h>

void     emulator_init(void); /* reads the settings */

/* Of the board's file: semihosting, by the instruction of its processor. */
uint32_t emulator_call(uint32_t op, const void *block);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
