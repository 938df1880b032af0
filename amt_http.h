/* amt_http.h - a minimal HTTP/1.1 client over streams that you supply.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #include "amt_http.h"
   in all others just the include. No heap, no writable globals; nothing in
   here blocks, but for the waits that are named so.

   Contents: search for the tag
     >>http-manual    what it does, what it refuses, one whole program
     >>http-options   the macros, where to define them and what they cost
     >>http-api       everything public
     >>http-impl      from here on only with AMT_IMPLEMENTATION
     >>http-text      errors in words
     >>http-bytes     the writer that produces any part of a text again
     >>http-url       http://host:port/path
     >>http-request   the head of a request
     >>http-reply     the parser: reply bytes in, body bytes out
     >>http-conn      one connection: open, send, receive, keep alive
     >>http-address   numeric addresses
     >>http-posix     the sockets of POSIX systems as a stream

   Licence: MIT or Unlicense, at your choice; the text is at the end. */

/* ------------------------------------------------------------------------
   >>http-manual

   This header frames requests and parses replies. It knows nothing of AMT
   and can be used alone; amt.h includes it. Data flows one way:

     caller  <- body pieces -  amt_http_conn  <- bytes -  amt_stream
             -  request     ->                -  bytes ->

   Conventions, once for all of it:
   - The caller owns all memory. Structs start zeroed; 0 means the default
     that is named beside the field.
   - Functions return a positive event, AMT_AGAIN (0: nothing yet, call
     again), or a negative AMT_E_ error. An error closes the connection.
   - Time is a uint32_t of milliseconds that may wrap. It is an argument.
   - Texts are NUL-terminated where a length is not beside them.
   - A request is never stored: it is produced again from the byte where it
     stopped (struct amt_out), so a short write costs no memory. What it is
     made of must not change until it has been sent.

   A whole program (examples/http_get.c is this one, with its errors told):

     static amt_posix sock;  static amt_http_conn conn;  static amt_url url;
     char buf[1024];  amt_out o;  int e;

     amt_posix_init(&sock);
     conn.stream = &sock.stream;
     if (amt_url_parse(&url, "http://127.0.0.1:8080/") != 0) return 1;
     amt_http_begin(&conn, amt_posix_now(), 0);
     do {
       e = amt_http_poll(&conn, &url, buf, sizeof buf, amt_posix_now());
       if (e == AMT_HTTP_SEND) {
         o = amt_out_window(buf, sizeof buf, conn.sent);
         amt_http_put_line(&o, "GET", &url, url.path, url.path_len);
         amt_http_put_end(&o, AMT_HTTP_NO_BODY);
         e = amt_http_send(&conn, &o, amt_posix_now());
       } else if (e == AMT_HTTP_BODY) {
         fwrite(conn.data, 1, conn.len, stdout);
       }
       if (e == AMT_AGAIN) amt_http_wait(&conn, 1000);
     } while (e >= 0 && e != AMT_HTTP_END);

   In: Content-Length, chunked (extensions and trailers skipped, bounded),
   bodies that end with the connection, 1xx skipped (ten at most), keep-alive
   with an idle limit, IPv6 literals, a reply that comes while the request is
   still going out (sending stops and the connection closes after it).

   Refused, each with an error of its own: Content-Length with
   Transfer-Encoding, two lengths that differ, unknown codings, obs-fold,
   bare CR or LF, NUL and other controls, a blank before the colon, a header
   line over 8,192 bytes, a head over 65,536 bytes or 100 lines, bytes that
   arrive before the first byte of a request.

   Not there at all: redirects (reported, never followed), cookies,
   compression, HTTP/2, caching, proxies.

   ------------------------------------------------------------------------
   >>http-options   define them before the include, in the file that has
                    AMT_IMPLEMENTATION, unless it says "everywhere"

   AMT_STATIC       everywhere it is included: all functions are static
   AMTDEF           everywhere: what stands before each public function
   AMT_NO_TEXT      leaves out amt_http_error's words (1.6 kB)
   AMT_POSIX        everywhere the POSIX socket stream is used: adds it. With
                    -std=c99 (no gnu) this header comes first, or
                    _POSIX_C_SOURCE=200112L is defined before others

   No option changes the layout of a struct. */

#ifndef AMT_HTTP_H
#define AMT_HTTP_H

#if defined(AMT_POSIX) && defined(__STRICT_ANSI__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L /* works if this is the first include */
#endif
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Shared by amt.h and amt_http.h, word for word, since each can stand alone. */
#ifndef AMT_SHARED
#define AMT_SHARED
#ifndef AMTDEF
#ifdef AMT_STATIC
#if defined(__GNUC__)
#define AMTDEF static __attribute__((unused))
#else
#define AMTDEF static
#endif
#elif defined(__cplusplus)
#define AMTDEF extern "C"
#else
#define AMTDEF extern
#endif
#endif

/* The bytes [from, from + cap) of a text that is produced from its start each
   time. Whoever produces it calls amt_put for all of it; what lies outside
   the window is only counted. With cap 0 it just counts. */
typedef struct amt_out {
  char  *buf;   /* the window's bytes; the caller's */
  size_t cap;   /* its room */
  size_t from;  /* where in the text the window begins */
  size_t len;   /* bytes in the window so far */
  size_t total; /* bytes produced so far; in the end, the text's length */
} amt_out;

AMTDEF amt_out amt_out_window(char *buf, size_t cap, size_t from);
AMTDEF void    amt_put(amt_out *o, const void *p, size_t n);
AMTDEF void    amt_put_text(amt_out *o, const char *text);
AMTDEF void    amt_put_number(amt_out *o, uint64_t n); /* in decimal */
#endif /* AMT_SHARED */

/* ------------------------------------------------------------------------
   >>http-api */

/* Events of amt_http_poll and amt_http_reply_next, and "not yet". */
enum {
  AMT_AGAIN     = 0, /* nothing yet: wait, or do other work, and call again */
  AMT_HTTP_SEND = 1, /* produce the request from conn->sent: amt_http_send  */
  AMT_HTTP_HEAD = 2, /* the final status is known: conn->reply.status       */
  AMT_HTTP_BODY = 3, /* conn->data, conn->len: lent until the next call     */
  AMT_HTTP_END  = 4, /* the reply is complete                               */
  AMT_HTTP_EARLY = 5 /* it has come before the request was sent: poll now   */
};

/* Errors; amt_http_error has each one's cause and cure. Those from -100 on
   will not go away by trying again. */
enum {
  AMT_E_EOF           = -1,
  AMT_E_RESET         = -2,
  AMT_E_TIMEOUT       = -3,
  AMT_E_DNS           = -4,
  AMT_E_CONNECT       = -5,
  AMT_E_TRUNCATED     = -6,
  AMT_E_HTTP_STATUS   = -10,
  AMT_E_HTTP_HEADER   = -11,
  AMT_E_HTTP_SIZE     = -12,
  AMT_E_HTTP_LENGTH   = -13,
  AMT_E_HTTP_FRAMING  = -14,
  AMT_E_HTTP_CODING   = -15,
  AMT_E_HTTP_ENCODING = -16,
  AMT_E_HTTP_CHUNK    = -17,
  AMT_E_HTTP_INTERIM  = -18,
  AMT_E_HTTP_UNASKED  = -19,
  AMT_E_URL_SCHEME    = -100,
  AMT_E_URL_HOST      = -101,
  AMT_E_URL_PORT      = -102,
  AMT_E_URL_PATH      = -103,
  AMT_E_NO_TLS        = -104,
  AMT_E_NO_ROOM       = -105
};

/* What an error above means and what to do; "" for other numbers, and for all
   with AMT_NO_TEXT. The text is constant. */
AMTDEF const char *amt_http_error(int error);

/* --- URLs --------------------------------------------------------------- */

