/* amt.h - v0.1.0 - run batch jobs on an Asysco AMT server, from any machine.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #include "amt.h"
   in all others just the include. Needs amt_http.h beside it, unless
   AMT_NO_HTTP is defined. No heap, no writable globals, no threads.

   Contents: search for the tag
     >>manual     a whole program, the conventions, memory
     >>wire       the requests and replies, byte for byte, and their origin
     >>options    the macros, where to define them and what they cost
     >>api        everything public
     >>impl       from here on only with AMT_IMPLEMENTATION
     >>text       errors, completion codes and status names in words
     >>bytes      the writer that produces any part of a text again
     >>json       the streaming tokenizer, and the writer
     >>request    method, path, headers and body of each call
     >>reply      tokens to values and messages
     >>job        the state machine: which call next, and what its end means
     >>pump       jobs and connections joined; the only section with I/O

   Licence: MIT or Unlicense, at your choice; the text is at the end. */

/* ------------------------------------------------------------------------
   >>manual

   A whole program for a POSIX system, examples/minimal.c:

     #define AMT_IMPLEMENTATION
     #define AMT_POSIX
     #include "amt.h"
     #include <stdio.h>

     int main(int argc, char **argv)
     {
       static char buf[1024], token[256];
       amt_posix   sock;
       amt_conn    conn = {0};
       amt_pool    pool = {&conn, 1, buf, sizeof buf, NULL};
       amt_session s = {0};
       amt_task    t = {0};
       amt_job     j;
       s.url = argc > 1 ? argv[1] : "http://127.0.0.1:42000", s.user = "ocadm";
       s.password = "opconxps", s.token = token, s.token_room = sizeof token;
       t.application = "DEMO2", t.job = "REPORTTEST01";
       amt_posix_init(&sock);
       conn.http.stream = &sock.stream;
       for (amt_start(&j, &s, &t);;)
         switch (amt_wait(&pool, &j, amt_posix_now)) {
         case AMT_MESSAGE:
           printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n");
           break;
         case AMT_FAILED: fprintf(stderr, "%s\n", amt_error(j.error)); return j.code;
         case AMT_DONE: return j.code; // 4: it ended normally
         default: break;
         }
     }

   What happens: the job signs in, asks for the Start, and gives AMT_STARTING
   before a byte of it can leave and AMT_STARTED once the server's id is
   known. Then it asks for the status, first after s.initial_delay, then every
   s.poll, and gives AMT_STATUS when it has changed. When the status is one
   that ends a run it fetches the messages and gives them out, AMT_MESSAGE by
   AMT_MESSAGE. Last comes AMT_DONE or AMT_FAILED, for as long as you ask.

   Three ways to drive it, with the same events:
   - amt_wait blocks until there is one (a small tool);
   - amt_poll never blocks (a superloop, or thousands of jobs on one thread);
   - amt_next alone does no I/O at all: it says AMT_CALL, you make that HTTP
     call with whatever you have and feed the reply back.

   Conventions, once for all of it:
   - You own all memory: sessions, jobs, tasks, connections, one buffer, the
     token's room. What a pointer in them points to must live, unchanged, as
     long as it says there. Structs start zeroed; 0 is the named default.
   - Texts are UTF-8 and NUL-terminated, unless a length is beside them.
   - Times are milliseconds in a uint32_t that may wrap; durations stay below
     2^31 (24 days). AMT_ZERO asks for no time at all where 0 is the default.
   - Errors are negative, AMT_E_...; amt_error has their cause and cure.
   - Names of the library begin with amt_ and AMT_; those with two underscores
     are private, as are the struct members named so.

   Memory: sizeof(amt_session) + sizeof(amt_job) for each job +
   sizeof(amt_conn) and a stream for each connection + one buffer of 64 bytes
   or more + room for the token. Requests and replies of any size pass through
   that buffer. A request longer than it is produced again for each piece, so
   its cost grows with length^2 / buffer: give long requests a larger one.

   What two threads may share: constant tables freely; a session, and all of
   its jobs and their pool, only under one lock of yours. Nothing else.

   ------------------------------------------------------------------------
   >>wire

   Published are the three functions, their fields, defaults and completion
   codes, the service's name AmtOpConService and the word BatchrequestId. The
   paths and the other member names are THIS PROJECT'S OWN CHOICE: they are
   nowhere published. They stand in one table, amt_wire_default; a server that
   differs needs another table, and no change of code.

   All calls are POST, with a token after sign-in. One whole job:

     POST /AmtOpConService/Authenticate HTTP/1.1
     Host: 127.0.0.1:42000
     Accept: application/json
     Content-Type: application/json
     Content-Length: 38

     {"User":"ocadm","Password":"opconxps"}
                                         {"Token":"3f..","ExpiresIn":3600}

     POST /AmtOpConService/OpConJobAction HTTP/1.1
     Host: 127.0.0.1:42000
     Authorization: Bearer 3f..
     Accept: application/json
     Content-Type: application/json
     Content-Length: 133

     {"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",
      "JobName":"REPORTTEST01","SubmitUser":"BATCH","Station":"OPCON"}
                          {"BatchrequestId":2112,"Status":1,"Message":".."}
     (in one line; a Start may also have ScriptName for JobName, User,
     QueueName, "TaskValues":["a=1"], "Parameters":["'x'"])

     POST /AmtOpConService/MonitorJob      (and so on)
     {"ApplicationName":"DEMO2","BatchrequestId":2112}
                                       {"BatchrequestId":2112,"Status":2}

     POST /AmtOpConService/GetMessages
     {"ApplicationName":"DEMO2","BatchrequestId":2112,"AfterSequence":0}
          {"Messages":[{"Sequence":1,"Time":"..","Text":".."}],"More":false}

     POST /AmtOpConService/OpConJobAction
     {"Action":"KILL","ApplicationName":"DEMO2","BatchrequestId":2112}
                                       {"BatchrequestId":2112,"Status":3}

   Read with tolerance: members in any order and any ASCII case, unknown ones
   skipped, null as absent, ids and numbers as numbers or strings, a status as
   its number or its name, messages as objects or plain strings.

   ------------------------------------------------------------------------
   >>options   define them before the include, in the file that has
               AMT_IMPLEMENTATION, unless it says "everywhere"

   AMT_STATIC             everywhere: all functions are static
   AMTDEF                 everywhere: what stands before public functions
   AMT_NO_HTTP            everywhere: without amt_http.h and the pump
   AMT_NO_TEXT            without amt_error's words (5 kB)
   AMT_DEFAULT_WIRE_ONLY  without other wire tables: dotted names, forms,
                          Basic, path templates, lists as one string (2 kB)
   and those of amt_http.h (AMT_POSIX, ...).

   No option changes the layout of a struct. */

