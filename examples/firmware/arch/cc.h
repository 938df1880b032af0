/* lwIP's questions about the compiler. Nothing here prints. */
#ifndef ARCH_CC_H
#define ARCH_CC_H

void board_panic(const char *why);

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(why) board_panic(why)
#define LWIP_NO_INTTYPES_H 1
#define LWIP_PROVIDE_ERRNO 1

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
