/* amt_mbedtls.h - TLS by mbedTLS 2.28, 3.x and 4.x as a stream for amt_http.h:
   with mbedTLS's own heap.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #define AMT_POSIX   or another stream
                                  #define AMT_MBEDTLS
                                  #include "amt.h"   or "amt_http.h" alone
   in all others the same without the first line. Both include this file;
   included by its own name it brings amt_http.h. Link with
   -lmbedtls -lmbedx509 -lmbedcrypto (4.x: -ltfpsacrypto in place of the last).

   Contents: search for the tag
     >>mbedtls-manual     a whole program, memory, options, price
     >>mbedtls-api        everything public
     >>mbedtls-impl       from here on only with AMT_IMPLEMENTATION
     >>mbedtls-io         mbedTLS's callbacks: randomness, bytes to and fro
     >>mbedtls-verifier   called for each certificate, the last of a chain first
     >>mbedtls-stream     open, read, write, close, wait

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>mbedtls-manual

   amt_tls.h says what is verified.

     #define AMT_IMPLEMENTATION
     #define AMT_POSIX
     #define AMT_MBEDTLS
     #include "amt_http.h"
     #include <stdio.h>

     int main(int argc, char **argv)
     {
       static amt_posix          sock;
       static amt_mbedtls        tls;
       static amt_mbedtls_server server;
       static mbedtls_x509_crt   ca;
       amt_stream               *s = &tls.stream;
       int                       e = 0;
       amt_mbedtls_server_init(&server);
       if (argc < 3 || mbedtls_x509_crt_parse_file(&ca, argv[1]) != 0) {
         fprintf(stderr, "arguments: a CA's PEM file, a host\n");
         return 1;
       }
       server.anchors = &ca;
       amt_posix_init(&sock);
       amt_mbedtls_init(&tls, &sock.stream, &server);
       while (e == 0) {
         e = (s->ops->open)(s, argv[2], strlen(argv[2]), 443, 10000);
         if (e == AMT_AGAIN) (s->ops->wait)(s, AMT_WANT_WRITE, 100);
       }
       puts(e == 1 ? "it has proved its name" : amt_http_error(e));
       (s->ops->close)(s);
       amt_mbedtls_server_end(&server);
       mbedtls_x509_crt_free(&ca);
       return e != 1;
     }

   mbedTLS allocates: 47 kB at the peak of a handshake, from its own heap. For
   a static pool build it with MBEDTLS_PLATFORM_MEMORY and
   MBEDTLS_MEMORY_BUFFER_ALLOC_C, and give it one before anything else:

     static unsigned char pool[64 * 1024];
     mbedtls_memory_buffer_alloc_init(pool, sizeof pool);

   Options: those of amt_tls.h. Price, beside mbedTLS: 2.0 kB on a Cortex-M4,
   gcc 12 -Os, and 2.1 kB more for IP addresses and pins. */

#if defined(AMT_HTTP_H) && !defined(AMT_MBEDTLS)
#error "too late: define AMT_MBEDTLS before the first amt.h or amt_http.h"
#endif
#ifndef AMT_MBEDTLS
#define AMT_MBEDTLS
#endif
#include "amt_http.h"
#include "amt_tls.h"

#ifndef AMT_MBEDTLS_H
#define AMT_MBEDTLS_H

#if AMT_HTTP_VERSION != 200
#error "amt_mbedtls.h and amt_http.h differ: take all headers from one place"
#endif
#include <mbedtls/version.h>
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
#include <psa/crypto.h>
#else
#include <mbedtls/entropy.h>
#include <mbedtls/sha256.h>
#endif
#include <mbedtls/ssl.h>

/* ------------------------------------------------------------------------
   >>mbedtls-api */

/* One server. Call amt_mbedtls_server_init, then fill the first part. It calls
   psa_crypto_init: mbedTLS 4.x reads no certificate before that. */
