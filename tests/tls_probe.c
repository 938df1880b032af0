/* tls_probe [OPTION]... URL [[OPTION]... URL]...   GETs over TLS, for tests.

   Each URL is fetched --count times, with the options before it, over one
   connection and one struct for the server. So a second URL shows what is kept
   from the first. Each GET prints one line of NAME=VALUE pairs; `text` is the
   last. Exit status: 0 all good, 1 an error, 2 bad usage or files.

   cc -DAMT_BEARSSL -I. -Ibackends tests/tls_probe.c -lbearssl
   cc -DAMT_MBEDTLS -I. -Ibackends tests/tls_probe.c -lmbedtls -lmbedx509 \
      -lmbedcrypto

     --ca FILE            trust anchors, PEM; replaces those before
     --no-ca
     --cert FILE --key FILE  our certificate (PEM, maybe a chain) and its key
     --pin HEX            one more pin
     --no-pins
     --name NAME          expected in the certificate; "-": the URL's host
     --insecure-chain, --secure-chain, --insecure-dates
     --insecure-common-name
     --time SECONDS       a fixed clock; 0: not set. Default: the system's
     --no-random          the random source fails
     --buffer N           BearSSL: bytes; default AMT_BEARSSL_FULL
     --fragment N         mbedTLS: MBEDTLS_SSL_MAX_FRAG_LEN_
     --more               all ciphers the backend has
     --forget             forgets the saved session now
     --count N            GETs of each URL
     --no-keep            a new connection for each
     --room N             bytes for amt_http_poll
     --post TEXT          a POST of JSON, instead of a GET
     --post-size N        a POST of so many bytes: lines of 63 digits
     --pause MS           sleeps before each GET but the first
     --connect MS --idle MS  limits, as in amt_http_limits; default 10 s
     --secret TEXT        what follows "Authorization: Bearer "
     --drip               between TLS and socket, one byte in every second call
     --cut N              the connection ends after N bytes received there */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "../amt_http.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(AMT_BEARSSL) == defined(AMT_MBEDTLS)
#error "define AMT_BEARSSL or AMT_MBEDTLS"
#endif

static void fail(const char *what, const char *detail)
{
  fprintf(stderr, "tls_probe: %s: %s\n", what, detail);
  exit(2);
}

/* --- the stream between TLS and socket ----------------------------------- */

typedef struct wire {
  amt_stream    stream;
  amt_posix     socket;
  int           drip;
  int           own;      /* a "not yet" of our own, not the socket's */
  unsigned      reads, writes; /* calls */
  long          cut;      /* -1: never */
  unsigned long received; /* on this connection */
  unsigned long in, out;  /* since the start */
  unsigned      records;  /* TLS records of application data, sent */
  unsigned char head[5];  /* header of the record being sent */
  unsigned      have;     /* its bytes so far */
  unsigned      left;     /* bytes left of its body */
} wire;

static int wire_open(amt_stream *s, const char *host, size_t host_len,
                     uint16_t port, uint32_t left_ms)
{
  wire       *w = (wire *)s;
  amt_stream *inner = &w->socket.stream;
  w->received = 0;
  w->have = w->left = 0;
  w->own = 0;
  return inner->ops->open(inner, host, host_len, port, left_ms);
}

static ptrdiff_t wire_read(amt_stream *s, void *p, size_t n)
{
  wire       *w = (wire *)s;
  amt_stream *inner = &w->socket.stream;
  ptrdiff_t   got;
  w->own = w->drip && ++w->reads % 2 != 0;
  if (w->own) return AMT_AGAIN;
  if (w->drip) n = 1;
  if (w->cut >= 0) {
    unsigned long left = (unsigned long)w->cut - w->received;
    if (left == 0) return AMT_E_EOF;
    if (n > left) n = left;
  }
  got = inner->ops->read(inner, p, n);
  if (got > 0) w->received += (unsigned long)got, w->in += (unsigned long)got;
  return got;
}

