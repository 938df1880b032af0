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
     >>http-sockets   what socket streams share: names, and whose turn it is
     >>http-posix     the sockets of POSIX systems, or lwIP's, as a stream
     >>http-winsock   the sockets of Windows as a stream
     >>http-lwip      lwIP's raw API as a stream: no threads, no sockets
     >>http-tls       what both TLS streams need; the certificate reader
     >>http-bearssl   TLS by BearSSL as a stream
     >>http-mbedtls   TLS by mbedTLS as a stream

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

   Over TLS the same program has these before it, and the rest is as it was:

     static amt_bearssl tls;  static amt_bearssl_server server;
     static unsigned char record[AMT_BEARSSL_FULL];

     server.anchors = amt_anchors;           (amt anchors ca.pem >anchors.h)
     server.anchor_count = AMT_ANCHOR_COUNT;
     amt_bearssl_init(&tls, &sock.stream, &server, record, sizeof record);
     conn.stream = &tls.stream;

   and amt_bearssl_forget(&server) at the end. No byte of a request leaves
   before the server has proved its name, and each way this can fail has an
   error of its own. A reconnect takes the last session up again where the
   server lets it: 0.75 million instructions instead of 42, and 315 bytes on the
   wire.

   On a board with lwIP and no threads, sock is an amt_lwip_raw, and where this
   program waits, the loop lets lwIP run: examples/firmware is a whole image.

   mbedTLS allocates: 47 kB at the peak of a handshake, from its own heap. For
   a static pool build it with MBEDTLS_PLATFORM_MEMORY and
   MBEDTLS_MEMORY_BUFFER_ALLOC_C, and give it one before anything else:

     static unsigned char pool[64 * 1024];
     mbedtls_memory_buffer_alloc_init(pool, sizeof pool);

   Write a stream

   A modem, another network stack, a trace: a struct of yours that begins with
   an amt_stream, and functions beside it, named in an amt_stream_ops.
   examples/own_stream.c is one over a serial port. They are called from within
   your own calls of the library, one at a time, never from an interrupt.

     open   connects. 1: it is open. AMT_AGAIN: not yet; it is called again with
            the same host and port. AMT_E_DNS, AMT_E_CONNECT or another error:
            it failed. `host` is NOT NUL-terminated, it has host_len bytes. A
            timer is not needed: when left_ms have passed, close is called.
     read   gives what has arrived: how many bytes, 1 to n. AMT_AGAIN: none
            yet. AMT_E_EOF: the other end closed properly, and all before that
            was given. AMT_E_RESET or another error: the connection broke. A
            stream that cannot tell an end from a cut never says AMT_E_EOF: a
            body that was cut would pass for a whole one.
     write  takes what it can: how many bytes, 1 to n. AMT_AGAIN: it took NONE,
            and the same bytes are offered again. An error: nobody knows. It
            counts as taken: nothing more is written on this connection, and a
            Start is not sent again (unless a reply has arrived, its outcome is
            unknown). So for a modem that was given the bytes and then says
            ERROR an error is right, and AMT_AGAIN might start a job twice. IF
            IN DOUBT, TAKEN. A stream that knows that it took none may say
            AMT_AGAIN, and why at the next read.
     close  gives back all that open took, also after an open that failed or is
            not done, and does nothing where nothing is open. The next open
            begins anew. If `abort` is set a request is given up: what of it
            has not arrived must not arrive later.
     wait   may block, up to ms, until the last AMT_AGAIN may have another
            answer. 1: look again. 0: the time is up. AMT_INTERRUPTED: give the
            caller its turn. Where nothing is open it just sleeps. NULL: this
            stream cannot block; the caller polls it in a loop of its own.
     want   only for a stream over another stream; NULL: see its declaration.

   Read is called before anything is written: for one byte once open has said
   1, and again before each further request, to see whether the server has
   closed or has said what nobody asked for. AMT_AGAIN is the good answer. It
   is called after a write that took none or failed, too: a server may answer
   before it has the whole request, and close. What had arrived is given
   before the error.

   An error is handed to the caller as it is. One from -100 on says that trying
   again will not help.

   In: Content-Length, chunked (extensions and trailers skipped, bounded),
   bodies that end with the connection, 1xx skipped (ten at most), keep-alive
   with an idle limit and the server's own (Keep-Alive: timeout=N: in the last
   of these seconds the connection is not used again), IPv6 literals, a reply
   that comes while the request is still going out (sending stops and the
   connection closes after it).

   Refused, each with an error of its own: Content-Length with
   Transfer-Encoding, two lengths that differ, a list of lengths even if they
   are equal (42, 42), unknown codings, obs-fold, bare CR or LF, NUL and other
   controls, a blank before the colon, an empty line before the status line,
   anything but blanks behind a chunk's size unless a ';' comes first, a header
   line over 8,192 bytes, a head over 65,536 bytes or 100 lines, bytes that
   arrive before the first byte of a request (a 408, say, to a connection that
   was not used).

   Not there at all: redirects (reported, never followed), HEAD (the parser
   would wait for a body), cookies, compression, HTTP/2, caching, proxies. In
   TLS: revocation checks; with BearSSL also TLS 1.3, name constraints and
   extended key usages.

   ------------------------------------------------------------------------
   >>http-options   define them before the include, in the file that has
                    AMT_IMPLEMENTATION, unless it says "everywhere"; sizes are
                    of a Cortex-M4, gcc 12 -Os

   AMT_STATIC       everywhere it is included: all functions are static
   AMTDEF           everywhere: what stands before each public function
   AMT_NO_TEXT      leaves out amt_http_error's words
   AMT_POSIX        everywhere the POSIX socket stream is used: adds it, 1.7 kB
                    on x86-64. With -std=c99 (no gnu) this header comes first,
                    or _POSIX_C_SOURCE=200112L is defined before others
   AMT_LWIP         everywhere, instead of AMT_POSIX: the same stream, with the
                    same names, over lwIP's sockets (2.1 and later, NO_SYS=0,
                    LWIP_SOCKET_POLL=1): it calls lwip_socket, lwip_poll, ...
                    Without LWIP_SO_LINGER=1 what is left of a request that was
                    given up may still arrive
   AMT_WINSOCK      everywhere the Windows socket stream is used: adds it, 1.7
                    kB on x86-64; link with -lws2_32 -ladvapi32. This header
                    comes before <windows.h>, or WIN32_LEAN_AND_MEAN is defined
   AMT_LWIP_RAW     everywhere the stream over lwIP's raw API (2.1 or later,
                    NO_SYS=1) is used: adds it, 1.1 kB. Needs LWIP_TCP and
                    LWIP_CALLBACK_API; host names need LWIP_DNS
   AMT_BEARSSL      everywhere the TLS stream by BearSSL is used: adds it,
                    1.9 kB and 2.1 kB more for IP addresses and pins; link with
                    -lbearssl
   AMT_BEARSSL_SMALL  only elliptic curves and SHA-256, where the server's
                    certificate is your own: no RSA, no SHA-384, which saves
                    17 kB of BearSSL
   AMT_MBEDTLS      everywhere the TLS stream by mbedTLS (2.28, 3.x) is used:
                    adds it, 2.3 kB and 1.7 kB more for IP addresses and pins;
                    link with -lmbedtls -lmbedx509 -lmbedcrypto
   AMT_WIDE         bits that the reply parser looks at together, as amt.h's
                    tokenizer does: 32, 64, 128 (here as 64), or 0 for a byte at
                    a time. By default what the machine has, and 0 with -Os
   AMT_TLS_NO_IP    leaves out IP addresses in certificates
   AMT_TLS_NO_PIN   leaves out pins; with both, the certificate reader goes
                    too: AMT_E_TLS_EXPIRED then also says "not yet valid",
                    and the insecure_ fields are refused
   AMT_BUILD_TIME   the date of this build, seconds since 1970: no clock is
                    believed that says less. Default: a day before __DATE__

   No option changes the layout of a struct. */

#ifndef AMT_HTTP_H
#define AMT_HTTP_H

#define AMT_HTTP_VERSION 100 /* 0.1.0: amt.h asks for its own */

#if defined(AMT_POSIX) && defined(__STRICT_ANSI__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L /* works if this is the first include */
#endif
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef AMT_LWIP_RAW
#include <lwip/dns.h>
#include <lwip/tcp.h>
#endif
#ifdef AMT_BEARSSL
#include <bearssl.h>
#endif
#ifdef AMT_MBEDTLS
#include <mbedtls/entropy.h>
#include <mbedtls/sha256.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#endif

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
  size_t total; /* bytes produced so far; in the end, the text's length, or
                   SIZE_MAX if that is more */
} amt_out;

AMTDEF amt_out amt_out_window(char *buf, size_t cap, size_t from);
AMTDEF void    amt_put(amt_out *o, const void *p, size_t n);
AMTDEF void    amt_put_text(amt_out *o, const char *text);
AMTDEF void    amt_put_number(amt_out *o, uint64_t n); /* in decimal */

/* Digits of base 10 or 16 as a number: 1, or 0 if there is none, or another
   byte, or it does not fit. */
AMTDEF int amt_uint64(const char *text, size_t n, unsigned base, uint64_t *v);

/* Zeroes memory that held a secret; no optimizer takes it for useless. */
AMTDEF void amt_wipe(void *p, size_t n);
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
  AMT_E_TLS_BROKEN    = -7,
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
  AMT_E_NO_ROOM       = -105,
  /* A TLS server was refused, or cannot be asked; -400 to -655: it sent this
     fatal alert (AMT_E_TLS_ALERT). */
  AMT_E_TLS_NOT_TLS     = -130,
  AMT_E_TLS_VERSION     = -131,
  AMT_E_TLS_CIPHER      = -132,
  AMT_E_TLS_NAME        = -133,
  AMT_E_TLS_IP          = -134,
  AMT_E_TLS_SELF_SIGNED = -135,
  AMT_E_TLS_ISSUER      = -136,
  AMT_E_TLS_ROOT        = -137,
  AMT_E_TLS_SIGNATURE   = -138,
  AMT_E_TLS_EXPIRED     = -139,
  AMT_E_TLS_NOT_YET     = -140,
  AMT_E_TLS_CLOCK       = -141,
  AMT_E_TLS_WEAK        = -142,
  AMT_E_TLS_ALGORITHM   = -143,
  AMT_E_TLS_USAGE       = -144,
  AMT_E_TLS_CERTIFICATE = -145,
  AMT_E_TLS_PIN         = -146,
  AMT_E_TLS_RANDOM      = -147,
  AMT_E_TLS_RECORD      = -148,
  AMT_E_TLS_BUFFER      = -149,
  AMT_E_TLS_NO_NAME     = -150,
  AMT_E_TLS_NO_ANCHORS  = -151,
  AMT_E_TLS_PEM         = -152,
  AMT_E_TLS_KEY         = -153,
  AMT_E_TLS_ROOM        = -154,
  AMT_E_TLS_MEMORY      = -155,
  AMT_E_TLS_ORDER       = -156
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
/* Its second half, from the blank before HTTP/1.1 on, for those who have put
   method and path themselves. */
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
  uint32_t head;        /* bytes in the head; then, in the trailers */
  uint32_t retry_after; /* seconds; 0 if not sent, or sent as a date */
  uint16_t status;      /* 100 to 999, once known */
  uint16_t line;        /* bytes in this line */
  uint8_t  lines;       /* header lines */
  uint8_t  interim;     /* 1xx replies skipped */
  uint8_t  state;
  uint8_t  field;       /* the header whose value this is */
  uint8_t  flags;
  uint8_t  word_len;
  char     word[20];    /* what is being read, in lower case; as much as fits */
  uint16_t keep_alive;  /* seconds the server keeps an idle connection, at most
                           65,535 of them; 0: it does not say */
} amt_http_reply;

AMTDEF void amt_http_reply_init(amt_http_reply *r);

/* Takes reply bytes, as they come. Returns an event, or AMT_AGAIN when all n
   are used, or an error. *used: bytes taken. *body: how many of them, the last
   ones, are body (AMT_HTTP_BODY only). After AMT_HTTP_END what is left does
   not belong to this reply. */
AMTDEF int amt_http_reply_next(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body);

/* The stream has ended: AMT_HTTP_END if that is how this body ends, otherwise
   AMT_E_TRUNCATED, or AMT_E_EOF if not one byte had come. */
AMTDEF int amt_http_reply_eof(const amt_http_reply *r);

/* 1 once a complete reply allows the connection to be used again. */
AMTDEF int amt_http_reply_keeps(const amt_http_reply *r);

/* --- streams ------------------------------------------------------------ */

/* Any byte stream: a struct of yours whose first member is an amt_stream.
   Nothing in it blocks, but for wait. TLS streams and traces wrap others. What
   each function may return: "Write a stream" in the manual above. */
typedef struct amt_stream amt_stream;

enum {
  AMT_WANT_NOTHING = 0, /* idle; but wake up if anything arrives */
  AMT_WANT_READ    = 1,
  AMT_WANT_WRITE   = 2,
  AMT_WANT_NOW     = 3, /* do not wait: bytes lie ready inside the stream */
  AMT_INTERRUPTED  = -1 /* a wait's result: a signal came */
};

typedef struct amt_stream_ops {
  /* 1 when open, AMT_AGAIN, or an error. left_ms: how long it may still take.
     The host is not terminated. */
  int (*open)(amt_stream *s, const char *host, size_t host_len, uint16_t port,
              uint32_t left_ms);
  /* Bytes (> 0), AMT_AGAIN, AMT_E_EOF at the stream's proper end, or another
     error. n > 0. */
  ptrdiff_t (*read)(amt_stream *s, void *p, size_t n);
  /* Bytes taken (> 0), AMT_AGAIN (none were taken: they are offered again), or
     an error: in doubt they count as taken. n > 0. */
  ptrdiff_t (*write)(amt_stream *s, const void *p, size_t n);
  /* Gives back what open took, also one that failed; does nothing on a closed
     stream. If s->abort is set, a request is given up: what of it has not
     arrived must not arrive later (TCP: a reset). */
  void (*close)(amt_stream *s);
  /* Blocks up to ms until the last "not yet" may have an answer: 1 if so (or
     the next read may do the blocking itself), 0 if not, AMT_INTERRUPTED. On a
     closed stream it just sleeps. `want` is what it waits for. NULL if this
     stream cannot block. */
  int (*wait)(amt_stream *s, int want, uint32_t ms);
  int tls; /* 1 if this is TLS: https goes over nothing else, http never */
  /* What the stream below must be waited for, AMT_WANT_, when the caller wants
     `want`: a TLS stream may have to write to read, or has bytes that lie
     decrypted in it. NULL: just that. */
  int (*want)(const amt_stream *s, int want);
} amt_stream_ops;

struct amt_stream {
  const amt_stream_ops *ops;
  int                   abort; /* set before close; see there */
};

/* --- connections -------------------------------------------------------- */

/* Milliseconds; 0 means the default, 1 is the least (AMT_ZERO of amt.h is not
   known here). */
typedef struct amt_http_limits {
  uint32_t connect; /* name, connection, TLS: 10 s */
  uint32_t idle;    /* without a byte going or coming: 30 s */
  uint32_t call;    /* one whole call: 600 s */
  uint32_t keep;    /* a connection's age, unused, to be used again: 60 s, or
                       less if the server gives it less (Keep-Alive) */
} amt_http_limits;

typedef struct amt_http_conn {
  amt_stream     *stream; /* yours, set before first use */
  /* Read only, but for `quiet`, and for data and len, which may be moved on
     as a piece is taken: */
  uint8_t         state;  /* AMT_CONN_ */
  uint8_t         reused; /* this call is not its connection's first */
  uint8_t         early;  /* the reply came before the request had gone out */
  uint8_t         quiet;  /* idle, and a wait has just seen no byte arrive;
                             those who poll sockets themselves may set it */
  uint8_t         taken;  /* 0: not one byte of this request has left; 1: the
                             stream took some; 2: a write failed, so some may
                             have left, and no more is written */
  amt_http_limits limits; /* yours */
  unsigned char  *data;   /* AMT_HTTP_BODY: a piece of the body, in buf */
  size_t          len;    /* its length */
  size_t          sent;   /* bytes of the request that the stream has taken */
  amt_http_reply  reply;
  uint64_t        body;   /* bytes of the body so far */
  size_t          at;     /* in the buffer: parsed up to here, */
  size_t          have;   /* received up to here */
  uint32_t        t_call; /* when this call began */
  uint32_t        t_io;   /* when the last byte moved */
} amt_http_conn;

enum { AMT_CONN_CLOSED, AMT_CONN_OPENING, AMT_CONN_SENDING,
       AMT_CONN_RECEIVING, AMT_CONN_IDLE };

/* Begins a call. Close the connection first if it is to another server than
   the last. A kept connection is used again only if its last reply ended
   at most max_idle ms ago (0: limits.keep), and a second before the time is up
   that this reply gave it (Keep-Alive), and if nothing has arrived since, not
   even its end: a look at the stream, unless `quiet` has said so already. */
AMTDEF void amt_http_begin(amt_http_conn *c, uint32_t now, uint32_t max_idle);

/* Goes on with the call. Receives at most once until it has answered AMT_AGAIN:
   so when it has, nothing unread lies in buf. */
AMTDEF int amt_http_poll(amt_http_conn *c, const amt_url *u, void *buf,
                         size_t size, uint32_t now);

/* Offers the window o, produced from conn->sent, to the stream. AMT_HTTP_SEND:
   produce the next piece; AMT_AGAIN: all sent, or not yet; or an error. If the
   stream takes nothing, or fails, it looks for a reply: AMT_HTTP_EARLY if there
   is one, received into o->buf. conn->taken says whether the request may be
   sent again without being there twice. */
AMTDEF int amt_http_send(amt_http_conn *c, const amt_out *o, uint32_t now);

/* Closes it, and gives up what was under way. Every error does this too, since
   a late reply must not meet the next request. */
AMTDEF void amt_http_close(amt_http_conn *c);

/* What the call waits for, AMT_WANT_, for those who poll descriptors. With
   AMT_WANT_NOTHING there is no need to; an idle connection that turns readable,
   or AMT_WANT_NOW, has ended, and is best closed. A connection attempt wants to
   be polled every 250 ms or so, too: a name may have other addresses. */
AMTDEF int amt_http_want(const amt_http_conn *c);

/* The stream's own wait, for what the call waits for. 1: call amt_http_poll; 0:
   the time is up, or this stream cannot wait; or AMT_INTERRUPTED. An idle
   connection that has something to say (its end, mostly) is closed. */
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

#if defined(AMT_POSIX) || defined(AMT_LWIP) || defined(AMT_WINSOCK)
/* --- sockets ------------------------------------------------------------ */

#define AMT_ADDRESSES 8 /* of one name, tried in turn */

/* Names to addresses: how many (1 to max), AMT_AGAIN, or AMT_E_DNS. Replace
   it by a table, c-ares, or whatever does not block. */
typedef int (*amt_resolver)(void *ctx, const char *host, amt_address *a,
                            int max);
#endif

#if defined(AMT_POSIX) || defined(AMT_LWIP)
/* --- POSIX sockets, and lwIP's ------------------------------------------ */

/* One TCP connection. Set resolve and ctx after amt_posix_init if the default,
   getaddrinfo, will not do: that one may block for as long as the system's
   resolver is set to wait, and uses libc's heap. Its time counts against the
   connect limit. Numeric addresses never go through it.

   With AMT_LWIP, fd is lwIP's and for lwip_poll, an lwIP without DNS
   (LWIP_DNS=0) knows no names, nothing is interrupted by a signal, and the
   time of the day is not known: see amt_tls.time. tcpip_init, and an interface
   that is up, are the caller's. */
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
#ifdef AMT_POSIX
AMTDEF uint32_t amt_posix_time(void *ctx); /* seconds since 1970 */
#endif
#endif /* AMT_POSIX || AMT_LWIP */

#ifdef AMT_WINSOCK
/* --- Windows sockets ---------------------------------------------------- */

/* One TCP connection. Set resolve and ctx after amt_winsock_init if the
   default, getaddrinfo, will not do: that one may block for as long as Windows
   is set to wait. Its time counts against the connect limit. Numeric addresses
   never go through it. */
typedef struct amt_winsock {
  amt_stream   stream;
  amt_resolver resolve;
  void        *ctx;
  uintptr_t    fd;        /* a SOCKET, or INVALID_SOCKET when closed; yours to
                             wait for, not to close. It never blocks */
  int          sys_error; /* of the last failure, WSAECONNREFUSED say */
  uint32_t     left;      /* of the connect limit, when this address began */
  uint8_t      count, index;
  amt_address  address[AMT_ADDRESSES];
} amt_winsock;

