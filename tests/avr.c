/* avr.c - both headers on a machine with 16-bit int and size_t and 16 kB of
   memory: the tokenizer, the HTTP parser, and whole jobs over a slow stream in
   memory.

   avr-gcc -mmcu=atmega1284p -std=c99 -Os -I. tests/avr.c -o avr.elf
   simavr -m atmega1284p -f 16000000 avr.elf

   It prints a line for each group and "AVR N passed, N failed", and stops the
   simulator. It runs on any machine. The expected results come from a large
   one.

   Inputs and expected results are in flash. Each ends with a NUL; an empty one
   ends the list. X(n) is n times the letter x. Results write more than three x
   as "x*n", and errors as numbers. */

#define AMT_IMPLEMENTATION
#include "amt.h"

#ifdef __AVR__
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#define AT(p) ((char)pgm_read_byte(p))
typedef char int_has_16_bits[sizeof(int) == 2 && sizeof(size_t) == 2 ? 1 : -1];
#else
#include <stdio.h>
#define PROGMEM
#define AT(p) (*(p))
#endif

#define X(n) "\1" #n ";"
#define CRLF "\r\n"

/* --- output --------------------------------------------------------------- */

static void put(char c)
{
#ifdef __AVR__
  while (!(UCSR0A & _BV(UDRE0))) { }
  UDR0 = (uint8_t)c;
#else
  putchar(c);
#endif
}

static void say(const char *text)
{
  while (*text != 0) put(*text++);
}

/* Not the library's function: a fault there must not garble the report. */
static char *digits(uint64_t n)
{
  static char text[21];
  uint8_t     i = sizeof text - 1;
  do text[--i] = (char)('0' + n % 10u);
  while ((n /= 10u) != 0);
  return text + i;
}

/* Ends the simulation, or the program. */
static int stop(int status)
{
#ifdef __AVR__
  while (!(UCSR0A & _BV(TXC0))) { }
  cli();
  sleep_enable();
  sleep_cpu();
#endif
  return status;
}

#ifdef __AVR__
void abort(void) /* UBSan's traps end here */
{
  say("undefined behaviour\nAVR 0 passed, 1 failed\n");
  for (;;) stop(1);
}
#endif

/* --- recording results ---------------------------------------------------- */

static char     seen[600];
static size_t   seen_len;
static uint32_t seen_x; /* letters x in a row that are not in `seen` yet */
static uint16_t passed, failed, group_passed, group_failed;

static void seen_put(const char *text, size_t n)
{
  while (n-- > 0 && seen_len < sizeof seen) seen[seen_len++] = *text++;
}

static void see(const char *text) /* text whose x are not counted */
{
  if (seen_x > 3) {
    seen_put("x*", 2);
    seen_put(digits(seen_x), strlen(digits(seen_x)));
  } else {
    seen_put("xxx", (size_t)seen_x);
  }
  seen_x = 0;
  seen_put(text, strlen(text));
}

static void see_bytes(const char *p, size_t n)
{
  for (; n > 0; p++, n--) {
    if (*p == 'x') {
      seen_x++;
    } else {
      see("");
      seen_put(p, 1);
    }
  }
}

static void see_number(int64_t n)
{
  if (n < 0) see("-");
  see(digits(n < 0 ? 0u - (uint64_t)n : (uint64_t)n));
}

/* 1 if `seen` is as expected; otherwise prints the difference. */
static int same(const char *want, uint16_t vector, size_t first, size_t each)
{
  size_t i = 0;
  see("");
  while (i < seen_len && AT(want + i) == seen[i]) i++;
  if (i == seen_len && AT(want + i) == 0) return 1;
  say("FAILED vector "), say(digits(vector));
  say(", cut "), say(digits(first));
  say(", then each "), say(digits(each));
  say("\n  got  ");
  for (i = 0; i < seen_len; i++) put(seen[i]);
  say("\n  want ");
  while (AT(want) != 0) put(AT(want++));
  put('\n');
  return 0;
}

static void count(int good)
{
  if (good) group_passed++;
  else group_failed++;
}

static void say_counts(const char *name, uint16_t good, uint16_t bad)
{
  say(name), say(digits(good));
  say(" passed, "), say(digits(bad)), say(" failed\n");
}

static void group_ends(const char *name)
{
  say_counts(name, group_passed, group_failed);
  passed = (uint16_t)(passed + group_passed);
  failed = (uint16_t)(failed + group_failed);
  group_passed = group_failed = 0;
}

/* --- reading from flash --------------------------------------------------- */

#define V(in, want) in "\0" want "\0"

static const char *after(const char *flash)
{
  while (AT(flash) != 0) flash++;
  return flash + 1;
}

/* A text that is read piece by piece. */
typedef struct source {
  const char *at;
  uint32_t    run; /* letters x still to come */
} source;

static char room[300]; /* a piece of it */

