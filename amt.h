/* amt.h - v0.2.0 - run batch jobs on an Asysco AMT server, from any machine.

   In ONE C or C++ file:          #define AMT_IMPLEMENTATION
                                  #include "amt.h"
   in all others just the include. Needs amt_http.h beside it and, for sockets
   and TLS, what is in backends/. No heap, no writable globals, no threads.

   Contents: search for the tag
     >>manual     a whole program, the conventions, memory
     >>wire       the requests and replies, byte for byte, and their origin
     >>options    the macros, where to define them and what they cost
     >>api        everything public
     >>impl       from here on only with AMT_IMPLEMENTATION
     >>text       errors, completion codes and status names in words
     >>json       the streaming tokenizer, and the writer
     >>request    method, path, headers and body of each call
     >>reply      tokens to values and messages
     >>page       the words of replies that are not JSON
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
       amt_slot    conn = {0};
       amt_pool    pool = {&conn, 1, buf, sizeof buf, NULL};
       amt_session s = {0};
       amt_task    t = {0}; amt_job j;
       s.url = argc > 1 ? argv[1] : "http://127.0.0.1:42000", s.user = "ocadm";
       s.password = "opconxps", s.token = token, s.token_room = sizeof token;
       t.application = "DEMO2", t.job = "REPORTTEST01";
       amt_posix_init(&sock), conn.http.stream = &sock.stream;
       for (amt_start(&j, &s, &t);;) {
         amt_event e = amt_wait(&pool, &j, amt_posix_now);
         if (e == AMT_MESSAGE)
           printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n");
         if (e >= AMT_RETRYING && j.error != 0) // also: the log is not complete
           fprintf(stderr, "%s\n", amt_error(j.error));
         if (e >= AMT_DONE) return j.code; // 4: it ended normally
       }
     }

   What happens, with the events it gives you:

     amt_start               amt_attach       A sign-in comes before the first
         |                       |            call, and where the token is
     AMT_STARTING                |            refused (401) or about to expire.
         | OpConJobAction START  |
         |----> AMT_FAILED       |            AMT_FAILED: refused; or nobody
     AMT_STARTED                 |            knows whether it was taken
         |                       |
         +----> MonitorJob <-----+            first after s.initial_delay
                 |      ^
             AMT_STATUS |                     if it has changed
                 |      +-- not ended --+     after s.poll; with AMT_LIVE the
                 |----------------------+     messages so far come before
                 | ended
             GetMessages <---+
                 |           | More
             AMT_MESSAGE ... +
                 |
             AMT_DONE                         for as long as you ask

   A call whose failure may pass is repeated (AMT_RETRYING) until s.give_up.
   Once the server knows the job, a refusal may pass, too; when the time is up
   the run ends with AMT_E_LOST, and the job goes on at the server. A refused
   sign-in is tried three times at most, after 5 s and after a minute, since
   directories lock accounts. If the time is up and only the log is missing, the
   run ends with AMT_DONE: the job's code, log_complete 0 and the last call's
   error.

   The end of each call, and what it means; a test plays each cell. "look" is
   MonitorJob, "log" is GetMessages at the end. "later" is the column before it
   once the server knows the job: it gave this run the id, or told a status.

     end of a call    sign-in later   START   STOP    look    later   log
     good             next    next    next    next    next    next    next
     lacks its value  again   again   unknown next    next    next    thrice
     not JSON         again   again   unknown again   again   again   thrice
     401              refused thrice  sign in sign in sign in sign in sign in
     401 again        -       -       refused told    refused again   thrice
     403              refused thrice  refused told    refused again   thrice
     404              refused thrice  refused told    refused again   again
     other 4xx        refused thrice  refused told    again   again   again
     425, 429         again   again   refused again   again   again   again
     408, 5xx         again   again   unknown again   again   again   again
     3xx              refused again   refused again   again   again   again
     broken, taken    again   again   unknown again   again   again   again
     broken, untaken  again   again   again   again   again   again   again
     stale            at once at once unknown at once at once at once at once

   next     the run goes on
   again    AMT_RETRYING; after a pause, until s.give_up
   at once  once more, without an event; the second time in a row: again
   sign in  the same, after a new sign-in
   thrice   like "again", but three times without a new message between
   told     AMT_STOP_ANSWERED with the error; asked again with each poll
   refused  AMT_FAILED; a Start did not happen
   unknown  AMT_FAILED; a Start may have arrived, and is never sent again

   A Start that is refused with a status that ends a run is AMT_DONE with that
   code. With AMT_LIVE a log that fails before the job's end gives no event
   and ends nothing: the next look decides. Where no call signs in, each 401
   counts as "401 again". Only with s.start_kept can a Start meet a stale
   connection.

   Never twice. A Start goes on a connection that is opened for it: a kept one
   may be closing, and then nobody would know whether the Start arrived. So
   each Start costs one more TCP connection (ten system calls with AMT_POSIX)
   and, over TLS, a handshake: with BearSSL 0.75 million instructions and 315
   bytes where the server resumes the session, 42 million and 1,411 bytes where
   it does not. s.start_kept saves this. The library cannot see a proxy that
   repeats a POST by itself: HAProxy does so with retry-on all-retryable-errors,
   nginx with proxy_next_upstream ... non_idempotent. Do not use these settings.

   After a power cut. To start nothing twice, write down "started, id unknown"
   at AMT_STARTING, before you call the library again, and job.id at
   AMT_STARTED; amt_attach goes on with it. If the record says that the id is
   unknown, the protocol has no way to look it up: tell a person to look for the
   job at the server, and do not start it again yourself.

   To stop a waiting job from an interrupt or another thread, set a flag there
   (volatile sig_atomic_t, or an atomic), and call amt_stop where the job is
   polled; call no function of the library from anywhere else. You may do so in
   every turn while the flag is set:

     if (stop_wanted) amt_stop(&j, AMT_KILL);
     e = amt_poll(&pool, &j, now());

   A flag does not wake amt_wait. It returns AMT_BUSY when a signal came; for
   anything else use amt_poll and a wait of your own: at most j.wait, and no
   longer than a stop may come late.

   The layers; each works without those above it:

     your loop     amt_wait, amt_poll        amt_next, and an HTTP of yours
                  +------------------------+
     amt.h        | pump: jobs on          |
                  | connections            |
                  +------------------------+-------------------------------+
                  | job: which call next, and what its end means           |
                  | request: bytes of any part    reply: values, messages  |
                  | JSON tokenizer                                         |
                  +------------------------+-------------------------------+
     amt_http.h   | connection, request head, reply parser                 |
                  +--------------------------------------------------------+
     streams      | TLS: BearSSL, mbedTLS  |  sockets, lwIP, memory, yours |
                  +------------------------+-------------------------------+

   Three ways to drive it, with the same events:
   - amt_wait blocks until there is one (a small tool);
   - amt_poll never blocks (a superloop, or thousands of jobs on one thread);
   - amt_next alone does no I/O at all: it says AMT_CALL, you make that HTTP
     call with whatever you have and feed the reply back.

   Conventions, once for all of it:
   - You own all memory: sessions, jobs, tasks, connections, one buffer, the
     token's room. What their pointers point to must stay, unchanged, for as
     long as their comments say. Structs start zeroed; 0 stands for the default
     that is named beside the member.
   - Texts are UTF-8 and NUL-terminated, unless a length is beside them.
   - Times are milliseconds in a uint32_t that may wrap; durations stay below
     2^31 (24 days). Where 0 is the default, AMT_ZERO asks for no time at all
     (in this header; the least limit in amt_http.h is 1 ms).
   - Errors are negative, AMT_E_...; amt_error has their cause and cure.
   - Names of the library begin with amt_ and AMT_; those with two underscores
     are private, as are the struct members named so.

   Memory: sizeof(amt_session) + sizeof(amt_job) for each job +
   sizeof(amt_slot) and a stream for each connection + one buffer of 64 bytes
   or more + room for the token. Requests and replies of any size pass through
   that buffer. A request longer than the buffer is produced a piece at a time,
   and a piece costs what it is long; with -Os, where small is better than fast,
   each piece is produced from the request's beginning.

   Threads may share constant tables; and, under one lock of yours, a session
   with all of its jobs and their pool. Nothing else.

   ------------------------------------------------------------------------
   >>wire

   Published are the three functions, their fields, defaults and completion
   codes, the service's name AmtOpConService and, in the vendor's ACS SDK
   documentation, the words that its plugin uses: the token is AmtLogonToken
   in the reply and goes bare in the header X-AMT-LogonToken; the id is
   BatchRequestId, and only one above 0 is a start. The paths and the other
   member names are THIS PROJECT'S OWN CHOICE: they are not published anywhere.
   All of it stands in one table, amt_wire_default; a server that differs needs
   another table, and no change of code. A request in the table is a text as a
   working client sends it, with holes in place of the values:

     amt_wire table = *amt_wire_default();
     amt_wire_fault fault;
     table.call[AMT_START].path = "/api/jobs?queue=" AMT_HOLE_QUEUE;
     table.call[AMT_START].body =
       "{\"job\":{\"name\":" AMT_HOLE_JOB
       AMT_IF(PARAMETERS, ",\"args\":" AMT_HOLE_PARAMETERS) "}}";
     table.headers = AMT_IF(TOKEN, "Authorization: Bearer " AMT_HOLE_TOKEN
                            "\r\n");
     table.reply[AMT_REPLY_ID] = "job.id";
     if (amt_wire_check(&table, &fault) != 0) puts(fault.reason);
     session.wire = &table;

   All calls are POST, and carry a token after the sign-in. Below, byte for
   byte, is what goes out (>) and what may come back (<). Each line of a head
   ends in CR LF. A body is one line without a line end, continued here after a
   '\'. Heads that are left out differ from the second in path and
   Content-Length.

   > POST /AmtOpConService/Authenticate HTTP/1.1
   > Host: 127.0.0.1:42000
   > Accept: application/json
   > Content-Type: application/json
   > Content-Length:         38
   >
   > {"User":"ocadm","Password":"opconxps"}
   < {"AmtLogonToken":"3f786850e387550f","ExpiresIn":3600}

   > POST /AmtOpConService/OpConJobAction HTTP/1.1
   > Host: 127.0.0.1:42000
   > X-AMT-LogonToken: 3f786850e387550f
   > Accept: application/json
   > Content-Type: application/json
   > Content-Length:        196
   >
   > {"Action":"START","TaskType":"BATCH","ApplicationName":"DEMO2",\
   >  "JobName":"RUN_PARAMETERTESTA","SubmitUser":"BATCH","Station":"OPCON",\
   >  "QueueName":"Q1","TaskValues":["A=1"],"Parameters":["'PARAM'"]}
   < {"BatchRequestId":2112,"Status":1,"Message":"queued"}

   > POST /AmtOpConService/MonitorJob
   > {"ApplicationName":"DEMO2","BatchRequestId":2112}
   < {"BatchRequestId":2112,"Status":4}

   > POST /AmtOpConService/GetMessages
   > {"ApplicationName":"DEMO2","BatchRequestId":2112,"AfterSequence":0}
   < {"Messages":[{"Sequence":1,"Time":"2017-05-18T14:00:14","Text":"a"},\
   <  {"Sequence":2,"Text":"b"}],"More":false}

   > POST /AmtOpConService/OpConJobAction
   > {"Action":"KILL","ApplicationName":"DEMO2","BatchRequestId":2112}
   < {"BatchRequestId":2112,"Status":3}

   A stop says STOP; a script has TaskType SCRIPT and ScriptName for JobName; a
   RunAs user is sent as User, after SubmitUser. What is not given is left out.

   What is tolerated in a reply: members in any order and any ASCII case;
   unknown members; null, which counts as absent (for the list of messages, as
   an empty one); ids and numbers as numbers or strings; a status as a whole
   number in any spelling (4, "+4", 4.0) or as its name (WaitForQueue), with or
   without blanks around it; messages as objects or plain strings; the token
   also as LogonToken or Token. If a member comes twice, the last counts; but a
   second text of one message, or a second list of messages, is an error
   (AMT_E_DUPLICATE). A server that puts Text before Sequence must honour
   AfterSequence.

   No message is given twice. A message was given before if its Sequence is not
   greater than the one asked for. Messages are counted instead where they have
   no Sequence, and in the whole log of a job with child tasks, since each child
   has numbers of its own. A list is the whole log if its first element has no
   Sequence, or none that is greater than the one asked for.

   Messages that the server has lost are told at the end, by AMT_E_GAP:
   - a reply's first number is not the next one (in the first reply, 1 or 0).
     But where numbers jump inside a reply, other jobs may have those between;
   - numbers step back in a list that is not the whole log, or a number that
     was left out comes late;
   - the whole log has become shorter, or ends before the greatest number, or
     another message stands where the last one was;
   - a message that had broken off is not there any more.
   Two losses cannot be seen: numbers that begin anew and have passed the
   greatest one by the next look, and a list without numbers that loses as many
   as it gains. A table whose Sequence is NULL is for servers whose numbers do
   not begin with 1: each list must then be the whole log.

   ------------------------------------------------------------------------
   >>options   define them before the include, in the file that has
               AMT_IMPLEMENTATION, unless it says "everywhere"; sizes are of
               a Cortex-M4, gcc 12 -Os

   AMT_STATIC             everywhere: all functions are static
   AMTDEF                 everywhere: what stands before public functions
   AMT_NO_HTTP            everywhere: without HTTP and the pump
   AMT_NO_TEXT            without the words and names of errors
                          (5.3 kB)
   AMT_DEFAULT_WIRE_ONLY  without other wire tables: dotted names, forms,
                          Basic, holes in paths, other lists (2.8 kB)
   AMT_WIDE               bits that the tokenizer and the parser of replies
                          look at together: 32, 64 or 128; 0: a byte at a time.
                          By default what the machine has; 0 with -Os, and
                          without amt_wide.h (32 costs 4.1 kB)
   and those of amt_http.h (AMT_ASSERT, AMT_POSIX, ...).

   No option changes the layout of a struct. */

#if defined(__has_include) && !defined(AMT_SINGLE)
#if !__has_include("amt_http.h")
#error "amt.h needs amt_http.h: copy it into the same folder, or add -I"
#endif
#endif
#include "amt_http.h"

#ifndef AMT_H
#define AMT_H

#define AMT_VERSION_MAJOR 0
#define AMT_VERSION_MINOR 2
#define AMT_VERSION_PATCH 0
#if AMT_HTTP_VERSION != AMT_VERSION_MAJOR * 10000 + AMT_VERSION_MINOR * 100 + \
                        AMT_VERSION_PATCH
#error "amt.h and amt_http.h differ: take all headers from one place"
#endif

/* ------------------------------------------------------------------------
   >>api */

#define AMT_ZERO UINT32_MAX /* a duration of 0, where 0 is the default */

/* The errors of this header, as in amt_http.h: name, number, cause and cure.
   Those of amt_http.h pass through. */
#define AMT_JSON_ERRORS(E) \
  E(AMT_E_JSON_SYNTAX, -40, "not JSON: a character where it may not be") \
  E(AMT_E_JSON_STRING, -41, "not JSON: a control character in a string") \
  E(AMT_E_JSON_ESCAPE, -42, \
    "not JSON: a wrong escape, or half a surrogate pair") \
  E(AMT_E_JSON_UTF8, -43, \
    "not UTF-8; the server, or a message of the job, uses another " \
    "character set") \
  E(AMT_E_JSON_DEPTH, -44, "JSON nested deeper than 128 levels") \
  E(AMT_E_JSON_TRUNCATED, -45, "not JSON: it ends too early") \
  E(AMT_E_JSON_TRAILING, -46, "not JSON: bytes follow its end") \
  E(AMT_E_JSON_RANGE, -47, "a number in the reply is not whole, or too large")

#define AMT_JOB_ERRORS(E) \
  E(AMT_E_SERVER, -60, \
    "the server answered with an error (see the HTTP status); see its own " \
    "log") \
  E(AMT_E_REDIRECT, -61, \
    "the server redirects; redirects are refused, since credentials are " \
    "never carried to another place: correct the URL") \
  E(AMT_E_REFUSED, -62, "the server refused the request") \
  E(AMT_E_SIGN_IN, -63, \
    "the sign-in was refused; check the API user's name and password, and " \
    "that it is defined in AMT Control Center") \
  E(AMT_E_FORBIDDEN, -64, \
    "the API user may not do this (HTTP 403); see its privileges in AMT " \
    "Control Center") \
  E(AMT_E_NO_PATH, -65, \
    "the server has no such path (HTTP 404, 405): check the URL, and the " \
    "path of the sign-in in the wire table") \
  E(AMT_E_TOKEN_REFUSED, -66, \
    "the server refuses the token that its sign-in has just given (HTTP " \
    "401); does a proxy drop the header that carries it?") \
  E(AMT_E_NO_MESSAGES, -67, \
    "the reply has no list of messages; check the wire table") \
  E(AMT_E_DUPLICATE, -68, \
    "a message with two texts, or a reply with two lists of messages") \
  E(AMT_E_ID, -69, "a job's id is longer than 63 bytes as JSON") \
  E(AMT_E_MAYBE_STARTED, -70, \
    "whether the job was started is unknown; it is not started again: look " \
    "for it at the server first") \
  E(AMT_E_UNDEFINED, -71, \
    "the server called the job's state UNDEFINED ten times in a row") \
  E(AMT_E_CANCELLED, -72, \
    "it was stopped before the Start; nothing was started") \
  E(AMT_E_STALE, -73, "the server had closed the kept connection") \
  E(AMT_E_BROKEN, -74, \
    "the call did not complete; see what the HTTP client says") \
  E(AMT_E_FORGOTTEN, -75, \
    "the job was dropped here; it goes on at the server") \
  E(AMT_E_LOG_REPEATS, -76, \
    "the server has more messages, but sends the same ones again; check " \
    "the wire table's words for sequence and after") \
  E(AMT_E_LOST, -77, \
    "the server stayed away for longer than the give-up time; the job goes " \
    "on there: attach to it by its id") \
  E(AMT_E_NO_STATUS, -78, \
    "the reply has no status; check the wire table's word for it") \
  E(AMT_E_GAP, -79, \
    "the server no longer has all messages of the job, or has begun to " \
    "number them anew") \
  E(AMT_E_ID_LOST, -80, \
    "the job was started, but its id is longer than 63 bytes as JSON: look " \
    "for it at the server, and do not start it again") \
  E(AMT_E_OTHER_ID, -81, "the reply is about another job") \
  E(AMT_E_NO_TOKEN, -82, \
    "the sign-in's reply has no token; check the wire table") \
  E(AMT_E_MISSING, -120, "a required value is missing") \
  E(AMT_E_EMPTY, -121, "an empty value, or one without name=") \
  E(AMT_E_UTF8, -122, "the text is not valid UTF-8") \
  E(AMT_E_CONTROL, -123, \
    "a control character, a blank, a quote or a line break where none may " \
    "be") \
  E(AMT_E_TOKEN_ROOM, -124, \
    "the server's token is longer than its room; give it more") \
  E(AMT_E_TOKEN_TEXT, -125, \
    "the server's token has characters that no header may have") \
  E(AMT_E_WIRE, -126, \
    "the wire table lacks a word without which no job can be run, or has " \
    "one that makes no sense where it stands") \
  E(AMT_E_NO_CONNECTION, -128, "the pool has no connection") \
  E(AMT_E_PERMANENT, -129, \
    "the call can never succeed; see what the HTTP client says")

enum { AMT_JSON_ERRORS(AMT__ENUM) AMT_JOB_ERRORS(AMT__ENUM) };

/* What the number of an error says, as in amt_http.h: a text is not JSON; the
   server has refused the call (4xx); nothing was sent, since what you gave is
   wrong. */
#define AMT_IS_JSON(error)    ((error) <= -40 && (error) >= -47)
#define AMT_IS_REFUSAL(error) ((error) <= -62 && (error) >= -66)
#define AMT_IS_UNSENT(error)  ((error) <= -120 && (error) >= -128)

/* What an error means and what to do, of both headers; and its name, as it is
   written in C. "" for others, and with AMT_NO_TEXT. */
AMTDEF const char *amt_error(int error);
AMTDEF const char *amt_error_name(int error);

/* --- completion codes --------------------------------------------------- */

/* As published; only DONE is success. Their names: amt_status_name. */
enum {
  AMT_CODE_IDLE, AMT_CODE_QUEUED, AMT_CODE_RUNNING, AMT_CODE_KILLED,
  AMT_CODE_DONE, AMT_CODE_SUSPENDED, AMT_CODE_SKIPPED_BY_OPS,
  AMT_CODE_RUN_MANUAL, AMT_CODE_RUN_FORCED, AMT_CODE_RUN_DEBUG,
  AMT_CODE_DEL_QUEUE, AMT_CODE_ERROR, AMT_CODE_ABORTED,
  AMT_CODE_WAIT_FOR_FILE, AMT_CODE_WAIT_FOR_INPUT_REQUEST,
  AMT_CODE_WAIT_FOR_JOB, AMT_CODE_WAIT_FOR_REPORT,
  AMT_CODE_RECOVER_CP = 18, AMT_CODE_UNDEFINED, AMT_CODE_WAIT_FOR_QUEUE,
  AMT_CODE_WAIT_FOR_DEBUGGER, AMT_CODE_ABORTED_WITH_RECOVER,
  AMT_CODE_WEB_SERVER_ERROR, AMT_CODE_AUTHENTICATION_ERROR,
  AMT_CODE_INVALID_AMT_USER = 99
};

/* "RUNNING", "WAIT_FOR QUEUE", ...; "" for a number that is not published. */
AMTDEF const char *amt_status_name(int32_t code);
/* The code of a name, or -1. Case does not count, nor do '_', '-' and blanks:
   WaitForQueue is a name, too. */
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
   copied or stored. `depth` counts the open objects and arrays.

   With `repair` nothing inside a string is an error. A raw tab stays. U+FFFD
   takes the place of each other raw control; of bytes that are not UTF-8, once
   for each piece that might have become a character (as Unicode recommends); of
   the backslash of an unknown escape, whose other bytes are text; and of half a
   surrogate pair. Each U+FFFD is a piece of its own, and may take no bytes
   (*used 0). */
typedef struct amt_json {
  size_t   offset;   /* bytes used so far; wraps where size_t is small */
  size_t   start;    /* offset of the token at hand */
  uint32_t code_point; /* of a \u escape; after an error, its number */
  uint32_t repaired; /* U+FFFD given so far; yours to set to 0 at any time */
  uint8_t  repair;   /* set it to 1 before the first byte, or leave it 0 */
  uint8_t  depth;
  uint8_t  state;
  uint8_t  at;       /* in a literal, an escape, a character */
  uint8_t  flags;
  uint8_t  utf8[4];  /* a character, whole */
  uint8_t  utf8_len;
  uint8_t  need;     /* bytes of a character still to come */
  uint8_t  stack[AMT_JSON_DEPTH / 8]; /* 1: object */
} amt_json;

/* KEY, STRING and NUMBER come in one piece if they lie whole in the bytes fed
   and need no repair, otherwise in several. No character is cut. */
typedef struct amt_json_token {
  const char *text;  /* lent until the next call; not terminated */
  size_t      len;
  uint8_t     first; /* 1: this piece is the token's first */
  uint8_t     last;  /* 1: it is the token's last; it may be empty */
} amt_json_token;

/* The next token of the n bytes at p, or AMT_JSON_MORE, or an error (sticky;
   json->offset is its place). Strings are unescaped in place: p is written
   to. *used: bytes taken, maybe with the ':' or ',' that follows; feed those
   after them next. */
AMTDEF int amt_json_next(amt_json *json, void *p, size_t n, size_t *used,
                         amt_json_token *token);
/* After the last byte: 0 if all bytes were exactly one JSON text, or an error.
   Where a number has no end but this, AMT_JSON_NUMBER first, its last piece,
   which is empty: then call again. */
AMTDEF int amt_json_end(amt_json *json, amt_json_token *token);

/* An integer exactly: 0, or AMT_E_JSON_RANGE if the text is not a whole
   number in decimal digits, or does not fit. */
AMTDEF int amt_json_uint64(const char *text, size_t n, uint64_t *value);
AMTDEF int amt_json_int32(const char *text, size_t n, int32_t *value);

/* Puts text as a JSON string, with quotes; controls, '"' and '\' escaped. The
   bytes must be valid UTF-8: see amt_utf8. */
AMTDEF void amt_json_put_string(amt_window *o, const char *text, size_t n);
AMTDEF int  amt_utf8(const char *text, size_t n); /* 1 if valid */

/* --- the wire table ----------------------------------------------------- */

/* Calls, in the order of amt_wire.call. SIGN_IN and START stay first: the job
   compares with them by '>'. */
typedef enum {
  AMT_SIGN_IN, AMT_START, AMT_STOP, AMT_KILL, AMT_MONITOR, AMT_MESSAGES,
  AMT_CALLS
} amt_op;

/* A request is a text with holes. A hole is one byte that no path, header or
   body can hold otherwise: a control. These macros write it, between string
   literals:

     "{\"Job\":" AMT_HOLE_JOB AMT_IF(QUEUE, ",\"Queue\":" AMT_HOLE_QUEUE) "}"

   Octal, since such an escape ends after three digits, whatever follows. */
#define AMT_HOLE_APPLICATION "\016"
#define AMT_HOLE_JOB         "\017"
#define AMT_HOLE_SCRIPT      "\020"
#define AMT_HOLE_SUBMIT_USER "\021" /* BATCH, if the task has none */
#define AMT_HOLE_USER        "\022" /* amt_task.run_as */
#define AMT_HOLE_STATION     "\023" /* OPCON, if the task has none */
#define AMT_HOLE_QUEUE       "\024"
#define AMT_HOLE_ID          "\025"
#define AMT_HOLE_AFTER       "\026" /* of AMT_MESSAGES: the number after which
                                       messages are wanted */
#define AMT_HOLE_TASK_VALUES "\027" /* a list */
#define AMT_HOLE_PARAMETERS  "\030" /* a list */
#define AMT_HOLE_API_USER    "\031" /* amt_session.user */
#define AMT_HOLE_PASSWORD    "\032"
#define AMT_HOLE_TOKEN       "\033" /* not given while the session signs in */
#define AMT_HOLE_BASIC       "\034" /* Base64 of user:password (RFC 7617) */
#define AMT_HOLE_ACTION      "\035" /* START, STOP or KILL, of these calls */