#ifndef AMT_H
#define AMT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AMT_VERSION_MAJOR 0
#define AMT_VERSION_MINOR 1
#define AMT_VERSION_PATCH 0

#ifndef AMT_NO_HTTP
#include "amt_http.h"
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
  size_t total; /* bytes produced so far; in the end, the text's length */
} amt_out;

AMTDEF amt_out amt_out_window(char *buf, size_t cap, size_t from);
AMTDEF void    amt_put(amt_out *o, const void *p, size_t n);
AMTDEF void    amt_put_text(amt_out *o, const char *text);
AMTDEF void    amt_put_number(amt_out *o, uint64_t n); /* in decimal */
#endif /* AMT_SHARED */

/* ------------------------------------------------------------------------
   >>api */

#define AMT_ZERO UINT32_MAX /* a duration of 0, where 0 is the default */

/* Errors of this header; those of the transport (-1 to -18, and -100 on) are
   amt_http.h's, and pass through. */
enum {
  AMT_E_JSON_SYNTAX    = -40, /* see amt_error for the words */
  AMT_E_JSON_STRING    = -41,
  AMT_E_JSON_ESCAPE    = -42,
  AMT_E_JSON_UTF8      = -43,
  AMT_E_JSON_DEPTH     = -44,
  AMT_E_JSON_TRUNCATED = -45,
  AMT_E_JSON_TRAILING  = -46,
  AMT_E_JSON_RANGE     = -47,
  AMT_E_SERVER         = -60,
  AMT_E_REDIRECT       = -61,
  AMT_E_REFUSED        = -62,
  AMT_E_SIGN_IN        = -63,
  AMT_E_FORBIDDEN      = -64,
  AMT_E_NO_TOKEN       = -65,
  AMT_E_NO_STATUS      = -66,
  AMT_E_NO_MESSAGES    = -67,
  AMT_E_TWICE          = -68,
  AMT_E_ID             = -69,
  AMT_E_MAYBE_STARTED  = -70,
  AMT_E_UNDEFINED      = -71,
  AMT_E_CANCELLED      = -72,
  AMT_E_MISSING        = -120,
  AMT_E_EMPTY          = -121,
  AMT_E_UTF8           = -122,
  AMT_E_CONTROL        = -123,
  AMT_E_TOKEN_ROOM     = -124,
  AMT_E_TOKEN_TEXT     = -125,
  AMT_E_WIRE           = -126,
  AMT_E_BUFFER_HELD    = -127,
  AMT_E_NO_CONNECTION  = -128
};

