/* tls.c - certificates, pins, and why a server was refused.

   Before it is told anything, a server must show a chain of certificates that
   leads to a trusted one, a key that a pin names, or both. */

#include "tls.h"
#include "encodings.h"
#include "files.h"
#include "options.h"
#include "session.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <errno.h>
#include <string.h>
#include <time.h>

int https;

#ifdef AMT_BEARSSL
static br_x509_trust_anchor anchor_memory[TRUST / sizeof(br_x509_trust_anchor)];
amt_bearssl_anchors anchors;
amt_bearssl_client client;
static amt_bearssl           tls;
static amt_bearssl_server    tls_server;
static unsigned char         tls_buffer[AMT_BEARSSL_FULL];
static unsigned char         key_memory[KEYS]; /* our certificate and key */
const char *ca_file;
const char *ca_fault;

/* Opens ca_file: that of --ca, of the environment, or of the usual places. */
static int open_ca(void)
{
  int    fd = -1;
  size_t i;
  ca_file = either(opt.ca, environment("SSL_CERT_FILE"));
  if (!empty(ca_file))
    return file_open_as(ca_file, opt.ca != NULL ? AS_INPUT : AS_SYSTEM,
                        &ca_fault);
  for (i = 0; fd < 0 && ca_places[i] != NULL; i++) {
    fd = file_open_as(ca_places[i], AS_SYSTEM, &ca_fault);
    if (fd >= 0 || errno != ENOENT) ca_file = ca_places[i];
    if (fd < 0 && errno != ENOENT) break;
  }
  return fd;
}

/* DER begins with 0x30, and no PEM does. */
static const char *if_der(const char *p, size_t n)
{
  static char words[200];
  if (n == 0 || *p != 0x30) return "";
  return text(words, sizeof words, "; this is DER: convert it to PEM, %s",
              der_cure);
}

/* Who named ca_file, and what to give instead. */
static const char *ca_cure(void)
{
  if (ca_file == opt.anchors) return "";
  if (ca_file == opt.ca)
    return "; give --ca a PEM file of the certificates that are trusted";
  if (ca_file == environment("SSL_CERT_FILE"))
    return "; correct $SSL_CERT_FILE, which names it, or give --ca FILE";
  return "; correct this file of the system's, or give --ca FILE";
}

/* Reads more PEM. 0, or the library's error. */
static int take_pem(const char *p, size_t n)
{
  size_t mark = anchors.mem == NULL ? mark_of(p, n) : 0;
  anchors.mem = anchor_memory;
  anchors.size = sizeof anchor_memory;
  return amt_bearssl_anchors_read(&anchors, p + mark, n - mark);
}

/* Ends the reading. `e`: an error that came before, or 0. */
static int end_anchors(int e, const char *der)
{
  if (e == 0) e = amt_bearssl_anchors_end(&anchors);
  if (e == AMT_E_TLS_ROOM)
    return wrong(EXIT_CONFIG, ca_file, "more certificates than fit into %u "
                 "bytes; make a file of those that are needed",
                 (unsigned)sizeof anchor_memory);
  return e == 0 ? 0 : wrong(EXIT_CONFIG, ca_file, "%s%s", amt_error(e),
                            *der ? der : ca_cure());
}

int read_anchors(int fd)
{
  const char *der = "";
  ptrdiff_t   got = 0;
  int         e = 0;
  while (fd >= 0 && e == 0 &&
         (got = read_more(fd, buffer, sizeof buffer)) > 0) {
    if (anchors.mem == NULL) der = if_der(buffer, (size_t)got);
    e = take_pem(buffer, (size_t)got);
  }
  if (fd < 0 || got < 0)
    return wrong(EXIT_CONFIG, ca_file, "%s%s", either(ca_fault, read_words()),
                 ca_cure());
  file_close(fd);
  return end_anchors(e, der);
}

