/* command.c - words of a command that a person can paste. */

#include "command.h"
#include "system.h"
#include "text.h"
#include <string.h>

void put_word(amt_window *o, const char *word)
{
  amt_put_text(o, " ");
  if (*word != 0 && word[strspn(word, plain_letters)] == 0) {
    amt_put_text(o, word);
    return;
  }
  amt_put_text(o, quote);
  for (; *word != 0; word++)
    if (*word == *quote) amt_put_text(o, quoted_quote);
    else amt_put(o, word, 1);
  amt_put_text(o, quote);
}

void put_option(amt_window *o, const char *name, const char *value)
{
  if (empty(value)) return;
  amt_put_text(o, " ");
  amt_put_text(o, name);
  put_word(o, value);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