static size_t take(source *s, char *to, size_t max)
{
  size_t n = 0;
  while (n < max) {
    char c = s->run > 0 ? 'x' : AT(s->at);
    if (c == 0) break;
    if (s->run > 0) {
      s->run--;
    } else {
      s->at++;
      if (c == '\1') {
        while ((c = AT(s->at++)) != ';')
          s->run = s->run * 10u + (uint32_t)(c - '0');
        continue;
      }
    }
    to[n++] = c;
  }
  return n;
}

/* Reads each vector in pieces of 1, 64 and 300 bytes, or also cut at each
   place. `read` gets the length of the first piece and of the others. */
static void check(const char *list, int everywhere,
                  void (*read)(const char *, size_t, size_t))
{
  static const uint16_t each[] = { 1, 64, sizeof room };
  uint16_t    vector;
  const char *want;
  for (vector = 1; AT(list) != 0; vector++, list = after(want)) {
    size_t first, i, n;
    int    good = 1;
    want = after(list);
    n = everywhere ? (size_t)(want - list) + 2 : 3;
    for (i = 0; i < n && good; i++) {
      first = i < 3 ? each[i] : i - 2;
      seen_len = 0, seen_x = 0;
      read(list, first, each[i < 3 ? i : 2]);
      good = same(want, vector, first, each[i < 3 ? i : 2]);
    }
    count(good);
  }
}

/* --- the tokenizer -------------------------------------------------------- */

static void see_token(int type, const amt_json_token *t)
{
  switch (type) {
  case AMT_JSON_OBJECT: see("{ "); return;
  case AMT_JSON_OBJECT_END: see("} "); return;
  case AMT_JSON_ARRAY: see("[ "); return;
  case AMT_JSON_ARRAY_END: see("] "); return;
  case AMT_JSON_TRUE: see("t "); return;
  case AMT_JSON_FALSE: see("f "); return;
  case AMT_JSON_NULL: see("0 "); return;
  default: break;
  }
  if (t->first)
    see(type == AMT_JSON_KEY ? "k:" : type == AMT_JSON_STRING ? "s:" : "n:");
  see_bytes(t->text, t->len);
  if (t->last) see(" ");
}

static void read_json(const char *in, size_t first, size_t each)
{
  source         s = { in, 0 };
  amt_json       json;
  amt_json_token token;
  size_t         n, used;
  int            r = 0;
  memset(&json, 0, sizeof json);
  while (r == 0 && (n = take(&s, room, first)) != 0) {
    char *p = room;
    first = each;
    while ((r = amt_json_next(&json, p, n, &used, &token)) > 0) {
      see_token(r, &token);
      p += used;
      n -= used;
    }
  }
  while (r == 0 && (r = amt_json_end(&json, &token)) > 0) {
    see_token(r, &token);
    r = 0;
  }
  if (r == 0) {
    see("ok");
  } else {
    see("("), see_number(r);
    see(" at "), see_number((int64_t)json.offset), see(")");
  }
}

static const char json_short[] PROGMEM =
  V(" [ ] ", "[ ] ok") V("\xEF\xBB\xBF[1]", "[ n:1 ] ok") V("-0", "n:-0 ok")
  V("{\"a\":{\"b\":[true,false,null]},\"c\":\"d\"}",
    "{ k:a { k:b [ t f 0 ] } k:c s:d } ok")
  V("[0,2.50,1E+05,12.5e-70,65536,-32769,18446744073709551616]",
    "[ n:0 n:2.50 n:1E+05 n:12.5e-70 n:65536 n:-32769 "
    "n:18446744073709551616 ] ok")
  V("[\"\",\"a\\n\\t\\\"\\\\\\/\\b\\f\\r\"]", "[ s: s:a\n\t\"\\/\b\f\r ] ok")
  V("\"\\u0041\\u00e9\\u07FF\\u0800\\u20ac\\uD7FF\\uE000\\uFFFF\"",
    "s:A\xC3\xA9\xDF\xBF\xE0\xA0\x80\xE2\x82\xAC\xED\x9F\xBF\xEE\x80\x80"
    "\xEF\xBF\xBF ok")
  V("\"\\ud800\\udc00\\ud83d\\ude00\\uDBFF\\uDFFF\"",
    "s:\xF0\x90\x80\x80\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF ok")
  V("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"
    "\"", "s:\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F"
    "\xBF\xBF ok")
  V("{\"\\u20ac\\ud83d\\ude00\":\"\xC3\xA9\"}",
    "{ k:\xE2\x82\xAC\xF0\x9F\x98\x80 s:\xC3\xA9 } ok")
  V(" ", "(-45 at 1)") V("[1,]", "[ n:1 (-40 at 3)") V("{]", "{ (-40 at 1)")
  V("{\"a\" 1}", "{ k:a (-40 at 5)") V("[1}", "[ n:1 (-40 at 2)")
  V("01", "n:0 (-46 at 1)") V("-", "n:-(-45 at 1)") V("1.e1", "n:1.(-40 at 2)")
  V("tru", "(-45 at 3)") V("nul1", "(-40 at 3)")
  V("[1] x", "[ n:1 ] (-46 at 4)")
  V("\"a\x1F\"", "s:a(-41 at 2)") V("\"a\\qb\"", "s:a(-42 at 3)")
  V("\"\\u12g4\"", "(-42 at 5)") V("\"a\\udc00\"", "s:a(-42 at 7)")
  V("\"a\\ud800\"", "s:a(-42 at 8)") V("\"\\ud800\\ud800\"", "(-42 at 12)")
  V("\"\x80\"", "(-43 at 1)") V("\"\xC0\x80\"", "(-43 at 1)")
  V("\"\xE0\x9F\xBF\"", "(-43 at 2)") V("\"\xED\xA0\x80\"", "(-43 at 2)")
  V("\"\xF0\x8F\xBF\xBF\"", "(-43 at 2)") V("\"\xF5\"", "(-43 at 1)")
  V("\"\xF4\x90\x80\x80\"", "(-43 at 2)") V("\"\xE2\x82\"", "(-43 at 3)")
  V("\xEF\xBB[", "(-43 at 2)") V("\xFE\xFF", "(-40 at 0)");