static int read_pem(const char *file, char *to, size_t size, size_t *len)
{
  int fd = open_as(file, AS_INPUT), e;
  if (fd >= 0 && file == opt.key && file_shown(fd)) warn_shown(file, "key");
  e = read_whole(file, fd, to, size, len);
  if (e == 0 && *if_der(to, *len) != 0)
    return wrong(EXIT_CONFIG, file, "no PEM%s", if_der(to, *len));
  return e;
}

int read_client(void)
{
  static char chain[KEYS / 2], key[KEYS / 2];
  size_t      chain_len = 0, key_len = 0;
  int         encrypted, e;
  e = read_pem(opt.cert, chain, sizeof chain, &chain_len);
  if (e == 0) e = read_pem(opt.key, key, sizeof key, &key_len);
  if (e == 0)
    e = amt_bearssl_client_read(&client, key_memory, sizeof key_memory, chain,
                                chain_len, key, key_len);
  encrypted = strstr(key, "ENCRYPTED") != NULL;
  wipe(key, sizeof key);
  if (e >= 0) return e;
  if (encrypted)
    return wrong(EXIT_CONFIG, opt.key, "the key is encrypted, and nobody is "
                 "there to be asked for its password; `openssl pkey -in FILE "
                 "-out FILE.plain` decrypts it: keep that file for the "
                 "scheduler's user alone");
  return wrong(EXIT_CONFIG, e == AMT_E_TLS_PEM ? opt.cert : opt.key, "%s",
               amt_error(e));
}

void tell_passed_anchors(void)
{
  if (anchors.passed > 0)
    tell("%s: certificates passed over: %u; they have expired, or have RSA "
         "keys below 2,048 bits, or keys or forms that BearSSL does not know",
         ca_file, (unsigned)anchors.passed);
}

static int settle_anchors(void)
{
  int fd = open_ca(), e = 0, stored = empty(ca_file);
  if (stored) ca_file = ca_store(take_pem, &e);
  if (empty(ca_file))
    return wrong(EXIT_CONFIG, "no trusted certificates", "none are in the "
                 "usual places; %s", trust_cure);
  e = stored ? end_anchors(e, "") : read_anchors(fd);
  /* A system's file always has some old ones, so that is no news. */
  if (e == 0 && (opt.trace || ca_file == opt.ca)) tell_passed_anchors();
  tls_server.anchors = anchors.list;
  tls_server.anchor_count = anchors.count;
  return e;
}

static void warn_insecure(void)
{
  if (opt.pins.count == 0)
    tell("warning: --insecure: nobody says who %s really is; whoever sits "
         "between reads the password and the job log, and can change them; "
         "give --ca FILE or --pin SHA256 instead", opt.server);
  else
    tell("warning: --insecure: the pin alone says who %s is; chain, name and "
         "dates of its certificate are not looked at", opt.server);
}

/* --more-ciphers. An old server's certificate is often as old as its ciphers.
   If it is not verified, it only has to be readable. */
static void widen(br_ssl_client_context *cc, br_x509_minimal_context *xc)
{
  amt_bearssl_legacy_ciphers(cc, xc);
  if (!opt.insecure) return;
  br_x509_minimal_set_hash(xc, br_sha1_ID, &br_sha1_vtable);
  br_x509_minimal_set_minrsa(xc, 128);
}

int tls_settle(void)
{
  amt_tls *t = &tls_server.tls;
  int      e = 0;
  t->pins = (const uint8_t(*)[32])opt.pins.key;
  t->pin_count = opt.pins.count;
  t->insecure_skip_chain = (uint8_t)opt.insecure;
  t->insecure_common_name = (uint8_t)opt.common_name;
  if (opt.more_ciphers) tls_server.configure = widen;
  if (!opt.insecure) e = settle_anchors();
  if (e == 0 && opt.cert != NULL) {
    e = read_client();
    tls_server.client = &client;
  }
  if (e == 0 && opt.insecure) warn_insecure();
  if (e == 0 && opt.common_name)
    tell("warning: --insecure-common-name: a certificate that names no host in "
         "a subjectAltName counts by its common name, which its CA need not "
         "have looked at; have %s get one with a subjectAltName", opt.server);
  return e;
}

