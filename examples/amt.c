/* amt - runs jobs on an AMT Batch Server from the command line.

   A scheduler starts it, reads the job log from its standard output, and takes
   its exit status as the job's completion code: 4 is success. The command line
   is that of the published amt.exe, and some more: see `amt --help`.

     cc -std=c99 -I.. amt.c -o amt
     amt -s http://HOST:PORT --api-user USER --password-file FILE \
         -an DEMO2 -jn REPORTTEST01

   It is one file to be read from top to bottom, and to be copied from. All of
   its memory is static. amt.h does the protocol; what remains is here:

     >>options   one table: names, where a value goes, what it goes with
     >>telling   standard error: messages, the live line, the last words
     >>log       standard output: the job log
     >>signals   never missed, and a second one leaves at once
     >>settings  server and credentials, from wherever they come
     >>outcome   events and errors into words and an exit status
     >>run       the loop around amt_poll
     >>main */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUFFER = 4096, TOKEN = 4096, PASSWORD = 1024, LIST = 256, WORDS = 1024 };

/* Exit statuses that are no completion codes, as in <sysexits.h>. */
enum { EXIT_USAGE = 64, EXIT_IO = 74, EXIT_CONFIG = 78 };

/* ------------------------------------------------------------------------
   >>options */

typedef struct { const char *text[LIST]; size_t count; } list;

enum { START, STOP, KILL, MONITOR, MESSAGES, ATTACH, JOB_TYPES };
static const char *const job_types[] = {
  "START", "STOP", "KILL", "MONITOR", "MESSAGES", "ATTACH"
};

static struct {
  const char *type_word, *application, *job, *script, *user, *submit_user;
  const char *station, *queue, *id, *server, *api_user, *password_file;
  const char *on_signal;
  list        parameters, task_values;
  uint32_t    poll, initial_delay, give_up; /* as amt_session wants them */
  int         no_wait, help, version;
  int         type, detach;                 /* worked out from the words */
} opt;

/* Job types an option goes with, as bits. */
enum { S = 1 << START, ACT = 1 << STOP | 1 << KILL, ANY = (1 << JOB_TYPES) - 1,
       BY_ID = ANY & ~S, WATCH = S | ACT | 1 << ATTACH };

typedef struct {
  const char *name, *long_name;
  enum { TEXT, MANY, TIME, FLAG } kind;
  void       *to;    /* const char *, list, uint32_t, int */
  int         goes;  /* with these job types */
  const char *value, *help;
} option;

static const option options[] = {
  { "-jt", "--job-type", TEXT, &opt.type_word, ANY, "TYPE",
    "START (default) STOP KILL MONITOR MESSAGES ATTACH" },
  { "-an", "--application", TEXT, &opt.application, ANY, "NAME",
    "the AMT application; or $AMT_APPLICATION" },
  { "-jn", "--job", TEXT, &opt.job, S, "NAME", "the job to start, or" },
  { "-fn", "--file", TEXT, &opt.script, S, "PATH",
    "the script to start; overrides -jn" },
  { "-pa", "--param", MANY, &opt.parameters, S, "TEXT",
    "a parameter; may be repeated, a line each" },
  { "-tv", "--task-value", MANY, &opt.task_values, S, "TEXT",
    "a task value; likewise" },
  { "-u", "--user", TEXT, &opt.user, S, "NAME",
    "the AMT user to run as (the application's)" },
  { "-su", "--submit-user", TEXT, &opt.submit_user, S, "NAME",
    "who submits (BATCH; others are refused)" },
  { "-st", "--station", TEXT, &opt.station, S, "NAME",
    "from where (OPCON; others are refused)" },
  { "-qn", "--queue", TEXT, &opt.queue, S, "NAME", "the queue (the server's)" },
  { "-id", "--id", TEXT, &opt.id, BY_ID, "ID",
    "the BatchrequestId of a job that was started" },
  { "-s", "--server", TEXT, &opt.server, ANY, "URL",
    "http://HOST:PORT of the server; or $AMT_SERVER" },
  { NULL, "--api-user", TEXT, &opt.api_user, ANY, "NAME",
    "who signs in; or $AMT_USER" },
  { NULL, "--password-file", TEXT, &opt.password_file, ANY, "FILE",
    "holds the password; - is standard input;\n"
    "                            or $AMT_PASSWORD" },
  { NULL, "--poll", TIME, &opt.poll, WATCH, "SECONDS",
    "from status to status (5)" },
  { NULL, "--initial-delay", TIME, &opt.initial_delay, WATCH, "SECONDS",
    "before the first status (10)" },
  { NULL, "--give-up", TIME, &opt.give_up, ANY, "SECONDS",
    "how long the server may stay away (300)" },
  { NULL, "--on-signal", TEXT, &opt.on_signal, S | 1 << ATTACH, "WHAT",
    "at SIGINT, SIGTERM: kill (default) or detach" },
  { NULL, "--no-wait", FLAG, &opt.no_wait, S | ACT, NULL,
    "do not wait for the end; START prints the id" },
  { NULL, "--help", FLAG, &opt.help, ANY, NULL, "prints this" },
  { NULL, "--version", FLAG, &opt.version, ANY, NULL, "prints the version" },
};
enum { OPTIONS = sizeof options / sizeof *options };