/* Calls WSAStartup for version 2.2. Windows counts these: who wants Winsock
   to be unloaded before the process ends calls WSACleanup once for each. */
AMTDEF void     amt_winsock_init(amt_winsock *s);
AMTDEF int      amt_winsock_resolve(void *ctx, const char *host, amt_address *a,
                                    int max);
AMTDEF uint32_t amt_winsock_now(void); /* milliseconds, monotonic, in steps of
                                          10 to 16 */
AMTDEF uint32_t amt_winsock_time(void *ctx); /* seconds since 1970 */
/* The system's randomness (RtlGenRandom), for amt_tls.random. */
AMTDEF int      amt_winsock_random(void *ctx, void *p, size_t n);
#endif /* AMT_WINSOCK */

#ifdef AMT_LWIP_RAW
/* --- lwIP, its raw API -------------------------------------------------- */

/* One TCP connection. lwIP is the caller's to set up and to run: the driver's
   input and sys_check_timeouts(), between two polls. Neither may happen in an
   interrupt or on another thread while the library is called, and the library
   must not be called from a callback of lwIP's.

   Host names go to lwIP's DNS, whose answer may take its time: "not yet" until
   then. Names of your own: DNS_LOCAL_HOSTLIST, dns_local_addhost. Memory is
   lwIP's: one TCP_PCB, what TCP_WND and TCP_SND_BUF let lie in its pools, and
   one pcb more for the connection before this one, which may still be waiting
   for its last answer; it gives way when the pools are empty.

   A look-up cannot be called off: static memory for the struct, or let it live
   until `looking` is 0 after the connection was closed. */
typedef struct amt_lwip_raw {
  amt_stream      stream;
  struct tcp_pcb *pcb;        /* NULL when there is none; not yours to close */
  err_t           lwip_error; /* ERR_ of the last failure */
  uint8_t         looking;    /* a look-up is under way */
  /* Private: */
  uint8_t         state;
  int8_t          end;        /* how the stream ends behind what is held */
  ip_addr_t       address;
  struct pbuf    *held;       /* received, not yet read */
} amt_lwip_raw;

/* It has no wait: amt_wait and amt_http_wait give the loop back at once. */
AMTDEF void amt_lwip_raw_init(amt_lwip_raw *s);
#endif /* AMT_LWIP_RAW */

/* --- TLS ---------------------------------------------------------------- */

/* What a server has to prove before a byte of a request leaves. One for each
   server, inside the struct of the back end, shared by all its connections.
   Zeroed it asks for everything: a chain to a trust anchor, dates that hold
   now, and the server's name, as a DNS name or an IP address, in the
   certificate. TLS 1.2 at least (BearSSL has nothing later). */
typedef struct amt_tls {
  const char *name;            /* the name in the certificate, where it is not
                                  the URL's host; NULL: it is */
  const uint8_t (*pins)[32];   /* SHA-256 of the SubjectPublicKeyInfo: the
                                  server's key must be one of these, too */
  size_t        pin_count;
  /* Seconds since 1970-01-01 UTC, or 0 while the clock is not set. NULL: the
     system's with AMT_POSIX or AMT_WINSOCK, else not set. A time before this
     build's own date (AMT_BUILD_TIME) counts as not set. */
  uint32_t    (*time)(void *ctx);
  /* Fills n bytes with randomness and returns 1, or 0 if there is none. NULL:
     the system's, if the back end knows one. Never a guess: without any, the
     handshake is refused. */
  int         (*random)(void *ctx, void *p, size_t n);
  void         *ctx;
  /* 1: chain, dates and name are not looked at. With pins the key alone says
     who the server is; without any, nobody does, and whoever sits between
     reads the password. (BearSSL still wants a certificate that it can read:
     no SHA-1, no RSA key below 2,048 bits, unless your `more` says so by
     br_x509_minimal_set_hash and _minrsa.) */
  uint8_t       insecure_skip_chain;
  /* 1: for devices without a clock. Certificates past their end are taken. */
  uint8_t       insecure_skip_dates;
} amt_tls;

/* What the last handshake showed; kept after a failure, to tell it. */
typedef struct amt_tls_seen {
  uint8_t  pin[32];     /* of the key that the server showed */
  uint32_t from, until; /* dates of `certificate`, seconds since 1970; after
                           2106: 0xFFFFFFFF. 0: not seen */
  int      lib_error;   /* the back end's own number, for its manual */
  uint8_t  certificate; /* 0, the server's own, or where it failed: 1 the next
                           in the chain, ... */
  uint8_t  resumed;     /* an earlier session was taken up again: then no
                           certificate was shown, and none of the above seen */
} amt_tls_seen;

/* The AMT_E_ of a fatal alert that the server sent: one for each number, so
   that the error alone tells it, by name. */
#define AMT_E_TLS_ALERT(number) (-400 - (number))

/* Reads a certificate (DER, RFC 5280) as it comes, for what the back ends do
   not tell: dates, key, IP addresses. Inside of the streams; no pointers. */
typedef struct amt_tls_reader {
  uint32_t at;          /* bytes read */
  uint32_t end[8];      /* where the open elements end */
  uint32_t left;        /* of this element's value */
  uint32_t from, until; /* seconds since 1970 */
  uint32_t issuer, subject; /* hashes, only good for words */
  uint8_t  index[8];    /* elements begun at each depth */
  uint8_t  value[16];   /* of a short element that matters */
  uint8_t  ip[16];      /* an address to look for, */
  uint8_t  ip_len;      /* 4 or 16; 0: none */
  uint8_t  ip_found;
  uint8_t  have, depth, state, tag, extensions, names;
} amt_tls_reader;

/* Memory of the caller's that fills from both ends. Inside of the readers. */
typedef struct amt_tls_room {
  unsigned char *mem;
  size_t         low;  /* names and keys up to here */
  size_t         high; /* the list from here on */
  int            error;
} amt_tls_room;

#ifdef AMT_BEARSSL
/* --- TLS by BearSSL: no heap -------------------------------------------- */

/* Certificate and key with which we answer a server that asks for them. Filled
   by amt_bearssl_client_read, or by hand from C source (`amt anchors --cert
   FILE --key FILE` prints it). */
typedef struct amt_bearssl_client {
  const br_x509_certificate *chain; /* ours first */
  size_t                     chain_len;
  br_rsa_private_key         rsa; /* one of the two, */
  br_ec_private_key          ec;
  unsigned                   issuer_key_type; /* BR_KEYTYPE_ of who signed it;
                                                 0: the same as ours */
  /* amt_bearssl_use_rsa or amt_bearssl_use_ec, to fit */
  void (*use)(br_ssl_client_context *cc, const struct amt_bearssl_client *c);
} amt_bearssl_client;

AMTDEF void amt_bearssl_use_rsa(br_ssl_client_context *cc,
                                const amt_bearssl_client *c);
AMTDEF void amt_bearssl_use_ec(br_ssl_client_context *cc,
                               const amt_bearssl_client *c);

/* One server. The caller fills the first part before the first connection;
   what it points to stays as it is while connections use it. */
typedef struct amt_bearssl_server {
  amt_tls                    tls;
  const br_x509_trust_anchor *anchors; /* trusted authorities */
  size_t                     anchor_count;
  const amt_bearssl_client  *client; /* NULL: we have no certificate */
  /* Called for each connection after the short list of ciphers is set up:
     amt_bearssl_more, or yours (accelerators, other curves). NULL: none */
  void (*more)(br_ssl_client_context *cc, br_x509_minimal_context *xc);
  /* The session saved for a cheap reconnect. It is taken up again only under
     the same name, port, pins, anchors, client and insecure_ fields, and for
     a day at most. */
  br_ssl_session_parameters  saved;
  uint8_t                    saved_for[32]; /* a hash of these */
  uint32_t                   saved_until;   /* seconds since 1970 */
  uint8_t                    has_saved;
} amt_bearssl_server;

/* Forgets and wipes the saved session: when the credentials end, and after
   changing what anchors, pins or client point to. */
AMTDEF void amt_bearssl_forget(amt_bearssl_server *server);

/* All that BearSSL has, for old servers: AES in CBC mode, RSA key exchange,
   SHA-1 in these; still TLS 1.2. Costs 12 kB where it is used. */
AMTDEF void amt_bearssl_more(br_ssl_client_context *cc,
                             br_x509_minimal_context *xc);

/* One connection: wraps any other stream. 7 kB and the buffer. Its random
   generator is seeded once: after a fork(), initialise it anew. */
typedef struct amt_bearssl {
  amt_stream              stream;
  amt_stream             *inner;
  amt_bearssl_server     *server;
  unsigned char          *buf;
  size_t                  size;
  amt_tls_seen            seen;
  /* Private: */
  uint8_t                 certificates, first, offered, decided, ip_found;
  int                     broken;      /* the error of a write below; then
                                          nothing is written any more */
  int                     verdict;     /* why the certificate was refused */
  uint8_t                 binding[32]; /* what a saved session depends on */
  amt_tls_reader          reader;
  uint8_t                 state;       /* what stands above begins anew */
  const br_x509_class    *verifier;    /* ours, in front of xc */
  br_sha256_context       key_hash;
  br_ssl_client_context   cc;
  br_x509_minimal_context xc;
} amt_bearssl;

/* The buffer is the caller's, one for each connection, and sets the largest
   record: AMT_BEARSSL_FULL takes any; twice that sends and receives at once;
   AMT_BEARSSL_LEAST to AMT_BEARSSL_FULL asks the server for records of 512,
   1,024, 2,048 or 4,096 bytes (max_fragment_length, RFC 6066), which OpenSSL
   and nginx send and GnuTLS does not: then AMT_E_TLS_RECORD. */
#define AMT_BEARSSL_FULL  16709
#define AMT_BEARSSL_LEAST 837

AMTDEF void amt_bearssl_init(amt_bearssl *t, amt_stream *inner,
                             amt_bearssl_server *server, void *buf,
                             size_t size);

/* Trust anchors from PEM, into memory of the caller's (some 600 bytes for
   each certificate; a system's whole file is 100 kB). Zeroed, then mem and
   size set; list and count are the result. Certificates that BearSSL cannot
   use are passed over and counted; what is no certificate is passed over. */
typedef struct amt_bearssl_anchors {
  void                   *mem;
  size_t                  size;
  br_x509_trust_anchor   *list;
  size_t                  count;
  size_t                  passed;  /* certificates that cannot be used */
  /* Private: */
  amt_tls_room            room;
  size_t                  dn;      /* where the name at hand begins */
  br_pem_decoder_context  pem;
  br_x509_decoder_context x509;
  uint8_t                 state;
} amt_bearssl_anchors;

/* Reads n more bytes of PEM, cut anywhere. 0, or AMT_E_TLS_PEM, or
   AMT_E_TLS_ROOM. */
AMTDEF int amt_bearssl_anchors_read(amt_bearssl_anchors *a, const void *p,
                                    size_t n);
/* The text has ended: 0, or AMT_E_TLS_PEM if it broke off, or held no
   certificate that can be used. */
AMTDEF int amt_bearssl_anchors_end(amt_bearssl_anchors *a);

/* A client's chain and its unencrypted key from PEM (PKCS #8, or "RSA" or "EC
   PRIVATE KEY") into mem: about the texts' size in all. 0, or AMT_E_TLS_PEM,
   AMT_E_TLS_KEY, AMT_E_TLS_ROOM. Wipe mem after use: it holds the key. */
AMTDEF int amt_bearssl_client_read(amt_bearssl_client *c, void *mem,
                                   size_t size, const char *chain,
                                   size_t chain_len, const char *key,
                                   size_t key_len);
#endif /* AMT_BEARSSL */

#ifdef AMT_MBEDTLS
/* --- TLS by mbedTLS: uses its own heap ---------------------------------- */

/* One server. amt_mbedtls_server_init, then the first part is the caller's. */
typedef struct amt_mbedtls_server {
  amt_tls            tls;
  mbedtls_x509_crt  *anchors; /* trusted authorities */
  mbedtls_x509_crt  *client;  /* our certificate and chain, or NULL, */
  mbedtls_pk_context *client_key;
  const int         *ciphers; /* 0 at its end; NULL: a short list for TLS 1.2.
                                 With 3.x yours may name TLS 1.3's, after
                                 psa_crypto_init */
  uint8_t            fragment; /* MBEDTLS_SSL_MAX_FRAG_LEN_; 0: any record.
                                  2.28 wants each chain to fit one */
  /* Private: */
  mbedtls_ssl_session saved;
  uint8_t             saved_for[32];
  uint32_t            saved_until;
  uint8_t             has_saved;
  mbedtls_entropy_context entropy;
} amt_mbedtls_server;

AMTDEF void amt_mbedtls_server_init(amt_mbedtls_server *server);
/* Gives back and wipes the saved session: see amt_bearssl_forget. */
AMTDEF void amt_mbedtls_forget(amt_mbedtls_server *server);
/* Forgets, and gives back what init took. Its connections are closed. */
AMTDEF void amt_mbedtls_server_end(amt_mbedtls_server *server);

#define AMT_MBEDTLS_RECORD 1024 /* bytes of a request in one record, at most */

/* One connection: wraps any other stream. */
typedef struct amt_mbedtls {
  amt_stream               stream;
  amt_stream              *inner;
  amt_mbedtls_server      *server;
  amt_tls_seen             seen;
  /* Private: */
  mbedtls_ssl_context      ssl;
  mbedtls_ssl_config       conf;
  amt_tls_reader           reader;
  uint8_t                  binding[32];
  int                      verdict;
  int                      broken;      /* the error of a write below; then
                                           nothing is written any more */
  int                      inner_error; /* of a read below */
  uint8_t                  state, want, first, offered, verified, turns;
  uint16_t                 out_at, out_len;
  uint8_t                  out[AMT_MBEDTLS_RECORD + 128]; /* not yet sent */
} amt_mbedtls;

AMTDEF void amt_mbedtls_init(amt_mbedtls *t, amt_stream *inner,
                             amt_mbedtls_server *server);
#endif /* AMT_MBEDTLS */

#endif /* AMT_HTTP_H */

/* ========================================================================
   >>http-impl */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_HTTP_IMPLEMENTED)
#define AMT_HTTP_IMPLEMENTED

/* ------------------------------------------------------------------------
   >>http-text */

#if !defined(AMT_NO_TEXT) && (defined(AMT_BEARSSL) || defined(AMT_MBEDTLS))
/* Alerts: RFC 5246, 7.2.2, and later extensions. */
static const char *amt__tls_alert_text(int alert)
{
  switch (alert) {
  case 0: return "TLS alert close_notify: the server ended the connection";
  case 10: return "TLS alert unexpected_message: the server calls our message "
                  "out of order; see its TLS library";
  case 20: return "TLS alert bad_record_mac: our bytes did not arrive as sent; "
                  "see what is between";
  case 22: return "TLS alert record_overflow: the server takes no record of "
                  "this size";
  case 40: return "TLS alert handshake_failure: server and client have no "
                  "version, cipher or curve in common; allow TLS 1.2, ECDHE "
                  "and AES-128-GCM or ChaCha20 on the server, or more ciphers "
                  "here; or it wants a client certificate";
  case 42: return "TLS alert bad_certificate: the server refuses our client "
                  "certificate";
  case 43: return "TLS alert unsupported_certificate: the server cannot use "
                  "our client certificate";
  case 44: return "TLS alert certificate_revoked: our client certificate was "
                  "revoked; ask for a new one";
  case 45: return "TLS alert certificate_expired: our client certificate has "
                  "expired, or the server's clock is wrong";
  case 46: return "TLS alert certificate_unknown: the server refuses our "
                  "client certificate";
  case 47: return "TLS alert illegal_parameter: the server calls our "
                  "handshake wrong";
  case 48: return "TLS alert unknown_ca: the server does not trust who signed "
                  "our client certificate; give it that CA, or us another";
  case 49: return "TLS alert access_denied: the server knows our client "
                  "certificate and does not let it in";
  case 50: return "TLS alert decode_error: the server could not read our "
                  "handshake";
  case 51: return "TLS alert decrypt_error: a signature or a Finished was "
                  "wrong; does our key belong to our certificate?";
  case 71: return "TLS alert insufficient_security: the server asks for "
                  "stronger ciphers than ours";
  case 80: return "TLS alert internal_error: the server failed; see its log";
  case 86: return "TLS alert inappropriate_fallback: the server speaks a "
                  "later version";
  case 90: return "TLS alert user_canceled: the server gave the handshake up";
  case 100: return "TLS alert no_renegotiation";
  case 109: return "TLS alert missing_extension: the server asks for an "
                   "extension that we do not send";
  case 110: return "TLS alert unsupported_extension: the server refuses an "
                   "extension of ours";
  case 112: return "TLS alert unrecognized_name: the server has no such name; "
                   "check the host in the URL";
  case 113: return "TLS alert bad_certificate_status_response";
  case 115: return "TLS alert unknown_psk_identity";
  case 116: return "TLS alert certificate_required: the server wants a client "
                   "certificate";
  case 120: return "TLS alert no_application_protocol";
  default: return "a TLS alert of a number without a name";
  }
}

static const char *amt__tls_text(int error)
{
  if (error <= AMT_E_TLS_ALERT(0) && error >= AMT_E_TLS_ALERT(255))
    return amt__tls_alert_text(AMT_E_TLS_ALERT(0) - error);
  switch (error) {
  case AMT_E_TLS_BROKEN:
    return "TLS: bytes that do not fit the protocol or the keys; if it stays "
           "so, see the server's TLS log, and what is between";
  case AMT_E_TLS_NOT_TLS:
    return "TLS: the server does not speak TLS on this port; "
           "is it http, or another port?";
  case AMT_E_TLS_VERSION:
    return "TLS: the server has nothing that we speak: it must offer TLS 1.2";
  case AMT_E_TLS_CIPHER:
    return "TLS: the server chose a cipher or a curve that we do not have";
  case AMT_E_TLS_NAME:
    return "TLS: the server's certificate is for another name; use the name "
           "that it has, or have a certificate made for this one";
  case AMT_E_TLS_IP:
    return "TLS: the server's certificate does not have this IP address (an "
           "iPAddress in its subjectAltName); use its name, or have one made";
  case AMT_E_TLS_SELF_SIGNED:
    return "TLS: the server's certificate is signed by itself, and is not "
           "trusted; add it to the CA file, or pin its key";
  case AMT_E_TLS_ISSUER:
    return "TLS: nobody trusted has signed this certificate: the server does "
           "not send an intermediate one, or its CA is not in the CA file";
  case AMT_E_TLS_ROOT:
    return "TLS: the chain ends in a root certificate that is not trusted; "
           "is the right CA in the CA file?";
  case AMT_E_TLS_SIGNATURE:
    return "TLS: the signature on this certificate is wrong; "
           "it was damaged or forged";
  case AMT_E_TLS_EXPIRED:
    return "TLS: this certificate has expired; have it renewed";
  case AMT_E_TLS_NOT_YET:
    return "TLS: this certificate is not valid yet; "
           "is the clock right, here and where it was made?";
  case AMT_E_TLS_CLOCK:
    return "TLS: the clock is not set, so no certificate can be judged; "
           "set it (NTP, RTC), or skip dates where that is right";
  case AMT_E_TLS_WEAK:
    return "TLS: the key in this certificate is too weak (RSA below 2,048 "
           "bits); have a new one made";
  case AMT_E_TLS_ALGORITHM:
    return "TLS: this certificate's key or signature is of a kind that is not "
           "taken (SHA-1, MD5, Ed25519, an unknown curve)";
  case AMT_E_TLS_USAGE:
    return "TLS: this certificate may not be used so: it is not a CA's, or its "
           "key is for another purpose";
  case AMT_E_TLS_CERTIFICATE:
    return "TLS: this certificate is malformed, or has a critical extension "
           "that is not understood";
  case AMT_E_TLS_PIN:
    return "TLS: the server's key is not the pinned one; if it was changed on "
           "purpose, pin the new one, otherwise somebody is between";
  case AMT_E_TLS_RANDOM:
    return "TLS: no source of randomness; give one (amt_tls.random)";
  case AMT_E_TLS_RECORD:
    return "TLS: the server sends larger records than the buffer takes, and "
           "does not honour max_fragment_length; give it 16,709 bytes "
           "(mbedTLS: no fragment)";
  case AMT_E_TLS_BUFFER:
    return "TLS: the buffer is too small: 837 bytes at least, 16,709 for any "
           "server";
  case AMT_E_TLS_NO_NAME:
    return "TLS: no name is expected of the server, or one over 253 bytes";
  case AMT_E_TLS_NO_ANCHORS:
    return "TLS: nothing to verify the server with; give trust anchors";
  case AMT_E_TLS_PEM:
    return "TLS: no usable certificate in this text, or damaged PEM";
  case AMT_E_TLS_KEY:
    return "TLS: no usable private key in this text; it must be PEM, RSA or "
           "EC, and not encrypted";
  case AMT_E_TLS_ROOM:
    return "TLS: the memory for certificates is too small";
  case AMT_E_TLS_ORDER:
    return "TLS: this certificate is not the issuer of the one before it; the "
           "server must send its own first, then each one's issuer, once";
  case AMT_E_TLS_MEMORY:
    return "TLS: mbedTLS could not be set up; is its heap large enough?";
  default: return "";
  }
}
#endif

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
    return "the buffer is smaller than 64 bytes, or the request longer than "
           "this machine can count";
