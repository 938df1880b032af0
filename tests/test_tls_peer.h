/* test_tls_peer.h - the server of test_tls.c: OpenSSL in the same process,
   behind an amt_stream in memory, and certificates of any kind. All bytes
   between the two pass through here and may be held back, cut, changed or
   forged. Include it after amt_http.h and check.h.

   Contents: >>bytes >>keys >>certificates >>peer >>forged >>edits
   >>peer-stream */
#ifndef TEST_TLS_PEER_H
#define TEST_TLS_PEER_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

/* These tests run at 2025-06-15 12:00:00 UTC, whatever the system's time. */
#define NOW ((int64_t)1749988800)
#define DAY ((int64_t)86400)

/* OpenSSL's own calls must not fail. */
#define MUST(expression)                                                     \
  do {                                                                       \
    if (!(expression))                                                       \
      fail_msg("%s: %s", #expression,                                        \
               ERR_error_string(ERR_get_error(), NULL));                     \
  } while (0)

/* ------------------------------------------------------------------------
   >>bytes: a growing array of bytes, with a NUL after the last */

typedef struct bytes {
  unsigned char *p;
  size_t         n, room;
} bytes;

static void bytes_add(bytes *b, const void *p, size_t n)
{
  if (b->room - b->n <= n) {
    b->room = 2 * (b->n + n) + 1;
    b->p = realloc(b->p, b->room);
    if (b->p == NULL) abort();
  }
  if (n != 0) memcpy(b->p + b->n, p, n);
  b->n += n;
  b->p[b->n] = 0;
}

static void bytes_free(bytes *b)
{
  free(b->p);
  memset(b, 0, sizeof *b);
}

/* Replaces `old` bytes at `at` by n new ones. */
static void bytes_replace(bytes *b, size_t at, size_t old, const void *p,
                          size_t n)
{
  bytes out = { NULL, 0, 0 };
  bytes_add(&out, b->p, at);
  bytes_add(&out, p, n);
  bytes_add(&out, b->p + at + old, b->n - at - old);
  free(b->p);
  *b = out;
}

static int holds(const void *p, size_t n, const void *what, size_t size)
{
  return memmem(p, n, what, size) != NULL;
}

/* ------------------------------------------------------------------------
   >>keys */

enum { KEY_CA, KEY_MIDDLE, KEY_SERVER, KEY_OTHER, KEY_CLIENT, KEY_P384, KEY_RSA,
       KEY_RSA_1024, KEY_RSA_4096, KEY_ED25519, KEY_P521, KEY_P224,
       KEYS };

static EVP_PKEY *keys_made[KEYS];

static EVP_PKEY *key(int which)
{
  if (keys_made[which] == NULL) {
    if (which == KEY_RSA) keys_made[which] = EVP_RSA_gen(2048);
    else if (which == KEY_RSA_1024) keys_made[which] = EVP_RSA_gen(1024);
    else if (which == KEY_RSA_4096) keys_made[which] = EVP_RSA_gen(4096);
    else if (which == KEY_P224) keys_made[which] = EVP_EC_gen("P-224");
    else if (which == KEY_P384) keys_made[which] = EVP_EC_gen("P-384");
    else if (which == KEY_P521) keys_made[which] = EVP_EC_gen("P-521");
    else if (which == KEY_ED25519)
      keys_made[which] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else keys_made[which] = EVP_EC_gen("P-256");
    MUST(keys_made[which] != NULL);
  }
  return keys_made[which];
}

/* ------------------------------------------------------------------------
   >>certificates */

/* What a certificate says. Zeroed except name and key, it is self-signed and
   valid for thirty days from yesterday. */
typedef struct cert_spec {
  const char   *name;        /* its CN */
  int           key;         /* KEY_ */
  X509         *issuer;      /* NULL: itself */
  int           issuer_key;
  const char   *san;         /* as in OpenSSL's configuration */
  const char   *from, *until; /* dates as written there: up to 13 characters
                                 make a UTCTime, more a GeneralizedTime */
  int           ca;          /* 1: a CA */
  const char   *key_usage, *ext_usage;
  int           extra_nid;   /* one more extension */
  const char   *extra;
  const EVP_MD *md;          /* NULL: SHA-256 */
  const char   *hash;        /* or the hash by its name */
  int           pss;         /* 1: signed by RSASSA-PSS */
} cert_spec;

