/* amt_http.h - a minimal HTTP/1.1 client over streams that you supply.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #include "amt_http.h"
   in all others just the include. No heap, no writable globals. Nothing here
   blocks, except amt_http_wait and a stream's own wait. Sockets and TLS are
   files in backends/; a macro chooses each, for example AMT_POSIX.

   Contents: search for the tag
     >>http-manual    what it does, what it refuses, one whole program
     >>http-options   the macros, where to define them and what they cost
     >>http-api       everything public
     >>http-impl      from here on only with AMT_IMPLEMENTATION
     >>http-bytes     the writer that produces any part of a text again
     >>http-text      errors in words
     >>http-address   numeric addresses
     >>http-url       http://host:port/path
     >>http-request   the head of a request
     >>http-reply     the parser: reply bytes in, body bytes out
     >>http-conn      one connection: open, send, receive, keep alive
     >>http-backends  the files that the macros choose

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
   - Texts are NUL-terminated, unless a length is beside them.
   - A request is never stored. It is produced again from the byte where it
     stopped (struct amt_window), so a short write costs no memory. The texts
     that it is made from must not change until it has been sent.

   A whole program (examples/http_get.c is this one, and prints errors, too):

     static amt_posix sock;  static amt_http_conn conn;  static amt_url url;
     char buf[1024];  amt_window o;  int e;

     amt_posix_init(&sock);
     conn.stream = &sock.stream;
     if (amt_url_parse(&url, "http://127.0.0.1:8080/") != 0) return 1;
     amt_http_begin(&conn, amt_posix_now(), 0);
     do {
       e = amt_http_poll(&conn, &url, buf, sizeof buf, amt_posix_now());
       if (e == AMT_HTTP_SEND) {
         amt_window_init(&o, buf, sizeof buf, conn.sent);
         amt_http_put_line(&o, "GET", &url, url.path, url.path_len);
         amt_http_put_end(&o, AMT_HTTP_NO_BODY);
         e = amt_http_send(&conn, &o, amt_posix_now());
       } else if (e == AMT_HTTP_BODY) {
         fwrite(conn.data, 1, conn.len, stdout);
       }
       if (e == AMT_AGAIN) amt_http_wait(&conn, 1000);
     } while (e >= 0 && e != AMT_HTTP_END);

   With TLS it is the same program, with a TLS stream over the socket's: see
   amt_bearssl.h, amt_mbedtls.h. On a board with lwIP and no threads, sock is an
   amt_lwip_raw (amt_lwip.h), and where this program waits, the loop lets lwIP
   run: examples/firmware is a whole image.

   Write a stream

   For a modem, another network stack, or a trace: a struct of yours whose first
   member is an amt_stream, and its functions, in an amt_stream_ops.
   examples/own_stream.c is one over a serial port. The functions are called
   from within your own calls of the library, one at a time, never from an
   interrupt. To call one yourself write (s->ops->close)(s): the first
   parentheses keep out a macro close(s), which lwIP's sockets.h has by default.

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
            and the same bytes are offered again. An error: nobody knows how
            many, so they count as taken: nothing more is written on this
            connection, and a Start is not sent again (unless a reply has
            arrived, its outcome is unknown). For a modem that got the bytes
            and then says ERROR return an error: AMT_AGAIN might start a job
            twice. IF IN DOUBT, TAKEN. A stream that knows that it took none
            may say AMT_AGAIN, and give the error at the next read.
     close  gives back all that open took, also after an open that failed or is
            not done; does nothing where nothing is open. The next open begins
            anew. If `abort` is set, a request is given up: the part of it that
            has not arrived must not arrive later.
     wait   may block, up to ms, until the last AMT_AGAIN may have another
            answer. 1: look again. 0: the time is up. AMT_INTERRUPTED: give the
            caller its turn. Where nothing is open it just sleeps. NULL: this
            stream cannot block; the caller polls it in a loop of its own.
     tls    is no function but a number: 1 if this is TLS, whose handshake is a
            part of open, else 0. https needs a stream with 1, http one with 0.
     waits_for  is for a stream over another one. It tells what to wait for on
            the lower one: a TLS stream may have to read in order to write.
            NULL: the same that the caller waits for.

   Read and write are called only while the stream is open: open has said 1, and
   close was not called since. Open is called only while it is not. Close, wait
   and waits_for may come at any time. After an error of read there is no
   further read, and after one of write no further write.

   Read is called before anything is written: for one byte once open has said
   1, and again before each further request, to see whether the server has
   closed or has sent something unasked. Normally it says AMT_AGAIN. It is also
   called after a write that took none or failed: a server may answer before it
   has the whole request, and close. Give what has arrived before you report
   the error.

   The caller gets your error as it is. AMT_IS_PERMANENT(error) says that trying
   again will not help.

   There: Content-Length, chunked (extensions and trailers skipped, bounded),
   bodies that end with the connection, 1xx skipped (ten at most), keep-alive
   with an idle limit and the server's own (Keep-Alive: timeout=N: in the last
   of these seconds the connection is not used again), IPv6 addresses, a reply
   that comes while the request is still going out (then sending stops, and the
   connection closes after the reply).

   Refused, each with an error of its own: Content-Length with
   Transfer-Encoding, two lengths that differ, a list of lengths even if they
   are equal (42, 42), unknown codings, obs-fold, bare CR or LF, NUL and other
   controls, a blank before the colon, an empty line before the status line,
   anything but blanks between a chunk's size and its ';' or line end, a header
   line over 8,192 bytes, a head over 65,536 bytes or 100 lines, bytes that
   arrive before the first byte of a request (a 408, say, to a connection that
   was not used).

   Not there at all: redirects (reported, never followed), HEAD (the parser
   would wait for a body), cookies, compression, HTTP/2, caching, proxies.

   ------------------------------------------------------------------------
   >>http-options   define them before the include, in the file that has
                    AMT_IMPLEMENTATION, unless it says "everywhere"; sizes are
                    of a Cortex-M4, gcc 12 -Os

   AMT_STATIC       everywhere it is included: all functions are static. (gcc
                    warns in a file without the implementation, and is right.)
   AMTDEF           everywhere: what stands before each public function
   AMT_NO_TEXT      leaves out the words and names of errors
   AMT_ASSERT(c)    called where a misuse would make c false: a job begun anew
                    during a call, a session or a pool that ends before its
                    jobs, a pool's buffer below 64 bytes, a forbidden NULL. By
                    default nothing; with <assert.h>:
                    #define AMT_ASSERT(c) assert(c)
   AMT_NO_HTTP      leaves out all but what amt.h needs: the writer, the errors
   AMT_WIDE         bits that the reply parser and amt.h's tokenizer look at
                    together: 32, 64 or 128; 0: a byte at a time. By default
                    what the machine has; 0 with -Os, and without amt_wide.h

   Backends; define them where AMT_IMPLEMENTATION is, and everywhere their
   streams are used. Each file says what options it has, what it costs, and
   which system headers must come later:
   AMT_POSIX        amt_posix.h: the sockets of POSIX systems
   AMT_LWIP         amt_lwip_sockets.h: the same over lwIP's sockets
   AMT_WINSOCK      amt_winsock.h: the sockets of Windows
   AMT_LWIP_RAW     amt_lwip.h: lwIP without threads and sockets
   AMT_BEARSSL      amt_bearssl.h: TLS without a heap
   AMT_MBEDTLS      amt_mbedtls.h: TLS by mbedTLS 2.28, 3.x and 4.x

   No option changes the layout of a struct.

   To have it in a C++ namespace, include its system headers before: stddef.h,
   stdint.h, string.h, on x86 emmintrin.h, and those of its backends. */

#ifndef AMT_HTTP_H
#define AMT_HTTP_H

#define AMT_HTTP_VERSION 200 /* 0.2.0: the other headers ask for their own */

/* What amt_posix.h needs of the system's headers, before the first of them. */
#if defined(AMT_POSIX) && defined(__STRICT_ANSI__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L
#endif
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* For a misuse that the library can see. It goes on as if there were none. */
#ifndef AMT_ASSERT
#define AMT_ASSERT(condition) ((void)0)
#endif

