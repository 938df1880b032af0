/* text.c - every error of amt_http.h has a text. */

#include "http.h"

const char *error_name(int e)
{
  static const char *const events[] = { "AGAIN", "SEND", "HEAD", "BODY",
                                        "END" };
  static const char prefix[] = "AMT_E_HTTP_";
  const char *name = amt_http_error_name(e);
  if (e >= 0 && (size_t)e < COUNT(events)) return events[e];
  if (*name == 0) return "(unknown)";
  return strncmp(name, prefix, sizeof prefix - 1) == 0
           ? name + sizeof prefix - 1 : name + sizeof "AMT_E_" - 1;
}

/* One entry of a list of errors: its number and its text. */
#define NAMED(name, number, words) { name, number, #name, words },

TEST(every_error_has_its_number_its_name_and_its_words)
{
  static const struct { int e, number; const char *name, *words; } list[] = {
    AMT_HTTP_ERRORS(NAMED)
  };
  size_t i;
  assert_int_equal(COUNT(list), 23);
  for (i = 0; i < COUNT(list); i++) {
    assert_int_equal(list[i].e, list[i].number);
    assert_string_equal(amt_http_error_name(list[i].e), list[i].name);
    assert_string_equal(amt_http_error(list[i].e), list[i].words);
    assert_int_equal(strncmp(list[i].name, "AMT_E_", 6), 0);
    assert_int_equal(AMT_IS_PERMANENT(list[i].e), list[i].e <= AMT_E_URL_SCHEME);
    assert_false(AMT_IS_TLS(list[i].e));
  }
}

/* Only the names of TLS errors are here; their texts come with a TLS stream. */
TEST(every_error_of_tls_has_its_name)
{
  static const struct { int e, number; const char *name, *words; } list[] = {
    AMT_TLS_ERRORS(NAMED)
  };
  size_t i;
  int    e;
  for (i = 0; i < COUNT(list); i++) {
    assert_int_equal(list[i].e, list[i].number);
    assert_string_equal(amt_http_error_name(list[i].e), list[i].name);
    assert_string_equal(amt_http_error(list[i].e), "");
    assert_int_equal(AMT_IS_TLS(list[i].e), list[i].e != AMT_E_TLS_BROKEN);
  }
  for (e = AMT_E_TLS_ALERT(255); e <= AMT_E_TLS_ALERT(0); e++) {
    assert_string_equal(amt_http_error_name(e), "AMT_E_TLS_ALERT");
    assert_true(AMT_IS_TLS(e) && AMT_IS_PERMANENT(e));
  }
}

TEST(other_numbers_have_neither_name_nor_words)
{
  int e, n = 0;
  for (e = -700; e <= 10; e++) {
    int named = amt_http_error_name(e)[0] != 0;
    if (amt_http_error(e)[0] != 0 && !named) fail_msg("%d has no name", e);
    n += named;
  }
  assert_int_equal(n, 23 + 29 + 256);
}

TEST(a_secret_is_wiped_and_where_there_is_none_nothing_is_touched)
{
  static const char wiped[4] = { 'a', 0, 0, 'd' };
  char              secret[4] = { 'a', 'b', 'c', 'd' };
  amt_wipe(secret + 1, 2);
  assert_memory_equal(secret, wiped, 4);
  amt_wipe(NULL, 0); /* a sanitizer reports a call of memset */
}

/* SPDX-License-Identifier: MIT OR Unlicense */
