/* test_http.c - amt_http.h alone: URLs, requests, replies, connections over a
   scripted stream, and POSIX sockets on the loopback interface.

   Each reply ends at an unreadable page, is fed whole, byte by byte and cut at
   every position, to the parser and through connections with buffers from 64
   bytes up, and must always read the same.

   Contents: >>url >>request >>reader >>replies >>refusals >>caps >>stream
   >>calls >>keep >>early >>time >>faults >>posix >>system >>main */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The library's system calls go through these doubles; see >>system. */
static int    fake_socket(int family, int type, int protocol);
static int    fake_fcntl(int fd, int command, int value);
static int    fake_connect(int fd, const struct sockaddr *to, socklen_t n);
static int    fake_getsockopt(int fd, int level, int name, void *p,
                              socklen_t *n);
static int    fake_poll(struct pollfd *p, nfds_t n, int ms);
static time_t fake_time(time_t *to);
static int    fake_getaddrinfo(const char *host, const char *service,
                               const struct addrinfo *hints,
                               struct addrinfo **list);
static void   fake_freeaddrinfo(struct addrinfo *list);
#define socket(...) fake_socket(__VA_ARGS__)
#define fcntl(...) fake_fcntl(__VA_ARGS__)
#define connect(...) fake_connect(__VA_ARGS__)
#define getsockopt(...) fake_getsockopt(__VA_ARGS__)
#define poll(...) fake_poll(__VA_ARGS__)
#define time(...) fake_time(__VA_ARGS__)
#define getaddrinfo(...) fake_getaddrinfo(__VA_ARGS__)
#define freeaddrinfo(...) fake_freeaddrinfo(__VA_ARGS__)
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt_http.h"
#undef socket
#undef fcntl
#undef connect
#undef getsockopt
#undef poll
#undef time
#undef getaddrinfo
#undef freeaddrinfo
#include "check.h"

static const char *error_name(int e)
{
  static const struct { int e; const char *name; } names[] = {
    { AMT_AGAIN, "AGAIN" }, { AMT_HTTP_SEND, "SEND" },
    { AMT_HTTP_HEAD, "HEAD" }, { AMT_HTTP_BODY, "BODY" },
    { AMT_HTTP_END, "END" }, { AMT_E_EOF, "EOF" }, { AMT_E_RESET, "RESET" },
    { AMT_E_TIMEOUT, "TIMEOUT" }, { AMT_E_DNS, "DNS" },
    { AMT_E_CONNECT, "CONNECT" }, { AMT_E_TRUNCATED, "TRUNCATED" },
    { AMT_E_HTTP_STATUS, "STATUS" }, { AMT_E_HTTP_HEADER, "HEADER" },
    { AMT_E_HTTP_SIZE, "SIZE" }, { AMT_E_HTTP_LENGTH, "LENGTH" },
    { AMT_E_HTTP_FRAMING, "FRAMING" }, { AMT_E_HTTP_CODING, "CODING" },
    { AMT_E_HTTP_ENCODING, "ENCODING" }, { AMT_E_HTTP_CHUNK, "CHUNK" },
    { AMT_E_HTTP_INTERIM, "INTERIM" },
    { AMT_E_HTTP_UNASKED, "UNASKED" }, { AMT_E_URL_SCHEME, "URL_SCHEME" },
    { AMT_E_URL_HOST, "URL_HOST" }, { AMT_E_URL_PORT, "URL_PORT" },
    { AMT_E_URL_PATH, "URL_PATH" }, { AMT_E_NO_TLS, "NO_TLS" },
    { AMT_E_NO_ROOM, "NO_ROOM" }
  };
  size_t i;
  for (i = 0; i < COUNT(names); i++)
    if (names[i].e == e) return names[i].name;
  return "(unknown)";
}

static void every_error_has_its_words(void **state)
{
  int e, n = 0;
  (void)state;
  for (e = -300; e <= 10; e++) {
    int known = e < 0 && strcmp(error_name(e), "(unknown)") != 0;
    assert_int_equal(amt_http_error(e)[0] != 0, known);
    n += known;
  }
  assert_int_equal(n, 22);
}

/* ------------------------------------------------------------------------
   >>url */