/* Is a header of ours at hand? All are, in the one file of make single. */
#if defined(AMT_SINGLE) || !defined(__has_include)
#define AMT__HAS(file) 1
#else
#define AMT__HAS(file) __has_include(file)
#endif

/* Is there a stream that needs amt_tls.h? */
#if (defined(AMT_BEARSSL) || defined(AMT_MBEDTLS)) && !defined(AMT_NO_HTTP)
#define AMT__TLS
#endif

#ifndef AMTDEF
#ifdef AMT_STATIC
#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && __GNUC__ >= 8 && \
  !defined(__clang__) /* gcc would inline, and put in constants: 800 bytes */
#define AMTDEF static __attribute__((unused, noipa))
#elif defined(__GNUC__)
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
   time. Call amt_put for all of the text: what lies outside the window is only
   counted. With cap 0 all is only counted. */
typedef struct amt_window {
  char  *buf;   /* the window's bytes; the caller's */
  size_t cap;   /* its room */
  size_t from;  /* where in the text the window begins */
  size_t len;   /* bytes in the window so far */
  size_t total; /* bytes produced so far; in the end the text's length, but at
                   most SIZE_MAX */
} amt_window;

AMTDEF void    amt_window_init(amt_window *o, char *buf, size_t cap,
                               size_t from);
AMTDEF void    amt_put(amt_window *o, const void *p, size_t n);
AMTDEF void    amt_put_text(amt_window *o, const char *text);
AMTDEF void    amt_put_number(amt_window *o, uint64_t n); /* in decimal */

/* Reads n digits of base 10 or 16: 1; or 0 if n is 0, a byte is no digit, or
   the number does not fit. */
AMTDEF int amt_uint64(const char *text, size_t n, unsigned base, uint64_t *v);

/* Zeroes memory that held a secret. No optimizer leaves it out. If n is 0, p
   may be NULL. */
AMTDEF void amt_wipe(void *p, size_t n);

/* --- errors ------------------------------------------------------------- */

/* Each error once: its name, its number, its cause and cure. The enumeration,
   amt_http_error and amt_http_error_name are made of these lists; so is what
   you may need, by an E of your own. */
#define AMT_HTTP_ERRORS(E) \
  E(AMT_E_EOF, -1, \
    "the server closed the connection before it answered; see whether it " \
    "runs, and its own log; with https also whether it takes TLS 1.2 and " \
    "wants a client certificate") \
  E(AMT_E_RESET, -2, \
    "the connection broke; see the network, and whether the server runs") \
  E(AMT_E_TIMEOUT, -3, \
    "no answer in time; the server or the network is slow or away") \
  E(AMT_E_DNS, -4, \
    "the server's name is not known; check it, or the name service") \
  E(AMT_E_NAME_SERVER, -20, \
    "the name service failed or did not answer, so the server's address is " \
    "not known; see whether it runs and can be reached") \
  E(AMT_E_CONNECT, -5, \
    "no connection; check host and port, and that the server runs and no " \
    "firewall is between") \
  E(AMT_E_TRUNCATED, -6, "the reply broke off before its end") \
  E(AMT_E_HTTP_STATUS, -10, \
    "the reply does not begin as an HTTP/1.x reply does; is this the right " \
    "port, and http or https as it should be?") \
  E(AMT_E_HTTP_HEADER, -11, "a malformed header line in the reply") \
  E(AMT_E_HTTP_SIZE, -12, \
    "the reply's head is too large (8,192 bytes a line, 65,536 in all, 100 " \
    "lines)") \
  E(AMT_E_HTTP_LENGTH, -13, \
    "a Content-Length that is no number, too large, or given twice with " \
    "different values") \
  E(AMT_E_HTTP_FRAMING, -14, \
    "Content-Length and Transfer-Encoding in one reply; refused, since one " \
    "of them lies") \
  E(AMT_E_HTTP_CODING, -15, "a Transfer-Encoding other than chunked") \
  E(AMT_E_HTTP_ENCODING, -16, \
    "a Content-Encoding other than identity; turn compression off for this " \
    "service") \
  E(AMT_E_HTTP_CHUNK, -17, "malformed chunks in the reply") \
  E(AMT_E_HTTP_INTERIM, -18, "more than ten interim (1xx) replies, or a 101") \
  E(AMT_E_HTTP_UNASKED, -19, \
    "the server sent bytes before it was asked anything; is this the right " \
    "port?") \
  E(AMT_E_URL_SCHEME, -100, "a URL begins with http:// or https://") \
  E(AMT_E_URL_HOST, -101, \
    "the URL's host is missing or malformed (no user names in a URL; IPv6 " \
    "addresses in brackets)") \
  E(AMT_E_URL_PORT, -102, "the URL's port is not a number from 1 to 65535") \
  E(AMT_E_URL_PATH, -103, \
    "the URL's path has a blank, a control character, a '#' or a non-ASCII " \
    "character; percent-encode it") \
  E(AMT_E_NO_TLS, -104, \
    "https needs a TLS stream, and http a plain one; this build or " \
    "connection has the other") \
  E(AMT_E_NO_ROOM, -105, \
    "the buffer is smaller than 64 bytes, or the request longer than this " \
    "machine can count")

/* Of TLS. The first may pass. With the others we refused the server, or could
   not ask it. */
#define AMT_TLS_ERRORS(E) \
  E(AMT_E_TLS_BROKEN, -7, \
    "TLS: bytes that do not fit the protocol or the keys; if it stays so, " \
    "see the server's TLS log, and what is between") \
  E(AMT_E_TLS_NOT_TLS, -130, \
    "TLS: the server does not speak TLS on this port; is it http, or " \
    "another port?") \
  E(AMT_E_TLS_VERSION, -131, \
    "TLS: the server has nothing that we speak: it must offer TLS 1.2") \
  E(AMT_E_TLS_CIPHER, -132, \
    "TLS: the server chose a cipher or a curve that we do not have") \
  E(AMT_E_TLS_NAME, -133, \
    "TLS: the server's certificate is for another name; use the name that " \
    "it has, or have a certificate made for this one") \
  E(AMT_E_TLS_IP, -134, \
    "TLS: the server's certificate does not have this IP address (an " \
    "iPAddress in its subjectAltName); use its name, or have one made") \
  E(AMT_E_TLS_SELF_SIGNED, -135, \
    "TLS: the server's certificate is signed by itself, and is not " \
    "trusted; add it to the CA file, or pin its key") \
  E(AMT_E_TLS_ISSUER, -136, \
    "TLS: nobody trusted has signed this certificate: the server does not " \
    "send an intermediate one, or its CA is not in the CA file") \
  E(AMT_E_TLS_ROOT, -137, \
    "TLS: the chain ends in a root certificate that is not trusted; is the " \
    "right CA in the CA file?") \
  E(AMT_E_TLS_SIGNATURE, -138, \
    "TLS: the signature on this certificate is wrong; it was damaged or " \
    "forged") \
  E(AMT_E_TLS_EXPIRED, -139, \
    "TLS: this certificate has expired; have it renewed") \
  E(AMT_E_TLS_NOT_YET, -140, \
    "TLS: this certificate is not valid yet; is the clock right, here and " \
    "where it was made?") \
  E(AMT_E_TLS_CLOCK, -141, \
    "TLS: the clock is not set, so no certificate can be judged; set it " \
    "(NTP, RTC), or skip dates where that is right") \
  E(AMT_E_TLS_WEAK, -142, \
    "TLS: the key in this certificate is too weak (RSA below 2,048 " \
    "bits, a curve below 256); have a new one made") \
  E(AMT_E_TLS_ALGORITHM, -143, \
    "TLS: this certificate's key or signature is of a kind that is not " \
    "taken (SHA-1, SHA-3, RSASSA-PSS, Ed25519, an unknown curve); have one " \
    "made with RSA (PKCS #1) or P-256, signed with SHA-256") \
  E(AMT_E_TLS_USAGE, -144, \
    "TLS: this certificate may not be used so: it is not a CA's, or its " \
    "key is for another purpose (a server's: keyUsage digitalSignature, " \
    "extendedKeyUsage serverAuth)") \
  E(AMT_E_TLS_CERTIFICATE, -145, \
    "TLS: this certificate is malformed, has its names twice, or has a " \
    "critical extension or name constraints, which are not understood") \
  E(AMT_E_TLS_PIN, -146, \
    "TLS: the server's key is not the pinned one; if it was changed on " \
    "purpose, pin the new one, otherwise somebody is between") \
  E(AMT_E_TLS_RANDOM, -147, \
    "TLS: no source of randomness; give one (amt_tls.random)") \
  E(AMT_E_TLS_RECORD, -148, \
    "TLS: the server's records are larger than the buffer, or, with mbedTLS, " \
    "its handshake is cut into records, which mbedTLS does not join; give " \
    "BearSSL 16,709 bytes, mbedTLS no fragment or a larger one") \
  E(AMT_E_TLS_BUFFER, -149, \
    "TLS: the buffer is too small: 837 bytes at least, 16,709 for any " \
    "server") \
  E(AMT_E_TLS_NO_NAME, -150, \
    "TLS: no name is expected of the server, or one over 253 bytes") \
  E(AMT_E_TLS_NO_ANCHORS, -151, \
    "TLS: nothing to verify the server with; give trust anchors") \
  E(AMT_E_TLS_PEM, -152, \
    "TLS: no usable certificate in this text (expired ones and RSA under " \
    "2,048 bits do not count), or damaged PEM") \
  E(AMT_E_TLS_KEY, -153, \
    "TLS: no usable private key in this text; it must be PEM, RSA or EC, " \
    "and not encrypted") \
  E(AMT_E_TLS_ROOM, -154, "TLS: the memory for certificates is too small") \
  E(AMT_E_TLS_MEMORY, -155, \
    "TLS: mbedTLS could not be set up; is its heap large enough?") \
  E(AMT_E_TLS_ORDER, -156, \
    "TLS: this certificate is not the issuer of the one before it; the " \
    "server must send its own first, then each one's issuer, once") \
  E(AMT_E_TLS_COMMON_NAME, -157, \
    "TLS: the server's certificate has no subjectAltName, only a common " \
    "name; have it made anew with its host there, or take old ones on " \
    "purpose (insecure_common_name)")

