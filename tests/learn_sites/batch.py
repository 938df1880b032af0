# SPDX-License-Identifier: MIT OR Unlicense
"""What the sites share: a job that goes through its states, a server that
takes any method, a client. A site is a module with a class Site and client().
"""
import http.client
import http.server
import json
import threading
import urllib.parse

TEXTS = ["Report started", 'Line "two" with \\ and \u00e4 \u20ac',
         "  3 of 3 rows, 100 %", "Report done."]
TIMES = ["2026-11-29T22:01:0%dZ" % n for n in range(1, 5)]
USERS = ("api", "night")
QUEUED, RUNNING, DONE, KILLED = range(4)


class Refused(Exception):
  pass


def must(condition, words):
  if not condition:
    raise Refused(words)


class Job:
  def __init__(self, ident, application, name, parameters, **more):
    self.ident, self.application, self.name = ident, application, name
    self.parameters, self.more = parameters, more
    self.polls, self.ends, self.wishes = 0, False, []

  def state(self):
    """The next state. A job whose name begins with LONG ends only by a kill."""
    self.polls += 1
    if self.ends:
      return KILLED
    if self.polls == 1:
      return QUEUED
    if self.polls < 4 or self.name.startswith("LONG"):
      return RUNNING
    return DONE

  def texts(self):
    return TEXTS[:0 if self.polls < 2 else 2 if self.polls < 4 else 4]


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = "HTTP/1.1"
  disable_nagle_algorithm = True
  style = "length"                  # or "chunked", "close"

  def log_message(self, *words):
    pass

  def handle_one(self):
    size = int(self.headers.get("Content-Length") or 0)
    self.body = self.rfile.read(size)
    url = urllib.parse.urlsplit(self.path)
    self.query = dict(urllib.parse.parse_qsl(url.query, True))
    self.form = dict(urllib.parse.parse_qsl(self.body.decode(), True))
    self.more_headers = []
    site = self.server.site
    try:
      with site.lock:
        code, value = site.answer(self, self.command,
                                  urllib.parse.unquote(url.path))
    except (Refused, KeyError, TypeError, ValueError, IndexError) as fault:
      site.mistakes.append("%s %s %r: %r" % (self.command, self.path,
                                             self.body, fault))
      code, value = 400, {"title": str(fault)}
    self.reply(code, value)

  do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_one

  def json(self):
    return json.loads(self.body)

  def reply(self, code, value):
    body = b"" if value is None else value if isinstance(value, bytes) else \
        json.dumps(value, ensure_ascii=False).encode()
    self.send_response(code)
    if value is not None:
      kind = "application/json; charset=utf-8"
      if isinstance(value, bytes):
        kind = "text/plain"
      self.send_header("Content-Type", kind)
    for name, text in self.more_headers:
      self.send_header(name, text)
    if self.style == "close":
      self.send_header("Connection", "close")
      self.close_connection = True
    elif self.style == "chunked" and code != 204:
      self.send_header("Transfer-Encoding", "chunked")
      body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in
                      [body[n:n + 23] for n in range(0, len(body), 23)]
                      ) + b"0\r\n\r\n"
    elif code != 204:
      self.send_header("Content-Length", str(len(body)))
    self.end_headers()
    self.wfile.write(body)


class Site:
  """Each site's answer(handler, method, path) returns a code and a value."""
  style, version = "length", "HTTP/1.1"

  def __init__(self):
    self.lock, self.mistakes = threading.Lock(), []
    self.jobs, self.sign_ins = {}, 0
    handler = type("H", (Handler,), {"style": self.style,
                                     "protocol_version": self.version})
    self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    self.server.daemon_threads = True
    self.server.site = self
    self.port = self.server.server_address[1]
    threading.Thread(target=self.server.serve_forever, args=(0.02,),
                     daemon=True).start()

  def add(self, ident, *given, **more):
    job = Job(ident, *given, **more)
    self.jobs[str(ident)] = job
    return job


class Client:
  def __init__(self, port, keep=True):
    self.port, self.keep, self.connection = port, keep, None
    self.headers = {"User-Agent": "Scheduler/7.2", "Accept": "*/*"}

  def note(self, *exchange):
    pass

  def ask(self, method, path, body=None, **headers):
    if not self.keep or not self.connection:
      self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
    all_headers = dict(self.headers)
    if isinstance(body, bytes):
      all_headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif body is not None:
      all_headers["Content-Type"] = "application/json; charset=utf-8"
      body = json.dumps(body).encode()
    all_headers.update((k.replace("_", "-"), v) for k, v in headers.items())
    self.connection.request(method, path, body, all_headers)
    reply = self.connection.getresponse()
    data = reply.read()
    self.reply_headers = reply.headers
    self.note(method, path, body, all_headers, reply, data)
    if reply.status >= 400:
      raise SystemExit("%s %s: %d %r" % (method, path, reply.status, data))
    try:
      return json.loads(data) if data else None
    except ValueError:
      return data
