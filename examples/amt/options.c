/* options.c - the command line, and what --help says of it.

   One table has each option's names, where its value goes, and the types that
   it goes with. */

#include "options.h"
#include "command.h"
#include "encodings.h"
#include "files.h"
#include "output.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "values.h"
#include "wire.h"
#include <string.h>

const char *const types[] = { /* of -jt; commands are a first word */
  "START", "STOP", "KILL", "MONITOR", "MESSAGES", "ATTACH", NULL
};
static const char *const commands[] = { "probe", "encrypt", "anchors", "learn",
                                       "tap", NULL };
static const char *const formats[] = { "acs", "connector", "text", "json",
                                       NULL };
static const char *const on_signals[] = { "kill", "detach", NULL };
const char *const yes_or_no[] = { "TRUE", "ON", "FALSE", "OFF", NULL };

struct options opt;

/* The types that an option goes with, as bits. TLS: it goes with https only.
   HERE: it belongs on the command line alone, since it says what this run is
   for. */
enum { S = 1 << START, ACT = 1 << STOP | 1 << KILL, JOB = (1 << PROBE) - 1,
       BY_ID = (JOB & ~S) | 1 << PROBE, WATCH = S | ACT | 1 << ATTACH,
       L = 1 << LEARN, SL = S | L, /* what was started, too */
       NET = JOB | 1 << PROBE, ANY = (1 << TYPES) - 1, TLS = 1 << TYPES,
       SECURE = NET | 1 << TAP | TLS, OURS = SECURE | 1 << ANCHORS,
       HERE = 1 << (TYPES + 1) };

enum kind { TEXT, FULL, SERVER, MANY, PIN, TIME, DAYS, AMOUNT, FORM, ON_SIGNAL,
            FLAG };

typedef struct {
  const char *name, *long_name;
  enum kind   kind;
  void       *to;    /* by kind: const char * (FULL: "" is an error), the same,
                        server_list, list, pin_list, uint32_t, uint32_t,
                        uint64_t, int, int, int */
  int         goes;
  const char *value, *help;
} option;