/* Counts records of type 23. Bytes 3 and 4 are their length. */
static void wire_count(wire *w, const unsigned char *p, size_t n)
{
  for (; n > 0; p++, n--) {
    if (w->left > 0) {
      w->left--;
      continue;
    }
    w->head[w->have++] = *p;
    if (w->have < sizeof w->head) continue;
    w->records += w->head[0] == 23;
    w->left = (unsigned)w->head[3] << 8 | w->head[4];
    w->have = 0;
  }
}

static ptrdiff_t wire_write(amt_stream *s, const void *p, size_t n)
{
  wire       *w = (wire *)s;
  amt_stream *inner = &w->socket.stream;
  ptrdiff_t   put;
  w->own = w->drip && ++w->writes % 2 != 0;
  if (w->own) return AMT_AGAIN;
  if (w->drip) n = 1;
  put = inner->ops->write(inner, p, n);
  if (put > 0) {
    w->out += (unsigned long)put;
    wire_count(w, p, (size_t)put);
  }
  return put;
}

static void wire_close(amt_stream *s)
{
  amt_stream *inner = &((wire *)s)->socket.stream;
  inner->ops->close(inner);
}

static int wire_wait(amt_stream *s, int want, uint32_t ms)
{
  wire       *w = (wire *)s;
  amt_stream *inner = &w->socket.stream;
  if (w->own) {
    w->own = 0;
    return 1;
  }
  return inner->ops->wait(inner, want, ms);
}

static void wire_init(wire *w)
{
  static const amt_stream_ops ops = { wire_open,  wire_read, wire_write,
                                      wire_close, wire_wait, 0, NULL };
  memset(w, 0, sizeof *w);
  w->stream.ops = &ops;
  w->cut = -1;
  amt_posix_init(&w->socket);
}

/* --- where the two backends differ ---------------------------------------- */

static wire below;

#ifdef AMT_BEARSSL
static amt_bearssl        tls;
static amt_bearssl_server server;

static char *read_file(const char *path, size_t *n)
{
  FILE *f = fopen(path, "rb");
  char *p = NULL;
  *n = 0;
  if (f == NULL) fail(path, "cannot be read");
  do {
    p = realloc(p, *n + 4096);
    if (p == NULL) fail(path, "no memory");
    *n += fread(p + *n, 1, 4096, f);
  } while (!feof(f) && !ferror(f));
  fclose(f);
  return p;
}

static void set_ca(const char *path)
{
  static void        *mem[4]; /* a saved session knows its anchors by */
  static unsigned     used;   /* their address, so new ones get another */
  amt_bearssl_anchors a;
  size_t              n, i;
  char               *text;
  int                 e = 0;
  server.anchors = NULL;
  server.anchor_count = 0;
  if (path == NULL) return;
  if (used == sizeof mem / sizeof mem[0]) fail("--ca", "too many");
  text = read_file(path, &n);
  memset(&a, 0, sizeof a);
  a.size = 4096 + n;
  a.mem = mem[used++] = malloc(a.size);
  if (a.mem == NULL) fail(path, "no memory");
  for (i = 0; e == 0 && i < n; i += 7)
    e = amt_bearssl_anchors_read(&a, text + i, n - i < 7 ? n - i : 7);
  if (e == 0) e = amt_bearssl_anchors_end(&a);
  if (e != 0) fail(path, amt_http_error(e));
  free(text);
  server.anchors = a.list;
  server.anchor_count = a.count;
}

static void set_client(const char *cert, const char *key)
{
  static amt_bearssl_client client;
  static void              *mem;
  size_t                    cert_n, key_n;
  char                     *cert_text = read_file(cert, &cert_n);
  char                     *key_text = read_file(key, &key_n);
  size_t                    size = cert_n + key_n;
  int                       e;
  free(mem);
  mem = malloc(size);
  if (mem == NULL) fail(cert, "no memory");
  e = amt_bearssl_client_read(&client, mem, size, cert_text, cert_n, key_text,
                              key_n);
  if (e != 0) fail(e == AMT_E_TLS_KEY ? key : cert, amt_http_error(e));
  free(cert_text);
  free(key_text);
  server.client = &client;
}