#define D32 "[[[[[[[[" "[[[[[[[[" "[[[[[[[[" "[[[[[[[["
#define E8 "[ [ [ [ [ [ [ [ "
#define E32 E8 E8 E8 E8

static const char json_long[] PROGMEM =
  V(D32 D32 D32 D32, E32 E32 E32 E32 "(-45 at 128)")
  V(D32 D32 D32 D32 "[", E32 E32 E32 E32 "(-44 at 128)")
  V("{\"" X(70000) "\":[\"" X(65536) "\\n" X(65535) "\"]}",
    "{ k:x*70000 [ s:x*65536\nx*65535 ] } ok");

/* --- integers and URLs ---------------------------------------------------- */

static const char integers[] PROGMEM = /* as uint64 and as int32 */
  V("0", "0 0") V("32768", "32768 32768") V("65536", "65536 65536")
  V("2147483647", "2147483647 2147483647") V("2147483648", "2147483648 -47")
  V("4294967296", "4294967296 -47") V("42949672970", "42949672970 -47")
  V("18446744073709551615", "18446744073709551615 -47")
  V("18446744073709551616", "-47 -47") V("-32769", "-47 -32769")
  V("-2147483648", "-47 -2147483648") V("-2147483649", "-47 -47")
  V("1.0", "-47 -47") V("-", "-47 -47");

static void read_integer(const char *in, size_t first, size_t each)
{
  source   s = { in, 0 };
  size_t   n = take(&s, room, sizeof room);
  uint64_t big = 0;
  int32_t  small = 0;
  char     text[20];
  amt_window o;
  amt_window_init(&o, text, sizeof text, 0);
  int      e = amt_json_uint64(room, n, &big);
  (void)first, (void)each;
  amt_put_number(&o, big);
  if (e == 0) see_bytes(text, o.len);
  else see_number(e);
  see(" ");
  e = amt_json_int32(room, n, &small);
  see_number(e == 0 ? small : e);
}

static const char urls[] PROGMEM =
  V("http://h", "h 80 ") V("HTTPS://h.example/a?b", "h.example 443 /a?b")
  V("http://h:32768/", "h 32768 /") V("http://h:65535", "h 65535 ")
  V("http://h:65536/", "-102") V("http://h:65616/", "-102")
  V("http://h:4294967376/", "-102") V("http://h:0/", "-102")
  V("http://192.168.255.1/", "c0a8ff01 80 /")
  V("http://1.2.3.256", "1.2.3.256 80 ")
  V("http://[2001:db8:ffff:8000::192.0.2.1]:8080/",
    "20010db8ffff800000000000c0000201 8080 /")
  V("http://[1:10000::]/", "-101") V("http://u@h/", "-101")
  V("ftp://h/", "-100") V("http://h/\xC3\xA9", "-103");

static void read_url(const char *in, size_t first, size_t each)
{
  static const char hex[] = "0123456789abcdef";
  source      s = { in, 0 };
  amt_url     u;
  amt_address a;
  uint8_t     i;
  int         e;
  (void)first, (void)each;
  room[take(&s, room, sizeof room - 1)] = 0;
  e = amt_url_parse(&u, room);
  if (e != 0) {
    see_number(e);
    return;
  }
  if (amt_address_parse(&a, u.host, u.host_len)) {
    for (i = 0; i < a.len; i++) {
      seen_put(&hex[a.ip[i] >> 4], 1);
      seen_put(&hex[a.ip[i] & 15], 1);
    }
  } else {
    see_bytes(u.host, u.host_len);
  }
  see(" "), see_number(u.port), see(" ");
  see_bytes(u.path, u.path_len);
}

/* --- HTTP replies --------------------------------------------------------- */

