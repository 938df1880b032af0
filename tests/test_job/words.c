/* words.c - answers of servers and proxies that are not JSON.

   The promise: if a failed call is answered with a page, in whatever pieces,
   the caller gets its words without the markup. A JSON error in such a reply is
   never reported as the cause. */

#include "play.h"

#define HTML(title, body) "<html>\r\n<head><title>" title "</title></head>" \
                          "\r\n<body>\r\n" body "\r\n</body>\r\n</html>\r\n"
#define XHTML "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" " \
              "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">\r\n" \
              "<html xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head>\r\n" \
              "<meta http-equiv=\"Content-Type\" content=\"text/html; " \
              "charset=iso-8859-1\"/>\r\n"
#define STYLE "<style type=\"text/css\">\r\n<!--\r\nbody{margin:0;font-size:" \
              ".7em;} h1>a{color:#FFF}\r\n-->\r\n</style>\r\n"
#define FAULT11(code, text) \
  "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" \
  "<s:Fault><faultcode xmlns:a=\"http://schemas.microsoft.com/ws/2005/05/" \
  "addressing/none\">a:" code "</faultcode><faultstring xml:lang=\"en-US\">" \
  text "</faultstring></s:Fault></s:Body></s:Envelope>"
#define FAULT12(code, text) \
  "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" \
  "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>" \
  "<s:Fault><s:Code><s:Value>s:" code "</s:Value></s:Code><s:Reason>" \
  "<s:Text xml:lang=\"en-US\">" text "</s:Text></s:Reason></s:Fault>" \
  "</s:Body></s:Envelope>"