#define AMT__ENUM(name, number, words) name = (number),
enum { AMT_HTTP_ERRORS(AMT__ENUM) AMT_TLS_ERRORS(AMT__ENUM) };

/* The error of a fatal alert that the server sent: -400 to -655, one for each
   number, so that the error alone tells it. */
#define AMT_E_TLS_ALERT(number) (-400 - (number))

/* What the number of an error says: trying again does not help; a TLS server
   was refused, or has refused us. */
#define AMT_IS_PERMANENT(error) ((error) <= -100)
#define AMT_IS_TLS(error)       ((error) <= -130)
#define AMT_IS_TLS_ALERT(error) ((error) <= -400 && (error) >= -655)

/* What an error above means and what to do; "" for other numbers, and for all
   with AMT_NO_TEXT. Only a build with AMT_BEARSSL or AMT_MBEDTLS has the words
   of AMT_E_TLS_. The text is constant. */
AMTDEF const char *amt_http_error(int error);
/* Its name, as it is written in C; "AMT_E_TLS_ALERT" for each alert; likewise
   "". */
AMTDEF const char *amt_http_error_name(int error);

#ifndef AMT_NO_HTTP
/* ------------------------------------------------------------------------
   >>http-api */

/* Events of amt_http_poll and amt_http_reply_next, and "not yet". */
enum {
  AMT_AGAIN     = 0, /* nothing yet: wait, or do other work, and call again */
  AMT_HTTP_SEND = 1, /* produce the request from conn->sent: amt_http_send  */
  AMT_HTTP_HEAD = 2, /* the final status is known: conn->reply.status       */
  AMT_HTTP_BODY = 3, /* conn->data, conn->len: lent until the next call     */
  AMT_HTTP_END  = 4, /* the reply is complete                               */
  AMT_HTTP_EARLY = 5, /* a reply came before the request was sent: poll now */
  AMT_HTTP_FIELD = 6 /* a piece of a header's value, like one of a body; see
                        amt_http_reply_next. You may ignore it and go on */
};

/* --- URLs --------------------------------------------------------------- */

/* Pieces of the text it was parsed from, which must outlive it. Host and port
   go out as they are written there. */
typedef struct amt_url {
  const char *host;     /* without the brackets of an IPv6 literal */
  const char *path;     /* "" or "/...", with its query */
  size_t      host_len;
  size_t      path_len;
  uint16_t    port;     /* given, or 80, or 443 */
  uint8_t     tls;      /* https */
  uint8_t     ip6;      /* the host is an IPv6 address, in brackets */
} amt_url;

/* 0, or AMT_E_URL_. No user names in URLs, no fragment, ASCII only: blanks,
   controls and anything else that could break a request line are refused. In
   brackets only the characters of an IPv6 address are allowed; the stream that
   opens it finds out whether they are one (AMT_E_URL_HOST). */
AMTDEF int amt_url_parse(amt_url *u, const char *text);

/* --- requests ----------------------------------------------------------- */

#define AMT_HTTP_NO_BODY ((size_t)-1)

/* 1 if `text` may stand in a header value or, with `name` set, be a method or
   a header's name; 0 if it holds CR, LF, NUL or anything else that may not be
   there. Check what comes from outside before you send it. */
AMTDEF int amt_http_valid(const char *text, int name);

/* "METHOD path HTTP/1.1" and Host. The path is what you pass, "/" if that is
   empty; the url gives the host only. */
AMTDEF void amt_http_put_line(amt_window *o, const char *method,
                              const amt_url *u, const char *path,
                              size_t path_len);
/* Its second half, from the blank before HTTP/1.1 on, for those who have put
   method and path themselves. */
AMTDEF void amt_http_put_host(amt_window *o, const amt_url *u);
AMTDEF void amt_http_put_header(amt_window *o, const char *name,
                                const char *value);
/* Content-Length where the length is not known yet: a field of ten blanks. Give
   what it returns to amt_http_set_length, which puts the number, right-aligned,
   into the part of the field that the window has. n has at most ten digits. */
AMTDEF size_t amt_http_put_length(amt_window *o);
AMTDEF void   amt_http_set_length(amt_window *o, size_t field, size_t n);
/* Content-Length, unless AMT_HTTP_NO_BODY, and the empty line. */
AMTDEF void amt_http_put_end(amt_window *o, size_t content_length);

/* --- replies ------------------------------------------------------------ */

/* The parser's state. No pointers: it may be copied, stored, or corrupted
   without harm beyond a wrong result. */
typedef struct amt_http_reply {
  uint8_t  state;
  uint8_t  flags;
  uint8_t  len;         /* bytes of the word that is being read, up to 255 */
  uint8_t  word;        /* which of the known words it may be */
  uint8_t  lines;       /* header lines */
  uint8_t  interim;     /* 1xx replies skipped */
  uint16_t status;      /* 100 to 999, once known */
  uint16_t line;        /* bytes in this line */
  uint16_t keep_alive;  /* seconds the server keeps an idle connection, at most
                           65,535 of them; 0: it does not say */
  uint32_t retry_after; /* seconds; 0 if not sent, or sent as a date */
  uint32_t head;        /* bytes in the head; then, in the trailers */
  uint64_t number;      /* the value of the digits read so far */
  uint64_t left;        /* bytes still to come of this body or chunk */
} amt_http_reply;

AMTDEF void amt_http_reply_init(amt_http_reply *r);

/* Takes reply bytes, as they come. Returns an event, or AMT_AGAIN when all n
   are used, or an error. *used: bytes taken. *body: how many of the last of
   them are body (AMT_HTTP_BODY) or a header's value (AMT_HTTP_FIELD), else 0.
   After AMT_HTTP_END what is left does not belong to this reply.

   AMT_HTTP_FIELD comes before AMT_HTTP_HEAD. If r->status is 401 it gives how
   to sign in (WWW-Authenticate), else where a redirect leads (Location). A
   value comes in pieces of one byte or more, without the blanks before it; a
   piece with *body 0 ends it. There may be several values. */
