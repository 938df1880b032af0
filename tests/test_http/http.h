/* http.h - what the tests of amt_http.h share. Three layers, each with its
   file of helpers:

     reader.c   feeds the parser alone and records its results
     stream.c   a scripted stream in memory, and calls over it
     server.c   a server on the loopback interface, and calls to it */
#ifndef TEST_HTTP_H
#define TEST_HTTP_H

#include "suite.h"
#define AMT_POSIX
#include "amt_http.h"
#include "check.h"

const char *error_name(int e); /* without AMT_E_, AMT_E_HTTP_, AMT_HTTP_ */

/* --- the parser alone ----------------------------------------------------- */

/* A reply, byte for byte, and the expected record of it, as
     200 [body] END keep=5 retry=5 left=3
   `keep`: the connection may be reused, within the server's timeout, if any.
   `left`: bytes after the end. Without a final head there is no status. Values
   of Location or WWW-Authenticate stand before the status, each with a blank
   after it. */
typedef struct vector {
  const char *in;
  size_t      n;
  const char *want;
} vector;

#define REPLY(bytes, notes) \
  { .in = bytes, .n = sizeof(bytes) - 1, .want = notes }
#define REFUSED(error, bytes) REPLY(bytes, "[] " #error)

#define OK "HTTP/1.1 200 OK\r\n"
#define OK5 OK "Content-Length: 5\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* "hello" after a head with these fields, and its result. */
#define HELLO(fields, end) REPLY(OK5 fields "\r\n\r\nhello", "200 [hello] " end)
#define KEPT(fields) HELLO(fields, "END keep")

/* The test `name` reads these rows with the parser. It also enters them for
   each_row, so that calls over a connection read them, too. */
