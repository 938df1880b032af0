/* config.c - Connector.config, and its encoding.

   This is the older connector's file. Its USER and PASSWORD are encoded, not
   encrypted: as Base64, whose characters are then hexadecimal digits. */

#include "config.h"
#include "encodings.h"
#include "files.h"
#include "options.h"
#include "output.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "values.h"
#include <errno.h>
#include <string.h>

static const struct { const char *section, *name; int setting; } settings[] = {
  { "[AMT BATCH SERVER]", "SERVER_ADDRESS", ADDRESS },
  { "[AMT BATCH SERVER]", "SERVER_USE_TLS", USE_TLS },
  { "[AMT BATCH SERVER]", "SERVER_USES_TLS", USE_TLS },
  { "[AMT BATCH SERVER]", "USER", API_USER },
  { "[AMT BATCH SERVER]", "PASSWORD", API_PASSWORD },
  { "[CONNECTOR]", "STATUS_CHECK_POLL_INTERVAL", INTERVAL },
  { "[CONNECTOR]", "STATUS_CHECK_INITIAL_POLL_DELAY", DELAY },
  { "[CONNECTOR]", "DEBUG", DEBUG },
  { "[CONNECTOR]", "NAME", NOT_READ },
};
enum { NAMES = sizeof settings / sizeof *settings };

const char *config_file;
int config_unasked;
static int config_is_here; /* in the current folder, unasked */
int config_shown;
static char        config_text[BUFFER];
struct setting config[SETTINGS];

/* Each pair of digits is one character of Base64, so six bits. Four pairs are
   three bytes; '=' pads the last four. Returns 0 if the text is not valid. */
static int decode(const char *from, char *to, size_t room)
{
  size_t   n = 0;
  unsigned bits = 0, have = 0, padding = 0;
  if (strlen(from) % 8 != 0) return 0;
  for (; *from != 0; from += 2) {
    int         high = hex_value(from[0]), low = hex_value(from[1]);
    const char *digit;
    if (high < 0 || low < 0 || high + low == 0) return 0;
    digit = strchr(base64, high * 16 + low);
    if (high * 16 + low == '=') {
      padding++;
      continue;
    }
    if (digit == NULL || padding > 0 || n + 1 >= room) return 0;
    bits = bits << 6 | (unsigned)(digit - base64);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    to[n++] = (char)(bits >> have & 255u);
  }
  to[n] = 0;
  return n > 0 && have == 2 * padding && (bits & ((1u << have) - 1)) == 0 &&
         strlen(to) == n && amt_utf8(to, n);
}

/* One character of Base64 as two hexadecimal digits. */
static void encode_digit(char c, char to[2])
{
  to[0] = "0123456789abcdef"[(unsigned char)c >> 4];
  to[1] = "0123456789abcdef"[(unsigned char)c & 15];
}

void encode(const char *from, size_t n, char to[8])
{
  uint32_t bits = 0;
  size_t   i;
  for (i = 0; i < 3; i++)
    bits = bits << 8 | (i < n ? (unsigned char)from[i] : 0u);
  for (i = 0; i < 4; i++)
    encode_digit((char)(i > n ? '=' : base64[bits >> (18 - 6 * i) & 63u]),
                 to + 2 * i);
}

static const char *setting_name(int setting)
{
  int i = 0;
  while (settings[i].setting != setting) i++;
  return settings[i].name;
}

static int config_wrong(int setting, const char *what)
{
  return wrong(EXIT_CONFIG, at_line(config_file, config[setting].line), "%s",
               what);
}

static int read_config(int fd)
{
  config_shown = fd >= 0 && file_shown(fd);
  return read_text(config_file, fd, config_text, sizeof config_text);
}

/* Reads a file that nobody named. Returns 0 if it is missing or not ours to
   read. A file that others could have put there is always an error. */