/* `part` is sent only if the word has a value, or only if it has none. A list
   without elements has none. Parts may hold parts. */
#define AMT_IF(word, part)     "\001" AMT_HOLE_##word part "\003"
#define AMT_UNLESS(word, part) "\002" AMT_HOLE_##word part "\003"

/* Where a hole stands decides how it is filled: in a JSON body as JSON (a
   string, or a list of strings; AFTER, and an ID that is one, as a number), in
   a path or a form percent-encoded, in a header as it is. A body is JSON if it
   begins with '{', '[', '"' or a hole; any other is a form. A hole may ask for
   another way: */
#define AMT_AS_RAW(hole)  "\004" hole /* as it is */
#define AMT_AS_TEXT(hole) "\005" hole /* as in a JSON string, without quotes */
#define AMT_AS_URL(hole)  "\006" hole /* percent-encoded (RFC 3986) */
/* A list of "a=1": {"a":"1"}; or [{"name":"a","value":"1"}]; or one string,
   its elements joined by a separator (percent-encoded in a form). */
#define AMT_AS_OBJECT(list)             "\007" list
#define AMT_AS_PAIRS(name, value, list) "\010" name "\014" value list
#define AMT_AS_JOINED(separator, list)  "\013" separator list

/* Members of replies; SEQUENCE, TIME and TEXT in each element of the messages.
   A 2xx whose SUCCESS is false, 0, "false" or "0" is a refusal, like a 4xx
   without a Status: a Start did not happen. */
enum {
  AMT_REPLY_TOKEN, AMT_REPLY_EXPIRES, AMT_REPLY_ID, AMT_REPLY_STATUS,
  AMT_REPLY_MESSAGE, AMT_REPLY_MESSAGES, AMT_REPLY_MORE, AMT_REPLY_SEQUENCE,
  AMT_REPLY_TIME, AMT_REPLY_TEXT, AMT_REPLY_SUCCESS, AMT_REPLY_COUNT
};

/* A server's own word for a status, in any ASCII case, and its code. */
typedef struct amt_status_word {
  const char *text; /* 1 to AMT_NAME_MAX bytes */
  int32_t     code;
} amt_status_word;

/* All that is put on the wire, and read from it.

   A call has a method, a path with its query, and a body or NULL. If the path
   of AMT_SIGN_IN is NULL, no call signs in: the caller gives the session's
   token, or `headers` have AMT_HOLE_BASIC, or the server asks for neither.
   `headers` are lines of every call, each with its CR LF. The library adds
   Accept, Content-Type and Content-Length, which must not be among them.

   A member of replies whose name is NULL is not read. Names may be dotted,
   "result.job.status", and have alternatives, "AmtLogonToken|Token": any of
   them is read. A null, or an empty token, life, id or status, counts as
   absent. Lists on the way do not count: result.status is in
   {"result":[{"status":4}]}, too, and of several elements the last counts. Each
   part has 1 to AMT_NAME_MAX bytes, the whole 255 at most. "" means the reply
   (or the element) itself. */
#define AMT_NAME_MAX 31
typedef struct amt_wire {
  struct { const char *method, *path, *body; } call[AMT_CALLS];
  const char *headers; /* or NULL */
  const char *reply[AMT_REPLY_COUNT];
  const amt_status_word *status; /* tried before the published names; the last
                                    has no text. Or NULL */
} amt_wire;

AMTDEF const amt_wire *amt_wire_default(void);

/* What is wrong with a table, for a person. */
typedef struct amt_wire_fault {
  uint8_t     call;   /* AMT_SIGN_IN to AMT_MESSAGES, or AMT_CALLS: of none */
  const char *text;   /* the table's text that is wrong; NULL: it is missing */
  size_t      at;     /* the byte in it */
  const char *part;   /* "method", "path", "body", "headers", "reply" or
                         "status" */
  const char *reason; /* a constant sentence; "" with AMT_NO_TEXT */
} amt_wire_fault;

/* Judges a whole table: unknown marks, parts that are not closed, a list in a
   path, a body that is not JSON once it is filled, a name of a reply that is
   too long, a call that names no job. 0; or AMT_E_WIRE, and *fault says what.
   Call it once for a table of your own, where it is made: a run trusts the
   table, and sends what it says. Not there with AMT_DEFAULT_WIRE_ONLY. */
#ifndef AMT_DEFAULT_WIRE_ONLY
AMTDEF int amt_wire_check(const amt_wire *w, amt_wire_fault *fault);
#endif

/* --- sessions ----------------------------------------------------------- */

/* When messages are fetched. */
enum { AMT_AT_END, AMT_LIVE, AMT_NEVER };

/* One server, and one sign-in shared by all jobs there. Zero it, and set what
   you need of the members without two underscores. */
typedef struct amt_session {
  uint8_t         messages;   /* AMT_AT_END */
  uint8_t         close;      /* 1: a connection for each request */
  uint8_t         start_kept; /* 1: a Start may go on a kept connection. That
                                 saves one connect; but if the server has just
                                 closed it, nobody knows whether the job was
                                 started */
  uint8_t         repair;     /* 1: text that is not UTF-8, raw controls and
                                 wrong escapes are no error; they become
                                 U+FFFD, see amt_json. Never in an id or a
                                 token */
  /* Here already, since small offsets make small code: */
  uint8_t         stale__;    /* the token was refused; it may still be going
                                 out */
  uint8_t         reached__;  /* a reply has come: the server is who it says */
  uint8_t         token_number__; /* of the token */
  uint8_t         failures__; /* of sign-ins, for those who wait for one */
  uint8_t         refusals__; /* of credentials, since they were last taken */
  uint8_t         jobs__;     /* begun, not ended: counted for AMT_ASSERT alone,
                                 its low bits */
  int16_t         error__;    /* of the last sign-in; once refused it stays */
  uint16_t        http_status__;
  uint16_t        producing__; /* requests that are half sent */
  const char     *url;        /* http://host:port/path; with the pump only */
  const amt_wire *wire;       /* NULL: the default */
  const char     *user;       /* the API user */
  const char     *password;
  /* Instead of password: with begin 1 it returns the password for one sign-in.
     The text must stay until begin 0 says that the sign-in has ended: wipe it.
     A table with AMT_HOLE_BASIC needs it in each request: there begin 0 comes
     at the end of the session, or with new credentials. */
  const char   *(*secret)(void *ctx, int begin);
  void           *ctx;
  char           *token;      /* room for the token; or a token that is given
                                 stands here. amt_session_end wipes it, and
                                 amt_pool_end the pool's buffer */
  size_t          token_room; /* one more than the longest token */
  uint32_t        initial_delay; /* before the first status: 10 s */
  uint32_t        poll;       /* between two: 5 s */
  uint32_t        poll_max;   /* lets poll grow to an eighth of the job's age,
                                 but no further than this; 0: it stays */
  uint32_t        give_up;    /* how long the server may stay away: 300 s;
                                 AMT_ZERO: the first failure ends it */
  uint32_t        seed;       /* for the jitter of repeats: another number on
                                 each device, or they repeat in step */
  size_t          token__len;
  struct amt_job *signing__;  /* the job whose call is the sign-in */
  uint32_t        token__time, token__life;
  uint32_t        refused__;  /* when the credentials were last refused */
} amt_session;

/* New credentials, while jobs run: the token is dropped, and a refusal of the
   old ones forgotten. 1; or 0, and nothing was changed, while a sign-in is
   under way or a request is half sent: try again after the next event. If you
   give the token yourself, write the new one into its room after the 1. */
AMTDEF int amt_session_credentials(amt_session *s, const char *user,
                                   const char *password);
/* Wipes the token and the struct. End or drop its jobs first. The texts that
   user and password point to are yours to wipe. */
AMTDEF void amt_session_end(amt_session *s);

/* --- tasks and jobs ----------------------------------------------------- */

/* What to start. It must live until AMT_STARTED (or the end); the text of
   `application` as long as the job. NULL or "" is "not given". */
typedef struct amt_task {
  const char        *application; /* required */
  const char        *job;         /* required, or */
  const char        *script;      /* instead: overrides job */
  const char        *submit_user; /* default BATCH; others fail, it is said */
  const char        *station;     /* default OPCON; likewise */
  const char        *run_as;      /* default: the application's user */
  const char        *queue;       /* default: the server's */
  const char *const *task_values; /* sent as they are */
  const char *const *parameters;
  size_t             task_value_count, parameter_count;
} amt_task;

/* What amt_next, amt_poll and amt_wait tell. A run ends with one of the last
   two, e >= AMT_DONE, which then comes each time; any other may come again. */
typedef enum {
  AMT_BUSY,     /* nothing yet. Call again after job->wait at the latest, and
                   as soon as the stream has something; during a call the wait
                   is the time until the call fails. 0: it is another job's
                   turn in the pool */
  AMT_CALL,     /* amt_next only: make the HTTP call job->op, feed the reply */
  AMT_STARTING, /* the next call may send the Start's first byte: record it */
  AMT_STARTED,  /* job->id: record it before going on */
  AMT_STATUS,   /* job->status has changed; job->name if the server sent an
                   unknown name; AMT_E_NO_STATUS in job->error if it sent
                   none */
  AMT_MESSAGE,  /* job->msg, msg_len, msg_more, msg_first, time, sequence: log
                   text, lent until the next call */
  AMT_SERVER_TEXT, /* likewise, but the server's own words: strings of a failed
                   call's reply, or the Message of a Start's; see msg_kind */
  AMT_STOP_ANSWERED, /* the server has answered the stop or kill; it accepted
                   if job->error is 0. If not, it is asked again with each
                   poll */
  AMT_RETRYING, /* job->error says why; the call comes again in job->wait. Does
                   not come for messages that AMT_LIVE fetches while the job
                   runs */
  AMT_DONE,     /* job->code is the completion code. job->log_complete is 0,
                   with the reason in job->error, if messages could not be had
                   (with AMT_NEVER, none were asked for). AMT_E_UNDEFINED: that
                   state, ten times in a row. May come without AMT_STARTED: the
                   job has ended at once */
  AMT_FAILED    /* job->error, cause, http_status. If job->start is below
                   AMT_START_UNKNOWN nothing was started, and job->code is the
                   completion code to report; otherwise the job may run, and
                   job->code is AMT_CODE_UNDEFINED. job->msg: the name of a
                   value that is wrong, or NULL */
} amt_event;

/* What AMT_MESSAGE (the first) and AMT_SERVER_TEXT (the others) bring. */
enum {
  AMT_MSG_LOG,   /* a message of the job */
  AMT_MSG_REPLY, /* what the server says to a Start. If the job has ended at
                    once (AMT_DONE, no AMT_STARTED), this is its log */
  AMT_MSG_ERROR, /* what it says to a call that failed: each string in
                    AMT_REPLY_MESSAGE, or a reply that is just a string */
  AMT_MSG_OTHER, /* any other string of such a reply, 200 bytes in all: show
                    them if nothing else comes */
  AMT_MSG_PAGE,  /* likewise, of a reply that is not JSON: the text of an HTML
                    page, of a fault in XML, or plain; at most 200 characters,
                    without controls. May end in a blank. Character references,
                    such as &amp;, stay as they are */
  AMT_MSG_CHALLENGE, /* WWW-Authenticate of a 401: what the server wants */
  AMT_MSG_LOCATION   /* Location of a 3xx: where it redirects to */
};

/* What is known of the Start. */
enum { AMT_START_NONE,     /* it did not happen */
       AMT_START_REFUSED,  /* the server said no */
       AMT_START_UNKNOWN,  /* it may have happened; never sent again */
       AMT_START_KNOWN };  /* job->id; "" if it ended at once */

#define AMT_ID_SIZE   64
#define AMT_TIME_SIZE 40 /* .NET's have 33 bytes, with its hundreds of ns */

/* Where producing a request goes on: the last place at or before the window's
   first byte. So a piece costs what it is long, not what lies before it. */
typedef struct amt_place {
  size_t      at;     /* in the body's text, */
  size_t      index;  /* in the list of the hole there, */
  size_t      offset; /* and in its value */
  size_t      total;  /* bytes of the request before it; 0: at its start */
} amt_place;

typedef struct amt_job {
  /* To read; what has two underscores is private. Small members first, in the
     order of their size: small offsets make small code. */
  uint8_t     code;        /* AMT_DONE, AMT_FAILED: completion code */
  uint8_t     start;       /* AMT_START_ */
  uint8_t     log_complete;
  uint8_t     msg_kind;    /* AMT_MSG_ */
  uint8_t     msg_more;    /* 1: more pieces of this message follow. If it
                              breaks off, an AMT_MESSAGE goes on later, as long
                              as the server has it (with a 32-bit
                              uint_fast32_t, below 4 GB); an AMT_SERVER_TEXT
                              does not */
  uint8_t     msg_first;   /* 1: this piece is the first. Between two pieces of
                              a message that broke off, any other event may
                              come */
  uint8_t     has_sequence;
  uint8_t     op;          /* AMT_CALL: which call, an amt_op */
  uint8_t     phase__;
  uint8_t     event__;     /* to be given by the next amt_next */
  uint8_t     wish__;      /* AMT_STOP, AMT_KILL or 0; amt_once: its call */
  uint8_t     field__;     /* whose value comes next */
  uint8_t     list__;      /* depth of the list of messages, or 0 */
  uint8_t     lists__;     /* how many are open, of any kind */
  uint8_t     words__;     /* likewise, of what AMT_REPLY_MESSAGE is */
  uint8_t     len__;       /* of what is being collected */
  uint8_t     undefined__; /* in a row */
  uint8_t     bad_log__;   /* whole 2xx without a list, 403s and second 401s,
                              since a message came last */
  uint8_t     log__;       /* what the messages' numbers have shown */
  uint8_t     page__;      /* the state of a reply that is not JSON */
  uint8_t     left__;      /* how much is yet to be given, bytes of
                              AMT_MSG_OTHER, or characters of a page */
  uint8_t     token_number__, failures__; /* the session's, as last seen */
  int16_t     error;       /* AMT_E_, or 0 */
  int16_t     cause;       /* how the last call ended, where error is another */
  uint16_t    http_status; /* of the last complete head, or 0 */
  uint16_t    backoff__;   /* the next pause; 0: no outage, since failed__ */
  uint16_t    flags__;     /* of the job */
  uint16_t    seen__;      /* of this reply */
  int32_t     status;      /* as the server said last; -1 before that */
  uint32_t    wait;        /* AMT_BUSY, AMT_RETRYING: milliseconds */
  uint32_t    repaired;    /* U+FFFD in the messages given that the server did
                              not send, see amt_session.repair */
  uint32_t    due__, began__, failed__; /* times */
  uint32_t    retry_after__; /* the next pause, at the least */
  uint32_t    given__;     /* messages given, counted from the list's start */
  uint32_t    beyond__;    /* of them, those that `after` does not cover */
  uint32_t    skip__;      /* elements yet to be passed over, with this one */
  int32_t     got__;       /* the Status of this reply */
  uint32_t    last__;      /* sequence of the message that was begun last, its
                              low bits; 0 if it was not known then */
  const char *msg;         /* AMT_MESSAGE, AMT_SERVER_TEXT; AMT_FAILED: what
                              was wrong, a name, or NULL */
  size_t      msg_len;
  const char *lines__;     /* of a piece of a log that is one string, what is */
  size_t      lines_len__; /* yet to be given */
  amt_session *session__;
  const amt_task *task__;
  const char *application__;
  uint64_t    sequence;    /* of this message, if has_sequence */
  uint64_t    after__;     /* greatest sequence given, */
  uint64_t    asked__;     /* and before this reply */
  uint_fast32_t part__;    /* bytes given of the message that broke off */
  uint_fast32_t cut__;     /* of them, those still to be passed over */
  union {                  /* of the call: */
    amt_place place;       /* while its request goes out, */
    amt_json  json;        /* then, of its reply */
  } call__;
  uint8_t     open__[AMT_REPLY_COUNT]; /* how far names match the open
                                          objects */
  char        id[AMT_ID_SIZE];   /* as JSON: 2112 or "2112"; "" until known */
  char        time[AMT_TIME_SIZE]; /* of this message, as sent; "" if not sent,
                                      or longer than 39 bytes */
  char        name[AMT_NAME_MAX + 1]; /* AMT_STATUS, until the next call: as
                                         sent (first 31 bytes), if unknown */
} amt_job;

/* Prepares a job; nothing is sent before amt_next, amt_poll or amt_wait. Begin
   a job again only after it has ended or was dropped. */
AMTDEF void amt_start(amt_job *j, amt_session *s, const amt_task *t);
/* Goes on with a job that is known by its id, after a reset for example. The id
   is copied (AMT_E_ID if it is too long); `application` must live as long as
   the job. The id is JSON, as job->id was at AMT_STARTED: 2112 is sent as a
   number, "2112" with its quotes as a string. What is neither (A-7, 007) is
   sent as a string. */
AMTDEF void amt_attach(amt_job *j, amt_session *s, const char *application,
                       const char *id);
/* One call and no more, for those who keep their own loop: AMT_SIGN_IN (if
   there is no token yet; neither task nor id are needed); AMT_START with a
   task; AMT_STOP, AMT_KILL, AMT_MONITOR or AMT_MESSAGES of t->application and
   an id (AMT_MESSAGES follows More to the end of the list). It is repeated like
   the calls of a whole run, but a refusal (4xx) is final. AMT_DONE when it was
   answered; job->code has a meaning after AMT_MONITOR only. */
AMTDEF void amt_once(amt_job *j, amt_session *s, amt_op op, const amt_task *t,
                     const char *id);
/* AMT_STOP or AMT_KILL: asks the server for it as soon as the id is known.
   Keep pulling events; the job's status tells whether it worked. May be called
   in every turn of a loop: the same wish again does nothing, nor does a stop
   after a kill. A wish that fails or is refused is repeated with each poll,
   until the job has ended. Before the Start it ends the run at once, with
   AMT_E_CANCELLED. */
AMTDEF void amt_stop(amt_job *j, amt_op stop_or_kill);
/* Forgets a job in mid-run: nothing more is sent, and it goes on at the server.
   AMT_FAILED with AMT_E_FORGOTTEN from then on. job->start says what is known,
   and is AMT_START_UNKNOWN while the Start's reply is awaited. With the pump
   use amt_drop instead, which also frees its connection. */
AMTDEF void amt_forget(amt_job *j);

/* The next event. What was lent before must not be used any more. */
AMTDEF amt_event amt_next(amt_job *j, uint32_t now);

/* --- calls, for those who bring their own HTTP -------------------------- */

/* After AMT_CALL. Each puts one part of the request, for job->op. A window of
   cap 0 tells its length. A part may be produced again until the reply begins.
   Your client must send a request once and no more, or be forbidden to repeat a
   Start: examples/own_http.c shows how. */
AMTDEF const char *amt_call_method(const amt_job *j);
/* What follows the base URL, which is yours: session->url is for the pump. */
AMTDEF void amt_call_path(const amt_job *j, amt_window *o);
AMTDEF void amt_call_headers(const amt_job *j, amt_window *o); /* with CR LF */
AMTDEF void amt_call_body(const amt_job *j, amt_window *o);
/* 0 if there is none: then no Content-Type, and Content-Length: 0 with POST and
   PUT only (RFC 9110, 8.6). */
AMTDEF int amt_call_has_body(const amt_job *j);

/* The request has gone out whole. Optional; amt_reply_status and _field say it
   too. */
AMTDEF void amt_reply_sent(amt_job *j);
/* The head: its final status, and Retry-After in seconds or 0. Call it before
   the body; a second time does no harm. */
AMTDEF void amt_reply_status(amt_job *j, int http_status, uint32_t retry_after);
/* A field of the head: AMT_MSG_CHALLENGE with the value of a WWW-Authenticate,
   or AMT_MSG_LOCATION with that of the Location. Optional, before the body. It
   comes back as AMT_SERVER_TEXT. The value may be given in pieces; `last` is 1
   with the last one. The bytes are written to; what it returns is as of
   amt_reply_data. */
AMTDEF size_t amt_reply_field(amt_job *j, unsigned kind, void *p, size_t n,
                              int last);
/* Body bytes; they are written to, so copy those that a client only lends.
   Returns how many were taken. After each call pull events with amt_next until
   it says AMT_BUSY, before p is used for anything else: a message may lie in
   it, also when all n were taken. Then give the bytes that are left. */
AMTDEF size_t amt_reply_data(amt_job *j, void *p, size_t n);
/* The end: error 0 if the reply is complete by HTTP's own framing; otherwise
   AMT_E_BROKEN, which is tried again, AMT_E_PERMANENT, which is not (a URL or a
   certificate that is wrong), or an error of amt_http.h that says more.
   taken: 0 only if surely not one byte of the request has left; then a Start
   may be sent again. After amt_reply_status it counts as 1.
   AMT_E_STALE: a kept connection ended before a byte of the reply. Every call
   but a Start goes again at once, without a pause. Use it only for a call that
   went on a kept connection, and open a new one for the next: a second
   AMT_E_STALE before a whole reply counts as AMT_E_BROKEN, an outage with its
   pauses. */
AMTDEF void amt_reply_end(amt_job *j, int error, int taken);

#ifndef AMT_NO_HTTP
/* --- the pump ----------------------------------------------------------- */

/* One connection. Zero it and set http.stream (and http.limits). */
typedef struct amt_slot {
  amt_http_conn      http;
  amt_url            url;      /* of the session it was opened for, */
  const amt_session *session;
  const char        *url_text; /* its session->url, */
  uint32_t           hash;     /* and a hash of that text: structs and
                                  buffers may be used for another server */
  amt_job           *job;      /* whose call is under way; NULL if free */
} amt_slot;

/* Connections and the one buffer they share. Set the first four. */
typedef struct amt_pool {
  amt_slot *conn;
  size_t    count;
  void     *buf;
  size_t    size;   /* 64 or more */
  amt_job  *holder; /* whose bytes lie in buf: poll this job next */
} amt_pool;

/* Goes on with a job as far as it can without waiting. Never blocks, and
   receives at most once. While a job has lent a message (AMT_MESSAGE,
   AMT_SERVER_TEXT), the buffer holds it, and the other jobs of the pool get
   AMT_BUSY with a wait of 0: so poll jobs in turn, and drop one that is not
   polled any more. */
AMTDEF amt_event amt_poll(amt_pool *p, amt_job *j, uint32_t now);
/* The same events, but blocks until there is one. AMT_BUSY only if a signal
   came, the stream cannot wait, other jobs use all connections, or another job
   has its turn: to give back a message, or to sign in for the session. Nothing
   else wakes it: to react to an interrupt or another thread, call amt_poll and
   wait in a way of your own. */
AMTDEF amt_event amt_wait(amt_pool *p, amt_job *j, uint32_t (*now)(void));
/* Forgets a job in mid-run and closes its connection. */
AMTDEF void amt_drop(amt_pool *p, amt_job *j);
/* Closes all connections and wipes the buffer. A job in mid-call, or with a
   text in the buffer, is dropped as by amt_drop, since otherwise it would send
   its request again, even a Start. Such jobs and their sessions must still be
   there. */
AMTDEF void amt_pool_end(amt_pool *p);
#endif /* AMT_NO_HTTP */

#endif /* AMT_H */

/* ========================================================================
   >>impl */

#if defined(AMT_IMPLEMENTATION) && !defined(AMT_IMPLEMENTED)
#define AMT_IMPLEMENTED

#ifdef __OPTIMIZE_SIZE__ /* libc's are larger. volatile: otherwise gcc turns
                            this loop into a call of strlen */
static size_t amt__length(const volatile char *text)
{
  size_t n = 0;
  while (text[n] != 0) n++;
  return n;
}

AMT__OWN void amt__copy(char *to, const char *from, size_t n)
{
  while (n-- > 0) to[n] = from[n];
}
#else
#define amt__length(text)      strlen(text)
#define amt__copy(to, from, n) ((void)memcpy(to, from, n))
#endif

/* ------------------------------------------------------------------------
   >>text */

AMTDEF const char *amt_error(int error)
{
  switch (error) {
  AMT_JSON_ERRORS(AMT__WORDS)
  AMT_JOB_ERRORS(AMT__WORDS)
  default: return amt_http_error(error);
  }
}

AMTDEF const char *amt_error_name(int error)
{
  switch (error) {
  AMT_JSON_ERRORS(AMT__NAME)
  AMT_JOB_ERRORS(AMT__NAME)
  default: return amt_http_error_name(error);
  }
}

/* The published names. The place is the code, "" where there is none; but the
   last, at place 25, is that of 99. To add one: CONTRIBUTING.md. */
static const char amt__status_names[] =
  "IDLE\0QUEUED\0RUNNING\0KILLED\0DONE\0SUSPENDED\0SKIPPED_BY_OPS\0"
  "RUN_MANUAL\0RUN_FORCED\0RUN_DEBUG\0DEL_QUEUE\0ERROR\0ABORTED\0"
  "WAIT FOR FILE\0WAIT FOR INPUT REQUEST\0WAIT FOR JOB\0WAIT FOR REPORT\0"
  "\0RECOVER_CP\0UNDEFINED\0WAIT_FOR QUEUE\0WAIT_FOR_DEBUGGER\0"
  "ABORTED_WITH_RECOVER\0WEB_SERVER_ERROR\0AUTHENTICATION_ERROR\0"
  "INVALID AMT USER";

AMTDEF const char *amt_status_name(int32_t code)
{
  const char *name = amt__status_names;
  int32_t     i = code == 99 ? 25 : code;
  if (i < 0 || i > 25 || code == 25) return "";
  while (i-- > 0) name += amt__length(name) + 1;
  return name;
}

static int amt__is_blank(char c)
{
  return c == ' ' || c == '_' || c == '-';
}

/* 1 if the n bytes are this published name. Its letters are capitals; case and
   blanks do not count. */
