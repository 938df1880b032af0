/* size_same.c - the small job with which make size compares HTTP and JSON
   libraries: build a POST, parse its reply (Content-Length or chunked), read an
   integer and a string from its JSON, in whatever pieces the bytes arrive,
   through a buffer of 128 bytes. The board sends and receives, uncounted. */
#define AMT_IMPLEMENTATION
#include "amt_http.h"
#include "amt.h"
#include "size_board.h"

static struct {
  unsigned char  buf[128];
  amt_http_reply reply;
  amt_json       json;
  int32_t        status;
  char           id[32], word[16];
  uint8_t        len, field; /* of the value being read; whose it is */
} ram;

enum { STATUS = 1, ID = 2 };

static int send_request(void)
{
  static const char body[] = "{\"ApplicationName\":\"DEMO2\",\"JobName\":\"R1\"}";
  static const char text[] = "amt.example.com:42000/";
  static const amt_url url = {text, text + 21, 15, 1, 42000, 0, 0};
  size_t from = 0;
  for (;;) {
    amt_window o;
    amt_window_init(&o, (char *)ram.buf, sizeof ram.buf, from);
    int     n;
    amt_http_put_line(&o, "POST", &url, "/OpConJobAction", 15);
    amt_http_put_header(&o, "Content-Type", "application/json");
    amt_http_put_end(&o, sizeof body - 1);
    amt_put(&o, body, sizeof body - 1);
    n = board_send(o.buf, o.len);
    if (n < 0) return n;
    from += (size_t)n;
    if (from == o.total) return 0;
  }
}

/* Adds a piece to a text of at most cap bytes. 1 at its end. */
static int collect(char *to, size_t cap, const amt_json_token *t)
{
  size_t i;
  if (t->first) ram.len = 0;
  for (i = 0; i < t->len; i++) {
    if (ram.len == cap) return 0; /* too long to be one of ours */
    to[ram.len++] = t->text[i];
  }
  return t->last;
}

static int is(const char *name, size_t n)
{
  return ram.len == n && memcmp(ram.word, name, n) == 0;
}

static int read_token(int type, const amt_json_token *t)
{
  if (type == AMT_JSON_KEY) {
    ram.field = 0;
    if (ram.json.depth == 1 && collect(ram.word, sizeof ram.word, t))
      ram.field = is("Status", 6) ? STATUS : is("Id", 2) ? ID : 0;
  } else if (type == AMT_JSON_NUMBER && ram.field == STATUS) {
    if (collect(ram.word, sizeof ram.word, t))
      return amt_json_int32(ram.word, ram.len, &ram.status);
  } else if (type == AMT_JSON_STRING && ram.field == ID) {
    if (collect(ram.id, sizeof ram.id, t)) board_say(ram.id, ram.len);
  }
  return 0;
}

static int read_body(unsigned char *p, size_t n)
{
  amt_json_token t;
  size_t         used;
  for (;;) {
    int e = amt_json_next(&ram.json, p, n, &used, &t);
    if (e <= 0) return e;
    e = read_token(e, &t);
    if (e < 0) return e;
    p += used;
    n -= used;
  }
}

static int receive(void)
{
  for (;;) {
    unsigned char *p = ram.buf;
    int            e, n = board_receive(p, sizeof ram.buf);
    size_t         left = (size_t)n, used, body;
    if (n <= 0) return n < 0 ? n : amt_http_reply_eof(&ram.reply);
    do {
      e = amt_http_reply_next(&ram.reply, p, left, &used, &body);
      p += used;
      left -= used;
      if (e == AMT_HTTP_END) return e;
      if (e == AMT_HTTP_BODY) e = read_body(p - body, body);
      if (e < 0) return e;
    } while (left != 0);
  }
}

int main(void)
{
  amt_json_token t;
  int            e = send_request();
  amt_http_reply_init(&ram.reply);
  if (e == 0) e = receive();
  if (e < 0) return e;
  if (ram.reply.status != 200) return -1;
  e = amt_json_end(&ram.json, &t);
  return e < 0 ? e : (int)ram.status;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