static int find_unasked(const char *file)
{
  const char *fault;
  int         fd = file_open_as(file, AS_UNASKED, &fault);
  if (fd < 0 && fault == NULL &&
      (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) return 0;
  config_file = file;
  config_unasked = 1;
  if (fd >= 0) return read_config(fd);
  return wrong(EXIT_CONFIG, file, "%s; or name another by --config",
               either(fault, error_words(errno)));
}

/* Reads the first there is of: -c FILE, the file beside the program, the one in
   the current folder. */
static int find_config(const char *program)
{
  static char path[PATHS];
  char       *name;
  int         e = 0;
  config_file = opt.config;
  if (config_file != NULL) return read_config(open_as(config_file, AS_FILE));
  program_path(path, sizeof path - 20, program);
  name = file_name(path);
  if (name != NULL) {
    strcpy(name, "Connector.config");
    e = find_unasked(path);
  }
  if (config_file != NULL) return e;
  e = find_unasked("Connector.config");
  config_is_here = config_file != NULL;
  return e;
}

/* A setting may be given twice, in two spellings, if both say the same. */
static int take_setting(int setting, char *value, unsigned line)
{
  char *before = config[setting].value;
  if (before != NULL && !same_word(before, value))
    return wrong(EXIT_CONFIG, at_line(config_file, line), "%s was said before, "
                 "in line %u, and was not the same; remove one of them",
                 setting_name(setting), config[setting].line);
  config[setting].value = value;
  config[setting].line = line;
  return 0;
}

/* The server comes from an argument or the environment, not from the file. */
static int server_given(void)
{
  return given_by(&opt.servers) == ARGUMENT ||
         given_by(&opt.servers) == ENVIRONMENT ||
         !empty(environment("AMT_SERVER"));
}

/* Warns only in sections that we read: the others are other programs'. */
static void warn_unknown(const char *section, const char *name, unsigned line)
{
  int i = 0;
  while (i < NAMES && !same_word(section, settings[i].section)) i++;
  if (i < NAMES || same_word(section, "[AMT]"))
    tell("warning: %s: %s is no setting of %s, and does nothing",
         at_line(config_file, line), name, section);
}

/* [AMT] has our own options. Whoever can put a file beside the program can also
   replace the program. But anybody may own the current folder. */
static int take_ours(const char *name, const char *value, unsigned line)
{
  static char   values[sizeof config_text]; /* config_text is wiped */
  static size_t used;
  static int    told;
  char         *copy = strcpy(values + used, value);
  int           e;
  if (config_is_here) {
    if (!told)
      tell("warning: %s: [AMT] does not count in a file that is in the current "
           "folder and that nobody named; name it by --config",
           at_line(config_file, line));
    told = 1;
    return 0;
  }
  used += strlen(value) + 1;
  e = take_by_key(at_line(config_file, line), name, copy);
  if (e == -1) warn_unknown("[AMT]", name, line);
  if (e == -2)
    tell("warning: %s: %s belongs on the command line alone, and does "
         "nothing here", at_line(config_file, line), name);
  return e < 0 ? 0 : e;
}

/* Takes NAME=VALUE of a section. */
static int take_named(const char *section, const char *name, char *value,
                     unsigned line)
{
  int i = 0;
  if (same_word(section, "[AMT]")) return take_ours(name, value, line);
  while (i < NAMES && !(same_word(section, settings[i].section) &&
                        same_word(name, settings[i].name))) i++;
  if (i == NAMES) warn_unknown(section, name, line);
  else if (settings[i].setting != NOT_READ)
    return take_setting(settings[i].setting, value, line);
  return 0;
}

/* Checks the values, and sets the options that they stand for. */
static int check_config(void)
{
  int i;
  for (i = USE_TLS; i <= DEBUG; i += DEBUG - USE_TLS)
    if (config[i].value != NULL && word_in(yes_or_no, config[i].value) < 0)
      return config_wrong(i, i == DEBUG ? "DEBUG must be ON or OFF"
                                        : "SERVER_USE_TLS must be True or "
                                          "False");
  for (i = INTERVAL; i <= DELAY; i++) {
    uint32_t *to = i == DELAY ? &opt.initial_delay : &opt.poll, ms = 0;
    if (config[i].value == NULL) continue;
    if (!milliseconds(config[i].value, &ms))
      return config_wrong(i, "not a number of seconds, such as 5");
    if (*to == 0) *to = ms;
  }
  if (config[DEBUG].value != NULL &&
      word_in(yes_or_no, config[DEBUG].value) < 2 &&
      !(config_unasked && server_given())) opt.trace = 1;
  return 0;
}

int take_config(const char *program)
{
  char       *at = config_text, *name, *value;
  const char *section = "";
  unsigned    line = 0;
  int         kind, e = find_config(program);
  while (e == 0 && (kind = next_setting(&at, &line, &name, &value)) != 0) {
    if (kind == 2 && (*name != '[' || name[strlen(name) - 1] != ']'))
      return wrong(EXIT_CONFIG, at_line(config_file, line), "neither a "
                   "[SECTION] nor NAME=VALUE");
    if (kind == 2) section = name;
    while (kind == 2 && (name = strchr(name, '_')) != NULL) *name = ' ';
    if (kind == 1) e = take_named(section, name, value, line);
  }
  if (e == 0) e = check_config();
  if (e == 0 && opt.trace && config_file != NULL)
    tell("%s: the configuration in use", config_file);
  return e;
}

char *config_url(void)
{
  static char url[300];
  const char *tls = config[USE_TLS].value;
  if (empty(config[ADDRESS].value)) return NULL;
  return text(url, sizeof url, "%s%s",
              tls != NULL && (same_word(tls, "FALSE") || same_word(tls, "OFF"))
                ? "http://" : "https://", config[ADDRESS].value);
}

int config_decode(int setting, char *to, size_t room)
{
  int good = decode(config[setting].value, to, room);
  if (good) return 0;
  wipe(to, room);
  return config_wrong(setting, setting == API_USER
    ? "USER is not encoded; put there what `amt encrypt -v USER` prints"
    : "PASSWORD is not encoded; put there what `amt encrypt -v PASSWORD` "
      "prints");
}

void config_wipe(void) { wipe(config_text, sizeof config_text); }

int print_encoded(const char *value)
{
  char digits[8];
  for (; *value != 0; value += strlen(value) < 3 ? strlen(value) : 3) {
    encode(value, strlen(value), digits);
    put(digits, sizeof digits);
  }
  put_text("\n");
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