static void read_http(const char *in, size_t first, size_t each)
{
  source         s = { in, 0 };
  amt_http_reply h;
  size_t         n, used, body;
  int            r = 0;
  amt_http_reply_init(&h);
  while (r == 0 && (n = take(&s, room, first)) != 0) {
    char *p = room;
    first = each;
    for (;;) {
      r = amt_http_reply_next(&h, (unsigned char *)p, n, &used, &body);
      p += used;
      n -= used;
      if (r == AMT_HTTP_HEAD) see_number(h.status), see(" ");
      else if (r == AMT_HTTP_BODY) see_bytes(p - body, body);
      else break;
    }
  }
  if (r == 0) r = amt_http_reply_eof(&h);
  if (r == AMT_HTTP_END) see(amt_http_reply_keeps(&h) ? " END keeps" : " END");
  else see("("), see_number(r), see(")");
  if (h.retry_after != 0) see(" retry "), see_number(h.retry_after);
}

#define LINE200 "HTTP/1.1 200 OK" CRLF
#define LENGTH(n) "Content-Length: " n CRLF
#define CHUNKED "Transfer-Encoding: chunked" CRLF
#define BUSY(n) "HTTP/1.1 503 Busy" CRLF "Retry-After: " n CRLF LENGTH("0") CRLF

static const char http_short[] PROGMEM =
  V(LINE200 "content-length:\t5 " CRLF LENGTH("5") CRLF "hello",
    "200 hello END keeps")
  V("HTTP/1.1 204 No" CRLF "Connection: close" CRLF CRLF, "204  END")
  V("HTTP/1.0 200 OK" CRLF LENGTH("1") CRLF "a", "200 a END")
  V(LINE200 CRLF "to the end", "200 to the end END")
  V(LINE200 CHUNKED CRLF "5" CRLF "hello" CRLF "1;ext=\"\"" CRLF " " CRLF
    "0a" CRLF "chunkedabc" CRLF "000" CRLF "Trailer: b" CRLF CRLF,
    "200 hello chunkedabc END keeps")
  V("HTTP/1.1 100 Continue" CRLF CRLF "HTTP/1.1 103 Early" CRLF "A: b" CRLF
    CRLF LINE200 LENGTH("2") CRLF "ab", "200 ab END keeps")
  V(BUSY("70000"), "503  END keeps retry 70000")
  V(BUSY("4294967296"), "503  END keeps retry 4294967295")
  V(BUSY("Fri, 31 Dec 1999 23:59:59 GMT"), "503  END keeps")
  V(LINE200 LENGTH("65537") CRLF "a", "200 a(-6)")
  V(LINE200 LENGTH("18446744073709551609") CRLF "a", "200 a(-6)")
  V(LINE200 LENGTH("18446744073709551616") CRLF "a", "(-13)")
  V(LINE200 LENGTH("5") LENGTH("65541") CRLF "hello", "(-13)")
  V(LINE200 LENGTH("+5") CRLF "hello", "(-13)")
  V(LINE200 LENGTH("5") CHUNKED CRLF "5" CRLF, "(-14)")
  V(LINE200 "Transfer-Encoding: gzip, chunked" CRLF CRLF, "(-15)")
  V(LINE200 "Content-Encoding: gzip" CRLF CRLF, "(-16)")
  V(LINE200 CHUNKED CRLF "FFFFFFFFFFFFFFFF" CRLF "a", "200 a(-6)")
  V(LINE200 CHUNKED CRLF "10000000000000000" CRLF "a", "200 (-17)")
  V(LINE200 CHUNKED CRLF "1" CRLF "ab", "200 a(-17)")
  V("HTTP/1.1 101 Switch" CRLF CRLF, "(-18)") V("HTTP/2 200" CRLF CRLF, "(-10)")
  V("HTTP/1.1 099 Low" CRLF CRLF, "(-10)") V("HTTP/1.1 2000" CRLF CRLF, "(-10)")
  V(LINE200 "A: b" CRLF " fold" CRLF CRLF, "(-11)")
  V(LINE200 "A : b" CRLF CRLF, "(-11)") V(LINE200 "\xC3\xA9: b" CRLF, "(-11)")
  V(LINE200 "A: \xC3\xA9\x80\xFF" CRLF LENGTH("0") CRLF, "200  END keeps")
  V(LINE200 "A: b\rc" CRLF CRLF, "(-11)") V(LINE200 "A: \x7F" CRLF, "(-11)");

#define H8000 "A:" X(8000) CRLF /* 8004 bytes */
#define HEAD(n) /* a head of n and 65511 bytes */ \
  LINE200 H8000 H8000 H8000 H8000 H8000 H8000 H8000 H8000 LENGTH("0") \
  "Abcde:" X(1433) n CRLF CRLF