#define TABLE_TEST(name, rows)                                                \
  BEFORE_MAIN(enter_##rows)                                                   \
  {                                                                           \
    enter_rows(rows, COUNT(rows));                                            \
  }                                                                           \
  TEST(name)                                                                  \
  {                                                                           \
    read_vectors(rows, COUNT(rows));                                          \
  }

void enter_rows(const vector *rows, size_t count);

/* Calls read() with each entered row that ends well, or is refused. */
enum { IS_REFUSED, ENDS_WELL };
void each_row(int how, void (*read)(const vector *row));

typedef struct reader {
  amt_http_reply reply[2]; /* the state moves from one to the other */
  int            slot, result, heads;
  size_t         fed;
  text           seen, body; /* `seen`: the record */
} reader;

extern reader first, again;

/* Reads all n bytes, `size` at a time. */
void read_pieces(reader *r, const void *p, size_t n, size_t size);

/* The same in steps: a beginning, any number of feeds, and an end, which gets
   the number of bytes. */
void reader_begin(reader *r);
void reader_feed(reader *r, const void *bytes, size_t n);
void reader_end(reader *r, size_t n);

/* Read in any pieces, it gives the same as `first`, read whole. */
void read_all_ways(const void *p, size_t n);

/* The same, and each row must give what it says. */
void read_vectors(const vector *v, size_t count);

/* The expected record without "keep", "retry" and "left". */
const char *result_only(const char *want);

/* --- calls over a scripted stream ----------------------------------------- */

/* What the server says on one connection after `after` bytes were sent on it.
   The next tape of that connection follows, or `end`. */
typedef struct tape {
  unsigned    connection;
  size_t      after;
  const char *bytes;
  size_t      n;
  int         end; /* AMT_AGAIN, AMT_E_EOF, AMT_E_RESET */
} tape;

enum { ON_OPEN = 1, ON_READ = 2, ON_WRITE = 4, ON_ANY = 7 };

typedef struct memory {
  amt_stream stream;
  /* The script: */
  struct tape tape[8];
  unsigned tapes;
  size_t   read_size, write_size; /* most bytes at a time; 0: no limit */
  unsigned shy;                   /* so often "not yet" before each answer */
  int      bold;                  /* but never in these operations */
  unsigned fault_at;              /* this call of fault_on, from 1, */
  int      fault_on, fault;       /* has this result; AMT_AGAIN persists */
  size_t   room;                  /* bytes a connection takes; 0: no limit */
  int      full;                  /* what comes then: AMT_AGAIN or an error */
  int      pushes;                /* a failed write has sent its bytes */
  int      open_never;
  int      wait_result;
  /* The state: */
  unsigned opens, closes, aborts, reads, writes, waits;
  unsigned calls, shied[ON_ANY], faults;
  int      is_open, want;
  size_t   on_tape;        /* given from this connection's tapes */
  size_t   taken;          /* on this connection */
  char     sent[20000];    /* on all connections */
  size_t   sent_n;
  char     offered[20000]; /* refused by a write; must come again */
  size_t   offered_n;
} memory;

extern const amt_stream_ops memory_ops;
extern memory               mem;
extern amt_http_conn        conn;
extern amt_url              url;
extern uint32_t             now, step; /* the clock; its steps at AGAIN */
extern size_t               buf_size;
extern unsigned char       *buf;
extern size_t               request_body; /* bytes; 0: a GET */
extern text                 saw;          /* a call as "200 [body] END" */

/* A new stream without a script, a new connection, and a GET to send. */
void begin_test(void);

/* From now on, the n-th call of these operations has this result. */
void mem_fault(int on, unsigned n, int result);

void tape_add(unsigned connection, size_t after, const char *bytes, size_t n,
              int end);
#define TAPE(connection, after, text, end)                                    \
  tape_add(connection, after, text, sizeof(text) - 1, end)

/* The reply to the n-th request on a connection that stays open. */
#define ANSWER(connection, n, text) \
  TAPE(connection, (n) * request_size(), text, AMT_AGAIN)

#define REPLY_1 OK5 "\r\nfirst"
#define REPLY_2 OK "Content-Length: 6\r\n\r\nsecond"
#define REPLY_413 "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"
/* HAProxy, Node and others send it on a connection without a request, and then
   close. */
#define REPLY_408 "HTTP/1.1 408 Request Time-out\r\n" \
                  "Content-Length: 0\r\n"             \
                  "Connection: close\r\n\r\n"

/* Writes the request into o; its length. */
void   put_request(amt_window *o);
size_t request_size(void);

/* A whole call; returns its end or error. Or its parts: the beginning; one
   step, with checks; the rest. call_send begins and sends the request. */
int  call(void);
void call_begin(void);
int  call_step(void);
int  call_on(void);
void call_send(void);

/* A whole call and its result. What follows `want` names the call. */
#define CALL_GIVES(want, ...) (call(), text_same(&saw, want, __VA_ARGS__))

/* Exactly `times` requests and `part` bytes of another were sent. */
void check_sent(size_t times, size_t part);

/* --- calls over sockets: 127.0.0.1 and ::1 only --------------------------- */

typedef struct server {
  int         listen_fd, fd;
  uint16_t    port;
  const char *reply;
  size_t      n;
  int         then;   /* after the reply: 0 stay, 'F' end, 'R' reset */
  int         before; /* 'R': reset once connected */
  int         hold;   /* do not answer yet */
  char        got[20000];
  size_t      got_n, done;
  unsigned    accepted, answered;
} server;

extern server        srv;
extern amt_posix     sock;
extern amt_http_conn net;
extern amt_url       net_url;
extern char          net_text[100];

/* Starts a server, and a client that knows it. 0: no such family here. */
int  net_begin(int family, const char *reply, size_t n);
void net_end(void);
#define SERVE(reply) \
  assert_true(net_begin(AF_INET, reply, sizeof(reply) - 1))

void server_step(void);  /* acts, without waiting */
void server_close(void); /* closes the server's end */
void server_deaf(void);  /* closes the listener */

/* Like call() and its parts; `at` is the time. */
int  net_call(void);
void net_call_begin(uint32_t at);
int  net_step(uint32_t at);
int  net_call_on(void);
void net_call_send(void);

/* Goes on with a call on a simulated clock while nothing happens. *at grows by
   `gain` before each poll. */
int net_call_on_clock(uint32_t *at, uint32_t gain);

#define NET_CALL_GIVES(want, ...) \
  (net_call(), text_same(&saw, want, __VA_ARGS__))

/* A socket bound to a loopback port (0: any), or -1. */
int bound(int family, uint16_t *port);

/* A listener that never accepts, with its queue filled by `count` clients. The
   next connection attempt gets no answer. */
int deaf_listener(int family, uint16_t *port, int *clients, int count);

/* The same before and after, if no descriptor leaks. */
int lowest_free_fd(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
