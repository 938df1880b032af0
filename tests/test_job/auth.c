/* auth.c - other ways to sign in: a form, Basic, a fixed token, none.

   The promise: each sends what its table says and nothing more. Without a
   sign-in call, a refusal is final. A value that is missing, or could end a
   header line, is refused before a byte is sent. */

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
  w->call[AMT_SIGN_IN].body = "grant_type=password&username="
    AMT_HOLE_API_USER "&password=" AMT_HOLE_PASSWORD;
  w->reply[AMT_REPLY_TOKEN] = "access_token";
  w->reply[AMT_REPLY_EXPIRES] = "expires_in";
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

TEST(a_form_leaves_out_what_has_no_hole_or_no_value)
{
  int i;
  for (i = 0; i < 2; i++) {
    play     *p = play_new();
    amt_wire *w = play_wire(p);
    w->call[AMT_SIGN_IN].body = i == 0
      ? "grant_type=password&Password=" AMT_HOLE_PASSWORD
      : "grant_type=password&User=" AMT_HOLE_API_USER
        AMT_IF(PASSWORD, "&Password=" AMT_HOLE_PASSWORD);
    play_attach(p);
    if (i == 1) { /* checked once; new credentials then lack a password */
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
      "Authorization: Basic w7/DvjrDuz8+\r\n" },
    { "a", "b:c:", "Authorization: Basic YTpiOmM6\r\n" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    const char *at;
    int         n = 0;
    play       *p = play_new();
    play_auth(p, BASIC);
    p->s.user = v[i].user, p->s.password = v[i].password;
    p->s.token = NULL, p->s.token_room = 0; /* not needed */
    play_job(p);
    expect_end(p, "done 4");
    expect_calls(p, AMT_SIGN_IN, 0);
    for (at = text_of(&p->srv.calls); (at = strstr(at, v[i].header)); at++) n++;
    assert_int_equal(n, p->calls);
  }
}

TEST(basic_goes_in_the_header_that_the_table_names)
{
  play     *p = play_new();
  amt_wire *w = play_auth(p, BASIC);
  w->headers = "Proxy-Authorization: Basic " AMT_HOLE_BASIC "\r\nX: y\r\n";
  play_job(p);
  expect_end(p, "done 4");
  expect_sent(p, "\nProxy-Authorization: Basic b2NhZG06b3Bjb254cHM=\r\nX: y\r\n"
              "Accept: ");
  expect_unsent(p, "Token");
}

/* The error names the one that is missing or cannot be sent by Basic. */
TEST(basic_credentials_are_judged_before_anything_is_sent)
{
  static const struct { const char *user, *password; int error; } v[] = {
    { NULL, "pw", AMT_E_MISSING },     { "", "pw", AMT_E_MISSING },
    { "user", NULL, AMT_E_MISSING },   { "user", "", AMT_E_MISSING },
    { "oc:adm", "pw", AMT_E_CONTROL }, { "a\xFF", "pw", AMT_E_UTF8 },
    { "user", "p\xC3", AMT_E_UTF8 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play *p = play_new();
    play_auth(p, BASIC);
    p->s.user = v[i].user, p->s.password = v[i].password;
    play_job(p);
    expect_all(p, "failed %s, code 11, start none\n", error_name(v[i].error));
    assert_string_equal(p->j.msg, "basic");
    assert_int_equal(p->calls, 0);
  }
}

static const char *lend(void *ctx, int begin)
{
  return begin ? (const char *)ctx : NULL;
}

TEST(a_user_is_judged_for_basic_though_the_password_comes_later)
{
  static const char *const user[] = { NULL, "", "oc:adm", "a\xFF", "ocadm" };
  static char password[] = "opconxps";
  size_t i;
  for (i = 0; i < COUNT(user); i++) {
    play *p = play_new();
    play_auth(p, BASIC);
    p->s.user = user[i], p->s.password = NULL;
    p->s.secret = lend, p->s.ctx = password;
    play_job(p);
    if (i + 1 < COUNT(user)) {
      expect_all(p, "failed %s, code 11, start none\n",
                 i < 2 ? "MISSING" : i == 2 ? "CONTROL" : "UTF8");
      assert_int_equal(p->calls, 0);
    } else {
      expect_end(p, "done 4");
      expect_sent(p, "Authorization: Basic b2NhZG06b3Bjb254cHM=\r\n");
    }
  }
}

TEST(basic_needs_a_user_though_no_body_has_one)
{
  play *p = play_new();
  play_auth(p, BASIC);
  p->s.user = NULL;
  play_job(p);
  expect_end(p, "failed MISSING, code 11, start none");
  assert_int_equal(p->calls, 0);
}

TEST(a_colon_in_a_user_name_is_refused_for_basic)
{
  play *p = play_new();
  play_auth(p, BASIC);
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
    play_auth(p, BASIC);
    play_to(p, AMT_STARTED);
    assert_int_equal(amt_session_credentials(&p->s, v[i][0], v[i][1]), 1);
    play_run(p);
    expect_end(p, "failed MISSING, code 19, start known");
  }
}

TEST(basic_credentials_that_go_in_mid_call_leave_an_empty_hole)
{
  int i;
  for (i = 0; i < 2; i++) {
    text  headers = {0};
    play *p = play_new();
    play_auth(p, BASIC);
    play_start(p);
    while (amt_next(&p->j, p->now) != AMT_CALL) { }
    if (i == 0) p->s.user = NULL;
    else p->s.password = NULL;
    play_part(&p->j, amt_call_headers, &headers);
    assert_non_null(strstr(text_of(&headers), "Authorization: Basic \r\n"));
    amt_forget(&p->j);
    text_free(&headers);
  }
}

/* --- a fixed token -------------------------------------------------------- */

TEST(a_fixed_token_goes_as_it_is_given)
{
  play     *p = play_new();
  amt_wire *w = play_auth(p, FIXED);
  w->headers = "X-API-Key: " AMT_HOLE_TOKEN "\r\n";
  strcpy(p->token, "k3y+/=");
  p->s.user = p->s.password = NULL;
  play_job(p);
  expect_end(p, "done 4");
  expect_calls(p, AMT_SIGN_IN, 0);
  expect_sent(p, "\nX-API-Key: k3y+/=\r\nAccept:");
  expect_unsent(p, "Authorization");
}

TEST(a_token_may_be_a_cookie)
{
  static const step s[] = { OK(AMT_SIGN_IN, JSON({"Token":"s7"})) };
  int i;
  for (i = 0; i < 2; i++) { /* from a sign-in; then fixed */
    play     *p = play_with(s);
    amt_wire *w = i == 0 ? play_wire(p) : play_auth(p, FIXED);
    p->srv.scheme = NULL;
    w->headers = AMT_IF(TOKEN, "Cookie: lang=en; AMTSESSION=" AMT_HOLE_TOKEN
                               "\r\n");
    strcpy(p->token, "s7");
    play_job(p);
    expect_end(p, "done 4");
    expect_sent(p, "\nCookie: lang=en; AMTSESSION=s7\r\nAccept:");
    if (i == 0) /* a sign-in has no cookie */
      expect_sent(p, "POST /AmtOpConService/Authenticate\nAccept:");
  }
}

/* A fixed token, "first", is replaced after the Start. It is overwritten while
   no request uses it. */
static play *run_with_two_tokens(const char *second)
{
  play *p = play_new();
  play_auth(p, FIXED);
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
    play *p = play_new();
    play_auth(p, FIXED);
    strcpy(p->token, v[i]);
    play_job(p);
    expect_end(p, "failed %s, code 11, start none",
               v[i][0] ? "CONTROL" : "MISSING");
    assert_string_equal(p->j.msg, "token");
    assert_int_equal(p->calls, 0);
  }
}

