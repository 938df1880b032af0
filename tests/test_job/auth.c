/* auth.c - other ways to show who one is: a form, Basic, a fixed token, none.

   The promise: each sends what its table says and nothing more; without a call
   that signs in there is none to repeat; what could end a header's line, or is
   not there, is refused before a byte is sent. */

#include "play.h"

/* --- a form --------------------------------------------------------------- */

TEST(a_sign_in_may_be_a_form)
{
  amt_wire w = *amt_wire_default();
  play p;
  w.auth = AMT_AUTH_FORM;
  w.request[AMT_Q_USER] = "username";
  w.request[AMT_Q_PASSWORD] = "password";
  w.reply[AMT_R_TOKEN] = "access_token";
  w.reply[AMT_R_EXPIRES] = "expires_in";
  {
    step s[] = { OK(AMT_SIGN_IN, JSON({"access_token":"tok1",)
                                 JSON("token_type":"bearer","expires_in":3600})) };
    play_init(&p);
    p.s.wire = &w;
    p.s.user = "a b&c=\xC3\xA9%+";
    p.s.password = "p\r\nq~-._";
    play_steps(&p, s);
    play_job(&p);
  }
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
    "POST /AmtOpConService/Authenticate\nAccept: application/json\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n\n"
    "grant_type=password&username=a%20b%26c%3D%C3%A9%25%2B&"
    "password=p%0D%0Aq~-._\n"));
  assert_non_null(strstr(p.srv.calls.p, "Content-Type: application/json\r\n"));
  play_free(&p);
}

TEST(a_form_leaves_out_what_has_no_name_or_no_value)
{
  int i;
  for (i = 0; i < 2; i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    w.auth = AMT_AUTH_FORM;
    play_init(&p);
    p.s.wire = &w;
    if (i == 0) w.request[AMT_Q_USER] = NULL;
    amt_attach(&p.j, &p.s, "DEMO2", "2112");
    if (i == 1) { /* checked once; then new credentials, without a password */
      while (amt_next(&p.j, p.now) != AMT_CALL) { }
      amt_reply_end(&p.j, AMT_E_CONNECT, 0);
      assert_int_equal(amt_next(&p.j, p.now), AMT_RETRYING);
      assert_int_equal(amt_session_credentials(&p.s, "ocadm", NULL), 1);
    }
    play_run(&p);
    assert_int_equal(p.j.code, 4);
    assert_non_null(strstr(text_of(&p.srv.calls), i == 0
      ? "\ngrant_type=password&Password=opconxps\n"
      : "\ngrant_type=password&User=ocadm\n"));
    play_free(&p);
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
    { "\xC3\xBF\xC3\xBE", "\xC3\xBB?>", "Authorization: Basic w7/DvjrDuz8+\r\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    const char *at;
    int n = 0;
    play p;
    w.auth = AMT_AUTH_BASIC;
    play_init(&p);
    p.s.wire = &w;
    p.s.user = v[i].user, p.s.password = v[i].password;
    p.s.token = NULL, p.s.token_room = 0; /* not needed */
    p.srv.scheme = NULL;
    play_job(&p);
    assert_int_equal(p.j.code, 4);
    assert_int_equal(p.srv.count[AMT_SIGN_IN], 0);
    for (at = text_of(&p.srv.calls); (at = strstr(at, v[i].header)); at++) n++;
    assert_int_equal(n, p.calls);
    play_free(&p);
  }
}

/* Whatever header carries a token, Basic has the one of RFC 7617. */
TEST(basic_goes_in_Authorization_whatever_carries_a_token)
{
  amt_wire w = *amt_wire_default();
  play     p;
  w.auth = AMT_AUTH_BASIC, w.auth_header = "X-Token", w.auth_scheme = "Token ";
  play_init(&p);
  p.s.wire = &w;
  p.srv.scheme = NULL;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls),
                         "\nAuthorization: Basic b2NhZG06b3Bjb254cHM=\r\n"));
  assert_null(strstr(p.srv.calls.p, "Token"));
  play_free(&p);
}

TEST(basic_needs_a_user_though_the_table_sends_none)
{
  amt_wire w = *amt_wire_default();
  play     p;
  w.auth = AMT_AUTH_BASIC;
  w.request[AMT_Q_USER] = w.request[AMT_Q_PASSWORD] = NULL;
  play_init(&p);
  p.s.wire = &w;
  p.s.user = NULL;
  play_job(&p);
  assert_int_equal(p.j.error, AMT_E_MISSING);
  assert_int_equal(p.calls, 0);
  play_free(&p);
}

TEST(a_colon_in_a_user_name_is_refused_for_basic)
{
  amt_wire w = *amt_wire_default();
  play     p;
  w.auth = AMT_AUTH_BASIC;
  play_init(&p);
  p.s.wire = &w;
  p.s.user = "oc:adm";
  play_job(&p);
  assert_int_equal(p.last, AMT_FAILED);
  assert_int_equal(p.j.error, AMT_E_CONTROL);
  assert_int_equal(p.calls, 0);
  play_free(&p);
}