static uint8_t given[OPTIONS]; /* how it was: 1, or 2 by its long name */

static const char *name_of(size_t i)
{
  return given[i] == 2 || !options[i].name ? options[i].long_name
                                           : options[i].name;
}

/* One line that says what is wrong and what to do; nothing has been sent. */
static int wrong(int status, const char *what, const char *format, ...)
{
  va_list a;
  fprintf(stderr, "amt: %s: ", what);
  va_start(a, format);
  vfprintf(stderr, format, a);
  va_end(a);
  fputs("\n", stderr);
  return status;
}

static int same_word(const char *a, const char *b) /* in any case of letters */
{
  while (*a != 0 && (*a == *b || ((*a | 32) == (*b | 32) &&
                                  (*a | 32) >= 'a' && (*a | 32) <= 'z')))
    a++, b++;
  return *a == *b;
}

/* "2.5" to 2500. Digits and one point only, in any locale; below 24 days. */
static int milliseconds(const char *text, uint32_t *ms)
{
  uint32_t value = 0, unit = 1000;
  int      digits = 0, fraction = 0;
  for (; *text != 0; text++) {
    if (*text == '.' && !fraction) {
      fraction = 1;
      continue;
    }
    if (*text < '0' || *text > '9') return 0;
    digits = 1;
    if (fraction) unit /= 10;
    else if (value > 2000000u * 100u) return 0;
    if (fraction) value += unit * (uint32_t)(*text - '0');
    else value = value * 10 + (uint32_t)(*text - '0') * 1000;
    if (value > 2000000u * 1000u) return 0;
  }
  *ms = value == 0 ? AMT_ZERO : value;
  return digits;
}

/* Each line of a value is one of the list, in place: argv may be written. */
static int add_lines(list *l, const char *name, char *text)
{
  for (;;) {
    size_t n = strcspn(text, "\n");
    char  *next = text[n] != 0 ? text + n + 1 : NULL;
    text[n] = 0;
    if (n > 0 && text[n - 1] == '\r') text[n - 1] = 0;
    if (*text == 0)
      return wrong(EXIT_USAGE, name, "an empty value or line, which the server "
                   "would refuse; leave it out");
    if (l->count == LIST)
      return wrong(EXIT_USAGE, name, "more than %d of them; pass the rest in a "
                   "file that the job reads", LIST);
    l->text[l->count++] = text;
    if (next == NULL || *next == 0) return 0;
    text = next;
  }
}

static int take_value(size_t i, char *value)
{
  const option *o = &options[i];
  const char   *name = name_of(i);
  if (value == NULL)
    return wrong(EXIT_USAGE, name, "a value (%s) must follow", o->value);
  if (!amt_utf8(value, strlen(value)))
    return wrong(EXIT_USAGE, name, "its value is not valid UTF-8");
  if (o->kind == MANY) return add_lines((list *)o->to, name, value);
  if (o->kind == TEXT && *value != 0) *(const char **)o->to = value;
  if (o->kind == TIME && !milliseconds(value, (uint32_t *)o->to))
    return wrong(EXIT_USAGE, name, "'%s' is not a number of seconds, such as "
                 "5 or 0.5, up to 2000000", value);
  return 0;
}

/* Words are matched whole, and the word after an option that takes a value is
   that value, even if it begins with a '-'. */
static int take_options(char **argv)
{
  for (argv++; *argv != NULL; argv++) {
    size_t i = 0;
    int    e;
    while (i < OPTIONS && strcmp(*argv, options[i].long_name) != 0 &&
           (!options[i].name || strcmp(*argv, options[i].name) != 0)) i++;
    if (i == OPTIONS)
      return wrong(EXIT_USAGE, *argv, "not an option; `amt --help` lists them");
    if (given[i] != 0 && options[i].kind != MANY)
      return wrong(EXIT_USAGE, *argv, "given twice; give it once");
    given[i] = (uint8_t)(1 + (strcmp(*argv, options[i].long_name) == 0));
    if (options[i].kind == FLAG) {
      *(int *)options[i].to = 1;
      if (opt.help || opt.version) return 0;
    } else {
      e = take_value(i, argv[1]);
      if (e != 0) return e;
      argv++;
    }
  }
  return 0;
}

static int empty(const char *text) { return text == NULL || *text == 0; }