/* A test's certificates are freed after it; those below never. */
static X509  *certs_made[4000];
static size_t certs_count;

static X509 *cert_keep(X509 *x)
{
  MUST(x != NULL);
  if (certs_count == COUNT(certs_made)) fail_msg("too many certificates");
  certs_made[certs_count++] = x;
  return x;
}

static void certs_free(void)
{
  while (certs_count != 0) X509_free(certs_made[--certs_count]);
}

/* A date as text; valid for the next seven calls. */
static const char *date(int64_t seconds, int general)
{
  static char text_of[8][20];
  static int  next;
  char       *at = text_of[next = (next + 1) % 8];
  time_t      t = (time_t)seconds;
  struct tm   tm;
  gmtime_r(&t, &tm);
  strftime(at, 20, general ? "%Y%m%d%H%M%SZ" : "%y%m%d%H%M%SZ", &tm);
  return at;
}

static ASN1_TIME *cert_time(const char *text_of)
{
  ASN1_TIME *t = ASN1_STRING_type_new(
    strlen(text_of) <= 13 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME);
  MUST(t != NULL && ASN1_STRING_set(t, text_of, -1));
  return t;
}

static void cert_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
  X509V3_CTX      ctx;
  X509_EXTENSION *e;
  if (value == NULL) return;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
  e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
  if (e == NULL) fail_msg("this extension cannot be made: %s", value);
  MUST(X509_add_ext(x, e, -1));
  X509_EXTENSION_free(e);
}

static void cert_sign(X509 *x, EVP_PKEY *signer, const cert_spec *s)
{
  const EVP_MD *md = s->hash ? EVP_get_digestbyname(s->hash)
                             : s->md ? s->md : EVP_sha256();
  EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
  EVP_PKEY_CTX *how;
  if (EVP_PKEY_is_a(signer, "ED25519")) md = NULL;
  MUST(EVP_DigestSignInit(ctx, &how, md, NULL, signer));
  if (s->pss) MUST(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) > 0);
  MUST(X509_sign_ctx(x, ctx));
  EVP_MD_CTX_free(ctx);
}

static X509 *cert_make(const cert_spec *s)
{
  static long   serial = 1000;
  X509         *x = X509_new(), *issuer = s->issuer ? s->issuer : x;
  X509_NAME    *name = X509_NAME_new();
  ASN1_TIME    *t;
  MUST(x != NULL && name != NULL);
  MUST(X509_set_version(x, 2));
  MUST(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++));
  MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  (const unsigned char *)s->name, -1, -1, 0));
  MUST(X509_set_subject_name(x, name));
  MUST(X509_set_issuer_name(x, X509_get_subject_name(issuer)));
  X509_NAME_free(name);
  t = cert_time(s->from ? s->from : date(NOW - DAY, 0));
  MUST(X509_set1_notBefore(x, t));
  ASN1_TIME_free(t);
  t = cert_time(s->until ? s->until : date(NOW + 30 * DAY, 0));
  MUST(X509_set1_notAfter(x, t));
  ASN1_TIME_free(t);
  MUST(X509_set_pubkey(x, key(s->key)));
  if (s->ca)
    cert_extension(x, issuer, NID_basic_constraints, "critical,CA:TRUE");
  cert_extension(x, issuer, NID_key_usage, s->key_usage);
  cert_extension(x, issuer, NID_ext_key_usage, s->ext_usage);
  cert_extension(x, issuer, NID_subject_alt_name, s->san);
  cert_extension(x, issuer, s->extra_nid, s->extra);
  cert_sign(x, key(s->issuer ? s->issuer_key : s->key), s);
  return cert_keep(x);
}

/* A trusted CA, an unknown CA, and the usual server. */
static X509 *authority, *stranger, *usual;

static X509 *authority_make(const char *name, int which)
{
  cert_spec s = { .name = name, .key = which, .ca = 1,
                  .from = "700101000000Z", .until = "99991231235959Z",
                  .key_usage = "critical,keyCertSign,cRLSign" };
  X509     *x = cert_make(&s);
  certs_count--; /* keep it */
  return x;
}