static const option options[] = {
  { "-jt", "--job-type", TEXT, &opt.type_word, JOB | HERE, "TYPE",
    "START (default) STOP KILL MONITOR MESSAGES ATTACH" },
  { "-an", "--application", TEXT, &opt.application, NET | L, "NAME",
    "the AMT application; or $AMT_APPLICATION" },
  { "-jn", "--job", TEXT, &opt.job, SL | HERE, "NAME",
    "the job to start, or" },
  { "-fn", "--file", TEXT, &opt.script, SL | HERE, "PATH",
    "the script to start; overrides -jn" },
  { "-pa", "--param", MANY, &opt.parameters, SL, "TEXT",
    "a parameter; may be repeated, a line each" },
  { NULL, "--param-file", FULL, &opt.param_file, S, "FILE",
    "more parameters, a line each" },
  { "-tv", "--task-value", MANY, &opt.task_values, SL, "TEXT",
    "a task value; likewise" },
  { "-u", "--user", TEXT, &opt.user, SL, "NAME",
    "the AMT user to run as (the application's)" },
  { "-su", "--submit-user", TEXT, &opt.submit_user, SL, "NAME",
    "who submits (BATCH; others are refused)" },
  { "-st", "--station", TEXT, &opt.station, SL, "NAME",
    "from where (OPCON; others are refused)" },
  { "-qn", "--queue", TEXT, &opt.queue, SL, "NAME",
    "the queue (the server's)" },
  { "-id", "--id", FULL, &opt.id, BY_ID | L | HERE, "ID",
    "the BatchrequestId of a job that was started" },
  { NULL, "--id-text", FLAG, &opt.id_text, BY_ID | HERE, NULL,
    "it is a JSON string (both ways are tried)" },
  { "-c", "--config", FULL, &opt.config, NET, "FILE",
    "a Connector.config (one beside amt, or here)" },
  { "-s", "--server", SERVER, &opt.servers, NET, "URL",
    "https://HOST:PORT, or http; or $AMT_SERVER;\n"
    "                            repeated: the next if one is away" },
  { NULL, "--api-user", FULL, &opt.api_user, NET | L, "NAME",
    "who signs in; or $AMT_USER" },
  { NULL, "--password-file", FULL, &opt.password_file, NET, "FILE",
    "its first line; - is standard input; or\n"
    "                            $AMT_PASSWORD" },
  { NULL, "--poll", TIME, &opt.poll, WATCH, "SECONDS",
    "from status to status (the file's, or 5)" },
  { NULL, "--poll-max", TIME, &opt.poll_max, WATCH, "SECONDS",
    "lets that grow to this with the job's age" },
  { NULL, "--initial-delay", TIME, &opt.initial_delay, WATCH, "SECONDS",
    "before the first status (the file's, or 10)" },
  { NULL, "--timeout", TIME, &opt.timeout, NET, "SECONDS",
    "of the whole run; the job is left alone" },
  { NULL, "--give-up", TIME, &opt.give_up, NET, "SECONDS",
    "how long the server may stay away (300)" },
  { NULL, "--format", FORM, &opt.format, JOB, "FORM",
    "of the log: acs connector text json (connector\n"
    "                            with a Connector.config, otherwise acs)" },
  { NULL, "--crlf", FLAG, &opt.crlf, JOB, NULL,
    "lines end in CR LF, as on Windows those of the\n"
    "                            form connector do" },
  { "-f", "--follow", FLAG, &opt.follow, WATCH, NULL,
    "messages as they are written" },
  { NULL, "--state", FULL, &opt.state, S, "FILE",
    "never starts twice, even after a power cut;\n"
    "                            the next run goes on with the job" },
  { NULL, "--lock-wait", TIME, &opt.lock_wait, S, "SECONDS",
    "for another run that uses the state file (0)" },
  { NULL, "--keep-state", FLAG, &opt.keep_state, S, NULL,
    "its file stays: later runs tell the same end" },
  { NULL, "--on-signal", ON_SIGNAL, &opt.detach, S | 1 << ATTACH, "WHAT",
    signals_help },
  { NULL, "--no-wait", FLAG, &opt.no_wait, S | ACT, NULL,
    "not for the end; START prints the id" },
  { NULL, "--id-file", FULL, &opt.id_file, S, "FILE",
    "gets the id as soon as it is known" },
  { NULL, "--quiet", FLAG, &opt.quiet, WATCH, NULL,
    "standard error does not tell the start" },
  { NULL, "--log-dir", FULL, &opt.log_dir, WATCH, "DIR",
    "keeps each job log there, too" },
  { NULL, "--retain-days", DAYS, &opt.retain, WATCH, "DAYS",
    "for so long (30)" },
  { NULL, "--max-log", AMOUNT, &opt.max_log, WATCH | 1 << MESSAGES, "BYTES",
    "ends a longer log; 500k, 20M, 1G (no bound)" },
  { NULL, "--strict-text", FLAG, &opt.strict_text, WATCH | 1 << MESSAGES, NULL,
    "ends a log that is no UTF-8 (it is repaired)" },
  { NULL, "--wire", FULL, &opt.wire, NET | 1 << PRINT_WIRE, "FILE",
    "another wire table: lines of --print-wire" },
  { NULL, "--print-wire", FLAG, &opt.print_wire, 1 << PRINT_WIRE | HERE, NULL,
    "prints the wire table" },
  { NULL, "--c-source", FLAG, &opt.c_source, 1 << PRINT_WIRE | HERE, NULL,
    "as C, for a program with amt.h" },
  { NULL, "--output", FULL, &opt.output, L, "FILE",
    "of learn: the wire file (standard output)" },
  { NULL, "--no-keep-alive", FLAG, &opt.no_keep_alive, NET, NULL,
    "a connection for each request" },
  { NULL, "--zero-on-done", FLAG, &opt.zero_on_done, WATCH | 1 << MONITOR,
    NULL, "exit status 0 instead of 4" },
  { "-v", "--value", FULL, &opt.value, 1 << ENCRYPT | HERE, "VALUE", NULL },
  { "-v", "--trace", FLAG, &opt.trace, NET, NULL,
    "requests and replies on standard error" },
  { NULL, "--ca", FULL, &opt.ca, SECURE, "FILE",
    "trusted certificates, PEM (the system's)" },
  { NULL, "--pin", PIN, &opt.pins, SECURE, "SHA256",
    "of the server's public key; may be repeated" },
  { NULL, "--cert", FULL, &opt.cert, OURS, "FILE",
    "our own certificate, PEM, if the server asks;" },
  { NULL, "--key", FULL, &opt.key, OURS, "FILE", "and its key" },
  { NULL, "--insecure", FLAG, &opt.insecure, SECURE, NULL,
    "the server's certificate is not verified" },
  { NULL, "--insecure-common-name", FLAG, &opt.common_name, SECURE, NULL,
    "a certificate without a\n"
    "                            subjectAltName counts by its common name" },
  { NULL, "--more-ciphers", FLAG, &opt.more_ciphers, SECURE, NULL,
    "older ones, too: AES-CBC, RSA key exchange" },
  { NULL, "--report", FULL, &opt.report, 1 << PROBE | HERE, "FILE",
    "gets what was asked and answered, names hidden" },
  { NULL, "--listen", FULL, &opt.listen, 1 << TAP | HERE, "ADDRESS:PORT",
    "where the client connects to" },
  { NULL, "--to", FULL, &opt.to, 1 << TAP | HERE, "URL",
    "the server: https://HOST:PORT, or http" },
  { NULL, "--save", FULL, &opt.save, 1 << TAP | HERE, "FILE",
    "gets both directions; a new file" },
  { NULL, "--secrets", FLAG, &opt.secrets, 1 << TAP | HERE, NULL,
    "with passwords and tokens (they become stars)" },
  { NULL, "--help", FLAG, &opt.help, ANY | HERE, NULL, "prints this" },
  { NULL, "--version", FLAG, &opt.version, ANY | HERE, NULL,
    "prints the version" },
};
enum { OPTIONS = sizeof options / sizeof *options };