typedef struct amt_mbedtls_server {
  amt_tls            tls;
  mbedtls_x509_crt  *anchors; /* trusted authorities */
  mbedtls_x509_crt  *client;  /* our certificate and chain, or NULL, */
  mbedtls_pk_context *client_key;
  const int         *ciphers; /* ends with a 0; NULL: a short list for TLS 1.2.
                                 From mbedTLS 3.2 on it may have those of
                                 TLS 1.3 (0x13..), after psa_crypto_init. TLS
                                 1.3 is offered only if it has one */
  uint8_t            fragment; /* MBEDTLS_SSL_MAX_FRAG_LEN_; 0: any record.
                                  With 2.28 a chain must fit in one */
  /* Private: */
  mbedtls_ssl_session saved;
  uint8_t             saved_for[32];
  uint32_t            saved_until; /* seconds since 1970; 0: nothing is saved */
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_entropy_context entropy; /* 4.x has its own; there tls.random
                                      is refused, not ignored */
#endif
} amt_mbedtls_server;

AMTDEF void amt_mbedtls_server_init(amt_mbedtls_server *server);
/* Frees and wipes the saved session: see amt_bearssl_forget. */
AMTDEF void amt_mbedtls_forget(amt_mbedtls_server *server);
/* Forgets, and frees what init took. Close its connections first. */
AMTDEF void amt_mbedtls_server_end(amt_mbedtls_server *server);

#define AMT_MBEDTLS_RECORD 1024 /* bytes of a request in one record, at most */

/* One connection: wraps any other stream. */
typedef struct amt_mbedtls {
  amt_stream               stream;
  amt_stream              *inner;
  amt_mbedtls_server      *server;
  uint8_t                  state, want, turns; /* private; each connection
                                                  zeroes what follows, up to
                                                  ssl */
  uint8_t                  offered, verified;
  uint8_t                  top;         /* certificates in the chain, - 1 */
  uint16_t                 first;       /* the first byte, + 1; 0: none came */
  uint16_t                 out_at, out_len;
  amt_tls_report           report;
  /* Private: */
  int                      verdict;
  int                      broken;      /* the error of a write to `inner`;
                                           after it nothing more is written */
  int                      inner_error; /* of a read from `inner` */
  const mbedtls_x509_crt  *last;        /* the first that was refused */
  uint32_t                 until;       /* when this session ends */
  uint8_t                  binding[32];
  amt_tls_reader           reader;
  mbedtls_ssl_context      ssl;
  mbedtls_ssl_config       conf;
  uint8_t                  out[AMT_MBEDTLS_RECORD + 128]; /* not yet sent */
} amt_mbedtls;

AMTDEF void amt_mbedtls_init(amt_mbedtls *t, amt_stream *inner,
                             amt_mbedtls_server *server);

#endif /* AMT_MBEDTLS_H */

/* ========================================================================
   >>mbedtls-impl

   mbedTLS reads and writes by callbacks, which may say "not yet". Its memory
   comes from its own heap (mbedtls_calloc): the manual above says how to give
   it a static pool. */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_MBEDTLS_IMPLEMENTED)
#define AMT_MBEDTLS_IMPLEMENTED

#if !AMT__TLS_READER && !defined(MBEDTLS_HAVE_TIME_DATE)
#error "no MBEDTLS_HAVE_TIME_DATE: leave out AMT_TLS_NO_IP or AMT_TLS_NO_PIN"
#endif

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define AMT__MBEDTLS_MESSAGE(ssl)   ((ssl)->in_msg)
#define AMT__MBEDTLS_BAD_VERSION    MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#define AMT__MBEDTLS_BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define AMT__MBEDTLS_BAD_HELLO      MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO
#else
#if MBEDTLS_VERSION_NUMBER < 0x04010000 /* private, but the only way */
#define AMT__MBEDTLS_MESSAGE(ssl)   ((ssl)->MBEDTLS_PRIVATE(in_msg))
#endif
#define AMT__MBEDTLS_BAD_VERSION    MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#define AMT__MBEDTLS_BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_CERTIFICATE
#define AMT__MBEDTLS_BAD_HELLO      MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER
#endif

#ifdef AMT__MBEDTLS_MESSAGE
#define AMT__MBEDTLS_ALERT(ssl)     (AMT__MBEDTLS_MESSAGE(ssl)[1])
#else
#define AMT__MBEDTLS_ALERT(ssl)     mbedtls_ssl_get_fatal_alert(ssl)
#endif

#if MBEDTLS_VERSION_NUMBER >= 0x03020000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define AMT__MBEDTLS_IS_13(ssl) \
  (mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3)
#else
#define AMT__MBEDTLS_IS_13(ssl) 0
#endif

