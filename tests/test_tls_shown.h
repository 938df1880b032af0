/* test_tls_shown.h - a table of what each TLS stack checks in a server's
   certificates, and its error if a check fails. Each row is tested. Included by
   test_tls.c; tests/tls_table.py makes docs/tls.md from it. */
#ifndef TEST_TLS_SHOWN_H
#define TEST_TLS_SHOWN_H

/* The chain that the server sends. */
enum { ALONE, WHOLE, SWAPPED, DEEP, WITH_ROOT, BETWEEN, BEHIND, ON_THE_WAY };

/* No row sets an issuer. The leaf is signed by the middle if that has a name,
   otherwise by the anchor; the middle is signed by the anchor. */
typedef struct shown {
  const char *what;
  int         bearssl, mbedtls; /* the error, or 0: accepted */
  int         where;            /* the certificate that the error names */
  cert_spec   leaf, middle;
  int         how;
  int         broken;           /* whose signature is broken: 1 the leaf's, 2
                                   the middle's, 3 that of the lower of two
                                   middles */
  const char *host;             /* NULL: server.test */
  int         alone;            /* 1: the leaf is self-signed */
  int         stranger;         /* 1: signed by an unknown CA */
} shown;

#define BOTH(error) AMT_E_TLS_##error, AMT_E_TLS_##error
#define TAKEN 0, 0, 0
#define LEAF(...) .leaf = { .name = "a server", .san = "DNS:server.test", \
                            .key = KEY_SERVER, __VA_ARGS__ }
#define MIDDLE(...) .middle = { .name = "Middle", .key = KEY_MIDDLE, .ca = 1, \
                                __VA_ARGS__ }, .how = WHOLE
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#define LAST "240101000000Z"
#define NEXT "300101000000Z"

static const shown shown_chain[] = {
  { "signed by an anchor", TAKEN, LEAF(0) },
  { "signed by an intermediate certificate, sent after it", TAKEN, LEAF(0),
    MIDDLE(0) },
  { "the same, and after that the anchor", TAKEN, LEAF(0), MIDDLE(0),
    .how = WITH_ROOT },
  { "the same, and after that an unrelated certificate", TAKEN, LEAF(0),
    MIDDLE(0), .how = BEHIND },
  { "the intermediate is not sent", BOTH(ISSUER), 0, LEAF(0), MIDDLE(0),
    .how = ALONE },
  { "an unrelated certificate is sent between the two", AMT_E_TLS_ORDER, 0, 1,
    LEAF(0), MIDDLE(0), .how = BETWEEN },
  { "two intermediates", TAKEN, LEAF(0), MIDDLE(0), .how = DEEP },
  { "two intermediates, a wrong signature on the lower", BOTH(SIGNATURE), 1,
    LEAF(0), MIDDLE(0), .how = DEEP, .broken = 3 },
  { "two intermediates, in the wrong order", BOTH(ORDER), 1, LEAF(0), MIDDLE(0),
    .how = SWAPPED },
  { "signed by itself", BOTH(SELF_SIGNED), 0, LEAF(0), .alone = 1 },
  { "signed by an authority that is no anchor, which is sent", BOTH(ROOT), 1,
    LEAF(0), .stranger = 1, .how = WITH_ROOT },
  { "signed by an authority that is no anchor, not sent", BOTH(ISSUER), 0,
    LEAF(0), .stranger = 1 },
  { "a wrong signature, by the anchor's name", BOTH(ISSUER), 0, LEAF(0),
    .broken = 1 },
  { "a wrong signature, by the intermediate's name", BOTH(SIGNATURE), 0,
    LEAF(0), MIDDLE(0), .broken = 1 },
  { "a wrong signature on the intermediate", BOTH(ISSUER), 1, LEAF(0), MIDDLE(0),
    .broken = 2 },
};

static const shown shown_dates[] = {
  { "the server's own has expired", BOTH(EXPIRED), 0, LEAF(.until = LAST) },
  { "an intermediate has expired", BOTH(EXPIRED), 1, LEAF(0),
    MIDDLE(.until = LAST) },
  { "the server's own is not valid yet", BOTH(NOT_YET), 0, LEAF(.from = NEXT) },
  { "an intermediate is not valid yet", BOTH(NOT_YET), 1, LEAF(0),
    MIDDLE(.from = NEXT) },
};