static struct { uint8_t by, is_long; } given[OPTIONS];

static const char *source_line; /* the line that is being taken */

/* The option's name as it was given, and where, if not on the command line. */
static const char *name_of(size_t i)
{
  static char name[PATHS];
  const char *in = given[i].by == ENVIRONMENT ? "AMT_OPTIONS" : "[AMT]";
  if (given[i].by > ARGUMENT)
    return text(name, sizeof name, "%s: %s", either(source_line, in),
                options[i].long_name);
  return given[i].is_long || !options[i].name ? options[i].long_name
                                              : options[i].name;
}

static int wrong_status(size_t i)
{
  return given[i].by > ARGUMENT ? EXIT_CONFIG : EXIT_USAGE;
}

static size_t option_of(const void *to)
{
  size_t i = 0;
  while (options[i].to != to) i++;
  return i;
}

int given_by(const void *to) { return given[option_of(to)].by; }

/* "-jt KILL", "probe" */
static const char *type_name(void)
{
  static char name[20];
  if (opt.type == PRINT_WIRE) return "--print-wire";
  return text(name, sizeof name, "%s%s", opt.type < PROBE ? "-jt " : "",
              opt.type < PROBE ? types[opt.type] : commands[opt.type - PROBE]);
}

/* The word's place in the list, or -1 after telling that it has none. */
static int choose(const char *name, int status, const char *word,
                  const char *const *words)
{
  char   all[80];
  int    i = word_in(words, word);
  size_t n = 0;
  if (i >= 0) return i;
  for (i = 0; words[i] != NULL; i++, n = strlen(all))
    text(all + n, sizeof all - n, "%s%s", i == 0 ? "" : ", ", words[i]);
  wrong(status, name, "'%s' is none of %s", word, all);
  return -1;
}

static int take_days(size_t i, const char *value)
{
  size_t   n = strspn(value, "0123456789");
  uint64_t days;
  if (value[n] != 0 || amt_json_uint64(value, n, &days) != 0 || days > 36500)
    return wrong(wrong_status(i), name_of(i), "'%s' is not a number of days up "
                 "to 36500", value);
  *(uint32_t *)options[i].to = (uint32_t)days;
  return 0;
}

static int take_server(const char *name, int status, const char *value)
{
  if (opt.servers.count == SERVERS)
    return wrong(status, name, "more than %d of them", SERVERS);
  opt.servers.text[opt.servers.count++] = value;
  return 0;
}

/* `value`: a file's word, since each name has a value there; otherwise NULL. */
static int take_flag(size_t i, const char *value)
{
  int word = value != NULL ? word_in(yes_or_no, value) : 0;
  if (word < 0)
    return wrong(wrong_status(i), name_of(i), "must be True or False");
  *(int *)options[i].to = word < 2;
  return 0;
}

