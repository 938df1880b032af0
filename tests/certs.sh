#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# usage: certs.sh DIR   makes every certificate that tests/tls.py needs.
#
# For each NAME: NAME.crt (the certificate alone), NAME.key, NAME.pem (what a
# server sends: the certificate and its chain), and NAME.chain (the chain alone)
# where there is one. roots.pem is what clients trust. Needs OpenSSL 3.0.

set -e
mkdir -p "$1/issued" && cd "$1"
exec 2>log # shown only if something fails
trap 'status=$?; [ $status = 0 ] || tail -n 20 log; exit $status' EXIT

cat >ca.cnf <<'END'
[ca]
default_ca = here
[here]
new_certs_dir = issued
database = index
unique_subject = no
rand_serial = yes
policy = any
email_in_dn = no
[any]
commonName = optional
END
: >index

# Lets a server use weak keys and old protocols; see tls.py.
cat >server.cnf <<'END'
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = weak
[weak]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
Options = UnsafeLegacyServerConnect
END

# key NAME ec CURVE, key NAME rsa BITS, key NAME ed: a key (PKCS #8) and a
# request for issue.
key() {
  case $2 in
  ed)  openssl genpkey -algorithm ED25519 -out "$1.key" ;;
  ec)  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$3" \
         -out "$1.key" ;;
  rsa) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$3" \
         -out "$1.key" ;;
  esac
  openssl req -new -batch -config ca.cnf -subj "/CN=$1" -key "$1.key" \
    -out "$1.csr"
}

# issue NAME KEY ISSUER COMMON-NAME EXTENSIONS [OPTION...]: extensions are
# separated by "|". ISSUER "-" means self-signed.
issue() {
  name=$1 key=$2 issuer=$3 cn=$4
  printf '%s\n' "$5" | tr '|' '\n' >ext
  shift 5
  if [ "$issuer" = - ]; then
    set -- -selfsign -keyfile "$key.key" "$@"
  else
    set -- -cert "$issuer.crt" -keyfile "$issuer.key" "$@"
  fi
  openssl ca -config ca.cnf -batch -notext -in "$key.csr" -subj "/CN=$cn" \
    -out "$name.crt" -md sha256 -startdate 20250101000000Z \
    -enddate 20491231235959Z -extfile ext "$@"
  [ "$name" = "$key" ] || cp "$key.key" "$name.key"
  cp "$name.crt" "$name.pem"
}

# chain NAME CA...: what NAME's server sends after its own certificate.
chain() {
  name=$1
  shift
  for ca; do cat "$ca.crt"; done >"$name.chain"
  cat "$name.crt" "$name.chain" >"$name.pem"
}

CA="basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign"
CA="$CA|subjectKeyIdentifier=hash"
END="basicConstraints=critical,CA:FALSE|keyUsage=critical,digitalSignature"
RSA="basicConstraints=critical,CA:FALSE"
RSA="$RSA|keyUsage=critical,digitalSignature,keyEncipherment"
HERE="subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
PAST="-startdate 20200101000000Z -enddate 20210101000000Z"
FUTURE="-startdate 20500101000000Z -enddate 20600101000000Z"

# --- authorities -------------------------------------------------------------
for i in root mid mid2 mid3 other oldroot impostor leafca; do
  key $i ec P-256
done
key rsaroot rsa 2048
key weakmid rsa 1024
issue root root - "Test Root" "$CA"
issue rsaroot rsaroot - "Test RSA Root" "$CA"
issue other other - "Other Root" "$CA"
issue impostor impostor - "Test Root" "$CA" # root's name, but another key
issue mid mid root "Test Intermediate" "$CA"
issue mid2 mid2 mid "Test Intermediate 2" "$CA"
issue mid3 mid3 mid2 "Test Intermediate 3" "$CA"
issue oldmid mid root "Old Intermediate" "$CA" $PAST
issue newmid mid root "New Intermediate" "$CA" $FUTURE
issue weakmid weakmid root "Weak Intermediate" "$CA"
issue sha1mid mid root "SHA-1 Intermediate" "$CA" -md sha1
issue shortmid mid root "Short Intermediate" \
  "basicConstraints=critical,CA:TRUE,pathlen:0|keyUsage=critical,keyCertSign"
issue toolong mid2 shortmid "Too long" "$CA"
issue oldroot oldroot - "Old Root" "$CA" -md sha1 # trusted, as old roots are
cat root.crt rsaroot.crt oldroot.crt >roots.pem

