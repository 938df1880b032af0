/* body.c - where a body ends: by its length, its chunks or the end of the
   connection. A reply succeeds only when that framing completes, and one that
   can be framed in two ways is refused. */

#include "http.h"

static const vector good_lengths[] = {
  /* Content-Length */
  V(OK5 "\r\nhello", "200 [hello] END keep"),
  V(OK5 "\r\nhello, more", "200 [hello] END keep left=6"),
  V(OK "content-length:5\r\n\r\nhello", "200 [hello] END keep"),
  V(OK "CONTENT-LENGTH: \t 5 \t \r\n\r\nhello", "200 [hello] END keep"),
  V(OK "Content-Length: 00005\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Length: 5\r\n\r\nhello", "200 [hello] END keep"),
  V(OK5 "Content-Length: 05\r\n\r\nhello", "200 [hello] END keep"),
  V(OK "Content-Length: 0\r\n\r\n", "200 [] END keep"),
  V(OK5 "\r\n\r\n\0\xFF\n", "200 [\\x0D\\x0A\\x00\\xFF\\x0A] END keep"),
  V("HTTP/1.1 301 Moved\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n",
    "301 [] END keep"), /* reported, not followed */
  /* a zero in front pads a number, and nothing else */
  V(OK "0Content-Length: 9\r\nContent-Length: 5\r\n\r\nhello",
    "200 [hello] END keep"),
  V(OK5 "0Transfer-Encoding: chunked\r\nConnection: 0close\r\n\r\nhello",
    "200 [hello] END keep"),
  /* names that begin, or go on, as one that is known */
  V(OK5 "Transfer-Encodings: gzip\r\nTransfer-Encoding-of-nobody: gzip\r\n"
    "Transfer-Encodin: gzip\r\n\r\nhello", "200 [hello] END keep"),
};
ENTER(good, good_lengths)

static const vector good_chunks[] = {
  /* chunks */
  V(CHUNKED "5\r\nhello\r\n0\r\n\r\n", "200 [hello] END keep"),
  V(CHUNKED "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n",
    "200 [abcdef] END keep"),
  V(CHUNKED "0\r\n\r\n", "200 [] END keep"),
  V(CHUNKED "0000000000000000000005\r\nhello\r\n000\r\n\r\n",
    "200 [hello] END keep"),
  V(CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n",
    "200 [01234567890123456789a] END keep"),
  V(CHUNKED "5;name=value\r\nhello\r\n0;x=\"y\"\r\n\r\n",
    "200 [hello] END keep"),
  V(CHUNKED "5 \t;a\r\nhello\r\n0 \r\n\r\n", "200 [hello] END keep"),
  V(CHUNKED "2;\r\nhe\r\n3;a=\"b\r\nllo\r\n0;\r\n\r\n",
    "200 [hello] END keep"), /* behind ';' anything, as far as the cap */
  V(CHUNKED "2\t\r\nhe\r\n3 ; 9 x\r\nllo\r\n0 ;\r\n\r\n",
    "200 [hello] END keep"),
  V(CHUNKED "2\r\n\r\n\r\n0\r\n\r\n", "200 [\\x0D\\x0A] END keep"),
  V(CHUNKED "3\r\nabc\r\n0\r\nX-T: y\r\nContent-Length: 99\r\n"
    "Transfer-Encoding: gzip\r\nConnection: close\r\n\r\n",
    "200 [abc] END keep"), /* trailers are passed over */
  V(CHUNKED "3\r\nabc\r\n0\r\n\r\nHTTP/1.1", "200 [abc] END keep left=8"),
  V(OK "transfer-encoding:CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 [x] END keep"),
  V(OK "Transfer-Encoding: , chunked ,\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 [x] END keep")
};
ENTER(good, good_chunks)

static const vector good_to_the_end[] = {
  /* until the connection ends */
  V(OK "\r\n", "200 [] END"),
  V(OK "\r\nto the end", "200 [to\\x20the\\x20end] END"),
  V(OK "Connection: keep-alive\r\n\r\nx", "200 [x] END"),
  V("HTTP/1.0 200 OK\r\n\r\nx", "200 [x] END")
};
ENTER(good, good_to_the_end)

TEST(bodies_are_read_the_same_however_they_arrive)
{
  read_vectors(good_lengths, COUNT(good_lengths));
  read_vectors(good_chunks, COUNT(good_chunks));
  read_vectors(good_to_the_end, COUNT(good_to_the_end));
}

static const vector bad_lengths[] = {
  /* Content-Length */
  V(OK "Content-Length: 5, 3\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5, 5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5,5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5,\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: +5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: -5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length:\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: \r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 0x5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5 5\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5.0\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5;\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5:\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 5/\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: five\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: \xB2\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 18446744073709551616\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 18446744073709551621\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 36893488147419103237\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 99999999999999999999999999\r\n\r\nx", "[] LENGTH"),
  V(OK5 "Content-Length: 6\r\n\r\nhello!", "[] LENGTH"),
  V(OK5 "Content-Length: 0\r\n\r\nhello", "[] LENGTH"),
  V(OK "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello", "[] LENGTH")
};
ENTER(bad, bad_lengths)

TEST(a_Content_Length_of_more_than_digits_or_two_that_differ_is_LENGTH)
{
  read_vectors(bad_lengths, COUNT(bad_lengths));
}