static int take_value(size_t i, char *value)
{
  const option *o = &options[i];
  const char   *name = name_of(i);
  int           status = wrong_status(i);
  if (o->kind == FLAG) return take_flag(i, value);
  if (value == NULL)
    return wrong(status, name, "a value (%s) must follow", o->value);
  if (!amt_utf8(value, strlen(value)))
    return wrong(status, name, "its value is not valid UTF-8");
  if ((o->kind == FULL || o->kind == SERVER) && *value == 0)
    return wrong(status, name, "its value (%s) is empty", o->value);
  if (o->kind == MANY) return add_lines((list *)o->to, name, value);
  if (o->kind == PIN) return take_pin(name, status, value);
  if (o->kind == SERVER) return take_server(name, status, value);
  if (o->kind == DAYS) return take_days(i, value);
  if (o->kind <= FULL && *value != 0) *(const char **)o->to = value;
  if (o->kind == TIME && !milliseconds(value, (uint32_t *)o->to))
    return wrong(status, name, "'%s' is not a number of seconds, such as 5 or "
                 "0.5, up to 2000000", value);
  if (o->to == &opt.timeout && opt.timeout == AMT_ZERO)
    return wrong(status, name, "must be more than 0; leave it out for none");
  if (o->kind == AMOUNT && !bytes_of(value, (uint64_t *)o->to))
    return wrong(status, name, "'%s' is not a number of bytes above 0, such as "
                 "5000, 500k, 20M or 1G", value);
  if (o->kind == FORM) opt.format = choose(name, status, value, formats);
  if (o->kind == ON_SIGNAL)
    opt.detach = choose(name, status, value, on_signals);
  return (o->kind == FORM || o->kind == ON_SIGNAL) && *(int *)o->to < 0
           ? status : 0;
}

/* `encrypt` has a -v of its own. */
static int is_option(size_t i, const char *word)
{
  const option *o = &options[i];
  if (o->goes == (1 << ENCRYPT | HERE) && opt.type != ENCRYPT) return 0;
  return strcmp(word, o->long_name) == 0 ||
         (o->name != NULL && strcmp(word, o->name) == 0);
}

static size_t find_option(const char *word)
{
  size_t i = 0;
  while (i < OPTIONS && !is_option(i, word)) i++;
  return i;
}

/* -pa "C:\dir\" -u "DEMO": on Windows a quote after a backslash is part of the
   value, which then ends at the next quote. */
static int has_option_inside(const char *value)
{
  while ((value = strchr(value, '"')) != NULL) {
    char   word[40];
    size_t blanks = strspn(++value, " \t"), n;
    if (blanks == 0) continue;
    value += blanks;
    n = strcspn(value, " \t");
    if (n >= sizeof word) continue;
    memcpy(word, value, n);
    word[n] = 0;
    if (find_option(word) < OPTIONS) return 1;
  }
  return 0;
}

/* 1 if an environment variable gives this: it comes before a file. */
static int said_elsewhere(const void *to)
{
  return (to == &opt.servers && !empty(environment("AMT_SERVER"))) ||
         (to == &opt.api_user && !empty(environment("AMT_USER"))) ||
         (to == &opt.password_file && !empty(environment("AMT_PASSWORD"))) ||
         (to == &opt.application && !empty(environment("AMT_APPLICATION"))) ||
         (to == &opt.ca && !empty(environment("SSL_CERT_FILE")));
}

/* An option that a site gives for all of its runs is skipped, without an error,
   where it does not go with this one. */
static int take(size_t i, int by, int is_long, char *value)
{
  const option *o = &options[i];
  int           several = o->kind >= SERVER && o->kind <= PIN;
  if (by != ARGUMENT && (!(o->goes >> opt.type & 1) ||
                         (given[i].by != 0 && given[i].by < by) ||
                         (by == CONFIGURATION && said_elsewhere(o->to))))
    return 0;
  if (given[i].by == by && !several)
    return wrong(wrong_status(i), name_of(i), "given twice; give it once");
  given[i].by = (uint8_t)by;
  given[i].is_long = (uint8_t)is_long;
  return take_value(i, value);
}

/* Words are matched whole, and the word after an option that takes a value is
   that value, even if it begins with a '-'. */
