/* test_tls.c - the TLS streams of amt_http.h, against OpenSSL in the same
   process. Compiled twice:

     cc -DAMT_BEARSSL -I. -Ibackends tests/test_tls.c -lbearssl
        -lcmocka -lssl -lcrypto
     cc -DAMT_MBEDTLS -I. -Ibackends tests/test_tls.c -lmbedtls -lmbedx509
        -lmbedcrypto -lcmocka -lssl -lcrypto

   Nearly all tests run over both backends. Those for one of them alone
   stand in sections at the end.

   Contents: >>back-end >>client >>calls >>faults >>ends >>want >>records
   >>alerts >>garbage >>flips >>refused >>dates >>names >>pins >>random >>clock
   >>resumption >>wire >>client-certificates >>gone >>odd-certificates >>secrets
   >>reader >>corners >>bearssl-buffers >>bearssl-pem >>bearssl-corners
   >>mbedtls >>main */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif

static int program_begin(void **state), program_end(void **state);
#define SUITE_MAIN
#define SUITE_SETUP program_begin
#define SUITE_TEARDOWN program_end
#include "suite.h"

#ifdef AMT_MBEDTLS
/* mbedTLS's set-up calls go through these, so that each can be made to fail. */
#include <malloc.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
static int setups, failing_setup; /* which call fails, from 1; 0: none */
static int setup_or(int result)
{
  return ++setups == failing_setup ? MBEDTLS_ERR_SSL_ALLOC_FAILED : result;
}
/* When it shall fail, mbedtls_ssl_set_session is not called: it might
   succeed. */
static int take_up(mbedtls_ssl_context *ssl, const mbedtls_ssl_session *session)
{
  int e = setup_or(0);
  return e != 0 ? e : mbedtls_ssl_set_session(ssl, session);
}
static int failing_save;
static int give(const mbedtls_ssl_context *ssl, mbedtls_ssl_session *session)
{
  return failing_save ? MBEDTLS_ERR_SSL_ALLOC_FAILED
                      : mbedtls_ssl_get_session(ssl, session);
}
static int take_name(mbedtls_ssl_context *ssl, const char *name)
{
  return setup_or(mbedtls_ssl_set_hostname(ssl, name));
}
#define mbedtls_ssl_config_defaults(c, e, t, p) \
  setup_or(mbedtls_ssl_config_defaults(c, e, t, p))
#define mbedtls_ssl_conf_own_cert(c, o, k) \
  setup_or(mbedtls_ssl_conf_own_cert(c, o, k))
#define mbedtls_ssl_setup(s, c)        setup_or(mbedtls_ssl_setup(s, c))
#define mbedtls_ssl_set_hostname       take_name
#define mbedtls_ssl_set_session(s, o)  take_up(s, o)
#define mbedtls_ssl_get_session(s, o)  give(s, o)
#endif
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#define AMT_BUILD_TIME 1700000000u
#include "amt_http.h"
#include "check.h"
#include "test_tls_peer.h"

/* ------------------------------------------------------------------------
   >>back-end: the thin layer over the two */

#if defined(AMT_BEARSSL)
typedef amt_bearssl        tls_stream;
typedef amt_bearssl_server tls_server;
#else
typedef amt_mbedtls        tls_stream;
typedef amt_mbedtls_server tls_server;
#endif

static tls_stream    tls;
static tls_server    cfg;
static amt_http_conn conn;
static amt_url       url;

#if defined(AMT_BEARSSL)
static unsigned char tls_buffer[2 * AMT_BEARSSL_FULL];
static size_t        tls_buffer_size;
static unsigned char anchor_memory[2][20000];
static unsigned char client_memory[20000];
static amt_bearssl_client client_of_ours;

static void tls_attach(void)
{
  amt_bearssl_init(&tls, &srv.stream, &cfg, tls_buffer, tls_buffer_size);
}

static void tls_begin(void)
{
  memset(&cfg, 0, sizeof cfg);
  tls_buffer_size = sizeof tls_buffer;
  memset(tls_buffer, 0, sizeof tls_buffer);
}

static void tls_end(void)
{
  amt_bearssl_forget(&cfg);
}

static void tls_forget(void)
{
  amt_bearssl_forget(&cfg);
}

static void tls_old_ciphers(void)
{
  cfg.configure = amt_bearssl_legacy_ciphers;
}

/* Trusts the authority in this PEM text. Two places hold such lists. */
static void tls_trust_pem(int place, const bytes *pem)
{
  static amt_bearssl_anchors a;
  memset(&a, 0, sizeof a);
  a.mem = anchor_memory[place];
  a.size = sizeof anchor_memory[place];
  a.now = (uint32_t)NOW;
  assert_int_equal(amt_bearssl_anchors_read(&a, pem->p, pem->n), 0);
  assert_int_equal(amt_bearssl_anchors_end(&a), 0);
  cfg.anchors = a.list;
  cfg.anchor_count = a.count;
}

static void tls_trust_nobody(void)
{
  cfg.anchors = NULL;
  cfg.anchor_count = 0;
}

/* Reads our certificates and key. Returns what the reader returned. */
static int tls_client(const bytes *chain, const bytes *pem)
{
  int e;
  memset(&client_of_ours, 0, sizeof client_of_ours);
  e = amt_bearssl_client_read(&client_of_ours, client_memory,
                              sizeof client_memory, (const char *)chain->p,
                              chain->n, (const char *)pem->p, pem->n);
  cfg.client = e == 0 ? &client_of_ours : NULL;
  return e;
}

static void tls_no_client(void)
{
  cfg.client = NULL;
}

#else
#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define PARSE_KEY(key, p, n) mbedtls_pk_parse_key(key, p, n, NULL, 0)
#define MEMBER(name) name
#elif MBEDTLS_VERSION_NUMBER >= 0x04000000
#include <psa/crypto.h>
#define PARSE_KEY(key, p, n) mbedtls_pk_parse_key(key, p, n, NULL, 0)
#define MEMBER(name) MBEDTLS_PRIVATE(name)
#else
#include <psa/crypto.h>
static int key_random(void *ctx, unsigned char *p, size_t n)
{
  (void)ctx;
  return psa_generate_random(p, n) == PSA_SUCCESS ? 0 : -1;
}
#define PARSE_KEY(key, p, n) \
  mbedtls_pk_parse_key(key, p, n, NULL, 0, key_random, NULL)
#define MEMBER(name) MBEDTLS_PRIVATE(name)
#endif

static mbedtls_x509_crt   anchor_lists[2];
static mbedtls_x509_crt   client_chain;
static mbedtls_pk_context client_key;

static void tls_attach(void)
{
  amt_mbedtls_init(&tls, &srv.stream, &cfg);
}

static void tls_begin(void)
{
  amt_mbedtls_server_init(&cfg);
  mbedtls_x509_crt_init(&anchor_lists[0]);
  mbedtls_x509_crt_init(&anchor_lists[1]);
  mbedtls_x509_crt_init(&client_chain);
  mbedtls_pk_init(&client_key);
}

static void tls_end(void)
{
  amt_mbedtls_server_end(&cfg);
  mbedtls_x509_crt_free(&anchor_lists[0]);
  mbedtls_x509_crt_free(&anchor_lists[1]);
  mbedtls_x509_crt_free(&client_chain);
  mbedtls_pk_free(&client_key);
}

static void tls_forget(void)
{
  amt_mbedtls_forget(&cfg);
}

static void tls_old_ciphers(void)
{
  static const int list[] = { MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
                              MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, 0 };
  cfg.ciphers = list;
}

static void tls_trust_pem(int place, const bytes *pem)
{
  mbedtls_x509_crt_free(&anchor_lists[place]);
  mbedtls_x509_crt_init(&anchor_lists[place]);
  assert_int_equal(mbedtls_x509_crt_parse(&anchor_lists[place], pem->p,
                                          pem->n + 1), 0);
  cfg.anchors = &anchor_lists[place];
}

static void tls_trust_nobody(void)
{
  cfg.anchors = NULL;
}

static int tls_client(const bytes *chain, const bytes *pem)
{
  mbedtls_x509_crt_free(&client_chain);
  mbedtls_pk_free(&client_key);
  mbedtls_x509_crt_init(&client_chain);
  mbedtls_pk_init(&client_key);
  cfg.client = NULL;
  cfg.client_key = NULL;
  if (mbedtls_x509_crt_parse(&client_chain, chain->p, chain->n + 1) != 0)
    return AMT_E_TLS_PEM;
  if (PARSE_KEY(&client_key, pem->p, pem->n + 1) != 0)
    return AMT_E_TLS_KEY;
  cfg.client = &client_chain;
  cfg.client_key = &client_key;
  return 0;
}

static void tls_no_client(void)
{
  cfg.client = NULL;
  cfg.client_key = NULL;
}
#endif

/* Picks the value for the backend under test. */
#ifdef AMT_BEARSSL
#define BY(bearssl, mbedtls) (bearssl)
#else
#define BY(bearssl, mbedtls) (mbedtls)
#endif

static void tls_trust(int place, X509 *x)
{
  bytes pem = { NULL, 0, 0 };
  cert_pem(&pem, x);
  tls_trust_pem(place, &pem);
  bytes_free(&pem);
}

/* ------------------------------------------------------------------------
   >>client: one connection and what it receives */

static int64_t clock_s;   /* the time that the client's clock gives */

static uint32_t test_time(void *ctx)
{
  (void)ctx;
  return (uint32_t)clock_s;
}

static struct {
  uint32_t seed;
  size_t   bytes;      /* handed out so far */
  long     calls;
  long     good_calls; /* the one after these fails; -1: none does */
} source;

static int test_random(void *ctx, void *p, size_t n)
{
  size_t i;
  (void)ctx;
  if (source.calls++ == source.good_calls) return 0;
  for (i = 0; i < n; i++) {
    source.seed = source.seed * 1664525u + 1013904223u;
    ((unsigned char *)p)[i] = (unsigned char)(source.seed >> 24);
  }
  source.bytes += n;
  return 1;
}

static const char *error_name(int e)
{
  static char other[4][20];
  static int  next;
  const char *name = amt_http_error_name(e);
  if (e == AMT_AGAIN) return "AGAIN";
  if (e == AMT_HTTP_END) return "END";
  if (*name != 0 && !AMT_IS_TLS_ALERT(e)) return name + sizeof "AMT_E_" - 1;
  next = (next + 1) % 4;
  snprintf(other[next], 20, *name != 0 ? "ALERT(%d)" : "(%d)",
           *name != 0 ? AMT_E_TLS_ALERT(0) - e : e);
  return other[next];
}

/* Failures are collected here, so that one run shows every bad row of a
   table. */
static text notes;

static void notes_check(void)
{
  if (notes.n != 0) fail_msg("\n%.4000s", notes.s);
}

#define CALLS_AT_ONCE 2000 /* of the inner stream, during one call of ours */

static struct {
  bytes    body;
  unsigned status;
  unsigned long steps;
} got;

#define PAUSE (AMT_HTTP_NO_BODY - 1) /* instead of a size: do not send yet */

static size_t heard_before; /* by the server, before this call */
static char   room[40000];
static size_t room_size;
static const char *request_secret;
static char   url_text[400];

static void go_to(const char *host, unsigned port)
{
  snprintf(url_text, sizeof url_text, "https://%s:%u/path", host, port);
  assert_int_equal(amt_url_parse(&url, url_text), 0);
}

static int setup(void **state)
{
  (void)state;
  text_clear(&notes);
  peer_init(&srv);
  peer_shows(&srv, usual, KEY_SERVER, NULL);
  tls_begin();
  tls_trust(0, authority);
  cfg.tls.time = test_time;
  cfg.tls.random = test_random;
  memset(&source, 0, sizeof source);
  source.good_calls = -1;
  clock_s = NOW;
  clock_ms = 0xFFFFF000u; /* about to wrap */
  request_secret = NULL;
  room_size = 1024;
  tls_attach();
  memset(&conn, 0, sizeof conn);
  conn.stream = &tls.stream;
  go_to("server.test", 8443);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  amt_http_close(&conn);
  peer_free(&srv);
  tls_end();
  bytes_free(&got.body);
  certs_free();
  ERR_clear_error();
  return 0;
}

#define TLS_TEST(name) TEST_WITH(name, setup, teardown)
#define SLOW_TLS_TEST(name) SLOW_TEST_WITH(name, setup, teardown)

/* A new client and server, for tests that need several. */
static void again(void)
{
  teardown(NULL);
  text keep_notes = notes;
  setup(NULL);
  notes = keep_notes;
}

static void produce(amt_window *o, size_t size)
{
  amt_http_put_line(o, size == AMT_HTTP_NO_BODY ? "GET" : "POST", &url,
                    url.path, url.path_len);
  if (request_secret != NULL)
    amt_http_put_header(o, "Authorization", request_secret);
  amt_http_put_end(o, size);
  if (size != AMT_HTTP_NO_BODY) amt_put(o, pattern, size);
}

static void begin(void)
{
  got.body.n = 0;
  got.status = 0;
  got.steps = 0;
  amt_http_begin(&conn, clock_ms, 0);
  heard_before = srv.heard_all;
}

static void check_data(void)
{
  if (got.body.n > srv.reply_size ||
      (got.body.n != 0 && memcmp(got.body.p, pattern, got.body.n) != 0))
    fail_msg("data that the server did not send");
}

/* One step of a call. Each makes a bounded number of calls to the inner stream,
   and the server has never received more than conn.sent counts. */
static int step(size_t size)
{
  int e;
  srv.burst = 0;
  e = amt_http_poll(&conn, &url, room, room_size, clock_ms);
  if (e == AMT_HTTP_SEND && size != PAUSE) {
    amt_window o;
    amt_window_init(&o, room, room_size, conn.sent);
    produce(&o, size);
    e = amt_http_send(&conn, &o, clock_ms);
  }
  if (e == AMT_HTTP_HEAD) got.status = conn.reply.status;
  if (e == AMT_HTTP_BODY) bytes_add(&got.body, conn.data, conn.len);
  if (srv.burst > CALLS_AT_ONCE)
    fail_msg("%u calls of the inner stream at once", srv.burst);
  if (srv.heard_all - heard_before > conn.sent && !srv.fail_pushes)
    fail_msg("the server heard %zu bytes, %zu are said to be sent",
             srv.heard_all - heard_before, conn.sent);
  check_data();
  return e;
}

static void rest(void)
{
  unsigned waits = srv.waits;
  int      now = tls.stream.ops->waits_for != NULL &&
            tls.stream.ops->waits_for(&tls.stream, AMT_WANT_READ) == AMT_WANT_NOW;
  amt_http_wait(&conn, 1000);
  if (now && srv.waits != waits) fail_msg("a wait although bytes lie ready");
  clock_ms++;
}

/* Runs the call to its end. */
static int finish(size_t size)
{
  int e;
  do {
    if (++got.steps > 4000000) fail_msg("the call does not end");
    e = step(size);
    if (e == AMT_AGAIN) rest();
  } while (e >= 0 && e != AMT_HTTP_END);
  return e;
}

/* A whole call with a body of `size` bytes. Returns its result. */
static int call(size_t size)
{
  begin();
  return finish(size);
}

static int get(void)
{
  return call(AMT_HTTP_NO_BODY);
}

/* Begins a call and steps until the request may be sent, but sends nothing. */
static void begin_open(void)
{
  int e;
  begin();
  do {
    e = step(PAUSE);
    if (e < 0) fail_msg("%s (library %d)", error_name(e), tls.report.lib_error);
    if (e == AMT_AGAIN) rest();
  } while (e != AMT_HTTP_SEND);
}

/* Sends the whole request and reads nothing. */
static void begin_sent(size_t size)
{
  begin_open();
  while (conn.state == AMT_CONN_SENDING)
    if (step(size) == AMT_AGAIN && conn.state == AMT_CONN_SENDING) rest();
  assert_int_equal(conn.state, AMT_CONN_RECEIVING);
}

/* The reply is complete and unchanged, and so is the request. */
static void check_whole(size_t size)
{
  size_t body = size == AMT_HTTP_NO_BODY ? 0 : size;
  if (got.status != 200) fail_msg("status %u", got.status);
  if (got.body.n != srv.reply_size)
    fail_msg("%zu bytes of %zu", got.body.n, srv.reply_size);
  check_data();
  assert_true(srv.heard.n >= body);
  if (body != 0) /* an empty body has no memory */
    assert_memory_equal(srv.heard.p + srv.heard.n - body, pattern, body);
}

static void works_with(size_t size)
{
  int e = call(size);
  if (e != AMT_HTTP_END)
    fail_msg("%s (library %d): %s", error_name(e), tls.report.lib_error,
             amt_http_error(e));
  check_whole(size);
}

static void works(void)
{
  works_with(AMT_HTTP_NO_BODY);
}

/* A new connection fails with this error before a byte of the request is sent.
   Anything else is noted. */
static void refused(int want, const char *what)
{
  int e;
  amt_http_close(&conn);
  e = get();
  if (e != want)
    text_add(&notes, "%s: got %s (library %d, certificate %d), want %s\n", what,
             error_name(e), tls.report.lib_error, tls.report.certificate,
             error_name(want));
  if (want < 0 && (conn.sent != 0 || srv.heard_all != 0))
    text_add(&notes, "%s: a request was sent to this server\n", what);
  if (e < 0 && amt_http_error(e)[0] == 0)
    text_add(&notes, "%s: %s has no text\n", what, error_name(e));
}

/* The same, with this certificate shown. want 0: it is accepted. */
static void judged(const cert_spec *s, int want, const char *what)
{
  srv.heard_all = 0;
  tls_forget();
  peer_shows(&srv, cert_make(s), s->key, NULL);
  refused(want == 0 ? AMT_HTTP_END : want, what);
}

/* The same, for a certificate that OpenSSL would not send: it is swapped in on
   the way. */
static void judged_on_the_way(const cert_spec *s, int want, const char *what)
{
  odd_der = cert_der(cert_make(s));
  srv.edit = edit_certificate;
  srv.heard_all = 0;
  tls_forget();
  refused(want, what);
  srv.edit = NULL;
  bytes_free(&odd_der);
}

/* ------------------------------------------------------------------------
   >>calls */

TLS_TEST(a_get_over_tls)
{
  uint8_t pin[32];
  works();
  assert_int_equal(srv.hellos, 1);
  assert_string_equal(srv.sni, "server.test");
  assert_true(conn.sent == srv.heard.n);
  assert_true(holds(srv.heard.p, srv.heard.n, "GET /path HTTP/1.1\r\n", 20));
  assert_true(holds(srv.heard.p, srv.heard.n, "Host: server.test:8443\r\n",
                    24));
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  assert_int_equal(tls.stream.ops->tls, 1);
  key_pin(pin, KEY_SERVER);
  assert_memory_equal(tls.report.pin, pin, 32);
  assert_int_equal(tls.report.certificate, 0);
  assert_int_equal(tls.report.resumed, 0);
  /* Once more on the same connection. */
  works();
  assert_int_equal(srv.opened, 1);
  assert_int_equal(srv.hellos, 1);
  amt_http_close(&conn);
  assert_int_equal(srv.is_open, 0);
}

static const size_t sizes[] = { 0, 1, 16384, 16385, 200000 };

TLS_TEST(bodies_of_all_sizes_go_both_ways)
{
  static const size_t rooms[] = { 64, 1000, 16384, sizeof room };
  size_t i, j, k;
  for (k = 0; k < COUNT(rooms); k++)
    for (i = 0; i < COUNT(sizes); i++) {
      room_size = rooms[k];
      srv.reply_size = 7;
      works_with(sizes[i]);
      for (j = 0; j < COUNT(sizes); j++) {
        srv.reply_size = sizes[j];
        if (k == 2 && i + j < 6) works_with(sizes[i]);
      }
      srv.reply_size = sizes[i];
      works();
    }
  assert_int_equal(srv.opened, 1);
}

TLS_TEST(a_large_request_needs_no_more_records_than_it_must)
{
  size_t wire, records = BY(200000 / 16384 + 2, 200000 / 1024 + 2);
  room_size = 16384;
  works();
  wire = srv.to_server;
  works_with(200000);
  assert_in_range(srv.to_server - wire, 200000, 200000 + 200 + records * 29);
}

TLS_TEST(the_name_goes_into_the_hello_and_an_address_does_not)
{
  go_to("SECOND.test", 443);
  works();
  assert_int_equal(strcasecmp(srv.sni, "second.test"), 0);
  amt_http_close(&conn);
  go_to("192.0.2.1", 443);
  works();
  assert_string_equal(srv.sni, "");
}

TLS_TEST(https_goes_over_tls_and_http_does_not)
{
  assert_int_equal(amt_url_parse(&url, "http://server.test/"), 0);
  assert_int_equal(get(), AMT_E_NO_TLS);
  assert_int_equal(srv.up_all, 0);
}

TLS_TEST(rsa_p384_and_chains_are_taken)
{
  cert_spec   middle = { .name = "Middle", .key = KEY_MIDDLE,
                         .issuer = authority, .issuer_key = KEY_CA, .ca = 1 };
  cert_spec   s = cert_like("server.test", "DNS:server.test");
  static const int which[] = { KEY_SERVER, KEY_RSA, KEY_P384 };
  size_t      i;
  for (i = 0; i < COUNT(which); i++) {
    s.key = which[i];
    peer_shows(&srv, cert_make(&s), s.key, NULL);
    works();
    amt_http_close(&conn);
    tls_forget();
  }
  s.issuer = cert_make(&middle);
  s.issuer_key = KEY_MIDDLE;
  peer_shows(&srv, cert_make(&s), s.key, s.issuer);
  works();
  amt_http_close(&conn);
  tls_forget();
  middle.key = KEY_RSA; /* an intermediate that signs with RSA */
  s.issuer = cert_make(&middle);
  s.issuer_key = KEY_RSA;
  s.key = KEY_SERVER;
  peer_shows(&srv, cert_make(&s), s.key, s.issuer);
  works();
}

/* ------------------------------------------------------------------------
   >>faults */

TLS_TEST(not_yet_before_each_byte_changes_nothing)
{
  size_t i;
  for (i = 0; i < 4; i++) {
    srv.not_yet = i != 1;
    srv.piece = i == 2 ? 3 : 1;
    srv.reply_size = i == 2 ? 17000 : 1000;
    room_size = i == 3 ? 64 : 1024;
    works_with(500);
    works_with(AMT_HTTP_NO_BODY);
    assert_int_equal(srv.hellos, 1);
    again();
  }
}

/* Each call of the inner stream fails in turn. */
static void each_call_fails(int fail_with, size_t piece, size_t size, long by)
{
  long n, all;
  int  e;
  srv.piece = piece;
  works_with(size);
  all = srv.calls;
  for (n = 1; n <= all; n += by) {
    again();
    srv.piece = piece;
    srv.fail_with = fail_with;
    srv.fail_at = n;
    e = call(size);
    if (e == AMT_HTTP_END) {
      if (got.body.n != srv.reply_size)
        fail_msg("call %ld: complete, with %zu bytes", n, got.body.n);
      if (srv.calls < n) continue;
      text_add(&notes, "call %ld of %ld failed without an error\n", n, all);
      continue;
    }
    if (fail_with == AMT_E_RESET && e != AMT_E_RESET)
      text_add(&notes, "call %ld of %ld: %s, not RESET\n", n, all,
               error_name(e));
    if (fail_with == AMT_E_EOF && e != AMT_E_EOF && e != AMT_E_TRUNCATED)
      text_add(&notes, "call %ld of %ld: %s, not an end\n", n, all,
               error_name(e));
    if (conn.state != AMT_CONN_CLOSED || srv.is_open)
      text_add(&notes, "call %ld: still open after an error\n", n);
    amt_http_close(&conn);
    srv.fail_at = 0;
    e = call(size);
    if (e != AMT_HTTP_END)
      fail_msg("call %ld: the next connection: %s", n, error_name(e));
    check_whole(size);
  }
  notes_check();
}

SLOW_TLS_TEST(each_inner_call_may_break)
{
  each_call_fails(AMT_E_RESET, 0, 3000, 1);
}

SLOW_TLS_TEST(each_inner_call_may_end)
{
  each_call_fails(AMT_E_EOF, 0, 3000, 1);
}

SLOW_TLS_TEST(each_inner_call_may_break_in_small_pieces)
{
  each_call_fails(AMT_E_RESET, 13, 300, 3);
}

SLOW_TLS_TEST(each_inner_call_may_end_in_small_pieces)
{
  each_call_fails(AMT_E_EOF, 13, 300, 3);
}

