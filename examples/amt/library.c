/* library.c - the implementation of amt.h, in a file of its own. */

#define AMT_IMPLEMENTATION
#include "library.h"

/* SPDX-License-Identifier: MIT OR Unlicense */