#if MBEDTLS_VERSION_NUMBER >= 0x04000000
#define AMT__MBEDTLS_IS_RSA(pk) \
  mbedtls_pk_can_do_psa(pk, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256), \
                        PSA_KEY_USAGE_VERIFY_HASH)
static int amt__sha256(const void *p, size_t n, uint8_t out[32])
{
  return psa_hash_compute(PSA_ALG_SHA_256, (const uint8_t *)p, n, out, 32, &n);
}
#else
#define AMT__MBEDTLS_IS_RSA(pk) mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA)
static int amt__sha256(const void *p, size_t n, uint8_t out[32])
{
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  return mbedtls_sha256_ret((const unsigned char *)p, n, out, 0);
#else
  return mbedtls_sha256((const unsigned char *)p, n, out, 0);
#endif
}
#endif

/* ------------------------------------------------------------------------
   >>mbedtls-io */

#if MBEDTLS_VERSION_NUMBER < 0x04000000
/* mbedTLS's source of randomness: the caller's, or the system's. */
static int amt__mbedtls_random(void *ctx, unsigned char *p, size_t n)
{
  amt_mbedtls   *t = (amt_mbedtls *)ctx;
  const amt_tls *tls = &t->server->tls;
  if (tls->random != NULL) {
    if (tls->random(tls->ctx, p, n) == 1) return 0;
  } else {
    size_t some = 0;
    do {
      p += some;
      n -= some;
      if (n == 0) return 0;
      some = n < 32u ? n : 32u; /* the most it gives at a time */
    } while (mbedtls_entropy_func(&t->server->entropy, p, some) == 0);
  }
  t->verdict = AMT_E_TLS_RANDOM;
  return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}
#endif

/* Writes to the inner stream. After a failed write the rest is dropped: the
   server may have sent an alert or an early reply, which can still be read. */
static ptrdiff_t amt__mbedtls_put(amt_mbedtls *t, const uint8_t *p, size_t n)
{
  ptrdiff_t put = (ptrdiff_t)n;
  if (t->broken == 0) put = (t->inner->ops->write)(t->inner, p, n);
  if (put >= 0) return put;
  t->broken = (int)put;
  return (ptrdiff_t)n;
}

/* Sends what is left of the last record: 1 if all is sent, or AMT_AGAIN. */
static int amt__mbedtls_flush(amt_mbedtls *t)
{
  while (t->out_at < t->out_len) {
    ptrdiff_t put = amt__mbedtls_put(t, t->out + t->out_at,
                                     (size_t)t->out_len - t->out_at);
    if (put == AMT_AGAIN) return AMT_AGAIN;
    t->out_at = (uint16_t)(t->out_at + put);
  }
  t->out_at = t->out_len = 0;
  return 1;
}

/* Takes a whole record of the request; what cannot leave yet waits in t->out.
   If mbedTLS kept it, an alert or close_notify could send a request that we
   reported as not sent. Alerts wait in t->out, too: mbedTLS would take the rest
   of one for the next piece of the request. */
static int amt__mbedtls_send(void *ctx, const unsigned char *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)ctx;
  ptrdiff_t    put = amt__mbedtls_flush(t);
  size_t       rest;
  t->want = AMT_WANT_WRITE;
  if (put > 0) put = amt__mbedtls_put(t, p, n);
  rest = n - (size_t)put;
  if (t->state == AMT__TLS_OPEN && rest <= sizeof t->out - t->out_len) {
    memcpy(t->out + t->out_len, p + put, rest);
    t->out_len = (uint16_t)(t->out_len + rest);
    return (int)n;
  }
  return put > 0 ? (int)put : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int amt__mbedtls_receive(void *ctx, unsigned char *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)ctx;
  ptrdiff_t    got;
  t->want = AMT_WANT_READ;
  if (t->inner_error != 0) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  if (t->turns == 0) return MBEDTLS_ERR_SSL_WANT_READ;
  t->turns--;
  got = (t->inner->ops->read)(t->inner, p, n);
  if (got > 0 && t->first == 0) t->first = (uint16_t)(1 + p[0]);
  if (got > 0) return (int)got;
  if (t->broken) got = t->broken;
  if (got == AMT_AGAIN) return MBEDTLS_ERR_SSL_WANT_READ;
  t->inner_error = (int)got;
  return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* ------------------------------------------------------------------------
   >>mbedtls-verifier */