TLS_TEST(an_error_of_the_inner_stream_is_passed_on)
{
  static const int own[] = { AMT_E_DNS, AMT_E_CONNECT, AMT_E_TIMEOUT };
  size_t i;
  for (i = 0; i < COUNT(own); i++) {
    srv.fail_with = own[i];
    srv.fail_at = srv.calls + 1; /* open */
    assert_int_equal(get(), own[i]);
    amt_http_close(&conn);
  }
  works();
}

/* The first record of a request leaves in part. Then the connection breaks, or
   accepts bytes again, just as the call is given up. The server must not get a
   request of which conn.sent says that nothing left. */
enum { STAYS_STUCK, TAKES_AGAIN, FAILS_ONCE, FAILS };

static void a_record_that_left_in_part(int then)
{
  size_t handshake, cut;
  begin_open();
  handshake = srv.to_server;
  for (cut = 1; cut < 64; cut += 7) { /* the record has at least 67 bytes */
    int e;
    again();
    srv.silent = 1;
    conn.limits.idle = 50;
    begin_open();
    assert_int_equal(srv.to_server, handshake);
    srv.stuck_after = handshake + cut;
    e = step(AMT_HTTP_NO_BODY);
    if (e >= 0) e = step(AMT_HTTP_NO_BODY);
    assert_int_equal(e, AMT_AGAIN);
    assert_int_equal(srv.to_server, handshake + cut);
    if (then == TAKES_AGAIN) srv.stuck_after = 0;
    if (then == FAILS_ONCE || then == FAILS) {
      srv.stuck_after = 0;
      srv.fail_at = srv.calls + 1;
      srv.fail_once = then == FAILS_ONCE;
      srv.fail_with = AMT_E_RESET;
    } else {
      clock_ms += 60;
    }
    for (e = 0; e >= 0 && e != AMT_HTTP_END;) e = step(AMT_HTTP_NO_BODY);
    if (conn.sent == 0 && srv.heard.n != 0)
      text_add(&notes, "stuck after %zu bytes, then %d: %s, heard %zu bytes, "
               "and none is said to be sent\n", cut, then, error_name(e),
               srv.heard.n);
    if (then != TAKES_AGAIN && srv.heard.n != 0)
      text_add(&notes, "stuck after %zu bytes, then %d: %zu bytes heard\n",
               cut, then, srv.heard.n);
    amt_http_close(&conn);
    if (conn.sent == 0 && srv.heard.n != 0)
      text_add(&notes, "heard after the close\n");
    srv.silent = srv.stuck_after = srv.fail_at = 0;
    conn.limits.idle = 0;
    works();
  }
  notes_check();
}

TLS_TEST(half_a_record_says_nothing_when_it_stays_stuck)
{
  a_record_that_left_in_part(STAYS_STUCK);
}

TLS_TEST(half_a_record_says_nothing_when_the_call_times_out)
{
  a_record_that_left_in_part(TAKES_AGAIN);
}

TLS_TEST(half_a_record_says_nothing_when_a_write_fails_once)
{
  a_record_that_left_in_part(FAILS_ONCE);
}

TLS_TEST(half_a_record_says_nothing_when_the_connection_breaks)
{
  a_record_that_left_in_part(FAILS);
}

TLS_TEST(a_new_connection_follows_each_close_in_mid_handshake)
{
  int steps, i, e;
  srv.piece = 40;
  srv.not_yet = 1;
  for (steps = 1; steps < 60; steps += 3) {
    begin();
    for (i = 0, e = 0; i < steps && e != AMT_HTTP_END; i++) {
      e = step(10);
      assert_true(e >= 0);
      if (e == AMT_AGAIN) rest();
    }
    amt_http_close(&conn);
    assert_int_equal(srv.is_open, 0);
    amt_http_close(&conn);
  }
  works();
}

/* ------------------------------------------------------------------------
   >>ends */

TLS_TEST(a_close_delimited_body_needs_close_notify)
{
  srv.to_end = 1;
  srv.reply_size = 20000;
  srv.end = END_NOTIFY;
  works();
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  srv.end = END_CUT;
  assert_int_equal(get(), AMT_E_TRUNCATED);
  assert_int_equal(got.body.n, 20000);
}

TLS_TEST(a_short_body_is_TRUNCATED)
{
  srv.missing = 1;
  srv.end = END_CUT;
  assert_int_equal(get(), AMT_E_TRUNCATED);
  assert_int_equal(got.body.n, srv.reply_size);
  srv.end = END_NOTIFY;
  assert_int_equal(get(), AMT_E_TRUNCATED);
  assert_int_equal(got.body.n, srv.reply_size);
}

TLS_TEST(an_end_before_the_reply_is_an_error)
{
  int how, e;
  srv.silent = 1;
  for (how = END_NOTIFY; how <= END_CUT; how++) {
    begin_sent(5);
    peer_end(&srv, how);
    e = finish(5);
    if (how == END_NOTIFY) assert_int_equal(e, AMT_E_EOF);
    else if (e != AMT_E_EOF && e != AMT_E_TRUNCATED)
      fail_msg("cut off: %s", error_name(e));
  }
}

/* Some servers close without an alert when the version or certificate does not
   suit them. */
TLS_TEST(an_end_in_the_handshake_says_what_is_likely)
{
  const char *words = amt_http_error(AMT_E_EOF);
  srv.fail_at = 3; /* open, a write, a read */
  srv.fail_with = AMT_E_EOF;
  assert_int_equal(get(), AMT_E_EOF);
  assert_non_null(strstr(words, "TLS 1.2"));
  assert_non_null(strstr(words, "client certificate"));
}

TLS_TEST(the_stream_tells_a_proper_end_from_a_cut)
{
  const amt_stream_ops *ops = tls.stream.ops;
  char                  byte;
  int                   how, i;
  for (how = END_NOTIFY; how <= END_CUT; how++) {
    ptrdiff_t n = AMT_AGAIN;
    works();
    assert_int_equal(ops->read(&tls.stream, &byte, 1), AMT_AGAIN);
    peer_end(&srv, how);
    for (i = 0; i < 100 && n == AMT_AGAIN; i++)
      n = ops->read(&tls.stream, &byte, 1);
    if (n != (how == END_NOTIFY ? AMT_E_EOF : AMT_E_TRUNCATED))
      text_add(&notes, "%s: %s\n", how == END_NOTIFY ? "close_notify" : "a cut",
               error_name((int)n));
    /* The next read must fail, too. */
    n = ops->read(&tls.stream, &byte, 1);
    if (n >= 0) text_add(&notes, "then: %s\n", error_name((int)n));
    amt_http_close(&conn);
  }
  notes_check();
}

TLS_TEST(a_kept_connection_that_has_ended_is_opened_anew)
{
  int how;
  for (how = END_NOTIFY; how <= END_CUT; how++) {
    unsigned opened;
    works();
    opened = srv.opened;
    assert_int_equal(conn.state, AMT_CONN_IDLE);
    peer_end(&srv, how);
    works();
    assert_int_equal(srv.opened, opened + 1);
  }
}

TLS_TEST(an_idle_wait_sees_the_end_of_a_kept_connection)
{
  works();
  assert_int_equal(amt_http_want(&conn), AMT_WANT_NOTHING);
  amt_http_wait(&conn, 10);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  peer_end(&srv, END_NOTIFY);
  amt_http_wait(&conn, 10);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  works();
}

TLS_TEST(a_close_says_goodbye)
{
  works();
  amt_http_close(&conn);
  assert_int_equal(srv.goodbye, 1);
  assert_int_equal(srv.is_open, 0);
  /* It gives up when the server takes nothing. */
  works();
  srv.stuck_after = srv.to_server;
  srv.burst = 0;
  amt_http_close(&conn);
  assert_in_range(srv.burst, 0, CALLS_AT_ONCE);
  assert_int_equal(srv.is_open, 0);
  srv.stuck_after = 0;
  works();
}

TLS_TEST(data_after_close_notify_is_never_given)
{
  MUST(SSL_CTX_set_cipher_list(srv.ctx, FORGE_CIPHER));
  srv.to_end = 1;
  srv.silent = 1;
  begin_sent(5);
  peer_reply(&srv);
  peer_drain(&srv);
  peer_forges(&srv, 21, "\1\0", 2);
  peer_forges(&srv, 23, "lie", 3);
  assert_int_equal(finish(5), AMT_HTTP_END);
  check_whole(5);
}

/* As lighttpd, stunnel and socat do. */
static void says_goodbye_and_stays(void)
{
  SSL_shutdown(srv.ssl);
  peer_drain(&srv);
  assert_int_equal(srv.ended, 0);
}

TLS_TEST(close_notify_is_an_end_although_TCP_stays_open)
{
  unsigned opened;
  int      waits;
  for (waits = 0; waits < 2; waits++) { /* a kept connection */
    works();
    assert_int_equal(conn.state, AMT_CONN_IDLE);
    opened = srv.opened;
    says_goodbye_and_stays();
    if (waits) {
      amt_http_wait(&conn, 10);
      assert_int_equal(conn.state, AMT_CONN_CLOSED);
    }
    works();
    assert_int_equal(srv.opened, opened + 1);
    assert_int_equal(conn.reused, 0);
  }
  again(); /* a body that ends with the connection */
  srv.to_end = srv.silent = 1;
  begin_sent(5);
  peer_reply(&srv);
  peer_drain(&srv);
  says_goodbye_and_stays();
  assert_int_equal(finish(5), AMT_HTTP_END);
  check_whole(5);
  again(); /* no reply at all */
  srv.silent = 1;
  begin_sent(5);
  says_goodbye_and_stays();
  assert_int_equal(finish(5), AMT_E_EOF);
}

TLS_TEST(a_408_on_a_kept_connection_is_not_the_next_reply)
{
  static const char waited[] = "HTTP/1.1 408 Request Time-out\r\n"
                               "Content-Length: 0\r\n\r\n";
  unsigned opened;
  int      how, waits;
  for (how = 0; how < 3; how++)
    for (waits = 0; waits < 2; waits++) {
      works();
      opened = srv.opened;
      peer_write(&srv, waited, sizeof waited - 1);
      peer_drain(&srv);
      if (how == 1) says_goodbye_and_stays();
      if (how == 2) peer_end(&srv, END_NOTIFY);
      if (waits) {
        amt_http_wait(&conn, 10);
        assert_int_equal(conn.state, AMT_CONN_CLOSED);
      }
      works();
      assert_int_equal(srv.opened, opened + 1);
    }
}

/* A renegotiation that the server asks for never happens. */
TLS_TEST(renegotiation_is_refused)
{
  size_t before;
  int    e;
  works();
  assert_int_equal(srv.hellos, 1);
  MUST(SSL_renegotiate(srv.ssl) == 1);
  SSL_do_handshake(srv.ssl);
  peer_drain(&srv);
  before = srv.opened;
  e = get();
  if (srv.opened == before && srv.hellos != 1)
    fail_msg("a second handshake on one connection");
  if (e == AMT_HTTP_END) check_whole(AMT_HTTP_NO_BODY);
  again();
  /* Now in the middle of a request. */
  srv.silent = 1;
  begin_sent(5);
  MUST(SSL_renegotiate(srv.ssl) == 1);
  SSL_do_handshake(srv.ssl);
  peer_drain(&srv);
  conn.limits.idle = 100;
  e = finish(5);
  assert_true(e < 0);
  assert_int_equal(srv.hellos, 1);
}

/* ------------------------------------------------------------------------
   >>want */

static int want_of(int want)
{
  return tls.stream.ops->waits_for(&tls.stream, want);
}

TLS_TEST(a_record_larger_than_the_buffer_comes_in_pieces)
{
  const amt_stream_ops *ops = tls.stream.ops;
  unsigned char         all[3000];
  size_t                n = 0;
  srv.silent = 1;
  begin_sent(0);
  assert_int_equal(ops->read(&tls.stream, all, 10), AMT_AGAIN);
  assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_READ);
  peer_write(&srv, pattern, sizeof all);
  peer_drain(&srv);
  while (n < sizeof all) {
    size_t    ask = n % 700 + 1 < sizeof all - n ? n % 700 + 1 : sizeof all - n;
    unsigned  waits = srv.waits;
    ptrdiff_t k = ops->read(&tls.stream, all + n, ask);
    if (k == AMT_AGAIN) fail_msg("not yet, after %zu bytes", n);
    assert_in_range(k, 1, ask);
    n += (size_t)k;
    if (n == sizeof all) break;
    assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_NOW);
    assert_int_equal(amt_http_want(&conn), AMT_WANT_NOW);
    assert_int_equal(amt_http_wait(&conn, 1000), 1);
    assert_int_equal(srv.waits, waits);
  }
  assert_memory_equal(all, pattern, sizeof all);
  assert_int_equal(ops->read(&tls.stream, all, 10), AMT_AGAIN);
  assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_READ);
  assert_int_equal(amt_http_wait(&conn, 10), 0);
}

TLS_TEST(a_wait_does_not_block_while_bytes_lie_inside)
{
  unsigned now = 0;
  int      e;
  srv.reply_size = 10000;
  room_size = 64;
  srv.silent = 1;
  begin_sent(0);
  srv.silent = 0;
  peer_answer(&srv);
  peer_drain(&srv);
  do {
    e = step(0);
    if (e == AMT_AGAIN && conn.have == 0 && srv.down.n == srv.down_at) {
      unsigned waits = srv.waits;
      assert_int_equal(amt_http_want(&conn), AMT_WANT_NOW);
      assert_int_equal(amt_http_wait(&conn, 1000), 1);
      assert_int_equal(srv.waits, waits);
      now++;
    }
  } while (e >= 0 && e != AMT_HTTP_END);
  assert_int_equal(e, AMT_HTTP_END);
  check_whole(0);
  assert_true(now > 0); /* bytes did wait to be read */
}

TLS_TEST(over_a_stream_that_cannot_wait)
{
  const amt_stream_ops *own = srv.stream.ops;
  amt_stream_ops        ops = *own;
  works();
  ops.wait = NULL;
  srv.stream.ops = &ops;
  assert_int_equal(amt_http_wait(&conn, 1000), AMT_INTERRUPTED);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  assert_int_equal(conn.known_idle, 0); /* nothing was checked */
  srv.stream.ops = own;
  works();
}

#ifdef AMT_BEARSSL
/* One handshake message may cost a second on a small processor. The caller gets
   control back after each, even if the next has already arrived. */
TLS_TEST(a_handshake_takes_one_piece_a_poll)
{
  unsigned polls = 0;
  int      e;
  begin();
  while ((e = step(PAUSE)) == AMT_AGAIN) {
    polls++;
    assert_in_range(srv.burst, 1, 4); /* opens, sends, or receives once */
  }
  assert_int_equal(e, AMT_HTTP_SEND);
  assert_true(polls > 8); /* head and body of six records at least */
}
#endif

TLS_TEST(want_follows_the_handshake)
{
  int e, reads = 0, i;
  /* The hello cannot leave: the stream waits for WRITE, whatever the caller
     wants. */
  srv.stuck_after = 10;
  begin();
  for (i = 0; i < 5; i++) assert_int_equal(step(PAUSE), AMT_AGAIN);
  assert_int_equal(srv.to_server, 10);
  assert_int_equal(amt_http_want(&conn), AMT_WANT_WRITE);
  assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_WRITE);
  srv.stuck_after = 0;
  srv.not_yet = 1; /* now a wait for the wrong thing makes no progress */
  while ((e = step(PAUSE)) == AMT_AGAIN) {
    reads += amt_http_want(&conn) == AMT_WANT_READ;
    rest();
    if (srv.last_want == AMT_WANT_READ && amt_http_want(&conn) == AMT_WANT_READ)
      reads++;
  }
  assert_int_equal(e, AMT_HTTP_SEND);
  assert_true(reads > 0);
  assert_int_equal(clock_ms - conn.t_call < 1000, 1); /* no wait timed out */
  /* A request that cannot leave. */
  srv.not_yet = 0;
  srv.stuck_after = srv.to_server + 1;
  for (i = 0; i < 5; i++) step(3000);
  assert_int_equal(amt_http_want(&conn), AMT_WANT_WRITE);
  assert_int_equal(amt_http_wait(&conn, 1), 0);
  assert_int_equal(srv.last_want, AMT_WANT_WRITE);
  srv.stuck_after = 0;
  assert_int_equal(amt_http_wait(&conn, 1), 1);
  assert_int_equal(finish(3000), AMT_HTTP_END);
  check_whole(3000);
}

/* Pending output must leave even if the caller now waits for the reply. */
TLS_TEST(pending_output_leaves)
{
  int i;
  room_size = 4096;
  begin_open();
  srv.stuck_after = srv.to_server + 500;
  for (i = 0; i < 10; i++) assert_true(step(3000) >= 0);
  assert_int_equal(srv.to_server, srv.stuck_after);
  assert_int_equal(amt_http_want(&conn), AMT_WANT_WRITE);
  assert_int_equal(want_of(AMT_WANT_WRITE), AMT_WANT_WRITE);
#ifdef AMT_BEARSSL /* took it all, and must send it to get a reply */
  assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_WRITE);
#endif
  srv.stuck_after = 0;
  assert_int_equal(finish(3000), AMT_HTTP_END);
  check_whole(3000);
}

TLS_TEST(a_reply_during_the_request_is_read)
{
  room_size = 4096;
  srv.silent = 1;
  begin_open();
  while (srv.heard_all < 20000) assert_true(step(100000) >= 0);
  srv.stuck_after = srv.to_server + 100;
  peer_reply(&srv);
  peer_drain(&srv);
  assert_int_equal(finish(100000), AMT_HTTP_END);
  assert_int_equal(got.body.n, srv.reply_size);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
}

/* ------------------------------------------------------------------------
   >>records */

TLS_TEST(records_of_one_byte_and_many_in_one_read)
{
  srv.write_size = 1; /* all of them arrive in one read of the inner stream */
  srv.reply_size = 3000;
  works();
  srv.piece = 1;
  works();
  srv.piece = 31;
  works();
  assert_int_equal(srv.opened, 1);
}

/* A connection that waits for its reply, with a cipher whose records the test
   can forge. */
static void forge_begin(void)
{
  again();
  MUST(SSL_CTX_set_cipher_list(srv.ctx, FORGE_CIPHER));
  srv.silent = 1;
  begin_sent(0);
}

static void forge_reply(void)
{
  char head[200];
  int  n = snprintf(head, sizeof head,
                    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                    srv.reply_size);
  peer_forges(&srv, 23, head, (size_t)n);
  peer_forges(&srv, 23, pattern, srv.reply_size);
}

TLS_TEST(empty_records_and_warnings_are_passed_over)
{
  int i, e;
  forge_begin();
  for (i = 0; i < 3; i++) peer_forges(&srv, 23, "", 0);
  forge_reply();
  e = finish(0);
  if (e != AMT_HTTP_END) text_add(&notes, "empty: %s\n", error_name(e));
  forge_begin();
  peer_forges(&srv, 21, "\1\x5A", 2); /* user_canceled, a warning */
  forge_reply();
  e = finish(0);
  if (e != AMT_HTTP_END) text_add(&notes, "warning: %s\n", error_name(e));
  notes_check();
}

static void forge_empty(peer *p)
{
  peer_forges(p, 23, "", 0);
}

static void forge_hello_request(peer *p)
{
  peer_forges(p, 22, "\0\0\0\0", 4);
}

static void forge_warning(peer *p)
{
  peer_forges(p, 21, "\1\x5A", 2);
}

TLS_TEST(records_without_end_and_without_data_end_by_the_limit)
{
  void (*const flood[])(peer *) = { forge_empty, forge_hello_request,
                                    forge_warning };
  static const char *const names[] = { "empty", "HelloRequest", "warning" };
  size_t i;
  for (i = 0; i < COUNT(flood); i++) {
    unsigned long started = clock_ms;
    int           e;
    forge_begin();
    started = clock_ms;
    conn.limits.idle = 200;
    srv.more = flood[i];
    e = finish(0);
    srv.more = NULL;
    if (e >= 0 || (uint32_t)(clock_ms - started) > 2000)
      text_add(&notes, "%s: %s after %lu ms\n", names[i], error_name(e),
               (unsigned long)(uint32_t)(clock_ms - started));
    if (srv.hellos != 1) text_add(&notes, "%s: another hello\n", names[i]);
  }
  notes_check();
}

TLS_TEST(forbidden_records_are_refused)
{
  static unsigned char huge[16385 + 300];
  static const struct {
    unsigned type; const char *p; size_t n; const char *what;
  } list[] = {
    { 23, NULL, 16385, "16,385 bytes" },
    { 23, NULL, 16384 + 257, "a larger one" },
    { 24, "\1\0\1x", 4, "a heartbeat" },
    { 99, "x", 1, "an unknown type" },
    { 0, "x", 1, "type 0" },
    { 20, "\1", 1, "a second ChangeCipherSpec" },
    { 22, "\14\0\0\0", 4, "a stray ServerHelloDone" },
    { 22, "\2\0\0\46\3\3", 6, "a ServerHello" },
    { 22, "\24\0\0\14", 4, "a Finished" }
  };
  size_t i;
  int    e;
  for (i = 0; i < COUNT(list); i++) {
    forge_begin();
    peer_forges(&srv, list[i].type, list[i].p ? list[i].p : (char *)huge,
                list[i].n);
    forge_reply();
    conn.limits.idle = 300;
    e = finish(0);
    if (e >= 0) text_add(&notes, "%s: %s\n", list[i].what, error_name(e));
  }
  notes_check();
}

TLS_TEST(a_fatal_alert_among_the_data_is_reported_by_its_number)
{
  static const unsigned char list[] = { 20, 40, 47, 48, 80, 70 };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    unsigned char alert[2] = { 2, 0 };
    int           e, want = AMT_E_TLS_ALERT(list[i]);
    if (list[i] == 70) want = AMT_E_TLS_VERSION;
    alert[1] = list[i];
    forge_begin();
    peer_forges(&srv, 21, alert, 2);
    e = finish(0);
    if (e != want)
      text_add(&notes, "alert %u: %s, library %d\n", list[i], error_name(e),
               tls.report.lib_error);
  }
  notes_check();
}

TLS_TEST(a_record_that_is_repeated_or_reordered_is_refused)
{
  bytes  first = { NULL, 0, 0 };
  int    e;
  forge_begin();
  peer_forges(&srv, 23, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 40);
  bytes_add(&first, srv.down.p, srv.down.n);
  peer_send(&srv, first.p, first.n);
  e = finish(0);
  bytes_free(&first);
  if (e >= 0) fail_msg("%s", error_name(e));
}

/* ------------------------------------------------------------------------
   >>alerts */

/* What RFC 5246 and others call the alerts. The error text must contain the
   name. */
static const struct { int number; const char *name; } alert_names[] = {
  { 0, "close_notify" }, { 10, "unexpected_message" }, { 20, "bad_record_mac" },
  { 22, "record_overflow" }, { 40, "handshake_failure" },
  { 42, "bad_certificate" }, { 43, "unsupported_certificate" },
  { 44, "certificate_revoked" }, { 45, "certificate_expired" },
  { 46, "certificate_unknown" }, { 47, "illegal_parameter" },
  { 48, "unknown_ca" }, { 49, "access_denied" }, { 50, "decode_error" },
  { 51, "decrypt_error" }, { 71, "insufficient_security" },
  { 80, "internal_error" }, { 86, "inappropriate_fallback" },
  { 90, "user_canceled" }, { 100, "no_renegotiation" },
  { 109, "missing_extension" }, { 110, "unsupported_extension" },
  { 112, "unrecognized_name" }, { 113, "bad_certificate_status_response" },
  { 115, "unknown_psk_identity" }, { 116, "certificate_required" },
  { 120, "no_application_protocol" }
};

/* Keeps letters and digits, in lower case. */
static void plain_words(char *to, size_t size, const char *from)
{
  size_t n = 0;
  for (; *from != 0 && n + 1 < size; from++) {
    int c = *from | 32;
    if ((c >= 'a' && c <= 'z') || (*from >= '0' && *from <= '9'))
      to[n++] = (char)(*from >= '0' && *from <= '9' ? *from : c);
  }
  to[n] = 0;
}

