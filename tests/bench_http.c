/* bench_http.c - HTTP reply parsers for tests/bench.sh to count: ours,
   http-parser, llhttp and picohttpparser. A run of its own checks the results.

   usage: bench_http INPUT COUNT    parses it COUNT times, in counted()
          bench_http INPUT check    parses it once; exit 0 if right
   INPUT: head      243 bytes as nginx sends them, in pieces of 64
          whole     the same in one piece
          chunk16, chunk1024    1 MB in chunks of that size, in pieces of 4,096
   -DPARSER_HTTP_PARSER selects http-parser, -DPARSER_LLHTTP llhttp, and
   -DPARSER_PICO picohttpparser, which starts a head again with each piece.
   Prints the bytes of the body, or of the head. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char     input[2000000];
static size_t   input_len, piece = 64;
static unsigned status; /* what the parser read: */
static uint64_t length, body_sum, body_bytes;
static int      complete;

static void (*body)(const char *p, size_t n);

static void body_counted(const char *p, size_t n)
{
  (void)p, body_bytes += n;
}

static void body_checked(const char *p, size_t n) /* FNV-1a */
{
  size_t i;
  for (i = 0; i < n; i++)
    body_sum = (body_sum ^ (unsigned char)p[i]) * 1099511628211u;
  body_bytes += n;
}

#if !defined(PARSER_HTTP_PARSER) && !defined(PARSER_LLHTTP) && \
  !defined(PARSER_PICO)
#define AMT_IMPLEMENTATION
#include "amt_http.h"

static int parse(char *p, size_t n)
{
  amt_http_reply r;
  size_t         end, used, at, got;
  int            e;
  amt_http_reply_init(&r);
  for (; n > 0; p += end, n -= end) {
    end = n < piece ? n : piece;
    for (at = 0; (e = amt_http_reply_next(&r, (unsigned char *)p + at, end - at,
                                          &used, &got)) != AMT_AGAIN;) {
      at += used;
      if (e < 0) return 0;
      if (e == AMT_HTTP_HEAD) {
        status = r.status, length = r.left;
        if (n <= piece && at == end) return 1; /* the head was all */
      }
      if (e == AMT_HTTP_BODY) body(p + at - got, got);
      if (e == AMT_HTTP_END) {
        complete = 1;
        break;
      }
    }
  }
  return 1;
}
#endif

#ifdef PARSER_HTTP_PARSER
#include <http_parser.h>

static int on_head(http_parser *h)
{
  status = h->status_code;
  length = h->content_length == UINT64_MAX ? 0 : h->content_length;
  return 0;
}
static int on_body(http_parser *h, const char *p, size_t n)
{
  (void)h, body(p, n);
  return 0;
}
static int on_end(http_parser *h)
{
  (void)h, complete = 1;
  return 0;
}

static int parse(char *p, size_t n)
{
  static http_parser_settings calls;
  http_parser                 h;
  size_t                      end;
  calls.on_headers_complete = on_head;
  calls.on_body = on_body;
  calls.on_message_complete = on_end;
  http_parser_init(&h, HTTP_RESPONSE);
  for (; n > 0; p += end, n -= end) {
    end = n < piece ? n : piece;
    if (http_parser_execute(&h, &calls, p, end) != end) return 0;
  }
  return 1;
}
#endif

#ifdef PARSER_LLHTTP
#include <llhttp.h>

static int on_head(llhttp_t *h)
{
  status = h->status_code;
  length = h->flags & F_CONTENT_LENGTH ? h->content_length : 0;
  return 0;
}
static int on_body(llhttp_t *h, const char *p, size_t n)
{
  (void)h, body(p, n);
  return 0;
}
static int on_end(llhttp_t *h)
{
  (void)h, complete = 1;
  return 0;
}

static int parse(char *p, size_t n)
{
  static llhttp_settings_t calls;
  llhttp_t                 h;
  size_t                   end;
  calls.on_headers_complete = on_head;
  calls.on_body = on_body;
  calls.on_message_complete = on_end;
  llhttp_init(&h, HTTP_RESPONSE, &calls);
  for (; n > 0; p += end, n -= end) {
    end = n < piece ? n : piece;
    if (llhttp_execute(&h, p, end) != HPE_OK) return 0;
  }
  return 1;
}
#endif