static const char http_long[] PROGMEM =
  V(LINE200 LENGTH("65535") CRLF X(65535), "200 x*65535 END keeps")
  V(LINE200 LENGTH("65536") CRLF X(65536), "200 x*65536 END keeps")
  V(LINE200 LENGTH("65537") CRLF X(65536), "200 x*65536(-6)")
  V(LINE200 CRLF X(70000), "200 x*70000 END")
  V(LINE200 CHUNKED CRLF "ffff" CRLF X(65535) CRLF "10000" CRLF X(65536) CRLF
    "00010001" CRLF X(65537) CRLF "0" CRLF CRLF, "200 x*196608 END keeps")
  V(LINE200 CHUNKED CRLF "10001" CRLF X(65536), "200 x*65536(-6)")
  V(LINE200 "A:" X(8188) CRLF LENGTH("0") CRLF, "200  END keeps")
  V(LINE200 "A:" X(8189) CRLF LENGTH("0") CRLF, "(-12)")
  V(LINE200 "A:" X(73728) CRLF LENGTH("0") CRLF, "(-12)")
  V(HEAD("1234567890123456789012345"), "200  END keeps")
  V(HEAD("12345678901234567890123456"), "(-12)");

/* --- a server in memory --------------------------------------------------- */

#define QUIET "\3" /* instead of a reply: none comes */
#define DROP  "\2" /* at a reply's end: the connection breaks */

static uint32_t clock_ms, clock_began;

static uint32_t now(void)
{
  return clock_ms;
}

/* A server that follows a script in flash: the request that must come, byte for
   byte, then the reply to it, and so on. */
typedef struct server {
  amt_stream  stream;
  const char *at;       /* in the script: the request's next byte, */
  source      reply;    /* or the reply's */
  uint8_t     replying, quiet, turn;
  size_t      each;     /* bytes a read or write */
} server;

static void server_next(server *s)
{
  if (s->replying) s->at = after(s->reply.at);
  s->replying = s->quiet = 0;
}

static int server_open(amt_stream *st, const char *host, size_t host_len,
                       uint16_t port, uint32_t left_ms)
{
  server *s = (server *)st;
  (void)left_ms;
  if (host_len != 3 || memcmp(host, "amt", 3) != 0 || port != 40000u)
    see("[wrong host] ");
  if (++s->turn & 1) return AMT_AGAIN;
  server_next(s);
  return 1;
}

static ptrdiff_t server_read(amt_stream *st, void *p, size_t n)
{
  server *s = (server *)st;
  if (!s->replying || s->quiet || ++s->turn & 1) return AMT_AGAIN;
  if (AT(s->reply.at) == DROP[0] && s->reply.run == 0) return AMT_E_EOF;
  n = take(&s->reply, (char *)p, n < s->each ? n : s->each);
  if (((char *)p)[n - 1] == DROP[0]) s->reply.at--, n--; /* the next is EOF */
  else if (AT(s->reply.at) == 0 && s->reply.run == 0) server_next(s);
  return (ptrdiff_t)n;
}

static ptrdiff_t server_write(amt_stream *st, const void *p, size_t n)
{
  server     *s = (server *)st;
  const char *bytes = (const char *)p;
  size_t      i;
  if (++s->turn & 1) return AMT_AGAIN;
  if (n > s->each) n = s->each;
  for (i = 0; i < n; i++)
    if (s->replying || AT(s->at) == 0 || AT(s->at++) != bytes[i]) {
      see("[wrong request: ");
      see_bytes(bytes + i, n - i);
      see("] ");
      return AMT_E_RESET;
    }
  if (AT(s->at) == 0) {
    s->replying = 1;
    s->reply.at = s->at + 1;
    s->reply.run = 0;
    s->quiet = AT(s->reply.at) == QUIET[0];
  }
  return (ptrdiff_t)n;
}

static void server_close(amt_stream *st)
{
  ((server *)st)->quiet = 0;
}

static int server_wait(amt_stream *st, int want, uint32_t ms)
{
  server *s = (server *)st;
  if (want != AMT_WANT_NOTHING && !s->quiet) return 1;
  clock_ms += ms;
  return 0;
}

static const amt_stream_ops server_ops = {
  server_open, server_read, server_write, server_close, server_wait, 0, NULL
};

/* --- one job -------------------------------------------------------------- */

static server      srv;
static amt_slot    conn;
static amt_pool    pool;
static amt_session session;
static amt_task    task;
static amt_job     job;
static amt_wire    wire;
static char        buf[256], token[32];
static uint8_t     kills;

static void see_message(void)
{
  if (job.msg_first) {
    see(job.msg_kind == AMT_MSG_LOG ? "message " : "said ");
    if (job.has_sequence) see("#"), see(digits(job.sequence)), see(" ");
    if (job.time[0] != 0) see(job.time), see(" ");
  }
  see_bytes(job.msg, job.msg_len);
  if (!job.msg_more) see("; ");
}

