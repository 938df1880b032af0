/* amt_bearssl.h - TLS by BearSSL as a stream for amt_http.h: no heap.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #define AMT_POSIX   or another stream
                                  #define AMT_BEARSSL
                                  #include "amt.h"   or "amt_http.h" alone
   in all others the same without the first line. Both include this file;
   included by its own name it brings amt_http.h. Link with -lbearssl.

   Contents: search for the tag
     >>bearssl-manual     a whole program, options, price
     >>bearssl-api        everything public
     >>bearssl-impl       from here on only with AMT_IMPLEMENTATION
     >>bearssl-verifier   ours in front of BearSSL's, for each certificate
     >>bearssl-engine     ciphers, sessions, errors, bytes in and out
     >>bearssl-stream     open, read, write, close, wait
     >>bearssl-pem        trust anchors and client certificates

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>bearssl-manual

   A whole program; amt_tls.h says what is verified:

     #define AMT_IMPLEMENTATION
     #define AMT_POSIX
     #define AMT_BEARSSL
     #include "amt_http.h"
     #include <stdio.h>

     static unsigned char record[AMT_BEARSSL_FULL], memory[4096], pem[8192];

     int main(int argc, char **argv)
     {
       static amt_posix           sock;
       static amt_bearssl         tls;
       static amt_bearssl_server  server;
       static amt_bearssl_anchors ca;
       amt_stream                *s = &tls.stream;
       FILE                      *file;
       int                        e;
       if (argc < 3 || (file = fopen(argv[1], "rb")) == NULL) {
         fprintf(stderr, "arguments: a CA's PEM file, a host\n");
         return 1;
       }
       ca.mem = memory, ca.size = sizeof memory;
       e = amt_bearssl_anchors_read(&ca, pem, fread(pem, 1, sizeof pem, file));
       if (e == 0) e = amt_bearssl_anchors_end(&ca);
       fclose(file);
       server.anchors = ca.list, server.anchor_count = ca.count;
       amt_posix_init(&sock);
       amt_bearssl_init(&tls, &sock.stream, &server, record, sizeof record);
       while (e == 0) {
         e = (s->ops->open)(s, argv[2], strlen(argv[2]), 443, 10000);
         if (e == AMT_AGAIN) (s->ops->wait)(s, AMT_WANT_WRITE, 100);
       }
       puts(e == 1 ? "it has proved its name" : amt_http_error(e));
       (s->ops->close)(s);
       amt_bearssl_forget(&server);
       return e != 1;
     }

   For a device without files `amt anchors ca.pem >anchors.h` writes the anchors
   as C source: amt_anchors and AMT_ANCHOR_COUNT.

   A reconnect that resumes the last session costs 0.75 million instructions
   instead of 42, and 315 bytes on the wire instead of 1 kB and more. BearSSL
   resumes by session id alone. If a server gives only tickets, or keeps no
   sessions by default (nginx, Go, Node, Java), each reconnect costs the whole
   handshake. Let it keep sessions (docs/tls.md has the settings), or keep the
   connection: poll more often than the server's idle limit (nginx: 75 s).

   Options: those of amt_tls.h, and
   AMT_BEARSSL_SMALL  only elliptic curves and SHA-256, no RSA and SHA-384, for
                    a server whose certificate you make yourself. It saves
                    17 kB of BearSSL
   Price, beside BearSSL: 1.6 kB on a Cortex-M4, gcc 12 -Os, and 2.2 kB more for
   IP addresses and pins. */

#if defined(AMT_HTTP_H) && !defined(AMT_BEARSSL)
#error "too late: define AMT_BEARSSL before the first amt.h or amt_http.h"
#endif
#ifndef AMT_BEARSSL
#define AMT_BEARSSL
#endif
#include "amt_http.h"
#include "amt_tls.h"

#ifndef AMT_BEARSSL_H
#define AMT_BEARSSL_H

#if AMT_HTTP_VERSION != 200
#error "amt_bearssl.h and amt_http.h differ: take all headers from one place"
#endif
#include <bearssl.h>

/* ------------------------------------------------------------------------
   >>bearssl-api */

/* Our certificate and key, for a server that asks for them. Filled
   by amt_bearssl_client_read, or by hand from C source (`amt anchors --cert
   FILE --key FILE` prints it). */
typedef struct amt_bearssl_client {
  const br_x509_certificate *chain; /* ours first */
  size_t                     chain_len;
  br_rsa_private_key         rsa; /* one of the two, */
  br_ec_private_key          ec;
  unsigned                   issuer_key_type; /* BR_KEYTYPE_ of who signed it;
                                                 0: the same as ours */
  /* amt_bearssl_use_rsa or amt_bearssl_use_ec, to fit */
  void (*use)(br_ssl_client_context *cc, const struct amt_bearssl_client *c);
} amt_bearssl_client;

AMTDEF void amt_bearssl_use_rsa(br_ssl_client_context *cc,
                                const amt_bearssl_client *c);
AMTDEF void amt_bearssl_use_ec(br_ssl_client_context *cc,
                               const amt_bearssl_client *c);

/* One server. The caller fills the first part before the first connection;
   what it points to stays as it is while connections use it. */
typedef struct amt_bearssl_server {
  amt_tls                    tls;
  const br_x509_trust_anchor *anchors; /* trusted authorities */
  size_t                     anchor_count;
  const amt_bearssl_client  *client; /* NULL: we have no certificate */
  /* Called for each connection after the short list of ciphers is set up:
     amt_bearssl_legacy_ciphers, or yours (accelerators, other curves). NULL:
     none */
  void (*configure)(br_ssl_client_context *cc, br_x509_minimal_context *xc);
  /* The session saved for a cheap reconnect. It is resumed only with the same
     name, port, pins, anchors, client and insecure_ fields, and for a day at
     most, where there is a clock. */
  br_ssl_session_parameters  saved;
  uint8_t                    saved_for[32]; /* a hash of these */
  uint32_t                   saved_until;   /* seconds since 1970 */
} amt_bearssl_server;

/* Wipes the saved session. Call it when the credentials end, and after you
   changed what anchors, pins or client point to. */
AMTDEF void amt_bearssl_forget(amt_bearssl_server *server);

