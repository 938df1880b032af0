/* The implementation, once. UNTESTED with Zephyr, see module.yml. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <fcntl.h>
#ifndef FD_CLOEXEC /* Zephyr executes nothing, so this call may do nothing */
#define FD_CLOEXEC 0
#define F_SETFD F_GETFL
#endif
#define AMT_IMPLEMENTATION
#include "amt.h"