static void see_event(amt_event e)
{
  switch (e) {
  case AMT_STARTING: see("starting; "); return;
  case AMT_STARTED:
    see("id "), see(job.id), see("; ");
    if (kills) amt_stop(&job, AMT_KILL);
    return;
  case AMT_STATUS:
    see("status "), see_number(job.status), see(job.name), see("; ");
    return;
  case AMT_MESSAGE:
  case AMT_SERVER_TEXT: see_message(); return;
  case AMT_STOP_ANSWERED: see("answered "); break;
  case AMT_RETRYING: see("retry "); break;
  case AMT_DONE: see("done "); break;
  default: see("failed "); break;
  }
  see_number(job.error);
  if (e == AMT_RETRYING) {
    see(" in "), see_number(job.wait);
  } else if (e != AMT_STOP_ANSWERED) {
    see(" code "), see_number(job.code);
    see(" start "), see_number(job.start);
    see(" at "), see_number(clock_ms - clock_began);
    return;
  }
  see("; ");
}

/* Runs the job to its end, by amt_poll or amt_wait. */
static void run(int waits)
{
  amt_event e;
  uint16_t  idle = 0;
  do {
    e = waits ? amt_wait(&pool, &job, now) : amt_poll(&pool, &job, clock_ms);
    if (e != AMT_BUSY) {
      see_event(e);
      idle = 0;
    } else if (++idle == 60000u) {
      see("[stuck]");
      return;
    } else if (conn.job == NULL || srv.quiet) {
      clock_ms += job.wait;
    }
  } while (e < AMT_DONE);
}

enum { EVERY = 31, SLOWEST = 1, FASTEST = 16 };

/* Runs the script at these speeds, through a small and a large buffer, by
   amt_wait and amt_poll. A long script gets two of the four combinations. */
static void job_runs(uint16_t number, const char *script, const char *want,
                     void (*begin)(void), unsigned speeds)
{
  static const uint8_t each[] = { 1, 3, 16, 63, 255 };
  static const uint16_t size[] = { 64, sizeof buf };
  uint8_t i, k;
  int     good = 1;
  for (i = 0; i < sizeof each && good; i++)
    for (k = 0; k < 4 && good; k++) {
      if (!(speeds >> i & 1u) || (speeds != EVERY && (k == 1 || k == 2)))
        continue;
      memset(&srv, 0, sizeof srv);
      memset(&conn, 0, sizeof conn);
      memset(&pool, 0, sizeof pool);
      memset(&session, 0, sizeof session);
      memset(&task, 0, sizeof task);
      wire = *amt_wire_default();
      srv.stream.ops = &server_ops;
      srv.at = script;
      srv.each = each[i];
      conn.http.stream = &srv.stream;
      pool.conn = &conn, pool.count = 1;
      pool.buf = buf, pool.size = size[k % 2u];
      session.url = "http://amt:40000/base/";
      session.user = "ocadm", session.password = "opconxps";
      session.token = token, session.token_room = sizeof token;
      session.wire = &wire;
      task.application = "DEMO2", task.job = "REPORT";
      clock_ms = clock_began = 0xFFFF0000u; /* wraps after a minute */
      kills = 0;
      seen_len = 0, seen_x = 0;
      begin();
      run(k < 2);
      server_next(&srv);
      if (AT(srv.at) != 0) see(" [not all was sent]");
      amt_pool_end(&pool);
      good = same(want, number, pool.size, each[i]);
    }
  count(good);
}

/* Content-Length is padded to ten places. */
#define N2(n) "        " n
#define N3(n) "       " n
#define POST(path, more, length, body) \
  "POST /base" path " HTTP/1.1" CRLF "Host: amt:40000" CRLF more \
  "Accept: application/json" CRLF "Content-Type: application/json" CRLF \
  "Content-Length: " length CRLF CRLF body "\0"
#define REPLY(length, body) LINE200 LENGTH(length) CRLF body "\0"
#define LOGON "X-AMT-LogonToken: 3f.." CRLF
#define SERVICE "/AmtOpConService/"
#define SIGN_IN \
  POST(SERVICE "Authenticate", "", N2("38"), \
       "{\"User\":\"ocadm\",\"Password\":\"opconxps\"}") \
  REPLY("41", "{\"AmtLogonToken\":\"3f..\",\"ExpiresIn\":3600}")
#define START \
  POST(SERVICE "OpConJobAction", LOGON, N3("121"), \
       "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":" \
       "\"DEMO2\",\"JobName\":\"REPORT\",\"SubmitUser\":\"BATCH\"," \
       "\"Station\":\"OPCON\"}")
#define MONITOR \
  POST(SERVICE "MonitorJob", LOGON, N2("49"), \
       "{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112}")
#define MESSAGES(length, last) \
  POST(SERVICE "GetMessages", LOGON, length, \
       "{\"ApplicationName\":\"DEMO2\",\"BatchRequestId\":2112," \
       "\"AfterSequence\":" last "}")
