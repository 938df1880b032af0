/* learn_exchange.h - one request and its reply, and the values in them. */

#ifndef LEARN_EXCHANGE_H
#define LEARN_EXCHANGE_H

#include "library.h"

enum { FIRST_LINE = 8192, HEAD_LINES = 16384, MESSAGE_BODY = 65536 };

/* One HTTP message as it gathers. `first` is its first line, `head` the header
   lines, each ending in LF alone; all three are terminated. */
typedef struct {
  amt_http_reply parser;
  unsigned char  state;   /* MESSAGE_ */
  unsigned char  coded;   /* Content-Encoding: the body is no plain text */
  unsigned char  cut;     /* the body was longer than there is room */
  int            status;  /* of a reply */
  size_t         first_len, head_len, body_len;
  char           first[FIRST_LINE], head[HEAD_LINES], body[MESSAGE_BODY + 1];
} http_message;

enum { MESSAGE_NONE, MESSAGE_FIRST, MESSAGE_HEAD, MESSAGE_BODY_BEGUN,
       MESSAGE_WHOLE };

typedef struct {
  unsigned     number; /* from 1, in the order in which they ended */
  http_message request, reply;
} exchange;

/* What a capture's reader calls for each. It may write into the texts. */
typedef void (*exchange_taker)(exchange *x);

/* Only what was touched is cleared. */
void message_clear(http_message *m);

/* More bytes of a request or a reply: *used of them. 1: it is whole; 0: more is
   needed; or an error of the library's, and *used is n. */
int message_feed(http_message *m, int is_request, const char *p, size_t n,
                 size_t *used);

/* The connection has ended: 1 if that is how this message ends. */
int message_end(http_message *m);

/* Into the room that `len` bytes of `to` are taken of; what does not fit is
   left out: 1. */
int append(char *to, size_t room, size_t *len, const char *p, size_t n);

/* "METHOD" and "/path?query" of a request's first line. */
const char *method_of(const exchange *x);

const char *path_of(const exchange *x);

/* --- the values in it --- */

enum spot_place { IN_PATH, IN_QUERY, IN_HEADER, IN_COOKIE, IN_FORM, IN_JSON };

/* A value, where it stands in its text. */
typedef struct {
  enum spot_place place;
  int             type;    /* AMT_JSON_; a STRING where it is not JSON */
  const char     *name;    /* of its member, dotted where it is nested; arrays
                              are not named */
  size_t          list;    /* bytes of the name that are the innermost array's:
                              what follows is the element's; SIZE_MAX: none */
  unsigned        depth;   /* of JSON: open objects and arrays around it */
  int             in_array; /* its parent is one */
  const char     *text;    /* decoded and terminated */
  size_t          len;
  size_t          from, to; /* the bytes in the text, with quotes if it has */
} spot;

/* For JSON, it also comes for AMT_JSON_KEY (text: the name), _OBJECT, _ARRAY
   and their ends. */
typedef void (*spot_taker)(void *ctx, const spot *s);

/* The values of one text, in order. None may be walked inside another. */
void walk_path(const char *path, spot_taker take, void *ctx);

void walk_headers(const char *head, spot_taker take, void *ctx);

/* JSON or a form; a truncated body as far as it goes. */
void walk_body(const char *body, size_t n, spot_taker take, void *ctx);

/* One without a value yet: a text, in no list. */
spot plain_spot(enum spot_place place, const char *name);

/* All of a request, or of a reply (cookies: those it sets). */
void walk_request(const exchange *x, spot_taker take, void *ctx);

void walk_reply(const exchange *x, spot_taker take, void *ctx);

/* A value: neither a name nor the beginning or end of something. */
int is_scalar(const spot *s);

/* JSON, a form, or neither. */
int is_json(const char *body);

int is_form(const char *body);

/* What stands in a header's value after its first blank, or all of it. */
const char *behind_scheme(const char *value);

/* Base64 to bytes, in place: the new length, or n unchanged and *fault 1. */
size_t base64_decode(char *p, size_t n, int *fault);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
