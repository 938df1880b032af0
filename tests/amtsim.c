/* amtsim - a simulated AMT Batch Server, for development, tests and demos.

   cc -std=c99 tests/amtsim.c -o amtsim -lmicrohttpd -ljansson -lsqlite3
   ./amtsim --port 42000 --speed 10

   It prints one line, "amtsim: listening on http://127.0.0.1:42000", and
   serves until SIGTERM, SIGINT or POST /amtsim/shutdown. `amtsim --help` lists
   the options and the faults. It listens on the loopback interface only.
   One thread: libmicrohttpd's epoll descriptor is polled by main() (Linux).

   Contents: >>wire >>status >>faults >>text >>server >>database >>logtext
   >>plan >>reply >>holes >>calls >>control >>http >>main

   THE WIRE
   The functions and fields are published, and so are the names BatchRequestId,
   AmtLogonToken and X-AMT-LogonToken (in the vendor's ACS SDK documentation).
   Paths and the other JSON names are this project's own choice. All stand in
   the table at >>wire, and --wire FILE replaces any of them (tests/wire-0.1.txt
   is what version 0.1 spoke). Without it, every call is a POST with a JSON
   object (Content-Type application/json):

     /AmtOpConService/Authenticate    User, Password -> AmtLogonToken, ExpiresIn
     /AmtOpConService/OpConJobAction  Action START, TaskType BATCH or SCRIPT,
                                      ApplicationName, JobName or ScriptName,
                                      SubmitUser, Station, [User], [QueueName],
                                      [TaskValues], [Parameters]
                                      -> BatchRequestId, Status, Message
                                      Action STOP or KILL, ApplicationName,
                                      BatchRequestId -> BatchRequestId, Status
     /AmtOpConService/MonitorJob      ApplicationName, BatchRequestId
                                      -> BatchRequestId, Status
     /AmtOpConService/GetMessages     ApplicationName, BatchRequestId,
                                      AfterSequence -> Messages, [More]

   All but the first need "X-AMT-LogonToken: TOKEN". Requests are read
   strictly, to find a client's mistakes: unknown, missing, empty, duplicate
   or wrongly typed members are a 400. So are an unknown application or batch
   job and another submit user or station. 401: no valid token; 404: unknown
   path or id; 405: method; 413: a body over 64 MiB; 415: content type.
   Errors are {"Message":".."}.

   CONTROL, without a token and untouched by faults
     GET  /amtsim/stats     counts since this process began, as JSON
     POST /amtsim/shutdown  ends the server

   TIME
   A job is QUEUED for 0.5 s, then RUNNING for the time given below, then has
   its code. --speed divides all these times. The Start computes the whole run
   and stores its times, in milliseconds since 1970, UTC. So a server that is
   restarted, even after a kill -9, goes on where the clock says.

   THE DATABASE (--db FILE; WAL, so it can be read while the server runs)
     jobs       one row for each Start accepted, committed before its reply:
       id            the BatchRequestId; the first is 2112
       started       when the Start came
       application, task_type (BATCH or SCRIPT), name, submit_user, station
       user, queue   NULL if not given
       task_values, parameters    as JSON lists; NULL if not given
       running       status 1 before this time, 2 from it on
       code, code_at the status that follows, and when
       last_code, last_at   the same for the one after it (often the same)
       stopped, stopped_code      of a STOP or KILL, otherwise NULL
       restarts      1 if the numbering of messages restarts (CHILDREN_n)
       log_count, log_size        of a LOG_n job, otherwise NULL
     messages   all messages a job will write; seen once their time has come
       job, n        n counts from 1 in the order of time
       sequence      as sent; equals n unless the numbering restarts
       time, text
     requests   one row for each complete request, those of CONTROL excepted
       n, time, path
       action        START, STOP or KILL, whatever the wire table calls them;
                     otherwise empty
   requests is empty without --db: nobody could read it.

   JOBS of application DEMO2 with published logs, word for word
     REPORTTEST01        30 s, shows the first parameter and the user
     LONGRUNNINGREPORT   an hour without a message
     RUN_PARAMETERTESTA  81 s, shows the first parameter
     RUN_FILENAMETEST.ps1, a script: 11 at once, two messages
   with published names and made-up logs
     REPORTTEST02        5 s
     RUN_PARAMETERSTEST.ps1, a script: 3 s, shows each parameter
   and wholly made-up ones
     CODE_n         runs 2 s, then status n, for each published n. A code that
                    ends no run gives way to 4 after 3 s; 19 stays for ever.
     LOG_n          2 s, n messages (to 1,000,000) of 100 bytes, written evenly
     LOG_n_x_m      the same, of m bytes each (to 10,000,000): see >>logtext
     CHILDREN_n     n + 1 s, n to 1,000: a task with n children. Each numbers
                    its messages from 1, so the whole list is sent each time,
                    whatever AfterSequence says.
     ECHO           1 s: a line for each parameter, task value, user, queue
     SLOWLOG_n      n s (to 100,000), a message a second
   A script is known by the last part of its path, in upper or lower case. An
   unknown script ends at once with 11 and "File not found", an unknown User
   (known are DEMO, BATCH, AMTUSER) at once with 99. The reply to every
   accepted Start says Status 1. STOP ends a job with 12, KILL with 3; both
   reply Status 3. What a job wrote until then stays. */

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <jansson.h>
#include <microhttpd.h>
#include <sqlite3.h>

#define ONLY_APPLICATION "DEMO2"
#define ONLY_SUBMIT_USER "BATCH"
#define ONLY_STATION "OPCON"
#define QUEUED_FOR    0.5                 /* seconds of simulated time */
#define PAGE_MESSAGES 1000
#define PAGE_BYTES    ((size_t)32 << 20)  /* a longer page is cut, too */
#define FORM_TYPE     "application/x-www-form-urlencoded"
#define BODY_BYTES    ((size_t)64 << 20)  /* the longest request accepted */

/* ------------------------------------------------------------------ >>wire
   What the server reads and writes, in the notation of a wire file: lines
   "name = value". A line that begins with a blank, '}' or ']' continues the
   value; one that begins with '#' is a comment; the value none means absent.

   Methods, paths, bodies and headers are texts with holes, {word} or
   {word:how}. The part {?word}...{/word} is there if the word has a value,
   {!word}...{/word} if it has none. {{word} is not a hole. Names in replies
   may be dotted for nested objects; "" is the reply, or the message, itself.
   Of alternatives, "Message|detail", the first is sent. */

enum op { SIGN_IN, START, STOP, KILL, MONITOR, MESSAGES, OPS };
enum { METHOD, PATH, BODY, TEXTS };     /* of each */
enum out { OUT_TOKEN, OUT_EXPIRES, OUT_ID, OUT_STATUS, OUT_MESSAGE,
           OUT_MESSAGES, OUT_MORE, OUT_SEQUENCE, OUT_TIME, OUT_TEXT,
           OUT_SUCCESS, OUTS };
#define BIT(word) (1u << (word))
enum word { APPLICATION, JOB, SCRIPT, SUBMIT_USER, USER, STATION, QUEUE, ID,
            AFTER, TASK_VALUES, PARAMETERS, API_USER, PASSWORD, TOKEN, BASIC,
            ACTION, WORDS };

static const char *const op_names[OPS] = { "sign_in", "start", "stop", "kill",
                                           "monitor", "messages" };
static const char *const text_names[TEXTS] = { "method", "path", "body" };
static const char *const out_names[OUTS] = {
  "token", "expires", "id", "status", "message", "messages", "more",
  "sequence", "time", "text", "success"
};
static const char *const word_names[WORDS] = {
  "application", "job", "script", "submit_user", "user", "station", "queue",
  "id", "after", "task_values", "parameters", "api_user", "password", "token",
  "basic", "action"
};

/* "" for a call without an action */
static const char *action_of(enum op op)
{
  return op == START ? "START" : op == STOP ? "STOP" : op == KILL ? "KILL" : "";
}

static const char default_wire[] =
  "sign_in.method = POST\n"
  "sign_in.path = /AmtOpConService/Authenticate\n"
  "sign_in.body = {\"User\":{api_user},\"Password\":{password}}\n"
  "start.method = POST\n"
  "start.path = /AmtOpConService/OpConJobAction\n"
  "start.body = {\"Action\":\"START\",\n"
  " \"TaskType\":\"{?script}SCRIPT{/script}{!script}BATCH{/script}\",\n"
  " \"ApplicationName\":{application},\n"
  " {!script}\"JobName\":{job},{/script}{?script}\"ScriptName\":{script},\n"
  " {/script}\"SubmitUser\":{submit_user},{?user}\"User\":{user},{/user}\n"
  " \"Station\":{station}{?queue},\"QueueName\":{queue}{/queue}\n"
  " {?task_values},\"TaskValues\":{task_values}{/task_values}\n"
  " {?parameters},\"Parameters\":{parameters}{/parameters}}\n"
  "stop.method = POST\n"
  "stop.path = /AmtOpConService/OpConJobAction\n"
  "stop.body = {\"Action\":\"STOP\",\n"
  " \"ApplicationName\":{application},\"BatchRequestId\":{id}}\n"
  "kill.method = POST\n"
  "kill.path = /AmtOpConService/OpConJobAction\n"
  "kill.body = {\"Action\":\"KILL\",\n"
  " \"ApplicationName\":{application},\"BatchRequestId\":{id}}\n"
  "monitor.method = POST\n"
  "monitor.path = /AmtOpConService/MonitorJob\n"
  "monitor.body = {\"ApplicationName\":{application},\"BatchRequestId\":{id}}\n"
  "messages.method = POST\n"
  "messages.path = /AmtOpConService/GetMessages\n"
  "messages.body = {\"ApplicationName\":{application},\n"
  " \"BatchRequestId\":{id},\"AfterSequence\":{after}}\n"
  "header = X-AMT-LogonToken: {token}\n"
  "reply.token = AmtLogonToken\n"
  "reply.expires = ExpiresIn\n"
  "reply.id = BatchRequestId\n"
  "reply.status = Status\n"
  "reply.message = Message\n"
  "reply.messages = Messages\n"
  "reply.more = More\n"
  "reply.sequence = Sequence\n"
  "reply.time = Time\n"
  "reply.text = Text\n";

/* ---------------------------------------------------------------- >>status
   The published completion codes. Which of them end a run is not published;
   this is the rule of amt.h. */

enum { QUEUED = 1, RUNNING = 2, KILLED = 3, DONE = 4, ERROR = 11, ABORTED = 12,
       UNDEFINED = 19, INVALID_USER = 99 };

static const struct status { int code; bool ends; const char *name; }
statuses[] = {
  {  0, false, "IDLE" },
  {  1, false, "QUEUED" },
  {  2, false, "RUNNING" },
  {  3, true,  "KILLED" },
  {  4, true,  "DONE" },
  {  5, false, "SUSPENDED" },
  {  6, true,  "SKIPPED_BY_OPS" },
  {  7, false, "RUN_MANUAL" },
  {  8, false, "RUN_FORCED" },
  {  9, false, "RUN_DEBUG" },
  { 10, true,  "DEL_QUEUE" },
  { 11, true,  "ERROR" },
  { 12, true,  "ABORTED" },
  { 13, false, "WAIT FOR FILE" },
  { 14, false, "WAIT FOR INPUT REQUEST" },
  { 15, false, "WAIT FOR JOB" },
  { 16, false, "WAIT FOR REPORT" },
  { 18, false, "RECOVER_CP" },
  { 19, false, "UNDEFINED" },
  { 20, false, "WAIT_FOR QUEUE" },
  { 21, false, "WAIT_FOR_DEBUGGER" },
  { 22, true,  "ABORTED_WITH_RECOVER" },
  { 23, true,  "WEB_SERVER_ERROR" },
  { 24, true,  "AUTHENTICATION_ERROR" },
  { 99, true,  "INVALID AMT USER" }
};

/* NULL if the code is not published */
static const struct status *status_of(int64_t code)
{
  size_t i;
  for (i = 0; i < sizeof statuses / sizeof *statuses; i++)
    if (statuses[i].code == code) return &statuses[i];
  return NULL;
}

/* ---------------------------------------------------------------- >>faults
   Each is off, or on with a value. The '=' in accent=... is part of a name. */

enum fault {
  ACCENT_STRING_NUMBERS, ACCENT_NAMES, ACCENT_LOWER, ACCENT_STRINGS,
  ACCENT_BOM, ACCENT_EXTRA, ACCENT_ORDER, ACCENT_ASCII, ACCENT_INDENT,
  ACCENT_DOTNET, ACCENT_PADDED, ACCENT_DECIMAL, ACCENT_SIGNED, ACCENT_TIME,
  NO_AFTER, PAGE, KEEP_LAST, RENUMBER, SWAPPED,
  FAIL_500, FAIL_503, RETRY_AFTER,
  START_500, START_LOST, START_429, START_NO_ID, START_STATUS,
  START_ZERO, START_MINUS, START_GUID, START_MESSAGE,
  EXPIRE_EVERY, SIGN_INS_REFUSED, SIGN_IN_STATUS,
  DROP_EVERY, SLOW, CLOSE, CLOSE_AFTER, KEEP_ALIVE, CHUNKED, HTTP_REDIRECT,
  GZIP, MESSAGES_403, MESSAGES_GARBAGE, MONITOR_404, MONITOR_ONCE,
  MONITOR_OTHER_ID, KILL_REFUSED, KILL_ONCE,
  LATIN1, CP1252, RAW_TAB, RAW_ESC, BAD_ESCAPE,
  FAULTS
};