/* A server's certificate, signed by the trusted CA. */
static cert_spec cert_like(const char *name, const char *san)
{
  cert_spec s = { .name = name, .key = KEY_SERVER, .issuer = authority,
                  .issuer_key = KEY_CA, .san = san };
  return s;
}

static void authorities_make(void)
{
  cert_spec s;
  authority = authority_make("Test Authority", KEY_CA);
  stranger = authority_make("A Stranger", KEY_OTHER);
  s = cert_like("server.test", "DNS:server.test,DNS:second.test,IP:192.0.2.1");
  usual = cert_make(&s);
  certs_count--;
}

static void authorities_free(void)
{
  int i;
  X509_free(authority);
  X509_free(stranger);
  X509_free(usual);
  for (i = 0; i < KEYS; i++) EVP_PKEY_free(keys_made[i]);
}

static bytes cert_der(X509 *x)
{
  bytes          b = { NULL, 0, 0 };
  unsigned char *p = NULL;
  int            n = i2d_X509(x, &p);
  MUST(n > 0);
  bytes_add(&b, p, (size_t)n);
  OPENSSL_free(p);
  return b;
}

static void bio_take(bytes *to, BIO *b)
{
  char *p;
  long  n = BIO_get_mem_data(b, &p);
  bytes_add(to, p, (size_t)n);
  BIO_free(b);
}

static void cert_pem(bytes *to, X509 *x)
{
  BIO *b = BIO_new(BIO_s_mem());
  MUST(PEM_write_bio_X509(b, x));
  bio_take(to, b);
}

/* PKCS #8, or the older form: "EC PRIVATE KEY", "RSA PRIVATE KEY". */
static void key_pem(bytes *to, int which, int pkcs8)
{
  BIO *b = BIO_new(BIO_s_mem());
  MUST(pkcs8 ? PEM_write_bio_PKCS8PrivateKey(b, key(which), NULL, NULL, 0, NULL,
                                             NULL)
             : PEM_write_bio_PrivateKey_traditional(b, key(which), NULL, NULL,
                                                    0, NULL, NULL));
  bio_take(to, b);
}

/* SHA-256 of the key's SubjectPublicKeyInfo. */
static void key_pin(uint8_t pin[32], int which)
{
  unsigned char *p = NULL;
  int            n = i2d_PUBKEY(key(which), &p);
  MUST(n > 0 && EVP_Digest(p, (size_t)n, pin, NULL, EVP_sha256(), NULL));
  OPENSSL_free(p);
}

/* ------------------------------------------------------------------------
   >>peer */

enum { END_NEVER, END_NOTIFY, END_CUT }; /* after the reply: keep the
                                            connection, end it properly, or cut
                                            it off */

typedef struct peer {
  amt_stream stream; /* the client's inner stream */
  SSL_CTX   *ctx;
  SSL       *ssl;
  BIO       *in, *out;
  bytes      down;      /* to the client; read up to down_at */
  size_t     down_at;
  int        is_open, ended;
  uint64_t   sealed;    /* records sent since ChangeCipherSpec */
  size_t     record_left, record_most;
  unsigned char header[5];
  size_t     header_n;
  int        plain;     /* no ChangeCipherSpec sent yet */

  /* How it answers. */
  size_t reply_size;    /* bytes of the reply's body */
  int    to_end;        /* the body ends with the connection */
  size_t missing;       /* bytes of the Content-Length never sent */
  size_t write_size;    /* bytes in each record; 0: all that fit */
  int    end;           /* END_ */
  int    silent;        /* requests get no answer */
  const char *secret;   /* a header of the reply */
  const void *raw;      /* sent in place of TLS after the first byte received */
  size_t raw_size;
  int    raw_ends;      /* then the connection ends */
  void (*more)(struct peer *p); /* called when the client has read all */
  void (*edit)(struct peer *p, size_t from); /* may change what was added to
                                                `down` from there on */
  size_t flip_at;       /* in this byte to the client, */
  unsigned flip;        /* flip these bits; */
  int    flip_in_version; /* it was in a version that nothing protects */

  /* Faults of the stream. */
  int    not_yet;       /* each call says so, until after a wait */
  size_t piece;         /* most bytes per call; 0: no limit */
  size_t stuck_after;   /* takes so many bytes, no more */
  long   fail_at;       /* this call (from 1) fails with */
  int    fail_with;
  int    fail_once;     /* only that one; otherwise all after it, too */
  int    fail_pushes;   /* a failed write has sent its bytes */
  int    gone;          /* after the end, writes fail as after a reset; what was
                           sent can still be read */

  /* Seen on this connection, */
  bytes  heard;         /* plaintext */
  size_t asked;         /* the part of answered requests */
  size_t to_client, to_server;
  unsigned hellos;
  unsigned char client_random[32], server_random[32], master[48];
  int    client_alert;  /* the last, level * 256 + number; -1: none */
  int    goodbye;       /* close_notify came */
  int    resumed, done; /* the handshake */
  char   sni[300];
  /* and on all. */
  size_t heard_all, up_all;
  unsigned opened;
  long   calls;         /* open, read, write */
  unsigned burst, waits; /* calls since the last check */
  int    read_ready, write_ready, broken, last_want;
} peer;