/* Pieces of the text it was parsed from, which must outlive it. */
typedef struct amt_url {
  const char *host;     /* without the brackets of an IPv6 literal */
  const char *path;     /* "" or "/...", with its query */
  size_t      host_len;
  size_t      path_len;
  uint16_t    port;     /* given, or 80, or 443 */
  uint8_t     tls;      /* https */
  uint8_t     ip6;      /* the host stood in brackets */
} amt_url;

/* 0, or AMT_E_URL_. No user names in URLs, no fragment, ASCII only: blanks,
   controls and anything else that could break a request line is refused. */
AMTDEF int amt_url_parse(amt_url *u, const char *text);

/* --- requests ----------------------------------------------------------- */

#define AMT_HTTP_NO_BODY ((size_t)-1)

/* 1 if `text` may stand in a header value or, with `name` set, be a method or
   a header's name; 0 if it holds CR, LF, NUL or anything else that may not.
   Check what comes from outside before it is produced. */
AMTDEF int amt_http_valid(const char *text, int name);

/* "METHOD path HTTP/1.1" and Host. The path is what you pass, "/" if that is
   empty; the url gives the host only. */
AMTDEF void amt_http_put_line(amt_out *o, const char *method, const amt_url *u,
                              const char *path, size_t path_len);
AMTDEF void amt_http_put_host(amt_out *o, const amt_url *u);
AMTDEF void amt_http_put_header(amt_out *o, const char *name,
                                const char *value);
/* Content-Length, unless AMT_HTTP_NO_BODY, and the empty line. */
AMTDEF void amt_http_put_end(amt_out *o, size_t content_length);

/* --- replies ------------------------------------------------------------ */

/* The parser's state. No pointers: it may be copied, stored, or corrupted
   without harm beyond a wrong result. */
typedef struct amt_http_reply {
  uint64_t left;        /* bytes still to come of this body or chunk */
  uint64_t number;      /* Content-Length while its digits arrive, then whole */
  uint32_t head;        /* bytes in the head; then, in what is round chunks */
  uint32_t retry_after; /* seconds; 0 if not sent, or sent as a date */
  uint16_t status;      /* 100 to 999, once known */
  uint16_t line;        /* bytes in this line */
  uint8_t  lines;       /* header lines */
  uint8_t  interim;     /* 1xx replies skipped */
  uint8_t  state;
  uint8_t  field;       /* the header whose value this is */
  uint8_t  word;        /* the candidate in amt__http_words */
  uint8_t  at;          /* how much of it has matched */
  uint8_t  flags;
} amt_http_reply;

AMTDEF void amt_http_reply_init(amt_http_reply *r);

/* Takes reply bytes, as they come. Returns an event, or AMT_AGAIN when all n
   are used, or an error. *used: bytes taken. *body: how many of them, the last
   ones, are body (AMT_HTTP_BODY only). After AMT_HTTP_END what is left does
   not belong to this reply. */
AMTDEF int amt_http_reply_next(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body);

/* The stream has ended: AMT_HTTP_END if that is how this body ends, otherwise
   AMT_E_TRUNCATED, or AMT_E_EOF if not one byte had come. Replies to HEAD are
   not for this parser: it would wait for their body. */
AMTDEF int amt_http_reply_eof(const amt_http_reply *r);

/* 1 once a complete reply allows the connection to be used again. */
AMTDEF int amt_http_reply_keeps(const amt_http_reply *r);

/* --- streams ------------------------------------------------------------ */

/* Any byte stream: a struct of yours whose first member is an amt_stream.
   Nothing in it blocks, but for wait. TLS streams and traces wrap others. */
typedef struct amt_stream amt_stream;

enum {
  AMT_WANT_NOTHING = 0, /* idle; but wake up if anything arrives */
  AMT_WANT_READ    = 1,
  AMT_WANT_WRITE   = 2,
  AMT_INTERRUPTED  = -1 /* a wait's result: a signal came */
};

typedef struct amt_stream_ops {
  /* Called until it says something else than AMT_AGAIN: 1 when open, or an
     error. left_ms: how long it may still take. The host is not terminated. */
  int (*open)(amt_stream *s, const char *host, size_t host_len, uint16_t port,
              uint32_t left_ms);
  /* Bytes (> 0), AMT_AGAIN, AMT_E_EOF at the stream's proper end, or another
     error. n > 0. */
  ptrdiff_t (*read)(amt_stream *s, void *p, size_t n);
  /* Bytes taken (> 0), AMT_AGAIN (then the same bytes are offered again, maybe
     after a read: the server may have answered early), or an error: then
     nothing was taken by this call. */
  ptrdiff_t (*write)(amt_stream *s, const void *p, size_t n);
  /* Gives back what open took; does nothing on a closed stream. */
  void (*close)(amt_stream *s);
  /* Blocks up to ms until the last "not yet" may have an answer: 1 if so (or
     the next read may do the blocking itself), 0 if not, AMT_INTERRUPTED. On a
     closed stream it just sleeps. `want` is what the caller waits for; a TLS
     stream may know better, and answers 1 at once if bytes lie decrypted in
     it. NULL if this stream cannot block. */
  int (*wait)(amt_stream *s, int want, uint32_t ms);
  int tls; /* 1 if this is TLS: https goes over nothing else, http never */
} amt_stream_ops;

struct amt_stream {
  const amt_stream_ops *ops;
};

/* --- connections -------------------------------------------------------- */

/* Milliseconds; 0 means the default. */
typedef struct amt_http_limits {
  uint32_t connect; /* name, connection, TLS: 10 s */
  uint32_t idle;    /* without a byte going or coming: 30 s */
  uint32_t call;    /* one whole call: 600 s */
  uint32_t keep;    /* a connection's age, unused, to be used again: 60 s */
} amt_http_limits;

typedef struct amt_http_conn {
  amt_stream     *stream; /* the caller's, set before first use */
  amt_http_limits limits; /* the caller's */
  unsigned char  *data;   /* AMT_HTTP_BODY: a piece of the body, in the buffer */
  size_t          len;    /* its length */
  size_t          sent;   /* bytes of the request that the stream has taken */
  /* Read only: */
  amt_http_reply  reply;
  uint64_t        body;   /* bytes of the body so far */
  size_t          at;     /* in the buffer: parsed up to here, */
  size_t          have;   /* received up to here */
  uint32_t        t_call; /* when this call began */
  uint32_t        t_io;   /* when the last byte moved */
  uint8_t         state;  /* AMT_CONN_ */
  uint8_t         reused; /* this call is not its connection's first */
  uint8_t         early;  /* the reply came before the request had gone out */
  uint8_t         quiet;  /* idle, and a wait has just seen no byte arrive;
                             who polls sockets himself may set it */
} amt_http_conn;

enum { AMT_CONN_CLOSED, AMT_CONN_OPENING, AMT_CONN_SENDING,
       AMT_CONN_RECEIVING, AMT_CONN_IDLE };

/* Begins a call. Close the connection first if it is to another server than
   the last. A kept connection is used again only if its last reply ended
   at most max_idle ms ago (0: limits.keep) and nothing has arrived since, not
   even its end: a look at the stream, unless `quiet` has said so already. */
AMTDEF void amt_http_begin(amt_http_conn *c, uint32_t now, uint32_t max_idle);

/* Goes on with the call. Receives at most once until it has answered AMT_AGAIN:
   so when it has, nothing unread lies in buf. */
AMTDEF int amt_http_poll(amt_http_conn *c, const amt_url *u, void *buf,
                         size_t size, uint32_t now);

/* Offers the window o, produced from conn->sent, to the stream. AMT_HTTP_SEND:
   produce the next piece; AMT_AGAIN: all sent, or not yet; or an error. If the
   stream takes nothing it looks for a reply: AMT_HTTP_EARLY if there is one,
   received into o->buf. */
AMTDEF int amt_http_send(amt_http_conn *c, const amt_out *o, uint32_t now);

/* Closes it. What was under way is lost; after a timeout nothing may come
   after it on the same connection, so every error does this too. */
AMTDEF void amt_http_close(amt_http_conn *c);

