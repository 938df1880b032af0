/* library.h - amt.h as this program has it: with the system's sockets, and with
   TLS if the build has it. Include it before any header of the system. */

#ifndef LIBRARY_H
#define LIBRARY_H

#ifdef _WIN32
#define AMT_WINSOCK
#define NO_OLDNAMES /* of MinGW: tell, read, ... */
#else
#define AMT_POSIX
#endif
#include "amt.h"

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