static int amt__is_status(const char *p, const char *name, size_t n)
{
  for (;; p++, name++, n--) {
    while (n != 0 && amt__is_blank(*name)) name++, n--;
    while (amt__is_blank(*p)) p++;
    if (n == 0 || *p == 0 || (*name & ~32) != *p) return n == 0 && *p == 0;
  }
}

AMTDEF int32_t amt_status_code(const char *name, size_t n)
{
  const char *p = amt__status_names;
  int32_t     code;
  for (code = 0; code <= 25; code++) {
    if (*p != 0 && amt__is_status(p, name, n)) return code == 25 ? 99 : code;
    p += amt__length(p) + 1;
  }
  return -1;
}

/* Not published: the rule of this library, in this one place. */
AMTDEF int amt_status_ends(int32_t code)
{
  const uint32_t ends =
    1UL << AMT_CODE_KILLED | 1UL << AMT_CODE_DONE |
    1UL << AMT_CODE_SKIPPED_BY_OPS | 1UL << AMT_CODE_DEL_QUEUE |
    1UL << AMT_CODE_ERROR | 1UL << AMT_CODE_ABORTED |
    1UL << AMT_CODE_ABORTED_WITH_RECOVER | 1UL << AMT_CODE_WEB_SERVER_ERROR |
    1UL << AMT_CODE_AUTHENTICATION_ERROR;
  return code == AMT_CODE_INVALID_AMT_USER ||
         (code >= 0 && code < 32 && (ends >> code & 1u));
}

/* ------------------------------------------------------------------------
   >>json

   RFC 8259, strictly. It needs no memory for the text. A string is unescaped
   where it lies, in the caller's bytes: an escape is longer than what it stands
   for, so there is room. Then it is lent from there, in pieces where the bytes
   end before the string does. What is kept from one call to the next is the
   struct amt_json: what the grammar allows next (state), one bit for each
   bracket that is open (stack), and a character or an escape that is not whole
   yet (utf8, code_point).

   amt__json_step takes one byte and has no loop over the input. It looks only
   at the byte and the state, which holds no pointer. The loop around it,
   amt_json_next, moves the bytes of strings together. */

enum {
  /* Between tokens: */
  AMT__J_START, /* a value, or a byte order mark before it */
  AMT__J_VALUE,
  AMT__J_FIRST,  /* a value, or the end of an empty array */
  AMT__J_MEMBER, /* a value, after its key */
  AMT__J_KEY,
  AMT__J_KEY_1, /* a key, or the end of an empty object */
  AMT__J_COLON,
  AMT__J_NEXT,  /* a comma, or the end of what is open */
  AMT__J_DONE,
  /* In one: */
  AMT__J_LITERAL,
  AMT__J_ZERO, AMT__J_INTEGER, AMT__J_FRACTION, AMT__J_EXPONENT, /* may end */
  AMT__J_MINUS, AMT__J_POINT, AMT__J_E, AMT__J_SIGN,
  AMT__J_STRING,
  AMT__J_ESCAPE,
  AMT__J_HEX, AMT__J_UTF8,
  AMT__J_HELD, /* due before the next byte: what is held, */
  AMT__J_BAD,  /* or U+FFFD, and then what `need` says */
  AMT__J_ERROR
};

/* What may come in the states between tokens. */
enum { AMT__J_A_VALUE = 1, AMT__J_A_KEY = 2, AMT__J_AN_END = 4 };

static const uint8_t amt__json_may[16] = {
  AMT__J_A_VALUE, AMT__J_A_VALUE, AMT__J_A_VALUE | AMT__J_AN_END,
  AMT__J_A_VALUE, AMT__J_A_KEY, AMT__J_A_KEY | AMT__J_AN_END,
  0, AMT__J_AN_END, 0
};

/* Flags: this string is a key; a piece was lent, more follows. */
enum { AMT__J_IS_KEY = 1, AMT__J_MID_TOKEN = 2 };

/* What a step returns, besides tokens and errors: the held bytes are text
   (CHAR); U+FFFD is due, for this byte or for what came before it. Of
   amt__json_structure alone: a number or a literal begins. */
enum { AMT__J_CHAR = 100, AMT__J_BAD_BYTE, AMT__J_BAD_BEFORE, AMT__J_BEGINS };

/* The bit of the stack for this depth, 1 to 128. */
#define AMT__J_LEVEL(depth) ((depth) & (AMT_JSON_DEPTH - 1u))

/* 1 if the innermost of what is open is an object. The depth is not 0. */
AMT__OWN unsigned amt__json_in_object(const amt_json *t)
{
  unsigned at = AMT__J_LEVEL(t->depth);
  return (unsigned)t->stack[at >> 3] >> (at & 7u) & 1u;
}

AMT__INLINE int amt__json_push(amt_json *t, unsigned object)
{
  unsigned at, bit;
  if (t->depth >= AMT_JSON_DEPTH) return AMT_E_JSON_DEPTH;
  t->depth++;
  at = AMT__J_LEVEL(t->depth);
  bit = 1u << (at & 7u);
  if (object) t->stack[at >> 3] |= (uint8_t)bit;
  else t->stack[at >> 3] &= (uint8_t)~bit;
  t->state = object ? AMT__J_KEY_1 : AMT__J_FIRST;
  return object ? AMT_JSON_OBJECT : AMT_JSON_ARRAY;
}

/* A value has ended. */
AMT__INLINE int amt__json_done(amt_json *t, int token)
{
  t->state = t->depth ? AMT__J_NEXT : AMT__J_DONE;
  return token;
}

/* Closes the innermost object or array. 0 if nothing is open, or the bracket is
   of the other kind. */
AMT__INLINE int amt__json_leave(amt_json *t, unsigned object)
{
  if (t->depth == 0 || object != amt__json_in_object(t)) return 0;
  t->depth--;
  return object ? AMT_JSON_OBJECT_END : AMT_JSON_ARRAY_END;
}

AMT__INLINE int amt__json_hold(amt_json *t, unsigned state, unsigned c)
{
  t->state = (uint8_t)state;
  t->utf8[0] = (uint8_t)c;
  t->utf8_len = 1;
  return AMT__J_CHAR;
}

/* The state of a number after this byte, for each state before it: a
   hexadecimal digit each, the lowest for ZERO. F: the byte does not belong to
   the number. */
AMT__INLINE uint32_t amt__json_number(unsigned c)
{
  if (c - '0' < 10u) return c == '0' ? 0x3320321FuL : 0x3321321FuL;
  if (c == '.') return 0xFFFFFF55uL;
  if ((c | 32u) == 'e') return 0xFFFFF666uL;
  return c == '+' || c == '-' ? 0xF7FFFFFFuL : 0xFFFFFFFFuL;
}

/* The last of these is a byte order mark. */
static const char amt__json_literals[] = "true\0false\0null\0\xEF\xBB\xBF";

/* A character as UTF-8. Its length. */
static unsigned amt__json_encode(uint8_t *to, uint32_t point)
{
  unsigned n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  unsigned i = n;
  to[0] = (uint8_t)point;
  if (n > 1) {
    while (--i > 0) {
      to[i] = (uint8_t)(0x80u | (point & 0x3Fu));
      point >>= 6;
    }
    to[0] = (uint8_t)(0xF00u >> n | point); /* n ones and a zero come first */
  }
  return n;
}

/* "\uXXXX", or "\uXXXX\uXXXX" for a surrogate pair, from its first X on. `at`
   is 0 to 3 in the first four, 4 and 5 at the second backslash and u, 8 to 11
   in the last four. The u and the digits are held, since repair may make them
   text. */
static int amt__json_hex(amt_json *t, unsigned c)
{
  uint32_t point = t->code_point;
  unsigned at = t->at, digits = (at & 3u) + 1u, digit;
  if (at & 4u) {
    if (c != (at == 4 ? '\\' : 'u')) return AMT_E_JSON_ESCAPE;
    t->at = at == 4 ? 5 : 8;
    return 0;
  }
  digit = amt__digit(c);
  if (digit > 15u) return AMT_E_JSON_ESCAPE;
  point = (point << 4) | digit;
  if (at == 3) point &= 0xFFFFu; /* without a first half left from before */
  if (digits < 4) t->utf8[digits] = (uint8_t)c;
  if (digits < 4 || (at == 3 && point - 0xD800u < 0x400u)) {
    t->at++;
    t->code_point = point;
    return 0;
  }
  if (at != 3) {
    if ((point & 0xFC00u) != 0xDC00u) return AMT_E_JSON_ESCAPE;
    point = ((point >> 16) << 10) + (point & 0xFFFFu) -
            0x35FDC00u; /* (0xD800 << 10) + 0xDC00 - 0x10000 */
  }
  t->state = AMT__J_STRING;
  if (point - 0xD800u < 0x800u) return AMT_E_JSON_ESCAPE;
  t->utf8_len = (uint8_t)amt__json_encode(t->utf8, point);
  return AMT__J_CHAR;
}

/* What \c stands for; 0 if nothing. */
static unsigned amt__json_unescape(unsigned c)
{
  static const char from_b[] = "\b\0\0\0\f\0\0\0\0\0\0\0\n\0\0\0\r\0\t";
  if (c == '"' || c == '\\' || c == '/') return c;
  c -= 'b';
  return c < sizeof from_b - 1 ? (unsigned char)from_b[c] : 0;
}

/* 1 if c can follow the first byte of a character. RFC 3629: no overlong forms,
   no surrogates. */
AMT__INLINE int amt__json_follows(unsigned first, unsigned c)
{
  /* A bit for each sixteen of 0x80 to 0xBF. */
  unsigned may = first == 0xE0 ? 12 : first == 0xED ? 3 :
                 first == 0xF0 ? 14 : first == 0xF4 ? 1 : 15;
  return c - 0x80u < 0x40u && (may >> (c >> 4 & 3u) & 1u);
}

/* The length of the character of two bytes or more at p, or 0 if it is none or
   does not lie whole in the n bytes there. The first byte decides what the
   second may be (RFC 3629, 4). */
static unsigned amt__json_character(const unsigned char *p, size_t n)
{
  unsigned k, c = p[0], length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (n < length || c - 0xC2u > 0xF4u - 0xC2u) return 0;
  for (k = 1; k < length; k++, c = 0)
    if (!amt__json_follows(c, p[k])) return 0;
  return length;
}

/* The quote that begins a key or a string. */
static void amt__json_quote(amt_json *t, unsigned key)
{
  t->flags = (uint8_t)((t->flags & ~AMT__J_IS_KEY) |
                       (key ? AMT__J_IS_KEY : 0));
  t->state = AMT__J_STRING;
}

AMT__INLINE int amt__json_blank(unsigned c)
{
  return c == ' ' || c - 9u < 2u || c == '\r';
}

/* A byte between tokens. Of the brackets those of objects have bit 5 set. */
AMT__INLINE int amt__json_structure(amt_json *t, unsigned c)
{
  unsigned s = t->state, may = amt__json_may[s & 15u], object = c >> 5 & 1u;
  if (amt__json_blank(c)) {
    if (s == AMT__J_START) t->state = AMT__J_VALUE;
    return 0;
  }
  if (c == '"' && (may & (AMT__J_A_VALUE | AMT__J_A_KEY))) {
    amt__json_quote(t, may & AMT__J_A_KEY);
    return 0;
  }
  if ((c == '}' || c == ']') && (may & AMT__J_AN_END)) {
    int token = amt__json_leave(t, object);
    return token ? amt__json_done(t, token) : AMT_E_JSON_SYNTAX;
  }
  if (may & AMT__J_A_VALUE)
    return c == '{' || c == '[' ? amt__json_push(t, object) : AMT__J_BEGINS;
  if (c == ':' && s == AMT__J_COLON) {
    t->state = AMT__J_MEMBER;
    return 0;
  }
  if (c == ',' && s == AMT__J_NEXT) {
    t->state = amt__json_in_object(t) ? AMT__J_KEY : AMT__J_VALUE;
    return 0;
  }
  return s == AMT__J_DONE ? AMT_E_JSON_TRAILING : AMT_E_JSON_SYNTAX;
}

/* Or 2112x would pass for 2112, which is another job's id. */
AMT__INLINE int amt__json_ends_number(unsigned c)
{
  return c == ',' || (c | 32u) == '}' || amt__json_blank(c);
}

/* One byte. 0, a token, AMT__J_CHAR, or an error. */
static int amt__json_step(amt_json *t, unsigned c)
{
  unsigned s = t->state, to = AMT__J_STRING, at = t->at;
  int r;
  switch (s) {
  case AMT__J_STRING:
    if (c == '"') {
      if (!(t->flags & AMT__J_IS_KEY))
        return amt__json_done(t, AMT_JSON_STRING);
      t->state = AMT__J_COLON;
      return AMT_JSON_KEY;
    }
    if (c == '\\') {
      t->state = AMT__J_ESCAPE;
      return 0;
    }
    if (c == '\t' && t->repair) break;
    if (c < 0x20) return AMT_E_JSON_STRING;
    if (c - 0xC2u > 0xF4u - 0xC2u) return AMT_E_JSON_UTF8;
    t->need = (uint8_t)(c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3);
    amt__json_hold(t, AMT__J_UTF8, c);
    return 0;
  case AMT__J_UTF8:
    at = t->utf8_len & 3u;
    if (!amt__json_follows(at == 1 ? t->utf8[0] : 0, c)) return AMT_E_JSON_UTF8;
    t->utf8[at] = (uint8_t)c;
    t->utf8_len = (uint8_t)(at + 1);
    t->need--;
    if (t->need != 0) return 0;
    t->state = AMT__J_STRING;
    return AMT__J_CHAR;
  case AMT__J_HEX: return amt__json_hex(t, c);
  case AMT__J_ESCAPE:
    if (c == 'u') {
      amt__json_hold(t, AMT__J_HEX, c);
      t->at = 0;
      t->code_point = 0;
      return 0;
    }
    c = amt__json_unescape(c);
    if (c == 0) return AMT_E_JSON_ESCAPE;
    break;
  case AMT__J_ZERO: case AMT__J_INTEGER: case AMT__J_FRACTION:
  case AMT__J_EXPONENT: case AMT__J_MINUS: case AMT__J_POINT: case AMT__J_E:
  case AMT__J_SIGN:
    to = amt__json_number(c) >> 4u * (s - AMT__J_ZERO) & 15u;
    if (to > 7)
      return s <= AMT__J_EXPONENT && amt__json_ends_number(c)
               ? amt__json_done(t, AMT_JSON_NUMBER) : AMT_E_JSON_SYNTAX;
    to += AMT__J_ZERO;
    break;
  default:
    r = amt__json_structure(t, c);
    if (r != AMT__J_BEGINS) return r;
    if (c - '0' < 10u || c == '-') {
      to = c == '-' ? AMT__J_MINUS : c == '0' ? AMT__J_ZERO : AMT__J_INTEGER;
      break;
    }
    at = c == 't' ? 0 : c == 'f' ? 5 : c == 0xEF && s == AMT__J_START ? 16 : 11;
    /* fall through */
  case AMT__J_LITERAL:
    if (at >= sizeof amt__json_literals - 1 ||
        (unsigned char)amt__json_literals[at] != c)
      return AMT_E_JSON_SYNTAX;
    t->state = AMT__J_LITERAL;
    t->at = (uint8_t)++at;
    if (amt__json_literals[at] != 0) return 0;
    t->state = AMT__J_VALUE;
    if (at > 16) return 0;
    return amt__json_done(t, at == 4 ? AMT_JSON_TRUE :
                             at == 10 ? AMT_JSON_FALSE : AMT_JSON_NULL);
  }
  return amt__json_hold(t, to, c);
}

static int amt__json_fail(amt_json *t, int error)
{
  t->state = AMT__J_ERROR;
  t->code_point = (uint32_t)-error;
  return error;
}

/* Lends a piece of a string, a key or a number; `type` if it is the last. */
static int amt__json_piece(amt_json *t, amt_json_token *token,
                           const unsigned char *p, size_t n, int type)
{
  token->text = (const char *)p;
  token->len = n;
  token->first = !(t->flags & AMT__J_MID_TOKEN);
  token->last = type != 0;
  t->flags = (uint8_t)(type != 0 ? t->flags & ~AMT__J_MID_TOKEN
                                 : t->flags | AMT__J_MID_TOKEN);
  if (type != 0) return type;
  if (t->state < AMT__J_STRING) return AMT_JSON_NUMBER;
  return t->flags & AMT__J_IS_KEY ? AMT_JSON_KEY : AMT_JSON_STRING;
}

#if AMT_WIDE > 0
#define AMT__WIDE_JSON
#include "amt_wide.h"
#else
#define amt__json_token amt_json_next
#endif

/* Takes plain text of a string, from i on, and gathers it at p[*to]. Returns
   where it ends: at a byte for the step. */
static size_t amt__json_plain(unsigned char *p, size_t i, size_t n, size_t *to)
{
#if AMT_WIDE > 0
  size_t from = i;
  amt__json_scan(p, &i, n);
  if (*to != from) memmove(p + *to, p + from, i - from);
  *to += i - from;
#else
  size_t at = *to;
  while (i < n && p[i] - 0x20u < 0x60u && p[i] != '"' && p[i] != '\\' &&
         at < n) p[at++] = p[i++];
  *to = at;
#endif
  return i;
}

/* Copies the held character to p[to]. */
static size_t amt__json_gather(const amt_json *t, unsigned char *p, size_t to,
                               size_t n)
{
  size_t k;
  for (k = 0; k < sizeof t->utf8 && k < t->utf8_len && to < n; k++)
    p[to++] = t->utf8[k];
  return to;
}

/* What becomes of an error: itself, unless it is in a string and may be
   repaired. Then U+FFFD is due, for the byte that was just read; or for the
   character or escape that it breaks off, and then that byte is read again, in
   the state `need`. */
AMT__APART int amt__json_repair(amt_json *t, int error)
{
  static const uint8_t behind[] = { /* a \u escape, by `at` */
    AMT__J_HELD, AMT__J_HELD, AMT__J_HELD, AMT__J_HELD, /* its bytes are text */
    AMT__J_STRING, AMT__J_ESCAPE /* a first half without its second */
  };
  unsigned s = t->state, at = t->at;
  if (!t->repair || s - AMT__J_STRING > AMT__J_UTF8 - AMT__J_STRING)
    return error;
  t->state = AMT__J_BAD;
  t->need = AMT__J_STRING;
  if (s == AMT__J_STRING) return AMT__J_BAD_BYTE;
  if (s == AMT__J_HEX)
    t->need = at < sizeof behind ? behind[at] : (uint8_t)AMT__J_HEX;
  t->utf8_len = (uint8_t)(at + 1u);
  t->at = at & 3u; /* the second half may be right alone */
  return AMT__J_BAD_BEFORE;
}

static const unsigned char amt__json_bad[3] = { 0xEF, 0xBF, 0xBD };

/* Lends what is ready after the step said r: the gathered text, the held
   character, or U+FFFD. */
static int amt__json_lend(amt_json *t, amt_json_token *token,
                          const unsigned char *text, size_t n, int r)
{
  if (r == AMT__J_CHAR) {
    text = t->utf8;
    n = t->utf8_len & 7u;
    if (t->state == AMT__J_HELD) t->state = AMT__J_STRING;
  } else if (r > AMT__J_CHAR && n == 0) {
    text = amt__json_bad;
    n = sizeof amt__json_bad;
    t->state = t->need < AMT__J_BAD ? t->need : (uint8_t)AMT__J_STRING;
    t->repaired++;
  }
  return amt__json_piece(t, token, text, n, r > 0 && r < AMT__J_CHAR ? r : 0);
}

/* The next token, from p[i] on, by the byte step. Text gathers at p[from, to),
   never ahead of i. A character that began in an earlier buffer may be longer
   than its part in this one, so it is lent alone, from t->utf8. */
AMT__APART int amt__json_slow_token(amt_json *t, unsigned char *p, size_t n,
                             size_t *used, amt_json_token *token, size_t from,
                             size_t i, size_t to)
{
  int r = 0, type;
  *used = 0;
  if (t->state >= AMT__J_HELD) {
    if (t->state >= AMT__J_ERROR) return -(int)(t->code_point & 0xFFu);
    r = t->state == AMT__J_HELD ? AMT__J_CHAR : AMT__J_BAD_BEFORE;
  }
  while (i < n && r == 0) {
    unsigned before = t->state;
    if (before == AMT__J_STRING) {
#if AMT_WIDE > 0
      i = amt__json_text(p, i, n, &to);
#endif
      i = amt__json_plain(p, i, n, &to);
      if (i >= n) break;
    } else if (before < AMT__J_LITERAL) {
      t->start = t->offset + i;
      from = to = i;
    }
    r = amt__json_step(t, p[i]);
    if (r < 0 && (r = amt__json_repair(t, r)) != AMT__J_BAD_BYTE) break;
    if (r == AMT_JSON_NUMBER) break;
    i++;
    if (before < AMT__J_LITERAL && t->state == AMT__J_STRING) from = to = i;
    if (r != AMT__J_CHAR) continue;
    if (t->utf8_len > i - to) break;
    to = amt__json_gather(t, p, to, n);
    r = 0;
  }
  *used = i;
  t->offset += i;
  if (r > 0 && r < AMT__J_CHAR &&
      (unsigned)r - AMT_JSON_KEY > AMT_JSON_NUMBER - AMT_JSON_KEY)
    return r;
  if (r <= 0 && to == from) return r < 0 ? amt__json_fail(t, r) : AMT_JSON_MORE;
  /* Text in front of an error is given first, however the input was cut. */
  type = amt__json_lend(t, token, p + from, to - from, r);
  if (r < 0) amt__json_fail(t, r);
  return type;
}

AMTDEF int amt_json_next(amt_json *t, void *bytes, size_t n, size_t *used,
                         amt_json_token *token)
{
  unsigned char *p = (unsigned char *)bytes;
#if AMT_WIDE > 0
  return amt__json_token(t, p, n, used, token);
#else
  return amt__json_slow_token(t, p, n, used, token, 0, 0, 0);
#endif
}

AMTDEF int amt_json_end(amt_json *t, amt_json_token *token)
{
  static const unsigned char none[1] = { 0 };
  unsigned number = t->state - AMT__J_ZERO;
  if (t->state >= AMT__J_ERROR) return -(int)(t->code_point & 0xFFu);
  if (t->state == AMT__J_DONE) return 0;
  if (t->depth != 0 || number > AMT__J_EXPONENT - AMT__J_ZERO)
    return amt__json_fail(t, AMT_E_JSON_TRUNCATED);
  t->state = AMT__J_DONE;
  return amt__json_piece(t, token, none, 0, AMT_JSON_NUMBER);
}

AMTDEF int amt_json_uint64(const char *text, size_t n, uint64_t *value)
{
  return amt_uint64(text, n, 10, value) ? 0 : AMT_E_JSON_RANGE;
}

AMTDEF int amt_json_int32(const char *text, size_t n, int32_t *value)
{
  uint64_t v = 0;
  int      minus = n != 0 && text[0] == '-';
  if (!amt_uint64(text + minus, n - (size_t)minus, 10, &v) ||
      v > 0x7FFFFFFFu + (unsigned)minus)
    return AMT_E_JSON_RANGE;
  *value = minus && v != 0 ? -(int32_t)(v - 1u) - 1 : (int32_t)v;
  return 0;
}

AMTDEF int amt_utf8(const char *text, size_t n)
{
  const unsigned char *p = (const unsigned char *)text;
  size_t               length;
  for (; n != 0; p += length, n -= length) {
    length = *p < 0x80 ? 1 : amt__json_character(p, n);
    if (length == 0) return 0;
  }
  return 1;
}

/* ------------------------------------------------------------------------
   >>request

   What each call sends: texts with holes, filled by one walk, amt__fill. It
   produces, counts, and judges values before anything is sent. */

static const char amt__authenticate[] = "/AmtOpConService/Authenticate";
static const char amt__act[] = "/AmtOpConService/OpConJobAction";
static const char amt__monitor[] = "/AmtOpConService/MonitorJob";
static const char amt__messages[] = "/AmtOpConService/GetMessages";
static const char amt__post[] = "POST";

static const char amt__sign_in_body[] =
  "{\"User\":" AMT_HOLE_API_USER ",\"Password\":" AMT_HOLE_PASSWORD "}";

static const char amt__start_body[] =
  "{\"Action\":\"START\",\"TaskType\":\"" AMT_IF(SCRIPT, "SCRIPT")
  AMT_UNLESS(SCRIPT, "BATCH") "\",\"ApplicationName\":" AMT_HOLE_APPLICATION
  AMT_UNLESS(SCRIPT, ",\"JobName\":" AMT_HOLE_JOB)
  AMT_IF(SCRIPT, ",\"ScriptName\":" AMT_HOLE_SCRIPT)
  ",\"SubmitUser\":" AMT_HOLE_SUBMIT_USER
  AMT_IF(USER, ",\"User\":" AMT_HOLE_USER) ",\"Station\":" AMT_HOLE_STATION
  AMT_IF(QUEUE, ",\"QueueName\":" AMT_HOLE_QUEUE)
  AMT_IF(TASK_VALUES, ",\"TaskValues\":" AMT_HOLE_TASK_VALUES)
  AMT_IF(PARAMETERS, ",\"Parameters\":" AMT_HOLE_PARAMETERS) "}";

static const char amt__job_body[] = /* of all calls after the Start */
  "{" AMT_IF(ACTION, "\"Action\":" AMT_HOLE_ACTION ",")
  "\"ApplicationName\":" AMT_HOLE_APPLICATION
  ",\"BatchRequestId\":" AMT_HOLE_ID
  AMT_IF(AFTER, ",\"AfterSequence\":" AMT_HOLE_AFTER) "}";

static const char amt__headers[] =
  AMT_IF(TOKEN, "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n");

/* Not as literals in the table: the linker cannot leave those out. */
static const char amt__reply_token[] = "AmtLogonToken|LogonToken|Token";
static const char amt__reply_expires[] = "ExpiresIn";
static const char amt__reply_id[] = "BatchRequestId";
static const char amt__reply_status[] = "Status";
static const char amt__reply_message[] = /* and of .NET, OAuth and others */
  "Message|title|detail|errors|ModelState|ExceptionMessage|error_description|"
  "error";