/* What the options mean together. */
static int check_options(void)
{
  size_t i;
  if (empty(opt.type_word)) opt.type_word = job_types[START];
  while (opt.type < JOB_TYPES && !same_word(opt.type_word, job_types[opt.type]))
    opt.type++;
  if (opt.type == JOB_TYPES)
    return wrong(EXIT_USAGE, "-jt", "'%s' is none of START, STOP, KILL, "
                 "MONITOR, MESSAGES, ATTACH", opt.type_word);
  for (i = 0; i < OPTIONS; i++)
    if (given[i] != 0 && !(options[i].goes >> opt.type & 1))
      return wrong(EXIT_USAGE, name_of(i), "does not go with -jt %s; leave it "
                   "out", job_types[opt.type]);
  if (empty(opt.application)) opt.application = getenv("AMT_APPLICATION");
  if (empty(opt.application))
    return wrong(EXIT_USAGE, "no application", "give -an NAME, or set "
                 "AMT_APPLICATION");
  if (!amt_utf8(opt.application, strlen(opt.application)))
    return wrong(EXIT_CONFIG, "AMT_APPLICATION", "not valid UTF-8");
  if (opt.type == START && empty(opt.job) && empty(opt.script))
    return wrong(EXIT_USAGE, "nothing to start", "give -jn JOB or -fn SCRIPT");
  if (opt.type != START && empty(opt.id))
    return wrong(EXIT_USAGE, "no job", "-jt %s needs -id BATCHREQUESTID",
                 job_types[opt.type]);
  if (opt.id != NULL && strlen(opt.id) >= AMT_ID_SIZE)
    return wrong(EXIT_USAGE, "-id", "longer than %d bytes, as no id is",
                 AMT_ID_SIZE - 1);
  opt.detach = opt.on_signal && same_word(opt.on_signal, "detach");
  if (opt.on_signal && !opt.detach && !same_word(opt.on_signal, "kill"))
    return wrong(EXIT_USAGE, "--on-signal", "'%s' is neither kill nor detach",
                 opt.on_signal);
  return 0;
}

static void print_help(void)
{
  size_t i;
  puts("usage: amt [-jt START] -an APPLICATION (-jn JOB | -fn SCRIPT) "
       "[OPTION]...\n"
       "       amt -jt STOP|KILL|MONITOR|MESSAGES|ATTACH -an APPLICATION "
       "-id ID\n"
       "Runs a job on an AMT Batch Server; prints its log, and exits with its\n"
       "completion code (4: DONE).\n");
  for (i = 0; i < OPTIONS; i++) {
    char left[40];
    snprintf(left, sizeof left, "%s%s%s%s%s",
             options[i].name ? options[i].name : "   ",
             options[i].name ? ", " : "  ", options[i].long_name,
             options[i].value ? " " : "",
             options[i].value ? options[i].value : "");
    printf("  %-25s %s\n", left, options[i].help);
  }
  puts("\nOther exit statuses: 0 --no-wait, once accepted, and MESSAGES; 19\n"
       "outcome unknown (standard error says why); 23 server not reached; 24\n"
       "sign-in refused; 64 usage; 74 output not written; 78 configuration.");
}

/* ------------------------------------------------------------------------
   >>telling */

static amt_job  job;
static uint32_t began;      /* when the run did */
static uint32_t messages;   /* of the job, so far */
static int      live_wanted;
static int      live_width; /* of the live line that stands there; 0: none */
static char     live_line[80];

/* Texts from a server may hold anything: a line of ours stays one line, and no
   control reaches the terminal. */
static void make_clean(char *text)
{
  for (; *text != 0; text++)
    if ((unsigned char)*text < 32 || *text == 127) *text = '?';
}

static void live_clear(void)
{
  if (live_width > 0) fprintf(stderr, "\r%*s\r", live_width, "");
  live_width = 0;
}

/* Job, id, status, time elapsed, messages so far. On a terminal only. */
static void live_draw(void)
{
  uint32_t s = (amt_posix_now() - began) / 1000;
  char     line[128];
  if (!live_wanted) return;
  snprintf(line, sizeof line, "%.30s %.20s  %s  %u:%02u:%02u  %lu messages",
           opt.type != START ? job_types[opt.type]
           : opt.script ? opt.script : opt.job, job.id,
           job.status < 0 ? "..." : amt_status_name(job.status), s / 3600,
           s / 60 % 60, s % 60, (unsigned long)messages);
  line[sizeof live_line - 1] = 0; /* one row of a terminal */
  make_clean(line);
  if (live_width > 0 && strcmp(line, live_line) == 0) return;
  live_clear();
  fprintf(stderr, "%s", line);
  strcpy(live_line, line);
  live_width = (int)strlen(line);
}

static void vtell(const char *before, const char *format, va_list a)
{
  char line[2 * WORDS];
  vsnprintf(line, sizeof line, format, a);
  make_clean(line);
  live_clear();
  fprintf(stderr, "%s%s\n", before, line);
}

static void tell(const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtell("amt: ", format, a);
  va_end(a);
}

/* The line for exit status 19: its first word is fixed. */
static void tell_19(const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtell("", format, a);
  va_end(a);
}

/* A word as a shell takes it. */
static const char *quoted(char *to, size_t room, const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                              "UVWXYZ0123456789_-./:[]";
  size_t n = 0;
  if (word[strspn(word, plain)] == 0) return word;
  to[n++] = '\'';
  for (; *word != 0 && n + 6 < room; word++) {
    if (*word == '\'') memcpy(to + n, "'\\'", 3), n += 3;
    to[n++] = *word;
  }
  to[n++] = '\'';
  to[n] = 0;
  return to;
}