#if defined(AMT_BEARSSL) || defined(AMT_MBEDTLS)
  default: return amt__tls_text(error);
#else
  default: break;
#endif
  }
#endif
  (void)error;
  return "";
}

/* ------------------------------------------------------------------------
   >>http-bytes */

#ifndef AMT_SHARED_IMPLEMENTED
#define AMT_SHARED_IMPLEMENTED
#ifndef AMT_WIDE
#if defined(__OPTIMIZE_SIZE__) || SIZE_MAX < 0xFFFFFFFFu
#define AMT_WIDE 0
#elif defined(__SSE2__) || (defined(__aarch64__) && defined(__ARM_NEON))
#define AMT_WIDE 128
#elif SIZE_MAX > 0xFFFFFFFFu
#define AMT_WIDE 64
#else
#define AMT_WIDE 32
#endif
#endif
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

/* What has to be part of a common way, and what has to be out of it; not where
   small is better than fast. */
#if AMT_WIDE > 0 && defined(__GNUC__) && defined(__OPTIMIZE__) && \
  !defined(__OPTIMIZE_SIZE__)
#define AMT__INLINE static inline __attribute__((always_inline))
#define AMT__APART static __attribute__((noinline))
#else
#define AMT__INLINE static
#define AMT__APART static
#endif

AMT__INLINE void amt__put_char(amt_out *o, char c)
{
  if (o->total >= o->from && o->len < o->cap) o->buf[o->len++] = c;
  if (o->total < (size_t)-1) o->total++;
}

#ifdef __OPTIMIZE_SIZE__ /* -Os: without memcpy and strlen, which are larger */
AMTDEF void amt_put(amt_out *o, const void *p, size_t n)
{
  const char *text = (const char *)p;
  while (n-- > 0) amt__put_char(o, *text++);
}

AMTDEF void amt_put_text(amt_out *o, const char *text)
{
  while (*text != 0) amt__put_char(o, *text++);
}
#else
AMTDEF void amt_put(amt_out *o, const void *p, size_t n)
{
  size_t total = o->total, room = o->cap - o->len, skip;
  o->total = n > (size_t)-1 - total ? (size_t)-1 : total + n;
  if (room == 0) return;
  skip = total < o->from ? o->from - total : 0;
  if (skip >= n) return;
  n -= skip;
  if (n > room) n = room;
  memcpy(o->buf + o->len, (const char *)p + skip, n);
  o->len += n;
}

AMTDEF void amt_put_text(amt_out *o, const char *text)
{
  amt_put(o, text, strlen(text));
}
#endif