/* What an error means and what to do, of both headers; "" for others. */
AMTDEF const char *amt_error(int error);

/* --- completion codes --------------------------------------------------- */

/* As published: 0 to 16, 18 to 24 and 99. Only 4 is success. */
enum {
  AMT_CODE_QUEUED = 1, AMT_CODE_RUNNING = 2, AMT_CODE_KILLED = 3,
  AMT_CODE_DONE = 4, AMT_CODE_ERROR = 11, AMT_CODE_ABORTED = 12,
  AMT_CODE_UNDEFINED = 19, AMT_CODE_WEB_SERVER_ERROR = 23,
  AMT_CODE_AUTHENTICATION_ERROR = 24, AMT_CODE_INVALID_AMT_USER = 99
};

/* "RUNNING", "WAIT_FOR QUEUE", ...; "" for a number that is not published. */
AMTDEF const char *amt_status_name(int32_t code);
/* The code of a name: any case; '_', '-' and blank alike. -1 if unknown. */
AMTDEF int32_t amt_status_code(const char *name, size_t n);
/* 1 if this code ends a run: this library's rule, since none is published. */
AMTDEF int amt_status_ends(int32_t code);

/* --- JSON: the tokenizer, usable alone ---------------------------------- */

enum {
  AMT_JSON_MORE = 0, /* all bytes used: feed more, or amt_json_end */
  AMT_JSON_OBJECT, AMT_JSON_OBJECT_END, AMT_JSON_ARRAY, AMT_JSON_ARRAY_END,
  AMT_JSON_KEY,    /* text: a piece of a member's name, unescaped */
  AMT_JSON_STRING, /* text: a piece of a string, unescaped, valid UTF-8 */
  AMT_JSON_NUMBER, /* text: a piece of a number, as it stands */
  AMT_JSON_TRUE, AMT_JSON_FALSE, AMT_JSON_NULL
};

#define AMT_JSON_DEPTH 128 /* deeper nesting is refused */

/* The state between two bytes. Zeroed is the start. No pointers: it may be
   copied or stored. `depth` counts the open objects and arrays. */
typedef struct amt_json {
  size_t   offset;   /* bytes used so far; wraps where size_t is small */
  size_t   start;    /* offset of the token at hand */
  uint32_t point;    /* a code point while its escape arrives */
  uint8_t  depth;
  uint8_t  state;
  uint8_t  at;       /* in a literal or an escape */
  uint8_t  flags;
  uint8_t  held[4];  /* a character whose bytes are arriving */
  uint8_t  held_len;
  uint8_t  need, low, high; /* continuation bytes to come, and their range */
  uint8_t  stack[AMT_JSON_DEPTH / 8]; /* 1: object */
} amt_json;

