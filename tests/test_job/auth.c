/* auth.c - other ways to show who one is: a form, Basic, a fixed token, none.

   The promise: each sends what its table says and nothing more; without a call
   that signs in there is none to repeat; what could end a header's line, or is
   not there, is refused before a byte is sent. */

#include "play.h"

/* --- a form --------------------------------------------------------------- */

TEST(a_sign_in_may_be_a_form)
{
  static const step s[] = {
    OK(AMT_SIGN_IN, JSON({"access_token":"tok1","token_type":"bearer",)
                    JSON("expires_in":3600}))
  };
  play     *p = play_with(s);
  amt_wire *w = play_wire(p);
  w->auth = AMT_AUTH_FORM;
  w->request[AMT_Q_USER] = "username";
  w->request[AMT_Q_PASSWORD] = "password";
  w->reply[AMT_R_TOKEN] = "access_token";
  w->reply[AMT_R_EXPIRES] = "expires_in";
  p->s.user = "a b&c=\xC3\xA9%+";
  p->s.password = "p\r\nq~-._";
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "POST /AmtOpConService/Authenticate\n"
              "Accept: application/json\r\n"
              "Content-Type: application/x-www-form-urlencoded\r\n\n"
              "grant_type=password&username=a%20b%26c%3D%C3%A9%25%2B&"
              "password=p%0D%0Aq~-._\n");
  expect_sent(p, "Content-Type: application/json\r\n");
}

TEST(a_form_leaves_out_what_has_no_name_or_no_value)
{
  int i;
  for (i = 0; i < 2; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->auth = AMT_AUTH_FORM;
    if (i == 0) w->request[AMT_Q_USER] = NULL;
    play_attach(p);
    if (i == 1) { /* checked once; then new credentials, without a password */
      while (amt_next(&p->j, p->now) != AMT_CALL) { }
      amt_reply_end(&p->j, AMT_E_CONNECT, 0);
      assert_int_equal(amt_next(&p->j, p->now), AMT_RETRYING);
      assert_int_equal(amt_session_credentials(&p->s, "ocadm", NULL), 1);
    }
    play_run(p);
    expect_end(p, "done 4");
    expect_sent(p, i == 0 ? "\ngrant_type=password&Password=opconxps\n"
                          : "\ngrant_type=password&User=ocadm\n");
  }
}

/* --- Basic ---------------------------------------------------------------- */

TEST(basic_sends_its_header_with_each_call_and_never_signs_in)
{
  static const struct { const char *user, *password, *header; } v[] = {
    { "ocadm", "opconxps", "\nAuthorization: Basic b2NhZG06b3Bjb254cHM=\r\n" },
    { "a", "b", "Authorization: Basic YTpi\r\n" },
    { "a", "bc", "Authorization: Basic YTpiYw==\r\n" },
    { "aa", "bc", "Authorization: Basic YWE6YmM=\r\n" },
    { "\xC3\xBF\xC3\xBE", "\xC3\xBB?>",
      "Authorization: Basic w7/DvjrDuz8+\r\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    const char *at;
    int         n = 0;
    play       *p = play_new();
    play_auth(p, AMT_AUTH_BASIC);
    p->s.user = v[i].user, p->s.password = v[i].password;
    p->s.token = NULL, p->s.token_room = 0; /* not needed */
    play_job(p);
    expect_end(p, "done 4");
    expect_calls(p, AMT_SIGN_IN, 0);
    for (at = text_of(&p->srv.calls); (at = strstr(at, v[i].header)); at++) n++;
    assert_int_equal(n, p->calls);
  }
}

/* Whatever header carries a token, Basic has the one of RFC 7617. */
TEST(basic_goes_in_Authorization_whatever_carries_a_token)
{
  play     *p = play_new();
  amt_wire *w = play_auth(p, AMT_AUTH_BASIC);
  w->auth_header = "X-Token", w->auth_scheme = "Token ";
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "\nAuthorization: Basic b2NhZG06b3Bjb254cHM=\r\n");
  expect_unsent(p, "Token");
}

TEST(basic_needs_a_user_though_the_table_sends_none)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->auth = AMT_AUTH_BASIC;
  w->request[AMT_Q_USER] = w->request[AMT_Q_PASSWORD] = NULL;
  p->s.user = NULL;
  play_job(p);
  expect_end(p, "failed MISSING, code 11, start none");
  assert_int_equal(p->calls, 0);
}