#ifdef PARSER_PICO
#include <picohttpparser.h>
#include <strings.h>

/* What the head says about the body. A program that uses the parser must find
   this out itself. */
static int pico_chunked(const struct phr_header *h, size_t count)
{
  int chunked = 0;
  for (; count > 0; count--, h++) {
    if (h->name_len == 14 && strncasecmp(h->name, "Content-Length", 14) == 0)
      length = strtoull(h->value, NULL, 10);
    if (h->name_len == 17 && strncasecmp(h->name, "Transfer-Encoding", 17) == 0)
      chunked = 1;
  }
  return chunked;
}

static int parse(char *p, size_t n)
{
  static char                piece_of_body[4096]; /* it decodes in place */
  struct phr_chunked_decoder decoder = { 0 };
  struct phr_header          h[20];
  const char                *text;
  size_t                     have = 0, was, text_len, count, size;
  int                        minor, code, used = -2;
  ssize_t                    left;
  while (used == -2 && have < n) {
    was = have;
    have = n - have < piece ? n : have + piece;
    count = 20;
    used = phr_parse_response(p, have, &minor, &code, &text, &text_len, h,
                              &count, was);
  }
  if (used < 0) return 0;
  status = (unsigned)code;
  if (!pico_chunked(h, count)) return 1;
  for (was = (size_t)used; !complete && was < n; was += size) {
    size = have > was ? have - was : n - was < piece ? n - was : piece;
    memcpy(piece_of_body, p + was, size);
    count = size;
    left = phr_decode_chunked(&decoder, piece_of_body, &count);
    if (left == -1) return 0;
    body(piece_of_body, count);
    complete = left >= 0;
  }
  return 1;
}
#endif

/* callgrind counts here: --toggle-collect=counted. */
__attribute__((noinline)) int counted(char *p, size_t n)
{
  return parse(p, n);
}

static void put(const char *p, size_t n)
{
  memcpy(input + input_len, p, n), input_len += n;
}

static void generate(size_t chunk)
{
  static const char head[] =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
    "Date: Sat, 21 Nov 2026 15:27:29 GMT\r\nContent-Type: application/json\r\n"
    "Content-Length: 126\r\nLast-Modified: Sat, 21 Nov 2026 07:00:00 GMT\r\n"
    "Connection: keep-alive\r\nETag: \"65b0c21-7e\"\r\n"
    "Accept-Ranges: bytes\r\n\r\n";
  static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                                "\r\n\r\n";
  char   text[1024], line[20];
  size_t i, k;
  if (chunk == 0) {
    put(head, sizeof head - 1);
    return;
  }
  piece = 4096;
  put(chunked, sizeof chunked - 1);
  for (i = 0; i < 1048576; i += chunk) {
    for (k = 0; k < chunk; k++) text[k] = (char)(' ' + (i / chunk + k) % 90);
    put(line, (size_t)sprintf(line, "%x\r\n", (unsigned)chunk));
    put(text, chunk);
    put("\r\n", 2);
    body(text, chunk);
  }
  put("0\r\n\r\n", 5);
}

int main(int argc, char **argv)
{
  size_t   chunk;
  uint64_t sum, bytes;
  int      count, check;
  if (argc != 3) return 2;
  chunk = argv[1][0] == 'c' ? (size_t)atoi(argv[1] + 5) : 0;
  body = body_checked;
  if (argv[1][0] == 'w') piece = sizeof input;
  generate(chunk);
  sum = body_sum, bytes = body_bytes;
  check = strcmp(argv[2], "check") == 0;
  if (!check) body = body_counted;
  for (count = check ? 1 : atoi(argv[2]); count > 0; count--) {
    body_sum = body_bytes = length = status = 0, complete = 0;
    if (!counted(input, input_len) || status != 200 || body_bytes != bytes)
      return 1;
    if (chunk ? !complete : length != 126) return 1;
    if (check && body_sum != sum) return 1;
  }
  printf("%lu\n", (unsigned long)(chunk ? bytes : input_len));
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
