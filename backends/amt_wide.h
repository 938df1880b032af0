/* amt_wide.h - the scanners that look at many bytes at once, from a machine
   word to SSE2 and NEON. Not for programs: amt_http.h and amt.h include it,
   each its part, where AMT_WIDE is not 0.

   Contents: search for the tag
     >>wide-http    amt_http.h's part: a head's lines, a chunk's head
     >>wide-json    amt.h's part: text, escapes, whole tokens

   Nothing here refuses anything. A scanner goes over what is plain and whole in
   the bytes at hand and leaves all else to the byte step behind it:
   amt__http_step, amt__json_step. What a word or a line means, and whether it
   is an error, is told by the functions that the step calls, too. Without this
   file everything works, a byte at a time.

   AMT_WIDE is the number of bits that amt.h's part looks at: 32 or 64 for a
   machine word, 128 for SSE2 or NEON. amt_http.h's part always takes a size_t.
   Price: 3.5 kB on a Cortex-M4 with 32, gcc 12 -Os.

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

#ifndef AMT_HTTP_IMPLEMENTED
#error "include amt_http.h or amt.h instead: they include amt_wide.h"
#endif

/* Little-endian, and a compiler with GNU's builtins. */
#if (defined(__GNUC__) || defined(__clang__)) && defined(__BYTE_ORDER__) && \
  __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define AMT__LITTLE 1
#else
#define AMT__LITTLE 0
#endif

#ifndef AMT__WIDE_JSON
/* ------------------------------------------------------------------------
   >>wide-http */

AMT__INLINE int amt__http_crlf(const unsigned char *p, size_t i, size_t n)
{
  return n - i >= 2 && memcmp(p + i, "\r\n", 2) == 0;
}

/* Over the whole head of the next chunk, if it lies there without extensions,
   and the line's end before it: what a long body is full of. */
AMT__INLINE size_t amt__http_chunk(amt_http_reply *r, const unsigned char *p,
                                   size_t n)
{
  uint64_t size = 0;
  size_t   k = 0, digits;
  if (r->state == AMT__P_CHUNK) {
    if (!amt__http_crlf(p, 0, n)) return 0;
    k = 2;
  }
  for (digits = k; k < n && k - digits < 8; k++) {
    unsigned digit = amt__digit(p[k]);
    if (digit > 15u) break;
    size = (size << 4) | digit;
  }
  if (size == 0 || !amt__http_crlf(p, k, n)) return 0;
  r->left = size;
  r->line = 0;
  r->state = AMT__P_BODY;
  return k + 2;
}

/* A word with c in each of its bytes. */
#define AMT__EACH_OF(c) ((size_t)-1 / 255u * (c))

/* How many bytes lie in front of the first whose top bit is set. 0 where the
   order of bytes is not known to be little-endian, or there is no builtin for
   it: the caller then looks at them one by one. */
static unsigned amt__before(size_t marks)
{
#if AMT__LITTLE
  return (unsigned)__builtin_ctzll(marks) / 8u;
#else
  (void)marks;
  return 0;
#endif
}

/* From i on over text. The top bit is set in w for each byte that is below 32,
   127, or above. A subtraction borrows from the next byte only where this one
   is such a byte, so the first that is marked is right. */
static size_t amt__http_skip(const unsigned char *p, size_t i, size_t n)
{
  while (n - i >= sizeof n) {
    size_t w;
    memcpy(&w, p + i, sizeof w);
    w = (w | (w - AMT__EACH_OF(32u)) |
         ((w ^ AMT__EACH_OF(127u)) - AMT__EACH_OF(1u))) & AMT__EACH_OF(128u);
    i += w == 0 ? sizeof w : amt__before(w);
    if (w != 0) break;
  }
  while (i < n && p[i] >= 32u && p[i] != 127u) i++;
  return i;
}

