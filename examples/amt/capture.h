/* capture.h - what passes by, in a file, without its secrets.

   The file is text. Its first line is "amt-capture 1". Then blocks follow:

     > CONN BYTES     from the client to the server, or "<" from the server
     the bytes, as they passed, and a line end that does not count

   CONN numbers the connections from 1. A block of 0 bytes ends that direction.
   Between blocks, a line that begins with '#' is a note for the reader. A star
   replaces each byte of a secret, so lengths stay as they were sent. */

#ifndef CAPTURE_H
#define CAPTURE_H

#include "library.h"
#include "mask.h"

enum { LANE = 32768 }; /* hide_in keeps positions in 16 bits */

/* One direction of a connection. */
typedef struct lane {
  struct lane   *other;     /* the other direction, of the same connection */
  unsigned       conn;
  char           side;      /* '>' or '<' */
  uint8_t        starts;    /* a request, before its first line */
  size_t         line;      /* where the current line of a head begins */
  uint8_t        in_body;   /* the head has ended */
  uint8_t        no_body;   /* a request whose reply has no body */
  uint8_t        opaque;    /* the body is compressed */
  unsigned       whole;     /* messages that have ended */
  amt_http_reply http;
  masking        hide;
  size_t         len, seen; /* bytes here; those that were searched before */
  size_t         head;      /* how many of them, from the first, are a head */
  char           bytes[LANE];
  uint8_t        framing[LANE / 8]; /* one bit per byte: it is framing */
} lane;

/* Creates the file. 0, or EXIT_CONFIG after saying why. */
int capture_open(const char *name);

/* Writes a note for the reader. */
void capture_note(const char *format, ...);

/* Begins both directions of a connection, with the next number. */
void capture_begin(lane *request, lane *reply);

/* Takes more bytes, as they passed. */
void capture_put(lane *l, const void *bytes, size_t n);

/* Ends the direction. */
void capture_end(lane *l);

/* Searches one more piece of the file for secrets that became known after it
   was written. Returns 1 if there is more to search. */
int capture_work(void);

/* Closes the file and counts. Returns 0, or EXIT_IO if it is not whole. */
int capture_close(unsigned *requests, unsigned *conns);

/* After capture_close: removes a file that is of no use. */
void capture_drop(void);

/* Wipes the bytes that passed and were not written yet. */
void capture_wipe(lane *l);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
