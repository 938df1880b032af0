/* caps.c - a server cannot make a client read for ever. What is exactly at a
   limit is accepted; one byte more is an error. A line counts with its CR and
   LF, a head with its status line and the empty line. */

#include "http.h"

#define EMPTY "Content-Length: 0\r\n\r\n"

/* The reply that is being written. */
static char   big[200000];
static size_t big_n;

static void big_text(const char *s)
{
  size_t n = strlen(s);
  memcpy(big + big_n, s, n);
  big_n += n;
}

static void big_begin(const char *s)
{
  big_n = 0;
  big_text(s);
}

static void big_repeat(const char *s, int times)
{
  while (times-- > 0) big_text(s);
}

static void big_fill(char c, size_t n)
{
  memset(big + big_n, c, n);
  big_n += n;
}

static void big_is(const char *want, const char *what)
{
  read_pieces(&first, big, big_n, big_n);
  text_same(&first.seen, want, "%s", what);
  read_pieces(&again, big, big_n, 1);
  text_same(&again.seen, want, "%s, byte by byte", what);
  read_pieces(&again, big, big_n, 1000);
  text_same(&again.seen, want, "%s, by 1,000", what);
}

/* A line of n bytes: `start`, then c as often as needed, then `end`. */
static void big_line(const char *start, char c, const char *end, size_t n)
{
  big_text(start);
  big_fill(c, n - strlen(start) - strlen(end));
  big_text(end);
}

/* A line that may have so many bytes, and the text around it. */
typedef struct capped {
  const char *before, *start, *end, *after;
  char        fill;
  const char *read, *refused; /* the expected results */
} capped;

static void line_of(const capped *l, size_t n, const char *want)
{
  char what[100];
  big_begin(l->before);
  big_line(l->start, l->fill, l->end, n);
  big_text(l->after);
  snprintf(what, sizeof what, "%zu bytes of %s (filled with 0x%02X) %s", n,
           l->start, (unsigned char)l->fill, l->end);
  big_is(want, what);
}

static void lines_are_capped(const capped *l, size_t count, size_t fits)
{
  size_t i;
  for (i = 0; i < count; i++) {
    line_of(&l[i], fits, l[i].read);
    line_of(&l[i], 8193, l[i].refused);
  }
}

#define LINE(prior, text, filler, last, later)                                \
  { .before = prior, .start = text, .fill = filler, .end = last,              \
    .after = later, .read = "200 [] END keep", .refused = "[] SIZE" }

TEST(a_line_of_8192_bytes_is_read_and_of_8193_is_SIZE)
{
  static const capped list[] = {
    LINE("", "HTTP/1.1 200 ", 'x', "\r\n", EMPTY),
    LINE(OK, "A: ", 'x', "\r\n", EMPTY),
    LINE(OK, "A: ", '\t', "\r\n", EMPTY),
    LINE(OK, "A", 'x', ":\r\n", EMPTY),
    LINE(OK, "Content-Length:", ' ', "0\r\n", "\r\n"),
    LINE(OK, "Content-Length:", '0', "0\r\n", "\r\n"),
    LINE(OK, "Content-Length: 0", ' ', "\r\n", "\r\n"),
    LINE(OK, "Connection: ", 'x', "\r\n", EMPTY),
    LINE(OK, "Connection: ", ',', "\r\n", EMPTY),
    LINE(OK, "Retry-After: x", 'x', "\r\n", EMPTY),
    LINE(OK "Content-Length: 0\r\n", "A:", '\xE9', "\r\n", "\r\n"),
    { .before = CHUNKED "0\r\n", .start = "T: ", .fill = 'x', .end = "\r\n",
      .after = "\r\n", .read = "200 [] END keep", .refused = "200 [] SIZE" }
  };
  lines_are_capped(list, COUNT(list), 8192);
}

/* Feeds n bytes, `size` at a time. Returns how many came as a value or a body.
   *result: 0 or the error. */
static size_t bytes_given(const char *p, size_t n, size_t size, int *result)
{
  amt_http_reply r;
  size_t         at, used, body, given = 0;
  amt_http_reply_init(&r);
  for (at = 0; at < n; at += used) {
    size_t m = size < n - at ? size : n - at;
    *result = amt_http_reply_next(&r, edge_copy(p + at, m), m, &used, &body);
    given += body;
    if (*result < 0) break;
  }
  return given;
}