AMTDEF int amt_http_reply_next(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body);

/* The stream has ended: AMT_HTTP_END if that is how this body ends, otherwise
   AMT_E_TRUNCATED, or AMT_E_EOF if not one byte had come. */
AMTDEF int amt_http_reply_eof(const amt_http_reply *r);

/* 1 once a complete reply allows the connection to be used again. */
AMTDEF int amt_http_reply_keeps(const amt_http_reply *r);

/* --- streams ------------------------------------------------------------ */

/* Any byte stream: a struct of yours whose first member is an amt_stream.
   Only wait may block. TLS streams and traces wrap other streams. "Write a
   stream" in the manual above says what each function may return. */
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
  /* Gives back what open took, also if open failed. Does nothing on a closed
     stream. If s->abort is set, a request is given up: the part that has not
     arrived must not arrive later (TCP: a reset). */
  void (*close)(amt_stream *s);
  /* Blocks up to ms for what the last AMT_AGAIN waits for, `want`: 1 if it may
     be there (or the next read may block itself), 0 if not, AMT_INTERRUPTED. On
     a closed stream it just sleeps. NULL if this stream cannot block. */
  int (*wait)(amt_stream *s, int want, uint32_t ms);
  int tls; /* 1 if this is TLS: for https, and for https alone */
  /* What to wait for on the stream below, AMT_WANT_, when the caller wants
     `want`: a TLS stream may have to write in order to read, or have bytes
     ready. NULL: `want` itself. */
  int (*waits_for)(const amt_stream *s, int want);
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
  uint32_t idle;    /* a call fails when no byte has moved for this long:
                       30 s */
  uint32_t call;    /* one whole call: 600 s */
  uint32_t keep;    /* between calls: after so long without a byte a
                       connection is not used again: 60 s */
} amt_http_limits;

typedef struct amt_http_conn {
  amt_stream     *stream; /* yours, set before first use */
  /* Read only, with two exceptions: you may set known_idle, and advance data
     and len as you take a piece. */
  uint8_t         state;  /* AMT_CONN_ */
  uint8_t         reused; /* this call is not its connection's first */
  uint8_t         early;  /* the reply came before the request had gone out */
  uint8_t         known_idle; /* between calls: 1 if a wait has just seen that
                             nothing has arrived, so that amt_http_begin need
                             not look. If you poll sockets, you may set it */
  uint8_t         taken;  /* 0: not one byte of this request has left; 1: the
                             stream took some; 2: a write failed, so some may
                             have left, and no more is written */
  amt_http_limits limits; /* yours */
  unsigned char  *data;   /* AMT_HTTP_BODY, _FIELD: the piece, in buf */
  size_t          len;    /* its length; amt_http_begin zeroes all from here
                             to `have` */
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
   the last. A kept connection is used again, and conn->reused is 1, if
   - its last byte moved at most max_idle ms ago (0: limits.keep);
   - the server gave it no time (Keep-Alive), or more than a second is left;
   - nothing has arrived since, not even its end: a read of one byte looks,
     unless `known_idle` is 1.
   Otherwise poll opens a new one.

   A server may close a kept connection while the request is on its way to it.
   The call then ends with AMT_E_EOF or AMT_E_RESET, reused is 1, and no byte of
   a reply has come (amt_http_reply_eof(&conn->reply) is AMT_E_EOF). That is no
   outage: begin the call again, and it goes on a new connection. But nobody
   knows whether the server has acted upon the request: so repeat only what may
   be done twice. */
AMTDEF void amt_http_begin(amt_http_conn *c, uint32_t now, uint32_t max_idle);

/* Goes on with the call. It receives at most once before it returns AMT_AGAIN,
   and then all bytes in buf have been read: it may hold something else. */
AMTDEF int amt_http_poll(amt_http_conn *c, const amt_url *u, void *buf,
                         size_t size, uint32_t now);

/* Offers the window o, produced from conn->sent, to the stream. AMT_HTTP_SEND:
   produce the next piece; AMT_AGAIN: all was sent, or nothing can be yet; or an
   error. If the stream takes nothing, or fails, this looks for a reply:
   AMT_HTTP_EARLY if there is one, received into o->buf. If conn->taken is 0,
   the request may be sent again: the server cannot have it. */
AMTDEF int amt_http_send(amt_http_conn *c, const amt_window *o, uint32_t now);

/* Closes it, and gives up what was under way. Every error does this too, since
   a late reply must not meet the next request. */
AMTDEF void amt_http_close(amt_http_conn *c);

/* What the call waits for, AMT_WANT_, for those who poll descriptors. With
   AMT_WANT_NOTHING you need not wait. Close an idle connection that turns
   readable or says AMT_WANT_NOW: it has ended. While a connection is opened,
   also call amt_http_poll every 250 ms or so: the name may have another
   address to try. */
AMTDEF int amt_http_want(const amt_http_conn *c);

/* Calls the stream's wait, for what the call waits for. 1: call amt_http_poll;
   0: the time is up, or this stream cannot wait; or AMT_INTERRUPTED. An idle
   connection on which something arrives (its end, mostly) is closed. */
AMTDEF int amt_http_wait(amt_http_conn *c, uint32_t ms);

/* Milliseconds until the nearest limit of the call under way. */
AMTDEF uint32_t amt_http_left(const amt_http_conn *c, uint32_t now);

/* --- addresses ---------------------------------------------------------- */

typedef struct amt_address {
  uint8_t  ip[16]; /* in network order */
  uint8_t  len;    /* 4: IPv4; 16: IPv6 */
  uint32_t zone;   /* IPv6: the number of its interface (if_nametoindex), which
                      a link-local address needs (fe80::...); else 0 */
} amt_address;

/* 1 if the n bytes are an address: IPv4, "192.0.2.1", or IPv6, "2001:db8::1",
   "::ffff:192.0.2.1". No zones, since only the system knows their names (see
   amt_posix.zone); no octal, no missing parts. */
AMTDEF int amt_address_parse(amt_address *a, const char *text, size_t n);

#define AMT_ADDRESSES 8 /* of one name, tried in turn */

/* Finds the addresses of a name: how many (1 to max), AMT_AGAIN, AMT_E_DNS, or
   AMT_E_NAME_SERVER if the name service did not say. Yours may be a table,
   c-ares, or anything else that does not block. */
typedef int (*amt_resolver)(void *ctx, const char *host, amt_address *a,
                            int max);

#endif /* AMT_NO_HTTP */
#endif /* AMT_HTTP_H */

/* ========================================================================
   >>http-impl */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_HTTP_IMPLEMENTED)
#define AMT_HTTP_IMPLEMENTED

/* ------------------------------------------------------------------------
   >>http-bytes */

#ifndef AMT_WIDE
#if defined(__OPTIMIZE_SIZE__) || SIZE_MAX < 0xFFFFFFFFu || \
  !AMT__HAS("amt_wide.h")
#define AMT_WIDE 0
#elif defined(__SSE2__) || (defined(__aarch64__) && defined(__ARM_NEON))
#define AMT_WIDE 128
#elif SIZE_MAX > 0xFFFFFFFFu
#define AMT_WIDE 64
#else
#define AMT_WIDE 32
#endif
#endif
AMTDEF void amt_window_init(amt_window *o, char *buf, size_t cap, size_t from)
{
  o->buf = buf;
  o->cap = cap;
  o->from = from;
  o->len = 0;
  o->total = 0;
}

/* Code that must be inlined into a hot path, and code that must stay out of it;
   with -Os neither. */
#if AMT_WIDE > 0 && defined(__GNUC__) && defined(__OPTIMIZE__) && \
  !defined(__OPTIMIZE_SIZE__)
#define AMT__INLINE static inline __attribute__((always_inline))
#define AMT__APART static __attribute__((noinline))
#else
#define AMT__INLINE static
#define AMT__APART static
#endif
/* With -Os small is better than fast. There some functions must stay apart: gcc
   inlines all that is called once, and the caller needs longer instructions. */
#if defined(__GNUC__) && defined(__OPTIMIZE_SIZE__)
#define AMT__OWN static __attribute__((noinline))
enum { AMT__SMALL = 1 };
#else
#define AMT__OWN static
enum { AMT__SMALL = 0 };
#endif