static peer     srv;
static uint32_t clock_ms; /* the clock of the client's limits */
static unsigned char pattern[200000]; /* what bodies are made of */

static void pattern_fill(void)
{
  size_t i;
  for (i = 0; i < sizeof pattern; i++)
    pattern[i] = (unsigned char)(i * 31 + (i >> 8) * 7 + 1);
}

/* Tracks the records sent to the client. */
static void peer_follow(peer *p, const unsigned char *at, size_t n)
{
  size_t place = p->to_client;
  for (; n != 0; at++, place++, n--) {
    if (p->record_left != 0) {
      p->record_left--;
      continue;
    }
    if (p->plain && p->flip != 0 && p->flip_at == place &&
        (p->header_n == 1 || p->header_n == 2))
      p->flip_in_version = 1;
    p->header[p->header_n++] = *at;
    if (p->header_n < 5) continue;
    p->header_n = 0;
    p->record_left = (size_t)(p->header[3] << 8 | p->header[4]);
    if (p->record_left > p->record_most) p->record_most = p->record_left;
    if (!p->plain) p->sealed++;
    if (p->header[0] == 20) p->plain = 0;
  }
}

/* Sends bytes to the client. */
static void peer_send(peer *p, const void *bytes_of, size_t n)
{
  size_t from = p->down.n;
  size_t at = p->to_client; /* total before these */
  bytes_add(&p->down, bytes_of, n);
  peer_follow(p, p->down.p + from, n);
  if (p->flip != 0 && p->flip_at >= at && p->flip_at < at + n)
    p->down.p[from + p->flip_at - at] ^= (unsigned char)p->flip;
  p->to_client += n;
  if (p->edit != NULL) p->edit(p, from);
}

static void peer_drain(peer *p)
{
  static unsigned char some[4096];
  int                  n;
  while ((n = BIO_read(p->out, some, sizeof some)) > 0)
    peer_send(p, some, (size_t)n);
}

static void peer_write(peer *p, const void *from, size_t n)
{
  const char *at = from;
  while (n != 0) {
    size_t some = p->write_size != 0 && p->write_size < n ? p->write_size : n;
    if (SSL_write(p->ssl, at, (int)some) <= 0) return;
    at += some;
    n -= some;
  }
}

static void peer_end(peer *p, int how)
{
  if (how == END_NEVER) return;
  if (how == END_NOTIFY) SSL_shutdown(p->ssl);
  peer_drain(p);
  p->ended = 1;
}

static void peer_reply(peer *p)
{
  bytes reply = { NULL, 0, 0 };
  char  head[500];
  int   n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n");
  if (p->secret != NULL)
    n += snprintf(head + n, sizeof head - (size_t)n, "X-Secret: %s\r\n",
                  p->secret);
  if (!p->to_end)
    n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %zu\r\n",
                  p->reply_size + p->missing);
  n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
  bytes_add(&reply, head, (size_t)n);
  bytes_add(&reply, pattern, p->reply_size);
  peer_write(p, reply.p, reply.n);
  bytes_free(&reply);
  peer_end(p, p->end);
}