TEST(a_value_is_given_as_far_as_the_caps)
{
  size_t size;
  int    e, lines;
  for (size = 1; size < 20000; size = size * 3 + 1) {
    big_begin("HTTP/1.1 302\r\n");
    big_line("Location: ", 'x', "\r\n", 8192);
    assert_int_equal(bytes_given(big, big_n, size, &e), 8192 - 12);
    assert_int_equal(e, AMT_HTTP_FIELD);
    big_begin("HTTP/1.1 302\r\n");
    big_line("Location: ", 'x', "\r\n", 9000);
    assert_int_equal(bytes_given(big, big_n, size, &e), 8192 - 10);
    assert_int_equal(e, AMT_E_HTTP_SIZE);
    big_begin("HTTP/1.1 302\r\n");
    for (lines = 0; lines < 8; lines++) big_line("A: ", 'x', "\r\n", 8000);
    big_line("Location: ", 'x', "\r\n", 3000);
    assert_int_equal(bytes_given(big, big_n, size, &e), 65536 - 64024);
    assert_int_equal(e, AMT_E_HTTP_SIZE);
  }
}

/* The cap is the same wherever the line is. */
TEST(the_status_line_after_an_interim_reply_may_have_8192_bytes)
{
  static const capped list[] = {
    LINE("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 ", 'x', "\r\n", EMPTY)
  };
  lines_are_capped(list, COUNT(list), 8192);
}

/* `body` is that of the chunks before. */
#define SIZE_LINE(chunks, body, text, filler, last)                           \
  { .before = CHUNKED chunks, .start = text, .fill = filler, .end = last,     \
    .after = "x\r\n0\r\n\r\n", .read = "200 [" body "x] END keep",             \
    .refused = "200 [" body "] SIZE" }

/* The line with a chunk's size is bounded, including extensions and zeros. */
TEST(a_chunk_size_line_is_bounded)
{
  static const capped list[] = {
    SIZE_LINE("", "", "1;", 'x', "\r\n"),
    SIZE_LINE("", "", "", '0', "1\r\n"),
    SIZE_LINE("1\r\ny\r\n", "y", "1;", 'x', "\r\n"),
    SIZE_LINE("1\r\ny\r\n", "y", "", '0', "1\r\n"),
    SIZE_LINE("1\r\ny\r\n", "y", "1;", '\t', "\r\n"),
    SIZE_LINE("", "", "1", ' ', "\r\n"),
    SIZE_LINE("", "", "1", '\t', ";\r\n")
  };
  lines_are_capped(list, COUNT(list), 8000);
}

/* The sum of all extensions and blanks is bounded. A body without them is
   not. */
TEST(endless_chunk_extensions_are_SIZE)
{
  static const struct { const char *start; char fill; } list[] = {
    { .start = "1;", .fill = 'x' }, { .start = "1", .fill = ' ' }
  };
  size_t i;
  int    chunks;
  for (i = 0; i < COUNT(list); i++) {
    big_begin(CHUNKED);
    for (chunks = 0; chunks < 40; chunks++) {
      big_line(list[i].start, list[i].fill, "\r\n", 2000);
      big_text("y\r\n");
    }
    read_pieces(&first, big, big_n, big_n);
    assert_int_equal(first.result, AMT_E_HTTP_SIZE);
    read_pieces(&again, big, big_n, 1);
    text_same(&again.seen, first.seen.s, "byte by byte");
  }
  big_begin(CHUNKED);
  big_repeat("1\r\ny\r\n", 30000);
  big_text("0\r\n\r\n");
  read_pieces(&first, big, big_n, big_n);
  assert_int_equal(first.result, AMT_HTTP_END);
  assert_int_equal(first.body.n, 30000);
}

/* A head of n bytes, including the empty line, with `last` before that. */
static void big_head(const char *last, size_t n)
{
  size_t lines = n / 8000;
  big_begin(OK);
  big_text(last);
  while (lines-- > 1) big_line("A: ", 'x', "\r\n", 8000);
  while (n - 2 - big_n > 8192) big_line("A: ", 'x', "\r\n", 4000);
  big_line("A: ", 'x', "\r\n", n - 2 - big_n);
  big_text("\r\n");
  assert_int_equal(big_n, n);
}

