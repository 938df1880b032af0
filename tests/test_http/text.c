/* text.c - every error of amt_http.h has its words. */

#include "http.h"

const char *error_name(int e)
{
  static const struct { int e; const char *name; } names[] = {
#define NAMED(prefix, name) { prefix##name, #name }
    NAMED(AMT_, AGAIN), NAMED(AMT_HTTP_, SEND), NAMED(AMT_HTTP_, HEAD),
    NAMED(AMT_HTTP_, BODY), NAMED(AMT_HTTP_, END), NAMED(AMT_E_, EOF),
    NAMED(AMT_E_, RESET), NAMED(AMT_E_, TIMEOUT), NAMED(AMT_E_, DNS),
    NAMED(AMT_E_, CONNECT), NAMED(AMT_E_, TRUNCATED),
    NAMED(AMT_E_HTTP_, STATUS), NAMED(AMT_E_HTTP_, HEADER),
    NAMED(AMT_E_HTTP_, SIZE), NAMED(AMT_E_HTTP_, LENGTH),
    NAMED(AMT_E_HTTP_, FRAMING), NAMED(AMT_E_HTTP_, CODING),
    NAMED(AMT_E_HTTP_, ENCODING), NAMED(AMT_E_HTTP_, CHUNK),
    NAMED(AMT_E_HTTP_, INTERIM), NAMED(AMT_E_HTTP_, UNASKED),
    NAMED(AMT_E_, URL_SCHEME), NAMED(AMT_E_, URL_HOST),
    NAMED(AMT_E_, URL_PORT), NAMED(AMT_E_, URL_PATH), NAMED(AMT_E_, NO_TLS),
    NAMED(AMT_E_, NO_ROOM)
#undef NAMED
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
    if ((amt_http_error(e)[0] != 0) != known)
      fail_msg("%d (%s): \"%s\"", e, error_name(e), amt_http_error(e));
    n += known;
  }
  assert_int_equal(n, 22);
}