#if AMT__TLS_READER
static void amt__mbedtls_read_certificate(amt_mbedtls            *t,
                                          const mbedtls_x509_crt *crt,
                                          int                     depth)
{
  size_t i;
  amt__cert_init(&t->reader);
  for (i = 0; i < crt->raw.len; i++)
    amt__cert_step(&t->reader, crt->raw.p[i]);
#ifndef AMT_TLS_NO_PIN
  if (depth == 0)
    (void)amt__sha256(crt->pk_raw.p, crt->pk_raw.len, t->report.pin);
#endif
  (void)depth;
}
#endif

/* Turns mbedTLS's reasons into one of ours; the last that applies counts. */
AMT__OWN int amt__mbedtls_refused(const amt_mbedtls *t, uint32_t flags,
                                  int depth)
{
  int e = AMT_E_TLS_CERTIFICATE;
  if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE |
               MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
               MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
    e = AMT_E_TLS_USAGE;
  if (flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK))
    e = AMT_E_TLS_ALGORITHM;
  if (flags & MBEDTLS_X509_BADCERT_BAD_KEY) e = AMT_E_TLS_WEAK;
  if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) e = AMT_E_TLS_NAME;
  if (flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE))
    e = AMT_E_TLS_EXPIRED;
  if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) /* was its issuer found? */
    e = depth < t->top ? AMT_E_TLS_SIGNATURE : AMT_E_TLS_ISSUER;
  return amt__tls_closer(&t->server->tls, &t->reader, (unsigned)depth, e);
}

#if AMT__TLS_READER && defined(AMT__MBEDTLS_MESSAGE)
/* Finds the next certificate in the server's message, which still lies in
   mbedTLS's buffer: a head of four bytes, a length of three, then certificates,
   each after a length of three. Returns its length, or 0 after the last. */
static size_t amt__mbedtls_shown(const unsigned char *message, size_t *at)
{
  size_t end = 7u + ((size_t)message[5] << 8 | message[6]), n;
  if (*at + 3u > end) return 0;
  n = (size_t)message[*at + 1u] << 8 | message[*at + 2u];
  *at += 3u;
  return n <= end - *at ? n : 0;
}

/* mbedTLS drops certificates whose signature is of an unknown kind, and counts
   only the others. Returns the index of the first one dropped, or -1. */
static int amt__mbedtls_dropped(const amt_mbedtls      *t,
                                const mbedtls_x509_crt *crt)
{
  const unsigned char *message = AMT__MBEDTLS_MESSAGE(&t->ssl);
  size_t               at = 7, n;
  int                  i;
  for (i = 0; (n = amt__mbedtls_shown(message, &at)) != 0; i++) {
    if (crt == NULL || crt->raw.len != n ||
        memcmp(crt->raw.p, message + at, n) != 0)
      return i;
    crt = crt->next;
    at += n;
  }
  return -1;
}

#endif

#if AMT__TLS_READER
static int amt__mbedtls_issued(const mbedtls_x509_crt *issuer,
                               const mbedtls_x509_crt *crt)
{
  return issuer->subject_raw.len == crt->issuer_raw.len &&
         memcmp(issuer->subject_raw.p, crt->issuer_raw.p,
                crt->issuer_raw.len) == 0;
}

/* Why does the chain end at t->last, without an anchor? If the server sent the
   issuer after it, that one must not issue (USAGE). If it sent it before, it
   stands where mbedTLS does not look (ORDER). *which is the one at fault. */
static int amt__mbedtls_why(const amt_mbedtls *t, const mbedtls_x509_crt *own,
                            int *which)
{
  const mbedtls_x509_crt *c;
  int                     e = AMT_E_TLS_ORDER, i = 0;
  for (c = own; c != NULL; c = c->next, i++) {
    if (c == t->last) e = AMT_E_TLS_USAGE;
    else if (amt__mbedtls_issued(c, t->last)) break;
  }
  if (c == NULL) return AMT_E_TLS_ISSUER;
  if (e == AMT_E_TLS_ORDER) /* the first out of its place */
    for (c = own, i = 1; amt__mbedtls_issued(c->next, c); i++) c = c->next;
  *which = i;
  return e;
}

