/* options.c - the command line, and what --help says of it.

   One table: names, where a value goes, what it goes with. */

#include "options.h"
#include "output.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "wire.h"
#include <string.h>

const char *const types[] = { /* for -jt; and as the first word */
  "START", "STOP", "KILL", "MONITOR", "MESSAGES", "ATTACH", NULL
};
static const char *const commands[] = { "probe", "encrypt", "anchors", "learn",
                                       NULL };
static const char *const formats[] = { "acs", "connector", "text", "json",
                                       NULL };
static const char *const on_signals[] = { "kill", "detach", NULL };

struct options opt;

/* Types an option goes with, as bits; and TLS, if it goes with https only. */
enum { S = 1 << START, ACT = 1 << STOP | 1 << KILL, JOB = (1 << PROBE) - 1,
       BY_ID = (JOB & ~S) | 1 << PROBE, WATCH = S | ACT | 1 << ATTACH,
       L = 1 << LEARN, SL = S | L, /* what was started, too */
       NET = JOB | 1 << PROBE, ANY = (1 << TYPES) - 1, TLS = 1 << TYPES,
       OURS = NET | 1 << ANCHORS | TLS };

enum kind { TEXT, FULL, MANY, PIN, TIME, DAYS, AMOUNT, FLAG };

typedef struct {
  const char *name, *long_name;
  enum kind   kind;
  void       *to;    /* const char *, or "" is an error; list, pin_list,
                        uint32_t, uint32_t, uint64_t, int */
  int         goes;
  const char *value, *help;
} option;