static const char amt__reply_messages[] = "Messages";
static const char amt__reply_more[] = "More";
static const char amt__reply_sequence[] = "Sequence";
static const char amt__reply_time[] = "Time";
static const char amt__reply_text[] = "Text";

static const amt_wire amt__wire_default = {
  { { amt__post, amt__authenticate, amt__sign_in_body },
    { amt__post, amt__act, amt__start_body },
    { amt__post, amt__act, amt__job_body },
    { amt__post, amt__act, amt__job_body },
    { amt__post, amt__monitor, amt__job_body },
    { amt__post, amt__messages, amt__job_body } },
  amt__headers,
  { amt__reply_token, amt__reply_expires, amt__reply_id, amt__reply_status,
    amt__reply_message, amt__reply_messages, amt__reply_more,
    amt__reply_sequence, amt__reply_time, amt__reply_text, NULL },
  NULL
};

/* The lengths of the default table's reply names; 0: there are alternatives. */
static const uint8_t amt__reply_length[AMT_REPLY_COUNT] = {
  0, sizeof amt__reply_expires - 1, sizeof amt__reply_id - 1,
  sizeof amt__reply_status - 1, 0, sizeof amt__reply_messages - 1,
  sizeof amt__reply_more - 1, sizeof amt__reply_sequence - 1,
  sizeof amt__reply_time - 1, sizeof amt__reply_text - 1, 0
};

AMTDEF const amt_wire *amt_wire_default(void)
{
  return &amt__wire_default;
}

#ifdef AMT_DEFAULT_WIRE_ONLY /* then the compiler leaves out the others' code */
enum { AMT__ANY_WIRE = 0 };
#else
enum { AMT__ANY_WIRE = 1 };
#endif

static const amt_wire *amt__wire(const amt_job *j)
{
  const amt_wire *w = AMT__ANY_WIRE ? j->session__->wire : NULL;
  return w != NULL ? w : &amt__wire_default;
}

/* 1 if the table has a call for it. */
static int amt__signs_in(const amt_job *j)
{
  return amt__wire(j)->call[AMT_SIGN_IN].path != NULL;
}

/* Where a job stands (phase__). */
enum {
  AMT__NEW,      /* nothing has been checked */
  AMT__READY,    /* a call may be made */
  AMT__WAITING,  /* until due__ */
  AMT__CALLING,  /* waits for a connection, sends, or waits for the reply */
  AMT__ANSWERED, /* it has ended */
  AMT__FINISHED, /* nothing is left to do */
  AMT__ENDED,    /* AMT_DONE, */
  AMT__LOST      /* or AMT_FAILED, for ever */
};

/* Flags of a job. */
enum {
  AMT__ONCE      = 1,    /* one call and no more */
  AMT__ANNOUNCED = 2,    /* AMT_STARTING was given */
  AMT__FINAL     = 4,    /* the status ends the run */
  AMT__NO_STATUS = 8,    /* MonitorJob's last reply had none */
  AMT__REAUTHENTICATED = 16, /* this call has met a 401; until start is KNOWN,
                                the Start has */
  AMT__LIVE_DUE  = 32,   /* messages next */
  AMT__SEQUENCE_AFTER_TEXT = 64, /* this server's Sequence follows its Text */
  AMT__PRODUCING = 128,  /* counted in session->producing__ */
  AMT__TAKEN     = 256,  /* bytes of the request may have left */
  AMT__BROKEN    = 512,  /* the reply is not complete */
  AMT__STOPPING  = 1024, /* the stop or kill is yet to be accepted, */
  AMT__STOP_TRIED = 2048, /* and was tried since the last wait for a poll */
  AMT__WATCHED   = 4096, /* the server knows this job: it gave the id to this
                            run, or has told a status since */
  AMT__WAS_STALE = 8192  /* AMT_E_STALE was met, and no whole reply since: one
                            more is an outage */
};

static int amt__given(const char *text)
{
  return text != NULL && *text != 0;
}

/* 1 if a part of a reply's name ends here: "result.job|job". */
static int amt__part_ends(char c)
{
  return c == 0 || c == '.' || c == '|';
}

/* --- marks: what a text with holes has between its literals --- */

enum { /* the bytes that the macros write; in all texts a NUL is the end */
  AMT__IF = 1, AMT__UNLESS, AMT__END,
  AMT__RAW, AMT__TEXT, AMT__URL, AMT__OBJECT, AMT__PAIRS, /* then TAB, LF */
  AMT__JOINED = 11, AMT__VALUE, /* then CR */
  AMT__W_APPLICATION = 14, AMT__W_JOB, AMT__W_SCRIPT, AMT__W_SUBMIT_USER,
  AMT__W_USER, AMT__W_STATION, AMT__W_QUEUE, AMT__W_ID, AMT__W_AFTER,
  AMT__W_TASK_VALUES, AMT__W_PARAMETERS, AMT__W_API_USER, AMT__W_PASSWORD,
  AMT__W_TOKEN, AMT__W_BASIC, AMT__W_ACTION, AMT__W_NONE
};

/* A control that is neither TAB, LF nor CR. */
static int amt__is_mark(char c)
{
  unsigned b = (unsigned char)c;
  return b < 32u && !(0x2600u >> b & 1u);
}

static int amt__is_list(unsigned word)
{
  return word - AMT__W_TASK_VALUES <= 1u;
}

/* 1 if the text, which may be NULL, has this byte. libc's memchr is eight times
   as large. */
static int amt__has_char(const char *text, int c)
{
  if (text != NULL)
    for (; *text != 0; text++)
      if (*text == c) return 1;
  return 0;
}

static const char *const *amt__list(const amt_job *j, unsigned word, size_t *n)
{
  const amt_task *t = j->task__;
  *n = 0;
  if (t == NULL) return NULL;
  *n = word == AMT__W_TASK_VALUES ? t->task_value_count : t->parameter_count;
  return word == AMT__W_TASK_VALUES ? t->task_values : t->parameters;
}

/* The text of a word; NULL or "" if it has no value. For a number that has one,
   any other text. */
static const char *amt__value(const amt_job *j, unsigned word)
{
  static const uint8_t member[] = { /* where it lies */
    offsetof(amt_job, application__),
    offsetof(amt_task, job), offsetof(amt_task, script),
    offsetof(amt_task, submit_user), offsetof(amt_task, run_as),
    offsetof(amt_task, station), offsetof(amt_task, queue),
    offsetof(amt_session, user), offsetof(amt_session, password),
    offsetof(amt_session, token), offsetof(amt_session, password)
  };
  static const char actions[] = "START\0STOP\0\0KILL";
  static const char batch[] = "BATCH", opcon[] = "OPCON";
  const void       *from = j->task__;
  const char       *text = NULL;
  size_t            n = word - (size_t)AMT__W_APPLICATION;
  if (word == AMT__W_ID) return j->id;
  if (word == AMT__W_AFTER) return j->op == AMT_MESSAGES ? actions : NULL;
  if (word == AMT__W_ACTION) {
    n = j->op - (size_t)AMT_START;
    return n < 3u ? actions + 6u * n : NULL;
  }
  if (n == 0) from = j;
  if (word >= AMT__W_API_USER) {
    n -= AMT__W_API_USER - AMT__W_ID;
    from = j->session__;
  }
  if (from == NULL || n >= sizeof member ||
      (word == AMT__W_TOKEN && j->op == AMT_SIGN_IN)) return NULL;
  amt__copy((char *)&text, (const char *)from + member[n], sizeof text);
  if (amt__given(text)) return text;
  if (word == AMT__W_SUBMIT_USER) return batch;
  return word == AMT__W_STATION ? opcon : text;
}

/* --- how values are written --- */

/* The kind of a text. It decides which bytes its values must not hold, and how
   they are written (AMT__RAW, ...). All kinds have different numbers. */
enum { AMT__AS_JSON, AMT__IN_PATH = AMT__AS_JSON + 1, AMT__IN_HEADERS,
       AMT__IN_FORM, AMT__IN_JSON, AMT__SECRETLY = 32 };

/* 1 if a byte stands for itself in a text of this kind. */
AMT__INLINE int amt__is_plain(unsigned c, unsigned kind)
{
  if (AMT__ANY_WIRE && kind == AMT__URL) /* RFC 3986: unreserved */
    return c - '0' < 10u || (c | 32u) - 'a' < 26u || c == '-' || c == '.' ||
           c == '_' || c == '~';
  if (c < 32u) return 0;
  if (AMT__ANY_WIRE && kind == AMT__IN_HEADERS) return c != 127u;
  if (AMT__ANY_WIRE && kind == AMT__IN_PATH)
    return c != ' ' && c < 127u && c != '#';
  return c != '"' && c != '\\';
}

/* How many of the first n bytes are plain; n is not 0. With -Os, where small is
   better than fast, it looks at one only. */
static size_t amt__plain(const char *text, size_t n, unsigned kind)
{
  size_t at = 0;
  if (AMT__SMALL) return (size_t)amt__is_plain((unsigned char)*text, kind);
  if (kind == AMT__AS_JSON || kind == AMT__TEXT) { /* most, so apart */
    at = amt__over((const unsigned char *)text, 0, n, AMT__TO_SEND);
    kind = AMT__TEXT;
  }
  while (at < n && amt__is_plain((unsigned char)text[at], kind)) at++;
  return at;
}

/* A byte that is not plain. */
static void amt__put_changed(amt_window *o, unsigned c, unsigned how)
{
  static const char names[] = "btnvfr", digits[] = "0123456789ABCDEF";
  unsigned lower = 32;
  if (AMT__ANY_WIRE && how == AMT__URL) {
    lower = 0;
    amt__put_char(o, '%');
  } else {
    amt__put_char(o, '\\');
    if (c - 8u < 6u && c != 11u) c = (unsigned char)names[c - 8u];
    if (c >= 32u) {
      amt__put_char(o, (char)c);
      return;
    }
    amt_put(o, "u00", 3);
  }
  amt__put_char(o, digits[c >> 4]);
  amt__put_char(o, (char)((unsigned char)digits[c & 15u] | lower));
}

/* Puts a piece of a value. */
static void amt__put_as(amt_window *o, const char *text, size_t n, unsigned how)
{
  size_t k;
  if (how == AMT__RAW) {
    amt_put(o, text, n);
    return;
  }
  for (; n != 0; text += k, n -= k) {
    k = amt__plain(text, n, how);
    amt_put(o, text, k);
    if (k == 0) {
      amt__put_changed(o, (unsigned char)*text, how);
      k = 1;
    }
  }
}

AMTDEF void amt_json_put_string(amt_window *o, const char *text, size_t n)
{
  amt__put_char(o, '"');
  amt__put_as(o, text, n, AMT__AS_JSON);
  amt__put_char(o, '"');
}

/* Puts "user:password" as Base64. */
static void amt__put_base64(amt_window *o, const char *user,
                            const char *password)
{
  static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *p = NULL;
  unsigned    part, bits = 0, have = 0; /* how many low bits wait to be put */
  for (part = 0; part < 3u; part++)
    for (p = part == 0 ? user : part == 1u ? ":" : password; *p != 0; p++) {
      bits = bits << 8 | (unsigned char)*p;
      for (have += 8; have >= 6u;) {
        have -= 6;
        amt__put_char(o, digits[bits >> have & 63u]);
      }
    }
  if (have == 0) return;
  amt__put_char(o, digits[bits << (6u - have) & 63u]);
  amt_put(o, "==", 3u - have / 2u);
}

/* --- the walk --- */

typedef struct amt__walk {
  const amt_job *j;
  amt_window    *o;
  amt_place     *place;         /* where to go on; NULL: from the start, and
                                   all is counted */
  const char    *text;
  size_t         len, at;       /* of the text, and how far the walk is */
  size_t         arg;           /* where the names or the separator begin */
  size_t         index, offset; /* in its list, and in its value */
  uint8_t        where;         /* AMT__IN_ */
  uint8_t        word;
  uint8_t        how;   /* of a value */
  uint8_t        style; /* of a list: AMT__OBJECT, _PAIRS, _JOINED */
  uint8_t        judge; /* 1: values are looked at, nothing is put */
  uint8_t        full;  /* the window is: what is left need not be counted */
  int            error; /* what is wrong with the word's value */
} amt__walk;

/* Notes this place if the window begins here or later. 1 if the window is full
   and the rest need not be counted. */
AMT__INLINE int amt__note(amt__walk *w)
{
  amt_place *at = w->place;
  if (AMT__SMALL || at == NULL) return 0;
  if (w->o->total > w->o->from) {
    w->full = w->o->total - w->o->from > w->o->cap;
    return w->full;
  }
  at->at = w->at;
  at->index = w->index;
  at->offset = w->offset;
  at->total = w->o->total;
  return 0;
}

/* 1 if this text, as it is, would end a line or a path. */
static int amt__would_break(const amt__walk *w, const char *text, size_t n)
{
  if (!AMT__ANY_WIRE || w->where > AMT__IN_HEADERS || w->how == AMT__URL ||
      w->word == AMT__W_BASIC) return 0;
  while (n != 0 && amt__is_plain((unsigned char)*text, w->where)) text++, n--;
  return n != 0;
}

/* Secrets are looked at a byte at a time. Wide registers would hold many of
   their bytes and may be saved on the stack, which nobody wipes. (A token in a
   header is copied as it is, and libc does that.) */
AMT__INLINE int amt__is_secret(unsigned word)
{
  return word == AMT__W_PASSWORD || word == AMT__W_TOKEN ||
         word == AMT__W_BASIC;
}

static int amt__is_utf8(const char *text, size_t n, unsigned word)
{
  size_t i = 0;
  if (!amt__is_secret(word))
    i = amt__over((const unsigned char *)text, 0, n, AMT__ASCII);
  return amt_utf8(text + i, n - i);
}

/* 0 if the value is given, valid UTF-8 and allowed there, or an error. */
static int amt__judge(const amt__walk *w, const char *text)
{
  size_t n;
  if (AMT__ANY_WIRE && text == NULL && w->word == AMT__W_TOKEN &&
      w->where == AMT__IN_HEADERS && w->j->op != AMT_SIGN_IN)
    return AMT_E_TOKEN_ROOM;
  if (!amt__given(text))
    return amt__is_list(w->word) ? AMT_E_EMPTY : AMT_E_MISSING;
  n = amt__length(text);
  if (!amt__is_utf8(text, n, w->word)) return AMT_E_UTF8;
  return amt__would_break(w, text, n) ? AMT_E_CONTROL : 0;
}

/* How many bytes are left of a value, 256 at most: the whole of a long one need
   not be measured for each piece of a request. */
static size_t amt__span(const char *text, int secret)
{
  const char *end;
  size_t      n = 0;
  if (AMT__SMALL) return amt__length(text);
  if (secret) {
    while (n < 256 && text[n] != 0) n++;
    return n;
  }
  end = (const char *)memchr(text, 0, 256);
  return end != NULL ? (size_t)(end - text) : 256;
}

/* Puts a value, from w->offset on. */
static void amt__put_value(amt__walk *w, const char *text)
{
  unsigned how = w->how;
  int      secret = how != AMT__RAW && amt__is_secret(w->word);
  size_t   n;
  if (secret && !AMT__SMALL && (how == AMT__AS_JSON || how == AMT__TEXT))
    how = AMT__SECRETLY;
  if (w->how == AMT__AS_JSON && w->offset == 0) amt__put_char(w->o, '"');
  for (;;) {
    n = amt__span(text + w->offset, secret);
    amt__put_as(w->o, text + w->offset, n, how);
    if (AMT__SMALL || n < 256) break;
    w->offset += n;
    if (amt__note(w)) return;
  }
  w->offset = 0;
  if (w->how == AMT__AS_JSON) amt__put_char(w->o, '"');
}

/* The place of the next mark, from `at` on. */
AMT__INLINE size_t amt__literal(const amt__walk *w, size_t at)
{
  at = amt__over((const unsigned char *)w->text, at, w->len, AMT__LITERAL);
  while (at < w->len && !amt__is_mark(w->text[at])) at++;
  return at;
}

/* Puts an argument of a hole. Returns the place after its mark. */
static size_t amt__put_argument(const amt__walk *w, size_t at)
{
  size_t end = amt__literal(w, at);
  if (w->how == AMT__AS_JSON)
    amt_json_put_string(w->o, w->text + at, end - at);
  else
    amt__put_as(w->o, w->text + at, end - at, w->how);
  return end + 1u;
}

/* Puts an element "a=1": in an object "a":"1", in a list of pairs
   {"name":"a","value":"1"}. */
static void amt__put_pair(amt__walk *w, const char *text)
{
  size_t n = 0, second = 0;
  int    pairs = w->style == AMT__PAIRS;
  while (text[n] != 0 && text[n] != '=') n++;
  if (w->offset == 0) {
    if (pairs) {
      amt__put_char(w->o, '{');
      second = amt__put_argument(w, w->arg);
      amt__put_char(w->o, ':');
    }
    amt_json_put_string(w->o, text, n);
    if (pairs) {
      amt__put_char(w->o, ',');
      amt__put_argument(w, second);
    }
    amt__put_char(w->o, ':');
  }
  amt__put_value(w, text + n + (text[n] == '='));
  if (pairs && !w->full) amt__put_char(w->o, '}');
}

/* Reads the hole at w->at: how, argument, word. Returns the place after it. */
static size_t amt__read_hole(amt__walk *w)
{
  size_t   at = w->at;
  unsigned c = (unsigned char)w->text[at++];
  w->style = 0;
  w->how = AMT__URL;
  if (w->where == AMT__IN_HEADERS) w->how = AMT__RAW;
  if (w->where == AMT__IN_JSON) w->how = AMT__AS_JSON;
  if (AMT__ANY_WIRE && c < AMT__W_APPLICATION) {
    w->how = (uint8_t)c;
    w->arg = at;
    do {
      at = amt__literal(w, at);
      c = (unsigned char)w->text[at++];
    } while (c == AMT__VALUE && at < w->len);
  }
  w->word = (uint8_t)c;
  return at;
}

/* 1 if this value comes only after the run was judged: a token and an id that a
   server gives, and a password that is fetched. */
static int amt__comes_later(const amt__walk *w, unsigned word)
{
  const amt_job *j = w->j;
  if (AMT__ANY_WIRE && word == AMT__W_TOKEN)
    return j->op != AMT_SIGN_IN && amt__signs_in(j);
  if (AMT__ANY_WIRE && word == AMT__W_ID)
    return j->op > AMT_START && j->start == AMT_START_NONE &&
           !(j->flags__ & AMT__ONCE);
  return word == AMT__W_PASSWORD && j->phase__ == AMT__NEW &&
         j->session__->secret != NULL;
}

/* 1 if a part with this condition is there. */
static int amt__has(const amt__walk *w, unsigned word)
{
  size_t n;
  if (AMT__ANY_WIRE && w->judge &&
      (amt__comes_later(w, word) ||
       (word == AMT__W_TOKEN && w->j->op != AMT_SIGN_IN))) return 1;
  if (amt__is_list(word)) {
    (void)amt__list(w->j, word, &n);
    return n != 0;
  }
  return amt__given(amt__value(w->j, word));
}

/* Puts the Base64 text of HTTP Basic, or judges what it is made of: 0, or an
   error. */
static int amt__put_basic(amt__walk *w, const char *password)
{
  const amt_session *s = w->j->session__;
  int                e = 0;
  if (w->judge) {
    e = amt__judge(w, s->user);
    if (e == 0 && amt__has_char(s->user, ':')) e = AMT_E_CONTROL; /* RFC 7617 */
    if (e == 0 && !amt__comes_later(w, AMT__W_PASSWORD))
      e = amt__judge(w, password);
  } else if (s->user != NULL && password != NULL) {
    amt__put_base64(w->o, s->user, password);
  }
  return e;
}

/* Sets how a list and its elements are written. Returns what it begins with, or
   0. */
static char amt__list_style(amt__walk *w)
{
  w->style = w->how;
  w->how = AMT__AS_JSON;
  if (!AMT__ANY_WIRE) return '[';
  if (w->style != AMT__JOINED) return w->style == AMT__OBJECT ? '{' : '[';
  w->how = AMT__TEXT;
  if (w->where == AMT__IN_JSON) return '"';
  w->how = AMT__URL;
  return 0;
}

/* Puts a text, or an element of a list. */
static void amt__put_element(amt__walk *w, const char *text)
{
  int pair = AMT__ANY_WIRE &&
             (w->style == AMT__OBJECT || w->style == AMT__PAIRS);
  if (w->judge) {
    w->error = amt__judge(w, text);
    if (pair && w->error == 0 && !amt__has_char(text, '='))
      w->error = AMT_E_EMPTY;
    return;
  }
  if (text == NULL) text = "";
  if (pair) amt__put_pair(w, text);
  else amt__put_value(w, text);
}

/* Sets *text to an id without its quotes and escapes, in a room of AMT_ID_SIZE;
   or, if it is not JSON, to the id itself. 1 if it is a number. `json` is
   zeroed. */
static int amt__bare_id(amt_json *json, const char *id, char *room,
                        amt_json_token *t)
{
  size_t used, n = amt__length(id);
  int    type;
  /* NOLINTBEGIN: a string has set t, here and for those that call this. */
  if (n < AMT_ID_SIZE && *id > ' ' && *id <= '~') { /* no mark, no blank */
    amt__copy(room, id, n);
    type = amt_json_next(json, room, n, &used, t);
    if (used == n && type == AMT_JSON_STRING && t->last) return 0;
    if (used == n && (unsigned)json->state - AMT__J_ZERO <=
                       AMT__J_EXPONENT - AMT__J_ZERO) return 1;
  }
  t->text = id;
  t->len = n;
  return 0;
}

/* Puts the id where it is not JSON. It may have come after all else was judged,
   so bytes that would end a line or a path are percent-encoded. */
static void amt__put_bare_id(amt__walk *w)
{
  char           room[AMT_ID_SIZE];
  amt_json       json;
  amt_json_token t;
  int            breaks;
  memset(&json, 0, sizeof json);
  (void)amt__bare_id(&json, w->j->id, room, &t);
  breaks = amt__would_break(w, t.text, t.len);
  if (w->judge) {
    w->error = amt__judge(w, w->j->id);
    if (w->error == 0 && breaks) w->error = AMT_E_CONTROL;
  } else {
    amt__put_as(w->o, t.text, t.len, breaks ? (unsigned)AMT__URL : w->how);
  }
}
/* NOLINTEND */

/* Fills a hole that takes no plain text, and returns 1; or returns 0. An id is
   JSON already. */
static int amt__put_other(amt__walk *w, const char *text)
{
  if (w->word == AMT__W_AFTER && text != NULL) {
    amt_put_number(w->o, w->j->after__);
    return 1;
  }
  if (AMT__ANY_WIRE && w->word == AMT__W_BASIC) {
    w->error = amt__put_basic(w, text);
    return 1;
  }
  if (AMT__ANY_WIRE && w->word == AMT__W_ID && w->how != AMT__AS_JSON) {
    amt__put_bare_id(w);
    return 1;
  }
  if (w->word == AMT__W_ID) w->how = AMT__RAW;
  return 0;
}

/* Fills a hole. A text is put like a list that has one element, or by itself,
   which is faster. */
static void amt__put_hole(amt__walk *w)
{
  const char        *text = NULL;
  const char *const *list = &text;
  size_t             i, n = 1;
  char               c = 0;
  if (w->judge && amt__comes_later(w, w->word)) return;
  if (amt__is_list(w->word)) {
    list = amt__list(w->j, w->word, &n);
    c = amt__list_style(w);
  } else {
    text = amt__value(w->j, w->word);
    if (amt__put_other(w, text)) return;
    if (!AMT__SMALL && !w->judge) {
      amt__put_value(w, text != NULL ? text : "");
      return;
    }
  }
  i = AMT__SMALL ? 0 : w->index;
  if (c != 0 && i == 0 && (AMT__SMALL || w->offset == 0))
    amt__put_char(w->o, c);
  for (; i < n && w->error == 0; i++) {
    if (i != 0 && (AMT__SMALL || w->offset == 0)) {
      w->index = i;
      if (amt__note(w)) return;
      if (AMT__ANY_WIRE && w->style == AMT__JOINED)
        amt__put_argument(w, w->arg);
      else
        amt__put_char(w->o, ',');
    }
    w->index = i;
    amt__put_element(w, list[i]);
    if (w->full) return;
  }
  if (c != 0) amt__put_char(w->o, (char)(c == '"' ? c : c + 2)); /* ] or } */
}

/* The place after the end of the part that `at` is in; parts within it are
   passed. No hole has a byte that looks like these marks. */
static size_t amt__pass_part(const amt__walk *w, size_t at)
{
  unsigned depth = 1, c = 1;
  for (; depth != 0 && c != 0; at++) {
    at = amt__over((const unsigned char *)w->text, at, w->len, AMT__LITERAL);
    c = (unsigned char)w->text[at];
    if (c == AMT__END) depth--;
    else if (c < AMT__END) depth++;
  }
  return at;
}

/* Puts a text with its holes filled. With `judged` it puts nothing, and returns
   0, or what is wrong with the value of the word in *judged. */
static int amt__fill(const amt_job *j, amt_window *o, const char *text,
                     unsigned where, amt_place *place, unsigned *judged)
{
  size_t    next;
  unsigned  mark;
  amt__walk w;
  memset(&w, 0, sizeof w);
  w.j = j;
  w.o = o;
  w.text = text;
  w.where = (uint8_t)where;
  w.judge = judged != NULL;
  if (text != NULL) w.len = amt__length(text);
  if (!AMT__SMALL && place != NULL) {
    w.place = place;
    if (place->total != 0 && place->total <= o->from) {
      w.at = place->at;
      w.index = place->index;
      w.offset = place->offset;
      o->total = place->total;
    }
  }
  for (; w.at < w.len; w.at = next) {
    mark = (unsigned char)text[w.at];
    next = w.at + 1u;
    if (mark <= AMT__END) {
      if (mark == AMT__END) continue;
      if (amt__has(&w, (unsigned char)text[next]) == (mark == AMT__IF)) next++;
      else next = amt__pass_part(&w, next);
      continue;
    }
    if (amt__note(&w)) return 0;
    if (!amt__is_mark((char)mark)) {
      if (!AMT__SMALL) next = amt__literal(&w, w.at);
      amt_put(o, text + w.at, next - w.at);
    } else {
      next = amt__read_hole(&w);
      amt__put_hole(&w);
      /* NOLINTNEXTLINE: there is no error where nothing is judged. */
      if (w.error != 0) *judged = w.word;
      if (w.full || w.error != 0) return w.error;
      if (!AMT__SMALL) w.index = w.offset = 0;
    }
  }
  return 0;
}

