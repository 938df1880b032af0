/* amt_tls.h - what the TLS streams share: what a server must prove, and the
   errors if it does not. Not for programs: amt_bearssl.h and amt_mbedtls.h
   include it.

   Contents: search for the tag
     >>tls-manual    what is verified, options, price
     >>tls-api       everything public
     >>tls-impl      from here on only with AMT_IMPLEMENTATION
     >>tls-text      alerts and errors in words
     >>tls-time      the clock, and the date of this build
     >>tls-checks    before a handshake: what is asked for; after it: the key
     >>tls-reader    the certificate reader
     >>tls-judge     what is asked of a certificate that a library takes
     >>tls-stream    states, waits, and the errors that alerts and dates are

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>tls-manual

   The library, BearSSL or mbedTLS, judges signatures and chains. This file
   reads from the certificate what the library does not tell: whether it has
   expired or is not valid yet, IP addresses, the key. No byte of a request
   leaves before the server has proved its name, and each way to fail has its
   own error. A reconnect resumes the last session if the server allows it.

   For a device whose server has one key, whatever its certificate says:

     static amt_bearssl_server server;    // or amt_mbedtls_server
     static const uint8_t key[1][32] = {
       { 0x5d, ... }                      // extras/amt.1, TLS: how to get it
     };
     server.tls.pins = key;
     server.tls.pin_count = 1;
     server.tls.insecure_skip_chain = 1;  // the key says who the server is
     server.tls.random = my_random;       // 1, or 0 if there is none

   With trust anchors in place of insecure_skip_chain, certificate and key must
   both be right, and a clock is needed (server.tls.time).

   Not there: revocation checks; policies; with BearSSL also TLS 1.3. A chain
   with name constraints (RFC 5280, 4.2.1.10) is refused, since nothing here can
   check them. docs/tls.md says what each stack checks, and with what error.

   Options, in the file that has AMT_IMPLEMENTATION:
   AMT_TLS_NO_IP    leaves out IP addresses, IPv4 and IPv6, in certificates: a
                    server that is asked by one is refused (AMT_E_TLS_IP)
   AMT_TLS_NO_PIN   leaves out pins: a server with one is refused
                    (AMT_E_TLS_PIN). With both options the certificate reader
                    goes, too (2.2 kB with BearSSL, 2.1 kB with mbedTLS, on a
                    Cortex-M4). Then AMT_E_TLS_EXPIRED also stands for "not yet
                    valid", and mbedTLS judges dates by its own clock. Nobody
                    looks at name constraints, nor with BearSSL at a second
                    subjectAltName and extended key usages. A server with
                    insecure_skip_chain or _dates is refused
                    (AMT_E_TLS_NO_ANCHORS)
   AMT_BUILD_TIME   the date of this build, seconds since 1970: a clock that
                    says less is not believed. Default: a day before __DATE__ */

#include "amt_http.h"
#ifndef AMT__TLS
#error "include amt_bearssl.h or amt_mbedtls.h instead"
#endif

#ifndef AMT_TLS_H
#define AMT_TLS_H

#if AMT_HTTP_VERSION != 200
#error "amt_tls.h and amt_http.h differ: take all headers from one place"
#endif

/* ------------------------------------------------------------------------
   >>tls-api */

/* What a server must prove before a byte of a request leaves. One for each
   server, inside the struct of the backend, shared by all its connections.
   Zeroed, it demands everything: a chain to a trust anchor, dates that hold
   now, and the server's name, as a DNS name or an IP address, in the
   certificate. TLS is 1.2 or, with mbedTLS, later. */