/* How to go on with the job that is known. */
static const char *attach_command(void)
{
  static char text[WORDS];
  char        a[300], i[300], s[300];
  snprintf(text, sizeof text, "amt -s %s -jt ATTACH -an %s -id %s",
           quoted(s, sizeof s, opt.server),
           quoted(a, sizeof a, opt.application), quoted(i, sizeof i, job.id));
  return text;
}

/* What a second signal says as it leaves, and its exit status: used inside its
   handler, so prepared beforehand, and of length 0 while it is written. */
static char                  last_words[2 * WORDS];
static volatile sig_atomic_t last_words_len, last_status;

static void prepare_last_words(int status, const char *format, ...)
{
  int     n = live_wanted; /* a new line, away from the live one */
  va_list a;
  last_words_len = 0;
  last_status = status;
  last_words[0] = '\n';
  va_start(a, format);
  vsnprintf(last_words + n, sizeof last_words - 2, format, a);
  va_end(a);
  make_clean(last_words + n);
  strcat(last_words, "\n");
  last_words_len = (sig_atomic_t)strlen(last_words);
}

/* ------------------------------------------------------------------------
   >>log

   The form of the published ACS connector, byte for byte. */

static int out_error; /* errno of the first write that failed */

static void put(const char *text, size_t n)
{
  live_clear();
  if (fwrite(text, 1, n, stdout) != n && out_error == 0) out_error = errno;
}

static void put_text(const char *text) { put(text, strlen(text)); }

static void flush(void)
{
  if (fflush(stdout) != 0 && out_error == 0) out_error = errno;
}

static void put_rule(const char *title)
{
  static const char dashes[] = "-----------------------------------------------"
                               "----------------------------";
  put_text(title);
  put_text(dashes + strlen(title));
  put_text("\n");
}

/* What is to stay within its line. */
static void put_value(const char *value)
{
  for (; *value != 0; value++)
    put((unsigned char)*value < 32 ? "?" : value, 1);
}

/* "Label           : value" */
static void put_field(const char *label, const char *value)
{
  char field[40];
  snprintf(field, sizeof field, "%-16s: ", label);
  put_text(field);
  put_value(value);
}

static void put_list(const char *before, const list *l)
{
  size_t i;
  for (i = 0; i < l->count; i++, before = ", ") {
    put_text(before);
    put_value(l->text[i]);
  }
}

static const char *or(const char *text, const char *otherwise)
{
  return empty(text) ? otherwise : text;
}

static void acs_head(int code)
{
  put_rule("");
  put_rule("Job Information ");
  put_field("Server", opt.server), put_text("\n");
  put_field("Application", opt.application), put_text("\n");
  if (opt.type == START) {
    put_field("Submit User", or(opt.submit_user, "BATCH")), put_text("\n");
    put_field("Station", or(opt.station, "OPCON")), put_text("\n");
    put_field("Queue Name", or(opt.queue, "")), put_text("\n");
    put_field(opt.script ? "Script Job" : "Batch Job",
              or(opt.script, opt.job)), put_text("\n");
    put_text("Parameters      :");
    put_list(" ", &opt.parameters);
    put_list(opt.parameters.count ? ", " : " ", &opt.task_values);
    put_text("\n");
  } else {
    put_field("Batch Request Id", opt.id), put_text("\n");
  }
  put_rule("");
  put_field("Completion Code", amt_status_name(code)), put_text("\n");
  put_rule("");
  put_rule("Job Log ");
}

/* A piece of a message: a JSON string, whose quotes come with the first piece
   and the last. 64 bytes become at most 6 * 64 and the quotes, which are left
   out; no part ends inside a character. */
static void quoted_text(const char *text, size_t len, int first, int last)
{
  char buf[6 * 64 + 2];
  if (first) put("\"", 1);
  while (len > 0) {
    size_t  n = len < 64 ? len : 64;
    amt_out o = amt_out_window(buf, sizeof buf, 0);
    while (n > 1 && n < len && ((unsigned char)text[n] & 0xC0u) == 0x80u) n--;
    amt_json_put_string(&o, text, n);
    put(buf + 1, o.len - 2);
    text += n, len -= n;
  }
  if (last) put("\"\n", 2);
}

static void acs_tail(void) { put_rule(""); }

static void nothing(int code) { (void)code; }
static void nothing_either(void) {}

/* A form of the log: what stands before the messages, each piece of one, and
   what stands behind them. */
typedef struct {
  void (*head)(int code);
  void (*text)(const char *text, size_t len, int first, int last);
  void (*tail)(void);
} form;

static const form acs = { acs_head, quoted_text, acs_tail };
static const form bare = { nothing, quoted_text, nothing_either };

static const form *log_form = &acs;
static int         log_begun, log_open; /* a message is half written */

static void log_begin(int code)
{
  if (!log_begun) log_form->head(code);
  log_begun = 1;
}

static void log_text(int code, const char *text, size_t len, int first,
                     int last)
{
  log_begin(code);
  log_form->text(text, len, first, last);
  log_open = !last;
}

