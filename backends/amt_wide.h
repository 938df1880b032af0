/* amt_wide.h - the scanners that look at many bytes at once, from a machine
   word to SSE2 and NEON. Not for programs: amt_http.h and amt.h include it,
   each its parts, where AMT_WIDE is not 0.

   Contents: search for the tag
     >>wide-words   vectors and words, and what both headers scan with
     >>wide-http    amt_http.h's part: a head's lines, a chunk's head
     >>wide-json    amt.h's part: text, escapes, whole tokens

   Nothing here refuses anything. A scanner passes what is plain and whole in
   the bytes at hand, and leaves all else to the byte step: amt__http_step,
   amt__json_step. What a word or a line means, and whether it is an error, is
   decided by the same functions that the step calls. Without this file
   everything works, a byte at a time.

   AMT_WIDE is the number of bits looked at together: 32 or 64 for a machine
   word, 128 for SSE2 or NEON; 64 where there is neither.
   Price: 4.1 kB on a Cortex-M4 with 32, gcc 12 -Os.

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

#ifndef AMT_HTTP_IMPLEMENTED
#error "include amt_http.h or amt.h instead: they include amt_wide.h"
#endif

#if !defined(AMT__WIDE_HTTP) && !defined(AMT__WIDE_JSON)
/* ------------------------------------------------------------------------
   >>wide-words

   A scanner passes plain bytes, a vector or a machine word of them at a time,
   up to the first that is not. What is plain depends on where they stand:

     amt__over(p, i, n, AMT__STRING)   what JSON's strings have most of
       Text":"Ended with \"4\".","Time
              ^i          ^ stops: it is no plain ASCII, or a quote, or '\\'

   A few operations on all bytes at once set the top bit of each byte that is
   not plain: a mark. The scanner stops at the first. In a machine word a
   subtraction may borrow from the next byte, but only where this one gets a
   mark: so marks after the first may be wrong, and nobody looks at them. */

enum {
  AMT__STRING, /* no control, no quote, no '\\', none above 127 */
  AMT__TO_SEND, /* the same, and what is above 127 */
  AMT__LITERAL, /* no control */
  AMT__ASCII,   /* none above 127 */
  AMT__VALUE_TEXT, /* no control, not 127, none above */
  AMT__NAME_TEXT   /* letters and '-'; vectors only */
};

