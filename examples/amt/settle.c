/* settle.c - server and credentials, from wherever they come.

   The command line counts first, then the environment, then the file. */

#include "settle.h"
#include "config.h"
#include "encodings.h"
#include "files.h"
#include "holes.h"
#include "options.h"
#include "secrets.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "tls.h"
#include "values.h"
#include "wire.h"
#include "zone.h"
#include <string.h>

enum { PARAMETERS = 262144 }; /* bytes of a --param-file */

static int stays_here(const amt_url *u)
{
  amt_address a;
  return (u->host_len == 9 && memcmp(u->host, "localhost", 9) == 0) ||
         (amt_address_parse(&a, u->host, u->host_len) && is_loopback(&a));
}

static int check_server(const char *where, int status)
{
  amt_url     u;
  amt_address a;
  uint32_t    zone;
  const char *plain, *fault = take_zone(opt.server, &plain, &zone);
  int         e = amt_url_parse(&u, plain);
  if (strchr(opt.server, '@') != NULL) /* not shown: a password may be in it */
    return wrong(status, "the server's URL", "no '@', user name or password "
                 "may be in it; see --api-user and --password-file");
  if (fault != NULL) return wrong(status, where, "%s", fault);
  if (e == 0 && u.ip6 && !amt_address_parse(&a, u.host, u.host_len))
    e = AMT_E_URL_HOST;
  if (e == 0 && memchr(u.path, '?', u.path_len) != NULL)
    return wrong(status, where, "a base URL has no '?'; leave the query out");
  if (e != 0) return wrong(status, where, "%s", amt_error(e));
  https = u.tls;
#ifdef AMT_BEARSSL
  if (https) return 0;
#else
  if (https)
    return wrong(EXIT_CONFIG, where, "https, but this amt was built without "
                 "TLS, and never falls back to plain http");
#endif
  if (has_credentials() && !stays_here(&u))
    tell("warning: the password crosses the network in the clear to %s; use "
         "it only where that is no harm", opt.server);
  return 0;
}

static int server_unasked; /* a file that nobody named says which one */

/* The servers of -s. Any of them may get the Start, and an id does not say
   which of them has the job. */
static int settle_servers(void)
{
  int    status = given_by(&opt.servers) > ARGUMENT ? EXIT_CONFIG : EXIT_USAGE;
  int    first = 0, e = 0;
  size_t i;
  if (opt.servers.count > 1 && opt.type != START)
    return wrong(status, "-s", "several servers are for a START alone; give "
                 "the one that has the job");
  for (i = 0; e == 0 && i < opt.servers.count; i++) {
    opt.server = opt.servers.text[i];
    e = check_server(opt.server, status);
    if (i == 0) first = https;
    if (e == 0 && https != first)
      return wrong(status, opt.server, "either all servers have https, or "
                   "none");
  }
  opt.server = opt.servers.text[0];
  return e;
}

static int settle_server(void)
{
  static char there[PATHS];
  const char *where = there;
  int         e;
  server_unasked = config_unasked && (given_by(&opt.servers) == NOWHERE ||
                                      given_by(&opt.servers) == CONFIGURATION);
  if (opt.servers.count > 0) return settle_servers();
  e = take_environment("AMT_SERVER", there, sizeof there);
  if (e != 0) return e;
  opt.server = there;
  if (empty(opt.server)) {
    opt.server = config_url();
    if (opt.server != NULL)
      where = at_line(config_file, config[ADDRESS].line);
    if (opt.server != NULL && strstr(config[ADDRESS].value, "//") != NULL)
      return wrong(EXIT_CONFIG, where, "SERVER_ADDRESS is HOST:PORT alone; "
                   "SERVER_USE_TLS says whether it is https");
  } else {
    server_unasked = 0;
  }
  if (opt.server == NULL)
    return wrong(EXIT_CONFIG, either(config_file, "no server"), "give -s "
                 "https://HOST:PORT, or set AMT_SERVER, or SERVER_ADDRESS in "
                 "the configuration file");
  return check_server(where, EXIT_CONFIG);
}

static int settle_tls(void)
{
  if (https) return tls_settle();
  if (tls_option() == NULL) return 0;
  return wrong(EXIT_CONFIG, tls_option(), "this goes with https only, and the "
               "server is %s, where nothing is verified or encrypted; leave "
               "it out, or correct the URL", opt.server);
}

/* Without this, whoever put the file there would get secrets that are not in
   it. */
static int refuse_pairing(void)
{
  return wrong(EXIT_CONFIG, config_file, "nobody named this file, so its "
               "server is not sent a name, password or token from elsewhere; "
               "name the file by --config, or the server by --server");
}

/* A part of the credentials comes from elsewhere than from the file. */
static int credentials_given(void)
{
  int user_by = given_by(&opt.api_user), file_by = given_by(&opt.password_file);
  return (user_by != NOWHERE && user_by != CONFIGURATION) ||
         (file_by != NOWHERE && file_by != CONFIGURATION) ||
         token_is_given() || !empty(environment("AMT_USER")) ||
         !empty(environment("AMT_PASSWORD"));
}

static int settle_password(void)
{
  if (!empty(opt.password_file))
    return read_secret(opt.password_file, password, sizeof password);
  if (!empty(environment("AMT_PASSWORD")))
    return take_environment("AMT_PASSWORD", password, sizeof password);
  if (!empty(config[API_PASSWORD].value)) {
    if (config_shown) warn_shown(config_file, "PASSWORD");
    return config_decode(API_PASSWORD, password, sizeof password);
  }
  return wrong(EXIT_CONFIG, "no password", "give --password-file FILE, or set "
               "AMT_PASSWORD, or PASSWORD in the configuration file");
}