static int take_words(char **word, int by)
{
  for (; *word != NULL; word++) {
    size_t i = find_option(*word);
    int    is_long = i < OPTIONS && strcmp(*word, options[i].long_name) == 0;
    int    flag = i < OPTIONS && options[i].kind == FLAG, e;
    if (i == OPTIONS)
      return wrong(by == ARGUMENT ? EXIT_USAGE : EXIT_CONFIG,
                   by == ARGUMENT ? *word : "AMT_OPTIONS", "%s%snot an option; "
                   "`amt --help` lists them", by == ARGUMENT ? "" : *word,
                   by == ARGUMENT ? "" : " is ");
    if (by != ARGUMENT && (options[i].goes & HERE))
      return wrong(EXIT_CONFIG, "AMT_OPTIONS", "%s belongs on the command "
                   "line alone", *word);
    if (by == ARGUMENT && !flag && word[1] != NULL &&
        has_option_inside(word[1]))
      return wrong(EXIT_USAGE, *word, "its value has a quote and an option "
                   "after it, as on Windows after a value that ends in a "
                   "backslash: write two there, or none; a value that is meant "
                   "so goes into --param-file");
    e = take(i, by, is_long, flag ? NULL : word[1]);
    if (e != 0) return e;
    if (opt.help || opt.version) return 0;
    word += !flag;
  }
  return 0;
}

/* The published program that encodes has a name of its own. */
static int is_encrypt(const char *name)
{
  return same_word(name, "Encrypt") || same_word(name, "Encrypt.exe");
}

int take_options(char **argv)
{
  int e;
  opt.format = opt.detach = -1;
  if (is_encrypt(either(file_name(argv[0]), argv[0]))) opt.type = ENCRYPT;
  else if (argv[1] != NULL && word_in(commands, argv[1]) >= 0)
    opt.type = PROBE + word_in(commands, *++argv);
  if (opt.type == ANCHORS && argv[1] != NULL && *argv[1] != '-')
    opt.anchors = *++argv;
  if (opt.type == LEARN && argv[1] != NULL && *argv[1] != '-')
    opt.capture = *++argv;
  e = take_words(argv + 1, ARGUMENT);
  if (e != 0 || opt.help || opt.version) return e;
  if (opt.print_wire && opt.type == START) opt.type = PRINT_WIRE;
  if (opt.type == START)
    opt.type = choose("-jt", EXIT_USAGE, either(opt.type_word, types[START]),
                      types);
  return opt.type < 0 ? EXIT_USAGE : 0;
}

/* Cuts the next word out of a text, in place. Blanks end it, except between
   quotes of either kind. NULL: there is none. *open: a quote was not closed. */
static char *next_word(char **at, int *open)
{
  char *from = *at + strspn(*at, " \t\r\n"), *to = from, *word = from;
  char  quoted = 0;
  if (*from == 0) return NULL;
  for (; *from != 0 && (quoted || strchr(" \t\r\n", *from) == NULL); from++) {
    if (*from == quoted) quoted = 0;
    else if (!quoted && (*from == '"' || *from == '\'')) quoted = *from;
    else *to++ = *from;
  }
  *open = quoted != 0;
  *at = from + (*from != 0);
  *to = 0;
  return word;
}

int take_more_options(void)
{
  static char  words[TOKEN];
  static char *word[TOKEN / 2 + 1];
  const char  *given_there = environment("AMT_OPTIONS");
  char        *at = words;
  size_t       n = 0;
  int          open = 0;
  if (empty(given_there)) return 0;
  if (strlen(given_there) >= sizeof words)
    return wrong(EXIT_CONFIG, "AMT_OPTIONS", "longer than %u bytes",
                 (unsigned)(sizeof words - 1));
  strcpy(words, given_there);
  while (!open && (word[n] = next_word(&at, &open)) != NULL) n++;
  if (open)
    return wrong(EXIT_CONFIG, "AMT_OPTIONS", "a quote is not closed");
  return take_words(word, ENVIRONMENT);
}

/* LOG_DIR is --log-dir. */
static int is_key(const char *key, const char *long_name)
{
  char name[40];
  size_t i;
  if (strlen(key) >= sizeof name) return 0;
  for (i = 0; key[i] != 0; i++)
    name[i] = (char)(key[i] == '_' ? '-' : key[i]);
  name[i] = 0;
  return same_word(name, long_name + 2);
}