/* Large ones a bit at a time: 64-bit division would drag in a routine. */
AMTDEF void amt_put_number(amt_out *o, uint64_t n)
{
  char     digit[20];
  unsigned i = sizeof digit;
  do {
    unsigned rest = 0, bit = 0;
#ifndef __OPTIMIZE_SIZE__
    if (n >> 32 == 0) { /* mostly */
      rest = (uint32_t)n % 10u;
      n = (uint32_t)n / 10u;
      bit = 64;
    }
#endif
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

/* The value of a digit, of base 10 or 16; 16 if it is none. */
AMT__INLINE unsigned amt__digit(unsigned c)
{
  unsigned digit = c - '0';
  if (digit <= 9u) return digit;
  digit = (c | 32u) - 'a';
  return digit <= 5u ? digit + 10u : 16u;
}

/* 16 bits at a time: a multiplication of 64 would drag in a routine, too. */
AMTDEF int amt_uint64(const char *text, size_t n, unsigned base, uint64_t *v)
{
  uint32_t part[4], carry;
  size_t   i;
  unsigned k;
  part[0] = part[1] = part[2] = part[3] = 0;
  for (i = 0; i < n; i++) {
    carry = amt__digit((unsigned char)text[i]);
    if (carry >= base) return 0;
    for (k = 0; k < 4; k++) {
      carry += part[k] * base;
      part[k] = carry & 0xFFFFu;
      carry >>= 16;
    }
    if (carry != 0) return 0;
  }
  *v = (uint64_t)(part[3] << 16 | part[2]) << 32 | (part[1] << 16 | part[0]);
  return n != 0;
}

AMTDEF void amt_wipe(void *p, size_t n)
{
#ifdef __GNUC__
  memset(p, 0, n);
  __asm__ __volatile__("" : : "r"(p) : "memory"); /* it may be read here */
#else
  volatile unsigned char *v = (volatile unsigned char *)p;
  while (n-- > 0) *v++ = 0;
#endif
}

/* Milliseconds from then to now; 0 if the clock went back. */
static uint32_t amt__elapsed(uint32_t now, uint32_t then)
{
  uint32_t d = now - then;
  return d & 0x80000000u ? 0 : d;
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
  amt__put_char(o, ' ');
  if (path_len == 0 || *path != '/') amt__put_char(o, '/');
  amt_put(o, path, path_len);
  amt_http_put_host(o, u);
}

/* The host as it was given; the port only where it is not the scheme's. */
AMTDEF void amt_http_put_host(amt_out *o, const amt_url *u)
{
  amt_put_text(o, " HTTP/1.1\r\nHost: ");
  if (u->ip6) amt__put_char(o, '[');
  amt_put(o, u->host, u->host_len);
  if (u->ip6) amt__put_char(o, ']');
  if (u->port != (u->tls ? 443 : 80)) {
    amt__put_char(o, ':');
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

   A byte at a time through amt__http_step, which looks at nothing but the byte
   and the state. Whatever has a meaning is a word, gathered in the state: the
   version, the status, a header's name, each word of its value, a chunk's
   size; what ends a word, and what it leads to, depends on the state. In front
   of the step stand two fast paths: body bytes, and text that is skipped. */

enum {
  /* A word is being read: */
  AMT__P_VERSION, AMT__P_STATUS,
  AMT__P_NAME,   /* of a header; a line without any ends the head */
  AMT__P_LIST,   /* a value of words between commas */
  AMT__P_NUMBER, /* a value of digits */
  AMT__P_SIZE,   /* of a chunk */
  AMT__P_PAD,    /* no word may follow the blanks behind that size */
  /* Text is skipped: */
  AMT__P_EXT,    /* a chunk extension */
  AMT__P_REASON, /* the rest of the status line, or a value nobody asked for */
  AMT__P_CHUNK,  /* nothing at all, behind a chunk */
  /* Body: */
  AMT__P_BODY,   /* left bytes of it, or of a chunk */
  AMT__P_TO_END, /* until the stream ends */
  AMT__P_DONE
};

/* Header names, then the words of lists; keep-alive is both. */
enum { AMT__H_LENGTH, AMT__H_RETRY, /* numbers; and lists: */
       AMT__H_CONNECTION, AMT__H_ENCODING, AMT__H_TRANSFER, AMT__H_KEEP,
       AMT__W_CHUNKED, AMT__W_CLOSE, AMT__W_IDENTITY, AMT__W_END,
       AMT__H_MORE = 16 /* its value has had a word */ };

/* In that order, each behind its length. */
static const char amt__http_words[] =
  "\16content-length\13retry-after\12connection\20content-encoding"
  "\21transfer-encoding\12keep-alive\7chunked\5close\10identity";

/* The first four: this word was seen, in its place. */
enum {
  AMT__P_KEEP     = 1,
  AMT__P_CHUNKED  = 1 << (AMT__W_CHUNKED - AMT__H_KEEP),
  AMT__P_CLOSE    = 1 << (AMT__W_CLOSE - AMT__H_KEEP),
  AMT__P_IDENTITY = 1 << (AMT__W_IDENTITY - AMT__H_KEEP),
  AMT__P_LENGTH   = 16, /* Content-Length was */
  AMT__P_OLD      = 32, /* HTTP/1.0 */
  AMT__P_TRAILER  = 64,
  AMT__P_CR       = 128 /* LF must follow */
};

/* Which of amt__http_words it is; AMT__W_END if none. */
static unsigned amt__http_word(const amt_http_reply *r)
{
  const char *word = amt__http_words;
  unsigned    w, i, len;
#if AMT_WIDE > 0 /* most names are told by their length */
  static const uint32_t lengths = 1ul << 5 | 1ul << 7 | 1ul << 8 | 1ul << 10 |
                                  1ul << 11 | 1ul << 14 | 1ul << 16 | 1ul << 17;
  if (r->word_len > 17u || !(lengths >> r->word_len & 1u)) return AMT__W_END;
#endif
  for (w = 0; w < AMT__W_END; w++) {
    len = (unsigned char)*word++;
    if (len == r->word_len) {
      for (i = 0; i < len && word[i] == r->word[i];) i++;
      if (i == len) break;
    }
    word += len;
  }
  return w;
}

/* One more byte of the word, whose n are there already; how many then. */
static unsigned amt__http_gather(amt_http_reply *r, unsigned n, unsigned c)
{
  if (c - 'A' < 26u) c |= 32u;
  if (n == 1 && r->word[0] == '0' && r->state >= AMT__P_NUMBER)
    n = 0; /* numbers may be padded */
  if (n < sizeof r->word) r->word[n] = (char)c;
  return n <= sizeof r->word ? n + 1u : n;
}

/* The word as a number. */
static int amt__http_number(const amt_http_reply *r, unsigned base, uint64_t *v)
{
  return r->word_len <= sizeof r->word &&
         amt_uint64(r->word, r->word_len, base, v);
}

/* timeout=N of Keep-Alive; all else it may say is passed over. With 1 or 0
   the last second is all there is. */
static void amt__http_keep_alive(amt_http_reply *r)
{
  uint64_t v = 0;
  if (r->word_len - 8u > sizeof r->word - 8u ||
      memcmp(r->word, "timeout=", 8) != 0 ||
      !amt_uint64(r->word + 8, r->word_len - 8u, 10, &v)) return;
  if (v < 2u) r->flags |= AMT__P_CLOSE;
  r->keep_alive = v > 0xFFFFu ? 0xFFFFu : (uint16_t)v;
}

/* A word of a list has ended. */
static int amt__http_listed(amt_http_reply *r)
{
  unsigned seen = 0, good, w = amt__http_word(r) - AMT__H_KEEP;
  if (r->word_len == 0) return 0; /* an empty element */
  if (r->field == AMT__H_KEEP) {
    amt__http_keep_alive(r);
    return 0;
  }
  if (w < AMT__W_END - AMT__H_KEEP) seen = 1u << w;
  if (r->field == AMT__H_CONNECTION) good = AMT__P_CLOSE | AMT__P_KEEP;
  else if (r->field == AMT__H_ENCODING) good = AMT__P_IDENTITY;
  else good = AMT__P_CHUNKED & ~(unsigned)r->flags; /* once */
  seen &= good;
  r->flags |= (uint8_t)seen;
  if (seen || r->field == AMT__H_CONNECTION) return 0;
  return r->field == AMT__H_ENCODING ? AMT_E_HTTP_ENCODING : AMT_E_HTTP_CODING;
}

/* A value of digits: its word, or one more, or nothing. */
static int amt__http_digits(amt_http_reply *r)
{
  uint64_t v = 0;
  int      number = amt__http_number(r, 10, &v) && !(r->field & AMT__H_MORE);
  unsigned field = r->field & (AMT__H_MORE - 1u);
  r->field |= AMT__H_MORE;
  if (field == AMT__H_RETRY) { /* a date needs a clock: passed over */
    r->retry_after = !number ? 0 : v >> 32 ? 0xFFFFFFFFu : (uint32_t)v;
    if (!number) r->state = AMT__P_REASON;
    return 0;
  }
  if (!number || ((r->flags & AMT__P_LENGTH) && r->left != v))
    return AMT_E_HTTP_LENGTH;
  r->left = v;
  r->flags |= AMT__P_LENGTH;
  return 0;
}

/* The head, or the trailers, are complete. */
static int amt__http_head(amt_http_reply *r)
{
  unsigned f = r->flags, status = r->status, interim = r->interim + 1u;
  r->state = AMT__P_DONE;
  if (f & AMT__P_TRAILER) return 0;
  if (status < 200u) {
    if (interim > 10u || status == 101u) return AMT_E_HTTP_INTERIM;
    amt_http_reply_init(r); /* the caps are each head's own */
    r->interim = (uint8_t)interim;
    return 0;
  }
  r->head = r->lines = 0; /* what stands round chunks has caps of its own */
  if ((f & AMT__P_CHUNKED) && (f & AMT__P_LENGTH)) return AMT_E_HTTP_FRAMING;
  if (status == 204u || status == 304u) return AMT_HTTP_HEAD;
  if (f & AMT__P_CHUNKED) r->state = AMT__P_SIZE;
  else if (!(f & AMT__P_LENGTH)) r->state = AMT__P_TO_END;
  else if (r->left != 0) r->state = AMT__P_BODY;
  return AMT_HTTP_HEAD;
}

/* A line is complete, with its LF: what comes next? */
static int amt__http_line(amt_http_reply *r)
{
  unsigned s = r->state;
  r->flags &= (uint8_t)~AMT__P_CR;
  r->line = 0;
  if (s == AMT__P_NAME) return amt__http_head(r);
  r->state = AMT__P_NAME;
  if (s == AMT__P_CHUNK) r->state = AMT__P_SIZE;
  if (s - AMT__P_SIZE <= AMT__P_EXT - AMT__P_SIZE) {
    if (r->left != 0) r->state = AMT__P_BODY;
    else r->flags |= AMT__P_TRAILER;
  }
  return 0;
}

/* A word has ended before c, which is a blank, CR, or what ends it there. */
static int amt__http_ended(amt_http_reply *r, unsigned c)
{
  uint64_t v = 0;
  switch (r->state) {
  case AMT__P_VERSION:
    if (r->word_len != 8 || c != ' ') return AMT_E_HTTP_STATUS;
    if (r->word[7] == '0') r->flags |= AMT__P_OLD;
    r->state = AMT__P_STATUS;
    return 0;
  case AMT__P_STATUS:
    if (!amt__http_number(r, 10, &v) || r->word_len != 3 || v < 100u ||
        c == '\t') return AMT_E_HTTP_STATUS;
    r->status = (uint16_t)v;
    r->state = AMT__P_REASON;
    return 0;
  case AMT__P_NAME:
    if (c == '\r' && r->word_len == 0) return 0;
    if (c != ':' || r->word_len == 0) return AMT_E_HTTP_HEADER; /* obs-fold */
    if (++r->lines > 100u) return AMT_E_HTTP_SIZE;
    r->field = (uint8_t)amt__http_word(r);
    r->state = r->field > AMT__H_KEEP || (r->flags & AMT__P_TRAILER)
                 ? AMT__P_REASON
             : r->field <= AMT__H_RETRY ? AMT__P_NUMBER : AMT__P_LIST;
    return 0;
  case AMT__P_NUMBER:
    if (r->word_len != 0 || (c == '\r' && r->field == AMT__H_LENGTH))
      return amt__http_digits(r);
    return 0;
  case AMT__P_LIST: {
    int e = amt__http_listed(r);
    if (c == '\r' && r->field == AMT__H_TRANSFER &&
        !(r->flags & AMT__P_CHUNKED)) e = AMT_E_HTTP_CODING;
    return e;
  }
  case AMT__P_SIZE:
    if (c != '\r') r->state = c == ';' ? AMT__P_EXT : AMT__P_PAD;
    return amt__http_number(r, 16, &r->left) ? 0 : AMT_E_HTTP_CHUNK;
  case AMT__P_PAD:
    if (c == ';') r->state = AMT__P_EXT;
    return 0;
  default: return 0; /* text that is skipped has ended */
  }
}

static int amt__http_wrong(unsigned state)
{
  if (state < AMT__P_NAME) return AMT_E_HTTP_STATUS;
  return state < AMT__P_SIZE || state == AMT__P_REASON ? AMT_E_HTTP_HEADER
                                                       : AMT_E_HTTP_CHUNK;
}

/* One byte of anything but body. 0, AMT_HTTP_HEAD, or an error. */
static int amt__http_step(amt_http_reply *r, unsigned c)
{
  static const char version[] = "HTTP/1.", ends[] = "  :, ;;";
  unsigned s = r->state, n = r->word_len;
  int      e;
  if (r->flags & AMT__P_CR)
    return c == '\n' ? amt__http_line(r) : amt__http_wrong(s);
  if (c == '\r') {
    r->flags |= AMT__P_CR;
  } else {
    if ((c < 32u && c != '\t') || c == 127u || s == AMT__P_CHUNK)
      return amt__http_wrong(s);
    if (s >= AMT__P_EXT) return 0;
    if (c != ' ' && c != '\t' && c != (unsigned char)ends[s]) {
      if (s == AMT__P_VERSION && (n < 7 ? c != (unsigned char)version[n]
                                        : n > 7 || c - '0' > 9u))
        return AMT_E_HTTP_STATUS;
      /* What may be in a name was gathered in front of the step. */
      if (s == AMT__P_NAME || s == AMT__P_PAD) return amt__http_wrong(s);
      r->word_len = (uint8_t)amt__http_gather(r, n, c);
      return 0;
    }
  }
  e = amt__http_ended(r, c);
  r->word_len = 0;
  return e;
}

#if AMT_WIDE > 0
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

/* Of each byte of a word. */
#define AMT__EACH_OF(c) ((size_t)-1 / 255u * (c))

/* How many bytes lie before the first that is marked in its top bit; fewer
   where it is not known how they lie. */
static unsigned amt__before(size_t marks)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return (unsigned)__builtin_ctzll(marks) / 8u;
#else
  (void)marks;
  return 0;
#endif
}

/* From i on over text. Marked is what is below 32, DEL, or above it; a borrow
   comes from what is marked. */
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
  if (p[i + 7] == '0') r->flags |= AMT__P_OLD;
  r->status = (uint16_t)status;
  r->state = AMT__P_REASON;
  return i + 12;
}

/* Letters and '-' of a word. */
static size_t amt__http_letters(amt_http_reply *r, const unsigned char *p,
                                size_t i, size_t n)
{
  size_t len = r->word_len, marks = 0;
  while (marks == 0 && n - i >= sizeof n && len + sizeof n < sizeof r->word) {
    size_t w, lower, fits, k;
    memcpy(&w, p + i, sizeof w);
    lower = w | AMT__EACH_OF(32u);
    memcpy(r->word + len, &lower, sizeof w);
    lower &= AMT__EACH_OF(127u); /* now no byte carries into the next */
    fits = (lower + AMT__EACH_OF(128u - 'a')) &
           ~(lower + AMT__EACH_OF(127u - 'z'));
    fits |= ~(((w & AMT__EACH_OF(127u)) ^ AMT__EACH_OF('-')) +
              AMT__EACH_OF(127u));
    marks = (w | ~fits) & AMT__EACH_OF(128u);
    k = marks == 0 ? sizeof w : amt__before(marks);
    len += k;
    i += k;
  }
  for (; i < n && len < sizeof r->word; i++) {
    unsigned c = p[i] | 32u;
    if (c - 'a' > 25u && p[i] != '-') break;
    r->word[len++] = (char)c;
  }
  r->word_len = (uint8_t)len;
  return i;
}
#endif

/* From i on over what needs no step: text that is skipped, and the plain bytes
   of words. */
static size_t amt__http_run(amt_http_reply *r, const unsigned char *p, size_t i,
                            size_t n)
{
  unsigned s = r->state, len = r->word_len;
  if (r->flags & AMT__P_CR) return i;
  if (s == AMT__P_REASON || s == AMT__P_EXT) {
    while (i < n && p[i] >= 32u && p[i] != 127u) i++;
  } else if (s - AMT__P_STATUS <= AMT__P_SIZE - AMT__P_STATUS) {
    while (i < n && ((p[i] | 32u) - 'a' < 26u || amt__is_tchar(p[i])))
      len = amt__http_gather(r, len, p[i++]);
    r->word_len = (uint8_t)len;
  }
  return i;
}

#if AMT_WIDE > 0
/* The lines of a head, as far as they lie whole in front of n and are of the
   usual kind: what ends a word means what it means to the step. */
static int amt__http_lines(amt_http_reply *r, const unsigned char *p,
                           size_t *at, size_t n)
{
  size_t i = *at, from = i, line = i, most = 8192u - r->line;
  int    e = 0;
  if (most > 65536u - r->head) most = 65536u - r->head;
  if (n - i > most) n = i + most; /* no cap is passed here */
  while (i < n) {
    unsigned s = r->state;
    size_t   was = i;
    if (s == AMT__P_NAME) {
      i = amt__http_letters(r, p, i, n);
      if (i < n && p[i] == ':') {
        e = amt__http_ended(r, ':');
        r->word_len = 0;
        i++;
        if (e != 0) break;
        s = r->state;
      }
    }
    if (s == AMT__P_REASON) i = amt__http_skip(p, i, n);
    else if (s == AMT__P_VERSION) i = amt__http_status(r, p, i, n);
    else if (s == AMT__P_LIST || s == AMT__P_NUMBER) {
      if (i < n && r->word_len == 0 && p[i] == ' ') i++;
      if (s == AMT__P_LIST) i = amt__http_letters(r, p, i, n);
      else i = amt__http_run(r, p, i, n);
    } else if (s != AMT__P_NAME) break;
    if (amt__http_crlf(p, i, n)) {
      e = amt__http_ended(r, '\r');
      r->word_len = 0;
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
#endif

AMTDEF void amt_http_reply_init(amt_http_reply *r)
{
  memset(r, 0, sizeof *r);
}

/* Of n bytes, how many are body. */
static size_t amt__http_body(amt_http_reply *r, size_t n)
{
  if (r->state != AMT__P_BODY) return n; /* to the stream's end */
  if (n > r->left) n = (size_t)r->left;
  r->left -= n;
  if (r->left == 0)
    r->state = r->flags & AMT__P_CHUNKED ? AMT__P_CHUNK : AMT__P_DONE;
  return n;
}

/* Counts m more bytes of a head, or of what stands around chunks: a head has a
   cap, each line has one, chunks may be as many as they like. */
static int amt__http_count(amt_http_reply *r, size_t m)
{
  unsigned s = r->state;
  int      over = m > 8192u - r->line;
  r->line = (uint16_t)(r->line + m);
  if (s != AMT__P_SIZE && s != AMT__P_CHUNK) {
    over |= m > 65536u - r->head;
    r->head += (uint32_t)m;
  }
  return over ? AMT_E_HTTP_SIZE : 0;
}

/* Goes on at i. */
AMT__APART int amt__http_go_on(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body, size_t i)
{
  size_t m;
  int    e = 0, step;
  while (e == 0) {
#if AMT_WIDE > 0
    if (!(r->flags & AMT__P_CR) &&
        (r->state < AMT__P_SIZE || r->state == AMT__P_REASON))
      e = amt__http_lines(r, p, &i, n);
    if (e != 0) break;
#endif
    if (r->state >= AMT__P_DONE) e = AMT_HTTP_END;
    if (e != 0 || i >= n) break;
    if (r->state >= AMT__P_BODY) {
      *body = amt__http_body(r, n - i);
      i += *body;
      e = AMT_HTTP_BODY;
      break;
    }
    m = amt__http_run(r, p, i, n) - i;
    step = m == 0;
    m += (size_t)step;
    e = amt__http_count(r, m);
    if (step && e == 0) e = amt__http_step(r, p[i]);
    i += m;
  }
  *used = i;
  return e;
}

AMTDEF int amt_http_reply_next(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body)
{
  size_t i = 0;
  *body = 0;
#if AMT_WIDE > 0 /* most of a chunked body: a chunk's head, and its data */
  if ((r->state == AMT__P_CHUNK || r->state == AMT__P_SIZE) &&
      r->word_len == 0 && !(r->flags & AMT__P_CR))
    i = amt__http_chunk(r, p, n);
  if (r->state == AMT__P_BODY && i < n) {
    *body = amt__http_body(r, n - i);
    *used = i + *body;
    return AMT_HTTP_BODY;
  }
#endif
  return amt__http_go_on(r, p, n, used, body, i);
}

AMTDEF int amt_http_reply_eof(const amt_http_reply *r)
{
  if (r->state == AMT__P_TO_END || r->state == AMT__P_DONE)
    return AMT_HTTP_END;
  return (r->state | r->line | r->interim) ? AMT_E_TRUNCATED : AMT_E_EOF;
}

AMTDEF int amt_http_reply_keeps(const amt_http_reply *r)
{
  if (r->state != AMT__P_DONE || (r->flags & AMT__P_CLOSE)) return 0;
  if (r->flags & AMT__P_OLD)
    return (r->flags & (AMT__P_KEEP | AMT__P_CHUNKED)) == AMT__P_KEEP;
  return 1;
}

/* ------------------------------------------------------------------------
   >>http-conn */

static uint32_t amt__or(uint32_t value, uint32_t otherwise)
{
  return value ? value : otherwise;
}

AMTDEF void amt_http_close(amt_http_conn *c)
{
  if (c->state != AMT_CONN_CLOSED) {
    c->stream->abort = c->state == AMT_CONN_SENDING ||
                       c->state == AMT_CONN_RECEIVING;
    c->stream->ops->close(c->stream);
  }
  c->state = AMT_CONN_CLOSED;
  c->at = c->have = 0;
}

static int amt__http_fail(amt_http_conn *c, int error)
{
  amt_http_close(c);
  return error;
}

/* May the connection be used again, by its age? Not in the last second of the
   time that the server gave it. */
static int amt__http_fresh(const amt_http_conn *c, uint32_t now,
                           uint32_t max_idle)
{
  uint32_t idle = now - c->t_io, given = c->reply.keep_alive;
  if (c->state != AMT_CONN_IDLE) return 0;
  if (given != 0 && idle >= (given - 1u) * 1000u) return 0;
  return idle <= amt__or(max_idle, amt__or(c->limits.keep, 60000u));
}

AMTDEF void amt_http_begin(amt_http_conn *c, uint32_t now, uint32_t max_idle)
{
  unsigned char look;
  if (amt__http_fresh(c, now, max_idle) &&
      (c->quiet ||
       c->stream->ops->read(c->stream, &look, 1) == AMT_AGAIN)) {
    c->state = AMT_CONN_SENDING;
    c->reused = 1;
  } else {
    amt_http_close(c);
    c->state = AMT_CONN_OPENING;
    c->reused = 0;
  }
  c->early = c->quiet = c->taken = 0;
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
  uint32_t total = amt__elapsed(now, c->t_call);
  uint32_t still = amt__elapsed(now, c->t_io);
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
                           amt__or(amt_http_left(c, now), 1));
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
  if (n == AMT_E_EOF ||
      (n == AMT_E_TRUNCATED && amt_http_reply_eof(&c->reply) == AMT_E_EOF))
    return amt__http_fail(c, amt_http_reply_eof(&c->reply));
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
    c->state = AMT_CONN_IDLE;
    if (c->at != c->have || c->early || !amt_http_reply_keeps(&c->reply))
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
  if (c->early && c->taken == 1 && c->reply.state == AMT__P_VERSION &&
      c->reply.word_len == 0) {
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
  /* Where the clock went back, or over half its range, limits begin anew. */
  if ((now - c->t_call) & 0x80000000u) c->t_call = now;
  if ((now - c->t_io) & 0x80000000u) c->t_io = now;
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
  int       e;
  ptrdiff_t n = c->stream->ops->write(c->stream, o->buf, o->len);
  if (n < 0) c->taken = 2; /* in doubt, taken */
  if (n > 0) {
    c->taken = 1;
    c->sent += (size_t)n;
    c->t_io = now;
    if (c->sent < o->total) return AMT_HTTP_SEND;
    c->state = AMT_CONN_RECEIVING;
    return AMT_AGAIN;
  }
  /* It takes no more: has the server answered already, and closed perhaps? */
  e = amt__http_receive(c, o->buf, o->cap, now);
  if (e > 0 && c->taken) {
    c->state = AMT_CONN_RECEIVING;
    c->early = 1;
    return AMT_HTTP_EARLY;
  }
  if (e > 0) return amt__http_fail(c, AMT_E_HTTP_UNASKED);
  if (e == AMT_AGAIN && n < 0) e = amt__http_fail(c, (int)n);
  return e;
}

AMTDEF int amt_http_want(const amt_http_conn *c)
{
  int want = AMT_WANT_NOTHING;
  if (c->state == AMT_CONN_OPENING || c->state == AMT_CONN_SENDING)
    want = AMT_WANT_WRITE;
  else if (c->state == AMT_CONN_RECEIVING)
    want = AMT_WANT_READ;
  if (c->state == AMT_CONN_CLOSED || c->stream->ops->want == NULL) return want;
  return c->stream->ops->want(c->stream, want);
}

AMTDEF int amt_http_wait(amt_http_conn *c, uint32_t ms)
{
  int ready;
  if (c->stream->ops->wait == NULL) return 0;
  if (c->state == AMT_CONN_RECEIVING && c->have != 0) return 1;
  ready = amt_http_want(c);
  if (ready == AMT_WANT_NOW) ready = 1;
  else ready = c->stream->ops->wait(c->stream, ready, ms);
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
  unsigned at = 0, gap = 17 /* none */;
  size_t   i = 0, start;
  uint64_t group;
  if (n >= 2 && p[0] == ':' && p[1] == ':') gap = 0, i = 2;
  while (i < n) {
    for (start = i; i < n && p[i] != ':' && p[i] != '.'; i++) { }
    if (i < n && p[i] == '.') {
      if (at > 12u || !amt__address_4(ip + at, p + start, n - start)) return 0;
      at += 4;
      break;
    }
    if (at > 14u || i - start > 4u ||
        !amt_uint64(p + start, i - start, 16, &group)) return 0;
    ip[at++] = (uint8_t)(group >> 8);
    ip[at++] = (uint8_t)group;
    if (i++ == n) break;
    if (i == n) return 0; /* a colon at the end */
    if (p[i] == ':' && gap == 17u) gap = at, i++;
  }
  if (gap == 17u || at == 16u) return gap == 17u && at == 16u;
  for (n = 16; n > gap; n--) ip[n - 1] = at > gap ? ip[--at] : 0;
  return 1;
}

AMTDEF int amt_address_parse(amt_address *a, const char *text, size_t n)
{
  a->len = 4;
  if (amt__address_4(a->ip, text, n)) return 1;
  a->len = 16;
  return amt__address_6(a->ip, text, n);
}

#if defined(AMT_POSIX) || defined(AMT_LWIP) || defined(AMT_WINSOCK)
/* ------------------------------------------------------------------------
   >>http-sockets

   The three kinds of sockets differ in how a call is named, how it fails, and
   how one waits; not in what a name's addresses are, and whose turn it is. */

#if defined(AMT_POSIX) + defined(AMT_LWIP) + defined(AMT_WINSOCK) > 1
#error "only one of AMT_POSIX, AMT_LWIP, AMT_WINSOCK can be defined"
#endif

#ifdef AMT_WINSOCK
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <ntsecapi.h>
#include <time.h>
typedef amt_winsock amt__socket;
#define amt__os(call) call
#define AMT__CLOSED   INVALID_SOCKET
#define AMT__TIMEDOUT WSAETIMEDOUT
#elif defined(AMT_LWIP)
#include "lwip/opt.h"
#include "lwip/sockets.h"
#include "lwip/netdb.h"
#include "lwip/sys.h"
#include <errno.h>
#else
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
#endif

#ifndef AMT_WINSOCK
typedef amt_posix amt__socket;
#define AMT__CLOSED   (-1)
#define AMT__TIMEDOUT ETIMEDOUT
#ifdef AMT_LWIP
#define amt__os(call) lwip_##call
#else
#define amt__os(call) call
#endif
#endif

/* Their own part, below: begins a connection, or tells how that one stands: 1,
   AMT_AGAIN, or < 0 with sys_error set. */
static int  amt__socket_connect(amt__socket *s, int family,
                                const struct sockaddr *to, socklen_t len);
static int  amt__socket_connected(amt__socket *s);
static void amt__socket_opened(amt__socket *s);
static void amt__socket_shut(amt__socket *s);
static void amt__socket_abort(amt__socket *s); /* a reset, when it is shut */

#if defined(AMT_LWIP) && !LWIP_DNS
static int amt__socket_resolve(const char *host, amt_address *a, int max)
{
  (void)host, (void)a, (void)max;
  return AMT_E_DNS;
}
#else
static int amt__socket_resolve(const char *host, amt_address *a, int max)
{
  struct addrinfo hints, *list, *i;
  int             n = 0;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  if (amt__os(getaddrinfo)(host, NULL, &hints, &list) != 0) return AMT_E_DNS;
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
  amt__os(freeaddrinfo)(list);
  return n > 0 ? n : AMT_E_DNS;
}
#endif

static int amt__socket_names(amt__socket *s, const char *host, size_t n)
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

/* Begins a connection to the address at hand. */
static int amt__socket_begin(amt__socket *s, uint16_t port)
{
  const amt_address  *a = &s->address[s->index];
  struct sockaddr_in  in4;
  struct sockaddr_in6 in6;
  uint16_t            swapped; /* htons is a macro full of warnings to some */
  uint8_t             bytes[2];
  bytes[0] = (uint8_t)(port >> 8), bytes[1] = (uint8_t)(port & 255u);
  memcpy(&swapped, bytes, 2);
  memset(&in4, 0, sizeof in4);
  memset(&in6, 0, sizeof in6);
  if (a->len == 4) {
    in4.sin_family = AF_INET;
    in4.sin_port = swapped;
    memcpy(&in4.sin_addr, a->ip, 4);
    return amt__socket_connect(s, AF_INET, (struct sockaddr *)&in4, sizeof in4);
  }
  in6.sin6_family = AF_INET6;
  in6.sin6_port = swapped;
  memcpy(&in6.sin6_addr, a->ip, 16);
  return amt__socket_connect(s, AF_INET6, (struct sockaddr *)&in6, sizeof in6);
}

/* Each address may use its share of what was left when its turn came. */
static int amt__socket_open(amt_stream *stream, const char *host,
                            size_t host_len, uint16_t port, uint32_t left)
{
  amt__socket *s = (amt__socket *)stream;
  int          e;
  if (s->count == 0) {
    e = amt__socket_names(s, host, host_len);
    if (e <= 0) return e;
  }
  while (s->index < s->count) {
    if (s->fd == AMT__CLOSED) {
      s->left = left;
      e = amt__socket_begin(s, port);
    } else {
      e = amt__socket_connected(s);
    }
    if (e > 0) {
      amt__socket_opened(s);
      return 1;
    }
    if (e == AMT_AGAIN) {
      uint32_t share = s->left / (uint32_t)(s->count - s->index);
      uint32_t spent = left < s->left ? s->left - left : 0; /* it went back */
      if (spent < share || s->count - s->index == 1) return AMT_AGAIN;
      s->sys_error = AMT__TIMEDOUT;
    }
    amt__socket_shut(s); /* gives up this address: the next one's turn */
    s->index++;
  }
  s->count = 0; /* ask for the name again next time */
  return AMT_E_CONNECT;
}

static void amt__socket_close(amt_stream *stream)
{
  amt__socket *s = (amt__socket *)stream;
  if (stream->abort) amt__socket_abort(s);
  amt__socket_shut(s);
  s->count = 0;
}

/* How long a wait may last: other addresses want their turn, and so does a
   resolver that said "not yet". */
static uint32_t amt__socket_patience(const amt__socket *s, int want,
                                     uint32_t ms)
{
  if (want != AMT_WANT_WRITE) return ms;
  if (s->fd == AMT__CLOSED) return ms > 10 ? 10 : ms;
  if (s->index + 1 < s->count && ms > s->left / AMT_ADDRESSES)
    return s->left / AMT_ADDRESSES + 1;
  return ms;
}
#endif /* AMT_POSIX || AMT_LWIP || AMT_WINSOCK */

#if defined(AMT_POSIX) || defined(AMT_LWIP)
/* ------------------------------------------------------------------------
   >>http-posix

   The socket blocks in name, and every call says MSG_DONTWAIT: so a wait for
   a reply can be left to the recv that follows it (SO_RCVTIMEO), and a
   blocking poll costs two system calls, a send and a recv. lwIP, where calls
   are cheap and that option may be left out, is polled instead. */

AMTDEF int amt_posix_resolve(void *ctx, const char *host, amt_address *a,
                             int max)
{
  (void)ctx;
  return amt__socket_resolve(host, a, max);
}

static void amt__socket_abort(amt__socket *s)
{
#ifdef SO_LINGER
  struct linger at_once;
  at_once.l_onoff = 1;
  at_once.l_linger = 0;
  amt__os(setsockopt)(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
#else
  (void)s;
#endif
}

static void amt__socket_shut(amt__socket *s)
{
  if (s->fd >= 0) amt__os(close)(s->fd);
  s->fd = -1;
}

#ifdef AMT_LWIP
AMTDEF uint32_t amt_posix_now(void) { return (uint32_t)sys_now(); }

static int amt__posix_socket(int family)
{
  return lwip_socket(family, SOCK_STREAM, 0);
}
#else
AMTDEF uint32_t amt_posix_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint32_t)t.tv_sec * 1000u + (uint32_t)t.tv_nsec / 1000000u;
}

AMTDEF uint32_t amt_posix_time(void *ctx)
{
  time_t t = time(NULL);
  (void)ctx;
  if (t < 0) return 0;
  return (uint64_t)t > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)t;
}

static int amt__posix_socket(int family)
{
  int fd = socket(family, SOCK_STREAM, 0);
  if (fd >= 0 && fd < 3) { /* a program without stdout must not find */
    int low = fd;          /* that its output goes to the server */
    fd = fcntl(low, F_DUPFD, 3);
    close(low);
  }
#ifdef FD_CLOEXEC /* not where there is no exec */
  if (fd >= 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
  return fd;
}
#endif

static int amt__socket_connect(amt__socket *s, int family,
                               const struct sockaddr *to, socklen_t len)
{
  int on = 1;
  s->fd = amt__posix_socket(family);
  if (s->fd >= 0) {
    amt__os(fcntl)(s->fd, F_SETFL, O_NONBLOCK);
    amt__os(setsockopt)(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(s->fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    if (amt__os(connect)(s->fd, to, len) == 0) return 1;
    if (errno == EINPROGRESS) return AMT_AGAIN;
  }
  s->sys_error = errno;
  return -1;
}

static int amt__socket_connected(amt__socket *s)
{
  struct pollfd p;
  int           error = 0;
  socklen_t     n = sizeof error;
  p.fd = s->fd;
  p.events = POLLOUT;
  p.revents = 0;
  if (amt__os(poll)(&p, 1, 0) <= 0) return AMT_AGAIN;
  if (amt__os(getsockopt)(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
    error = errno;
  if (error == 0) return 1;
  s->sys_error = error;
  return -1;
}

static void amt__socket_opened(amt__socket *s)
{
  amt__os(fcntl)(s->fd, F_SETFL, 0);
  s->patience = 0;
  s->block = s->signal = 0;
}

static ptrdiff_t amt__posix_error(amt_posix *s)
{
  if (errno == EAGAIN) return AMT_AGAIN;
#if EWOULDBLOCK != EAGAIN
  if (errno == EWOULDBLOCK) return AMT_AGAIN;
#endif
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
  ptrdiff_t  got = amt__os(recv)(s->fd, p, n, s->block ? 0 : MSG_DONTWAIT);
  s->block = 0;
  if (got > 0) return got;
  if (got == 0) return AMT_E_EOF;
  return amt__posix_error(s);
}

static ptrdiff_t amt__posix_write(amt_stream *stream, const void *p, size_t n)
{
  amt_posix *s = (amt_posix *)stream;
  ptrdiff_t  put = amt__os(send)(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  return put > 0 ? put : amt__posix_error(s);
}

#ifdef AMT_LWIP
/* poll of lwIP passes over no -1. */
static int amt__posix_poll(struct pollfd *p, int ms)
{
  if (p->fd >= 0) return lwip_poll(p, 1, ms);
  sys_msleep((u32_t)ms);
  return 0;
}
#else
static int amt__posix_poll(struct pollfd *p, int ms) { return poll(p, 1, ms); }

/* The next recv may block for ms, or a little longer: setting it anew each
   time would cost a system call. 0 where the system cannot limit it. */
static int amt__posix_block(amt_posix *s, uint32_t ms)
{
  if (ms > s->patience || s->patience - ms > ms / 16u + 1u) {
    struct timeval t;
    t.tv_sec = (time_t)(ms / 1000u);
    t.tv_usec = (suseconds_t)(ms % 1000u * 1000u);
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) != 0) return 0;
    s->patience = ms;
  }
  s->block = 1;
  return 1;
}
#endif

static int amt__posix_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_posix    *s = (amt_posix *)stream;
  struct pollfd p;
  int           e;
  if (s->signal) {
    s->signal = 0;
    return AMT_INTERRUPTED;
  }
#ifndef AMT_LWIP
  if (want == AMT_WANT_READ && s->fd >= 0 && ms != 0 && amt__posix_block(s, ms))
    return 1;
#endif
  ms = amt__socket_patience(s, want, ms);
  p.fd = s->fd; /* poll passes over -1, and so just sleeps */
  p.events = want == AMT_WANT_WRITE ? POLLOUT : POLLIN;
  p.revents = 0;
  e = amt__posix_poll(&p, ms > 0x7FFFFFFFu ? 0x7FFFFFFF : (int)ms);
  if (e < 0) return errno == EINTR ? AMT_INTERRUPTED : 0;
  return e;
}

AMTDEF void amt_posix_init(amt_posix *s)
{
  static const amt_stream_ops ops = {
    amt__socket_open,  amt__posix_read, amt__posix_write,
    amt__socket_close, amt__posix_wait, 0, NULL
  };
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
  s->resolve = amt_posix_resolve;
  s->fd = -1;
}
#endif /* AMT_POSIX || AMT_LWIP */

#ifdef AMT_WINSOCK
/* ------------------------------------------------------------------------
   >>http-winsock

   The socket never blocks; a wait is a select, which tells a connection that
   failed by its third set. (WSAPoll does not, before Windows 10 of 2020.) */

AMTDEF uint32_t amt_winsock_now(void) { return (uint32_t)GetTickCount(); }

AMTDEF uint32_t amt_winsock_time(void *ctx)
{
  time_t t = time(NULL);
  (void)ctx;
  if (t < 0) return 0;
  return (uint64_t)t > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)t;
}

AMTDEF int amt_winsock_random(void *ctx, void *p, size_t n)
{
  (void)ctx;
  return n <= 0x7FFFFFFFu && RtlGenRandom(p, (ULONG)n) != 0;
}

AMTDEF int amt_winsock_resolve(void *ctx, const char *host, amt_address *a,
                               int max)
{
  (void)ctx;
  return amt__socket_resolve(host, a, max);
}

static void amt__socket_abort(amt__socket *s)
{
  struct linger at_once = { 1, 0 };
  setsockopt(s->fd, SOL_SOCKET, SO_LINGER, (const char *)&at_once,
             sizeof at_once);
}

static void amt__socket_shut(amt__socket *s)
{
  if (s->fd != INVALID_SOCKET) closesocket(s->fd);
  s->fd = INVALID_SOCKET;
}

static int amt__socket_connect(amt__socket *s, int family,
                               const struct sockaddr *to, socklen_t len)
{
  static const char on = 1;
  u_long            asynchronous = 1;
  s->fd = socket(family, SOCK_STREAM, 0);
  if (s->fd != INVALID_SOCKET) {
    SetHandleInformation((HANDLE)s->fd, HANDLE_FLAG_INHERIT, 0);
    ioctlsocket(s->fd, (long)FIONBIO, &asynchronous);
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(s->fd, to, len) == 0) return 1;
    if (WSAGetLastError() == WSAEWOULDBLOCK) return AMT_AGAIN;
  }
  s->sys_error = WSAGetLastError();
  return -1;
}

/* Waits for what is wanted: 1; 2 if a connection attempt has failed; 0. */
static int amt__winsock_select(const amt_winsock *s, int want, uint32_t ms)
{
  fd_set         set, failed;
  struct timeval t;
  int            write = want == AMT_WANT_WRITE, e;
  set.fd_count = failed.fd_count = 1;
  set.fd_array[0] = failed.fd_array[0] = s->fd;
  t.tv_sec = (long)(ms / 1000u);
  t.tv_usec = (long)(ms % 1000u * 1000u);
  e = select(0, write ? NULL : &set, write ? &set : NULL, &failed, &t);
  if (e <= 0) return 0;
  return failed.fd_count > 0 ? 2 : 1;
}

static int amt__socket_connected(amt__socket *s)
{
  int       error = 0, e = amt__winsock_select(s, AMT_WANT_WRITE, 0);
  socklen_t n = sizeof error;
  if (e == 0) return AMT_AGAIN;
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, (char *)&error, &n) != 0)
    error = WSAGetLastError();
  if (e == 2 && error == 0) error = WSAECONNREFUSED;
  if (error == 0) return 1;
  s->sys_error = error;
  return -1;
}

static void amt__socket_opened(amt__socket *s) { (void)s; }

static ptrdiff_t amt__winsock_error(amt_winsock *s)
{
  int error = WSAGetLastError();
  if (error == WSAEWOULDBLOCK || error == WSAEINTR) return AMT_AGAIN;
  s->sys_error = error;
  return AMT_E_RESET;
}

static ptrdiff_t amt__winsock_read(amt_stream *stream, void *p, size_t n)
{
  amt_winsock *s = (amt_winsock *)stream;
  int          got;
  if (n > 0x7FFFFFFFu) n = 0x7FFFFFFFu;
  got = recv(s->fd, (char *)p, (int)n, 0);
  if (got > 0) return got;
  return got == 0 ? AMT_E_EOF : amt__winsock_error(s);
}

static ptrdiff_t amt__winsock_write(amt_stream *stream, const void *p, size_t n)
{
  amt_winsock *s = (amt_winsock *)stream;
  int          put;
  if (n > 0x7FFFFFFFu) n = 0x7FFFFFFFu;
  put = send(s->fd, (const char *)p, (int)n, 0);
  return put > 0 ? put : amt__winsock_error(s);
}

static int amt__winsock_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_winsock *s = (amt_winsock *)stream;
  ms = amt__socket_patience(s, want, ms);
  if (s->fd != INVALID_SOCKET) return amt__winsock_select(s, want, ms) != 0;
  Sleep(ms == INFINITE ? ms - 1 : ms);
  return 0;
}

AMTDEF void amt_winsock_init(amt_winsock *s)
{
  static const amt_stream_ops ops = {
    amt__socket_open,  amt__winsock_read, amt__winsock_write,
    amt__socket_close, amt__winsock_wait, 0, NULL
  };
  WSADATA data;
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
  s->resolve = amt_winsock_resolve;
  s->fd = INVALID_SOCKET;
  s->sys_error = WSAStartup(MAKEWORD(2, 2), &data); /* or socket fails */
}
#endif /* AMT_WINSOCK */

#ifdef AMT_LWIP_RAW
/* ------------------------------------------------------------------------
   >>http-lwip

   lwIP calls back while the caller runs it. What it tells is only kept, until
   the next open, read or write asks: so nothing of ours happens inside of
   lwIP, and no pcb is freed under its hands. */

#if !LWIP_TCP || !LWIP_CALLBACK_API
#error "AMT_LWIP_RAW needs LWIP_TCP and LWIP_CALLBACK_API in lwipopts.h"
#endif

enum { AMT__LWIP_CLOSED, AMT__LWIP_NAMING, AMT__LWIP_NAMED,
       AMT__LWIP_CONNECTING, AMT__LWIP_OPEN };

static int amt__lwip_fail(amt_lwip_raw *s, err_t e, int error)
{
  s->lwip_error = e;
  s->end = (int8_t)error;
  return error;
}

/* A reset, a refusal, or too many repeats. lwIP has freed the pcb already. */
static void amt__lwip_lost(void *arg, err_t e)
{
  amt_lwip_raw *s = (amt_lwip_raw *)arg;
  s->pcb = NULL;
  if (s->end == AMT_AGAIN) /* a proper end stays one */
    amt__lwip_fail(s, e, s->state == AMT__LWIP_OPEN ? AMT_E_RESET
                                                    : AMT_E_CONNECT);
}

static err_t amt__lwip_connected(void *arg, struct tcp_pcb *pcb, err_t e)
{
  (void)pcb, (void)e; /* never called with an error */
  ((amt_lwip_raw *)arg)->state = AMT__LWIP_OPEN;
  return ERR_OK;
}

/* Bytes, or NULL for the server's end. */
static err_t amt__lwip_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p,
                                err_t e)
{
  amt_lwip_raw *s = (amt_lwip_raw *)arg;
  (void)pcb, (void)e;
  if (p == NULL)
    s->end = AMT_E_EOF;
  else if (s->held == NULL)
    s->held = p;
  else if (s->held->tot_len > 0xFFFFu - p->tot_len)
    return ERR_MEM; /* with window scaling; lwIP keeps it and asks again */
  else
    pbuf_cat(s->held, p);
  return ERR_OK;
}