TLS_TEST(every_fatal_alert_has_its_number_and_its_text)
{
  unsigned char record[] = { 21, 3, 3, 0, 2, 2, 0 };
  size_t        i;
  int           number, want;
  for (number = 0; number < 256; number++) {
    char what[40];
    snprintf(what, sizeof what, "alert %d", number);
    record[6] = (unsigned char)number;
    srv.raw = record;
    srv.raw_size = sizeof record;
    want = number == 70 ? AMT_E_TLS_VERSION : AMT_E_TLS_ALERT(number);
    refused(want, what);
    assert_int_equal(AMT_E_TLS_ALERT(number), -400 - number);
  }
  for (i = 0; i < COUNT(alert_names); i++) {
    char        have[600], word[80];
    const char *words = amt_http_error(AMT_E_TLS_ALERT(alert_names[i].number));
    plain_words(have, sizeof have, words);
    plain_words(word, sizeof word, alert_names[i].name);
    if (strstr(have, word) == NULL)
      text_add(&notes, "alert %d, %s, is told as \"%s\"\n",
               alert_names[i].number, alert_names[i].name, words);
  }
  notes_check();
  srv.raw = NULL;
  works();
}

TLS_TEST(every_tls_error_has_its_words)
{
  int e, i;
  for (e = AMT_E_TLS_ORDER; e <= AMT_E_TLS_NOT_TLS; e++) {
    const char *words = amt_http_error(e);
    if (words[0] == 0) text_add(&notes, "%s has no text\n", error_name(e));
    for (i = AMT_E_TLS_ORDER; i < e; i++)
      if (words[0] != 0 && strcmp(words, amt_http_error(i)) == 0)
        text_add(&notes, "%s and %s have one text\n", error_name(e),
                 error_name(i));
  }
  if (amt_http_error(AMT_E_TLS_BROKEN)[0] == 0)
    text_add(&notes, "TLS_BROKEN has no text\n");
  notes_check();
}

TLS_TEST(a_server_of_another_version_is_VERSION)
{
  MUST(SSL_CTX_set_max_proto_version(srv.ctx, TLS1_1_VERSION));
  MUST(SSL_CTX_set_cipher_list(srv.ctx, "ALL:@SECLEVEL=0"));
  tls_old_ciphers(); /* the short list has none that TLS 1.1 knows */
  refused(AMT_E_TLS_VERSION, "TLS 1.1");
  peer_shows(&srv, usual, KEY_SERVER, NULL);
  MUST(SSL_CTX_set_min_proto_version(srv.ctx, TLS1_3_VERSION));
  refused(AMT_E_TLS_VERSION, "TLS 1.3");
  notes_check();
}

/* What to change in the ServerHello: `at` counts from the start of its
   record. */
static struct { size_t at, n; unsigned char to[2]; } hello_edit;

static void edit_hello(peer *p, size_t from)
{
  if (from == 0 && p->down.n > 90 && p->down.p[0] == 22 && p->down.p[5] == 2) {
    size_t at = hello_edit.at;
    if (at >= 43) at = 44u + p->down.p[43] + (at - 43); /* after the id */
    memcpy(p->down.p + at, hello_edit.to, hello_edit.n);
    p->edit = NULL;
  }
}

TLS_TEST(a_hello_that_was_not_asked_for_is_refused)
{
  static const struct { size_t at, n; unsigned char to[2]; int e; } list[] = {
    { 9, 2, { 3, 2 }, AMT_E_TLS_VERSION },   /* TLS 1.1 chosen */
    { 9, 2, { 3, 0 }, AMT_E_TLS_VERSION },   /* SSL 3 */
    { 43, 2, { 0, 5 }, AMT_E_TLS_CIPHER },   /* RC4, not offered */
    { 43, 2, { 0, 0 }, AMT_E_TLS_CIPHER },   /* no encryption */
    { 43, 2, { 0x13, 1 }, AMT_E_TLS_CIPHER } /* of TLS 1.3 */
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    char what[40];
    snprintf(what, sizeof what, "hello %zu", i);
    hello_edit.at = list[i].at;
    hello_edit.n = list[i].n;
    memcpy(hello_edit.to, list[i].to, 2);
    srv.edit = edit_hello;
    refused(list[i].e, what);
  }
  notes_check();
  srv.edit = NULL;
  works();
}

TLS_TEST(a_server_without_a_cipher_of_ours_says_so)
{
  MUST(SSL_CTX_set_cipher_list(srv.ctx, "ECDHE-ECDSA-CAMELLIA128-SHA256"));
  refused(AMT_E_TLS_ALERT(40), "no cipher in common");
  notes_check();
}

/* ------------------------------------------------------------------------
   >>garbage */

TLS_TEST(not_tls_at_all_is_NOT_TLS)
{
  static const char *const list[] = {
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "<html>\n<body>You're speaking plain HTTP to an SSL-enabled port</body>\n",
    "220 mail.example ESMTP\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
    "\0\0\0\0\0\0\0\0\0\0\0\0\0"
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    int ends;
    for (ends = 0; ends < 2; ends++) {
      srv.raw = list[i];
      srv.raw_size = list[i][0] ? strlen(list[i]) : 13;
      srv.raw_ends = ends;
      refused(AMT_E_TLS_NOT_TLS, list[i][0] ? list[i] : "zeros");
    }
  }
  notes_check();
  srv.raw = NULL;
  works();
}

TLS_TEST(random_bytes_are_an_error)
{
  unsigned char junk[600];
  int           round, e;
  size_t        i;
  random_state = 99;
  srv.raw = junk;
  srv.raw_ends = 1;
  for (round = 0; round < 600; round++) {
    for (i = 0; i < sizeof junk; i++)
      junk[i] = (unsigned char)random_below(256);
    if (round & 1) { /* looks like a handshake record */
      junk[0] = (unsigned char)(20 + random_below(4));
      junk[1] = 3;
      junk[2] = 3;
      junk[3] = (unsigned char)random_below(2);
      if (round & 2) junk[5] = 2, junk[6] = 0, junk[7] = 0, junk[8] = 90;
    }
    srv.raw_size = 1 + random_below(sizeof junk);
    srv.piece = random_below(3);
    e = get();
    assert_true(e < 0);
    assert_int_equal(conn.sent, 0);
    amt_http_close(&conn);
  }
}

TLS_TEST(hand_made_records_in_the_handshake_are_errors)
{
  static const struct { const char *p; size_t n; const char *what; } list[] = {
    { "\26\3\3\377\377", 5, "a huge header" },
    { "\26\3\3\105\0", 5, "a header above the limit" },
    { "\26\3\3\0\0", 5, "an empty handshake record" },
    { "\26\3\3\0\4\2\0\377\377\377", 9, "a hello of 65,535 bytes" },
    { "\26\3\3\0\4\2\377\377\377", 9, "a hello of 16 MB" },
    { "\26\3\3\0\4\1\0\0\0", 9, "a ClientHello" },
    { "\26\3\3\0\4\16\0\0\0", 9, "ServerHelloDone" },
    { "\24\3\3\0\1\1", 6, "ChangeCipherSpec" },
    { "\27\3\3\0\1x", 6, "data" },
    { "\25\3\3\0\1\2", 6, "half an alert" },
    { "\25\3\3\0\2\1\0", 7, "close_notify" },
    { "\26\3\1\0\4\2\0\0\0", 9, "TLS 1.0 by its record" },
    { "\26", 1, "one byte" }
  };
  size_t i;
  conn.limits.connect = 1000;
  for (i = 0; i < COUNT(list); i++) {
    int e;
    srv.raw = list[i].p;
    srv.raw_size = list[i].n;
    srv.raw_ends = 0; /* then the server is silent */
    e = get();
    if (e >= 0 || conn.sent != 0)
      text_add(&notes, "%s: %s\n", list[i].what, error_name(e));
    amt_http_close(&conn);
    srv.raw_ends = 1;
    e = get();
    if (e >= 0 || e == AMT_E_TIMEOUT)
      text_add(&notes, "%s, then the end: %s\n", list[i].what, error_name(e));
    amt_http_close(&conn);
  }
  notes_check();
}

static bytes tape;

static void record_on_tape(peer *p, size_t from)
{
  bytes_add(&tape, p->down.p + from, p->down.n - from);
  p->edit = NULL; /* the first flight is enough */
}

/* The server's side of the handshake breaks off at every third byte. */
TLS_TEST(a_truncated_handshake_is_an_error)
{
  size_t n;
  srv.edit = record_on_tape;
  works();
  amt_http_close(&conn);
  tls_forget();
  srv.heard_all = 0;
  assert_true(tape.n > 300);
  srv.raw = tape.p;
  srv.raw_ends = 1;
  for (n = 1; n <= tape.n; n += 3) {
    int e;
    srv.raw_size = n;
    e = get();
    if (e >= 0 || e == AMT_E_TIMEOUT)
      text_add(&notes, "after %zu bytes: %s\n", n, error_name(e));
    if (conn.sent != 0) text_add(&notes, "after %zu bytes: sent\n", n);
    amt_http_close(&conn);
  }
  bytes_free(&tape);
  notes_check();
}

static const char *flood_of;
static size_t      flood_size;

static void flood_raw(peer *p)
{
  peer_send(p, flood_of, flood_size);
}

TLS_TEST(records_without_end_in_the_handshake_end_by_the_limit)
{
  static const struct { const char *p; size_t n; const char *what; } list[] = {
    { "\26\3\3\0\4\0\0\0\0", 9, "HelloRequest" },
    { "\25\3\3\0\2\1\132", 7, "warning" },
    { "\25\3\3\0\2\1\160", 7, "unrecognized_name" },
    { "\26\3\3\0\0", 5, "empty handshake record" },
    { "\25\3\3\0\0", 5, "empty alert record" },
    { "\27\3\3\0\0", 5, "empty data record" }
  };
  size_t i;
  conn.limits.connect = 300;
  for (i = 0; i < COUNT(list); i++) {
    int      e;
    uint32_t started = clock_ms;
    srv.raw = flood_of = list[i].p;
    srv.raw_size = flood_size = list[i].n;
    srv.more = flood_raw;
    e = get();
    srv.more = NULL;
    if (e >= 0 || (uint32_t)(clock_ms - started) > 2000)
      text_add(&notes, "%s: %s\n", list[i].what, error_name(e));
    amt_http_close(&conn);
  }
  notes_check();
}

static const char unasked[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/* Sends a reply right after the server's Finished, in the same read. */
static void edit_unasked(peer *p, size_t from)
{
  (void)from;
  if (SSL_is_init_finished(p->ssl)) {
    p->edit = NULL;
    peer_write(p, unasked, strlen(unasked));
  }
}

TLS_TEST(bytes_before_the_request_are_never_its_reply)
{
  works();
  peer_write(&srv, unasked, strlen(unasked));
  peer_drain(&srv);
  works(); /* on a new connection */
  assert_int_equal(srv.opened, 2);
  amt_http_close(&conn);
  tls_forget();
  srv.heard_all = 0;
  srv.edit = edit_unasked;
  assert_int_equal(get(), AMT_E_HTTP_UNASKED);
  assert_int_equal(srv.heard.n, 0);
  works();
}

/* ------------------------------------------------------------------------
   >>flips */

/* One bit is flipped in what the server sends, at each of these positions. The
   call must fail, and step() checks that no wrong data comes through. */
static void flips(size_t from, size_t to, size_t by, int sent)
{
  size_t at;
  int    e;
  for (at = from; at < to; at += by) {
    again();
    srv.reply_size = 3000;
    srv.write_size = 700;
    conn.limits.idle = conn.limits.connect = 200;
    srv.flip_at = at;
    srv.flip = 1u << random_below(8);
    e = get();
    if (srv.flip_in_version && e == AMT_HTTP_END) continue;
    if (e >= 0)
      text_add(&notes, "byte %zu, bit %02X: %s\n", at, srv.flip, error_name(e));
    if (!sent && srv.heard.n != 0)
      text_add(&notes, "byte %zu, bit %02X: the request was sent\n", at,
               srv.flip);
  }
  notes_check();
}

static size_t handshake_size, conversation_size;

static void measure(void)
{
  begin_open();
  handshake_size = srv.to_client;
  srv.reply_size = 3000;
  srv.write_size = 700;
  amt_http_close(&conn);
  tls_forget();
  works();
  conversation_size = srv.to_client;
}

/* Nothing protects the version in a record header before there are keys, so a
   library may ignore a change there. */
SLOW_TLS_TEST(a_bit_flipped_in_the_handshake_is_an_error)
{
  random_state = 5;
  measure();
  flips(0, 12, 1, 0);
  flips(12, handshake_size - 8, 5, 0); /* signatures differ in length */
}

SLOW_TLS_TEST(a_bit_flipped_in_the_data_is_an_error)
{
  random_state = 6;
  measure();
  flips(handshake_size - 8, handshake_size + 120, 3, 1);
  flips(handshake_size + 120, conversation_size, 61, 1);
}

/* ------------------------------------------------------------------------
   >>refused: each certificate for its own reason */

TLS_TEST(servers_that_prove_nothing_are_refused)
{
  cert_spec self = { .name = "server.test", .san = "DNS:server.test",
                     .key = KEY_SERVER };
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cert_spec middle = { .name = "Middle", .key = KEY_MIDDLE,
                       .issuer = authority, .issuer_key = KEY_CA, .ca = 1 };
  X509     *good_middle = cert_make(&middle), *leaf;
  judged(&self, AMT_E_TLS_SELF_SIGNED, "self-signed");

  s.issuer = stranger, s.issuer_key = KEY_OTHER;
  leaf = cert_make(&s);
  peer_shows(&srv, leaf, KEY_SERVER, stranger);
  refused(AMT_E_TLS_ROOT, "a chain to a root that is not trusted");
  peer_shows(&srv, leaf, KEY_SERVER, NULL);
  refused(AMT_E_TLS_ISSUER, "an issuer that is not known nor sent");

  s.issuer = good_middle, s.issuer_key = KEY_MIDDLE;
  leaf = cert_make(&s);
  peer_shows(&srv, leaf, KEY_SERVER, NULL);
  refused(AMT_E_TLS_ISSUER, "the certificate between is missing");
  peer_shows(&srv, leaf, KEY_SERVER, good_middle);
  refused(AMT_HTTP_END, "the certificate between is there");
  notes_check();
}

static X509 *broken_signature(const cert_spec *s)
{
  bytes                der = cert_der(cert_make(s));
  const unsigned char *p = der.p;
  X509                *x;
  der.p[der.n - 1] ^= 1;
  x = cert_keep(d2i_X509(NULL, &p, (long)der.n));
  bytes_free(&der);
  return x;
}

TLS_TEST(chains_that_do_not_hold_are_refused)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cert_spec middle = { .name = "Middle", .key = KEY_MIDDLE,
                       .issuer = authority, .issuer_key = KEY_CA };
  /* An issuer that is no CA. */
  s.issuer = cert_make(&middle), s.issuer_key = KEY_MIDDLE;
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_USAGE, "signed by a certificate that is no authority");
  middle.ca = 1;
  middle.key_usage = "critical,digitalSignature";
  s.issuer = cert_make(&middle);
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_USAGE, "signed by one whose key may not sign certificates");
  middle.key_usage = NULL;
  /* An expired intermediate. */
  middle.until = date(NOW - 1, 0);
  s.issuer = cert_make(&middle);
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_EXPIRED, "the middle has expired");
  if (tls.report.certificate != 1)
    text_add(&notes, "expired: certificate %d, want 1\n", tls.report.certificate);
  if (tls.report.until != NOW - 1)
    text_add(&notes, "expired: until %u\n", tls.report.until);
  middle.until = NULL;
  middle.from = date(NOW + 1, 0);
  s.issuer = cert_make(&middle);
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_NOT_YET, "the middle is not valid yet");
  if (tls.report.certificate != 1)
    text_add(&notes, "not yet: certificate %d, want 1\n", tls.report.certificate);
  middle.from = NULL;
  /* A wrong signature. Both libraries skip an anchor whose key does not fit, so
     "no trusted issuer" is right as well. */
  s.issuer = cert_make(&middle);
  peer_shows(&srv, broken_signature(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_SIGNATURE, "a wrong signature");
  s = cert_like("server.test", "DNS:server.test");
  peer_shows(&srv, broken_signature(&s), KEY_SERVER, NULL);
  refused(AMT_E_TLS_ISSUER, "a wrong signature under the anchor");
  s.issuer_key = KEY_OTHER;
  judged(&s, AMT_E_TLS_ISSUER, "an impostor's signature");
  notes_check();
}

TLS_TEST(weak_and_unknown_algorithms_are_refused)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cert_spec ed = { .name = "Ed", .key = KEY_ED25519, .issuer = authority,
                   .issuer_key = KEY_CA, .ca = 1 };
  s.key = KEY_RSA_1024;
  judged(&s, AMT_E_TLS_WEAK, "an RSA key of 1024 bits");
  s.key = KEY_SERVER;
  s.md = EVP_sha1();
  judged(&s, AMT_E_TLS_ALGORITHM, "a signature with SHA-1");
  s.md = NULL;
  s.issuer = cert_make(&ed), s.issuer_key = KEY_ED25519;
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_ALGORITHM, "an Ed25519 chain");
  notes_check();
}

TLS_TEST(certificates_for_another_use_are_refused)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  s.ext_usage = "serverAuth";
  judged(&s, 0, "for servers");
  s.ext_usage = "clientAuth,serverAuth";
  judged(&s, 0, "for both");
  s.key_usage = "critical,digitalSignature";
  judged(&s, 0, "for signatures");
  s.key_usage = "critical,keyCertSign";
  judged_on_the_way(&s, AMT_E_TLS_USAGE, "a key for certificates only");
  s.key_usage = "critical,digitalSignature";
  judged(&s, 0, "and again for signatures");
  s.key_usage = NULL;
#ifdef AMT_MBEDTLS /* BearSSL does not check extended key usage */
  s.ext_usage = "clientAuth";
  judged(&s, AMT_E_TLS_USAGE, "for clients only");
#endif
  s.ext_usage = NULL;
  s.extra_nid = NID_netscape_comment; /* critical and unknown */
  s.extra = "critical,DER:16:01:41";
  judged(&s, AMT_E_TLS_CERTIFICATE, "an unknown critical extension");
  s.extra = "DER:16:01:41";
  judged(&s, 0, "an unknown extension");
  notes_check();
}

TLS_TEST(nothing_is_trusted_without_anchors)
{
  tls_trust_nobody();
  refused(AMT_E_TLS_NO_ANCHORS, "no anchors");
  if (srv.up_all != 0)
    text_add(&notes, "%zu bytes were sent without anchors\n", srv.up_all);
  notes_check();
}

TLS_TEST(without_chain_or_pin_any_server_is_accepted)
{
  cert_spec self = { .name = "x", .key = KEY_SERVER, .from = "230101000000Z",
                     .until = "240101000000Z" };
  tls_trust_nobody();
  cfg.tls.insecure_skip_chain = 1;
  judged(&self, 0, "self-signed, expired, of another name, all skipped");
  notes_check();
}

/* ------------------------------------------------------------------------
   >>dates */

TLS_TEST(the_librarys_own_number_for_a_refusal_is_reported)
{
#ifdef AMT_BEARSSL
  static const int expired = BR_ERR_X509_EXPIRED;
#else
  static const int expired = MBEDTLS_X509_BADCERT_EXPIRED;
#endif
  cert_spec s = cert_like("server.test", "DNS:server.test");
  s.until = date(NOW - 1, 0);
  judged(&s, AMT_E_TLS_EXPIRED, "expired");
  assert_int_equal(tls.report.lib_error, expired);
  notes_check();
}

TLS_TEST(a_certificate_is_valid_from_its_first_to_its_last_second)
{
  static const struct {
    const char *from, *until;
    int64_t     at;
    int         e;
  } list[] = {
    { "250615120000Z", "250616120000Z", NOW - 1, AMT_E_TLS_NOT_YET },
    { "250615120000Z", "250616120000Z", NOW, 0 },
    { "250615120000Z", "250616120000Z", NOW + DAY, 0 },
    { "250615120000Z", "250616120000Z", NOW + DAY + 1, AMT_E_TLS_EXPIRED },
    { "20250615120000Z", "20250616120000Z", NOW - 1, AMT_E_TLS_NOT_YET },
    { "20250615120000Z", "20250616120000Z", NOW, 0 },
    { "20250615120000Z", "20250616120000Z", NOW + DAY, 0 },
    { "20250615120000Z", "20250616120000Z", NOW + DAY + 1, AMT_E_TLS_EXPIRED },
    /* UTCTime covers 1950 to 2049 */
    { "491231235959Z", "20500101000000Z", 2524607998, AMT_E_TLS_NOT_YET },
    { "491231235959Z", "20500101000000Z", 2524607999, 0 },
    { "491231235959Z", "20500101000000Z", 2524608000, 0 },
    { "491231235959Z", "20500101000000Z", 2524608001, AMT_E_TLS_EXPIRED },
    { "250101000000Z", "491231235959Z", 2524607999, 0 },
    { "250101000000Z", "491231235959Z", 2524608000, AMT_E_TLS_EXPIRED },
    { "20500101000000Z", "99991231235959Z", 2524607999, AMT_E_TLS_NOT_YET },
    { "20500101000000Z", "99991231235959Z", 2524608000, 0 },
    { "20500101000000Z", "99991231235959Z", 4294967295, 0 },
    { "500101000000Z", "491231235959Z", NOW, 0 },
    { "500101000000Z", "690101000000Z", NOW, AMT_E_TLS_EXPIRED },
    { "250101000000Z", "991231235959Z", NOW, AMT_E_TLS_EXPIRED },
    { "250101000000Z", "500101000000Z", NOW, AMT_E_TLS_EXPIRED },
    /* the last year that fits 32 bits, and later ones */
    { "250101000000Z", "21051231235958Z", 4291747198, 0 },
    { "250101000000Z", "21051231235958Z", 4291747199, AMT_E_TLS_EXPIRED },
    { "250101000000Z", "21070101000000Z", 4294967295, 0 },
    { "21051231235959Z", "99991231235959Z", 4291747198, AMT_E_TLS_NOT_YET },
    { "21051231235959Z", "99991231235959Z", 4291747199, 0 },
    { "22000101000000Z", "99991231235959Z", NOW, AMT_E_TLS_NOT_YET },
    /* leap days */
    { "240229000000Z", "240229235959Z", 1709251199, 0 },
    { "240229000000Z", "240229235959Z", 1709251200, AMT_E_TLS_EXPIRED },
    { "240301000000Z", "20240302000000Z", 1709251199, AMT_E_TLS_NOT_YET },
    { "240301000000Z", "20240302000000Z", 1709251200, 0 },
    { "250101000000Z", "21000228235959Z", 4107542399, 0 },
    { "250101000000Z", "21000228235959Z", 4107542400, AMT_E_TLS_EXPIRED },
    { "21000301000000Z", "21000302000000Z", 4107542399, AMT_E_TLS_NOT_YET },
    { "21000301000000Z", "21000302000000Z", 4107542400, 0 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    cert_spec s = cert_like("server.test", "DNS:server.test");
    char      what[100];
    s.from = list[i].from;
    s.until = list[i].until;
    clock_s = list[i].at;
    snprintf(what, sizeof what, "%s to %s at %lld", s.from, s.until,
             (long long)clock_s);
    judged(&s, list[i].e, what);
    if (list[i].e != 0 && tls.report.certificate != 0)
      text_add(&notes, "%s: certificate %d\n", what, tls.report.certificate);
  }
  notes_check();
}

TLS_TEST(the_dates_are_reported)
{
  static const struct { const char *from, *until; uint32_t a, b; } list[] = {
    { "250615120000Z", "250616120000Z", (uint32_t)NOW, (uint32_t)(NOW + DAY) },
    { "19700101000001Z", "20500101000000Z", 1, 2524608000u },
    { "20250615120000Z", "99991231235959Z", (uint32_t)NOW, 0xFFFFFFFFu },
    { "20240229235959Z", "21070101000000Z", 1709251199u, 0xFFFFFFFFu },
    { "20000229235959Z", "21051231235959Z", 951868799u, 4291747199u },
    { "700301000000Z", "21500101000000Z", 5097600u, 0xFFFFFFFFu },
    { "240101000000Z", "240102000000Z", 1704067200u, 1704153600u },
    { "22000101000000Z", "99991231235959Z", 0xFFFFFFFFu, 0xFFFFFFFFu }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    cert_spec s = cert_like("server.test", "DNS:server.test");
    uint8_t   pin[32];
    s.from = list[i].from;
    s.until = list[i].until;
    peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
    amt_http_close(&conn);
    tls_forget();
    get(); /* some are refused, but all are reported */
    if (tls.report.from != list[i].a || tls.report.until != list[i].b)
      text_add(&notes, "%s to %s: %u to %u\n", s.from, s.until, tls.report.from,
               tls.report.until);
    key_pin(pin, KEY_SERVER);
    if (memcmp(pin, tls.report.pin, 32) != 0)
      text_add(&notes, "%s to %s: another pin\n", s.from, s.until);
  }
  notes_check();
}

/* (mbedTLS accepts dates without the Z, BearSSL accepts fractions.) */
TLS_TEST(invalid_dates_are_refused)
{
  static const char *const list[] = {
    "2506151200Z", "251315000000Z", "250631000000Z", "250230000000Z",
    "25061500000aZ", "250615240000Z", "250615126000Z",
    "2506151200+00", "Z", "",
    "21000229000000Z", "202506151200Z", "250600000000Z", "250015000000Z",
    "20250615120000+0100"
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    cert_spec s = cert_like("server.test", "DNS:server.test");
    int       e;
    s.from = list[i];
    s.until = "99991231235959Z";
    clock_s = 4200000000;
    peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
    amt_http_close(&conn);
    tls_forget();
    srv.heard_all = 0;
    e = get();
    if (e >= 0) text_add(&notes, "\"%s\": taken\n", list[i]);
    if (srv.heard_all != 0) text_add(&notes, "\"%s\": sent\n", list[i]);
    if (e == AMT_E_TLS_EXPIRED || e == AMT_E_TLS_NOT_YET)
      text_add(&notes, "\"%s\": %s\n", list[i], error_name(e));
  }
  notes_check();
}

TLS_TEST(insecure_skip_dates_skips_dates_alone)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cfg.tls.insecure_skip_dates = 1;
  s.from = "230101000000Z";
  s.until = "240101000000Z";
  judged(&s, 0, "expired");
  s.until = "300101000000Z";
  s.from = "290101000000Z";
  judged(&s, 0, "not yet valid");
  clock_s = 0;
  judged(&s, 0, "no clock");
  s.issuer = stranger, s.issuer_key = KEY_OTHER;
  judged(&s, AMT_E_TLS_ISSUER, "an unknown issuer");
  s = cert_like("other.test", "DNS:other.test");
  s.from = "230101000000Z";
  s.until = "240101000000Z";
  judged(&s, AMT_E_TLS_NAME, "another name");
  notes_check();
}