int take_by_key(const char *where, const char *key, char *value)
{
  size_t i = 0;
  int    e;
  while (i < OPTIONS && !is_key(key, options[i].long_name)) i++;
  if (i == OPTIONS) return -1;
  if ((options[i].goes & HERE) || options[i].to == &opt.config) return -2;
  source_line = where;
  e = take(i, CONFIGURATION, 1, value);
  source_line = NULL;
  return e;
}

/* Checks that all is given that a job needs. */
static int check_job(void)
{
  static char name[TOKEN];
  if (opt.type == PROBE && opt.id == NULL && opt.application == NULL) return 0;
  if (empty(opt.application)) {
    int e = take_environment("AMT_APPLICATION", name, sizeof name);
    if (e != 0) return e;
    opt.application = name;
  }
  if (empty(opt.application))
    return wrong(EXIT_USAGE, "no application", "give -an NAME, or set "
                 "AMT_APPLICATION");
  if (opt.type == START && empty(opt.job) && empty(opt.script))
    return wrong(EXIT_USAGE, "nothing to start", "give -jn JOB or -fn SCRIPT");
  if (opt.type != START && empty(opt.id))
    return wrong(EXIT_USAGE, "no job", "%s needs -id BATCHREQUESTID",
                 type_name());
  if (opt.id != NULL && strlen(opt.id) >= AMT_ID_SIZE)
    return wrong(EXIT_USAGE, "-id", "longer than %d bytes, as no id is",
                 AMT_ID_SIZE - 1);
  return 0;
}

const char *tls_option(void)
{
  size_t i = 0;
  while (i < OPTIONS && !(given[i].by != 0 && (options[i].goes & TLS))) i++;
  return i < OPTIONS ? name_of(i) : NULL;
}

static int check_tap(void)
{
  if (opt.type == TAP &&
      (opt.listen == NULL || opt.to == NULL || opt.save == NULL))
    return wrong(EXIT_USAGE, "tap", "needs --listen ADDRESS:PORT, --to URL and "
                 "--save FILE");
  return 0;
}

static int check_tls(void)
{
  if ((opt.cert == NULL) != (opt.key == NULL))
    return wrong(EXIT_USAGE, opt.cert ? "--cert" : "--key", "a client "
                 "certificate needs both --cert FILE and --key FILE");
  if (opt.type == ANCHORS && empty(opt.anchors) && opt.cert == NULL)
    return wrong(EXIT_USAGE, "anchors", "needs a FILE of certificates, or "
                 "--cert FILE --key FILE");
#ifndef AMT_BEARSSL
  if (opt.type == ANCHORS || tls_option() != NULL)
    return wrong(EXIT_CONFIG, opt.type == ANCHORS ? "anchors" : tls_option(),
                 "this amt was built without TLS; leave it out, or use one "
                 "that was built with it");
#endif
  return 0;
}

/* AMT_ALLOW_KILL=0, as *Allow Kill Job* of the published connector. */
static int check_kill(void)
{
  static const char *const words[] = { "0", "1", NULL };
  char allow[80];
  int  e = take_environment("AMT_ALLOW_KILL", allow, sizeof allow);
  int  word = word_in(words, either(allow, "1"));
  if (e != 0) return e;
  if (word < 0)
    return wrong(EXIT_CONFIG, "AMT_ALLOW_KILL", "'%s' is neither 0 nor 1",
                 allow);
  if (word == 0 && (opt.type == KILL || opt.detach == 0))
    return wrong(EXIT_CONFIG, opt.type == KILL ? "-jt KILL" :
                 name_of(option_of(&opt.detach)), "AMT_ALLOW_KILL=0 allows "
                 "nobody to kill a job from here; let the server's operator "
                 "do it");
  if (opt.detach < 0) opt.detach = word == 0;
  return 0;
}

/* Of --no-wait and --follow, the one from the earlier place counts. */
static int check_waiting(void)
{
  int no_wait = given_by(&opt.no_wait), follow = given_by(&opt.follow);
  if (!opt.no_wait || !opt.follow) return 0;
  if (no_wait == follow)
    return wrong(wrong_status(option_of(&opt.no_wait)), "--no-wait", "does not "
                 "go with --follow: leave one of them out");
  if (no_wait < follow) opt.follow = 0;
  else opt.no_wait = 0;
  return 0;
}