/* For `configure`, and old servers: all that BearSSL has in TLS 1.2, also AES
   in CBC mode, RSA key exchange, and SHA-1 in both. Costs 12 kB if it is
   used. */
AMTDEF void amt_bearssl_legacy_ciphers(br_ssl_client_context *cc,
                             br_x509_minimal_context *xc);

/* One connection: wraps any other stream. 7 kB and the buffer. Its random
   generator is seeded once: after a fork(), initialise it anew. */
typedef struct amt_bearssl {
  amt_stream              stream;
  amt_stream             *inner;
  amt_bearssl_server     *server;
  unsigned char          *buf;
  size_t                  size;
  uint8_t                 state;       /* private; each connection zeroes what
                                          follows, up to the verifier */
  uint8_t                 certificates, offered, decided, passed;
  uint8_t                 seen;        /* what the reader saw in the server's
                                          own certificate */
  uint8_t                 constrained; /* the certificate, from 1, that
                                          constrains names; 0: none */
  char                    san_text;
  uint16_t                first;       /* the first byte, + 1; 0: none came */
  amt_tls_report          report;
  /* Private: */
  int                     broken;      /* the error of a write to `inner`;
                                          after it nothing more is written */
  int                     verdict;     /* why the certificate was refused */
  br_name_element         san;         /* without the reader: asks if there
                                          is a dNSName */
  uint8_t                 binding[32]; /* what a saved session depends on */
  amt_tls_reader          reader;
  const br_x509_class    *verifier;    /* ours, in front of xc */
  br_sha256_context       key_hash;
  br_ssl_client_context   cc;
  br_x509_minimal_context xc;
} amt_bearssl;

/* Each connection has a buffer of the caller's. Its size sets the largest
   record. AMT_BEARSSL_FULL takes any; twice that can send and receive at the
   same time. A smaller one, AMT_BEARSSL_LEAST at least, asks the server for
   records of 512, 1,024, 2,048 or 4,096 bytes (max_fragment_length, RFC 6066).
   OpenSSL and nginx send them; GnuTLS does not: then AMT_E_TLS_RECORD. */
#define AMT_BEARSSL_FULL  16709
#define AMT_BEARSSL_LEAST 837

AMTDEF void amt_bearssl_init(amt_bearssl *t, amt_stream *inner,
                             amt_bearssl_server *server, void *buf,
                             size_t size);

/* The caller's memory, which fills from both ends. Part of the readers. */
typedef struct amt_tls_room {
  unsigned char *mem;
  size_t         low;  /* names and keys up to here */
  size_t         high; /* the list from here on */
  int            error;
} amt_tls_room;

/* Reads trust anchors from PEM into the caller's memory (some 600 bytes for
   each certificate; a system's whole file is 100 kB). Zero it, then set mem and
   size; list and count are the result. Certificates that BearSSL cannot use,
   that have expired, or that have an RSA key below 2,048 bits are skipped and
   counted. What is no certificate is skipped. Only an anchor's name and key are
   kept: its dates and constraints are not checked later. */
typedef struct amt_bearssl_anchors {
  void                   *mem;
  size_t                  size;
  uint32_t                now;     /* seconds since 1970; 0: the system's
                                      clock, if there is one. If before this
                                      build's date, no anchor has expired */
  br_x509_trust_anchor   *list;
  size_t                  count;
  size_t                  passed;  /* certificates that cannot be used */
  /* Private: */
  amt_tls_room            room;
  size_t                  dn;      /* where the current name begins */
  br_pem_decoder_context  pem;
  br_x509_decoder_context x509;
  uint8_t                 state;
} amt_bearssl_anchors;

/* Reads the next n bytes of PEM, cut anywhere. 0, or AMT_E_TLS_PEM, or
   AMT_E_TLS_ROOM. */
AMTDEF int amt_bearssl_anchors_read(amt_bearssl_anchors *a, const void *p,
                                    size_t n);
/* The text has ended: 0, or AMT_E_TLS_PEM if it broke off, or held no
   certificate that can be used. */
AMTDEF int amt_bearssl_anchors_end(amt_bearssl_anchors *a);

/* Reads a client's chain and its unencrypted key (PKCS #8, or "RSA" or "EC
   PRIVATE KEY") from PEM into mem, which needs about the size of both texts,
   and 0.8 kB of stack. 0, or AMT_E_TLS_PEM, AMT_E_TLS_KEY, AMT_E_TLS_ROOM.
   Wipe mem after use: it holds the key. */
AMTDEF int amt_bearssl_client_read(amt_bearssl_client *c, void *mem,
                                   size_t size, const char *chain,
                                   size_t chain_len, const char *key,
                                   size_t key_len);

#endif /* AMT_BEARSSL_H */

/* ========================================================================
   >>bearssl-impl

   The engine has four buffers and never waits. This section carries bytes
   between them and the inner stream. */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_BEARSSL_IMPLEMENTED)
#define AMT_BEARSSL_IMPLEMENTED

/* BearSSL counts days from the year 0. */
static uint32_t amt__bearssl_day(uint32_t now)
{
  return now / 86400u + 719528u;
}

static void amt__bearssl_clock(amt_bearssl *t, uint32_t now)
{
  br_x509_minimal_set_time(&t->xc, amt__bearssl_day(now), now % 86400u);
}

/* ------------------------------------------------------------------------
   >>bearssl-verifier */

#if AMT__TLS_READER
static amt_bearssl *amt__bearssl_of(const br_x509_class **ctx)
{
  return (amt_bearssl *)(void *)((char *)(void *)ctx -
                                 offsetof(amt_bearssl, verifier));
}

static void amt__bearssl_start_chain(const br_x509_class **ctx,
                                     const char *name)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  if (t->server->tls.insecure_skip_chain || AMT__TLS_HAS_IP(&t->reader))
    name = NULL;
  t->xc.vtable->start_chain(&t->xc.vtable, name);
}

static void amt__bearssl_start_cert(const br_x509_class **ctx, uint32_t n)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  t->decided = t->xc.err != 0;
  if (!t->decided) t->report.certificate = t->certificates;
  if (t->certificates < 255u) t->certificates++;
  t->passed = t->certificates != 1u && t->server->tls.insecure_skip_chain;
  if (t->passed) return; /* only the first is read, for its key */
  t->xc.vtable->start_cert(&t->xc.vtable, n);
  if (!t->decided) amt__cert_init(&t->reader);