#define AMT__UNDER(w, c) (((w) - AMT__EACH(c)) & ~(w))
#if AMT_WIDE == 128 && (defined(__SSE2__) || defined(__ARM_NEON))
/* 16 bytes, as GNU's vectors, which gcc and clang make SSE2 or NEON of. */
#define AMT__VECTOR 1
typedef unsigned char amt__wide __attribute__((vector_size(16)));
AMT__INLINE amt__wide amt__each(int byte)
{
  unsigned char c = (unsigned char)byte;
  amt__wide     w = { c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
  return w;
}
#define AMT__EACH(c)     amt__each(c)
#define AMT__EQUAL(w, c) ((amt__wide)((w) == AMT__EACH(c)))
#define AMT__LETTERS(w) \
  AMT__BELOW(((w) | AMT__EACH(32)) + AMT__EACH(128 - 'a'), 26 - 128)
#ifdef __SSE2__
#include <emmintrin.h>
#define AMT__BELOW(w, c) \
  ((amt__wide)_mm_subs_epi8((__m128i)(w), (__m128i)AMT__EACH(c)))
#define AMT__GATHER(w) ((unsigned)_mm_movemask_epi8((__m128i)(w)))
typedef unsigned amt__marks;
enum { AMT__MARK = 1 };
#else
#include <arm_neon.h>
#define AMT__BELOW(w, c) \
  ((amt__wide)vqsubq_s8((int8x16_t)(w), (int8x16_t)AMT__EACH(c)))
#define AMT__GATHER(w) \
  vget_lane_u64((uint64x1_t)vshrn_n_u16((uint16x8_t) \
                                        vshrq_n_s8((int8x16_t)(w), 7), 4), 0)
typedef uint64_t amt__marks;
enum { AMT__MARK = 4 }; /* bits for each byte */
#endif
#else
/* A machine word. Its lowest byte is the first; where that is not known, marks
   only tell that a byte of it is not plain. */
#define AMT__VECTOR 0
#if AMT_WIDE == 32
typedef uint32_t amt__wide;
#else
typedef uint64_t amt__wide;
#endif
#define AMT__EACH(c)     ((amt__wide)-1 / 255u * (amt__wide)(c))
#define AMT__EQUAL(w, c) AMT__UNDER((w) ^ AMT__EACH(c), 1)
#define AMT__LETTERS(w)  0
#define AMT__BELOW(w, c) (((w) - AMT__EACH(c)) | (w))
#define AMT__GATHER(w)   ((w) & AMT__EACH(128))
typedef amt__wide amt__marks;
enum { AMT__MARK = 8 };
#endif
#if AMT__VECTOR || (defined(__GNUC__) && defined(__BYTE_ORDER__) && \
                    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define AMT__EXACT 1
#else
#define AMT__EXACT 0
#endif

/* The marks of the bytes at p. UNDER marks those under c, BELOW these and those
   above 127, EQUAL those that are c. An XOR with 2 puts the quote, 34, next to
   the controls, which stay below 32: one comparison finds both. */
AMT__INLINE amt__marks amt__marked(const unsigned char *p, int kind)
{
  amt__wide w;
  memcpy(&w, p, sizeof w);
  if (kind == AMT__STRING) {
    w ^= AMT__EACH(2);
    w = AMT__BELOW(w, 33) | AMT__EQUAL(w, '\\' ^ 2);
  } else if (kind == AMT__TO_SEND) {
    w ^= AMT__EACH(2);
    w = AMT__UNDER(w, 33) | AMT__EQUAL(w, '\\' ^ 2);
  } else if (kind == AMT__LITERAL) {
    w = AMT__UNDER(w, 32);
  } else if (kind == AMT__VALUE_TEXT) {
    w = AMT__BELOW(w, 32) | AMT__EQUAL(w, 127);
  } else if (kind == AMT__NAME_TEXT) {
    w = ~(AMT__LETTERS(w) | AMT__EQUAL(w, '-'));
  }
  return AMT__GATHER(w);
}

/* The same of one byte. */
AMT__INLINE int amt__marks_byte(unsigned c, int kind)
{
  if (kind == AMT__STRING) return (c ^ 2u) - 33u >= 95u || c == '\\';
  if (kind == AMT__TO_SEND) return (c ^ 2u) < 33u || c == '\\';
  if (kind == AMT__LITERAL) return c < 32u;
  if (kind == AMT__VALUE_TEXT) return c - 32u >= 95u;
  if (kind == AMT__NAME_TEXT) return (c | 32u) - 'a' >= 26u && c != '-';
  return c >= 128u;
}

AMT__INLINE unsigned amt__first(amt__marks marks)
{
#if AMT__EXACT
  if (sizeof marks <= sizeof(unsigned))
    return (unsigned)__builtin_ctz((unsigned)marks) / (unsigned)AMT__MARK;
  return (unsigned)__builtin_ctzll(marks) / (unsigned)AMT__MARK;
#else
  return (void)marks, 0;
#endif
}

/* Passes plain bytes from *at on, a whole word at a time. 1: *at is the first
   that is not plain. 0: it may be plain; look on, a byte at a time. */
AMT__INLINE int amt__over_words(const unsigned char *p, size_t *at, size_t n,
                                int kind)
{
  size_t     i = *at, last = n - sizeof(amt__wide);
  amt__marks marks;
  if (n < i + sizeof(amt__wide)) return 0;
  do {
    marks = amt__marked(p + i, kind);
    if (marks != 0) {
      *at = i + amt__first(marks);
      return AMT__EXACT;
    }
    i += sizeof(amt__wide);
  } while (i <= last);
  *at = i;
  return 0;
}

/* The same to the end: returns the first byte that is not plain, or n. The last
   few are looked at with those before them, whose marks are shifted out. */
AMT__INLINE size_t amt__over(const unsigned char *p, size_t i, size_t n,
                             int kind)
{
  amt__marks marks;
  if (AMT__VECTOR || kind != AMT__NAME_TEXT) {
    if (amt__over_words(p, &i, n, kind)) return i;
    if (AMT__VECTOR && i < n && n >= sizeof(amt__wide)) {
      marks = amt__marked(p + n - sizeof(amt__wide), kind) >>
              (sizeof(amt__wide) - (n - i)) * AMT__MARK;
      return marks != 0 ? i + amt__first(marks) : n;
    }
  }
  while (i < n && !amt__marks_byte(p[i], kind)) i++;
  return i;
}

#elif !defined(AMT__WIDE_JSON)
/* ------------------------------------------------------------------------
   >>wide-http

   A head a line at a time, in a few steps each:

     Content-Length: 126\r\n   letters and '-' end at the colon; a word of 14
     ^             ^           may be known, and this is (amt__http_known); its
                    ^^^^^      value is digits (amt__http_value)
     Server: nginx\r\n         no known word has 6 letters: its text is passed,
     ^     ^^     ^            16 bytes or so at a time (amt__over) */

AMT__INLINE int amt__http_crlf(const unsigned char *p, size_t i, size_t n)
{
  return n - i >= 2 && memcmp(p + i, "\r\n", 2) == 0;
}

/* Passes the end of the line, and the whole head of the next chunk, if they lie
   there and it has no extensions: a long body is full of these. */
AMT__INLINE size_t amt__http_chunk(amt_http_reply *r, const unsigned char *p,
                                   size_t n)
{
  uint32_t size = 0;
  size_t   k = 0, most;
  unsigned digit;
  if (r->state == AMT__P_CHUNK) {
    if (!amt__http_crlf(p, 0, n)) return 0;
    k = 2;
  }
  for (most = n - k < 8 ? n : k + 8; k < most && p[k] != '\r'; k++) {
    digit = amt__digit(p[k]);
    if (digit > 15u) return 0;
    size = (size << 4) | digit;
  }
  if (size == 0 || !amt__http_crlf(p, k, n)) return 0;
  r->left = size;
  r->state = AMT__P_BODY;
  return k + 2;
}

/* Passes "HTTP/1.1 200" and the like, if it lies there whole. */
AMT__INLINE size_t amt__http_status(amt_http_reply *r, const unsigned char *p,
                                    size_t i, size_t n)
{
  unsigned k, status = 0;
  if (n - i < 13 || r->line != 0 || memcmp(p + i, "HTTP/1.", 7) != 0 ||
      (p[i + 7] | 1u) != '1' || p[i + 8] != ' ' || p[i + 9] == '0' ||
      p[i + 12] != ' ') return i;
  for (k = 9; k < 12; k++) {
    unsigned digit = p[i + k] - (unsigned)'0';
    if (digit > 9u) return i;
    status = status * 10u + digit;
  }
  if (p[i + 7] == '0') r->flags |= AMT__F_OLD;
  r->status = (uint16_t)status;
  r->state = AMT__P_TEXT;
  return i + 12;
}

/* Eight bytes, or of fewer the first four and the last four. Letters are put in
   lower case; there is nothing but letters and '-'. */
AMT__INLINE uint64_t amt__http_lower(const void *p, size_t n)
{
  const unsigned char *at = (const unsigned char *)p;
  uint32_t             first, last;
  memcpy(&first, at, sizeof first);
  memcpy(&last, n < 8 ? at + n - 4 : at + 4, sizeof last);
  return ((uint64_t)last << 32 | first) | (uint64_t)0x20202020u << 32 |
         0x20202020u;
}

/* The capital letter that amt__http_words has for this word of n letters and
   '-', or 0. */
AMT__APART unsigned amt__http_find(const unsigned char *p, size_t n)
{
  static const struct { unsigned char n, stands; char word[18]; } known[] = {
    { 10, AMT__H_CONNECTION, "connection" },
    { 14, AMT__H_LENGTH, "content-length" },
    { 10, AMT__H_KEEP_ALIVE, "keep-alive" },
    { 17, AMT__H_TRANSFER, "transfer-encoding" },
    { 7, AMT__H_CHUNKED, "chunked" },
    { 5, AMT__H_CLOSE, "close" },
    { 8, AMT__H_IDENTITY, "identity" },
    { 16, AMT__H_ENCODING, "content-encoding" },
    { 8, AMT__H_LOCATION, "location" },
    { 11, AMT__H_RETRY_AFTER, "retry-after" },
    { 16, AMT__H_CHALLENGE, "www-authenticate" }
  };
  uint64_t first = amt__http_lower(p, n);
  size_t   k;
  for (k = 0; k < sizeof known / sizeof known[0]; k++)
    if (known[k].n == n && first == amt__http_lower(known[k].word, n) &&
        (n <= 8 || (amt__http_lower(p + n - 8, 8) ==
                      amt__http_lower(known[k].word + n - 8, 8) &&
                    (p[8] | 32u) == (unsigned char)known[k].word[8])))
      return known[k].stands;
  return 0;
}

/* The same; most words have a length that none of the known ones has. */
AMT__INLINE unsigned amt__http_known(const unsigned char *p, size_t n)
{
  const uint32_t lengths = 1ul << 5 | 1ul << 7 | 1ul << 8 | 1ul << 10 |
                           1ul << 11 | 1ul << 14 | 1ul << 16 | 1ul << 17;
  return n < 18u && lengths >> n & 1u ? amt__http_find(p, n) : 0;
}

/* Takes p[i] to p[end], letters and '-' of a word that does not lie there
   whole, and keeps which of the known words it may be. */
static void amt__http_piece(amt_http_reply *r, const unsigned char *p, size_t i,
                            size_t end)
{
  size_t   len = r->len;
  unsigned place = r->word;
  for (; i < end && place != AMT__H_NONE; i++)
    place = amt__http_follow(place, (unsigned)len++, p[i] | 32u);
  len += end - i;
  r->len = len > 255u ? 255u : (uint8_t)len;
  r->word = (uint8_t)place;
}

/* Passes one word of a list, its letters and '-', from i on. */
AMT__INLINE size_t amt__http_item(amt_http_reply *r, const unsigned char *p,
                                  size_t i, size_t n)
{
  const char *at;
  size_t      end = amt__over(p, i, n, AMT__NAME_TEXT);
  unsigned    stands = 0;
  if (r->len == 0 && end < n && p[end] == '\r')
    stands = amt__http_known(p + i, end - i);
  if (stands == 0) {
    amt__http_piece(r, p, i, end);
    return end;
  }
  at = (const char *)memchr(amt__http_words, (int)stands, AMT__H_NONE);
  r->word = (uint8_t)(at - amt__http_words);
  r->len = 1; /* not 0 is all that this has to tell */
  return end;
}

/* Passes a value from i on, as far as it is of the usual kind: one word of a
   list, or digits. */
AMT__INLINE size_t amt__http_value(amt_http_reply *r, const unsigned char *p,
                                   size_t i, size_t n)
{
  size_t from;
  if (r->state < AMT__P_CONNECTION || r->state >= AMT__P_MINOR) return i;
  if (r->len == 0 && i < n && p[i] == ' ') i++;
  if (r->state < AMT__P_LENGTH) return amt__http_item(r, p, i, n);
  if ((r->len | r->word) == 0) {
    uint32_t number = 0;
    for (from = i; i < n && i - from < 9u && p[i] - (unsigned)'0' < 10u; i++)
      number = number * 10u + (p[i] - (unsigned)'0');
    r->number = number;
    r->len = (uint8_t)(i - from);
  }
  return i;
}

/* n, or less, so that from i on no cap of a line or a head is passed. */
AMT__INLINE size_t amt__http_capped(const amt_http_reply *r, size_t i, size_t n)
{
  size_t most = AMT__LINE_MAX - r->line;
  if (most > AMT__HEAD_MAX - r->head) most = AMT__HEAD_MAX - r->head;
  return n - i > most ? i + most : n;
}

/* How many bytes from i on may be given together with the one before them: text
   of the same value, within the caps. */
AMT__INLINE size_t amt__http_more(amt_http_reply *r, const unsigned char *p,
                                  size_t i, size_t n)
{
  size_t more;
  n = amt__http_capped(r, i, n);
  more = amt__over(p, i, n, AMT__VALUE_TEXT) - i;
  r->line = (uint16_t)(r->line + more);
  r->head += (uint32_t)more;
  return more;
}

/* Passes a name from i on, and its colon if it lies there whole. */
AMT__INLINE size_t amt__http_name(amt_http_reply *r, const unsigned char *p,
                                  size_t i, size_t n)
{
  size_t end = amt__over(p, i, n, AMT__NAME_TEXT);
  if (end == n || p[end] != ':' || end == i || r->len != 0 ||
      r->lines >= 100u) {
    amt__http_piece(r, p, i, end);
    return end;
  }
  amt__http_named(r, amt__http_known(p + i, end - i));
  return end + 1;
}

/* Passes lines of a head, from *at on, as long as each is of the usual kind and
   lies whole in the n bytes; the rest is for the step. Words end by
   amt__http_ended, as they do in the step. 0, or an error of amt__http_ended or
   amt__http_line. */
static int amt__http_lines(amt_http_reply *r, const unsigned char *p,
                           size_t *at, size_t n)
{
  size_t i = *at, from = i, line = i, was;
  int    e = 0;
  n = amt__http_capped(r, i, n);
  while (i < n && r->state < AMT__P_SIZE) {
    was = i;
    if (r->state == AMT__P_NAME) {
      i = amt__http_name(r, p, i, n);
    } else if (r->state == AMT__P_VERSION) {
      i = amt__http_status(r, p, i, n);
      if (i == was) break;
    }
    if (r->state == AMT__P_TEXT) i = amt__over(p, i, n, AMT__VALUE_TEXT);
    else if (r->state > AMT__P_TEXT) i = amt__http_value(r, p, i, n);
    if (!amt__http_crlf(p, i, n)) {
      if (i == was) break;
    } else if (r->state == AMT__P_TEXT) { /* most */
      line = i += 2;
      r->line = 0;
      r->state = AMT__P_NAME;
    } else {
      e = amt__http_ended(r, '\r');
      i += e == 0 ? 2 : 1;
      r->head += (uint32_t)(i - from);
      if (e == 0) e = amt__http_line(r);
      line = from = i;
      if (e != 0) break;
    }
  }
  r->line = (uint16_t)(r->line + (i - line));
  r->head += (uint32_t)(i - from);
  *at = i;
  return e;
}

#else /* AMT__WIDE_JSON */
/* ------------------------------------------------------------------------
   >>wide-json */

AMT__APART int amt__json_slow_token(amt_json *t, unsigned char *p, size_t n,
                             size_t *used, amt_json_token *token, size_t from,
                             size_t i, size_t to); /* by the byte step */

/* Passes plain text, from p[*at] on. Returns the byte where it ends; 0 at the
   end of p, and for a NUL, which is not plain. */
AMT__INLINE unsigned amt__json_scan(const unsigned char *p, size_t *at,
                                    size_t n)
{
  size_t i = *at = amt__over(p, *at, n, AMT__STRING);
  return i < n ? p[i] : 0;
}

/* The longest escape: a surrogate pair. */
enum { AMT__ESCAPE_MAX = 12 };

/* The value of four hexadecimal digits, read at once; if they are none, more
   than any character's. Each addition sets the top bit of the bytes that are:
   '0' or more; more than '9'; 'a' or more; more than 'f'. A byte above 127
   carries into the next one, which does not matter: it is no digit itself. */
AMT__INLINE uint32_t amt__json_unit(const unsigned char *p)
{
  const uint32_t each = 0x01010101u;
  uint32_t       w = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
                     (uint32_t)p[2] << 8 | p[3];
  uint32_t       lower = w | 0x20202020u;
  uint32_t       digit = (w + 0x50u * each) & ~(w + 0x46u * each);
  uint32_t       letter = (lower + 0x1Fu * each) & ~(lower + 0x19u * each);
  if ((~w & (digit | letter) & 0x80808080u) != 0x80808080u) return 0x110000u;
  w = (w & 0x0F0F0F0Fu) + (w >> 6 & each) * 9u;
  w = (w >> 4 | w) & 0x00FF00FFu;
  return (w >> 8 | w) & 0xFFFFu;
}

/* Decodes right escapes, from i on and before limit, to p[*to]. */
AMT__INLINE size_t amt__json_escapes(unsigned char *p, size_t i, size_t limit,
                                     size_t *to)
{
  size_t   at = *to;
  unsigned c, length;
  uint32_t point, low;
  for (; i < limit && p[i] == '\\'; i += length) {
    c = p[i + 1];
    length = 2;
    if (c != 'u') {
      c = amt__json_unescape(c);
      if (c == 0) break;
      p[at++] = (unsigned char)c;
      continue;
    }
    length = 6;
    point = amt__json_unit(p + i + 2);
    if (point - 0xD800u < 0x400u && p[i + 6] == '\\' && p[i + 7] == 'u') {
      low = amt__json_unit(p + i + 8) - 0xDC00u;
      if (low < 0x400u) point = 0x10000u + ((point - 0xD800u) << 10) + low;
      length = 12;
    }
    if (point - 0xD800u < 0x800u || point > 0x10FFFFu) break;
    at += amt__json_encode(p + at, point); /* shorter than the escape */
  }
  *to = at;
  return i;
}

/* Takes text of a string from i on, as far as it is whole and right, and puts
   it at p[*to]; nothing moves before the first escape. Escapes near n are left
   to the step, since they may not lie there whole. */
AMT__INLINE size_t amt__json_text(unsigned char *p, size_t i, size_t n,
                                  size_t *to)
{
  size_t   from, limit = n < AMT__ESCAPE_MAX ? 0 : n - (AMT__ESCAPE_MAX - 1);
  unsigned c, length;
  do {
    from = i = amt__json_escapes(p, i, limit, to);
    while ((c = amt__json_scan(p, &i, n)) >= 0x80) {
      length = amt__json_character(p + i, n - i);
      if (length == 0) break; /* the step's */
      i += length;
    }
    if (*to != from) memmove(p + *to, p + from, i - from);
    *to += i - from;
  } while (c == '\\' && i != from && i < limit);
  return i;
}

/* --- the common way to a token, without the step ---

   It knows tokens that lie whole in the bytes at hand; for all others, and
   errors, it calls amt__json_slow_token. It takes the ':' or ',' after a token
   along with it, so that most calls find the next token at once. Each call is
   the last act of its caller, and passes the parameters of amt_json_next on in
   their order: so no register has to be saved. */

AMT__APART int amt__json_rest(amt_json *t, unsigned char *p, size_t n,
                              size_t *used, amt_json_token *token, size_t i)
{
  return amt__json_slow_token(t, p, n, used, token, i, i, i);
}

/* The bytes before i are used. */
AMT__INLINE void amt__json_used(amt_json *t, size_t *used, size_t i)
{
  *used = i;
  t->offset += i;
}

/* A value has ended before i; a comma there is passed, too. */
AMT__INLINE void amt__json_passed(amt_json *t, const unsigned char *p,
                                  size_t n, size_t *used, size_t i,
                                  unsigned member)
{
  if (i >= n || p[i] != ',') {
    amt__json_done(t, 0);
  } else if (member) {
    t->state = AMT__J_KEY;
    i++;
  } else if (t->depth != 0) {
    t->state = AMT__J_VALUE;
    i++;
  } else {
    t->state = AMT__J_DONE;
  }
  amt__json_used(t, used, i);
}

/* A string that began in the state s has ended before i. If it is a key, a
   colon there is passed, too. */
AMT__INLINE int amt__json_ended(amt_json *t, const unsigned char *p, size_t n,
                                size_t *used, size_t i, unsigned s)
{
  if (s < AMT__J_KEY) {
    amt__json_passed(t, p, n, used, i, s == AMT__J_MEMBER);
    return AMT_JSON_STRING;
  }
  t->state = AMT__J_COLON;
  if (i < n && p[i] == ':') {
    t->state = AMT__J_MEMBER;
    i++;
  }
  amt__json_used(t, used, i);
  return AMT_JSON_KEY;
}

/* Goes on with the string token->text at p[i], which is not plain, or has no
   whole word after it. */
AMT__APART int amt__json_escaped(amt_json *t, unsigned char *p, size_t n,
                                 size_t *used, amt_json_token *token, size_t i)
{
  size_t to = i, from;
  i = amt__json_text(p, i, n, &to);
  from = (size_t)(token->text - (char *)p);
  token->len = to - from;
  if (i < n && p[i] == '"')
    return amt__json_ended(t, p, n, used, i + 1, t->state);
  amt__json_quote(t, t->state >= AMT__J_KEY);
  return amt__json_slow_token(t, p, n, used, token, from, i, to);
}

/* The string that begins with the quote p[i]. */
AMT__INLINE int amt__json_quoted(amt_json *t, unsigned char *p, size_t n,
                                 size_t *used, amt_json_token *token, size_t i)
{
  unsigned s = t->state;
  size_t   from = i + 1;
  if (s >= AMT__J_COLON) return amt__json_rest(t, p, n, used, token, i);
  t->start = t->offset + i++;
  token->text = (char *)p + from;
  token->first = token->last = 1;
  if (!amt__over_words(p, &i, n, AMT__STRING) || p[i] != '"')
    return amt__json_escaped(t, p, n, used, token, i);
  token->len = i - from;
  return amt__json_ended(t, p, n, used, i + 1, s);
}

/* The number of digits alone that begins with p[i], which is not '0'. */
AMT__INLINE int amt__json_digits(amt_json *t, unsigned char *p, size_t n,
                                 size_t *used, amt_json_token *token, size_t i)
{
  size_t from = i++;
  while (i < n && p[i] - (unsigned)'0' < 10u) i++;
  if (t->state >= AMT__J_KEY || i >= n || !amt__json_ends_number(p[i]))
    return amt__json_rest(t, p, n, used, token, from);
  t->start = t->offset + from;
  token->text = (char *)p + from;
  token->first = token->last = 1;
  token->len = i - from;
  amt__json_passed(t, p, n, used, i, t->state == AMT__J_MEMBER);
  return AMT_JSON_NUMBER;
}

/* An opening brace or bracket, p[i]. */
AMT__INLINE int amt__json_open(amt_json *t, unsigned char *p, size_t n,
                               size_t *used, amt_json_token *token, size_t i,
                               unsigned object)
{
  if (t->state >= AMT__J_KEY || t->depth >= AMT_JSON_DEPTH)
    return amt__json_rest(t, p, n, used, token, i);
  t->start = t->offset + i;
  amt__json_used(t, used, i + 1);
  return amt__json_push(t, object);
}

/* A closing one, p[i], of what is not empty. */
AMT__INLINE int amt__json_close(amt_json *t, unsigned char *p, size_t n,
                                size_t *used, amt_json_token *token, size_t i,
                                unsigned object)
{
  if (t->state != AMT__J_NEXT || !amt__json_leave(t, object))
    return amt__json_rest(t, p, n, used, token, i);
  t->start = t->offset + i;
  amt__json_passed(t, p, n, used, i + 1,
                   t->depth != 0 && amt__json_in_object(t));
  return object ? AMT_JSON_OBJECT_END : AMT_JSON_ARRAY_END;
}

/* Any token, after white space, a colon or a comma, if there are any. */
AMT__APART int amt__json_after_separator(amt_json *t, unsigned char *p,
                                         size_t n, size_t *used,
                                         amt_json_token *token)
{
  size_t i;
  for (i = 0; i < n; i++) {
    unsigned c = p[i], s = t->state;
    if (s - AMT__J_VALUE > AMT__J_DONE - AMT__J_VALUE) break;
    if (c == '"') return amt__json_quoted(t, p, n, used, token, i);
    if (c == '{') return amt__json_open(t, p, n, used, token, i, 1);
    if (c == '}') return amt__json_close(t, p, n, used, token, i, 1);
    if (c == '[') return amt__json_open(t, p, n, used, token, i, 0);
    if (c == ']') return amt__json_close(t, p, n, used, token, i, 0);
    if (c - '1' < 9u) return amt__json_digits(t, p, n, used, token, i);
    if (c == ':' && s == AMT__J_COLON)
      t->state = AMT__J_MEMBER;
    else if (c == ',' && s == AMT__J_NEXT)
      t->state = amt__json_in_object(t) ? AMT__J_KEY : AMT__J_VALUE;
    else if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
      break;
  }
  return amt__json_rest(t, p, n, used, token, i);
}

/* amt_json_next, to be inlined: for a short token the call alone costs a fifth.
   First the most frequent ones, with nothing in front of them. */
AMT__INLINE int amt__json_token(amt_json *t, unsigned char *p, size_t n,
                                size_t *used, amt_json_token *token)
{
  if (n > 0) {
    unsigned c = p[0];
    if (c == '"') return amt__json_quoted(t, p, n, used, token, 0);
    if (c == '{') return amt__json_open(t, p, n, used, token, 0, 1);
    if (c == '}') return amt__json_close(t, p, n, used, token, 0, 1);
    if (c - '1' < 9u) return amt__json_digits(t, p, n, used, token, 0);
  }
  return amt__json_after_separator(t, p, n, used, token);
}

#ifndef AMT_NO_HTTP /* only the pump asks for it */
/* As amt__text_hash, for four bytes at a time; *text moves past them. */
AMT__INLINE uint32_t amt__hash_words(const char **text, uint32_t hash)
{
  size_t   n = strlen(*text);
  uint32_t w;
  for (; n >= sizeof w; n -= sizeof w, *text += sizeof w) {
    memcpy(&w, *text, sizeof w);
    hash = (hash ^ w) * 16777619u;
    hash ^= hash >> 15;
  }
  return hash;
}
#endif
#endif /* AMT__WIDE_JSON */

/* SPDX-License-Identifier: MIT OR Unlicense */