typedef struct amt_tls {
  const char *name;            /* the name in the certificate; NULL: the
                                  URL's host */
  const uint8_t (*pins)[32];   /* SHA-256 of the SubjectPublicKeyInfo: the
                                  server's key must be one of these, too */
  size_t        pin_count;
  /* Seconds since 1970-01-01 UTC, or 0 while the clock is not set. NULL: the
     system's with AMT_POSIX or AMT_WINSOCK, else not set. A time before this
     build's own date (AMT_BUILD_TIME) counts as not set. */
  uint32_t    (*time)(void *ctx);
  /* Fills n bytes with randomness and returns 1, or 0 if there is none. NULL:
     the system's, if the backend knows one. Without any the handshake is
     refused. */
  int         (*random)(void *ctx, void *p, size_t n);
  void         *ctx;
  /* 1: chain, dates and name are not looked at. With pins the key alone says
     who the server is; without any, nobody does, and whoever sits between
     reads the password. (BearSSL still wants a certificate that it can read:
     no SHA-1, no RSA key below 2,048 bits, unless your `configure` says so by
     br_x509_minimal_set_hash and _minrsa.) */
  uint8_t       insecure_skip_chain;
  /* 1: for devices without a clock: expired certificates are taken. */
  uint8_t       insecure_skip_dates;
  /* 1: for old servers. A certificate without a subjectAltName is taken by its
     common name, which need not be a host's (RFC 9110, 4.3.4). Each report
     then says common_name: warn of it each time. */
  uint8_t       insecure_common_name;
} amt_tls;

/* What the last handshake showed. It stays after a failure, to be reported. */
typedef struct amt_tls_report {
  uint8_t  pin[32];     /* of the key that the server showed */
  uint32_t from, until; /* dates of `certificate`, seconds since 1970; after
                           2106: 0xFFFFFFFF. 0: not seen */
  int      lib_error;   /* the backend's own number, for its manual */
  uint8_t  certificate; /* which one failed: 0, the server's own (also if none
                           did); 1, the next in the chain; ... */
  uint8_t  common_name; /* 1: taken only because of insecure_common_name */
  uint8_t  resumed;     /* 1: an earlier session was resumed. The server has
                           shown no certificate, so pin and dates are 0 */
} amt_tls_report;

/* Reads a certificate (DER, RFC 5280) as it comes, for what the backends do
   not tell: dates, key, IP addresses. Private to the streams. No pointers. */
typedef struct amt_tls_reader {
  uint8_t  state, tag, have, depth, extensions;
  uint8_t  extension;   /* its OID's last byte, if that begins with 2.5.29 */
  uint8_t  seen;        /* AMT__CERT_HAS_ */
  uint8_t  index[8];    /* elements begun at each depth */
  uint32_t at;          /* bytes read */
  uint32_t left;        /* of this element's value */
  uint32_t from, until; /* seconds since 1970 */
  uint32_t name[2];     /* hashes of issuer and subject, to choose an error's
                           words by: no decision depends on them */
  uint32_t end[8];      /* where the open elements end */
  uint8_t  value[16];   /* of a short element that matters */
  uint8_t  ip_len;      /* 4: IPv4; 16: IPv6; 0: none */
  uint8_t  ip[16];      /* an address to look for; kept between certificates */
} amt_tls_reader;

#endif /* AMT_TLS_H */

/* ========================================================================
   >>tls-impl */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_TLS_IMPLEMENTED)
#define AMT_TLS_IMPLEMENTED

/* Does this connection ask for an address instead of a name? */
#ifdef AMT_TLS_NO_IP
#define AMT__TLS_HAS_IP(reader) 0
#else
#define AMT__TLS_HAS_IP(reader) ((reader)->ip_len != 0)
#endif

/* Does anything use the certificate reader? */
#if defined(AMT_TLS_NO_IP) && defined(AMT_TLS_NO_PIN)
#define AMT__TLS_READER 0
#else
#define AMT__TLS_READER 1
#endif

#ifndef AMT_NO_TEXT
/* ------------------------------------------------------------------------
   >>tls-text */