/* ------------------------------------------------------------------------
   >>names */

typedef struct name_case {
  const char *host, *san, *cn;
  int         e;
} name_case;

static void judge_names(const name_case *list, size_t n)
{
  size_t i;
  for (i = 0; i < n; i++) {
    cert_spec s = cert_like(list[i].cn ? list[i].cn : "x", list[i].san);
    char      what[200];
    go_to(list[i].host, 443);
    snprintf(what, sizeof what, "%s for %s (CN %s)",
             list[i].san ? list[i].san : "no SAN", list[i].host, s.name);
    judged(&s, list[i].e, what);
  }
  notes_check();
}

TLS_TEST(names_in_certificates)
{
  static const name_case list[] = {
    { "server.test", "DNS:server.test", NULL, 0 },
    { "server.test", "critical,DNS:server.test", NULL, 0 },
    { "server.test", "DNS:a.test,IP:192.0.2.1,DNS:server.test,DNS:z.test", NULL,
      0 },
    { "SERVER.Test", "DNS:server.test", NULL, 0 },
    { "server.test", "DNS:Server.TEST", NULL, 0 },
    { "server.test", "DNS:other.test", NULL, AMT_E_TLS_NAME },
    { "server.test", "DNS:server.tes", NULL, AMT_E_TLS_NAME },
    { "server.test", "DNS:server.test2", NULL, AMT_E_TLS_NAME },
    { "server.test", "DNS:xserver.test", NULL, AMT_E_TLS_NAME },
    { "server.test", "DNS:a.server.test", NULL, AMT_E_TLS_NAME },
    { "server.test", "DNS:test", NULL, AMT_E_TLS_NAME },
    { "server.test", "email:server.test@server.test", NULL, AMT_E_TLS_NAME },
    { "server.test", "URI:https://server.test", NULL, AMT_E_TLS_NAME },
    { "server.test", "IP:192.0.2.1", NULL, AMT_E_TLS_NAME },
    { "server.test", NULL, "other.test", AMT_E_TLS_NAME },
    /* the common name is ignored when there is a SAN */
    { "server.test", "DNS:other.test", "server.test", AMT_E_TLS_NAME },
    /* a wildcard replaces the whole first label */
    { "a.wild.test", "DNS:*.wild.test", NULL, 0 },
    { "A.Wild.TEST", "DNS:*.wild.test", NULL, 0 },
    { "a.b.wild.test", "DNS:*.wild.test", NULL, AMT_E_TLS_NAME },
    { "wild.test", "DNS:*.wild.test", NULL, AMT_E_TLS_NAME },
    { "ab.wild.test", "DNS:a*.wild.test", NULL, AMT_E_TLS_NAME },
    { "a.wild.test", "DNS:a.*.test", NULL, AMT_E_TLS_NAME },
    { "a.b.wild.test", "DNS:*.*.wild.test", NULL, AMT_E_TLS_NAME },
    { "a.wild.test", "DNS:*", NULL, AMT_E_TLS_NAME },
    /* "server.test" NUL ".evil" */
    { "server.test", "DER:30:12:82:10:73:65:72:76:65:72:2e:74:65:73:74:00:65:"
                     "76:69:6c", NULL, AMT_E_TLS_NAME },
    /* an empty dNSName */
    { "server.test", "DER:30:02:82:00", NULL, AMT_E_TLS_NAME }
  };
  judge_names(list, COUNT(list));
}

TLS_TEST(a_dot_at_the_end_of_a_host_is_no_part_of_its_name)
{
  static const name_case list[] = {
    { "server.test.", "DNS:server.test", NULL, 0 },
    { "a.wild.test.", "DNS:*.wild.test", NULL, 0 },
    { "server.test.", "DNS:other.test", NULL, AMT_E_TLS_NAME }
  };
  judge_names(list, COUNT(list));
}

/* An otherName that contains the bytes of an iPAddress 1.2.3.4. */
#define OTHER_NAME(size) \
  "DER:30:" size ":a0:0f:06:03:2a:03:04:a0:08:04:06:87:04:01:02:03:04"

/* mbedTLS 3.6 parses addresses itself and calls those of a wrong length
   malformed. */
#if defined(AMT_MBEDTLS) && MBEDTLS_VERSION_NUMBER >= 0x03060000
#define ODD_IP AMT_E_TLS_CERTIFICATE
#else
#define ODD_IP AMT_E_TLS_IP
#endif

TLS_TEST(addresses_in_certificates)
{
  static const name_case list[] = {
    { "192.0.2.1", "IP:192.0.2.1", NULL, 0 },
    { "192.0.2.1", "critical,IP:192.0.2.1", NULL, 0 },
    { "192.0.2.1", "IP:192.0.2.7,DNS:a.test,IP:192.0.2.1,DNS:b.test", NULL, 0 },
    { "192.0.2.1", "DNS:a.test,DNS:b.test,IP:2001:db8::1,IP:192.0.2.1", NULL,
      0 },
    { "192.0.2.1", "IP:192.0.2.1,IP:192.0.2.2,IP:2001:db8::1", NULL, 0 },
    { "192.0.2.2", "IP:192.0.2.1,IP:192.0.2.2,IP:2001:db8::1", NULL, 0 },
    { "[2001:db8::1]", "IP:192.0.2.1,IP:192.0.2.2,IP:2001:db8::1", NULL, 0 },
    { "[2001:db8::1]", "IP:2001:db8::2,IP:2001:db8::1", NULL, 0 },
    { "[2001:DB8:0:0::1]", "IP:2001:db8::1", NULL, 0 },
    { "[::ffff:192.0.2.1]", "IP:::ffff:192.0.2.1", NULL, 0 },
    { "192.0.2.1", "IP:192.0.2.2", NULL, AMT_E_TLS_IP },
    { "192.0.2.1", "IP:192.0.3.1", NULL, AMT_E_TLS_IP },
    { "192.0.2.1", "IP:193.0.2.1", NULL, AMT_E_TLS_IP },
    { "[2001:db8::1]", "IP:2001:db8::2", NULL, AMT_E_TLS_IP },
    { "[2001:db8::1]", "IP:2001:db9::1", NULL, AMT_E_TLS_IP },
    /* an IPv4-mapped address is a different address */
    { "192.0.2.1", "IP:::ffff:192.0.2.1", NULL, AMT_E_TLS_IP },
    { "[::ffff:192.0.2.1]", "IP:192.0.2.1", NULL, AMT_E_TLS_IP },
    { "[::192.0.2.1]", "IP:192.0.2.1", NULL, AMT_E_TLS_IP },
    /* an address given as text does not count */
    { "192.0.2.1", NULL, "192.0.2.1", AMT_E_TLS_IP },
    { "192.0.2.1", "DNS:192.0.2.1", NULL, AMT_E_TLS_IP },
    { "192.0.2.1", "DNS:*.0.2.1", NULL, AMT_E_TLS_IP },
    { "192.0.2.1", "DNS:192.0.2.1,IP:192.0.2.2", "192.0.2.1", AMT_E_TLS_IP },
    { "192.0.2.1", "email:a@192.0.2.1,URI:https://192.0.2.1/", NULL,
      AMT_E_TLS_IP },
    { "192.0.2.1", NULL, NULL, AMT_E_TLS_IP },
    /* prefixes, netmasks, wrong lengths */
    { "192.0.2.1", "DER:30:12:87:10:c0:00:02:01:00:00:00:00:00:00:00:00:00:00:"
                   "00:00", NULL, AMT_E_TLS_IP },
    { "192.0.2.1", "DER:30:0a:87:08:c0:00:02:01:ff:ff:ff:ff", NULL, ODD_IP },
    { "192.0.2.1", "DER:30:05:87:03:c0:00:02", NULL, ODD_IP },
    { "192.0.2.1", "DER:30:07:87:05:c0:00:02:01:00", NULL, ODD_IP },
    { "192.0.2.0", "DER:30:05:87:03:c0:00:02", NULL, ODD_IP },
    { "[::]", "DER:30:02:87:00", NULL, ODD_IP },
    { "0.0.0.0", "DER:30:02:87:00", NULL, ODD_IP },
    /* the right bytes under another tag, or inside another name */
    { "192.0.2.1", "DER:30:06:82:04:c0:00:02:01", NULL, AMT_E_TLS_IP },
    { "192.0.2.1", "DER:30:06:86:04:c0:00:02:01", NULL, AMT_E_TLS_IP },
    { "1.2.3.4", OTHER_NAME("11"), NULL, AMT_E_TLS_IP },
    { "1.2.3.4", OTHER_NAME("17") ":87:04:01:02:03:04", NULL, 0 }
  };
  judge_names(list, COUNT(list));
}

/* Only tag 87 is an iPAddress. These differ in class, form or number. The
   library may reject the certificate before we look for the address. */
TLS_TEST(an_address_under_a_similar_tag_does_not_count)
{
  static const char *const list[] = { "07", "47", "8f", "97", "a7", "c7" };
  size_t i;
  go_to("192.0.2.1", 443);
  for (i = 0; i < COUNT(list); i++) {
    cert_spec s = cert_like("x", NULL);
    char      san[60];
    int       e;
    snprintf(san, sizeof san, "DER:30:06:%s:04:c0:00:02:01", list[i]);
    s.san = san;
    odd_der = cert_der(cert_make(&s));
    srv.edit = edit_certificate;
    e = get();
    if ((e != AMT_E_TLS_IP && e != AMT_E_TLS_CERTIFICATE) || srv.heard_all != 0)
      text_add(&notes, "%s: %s\n", san, error_name(e));
    amt_http_close(&conn);
    bytes_free(&odd_der);
  }
  notes_check();
}

TLS_TEST(an_address_among_many_names_is_found)
{
  static text san;
  size_t      at, i;
  go_to("[2001:db8::1]", 443);
  for (at = 0; at <= 120; at += 40) {
    cert_spec s = cert_like("many", NULL);
    text_clear(&san);
    for (i = 0; i <= 120; i++)
      if (i == at) text_add(&san, "%sIP:2001:db8::1", i ? "," : "");
      else text_add(&san, "%sDNS:host-%zu.some-long-name.test", i ? "," : "",
                    i);
    s.san = san.s;
    judged(&s, 0, "among many");
    go_to("host-3.some-long-name.test", 443);
    judged(&s, 0, "a name among many");
    go_to("[2001:db8::2]", 443);
    judged(&s, AMT_E_TLS_IP, "not among many");
    go_to("[2001:db8::1]", 443);
  }
  notes_check();
}

TLS_TEST(only_the_servers_own_names_count)
{
  cert_spec middle = { .name = "server.test", .key = KEY_MIDDLE,
                       .issuer = authority, .issuer_key = KEY_CA, .ca = 1,
                       .san = "DNS:server.test,IP:192.0.2.1" };
  cert_spec s = cert_like("x", "DNS:other.test,IP:192.0.2.9");
  X509     *leaf;
  s.issuer = cert_make(&middle);
  s.issuer_key = KEY_MIDDLE;
  leaf = cert_make(&s);
  peer_shows(&srv, leaf, KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_NAME, "a name in the middle");
  go_to("192.0.2.1", 443);
  refused(AMT_E_TLS_IP, "an address in the middle");
  go_to("192.0.2.9", 443);
  refused(AMT_HTTP_END, "an address in the server's, with a middle");
  srv.heard_all = 0;
  s.extra_nid = NID_issuer_alt_name;
  s.extra = "IP:192.0.2.1,DNS:server.test";
  s.issuer = authority, s.issuer_key = KEY_CA;
  go_to("192.0.2.1", 443);
  judged(&s, AMT_E_TLS_IP, "an address of the issuer");
  go_to("server.test", 443);
  judged(&s, AMT_E_TLS_NAME, "a name of the issuer");
  notes_check();
}

TLS_TEST(a_name_given_replaces_the_hosts)
{
  static const struct { const char *host, *name; int e; } list[] = {
    { "10.9.8.7", "server.test", AMT_HTTP_END },
    { "elsewhere.test", "server.test", AMT_HTTP_END },
    { "elsewhere.test", "192.0.2.1", AMT_HTTP_END },
    { "server.test", "elsewhere.test", AMT_E_TLS_NAME },
    { "server.test", "192.0.2.2", AMT_E_TLS_IP },
    { "192.0.2.1", "192.0.2.2", AMT_E_TLS_IP }
  };
  static char long_name[255];
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    cfg.tls.name = list[i].name;
    go_to(list[i].host, 443);
    srv.heard_all = 0;
    refused(list[i].e, list[i].name);
  }
  cfg.tls.name = memset(long_name, 'a', sizeof long_name - 1);
  refused(AMT_E_TLS_NO_NAME, "a name of 254 bytes");
  cfg.tls.name = edge_after("");
  srv.heard_all = srv.up_all = 0;
  refused(AMT_E_TLS_NO_NAME, "an empty name");
  if (srv.up_all != 0) text_add(&notes, "bytes were sent without a name\n");
  notes_check();
}

/* ------------------------------------------------------------------------
   >>pins */

TLS_TEST(pins_are_checked_with_and_without_a_chain)
{
  cert_spec self = { .name = "x", .key = KEY_SERVER, .from = "230101000000Z",
                     .until = "240101000000Z" };
  X509     *own = cert_make(&self);
  uint8_t   pins[3][32];
  int       skip, i;
  for (skip = 0; skip < 2; skip++) {
    cfg.tls.insecure_skip_chain = (uint8_t)skip;
    if (skip) peer_shows(&srv, own, KEY_SERVER, NULL);
    cfg.tls.pins = (const uint8_t (*)[32])pins;
    memset(pins, 0, sizeof pins);
    cfg.tls.pin_count = 3;
    for (i = 0; i < 3; i++) { /* the right pin at each place */
      memset(pins, 0x5A, sizeof pins);
      key_pin(pins[i], KEY_SERVER);
      srv.heard_all = 0;
      refused(AMT_HTTP_END, "one of three");
      tls_forget();
    }
    cfg.tls.pin_count = 2; /* the third pin is out of the count */
    srv.heard_all = 0;
    refused(AMT_E_TLS_PIN, "the one after the last");
    key_pin(pins[0], KEY_OTHER);
    refused(AMT_E_TLS_PIN, "another key's");
    cfg.tls.pin_count = 1;
    for (i = 0; i < 32; i++) { /* every byte of the pin counts */
      key_pin(pins[0], KEY_SERVER);
      pins[0][i] ^= (uint8_t)(1 << (i % 8));
      refused(AMT_E_TLS_PIN, "one bit off");
    }
    memset(pins[0], 0, 32);
    refused(AMT_E_TLS_PIN, "zeros");
    key_pin(pins[0], KEY_CA);
    refused(AMT_E_TLS_PIN, "the authority's key");
    key_pin(pins[0], KEY_SERVER);
    refused(AMT_HTTP_END, "the right one");
    tls_forget();
  }
  notes_check();
}

TLS_TEST(a_pin_does_not_replace_the_chain)
{
  uint8_t   pins[1][32];
  cert_spec s = cert_like("server.test", "DNS:server.test");
  key_pin(pins[0], KEY_SERVER);
  cfg.tls.pins = (const uint8_t (*)[32])pins;
  cfg.tls.pin_count = 1;
  s.from = "230101000000Z";
  s.until = "240101000000Z";
  judged(&s, AMT_E_TLS_EXPIRED, "expired, pinned");
  s = cert_like("other.test", "DNS:other.test");
  judged(&s, AMT_E_TLS_NAME, "another name, pinned");
  s = cert_like("server.test", "DNS:server.test");
  s.issuer = stranger, s.issuer_key = KEY_OTHER;
  judged(&s, AMT_E_TLS_ISSUER, "a stranger's, pinned");
  notes_check();
}

TLS_TEST(a_pinned_rsa_key)
{
  static const int which[] = { KEY_RSA, KEY_P384, KEY_SERVER };
  uint8_t   pins[1][32];
  size_t    i;
  cfg.tls.pins = (const uint8_t (*)[32])pins;
  cfg.tls.pin_count = 1;
  for (i = 0; i < COUNT(which); i++) {
    cert_spec s = cert_like("server.test", "DNS:server.test");
    s.key = which[i];
    key_pin(pins[0], which[i]);
    judged(&s, 0, "pinned");
    assert_memory_equal(tls.report.pin, pins[0], 32);
    cfg.tls.insecure_skip_chain = 1;
    judged(&s, 0, "pinned, alone");
    cfg.tls.insecure_skip_chain = 0;
    pins[0][31] ^= 1;
    judged(&s, AMT_E_TLS_PIN, "not pinned");
  }
  notes_check();
}

/* A certificate is public, so the server must also prove that it has the key.
   This holds for a pinned one without chain checks, too. */
static void editing_signature(peer *p, size_t from)
{
  size_t i;
  for (i = from; i + 9 < p->down.n;) { /* each record, one message in each */
    size_t n = (size_t)(p->down.p[i + 3] << 8 | p->down.p[i + 4]);
    if (p->down.p[i] == 22 && p->down.p[i + 5] == 12) /* ServerKeyExchange */
      p->down.p[i + 5 + n - 1] ^= 1;
    i += 5 + n;
  }
}

TLS_TEST(a_pinned_certificate_without_its_key_is_refused)
{
  uint8_t pins[1][32];
  int     e;
  key_pin(pins[0], KEY_SERVER);
  cfg.tls.pins = (const uint8_t (*)[32])pins;
  cfg.tls.pin_count = 1;
  cfg.tls.insecure_skip_chain = 1;
  srv.edit = editing_signature;
  e = get();
  assert_true(e < 0);
  assert_int_equal(srv.heard_all, 0);
  srv.edit = NULL;
  works();
}

/* ------------------------------------------------------------------------
   >>random */

TLS_TEST(without_randomness_nothing_is_sent)
{
  source.good_calls = 0;
  refused(AMT_E_TLS_RANDOM, "no randomness");
  assert_int_equal(srv.up_all, 0);
  notes_check();
  source.calls = 0;
  source.good_calls = -1;
  works();
}

TLS_TEST(a_source_that_dries_up_is_an_error)
{
  long all, n;
  works();
  all = source.calls;
  assert_true(all > 0);
  for (n = 0; n < all; n++) {
    int e;
    amt_http_close(&conn);
    tls_forget();
    source.calls = 0;
    source.good_calls = n;
    srv.heard_all = 0;
    e = get();
    if (e == AMT_HTTP_END && source.calls <= n) continue;
    if (e != AMT_E_TLS_RANDOM || srv.heard_all != 0)
      text_add(&notes, "call %ld of %ld: %s\n", n, all, error_name(e));
  }
  notes_check();
}

/* BearSSL mixes in the system's randomness where there is any. */
TLS_TEST(the_callers_randomness_is_used)
{
  unsigned char first[28];
  int           i;
  source.seed = 77;
  works();
  assert_true(source.bytes >= 28);
  memcpy(first, srv.client_random + 4, 28); /* the first 4 may be the time */
  for (i = 0; i < 2; i++) {
    again();
    source.seed = i == 0 ? 77 : 78;
    works();
    assert_true(source.bytes >= 28);
    assert_int_equal(memcmp(first, srv.client_random + 4, 28) == 0,
                     BY(0, i == 0));
  }
}

TLS_TEST(the_systems_randomness_differs_each_time)
{
  unsigned char first[32];
  cfg.tls.random = NULL;
  works();
  memcpy(first, srv.client_random, 32);
  amt_http_close(&conn);
  works();
  assert_memory_not_equal(first, srv.client_random, 32);
  assert_int_equal(source.calls, 0);
}

/* ------------------------------------------------------------------------
   >>clock */

TLS_TEST(without_a_clock_nothing_is_sent)
{
  static const int64_t list[] = { 0, 1, 1600000000, AMT_BUILD_TIME - 1 };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    char what[40];
    clock_s = list[i];
    snprintf(what, sizeof what, "at %lld", (long long)clock_s);
    refused(AMT_E_TLS_CLOCK, what);
    if (srv.up_all != 0) text_add(&notes, "%s: bytes were sent\n", what);
    srv.up_all = 0;
  }
  clock_s = AMT_BUILD_TIME; /* valid, but before the certificate's first day */
  refused(AMT_E_TLS_NOT_YET, "at the build's time");
  notes_check();
  clock_s = NOW;
  works();
}

TLS_TEST(the_systems_clock_is_used_where_there_is_none)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  int64_t   real = (int64_t)time(NULL);
  clock_s = 0;
  cfg.tls.time = NULL;
  s.from = date(real - 100, 1);
  s.until = date(real + 100, 1);
  judged(&s, 0, "now");
  s.until = date(real - 5, 1);
  judged(&s, AMT_E_TLS_EXPIRED, "expired by the system's clock");
  s.from = date(real + 100, 1);
  s.until = date(real + 200, 1);
  judged(&s, AMT_E_TLS_NOT_YET, "not yet by the system's clock");
  notes_check();
}

TLS_TEST(pins_alone_need_no_clock)
{
  uint8_t pins[1][32];
  key_pin(pins[0], KEY_SERVER);
  cfg.tls.pins = (const uint8_t (*)[32])pins;
  cfg.tls.pin_count = 1;
  cfg.tls.insecure_skip_chain = 1;
  tls_trust_nobody();
  clock_s = 0;
  works();
}

/* ------------------------------------------------------------------------
   >>resumption */

/* Opens a new connection. Was the session resumed? Both ends must agree. */
static int resumes(void)
{
  amt_http_close(&conn);
  works();
  if (tls.report.resumed != srv.resumed)
    fail_msg("client: resumed %d, server: %d", tls.report.resumed, srv.resumed);
  return srv.resumed;
}

TLS_TEST(a_second_connection_resumes)
{
  int     tickets, i;
  uint8_t zeros[32] = { 0 };
  for (tickets = 0; tickets < 2; tickets++) {
    again();
    if (tickets) SSL_CTX_clear_options(srv.ctx, SSL_OP_NO_TICKET);
    assert_int_equal(resumes(), 0);
    assert_int_equal(BY(cfg.saved.session_id_len != 0, cfg.saved_until != 0), 1);
    for (i = 0; i < 3; i++) {
      assert_int_equal(resumes(), 1);
      assert_memory_equal(tls.report.pin, zeros, 32); /* none was shown */
      assert_int_equal(tls.report.from, 0);
      assert_int_equal(tls.report.until, 0);
    }
    tls_forget();
    assert_int_equal(BY(cfg.saved.session_id_len != 0, cfg.saved_until != 0), 0);
    assert_int_equal(resumes(), 0);
    assert_int_equal(resumes(), 1);
  }
}