/* What the call waits for, AMT_WANT_, for who polls descriptors himself. With
   AMT_WANT_NOTHING there is no need to; an idle connection that turns readable
   has ended, and is best closed. A connection attempt wants to be polled every
   250 ms or so, too: a name may have other addresses. */
AMTDEF int amt_http_want(const amt_http_conn *c);

/* The stream's own wait, for what the call waits for. An idle connection that
   has something to say (its end, mostly) is closed. */
AMTDEF int amt_http_wait(amt_http_conn *c, uint32_t ms);

/* Milliseconds until the nearest limit of the call under way. */
AMTDEF uint32_t amt_http_left(const amt_http_conn *c, uint32_t now);

/* --- addresses ---------------------------------------------------------- */

typedef struct amt_address {
  uint8_t ip[16]; /* in network order */
  uint8_t len;    /* 4 or 16 */
} amt_address;

/* "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1": 1 if it is one. No zones,
   no octal, no missing parts. */
AMTDEF int amt_address_parse(amt_address *a, const char *text, size_t n);

#ifdef AMT_POSIX
/* --- POSIX sockets ------------------------------------------------------ */

#define AMT_ADDRESSES 8 /* of one name, tried in turn */

/* Names to addresses: how many (1 to max), AMT_AGAIN, or AMT_E_DNS. Replace
   it by a table, c-ares, or whatever does not block. */
typedef int (*amt_resolver)(void *ctx, const char *host, amt_address *a,
                            int max);

/* One TCP connection. Set resolve and ctx after amt_posix_init if the default,
   getaddrinfo, will not do: that one may block for as long as the system's
   resolver is set to wait, and uses libc's heap. Its time counts against the
   connect limit. Numeric addresses never go through it. */
typedef struct amt_posix {
  amt_stream   stream;
  amt_resolver resolve;
  void        *ctx;
  int          fd;        /* -1 when closed; yours to poll, not to close */
  int          sys_error; /* errno of the last failure */
  uint32_t     left;      /* of the connect limit, when this address began */
  uint32_t     patience;  /* SO_RCVTIMEO as last set, in ms */
  uint8_t      block;     /* the next read may block */
  uint8_t      signal;    /* the last one was interrupted */
  uint8_t      count, index;
  amt_address  address[AMT_ADDRESSES];
} amt_posix;

AMTDEF void     amt_posix_init(amt_posix *s);
AMTDEF int      amt_posix_resolve(void *ctx, const char *host, amt_address *a,
                                  int max);
AMTDEF uint32_t amt_posix_now(void); /* milliseconds, monotonic */
#endif /* AMT_POSIX */

#endif /* AMT_HTTP_H */

/* ========================================================================
   >>http-impl */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_HTTP_IMPLEMENTED)
#define AMT_HTTP_IMPLEMENTED

/* ------------------------------------------------------------------------
   >>http-text */

AMTDEF const char *amt_http_error(int error)
{
#ifndef AMT_NO_TEXT
  switch (error) {
  case AMT_E_EOF:
    return "the server closed the connection before it answered; "
           "see whether it runs, and its own log";
  case AMT_E_RESET:
    return "the connection broke; see the network, and whether the server runs";
  case AMT_E_TIMEOUT:
    return "no answer in time; the server or the network is slow or away";
  case AMT_E_DNS:
    return "the server's name is not known; check it, or the name service";
  case AMT_E_CONNECT:
    return "no connection; check host and port, and that the server runs "
           "and no firewall is between";
  case AMT_E_TRUNCATED:
    return "the reply broke off before its end";
  case AMT_E_HTTP_STATUS:
    return "the reply does not begin as an HTTP/1.x reply does; "
           "is this the right port, and http or https as it should be?";
  case AMT_E_HTTP_HEADER:
    return "a malformed header line in the reply";
  case AMT_E_HTTP_SIZE:
    return "the reply's head is too large (8,192 bytes a line, 65,536 in all, "
           "100 lines)";
  case AMT_E_HTTP_LENGTH:
    return "a Content-Length that is no number, too large, or given twice "
           "with different values";
  case AMT_E_HTTP_FRAMING:
    return "Content-Length and Transfer-Encoding in one reply; refused, "
           "since one of them lies";
  case AMT_E_HTTP_CODING:
    return "a Transfer-Encoding other than chunked";
  case AMT_E_HTTP_ENCODING:
    return "a Content-Encoding other than identity; "
           "turn compression off for this service";
  case AMT_E_HTTP_CHUNK:
    return "malformed chunks in the reply";
  case AMT_E_HTTP_INTERIM:
    return "more than ten interim (1xx) replies, or a 101";
  case AMT_E_HTTP_UNASKED:
    return "the server sent bytes before it was asked anything; "
           "is this the right port?";
  case AMT_E_URL_SCHEME:
    return "a URL begins with http:// or https://";
  case AMT_E_URL_HOST:
    return "the URL's host is missing or malformed (no user names in a URL; "
           "IPv6 addresses in brackets)";
  case AMT_E_URL_PORT:
    return "the URL's port is not a number from 1 to 65535";
  case AMT_E_URL_PATH:
    return "the URL's path has a blank, a control character, a '#' or a "
           "non-ASCII character; percent-encode it";
  case AMT_E_NO_TLS:
    return "https needs a TLS stream, and http a plain one; "
           "this build or connection has the other";
  case AMT_E_NO_ROOM:
    return "the buffer is smaller than 64 bytes";
  default: break;
  }
#endif
  (void)error;
  return "";
}

/* ------------------------------------------------------------------------
   >>http-bytes */

#ifndef AMT_SHARED_IMPLEMENTED
#define AMT_SHARED_IMPLEMENTED
AMTDEF amt_out amt_out_window(char *buf, size_t cap, size_t from)
{
  amt_out o;
  o.buf = buf;
  o.cap = cap;
  o.from = from;
  o.len = 0;
  o.total = 0;
  return o;
}

AMTDEF void amt_put(amt_out *o, const void *p, size_t n)
{
  size_t skip = o->total < o->from ? o->from - o->total : 0;
  size_t room = o->cap - o->len;
  o->total += n;
  if (skip >= n || room == 0) return;
  n -= skip;
  if (n > room) n = room;
  memcpy(o->buf + o->len, (const char *)p + skip, n);
  o->len += n;
}

AMTDEF void amt_put_text(amt_out *o, const char *text)
{
  amt_put(o, text, strlen(text));
}

/* Large ones a bit at a time: 64-bit division would drag in a library routine. */
AMTDEF void amt_put_number(amt_out *o, uint64_t n)
{
  char     digit[20];
  unsigned i = sizeof digit;
  do {
    unsigned rest = 0, bit = 0;
    if (n >> 32 == 0) { /* mostly */
      rest = (uint32_t)n % 10u;
      n = (uint32_t)n / 10u;
      bit = 64;
    }
    for (; bit < 64; bit++) {
      rest = (rest << 1) | (unsigned)(n >> 63);
      n <<= 1;
      if (rest >= 10u) {
        rest -= 10u;
        n |= 1u;
      }
    }
    digit[--i] = (char)('0' + rest);
  } while (n != 0);
  amt_put(o, digit + i, sizeof digit - i);
}
#endif /* AMT_SHARED_IMPLEMENTED */

/* ------------------------------------------------------------------------
   >>http-url */

static int amt__url_host_char(char c, int ip6)
{
  if (c >= '0' && c <= '9') return 1;
  if (ip6) return c == ':' || c == '.' || ((c | 32) >= 'a' && (c | 32) <= 'f');
  return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.' ||
         c == '_';
}