TEST(basic_credentials_that_are_taken_away_end_the_run)
{
  static const char *const v[][2] = { { NULL, "pw" }, { "user", NULL } };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    w.auth = AMT_AUTH_BASIC;
    play_init(&p);
    p.s.wire = &w;
    p.srv.scheme = NULL;
    play_start(&p);
    play_until(&p, AMT_STARTED);
    assert_int_equal(amt_session_credentials(&p.s, v[i][0], v[i][1]), 1);
    play_run(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, AMT_E_MISSING);
    assert_int_equal(p.j.start, AMT_START_KNOWN);
    play_free(&p);
  }
}

/* --- a fixed token -------------------------------------------------------- */

TEST(a_fixed_token_goes_as_it_is_given)
{
  amt_wire w = *amt_wire_default();
  play p;
  w.auth = AMT_AUTH_FIXED;
  w.auth_header = "X-API-Key";
  w.auth_scheme = "";
  play_init(&p);
  strcpy(p.token, "k3y+/=");
  p.s.wire = &w;
  p.s.user = p.s.password = NULL;
  p.srv.scheme = NULL;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 0);
  assert_non_null(strstr(text_of(&p.srv.calls), "\nX-API-Key: k3y+/=\r\nAccept:"));
  assert_null(strstr(p.srv.calls.p, "Authorization"));
  play_free(&p);
}

/* A run whose fixed token, "first", is another after the Start; that is written
   to its room when the old one is not in use. */
static void run_with_two_tokens(play *p, amt_wire *w, const char *second)
{
  w->auth = AMT_AUTH_FIXED;
  play_init(p);
  p->s.wire = w;
  p->srv.scheme = NULL;
  strcpy(p->token, "first");
  play_start(p);
  play_until(p, AMT_STARTED);
  assert_int_equal(amt_session_credentials(&p->s, NULL, NULL), 1);
  strcpy(p->token, second);
  play_run(p);
}

TEST(a_fixed_token_may_be_replaced_in_mid_run)
{
  amt_wire w = *amt_wire_default();
  play     p;
  run_with_two_tokens(&p, &w, "the-second");
  assert_int_equal(p.j.code, 4);
  assert_non_null(strstr(text_of(&p.srv.calls), ": first\r\n"));
  assert_non_null(strstr(text_of(&p.srv.calls), ": the-second\r\n"));
  assert_null(strstr(text_of(&p.srv.calls), ": \r\n"));
  play_free(&p);
}

TEST(a_fixed_token_that_is_replaced_by_none_ends_the_run)
{
  static const char *const v[] = { "", "a\nb" };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play     p;
    run_with_two_tokens(&p, &w, v[i]);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.error, i == 0 ? AMT_E_MISSING : AMT_E_CONTROL);
    assert_string_equal(p.j.id, "2112");
    play_free(&p);
  }
}

TEST(a_fixed_token_with_a_line_break_is_refused)
{
  static const char *const v[] = { "a\r\nX: y", "a\nb", "a\x7f", "" };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    amt_wire w = *amt_wire_default();
    play p;
    w.auth = AMT_AUTH_FIXED;
    play_init(&p);
    strcpy(p.token, v[i]);
    p.s.wire = &w;
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.calls, 0);
    play_free(&p);
  }
}

/* --- without a sign-in ---------------------------------------------------- */

TEST(without_sign_in_no_credentials_are_sent)
{
  amt_wire w = *amt_wire_default();
  play p;
  w.auth = AMT_AUTH_NONE;
  play_init(&p);
  p.s.wire = &w;
  p.s.token = NULL, p.s.token_room = 0;
  p.srv.scheme = NULL;
  play_job(&p);
  assert_int_equal(p.j.code, 4);
  assert_null(strstr(text_of(&p.srv.calls), "Authorization"));
  assert_null(strstr(p.srv.calls.p, "opconxps"));
  assert_int_equal(p.srv.count[AMT_SIGN_IN], 0);
  play_free(&p);
}

TEST(without_a_sign_in_call_a_401_to_a_start_ends_it_at_once)
{
  static const uint8_t auth[] = { AMT_AUTH_BASIC, AMT_AUTH_FIXED, AMT_AUTH_NONE };
  size_t i;
  for (i = 0; i < COUNT(auth); i++) {
    static const step s[] = { REPLY(AMT_START, 401, "{}", .times = ALWAYS) };
    amt_wire w = *amt_wire_default();
    play p;
    w.auth = auth[i];
    play_init(&p);
    strcpy(p.token, "key");
    p.s.wire = &w;
    p.srv.scheme = NULL;
    play_steps(&p, s);
    play_job(&p);
    assert_int_equal(p.last, AMT_FAILED);
    assert_int_equal(p.j.code, 24);
    assert_int_equal(p.srv.count[AMT_START], 1);
    play_free(&p);
  }
}
