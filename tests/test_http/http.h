/* http.h - what the tests of amt_http.h share. Three layers, each with its
   file of helpers:

     reader.c   feeds the parser alone and notes what it says
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

/* A reply, byte for byte, and what must be noted of it, as
     200 [body] END keep=5 retry=5 left=3
   `keep`: the connection may be used again, with the timeout that the server
   gave it, if any; `left`: bytes behind the end. Before a final head has come
   there is no status. In front of it stand the values of Location, or of
   WWW-Authenticate, each with a blank behind it. */
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

/* "hello" after a head with these fields, and how it ends. */
#define HELLO(fields, end) REPLY(OK5 fields "\r\n\r\nhello", "200 [hello] " end)
#define KEPT(fields) HELLO(fields, "END keep")

/* The test `name` reads these rows with the parser, and enters them for
   each_row: calls over a connection must read them too. */
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

/* Calls read() with each row entered that ends well, or is refused. */
enum { IS_REFUSED, ENDS_WELL };
void each_row(int how, void (*read)(const vector *row));

typedef struct reader {
  amt_http_reply reply[2]; /* the state moves between them */
  int            slot, result, heads;
  size_t         fed;
  text           seen, body; /* `seen`: the notes */
} reader;

extern reader first, again;

/* Reads n bytes from beginning to end, `size` at once. */
void read_pieces(reader *r, const void *p, size_t n, size_t size);

/* The same in steps: any number of feeds between a beginning and an end, which
   is told how many bytes there were. */
void reader_begin(reader *r);
void reader_feed(reader *r, const void *bytes, size_t n);
void reader_end(reader *r, size_t n);

/* However it arrives, it reads the same; `first` has how. */
void read_all_ways(const void *p, size_t n);

/* And as each row wants it. */
void read_vectors(const vector *v, size_t count);

/* The notes that are wanted, without "keep", "retry" and "left". */
const char *result_only(const char *want);

/* --- calls over a scripted stream ----------------------------------------- */

/* What the server says on one connection, once `after` bytes have been sent
   on it; then comes what follows on the same connection, or `end`. */
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
  size_t   read_size, write_size; /* at most so many at once; 0: any */
  unsigned shy;                   /* "not yet" so often before each answer */
  int      bold;                  /* of these operations there is none */
  unsigned fault_at;              /* this call of fault_on, from 1, */
  int      fault_on, fault;       /* has this result; AMT_AGAIN from then on */
  size_t   room;                  /* bytes a connection takes; 0: any */
  int      full;                  /* then: AMT_AGAIN, or an error */
  int      pushes;                /* a write that fails has sent its bytes */
  int      open_never;
  int      wait_result;
  /* The state: */
  unsigned opens, closes, aborts, reads, writes, waits;
  unsigned calls, shied[ON_ANY], faults;
  int      is_open, want;
  size_t   on_tape;        /* given of the tapes of this connection */
  size_t   taken;          /* on this connection */
  char     sent[20000];    /* on all */
  size_t   sent_n;
  char     offered[20000]; /* what a write took nothing of: must come again */
  size_t   offered_n;
} memory;

extern const amt_stream_ops memory_ops;
extern memory               mem;
extern amt_http_conn        conn;
extern amt_url              url;
extern uint32_t             now, step; /* the clock; its gain at each AGAIN */
extern size_t               buf_size;
extern unsigned char       *buf;
extern size_t               request_body; /* its length; 0: a GET */
extern text                 saw;          /* of a call, as "200 [body] END" */

/* A new stream without a script, a new connection, and a GET to send. */
void begin_test(void);

/* The n-th call of these operations, from now on, has this result. */
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
/* HAProxy, Node and others send it to a connection on which nothing was asked,
   and close. */
#define REPLY_408 "HTTP/1.1 408 Request Time-out\r\n" \
                  "Content-Length: 0\r\n"             \
                  "Connection: close\r\n\r\n"

/* The request: written into o, and how long it is. */
void   put_request(amt_window *o);
size_t request_size(void);

/* A whole call, to its end or error, which it returns. Or its parts: it begins;
   one step, with all that must hold then; all that follows. Or it begins, and
   its request is sent. */
int  call(void);
void call_begin(void);
int  call_step(void);
int  call_on(void);
void call_send(void);

/* A whole call and what it gives; the rest says which call it was. */
#define CALL_GIVES(want, ...) (call(), text_same(&saw, want, __VA_ARGS__))

/* What has been sent are `times` whole requests, and `part` bytes more. */
void check_sent(size_t times, size_t part);

/* --- calls over sockets: 127.0.0.1 and ::1 only --------------------------- */

typedef struct server {
  int         listen_fd, fd;
  uint16_t    port;
  const char *reply;
  size_t      n;
  int         then;   /* after the reply: 0 stay, 'F' end, 'R' reset */
  int         before; /* 'R': reset as soon as it is connected */
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

/* A server and a client that knows it; 0 if there is no such family here. */
int  net_begin(int family, const char *reply, size_t n);
void net_end(void);
#define SERVE(reply) \
  assert_true(net_begin(AF_INET, reply, sizeof(reply) - 1))

void server_step(void);  /* it does what it can without waiting */
void server_close(void); /* its end of the connection */
void server_deaf(void);  /* nobody listens at its port any more */

/* As call and its parts; `at`: the time. */
int  net_call(void);
void net_call_begin(uint32_t at);
int  net_step(uint32_t at);
int  net_call_on(void);
void net_call_send(void);

/* A call on a clock of the test's own, as far as nothing comes of it: *at gains
   so much before each poll. */
int net_call_on_clock(uint32_t *at, uint32_t gain);

#define NET_CALL_GIVES(want, ...) \
  (net_call(), text_same(&saw, want, __VA_ARGS__))

/* A socket bound to a loopback port (0: any), or -1. */
int bound(int family, uint16_t *port);

/* A listener that never accepts, its queue filled by `count` clients: from then
   on a connection attempt gets no answer at all. */
int deaf_listener(int family, uint16_t *port, int *clients, int count);

/* It is the same before and after what leaks no descriptor. */
int lowest_free_fd(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