static void set_buffer(unsigned long n)
{
  static void *buf;
  free(buf);
  buf = malloc(n);
  if (buf == NULL) fail("--buffer", "no memory");
  amt_bearssl_init(&tls, &below.stream, &server, buf, n);
}

static void set_fragment(unsigned long n)
{
  (void)n;
  fail("--fragment", "only for mbedTLS");
}

static void set_more(void)
{
  server.configure = amt_bearssl_legacy_ciphers;
}

static void forget(void)
{
  amt_bearssl_forget(&server);
}

static void begin(void)
{
  set_buffer(AMT_BEARSSL_FULL);
}

#else
static amt_mbedtls        tls;
static amt_mbedtls_server server;

static void set_ca(const char *path)
{
  static mbedtls_x509_crt lists[4]; /* a saved session knows its anchors */
  static unsigned         used;     /* by address: new ones get another */
  mbedtls_x509_crt       *list;
  server.anchors = NULL;
  if (path == NULL) return;
  if (used == sizeof lists / sizeof lists[0]) fail("--ca", "too many");
  list = &lists[used++];
  mbedtls_x509_crt_init(list);
  if (mbedtls_x509_crt_parse_file(list, path) < 0) fail(path, "no anchors");
  server.anchors = list;
}

static void set_client(const char *cert, const char *key)
{
  static mbedtls_x509_crt   chain;
  static mbedtls_pk_context pk;
  mbedtls_x509_crt_free(&chain);
  mbedtls_pk_free(&pk);
  mbedtls_x509_crt_init(&chain);
  mbedtls_pk_init(&pk);
  if (mbedtls_x509_crt_parse_file(&chain, cert) != 0) fail(cert, "bad");
  if (mbedtls_pk_parse_keyfile(&pk, key, NULL) != 0) fail(key, "bad");
  server.client = &chain;
  server.client_key = &pk;
}

static void set_buffer(unsigned long n)
{
  (void)n;
  fail("--buffer", "only for BearSSL");
}

static void set_fragment(unsigned long n)
{
  server.fragment = (uint8_t)n;
}

static void set_more(void)
{
  server.ciphers = mbedtls_ssl_list_ciphersuites();
}

static void forget(void)
{
  amt_mbedtls_forget(&server);
}

static void begin(void)
{
  amt_mbedtls_server_init(&server);
  amt_mbedtls_init(&tls, &below.stream, &server);
}
#endif

/* --- options ------------------------------------------------------------- */

static struct {
  const char *cert, *key, *post, *secret;
  unsigned    count, keep;
  size_t      room, post_size;
  uint32_t    time, pause, connect, idle;
  uint8_t     pins[8][32];
} o = { NULL, NULL, NULL, "SECRET-5ac1f7e2", 1, 1, 16384, 0, 0, 0, 10000, 10000,
        { { 0 } } };

static uint32_t fixed_time(void *ctx)
{
  return *(uint32_t *)ctx;
}

static int no_random(void *ctx, void *p, size_t n)
{
  (void)ctx, (void)p, (void)n;
  return 0;
}

static unsigned long number(const char *text)
{
  char         *end;
  unsigned long n = strtoul(text, &end, 10);
  if (end == text || *end != 0) fail(text, "not a number");
  return n;
}