#define KILL \
  POST(SERVICE "OpConJobAction", LOGON, N2("65"), \
       "{\"Action\":\"KILL\",\"ApplicationName\":\"DEMO2\"," \
       "\"BatchRequestId\":2112}")
#define STARTS SIGN_IN START \
  REPLY("36", "{\"BatchRequestId\":2112 , \"Status\":1}")
#define ENDS MONITOR REPLY("12", "{\"Status\":4}")

static void begin_start(void)
{
  amt_start(&job, &session, &task);
}

/* Messages of each kind, a sequence and an id beyond 32 bits, chunks. */
static const char whole_script[] PROGMEM =
  SIGN_IN START
  REPLY("58", "{\"BatchRequestId\":2112,\"Status\":1,"
        "\"Message\":\"taken\\u20ac\"}")
  MONITOR
  LINE200 CHUNKED CRLF "c" CRLF "{\"Status\":\"R" CRLF "00008" CRLF "UNNING\"}"
  CRLF "0" CRLF CRLF "\0"
  MONITOR REPLY("23", "{\"Status\":\"Lunch time\"}")
  MONITOR REPLY("18", "{ \"Status\" : \"4\" }")
  MESSAGES(N2("67"), "0")
  LINE200 CHUNKED CRLF
  "64" CRLF
  "{\"Messages\":[{\"Sequence\":1,\"Time\":\"12:00\",\"Text\":\"a\\n\\\"b\\\" "
  "\\ud83d\\ude00 \xC3\xA9\"},{\"Sequence\":4294967297," CRLF "22" CRLF
  "\"Text\":\"second\"}],\"More\":true    }" CRLF "0" CRLF CRLF "\0"
  MESSAGES(N2("76"), "4294967297")
  REPLY("106", "{\"Messages\":[{\"Sequence\":4294967298,\"Text\":null},\"\","
        "\"plain\",{\"Sequence\":18446744073709551615,\"Text\":\"z\"}]}");
static const char whole_want[] PROGMEM =
  "starting; said taken\xE2\x82\xAC; id 2112; status 2; status 19Lunch time; "
  "status 4; message #1 12:00 a\n\"b\" \xF0\x9F\x98\x80 \xC3\xA9; "
  "message #4294967297 second; message ; message plain; "
  "message #18446744073709551615 z; done 0 code 4 start 3 at 20000";

/* A kill. All times are longer than 65,535 ms, and the clock wraps. */
static const char kill_script[] PROGMEM =
  STARTS
  KILL REPLY("15", "{\"Status\":2   }")
  MONITOR "HTTP/1.1 503 Busy" CRLF "Retry-After: 90" CRLF LENGTH("0") CRLF "\0"
  MONITOR "HTTP/1.1 503 Busy" CRLF LENGTH("0") CRLF "\0"
  MONITOR REPLY("12", "{\"Status\":2}")
  MONITOR REPLY("12", "{\"Status\":3}");
static const char kill_want[] PROGMEM =
  "starting; id 2112; answered 0; retry -60 in 90000; retry -60 in 780; "
  "status 2; status 3; done 0 code 3 start 3 at 190780";

static void begin_kill(void)
{
  session.initial_delay = 70000u;
  session.poll = 100000u;
  session.messages = AMT_NEVER;
  session.token = token;
  kills = 1;
  begin_start();
}

/* A silent server: each limit ends a call in time. */
static const char quiet_script[] PROGMEM =
  STARTS MONITOR QUIET "\0" MONITOR QUIET "\0" MONITOR QUIET "\0";
static const char quiet_want[] PROGMEM =
  "starting; id 2112; retry -3 in 329; retry -3 in 780; "
  "failed -77 code 19 start 3 at 311109";

static void begin_quiet(void)
{
  session.give_up = 200000u;
  conn.http.limits.idle = 100000u;
  begin_start();
}

/* The reply to the Start breaks off: the Start is not sent again. */
static const char lost_script[] PROGMEM =
  SIGN_IN START LINE200 LENGTH("65572") CRLF "{\"Status\":1," DROP "\0";
static const char lost_want[] PROGMEM =
  "starting; failed -70 code 19 start 2 at 0";

/* A message of more than 65,536 bytes, then one that breaks off after as many
   and is resumed there. */
static const char long_script[] PROGMEM =
  STARTS ENDS MESSAGES(N2("67"), "0")
  LINE200 CHUNKED CRLF "1118C" CRLF
  "{\"Messages\":[{\"Text\":\"" X(70000) "\"}]}  " CRLF "0" CRLF CRLF "\0";
static const char long_want[] PROGMEM =
  "starting; id 2112; status 4; message x*70000; "
  "done 0 code 4 start 3 at 10000";
static const char broken_script[] PROGMEM =
  STARTS ENDS MESSAGES(N2("67"), "0")
  LINE200 LENGTH("70028") CRLF "{\"Messages\":[{\"Text\":\"a" X(66000) DROP "\0"
  MESSAGES(N2("67"), "0")
  REPLY("70028", "{\"Messages\":[{\"Text\":\"a" X(69999) "bc\"}]}");