/* It may be anywhere in a request, and is checked as that place needs it. */
TEST(a_fixed_token_is_judged_in_paths_and_bodies_too)
{
  static const struct { const char *path, *body, *token; int error; } v[] = {
    { "/m?k=" AMT_HOLE_TOKEN, NULL, "a\r\nb", 0 },
    { "/m?k=" AMT_HOLE_TOKEN, NULL, "", AMT_E_MISSING },
    { "/m?k=" AMT_HOLE_TOKEN, NULL, NULL, AMT_E_MISSING },
    { "/m?k=" AMT_AS_RAW(AMT_HOLE_TOKEN), NULL, "k3y", 0 },
    { "/m?k=" AMT_AS_RAW(AMT_HOLE_TOKEN), NULL, "a\r\nb", AMT_E_CONTROL },
    { "/m?k=" AMT_AS_RAW(AMT_HOLE_TOKEN), NULL, "a b", AMT_E_CONTROL },
    { "/m", "{\"k\":" AMT_HOLE_TOKEN "}", "a\"b", 0 },
    { "/m", "{\"k\":" AMT_HOLE_TOKEN "}", "", AMT_E_MISSING },
    { "/m", "{\"k\":" AMT_HOLE_TOKEN "}", "a\xFF", AMT_E_UTF8 }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) {
    play     *p = play_new();
    amt_wire *w = play_auth(p, FIXED);
    w->headers = NULL;
    w->call[AMT_MONITOR].path = v[i].path;
    w->call[AMT_MONITOR].body = v[i].body;
    if (v[i].token == NULL) p->s.token = NULL;
    else strcpy(p->token, v[i].token);
    play_once(p, AMT_MONITOR);
    play_run(p);
    assert_int_equal(p->j.error, v[i].error);
    if (v[i].error != 0) {
      assert_int_equal(p->calls, 0);
      assert_string_equal(p->j.msg, "token");
    }
    if (i == 0) expect_sent(p, "POST /m?k=a%0D%0Ab\n");
    if (i == 3) expect_sent(p, "POST /m?k=k3y\n");
    if (i == 6) expect_sent(p, JSON({"k":"a\"b"}));
  }
}

/* --- without a sign-in ---------------------------------------------------- */

TEST(without_sign_in_no_credentials_are_sent)
{
  play *p = play_new();
  play_auth(p, NOBODY);
  p->s.token = NULL, p->s.token_room = 0;
  play_job(p);
  expect_end(p, "done 4");
  expect_unsent(p, "Authorization");
  expect_unsent(p, "opconxps");
  expect_calls(p, AMT_SIGN_IN, 0);
}

TEST(without_a_sign_in_call_a_single_sign_in_is_done_at_once)
{
  static const int how[] = { BASIC, FIXED, NOBODY };
  size_t i;
  for (i = 0; i < COUNT(how); i++) {
    play *p = play_new();
    play_auth(p, how[i]);
    strcpy(p->token, "key");
    play_once_of(p, AMT_SIGN_IN, NULL, NULL);
    play_run(p);
    assert_int_equal(p->last, AMT_DONE);
    assert_int_equal(p->calls, 0);
  }
}

TEST(without_a_sign_in_call_a_401_to_a_start_ends_it_at_once)
{
  static const int how[] = { BASIC, FIXED, NOBODY };
  size_t i;
  for (i = 0; i < COUNT(how); i++) {
    static const step s[] = { REPLY(AMT_START, 401, "{}", .times = ALWAYS) };
    play *p = play_with(s);
    play_auth(p, how[i]);
    strcpy(p->token, "key");
    play_job(p);
    expect_end(p, "failed SIGN_IN, code 24, start refused");
    expect_calls(p, AMT_START, 1);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