/* --- the parts of a request --- */

/* The kind of a body: JSON, or a form. */
static unsigned amt__body_kind(const char *body)
{
  char c = '{';
  if (AMT__ANY_WIRE && body != NULL) c = *body;
  return c == '{' || c == '[' || c == '"' || amt__is_mark(c) ? AMT__IN_JSON
                                                             : AMT__IN_FORM;
}

/* 1 if each request has name and password. */
static int amt__is_basic(const amt_job *j)
{
  return AMT__ANY_WIRE && amt__has_char(amt__wire(j)->headers, AMT__W_BASIC);
}

AMTDEF const char *amt_call_method(const amt_job *j)
{
  return amt__wire(j)->call[j->op].method;
}

AMTDEF void amt_call_path(const amt_job *j, amt_window *o)
{
  const char *path = amt__wire(j)->call[j->op].path;
  if (AMT__ANY_WIRE &&
      (AMT__SMALL || path != amt__wire_default.call[j->op].path))
    amt__fill(j, o, path, AMT__IN_PATH, NULL, NULL);
  else
    amt_put_text(o, path); /* the default ones have no holes */
}

AMTDEF int amt_call_has_body(const amt_job *j)
{
  return !AMT__ANY_WIRE || amt__given(amt__wire(j)->call[j->op].body);
}

AMTDEF void amt_call_headers(const amt_job *j, amt_window *o)
{
  static const char accept[] = "Accept: application/json\r\n";
  static const char json[] = "Content-Type: application/json\r\n";
  static const char form[] =
    "Content-Type: application/x-www-form-urlencoded\r\n";
  amt__fill(j, o, amt__wire(j)->headers, AMT__IN_HEADERS, NULL, NULL);
  amt__put_text(o, accept);
  if (!amt_call_has_body(j)) return;
  if (amt__body_kind(amt__wire(j)->call[j->op].body) == AMT__IN_FORM)
    amt_put_text(o, form);
  else
    amt__put_text(o, json);
}

static void amt__put_body(const amt_job *j, amt_window *o, amt_place *place)
{
  const char *body = amt__wire(j)->call[j->op].body;
  amt__fill(j, o, body, amt__body_kind(body), place, NULL);
}

AMTDEF void amt_call_body(const amt_job *j, amt_window *o)
{
  amt__put_body(j, o, NULL);
}

/* --- what can be judged before anything is sent --- */

static int amt__wrong(amt_job *j, int error, const char *what)
{
  j->msg = what;
  j->msg_len = amt__length(what);
  return error;
}

/* The name of a word, such as "queue". */
static const char *amt__word_name(unsigned word)
{
  static const char names[] = AMT__SAY(
    "application\0job\0script\0submit_user\0user\0station\0queue\0id\0after\0"
    "task_values\0parameters\0api_user\0password\0token\0basic\0action\0");
  const char *name = names;
  /* NOLINTNEXTLINE: clang loses sight of the names' end, an empty one. */
  for (; word > AMT__W_APPLICATION && *name != 0; word--)
    name += amt__length(name) + 1;
  return name;
}

static int amt__judge_text(amt_job *j, const char *text, unsigned where)
{
  amt_window nothing;
  unsigned   word = 0;
  int        e;
  amt_window_init(&nothing, NULL, 0, 0);
  e = amt__fill(j, &nothing, text, where, NULL, &word);
  return e != 0 ? amt__wrong(j, e, amt__word_name(word)) : 0;
}

/* The values of one call. */
AMT__OWN int amt__check_call(amt_job *j, unsigned op)
{
  const amt_wire *w = amt__wire(j);
  const char     *body = w->call[op].body;
  int             e = 0;
  j->op = (uint8_t)op;
  if (AMT__ANY_WIRE) {
    if (!amt__given(w->call[op].path) || !amt__given(w->call[op].method))
      return amt__wrong(j, AMT_E_WIRE, "method or path");
    e = amt__judge_text(j, w->call[op].path, AMT__IN_PATH);
    if (e == 0) e = amt__judge_text(j, w->headers, AMT__IN_HEADERS);
  }
  return e != 0 ? e : amt__judge_text(j, body, amt__body_kind(body));
}

/* 1 if this call may come in a run whose first one is op. */
static int amt__may_come(const amt_job *j, unsigned op, unsigned call)
{
  if (call == AMT_SIGN_IN) return amt__signs_in(j);
  if (call == op) return 1;
  if (!AMT__ANY_WIRE || (j->flags__ & AMT__ONCE) || call == AMT_START) return 0;
  if (call == AMT_MESSAGES) return j->session__->messages != AMT_NEVER;
  return call == AMT_MONITOR || amt__given(amt__wire(j)->call[call].path);
}

/* Judges all that a run will send, as far as it is known: 0, or an error. */
AMT__OWN int amt__check(amt_job *j, amt_op op)
{
  const amt_session *s = j->session__;
  unsigned           call;
  int                e = 0;
  for (call = AMT_SIGN_IN; call < AMT_CALLS && e == 0; call++) {
    if (!amt__may_come(j, op, call)) continue;
    e = amt__check_call(j, call);
    if (e == 0 && call == AMT_SIGN_IN &&
        (s->token == NULL || s->token_room < 2))
      e = amt__wrong(j, AMT_E_TOKEN_ROOM, "token");
  }
  j->op = (uint8_t)op;
  return e;
}

#ifndef AMT_DEFAULT_WIRE_ONLY
/* --- a table, judged whole --- */

static int amt__fault(amt_wire_fault *f, const char *text, size_t at,
                      const char *reason)
{
  f->text = text;
  f->at = at;
  f->reason = reason;
  return AMT_E_WIRE;
}

/* How many marks between names the hole's argument has. */
static int amt__separators(const amt__walk *w)
{
  const char *p = w->text + w->arg;
  int         n = 0;
  for (; *p == AMT__VALUE || !amt__is_mark(*p); p++) n += *p == AMT__VALUE;
  return n;
}

/* What is wrong with a hole, in words; NULL if nothing is. */
static const char *amt__hole_fault(const amt__walk *w)
{
  int list = amt__is_list(w->word), pairs = w->how == AMT__PAIRS;
  if (w->word < AMT__W_APPLICATION || w->word >= AMT__W_NONE)
    return AMT__SAY("a hole of an unknown word");
  if (w->word == AMT__W_BASIC && w->where != AMT__IN_HEADERS)
    return AMT__SAY("{basic} belongs into a header");
  if (pairs && amt__separators(w) != 1)
    return AMT__SAY("pairs need two names");
  if (!list)
    return w->how > AMT__URL ? AMT__SAY("only a list can be written so")
                             : NULL;
  if (w->where < AMT__IN_FORM)
    return AMT__SAY("a list can stand in a body only");
  if (w->where == AMT__IN_FORM && w->how != AMT__JOINED)
    return AMT__SAY("in a form a list must be joined");
  if (w->how != 0 && w->how != AMT__OBJECT && !pairs && w->how != AMT__JOINED)
    return AMT__SAY("a list cannot be written so");
  return NULL;
}

/* What is wrong with a byte that is no mark. */
static const char *amt__byte_fault(unsigned c, unsigned where)
{
  if (where == AMT__IN_PATH && !amt__is_plain(c, where))
    return AMT__SAY("a path has no blanks, controls, '#' or bytes beyond "
                    "ASCII; percent-encode it");
  if (where == AMT__IN_HEADERS && c == 127u)
    return AMT__SAY("a control in a header");
  return NULL;
}

/* The marks of a text, and the bytes between them. */
static int amt__check_marks(const char *text, unsigned where, amt_wire_fault *f)
{
  const char *reason = NULL;
  size_t      open[8], next;
  unsigned    depth = 0, c;
  amt__walk   w;
  memset(&w, 0, sizeof w);
  w.text = text;
  w.len = amt__length(text);
  w.where = (uint8_t)where;
  for (; w.at < w.len; w.at = next) {
    next = w.at + 1u;
    c = (unsigned char)text[w.at];
    if (!amt__is_mark((char)c)) {
      reason = amt__byte_fault(c, where);
    } else if (c == AMT__END) {
      if (depth-- == 0) reason = AMT__SAY("the end of a part that was not "
                                          "begun");
    } else if (c < AMT__END) {
      if (text[next] < AMT__W_APPLICATION || text[next] >= AMT__W_NONE)
        reason = AMT__SAY("a part with an unknown word");
      else if (depth == sizeof open / sizeof open[0])
        reason = AMT__SAY("parts within parts, too deep");
      else open[depth++] = w.at, next++;
    } else {
      next = amt__read_hole(&w);
      reason = amt__hole_fault(&w);
    }
    if (reason != NULL) return amt__fault(f, text, w.at, reason);
  }
  if (depth == 0) return 0;
  return amt__fault(f, text, open[depth - 1u],
                    AMT__SAY("a part that is not closed"));
}

/* A text filled with samples, while it is read. */
typedef struct amt__reading {
  amt_json json;
  unsigned line; /* headers: 0 at a line's start, 1 in its name, 2 after ':',
                    3 after CR */
} amt__reading;

/* Reads n more bytes of a body; they are written to. 0 at its end. */
static int amt__read_json(amt__reading *r, char *p, size_t n)
{
  amt_json_token token;
  size_t         used = 0;
  int            e, end = n == 0;
  do {
    p += used;
    n -= used;
    e = end ? amt_json_end(&r->json, &token)
            : amt_json_next(&r->json, p, n, &used, &token);
  } while (e > 0);
  return e == 0;
}

static int amt__read_headers(amt__reading *r, const char *p, size_t n)
{
  if (n == 0) return r->line == 0;
  for (; n != 0; p++, n--) {
    unsigned c = (unsigned char)*p;
    if (r->line == 3) {
      if (c != '\n') return 0;
      r->line = 0;
    } else if (r->line == 2) {
      if (c == '\r') r->line = 3;
      else if (c < 32u && c != '\t') return 0;
    } else if (c == ':' && r->line == 1) {
      r->line = 2;
    } else {
      if (c <= ' ' || c > 126u || strchr("\"(),/:;<=>?@[\\]{}", *p) != NULL)
        return 0;
      r->line = 1;
    }
  }
  return 1;
}

/* Fills a text, and reads the result: what is wrong with it, in words, or NULL.
   The headers of a sign-in must not need the token, which it has yet to
   bring. */
static const char *amt__filled_fault(const amt_job *j, const char *text,
                                     unsigned where)
{
  amt__reading r;
  amt_window   o;
  char         piece[64];
  size_t       from = 0;
  unsigned     word = 0;
  memset(&r, 0, sizeof r);
  amt_window_init(&o, piece, 0, 0);
  if (where == AMT__IN_HEADERS && j->op == AMT_SIGN_IN && amt__signs_in(j))
    amt__fill(j, &o, text, where, NULL, &word);
  if (word == AMT__W_TOKEN)
    return AMT__SAY("a sign-in has no token yet: {?token}...{/token} around "
                    "each line with {token}");
  do {
    amt_window_init(&o, piece, sizeof piece, from);
    amt__fill(j, &o, text, where, NULL, NULL);
    from += o.len;
    if (where == AMT__IN_HEADERS && !amt__read_headers(&r, piece, o.len))
      return AMT__SAY("each line is \"Name: value\", and ends in CR LF");
    if (where == AMT__IN_JSON && !amt__read_json(&r, piece, o.len))
      return AMT__SAY("it is not JSON once its holes are filled; inside of a "
                      "string write {word:text}");
  } while (o.len != 0);
  return NULL;
}

/* A job with sample values: those that each job has, one more, or all. */
typedef struct amt__sample {
  amt_session s;
  amt_task    t;
  amt_job     j;
  char        token[2];
} amt__sample;

enum { AMT__SAMPLES = 14 }; /* of a job and of a script: none, each, all */

static void amt__take_sample(amt__sample *x, const amt_wire *wire, unsigned op,
                             unsigned which)
{
  static const char *const list[] = { "a=1", "b=\"2\"" };
  static const char one[] = "1"; /* JSON as it is, too */
  unsigned more = which >> 1;
  int      all = more == AMT__SAMPLES / 2 - 1;
  memset(x, 0, sizeof *x);
  x->s.wire = wire;
  x->s.user = x->s.password = one;
  x->s.token = x->token;
  if (all || more == 1u) x->token[0] = 't';
  if (all || more == 2u) x->t.run_as = one;
  if (all || more == 3u) x->t.queue = one;
  x->t.task_values = x->t.parameters = list;
  if (all || more == 4u) x->t.task_value_count = 2;
  if (all || more == 5u) x->t.parameter_count = 2;
  if (which & 1u) x->t.script = one;
  else x->t.job = one;
  x->t.application = x->j.application__ = one;
  x->j.session__ = &x->s;
  x->j.task__ = &x->t;
  x->j.op = (uint8_t)op;
  amt__copy(x->j.id, which & 1u ? "\"1\"" : "1", 3u - 2u * (~which & 1u));
}

static int amt__check_samples(const amt_wire *wire, unsigned op,
                              const char *text, unsigned where,
                              amt_wire_fault *f)
{
  amt__sample x;
  unsigned    which;
  for (which = 0; which < AMT__SAMPLES; which++) {
    const char *reason;
    amt__take_sample(&x, wire, op, which);
    reason = amt__filled_fault(&x.j, text, where);
    if (reason != NULL) return amt__fault(f, text, 0, reason);
  }
  return 0;
}

/* A name of a reply; NULL if nothing is wrong. */
static const char *amt__reply_fault(const char *name, size_t *at)
{
  const char *p = name;
  size_t      n;
  if (*p == 0) return NULL;
  do {
    for (n = 0; !amt__part_ends(p[n]);) n++;
    *at = (size_t)(p - name);
    if (n == 0) return AMT__SAY("an empty part of a name");
    if (n > AMT_NAME_MAX || *at + n > 255u)
      return AMT__SAY("too long: a part has 31 bytes at most, all of it 255");
    p += n;
  } while (*p++ != 0);
  return NULL;
}

static int amt__check_replies(const amt_wire *w, amt_wire_fault *f)
{
  unsigned    i;
  size_t      at = 0;
  const char *reason;
  f->part = "reply";
  for (i = 0; i < AMT_REPLY_COUNT; i++) {
    if (w->reply[i] == NULL) {
      if (i == AMT_REPLY_ID || i == AMT_REPLY_STATUS ||
          (i == AMT_REPLY_TOKEN && w->call[AMT_SIGN_IN].path != NULL))
        return amt__fault(f, NULL, 0,
          AMT__SAY("no job can be run without reply.id and reply.status, nor "
                   "signed in without reply.token"));
      continue;
    }
    reason = amt__reply_fault(w->reply[i], &at);
    if (reason != NULL) return amt__fault(f, w->reply[i], at, reason);
  }
  return 0;
}

static int amt__check_status(const amt_wire *w, amt_wire_fault *f)
{
  const amt_status_word *s;
  f->part = "status";
  for (s = w->status; s != NULL && s->text != NULL; s++)
    if (!amt__given(s->text) || amt__length(s->text) > AMT_NAME_MAX ||
        s->code < 0)
      return amt__fault(f, s->text, 0,
        AMT__SAY("a status is a text of 1 to 31 bytes, its code 0 or more"));
  return 0;
}

/* 1 if the path or the body of a call has this hole. */
static int amt__call_has(const amt_wire *w, unsigned op, int word)
{
  return amt__has_char(w->call[op].path, word) ||
         amt__has_char(w->call[op].body, word);
}

static int amt__check_of_call(const amt_wire *w, unsigned op, amt_wire_fault *f)
{
  const char *method = w->call[op].method, *path = w->call[op].path;
  const char *body = w->call[op].body;
  size_t      n = 0;
  f->call = (uint8_t)op;
  f->part = "method";
  while (method != NULL && method[n] - 'A' >= 0 && method[n] - 'Z' <= 0) n++;
  if (n == 0 || method[n] != 0)
    return amt__fault(f, method, n, AMT__SAY("a method is capital letters"));
  f->part = "path";
  if (path == NULL || *path != '/')
    return amt__fault(f, path, 0, AMT__SAY("a path begins with '/'"));
  if (amt__check_marks(path, AMT__IN_PATH, f) != 0) return AMT_E_WIRE;
  f->part = "body";
  if (op == AMT_START ? !amt__call_has(w, op, AMT__W_JOB) &&
                        !amt__call_has(w, op, AMT__W_SCRIPT)
                      : op > AMT_START && !amt__call_has(w, op, AMT__W_ID))
    return amt__fault(f, body, 0, op == AMT_START
      ? AMT__SAY("neither path nor body has {job} or {script}")
      : AMT__SAY("neither path nor body has {id}"));
  if (!amt__given(body)) return 0;
  if (amt__check_marks(body, amt__body_kind(body), f) != 0) return AMT_E_WIRE;
  if (amt__body_kind(body) == AMT__IN_FORM) return 0;
  return amt__check_samples(w, op, body, AMT__IN_JSON, f);
}

AMTDEF int amt_wire_check(const amt_wire *w, amt_wire_fault *fault)
{
  unsigned op;
  for (op = w->call[AMT_SIGN_IN].path != NULL ? AMT_SIGN_IN : AMT_START;
       op < AMT_CALLS; op++)
    if (amt__check_of_call(w, op, fault) != 0) return AMT_E_WIRE;
  fault->call = AMT_CALLS;
  fault->part = "headers";
  if (w->headers != NULL &&
      amt__check_marks(w->headers, AMT__IN_HEADERS, fault) != 0)
    return AMT_E_WIRE;
  for (op = 0; op < AMT_CALLS; op++)
    if (amt__check_samples(w, op, w->headers, AMT__IN_HEADERS, fault) != 0)
      return AMT_E_WIRE;
  if (amt__check_replies(w, fault) != 0) return AMT_E_WIRE;
  return amt__check_status(w, fault);
}
#endif

/* ------------------------------------------------------------------------
   >>reply

   Tokens in, values and messages out. A member's name sets field__, which says
   what to do with the value that follows. All else is ignored. */

enum { AMT__NONE = AMT_REPLY_COUNT }; /* no field */

/* Of one reply (seen__). */
enum {
  AMT__SEEN_ID      = 1,
  AMT__SEEN_STATUS  = 2,
  AMT__SEEN_TOKEN   = 4,
  AMT__SEEN_LIST    = 8,
  AMT__SEEN_MORE    = 16,  /* More was true */
  AMT__SEEN_NEW     = 32,  /* a message was given, or its number came */
  AMT__RESUME_FOUND = 64,  /* what this list has to skip is known */
  AMT__ELEMENT_TEXT = 128, /* this element's text has begun, */
  AMT__ELEMENT_ENDS = 256, /* and ended */
  AMT__SEEN_EMPTY   = 512, /* there was no body */
  AMT__SEEN_BAD_ID  = 1024,
  AMT__SEEN_FAILURE = 4096, /* AMT_REPLY_SUCCESS says so */
  AMT__LINES_END    = 2048, /* the string ends where lines__ does */
  AMT__NUMBERED     = 0x4000, /* a Sequence has come */
  AMT__WHOLE        = 0x8000  /* this list is the log from its start */
};

/* What the messages' numbers have shown of a job (log__). */
enum {
  AMT__LOG_JUMPED   = 1, /* a reply's first number was not the next one: that
                            is a gap, */
  AMT__LOG_SPARSE   = 2, /* unless numbers jump within a reply, too */
  AMT__LOG_RESTARTS = 4, /* they step back in a whole list: children have their
                            own */
  AMT__LOG_WHOLE    = 8, /* the server sends whole lists */
  AMT__LOG_LOST     = 16 /* messages are missing for sure */
};

#define AMT__BIT(n) ((uint16_t)(1UL << (n)))
#define AMT__ELEMENT (AMT__BIT(AMT_REPLY_SEQUENCE) | \
                      AMT__BIT(AMT_REPLY_TIME) | AMT__BIT(AMT_REPLY_TEXT))

/* 1 if the HTTP status is of this class: 2 for 200 to 299. */
static int amt__is_class(unsigned status, unsigned hundred)
{
  return status - hundred * 100u < 100u;
}

/* 1 if this reply, as far as it has come, is a success. */
static int amt__is_good(const amt_job *j)
{
  return amt__is_class(j->http_status, 2) &&
         !(AMT__ANY_WIRE && (j->seen__ & AMT__SEEN_FAILURE));
}

/* 1 if the server's words are told: where it refused, and at a Start, whose
   words may be all that says why no job came of it. */
static int amt__is_heard(const amt_job *j)
{
  return !amt__is_good(j) || j->op == AMT_START;
}

/* The members to look for in the reply to this call, by bit. To save time those
   that explain a failure are left out where none can come: the reply is good,
   no member can say otherwise, and the call is not a Start. */
AMT__INLINE unsigned amt__wanted(const amt_job *j)
{
  unsigned all = AMT__BIT(AMT_REPLY_MESSAGE) |
                 (AMT__ANY_WIRE ? AMT__BIT(AMT_REPLY_SUCCESS) : 0u);
  if (j->list__ != 0) return AMT__ELEMENT;
  if (!AMT__SMALL && !amt__is_heard(j) &&
      amt__wire(j)->reply[AMT_REPLY_SUCCESS] == NULL) all = 0;
  if (j->op == AMT_SIGN_IN)
    return all | AMT__BIT(AMT_REPLY_TOKEN) | AMT__BIT(AMT_REPLY_EXPIRES);
  if (j->op == AMT_MESSAGES)
    return all | AMT__BIT(AMT_REPLY_MESSAGES) | AMT__BIT(AMT_REPLY_MORE);
  return all | AMT__BIT(AMT_REPLY_ID) | AMT__BIT(AMT_REPLY_STATUS);
}

/* n, or less, so that no character of a longer text is cut there. */
static size_t amt__whole_characters(const char *text, size_t n)
{
  while (n != 0 && ((unsigned char)text[n] & 0xC0u) == 0x80u) n--;
  return n;
}

/* Gathers a piece of a name, or of a value that must be whole before it counts.
   Returns the text with its last piece, before that NULL. A status, a time and
   a Start's id have room of their own; all else uses the room of the one, name
   or time, that this call does not bring. The id of a Start is kept as JSON,
   another reply's without quotes. If the text is too long, or the id is not as
   it was sent, len__ is 255, and what fits is kept, in whole characters. Blanks
   around a status are left out. */
AMT__OWN const char *amt__gather(amt_job *j, const amt_json_token *t,
                                 int string)
{
  int        id = j->field__ == AMT_REPLY_ID, ours = id && j->op <= AMT_START;
  int        trim = j->field__ == AMT_REPLY_STATUS;
  int        own = trim || j->field__ == AMT_REPLY_TIME;
  int        escaped = id && (AMT__SMALL || string); /* a number is not */
  char      *to = (j->op == AMT_MESSAGES) != own ? j->name : j->time;
  size_t     i, cap = to == j->name ? sizeof j->name : sizeof j->time;
  amt_window o;
  if (ours) to = j->id, cap = sizeof j->id;
  amt_window_init(&o, to, cap, 0);
  if (!t->first) o.len = o.total = j->len__ < cap ? j->len__ : cap;
  if (ours && string && t->first) amt__put_char(&o, '"');
  for (i = 0; trim && i < t->len; i++)
    if ((unsigned char)t->text[i] > ' ' || (o.len != 0 && o.len + 1u < cap))
      amt__put_char(&o, t->text[i]);
  if (!trim) amt__put_as(&o, t->text, t->len, escaped ? AMT__TEXT : AMT__RAW);
  if (ours && string && t->last) amt__put_char(&o, '"');
  to[o.len < cap ? o.len : amt__whole_characters(to, cap - 1u)] = 0;
  if (o.total >= cap || (id && j->call__.json.repaired != 0)) o.len = 255;
  j->len__ = (uint8_t)o.len;
  return t->last ? to : NULL;
}

/* 1 if two bytes are the same; the case of ASCII letters does not count. */
static int amt__same_char(unsigned a, unsigned b)
{
  return a == b || ((a ^ b) == 32u && (a | 32u) - 'a' < 26u);
}

/* 1 if the n bytes are this part of a name, in any ASCII case. */
static int amt__same(const char *part, const char *text, size_t n)
{
  size_t i = 0;
  while (i < n && !amt__part_ends(part[i]) &&
         amt__same_char((unsigned char)part[i], (unsigned char)text[i])) i++;
  return i == n && amt__part_ends(part[n]);
}

/* The alternative after this one, or NULL. */
static const char *amt__alternative(const char *name)
{
  while (*name != 0)
    if (*name++ == '|') return name;
  return NULL;
}

/* 1 if no alternative of reply name m begins with this letter. That rules out
   most members, except inside an object whose name has matched. */
static int amt__begins_none(const amt_job *j, unsigned m, char letter)
{
  const char *p = amt__wire(j)->reply[m];
  if (AMT__SMALL || j->open__[m] != 0) return 0;
  for (; p != NULL; p = amt__alternative(p))
    if (((*p ^ letter) & ~32) == 0) return 0;
  return 1;
}

/* Sets field__ or open__ if this member's name goes on with an alternative of
   reply name m. The objects around it have matched its text from `open` to
   `at`. */
AMT__APART void amt__match(amt_job *j, unsigned m, unsigned depth,
                           const char *text, size_t n)
{
  const char *name = amt__wire(j)->reply[m], *open = name, *at, *p;
  if (AMT__ANY_WIRE) {
    const char *end = name;
    while (end - name < j->open__[m])
      if (*end++ == '|') open = end;
    for (at = open; depth > 1 && at < end; at++) depth -= *at == '.';
  } else {
    at = name;
  }
  if (depth > 1) return;
  if (AMT__ANY_WIRE) j->open__[m] = (uint8_t)(at - name);
  for (p = name; p != NULL; p = amt__alternative(p)) {
    const char *part = p, *q = open;
    while (q < at && *part == *q) part++, q++;
    if (q < at || !amt__same(part, text, n)) continue;
    if (AMT__ANY_WIRE && part[n] == '.')
      j->open__[m] = (uint8_t)(part + n + 1 - name);
    else if (!AMT__ANY_WIRE || j->field__ != AMT_REPLY_ID ||
             j->op != AMT_START || !amt__is_good(j))
      j->field__ = (uint8_t)m; /* id and status have one name: a Start's is
                                  the id */
  }
}

