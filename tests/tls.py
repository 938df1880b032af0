# SPDX-License-Identifier: MIT OR Unlicense
"""The two TLS streams against servers nobody here wrote: openssl s_server,
nginx, and amtsim (GnuTLS). Prints a line for each test; its name is the
sentence it proves. Environment: TEST_OUT, the folder that has
tls_probe_bearssl and tls_probe_mbedtls (tests/tls_probe.c). tests/certs.sh
makes the certificates. A line "skip" tells what a test leaves out.
usage: tls.py [WORD]   runs only the tests with WORD in their name"""
import base64
import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
import urllib.error
import urllib.request
import zlib

sys.dont_write_bytecode = True

from programs import OUT, SIM, environment, equal, free_port, main

BACKENDS = ("bearssl", "mbedtls")
SECRET = "SECRET-5ac1f7e2" # the default of tls_probe.c
SHORT = b"hello\n"
MIDDLE = b"".join(b"line %d of a reply of some size\n" % i for i in range(600))
LARGE = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(65536))
BODIES = {"short": SHORT, "middle": MIDDLE, "large": LARGE}

# The numbers of the header's errors by name: E["TLS_NAME"].
with open("amt_http.h", encoding="utf-8") as header:
    E = {name: int(number) for name, number in
         re.findall(r"E\(AMT_E_(\w+), (-\d+)", header.read())}

SHARED = contextlib.ExitStack() # servers that several tests use


def alert(number):
    return -400 - number


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
            return True
    except OSError:
        return False


def skip(reason):
    print("skip    " + reason)


