/* What emulator.c shares with the board's own file. */

#ifndef EMULATOR_H
#define EMULATOR_H

#include <stdint.h>

void     emulator_init(void); /* reads the settings */

/* In the board's file: semihosting, by its processor's instruction. */
uint32_t emulator_call(uint32_t op, const void *block);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