static const shown shown_names[] = {
  { "a dNSName that is the host", TAKEN, LEAF(0) },
  { "a dNSName with `*` for the host's whole first label", TAKEN,
    LEAF(.san = "DNS:*.wild.test"), .host = "a.wild.test" },
  { "`*` for two labels, or part of one", BOTH(NAME), 0,
    LEAF(.san = "DNS:*.test,DNS:a*.wild.test"), .host = "ab.wild.test" },
  { "another dNSName", BOTH(NAME), 0, LEAF(.san = "DNS:other.test") },
  { "another dNSName, and the host as common name", BOTH(NAME), 0,
    LEAF(.san = "DNS:other.test", .name = "server.test") },
  { "no subjectAltName, and the host as common name", BOTH(COMMON_NAME), 0,
    LEAF(.san = NULL, .name = "server.test") },
  { "no subjectAltName, and another common name", BOTH(NAME), 0,
    LEAF(.san = NULL) },
  { "a subjectAltName without a dNSName, and the host as common name",
    BOTH(NAME), 0, LEAF(.san = "email:a@server.test", .name = "server.test") },
  { "two subjectAltNames, the host in the first",
    AMT_E_TLS_NAME, AMT_E_TLS_CERTIFICATE, 0,
    LEAF(.extra_nid = NID_subject_alt_name, .extra = "DNS:other.test"),
    .how = ON_THE_WAY },
  { "two subjectAltNames, the host in the second", BOTH(CERTIFICATE), 0,
    LEAF(.san = "DNS:other.test", .extra_nid = NID_subject_alt_name,
         .extra = "DNS:server.test"), .how = ON_THE_WAY },
  { "the host among the intermediate's names", BOTH(NAME), 0,
    LEAF(.san = "DNS:other.test"), MIDDLE(.san = "DNS:server.test") },
  { "an iPAddress that is the host", TAKEN, LEAF(.san = "IP:192.0.2.1"),
    .host = "192.0.2.1" },
  { "another iPAddress", BOTH(IP), 0, LEAF(.san = "IP:192.0.2.2"),
    .host = "192.0.2.1" },
  { "the host's address as a dNSName", BOTH(IP), 0,
    LEAF(.san = "DNS:192.0.2.1"), .host = "192.0.2.1" },
  { "the host's address as common name", BOTH(IP), 0,
    LEAF(.san = NULL, .name = "192.0.2.1"), .host = "192.0.2.1" },
};

static const shown shown_keys[] = {
  { "EC, P-256", TAKEN, LEAF(0) },
  { "EC, P-384", TAKEN, LEAF(.key = KEY_P384) },
  { "EC, P-521", TAKEN, LEAF(.key = KEY_P521) },
  { "EC, P-224", AMT_E_TLS_ALGORITHM, AMT_E_TLS_WEAK, 0, LEAF(.key = KEY_P224),
    .how = ON_THE_WAY },
  { "an intermediate with EC, P-224", AMT_E_TLS_ALGORITHM, AMT_E_TLS_WEAK, 1,
    LEAF(0), MIDDLE(.key = KEY_P224) },
  { "RSA of 2,048 bits", TAKEN, LEAF(.key = KEY_RSA) },
  { "RSA of 4,096 bits", TAKEN, LEAF(.key = KEY_RSA_4096) },
  { "RSA of 1,024 bits", BOTH(WEAK), 0, LEAF(.key = KEY_RSA_1024) },
  { "an intermediate with RSA of 1,024 bits", BOTH(WEAK), 1, LEAF(0),
    MIDDLE(.key = KEY_RSA_1024) },
  { "Ed25519", BOTH(ALGORITHM), 0, LEAF(.key = KEY_ED25519),
    .how = ON_THE_WAY },
  { "an intermediate with Ed25519, and so the signature", BOTH(ALGORITHM), 0, LEAF(0),
    MIDDLE(.key = KEY_ED25519) },
};

