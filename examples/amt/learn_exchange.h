/* learn_exchange.h - one request and its reply, and the values in them. */

#ifndef LEARN_EXCHANGE_H
#define LEARN_EXCHANGE_H

#include "library.h"

enum { FIRST_LINE = 8192, HEAD_LINES = 16384, MESSAGE_BODY = 65536 };

/* One HTTP message as it comes in. `first` is its first line, `head` the header
   lines, each ending in LF alone; all three are terminated. */
typedef struct {
  amt_http_reply parser;
  unsigned char  state;   /* MESSAGE_ */
  unsigned char  coded;   /* Content-Encoding: the body is no plain text */
  unsigned char  cut;     /* the body was too long for its room */
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

/* A reader of captures calls it for each. It may write into the texts. */
typedef void (*exchange_taker)(exchange *x);

/* Empties a message. The buffers keep their bytes, since they are large. */
void message_clear(http_message *m);

/* Takes *used more bytes of a request or a reply. Returns 1 if it is whole, 0
   if more is needed, or an error of the library's; then *used is n. */
int message_feed(http_message *m, int is_request, const char *p, size_t n,
                 size_t *used);

/* Call it at the connection's end. Returns 1 if the message is whole. */
int message_end(http_message *m);

/* Appends to the *len bytes of `to`, and terminates. Returns 1 if not all fits:
   then the rest is left out. */
int append(char *to, size_t room, size_t *len, const char *p, size_t n);

/* "METHOD" and "/path?query" of a request's first line. */
const char *method_of(const exchange *x);

const char *path_of(const exchange *x);

/* --- the values in it --- */

enum spot_place { IN_PATH, IN_QUERY, IN_HEADER, IN_COOKIE, IN_FORM, IN_JSON };

/* A value and its place in the text. */
typedef struct {
  enum spot_place place;
  int             type;    /* AMT_JSON_; a STRING where it is not JSON */
  const char     *name;    /* of its member, with dots where it is nested, but
                              without array indexes */
  size_t          list;    /* length of the innermost array's part of the name;
                              the element's part follows. SIZE_MAX: no array */
  unsigned        depth;   /* of JSON: open objects and arrays around it */
  int             in_array; /* its parent is an array */
  const char     *text;    /* decoded and terminated */
  size_t          len;
  size_t          from, to; /* its bytes in the text, with any quotes */
} spot;

/* In JSON, it is also called for AMT_JSON_KEY (text: the name), _OBJECT, _ARRAY
   and their ends. */
typedef void (*spot_taker)(void *ctx, const spot *s);

/* They give the values of one text, in order. No walk may begin another. */
void walk_path(const char *path, spot_taker take, void *ctx);

void walk_headers(const char *head, spot_taker take, void *ctx);

/* JSON or a form. A truncated body is walked as far as it goes. */
void walk_body(const char *body, size_t n, spot_taker take, void *ctx);

/* A spot without a value yet: a string, in no array. */
spot plain_spot(enum spot_place place, const char *name);

/* All of a request, or of a reply (cookies: those it sets). */
void walk_request(const exchange *x, spot_taker take, void *ctx);

void walk_reply(const exchange *x, spot_taker take, void *ctx);

/* 1 for a value: no name, and no beginning or end of an object or array. */
int is_scalar(const spot *s);

/* 1 if the body begins like JSON, or like a form. */
int is_json(const char *body);

int is_form(const char *body);

/* What follows the first blank of a header's value; or all, if it has none. */
const char *behind_scheme(const char *value);

/* Decodes Base64 in place. Returns the new length; or n, with *fault 1. */
size_t base64_decode(char *p, size_t n, int *fault);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