amt_stream *tls_begin(void)
{
  amt_bearssl_init(&tls, &sock.stream, &tls_server, tls_buffer,
                   sizeof tls_buffer);
  return &tls.stream;
}

void tls_wrap(amt_bearssl *t, net_socket *s, void *buf, size_t size)
{
  amt_bearssl_init(t, &s->stream, &tls_server, buf, size);
}

void tls_look_at(const amt_bearssl *t) { tls.report = t->report; }

/* "2026-11-21 09:30:00 UTC" */
static char *utc(char *to, size_t room, uint32_t seconds)
{
  time_t     t = (time_t)seconds;
  struct tm *u = gmtime(&t);
  if (u == NULL || seconds == UINT32_MAX) return text(to, room, "after 2106");
  return text(to, room, "%d-%2d-%2d %2d:%2d:%2d UTC", u->tm_year + 1900,
              u->tm_mon + 1, u->tm_mday, u->tm_hour, u->tm_min, u->tm_sec);
}

static const char *tls_certificate(void)
{
  static char which[40] = "the server's own certificate";
  if (tls.report.certificate > 0)
    text(which, sizeof which, "certificate %u of its chain",
         (unsigned)tls.report.certificate);
  return which;
}

const char *tls_words(int error)
{
  static char words[WORDS];
  char        clock[30], from[30], until[30], pin[65];
  unsigned    ms;
  if (!https) return "";
  utc(clock, sizeof clock, (uint32_t)clock_now(&ms));
  switch (error) {
  case AMT_E_TLS_EXPIRED: case AMT_E_TLS_NOT_YET:
    return text(words, sizeof words, " (%s, valid from %s until %s; the clock "
                "here says %s)", tls_certificate(),
                utc(from, sizeof from, tls.report.from),
                utc(until, sizeof until, tls.report.until), clock);
  case AMT_E_TLS_CLOCK:
    return text(words, sizeof words, " (the clock here says %s)", clock);
  case AMT_E_TLS_COMMON_NAME:
    return " (--insecure-common-name takes it, for an old server)";
  case AMT_E_TLS_SELF_SIGNED: case AMT_E_TLS_ISSUER: case AMT_E_TLS_ROOT:
    return text(words, sizeof words, " (%s; trusted here: %u of %s)",
                tls_certificate(), (unsigned)anchors.count,
                either(ca_file, ""));
  case AMT_E_TLS_SIGNATURE: case AMT_E_TLS_WEAK: case AMT_E_TLS_ALGORITHM:
  case AMT_E_TLS_USAGE: case AMT_E_TLS_ORDER:
    return text(words, sizeof words, " (%s)", tls_certificate());
  case AMT_E_TLS_CERTIFICATE:
    return text(words, sizeof words, " (%s; BearSSL's error %d)",
                tls_certificate(), tls.report.lib_error);
  case AMT_E_TLS_BROKEN: case AMT_E_TLS_CIPHER:
    if (tls.report.lib_error == 0) return "";
    return text(words, sizeof words, " (BearSSL's error %d)",
                tls.report.lib_error);
  case AMT_E_EOF: case AMT_E_RESET:
    if (conn.http.sent > 0) return "";
    return " (in the TLS handshake; does it speak https on this port?)";
  case AMT_E_TLS_PIN:
    return text(words, sizeof words, " (the key that it showed has the pin %s)",
                pin_text(pin, tls.report.pin));
  default: return "";
  }
}

void tls_forget(void) { amt_bearssl_forget(&tls_server); }

void tls_wipe(void)
{
  wipe(&tls.cc, sizeof tls.cc);
  wipe(&tls_server.saved, sizeof tls_server.saved);
  wipe(tls_buffer, sizeof tls_buffer);
  wipe(key_memory, sizeof key_memory);
}

#else
int tls_settle(void) { return 0; }
amt_stream *tls_begin(void) { return &sock.stream; }

const char *tls_words(int error)
{
  (void)error;
  return "";
}

void tls_forget(void) {}

void tls_wipe(void) {}
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