/* Puts a more exact reason in place of mbedTLS's. */
static void amt__mbedtls_explain(amt_mbedtls *t, const mbedtls_x509_crt *own)
{
  int which = t->report.certificate;
  int dropped = -1;
#ifdef AMT__MBEDTLS_MESSAGE
  if (!AMT__MBEDTLS_IS_13(&t->ssl)) dropped = amt__mbedtls_dropped(t, own);
#endif
  if (dropped == 0 || (dropped > 0 && t->verdict == AMT_E_TLS_ISSUER)) {
    t->verdict = AMT_E_TLS_ALGORITHM;
    which = dropped;
  } else if (t->verdict == AMT_E_TLS_ISSUER) {
    t->verdict = amt__mbedtls_why(t, own, &which);
  }
  if (which == t->report.certificate) return;
  t->report.certificate = (uint8_t)which;
  t->report.from = t->report.until = 0;
}

/* Judges dates by the caller's clock, and refuses name constraints, since
   nothing here checks them. */
static uint32_t amt__mbedtls_flags(amt_mbedtls *t, uint32_t flags)
{
  const amt_tls *tls = &t->server->tls;
  uint32_t       now = amt__tls_time(tls);
  flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED |
                       MBEDTLS_X509_BADCERT_FUTURE);
  if (!amt__tls_skips_dates(tls) &&
      (now < t->reader.from || now > t->reader.until))
    flags |= MBEDTLS_X509_BADCERT_EXPIRED;
  if (t->reader.seen & AMT__CERT_HAS_CONSTRAINTS)
    flags |= MBEDTLS_X509_BADCERT_OTHER;
  return flags;
}
#endif

static void amt__mbedtls_note(amt_mbedtls *t, const mbedtls_x509_crt *crt,
                              int depth, uint32_t flags)
{
  amt_tls_report *report = &t->report;
  if (flags != 0 && t->verdict == 0) {
    t->last = crt;
    t->verdict = amt__mbedtls_refused(t, flags, depth);
    report->certificate = (uint8_t)depth;
    if (t->verdict == AMT_E_TLS_WEAK &&
        mbedtls_pk_get_bitlen(&crt->pk) >=
          (AMT__MBEDTLS_IS_RSA(&crt->pk) ? 2048u : 256u))
      report->certificate++; /* it means the issuer's key */
    report->lib_error = (int)flags;
  }
#if AMT__TLS_READER
  if (t->verdict == 0 || report->certificate == depth) {
    report->from = t->reader.from;
    report->until = t->reader.until;
  }
#endif
}

static int amt__mbedtls_verify(void *ctx, mbedtls_x509_crt *crt, int depth,
                               uint32_t *flags)
{
  amt_mbedtls   *t = (amt_mbedtls *)ctx;
  const amt_tls *tls = &t->server->tls;
  if (t->top == 0) t->top = (uint8_t)depth; /* mbedTLS begins at the top */
#if AMT__TLS_READER
  amt__mbedtls_read_certificate(t, crt, depth);
  *flags = amt__mbedtls_flags(t, *flags);
#endif
  if (tls->insecure_skip_chain) *flags = 0;
  amt__mbedtls_note(t, crt, depth, *flags);
  if (depth != 0) return 0;
  t->verified = 1;
#if AMT__TLS_READER
  amt__mbedtls_explain(t, crt);
  if (t->verdict == 0)
    t->verdict = amt__tls_judge(tls, &t->report, t->reader.seen,
                                t->reader.ip_len);
#else
  if (t->verdict == 0 && crt->subject_alt_names.buf.p == NULL)
    t->verdict = amt__tls_common_name(tls, &t->report);
#endif
  return t->verdict != 0 ? MBEDTLS_ERR_X509_FATAL_ERROR : 0;
}

/* ------------------------------------------------------------------------
   >>mbedtls-stream */

/* TLS 1.2 or later, but only 1.2 if the list has no cipher of TLS 1.3: a server
   would choose TLS 1.3, and find no cipher. */
static void amt__mbedtls_versions(mbedtls_ssl_config *conf, const int *ciphers)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
  while (ciphers != NULL && *ciphers != 0 && *ciphers >> 8 != 0x13) ciphers++;
  mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
  if (ciphers == NULL || *ciphers == 0)
    mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#if MBEDTLS_VERSION_NUMBER >= 0x03060100 && /* 4.x does it by itself */ \
  MBEDTLS_VERSION_NUMBER < 0x04000000 && \
  defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_SESSION_TICKETS)
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
    conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#else /* 2.28 has nothing later */
  (void)ciphers;
  mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                               MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

