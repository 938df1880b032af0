/* anchors.c - certificates and keys as C source, for firmware.

   It prints what BearSSL needs of certificates as constants, for devices
   without files. The same files always give the same text. */

#include "anchors.h"
#include "options.h"
#include "output.h"
#include "secrets.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "tls.h"
#include <string.h>

#ifdef AMT_BEARSSL
/* static const unsigned char amt_NAME_NUMBER[] = { ... }; */
static void put_array(const char *name, unsigned number, const unsigned char *p,
                      size_t n)
{
  size_t i;
  putf("static const unsigned char amt_%s_%u[] = {", name, number);
  for (i = 0; i < n; i++) {
    char byte[] = "0x00,";
    byte[2] = "0123456789abcdef"[p[i] >> 4];
    byte[3] = "0123456789abcdef"[p[i] & 15];
    put_text(i % 12 == 0 ? "\n  " : " ");
    put(byte, i + 1 < n ? 5 : 4);
  }
  put_text("\n};\n");
}

/* An array of put_array and its length, in an initializer. It needs the cast,
   since BearSSL's pointers are not to const. */
static void put_span(const char *name, unsigned number)
{
  putf("(unsigned char *)amt_%s_%u, sizeof amt_%s_%u", name, number, name,
       number);
}

/* Copies the DN's last attribute 2.5.4.TYPE. Characters that are unsafe in a C
   comment become '.'. Returns 1 if there is such an attribute. */
static int find_name(const br_x500_name *dn, unsigned char type, char *to,
                     size_t room)
{
  static const unsigned char oid[] = { 0x06, 0x03, 0x55, 0x04 };
  size_t i, n = 0;
  for (i = 0; i + 7 < dn->len; i++) {
    const unsigned char *p = dn->data + i;
    if (memcmp(p, oid, sizeof oid) != 0 || p[4] != type || p[6] >= 0x80 ||
        p[6] > dn->len - i - 7) continue;
    for (n = 0; n < p[6] && n + 1 < room; n++) {
      unsigned char c = p[7 + n];
      to[n] = (char)(c < ' ' || c > '~' || strchr("*/\\?", c) ? '.' : c);
    }
  }
  to[n] = 0;
  return n > 0;
}

/* The common name, or else the organizational unit, or the organization. */
static void put_comment(unsigned number, const br_x500_name *dn)
{
  char name[100];
  if (find_name(dn, 3, name, sizeof name) ||
      find_name(dn, 11, name, sizeof name) ||
      find_name(dn, 10, name, sizeof name)) {
    putf("\n/* %u: ", number);
    put_text(name);
    put_text(" */\n");
  } else {
    putf("\n/* %u, which has no name */\n", number);
  }
}

static void put_curve(int curve)
{
  switch (curve) {
  case BR_EC_secp256r1: put_text("BR_EC_secp256r1"); break;
  case BR_EC_secp384r1: put_text("BR_EC_secp384r1"); break;
  case BR_EC_secp521r1: put_text("BR_EC_secp521r1"); break;
  default: putf("%d", curve); break;
  }
}

static void put_anchor(unsigned number, const br_x509_trust_anchor *a)
{
  int ec = a->pkey.key_type == BR_KEYTYPE_EC;
  put_text("  { { ");
  put_span("anchor_dn", number);
  putf(" }, %s,\n    { ", a->flags & BR_X509_TA_CA ? "BR_X509_TA_CA" : "0");
  if (ec) {
    put_text("BR_KEYTYPE_EC, { .ec = { ");
    put_curve(a->pkey.key.ec.curve);
    put_text(",\n      ");
    put_span("anchor_q", number);
  } else {
    put_text("BR_KEYTYPE_RSA, { .rsa = {\n      ");
    put_span("anchor_n", number);
    put_text(",\n      ");
    put_span("anchor_e", number);
  }
  put_text(" } } } },\n");
}