#ifndef AMT_TLS_NO_PIN
  if (t->certificates == 1u) br_sha256_init(&t->key_hash);
#endif
}

/* Reads the certificate before BearSSL does. BearSSL needs a time: if dates are
   skipped, it gets the time at which the certificate begins. */
static void amt__bearssl_append(const br_x509_class **ctx,
                                const unsigned char *p, size_t n)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  size_t       i;
  if (t->passed) return;
  for (i = 0; i < n && !t->decided; i++) {
    int of_key = amt__cert_step(&t->reader, p[i]);
#ifndef AMT_TLS_NO_PIN
    if (of_key && t->certificates == 1u)
      br_sha256_update(&t->key_hash, p + i, 1);
#endif
    (void)of_key;
  }
  if (amt__tls_skips_dates(&t->server->tls))
    amt__bearssl_clock(t, t->reader.from);
  t->xc.vtable->append(&t->xc.vtable, p, n);
}

static void amt__bearssl_end_cert(const br_x509_class **ctx)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  if (t->passed) return;
  t->xc.vtable->end_cert(&t->xc.vtable);
  if (!t->decided && t->constrained == 0 &&
      (t->reader.seen & AMT__CERT_HAS_CONSTRAINTS))
    t->constrained = t->certificates;
  if (t->certificates != 1u) return;
  t->report.from = t->reader.from;
  t->report.until = t->reader.until;
  t->seen = t->reader.seen;
#ifndef AMT_TLS_NO_PIN
  br_sha256_out(&t->key_hash, t->report.pin);
#endif
}

/* Refuses name constraints, since BearSSL does not check them. */
static void amt__bearssl_constrained(amt_bearssl *t)
{
  t->verdict = AMT_E_TLS_CERTIFICATE;
  t->report.certificate = (uint8_t)(t->constrained - 1u);
  if (t->constrained != 1u) t->report.from = t->report.until = 0;
}

/* BearSSL has judged the chain; this judges the server's own certificate. */
static unsigned amt__bearssl_end_chain(const br_x509_class **ctx)
{
  amt_bearssl   *t = amt__bearssl_of(ctx);
  const amt_tls *tls = &t->server->tls;
  unsigned       e = t->xc.vtable->end_chain(&t->xc.vtable);
  if (e == BR_ERR_X509_NOT_TRUSTED && tls->insecure_skip_chain) e = 0;
  if (e != 0) return e;
  t->report.certificate = 0;
  t->verdict = amt__tls_judge(tls, &t->report, t->seen, t->reader.ip_len);
  if (t->constrained != 0 && !tls->insecure_skip_chain)
    amt__bearssl_constrained(t);
  return t->verdict != 0 ? BR_ERR_X509_NOT_TRUSTED : 0;
}

static const br_x509_pkey *amt__bearssl_key(const br_x509_class *const *ctx,
                                            unsigned *usages)
{
  const amt_bearssl *t = (const amt_bearssl *)(const void *)(
    (const char *)(const void *)ctx - offsetof(amt_bearssl, verifier));
  return t->xc.vtable->get_pkey(&t->xc.vtable, usages);
}
#endif /* AMT__TLS_READER */

/* ------------------------------------------------------------------------
   >>bearssl-engine */

/* The short list: forward secrecy and authenticated encryption only. */
static void amt__bearssl_profile(br_ssl_client_context *cc,
                                 br_x509_minimal_context *xc)
{
  static const uint16_t suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
#ifndef AMT_BEARSSL_SMALL
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#endif
  };
  br_ssl_engine_context *eng = &cc->eng;
  br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
  br_ssl_engine_set_suites(eng, suites, sizeof suites / sizeof suites[0]);
  br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
  br_x509_minimal_set_hash(xc, br_sha256_ID, &br_sha256_vtable);
  br_ssl_engine_set_prf_sha256(eng, br_tls12_sha256_prf);
#ifdef AMT_BEARSSL_SMALL
  br_ssl_engine_set_ec(eng, &br_ec_p256_m31);
  br_ssl_engine_set_ecdsa(eng, br_ecdsa_i31_vrfy_asn1);
#else
  br_x509_minimal_set_hash(xc, br_sha384_ID, &br_sha384_vtable);
  br_x509_minimal_set_hash(xc, br_sha512_ID, &br_sha512_vtable);
  br_ssl_engine_set_default_ecdsa(eng);
  br_ssl_engine_set_default_rsavrfy(eng);
  br_x509_minimal_set_rsa(xc, br_ssl_engine_get_rsavrfy(eng));
#endif
  br_x509_minimal_set_ecdsa(xc, br_ssl_engine_get_ec(eng),
                            br_ssl_engine_get_ecdsa(eng));
  br_x509_minimal_set_minrsa(xc, 256);
  br_ssl_engine_set_default_aes_gcm(eng);
  br_ssl_engine_set_default_chapol(eng);
  br_ssl_engine_set_all_flags(eng, BR_OPT_NO_RENEGOTIATION);
}

AMTDEF void amt_bearssl_legacy_ciphers(br_ssl_client_context *cc,
                             br_x509_minimal_context *xc)
{
  static const uint16_t suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    BR_TLS_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_RSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_RSA_WITH_AES_128_CBC_SHA256,
    BR_TLS_RSA_WITH_AES_256_CBC_SHA256,
    BR_TLS_RSA_WITH_AES_128_CBC_SHA,
    BR_TLS_RSA_WITH_AES_256_CBC_SHA
  };
  br_ssl_engine_context *eng = &cc->eng;
  (void)xc;
  br_ssl_engine_set_suites(eng, suites, sizeof suites / sizeof suites[0]);
  br_ssl_engine_set_hash(eng, br_sha1_ID, &br_sha1_vtable);
  br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
  br_ssl_engine_set_prf_sha384(eng, br_tls12_sha384_prf);
  br_ssl_client_set_default_rsapub(cc);
  br_ssl_engine_set_default_aes_cbc(eng);
}

/* Offers the saved session if nothing that it depends on has changed: the
   caller's part of the server, the pins, the name, the port. */