/* KEY, STRING and NUMBER come in one piece if they lie whole in the bytes fed,
   otherwise in several, cut where the bytes were but never in a character. */
typedef struct amt_json_token {
  const char *text;  /* lent until the next call; not terminated */
  size_t      len;
  uint8_t     first; /* this piece begins it */
  uint8_t     last;  /* and this one ends it; it may be empty */
} amt_json_token;

/* The next token of the n bytes at p, or AMT_JSON_MORE, or an error (sticky;
   json->offset is its place). Strings are unescaped in place: p is written
   to. *used: bytes taken; go on behind them. */
AMTDEF int amt_json_next(amt_json *json, void *p, size_t n, size_t *used,
                         amt_json_token *token);
/* After the last byte: 0 if they were exactly one JSON text, or an error.
   AMT_JSON_NUMBER, an empty last piece, where only the end ends a number;
   then call again. */
AMTDEF int amt_json_end(amt_json *json, amt_json_token *token);

/* An integer exactly: 0, or AMT_E_JSON_RANGE if the text is not a whole
   number in decimal digits, or does not fit. */
AMTDEF int amt_json_uint64(const char *text, size_t n, uint64_t *value);
AMTDEF int amt_json_int32(const char *text, size_t n, int32_t *value);

/* Puts text as a JSON string, with quotes; controls, '"' and '\' escaped. The
   bytes must be valid UTF-8: see amt_utf8. */
AMTDEF void amt_json_put_string(amt_out *o, const char *text, size_t n);
AMTDEF int  amt_utf8(const char *text, size_t n); /* 1 if valid */

/* --- the wire table ----------------------------------------------------- */

/* Calls, in the order of amt_wire.call. */
typedef enum {
  AMT_SIGN_IN, AMT_START, AMT_STOP, AMT_KILL, AMT_MONITOR, AMT_MESSAGES,
  AMT_CALLS
} amt_op;

/* Members of requests, in the order in which they are sent. */
enum {
  AMT_Q_USER, AMT_Q_PASSWORD, AMT_Q_ACTION, AMT_Q_TASK_TYPE, AMT_Q_APPLICATION,
  AMT_Q_JOB, AMT_Q_SCRIPT, AMT_Q_SUBMIT_USER, AMT_Q_RUN_AS, AMT_Q_STATION,
  AMT_Q_QUEUE, AMT_Q_ID, AMT_Q_AFTER, AMT_Q_TASK_VALUES, AMT_Q_PARAMETERS,
  AMT_Q_COUNT
};

/* Members of replies; the last three in each element of the messages. */
enum {
  AMT_R_TOKEN, AMT_R_EXPIRES, AMT_R_ID, AMT_R_STATUS, AMT_R_MESSAGE,
  AMT_R_MESSAGES, AMT_R_MORE, AMT_R_SEQUENCE, AMT_R_TIME, AMT_R_TEXT,
  AMT_R_COUNT
};

/* How a list of parameters is sent. */
enum {
  AMT_LIST_ARRAY,  /* ["a=1","b=2"] */
  AMT_LIST_JOINED, /* "a=1;b=2", with amt_wire.separator */
  AMT_LIST_OBJECT  /* {"a":"1","b":"2"}: each needs a '=' */
};

/* How one signs in. */
enum {
  AMT_AUTH_JSON,  /* a call with a JSON body */
  AMT_AUTH_FORM,  /* a call with grant_type=password&username=..&password=.. */
  AMT_AUTH_BASIC, /* no call: HTTP Basic, each time */
  AMT_AUTH_FIXED, /* no call: session->token, as it is given */
  AMT_AUTH_NONE
};

/* Every word that is put on the wire. A member whose name is NULL is not sent,
   or not read. Names of replies may be dotted, "result.job.status"; each part
   at most AMT_NAME_MAX bytes; "" means the reply (or the element) itself. */
