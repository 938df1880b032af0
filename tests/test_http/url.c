/* url.c - a URL is split into its parts, or refused as a whole. Nothing in it
   can end a line of a request or lead to another host. */

#include "http.h"

static int parse_at_edge(amt_url *u, const char *text)
{
  return amt_url_parse(u, (const char *)edge_copy(text, strlen(text) + 1));
}

static int is(const char *p, size_t n, const char *want)
{
  return n == strlen(want) && memcmp(p, want, n) == 0;
}

TEST(urls_are_taken_apart)
{
  static const struct {
    const char *url, *host, *path;
    unsigned    port, tls, ip6;
  } list[] = {
    { .url = "http://a", .host = "a", .path = "", .port = 80 },
    { .url = "http://a/", .host = "a", .path = "/", .port = 80 },
    { .url = "https://a", .host = "a", .path = "", .port = 443, .tls = 1 },
    { .url = "HTTP://A.example/x", .host = "A.example", .path = "/x",
      .port = 80 },
    { .url = "hTtPs://a/", .host = "a", .path = "/", .port = 443, .tls = 1 },
    { .url = "http://127.0.0.1:42000", .host = "127.0.0.1", .path = "",
      .port = 42000 },
    { .url = "http://a:1/", .host = "a", .path = "/", .port = 1 },
    { .url = "http://a:65535/", .host = "a", .path = "/", .port = 65535 },
    { .url = "https://a:80/", .host = "a", .path = "/", .port = 80, .tls = 1 },
    { .url = "http://a-b_c.d1:8080/p/q?r=s&t=%20", .host = "a-b_c.d1",
      .path = "/p/q?r=s&t=%20", .port = 8080 },
    { .url = "http://[::1]", .host = "::1", .path = "", .port = 80, .ip6 = 1 },
    { .url = "http://[2001:DB8::A]:81/x", .host = "2001:DB8::A", .path = "/x",
      .port = 81, .ip6 = 1 },
    { .url = "https://[::ffff:192.0.2.1]/", .host = "::ffff:192.0.2.1",
      .path = "/", .port = 443, .tls = 1, .ip6 = 1 },
    { .url = "http://a//b/../c;d=e,f:g@h!$'()*+~", .host = "a",
      .path = "//b/../c;d=e,f:g@h!$'()*+~", .port = 80 }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    amt_url u;
    int     e = parse_at_edge(&u, list[i].url);
    if (e != 0) fail_msg("%s: %s", list[i].url, error_name(e));
    if (!is(u.host, u.host_len, list[i].host) ||
        !is(u.path, u.path_len, list[i].path) ||
        u.port != list[i].port || u.tls != list[i].tls ||
        u.ip6 != list[i].ip6)
      fail_msg("%s: host %.*s, path %.*s, port %u, tls %u, ip6 %u",
               list[i].url, (int)u.host_len, u.host, (int)u.path_len, u.path,
               (unsigned)u.port, (unsigned)u.tls, (unsigned)u.ip6);
  }
}

TEST(a_malformed_url_is_refused)
{
  static const struct { int error; const char *urls[30]; } list[] = {
    { .error = AMT_E_URL_SCHEME, .urls = {
      "", "h", "http", "http:", "http:/", "https:/", "https", "httpss://a",
      "ftp://a", "//a", "a", " http://a", "http//a", "http:\\\\a", "xhttp://a",
      "http\n://a"
    } },
    { .error = AMT_E_URL_HOST, .urls = {
      "http://", "http:///", "http://:80/", "http://?x", "http://u@a/",
      "http://a b/", "http://u:p@a/", "http://a\r\nX:1/", "http://a\t/",
      "http://\xC3\xA9/", "http://a%41/", "http://a?x", "http://a#x",
      "http://a\\b", "http://::1/", "http://[::1", "http://[]/",
      "http://[::1]x/", "http://[1.2.3.4]/", "http://[a]/",
      "http://[::1%25lo]/", "http://[[::1]]", "http://[::g]/",
      "http://]/", "http://a:80?x"
    } },
    { .error = AMT_E_URL_PORT, .urls = {
      "http://a:", "http://a:/", "http://a:0/", "http://a:65536/",
      "http://a:99999999999999999999/", "http://a:4294967376/" /* 2^32 + 80 */,
      "http://a:+80/", "http://a:-80/", "http://a:8a/", "http://a: 80/",
      "http://a:80:80/", "http://a:80\r\n"
    } },
    { .error = AMT_E_URL_PATH, .urls = {
      "http://a/ ", "http://a/b c", "http://a/\r\nX: y", "http://a/\n",
      "http://a/\x7F", "http://a/\x01", "http://a/#f", "http://a/?#",
      "http://a/\xC3\xA9", "http://a/\x80"
    } }
  };
  static char long_host[300] = "http://";
  amt_url     u;
  size_t      i, k;
  for (i = 0; i < COUNT(list); i++)
    for (k = 0; list[i].urls[k] != NULL; k++) {
      int e = parse_at_edge(&u, list[i].urls[k]);
      if (e != list[i].error)
        fail_msg("%s: got %s, want %s", list[i].urls[k], error_name(e),
                 error_name(list[i].error));
    }
  memset(long_host + 7, 'a', 253);
  assert_int_equal(amt_url_parse(&u, long_host), 0);
  long_host[7 + 253] = 'a';
  assert_int_equal(amt_url_parse(&u, long_host), AMT_E_URL_HOST);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
