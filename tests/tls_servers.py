# SPDX-License-Identifier: MIT OR Unlicense
"""TLS servers from Debian's packages, at their defaults, with both stacks. What
does a server do that wants a client certificate and gets none (20 times each)?
Does it resume a session, and if not, which setting makes it? Does it send
records as short as it is asked for? Prints two tables, and says which servers
cannot be had. Environment as for tls.py.
usage: tls_servers.py [WORD]   only the servers with WORD in their name"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from programs import free_port
from tls import (BACKENDS, CLIENTS, SHARED, certificates, client, file, probe)

PATH = os.environ["PATH"] + ":/usr/sbin:/usr/local/go/bin"

# Each server's files. {d} is its folder; {demand} is what makes it demand a
# client certificate, or nothing.
APACHE = """ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
ServerRoot {d}
PidFile {d}/pid
ErrorLog {d}/log
DocumentRoot {d}/www
SSLSessionCache shmcb:{d}/cache(512000)
Listen 127.0.0.1:{port}
SSLEngine on
SSLCertificateFile {cert}
SSLCertificateKeyFile {key}
{demand}
"""
HAPROXY = """global
 maxconn 100
defaults
 mode http
 timeout client 5s
 timeout connect 5s
 timeout server 5s
frontend f
 bind 127.0.0.1:{port} ssl crt {d}/both.pem {demand}
 http-request return status 200 content-type text/plain file {d}/www/index.html
"""
STUNNEL = """foreground = yes
pid =
[s]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{plain}
cert = {cert}
key = {key}
{demand}
"""
LIGHTTPD = """server.modules = ("mod_openssl")
server.document-root = "{d}/www"
server.bind = "127.0.0.1"
server.port = {port}
ssl.engine = "enable"
ssl.pemfile = "{d}/chain.pem"
ssl.privkey = "{key}"
{demand}
"""
NGINX = """daemon off; pid {d}/pid; error_log {d}/log;
events {{ worker_connections 50; }}
http {{ access_log off; root {d}/www; client_body_temp_path {d}/t1;
proxy_temp_path {d}/t2; fastcgi_temp_path {d}/t3; uwsgi_temp_path {d}/t4;
scgi_temp_path {d}/t5;
server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert};
ssl_certificate_key {key}; {demand} {cure} }} }}
"""
PYTHON = """import http.server, os, ssl
os.chdir("{d}/www")
c = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
c.load_cert_chain("{cert}", "{key}")
{demand}
s = http.server.ThreadingHTTPServer(("127.0.0.1", {port}),
                                    http.server.SimpleHTTPRequestHandler)