#define AMT_NAME_MAX 31
typedef struct amt_wire {
  struct { const char *method, *path; } call[AMT_CALLS];
                         /* in paths {application} {id} {after} {action} */
  const char *start, *stop, *kill;  /* the action words */
  const char *batch, *script;       /* the task types */
  const char *request[AMT_Q_COUNT]; /* member names */
  const char *reply[AMT_R_COUNT];
  const char *auth_header;          /* "Authorization" */
  const char *auth_scheme;          /* "Bearer ", with its blank */
  const char *headers;              /* fixed, "Name: value\r\n..."; or NULL */
  const char *members;              /* fixed, "\"a\":1,\"b\":2"; or NULL */
  const char *separator;            /* for AMT_LIST_JOINED */
  uint8_t     auth;                 /* AMT_AUTH_ */
  uint8_t     task_values;          /* AMT_LIST_ */
  uint8_t     parameters;           /* AMT_LIST_ */
} amt_wire;

AMTDEF const amt_wire *amt_wire_default(void);

/* --- sessions ----------------------------------------------------------- */

/* When messages are fetched. */
enum { AMT_AT_END, AMT_LIVE, AMT_NEVER };

/* One server, and one sign-in shared by all jobs there. Zero it, set what you
   need of the first part, leave the second alone. */
typedef struct amt_session {
  const char     *url;        /* http://host:port/path; with the pump only */
  const amt_wire *wire;       /* NULL: the default */
  const char     *user;       /* the API user */
  const char     *password;
  /* Or: fetches the password for one sign-in (begin 1; it must live until),
     and is told that the sign-in is over (begin 0): wipe it then. */
  const char   *(*secret)(void *ctx, int begin);
  void           *ctx;
  char           *token;      /* room for it; a fixed token stands in it */
  size_t          token_room; /* with its NUL; wiped by amt_session_end */
  uint32_t        initial_delay; /* before the first status: 10 s */
  uint32_t        poll;       /* between two: 5 s */
  uint32_t        poll_max;   /* lets poll grow with the job's age, to an
                                 eighth of it, up to this; 0: it does not */
  uint32_t        give_up;    /* how long the server may stay away: 300 s;
                                 AMT_ZERO: the first failure ends it */
  uint32_t        seed;       /* for the jitter of repeats; any number */
  uint8_t         messages;   /* AMT_AT_END */
  uint8_t         close;      /* 1: a connection for each request */

  size_t          token__len;
  struct amt_job *signing;    /* the job whose call is the sign-in */
  uint32_t        token__time, token__life;
  uint16_t        producing;  /* requests that are half sent */
  uint8_t         generation; /* of the token */
  uint8_t         failures;   /* of sign-ins, for those who wait for one */
  int16_t         error;      /* of the last one; once refused it stays */
  uint16_t        http_status;
} amt_session;

/* New credentials, while jobs run: the token is dropped, and a refusal of the
   old ones forgotten. */
AMTDEF void amt_session_credentials(amt_session *s, const char *user,
                                    const char *password);
/* Wipes the token and the struct. Its jobs must have ended or be dropped. The
   texts that user and password point to are yours to wipe. */
AMTDEF void amt_session_end(amt_session *s);

/* --- tasks and jobs ----------------------------------------------------- */

/* What to start. It must live until AMT_STARTED (or the end); the text of
   `application` as long as the job. NULL or "" is "not given". */
typedef struct amt_task {
  const char        *application; /* required */
  const char        *job;         /* required, or */
  const char        *script;      /* instead: overrides job */
  const char        *submit_user; /* BATCH; others are refused, published */
  const char        *station;     /* OPCON; likewise */
  const char        *user;        /* RunAs; the application's default */
  const char        *queue;       /* the server's default */
  const char *const *task_values; /* sent as they are */
  const char *const *parameters;
  size_t             task_value_count, parameter_count;
} amt_task;