AMTDEF int amt_url_parse(amt_url *u, const char *text)
{
  static const char scheme[] = "http://";
  uint32_t port = 0;
  size_t   i;
  memset(u, 0, sizeof *u);
  for (i = 0; i < 7; i++) {
    char c = *text;
    if (i < 4) c = (char)(c | 32); /* the scheme's case does not matter */
    if (i == 4 && (c | 32) == 's') u->tls = 1, c = *++text;
    if (c != scheme[i]) return AMT_E_URL_SCHEME;
    text++;
  }
  for (i = 0; text[i] != 0 && text[i] != '/'; i++)
    if (text[i] == '@') return AMT_E_URL_HOST;
  if (*text == '[') u->ip6 = 1, text++;
  u->host = text;
  while (amt__url_host_char(*text, u->ip6)) text++;
  u->host_len = (size_t)(text - u->host);
  if (u->host_len == 0 || u->host_len > 253) return AMT_E_URL_HOST;
  if (u->ip6) {
    amt_address a;
    if (*text++ != ']') return AMT_E_URL_HOST;
    if (!amt_address_parse(&a, u->host, u->host_len) || a.len != 16)
      return AMT_E_URL_HOST;
  }
  if (*text == ':') {
    const char *digits = ++text;
    while (*text >= '0' && *text <= '9' && port <= 65535u)
      port = port * 10u + (uint32_t)(*text++ - '0');
    if (text == digits || port == 0 || port > 65535u) return AMT_E_URL_PORT;
    if (*text != 0 && *text != '/' && *text != '?') return AMT_E_URL_PORT;
    u->port = (uint16_t)port;
  } else {
    u->port = u->tls ? 443 : 80;
  }
  if (*text != 0 && *text != '/') return AMT_E_URL_HOST;
  u->path = text;
  for (; *text != 0; text++)
    if (*text <= ' ' || *text > '~' || *text == '#') return AMT_E_URL_PATH;
  u->path_len = (size_t)(text - u->path);
  return 0;
}

/* ------------------------------------------------------------------------
   >>http-request */

/* tchar of RFC 9110, 5.6.2, a bit a character. */
static const uint8_t amt__tchar[16] = {
  0x00, 0x00, 0x00, 0x00, 0xFA, 0x6C, 0xFF, 0x03,
  0xFE, 0xFF, 0xFF, 0xC7, 0xFF, 0xFF, 0xFF, 0x57
};

static unsigned amt__is_tchar(unsigned c)
{
  return c < 128u && (amt__tchar[c >> 3] >> (c & 7u) & 1) != 0;
}

AMTDEF int amt_http_valid(const char *text, int name)
{
  if (name && *text == 0) return 0;
  for (; *text != 0; text++) {
    unsigned c = (unsigned char)*text;
    if (name ? !amt__is_tchar(c) : (c < 32u && c != 9u) || c == 127u) return 0;
  }
  return 1;
}

AMTDEF void amt_http_put_line(amt_out *o, const char *method, const amt_url *u,
                              const char *path, size_t path_len)
{
  amt_put_text(o, method);
  amt_put(o, " ", 1);
  if (path_len == 0 || *path != '/') amt_put(o, "/", 1);
  amt_put(o, path, path_len);
  amt_http_put_host(o, u);
}

/* The host as it was given; the port only where it is not the scheme's. */
AMTDEF void amt_http_put_host(amt_out *o, const amt_url *u)
{
  amt_put_text(o, " HTTP/1.1\r\nHost: ");
  if (u->ip6) amt_put(o, "[", 1);
  amt_put(o, u->host, u->host_len);
  if (u->ip6) amt_put(o, "]", 1);
  if (u->port != (u->tls ? 443 : 80)) {
    amt_put(o, ":", 1);
    amt_put_number(o, u->port);
  }
  amt_put(o, "\r\n", 2);
}

AMTDEF void amt_http_put_header(amt_out *o, const char *name,
                                const char *value)
{
  amt_put_text(o, name);
  amt_put(o, ": ", 2);
  amt_put_text(o, value);
  amt_put(o, "\r\n", 2);
}

AMTDEF void amt_http_put_end(amt_out *o, size_t content_length)
{
  if (content_length != AMT_HTTP_NO_BODY) {
    amt_put_text(o, "Content-Length: ");
    amt_put_number(o, content_length);
    amt_put(o, "\r\n", 2);
  }
  amt_put(o, "\r\n", 2);
}

/* ------------------------------------------------------------------------
   >>http-reply

   A byte at a time through amt__http_step, which has no loop over input and
   looks at nothing but the byte and the state. In front of it stand two fast
   paths, for body bytes and for text that is skipped. */

enum {
  AMT__R_VERSION, /* "HTTP/1.x nnn" */
  AMT__R_REASON,  /* skipped: the rest of the status line */
  AMT__R_VALUE,   /* skipped: a value nobody asked for */
  AMT__R_EXT,     /* skipped: a chunk extension */
  AMT__R_LINE,    /* the first byte of a header line */
  AMT__R_NAME,
  AMT__R_NUMBER,  /* digits */
  AMT__R_BLANK,   /* blanks after digits */
  AMT__R_LIST,    /* words between commas */
  AMT__R_LF,      /* the LF of a header line */
  AMT__R_HEAD_LF, /* the LF that ends the head or the trailers */
  AMT__R_SIZE,    /* a chunk size's first digit, */
  AMT__R_DIGITS,  /* and the others */
  AMT__R_SIZE_LF,
  AMT__R_CHUNK_CR,
  AMT__R_CHUNK_LF,
  AMT__R_BODY,    /* left bytes of body, or of a chunk */
  AMT__R_TO_END,  /* body until the stream ends */
  AMT__R_DONE
};

enum {
  AMT__R_LENGTH  = 1,  /* Content-Length seen */
  AMT__R_CHUNKED = 2,
  AMT__R_CLOSE   = 4,
  AMT__R_KEEP    = 8,
  AMT__R_OLD     = 16, /* HTTP/1.0 */
  AMT__R_TRAILER = 32,
  AMT__R_DIGIT   = 64, /* this value has had a digit */
  AMT__R_BEGUN   = 128 /* a byte has come */
};

/* Header names, sorted, then the words of lists, sorted. `shared` is how many
   characters a word has in common with the one before it: on a mismatch, the
   next can go on in its place if it shares all that has matched. */
enum { AMT__H_CONNECTION, AMT__H_ENCODING, AMT__H_LENGTH, AMT__H_RETRY,
       AMT__H_TRANSFER, AMT__H_NAMES,
       AMT__W_CHUNKED = AMT__H_NAMES, AMT__W_CLOSE, AMT__W_IDENTITY,
       AMT__W_KEEP, AMT__W_END };

static const struct { char text[18]; uint8_t shared; }
amt__http_words[AMT__W_END] = {
  { "connection", 0 },  { "content-encoding", 3 },  { "content-length", 8 },
  { "retry-after", 0 }, { "transfer-encoding", 0 },
  { "chunked", 0 },     { "close", 1 },             { "identity", 0 },
  { "keep-alive", 0 }
};

static void amt__http_match(amt_http_reply *r, unsigned c, unsigned end)
{
  unsigned w = r->word, at = r->at;
  if (c - 'A' < 26u) c |= 32u;
  if (at >= sizeof amt__http_words[0].text) w = end;
  while (w < end && (unsigned char)amt__http_words[w].text[at] != c) {
    w++;
    if (w < end && amt__http_words[w].shared < at) w = end;
  }
  r->word = (uint8_t)w;
  if (at < 255u) r->at = (uint8_t)(at + 1u);
}

/* Which word it was, now that it has ended; AMT__W_END if none. */
static unsigned amt__http_matched(const amt_http_reply *r, unsigned end)
{
  if (r->word < end && r->at < sizeof amt__http_words[0].text &&
      amt__http_words[r->word].text[r->at] == 0)
    return r->word;
  return AMT__W_END;
}

