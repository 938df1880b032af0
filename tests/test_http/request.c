/* request.c - the bytes of a request; they leave whole, once and in order,
   through a buffer of any size. */

#include "http.h"

TEST(only_harmless_text_is_valid_in_a_header)
{
  unsigned c;
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

typedef struct request {
  const char *url, *method;
  const char *path; /* NULL: the URL's */
  size_t      length;
  const char *want;
} request;

static void produce(amt_window *o, const request *r)
{
  static char copy[1000];
  amt_url     u;
  strcpy(copy, r->url);
  assert_int_equal(amt_url_parse(&u, copy), 0);
  if (r->path == NULL) amt_http_put_line(o, r->method, &u, u.path, u.path_len);
  else amt_http_put_line(o, r->method, &u, r->path, strlen(r->path));
  amt_http_put_header(o, "Accept", "*/*");
  amt_http_put_end(o, r->length);
}

/* Produces it through a window of `cap` bytes that begins at `from`. */
static void produce_window(const request *r, size_t from, size_t cap)
{
  size_t  n = strlen(r->want), len = n - from < cap ? n - from : cap;
  amt_window o;
  amt_window_init(&o, (char *)edge_new(cap), cap, from);
  produce(&o, r);
  edge_check();
  if (o.total != n || o.len != len || memcmp(o.buf, r->want + from, len) != 0)
    fail_msg("%s from byte %zu, %zu at most: %.*s, of %zu", r->url, from, cap,
             (int)o.len, o.buf, o.total);
}

#define GET(from, bytes) \
  { .url = from, .method = "GET", .length = AMT_HTTP_NO_BODY, .want = bytes }

TEST(a_request_is_these_bytes)
{
  static const request list[] = {
    GET("http://h/a?b=c",
        "GET /a?b=c HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n"),
    GET("http://h", "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n"),
    GET("http://h:80/",
        "GET / HTTP/1.1\r\nHost: h:80\r\nAccept: */*\r\n\r\n"),
    GET("https://h:0443/",
        "GET / HTTP/1.1\r\nHost: h:0443\r\nAccept: */*\r\n\r\n"),
    GET("https://h:80/",
        "GET / HTTP/1.1\r\nHost: h:80\r\nAccept: */*\r\n\r\n"),
    GET("http://[::1]:8080/x",
        "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*\r\n\r\n"),
    GET("http://[::1]/x",
        "GET /x HTTP/1.1\r\nHost: [::1]\r\nAccept: */*\r\n\r\n"),
    /* a slash is added before the path */
    { .url = "http://h", .method = "GET", .path = "x?y",
      .length = AMT_HTTP_NO_BODY,
      .want = "GET /x?y HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n" },
    { .url = "http://h/base", .method = "POST", .path = "/other", .length = 0,
      .want = "POST /other HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n"
              "Content-Length: 0\r\n\r\n" },
    { .url = "http://127.0.0.1:42000/", .method = "PUT", .path = "",
      .length = 4294967294u,
      .want = "PUT / HTTP/1.1\r\nHost: 127.0.0.1:42000\r\nAccept: */*\r\n"
              "Content-Length: 4294967294\r\n\r\n" }
  };
  size_t i, from, cap;
  for (i = 0; i < COUNT(list); i++) {
    size_t n = strlen(list[i].want);
    for (from = 0; from <= n; from++)
      for (cap = 0; cap <= n - from + 1; cap += cap < 9 ? 1 : 17)
        produce_window(&list[i], from, cap);
    produce_window(&list[i], 0, 300); /* all of it */
  }
}

TEST(a_length_that_cannot_be_counted_stays_the_greatest)
{
  char    buf[4] = { 'w', 'x', 'y', 'z' };
  amt_window o;
  amt_window_init(&o, buf, 3, 0);
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
  amt_window_init(&o, buf, 3, (size_t)-1 - 2); /* where the window begins */
  o.total = (size_t)-1 - 2;
  amt_put(&o, "rst", 3);
  assert_true(o.total == (size_t)-1);
  assert_int_equal(o.len, 3);
  assert_memory_equal(buf, "rstz", 4);
}

/* A request far larger than the buffer goes out whole, once, piece by piece. */
TEST(a_request_that_does_not_fit_the_buffer_is_sent_whole)
{
  size_t size, part;
  for (size = 64; size < 400; size += 37)
    for (part = 0; part < 12; part++) {
      begin_test();
      buf_size = size;
      request_body = 1500;
      mem.write_size = part;
      mem.shy = (unsigned)(part % 3);
      ANSWER(0, 1, REPLY_1);
      CALL_GIVES("200 [first] END", "%zu by %zu", size, part);
      check_sent(1, 0);
      assert_int_equal(conn.sent, request_size());
    }
}

/* Head and body leave in one write if they fit. */
TEST(a_request_that_fits_is_one_write_and_its_reply_one_read)
{
  begin_test();
  request_body = 300;
  ANSWER(0, 1, REPLY_1);
  CALL_GIVES("200 [first] END", "one");
  assert_int_equal(mem.writes, 1);
  assert_int_equal(mem.reads, 2); /* the first looks for bytes not asked for */
}

/* The stream takes nothing for a while and has nothing to read. Then the
   request goes on. */
TEST(a_request_that_stalls_offers_the_same_bytes_again)
{
  begin_test();
  buf_size = 64;
  request_body = 5000;
  mem.shy = 5;
  mem.write_size = 63;
  ANSWER(0, 1, REPLY_1);
  CALL_GIVES("200 [first] END", "stalled");
  assert_int_equal(conn.early, 0);
  assert_int_equal(conn.state, AMT_CONN_IDLE);
  check_sent(1, 0);
}

TEST(a_buffer_under_64_bytes_is_NO_ROOM)
{
  size_t size;
  for (size = 0; size < 64; size += 21) {
    begin_test();
    buf_size = size;
    CALL_GIVES("[] NO_ROOM", "%zu", size);
    assert_int_equal(mem.sent_n, 0);
  }
}

TEST(https_never_goes_over_a_plain_stream_nor_http_over_tls)
{
  amt_stream_ops tls = memory_ops;
  begin_test();
  url.tls = 1;
  CALL_GIVES("[] NO_TLS", "https");
  begin_test();
  tls.tls = 1;
  mem.stream.ops = &tls;
  CALL_GIVES("[] NO_TLS", "http");
  assert_int_equal(mem.opens, 0);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