/* Alerts: RFC 5246, 7.2.2, and later extensions. */
static const char *amt__tls_alert_text(int alert)
{
  switch (alert) {
  case 0: return "TLS alert close_notify: the server ended the connection";
  case 10: return "TLS alert unexpected_message: the server calls our message "
                  "out of order; see its TLS library";
  case 20: return "TLS alert bad_record_mac: our bytes did not arrive as sent; "
                  "see what is between";
  case 22: return "TLS alert record_overflow: the server takes no record of "
                  "this size";
  case 40: return "TLS alert handshake_failure: server and client have no "
                  "version, cipher or curve in common, or its certificate's "
                  "key is of a kind that we do not take; allow TLS 1.2, ECDHE, "
                  "AES-128-GCM or ChaCha20 and RSA or P-256 there, or more "
                  "ciphers here; or it wants a client certificate";
  case 42: return "TLS alert bad_certificate: the server refuses our client "
                  "certificate, or wants one and got none";
  case 43: return "TLS alert unsupported_certificate: the server cannot use "
                  "our client certificate";
  case 44: return "TLS alert certificate_revoked: our client certificate was "
                  "revoked; ask for a new one";
  case 45: return "TLS alert certificate_expired: our client certificate has "
                  "expired, or the server's clock is wrong";
  case 46: return "TLS alert certificate_unknown: the server refuses our "
                  "client certificate, or wants one and got none";
  case 47: return "TLS alert illegal_parameter: the server calls our "
                  "handshake wrong";
  case 48: return "TLS alert unknown_ca: the server does not trust who signed "
                  "our client certificate; give it that CA, or us another";
  case 49: return "TLS alert access_denied: the server knows our client "
                  "certificate and does not let it in";
  case 50: return "TLS alert decode_error: the server could not read our "
                  "handshake, or wants a client certificate (GnuTLS)";
  case 51: return "TLS alert decrypt_error: a signature or a Finished was "
                  "wrong; does our key belong to our certificate?";
  case 71: return "TLS alert insufficient_security: the server asks for "
                  "stronger ciphers than ours";
  case 80: return "TLS alert internal_error: the server failed; see its log";
  case 86: return "TLS alert inappropriate_fallback: the server speaks a "
                  "later version";
  case 90: return "TLS alert user_canceled: the server gave the handshake up";
  case 100: return "TLS alert no_renegotiation";
  case 109: return "TLS alert missing_extension: the server asks for an "
                   "extension that we do not send";
  case 110: return "TLS alert unsupported_extension: the server refuses an "
                   "extension of ours";
  case 112: return "TLS alert unrecognized_name: the server has no such name; "
                   "check the host in the URL";
  case 113: return "TLS alert bad_certificate_status_response";
  case 115: return "TLS alert unknown_psk_identity";
  case 116: return "TLS alert certificate_required: the server wants a client "
                   "certificate";
  case 120: return "TLS alert no_application_protocol";
  default: return "a TLS alert of a number without a name";
  }
}
#endif

/* ------------------------------------------------------------------------
   >>tls-time */

/* Days from 1970-01-01 to a date before 2200. Here the year begins in March, so
   a leap day is its last: January and February are months 13 and 14 of the year
   before. */
#define AMT__DAYS(y, m, d) \
  (365u * (y) + (y) / 4u - ((y) > 2099u) + (153u * (m) - 457u) / 5u + (d) - \
   719484u)

#ifndef AMT_BUILD_TIME
/* __DATE__ is "Nov  1 2026", in local time; all of this is constant. */
#define AMT__BUILD(i) ((unsigned char)__DATE__[i] & 15u) /* ' ' counts as 0 */
#define AMT__BUILD_MONTH \
  (__DATE__[2] == 'n' ? (__DATE__[1] == 'a' ? 13u : 6u) : \
   __DATE__[2] == 'b' ? 14u : \
   __DATE__[2] == 'r' ? (__DATE__[0] == 'M' ? 3u : 4u) : \
   __DATE__[2] == 'y' ? 5u : __DATE__[2] == 'l' ? 7u : \
   __DATE__[2] == 'g' ? 8u : __DATE__[2] == 'p' ? 9u : \
   __DATE__[2] == 't' ? 10u : __DATE__[2] == 'v' ? 11u : 12u)
#define AMT__BUILD_YEAR \
  (2000u + 10u * AMT__BUILD(9) + AMT__BUILD(10) - AMT__BUILD_MONTH / 13u)