/* `error`, if there is one, stands as the last message. */
static void log_end(int code, const char *error)
{
  if (log_open) log_text(code, "", 0, 0, 1);
  log_begin(code);
  if (*error != 0) log_text(code, error, strlen(error), 1, 1);
  log_form->tail();
  flush();
}

/* ------------------------------------------------------------------------
   >>signals

   A handler notes the signal, and writes to a pipe that every wait looks at: so
   one that comes just before a wait ends that wait at once. */

static volatile sig_atomic_t signals; /* the first that came, or 0 */
static int                   wake[2] = {-1, -1};
static char                  password[PASSWORD];

static void wipe(void *p, size_t n)
{
  volatile unsigned char *v = (volatile unsigned char *)p;
  while (n-- > 0) v[n] = 0;
}

static void on_signal(int number)
{
  int     saved = errno;
  ssize_t ignored;
  if (signals != 0) {
    ignored = write(2, last_words, (size_t)last_words_len);
    wipe(password, sizeof password);
    _exit(last_status);
  }
  signals = number;
  ignored = write(wake[1], "", 1);
  (void)ignored;
  errno = saved;
}

/* A signal that the caller has had ignored (nohup, a shell's background jobs)
   stays so. */
static int catch_signals(void)
{
  static const int numbers[] = { SIGINT, SIGTERM };
  struct sigaction action, before;
  size_t           i;
  if (pipe(wake) != 0)
    return wrong(EXIT_CONFIG, "pipe", "%s", strerror(errno));
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART; /* output is not cut by it */
  action.sa_handler = on_signal;
  for (i = 0; i < 2; i++)
    if (sigaction(numbers[i], NULL, &before) == 0 &&
        before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL); /* a write's error tells it */
  return 0;
}

/* ------------------------------------------------------------------------
   >>settings */

static char        buffer[BUFFER], token[TOKEN];
static amt_posix   sock;
static amt_conn    conn;
static amt_pool    pool = { &conn, 1, buffer, sizeof buffer, NULL };
static amt_session session;
static amt_task    task;