TEST(a_head_of_65536_bytes_is_read_and_of_65537_is_SIZE)
{
  static const struct { const char *last, *body, *want; } list[] = {
    { .last = "Content-Length: 3\r\n", .body = "abc",
      .want = "200 [abc] END keep" },
    { .last = "Content-Length: 0\r\n", .body = "", .want = "200 [] END keep" },
    { .last = "Transfer-Encoding: chunked\r\n",
      .body = "3\r\nabc\r\n0\r\n\r\n", .want = "200 [abc] END keep" },
    { .last = "", .body = "abc", .want = "200 [abc] END" }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    big_head(list[i].last, 65536);
    big_text(list[i].body);
    big_is(list[i].want, list[i].last);
    big_head(list[i].last, 65537);
    big_text(list[i].body);
    big_is("[] SIZE", list[i].last);
  }
}

/* A word's length is counted up to 255 and must not wrap there. */
TEST(a_word_of_256_bytes_is_a_word)
{
  static const size_t lengths[] = { 255, 256, 257, 511, 512, 513 };
  size_t i;
  for (i = 0; i < COUNT(lengths); i++) {
    big_begin(OK);
    big_fill('n', lengths[i]);
    big_text(": x\r\nContent-Length: ");
    big_fill('0', lengths[i]);
    big_text("5\r\n\r\nfirst");
    big_is("200 [first] END keep", "a name, and digits");
    big_begin(OK "Content-Encoding: ");
    big_fill('x', lengths[i]);
    big_text("\r\nContent-Length: 0\r\n\r\n");
    big_is("[] ENCODING", "a coding of the body");
    big_begin(OK "Transfer-Encoding: ");
    big_fill('x', lengths[i]);
    big_text("\r\nContent-Length: 0\r\n\r\n");
    big_is("[] CODING", "a coding of the transfer");
  }
}

TEST(endless_headers_are_SIZE)
{
  big_begin(OK);
  big_repeat("Set-Cookie: a=b\r\n", 9000);
  big_is("[] SIZE", "many lines");
  big_begin(OK);
  big_fill('A', 150000);
  big_is("[] SIZE", "a long name");
  big_begin(CHUNKED "0\r\n");
  big_repeat("T: trailer\r\n", 13000);
  big_is("200 [] SIZE", "trailers");
  big_begin(OK);
  while (big_n < 150000) big_line("A: ", 'x', "\r\n", 8192);
  big_is("[] SIZE", "long lines");
}

TEST(trailers_have_caps_of_their_own)
{
  big_begin(OK "Transfer-Encoding: chunked\r\n");
  big_repeat("A: x\r\n", 60);
  big_text("\r\n0\r\n");
  big_repeat("T: x\r\n", 100);
  big_text("\r\n");
  big_is("200 [] END keep", "60 lines, 100 trailers");
  big_n -= 2;
  big_text("T: x\r\n\r\n");
  big_is("200 [] SIZE", "101 trailers");
}

TEST(a_head_of_100_lines_is_read_and_of_101_is_SIZE)
{
  big_begin(OK);
  big_repeat("A: b\r\n", 99);
  big_text(EMPTY);
  big_is("200 [] END keep", "100 lines");
  big_begin(OK);
  big_repeat("A: b\r\n", 100);
  big_text(EMPTY);
  big_is("[] SIZE", "101 lines");
}

TEST(ten_interim_replies_are_skipped_and_eleven_are_INTERIM)
{
  big_begin("");
  big_repeat("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n", 10);
  big_text(REPLY_1);
  read_all_ways(big, big_n);
  text_same(&first.seen, "200 [first] END keep", "ten");
  big_begin("");
  big_repeat("HTTP/1.1 103 Early\r\n\r\n", 11);
  big_text(REPLY_1);
  read_all_ways(big, big_n);
  text_same(&first.seen, "[] INTERIM", "eleven");
}

/* SPDX-License-Identifier: MIT OR Unlicense */