static const shown shown_signatures[] = {
  { "SHA-256, SHA-384 or SHA-512", TAKEN, LEAF(.hash = "SHA384") },
  { "SHA-1", BOTH(ALGORITHM), 0, LEAF(.hash = "SHA1") },
  { "SHA-1 on an intermediate", BOTH(ALGORITHM), 1, LEAF(0),
    MIDDLE(.hash = "SHA1") },
  { "RSASSA-PSS", AMT_E_TLS_ALGORITHM, 0, 0, LEAF(.pss = 1),
    MIDDLE(.key = KEY_RSA) },
  { "SHA3-256", BOTH(ALGORITHM), 0, LEAF(.hash = "SHA3-256") },
  { "SHA3-256, and an intermediate", BOTH(ALGORITHM), 0,
    LEAF(.hash = "SHA3-256"), MIDDLE(0) },
  { "SHA3-256 on an intermediate", BOTH(ALGORITHM), 1, LEAF(0),
    MIDDLE(.hash = "SHA3-256") },
  { "Ed25519, of an intermediate that is not sent", BOTH(ALGORITHM), 0, LEAF(0),
    MIDDLE(.key = KEY_ED25519), .how = ALONE },
};

static const shown shown_usages[] = {
  { "the server's own: keyUsage digitalSignature", TAKEN,
    LEAF(.key_usage = "critical,digitalSignature") },
  { "the server's own: keyUsage keyCertSign alone", BOTH(USAGE), 0,
    LEAF(.key_usage = "critical,keyCertSign"), .how = ON_THE_WAY },
  { "the same, with an intermediate", BOTH(USAGE), 0,
    LEAF(.key_usage = "critical,keyCertSign"), MIDDLE(0), .how = ON_THE_WAY },
  { "an intermediate's keyUsage without keyCertSign", BOTH(USAGE), 1, LEAF(0),
    MIDDLE(.key_usage = "critical,digitalSignature") },
  { "extendedKeyUsage serverAuth", TAKEN, LEAF(.ext_usage = "serverAuth") },
  { "extendedKeyUsage any", TAKEN,
    LEAF(.ext_usage = "clientAuth,anyExtendedKeyUsage") },
  { "extendedKeyUsage clientAuth alone", BOTH(USAGE), 0,
    LEAF(.ext_usage = "clientAuth") },
  { "extendedKeyUsage serverAuth, critical", AMT_E_TLS_CERTIFICATE, 0, 0,
    LEAF(.ext_usage = "critical,serverAuth") },
  { "an intermediate's extendedKeyUsage clientAuth alone", TAKEN, LEAF(0),
    MIDDLE(.ext_usage = "clientAuth") },
  { "an intermediate without basicConstraints", BOTH(USAGE), 1, LEAF(0),
    MIDDLE(.ca = 0) },
  { "an intermediate with basicConstraints CA:FALSE", BOTH(USAGE), 1, LEAF(0),
    MIDDLE(.ca = 0, .extra_nid = NID_basic_constraints,
           .extra = "critical,CA:FALSE") },
  { "an intermediate with pathlen:0, directly above", TAKEN, LEAF(0),
    MIDDLE(.ca = 0, .extra_nid = NID_basic_constraints,
           .extra = "critical,CA:TRUE,pathlen:0") },
  { "an intermediate with pathlen:0, above another", BOTH(USAGE), 2,
    LEAF(0), MIDDLE(.ca = 0, .extra_nid = NID_basic_constraints,
                    .extra = "critical,CA:TRUE,pathlen:0"), .how = DEEP },
  { "the server's own with basicConstraints CA:TRUE", TAKEN, LEAF(.ca = 1) },
};

static const shown shown_extensions[] = {
  { "nameConstraints, not critical", BOTH(CERTIFICATE), 1, LEAF(0),
    MIDDLE(.extra_nid = NID_name_constraints,
           .extra = "permitted;DNS:elsewhere.test") },
  { "nameConstraints, critical", BOTH(CERTIFICATE), 1, LEAF(0),
    MIDDLE(.extra_nid = NID_name_constraints,
           .extra = "critical,permitted;DNS:server.test") },
  { "nameConstraints of the server's own", BOTH(CERTIFICATE), 0,
    LEAF(.extra_nid = NID_name_constraints,
         .extra = "permitted;DNS:server.test") },
  { "certificatePolicies", TAKEN,
    LEAF(.extra_nid = NID_certificate_policies, 
         .extra = "DER:30:07:30:05:06:03:2a:03:04") },
  { "policyConstraints, not critical", TAKEN, LEAF(0),
    MIDDLE(.extra_nid = NID_policy_constraints,
           .extra = "requireExplicitPolicy:0") },
  { "policyConstraints, critical", BOTH(CERTIFICATE), 1, LEAF(0),
    MIDDLE(.extra_nid = NID_policy_constraints,
           .extra = "critical,requireExplicitPolicy:0") },
  { "an unknown extension", TAKEN,
    LEAF(.extra_nid = NID_netscape_comment, .extra = "DER:16:01:41") },
  { "an unknown extension, critical", BOTH(CERTIFICATE), 0,
    LEAF(.extra_nid = NID_netscape_comment, .extra = "critical,DER:16:01:41") },
  { "an unknown extension of an intermediate, critical", BOTH(CERTIFICATE), 1,
    LEAF(0), MIDDLE(.extra_nid = NID_netscape_comment,
                    .extra = "critical,DER:16:01:41") },
  { "crlDistributionPoints and OCSP: nobody is asked", TAKEN,
    LEAF(.extra_nid = NID_crl_distribution_points,
         .extra = "URI:http://server.test/crl") },
};