static void amt__bearssl_offer(amt_bearssl *t, const amt__tls_asked *asked,
                               size_t n, uint32_t now)
{
  amt_bearssl_server *s = t->server;
  br_sha256_context   hash;
  br_sha256_init(&hash);
  br_sha256_update(&hash, s, offsetof(amt_bearssl_server, saved));
#ifndef AMT_TLS_NO_PIN
  br_sha256_update(&hash, s->tls.pins, 32u * s->tls.pin_count);
#endif
  br_sha256_update(&hash, asked, offsetof(amt__tls_asked, name) + n);
  br_sha256_out(&hash, t->binding);
  if (s->saved.session_id_len != 0 && now < s->saved_until &&
      memcmp(t->binding, s->saved_for, sizeof t->binding) == 0) {
    t->offered = 1;
    br_ssl_engine_set_session_parameters(&t->cc.eng, &s->saved);
  }
}

/* Wipes the engine, except a random generator that is seeded: it serves all
   later connections, and it cannot be run backwards. */
static void amt__bearssl_clear(amt_bearssl *t)
{
  br_ssl_engine_context *eng = &t->cc.eng;
  char                  *end = (char *)(&t->cc + 1);
  char                  *after = (char *)(&eng->rng_os_rand_done + 1);
  if (eng->rng_init_done != 2) after = (char *)&eng->rng; /* not seeded */
  amt_wipe(&t->cc, (size_t)((char *)&eng->rng - (char *)&t->cc));
  amt_wipe(after, (size_t)(end - after));
}

static int amt__bearssl_seed(amt_bearssl *t)
{
  const amt_tls *tls = &t->server->tls;
  uint8_t       *seed = t->binding; /* borrowed: amt__bearssl_offer sets it */
  size_t         n = sizeof t->binding;
  if (t->cc.eng.rng_init_done == 2) return 0;
  if (tls->random == NULL) return 0; /* BearSSL asks the system, or refuses */
  if (tls->random(tls->ctx, seed, n) != 1) return AMT_E_TLS_RANDOM;
  br_ssl_engine_inject_entropy(&t->cc.eng, seed, n);
  return 0;
}

#if !AMT__TLS_READER
/* BearSSL accepts a common name if there is no subjectAltName. So it is asked
   whether there is a dNSName. */
static void amt__bearssl_ask_san(amt_bearssl *t)
{
  static const unsigned char dns_name[2] = { 0, 2 };
  t->san.oid = dns_name;
  t->san.buf = &t->san_text; /* BearSSL clears this byte, no more */
  br_x509_minimal_set_name_elements(&t->xc, &t->san, 1);
}
#endif

/* Prepares the engine for the first byte. amt_bearssl_init or the last close
   has wiped it. */
static int amt__bearssl_begin(amt_bearssl *t, const char *host, size_t n,
                              uint16_t port)
{
#if AMT__TLS_READER
  static const br_x509_class verifier = {
    sizeof(const br_x509_class *), amt__bearssl_start_chain,
    amt__bearssl_start_cert,       amt__bearssl_append,
    amt__bearssl_end_cert,         amt__bearssl_end_chain,
    amt__bearssl_key
  };
#endif
  amt_bearssl_server *s = t->server;
  amt__tls_asked      asked;
  uint32_t            now = amt__tls_time(&s->tls);
  int                 e;
  if (t->size < AMT_BEARSSL_LEAST) return AMT_E_TLS_BUFFER;
  memset(&t->certificates, 0, offsetof(amt_bearssl, verifier) -
                              offsetof(amt_bearssl, certificates));
  e = amt__tls_ready(&s->tls, s->anchor_count, now);
  if (e == 0) e = amt__tls_ask(&asked, &s->tls, host, &n, &t->reader);
  if (e != 0) return e;
  asked.port = port;
  t->state = AMT__TLS_SHAKING;
  br_x509_minimal_init(&t->xc, &br_sha256_vtable, s->anchors, s->anchor_count);
#if !AMT__TLS_READER
  amt__bearssl_ask_san(t);
#endif
  amt__bearssl_clock(t, now);
  amt__bearssl_profile(&t->cc, &t->xc);
  if (s->configure != NULL) s->configure(&t->cc, &t->xc);
  if (s->client != NULL) s->client->use(&t->cc, s->client);
#if AMT__TLS_READER
  t->verifier = &verifier;
  br_ssl_engine_set_x509(&t->cc.eng, &t->verifier);
#else
  br_ssl_engine_set_x509(&t->cc.eng, &t->xc.vtable);
#endif
  br_ssl_engine_set_buffer(&t->cc.eng, t->buf, t->size,
                           t->size / 2u >= AMT_BEARSSL_FULL);
  e = amt__bearssl_seed(t);
  if (e != 0) return e;
  amt__bearssl_offer(t, &asked, n, now);
  if (!br_ssl_client_reset(
        &t->cc, AMT__TLS_HAS_IP(&t->reader) ? NULL : asked.name, t->offered))
    t->offered = 0; /* there is no randomness, and the engine has closed */
  return 0;
}

/* Turns the engine's BR_ERR_ into an error of ours. */
static int amt__bearssl_error(const amt_bearssl *t, int e)
{
#define AMT__E(theirs, ours) \
  BR_ERR_##theirs, (uint8_t)(AMT_E_TLS_NOT_TLS - AMT_E_TLS_##ours)
  static const uint8_t errors[][2] = {
    { AMT__E(UNSUPPORTED_VERSION, VERSION) }, { AMT__E(TOO_LARGE, RECORD) },
    { AMT__E(NO_RANDOM, RANDOM) }, { AMT__E(BAD_CIPHER_SUITE, CIPHER) },
    { AMT__E(INVALID_ALGORITHM, CIPHER) }, { AMT__E(WRONG_KEY_USAGE, USAGE) },
    { AMT__E(X509_UNSUPPORTED, ALGORITHM) },
    { AMT__E(X509_WRONG_KEY_TYPE, ALGORITHM) },
    { AMT__E(X509_BAD_SIGNATURE, SIGNATURE) },
    { AMT__E(X509_TIME_UNKNOWN, CLOCK) }, { AMT__E(X509_EXPIRED, EXPIRED) },
    { AMT__E(X509_DN_MISMATCH, ORDER) },
    { AMT__E(X509_BAD_SERVER_NAME, NAME) }, { AMT__E(X509_NOT_CA, USAGE) },
    { AMT__E(X509_FORBIDDEN_KEY_USAGE, USAGE) },
    { AMT__E(X509_WEAK_PUBLIC_KEY, WEAK) },
    { AMT__E(X509_NOT_TRUSTED, ISSUER) }, { 0, 0 }
  };
#undef AMT__E
  int    error = AMT_E_TLS_BROKEN;
  size_t i;
  if (t->verdict != 0) return t->verdict;
  if (t->first != 0 && t->first != 1 + 0x15 && t->first != 1 + 0x16)
    return AMT_E_TLS_NOT_TLS;
  if (e >= BR_ERR_RECV_FATAL_ALERT && e < BR_ERR_SEND_FATAL_ALERT)
    return amt__tls_alert(e - BR_ERR_RECV_FATAL_ALERT);
  if (e > BR_ERR_X509_OK && e < BR_ERR_X509_NOT_TRUSTED)
    error = AMT_E_TLS_CERTIFICATE;
  for (i = 0; errors[i][0] != 0; i++)
    if (errors[i][0] == e) error = AMT_E_TLS_NOT_TLS - errors[i][1];
  return amt__tls_closer(&t->server->tls, &t->reader, t->report.certificate,
                         error);
}