/* In the style of each server, and the words that are reported. */
static const struct { const char *of, *body, *words; int status; } pages[] = {
  { "nginx, padded for a browser",
    HTML("503 Service Temporarily Unavailable",
         "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n"
         "<hr><center>nginx</center>")
    "<!-- a padding -- to -> fill > 512 bytes -->\r\n<!-- another -->\r\n",
    "503 Service Temporarily Unavailable 503 Service Temporarily Unavailable "
    "nginx ", 503 },
  { "nginx",
    HTML("413 Request Entity Too Large",
         "<center><h1>413 Request Entity Too Large</h1></center>\r\n"
         "<hr><center>nginx/1.22.1</center>"),
    "413 Request Entity Too Large 413 Request Entity Too Large nginx/1.22.1 ",
    413 },
  { "Apache",
    "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n"
    "<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n"
    "<p>There is no such URL here.</p>\n<hr>\n"
    "<address>Apache/2.4.57 (Debian) Server at amt Port 80</address>\n"
    "</body></html>\n",
    "404 Not Found Not Found There is no such URL here. Apache/2.4.57 "
    "(Debian) Server at amt Port 80 ", 404 },
  { "HAProxy",
    "<html><body><h1>503 Service Unavailable</h1>\nNo server is there.\n"
    "</body></html>\n\n",
    "503 Service Unavailable No server is there. ", 503 },
  { "Varnish",
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n<html>\n"
    "  <head>\n    <title>503 Backend fetch failed</title>\n  </head>\n"
    "  <body>\n    <h1>Error 503 Backend fetch failed</h1>\n"
    "    <p>Backend fetch failed</p>\n    <h3>Meditation:</h3>\n"
    "    <p>XID: 32770</p>\n    <hr>\n    <p>Varnish</p>\n  </body>\n</html>\n",
    "503 Backend fetch failed Error 503 Backend fetch failed Backend fetch "
    "failed Meditation: XID: 32770 Varnish ", 503 },
  { "Caddy", "", NULL, 404 },
  { "IIS, 404",
    XHTML "<title>404 - No such file or directory.</title>\r\n" STYLE
    "</head>\r\n<body>\r\n<div id=\"header\"><h1>Server Error</h1></div>\r\n"
    "<div id=\"content\">\r\n <fieldset>\r\n  <h2>404 - No such file or "
    "directory.</h2>\r\n  <h3>It may be gone.</h3>\r\n </fieldset></div>\r\n"
    "</body>\r\n</html>\r\n",
    "404 - No such file or directory. Server Error 404 - No such file or "
    "directory. It may be gone. ", 404 },
  { "IIS, request filtering",
    XHTML "<title>404.13 - Content length too large</title>\r\n" STYLE
    "</head><body><h2>HTTP Error 413.1</h2></body></html>",
    "404.13 - Content length too large HTTP Error 413.1 ", 413 },
  { "IIS, 500.19 in detail",
    XHTML "<title>IIS 10.0 Detailed Error - 500.19 - Internal Server Error"
    "</title>\r\n" STYLE "</head>\r\n<body>\r\n<div id=\"content\">\r\n"
    "<h3>HTTP Error 500.19 - Internal Server Error</h3>\r\n"
    "<h4>Its configuration data is wrong.</h4>\r\n"
    "<table><tr><th>Module</th><td>IIS Web Core</td></tr>\r\n"
    "<tr><th>Error Code</th><td>0x8007000d</td></tr>\r\n"
    "<tr><th>Config File</th><td>\\\\?\\C:\\web</td></tr>",
    "IIS 10.0 Detailed Error - 500.19 - Internal Server Error HTTP Error "
    "500.19 - Internal Server Error Its configuration data is wrong. Module "
    "IIS Web Core Error Code 0x8007000d Config File \\\\?\\C:\\web ", 500 },
  { "IIS with ARR, 502",
    XHTML "<title>502 - Web server received an invalid response.</title>\r\n"
    STYLE "</head>\r\n<body><h2>502 - Web server received an invalid response."
    "</h2>\r\n</body></html>",
    "502 - Web server received an invalid response. 502 - Web server received "
    "an invalid response. ", 502 },
  { "HTTP.sys, 400",
    "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/"
    "html4/strict.dtd\">\r\n<HTML><HEAD><TITLE>Bad Request</TITLE>\r\n<META "
    "HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\">"
    "</HEAD>\r\n<BODY><h2>Bad Request - Invalid Hostname</h2>\r\n<hr><p>HTTP "
    "Error 400. The request hostname is invalid.</p>\r\n</BODY></HTML>\r\n",
    "Bad Request Bad Request - Invalid Hostname HTTP Error 400. The request "
    "hostname is invalid. ", 400 },
  { "HTTP.sys, 411",
    "<HTML><HEAD><TITLE>Length Required</TITLE></HEAD>\r\n<BODY><h2>Length "
    "Required</h2>\r\n<hr><p>HTTP Error 411. Chunked, or no length.</p>\r\n"
    "</BODY></HTML>\r\n",
    "Length Required Length Required HTTP Error 411. Chunked, or no length. ",
    411 },
  { "HTTP.sys, 503",
    "<HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD>\r\n<BODY><h2>Service"
    " Unavailable</h2>\r\n<hr><p>HTTP Error 503. The service is unavailable."
    "</p>\r\n</BODY></HTML>\r\n",
    "Service Unavailable Service Unavailable HTTP Error 503. The service is "
    "unavailable. ", 503 },
  { "ASP.NET Core's developer page as text",
    "System.InvalidOperationException: No AMT database\r\n   at Amt.Jobs.Start("
    "String name) in C:\\src\\Jobs.cs:line 12\r\n\r\nHEADERS\r\n=======\r\n"
    "Accept: application/json\r\nHost: amt\r\n",
    "System.InvalidOperationException: No AMT database at Amt.Jobs.Start("
    "String name) in C:\\src\\Jobs.cs:line 12 HEADERS ======= Accept: "
    "application/json Host: amt ", 500 },
  { "WCF, SOAP 1.1", FAULT11("ActionNotSupported", "No such action here."),
    "a:ActionNotSupported No such action here. ", 500 },
  { "WCF, SOAP 1.2", FAULT12("Receiver", "The server was unable to do so."),
    "s:Receiver The server was unable to do so. ", 500 },
  { "WCF's help page",
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n<html xmlns="
    "\"http://www.w3.org/1999/xhtml\">\n <head>\n  <title>Request Error"
    "</title>\n  <style>BODY { color: #000000 } #content > p { }</style>\n"
    " </head>\n <body>\n  <div id=\"content\">\n   <p class=\"heading1\">"
    "Request Error</p>\n   <p>The exception is 'no such job'.</p>\n  </div>\n"
    " </body>\n</html>",
    "Request Error Request Error The exception is 'no such job'. ", 400 },
  { "plain", "no healthy upstream", "no healthy upstream", 503 }
};

/* The report of a Start that is answered like this. */
static void check_page(const char *body, const char *words, int status,
                       play *p)
{
  step s[] = { REPLY(AMT_START, 0, NULL) };
  s->status = status, s->body = body;
  play_rows(p, s, 1);
  play_job(p);
  if (words != NULL) expect_told(p, words);
  else expect_untold(p, "page");
  expect_untold(p, "JSON");
  assert_int_equal(p->j.cause, 0);
}

