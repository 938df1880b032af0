/* request.c - the bytes of a request, and that they leave whole, once and in
   order through a buffer of any size. */

#include "http.h"

/* ------------------------------------------------------------------------
   >>request */

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

TEST(a_request_is_these_bytes)
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

TEST(a_length_that_cannot_be_counted_stays_the_greatest)
{
  char    buf[4] = "wxyz";
  amt_out o = amt_out_window(buf, 3, 0);
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

/* A request far larger than the buffer goes out whole, once, piece by piece. */
TEST(a_request_that_does_not_fit_the_buffer_is_sent_whole)
{
  static const char in[] = OK5 "\r\nhello";
  size_t            size, part;
  for (size = 64; size < 400; size += 37)
    for (part = 0; part < 12; part++) {
      begin_test();
      buf_size = size;
      request_body = 1500;
      mem.write_size = part;
      mem.shy = (unsigned)(part % 3);
      TAPE(0, request_size(), in, AMT_AGAIN);
      CALL_GIVES("200 [hello] END", "%zu by %zu", size, part);
      check_sent(1, 0);
      assert_int_equal(conn.sent, request_size());
    }
}

/* One send for head and body where they fit. */
TEST(a_request_that_fits_is_one_write_and_its_reply_one_read)
{
  static const char in[] = OK5 "\r\nhello";
  begin_test();
  request_body = 300;
  TAPE(0, request_size(), in, AMT_AGAIN);
  CALL_GIVES("200 [hello] END", "one");
  assert_int_equal(mem.writes, 1);
  assert_int_equal(mem.reads, 2); /* the first looks for bytes not asked for */
}

/* It takes no more for a while, and nothing is to be read: then it goes on. */
TEST(a_request_that_stalls_offers_the_same_bytes_again)
{
  begin_test();
  buf_size = 64;
  request_body = 5000;
  mem.shy = 5;
  mem.write_size = 63;
  TAPE(0, request_size(), REPLY_1, AMT_AGAIN);
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