#if AMT_WIDE > 0
#include "amt_wide.h"
#else
#define amt__over(p, at, n, what)   (at) /* nothing is passed at once */
#define amt__hash_words(text, hash) (hash)
#endif

AMT__INLINE void amt__put_char(amt_window *o, char c)
{
  if (o->total >= o->from && o->len < o->cap) o->buf[o->len++] = c;
  if (o->total < (size_t)-1) o->total++;
}

#ifdef __OPTIMIZE_SIZE__ /* -Os: without memcpy and strlen, which are larger */
#define amt__put      amt_put
#define amt__put_text amt_put_text
AMTDEF void amt_put(amt_window *o, const void *p, size_t n)
{
  const char *text = (const char *)p;
  while (n-- > 0) amt__put_char(o, *text++);
}

AMTDEF void amt_put_text(amt_window *o, const char *text)
{
  while (*text != 0) amt__put_char(o, *text++);
}
#else
/* The part of a text that lies in the window. */
AMT__APART void amt__put_part(amt_window *o, const void *p, size_t n)
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

/* Inlined, since where n is known memcpy is a move or two. */
AMT__INLINE void amt__put(amt_window *o, const void *p, size_t n)
{
  size_t total = o->total, at = o->len, sum = total + n;
  if (total - o->from != at || n - 1u >= o->cap - at || sum < n) {
    amt__put_part(o, p, n);
    return;
  }
  o->total = sum; /* the usual case: all of it fits */
  o->len = at + n;
  memcpy(o->buf + at, p, n);
}

AMT__INLINE void amt__put_text(amt_window *o, const char *text)
{
  amt__put(o, text, strlen(text));
}

AMTDEF void amt_put(amt_window *o, const void *p, size_t n)
{
  amt__put(o, p, n);
}

AMTDEF void amt_put_text(amt_window *o, const char *text)
{
  amt__put(o, text, strlen(text));
}
#endif

