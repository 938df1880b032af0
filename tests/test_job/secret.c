/* secret.c - passwords and tokens.

   The promise: a password is fetched when needed and given back afterwards. No
   secret reaches an error or an event. A session that has ended leaves none in
   memory. */

#include "play.h"

typedef struct keeper {
  char *password; /* a block of its own, while lent */
  int   begun, ended;
  int   none;
} keeper;

static const char *keep(void *ctx, int begin)
{
  keeper *k = (keeper *)ctx;
  if (begin) {
    assert_null(k->password);
    k->begun++;
    if (k->none) return NULL;
    k->password = (char *)malloc(9);
    assert_non_null(k->password);
    memcpy(k->password, "opconxps", 9);
    return k->password;
  }
  if (k->password) memset(k->password, 0, 9);
  free(k->password);
  k->password = NULL;
  k->ended++;
  return NULL;
}

/* Keeps the password of this play. */
static void keep_for(play *p, keeper *k)
{
  memset(k, 0, sizeof *k);
  p->s.password = NULL;
  p->s.secret = keep, p->s.ctx = k;
}

TEST(a_password_of_many_pieces_goes_whole)
{
  char   password[601], body[640];
  size_t n;
  for (n = 254; n < sizeof password; n++) {
    play *p = play_new();
    memset(password, 'p', n);
    password[n - 1] = 'q';
    password[n] = 0;
    p->s.password = password;
    play_to(p, AMT_STARTED);
    snprintf(body, sizeof body, "\"Password\":\"%s\"", password);
    expect_sent(p, body);
    if (n == 258) n = 510;
    if (n == 514) n = sizeof password - 2;
  }
}

TEST(a_password_is_fetched_for_each_sign_in_and_given_back)
{
  static const step v[] = {
    REPLY(AMT_MONITOR, 401, "{}"), REPLY(AMT_SIGN_IN, 503, "", .times = 2),
    REPLY(AMT_SIGN_IN, 401, "{}"), OK(AMT_SIGN_IN, "{}"),
    NO_REPLY(AMT_SIGN_IN, AMT_E_RESET),
    UNTAKEN(AMT_SIGN_IN, AMT_E_CONNECT),
    REPLY(AMT_SIGN_IN, 301, ""), OK(AMT_SIGN_IN, "hm", .times = ALWAYS)
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    keeper k;
    play  *p = play_with_rows(&v[i], 1);
    keep_for(p, &k);
    play_job(p);
    assert_null(k.password);
    assert_true(k.begun > 0);
    assert_int_equal(k.begun, k.ended);
    assert_null(p->s.password);
    if (p->last == AMT_DONE)
      expect_sent(p, "\"Password\":\"opconxps\"}");
  }
}

TEST(a_password_for_basic_is_fetched_and_given_back_too)
{
  keeper k;
  play  *p = play_new();
  play_auth(p, BASIC);
  keep_for(p, &k);
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "Authorization: Basic b2NhZG06b3Bjb254cHM=\r\n");
  amt_session_end(&p->s);
  assert_int_equal(k.begun, k.ended);
  assert_null(k.password);
  free(k.password);
}

TEST(a_password_is_given_back_if_its_job_is_forgotten)
{
  keeper k;
  play  *p = play_new();
  keep_for(p, &k);
  play_start(p);
  while (amt_next(&p->j, 1000) != AMT_CALL) { }
  assert_non_null(k.password);
  amt_forget(&p->j);
  assert_null(k.password);
  assert_int_equal(k.begun, k.ended);
}

TEST(a_password_that_cannot_be_fetched_ends_the_run)
{
  keeper k;
  play  *p = play_new();
  keep_for(p, &k);
  k.none = 1;
  play_job(p);
  expect_end(p, "failed MISSING, code 24, start none");
  assert_int_equal(p->calls, 0);
  assert_int_equal(k.begun, 1);
}

static const char *not_utf8(void *ctx, int begin)
{
  (void)ctx;
  return begin ? "p\xFFw" : NULL;
}

TEST(a_fetched_password_that_is_not_UTF_8_ends_the_run)
{
  play *p = play_new();
  p->s.password = NULL;
  p->s.secret = not_utf8;
  play_job(p);
  expect_end(p, "failed UTF8, code 24, start none");
  assert_int_equal(p->calls, 0);
  assert_null(p->s.password);
}

static int holds(const void *p, size_t n, const char *word)
{
  const char *b = (const char *)p;
  size_t      w = strlen(word), i;
  for (i = 0; i + w <= n; i++) if (memcmp(b + i, word, w) == 0) return 1;
  return 0;
}

TEST(a_session_that_ends_leaves_no_secret_behind)
{
  static const char zero[sizeof(amt_session)] = { 0 };
  step   s[] = { OK(AMT_SIGN_IN, JSON({"Token":"s3cr3tt0k3n"})) };
  size_t chunk;
  for (chunk = 0; chunk < 3; chunk++) {
    play *p = play_with(s);
    p->chunk = chunk;
    p->srv.scheme = NULL;
    memset(p->token, '#', sizeof p->token);
    play_job(p);
    expect_end(p, "done 4");
    /* The search works. */
    assert_true(holds(p->token, sizeof p->token, "s3cr3t"));
    assert_false(holds(&p->j, sizeof p->j, "s3cr3t"));
    assert_false(holds(&p->j, sizeof p->j, "opconxps"));
    amt_session_end(&p->s);
    assert_memory_equal(p->token, zero, sizeof p->token);
    assert_memory_equal(&p->s, zero, sizeof p->s);
  }
}

TEST(no_secret_reaches_an_error_or_an_event)
{
  static const step v[] = {
    REPLY(AMT_SIGN_IN, 401, "{}"),
    OK(AMT_SIGN_IN, JSON({"Token":"s3cr3t\r\n"}), .times = ALWAYS),
    OK(AMT_SIGN_IN, JSON({"Token":"s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t"}),
       .times = ALWAYS),
    REPLY(AMT_START, 403, "{}")
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_with_rows(&v[i], 1);
    play_job(p);
    assert_int_equal(p->last, AMT_FAILED);
    assert_false(holds(&p->j, sizeof p->j, "s3cr3t"));
    assert_false(holds(&p->j, sizeof p->j, "opconxps"));
    expect_untold(p, "s3cr3t");
    expect_untold(p, "opconxps");
    if (p->j.msg_len)
      assert_false(holds(p->j.msg, p->j.msg_len, "s3cr3t"));
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