static int amt__mbedtls_configure(amt_mbedtls *t)
{
  static const int ciphers[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0
  };
  amt_mbedtls_server *s = t->server;
  mbedtls_ssl_config *conf = &t->conf;
  int e = mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT,
                                      MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT);
  if (e != 0) return e;
  if (s->anchors == NULL) /* the key alone says who the server is */
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
  amt__mbedtls_versions(conf, s->ciphers);
  mbedtls_ssl_conf_ca_chain(conf, s->anchors, NULL);
  mbedtls_ssl_conf_verify(conf, amt__mbedtls_verify, t);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_ssl_conf_rng(conf, amt__mbedtls_random, t);
#endif
  mbedtls_ssl_conf_cert_profile(conf, &mbedtls_x509_crt_profile_next);
  mbedtls_ssl_conf_ciphersuites(conf, s->ciphers != NULL ? s->ciphers
                                                         : ciphers);
#ifdef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
  e = mbedtls_ssl_conf_max_frag_len(conf, s->fragment);
#endif
  if (e == 0 && s->client != NULL)
    e = mbedtls_ssl_conf_own_cert(conf, s->client, s->client_key);
  return e;
}

/* What a session depends on. */
typedef struct amt__mbedtls_asked {
  uint8_t        server[32]; /* a hash of the caller's part */
#ifndef AMT_TLS_NO_PIN
  uint8_t        pins[32];   /* a hash of them */
#endif
  amt__tls_asked name;
} amt__mbedtls_asked;

/* Offers the saved session if nothing that it depends on has changed. */
static void amt__mbedtls_offer(amt_mbedtls *t, amt__mbedtls_asked *asked,
                               size_t n, uint32_t now)
{
  amt_mbedtls_server *s = t->server;
  int e = amt__sha256(s, offsetof(amt_mbedtls_server, saved), asked->server);
#ifndef AMT_TLS_NO_PIN
  e |= amt__sha256(s->tls.pins, 32u * s->tls.pin_count, asked->pins);
#endif
  e |= amt__sha256(asked, offsetof(amt__mbedtls_asked, name.name) + n,
                   t->binding);
  e |= memcmp(t->binding, s->saved_for, sizeof t->binding);
  t->offered = e == 0 && now < s->saved_until &&
               mbedtls_ssl_set_session(&t->ssl, &s->saved) == 0;
}

/* Prepares all that the first byte needs. */
static int amt__mbedtls_begin(amt_mbedtls *t, const char *host, size_t n,
                              uint16_t port)
{
  amt__mbedtls_asked asked;
  uint32_t           now = amt__tls_time(&t->server->tls);
  int                e;
  memset(&t->offered, 0, offsetof(amt_mbedtls, ssl) -
                         offsetof(amt_mbedtls, offered));
  e = amt__tls_ready(&t->server->tls, t->server->anchors != NULL, now);
  if (e == 0)
    e = amt__tls_ask(&asked.name, &t->server->tls, host, &n, &t->reader);
  if (e != 0) return e;
  asked.name.port = port;
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
  if (t->server->tls.random != NULL || psa_crypto_init() != PSA_SUCCESS)
    return AMT_E_TLS_RANDOM;
#endif
  mbedtls_ssl_init(&t->ssl);
  mbedtls_ssl_config_init(&t->conf);
  t->state = AMT__TLS_SHAKING;
  e = amt__mbedtls_configure(t);
  if (e == 0) e = mbedtls_ssl_setup(&t->ssl, &t->conf);
  if (e == 0) /* no address (RFC 6066, 3): the reader looks for it */
    e = mbedtls_ssl_set_hostname(&t->ssl, AMT__TLS_HAS_IP(&t->reader)
                                            ? NULL : asked.name.name);
  if (e != 0) {
    t->report.lib_error = e;
    return AMT_E_TLS_MEMORY;
  }
  mbedtls_ssl_set_bio(&t->ssl, t, amt__mbedtls_send, amt__mbedtls_receive,
                      NULL);
  amt__mbedtls_offer(t, &asked, n, now);
  return 0;
}