def until(what, why, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain: " + why
        time.sleep(0.005)


@functools.lru_cache(None)
def certificates():
    """The folder that certs.sh fills, and the bodies in it."""
    d = SHARED.enter_context(tempfile.TemporaryDirectory(prefix="amt-tls."))
    r = subprocess.run(["sh", "tests/certs.sh", d], capture_output=True,
                       text=True, check=False)
    assert r.returncode == 0, "certs.sh: " + r.stdout
    for name, body in BODIES.items():
        with open(d + "/" + name, "wb") as f:
            f.write(body)
    damage(d, "ec", "bad-signature")
    damage(d, "chain1", "bad-signature-mid")
    return d


def damage(d, name, new):
    """Copies a certificate with the last bit of its signature flipped."""
    for end in (".crt", ".pem", ".key", ".chain"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(d + "/" + name + end, d + "/" + new + end)
    with open(d + "/" + name + ".crt", encoding="ascii") as f:
        text = f.read()
    der = bytearray(ssl.PEM_cert_to_DER_cert(text))
    der[-1] ^= 1
    bad = ssl.DER_cert_to_PEM_cert(bytes(der))
    for end in (".crt", ".pem"):
        with open(d + "/" + new + end, "r+", encoding="ascii") as f:
            whole = f.read().replace(text.strip(), bad.strip())
            f.seek(0)
            f.write(whole)


def file(name):
    return certificates() + "/" + name


def weak_environment():
    """Lets servers use versions and keys that OpenSSL no longer allows."""
    return {**os.environ, "OPENSSL_CONF": file("server.cnf")}


@functools.lru_cache(None)
def pin_of(name):
    key = subprocess.run(["openssl", "x509", "-in", file(name + ".crt"),
                          "-noout", "-pubkey"], capture_output=True,
                         check=True).stdout
    der = base64.b64decode(b"".join(key.splitlines()[1:-1]))
    return hashlib.sha256(der).hexdigest()


# --- the probe ---------------------------------------------------------------

def begin_probe(backend, *args):
    """Starts the probe of a backend, or the one of built()."""
    program = backend if "/" in backend else OUT + "/tls_probe_" + backend
    return subprocess.Popen([program, *args],
                            env=environment(), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def ended(probe, timeout=60):
    """The probe's lines, each with its values as attributes."""
    out, err = probe.communicate(timeout=timeout)
    assert probe.returncode in (0, 1) and not err, (probe.args, err)
    lines = []
    for text in out.splitlines():
        values, words = text.split(" text=", 1)
        line = types.SimpleNamespace(text=words)
        for value in values.split():
            name, value = value.split("=")
            setattr(line, name, value if name == "pin" else int(value))
        lines.append(line)
    return lines


def probe(backend, *args, roots=True, timeout=60):
    trust = ["--ca", file("roots.pem")] if roots else []
    return ended(begin_probe(backend, *trust, *args), timeout)


def good(line, body=None, status=200):
    equal((line.error, line.text, line.status), (0, "", status))
    if body is not None:
        equal((line.body, line.crc), (len(body), zlib.crc32(body)))


def refused(line, error, certificate=None):
    """The probe had this error, told it in words, and sent no request."""
    numbers = {number: name for name, number in E.items()}
    names = error if isinstance(error, tuple) else (error,)
    wanted = [n if isinstance(n, int) else E[n] for n in names]
    got = "%d %s (%s; lib %d)" % (line.error, numbers.get(line.error, ""),
                                  line.text, line.lib)
    assert line.error in wanted, "\n--- got\n%s\n--- wanted\n%s" % (got, error)
    assert line.text, "no words for %s" % line.error
    equal((line.records, line.sent, line.body), (0, 0, 0))
    if certificate is not None:
        equal((error, "certificate", line.certificate),
              (error, "certificate", certificate))


# --- openssl s_server --------------------------------------------------------

class Openssl:
    """s_server with a certificate of certs.sh. Without -WWW it prints what it
    receives, and sends what reply() is given."""

    def __init__(self, cert, *options):
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
                   file(cert + ".crt"), "-key", file(cert + ".key"),
                   "-no-CApath", "-no-CAstore"]
        if os.path.exists(file(cert + ".chain")):
            command += ["-cert_chain", file(cert + ".chain")]
        if "-CAfile" not in options:
            command += ["-no-CAfile"]
        self.process = subprocess.Popen(
            [*command, *options], env=weak_environment(), cwd=certificates(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.pieces = []
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()
        try:
            until(lambda: re.search(rb"ACCEPT \S+\n", self.out),
                  "s_server to listen")
        except AssertionError:
            self.close()
            raise AssertionError(self.out) from None
        self.port = int(re.search(rb"ACCEPT \S+:(\d+)\n", self.out)[1])

    def listen(self):
        while True:
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                return
            self.pieces.append(piece)

    @property
    def out(self):
        """What it has printed since its start, or since forget()."""
        return b"".join(self.pieces)

    def size(self):
        return sum(map(len, self.pieces))

    def forget(self):
        self.pieces = []

    def url(self, path="/", host="localhost"):
        return "https://%s:%d%s" % (host, self.port, path)

    def reply(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def requested(self):
        """Waits for a whole request."""
        until(lambda: b"\r\n\r\n" in self.out, "a request")
        assert SECRET.encode() in self.out, self.out

    def unasked(self):
        """Waits for the connection's end: no request came."""
        until(lambda: b"ERROR\n" in self.out or b"CLOSED\n" in self.out,
              "s_server to notice the end")
        for word in (b"GET ", b"HTTP/1.1", b"Authorization", SECRET.encode()):
            assert word not in self.out, self.out

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdin.close()
        self.process.stdout.close()


@contextlib.contextmanager
def openssl(cert, *options):
    server = Openssl(cert, *options)
    try:
        yield server
    finally:
        with contextlib.suppress(BrokenPipeError):
            server.close()


def asked(backend, server, *args, host="localhost", reply=None):
    """Sends a GET to a server without -WWW; returns the probe's line."""
    p = begin_probe(backend, "--ca", file("roots.pem"), *args,
                    server.url("/x", host))
    try:
        until(lambda: b"\r\n\r\n" in server.out or p.poll() is not None,
              "a request, or the probe's end")
        if p.poll() is None:
            server.reply(reply or b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"
                         b"\r\n" + SHORT)
        return ended(p)[0]
    finally:
        p.kill()


# --- nginx -------------------------------------------------------------------

CACHED = "ssl_session_cache shared:S:1m; ssl_session_tickets off;"
VERIFY = "ssl_client_certificate %s; ssl_verify_client on; ssl_verify_depth 3;"

# Servers that need more than a certificate: name: (certificate, directives).
NGINX = {
    "cached": ("ec", CACHED), "cached-rsa": ("rsa", CACHED),
    "cached-two-names": ("two-names", CACHED),
    "cached-self-signed": ("self-signed", CACHED),
    "uncached": ("ec", "ssl_session_cache off; ssl_session_tickets off;"),
    "forgetful": ("ec", "ssl_session_cache none; ssl_session_tickets off;"),
    "tickets": ("ec", "ssl_session_cache none; ssl_session_tickets on;"),
    "verify-ec": ("ec", VERIFY), "verify-rsa": ("rsa", VERIFY),
    "reject": ("ec", "ssl_reject_handshake on;"),
    "tls1": ("ec", "ssl_protocols TLSv1 TLSv1.1;"),
    "tls13": ("ec", "ssl_protocols TLSv1.3;"),
    "camellia": ("rsa", "ssl_ciphers CAMELLIA256-SHA;"),
    "cbc": ("ec", "ssl_ciphers ECDHE-ECDSA-AES128-SHA;"),
    "rsa-exchange": ("rsa", "ssl_ciphers AES128-GCM-SHA256;"),
    "gcm256": ("rsa", "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;"),
    "gcm128": ("ec", "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;"),
    "chacha": ("ec", "ssl_ciphers ECDHE-ECDSA-CHACHA20-POLY1305;"),
    "close": ("ec", "keepalive_timeout 0;"),
    "impatient": ("ec", "keepalive_timeout 1s;"),
    "small": ("ec", "client_max_body_size 1m;"),
    "plain": (None, ""),
}


class Nginx:
    """One nginx, one process, with a port for each certificate and each of
    the servers above. Its access log has a line for each request, whole or
    not, and none for a handshake that fails."""

    def __init__(self):
        self.d = SHARED.enter_context(
            tempfile.TemporaryDirectory(prefix="amt-nginx."))
        os.mkdir(self.d + "/tmp")
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        assert program, "nginx is not installed"
        servers = dict(NGINX)
        for name in os.listdir(certificates()):
            if name.endswith(".pem") and name != "roots.pem":
                servers[name[:-4]] = (name[:-4], "")
        self.second = free_port() # a second port of "cached"
        self.ports = {name: free_port() for name in servers}
        with open(self.d + "/conf", "w", encoding="ascii") as f:
            f.write(self.configuration(servers))
        command = [program, "-p", self.d, "-c", self.d + "/conf", "-e",
                   self.d + "/error"]
        self.process = subprocess.Popen(command, env=weak_environment(),
                                        stderr=subprocess.DEVNULL)
        SHARED.callback(self.close)
        until(self.listens, "nginx to listen")

    def configuration(self, servers):
        text = ["daemon off; master_process off; pid pid; error_log error;",
                "events { worker_connections 200; }", "http {",
                "log_format asked '$server_port $status $ssl_session_reused "
                "$ssl_cipher \"$ssl_client_s_dn\" \"$ssl_server_name\" "
                "$http_authorization \"$request\"';",
                "access_log access asked; root %s;" % certificates(),
                "ssl_session_cache off; ssl_session_tickets off;",
                "ssl_protocols TLSv1.2 TLSv1.3;"]
        for word in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            text.append("%s_temp_path tmp/%s;" % (word, word))
        for name, (cert, more) in servers.items():
            kind = " ssl" if cert else ""
            text.append("server {")
            ports = [self.ports[name]]
            if name == "cached":
                ports.append(self.second)
            for port in ports:
                text.append("listen 127.0.0.1:%d%s;" % (port, kind))
                if have_ipv6():
                    text.append("listen [::1]:%d%s;" % (port, kind))
            if cert:
                text.append("ssl_certificate %s;" % file(cert + ".pem"))
                text.append("ssl_certificate_key %s;" % file(cert + ".key"))
            text.append(more.replace("%s", file("clientca.crt")) + "}")
        return "\n".join(text + ["}", ""])

    def listens(self):
        assert self.process.poll() is None, self.read("error")
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.ports["plain"])) == 0

    def read(self, name):
        with open(self.d + "/" + name, encoding="utf-8") as f:
            return f.read()

    def url(self, name, path="/short", host="localhost"):
        return "https://%s:%d%s" % (host, self.ports[name], path)

    def asked(self, name):
        """The requests to this server. Once a later request to another one is
        in the log, none is missing."""
        fence = "/fence-%d" % time.monotonic_ns()
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen("http://127.0.0.1:%d%s"
                                   % (self.ports["plain"], fence))
        until(lambda: fence in self.read("access"), "nginx's log")
        return [line for line in self.read("access").splitlines()
                if line.startswith("%d " % self.ports[name])]

    def close(self):
        self.process.terminate()
        self.process.wait()


@functools.lru_cache(None)
def nginx():
    return Nginx()


# --- amtsim: libmicrohttpd with GnuTLS ---------------------------------------

@contextlib.contextmanager
def amtsim(cert, *options):
    with subprocess.Popen([SIM, "--port", "0", "--speed", "1000", "--tls",
                           file(cert + ".pem"), file(cert + ".key"), *options],
                          stdout=subprocess.PIPE, text=True) as sim:
        try:
            url = sim.stdout.readline().split()[-1]
            yield url.replace("127.0.0.1", "localhost")
        finally:
            sim.terminate()
            sim.wait()


def both(test):
    """Makes a function two tests: test_bearssl_NAME and test_mbedtls_NAME."""
    for backend in BACKENDS:
        name = "test_%s_%s" % (backend, test.__name__)
        globals()[name] = functools.partial(test, backend)
    return test


# --- certificates ------------------------------------------------------------

GOOD = ("ec", "rsa", "p384", "rsa-by-ec", "oldroot-leaf", "chain1", "with-root",
        "chain3", "two-names", "far")

# Certificate: host, error, index in the chain.
BAD = {
    "wrong-name": ("localhost", "TLS_NAME", 0),
    "wrong-name-cn": ("localhost", "TLS_NAME", 0), # the CN must not count
    "cn-only": ("localhost", "TLS_COMMON_NAME", 0),
    "nul-name": ("localhost", "TLS_NAME", 0), # localhost\0.evil.test
    "wrong-ip": ("127.0.0.1", "TLS_IP", 0),
    "ip-as-name": ("127.0.0.1", "TLS_IP", 0),
    "ip-as-cn": ("127.0.0.1", "TLS_IP", 0),
    "other-root-sent": ("localhost", "TLS_ROOT", 1),
    "other-root": ("localhost", "TLS_ISSUER", 0),
    "self-signed": ("localhost", "TLS_SELF_SIGNED", 0),
    "missing": ("localhost", "TLS_ISSUER", 0),
    "expired": ("localhost", "TLS_EXPIRED", 0),
    "expired-mid": ("localhost", "TLS_EXPIRED", 1),
    "not-yet": ("localhost", "TLS_NOT_YET", 0),
    "not-yet-mid": ("localhost", "TLS_NOT_YET", 1),
    "weak": ("localhost", "TLS_WEAK", 0),
    "weak-mid": ("localhost", "TLS_WEAK", 1),
    "sha1": ("localhost", "TLS_ALGORITHM", 0),
    "sha1-rsa": ("localhost", "TLS_ALGORITHM", 0),
    "sha1-mid": ("localhost", "TLS_ALGORITHM", 1),
    "by-leaf": ("localhost", "TLS_USAGE", 1),
    "too-long-leaf": ("localhost", "TLS_USAGE", 2),
    "bad-signature-mid": ("localhost", "TLS_SIGNATURE", 0),
    "disordered": ("localhost", "TLS_ORDER", 1),
    # To both backends, an anchor whose key does not fit is not the issuer.
    "bad-signature": ("localhost", "TLS_ISSUER", 0),
    "forged": ("localhost", "TLS_ISSUER", 0),
    "for-clients": ("localhost", "TLS_USAGE", 0),
    "critical": ("localhost", "TLS_CERTIFICATE", 0),
    "ed25519": ("localhost", alert(40), 0), # the server: no usable key
}


START_2025, END_2049 = 1735689600, 2524607999


def accepts(backend, cert):
    for host in ("localhost", "127.0.0.1", "[::1]"):
        if host == "[::1]" and not have_ipv6():
            skip("no IPv6 here")
            continue
        line = probe(backend, nginx().url(cert, host=host))[0]
        good(line, SHORT)
        equal(line.pin, pin_of(cert))
    with openssl(cert, "-tls1_2") as server:
        good(asked(backend, server), SHORT)
        server.requested()


def refuses(backend, cert):
    host, error, index = BAD[cert]
    line = probe(backend, nginx().url(cert, host=host))[0]
    refused(line, error, index)
    # An Ed25519 certificate is not sent; mbedTLS stops at what it cannot parse.
    if cert != "ed25519" and (backend, cert) != ("mbedtls", "critical"):
        equal(line.pin, pin_of(cert))
    equal(nginx().asked(cert), [])
    with openssl(cert, "-tls1_2") as server:
        refused(asked(backend, server, host=host), error, index)
        server.unasked()


for each in BACKENDS:
    for which in GOOD:
        globals()["test_%s_accepts_%s" % (each, which)] = functools.partial(
            accepts, each, which)
    for which in BAD:
        what = BAD[which][1]
        what = "_or_".join(what) if isinstance(what, tuple) else what
        globals()["test_%s_refuses_%s_as_%s" % (each, which, what)] = (
            functools.partial(refuses, each, which))


@both
def takes_a_common_name_only_where_that_was_asked_for(backend):
    for b in (backend, built(backend, "-DAMT_TLS_NO_PIN", "-DAMT_TLS_NO_IP")):
        url = nginx().url("cn-only")
        refused(probe(b, url)[0], "TLS_COMMON_NAME", 0)
        line = probe(b, "--insecure-common-name", url)[0]
        good(line, SHORT)
        equal(line.common_name, 1)
        line = probe(b, "--insecure-common-name", nginx().url("ec"))[0]
        good(line, SHORT)
        equal(line.common_name, 0)
        for cert in ("wrong-name-cn", "ip-as-cn"):
            refused(probe(b, "--insecure-common-name", nginx().url(cert))[0],
                    "TLS_NAME", 0)


@both
def tells_the_dates_of_the_certificate_that_failed(backend):
    dates = {"expired": (1577836800, 1609459200),
             "expired-mid": (1577836800, 1609459200),
             "not-yet": (2524608000, 2840140800),
             "not-yet-mid": (2524608000, 2840140800)}
    for cert, wanted in dates.items():
        line = probe(backend, nginx().url(cert))[0]
        equal((cert, line.since, line.until), (cert, *wanted))


@both
def tells_the_dates_of_a_good_certificate(backend):
    """So that a caller can warn in time."""
    for cert in ("ec", "chain3", "far"):
        line = probe(backend, nginx().url(cert))[0]
        good(line, SHORT)
        equal((line.certificate, line.since, line.until),
              (0, START_2025, 0xFFFFFFFF if cert == "far" else END_2049))


@both
def matches_a_wildcard_with_one_label_and_no_more(backend):
    url = nginx().url("wildcard")
    before = len(nginx().asked("wildcard"))
    for name in ("www.example.test", "WWW.Example.TEST"):
        good(probe(backend, "--name", name, url)[0], SHORT)
    for name in ("a.b.example.test", "example.test", "*.b.example.test",
                 "www.example.test.evil", "wwwexample.test"):
        refused(probe(backend, "--name", name, url)[0], "TLS_NAME", 0)
    refused(probe(backend, url)[0], "TLS_NAME", 0)
    equal(len(nginx().asked("wildcard")) - before, 2)


@both
def asks_for_the_name_it_was_given_and_for_no_address(backend):
    good(probe(backend, "--name", "second.test", nginx().url("two-names"))[0])
    good(probe(backend, nginx().url("two-names"))[0])
    good(probe(backend, nginx().url("two-names", host="127.0.0.1"))[0])
    names = [line.split('"')[3] for line in nginx().asked("two-names")]
    equal(names[-3:], ["second.test", "localhost", "-"])


@both
def takes_a_name_for_an_address_where_one_was_given(backend):
    """--name with an IP address must match an address in the certificate."""
    good(probe(backend, "--name", "127.0.0.1", nginx().url("ec"))[0], SHORT)
    refused(probe(backend, "--name", "127.0.0.2", nginx().url("ec"))[0],
            "TLS_IP", 0)
    good(probe(backend, "--name", "localhost",
               nginx().url("ec", host="127.0.0.1"))[0], SHORT)


@both
def trusts_all_CAs_of_a_system_and_no_stranger(backend):
    system = "/etc/ssl/certs/ca-certificates.crt"
    if not os.path.exists(system):
        raise unittest.SkipTest("no %s here" % system)
    refused(probe(backend, "--ca", system, nginx().url("ec"), roots=False)[0],
            "TLS_ISSUER", 0)
    refused(probe(backend, "--ca", system, nginx().url("with-root"),
                  roots=False)[0], "TLS_ROOT")
    refused(probe(backend, "--ca", system, nginx().url("self-signed"),
                  roots=False)[0], "TLS_SELF_SIGNED", 0)


@both
def needs_anchors(backend):
    for more in ([], ["--pin", pin_of("ec")], ["--insecure-dates"]):
        line = probe(backend, *more, nginx().url("ec"), roots=False)[0]
        refused(line, "TLS_NO_ANCHORS")
        equal(line.out, 0)


@both
def trusts_a_self_signed_certificate_that_is_an_anchor(backend):
    """The way of someone with one server and no CA."""
    good(probe(backend, "--ca", file("self-signed.crt"),
               nginx().url("self-signed"), roots=False)[0], SHORT)
    refused(probe(backend, "--ca", file("self-signed.crt"), "--name",
                  "other.test", nginx().url("self-signed"), roots=False)[0],
            "TLS_NAME", 0)


# --- clocks ------------------------------------------------------------------

@both
def refuses_to_go_on_without_a_clock(backend):
    for clock in ("0", "1", "1000000000", "1735689601"):
        refused(probe(backend, "--time", clock, nginx().url("ec"))[0],
                "TLS_CLOCK")
    equal(probe(backend, "--time", "4294967295", nginx().url("ec"))[0].error,
          E["TLS_EXPIRED"])


@both
def believes_the_clock_it_is_given(backend):
    now = str(int(time.time()))
    good(probe(backend, "--time", now, nginx().url("ec"))[0], SHORT)
    good(probe(backend, "--time", str(END_2049 - 1), nginx().url("ec"))[0])
    refused(probe(backend, "--time", str(END_2049 + 2), nginx().url("ec"))[0],
            "TLS_EXPIRED", None) # the root has, too; mbedTLS names that one
    for cert, clock in (("self-far", "4200000000"),
                        ("self-future", "2600000000")):
        good(probe(backend, "--time", clock, "--ca", file(cert + ".crt"),
                   nginx().url(cert), roots=False)[0], SHORT)
    refused(probe(backend, "--ca", file("self-future.crt"),
                  nginx().url("self-future"), roots=False)[0], "TLS_NOT_YET", 0)


@both
def goes_on_without_dates_where_that_was_asked_for(backend):
    for clock in ([], ["--time", "0"]):
        for cert in ("ec", "expired", "expired-mid"):
            good(probe(backend, "--insecure-dates", *clock,
                       nginx().url(cert))[0], SHORT)
        for cert in ("wrong-name", "self-signed", "other-root", "missing",
                     "weak", "sha1"):
            refused(probe(backend, "--insecure-dates", *clock,
                          nginx().url(cert))[0], BAD[cert][1])


def test_mbedtls_judges_the_dates_of_an_anchor():
    refused(probe("mbedtls", "--ca", file("oldmid.crt"),
                  nginx().url("ec-by-old"), roots=False)[0], "TLS_EXPIRED", 1)


def test_bearssl_passes_over_an_anchor_that_has_expired():
    p = begin_probe("bearssl", "--ca", file("oldmid.crt"),
                    nginx().url("ec-by-old"))
    err = p.communicate(timeout=20)[1]
    equal(p.returncode, 2)
    assert "no usable certificate" in err, err
    with open(file("two.pem"), "wb") as two:
        for name in ("oldmid.crt", "root.crt"):
            with open(file(name), "rb") as one:
                two.write(one.read())
    refused(probe("bearssl", "--ca", file("two.pem"), nginx().url("ec-by-old"),
                  roots=False)[0], "TLS_ISSUER", 0)
    good(probe("bearssl", "--ca", file("two.pem"), nginx().url("ec"),
               roots=False)[0], SHORT)


# --- pins --------------------------------------------------------------------

@both
def takes_a_pin_and_the_chain(backend):
    url = nginx().url("ec")
    good(probe(backend, "--pin", pin_of("ec"), url)[0], SHORT)
    good(probe(backend, "--pin", pin_of("rsa"), "--pin", pin_of("ec"), url)[0])
    for other in ("rsa", "root"): # only the server's own key counts
        refused(probe(backend, "--pin", pin_of(other), url)[0], "TLS_PIN")
    for cert in ("self-signed", "wrong-name", "other-root", "expired", "weak"):
        refused(probe(backend, "--pin", pin_of(cert), nginx().url(cert))[0],
                BAD[cert][1])
    refused(probe(backend, "--pin", pin_of("mid"), nginx().url("chain1"))[0],
            "TLS_PIN")


@both
def takes_a_pin_without_the_chain(backend):
    for cert in ("self-signed", "wrong-name", "other-root", "expired",
                 "not-yet", "missing", "rsa", "chain3"):
        url = nginx().url(cert)
        good(probe(backend, "--insecure-chain", "--pin", pin_of(cert), url,
                   roots=False)[0], SHORT)
        refused(probe(backend, "--insecure-chain", "--pin", pin_of("root"), url,
                      roots=False)[0], "TLS_PIN")
        good(probe(backend, "--insecure-chain", "--time", "0", "--pin",
                   pin_of("p384"), "--pin", pin_of(cert), url,
                   roots=False)[0], SHORT)
    with openssl("self-signed", "-tls1_2") as server:
        refused(asked(backend, server, "--insecure-chain", "--pin",
                      pin_of("rsa")), "TLS_PIN")
        server.unasked()


@both
def takes_a_pinned_key_whatever_signed_it(backend):
    """Neither the chain's algorithms nor its usages are checked. But BearSSL
    must decode the certificate, and refuses SHA-1 there."""
    old = [] if backend == "bearssl" else ["sha1", "sha1-rsa"]
    for cert in (*old, "by-leaf", "for-clients", "too-long-leaf",
                 "bad-signature", "bad-signature-mid", "forged"):
        line = probe(backend, "--insecure-chain", "--pin", pin_of(cert),
                     nginx().url(cert), roots=False)[0]
        equal((cert, line.error, line.text), (cert, 0, ""))


@both
def takes_anyone_where_that_was_asked_for(backend):
    for cert in ("self-signed", "wrong-name", "other-root", "expired", "ec",
                 "rsa", "expired-mid", "wrong-ip"):
        line = probe(backend, "--insecure-chain", nginx().url(cert),
                     roots=False)[0]
        good(line, SHORT)
        equal(line.pin, pin_of(cert))
        good(probe(backend, "--insecure-chain", nginx().url(cert))[0], SHORT)


# --- what is no TLS, and other versions --------------------------------------

@both
def says_so_where_the_server_does_not_speak_TLS(backend):
    refused(probe(backend, nginx().url("plain"))[0], "TLS_NOT_TLS")
    with subprocess.Popen([SIM, "--port", "0"], stdout=subprocess.PIPE,
                          text=True) as sim:
        port = sim.stdout.readline().split(":")[-1].strip()
        line = probe(backend, "https://localhost:" + port)[0]
        sim.terminate()
    # libmicrohttpd may close without a word, or answer in HTTP.
    refused(line, ("TLS_NOT_TLS", "EOF", "RESET"))


@both
def never_speaks_http_over_TLS_nor_https_without(backend):
    line = probe(backend, nginx().url("ec").replace("https", "http"))[0]
    refused(line, "NO_TLS")
    equal(line.out, 0)


@both
def refuses_TLS_1_0_and_1_1(backend):
    for version in ("-tls1", "-tls1_1"):
        with openssl("ec", version) as server:
            refused(asked(backend, server, "--more"), "TLS_VERSION")
            server.unasked()
    refused(probe(backend, "--more", nginx().url("tls1"))[0], "TLS_VERSION")
    # Such a server knows none of the default ciphers, and may say so before
    # it looks at the version.
    refused(probe(backend, nginx().url("tls1"))[0],
            ("TLS_VERSION", alert(40)))


@both
def names_the_version_where_a_server_wants_a_later_one(backend):
    """mbedTLS 2.28 and BearSSL know no TLS after 1.2."""
    refused(probe(backend, nginx().url("tls13"))[0], "TLS_VERSION")


@both
def tells_alerts_by_name(backend):
    cases = (("reject", 112, "name"), ("camellia", 40, "handshake"))
    for name, number, word in cases:
        line = probe(backend, nginx().url(name))[0]
        refused(line, alert(number))
        assert word in line.text, line.text
    with openssl("ec", "-tls1_2", "-Verify", "1") as server:
        line = asked(backend, server)
        refused(line, alert(40))
        assert "certificate" in line.text, line.text # the likeliest cause
        server.unasked()
    skip("alert 116 is TLS 1.3's; neither backend has that")


def test_mbedtls_tells_the_server_why_it_was_refused():
    """It sends an alert, so that the server's log has a reason. BearSSL has no
    alert for a certificate that it refuses; it just closes."""
    for cert in ("expired", "self-signed", "wrong-name"):
        with openssl(cert, "-tls1_2") as server:
            refused(asked("mbedtls", server), BAD[cert][1])
            server.unasked()
            assert b"SSL alert number" in server.out, server.out


@both
def has_ciphers_for_old_servers_only_when_told(backend):
    for name in ("cbc", "rsa-exchange"):
        refused(probe(backend, nginx().url(name))[0], alert(40))
        good(probe(backend, "--more", nginx().url(name))[0], SHORT)
    for name in ("gcm128", "chacha"):
        good(probe(backend, nginx().url(name))[0], SHORT)
    good(probe(backend, "--more", nginx().url("gcm256"))[0], SHORT)


@both
def goes_on_after_a_warning(backend):
    """Many servers warn that they do not know the name, and go on."""
    with openssl("ec", "-tls1_2", "-servername", "other.test", "-cert2",
                 file("rsa.crt"), "-key2", file("rsa.key")) as server:
        good(asked(backend, server), SHORT)


@both
def has_the_usual_curves(backend):
    for curve in ("X25519", "P-256", "P-384"):
        with openssl("ec", "-tls1_2", "-curves", curve) as server:
            line = asked(backend, server)
            equal((curve, line.error, line.text), (curve, 0, ""))


@both
def sends_nothing_without_randomness(backend):
    line = probe(backend, "--no-random", nginx().url("ec"))[0]
    refused(line, "TLS_RANDOM")
    equal(line.out, 0)


# --- client certificates -----------------------------------------------------

CLIENTS = (("client-ec.pem", "client-ec.key", "CN=client-ec"),
           ("client-ec.pem", "client-ec-old.key", "CN=client-ec"),
           ("client-rsa.pem", "client-rsa.key", "CN=client-rsa"),
           ("client-rsa.pem", "client-rsa-old.key", "CN=client-rsa"),
           ("client-mid.pem", "client-mid.key", "CN=client-mid"))


def client(cert, key):
    return ["--cert", file(cert), "--key", file(key)]


@both
def shows_its_certificate_to_nginx(backend):
    for name in ("verify-ec", "verify-rsa"):
        for cert, key, subject in CLIENTS:
            good(probe(backend, *client(cert, key), nginx().url(name))[0],
                 SHORT)
            assert '"%s"' % subject in nginx().asked(name)[-1]


@both
def shows_its_certificate_to_openssl(backend):
    for server_cert in ("ec", "rsa"):
        with openssl(server_cert, "-tls1_2", "-Verify", "3",
                     "-verify_return_error", "-CAfile",
                     file("clientca.crt")) as server:
            for cert, key, subject in CLIENTS:
                server.forget()
                good(asked(backend, server, *client(cert, key)), SHORT)
                assert subject.replace("=", " = ").encode() in server.out


@both
def shows_its_certificate_in_spite_of_a_server_that_takes_others(backend):
    with openssl("ec", "-tls1_2", "-Verify", "3", "-verify_return_error",
                 "-CAfile", file("clientca.crt")) as server:
        line = asked(backend, server, *client("client-other.pem",
                                              "client-other.key"))
        refused(line, alert(48))
        assert "CA" in line.text or "certificate" in line.text, line.text
        server.unasked()
    line = probe(backend, *client("client-other.pem", "client-other.key"),
                 nginx().url("verify-ec"))[0]
    good(line, status=400) # nginx refuses it in HTTP


@both
def goes_on_without_a_certificate_where_that_is_allowed(backend):
    good(probe(backend, nginx().url("verify-ec"))[0], status=400)
    with openssl("ec", "-tls1_2", "-verify", "1") as server:
        good(asked(backend, server), SHORT)


@both
def refuses_keys_that_it_cannot_use(backend):
    for args in (client("client-ec.pem", "client-ec-locked.key"),
                 client("client-ec.pem", "short"),
                 client("short", "client-ec.key")):
        p = begin_probe(backend, *args, nginx().url("ec"))
        err = p.communicate(timeout=20)[1]
        equal((args, p.returncode), (args, 2))
        assert err.startswith("tls_probe: /"), err


# --- sessions ----------------------------------------------------------------

def resumed(lines, *wanted):
    for line in lines:
        good(line, SHORT)
    equal([line.resumed for line in lines], list(wanted))


@both
def resumes_its_session(backend):
    for name in ("cached", "cached-rsa"):
        lines = probe(backend, "--no-keep", "--count", "3", nginx().url(name))
        resumed(lines, 0, 1, 1)
        equal([line.split()[2] for line in nginx().asked(name)[-3:]],
              [".", "r", "r"])
        equal(lines[1].pin, "0" * 64) # a resumed session shows no certificate
        assert lines[1].out < lines[0].out, lines
    with openssl("ec", "-tls1_2", "-no_ticket", "-WWW") as server:
        resumed(probe(backend, "--no-keep", "--count", "3",
                      server.url("/short")), 0, 1, 1)


@both
def uses_tickets_where_it_has_them(backend):
    """BearSSL has none, so each of its handshakes is a full one."""
    again = backend == "mbedtls"
    resumed(probe(backend, "--no-keep", "--count", "2",
                  nginx().url("tickets")), 0, again)


@both
def goes_on_where_no_session_is_kept(backend):
    """`forgetful` gives out a session ID, and then does not know it."""
    for name in ("uncached", "forgetful"):
        resumed(probe(backend, "--no-keep", "--count", "3",
                      nginx().url(name)), 0, 0, 0)
    with amtsim("ec") as url:
        equal([line.error for line in
               probe(backend, "--no-keep", "--count", "2",
                     url + "/amtsim/stats")], [0, 0])


@both
def keeps_its_connection_between_calls(backend):
    lines = probe(backend, "--count", "3", nginx().url("cached"))
    for line in lines:
        good(line, SHORT)
    equal([line.reused for line in lines], [0, 1, 1])
    lines = probe(backend, "--count", "3", nginx().url("close"))
    equal([(line.reused, line.body) for line in lines], [(0, 6)] * 3)


@both
def resumes_no_session_under_another_name(backend):
    url = nginx().url("cached-two-names")
    lines = probe(backend, url, url, "--name", "second.test", url, url,
                  "--name", "-", url)
    resumed(lines, 0, 1, 0, 1, 0)
    lines = probe(backend, url, "--name", "other.test", url, "--name", "-", url)
    good(lines[0])
    refused(lines[1], "TLS_NAME", 0)
    good(lines[2])


@both
def resumes_no_session_under_another_pin(backend):
    url = nginx().url("cached")
    resumed(probe(backend, url, "--pin", pin_of("ec"), url, url,
                  "--no-pins", url), 0, 0, 1, 0)
    lines = probe(backend, url, "--pin", pin_of("rsa"), url)
    good(lines[0])
    refused(lines[1], "TLS_PIN")


@both
def resumes_no_session_at_another_port(backend):
    url = nginx().url("cached")
    other = url.replace(str(nginx().ports["cached"]), str(nginx().second))
    resumed(probe(backend, url, other, other), 0, 0, 1)


@both
def resumes_no_session_that_was_begun_without_proof(backend):
    url = nginx().url("cached-self-signed")
    lines = probe(backend, "--insecure-chain", url, url, "--secure-chain", url)
    resumed(lines[:2], 0, 1)
    refused(lines[2], "TLS_SELF_SIGNED", 0)


@both
def resumes_no_session_under_other_anchors(backend):
    url = nginx().url("cached")
    lines = probe(backend, url, "--ca", file("other.crt"), url)
    good(lines[0], SHORT)
    refused(lines[1], "TLS_ISSUER", 0)


@both
def resumes_no_session_after_a_day_nor_without_a_clock(backend):
    url, now = nginx().url("cached"), int(time.time())
    resumed(probe(backend, "--time", str(now), url, "--time", str(now + 86000),
                  url), 0, 1)
    resumed(probe(backend, "--time", str(now), url, "--time", str(now + 86500),
                  url), 0, 0)
    lines = probe(backend, url, "--time", "0", url)
    good(lines[0], SHORT)
    refused(lines[1], "TLS_CLOCK")


@both
def resumes_no_session_with_another_client_certificate(backend):
    url = nginx().url("cached")
    resumed(probe(backend, url, *client("client-ec.pem", "client-ec.key"),
                  url, url), 0, 0, 1)


@both
def forgets_its_session(backend):
    url = nginx().url("cached")
    resumed(probe(backend, url, "--forget", url, url), 0, 0, 1)


# --- streams that are slow, cut or small -------------------------------------

@both
def works_a_byte_at_a_time(backend):
    certificate = client("client-rsa.pem", "client-rsa.key")
    for args in (["--count", "2", nginx().url("ec", "/middle")],
                 ["--no-keep", "--count", "2",
                  nginx().url("cached", "/middle")],
                 [nginx().url("rsa", "/middle")],
                 [nginx().url("chain3", "/middle")],
                 [*certificate, nginx().url("verify-ec", "/middle")]):
        for line in probe(backend, "--drip", *args):
            good(line, MIDDLE)
    with openssl("rsa", "-tls1_2", "-WWW") as server:
        good(probe(backend, "--drip", server.url("/middle"))[0], MIDDLE)
    with amtsim("ec") as url:
        good(probe(backend, "--drip", url + "/amtsim/stats")[0])
    for cert in ("expired", "self-signed", "wrong-name", "expired-mid"):
        refused(probe(backend, "--drip", nginx().url(cert))[0],
                *BAD[cert][1:])
    refused(probe(backend, "--drip", nginx().url("reject"))[0], alert(112))


@both
def works_with_little_room_for_the_reply(backend):
    for room in ("64", "100", "1000", "40000"):
        good(probe(backend, "--room", room, nginx().url("ec", "/middle"))[0],
             MIDDLE)


@both
def carries_2_MB(backend):
    good(probe(backend, nginx().url("ec", "/large"))[0], LARGE)
    good(probe(backend, nginx().url("rsa", "/large"))[0], LARGE)
    for options in (["-tls1_2"], ["-tls1_2", "-max_send_frag", "700"]):
        with openssl("ec", *options, "-WWW") as server:
            good(probe(backend, server.url("/large"))[0], LARGE)


@contextlib.contextmanager
def messages_2_MB(*options):
    """An amtsim with a long job log. Yields the URL, the token and the body
    that ask for the log, and the reply."""
    context = ssl.create_default_context(cafile=file("roots.pem"))
    with amtsim("ec", "--wire", "tests/wire-0.1.txt", *options) as url:
        def call(path, token=None, **members):
            post = urllib.request.Request(
                url + "/AmtOpConService/" + path, json.dumps(members).encode(),
                {"Content-Type": "application/json",
                 "Authorization": "Bearer %s" % token})
            with urllib.request.urlopen(post, context=context) as r:
                return r.read()
        token = json.loads(call("Authenticate", User="ocadm",
                                Password="opconxps"))["Token"]
        job = json.loads(call(
            "OpConJobAction", token, Action="START", TaskType="BATCH",
            ApplicationName="DEMO2", JobName="LOG_230_x_9001",
            SubmitUser="BATCH", Station="OPCON"))
        wanted = {"ApplicationName": "DEMO2",
                  "BatchrequestId": job["BatchrequestId"], "AfterSequence": 0}
        until(lambda: call("GetMessages", token, **wanted).count(b"Text")
              >= 230, "all messages")
        whole = call("GetMessages", token, **wanted)
        assert len(whole) > 2000000
        yield (url + "/AmtOpConService/GetMessages", token, json.dumps(wanted),
               whole)


@both
def carries_2_MB_from_GnuTLS(backend):
    with messages_2_MB() as (url, token, wanted, whole):
        good(probe(backend, "--secret", token, "--post", wanted, url)[0], whole)


def lines_of(size):
    """What the probe sends for --post-size."""
    return b"".join(b"%063d\n" % i for i in range(size // 64 + 1))[:size]


def uploaded(backend, server, size, *args, stop=0.0):
    """Sends `size` bytes; the server may sleep once they begin to come."""
    server.forget()
    p = begin_probe(backend, "--ca", file("roots.pem"), "--idle", "60000",
                    *args, "--post-size", str(size), server.url("/x"))
    until(lambda: b"\r\n\r\n" in server.out, "the request's head")
    head = server.out.index(b"\r\n\r\n") + 4
    if stop:
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(stop)
        server.process.send_signal(signal.SIGCONT)
    until(lambda: server.size() >= head + size or p.poll() is not None,
          "the request's end", 60)
    server.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"
                 b"Connection: close\r\n\r\n" + SHORT)
    line = ended(p)[0]
    good(line, SHORT)
    got = server.out[head:head + size]
    assert got == lines_of(size), "what arrived is not what was sent"
    return line


@both
def sends_2_MB(backend):
    with openssl("ec", "-tls1_2") as server:
        uploaded(backend, server, 2000000)
        line = uploaded(backend, server, 8000000, "--room", "60000", stop=0.7)
        assert line.polls < 20000, line # it waited, and did not spin
        uploaded(backend, server, 40000, "--drip")
        uploaded(backend, server, 40000, "--room", "64")
        if backend == "bearssl":
            for size in ("837", "1349", "4421", "33418"):
                uploaded(backend, server, 1000000, "--buffer", size, stop=0.3)
            uploaded(backend, server, 10000, "--buffer", "837", "--drip")
        else:
            for fragment in ("1", "4"):
                uploaded(backend, server, 1000000, "--fragment", fragment,
                         stop=0.3)
            uploaded(backend, server, 10000, "--fragment", "1", "--drip")


@both
def takes_a_reply_that_comes_before_its_request_has_gone_out(backend):
    """nginx refuses the request once it has read the head."""
    for size in ("1200000", "8000000"):
        good(probe(backend, "--post-size", size, nginx().url("small"))[0],
             status=413)


@contextlib.contextmanager
def abrupt(*options):
    """Answers 413 once a request has begun, or refuses the handshake. It closes
    with bytes unread, which resets the connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file("ec.crt"), file("ec.key"))
    if "demands" in options:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(file("clientca.crt"))
    done = threading.Event()

    def serve(listener):
        while not done.is_set():
            with contextlib.suppress(OSError): # among them ssl.SSLError
                raw = listener.accept()[0]
                with raw, context.wrap_socket(raw, server_side=True) as tls:
                    tls.recv(100)
                    tls.sendall(b"HTTP/1.1 413 Too Large\r\n"
                                b"Content-Length: 6\r\n\r\n" + SHORT)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield "https://localhost:%d/" % listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


@both
def reads_the_reply_of_a_server_that_has_reset_the_connection(backend):
    with abrupt() as url:
        for size in ("3000", "100000", "2000000"):
            for line in probe(backend, "--count", "10", "--no-keep",
                              "--post-size", size, url):
                good(line, SHORT, status=413)


@both
def reads_the_alert_of_a_server_that_has_reset_the_connection(backend):
    with abrupt("demands") as url:
        for _ in range(20):
            line = probe(backend, url)[0]
            refused(line, alert(40))
            assert "certificate" in line.text, line.text


@both
def opens_a_new_connection_when_the_server_has_closed_the_old(backend):
    for pause, again in (("100", 1), ("1600", 0)):
        lines = probe(backend, "--pause", pause, "--count", "2",
                      nginx().url("impatient"))
        for line in lines:
            good(line, SHORT)
        equal([line.reused for line in lines], [0, again])


@both
def waits_without_spinning_and_not_for_ever(backend):
    with openssl("ec", "-tls1_2") as server:
        p = begin_probe(backend, "--ca", file("roots.pem"), server.url())
        server.requested()
        time.sleep(1)
        server.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + SHORT)
        line = ended(p)[0]
        good(line, SHORT)
        assert line.polls < 50, line
    with openssl("ec", "-tls1_2") as server:
        p = begin_probe(backend, "--ca", file("roots.pem"), "--idle", "500",
                        server.url())
        server.requested()
        line = ended(p)[0]
        equal(line.error, E["TIMEOUT"])
        assert line.polls < 50, line
    with openssl("ec", "-tls1_2") as server: # it never says a word
        server.process.send_signal(signal.SIGSTOP)
        line = probe(backend, "--connect", "600", server.url())[0]
        refused(line, "TIMEOUT")
        assert line.polls < 50, line


def test_bearssl_has_buffers_of_many_sizes():
    for size in ("837", "1000", "1349", "2373", "4421", "5000", "16709",
                 "33418", "40000"):
        for name in ("ec", "rsa", "chain3"):
            good(probe("bearssl", "--buffer", size,
                       nginx().url(name, "/middle"))[0], MIDDLE)
        good(probe("bearssl", "--buffer", size, nginx().url("ec", "/large"))[0],
             LARGE)
        with openssl("ec", "-tls1_2", "-WWW") as server:
            good(probe("bearssl", "--buffer", size, server.url("/large"))[0],
                 LARGE)
    lines = probe("bearssl", "--buffer", "837", "--no-keep", "--count", "2",
                  nginx().url("cached"))
    resumed(lines, 0, 1)
    good(probe("bearssl", "--buffer", "837", "--drip",
               *client("client-rsa.pem", "client-rsa.key"),
               nginx().url("verify-rsa", "/middle"))[0], MIDDLE)


def test_bearssl_refuses_a_buffer_that_is_too_small():
    for size in ("1", "512", "836"):
        line = probe("bearssl", "--buffer", size, nginx().url("ec"))[0]
        refused(line, "TLS_BUFFER")
        equal(line.out, 0)


def test_bearssl_says_so_where_a_record_is_larger_than_its_buffer():
    """GnuTLS keeps to max_fragment_length in the handshake, but not after it; a
    later version may."""
    with messages_2_MB() as (url, token, wanted, whole):
        args = ["--secret", token, "--post", wanted, url]
        for size in ("837", "1349", "4421"):
            line = probe("bearssl", "--buffer", size, *args)[0]
            if line.error == 0:
                good(line, whole)
                skip("this GnuTLS keeps to max_fragment_length")
            else:
                equal(line.error, E["TLS_RECORD"])
        good(probe("bearssl", "--buffer", "16709", *args)[0], whole)


def test_mbedtls_asks_for_smaller_records():
    for fragment, size in (("1", 512), ("2", 1024), ("3", 2048), ("4", 4096)):
        args = ["--fragment", fragment]
        for name in ("ec", "p384"):
            good(probe("mbedtls", *args, nginx().url(name, "/middle"))[0],
                 MIDDLE)
        with openssl("ec", "-tls1_2", "-WWW") as server:
            line = probe("mbedtls", *args, server.url("/large"))[0]
            good(line, LARGE)
            records = len(LARGE) // size
            assert records * 20 < line.got - len(LARGE) < records * 40, line


def test_mbedtls_cannot_join_a_certificate_that_comes_in_many_records():
    """mbedTLS 2.28 takes no handshake message in several records. Its error
    says that a retry does not help."""
    for fragment in ("1", "2", "3", "4"):
        line = probe("mbedtls", "--fragment", fragment,
                     nginx().url("chain3"))[0]
        assert line.error <= -100, (line.error, line.text)
        refused(line, line.error)


@both
def takes_the_end_for_the_end_only_if_the_server_said_so(backend):
    """s_server -WWW speaks HTTP/1.0: the body ends with the connection."""
    with openssl("ec", "-tls1_2", "-WWW") as server:
        line = probe(backend, server.url("/middle"))[0]
        good(line, MIDDLE)
        whole = line.got
        line = probe(backend, "--cut", str(whole - 2000),
                     server.url("/middle"))[0]
        equal(line.error, E["TRUNCATED"])
        assert line.body < len(MIDDLE), line
        # Here nothing but the end of its close_notify is missing.
        line = probe(backend, "--cut", str(whole - 8), server.url("/middle"))[0]
        equal((line.error, line.body), (E["TRUNCATED"], len(MIDDLE)))


@both
def tells_a_connection_that_was_cut(backend):
    whole = probe(backend, nginx().url("ec", "/large"))[0].got
    for cut in (0, 1, 4, 5, 6, 100, 500): # all within the handshake
        line = probe(backend, "--cut", str(cut), nginx().url("ec"))[0]
        refused(line, "EOF")
    for left in (100, 5000, 1000000): # after the record with the head
        line = probe(backend, "--cut", str(whole - left),
                     nginx().url("ec", "/large"))[0]
        equal((left, line.error), (left, E["TRUNCATED"]))
    # An unfinished record gives nothing: no byte of this reply has come.
    whole = probe(backend, nginx().url("ec"))[0].got
    line = probe(backend, "--cut", str(whole - 20), nginx().url("ec"))[0]
    equal(line.error, E["EOF"])


@both
def tells_a_server_that_was_killed(backend):
    for reply, errors in ((b"HTTP/1.0 200 OK\r\n\r\nhalf a bod",
                           ("TRUNCATED", "RESET")),
                          (b"HTTP/1.0 200 OK\r\n", ("TRUNCATED", "RESET")),
                          (b"", ("EOF", "RESET", "TRUNCATED"))):
        with openssl("ec", "-tls1_2") as server:
            p = begin_probe(backend, "--ca", file("roots.pem"), server.url())
            server.requested()
            if reply:
                server.reply(reply)
                time.sleep(0.2)
            server.process.send_signal(signal.SIGKILL)
            line = ended(p)[0]
            assert line.error in [E[name] for name in errors], (reply, line)


@both
def refuses_to_renegotiate_and_does_not_hang(backend):
    for command in (b"r\n", b"R\n"):
        with openssl("ec", "-tls1_2") as server:
            begun = time.monotonic()
            p = begin_probe(backend, "--ca", file("roots.pem"), server.url())
            server.requested()
            server.reply(command)
            time.sleep(0.3)
            with contextlib.suppress(BrokenPipeError):
                server.reply(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" +
                             SHORT)
            line = ended(p)[0]
            assert line.error != E["TIMEOUT"], line
            assert time.monotonic() - begun < 5, line
            assert b"SECOND" not in server.out
            if line.error == 0:
                good(line, SHORT)


# --- GnuTLS ------------------------------------------------------------------

@both
def works_with_GnuTLS(backend):
    for cert in ("ec", "rsa", "p384", "chain1", "chain3"):
        with amtsim(cert) as url:
            lines = probe(backend, "--count", "2", url + "/amtsim/stats")
            for line in lines:
                good(line)
            equal([line.reused for line in lines], [0, 1])


@both
def refuses_with_GnuTLS_what_it_should(backend):
    for cert in ("self-signed", "expired-mid", "other-root-sent", "wrong-name",
                 "missing", "by-leaf"):
        with amtsim(cert) as url:
            refused(probe(backend, url + "/amtsim/stats")[0],
                    BAD[cert][1], BAD[cert][2])


# --- what is left out when it is built ---------------------------------------

LIBRARIES = {"bearssl": ["-lbearssl"],
             "mbedtls": ["-lmbedtls", "-lmbedx509", "-lmbedcrypto"]}


@functools.lru_cache(None)
def built(backend, *options):
    """Builds a probe with these options; its path stands for the backend."""
    name = "_".join([backend, *options]).replace("=", "_").replace("-D", "")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c99", "-g", "-Wall",
                    "-Wextra", "-Werror", "-I.", "-Ibackends",
                    "-DAMT_" + backend.upper(), *options,
                    "tests/tls_probe.c", "-o", file("probe_" + name),
                    *LIBRARIES[backend]], check=True)
    return file("probe_" + name)


@both
def without_IP_addresses_refuses_them_and_has_the_rest(backend):
    b = built(backend, "-DAMT_TLS_NO_IP")
    good(probe(b, nginx().url("ec"))[0], SHORT)
    for cert in ("ec", "wrong-ip", "ip-as-name", "ip-as-cn"):
        for args in (["--name", "127.0.0.1", nginx().url(cert)],
                     [nginx().url(cert, host="127.0.0.1")]):
            line = probe(b, *args)[0]
            equal((cert, line.error < 0), (cert, True))
            refused(line, ("TLS_IP", "TLS_NAME"))
    refused(probe(b, "--pin", pin_of("rsa"), nginx().url("ec"))[0], "TLS_PIN")
    good(probe(b, "--pin", pin_of("ec"), nginx().url("ec"))[0], SHORT)
    refused(probe(b, nginx().url("not-yet"))[0], "TLS_NOT_YET", 0)


@both
def without_pins_refuses_them_and_has_the_rest(backend):
    b = built(backend, "-DAMT_TLS_NO_PIN")
    good(probe(b, nginx().url("ec", host="127.0.0.1"))[0], SHORT)
    refused(probe(b, nginx().url("wrong-ip", host="127.0.0.1"))[0], "TLS_IP")
    # A pin that cannot be checked must not be passed over.
    for cert in ("ec", "rsa", "self-signed"):
        for args in ([], ["--insecure-chain"]):
            line = probe(b, *args, "--pin", pin_of("rsa"),
                         nginx().url(cert))[0]
            equal((args, cert, line.error < 0), (args, cert, True))
            refused(line, line.error)


@both
def without_both_still_verifies(backend):
    b = built(backend, "-DAMT_TLS_NO_PIN", "-DAMT_TLS_NO_IP")
    good(probe(b, nginx().url("ec"))[0], SHORT)
    for cert in ("expired", "expired-mid", "not-yet"): # one error for these
        refused(probe(b, nginx().url(cert))[0], "TLS_EXPIRED")
    for cert in ("self-signed", "other-root", "other-root-sent", "missing"):
        refused(probe(b, nginx().url(cert))[0], "TLS_ISSUER")
    refused(probe(b, nginx().url("wrong-name"))[0], "TLS_NAME", 0)
    for cert in ("ec", "ip-as-name"):
        refused(probe(b, nginx().url(cert, host="127.0.0.1"))[0],
                ("TLS_IP", "TLS_NAME"))
    for args in (["--insecure-chain"], ["--insecure-dates"],
                 ["--pin", pin_of("ec")]):
        line = probe(b, *args, nginx().url("ec"))[0]
        assert line.error < 0, (args, line)
        refused(line, line.error)
    resumed(probe(b, "--no-keep", "--count", "2", nginx().url("cached")), 0, 1)


def test_bearssl_small_has_elliptic_curves_only():
    b = built("bearssl", "-DAMT_BEARSSL_SMALL")
    for cert in ("ec", "chain1", "chain3"):
        good(probe(b, nginx().url(cert))[0], SHORT)
    refused(probe(b, nginx().url("rsa"))[0], alert(40))
    refused(probe(b, nginx().url("wrong-name"))[0], "TLS_NAME", 0)
    refused(probe(b, nginx().url("self-signed"))[0], "TLS_SELF_SIGNED", 0)


@both
def believes_no_clock_before_its_own_date(backend):
    b = built(backend, "-DAMT_BUILD_TIME=2000000000")
    refused(probe(b, nginx().url("ec"))[0], "TLS_CLOCK")
    refused(probe(b, "--time", "1999999999", nginx().url("ec"))[0], "TLS_CLOCK")
    good(probe(b, "--time", "2000000000", nginx().url("ec"))[0], SHORT)


if __name__ == "__main__":
    with SHARED:
        main(dict(globals()))
