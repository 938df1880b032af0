/* The implementation, once. UNTESTED with Zephyr, see zephyr/module.yml. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#define AMT_IMPLEMENTATION
#include "amt.h"

/* SPDX-License-Identifier: MIT OR Unlicense */