#define AMT_BUILD_TIME \
  (86400u * (AMT__DAYS(AMT__BUILD_YEAR, AMT__BUILD_MONTH, \
                       10u * AMT__BUILD(4) + AMT__BUILD(5)) - 1u))
#endif

/* The time, or 0 if it is not known. */
AMT__OWN uint32_t amt__tls_time(const amt_tls *tls)
{
  uint32_t now = 0;
  if (tls->time != NULL)
    now = tls->time(tls->ctx);
#if defined(AMT_POSIX)
  else
    now = amt_posix_time(NULL);
#elif defined(AMT_WINSOCK)
  else
    now = amt_winsock_time(NULL);
#endif
  return now < AMT_BUILD_TIME ? 0 : now;
}

/* ------------------------------------------------------------------------
   >>tls-checks */

static int amt__tls_skips_dates(const amt_tls *tls)
{
  return tls->insecure_skip_dates || tls->insecure_skip_chain;
}

/* Before anything is sent: can this server be verified at all? */
static int amt__tls_ready(const amt_tls *tls, size_t anchors, uint32_t now)
{
#ifdef AMT_TLS_NO_PIN
  if (tls->pin_count != 0) return AMT_E_TLS_PIN; /* they cannot be checked */
#endif
#if AMT__TLS_READER
  if (tls->insecure_skip_chain) return 0;
  if (anchors == 0) return AMT_E_TLS_NO_ANCHORS;
  if (tls->insecure_skip_dates) return 0;
#else
  if (anchors == 0 || amt__tls_skips_dates(tls)) return AMT_E_TLS_NO_ANCHORS;
#endif
  return now == 0 ? AMT_E_TLS_CLOCK : 0;
}

/* A session is good for a day, but not longer than the certificate. Without a
   clock the time stays 0, and only the server ends the session. */
static uint32_t amt__tls_until(const amt_tls *tls, uint32_t cert_until)
{
  uint32_t until = amt__tls_time(tls) + 86400u;
#if AMT__TLS_READER
  if (cert_until < until && !amt__tls_skips_dates(tls)) until = cert_until;
#endif
  (void)cert_until;
  return until;
}

#ifdef AMT_TLS_NO_IP
/* Each IPv6 address has a ':', and no name has one. An IPv4 address has only
   digits and dots; in ASCII only '/' is between these. */
static int amt__tls_is_address(const char *name)
{
  int digits = 1;
  while (*name != 0 && *name != ':') {
    if (*name < '.' || *name > '9') digits = 0;
    name++;
  }
  return digits || *name == ':';
}
#endif

/* The server that a session was verified for. */
typedef struct amt__tls_asked {
  uint16_t port;
  char     name[254]; /* ends with a NUL; what comes after it is not set */
} amt__tls_asked;

/* Writes the expected name, and its length to *n. If it is an address, tells
   the reader to look for it. 0, or an error. */
static int amt__tls_ask(amt__tls_asked *asked, const amt_tls *tls,
                        const char *host, size_t *n, amt_tls_reader *r)
{
#ifndef AMT_TLS_NO_IP
  amt_address a;
#endif
  if (tls->name != NULL) {
    host = tls->name;
    *n = strlen(host);
  }
  if (*n > 0 && host[*n - 1] == '.') --*n; /* no trailing dot: RFC 6066, 3 */
  if (*n == 0 || *n >= sizeof asked->name) return AMT_E_TLS_NO_NAME;
  memcpy(asked->name, host, *n);
  asked->name[*n] = 0;
#ifdef AMT_TLS_NO_IP
  (void)r;
  if (amt__tls_is_address(asked->name)) return AMT_E_TLS_IP;
#else
  if (amt_address_parse(&a, host, *n)) {
    r->ip_len = a.len;
    memcpy(r->ip, a.ip, a.len);
  }
#endif
  return 0;
}

