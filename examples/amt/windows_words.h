/* windows_words.h - what windows.c does for windows_wait.c. Behind
   winsock2.h. */

#ifndef WINDOWS_WORDS_H
#define WINDOWS_WORDS_H

#include <stddef.h>

/* 0, or -1 with errno, from what the system calls success. */
int outcome(BOOL good);

/* What an error means, in the language that this Windows speaks. */
const char *windows_words(DWORD error);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
