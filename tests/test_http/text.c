/* text.c - every error of amt_http.h has its words. */

#include "http.h"

const char *error_name(int e)
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

TEST(every_error_has_its_words)
{
  int e, n = 0;
  for (e = -300; e <= 10; e++) {
    int known = e < 0 && strcmp(error_name(e), "(unknown)") != 0;
    assert_int_equal(amt_http_error(e)[0] != 0, known);
    n += known;
  }
  assert_int_equal(n, 22);
}