#ifndef AMT_TLS_NO_PIN
static int amt__tls_pinned(const amt_tls *tls, const uint8_t *pin)
{
  size_t i;
  for (i = 0; i < tls->pin_count; i++)
    if (memcmp(tls->pins[i], pin, 32) == 0) return 1;
  return tls->pin_count == 0;
}
#endif

/* ------------------------------------------------------------------------
   >>tls-reader

   amt__cert_step takes one byte at a time. `depth` is the number of elements
   that are open, and so the depth of the next one. Only those marked > are
   opened.

     depth  elements there, by index                       what we want
     0      > 1 Certificate
     1      > 1 tbsCertificate
     2        3 issuer, 5 subject, 6 subjectPublicKeyInfo  their bytes
            > 4 validity
            > [3] (tag A3), extensions
     3        1 notBefore, 2 notAfter, of the validity     the dates
            > 1 Extensions, of [3]
     4      > each Extension
     5        extnID                                       which one it is
            > extnValue (tag 04), of the two that matter
     6      > 1 GeneralNames, or KeyPurposeIds
     7        iPAddress (tag 87)                           the address
              KeyPurposeId (tag 06)                        is it for servers?

   The optional version (tag A0) at depth 2 is not counted. */

#if AMT__TLS_READER
enum { AMT__CERT_TAG, AMT__CERT_LEN, AMT__CERT_LENGTH, AMT__CERT_VALUE,
       AMT__CERT_BAD };

/* The indices at depth 2. */
enum { AMT__CERT_SERIAL = 1, AMT__CERT_SIGNATURE, AMT__CERT_ISSUER,
       AMT__CERT_VALIDITY, AMT__CERT_SUBJECT, AMT__CERT_KEY };

static void amt__cert_init(amt_tls_reader *r)
{
  memset(r, 0, offsetof(amt_tls_reader, ip_len));
}

AMT__OWN uint32_t amt__cert_digits(const uint8_t *p)
{
  return 10u * p[0] + p[1] - 11u * '0';
}

/* "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ" in seconds since 1970; what 32 bits
   cannot hold becomes their least or greatest value */
static uint32_t amt__cert_time(const uint8_t *p, unsigned n)
{
  uint32_t year = amt__cert_digits(p), month;
  if (n == 15u) {
    p += 2;
    year = 100u * year + amt__cert_digits(p);
  } else {
    year += year < 50u ? 2000u : 1900u;
  }
  if (year < 1970u) return 0;
  if (year > 2105u) return 0xFFFFFFFFu;
  month = amt__cert_digits(p + 2);
  if (month < 3u) {
    month += 12u;
    year--;
  }
  return ((AMT__DAYS(year, month, amt__cert_digits(p + 4)) * 24u +
           amt__cert_digits(p + 6)) * 60u + amt__cert_digits(p + 8)) * 60u +
         amt__cert_digits(p + 10);
}

/* Extensions, by the last byte of an OID that begins with 2.5.29. */
enum { AMT__CERT_SAN = 0x11, AMT__CERT_CONSTRAINTS = 0x1E,
       AMT__CERT_PURPOSES = 0x25 };

/* amt_tls_reader.seen */
enum { AMT__CERT_HAS_SAN = 1, AMT__CERT_HAS_TWO_SANS = 2,
       AMT__CERT_HAS_CONSTRAINTS = 4, AMT__CERT_HAS_PURPOSES = 8,
       AMT__CERT_FOR_SERVERS = 16, AMT__CERT_HAS_IP = 32 };

static void amt__cert_extension(amt_tls_reader *r)
{
  r->extension = 0;
  if (r->have == 3u && r->value[0] == 0x55 && r->value[1] == 0x1D)
    r->extension = r->value[2];
  if (r->extension == AMT__CERT_SAN)
    r->seen |= r->seen & AMT__CERT_HAS_SAN ? AMT__CERT_HAS_TWO_SANS
                                           : AMT__CERT_HAS_SAN;
  if (r->extension == AMT__CERT_CONSTRAINTS)
    r->seen |= AMT__CERT_HAS_CONSTRAINTS;
  if (r->extension == AMT__CERT_PURPOSES) r->seen |= AMT__CERT_HAS_PURPOSES;
}