int check_options(int configured)
{
  size_t i;
  int    e;
  if (opt.type == LEARN && empty(opt.capture))
    return wrong(EXIT_USAGE, "learn", "needs a FILE: what amt tap saved, HAR, "
                 "or HTTP text of both directions");
  for (i = 0; i < OPTIONS; i++)
    if (given[i].by != 0 && !(options[i].goes >> opt.type & 1))
      return wrong(EXIT_USAGE, name_of(i), "does not go with %s; leave it out",
                   type_name());
  e = check_tap();
  if (e == 0) e = check_tls();
  if (e != 0 || opt.type > PROBE) return e;
  e = check_kill();
  if (e == 0) e = check_waiting();
  if (e != 0) return e;
  if (opt.format < 0) opt.format = configured ? CONNECTOR : ACS;
  if (opt.poll_max == AMT_ZERO) opt.poll_max = 0;
  if ((given_by(&opt.lock_wait) == ARGUMENT ||
       given_by(&opt.keep_state) == ARGUMENT) && empty(opt.state))
    return wrong(EXIT_USAGE, opt.keep_state ? "--keep-state" : "--lock-wait",
                 "needs --state FILE");
  i = option_of(&opt.retain);
  if (given[i].by == 0) opt.retain = 30;
  if (given[i].by == ARGUMENT && empty(opt.log_dir))
    return wrong(EXIT_USAGE, "--retain-days", "needs --log-dir DIR");
  return check_job();
}

int print_help(void)
{
  size_t i;
  put_text("usage: amt [-jt START] -an APPLICATION (-jn JOB | -fn SCRIPT) "
           "[OPTION]...\n"
           "       amt -jt STOP|KILL|MONITOR|MESSAGES|ATTACH -an APPLICATION "
           "-id ID\n"
           "       amt probe [-an APPLICATION -id ID]  tries the wire table at "
           "a server\n"
           "       amt learn CAPTURE -an NAME -jn JOB  a wire file from what "
           "was captured\n"
           "       amt tap --listen ADDRESS:PORT --to URL --save FILE  what a "
           "client says\n"
           "       amt encrypt [-v VALUE]              for Connector.config\n"
           "       amt anchors FILE                    CA certificates as C "
           "source\n"
           "       amt anchors --cert FILE --key FILE  a client's certificate, "
           "likewise\n"
           "Runs a job on an AMT Batch Server; prints its log, and exits with "
           "its\ncompletion code (4: DONE). Options may also stand in "
           "AMT_OPTIONS, and in the\nsection [AMT] of Connector.config: "
           "LOG_DIR=... is --log-dir.\n\n");
  for (i = 0; i < OPTIONS; i++) {
    const option *o = &options[i];
    char          left[40];
    if (o->help == NULL) continue;
    text(left, sizeof left, "%s%s%s%s%s", either(o->name, "   "),
         o->name ? ", " : "  ", o->long_name, o->value ? " " : "",
         either(o->value, ""));
    putf("  %25s %s\n", left, o->help);
  }
#ifndef AMT_BEARSSL
  put_text("This amt was built without TLS: https, anchors, --ca, --pin, "
           "--cert, --key and\n--insecure are refused.\n");
#endif
  put_text("\nOther exit statuses: 0 --no-wait, once accepted, MESSAGES, "
           "probe, learn,\ntap, encrypt, anchors; 19 UNDEFINED; 23 server not "
           "reached; 24 sign-in refused;\n64 usage; 74 output not written; 75 "
           "the job goes on at the server: attach to it;\n76 nobody knows "
           "whether it was started: look before you start it again;\n78 "
           "configuration.\n");
  return 0;
}

int print_version(void)
{
  putf("amt %d.%d.%d\n", AMT_VERSION_MAJOR, AMT_VERSION_MINOR,
       AMT_VERSION_PATCH);
  return 0;
}

void put_tls_options(amt_window *o)
{
  size_t i;
  char   pin[65];
  for (i = 0; i < OPTIONS; i++) {
    if (given[i].by == 0 || !(options[i].goes & TLS) || options[i].kind == PIN)
      continue;
    amt_put_text(o, " ");
    amt_put_text(o, options[i].long_name);
    if (options[i].value != NULL)
      put_word(o, *(const char *const *)options[i].to);
  }
  for (i = 0; i < opt.pins.count; i++)
    put_option(o, "--pin", pin_text(pin, opt.pins.key[i]));
}

/* SPDX-License-Identifier: MIT OR Unlicense */
