/* capture.h - what passes by, in a file, without its secrets.

   The file is text. Its first line is "amt-capture 1". A block follows:

     > CONN BYTES     from the client to the server, or "<" from the server
     the bytes, as they passed, and a line end that is not one of them

   CONN numbers the connections from 1. A block of 0 bytes is the end of that
   direction. Lines between blocks that begin with '#' say what a reader should
   know. Secrets are stars, as many as they had bytes: so each length stands as
   the server wrote it. */

#ifndef CAPTURE_H
#define CAPTURE_H

#include "library.h"
#include "mask.h"

enum { LANE = 32768 }; /* 16 bits count them */

/* One direction of a connection. */
typedef struct lane {
  struct lane   *other;     /* the other direction, of the same connection */
  unsigned       conn;
  char           side;      /* '>' or '<' */
  uint8_t        starts;    /* of a request: its first line is to come */
  size_t         line;      /* where the line of a head begins */
  uint8_t        in_body;   /* its heads have ended */
  uint8_t        no_body;   /* of a request: its reply has none */
  uint8_t        opaque;    /* the body is compressed */
  unsigned       whole;     /* messages that have ended */
  amt_http_reply http;
  masking        hide;
  size_t         len, seen; /* bytes here; those that were looked at before */
  size_t         head;      /* those that are of heads: the first */
  char           bytes[LANE];
  uint8_t        framing[LANE / 8]; /* bits: these are of no text */
} lane;

/* Creates the file. 0, or EXIT_CONFIG after saying why. */
int capture_open(const char *name);

/* A line for whoever reads it. */
void capture_note(const char *format, ...);

/* Both directions of a connection begin; the next number is theirs. */
void capture_begin(lane *request, lane *reply);

/* More bytes, as they passed. */
void capture_put(lane *l, const void *bytes, size_t n);

/* The direction has ended. */
void capture_end(lane *l);

/* A secret that is known only now may stand in what was written before: some
   more of the file is looked through. 1: there is more to do. */
int capture_work(void);

/* How many requests are there; 0, or EXIT_IO if the file is not whole. */
int capture_close(unsigned *requests, unsigned *conns);

/* After capture_close: what is in the file is of no use, so it goes. */
void capture_drop(void);

/* All that passed, and was not written yet. */
void capture_wipe(lane *l);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