static const struct {
  const char *name;
  const char *value_name;               /* NULL: takes no value */
  int value;                            /* if none is given */
  const char *meaning;
} faults[FAULTS] = {
  [ACCENT_STRING_NUMBERS] = { "accent=string-numbers", NULL, 1,
    "Status and BatchRequestId are strings" },
  [ACCENT_NAMES] = { "accent=names", NULL, 1,
    "Status is a name, such as \"RUNNING\"" },
  [ACCENT_LOWER] = { "accent=lower", NULL, 1,
    "member names of replies in lower case" },
  [ACCENT_STRINGS] = { "accent=strings", NULL, 1,
    "Messages are plain strings; the whole list, as with no-after" },
  [ACCENT_BOM] = { "accent=bom", NULL, 1,
    "a UTF-8 byte order mark before each reply" },
  [ACCENT_EXTRA] = { "accent=extra", NULL, 1,
    "each object begins with an unknown, nested member" },
  [ACCENT_ORDER] = { "accent=order", NULL, 1,
    "members in reverse: Text before Sequence, Status before id" },
  [ACCENT_ASCII] = { "accent=ascii", NULL, 1,
    "all but ASCII as \\uXXXX, and / as \\/" },
  [ACCENT_INDENT] = { "accent=indent", NULL, 1,
    "objects are indented, over several lines" },
  [ACCENT_DOTNET] = { "accent=dotnet", NULL, 1,
    "Status is a name as .NET writes it, such as \"WaitForQueue\"" },
  [ACCENT_PADDED] = { "accent=padded", NULL, 1,
    "Status is a name (with string-numbers: a number) padded with blanks" },
  [ACCENT_DECIMAL] = { "accent=decimal", NULL, 1,
    "Status is a number such as 4.0" },
  [ACCENT_SIGNED] = { "accent=signed", NULL, 1,
    "Status is a string such as \"+4\"" },
  [ACCENT_TIME] = { "accent=time", NULL, 1,
    "Time has seven digits of a second and an offset, as .NET writes it" },
  [NO_AFTER] = { "no-after", NULL, 1,
    "AfterSequence is ignored: always the whole list, never More" },
  [PAGE] = { "page", "N", 10,
    "N messages a reply, then More (otherwise 1000)" },
  [KEEP_LAST] = { "keep-last", "N", 5,
    "only the last N messages of a job are kept" },
  [RENUMBER] = { "renumber", "N", 10,
    "after N messages the list is emptied and Sequence begins at 1 again" },
  [SWAPPED] = { "swapped", NULL, 1,
    "the last two messages of each list are swapped" },
  [FAIL_500] = { "fail-500", "N", 3,
    "every Nth call other than START answers 500" },
  [FAIL_503] = { "fail-503-retry-after", "N", 3,
    "every Nth call other than START answers 503 with Retry-After" },
  [RETRY_AFTER] = { "retry-after", "S", 1,
    "the seconds in Retry-After, with 503 and 429 (otherwise 1)" },
  [START_500] = { "start-500", NULL, 1,
    "a START is recorded, then answered 500" },
  [START_LOST] = { "start-lost", NULL, 1,
    "a START is recorded, then its connection closed without a reply" },
  [START_429] = { "start-429", NULL, 1,
    "a START is not recorded but answered 429 with Retry-After" },
  [START_NO_ID] = { "start-no-id", "STATUS", 1,
    "a START is recorded; its reply has this Status and no id" },
  [START_STATUS] = { "start-status", "STATUS", 11,
    "a START is recorded; its reply has its id and this Status" },
  [START_ZERO] = { "start-zero", "STATUS", 11,
    "a START is not recorded; its reply has this Status and the id 0" },
  [START_MINUS] = { "start-minus", "STATUS", 99,
    "likewise with the id -1" },
  [START_GUID] = { "start-guid", "STATUS", 11,
    "likewise with a GUID that is all zeros" },
  [START_MESSAGE] = { "start-message", NULL, 1,
    "a START is not recorded; its reply, 200, has nothing but a Message" },
  [EXPIRE_EVERY] = { "expire-every", "N", 3,
    "every Nth call with a good token answers 401 and ends the token" },
  [SIGN_INS_REFUSED] = { "sign-ins-refused", "N", 1,
    "N sign-ins after the first one are refused" },
  [SIGN_IN_STATUS] = { "sign-in-status", "HTTP", 403,
    "what the refused sign-ins answer (otherwise 401)" },
  [DROP_EVERY] = { "drop-every", "N", 3,
    "every Nth call other than START: closed without a reply" },
  [SLOW] = { "slow", "MS", 1000,
    "each reply is held back so many milliseconds (whatever the speed)" },
  [CLOSE] = { "close", NULL, 1,
    "Connection: close with every reply" },
  [CLOSE_AFTER] = { "close-after", "MS", 1,
    "each connection closes MS after its first reply, unannounced" },
  [KEEP_ALIVE] = { "keep-alive", "S", 1,
    "sends Keep-Alive: timeout=S and closes after S seconds without a request"
  },
  [CHUNKED] = { "chunked", "BYTES", 7,
    "replies are chunked, in pieces of so many bytes" },
  [HTTP_REDIRECT] = { "http-redirect", NULL, 1,
    "302 to /redirected on everything" },
  [GZIP] = { "gzip", NULL, 1,
    "replies claim Content-Encoding: gzip" },
  [MESSAGES_403] = { "messages-403", NULL, 1,
    "GetMessages answers 403" },
  [MESSAGES_GARBAGE] = { "messages-garbage", NULL, 1,
    "GetMessages answers 200 with a text that is not JSON" },
  [MONITOR_404] = { "monitor-404", "N", 3,
    "the first N monitor calls answer 404" },
  [MONITOR_ONCE] = { "monitor-once", "HTTP", 403,
    "the first monitor call answers this; 401 also ends its token" },
  [MONITOR_OTHER_ID] = { "monitor-other-id", "N", 3,
    "the replies to the first N monitor calls are about another job" },
  [KILL_REFUSED] = { "kill-refused", NULL, 1,
    "STOP and KILL answer 400, and the job goes on" },
  [KILL_ONCE] = { "kill-once", "HTTP", 404,
    "the first STOP or KILL answers this, and the job goes on" },
  [LATIN1] = { "latin1", NULL, 1,
    "the first message of each list begins with \"caf\\xE9 \"" },
  [CP1252] = { "cp1252", NULL, 1,
    "likewise with \"\\x93\\x80\\x94 \", three characters of CP1252" },
  [RAW_TAB] = { "raw-tab", NULL, 1,
    "likewise with \"a\\tb \", its TAB as a raw byte" },
  [RAW_ESC] = { "raw-esc", NULL, 1,
    "likewise with \"\\x1B[31m \", its ESC as a raw byte" },
  [BAD_ESCAPE] = { "bad-escape", NULL, 1,
    "likewise with \"it\\'s \", an escape that JSON does not have" }
};

/* ------------------------------------------------------------------ >>text
   Bytes that grow. */

struct text { char *data; size_t length, room; };

static void die(const char *format, ...) __attribute__((noreturn,
                                                        format(printf, 1, 2)));

static void text_add(struct text *t, const char *data, size_t length)
{
  if (length >= t->room - t->length || !t->data) {
    t->room = (t->length + length + 64) * 2;
    t->data = realloc(t->data, t->room);
    if (!t->data) die("out of memory");
  }
  memcpy(t->data + t->length, data, length);
  t->length += length;
  t->data[t->length] = 0;
}

static void text_puts(struct text *t, const char *string)
{
  text_add(t, string, strlen(string));
}

/* ---------------------------------------------------------------- >>server */

enum query { ADD_REQUEST, NEXT_ID, ADD_JOB, ADD_MESSAGE, FIND_JOB, STOP_JOB,
             READ_MESSAGES, COUNT_MESSAGES, ADD_TOKEN, FIND_TOKEN, END_TOKEN,
             CLEAN_TOKENS,
             QUERIES };

struct request;

struct server {
  char *text[OPS][TEXTS];               /* of the wire table; NULL: absent */
  char *out[OUTS];                      /* likewise */
  struct text headers;                  /* header lines of the wire table */
  struct form *forms;                   /* all forms that a request may take */
  size_t form_count;
  const char *token;                    /* a fixed token, or NULL */
  const char *base;                     /* put before each path */
  int fault[FAULTS];                    /* 0: off */
  const char *user;
  char password[256];
  double speed, token_life;             /* seconds; 0: it never expires */
  bool on_disk, stop;
  char url[64];
  sqlite3 *db;
  sqlite3_stmt *query[QUERIES];
  struct MHD_Daemon *daemon[2];         /* 127.0.0.1 and, if asked for, ::1 */
  struct request *held, **held_end;     /* by the fault slow, soonest first */
  struct line *lines;                   /* the connections that may be closed */
  uint64_t not_start, with_token;       /* what "every Nth" counts */
  struct {
    json_int_t start_requests, starts_accepted, sign_ins, refused_sign_ins,
               monitors, messages, stops, kills, unauthorized, connections;
  } count;
};

static void die(const char *format, ...)
{
  va_list list;
  fputs("amtsim: ", stderr);
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  exit(1);
}