static void put_anchors(void)
{
  size_t i;
  put_text("/* Trust anchors for BearSSL, printed by `amt anchors`:\n\n"
           "     server.anchors = amt_anchors;\n"
           "     server.anchor_count = AMT_ANCHOR_COUNT; */\n\n"
           "#include <bearssl.h>\n");
  for (i = 0; i < anchors.count; i++) {
    const br_x509_trust_anchor *a = &anchors.list[i];
    unsigned                    number = (unsigned)i + 1;
    put_comment(number, &a->dn);
    put_array("anchor_dn", number, a->dn.data, a->dn.len);
    if (a->pkey.key_type == BR_KEYTYPE_EC) {
      put_array("anchor_q", number, a->pkey.key.ec.q, a->pkey.key.ec.qlen);
    } else {
      put_array("anchor_n", number, a->pkey.key.rsa.n, a->pkey.key.rsa.nlen);
      put_array("anchor_e", number, a->pkey.key.rsa.e, a->pkey.key.rsa.elen);
    }
  }
  putf("\n#define AMT_ANCHOR_COUNT %u\n\n", (unsigned)anchors.count);
  put_text("static const br_x509_trust_anchor amt_anchors[] = {\n");
  for (i = 0; i < anchors.count; i++)
    put_anchor((unsigned)i + 1, &anchors.list[i]);
  put_text("};\n");
}

/* A key's numbers and their names in BearSSL's struct. Returns the count. */
static size_t key_parts(const char *names[5], const unsigned char *p[5],
                        size_t n[5])
{
  const br_rsa_private_key *k = &client.rsa;
  if (client.use != amt_bearssl_use_rsa) {
    names[0] = "x", p[0] = client.ec.x, n[0] = client.ec.xlen;
    return 1;
  }
  names[0] = "p", p[0] = k->p, n[0] = k->plen;
  names[1] = "q", p[1] = k->q, n[1] = k->qlen;
  names[2] = "dp", p[2] = k->dp, n[2] = k->dplen;
  names[3] = "dq", p[3] = k->dq, n[3] = k->dqlen;
  names[4] = "iq", p[4] = k->iq, n[4] = k->iqlen;
  return 5;
}

static void put_chain(void)
{
  size_t i;
  for (i = 0; i < client.chain_len; i++)
    put_array("client_cert", (unsigned)i + 1, client.chain[i].data,
              client.chain[i].data_len);
  put_text("\nstatic const br_x509_certificate amt_client_chain[] = {\n");
  for (i = 0; i < client.chain_len; i++) {
    put_text("  { ");
    put_span("client_cert", (unsigned)i + 1);
    put_text(" },\n");
  }
  put_text("};\n\n");
}

static void put_client(void)
{
  const char          *names[5];
  const unsigned char *p[5];
  size_t               lengths[5], count = key_parts(names, p, lengths), i;
  char                 name[20];
  put_text("/* A client's certificate for BearSSL, printed by `amt anchors`:\n"
           "\n     server.client = &amt_client;\n\n"
           "   IT HOLDS A PRIVATE KEY. Whoever reads this file can pass for "
           "this client:\n   keep it out of repositories, and readable by its "
           "owner alone. */\n\n"
           "#include \"amt_http.h\" /* with AMT_BEARSSL defined */\n\n");
  put_chain();
  for (i = 0; i < count; i++)
    put_array(text(name, sizeof name, "client_key_%s", names[i]), 1, p[i],
              lengths[i]);
  putf("\nstatic const amt_bearssl_client amt_client = {\n"
       "  .chain = amt_client_chain, .chain_len = %u,\n  ",
       (unsigned)client.chain_len);
  if (count == 5) putf(".rsa = { %u,\n", (unsigned)client.rsa.n_bitlen);
  else put_text(".ec = { "), put_curve(client.ec.curve), put_text(",\n");
  for (i = 0; i < count; i++) {
    put_text("    ");
    put_span(text(name, sizeof name, "client_key_%s", names[i]), 1);
    put_text(i + 1 < count ? ",\n" : " },\n");
  }
  putf("  .issuer_key_type = %u, .use = amt_bearssl_use_%s\n};\n",
       client.issuer_key_type, count == 5 ? "rsa" : "ec");
}

int print_anchors(void)
{
  int e = 0;
  if (opt.anchors != NULL) {
    ca_file = opt.anchors;
    e = read_anchors(file_open_as(ca_file, AS_INPUT, &ca_fault));
  }
  if (e == 0 && opt.cert != NULL) e = read_client();
  if (e == 0) tell_passed_anchors();
  if (e == 0 && opt.anchors != NULL) put_anchors();
  if (e == 0 && opt.anchors != NULL && opt.cert != NULL) put_text("\n");
  if (e == 0 && opt.cert != NULL) put_client();
  sink_flush(&out);
  wipe(out.buf, sizeof out.buf);
  wipe_secrets();
  return e;
}

#else
int print_anchors(void) { return EXIT_CONFIG; } /* options.c refuses it */
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