#if AMT__TLS_READER
/* Which certificate of the chain is at fault? A bad signature shows only after
   the next certificate, which has the key, is read. A wrong key usage is
   always in the server's own. */
static void amt__bearssl_blame(amt_bearssl *t, int e)
{
  amt_tls_report *report = &t->report;
  uint8_t         read = report->certificate;
  if (e == BR_ERR_WRONG_KEY_USAGE) report->certificate = 0;
  if (e == BR_ERR_X509_BAD_SIGNATURE) report->certificate--;
  if (report->certificate == 0) return; /* the report has its dates */
  report->from = report->certificate == read ? t->reader.from : 0;
  report->until = report->certificate == read ? t->reader.until : 0;
}
#endif

static int amt__bearssl_closed(amt_bearssl *t)
{
  int e = br_ssl_engine_last_error(&t->cc.eng);
  if (e == BR_ERR_OK)
    return t->state == AMT__TLS_OPEN ? AMT_E_EOF : AMT_E_TLS_BROKEN;
  t->report.lib_error = e;
#if AMT__TLS_READER
  if (t->verdict == 0) amt__bearssl_blame(t, e);
#endif
  e = amt__bearssl_error(t, e);
  if (t->offered && t->state == AMT__TLS_SHAKING && t->certificates == 0) {
    amt_bearssl_forget(t->server); /* next: a full handshake */
    return AMT_E_TLS_BROKEN;
  }
  return e;
}

/* Sends what the engine has ready, as much as the stream takes. After a failed
   write the rest is dropped: the server may have sent an alert or an early
   reply, which can still be read. Returns the engine's state. */
static unsigned amt__bearssl_flush(amt_bearssl *t)
{
  br_ssl_engine_context *eng = &t->cc.eng;
  unsigned               state;
  while ((state = br_ssl_engine_current_state(eng)) & BR_SSL_SENDREC) {
    size_t         n;
    unsigned char *p = br_ssl_engine_sendrec_buf(eng, &n);
    ptrdiff_t      put = (ptrdiff_t)n;
    if (t->broken == 0) put = (t->inner->ops->write)(t->inner, p, n);
    if (put == AMT_AGAIN) break;
    if (put < 0) t->broken = (int)put;
    br_ssl_engine_sendrec_ack(eng, put < 0 ? n : (size_t)put);
  }
  return state;
}

/* Moves records until the engine is in one of the states `until`: 1, or
   AMT_AGAIN, or an error. Reads 16 pieces a turn at most, since a server may
   send empty records without end. In a handshake it reads one: that may cost a
   signature, and other connections need their time. */
static int amt__bearssl_run(amt_bearssl *t, unsigned until)
{
  br_ssl_engine_context *eng = &t->cc.eng;
  unsigned               turns = t->state == AMT__TLS_SHAKING ? 1u : 16u;
  while (turns-- > 0) {
    unsigned       state;
    size_t         n;
    ptrdiff_t      got;
    unsigned char *p;
    state = amt__bearssl_flush(t);
    if (t->broken) until &= BR_SSL_RECVAPP; /* nothing more is sent */
    if (state & until) return 1;
    if (state & BR_SSL_CLOSED) return amt__bearssl_closed(t);
    if (!(state & BR_SSL_RECVREC)) return t->broken; /* the caller must act */
    p = br_ssl_engine_recvrec_buf(eng, &n);
    got = (t->inner->ops->read)(t->inner, p, n);
    if (got <= 0 && t->broken) return t->broken;
    if (got == AMT_E_EOF && t->state == AMT__TLS_OPEN) return AMT_E_TRUNCATED;
    if (got <= 0) return (int)got;
    if (t->first == 0) t->first = (uint16_t)(1 + p[0]);
    br_ssl_engine_recvrec_ack(eng, (size_t)got);
  }
  return AMT_AGAIN;
}

/* ------------------------------------------------------------------------
   >>bearssl-stream */

/* The handshake is done: remember the session. */
static int amt__bearssl_opened(amt_bearssl *t)
{
  amt_bearssl_server              *s = t->server;
  const br_ssl_session_parameters *now = &t->cc.eng.session;
  if (t->offered && memcmp(now->master_secret, s->saved.master_secret,
                           sizeof now->master_secret) == 0) {
    t->report.resumed = 1;
  } else {
#if !AMT__TLS_READER
    if (t->san.status == 0) {
      int e = amt__tls_common_name(&s->tls, &t->report);
      if (e != 0) return e;
    }
#endif
    s->saved_until = amt__tls_until(&s->tls, t->report.until);
    memcpy(s->saved_for, t->binding, sizeof s->saved_for);
    s->saved = *now;
  }
  t->state = AMT__TLS_OPEN;
  return 1;
}

static int amt__bearssl_open(amt_stream *stream, const char *host,
                             size_t host_len, uint16_t port, uint32_t left)
{
  amt_bearssl *t = (amt_bearssl *)(void *)stream;
  int          e;
  if (t->state < AMT__TLS_SHAKING) {
    t->state = AMT__TLS_CONNECTING;
    e = (t->inner->ops->open)(t->inner, host, host_len, port, left);
    if (e <= 0) return e;
    e = amt__bearssl_begin(t, host, host_len, port);
    if (e != 0) return e;
  }
  e = amt__bearssl_run(t, BR_SSL_SENDAPP);
  return e == 1 ? amt__bearssl_opened(t) : e;
}