static const char broken_want[] PROGMEM =
  "starting; id 2112; status 4; message ax*66000retry -6 in 329; "
  "x*3999bc; done 0 code 4 start 3 at 10329";

/* HTTP Basic, percent-encoding and lists, whose code shifts bits. */
#define BASIC "Authorization: Basic b2NhZG06cMOpw74=" CRLF
static const char other_script[] PROGMEM =
  POST("/start/D%C3%A9%202", BASIC, N3("177"),
       "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":"
       "\"D\xC3\xA9 2\",\"JobName\":\"REPORT\",\"SubmitUser\":\"BATCH\","
       "\"Station\":\"OPCON\",\"TaskValues\":{\"a\":\"1\",\"b\":\"\xC3\xA9\"},"
       "\"Parameters\":\"a=1,b=\xC3\xA9\"}")
  REPLY("36", "{\"BatchRequestId\":2112 , \"Status\":1}")
  POST(SERVICE "MonitorJob", BASIC, N2("49"),
       "{\"ApplicationName\":\"D\xC3\xA9 2\",\"BatchRequestId\":2112}")
  REPLY("12", "{\"Status\":4}");
static const char other_want[] PROGMEM =
  "starting; id 2112; status 4; done 0 code 4 start 3 at 10000";

static void begin_other(void)
{
  static const char *const values[] = { "a=1", "b=\xC3\xA9" };
  wire.call[AMT_SIGN_IN].path = NULL;
  wire.headers = "Authorization: Basic " AMT_HOLE_BASIC "\r\n";
  wire.call[AMT_START].path = "/start/" AMT_HOLE_APPLICATION;
  wire.call[AMT_START].body =
    "{\"Action\":\"START\",\"TaskType\":\"BATCH\",\"ApplicationName\":"
    AMT_HOLE_APPLICATION ",\"JobName\":" AMT_HOLE_JOB
    ",\"SubmitUser\":" AMT_HOLE_SUBMIT_USER ",\"Station\":" AMT_HOLE_STATION
    ",\"TaskValues\":" AMT_AS_OBJECT(AMT_HOLE_TASK_VALUES)
    ",\"Parameters\":" AMT_AS_JOINED(",", AMT_HOLE_PARAMETERS) "}";
  session.password = "p\xC3\xA9\xC3\xBE";
  task.application = "D\xC3\xA9 2";
  task.task_values = values, task.task_value_count = 2;
  task.parameters = values, task.parameter_count = 2;
  session.messages = AMT_NEVER;
  begin_start();
}

/* A reply of 65,536 bytes is not an empty one. */
static const char empty_script[] PROGMEM =
  SIGN_IN KILL
  REPLY("65536", "{\"a\":\"" X(65530)) KILL REPLY("12", "{\"Status\":2}");
static const char empty_want[] PROGMEM =
  "retry -45 in 329; answered 0; done 0 code 19 start 3 at 329";

static void begin_empty(void)
{
  amt_once(&job, &session, AMT_KILL, &task, "2112");
}

/* A request of more than 65,535 bytes is refused before a byte is sent. */
static const char large_script[] PROGMEM = SIGN_IN;
static const char large_want[] PROGMEM =
  "starting; failed -105 code 23 start 0 at 0";

static void begin_large(void)
{
  static char        value[1001];
  static const char *values[66];
  uint8_t            i;
  memset(value, 'v', sizeof value - 1);
  for (i = 0; i < 66; i++) values[i] = value;
  task.parameters = values, task.parameter_count = 66;
  begin_start();
}

/* --- main ----------------------------------------------------------------- */

int main(void)
{
#ifdef __AVR__
  UCSR0B = _BV(TXEN0);
#endif
  check(json_short, 1, read_json);
  check(json_long, 0, read_json);
  group_ends("tokenizer: ");
  check(integers, 0, read_integer);
  check(urls, 0, read_url);
  group_ends("integers and URLs: ");
  check(http_short, 1, read_http);
  check(http_long, 0, read_http);
  group_ends("HTTP replies: ");
  job_runs(1, whole_script, whole_want, begin_start, EVERY);
  job_runs(2, kill_script, kill_want, begin_kill, EVERY);
  job_runs(3, quiet_script, quiet_want, begin_quiet, EVERY);
  job_runs(4, lost_script, lost_want, begin_start, EVERY);
  job_runs(5, other_script, other_want, begin_other, EVERY);
  job_runs(6, long_script, long_want, begin_start, SLOWEST | FASTEST);
  job_runs(7, broken_script, broken_want, begin_start, FASTEST);
  job_runs(8, empty_script, empty_want, begin_empty, FASTEST);
  if (SIZE_MAX == 0xFFFF)
    job_runs(9, large_script, large_want, begin_large, FASTEST);
  group_ends("jobs: ");
  say_counts("AVR ", passed, failed);
  return stop(failed != 0);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