/* Answers each complete request. */
static void peer_answer(peer *p)
{
  while (p->heard.n > p->asked && !p->ended && !p->silent) {
    char  *head = (char *)p->heard.p + p->asked;
    char  *end = strstr(head, "\r\n\r\n");
    char  *length;
    size_t body = 0;
    if (end == NULL) return;
    length = strstr(head, "Content-Length: ");
    if (length != NULL && length < end) body = (size_t)atol(length + 16);
    end += 4;
    if ((size_t)((char *)p->heard.p + p->heard.n - end) < body) return;
    p->asked = (size_t)(end - (char *)p->heard.p) + body;
    peer_reply(p);
  }
}

static void peer_run(peer *p)
{
  static char plain[20000];
  int         n;
  if (p->raw != NULL) {
    if (p->to_client == 0) {
      peer_send(p, p->raw, p->raw_size);
      p->ended = p->raw_ends;
    }
    return;
  }
  if (p->ended) return;
  while ((n = SSL_read(p->ssl, plain, sizeof plain)) > 0) {
    bytes_add(&p->heard, plain, (size_t)n);
    p->heard_all += (size_t)n;
  }
  n = SSL_get_error(p->ssl, n);
  ERR_clear_error();
  p->done = SSL_is_init_finished(p->ssl) != 0;
  if (p->done) {
    SSL_get_server_random(p->ssl, p->server_random, 32);
    p->resumed = SSL_session_reused(p->ssl);
  }
  p->goodbye = (SSL_get_shutdown(p->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
  peer_answer(p);
  peer_drain(p);
  if (n == SSL_ERROR_SSL || p->goodbye) p->ended = 1;
}

static void peer_hangs_up(peer *p)
{
  if (p->ssl != NULL) { /* otherwise OpenSSL drops the session */
    if (p->done) SSL_set_shutdown(p->ssl, SSL_SENT_SHUTDOWN |
                                          SSL_RECEIVED_SHUTDOWN);
    SSL_free(p->ssl);
  }
  p->ssl = NULL;
  p->is_open = 0;
}

static void peer_on_message(int write, int version, int type, const void *buf,
                            size_t n, SSL *ssl, void *arg)
{
  const unsigned char *at = buf;
  (void)version, (void)ssl, (void)arg;
  if (write) return;
  if (type == SSL3_RT_HANDSHAKE && n >= 38 && at[0] == 1) {
    srv.hellos++;
    memcpy(srv.client_random, at + 6, 32);
  }
  if (type == SSL3_RT_ALERT && n == 2) srv.client_alert = at[0] * 256 + at[1];
}

static int peer_on_name(SSL *ssl, int *alert, void *arg)
{
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  (void)alert, (void)arg;
  snprintf(srv.sni, sizeof srv.sni, "%s", name ? name : "");
  return SSL_TLSEXT_ERR_OK;
}

static unsigned hex_digit(char c)
{
  return (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

static void peer_on_key(const SSL *ssl, const char *line)
{
  const char *at = strrchr(line, ' ');
  size_t      i;
  (void)ssl;
  if (strncmp(line, "CLIENT_RANDOM ", 14) != 0 || strlen(at + 1) != 96) return;
  for (i = 0; i < 48; i++)
    srv.master[i] = (unsigned char)(hex_digit(at[2 * i + 1]) << 4 |
                                    hex_digit(at[2 * i + 2]));
}

/* The server's certificate, and one of its issuer or NULL. */
static void peer_shows(peer *p, X509 *leaf, int which, X509 *middle)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  MUST(ctx != NULL);
  SSL_CTX_set_security_level(ctx, 0);
  SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
  MUST(SSL_CTX_use_certificate(ctx, leaf));
  MUST(SSL_CTX_use_PrivateKey(ctx, key(which)));
  if (middle != NULL) MUST(SSL_CTX_add1_chain_cert(ctx, middle));
  MUST(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"t", 1));
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_msg_callback(ctx, peer_on_message);
  SSL_CTX_set_tlsext_servername_callback(ctx, peer_on_name);
  SSL_CTX_set_keylog_callback(ctx, peer_on_key);
  SSL_CTX_free(p->ctx);
  p->ctx = ctx;
}

/* Requires a client certificate of this CA. */
static void peer_demands(peer *p, X509 *ca)
{
  X509_STORE *store = X509_STORE_new();
  MUST(X509_STORE_add_cert(store, ca));
  SSL_CTX_set_cert_store(p->ctx, store);
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(p->ctx), (time_t)NOW);
  SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     NULL);
}

