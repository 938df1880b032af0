/* caps.c - a server cannot make a client read for ever: each cap holds exactly
   at its limit, and one beyond it is an error. A line is counted with its CR
   and LF, a head with its status line and the empty line. */

#include "http.h"

/* ------------------------------------------------------------------------
   >>caps   exactly at the limit, and one beyond. A line is counted with its
            CR and LF, a head with its status line and the empty line. */

static char   big[200000];

static size_t big_n;

static void big_text(const char *s)
{
  size_t n = strlen(s);
  memcpy(big + big_n, s, n);
  big_n += n;
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

/* A line of n bytes, with `start`, filled up with c, then `end`. */
static void big_line(const char *start, char c, const char *end, size_t n)
{
  big_text(start);
  big_fill(c, n - strlen(start) - strlen(end));
  big_text(end);
}

TEST(a_line_of_8192_bytes_is_read_and_of_8193_is_SIZE)
{
  static const struct { const char *before, *start, *end, *after; char c; }
  lines[] = {
    { "", "HTTP/1.1 200 ", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "A: ", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "A: ", "\r\n", "Content-Length: 0\r\n\r\n", '\t' },
    { OK, "A", ":\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "Content-Length:", "0\r\n", "\r\n", ' ' },
    { OK, "Content-Length:", "0\r\n", "\r\n", '0' },
    { OK, "Content-Length: 0", "\r\n", "\r\n", ' ' },
    { OK, "Connection: ", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK, "Connection: ", "\r\n", "Content-Length: 0\r\n\r\n", ',' },
    { OK, "Retry-After: x", "\r\n", "Content-Length: 0\r\n\r\n", 'x' },
    { OK "Content-Length: 0\r\n", "A:", "\r\n", "\r\n", '\xE9' },
    { OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "T: ", "\r\n", "\r\n",
      'x' }
  };
  size_t i;
  for (i = 0; i < COUNT(lines); i++) {
    int chunked = strstr(lines[i].before, "chunked") != NULL;
    big_n = 0;
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8192);
    big_text(lines[i].after);
    big_is("200 [] END keep", lines[i].start);
    big_n = 0;
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8193);
    big_text(lines[i].after);
    big_is(chunked ? "200 [] SIZE" : "[] SIZE", lines[i].start);
  }
}

/* The same cap wherever the line stands. */
TEST(the_status_line_after_an_interim_reply_may_have_8192_bytes)
{
  big_n = 0;
  big_text("HTTP/1.1 100 Continue\r\n\r\n");
  big_line("HTTP/1.1 200 ", 'x', "\r\n", 8192);
  big_text("Content-Length: 0\r\n\r\n");
  big_is("200 [] END keep", "8192");
  big_n = 0;
  big_text("HTTP/1.1 100 Continue\r\n\r\n");
  big_line("HTTP/1.1 200 ", 'x', "\r\n", 8193);
  big_text("Content-Length: 0\r\n\r\n");
  big_is("[] SIZE", "8193");
}

/* The line of a chunk's size: bounded, with extensions and leading zeros. */
TEST(a_chunk_size_line_is_bounded)
{
  static const struct { const char *before, *start, *end, *seen; char c; }
  lines[] = {
    { "", "1;", "\r\n", "", 'x' }, { "", "", "1\r\n", "", '0' },
    { "1\r\ny\r\n", "1;", "\r\n", "y", 'x' },
    { "1\r\ny\r\n", "", "1\r\n", "y", '0' },
    { "1\r\ny\r\n", "1;", "\r\n", "y", '\t' },
    { "", "1", "\r\n", "", ' ' }, { "", "1", ";\r\n", "", '\t' }
  };
  size_t i;
  char   want[40];
  for (i = 0; i < COUNT(lines); i++) {
    big_n = 0;
    big_text(CHUNKED);
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8000);
    big_text("x\r\n0\r\n\r\n");
    sprintf(want, "200 [%sx] END keep", lines[i].seen);
    big_is(want, "8000");
    big_n = 0;
    big_text(CHUNKED);
    big_text(lines[i].before);
    big_line(lines[i].start, lines[i].c, lines[i].end, 8193);
    big_text("x\r\n0\r\n\r\n");
    sprintf(want, "200 [%s] SIZE", lines[i].seen);
    big_is(want, "8193");
  }
}

/* Extensions for ever, or blanks: their sum is bounded. Without any, a body is
   not. */