TEST(a_colon_in_a_user_name_is_refused_for_basic)
{
  play     *p = play_new();
  amt_wire *w = play_wire(p);
  w->auth = AMT_AUTH_BASIC;
  p->s.user = "oc:adm";
  play_job(p);
  expect_end(p, "failed CONTROL, code 11, start none");
  assert_int_equal(p->calls, 0);
}

TEST(basic_credentials_that_are_taken_away_end_the_run)
{
  static const char *const v[][2] = { { NULL, "pw" }, { "user", NULL } };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    play_auth(p, AMT_AUTH_BASIC);
    play_to(p, AMT_STARTED);
    assert_int_equal(amt_session_credentials(&p->s, v[i][0], v[i][1]), 1);
    play_run(p);
    expect_end(p, "failed MISSING, code 19, start known");
  }
}

/* --- a fixed token -------------------------------------------------------- */

TEST(a_fixed_token_goes_as_it_is_given)
{
  play     *p = play_new();
  amt_wire *w = play_auth(p, AMT_AUTH_FIXED);
  w->auth_header = "X-API-Key";
  w->auth_scheme = "";
  strcpy(p->token, "k3y+/=");
  p->s.user = p->s.password = NULL;
  play_job(p);
  expect_end(p, "done 4");
  expect_calls(p, AMT_SIGN_IN, 0);
  expect_sent(p, "\nX-API-Key: k3y+/=\r\nAccept:");
  expect_unsent(p, "Authorization");
}

/* A run whose fixed token, "first", is another after the Start; that is written
   to its room when the old one is not in use. */
static play *run_with_two_tokens(const char *second)
{
  play *p = play_new();
  play_auth(p, AMT_AUTH_FIXED);
  strcpy(p->token, "first");
  play_to(p, AMT_STARTED);
  assert_int_equal(amt_session_credentials(&p->s, NULL, NULL), 1);
  strcpy(p->token, second);
  play_run(p);
  return p;
}

TEST(a_fixed_token_may_be_replaced_in_mid_run)
{
  play *p = run_with_two_tokens("the-second");
  expect_end(p, "done 4");
  expect_sent(p, ": first\r\n");
  expect_sent(p, ": the-second\r\n");
  expect_unsent(p, ": \r\n");
}

TEST(a_fixed_token_that_is_replaced_by_none_ends_the_run)
{
  static const char *const v[] = { "", "a\nb" };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = run_with_two_tokens(v[i]);
    expect_end(p, "failed %s, code 19, start known",
               i == 0 ? "MISSING" : "CONTROL");
    assert_string_equal(p->j.id, "2112");
  }
}

TEST(a_fixed_token_with_a_line_break_is_refused)
{
  static const char *const v[] = { "a\r\nX: y", "a\nb", "a\x7f", "" };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->auth = AMT_AUTH_FIXED;
    strcpy(p->token, v[i]);
    play_job(p);
    expect_end(p, "failed %s, code 11, start none",
               v[i][0] ? "CONTROL" : "MISSING");
    assert_int_equal(p->calls, 0);
  }
}

/* --- without a sign-in ---------------------------------------------------- */

TEST(without_sign_in_no_credentials_are_sent)
{
  play *p = play_new();
  play_auth(p, AMT_AUTH_NONE);
  p->s.token = NULL, p->s.token_room = 0;
  play_job(p);
  expect_end(p, "done 4");
  expect_unsent(p, "Authorization");
  expect_unsent(p, "opconxps");
  expect_calls(p, AMT_SIGN_IN, 0);
}

TEST(without_a_sign_in_call_a_401_to_a_start_ends_it_at_once)
{
  static const uint8_t auth[] = { AMT_AUTH_BASIC, AMT_AUTH_FIXED,
                                  AMT_AUTH_NONE };
  size_t i;
  for (i = 0; i < COUNT(auth); i++) {
    static const step s[] = { REPLY(AMT_START, 401, "{}", .times = ALWAYS) };
    play *p = play_with(s);
    play_auth(p, auth[i]);
    strcpy(p->token, "key");
    play_job(p);
    expect_end(p, "failed SIGN_IN, code 24, start refused");
    expect_calls(p, AMT_START, 1);
  }
}