static void add_pin(const char *hex)
{
  size_t   i;
  uint8_t *pin = o.pins[server.tls.pin_count];
  if (server.tls.pin_count == sizeof o.pins / sizeof o.pins[0])
    fail("--pin", "too many");
  if (strlen(hex) != 64) fail(hex, "not a pin");
  for (i = 0; i < 32; i++) {
    char pair[3];
    memcpy(pair, hex + 2 * i, 2);
    pair[2] = 0;
    pin[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
  server.tls.pins = (const uint8_t(*)[32])o.pins;
  server.tls.pin_count++;
}

/* Makes the body of --post-size. */
static void make_post(size_t size)
{
  char  *text = malloc(size + 65);
  size_t i;
  if (text == NULL) fail("--post-size", "no memory");
  for (i = 0; i < size; i += 64)
    snprintf(text + i, 65, "%063lu\n", (unsigned long)(i / 64));
  text[size] = 0;
  o.post = text;
  o.post_size = size;
}

/* Reads the option at argv[0]. Returns its number of words. */
static int option(char **argv)
{
  amt_tls    *t = &server.tls;
  const char *name = argv[0], *value = argv[1];

  if (!strcmp(name, "--no-ca")) return set_ca(NULL), 1;
  if (!strcmp(name, "--no-pins")) return t->pins = NULL, t->pin_count = 0, 1;
  if (!strcmp(name, "--insecure-chain")) return t->insecure_skip_chain = 1, 1;
  if (!strcmp(name, "--secure-chain")) return t->insecure_skip_chain = 0, 1;
  if (!strcmp(name, "--insecure-dates")) return t->insecure_skip_dates = 1, 1;
  if (!strcmp(name, "--insecure-common-name"))
    return t->insecure_common_name = 1, 1;
  if (!strcmp(name, "--no-random")) return t->random = no_random, 1;
  if (!strcmp(name, "--more")) return set_more(), 1;
  if (!strcmp(name, "--forget")) return forget(), 1;
  if (!strcmp(name, "--no-keep")) return o.keep = 0, 1;
  if (!strcmp(name, "--drip")) return below.drip = 1, 1;

  if (value == NULL) fail(name, "no such option, or its value is missing");
  if (!strcmp(name, "--ca")) set_ca(value);
  else if (!strcmp(name, "--cert")) o.cert = value;
  else if (!strcmp(name, "--key")) o.key = value;
  else if (!strcmp(name, "--pin")) add_pin(value);
  else if (!strcmp(name, "--name")) t->name = strcmp(value, "-") ? value : NULL;
  else if (!strcmp(name, "--time")) {
    o.time = (uint32_t)number(value);
    t->time = fixed_time;
    t->ctx = &o.time;
  }
  else if (!strcmp(name, "--buffer")) set_buffer(number(value));
  else if (!strcmp(name, "--fragment")) set_fragment(number(value));
  else if (!strcmp(name, "--count")) o.count = (unsigned)number(value);
  else if (!strcmp(name, "--room")) o.room = number(value);
  else if (!strcmp(name, "--post")) o.post_size = strlen(o.post = value);
  else if (!strcmp(name, "--post-size")) make_post(number(value));
  else if (!strcmp(name, "--pause")) o.pause = (uint32_t)number(value);
  else if (!strcmp(name, "--connect")) o.connect = (uint32_t)number(value);
  else if (!strcmp(name, "--idle")) o.idle = (uint32_t)number(value);
  else if (!strcmp(name, "--secret")) o.secret = value;
  else if (!strcmp(name, "--cut")) below.cut = (long)number(value);
  else fail(name, "no such option");
  if (o.cert != NULL && o.key != NULL) {
    set_client(o.cert, o.key);
    o.cert = o.key = NULL;
  }
  return 2;
}

/* --- one GET ------------------------------------------------------------- */

static uint32_t crc32(uint32_t crc, const unsigned char *p, size_t n)
{
  int bit;
  for (crc = ~crc; n > 0; p++, n--)
    for (crc ^= *p, bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
  return ~crc;
}

static void request(amt_window *out, const amt_url *url)
{
  char bearer[4096];
  snprintf(bearer, sizeof bearer, "Bearer %s", o.secret);
  amt_http_put_line(out, o.post ? "POST" : "GET", url, url->path,
                    url->path_len);
  amt_http_put_header(out, "Authorization", bearer);
  if (o.post) amt_http_put_header(out, "Content-Type", "application/json");
  amt_http_put_end(out, o.post ? o.post_size : AMT_HTTP_NO_BODY);
  if (o.post) amt_put(out, o.post, o.post_size);
}

/* Runs the call to the end of its reply or an error. */
static int get(amt_http_conn *conn, const amt_url *url, unsigned char *room,
               uint32_t *crc, unsigned *polls)
{
  int e;
  *crc = 0;
  *polls = 0;
  amt_http_begin(conn, amt_posix_now(), 0);
  do {
    ++*polls;
    e = amt_http_poll(conn, url, room, o.room, amt_posix_now());
    if (e == AMT_HTTP_SEND) {
      amt_window out;
      amt_window_init(&out, (char *)room, o.room, conn->sent);
      request(&out, url);
      e = amt_http_send(conn, &out, amt_posix_now());
    } else if (e == AMT_HTTP_BODY) {
      *crc = crc32(*crc, conn->data, conn->len);
    }
    if (e == AMT_AGAIN)
      amt_http_wait(conn, amt_http_left(conn, amt_posix_now()));
  } while (e >= 0 && e != AMT_HTTP_END);
  return e;
}

static void print(const amt_http_conn *conn, int e, uint32_t crc,
                  unsigned polls)
{
  const amt_tls_report *seen = &tls.report;
  size_t              i;
  printf("error=%d status=%d body=%lu crc=%lu resumed=%d reused=%d "
         "certificate=%d common_name=%d since=%lu until=%lu lib=%d got=%lu out=%lu "
         "records=%u sent=%lu polls=%u pin=", e < 0 ? e : 0,
         e < 0 ? 0 : conn->reply.status, (unsigned long)conn->body,
         (unsigned long)crc, seen->resumed, conn->reused, seen->certificate,
         seen->common_name,
         (unsigned long)seen->from, (unsigned long)seen->until,
         seen->lib_error, below.in, below.out, below.records,
         (unsigned long)conn->sent, polls);
  for (i = 0; i < 32; i++) printf("%02x", seen->pin[i]);
  printf(" text=%s\n", e < 0 ? amt_http_error(e) : "");
  fflush(stdout);
}

int main(int argc, char **argv)
{
  static amt_http_conn conn;
  static amt_url       url;
  unsigned char       *room;
  uint32_t             crc;
  unsigned             n, polls;
  int                  i, e, status = 0;

  signal(SIGPIPE, SIG_IGN);
  wire_init(&below);
  begin();
  conn.stream = &tls.stream;
  for (i = 1; i < argc;) {
    if (argv[i][0] == '-') {
      i += option(argv + i);
      continue;
    }
    e = amt_url_parse(&url, argv[i]);
    if (e != 0) fail(argv[i], amt_http_error(e));
    room = malloc(o.room);
    if (room == NULL) fail("--room", "no memory");
    for (n = 0; n < o.count; n++) {
      below.in = below.out = 0;
      below.records = 0;
      if (o.pause != 0 && n != 0) {
        struct timespec t;
        t.tv_sec = (time_t)(o.pause / 1000);
        t.tv_nsec = (long)(o.pause % 1000) * 1000000;
        nanosleep(&t, NULL);
      }
      conn.limits.connect = o.connect;
      conn.limits.idle = o.idle;
      e = get(&conn, &url, room, &crc, &polls);
      print(&conn, e, crc, polls);
      if (e < 0) status = 1;
      if (!o.keep) amt_http_close(&conn);
    }
    amt_http_close(&conn); /* the next URL may have another server */
    free(room);
    i++;
  }
  forget();
  return status;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