typedef enum {
  AMT_BUSY,     /* nothing yet: job->wait says how long to do other things */
  AMT_CALL,     /* amt_next only: make the HTTP call, feed the reply */
  AMT_STARTING, /* the next call may send the Start's first byte: record it */
  AMT_STARTED,  /* job->id is the server's: save it before going on */
  AMT_STATUS,   /* job->status has changed; job->name if the server sent an
                   unknown name */
  AMT_MESSAGE,  /* job->msg, job->msg_len: log text, lent until the next call */
  AMT_ANSWERED, /* the stop or kill was: accepted, if job->error is 0 */
  AMT_RETRYING, /* job->error says why; the call comes again in job->wait */
  AMT_DONE,     /* job->code is final. job->log_complete is 0, with the reason
                   in job->error, if messages could not be had */
  AMT_FAILED    /* job->error, job->http_status, job->start; job->code is the
                   completion code to report */
} amt_event;

/* What AMT_MESSAGE brings. */
enum {
  AMT_MSG_LOG,   /* a message of the job */
  AMT_MSG_REPLY, /* the Message member of a Start's reply: the log, if the job
                    ended at once */
  AMT_MSG_ERROR  /* the Message member of a failed call: the server's words */
};

/* What is known of the Start. */
enum { AMT_START_NONE,     /* it did not happen */
       AMT_START_REFUSED,  /* the server said no */
       AMT_START_UNKNOWN,  /* it may have happened; never sent again */
       AMT_START_KNOWN };  /* job->id */

#define AMT_ID_SIZE 64

typedef struct amt_job {
  /* To read: */
  const char *msg;         /* AMT_MESSAGE; AMT_FAILED: what was wrong, a name */
  size_t      msg_len;
  uint64_t    sequence;    /* of this message, if has_sequence */
  uint32_t    wait;        /* AMT_BUSY, AMT_RETRYING: milliseconds */
  int32_t     status;      /* as the server said last; -1 before that */
  int16_t     error;       /* AMT_E_, or 0 */
  uint16_t    http_status; /* of the last complete head, or 0 */
  uint8_t     code;        /* AMT_DONE, AMT_FAILED: completion code */
  uint8_t     start;       /* AMT_START_ */
  uint8_t     log_complete;
  uint8_t     msg_kind;    /* AMT_MSG_ */
  uint8_t     msg_more;    /* more pieces of this message follow */
  uint8_t     msg_first;   /* this is its first */
  uint8_t     has_sequence;
  uint8_t     op;          /* AMT_CALL: which call, an amt_op */
  char        id[AMT_ID_SIZE];   /* as sent; "" until known */
  char        time[AMT_NAME_MAX + 1]; /* of this message; "" if not sent */
  char        name[AMT_NAME_MAX + 1]; /* AMT_STATUS: as sent, if unknown */

  /* Private from here on. */
  amt_session    *session__;
  const amt_task *task__;
  const char     *application__;
  amt_json        json__;
  uint64_t        after__;     /* greatest sequence given */
  uint32_t        given__;     /* messages given, counted from the list's start */
  uint32_t        base__;      /* of them, those that `after` covers */
  uint32_t        index__;     /* elements of this list that have ended */
  uint32_t        skip__;      /* of them, those not to be given */
  size_t          part__;      /* bytes given of the message that broke off */
  size_t          cut__;       /* of them, those still to be passed over */
  uint32_t        due__, began__, failed__; /* times */
  uint16_t        backoff__;
  uint16_t        retry_after__;
  int16_t         end__;       /* how the reply ended */
  uint8_t         phase__, event__, mode__, want__, flags__, seen__;
  uint8_t         field__, list__, name_len__, undefined__, bad_log__;
  uint8_t         generation__, failures__, level__[AMT_R_COUNT];
} amt_job;

/* Prepare a job; nothing is sent before amt_next, amt_poll or amt_wait. A job
   may be begun again only after it has ended or was dropped. */
AMTDEF void amt_start(amt_job *j, amt_session *s, const amt_task *t);
/* Goes on with a job that is known by its id, after a reset for example. An id
   too long ends in AMT_E_ID. Its texts must live as long as the job. */
AMTDEF void amt_attach(amt_job *j, amt_session *s, const char *application,
                       const char *id);
