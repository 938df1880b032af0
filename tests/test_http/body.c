/* body.c - where a body ends: by its length, its chunks or the end of the
   connection. A reply succeeds only when this framing is complete. A reply that
   can be framed in two ways is refused. */

#include "http.h"

/* Chunks with this body; and chunks that break off with an error after it. */
#define CHUNKS(body, bytes) REPLY(CHUNKED bytes, "200 [" body "] END keep")
#define BAD_CHUNK(body, bytes) REPLY(CHUNKED bytes, "200 [" body "] CHUNK")

static const vector bodies[] = {
  /* by Content-Length */
  REPLY(OK5 "\r\nhello", "200 [hello] END keep"),
  REPLY(OK5 "\r\nhello, more", "200 [hello] END keep left=6"),
  REPLY(OK "content-length:5\r\n\r\nhello", "200 [hello] END keep"),
  REPLY(OK "CONTENT-LENGTH: \t 5 \t \r\n\r\nhello", "200 [hello] END keep"),
  REPLY(OK "Content-Length: 00005\r\n\r\nhello", "200 [hello] END keep"),
  KEPT("Content-Length: 5"),
  KEPT("Content-Length: 05"),
  REPLY(OK "Content-Length: 0\r\n\r\n", "200 [] END keep"),
  REPLY(OK5 "\r\n\r\n\0\xFF\n", "200 [\\x0D\\x0A\\x00\\xFF\\x0A] END keep"),
  /* a redirect is reported, not followed */
  REPLY("HTTP/1.1 301 Moved\r\nLocation: http://evil/\r\n"
    "Content-Length: 0\r\n\r\n", "http://evil/ 301 [] END keep"),
  /* a leading zero pads a number and nothing else */
  REPLY(OK "0Content-Length: 9\r\nContent-Length: 5\r\n\r\nhello",
    "200 [hello] END keep"),
  KEPT("0Transfer-Encoding: chunked\r\nConnection: 0close"),
  /* names that begin, or go on, as one that is known */
  KEPT("Transfer-Encodings: gzip\r\nTransfer-Encoding-of-nobody: gzip\r\n"
    "Transfer-Encodin: gzip\r\nTransferXEncoding: gzip"),
  /* in chunks */
  CHUNKS("hello", "5\r\nhello\r\n0\r\n\r\n"),
  CHUNKS("abcdef", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"),
  CHUNKS("", "0\r\n\r\n"),
  CHUNKS("hello", "0000000000000000000005\r\nhello\r\n000\r\n\r\n"),
  CHUNKS("01234567890123456789a",
    "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"),
  CHUNKS("hello", "5;name=value\r\nhello\r\n0;x=\"y\"\r\n\r\n"),
  CHUNKS("hello", "5 \t;a\r\nhello\r\n0 \r\n\r\n"),
  /* anything after ';', up to the cap */
  CHUNKS("hello", "2;\r\nhe\r\n3;a=\"b\r\nllo\r\n0;\r\n\r\n"),
  CHUNKS("hello", "2\t\r\nhe\r\n3 ; 9 x\r\nllo\r\n0 ;\r\n\r\n"),
  CHUNKS("\\x0D\\x0A", "2\r\n\r\n\r\n0\r\n\r\n"),
  /* trailers are skipped */
  CHUNKS("abc", "3\r\nabc\r\n0\r\nX-T: y\r\nContent-Length: 99\r\n"
    "Transfer-Encoding: gzip\r\nConnection: close\r\n\r\n"),
  REPLY(CHUNKED "3\r\nabc\r\n0\r\n\r\nHTTP/1.1", "200 [abc] END keep left=8"),
  REPLY(OK "transfer-encoding:CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 [x] END keep"),
  REPLY(OK "Transfer-Encoding: , chunked ,\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 [x] END keep"),
  /* to the connection's end */
  REPLY(OK "\r\n", "200 [] END"),
  REPLY(OK "\r\nto the end", "200 [to\\x20the\\x20end] END"),
  REPLY(OK "Connection: keep-alive\r\n\r\nx", "200 [x] END"),
  REPLY("HTTP/1.0 200 OK\r\n\r\nx", "200 [x] END")
};
TABLE_TEST(bodies_are_read_the_same_however_they_arrive, bodies)

static const vector bad_lengths[] = {
  REFUSED(LENGTH, OK "Content-Length: 5, 3\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5, 5\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5,5\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5,\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: +5\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: -5\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length:\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: \r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 0x5\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5 5\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5.0\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5;\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5:\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5/\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: five\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: five \r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5x\t\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 5 5 \r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: \xB2\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 18446744073709551616\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 18446744073709551621\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 36893488147419103237\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 99999999999999999999999999\r\n\r\nx"),
  REFUSED(LENGTH, OK5 "Content-Length: 6\r\n\r\nhello!"),
  REFUSED(LENGTH, OK5 "Content-Length: 0\r\n\r\nhello"),
  REFUSED(LENGTH, OK "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello")
};
TABLE_TEST(a_Content_Length_of_more_than_digits_or_two_that_differ_is_LENGTH,
           bad_lengths)

/* One of the two is wrong. */
static const vector two_lengths[] = {
  REFUSED(FRAMING, OK5 "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\n"),
  REFUSED(FRAMING, OK "Transfer-Encoding: chunked\r\n"
    "Content-Length: 0\r\n\r\n0\r\n\r\n")
};
TABLE_TEST(Content_Length_with_Transfer_Encoding_is_FRAMING, two_lengths)

/* Whatever the coding, with Content-Length the body could end in two places. */
static const vector empty_codings[] = {
  REFUSED(CODING, OK "Transfer-Encoding:\r\n\r\nx"),
  REFUSED(CODING, OK "Transfer-Encoding: ,\t,\r\n\r\nx"),
  REFUSED(CODING, OK5 "Transfer-Encoding: \r\n\r\nhello"),
  REFUSED(CODING, OK "Transfer-Encoding: \r\nContent-Length: 5\r\n\r\nhello")
};
TABLE_TEST(an_empty_Transfer_Encoding_is_refused, empty_codings)

static const vector codings[] = {
  REFUSED(CODING, OK "Transfer-Encoding: gzip\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: 0chunked\r\n\r\n0\r\n\r\n"),
  REFUSED(ENCODING, OK5 "Content-Encoding: 0identity\r\n\r\nhello"),
  REFUSED(CODING, OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chunked\r\n"
    "Transfer-Encoding: chunked\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: identity\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chunke\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chunkedd\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: chun ked\r\n\r\n0\r\n\r\n"),
  REFUSED(CODING, OK "Transfer-Encoding: close\r\n\r\n"),
  REFUSED(ENCODING, OK5 "Content-Encoding: gzip\r\n\r\nhello"),
  REFUSED(ENCODING, OK5 "Content-Encoding: identity, br\r\n\r\nhello"),
  REFUSED(ENCODING, OK5 "Content-Encoding: identit\r\n\r\nhello"),
  REFUSED(ENCODING, OK5 "content-encoding: chunked\r\n\r\nhello")
};
TABLE_TEST(unknown_codings_are_CODING_or_ENCODING, codings)

static const vector bad_chunks[] = {
  BAD_CHUNK("", "\r\n"),
  BAD_CHUNK("", "x\r\n"),
  BAD_CHUNK("", "+5\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "-5\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "0x5\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", " 5\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", " c\r\nhello, world\r\n0\r\n\r\n"),
  BAD_CHUNK("", ";a\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5\rhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5;a\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5;a\0\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5;a\x7F\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5g\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "5g \r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "g ;\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", " \r\n\r\n"),
  BAD_CHUNK("", "\t5\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "2 9\r\nhe\r\n0\r\n\r\n"),
  BAD_CHUNK("", "2 x\r\nhe\r\n0\r\n\r\n"),
  BAD_CHUNK("", "2\t\t=;\r\nhe\r\n0\r\n\r\n"),
  BAD_CHUNK("", "2 \n\r\nhe\r\n0\r\n\r\n"),
  BAD_CHUNK("", "2 \0\r\nhe\r\n0\r\n\r\n"),
  BAD_CHUNK("", "2 \rx\r\nhe\r\n0\r\n\r\n"),
  BAD_CHUNK("he", "2\r\nhe\r\n0 0\r\n\r\n"),
  BAD_CHUNK("hello", "5\r\nhello\n0\r\n\r\n"),
  BAD_CHUNK("hello", "5\r\nhello0\r\n\r\n"),
  BAD_CHUNK("hello", "5\r\nhello!\r\n0\r\n\r\n"),
  BAD_CHUNK("hello", "5\r\nhello\rx0\r\n\r\n"),
  BAD_CHUNK("hello", "5\r\nhello\r\n\r\n"),
  BAD_CHUNK("", "10000000000000000\r\nhello"), /* 2^64 */
  BAD_CHUNK("", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
  BAD_CHUNK("", "fffffffffffffffff\r\nhello"),
  BAD_CHUNK("a", "1\r\na\r\n100000000000000005\r\nhello"),
  REPLY(CHUNKED "0\r\n folded\r\n\r\n", "200 [] HEADER"),
  REPLY(CHUNKED "0\r\nA : b\r\n\r\n", "200 [] HEADER"),
  REPLY(CHUNKED "0\r\nA: b\n\r\n", "200 [] HEADER"),
  REPLY(CHUNKED "0\r\n\rX", "200 [] HEADER")
};
TABLE_TEST(a_chunk_size_that_overflows_or_is_none_is_CHUNK, bad_chunks)

/* A reply is complete only if its framing is. Cut short after any byte it is
   TRUNCATED, and before the first it is EOF. */
TEST(a_reply_that_breaks_off_is_TRUNCATED)
{
  static const vector list[] = {
    REPLY(OK5 "Connection: close\r\n\r\nhello", ""),
    REPLY(CHUNKED "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n", ""),
    REPLY("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\nA: b\r\n\r\n", ""),
    REPLY("HTTP/1.1 100 C\r\nContent-Length: 0\r\n\r\n" OK5 "\r\nhello", "")
  };
  size_t v, n;
  for (v = 0; v < COUNT(list); v++) {
    for (n = 0; n < list[v].n; n++) {
      read_pieces(&first, list[v].in, n, n ? n : 1);
      assert_int_equal(first.result, n ? AMT_E_TRUNCATED : AMT_E_EOF);
      read_pieces(&again, list[v].in, n, 1);
      text_same(&again.seen, first.seen.s, "%zu of %s", n, list[v].in);
    }
    read_pieces(&first, list[v].in, n, n);
    assert_int_equal(first.result, AMT_HTTP_END);
  }
}

/* Each body byte comes once and in order, in whatever chunks and reads. */
TEST(each_body_byte_comes_once_and_in_order)
{
  static char wire[300000], body[40000];
  static text want;
  unsigned    round;
  random_state = 99;
  for (round = 0; round < 12; round++) {
    size_t n, at = 0, i;
    for (i = 0; i < sizeof body; i++) body[i] = (char)random_below(256);
    n = (size_t)sprintf(wire, CHUNKED);
    while (at < sizeof body) {
      size_t m = 1 + random_below(round < 4 ? 3 : round < 8 ? 70 : 5000);
      if (m > sizeof body - at) m = sizeof body - at;
      n += (size_t)sprintf(wire + n, round & 1 ? "%zX;e=1\r\n" : "%zx\r\n", m);
      memcpy(wire + n, body + at, m);
      n += m;
      at += m;
      memcpy(wire + n, "\r\n", 2);
      n += 2;
    }
    n += (size_t)sprintf(wire + n, "0\r\n\r\n");
    text_clear(&want);
    text_bytes(&want, body, sizeof body);
    reader_begin(&first);
    for (i = 0; i < n;) {
      size_t m = 1 + random_below(round < 6 ? 100 : 3000);
      if (m > n - i) m = n - i;
      reader_feed(&first, wire + i, m);
      i += m;
    }
    reader_end(&first, n);
    /* the extensions may add up to more than is allowed */
    if (round & 1 && round < 4) {
      assert_int_equal(first.result, AMT_E_HTTP_SIZE);
      continue;
    }
    assert_int_equal(first.result, AMT_HTTP_END);
    text_same(&first.body, want.s, "round %u", round);
  }
}

static const vector largest[] = {
  REPLY(OK "Content-Length: 18446744073709551609\r\n\r\nhello",
    "200 [hello] TRUNCATED"),
  REPLY(OK "Content-Length: 4294967301\r\n\r\nhello", "200 [hello] TRUNCATED"),
  REPLY(OK "Content-Length: 4294967296\r\n\r\nhello", "200 [hello] TRUNCATED"),
  REPLY(CHUNKED "100000005\r\nhello\r\n0\r\n\r\n",
    "200 [hello\\x0D\\x0A0\\x0D\\x0A\\x0D\\x0A] TRUNCATED"),
  REPLY(CHUNKED "fFfFfFfFfFfFfFfF\r\nhello", "200 [hello] TRUNCATED")
};
TABLE_TEST(the_largest_lengths_are_counted_right, largest)

/* SPDX-License-Identifier: MIT OR Unlicense */