/* A word of a list has ended. */
static int amt__http_word(amt_http_reply *r)
{
  unsigned w = amt__http_matched(r, AMT__W_END);
  unsigned begun = r->at;
  r->word = AMT__H_NAMES;
  r->at = 0;
  if (begun == 0) return 0; /* an empty element */
  if (r->field == AMT__H_ENCODING)
    return w == AMT__W_IDENTITY ? 0 : AMT_E_HTTP_ENCODING;
  if (r->field == AMT__H_TRANSFER) {
    if (w != AMT__W_CHUNKED || (r->flags & AMT__R_CHUNKED))
      return AMT_E_HTTP_CODING;
    r->flags |= AMT__R_CHUNKED;
  }
  if (w == AMT__W_CLOSE) r->flags |= AMT__R_CLOSE;
  if (w == AMT__W_KEEP) r->flags |= AMT__R_KEEP;
  return 0;
}

/* A number has ended. */
static int amt__http_number(amt_http_reply *r)
{
  if (r->field == AMT__H_RETRY) {
    r->retry_after = r->number > 0xFFFFFFFFu ? 0xFFFFFFFFu
                                             : (uint32_t)r->number;
    return 0;
  }
  if (!(r->flags & AMT__R_DIGIT)) return AMT_E_HTTP_LENGTH;
  if ((r->flags & AMT__R_LENGTH) && r->left != r->number)
    return AMT_E_HTTP_LENGTH;
  r->left = r->number;
  r->flags |= AMT__R_LENGTH;
  return 0;
}

/* A name has ended: what follows decides how its value is read. */
static void amt__http_name(amt_http_reply *r)
{
  unsigned w = amt__http_matched(r, AMT__H_NAMES);
  r->field = (uint8_t)w;
  r->word = AMT__H_NAMES;
  r->at = 0;
  r->number = 0;
  r->flags &= (uint8_t)~AMT__R_DIGIT;
  if (w == AMT__W_END || (r->flags & AMT__R_TRAILER)) r->state = AMT__R_VALUE;
  else if (w == AMT__H_LENGTH || w == AMT__H_RETRY) r->state = AMT__R_NUMBER;
  else r->state = AMT__R_LIST;
}

/* The head, or the trailers, are complete. */
static int amt__http_head(amt_http_reply *r)
{
  unsigned f = r->flags;
  if (f & AMT__R_TRAILER) {
    r->state = AMT__R_DONE;
    return 0;
  }
  if (r->status < 200u) {
    if (++r->interim > 10u || r->status == 101u) return AMT_E_HTTP_INTERIM;
    r->state = AMT__R_VERSION;
    r->status = 0;
    r->at = 0;
    r->lines = 0; /* the caps are each head's own */
    r->head = 0;
    r->flags = AMT__R_BEGUN;
    return 0;
  }
  if ((f & AMT__R_LENGTH) && (f & AMT__R_CHUNKED)) return AMT_E_HTTP_FRAMING;
  if (r->status == 204u || r->status == 304u) r->state = AMT__R_DONE;
  else if (f & AMT__R_CHUNKED) r->state = AMT__R_SIZE;
  else if (!(f & AMT__R_LENGTH)) r->state = AMT__R_TO_END;
  else r->state = r->left ? AMT__R_BODY : AMT__R_DONE;
  if (f & AMT__R_CHUNKED) r->left = 0;
  if (r->head >= 65536u) return AMT_E_HTTP_SIZE; /* without this last byte */
  r->head = 0; /* chunk extensions and trailers have a cap of their own */
  return AMT_HTTP_HEAD;
}

/* The status line, against "HTTP/1.n nnn" where n is any digit. */
static int amt__http_version(amt_http_reply *r, unsigned c)
{
  static const char line[] = "HTTP/1.n nnn";
  unsigned at = r->at;
  if (at == 0) r->line = 0;
  if (at >= sizeof line - 1) {
    if (r->status < 100u) return AMT_E_HTTP_STATUS;
    if (c == '\r') r->state = AMT__R_LF;
    else if (c == ' ') r->state = AMT__R_REASON;
    else return AMT_E_HTTP_STATUS;
    return 0;
  }
  if (line[at] != 'n') {
    if ((unsigned char)line[at] != c) return AMT_E_HTTP_STATUS;
  } else {
    if (c - '0' > 9u) return AMT_E_HTTP_STATUS;
    if (at > 8u) r->status = (uint16_t)((r->status * 10u + c - '0') & 0x3FFu);
    else if (c == '0') r->flags |= AMT__R_OLD;
  }
  r->at = (uint8_t)(at + 1u);
  return 0;
}

static int amt__hex(unsigned c)
{
  if (c - '0' < 10u) return (int)(c - '0');
  c |= 32u;
  if (c - 'a' < 6u) return (int)(c - 'a' + 10u);
  return -1;
}

static int amt__http_chunk(amt_http_reply *r, unsigned c)
{
  int digit = amt__hex(c);
  if (digit >= 0) {
    if (r->left >> 60) return AMT_E_HTTP_CHUNK;
    r->left = (r->left << 4) | (unsigned)digit;
    r->state = AMT__R_DIGITS;
    return 0;
  }
  if (r->state == AMT__R_SIZE) return AMT_E_HTTP_CHUNK;
  if (c == '\r') r->state = AMT__R_SIZE_LF;
  else if (c == ';' || c == ' ' || c == '\t') r->state = AMT__R_EXT;
  else return AMT_E_HTTP_CHUNK;
  return 0;
}

/* One byte of anything but body. 0, AMT_HTTP_HEAD, or an error. */
static int amt__http_step(amt_http_reply *r, unsigned c)
{
  int e = 0;
  switch (r->state) {
  case AMT__R_VERSION: return amt__http_version(r, c);
  case AMT__R_EXT:
    if (c == '\r') { r->state = AMT__R_SIZE_LF; return 0; }
    return (c < 32u && c != '\t') || c == 127u ? AMT_E_HTTP_CHUNK : 0;
  case AMT__R_REASON:
  case AMT__R_VALUE:
    break;
  case AMT__R_LINE:
    r->line = 0;
    if (c == '\r') { r->state = AMT__R_HEAD_LF; return 0; }
    if (++r->lines > 100u) return AMT_E_HTTP_SIZE;
    r->state = AMT__R_NAME;
    r->word = r->at = 0;
    if (!amt__is_tchar(c)) return AMT_E_HTTP_HEADER; /* obs-fold, or no name */
    amt__http_match(r, c, AMT__H_NAMES);
    return 0;
  case AMT__R_NAME:
    if (c == ':') { amt__http_name(r); return 0; }
    if (!amt__is_tchar(c)) return AMT_E_HTTP_HEADER; /* a blank, mostly */
    amt__http_match(r, c, AMT__H_NAMES);
    return 0;
  case AMT__R_NUMBER:
    if (c - '0' < 10u) {
      /* 2^64 / 10: one more digit would not fit. */
      if (r->number > UINT64_C(0x1999999999999998)) {
        if (r->field != AMT__H_RETRY) return AMT_E_HTTP_LENGTH;
        return 0;
      }
      r->number = r->number * 10u + (c - '0');
      r->flags |= AMT__R_DIGIT;
      return 0;
    }
    if (c == ' ' || c == '\t') {
      if (r->flags & AMT__R_DIGIT) r->state = AMT__R_BLANK;
      return 0;
    }
    if (c == '\r') { e = amt__http_number(r); break; }
    if (r->field != AMT__H_RETRY) return AMT_E_HTTP_LENGTH;
    r->state = AMT__R_VALUE; /* a date, which needs a clock: passed over */
    break;
  case AMT__R_BLANK:
    if (c == ' ' || c == '\t') return 0;
    if (c == '\r') {
      e = amt__http_number(r);
      break;
    }
    if (r->field != AMT__H_RETRY) return AMT_E_HTTP_LENGTH;
    r->state = AMT__R_VALUE;
    break;
  case AMT__R_LIST:
    if (c == ',' || c == ' ' || c == '\t' || c == '\r') e = amt__http_word(r);
    else amt__http_match(r, c, AMT__W_END);
    if (c == '\r' && r->field == AMT__H_TRANSFER &&
        !(r->flags & AMT__R_CHUNKED)) e = AMT_E_HTTP_CODING;
    break;
  case AMT__R_LF:
    r->state = AMT__R_LINE;
    return c == '\n' ? 0 : AMT_E_HTTP_HEADER;
  case AMT__R_HEAD_LF: return c == '\n' ? amt__http_head(r) : AMT_E_HTTP_HEADER;
  case AMT__R_SIZE:
  case AMT__R_DIGITS: return amt__http_chunk(r, c);
  case AMT__R_SIZE_LF:
    if (c != '\n') return AMT_E_HTTP_CHUNK;
    r->line = 0;
    r->state = r->left ? AMT__R_BODY : AMT__R_LINE;
    if (!r->left) r->flags |= AMT__R_TRAILER;
    return 0;
  case AMT__R_CHUNK_CR:
    r->state = AMT__R_CHUNK_LF;
    return c == '\r' ? 0 : AMT_E_HTTP_CHUNK;
  case AMT__R_CHUNK_LF:
    r->state = AMT__R_SIZE;
    r->line = 0;
    return c == '\n' ? 0 : AMT_E_HTTP_CHUNK;
  default: return AMT_E_HTTP_STATUS;
  }
  /* Inside a line's text. */
  if (c == '\r') r->state = AMT__R_LF;
  else if ((c < 32u && c != '\t') || c == 127u) e = AMT_E_HTTP_HEADER;
  return e;
}

