/* mask.h - which bytes of an HTTP text are secret, and stars in their place. */

#ifndef MASK_H
#define MASK_H

#include <stddef.h>
#include <stdint.h>

/* What one text leaves for the next piece of it, and a request for its reply.
   Zeroed for each message; the first three are the caller's to set. */
typedef struct {
  uint8_t  reply;
  uint8_t  unframed; /* it is no HTTP, as far as anybody can tell */
  uint8_t  signs_in; /* a request: it does; a reply: to one that did */
  uint8_t  asks;     /* a request whose first line speaks of a sign-in */
  char     open;     /* a secret goes on in the next piece, up to this; or 0 */
  unsigned level;    /* backslashes before a quote that ends it */
} masking;

extern int mask_people; /* names of users and machines are secret, too */

/* From now on this is hidden wherever it stands, however it is written. */
void mask_know(const char *t, size_t n);

/* Puts a star in the place of each byte of a secret; the length stays. The text
   is a message, or a piece of one, without its framing: `head` bytes of heads
   first; all of it, if it is unframed. The first `seen` bytes were the end of
   the piece before this one. */
void mask_text(masking *m, char *t, size_t head, size_t n, size_t seen);

/* What is known alone; 1 if there was something. A long one only: a short one
   may be a coincidence in what was saved before it was known. */
int mask_known(char *t, size_t n);

/* Grows with each secret that becomes known. */
unsigned mask_count(void);

void mask_wipe(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
