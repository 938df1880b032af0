/* bench_tls.c - TLS handshakes for tests/bench.sh to count.
   usage: bench_tls PORT CA.pem full|resumed COUNT
   Prints the bytes on the wire of the last handshake, both ways. */
#define AMT_POSIX
#define AMT_IMPLEMENTATION
#include "amt_http.h"
#include <stdio.h>
#include <stdlib.h>

/* Counts the bytes between TLS and socket. */
typedef struct counter {
  amt_stream stream;
  amt_posix  sock;
  size_t     bytes;
} counter;

static counter below;

static int c_open(amt_stream *s, const char *host, size_t n, uint16_t port,
                  uint32_t left)
{
  (void)s, below.bytes = 0;
  return below.sock.stream.ops->open(&below.sock.stream, host, n, port, left);
}
static ptrdiff_t c_read(amt_stream *s, void *p, size_t n)
{
  ptrdiff_t got = below.sock.stream.ops->read(&below.sock.stream, p, n);
  (void)s, below.bytes += got > 0 ? (size_t)got : 0;
  return got;
}
static ptrdiff_t c_write(amt_stream *s, const void *p, size_t n)
{
  ptrdiff_t put = below.sock.stream.ops->write(&below.sock.stream, p, n);
  (void)s, below.bytes += put > 0 ? (size_t)put : 0;
  return put;
}
static void c_close(amt_stream *s)
{
  (void)s, below.sock.stream.ops->close(&below.sock.stream);
}
static int c_wait(amt_stream *s, int want, uint32_t ms)
{
  (void)s;
  return below.sock.stream.ops->wait(&below.sock.stream, want, ms);
}

static char pem[100000];
#ifdef AMT_BEARSSL
static amt_bearssl         tls;
static amt_bearssl_server  server;
static amt_bearssl_anchors anchors;
static unsigned char       room[20000], buffer[AMT_BEARSSL_FULL];

static int prepare(size_t n)
{
  anchors.mem = room;
  anchors.size = sizeof room;
  if (amt_bearssl_anchors_read(&anchors, pem, n) != 0 ||
      amt_bearssl_anchors_end(&anchors) != 0) return 0;
  server.anchors = anchors.list;
  server.anchor_count = anchors.count;
  amt_bearssl_init(&tls, &below.stream, &server, buffer, sizeof buffer);
  return 1;
}
static void forget(void) { amt_bearssl_forget(&server); }
#else
static amt_mbedtls        tls;
static amt_mbedtls_server server;
static mbedtls_x509_crt   ca;

static int prepare(size_t n)
{
  mbedtls_x509_crt_init(&ca);
  pem[n] = 0;
  if (mbedtls_x509_crt_parse(&ca, (unsigned char *)pem, n + 1) != 0) return 0;
  amt_mbedtls_server_init(&server);
  server.anchors = &ca;
  amt_mbedtls_init(&tls, &below.stream, &server);
  return 1;
}
static void forget(void) { amt_mbedtls_forget(&server); }
#endif

int main(int argc, char **argv)
{
  static const amt_stream_ops ops = { c_open, c_read, c_write, c_close,
                                      c_wait, 0, NULL };
  FILE *f = argc == 5 ? fopen(argv[2], "r") : NULL;
  int   i, count = f != NULL ? atoi(argv[4]) : 0;
  below.stream.ops = &ops;
  amt_posix_init(&below.sock);
  if (f == NULL || !prepare(fread(pem, 1, sizeof pem - 1, f))) return 2;
  for (i = 0; i < count; i++) {
    int e;
    if (argv[3][0] == 'f') forget();
    while ((e = tls.stream.ops->open(&tls.stream, "localhost", 9,
                                     (uint16_t)atoi(argv[1]), 10000)) == 0)
      tls.stream.ops->wait(&tls.stream,
                           tls.stream.ops->waits_for(&tls.stream, AMT_WANT_WRITE),
                           1000);
    if (e != 1 || tls.report.resumed != (argv[3][0] == 'r' && i > 0)) {
      fprintf(stderr, "handshake %d: %d %s\n", i, e, amt_http_error(e));
      return 1;
    }
    if (i == count - 1) printf("%lu\n", (unsigned long)below.bytes);
    tls.stream.ops->close(&tls.stream);
  }
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