static void urls_are_taken_apart(void **state)
{
  static const struct {
    const char *in, *host, *path;
    unsigned    port, tls, ip6;
  } list[] = {
    { "http://a", "a", "", 80, 0, 0 },
    { "http://a/", "a", "/", 80, 0, 0 },
    { "https://a", "a", "", 443, 1, 0 },
    { "HTTP://A.example/x", "A.example", "/x", 80, 0, 0 },
    { "hTtPs://a/", "a", "/", 443, 1, 0 },
    { "http://127.0.0.1:42000", "127.0.0.1", "", 42000, 0, 0 },
    { "http://a:1/", "a", "/", 1, 0, 0 },
    { "http://a:65535/", "a", "/", 65535, 0, 0 },
    { "https://a:80/", "a", "/", 80, 1, 0 },
    { "http://a-b_c.d1:8080/p/q?r=s&t=%20", "a-b_c.d1", "/p/q?r=s&t=%20", 8080,
      0, 0 },
    { "http://[::1]", "::1", "", 80, 0, 1 },
    { "http://[2001:DB8::A]:81/x", "2001:DB8::A", "/x", 81, 0, 1 },
    { "https://[::ffff:192.0.2.1]/", "::ffff:192.0.2.1", "/", 443, 1, 1 },
    { "http://a//b/../c;d=e,f:g@h!$'()*+~", "a", "//b/../c;d=e,f:g@h!$'()*+~",
      80, 0, 0 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(list); i++) {
    amt_url     u;
    size_t      n = strlen(list[i].in) + 1;
    const char *in = (const char *)edge_copy(list[i].in, n);
    int         e = amt_url_parse(&u, in);
    if (e != 0) fail_msg("%s: %s", list[i].in, error_name(e));
    assert_int_equal(u.host_len, strlen(list[i].host));
    assert_memory_equal(u.host, list[i].host, u.host_len);
    assert_int_equal(u.path_len, strlen(list[i].path));
    assert_memory_equal(u.path, list[i].path, u.path_len);
    assert_int_equal(u.port, list[i].port);
    assert_int_equal(u.tls, list[i].tls);
    assert_int_equal(u.ip6, list[i].ip6);
  }
}

static void a_malformed_url_is_refused(void **state)
{
  static const struct { const char *in; int e; } list[] = {
    { "", AMT_E_URL_SCHEME }, { "h", AMT_E_URL_SCHEME },
    { "http", AMT_E_URL_SCHEME }, { "http:", AMT_E_URL_SCHEME },
    { "http:/", AMT_E_URL_SCHEME }, { "https:/", AMT_E_URL_SCHEME },
    { "https", AMT_E_URL_SCHEME }, { "httpss://a", AMT_E_URL_SCHEME },
    { "ftp://a", AMT_E_URL_SCHEME }, { "//a", AMT_E_URL_SCHEME },
    { "a", AMT_E_URL_SCHEME }, { " http://a", AMT_E_URL_SCHEME },
    { "http//a", AMT_E_URL_SCHEME }, { "http:\\\\a", AMT_E_URL_SCHEME },
    { "xhttp://a", AMT_E_URL_SCHEME }, { "http\n://a", AMT_E_URL_SCHEME },
    { "http://", AMT_E_URL_HOST }, { "http:///", AMT_E_URL_HOST },
    { "http://:80/", AMT_E_URL_HOST }, { "http://?x", AMT_E_URL_HOST },
    { "http://u@a/", AMT_E_URL_HOST }, { "http://a b/", AMT_E_URL_HOST },
    { "http://u:p@a/", AMT_E_URL_HOST }, { "http://a\r\nX:1/", AMT_E_URL_HOST },
    { "http://a\t/", AMT_E_URL_HOST }, { "http://\xC3\xA9/", AMT_E_URL_HOST },
    { "http://a%41/", AMT_E_URL_HOST }, { "http://a?x", AMT_E_URL_HOST },
    { "http://a#x", AMT_E_URL_HOST }, { "http://a\\b", AMT_E_URL_HOST },
    { "http://::1/", AMT_E_URL_HOST }, { "http://[::1", AMT_E_URL_HOST },
    { "http://[]/", AMT_E_URL_HOST }, { "http://[::1]x/", AMT_E_URL_HOST },
    { "http://[1.2.3.4]/", AMT_E_URL_HOST }, { "http://[a]/", AMT_E_URL_HOST },
    { "http://[::1%25lo]/", AMT_E_URL_HOST },
    { "http://[[::1]]", AMT_E_URL_HOST },
    { "http://[::g]/", AMT_E_URL_HOST }, { "http://[1:2:3]/", AMT_E_URL_HOST },
    { "http://]/", AMT_E_URL_HOST },
    { "http://a:", AMT_E_URL_PORT }, { "http://a:/", AMT_E_URL_PORT },
    { "http://a:0/", AMT_E_URL_PORT }, { "http://a:65536/", AMT_E_URL_PORT },
    { "http://a:99999999999999999999/", AMT_E_URL_PORT },
    { "http://a:4294967376/", AMT_E_URL_PORT }, /* 2^32 + 80 */
    { "http://a:+80/", AMT_E_URL_PORT }, { "http://a:-80/", AMT_E_URL_PORT },
    { "http://a:8a/", AMT_E_URL_PORT }, { "http://a: 80/", AMT_E_URL_PORT },
    { "http://a:80:80/", AMT_E_URL_PORT }, { "http://a:80?x", AMT_E_URL_HOST },
    { "http://a:80\r\n", AMT_E_URL_PORT },
    { "http://a/ ", AMT_E_URL_PATH }, { "http://a/b c", AMT_E_URL_PATH },
    { "http://a/\r\nX: y", AMT_E_URL_PATH }, { "http://a/\n", AMT_E_URL_PATH },
    { "http://a/\x7F", AMT_E_URL_PATH }, { "http://a/\x01", AMT_E_URL_PATH },
    { "http://a/#f", AMT_E_URL_PATH }, { "http://a/?#", AMT_E_URL_PATH },
    { "http://a/\xC3\xA9", AMT_E_URL_PATH }, { "http://a/\x80", AMT_E_URL_PATH }
  };
  static char long_host[300] = "http://";
  amt_url     u;
  size_t      i;
  (void)state;
  for (i = 0; i < COUNT(list); i++) {
    size_t n = strlen(list[i].in) + 1;
    int    e = amt_url_parse(&u, (const char *)edge_copy(list[i].in, n));
    if (e != list[i].e)
      fail_msg("%s: got %s, want %s", list[i].in, error_name(e),
               error_name(list[i].e));
  }
  memset(long_host + 7, 'a', 253);
  assert_int_equal(amt_url_parse(&u, long_host), 0);
  long_host[7 + 253] = 'a';
  assert_int_equal(amt_url_parse(&u, long_host), AMT_E_URL_HOST);
}

/* As the system's inet_pton judges. */
static void judge_address(const char *p, size_t n)
{
  amt_address   a;
  unsigned char want[16];
  char          copy[80];
  int           len, ours;
  memset(want, 0, sizeof want);
  memset(&a, 0x77, sizeof a);
  memcpy(copy, p, n);
  copy[n] = 0;
  len = inet_pton(AF_INET, copy, want) == 1    ? 4
        : inet_pton(AF_INET6, copy, want) == 1 ? 16
                                               : 0;
  ours = amt_address_parse(&a, (const char *)edge_copy(p, n), n);
  if (ours != (len != 0)) fail_msg("\"%s\": got %d", copy, ours);
  if (len != 0) {
    assert_int_equal(a.len, len);
    if (memcmp(a.ip, want, (size_t)len) != 0) fail_msg("\"%s\": wrong", copy);
  }
}

static const char *const addresses[] = {
  "0.0.0.0", "127.0.0.1", "255.255.255.255", "192.0.2.1", "256.1.1.1",
  "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "01.2.3.4", "1.2.3.04",
  "00.0.0.0", "0x7f.0.0.1", "127.1", "2130706433", "1.2.3.4 ", " 1.2.3.4",
  "1.2.3.+4", "1.2.3.4/8", "", ".", "1.2.3.1000", "1.2.3.4294967297", "a.b.c.d",
  "::", "::1", "1::", "::1:2", "1::2", "2001:db8::1", "2001:DB8:0:0:0:0:0:1",
  "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "::ffff:192.0.2.1",
  "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
  "::1.2.3.4", "::1.2.3", "::1.2.3.4:5", "::1.2.3.400", "1.2.3.4::", ":", ":1",
  "1:", "1:2:", ":::", "1:::2", "::1::", "1::2::3", "12345::", "::g", "::-1",
  "fe80::1%lo", "fe80::1%1", "[::1]", "::1 ", " ::1", "::1/64",
  "0:0:0:0:0:0:0:0",
  "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "1::2:3:4:5:6:1.2.3.4",
  "1:2:3:4:5:6::1.2.3.4", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6:7:8::",
  "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8:::",
  "::00001", "::0001", "::01.2.3.4", "1:2:3:4:5:6:7:", "0:0:0:0:0:0:0::0"
};

static void addresses_are_read_as_inet_pton_reads_them(void **state)
{
  static const char alphabet[] = "0123456789abcdefABCDEF::::::......gG% +-/x";
  size_t            i;
  unsigned          round;
  (void)state;
  for (i = 0; i < COUNT(addresses); i++)
    judge_address(addresses[i], strlen(addresses[i]));
  random_state = 4711;
  for (round = 0; round < 200000; round++) {
    char   text_of[64];
    size_t n;
    if (round & 1) { /* one of the above, changed a little */
      const char *from = addresses[random_below(COUNT(addresses))];
      unsigned    changes = 1 + random_below(3);
      n = strlen(from);
      memcpy(text_of, from, n);
      while (changes-- != 0 && n < 60) {
        size_t at = random_below((uint32_t)n + 1);
        if (random_below(2) && at < n) {
          text_of[at] = alphabet[random_below(sizeof alphabet - 1)];
        } else if (random_below(2)) {
          memmove(text_of + at + 1, text_of + at, n - at);
          text_of[at] = alphabet[random_below(sizeof alphabet - 1)];
          n++;
        } else if (at < n) {
          memmove(text_of + at, text_of + at + 1, n - at - 1);
          n--;
        }
      }
    } else {
      n = random_below(16);
      for (i = 0; i < n; i++) text_of[i] = "0012f::.."[random_below(9)];
    }
    judge_address(text_of, n);
  }
}

/* ------------------------------------------------------------------------
   >>request */

static void only_harmless_text_is_valid_in_a_header(void **state)
{
  unsigned c;
  (void)state;
  assert_int_equal(amt_http_valid("", 0), 1);
  assert_int_equal(amt_http_valid("", 1), 0);
  for (c = 1; c < 256; c++) {
    char s[4] = { 'a', 0, 'b', 0 };
    int  token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                (c >= 'A' && c <= 'Z') || strchr("!#$%&'*+-.^_`|~", (int)c);
    int  value = c == 9 || (c >= 32 && c != 127);
    s[1] = (char)c;
    if (amt_http_valid((char *)edge_copy(s, 4), 1) != token)
      fail_msg("in a name: %u", c);
    if (amt_http_valid((char *)edge_copy(s, 4), 0) != value)
      fail_msg("in a value: %u", c);
    assert_int_equal(amt_http_valid(s + 1, 1), token);
    s[2] = 0;
    assert_int_equal(amt_http_valid(s, 0), value);
  }
}

static void produce(amt_out *o, const char *url, const char *method,
                    const char *path, size_t length, const char *body)
{
  static char copy[1000];
  amt_url     u;
  strcpy(copy, url);
  assert_int_equal(amt_url_parse(&u, copy), 0);
  if (path == NULL) amt_http_put_line(o, method, &u, u.path, u.path_len);
  else amt_http_put_line(o, method, &u, path, strlen(path));
  amt_http_put_header(o, "Accept", "*/*");
  amt_http_put_end(o, length);
  if (body != NULL) amt_put_text(o, body);
}

static void a_request_is_these_bytes(void **state)
{
  static const struct {
    const char *url, *method, *path;
    size_t      length;
    const char *want;
  } list[] = {
    { "http://h/a?b=c", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET /a?b=c HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n" },
    { "http://h", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n" },
    { "http://h/base", "POST", "/other", 0,
      "POST /other HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n"
      "Content-Length: 0\r\n\r\n" },
    { "http://h:80/", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n" },
    { "https://h:443/", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n" },
    { "https://h:80/", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET / HTTP/1.1\r\nHost: h:80\r\nAccept: */*\r\n\r\n" },
    { "http://127.0.0.1:42000/", "PUT", "", 4294967294u,
      "PUT / HTTP/1.1\r\nHost: 127.0.0.1:42000\r\nAccept: */*\r\n"
      "Content-Length: 4294967294\r\n\r\n" },
    { "http://[::1]:8080/x", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*\r\n\r\n" },
    { "http://[::1]/x", "GET", NULL, AMT_HTTP_NO_BODY,
      "GET /x HTTP/1.1\r\nHost: [::1]\r\nAccept: */*\r\n\r\n" },
    { "http://h", "GET", "x?y", AMT_HTTP_NO_BODY, /* its slash is added */
      "GET /x?y HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n" }
  };
  size_t i, from, cap;
  (void)state;
  for (i = 0; i < COUNT(list); i++) {
    char    buf[300];
    amt_out o = amt_out_window(buf, sizeof buf, 0);
    size_t  n = strlen(list[i].want);
    produce(&o, list[i].url, list[i].method, list[i].path, list[i].length,
            NULL);
    assert_int_equal(o.total, n);
    assert_int_equal(o.len, n);
    assert_memory_equal(buf, list[i].want, n);
    /* And every window of it, at the edge. */
    for (from = 0; from <= n; from++)
      for (cap = 0; cap <= n - from + 1; cap += cap < 9 ? 1 : 17) {
        size_t want = n - from < cap ? n - from : cap;
        o = amt_out_window((char *)edge_new(cap), cap, from);
        produce(&o, list[i].url, list[i].method, list[i].path, list[i].length,
                NULL);
        edge_check();
        assert_int_equal(o.total, n);
        assert_int_equal(o.len, want);
        assert_memory_equal(o.buf, list[i].want + from, want);
      }
  }
}

static void a_length_that_cannot_be_counted_stays_the_greatest(void **state)
{
  char    buf[4] = "wxyz";
  amt_out o = amt_out_window(buf, 3, 0);
  (void)state;
  o.total = (size_t)-1 - 3;
  amt_put(&o, "abc", 3);
  assert_true(o.total == (size_t)-1);
  o.total = (size_t)-1 - 2;
  amt_put(&o, "def", 3);
  assert_true(o.total == (size_t)-1);
  amt_put(&o, "g", 1);
  assert_true(o.total == (size_t)-1);
  assert_int_equal(o.len, 3);
  assert_memory_equal(buf, "abcz", 4);
}

/* ------------------------------------------------------------------------
   >>reader   feeds the parser and notes all that it says, as
                200 [body] END keep=5 retry=5 left=3
              `keep`: the connection may be used again, with the timeout
              that the server gave it, if any; `left`: bytes behind
              the end; no status before a final head has come */

typedef struct reader {
  amt_http_reply reply[2]; /* the state moves between them */
  int            slot, result, heads;
  size_t         fed;
  text           seen, body;
} reader;

static reader first, again;

static void reader_begin(reader *r)
{
  memset(r->reply, 0xA5, sizeof r->reply);
  r->slot = r->heads = 0;
  r->result = 1;
  r->fed = 0;
  amt_http_reply_init(&r->reply[0]);
  text_clear(&r->seen);
  text_clear(&r->body);
}

static void reader_feed(reader *r, const void *bytes, size_t n)
{
  unsigned char *p = edge_copy(bytes, n);
  size_t         at = 0, calls = 0;
  while (r->result == 1) {
    amt_http_reply *from = &r->reply[r->slot], *to = &r->reply[!r->slot];
    size_t          used = n + 1, body = n + 1;
    int             e;
    *to = *from;
    memset(from, 0xA5, sizeof *from);
    r->slot = !r->slot;
    e = amt_http_reply_next(to, p + at, n - at, &used, &body);
    if (used > n - at || body > used) fail_msg("used more than there was");
    if (++calls > 2 * n + 4) fail_msg("it goes round and round");
    at += used;
    r->fed += used;
    if (e != AMT_HTTP_BODY) assert_int_equal(body, 0);
    if (e == AMT_AGAIN) {
      assert_int_equal(at, n);
      return;
    }
    if (e == AMT_HTTP_HEAD) {
      text_add(&r->seen, "%d ", to->status);
      if (++r->heads > 1) fail_msg("two heads");
    } else if (e == AMT_HTTP_BODY) {
      if (body == 0) fail_msg("an empty piece of a body");
      assert_int_equal(r->heads, 1);
      text_bytes(&r->body, p + at - body, body);
    } else {
      r->result = e;
    }
  }
}

static void reader_end(reader *r, size_t n)
{
  const amt_http_reply *reply = &r->reply[r->slot];
  size_t                left = 0;
  if (r->result == 1) r->result = amt_http_reply_eof(reply);
  else if (r->result == AMT_HTTP_END) left = n - r->fed;
  text_add(&r->seen, "[%s] %s", r->body.s, error_name(r->result));
  if (r->result != AMT_HTTP_END) return;
  if (amt_http_reply_keeps(reply)) {
    text_add(&r->seen, " keep");
    if (reply->keep_alive) text_add(&r->seen, "=%u", reply->keep_alive);
  }
  if (reply->retry_after) text_add(&r->seen, " retry=%u", reply->retry_after);
  if (left) text_add(&r->seen, " left=%zu", left);
}

static void read_pieces(reader *r, const void *p, size_t n, size_t size)
{
  size_t at;
  reader_begin(r);
  for (at = 0; at < n; at += size)
    reader_feed(r, (const char *)p + at, size < n - at ? size : n - at);
  reader_end(r, n);
}

static void read_three(reader *r, const void *p, size_t n, size_t i, size_t j)
{
  reader_begin(r);
  reader_feed(r, p, i);
  reader_feed(r, (const char *)p + i, j - i);
  reader_feed(r, (const char *)p + j, n - j);
  reader_end(r, n);
}

/* However it arrives, it reads the same; `first` has how. */
static void read_all_ways(const void *p, size_t n)
{
  size_t i, j;
  read_pieces(&first, p, n, n ? n : 1);
  for (i = 1; i < 8; i++) {
    read_pieces(&again, p, n, i);
    text_same(&again.seen, first.seen.s, "pieces of %zu of %.*s", i,
              (int)(n < 200 ? n : 200), (const char *)p);
  }
  for (i = 0; i <= n; i += n < 2000 || i > n - 300 ? 1 : 97) {
    read_three(&again, p, n, i, i);
    text_same(&again.seen, first.seen.s, "cut at %zu: %.*s", i,
              (int)(n < 200 ? n : 200), (const char *)p);
  }
  for (i = 0; n <= 60 && i <= n; i++)
    for (j = i; j <= n; j++) {
      read_three(&again, p, n, i, j);
      text_same(&again.seen, first.seen.s, "cut at %zu and %zu", i, j);
    }
}

typedef struct vector {
  const char *in;
  size_t      n;
  const char *want;
} vector;

#define V(in, want) { in, sizeof(in) - 1, want }
#define OK "HTTP/1.1 200 OK\r\n"
#define OK5 OK "Content-Length: 5\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static void read_vectors(const vector *v, size_t count)
{
  size_t i;
  for (i = 0; i < count; i++) {
    read_all_ways(v[i].in, v[i].n);
    text_same(&first.seen, v[i].want, "%s", v[i].in);
  }
}

/* ------------------------------------------------------------------------
   >>replies */

static const vector good_status_lines[] = {
  /* status lines */
  V("HTTP/1.1 200 OK\r\n\r\nabc", "200 [abc] END"),
  V("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 [] END keep"),
  V("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 [] END keep"),
  V("HTTP/1.1 999 \xE9 \ttext\r\nContent-Length: 0\r\n\r\n",
    "999 [] END keep"),
  V("HTTP/1.9 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
    "404 [x] END keep")
};

static const vector good_lengths[] = {
  /* Content-Length */
  V(OK5 "\r\nhello", "200 [hello] END keep"),
  V(OK5 "\r\nhello, more", "200 [hello] END keep left=6"),
  V(OK "content-length:5\r\n\r\nhello", "200 [hello] END keep"),
  V(OK "CONTENT-LENGTH: \t 5 \t \r\n\r\nhello", "200 [hello] END keep"),
  V(OK "Content-Length: 00005\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Length: 5\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Length: 05\r\n\r\nhello", "200 [hello] END keep"),
  V(OK "Content-Length: 0\r\n\r\n", "200 [] END keep"),
  V(OK5 "\r\n\r\n\0\xFF\n", "200 [\\x0D\\x0A\\x00\\xFF\\x0A] END keep"),
  V("HTTP/1.1 301 Moved\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n",
    "301 [] END keep"), /* reported, not followed */
  /* a zero in front pads a number, and nothing else */
  V(OK "0Content-Length: 9\r\nContent-Length: 5\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "0Transfer-Encoding: chunked\r\nConnection: 0close\r\n\r\nhello",
    "200 [hello] END keep"),
  /* names that begin, or go on, as one that is known */
  V(OK5 "Transfer-Encodings: gzip\r\nTransfer-Encoding-of-nobody: gzip\r\n"
    "Transfer-Encodin: gzip\r\n\r\nhello", "200 [hello] END keep"),
};

static const vector good_chunks[] = {
  /* chunks */
  V(CHUNKED "5\r\nhello\r\n0\r\n\r\n", "200 [hello] END keep"),
  V(CHUNKED "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n",
    "200 [abcdef] END keep"),
  V(CHUNKED "0\r\n\r\n", "200 [] END keep"),
  V(CHUNKED "0000000000000000000005\r\nhello\r\n000\r\n\r\n",
    "200 [hello] END keep"),
  V(CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n",
    "200 [01234567890123456789a] END keep"),
  V(CHUNKED "5;name=value\r\nhello\r\n0;x=\"y\"\r\n\r\n",
    "200 [hello] END keep"),
  V(CHUNKED "5 \t;a\r\nhello\r\n0 \r\n\r\n", "200 [hello] END keep"),
  V(CHUNKED "2;\r\nhe\r\n3;a=\"b\r\nllo\r\n0;\r\n\r\n",
    "200 [hello] END keep"), /* behind ';' anything, as far as the cap */
  V(CHUNKED "2\t\r\nhe\r\n3 ; 9 x\r\nllo\r\n0 ;\r\n\r\n",
    "200 [hello] END keep"),
  V(CHUNKED "2\r\n\r\n\r\n0\r\n\r\n", "200 [\\x0D\\x0A] END keep"),
  V(CHUNKED "3\r\nabc\r\n0\r\nX-T: y\r\nContent-Length: 99\r\n"
    "Transfer-Encoding: gzip\r\nConnection: close\r\n\r\n",
    "200 [abc] END keep"), /* trailers are passed over */
  V(CHUNKED "3\r\nabc\r\n0\r\n\r\nHTTP/1.1", "200 [abc] END keep left=8"),
  V(OK "transfer-encoding:CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 [x] END keep"),
  V(OK "Transfer-Encoding: , chunked ,\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 [x] END keep")
};

static const vector good_to_the_end[] = {
  /* until the connection ends */
  V(OK "\r\n", "200 [] END"),
  V(OK "\r\nto the end", "200 [to\\x20the\\x20end] END"),
  V(OK "Connection: keep-alive\r\n\r\nx", "200 [x] END"),
  V("HTTP/1.0 200 OK\r\n\r\nx", "200 [x] END")
};

static const vector good_no_body[] = {
  /* no body */
  V("HTTP/1.1 204 No Content\r\n\r\n", "204 [] END keep"),
  V("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "304 [] END keep"),
  V("HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n",
    "204 [] END keep"),
  V("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n", "204 [] END"),
  V("HTTP/1.1 204 None\r\n\r\nhello", "204 [] END keep left=5"),
  V("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "205 [] END keep")
};

static const vector good_interim[] = {
  /* interim replies */
  V("HTTP/1.1 100 Continue\r\n\r\n" OK5 "\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 P\r\n\r\n"
    OK5 "\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.1 100 C\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
    OK5 "\r\nhello", "200 [hello] END keep"), /* its headers do not count */
  V("HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\n" OK "\r\nx",
    "200 [x] END"),
  V("HTTP/1.0 100 C\r\n\r\n" OK5 "\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\n\r\n", "204 [] END keep")
};

static const vector good_keep[] = {
  /* keep or not */
  V(OK5 "Connection: close\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "connection: Close\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Connection: x, close ,y\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Connection: close\r\nConnection: keep-alive\r\n\r\nhello",
    "200 [hello] END"),
  V(OK5 "Connection: keep-alive, close\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Connection: closed\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connection: clos\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connection: not-close\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connection:\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "X-Connection: close\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connectio: close\r\n\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 [x] END"),
  V("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\nx",
    "200 [x] END keep"),
  V("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
    "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "200 [x] END")
};

/* Keep-Alive: a second of timeout or none is no time to be used again in. */
static const vector good_keep_alive[] = {
  V(OK5 "Keep-Alive: timeout=5\r\n\r\nhello", "200 [hello] END keep=5"),
  V(OK5 "keep-alive:TIMEOUT=5, max=99\r\n\r\nhello",
    "200 [hello] END keep=5"),
  V(OK5 "Keep-Alive: max=99 ,\ttimeout=015 \r\n\r\nhello",
    "200 [hello] END keep=15"),
  V(OK5 "Keep-Alive: ,x,timeout=2,,max=1\r\n\r\nhello",
    "200 [hello] END keep=2"),
  V(OK5 "Keep-Alive: timeout=1\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=0, max=5\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=1\r\nConnection: keep-alive\r\n\r\nhello",
    "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=65535\r\n\r\nhello",
    "200 [hello] END keep=65535"),
  V(OK5 "Keep-Alive: timeout=65536\r\n\r\nhello",
    "200 [hello] END keep=65535"),
  V(OK5 "Keep-Alive: timeout=999999999999\r\n\r\nhello",
    "200 [hello] END keep=65535"),
  V("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n"
    "Keep-Alive: timeout=15, max=100\r\n\r\nx", "200 [x] END keep=15"),
  /* of two the last */
  V(OK5 "Keep-Alive: timeout=9\r\nKeep-Alive: timeout=7\r\n\r\nhello",
    "200 [hello] END keep=7"),
  /* not that of another head, nor of the trailers */
  V("HTTP/1.1 100 C\r\nKeep-Alive: timeout=1\r\n\r\n" OK5 "\r\nhello",
    "200 [hello] END keep"),
  V(CHUNKED "5\r\nhello\r\n0\r\nKeep-Alive: timeout=1\r\n\r\n",
    "200 [hello] END keep"),
  V(OK5 "X-Keep-Alive: timeout=1\r\nKeep-Alives: timeout=1\r\n"
    "Connection: timeout=1\r\n\r\nhello", "200 [hello] END keep")
};

/* Malformed, it is passed over. */
static const vector bad_keep_alive[] = {
  V(OK5 "Keep-Alive:\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: 1\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: close\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=x\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=1s\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=-1\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout = 1\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=\"1\"\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=1;max=9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: xtimeout=1, timeouts=1\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=5, timeout=x\r\n\r\nhello",
    "200 [hello] END keep=5"),
  V(OK5 "Keep-Alive: timeout=99999999999999999999999999\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=000000000001\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=0000000000001\r\n\r\nhello",
    "200 [hello] END keep") /* longer than a word is kept */
};

static const vector good_names[] = {
  /* names are whole, in any case, at a line's start */
  V(OK5 "X: Content-Length: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "X-Content-Length: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Length-X: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Lengt: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-: 9\r\nC: 9\r\nContent-E: x\r\nTransfer: y\r\n"
    "Transfer-Encodings: z\r\nContent-Lengthh: x\r\nR: 1\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Content-Encodinglength: gzip\r\nRetry-Afterr: 3\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "X: Transfer-Encoding: chunked\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "A-name-longer-than-all-that-are-known-and-then-some-more-of-it-"
    "content-length: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "!#$%&'*+-.^_`|~09azAZ: odd\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Empty:\r\nBlank: \r\nTabs:\t\tx\ty\t\r\nHigh: \x80\xFF\r\n\r\nhello",
    "200 [hello] END keep")
};

static const vector good_others[] = {
  /* Content-Encoding, Retry-After */
  V(OK5 "Content-Encoding: identity\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Encoding: Identity\r\nContent-Encoding:\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Retry-After: 120\r\n\r\nhello", "200 [hello] END keep retry=120"),
  V(OK5 "retry-after:\t7 \r\n\r\nhello", "200 [hello] END keep retry=7"),
  V(OK5 "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Retry-After: 4294967295\r\n\r\nhello",
    "200 [hello] END keep retry=4294967295"),
  V(OK5 "Retry-After: 4294967296\r\n\r\nhello",
    "200 [hello] END keep retry=4294967295"),
  V("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
    "503 [] END keep retry=3")
};

static const struct { const vector *v; size_t n; } good[] = {
  { good_status_lines, COUNT(good_status_lines) },
  { good_lengths, COUNT(good_lengths) }, { good_chunks, COUNT(good_chunks) },
  { good_to_the_end, COUNT(good_to_the_end) },
  { good_no_body, COUNT(good_no_body) }, { good_interim, COUNT(good_interim) },
  { good_keep, COUNT(good_keep) },
  { good_keep_alive, COUNT(good_keep_alive) },
  { bad_keep_alive, COUNT(bad_keep_alive) },
  { good_names, COUNT(good_names) },
  { good_others, COUNT(good_others) }
};

static void replies_are_read_the_same_however_they_arrive(void **state)
{
  (void)state;
  read_vectors(good_status_lines, COUNT(good_status_lines));
  read_vectors(good_lengths, COUNT(good_lengths));
  read_vectors(good_chunks, COUNT(good_chunks));
  read_vectors(good_to_the_end, COUNT(good_to_the_end));
  read_vectors(good_keep, COUNT(good_keep));
  read_vectors(good_others, COUNT(good_others));
}

static void a_timeout_in_Keep_Alive_is_read_and_a_malformed_one_passed_over(
  void **state)
{
  (void)state;
  read_vectors(good_keep_alive, COUNT(good_keep_alive));
  read_vectors(bad_keep_alive, COUNT(bad_keep_alive));
}

static void interim_replies_are_skipped_and_204_and_304_have_no_body(
  void **state)
{
  (void)state;
  read_vectors(good_interim, COUNT(good_interim));
  read_vectors(good_no_body, COUNT(good_no_body));
}

static void header_names_are_whole_in_any_case_at_a_lines_start(void **state)
{
  (void)state;
  read_vectors(good_names, COUNT(good_names));
}

/* A hint that cannot be read must not cost the reply. */
static void a_malformed_Retry_After_does_not_cost_the_reply(void **state)
{
  static const vector list[] = {
    V(OK5 "Retry-After:\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: \t\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: 12 s\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: 5 , 3\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: -1\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: 1.5\r\n\r\nhello", "200 [hello] END keep")
  };
  static const char big[] =
    OK5 "Retry-After: 99999999999999999999999999\r\n\r\nhello";
  (void)state;
  read_vectors(list, COUNT(list));
  read_all_ways(big, sizeof big - 1);
  assert_int_equal(first.result, AMT_HTTP_END);
}

/* ------------------------------------------------------------------------
   >>refusals */

static const vector bad_status[] = {
  /* no HTTP/1 */
  V("", "[] EOF"),
  V("\r\n" OK5 "\r\nhello", "[] STATUS"), /* RFC 9112, 2.2, allows it to */
  V("\r\n\r\n" OK5 "\r\nhello", "[] STATUS"),       /* servers alone */
  V("\n" OK5 "\r\nhello", "[] STATUS"),
  V("HTTP/1.1 100 C\r\n\r\n\r\n" OK5 "\r\nhello", "[] STATUS"),
  V("HTTP/2 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/2.0 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.10 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1. 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.x 200 OK\r\n\r\n", "[] STATUS"),
  V("http/1.1 200 OK\r\n\r\n", "[] STATUS"),
  V(" HTTP/1.1 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1  200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1\t200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 20 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 2000 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 099 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 000 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 0200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 0099 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 2x0 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 +20 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 200\tOK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 200OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 200\n\n", "[] STATUS"),
  V("HTTP/1.1\r\n\r\n", "[] STATUS"),
  V("ICY 200 OK\r\n\r\n", "[] STATUS"),
  V("SSH-2.0-OpenSSH_9.2\r\n", "[] STATUS"),
  V("<html>hello</html>", "[] STATUS"),
  V("\x15\x03\x03\x00\x02\x02\x46", "[] STATUS"), /* a TLS alert */
  V("HTTP/1.1 100 C\r\n\r\nhello", "[] STATUS")
};

static const vector bad_controls[] = {
  /* bare CR or LF, NUL, controls */
  V("HTTP/1.1 200 OK\n\n", "[] HEADER"),
  V("HTTP/1.1 200 O\rK\r\n\r\n", "[] HEADER"),
  V("HTTP/1.1 200 O\0K\r\n\r\n", "[] HEADER"),
  V("HTTP/1.1 200 OK\r\r\n\r\n", "[] HEADER"),
  V("HTTP/1.1 200\rX", "[] HEADER"),
  V(OK "A: b\n\r\n", "[] HEADER"),
  V(OK "A: b\rC: d\r\n\r\n", "[] HEADER"),
  V(OK "A: b\r\r\n\r\n", "[] HEADER"),
  V(OK "A: b\0c\r\n\r\n", "[] HEADER"),
  V(OK "A: b\x7F\r\n\r\n", "[] HEADER"),
  V(OK "A: b\x1B\r\n\r\n", "[] HEADER"),
  V(OK "\n", "[] HEADER"),
  V(OK "\r\r\n", "[] HEADER"),
  V(OK "\rX\r\n\r\n", "[] HEADER"),
  V(OK5 "Connection: close\n\r\nhello", "[] HEADER"),
  V(OK5 "Connection: clo\0se\r\n\r\nhello", "[] HEADER"),
  V(OK "Transfer-Encoding: chunked\n\r\n0\r\n\r\n", "[] HEADER")
};

static const vector bad_names[] = {
  /* obs-fold, blanks, names */
  V(OK "A: b\r\n c\r\n\r\n", "[] HEADER"),
  V(OK "A: b\r\n\tc\r\n\r\n", "[] HEADER"),
  V(OK " A: b\r\n\r\n", "[] HEADER"),
  V(OK "A : b\r\n\r\n", "[] HEADER"),
  V(OK "A\t: b\r\n\r\n", "[] HEADER"),
  V(OK "Content-Length : 5\r\n\r\nhello", "[] HEADER"),
  V(OK ": b\r\n\r\n", "[] HEADER"),
  V(OK "A b: c\r\n\r\n", "[] HEADER"),
  V(OK "A\r\n\r\n", "[] HEADER"),
  V(OK "A\0: b\r\n\r\n", "[] HEADER"),
  V(OK "A\xE9: b\r\n\r\n", "[] HEADER"),
  V(OK "A(b): c\r\n\r\n", "[] HEADER"),
  V(OK "\"A\": c\r\n\r\n", "[] HEADER")
};

static const vector bad_lengths[] = {
  /* Content-Length */
  V(OK "Content-Length: 5, 3\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5, 5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5,5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5,\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: +5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: -5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length:\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: \r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 0x5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5 5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5.0\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5;\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5:\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5/\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: five\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: \xB2\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 18446744073709551616\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 18446744073709551621\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 36893488147419103237\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 99999999999999999999999999\r\n\r\nx", "[] LENGTH"),
  V(OK5 "Content-Length: 6\r\n\r\nhello!", "[] LENGTH"),
  V(OK5 "Content-Length: 0\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello", "[] LENGTH")
};

static const vector bad_framings[] = {
  /* both lengths: one of the two lies */
  V(OK5 "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "[] FRAMING"),
  V(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
    "[] FRAMING")
};

static const vector bad_codings[] = {
  /* codings */
  V(OK "Transfer-Encoding: gzip\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: 0chunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK5 "Content-Encoding: 0identity\r\n\r\nhello", "[] ENCODING"),
  V(OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "[] CODING"),
  V(OK "Transfer-Encoding: identity\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunke\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunkedd\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chun ked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: close\r\n\r\n", "[] CODING"),
  V(OK5 "Content-Encoding: gzip\r\n\r\nhello", "[] ENCODING"),
  V(OK5 "Content-Encoding: identity, br\r\n\r\nhello", "[] ENCODING"),
  V(OK5 "Content-Encoding: identit\r\n\r\nhello", "[] ENCODING"),
  V(OK5 "content-encoding: chunked\r\n\r\nhello", "[] ENCODING")
};

static const vector bad_chunks[] = {
  /* chunks */
  V(CHUNKED "\r\n", "200 [] CHUNK"),
  V(CHUNKED "x\r\n", "200 [] CHUNK"),
  V(CHUNKED "+5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "-5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED " 5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED ";a\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5\rhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\0\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\x7F\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\rb\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5g\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 9\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 x\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2\t\t=;\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 \n\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 \0\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 \rx\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2\r\nhe\r\n0 0\r\n\r\n", "200 [he] CHUNK"),
  V(CHUNKED "5\r\nhello\n0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello!\r\n0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello\rx0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "10000000000000000\r\nhello", "200 [] CHUNK"), /* 2^64 */
  V(CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "fffffffffffffffff\r\nhello", "200 [] CHUNK"),
  V(CHUNKED "1\r\na\r\n100000000000000005\r\nhello", "200 [a] CHUNK"),
  V(CHUNKED "0\r\n folded\r\n\r\n", "200 [] HEADER"),
  V(CHUNKED "0\r\nA : b\r\n\r\n", "200 [] HEADER"),
  V(CHUNKED "0\r\nA: b\n\r\n", "200 [] HEADER"),
  V(CHUNKED "0\r\n\rX", "200 [] HEADER")
};

static const vector bad_interim[] = {
  /* interim */
  V("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "[] INTERIM")
};

static const struct { const vector *v; size_t n; } bad[] = {
  { bad_status, COUNT(bad_status) }, { bad_controls, COUNT(bad_controls) },
  { bad_names, COUNT(bad_names) }, { bad_lengths, COUNT(bad_lengths) },
  { bad_framings, COUNT(bad_framings) },
  { bad_codings, COUNT(bad_codings) }, { bad_chunks, COUNT(bad_chunks) },
  { bad_interim, COUNT(bad_interim) }
};

/* An empty line before a status line, too: rows of this table. */
static void what_is_no_http_1_is_STATUS(void **state)
{
  (void)state;
  read_vectors(bad_status, COUNT(bad_status));
}

static void bare_CR_or_LF_NUL_and_controls_are_HEADER(void **state)
{
  (void)state;
  read_vectors(bad_controls, COUNT(bad_controls));
}

static void obs_fold_and_blanks_before_the_colon_are_HEADER(void **state)
{
  (void)state;
  read_vectors(bad_names, COUNT(bad_names));
}

static void a_Content_Length_of_more_than_digits_or_two_that_differ_is_LENGTH(
  void **state)
{
  (void)state;
  read_vectors(bad_lengths, COUNT(bad_lengths));
}

static void Content_Length_with_Transfer_Encoding_is_FRAMING(void **state)
{
  (void)state;
  read_vectors(bad_framings, COUNT(bad_framings));
}

static void unknown_codings_are_CODING_or_ENCODING(void **state)
{
  (void)state;
  read_vectors(bad_codings, COUNT(bad_codings));
}

static void a_chunk_size_that_overflows_or_is_none_is_CHUNK(void **state)
{
  (void)state;
  read_vectors(bad_chunks, COUNT(bad_chunks));
}

static void a_101_is_INTERIM(void **state)
{
  (void)state;
  read_vectors(bad_interim, COUNT(bad_interim));
}

/* One of the two lies, whatever the coding's name: with Content-Length it
   would be framed in two ways. */
static void an_empty_Transfer_Encoding_is_refused(void **state)
{
  static const vector list[] = {
    V(OK "Transfer-Encoding:\r\n\r\nx", "[] CODING"),
    V(OK "Transfer-Encoding: ,\t,\r\n\r\nx", "[] CODING"),
    V(OK5 "Transfer-Encoding: \r\n\r\nhello", "[] CODING"),
    V(OK "Transfer-Encoding: \r\nContent-Length: 5\r\n\r\nhello", "[] CODING")
  };
  (void)state;
  read_vectors(list, COUNT(list));
}

/* Success only when the framing completes: each reply cut short after each of
   its bytes is TRUNCATED, or EOF before the first. */
static void a_reply_that_breaks_off_is_TRUNCATED(void **state)
{
  static const vector list[] = {
    V(OK5 "Connection: close\r\n\r\nhello", ""),
    V(CHUNKED "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n", ""),
    V("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\nA: b\r\n\r\n", ""),
    V("HTTP/1.1 100 C\r\nContent-Length: 0\r\n\r\n" OK5 "\r\nhello", "")
  };
  size_t v, n;
  (void)state;
  for (v = 0; v < COUNT(list); v++) {
    for (n = 0; n < list[v].n; n++) {
      read_pieces(&first, list[v].in, n, n ? n : 1);
      assert_int_equal(first.result, n ? AMT_E_TRUNCATED : AMT_E_EOF);
      read_pieces(&again, list[v].in, n, 1);
      text_same(&again.seen, first.seen.s, "%zu of %s", n, list[v].in);
    }
    read_pieces(&first, list[v].in, n, n);
    assert_int_equal(first.result, AMT_HTTP_END);
  }
}

/* Body bytes, each once and in order, whatever the chunks and the reads. */
static void each_body_byte_comes_once_and_in_order(void **state)
{
  static char wire[300000], body[40000];
  static text want;
  unsigned    round;
  (void)state;
  random_state = 99;
  for (round = 0; round < 12; round++) {
    size_t n, at = 0, i;
    for (i = 0; i < sizeof body; i++) body[i] = (char)random_below(256);
    n = (size_t)sprintf(wire, CHUNKED);
    while (at < sizeof body) {
      size_t m = 1 + random_below(round < 4 ? 3 : round < 8 ? 70 : 5000);
      if (m > sizeof body - at) m = sizeof body - at;
      n += (size_t)sprintf(wire + n, round & 1 ? "%zX;e=1\r\n" : "%zx\r\n", m);
      memcpy(wire + n, body + at, m);
      n += m;
      at += m;
      memcpy(wire + n, "\r\n", 2);
      n += 2;
    }
    n += (size_t)sprintf(wire + n, "0\r\n\r\n");
    text_clear(&want);
    text_bytes(&want, body, sizeof body);
    reader_begin(&first);
    for (i = 0; i < n;) {
      size_t m = 1 + random_below(round < 6 ? 100 : 3000);
      if (m > n - i) m = n - i;
      reader_feed(&first, wire + i, m);
      i += m;
    }
    reader_end(&first, n);
    /* With that many extensions their sum may exceed what is allowed. */
    if (round & 1 && round < 4) {
      assert_int_equal(first.result, AMT_E_HTTP_SIZE);
      continue;
    }
    assert_int_equal(first.result, AMT_HTTP_END);
    text_same(&first.body, want.s, "round %u", round);
  }
}

/* Any bits for a state, any bytes for input: a wrong result at most. */
static void a_corrupted_parser_does_no_harm(void **state)
{
  static const char likely[] = "HTTP/1.1 200 OK\r\n\r\n:;,\t05afcontent-length";
  unsigned          i;
  (void)state;
  random_state = 777;
  for (i = 0; i < 100000; i++) {
    amt_http_reply r;
    unsigned char *p, *bits = (unsigned char *)&r;
    size_t         n = random_below(60), k, used, body, calls = 0;
    int            e;
    for (k = 0; k < sizeof r; k++) bits[k] = (unsigned char)random_below(256);
    if (i & 1) r.state = (uint8_t)random_below(20);
    if (i & 2) r.left = random_below(50);
    if (i & 4) r.word_len = (uint8_t)random_below(256);
    if (i & 8) r.word[random_below(20)] = (char)random_below(256);
    if (i & 16) r.line = (uint16_t)random_below(8194), r.head &= 0xFFFF;
    p = edge_new(n);
    for (k = 0; k < n; k++)
      p[k] = (unsigned char)(random_below(5) == 0
                               ? (int)random_below(256)
                               : likely[random_below(sizeof likely - 1)]);
    do {
      used = body = n + 1;
      e = amt_http_reply_next(&r, p, n, &used, &body);
      if (used > n || body > used) fail_msg("more than there was");
      p += used;
      n -= used;
      if (++calls > 200) fail_msg("round and round");
    } while (e > 0 && e != AMT_HTTP_END);
    e = amt_http_reply_eof(&r);
    assert_true(e == AMT_HTTP_END || e == AMT_E_TRUNCATED || e == AMT_E_EOF);
    (void)amt_http_reply_keeps(&r);
  }
}

/* ------------------------------------------------------------------------
   >>caps   exactly at the limit, and one beyond. A line is counted with its
            CR and LF, a head with its status line and the empty line. */

static char   big[200000];
static size_t big_n;

static void big_text(const char *s)
{
  size_t n = strlen(s);
  memcpy(big + big_n, s, n);
  big_n += n;
}

static void big_fill(char c, size_t n)
{
  memset(big + big_n, c, n);
  big_n += n;
}

static void big_is(const char *want, const char *what)
{
  read_pieces(&first, big, big_n, big_n);
  text_same(&first.seen, want, "%s", what);
  read_pieces(&again, big, big_n, 1);
  text_same(&again.seen, want, "%s, byte by byte", what);
  read_pieces(&again, big, big_n, 1000);
  text_same(&again.seen, want, "%s, by 1,000", what);
}

/* A line of n bytes, with `start`, filled up with c, then `end`. */
static void big_line(const char *start, char c, const char *end, size_t n)
{
  big_text(start);
  big_fill(c, n - strlen(start) - strlen(end));
  big_text(end);
}

static void a_line_of_8192_bytes_is_read_and_of_8193_is_SIZE(void **state)
{
  static const struct { const char *before, *start, *end, *after; char c; }
  lines[] = {
    { "", "HTTP/1.1 200 ", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "A: ", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "A: ", "\r\n", "Content-Length: 0\r\n\r\n", '\t' },
    { OK, "A", ":\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "Content-Length:", "0\r\n", "\r\n", ' ' },
    { OK, "Content-Length:", "0\r\n", "\r\n", '0' },
    { OK, "Content-Length: 0", "\r\n", "\r\n", ' ' },
    { OK, "Connection: ", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "Connection: ", "\r\n", "Content-Length: 0\r\n\r\n", ',' },
    { OK, "Retry-After: x", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK "Content-Length: 0\r\n", "A:", "\r\n", "\r\n", '\xE9' },
    { OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "T: ", "\r\n", "\r\n",
      'x' }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(lines); i++) {
    int chunked = strstr(lines[i].before, "chunked") != NULL;
    big_n = 0;
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8192);
    big_text(lines[i].after);
    big_is("200 [] END keep", lines[i].start);
    big_n = 0;
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8193);
    big_text(lines[i].after);
    big_is(chunked ? "200 [] SIZE" : "[] SIZE", lines[i].start);
  }
}

/* The same cap wherever the line stands. */
static void the_status_line_after_an_interim_reply_may_have_8192_bytes(
  void **state)
{
  (void)state;
  big_n = 0;
  big_text("HTTP/1.1 100 Continue\r\n\r\n");
  big_line("HTTP/1.1 200 ", 'x', "\r\n", 8192);
  big_text("Content-Length: 0\r\n\r\n");
  big_is("200 [] END keep", "8192");
  big_n = 0;
  big_text("HTTP/1.1 100 Continue\r\n\r\n");
  big_line("HTTP/1.1 200 ", 'x', "\r\n", 8193);
  big_text("Content-Length: 0\r\n\r\n");
  big_is("[] SIZE", "8193");
}

/* The line of a chunk's size: bounded, with extensions and leading zeros. */
static void a_chunk_size_line_is_bounded(void **state)
{
  static const struct { const char *before, *start, *end, *seen; char c; }
  lines[] = {
    { "", "1;", "\r\n", "", 'x' }, { "", "", "1\r\n", "", '0' },
    { "1\r\ny\r\n", "1;", "\r\n", "y", 'x' },
    { "1\r\ny\r\n", "", "1\r\n", "y", '0' },
    { "1\r\ny\r\n", "1;", "\r\n", "y", '\t' },
    { "", "1", "\r\n", "", ' ' }, { "", "1", ";\r\n", "", '\t' }
  };
  size_t i;
  char   want[40];
  (void)state;
  for (i = 0; i < COUNT(lines); i++) {
    big_n = 0;
    big_text(CHUNKED);
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8000);
    big_text("x\r\n0\r\n\r\n");
    sprintf(want, "200 [%sx] END keep", lines[i].seen);
    big_is(want, "8000");
    big_n = 0;
    big_text(CHUNKED);
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8193);
    big_text("x\r\n0\r\n\r\n");
    sprintf(want, "200 [%s] SIZE", lines[i].seen);
    big_is(want, "8193");
  }
}

/* Extensions for ever, or blanks: their sum is bounded. Without any, a body is
   not. */
static void endless_chunk_extensions_are_SIZE(void **state)
{
  static const struct { const char *start; char c; } kinds[] = {
    { "1;", 'x' }, { "1", ' ' }
  };
  size_t k;
  int    i;
  (void)state;
  for (k = 0; k < COUNT(kinds); k++) {
    big_n = 0;
    big_text(CHUNKED);
    for (i = 0; i < 40; i++) {
      big_line(kinds[k].start, kinds[k].c, "\r\n", 2000);
      big_text("y\r\n");
    }
    read_pieces(&first, big, big_n, big_n);
    assert_int_equal(first.result, AMT_E_HTTP_SIZE);
    read_pieces(&again, big, big_n, 1);
    text_same(&again.seen, first.seen.s, "byte by byte");
  }
  big_n = 0;
  big_text(CHUNKED);
  for (i = 0; i < 30000; i++) big_text("1\r\ny\r\n");
  big_text("0\r\n\r\n");
  read_pieces(&first, big, big_n, big_n);
  assert_int_equal(first.result, AMT_HTTP_END);
  assert_int_equal(first.body.n, 30000);
}

/* n bytes from the status line to the empty line, with `last` before it. */
static void big_head(const char *last, size_t n)
{
  size_t lines = n / 8000;
  big_n = 0;
  big_text(OK);
  big_text(last);
  while (lines-- > 1) big_line("A: ", 'x', "\r\n", 8000);
  while (n - 2 - big_n > 8192) big_line("A: ", 'x', "\r\n", 4000);
  big_line("A: ", 'x', "\r\n", n - 2 - big_n);
  big_text("\r\n");
  assert_int_equal(big_n, n);
}

static void a_head_of_65536_bytes_is_read_and_of_65537_is_SIZE(void **state)
{
  static const struct { const char *last, *body, *want; } kinds[] = {
    { "Content-Length: 3\r\n", "abc", "200 [abc] END keep" },
    { "Content-Length: 0\r\n", "", "200 [] END keep" },
    { "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n",
      "200 [abc] END keep" },
    { "", "abc", "200 [abc] END" }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(kinds); i++) {
    big_head(kinds[i].last, 65536);
    big_text(kinds[i].body);
    big_is(kinds[i].want, "65536");
    big_head(kinds[i].last, 65537);
    big_text(kinds[i].body);
    big_is("[] SIZE", kinds[i].last);
  }
}

static void endless_headers_are_SIZE(void **state)
{
  (void)state;
  big_n = 0;
  big_text(OK);
  while (big_n < 150000) big_text("Set-Cookie: a=b\r\n");
  big_is("[] SIZE", "many lines");
  big_n = 0;
  big_text(OK);
  big_fill('A', 150000);
  big_is("[] SIZE", "a long name");
  big_n = 0;
  big_text(CHUNKED "0\r\n");
  while (big_n < 150000) big_text("T: trailer\r\n");
  big_is("200 [] SIZE", "trailers");
  big_n = 0;
  big_text(OK);
  while (big_n < 150000) big_line("A: ", 'x', "\r\n", 8192);
  big_is("[] SIZE", "long lines");
}

static void trailers_have_caps_of_their_own(void **state)
{
  int i;
  (void)state;
  big_n = 0;
  big_text(OK "Transfer-Encoding: chunked\r\n");
  for (i = 0; i < 60; i++) big_text("A: x\r\n");
  big_text("\r\n0\r\n");
  for (i = 0; i < 100; i++) big_text("T: x\r\n");
  big_text("\r\n");
  big_is("200 [] END keep", "60 lines, 100 trailers");
  big_n -= 2;
  big_text("T: x\r\n\r\n");
  big_is("200 [] SIZE", "101 trailers");
}

static void a_head_of_100_lines_is_read_and_of_101_is_SIZE(void **state)
{
  int i;
  (void)state;
  big_n = 0;
  big_text(OK);
  for (i = 0; i < 99; i++) big_text("A: b\r\n");
  big_text("Content-Length: 0\r\n\r\n");
  big_is("200 [] END keep", "100 lines");
  big_n = 0;
  big_text(OK);
  for (i = 0; i < 100; i++) big_text("A: b\r\n");
  big_text("Content-Length: 0\r\n\r\n");
  big_is("[] SIZE", "101 lines");
}

static void ten_interim_replies_are_skipped_and_eleven_are_INTERIM(void **state)
{
  int i;
  (void)state;
  big_n = 0;
  for (i = 0; i < 10; i++) big_text("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
  big_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  read_all_ways(big, big_n);
  text_same(&first.seen, "200 [hi] END keep", "ten");
  big_n = 0;
  for (i = 0; i < 11; i++) big_text("HTTP/1.1 103 Early\r\n\r\n");
  big_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  read_all_ways(big, big_n);
  text_same(&first.seen, "[] INTERIM", "eleven");
}

static void the_largest_lengths_are_counted_right(void **state)
{
  static const vector list[] = {
    V(OK "Content-Length: 18446744073709551609\r\n\r\nhello",
      "200 [hello] TRUNCATED"),
    V(OK "Content-Length: 4294967301\r\n\r\nhello", "200 [hello] TRUNCATED"),
    V(OK "Content-Length: 4294967296\r\n\r\nhello", "200 [hello] TRUNCATED"),
    V(CHUNKED "100000005\r\nhello\r\n0\r\n\r\n",
      "200 [hello\\x0D\\x0A0\\x0D\\x0A\\x0D\\x0A] TRUNCATED"),
    V(CHUNKED "fFfFfFfFfFfFfFfF\r\nhello", "200 [hello] TRUNCATED")
  };
  (void)state;
  read_vectors(list, COUNT(list));
}

/* ------------------------------------------------------------------------
   >>stream   a scripted stream in memory */

/* What the server says on one connection, once `after` bytes have been sent
   on it; then comes what follows on the same connection, or `end`. */
typedef struct tape {
  unsigned    connection;
  size_t      after;
  const char *bytes;
  size_t      n;
  int         end; /* AMT_AGAIN, AMT_E_EOF, AMT_E_RESET */
} tape;

enum { ON_OPEN = 1, ON_READ = 2, ON_WRITE = 4, ON_ANY = 7 };

typedef struct memory {
  amt_stream stream;
  /* The script: */
  tape     tape[8];
  unsigned tapes;
  size_t   read_size, write_size; /* at most so many at once; 0: any */
  unsigned shy;                   /* "not yet" so often before each answer */
  int      bold;                  /* of these operations there is none */
  unsigned fault_at;              /* this call of fault_on, from 1, */
  int      fault_on, fault;       /* has this result; AMT_AGAIN from then on */
  size_t   room;                  /* bytes a connection takes; 0: any */
  int      full;                  /* then: AMT_AGAIN, or an error */
  int      pushes;                /* a write that fails has sent its bytes */
  int      open_never;
  int      wait_result;
  /* The state: */
  unsigned opens, closes, aborts, reads, writes, waits, calls, shied[ON_ANY], faults;
  int      is_open, want;
  size_t   at, on_tape;   /* in the tapes of this connection */
  size_t   taken;         /* on this connection */
  char     sent[20000];   /* on all */
  size_t   sent_n;
  char     offered[20000]; /* what a write took nothing of: must come again */
  size_t   offered_n;
} memory;

/* 1 if this call shall say "not yet", or fail, with *result. */
static int memory_script(memory *m, int op, int *result)
{
  *result = AMT_AGAIN;
  if ((m->fault_on & op) && ++m->calls >= m->fault_at && m->fault_at != 0) {
    *result = m->fault;
    if (m->calls == m->fault_at || m->fault == AMT_AGAIN) {
      m->faults++;
      return 1;
    }
  }
  if (!(m->bold & op) && m->shied[op]++ < m->shy) {
    *result = AMT_AGAIN;
    return 1;
  }
  m->shied[op] = 0;
  return 0;
}

static int memory_open(amt_stream *s, const char *host, size_t host_len,
                       uint16_t port, uint32_t left_ms)
{
  memory *m = (memory *)s;
  int     e;
  assert_int_equal(m->is_open, 0);
  assert_int_equal(host_len, 9);
  assert_memory_equal(host, "127.0.0.1", 9);
  assert_int_equal(port, 8080);
  (void)left_ms;
  if (m->open_never || memory_script(m, ON_OPEN, &e))
    return m->open_never ? AMT_AGAIN : e;
  m->is_open = 1;
  m->opens++;
  m->at = m->on_tape = m->taken = m->offered_n = 0;
  return 1;
}

static ptrdiff_t memory_read(amt_stream *s, void *p, size_t n)
{
  memory  *m = (memory *)s;
  int      e, end = AMT_AGAIN;
  unsigned i;
  size_t   left = m->on_tape;
  if (!m->is_open) fail_msg("a read from a closed stream");
  if (n == 0) fail_msg("a read of 0 bytes");
  m->reads++;
  if (memory_script(m, ON_READ, &e)) return e;
  for (i = 0; i < m->tapes; i++) {
    const tape *t = &m->tape[i];
    if (t->connection != m->opens - 1 || t->after > m->taken) continue;
    end = t->end;
    if (left >= t->n) { left -= t->n; continue; }
    if (n > t->n - left) n = t->n - left;
    if (m->read_size != 0 && n > m->read_size) n = m->read_size;
    memcpy(p, t->bytes + left, n);
    m->on_tape += n;
    return (ptrdiff_t)n;
  }
  return end;
}

static ptrdiff_t memory_write(amt_stream *s, const void *p, size_t n)
{
  memory *m = (memory *)s;
  int     e;
  if (!m->is_open) fail_msg("a write to a closed stream");
  if (n == 0) fail_msg("a write of 0 bytes");
  m->writes++;
  if (m->offered_n != 0 &&
      (m->offered_n != n || memcmp(p, m->offered, n) != 0))
    fail_msg("other bytes are offered than those that were not taken");
  m->offered_n = 0;
  e = memory_script(m, ON_WRITE, &e) ? e
      : m->room != 0 && m->taken >= m->room ? m->full
                                            : 1;
  if (e <= 0) {
    if (n > sizeof m->offered) fail_msg("too long for a test");
    memcpy(m->offered, p, n);
    if (e == AMT_AGAIN) m->offered_n = n;
    if (e == AMT_AGAIN || !m->pushes) return e;
  }
  if (m->write_size != 0 && n > m->write_size) n = m->write_size;
  if (m->room != 0 && n > m->room - m->taken) n = m->room - m->taken;
  if (n > sizeof m->sent - m->sent_n) fail_msg("too long for a test");
  memcpy(m->sent + m->sent_n, p, n);
  m->sent_n += n;
  m->taken += n;
  return e < 0 ? e : (ptrdiff_t)n;
}

static void memory_close(amt_stream *s)
{
  memory *m = (memory *)s;
  if (m->is_open) m->closes++, m->aborts += s->abort != 0;
  m->is_open = 0;
}

static int memory_wait(amt_stream *s, int want, uint32_t ms)
{
  memory *m = (memory *)s;
  (void)ms;
  m->waits++;
  m->want = want;
  return m->wait_result;
}

static const amt_stream_ops memory_ops = {
  memory_open, memory_read, memory_write, memory_close, memory_wait, 0, NULL
};

static memory        mem;
static amt_http_conn conn;
static amt_url       url;
static uint32_t      now, step; /* the clock, and what it gains at each AGAIN */
static size_t        buf_size;
static size_t        request_body; /* of the request's body; 0: a GET */
static text          saw;

static void tape_add(unsigned connection, size_t after, const char *bytes,
                     size_t n, int end)
{
  tape *t = &mem.tape[mem.tapes++];
  assert_true(mem.tapes <= COUNT(mem.tape));
  t->connection = connection;
  t->after = after;
  t->bytes = bytes;
  t->n = n;
  t->end = end;
}

static void begin_test(void)
{
  memset(&mem, 0, sizeof mem);
  memset(&conn, 0, sizeof conn);
  mem.stream.ops = &memory_ops;
  conn.stream = &mem.stream;
  assert_int_equal(amt_url_parse(&url, "http://127.0.0.1:8080/x"), 0);
  now = 1000;
  step = 1;
  buf_size = 1024;
  request_body = 0;
}

static void put_request(amt_out *o)
{
  static const char some[] = "abcdefghijklmnopqrstuvwxyz0123456789,";
  size_t            i, n = sizeof some - 1;
  amt_http_put_line(o, request_body ? "POST" : "GET", &url, url.path,
                    url.path_len);
  amt_http_put_end(o, request_body ? request_body : AMT_HTTP_NO_BODY);
  for (i = 0; i < request_body; i += n)
    amt_put(o, some, request_body - i < n ? request_body - i : n);
}

static size_t request_size(void)
{
  amt_out o = amt_out_window(NULL, 0, 0);
  put_request(&o);
  return o.total;
}

static unsigned char *buf;

/* One step of a call, with all that must hold then. */
static int call_step(void)
{
  unsigned reads = mem.reads;
  int      e = amt_http_poll(&conn, &url, buf, buf_size, now);
  edge_check();
  if (mem.reads > reads + 1) fail_msg("received more than once in a poll");
  if (e == AMT_AGAIN) {
    if (conn.have != conn.at) fail_msg("AGAIN, but bytes lie in the buffer");
    memset(buf, 0xDD, buf_size); /* others may use it now */
  }
  if (e == AMT_HTTP_SEND) {
    amt_out o;
    o = amt_out_window((char *)buf, buf_size, conn.sent);
    put_request(&o);
    e = amt_http_send(&conn, &o, now);
    if (e == AMT_AGAIN && conn.have == conn.at) memset(buf, 0xDD, buf_size);
  }
  if (e < 0) assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(mem.is_open, conn.state != AMT_CONN_CLOSED &&
                                  conn.state != AMT_CONN_OPENING);
  return e;
}

/* A whole call, from amt_http_begin on; `saw` gets "200 [body] END". */
static int call_on(void)
{
  static text body;
  int         e;
  unsigned    steps = 0;
  text_clear(&saw);
  text_clear(&body);
  buf = edge_new(buf_size);
  memset(buf, 0xDD, buf_size);
  do {
    e = call_step();
    if (e == AMT_HTTP_HEAD) text_add(&saw, "%d ", conn.reply.status);
    if (e == AMT_HTTP_BODY) {
      if (conn.len == 0 || conn.data < buf ||
          conn.data + conn.len > buf + buf_size)
        fail_msg("a piece of the body lies outside the buffer");
      text_bytes(&body, conn.data, conn.len);
    }
    if (e == AMT_AGAIN) now += step;
    if (++steps > 2000000) fail_msg("the call does not end");
  } while (e >= 0 && e != AMT_HTTP_END);
  text_add(&saw, "[%s] %s", body.s, error_name(e));
  return e;
}

static int call(void)
{
  amt_http_begin(&conn, now, 0);
  return call_on();
}

/* What has been sent are `times` whole requests, and `part` bytes more. */
static void check_sent(size_t times, size_t part)
{
  static char want[20000];
  amt_out     o = amt_out_window(want, sizeof want, 0);
  size_t      i;
  put_request(&o);
  assert_int_equal(mem.sent_n, times * o.total + part);
  for (i = 0; i < times; i++)
    assert_memory_equal(mem.sent + i * o.total, want, o.total);
  assert_memory_equal(mem.sent + times * o.total, want, part);
}

/* ------------------------------------------------------------------------
   >>calls */

/* A vector of the parser without its "keep", "retry" and "left". */
static const char *result_only(const char *want)
{
  static char copy[500];
  char       *end;
  strcpy(copy, want);
  end = strstr(copy, "] ");
  assert_non_null(end);
  end = strchr(end + 2, ' ');
  if (end != NULL) *end = 0;
  return copy;
}

static void connection_reads(const vector *v, size_t count)
{
  static const size_t sizes[] = { 64, 65, 100, 1024 };
  size_t              i, s, piece;
  for (i = 0; i < count; i++)
    for (s = 0; s < COUNT(sizes); s++)
      for (piece = 0; piece <= v[i].n; piece += piece < 70 ? 1 : 31) {
        const char *want = result_only(v[i].want);
        begin_test();
        buf_size = sizes[s];
        mem.read_size = piece;
        mem.shy = (unsigned)(piece % 3);
        request_body = piece % 5 * 100;
        mem.write_size = piece % 7;
        tape_add(0, request_size(), v[i].in, v[i].n, AMT_E_EOF);
        call();
        text_same(&saw, want, "a buffer of %zu, reads of %zu: %s", sizes[s],
                  piece, v[i].in);
        check_sent(1, 0);
        assert_int_equal(mem.opens, 1);
        if (conn.state == AMT_CONN_IDLE) {
          if (strstr(v[i].want, "END keep") == NULL)
            fail_msg("kept, but should be closed: %s", v[i].in);
        } else {
          assert_int_equal(conn.state, AMT_CONN_CLOSED);
          if (strstr(v[i].want, "END keep") && !strstr(v[i].want, "left"))
            fail_msg("closed, but may be kept: %s", v[i].in);
        }
      }
}

static void calls_give_the_same_through_any_buffer(void **state)
{
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(good); i++) connection_reads(good[i].v, good[i].n);
}

static void calls_refuse_the_same_through_any_buffer(void **state)
{
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(bad); i++) connection_reads(bad[i].v, bad[i].n);
}

/* The count tells how much came. FIN: TRUNCATED; RST: RESET. Never END. */
static void a_short_content_length_body_is_TRUNCATED_with_its_count(
  void **state)
{
  static const char in[] = OK "Content-Length: 100\r\n\r\nonly this";
  size_t            piece;
  (void)state;
  for (piece = 0; piece < sizeof in; piece++) {
    begin_test();
    mem.read_size = piece;
    tape_add(0, 1, in, sizeof in - 1, AMT_E_EOF);
    call();
    text_same(&saw, "200 [only\\x20this] TRUNCATED", "FIN");
    assert_int_equal(conn.body, 9);
    begin_test();
    mem.read_size = piece;
    tape_add(0, 1, in, sizeof in - 1, AMT_E_RESET);
    call();
    text_same(&saw, "200 [only\\x20this] RESET", "RST");
    assert_int_equal(conn.body, 9);
  }
}

/* End, not-yet and error are three results: a body that ends with the
   connection waits on "not yet", is complete at a proper end, and is not at
   an error (a TLS stream says that of an end without close_notify). */
static void a_close_delimited_body_is_complete_only_at_a_proper_end(
  void **state)
{
  static const char in[] = OK "\r\nall of it";
  (void)state;
  begin_test();
  mem.shy = 3;
  mem.read_size = 1;
  tape_add(0, 1, in, sizeof in - 1, AMT_E_EOF);
  call();
  text_same(&saw, "200 [all\\x20of\\x20it] END", "EOF");
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  begin_test();
  tape_add(0, 1, in, sizeof in - 1, AMT_E_RESET);
  call();
  text_same(&saw, "200 [all\\x20of\\x20it] RESET", "RESET");
  begin_test();
  conn.limits.idle = 50;
  tape_add(0, 1, in, sizeof in - 1, AMT_AGAIN);
  call();
  text_same(&saw, "200 [all\\x20of\\x20it] TIMEOUT", "not yet");
}

/* The framing was complete: what the stream says after it does not matter. */
static void a_complete_reply_stays_complete_whatever_follows(void **state)
{
  static const char in[] = OK5 "\r\nhello";
  (void)state;
  begin_test();
  tape_add(0, 1, in, sizeof in - 1, AMT_E_RESET);
  call();
  text_same(&saw, "200 [hello] END", "RESET after it");
  assert_int_equal(mem.reads, 2); /* nor is it asked: a look, and the reply */
}

/* A server that never stops sending keeps nobody from his other work. */
static void a_poll_receives_at_most_once_however_much_is_there(void **state)
{
  static const char *const start[] = { OK "\r\n", OK, CHUNKED "0\r\n" };
  static char flood[5000];
  size_t      i;
  (void)state;
  for (i = 0; i < COUNT(start); i++) {
    unsigned polls = 0, reads = 0;
    int      e = 0;
    size_t   n = (size_t)sprintf(flood, "%s", start[i]);
    while (n < 4900) n += (size_t)sprintf(flood + n, "T: x\r\n");
    begin_test();
    buf_size = 64;
    buf = edge_new(buf_size);
    tape_add(0, request_size(), flood, n, AMT_AGAIN);
    amt_http_begin(&conn, now, 0);
    while (mem.on_tape < n && e >= 0) {
      unsigned before = mem.reads;
      e = call_step();
      assert_in_range(mem.reads - before, 0, 1);
      reads += mem.reads - before;
      assert_true(++polls < 2000);
    }
    if (i == 0) assert_int_equal(mem.on_tape, n);
    else assert_int_equal(e, AMT_E_HTTP_SIZE); /* after 100 lines */
    assert_true(reads > 8);
  }
}

static void a_redirect_is_reported_and_not_followed(void **state)
{
  static const char in[] = "HTTP/1.1 302 Found\r\n"
                           "Location: http://127.0.0.2/\r\n"
                           "Content-Length: 0\r\n\r\n";
  (void)state;
  begin_test();
  tape_add(0, 1, in, sizeof in - 1, AMT_AGAIN);
  call();
  text_same(&saw, "302 [] END", "redirect");
  check_sent(1, 0);
  assert_int_equal(mem.opens, 1);
}

/* A request far larger than the buffer goes out whole, once, piece by piece. */
static void a_request_that_does_not_fit_the_buffer_is_sent_whole(void **state)
{
  static const char in[] = OK5 "\r\nhello";
  size_t            size, part;
  (void)state;
  for (size = 64; size < 400; size += 37)
    for (part = 0; part < 12; part++) {
      begin_test();
      buf_size = size;
      request_body = 1500;
      mem.write_size = part;
      mem.shy = (unsigned)(part % 3);
      tape_add(0, request_size(), in, sizeof in - 1, AMT_AGAIN);
      call();
      text_same(&saw, "200 [hello] END", "%zu by %zu", size, part);
      check_sent(1, 0);
      assert_int_equal(conn.sent, request_size());
    }
}

/* One send for head and body where they fit. */
static void a_request_that_fits_is_one_write_and_its_reply_one_read(
  void **state)
{
  static const char in[] = OK5 "\r\nhello";
  (void)state;
  begin_test();
  request_body = 300;
  tape_add(0, request_size(), in, sizeof in - 1, AMT_AGAIN);
  call();
  text_same(&saw, "200 [hello] END", "one");
  assert_int_equal(mem.writes, 1);
  assert_int_equal(mem.reads, 2); /* the first looks for bytes not asked for */
}

static void a_buffer_under_64_bytes_is_NO_ROOM(void **state)
{
  size_t size;
  (void)state;
  for (size = 0; size < 64; size += 21) {
    begin_test();
    buf_size = size;
    call();
    text_same(&saw, "[] NO_ROOM", "%zu", size);
    assert_int_equal(mem.sent_n, 0);
  }
}

static void https_never_goes_over_a_plain_stream_nor_http_over_tls(void **state)
{
  amt_stream_ops tls = memory_ops;
  (void)state;
  begin_test();
  url.tls = 1;
  call();
  text_same(&saw, "[] NO_TLS", "https");
  begin_test();
  tls.tls = 1;
  mem.stream.ops = &tls;
  call();
  text_same(&saw, "[] NO_TLS", "http");
  assert_int_equal(mem.opens, 0);
}

/* ------------------------------------------------------------------------
   >>keep   keep-alive */

static const char reply_1[] = OK5 "\r\nfirst";
static const char reply_2[] = OK "Content-Length: 6\r\n\r\nsecond";

#define TAPE(connection, after, text, end)                                    \
  tape_add(connection, after, text, sizeof(text) - 1, end)

static void a_kept_connection_is_used_again(void **state)
{
  (void)state;
  begin_test();
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  TAPE(0, 2 * request_size(), reply_2, AMT_AGAIN);
  call();
  text_same(&saw, "200 [first] END", "first");
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  assert_int_equal(conn.reused, 0);
  call();
  text_same(&saw, "200 [second] END", "second");
  assert_int_equal(conn.reused, 1);
  assert_int_equal(mem.opens, 1);
  assert_int_equal(conn.body, 6);
  check_sent(2, 0);
}

/* The look before the next request sees the end: nothing is sent into it. */
static void a_stale_kept_connection_is_opened_anew(void **state)
{
  static const int ends[] = { AMT_E_EOF, AMT_E_RESET };
  size_t           i;
  (void)state;
  for (i = 0; i < COUNT(ends); i++) {
    begin_test();
    TAPE(0, request_size(), reply_1, ends[i]);
    TAPE(1, request_size(), reply_2, AMT_AGAIN);
    call();
    assert_int_equal(conn.state, AMT_CONN_IDLE);
    call();
    text_same(&saw, "200 [second] END", "second");
    assert_int_equal(conn.reused, 0);
    assert_int_equal(mem.opens, 2);
    assert_int_equal(mem.closes, 1);
    check_sent(2, 0);
  }
}

/* It dies between the look and the write, or after it. The library never
   sends again by itself; `reused` and `sent` tell the caller what it may do. */
static void a_kept_connection_that_dies_is_told_and_not_sent_again(void **state)
{
  (void)state;
  begin_test();
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  call();
  mem.fault_on = ON_WRITE;
  mem.fault_at = 1;
  mem.fault = AMT_E_RESET;
  mem.calls = 0;
  call();
  text_same(&saw, "[] RESET", "on the write");
  assert_int_equal(conn.reused, 1);
  assert_int_equal(conn.sent, 0);
  assert_int_equal(conn.taken, 2);
  assert_int_equal(mem.opens, 1);
  check_sent(1, 0);

  begin_test();
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  TAPE(0, 2 * request_size(), "", AMT_E_EOF);
  call();
  call();
  text_same(&saw, "[] EOF", "after it");
  assert_int_equal(conn.reused, 1);
  assert_int_equal(conn.sent, request_size());
  assert_int_equal(mem.opens, 1);
  check_sent(2, 0);
}

/* Nothing was asked: whoever sent it may mean it as the next reply. */
static void bytes_before_the_first_byte_of_a_request_are_never_its_reply(
  void **state)
{
  static const char evil[] = OK "Content-Length: 4\r\n\r\nEVIL";
  static const char both[] = OK5 "\r\nfirst" OK
                             "Content-Length: 4\r\n\r\nEVIL";
  size_t            piece;
  (void)state;
  /* It lies there when the next call begins. */
  begin_test();
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  TAPE(1, request_size(), reply_2, AMT_AGAIN);
  call();
  TAPE(0, request_size(), evil, AMT_AGAIN);
  call();
  text_same(&saw, "200 [second] END", "unasked");
  assert_int_equal(mem.opens, 2);
  /* It comes with the reply itself, however that is cut. */
  for (piece = 0; piece < sizeof both; piece++) {
    begin_test();
    mem.read_size = piece;
    TAPE(0, request_size(), both, AMT_AGAIN);
    TAPE(1, request_size(), reply_2, AMT_AGAIN);
    call();
    text_same(&saw, "200 [first] END", "by %zu", piece);
    call();
    text_same(&saw, "200 [second] END", "by %zu", piece);
    assert_int_equal(mem.opens, 2);
  }
}

/* The reply that was too late must not be taken for the next one's. */
static void the_reply_to_a_timed_out_request_is_never_the_next_ones(
  void **state)
{
  (void)state;
  begin_test();
  conn.limits.idle = 100;
  step = 10;
  TAPE(1, request_size(), reply_2, AMT_AGAIN);
  call();
  text_same(&saw, "[] TIMEOUT", "no reply");
  assert_int_equal(mem.closes, 1);
  TAPE(0, request_size(), reply_1, AMT_AGAIN); /* now it comes */
  call();
  text_same(&saw, "200 [second] END", "the next");
  assert_int_equal(mem.opens, 2);
}

/* Giving up in mid-call closes as well. */
static void a_call_begun_in_mid_call_takes_a_new_connection(void **state)
{
  int steps;
  (void)state;
  for (steps = 0; steps < 40; steps++) {
    int i, e = 0;
    begin_test();
    mem.read_size = 1;
    TAPE(0, request_size(), reply_1, AMT_AGAIN);
    TAPE(1, request_size(), reply_2, AMT_AGAIN);
    TAPE(0, request_size(), reply_1, AMT_AGAIN);
    buf = edge_new(buf_size);
    amt_http_begin(&conn, now, 0);
    for (i = 0; i < steps && e != AMT_HTTP_END; i++) e = call_step();
    assert_true(e >= 0 && e != AMT_HTTP_END);
    call();
    text_same(&saw, mem.opens == 1 ? "200 [first] END" : "200 [second] END",
              "after %d steps", steps);
    assert_true(mem.opens == 2 || steps == 0);
  }
}

static void a_kept_connection_has_an_idle_limit(void **state)
{
  static const uint32_t starts[] = { 1000, 0xFFFFFFF0u, 0x7FFFFFF0u };
  static const struct { uint32_t keep, max, idle; int again; } list[] = {
    { 0, 0, 60000, 1 },   { 0, 0, 60001, 0 },   { 500, 0, 500, 1 },
    { 500, 0, 501, 0 },   { 500, 100, 100, 1 }, { 500, 100, 101, 0 },
    { 100, 5000, 101, 1 }
  };
  size_t i, s;
  (void)state;
  for (s = 0; s < COUNT(starts); s++)
    for (i = 0; i < COUNT(list); i++) {
      begin_test();
      now = starts[s];
      step = 0;
      conn.limits.keep = list[i].keep;
      TAPE(0, request_size(), reply_1, AMT_AGAIN);
      TAPE(0, 2 * request_size(), reply_2, AMT_AGAIN);
      TAPE(1, request_size(), reply_2, AMT_AGAIN);
      call();
      now += list[i].idle;
      amt_http_begin(&conn, now, list[i].max);
      call_on();
      text_same(&saw, "200 [second] END", "%zu", i);
      assert_int_equal(conn.reused, list[i].again);
      assert_int_equal(mem.opens, list[i].again ? 1 : 2);
    }
}

/* The server said how long it keeps the connection: its last second is left
   alone, since a request may take that long to arrive. */
static void a_kept_connection_is_not_used_in_the_last_second_of_its_time(
  void **state)
{
  static const uint32_t starts[] = { 1000, 0xFFFFFFF0u, 0x7FFFFFF0u };
  static const struct {
    unsigned seconds;
    uint32_t keep, max, idle;
    int      again;
  } list[] = {
    { 5, 0, 0, 3999, 1 },       { 5, 0, 0, 4000, 0 },
    { 2, 0, 0, 999, 1 },        { 2, 0, 0, 1000, 0 },
    { 5, 3000, 0, 3000, 1 },    { 5, 3000, 0, 3001, 0 },
    { 5, 0, 100, 101, 0 },      { 5, 9000, 8000, 4000, 0 },
    { 99, 0, 0, 60000, 1 },     { 99, 0, 0, 60001, 0 },
    { 65535, 0x7FFFFFFFu, 0, 65533999u, 1 },
    { 65535, 0x7FFFFFFFu, 0, 65534000u, 0 }
  };
  size_t i, s;
  (void)state;
  for (s = 0; s < COUNT(starts); s++)
    for (i = 0; i < COUNT(list); i++) {
      char reply[200];
      int  n = sprintf(reply, OK5 "Keep-Alive: timeout=%u, max=9\r\n\r\nfirst",
                       list[i].seconds);
      begin_test();
      now = starts[s];
      step = 0;
      conn.limits.keep = list[i].keep;
      tape_add(0, request_size(), reply, (size_t)n, AMT_AGAIN);
      TAPE(0, 2 * request_size(), reply_2, AMT_AGAIN);
      TAPE(1, request_size(), reply_2, AMT_AGAIN);
      call();
      assert_int_equal(conn.state, AMT_CONN_IDLE);
      now += list[i].idle;
      amt_http_begin(&conn, now, list[i].max);
      call_on();
      text_same(&saw, "200 [second] END", "%zu", i);
      assert_int_equal(conn.reused, list[i].again);
      assert_int_equal(mem.opens, list[i].again ? 1 : 2);
    }
}

/* It is the last reply that says so. */
static void a_reply_without_Keep_Alive_ends_no_time(void **state)
{
  static const char brief[] = OK5 "Keep-Alive: timeout=2\r\n\r\nfirst";
  static const char at_once[] = OK5 "Keep-Alive: timeout=1\r\n\r\nfirst";
  (void)state;
  begin_test();
  step = 0;
  TAPE(0, request_size(), brief, AMT_AGAIN);
  TAPE(0, 2 * request_size(), reply_1, AMT_AGAIN);
  TAPE(0, 3 * request_size(), at_once, AMT_AGAIN);
  call();
  call();
  now += 50000;
  call();
  assert_int_equal(mem.opens, 1);
  text_same(&saw, "200 [first] END", "the third");
  assert_int_equal(conn.state, AMT_CONN_CLOSED); /* a second is too little */
}

/* A connection that says it stays open, and those that say otherwise. */
static void connection_close_closes(void **state)
{
  static const char close_1[] = OK5 "Connection: close\r\n\r\nfirst";
  (void)state;
  begin_test();
  TAPE(0, request_size(), close_1, AMT_AGAIN);
  TAPE(1, request_size(), reply_2, AMT_AGAIN);
  call();
  text_same(&saw, "200 [first] END", "first");
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(mem.closes, 1);
  call();
  text_same(&saw, "200 [second] END", "second");
}

/* What was given up must not arrive later: the kernel would go on sending. */
static void a_call_given_up_is_reset_and_one_that_ended_is_not(void **state)
{
  static const char close_1[] = OK5 "Connection: close\r\n\r\nfirst";
  (void)state;
  begin_test();
  step = 1000;
  assert_int_equal(call(), AMT_E_TIMEOUT); /* no answer */
  assert_int_equal(mem.aborts, 1);
  TAPE(1, request_size(), close_1, AMT_AGAIN);
  TAPE(2, request_size(), reply_1, AMT_AGAIN);
  assert_int_equal(call(), AMT_HTTP_END); /* closed after its reply */
  assert_int_equal(call(), AMT_HTTP_END); /* kept, and closed idle */
  amt_http_close(&conn);
  assert_int_equal(mem.closes, 3);
  assert_int_equal(mem.aborts, 1);
  begin_test();
  mem.open_never = 1;
  step = 1000;
  assert_int_equal(call(), AMT_E_TIMEOUT); /* not one byte had left */
  assert_int_equal(mem.aborts, 0);
}

/* `quiet` saves the look, once. */
static void quiet_saves_the_look_at_an_idle_connection(void **state)
{
  unsigned reads;
  (void)state;
  begin_test();
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  TAPE(0, 2 * request_size(), reply_1, AMT_AGAIN);
  TAPE(0, 3 * request_size(), reply_1, AMT_AGAIN);
  call();
  reads = mem.reads;
  amt_http_begin(&conn, now, 0);
  assert_int_equal(mem.reads, reads + 1); /* a look */
  call_on();
  mem.wait_result = 0;
  assert_int_equal(amt_http_wait(&conn, 10), 0);
  assert_int_equal(mem.want, AMT_WANT_NOTHING);
  assert_int_equal(conn.quiet, 1);
  reads = mem.reads;
  amt_http_begin(&conn, now, 0);
  assert_int_equal(mem.reads, reads); /* none */
  assert_int_equal(conn.quiet, 0);
  assert_int_equal(conn.reused, 1);
  call_on();
  text_same(&saw, "200 [first] END", "third");
  /* A wait that a signal ended has not seen that nothing came. */
  mem.wait_result = AMT_INTERRUPTED;
  assert_int_equal(amt_http_wait(&conn, 10), AMT_INTERRUPTED);
  assert_int_equal(conn.quiet, 0);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  /* One that saw something closes. */
  mem.wait_result = 1;
  assert_int_equal(amt_http_wait(&conn, 10), 1);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(conn.quiet, 0);
  assert_int_equal(mem.is_open, 0);
  /* `quiet` does not make a stale one young. */
  conn.quiet = 1;
  call();
  assert_int_equal(conn.reused, 0);
}

static void a_wait_is_for_what_the_call_waits_for(void **state)
{
  amt_stream_ops deaf = memory_ops;
  int            e;
  (void)state;
  begin_test();
  mem.wait_result = 1;
  mem.shy = 1;
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  buf = edge_new(buf_size);
  amt_http_begin(&conn, now, 0);
  assert_int_equal(call_step(), AMT_AGAIN);
  assert_int_equal(conn.state, AMT_CONN_OPENING);
  amt_http_wait(&conn, 1);
  assert_int_equal(mem.want, AMT_WANT_WRITE);
  do e = call_step();
  while (conn.state == AMT_CONN_OPENING);
  assert_int_equal(conn.state, AMT_CONN_SENDING);
  assert_int_equal(e, AMT_AGAIN);
  mem.want = 9;
  amt_http_wait(&conn, 1);
  assert_int_equal(mem.want, AMT_WANT_WRITE);
  while (conn.state == AMT_CONN_SENDING) call_step();
  mem.want = 9;
  amt_http_wait(&conn, 1);
  assert_int_equal(mem.want, AMT_WANT_READ);
  do e = call_step();
  while (e == AMT_AGAIN);
  assert_int_equal(e, AMT_HTTP_HEAD);
  mem.waits = 0; /* received bytes are there: no need to wait */
  assert_int_equal(amt_http_wait(&conn, 1000), 1);
  assert_int_equal(mem.waits, 0);
  deaf.wait = NULL; /* a stream that cannot */
  mem.stream.ops = &deaf;
  assert_int_equal(amt_http_wait(&conn, 1000), 0);
}

/* ------------------------------------------------------------------------
   >>early   a reply while the request is still going out */

static const char too_large[] =
  "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig";

static void a_reply_during_the_request_stops_it_and_closes_after(void **state)
{
  static const int fulls[] = { AMT_AGAIN, AMT_E_RESET };
  size_t           f, room, size, piece;
  (void)state;
  for (f = 0; f < COUNT(fulls); f++)
    for (room = 1; room < 1500; room += room < 5 ? 1 : 333)
      for (size = 64; size < 2000; size += 999)
        for (piece = 0; piece < 9; piece++) {
          begin_test();
          buf_size = size;
          request_body = 5000;
          mem.room = room;
          mem.full = fulls[f];
          mem.read_size = piece;
          tape_add(0, room, too_large, sizeof too_large - 1, AMT_AGAIN);
          call();
          text_same(&saw, "413 [big] END", "room %zu", room);
          check_sent(0, room);
          assert_int_equal(conn.early, 1);
          assert_int_equal(conn.state, AMT_CONN_CLOSED);
        }
}

/* It takes no more for a while, and nothing is to be read: then it goes on. */
static void a_request_that_stalls_offers_the_same_bytes_again(void **state)
{
  (void)state;
  begin_test();
  buf_size = 64;
  request_body = 5000;
  mem.shy = 5;
  mem.write_size = 63;
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  call();
  text_same(&saw, "200 [first] END", "stalled");
  assert_int_equal(conn.early, 0);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  check_sent(1, 0);
}

/* Until a byte has gone out there can be no reply to it. */
static void bytes_before_the_first_byte_of_a_request_are_refused(void **state)
{
  (void)state;
  begin_test();
  conn.limits.idle = 100;
  mem.fault_on = ON_WRITE;
  mem.fault_at = 1;
  mem.fault = AMT_AGAIN;
  TAPE(0, 0, reply_1, AMT_AGAIN);
  call();
  text_same(&saw, "[] UNASKED", "nothing sent");
  assert_int_equal(mem.reads, 1);
  assert_int_equal(mem.writes, 0);
  assert_int_equal(conn.sent, 0);
}

/* A modem that has sent the bytes and then answers ERROR: the reply may be
   there, and nothing is written any more. */
static void a_reply_behind_a_write_that_failed_is_read(void **state)
{
  static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
  static const char both[] = "HTTP/1.1 103 Hints\r\n\r\n" OK5 "\r\nfirst";
  size_t            at, piece;
  (void)state;
  for (at = 1; at < 4; at++)
    for (piece = 0; piece < 30; piece++) {
      size_t all;
      begin_test();
      request_body = 100;
      mem.write_size = 50;
      mem.read_size = piece;
      mem.fault_on = ON_WRITE, mem.fault_at = (unsigned)at;
      mem.fault = AMT_E_RESET;
      mem.pushes = 1;
      all = 50 * at < request_size() ? 50 * at : request_size();
      tape_add(0, all, both, sizeof both - 1, AMT_E_RESET);
      call();
      text_same(&saw, "200 [first] END", "write %zu, by %zu", at, piece);
      assert_int_equal(conn.early, 1);
      assert_int_equal(conn.taken, 2);
      assert_int_equal(conn.sent, 50 * (at - 1));
      assert_int_equal(conn.state, AMT_CONN_CLOSED);
      assert_int_equal(mem.writes, at);
      check_sent(0, all);
    }
  /* An interim one lets no request go on whose write has failed. */
  begin_test();
  conn.limits.idle = 100;
  request_body = 100;
  mem.fault_on = ON_WRITE, mem.fault_at = 1, mem.fault = AMT_E_RESET;
  mem.pushes = 1;
  TAPE(0, request_size(), interim, AMT_AGAIN);
  call();
  text_same(&saw, "[] TIMEOUT", "an interim reply alone");
  assert_int_equal(mem.writes, 1);
  check_sent(1, 0);
}

/* What makes a request safe to be sent again. */
static void taken_is_0_only_if_no_byte_can_have_left(void **state)
{
  static const struct { int fault, result, taken; unsigned at; } list[] = {
    { AMT_AGAIN, AMT_E_TIMEOUT, 0, 1 }, { AMT_AGAIN, AMT_E_TIMEOUT, 1, 2 },
    { AMT_E_RESET, AMT_E_RESET, 2, 1 }, { AMT_E_RESET, AMT_E_RESET, 2, 2 },
    { AMT_E_EOF, AMT_E_EOF, 2, 1 }, { 1, AMT_E_TIMEOUT, 1, 1000 }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(list); i++) {
    begin_test();
    conn.limits.idle = 100;
    mem.write_size = 10;
    mem.fault_on = ON_WRITE;
    mem.fault_at = list[i].at;
    mem.fault = list[i].fault;
    assert_int_equal(call(), list[i].result);
    assert_int_equal(conn.taken, list[i].taken);
    assert_int_equal(mem.aborts, 1);
    amt_http_begin(&conn, now, 0);
    assert_int_equal(conn.taken, 0);
  }
  begin_test();
  mem.fault_on = ON_OPEN, mem.fault_at = 1, mem.fault = AMT_E_CONNECT;
  assert_int_equal(call(), AMT_E_CONNECT);
  assert_int_equal(conn.taken, 0);
}

/* HAProxy, Node and others send a 408 to a connection on which nothing was
   asked, and close. */
static const char waited[] = "HTTP/1.1 408 Request Time-out\r\n"
                             "Content-Length: 0\r\n"
                             "Connection: close\r\n\r\n";

static void a_408_on_an_unused_connection_is_never_a_reply(void **state)
{
  static const int ends[] = { AMT_AGAIN, AMT_E_EOF, AMT_E_RESET };
  size_t           i;
  (void)state;
  for (i = 0; i < COUNT(ends); i++) {
    /* A kept one: the next call has one of its own, */
    begin_test();
    TAPE(0, request_size(), reply_1, AMT_AGAIN);
    TAPE(1, request_size(), reply_2, AMT_AGAIN);
    call();
    TAPE(0, request_size(), waited, ends[i]);
    call();
    text_same(&saw, "200 [second] END", "kept");
    assert_int_equal(mem.opens, 2);
    check_sent(2, 0);
    /* and a wait closes it. */
    begin_test();
    mem.wait_result = 1;
    TAPE(0, request_size(), reply_1, AMT_AGAIN);
    TAPE(0, request_size(), waited, ends[i]);
    call();
    assert_int_equal(amt_http_wait(&conn, 10), 1);
    assert_int_equal(conn.state, AMT_CONN_CLOSED);
    /* A new one: it lies there as soon as it is open, */
    begin_test();
    TAPE(0, 0, waited, ends[i]);
    call();
    text_same(&saw, "[] UNASKED", "new");
    assert_int_equal(conn.taken, 0);
    /* or comes while the first write says "not yet". */
    begin_test();
    mem.shy = 1, mem.bold = ON_OPEN | ON_WRITE;
    mem.fault_on = ON_WRITE, mem.fault_at = 1, mem.fault = AMT_AGAIN;
    TAPE(0, 0, waited, ends[i]);
    call();
    text_same(&saw, "[] UNASKED", "not yet");
    assert_int_equal(conn.taken, 0);
    assert_int_equal(mem.reads, 2);
    check_sent(0, 0);
  }
}

static void an_end_during_the_request_is_an_error(void **state)
{
  (void)state;
  begin_test();
  request_body = 5000;
  mem.room = 700;
  TAPE(0, 700, "", AMT_E_EOF);
  call();
  text_same(&saw, "[] EOF", "end");
  begin_test();
  request_body = 5000;
  mem.room = 700;
  TAPE(0, 700, "", AMT_E_RESET);
  call();
  text_same(&saw, "[] RESET", "reset");
  begin_test(); /* the write's error, if the read knows nothing */
  request_body = 5000;
  mem.room = 700;
  mem.full = AMT_E_RESET;
  call();
  text_same(&saw, "[] RESET", "write");
  check_sent(0, 700);
}

/* 100 and 103 are no answer: the rest of the request must still go out. */
static void an_interim_reply_during_the_request_does_not_stop_it(void **state)
{
  static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
  (void)state;
  begin_test();
  conn.limits.idle = 100;
  request_body = 500;
  mem.write_size = 300;
  mem.shy = 2; /* the second write says "not yet", and the look finds 100 */
  mem.bold = ON_READ;
  TAPE(0, 300, interim, AMT_AGAIN);
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  call();
  text_same(&saw, "200 [first] END", "100 in mid-request");
  check_sent(1, 0);
}

/* ------------------------------------------------------------------------
   >>time */

/* When each limit strikes: at the first poll at which it has passed, whatever
   the clock shows, and also when it wraps in mid-call. */
static void limits_strike_on_time_and_when_the_clock_wraps(void **state)
{
  static const uint32_t starts[] = {
    0, 1000, 0x7FFFFF00u, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFE00u, 0xFFFFFC18u
  };
  size_t s;
  int    phase;
  (void)state;
  for (s = 0; s < COUNT(starts); s++)
    for (phase = 0; phase < 5; phase++) {
      /* In the fourth the last byte comes 20 ms after the beginning. */
      static const uint32_t want[] = { 1000, 500, 500, 520, 3000 };
      uint32_t              left;
      begin_test();
      conn.limits.connect = 1000;
      conn.limits.idle = 500;
      conn.limits.call = 3000;
      now = starts[s];
      step = 20;
      if (phase == 0) mem.open_never = 1;
      if (phase == 1) { mem.fault_on = ON_WRITE; mem.fault_at = 1; }
      if (phase == 3) TAPE(0, 1, OK5 "\r\nhel", AMT_AGAIN);
      if (phase == 4) { /* a byte now and then, for ever: the call's limit */
        static char drip[3000] = OK "\r\n";
        memset(drip + strlen(OK "\r\n"), 'x', 2000);
        mem.read_size = 1;
        mem.shy = 1;
        step = 100;
        TAPE(0, 1, drip, AMT_AGAIN);
      }
      amt_http_begin(&conn, now, 0);
      left = amt_http_left(&conn, now);
      assert_int_equal(left, 1000); /* the connect limit comes first */
      assert_int_equal(call_on(), AMT_E_TIMEOUT);
      if (now - starts[s] != want[phase])
        fail_msg("phase %d from %u: after %u", phase, starts[s],
                 now - starts[s]);
      assert_int_equal(mem.is_open, 0);
    }
}

static void left_is_the_nearest_limit(void **state)
{
  (void)state;
  begin_test();
  amt_http_begin(&conn, now, 0); /* the defaults */
  assert_int_equal(amt_http_left(&conn, now), 10000);
  assert_int_equal(amt_http_left(&conn, now + 9999), 1);
  assert_int_equal(amt_http_left(&conn, now + 10000), 0);
  assert_int_equal(amt_http_left(&conn, now + 20000), 0);
  buf = edge_new(buf_size);
  while (conn.state != AMT_CONN_RECEIVING) call_step();
  assert_int_equal(amt_http_left(&conn, now), 30000);
  conn.limits.call = 20000;
  assert_int_equal(amt_http_left(&conn, now + 1), 19999);
  assert_int_equal(amt_http_left(&conn, now - 5), 20000); /* it went back */
}

static void a_clock_that_jumps_back_does_not_end_a_call(void **state)
{
  int e;
  (void)state;
  begin_test();
  conn.limits.idle = 500;
  conn.limits.call = 3000;
  now = 100000;
  buf = edge_new(buf_size);
  amt_http_begin(&conn, now, 0);
  while (conn.state != AMT_CONN_RECEIVING) call_step();
  now = 40000;
  assert_int_equal(call_step(), AMT_AGAIN);
  assert_in_range(amt_http_left(&conn, now), 1, 500);
  now = 0;
  assert_int_equal(call_step(), AMT_AGAIN);
  TAPE(0, 1, reply_1, AMT_AGAIN);
  e = call_on();
  assert_int_equal(e, AMT_HTTP_END);
  text_same(&saw, "200 [first] END", "it went back");
}

/* A poll that finds the whole reply there gives it, however late it is. */
static void what_has_arrived_is_given_even_at_the_limit(void **state)
{
  (void)state;
  begin_test();
  conn.limits.idle = 500;
  buf = edge_new(buf_size);
  amt_http_begin(&conn, now, 0);
  while (conn.state != AMT_CONN_RECEIVING) call_step();
  TAPE(0, 1, reply_1, AMT_AGAIN);
  now += 100000;
  assert_int_equal(call_on(), AMT_HTTP_END);
}

/* ------------------------------------------------------------------------
   >>faults   each call of the stream in turn fails, ends, or stops */

static void each_stream_call_in_turn_may_fail_and_a_result_is_never_wrong(
  void **state)
{
  static const int  faults[] = { AMT_E_RESET, AMT_E_EOF, AMT_AGAIN,
                                AMT_E_DNS, AMT_E_CONNECT };
  static const int  on[] = { ON_ANY, ON_READ, ON_WRITE, ON_OPEN };
  static const char chunked[] = CHUNKED "5\r\nfirst\r\n0\r\n\r\n";
  static const char to_end[] = OK "\r\nfirst";
  size_t            f, o, kind;
  (void)state;
  for (kind = 0; kind < 3; kind++)
    for (f = 0; f < COUNT(faults); f++)
      for (o = 0; o < COUNT(on); o++) {
        unsigned at = 0, hits;
        do {
          int e;
          if (faults[f] == AMT_E_EOF && on[o] != ON_READ) break;
          if (faults[f] < AMT_E_TIMEOUT && on[o] != ON_OPEN) break;
          begin_test();
          conn.limits.idle = 200;
          conn.limits.connect = 200;
          buf_size = 64;
          request_body = 200;
          mem.write_size = 50;
          mem.read_size = 7;
          mem.shy = at & 1;
          mem.fault_on = on[o];
          mem.fault_at = ++at;
          mem.fault = faults[f];
          if (kind == 0) TAPE(0, request_size(), reply_1, AMT_AGAIN);
          if (kind == 1) TAPE(0, request_size(), chunked, AMT_AGAIN);
          if (kind == 2) TAPE(0, request_size(), to_end, AMT_E_EOF);
          e = call();
          hits = mem.faults;
          if (e == AMT_HTTP_END) {
            /* A body that ends with the connection may end early. */
            if (kind != 2 || faults[f] != AMT_E_EOF)
              text_same(&saw, "200 [first] END", "fault at %u", at);
            if (hits != 0 && faults[f] != AMT_E_EOF)
              assert_true(mem.sent_n < request_size() ||
                          faults[f] == AMT_E_RESET);
          } else {
            assert_true(e < 0);
            assert_true(hits != 0);
            assert_int_equal(mem.is_open, 0);
            assert_int_equal(mem.opens, mem.closes);
            if (faults[f] == AMT_AGAIN) assert_int_equal(e, AMT_E_TIMEOUT);
            if (faults[f] < AMT_E_TIMEOUT) assert_int_equal(e, faults[f]);
          }
          assert_true(mem.opens <= 1);
          check_sent(0, mem.sent_n); /* a part of one request, or all */
          /* And the next call, on a sound stream, is as good as ever. */
          {
            unsigned opens = mem.opens;
            int      kept = conn.state == AMT_CONN_IDLE;
            size_t   k;
            mem.fault_on = 0;
            mem.sent_n = 0;
            if (!kept) {
              for (k = 0; k < mem.tapes; k++) mem.tape[k].connection = opens;
            } else {
              TAPE(0, 2 * request_size(), reply_1, AMT_AGAIN);
            }
            call();
            text_same(&saw, "200 [first] END", "after fault %u", at);
            check_sent(1, 0);
          }
        } while (hits != 0);
        if (faults[f] == AMT_E_RESET) assert_true(at > 1);
      }
}

/* Polled on after its end, a call neither goes on nor begins anew. */
static void a_call_that_has_ended_stays_ended(void **state)
{
  int i;
  (void)state;
  begin_test();
  assert_int_equal(amt_http_poll(&conn, &url, edge_new(64), 64, now),
                   AMT_E_EOF); /* none was begun */
  begin_test();
  TAPE(0, request_size(), "junk", AMT_AGAIN);
  call();
  text_same(&saw, "[] STATUS", "junk");
  for (i = 0; i < 3; i++)
    assert_true(amt_http_poll(&conn, &url, edge_new(64), 64, now) < 0);
  assert_int_equal(mem.opens, 1);
  begin_test();
  TAPE(0, request_size(), reply_1, AMT_AGAIN);
  call();
  for (i = 0; i < 3; i++)
    assert_true(amt_http_poll(&conn, &url, edge_new(64), 64, now) < 0);
  assert_int_equal(mem.opens, 1);
  check_sent(1, 0);
  amt_http_close(&conn);
  amt_http_close(&conn);
  assert_int_equal(mem.closes, 1);
}

/* ------------------------------------------------------------------------
   >>posix   127.0.0.1 and ::1 only */

typedef struct server {
  int         listen_fd, fd;
  uint16_t    port;
  const char *reply;
  size_t      n;
  int         then;   /* after the reply: 0 stay, 'F' end, 'R' reset */
  int         before; /* 'R': reset as soon as it is connected */
  int         hold;   /* do not answer yet */
  char        got[20000];
  size_t      got_n, done;
  unsigned    accepted, answered;
} server;

static server        srv;
static amt_posix     sock;
static amt_http_conn net;
static amt_url       net_url;
static char          net_text[100];

/* A socket bound to a loopback port (0: any), or -1. */
static int bound(int family, uint16_t *port)
{
  struct sockaddr_in  in4;
  struct sockaddr_in6 in6;
  struct sockaddr    *a = (struct sockaddr *)&in4;
  socklen_t           n = sizeof in4;
  int                 on = 1, fd = socket(family, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  memset(&in4, 0, sizeof in4);
  memset(&in6, 0, sizeof in6);
  in4.sin_family = AF_INET;
  in4.sin_port = htons(*port);
  in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (family == AF_INET6) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(*port);
    in6.sin6_addr.s6_addr[15] = 1;
    a = (struct sockaddr *)&in6;
    n = sizeof in6;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(fd, a, n) != 0 || getsockname(fd, a, &n) != 0) {
    close(fd);
    return -1;
  }
  *port = ntohs(family == AF_INET6 ? in6.sin6_port : in4.sin_port);
  return fd;
}

static void server_close(void)
{
  if (srv.fd >= 0) close(srv.fd);
  srv.fd = -1;
}

/* A server and a client that knows it; 0 if there is no such family here. */
static int net_begin(int family, const char *reply, size_t n)
{
  memset(&srv, 0, sizeof srv);
  memset(&net, 0, sizeof net);
  srv.fd = -1;
  srv.listen_fd = bound(family, &srv.port);
  if (srv.listen_fd < 0) return 0;
  assert_int_equal(listen(srv.listen_fd, 8), 0);
  fcntl(srv.listen_fd, F_SETFL, O_NONBLOCK);
  srv.reply = reply;
  srv.n = n;
  amt_posix_init(&sock);
  assert_int_equal(sock.fd, -1);
  net.stream = &sock.stream;
  sprintf(net_text, "http://%s:%u/x",
          family == AF_INET6 ? "[::1]" : "127.0.0.1", srv.port);
  assert_int_equal(amt_url_parse(&net_url, net_text), 0);
  buf_size = 1024;
  request_body = 0;
  return 1;
}

static void net_end(void)
{
  amt_http_close(&net);
  assert_int_equal(sock.fd, -1);
  server_close();
  if (srv.listen_fd >= 0) close(srv.listen_fd);
}

static void reset(int fd)
{
  struct linger l;
  l.l_onoff = 1;
  l.l_linger = 0;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  close(fd);
}

/* The server does what it can without waiting. */
static void server_step(void)
{
  ssize_t n;
  if (srv.fd < 0) {
    srv.fd = accept(srv.listen_fd, NULL, NULL);
    if (srv.fd < 0) return;
    fcntl(srv.fd, F_SETFL, O_NONBLOCK);
    srv.accepted++;
    if (srv.before == 'R') {
      reset(srv.fd);
      srv.fd = -1;
      return;
    }
  }
  if (srv.got_n == sizeof srv.got - 1) return; /* it reads no more */
  n = recv(srv.fd, srv.got + srv.got_n, sizeof srv.got - srv.got_n - 1, 0);
  if (n == 0) server_close();
  if (n > 0) srv.got_n += (size_t)n;
  srv.got[srv.got_n] = 0;
  if (srv.fd < 0 || srv.hold ||
      strstr(srv.got + srv.done, "\r\n\r\n") == NULL)
    return;
  srv.done = srv.got_n;
  srv.answered++;
  assert_int_equal(send(srv.fd, srv.reply, srv.n, MSG_NOSIGNAL), srv.n);
  if (srv.then == 'F') server_close();
  if (srv.then == 'R') {
    reset(srv.fd);
    srv.fd = -1;
  }
}

static void net_send(amt_out *o)
{
  size_t i;
  amt_http_put_line(o, request_body ? "POST" : "GET", &net_url, net_url.path,
                    net_url.path_len);
  amt_http_put_end(o, request_body ? request_body : AMT_HTTP_NO_BODY);
  for (i = 0; i < request_body; i += 1000)
    amt_put(o, big, request_body - i < 1000 ? request_body - i : 1000);
}

static int net_step(uint32_t at)
{
  int e = amt_http_poll(&net, &net_url, buf, buf_size, at);
  if (e == AMT_HTTP_SEND) {
    amt_out o = amt_out_window((char *)buf, buf_size, net.sent);
    net_send(&o);
    e = amt_http_send(&net, &o, at);
  }
  return e;
}

/* Goes on with a call; the server is given its turn before each wait. */
static int net_call_on(void)
{
  static text body;
  int         e;
  text_clear(&saw);
  text_clear(&body);
  buf = edge_new(buf_size);
  do {
    e = net_step(amt_posix_now());
    if (e == AMT_HTTP_HEAD) text_add(&saw, "%d ", net.reply.status);
    if (e == AMT_HTTP_BODY) text_bytes(&body, net.data, net.len);
    if (e == AMT_AGAIN) {
      server_step();
      amt_http_wait(&net, 20);
    }
  } while (e >= 0 && e != AMT_HTTP_END);
  text_add(&saw, "[%s] %s", body.s, error_name(e));
  return e;
}

static int net_call(void)
{
  amt_http_begin(&net, amt_posix_now(), 0);
  return net_call_on();
}

static int lowest_free_fd(void)
{
  int fd = dup(0);
  if (fd < 0) fd = open("/dev/null", O_RDONLY);
  close(fd);
  return fd;
}

static void calls_over_ipv4_and_ipv6_reuse_their_connection(void **state)
{
  static const int families[] = { AF_INET, AF_INET6 };
  size_t           i;
  int              before = lowest_free_fd();
  (void)state;
  for (i = 0; i < COUNT(families); i++) {
    if (!net_begin(families[i], reply_1, sizeof reply_1 - 1)) {
      print_message("no ::1 here: not run\n");
      continue;
    }
    net_call();
    text_same(&saw, "200 [first] END", "first");
    assert_int_equal(fcntl(sock.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    net_call();
    text_same(&saw, "200 [first] END", "second");
    assert_int_equal(srv.accepted, 1);
    assert_int_equal(net.reused, 1);
    assert_non_null(strstr(srv.got, families[i] == AF_INET
                                      ? "\r\nHost: 127.0.0.1:"
                                      : "\r\nHost: [::1]:"));
    net_end();
  }
  assert_int_equal(lowest_free_fd(), before);
}

static void a_refused_connection_is_CONNECT(void **state)
{
  uint16_t port = 0;
  int      fd = bound(AF_INET, &port); /* bound, but nobody listens */
  int      before = lowest_free_fd();
  (void)state;
  assert_true(fd >= 0);
  net_begin(AF_INET, "", 0);
  net_url.port = port;
  net_call();
  text_same(&saw, "[] CONNECT", "refused");
  assert_int_equal(sock.sys_error, ECONNREFUSED);
  assert_int_equal(sock.fd, -1);
  assert_int_equal(net.sent, 0);
  net_end();
  assert_int_equal(lowest_free_fd(), before);
  close(fd);
}

/* A resolver that answers as told. */
typedef struct names {
  int         result, again;
  unsigned    asked;
  const char *list[AMT_ADDRESSES];
} names;

static int names_resolve(void *ctx, const char *host, amt_address *a, int max)
{
  names *k = (names *)ctx;
  int    i;
  k->asked++;
  assert_string_equal(host, "many.example");
  assert_int_equal(max, AMT_ADDRESSES);
  if (k->again > 0) {
    k->again--;
    return AMT_AGAIN;
  }
  for (i = 0; i < k->result; i++)
    assert_int_equal(amt_address_parse(&a[i], k->list[i], strlen(k->list[i])),
                     1);
  return k->result;
}

static void net_named(names *k)
{
  sprintf(net_text, "http://many.example:%u/x", srv.port);
  assert_int_equal(amt_url_parse(&net_url, net_text), 0);
  sock.resolve = names_resolve;
  sock.ctx = k;
}

/* Nothing listens at [::1] on that port, or there is no ::1 at all. */
static void every_address_of_a_name_is_tried_in_turn(void **state)
{
  names k = { 2, 0, 0, { "::1", "127.0.0.1" } };
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  net_named(&k);
  net_call();
  text_same(&saw, "200 [first] END", "the second address");
  assert_int_equal(k.asked, 1);
  net_end();
  /* None answers: CONNECT, and the name is asked for anew the next time. */
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  close(srv.listen_fd);
  srv.listen_fd = bound(AF_INET, &srv.port);
  net_named(&k);
  k.asked = 0;
  k.result = 8;
  k.list[2] = k.list[4] = k.list[6] = "::1";
  k.list[3] = k.list[5] = k.list[7] = "127.0.0.1";
  net_call();
  text_same(&saw, "[] CONNECT", "none");
  assert_int_equal(sock.fd, -1);
  net_call();
  text_same(&saw, "[] CONNECT", "none, again");
  assert_int_equal(k.asked, 2);
  net_end();
}

static void a_resolver_may_say_not_yet_and_its_failure_is_told(void **state)
{
  names    k = { 1, 3, 0, { "127.0.0.1" } };
  uint32_t at = 0xFFFFFF00u;
  int      e;
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  net_named(&k);
  net_call();
  text_same(&saw, "200 [first] END", "in the end");
  assert_int_equal(k.asked, 4);
  net_end();
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  net_named(&k);
  k.result = AMT_E_DNS;
  net_call();
  text_same(&saw, "[] DNS", "unknown");
  net_end();
  /* Never: inside the connect limit. */
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  net_named(&k);
  k.again = 1000000;
  net.limits.connect = 1000;
  buf = edge_new(buf_size);
  amt_http_begin(&net, at, 0);
  do e = net_step(at += 100);
  while (e == AMT_AGAIN);
  assert_int_equal(e, AMT_E_TIMEOUT);
  assert_int_equal(at, 0xFFFFFF00u + 1000);
  net_end();
}

static void a_wait_of_no_time_does_not_block_the_next_read(void **state)
{
  int e;
  (void)state;
  assert_true(net_begin(AF_INET, "", 0));
  request_body = 0;
  buf_size = 256;
  buf = edge_new(buf_size);
  amt_http_begin(&net, 1000, 0);
  alarm(10); /* a read that blocks ends the program */
  do e = net_step(1000);
  while (net.state != AMT_CONN_RECEIVING);
  assert_int_equal(e, AMT_AGAIN);
  amt_http_wait(&net, 0);
  assert_int_equal(net_step(1000), AMT_AGAIN);
  alarm(0);
  net_end();
}

static void the_default_resolver_knows_localhost(void **state)
{
  amt_address a[AMT_ADDRESSES];
  int         i, n = amt_posix_resolve(NULL, "localhost", a, AMT_ADDRESSES);
  FILE       *hosts = fopen("/etc/hosts", "r");
  (void)state;
  if (hosts == NULL) skip(); /* a bare root file system: it has no names */
  fclose(hosts);
  assert_in_range(n, 1, AMT_ADDRESSES);
  for (i = 0; i < n; i++)
    assert_true((a[i].len == 4 && a[i].ip[0] == 127) ||
                (a[i].len == 16 && a[i].ip[15] == 1 && a[i].ip[0] == 0));
  assert_int_equal(amt_posix_resolve(NULL, "localhost", a, 1), 1);
}

static void a_host_name_that_is_too_long_is_DNS(void **state)
{
  char host[300];
  (void)state;
  memset(host, 'a', sizeof host);
  amt_posix_init(&sock);
  sock.resolve = NULL; /* must not be asked */
  assert_int_equal(
    sock.stream.ops->open(&sock.stream, host, sizeof host, 80, 1000),
    AMT_E_DNS);
  assert_int_equal(sock.fd, -1);
}

/* Fills the queue of a listener that never accepts: from then on a connection
   attempt gets no answer at all. */
static int deaf_listener(int family, uint16_t *port, int *clients, int count)
{
  struct sockaddr_storage a;
  socklen_t               n = sizeof a;
  int                     i, fd = bound(family, port);
  if (fd < 0) return -1;
  listen(fd, 0);
  getsockname(fd, (struct sockaddr *)&a, &n);
  for (i = 0; i < count; i++) {
    clients[i] = socket(family, SOCK_STREAM, 0);
    fcntl(clients[i], F_SETFL, O_NONBLOCK);
    (void)connect(clients[i], (struct sockaddr *)&a, n);
  }
  return fd;
}

/* The clock is the test's own; nothing is waited for. */
static void a_server_that_does_not_answer_is_TIMEOUT(void **state)
{
  uint16_t port = 0;
  int      clients[4], i, e, fd = deaf_listener(AF_INET, &port, clients, 4);
  uint32_t at = 0xFFFFFF00u;
  (void)state;
  assert_true(fd >= 0);
  net_begin(AF_INET, "", 0);
  net_url.port = port;
  net.limits.connect = 2000;
  buf = edge_new(buf_size);
  amt_http_begin(&net, at, 0);
  do e = net_step(at += 50);
  while (e == AMT_AGAIN);
  assert_int_equal(e, AMT_E_TIMEOUT);
  assert_int_equal(at, 0xFFFFFF00u + 2000);
  net_end();
  for (i = 0; i < 4; i++) close(clients[i]);
  close(fd);
}

static void an_address_that_does_not_answer_leaves_time_for_the_next(
  void **state)
{
  names    k = { 2, 0, 0, { "::1", "127.0.0.1" } };
  int      clients[4], i, e = AMT_AGAIN, fd;
  uint32_t at = 5000;
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  fd = deaf_listener(AF_INET6, &srv.port, clients, 4);
  if (fd < 0) {
    net_end();
    print_message("no ::1 here, or its port is taken: not run\n");
    skip();
  }
  net_named(&k);
  net.limits.connect = 4000;
  buf = edge_new(buf_size);
  amt_http_begin(&net, at, 0);
  while (net.state == AMT_CONN_OPENING && e == AMT_AGAIN && at < 20000)
    e = net_step(at += 100);
  assert_true(e >= 0);
  assert_int_equal(net.state, AMT_CONN_RECEIVING);
  assert_in_range(at, 5000 + 1900, 5000 + 2200); /* half of the limit */
  net_end();
  for (i = 0; i < 4; i++) close(clients[i]);
  close(fd);
}

/* 413 in the midst of the request, and closed with the rest of it unread: that
   is a reset, behind which the reply can still be read here. */
static void an_early_reply_is_read_although_the_server_has_gone(void **state)
{
  int round;
  (void)state;
  for (round = 0; round < 20; round++) {
    net_begin(AF_INET, too_large, sizeof too_large - 1);
    srv.then = round & 1 ? 'F' : 0;
    request_body = 8u << 20;
    buf_size = 65536;
    if (round & 2) srv.done = srv.got_n = sizeof srv.got - 4000;
    net_call();
    text_same(&saw, "413 [big] END", "round %d", round);
    assert_int_equal(srv.answered, 1);
    assert_true(net.sent < request_body);
    assert_int_equal(net.state, AMT_CONN_CLOSED);
    net_end();
  }
}

static void a_408_on_an_idle_socket_is_not_the_next_reply(void **state)
{
  int waits;
  (void)state;
  for (waits = 0; waits < 2; waits++) {
    net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
    net_call();
    assert_int_equal(net.state, AMT_CONN_IDLE);
    assert_int_equal(send(srv.fd, waited, sizeof waited - 1, MSG_NOSIGNAL),
                     sizeof waited - 1);
    server_close();
    if (waits) {
      assert_int_equal(amt_http_wait(&net, 1000), 1);
      assert_int_equal(net.state, AMT_CONN_CLOSED);
    }
    srv.done = srv.got_n = 0;
    net_call();
    text_same(&saw, "200 [first] END", "the next");
    assert_int_equal(srv.accepted, 2);
    assert_int_equal(net.reused, 0);
    net_end();
  }
}

/* The body count tells how much came before the end. */
static void a_peer_that_ends_in_mid_body_is_TRUNCATED(void **state)
{
  static const char half[] = OK "Content-Length: 100\r\n\r\nhalf";
  (void)state;
  net_begin(AF_INET, half, sizeof half - 1);
  srv.then = 'F';
  net_call();
  text_same(&saw, "200 [half] TRUNCATED", "FIN");
  assert_int_equal(net.body, 4);
  net_end();
}

static void a_peer_that_resets_is_never_a_success(void **state)
{
  static const char half[] = OK "Content-Length: 100\r\n\r\nhalf";
  static const char open_end[] = OK "\r\nhalf";
  int               e;
  (void)state;
  net_begin(AF_INET, half, sizeof half - 1);
  srv.then = 'R';
  e = net_call();
  assert_true(e == AMT_E_RESET || e == AMT_E_TRUNCATED);
  assert_int_equal(sock.fd, -1);
  net_end();
  net_begin(AF_INET, open_end, sizeof open_end - 1);
  srv.then = 'R';
  assert_int_equal(net_call(), AMT_E_RESET);
  assert_int_equal(sock.sys_error, ECONNRESET);
  net_end();
}

static void a_body_that_ends_with_the_connection_is_complete_at_its_end(
  void **state)
{
  static const char whole[] = OK "\r\nwhole";
  (void)state;
  net_begin(AF_INET, whole, sizeof whole - 1);
  srv.then = 'F';
  net_call();
  text_same(&saw, "200 [whole] END", "FIN");
  net_end();
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
  (void)number;
  signals++;
}

static void catch_signal(int number, void (*handler)(int))
{
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = handler;
  sigaction(number, &a, NULL);
}

static void writing_to_a_peer_that_has_gone_raises_no_SIGPIPE(void **state)
{
  int e = 0, i;
  (void)state;
  signals = 0;
  catch_signal(SIGPIPE, on_signal);
  net_begin(AF_INET, "", 0);
  request_body = 32u << 20; /* more than sockets buffer */
  buf_size = 65536;
  srv.before = 'R';
  buf = edge_new(buf_size);
  amt_http_begin(&net, amt_posix_now(), 0);
  while (net.state == AMT_CONN_OPENING) e = net_step(amt_posix_now());
  server_step();
  for (i = 0; i < 100 && e >= 0; i++) e = net_step(amt_posix_now());
  assert_true(e == AMT_E_RESET || e == AMT_E_EOF);
  net_end();
  /* Below the connection: write on, after its error, into a closed peer. */
  net_begin(AF_INET, "", 0);
  amt_http_begin(&net, amt_posix_now(), 0);
  while (net.state == AMT_CONN_OPENING)
    (void)amt_http_poll(&net, &net_url, buf, buf_size, amt_posix_now());
  srv.before = 'R';
  server_step();
  for (i = 0; i < 5; i++)
    (void)sock.stream.ops->write(&sock.stream, "x", 1);
  assert_int_equal(sock.stream.ops->write(&sock.stream, "x", 1), AMT_E_RESET);
  assert_int_equal(sock.sys_error, EPIPE);
  net_end();
  catch_signal(SIGPIPE, SIG_DFL);
  assert_int_equal(signals, 0);
}

/* The request is larger than what sockets buffer; the server answers in the
   middle and reads no more. */
static void an_early_reply_over_a_socket_is_read(void **state)
{
  (void)state;
  net_begin(AF_INET, too_large, sizeof too_large - 1);
  request_body = 32u << 20;
  buf_size = 65536;
  net_call();
  text_same(&saw, "413 [big] END", "early");
  assert_int_equal(net.early, 1);
  assert_int_equal(sock.fd, -1);
  assert_true(net.sent < request_body);
  net_end();
}

static void a_kept_socket_that_the_server_has_closed_is_opened_anew(
  void **state)
{
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  net_call();
  assert_int_equal(net.state, AMT_CONN_IDLE);
  server_close();
  net_call();
  text_same(&saw, "200 [first] END", "the look saw it");
  assert_int_equal(srv.accepted, 2);
  assert_int_equal(net.reused, 0);
  /* And a wait in between sees it too. */
  server_close();
  assert_int_equal(amt_http_wait(&net, 5000), 1);
  assert_int_equal(net.state, AMT_CONN_CLOSED);
  assert_int_equal(sock.fd, -1);
  net_end();
}

static void an_idle_wait_that_saw_nothing_saves_the_look(void **state)
{
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  net_call();
  assert_int_equal(amt_http_wait(&net, 1), 0);
  assert_int_equal(net.quiet, 1);
  net_call();
  text_same(&saw, "200 [first] END", "again");
  assert_int_equal(net.reused, 1);
  net_end();
}

/* A server in a process of its own, which answers a while after the request:
   the poll that follows the wait does the blocking. */
static void a_blocking_poll_returns_with_the_reply(void **state)
{
  pid_t child;
  int   e = AMT_AGAIN, status = 1;
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  child = fork();
  if (child == 0) {
    char in[1000];
    int  fd;
    fcntl(srv.listen_fd, F_SETFL, 0);
    fd = accept(srv.listen_fd, NULL, NULL);
    if (recv(fd, in, sizeof in, 0) <= 0) _exit(1);
    usleep(30000);
    _exit(send(fd, srv.reply, srv.n, 0) == (ssize_t)srv.n ? 0 : 2);
  }
  assert_true(child > 0);
  buf = edge_new(buf_size);
  amt_http_begin(&net, amt_posix_now(), 0);
  while (net.state != AMT_CONN_RECEIVING) {
    e = net_step(amt_posix_now());
    if (e == AMT_AGAIN && net.state != AMT_CONN_RECEIVING)
      amt_http_wait(&net, 1000);
    assert_true(e >= 0);
  }
  /* A short one first: it must come back empty-handed or with the head. */
  assert_int_equal(amt_http_wait(&net, 1), 1);
  e = net_step(amt_posix_now());
  if (e == AMT_AGAIN) {
    assert_int_equal(amt_http_wait(&net, 30000), 1);
    e = net_step(amt_posix_now());
  }
  assert_int_equal(e, AMT_HTTP_HEAD);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  net_end();
}

/* The next poll without a wait before it must not block. */
static void a_poll_without_a_wait_never_blocks(void **state)
{
  int i;
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  srv.hold = 1;
  buf = edge_new(buf_size);
  amt_http_begin(&net, amt_posix_now(), 0);
  while (net.state != AMT_CONN_RECEIVING) (void)net_step(amt_posix_now());
  amt_http_wait(&net, 1);
  for (i = 0; i < 1000; i++)
    assert_int_equal(net_step(amt_posix_now()), AMT_AGAIN);
  srv.hold = 0;
  net_call_on();
  text_same(&saw, "200 [first] END", "in the end");
  net_end();
}

/* With a timer that strikes again and again: a wait that it ends says so, and
   the call goes on unharmed. */
static void a_signal_interrupts_a_wait_and_does_no_harm(void **state)
{
  struct itimerval t;
  int              e, i, seen = 0;
  (void)state;
  memset(&t, 0, sizeof t);
  t.it_interval.tv_usec = t.it_value.tv_usec = 5000;
  catch_signal(SIGALRM, on_signal);
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  srv.hold = 1;
  buf = edge_new(buf_size);
  amt_http_begin(&net, amt_posix_now(), 0);
  while (net.state != AMT_CONN_RECEIVING) (void)net_step(amt_posix_now());
  setitimer(ITIMER_REAL, &t, NULL);
  for (i = 0; i < 10; i++) { /* as it waits for the reply */
    seen += amt_http_wait(&net, 20000) == AMT_INTERRUPTED;
    e = net_step(amt_posix_now());
    assert_int_equal(e, AMT_AGAIN);
  }
  assert_true(seen > 0);
  srv.hold = 0;
  net_call_on();
  text_same(&saw, "200 [first] END", "in the end");
  for (seen = i = 0; i < 10 && !seen; i++) /* as it is idle */
    seen = amt_http_wait(&net, 20000) == AMT_INTERRUPTED;
  assert_true(seen);
  assert_int_equal(net.state, AMT_CONN_IDLE);
  assert_int_equal(net.quiet, 0);
  amt_http_close(&net);
  for (seen = i = 0; i < 10 && !seen; i++) /* and as it is closed */
    seen = amt_http_wait(&net, 20000) == AMT_INTERRUPTED;
  assert_true(seen);
  memset(&t, 0, sizeof t);
  setitimer(ITIMER_REAL, &t, NULL);
  catch_signal(SIGALRM, SIG_DFL);
  net_end();
}

static void a_wait_on_a_closed_stream_just_sleeps(void **state)
{
  (void)state;
  net_begin(AF_INET, "", 0);
  assert_int_equal(amt_http_wait(&net, 1), 0);
  net_end();
}

static void every_vector_reads_the_same_over_a_socket(void **state)
{
  size_t i, k;
  (void)state;
  for (k = 0; k < COUNT(good); k++)
    for (i = 0; i < good[k].n; i++) {
      const vector *v = &good[k].v[i];
      net_begin(AF_INET, v->in, v->n);
      srv.then = 'F';
      buf_size = 64;
      net_call();
      text_same(&saw, result_only(v->want), "%s", v->in);
      net_end();
    }
}

static void the_clock_does_not_go_back(void **state)
{
  uint32_t before = amt_posix_now();
  int      i;
  (void)state;
  for (i = 0; i < 1000; i++) {
    uint32_t at = amt_posix_now();
    assert_true((int32_t)(at - before) >= 0);
    before = at;
  }
}

static int  wanted; /* what such a stream waits for */
static int  says_want(const amt_stream *st, int want)
{
  (void)st, (void)want;
  return wanted;
}

/* As a TLS stream, which may wait for the other way, or for nothing. */
static void a_stream_may_wait_for_something_else(void **state)
{
  amt_stream_ops ops = memory_ops;
  (void)state;
  begin_test();
  ops.want = says_want;
  mem.stream.ops = &ops;
  wanted = AMT_WANT_READ;
  assert_int_equal(amt_http_want(&conn), AMT_WANT_NOTHING); /* it is closed */
  buf = edge_new(buf_size);
  amt_http_begin(&conn, now, 0);
  assert_int_equal(amt_http_want(&conn), AMT_WANT_READ);
  mem.wait_result = 7;
  assert_int_equal(amt_http_wait(&conn, 5), 7);
  assert_int_equal(mem.want, AMT_WANT_READ);
  wanted = AMT_WANT_NOW;
  mem.waits = 0;
  assert_int_equal(amt_http_wait(&conn, 5), 1);
  assert_int_equal(mem.waits, 0);
}

static void a_stream_cut_off_before_the_reply_has_just_ended(void **state)
{
  (void)state;
  begin_test();
  tape_add(0, request_size(), "", 0, AMT_E_TRUNCATED);
  call();
  text_same(&saw, "[] EOF", "no byte of it");
  begin_test();
  tape_add(0, request_size(), "HTT", 3, AMT_E_TRUNCATED);
  call();
  text_same(&saw, "[] TRUNCATED", "three bytes of it");
  begin_test();
  tape_add(0, request_size(), OK "\r\nabc", sizeof OK "\r\nabc" - 1,
           AMT_E_TRUNCATED); /* to the end: but that was none */
  call();
  text_same(&saw, "200 [abc] TRUNCATED", "a body cut off");
}

static void bytes_that_come_before_the_first_write_are_UNASKED(void **state)
{
  amt_out o;
  (void)state;
  begin_test();
  buf = edge_new(buf_size);
  amt_http_begin(&conn, now, 0);
  assert_int_equal(amt_http_poll(&conn, &url, buf, buf_size, now),
                   AMT_HTTP_SEND); /* the look saw nothing */
  tape_add(0, 0, "HTTP/1.1 200 OK\r\n", 17, AMT_AGAIN);
  mem.fault_on = ON_WRITE, mem.fault_at = 1, mem.fault = AMT_AGAIN;
  o = amt_out_window((char *)buf, buf_size, 0);
  put_request(&o);
  assert_int_equal(amt_http_send(&conn, &o, now), AMT_E_HTTP_UNASKED);
  assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(mem.closes, 1);
}

/* ------------------------------------------------------------------------
   >>system   when the system fails, or does what it seldom does

   Doubles of the system's functions: zeroed, each is the real one. */

static struct {
  int    no_socket, no_duplicate; /* errno of socket, of fcntl(F_DUPFD) */
  int    no_connect;              /* of connect; -1: it connects at once */
  int    no_option;               /* of getsockopt */
  int    no_poll;                 /* of poll; -1: it says 1 */
  int    polled;                  /* the time poll was given */
  time_t time;
  int    no_name;                 /* result of getaddrinfo */
  const int *family;              /* it finds addresses of these, until -1 */
  int    lists;                   /* not freed */
  int    sockets;
} fake;

static int fake_socket(int family, int type, int protocol)
{
  fake.sockets++;
  if (fake.no_socket != 0) {
    errno = fake.no_socket;
    return -1;
  }
  return socket(family, type, protocol);
}

static int fake_fcntl(int fd, int command, int value)
{
  if (command == F_DUPFD && fake.no_duplicate != 0) {
    errno = fake.no_duplicate;
    return -1;
  }
  return fcntl(fd, command, value);
}

static int fake_connect(int fd, const struct sockaddr *to, socklen_t n)
{
  struct pollfd p;
  if (fake.no_connect > 0) {
    errno = fake.no_connect;
    return -1;
  }
  if (connect(fd, to, n) == 0) return 0;
  if (fake.no_connect == 0 || errno != EINPROGRESS) return -1;
  p.fd = fd;
  p.events = POLLOUT;
  assert_int_equal(poll(&p, 1, 5000), 1);
  return 0;
}

static int fake_getsockopt(int fd, int level, int name, void *p, socklen_t *n)
{
  if (fake.no_option != 0) {
    errno = fake.no_option;
    return -1;
  }
  return getsockopt(fd, level, name, p, n);
}

static int fake_poll(struct pollfd *p, nfds_t n, int ms)
{
  fake.polled = ms;
  if (fake.no_poll < 0) return 1;
  if (fake.no_poll != 0) {
    errno = fake.no_poll;
    return -1;
  }
  return poll(p, n, ms);
}

static time_t fake_time(time_t *to)
{
  return fake.time != 0 ? fake.time : time(to);
}

static int fake_getaddrinfo(const char *host, const char *service,
                            const struct addrinfo *hints,
                            struct addrinfo **list)
{
  static struct addrinfo     found[4];
  static struct sockaddr_in  in4;
  static struct sockaddr_in6 in6;
  int                        i;
  if (fake.no_name != 0) return fake.no_name;
  if (fake.family == NULL) return getaddrinfo(host, service, hints, list);
  memset(&in4, 4, sizeof in4);
  memset(&in6, 6, sizeof in6);
  memset(found, 0, sizeof found);
  *list = NULL;
  for (i = 0; fake.family[i] >= 0; i++) {
    found[i].ai_family = fake.family[i];
    found[i].ai_addr = fake.family[i] == AF_INET6 ? (struct sockaddr *)&in6
                                                  : (struct sockaddr *)&in4;
    if (i == 0) *list = found;
    else found[i - 1].ai_next = &found[i];
  }
  fake.lists++;
  return 0;
}

static void fake_freeaddrinfo(struct addrinfo *list)
{
  if (fake.family == NULL) freeaddrinfo(list);
  else fake.lists--;
}

static int fake_end(void **state)
{
  (void)state;
  memset(&fake, 0, sizeof fake);
  return 0;
}

static void the_default_resolver_takes_IP_addresses_and_no_others(void **state)
{
  static const int   mixed[] = { AF_UNIX, AF_INET6, AF_INET, AF_INET, -1 };
  static const int   alien[] = { AF_UNIX, AF_UNIX, -1 }, none[] = { -1 };
  static const uint8_t fours[4] = { 4, 4, 4, 4 };
  amt_address        a[4];
  int                i;
  (void)state;
  fake.family = mixed;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), 3);
  assert_int_equal(a[0].len, 16);
  for (i = 0; i < 16; i++) assert_int_equal(a[0].ip[i], 6);
  assert_int_equal(a[1].len, 4);
  assert_memory_equal(a[1].ip, fours, 4);
  assert_int_equal(a[2].len, 4);
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 2), 2); /* no more room */
  fake.family = alien;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_DNS);
  fake.family = none;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_DNS);
  fake.no_name = EAI_NONAME;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_DNS);
  assert_int_equal(fake.lists, 0);
}

static void a_time_that_no_32_bits_hold_is_the_nearest(void **state)
{
  (void)state;
  fake.time = 1700000000;
  assert_int_equal(amt_posix_time(NULL), 1700000000);
  fake.time = -1;
  assert_int_equal(amt_posix_time(NULL), 0);
  if (sizeof(time_t) < 8) return;
  fake.time = (time_t)0xFFFFFFFF;
  assert_int_equal(amt_posix_time(NULL), 0xFFFFFFFF);
  fake.time = (time_t)0x100000000;
  assert_int_equal(amt_posix_time(NULL), 0xFFFFFFFF);
}

static void a_system_that_cannot_connect_is_CONNECT_and_leaks_nothing(
  void **state)
{
  int i, before = lowest_free_fd();
  (void)state;
  for (i = 0; i < 3; i++) {
    memset(&fake, 0, sizeof fake);
    net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
    if (i == 0) fake.no_socket = EMFILE;
    if (i == 1) fake.no_connect = ENETUNREACH;
    if (i == 2) fake.no_option = ENOBUFS;
    net_call();
    text_same(&saw, "[] CONNECT", "%d", i);
    assert_int_equal(sock.sys_error, i == 0 ? EMFILE : i == 1 ? ENETUNREACH
                                                             : ENOBUFS);
    assert_int_equal(net.sent, 0);
    net_end();
    assert_int_equal(lowest_free_fd(), before);
  }
}

static void a_connection_made_at_once_is_used_at_once(void **state)
{
  (void)state;
  net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
  fake.no_connect = -1;
  net_call();
  text_same(&saw, "200 [first] END", "at once");
  assert_int_equal(fake.sockets, 1);
  net_end();
}

/* What is written to stdout must not go to the server. */
static void a_socket_never_takes_the_place_of_stdin_or_stdout(void **state)
{
  int saved, i;
  (void)state;
  for (i = 0; i < 2; i++) {
    net_begin(AF_INET, reply_1, sizeof reply_1 - 1);
    fake.no_duplicate = i == 0 ? 0 : EMFILE;
    saved = fcntl(0, F_DUPFD, 10);
    close(0);
    net_call();
    text_same(&saw, i == 0 ? "200 [first] END" : "[] CONNECT", "%d", i);
    if (i == 0) assert_true(sock.fd >= 3);
    else assert_int_equal(sock.sys_error, EMFILE);
    net_end(); /* the test's own server may have had 0 */
    assert_int_equal(fcntl(0, F_GETFD), -1);
    if (saved >= 0) {
      assert_int_equal(dup2(saved, 0), 0);
      close(saved);
    }
  }
}

static int too_many(void *ctx, const char *host, amt_address *a, int max)
{
  int i;
  (void)ctx, (void)host;
  for (i = 0; i < max; i++)
    assert_int_equal(amt_address_parse(&a[i], "127.0.0.1", 9), 1);
  return max + 1;
}

static void a_resolver_that_claims_too_much_is_believed_up_to_eight(void **state)
{
  (void)state;
  net_begin(AF_INET, "", 0);
  sprintf(net_text, "http://many.example:%u/x", srv.port);
  assert_int_equal(amt_url_parse(&net_url, net_text), 0);
  sock.resolve = too_many;
  fake.no_connect = ECONNREFUSED;
  net_call();
  text_same(&saw, "[] CONNECT", "too many");
  assert_int_equal(fake.sockets, AMT_ADDRESSES);
  net_end();
}

/* The clock may go back while it connects: then there is more time left. */
static void an_address_is_not_given_up_early_where_the_clock_goes_back(
  void **state)
{
  names k = { 3, 0, 0, { "127.0.0.1", "127.0.0.1", "127.0.0.1" } };
  const amt_stream_ops *ops;
  (void)state;
  amt_posix_init(&sock);
  ops = sock.stream.ops;
  sock.resolve = names_resolve;
  sock.ctx = &k;
  fake.no_connect = EINPROGRESS;
  fake.no_poll = EINTR; /* not yet */
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 9000), 0);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 9500), 0);
  assert_int_equal(fake.sockets, 1);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 5000), 0);
  assert_int_equal(fake.sockets, 2); /* its third has passed */
  ops->close(&sock.stream);
}