#pragma GCC diagnostic pop

/* A certificate; with a broken signature if asked for. */
static X509 *shown_make(const cert_spec *s, int broken)
{
  return broken ? broken_signature(s) : cert_make(s);
}

static void shown_adds(X509 *x)
{
  MUST(SSL_CTX_add1_chain_cert(srv.ctx, x));
}

static void show(const shown *w)
{
  cert_spec leaf = w->leaf, middle = w->middle, second = w->middle, s;
  X509     *root = w->stranger ? stranger : authority, *m = NULL, *m2 = NULL;
  X509     *x;
  int       root_key = w->stranger ? KEY_OTHER : KEY_CA;
  if (middle.name != NULL) {
    middle.issuer = root, middle.issuer_key = root_key;
    m = shown_make(&middle, w->broken == 2);
    if (w->how == SWAPPED || w->how == DEEP) {
      second.name = "Second", second.key = KEY_OTHER;
      second.issuer = m, second.issuer_key = middle.key;
      m2 = shown_make(&second, w->broken == 3);
    }
  }
  if (!w->alone) {
    leaf.issuer = m2 != NULL ? m2 : m != NULL ? m : root;
    leaf.issuer_key = m2 != NULL ? KEY_OTHER : m != NULL ? middle.key : root_key;
  }
  x = shown_make(&leaf, w->broken == 1);
  if (w->how == ON_THE_WAY) {
    odd_der = cert_der(x);
    srv.edit = edit_certificate;
    s = cert_like("usual", "DNS:server.test");
    x = cert_make(&s);
    leaf.key = KEY_SERVER;
  }
  peer_shows(&srv, x, leaf.key, NULL);
  if (w->how == BETWEEN) shown_adds(usual);
  if (w->how == DEEP) shown_adds(m2);
  if (m != NULL && w->how != ALONE) shown_adds(m);
  if (w->how == SWAPPED) shown_adds(m2);
  if (w->how == WITH_ROOT) shown_adds(root);
  if (w->how == BEHIND) shown_adds(usual);
}

static void play_shown(const char *chapter, const shown *list, size_t n)
{
  const char *out = getenv("TLS_TABLE"); /* append the table to this file */
  FILE       *f = out != NULL ? fopen(out, "a") : NULL;
  size_t      i;
  for (i = 0; i < n; i++) {
    const shown *w = &list[i];
    int          want = BY(w->bearssl, w->mbedtls);
    again();
    go_to(w->host != NULL ? w->host : "server.test", 443);
    show(w);
    refused(want == 0 ? AMT_HTTP_END : want, w->what);
    if (want != 0 && tls.report.certificate != w->where)
      text_add(&notes, "%s: certificate %d, want %d\n", w->what,
               tls.report.certificate, w->where);
    srv.edit = NULL;
    bytes_free(&odd_der);
    if (f != NULL)
      fprintf(f, "%s\t%s\t%s\t%d\n", chapter, w->what,
              want == 0 ? "taken" : error_name(want),
              want == 0 ? 0 : w->where);
  }
  if (f != NULL) fclose(f);
  notes_check();
}

