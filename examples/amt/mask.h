/* mask.h - which bytes of an HTTP text are secret, and stars in their place. */

#ifndef MASK_H
#define MASK_H

#include <stddef.h>
#include <stdint.h>

/* What one piece of a text leaves for the next, and a request for its reply.
   Zeroed for each message; the caller sets the first three. */
typedef struct {
  uint8_t  reply;
  uint8_t  unframed; /* it does not look like HTTP */
  uint8_t  signs_in; /* this request does, or the one of this reply did */
  uint8_t  asks;     /* a request whose first line speaks of a sign-in */
  char     open;     /* a secret goes on in the next piece, up to this; or 0 */
  unsigned level;    /* backslashes before a quote that ends it */
} masking;

extern int mask_people; /* names of users and machines are secret, too */

/* From now on this text is hidden everywhere, however it is written. */
void mask_know(const char *t, size_t n);

/* Puts a star in place of each byte of a secret; the length stays. The text is
   a message, or a piece of one, without its framing. Its first `head` bytes are
   heads; all of it, if it is unframed. The first `seen` bytes were the end of
   the piece before this one. */
void mask_text(masking *m, char *t, size_t head, size_t n, size_t seen);

/* Hides only secrets that are known, and only long ones: a short one may be a
   coincidence in what was saved before it was known. 1 if one was there. */
int mask_known(char *t, size_t n);

/* Grows with each secret that becomes known. */
unsigned mask_count(void);

void mask_wipe(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