TLS_TEST(a_second_stream_of_the_same_server_resumes)
{
  works();
  amt_http_close(&conn);
  tls_attach(); /* a fresh stream */
  works();
  assert_int_equal(tls.report.resumed, 1);
}

TLS_TEST(what_a_session_was_verified_for_must_be_the_same)
{
  static uint8_t pins[2][32];
  bytes chain = { NULL, 0, 0 }, pem = { NULL, 0, 0 };
  int   i, full;
  cert_pem(&chain, usual);
  key_pem(&pem, KEY_SERVER, 1);
  for (i = 0; i < 13; i++) {
    again();
    key_pin(pins[0], KEY_SERVER);
    key_pin(pins[1], KEY_OTHER);
    if (i == 7 || i == 8 || i == 11) {
      cfg.tls.pins = (const uint8_t (*)[32])pins;
      cfg.tls.pin_count = i == 11 ? 2 : 1;
    }
    assert_int_equal(resumes(), 0);
    assert_int_equal(resumes(), 1);
    full = 1;
    switch (i) {
    case 0: go_to("second.test", 8443); break;
    case 1: go_to("server.test", 8444); break;
    case 2: cfg.tls.name = "second.test"; break;
    case 3:
      cfg.tls.pins = (const uint8_t (*)[32])pins;
      cfg.tls.pin_count = 1;
      break;
    case 4: tls_trust(1, authority); break;
    case 5: cfg.tls.insecure_skip_chain = 1; break;
    case 6: cfg.tls.insecure_skip_dates = 1; break;
    case 7: cfg.tls.pin_count = 2; break;
    case 8: cfg.tls.pins = NULL, cfg.tls.pin_count = 0; break;
    case 9: go_to("192.0.2.1", 8443); break;
    case 10:
      assert_int_equal(tls_client(&chain, &pem), 0);
      tls_no_client(); /* reading a key may forget the session */
      resumes();
      resumes();
      assert_int_equal(tls_client(&chain, &pem), 0);
      break;
    case 11: key_pin(pins[1], KEY_CA); break; /* one pin replaced */
    default: full = 0; break; /* nothing changed */
    }
    if (resumes() != !full)
      text_add(&notes, "change %d: %s\n", i,
               full ? "resumed" : "not resumed");
    if (resumes() != 1) text_add(&notes, "change %d: then not resumed\n", i);
  }
  bytes_free(&chain);
  bytes_free(&pem);
  notes_check();
}

/* A session made without chain checks is not resumed by a client that makes
   them. */
TLS_TEST(a_session_of_an_impostor_is_not_resumed)
{
  cert_spec self = { .name = "server.test", .san = "DNS:server.test",
                     .key = KEY_SERVER };
  cfg.tls.insecure_skip_chain = 1;
  peer_shows(&srv, cert_make(&self), KEY_SERVER, NULL);
  assert_int_equal(resumes(), 0);
  assert_int_equal(resumes(), 1);
  cfg.tls.insecure_skip_chain = 0;
  amt_http_close(&conn);
  srv.heard_all = 0;
  refused(AMT_E_TLS_SELF_SIGNED, "the same server, with checks");
  notes_check();
}

TLS_TEST(a_refused_certificate_saves_no_session)
{
  cert_spec s = cert_like("other.test", "DNS:other.test");
  int       i;
  peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
  for (i = 0; i < 3; i++) {
    refused(AMT_E_TLS_NAME, "another name");
    assert_int_equal(BY(cfg.saved.session_id_len != 0, cfg.saved_until != 0), 0);
  }
  notes_check();
}

TLS_TEST(a_saved_session_ends_after_a_day)
{
  assert_int_equal(resumes(), 0);
  assert_in_range(cfg.saved_until, NOW + 1, NOW + DAY);
  clock_s = cfg.saved_until - 1;
  assert_int_equal(resumes(), 1);
  assert_in_range(cfg.saved_until, NOW + 1, NOW + DAY); /* not extended */
  clock_s = (int64_t)cfg.saved_until;
  assert_int_equal(resumes(), 0);
  clock_s = NOW; /* the clock went back */
  works();
  assert_true((int64_t)cfg.saved_until <= NOW + 2 * DAY + 2);
}

/* The certificate expires within the day, and the session with it. */
TLS_TEST(a_session_does_not_outlive_its_certificate)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  s.until = date(NOW + 100, 0);
  peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
  assert_int_equal(resumes(), 0);
  clock_s = NOW + 99;
  assert_int_equal(resumes(), 1);
  clock_s = NOW + 101;
  srv.heard_all = 0;
  refused(AMT_E_TLS_EXPIRED, "a session, after its certificate's end");
  notes_check();
}

TLS_TEST(a_server_that_forgot_gives_a_full_handshake)
{
  int tickets;
  for (tickets = 0; tickets < 2; tickets++) {
    unsigned char keys[80];
    again();
    if (tickets) SSL_CTX_clear_options(srv.ctx, SSL_OP_NO_TICKET);
    assert_int_equal(resumes(), 0);
    assert_int_equal(resumes(), 1);
    SSL_CTX_flush_sessions(srv.ctx, 0x7FFFFFFF);
    memset(keys, 7, sizeof keys);
    SSL_CTX_set_tlsext_ticket_keys(srv.ctx, keys, sizeof keys);
    assert_int_equal(resumes(), 0);
    assert_int_equal(resumes(), 1);
    /* Another server takes its place, with an unknown certificate. */
    peer_shows(&srv, authority, KEY_CA, NULL);
    srv.heard_all = 0;
    amt_http_close(&conn);
    assert_true(get() < 0);
    assert_int_equal(srv.heard_all, 0);
    peer_shows(&srv, usual, KEY_SERVER, NULL);
    assert_int_equal(resumes(), 0);
    assert_int_equal(resumes(), 1);
  }
}

TLS_TEST(a_failed_resumption_does_not_poison_later_ones)
{
  long all, n;
  works();
  assert_int_equal(resumes(), 1);
  n = srv.calls;
  assert_int_equal(resumes(), 1);
  all = srv.calls - n;
  for (n = 1; n <= all; n++) {
    int i;
    amt_http_close(&conn);
    srv.fail_with = n & 1 ? AMT_E_RESET : AMT_E_EOF;
    srv.fail_at = srv.calls + n;
    get();
    srv.fail_at = 0;
    resumes(); /* works, resumed or not */
    for (i = 0; i < 2; i++)
      if (resumes() != 1) text_add(&notes, "after call %ld: not resumed\n", n);
  }
  /* A wrong Finished. */
  for (n = 0; n < 60; n += 7) {
    amt_http_close(&conn);
    srv.flip = 1;
    srv.flip_at = 80 + (size_t)n;
    get();
    srv.flip = 0;
    resumes();
    resumes();
    if (resumes() != 1) text_add(&notes, "after flip %ld: not resumed\n", n);
  }
  notes_check();
}

/* Only the server that knows the session's master secret can resume it. */
TLS_TEST(an_impostor_cannot_resume)
{
  int e;
  works();
  assert_int_equal(resumes(), 1);
  /* The secrets differ: Finished does not verify, and nothing is sent. */
#ifdef AMT_BEARSSL
  cfg.saved.master_secret[5] ^= 1;
#else
  cfg.saved.MEMBER(master)[5] ^= 1;
#endif
  amt_http_close(&conn);
  srv.heard_all = 0;
  e = get();
  assert_true(e < 0);
  assert_int_equal(srv.heard_all, 0);
  resumes();
  resumes();
  assert_int_equal(resumes(), 1);
}

/* ------------------------------------------------------------------------
   >>wire */

static size_t handshake_on_wire(int resumed)
{
  amt_http_close(&conn);
  begin_open();
  assert_int_equal(tls.report.resumed, resumed);
  return srv.to_client + srv.to_server;
}

TLS_TEST(a_resumed_handshake_is_short)
{
  size_t full, resumed;
  full = handshake_on_wire(0);
  print_message("           full handshake:    %4zu bytes up, %4zu down\n",
                srv.to_server, srv.to_client);
  resumed = handshake_on_wire(1);
  print_message("           resumed handshake: %4zu bytes up, %4zu down, %zu\n",
                srv.to_server, srv.to_client, resumed);
  assert_true(full < 2000);
#ifdef AMT_BEARSSL
  assert_in_range(resumed, 1, 400);
#else
  assert_in_range(resumed, 1, 1200);
#endif
}

/* ------------------------------------------------------------------------
   >>client-certificates */

typedef struct proof {
  bytes chain, key;
} proof;

static void proof_free(proof *p)
{
  bytes_free(&p->chain);
  bytes_free(&p->key);
}

static proof proof_make(int which, int pkcs8, X509 *issuer, int issuer_key,
                        X509 *middle)
{
  proof     p = { { NULL, 0, 0 }, { NULL, 0, 0 } };
  cert_spec s = { .name = "a client", .key = which, .issuer = issuer,
                  .issuer_key = issuer_key, .ext_usage = "clientAuth" };
  cert_pem(&p.chain, cert_make(&s));
  if (middle != NULL) cert_pem(&p.chain, middle);
  key_pem(&p.key, which, pkcs8);
  return p;
}

static void shows_proof(const proof *p)
{
  int e = tls_client(&p->chain, &p->key);
  if (e != 0) fail_msg("the client's certificate and key: %s", error_name(e));
}

TLS_TEST(a_client_certificate_is_shown)
{
  static const int which[] = { KEY_CLIENT, KEY_RSA, KEY_P384 };
  static const char *const ciphers[] = {
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"
  };
  size_t i, k;
  int    pkcs8;
  for (i = 0; i < COUNT(which); i++)
    for (pkcs8 = 0; pkcs8 < 2; pkcs8++)
      for (k = 0; k < COUNT(ciphers); k++) {
        proof p;
        int   e;
        again();
        MUST(SSL_CTX_set_cipher_list(srv.ctx, ciphers[k]));
        p = proof_make(which[i], pkcs8, authority, KEY_CA, NULL);
        shows_proof(&p);
        proof_free(&p);
        peer_demands(&srv, authority);
        e = get();
        if (e != AMT_HTTP_END)
          text_add(&notes, "key %d, %s, %s: %s (library %d)\n", which[i],
                   pkcs8 ? "PKCS #8" : "traditional", ciphers[k],
                   error_name(e), tls.report.lib_error);
        if (e == AMT_HTTP_END && !resumes())
          text_add(&notes, "key %d: not resumed\n", which[i]);
      }
  notes_check();
}

TLS_TEST(a_client_shows_a_chain)
{
  static const int which[] = { KEY_CLIENT, KEY_RSA };
  size_t i;
  for (i = 0; i < 4; i++) {
    cert_spec middle = { .name = "Middle", .key = i / 2 ? KEY_RSA : KEY_MIDDLE,
                         .issuer = authority, .issuer_key = KEY_CA, .ca = 1 };
    X509 *m;
    proof p;
    int   e;
    again();
    m = cert_make(&middle);
    p = proof_make(which[i % 2], 1, m, middle.key, m);
    shows_proof(&p);
    proof_free(&p);
    peer_demands(&srv, authority);
    e = get();
    if (e != AMT_HTTP_END)
      text_add(&notes, "key %d under %d: %s (library %d)\n", which[i % 2],
               middle.key, error_name(e), tls.report.lib_error);
  }
  notes_check();
}

TLS_TEST(a_server_that_demands_one_and_gets_none_says_so)
{
  int e;
  peer_demands(&srv, authority);
  e = get();
  if (e != AMT_E_TLS_ALERT(40) && e != AMT_E_TLS_ALERT(116))
    fail_msg("%s (library %d)", error_name(e), tls.report.lib_error);
  assert_int_equal(srv.heard_all, 0);
}

TLS_TEST(a_key_that_does_not_fit_is_an_error)
{
  static const struct { int cert, key; } list[] = {
    { KEY_CLIENT, KEY_OTHER }, { KEY_CLIENT, KEY_RSA }, { KEY_RSA, KEY_CLIENT },
    { KEY_CLIENT, KEY_P384 }, { KEY_RSA, KEY_RSA_1024 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    proof p;
    int   e;
    again();
    p = proof_make(list[i].cert, 1, authority, KEY_CA, NULL);
    bytes_free(&p.key);
    key_pem(&p.key, list[i].key, 1);
    e = tls_client(&p.chain, &p.key);
    proof_free(&p);
    peer_demands(&srv, authority);
    if (e == 0) e = get();
    if (e >= 0) text_add(&notes, "%d with %d: taken\n", list[i].cert,
                         list[i].key);
    if (srv.heard_all != 0) text_add(&notes, "%zu: sent\n", i);
  }
  notes_check();
}

/* ------------------------------------------------------------------------
   >>gone: the server has sent something and closed without reading our bytes.
   Writes fail, but what it sent can be read. */

/* The alert explains the failed write, so it is the error. */
TLS_TEST(the_alert_behind_a_write_that_failed_is_the_error)
{
  static const size_t pieces[] = { 0, 1, 5, 64, 100 };
  size_t i;
  int    shows;
  for (i = 0; i < COUNT(pieces); i++)
    for (shows = 0; shows < 2; shows++) {
      int e;
      again();
      srv.gone = 1;
      srv.piece = pieces[i];
      if (shows) { /* from a CA that the server does not know */
        proof p = proof_make(KEY_CLIENT, 1, stranger, KEY_OTHER, NULL);
        shows_proof(&p);
        proof_free(&p);
      }
      peer_demands(&srv, authority);
      e = get();
      if (e != AMT_E_TLS_ALERT(shows ? 48 : 40))
        text_add(&notes, "in pieces of %zu, %s: %s (library %d)\n", pieces[i],
                 shows ? "unknown CA" : "no certificate", error_name(e),
                 tls.report.lib_error);
      assert_int_equal(srv.heard_all, 0);
      assert_int_equal(conn.taken, 0);
    }
  notes_check();
}

/* A reply, a 413 say, arrives in the middle of the request. `sent` bytes of the
   request arrive before it. Then `pending` more leave, and the rest stays in
   the stream. */
static int replies_and_goes(int how, size_t sent, size_t pending, size_t size)
{
  int i;
  again();
  srv.silent = 1;
  begin_open();
  while (srv.heard_all < sent) assert_true(step(size) >= 0);
  if (pending != 0 && conn.state == AMT_CONN_SENDING) {
    srv.stuck_after = srv.to_server + pending;
    for (i = 0; i < 5; i++) assert_true(step(size) >= 0);
    srv.stuck_after = 0;
  }
  peer_reply(&srv);
  peer_drain(&srv);
  peer_end(&srv, how);
  srv.gone = srv.ended = 1;
  return finish(size);
}

TLS_TEST(a_reply_behind_a_write_that_failed_is_read)
{
  static const size_t sizes[] = { 100, 3000, 100000 };
  static const size_t pending[] = { 0, 1, 40, 500 };
  size_t i, k;
  int    how;
  for (how = END_NEVER; how <= END_CUT; how++)
    for (i = 0; i < COUNT(sizes); i++)
      for (k = 0; k < COUNT(pending); k++) {
        int e = replies_and_goes(how, sizes[i] / 2, pending[k], sizes[i]);
        if (e != AMT_HTTP_END || got.body.n != srv.reply_size ||
            got.status != 200)
          text_add(&notes, "end %d, %zu bytes, %zu pending: %s, %zu bytes\n",
                   how, sizes[i], pending[k], error_name(e), got.body.n);
        assert_int_equal(conn.state, conn.sent < sizes[i] ? AMT_CONN_CLOSED
                                                          : AMT_CONN_IDLE);
        assert_true(conn.taken != 0);
      }
  notes_check();
}

/* The inner stream sends the whole record and then reports an error, as a modem
   does that answers ERROR. */
TLS_TEST(a_request_whose_record_left_is_taken)
{
  int silent, e;
  for (silent = 0; silent < 2; silent++) {
    again();
    srv.silent = silent;
    begin_open();
    srv.fail_at = srv.calls + 1;
    srv.fail_with = AMT_E_RESET;
    srv.fail_once = srv.fail_pushes = 1;
    e = step(AMT_HTTP_NO_BODY);
    assert_int_equal(conn.taken, 2);
    assert_int_equal(srv.heard.n != 0, 1);
    if (silent) {
      assert_int_equal(e, AMT_E_RESET);
      continue;
    }
    assert_int_equal(e, AMT_HTTP_EARLY); /* the reply is there */
    assert_int_equal(finish(AMT_HTTP_NO_BODY), AMT_HTTP_END);
    check_whole(AMT_HTTP_NO_BODY);
  }
}

/* A partial reply, or none, is an error. */
TLS_TEST(half_a_reply_behind_a_write_that_failed_is_an_error)
{
  static const size_t pending[] = { 0, 40 };
  size_t k;
  int    how, e;
  for (how = END_NEVER; how <= END_CUT; how++)
    for (k = 0; k < COUNT(pending); k++) {
      again();
      srv.silent = 1;
      srv.missing = 1;
      room_size = 4096;
      begin_open();
      srv.stuck_after = srv.to_server + 1000 + pending[k];
      for (e = 0; e < 5; e++) assert_true(step(100000) >= 0);
      srv.stuck_after = 0;
      peer_reply(&srv);
      peer_drain(&srv);
      peer_end(&srv, how);
      srv.gone = srv.ended = 1;
      e = finish(100000);
      if (e != AMT_E_RESET && (how != END_NOTIFY || e != AMT_E_TRUNCATED))
        text_add(&notes, "end %d, %zu pending: %s\n", how, pending[k],
                 error_name(e));
      assert_int_equal(got.body.n, srv.reply_size);
    }
  /* Without a reply, the error is the write's or the end of the connection. */
  again();
  srv.silent = 1;
  begin_open();
  srv.gone = srv.ended = 1;
  assert_int_equal(finish(100), AMT_E_RESET);
  assert_int_equal(conn.taken, 2);
  assert_int_equal(conn.sent, 0);
  notes_check();
}

/* In a resumed handshake the last message is ours. */
TLS_TEST(a_resumed_handshake_may_break_at_each_call)
{
  long n, all;
  int  e;
  works();
  amt_http_close(&conn);
  all = srv.calls;
  begin_open();
  all = srv.calls - all;
  for (n = 1; n <= all + 1; n++) {
    again();
    works();
    amt_http_close(&conn);
    srv.heard_all = 0;
    srv.fail_with = AMT_E_RESET;
    srv.fail_at = srv.calls + n;
    e = get();
    if (e != AMT_E_RESET)
      text_add(&notes, "call %ld of %ld: %s\n", n, all, error_name(e));
    if (srv.heard_all != 0 || conn.sent != 0)
      text_add(&notes, "call %ld of %ld: a request was sent\n", n, all);
    amt_http_close(&conn);
    srv.fail_at = 0;
    works();
  }
  notes_check();
}

/* ------------------------------------------------------------------------
   >>odd-certificates

   Some are mutated and signed again by the trusted authority: what the client
   accepts, OpenSSL must accept, too, with the same dates. Others are mutated
   on the way, so their handshake can never succeed. */

/* A certificate with this TBSCertificate, signed by the authority. */
static bytes sign_again(const unsigned char *tbs, size_t n, size_t sig_alg_n,
                        const unsigned char *sig_alg)
{
  bytes         out = { NULL, 0, 0 };
  unsigned char signature[200], head[8];
  size_t        signature_n = sizeof signature, all;
  EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
  MUST(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key(KEY_CA)) == 1);
  MUST(EVP_DigestSign(ctx, signature, &signature_n, tbs, n) == 1);
  EVP_MD_CTX_free(ctx);
  all = n + sig_alg_n + 3 + signature_n;
  head[0] = 0x30, head[1] = 0x82;
  head[2] = (unsigned char)(all >> 8), head[3] = (unsigned char)all;
  bytes_add(&out, head, 4);
  bytes_add(&out, tbs, n);
  bytes_add(&out, sig_alg, sig_alg_n);
  head[0] = 3, head[1] = (unsigned char)(signature_n + 1), head[2] = 0;
  bytes_add(&out, head, 3);
  bytes_add(&out, signature, signature_n);
  return out;
}

/* OpenSSL's verdict for this name and time; 0: valid. */
static int openssl_verdict(X509 *x, const char *host, int64_t when)
{
  X509_STORE     *store = X509_STORE_new();
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  int             verdict, flawed = 0;
  MUST(X509_STORE_add_cert(store, authority));
  MUST(X509_STORE_CTX_init(ctx, store, x, NULL));
  X509_STORE_CTX_set_time(ctx, 0, (time_t)when);
  verdict = X509_verify_cert(ctx) == 1 ? 0 : X509_STORE_CTX_get_error(ctx);
  /* If a part that the client does not read is malformed, OpenSSL does not
     even look for the issuer. That is fine here. */
  if (verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY &&
      X509_NAME_cmp(X509_get_issuer_name(x),
                    X509_get_subject_name(authority)) == 0)
    flawed = 1, verdict = 0;
  if (verdict == 0 && !flawed && (host[0] >= '0' && host[0] <= '9'
                         ? X509_check_ip_asc(x, host, 0)
                         : X509_check_host(x, host, 0, 0, NULL)) != 1)
    verdict = X509_V_ERR_HOSTNAME_MISMATCH;
  X509_STORE_CTX_free(ctx);
  X509_STORE_free(store);
  ERR_clear_error();
  return verdict;
}

/* A certificate names its signature algorithm twice. Only OpenSSL compares the
   two; the libraries use the outer one. */
static int one_algorithm(X509 *x)
{
  const X509_ALGOR *outer;
  X509_get0_signature(NULL, &outer, x);
  return X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(x)) == 0;
}

static int64_t openssl_date(const ASN1_TIME *t)
{
  struct tm tm;
  return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : -1;
}

/* Like SSL_CTX_use_certificate, but it may fail. */
static int peer_can_show(peer *p, X509 *x)
{
  SSL_CTX *old = p->ctx;
  int      good;
  p->ctx = NULL;
  peer_shows(p, usual, KEY_SERVER, NULL);
  good = SSL_CTX_use_certificate(p->ctx, x) == 1 &&
         SSL_CTX_check_private_key(p->ctx) == 1;
  ERR_clear_error();
  SSL_CTX_free(old);
  return good;
}

static void mutate(bytes *b, unsigned changes)
{
  while (changes-- != 0) {
    size_t        at = random_below((uint32_t)b->n);
    unsigned char c = (unsigned char)random_below(256);
    switch (random_below(6)) {
    case 0: b->p[at] = c; break;
    case 1: b->p[at]++; break;
    case 2: b->p[at]--; break;
    case 3: if (b->n > 1) bytes_replace(b, at, 1, NULL, 0); break;
    case 4: bytes_replace(b, at, 0, &c, 1); break;
    default: b->p[at] ^= (unsigned char)(1u << (c & 7u)); break;
    }
  }
}

static void judge_signed_again(const bytes *tbs, const unsigned char *alg,
                               size_t alg_n, const char *host, unsigned *taken,
                               unsigned *shown)
{
  bytes                der = sign_again(tbs->p, tbs->n, alg_n, alg);
  const unsigned char *p = der.p;
  X509                *x = d2i_X509(NULL, &p, (long)der.n);
  int                  e, verdict;
  ERR_clear_error();
  if (x != NULL && peer_can_show(&srv, x)) {
    (*shown)++;
    amt_http_close(&conn);
    tls_forget();
    srv.heard_all = 0;
    e = get();
    verdict = openssl_verdict(x, host, clock_s);
    if (verdict == X509_V_ERR_CERT_HAS_EXPIRED) /* at its last second? */
      verdict = openssl_verdict(x, host, clock_s - 1);
    if (e == AMT_HTTP_END) {
      int64_t from = openssl_date(X509_get0_notBefore(x));
      int64_t until = openssl_date(X509_get0_notAfter(x));
      (*taken)++;
      if (!one_algorithm(x)) verdict = 0;
      if (verdict != 0)
        text_add(&notes, "taken, and OpenSSL says: %s\n",
                 X509_verify_cert_error_string(verdict));
      if (from > 0 && from < 0xFFFFFFFF && tls.report.from != 0 &&
          tls.report.from != from)
        text_add(&notes, "from %u, OpenSSL: %lld\n", tls.report.from,
                 (long long)from);
      if (until > 0 && until < 0xFFFFFFFF && tls.report.until != 0 &&
          tls.report.until != until)
        text_add(&notes, "until %u, OpenSSL: %lld\n", tls.report.until,
                 (long long)until);
      if ((verdict != 0) && notes.n < 2000) {
        size_t i;
        for (i = 0; i < tbs->n; i++) text_add(&notes, "%02x", tbs->p[i]);
        text_add(&notes, "\n");
      }
    } else if (srv.heard_all != 0) {
      text_add(&notes, "refused, but a request was sent\n");
    }
  }
  X509_free(x);
  bytes_free(&der);
}