TEST(endless_chunk_extensions_are_SIZE)
{
  static const struct { const char *start; char c; } kinds[] = {
    { "1;", 'x' }, { "1", ' ' }
  };
  size_t k;
  int    i;
  for (k = 0; k < COUNT(kinds); k++) {
    big_n = 0;
    big_text(CHUNKED);
    for (i = 0; i < 40; i++) {
      big_line(kinds[k].start, kinds[k].c, "\r\n", 2000);
      big_text("y\r\n");
    }
    read_pieces(&first, big, big_n, big_n);
    assert_int_equal(first.result, AMT_E_HTTP_SIZE);
    read_pieces(&again, big, big_n, 1);
    text_same(&again.seen, first.seen.s, "byte by byte");
  }
  big_n = 0;
  big_text(CHUNKED);
  for (i = 0; i < 30000; i++) big_text("1\r\ny\r\n");
  big_text("0\r\n\r\n");
  read_pieces(&first, big, big_n, big_n);
  assert_int_equal(first.result, AMT_HTTP_END);
  assert_int_equal(first.body.n, 30000);
}

/* n bytes from the status line to the empty line, with `last` before it. */
static void big_head(const char *last, size_t n)
{
  size_t lines = n / 8000;
  big_n = 0;
  big_text(OK);
  big_text(last);
  while (lines-- > 1) big_line("A: ", 'x', "\r\n", 8000);
  while (n - 2 - big_n > 8192) big_line("A: ", 'x', "\r\n", 4000);
  big_line("A: ", 'x', "\r\n", n - 2 - big_n);
  big_text("\r\n");
  assert_int_equal(big_n, n);
}

TEST(a_head_of_65536_bytes_is_read_and_of_65537_is_SIZE)
{
  static const struct { const char *last, *body, *want; } kinds[] = {
    { "Content-Length: 3\r\n", "abc", "200 [abc] END keep" },
    { "Content-Length: 0\r\n", "", "200 [] END keep" },
    { "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n",
      "200 [abc] END keep" },
    { "", "abc", "200 [abc] END" }
  };
  size_t i;
  for (i = 0; i < COUNT(kinds); i++) {
    big_head(kinds[i].last, 65536);
    big_text(kinds[i].body);
    big_is(kinds[i].want, "65536");
    big_head(kinds[i].last, 65537);
    big_text(kinds[i].body);
    big_is("[] SIZE", kinds[i].last);
  }
}

TEST(endless_headers_are_SIZE)
{
  big_n = 0;
  big_text(OK);
  while (big_n < 150000) big_text("Set-Cookie: a=b\r\n");
  big_is("[] SIZE", "many lines");
  big_n = 0;
  big_text(OK);
  big_fill('A', 150000);
  big_is("[] SIZE", "a long name");
  big_n = 0;
  big_text(CHUNKED "0\r\n");
  while (big_n < 150000) big_text("T: trailer\r\n");
  big_is("200 [] SIZE", "trailers");
  big_n = 0;
  big_text(OK);
  while (big_n < 150000) big_line("A: ", 'x', "\r\n", 8192);
  big_is("[] SIZE", "long lines");
}

TEST(trailers_have_caps_of_their_own)
{
  int i;
  big_n = 0;
  big_text(OK "Transfer-Encoding: chunked\r\n");
  for (i = 0; i < 60; i++) big_text("A: x\r\n");
  big_text("\r\n0\r\n");
  for (i = 0; i < 100; i++) big_text("T: x\r\n");
  big_text("\r\n");
  big_is("200 [] END keep", "60 lines, 100 trailers");
  big_n -= 2;
  big_text("T: x\r\n\r\n");
  big_is("200 [] SIZE", "101 trailers");
}

TEST(a_head_of_100_lines_is_read_and_of_101_is_SIZE)
{
  int i;
  big_n = 0;
  big_text(OK);
  for (i = 0; i < 99; i++) big_text("A: b\r\n");
  big_text("Content-Length: 0\r\n\r\n");
  big_is("200 [] END keep", "100 lines");
  big_n = 0;
  big_text(OK);
  for (i = 0; i < 100; i++) big_text("A: b\r\n");
  big_text("Content-Length: 0\r\n\r\n");
  big_is("[] SIZE", "101 lines");
}

TEST(ten_interim_replies_are_skipped_and_eleven_are_INTERIM)
{
  int i;
  big_n = 0;
  for (i = 0; i < 10; i++) big_text("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
  big_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  read_all_ways(big, big_n);
  text_same(&first.seen, "200 [hi] END keep", "ten");
  big_n = 0;
  for (i = 0; i < 11; i++) big_text("HTTP/1.1 103 Early\r\n\r\n");
  big_text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  read_all_ways(big, big_n);
  text_same(&first.seen, "[] INTERIM", "eleven");
}