/* Takes a member's name, and sets field__, which each value leaves as
   AMT__NONE. */
static void amt__name(amt_job *j, const char *text, size_t n)
{
  unsigned wanted = amt__wanted(j), m;
  unsigned depth = j->call__.json.depth;
  if (wanted == AMT__ELEMENT) depth -= j->list__;
  else if (AMT__ANY_WIRE) depth -= j->lists__;
  if (n > AMT_NAME_MAX) return;
  for (m = 0; wanted != 0; m++, wanted >>= 1) {
    const char *name;
    unsigned    length = 0;
    if (!(wanted & 1u)) continue;
    name = amt__wire(j)->reply[m];
    if (!AMT__SMALL && name == amt__wire_default.reply[m])
      length = amt__reply_length[m];
    if (name == NULL || (length != 0 && length != n)) continue;
    if (length == 0 || j->field__ != AMT__NONE) {
      if (n == 0 || !amt__begins_none(j, m, *text))
        amt__match(j, m, depth, text, n);
    } else if (depth <= 1u &&
               (memcmp(name, text, n) == 0 || amt__same(name, text, n))) {
      j->field__ = (uint8_t)m;
    }
  }
}

/* The lengths of the names that are looked for at this place of a reply, a bit
   for each; all bits if one of them is not the default's, or has alternatives.
   They stay the same until an object or an array begins or ends. */
static uint32_t amt__lengths(const amt_job *j)
{
  unsigned m, wanted = amt__wanted(j);
  uint32_t lengths = 0;
  for (m = 0; wanted != 0; m++, wanted >>= 1) {
    const char *name = wanted & 1u ? amt__wire(j)->reply[m] : NULL;
    if (name == NULL) continue;
    if (name != amt__wire_default.reply[m] || amt__reply_length[m] == 0)
      return 0xFFFFFFFFu;
    lengths |= (uint32_t)1 << amt__reply_length[m];
  }
  return lengths;
}

/* Sets field__ where the reply itself is a value: the first one that such a
   reply can be. */
static void amt__itself(amt_job *j)
{
  unsigned m, wanted = amt__wanted(j);
  if (!amt__is_good(j))
    wanted &= AMT__BIT(AMT_REPLY_STATUS) | AMT__BIT(AMT_REPLY_MESSAGE);
  else if (j->op != AMT_START)
    wanted &= ~(unsigned)(AMT__BIT(AMT_REPLY_ID) | AMT__BIT(AMT_REPLY_MESSAGE));
  for (m = 0; wanted >> m != 0 && j->field__ == AMT__NONE; m++)
    if ((wanted >> m & 1u) && amt__wire(j)->reply[m] != NULL &&
        *amt__wire(j)->reply[m] == 0) j->field__ = (uint8_t)m;
}

AMT__OWN void amt__note_error(amt_job *j, int error)
{
  if (j->cause == 0) j->cause = (int16_t)error;
}

/* --- messages --- */

AMT__OWN void amt__lend(amt_job *j, const amt_json_token *t, unsigned kind)
{
  j->msg = t->text;
  j->msg_len = t->len;
  j->msg_kind = (uint8_t)kind;
  if (kind != AMT_MSG_LOG) {
    j->time[0] = 0;
    j->has_sequence = 0;
  }
  j->msg_first = t->first;
  j->msg_more = !t->last;
  j->event__ = kind == AMT_MSG_LOG ? AMT_MESSAGE : AMT_SERVER_TEXT;
}

AMT__OWN void amt__element_begins(amt_job *j)
{
  j->seen__ &= (uint16_t)~(AMT__ELEMENT_TEXT | AMT__ELEMENT_ENDS);
  j->has_sequence = 0;
  j->time[0] = 0;
}

/* At the first element's text or end: does this list follow the sequence that
   was asked for, or is it the whole log? Sets how much of it to skip. */
static void amt__find_resume_point(amt_job *j)
{
  int whole;
  if (j->seen__ & AMT__RESUME_FOUND) return;
  j->seen__ |= AMT__RESUME_FOUND;
  if (j->has_sequence) whole = j->sequence <= j->after__;
  else whole = !(j->flags__ & AMT__SEQUENCE_AFTER_TEXT);
  if (AMT__ANY_WIRE &&
      !amt__has_char(amt__wire(j)->call[AMT_MESSAGES].body, AMT__W_AFTER) &&
      !amt__has_char(amt__wire(j)->call[AMT_MESSAGES].path, AMT__W_AFTER)) {
    whole = 1;
    j->log__ |= AMT__LOG_WHOLE;
  }
  if (whole && j->given__ != 0) j->log__ |= AMT__LOG_WHOLE;
  if (whole || j->given__ == 0) j->seen__ |= AMT__WHOLE;
  j->skip__ = whole ? j->given__ : j->beyond__;
  j->cut__ = j->part__;
  j->asked__ = j->after__;
}

/* Decides whether this element is given: by its number if that is known by now,
   else by the count of those given. With children's numbers only the count
   decides. */
static void amt__text_begins(amt_job *j)
{
  uint32_t n = j->has_sequence ? (uint32_t)j->sequence : 0;
  if (j->seen__ & AMT__ELEMENT_TEXT) return;
  j->seen__ |= AMT__ELEMENT_TEXT;
  amt__find_resume_point(j);
  if (j->has_sequence && !(j->flags__ & AMT__SEQUENCE_AFTER_TEXT) &&
      !((j->seen__ & AMT__WHOLE) && (j->log__ & AMT__LOG_RESTARTS))) {
    if (j->sequence > j->asked__) j->skip__ = 0;
    else if (j->skip__ == 0 && j->asked__ != 0) j->skip__ = 1;
  }
  if (j->skip__ != 0) return;
  if (j->cut__ != 0 && n != j->last__) { /* what had broken off is gone */
    j->part__ = j->cut__ = 0;
    j->log__ |= AMT__LOG_LOST;
  }
  j->last__ = n;
}

/* A complete list must not be shorter than before, unless the number of its
   last element says that the missing ones were given. It must hold the message
   that had broken off. */
static void amt__list_ends(amt_job *j)
{
  int lost = j->skip__ != 0;
  if ((j->seen__ & AMT__NUMBERED) && j->sequence >= j->after__ &&
      !(j->log__ & AMT__LOG_RESTARTS))
    lost = 0;
  if (!(j->seen__ & AMT__RESUME_FOUND)) /* empty: nothing new by numbers */
    lost = (j->log__ & AMT__LOG_WHOLE) &&
           (j->beyond__ != 0 || (j->log__ & AMT__LOG_RESTARTS));
  if (lost || j->part__ != 0) j->log__ |= AMT__LOG_LOST;
}

/* 1 if not all messages of the log could be had. */
static int amt__has_gap(const amt_job *j)
{
  return (j->log__ & AMT__LOG_LOST) ||
         (j->log__ & (AMT__LOG_JUMPED | AMT__LOG_SPARSE)) == AMT__LOG_JUMPED;
}

/* Once an element has ended and its sequence is known, the next request asks
   for what follows it. But elements that are still skipped by count may have no
   number, or none that has come: `after` does not cover them yet. */
static void amt__commit_sequence(amt_job *j)
{
  if (!j->has_sequence || !(j->seen__ & AMT__ELEMENT_ENDS)) return;
  if (j->sequence > j->after__) {
    j->after__ = j->sequence;
    j->seen__ |= AMT__SEEN_NEW;
    if (j->skip__ != 0 && j->beyond__ == 0) {
      j->log__ |= AMT__LOG_LOST; /* a new one, and it is skipped */
      return;
    }
  } else if (j->skip__ > 1u) {
    return;
  }
  j->beyond__ = j->skip__ != 0 ? j->skip__ - 1u : 0;
}

/* Takes an element's number, and notes whether it follows the one before it in
   this reply or, for the first, the greatest that was given. */
static void amt__number(amt_job *j, uint64_t n)
{
  int      numbered = j->seen__ & AMT__NUMBERED;
  uint64_t before = numbered ? j->sequence : j->after__;
  if (n > before) {
    if (n - before > 1)
      j->log__ |= numbered ? AMT__LOG_SPARSE : AMT__LOG_JUMPED;
    if (numbered && n > j->asked__ && before < j->asked__ &&
        !(j->log__ & AMT__LOG_RESTARTS))
      j->log__ |= AMT__LOG_LOST; /* the greatest is not in a list that begins
                                    before it */
  } else if (numbered) {
    j->log__ |= j->seen__ & AMT__WHOLE ? AMT__LOG_RESTARTS : AMT__LOG_LOST;
  }
  j->seen__ |= AMT__NUMBERED;
  j->sequence = n;
  j->has_sequence = 1;
  if (j->seen__ & AMT__ELEMENT_TEXT) j->flags__ |= AMT__SEQUENCE_AFTER_TEXT;
  amt__commit_sequence(j);
}

static void amt__text_ends(amt_job *j)
{
  if (j->seen__ & AMT__ELEMENT_ENDS) return;
  amt__text_begins(j);
  j->seen__ |= AMT__ELEMENT_ENDS;
  if (j->skip__ == 0) {
    j->given__++;
    j->beyond__++;
    j->part__ = j->cut__ = 0;
  }
  amt__commit_sequence(j);
}

/* Takes a piece of a message's text. Skips exactly the bytes that were given
   before the connection broke, but never cuts a character, since the server may
   have changed the text meanwhile. */
static void amt__text(amt_job *j, amt_json_token *t)
{
  if (j->seen__ & AMT__ELEMENT_ENDS) {
    amt__note_error(j, AMT_E_DUPLICATE);
    return;
  }
  amt__text_begins(j);
  if (j->skip__ == 0) {
    size_t pass = t->len < j->cut__ ? t->len : (size_t)j->cut__;
    j->cut__ -= (uint_fast32_t)pass;
    while (pass != 0 && pass < t->len && (t->text[pass] & 0xC0) == 0x80) pass++;
    t->text += pass;
    t->len -= pass;
    if (t->len != 0 || t->last) {
      t->first = j->part__ == 0;
      amt__lend(j, t, AMT_MSG_LOG);
      j->repaired += j->call__.json.repaired; /* in this piece */
      j->part__ += (uint_fast32_t)t->len;
      j->seen__ |= AMT__SEEN_NEW;
    }
  }
  if (t->last) amt__text_ends(j);
}

/* The last message that is skipped must be the last one that was given. */
static void amt__element_ends(amt_job *j)
{
  amt__text_ends(j);
  if (j->skip__ == 0) return;
  if (--j->skip__ == 0 && j->part__ == 0 && j->has_sequence &&
      j->last__ != 0 && j->last__ != (uint32_t)j->sequence)
    j->log__ |= AMT__LOG_LOST;
}

/* --- values --- */

/* A token goes straight to its room, and counts only when it is whole. */
static void amt__token(amt_job *j, const amt_json_token *t)
{
  amt_session *s = j->session__;
  size_t       i;
  if (t->first) {
    s->token__len = 0;
    j->seen__ &= (uint16_t)~AMT__SEEN_TOKEN;
  }
  if (t->len >= s->token_room - s->token__len) {
    amt__note_error(j, AMT_E_TOKEN_ROOM);
    return;
  }
  for (i = 0; i < t->len; i++)
    if ((unsigned char)t->text[i] - '!' > '~' - '!' || t->text[i] < '!')
      amt__note_error(j, AMT_E_TOKEN_TEXT);
  amt__copy(s->token + s->token__len, t->text, t->len);
  s->token__len += t->len;
  s->token[s->token__len] = 0;
  if (t->last) j->seen__ |= AMT__SEEN_TOKEN;
}

/* The exponent at *p, bounded, or 0 if there is none; *p moves past it. */
static int amt__exponent(const char **p)
{
  const char *text = *p;
  int         e = 0, minus;
  if ((*text | 32) != 'e') return 0;
  minus = *++text == '-';
  if (minus || *text == '+') text++;
  for (; *text - '0' >= 0 && *text - '0' < 10; *p = ++text)
    if (e < 1000) e = e * 10 + (*text - '0');
  return minus ? -e : e;
}

/* The whole number that the n bytes spell in any way: 4, +04, 4.0, 40e-1. -1 if
   there is none, or it is below 0 or too large. */
AMT__OWN int32_t amt__whole(const char *p, size_t n)
{
  const char *q, *end = p + n;
  int         minus = *p == '-', digits = 0, whole = -1;
  uint32_t    v = 0;
  if (minus || *p == '+') p++;
  for (q = p;; q++) {
    if (*q - '0' >= 0 && *q - '0' < 10) digits++;
    else if (*q == '.' && whole < 0) whole = digits;
    else break;
  }
  if (whole < 0) whole = digits;
  whole += amt__exponent(&q); /* so many digits stand before the point */
  if (digits == 0 || q != end) return -1;
  for (; digits > 0 || (whole > 0 && v != 0); digits--, whole--) {
    unsigned digit = 0;
    if (*p == '.') p++;
    if (digits > 0) digit = (unsigned)(*p++ - '0');
    if (whole > 0 ? v > 0x7FFFFFFFu / 10u : digit != 0) return -1;
    if (whole > 0) v = v * 10u + digit;
  }
  return v > 0x7FFFFFFFu || (minus && v != 0) ? -1 : (int32_t)v;
}

/* 1 if two texts are the same; the case of ASCII letters does not count. */
static int amt__same_text(const char *a, const char *b)
{
  while (*a != 0 && amt__same_char((unsigned char)*a, (unsigned char)*b))
    a++, b++;
  return *a == *b;
}

/* The code that the table has for a status as it was sent, or -1. */
static int32_t amt__status_of_site(const amt_job *j)
{
  const amt_status_word *w = AMT__ANY_WIRE ? amt__wire(j)->status : NULL;
  for (; w != NULL && w->text != NULL; w++)
    if (amt__same_text(w->text, j->name)) return w->code;
  return -1;
}

static void amt__status_value(amt_job *j)
{
  size_t  n = j->len__;
  int32_t code;
  if (n == 0) return; /* blanks: as absent as null */
  j->seen__ |= AMT__SEEN_STATUS;
  j->got__ = AMT_CODE_UNDEFINED;
  if (n == 255) return; /* no status is that long */
  while ((unsigned char)j->name[n - 1u] <= ' ') n--; /* the first is none */
  j->name[n] = 0;
  code = amt__status_of_site(j);
  if (code < 0) code = amt__whole(j->name, n);
  if (code < 0) code = amt_status_code(j->name, n);
  if (code < 0) return;
  j->got__ = code;
  j->name[0] = 0;
}

/* 1 if an id names a job (published: one above 0): it is not empty, 0 or less,
   or a GUID of zeros. */
static int amt__is_id(const char *id)
{
  if (*id == '"') id++;
  if (*id == '-') return 0;
  for (; *id != 0; id++) {
    unsigned c = (unsigned char)*id;
    if (c > '0' && c != '{' && c != '}') return 1;
  }
  return 0;
}

/* Refuses a reply that names another job. An empty id, or 0, which .NET writes
   for a member without a value, names none. Only the beginning of a long id is
   compared. */
static void amt__compare_id(amt_job *j)
{
  const char *ours = j->id, *its = j->time;
  if (!amt__is_id(its)) return;
  if (*ours == '"') ours++;
  while (*its != 0 && amt__same_char((unsigned char)*ours,
                                     (unsigned char)*its)) ours++, its++;
  if (*its != 0 || (*ours != 0 && *ours != '"' && j->len__ != 255))
    amt__note_error(j, AMT_E_OTHER_ID);
}

/* Takes an id: a Start brings ours; any other reply's must be equal to it. */
static void amt__id(amt_job *j)
{
  if (j->op != AMT_START) amt__compare_id(j);
  else if (j->len__ == 255) j->seen__ |= AMT__SEEN_BAD_ID;
  else if (amt__is_id(j->id)) j->seen__ |= AMT__SEEN_ID;
}

/* The list of messages; a reply has one at most. */
static void amt__list_begins(amt_job *j)
{
  if (j->seen__ & AMT__SEEN_LIST) amt__note_error(j, AMT_E_DUPLICATE);
  j->seen__ |= AMT__SEEN_LIST;
}

/* Lends the next line of a log that is one string, or the part of it that has
   come. A CR that is alone, or ends a piece, does not end the line. */
static void amt__line(amt_job *j)
{
  const char    *p = j->lines__;
  size_t         n = 0, used, left = j->lines_len__;
  amt_json_token t;
  while (n < left && p[n] != '\n' && p[n] != '\r') n++;
  t.text = p;
  t.len = used = n;
  if (n < left) {
    used += p[n] == '\r' && n + 1 < left && p[n + 1] == '\n' ? 2u : 1u;
    t.last = p[used - 1] == '\n';
  } else { /* the last line may have no end of its own */
    t.last = (j->seen__ & AMT__LINES_END) &&
             (n != 0 || (j->seen__ & AMT__ELEMENT_TEXT));
    j->seen__ &= (uint16_t)~AMT__LINES_END;
  }
  j->lines__ += used;
  j->lines_len__ -= used;
  if (n != 0 || t.last) amt__text(j, &t);
  if (!t.last) return;
  amt__element_ends(j);
  amt__element_begins(j);
}

/* Gives lines until one is lent; amt_next asks for the others. */
static void amt__lines(amt_job *j)
{
  while (j->event__ == 0 &&
         (j->lines_len__ != 0 || (j->seen__ & AMT__LINES_END)))
    amt__line(j);
}

/* A piece of a list of messages that is one string. */
static void amt__lines_piece(amt_job *j, const amt_json_token *t)
{
  if (t->first) {
    amt__list_begins(j);
    amt__element_begins(j);
  }
  if (j->cause != 0) return; /* a second list */
  j->lines__ = t->text;
  j->lines_len__ = t->len;
  if (t->last) j->seen__ |= AMT__LINES_END;
  amt__lines(j);
}

/* Whether a 2xx is a success. The last member of that name counts. */
static void amt__success(amt_job *j, int success)
{
  j->seen__ &= (uint16_t)~AMT__SEEN_FAILURE;
  if (!success) j->seen__ |= AMT__SEEN_FAILURE;
}

static uint32_t amt__milliseconds(uint64_t seconds)
{
  return seconds < 2000000u ? (uint32_t)seconds * 1000u : 2000000000u;
}

/* A value that has gathered, whole. */
static void amt__value_ends(amt_job *j, const char *text)
{
  unsigned field = j->field__;
  uint64_t n;
  if (field == AMT_REPLY_ID) {
    amt__id(j);
  } else if (field == AMT_REPLY_STATUS) {
    amt__status_value(j);
  } else if (field == AMT_REPLY_TIME) {
    if (j->len__ == 255) j->time[0] = 0;
  } else if (AMT__ANY_WIRE && field == AMT_REPLY_SUCCESS) {
    amt__success(j, !amt__same_text("false", text) &&
                    !amt__same_text("0", text));
  } else if (amt_json_uint64(text, j->len__, &n) != 0) {
    return;
  } else if (field == AMT_REPLY_SEQUENCE) {
    amt__number(j, n);
  } else {
    j->session__->token__life = amt__milliseconds(n);
  }
}

enum { AMT__LEFT_MAX = 200 };

/* A piece of a string that no name is for. */
static void amt__words(amt_job *j, amt_json_token *t, int good)
{
  unsigned kind = AMT_MSG_OTHER, room = j->left__;
  if (j->words__ != 0 || j->call__.json.depth == 0) {
    kind = good ? AMT_MSG_REPLY : AMT_MSG_ERROR;
  } else {
    if (good || room == 0) return;
    j->left__ = (uint8_t)(t->len < room ? room - t->len : 0);
    if (t->len > room) t->len = amt__whole_characters(t->text, room);
    if (j->left__ == 0) t->last = 1;
  }
  amt__lend(j, t, kind);
}

/* A piece of a string or a number. */
AMT__OWN void amt__scalar(amt_job *j, amt_json_token *t, int string)
{
  const char *text;
  int         good = amt__is_good(j);
  int         heard = amt__is_heard(j);
  unsigned    field = j->field__;
  if (t->first && t->last && t->len == 0 && field <= AMT_REPLY_STATUS)
    field = AMT__NONE; /* empty: as absent as null */
  switch (field) {
  case AMT_REPLY_TOKEN: amt__token(j, t); break;
  case AMT_REPLY_MESSAGE:
    if (!heard) break;
    amt__lend(j, t, good ? AMT_MSG_REPLY : AMT_MSG_ERROR);
    break;
  case AMT_REPLY_TEXT: amt__text(j, t); break;
  case AMT_REPLY_MORE: break;
  case AMT_REPLY_MESSAGES:
    if (AMT__ANY_WIRE && good) amt__lines_piece(j, t);
    /* fall through */
  case AMT__NONE:
    if (heard && string && (t->len != 0 || !t->first))
      amt__words(j, t, good);
    break;
  case AMT_REPLY_ID:
    if (!good) break;
    j->seen__ &= (uint16_t)~(AMT__SEEN_ID | AMT__SEEN_BAD_ID);
    /* fall through */
  default:
    text = amt__gather(j, t, string);
    if (text != NULL) amt__value_ends(j, text);
    if (AMT__ANY_WIRE && !good && string && j->call__.json.depth == 0)
      amt__words(j, t, good);
    break;
  }
  if (t->last) j->field__ = AMT__NONE;
}

/* An object or an array begins. */
static void amt__opens(amt_job *j, int array)
{
  unsigned depth = j->call__.json.depth;
  int      good = amt__is_good(j);
  if (AMT__ANY_WIRE && array) j->lists__++;
  if (array && j->field__ == AMT_REPLY_MESSAGES && good) {
    amt__list_begins(j);
    j->list__ = (uint8_t)depth;
  } else if (j->field__ == AMT_REPLY_MESSAGE && amt__is_heard(j)) {
    if (j->words__ == 0) j->words__ = (uint8_t)depth;
  } else if (j->list__ != 0 && depth == j->list__ + 1u) {
    amt__element_begins(j);
  }
  j->field__ = AMT__NONE;
}

/* One has ended. */
static void amt__closes(amt_job *j, int array)
{
  unsigned depth = j->call__.json.depth;
  if (AMT__ANY_WIRE && array) j->lists__--;
  if (depth < j->words__) j->words__ = 0;
  if (j->list__ == 0) return;
  if (depth == j->list__) amt__element_ends(j);
  else if (depth < j->list__) j->list__ = 0;
}

/* A piece of a string or a number, maybe a message by itself. */
static void amt__piece(amt_job *j, amt_json_token *t, int string)
{
  int element = j->list__ != 0 && j->call__.json.depth == j->list__;
  if (element && t->first) {
    amt__element_begins(j);
    j->field__ = AMT_REPLY_TEXT;
  }
  amt__scalar(j, t, string);
  if (element && t->last) amt__element_ends(j);
}

/* true, false or null. */
static void amt__literal_value(amt_job *j, int type)
{
  unsigned field = j->field__;
  if (type == AMT_JSON_TRUE && field == AMT_REPLY_MORE)
    j->seen__ |= AMT__SEEN_MORE;
  if (type == AMT_JSON_NULL && field == AMT_REPLY_MESSAGES)
    j->seen__ |= AMT__SEEN_LIST; /* a list with nothing in it */
  if (AMT__ANY_WIRE && field == AMT_REPLY_SUCCESS && type != AMT_JSON_NULL)
    amt__success(j, type == AMT_JSON_TRUE);
  j->field__ = AMT__NONE;
  if (j->list__ == 0 || j->call__.json.depth != j->list__) return;
  amt__element_begins(j);
  amt__element_ends(j);
}

/* NOLINTBEGIN: a key, a string and a number have set t. */
AMT__APART void amt__read(amt_job *j, int type, amt_json_token *t)
{
  const char *text;
  switch (type) {
  case AMT_JSON_KEY:
    if (AMT__SMALL && t->first && t->last) {
      amt__name(j, t->text, t->len);
    } else {
      text = amt__gather(j, t, 0);
      if (text != NULL) amt__name(j, text, j->len__);
    }
    break;
  case AMT_JSON_STRING: case AMT_JSON_NUMBER:
    amt__piece(j, t, type == AMT_JSON_STRING);
    break;
  case AMT_JSON_OBJECT: case AMT_JSON_ARRAY:
    amt__opens(j, type == AMT_JSON_ARRAY);
    break;
  case AMT_JSON_OBJECT_END: case AMT_JSON_ARRAY_END:
    amt__closes(j, type == AMT_JSON_ARRAY_END);
    break;
  default: amt__literal_value(j, type); break;
  }
  j->call__.json.repaired = 0;
}

/* A shorter way for the most frequent tokens: a name, and a value that nobody
   wants. 0 if this is neither. *lengths: what amt__lengths tells here; 0 if it
   has not been asked. */
AMT__INLINE int amt__read_short(amt_job *j, int type, const amt_json_token *t,
                                uint32_t *lengths)
{
  if (AMT__SMALL) return 0;
  if (type == AMT_JSON_KEY && t->first && t->last) {
    if (*lengths == 0) *lengths = amt__lengths(j);
    if (t->len <= AMT_NAME_MAX && (*lengths >> t->len & 1u))
      amt__name(j, t->text, t->len);
  } else if ((type != AMT_JSON_STRING && type != AMT_JSON_NUMBER) ||
             j->field__ != AMT__NONE || j->list__ != 0 || amt__is_heard(j)) {
    return 0;
  }
  j->call__.json.repaired = 0;
  return 1;
}
/* NOLINTEND */

