/* The implementation, once. UNTESTED with ESP-IDF, see CMakeLists.txt. The
   streams are amt_posix (AMT_LWIP) and amt_mbedtls. */
#define AMT_IMPLEMENTATION
#include "amt.h"

/* SPDX-License-Identifier: MIT OR Unlicense */