#if AMT__TLS_READER && defined(AMT__MBEDTLS_MESSAGE)
/* Finds the first of the server's certificates that mbedTLS cannot read. */
static void amt__mbedtls_find(amt_mbedtls *t)
{
  const unsigned char *message = AMT__MBEDTLS_MESSAGE(&t->ssl);
  size_t               at = 7, n;
  uint8_t              i = 0;
  int                  found = t->verified || message[0] != 11;
  while (!found && (n = amt__mbedtls_shown(message, &at)) != 0) {
    mbedtls_x509_crt c;
    mbedtls_x509_crt_init(&c);
    found = mbedtls_x509_crt_parse_der(&c, message + at, n) != 0;
    mbedtls_x509_crt_free(&c);
    if (found) t->report.certificate = i;
    i++;
    at += n;
  }
}
#endif

static void amt__mbedtls_save(amt_mbedtls *t)
{
  amt_mbedtls_server *s = t->server;
  amt_mbedtls_forget(s);
  memcpy(s->saved_for, t->binding, sizeof s->saved_for);
  if (mbedtls_ssl_get_session(&t->ssl, &s->saved) == 0)
    s->saved_until = t->until;
}

/* Makes mbedTLS's result ours. MBEDTLS_ERR_X509_ are -0x2..., _PK_ -0x3.... */
static int amt__mbedtls_result(amt_mbedtls *t, int e)
{
  if (e == MBEDTLS_ERR_SSL_WANT_READ || e == MBEDTLS_ERR_SSL_WANT_WRITE)
    return AMT_AGAIN;
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
  if (e == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
    amt__mbedtls_save(t); /* TLS 1.3 has none before this */
    return AMT_AGAIN;
  }
#endif
  if (e == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return AMT_E_EOF;
  if (t->report.lib_error == 0) t->report.lib_error = e;
  if (t->verdict != 0) return t->verdict;
  if (t->inner_error == AMT_E_EOF && t->state == AMT__TLS_OPEN)
    return AMT_E_TRUNCATED;
  if (t->inner_error != 0) return t->inner_error;
  if (t->first != 0 && t->first != 1 + 0x15 && t->first != 1 + 0x16)
    return AMT_E_TLS_NOT_TLS;
  switch (e) {
  case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
    return amt__tls_alert(AMT__MBEDTLS_ALERT(&t->ssl));
  case AMT__MBEDTLS_BAD_VERSION: return AMT_E_TLS_VERSION;
  case AMT__MBEDTLS_BAD_CERTIFICATE: /* if verified, its usage is bad */
    return t->verified ? AMT_E_TLS_USAGE : AMT_E_TLS_CERTIFICATE;
  case AMT__MBEDTLS_BAD_HELLO:
  case MBEDTLS_ERR_SSL_BAD_INPUT_DATA: return AMT_E_TLS_CIPHER;
  case MBEDTLS_ERR_SSL_ALLOC_FAILED: return AMT_E_TLS_MEMORY;
  case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE: return AMT_E_TLS_RECORD;
  default: break;
  }
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
  if (e <= MBEDTLS_ERR_ASN1_OUT_OF_DATA &&
      e >= MBEDTLS_ERR_ASN1_INVALID_DATA)
    e = MBEDTLS_ERR_X509_INVALID_FORMAT; /* 4.x leaves this part out */
#endif
  e = -e >> 12;
  if (e != 2 && e != 3) return AMT_E_TLS_BROKEN;
#if AMT__TLS_READER && defined(AMT__MBEDTLS_MESSAGE)
  if (!AMT__MBEDTLS_IS_13(&t->ssl)) amt__mbedtls_find(t);
#endif
  return e == 2 ? AMT_E_TLS_CERTIFICATE : AMT_E_TLS_ALGORITHM;
}

/* The handshake is done: remember the session. */
static int amt__mbedtls_opened(amt_mbedtls *t)
{
  amt_mbedtls_server *s = t->server;
  if (t->verified) {
    t->until = amt__tls_until(&s->tls, t->report.until);
  } else if (t->offered) {
    t->report.resumed = 1;
    t->until = s->saved_until;
  } else {
    return AMT_E_TLS_BROKEN;
  }
  if (!AMT__MBEDTLS_IS_13(&t->ssl)) amt__mbedtls_save(t);
  t->state = AMT__TLS_OPEN;
  return 1;
}

static int amt__mbedtls_open(amt_stream *stream, const char *host,
                             size_t host_len, uint16_t port, uint32_t left)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  int          e;
  if (t->state < AMT__TLS_SHAKING) {
    t->state = AMT__TLS_CONNECTING;
    e = (t->inner->ops->open)(t->inner, host, host_len, port, left);
    if (e <= 0) return e;
    e = amt__mbedtls_begin(t, host, host_len, port);
    if (e != 0) return e;
  }
  t->turns = 16;
  e = mbedtls_ssl_handshake(&t->ssl);
  if (e == 0 && !t->broken) return amt__mbedtls_opened(t);
  e = e != 0 ? amt__mbedtls_result(t, e) : t->broken;
  if (e != AMT_AGAIN && t->offered && t->verdict == 0) {
    amt_mbedtls_forget(t->server); /* next: a full handshake */
    if (AMT_IS_PERMANENT(e)) e = AMT_E_TLS_BROKEN;
  }
  return e;
}

