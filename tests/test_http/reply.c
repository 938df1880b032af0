/* reply.c - the head of a reply: if it is not strict HTTP/1 it is refused; if
   it is, it reads the same however its bytes arrive. */

#include "http.h"

/* A reply with these fields. Then the connection is closed, or kept for so many
   seconds, or the client may retry after so many. */
#define CLOSED(fields) HELLO(fields, "END")
#define KEPT_FOR(seconds, fields) HELLO(fields, "END keep=" #seconds)
#define RETRY_AFTER(seconds, fields) HELLO(fields, "END keep retry=" #seconds)

static const vector heads[] = {
  /* the status line */
  REPLY("HTTP/1.1 200 OK\r\n\r\nabc", "200 [abc] END"),
  REPLY("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 [] END keep"),
  REPLY("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 [] END keep"),
  REPLY("HTTP/1.1 999 \xE9 \ttext\r\nContent-Length: 0\r\n\r\n",
    "999 [] END keep"),
  REPLY("HTTP/1.9 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
    "404 [x] END keep"),
  /* Connection, by name and by version */
  CLOSED("Connection: close"),
  CLOSED("connection: Close"),
  CLOSED("Connection: x, close ,y"),
  CLOSED("Connection: close\r\nConnection: keep-alive"),
  CLOSED("Connection: keep-alive, close"),
  KEPT("Connection: closed"),
  KEPT("Connection: clos"),
  KEPT("Connection: not-close"),
  KEPT("Connection:"),
  KEPT("X-Connection: close"),
  KEPT("Connectio: close"),
  REPLY("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 [x] END"),
  REPLY("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n"
    "Connection: Keep-Alive\r\n\r\nx", "200 [x] END keep"),
  REPLY("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
    "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "200 [x] END"),
  /* Content-Encoding, Retry-After */
  KEPT("Content-Encoding: identity"),
  KEPT("Content-Encoding: Identity\r\nContent-Encoding:"),
  RETRY_AFTER(120, "Retry-After: 120"),
  RETRY_AFTER(7, "retry-after:\t7 "),
  KEPT("Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"),
  RETRY_AFTER(4294967295, "Retry-After: 4294967295"),
  RETRY_AFTER(4294967295, "Retry-After: 4294967296"),
  REPLY("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
    "503 [] END keep retry=3")
};
TABLE_TEST(replies_are_read_the_same_however_they_arrive, heads)

static const vector skipped[] = {
  /* no body */
  REPLY("HTTP/1.1 204 No Content\r\n\r\n", "204 [] END keep"),
  REPLY("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "304 [] END keep"),
  REPLY("HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n",
    "204 [] END keep"),
  REPLY("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n", "204 [] END"),
  REPLY("HTTP/1.1 204 None\r\n\r\nhello", "204 [] END keep left=5"),
  REPLY("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "205 [] END keep"),
  /* interim replies */
  REPLY("HTTP/1.1 100 Continue\r\n\r\n" OK5 "\r\nhello",
    "200 [hello] END keep"),
  REPLY("HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 P\r\n\r\n"
    OK5 "\r\nhello", "200 [hello] END keep"),
  REPLY("HTTP/1.1 100 C\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
    OK5 "\r\nhello", "200 [hello] END keep"), /* its headers do not count */
  REPLY("HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\n" OK "\r\nx",
    "200 [x] END"),
  REPLY("HTTP/1.0 100 C\r\n\r\n" OK5 "\r\nhello", "200 [hello] END keep"),
  REPLY("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\n\r\n", "204 [] END keep")
};
TABLE_TEST(interim_replies_are_skipped_and_204_and_304_have_no_body, skipped)

/* A Keep-Alive timeout of 0 or 1 leaves no time to reuse the connection. */
static const vector keep_alive[] = {
  KEPT_FOR(5, "Keep-Alive: timeout=5"),
  KEPT_FOR(5, "keep-alive:TIMEOUT=5, max=99"),
  KEPT_FOR(15, "Keep-Alive: max=99 ,\ttimeout=015 "),
  KEPT_FOR(2, "Keep-Alive: ,x,timeout=2,,max=1"),
  CLOSED("Keep-Alive: timeout=1"),
  CLOSED("Keep-Alive: timeout=0, max=5"),
  CLOSED("Keep-Alive: timeout=1\r\nConnection: keep-alive"),
  KEPT_FOR(65535, "Keep-Alive: timeout=65535"),
  KEPT_FOR(65535, "Keep-Alive: timeout=65536"),
  KEPT_FOR(65535, "Keep-Alive: timeout=999999999999"),
  REPLY("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n"
    "Keep-Alive: timeout=15, max=100\r\n\r\nx", "200 [x] END keep=15"),
  /* the last one counts */
  KEPT_FOR(7, "Keep-Alive: timeout=9\r\nKeep-Alive: timeout=7"),
  /* an interim head and trailers do not count */
  REPLY("HTTP/1.1 100 C\r\nKeep-Alive: timeout=1\r\n\r\n" OK5 "\r\nhello",
    "200 [hello] END keep"),
  REPLY(CHUNKED "5\r\nhello\r\n0\r\nKeep-Alive: timeout=1\r\n\r\n",
    "200 [hello] END keep"),
  KEPT("X-Keep-Alive: timeout=1\r\nKeep-Alives: timeout=1\r\n"
    "Connection: timeout=1"),
  /* malformed ones are ignored */
  KEPT("Keep-Alive:"),
  KEPT("Keep-Alive: 1"),
  KEPT("Keep-Alive: close"),
  KEPT("Keep-Alive: timeout"),
  KEPT("Keep-Alive: timeout="),
  KEPT("Keep-Alive: timeout=x"),
  KEPT("Keep-Alive: timeout=1s"),
  KEPT("Keep-Alive: timeout=-1"),
  KEPT("Keep-Alive: timeout = 1"),
  KEPT("Keep-Alive: timeout=\"1\""),
  KEPT("Keep-Alive: timeout=1;max=9"),
  KEPT("Keep-Alive: xtimeout=1, timeouts=1"),
  KEPT_FOR(5, "Keep-Alive: timeout=5, timeout=x"),
  KEPT("Keep-Alive: timeout=99999999999999999999999999"),
  CLOSED("Keep-Alive: timeout=000000000001"),
  CLOSED("Keep-Alive: timeout=0000000000001")
};
TABLE_TEST(a_timeout_in_Keep_Alive_is_read_and_a_malformed_one_passed_over,
           keep_alive)

/* A reply with these fields, which lead elsewhere or ask for a sign-in. */
#define GIVEN(status, values, fields)                                         \
  REPLY("HTTP/1.1 " #status "\r\n" fields "\r\nContent-Length: 0\r\n\r\n",     \
    values #status " [] END keep")

static const vector given[] = {
  GIVEN(302, "/x ", "Location: /x"),
  GIVEN(307, "https://h/a?b=c#d ", "lOCATION:https://h/a?b=c#d"),
  GIVEN(399, "a,\\x20b\\x20\\x09 ", "Location: \t a, b \t"),
  GIVEN(300, "\\xE9 ", "Location: \xE9"),
  GIVEN(201, "/made ", "Location: /made"),
  GIVEN(304, "  ", "Location:\r\nLocation: \t"),
  GIVEN(308, "/1 /2 ", "X: y\r\nLocation: /1\r\nServer: z\r\nLocation: /2"),
  GIVEN(401, "Basic\\x20realm=\"x,\\x20y\" ",
    "WWW-Authenticate: Basic realm=\"x, y\""),
  GIVEN(401, "NTLM Negotiate ",
    "www-authenticate: NTLM\r\nDate: now\r\nWWW-AUTHENTICATE: Negotiate"),
  /* ignored */
  GIVEN(401, "", "Location: /x"),
  GIVEN(302, "", "WWW-Authenticate: Basic"),
  GIVEN(200, "", "WWW-Authenticate: Basic"),
  GIVEN(302, "", "Locations: /x\r\nLocatio: /x\r\nX-Location: /x"),
  GIVEN(401, "", "WWW-Authenticat: x\r\nProxy-Authenticate: Basic"),
  REPLY("HTTP/1.1 401\r\nTransfer-Encoding: chunked\r\n\r\n"
    "0\r\nWWW-Authenticate: x\r\n\r\n", "401 [] END keep"),
  /* incomplete */
  REPLY("HTTP/1.1 302\r\nLocation: /x\ny\r\n\r\n", "/x[] HEADER"),
  REPLY("HTTP/1.1 302\r\nLocation: /x\ry\r\n\r\n", "/x[] HEADER"),
  REPLY("HTTP/1.1 302\r\nLocation: /x\x7Fy\r\n\r\n", "/x[] HEADER"),
  REPLY("HTTP/1.1 302\r\nLocation: /x\r\n folded\r\n\r\n", "/x [] HEADER"),
  REPLY("HTTP/1.1 302\r\nLocation: /x", "/x[] TRUNCATED")
};
TABLE_TEST(Location_and_WWW_Authenticate_are_given_in_pieces, given)

static const vector good_names[] = {
  KEPT("X: Content-Length: 9"),
  KEPT("X-Content-Length: 9"),
  KEPT("Content-Length-X: 9"),
  KEPT("Content-Lengt: 9"),
  KEPT("Content-: 9\r\nC: 9\r\nContent-E: x\r\nTransfer: y\r\n"
    "Transfer-Encodings: z\r\nContent-Lengthh: x\r\nR: 1"),
  KEPT("Content-Encodinglength: gzip\r\nRetry-Afterr: 3"),
  KEPT("closer: 1\r\nclose: 1\r\nchunked: 1\r\nConnection_: close\r\n"
    "Content-Lengthening: 9\r\nContent-Lengti: 9\r\nCont-Length: 9\r\n"
    "Hontent-Length: 9\r\nContent_Length: 9\r\nTimeout: 1"),
  KEPT("X: Transfer-Encoding: chunked"),
  KEPT("A-name-longer-than-all-that-are-known-and-then-some-more-of-it-"
    "content-length: 9"),
  KEPT("!#$%&'*+-.^_`|~09azAZ: odd"),
  KEPT("Empty:\r\nBlank: \r\nTabs:\t\tx\ty\t\r\nHigh: \x80\xFF")
};
TABLE_TEST(header_names_are_whole_in_any_case_at_a_lines_start, good_names)

/* A malformed hint must not spoil the reply. */
TEST(a_malformed_Retry_After_does_not_cost_the_reply)
{
  static const vector list[] = {
    KEPT("Retry-After:"),
    KEPT("Retry-After: \t"),
    KEPT("Retry-After: 12 s"),
    KEPT("Retry-After: 12s "),
    KEPT("Retry-After: s 12"),
    KEPT("Retry-After: 5 , 3"),
    KEPT("Retry-After: -1"),
    KEPT("Retry-After: 1.5")
  };
  static const char big[] =
    OK5 "Retry-After: 99999999999999999999999999\r\n\r\nhello";
  read_vectors(list, COUNT(list));
  read_all_ways(big, sizeof big - 1);
  assert_int_equal(first.result, AMT_HTTP_END);
}

static const vector no_http_1[] = {
  REFUSED(EOF, ""),
  /* an empty line first; RFC 9112, 2.2, allows it only to servers */
  REFUSED(STATUS, "\r\n" OK5 "\r\nhello"),
  REFUSED(STATUS, "\r\n\r\n" OK5 "\r\nhello"),
  REFUSED(STATUS, "\n" OK5 "\r\nhello"),
  REFUSED(STATUS, "HTTP/1.1 100 C\r\n\r\n\r\n" OK5 "\r\nhello"),
  /* anything but HTTP/1.x, one blank, three digits */
  REFUSED(STATUS, "HTTP/2 200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/2.0 200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.10 200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1. 200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.x 200 OK\r\n\r\n"),
  REFUSED(STATUS, "http/1.1 200 OK\r\n\r\n"),
  REFUSED(STATUS, " HTTP/1.1 200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1  200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1\t200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1\t 200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 \t200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 20 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 2000 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 099 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 000 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 0200 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 0099 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 2x0 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 +20 OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 200\tOK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 200OK\r\n\r\n"),
  REFUSED(STATUS, "HTTP/1.1 200\n\n"),
  REFUSED(STATUS, "HTTP/1.1\r\n\r\n"),
  REFUSED(STATUS, "ICY 200 OK\r\n\r\n"),
  REFUSED(STATUS, "SSH-2.0-OpenSSH_9.2\r\n"),
  REFUSED(STATUS, "<html>hello</html>"),
  REFUSED(STATUS, "\x15\x03\x03\x00\x02\x02\x46"), /* a TLS alert */
  REFUSED(STATUS, "HTTP/1.1 100 C\r\n\r\nhello")
};
TABLE_TEST(what_is_no_http_1_is_STATUS, no_http_1)

static const vector controls[] = {
  REFUSED(HEADER, "HTTP/1.1 200 OK\n\n"),
  REFUSED(HEADER, "HTTP/1.1 200 O\rK\r\n\r\n"),
  REFUSED(HEADER, "HTTP/1.1 200 O\0K\r\n\r\n"),
  REFUSED(HEADER, "HTTP/1.1 200 OK\r\r\n\r\n"),
  REFUSED(HEADER, "HTTP/1.1 200\rX"),
  REFUSED(HEADER, OK "A: b\n\r\n"),
  REFUSED(HEADER, OK "A: b\rC: d\r\n\r\n"),
  REFUSED(HEADER, OK "A: b\r\r\n\r\n"),
  REFUSED(HEADER, OK "A: b\0c\r\n\r\n"),
  REFUSED(HEADER, OK "A: b\x7F\r\n\r\n"),
  REFUSED(HEADER, OK "A: b\x1B\r\n\r\n"),
  REFUSED(HEADER, OK "\n"),
  REFUSED(HEADER, OK "\r\r\n"),
  REFUSED(HEADER, OK "\rX\r\n\r\n"),
  REFUSED(HEADER, OK5 "Connection: close\n\r\nhello"),
  REFUSED(HEADER, OK5 "Connection: clo\0se\r\n\r\nhello"),
  REFUSED(HEADER, OK "Transfer-Encoding: chunked\n\r\n0\r\n\r\n")
};
TABLE_TEST(bare_CR_or_LF_NUL_and_controls_are_HEADER, controls)

static const vector bad_names[] = {
  REFUSED(HEADER, OK "A: b\r\n c\r\n\r\n"),
  REFUSED(HEADER, OK "A: b\r\n\tc\r\n\r\n"),
  REFUSED(HEADER, OK " A: b\r\n\r\n"),
  REFUSED(HEADER, OK "A : b\r\n\r\n"),
  REFUSED(HEADER, OK "A\t: b\r\n\r\n"),
  REFUSED(HEADER, OK "Content-Length : 5\r\n\r\nhello"),
  REFUSED(HEADER, OK ": b\r\n\r\n"),
  REFUSED(HEADER, OK "A b: c\r\n\r\n"),
  REFUSED(HEADER, OK "A\r\n\r\n"),
  REFUSED(HEADER, OK "A\0: b\r\n\r\n"),
  REFUSED(HEADER, OK "A\xE9: b\r\n\r\n"),
  REFUSED(HEADER, OK "A(b): c\r\n\r\n"),
  REFUSED(HEADER, OK "\"A\": c\r\n\r\n"),
  REFUSED(HEADER, OK "A@b: c\r\n\r\n"), /* next to letters in ASCII */
  REFUSED(HEADER, OK "A[b: c\r\n\r\n"),
  REFUSED(HEADER, OK "A{b: c\r\n\r\n")
};
TABLE_TEST(obs_fold_and_blanks_before_the_colon_are_HEADER, bad_names)

static const vector switching[] = {
  REFUSED(INTERIM, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")
};
TABLE_TEST(a_101_is_INTERIM, switching)

/* Any bits as state and any bytes as input: no more than a wrong result. */
TEST(a_corrupted_parser_does_no_harm)
{
  static const char likely[] = "HTTP/1.1 200 OK\r\n\r\n:;,\t05afcontent-length";
  unsigned          i;
  random_state = 777;
  for (i = 0; i < 100000; i++) {
    amt_http_reply r;
    unsigned char *p, *bits = (unsigned char *)&r;
    size_t         n = random_below(60), k, used, body, calls = 0;
    int            e;
    for (k = 0; k < sizeof r; k++) bits[k] = (unsigned char)random_below(256);
    if (i & 1) r.state = (uint8_t)random_below(20);
    if (i & 2) r.left = random_below(50);
    if (i & 4) r.len = (uint8_t)random_below(20);
    if (i & 8) r.word = (uint8_t)random_below(150);
    if (i & 16) r.line = (uint16_t)random_below(8194), r.head &= 0xFFFF;
    p = edge_new(n);
    for (k = 0; k < n; k++)
      p[k] = (unsigned char)(random_below(5) == 0
                               ? (int)random_below(256)
                               : likely[random_below(sizeof likely - 1)]);
    do {
      used = body = n + 1;
      e = amt_http_reply_next(&r, p, n, &used, &body);
      if (used > n || body > used) fail_msg("it used more than it was fed");
      p += used;
      n -= used;
      if (++calls > 200) fail_msg("the parser makes no progress");
    } while (e > 0 && e != AMT_HTTP_END);
    e = amt_http_reply_eof(&r);
    assert_true(e == AMT_HTTP_END || e == AMT_E_TRUNCATED || e == AMT_E_EOF);
    (void)amt_http_reply_keeps(&r);
  }
}

/* '?' is the first letter of a known word. Any other letter there makes an
   unknown word. */
TEST(a_word_of_a_head_begins_with_no_letter_but_its_own)
{
  static const struct { char own; const char *field; } list[] = {
    { 'c', "?onnection: close" }, { 'c', "Connection: ?lose" },
    { 'c', "?ontent-encoding: gzip" }, { 'c', "?ontent-length: 6" },
    { 'k', "?eep-alive: timeout=1" }, { 't', "Keep-Alive: ?imeout=1" },
    { 'r', "?etry-after: 3" }, { 't', "?ransfer-encoding: chunked" }
  };
  static const char nothing[] = "200 [hello] END keep";
  size_t i;
  char   c, in[200];
  for (i = 0; i < COUNT(list); i++)
    for (c = 'a'; c <= 'z'; c++) {
      snprintf(in, sizeof in, OK5 "%s\r\n\r\nhello", list[i].field);
      *strchr(in, '?') = c;
      read_all_ways(in, strlen(in));
      if (c != list[i].own) text_same(&first.seen, nothing, "%s", in);
      else assert_string_not_equal(first.seen.s, nothing);
    }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