static int check_server(int status)
{
  amt_url     u;
  amt_address a;
  int         e = amt_url_parse(&u, opt.server);
  if (strchr(opt.server, '@') != NULL) /* not shown: a password may be in it */
    return wrong(status, "the server's URL", "no '@', user name or password "
                 "may be in it; see --api-user and --password-file");
  if (e == 0 && memchr(u.path, '?', u.path_len) != NULL)
    return wrong(status, opt.server, "a base URL has no '?'; leave the query "
                 "out");
  if (e != 0) return wrong(status, opt.server, "%s", amt_error(e));
  if (u.tls)
    return wrong(EXIT_CONFIG, opt.server, "https, but this amt was built "
                 "without TLS; it never falls back to plain http");
  if ((u.host_len == 9 && memcmp(u.host, "localhost", 9) == 0) ||
      (amt_address_parse(&a, u.host, u.host_len) &&
       (a.len == 4 ? a.ip[0] == 127
        : memcmp(a.ip, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0)))
    return 0;
  tell("warning: the password crosses the network in the clear to %s; use it "
       "only where that is no harm", opt.server);
  return 0;
}

/* The first line of a file, without its line end. */
static int read_password(const char *file)
{
  char  *end = NULL;
  size_t n = 0;
  int    fd = 0;
  if (strcmp(file, "-") == 0) file = "standard input";
  else fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return wrong(EXIT_CONFIG, file, "%s", strerror(errno));
  while (end == NULL && n < sizeof password) {
    ssize_t got = read(fd, password + n, sizeof password - n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return wrong(EXIT_CONFIG, file, "%s", strerror(errno));
    if (got == 0) end = password + n;
    else end = (char *)memchr(password + n, '\n', (size_t)got);
    n += (size_t)got;
  }
  if (fd > 0) close(fd);
  if (end == NULL)
    return wrong(EXIT_CONFIG, file, "its first line is longer than %d bytes, "
                 "as no password is", PASSWORD - 1);
  n = (size_t)(end - password);
  if (n > 0 && password[n - 1] == '\r') n--;
  wipe(password + n, sizeof password - n);
  if (n == 0) return wrong(EXIT_CONFIG, file, "no password in its first line");
  if (strlen(password) != n || !amt_utf8(password, n))
    return wrong(EXIT_CONFIG, file, "the password is not valid UTF-8 text");
  return 0;
}

/* An argument comes before the environment. */
static int settle(void)
{
  int e, from_argument = !empty(opt.server);
  if (!from_argument) opt.server = getenv("AMT_SERVER");
  if (empty(opt.server))
    return wrong(EXIT_CONFIG, "no server", "give -s http://HOST:PORT, or set "
                 "AMT_SERVER");
  if (empty(opt.api_user)) opt.api_user = getenv("AMT_USER");
  if (empty(opt.api_user))
    return wrong(EXIT_CONFIG, "no API user", "give --api-user NAME, or set "
                 "AMT_USER");
  if (!amt_utf8(opt.api_user, strlen(opt.api_user)))
    return wrong(EXIT_CONFIG, "AMT_USER", "not valid UTF-8");
  if (empty(opt.password_file) && empty(getenv("AMT_PASSWORD")))
    return wrong(EXIT_CONFIG, "no password", "give --password-file FILE, or "
                 "set AMT_PASSWORD");
  e = check_server(from_argument ? EXIT_USAGE : EXIT_CONFIG);
  if (e != 0) return e;
  if (!empty(opt.password_file)) {
    e = read_password(opt.password_file);
    if (e != 0) return e;
    session.password = password;
  } else {
    session.password = getenv("AMT_PASSWORD");
    if (!amt_utf8(session.password, strlen(session.password)))
      return wrong(EXIT_CONFIG, "AMT_PASSWORD", "not valid UTF-8");
  }
  if (!empty(opt.submit_user) && strcmp(opt.submit_user, "BATCH") != 0)
    tell("warning: submit user %s: servers are said to refuse any but BATCH",
         opt.submit_user);
  if (!empty(opt.station) && strcmp(opt.station, "OPCON") != 0)
    tell("warning: station %s: servers are said to refuse any but OPCON",
         opt.station);
  return 0;
}

/* The library's structs, from the options. */
static void prepare(void)
{
  amt_posix_init(&sock);
  conn.http.stream = &sock.stream;
  session.url = opt.server;
  session.user = opt.api_user;
  session.token = token;
  session.token_room = sizeof token;
  session.poll = opt.poll;
  session.initial_delay = opt.initial_delay;
  session.give_up = opt.give_up;
  session.seed = amt_posix_now() ^ (uint32_t)getpid();
  task.application = opt.application;
  task.job = opt.job;
  task.script = opt.script;
  task.user = opt.user;
  task.submit_user = opt.submit_user;
  task.station = opt.station;
  task.queue = opt.queue;
  task.parameters = opt.parameters.text;
  task.parameter_count = opt.parameters.count;
  task.task_values = opt.task_values.text;
  task.task_value_count = opt.task_values.count;
}

static void begin(void)
{
  amt_op once = opt.type == STOP ? AMT_STOP : opt.type == KILL ? AMT_KILL
              : opt.type == MONITOR ? AMT_MONITOR : AMT_MESSAGES;
  began = amt_posix_now();
  if (opt.type == START) {
    amt_start(&job, &session, &task);
  } else if (opt.type == MONITOR || opt.type == MESSAGES || opt.no_wait) {
    if (opt.type == MESSAGES) log_form = &bare;
    amt_once(&job, &session, once, &task, opt.id);
  } else {
    amt_attach(&job, &session, opt.application, opt.id);
    if (opt.type != ATTACH) amt_stop(&job, once);
  }
}

/* ------------------------------------------------------------------------
   >>outcome */

/* The Message member of the last Start or failed call: as much as fits. */
static struct { char text[WORDS]; size_t len, all; uint8_t kind; } said;

static void keep_said(void)
{
  size_t n = job.msg_len, room;
  if (job.msg_first) said.len = said.all = 0;
  said.kind = job.msg_kind;
  room = sizeof said.text - 1 - said.len;
  if (said.len < said.all) room = 0; /* cut before */
  said.all += n;
  if (n > room)
    for (n = room; n > 0 && ((unsigned char)job.msg[n] & 0xC0u) == 0x80u;) n--;
  memcpy(said.text + said.len, job.msg, n);
  said.len += n;
  said.text[said.len] = 0;
}

/* job.error in words, with all that is known about it. */
static const char *reason(void)
{
  static char text[3 * WORDS];
  char        status[20] = "", cut[50] = "";
  const char *cause = "", *system = "", *words = "";
  int         e = job.cause != 0 ? job.cause : job.error;
  if (job.http_status != 0 && job.http_status / 100 != 2)
    snprintf(status, sizeof status, "HTTP %u: ", (unsigned)job.http_status);
  if (job.error == AMT_E_CANCELLED) e = job.error;
  if (e != job.error) cause = amt_error(e);
  if ((e == AMT_E_CONNECT || e == AMT_E_RESET) && sock.sys_error != 0)
    system = strerror(sock.sys_error);
  if (said.all > 0 && said.kind == AMT_MSG_ERROR) words = said.text;
  if (*words != 0 && said.len < said.all)
    snprintf(cut, sizeof cut, " [cut here, of %lu bytes]",
             (unsigned long)said.all);
  snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s%s", status,
           amt_error(job.error), *cause ? ": " : "", cause,
           *system ? ": " : "", system, *words ? "; it says: " : "", words,
           cut);
  return text;
}

/* What to do about a job that ended with this code, as published. */
static const char *advice(int code)
{
  switch (code) {
  case AMT_CODE_ERROR:
    return opt.script
      ? "; with a script this often means that its file is not there: verify "
        "that the path in -fn exists on the server"
      : "; see the job log";
  case AMT_CODE_WEB_SERVER_ERROR:
    return "; verify that the URL is right and that the server runs and can be "
           "reached from here, then restart the job";
  case AMT_CODE_AUTHENTICATION_ERROR:
    return "; verify that the API user and its password are right, and that it "
           "exists in the AMT environment";
  case AMT_CODE_INVALID_AMT_USER:
    return "; the user in -u does not exist in the AMT environment: verify its "
           "name, or leave it out to use the application's";
  default: return "";
  }
}

static const char *subject(void)
{
  static char text[WORDS];
  snprintf(text, sizeof text, "job %s%s%s%s of %s at %s",
           opt.type == START ? or(opt.script, opt.job) : job.id,
           opt.type == START && *job.id ? " (" : "",
           opt.type == START ? job.id : "",
           opt.type == START && *job.id ? ")" : "", opt.application,
           opt.server);
  return text;
}

/* 1 if standard output is for a job log. */
static int log_wanted(void)
{
  return opt.type != MONITOR && opt.type != MESSAGES &&
         !(opt.no_wait && opt.type != START);
}

/* The answer to a single call, MONITOR, MESSAGES, or a STOP that does not
   wait: 1 if this was one, with its status. */
static int once_done(int *status)
{
  char line[80];
  if (opt.type == MONITOR) {
    int known = *amt_status_name(job.status) != 0;
    snprintf(line, sizeof line, "%ld %s\n", (long)job.status,
             known ? amt_status_name(job.status) : "?");
    put_text(line);
    *status = known ? (int)job.status : AMT_CODE_UNDEFINED;
    if (!known)
      tell_19("undefined: %s: the server calls its status %ld %s", subject(),
              (long)job.status, job.name);
  } else if (!log_wanted()) {
    *status = 0;
    if (opt.type == MESSAGES && !job.log_complete)
      tell("%s has more messages than the server gave in one reply", subject());
  } else {
    return 0;
  }
  flush();
  if (out_error != 0) *status = EXIT_IO;
  return 1;
}

/* AMT_DONE: the job has ended, job.code says how. */
static int done(void)
{
  int         status = job.code;
  const char *missing = "";
  static char text[3 * WORDS];
  if (once_done(&status)) return status;
  prepare_last_words(status, "amt: %s ended with %d %s, but its log was not "
                     "written whole", subject(), status,
                     amt_status_name(status));
  if (said.all > 0 && *job.id == 0) /* it ended with the reply to its Start */
    log_text(job.code, said.text, said.len, 1, 1);
  if (!job.log_complete) {
    snprintf(text, sizeof text, "messages are missing here: %s", reason());
    missing = text;
    tell("%s: %s", subject(), text);
  }
  log_end(job.code, missing);
  if (*amt_status_name(status) == 0 || status == AMT_CODE_UNDEFINED) {
    tell_19("undefined: %s ended with %d%s%s; look at it there, or go on with "
            "it: %s", subject(), status, *job.name ? ", called " : "",
            job.name, attach_command());
    return AMT_CODE_UNDEFINED;
  }
  if (status != AMT_CODE_DONE)
    tell("%s ended with %d %s%s", subject(), status, amt_status_name(status),
         advice(status));
  return status;
}

/* AMT_FAILED. The log is printed whole, with the error as its one message. */
static int failed(void)
{
  static char text[5 * WORDS];
  const char *word = NULL, *next = "";
  int         status = job.code;
  if (job.error <= AMT_E_MISSING && job.error >= AMT_E_CONTROL)
    return wrong(EXIT_USAGE, "not sent", "%.*s: %s", (int)job.msg_len, job.msg,
                 amt_error(job.error));
  if (job.start == AMT_START_UNKNOWN) word = "start-unknown";
  else if (job.error == AMT_E_UNDEFINED) word = "undefined";
  else if (status == AMT_CODE_UNDEFINED) word = "server-lost";
  if (status == AMT_CODE_WEB_SERVER_ERROR) next = advice(status);
  if (job.start == AMT_START_REFUSED) next = "; nothing was started: correct "
    "what it names, then start it again";
  snprintf(text, sizeof text, "%s: %s%s", subject(), reason(), next);
  if (log_wanted()) log_end(status, text);
  if (word == NULL)
    tell("%s", text);
  else if (*job.id != 0)
    tell_19("%s: %s; it may go on there: %s", word, text, attach_command());
  else
    tell_19("%s: %s", word, text);
  return status;
}

/* The job is left alone, and goes on at the server. */
static int part(const char *word)
{
  static char text[3 * WORDS];
  amt_drop(&pool, &job);
  snprintf(text, sizeof text, "%s goes on there; to go on with it: %s",
           subject(), attach_command());
  if (log_wanted()) log_end(AMT_CODE_UNDEFINED, text);
  tell_19("%s: %s", word, text);
  return AMT_CODE_UNDEFINED;
}

/* ------------------------------------------------------------------------
   >>run */

static int start_asked; /* AMT_STARTING came, and no answer yet */
static int parting;     /* leave as soon as the id is known */

static void retrying(void)
{
  static int      last;
  static uint32_t when;
  uint32_t        now = amt_posix_now();
  if (job.error == last && now - when < 60000) return; /* told just now */
  last = job.error, when = now;
  tell("%s: %s; trying again", subject(), reason());
}

/* The first signal. 1: leave now. A job that was not started is not started;
   one whose Start is under way is waited for until its id is known. */
static int interrupted(void)
{
  const char *name = signals == SIGINT ? "SIGINT" : "SIGTERM";
  if (opt.type != START && opt.type != ATTACH) return 1;
  if (opt.detach && *job.id != 0) return 1;
  if (opt.detach && start_asked) {
    tell("%s: leaving %s as soon as its id is known", name, subject());
    parting = 1;
    return 0;
  }
  if (*job.id != 0 || start_asked)
    tell("%s: killing %s and waiting for its end; a second signal leaves at "
         "once", name, subject());
  amt_stop(&job, AMT_KILL);
  return 0;
}

/* Until the connection has something, a signal comes, or it is time. */
static void wait_a_while(void)
{
  struct pollfd p[2];
  uint32_t      ms = job.wait;
  int           state = conn.http.state;
  if (live_wanted && ms > 1000) ms = 1000;
  if (state == AMT_CONN_OPENING && ms > 250) ms = 250; /* other addresses */
  p[0].fd = wake[0];
  p[0].events = POLLIN;
  p[1].fd = state == AMT_CONN_CLOSED || state == AMT_CONN_IDLE ? -1 : sock.fd;
  p[1].events = POLLIN;
  if (state == AMT_CONN_OPENING) p[1].events = POLLOUT;
  if (state == AMT_CONN_SENDING) p[1].events = POLLIN | POLLOUT;
  poll(p, 2, (int)ms);
  if (p[0].revents != 0) {
    char    byte;
    ssize_t ignored = read(wake[0], &byte, 1);
    (void)ignored;
  }
}

static int run(void)
{
  int noticed = 0;
  for (;;) {
    if (signals && !noticed) {
      noticed = 1;
      if (interrupted()) return part("detached");
    }
    switch (amt_poll(&pool, &job, amt_posix_now())) {
    case AMT_STARTING:
      start_asked = 1;
      prepare_last_words(AMT_CODE_UNDEFINED, "start-unknown: %s: left before "
                         "its answer; look for it at the server before you "
                         "start it again", subject());
      break;
    case AMT_STARTED:
      start_asked = 0;
      prepare_last_words(AMT_CODE_UNDEFINED, "detached: %s goes on there; to "
                         "go on with it: %s", subject(), attach_command());
      if (parting) return part("detached");
      if (!opt.no_wait || signals) break;
      put_value(job.id), put_text("\n"), flush();
      if (out_error != 0) tell("started: %s", subject());
      amt_drop(&pool, &job);
      return out_error != 0 ? EXIT_IO : 0;
    case AMT_MESSAGE:
    case AMT_SAID:
      if (job.msg_kind != AMT_MSG_LOG) {
        keep_said();
        break;
      }
      log_text((int)job.status, job.msg, job.msg_len, job.msg_first,
               !job.msg_more);
      messages += !job.msg_more;
      break;
    case AMT_ANSWERED:
      if (job.error != 0) tell("%s: not %s: %s", subject(),
                               opt.type == STOP ? "stopped" : "killed",
                               reason());
      break;
    case AMT_RETRYING:
      retrying();
      if (parting) amt_stop(&job, AMT_KILL); /* it was surely not started */
      break;
    case AMT_DONE: return done();
    case AMT_FAILED: return failed();
    case AMT_BUSY:
      live_draw();
      wait_a_while();
      break;
    default: break;
    }
  }
}

/* ------------------------------------------------------------------------
   >>main */

/* Descriptors 0 to 2 that came closed would become the socket: hold them, so
   that writing to them is an error. */
static void hold_standard_descriptors(void)
{
  int fd;
  do fd = open("/dev/null", O_RDONLY); while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
}

int main(int argc, char **argv)
{
  static char out[BUFFER];
  int         status;
  hold_standard_descriptors();
  setvbuf(stdout, out, _IOFBF, sizeof out);
  if (argc < 2) return wrong(EXIT_USAGE, "nothing to do", "see `amt --help`");
  status = take_options(argv);
  if (status != 0) return status;
  if (opt.help) print_help();
  if (opt.version)
    printf("amt %d.%d.%d\n", AMT_VERSION_MAJOR, AMT_VERSION_MINOR,
           AMT_VERSION_PATCH);
  if (opt.help || opt.version) {
    flush();
    return out_error == 0 ? 0 : wrong(EXIT_IO, "standard output", "%s",
                                      strerror(out_error));
  }
  status = check_options();
  if (status == 0) status = settle();
  if (status == 0) status = catch_signals();
  if (status == 0) {
    live_wanted = isatty(2);
    prepare();
    begin();
    if (opt.type == START)
      prepare_last_words(AMT_CODE_KILLED, "amt: left before anything was "
                         "started");
    else
      prepare_last_words(AMT_CODE_UNDEFINED, "detached: %s; to go on with it: "
                         "%s", subject(), attach_command());
    status = run();
    live_clear();
    amt_pool_end(&pool);
    amt_session_end(&session);
  }
  wipe(password, sizeof password);
  if (out_error != 0)
    tell("standard output: %s; what was to be there is not whole",
         strerror(out_error));
  return status;
}