SLOW_TLS_TEST(mutated_certificates_are_judged_as_OpenSSL_judges)
{
  static const char *const hosts[] = { "server.test", "192.0.2.1" };
  cert_spec s = cert_like("server.test",
                          "DNS:a.test,DNS:server.test,IP:192.0.2.7,"
                          "IP:192.0.2.1,email:x@y.test");
  unsigned char *tbs = NULL, *alg = NULL;
  const X509_ALGOR *algor;
  unsigned  round, taken = 0, shown = 0;
  int       tbs_n, alg_n;
  X509     *x = cert_make(&s);
  tbs_n = i2d_re_X509_tbs(x, &tbs);
  X509_get0_signature(NULL, &algor, x);
  alg_n = i2d_X509_ALGOR((X509_ALGOR *)(uintptr_t)algor, &alg);
  MUST(tbs_n > 0 && alg_n > 0);
  random_state = 31337;
  for (round = 0; round < 3000 && shown < 500; round++) {
    bytes b = { NULL, 0, 0 };
    const char *host = hosts[round & 1];
    bytes_add(&b, tbs, (size_t)tbs_n);
    if (round > 1) mutate(&b, 1 + random_below(2));
    go_to(host, 443);
    judge_signed_again(&b, alg, (size_t)alg_n, host, &taken, &shown);
    if (round == 1) assert_int_equal(taken, 2); /* unchanged: accepted */
    bytes_free(&b);
  }
  OPENSSL_free(tbs);
  OPENSSL_free(alg);
  print_message("           %u shown, %u taken\n", shown, taken);
  notes_check();
}

SLOW_TLS_TEST(certificates_mutated_on_the_way_are_refused)
{
  bytes    good = cert_der(usual);
  unsigned round;
  int      e;
  random_state = 4242;
  for (round = 0; round < 1200; round++) {
    unsigned how = round % 5;
    size_t   n;
    odd_der.n = 0;
    bytes_add(&odd_der, good.p, good.n);
    if (how == 0) { /* cut short */
      odd_der.n = random_below((uint32_t)good.n);
      bytes_add(&odd_der, "", 0);
    } else if (how == 1) { /* a changed length byte, anywhere */
      n = 1 + random_below((uint32_t)good.n - 1);
      odd_der.p[n] = (unsigned char)(0x80 + random_below(128));
    } else if (how == 2) { /* junk at the end */
      for (n = random_below(200); n != 0; n--)
        bytes_add(&odd_der, &pattern[random_below(1000)], 1);
      mutate(&odd_der, 1);
    } else {
      mutate(&odd_der, 1 + random_below(5));
    }
    if (odd_der.n == 0) continue;
    if (odd_der.n == good.n && memcmp(odd_der.p, good.p, good.n) == 0) continue;
    go_to(round & 1 ? "192.0.2.1" : "server.test", 443);
    cfg.tls.insecure_skip_chain = round % 3 == 0;
    srv.edit = edit_certificate;
    srv.piece = round % 7 == 0 ? 1 : 0;
    e = get();
    srv.edit = NULL;
    if (e >= 0) text_add(&notes, "round %u: taken\n", round);
    if (srv.heard_all != 0) fail_msg("round %u: the request was sent", round);
    amt_http_close(&conn);
  }
  bytes_free(&odd_der);
  bytes_free(&good);
  notes_check();
}

/* No certificate at all, or a chain of junk. */
TLS_TEST(an_empty_chain_is_refused)
{
  static const struct { const char *p; size_t n; } list[] = {
    { "\60", 1 }, { "\60\0", 2 }, { "\60\200\0\0", 4 },
    { "\60\204\377\377\377\377", 6 }, { "\60\203\1\0\0", 5 }, { "x", 1 },
    { "\60\3\60\1\0", 5 }
  };
  size_t i;
  int    e;
  for (i = 0; i < 2 * COUNT(list); i++) {
    odd_der.n = 0;
    bytes_add(&odd_der, list[i / 2].p, list[i / 2].n);
    cfg.tls.insecure_skip_chain = i & 1;
    srv.edit = edit_certificate;
    e = get();
    if (e >= 0 || srv.heard_all != 0 || e == AMT_E_TIMEOUT)
      text_add(&notes, "%zu: %s\n", i, error_name(e));
    amt_http_close(&conn);
  }
  bytes_free(&odd_der);
  srv.edit = NULL;
  notes_check();
}

/* ------------------------------------------------------------------------
   >>shown */

#include "test_tls_shown.h"

/* ------------------------------------------------------------------------
   >>secrets */

static const char secret_up[] = "Bearer xyzzy-0123456789-plugh";
static const char secret_down[] = "plover-9876543210-frotz";

static void look_for(const void *p, size_t n, const void *what, size_t size,
                     const char *in, const char *name)
{
  if (holds(p, n, what, size)) text_add(&notes, "%s holds %s\n", in, name);
}

TLS_TEST(nothing_secret_is_left_after_a_close)
{
  int  resumed;
  request_secret = secret_up;
  srv.secret = secret_down;
  for (resumed = 0; resumed < 3; resumed++) {
    srv.end = resumed == 2 ? END_CUT : END_NEVER;
    amt_http_close(&conn);
    works();
    assert_true(holds(srv.heard.p, srv.heard.n, secret_up, strlen(secret_up)));
    amt_http_close(&conn);
    look_for(&tls, sizeof tls, secret_up + 7, 12, "the stream", "the request");
    look_for(&tls, sizeof tls, secret_down, 12, "the stream", "the reply");
    look_for(&tls, sizeof tls, srv.master, 48, "the stream", "master secret");
#ifdef AMT_BEARSSL
    look_for(tls_buffer, sizeof tls_buffer, secret_up + 7, 12, "the buffer",
             "the request");
    look_for(tls_buffer, sizeof tls_buffer, secret_down, 12, "the buffer",
             "the reply");
    look_for(tls_buffer, sizeof tls_buffer, srv.master, 48, "the buffer",
             "the master secret");
    assert_true(holds(&cfg, sizeof cfg, srv.master, 48)); /* to resume it */
#endif
  }
  tls_forget();
  look_for(&cfg, sizeof cfg, srv.master, 48, "the server", "master secret");
  notes_check();
}

/* No record key either. */
TLS_TEST(no_traffic_key_is_left_after_a_close)
{
  unsigned char block[40];
  MUST(SSL_CTX_set_cipher_list(srv.ctx, FORGE_CIPHER));
  works();
  forge_keys(&srv, block);
  amt_http_close(&conn);
  look_for(&tls, sizeof tls, block, 16, "the stream", "the client's key");
  look_for(&tls, sizeof tls, block + 16, 16, "the stream", "the server's key");
  notes_check();
}

/* ------------------------------------------------------------------------
   >>reader: the certificate reader, fed by hand */

static int reader_eats(amt_tls_reader *r, const void *p, size_t n)
{
  size_t i;
  int    of_key = 0;
  for (i = 0; i < n; i++) of_key += amt__cert_step(r, ((const uint8_t *)p)[i]);
  return of_key;
}

TLS_TEST(an_empty_extension_is_not_a_date)
{
  static const uint8_t der[] = { 0x30, 6, 0x30, 4, 0xA3, 2, 0x30, 0 };
  amt_tls_reader       r;
  memset(&r, 0, sizeof r);
  assert_int_equal(reader_eats(&r, der, sizeof der), 0);
  assert_int_equal(r.state, AMT__CERT_TAG);
  assert_int_equal(r.depth, 0);
  assert_int_equal(r.from, 0);
  assert_int_equal(r.until, 0);
}

#ifndef AMT_TLS_NO_IP
/* The second extension's OID is longer than any that we look for. Its content
   looks like an address in a subjectAltName, but must not count as one. */
TLS_TEST(an_extension_with_a_long_name_is_not_the_one_before_it)
{
  static const uint8_t der[] = {
    0x30, 51, 0x30, 49, 0xA3, 47, 0x30, 45,
    0x30, 12, 6, 3, 0x55, 0x1D, 0x11, 4, 5, 0x30, 3, 0x82, 1, 'x',
    0x30, 29, 6, 17, 0x2A, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    4, 8, 0x30, 6, 0x87, 4, 127, 0, 0, 1
  };
  static const uint8_t loopback[4] = { 127, 0, 0, 1 };
  amt_tls_reader       r;
  memset(&r, 0, sizeof r);
  memcpy(r.ip, loopback, r.ip_len = 4);
  reader_eats(&r, der, sizeof der);
  assert_int_equal(r.state, AMT__CERT_TAG);
  assert_int_equal(r.depth, 0);
  assert_int_equal(r.seen, AMT__CERT_HAS_SAN);
}
#endif

TLS_TEST(nothing_is_read_after_a_broken_header)
{
  static const uint8_t der[] = { 0x30, 0x50, 0x30, 0x40, 2, 1, 5, 0x30, 0,
                                 0x30, 0, 0x30, 0, 0x30, 0, 0x30, 1, 1 };
  size_t n;
  for (n = 9; n <= 15; n += 2) { /* issuer, validity, subject, key */
    uint32_t       issuer, subject;
    amt_tls_reader r;
    memset(&r, 0, sizeof r);
    reader_eats(&r, der, n);
    reader_eats(&r, "\x30\x85", 2); /* a length of five bytes is too long */
    assert_int_equal(r.state, AMT__CERT_BAD);
    issuer = r.name[0], subject = r.name[1];
    assert_int_equal(reader_eats(&r, der, sizeof der), 0);
    assert_int_equal(r.state, AMT__CERT_BAD);
    assert_int_equal(r.name[0], issuer);
    assert_int_equal(r.name[1], subject);
  }
}

TLS_TEST(a_length_is_one_byte_or_up_to_three_more)
{
  unsigned c;
  for (c = 0x80; c < 0x100; c++) {
    amt_tls_reader r;
    memset(&r, 0, sizeof r);
    assert_int_equal(amt__cert_step(&r, 0x30), 0);
    assert_int_equal(amt__cert_step(&r, (uint8_t)c), 0);
    assert_int_equal(r.state, c > 0x80 && c < 0x84 ? AMT__CERT_LENGTH
                                                   : AMT__CERT_BAD);
  }
}

TLS_TEST(more_elements_than_are_counted_do_no_harm)
{
  static const uint8_t head[] = { 0x30, 0x82, 2, 0x5C, 0x30, 0x82, 2, 0x58 };
  amt_tls_reader       r;
  int                  i, of_key = 0;
  memset(&r, 0, sizeof r);
  reader_eats(&r, head, sizeof head);
  for (i = 0; i < 300; i++) of_key += reader_eats(&r, "\x05\x00", 2);
  assert_int_equal(of_key, 2); /* both bytes of the sixth element's header */
  assert_int_equal(r.index[2], 255);
  assert_int_equal(r.depth, 0);
  assert_int_equal(r.state, AMT__CERT_TAG);
}

TLS_TEST(a_certificate_of_4_GB_is_not_read_twice)
{
  amt_tls_reader r;
  memset(&r, 0, sizeof r);
  r.at = 0xFFFFFFFEu;
  assert_int_equal(amt__cert_step(&r, 0x30), 0);
  assert_int_equal(r.state, AMT__CERT_LEN);
  assert_int_equal(amt__cert_step(&r, 0x03), 0);
  assert_int_equal(r.state, AMT__CERT_BAD);
}

/* ------------------------------------------------------------------------
   >>corners */

TLS_TEST(only_the_256_alerts_are_alerts)
{
  assert_true(amt_http_error(AMT_E_TLS_ALERT(255))[0] != 0);
  assert_string_equal(amt_http_error(AMT_E_TLS_ALERT(255) - 1), "");
  assert_string_equal(amt_http_error(AMT_E_TLS_ALERT(0) + 1), "");
}

/* When the chain is not checked, only the first certificate's key counts. */
TLS_TEST(without_a_chain_the_pin_is_the_servers_own)
{
  static uint8_t pins[1][32];
  cert_spec      s = cert_like("server.test", "DNS:server.test");
  cert_spec      middle = { .name = "Middle", .key = KEY_MIDDLE, .ca = 1,
                            .issuer = stranger, .issuer_key = KEY_OTHER };
  s.issuer = cert_make(&middle), s.issuer_key = KEY_MIDDLE;
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  tls_trust_nobody();
  cfg.tls.insecure_skip_chain = 1;
  cfg.tls.pins = (const uint8_t (*)[32])pins;
  cfg.tls.pin_count = 1;
  key_pin(pins[0], KEY_SERVER);
  refused(AMT_HTTP_END, "its own key");
  key_pin(pins[0], KEY_MIDDLE);
  srv.heard_all = 0;
  refused(AMT_E_TLS_PIN, "its issuer's key");
  notes_check();
}

/* The server has dropped the offered session and shows a new certificate. The
   error is about that certificate. */
TLS_TEST(a_refusal_after_an_offer_is_reported_like_any)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  assert_int_equal(resumes(), 0);
  assert_int_equal(resumes(), 1);
  s.until = date(NOW - 1, 0);
  peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
  srv.heard_all = 0;
  refused(AMT_E_TLS_EXPIRED, "expired, after an offer");
  assert_int_equal(tls.offered, 1);
  notes_check();
}

static int inner_wants(const amt_stream *st, int want)
{
  (void)st;
  return want == AMT_WANT_READ ? AMT_WANT_WRITE : want;
}

TLS_TEST(an_inner_stream_may_know_better_what_it_wants)
{
  amt_stream_ops ops = *srv.stream.ops;
  begin_open();
  assert_null(ops.waits_for);
  assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_READ);
  assert_int_equal(want_of(AMT_WANT_NOTHING), AMT_WANT_NOTHING);
  assert_int_equal(want_of(AMT_WANT_WRITE), BY(AMT_WANT_NOW, AMT_WANT_WRITE));
  ops.waits_for = inner_wants;
  srv.stream.ops = &ops;
  assert_int_equal(want_of(AMT_WANT_READ), AMT_WANT_WRITE);
  assert_int_equal(want_of(AMT_WANT_NOTHING), AMT_WANT_NOTHING);
  assert_int_equal(finish(100), AMT_HTTP_END);
  check_whole(100);
  amt_http_close(&conn);
}

TLS_TEST(a_reply_to_close_notify_need_not_arrive)
{
  unsigned char some[10];
  long          n;
  for (n = 1; n < 5; n++) { /* read header, read body, write our own */
    again();
    srv.silent = 1;
    begin_sent(0);
    peer_end(&srv, END_NOTIFY);
    peer_drain(&srv);
    srv.fail_with = AMT_E_RESET;
    srv.fail_at = srv.calls + n;
    if (tls.stream.ops->read(&tls.stream, some, sizeof some) !=
        (n < 3 ? AMT_E_RESET : AMT_E_EOF))
      text_add(&notes, "call %ld\n", n);
  }
  notes_check();
}

#ifdef AMT_BEARSSL
/* ------------------------------------------------------------------------
   >>bearssl-buffers */

TLS_TEST(every_buffer_size_carries_every_body)
{
  static const struct { size_t size, record; } list[] = {
    { 837, 512 }, { 1348, 512 }, { 1349, 1024 }, { 2373, 2048 },
    { 4421, 4096 }, { 16708, 4096 }, { 16709, 16384 }, { 33418, 16384 }
  };
  cert_spec   s = cert_like("server.test", NULL);
  static text san;
  size_t      i, j;
  text_clear(&san); /* makes the certificate span several records */
  for (i = 0; i < 150; i++) text_add(&san, "DNS:host-number-%zu.test,", i);
  text_add(&san, "DNS:server.test");
  s.san = san.s;
  for (i = 0; i < COUNT(list); i++) {
    unsigned char *exact = malloc(list[i].size);
    again();
    peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
    amt_bearssl_init(&tls, &srv.stream, &cfg, exact, list[i].size);
    for (j = 0; j < COUNT(sizes); j++) {
      srv.reply_size = sizes[j];
      works_with(sizes[j]);
    }
    if (srv.record_most > list[i].record + 100)
      text_add(&notes, "buffer %zu: a record of %zu\n", list[i].size,
               srv.record_most);
    if (srv.record_most < list[i].record)
      text_add(&notes, "buffer %zu: records of %zu at most\n", list[i].size,
               srv.record_most);
    amt_http_close(&conn);
    tls_attach();
    free(exact);
  }
  notes_check();
}

TLS_TEST(a_buffer_that_is_too_small_is_BUFFER)
{
  static const size_t list[] = { 0, 1, 100, 500, 836 };
  size_t i, k;
  for (i = 0; i < COUNT(list); i++) {
    unsigned char *exact = list[i] ? malloc(list[i]) : NULL;
    for (k = 0; k < list[i]; k++) exact[k] = 0xA5;
    amt_bearssl_init(&tls, &srv.stream, &cfg, exact, list[i]);
    refused(AMT_E_TLS_BUFFER, "a small buffer");
    amt_http_close(&conn);
    for (k = 0; k < list[i]; k++) assert_int_equal(exact[k], 0xA5);
    free(exact);
  }
  assert_int_equal(srv.up_all, 0);
  tls_attach();
  notes_check();
  works();
}

/* The server sends large records all the same. */
TLS_TEST(a_record_larger_than_the_buffer_is_RECORD)
{
  static unsigned char large[5000];
  int                  e;
  tls_buffer_size = 4421;
  tls_attach();
  MUST(SSL_CTX_set_cipher_list(srv.ctx, FORGE_CIPHER));
  srv.silent = 1;
  begin_sent(0);
  peer_forges(&srv, 23, large, sizeof large);
  e = finish(0);
  if (e != AMT_E_TLS_RECORD)
    fail_msg("%s (library %d)", error_name(e), tls.report.lib_error);
}

TLS_TEST(twice_the_buffer_reads_while_it_writes)
{
  size_t sizes_of[2] = { AMT_BEARSSL_FULL, 2 * AMT_BEARSSL_FULL }, i;
  for (i = 0; i < 2; i++) {
    again();
    tls_buffer_size = sizes_of[i];
    tls_attach();
    srv.not_yet = 1;
    srv.piece = 500;
    srv.reply_size = 200000;
    works_with(200000);
  }
}

/* ------------------------------------------------------------------------
   >>bearssl-pem */

static bytes with_newline(const bytes *pem, const char *newline)
{
  bytes  out = { NULL, 0, 0 };
  size_t i;
  for (i = 0; i < pem->n; i++)
    if (pem->p[i] == '\n') bytes_add(&out, newline, strlen(newline));
    else bytes_add(&out, &pem->p[i], 1);
  return out;
}

static bytes pem_of_three(const char *newline)
{
  bytes pem = { NULL, 0, 0 }, out;
  bytes_add(&pem, "Some words before.\n\n", 20);
  cert_pem(&pem, authority);
  bytes_add(&pem, "# between: -----BEGIN\nsubject=x\n", 32);
  cert_pem(&pem, stranger);
  cert_pem(&pem, authority);
  bytes_add(&pem, "and after\n", 10);
  out = with_newline(&pem, newline);
  bytes_free(&pem);
  return out;
}

/* Reads n bytes in pieces. Returns the reader's result. */
static int pem_read(amt_bearssl_anchors *a, void *mem, size_t size,
                    const void *p, size_t n, size_t piece)
{
  size_t at;
  int    e = 0;
  memset(a, 0, sizeof *a);
  a->mem = mem;
  a->size = size;
  for (at = 0; at < n && e == 0; at += piece)
    e = amt_bearssl_anchors_read(a, (const char *)p + at,
                                 piece < n - at ? piece : n - at);
  return e == 0 ? amt_bearssl_anchors_end(a) : e;
}

/* So many anchors of the list are this authority; their order is free. */
static void check_anchors(const amt_bearssl_anchors *list, X509 *x, int which,
                          size_t times)
{
  unsigned char *dn = NULL, *point = NULL;
  int            dn_n = i2d_X509_NAME(X509_get_subject_name(x), &dn);
  size_t         point_n, i;
  const br_x509_trust_anchor *a = NULL;
  for (i = 0; i < list->count; i++)
    if (list->list[i].dn.len == (size_t)dn_n &&
        memcmp(list->list[i].dn.data, dn, (size_t)dn_n) == 0)
      a = &list->list[i], times--;
  assert_int_equal(times, 0);
  assert_int_equal(a->flags & BR_X509_TA_CA, BR_X509_TA_CA);
  assert_int_equal(a->pkey.key_type, BR_KEYTYPE_EC);
  point_n = EVP_PKEY_get1_encoded_public_key(key(which), &point);
  assert_int_equal(a->pkey.key.ec.curve, BR_EC_secp256r1);
  assert_int_equal(a->pkey.key.ec.qlen, point_n);
  assert_memory_equal(a->pkey.key.ec.q, point, point_n);
  OPENSSL_free(dn);
  OPENSSL_free(point);
}

SLOW_TLS_TEST(anchors_read_the_same_however_they_are_cut)
{
  static const char *const newlines[] = { "\n", "\r\n" };
  static amt_bearssl_anchors a;
  size_t i, cut;
  for (i = 0; i < 2; i++) {
    bytes pem = pem_of_three(newlines[i]);
    for (cut = 1; cut <= pem.n; cut += cut < 100 ? 1 : 97) {
      int e = pem_read(&a, anchor_memory[0], sizeof anchor_memory[0], pem.p,
                       pem.n, cut);
      if (e != 0) fail_msg("%s, pieces of %zu: %s", i ? "CR LF" : "LF", cut,
                           error_name(e));
      assert_int_equal(a.count, 3);
      assert_int_equal(a.passed, 0);
      check_anchors(&a, authority, KEY_CA, 2);
      check_anchors(&a, stranger, KEY_OTHER, 1);
    }
    for (cut = 1; cut < pem.n; cut++) { /* in two pieces, cut at each byte */
      memset(&a, 0, sizeof a);
      a.mem = anchor_memory[1], a.size = sizeof anchor_memory[1];
      assert_int_equal(amt_bearssl_anchors_read(&a, pem.p, cut), 0);
      assert_int_equal(amt_bearssl_anchors_read(&a, pem.p + cut, pem.n - cut),
                       0);
      assert_int_equal(amt_bearssl_anchors_end(&a), 0);
      assert_int_equal(a.count, 3);
      check_anchors(&a, stranger, KEY_OTHER, 1);
    }
    bytes_free(&pem);
  }
}

/* Reads this anchor and a good one; `passed` of them are passed over. */
static void check_passed(cert_spec s, uint32_t now, size_t passed)
{
  static amt_bearssl_anchors a;
  bytes pem = { NULL, 0, 0 };
  s.ca = 1;
  cert_pem(&pem, cert_make(&s));
  cert_pem(&pem, authority);
  memset(&a, 0, sizeof a);
  a.mem = anchor_memory[0], a.size = sizeof anchor_memory[0];
  a.now = now;
  assert_int_equal(amt_bearssl_anchors_read(&a, pem.p, pem.n), 0);
  assert_int_equal(amt_bearssl_anchors_end(&a), 0);
  assert_int_equal(a.passed, passed);
  assert_int_equal(a.count, 2 - passed);
  bytes_free(&pem);
}

TLS_TEST(anchors_that_have_expired_or_are_weak_are_passed_over)
{
  cert_spec s = { .name = "An old root", .key = KEY_OTHER };
  s.until = date(NOW, 0);
  check_passed(s, (uint32_t)NOW, 0);
  check_passed(s, (uint32_t)NOW + 1, 1);
  check_passed(s, (uint32_t)(NOW + DAY - 43201), 1); /* that day's end */
  check_passed(s, (uint32_t)(NOW - DAY), 0);
  check_passed(s, 0, 1); /* 0: the system's time */
  check_passed(s, 1, 0); /* before the build, so the clock counts as not set */
  s.until = NULL;
  s.key = KEY_RSA_1024;
  check_passed(s, (uint32_t)NOW, 1);
  s.key = KEY_RSA;
  check_passed(s, (uint32_t)NOW, 0);
}