/* "HTTP/1.1 200", if that is what lies there. */
static size_t amt__http_status(amt_http_reply *r, const unsigned char *p,
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

/* From i on over letters and '-'. */
static size_t amt__http_letters(const unsigned char *p, size_t i, size_t n)
{
  while (n - i >= sizeof n) {
    size_t w, lower, fits;
    memcpy(&w, p + i, sizeof w);
    /* Without its top bit no byte carries into the next. */
    lower = (w | AMT__EACH_OF(32u)) & AMT__EACH_OF(127u);
    fits = (lower + AMT__EACH_OF(128u - 'a')) &
           ~(lower + AMT__EACH_OF(127u - 'z'));
    fits |= ~(((w & AMT__EACH_OF(127u)) ^ AMT__EACH_OF('-')) +
              AMT__EACH_OF(127u));
    w = (w | ~fits) & AMT__EACH_OF(128u);
    i += w == 0 ? sizeof w : amt__before(w);
    if (w != 0) break;
  }
  while (i < n && ((p[i] | 32u) - 'a' < 26u || p[i] == '-')) i++;
  return i;
}

/* Are these n letters and '-', four or more, this word, but for case? */
static int amt__http_same(const unsigned char *p, const char *word, size_t n)
{
  uint32_t a, b;
  size_t   i = 0;
  for (;;) {
    memcpy(&a, p + i, sizeof a);
    memcpy(&b, word + i, sizeof b);
    if ((a | 0x20202020u) != b) return 0;
    if (i + sizeof a == n) return 1;
    i += sizeof a;
    if (i + sizeof a > n) i = n - sizeof a;
  }
}

/* The place of these n letters and '-' in amt__http_words. */
static unsigned amt__http_known(const unsigned char *p, size_t n)
{
  static const struct { unsigned char n, stands; char word[18]; } known[] = {
    { 10, AMT__H_CONNECTION, "connection" },
    { 10, AMT__H_KEEP_ALIVE, "keep-alive" },
    { 14, AMT__H_LENGTH, "content-length" },
    { 7, AMT__H_CHUNKED, "chunked" },
    { 17, AMT__H_TRANSFER, "transfer-encoding" },
    { 5, AMT__H_CLOSE, "close" },
    { 8, AMT__H_IDENTITY, "identity" },
    { 16, AMT__H_ENCODING, "content-encoding" },
    { 8, AMT__H_LOCATION, "location" },
    { 11, AMT__H_RETRY_AFTER, "retry-after" },
    { 16, AMT__H_CHALLENGE, "www-authenticate" }
  };
  static const uint32_t lengths = 1ul << 5 | 1ul << 7 | 1ul << 8 | 1ul << 10 |
                                  1ul << 11 | 1ul << 14 | 1ul << 16 | 1ul << 17;
  const char *at;
  size_t      k;
  if (n > 17u || !(lengths >> n & 1u)) return AMT__H_NONE;
  for (k = 0; k < sizeof known / sizeof known[0]; k++)
    if (known[k].n == n && amt__http_same(p, known[k].word, n)) {
      at = (const char *)memchr(amt__http_words, known[k].stands, AMT__H_NONE);
      return (unsigned)(at - amt__http_words);
    }
  return AMT__H_NONE;
}

/* From i on over letters and '-' of a word. */
static size_t amt__http_word(amt_http_reply *r, const unsigned char *p,
                             size_t i, size_t n)
{
  size_t   len = r->len, end = amt__http_letters(p, i, n);
  unsigned place = r->word;
  if (len == 0 && end < n && (p[end] == ':' || p[end] == '\r')) {
    place = amt__http_known(p + i, end - i); /* it is whole */
    len = end - i;
  } else {
    for (; i < end; i++, len++)
      place = amt__http_follow(place, (unsigned)len, p[i] | 32u);
  }
  r->len = len > 255u ? 255u : (uint8_t)len;
  r->word = (uint8_t)place;
  return end;
}

/* From i on over a value, as far as it is of the usual kind: text, one word of
   a list, or digits. */
static size_t amt__http_value(amt_http_reply *r, const unsigned char *p,
                              size_t i, size_t n)
{
  size_t from = i;
  if (r->state == AMT__P_TEXT) return amt__http_skip(p, i, n);
  if (r->state < AMT__P_CONNECTION || r->state >= AMT__P_MINOR) return i;
  if (r->len == 0 && i < n && p[i] == ' ') i++;
  if (r->state < AMT__P_LENGTH) return amt__http_word(r, p, i, n);
  if ((r->len | r->word) == 0) {
    from = i;
    for (; i < n && i - from < 9u && p[i] - (unsigned)'0' < 10u; i++)
      r->number = r->number * 10u + (p[i] - (unsigned)'0');
    r->len = (uint8_t)(i - from);
  }
  return i;
}

/* How many of a value's bytes, in front of n, may be given with the one before
   i: text, and no cap is passed. */
static size_t amt__http_more(amt_http_reply *r, const unsigned char *p,
                             size_t i, size_t n)
{
  size_t more, most = AMT__LINE_MAX - r->line;
  if (most > AMT__HEAD_MAX - r->head) most = AMT__HEAD_MAX - r->head;
  if (n - i > most) n = i + most;
  more = amt__http_skip(p, i, n) - i;
  r->line = (uint16_t)(r->line + more);
  r->head += (uint32_t)more;
  return more;
}

/* From *at on over a head, as long as each line is of the usual kind and lies
   whole in the n bytes. Words end by amt__http_ended, as they do in the step.
   An error of amt__http_ended or amt__http_line, else 0; what is left is the
   step's. */
static int amt__http_lines(amt_http_reply *r, const unsigned char *p,
                           size_t *at, size_t n)
{
  size_t i = *at, from = i, line = i, most = AMT__LINE_MAX - r->line;
  int    e = 0;
  if (most > AMT__HEAD_MAX - r->head) most = AMT__HEAD_MAX - r->head;
  if (n - i > most) n = i + most; /* no cap is passed here */
  while (i < n && r->state < AMT__P_SIZE) {
    size_t was = i;
    if (r->state == AMT__P_VERSION) {
      i = amt__http_status(r, p, i, n);
      if (i == was) break;
    } else if (r->state == AMT__P_NAME) {
      i = amt__http_word(r, p, i, n);
      if (i < n && p[i] == ':') {
        i++;
        e = amt__http_ended(r, ':');
        if (e != 0) break;
      }
    }
    if (r->state >= AMT__P_TEXT) i = amt__http_value(r, p, i, n);
    if (amt__http_crlf(p, i, n)) {
      e = amt__http_ended(r, '\r');
      i += e == 0 ? 2 : 1;
      r->head += (uint32_t)(i - from);
      if (e == 0) e = amt__http_line(r);
      line = from = i;
      if (e != 0) break;
    } else if (i == was) {
      break;
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

/* amt__special looks at as many bytes from p on as an amt__wide has: 0 if all
   of them are plain text. amt__first: how many are, in front of the first that
   is not; fewer where it is not AMT__EXACT. Plain is ASCII but for controls,
   '"' and '\\'. An XOR with 2 leaves the controls what they are and takes '"'
   to 0x20, next to them. */
#if AMT_WIDE == 128 || AMT__LITTLE
#define AMT__EXACT 1
#else
#define AMT__EXACT 0
#endif
#if AMT_WIDE == 128 && defined(__SSE2__)
#include <emmintrin.h>
typedef __m128i  amt__wide;
typedef unsigned amt__bits;
AMT__INLINE amt__bits amt__special(const unsigned char *p)
{
  __m128i w = _mm_loadu_si128((const __m128i *)(const void *)p);
  w = _mm_xor_si128(w, _mm_set1_epi8(2));
  return (unsigned)_mm_movemask_epi8( /* what is negative: >= 0x80, too */
    _mm_or_si128(_mm_subs_epi8(w, _mm_set1_epi8(0x21)),
                 _mm_cmpeq_epi8(w, _mm_set1_epi8('\\' ^ 2))));
}
AMT__INLINE unsigned amt__first(amt__bits special)
{
  return (unsigned)__builtin_ctz(special);
}
#elif AMT_WIDE == 128
#include <arm_neon.h>
typedef uint8x16_t amt__wide;
typedef uint64_t   amt__bits; /* four for each byte */
AMT__INLINE amt__bits amt__special(const unsigned char *p)
{
  uint8x16_t w = veorq_u8(vld1q_u8(p), vdupq_n_u8(2));
  uint8x16_t special = vorrq_u8(
    vcltq_s8(vreinterpretq_s8_u8(w), vdupq_n_s8(0x21)), /* >= 0x80, too */
    vceqq_u8(w, vdupq_n_u8('\\' ^ 2)));
  return vget_lane_u64(vreinterpret_u64_u8(
    vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
}
AMT__INLINE unsigned amt__first(amt__bits special)
{
  return (unsigned)__builtin_ctzll(special) / 4u;
}
#elif AMT_WIDE > 0
#if AMT_WIDE == 32
typedef uint32_t amt__wide;
#else
typedef uint64_t amt__wide;
#endif
typedef amt__wide amt__bits; /* the highest of each byte */
#define AMT__EACH(c) ((amt__wide)-1 / 255u * (amt__wide)(c))
/* A borrow that goes on into the next byte comes from one that is special. */
AMT__INLINE amt__bits amt__special(const unsigned char *p)
{
  amt__wide w;
  memcpy(&w, p, sizeof w);
  return (w | ((w ^ AMT__EACH(2)) - AMT__EACH(0x21)) |
          ((w ^ AMT__EACH('\\')) - AMT__EACH(1))) & AMT__EACH(0x80);
}
AMT__INLINE unsigned amt__first(amt__bits special)
{
#if AMT__EXACT
  return (unsigned)(AMT_WIDE == 32 ? __builtin_ctz((unsigned)special)
                                   : __builtin_ctzll(special)) / 8u;
#else
  return (void)special, 0;
#endif
}
#endif

/* From p[*at] on over plain text, as long as there are whole words. 1 if *at is
   where it ends; if 0, it may go on. */
AMT__INLINE int amt__json_words(const unsigned char *p, size_t *at, size_t n)
{
  size_t    i = *at;
  amt__bits special;
  if (n < i + sizeof(amt__wide)) return 0;
  special = amt__special(p + i); /* for most strings the only one */
  if (special == 0) {
    size_t last = n - sizeof(amt__wide);
    while ((i += sizeof(amt__wide)) <= last) {
      special = amt__special(p + i);
      if (special != 0) break;
    }
  }
  if (special != 0) i += amt__first(special);
  *at = i;
  return AMT__EXACT && special != 0;
}

/* The same to its very end. The byte there; 0 if that is the end of p too, as
   for a NUL, which is not plain. */
AMT__INLINE unsigned amt__json_scan(const unsigned char *p, size_t *at,
                                    size_t n)
{
  size_t i;
  if (amt__json_words(p, at, n)) return p[*at];
  i = *at;
  while (i < n && (p[i] ^ 2u) - 0x21u < 0x5Fu && p[i] != '\\') i++;
  *at = i;
  return i < n ? p[i] : 0;
}

/* Four hexadecimal digits; if they are not, more than any character is. */
static uint32_t amt__json_unit(const unsigned char *p)
{
  uint32_t point = 0;
  unsigned k, digit;
  for (k = 0; k < 4; k++) {
    digit = amt__digit(p[k]);
    if (digit > 15u) return 0x110000u;
    point = (point << 4) | digit;
  }
  return point;
}

/* The escape p[i], if it lies whole in front of n, to p[*to]; two of them for a
   surrogate pair. Its length; 0 if it does not, or is wrong: the step will say
   how. */
AMT__INLINE unsigned amt__json_unescaped(unsigned char *p, size_t i, size_t n,
                                         size_t *to)
{
  unsigned length = 6, c;
  uint32_t point;
  if (n - i < 2) return 0;
  c = amt__json_unescape(p[i + 1]);
  if (c != 0) {
    p[(*to)++] = (unsigned char)c;
    return 2;
  }
  if (p[i + 1] != 'u' || n - i < 6) return 0;
  point = amt__json_unit(p + i + 2);
  if (point - 0xD800u < 0x400u && n - i >= 12 && p[i + 6] == '\\' &&
      p[i + 7] == 'u') {
    uint32_t low = amt__json_unit(p + i + 8) - 0xDC00u;
    if (low < 0x400u) point = 0x10000u + ((point - 0xD800u) << 10) + low;
    length = 12;
  }
  if (point - 0xD800u < 0x800u || point > 0x10FFFFu) return 0;
  *to += amt__json_encode(p + *to, point); /* shorter than the escape */
  return length;
}

/* The length of the character at p, of two bytes or more, if it lies whole in
   the n bytes there; else, or if it is none, 0. What the second byte may be
   depends on the first (RFC 3629, 4). */
static unsigned amt__json_character(const unsigned char *p, size_t n)
{
  unsigned k, c = p[0], length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (n < length || c - 0xC2u > 0xF4u - 0xC2u || !amt__json_follows(c, p[1]))
    return 0;
  for (k = 2; k < length; k++)
    if ((p[k] & 0xC0u) != 0x80u) return 0;
  return length;
}

/* From i on over the text of a string, as far as it is whole and right, to
   p[*to]; nothing moves before the first escape. */
AMT__INLINE size_t amt__json_text(unsigned char *p, size_t i, size_t n,
                                  size_t *to)
{
  size_t   from, at = *to;
  unsigned c = i < n ? p[i] : 0, length;
  for (;;) {
    if (c == '\\') {
      length = amt__json_unescaped(p, i, n, &at);
      if (length == 0) break;
      i += length;
      c = i < n ? p[i] : 0;
      continue;
    }
    from = i;
    while ((c = amt__json_scan(p, &i, n)) >= 0x80) {
      length = amt__json_character(p + i, n - i);
      if (length == 0) break; /* the step's */
      i += length;
    }
    if (at != from) memmove(p + at, p + from, i - from);
    at += i - from;
    if (c != '\\') break;
  }
  *to = at;
  return i;
}

/* --- what is sent, a word at a time; a loop of bytes does what is left --- */

#define AMT__EVERY(c) ((size_t)-1 / 255u * (c))

/* The top bit is set for each byte of w that is below c, which is 128 at most;
   and maybe for one above such a byte. */
#define AMT__BELOW(w, c) (((w) - AMT__EVERY(c)) & ~(w) & AMT__EVERY(128u))

/* Over what is no control. */
AMT__INLINE size_t amt__text_words(const char *text, size_t i, size_t n)
{
  size_t w;
  for (; n - i >= sizeof w; i += sizeof w) {
    memcpy(&w, text + i, sizeof w);
    if (AMT__BELOW(w, 32u) != 0) break;
  }
  return i;
}

/* Over what needs no escape. */
AMT__INLINE size_t amt__plain_words(const char *text, size_t n)
{
  const unsigned char *p = (const unsigned char *)text;
  size_t               i = 0, w;
  while (n - i >= 4 * sizeof w) {
    amt__json_words(p, &i, n);
    if (i == n || p[i] < 0x80u) break;
    i++;
  }
  for (; n - i >= sizeof w; i += sizeof w) {
    memcpy(&w, text + i, sizeof w);
    if ((AMT__BELOW(w, 32u) | AMT__BELOW(w ^ AMT__EVERY('"'), 1u) |
         AMT__BELOW(w ^ AMT__EVERY('\\'), 1u)) != 0) break;
  }
  return i;
}

/* Over ASCII. */
AMT__INLINE size_t amt__ascii_words(const char *text, size_t n)
{
  size_t i, w;
  for (i = 0; n - i >= sizeof w; i += sizeof w) {
    memcpy(&w, text + i, sizeof w);
    if ((w & AMT__EVERY(128u)) != 0) break;
  }
  return i;
}

/* --- the common way to a token, without the step ---

   It knows tokens that lie whole in the bytes at hand; for all others, and
   errors, it calls amt__json_slow_token. It passes the ':' and the ',' behind a
   token along with it, so that most calls find the next one at once. Whatever
   it calls, it calls last, with the parameters of amt_json_next in their order:
   then no register has to be saved. */

AMT__APART int amt__json_rest(amt_json *t, unsigned char *p, size_t n,
                              size_t *used, amt_json_token *token, size_t i)
{
  return amt__json_slow_token(t, p, n, used, token, i, i, i);
}

/* The bytes in front of i are used. */
AMT__INLINE void amt__json_used(amt_json *t, size_t *used, size_t i)
{
  *used = i;
  t->offset += i;
}

/* A value has ended in front of i, a member's or another one; a comma there is
   passed as well. */
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

/* A string that stood where s says has ended in front of i; for a key, a colon
   there is passed. */
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

/* The string token->text, plain as far as p[i]; what is there is not, or there
   is no whole word left. */
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

/* The string that p[i], a quote, begins. */
AMT__INLINE int amt__json_quoted(amt_json *t, unsigned char *p, size_t n,
                                 size_t *used, amt_json_token *token, size_t i)
{
  unsigned s = t->state;
  size_t   from = i + 1;
  if (s >= AMT__J_COLON) return amt__json_rest(t, p, n, used, token, i);
  t->start = t->offset + i++;
  token->text = (char *)p + from;
  token->first = token->last = 1;
  if (!amt__json_words(p, &i, n) || p[i] != '"')
    return amt__json_escaped(t, p, n, used, token, i);
  token->len = i - from;
  return amt__json_ended(t, p, n, used, i + 1, s);
}

/* A number that is nothing but digits and begins with p[i], not 0. */
AMT__INLINE int amt__json_digits(amt_json *t, unsigned char *p, size_t n,
                                 size_t *used, amt_json_token *token, size_t i)
{
  size_t from = i++;
  while (i < n && p[i] - (unsigned)'0' < 10u) i++;
  if (t->state >= AMT__J_KEY || i >= n || p[i] == '.' || (p[i] | 32u) == 'e')
    return amt__json_rest(t, p, n, used, token, from);
  t->start = t->offset + from;
  token->text = (char *)p + from;
  token->first = token->last = 1;
  token->len = i - from;
  amt__json_passed(t, p, n, used, i, t->state == AMT__J_MEMBER);
  return AMT_JSON_NUMBER;
}

/* A brace or a bracket, p[i]. */
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

/* One that ends what has something in it. */
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

/* Any token, behind white space, a colon or a comma, if there are any. */
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
#endif /* AMT__WIDE_JSON */
