/* secrets.h - the credentials, and the texts that may repeat them. */

#ifndef SECRETS_H
#define SECRETS_H

#include "system.h"

enum { PASSWORD = 1024 };

/* settle.c fills them, the library writes the token. */
extern char password[PASSWORD], token[TOKEN];
extern char basic[2 * PASSWORD * 4 / 3 + 8];

enum { ENOUGH = 16 }; /* equal bytes that are no coincidence */

typedef struct {
  void      (*put)(const char *p, size_t n);
  const char *rest; /* of the secret that is passing; or NULL */
  int         json; /* it is written with escapes */
  size_t      len;
  char        held[16 * ENOUGH];
} filter;

/* Wipes these, and all in other files that may hold one. Signal handlers may
   call it. */
void wipe_secrets(void);

/* Takes more of a text. What is surely harmless goes to f->put. */
void filter_put(filter *f, const char *p, size_t n);

/* The text has ended, or was cut here. */
void filter_end(filter *f, int cut);

/* Copies a text without its secrets. `cut`: it is not whole. */
char *hide(char *to, size_t room, const char *from, int cut);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