static ptrdiff_t amt__bearssl_read(amt_stream *stream, void *p, size_t n)
{
  amt_bearssl   *t = (amt_bearssl *)(void *)stream;
  unsigned char *from;
  size_t         have;
  int            e = amt__bearssl_run(t, BR_SSL_RECVAPP);
  if (e <= 0) return e;
  from = br_ssl_engine_recvapp_buf(&t->cc.eng, &have);
  if (n > have) n = have;
  memcpy(p, from, n);
  br_ssl_engine_recvapp_ack(&t->cc.eng, n);
  return (ptrdiff_t)n;
}

/* Sends one record. It may have left whole even if the inner stream failed. */
static ptrdiff_t amt__bearssl_write(amt_stream *stream, const void *p, size_t n)
{
  amt_bearssl   *t = (amt_bearssl *)(void *)stream;
  unsigned char *to;
  size_t         room;
  int            e = amt__bearssl_run(t, BR_SSL_SENDAPP);
  if (e <= 0) return e;
  to = br_ssl_engine_sendapp_buf(&t->cc.eng, &room);
  if (n > room) n = room;
  memcpy(to, p, n);
  br_ssl_engine_sendapp_ack(&t->cc.eng, n);
  br_ssl_engine_flush(&t->cc.eng, 0);
  amt__bearssl_flush(t);
  return t->broken ? t->broken : (ptrdiff_t)n;
}

static void amt__bearssl_close(amt_stream *stream)
{
  amt_bearssl *t = (amt_bearssl *)(void *)stream;
  if (t->state == AMT__TLS_OPEN && !stream->abort) {
    br_ssl_engine_close(&t->cc.eng);
    amt__bearssl_flush(t); /* close_notify, if the stream takes it */
  }
  t->inner->abort = stream->abort;
  (t->inner->ops->close)(t->inner);
  if (t->state >= AMT__TLS_SHAKING) {
    amt__bearssl_clear(t);
    amt_wipe(t->buf, t->size);
  }
  t->state = AMT__TLS_CLOSED;
}

static int amt__bearssl_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_bearssl *t = (amt_bearssl *)(void *)stream;
  return amt__tls_wait(t->inner, want, ms);
}

static int amt__bearssl_want(const amt_stream *stream, int want)
{
  const amt_bearssl *t = (const amt_bearssl *)(const void *)stream;
  if (t->state >= AMT__TLS_SHAKING) {
    unsigned state = br_ssl_engine_current_state(&t->cc.eng);
    if (state & BR_SSL_SENDREC)
      want = AMT_WANT_WRITE;
    else if ((state & (BR_SSL_RECVAPP | BR_SSL_CLOSED)) ||
             (want == AMT_WANT_WRITE && (state & BR_SSL_SENDAPP)))
      return AMT_WANT_NOW;
    else if (want == AMT_WANT_WRITE)
      want = AMT_WANT_READ;
  }
  if (t->inner->ops->waits_for == NULL) return want;
  return (t->inner->ops->waits_for)(t->inner, want);
}

AMTDEF void amt_bearssl_init(amt_bearssl *t, amt_stream *inner,
                             amt_bearssl_server *server, void *buf, size_t size)
{
  static const amt_stream_ops ops = {
    amt__bearssl_open,  amt__bearssl_read, amt__bearssl_write,
    amt__bearssl_close, amt__bearssl_wait, 1, amt__bearssl_want
  };
  memset(t, 0, sizeof *t);
  t->stream.ops = &ops;
  t->inner = inner;
  t->server = server;
  t->buf = (unsigned char *)buf;
  t->size = size;
}

AMTDEF void amt_bearssl_forget(amt_bearssl_server *server)
{
  amt_wipe(&server->saved, sizeof server->saved);
}

/* ------------------------------------------------------------------------
   >>bearssl-pem */

AMTDEF void amt_bearssl_use_rsa(br_ssl_client_context *cc,
                                const amt_bearssl_client *c)
{
  br_ssl_client_set_single_rsa(cc, c->chain, c->chain_len, &c->rsa,
                               br_rsa_pkcs1_sign_get_default());
}

AMTDEF void amt_bearssl_use_ec(br_ssl_client_context *cc,
                               const amt_bearssl_client *c)
{
  br_ssl_client_set_single_ec(cc, c->chain, c->chain_len, &c->ec,
                              BR_KEYTYPE_SIGN,
                              c->issuer_key_type != 0 ? c->issuer_key_type
                                                      : BR_KEYTYPE_EC,
                              br_ec_get_default(),
                              br_ecdsa_sign_asn1_get_default());
}

/* The caller's memory: bytes grow from its start, a list from its end. */
static void amt__room_init(amt_tls_room *r, void *mem, size_t size)
{
  size_t odd = (size_t)((uintptr_t)mem + size) % sizeof(void *);
  r->mem = (unsigned char *)mem;
  r->low = 0;
  r->high = odd < size ? size - odd : 0;
  r->error = 0;
}

/* Copies n bytes into it; NULL if they do not fit. */
static unsigned char *amt__room_put(amt_tls_room *r, const void *p, size_t n)
{
  unsigned char *at = r->mem + r->low;
  if (r->error != 0 || n > r->high - r->low) {
    r->error = AMT_E_TLS_ROOM;
    return NULL;
  }
  if (n != 0) memcpy(at, p, n);
  r->low += n;
  return at;
}

/* Room for one more of the list, in front of the others. */
static void *amt__room_next(amt_tls_room *r, size_t n)
{
  if (r->error != 0 || n > r->high - r->low) {
    r->error = AMT_E_TLS_ROOM;
    return NULL;
  }
  r->high -= n;
  return r->mem + r->high;
}

static void amt__room_append(void *room, const void *p, size_t n)
{
  amt__room_put((amt_tls_room *)room, p, n);
}

/* Is it a byte of PEM? BearSSL does not expect what files also hold: carriage
   returns, a byte order mark, the zeros of UTF-16. */