/* User and password as Basic sends them, so that this can be hidden. */
static void settle_basic(void)
{
  char   pair[2 * PASSWORD], digits[8], *to = basic;
  size_t n = strlen(opt.api_user) + 1 + strlen(password), at, i;
  if (n >= sizeof pair) return;
  text(pair, sizeof pair, "%s:%s", opt.api_user, password);
  for (at = 0; at < n; at += 3) {
    encode(pair + at, n - at, digits);
    for (i = 0; i < 8; i += 2)
      *to++ = (char)(hex_value(digits[i]) * 16 + hex_value(digits[i + 1]));
  }
  *to = 0;
  wipe(pair, sizeof pair);
  wipe(digits, sizeof digits);
}

/* A token that no sign-in gives. The password file holds it, unless a password
   is needed as well. */
static int settle_token(int password_too)
{
  if (!empty(opt.password_file) && !password_too)
    return read_secret(opt.password_file, token, sizeof token);
  if (!empty(environment("AMT_TOKEN")))
    return take_environment("AMT_TOKEN", token, sizeof token);
  return wrong(EXIT_CONFIG, "no token", "the wire table has {token}, and no "
               "sign-in that gives one: set AMT_TOKEN%s",
               password_too ? "" : ", or give --password-file FILE");
}

static int settle_user(void)
{
  static char user[PASSWORD];
  int         e = 0;
  if (opt.api_user == NULL && !empty(environment("AMT_USER"))) {
    e = take_environment("AMT_USER", user, sizeof user);
    opt.api_user = user;
  } else if (opt.api_user == NULL && !empty(config[API_USER].value)) {
    e = config_decode(API_USER, user, sizeof user);
    opt.api_user = user;
  }
  if (e == 0 && opt.api_user == NULL)
    return wrong(EXIT_CONFIG, "no API user", "give --api-user NAME, or set "
                 "AMT_USER, or USER in the configuration file");
  return e;
}

/* Only what the wire table sends is asked for. */
static int settle_credentials(void)
{
  int basic_too = wire_fills(AMT_HOLE_BASIC), e = 0;
  int user_too = basic_too || wire_fills(AMT_HOLE_API_USER);
  int password_too = basic_too || wire_fills(AMT_HOLE_PASSWORD);
  if (!user_too && !has_credentials()) return 0;
  if (server_unasked && credentials_given()) return refuse_pairing();
  if (token_is_given()) e = settle_token(password_too);
  if (e == 0 && user_too) e = settle_user();
  if (e == 0 && password_too) e = settle_password();
  if (e == 0 && basic_too) settle_basic();
  config_wipe();
  return e;
}

/* Warns of options that the Start does not send, since the wire table has no
   hole for them. A Start that does not say which job is an error. */
static int check_sent(void)
{
  static const struct { const void *to; const char *hole; } words[] = {
    { &opt.parameters, AMT_HOLE_PARAMETERS },
    { &opt.task_values, AMT_HOLE_TASK_VALUES },
    { &opt.user, AMT_HOLE_USER }, { &opt.queue, AMT_HOLE_QUEUE },
    { &opt.submit_user, AMT_HOLE_SUBMIT_USER },
    { &opt.station, AMT_HOLE_STATION },
  };
  const char *path = wire.call[AMT_START].path, *body, *job_hole;
  char        unsent[80] = "";
  size_t      i;
  body = wire.call[AMT_START].body;
  job_hole = !empty(opt.script) ? AMT_HOLE_SCRIPT : AMT_HOLE_JOB;
  if (opt.type != START) return 0;
  if (!fills(path, job_hole) && !fills(body, job_hole))
    return wrong(EXIT_CONFIG, either(opt.wire, ""), "neither start.path nor "
                 "start.body has {%s}, so the Start would not say what %s "
                 "names; put it there", holes[hole_of(*job_hole)].name,
                 holes[hole_of(*job_hole)].option);
  for (i = 0; i < sizeof words / sizeof *words; i++)
    if ((given_by(words[i].to) != NOWHERE ||
         (i == 0 && opt.param_file != NULL)) &&
        !fills(path, words[i].hole) &&
        !fills(body, words[i].hole) && !fills(wire.headers, words[i].hole))
      text(unsent + strlen(unsent), sizeof unsent - strlen(unsent), "%s%s",
           *unsent != 0 ? ", " : "", holes[hole_of(*words[i].hole)].option);
  if (*unsent != 0)
    tell("warning: %s: the Start of this wire table does not send what %s "
         "says: no hole is there for it", either(opt.wire, ""), unsent);
  return 0;
}

/* --param-file: no process list shows what is in it. */
static int settle_parameters(void)
{
  static char lines[PARAMETERS];
  const char *file = opt.param_file;
  int         e;
  if (file == NULL) return 0;
  e = read_text(file, open_as(file, AS_INPUT), lines, sizeof lines);
  if (e == 0 && !amt_utf8(lines, strlen(lines)))
    return wrong(EXIT_CONFIG, file, "not valid UTF-8");
  return e == 0 ? add_lines(&opt.parameters, "--param-file", lines) : e;
}

int settle(void)
{
  int e = read_wire(opt.wire);
  if (e == 0) e = check_wire(opt.wire);
  if (e == 0) e = settle_server();
  if (e == 0) e = settle_tls();
  if (e == 0) e = settle_credentials();
  if (e == 0) e = settle_parameters();
  if (e == 0) e = check_sent();
  if (e != 0) return e;
  if (!empty(opt.submit_user) && strcmp(opt.submit_user, "BATCH") != 0)
    tell("warning: submit user %s: servers are said to refuse any but BATCH",
         opt.submit_user);
  if (!empty(opt.station) && strcmp(opt.station, "OPCON") != 0)
    tell("warning: station %s: servers are said to refuse any but OPCON",
         opt.station);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