static ptrdiff_t amt__mbedtls_read(amt_stream *stream, void *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  int          e;
  t->turns = 16;
  if (n > 0x4000u) n = 0x4000u;
  amt__mbedtls_flush(t);
  e = mbedtls_ssl_read(&t->ssl, (unsigned char *)p, n);
  return e >= 0 ? e : amt__mbedtls_result(t, e); /* 0: an empty record */
}

/* Sends one record. It may have left whole even if the inner stream failed. */
static ptrdiff_t amt__mbedtls_write(amt_stream *stream, const void *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  int          e = AMT_AGAIN;
  t->turns = 16;
  if (n > AMT_MBEDTLS_RECORD) n = AMT_MBEDTLS_RECORD;
  if (amt__mbedtls_flush(t) != AMT_AGAIN)
    e = mbedtls_ssl_write(&t->ssl, (const unsigned char *)p, n);
  if (t->broken) return t->broken;
  return e >= 0 ? e : amt__mbedtls_result(t, e);
}

static void amt__mbedtls_close(amt_stream *stream)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  if (t->state == AMT__TLS_OPEN && !stream->abort)
    (void)mbedtls_ssl_close_notify(&t->ssl);
  t->inner->abort = stream->abort;
  (t->inner->ops->close)(t->inner);
  if (t->state >= AMT__TLS_SHAKING) { /* these also wipe */
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_config_free(&t->conf);
  }
  t->state = AMT__TLS_CLOSED;
}

static int amt__mbedtls_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  return amt__tls_wait(t->inner, want, ms);
}

static int amt__mbedtls_want(const amt_stream *stream, int want)
{
  const amt_mbedtls *t = (const amt_mbedtls *)(const void *)stream;
  if (t->state == AMT__TLS_SHAKING) want = t->want;
  if (t->state == AMT__TLS_OPEN && want != AMT_WANT_WRITE &&
      mbedtls_ssl_get_bytes_avail(&t->ssl) > 0)
    return AMT_WANT_NOW;
  if (t->out_len != 0) want = AMT_WANT_WRITE;
  if (t->inner->ops->waits_for == NULL) return want;
  return (t->inner->ops->waits_for)(t->inner, want);
}

AMTDEF void amt_mbedtls_init(amt_mbedtls *t, amt_stream *inner,
                             amt_mbedtls_server *server)
{
  static const amt_stream_ops ops = {
    amt__mbedtls_open,  amt__mbedtls_read, amt__mbedtls_write,
    amt__mbedtls_close, amt__mbedtls_wait, 1, amt__mbedtls_want
  };
  memset(t, 0, sizeof *t);
  t->stream.ops = &ops;
  t->inner = inner;
  t->server = server;
}

AMTDEF void amt_mbedtls_server_init(amt_mbedtls_server *server)
{
  memset(server, 0, sizeof *server);
  mbedtls_ssl_session_init(&server->saved);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_entropy_init(&server->entropy);
#else
  (void)psa_crypto_init(); /* each connection does it again, and checks */
#endif
}

AMTDEF void amt_mbedtls_server_end(amt_mbedtls_server *server)
{
  amt_mbedtls_forget(server);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
  mbedtls_entropy_free(&server->entropy);
#endif
}

AMTDEF void amt_mbedtls_forget(amt_mbedtls_server *server)
{
  mbedtls_ssl_session_free(&server->saved);
  mbedtls_ssl_session_init(&server->saved);
  server->saved_until = 0;
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