/* Large ones a bit at a time: a 64-bit division would need a routine. */
AMTDEF void amt_put_number(amt_window *o, uint64_t n)
{
  char     digit[20];
  unsigned i = sizeof digit;
  do {
    unsigned rest = 0, bit = 0;
    if (!AMT__SMALL && n >> 32 == 0) { /* mostly */
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

/* The value of a digit of base 10 or 16; 16 for another byte. */
AMT__INLINE unsigned amt__digit(unsigned c)
{
  unsigned digit = c - '0';
  if (digit <= 9u) return digit;
  digit = (c | 32u) - 'a';
  return digit <= 5u ? digit + 10u : 16u;
}

/* Appends the digit c to the number v: 1, or 0 if c is no digit or the number
   does not fit. In 16-bit steps: a 64-bit product would need a routine. */
AMT__OWN int amt__append_digit(uint64_t *v, unsigned c, unsigned base)
{
  uint32_t carry = amt__digit(c);
  uint64_t n = *v;
  unsigned k;
  if (carry >= base) return 0;
  for (k = 0; k < 4; k++) {
    carry += (uint32_t)(n & 0xFFFFu) * base;
    n = n >> 16 | (uint64_t)(carry & 0xFFFFu) << 48;
    carry >>= 16;
  }
  *v = n;
  return carry == 0;
}

AMTDEF int amt_uint64(const char *text, size_t n, unsigned base, uint64_t *v)
{
  size_t i;
  *v = 0;
  for (i = 0; i < n; i++)
    if (!amt__append_digit(v, (unsigned char)text[i], base)) return 0;
  return n != 0;
}

AMTDEF void amt_wipe(void *p, size_t n)
{
#ifdef __GNUC__
  if (n != 0) memset(p, 0, n);
  __asm__ __volatile__("" : : "r"(p) : "memory"); /* it may be read here */
#else
  volatile unsigned char *v = (volatile unsigned char *)p;
  while (n-- > 0) *v++ = 0;
#endif
}

/* Milliseconds from then to now; 0 if the clock went back. inline: otherwise it
   would be unused with AMT_NO_HTTP, and compilers warn. */
static inline uint32_t amt__elapsed(uint32_t now, uint32_t then)
{
  uint32_t d = now - then;
  return d & 0x80000000u ? 0 : d;
}

/* ------------------------------------------------------------------------
   >>http-text */

#ifdef AMT_NO_TEXT
#define AMT__SAY(text) ""
#define AMT__WORDS(name, number, words) case name:
#define AMT__NAME(name, number, words)  case name:
#else
#define AMT__SAY(text) text
#define AMT__WORDS(name, number, words) case name: return words;
#define AMT__NAME(name, number, words)  case name: return #name;
#ifdef AMT__TLS
static const char *amt__tls_alert_text(int alert); /* in amt_tls.h */
#endif
#endif

AMTDEF const char *amt_http_error(int error)
{
  switch (error) {
  AMT_HTTP_ERRORS(AMT__WORDS)
#ifdef AMT__TLS
  AMT_TLS_ERRORS(AMT__WORDS)
#endif
  default: break;
  }
#if defined(AMT__TLS) && !defined(AMT_NO_TEXT)
  if (AMT_IS_TLS_ALERT(error))
    return amt__tls_alert_text(AMT_E_TLS_ALERT(0) - error);
#endif
  return "";
}

AMTDEF const char *amt_http_error_name(int error)
{
  switch (error) {
  AMT_HTTP_ERRORS(AMT__NAME)
  AMT_TLS_ERRORS(AMT__NAME)
  default:
    return AMT_IS_TLS_ALERT(error) ? AMT__SAY("AMT_E_TLS_ALERT") : "";
  }
}

#ifndef AMT_NO_HTTP
/* ------------------------------------------------------------------------
   >>http-address */

/* IPv4, "a.b.c.d" in n bytes, into 4. */
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

/* IPv6 (RFC 4291, 2.2), "a:b::c" in n bytes, into 16; the last two groups may
   be an IPv4 address. */
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
  a->zone = 0;
  a->len = 4;
  if (amt__address_4(a->ip, text, n)) return 1;
  a->len = 16;
  return amt__address_6(a->ip, text, n);
}

/* ------------------------------------------------------------------------
   >>http-url */

/* May it stand in a host? In an IPv6 address, ':' and the digits of base 16. */
static int amt__url_host_char(char c, int ip6)
{
  if (c == '.' || amt__digit((unsigned char)c) < (ip6 ? 16u : 10u)) return 1;
  if (ip6) return c == ':';
  return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '_';
}

AMTDEF int amt_url_parse(amt_url *u, const char *text)
{
  static const char scheme[] = "http://";
  uint32_t port = 0;
  int      colon = 0;
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
  while (amt__url_host_char(*text, u->ip6)) colon |= *text++ == ':';
  u->host_len = (size_t)(text - u->host);
  if (u->host_len == 0 || u->host_len > 253) return AMT_E_URL_HOST;
  if (u->ip6 && (*text++ != ']' || !colon)) return AMT_E_URL_HOST;
  u->port = u->tls ? 443 : 80;
  if (*text == ':') {
    text++;
    while (*text >= '0' && *text <= '9' && port <= 65535u)
      port = port * 10u + (uint32_t)(*text++ - '0');
    if (port == 0 || port > 65535u) return AMT_E_URL_PORT;
    if (*text != 0 && *text != '/' && *text != '?') return AMT_E_URL_PORT;
    u->port = (uint16_t)port;
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

AMTDEF void amt_http_put_line(amt_window *o, const char *method,
                              const amt_url *u, const char *path,
                              size_t path_len)
{
  amt_put_text(o, method);
  amt__put_char(o, ' ');
  if (path_len == 0 || *path != '/') amt__put_char(o, '/');
  amt_put(o, path, path_len);
  amt_http_put_host(o, u);
}

/* Host and port as the URL has them. */
AMTDEF void amt_http_put_host(amt_window *o, const amt_url *u)
{
  const char *from = u->host - u->ip6;
  amt__put_text(o, " HTTP/1.1\r\nHost: ");
  amt_put(o, from, (size_t)(u->path - from));
  amt__put(o, "\r\n", 2);
}

AMTDEF void amt_http_put_header(amt_window *o, const char *name,
                                const char *value)
{
  amt_put_text(o, name);
  amt_put(o, ": ", 2);
  amt_put_text(o, value);
  amt_put(o, "\r\n", 2);
}

AMTDEF size_t amt_http_put_length(amt_window *o)
{
  static const char line[] = "Content-Length:           \r\n";
  amt__put(o, line, sizeof line - 1);
  return o->total - 2;
}

AMTDEF void amt_http_set_length(amt_window *o, size_t field, size_t n)
{
  char       digit[20];
  amt_window w;
  amt_window_init(&w, digit, sizeof digit, 0);
  amt_put_number(&w, n);
  while (w.len != 0) {
    size_t at = --field - o->from;
    w.len--;
    if (field >= o->from && at < o->len) o->buf[at] = digit[w.len];
  }
}

AMTDEF void amt_http_put_end(amt_window *o, size_t content_length)
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

   One byte at a time goes through amt__http_step, which looks only at the byte
   and the state. Everything with a meaning is a word: the version, the status,
   a header's name, each word of its value, a chunk's size. No word is stored. A
   number is summed up while its digits arrive; for any other word the state
   says which of the known words it may still be. The state also decides what
   the end of a word leads to. */

enum {
  AMT__P_VERSION, /* HTTP/1. */
  AMT__P_NAME,    /* of a header; a line without any ends the head */
  AMT__P_TEXT,    /* the rest of the status line, or a value nobody asked for */
  AMT__P_LOCATION, AMT__P_CHALLENGE, /* a value that is given to the caller */
  /* A value of words between commas: */
  AMT__P_CONNECTION, AMT__P_KEEP_ALIVE, AMT__P_ENCODING, AMT__P_TRANSFER,
  /* Digits: */
  AMT__P_LENGTH, AMT__P_RETRY_AFTER, AMT__P_MINOR, AMT__P_STATUS,
  AMT__P_SIZE,    /* of a chunk */
  AMT__P_CHUNK,   /* nothing at all, after a chunk */
  AMT__P_EXT,     /* a chunk extension: as text */
  /* Body: */
  AMT__P_BODY,    /* left bytes of it, or of a chunk */
  AMT__P_TO_END,  /* until the stream ends */
  AMT__P_DONE
};

enum {
  AMT__F_KEEP    = 1,
  AMT__F_CLOSE   = 2,
  AMT__F_CHUNKED = 4,
  AMT__F_LENGTH  = 8,  /* Content-Length was seen */
  AMT__F_OLD     = 16, /* HTTP/1.0 */
  AMT__F_TRAILER = 32,
  AMT__F_CR      = 64  /* LF must follow */
};

/* The largest line and the largest head, in bytes. */
#define AMT__LINE_MAX 8192u
#define AMT__HEAD_MAX 65536u

/* The known words, in alphabetical order: names of headers, and what their
   lists may say. A word is followed by the capital letter that stands for it.
   Before the next one is a number: 1 and as many letters as it has in common
   with the one before it; these are left out. */
#define AMT__TO_TIMEOUT \
  "chunkedI\2loseJ\2onnectionC\4tent-encodingE\11lengthG\1identityK" \
  "\1keep-aliveD\1locationA\1retry-afterH\1timeout="
static const char amt__http_words[] =
  AMT__TO_TIMEOUT "L\2ransfer-encodingF\1www-authenticateB";

enum {
  AMT__H_LOCATION = 'A', /* first the headers, in the order of the states */
  AMT__H_CHALLENGE, AMT__H_CONNECTION, AMT__H_KEEP_ALIVE, AMT__H_ENCODING,
  AMT__H_TRANSFER, AMT__H_LENGTH, AMT__H_RETRY_AFTER,
  AMT__H_CHUNKED, AMT__H_CLOSE, AMT__H_IDENTITY
};

/* Where in amt__http_words the next byte is expected; or, for a number: */
enum {
  AMT__H_DIGITS, /* another digit, */
  AMT__H_PADDED, /* no more, but blanks, */
  AMT__H_TIMEOUT = sizeof AMT__TO_TIMEOUT - 1, /* after timeout=: a digit */
  AMT__H_NONE = sizeof amt__http_words - 1 /* not a number; with words: not a
                                              known one */
};

/* The place after c, if the word has c here. Otherwise a later word with the
   same n first bytes may have it. */
static unsigned amt__http_follow(unsigned place, unsigned n, unsigned c)
{
  /* The place after each first letter, from a to z; 0: no word has it. */
  static const uint8_t first[26] = { 0, 0, 1, 0, 0, 0, 0, 0, 50, 0, 60, 72, 0,
                                     0, 0, 0, 0, 82, 0, 95, 0, 0, 123 };
  unsigned w;
  if (!AMT__SMALL && place == 0) /* not AMT__H_PADDED, which has no word */
    return c - 'a' < 26u && first[c - 'a'] != 0 ? first[c - 'a']
                                                : (unsigned)AMT__H_NONE;
  while (place < AMT__H_NONE) {
    w = (unsigned char)amt__http_words[place];
    if (w == c) return place + 1u;
    if (w > c) break;
    do w = (unsigned char)amt__http_words[place++];
    while (w > n + 1u && place < AMT__H_NONE); /* letters are, too */
    if (w <= n) break;
  }
  return AMT__H_NONE;
}

/* The head, or the trailers, are complete. */
static int amt__http_head(amt_http_reply *r)
{
  unsigned f = r->flags, status = r->status, interim = r->interim + 1u;
  r->state = AMT__P_DONE;
  if (f & AMT__F_TRAILER) return 0;
  if (status < 200u) {
    if (interim > 10u || status == 101u) return AMT_E_HTTP_INTERIM;
    amt_http_reply_init(r); /* the caps are each head's own */
    r->interim = (uint8_t)interim;
    return 0;
  }
  r->head = r->lines = 0; /* what stands round chunks has caps of its own */
  if ((f & AMT__F_CHUNKED) && (f & AMT__F_LENGTH)) return AMT_E_HTTP_FRAMING;
  if (status == 204u || status == 304u) return AMT_HTTP_HEAD;
  if (f & AMT__F_CHUNKED) r->state = AMT__P_SIZE;
  else if (!(f & AMT__F_LENGTH)) r->state = AMT__P_TO_END;
  else if (r->left != 0) r->state = AMT__P_BODY;
  return AMT_HTTP_HEAD;
}

/* A line is complete, with its LF: what comes next? */
AMT__OWN int amt__http_line(amt_http_reply *r)
{
  unsigned s = r->state;
  r->flags &= (uint8_t)~AMT__F_CR;
  r->line = 0;
  if (s == AMT__P_NAME) return amt__http_head(r);
  r->state = AMT__P_NAME;
  if (s - AMT__P_LOCATION <= 1u) return AMT_HTTP_FIELD;
  if (s == AMT__P_CHUNK) r->state = AMT__P_SIZE;
  if (s == AMT__P_SIZE || s == AMT__P_EXT) {
    if (r->left != 0) r->state = AMT__P_BODY;
    else r->flags |= AMT__F_TRAILER;
  }
  return 0;
}

/* A header's name is complete; word: what stands for it, 0 for most. */
AMT__INLINE void amt__http_named(amt_http_reply *r, unsigned word)
{
  r->lines++;
  r->state = AMT__P_TEXT;
  if (word == (r->status == 401u ? AMT__H_LOCATION : AMT__H_CHALLENGE)) return;
  word -= AMT__H_LOCATION;
  if (word <= AMT__H_RETRY_AFTER - AMT__H_LOCATION &&
      !(r->flags & AMT__F_TRAILER))
    r->state = (uint8_t)(AMT__P_LOCATION + word);
}

/* One of a Transfer-Encoding's words, or none, has ended: chunked, once. */
static int amt__http_coding(amt_http_reply *r, unsigned n, unsigned word,
                            unsigned c)
{
  unsigned chunked = r->flags & AMT__F_CHUNKED;
  if (n == 0) return c == '\r' && !chunked ? AMT_E_HTTP_CODING : 0;
  r->flags |= AMT__F_CHUNKED;
  return word != AMT__H_CHUNKED || chunked ? AMT_E_HTTP_CODING : 0;
}

/* Of Keep-Alive, maybe "timeout=5". With 1 or 0 the last second is all. */
static void amt__http_timeout(amt_http_reply *r, unsigned n, unsigned place,
                              uint32_t seconds)
{
  if (place != AMT__H_TIMEOUT || n == 8) return;
  if (seconds < 2u) r->flags |= AMT__F_CLOSE;
  r->keep_alive = seconds > 0xFFFFu ? 0xFFFFu : (uint16_t)seconds;
}

/* A Content-Length has ended; it may be there twice if it is the same. */
static int amt__http_length(amt_http_reply *r)
{
  if ((r->flags & AMT__F_LENGTH) && r->left != r->number)
    return AMT_E_HTTP_LENGTH;
  r->left = r->number;
  r->flags |= AMT__F_LENGTH;
  return 0;
}

/* A word has ended before c: a blank, CR, or what else ends it there. */
AMT__OWN int amt__http_ended(amt_http_reply *r, unsigned c)
{
  unsigned n = r->len, place = r->word, word = 0;
  uint32_t v = r->number >> 32 ? 0xFFFFFFFFu : (uint32_t)r->number;
  int      e = 0;
  if (place < AMT__H_NONE) word = (unsigned char)amt__http_words[place];
  r->len = r->word = 0;
  switch (r->state) {
  case AMT__P_NAME:
    if (c == '\r' && n == 0) break;
    if (c != ':' || n == 0) return AMT_E_HTTP_HEADER; /* obs-fold, too */
    if (r->lines >= 100u) return AMT_E_HTTP_SIZE;
    amt__http_named(r, word);
    break;
  case AMT__P_CONNECTION:
    if (word == AMT__H_CLOSE) r->flags |= AMT__F_CLOSE;
    if (word == AMT__H_KEEP_ALIVE) r->flags |= AMT__F_KEEP;
    break;
  case AMT__P_KEEP_ALIVE: amt__http_timeout(r, n, place, v); break;
  case AMT__P_ENCODING:
    if (n != 0 && word != AMT__H_IDENTITY) return AMT_E_HTTP_ENCODING;
    break;
  case AMT__P_TRANSFER: e = amt__http_coding(r, n, word, c); break;
  case AMT__P_LENGTH:
    if (n == 0 || place > AMT__H_PADDED) return AMT_E_HTTP_LENGTH;
    e = amt__http_length(r);
    break;
  case AMT__P_RETRY_AFTER: /* a date needs a clock: passed over */
    r->retry_after = place > AMT__H_PADDED ? 0 : v;
    break;
  case AMT__P_MINOR:
    if (n != 1 || place != 0 || c != ' ') return AMT_E_HTTP_STATUS;
    if (v == 0) r->flags |= AMT__F_OLD;
    r->state = AMT__P_STATUS;
    break;
  case AMT__P_STATUS:
    if (n != 3 || place != 0 || v < 100u) return AMT_E_HTTP_STATUS;
    r->status = (uint16_t)v;
    r->state = AMT__P_TEXT;
    break;
  case AMT__P_SIZE:
    if (n == 0 || place > AMT__H_PADDED) return AMT_E_HTTP_CHUNK;
    r->left = r->number;
    if (c == ';') r->state = AMT__P_EXT;
    break;
  default: break; /* text that is skipped has ended */
  }
  r->number = 0;
  return e;
}

AMT__OWN int amt__http_wrong(unsigned state)
{
  return state - AMT__P_MINOR <= AMT__P_STATUS - AMT__P_MINOR
           ? AMT_E_HTTP_STATUS
         : state < AMT__P_SIZE ? AMT_E_HTTP_HEADER : AMT_E_HTTP_CHUNK;
}

/* One more byte of a word. */
static int amt__http_char(amt_http_reply *r, unsigned c)
{
  unsigned s = r->state, place = r->word;
  if (s == AMT__P_NAME && !amt__is_tchar(c)) return AMT_E_HTTP_HEADER;
  if (s >= AMT__P_LENGTH ? place == AMT__H_DIGITS
                         : place == AMT__H_TIMEOUT) {
    if (!amt__append_digit(&r->number, c, s == AMT__P_SIZE ? 16 : 10))
      place = AMT__H_NONE;
  } else {
    if (c - 'A' < 26u) c |= 32u;
    place = amt__http_follow(place, r->len, c);
  }
  r->word = (uint8_t)place;
  if (r->len < 255u) r->len++;
  return 0;
}

/* Takes one byte of anything but body. 0; AMT_HTTP_HEAD; an error; or
   AMT_HTTP_FIELD: the byte is one of a value, or the LF after it. */
AMT__OWN int amt__http_step(amt_http_reply *r, unsigned c)
{
  static const char version[] = "HTTP/1.", ends[] = "\r:\r\r\r,,,,\r\r  ;";
  unsigned          s = r->state;
  /* A head has a cap, and so has each line. The number of chunks has none, but
     the blanks and extensions after their sizes do. */
  if (s - AMT__P_SIZE > 1u || r->word != 0) r->head++;
  if (r->line++ >= AMT__LINE_MAX || r->head > AMT__HEAD_MAX)
    return AMT_E_HTTP_SIZE;
  if (s == AMT__P_VERSION) {
    if (c != (unsigned char)version[r->len & 7u]) return AMT_E_HTTP_STATUS;
    if (++r->len == 7) r->len = 0, r->state = AMT__P_MINOR;
    return 0;
  }
  if (r->flags & AMT__F_CR)
    return c == '\n' ? amt__http_line(r) : amt__http_wrong(s);
  if (c == '\r') {
    r->flags |= AMT__F_CR;
    return amt__http_ended(r, c);
  }
  if ((c < 32u && c != '\t') || c == 127u) return amt__http_wrong(s);
  /* Of controls only TAB is left: what is not above ' ' is a blank. */
  if (s - AMT__P_TEXT <= 2u) {
    if (s == AMT__P_TEXT || (r->len == 0 && c <= ' ')) return 0;
    r->len = 1;
    return AMT_HTTP_FIELD;
  }
  if (s > AMT__P_SIZE) return s == AMT__P_EXT ? 0 : amt__http_wrong(s);
  if (c == (unsigned char)ends[s]) return amt__http_ended(r, c);
  if (c > ' ') return amt__http_char(r, c);
  if (s < AMT__P_LENGTH) return amt__http_ended(r, c);
  if (r->word == AMT__H_DIGITS && (r->len != 0 || s > AMT__P_RETRY_AFTER))
    r->word = AMT__H_PADDED;
  return 0;
}

#if AMT_WIDE > 0
#define AMT__WIDE_HTTP
#include "amt_wide.h"
#endif

AMTDEF void amt_http_reply_init(amt_http_reply *r)
{
  memset(r, 0, sizeof *r);
}

/* How many of n bytes are body. */
static size_t amt__http_body(amt_http_reply *r, size_t n)
{
  if (r->state != AMT__P_BODY) return n; /* to the stream's end */
  if (n > r->left) n = (size_t)r->left;
  r->left -= n;
  if (r->left == 0)
    r->state = r->flags & AMT__F_CHUNKED ? AMT__P_CHUNK : AMT__P_DONE;
  return n;
}

/* Skips text without a meaning, or the rest of an unknown name, from i on.
   Stops at the caps. */
AMT__INLINE size_t amt__http_pass(amt_http_reply *r, const unsigned char *p,
                                  size_t i, size_t n)
{
  size_t from = i, most = AMT__LINE_MAX - r->line;
  if (most > AMT__HEAD_MAX - r->head) most = AMT__HEAD_MAX - r->head;
  if (r->state == AMT__P_TEXT) {
    for (; i < n && most != 0 && p[i] >= 32u && p[i] != 127u; i++) most--;
  } else if (r->state == AMT__P_NAME && r->word == AMT__H_NONE) {
    for (; i < n && most != 0 && amt__is_tchar(p[i]); i++) most--;
  }
  r->line = (uint16_t)(r->line + (i - from));
  r->head += (uint32_t)(i - from);
  return i;
}

/* Goes on at i. */
AMT__APART int amt__http_go_on(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body, size_t i)
{
  int e = 0;
  do {
#if AMT_WIDE > 0
    if (!(r->flags & AMT__F_CR) && r->state < AMT__P_SIZE)
      e = amt__http_lines(r, p, &i, n);
    if (e != 0) break;
#endif
    if (AMT_WIDE == 0 && !AMT__SMALL && r->state <= AMT__P_TEXT &&
        !(r->flags & AMT__F_CR)) i = amt__http_pass(r, p, i, n);
    if (r->state >= AMT__P_DONE) e = AMT_HTTP_END;
    if (e != 0 || i >= n) break;
    if (r->state >= AMT__P_BODY) {
      *body = amt__http_body(r, n - i);
      i += *body;
      e = AMT_HTTP_BODY;
      break;
    }
    e = amt__http_step(r, p[i++]);
    if (e == AMT_HTTP_FIELD && r->state != AMT__P_NAME) *body = 1;
  } while (e == 0);
#if AMT_WIDE > 0
  if (e == AMT_HTTP_FIELD && *body != 0) {
    size_t more = amt__http_more(r, p, i, n);
    *body += more;
    i += more;
  }
#endif
  *used = i;
  return e;
}

AMTDEF int amt_http_reply_next(amt_http_reply *r, const unsigned char *p,
                               size_t n, size_t *used, size_t *body)
{
  size_t i = 0;
  *body = 0;
#if AMT_WIDE > 0 /* most of a chunked body: a chunk's head, and its data */
  if (r->line == 0 && (r->state == AMT__P_CHUNK || r->state == AMT__P_SIZE))
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
  if (r->state != AMT__P_DONE || (r->flags & AMT__F_CLOSE)) return 0;
  if (r->flags & AMT__F_OLD)
    return (r->flags & (AMT__F_KEEP | AMT__F_CHUNKED)) == AMT__F_KEEP;
  return 1;
}

/* ------------------------------------------------------------------------
   >>http-conn

   A kept connection is stale, and a new one is opened in its place:
   - by age: no byte has moved on it for longer than max_idle, or limits.keep;
   - by Keep-Alive: the last second of the time that the server gave has begun;
   - by a look: the read in amt_http_begin finds a byte, or the end;
   - by a wait: amt_http_wait saw something arrive between two calls;
   - by its caller, who closes it: the pump of amt.h does so for another server.
     for a Start, which must not meet a stale one, and after a stale one.
   None of these sees a server that closes while the request is on its way: the
   declaration of amt_http_begin says what to do then. The pump calls that
   AMT_E_STALE, and the call goes again on a new connection. A Start is not
   repeated: where it may go on a kept one, its outcome is then unknown. */

static uint32_t amt__or(uint32_t value, uint32_t otherwise)
{
  return value ? value : otherwise;
}

AMTDEF void amt_http_close(amt_http_conn *c)
{
  if (c->state != AMT_CONN_CLOSED) {
    c->stream->abort = c->state == AMT_CONN_SENDING ||
                       c->state == AMT_CONN_RECEIVING;
    (c->stream->ops->close)(c->stream);
  }
  c->state = AMT_CONN_CLOSED;
  c->at = c->have = 0;
}

static int amt__http_fail(amt_http_conn *c, int error)
{
  amt_http_close(c);
  return error;
}

/* Is the connection young enough to be used again? In the last second of the
   server's own limit it is not. */
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
      (c->known_idle ||
       (c->stream->ops->read)(c->stream, &look, 1) == AMT_AGAIN)) {
    c->state = AMT_CONN_SENDING;
    c->reused = 1;
  } else {
    amt_http_close(c);
    c->state = AMT_CONN_OPENING;
    c->reused = 0;
  }
  c->early = c->known_idle = c->taken = 0;
  c->t_call = c->t_io = now;
  memset((char *)c + offsetof(amt_http_conn, len), 0,
         offsetof(amt_http_conn, t_call) - offsetof(amt_http_conn, len));
}

/* What is left of the nearest of the call's limits. */
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
  e = (c->stream->ops->open)(c->stream, u->host, u->host_len, u->port,
                             amt__or(amt_http_left(c, now), 1));
  if (e < 0) return amt__http_fail(c, e);
  if (e == AMT_AGAIN) return AMT_AGAIN;
  n = (c->stream->ops->read)(c->stream, &look, 1);
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
  ptrdiff_t n = (c->stream->ops->read)(c->stream, buf, size);
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
  c->data = buf + c->at - body;
  c->len = body;
  if (e == AMT_HTTP_BODY) c->body += body;
  if (e == AMT_HTTP_END) {
    /* Nobody asked for bytes after the end: they may be meant as the reply to
       the next request. */
    c->state = AMT_CONN_IDLE;
    if (c->at != c->have || c->early || !amt_http_reply_keeps(&c->reply))
      amt_http_close(c);
  }
  return e;
}

/* Receives more only when all that came has been parsed. */
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
      c->reply.len == 0) {
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

AMTDEF int amt_http_send(amt_http_conn *c, const amt_window *o, uint32_t now)
{
  int       e;
  ptrdiff_t n = (c->stream->ops->write)(c->stream, o->buf, o->len);
  if (n < 0) c->taken = 2; /* in doubt, taken */
  if (n > 0) {
    c->taken = 1;
    c->sent += (size_t)n;
    c->t_io = now;
    if (c->sent < o->total) return AMT_HTTP_SEND;
    c->state = AMT_CONN_RECEIVING;
    return AMT_AGAIN;
  }
  /* The stream takes no more: the server may have answered, and closed. */
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
  if (c->state == AMT_CONN_CLOSED || c->stream->ops->waits_for == NULL)
    return want;
  return (c->stream->ops->waits_for)(c->stream, want);
}

AMTDEF int amt_http_wait(amt_http_conn *c, uint32_t ms)
{
  int ready;
  if (c->stream->ops->wait == NULL) return 0;
  if (c->state == AMT_CONN_RECEIVING && c->have != 0) return 1;
  ready = amt_http_want(c);
  if (ready == AMT_WANT_NOW) ready = 1;
  else ready = (c->stream->ops->wait)(c->stream, ready, ms);
  if (c->state == AMT_CONN_IDLE) {
    if (ready == 1) amt_http_close(c);
    c->known_idle = ready == 0;
  }
  return ready;
}

#endif /* AMT_NO_HTTP */
#endif /* AMT_IMPLEMENTATION */

#ifndef AMT_NO_HTTP
/* ------------------------------------------------------------------------
   >>http-backends

   Each includes this header, since a program may include a backend alone.
   AMT__BACKENDS, defined while they are read, ends that circle. A compiler that
   does not find one shows its line, whose comment says what to do. */

#ifndef AMT__BACKENDS
#define AMT__BACKENDS
#if defined(AMT_POSIX) + defined(AMT_LWIP) + defined(AMT_WINSOCK) > 1
#error "only one of AMT_POSIX, AMT_LWIP, AMT_WINSOCK can be defined"
#endif
#if defined(AMT_POSIX) || defined(AMT_LWIP)
#include "amt_posix.h" /* add -Ibackends, or copy it beside amt_http.h */
#endif
#ifdef AMT_WINSOCK
#include "amt_winsock.h" /* add -Ibackends, or copy it beside amt_http.h */
#endif
#ifdef AMT_LWIP_RAW
#include "amt_lwip.h" /* add -Ibackends, or copy it beside amt_http.h */
#endif
#ifdef AMT__TLS
#include "amt_tls.h" /* add -Ibackends, or copy it beside amt_http.h */
#endif
#ifdef AMT_BEARSSL
#include "amt_bearssl.h" /* add -Ibackends, or copy it beside amt_http.h */
#endif
#ifdef AMT_MBEDTLS
#include "amt_mbedtls.h" /* add -Ibackends, or copy it beside amt_http.h */
#endif
#undef AMT__BACKENDS
#endif
#endif /* AMT_NO_HTTP */

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

/* SPDX-License-Identifier: MIT OR Unlicense */