/* A key has lengths of at most two bytes. */
TLS_TEST(an_element_with_a_malformed_length_is_refused)
{
  static const struct { size_t n; unsigned char p[8]; } list[] = {
    { 1, { 2 } }, { 2, { 2, 0x81 } }, { 3, { 2, 0x82, 0 } },
    { 6, { 2, 0x83, 0, 0, 1, 5 } }, { 4, { 2, 0x81, 2, 5 } },
    { 4, { 3, 0x81, 1, 5 } }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    br_x509_certificate d, value;
    d.data = edge_copy(list[i].p, list[i].n), d.data_len = list[i].n;
    assert_int_equal(amt__der_next(&d, 2, &value), 0);
    assert_int_equal(d.data_len, list[i].n);
  }
}

static void check_number(const unsigned char *p, size_t n, const char *name)
{
  unsigned char want[256];
  BIGNUM       *number = NULL;
  MUST(EVP_PKEY_get_bn_param(key(KEY_RSA), name, &number) == 1);
  assert_int_equal(n, BN_num_bytes(number));
  assert_int_equal(n, BN_bn2bin(number, want));
  assert_memory_equal(p, want, n);
  BN_free(number);
}

/* The reader may go away: the list lives in the caller's memory. */
TLS_TEST(an_RSA_anchor_outlives_its_reader)
{
  static amt_bearssl_anchors a;
  cert_spec s = { .name = "A root", .key = KEY_RSA, .ca = 1,
                  .until = "99991231235959Z" };
  bytes     pem = { NULL, 0, 0 };
  const br_x509_trust_anchor *list;
  cert_pem(&pem, cert_make(&s));
  assert_int_equal(pem_read(&a, anchor_memory[0], sizeof anchor_memory[0],
                            pem.p, pem.n, pem.n), 0);
  assert_int_equal(a.count, 1);
  list = a.list;
  memset(&a, 0xA5, sizeof a);
  assert_int_equal(list->pkey.key_type, BR_KEYTYPE_RSA);
  check_number(list->pkey.key.rsa.n, list->pkey.key.rsa.nlen, "n");
  check_number(list->pkey.key.rsa.e, list->pkey.key.rsa.elen, "e");
  bytes_free(&pem);
}

/* The length without the last line: part of "-----END ..." is accepted as
   well. */
static size_t data_of(const bytes *pem)
{
  return (size_t)((unsigned char *)strstr((char *)pem->p, "-----END") - pem->p);
}

TLS_TEST(a_text_that_breaks_off_is_PEM)
{
  static amt_bearssl_anchors a;
  bytes  pem = { NULL, 0, 0 };
  size_t n;
  cert_pem(&pem, authority);
  for (n = 0; n < data_of(&pem); n++) {
    int e = pem_read(&a, anchor_memory[0], sizeof anchor_memory[0], pem.p, n,
                     n + 1);
    if (e != AMT_E_TLS_PEM)
      text_add(&notes, "%zu of %zu bytes: %s\n", n, pem.n, error_name(e));
  }
  /* A second certificate that breaks off is an error, too. */
  n = pem.n;
  cert_pem(&pem, authority);
  n += 200;
  if (pem_read(&a, anchor_memory[0], sizeof anchor_memory[0], pem.p, n, n) !=
      AMT_E_TLS_PEM)
    text_add(&notes, "one and a half: taken\n");
  bytes_free(&pem);
  notes_check();
}

SLOW_TLS_TEST(memory_of_every_size_is_enough_or_ROOM)
{
  static amt_bearssl_anchors a;
  bytes  pem = pem_of_three("\n");
  size_t size, off, enough = 0;
  for (off = 0; off < 4; off++)
    for (size = 0; size < 1500; size++) {
      /* The memory ends with the block and starts at any alignment. */
      unsigned char *block = malloc(size + off + (size + off == 0));
      int            e = pem_read(&a, block + off, size, pem.p, pem.n, pem.n);
      if (e == 0) {
        if (enough == 0) enough = size;
        assert_int_equal(a.count, 3);
        check_anchors(&a, authority, KEY_CA, 2);
        check_anchors(&a, stranger, KEY_OTHER, 1);
        assert_int_equal((uintptr_t)a.list % _Alignof(br_x509_trust_anchor), 0);
      } else if (e != AMT_E_TLS_ROOM) {
        fail_msg("%zu bytes: %s", size, error_name(e));
      } else if (enough != 0 && size > enough + 16) {
        fail_msg("%zu bytes are enough, %zu are not", enough, size);
      }
      free(block);
    }
  assert_in_range(enough, 100, 3 * 600);
  print_message("           three anchors need %zu bytes\n", enough);
  bytes_free(&pem);
}

TLS_TEST(the_systems_own_file_loads_whole)
{
  static amt_bearssl_anchors a;
  static unsigned char       mem[400000];
  char   line[1000];
  FILE  *f = fopen("/etc/ssl/certs/ca-certificates.crt", "rb");
  size_t n = 0;
  if (f == NULL) skip();
  memset(&a, 0, sizeof a);
  a.mem = mem, a.size = sizeof mem;
  while (fgets(line, sizeof line, f) != NULL) {
    n += strstr(line, "-----BEGIN CERTIFICATE") != NULL;
    assert_int_equal(amt_bearssl_anchors_read(&a, line, strlen(line)), 0);
  }
  fclose(f);
  assert_int_equal(amt_bearssl_anchors_end(&a), 0);
  print_message("           %zu certificates: %zu taken, %zu passed over\n", n,
                a.count, a.passed);
  assert_int_equal(a.count + a.passed, n);
  assert_in_range(a.passed, 0, n / 10);
}

TLS_TEST(garbage_is_no_anchor)
{
  static amt_bearssl_anchors a;
  static unsigned char junk[5000];
  static const char *const list[] = {
    "", "\n", "hello", "-----BEGIN CERTIFICATE-----",
    "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "-----END CERTIFICATE-----\n"
  };
  size_t i, round;
  for (i = 0; i < COUNT(list); i++) {
    int e = pem_read(&a, anchor_memory[0], sizeof anchor_memory[0], list[i],
                     strlen(list[i]), 7);
    if (e != AMT_E_TLS_PEM)
      text_add(&notes, "\"%s\": %s\n", list[i], error_name(e));
  }
  random_state = 8;
  for (round = 0; round < 300; round++) {
    unsigned char *block = malloc(1000);
    bytes          pem = pem_of_three("\n");
    int            e;
    if (round & 1) {
      mutate(&pem, 1 + random_below(20));
      e = pem_read(&a, block, 1000, pem.p, pem.n, 1 + random_below(300));
      if (e == 0) assert_in_range(a.count, 1, 3);
    } else {
      for (i = 0; i < sizeof junk; i++)
        junk[i] = (unsigned char)random_below(256);
      memcpy(junk + random_below(100), "\n-----BEGIN CERTIFICATE-----\n", 29);
      e = pem_read(&a, block, 1000, junk, sizeof junk, 1 + random_below(300));
      if (e == 0) text_add(&notes, "random bytes were taken\n");
    }
    bytes_free(&pem);
    free(block);
  }
  notes_check();
}

TLS_TEST(what_cannot_be_used_is_passed_over_and_counted)
{
  static amt_bearssl_anchors a;
  cert_spec ed = { .name = "Ed", .key = KEY_ED25519, .ca = 1 };
  bytes     pem = { NULL, 0, 0 };
  cert_pem(&pem, cert_make(&ed));
  assert_int_equal(pem_read(&a, anchor_memory[0], sizeof anchor_memory[0],
                            pem.p, pem.n, 64), AMT_E_TLS_PEM); /* none left */
  assert_int_equal(a.passed, 1);
  cert_pem(&pem, authority);
  cert_pem(&pem, cert_make(&ed));
  key_pem(&pem, KEY_SERVER, 1); /* not a certificate: not counted */
  cert_pem(&pem, stranger);
  assert_int_equal(pem_read(&a, anchor_memory[0], sizeof anchor_memory[0],
                            pem.p, pem.n, 64), 0);
  assert_int_equal(a.count, 2);
  assert_int_equal(a.passed, 2);
  check_anchors(&a, authority, KEY_CA, 1);
  check_anchors(&a, stranger, KEY_OTHER, 1);
  bytes_free(&pem);
}

TLS_TEST(an_rsa_anchor_and_a_server_as_its_own_anchor_work)
{
  cert_spec root = { .name = "RSA root", .key = KEY_RSA, .ca = 1 };
  cert_spec s = cert_like("server.test", "DNS:server.test");
  s.issuer = cert_make(&root), s.issuer_key = KEY_RSA;
  tls_trust(0, s.issuer);
  judged(&s, 0, "an RSA root");
  notes_check();
}

SLOW_TLS_TEST(client_keys_in_memory_of_every_size)
{
  static const int which[] = { KEY_CLIENT, KEY_RSA };
  size_t i, off;
  for (i = 0; i < 4; i++) {
    proof p = proof_make(which[i / 2], i & 1, authority, KEY_CA, authority);
    amt_bearssl_client c;
    for (off = 0; off < 3; off++) {
      size_t size, enough = 0;
      for (size = 0; size <= p.chain.n + p.key.n; size += size < 200 ? 1 : 7) {
        unsigned char *block = malloc(size + off + 1);
        int            e;
        memset(&c, 0, sizeof c);
        block = realloc(block, size + off + (size + off == 0));
        e = amt_bearssl_client_read(&c, block + off, size, (char *)p.chain.p,
                                    p.chain.n, (char *)p.key.p, p.key.n);
        if (e == 0 && enough == 0) enough = size;
        if (e == 0) assert_int_equal(c.chain_len, 2);
        if (e != 0 && (e != AMT_E_TLS_ROOM || enough > 0))
          text_add(&notes, "%zu bytes: %s\n", size, error_name(e));
        free(block);
      }
      if (enough == 0)
        text_add(&notes, "as much as the texts (%zu) is not enough\n",
                 p.chain.n + p.key.n);
    }
    proof_free(&p);
  }
  notes_check();
}

TLS_TEST(a_client_is_read_where_bytes_that_PEM_has_not_end_its_lines)
{
  static const int         which[] = { KEY_CLIENT, KEY_RSA };
  static const char *const ends[] = { "\r\n", "\x7F\n", "\x80\xFF\n" };
  size_t i;
  for (i = 0; i < 4 * COUNT(ends); i++) {
    int   k = which[i / 2 % 2];
    proof p = proof_make(k, i & 1, authority, KEY_CA, NULL);
    bytes chain = with_newline(&p.chain, ends[i / 4]);
    bytes pem = with_newline(&p.key, ends[i / 4]);
    int   e = tls_client(&chain, &pem);
    if (e != 0)
      text_add(&notes, "key %d, line's end %zu: %s\n", k, i / 4,
               error_name(e));
    bytes_free(&chain);
    bytes_free(&pem);
    proof_free(&p);
  }
  notes_check();
}

TLS_TEST(a_clients_texts_may_end_without_a_newline)
{
  proof p = proof_make(KEY_CLIENT, 1, authority, KEY_CA, authority);
  unsigned char *der = NULL;
  int            n = i2d_X509(authority, &der);
  p.chain.n--;
  p.key.n--;
  assert_int_equal(tls_client(&p.chain, &p.key), 0);
  assert_int_equal(client_of_ours.chain_len, 2);
  assert_int_equal(client_of_ours.chain[1].data_len, n);
  assert_memory_equal(client_of_ours.chain[1].data, der, n);
  OPENSSL_free(der);
  proof_free(&p);
}

static void same_number(EVP_PKEY *made, const char *name,
                        const unsigned char *p, size_t n)
{
  BIGNUM *secret = NULL, *read = BN_bin2bn(p, (int)n, NULL);
  MUST(EVP_PKEY_get_bn_param(made, name, &secret));
  if (BN_cmp(read, secret) != 0) text_add(&notes, "%s differs\n", name);
  BN_free(read);
  BN_free(secret);
}

/* What the reader kept is this key. curve: BR_EC_..., or 0 for RSA. */
static void same_key(EVP_PKEY *made, int curve)
{
  const br_rsa_private_key *rsa = &client_of_ours.rsa;
  const br_ec_private_key  *ec = &client_of_ours.ec;
  if (curve != 0) {
    assert_int_equal(ec->curve, curve);
    same_number(made, OSSL_PKEY_PARAM_PRIV_KEY, ec->x, ec->xlen);
    return;
  }
  assert_int_equal(rsa->n_bitlen, EVP_PKEY_get_bits(made));
  same_number(made, OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->p, rsa->plen);
  same_number(made, OSSL_PKEY_PARAM_RSA_FACTOR2, rsa->q, rsa->qlen);
  same_number(made, OSSL_PKEY_PARAM_RSA_EXPONENT1, rsa->dp, rsa->dplen);
  same_number(made, OSSL_PKEY_PARAM_RSA_EXPONENT2, rsa->dq, rsa->dqlen);
  same_number(made, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, rsa->iq, rsa->iqlen);
}

/* Reads the key in both forms. Only PKCS #8 tells RSA-PSS from RSA. */
static void key_forms(EVP_PKEY *made, int want, int curve, const char *what)
{
  proof p = proof_make(KEY_CLIENT, 1, authority, KEY_CA, NULL);
  int   pkcs8;
  for (pkcs8 = EVP_PKEY_is_a(made, "RSA-PSS"); pkcs8 < 2; pkcs8++) {
    BIO *b = BIO_new(BIO_s_mem());
    int  e;
    bytes_free(&p.key);
    MUST(pkcs8 ? PEM_write_bio_PKCS8PrivateKey(b, made, NULL, NULL, 0, NULL,
                                               NULL)
               : PEM_write_bio_PrivateKey_traditional(b, made, NULL, NULL, 0,
                                                      NULL, NULL));
    bio_take(&p.key, b);
    e = tls_client(&p.chain, &p.key);
    if (e != want) text_add(&notes, "%s, PKCS #8 %d: %s\n", what, pkcs8,
                            error_name(e));
    else if (e == 0) same_key(made, curve);
  }
  proof_free(&p);
  EVP_PKEY_free(made);
}

TLS_TEST(keys_of_each_kind_are_read_as_they_are)
{
  EVP_PKEY     *pss = NULL;
  EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
  MUST(EVP_PKEY_keygen_init(maker) > 0 && EVP_PKEY_keygen(maker, &pss) > 0);
  EVP_PKEY_CTX_free(maker);
  key_forms(EVP_EC_gen("P-256"), 0, BR_EC_secp256r1, "P-256");
  key_forms(EVP_EC_gen("P-384"), 0, BR_EC_secp384r1, "P-384");
  key_forms(EVP_EC_gen("P-521"), 0, BR_EC_secp521r1, "P-521");
  key_forms(EVP_EC_gen("P-224"), AMT_E_TLS_KEY, 0, "P-224");
  key_forms(EVP_EC_gen("secp256k1"), AMT_E_TLS_KEY, 0, "secp256k1");
  key_forms(EVP_EC_gen("brainpoolP256r1"), AMT_E_TLS_KEY, 0, "brainpool");
  key_forms(EVP_RSA_gen(1024), 0, 0, "RSA of 1,024 bits");
  key_forms(EVP_RSA_gen(1020), 0, 0, "RSA of 1,020 bits");
  key_forms(pss, AMT_E_TLS_KEY, 0, "RSA-PSS");
  notes_check();
}

TLS_TEST(keys_of_odd_elements_are_refused)
{
  static const struct { const char *der; size_t n; } list[] = {
    { "", 0 }, { "\x30", 1 }, { "\x31\x00", 2 }, { "\x30\x00", 2 },
    { "\x30\x03\x02\x01\x00", 5 },                       /* a version alone */
    { "\x30\x82\x00", 3 }, { "\x30\x83\x00\x00\x00", 5 }, /* bad lengths */
    { "\x30\x80\x00\x00", 4 }, { "\x30\x7f\x02\x01\x00", 5 },
    { "\x30\x1b\x02\x01\x00" "\x02\x01\x00\x02\x01\x03\x02\x01\x01"
      "\x02\x01\x03\x02\x01\x03\x02\x01\x01\x02\x01\x01\x02\x01\x01",
      29 }, /* RSA with a modulus of 0 */
    { "\x30\x1a\x02\x01\x00" "\x02\x00\x02\x01\x03\x02\x01\x01"
      "\x02\x01\x03\x02\x01\x03\x02\x01\x01\x02\x01\x01\x02\x01\x01",
      28 }, /* and of no bytes */
    { "\x30\x06\x02\x01\x01\x04\x01\x05", 8 }, /* EC without a curve */
    { "\x30\x08\x02\x01\x01\x04\x01\x05\xa0\x00", 10 },
    { "\x30\x0f\x02\x01\x01\x04\x01\x05\xa0\x07\x06\x05\x2b\x81\x05\x00"
      "\x22", 17 },
    { "\x30\x0f\x02\x01\x01\x04\x01\x05\xa0\x07\x06\x05\x2b\x81\x04\x00"
      "\x21", 17 }, /* P-224 */
    { "\x30\x05\x02\x01\x00\x30\x00", 7 } /* PKCS #8 without a key */
  };
  proof  p = proof_make(KEY_CLIENT, 1, authority, KEY_CA, NULL);
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    BIO *b = BIO_new(BIO_s_mem());
    int  e;
    bytes_free(&p.key);
    MUST(PEM_write_bio(b, "PRIVATE KEY", "", (const unsigned char *)list[i].der,
                       (long)list[i].n) >= 0);
    bio_take(&p.key, b);
    e = tls_client(&p.chain, &p.key);
    if (e != AMT_E_TLS_KEY)
      text_add(&notes, "%zu: %s\n", i, error_name(e));
  }
  proof_free(&p);
  notes_check();
}

TLS_TEST(invalid_client_texts_are_refused)
{
  proof  p = proof_make(KEY_CLIENT, 1, authority, KEY_CA, NULL);
  proof  rsa = proof_make(KEY_RSA, 0, authority, KEY_CA, NULL);
  bytes  encrypted = { NULL, 0, 0 }, ed = { NULL, 0, 0 };
  BIO   *b = BIO_new(BIO_s_mem());
  size_t n;
  amt_bearssl_client c;
  struct { const char *what; const bytes *chain, *key; int e; } list[] = {
    { "no certificate", &p.key, &p.key, AMT_E_TLS_PEM },
    { "no key", &p.chain, &p.chain, AMT_E_TLS_KEY },
    { "an encrypted key", &p.chain, &encrypted, AMT_E_TLS_KEY },
    { "an Ed25519 key", &p.chain, &ed, AMT_E_TLS_KEY }
  };
  MUST(PEM_write_bio_PKCS8PrivateKey(b, key(KEY_CLIENT), EVP_aes_128_cbc(),
                                     "abcd", 4, NULL, NULL));
  bio_take(&encrypted, b);
  key_pem(&ed, KEY_ED25519, 1);
  for (n = 0; n < COUNT(list); n++) {
    int e = tls_client(list[n].chain, list[n].key);
    if (e != list[n].e)
      text_add(&notes, "%s: %s, want %s\n", list[n].what, error_name(e),
               error_name(list[n].e));
  }
  for (n = 0; n < data_of(&p.key); n++) { /* cut off, at the edge */
    const char *cut = (const char *)edge_copy(p.key.p, n);
    memset(&c, 0, sizeof c);
    if (amt_bearssl_client_read(&c, client_memory, sizeof client_memory,
                                (char *)p.chain.p, p.chain.n, cut, n) >= 0)
      text_add(&notes, "a key of %zu bytes is taken\n", n);
  }
  for (n = 0; n < data_of(&p.chain); n++) {
    const char *cut = (const char *)edge_copy(p.chain.p, n);
    memset(&c, 0, sizeof c);
    if (amt_bearssl_client_read(&c, client_memory, sizeof client_memory, cut, n,
                                (char *)p.key.p, p.key.n) >= 0)
      text_add(&notes, "a chain of %zu bytes is taken\n", n);
  }
  random_state = 17;
  for (n = 0; n < 600; n++) { /* must not crash, whatever the result */
    const proof *from = n & 1 ? &rsa : &p;
    bytes        odd = { NULL, 0, 0 };
    bytes_add(&odd, from->key.p, from->key.n);
    mutate(&odd, 1 + random_below(4));
    memset(&c, 0, sizeof c);
    amt_bearssl_client_read(&c, client_memory, sizeof client_memory,
                            (char *)from->chain.p, from->chain.n,
                            (const char *)edge_copy(odd.p, odd.n), odd.n);
    bytes_free(&odd);
  }
  proof_free(&p);
  proof_free(&rsa);
  bytes_free(&encrypted);
  bytes_free(&ed);
  notes_check();
}

TLS_TEST(amt_bearssl_more_speaks_to_old_servers)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  static const char *const ciphers[] = { "AES128-SHA", "AES128-GCM-SHA256",
                                         "ECDHE-RSA-AES256-SHA",
                                         "ECDHE-RSA-AES128-SHA256" };
  size_t i;
  s.key = KEY_RSA;
  for (i = 0; i < COUNT(ciphers); i++) {
    int e;
    again();
    peer_shows(&srv, cert_make(&s), KEY_RSA, NULL);
    MUST(SSL_CTX_set_cipher_list(srv.ctx, ciphers[i]));
    e = get();
    if (e != AMT_E_TLS_ALERT(40))
      text_add(&notes, "%s without: %s\n", ciphers[i], error_name(e));
    amt_http_close(&conn);
    cfg.configure = amt_bearssl_legacy_ciphers;
    e = get();
    if (e != AMT_HTTP_END)
      text_add(&notes, "%s with: %s\n", ciphers[i], error_name(e));
  }
  notes_check();
}

/* ------------------------------------------------------------------------
   >>bearssl-corners */

static int no_system_random;

static int system_seeds(const br_prng_class **ctx)
{
  unsigned char seed[32];
  FILE         *f = fopen("/dev/urandom", "rb");
  size_t        n = f != NULL ? fread(seed, 1, sizeof seed, f) : 0;
  if (f != NULL) fclose(f);
  if (n != sizeof seed) return 0;
  (*ctx)->update(ctx, seed, sizeof seed);
  return 1;
}

/* Takes the place of BearSSL's own function. */
br_prng_seeder br_prng_seeder_system(const char **name)
{
  if (name != NULL) *name = "of the test";
  return no_system_random ? 0 : system_seeds;
}

TLS_TEST(a_system_without_randomness_is_RANDOM)
{
  cfg.tls.random = NULL;
  no_system_random = 1;
  refused(AMT_E_TLS_RANDOM, "no randomness of the system");
  no_system_random = 0;
  assert_int_equal(srv.up_all, 0);
  notes_check();
  works();
}

/* The session is kept: it is not the cause. */
TLS_TEST(without_randomness_a_saved_session_waits)
{
  cfg.tls.random = NULL;
  works();
  amt_http_close(&conn);
  tls_attach();
  no_system_random = 1;
  srv.heard_all = 0;
  refused(AMT_E_TLS_RANDOM, "a session, and no randomness");
  no_system_random = 0;
  notes_check();
  assert_int_equal(resumes(), 1);
}

static void without_hashes(br_ssl_client_context *cc,
                           br_x509_minimal_context *xc)
{
  (void)xc;
  br_ssl_engine_set_hash(&cc->eng, br_sha256_ID, NULL);
}

TLS_TEST(an_engine_that_cannot_begin_is_BROKEN)
{
  cfg.configure = without_hashes;
  refused(AMT_E_TLS_BROKEN, "no hash for its random generator");
  assert_int_equal(srv.up_all, 0);
  notes_check();
}

TLS_TEST(an_end_that_has_no_word_is_BROKEN)
{
  assert_int_equal(amt__bearssl_error(&tls, BR_ERR_RECV_FATAL_ALERT + 40),
                   AMT_E_TLS_ALERT(40));
  assert_int_equal(amt__bearssl_error(&tls, BR_ERR_SEND_FATAL_ALERT + 40),
                   AMT_E_TLS_BROKEN);
  assert_int_equal(amt__bearssl_error(&tls, BR_ERR_X509_NOT_TRUSTED + 1),
                   AMT_E_TLS_BROKEN);
  assert_int_equal(amt__bearssl_error(&tls, BR_ERR_IO), AMT_E_TLS_BROKEN);
}