s.socket = c.wrap_socket(s.socket, server_side=True)
s.serve_forever()
"""
NODE = """const fs = require('fs');
const s = require('https').createServer({{ cert: fs.readFileSync('{cert}'),
  key: fs.readFileSync('{key}'), {demand} }},
  (q, r) => r.end('hello'.repeat(1600)));
{cure}
s.listen({port}, '127.0.0.1');
"""
GO = """package main
import ("bytes"; "crypto/tls"; "crypto/x509"; "net/http"; "os")
func main() {{
  pool := x509.NewCertPool()
  pem, _ := os.ReadFile("{ca}")
  pool.AppendCertsFromPEM(pem)
  s := http.Server{{Addr: "127.0.0.1:{port}", TLSConfig: &tls.Config{{
    ClientCAs: pool, {demand} }},
    Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {{
      w.Write(bytes.Repeat([]byte("hello"), 1600)) }})}}
  s.ListenAndServeTLS("{cert}", "{key}")
}}
"""
JAVA = """import java.io.*; import java.net.*; import java.security.*;
import javax.net.ssl.*;
public class S {{
  public static void main(String[] a) throws Exception {{
    KeyStore k = KeyStore.getInstance("PKCS12");
    k.load(new FileInputStream("{d}/both.p12"), "x".toCharArray());
    KeyManagerFactory f = KeyManagerFactory.getInstance("SunX509");
    f.init(k, "x".toCharArray());
    TrustManagerFactory t = TrustManagerFactory.getInstance("PKIX");
    k.setCertificateEntry("clients", java.security.cert.CertificateFactory
      .getInstance("X.509").generateCertificate(new FileInputStream("{ca}")));
    t.init(k);
    SSLContext c = SSLContext.getInstance("TLS");
    c.init(f.getKeyManagers(), t.getTrustManagers(), null);
    SSLServerSocket q = (SSLServerSocket) c.getServerSocketFactory()
      .createServerSocket({port}, 50, InetAddress.getByName("127.0.0.1"));
    {demand}
    while (true) try (Socket s = q.accept()) {{
      BufferedReader r = new BufferedReader(
        new InputStreamReader(s.getInputStream()));
      while (r.readLine().length() > 0);
      s.getOutputStream().write(("HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n"
        + "Content-Length: 8000\\r\\n\\r\\n" + "hello".repeat(1600))
        .getBytes());
    }} catch (Exception e) {{ System.out.println(e); }}
  }}
}}
"""

SERVERS = {
    "Apache": ("apache2", {"conf": APACHE}, "apache2 -X -f {d}/conf",
               "SSLVerifyClient require\nSSLCACertificateFile {ca}"),
    "HAProxy": ("haproxy", {"conf": HAPROXY}, "haproxy -db -f {d}/conf",
                "ca-file {ca} verify required"),
    "stunnel": ("stunnel4", {"conf": STUNNEL}, "stunnel4 {d}/conf",
                "verifyChain = yes\nCAfile = {ca}"),
    "lighttpd": ("lighttpd", {"conf": LIGHTTPD}, "lighttpd -D -f {d}/conf",
                 'ssl.verifyclient.activate = "enable"\n'
                 'ssl.verifyclient.enforce = "enable"\n'
                 'ssl.ca-file = "{ca}"'),
    "nginx": ("nginx", {"conf": NGINX}, "nginx -c {d}/conf -p {d} -e {d}/log",
              "ssl_client_certificate {ca}; ssl_verify_client on;"),
    "GnuTLS": ("gnutls-serv", {}, "gnutls-serv -q -p {port} --http "
               "--x509certfile {cert} --x509keyfile {key} "
               "--x509cafile {ca} {demand}", "--require-client-cert"),
    "OpenSSL": ("openssl", {}, "openssl s_server -quiet -www -accept "
                "127.0.0.1:{port} -cert {cert} -key {key} {demand}",
                "-Verify 2 -verify_return_error -CAfile {ca}"),
    "Python": ("python3", {"s.py": PYTHON}, "python3 {d}/s.py",
               "c.verify_mode = ssl.CERT_REQUIRED\n"
               "c.load_verify_locations('{ca}')"),
    "Node": ("node", {"s.js": NODE}, "node {d}/s.js",
             "ca: fs.readFileSync('{ca}'), requestCert: true, "
             "rejectUnauthorized: true"),
    "Go": ("go", {"s.go": GO}, "{d}/s",
           "ClientAuth: tls.RequireAndVerifyClientCert"),
    "Java": ("javac", {"S.java": JAVA}, "java {cure} -cp {d} S",
             "q.setNeedClientAuth(true);"),
}

PREPARE = {"Go": "cd {d} && HOME={d} GO111MODULE=off go build -o s s.go",
           "Java": "cd {d} && javac S.java && openssl pkcs12 -export -in {cert}"
                   " -inkey {key} -passout pass:x -out both.p12"}


# For servers that do not resume a session by its ID at their defaults: what
# their files or command need for that, and the same in words.
CURES = {
    "nginx": ("ssl_session_cache shared:S:1m;",
              "`ssl_session_cache shared:S:1m;`"),
    "Node": ("const m = new Map();\n"
             "s.on('newSession', (id, data, done) => {\n"
             "  m.set(id.toString('hex'), data); done(); });\n"
             "s.on('resumeSession', (id, done) =>\n"
             "  done(null, m.get(id.toString('hex')) || null));",
             "a program that keeps them: `newSession`, `resumeSession`"),
    "Java": ("-Djdk.tls.useExtendedMasterSecret=false",
             "`-Djdk.tls.useExtendedMasterSecret=false`"),
}


@contextlib.contextmanager
def running(name, demands, cured=False):
    program, files, command, demand = SERVERS[name]
    port, plain = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="amt-server.") as d, \
         contextlib.ExitStack() as stack:
        os.mkdir(d + "/www")
        os.chmod(d, 0o755)
        values = {"d": d, "port": port, "plain": plain, "cert": file("ec.crt"),
                  "key": file("ec.key"), "ca": file("clientca.crt")}
        values["demand"] = demand.format(**values) if demands else ""
        values["cure"] = CURES[name][0] if cured else ""
        for path, text in files.items():
            with open(d + "/" + path, "w", encoding="utf-8") as f:
                f.write(text.format(**values))
        with open(d + "/www/index.html", "w", encoding="ascii") as f:
            f.write("hello" * 1600)
        values["roots"] = file("roots.pem")
        for path, parts in (("both.pem", ("cert", "key")),
                            ("chain.pem", ("cert", "roots"))):
            with open("%s/%s" % (d, path), "w", encoding="ascii") as f:
                for part in parts:
                    with open(values[part], encoding="ascii") as one:
                        f.write(one.read())
        environment = {**os.environ, "PATH": PATH}
        if name in PREPARE:
            subprocess.run(["sh", "-c", PREPARE[name].format(**values)],
                           env=environment, check=True, capture_output=True)
        if name == "stunnel": # it needs a server behind it
            web = subprocess.Popen(["python3", "-m", "http.server", str(plain),
                                    "-b", "127.0.0.1", "-d", d + "/www"],
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
            stack.callback(web.wait)
            stack.callback(web.kill)
            listens(plain, web)
        with open(d + "/out", "wb") as out:
            server = subprocess.Popen(command.format(**values).split(), cwd=d,
                                      env=environment, stdout=out, stderr=out,
                                      stdin=subprocess.PIPE)
        stack.callback(server.wait)
        stack.callback(server.kill)
        try:
            listens(port, server)
        except AssertionError:
            with open(d + "/out", encoding="utf-8", errors="replace") as f:
                raise AssertionError(f.read()) from None
        yield "https://localhost:%d/index.html" % port


def listens(port, server):
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("it does not listen")


def name_of(line):
    if line.error:
        return "alert %d" % (-400 - line.error) if line.error <= -400 \
            else "error %d" % line.error
    return "HTTP %d" % line.status


def missing(name, backend):
    """The errors that a missing certificate gives, with their counts. With a
    certificate there is none."""
    seen = {}
    with running(name, True) as url:
        line = probe(backend, *client(*CLIENTS[0][:2]), url)[0]
        assert (line.error, line.status) == (0, 200), (name, backend, line)
        for _ in range(20):
            line = probe(backend, url)[0]
            seen[name_of(line)] = seen.get(name_of(line), 0) + 1
            if line.error:
                assert line.error <= -400, (name, backend, line)
                assert "certificate" in line.text, line.text
                assert (line.records, line.sent) == (0, 0), line
            else:
                assert line.status == 400, (name, backend, line)
    return ", ".join("%s, %d of 20" % each for each in seen.items())


def resumes(name, backend, cured=False):
    with running(name, False, cured) as url:
        lines = probe(backend, "--no-keep", "--count", "3", url)
        assert all(line.error == 0 for line in lines), lines
        return "yes" if lines[2].resumed else "no"


def cure(name, backend):
    """The setting with which the server resumes sessions."""
    if name not in CURES:
        return ""
    assert resumes(name, backend, True) == "yes", name
    return CURES[name][1]


def short_records(name, backend):
    """Whether a reply of 8,000 bytes comes in records of 1,024, which is all
    that there is room for. A server may send longer ones in spite of that."""
    with running(name, False) as url:
        line = probe(backend, "--buffer", "1500", url)[0]
        if line.error == 0 and line.body < 2000:
            return "not seen: a short reply"
        assert line.error in (0, -148), line
        return "no" if line.error else "yes"


def row(name, asked):
    """Prints a line of a table; returns how many of its cells failed."""
    cells, failed = [], 0
    for ask, backend in asked:
        try:
            cells.append(ask(name, backend))
        except Exception as e:  # the next one is asked all the same
            cells.append("FAILED")
            failed += 1
            print("%s, %s: %s" % (name, backend, e), file=sys.stderr)
    print("| %s | %s |" % (name, " | ".join(cells)), flush=True)
    return failed


def main():
    failed = 0
    word = sys.argv[1].lower() if len(sys.argv) > 1 else ""
    here = []
    certificates()
    for name in SERVERS:
        if word not in name.lower():
            continue
        if shutil.which(SERVERS[name][0], path=PATH):
            here.append(name)
        else:
            print("skip    %s: %s is not installed" % (name, SERVERS[name][0]))
    print("| server | no client certificate: BearSSL | mbedTLS |\n|---|---|---|")
    for name in here:
        failed += row(name, [(missing, each) for each in BACKENDS])
    print("\n| server | resumes by default: BearSSL | mbedTLS | lets BearSSL "
          "resume | short records |\n|---|---|---|---|---|")
    for name in here:
        failed += row(name, [(resumes, each) for each in BACKENDS] +
                      [(cure, "bearssl"), (short_records, "bearssl")])
    print("servers: %d failed" % failed)
    return failed != 0


if __name__ == "__main__":
    with SHARED:
        sys.exit(main())