#define SHOWN(name, chapter)                                  \
  TLS_TEST(what_is_shown_##name)                              \
  {                                                           \
    play_shown(chapter, shown_##name, COUNT(shown_##name));   \
  }

SHOWN(chain, "The chain")
SHOWN(dates, "Dates")
SHOWN(names, "Names")
SHOWN(keys, "Keys")
SHOWN(signatures, "Signatures")
SHOWN(usages, "Usages and constraints")
SHOWN(extensions, "Extensions")

/* For old servers, when asked for: each use is reported, and nothing else is
   accepted. */
TLS_TEST(a_common_name_is_accepted_if_that_was_asked_for)
{
  cert_spec s = cert_like("server.test", NULL);
  cfg.tls.insecure_common_name = 1;
  judged(&s, 0, "no subjectAltName");
  assert_int_equal(tls.report.common_name, 1);
  s.san = "DNS:server.test";
  judged(&s, 0, "a subjectAltName");
  assert_int_equal(tls.report.common_name, 0);
  s.san = "DNS:other.test";
  judged(&s, AMT_E_TLS_NAME, "another name, and the common name");
  s.san = NULL, s.name = "other.test";
  judged(&s, AMT_E_TLS_NAME, "another common name");
  s.name = "192.0.2.1";
  go_to("192.0.2.1", 443);
  judged(&s, AMT_E_TLS_IP, "an address as common name");
  notes_check();
}

/* A session begun with a common name is not resumed without that option. */
TLS_TEST(a_session_by_common_name_needs_the_option)
{
  cert_spec s = cert_like("server.test", NULL);
  peer_shows(&srv, cert_make(&s), KEY_SERVER, NULL);
  cfg.tls.insecure_common_name = 1;
  works();
  amt_http_close(&conn);
  works();
  assert_int_equal(tls.report.resumed, 1);
  assert_int_equal(tls.report.common_name, 0); /* no certificate was shown */
  cfg.tls.insecure_common_name = 0;
  srv.heard_all = 0;
  refused(AMT_E_TLS_COMMON_NAME, "no longer asked for");
  notes_check();
}

/* If the chain is skipped, none of it is checked. */
TLS_TEST(a_chain_that_is_skipped_may_be_odd)
{
  cert_spec s = cert_like("server.test", NULL);
  tls_trust_nobody();
  cfg.tls.insecure_skip_chain = 1;
  s.ext_usage = "clientAuth";
  s.extra_nid = NID_name_constraints, s.extra = "permitted;DNS:elsewhere.test";
  judged(&s, 0, "odd");
  notes_check();
}

/* BearSSL reports the first, mbedTLS the last. */
TLS_TEST(names_that_are_constrained_twice_are_refused)
{
  cert_spec s = cert_like("server.test", "DNS:server.test");
  cert_spec middle = { .name = "Middle", .key = KEY_MIDDLE, .ca = 1,
                       .issuer = authority, .issuer_key = KEY_CA };
  middle.extra_nid = s.extra_nid = NID_name_constraints;
  middle.extra = s.extra = "permitted;DNS:server.test";
  s.issuer = cert_make(&middle), s.issuer_key = KEY_MIDDLE;
  peer_shows(&srv, cert_make(&s), KEY_SERVER, s.issuer);
  refused(AMT_E_TLS_CERTIFICATE, "both");
  assert_int_equal(tls.report.certificate, BY(0, 1));
  notes_check();
}

/* A KeyPurposeId that resembles serverAuth, or is not an OID. */
TLS_TEST(a_similar_key_purpose_does_not_count)
{
  static const char *const list[] = {
    "DER:30:09:06:07:2b:06:01:05:05:07:03",
    "DER:30:0a:06:08:2b:06:01:05:05:07:03:11",
    "DER:30:0b:06:09:2b:06:01:05:05:07:03:01:01",
    "DER:30:05:06:03:55:1d:25", "DER:30:06:06:04:55:1d:25:01", "DER:30:00",
    "DER:30:0a:0c:08:2b:06:01:05:05:07:03:01"
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    cert_spec s = cert_like("server.test", "DNS:server.test");
    int       e;
    s.extra_nid = NID_ext_key_usage, s.extra = list[i];
    odd_der = cert_der(cert_make(&s));
    srv.edit = edit_certificate;
    e = get();
    if ((e != AMT_E_TLS_USAGE && e != AMT_E_TLS_CERTIFICATE) ||
        srv.heard_all != 0)
      text_add(&notes, "%s: %s\n", list[i], error_name(e));
    amt_http_close(&conn);
    bytes_free(&odd_der);
  }
  srv.edit = NULL;
  notes_check();
}

#endif /* TEST_TLS_SHOWN_H */

/* SPDX-License-Identifier: MIT OR Unlicense */
