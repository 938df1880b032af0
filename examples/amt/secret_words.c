/* secret_words.c - what the names of secrets have in them, in lower case. The
   tap hides such values, and learn does not write them down. */

#include "secret_words.h"
#include <stddef.h>

const char *const password_words[] = { "passw", "passphrase", "passcode", "pwd",
                                       "secret", "kennwort", NULL };
const char *const password_names[] = { "pass", "pw", NULL };
const char *const secret_words[] = {
  "token", "credential", "apikey", "accesskey", "privatekey",
  "subscriptionkey", "jwt", "cookie", "assertion", "signature", NULL
};
const char *const secret_names[] = { "sid", "pin", "auth", "authorization",
                                     "bearer", NULL };
const char *const session_words[] = { "session", "sessid", "ticket", NULL };

/* SPDX-License-Identifier: MIT OR Unlicense */