/* Bytes of text that has no meaning to us, up to the first that has. */
static size_t amt__http_skip(const unsigned char *p, size_t n)
{
  size_t i = 0;
  while (i < n && p[i] >= 32u && p[i] != 127u) i++;
  return i;
}

AMTDEF void amt_http_reply_init(amt_http_reply *r)
{
  memset(r, 0, sizeof *r);
}

AMTDEF int amt_http_reply_next(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body)
{
  size_t i = 0, m;
  int    e = 0;
  *body = 0;
  while (e == 0) {
    unsigned state = r->state;
    if (state == AMT__R_DONE) { e = AMT_HTTP_END; break; }
    if (i >= n) break;
    r->flags |= AMT__R_BEGUN;
    if (r->state == AMT__R_BODY || r->state == AMT__R_TO_END) {
      m = n - i;
      if (r->state == AMT__R_BODY) {
        if (m > r->left) m = (size_t)r->left;
        r->left -= m;
        if (r->left == 0)
          r->state = r->flags & AMT__R_CHUNKED ? AMT__R_CHUNK_CR : AMT__R_DONE;
      }
      *body = m;
      i += m;
      e = AMT_HTTP_BODY;
      break;
    }
    m = 0;
    if ((unsigned)r->state - AMT__R_REASON <= AMT__R_EXT - AMT__R_REASON)
      m = amt__http_skip(p + i, n - i);
    if (m == 0) {
      e = amt__http_step(r, p[i]);
      m = 1;
    }
    i += m;
    if (m > 8192u - r->line) { e = AMT_E_HTTP_SIZE; break; }
    r->line = (uint16_t)(r->line + m);
    if (state < AMT__R_SIZE) { /* chunk sizes are free: bodies go on */
      r->head += (uint32_t)m;
      if (r->head > 65536u) e = AMT_E_HTTP_SIZE;
    }
  }
  *used = i;
  return e;
}

AMTDEF int amt_http_reply_eof(const amt_http_reply *r)
{
  if (r->state == AMT__R_TO_END || r->state == AMT__R_DONE)
    return AMT_HTTP_END;
  return r->flags & AMT__R_BEGUN ? AMT_E_TRUNCATED : AMT_E_EOF;
}

AMTDEF int amt_http_reply_keeps(const amt_http_reply *r)
{
  if (r->state != AMT__R_DONE || (r->flags & AMT__R_CLOSE)) return 0;
  if (r->flags & AMT__R_OLD)
    return (r->flags & (AMT__R_KEEP | AMT__R_CHUNKED)) == AMT__R_KEEP;
  return 1;
}

/* ------------------------------------------------------------------------
   >>http-conn */

/* Milliseconds from then to now; 0 if the clock went back. */
static uint32_t amt__since(uint32_t now, uint32_t then)
{
  uint32_t d = now - then;
  return d & 0x80000000u ? 0 : d;
}

static uint32_t amt__or(uint32_t value, uint32_t otherwise)
{
  return value ? value : otherwise;
}

AMTDEF void amt_http_close(amt_http_conn *c)
{
  if (c->state != AMT_CONN_CLOSED) c->stream->ops->close(c->stream);
  c->state = AMT_CONN_CLOSED;
  c->at = c->have = 0;
}

static int amt__http_fail(amt_http_conn *c, int error)
{
  amt_http_close(c);
  return error;
}

AMTDEF void amt_http_begin(amt_http_conn *c, uint32_t now, uint32_t max_idle)
{
  unsigned char look;
  if (max_idle == 0) max_idle = amt__or(c->limits.keep, 60000u);
  if (c->state == AMT_CONN_IDLE && now - c->t_io <= max_idle &&
      (c->quiet ||
       c->stream->ops->read(c->stream, &look, 1) == AMT_AGAIN)) {
    c->state = AMT_CONN_SENDING;
    c->reused = 1;
  } else {
    amt_http_close(c);
    c->state = AMT_CONN_OPENING;
    c->reused = 0;
  }
  c->early = c->quiet = 0;
  c->sent = c->len = 0;
  c->at = c->have = 0;
  c->body = 0;
  c->t_call = c->t_io = now;
  amt_http_reply_init(&c->reply);
}

/* The call's limits: what is left of the nearest. */
AMTDEF uint32_t amt_http_left(const amt_http_conn *c, uint32_t now)
{
  uint32_t call = amt__or(c->limits.call, 600000u);
  uint32_t idle = amt__or(c->limits.idle, 30000u);
  uint32_t total = amt__since(now, c->t_call);
  uint32_t still = amt__since(now, c->t_io);
  if (c->state == AMT_CONN_OPENING)
    idle = amt__or(c->limits.connect, 10000u);
  call = total < call ? call - total : 0;
  idle = still < idle ? idle - still : 0;
  return call < idle ? call : idle;
}

static int amt__http_open(amt_http_conn *c, const amt_url *u, uint32_t now)
{
  unsigned char look;
  ptrdiff_t     n;
  int           e;
  if (c->stream->ops->tls != u->tls) return amt__http_fail(c, AMT_E_NO_TLS);
  e = c->stream->ops->open(c->stream, u->host, u->host_len, u->port,
                           amt_http_left(c, now));
  if (e < 0) return amt__http_fail(c, e);
  if (e == AMT_AGAIN) return AMT_AGAIN;
  n = c->stream->ops->read(c->stream, &look, 1);
  if (n > 0) n = AMT_E_HTTP_UNASKED;
  if (n < 0) return amt__http_fail(c, (int)n);
  c->t_io = now;
  c->state = AMT_CONN_SENDING;
  return AMT_HTTP_SEND;
}

/* Receives once. */
static int amt__http_receive(amt_http_conn *c, void *buf, size_t size,
                             uint32_t now)
{
  ptrdiff_t n = c->stream->ops->read(c->stream, buf, size);
  if (n > 0) {
    c->at = 0;
    c->have = (size_t)n;
    c->t_io = now;
    return 1;
  }
  if (n == AMT_E_EOF) {
    int e = amt_http_reply_eof(&c->reply);
    return amt__http_fail(c, e);
  }
  return n < 0 ? amt__http_fail(c, (int)n) : AMT_AGAIN;
}

static int amt__http_parse(amt_http_conn *c, unsigned char *buf)
{
  size_t used, body;
  int    e = amt_http_reply_next(&c->reply, buf + c->at, c->have - c->at,
                                 &used, &body);
  c->at += used;
  if (e < 0) return amt__http_fail(c, e);
  if (e == AMT_HTTP_BODY) {
    c->data = buf + c->at - body;
    c->len = body;
    c->body += body;
  }
  if (e == AMT_HTTP_END) {
    /* Bytes after the end were not asked for: whoever sent them may mean
       them as the reply to the next request. */
    if (c->at == c->have && !c->early && amt_http_reply_keeps(&c->reply))
      c->state = AMT_CONN_IDLE;
    else
      amt_http_close(c);
  }
  return e;
}