static int amt__pem_has(char c)
{
  return c > 0 && c < 0x7F && c != '\r';
}

/* Reads PEM up to the next BR_PEM_ event; 0 when all is read. */
static int amt__pem_event(br_pem_decoder_context *pem, const char **p,
                          size_t *n)
{
  int event = 0;
  while (*n > 0 && event == 0) {
    size_t run = 0;
    while (run < *n && amt__pem_has((*p)[run])) run++;
    if (run != 0) {
      run = br_pem_decoder_push(pem, *p, run);
      event = br_pem_decoder_event(pem);
    } else {
      run = 1;
    }
    *p += run;
    *n -= run;
  }
  return event;
}

static int amt__pem_is_certificate(br_pem_decoder_context *pem)
{
  const char *name = br_pem_decoder_name(pem);
  return strcmp(name, "CERTIFICATE") == 0 ||
         strcmp(name, "X509 CERTIFICATE") == 0;
}

enum { AMT__PEM_NEW, AMT__PEM_BETWEEN, AMT__PEM_CERTIFICATE, AMT__PEM_OTHER };

static void amt__anchors_der(void *ctx, const void *p, size_t n)
{
  br_x509_decoder_push(&((amt_bearssl_anchors *)ctx)->x509, p, n);
}

static int amt__anchors_expired(const amt_bearssl_anchors *a)
{
  uint32_t now = a->now, day;
  if (now == 0) {
    amt_tls unset;
    memset(&unset, 0, sizeof unset);
    now = amt__tls_time(&unset);
  }
  if (now < AMT_BUILD_TIME) return 0;
  day = amt__bearssl_day(now);
  return a->x509.notafter_days < day ||
         (a->x509.notafter_days == day &&
          a->x509.notafter_seconds < now % 86400u);
}

/* Takes a complete certificate: its name lies in the room, its key in x509. */
static void amt__anchors_add(amt_bearssl_anchors *a)
{
  br_x509_pkey         *key = br_x509_decoder_get_pkey(&a->x509);
  br_x509_trust_anchor  ta, *next;
  amt_tls_room         *r = &a->room;
  memset(&ta, 0, sizeof ta);
  ta.dn.data = r->mem + a->dn;
  ta.dn.len = r->low - a->dn;
  if (br_x509_decoder_isCA(&a->x509)) ta.flags = BR_X509_TA_CA;
  if (key != NULL && !amt__anchors_expired(a) &&
      (key->key_type != BR_KEYTYPE_RSA || key->key.rsa.nlen >= 256u))
    ta.pkey = *key;
  switch (ta.pkey.key_type) {
  case BR_KEYTYPE_RSA:
    ta.pkey.key.rsa.n = amt__room_put(r, key->key.rsa.n, key->key.rsa.nlen);
    ta.pkey.key.rsa.e = amt__room_put(r, key->key.rsa.e, key->key.rsa.elen);
    break;
  case BR_KEYTYPE_EC:
    ta.pkey.key.ec.q = amt__room_put(r, key->key.ec.q, key->key.ec.qlen);
    break;
  default:
    a->passed++;
    r->low = a->dn;
    return;
  }
  next = (br_x509_trust_anchor *)amt__room_next(r, sizeof ta);
  if (next == NULL) return;
  *next = ta;
  a->list = next;
  a->count++;
}

static void amt__anchors_begin(amt_bearssl_anchors *a)
{
  a->state = AMT__PEM_OTHER;
  br_pem_decoder_setdest(&a->pem, NULL, NULL);
  if (!amt__pem_is_certificate(&a->pem)) return;
  a->state = AMT__PEM_CERTIFICATE;
  a->dn = a->room.low;
  br_x509_decoder_init(&a->x509, amt__room_append, &a->room);
  br_pem_decoder_setdest(&a->pem, amt__anchors_der, a);
}

AMTDEF int amt_bearssl_anchors_read(amt_bearssl_anchors *a, const void *p,
                                    size_t n)
{
  const char *text = (const char *)p;
  if (a->state == AMT__PEM_NEW) {
    amt__room_init(&a->room, a->mem, a->size);
    br_pem_decoder_init(&a->pem);
    a->state = AMT__PEM_BETWEEN;
  }
  while (a->room.error == 0) {
    int event = amt__pem_event(&a->pem, &text, &n);
    if (event == 0) break;
    if (event == BR_PEM_BEGIN_OBJ) {
      amt__anchors_begin(a);
    } else if (event == BR_PEM_END_OBJ) {
      if (a->state == AMT__PEM_CERTIFICATE) amt__anchors_add(a);
      a->state = AMT__PEM_BETWEEN;
    } else {
      a->room.error = AMT_E_TLS_PEM;
    }
  }
  return a->room.error;
}

AMTDEF int amt_bearssl_anchors_end(amt_bearssl_anchors *a)
{
  int e = amt_bearssl_anchors_read(a, "\n", 1); /* if the last line lacks it */
  if (e == 0 && (a->state != AMT__PEM_BETWEEN || a->count == 0))
    e = AMT_E_TLS_PEM;
  return e;
}

/* Reads a client's two texts. The room holds their certificates and keys as
   DER; a list says where each is. */
typedef struct amt__client_pem {
  br_pem_decoder_context  pem;
  amt_tls_room            room;
  size_t                  begin; /* of the current object */
  br_x509_certificate    *list;  /* the last one comes first */
  size_t                  count;
} amt__client_pem;

static int amt__client_wants(br_pem_decoder_context *pem, int error)
{
  const char *name = br_pem_decoder_name(pem);
  if (error == AMT_E_TLS_PEM) return amt__pem_is_certificate(pem);
  return strcmp(name, "PRIVATE KEY") == 0 ||
         strcmp(name, "RSA PRIVATE KEY") == 0 ||
         strcmp(name, "EC PRIVATE KEY") == 0;
}

static int amt__client_event(amt__client_pem *x, int event, int error)
{
  int wanted = amt__client_wants(&x->pem, error);
  if (event == BR_PEM_ERROR) return error;
  if (event == BR_PEM_BEGIN_OBJ) {
    x->begin = x->room.low;
    br_pem_decoder_setdest(&x->pem, wanted ? amt__room_append : NULL, &x->room);
  } else if (wanted) {
    x->list = (br_x509_certificate *)amt__room_next(&x->room, sizeof *x->list);
    if (x->list == NULL) return AMT_E_TLS_ROOM;
    x->list->data = x->room.mem + x->begin;
    x->list->data_len = x->room.low - x->begin;
    x->count++;
  }
  return x->room.error;
}

