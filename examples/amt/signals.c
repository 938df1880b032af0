/* signals.c - a second one leaves at once.

   The handler notes the first signal, and ends the current wait. */

#include "signals.h"
#include "keep.h"
#include "secrets.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <signal.h>
#include <stdarg.h>
#include <string.h>

volatile sig_atomic_t signals;

/* What a second signal says as it leaves, and its exit status. The handler
   needs it ready; while it is being written, its length is 0. */
static char                  last_words[LINE];
static volatile sig_atomic_t last_words_len, last_status;

void prepare_last_words(int status, const char *format, ...)
{
  va_list a;
  last_words_len = 0;
  last_status = status;
  last_words[0] = '\n'; /* away from the live line */
  va_start(a, format);
  vtext(last_words + live_wanted, sizeof last_words - 3, format, a);
  va_end(a);
  make_clean(last_words + live_wanted);
  strcat(last_words, "\n");
  last_words_len = (sig_atomic_t)strlen(last_words);
}

void on_signal(int number)
{
  if (signals != 0) {
    if (file_room(2, 0, 0) &&
        file_write(2, last_words, (size_t)last_words_len) < 0)
      file_room(2, 100, 0); /* a thread writes it */
    if (*keep_temporary != 0) file_remove(keep_temporary);
    wipe_secrets();
    leave_at_once((int)last_status);
  }
  signals = number;
  wake_up();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