/* serverAuth, or anyExtendedKeyUsage? */
static void amt__cert_purpose(amt_tls_reader *r)
{
  static const uint8_t server[8] = { 0x2B, 6, 1, 5, 5, 7, 3, 1 };
  static const uint8_t any[4] = { 0x55, 0x1D, 0x25, 0 };
  if ((r->have == sizeof server && memcmp(r->value, server, 8) == 0) ||
      (r->have == sizeof any && memcmp(r->value, any, 4) == 0))
    r->seen |= AMT__CERT_FOR_SERVERS;
}

/* Uses a short element that is complete: r->value, r->have. */
static void amt__cert_value(amt_tls_reader *r)
{
  if (r->depth == 3u && r->index[2] == AMT__CERT_VALIDITY) {
    uint32_t t = amt__cert_time(r->value, r->have);
    if (r->index[3] == 1u) r->from = t;
    if (r->index[3] == 2u) r->until = t;
  } else if (r->depth == 5u && r->tag == 0x06) {
    amt__cert_extension(r);
  } else if (r->depth == 7u && r->extension == AMT__CERT_PURPOSES) {
    if (r->tag == 0x06) amt__cert_purpose(r);
  } else if (AMT__TLS_HAS_IP(r) && r->depth == 7u && r->tag == 0x87) {
    if (r->have == r->ip_len && memcmp(r->value, r->ip, r->ip_len) == 0)
      r->seen |= AMT__CERT_HAS_IP;
  }
}

/* Shall the element whose header was just read be opened? */
static int amt__cert_enter(const amt_tls_reader *r)
{
  switch (r->depth) {
  case 0: return r->index[0] == 1u;
  case 1: return r->index[1] == 1u; /* tbsCertificate */
  case 2: return r->tag == 0xA3 || r->index[2] == AMT__CERT_VALIDITY;
  case 3: return r->extensions;
  case 4: return 1;
  case 5: return r->tag == 0x04 && (r->extension == AMT__CERT_SAN ||
                                    r->extension == AMT__CERT_PURPOSES);
  case 6: return r->index[6] == 1u;
  default: return 0;
  }
}

/* Ends an element, and those around it that end there, too. */
static void amt__cert_end(amt_tls_reader *r)
{
  if (r->have <= sizeof r->value) amt__cert_value(r);
  while (r->depth > 0 && r->at == r->end[r->depth]) r->depth--;
  r->state = AMT__CERT_TAG;
}

static void amt__cert_header(amt_tls_reader *r)
{
  r->have = 0;
  r->state = AMT__CERT_VALUE;
  if (r->depth > 0 && r->left > r->end[r->depth] - r->at) {
    r->state = AMT__CERT_BAD;
  } else if (r->left != 0 && amt__cert_enter(r)) { /* never at depth 7 */
    if (r->depth == 2u) r->extensions = r->tag == 0xA3;
    if (r->depth == 4u) r->extension = 0;
    r->depth++;
    r->index[r->depth] = 0;
    r->end[r->depth] = r->at + r->left;
    r->state = AMT__CERT_TAG;
  } else if (r->left == 0) {
    amt__cert_end(r);
  }
}