/* Received bytes are parsed to their end before the next are received. */
static int amt__http_receiving(amt_http_conn *c, void *buf, size_t size,
                               uint32_t now)
{
  int e;
  if (c->have == 0) {
    e = amt__http_receive(c, buf, size, now);
    if (c->have == 0) return e;
  }
  e = amt__http_parse(c, (unsigned char *)buf);
  if (e != AMT_AGAIN) return e;
  c->at = c->have = 0;
  if (c->early && c->reply.state == AMT__R_VERSION && c->reply.at == 0) {
    c->state = AMT_CONN_SENDING; /* it was an interim reply: go on */
    c->early = 0;
  }
  return e;
}

AMTDEF int amt_http_poll(amt_http_conn *c, const amt_url *u, void *buf,
                         size_t size, uint32_t now)
{
  int e = AMT_E_EOF; /* no call was begun */
  c->len = 0;
  if (size < 64) return amt__http_fail(c, AMT_E_NO_ROOM);
  if (c->state == AMT_CONN_OPENING)
    e = amt__http_open(c, u, now);
  else if (c->state == AMT_CONN_SENDING)
    e = AMT_HTTP_SEND;
  else if (c->state == AMT_CONN_RECEIVING)
    e = amt__http_receiving(c, buf, size, now);
  if ((e == AMT_AGAIN || e == AMT_HTTP_SEND) && amt_http_left(c, now) == 0)
    e = amt__http_fail(c, AMT_E_TIMEOUT);
  return e;
}

AMTDEF int amt_http_send(amt_http_conn *c, const amt_out *o, uint32_t now)
{
  ptrdiff_t n = c->stream->ops->write(c->stream, o->buf, o->len);
  if (n > 0) {
    c->sent += (size_t)n;
    c->t_io = now;
    if (c->sent < o->total) return AMT_HTTP_SEND;
    c->state = AMT_CONN_RECEIVING;
    return AMT_AGAIN;
  }
  /* It takes no more: has the server answered already, and closed perhaps? */
  if (c->sent > 0) {
    ptrdiff_t m = c->stream->ops->read(c->stream, o->buf, o->cap);
    if (m > 0) {
      c->state = AMT_CONN_RECEIVING;
      c->early = 1;
      c->at = 0;
      c->have = (size_t)m;
      c->t_io = now;
      return AMT_HTTP_EARLY;
    }
    if (m < 0) n = m;
  }
  return n < 0 ? amt__http_fail(c, (int)n) : AMT_AGAIN;
}

AMTDEF int amt_http_want(const amt_http_conn *c)
{
  if (c->state == AMT_CONN_OPENING || c->state == AMT_CONN_SENDING)
    return AMT_WANT_WRITE;
  return c->state == AMT_CONN_RECEIVING ? AMT_WANT_READ : AMT_WANT_NOTHING;
}

AMTDEF int amt_http_wait(amt_http_conn *c, uint32_t ms)
{
  int ready;
  if (c->stream->ops->wait == NULL) return 0;
  if (c->state == AMT_CONN_RECEIVING && c->have != 0) return 1;
  ready = c->stream->ops->wait(c->stream, amt_http_want(c), ms);
  if (c->state == AMT_CONN_IDLE) {
    if (ready == 1) amt_http_close(c);
    c->quiet = ready == 0;
  }
  return ready;
}

/* ------------------------------------------------------------------------
   >>http-address */

/* "a.b.c.d" in n bytes, into 4. */
static int amt__address_4(uint8_t *ip, const char *p, size_t n)
{
  unsigned part = 0, value = 0, digits = 0;
  size_t   i;
  for (i = 0; i <= n; i++) {
    unsigned c = i < n ? (unsigned char)p[i] : '.';
    if (c - '0' < 10u) {
      if (digits++ != 0 && value == 0) return 0; /* octal to some: refused */
      value = value * 10u + (c - '0');
      if (value > 255u) return 0;
    } else {
      if (c != '.' || digits == 0 || part > 3u) return 0;
      ip[part++] = (uint8_t)value;
      value = digits = 0;
    }
  }
  return part == 4u;
}

/* "a:b::c" in n bytes, into 16; the last two groups may be an IPv4 address. */
static int amt__address_6(uint8_t *ip, const char *p, size_t n)
{
  unsigned at = 0, gap = 17 /* none */, digits = 0, value = 0, start = 0, i = 0;
  if (n < 2 || n > 45) return 0;
  if (p[0] == ':' && p[1] != ':') return 0;
  for (i = 0; i <= n; i++) {
    unsigned c = i < n ? (unsigned char)p[i] : ':';
    int      digit = amt__hex(c);
    if (digit >= 0) {
      if (++digits > 4u) return 0;
      value = (value << 4) | (unsigned)digit;
    } else if (c == '.') {
      if (at > 12u || !amt__address_4(ip + at, p + start, n - start)) return 0;
      at += 4;
      break;
    } else {
      if (c != ':') return 0;
      if (digits != 0) {
        if (at > 14u) return 0;
        ip[at++] = (uint8_t)(value >> 8);
        ip[at++] = (uint8_t)value;
      } else if (i > 0 && i < n) { /* "::" */
        if (gap != 17u || p[i - 1] != ':') return 0;
        gap = at;
      } else if (i == n && p[n - 1] == ':' && p[n - 2] != ':') {
        return 0;
      }
      value = digits = 0;
      start = i + 1;
    }
  }
  if (at == 16u) return gap == 17u;
  if (gap == 17u) return 0;
  memmove(ip + 16u - (at - gap), ip + gap, at - gap);
  memset(ip + gap, 0, 16u - at);
  return 1;
}

AMTDEF int amt_address_parse(amt_address *a, const char *text, size_t n)
{
  a->len = 4;
  if (amt__address_4(a->ip, text, n)) return 1;
  a->len = 16;
  return amt__address_6(a->ip, text, n);
}

#ifdef AMT_POSIX
/* ------------------------------------------------------------------------
   >>http-posix

   The socket blocks in name, and every call says MSG_DONTWAIT: so a wait for
   a reply can be left to the recv that follows it (SO_RCVTIMEO), and a
   blocking poll costs two system calls, a send and a recv. */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef AI_NUMERICHOST
#error "AMT_POSIX needs POSIX names: compile with -std=gnu99 or later, or \
define _POSIX_C_SOURCE=200112L before the first #include"
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SO_NOSIGPIPE instead */
#endif

AMTDEF uint32_t amt_posix_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint32_t)t.tv_sec * 1000u + (uint32_t)t.tv_nsec / 1000000u;
}

AMTDEF int amt_posix_resolve(void *ctx, const char *host, amt_address *a,
                             int max)
{
  struct addrinfo hints, *list, *i;
  int             n = 0;
  (void)ctx;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host, NULL, &hints, &list) != 0) return AMT_E_DNS;
  for (i = list; i != NULL && n < max; i = i->ai_next) {
    if (i->ai_family == AF_INET) {
      struct sockaddr_in sa;
      memcpy(&sa, i->ai_addr, sizeof sa);
      memcpy(a[n].ip, &sa.sin_addr, a[n].len = 4), n++;
    } else if (i->ai_family == AF_INET6) {
      struct sockaddr_in6 sa;
      memcpy(&sa, i->ai_addr, sizeof sa);
      memcpy(a[n].ip, &sa.sin6_addr, a[n].len = 16), n++;
    }
  }
  freeaddrinfo(list);
  return n > 0 ? n : AMT_E_DNS;
}

/* Gives up this address; the next open goes on with the one after it. */
static void amt__posix_next(amt_posix *s, int error)
{
  s->sys_error = error;
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  s->index++;
}