static const vector bad_framings[] = {
  /* both lengths: one of the two lies */
  V(OK5 "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "[] FRAMING"),
  V(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
    "[] FRAMING")
};
ENTER(bad, bad_framings)

TEST(Content_Length_with_Transfer_Encoding_is_FRAMING)
{
  read_vectors(bad_framings, COUNT(bad_framings));
}

/* One of the two lies, whatever the coding's name: with Content-Length it
   would be framed in two ways. */
TEST(an_empty_Transfer_Encoding_is_refused)
{
  static const vector list[] = {
    V(OK "Transfer-Encoding:\r\n\r\nx", "[] CODING"),
    V(OK "Transfer-Encoding: ,\t,\r\n\r\nx", "[] CODING"),
    V(OK5 "Transfer-Encoding: \r\n\r\nhello", "[] CODING"),
    V(OK "Transfer-Encoding: \r\nContent-Length: 5\r\n\r\nhello", "[] CODING")
  };
  read_vectors(list, COUNT(list));
}

static const vector bad_codings[] = {
  /* codings */
  V(OK "Transfer-Encoding: gzip\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: 0chunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK5 "Content-Encoding: 0identity\r\n\r\nhello", "[] ENCODING"),
  V(OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "[] CODING"),
  V(OK "Transfer-Encoding: identity\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunke\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunkedd\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: chun ked\r\n\r\n0\r\n\r\n", "[] CODING"),
  V(OK "Transfer-Encoding: close\r\n\r\n", "[] CODING"),
  V(OK5 "Content-Encoding: gzip\r\n\r\nhello", "[] ENCODING"),
  V(OK5 "Content-Encoding: identity, br\r\n\r\nhello", "[] ENCODING"),
  V(OK5 "Content-Encoding: identit\r\n\r\nhello", "[] ENCODING"),
  V(OK5 "content-encoding: chunked\r\n\r\nhello", "[] ENCODING")
};
ENTER(bad, bad_codings)

TEST(unknown_codings_are_CODING_or_ENCODING)
{
  read_vectors(bad_codings, COUNT(bad_codings));
}

static const vector bad_chunks[] = {
  /* chunks */
  V(CHUNKED "\r\n", "200 [] CHUNK"),
  V(CHUNKED "x\r\n", "200 [] CHUNK"),
  V(CHUNKED "+5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "-5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED " 5\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED ";a\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5\rhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\0\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\x7F\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5;a\rb\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "5g\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 9\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 x\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2\t\t=;\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 \n\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 \0\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2 \rx\r\nhe\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "2\r\nhe\r\n0 0\r\n\r\n", "200 [he] CHUNK"),
  V(CHUNKED "5\r\nhello\n0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello!\r\n0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello\rx0\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "5\r\nhello\r\n\r\n", "200 [hello] CHUNK"),
  V(CHUNKED "10000000000000000\r\nhello", "200 [] CHUNK"), /* 2^64 */
  V(CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n", "200 [] CHUNK"),
  V(CHUNKED "fffffffffffffffff\r\nhello", "200 [] CHUNK"),
  V(CHUNKED "1\r\na\r\n100000000000000005\r\nhello", "200 [a] CHUNK"),
  V(CHUNKED "0\r\n folded\r\n\r\n", "200 [] HEADER"),
  V(CHUNKED "0\r\nA : b\r\n\r\n", "200 [] HEADER"),
  V(CHUNKED "0\r\nA: b\n\r\n", "200 [] HEADER"),
  V(CHUNKED "0\r\n\rX", "200 [] HEADER")
};
ENTER(bad, bad_chunks)

TEST(a_chunk_size_that_overflows_or_is_none_is_CHUNK)
{
  read_vectors(bad_chunks, COUNT(bad_chunks));
}

/* Success only when the framing completes: each reply cut short after each of
   its bytes is TRUNCATED, or EOF before the first. */
TEST(a_reply_that_breaks_off_is_TRUNCATED)
{
  static const vector list[] = {
    V(OK5 "Connection: close\r\n\r\nhello", ""),
    V(CHUNKED "3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n", ""),
    V("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\nA: b\r\n\r\n", ""),
    V("HTTP/1.1 100 C\r\nContent-Length: 0\r\n\r\n" OK5 "\r\nhello", "")
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

/* Body bytes, each once and in order, whatever the chunks and the reads. */
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
    /* With that many extensions their sum may exceed what is allowed. */
    if (round & 1 && round < 4) {
      assert_int_equal(first.result, AMT_E_HTTP_SIZE);
      continue;
    }
    assert_int_equal(first.result, AMT_HTTP_END);
    text_same(&first.body, want.s, "round %u", round);
  }
}

TEST(the_largest_lengths_are_counted_right)
{
  static const vector list[] = {
    V(OK "Content-Length: 18446744073709551609\r\n\r\nhello",
      "200 [hello] TRUNCATED"),
    V(OK "Content-Length: 4294967301\r\n\r\nhello", "200 [hello] TRUNCATED"),
    V(OK "Content-Length: 4294967296\r\n\r\nhello", "200 [hello] TRUNCATED"),
    V(CHUNKED "100000005\r\nhello\r\n0\r\n\r\n",
      "200 [hello\\x0D\\x0A0\\x0D\\x0A\\x0D\\x0A] TRUNCATED"),
    V(CHUNKED "fFfFfFfFfFfFfFfF\r\nhello", "200 [hello] TRUNCATED")
  };
  read_vectors(list, COUNT(list));
}
