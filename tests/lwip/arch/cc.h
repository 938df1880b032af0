#ifndef ARCH_CC_H
#define ARCH_CC_H
#include <stdio.h>
#include <stdlib.h>
#define LWIP_RAND() ((unsigned)rand())
#define LWIP_PLATFORM_ASSERT(why) (fprintf(stderr, "lwIP: %s\n", why), abort())
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