#if LWIP_DNS
static void amt__lwip_found(const char *name, const ip_addr_t *ip, void *arg)
{
  amt_lwip_raw *s = (amt_lwip_raw *)arg;
  (void)name;
  s->looking = 0;
  if (s->state != AMT__LWIP_NAMING) return; /* closed meanwhile */
  if (ip == NULL) {
    amt__lwip_fail(s, ERR_VAL, AMT_E_DNS);
  } else {
    ip_addr_copy(s->address, *ip);
    s->state = AMT__LWIP_NAMED;
  }
}

/* 1, AMT_AGAIN, or an error. An answer to an earlier question comes first. */
static int amt__lwip_look(amt_lwip_raw *s, const char *host, size_t n)
{
  char  name[254];
  err_t e;
  if (s->looking) return AMT_AGAIN;
  if (n >= sizeof name) return amt__lwip_fail(s, ERR_ARG, AMT_E_DNS);
  memcpy(name, host, n);
  name[n] = 0;
  e = dns_gethostbyname(name, &s->address, amt__lwip_found, s);
  if (e == ERR_OK) return 1;
  if (e != ERR_INPROGRESS) return amt__lwip_fail(s, e, AMT_E_DNS);
  s->looking = 1;
  s->state = AMT__LWIP_NAMING;
  return AMT_AGAIN;
}
#endif /* LWIP_DNS */

/* Likewise, for numeric addresses too. */
static int amt__lwip_name(amt_lwip_raw *s, const char *host, size_t n)
{
  amt_address a;
  if (!amt_address_parse(&a, host, n)) {
#if LWIP_DNS
    return amt__lwip_look(s, host, n);
#else
    return amt__lwip_fail(s, ERR_VAL, AMT_E_DNS);
#endif
  }
  memset(&s->address, 0, sizeof s->address);
#if LWIP_IPV4
  if (a.len == 4) {
    memcpy(&ip_2_ip4(&s->address)->addr, a.ip, 4);
    IP_SET_TYPE_VAL(s->address, IPADDR_TYPE_V4);
    return 1;
  }
#endif
#if LWIP_IPV6
  if (a.len == 16) {
    memcpy(ip_2_ip6(&s->address)->addr, a.ip, 16);
    IP_SET_TYPE_VAL(s->address, IPADDR_TYPE_V6);
    return 1;
  }
#endif
  return amt__lwip_fail(s, ERR_VAL, AMT_E_CONNECT);
}

static int amt__lwip_connect(amt_lwip_raw *s, uint16_t port)
{
  err_t e = ERR_MEM;
  s->state = AMT__LWIP_CONNECTING;
  s->pcb = tcp_new_ip_type(IP_GET_TYPE(&s->address));
  if (s->pcb != NULL) {
    tcp_arg(s->pcb, s);
    tcp_err(s->pcb, amt__lwip_lost);
    tcp_recv(s->pcb, amt__lwip_received);
    tcp_nagle_disable(s->pcb);
    e = tcp_connect(s->pcb, &s->address, port, amt__lwip_connected);
  }
  return e == ERR_OK ? AMT_AGAIN : amt__lwip_fail(s, e, AMT_E_CONNECT);
}

static int amt__lwip_open(amt_stream *stream, const char *host, size_t host_len,
                          uint16_t port, uint32_t left)
{
  amt_lwip_raw *s = (amt_lwip_raw *)(void *)stream;
  int           e;
  (void)left; /* the caller closes when it is over */
  if (s->state == AMT__LWIP_CLOSED) {
    s->end = AMT_AGAIN;
    e = amt__lwip_name(s, host, host_len);
    if (e <= 0) return e;
    s->state = AMT__LWIP_NAMED;
  }
  if (s->state == AMT__LWIP_NAMED) return amt__lwip_connect(s, port);
  return s->state == AMT__LWIP_OPEN ? 1 : s->end;
}

/* What had arrived before the end comes first. The window opens only as bytes
   are taken, so a slow reader slows the server, and lwIP's pools suffice. */
static ptrdiff_t amt__lwip_read(amt_stream *stream, void *p, size_t n)
{
  amt_lwip_raw *s = (amt_lwip_raw *)(void *)stream;
  u16_t         got;
  if (s->held == NULL) return s->end;
  got = pbuf_copy_partial(s->held, p, n > 0xFFFFu ? 0xFFFFu : (u16_t)n, 0);
  s->held = pbuf_free_header(s->held, got);
  if (s->held != NULL && s->held->tot_len == 0) { /* empty ones at the tail */
    pbuf_free(s->held);
    s->held = NULL;
  }
  if (s->pcb != NULL) tcp_recved(s->pcb, got);
  return got;
}

/* lwIP copies the bytes, all of a piece or none: where its memory is short and
   nothing on its way will give some back, a smaller piece may do. What
   tcp_output cannot send yet, lwIP's timers will. */
static ptrdiff_t amt__lwip_write(amt_stream *stream, const void *p, size_t n)
{
  amt_lwip_raw *s = (amt_lwip_raw *)(void *)stream;
  err_t         e = ERR_MEM;
  if (s->pcb == NULL) return AMT_E_RESET;
  if (n > tcp_sndbuf(s->pcb)) n = tcp_sndbuf(s->pcb);
  while (n != 0) {
    e = tcp_write(s->pcb, p, (u16_t)n, TCP_WRITE_FLAG_COPY);
    if (e != ERR_MEM || tcp_sndqueuelen(s->pcb) != 0) break;
    n /= 2;
  }
  if (e == ERR_MEM) return AMT_AGAIN;
  if (e != ERR_OK) {
    s->lwip_error = e;
    return AMT_E_RESET;
  }
  tcp_output(s->pcb);
  return (ptrdiff_t)n;
}

/* After this lwIP knows nothing of us. It ends the connection in its own time,
   at the lowest priority: a new one may have the pcb. A server that has not
   confirmed what was sent is not waited for. */
static void amt__lwip_close(amt_stream *stream)
{
  amt_lwip_raw   *s = (amt_lwip_raw *)(void *)stream;
  struct tcp_pcb *pcb = s->pcb;
  if (s->held != NULL) pbuf_free(s->held);
  s->held = NULL;
  s->pcb = NULL;
  s->state = AMT__LWIP_CLOSED;
  if (pcb == NULL) return;
  tcp_arg(pcb, NULL);
  tcp_err(pcb, NULL);
  tcp_recv(pcb, NULL);
  tcp_setprio(pcb, TCP_PRIO_MIN);
  if (stream->abort || pcb->nrtx != 0 || tcp_close(pcb) != ERR_OK)
    tcp_abort(pcb);
}

AMTDEF void amt_lwip_raw_init(amt_lwip_raw *s)
{
  static const amt_stream_ops ops = {
    amt__lwip_open, amt__lwip_read, amt__lwip_write, amt__lwip_close, NULL, 0,
    NULL
  };
  memset(s, 0, sizeof *s);
  s->stream.ops = &ops;
}
#endif /* AMT_LWIP_RAW */

#if defined(AMT_BEARSSL) || defined(AMT_MBEDTLS)
/* ------------------------------------------------------------------------
   >>http-tls

   What both back ends need beside their engines. The engine decides about
   signatures and chains; read here, from the certificate itself, is what it
   cannot tell: which end of the dates was missed, IP addresses, the key. */

#if defined(AMT_TLS_NO_IP) && defined(AMT_TLS_NO_PIN)
#define AMT__TLS_READER 0
#else
#define AMT__TLS_READER 1
#endif

enum { AMT__TLS_CLOSED, AMT__TLS_CONNECTING, AMT__TLS_SHAKING, AMT__TLS_OPEN };

/* Days from 1970-01-01 to a date. The year begins with March, so that a leap
   day ends it: January and February are months 13 and 14 of the year before. */
#define AMT__DAYS(y, m, d) \
  (365u * (y) + (y) / 4u - (y) / 100u + (y) / 400u + \
   (153u * (m) - 457u) / 5u + (d) - 719469u)

#ifndef AMT_BUILD_TIME
/* __DATE__ is "Nov  1 2026", in this place's time; all of this is constant. */
#define AMT__BUILD(i) ((unsigned char)__DATE__[i] & 15u) /* ' ' counts as 0 */
#define AMT__BUILD_MONTH \
  (__DATE__[2] == 'n' ? (__DATE__[1] == 'a' ? 13u : 6u) : \
   __DATE__[2] == 'b' ? 14u : \
   __DATE__[2] == 'r' ? (__DATE__[0] == 'M' ? 3u : 4u) : \
   __DATE__[2] == 'y' ? 5u : __DATE__[2] == 'l' ? 7u : \
   __DATE__[2] == 'g' ? 8u : __DATE__[2] == 'p' ? 9u : \
   __DATE__[2] == 't' ? 10u : __DATE__[2] == 'v' ? 11u : 12u)
#define AMT__BUILD_YEAR \
  (2000u + 10u * AMT__BUILD(9) + AMT__BUILD(10) - AMT__BUILD_MONTH / 13u)
#define AMT_BUILD_TIME \
  (86400u * (AMT__DAYS(AMT__BUILD_YEAR, AMT__BUILD_MONTH, \
                       10u * AMT__BUILD(4) + AMT__BUILD(5)) - 1u))
#endif

/* The time, or 0 if nobody knows it. */
static uint32_t amt__tls_time(const amt_tls *tls)
{
  uint32_t now = 0;
  if (tls->time != NULL)
    now = tls->time(tls->ctx);
#if defined(AMT_POSIX)
  else
    now = amt_posix_time(NULL);
#elif defined(AMT_WINSOCK)
  else
    now = amt_winsock_time(NULL);
#endif
  return now < AMT_BUILD_TIME ? 0 : now;
}

/* Where the stream below cannot wait, the caller's loop has its turn. */
static int amt__tls_wait(amt_stream *inner, int want, uint32_t ms)
{
  if (inner->ops->wait == NULL) return AMT_INTERRUPTED;
  return inner->ops->wait(inner, want, ms);
}

static int amt__tls_alert(int number)
{
  return number == 70 /* protocol_version */ ? AMT_E_TLS_VERSION
                                             : AMT_E_TLS_ALERT(number);
}

static int amt__tls_skips_dates(const amt_tls *tls)
{
  return tls->insecure_skip_dates || tls->insecure_skip_chain;
}

/* Before anything is sent: can this server be verified at all? */
static int amt__tls_ready(const amt_tls *tls, size_t anchors, size_t name_len,
                          const amt_tls_reader *r)
{
#if !AMT__TLS_READER
  if (amt__tls_skips_dates(tls)) return AMT_E_TLS_NO_ANCHORS;
#endif
#ifdef AMT_TLS_NO_PIN
  if (tls->pin_count != 0) return AMT_E_TLS_PIN; /* they cannot be checked */
#endif
#ifdef AMT_TLS_NO_IP
  if (r->ip_len != 0) return AMT_E_TLS_IP;
#endif
  (void)r;
  if (name_len == 0) return AMT_E_TLS_NO_NAME;
  if (anchors == 0 && !tls->insecure_skip_chain) return AMT_E_TLS_NO_ANCHORS;
  if (amt__tls_time(tls) == 0 && !amt__tls_skips_dates(tls))
    return AMT_E_TLS_CLOCK;
  return 0;
}

/* A session is good for a day, and no longer than the certificate. */
static uint32_t amt__tls_until(const amt_tls *tls, uint32_t cert_until)
{
  uint32_t until = amt__tls_time(tls) + 86400u;
#if AMT__TLS_READER
  if (cert_until < until && !amt__tls_skips_dates(tls)) until = cert_until;
#endif
  (void)cert_until;
  return until;
}

#ifdef AMT_TLS_NO_IP
/* Addresses are refused, and only looked at to tell them from names. */
static int amt__tls_address(amt_address *a, const char *name, size_t n)
{
  a->len = 4;
  while (n-- > 0) {
    if (name[n] == ':') return 1;
    if (name[n] > '9') a->len = 0;
  }
  return a->len;
}
#else
#define amt__tls_address amt_address_parse
#endif