/* The dates in the report are the server's own certificate's. */
TLS_TEST(constraints_of_an_issuer_come_without_dates)
{
  unsigned i;
  for (i = 1; i < 3; i++) {
    tls.constrained = (uint8_t)i;
    tls.report.from = tls.report.until = 7;
    amt__bearssl_constrained(&tls);
    assert_int_equal(tls.report.certificate, i - 1);
    assert_int_equal(tls.report.from, i == 1 ? 7 : 0);
    assert_int_equal(tls.report.until, i == 1 ? 7 : 0);
  }
}

TLS_TEST(a_chain_of_more_than_255_certificates_can_be_skipped)
{
  int i;
  for (i = 0; i < 300; i++) MUST(SSL_CTX_add1_chain_cert(srv.ctx, authority));
  cfg.tls.insecure_skip_chain = 1;
  works();
  assert_int_equal(tls.certificates, 255);
}

TLS_TEST(nothing_can_always_be_put_into_a_room)
{
  unsigned char mem[8];
  amt_tls_room  r;
  amt__room_init(&r, mem, sizeof mem);
  assert_ptr_equal(amt__room_put(&r, NULL, 0), mem);
  assert_int_equal(r.low, 0);
  assert_int_equal(r.error, 0);
  assert_null(amt__room_put(&r, mem, 9));
  assert_int_equal(r.error, AMT_E_TLS_ROOM);
}

TLS_TEST(an_older_word_for_a_certificate_is_known)
{
  static const char *const word[] = { "X509 CERTIFICATE", "X509 CERTIFICATF" };
  static const int         want[] = { 0, AMT_E_TLS_PEM };
  size_t i;
  for (i = 0; i < 2; i++) {
    static amt_bearssl_anchors a;
    bytes pem = { NULL, 0, 0 };
    char *at;
    cert_pem(&pem, authority);
    at = strstr((char *)pem.p, "CERTIFICATE");
    bytes_replace(&pem, (size_t)(at - (char *)pem.p), 11, word[i], 16);
    at = strstr((char *)pem.p, "END CERTIFICATE");
    bytes_replace(&pem, (size_t)(at - (char *)pem.p) + 4, 11, word[i], 16);
    assert_int_equal(pem_read(&a, anchor_memory[0], sizeof anchor_memory[0],
                              pem.p, pem.n, 64), want[i]);
    assert_int_equal(a.count, i == 0);
    bytes_free(&pem);
  }
}

TLS_TEST(of_two_keys_the_first_is_taken)
{
  proof p = proof_make(KEY_CLIENT, 1, authority, KEY_CA, NULL);
  key_pem(&p.key, KEY_RSA, 1);
  shows_proof(&p);
  proof_free(&p);
  assert_ptr_equal(client_of_ours.use, amt_bearssl_use_ec);
  peer_demands(&srv, authority);
  works();
}

TLS_TEST(an_ec_certificate_may_have_been_signed_with_rsa)
{
  cert_spec root = { .name = "RSA root", .key = KEY_RSA, .ca = 1 };
  X509     *x = cert_make(&root);
  proof     p = proof_make(KEY_CLIENT, 1, x, KEY_RSA, NULL);
  shows_proof(&p);
  proof_free(&p);
  client_of_ours.issuer_key_type = BR_KEYTYPE_RSA;
  peer_demands(&srv, x);
  works();
}
#endif /* AMT_BEARSSL */

#ifdef AMT_MBEDTLS
/* ------------------------------------------------------------------------
   >>mbedtls */

TLS_TEST(a_fragment_length_is_honoured)
{
  static const struct { int how; size_t size; } list[] = {
    { MBEDTLS_SSL_MAX_FRAG_LEN_512, 512 },
    { MBEDTLS_SSL_MAX_FRAG_LEN_1024, 1024 },
    { MBEDTLS_SSL_MAX_FRAG_LEN_2048, 2048 },
    { MBEDTLS_SSL_MAX_FRAG_LEN_4096, 4096 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    again();
    cfg.fragment = (uint8_t)list[i].how;
    srv.reply_size = 20000;
    works_with(20000);
    if (srv.record_most > list[i].size + 100 ||
        srv.record_most < list[i].size)
      text_add(&notes, "%zu: a record of %zu\n", list[i].size, srv.record_most);
  }
  notes_check();
}

TLS_TEST(ciphers_of_the_callers_choice_are_used)
{
  static const int list[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0
  };
  cfg.ciphers = list;
  works();
  assert_string_equal(SSL_get_cipher(srv.ssl), "ECDHE-ECDSA-AES256-GCM-SHA384");
  amt_http_close(&conn);
  MUST(SSL_CTX_set_cipher_list(srv.ctx, FORGE_CIPHER));
  tls_forget();
  srv.heard_all = 0;
  refused(AMT_E_TLS_ALERT(40), "another cipher");
  notes_check();
}

#if MBEDTLS_VERSION_NUMBER >= 0x03060100
static const int ciphers_of_13[] = {
  MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
  MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0
};

/* The ticket comes after the handshake, and the session is saved then. */
TLS_TEST(tls_13_is_spoken_where_it_is_listed_and_resumes)
{
  int i;
  cfg.ciphers = ciphers_of_13;
  for (i = 0; i < 4; i++) {
    works();
    assert_int_equal(SSL_version(srv.ssl), TLS1_3_VERSION);
    assert_int_equal(tls.report.resumed, i != 0);
    assert_int_equal(srv.resumed, i != 0);
    amt_http_close(&conn);
  }
  cfg.ciphers = NULL; /* another session, and TLS 1.2 */
  works();
  assert_int_equal(SSL_version(srv.ssl), TLS1_2_VERSION);
  assert_int_equal(tls.report.resumed, 0);
}

/* With TLS 1.3 a server asks for our certificate after all else. */
TLS_TEST(with_tls_13_a_missing_certificate_is_reported)
{
  int e;
  cfg.ciphers = ciphers_of_13;
  peer_demands(&srv, authority);
  e = get();
  if (e != AMT_E_TLS_ALERT(116))
    fail_msg("%s (library %d)", error_name(e), tls.report.lib_error);
}

TLS_TEST(with_tls_13_who_proves_nothing_is_refused)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cfg.ciphers = ciphers_of_13;
  s.issuer = stranger, s.issuer_key = KEY_OTHER;
  judged(&s, AMT_E_TLS_ISSUER, "an unknown issuer");
  s = cert_like("server.test", NULL);
  judged(&s, AMT_E_TLS_COMMON_NAME, "a common name");
  s.san = "DNS:other.test";
  judged(&s, AMT_E_TLS_NAME, "another name");
  s.until = date(NOW - 1, 0);
  judged(&s, AMT_E_TLS_EXPIRED, "expired");
  notes_check();
}
#endif

TLS_TEST(a_set_up_that_fails_is_MEMORY_and_sends_nothing)
{
  proof p = proof_make(KEY_CLIENT, 1, authority, KEY_CA, NULL);
  int   all, n;
  shows_proof(&p);
  proof_free(&p);
  setups = 0;
  works();
  all = setups;
  assert_int_equal(all, 4);
  for (n = 1; n <= all; n++) {
    amt_http_close(&conn);
    tls_forget();
    srv.heard_all = srv.up_all = 0;
    setups = 0, failing_setup = n;
    refused(AMT_E_TLS_MEMORY, "no memory");
    assert_int_equal(setups, n);
    failing_setup = 0;
    assert_int_equal(tls.report.lib_error, MBEDTLS_ERR_SSL_ALLOC_FAILED);
    assert_int_equal(srv.up_all, 0);
  }
  notes_check();
  amt_http_close(&conn);
  works();
}

#ifdef __GLIBC__
/* Finds a leak without a sanitizer, too. A connection takes 40 kB. OpenSSL, in
   the same process, keeps a little more each time. */
TLS_TEST(a_close_gives_all_memory_back)
{
  size_t before = 0;
  int    i;
  for (i = 0; i < 6; i++) {
    if (i == 2) before = mallinfo2().uordblks;
    works();
    amt_http_close(&conn);
  }
  assert_true(mallinfo2().uordblks < before + 16000);
}

/* A ticket of this size shows in the heap's total. */
#ifdef MBEDTLS_SSL_SESSION_TICKETS
TLS_TEST(a_session_that_is_forgotten_leaves_nothing_on_the_heap)
{
  size_t before = mallinfo2().uordblks;
  cfg.saved.MEMBER(ticket) = mbedtls_calloc(1, 60000);
  cfg.saved.MEMBER(ticket_len) = 60000;
  assert_non_null(cfg.saved.MEMBER(ticket));
  tls_forget();
  assert_true(mallinfo2().uordblks < before + 16000);
}
#endif
#endif

TLS_TEST(a_session_that_cannot_be_saved_does_no_harm)
{
  failing_save = 1;
  assert_int_equal(resumes(), 0);
  assert_int_equal(cfg.saved_until, 0);
  assert_int_equal(resumes(), 0);
  failing_save = 0;
  assert_int_equal(resumes(), 0);
  assert_int_equal(resumes(), 1);
}

TLS_TEST(a_session_that_cannot_be_resumed_does_no_harm)
{
  assert_int_equal(resumes(), 0);
  assert_int_equal(resumes(), 1);
  amt_http_close(&conn);
  setups = 0, failing_setup = 4; /* defaults, setup, name, session */
  works();
  failing_setup = 0;
  assert_true(setups >= 4);
  assert_int_equal(tls.report.resumed, 0);
  assert_int_equal(resumes(), 1);
}

TLS_TEST(an_invalid_fragment_length_is_refused)
{
  cfg.fragment = 200;
  refused(AMT_E_TLS_MEMORY, "a fragment length");
  assert_int_equal(tls.report.lib_error, MBEDTLS_ERR_SSL_BAD_INPUT_DATA);
  assert_int_equal(srv.up_all, 0);
  notes_check();
}

TLS_TEST(a_system_without_randomness_is_RANDOM)
{
  unsigned char some[64], *just = edge_new(32);
  cfg.tls.random = NULL;
  assert_int_equal(amt__mbedtls_random(&tls, some, sizeof some), 0);
  assert_int_equal(amt__mbedtls_random(&tls, just, 32), 0);
  mbedtls_entropy_free(&cfg.entropy); /* it has no sources now */
  assert_int_equal(amt__mbedtls_random(&tls, some, sizeof some),
                   MBEDTLS_ERR_ENTROPY_SOURCE_FAILED);
  assert_int_equal(tls.verdict, AMT_E_TLS_RANDOM);
  refused(AMT_E_TLS_RANDOM, "no randomness of the system");
  assert_int_equal(srv.up_all, 0);
  mbedtls_entropy_init(&cfg.entropy);
  notes_check();
}

/* mbedTLS has checked the lengths before. Ours must hold without that. */
TLS_TEST(a_message_is_not_read_behind_its_end)
{
  unsigned char message[] = { 11, 0, 0, 12, 0, 0, 9, 0, 0, 2, 1, 2, 0, 0, 3, 9 };
  size_t        at = 7;
  assert_int_equal(amt__mbedtls_shown(message, &at), 2);
  assert_int_equal(at, 10);
  at += 2;
  assert_int_equal(amt__mbedtls_shown(message, &at), 0); /* says 3, has 1 */
  at = 16;
  assert_int_equal(amt__mbedtls_shown(message, &at), 0);
}

#if AMT__TLS_READER && defined(AMT__MBEDTLS_MESSAGE)
/* Puts a Certificate message with two certificates, of one byte each, where
   mbedTLS keeps it. */
static void message_of(unsigned char first, unsigned char second)
{
  unsigned char message[] = { 11, 0, 0, 11, 0, 0, 8, 0, 0, 1, 0, 0, 0, 1, 0 };
  message[10] = first, message[14] = second;
  begin_open();
  memcpy((unsigned char *)AMT__MBEDTLS_MESSAGE(&tls.ssl), message,
         sizeof message);
}

/* Certificates are compared byte by byte, not only by length. */
TLS_TEST(a_dropped_certificate_is_known_by_its_bytes)
{
  unsigned char    own[] = { 1 };
  mbedtls_x509_crt crt;
  mbedtls_x509_crt_init(&crt);
  crt.raw.p = own, crt.raw.len = 1;
  message_of(1, 2);
  assert_int_equal(amt__mbedtls_dropped(&tls, &crt), 1);
  message_of(2, 1);
  assert_int_equal(amt__mbedtls_dropped(&tls, &crt), 0);
  tls.verdict = AMT_E_TLS_NAME;
  amt__mbedtls_explain(&tls, &crt);
  assert_int_equal(tls.verdict, AMT_E_TLS_ALGORITHM);
  assert_int_equal(tls.report.certificate, 0);
}

/* A dropped issuer does not explain a wrong name. */
TLS_TEST(a_dropped_issuer_explains_only_a_missing_issuer)
{
  static const int verdict[] = { AMT_E_TLS_NAME, AMT_E_TLS_ISSUER };
  unsigned char    own[] = { 1 };
  mbedtls_x509_crt crt;
  int              i;
  mbedtls_x509_crt_init(&crt);
  crt.raw.p = own, crt.raw.len = 1;
  for (i = 0; i < 2; i++) {
    message_of(1, 2);
    tls.verdict = (int16_t)verdict[i];
    tls.report.certificate = 0;
    amt__mbedtls_explain(&tls, &crt);
    assert_int_equal(tls.verdict, i == 0 ? AMT_E_TLS_NAME
                                         : AMT_E_TLS_ALGORITHM);
    assert_int_equal(tls.report.certificate, i);
    amt_http_close(&conn);
  }
}

/* No certificate is blamed once the chain is verified, or when all can be
   read. */
TLS_TEST(a_certificate_is_blamed_only_if_it_is_the_one_that_cannot_be_read)
{
  message_of(1, 2);
  tls.report.certificate = 9;
  tls.verified = 1;
  amt__mbedtls_find(&tls);
  assert_int_equal(tls.report.certificate, 9);
  tls.verified = 0;
  amt__mbedtls_find(&tls);
  assert_int_equal(tls.report.certificate, 0);
  tls.report.certificate = 9;
  ((unsigned char *)AMT__MBEDTLS_MESSAGE(&tls.ssl))[6] = 0; /* an empty list */
  amt__mbedtls_find(&tls);
  assert_int_equal(tls.report.certificate, 9);
}
#endif

#if AMT__TLS_READER
/* The leaf, its issuer, the root, and last the certificate that belongs before
   the root. mbedTLS does not look back in the list. */
TLS_TEST(the_first_certificate_out_of_its_place_is_reported)
{
  static unsigned char name[] = "abcd"; /* each letter is signed by the next */
  static const int     sent[] = { 0, 1, 3, 2 };
  mbedtls_x509_crt     crt[4];
  int                  i, which = 9;
  for (i = 0; i < 4; i++) {
    mbedtls_x509_crt_init(&crt[i]);
    crt[i].subject_raw.p = name + sent[i];
    crt[i].issuer_raw.p = name + (sent[i] + 1) % 4;
    crt[i].subject_raw.len = crt[i].issuer_raw.len = 1;
    crt[i].next = i < 3 ? &crt[i + 1] : NULL;
  }
  tls.last = &crt[3];
  assert_int_equal(amt__mbedtls_why(&tls, crt, &which), AMT_E_TLS_ORDER);
  assert_int_equal(which, 2);
}
#endif

TLS_TEST(each_reason_of_mbedTLS_has_its_error)
{
  static const struct { uint32_t flags; int error; } why[] = {
    { MBEDTLS_X509_BADCERT_NOT_TRUSTED, AMT_E_TLS_ISSUER },
    { MBEDTLS_X509_BADCERT_EXPIRED, AMT_E_TLS_EXPIRED },
    { MBEDTLS_X509_BADCERT_FUTURE, AMT_E_TLS_EXPIRED },
    { MBEDTLS_X509_BADCERT_CN_MISMATCH, AMT_E_TLS_NAME },
    { MBEDTLS_X509_BADCERT_BAD_KEY, AMT_E_TLS_WEAK },
    { MBEDTLS_X509_BADCERT_BAD_MD, AMT_E_TLS_ALGORITHM },
    { MBEDTLS_X509_BADCERT_BAD_PK, AMT_E_TLS_ALGORITHM },
    { MBEDTLS_X509_BADCERT_KEY_USAGE, AMT_E_TLS_USAGE },
    { MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, AMT_E_TLS_USAGE },
    { MBEDTLS_X509_BADCERT_NS_CERT_TYPE, AMT_E_TLS_USAGE },
    { MBEDTLS_X509_BADCERT_OTHER, AMT_E_TLS_CERTIFICATE }
  };
  static const struct { int result, error; } end[] = {
    { MBEDTLS_ERR_SSL_WANT_READ, AMT_AGAIN },
    { MBEDTLS_ERR_SSL_WANT_WRITE, AMT_AGAIN },
    { MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, AMT_E_EOF },
    { AMT__MBEDTLS_BAD_VERSION, AMT_E_TLS_VERSION },
    { AMT__MBEDTLS_BAD_CERTIFICATE, AMT_E_TLS_CERTIFICATE },
    { AMT__MBEDTLS_BAD_HELLO, AMT_E_TLS_CIPHER },
    { MBEDTLS_ERR_SSL_BAD_INPUT_DATA, AMT_E_TLS_CIPHER },
    { MBEDTLS_ERR_SSL_ALLOC_FAILED, AMT_E_TLS_MEMORY },
    { MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, AMT_E_TLS_RECORD },
    { MBEDTLS_ERR_X509_INVALID_FORMAT, AMT_E_TLS_CERTIFICATE },
    { MBEDTLS_ERR_PK_TYPE_MISMATCH, AMT_E_TLS_ALGORITHM },
    { MBEDTLS_ERR_SSL_INTERNAL_ERROR, AMT_E_TLS_BROKEN }
  };
  size_t i;
  begin_open();
  tls.verified = 0; /* mbedTLS's buffer holds no Certificate any more */
  tls.top = 0;
  tls.reader.name[0] = 1; /* not issued by itself */
  for (i = 0; i < COUNT(why); i++)
    if (amt__mbedtls_refused(&tls, why[i].flags, 0) != why[i].error)
      text_add(&notes, "flags %x\n", (unsigned)why[i].flags);
  for (i = 0; i < COUNT(end); i++)
    if (amt__mbedtls_result(&tls, end[i].result) != end[i].error)
      text_add(&notes, "result -0x%x\n", (unsigned)-end[i].result);
  /* Before anything has arrived, nobody knows whether the server speaks TLS. */
  tls.state = AMT__TLS_SHAKING;
  tls.first = 0;
  for (i = 0; i < COUNT(end); i++)
    if (amt__mbedtls_result(&tls, end[i].result) != end[i].error)
      text_add(&notes, "at first -0x%x\n", (unsigned)-end[i].result);
  notes_check();
}

TLS_TEST(the_bad_certificate_nearer_the_root_is_reported)
{
  cert_spec s = cert_like("other.test", "DNS:other.test");
  cert_spec middle = { .name = "Middle", .key = KEY_MIDDLE, .ca = 1,
                       .issuer = authority, .issuer_key = KEY_CA };
  middle.until = date(NOW - 1, 0);
  s.issuer = cert_make(&middle), s.issuer_key = KEY_MIDDLE;
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_EXPIRED, "expired in the middle, and another name");
  assert_int_equal(tls.report.certificate, 1);
  notes_check();
}

TLS_TEST(a_weak_key_of_the_issuer_is_the_issuers)
{
  static const int which[] = { KEY_SERVER, KEY_RSA };
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cert_spec middle = { .name = "Middle", .key = KEY_RSA_1024, .ca = 1,
                       .issuer = authority, .issuer_key = KEY_CA };
  size_t i;
  s.issuer = cert_make(&middle), s.issuer_key = KEY_RSA_1024;
  for (i = 0; i < 2; i++) {
    s.key = which[i];
    peer_shows(&srv, cert_make(&s), s.key, s.issuer);
    refused(AMT_E_TLS_WEAK, "an issuer's RSA key of 1024 bits");
    assert_int_equal(tls.report.certificate, 1);
  }
  notes_check();
}

/* BearSSL skips such anchors when it reads them. */
TLS_TEST(an_anchors_dates_key_and_constraints_are_checked)
{
  static const struct { int e, key, days; const char *constraints; } list[] = {
    { 0, KEY_OTHER, 1, NULL },
    { AMT_E_TLS_EXPIRED, KEY_OTHER, -1, NULL },
    { AMT_E_TLS_WEAK, KEY_RSA_1024, 1, NULL },
    { AMT_E_TLS_WEAK, KEY_P224, 1, NULL },
    { AMT_E_TLS_CERTIFICATE, KEY_OTHER, 1, "permitted;DNS:server.test" }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    cert_spec s = cert_like("server.test", "DNS:server.test");
    cert_spec root = { .name = "A root", .key = list[i].key, .ca = 1 };
    root.until = date(NOW + list[i].days * DAY, 0);
    root.extra_nid = list[i].constraints != NULL ? NID_name_constraints : 0;
    root.extra = list[i].constraints;
    s.issuer = cert_make(&root), s.issuer_key = root.key;
    tls_trust(0, s.issuer);
    judged(&s, list[i].e, "an anchor");
    if (list[i].e != 0) assert_int_equal(tls.report.certificate, 1);
  }
  notes_check();
}

TLS_TEST(a_record_that_could_not_be_kept_is_not_taken)
{
  begin_open();
  srv.stuck_after = srv.to_server;
  assert_int_equal(amt__mbedtls_send(&tls, (const unsigned char *)pattern,
                                     sizeof tls.out + 1),
                   MBEDTLS_ERR_SSL_WANT_WRITE);
  assert_int_equal(tls.out_len, 0);
  assert_int_equal(amt__mbedtls_send(&tls, (const unsigned char *)pattern,
                                     sizeof tls.out), sizeof tls.out);
  tls.out_len = 0;
  srv.stuck_after = 0;
  assert_int_equal(finish(100), AMT_HTTP_END);
  check_whole(100);
}

/* mbedTLS sends an alert while a record waits. Kept inside mbedTLS, it would
   count as the next piece of the request, which would then never leave. */
TLS_TEST(an_alert_waits_behind_the_record_that_waits)
{
  size_t before;
  begin_open();
  before = srv.to_server;
  srv.stuck_after = before + 10;
  assert_int_equal(amt__mbedtls_send(&tls, pattern, 1053), 1053);
  assert_int_equal(amt__mbedtls_send(&tls, pattern + 1053, 31), 31);
  assert_int_equal(srv.to_server, before + 10);
  assert_int_equal(tls.out_len - tls.out_at, 1053 + 31 - 10);
  assert_memory_equal(tls.out + tls.out_at, pattern + 10, 1053 + 31 - 10);
  /* What does not fit stays with mbedTLS. */
  assert_int_equal(amt__mbedtls_send(&tls, pattern, 110),
                   MBEDTLS_ERR_SSL_WANT_WRITE);
  srv.stuck_after = 0;
  assert_int_equal(amt__mbedtls_flush(&tls), 1);
  assert_int_equal(srv.to_server, before + 1053 + 31);
}

/* Bytes that mbedTLS holds back count as not taken. A request never gets there,
   so the test forces the state. */
TLS_TEST(what_mbedTLS_keeps_back_is_not_taken)
{
  begin_open();
  srv.stuck_after = srv.to_server;
  tls.state = AMT__TLS_SHAKING;
  assert_int_equal(step(100), AMT_AGAIN);
  assert_int_equal(conn.sent, 0);
  assert_int_equal(conn.taken, 0);
  assert_int_equal(tls.out_len, 0);
}

/* mbedTLS never gets here, so the test sets the state. */
TLS_TEST(a_handshake_that_verified_nothing_is_BROKEN)
{
  assert_int_equal(tls.verified, 0);
  assert_int_equal(tls.offered, 0);
  assert_int_equal(amt__mbedtls_opened(&tls), AMT_E_TLS_BROKEN);
  assert_int_equal(BY(cfg.saved.session_id_len != 0, cfg.saved_until != 0), 0);
}
#endif /* AMT_MBEDTLS */

/* ------------------------------------------------------------------------
   >>main */

static int program_begin(void **state)
{
  (void)state;
  pattern_fill();
#if defined(AMT_MBEDTLS) && MBEDTLS_VERSION_NUMBER >= 0x03000000
  MUST(psa_crypto_init() == PSA_SUCCESS);
#endif
  authorities_make();
  return 0;
}

static int program_end(void **state)
{
  (void)state;
  authorities_free();
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