# --- servers that are good ---------------------------------------------------
key ec ec P-256
key rsa rsa 2048
key p384 ec P-384
issue ec ec root localhost "$END|$HERE"
issue rsa rsa rsaroot localhost "$RSA|$HERE"
issue p384 p384 root localhost "$END|$HERE"
issue rsa-by-ec rsa root localhost "$RSA|$HERE"
issue oldroot-leaf ec oldroot localhost "$END|$HERE"
issue chain1 ec mid localhost "$END|$HERE"
chain chain1 mid
issue with-root ec mid localhost "$END|$HERE"
chain with-root mid root
many="subjectAltName=IP:127.0.0.1" i=100
while [ $i -lt 250 ]; do
  many="$many,DNS:server-number-$i.of-a-very-large-company.example.com"
  i=$((i + 1))
done
issue chain3 ec mid3 "large" "$END|$many,IP:::1,DNS:localhost"
chain chain3 mid3 mid2 mid
issue wildcard ec root wildcard "$END|subjectAltName=DNS:*.example.test"
issue two-names ec root localhost "$END|$HERE,DNS:second.test"
issue ec-by-old ec oldmid localhost "$END|$HERE" # good, if oldmid is trusted
issue far ec root localhost "$END|$HERE" -enddate 21500101000000Z

# --- servers that are not ----------------------------------------------------
issue cn-only ec root localhost "$END"
issue wrong-name ec root other.test "$END|subjectAltName=DNS:other.test"
issue wrong-name-cn ec root localhost "$END|subjectAltName=DNS:other.test"
issue nul-name ec root localhost.evil.test \
  "$END|subjectAltName=DER:301682146C6F63616C686F7374002E6576696C2E74657374"
issue wrong-ip ec root 192.0.2.1 "$END|subjectAltName=IP:192.0.2.1"
issue ip-as-name ec root 127.0.0.1 "$END|subjectAltName=DNS:127.0.0.1"
issue ip-as-cn ec root 127.0.0.1 "$END"
issue other-root-sent ec other localhost "$END|$HERE"
chain other-root-sent other
issue other-root ec other localhost "$END|$HERE"
issue self-signed ec - localhost "$END|$HERE"
issue self-far ec - localhost "$END|$HERE" -enddate 21500101000000Z
issue self-future ec - localhost "$END|$HERE" $FUTURE
issue missing ec mid localhost "$END|$HERE"
issue expired ec root localhost "$END|$HERE" $PAST
issue expired-mid ec oldmid localhost "$END|$HERE"
chain expired-mid oldmid
issue not-yet ec root localhost "$END|$HERE" $FUTURE
issue not-yet-mid ec newmid localhost "$END|$HERE"
chain not-yet-mid newmid
key weak rsa 1024
issue weak weak root localhost "$RSA|$HERE"
issue weak-mid ec weakmid localhost "$END|$HERE"
chain weak-mid weakmid
issue sha1 ec root localhost "$END|$HERE" -md sha1
issue sha1-rsa rsa rsaroot localhost "$RSA|$HERE" -md sha1
issue sha1-mid ec sha1mid localhost "$END|$HERE"
chain sha1-mid sha1mid
issue leafca leafca root "Some Server" "$END|subjectAltName=DNS:other.test"
issue by-leaf ec leafca localhost "$END|$HERE"
chain by-leaf leafca
issue too-long-leaf ec toolong localhost "$END|$HERE"
chain too-long-leaf toolong shortmid
issue forged ec impostor localhost "$END|$HERE"
issue for-clients ec root localhost "$END|$HERE|extendedKeyUsage=clientAuth"
key ed25519 ed
issue ed25519 ed25519 root localhost "$END|$HERE"
issue disordered ec mid3 localhost "$END|$HERE"
chain disordered mid mid2 mid3
issue critical ec root localhost "$END|$HERE|1.2.3.4=critical,ASN1:UTF8:new"

# --- clients -----------------------------------------------------------------
key clientca ec P-256
issue clientca clientca - "Client CA" "$CA"
key clientmid ec P-256
issue clientmid clientmid clientca "Client Intermediate" "$CA"
FOR="extendedKeyUsage=clientAuth"
key client-ec ec P-256
issue client-ec client-ec clientca client-ec "$END|$FOR"
key client-rsa rsa 2048
issue client-rsa client-rsa clientca client-rsa "$RSA|$FOR"
issue client-mid client-ec clientmid client-mid "$END|$FOR"
chain client-mid clientmid
issue client-other client-ec other client-other "$END|$FOR"
for i in client-ec client-rsa; do
  openssl pkey -in $i.key -traditional -out $i-old.key
done
openssl pkey -in client-ec.key -aes128 -passout pass:x -out client-ec-locked.key