/* ------------------------------------------------------------------------
   >>forged: records that OpenSSL would not send, encrypted with the
   connection's keys. Only for TLS_ECDHE_*_WITH_AES_128_GCM_SHA256. OpenSSL
   cannot go on after them. */

#define FORGE_CIPHER "ECDHE-ECDSA-AES128-GCM-SHA256"

static void forge_keys(const peer *p, unsigned char block[40])
{
  EVP_KDF     *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
  EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
  char         md[] = "SHA256", label[] = "key expansion";
  OSSL_PARAM   params[] = {
    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, md, 0),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, srv.master, 48),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, 13),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED,
                                      srv.server_random, 32),
    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED,
                                      srv.client_random, 32),
    OSSL_PARAM_construct_end()
  };
  (void)p;
  MUST(EVP_KDF_derive(ctx, block, 40, params) > 0);
  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(kdf);
}

static void peer_forges(peer *p, unsigned type, const void *plain, size_t n)
{
  unsigned char   block[40], nonce[12], aad[13], record[5 + 8 + 20000 + 16];
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  int             len, i;
  if (n > 20000) fail_msg("too large a record to forge");
  forge_keys(p, block);
  for (i = 0; i < 8; i++) aad[i] = (unsigned char)(p->sealed >> (56 - 8 * i));
  memcpy(nonce, block + 36, 4);
  memcpy(nonce + 4, aad, 8);
  aad[8] = (unsigned char)type;
  aad[9] = aad[10] = 3;
  aad[11] = (unsigned char)(n >> 8);
  aad[12] = (unsigned char)n;
  memcpy(record, aad + 8, 3);
  record[3] = (unsigned char)((n + 24) >> 8);
  record[4] = (unsigned char)(n + 24);
  memcpy(record + 5, aad, 8);
  MUST(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, block + 16, nonce));
  MUST(EVP_EncryptUpdate(ctx, NULL, &len, aad, 13));
  MUST(EVP_EncryptUpdate(ctx, record + 13, &len, plain, (int)n));
  MUST(EVP_EncryptFinal_ex(ctx, record + 13 + n, &len));
  MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, record + 13 + n));
  EVP_CIPHER_CTX_free(ctx);
  peer_send(p, record, 13 + n + 16);
}

/* ------------------------------------------------------------------------
   >>edits */

static bytes odd_der; /* shown in place of the server's certificate */

static void put_24(unsigned char *p, size_t n)
{
  p[0] = (unsigned char)(n >> 16);
  p[1] = (unsigned char)(n >> 8);
  p[2] = (unsigned char)n;
}

/* Swaps the certificate on the way. The Finished will be wrong, but the client
   judges the certificate before. */
static void edit_certificate(peer *p, size_t from)
{
  size_t i;
  for (i = from; i + 15 < p->down.n;) {
    unsigned char *at = p->down.p + i;
    size_t         n = (size_t)(at[3] << 8 | at[4]);
    if (at[0] == 22 && at[5] == 11) {
      size_t old = (size_t)(at[12] << 16 | at[13] << 8 | at[14]);
      size_t now = odd_der.n;
      at[3] = (unsigned char)((n - old + now) >> 8);
      at[4] = (unsigned char)(n - old + now);
      put_24(at + 6, n - 4 - old + now);
      put_24(at + 9, n - 7 - old + now);
      put_24(at + 12, now);
      bytes_replace(&p->down, i + 15, old, odd_der.p, odd_der.n);
      p->edit = NULL;
      return;
    }
    i += 5 + n;
  }
}

/* ------------------------------------------------------------------------
   >>peer-stream: the inner stream of the client's TLS stream */

/* An error due at this call, AMT_AGAIN if the call says "not yet", or 1. */
static int peer_turn(peer *p, int *ready)
{
  p->calls++;
  p->burst++;
  if (p->calls == p->fail_at) {
    if (p->fail_once) return p->fail_with;
    p->broken = p->fail_with;
  }
  if (p->broken) return p->broken;
  if (p->not_yet && !*ready) return AMT_AGAIN;
  *ready = 0;
  return 1;
}

