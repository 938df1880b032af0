/* command.h - words of a command that a person can paste. */

#ifndef COMMAND_H
#define COMMAND_H

#include "library.h"

/* " WORD", quoted for a shell if it has to be. */
void put_word(amt_window *o, const char *word);

/* " NAME VALUE", with the value as put_word has it; nothing if it is empty. */
void put_option(amt_window *o, const char *name, const char *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