/* The expected name as a text, and its length, 0 if there is none to expect.
   If it is an address, the reader looks for that. */
static size_t amt__tls_name(const amt_tls *tls, const char *host, size_t n,
                            char *name, amt_tls_reader *r)
{
  amt_address a;
  if (tls->name != NULL) {
    host = tls->name;
    n = strlen(host);
  }
  if (n > 1 && host[n - 1] == '.') n--; /* no part of it: RFC 6066, 3 */
  if (n == 0 || n > 253u) return 0;
  memcpy(name, host, n);
  name[n] = 0;
  if (amt__tls_address(&a, host, n)) {
    r->ip_len = a.len;
    memcpy(r->ip, a.ip, a.len);
  }
  return n;
}

#ifndef AMT_TLS_NO_PIN
static int amt__tls_pinned(const amt_tls *tls, const uint8_t *pin)
{
  size_t i;
  for (i = 0; i < tls->pin_count; i++)
    if (memcmp(tls->pins[i], pin, 32) == 0) return 1;
  return tls->pin_count == 0;
}
#endif

/* --- the certificate reader --- */

#if AMT__TLS_READER
enum { AMT__CERT_TAG, AMT__CERT_LEN, AMT__CERT_LENGTH, AMT__CERT_VALUE,
       AMT__CERT_BAD };

/* The fields of a TBSCertificate, after the optional version. */
enum { AMT__CERT_SERIAL = 1, AMT__CERT_SIGNATURE, AMT__CERT_ISSUER,
       AMT__CERT_VALIDITY, AMT__CERT_SUBJECT, AMT__CERT_KEY };

static void amt__cert_init(amt_tls_reader *r)
{
  amt_tls_reader fresh;
  memset(&fresh, 0, sizeof fresh);
  fresh.ip_len = r->ip_len;
  memcpy(fresh.ip, r->ip, sizeof fresh.ip);
  *r = fresh;
}

/* "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ", as near as 32 bits come */
static uint32_t amt__cert_time(const uint8_t *p, unsigned n)
{
  uint32_t v[7], year;
  size_t   i;
  for (i = 0; i < 7u; i++)
    v[i] = 2 * i + 1 < n ? 10u * (p[2 * i] - (uint32_t)'0') +
                             (p[2 * i + 1] - (uint32_t)'0') : 0;
  if (n == 15u) {
    year = 100u * v[0] + v[1];
    memmove(v, v + 1, 6 * sizeof v[0]);
  } else {
    year = v[0] + (v[0] < 50u ? 2000u : 1900u);
  }
  if (year < 1970u) return 0;
  if (year > 2105u) return 0xFFFFFFFFu;
  if (v[1] < 3u) {
    v[1] += 12u;
    year--;
  }
  return AMT__DAYS(year, v[1], v[2]) * 86400u + v[3] * 3600u + v[4] * 60u +
         v[5];
}

/* A short element is complete: r->value, r->have. */
static void amt__cert_value(amt_tls_reader *r)
{
  static const uint8_t subject_alt_name[3] = { 0x55, 0x1D, 0x11 };
  if (r->depth == 3u && r->index[2] == AMT__CERT_VALIDITY) {
    uint32_t t = amt__cert_time(r->value, r->have);
    if (r->index[3] == 1u) r->from = t;
    if (r->index[3] == 2u) r->until = t;
  } else if (r->depth == 5u && r->tag == 0x06) {
    r->names = r->have == 3u && memcmp(r->value, subject_alt_name, 3) == 0;
  } else if (r->depth == 7u && r->tag == 0x87) { /* iPAddress */
    if (r->ip_len != 0 && r->have == r->ip_len &&
        memcmp(r->value, r->ip, r->ip_len) == 0)
      r->ip_found = 1;
  }
}

/* Is the element whose header has just been read one to look into? */
static int amt__cert_enter(const amt_tls_reader *r)
{
  switch (r->depth) {
  case 0: return r->index[0] == 1u;
  case 1: return r->index[1] == 1u; /* tbsCertificate */
  case 2: return r->tag == 0xA3 || r->index[2] == AMT__CERT_VALIDITY;
#ifndef AMT_TLS_NO_IP
  case 3: return r->extensions;
  case 4: return 1;
  case 5: return r->names && r->tag == 0x04;
  case 6: return r->index[6] == 1u;
#endif
  default: return 0;
  }
}

/* The end of an element, and of those that end with it. */
static void amt__cert_end(amt_tls_reader *r)
{
  if (r->have <= sizeof r->value) amt__cert_value(r);
  while (r->depth > 0 && r->at == r->end[r->depth]) r->depth--;
  r->state = AMT__CERT_TAG;
}

static void amt__cert_header(amt_tls_reader *r)
{
  r->have = 0;
  r->state = AMT__CERT_VALUE;
  if (r->depth > 0 && r->left > r->end[r->depth] - r->at) {
    r->state = AMT__CERT_BAD;
  } else if (r->left != 0 && amt__cert_enter(r)) { /* never below 7 */
    if (r->depth == 2u) r->extensions = r->tag == 0xA3;
    if (r->depth == 4u) r->names = 0;
    r->depth++;
    r->index[r->depth] = 0;
    r->end[r->depth] = r->at + r->left;
    r->state = AMT__CERT_TAG;
  } else if (r->left == 0) {
    amt__cert_end(r);
  }
}

/* One byte. 1 if it is one of the SubjectPublicKeyInfo, which is hashed. */
static int amt__cert_step(amt_tls_reader *r, uint8_t c)
{
  int field;
  if (r->at == 0xFFFFFFFFu) r->state = AMT__CERT_BAD;
  r->at++;
  if (r->state == AMT__CERT_TAG) {
    r->tag = c;
    if (!(r->depth == 2u && c == 0xA0) && r->index[r->depth & 7u] < 255u)
      r->index[r->depth & 7u]++; /* A0: the version, which may be missing */
  }
  field = r->depth == 2u ? r->index[2] : 0;
  if (field == AMT__CERT_ISSUER && r->state != AMT__CERT_BAD)
    r->issuer = (r->issuer ^ c) * 16777619u;
  if (field == AMT__CERT_SUBJECT && r->state != AMT__CERT_BAD)
    r->subject = (r->subject ^ c) * 16777619u;
  switch (r->state) {
  case AMT__CERT_TAG:
    r->state = AMT__CERT_LEN;
    break;
  case AMT__CERT_LEN:
    r->left = c;
    if (c < 0x80u) {
      amt__cert_header(r);
    } else {
      r->left = 0;
      r->have = c & 0x7Fu;
      r->state = r->have - 1u < 3u ? AMT__CERT_LENGTH : AMT__CERT_BAD;
    }
    break;
  case AMT__CERT_LENGTH:
    r->left = (r->left << 8) | c;
    if (--r->have == 0) amt__cert_header(r);
    break;
  case AMT__CERT_VALUE:
    if (r->have < sizeof r->value) r->value[r->have] = c;
    if (r->have <= sizeof r->value) r->have++;
    if (--r->left == 0) amt__cert_end(r);
    break;
  default: break;
  }
  return field == AMT__CERT_KEY && r->state != AMT__CERT_BAD;
}
#endif /* AMT__TLS_READER */

/* Of an error, what the certificate itself tells: which end of its dates was
   missed, and how the chain without an anchor ends. */
static int amt__tls_closer(const amt_tls *tls, const amt_tls_reader *r,
                           unsigned certificate, int error)
{
#if AMT__TLS_READER
  if (error == AMT_E_TLS_EXPIRED && amt__tls_time(tls) < r->from)
    return AMT_E_TLS_NOT_YET;
  if (error == AMT_E_TLS_ISSUER && r->issuer == r->subject)
    return certificate == 0 ? AMT_E_TLS_SELF_SIGNED : AMT_E_TLS_ROOT;
#endif
  (void)tls, (void)r, (void)certificate;
  return error;
}
#endif /* AMT_BEARSSL || AMT_MBEDTLS */

#ifdef AMT_BEARSSL
/* ------------------------------------------------------------------------
   >>http-bearssl

   The engine moves bytes between four buffers of its own and never waits;
   this section carries them to and from the stream below. */

/* BearSSL counts days from the year 0. */
static void amt__bearssl_clock(amt_bearssl *t, uint32_t now)
{
  br_x509_minimal_set_time(&t->xc, now / 86400u + 719528u, now % 86400u);
}

/* --- the verifier: ours in front of BearSSL's, for each certificate --- */

#if AMT__TLS_READER
static amt_bearssl *amt__bearssl_of(const br_x509_class **ctx)
{
  return (amt_bearssl *)(void *)((char *)(void *)ctx -
                                 offsetof(amt_bearssl, verifier));
}

/* Without a chain only the first certificate is looked into, for its key. */
static int amt__bearssl_passes(const amt_bearssl *t)
{
  return t->certificates == 1u || !t->server->tls.insecure_skip_chain;
}

static void amt__bearssl_start_chain(const br_x509_class **ctx,
                                     const char *name)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  if (t->server->tls.insecure_skip_chain || t->reader.ip_len != 0) name = NULL;
  t->xc.vtable->start_chain(&t->xc.vtable, name);
}

static void amt__bearssl_start_cert(const br_x509_class **ctx, uint32_t n)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  t->decided = t->xc.err != 0;
  if (!t->decided) t->seen.certificate = t->certificates;
  if (t->certificates < 255u) t->certificates++;
  if (!amt__bearssl_passes(t)) return;
  t->xc.vtable->start_cert(&t->xc.vtable, n);
  if (!t->decided) amt__cert_init(&t->reader);
#ifndef AMT_TLS_NO_PIN
  if (t->certificates == 1u) br_sha256_init(&t->key_hash);
#endif
}

/* Reads it first: BearSSL must have a time, and where dates are to be skipped
   it is told the certificate's own. */
static void amt__bearssl_append(const br_x509_class **ctx,
                                const unsigned char *p, size_t n)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  size_t       i;
  if (!amt__bearssl_passes(t)) return;
  for (i = 0; i < n && !t->decided; i++) {
    int of_key = amt__cert_step(&t->reader, p[i]);
#ifndef AMT_TLS_NO_PIN
    if (of_key && t->certificates == 1u)
      br_sha256_update(&t->key_hash, p + i, 1);
#endif
    (void)of_key;
  }
  if (amt__tls_skips_dates(&t->server->tls))
    amt__bearssl_clock(t, t->reader.from);
  t->xc.vtable->append(&t->xc.vtable, p, n);
}

static void amt__bearssl_end_cert(const br_x509_class **ctx)
{
  amt_bearssl *t = amt__bearssl_of(ctx);
  if (!amt__bearssl_passes(t)) return;
  t->xc.vtable->end_cert(&t->xc.vtable);
  if (t->certificates != 1u) return;
  t->seen.from = t->reader.from;
  t->seen.until = t->reader.until;
  t->ip_found = t->reader.ip_found;
#ifndef AMT_TLS_NO_PIN
  br_sha256_out(&t->key_hash, t->seen.pin);
#endif
}

/* BearSSL has decided about the chain; here about IP address and key. */
static unsigned amt__bearssl_end_chain(const br_x509_class **ctx)
{
  amt_bearssl   *t = amt__bearssl_of(ctx);
  const amt_tls *tls = &t->server->tls;
  unsigned       e = t->xc.vtable->end_chain(&t->xc.vtable);
  if (e == BR_ERR_X509_NOT_TRUSTED && tls->insecure_skip_chain) e = 0;
  if (e != 0) return e;
  if (t->reader.ip_len != 0 && !t->ip_found && !tls->insecure_skip_chain)
    t->verdict = AMT_E_TLS_IP;
#ifndef AMT_TLS_NO_PIN
  else if (!amt__tls_pinned(tls, t->seen.pin))
    t->verdict = AMT_E_TLS_PIN;
#endif
  return t->verdict != 0 ? BR_ERR_X509_NOT_TRUSTED : 0;
}

static const br_x509_pkey *amt__bearssl_key(const br_x509_class *const *ctx,
                                            unsigned *usages)
{
  const amt_bearssl *t = (const amt_bearssl *)(const void *)(
    (const char *)(const void *)ctx - offsetof(amt_bearssl, verifier));
  return t->xc.vtable->get_pkey(&t->xc.vtable, usages);
}
#endif /* AMT__TLS_READER */

/* --- the engine --- */

/* The short list: forward secrecy and authenticated encryption only. */
static void amt__bearssl_profile(br_ssl_client_context *cc,
                                 br_x509_minimal_context *xc)
{
  static const uint16_t suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
#ifndef AMT_BEARSSL_SMALL
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#endif
  };
  br_ssl_engine_context *eng = &cc->eng;
  br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
  br_ssl_engine_set_suites(eng, suites, sizeof suites / sizeof suites[0]);
  br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
  br_x509_minimal_set_hash(xc, br_sha256_ID, &br_sha256_vtable);
  br_ssl_engine_set_prf_sha256(eng, br_tls12_sha256_prf);
#ifdef AMT_BEARSSL_SMALL
  br_ssl_engine_set_ec(eng, &br_ec_p256_m31);
  br_ssl_engine_set_ecdsa(eng, br_ecdsa_i31_vrfy_asn1);
#else
  br_x509_minimal_set_hash(xc, br_sha384_ID, &br_sha384_vtable);
  br_x509_minimal_set_hash(xc, br_sha512_ID, &br_sha512_vtable);
  br_ssl_engine_set_default_ecdsa(eng);
  br_ssl_engine_set_default_rsavrfy(eng);
  br_x509_minimal_set_rsa(xc, br_ssl_engine_get_rsavrfy(eng));
#endif
  br_x509_minimal_set_ecdsa(xc, br_ssl_engine_get_ec(eng),
                            br_ssl_engine_get_ecdsa(eng));
  br_x509_minimal_set_minrsa(xc, 256);
  br_ssl_engine_set_default_aes_gcm(eng);
  br_ssl_engine_set_default_chapol(eng);
  br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
}

AMTDEF void amt_bearssl_more(br_ssl_client_context *cc,
                             br_x509_minimal_context *xc)
{
  static const uint16_t suites[] = {
    BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    BR_TLS_RSA_WITH_AES_128_GCM_SHA256,
    BR_TLS_RSA_WITH_AES_256_GCM_SHA384,
    BR_TLS_RSA_WITH_AES_128_CBC_SHA256,
    BR_TLS_RSA_WITH_AES_256_CBC_SHA256,
    BR_TLS_RSA_WITH_AES_128_CBC_SHA,
    BR_TLS_RSA_WITH_AES_256_CBC_SHA
  };
  br_ssl_engine_context *eng = &cc->eng;
  (void)xc;
  br_ssl_engine_set_suites(eng, suites, sizeof suites / sizeof suites[0]);
  br_ssl_engine_set_hash(eng, br_sha1_ID, &br_sha1_vtable);
  br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
  br_ssl_engine_set_prf_sha384(eng, br_tls12_sha384_prf);
  br_ssl_client_set_default_rsapub(cc);
  br_ssl_engine_set_default_aes_cbc(eng);
}

/* Takes up the saved session, if all that it depends on is the same: the
   caller's part of the server, the pins, the name, the port. */
static void amt__bearssl_offer(amt_bearssl *t, const char *name, size_t n,
                               uint16_t port)
{
  amt_bearssl_server *s = t->server;
  br_sha256_context   hash;
  br_sha256_init(&hash);
  br_sha256_update(&hash, s, offsetof(amt_bearssl_server, saved));
  br_sha256_update(&hash, s->tls.pins, 32u * s->tls.pin_count);
  br_sha256_update(&hash, name, n);
  br_sha256_update(&hash, &port, sizeof port);
  br_sha256_out(&hash, t->binding);
  t->offered = s->has_saved && amt__tls_time(&s->tls) <= s->saved_until &&
               memcmp(t->binding, s->saved_for, sizeof t->binding) == 0;
  if (t->offered) br_ssl_engine_set_session_parameters(&t->cc.eng, &s->saved);
}

/* Wipes the engine, but for its random generator: that one, once seeded, goes
   on from connection to connection, and cannot be run backwards. */
static void amt__bearssl_clear(amt_bearssl *t)
{
  br_ssl_engine_context *eng = &t->cc.eng;
  char                  *end = (char *)(&t->cc + 1);
  char                  *after = (char *)(&eng->rng_os_rand_done + 1);
  if (eng->rng_init_done != 2) after = (char *)&eng->rng; /* not seeded */
  amt_wipe(&t->cc, (size_t)((char *)&eng->rng - (char *)&t->cc));
  amt_wipe(after, (size_t)(end - after));
}

static int amt__bearssl_seed(amt_bearssl *t)
{
  const amt_tls *tls = &t->server->tls;
  uint8_t        seed[32];
  if (t->cc.eng.rng_init_done == 2) return 0;
  if (tls->random == NULL) return 0; /* BearSSL asks the system, or refuses */
  if (tls->random(tls->ctx, seed, sizeof seed) != 1) return AMT_E_TLS_RANDOM;
  br_ssl_engine_inject_entropy(&t->cc.eng, seed, sizeof seed);
  amt_wipe(seed, sizeof seed);
  return 0;
}

/* Everything before the first byte. The contexts are made anew each time. */
static int amt__bearssl_begin(amt_bearssl *t, const char *host, size_t n,
                              uint16_t port)
{
#if AMT__TLS_READER
  static const br_x509_class verifier = {
    sizeof(const br_x509_class *), amt__bearssl_start_chain,
    amt__bearssl_start_cert,       amt__bearssl_append,
    amt__bearssl_end_cert,         amt__bearssl_end_chain,
    amt__bearssl_key
  };
#endif
  amt_bearssl_server *s = t->server;
  char                name[254];
  int                 e;
  memset(&t->seen, 0, offsetof(amt_bearssl, state) -
                        offsetof(amt_bearssl, seen));
  if (t->size < AMT_BEARSSL_LEAST) return AMT_E_TLS_BUFFER;
  n = amt__tls_name(&s->tls, host, n, name, &t->reader);
  e = amt__tls_ready(&s->tls, s->anchor_count, n, &t->reader);
  if (e != 0) return e;
  amt__bearssl_clear(t);
  br_x509_minimal_init(&t->xc, &br_sha256_vtable, s->anchors, s->anchor_count);
  amt__bearssl_clock(t, amt__tls_time(&s->tls));
  amt__bearssl_profile(&t->cc, &t->xc);
  if (s->more != NULL) s->more(&t->cc, &t->xc);
  if (s->client != NULL) s->client->use(&t->cc, s->client);
  br_ssl_engine_set_x509(&t->cc.eng, &t->xc.vtable);
#if AMT__TLS_READER
  t->verifier = &verifier;
  br_ssl_engine_set_x509(&t->cc.eng, &t->verifier);
#endif
  br_ssl_engine_set_buffer(&t->cc.eng, t->buf, t->size,
                           t->size / 2u >= AMT_BEARSSL_FULL);
  e = amt__bearssl_seed(t);
  if (e != 0) return e;
  amt__bearssl_offer(t, name, n, port);
  if (!br_ssl_client_reset(&t->cc, t->reader.ip_len != 0 ? NULL : name,
                           t->offered))
    return br_ssl_engine_last_error(&t->cc.eng) == BR_ERR_NO_RANDOM
             ? AMT_E_TLS_RANDOM : AMT_E_TLS_BROKEN;
  return 0;
}

