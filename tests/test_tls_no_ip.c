/* test_tls_no_ip.c - with AMT_TLS_NO_IP certificates are not searched for IP
   addresses. A server named by an IP address is refused before a byte is sent,
   and no name is mistaken for an address. */
#define AMT_TLS_NO_IP
#define AMT_BUILD_TIME 1
#define AMT_IMPLEMENTATION
#include "amt_http.h"
#define SUITE_MAIN
#include "suite.h"

/* An inner stream that opens at once and takes everything. */
static int below_open(amt_stream *s, const char *host, size_t host_len,
                      uint16_t port, uint32_t left_ms)
{
  (void)s, (void)host, (void)host_len, (void)port, (void)left_ms;
  return 1;
}

static ptrdiff_t below_read(amt_stream *s, void *p, size_t n)
{
  (void)s, (void)p, (void)n;
  return AMT_AGAIN;
}

static size_t below_sent;

static ptrdiff_t below_write(amt_stream *s, const void *p, size_t n)
{
  (void)s, (void)p;
  below_sent += n;
  return (ptrdiff_t)n;
}

static void below_close(amt_stream *s) { (void)s; }

static const amt_stream_ops below_ops = {
  below_open, below_read, below_write, below_close, NULL, 0, NULL
};
static amt_stream below = { &below_ops, 0 };

static uint32_t clock_2026(void *ctx)
{
  (void)ctx;
  return 1767225600u;
}

static int not_random(void *ctx, void *p, size_t n)
{
  (void)ctx;
  memset(p, 7, n);
  return 1;
}

/* The result of open for this host, and the bytes sent. */
static int opened(const char *host, const char *name, size_t *sent)
{
  int e;
#ifdef AMT_BEARSSL
  static unsigned char       record[AMT_BEARSSL_FULL];
  static amt_bearssl         tls;
  static amt_bearssl_server  server;
  static br_x509_trust_anchor anchor;
  server.anchors = &anchor;
  server.anchor_count = 1;
  amt_bearssl_init(&tls, &below, &server, record, sizeof record);
#else
  static amt_mbedtls        tls;
  static amt_mbedtls_server server;
  static mbedtls_x509_crt   anchor;
  amt_mbedtls_server_init(&server);
  server.anchors = &anchor;
  amt_mbedtls_init(&tls, &below, &server);
#endif
  server.tls.name = name;
  server.tls.time = clock_2026;
  server.tls.random = not_random;
  below_sent = 0;
  e = (tls.stream.ops->open)(&tls.stream, host, strlen(host), 443, 1000);
  *sent = below_sent;
  (tls.stream.ops->close)(&tls.stream);
#ifndef AMT_BEARSSL
  amt_mbedtls_server_end(&server);
#endif
  return e;
}

static const char *const addresses[] = {
  "192.0.2.1", "0.0.0.0", "255.255.255.255", /* IPv4 */
  /* IPv6: after the last ':' there are letters, in either case, or nothing */
  "2001:db8::1", "2001:db8::a", "2001:DB8::A", "fe80::1:abcd", "abcd::",
  "::", "::1", "::f", "::ffff:192.0.2.1", "a:b:c:d:e:f:a:b",
};

TEST(an_address_is_refused_before_a_byte_is_sent)
{
  size_t i, sent;
  for (i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
    int e = opened(addresses[i], NULL, &sent);
    if (e != AMT_E_TLS_IP || sent != 0)
      fail_msg("%s: %d, %u bytes", addresses[i], e, (unsigned)sent);
    e = opened("batch.example", addresses[i], &sent);
    if (e != AMT_E_TLS_IP || sent != 0)
      fail_msg("name %s: %d, %u bytes", addresses[i], e, (unsigned)sent);
  }
}

TEST(a_name_is_taken_also_for_a_server_at_an_address)
{
  static const char *const names[] = {
    "batch", "batch.example", "a", "abcd", "10-0-0-1", "1-2.example",
    "192.0.2.1.example", "example.7z", "xn--4-x", "batch.example.", "7e",
  };
  size_t i, sent;
  for (i = 0; i < sizeof names / sizeof names[0]; i++) {
    int e = opened(names[i], NULL, &sent);
    if (e != AMT_AGAIN || sent == 0)
      fail_msg("%s: %d, %u bytes", names[i], e, (unsigned)sent);
    e = opened("2001:db8::a", names[i], &sent);
    if (e != AMT_AGAIN || sent == 0)
      fail_msg("name %s: %d, %u bytes", names[i], e, (unsigned)sent);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