/* Begins a connection to the address at hand: 1, AMT_AGAIN, or < 0. */
static int amt__posix_connect(amt_posix *s, uint16_t port)
{
  const amt_address *a = &s->address[s->index];
  struct sockaddr_in  in4;
  struct sockaddr_in6 in6;
  struct sockaddr    *to = (struct sockaddr *)&in4;
  socklen_t           to_len = sizeof in4;
  int                 on = 1;
  memset(&in4, 0, sizeof in4);
  memset(&in6, 0, sizeof in6);
  if (a->len == 4) {
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    memcpy(&in4.sin_addr, a->ip, 4);
  } else {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    memcpy(&in6.sin6_addr, a->ip, 16);
    to = (struct sockaddr *)&in6;
    to_len = sizeof in6;
  }
  s->fd = socket(a->len == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  if (s->fd >= 0 && s->fd < 3) { /* a program without stdout must not find */
    int low = s->fd;             /* that its output goes to the server */
    s->fd = fcntl(low, F_DUPFD, 3);
    close(low);
  }
  if (s->fd < 0) return -1;
  fcntl(s->fd, F_SETFD, FD_CLOEXEC);
  fcntl(s->fd, F_SETFL, O_NONBLOCK);
  setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
  setsockopt(s->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  if (connect(s->fd, to, to_len) == 0) return 1;
  return errno == EINPROGRESS ? AMT_AGAIN : -1;
}

/* How the connection attempt under way stands. */
static int amt__posix_connected(amt_posix *s)
{
  struct pollfd p;
  int           error = 0;
  socklen_t     n = sizeof error;
  p.fd = s->fd;
  p.events = POLLOUT;
  p.revents = 0;
  if (poll(&p, 1, 0) <= 0) return AMT_AGAIN;
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0) return -1;
  errno = error;
  return error == 0 ? 1 : -1;
}

static int amt__posix_names(amt_posix *s, const char *host, size_t n)
{
  char name[254];
  int  found;
  s->index = 0;
  s->count = 1;
  if (amt_address_parse(&s->address[0], host, n)) return 1;
  s->count = 0;
  if (n >= sizeof name) return AMT_E_DNS;
  memcpy(name, host, n);
  name[n] = 0;
  found = s->resolve(s->ctx, name, s->address, AMT_ADDRESSES);
  if (found > AMT_ADDRESSES) found = AMT_ADDRESSES;
  if (found > 0) s->count = (uint8_t)found;
  return found;
}

/* Each address may use its share of what was left when its turn came. */
static int amt__posix_open(amt_stream *stream, const char *host, size_t host_len,
                           uint16_t port, uint32_t left)
{
  amt_posix *s = (amt_posix *)stream;
  int        e;
  if (s->count == 0) {
    e = amt__posix_names(s, host, host_len);
    if (e <= 0) return e;
  }
  while (s->index < s->count) {
    if (s->fd < 0) {
      s->left = left;
      e = amt__posix_connect(s, port);
    } else {
      e = amt__posix_connected(s);
    }
    if (e > 0) {
      fcntl(s->fd, F_SETFL, 0);
      s->patience = 0;
      s->block = s->signal = 0;
      return 1;
    }
    if (e == AMT_AGAIN) {
      uint32_t share = s->left / (uint32_t)(s->count - s->index);
      if (s->left - left < share || s->count - s->index == 1) return AMT_AGAIN;
      errno = ETIMEDOUT;
    }
    amt__posix_next(s, errno);
  }
  s->count = 0; /* ask for the name again next time */
  return AMT_E_CONNECT;
}

static ptrdiff_t amt__posix_error(amt_posix *s)
{
  if (errno == EAGAIN || errno == EWOULDBLOCK) return AMT_AGAIN;
  if (errno == EINTR) {
    s->signal = 1;
    return AMT_AGAIN;
  }
  s->sys_error = errno;
  return AMT_E_RESET;
}

static ptrdiff_t amt__posix_read(amt_stream *stream, void *p, size_t n)
{
  amt_posix *s = (amt_posix *)stream;
  ssize_t    got = recv(s->fd, p, n, s->block ? 0 : MSG_DONTWAIT);
  s->block = 0;
  if (got > 0) return got;
  if (got == 0) return AMT_E_EOF;
  return amt__posix_error(s);
}

static ptrdiff_t amt__posix_write(amt_stream *stream, const void *p, size_t n)
{
  amt_posix *s = (amt_posix *)stream;
  ssize_t    put = send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  return put > 0 ? put : amt__posix_error(s);
}

static void amt__posix_close(amt_stream *stream)
{
  amt_posix *s = (amt_posix *)stream;
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  s->count = 0;
}

/* The next recv may block for ms, or a little longer: setting it anew each
   time would cost a system call. */
static int amt__posix_block(amt_posix *s, uint32_t ms)
{
  if (ms > s->patience || s->patience - ms > ms / 16u + 1u) {
    struct timeval t;
    t.tv_sec = (time_t)(ms / 1000u);
    t.tv_usec = (suseconds_t)(ms % 1000u * 1000u);
    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    s->patience = ms;
  }
  s->block = 1;
  return 1;
}

static int amt__posix_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_posix    *s = (amt_posix *)stream;
  struct pollfd p;
  int           e;
  if (s->signal) {
    s->signal = 0;
    return AMT_INTERRUPTED;
  }
  if (want == AMT_WANT_READ && s->fd >= 0 && ms != 0)
    return amt__posix_block(s, ms);
  if (s->fd >= 0 && s->index + 1 < s->count && want == AMT_WANT_WRITE &&
      ms > s->left / AMT_ADDRESSES)
    ms = s->left / AMT_ADDRESSES + 1; /* other addresses want their turn */
  if (s->fd < 0 && want == AMT_WANT_WRITE && ms > 10)
    ms = 10; /* for a resolver that said "not yet" */
  p.fd = s->fd; /* poll passes over -1, and so just sleeps */
  p.events = want == AMT_WANT_WRITE ? POLLOUT : POLLIN;
  p.revents = 0;
  e = poll(&p, 1, ms > 0x7FFFFFFFu ? 0x7FFFFFFF : (int)ms);
  if (e < 0) return errno == EINTR ? AMT_INTERRUPTED : 0;
  return e;
}

AMTDEF void amt_posix_init(amt_posix *s)
{
  static const amt_stream_ops ops = {
    amt__posix_open,  amt__posix_read, amt__posix_write,
    amt__posix_close, amt__posix_wait, 0
  };
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
  s->resolve = amt_posix_resolve;
  s->fd = -1;
}
#endif /* AMT_POSIX */

#endif /* AMT_IMPLEMENTATION */

/* ------------------------------------------------------------------------
   This software is available under two licences; choose the one you like.

   A. MIT License. Copyright (c) 2026 the amt.h authors

   Permission is hereby granted, free of charge, to any person obtaining a
   copy of this software and associated documentation files (the "Software"),
   to deal in the Software without restriction, including without limitation
   the rights to use, copy, modify, merge, publish, distribute, sublicense,
   and/or sell copies of the Software, and to permit persons to whom the
   Software is furnished to do so, subject to the following conditions:

   The above copyright notice and this permission notice shall be included in
   all copies or substantial portions of the Software.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
   IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
   AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
   LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING
   FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
   DEALINGS IN THE SOFTWARE.

   B. Public domain (www.unlicense.org)

   This is free and unencumbered software released into the public domain.
   Anyone is free to copy, modify, publish, use, compile, sell, or distribute
   this software, either in source code form or as a compiled binary, for any
   purpose, commercial or non-commercial, and by any means.

   In jurisdictions that recognize copyright laws, the author or authors of
   this software dedicate any and all copyright interest in the software to
   the public domain. We make this dedication for the benefit of the public at
   large and to the detriment of our heirs and successors. We intend this
   dedication to be an overt act of relinquishment in perpetuity of all present
   and future rights to this software under copyright law.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
   IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
   AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
   ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
   WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
   ------------------------------------------------------------------------ */