SLOW_TEST(each_page_is_reported_at_every_cut)
{
  size_t i, cut;
  for (i = 0; i < COUNT(pages); i++) {
    char want[400];
    snprintf(want, sizeof want, "> start\npage %s\nfailed ",
             pages[i].words ? pages[i].words : "");
    for (cut = 0; cut <= strlen(pages[i].body); cut++) {
      play *p = play_new();
      p->split = cut;
      check_page(pages[i].body, pages[i].words ? want : NULL, pages[i].status,
                 p);
    }
    for (cut = 1; cut < 9; cut++) {
      play *p = play_new();
      p->chunk = cut;
      check_page(pages[i].body, pages[i].words ? want : NULL, pages[i].status,
                 p);
    }
  }
}

/* Only the page's words, the same for every cut; NULL: none. */
static void expect_words(const char *body, const char *words)
{
  size_t cut;
  char   want[700];
  snprintf(want, sizeof want, "> start\npage %s\nfailed ", words ? words : "");
  for (cut = 0; cut <= 2 * strlen(body); cut++) {
    play *p = play_new();
    if (cut < strlen(body)) p->split = cut;
    else p->chunk = cut - strlen(body) + 1;
    check_page(body, words ? want : NULL, 503, p);
  }
}

TEST(markup_becomes_blanks_and_what_is_none_stays)
{
  static const struct { const char *body, *words; } v[] = {
    { "a < b <= 3 <4 <<b>>c", "a b = 3 4 >c" },
    { "a<!--b-->c<!-- d--->e<!-- -> f -- > --x->-->g", "a c e g" },
    { "a<!>b<!doctype x--y>c<!-x>d<?xml -- ?>e", "a b c d e" },
    { "a<s>b<S c>d<st>e<sc>f<style>no", "a b d e f " },
    { "a<ScRiPt src=x>if(a<b||c>d)e('</span></s','</</scripts');</SCRIPT x>b",
      "a b" },
    { "a<style>x</style>b<style>y>z</script></sty<a></style\n>c", "a b c" },
    { "a</style>b</script>c</>d", "a b c d" },
    { "a<b title=x\r\n>c</b\t>d", "a c d" },
    { "a<script>b<!-- </script> c -->", "a c -->" },
    { "<!--\r\r>x-->y", "y" }, { "a<b", "a " }, { "a<", "a " }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) expect_words(v[i].body, v[i].words);
}

TEST(a_page_has_no_controls_and_is_UTF_8)
{
  static const struct { const char *body, *words; } v[] = {
    { "a \t\r\n\v\x01 b\x7F" "c\x1B[2J", "a b c [2J" },
    { "Nicht verf\xC3\xBCgbar \xE2\x82\xAC \xF0\x9F\x98\x80!",
      "Nicht verf\xC3\xBCgbar \xE2\x82\xAC \xF0\x9F\x98\x80!" },
    { "verf\xFCgbar, \xC4nderung \xE4\xF6\xFC", "verf?gbar, ?nderung ??" },
    { "a\xC2\x85" "b\xC2\xA0" "c\xC2\x9B", "a?b\xC2\xA0" "c?" },
    { "a\xE2\x82<b>c\xF0\x9F d\xC3", "a? c? d" },
    { "a<b \xC3\xBC\xFF>c<!--\xFF-->d", "a c d" },
    { "\xEF\xBB\xBF <p>a</p>", "a " }, { "\xC3\xBC", "\xC3\xBC" },
    { "\xEF\xBB\xBF", NULL }, { " \r\n\t ", NULL }, { "<p></p>", NULL },
    { "404 page not found\n", "404 page not found " }, { "null", "null" }
  };
  size_t i;
  for (i = 0; i < COUNT(v); i++) expect_words(v[i].body, v[i].words);
}

SLOW_TEST(a_page_gives_200_characters)
{
  static const char *const of[] = { "x", "\xC3\xBC", "\xF0\x9F\x98\x80" };
  char   body[900], words[900];
  size_t i, n, k;
  for (i = 0; i < COUNT(of); i++)
    for (n = 199; n < 203; n++) {
      *body = *words = 0;
      for (k = 0; k < n; k++) strcat(body, of[i]);
      for (k = 0; k < n && k < 200; k++) strcat(words, of[i]);
      strcat(body, "<p> <");
      if (n < 200) strcat(words, " ");
      expect_words(body, words);
    }
}