/* The engine's own end, BR_ERR_, as an error of ours. */
static int amt__bearssl_error(const amt_bearssl *t, int e)
{
#define AMT__E(error) (uint8_t)(AMT_E_TLS_NOT_TLS - AMT_E_TLS_##error)
  static const uint8_t errors[BR_ERR_X509_NOT_TRUSTED + 1] = {
    0, 0, 0, AMT__E(VERSION), /* BR_ERR_UNSUPPORTED_VERSION is 3 */
    0, 0, AMT__E(RECORD), 0, AMT__E(RANDOM), /* _TOO_LARGE, _NO_RANDOM */
    0, 0, 0, 0, 0, 0, 0, AMT__E(CIPHER), /* _BAD_CIPHER_SUITE is 16 */
    0, 0, 0, 0, 0, 0, 0, 0, 0,
    AMT__E(CIPHER), 0, AMT__E(USAGE), /* _INVALID_ALGORITHM, _WRONG_KEY_USAGE */
    0, 0, 0, 0, /* from 33 on BR_ERR_X509_ */
    AMT__E(CERTIFICATE), AMT__E(CERTIFICATE), AMT__E(CERTIFICATE),
    AMT__E(CERTIFICATE), AMT__E(CERTIFICATE), AMT__E(CERTIFICATE),
    AMT__E(CERTIFICATE), AMT__E(CERTIFICATE), AMT__E(CERTIFICATE),
    AMT__E(CERTIFICATE), AMT__E(CERTIFICATE), AMT__E(CERTIFICATE),
    AMT__E(CERTIFICATE), AMT__E(CERTIFICATE), AMT__E(CERTIFICATE),
    AMT__E(CERTIFICATE), AMT__E(ALGORITHM), AMT__E(CERTIFICATE),
    AMT__E(ALGORITHM), AMT__E(SIGNATURE), /* _WRONG_KEY_TYPE is 51 */
    AMT__E(CLOCK), AMT__E(EXPIRED), AMT__E(ORDER), AMT__E(NAME),
    AMT__E(CERTIFICATE), AMT__E(USAGE), AMT__E(USAGE), AMT__E(WEAK), 0,
    AMT__E(ISSUER) /* _NOT_TRUSTED is 62 */
  };
#undef AMT__E
  if (t->verdict != 0) return t->verdict;
  if (t->state == AMT__TLS_SHAKING && t->first != 0x15 && t->first != 0x16)
    return AMT_E_TLS_NOT_TLS;
  if (e >= BR_ERR_RECV_FATAL_ALERT && e < BR_ERR_SEND_FATAL_ALERT)
    return amt__tls_alert(e - BR_ERR_RECV_FATAL_ALERT);
  if (e > BR_ERR_X509_NOT_TRUSTED || errors[e] == 0) return AMT_E_TLS_BROKEN;
  return amt__tls_closer(&t->server->tls, &t->reader, t->seen.certificate,
                         AMT_E_TLS_NOT_TLS - errors[e]);
}

static int amt__bearssl_closed(amt_bearssl *t)
{
  int e = br_ssl_engine_last_error(&t->cc.eng);
  if (e == BR_ERR_OK)
    return t->state == AMT__TLS_OPEN ? AMT_E_EOF : AMT_E_TLS_BROKEN;
  t->seen.lib_error = e;
  if (t->verdict == 0) { /* then it failed in the chain */
    t->seen.from = t->reader.from;
    t->seen.until = t->reader.until;
  }
  e = amt__bearssl_error(t, e);
  if (t->offered && t->state == AMT__TLS_SHAKING && t->certificates == 0) {
    amt_bearssl_forget(t->server); /* next time from the start */
    return AMT_E_TLS_BROKEN;
  }
  return e;
}

/* Sends what the engine has ready, as far as it goes. Once a write has failed
   the rest goes nowhere: what the server had said before, an alert or an early
   reply, can still be read. */
static void amt__bearssl_flush(amt_bearssl *t)
{
  br_ssl_engine_context *eng = &t->cc.eng;
  while (br_ssl_engine_current_state(eng) & BR_SSL_SENDREC) {
    size_t         n;
    unsigned char *p = br_ssl_engine_sendrec_buf(eng, &n);
    ptrdiff_t      put = (ptrdiff_t)n;
    if (t->broken == 0) put = t->inner->ops->write(t->inner, p, n);
    if (put == AMT_AGAIN) return;
    if (put < 0) t->broken = (int)put;
    br_ssl_engine_sendrec_ack(eng, put < 0 ? n : (size_t)put);
  }
}

/* Moves records until the engine is in one of the states `until`: 1, or
   AMT_AGAIN, or an error. A server that sends records without end and nothing
   in them gets 16 pieces of a turn; a handshake one, since a single one may
   cost a signature's time and others want theirs. */
static int amt__bearssl_run(amt_bearssl *t, unsigned until)
{
  br_ssl_engine_context *eng = &t->cc.eng;
  unsigned               turns = t->state == AMT__TLS_SHAKING ? 1u : 16u;
  while (turns-- > 0) {
    unsigned       state;
    size_t         n;
    ptrdiff_t      got;
    unsigned char *p;
    amt__bearssl_flush(t);
    state = br_ssl_engine_current_state(eng);
    if (state & until & (t->broken ? BR_SSL_RECVAPP : until)) return 1;
    if (state & BR_SSL_CLOSED) return amt__bearssl_closed(t);
    if (!(state & BR_SSL_RECVREC)) return t->broken; /* the caller's turn */
    p = br_ssl_engine_recvrec_buf(eng, &n);
    got = t->inner->ops->read(t->inner, p, n);
    if (got <= 0 && t->broken) return t->broken;
    if (got == AMT_E_EOF) return AMT_E_TRUNCATED;
    if (got <= 0) return (int)got;
    if (t->first == 0) t->first = p[0];
    br_ssl_engine_recvrec_ack(eng, (size_t)got);
  }
  return AMT_AGAIN;
}

/* --- the stream --- */

/* The handshake is done: remember the session. */
static void amt__bearssl_opened(amt_bearssl *t)
{
  amt_bearssl_server              *s = t->server;
  const br_ssl_session_parameters *now = &t->cc.eng.session;
  t->seen.resumed = t->offered && memcmp(now->master_secret,
                      s->saved.master_secret, sizeof now->master_secret) == 0;
  if (!t->seen.resumed) {
    s->saved_until = amt__tls_until(&s->tls, t->seen.until);
    memcpy(s->saved_for, t->binding, sizeof s->saved_for);
    s->saved = *now;
    s->has_saved = now->session_id_len != 0;
  }
  t->seen.certificate = 0;
  t->state = AMT__TLS_OPEN;
}

static int amt__bearssl_open(amt_stream *stream, const char *host,
                             size_t host_len, uint16_t port, uint32_t left)
{
  amt_bearssl *t = (amt_bearssl *)(void *)stream;
  int          e;
  if (t->state < AMT__TLS_SHAKING) {
    t->state = AMT__TLS_CONNECTING;
    e = t->inner->ops->open(t->inner, host, host_len, port, left);
    if (e <= 0) return e;
    e = amt__bearssl_begin(t, host, host_len, port);
    if (e != 0) return e;
    t->state = AMT__TLS_SHAKING;
  }
  e = amt__bearssl_run(t, BR_SSL_SENDAPP);
  if (e == AMT_E_TRUNCATED) return AMT_E_EOF;
  if (e == 1) amt__bearssl_opened(t);
  return e;
}

static ptrdiff_t amt__bearssl_read(amt_stream *stream, void *p, size_t n)
{
  amt_bearssl   *t = (amt_bearssl *)(void *)stream;
  unsigned char *from;
  size_t         have;
  int            e = amt__bearssl_run(t, BR_SSL_RECVAPP);
  if (e <= 0) return e;
  from = br_ssl_engine_recvapp_buf(&t->cc.eng, &have);
  if (n > have) n = have;
  memcpy(p, from, n);
  br_ssl_engine_recvapp_ack(&t->cc.eng, n);
  return (ptrdiff_t)n;
}

/* One record. If the write below fails, it may have left whole. */
static ptrdiff_t amt__bearssl_write(amt_stream *stream, const void *p, size_t n)
{
  amt_bearssl   *t = (amt_bearssl *)(void *)stream;
  unsigned char *to;
  size_t         room;
  int            e = amt__bearssl_run(t, BR_SSL_SENDAPP);
  if (e <= 0) return e;
  to = br_ssl_engine_sendapp_buf(&t->cc.eng, &room);
  if (n > room) n = room;
  memcpy(to, p, n);
  br_ssl_engine_sendapp_ack(&t->cc.eng, n);
  br_ssl_engine_flush(&t->cc.eng, 0);
  amt__bearssl_flush(t);
  return t->broken ? t->broken : (ptrdiff_t)n;
}

static void amt__bearssl_close(amt_stream *stream)
{
  amt_bearssl *t = (amt_bearssl *)(void *)stream;
  if (t->state == AMT__TLS_OPEN && !stream->abort) {
    br_ssl_engine_close(&t->cc.eng);
    amt__bearssl_flush(t); /* as far as it goes: close_notify */
  }
  if (t->state != AMT__TLS_CLOSED) {
    t->inner->abort = stream->abort;
    t->inner->ops->close(t->inner);
  }
  if (t->state >= AMT__TLS_SHAKING) {
    amt__bearssl_clear(t);
    amt_wipe(t->buf, t->size);
  }
  t->state = AMT__TLS_CLOSED;
}

static int amt__bearssl_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_bearssl *t = (amt_bearssl *)(void *)stream;
  return amt__tls_wait(t->inner, want, ms);
}

static int amt__bearssl_want(const amt_stream *stream, int want)
{
  const amt_bearssl *t = (const amt_bearssl *)(const void *)stream;
  if (t->state >= AMT__TLS_SHAKING) {
    unsigned state = br_ssl_engine_current_state(&t->cc.eng);
    if (state & BR_SSL_SENDREC)
      want = AMT_WANT_WRITE;
    else if ((state & (BR_SSL_RECVAPP | BR_SSL_CLOSED)) ||
             (want == AMT_WANT_WRITE && (state & BR_SSL_SENDAPP)))
      return AMT_WANT_NOW;
    else if (want == AMT_WANT_WRITE)
      want = AMT_WANT_READ;
  }
  return t->inner->ops->want != NULL ? t->inner->ops->want(t->inner, want)
                                     : want;
}

AMTDEF void amt_bearssl_init(amt_bearssl *t, amt_stream *inner,
                             amt_bearssl_server *server, void *buf, size_t size)
{
  static const amt_stream_ops ops = {
    amt__bearssl_open,  amt__bearssl_read, amt__bearssl_write,
    amt__bearssl_close, amt__bearssl_wait, 1, amt__bearssl_want
  };
  memset(t, 0, sizeof *t);
  t->stream.ops = &ops;
  t->inner = inner;
  t->server = server;
  t->buf = (unsigned char *)buf;
  t->size = size;
}

AMTDEF void amt_bearssl_forget(amt_bearssl_server *server)
{
  amt_wipe(&server->saved, sizeof server->saved);
  server->has_saved = 0;
}

/* --- trust anchors and client certificates --- */

AMTDEF void amt_bearssl_use_rsa(br_ssl_client_context *cc,
                                const amt_bearssl_client *c)
{
  br_ssl_client_set_single_rsa(cc, c->chain, c->chain_len, &c->rsa,
                               br_rsa_pkcs1_sign_get_default());
}

AMTDEF void amt_bearssl_use_ec(br_ssl_client_context *cc,
                               const amt_bearssl_client *c)
{
  br_ssl_client_set_single_ec(cc, c->chain, c->chain_len, &c->ec,
                              BR_KEYTYPE_SIGN,
                              c->issuer_key_type != 0 ? c->issuer_key_type
                                                      : BR_KEYTYPE_EC,
                              br_ec_get_default(),
                              br_ecdsa_sign_asn1_get_default());
}

/* Memory of the caller's: bytes from its start, a list from its end. */
static void amt__room_init(amt_tls_room *r, void *mem, size_t size)
{
  size_t odd = (size_t)((uintptr_t)mem + size) % sizeof(void *);
  r->mem = (unsigned char *)mem;
  r->low = 0;
  r->high = odd < size ? size - odd : 0;
  r->error = 0;
}

/* Copies n bytes into it; NULL if they do not fit any more. */
static unsigned char *amt__room_put(amt_tls_room *r, const void *p, size_t n)
{
  unsigned char *at = r->mem + r->low;
  if (r->error != 0 || n > r->high - r->low) {
    r->error = AMT_E_TLS_ROOM;
    return NULL;
  }
  if (n != 0) memcpy(at, p, n);
  r->low += n;
  return at;
}

/* Room for one more of the list, which stands before the others. */
static void *amt__room_next(amt_tls_room *r, size_t n)
{
  if (r->error != 0 || n > r->high - r->low) {
    r->error = AMT_E_TLS_ROOM;
    return NULL;
  }
  r->high -= n;
  return r->mem + r->high;
}

static void amt__room_append(void *room, const void *p, size_t n)
{
  amt__room_put((amt_tls_room *)room, p, n);
}

/* What PEM is made of. Files come with carriage returns, a byte order mark or
   the zeros of UTF-16, too, which BearSSL does not expect. */
static int amt__pem_has(char c)
{
  return c > 0 && c < 0x7F && c != '\r';
}

/* Reads PEM up to the next BR_PEM_ event; 0 when all is read. */
static int amt__pem_event(br_pem_decoder_context *pem, const char **p,
                          size_t *n)
{
  int event = 0;
  while (*n > 0 && event == 0) {
    size_t run = 0;
    while (run < *n && amt__pem_has((*p)[run])) run++;
    if (run != 0) {
      run = br_pem_decoder_push(pem, *p, run);
      event = br_pem_decoder_event(pem);
    } else {
      run = 1;
    }
    *p += run;
    *n -= run;
  }
  return event;
}

static int amt__pem_is_certificate(br_pem_decoder_context *pem)
{
  const char *name = br_pem_decoder_name(pem);
  return strcmp(name, "CERTIFICATE") == 0 ||
         strcmp(name, "X509 CERTIFICATE") == 0;
}

enum { AMT__PEM_NEW, AMT__PEM_BETWEEN, AMT__PEM_CERTIFICATE, AMT__PEM_OTHER };

static void amt__anchors_der(void *ctx, const void *p, size_t n)
{
  br_x509_decoder_push(&((amt_bearssl_anchors *)ctx)->x509, p, n);
}

/* A certificate is complete: its name lies in the room, its key in x509. */
static void amt__anchors_add(amt_bearssl_anchors *a)
{
  br_x509_pkey         *key = br_x509_decoder_get_pkey(&a->x509);
  br_x509_trust_anchor  ta, *next;
  amt_tls_room         *r = &a->room;
  memset(&ta, 0, sizeof ta);
  ta.dn.data = r->mem + a->dn;
  ta.dn.len = r->low - a->dn;
  if (br_x509_decoder_isCA(&a->x509)) ta.flags = BR_X509_TA_CA;
  if (key != NULL) ta.pkey = *key;
  switch (ta.pkey.key_type) {
  case BR_KEYTYPE_RSA:
    ta.pkey.key.rsa.n = amt__room_put(r, key->key.rsa.n, key->key.rsa.nlen);
    ta.pkey.key.rsa.e = amt__room_put(r, key->key.rsa.e, key->key.rsa.elen);
    break;
  case BR_KEYTYPE_EC:
    ta.pkey.key.ec.q = amt__room_put(r, key->key.ec.q, key->key.ec.qlen);
    break;
  default:
    a->passed++;
    r->low = a->dn;
    return;
  }
  next = (br_x509_trust_anchor *)amt__room_next(r, sizeof ta);
  if (next == NULL) return;
  *next = ta;
  a->list = next;
  a->count++;
}

static void amt__anchors_begin(amt_bearssl_anchors *a)
{
  a->state = AMT__PEM_OTHER;
  br_pem_decoder_setdest(&a->pem, NULL, NULL);
  if (!amt__pem_is_certificate(&a->pem)) return;
  a->state = AMT__PEM_CERTIFICATE;
  a->dn = a->room.low;
  br_x509_decoder_init(&a->x509, amt__room_append, &a->room);
  br_pem_decoder_setdest(&a->pem, amt__anchors_der, a);
}

AMTDEF int amt_bearssl_anchors_read(amt_bearssl_anchors *a, const void *p,
                                    size_t n)
{
  const char *text = (const char *)p;
  if (a->state == AMT__PEM_NEW) {
    amt__room_init(&a->room, a->mem, a->size);
    br_pem_decoder_init(&a->pem);
    a->state = AMT__PEM_BETWEEN;
  }
  while (a->room.error == 0) {
    int event = amt__pem_event(&a->pem, &text, &n);
    if (event == 0) break;
    if (event == BR_PEM_BEGIN_OBJ) {
      amt__anchors_begin(a);
    } else if (event == BR_PEM_END_OBJ) {
      if (a->state == AMT__PEM_CERTIFICATE) amt__anchors_add(a);
      a->state = AMT__PEM_BETWEEN;
    } else {
      a->room.error = AMT_E_TLS_PEM;
    }
  }
  return a->room.error;
}

AMTDEF int amt_bearssl_anchors_end(amt_bearssl_anchors *a)
{
  int e = amt_bearssl_anchors_read(a, "\n", 1); /* the last line may lack it */
  if (e == 0 && (a->state != AMT__PEM_BETWEEN || a->count == 0))
    e = AMT_E_TLS_PEM;
  return e;
}

/* One of a client's two texts. */
typedef struct amt__client_pem {
  br_pem_decoder_context  pem;
  br_skey_decoder_context key;
  amt_tls_room            room;
  br_x509_certificate    *chain; /* the last first */
  size_t                  chain_len;
  uint8_t                 has_key;
} amt__client_pem;

static void amt__client_key_der(void *ctx, const void *p, size_t n)
{
  br_skey_decoder_push((br_skey_decoder_context *)ctx, p, n);
}

static int amt__client_certificates(amt__client_pem *x, const char *p, size_t n)
{
  size_t begin = 0;
  int    event;
  while ((event = amt__pem_event(&x->pem, &p, &n)) != 0) {
    int is_ours = amt__pem_is_certificate(&x->pem);
    if (event == BR_PEM_ERROR) return AMT_E_TLS_PEM;
    if (event == BR_PEM_BEGIN_OBJ) {
      begin = x->room.low;
      if (is_ours)
        br_pem_decoder_setdest(&x->pem, amt__room_append, &x->room);
      else
        br_pem_decoder_setdest(&x->pem, NULL, NULL);
    } else if (is_ours) {
      x->chain = (br_x509_certificate *)amt__room_next(&x->room,
                                                       sizeof *x->chain);
      if (x->chain == NULL) return AMT_E_TLS_ROOM;
      x->chain->data = x->room.mem + begin;
      x->chain->data_len = x->room.low - begin;
      x->chain_len++;
    }
  }
  return x->room.error;
}

static int amt__client_key(amt__client_pem *x, const char *p, size_t n)
{
  int event;
  while ((event = amt__pem_event(&x->pem, &p, &n)) != 0) {
    const char *name = br_pem_decoder_name(&x->pem);
    int         is_key = strcmp(name, "PRIVATE KEY") == 0 ||
                 strcmp(name, "RSA PRIVATE KEY") == 0 ||
                 strcmp(name, "EC PRIVATE KEY") == 0;
    if (event == BR_PEM_ERROR) return AMT_E_TLS_KEY;
    if (event == BR_PEM_BEGIN_OBJ && is_key && !x->has_key) {
      br_skey_decoder_init(&x->key);
      br_pem_decoder_setdest(&x->pem, amt__client_key_der, &x->key);
    } else if (event == BR_PEM_BEGIN_OBJ) {
      br_pem_decoder_setdest(&x->pem, NULL, NULL);
    } else if (is_key) {
      x->has_key = 1;
    }
  }
  return 0;
}

/* The key's numbers, from the decoder into the room. */
static int amt__client_keep(amt_bearssl_client *c, amt__client_pem *x)
{
  amt_tls_room *r = &x->room;
  int           type = x->has_key ? br_skey_decoder_key_type(&x->key) : 0;
  if (type == BR_KEYTYPE_RSA) {
    c->rsa = *br_skey_decoder_get_rsa(&x->key);
    c->rsa.p = amt__room_put(r, c->rsa.p, c->rsa.plen);
    c->rsa.q = amt__room_put(r, c->rsa.q, c->rsa.qlen);
    c->rsa.dp = amt__room_put(r, c->rsa.dp, c->rsa.dplen);
    c->rsa.dq = amt__room_put(r, c->rsa.dq, c->rsa.dqlen);
    c->rsa.iq = amt__room_put(r, c->rsa.iq, c->rsa.iqlen);
    c->use = amt_bearssl_use_rsa;
  } else if (type == BR_KEYTYPE_EC) {
    c->ec = *br_skey_decoder_get_ec(&x->key);
    c->ec.x = amt__room_put(r, c->ec.x, c->ec.xlen);
    c->use = amt_bearssl_use_ec;
  } else {
    return AMT_E_TLS_KEY;
  }
  return r->error;
}

AMTDEF int amt_bearssl_client_read(amt_bearssl_client *c, void *mem,
                                   size_t size, const char *chain,
                                   size_t chain_len, const char *key,
                                   size_t key_len)
{
  amt__client_pem x;
  size_t          i;
  int             e;
  memset(c, 0, sizeof *c);
  memset(&x, 0, sizeof x);
  amt__room_init(&x.room, mem, size);
  br_pem_decoder_init(&x.pem);
  e = amt__client_certificates(&x, chain, chain_len);
  if (e == 0) e = amt__client_certificates(&x, "\n", 1);
  if (e == 0 && x.chain_len == 0) e = AMT_E_TLS_PEM;
  br_pem_decoder_init(&x.pem);
  if (e == 0) e = amt__client_key(&x, key, key_len);
  if (e == 0) e = amt__client_key(&x, "\n", 1);
  if (e == 0) e = amt__client_keep(c, &x);
  for (i = 0; i < x.chain_len / 2u; i++) { /* ours first */
    br_x509_certificate last = x.chain[x.chain_len - 1u - i];
    x.chain[x.chain_len - 1u - i] = x.chain[i];
    x.chain[i] = last;
  }
  c->chain = x.chain;
  c->chain_len = x.chain_len;
  amt_wipe(&x, sizeof x);
  return e;
}
#endif /* AMT_BEARSSL */