static int64_t clock_ms(clockid_t clock)
{
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t now_ms(void) { return clock_ms(CLOCK_REALTIME); }

static char *copy_of(const char *text)
{
  char *copy = strdup(text);
  if (!copy) die("out of memory");
  return copy;
}

static char *format_list(const char *format, va_list list)
{
  char *s;
  if (vasprintf(&s, format, list) < 0) die("out of memory");
  return s;
}

static void iso_time(char out[32], int64_t ms)
{
  time_t seconds = (time_t)(ms / 1000);
  struct tm tm;
  size_t n;
  gmtime_r(&seconds, &tm);
  n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(out + n, 32 - n, ".%03dZ", (int)(ms % 1000));
}

/* -------------------------------------------------------------- >>database
   A failure of the database ends the server, so that no test relies on a
   record with gaps. */

static const char schema[] =
  "PRAGMA journal_mode=WAL;"            /* a committed row outlives kill -9 */
  "PRAGMA synchronous=NORMAL;"
  "PRAGMA temp_store=MEMORY;"
  "CREATE TABLE IF NOT EXISTS jobs("
  " id INTEGER PRIMARY KEY, started INTEGER NOT NULL,"
  " application TEXT NOT NULL, task_type TEXT NOT NULL, name TEXT NOT NULL,"
  " submit_user TEXT NOT NULL, station TEXT NOT NULL, user TEXT, queue TEXT,"
  " task_values TEXT, parameters TEXT, running INTEGER NOT NULL,"
  " code INTEGER NOT NULL, code_at INTEGER NOT NULL,"
  " last_code INTEGER NOT NULL, last_at INTEGER NOT NULL,"
  " stopped INTEGER, stopped_code INTEGER, restarts INTEGER NOT NULL,"
  " log_count INTEGER, log_size INTEGER);"
  "CREATE TABLE IF NOT EXISTS messages("
  " job INTEGER NOT NULL, n INTEGER NOT NULL, sequence INTEGER NOT NULL,"
  " time INTEGER NOT NULL, text TEXT NOT NULL,"
  " PRIMARY KEY(job, n)) WITHOUT ROWID;"
  "CREATE TABLE IF NOT EXISTS requests("
  " n INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
  " path TEXT NOT NULL, action TEXT NOT NULL);"
  "CREATE TEMP TABLE tokens("
  " token TEXT PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;";

static const char *const queries[QUERIES] = {
  [ADD_REQUEST] = "INSERT INTO requests(time, path, action) VALUES(?,?,?)",
  [NEXT_ID] = "SELECT coalesce(max(id), 2111) + 1 FROM jobs",
  [ADD_JOB] =
    "INSERT INTO jobs(id, started, application, task_type, name, submit_user,"
    " station, user, queue, task_values, parameters, running, code, code_at,"
    " last_code, last_at, restarts, log_count, log_size)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
  [ADD_MESSAGE] = "INSERT INTO messages VALUES(?,?,?,?,?)",
  [FIND_JOB] =
    "SELECT running, code, code_at, last_code, last_at, stopped, stopped_code,"
    " restarts, log_count, log_size FROM jobs WHERE id=?",
  [STOP_JOB] = "UPDATE jobs SET stopped=?, stopped_code=? WHERE id=?",
  [READ_MESSAGES] =
    "SELECT sequence, time, text FROM messages"
    " WHERE job=? AND n>? AND time<=? ORDER BY n",
  [COUNT_MESSAGES] =
    "SELECT count(*) FROM messages WHERE job=? AND time<=?",
  [ADD_TOKEN] =
    "INSERT INTO tokens VALUES(lower(hex(randomblob(16))), ?) RETURNING token",
  [FIND_TOKEN] = "SELECT 1 FROM tokens WHERE token=? AND expires>?",
  [END_TOKEN] = "DELETE FROM tokens WHERE token=?",
  [CLEAN_TOKENS] = "DELETE FROM tokens WHERE expires<=?"
};

/* Prepares a query and binds a value for each letter of kinds: i int64_t, t
   text or NULL, 0 NULL. Step it, then release it with done(). */
static sqlite3_stmt *ask(struct server *s, enum query q, const char *kinds, ...)
{
  sqlite3_stmt *st = s->query[q];
  va_list list;
  int i;
  va_start(list, kinds);
  for (i = 1; *kinds; i++, kinds++)
    switch (*kinds) {
    case 'i': sqlite3_bind_int64(st, i, va_arg(list, int64_t)); break;
    case 't': sqlite3_bind_text(st, i, va_arg(list, const char *), -1,
                                SQLITE_TRANSIENT); break;
    default:  sqlite3_bind_null(st, i); break;
    }
  va_end(list);
  return st;
}

static bool row(struct server *s, sqlite3_stmt *st)
{
  int rc = sqlite3_step(st);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    die("database: %s", sqlite3_errmsg(s->db));
  return rc == SQLITE_ROW;
}

static void done(sqlite3_stmt *st) { sqlite3_reset(st); }

static void run(struct server *s, sqlite3_stmt *st)
{
  while (row(s, st)) { }
  done(st);
}

static void exec(struct server *s, const char *sql)
{
  if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
    die("database: %s", sqlite3_errmsg(s->db));
}

static void open_database(struct server *s, const char *file)
{
  int i;
  s->on_disk = file != NULL;
  if (sqlite3_open(file ? file : ":memory:", &s->db) != SQLITE_OK)
    die("%s: %s", file, sqlite3_errmsg(s->db));
  sqlite3_busy_timeout(s->db, 10000);
  exec(s, schema);
  for (i = 0; i < QUERIES; i++)
    if (sqlite3_prepare_v2(s->db, queries[i], -1, &s->query[i], NULL))
      die("database: %s", sqlite3_errmsg(s->db));
}

static void close_database(struct server *s)
{
  int i;
  for (i = 0; i < QUERIES; i++) sqlite3_finalize(s->query[i]);
  sqlite3_close(s->db);
}

/* The row that FIND_JOB reads. */
struct job {
  int64_t id, running, code, code_at, last_code, last_at;
  int64_t stopped, stopped_code;        /* 0: not stopped */
  int64_t log_count, log_size;          /* -1: the messages are stored */
  bool restarts;
};

static bool find_job(struct server *s, int64_t id, struct job *j)
{
  sqlite3_stmt *st = ask(s, FIND_JOB, "i", id);
  bool found = row(s, st);
  if (found) {
    j->id = id;
    j->running      = sqlite3_column_int64(st, 0);
    j->code         = sqlite3_column_int64(st, 1);
    j->code_at      = sqlite3_column_int64(st, 2);
    j->last_code    = sqlite3_column_int64(st, 3);
    j->last_at      = sqlite3_column_int64(st, 4);
    j->stopped      = sqlite3_column_int64(st, 5);
    j->stopped_code = sqlite3_column_int64(st, 6);
    j->restarts     = sqlite3_column_int64(st, 7) != 0;
    j->log_count    = sqlite3_column_type(st, 8) == SQLITE_NULL ? -1
                    : sqlite3_column_int64(st, 8);
    j->log_size     = sqlite3_column_int64(st, 9);
  }
  done(st);
  return found;
}

static const struct status *job_status(const struct job *j)
{
  int64_t now = now_ms();
  return status_of(j->stopped        ? j->stopped_code
                 : now < j->running  ? QUEUED
                 : now < j->code_at  ? RUNNING
                 : now < j->last_at  ? j->code
                 :                     j->last_code);
}

/* --------------------------------------------------------------- >>logtext
   The texts of LOG_n and LOG_n_x_m, made when they are asked for.

   LOG_n: message i of n is "Log message I of N " and then, to 100 bytes, at
   each byte position p of the text the letter 'a' + (p + i) % 26.

   LOG_n_x_m: m bytes, made of the 32 pieces below:
       x = i * 2654435761 mod 2^32
       repeat until there are m bytes:
         x = (x * 1664525 + 1013904223) mod 2^32
         append pieces[x >> 27], or "." if that would be more than m bytes

   Message i of n is written when i/n of the run has passed. */

#define PLAIN_SIZE 100

static const char *const pieces[32] = {
  "a", "be", "see", "door", "seven", " ", "The quick brown fox ", "0123456789",
  "/", "x=1; ", "}],", "\\u0041", "\"", "\\", "\\\"", "\t",
  "\n", "\r\n", "\b", "\f", "\x01", "\x1f", "\x7f",
  "\xc2\x80",                           /* U+0080, the least of 2 bytes  */
  "\xc3\xa9",                           /* e with acute                  */
  "\xdf\xbf",                           /* U+07FF, the greatest          */
  "\xe0\xa0\x80",                       /* U+0800, the least of 3 bytes  */
  "\xe2\x82\xac",                       /* the euro sign                 */
  "\xef\xbf\xbd",                       /* U+FFFD                        */
  "\xf0\x90\x80\x80",                   /* U+10000, the least of 4 bytes */
  "\xf0\x9f\x98\x80",                   /* a face                        */
  "\xf4\x8f\xbf\xbf"                    /* U+10FFFF, the greatest        */
};

static void plain_text(struct text *t, int64_t i, int64_t n)
{
  char head[64];
  snprintf(head, sizeof head, "Log message %lld of %lld ",
           (long long)i, (long long)n);
  text_puts(t, head);
  while (t->length < PLAIN_SIZE) {
    char c = (char)('a' + ((int64_t)t->length + i) % 26);
    text_add(t, &c, 1);
  }
}

static void mixed_text(struct text *t, int64_t i, size_t size)
{
  uint32_t x = (uint32_t)i * 2654435761u;
  while (t->length < size) {
    const char *piece;
    x = x * 1664525u + 1013904223u;
    piece = pieces[x >> 27];
    text_puts(t, t->length + strlen(piece) > size ? "." : piece);
  }
}

static void log_text(struct text *t, const struct job *j, int64_t i)
{
  t->length = 0;
  text_add(t, "", 0);
  if (j->log_size < 0) plain_text(t, i, j->log_count);
  else mixed_text(t, i, (size_t)j->log_size);
}

static int64_t log_time(const struct job *j, int64_t i)
{
  return j->running + (j->code_at - j->running) * i / j->log_count;
}

/* How many messages were written by time t. */
static int64_t log_written(const struct job *j, int64_t t)
{
  int64_t run_time = j->code_at - j->running, passed = t - j->running, n;
  if (passed < 0) return 0;
  if (passed >= run_time) return j->log_count;
  n = (j->log_count * (passed + 1) - 1) / run_time;
  return n < 0 ? 0 : n < j->log_count ? n : j->log_count;
}

/* ------------------------------------------------------------------ >>plan
   A Start stores at once all that the job will do. */

struct plan {
  struct server *s;
  int64_t id, started, running;
  double run_time, more_time;           /* seconds: till code, till last_code */
  int code, last_code;
  int64_t n, sequence;                  /* of the last message */
  bool restarts;
  int64_t log_count, log_size;          /* as in struct job */
  int64_t number[2];                    /* from the job's name */
  const char *user;                     /* NULL if not given, as those below */
  const char *queue;
  json_t *task_values, *parameters;
};

static int64_t scaled_ms(const struct server *s, double seconds)
{
  return (int64_t)(seconds * 1000 / s->speed + 0.5);
}

/* Adds a message, `at` seconds after the job began to run. */
static void say(struct plan *p, double at, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
static void say(struct plan *p, double at, const char *format, ...)
{
  va_list list;
  char *text;
  va_start(list, format);
  text = format_list(format, list);
  va_end(list);
  run(p->s, ask(p->s, ADD_MESSAGE, "iiiit", p->id, ++p->n, ++p->sequence,
                p->running + scaled_ms(p->s, at), text));
  free(text);
}

static void ends(struct plan *p, double run_time, int code)
{
  p->run_time = run_time;
  p->code = p->last_code = code;
}

static void ends_at_once(struct plan *p, int code)
{
  p->running = p->started;
  ends(p, 0, code);
}

static const char *first_parameter(const struct plan *p)
{
  const char *text = json_string_value(json_array_get(p->parameters, 0));
  return text ? text : "";
}

/* Published in acs-operation.txt. */
static bool plan_reporttest01(struct plan *p)
{
  int t;
  say(p, 0, "Started Rev: 1.3 AMT: 8.0.24223.0. Params: "
            "LOADINBATCHCONTROLLER /R:4280 /USEWORKINGDIR");
  say(p, 0, "Report test 01 is started");
  say(p, 0, "Report test 01 user %s", p->user ? p->user : "BATCH");
  say(p, 0, "Report test 01 Value param [%s]", first_parameter(p));
  for (t = 0; t <= 20; t += 10)
    say(p, t, "Report test 01 is running %d seconds", t);
  say(p, 30, "Report test 01 test is ended");
  say(p, 30, "Report execution time: 00:00:30:229");
  say(p, 30, "Done");
  ends(p, 30, DONE);
  return true;
}

/* Made up; only the name is published. */
static bool plan_reporttest02(struct plan *p)
{
  say(p, 0, "Report test 02 is started");
  say(p, 0, "Report test 02 Value param [%s]", first_parameter(p));
  say(p, 5, "Report test 02 test is ended");
  say(p, 5, "Done");
  ends(p, 5, DONE);
  return true;
}

/* Published: killed, its log was empty. */
static bool plan_longrunningreport(struct plan *p)
{
  ends(p, 3600, DONE);
  return true;
}

/* Published in connector-log.txt. That log was read at the end, so its times
   are not those of the messages. Known are the total, 81 s, and the report's
   own time, 70.249 s. */
static bool plan_run_parametertesta(struct plan *p)
{
  int t;
  say(p, 0, "DEMO2 RUN_PARAMETERTEST : Script Started: RUN_PARAMETERTEST");
  say(p, 0, " Amt PS library version: 0.49");
  say(p, 0, " date: 2016-10-17");
  say(p, 0, "DEMO2 RUN_PARAMETERTEST : "
            "Starting parametertest with RepParam set");
  say(p, 0, "DEMO2 RUN_PARAMETERTEST : Starting report: PARAMETERTEST");
  say(p, 10, "Started Rev: 1.1 AMT: 8.0.16351.50. "
             "Params: /R:2103 /USEWORKINGDIR");
  say(p, 10, "Parameter test is started");
  say(p, 10, "Value test param [%s]", first_parameter(p));
  for (t = 0; t <= 60; t += 10)
    say(p, 10 + t, "Parameter test is running %d seconds", t);
  say(p, 80.2, "Parameter test is ended");
  say(p, 80.249, "Report execution time: 00:01:10:249");
  say(p, 80.249, "Done");
  say(p, 80.8, "DEMO2 RUN_PARAMETERTEST : Opening joblog succeeded");
  say(p, 80.8, "DEMO2 RUN_PARAMETERTEST : 0");
  say(p, 80.8, "DEMO2 RUN_PARAMETERTEST : Finished running parametertest");
  say(p, 80.8, "DEMO2 RUN_PARAMETERTEST : Job finished");
  ends(p, 81, DONE);
  return true;
}

/* Published in acs-operation.txt. */
static bool plan_run_filenametest(struct plan *p)
{
  ends_at_once(p, ERROR);
  say(p, 0, "Error starting job []");
  say(p, 0, "[An error occurred trying to start process 'pwsh' with working "
            "directory 'F:\\AMT\\SCRIPTS\\DEMO2'. The system cannot find the "
            "file specified.]");
  return true;
}

static void say_list(struct plan *p, const char *label, const json_t *list)
{
  size_t i;
  for (i = 0; i < json_array_size(list); i++)
    say(p, 0, "%s %d [%s]", label, (int)i + 1,
        json_string_value(json_array_get(list, i)));
}

/* Made up; only the name is published. */
static bool plan_run_parameterstest(struct plan *p)
{
  say(p, 0, "Parameters test is started");
  say_list(p, "Parameter", p->parameters);
  say(p, 3, "Parameters test is ended");
  ends(p, 3, DONE);
  return true;
}

static bool plan_unknown_script(struct plan *p)
{
  ends_at_once(p, ERROR);
  say(p, 0, "File not found");
  return true;
}

static bool plan_unknown_user(struct plan *p)
{
  ends_at_once(p, INVALID_USER);
  say(p, 0, "Invalid AMT user [%s]", p->user);
  return true;
}

static bool plan_code(struct plan *p)
{
  const struct status *st = status_of(p->number[0]);
  if (!st) return false;
  ends(p, 2, st->code);
  say(p, 0, "Code %d is started", st->code);
  say(p, 2, "Code %d: %s", st->code, st->name);
  if (!st->ends && st->code != UNDEFINED) {
    p->more_time = 3;
    p->last_code = DONE;
    say(p, 5, "Done");
  }
  return true;
}

static bool plan_log(struct plan *p)
{
  if (p->number[0] > 1000000 || p->number[1] > 10000000) return false;
  ends(p, 2, DONE);
  p->log_count = p->number[0];
  p->log_size = p->number[1];
  return true;
}

static bool plan_children(struct plan *p)
{
  int i, n = (int)p->number[0];
  if (p->number[0] > 1000) return false;
  p->restarts = true;
  say(p, 0, "Parent is started with %d children", n);
  for (i = 1; i <= n; i++) {
    p->sequence = 0;
    say(p, i - 0.8, "Child %d is started", i);
    say(p, i - 0.5, "Child %d is running", i);
    say(p, i - 0.2, "Child %d is ended", i);
  }
  p->sequence = 1;
  say(p, n + 1, "Parent is ended");
  ends(p, n + 1, DONE);
  return true;
}

static bool plan_echo(struct plan *p)
{
  say_list(p, "Parameter", p->parameters);
  say_list(p, "Task value", p->task_values);
  if (p->user) say(p, 0, "User [%s]", p->user);
  if (p->queue) say(p, 0, "Queue [%s]", p->queue);
  say(p, 1, "Done");
  ends(p, 1, DONE);
  return true;
}

static bool plan_slowlog(struct plan *p)
{
  int i, n = (int)p->number[0];
  if (p->number[0] > 100000) return false;
  for (i = 1; i <= n; i++) say(p, i, "Slow log message %d of %d", i, n);
  ends(p, n, DONE);
  return true;
}

/* '#' stands for a number. plan() returns false if its number is out of range;
   the job then counts as unknown. */
static const struct known { const char *name; bool (*plan)(struct plan *); }
known_jobs[] = {
  { "REPORTTEST01",       plan_reporttest01 },
  { "REPORTTEST02",       plan_reporttest02 },
  { "LONGRUNNINGREPORT",  plan_longrunningreport },
  { "RUN_PARAMETERTESTA", plan_run_parametertesta },
  { "CODE_#",             plan_code },
  { "LOG_#",              plan_log },
  { "LOG_#_x_#",          plan_log },
  { "CHILDREN_#",         plan_children },
  { "ECHO",               plan_echo },
  { "SLOWLOG_#",          plan_slowlog },
  { NULL, NULL }
},
known_scripts[] = {
  { "RUN_FILENAMETEST.ps1",   plan_run_filenametest },
  { "RUN_PARAMETERSTEST.ps1", plan_run_parameterstest },
  { NULL, NULL }
};

static const char *const known_users[] = { "DEMO", "BATCH", "AMTUSER", NULL };

/* Sets number[i] to -1 if the pattern has no such number. */
static bool matches(const char *pattern, const char *name, int64_t number[2])
{
  int i = 0;
  number[0] = number[1] = -1;
  for (; *pattern; pattern++) {
    if (*pattern == '#') {
      size_t digits = strspn(name, "0123456789");
      if (digits < 1 || digits > 9) return false;
      number[i++] = strtoll(name, NULL, 10);
      name += digits;
    } else if (*pattern != *name++) {
      return false;
    }
  }
  return !*name;
}

static const char *last_part(const char *path)
{
  const char *p;
  for (p = path; *p; p++)
    if (*p == '\\' || *p == '/') path = p + 1;
  return path;
}

static bool user_is_known(const char *user)
{
  int i;
  for (i = 0; known_users[i]; i++)
    if (!strcmp(user, known_users[i])) return true;
  return false;
}

/* False: no such batch job. */
static bool plan_task(struct plan *p, bool script, const char *name)
{
  const struct known *k;
  if (script) {
    if (p->user && !user_is_known(p->user)) return plan_unknown_user(p);
    for (k = known_scripts; k->name; k++)
      if (!strcasecmp(k->name, last_part(name))) return k->plan(p);
    return plan_unknown_script(p);
  }
  for (k = known_jobs; k->name; k++)
    if (matches(k->name, name, p->number))
      return p->user && !user_is_known(p->user) ? plan_unknown_user(p)
                                                : k->plan(p);
  return false;
}

static char *list_text(const json_t *list)
{
  return list ? json_dumps(list, JSON_COMPACT) : NULL;
}

static void add_job(struct plan *p, const char *type, const char *name)
{
  int64_t code_at = p->running + scaled_ms(p->s, p->run_time);
  int64_t last_at = p->running + scaled_ms(p->s, p->run_time + p->more_time);
  char *values = list_text(p->task_values), *params = list_text(p->parameters);
  const char *kinds = p->log_count < 0 ? "iitttttttttiiiiii00"
                                       : "iitttttttttiiiiiiii";
  run(p->s, ask(p->s, ADD_JOB, kinds, p->id, p->started, ONLY_APPLICATION, type,
                name, ONLY_SUBMIT_USER, ONLY_STATION, p->user, p->queue,
                values, params, p->running, (int64_t)p->code, code_at,
                (int64_t)p->last_code, last_at, (int64_t)p->restarts,
                p->log_count, p->log_size));
  free(values);
  free(params);
}

/* ----------------------------------------------------------------- >>reply
   Replies, in the accents that were asked for. */

struct reply {
  unsigned status;                      /* 0: close without a reply */
  struct text body;
  const char *header;                   /* one more header, or NULL */
  char value[128];
};

static int add_dumped(const char *data, size_t length, void *text)
{
  text_add(text, data, length);
  return 0;
}

/* Appends the value as JSON text and releases it. */
static void text_json(const struct server *s, struct text *t, json_t *value)
{
  size_t flags = JSON_ENCODE_ANY;
  flags |= s->fault[ACCENT_INDENT] ? JSON_INDENT(2) : JSON_COMPACT;
  if (s->fault[ACCENT_ASCII]) flags |= JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH;
  if (!value || json_dump_callback(value, add_dumped, t, flags))
    die("a reply that is not UTF-8");
  json_decref(value);
}

/* Sets a member of a reply. A dotted name nests objects. A name of "" is the
   reply itself (see whole()); the first of several counts. */
static void put(const struct server *s, json_t *o, enum out word,
                json_t *value)
{
  const char *name = s->out[word], *dot;
  char part[64];
  json_t *inner;
  if (!name || (!*name && json_object_get(o, ""))) {
    json_decref(value);
    return;
  }
  for (; (dot = strchr(name, '.')); name = dot + 1, o = inner) {
    snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
    inner = json_object_get(o, part);
    if (json_is_object(inner)) continue;
    inner = json_object();
    json_object_set_new(o, part, inner);
  }
  json_object_set_new(o, name, value);
}

/* What o stands for: a value put under "" replaces it. */
static json_t *whole(json_t *o)
{
  json_t *value = json_object_get(o, "");
  if (!value) return o;
  json_incref(value);
  json_decref(o);
  return value;
}

/* Unknown names outside, known names inside: a client must not confuse these
   with the real ones. */
static json_t *decoy(const struct server *s)
{
  json_t *o = json_pack("{s:[[],[i,n,b,f]],s:{s:{},s:[s]}}", "Trace", -1, 1,
                        1.5e-7, "Inner", "Empty", "List", "decoy \"]}");
  static const enum out names[] = { OUT_STATUS, OUT_TOKEN, OUT_TEXT, OUT_ID,
                                     OUT_MESSAGE, OUT_MESSAGES };
  json_t *inner = json_object_get(o, "Inner");
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (s->out[names[i]] && *s->out[names[i]])
      put(s, inner, names[i], names[i] == OUT_STATUS ? json_integer(DONE)
                                                     : json_string("decoy"));
  return o;
}

static json_t *new_object(const struct server *s)
{
  json_t *o = json_object();
  if (s->fault[ACCENT_EXTRA]) json_object_set_new(o, "Diagnostics", decoy(s));
  return o;
}

enum { ZERO_ID = -1, MINUS_ID = -2, GUID_ID = -3 }; /* ids of no job */

static json_t *id_value(const struct server *s, int64_t id)
{
  char digits[32];
  if (id == GUID_ID)
    return json_string("00000000-0000-0000-0000-000000000000");
  if (id < 0) id = id == ZERO_ID ? 0 : -1;
  snprintf(digits, sizeof digits, "%lld", (long long)id);
  return s->fault[ACCENT_STRING_NUMBERS] ? json_string(digits)
                                         : json_integer(id);
}

/* WAIT_FOR QUEUE becomes WaitForQueue. */
static json_t *dotnet_name(const char *name)
{
  char word[32];
  size_t n = 0;
  bool first = true;
  for (; *name; name++) {
    bool letter = isalpha((unsigned char)*name) != 0;
    if (letter) word[n++] = (char)(first ? *name : tolower(*name));
    first = !letter;
  }
  return json_stringn(word, n);
}

static json_t *status_value(const struct server *s, int code)
{
  const struct status *st = status_of(code);
  char digits[32];
  snprintf(digits, sizeof digits, s->fault[ACCENT_SIGNED] ? "%+d" : "%d", code);
  if (s->fault[ACCENT_DECIMAL]) return json_real(code);
  if (s->fault[ACCENT_SIGNED]) return json_string(digits);
  if (st && s->fault[ACCENT_PADDED])
    return json_sprintf("%-21s", s->fault[ACCENT_STRING_NUMBERS] ? digits
                                                                 : st->name);
  if (st && s->fault[ACCENT_DOTNET]) return dotnet_name(st->name);
  if (st && s->fault[ACCENT_NAMES]) return json_string(st->name);
  return s->fault[ACCENT_STRING_NUMBERS] ? json_string(digits)
                                         : json_integer(code);
}

static void begin_body(const struct server *s, struct reply *r, unsigned status)
{
  r->status = status;
  r->body.length = 0;
  if (s->fault[ACCENT_BOM]) text_puts(&r->body, "\xef\xbb\xbf");
}

static void reply_json(const struct server *s, struct reply *r, unsigned status,
                       json_t *o)
{
  begin_body(s, r, status);
  text_json(s, &r->body, whole(o));
}

/* The reply about a job. id 0 and message NULL are left out. */
static void reply_job(const struct server *s, struct reply *r, int64_t id,
                      int code, const char *message)
{
  bool reverse = s->fault[ACCENT_ORDER] != 0;
  json_t *o = new_object(s);
  if (message && reverse) put(s, o, OUT_MESSAGE, json_string(message));
  if (id && !reverse) put(s, o, OUT_ID, id_value(s, id));
  put(s, o, OUT_STATUS, status_value(s, code));
  if (id && reverse) put(s, o, OUT_ID, id_value(s, id));
  put(s, o, OUT_SUCCESS, json_true());
  if (message && !reverse) put(s, o, OUT_MESSAGE, json_string(message));
  reply_json(s, r, 200, o);
}

/* If the status is the whole reply, there is no place for an id. */
static int64_t id_beside_status(const struct server *s, int64_t id)
{
  return s->out[OUT_STATUS] && !*s->out[OUT_STATUS] ? 0 : id;
}

/* Replies {"Message":"..."}. Returns false, so that a check can return it. */
static bool refuse(const struct server *s, struct reply *r, unsigned status,
                   const char *format, ...)
  __attribute__((format(printf, 4, 5)));
static bool refuse(const struct server *s, struct reply *r, unsigned status,
                   const char *format, ...)
{
  json_t *o = new_object(s);
  va_list list;
  char *message;
  va_start(list, format);
  message = format_list(format, list);
  va_end(list);
  put(s, o, OUT_SUCCESS, json_false());
  put(s, o, OUT_MESSAGE, json_string(message));
  free(message);
  reply_json(s, r, status, o);
  return false;
}

static void set_header(struct reply *r, const char *name, const char *value)
{
  r->header = name;
  snprintf(r->value, sizeof r->value, "%s", value);
}

static void retry_after(const struct server *s, struct reply *r)
{
  int seconds = s->fault[RETRY_AFTER];
  r->header = MHD_HTTP_HEADER_RETRY_AFTER;
  snprintf(r->value, sizeof r->value, "%d", seconds ? seconds : 1);
}

/* ----------------------------------------------------------------- >>holes
   Requests are read strictly. Each text of the wire table is expanded to its
   forms: one for each choice of the words that have a value. A request is
   compared with each form. The values of the holes are collected in one
   object, `in`: strings by word, lists as arrays, `after` as a number.

   In a form a hole stands between the bytes HOLE and HOLE_END. If it is all
   of a JSON value, VALUE alone stands before it. */
enum { VALUE = 1, HOLE = 3, HOLE_END = 4 };

struct form {
  enum op op;
  unsigned parts;                       /* bits: which words it has parts for */
  char *path, *headers;
  char *body;                           /* NULL: none, or JSON */
  json_t *json;                         /* NULL: none */
};

/* How well a request fits a form. */
struct fit {
  int score;                            /* fitting members, minus the others */
  bool other;                           /* a fixed text does not match */
  const char *name, *wrong;             /* the first misfit, or NULL */
};

enum how { USUAL, RAW, TEXT, URL, LIST, OBJECT, PAIRS, JOINED, HOWS };

struct hole { enum word word; enum how how; char first[64], second[64]; };

static const char *const how_names[HOWS] = { "", "raw", "text", "url", "list",
                                             "object", "pairs", "joined" };

static enum word word_of(const char *name, size_t n)
{
  int i = 0;
  while (i < WORDS && (strncmp(word_names[i], name, n) || word_names[i][n]))
    i++;
  return (enum word)i;
}

static void unescape(char *text)
{
  char *to = text;
  for (; *text; text++) {
    const char *escaped = "nrt\\", *which = NULL;
    if (*text == '\\' && text[1]) which = strchr(escaped, *++text);
    *to++ = which ? "\n\r\t\\"[which - escaped] : *text;
  }
  *to = 0;
}

/* Parses what is between the braces, such as "job" or "parameters:joined, ". */
static bool read_hole(const char *text, size_t n, struct hole *h)
{
  const char *colon = memchr(text, ':', n);
  char how[80];
  int i;
  memset(h, 0, sizeof *h);
  h->word = word_of(text, colon ? (size_t)(colon - text) : n);
  if (h->word == WORDS || !colon) return h->word != WORDS;
  n -= (size_t)(colon + 1 - text);
  snprintf(how, sizeof how, "%.*s", (int)n, colon + 1);
  for (i = RAW; i < HOWS && strncmp(how, how_names[i], strlen(how_names[i]));)
    i++;
  h->how = (enum how)i;
  if (i == JOINED) {
    snprintf(h->first, sizeof h->first, "%.63s", how + strlen("joined"));
    unescape(h->first);
    return true;
  }
  if (i == PAIRS)
    return sscanf(how, "pairs %63s %63s", h->first, h->second) == 2;
  return i < HOWS && !strcmp(how, how_names[i]);
}

static json_t *get(const json_t *in, enum word word)
{
  return json_object_get(in, word_names[word]);
}

/* NULL if it is absent or not a string. */
static const char *get_text(const json_t *in, enum word word)
{
  return json_string_value(get(in, word));
}

static bool text_fits(const json_t *value)
{
  return json_is_string(value) && json_string_length(value) > 0;
}

static bool list_fits(const json_t *value)
{
  size_t i;
  for (i = 0; i < json_array_size(value); i++)
    if (!text_fits(json_array_get(value, i))) return false;
  return json_is_array(value);
}

static json_t *split(const char *text, const char *separator)
{
  json_t *list = json_array();
  size_t n = strlen(separator);
  const char *end;
  while (n && (end = strstr(text, separator))) {
    json_array_append_new(list, json_stringn(text, (size_t)(end - text)));
    text = end + n;
  }
  if (*text || json_array_size(list))
    json_array_append_new(list, json_string(text));
  return list;
}

static void add_pair(json_t *list, const char *name, const json_t *value)
{
  const char *text = json_string_value(value);
  json_array_append_new(list, !name || !text ? json_null()
                              : json_sprintf("%s=%s", name, text));
}

/* The list in this hole's notation as a new array; NULL if it is not one. */
static json_t *as_array(const struct hole *h, json_t *value)
{
  const char *name;
  json_t *list, *member;
  size_t i;
  if (h->how == JOINED)
    return json_is_string(value) ? split(json_string_value(value), h->first)
                                 : NULL;
  if (h->how == OBJECT ? !json_is_object(value) : !json_is_array(value))
    return NULL;
  if (h->how != OBJECT && h->how != PAIRS) return json_incref(value);
  list = json_array();
  if (h->how == OBJECT)
    json_object_foreach(value, name, member) add_pair(list, name, member);
  else
    json_array_foreach(value, i, member)
      add_pair(list, json_object_size(member) != 2 ? NULL
               : json_string_value(json_object_get(member, h->first)),
               json_object_get(member, h->second));
  return list;
}

/* Brings a hole's value into its usual form. NULL: wrong type. */
static json_t *one_form(const struct hole *h, json_t *value, bool in_text)
{
  json_t *list;
  char *text;
  switch (h->word) {
  case TASK_VALUES: case PARAMETERS:
    list = as_array(h, value);
    if (list_fits(list)) return list;
    json_decref(list);
    return NULL;
  case AFTER:
    if (in_text && text_fits(value)) {
      const char *digits = json_string_value(value);
      return strspn(digits, "0123456789") == strlen(digits)
             ? json_integer(strtoll(digits, NULL, 10)) : NULL;
    }
    return json_is_integer(value) && json_integer_value(value) >= 0
           ? json_incref(value) : NULL;
  case ID:
    if (json_is_integer(value))
      return json_sprintf("%lld", (long long)json_integer_value(value));
    break;
  default: break;
  }
  if (h->how != RAW || json_is_string(value))
    return text_fits(value) ? json_incref(value) : NULL;
  text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  value = json_string(text);
  free(text);
  return value;
}

static const char *wanted(const struct hole *h)
{
  switch (h->word) {
  case TASK_VALUES: case PARAMETERS:
    return "must be a list of strings that are not empty, in the style of the "
           "wire table";
  case AFTER: return "must be an integer of 0 or more";
  case ID: return "must be an integer or a string";
  default: return "must be a string that is not empty";
  }
}

/* Stores and releases value. False: it is NULL, or the word already has a
   different value. */
static bool take(json_t *in, enum word word, json_t *value)
{
  json_t *before = get(in, word);
  bool good = value && (!before || json_equal(before, value));
  if (good) json_object_set(in, word_names[word], value);
  json_decref(value);
  return good;
}

/* Decodes percent-encoding. NULL if it is malformed. */
static json_t *decode(const char *text, size_t length)
{
  struct text t = { 0 };
  json_t *value = NULL;
  size_t i;
  text_add(&t, "", 0);
  for (i = 0; i < length; i++) {
    char digits[3] = { 0 }, c = text[i];
    if (c == '%') {
      if (length - i < 3 || !isxdigit((unsigned char)text[i + 1])
          || !isxdigit((unsigned char)text[i + 2])) goto out;
      memcpy(digits, text + i + 1, 2);
      c = (char)strtol(digits, NULL, 16);
      i += 2;
    }
    text_add(&t, &c, 1);
  }
  value = json_stringn(t.data, t.length);
out:
  free(t.data);
  return value;
}

enum { HOLES = 16 };                    /* in one text */

struct span { const char *hole, *text; size_t length; };

/* Finds what the text has in place of the form's holes. In URLs and form bodies
   (url), holes are percent-encoded unless they say otherwise. */
static bool find_holes(const char *form, const char *text, bool url,
                       struct span *found, int room)
{
  static const char unreserved[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%";
  for (; *form && *form != HOLE; form++, text++)
    if (*form != *text) return false;
  if (!*form) return !*text;
  if (!room) return false;
  found->hole = ++form;
  found->text = text;
  form = strchr(form, HOLE_END) + 1;
  found->length = url ? strspn(text, unreserved) : strlen(text);
  for (;; found->length--) {
    if (find_holes(form, text + found->length, url, found + 1, room - 1))
      return true;
    if (!found->length) return false;
  }
}

/* True if the text fits; `in` then has the values of its holes. */
static bool fits_text(const char *form, const char *text, bool url, json_t *in)
{
  struct span found[HOLES + 1] = { { NULL, NULL, 0 } };
  const struct span *f;
  if (!find_holes(form, text, url, found, HOLES)) return false;
  for (f = found; f->hole; f++) {
    struct hole h;
    json_t *value;
    bool good;
    read_hole(f->hole, (size_t)(strchr(f->hole, HOLE_END) - f->hole), &h);
    value = url || h.how == URL ? decode(f->text, f->length)
                                : json_stringn(f->text, f->length);
    good = value && take(in, h.word, one_form(&h, value, true));
    json_decref(value);
    if (!good) return false;
  }
  return true;
}

static void note(struct fit *f, const char *name, const char *wrong, bool other)
{
  if (!f->wrong) {
    f->name = name;
    f->wrong = wrong;
  }
  f->other = f->other || other;
  f->score--;
}

/* True if form is a fixed value. */
static bool is_fixed(const json_t *form)
{
  const char *text = json_string_value(form);
  return json_is_string(form) ? *text != VALUE && !strchr(text, HOLE)
         : !json_is_object(form) && !json_is_array(form);
}

static void fit_json(const json_t *form, json_t *value, const char *name,
                     json_t *in, struct fit *f);

static void fit_object(const json_t *form, json_t *value, json_t *in,
                       struct fit *f)
{
  const char *name;
  json_t *member, *inner;
  json_object_foreach((json_t *)form, name, member) {
    inner = json_object_get(value, name);
    if (inner) fit_json(member, inner, name, in, f);
    else note(f, name, "is missing", is_fixed(member));
  }
  json_object_foreach(value, name, member)
    if (!json_object_get(form, name))
      note(f, name, "is an unknown member", false);
}

static void fit_json(const json_t *form, json_t *value, const char *name,
                     json_t *in, struct fit *f)
{
  const char *text = json_string_value(form);
  struct hole h;
  size_t i;
  if (is_fixed(form)) {
    if (json_equal(form, value)) f->score++;
    else note(f, name, "must be as it is in the wire table", true);
  } else if (json_is_object(form) && json_is_object(value)) {
    fit_object(form, value, in, f);
  } else if (json_is_array(form)
             && json_array_size(form) == json_array_size(value)) {
    for (i = 0; i < json_array_size(form); i++)
      fit_json(json_array_get(form, i), json_array_get(value, i), name, in, f);
  } else if (text && *text == VALUE) {
    read_hole(text + 1, strlen(text + 1), &h);
    if (take(in, h.word, one_form(&h, value, false))) f->score++;
    else note(f, name, wanted(&h), false);
  } else if (text && json_is_string(value)
             && fits_text(text, json_string_value(value), false, in)) {
    f->score++;
  } else {
    note(f, name, "does not fit the wire table", false);
  }
}

/* Reads the job that the request names; replies 404 if there is none. */
static bool named_job(struct server *s, struct reply *r, const json_t *in,
                      struct job *j)
{
  const char *id = get_text(in, ID);
  size_t digits = id ? strspn(id, "0123456789") : 0;
  if (digits && digits <= 18 && !id[digits]
      && find_job(s, strtoll(id, NULL, 10), j)) return true;
  return refuse(s, r, 404, "unknown batch request %s", id ? id : "");
}

/* ----------------------------------------------------------------- >>calls
   One function for each call: request in, reply out. */

/* True at every nth; count has already been incremented. */
static bool every(uint64_t count, int n)
{
  return n > 0 && count % (uint64_t)n == 0;
}

static bool is_user(const struct server *s, const json_t *in)
{
  const char *user = get_text(in, API_USER), *password = get_text(in, PASSWORD);
  return (!user || !strcmp(user, s->user))
         && (!password || !strcmp(password, s->password));
}

static void sign_in(struct server *s, json_t *in, struct reply *r)
{
  double life = s->token_life;
  bool lives = life > 0;
  json_t *o;
  sqlite3_stmt *st;
  if (s->count.sign_ins > 0
      && s->count.refused_sign_ins < s->fault[SIGN_INS_REFUSED]) {
    int status = s->fault[SIGN_IN_STATUS];
    s->count.refused_sign_ins++;
    refuse(s, r, status ? (unsigned)status : 401, "the directory is away");
    return;
  }
  if (!is_user(s, in)) {
    s->count.refused_sign_ins++;
    refuse(s, r, 401, "unknown user or wrong password");
    return;
  }
  s->count.sign_ins++;
  run(s, ask(s, CLEAN_TOKENS, "i", now_ms()));
  st = ask(s, ADD_TOKEN, "i", lives ? now_ms() + (int64_t)(life * 1000)
                                    : INT64_MAX);
  row(s, st);
  o = new_object(s);
  put(s, o, OUT_TOKEN, json_string((const char *)sqlite3_column_text(st, 0)));
  put(s, o, OUT_EXPIRES,
      json_integer(lives ? (json_int_t)(life + 0.999) : 3600));
  run(s, st);
  reply_json(s, r, 200, o);
}

/* Creates the job. Returns 0 if no job has that name. The row is committed on
   return. */
static int64_t make_job(struct server *s, const json_t *in, bool script,
                        const char *name)
{
  struct plan p = { 0 };
  sqlite3_stmt *st;
  p.s = s;
  p.started = now_ms();
  p.running = p.started + scaled_ms(s, QUEUED_FOR);
  p.log_count = -1;
  p.user = get_text(in, USER);
  p.queue = get_text(in, QUEUE);
  p.task_values = get(in, TASK_VALUES);
  p.parameters = get(in, PARAMETERS);
  exec(s, "BEGIN IMMEDIATE");
  st = ask(s, NEXT_ID, "");
  row(s, st);
  p.id = sqlite3_column_int64(st, 0);
  done(st);
  if (!plan_task(&p, script, name)) {
    exec(s, "ROLLBACK");
    return 0;
  }
  add_job(&p, script ? "SCRIPT" : "BATCH", name);
  exec(s, "COMMIT");
  s->count.starts_accepted++;
  return p.id;
}

static void reply_start(struct server *s, struct reply *r, int64_t id,
                        const char *name)
{
  char *message;
  if (asprintf(&message, "%s is queued", name) < 0) die("out of memory");
  if (s->fault[START_LOST])
    r->status = 0;
  else if (s->fault[START_500])
    refuse(s, r, 500, "internal server error");
  else if (s->fault[START_NO_ID])
    reply_job(s, r, 0, s->fault[START_NO_ID], message);
  else if (s->fault[START_STATUS])
    reply_job(s, r, id, s->fault[START_STATUS], message);
  else
    reply_job(s, r, id, QUEUED, message);
  free(message);
}

/* These faults answer 200 to a START that creates no job. */
static bool not_defined(const struct server *s, struct reply *r,
                        const char *name)
{
  static const struct { enum fault fault; int64_t id; } ids[] = {
    { START_ZERO, ZERO_ID }, { START_MINUS, MINUS_ID }, { START_GUID, GUID_ID }
  };
  char *message;
  size_t i = 0;
  while (i < 3 && !s->fault[ids[i].fault]) i++;
  if (i == 3 && !s->fault[START_MESSAGE]) return false;
  if (asprintf(&message, "Job %s is not defined", name) < 0)
    die("out of memory");
  if (i < 3) reply_job(s, r, ids[i].id, s->fault[ids[i].fault], message);
  else refuse(s, r, 200, "%s", message);
  free(message);
  return true;
}

static void start(struct server *s, json_t *in, struct reply *r)
{
  bool script = get(in, SCRIPT) != NULL;
  const char *name = get_text(in, script ? SCRIPT : JOB);
  const char *submit_user = get_text(in, SUBMIT_USER);
  const char *station = get_text(in, STATION);
  int64_t id;
  if ((submit_user && strcmp(submit_user, ONLY_SUBMIT_USER))
      || (station && strcmp(station, ONLY_STATION))) {
    refuse(s, r, 400, "submission failed: submit user %s, station %s",
           submit_user, station);
    return;
  }
  if (s->fault[START_429]) {
    refuse(s, r, 429, "too many requests");
    retry_after(s, r);
    return;
  }
  if (not_defined(s, r, name)) return;
  id = make_job(s, in, script, name);
  if (id) reply_start(s, r, id, name);
  else refuse(s, r, 400, "unknown job %s", name);
}

static void end_job(struct server *s, json_t *in, struct reply *r, int code)
{
  const struct status *st;
  struct job j = { 0 };
  if (!named_job(s, r, in, &j)) return;
  st = job_status(&j);
  if (s->fault[KILL_ONCE] && s->count.stops + s->count.kills == 1)
    refuse(s, r, (unsigned)s->fault[KILL_ONCE], "not now");
  else if (s->fault[KILL_REFUSED])
    refuse(s, r, 400, "batch request %lld may not be stopped",
           (long long)j.id);
  else if (st->ends)
    refuse(s, r, 400, "batch request %lld has ended: %d %s", (long long)j.id,
           st->code, st->name);
  else {
    run(s, ask(s, STOP_JOB, "iii", now_ms(), (int64_t)code, j.id));
    reply_job(s, r, id_beside_status(s, j.id), KILLED, NULL);
  }
}

static void stop_job(struct server *s, json_t *in, struct reply *r)
{
  end_job(s, in, r, ABORTED);
}

static void kill_job(struct server *s, json_t *in, struct reply *r)
{
  end_job(s, in, r, KILLED);
}

static void monitor(struct server *s, json_t *in, struct reply *r)
{
  struct job j = { 0 };
  if (!named_job(s, r, in, &j)) return;
  if (s->fault[MONITOR_ONCE] && s->count.monitors == 1) {
    if (s->fault[MONITOR_ONCE] == 401) exec(s, "DELETE FROM tokens");
    refuse(s, r, (unsigned)s->fault[MONITOR_ONCE], "not now");
  } else if (s->count.monitors <= s->fault[MONITOR_404])
    refuse(s, r, 404, "unknown batch request %lld", (long long)j.id);
  else if (s->count.monitors <= s->fault[MONITOR_OTHER_ID])
    reply_job(s, r, id_beside_status(s, j.id + 1), DONE, NULL);
  else
    reply_job(s, r, id_beside_status(s, j.id), job_status(&j)->code, NULL);
}

/* The list of messages is written one by one, so a long list takes no more
   memory than its text. */
struct page {
  struct server *s;
  struct text *body;
  int64_t count;
  int64_t gone;                         /* dropped; Sequence restarts there */
  size_t at[2];                         /* where the last two begin in body */
  bool whole, more;
};

/* These bytes are put in front of the first message of each list. */
static const struct { enum fault fault; const char *bytes; } spoilt[] = {
  { LATIN1, "caf\xe9 " }, { CP1252, "\x93\x80\x94 " }, { RAW_TAB, "a\tb " },
  { RAW_ESC, "\x1b[31m " }, { BAD_ESCAPE, "it\\'s " }
};
static const char bytes_place[] = "(the bytes come here)";

/* NULL: no such fault is on. */
static const char *spoilt_bytes(const struct server *s)
{
  size_t i;
  for (i = 0; i < sizeof spoilt / sizeof *spoilt; i++)
    if (s->fault[spoilt[i].fault]) return spoilt[i].bytes;
  return NULL;
}

/* False: the page is already full. */
static bool add_message(struct page *p, int64_t sequence, int64_t time,
                        const char *text, size_t length)
{
  struct server *s = p->s;
  json_t *value = json_stringn(text, length), *o;
  char when[40];
  int limit = s->fault[PAGE] ? s->fault[PAGE] : PAGE_MESSAGES;
  if (!p->whole && (p->count >= limit || p->body->length >= PAGE_BYTES)) {
    json_decref(value);
    p->more = true;
    return false;
  }
  if (spoilt_bytes(s) && p->count == 0) {
    json_decref(value);
    value = json_sprintf("%s%s", bytes_place, text);  /* see spoil() */
  }
  if (p->count++) text_puts(p->body, ",");
  p->at[0] = p->at[1];
  p->at[1] = p->body->length;
  sequence -= p->gone;
  if (s->fault[ACCENT_STRINGS]) {
    text_json(s, p->body, value);
    return true;
  }
  iso_time(when, time);
  if (s->fault[ACCENT_TIME])
    snprintf(when + 19, sizeof when - 19, ".%03d4567+00:00",
             (int)(time % 1000));
  o = new_object(s);
  if (s->fault[ACCENT_ORDER]) {
    put(s, o, OUT_TEXT, value);
    put(s, o, OUT_TIME, json_string(when));
    put(s, o, OUT_SEQUENCE, json_integer(sequence));
  } else {
    put(s, o, OUT_SEQUENCE, json_integer(sequence));
    put(s, o, OUT_TIME, json_string(when));
    put(s, o, OUT_TEXT, value);
  }
  text_json(s, p->body, whole(o));
  return true;
}

static void add_stored(struct page *p, const struct job *j, int64_t after,
                       int64_t until)
{
  sqlite3_stmt *st = ask(p->s, READ_MESSAGES, "iii", j->id, after, until);
  while (row(p->s, st)
         && add_message(p, sqlite3_column_int64(st, 0),
                        sqlite3_column_int64(st, 1),
                        (const char *)sqlite3_column_text(st, 2),
                        (size_t)sqlite3_column_bytes(st, 2))) { }
  done(st);
}

static void add_generated(struct page *p, const struct job *j, int64_t after,
                          int64_t until)
{
  int64_t i, last = log_written(j, until);
  struct text t = { 0 };
  for (i = after + 1; i <= last; i++) {
    log_text(&t, j, i);
    if (!add_message(p, i, log_time(j, i), t.data, t.length)) break;
  }
  free(t.data);
}

/* How many messages the job has written till then. */
static int64_t written_till(struct server *s, const struct job *j,
                            int64_t until)
{
  sqlite3_stmt *st;
  int64_t n;
  if (j->log_count >= 0) return log_written(j, until);
  st = ask(s, COUNT_MESSAGES, "ii", j->id, until);
  row(s, st);
  n = sqlite3_column_int64(st, 0);
  done(st);
  return n;
}

/* How many of a job's first messages the server no longer has. */
static int64_t forgotten(struct server *s, const struct job *j, int64_t until)
{
  int64_t keep = s->fault[KEEP_LAST], each = s->fault[RENUMBER], n;
  if (!keep && !each) return 0;
  n = written_till(s, j, until);
  if (each) return n > 0 ? (n - 1) / each * each : 0;
  return n > keep ? n - keep : 0;
}

/* Swaps the last two messages of the list. */
static void swap(struct page *p)
{
  struct text *t = p->body, copy = { 0 };
  size_t first = p->at[0], second = p->at[1];
  if (p->count < 2) return;
  text_add(&copy, t->data + first, t->length - first);
  t->length = first;
  text_add(t, copy.data + (second - first), copy.length - (second - first));
  text_puts(t, ",");
  text_add(t, copy.data, second - first - 1);
  free(copy.data);
}

/* Puts in the fault's bytes. The reply may be invalid JSON from here on. */
static void spoil(struct text *t, const char *bytes)
{
  size_t n = strlen(bytes), place = sizeof bytes_place - 1;
  char *p = t->length ? memmem(t->data, t->length, bytes_place, place) : NULL;
  if (!p) return;
  memcpy(p, bytes, n);
  memmove(p + n, p + place, (size_t)(t->data + t->length - (p + place)));
  t->length -= place - n;
}

/* Appends the reply, with the list in place of a placeholder string. */
static void put_list(const struct server *s, struct reply *r,
                     const struct page *p)
{
  static const char place[] = "the list of messages comes here";
  json_t *o = new_object(s);
  struct text frame = { 0 };
  char *at;
  put(s, o, OUT_MESSAGES, json_string(place));
  if (p->more) put(s, o, OUT_MORE, json_true());
  text_json(s, &frame, whole(o));
  at = strstr(frame.data, place);
  if (!at) die("a wire table without reply.messages");
  at[-1] = 0;                           /* drop the quote before the list */
  text_puts(&r->body, frame.data);
  text_add(&r->body, p->body->data, p->body->length);
  text_puts(&r->body, at + sizeof place);
  free(frame.data);
}

/* after -1: the request named no sequence. */
static void messages_of(struct server *s, struct reply *r, const struct job *j,
                        int64_t after)
{
  struct text list = { 0 };
  struct page p = { s, &list, 0, 0, { 0, 0 }, false, false };
  int64_t until = j->stopped ? j->stopped : now_ms();
  int64_t gone = forgotten(s, j, until);
  p.whole = j->restarts || s->fault[NO_AFTER] || s->fault[ACCENT_STRINGS]
            || after < 0;
  if (p.whole) after = 0;
  if (s->fault[RENUMBER]) after += p.gone = gone;
  else if (after < gone) after = gone;
  begin_body(s, r, 200);
  text_puts(&list, "[");
  if (j->log_count < 0) add_stored(&p, j, after, until);
  else add_generated(&p, j, after, until);
  if (s->fault[SWAPPED]) swap(&p);
  text_puts(&list, "]");
  put_list(s, r, &p);
  free(list.data);
  if (spoilt_bytes(s)) spoil(&r->body, spoilt_bytes(s));
}

static void get_messages(struct server *s, json_t *in, struct reply *r)
{
  struct job j = { 0 };
  if (!named_job(s, r, in, &j)) return;
  if (s->fault[MESSAGES_403]) {
    refuse(s, r, 403, "no privilege to read messages");
  } else if (s->fault[MESSAGES_GARBAGE]) {
    begin_body(s, r, 200);
    text_puts(&r->body, "<html><body>This is not JSON.</body></html>");
  } else {
    messages_of(s, r, &j, get(in, AFTER)
                          ? json_integer_value(get(in, AFTER)) : -1);
  }
}

static void (*const calls[OPS])(struct server *, json_t *in, struct reply *) = {
  sign_in, start, stop_job, kill_job, monitor, get_messages
};

/* --------------------------------------------------------------- >>control */

/* The accents do not apply here. */
static void reply_plain(struct reply *r, unsigned status, json_t *o)
{
  r->status = status;
  if (!o || json_dump_callback(o, add_dumped, &r->body, JSON_COMPACT))
    die("a reply that is not UTF-8");
  json_decref(o);
}

static void stats(const struct server *s, struct reply *r)
{
  reply_plain(r, 200, json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
    "start_requests",   s->count.start_requests,
    "starts_accepted",  s->count.starts_accepted,
    "sign_ins",         s->count.sign_ins,
    "refused_sign_ins", s->count.refused_sign_ins,
    "monitors",         s->count.monitors,
    "messages",         s->count.messages,
    "stops",            s->count.stops,
    "kills",            s->count.kills,
    "unauthorized",     s->count.unauthorized,
    "connections",      s->count.connections));
}

/* False: not a path of >>control. */
static bool control(const struct server *s, struct reply *r, const char *path,
                    const char *method, bool *shuts_down)
{
  bool is_stats = !strcmp(path, "/amtsim/stats");
  const char *right = is_stats ? MHD_HTTP_METHOD_GET : MHD_HTTP_METHOD_POST;
  if (!is_stats && strcmp(path, "/amtsim/shutdown")) return false;
  if (strcmp(method, right)) {
    reply_plain(r, 405, json_pack("{s:s}", "Message", "wrong method"));
    set_header(r, MHD_HTTP_HEADER_ALLOW, right);
  } else if (is_stats) {
    stats(s, r);
  } else {
    reply_plain(r, 200, json_pack("{s:s}", "Message", "the server ends"));
    set_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    *shuts_down = true;
  }
  return true;
}

/* ------------------------------------------------------------------ >>http
   From a complete request to its reply. */

struct request {
  struct MHD_Connection *connection;    /* NULL before the head is read */
  char *target;                         /* path and query, as sent */
  struct text body;
  bool too_long;
  char json_error[JSON_ERROR_TEXT_LENGTH + 16];
  const struct form *form;              /* the best match, or NULL */
  struct fit fit;                       /* how well it matches */
  int rank;                             /* see rank() */
  json_t *in;                           /* its words, each in its usual form */
  struct reply reply;
  bool answered;
  bool late;                            /* its connection is about to close */
  bool shuts_down;                      /* once this request is completed */
  int64_t due;                          /* held until then, CLOCK_MONOTONIC */
  struct request *next;                 /* held */
};

/* One connection, where close-after or keep-alive is on. */
struct line {
  int fd;
  bool used;                            /* a reply has been sent */
  int64_t close_at;                     /* CLOCK_MONOTONIC; 0: never */
  struct line *next;
};

static const char *header(const struct request *q, const char *name)
{
  const char *value = MHD_lookup_connection_value(q->connection,
                                                  MHD_HEADER_KIND, name);
  return value ? value : "";
}

static bool is_type(const char *type, const char *wanted)
{
  size_t n = strlen(wanted);
  return !strncasecmp(type, wanted, n)
         && (!type[n] || strchr("; \t", type[n]));
}

/* The body as JSON, NULL if it is a form or invalid: then q says why. */
static json_t *read_json(struct request *q)
{
  json_error_t error;
  json_t *body;
  if (is_type(header(q, MHD_HTTP_HEADER_CONTENT_TYPE), FORM_TYPE)) return NULL;
  body = json_loadb(q->body.data ? q->body.data : "", q->body.length,
                    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
  if (!body)
    snprintf(q->json_error, sizeof q->json_error, "is no JSON: %s", error.text);
  return body;
}

/* How much of the request fits a form: nothing (0), the path, the method as
   well, the fixed texts as well (it is this call), or everything (INT_MAX). The
   number of fitting members lies in between. */
enum { PATH_FITS = 1, METHOD_FITS, CALL_FITS = 1 << 30 };

static int rank(const struct server *s, const struct request *q,
                const char *method, json_t *body, const struct form *form,
                json_t *in, struct fit *f)
{
  enum word i;
  if (!fits_text(form->path, q->target + strlen(s->base), true, in)) return 0;
  if (strcmp(method, s->text[form->op][METHOD])) return PATH_FITS;
  if (form->json && body) fit_json(form->json, body, "the body", in, f);
  else if (form->json)
    note(f, "the body", *q->json_error ? q->json_error : "is no JSON", true);
  else if (form->body && (!q->body.data
                          || !fits_text(form->body, q->body.data, true, in)))
    note(f, "the body", "does not fit the wire table", true);
  else if (!form->body && q->body.length)
    note(f, "the body", "must not be there", false);
  for (i = TASK_VALUES; i <= PARAMETERS; i++)
    if (form->parts & BIT(i) && get(in, i) && !json_array_size(get(in, i)))
      note(f, word_names[i], "must not be empty", false);
  if (!f->wrong) return INT_MAX;
  return (f->other ? METHOD_FITS : CALL_FITS) + (f->score > 0 ? f->score : 0);
}

/* Finds the best form. */
static void find_form(const struct server *s, struct request *q,
                      const char *method, json_t *body)
{
  size_t i;
  int best = 0;
  if (strncmp(q->target, s->base, strlen(s->base))) return;
  for (i = 0; i < s->form_count && best < INT_MAX; i++) {
    struct fit f = { 0 };
    json_t *in = json_object();
    int r = rank(s, q, method, body, &s->forms[i], in, &f);
    if (r > best) {
      json_decref(q->in);
      q->in = in;
      q->form = &s->forms[i];
      q->fit = f;
      q->rank = best = r;
    } else {
      json_decref(in);
    }
  }
}

static void count_call(struct server *s, const struct request *q)
{
  enum op op = q->form->op;
  bool sure = q->rank >= CALL_FITS;
  if (sure && op == START) s->count.start_requests++;
  else s->not_start++;
  if (sure && op == STOP) s->count.stops++;
  if (sure && op == KILL) s->count.kills++;
  if (op == MONITOR) s->count.monitors++;
  if (op == MESSAGES) s->count.messages++;
}

/* Faults that hit every call but START. False: the reply is made. */
static bool spared(struct server *s, struct reply *r)
{
  if (every(s->not_start, s->fault[DROP_EVERY])) {
    r->status = 0;
    return false;
  }
  if (every(s->not_start, s->fault[FAIL_500]))
    return refuse(s, r, 500, "internal server error");
  if (every(s->not_start, s->fault[FAIL_503])) {
    refuse(s, r, 503, "service unavailable");
    retry_after(s, r);
    return false;
  }
  return true;
}

static bool is_basic(const struct server *s, const char *given)
{
  static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  struct text plain = { 0 }, code = { 0 };
  size_t i, k;
  bool same;
  text_puts(&plain, s->user);
  text_puts(&plain, ":");
  text_puts(&plain, s->password);
  for (i = 0; i < plain.length; i += 3) {
    uint32_t bits = 0;
    for (k = 0; k < 3; k++)
      bits = bits << 8 | (i + k < plain.length
                          ? (unsigned char)plain.data[i + k] : 0);
    for (k = 0; k < 4; k++)
      text_add(&code, i + k > plain.length ? "="
                      : &digits[bits >> (18 - 6 * k) & 63], 1);
  }
  same = !strcmp(given, code.data);
  free(plain.data);
  free(code.data);
  return same;
}

static bool is_token(struct server *s, const char *given)
{
  sqlite3_stmt *st;
  bool good;
  if (!s->text[SIGN_IN][PATH]) return s->token && !strcmp(given, s->token);
  st = ask(s, FIND_TOKEN, "ti", given, now_ms());
  good = row(s, st);
  done(st);
  if (!good || !every(++s->with_token, s->fault[EXPIRE_EVERY])) return good;
  run(s, ask(s, END_TOKEN, "t", given));
  return false;
}

/* The next header line of a form, split into name and text. NULL: no more. */
static char *next_header(char **rest, char **text)
{
  char *line;
  while ((line = strsep(rest, "\n"))) {
    if (!*line) continue;
    *text = line + strcspn(line, ":");
    if (**text) *(*text)++ = 0;
    *text += strspn(*text, " \t");
    return line;
  }
  return NULL;
}

/* Are all the form's header lines that have a hole (or all the others) there?
   Except at a sign-in, a token in a header that the form lacks is refused. */
static bool has_headers(const struct request *q, bool holes)
{
  char *copy = copy_of(q->form->headers), *rest = copy, *name, *text;
  const char *bearer = header(q, MHD_HTTP_HEADER_AUTHORIZATION);
  const char *logon = header(q, "X-AMT-LogonToken");
  bool good = true;
  while (good && (name = next_header(&rest, &text))) {
    if (!strcasecmp(name, MHD_HTTP_HEADER_AUTHORIZATION)) bearer = "";
    if (!strcasecmp(name, "X-AMT-LogonToken")) logon = "";
    if ((strchr(text, HOLE) != NULL) == holes)
      good = fits_text(text, header(q, name), false, q->in);
  }
  free(copy);
  if (!holes || q->form->op == SIGN_IN) return good;
  return good && !*bearer && !*logon;
}

/* Checks the token and Basic. sign_in() checks user and password itself. */
static bool may_call(struct server *s, struct request *q)
{
  const char *token, *basic;
  bool good = has_headers(q, true);
  token = get_text(q->in, TOKEN);
  basic = get_text(q->in, BASIC);
  good = good && (!token || is_token(s, token))
         && (!basic || is_basic(s, basic))
         && (q->form->op == SIGN_IN || is_user(s, q->in));
  if (good) return true;
  if (q->form->op == SIGN_IN) s->count.refused_sign_ins++;
  else s->count.unauthorized++;
  return refuse(s, &q->reply, 401, "no valid token");
}

/* The body has the right content type. Without a body there is none. */
static bool has_type(const struct server *s, struct request *q)
{
  const char *type = header(q, MHD_HTTP_HEADER_CONTENT_TYPE), *wanted;
  wanted = q->form->body ? FORM_TYPE : "application/json";
  if ((!q->body.length && !*type) || is_type(type, wanted)) return true;
  return refuse(s, &q->reply, 415, "Content-Type must be %s", wanted);
}

static void answer_call(struct server *s, struct request *q)
{
  struct reply *r = &q->reply;
  const char *application;
  count_call(s, q);
  if (!(q->rank >= CALL_FITS && q->form->op == START) && !spared(s, r)) return;
  if (!may_call(s, q)) return;
  application = get_text(q->in, APPLICATION);
  if (!has_headers(q, false))
    refuse(s, r, 400, "a header is not as it is in the wire table");
  else if (!has_type(s, q))
    return;
  else if (q->fit.wrong)
    refuse(s, r, 400, "%s %s", q->fit.name, q->fit.wrong);
  else if (application && strcmp(application, ONLY_APPLICATION))
    refuse(s, r, 400, "unknown application %s", application);
  else
    calls[q->form->op](s, q->in, r);
}

static void redirect(struct server *s, struct reply *r)
{
  char location[128];
  snprintf(location, sizeof location, "%s/redirected", s->url);
  refuse(s, r, 302, "moved to %s", location);
  set_header(r, MHD_HTTP_HEADER_LOCATION, location);
}

static void answer(struct server *s, struct request *q, const char *path,
                   const char *method)
{
  json_t *body = read_json(q);
  struct reply *r = &q->reply;
  const char *right;
  find_form(s, q, method, body);
  if (s->on_disk)
    run(s, ask(s, ADD_REQUEST, "itt", now_ms(), path,
               q->rank >= CALL_FITS ? action_of(q->form->op) : ""));
  if (s->fault[HTTP_REDIRECT])
    redirect(s, r);
  else if (!q->form)
    refuse(s, r, 404, "unknown path %s", q->target);
  else if (q->rank < METHOD_FITS) {
    right = s->text[q->form->op][METHOD];
    refuse(s, r, 405, "%s must be a %s", path, right);
    set_header(r, MHD_HTTP_HEADER_ALLOW, right);
  } else if (q->too_long)
    refuse(s, r, 413, "the body is too long");
  else
    answer_call(s, q);
  json_decref(body);
}

/* A chunked reply is read from here, piece by piece. */
struct pieces { struct text text; size_t piece; };

static ssize_t read_piece(void *cls, uint64_t at, char *out, size_t room)
{
  const struct pieces *p = cls;
  size_t n = p->text.length - (size_t)at;
  if (n == 0) return MHD_CONTENT_READER_END_OF_STREAM;
  if (n > p->piece) n = p->piece;
  if (n > room) n = room;
  memcpy(out, p->text.data + at, n);
  return (ssize_t)n;
}

static void free_pieces(void *cls)
{
  struct pieces *p = cls;
  free(p->text.data);
  free(p);
}

static struct MHD_Response *chunked_response(const struct text *body,
                                             size_t piece)
{
  struct pieces *p = malloc(sizeof *p);
  if (!p) die("out of memory");
  p->text = *body;
  p->piece = piece;
  return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_piece,
                                           p, free_pieces);
}

static enum MHD_Result send_reply(struct server *s, struct request *q,
                                  bool faulty)
{
  struct reply *r = &q->reply;
  struct MHD_Response *m;
  enum MHD_Result queued;
  if (!r->status) return MHD_NO;
  if (faulty && s->fault[CHUNKED])
    m = chunked_response(&r->body, (size_t)s->fault[CHUNKED]);
  else
    m = MHD_create_response_from_buffer(r->body.length, r->body.data,
                                        MHD_RESPMEM_MUST_FREE);
  if (!m) die("out of memory");
  memset(&r->body, 0, sizeof r->body);  /* the response frees it */
  MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
  if (r->header) MHD_add_response_header(m, r->header, r->value);
  if (faulty && s->fault[CLOSE])
    MHD_add_response_header(m, MHD_HTTP_HEADER_CONNECTION, "close");
  if (faulty && s->fault[KEEP_ALIVE]) {
    char value[32];
    snprintf(value, sizeof value, "timeout=%d", s->fault[KEEP_ALIVE]);
    MHD_add_response_header(m, "Keep-Alive", value);
  }
  if (faulty && s->fault[GZIP])
    MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
  queued = MHD_queue_response(q->connection, r->status, m);
  MHD_destroy_response(m);
  return queued;
}

static void hold(struct server *s, struct request *q)
{
  q->due = clock_ms(CLOCK_MONOTONIC) + s->fault[SLOW];
  *s->held_end = q;
  s->held_end = &q->next;
  MHD_suspend_connection(q->connection);
}

static void resume_till(struct server *s, int64_t due)
{
  while (s->held && s->held->due <= due) {
    struct request *q = s->held;
    s->held = q->next;
    if (!s->held) s->held_end = &s->held;
    MHD_resume_connection(q->connection);
  }
}

static void add_body(struct request *q, const char *data, size_t length)
{
  if (q->body.length + length > BODY_BYTES) q->too_long = true;
  else text_add(&q->body, data, length);
}

static struct line *line_of(struct MHD_Connection *c)
{
  const union MHD_ConnectionInfo *i =
    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return i ? i->socket_context : NULL;
}

static void add_line(struct server *s, struct MHD_Connection *c, void **context)
{
  struct line *l = calloc(1, sizeof *l);
  if (!l) die("out of memory");
  l->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
  l->next = s->lines;
  s->lines = l;
  *context = l;
}

static void remove_line(struct server *s, struct line *gone)
{
  struct line **l = &s->lines;
  while (*l && *l != gone) l = &(*l)->next;
  if (*l) *l = gone->next;
  free(gone);
}

/* After a reply, the time until the close begins. */
static void begin_closing(struct server *s, struct line *l)
{
  int64_t ms = s->fault[CLOSE_AFTER] ? s->fault[CLOSE_AFTER]
                                     : (int64_t)s->fault[KEEP_ALIVE] * 1000;
  if (!l || l->close_at) return;
  l->used = true;
  l->close_at = clock_ms(CLOCK_MONOTONIC) + ms;
}

/* Closes what is due. A later request meets a reset, as at a server that never
   reads again. */
static void close_till(struct server *s, int64_t due)
{
  struct line *l;
  for (l = s->lines; l; l = l->next)
    if (l->close_at && l->close_at <= due) {
      shutdown(l->fd, SHUT_RDWR);
      l->close_at = 0;
    }
}

/* Called first, with the request's target as it was sent. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *c)
{
  struct server *s = cls;
  struct request *q = calloc(1, sizeof *q);
  struct line *l = line_of(c);
  if (!q || !(q->target = strdup(uri))) die("out of memory");
  if (l && s->fault[CLOSE_AFTER]) q->late = l->used;
  else if (l) l->close_at = 0;
  return q;
}

/* Called with the head, with each piece of the body, when all is there, and
   once more after the reply was held. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *data,
                                  size_t *length, void **context)
{
  struct server *s = cls;
  struct request *q = *context;
  bool faulty = strncmp(path, "/amtsim/", 8) != 0;
  (void)version;
  if (!q->connection) {
    q->connection = connection;
    return q->late ? MHD_NO : MHD_YES;
  }
  if (*length) {
    add_body(q, data, *length);
    *length = 0;
    return MHD_YES;
  }
  if (!q->answered) {
    if (!control(s, &q->reply, path, method, &q->shuts_down))
      answer(s, q, path, method);
    q->answered = true;
    if (faulty && s->fault[SLOW]) {
      hold(s, q);
      return MHD_YES;
    }
  }
  return send_reply(s, q, faulty);
}

static void on_completed(void *cls, struct MHD_Connection *connection,
                         void **context, enum MHD_RequestTerminationCode why)
{
  struct server *s = cls;
  struct request *q = *context;
  (void)why;
  if (!q) return;
  if (q->answered && q->reply.status
      && (s->fault[CLOSE_AFTER] || s->fault[KEEP_ALIVE]))
    begin_closing(s, line_of(connection));
  if (q->shuts_down) s->stop = true;
  json_decref(q->in);
  free(q->target);
  free(q->body.data);
  free(q->reply.body.data);
  free(q);
  *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection,
                          void **context, enum MHD_ConnectionNotificationCode c)
{
  struct server *s = cls;
  if (c == MHD_CONNECTION_NOTIFY_STARTED) s->count.connections++;
  if (!s->fault[CLOSE_AFTER] && !s->fault[KEEP_ALIVE]) return;
  if (c == MHD_CONNECTION_NOTIFY_STARTED) add_line(s, connection, context);
  else remove_line(s, *context);
}

/* ------------------------------------------------------------------ >>main */

struct options {
  int port;
  const char *cert, *key, *db, *password_file, *wire;
  bool ipv6;
};

static char *read_file(const char *name)
{
  FILE *f = fopen(name, "rb");
  struct text t = { 0 };
  char buffer[4096];
  size_t n;
  if (!f) die("%s: %s", name, strerror(errno));
  text_add(&t, "", 0);
  while ((n = fread(buffer, 1, sizeof buffer, f)) > 0) text_add(&t, buffer, n);
  if (ferror(f)) die("%s: cannot be read", name);
  fclose(f);
  return t.data;
}

static void read_password(struct server *s, const char *name)
{
  char *text = read_file(name);
  text[strcspn(text, "\r\n")] = 0;
  if (!*text || strlen(text) >= sizeof s->password)
    die("%s: the first line must be a password", name);
  strcpy(s->password, text);
  free(text);
}

/* Raises the limit of descriptors as far as allowed and returns it. */
static unsigned raise_limit(void)
{
  struct rlimit r;
  if (getrlimit(RLIMIT_NOFILE, &r)) return 1000;
  if (r.rlim_max == RLIM_INFINITY || r.rlim_max > 1000000) r.rlim_max = 1000000;
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
  return (unsigned)r.rlim_cur;
}

static struct MHD_Daemon *listen_on(struct server *s, struct sockaddr *address,
                                    char *cert, char *key)
{
  unsigned descriptors = raise_limit();
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
  struct MHD_OptionItem tls[] = {
    { MHD_OPTION_HTTPS_MEM_CERT, 0, cert },
    { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
    { MHD_OPTION_END, 0, NULL }
  };
  if (address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
  if (cert) flags |= MHD_USE_TLS;
  return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s,
    MHD_OPTION_SOCK_ADDR, address,
    MHD_OPTION_CONNECTION_LIMIT, descriptors > 64 ? descriptors - 32 : 32,
    MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
    MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
    MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
    MHD_OPTION_STRICT_FOR_CLIENT, 1,
    MHD_OPTION_ARRAY, cert ? tls : tls + 2,
    MHD_OPTION_END);
}

/* Both addresses get the same port. */
static void start_listening(struct server *s, const struct options *o)
{
  char *cert = o->cert ? read_file(o->cert) : NULL;
  char *key = o->key ? read_file(o->key) : NULL;
  struct sockaddr_in v4 = { 0 };
  struct sockaddr_in6 v6 = { 0 };
  int port = o->port, tries = o->port || !o->ipv6 ? 1 : 20;
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  while (tries--) {
    v4.sin_port = htons((uint16_t)o->port);
    s->daemon[0] = listen_on(s, (struct sockaddr *)&v4, cert, key);
    if (!s->daemon[0]) break;
    port = MHD_get_daemon_info(s->daemon[0], MHD_DAEMON_INFO_BIND_PORT)->port;
    if (!o->ipv6) break;
    v6.sin6_port = htons((uint16_t)port);
    s->daemon[1] = listen_on(s, (struct sockaddr *)&v6, cert, key);
    if (s->daemon[1]) break;
    MHD_stop_daemon(s->daemon[0]);
    s->daemon[0] = NULL;
  }
  if (!s->daemon[0])
    die("cannot listen on port %d%s: %s", port,
        cert ? " (or the certificate or key is not good)" : "",
        strerror(errno));
  snprintf(s->url, sizeof s->url, "http%s://127.0.0.1:%d", cert ? "s" : "",
           port);
  free(cert);
  free(key);
}

/* The smaller one; -1 is forever. */
static int64_t sooner(int64_t least, int64_t due)
{
  int64_t ms = due - clock_ms(CLOCK_MONOTONIC);
  if (ms < 0) ms = 0;
  return least < 0 || ms < least ? ms : least;
}

/* Milliseconds until something is due, -1 for never. */
static int next_due(const struct server *s)
{
  const struct line *l;
  int64_t least = -1;
  int i;
  for (i = 0; i < 2 && s->daemon[i]; i++) {
    MHD_UNSIGNED_LONG_LONG ms;
    if (MHD_get_timeout(s->daemon[i], &ms) == MHD_YES
        && (least < 0 || (int64_t)ms < least)) least = (int64_t)ms;
  }
  if (s->held) least = sooner(least, s->held->due);
  for (l = s->lines; l; l = l->next)
    if (l->close_at) least = sooner(least, l->close_at);
  return least > 60000 ? 60000 : (int)least;
}

static void serve(struct server *s, int signals)
{
  struct pollfd fd[3];
  nfds_t n = 1;
  int i;
  fd[0].fd = signals;
  for (i = 0; i < 2 && s->daemon[i]; i++)
    fd[n++].fd = MHD_get_daemon_info(s->daemon[i],
                                     MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  for (i = 0; i < (int)n; i++) fd[i].events = POLLIN;
  while (!s->stop) {
    if (poll(fd, n, next_due(s)) < 0 && errno != EINTR) die("poll failed");
    if (fd[0].revents & POLLIN) break;
    resume_till(s, clock_ms(CLOCK_MONOTONIC));
    close_till(s, clock_ms(CLOCK_MONOTONIC));
    for (i = 0; i < 2 && s->daemon[i]; i++) MHD_run(s->daemon[i]);
  }
}

static void stop_listening(struct server *s)
{
  int i;
  resume_till(s, INT64_MAX);
  for (i = 0; i < 2 && s->daemon[i]; i++) MHD_stop_daemon(s->daemon[i]);
}

static int signal_descriptor(void)
{
  sigset_t set;
  int fd;
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  fd = signalfd(-1, &set, SFD_CLOEXEC);
  if (fd < 0) die("signalfd: %s", strerror(errno));
  return fd;
}

static char *trimmed(char *text)
{
  size_t n;
  text += strspn(text, " \t");
  for (n = strlen(text); n && strchr(" \t\r", text[n - 1]);) n--;
  text[n] = 0;
  return text;
}

static bool is_quoted(const char *text)
{
  size_t n = strlen(text);
  return n >= 2 && *text == '"' && text[n - 1] == '"';
}

/* A value without its quotes; a body keeps them. */
static char *value_of(const char *value, bool body)
{
  char *copy;
  if (!strcmp(value, "none")) return NULL;
  copy = copy_of(value + (!body && is_quoted(value)));
  if (!body && is_quoted(value)) copy[strlen(copy) - 1] = 0;
  return copy;
}

/* The line with the token is left out while there is no token. */
static void add_header(struct server *s, const char *line)
{
  bool wraps = strstr(line, "{token}") && !strstr(line, "{?token}")
               && !strstr(line, "{!token}");
  if (!strcmp(line, "none")) return;
  text_puts(&s->headers, wraps ? "{?token}" : "");
  text_puts(&s->headers, line);
  text_puts(&s->headers, wraps ? "{/token}\n" : "\n");
}

/* False: no such name. */
static bool set_name(struct server *s, const char *name, const char *value)
{
  char full[64];
  int i, k;
  for (i = 0; i < OPS; i++)
    for (k = 0; k < TEXTS; k++) {
      snprintf(full, sizeof full, "%s.%s", op_names[i], text_names[k]);
      if (strcmp(full, name)) continue;
      free(s->text[i][k]);
      s->text[i][k] = value_of(value, k == BODY);
      return true;
    }
  for (i = 0; i < OUTS; i++) {
    snprintf(full, sizeof full, "reply.%s", out_names[i]);
    if (strcmp(full, name)) continue;
    free(s->out[i]);
    s->out[i] = value_of(value, false);
    return true;
  }
  if (!strncmp(name, "status.", 7)) return true; /* always the published */
  if (strcmp(name, "header")) return false;
  add_header(s, value);
  return true;
}

/* Modifies the text. */
static void read_wire(struct server *s, char *rest, const char *file)
{
  struct text value = { 0 };
  char *line, *name = NULL, *equals;
  bool headers = false;
  int n = 0;
  if (!strncmp(rest, "\xef\xbb\xbf", 3)) rest += 3;
  do {
    line = strsep(&rest, "\n");
    n++;
    if (line && *line == '#') continue;
    if (line && name && *line && strchr(" \t}]", *line)) {
      text_puts(&value, trimmed(line));
      continue;
    }
    if (line && !*trimmed(line)) continue;
    if (name && !strcmp(name, "header") && !headers) {
      s->headers.length = 0;            /* drops the default's */
      text_puts(&s->headers, "");
      headers = true;
    }
    if (name && !set_name(s, name, value.data))
      die("%s: unknown name %s", file, name);
    if (!line) break;
    if (!(equals = strchr(line, '='))) die("%s:%d: no '='", file, n);
    *equals = 0;
    name = trimmed(line);
    value.length = 0;
    text_puts(&value, trimmed(equals + 1));
  } while (line);
  free(value.data);
}

/* These words have a value in every such call; the others may be absent. */
static unsigned always_given(enum op op)
{
  unsigned words = BIT(APPLICATION) | BIT(API_USER) | BIT(PASSWORD)
                   | BIT(BASIC);
  if (op != SIGN_IN) words |= BIT(TOKEN);
  if (op == START) words |= BIT(SUBMIT_USER) | BIT(STATION);
  if (op > START) words |= BIT(ID);
  if (op == MESSAGES) words |= BIT(AFTER);
  if (*action_of(op)) words |= BIT(ACTION);
  return words;
}

static const unsigned may_lack = BIT(JOB) | BIT(SCRIPT) | BIT(USER) | BIT(QUEUE)
                                 | BIT(TASK_VALUES) | BIT(PARAMETERS);

static bool in_name(char c) { return c == '_' || (c >= 'a' && c <= 'z'); }

/* '?', '!' or '/' for the beginning of a part, ' ' for a hole. */
static char mark_of(const char *text)
{
  if (*text++ != '{') return 0;
  if (in_name(*text)) return ' ';
  return *text && strchr("?!/", *text) && in_name(text[1]) ? *text : 0;
}

/* Adds the hole in a form's notation. */
static void add_hole(struct text *t, const char *hole, size_t n, enum word word,
                     enum op op, bool json, bool in_string)
{
  static const char *const begin[] = { "\x03", "\"\\u0001", "\\u0003" };
  static const char *const end[] = { "\x04", "\"", "\\u0004" };
  int k = !json ? 0 : in_string ? 2 : 1;
  if (word == ACTION) {
    text_puts(t, k == 1 ? "\"" : "");
    text_puts(t, action_of(op));
    text_puts(t, k == 1 ? "\"" : "");
    return;
  }
  text_puts(t, begin[k]);
  for (; n; hole++, n--) {
    if (json && (*hole == '"' || *hole == '\\')) text_puts(t, "\\");
    text_add(t, hole, 1);
  }
  text_puts(t, end[k]);
}

/* What the text is when exactly these words have a value; NULL if it has a hole
   for another word. */
static char *expand(enum op op, const char *text, unsigned given, bool json)
{
  struct text t = { 0 };
  int hidden = 0;                       /* of the parts around it, left out */
  bool in_string = false, possible = true;
  text_puts(&t, "");
  for (; *text; text++) {
    char mark = mark_of(text);
    size_t n = strcspn(text, "}"), skip = mark == ' ' ? 1 : 2;
    struct hole h;
    if (!mark) {
      if (*text == '{' && mark_of(text + 1) == ' ') text++; /* "{{word}" */
      if (!hidden) text_add(&t, text, 1);
      if (!hidden && *text == '"') in_string = !in_string;
      if (*text != '\\' || !text[1] || !in_string) continue;
      text++;                           /* an escaped quote ends no string */
      if (!hidden) text_add(&t, text, 1);
      continue;
    }
    if (!text[n] || !read_hole(text + skip, n - skip, &h))
      die("%.*s is no hole", (int)n, text);
    if (mark == '/') {
      hidden -= hidden > 0;
    } else if (mark != ' ') {
      hidden += hidden || !(given & BIT(h.word)) == (mark == '?');
    } else if (!hidden) {
      possible = possible && (given & BIT(h.word));
      add_hole(&t, text + 1, n - 1, h.word, op, json, in_string);
    }
    text += n;
  }
  if (possible && !hidden) return t.data;
  free(t.data);
  return NULL;
}

/* The words that decide which parts of a text are there. */
static unsigned conditions(const char *text)
{
  unsigned words = 0;
  enum word word;
  for (; text && *text; text++)
    if (mark_of(text) == '?' || mark_of(text) == '!') {
      word = word_of(text + 2, strcspn(text + 2, "}"));
      if (word < WORDS) words |= BIT(word);
    }
  return words;
}

static void free_form(struct form *f)
{
  free(f->path);
  free(f->headers);
  free(f->body);
  json_decref(f->json);
}

/* False: a text has a hole for a word without a value. */
static bool make_form(const struct server *s, struct form *f, enum op op,
                      unsigned given)
{
  char *const *text = s->text[op];
  bool json = text[BODY] && strchr("{[\"", *text[BODY]);
  json_error_t error;
  memset(f, 0, sizeof *f);
  f->op = op;
  f->path = expand(op, text[PATH], given, false);
  f->headers = expand(op, s->headers.data, given, false);
  f->body = expand(op, text[BODY] ? text[BODY] : "", given, json);
  if (!f->path || !f->headers || !f->body) {
    free_form(f);
    return false;
  }
  if (json && !(f->json = json_loads(f->body, JSON_DECODE_ANY, &error)))
    die("%s.body is no JSON: %s", op_names[op], error.text);
  if (json || !text[BODY]) {
    free(f->body);
    f->body = NULL;
  }
  return true;
}

/* Adds a form for each combination of the words that a call may lack and that
   its texts ask about. */
static void add_forms(struct server *s, enum op op)
{
  char *const *text = s->text[op];
  unsigned lacks = op == START ? may_lack : 0, given, parts;
  size_t before = s->form_count;
  if (!text[METHOD] || !text[PATH])
    die("%s.method or %s.path is missing", op_names[op], op_names[op]);
  parts = lacks & (conditions(text[PATH]) | conditions(text[BODY])
                   | conditions(s->headers.data));
  given = parts;
  do {
    s->forms = realloc(s->forms, (s->form_count + 1) * sizeof *s->forms);
    if (!s->forms) die("out of memory");
    if (make_form(s, &s->forms[s->form_count], op,
                  always_given(op) | (lacks & ~parts) | given))
      s->forms[s->form_count++].parts = parts;
  } while ((given = (given - 1) & parts) != parts);
  if (s->form_count == before) die("%s has a hole for a word it does not know",
                                   op_names[op]);
}

static void set_wire(struct server *s, const char *file)
{
  char *all = copy_of(default_wire), *p;
  int i;
  text_puts(&s->headers, "");
  read_wire(s, all, "the default");
  free(all);
  if (file) {
    all = read_file(file);
    read_wire(s, all, file);
    free(all);
  }
  if (!s->out[OUT_MESSAGES]) die("reply.messages is missing");
  for (i = s->text[SIGN_IN][PATH] ? SIGN_IN : START; i < OPS; i++)
    add_forms(s, (enum op)i);
  for (i = 0; i < OUTS; i++)
    if (s->out[i]) s->out[i][strcspn(s->out[i], "|")] = 0;
  for (i = 0; i < OUTS && s->fault[ACCENT_LOWER]; i++)
    for (p = s->out[i]; p && *p; p++)
      if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 'a' - 'A');
}

static void free_wire(struct server *s)
{
  size_t i, k;
  for (i = 0; i < OPS; i++)
    for (k = 0; k < TEXTS; k++) free(s->text[i][k]);
  for (i = 0; i < OUTS; i++) free(s->out[i]);
  for (i = 0; i < s->form_count; i++) free_form(&s->forms[i]);
  free(s->forms);
  free(s->headers.data);
}

static void help(void)
{
  char name[64];
  int i;
  puts("usage: amtsim [OPTION]...\n"
       "a simulated AMT Batch Server on 127.0.0.1; see the head of amtsim.c\n\n"
       "  --port P              0, the default, takes a free one\n"
       "  --ipv6                also on ::1, the same port\n"
       "  --tls CERT KEY        HTTPS, with these PEM files\n"
       "  --base PATH           a prefix of each path, such as /amt\n"
       "  --db FILE             keeps jobs and messages in FILE\n"
       "  --speed X             divides all durations of jobs by X\n"
       "  --user NAME           who may sign in (ocadm)\n"
       "  --password-file FILE  the password is its first line (opconxps)\n"
       "  --token-life S        tokens end after S seconds (never)\n"
       "  --wire FILE           another wire table; see >>wire in amtsim.c\n"
       "  --token T             the token of a table without a sign-in; or\n"
       "                        $AMT_TOKEN\n"
       "  --fault NAME[=VALUE]  one of these, may be repeated; the number in\n"
       "                        brackets is used if no value is given:\n");
  for (i = 0; i < FAULTS; i++) {
    if (faults[i].value_name)
      snprintf(name, sizeof name, "%s=%s (%d)", faults[i].name,
               faults[i].value_name, faults[i].value);
    else
      snprintf(name, sizeof name, "%s", faults[i].name);
    printf("  %-27s %s\n", name, faults[i].meaning);
  }
}

static void usage(const char *format, ...)
  __attribute__((noreturn, format(printf, 1, 2)));
static void usage(const char *format, ...)
{
  va_list list;
  fputs("amtsim: ", stderr);
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputs("; see amtsim --help\n", stderr);
  exit(64);
}

static double number(const char *option, const char *text, double least,
                     double greatest)
{
  char *end;
  double x = strtod(text, &end);
  if (end == text || *end || !(x >= least && x <= greatest))
    usage("%s cannot be %s", option, text);
  return x;
}

static void set_fault(struct server *s, const char *text)
{
  int i;
  for (i = 0; i < FAULTS; i++) {
    size_t n = strlen(faults[i].name);
    if (strncmp(text, faults[i].name, n)) continue;
    if (!text[n]) {
      s->fault[i] = faults[i].value;
      return;
    }
    if (text[n] == '=' && faults[i].value_name) {
      s->fault[i] = (int)number(faults[i].name, text + n + 1, 1, 1e9);
      return;
    }
  }
  usage("unknown fault %s", text);
}

static void read_options(struct server *s, struct options *o, int argc,
                         char **argv)
{
  static const struct option table[] = {
    { "port", 1, NULL, 'p' },  { "tls", 1, NULL, 't' },
    { "db", 1, NULL, 'd' },    { "speed", 1, NULL, 's' },
    { "user", 1, NULL, 'u' },  { "password-file", 1, NULL, 'w' },
    { "fault", 1, NULL, 'f' }, { "token-life", 1, NULL, 'l' },
    { "ipv6", 0, NULL, '6' },  { "base", 1, NULL, 'b' },
    { "wire", 1, NULL, 'W' },  { "token", 1, NULL, 'T' },
    { "help", 0, NULL, 'h' },  { NULL, 0, NULL, 0 }
  };
  int c;
  while ((c = getopt_long(argc, argv, "", table, NULL)) != -1)
    switch (c) {
    case 'p': o->port = (int)number("--port", optarg, 0, 65535); break;
    case 't':
      if (optind >= argc) usage("--tls takes two files");
      o->cert = optarg;
      o->key = argv[optind++];
      break;
    case 'd': o->db = optarg; break;
    case 's': s->speed = number("--speed", optarg, 1e-6, 1e9); break;
    case 'u': s->user = optarg; break;
    case 'w': o->password_file = optarg; break;
    case 'f': set_fault(s, optarg); break;
    case 'l': s->token_life = number("--token-life", optarg, 1e-3, 1e9); break;
    case 'W': o->wire = optarg; break;
    case 'T': s->token = optarg; break;
    case '6': o->ipv6 = true; break;
    case 'b': s->base = optarg; break;
    case 'h': help(); exit(0);
    default:  exit(64);                 /* getopt has printed why */
    }
  if (optind < argc) usage("unknown word %s", argv[optind]);
}

int main(int argc, char **argv)
{
  struct server s = { 0 };
  struct options o = { 0 };
  int signals;
  s.base = "";
  s.user = "ocadm";
  strcpy(s.password, "opconxps");
  s.speed = 1;
  s.held_end = &s.held;
  s.token = getenv("AMT_TOKEN");
  read_options(&s, &o, argc, argv);
  if (o.password_file) read_password(&s, o.password_file);
  set_wire(&s, o.wire);
  signals = signal_descriptor();
  open_database(&s, o.db);
  start_listening(&s, &o);
  printf("amtsim: listening on %s\n", s.url);
  fflush(stdout);
  serve(&s, signals);
  stop_listening(&s);
  close_database(&s);
  close(signals);
  free_wire(&s);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
