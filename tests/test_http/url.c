/* url.c - a URL is taken apart, or refused as a whole: nothing in it can end a
   line of a request or lead to another host. */

#include "http.h"

/* ------------------------------------------------------------------------
   >>url */

TEST(urls_are_taken_apart)
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

TEST(a_malformed_url_is_refused)
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