#ifdef AMT_MBEDTLS
/* ------------------------------------------------------------------------
   >>http-mbedtls

   mbedTLS reads and writes by callbacks, which hand "not yet" through. It
   takes its memory from its own heap (mbedtls_calloc): the header's manual
   tells how to give it a static pool. */

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define AMT__SHA256_STARTS(c)       mbedtls_sha256_starts_ret(c, 0)
#define AMT__SHA256_UPDATE(c, p, n) mbedtls_sha256_update_ret(c, p, n)
#define AMT__SHA256_FINISH(c, out)  mbedtls_sha256_finish_ret(c, out)
#define AMT__MBEDTLS_ALERT(ssl)     ((ssl)->in_msg[1])
#define AMT__MBEDTLS_BAD_VERSION    MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#define AMT__MBEDTLS_BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define AMT__MBEDTLS_BAD_HELLO      MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO
#else
#define AMT__SHA256_STARTS(c)       mbedtls_sha256_starts(c, 0)
#define AMT__SHA256_UPDATE(c, p, n) mbedtls_sha256_update(c, p, n)
#define AMT__SHA256_FINISH(c, out)  mbedtls_sha256_finish(c, out)
#define AMT__MBEDTLS_ALERT(ssl)     ((ssl)->MBEDTLS_PRIVATE(in_msg)[1])
#define AMT__MBEDTLS_BAD_VERSION    MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#define AMT__MBEDTLS_BAD_CERTIFICATE MBEDTLS_ERR_SSL_BAD_CERTIFICATE
#define AMT__MBEDTLS_BAD_HELLO      MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER
#endif

/* mbedTLS's source of randomness: the caller's, or the system's. */
static int amt__mbedtls_random(void *ctx, unsigned char *p, size_t n)
{
  amt_mbedtls   *t = (amt_mbedtls *)ctx;
  const amt_tls *tls = &t->server->tls;
  int            bad = 0;
  if (tls->random != NULL) {
    bad = tls->random(tls->ctx, p, n) != 1;
  } else {
    while (n > 0 && !bad) {
      size_t some = n < 32u ? n : 32u;
      bad = mbedtls_entropy_func(&t->server->entropy, p, some) != 0;
      p += some;
      n -= some;
    }
  }
  if (bad) t->verdict = AMT_E_TLS_RANDOM;
  return bad ? MBEDTLS_ERR_ENTROPY_SOURCE_FAILED : 0;
}

/* Writes below. Once that has failed it all goes nowhere: what the server had
   said before, an alert or an early reply, can still be read. */
static ptrdiff_t amt__mbedtls_put(amt_mbedtls *t, const uint8_t *p, size_t n)
{
  ptrdiff_t put = (ptrdiff_t)n;
  if (t->broken == 0) put = t->inner->ops->write(t->inner, p, n);
  if (put >= 0) return put;
  t->broken = (int)put;
  return (ptrdiff_t)n;
}

/* The rest of the last record: 1 if it is out, or AMT_AGAIN. */
static int amt__mbedtls_flush(amt_mbedtls *t)
{
  while (t->out_at < t->out_len) {
    ptrdiff_t put = amt__mbedtls_put(t, t->out + t->out_at,
                                     (size_t)t->out_len - t->out_at);
    if (put == AMT_AGAIN) return AMT_AGAIN;
    t->out_at = (uint16_t)(t->out_at + put);
  }
  t->out_at = t->out_len = 0;
  return 1;
}

/* A record of the request is taken whole, and what cannot leave yet waits in
   t->out. Were mbedTLS to keep it, an alert or a close_notify of its own could
   send a request that was said not to have been sent. These wait there as well:
   what mbedTLS keeps of them it takes for the next piece of the request. */
static int amt__mbedtls_send(void *ctx, const unsigned char *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)ctx;
  ptrdiff_t    put = amt__mbedtls_flush(t);
  t->want = AMT_WANT_WRITE;
  if (put > 0) put = amt__mbedtls_put(t, p, n);
  if (t->state == AMT__TLS_OPEN && (size_t)put < n &&
      n - (size_t)put <= sizeof t->out - t->out_len) {
    memcpy(t->out + t->out_len, p + put, n - (size_t)put);
    t->out_len = (uint16_t)(t->out_len + (n - (size_t)put));
    return (int)n;
  }
  return put > 0 ? (int)put : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int amt__mbedtls_receive(void *ctx, unsigned char *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)ctx;
  ptrdiff_t    got;
  t->want = AMT_WANT_READ;
  if (t->inner_error != 0) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  if (t->turns == 0) return MBEDTLS_ERR_SSL_WANT_READ;
  t->turns--;
  got = t->inner->ops->read(t->inner, p, n);
  if (got > 0 && t->first == 0) t->first = p[0];
  if (got > 0) return (int)got;
  if (t->broken) got = t->broken;
  if (got == AMT_AGAIN) return MBEDTLS_ERR_SSL_WANT_READ;
  t->inner_error = (int)got;
  return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* --- the verifier: called for each certificate, the last of the chain first */

#if AMT__TLS_READER
static void amt__mbedtls_read_certificate(amt_mbedtls            *t,
                                          const mbedtls_x509_crt *crt,
                                          int                     depth)
{
  size_t i;
#ifndef AMT_TLS_NO_PIN
  mbedtls_sha256_context hash;
  mbedtls_sha256_init(&hash);
  (void)AMT__SHA256_STARTS(&hash);
#endif
  amt__cert_init(&t->reader);
  for (i = 0; i < crt->raw.len; i++) {
    int of_key = amt__cert_step(&t->reader, crt->raw.p[i]);
#ifndef AMT_TLS_NO_PIN
    if (of_key && depth == 0)
      (void)AMT__SHA256_UPDATE(&hash, crt->raw.p + i, 1);
#endif
    (void)of_key, (void)depth;
  }
#ifndef AMT_TLS_NO_PIN
  if (depth == 0) (void)AMT__SHA256_FINISH(&hash, t->seen.pin);
  mbedtls_sha256_free(&hash);
#endif
}
#endif

/* mbedTLS's reasons as ours. */
static int amt__mbedtls_refused(const amt_mbedtls *t, uint32_t flags, int depth)
{
  const amt_tls *tls = &t->server->tls;
  if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
    return amt__tls_closer(tls, &t->reader, (unsigned)depth, AMT_E_TLS_ISSUER);
  if (flags & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE))
    return amt__tls_closer(tls, &t->reader, (unsigned)depth,
                           AMT_E_TLS_EXPIRED);
  if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
    return t->reader.ip_len != 0 ? AMT_E_TLS_IP : AMT_E_TLS_NAME;
  if (flags & MBEDTLS_X509_BADCERT_BAD_KEY) return AMT_E_TLS_WEAK;
  if (flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK))
    return AMT_E_TLS_ALGORITHM;
  if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE |
               MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
               MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
    return AMT_E_TLS_USAGE;
  return AMT_E_TLS_CERTIFICATE;
}

static int amt__mbedtls_verify(void *ctx, mbedtls_x509_crt *crt, int depth,
                               uint32_t *flags)
{
  amt_mbedtls   *t = (amt_mbedtls *)ctx;
  const amt_tls *tls = &t->server->tls;
#if AMT__TLS_READER
  uint32_t now = amt__tls_time(tls);
  amt__mbedtls_read_certificate(t, crt, depth);
  /* Dates are judged here, by the caller's clock. */
  *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED |
                        MBEDTLS_X509_BADCERT_FUTURE);
  if (!amt__tls_skips_dates(tls) &&
      (now < t->reader.from || now > t->reader.until))
    *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
#endif
  if (depth == 0 && t->reader.ip_len != 0 && !t->reader.ip_found)
    *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
  if (tls->insecure_skip_chain) *flags = 0;
  if (*flags != 0 && t->verdict == 0) {
    t->verdict = amt__mbedtls_refused(t, *flags, depth);
    t->seen.certificate = (uint8_t)depth;
    if (t->verdict == AMT_E_TLS_WEAK &&
        !(mbedtls_pk_can_do(&crt->pk, MBEDTLS_PK_RSA) &&
          mbedtls_pk_get_bitlen(&crt->pk) < 2048))
      t->seen.certificate++; /* its issuer's key is meant */
    t->seen.lib_error = (int)*flags;
  }
  if (t->verdict == 0 || t->seen.certificate == depth) {
    t->seen.from = t->reader.from;
    t->seen.until = t->reader.until;
  }
  if (depth != 0) return 0;
  t->verified = 1;
#ifndef AMT_TLS_NO_PIN
  if (t->verdict == 0 && !amt__tls_pinned(tls, t->seen.pin))
    t->verdict = AMT_E_TLS_PIN;
#endif
  return t->verdict != 0 ? MBEDTLS_ERR_X509_FATAL_ERROR : 0;
}

/* --- the stream --- */

static int amt__mbedtls_configure(amt_mbedtls *t)
{
  static const int ciphers[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 0
  };
  amt_mbedtls_server *s = t->server;
  mbedtls_ssl_config *conf = &t->conf;
  int e = mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT,
                                      MBEDTLS_SSL_TRANSPORT_STREAM,
                                      MBEDTLS_SSL_PRESET_DEFAULT);
  if (e != 0) return e;
  mbedtls_ssl_conf_authmode(conf, s->anchors != NULL
                                    ? MBEDTLS_SSL_VERIFY_REQUIRED
                                    : MBEDTLS_SSL_VERIFY_OPTIONAL);
  mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                               MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_ca_chain(conf, s->anchors, NULL);
  mbedtls_ssl_conf_verify(conf, amt__mbedtls_verify, t);
  mbedtls_ssl_conf_rng(conf, amt__mbedtls_random, t);
  mbedtls_ssl_conf_cert_profile(conf, &mbedtls_x509_crt_profile_next);
  mbedtls_ssl_conf_ciphersuites(conf, s->ciphers != NULL ? s->ciphers
                                                         : ciphers);
  if (s->ciphers == NULL) /* these are TLS 1.2's */
    mbedtls_ssl_conf_max_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_3);
#ifdef MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
  if (s->fragment != 0) {
    e = mbedtls_ssl_conf_max_frag_len(conf, s->fragment);
    if (e != 0) return e;
  }
#endif
  if (s->client != NULL) {
    e = mbedtls_ssl_conf_own_cert(conf, s->client, s->client_key);
    if (e != 0) return e;
  }
  return 0;
}

/* Takes up the saved session, if all that it depends on is the same. */
static void amt__mbedtls_offer(amt_mbedtls *t, const char *name, size_t n,
                               uint16_t port)
{
  amt_mbedtls_server    *s = t->server;
  mbedtls_sha256_context hash;
  mbedtls_sha256_init(&hash);
  (void)AMT__SHA256_STARTS(&hash);
  (void)AMT__SHA256_UPDATE(&hash, (const unsigned char *)s,
                           offsetof(amt_mbedtls_server, saved));
  (void)AMT__SHA256_UPDATE(&hash, (const unsigned char *)s->tls.pins,
                           32u * s->tls.pin_count);
  (void)AMT__SHA256_UPDATE(&hash, (const unsigned char *)name, n);
  (void)AMT__SHA256_UPDATE(&hash, (const unsigned char *)&port, sizeof port);
  (void)AMT__SHA256_FINISH(&hash, t->binding);
  mbedtls_sha256_free(&hash);
  t->offered = s->has_saved && amt__tls_time(&s->tls) <= s->saved_until &&
               memcmp(t->binding, s->saved_for, sizeof t->binding) == 0 &&
               mbedtls_ssl_set_session(&t->ssl, &s->saved) == 0;
}

/* Everything before the first byte. */
static int amt__mbedtls_begin(amt_mbedtls *t, const char *host, size_t n,
                              uint16_t port)
{
  char name[254];
  int  e;
  memset(&t->seen, 0, sizeof t->seen);
  memset(&t->reader, 0, sizeof t->reader);
  t->verdict = t->inner_error = t->broken = 0;
  t->first = t->verified = t->offered = 0;
  t->out_at = t->out_len = 0;
  n = amt__tls_name(&t->server->tls, host, n, name, &t->reader);
  e = amt__tls_ready(&t->server->tls, t->server->anchors != NULL, n,
                     &t->reader);
  if (e != 0) return e;
  mbedtls_ssl_init(&t->ssl);
  mbedtls_ssl_config_init(&t->conf);
  t->state = AMT__TLS_SHAKING;
  e = amt__mbedtls_configure(t);
  if (e == 0) e = mbedtls_ssl_setup(&t->ssl, &t->conf);
  if (e == 0) /* no address: RFC 6066, 3; those are looked for by the reader */
    e = mbedtls_ssl_set_hostname(&t->ssl,
                                 t->reader.ip_len != 0 ? NULL : name);
  if (e != 0) {
    t->seen.lib_error = e;
    return AMT_E_TLS_MEMORY;
  }
  mbedtls_ssl_set_bio(&t->ssl, t, amt__mbedtls_send, amt__mbedtls_receive,
                      NULL);
  amt__mbedtls_offer(t, name, n, port);
  return 0;
}

/* mbedTLS's result, as ours. */
static int amt__mbedtls_result(amt_mbedtls *t, int e)
{
  if (e == MBEDTLS_ERR_SSL_WANT_READ || e == MBEDTLS_ERR_SSL_WANT_WRITE)
    return AMT_AGAIN;
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
  if (e == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) return AMT_AGAIN;
#endif
  if (e == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return AMT_E_EOF;
  if (t->seen.lib_error == 0) t->seen.lib_error = e;
  if (t->verdict != 0) return t->verdict;
  if (t->inner_error == AMT_E_EOF) return AMT_E_TRUNCATED;
  if (t->inner_error != 0) return t->inner_error;
  if (t->state == AMT__TLS_SHAKING && t->first != 0x15 && t->first != 0x16)
    return AMT_E_TLS_NOT_TLS;
  switch (e) {
  case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
    return amt__tls_alert(AMT__MBEDTLS_ALERT(&t->ssl));
  case AMT__MBEDTLS_BAD_VERSION: return AMT_E_TLS_VERSION;
  case AMT__MBEDTLS_BAD_CERTIFICATE: /* once verified, only its usage is left */
    return t->verified ? AMT_E_TLS_USAGE : AMT_E_TLS_CERTIFICATE;
  case AMT__MBEDTLS_BAD_HELLO:
  case MBEDTLS_ERR_SSL_BAD_INPUT_DATA: return AMT_E_TLS_CIPHER;
  case MBEDTLS_ERR_SSL_ALLOC_FAILED: return AMT_E_TLS_MEMORY;
  case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE: return AMT_E_TLS_RECORD;
  default: break;
  }
  if (-e >> 12 == 2) return AMT_E_TLS_CERTIFICATE; /* MBEDTLS_ERR_X509_ */
  if (-e >> 12 == 3) return AMT_E_TLS_ALGORITHM;   /* MBEDTLS_ERR_PK_ */
  return AMT_E_TLS_BROKEN;
}

/* The handshake is done: remember the session. */
static int amt__mbedtls_opened(amt_mbedtls *t)
{
  amt_mbedtls_server *s = t->server;
  t->seen.resumed = !t->verified;
  if (t->seen.resumed && !t->offered) return AMT_E_TLS_BROKEN;
  if (t->verified) s->saved_until = amt__tls_until(&s->tls, t->seen.until);
  amt_mbedtls_forget(s);
  memcpy(s->saved_for, t->binding, sizeof s->saved_for);
  s->has_saved = mbedtls_ssl_get_session(&t->ssl, &s->saved) == 0;
  t->state = AMT__TLS_OPEN;
  return 1;
}

static int amt__mbedtls_open(amt_stream *stream, const char *host,
                             size_t host_len, uint16_t port, uint32_t left)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  int          e;
  if (t->state < AMT__TLS_SHAKING) {
    t->state = AMT__TLS_CONNECTING;
    e = t->inner->ops->open(t->inner, host, host_len, port, left);
    if (e <= 0) return e;
    e = amt__mbedtls_begin(t, host, host_len, port);
    if (e != 0) return e;
  }
  t->turns = 16;
  e = mbedtls_ssl_handshake(&t->ssl);
  if (e == 0 && !t->broken) return amt__mbedtls_opened(t);
  e = e != 0 ? amt__mbedtls_result(t, e) : t->broken;
  if (e != AMT_AGAIN && t->offered && t->verdict == 0) {
    amt_mbedtls_forget(t->server); /* next time from the start */
    if (e <= -100) e = AMT_E_TLS_BROKEN;
  }
  return e == AMT_E_TRUNCATED ? AMT_E_EOF : e;
}

static ptrdiff_t amt__mbedtls_read(amt_stream *stream, void *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  int          e;
  t->turns = 16;
  if (n > 0x4000u) n = 0x4000u;
  amt__mbedtls_flush(t);
  e = mbedtls_ssl_read(&t->ssl, (unsigned char *)p, n);
  return e >= 0 ? e : amt__mbedtls_result(t, e); /* 0: an empty record */
}

/* One record. If the write below fails, it may have left whole. */
static ptrdiff_t amt__mbedtls_write(amt_stream *stream, const void *p, size_t n)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  int          e = AMT_AGAIN;
  t->turns = 16;
  if (n > AMT_MBEDTLS_RECORD) n = AMT_MBEDTLS_RECORD;
  if (amt__mbedtls_flush(t) != AMT_AGAIN)
    e = mbedtls_ssl_write(&t->ssl, (const unsigned char *)p, n);
  if (t->broken) return t->broken;
  return e >= 0 ? e : amt__mbedtls_result(t, e);
}

static void amt__mbedtls_close(amt_stream *stream)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  if (t->state == AMT__TLS_OPEN && !stream->abort)
    (void)mbedtls_ssl_close_notify(&t->ssl);
  if (t->state != AMT__TLS_CLOSED) {
    t->inner->abort = stream->abort;
    t->inner->ops->close(t->inner);
  }
  if (t->state >= AMT__TLS_SHAKING) { /* these wipe, too */
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_config_free(&t->conf);
  }
  t->state = AMT__TLS_CLOSED;
}

static int amt__mbedtls_wait(amt_stream *stream, int want, uint32_t ms)
{
  amt_mbedtls *t = (amt_mbedtls *)(void *)stream;
  return amt__tls_wait(t->inner, want, ms);
}

static int amt__mbedtls_want(const amt_stream *stream, int want)
{
  const amt_mbedtls *t = (const amt_mbedtls *)(const void *)stream;
  if (t->state == AMT__TLS_SHAKING) want = t->want;
  if (t->state == AMT__TLS_OPEN && want != AMT_WANT_WRITE &&
      mbedtls_ssl_get_bytes_avail(&t->ssl) > 0)
    return AMT_WANT_NOW;
  if (t->out_len != 0) want = AMT_WANT_WRITE;
  return t->inner->ops->want != NULL ? t->inner->ops->want(t->inner, want)
                                     : want;
}

AMTDEF void amt_mbedtls_init(amt_mbedtls *t, amt_stream *inner,
                             amt_mbedtls_server *server)
{
  static const amt_stream_ops ops = {
    amt__mbedtls_open,  amt__mbedtls_read, amt__mbedtls_write,
    amt__mbedtls_close, amt__mbedtls_wait, 1, amt__mbedtls_want
  };
  memset(t, 0, sizeof *t);
  t->stream.ops = &ops;
  t->inner = inner;
  t->server = server;
}

AMTDEF void amt_mbedtls_server_init(amt_mbedtls_server *server)
{
  memset(server, 0, sizeof *server);
  mbedtls_ssl_session_init(&server->saved);
  mbedtls_entropy_init(&server->entropy);
}

AMTDEF void amt_mbedtls_server_end(amt_mbedtls_server *server)
{
  amt_mbedtls_forget(server);
  mbedtls_entropy_free(&server->entropy);
}

AMTDEF void amt_mbedtls_forget(amt_mbedtls_server *server)
{
  mbedtls_ssl_session_free(&server->saved);
  mbedtls_ssl_session_init(&server->saved);
  server->has_saved = 0;
}
#endif /* AMT_MBEDTLS */

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
