/* reply.c - the head of a reply: what is no strict HTTP/1 is refused, and what
   is reads the same however its bytes arrive. */

#include "http.h"

/* ------------------------------------------------------------------------
   >>replies */

static const vector good_status_lines[] = {
  /* status lines */
  V("HTTP/1.1 200 OK\r\n\r\nabc", "200 [abc] END"),
  V("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 [] END keep"),
  V("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 [] END keep"),
  V("HTTP/1.1 999 \xE9 \ttext\r\nContent-Length: 0\r\n\r\n",
    "999 [] END keep"),
  V("HTTP/1.9 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
    "404 [x] END keep")
};
ENTER(good, good_status_lines)

static const vector good_keep[] = {
  /* keep or not */
  V(OK5 "Connection: close\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "connection: Close\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Connection: x, close ,y\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Connection: close\r\nConnection: keep-alive\r\n\r\nhello",
    "200 [hello] END"),
  V(OK5 "Connection: keep-alive, close\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Connection: closed\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connection: clos\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connection: not-close\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connection:\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "X-Connection: close\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Connectio: close\r\n\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 [x] END"),
  V("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\nx",
    "200 [x] END keep"),
  V("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
    "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "200 [x] END")
};
ENTER(good, good_keep)

static const vector good_others[] = {
  /* Content-Encoding, Retry-After */
  V(OK5 "Content-Encoding: identity\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Encoding: Identity\r\nContent-Encoding:\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Retry-After: 120\r\n\r\nhello", "200 [hello] END keep retry=120"),
  V(OK5 "retry-after:\t7 \r\n\r\nhello", "200 [hello] END keep retry=7"),
  V(OK5 "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Retry-After: 4294967295\r\n\r\nhello",
    "200 [hello] END keep retry=4294967295"),
  V(OK5 "Retry-After: 4294967296\r\n\r\nhello",
    "200 [hello] END keep retry=4294967295"),
  V("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
    "503 [] END keep retry=3")
};
ENTER(good, good_others)

TEST(replies_are_read_the_same_however_they_arrive)
{
  read_vectors(good_status_lines, COUNT(good_status_lines));
  read_vectors(good_keep, COUNT(good_keep));
  read_vectors(good_others, COUNT(good_others));
}

static const vector good_no_body[] = {
  /* no body */
  V("HTTP/1.1 204 No Content\r\n\r\n", "204 [] END keep"),
  V("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "304 [] END keep"),
  V("HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n",
    "204 [] END keep"),
  V("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n", "204 [] END"),
  V("HTTP/1.1 204 None\r\n\r\nhello", "204 [] END keep left=5"),
  V("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "205 [] END keep")
};
ENTER(good, good_no_body)

static const vector good_interim[] = {
  /* interim replies */
  V("HTTP/1.1 100 Continue\r\n\r\n" OK5 "\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 P\r\n\r\n"
    OK5 "\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.1 100 C\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
    OK5 "\r\nhello", "200 [hello] END keep"), /* its headers do not count */
  V("HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\n" OK "\r\nx",
    "200 [x] END"),
  V("HTTP/1.0 100 C\r\n\r\n" OK5 "\r\nhello", "200 [hello] END keep"),
  V("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\n\r\n", "204 [] END keep")
};
ENTER(good, good_interim)

TEST(interim_replies_are_skipped_and_204_and_304_have_no_body)
{
  read_vectors(good_interim, COUNT(good_interim));
  read_vectors(good_no_body, COUNT(good_no_body));
}

/* Keep-Alive: a second of timeout or none is no time to be used again in. */
static const vector good_keep_alive[] = {
  V(OK5 "Keep-Alive: timeout=5\r\n\r\nhello", "200 [hello] END keep=5"),
  V(OK5 "keep-alive:TIMEOUT=5, max=99\r\n\r\nhello",
    "200 [hello] END keep=5"),
  V(OK5 "Keep-Alive: max=99 ,\ttimeout=015 \r\n\r\nhello",
    "200 [hello] END keep=15"),
  V(OK5 "Keep-Alive: ,x,timeout=2,,max=1\r\n\r\nhello",
    "200 [hello] END keep=2"),
  V(OK5 "Keep-Alive: timeout=1\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=0, max=5\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=1\r\nConnection: keep-alive\r\n\r\nhello",
    "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=65535\r\n\r\nhello",
    "200 [hello] END keep=65535"),
  V(OK5 "Keep-Alive: timeout=65536\r\n\r\nhello",
    "200 [hello] END keep=65535"),
  V(OK5 "Keep-Alive: timeout=999999999999\r\n\r\nhello",
    "200 [hello] END keep=65535"),
  V("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n"
    "Keep-Alive: timeout=15, max=100\r\n\r\nx", "200 [x] END keep=15"),
  /* of two the last */
  V(OK5 "Keep-Alive: timeout=9\r\nKeep-Alive: timeout=7\r\n\r\nhello",
    "200 [hello] END keep=7"),
  /* not that of another head, nor of the trailers */
  V("HTTP/1.1 100 C\r\nKeep-Alive: timeout=1\r\n\r\n" OK5 "\r\nhello",
    "200 [hello] END keep"),
  V(CHUNKED "5\r\nhello\r\n0\r\nKeep-Alive: timeout=1\r\n\r\n",
    "200 [hello] END keep"),
  V(OK5 "X-Keep-Alive: timeout=1\r\nKeep-Alives: timeout=1\r\n"
    "Connection: timeout=1\r\n\r\nhello", "200 [hello] END keep")
};
ENTER(good, good_keep_alive)

/* Malformed, it is passed over. */
static const vector bad_keep_alive[] = {
  V(OK5 "Keep-Alive:\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: 1\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: close\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=x\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=1s\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=-1\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout = 1\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=\"1\"\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=1;max=9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Keep-Alive: xtimeout=1, timeouts=1\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=5, timeout=x\r\n\r\nhello",
    "200 [hello] END keep=5"),
  V(OK5 "Keep-Alive: timeout=99999999999999999999999999\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Keep-Alive: timeout=000000000001\r\n\r\nhello", "200 [hello] END"),
  V(OK5 "Keep-Alive: timeout=0000000000001\r\n\r\nhello",
    "200 [hello] END keep") /* longer than a word is kept */
};
ENTER(good, bad_keep_alive)

TEST(a_timeout_in_Keep_Alive_is_read_and_a_malformed_one_passed_over)
{
  read_vectors(good_keep_alive, COUNT(good_keep_alive));
  read_vectors(bad_keep_alive, COUNT(bad_keep_alive));
}

static const vector good_names[] = {
  /* names are whole, in any case, at a line's start */
  V(OK5 "X: Content-Length: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "X-Content-Length: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Length-X: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Lengt: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-: 9\r\nC: 9\r\nContent-E: x\r\nTransfer: y\r\n"
    "Transfer-Encodings: z\r\nContent-Lengthh: x\r\nR: 1\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "Content-Encodinglength: gzip\r\nRetry-Afterr: 3\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "X: Transfer-Encoding: chunked\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "A-name-longer-than-all-that-are-known-and-then-some-more-of-it-"
    "content-length: 9\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "!#$%&'*+-.^_`|~09azAZ: odd\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Empty:\r\nBlank: \r\nTabs:\t\tx\ty\t\r\nHigh: \x80\xFF\r\n\r\nhello",
    "200 [hello] END keep")
};
ENTER(good, good_names)

TEST(header_names_are_whole_in_any_case_at_a_lines_start)
{
  read_vectors(good_names, COUNT(good_names));
}

/* A hint that cannot be read must not cost the reply. */
TEST(a_malformed_Retry_After_does_not_cost_the_reply)
{
  static const vector list[] = {
    V(OK5 "Retry-After:\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: \t\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: 12 s\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: 5 , 3\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: -1\r\n\r\nhello", "200 [hello] END keep"),
    V(OK5 "Retry-After: 1.5\r\n\r\nhello", "200 [hello] END keep")
  };
  static const char big[] =
    OK5 "Retry-After: 99999999999999999999999999\r\n\r\nhello";
  read_vectors(list, COUNT(list));
  read_all_ways(big, sizeof big - 1);
  assert_int_equal(first.result, AMT_HTTP_END);
}

/* ------------------------------------------------------------------------
   >>refusals */

static const vector bad_status[] = {
  /* no HTTP/1 */
  V("", "[] EOF"),
  V("\r\n" OK5 "\r\nhello", "[] STATUS"), /* RFC 9112, 2.2, allows it to */
  V("\r\n\r\n" OK5 "\r\nhello", "[] STATUS"),       /* servers alone */
  V("\n" OK5 "\r\nhello", "[] STATUS"),
  V("HTTP/1.1 100 C\r\n\r\n\r\n" OK5 "\r\nhello", "[] STATUS"),
  V("HTTP/2 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/2.0 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.10 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1. 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.x 200 OK\r\n\r\n", "[] STATUS"),
  V("http/1.1 200 OK\r\n\r\n", "[] STATUS"),
  V(" HTTP/1.1 200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1  200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1\t200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 20 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 2000 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 099 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 000 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 0200 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 0099 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 2x0 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 +20 OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 200\tOK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 200OK\r\n\r\n", "[] STATUS"),
  V("HTTP/1.1 200\n\n", "[] STATUS"),
  V("HTTP/1.1\r\n\r\n", "[] STATUS"),
  V("ICY 200 OK\r\n\r\n", "[] STATUS"),
  V("SSH-2.0-OpenSSH_9.2\r\n", "[] STATUS"),
  V("<html>hello</html>", "[] STATUS"),
  V("\x15\x03\x03\x00\x02\x02\x46", "[] STATUS"), /* a TLS alert */
  V("HTTP/1.1 100 C\r\n\r\nhello", "[] STATUS")
};
ENTER(bad, bad_status)

/* An empty line before a status line, too: rows of this table. */
TEST(what_is_no_http_1_is_STATUS)
{
  read_vectors(bad_status, COUNT(bad_status));
}

static const vector bad_controls[] = {
  /* bare CR or LF, NUL, controls */
  V("HTTP/1.1 200 OK\n\n", "[] HEADER"),
  V("HTTP/1.1 200 O\rK\r\n\r\n", "[] HEADER"),
  V("HTTP/1.1 200 O\0K\r\n\r\n", "[] HEADER"),
  V("HTTP/1.1 200 OK\r\r\n\r\n", "[] HEADER"),
  V("HTTP/1.1 200\rX", "[] HEADER"),
  V(OK "A: b\n\r\n", "[] HEADER"),
  V(OK "A: b\rC: d\r\n\r\n", "[] HEADER"),
  V(OK "A: b\r\r\n\r\n", "[] HEADER"),
  V(OK "A: b\0c\r\n\r\n", "[] HEADER"),
  V(OK "A: b\x7F\r\n\r\n", "[] HEADER"),
  V(OK "A: b\x1B\r\n\r\n", "[] HEADER"),
  V(OK "\n", "[] HEADER"),
  V(OK "\r\r\n", "[] HEADER"),
  V(OK "\rX\r\n\r\n", "[] HEADER"),
  V(OK5 "Connection: close\n\r\nhello", "[] HEADER"),
  V(OK5 "Connection: clo\0se\r\n\r\nhello", "[] HEADER"),
  V(OK "Transfer-Encoding: chunked\n\r\n0\r\n\r\n", "[] HEADER")
};
ENTER(bad, bad_controls)

TEST(bare_CR_or_LF_NUL_and_controls_are_HEADER)
{
  read_vectors(bad_controls, COUNT(bad_controls));
}

static const vector bad_names[] = {
  /* obs-fold, blanks, names */
  V(OK "A: b\r\n c\r\n\r\n", "[] HEADER"),
  V(OK "A: b\r\n\tc\r\n\r\n", "[] HEADER"),
  V(OK " A: b\r\n\r\n", "[] HEADER"),
  V(OK "A : b\r\n\r\n", "[] HEADER"),
  V(OK "A\t: b\r\n\r\n", "[] HEADER"),
  V(OK "Content-Length : 5\r\n\r\nhello", "[] HEADER"),
  V(OK ": b\r\n\r\n", "[] HEADER"),
  V(OK "A b: c\r\n\r\n", "[] HEADER"),
  V(OK "A\r\n\r\n", "[] HEADER"),
  V(OK "A\0: b\r\n\r\n", "[] HEADER"),
  V(OK "A\xE9: b\r\n\r\n", "[] HEADER"),
  V(OK "A(b): c\r\n\r\n", "[] HEADER"),
  V(OK "\"A\": c\r\n\r\n", "[] HEADER")
};
ENTER(bad, bad_names)

TEST(obs_fold_and_blanks_before_the_colon_are_HEADER)
{
  read_vectors(bad_names, COUNT(bad_names));
}

static const vector bad_interim[] = {
  /* interim */
  V("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "[] INTERIM")
};
ENTER(bad, bad_interim)

TEST(a_101_is_INTERIM)
{
  read_vectors(bad_interim, COUNT(bad_interim));
}

/* Any bits for a state, any bytes for input: a wrong result at most. */
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
    if (i & 4) r.word_len = (uint8_t)random_below(256);
    if (i & 8) r.word[random_below(20)] = (char)random_below(256);
    if (i & 16) r.line = (uint16_t)random_below(8194), r.head &= 0xFFFF;
    p = edge_new(n);
    for (k = 0; k < n; k++)
      p[k] = (unsigned char)(random_below(5) == 0
                               ? (int)random_below(256)
                               : likely[random_below(sizeof likely - 1)]);
    do {
      used = body = n + 1;
      e = amt_http_reply_next(&r, p, n, &used, &body);
      if (used > n || body > used) fail_msg("more than there was");
      p += used;
      n -= used;
      if (++calls > 200) fail_msg("round and round");
    } while (e > 0 && e != AMT_HTTP_END);
    e = amt_http_reply_eof(&r);
    assert_true(e == AMT_HTTP_END || e == AMT_E_TRUNCATED || e == AMT_E_EOF);
    (void)amt_http_reply_keeps(&r);
  }
}
