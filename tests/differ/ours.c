/* ours.c - reads replies from standard input: each is its length, a newline and
   its bytes. Prints a line for each: "STATUS BODY", the body in hexadecimal, or
   "refused" and the error's name. Each reply is read whole and byte by byte,
   with the same result. */
#define AMT_IMPLEMENTATION
#include "amt_http.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 16 };

static void read_reply(const unsigned char *p, size_t n, size_t piece, char *out)
{
  amt_http_reply r;
  char          *body = out + 4;
  size_t         at = 0, used, len, i;
  int            e = AMT_AGAIN;
  amt_http_reply_init(&r);
  while (e >= 0 && e != AMT_HTTP_END && at < n) {
    e = amt_http_reply_next(&r, p + at, n - at < piece ? n - at : piece, &used,
                            &len);
    at += used;
    if (e != AMT_HTTP_BODY) continue;
    for (i = at - len; i < at; i++) body += sprintf(body, "%02x", p[i]);
  }
  if (e >= 0 && e != AMT_HTTP_END)
    e = amt_http_reply_next(&r, p, 0, &used, &len);
  if (e >= 0 && e != AMT_HTTP_END) e = amt_http_reply_eof(&r);
  if (e < 0) {
    sprintf(out, "refused %s", amt_http_error_name(e));
  } else {
    char status[8];
    sprintf(status, "%03u ", (unsigned)r.status % 1000u);
    memcpy(out, status, 4);
    *body = 0;
  }
}

int main(void)
{
  static unsigned char reply[LARGEST];
  static char          whole[2 * LARGEST + 64], bytes[2 * LARGEST + 64];
  unsigned             n;
  while (scanf("%u%*1[\n]", &n) == 1) {
    if (n > LARGEST || fread(reply, 1, n, stdin) != n) return 2;
    read_reply(reply, n, n, whole);
    read_reply(reply, n, 1, bytes);
    if (strcmp(whole, bytes) != 0) {
      printf("cut: %s, whole: %s\n", bytes, whole);
      return 1;
    }
    puts(whole);
  }
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