/* SO_RCVTIMEO is left out of some systems. */
static void a_wait_is_kept_where_the_read_after_it_cannot_be_limited(
  void **state)
{
  int ends[2];
  (void)state;
  assert_int_equal(pipe(ends), 0); /* that has no such option */
  amt_posix_init(&sock);
  sock.fd = ends[0];
  assert_int_equal(
    sock.stream.ops->wait(&sock.stream, AMT_WANT_READ, 5), 0);
  assert_int_equal(fake.polled, 5);
  assert_int_equal(sock.block, 0);
  assert_int_equal(write(ends[1], "x", 1), 1);
  assert_int_equal(
    sock.stream.ops->wait(&sock.stream, AMT_WANT_READ, 5), 1);
  assert_int_equal(sock.block, 0);
  close(ends[0]);
  close(ends[1]);
}

static void a_wait_lasts_as_long_as_something_may_come_of_it(void **state)
{
  static const struct {
    int      connected, others, want;
    uint32_t ms;
    int      polled;
  } v[] = {
    { 0, 0, AMT_WANT_READ, 50, 50 },  { 0, 0, AMT_WANT_NOTHING, 50, 50 },
    { 0, 0, AMT_WANT_WRITE, 5, 5 },   { 0, 0, AMT_WANT_WRITE, 50, 10 },
    { 0, 1, AMT_WANT_WRITE, 5, 5 },   { 1, 0, AMT_WANT_READ, 0, 0 },
    { 1, 1, AMT_WANT_READ, 0, 0 },    { 1, 1, AMT_WANT_NOTHING, 5000, 5000 },
    { 1, 0, AMT_WANT_WRITE, 5000, 5000 }, { 1, 1, AMT_WANT_WRITE, 5000, 101 },
    { 1, 1, AMT_WANT_WRITE, 100, 100 },
    { 1, 0, AMT_WANT_WRITE, 0x7FFFFFFF, 0x7FFFFFFF },
    { 1, 0, AMT_WANT_WRITE, 0xFFFFFFFF, 0x7FFFFFFF }
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(v); i++) {
    amt_posix_init(&sock);
    sock.fd = v[i].connected ? 1000 : -1;
    sock.count = (uint8_t)(1 + v[i].others);
    sock.left = 800;
    fake.no_poll = -1;
    assert_int_equal(sock.stream.ops->wait(&sock.stream, v[i].want, v[i].ms), 1);
    assert_int_equal(fake.polled, v[i].polled);
    fake.no_poll = EINTR;
    assert_int_equal(sock.stream.ops->wait(&sock.stream, v[i].want, v[i].ms),
                     AMT_INTERRUPTED);
    fake.no_poll = ENOMEM;
    assert_int_equal(sock.stream.ops->wait(&sock.stream, v[i].want, v[i].ms), 0);
  }
}