static const option options[] = {
  { "-jt", "--job-type", TEXT, &opt.type_word, JOB, "TYPE",
    "START (default) STOP KILL MONITOR MESSAGES ATTACH" },
  { "-an", "--application", TEXT, &opt.application, NET | L, "NAME",
    "the AMT application; or $AMT_APPLICATION" },
  { "-jn", "--job", TEXT, &opt.job, SL, "NAME", "the job to start, or" },
  { "-fn", "--file", TEXT, &opt.script, SL, "PATH",
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
  { "-id", "--id", FULL, &opt.id, BY_ID | L, "ID",
    "the BatchrequestId of a job that was started" },
  { NULL, "--id-text", FLAG, &opt.id_text, BY_ID, NULL,
    "it is a JSON string (both ways are tried)" },
  { "-c", "--config", FULL, &opt.config, NET, "FILE",
    "a Connector.config (one beside amt, or here)" },
  { "-s", "--server", FULL, &opt.server, NET, "URL",
    "https://HOST:PORT, or http; or $AMT_SERVER" },
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
  { NULL, "--format", FULL, &opt.format_word, JOB, "FORM",
    "of the log: acs (default) connector text json" },
  { "-f", "--follow", FLAG, &opt.follow, WATCH, NULL,
    "messages as they are written" },
  { NULL, "--state", FULL, &opt.state, S, "FILE",
    "never starts twice, even after a power cut;\n"
    "                            the next run goes on with the job" },
  { NULL, "--lock-wait", TIME, &opt.lock_wait, S, "SECONDS",
    "for another run that uses the state file (0)" },
  { NULL, "--keep-state", FLAG, &opt.keep_state, S, NULL,
    "its file stays: later runs tell the same end" },
  { NULL, "--on-signal", FULL, &opt.on_signal, S | 1 << ATTACH, "WHAT",
    "at SIGINT, SIGTERM, ...: kill (default), detach" },
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
  { NULL, "--print-wire", FLAG, &opt.print_wire, 1 << PRINT_WIRE, NULL,
    "prints the wire table" },
  { NULL, "--output", FULL, &opt.output, L, "FILE",
    "of learn: the wire file (standard output)" },
  { NULL, "--no-keep-alive", FLAG, &opt.no_keep_alive, NET, NULL,
    "a connection for each request" },
  { NULL, "--zero-on-done", FLAG, &opt.zero_on_done, WATCH | 1 << MONITOR,
    NULL, "exit status 0 instead of 4" },
  { "-v", "--value", FULL, &opt.value, 1 << ENCRYPT, "VALUE", NULL },
  { "-v", "--trace", FLAG, &opt.trace, NET, NULL,
    "requests and replies on standard error" },
  { NULL, "--ca", FULL, &opt.ca, NET | TLS, "FILE",
    "trusted certificates, PEM (the system's)" },
  { NULL, "--pin", PIN, &opt.pins, NET | TLS, "SHA256",
    "of the server's public key; may be repeated" },
  { NULL, "--cert", FULL, &opt.cert, OURS, "FILE",
    "our own certificate, PEM, if the server asks;" },
  { NULL, "--key", FULL, &opt.key, OURS, "FILE", "and its key" },
  { NULL, "--insecure", FLAG, &opt.insecure, NET | TLS, NULL,
    "the server's certificate is not verified" },
  { NULL, "--more-ciphers", FLAG, &opt.more_ciphers, NET | TLS, NULL,
    "older ones, too: AES-CBC, RSA key exchange" },
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

int was_given(const void *to)
{
  size_t i = 0;
  while (options[i].to != to) i++;
  return given[i] != 0;
}

/* "-jt KILL", "probe" */
static const char *type_name(void)
{
  static char name[20];
  if (opt.type == PRINT_WIRE) return "--print-wire";
  return text(name, sizeof name, "%s%s", opt.type < PROBE ? "-jt " : "",
              opt.type < PROBE ? types[opt.type] : commands[opt.type - PROBE]);
}

int milliseconds(const char *t, uint32_t *ms)
{
  uint32_t value = 0, unit = 1000;
  int      digits = 0, fraction = 0;
  for (; *t != 0; t++) {
    if (*t == '.' && !fraction) {
      fraction = 1;
      continue;
    }
    if (*t < '0' || *t > '9') return 0;
    digits = 1;
    if (fraction) unit /= 10;
    else if (value > 2000000u * 100u) return 0;
    if (fraction) value += unit * (uint32_t)(*t - '0');
    else value = value * 10 + (uint32_t)(*t - '0') * 1000;
    if (value > 2000000u * 1000u) return 0;
  }
  *ms = value == 0 ? AMT_ZERO : value;
  return digits;
}

/* "500k": units are of 1024. */
static int bytes_of(const char *t, uint64_t *bytes)
{
  static const char units[] = "kMG";
  size_t      n = strspn(t, "0123456789");
  const char *unit = t[n] != 0 ? strchr(units, t[n]) : NULL;
  unsigned    shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
  if (amt_json_uint64(t, n, bytes) != 0 || *bytes == 0) return 0;
  if (t[n] != 0 && (unit == NULL || t[n + 1] != 0)) return 0;
  if (*bytes > UINT64_MAX >> shift) return 0;
  *bytes <<= shift;
  return 1;
}

int add_lines(list *l, const char *name, char *value)
{
  for (;;) {
    size_t n = strcspn(value, "\n");
    char  *next = value[n] != 0 ? value + n + 1 : NULL;
    value[n] = 0;
    if (n > 0 && value[n - 1] == '\r') value[n - 1] = 0;
    if (l->count == LIST)
      return wrong(EXIT_USAGE, name, "more than %d of them; pass the rest in a "
                   "file that the job reads", LIST);
    if (*value != 0) l->text[l->count++] = value;
    if (next == NULL || *next == 0) return 0;
    value = next;
  }
}

/* Digits of four or six bits each, into a key: how many of them are right. */
static size_t pin_digits(const char *value, size_t n, uint8_t *key, int each)
{
  unsigned bits = 0, have = 0;
  size_t   i;
  for (i = 0; i < n; i++) {
    const char *in = strchr(base64, value[i]);
    int         digit = in != NULL ? (int)(in - base64) : -1;
    if (each == 4) digit = hex_value(value[i]);
    if (digit < 0) return i;
    bits = bits << each | (unsigned)digit;
    have += (unsigned)each;
    if (have < 8) continue;
    have -= 8;
    *key++ = (uint8_t)(bits >> have);
  }
  return (bits & ((1u << have) - 1)) == 0 ? n : n - 1;
}

static int take_pin(const char *name, const char *value)
{
  size_t n = strlen(value), good = 0;
  int    each = n == 64 ? 4 : 6;
  if (opt.pins.count == PINS)
    return wrong(EXIT_USAGE, name, "more than %d of them; the server's key and "
                 "its next one are enough", PINS);
  if (n == 44 && value[43] == '=') n = 43;
  if (n == 64 || n == 43)
    good = pin_digits(value, n, opt.pins.key[opt.pins.count], each);
  if (n > 0 && good == n) {
    opt.pins.count++;
    return 0;
  }
  if (n > 64 && strchr(value, ':') != NULL)
    return wrong(EXIT_USAGE, name, "'%s' looks like a certificate's "
                 "fingerprint; a pin is the SHA-256 of the public key in it: "
                 "see the manual", value);
  if (n == 64 || n == 43)
    return wrong(EXIT_USAGE, name, "'%s' is no SHA-256 in %s: see its "
                 "character %u", value, n == 64 ? "hexadecimal digits"
                 : "Base64", (unsigned)good + 1);
  return wrong(EXIT_USAGE, name, "'%s' has %u characters; a SHA-256 has 64 "
               "hexadecimal digits, or 44 of Base64, the last one '='", value,
               (unsigned)n);
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
  if (o->kind == PIN) return take_pin(name, value);
  if (o->kind == FULL && *value == 0)
    return wrong(EXIT_USAGE, name, "its value (%s) is empty", o->value);
  if (o->kind <= FULL && *value != 0) *(const char **)o->to = value;
  if (o->kind == TIME && !milliseconds(value, (uint32_t *)o->to))
    return wrong(EXIT_USAGE, name, "'%s' is not a number of seconds, such as "
                 "5 or 0.5, up to 2000000", value);
  if (o->kind == AMOUNT && !bytes_of(value, (uint64_t *)o->to))
    return wrong(EXIT_USAGE, name, "'%s' is not a number of bytes above 0, "
                 "such as 5000, 500k, 20M or 1G", value);
  if (o->kind == DAYS) {
    size_t   n = strspn(value, "0123456789");
    uint64_t days;
    if (value[n] != 0 || amt_json_uint64(value, n, &days) != 0 || days > 36500)
      return wrong(EXIT_USAGE, name, "'%s' is not a number of days up to 36500",
                   value);
    *(uint32_t *)o->to = (uint32_t)days;
  }
  return 0;
}

/* `encrypt` has a -v of its own. */
static int is_option(size_t i, const char *word)
{
  const option *o = &options[i];
  if (o->goes == 1 << ENCRYPT && opt.type != ENCRYPT) return 0;
  return strcmp(word, o->long_name) == 0 ||
         (o->name != NULL && strcmp(word, o->name) == 0);
}

/* The published program that encodes has a name of its own. */
static int is_encrypt(const char *name)
{
  return same_word(name, "Encrypt") || same_word(name, "Encrypt.exe");
}

/* Words are matched whole, and the word after an option that takes a value is
   that value, even if it begins with a '-'. */
int take_options(char **argv)
{
  if (is_encrypt(either(file_name(argv[0]), argv[0]))) opt.type = ENCRYPT;
  else if (argv[1] != NULL && word_in(commands, argv[1]) >= 0)
    opt.type = PROBE + word_in(commands, *++argv);
  if (opt.type == ANCHORS && argv[1] != NULL && *argv[1] != '-')
    opt.anchors = *++argv;
  if (opt.type == LEARN && argv[1] != NULL && *argv[1] != '-')
    opt.capture = *++argv;
  for (argv++; *argv != NULL; argv++) {
    size_t i = 0;
    int    e;
    while (i < OPTIONS && !is_option(i, *argv)) i++;
    if (i == OPTIONS)
      return wrong(EXIT_USAGE, *argv, "not an option; `amt --help` lists them");
    if (given[i] != 0 && options[i].kind != MANY && options[i].kind != PIN)
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

/* A word of a list: where it stands there, or -1 after saying so. */
static int choose(const char *name, const char *word, const char *const *words)
{
  char   all[80];
  int    i = word_in(words, word);
  size_t n = 0;
  if (i >= 0) return i;
  for (i = 0; words[i] != NULL; i++, n = strlen(all))
    text(all + n, sizeof all - n, "%s%s", i == 0 ? "" : ", ", words[i]);
  wrong(EXIT_USAGE, name, "'%s' is none of %s", word, all);
  return -1;
}

/* What a job needs to be given. */
static int check_job(void)
{
  if (opt.type == PROBE && opt.id == NULL && opt.application == NULL) return 0;
  if (empty(opt.application)) opt.application = environment("AMT_APPLICATION");
  if (empty(opt.application))
    return wrong(EXIT_USAGE, "no application", "give -an NAME, or set "
                 "AMT_APPLICATION");
  if (!amt_utf8(opt.application, strlen(opt.application)))
    return wrong(EXIT_CONFIG, "AMT_APPLICATION", "not valid UTF-8");
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
  while (i < OPTIONS && !(given[i] != 0 && (options[i].goes & TLS))) i++;
  return i < OPTIONS ? name_of(i) : NULL;
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

int check_options(void)
{
  size_t i;
  int    e;
  if (opt.print_wire && opt.type == START) opt.type = PRINT_WIRE;
  if (opt.type == LEARN && empty(opt.capture))
    return wrong(EXIT_USAGE, "learn", "needs a FILE: what amt tap saved, HAR, "
                 "or HTTP text of both directions");
  if (opt.type == START)
    opt.type = choose("-jt", either(opt.type_word, types[START]), types);
  if (opt.type < 0) return EXIT_USAGE;
  for (i = 0; i < OPTIONS; i++)
    if (given[i] != 0 && !(options[i].goes >> opt.type & 1))
      return wrong(EXIT_USAGE, name_of(i), "does not go with %s; leave it out",
                   type_name());
  e = check_tls();
  if (e != 0 || opt.type > PROBE) return e;
  opt.format = choose("--format", either(opt.format_word, formats[0]), formats);
  opt.detach = choose("--on-signal", either(opt.on_signal, "kill"), on_signals);
  if (opt.format < 0 || opt.detach < 0) return EXIT_USAGE;
  if (opt.no_wait && opt.follow)
    return wrong(EXIT_USAGE, "--no-wait", "does not go with --follow: leave "
                 "one of them out");
  if (opt.timeout == AMT_ZERO)
    return wrong(EXIT_USAGE, "--timeout", "must be more than 0; leave it out "
                 "for none");
  if (opt.poll_max == AMT_ZERO) opt.poll_max = 0;
  if ((opt.lock_wait != 0 || opt.keep_state) && empty(opt.state))
    return wrong(EXIT_USAGE, opt.keep_state ? "--keep-state" : "--lock-wait",
                 "needs --state FILE");
  for (i = 0; i < OPTIONS; i++)
    if (options[i].kind == DAYS && given[i] != 0 && empty(opt.log_dir))
      return wrong(EXIT_USAGE, "--retain-days", "needs --log-dir DIR");
    else if (options[i].kind == DAYS && given[i] == 0) opt.retain = 30;
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
           "       amt encrypt [-v VALUE]              for Connector.config\n"
           "       amt anchors FILE                    CA certificates as C "
           "source\n"
           "       amt anchors --cert FILE --key FILE  a client's certificate, "
           "likewise\n"
           "Runs a job on an AMT Batch Server; prints its log, and exits with "
           "its\ncompletion code (4: DONE).\n\n");
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
           "probe, encrypt,\nanchors; 19 UNDEFINED; 23 server not reached; 24 "
           "sign-in refused; 64 usage;\n74 output not written; 75 the job goes "
           "on at the server: attach to it; 76 nobody\nknows whether it was "
           "started: look before you start it again; 78 configuration.\n");
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
    if (given[i] == 0 || !(options[i].goes & TLS) || options[i].kind == PIN)
      continue;
    amt_put_text(o, " ");
    amt_put_text(o, options[i].long_name);
    if (options[i].value != NULL)
      put_word(o, *(const char *const *)options[i].to);
  }
  for (i = 0; i < opt.pins.count; i++)
    put_option(o, "--pin", pin_text(pin, opt.pins.key[i]));
}