/* Takes one byte. 1 if it belongs to the SubjectPublicKeyInfo, to be hashed. */
AMT__OWN int amt__cert_step(amt_tls_reader *r, uint8_t c)
{
  int field;
  if (++r->at == 0) r->state = AMT__CERT_BAD;
  if (r->state == AMT__CERT_TAG) {
    r->tag = c;
    if (!(r->depth == 2u && c == 0xA0) && r->index[r->depth & 7u] < 255u)
      r->index[r->depth & 7u]++; /* A0: the optional version */
  }
  field = r->depth == 2u && r->state != AMT__CERT_BAD ? r->index[2] : 0;
  if (field == AMT__CERT_ISSUER || field == AMT__CERT_SUBJECT) {
    uint32_t *hash = &r->name[field == AMT__CERT_SUBJECT];
    *hash = (*hash ^ c) * 16777619u;
  }
  switch (r->state) {
  case AMT__CERT_TAG:
    r->state = AMT__CERT_LEN;
    break;
  case AMT__CERT_LEN:
    r->left = c;
    if (c < 0x80u) {
      amt__cert_header(r);
    } else {
      r->left = 0;
      r->have = c & 0x7Fu;
      r->state = r->have - 1u < 3u ? AMT__CERT_LENGTH : AMT__CERT_BAD;
    }
    break;
  case AMT__CERT_LENGTH:
    r->left = (r->left << 8) | c;
    if (--r->have == 0) amt__cert_header(r);
    break;
  case AMT__CERT_VALUE:
    if (r->have < sizeof r->value) r->value[r->have] = c;
    if (r->have <= sizeof r->value) r->have++;
    if (--r->left == 0) amt__cert_end(r);
    break;
  default: break;
  }
  return field == AMT__CERT_KEY;
}
#endif /* AMT__TLS_READER */

/* ------------------------------------------------------------------------
   >>tls-judge

   What the libraries do not check in the server's own certificate. */

/* A certificate without names for hosts was taken by its common name. */
static int amt__tls_common_name(const amt_tls *tls, amt_tls_report *report)
{
  if (!tls->insecure_common_name) return AMT_E_TLS_COMMON_NAME;
  report->common_name = 1;
  return 0;
}

#if AMT__TLS_READER
/* `seen` and ip_len are the reader's. 0, or an error. */
AMT__OWN int amt__tls_judge(const amt_tls *tls, amt_tls_report *report,
                          unsigned seen, unsigned ip_len)
{
  int e = 0;
  if (!tls->insecure_skip_chain) {
    if (seen & AMT__CERT_HAS_TWO_SANS) return AMT_E_TLS_CERTIFICATE;
    if ((seen & (AMT__CERT_HAS_PURPOSES | AMT__CERT_FOR_SERVERS)) ==
        AMT__CERT_HAS_PURPOSES)
      return AMT_E_TLS_USAGE;
    if (ip_len != 0)
      e = seen & AMT__CERT_HAS_IP ? 0 : AMT_E_TLS_IP;
    else if (!(seen & AMT__CERT_HAS_SAN))
      e = amt__tls_common_name(tls, report);
  }
#ifndef AMT_TLS_NO_PIN
  if (e == 0 && !amt__tls_pinned(tls, report->pin)) e = AMT_E_TLS_PIN;
#endif
  return e;
}
#endif

/* ------------------------------------------------------------------------
   >>tls-stream */

enum { AMT__TLS_CLOSED, AMT__TLS_CONNECTING, AMT__TLS_SHAKING, AMT__TLS_OPEN };

/* If the inner stream cannot wait, the caller's loop goes on at once. */
static int amt__tls_wait(amt_stream *inner, int want, uint32_t ms)
{
  if (inner->ops->wait == NULL) return AMT_INTERRUPTED;
  return (inner->ops->wait)(inner, want, ms);
}

static int amt__tls_alert(int number)
{
  return number == 70 /* protocol_version */ ? AMT_E_TLS_VERSION
                                             : AMT_E_TLS_ALERT(number);
}

/* Makes an error more exact: "expired" may be "not yet valid", and a chain
   without an anchor may end in a self-signed certificate. */
static int amt__tls_closer(const amt_tls *tls, const amt_tls_reader *r,
                           unsigned certificate, int error)
{
#if AMT__TLS_READER
  if (error == AMT_E_TLS_EXPIRED && amt__tls_time(tls) < r->from)
    return AMT_E_TLS_NOT_YET;
  if (error == AMT_E_TLS_ISSUER && r->name[0] == r->name[1])
    return certificate == 0 ? AMT_E_TLS_SELF_SIGNED : AMT_E_TLS_ROOT;
#endif
  (void)tls, (void)r, (void)certificate;
  return error;
}
#endif /* AMT_IMPLEMENTATION */

/* SPDX-License-Identifier: MIT OR Unlicense */