/* ------------------------------------------------------------------------
   >>page

   What a server or a proxy says without JSON: the text of an HTML page, of a
   fault in XML, or plain text. A page of any size may come in pieces of any
   size, so it is read a byte at a time, with two bytes of state, and its text
   gathers in place. Tags, comments, controls, and <style> and <script> with
   their contents become blanks; blanks collapse; what is not UTF-8 becomes '?'.
   Values of header fields go through the same.

     TEXT, BLANK --'<'--> OPEN --> INSIDE what has begun, up to what ends it
       ^  ^                |         |                         |
       |  +----------------+         +<-- "</script" -- TAG <--+
       |    it begins nothing                            |
       +-------------------------------------------------+ '>'

   Below AMT__PAGE_TEXT the state is the byte in amt__page_words that is
   expected next. */

/* What may follow '<' and, 24 bytes on, what ends that; last a tag's end. */
static const char amt__page_words[8][8] = {
  "!--", "script", "style", "-->", "</scrip", "</style", ">", ""
};

enum {
  AMT__PAGE_OPEN,       /* after '<' */
  AMT__PAGE_INSIDE = 24,
  AMT__PAGE_TAG = 48,
  AMT__PAGE_TEXT = 56,
  AMT__PAGE_BLANK,      /* text, after a blank */
  AMT__PAGE_BEGIN,      /* of a body: nothing but blanks so far */
  AMT__PAGE_JSON
};

/* One byte: what it gives of the text, or 0. */
static unsigned amt__page_step(amt_job *j, unsigned c)
{
  const char *words = (const char *)amt__page_words;
  unsigned    s = j->page__, lower = c | (c & 64u) >> 1, gives = 0;
  if (s == AMT__PAGE_OPEN && c < '@' && c != '!' && c != '/' && c != '?')
    s = AMT__PAGE_BLANK; /* it begins no tag */
  if (s < AMT__PAGE_INSIDE) {
    while (s < AMT__PAGE_INSIDE && (unsigned char)words[s] != lower) s += 8;
    if (s >= AMT__PAGE_INSIDE) {
      s = AMT__PAGE_TAG;
    } else if (words[++s] != 0) {
      j->page__ = (uint8_t)s;
      return 0;
    } else {
      s = (s & 56u) + AMT__PAGE_INSIDE;
    }
  }
  if (s >= AMT__PAGE_TEXT) {
    if (c > ' ' && c != '<' && c != 0x7F) {
      s = AMT__PAGE_TEXT;
      gives = c;
    } else {
      if (s == AMT__PAGE_TEXT) gives = ' ';
      s = c == '<' ? AMT__PAGE_OPEN : AMT__PAGE_BLANK;
    }
  } else if ((unsigned char)words[s] != lower) {
    if ((unsigned char)words[s - 1u] != lower) s &= 56u;
  } else if (words[++s] == 0) {
    s = c == '>' ? AMT__PAGE_BLANK : AMT__PAGE_TAG;
  }
  j->page__ = (uint8_t)s;
  return gives;
}

/* Takes one byte. Returns how many bytes it gives, in call__.json.utf8, which
   is free meanwhile: none; a whole character; or '?' for what was none, and the
   character after it. */
AMT__OWN unsigned amt__page_char(amt_job *j, unsigned c)
{
  amt_json *t = &j->call__.json;
  uint8_t   n = 0;
  int       r = -1;
  c = amt__page_step(j, c);
  if (c == 0) return 0;
  if (c >= 0x80) r = amt__json_step(t, c);
  if (r == 0) return 0;
  j->left__--;
  if (r > 0 && (t->utf8[0] != 0xC2 || t->utf8[1] >= 0xA0))
    return t->utf8_len & 7u;
  if (c >= 0x80 || t->state == AMT__J_UTF8) t->utf8[n++] = '?';
  if (c < 0x80) t->utf8[n++] = (uint8_t)c;
  t->state = AMT__J_STRING;
  t->utf8_len = n;
  return n;
}

/* Takes bytes up to a piece that can be lent, and returns how many. A character
   that began in an earlier buffer may be longer than its part in this one: then
   it is lent alone. */
static size_t amt__page(amt_job *j, unsigned char *p, size_t n, unsigned kind)
{
  amt_json      *json = &j->call__.json;
  amt_json_token t;
  size_t         i = 0, m;
  t.text = (const char *)p;
  t.len = 0;
  t.first = j->left__ == AMT__LEFT_MAX;
  while (i < n && j->left__ != 0) {
    m = amt__page_char(j, p[i++]);
    if (m > i - t.len) {
      t.text = (const char *)json->utf8;
      t.len = m;
      break;
    }
    if (m != 0) t.len = amt__json_gather(json, p, t.len, i);
  }
  t.last = j->left__ == 0;
  if (t.len != 0) amt__lend(j, &t, kind);
  return t.last ? n : i;
}

static void amt__page_begins(amt_job *j)
{
  j->page__ = AMT__PAGE_BLANK;
  j->call__.json.state = AMT__J_STRING;
}

/* The last piece is the last, or an empty one is. */
AMT__OWN void amt__page_ends(amt_job *j, unsigned kind)
{
  static const amt_json_token none = { "", 0, 0, 1 };
  if (j->event__ != 0) j->msg_more = 0;
  else if (j->left__ - 1u < AMT__LEFT_MAX - 1u) amt__lend(j, &none, kind);
  j->page__ = AMT__PAGE_BEGIN;
  j->left__ = AMT__LEFT_MAX;
  j->call__.json.state = AMT__J_START;
}

/* Before the reply's first byte. */
static void amt__reply_begins(amt_job *j)
{
  memset(&j->call__, 0, sizeof j->call__);
  memset(j->open__, 0, sizeof j->open__);
  j->http_status = 0;
  j->retry_after__ = 0;
  j->cause = 0;
  j->seen__ = AMT__SEEN_EMPTY;
  j->list__ = j->lists__ = 0;
  j->words__ = 0;
  j->left__ = AMT__LEFT_MAX;
  j->len__ = 0;
  j->page__ = AMT__PAGE_BEGIN;
  j->skip__ = 0;
  j->has_sequence = 0;
  j->flags__ &= (uint16_t)~(AMT__TAKEN | AMT__BROKEN);
  if (j->op == AMT_START) j->id[0] = 0;
  j->field__ = AMT__NONE;
}

AMTDEF void amt_reply_sent(amt_job *j)
{
  if (!(j->flags__ & AMT__PRODUCING)) return;
  j->flags__ &= (uint16_t)~AMT__PRODUCING;
  j->session__->producing__--;
  memset(&j->call__, 0, sizeof j->call__);
  j->call__.json.repair = j->session__->repair;
}

AMTDEF void amt_reply_status(amt_job *j, int http_status, uint32_t retry_after)
{
  amt_reply_sent(j);
  j->flags__ |= AMT__TAKEN; /* whatever the end of the call says */
  j->session__->reached__ = 1;
  j->http_status = (uint16_t)http_status;
  j->retry_after__ = amt__milliseconds(retry_after);
  if (AMT__ANY_WIRE) amt__itself(j);
}

AMTDEF size_t amt_reply_field(amt_job *j, unsigned kind, void *p, size_t n,
                              int last)
{
  size_t done = 0;
  if (j->phase__ != AMT__CALLING) return n;
  amt_reply_sent(j);
  if (j->page__ == AMT__PAGE_BEGIN) amt__page_begins(j);
  while (done < n && j->event__ == 0)
    done += amt__page(j, (unsigned char *)p + done, n - done, kind);
  if (done == n && last) amt__page_ends(j, kind);
  return done;
}

/* The JSON is broken. The call fails for this only if it has no other reason to
   fail. A status in such a reply does not count. */
static void amt__not_json(amt_job *j, int error)
{
  if (amt__is_class(j->http_status, 2)) amt__note_error(j, error);
  j->seen__ &= (uint16_t)~AMT__SEEN_STATUS;
}

/* The first byte that is no blank, nor of a byte order mark, tells what a body
   is: JSON, which that of a 2xx must be, or a page. 1: it is not known yet. */
static int amt__body_begins(amt_job *j, unsigned c)
{
  if (amt__is_class(j->http_status, 2)) {
    j->page__ = AMT__PAGE_JSON;
    return 0;
  }
  if (c <= ' ' || c == 0xEF || c == 0xBB || c == 0xBF) return 1;
  if (c == '{' || c == '[' || c == '"') j->page__ = AMT__PAGE_JSON;
  else amt__page_begins(j);
  return 0;
}

AMTDEF size_t amt_reply_data(amt_job *j, void *p, size_t n)
{
  size_t         done = 0, used;
  uint32_t       lengths = 0;
  amt_json_token token;
  AMT_ASSERT(j->phase__ >= AMT__CALLING); /* AMT_CALL comes first */
  if (n != 0) j->seen__ &= (uint16_t)~AMT__SEEN_EMPTY;
  while (done < n && j->event__ == 0) {
    unsigned char *at = (unsigned char *)p + done;
    int            type, taken;
    if (j->cause != 0 || j->phase__ != AMT__CALLING) return n; /* in vain */
    if (j->page__ == AMT__PAGE_BEGIN && amt__body_begins(j, *at)) {
      done++;
      continue;
    }
    if (j->page__ != AMT__PAGE_JSON) {
      done += amt__page(j, at, n - done, AMT_MSG_PAGE);
      continue;
    }
    do {
      type = amt__json_token(&j->call__.json, at, n - done, &used, &token);
      done += used;
      at += used;
      taken = amt__read_short(j, type, &token, &lengths);
    } while (taken && done < n);
    if (type < 0) {
      amt__not_json(j, type);
      return n;
    }
    if (!taken && type != AMT_JSON_MORE) amt__read(j, type, &token);
    if (type != AMT_JSON_STRING && type != AMT_JSON_NUMBER) lengths = 0;
  }
  return done;
}

/* ------------------------------------------------------------------------
   >>job

   One function decides which call comes next (amt__choose), and one for each
   call decides what its end means (amt__after_...).

   The phases of a job (phase__), and what moves it:

     NEW -- its values are good --> READY <-- due__, amt_stop -- WAITING
                                     | ^                          ^
                           amt__call | | the next call, or        |
                                     v | the same at once         | a pause
                              CALLING  |                          |
                                     | |                          |
                       amt_reply_end | |                          |
                                     v |                          |
                              ANSWERED +--------- amt__after_... -+
                                     |
                                     v
                              FINISHED --> ENDED: AMT_DONE
     from any: amt_forget, or an error that is final --> LOST: AMT_FAILED

   What holds between two calls of the library:
   - A reply is heard in CALLING only. What belongs to one reply is reset by
     amt__reply_begins, or where a call begins: seen__, list__, lists__, len__,
     words__, left__, page__, field__, skip__, call__, open__, cause.
     What is known of the log stays: given__, beyond__, after__, part__, last__,
     log__.
   - ENDED and LOST are for ever, and such a job holds nothing of its session.
   - Once start is not NONE, no Start is sent. Until then it goes again in two
     cases only: nothing of it was TAKEN; or a complete 401, once, which sets
     REAUTHENTICATED until the Start is KNOWN. A redirect leaves start NONE, and
     LOST keeps it from going again.
   - WATCHED implies start KNOWN; FINAL implies WATCHED, and amt__after_...
     replaces no status then.
   - An outage lasts while backoff__ is not 0, since failed__.
   The sign-in that jobs share:
   - signing__ is the job whose sign-in is CALLING or ANSWERED; NULL if none.
     The others wait in READY. When the session's failures__ differs from
     theirs, that sign-in has failed, by error__: it is their failure, too.
   - It begins only when producing__ is 0, which counts the requests that are
     half sent (PRODUCING): they are made with the token, and the sign-in writes
     to its room.
   - stale__: the token of this token_number__ was refused. A 401 sets it if the
     call had that number; otherwise the token has been replaced meanwhile. */

/* Beside the events: nothing to tell, go on with the next phase. */
enum { AMT__NOTHING = 100 };

static uint32_t amt__duration(uint32_t value, uint32_t otherwise)
{
  if (value == AMT_ZERO) return 0;
  return value != 0 ? value : otherwise;
}

AMT__OWN void amt__begin(amt_job *j, amt_session *s, const amt_task *t,
                         const char *application)
{
  AMT_ASSERT(s != NULL);
  AMT_ASSERT(s->signing__ != j); /* begun again while it runs */
  AMT_ASSERT((s->jobs__++, 1));
  memset(j, 0, sizeof *j);
  j->session__ = s;
  j->task__ = t;
  j->application__ = application;
  j->status = -1;
}

/* Copies the id that the caller gives, if any. */
AMT__OWN void amt__take_id(amt_job *j, const char *id)
{
  char           room[AMT_ID_SIZE];
  amt_json_token t;
  int            number;
  if (id == NULL) return;
  j->start = AMT_START_KNOWN;
  number = amt__bare_id(&j->call__.json, id, room, &t);
  t.first = t.last = 1;
  j->field__ = AMT_REPLY_ID;
  /* NOLINTNEXTLINE: amt__bare_id has set t. */
  if (t.len != 0) amt__gather(j, &t, !number);
}

AMTDEF void amt_start(amt_job *j, amt_session *s, const amt_task *t)
{
  AMT_ASSERT(t != NULL);
  amt__begin(j, s, t, t->application);
  j->op = AMT_START;
}

AMTDEF void amt_attach(amt_job *j, amt_session *s, const char *application,
                       const char *id)
{
  amt__begin(j, s, NULL, application);
  amt__take_id(j, id);
  j->op = AMT_MONITOR;
}

AMTDEF void amt_once(amt_job *j, amt_session *s, amt_op op, const amt_task *t,
                     const char *id)
{
  AMT_ASSERT(op < AMT_CALLS);
  amt__begin(j, s, op == AMT_START ? t : NULL,
             t != NULL ? t->application : NULL);
  if (op > AMT_START) amt__take_id(j, id);
  j->op = (uint8_t)op;
  j->wish__ = (uint8_t)op;
  j->flags__ |= AMT__ONCE;
}

AMTDEF void amt_stop(amt_job *j, amt_op stop_or_kill)
{
  AMT_ASSERT(stop_or_kill == AMT_STOP || stop_or_kill == AMT_KILL);
  if ((j->flags__ & AMT__ONCE) || (uint8_t)stop_or_kill <= j->wish__) return;
  j->wish__ = (uint8_t)stop_or_kill;
  j->flags__ &= (uint16_t)~AMT__STOP_TRIED;
  j->flags__ |= AMT__STOPPING;
  if (j->phase__ == AMT__WAITING) j->phase__ = AMT__READY;
}

/* Says that a fetched password is no longer needed. */
static void amt__give_back(amt_session *s)
{
  if (s->secret == NULL || s->password == NULL) return;
  s->password = NULL;
  s->secret(s->ctx, 0);
}

/* The job no longer holds anything of its session. */
static void amt__release(amt_job *j)
{
  amt_session *s = j->session__;
  amt_reply_sent(j);
  if (s->signing__ != j) return;
  s->signing__ = NULL;
  amt__give_back(s);
}

AMT__OWN int amt__end(amt_job *j, int event, int error, int32_t code)
{
  AMT_ASSERT(j->session__->jobs__-- != 0);
  amt__release(j);
  j->error = (int16_t)error;
  j->code = (uint8_t)(code >= 0 && code <= 255 ? code
                                               : (int32_t)AMT_CODE_UNDEFINED);
  j->phase__ = event == AMT_DONE ? AMT__ENDED : AMT__LOST;
  return event;
}

/* 1 if bytes of the Start may have left, and its outcome is not known. */
static int amt__start_may_be_out(const amt_job *j)
{
  return j->op == AMT_START && j->start == AMT_START_NONE &&
         (j->phase__ == AMT__CALLING ||
          (j->phase__ == AMT__ANSWERED && (j->flags__ & AMT__TAKEN)));
}

/* 1 if the Start's reply has brought an id that can be used. */
static int amt__has_id(const amt_job *j)
{
  return amt__is_good(j) && (j->seen__ & AMT__SEEN_ID);
}

AMTDEF void amt_forget(amt_job *j)
{
  if (j->session__ == NULL || j->phase__ >= AMT__ENDED) return;
  if (j->session__->signing__ == j) j->session__->token__len = 0;
  if (amt__start_may_be_out(j))
    j->start = amt__has_id(j) ? AMT_START_KNOWN : AMT_START_UNKNOWN;
  if (j->start != AMT_START_KNOWN) j->id[0] = 0;
  amt__end(j, AMT_FAILED, AMT_E_FORGOTTEN, AMT_CODE_UNDEFINED);
  j->event__ = 0;
  j->msg = NULL; /* nothing is lent any more, and nothing will be */
  j->msg_len = j->lines_len__ = 0;
  j->seen__ = 0;
}

static void amt__credentials_taken(amt_session *s)
{
  s->error__ = 0;
  s->refusals__ = 0;
}

AMTDEF int amt_session_credentials(amt_session *s, const char *user,
                                   const char *password)
{
  if (s->signing__ != NULL || s->producing__ != 0) return 0;
  amt__give_back(s);
  s->user = user;
  s->password = password;
  s->token__len = 0;
  s->token_number__++;
  amt__credentials_taken(s);
  return 1;
}

AMTDEF void amt_session_end(amt_session *s)
{
  AMT_ASSERT(s->signing__ == NULL); /* a job of it is in mid-call: */
  AMT_ASSERT(s->producing__ == 0);  /* amt_forget or amt_drop it first, */
  AMT_ASSERT(s->jobs__ == 0);       /* as one that only waits */
  amt__give_back(s);
  if (s->token != NULL) amt_wipe(s->token, s->token_room);
  amt_wipe(s, sizeof *s);
}

/* Ends a run that has failed. A completion code that is known is not replaced:
   only the log is not whole then. A job that may still run gets no code that
   advises to start it again. */
static int amt__fail(amt_job *j, int error, int32_t code)
{
  if (j->flags__ & AMT__FINAL) return amt__end(j, AMT_DONE, error, j->status);
  if (j->start >= AMT_START_UNKNOWN) code = AMT_CODE_UNDEFINED;
  return amt__end(j, AMT_FAILED, error, code);
}

/* Refused for good. A single call (amt_once) reports its code as it is, since
   that makes nobody start a job again. */
static int amt__fail_refused(amt_job *j, int error, int32_t code)
{
  if (j->flags__ & AMT__ONCE) return amt__end(j, AMT_FAILED, error, code);
  return amt__fail(j, error, code);
}

/* Gives up: AMT_E_LOST for a job that may still run; for one that has ended
   AMT_DONE, by amt__fail, with a log that is not whole. */
static int amt__lost(amt_job *j, int error)
{
  if (j->start == AMT_START_KNOWN && !(j->flags__ & AMT__FINAL)) {
    j->cause = (int16_t)error;
    return amt__fail(j, AMT_E_LOST, AMT_CODE_UNDEFINED);
  }
  return amt__fail(j, error, AMT_CODE_WEB_SERVER_ERROR);
}

static void amt__sleep(amt_job *j, uint32_t now, uint32_t ms)
{
  j->phase__ = AMT__WAITING;
  j->due__ = now + ms;
  j->wait = ms;
}

/* A number below n, from the session's seed. */
static uint32_t amt__jitter(amt_session *s, uint32_t n)
{
  uint32_t x = s->seed + 0x9E3779B9u;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  s->seed = x;
  return (x >> 16) * n >> 16;
}

/* 1 for an error that does not pass. But a bad certificate may be replaced: if
   the server was verified before, it does not end the run. */
static int amt__permanent(const amt_job *j, int error)
{
  if (AMT_IS_TLS(error) && j->start != AMT_START_NONE)
    return !j->session__->reached__;
  return AMT_IS_PERMANENT(error);
}

/* A failure that may pass: again after a while, until the server has been
   away too long. */
static int amt__retry_later(amt_job *j, int error, uint32_t now)
{
  uint32_t give_up = amt__duration(j->session__->give_up, 300000u);
  uint32_t away, ms;
  if (j->backoff__ == 0) {
    j->failed__ = now;
    j->backoff__ = 500;
  }
  if ((now - j->failed__) & 0x80000000u) j->failed__ = now; /* it went back */
  away = now - j->failed__;
  if (amt__permanent(j, error))
    return amt__fail(j, error, AMT_CODE_WEB_SERVER_ERROR);
  if (away >= give_up) return amt__lost(j, error);
  ms = j->backoff__ / 2u;
  ms += amt__jitter(j->session__, ms);
  if (j->backoff__ < 30000u) j->backoff__ = (uint16_t)(j->backoff__ * 2u);
  if (ms < j->retry_after__) ms = j->retry_after__;
  if (ms > give_up - away) ms = give_up - away;
  amt__sleep(j, now, ms);
  j->error = (int16_t)error;
  return AMT_RETRYING;
}

/* 1 if a stop or kill is the next call: a new wish, or its turn has come. */
static int amt__stop_is_due(const amt_job *j)
{
  return (j->flags__ & (AMT__STOPPING | AMT__STOP_TRIED)) == AMT__STOPPING;
}

/* Which call is next. */
static amt_op amt__choose(const amt_job *j)
{
  if (j->flags__ & AMT__ONCE) return (amt_op)j->wish__;
  if (j->start == AMT_START_NONE) return AMT_START;
  if (j->flags__ & AMT__FINAL) return AMT_MESSAGES;
  if (amt__stop_is_due(j)) return (amt_op)j->wish__;
  return j->flags__ & AMT__LIVE_DUE ? AMT_MESSAGES : AMT_MONITOR;
}

/* 1: the token is usable; 0: this job must sign in; -1: wait for another job's
   sign-in. */
static int amt__token_state(amt_job *j, uint32_t now)
{
  amt_session *s = j->session__;
  uint32_t     age = now - s->token__time, life = s->token__life;
  if (!amt__signs_in(j)) return 1;
  if (s->signing__ != NULL) return -1;
  /* An eighth of its life is kept in reserve, at most half a minute. */
  if (life != 0)
    life -= life / 8u < 30000u ? life / 8u : 30000u;
  if (s->token__len != 0 && !s->stale__ && (life == 0 || age < life)) return 1;
  return s->producing__ != 0 ? -1 : 0;
}

/* Another job signs in. If that fails, it is this job's failure, too: all who
   wait share one outage, and one refusal. */
static int amt__await_token(amt_job *j, uint32_t now)
{
  amt_session *s = j->session__;
  if (j->failures__ != s->failures__ && s->error__ != 0) {
    j->failures__ = s->failures__;
    j->retry_after__ = 0; /* that was another reply's */
    return amt__retry_later(j, s->error__, now);
  }
  amt__sleep(j, now, 10);
  j->phase__ = AMT__READY;
  return AMT_BUSY;
}

static int amt__call(amt_job *j, amt_op op)
{
  amt_session *s = j->session__;
  int          unjudged;
  j->op = (uint8_t)op;
  if (op == AMT_SIGN_IN) {
    s->signing__ = j;
    s->token__len = 0;
    s->token__life = 0;
  }
  unjudged = s->token__len == 0;
  if (s->secret != NULL && s->password == NULL &&
      (op == AMT_SIGN_IN || amt__is_basic(j))) {
    s->password = s->secret(s->ctx, 1);
    unjudged = 1;
  }
  if (unjudged) {
    int e = amt__check_call(j, op);
    if (e != 0) return amt__fail(j, e, AMT_CODE_AUTHENTICATION_ERROR);
    if (!amt__signs_in(j)) s->token__len = 1; /* no more than that it is fit */
  }
  amt__reply_begins(j);
  j->token_number__ = s->token_number__;
  j->failures__ = s->failures__;
  j->flags__ |= AMT__PRODUCING;
  s->producing__++;
  j->phase__ = AMT__CALLING;
  return AMT_CALL;
}

/* The session's credentials were refused. They are tried again only for a job
   that the server knows, three times in all, and not at once, since directories
   lock accounts. AMT__NOTHING: it is time for the next try. */
static int amt__after_refusal(amt_job *j, uint32_t now)
{
  const amt_session *s = j->session__;
  uint32_t pause = s->refusals__ == 1 ? 5000u : 60000u;
  uint32_t passed = amt__elapsed(now, s->refused__);
  if (!(j->flags__ & AMT__WATCHED)) {
    j->http_status = s->http_status__;
    return amt__fail_refused(j, s->error__, AMT_CODE_AUTHENTICATION_ERROR);
  }
  if (s->refusals__ >= 3) return amt__lost(j, s->error__);
  if (passed >= pause) return AMT__NOTHING;
  j->retry_after__ = pause - passed;
  return amt__retry_later(j, s->error__, now);
}

static int amt__ready(amt_job *j, uint32_t now)
{
  amt_op op = amt__choose(j);
  int    token;
  if (op == AMT_START && (j->flags__ & AMT__STOPPING))
    return amt__end(j, AMT_FAILED, AMT_E_CANCELLED, AMT_CODE_KILLED);
  token = amt__token_state(j, now);
  if (token < 0) return amt__await_token(j, now);
  if (AMT_IS_REFUSAL(j->session__->error__) &&
      (token == 0 || (j->flags__ & AMT__WATCHED))) {
    int event = amt__after_refusal(j, now);
    if (event != AMT__NOTHING) return event;
  }
  if (token == 0) return amt__call(j, AMT_SIGN_IN);
  if (op == AMT_SIGN_IN) { /* it was to be just that */
    j->phase__ = AMT__FINISHED;
    return AMT__NOTHING;
  }
  if (op == AMT_START && !(j->flags__ & AMT__ANNOUNCED)) {
    j->flags__ |= AMT__ANNOUNCED;
    return AMT_STARTING;
  }
  return amt__call(j, op);
}

/* --- what the end of a call means ---

   The manual has the same as a table, and a test compares the two. */

/* How the call has ended: 0 if all is good; a refusal, by the HTTP status; or
   the error that makes the reply useless. */
AMT__OWN int amt__outcome(const amt_job *j)
{
  unsigned st = j->http_status;
  if (j->flags__ & AMT__BROKEN) return j->cause;
  if (amt__is_class(st, 2)) {
    if (j->cause != 0 || amt__is_good(j)) return j->cause;
    return j->op == AMT_SIGN_IN ? AMT_E_SIGN_IN : AMT_E_REFUSED;
  }
  if (amt__is_class(st, 3)) return AMT_E_REDIRECT;
  if (!amt__is_class(st, 4) || st == 408u || st == 425u || st == 429u)
    return AMT_E_SERVER;
  if (j->op == AMT_SIGN_IN) {
    if (st == 404u || st == 405u) return AMT_E_NO_PATH;
    return st == 401u || st == 403u ? AMT_E_SIGN_IN : AMT_E_REFUSED;
  }
  if (st == 401u)
    return j->flags__ & AMT__REAUTHENTICATED ? AMT_E_TOKEN_REFUSED
                                             : AMT_E_SIGN_IN;
  return st == 403u ? AMT_E_FORBIDDEN : AMT_E_REFUSED;
}