/* JSON that breaks off or is invalid. */
TEST(not_JSON_is_no_cause_of_a_refusal_and_its_status_does_not_count)
{
  static const struct { const char *body, *log; } v[] = {
    { JSON({"Status":11,}), "" }, { JSON({"Status":11} x), "" },
    { "{\"Status\":11", "" },
    { JSON({"Message":"no","Status":11,}), "server no\n" },
    { "\xEF\xBB\xBF \n" JSON({"Message":"no"}), "server no\n" },
    { "[1 2]", "" }, { "\"words\"", "server words\n" }
  };
  size_t i, cut;
  for (i = 0; i < COUNT(v); i++)
    for (cut = 0; cut <= strlen(v[i].body); cut++) {
      step s[] = { REPLY(AMT_START, 400, v[i].body) };
      play *p = play_with(s);
      p->split = cut;
      play_job(p);
      expect_all(p, UP_TO_START "%sfailed REFUSED, code 11, start refused\n",
                 v[i].log);
      assert_int_equal(p->j.cause, 0);
    }
}

TEST(a_2xx_that_is_a_page_is_not_JSON)
{
  play *p = reply_once(AMT_MESSAGES, 200, "<html>sign in</html>", 3);
  expect_untold(p, "page");
  expect_end(p, "failed JSON_SYNTAX, code 19, start known");
}

TEST(words_break_off_with_their_reply_and_the_next_are_new)
{
  static const step s[] = {
    CUT_OFF(AMT_MONITOR, 503, "<h1>Down for", AMT_E_RESET),
    REPLY(AMT_MONITOR, 503, "up soon"), OK(AMT_MONITOR, JSON({"Status":4}))
  };
  play *p = play_with(s);
  play_attach(p);
  play_run(p);
  expect_told(p, "page up soon\nretrying SERVER\n");
  expect_end(p, "done 4");
}

/* Fields of the head, for callers with their own HTTP client. */
static void field(play *p, unsigned kind, const char *value, size_t piece)
{
  size_t n = strlen(value), at = 0;
  char   copy[300];
  memcpy(copy, value, n);
  do {
    size_t m = piece != 0 && piece < n - at ? piece : n - at, took;
    took = amt_reply_field(&p->j, kind, copy + at, m, at + m == n);
    at += took;
    while ((p->last = amt_next(&p->j, p->now)) != AMT_BUSY)
      play_event(p, p->last);
  } while (at < n);
}

static void check_json_behind_a_field(play *p, size_t piece)
{
  char body[] = JSON({"Message":"no"});
  while ((p->last = amt_next(&p->j, p->now)) != AMT_CALL) {
    play_event(p, p->last);
    p->now += p->j.wait;
  }
  amt_reply_status(&p->j, 302, 0);
  field(p, AMT_MSG_LOCATION, "/there", piece);
  assert_int_equal(amt_reply_data(&p->j, body, sizeof body - 1),
                   sizeof body - 2);
  play_event(p, amt_next(&p->j, p->now));
  expect_told(p, "location /there\nserver no\n");
}

TEST(challenges_and_locations_are_cleaned_at_any_cut)
{
  size_t piece;
  for (piece = 0; piece < 40; piece++) {
    static char body[] = "<h1>Unauthorized</h1>";
    play *p = play_new();
    play_to(p, AMT_STARTING);
    assert_int_equal(amt_next(&p->j, p->now), AMT_CALL);
    amt_reply_status(&p->j, 401, 0);
    field(p, AMT_MSG_CHALLENGE, "Negotiate", piece);
    field(p, AMT_MSG_CHALLENGE, "", piece);
    field(p, AMT_MSG_CHALLENGE, "Bearer error=\"invalid_token\", x=\"\xFC\1\"",
          piece);
    field(p, AMT_MSG_LOCATION, "https://amt/?a=1&b=\xC3\xBCz", piece);
    strcpy(body, "<h1>Unauthorized</h1>");
    assert_int_equal(amt_reply_data(&p->j, body, sizeof body - 1),
                     sizeof body - 1);
    play_event(p, amt_next(&p->j, p->now));
    assert_int_equal(amt_next(&p->j, p->now), AMT_BUSY);
    amt_reply_end(&p->j, 0, 1);
    play_event(p, amt_next(&p->j, p->now));
    expect_told(p, "challenge Negotiate\n"
                "challenge Bearer error=\"invalid_token\", x=\"? \"\n"
                "location https://amt/?a=1&b=\xC3\xBCz\npage Unauthorized \n");
    check_json_behind_a_field(p, piece);
    amt_forget(&p->j);
    assert_int_equal(amt_reply_field(&p->j, AMT_MSG_LOCATION, body, 3, 1), 3);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