/* One call and no more, for those who keep their own loop: AMT_START with a
   task; AMT_STOP, AMT_KILL, AMT_MONITOR or AMT_MESSAGES of t->application and
   an id. Ends in AMT_DONE when it was answered. */
AMTDEF void amt_once(amt_job *j, amt_session *s, amt_op op, const amt_task *t,
                     const char *id);
/* AMT_STOP or AMT_KILL: asks for it as soon as the id is known, then keep
   pulling events; the job's status tells whether it worked. Before the Start
   it ends the job at once, with AMT_E_CANCELLED. */
AMTDEF void amt_stop(amt_job *j, amt_op stop_or_kill);
/* Forgets a job in mid-run: nothing is sent; it goes on at the server. With
   the pump use amt_drop instead, which also frees its connection. */
AMTDEF void amt_forget(amt_job *j);

/* The next event. Gives back the message that was lent. */
AMTDEF amt_event amt_next(amt_job *j, uint32_t now);

/* --- calls, for those who bring their own HTTP -------------------------- */

/* After AMT_CALL. Each puts one part of the request, for job->op. A window of
   cap 0 tells its length. Producing may be repeated until the reply begins. */
AMTDEF const char *amt_call_method(const amt_job *j);
AMTDEF void amt_call_path(const amt_job *j, amt_out *o);
AMTDEF void amt_call_headers(const amt_job *j, amt_out *o); /* whole lines */
AMTDEF void amt_call_body(const amt_job *j, amt_out *o);
/* 0 if there is none: then no Content-Type and no Content-Length either. */
AMTDEF int amt_call_has_body(const amt_job *j);

/* The request has gone out whole. Optional; amt_reply_status says it too. */
AMTDEF void amt_reply_sent(amt_job *j);
/* The head: final status, and Retry-After in seconds or 0. */
AMTDEF void amt_reply_status(amt_job *j, int http_status, uint32_t retry_after);
/* Body bytes; they are written to. Returns how many were taken: if fewer than
   n, an event waits; pull it with amt_next until AMT_BUSY, go on behind. */
AMTDEF size_t amt_reply_data(amt_job *j, void *p, size_t n);
/* The end: error 0 if the reply is complete by HTTP's own framing, otherwise
   the reason, any negative number. taken: 0 only if surely not one byte of
   the request has left; that is what makes a Start safe to send again. */
AMTDEF void amt_reply_end(amt_job *j, int error, int taken);

#ifndef AMT_NO_HTTP
/* --- the pump ----------------------------------------------------------- */

/* One connection. Zero it and set http.stream (and http.limits). */
typedef struct amt_conn {
  amt_http_conn      http;
  amt_url            url;     /* of the session it was opened for */
  const amt_session *session;
  amt_job           *job;     /* whose call is under way; NULL if free */
} amt_conn;

/* Connections and the one buffer they share. Set the first four. */
typedef struct amt_pool {
  amt_conn *conn;
  size_t    count;
  void     *buf;
  size_t    size;   /* 64 or more */
  amt_job  *holder; /* whose bytes lie in buf: poll this job next */
} amt_pool;

/* Goes on with a job as far as that needs no waiting. Never blocks. At most one
   receive a call. Poll a job that has just returned AMT_MESSAGE again before
   any other of its pool: the buffer still has its bytes. Otherwise the other
   gets AMT_FAILED with AMT_E_BUFFER_HELD, is not harmed, and may be polled
   again. */
AMTDEF amt_event amt_poll(amt_pool *p, amt_job *j, uint32_t now);
/* The same events, but blocks for the next. AMT_BUSY only if a signal came, or
   its stream cannot wait. */
AMTDEF amt_event amt_wait(amt_pool *p, amt_job *j, uint32_t (*now)(void));
/* Forgets a job in mid-run and closes its connection. */
AMTDEF void amt_drop(amt_pool *p, amt_job *j);
/* Closes all connections and wipes the buffer. Its jobs must have ended. */
AMTDEF void amt_pool_end(amt_pool *p);
#endif /* AMT_NO_HTTP */

#endif /* AMT_H */