/* `error` says what to read, and is returned if there is none: AMT_E_TLS_PEM
   for certificates, AMT_E_TLS_KEY for keys. */
static int amt__client_text(amt__client_pem *x, const char *p, size_t n,
                            int error)
{
  size_t before = x->count;
  int    event, e, last = 0;
  br_pem_decoder_init(&x->pem);
  for (;;) {
    while ((event = amt__pem_event(&x->pem, &p, &n)) != 0) {
      e = amt__client_event(x, event, error);
      if (e != 0) return e;
    }
    if (last) break;
    last = 1;
    p = "\n"; /* if the last line lacks it */
    n = 1;
  }
  return x->count == before ? error : 0;
}

/* Takes the next element out of d, if it has this tag. */
static int amt__der_next(br_x509_certificate *d, unsigned tag,
                         br_x509_certificate *value)
{
  size_t head = 2, more, n;
  if (d->data_len < 2u || d->data[0] != tag) return 0;
  n = d->data[1];
  if (n >= 0x80u) {
    more = n & 0x7Fu;
    if (more > 2u || more > d->data_len - 2u) return 0;
    for (n = 0; more > 0; more--) n = n << 8 | d->data[head++];
  }
  if (n > d->data_len - head) return 0;
  value->data = d->data + head;
  value->data_len = n;
  d->data += head + n;
  d->data_len -= head + n;
  return 1;
}

/* RSAPrivateKey, RFC 8017, A.1.2, after its version. */
static int amt__key_rsa(br_rsa_private_key *rsa, br_x509_certificate *in)
{
  br_x509_certificate v[8]; /* n, e, d, p, q, dp, dq, iq */
  unsigned            i, top;
  for (i = 0; i < 8u; i++)
    if (!amt__der_next(in, 0x02, &v[i])) return 0;
  while (v->data_len > 0 && *v->data == 0) v->data++, v->data_len--;
  if (v->data_len == 0) return 0;
  rsa->n_bitlen = (uint32_t)v->data_len * 8u;
  for (top = *v->data; top < 0x80u; top <<= 1) rsa->n_bitlen--;
  rsa->p = v[3].data, rsa->plen = v[3].data_len;
  rsa->q = v[4].data, rsa->qlen = v[4].data_len;
  rsa->dp = v[5].data, rsa->dplen = v[5].data_len;
  rsa->dq = v[6].data, rsa->dqlen = v[6].data_len;
  rsa->iq = v[7].data, rsa->iqlen = v[7].data_len;
  return 1;
}

/* ECPrivateKey, RFC 5915, from its privateKey on. The curve's name is inside
   or, in PKCS #8, after the algorithm's name. */
static int amt__key_ec(br_ec_private_key *ec, br_x509_certificate *in,
                       br_x509_certificate *algorithm)
{
  static const uint8_t p256[8] = { 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7 };
  static const uint8_t secg[4] = { 0x2B, 0x81, 4, 0 };
  br_x509_certificate  v;
  if (!amt__der_next(in, 0x04, &v)) return 0;
  ec->x = v.data, ec->xlen = v.data_len;
  if (!amt__der_next(in, 0xA0, algorithm)) amt__der_next(algorithm, 0x06, &v);
  if (!amt__der_next(algorithm, 0x06, &v)) return 0;
  if (v.data_len == sizeof p256 && memcmp(v.data, p256, sizeof p256) == 0)
    ec->curve = BR_EC_secp256r1;
  if (v.data_len == 5u && memcmp(v.data, secg, sizeof secg) == 0 &&
      (v.data[4] | 1) == 0x23)
    ec->curve = v.data[4] - 0x22 + BR_EC_secp384r1;
  return ec->curve != 0;
}

/* A key has one of three forms; PKCS #8 (RFC 5958) wraps one of the others. */
static int amt__key_read(amt_bearssl_client *c, br_x509_certificate d)
{
  static const uint8_t rsa[11] = { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D,
                                   1, 1, 1 };
  br_x509_certificate  in, v, algorithm = { NULL, 0 };
  int                  is_rsa = 1;
  if (!amt__der_next(&d, 0x30, &in)) return 0;
  amt__der_next(&in, 0x02, &v);
  if (amt__der_next(&in, 0x30, &algorithm)) {
    is_rsa = algorithm.data_len >= sizeof rsa &&
             memcmp(algorithm.data, rsa, sizeof rsa) == 0; /* no RSA-PSS */
    if (!amt__der_next(&in, 0x04, &d) || !amt__der_next(&d, 0x30, &in))
      return 0;
    amt__der_next(&in, 0x02, &v);
  }
  if (is_rsa && amt__key_rsa(&c->rsa, &in)) {
    c->use = amt_bearssl_use_rsa;
    return 1;
  }
  c->use = amt_bearssl_use_ec;
  return amt__key_ec(&c->ec, &in, &algorithm);
}

AMTDEF int amt_bearssl_client_read(amt_bearssl_client *c, void *mem,
                                   size_t size, const char *chain,
                                   size_t chain_len, const char *key,
                                   size_t key_len)
{
  amt__client_pem      x;
  br_x509_certificate *list;
  size_t               i, n;
  int                  e;
  memset(c, 0, sizeof *c);
  memset(&x, 0, sizeof x);
  amt__room_init(&x.room, mem, size);
  e = amt__client_text(&x, chain, chain_len, AMT_E_TLS_PEM);
  c->chain_len = n = x.count;
  if (e == 0) e = amt__client_text(&x, key, key_len, AMT_E_TLS_KEY);
  if (e == 0) {
    list = x.list + (x.count - n); /* before it: the first key */
    for (i = 0; i < n / 2u; i++) { /* to have ours first */
      br_x509_certificate last = list[n - 1u - i];
      list[n - 1u - i] = list[i];
      list[i] = last;
    }
    c->chain = list;
    if (!amt__key_read(c, list[-1])) e = AMT_E_TLS_KEY;
  }
  amt_wipe(&x, sizeof x);
  return e;
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