/* 1 if this answer is final. None is once the server knows the job: a directory
   may fail for a moment, a node may be replaced, a restart takes a while. */
static int amt__is_final(const amt_job *j, int error)
{
  if ((j->flags__ & AMT__WATCHED) || !AMT_IS_REFUSAL(error)) return 0;
  return error != AMT_E_REFUSED || (j->flags__ & AMT__ONCE) ||
         j->http_status == 404u;
}

static int amt__refuse(amt_job *j, int error)
{
  return amt__fail_refused(j, error, error == AMT_E_REFUSED
                             ? AMT_CODE_ERROR : AMT_CODE_AUTHENTICATION_ERROR);
}

/* The sign-in has failed, for all jobs of the session that wait for it. */
AMT__OWN void amt__sign_in_failed(amt_job *j, int error)
{
  amt_session *s = j->session__;
  s->error__ = (int16_t)error;
  s->http_status__ = j->http_status;
  s->failures__++;
  j->failures__ = s->failures__;
  amt__release(j);
}

static int amt__credentials_refused(amt_job *j, int error, uint32_t now)
{
  amt_session *s = j->session__;
  s->refused__ = now;
  s->refusals__++;
  amt__sign_in_failed(j, error);
  return amt__after_refusal(j, now);
}

static int amt__signed_in(amt_job *j, uint32_t now)
{
  amt_session *s = j->session__;
  s->token_number__++;
  s->stale__ = 0;
  s->token__time = now;
  amt__credentials_taken(s);
  amt__release(j);
  return AMT__NOTHING;
}

static int amt__after_sign_in(amt_job *j, int error, uint32_t now)
{
  if (error == 0 && (j->seen__ & AMT__SEEN_TOKEN))
    return amt__signed_in(j, now);
  j->session__->token__len = 0;
  if (AMT_IS_REFUSAL(error)) return amt__credentials_refused(j, error, now);
  if (error == 0) error = j->cause = AMT_E_NO_TOKEN;
  amt__sign_in_failed(j, error);
  if (error == AMT_E_REDIRECT && j->start == AMT_START_NONE)
    return amt__fail(j, error, AMT_CODE_WEB_SERVER_ERROR);
  return amt__retry_later(j, error, now);
}

static int amt__started(amt_job *j, int ends, uint32_t now)
{
  j->start = AMT_START_KNOWN;
  j->cause = 0;
  j->flags__ &= (uint16_t)~AMT__REAUTHENTICATED;
  j->flags__ |= AMT__WATCHED;
  j->began__ = now;
  amt__sleep(j, now, amt__duration(j->session__->initial_delay, 10000u));
  if (ends || (j->flags__ & AMT__STOPPING)) j->phase__ = AMT__READY;
  if (j->flags__ & AMT__ONCE) j->phase__ = AMT__FINISHED;
  return AMT_STARTED;
}

/* The Start may have arrived. `start` and the phase LOST keep it from being
   sent again. */
static int amt__start_unknown(amt_job *j, int error)
{
  j->start = AMT_START_UNKNOWN;
  return amt__fail(j, error, AMT_CODE_UNDEFINED);
}

/* The reply to the Start tells how the job has ended. */
static int amt__ended_at_once(amt_job *j, int start)
{
  j->start = (uint8_t)start;
  j->status = j->got__;
  j->log_complete = 1;
  return amt__end(j, AMT_DONE, 0, j->got__);
}

/* What became of a Start: the job is known; or nothing was sent; or it was
   refused or redirected, or the job has ended at once; or nobody knows. */
static int amt__after_start(amt_job *j, int error, uint32_t now)
{
  int good = amt__is_class(j->http_status, 2);
  int no = amt__is_class(j->http_status, 4);
  int ends = (j->seen__ & AMT__SEEN_STATUS) && amt_status_ends(j->got__);
  if (amt__has_id(j)) return amt__started(j, ends, now);
  j->id[0] = 0;
  if (!(j->flags__ & AMT__TAKEN)) return amt__retry_later(j, error, now);
  if (AMT__ANY_WIRE && good && error == AMT_E_REFUSED) {
    j->start = AMT_START_REFUSED;
    return amt__refuse(j, error);
  }
  if (good && (j->seen__ & AMT__SEEN_BAD_ID))
    return amt__start_unknown(j, AMT_E_ID_LOST);
  if (j->flags__ & AMT__BROKEN)
    return amt__start_unknown(j, AMT_E_MAYBE_STARTED);
  if (ends && (good || no))
    return amt__ended_at_once(j, good ? AMT_START_KNOWN : AMT_START_REFUSED);
  if (error == AMT_E_REDIRECT)
    return amt__fail(j, error, AMT_CODE_WEB_SERVER_ERROR);
  if (!no || j->http_status == 408u)
    return amt__start_unknown(j, AMT_E_MAYBE_STARTED);
  j->start = AMT_START_REFUSED;
  return amt__refuse(j, error == AMT_E_SERVER ? AMT_E_REFUSED : error);
}

static uint32_t amt__interval(const amt_job *j, uint32_t now)
{
  const amt_session *s = j->session__;
  uint32_t           ms = amt__duration(s->poll, 5000u);
  uint32_t           share = amt__elapsed(now, j->began__) / 8u;
  if (share > s->poll_max) share = s->poll_max;
  return share > ms ? share : ms;
}

/* Waits for the next look at the job, unless there is a new wish to stop it. An
   old wish is repeated once after each wait. */
AMT__OWN int amt__wait_for_next_poll(amt_job *j, uint32_t now)
{
  amt__sleep(j, now, amt__interval(j, now));
  if (amt__stop_is_due(j)) j->phase__ = AMT__READY;
  j->flags__ &= (uint16_t)~AMT__STOP_TRIED;
  return AMT__NOTHING;
}

/* Takes the status that the reply has brought. 1 if it has changed. */
static int amt__take_status(amt_job *j)
{
  int32_t before = j->status;
  j->error = 0;
  j->flags__ &= (uint16_t)~AMT__NO_STATUS;
  if (!(j->seen__ & AMT__SEEN_STATUS)) {
    j->error = AMT_E_NO_STATUS;
    j->flags__ |= AMT__NO_STATUS;
    j->got__ = AMT_CODE_UNDEFINED;
    j->name[0] = 0;
  }
  j->status = j->got__;
  j->undefined__++;
  if (j->status != AMT_CODE_UNDEFINED) j->undefined__ = 0;
  return j->status != before;
}

static int amt__after_monitor(amt_job *j, int error, uint32_t now)
{
  unsigned messages = j->session__->messages;
  int      changed;
  if (amt__is_final(j, error)) return amt__refuse(j, error);
  /* Where no call signs in, a 401 is about the credentials. */
  if (error == AMT_E_SIGN_IN) return amt__credentials_refused(j, error, now);
  /* Where a look is refused, the server may still take a stop. */
  if (AMT_IS_REFUSAL(error)) j->flags__ &= (uint16_t)~AMT__STOP_TRIED;
  if (error != 0) return amt__retry_later(j, error, now);
  j->flags__ |= AMT__WATCHED;
  changed = amt__take_status(j);
  if (amt_status_ends(j->status) || j->undefined__ == 10) {
    j->flags__ |= AMT__FINAL;
    if (messages == AMT_NEVER) j->phase__ = AMT__FINISHED;
  } else if (messages == AMT_LIVE) {
    j->flags__ |= AMT__LIVE_DUE;
  } else {
    amt__wait_for_next_poll(j, now);
  }
  if (j->flags__ & AMT__ONCE) j->phase__ = AMT__FINISHED;
  return changed ? (int)AMT_STATUS : (int)AMT__NOTHING;
}

/* A list of messages has come whole. */
static int amt__after_list(amt_job *j, uint32_t now)
{
  int more = j->seen__ & AMT__SEEN_MORE;
  amt__list_ends(j);
  if (more && (j->seen__ & AMT__SEEN_NEW)) return AMT__NOTHING;
  j->flags__ &= (uint16_t)~AMT__LIVE_DUE;
  if (!(j->flags__ & (AMT__FINAL | AMT__ONCE)))
    return amt__wait_for_next_poll(j, now);
  if (more) return amt__end(j, AMT_DONE, AMT_E_LOG_REPEATS, j->status);
  j->log_complete = 1;
  j->phase__ = AMT__FINISHED;
  return AMT__NOTHING;
}

static int amt__after_messages(amt_job *j, int error, uint32_t now)
{
  if (j->seen__ & AMT__SEEN_NEW) j->bad_log__ = 0;
  if (error == 0 && (j->seen__ & AMT__SEEN_LIST))
    return amt__after_list(j, now);
  if (error == 0) error = j->cause = AMT_E_NO_MESSAGES;
  if (!(j->flags__ & (AMT__FINAL | AMT__ONCE))) {
    /* Live: MonitorJob decides whether the server is away. No event; the rest
       of the list comes after the next look. */
    j->flags__ &= (uint16_t)~(AMT__LIVE_DUE | AMT__REAUTHENTICATED);
    return amt__wait_for_next_poll(j, now);
  }
  if (amt__is_final(j, error)) return amt__refuse(j, error); /* of amt_once */
  /* Complete, but wrong or refused three times without a message between: it
     will not get better. The job has ended: only its log is at stake. */
  if (!(j->flags__ & AMT__BROKEN) &&
      (amt__is_class(j->http_status, 2) ||
       error < AMT_E_REFUSED) && /* 403, a second 401; others may pass */
      ++j->bad_log__ >= 3)
    return amt__fail(j, error, AMT_CODE_UNDEFINED);
  return amt__retry_later(j, error, now);
}

/* A refused stop or kill never ends the watch: the job's status does. */
static int amt__after_stop(amt_job *j, int error, uint32_t now)
{
  if ((j->seen__ & AMT__SEEN_EMPTY) && amt__is_class(j->http_status, 2) &&
      !(j->flags__ & AMT__BROKEN))
    error = j->cause = 0;
  /* Another wish may have come while this call was under way. Otherwise a look
     at the job comes next. */
  if (j->op == j->wish__) j->flags__ |= AMT__STOP_TRIED;
  if (error != 0 && !AMT_IS_REFUSAL(error))
    return amt__retry_later(j, error, now);
  if (error == 0 && j->op == j->wish__)
    j->flags__ &= (uint16_t)~AMT__STOPPING;
  amt__sleep(j, now, 0);
  if (j->flags__ & AMT__ONCE) {
    if (error != 0) return amt__refuse(j, error);
    j->phase__ = AMT__FINISHED;
  }
  j->error = (int16_t)error;
  return AMT_STOP_ANSWERED;
}

AMTDEF void amt_reply_end(amt_job *j, int error, int taken)
{
  amt_json_token token;
  int            e;
  AMT_ASSERT(error <= 0);
  AMT_ASSERT(!AMT_IS_REFUSAL(error)); /* amt_reply_status tells those; here
                                         AMT_E_SIGN_IN would repeat a Start */
  if (j->phase__ != AMT__CALLING) return;
  amt_reply_sent(j);
  j->phase__ = AMT__ANSWERED;
  if (taken) j->flags__ |= AMT__TAKEN;
  if (error != 0) {
    j->flags__ |= AMT__BROKEN;
    j->cause = (int16_t)error;
    return;
  }
  j->flags__ &= (uint16_t)~AMT__WAS_STALE;
  if (j->cause != 0) return;
  if (j->page__ < AMT__PAGE_BEGIN) {
    amt__page_ends(j, AMT_MSG_PAGE);
    return;
  }
  while ((e = amt_json_end(&j->call__.json, &token)) > 0)
    amt__read(j, e, &token);
  if (e < 0) amt__not_json(j, e);
}

/* 1 if the same call goes again at once, without an event: once after a 401,
   with a fresh sign-in; once after a stale connection, on a new one, and never
   a Start. */
static int amt__goes_again(amt_job *j, int error)
{
  amt_session *s = j->session__;
  if (error == AMT_E_SIGN_IN && j->op != AMT_SIGN_IN && amt__signs_in(j)) {
    j->flags__ |= AMT__REAUTHENTICATED;
    if (s->token_number__ == j->token_number__) s->stale__ = 1;
    return 1;
  }
  if (error == AMT_E_STALE && j->op != AMT_START &&
      !(j->flags__ & AMT__WAS_STALE)) {
    j->flags__ |= AMT__WAS_STALE;
    amt__release(j);
    return 1;
  }
  return 0;
}

/* Keeps what the end of a call says of later calls. */
AMT__OWN void amt__note_end(amt_job *j, int error)
{
  /* Each call may meet one 401 more; but a Start is repeated once and no more,
     whatever comes between. A job that runs may sign in anew with each look. */
  if (j->op > AMT_START && !(j->flags__ & AMT__BROKEN) &&
      (j->http_status != 401u ||
       (j->op == AMT_MONITOR && (j->flags__ & AMT__WATCHED))))
    j->flags__ &= (uint16_t)~AMT__REAUTHENTICATED;
  /* A sign-in alone ends no outage: the other calls may go on failing. */
  if (error != 0 || j->op == AMT_SIGN_IN) return;
  j->backoff__ = 0;
  if (!amt__signs_in(j)) amt__credentials_taken(j->session__);
}

static int amt__answered(amt_job *j, uint32_t now)
{
  int error = amt__outcome(j);
  j->phase__ = AMT__READY;
  if (amt__goes_again(j, error)) return AMT__NOTHING;
  amt__note_end(j, error);
  switch (j->op) {
  case AMT_SIGN_IN: return amt__after_sign_in(j, error, now);
  case AMT_START: return amt__after_start(j, error, now);
  case AMT_MONITOR: return amt__after_monitor(j, error, now);
  case AMT_MESSAGES: return amt__after_messages(j, error, now);
  default: return amt__after_stop(j, error, now);
  }
}

/* Nothing is left to do: chooses the event that ends the run. */
AMT__OWN void amt__finish(amt_job *j)
{
  int gap = amt__has_gap(j);
  int no_status = j->flags__ & AMT__NO_STATUS ? AMT_E_NO_STATUS : 0;
  if (gap) j->log_complete = 0;
  j->error = (int16_t)(gap ? AMT_E_GAP : no_status);
  if (j->undefined__ != 10) return;
  j->cause = (int16_t)no_status;
  j->error = AMT_E_UNDEFINED;
}

AMT__OWN int amt__step(amt_job *j, uint32_t now)
{
  int e;
  switch (j->phase__) {
  case AMT__NEW:
    e = j->len__ == 255 ? AMT_E_ID : amt__check(j, amt__choose(j));
    if (e != 0) return amt__fail_refused(j, e, AMT_CODE_ERROR);
    j->failures__ = j->session__->failures__;
    j->began__ = now;
    j->phase__ = AMT__READY;
    return AMT__NOTHING;
  case AMT__WAITING:
    j->wait = j->due__ - now;
    if (j->wait - 1u < 0x7FFFFFFFu) return AMT_BUSY;
    j->phase__ = AMT__READY;
    return AMT__NOTHING;
  case AMT__READY: return amt__ready(j, now);
  case AMT__ANSWERED: return amt__answered(j, now);
  case AMT__FINISHED:
    amt__finish(j);
    return amt__end(j, AMT_DONE, j->error, j->status);
  case AMT__ENDED: return AMT_DONE;
  default: return AMT_FAILED;
  }
}

AMTDEF amt_event amt_next(amt_job *j, uint32_t now)
{
  int event;
  if (AMT__ANY_WIRE && (AMT__SMALL || j->lines__ != NULL)) amt__lines(j);
  event = j->event__;
  j->event__ = 0;
  if (event != 0) return (amt_event)event;
  if (j->phase__ != AMT__LOST) { /* what was lent is given back, here only */
    j->msg = NULL;
    j->msg_len = 0;
  }
  if (j->phase__ == AMT__CALLING) {
    j->wait = 0x7FFFFFFFu; /* until the call has something to feed */
    return AMT_BUSY;
  }
  do event = amt__step(j, now);
  while (event == AMT__NOTHING);
  return (amt_event)event;
}

#ifndef AMT_NO_HTTP
/* ------------------------------------------------------------------------
   >>pump */

static amt_slot *amt__slot_of(amt_pool *p, const amt_job *j)
{
  size_t i;
  for (i = 0; i < p->count; i++)
    if (p->conn[i].job == j) return &p->conn[i];
  return NULL;
}

/* A free connection: one that is kept to this server, else a closed one, else
   any. */
static amt_slot *amt__slot_free(amt_pool *p, const amt_session *s)
{
  amt_slot *best = NULL;
  size_t    i;
  for (i = 0; i < p->count; i++) {
    amt_slot *c = &p->conn[i];
    if (c->job != NULL) continue;
    if (c->http.state == AMT_CONN_IDLE && c->session == s) return c;
    if (best == NULL || c->http.state == AMT_CONN_CLOSED) best = c;
  }
  return best;
}

/* FNV-1a. */
static uint32_t amt__text_hash(const char *text)
{
  uint32_t hash = amt__hash_words(&text, 2166136261u);
  while (*text != 0) hash = (hash ^ (unsigned char)*text++) * 16777619u;
  return hash;
}

/* Begins the job's call. A Start goes on a connection that is opened for it: a
   kept one may be closing, and bytes in it may be no reply to the Start. A call
   that has met a stale connection also gets a new one: the other kept ones may
   be stale, too. */
static int amt__slot_begin(amt_slot *c, amt_job *j, uint32_t now)
{
  amt_session *s = j->session__;
  uint32_t     hash = amt__text_hash(s->url != NULL ? s->url : "");
  int          e;
  if (c->session != s || c->url_text != s->url || c->hash != hash) {
    amt_http_close(&c->http);
    c->session = NULL;
    e = s->url == NULL ? AMT_E_URL_SCHEME : amt_url_parse(&c->url, s->url);
    if (e == 0 && amt__has_char(c->url.path, '?')) e = AMT_E_URL_PATH;
    if (e != 0) return e;
    c->session = s;
    c->url_text = s->url;
    c->hash = hash;
  }
  if (j->op == AMT_START) c->http.known_idle = 0;
  if (j->op == AMT_START ? !s->start_kept : j->flags__ & AMT__WAS_STALE)
    amt_http_close(&c->http);
  amt_http_begin(&c->http, now, 0);
  c->job = j;
  return 0;
}

/* Produces the whole request, head and body; the window keeps its part. The
   length is known only after the body, and is then put into its field: so a
   request that fits the buffer is produced once. */
static void amt__put_request(const amt_slot *c, amt_job *j, amt_window *o)
{
  static const char close[] = "Connection: close\r\n";
  size_t base = c->url.path_len, length = 0, head;
  while (base > 0 && c->url.path[base - 1] == '/') base--;
  amt_put_text(o, amt_call_method(j));
  amt__put_char(o, ' ');
  if (AMT__SMALL || base != 0) amt_put(o, c->url.path, base);
  amt_call_path(j, o);
  amt_http_put_host(o, &c->url);
  amt_call_headers(j, o);
  if (j->session__->close) amt_put_text(o, close);
  /* RFC 9110, 8.6: POST and PUT tell the length, also of nothing. */
  if (amt_call_has_body(j) || *amt_call_method(j) == 'P')
    length = amt_http_put_length(o);
  amt__put(o, "\r\n", 2);
  head = o->total;
  /* Where the head is produced, it needs the whole body's length. */
  amt__put_body(j, o, AMT__SMALL || o->from < head ? NULL : &j->call__.place);
  if (length != 0) amt_http_set_length(o, length, o->total - head);
}

AMT__OWN int amt__send(amt_pool *p, amt_slot *c, amt_job *j, uint32_t now)
{
  int e = AMT_HTTP_SEND;
  while (e == AMT_HTTP_SEND) {
    amt_window o;
    amt_window_init(&o, (char *)p->buf, p->size, c->http.sent);
    amt__put_request(c, j, &o);
    if (o.total == (size_t)-1) { /* more than a size_t can count */
      amt_http_close(&c->http);
      return AMT_E_NO_ROOM;
    }
    e = amt_http_send(&c->http, &o, now);
  }
  if (c->http.state == AMT_CONN_RECEIVING && !c->http.early) amt_reply_sent(j);
  return e;
}

/* The call has ended, well or not. */
static void amt__hang_up(amt_pool *p, amt_slot *c, amt_job *j, int error)
{
  if (j->op == AMT_SIGN_IN) amt_wipe(p->buf, p->size);
  if (j->session__->close) amt_http_close(&c->http);
  c->job = NULL;
  amt_reply_end(j, error, c->http.taken);
}

/* AMT_E_STALE if the server closed a kept connection while the request was on
   its way, which is normal and no outage; otherwise the error. */
static int amt__stale_or(const amt_slot *c, int error)
{
  if (c->http.reused && amt_http_reply_eof(&c->http.reply) == AMT_E_EOF &&
      (error == AMT_E_EOF || error == AMT_E_RESET))
    return AMT_E_STALE;
  return error;
}

/* Gives the job a piece of the body, or of a header's value, whose last piece
   is empty. The job learns the status when the head is whole: a reply that
   breaks off before that has none. */
static void amt__hear(amt_http_conn *h, amt_job *j)
{
  unsigned status = h->reply.status;
  size_t   n = h->len;
  if (h->body != 0)
    n = amt_reply_data(j, h->data, n);
  else if (status == 401u)
    n = amt_reply_field(j, AMT_MSG_CHALLENGE, h->data, n, n == 0);
  else if (amt__is_class(status, 3))
    n = amt_reply_field(j, AMT_MSG_LOCATION, h->data, n, n == 0);
  h->data += n;
  h->len -= n;
}

/* One step of the call under way. 1 if there may be more to do at once. */
static int amt__exchange(amt_pool *p, amt_slot *c, amt_job *j, uint32_t now)
{
  amt_http_conn *h = &c->http;
  int            e;
  if (h->len != 0) { /* not yet taken whole */
    amt__hear(h, j);
    return 1;
  }
  e = amt_http_poll(h, &c->url, p->buf, p->size, now);
  if (e == AMT_HTTP_SEND) e = amt__send(p, c, j, now);
  if (e == AMT_HTTP_FIELD || (!AMT__SMALL && e == AMT_HTTP_BODY))
    amt__hear(h, j);
  if (e == AMT_HTTP_HEAD)
    amt_reply_status(j, h->reply.status, h->reply.retry_after);
  if (e == AMT_HTTP_END) {
    amt__hang_up(p, c, j, 0);
  } else if (e < 0) {
    amt__hang_up(p, c, j, amt__stale_or(c, e));
  }
  return e != AMT_AGAIN;
}

AMTDEF amt_event amt_poll(amt_pool *p, amt_job *j, uint32_t now)
{
  amt_event event;
  AMT_ASSERT(p != NULL && p->buf != NULL);
  AMT_ASSERT(p->size >= 64);
  AMT_ASSERT(j->session__ != NULL); /* amt_start or another comes first */
  if (j->phase__ < AMT__ENDED && p->holder != NULL && p->holder != j) {
    j->wait = 0;
    return AMT_BUSY; /* the holder's turn */
  }
  if (p->holder == j) p->holder = NULL;
  for (;;) {
    amt_slot *c = NULL;
    int       e;
    event = amt_next(j, now);
    if (event == AMT_MESSAGE || event == AMT_SERVER_TEXT) p->holder = j;
    if (event != AMT_CALL && (event != AMT_BUSY || j->phase__ != AMT__CALLING))
      return event;
    c = amt__slot_of(p, j);
    if (c == NULL) {
      e = AMT_E_NO_CONNECTION;
      c = amt__slot_free(p, j->session__);
      if (c == NULL && p->count != 0) {
        j->wait = 10;
        return AMT_BUSY; /* all are in use */
      }
      if (c != NULL) e = amt__slot_begin(c, j, now);
      if (e != 0) {
        amt_reply_end(j, e, 0);
        continue;
      }
    }
    do e = amt__exchange(p, c, j, now);
    while (!AMT__SMALL && e && j->event__ == 0 && j->phase__ == AMT__CALLING);
    if (!e) {
      j->wait = amt_http_left(&c->http, now);
      return AMT_BUSY;
    }
  }
}

AMTDEF amt_event amt_wait(amt_pool *p, amt_job *j, uint32_t (*now)(void))
{
  for (;;) {
    amt_event event = amt_poll(p, j, now());
    amt_slot *c;
    if (event != AMT_BUSY || j->wait == 0) return event;
    c = amt__slot_of(p, j);
    if (c == NULL) c = amt__slot_free(p, j->session__);
    if (c == NULL || c->http.stream->ops->wait == NULL ||
        amt_http_wait(&c->http, j->wait) == AMT_INTERRUPTED ||
        j->phase__ == AMT__READY) /* another job signs in: it is its turn */
      return AMT_BUSY;
  }
}

AMTDEF void amt_drop(amt_pool *p, amt_job *j)
{
  amt_slot *c = amt__slot_of(p, j);
  amt_reply_end(j, AMT_E_FORGOTTEN, c != NULL && c->http.taken);
  if (c != NULL) {
    amt_http_close(&c->http);
    c->job = NULL;
    if (j->op == AMT_SIGN_IN) amt_wipe(p->buf, p->size);
  }
  if (p->holder == j) p->holder = NULL;
  amt_forget(j);
}

AMTDEF void amt_pool_end(amt_pool *p)
{
  size_t i;
  for (i = 0; i < p->count; i++) {
    if (p->conn[i].job != NULL) amt_drop(p, p->conn[i].job);
    amt_http_close(&p->conn[i].http);
    p->conn[i].session = NULL;
  }
  if (p->holder != NULL) amt_drop(p, p->holder); /* its text lies there */
  amt_wipe(p->buf, p->size);
}
#endif /* AMT_NO_HTTP */

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

/* SPDX-License-Identifier: MIT OR Unlicense */