/* ------------------------------------------------------------------------
   >>main */

int main(void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_error_has_its_words),
    cmocka_unit_test(urls_are_taken_apart),
    cmocka_unit_test(a_malformed_url_is_refused),
    cmocka_unit_test(addresses_are_read_as_inet_pton_reads_them),
    cmocka_unit_test(only_harmless_text_is_valid_in_a_header),
    cmocka_unit_test(a_request_is_these_bytes),
    cmocka_unit_test(replies_are_read_the_same_however_they_arrive),
    cmocka_unit_test(
      interim_replies_are_skipped_and_204_and_304_have_no_body),
    cmocka_unit_test(
      a_timeout_in_Keep_Alive_is_read_and_a_malformed_one_passed_over),
    cmocka_unit_test(header_names_are_whole_in_any_case_at_a_lines_start),
    cmocka_unit_test(a_malformed_Retry_After_does_not_cost_the_reply),
    cmocka_unit_test(what_is_no_http_1_is_STATUS),
    cmocka_unit_test(bare_CR_or_LF_NUL_and_controls_are_HEADER),
    cmocka_unit_test(obs_fold_and_blanks_before_the_colon_are_HEADER),
    cmocka_unit_test(
      a_Content_Length_of_more_than_digits_or_two_that_differ_is_LENGTH),
    cmocka_unit_test(Content_Length_with_Transfer_Encoding_is_FRAMING),
    cmocka_unit_test(unknown_codings_are_CODING_or_ENCODING),
    cmocka_unit_test(a_chunk_size_that_overflows_or_is_none_is_CHUNK),
    cmocka_unit_test(a_101_is_INTERIM),
    cmocka_unit_test(an_empty_Transfer_Encoding_is_refused),
    cmocka_unit_test(a_reply_that_breaks_off_is_TRUNCATED),
    cmocka_unit_test(each_body_byte_comes_once_and_in_order),
    cmocka_unit_test(a_corrupted_parser_does_no_harm),
    cmocka_unit_test(a_line_of_8192_bytes_is_read_and_of_8193_is_SIZE),
    cmocka_unit_test(
      the_status_line_after_an_interim_reply_may_have_8192_bytes),
    cmocka_unit_test(a_chunk_size_line_is_bounded),
    cmocka_unit_test(endless_chunk_extensions_are_SIZE),
    cmocka_unit_test(a_head_of_65536_bytes_is_read_and_of_65537_is_SIZE),
    cmocka_unit_test(endless_headers_are_SIZE),
    cmocka_unit_test(a_head_of_100_lines_is_read_and_of_101_is_SIZE),
    cmocka_unit_test(trailers_have_caps_of_their_own),
    cmocka_unit_test(ten_interim_replies_are_skipped_and_eleven_are_INTERIM),
    cmocka_unit_test(the_largest_lengths_are_counted_right),
    cmocka_unit_test(calls_give_the_same_through_any_buffer),
    cmocka_unit_test(calls_refuse_the_same_through_any_buffer),
    cmocka_unit_test(
      a_short_content_length_body_is_TRUNCATED_with_its_count),
    cmocka_unit_test(a_close_delimited_body_is_complete_only_at_a_proper_end),
    cmocka_unit_test(a_complete_reply_stays_complete_whatever_follows),
    cmocka_unit_test(a_poll_receives_at_most_once_however_much_is_there),
    cmocka_unit_test(a_redirect_is_reported_and_not_followed),
    cmocka_unit_test(a_request_that_does_not_fit_the_buffer_is_sent_whole),
    cmocka_unit_test(a_request_that_fits_is_one_write_and_its_reply_one_read),
    cmocka_unit_test(a_buffer_under_64_bytes_is_NO_ROOM),
    cmocka_unit_test(
      https_never_goes_over_a_plain_stream_nor_http_over_tls),
    cmocka_unit_test(a_kept_connection_is_used_again),
    cmocka_unit_test(a_stale_kept_connection_is_opened_anew),
    cmocka_unit_test(a_kept_connection_that_dies_is_told_and_not_sent_again),
    cmocka_unit_test(
      bytes_before_the_first_byte_of_a_request_are_never_its_reply),
    cmocka_unit_test(the_reply_to_a_timed_out_request_is_never_the_next_ones),
    cmocka_unit_test(a_call_begun_in_mid_call_takes_a_new_connection),
    cmocka_unit_test(a_kept_connection_has_an_idle_limit),
    cmocka_unit_test(
      a_kept_connection_is_not_used_in_the_last_second_of_its_time),
    cmocka_unit_test(a_reply_without_Keep_Alive_ends_no_time),
    cmocka_unit_test(connection_close_closes),
    cmocka_unit_test(a_call_given_up_is_reset_and_one_that_ended_is_not),
    cmocka_unit_test(quiet_saves_the_look_at_an_idle_connection),
    cmocka_unit_test(a_wait_is_for_what_the_call_waits_for),
    cmocka_unit_test(a_reply_during_the_request_stops_it_and_closes_after),
    cmocka_unit_test(a_request_that_stalls_offers_the_same_bytes_again),
    cmocka_unit_test(bytes_before_the_first_byte_of_a_request_are_refused),
    cmocka_unit_test(a_reply_behind_a_write_that_failed_is_read),
    cmocka_unit_test(taken_is_0_only_if_no_byte_can_have_left),
    cmocka_unit_test(a_408_on_an_unused_connection_is_never_a_reply),
    cmocka_unit_test(an_end_during_the_request_is_an_error),
    cmocka_unit_test(an_interim_reply_during_the_request_does_not_stop_it),
    cmocka_unit_test(limits_strike_on_time_and_when_the_clock_wraps),
    cmocka_unit_test(left_is_the_nearest_limit),
    cmocka_unit_test(a_clock_that_jumps_back_does_not_end_a_call),
    cmocka_unit_test(what_has_arrived_is_given_even_at_the_limit),
    cmocka_unit_test(
      each_stream_call_in_turn_may_fail_and_a_result_is_never_wrong),
    cmocka_unit_test(a_call_that_has_ended_stays_ended),
    cmocka_unit_test(calls_over_ipv4_and_ipv6_reuse_their_connection),
    cmocka_unit_test(a_refused_connection_is_CONNECT),
    cmocka_unit_test(every_address_of_a_name_is_tried_in_turn),
    cmocka_unit_test(a_resolver_may_say_not_yet_and_its_failure_is_told),
    cmocka_unit_test(a_wait_of_no_time_does_not_block_the_next_read),
    cmocka_unit_test(the_default_resolver_knows_localhost),
    cmocka_unit_test(a_host_name_that_is_too_long_is_DNS),
    cmocka_unit_test(a_server_that_does_not_answer_is_TIMEOUT),
    cmocka_unit_test(an_address_that_does_not_answer_leaves_time_for_the_next),
    cmocka_unit_test(an_early_reply_is_read_although_the_server_has_gone),
    cmocka_unit_test(a_408_on_an_idle_socket_is_not_the_next_reply),
    cmocka_unit_test(a_peer_that_ends_in_mid_body_is_TRUNCATED),
    cmocka_unit_test(a_peer_that_resets_is_never_a_success),
    cmocka_unit_test(
      a_body_that_ends_with_the_connection_is_complete_at_its_end),
    cmocka_unit_test(writing_to_a_peer_that_has_gone_raises_no_SIGPIPE),
    cmocka_unit_test(an_early_reply_over_a_socket_is_read),
    cmocka_unit_test(
      a_kept_socket_that_the_server_has_closed_is_opened_anew),
    cmocka_unit_test(an_idle_wait_that_saw_nothing_saves_the_look),
    cmocka_unit_test(a_blocking_poll_returns_with_the_reply),
    cmocka_unit_test(a_poll_without_a_wait_never_blocks),
    cmocka_unit_test(a_signal_interrupts_a_wait_and_does_no_harm),
    cmocka_unit_test(a_wait_on_a_closed_stream_just_sleeps),
    cmocka_unit_test(every_vector_reads_the_same_over_a_socket),
    cmocka_unit_test(the_clock_does_not_go_back),
    cmocka_unit_test(a_length_that_cannot_be_counted_stays_the_greatest),
    cmocka_unit_test(a_stream_may_wait_for_something_else),
    cmocka_unit_test(a_stream_cut_off_before_the_reply_has_just_ended),
    cmocka_unit_test(bytes_that_come_before_the_first_write_are_UNASKED),
    cmocka_unit_test_teardown(
      the_default_resolver_takes_IP_addresses_and_no_others, fake_end),
    cmocka_unit_test_teardown(
      a_time_that_no_32_bits_hold_is_the_nearest, fake_end),
    cmocka_unit_test_teardown(
      a_system_that_cannot_connect_is_CONNECT_and_leaks_nothing, fake_end),
    cmocka_unit_test_teardown(
      a_connection_made_at_once_is_used_at_once, fake_end),
    cmocka_unit_test_teardown(
      a_socket_never_takes_the_place_of_stdin_or_stdout, fake_end),
    cmocka_unit_test_teardown(
      a_resolver_that_claims_too_much_is_believed_up_to_eight, fake_end),
    cmocka_unit_test_teardown(
      an_address_is_not_given_up_early_where_the_clock_goes_back, fake_end),
    cmocka_unit_test_teardown(
      a_wait_is_kept_where_the_read_after_it_cannot_be_limited, fake_end),
    cmocka_unit_test_teardown(
      a_wait_lasts_as_long_as_something_may_come_of_it, fake_end)
  };
  return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