static int peer_open(amt_stream *s, const char *host, size_t host_len,
                     uint16_t port, uint32_t left)
{
  peer *p = (peer *)s;
  int   e = peer_turn(p, &p->write_ready);
  (void)host, (void)host_len, (void)port, (void)left;
  if (e != 1) return e;
  if (p->is_open) fail_msg("open on an open stream");
  p->opened++;
  p->is_open = 1;
  p->plain = 1;
  p->ended = p->done = p->resumed = p->goodbye = 0;
  p->sealed = 0;
  p->header_n = p->record_left = p->record_most = 0;
  p->down.n = p->down_at = p->heard.n = p->asked = 0;
  p->to_client = p->to_server = 0;
  p->hellos = 0;
  p->client_alert = -1;
  p->sni[0] = 0;
  p->ssl = SSL_new(p->ctx);
  p->in = BIO_new(BIO_s_mem());
  p->out = BIO_new(BIO_s_mem());
  MUST(p->ssl != NULL && p->in != NULL && p->out != NULL);
  SSL_set_bio(p->ssl, p->in, p->out);
  SSL_set_accept_state(p->ssl);
  return 1;
}

static ptrdiff_t peer_read(amt_stream *s, void *to, size_t n)
{
  peer  *p = (peer *)s;
  int    e = peer_turn(p, &p->read_ready);
  size_t have;
  if (e != 1) return e;
  if (!p->is_open) fail_msg("read on a closed stream");
  if (n == 0) fail_msg("read of nothing");
  if (p->down.n == p->down_at && !p->ended && p->more != NULL) p->more(p);
  have = p->down.n - p->down_at;
  if (have == 0) return p->ended ? AMT_E_EOF : AMT_AGAIN;
  if (n > have) n = have;
  if (p->piece != 0 && n > p->piece) n = p->piece;
  memcpy(to, p->down.p + p->down_at, n);
  p->down_at += n;
  if (p->down_at == p->down.n) p->down_at = p->down.n = 0;
  return (ptrdiff_t)n;
}

static ptrdiff_t peer_take(amt_stream *s, const void *from, size_t n)
{
  peer *p = (peer *)s;
  int   e = peer_turn(p, &p->write_ready);
  if (e != 1 && (e == AMT_AGAIN || !p->fail_pushes)) return e;
  if (!p->is_open) fail_msg("write on a closed stream");
  if (n == 0) fail_msg("write of nothing");
  if (p->gone && p->ended) return AMT_E_RESET;
  if (p->stuck_after != 0 && p->to_server >= p->stuck_after) return AMT_AGAIN;
  if (p->stuck_after != 0 && n > p->stuck_after - p->to_server)
    n = p->stuck_after - p->to_server;
  if (p->piece != 0 && n > p->piece) n = p->piece;
  p->to_server += n;
  p->up_all += n;
  BIO_write(p->in, from, (int)n);
  peer_run(p);
  return e < 0 ? e : (ptrdiff_t)n;
}

static void peer_close(amt_stream *s)
{
  peer *p = (peer *)s;
  peer_hangs_up(p);
  p->broken = 0;
  p->read_ready = p->write_ready = 0;
}

static int peer_wait(amt_stream *s, int want, uint32_t ms)
{
  peer *p = (peer *)s;
  int   arrived = p->down.n != p->down_at || p->ended || p->more != NULL;
  p->waits++;
  p->last_want = want;
  if (want == AMT_WANT_NOW) fail_msg("the inner stream's wait got NOW");
  if (want == AMT_WANT_WRITE &&
      (p->stuck_after == 0 || p->to_server < p->stuck_after))
    return p->write_ready = 1;
  if (want != AMT_WANT_WRITE && p->is_open && arrived)
    return p->read_ready = 1;
  clock_ms += ms;
  return 0;
}

static void peer_init(peer *p)
{
  static const amt_stream_ops ops = { peer_open,  peer_read, peer_take,
                                      peer_close, peer_wait, 0, NULL };
  memset(p, 0, sizeof *p);
  p->stream.ops = &ops;
  p->reply_size = 100;
  p->client_alert = -1;
}

static void peer_free(peer *p)
{
  peer_hangs_up(p);
  SSL_CTX_free(p->ctx);
  bytes_free(&p->down);
  bytes_free(&p->heard);
  p->ctx = NULL;
}

#endif /* TEST_TLS_PEER_H */

/* SPDX-License-Identifier: MIT OR Unlicense */
