/* options.h - the command line, and what --help says of it. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include "library.h"

enum { LIST = 16384, PINS = 8, SERVERS = 8 };

typedef struct { const char *text[LIST]; size_t count; } list;
typedef struct { uint8_t key[PINS][32]; size_t count; } pin_list;
typedef struct { const char *text[SERVERS]; size_t count; } server_list;

enum { START, STOP, KILL, MONITOR, MESSAGES, ATTACH,
       PROBE, ENCRYPT, ANCHORS, LEARN, TAP, PRINT_WIRE, TYPES };
enum { ACS, CONNECTOR, PLAIN, JSON };

/* Where an option comes from. A later place does not change what an earlier one
   says. */
enum { NOWHERE, ARGUMENT, ENVIRONMENT, CONFIGURATION };

extern const char *const types[]; /* the names of those up to ATTACH */
extern const char *const yes_or_no[]; /* two of each, for files */

/* What was given. config.c and settle.c add what the file and the environment
   say; from then on nobody writes to it. */
extern struct options {
  const char *type_word, *application, *job, *script, *user, *submit_user;
  const char *station, *queue, *id, *server, *api_user, *password_file;
  const char *config, *state, *log_dir, *wire, *value;
  const char *ca, *cert, *key, *anchors, *id_file, *param_file;
  const char *output;
  char       *capture;
  const char *listen, *to, *save, *report;
  pin_list    pins;
  server_list servers; /* server is the one in use */
  list        parameters, task_values;
  uint32_t    poll, poll_max, initial_delay, give_up; /* as in amt_session */
  uint32_t    timeout, lock_wait, retain;
  uint64_t    max_log; /* 0: no bound */
  int         no_wait, follow, no_keep_alive, zero_on_done, trace, quiet, crlf;
  int         id_text, strict_text, keep_state;
  int         insecure, common_name, more_ciphers, print_wire, c_source;
  int         help, version, secrets;
  int         detach, format; /* -1: not given */
  int         type;           /* worked out from the words */
} opt;

/* Where the option was given that is kept at `to`. */
int given_by(const void *to);

/* Reads the command line into `opt`, and finds out what to do. 0, or an exit
   status after telling what is wrong. argv's texts are kept, and cut in
   place. */
int take_options(char **argv);

/* AMT_OPTIONS, likewise. */
int take_more_options(void);

/* Takes an option from a file; likewise. `key` is its long name without the
   first dashes, with '_' for '-', in any case of letters. `where` is the file
   and the line. -1: no such option; -2: one for the command line alone. */
int take_by_key(const char *where, const char *key, char *value);

/* The first option that was given and goes with https only, or NULL. */
const char *tls_option(void);

/* Checks that the options fit together; likewise. `configured`: a
   Connector.config is in use, so by default the log looks like the
   connector's. */
int check_options(int configured);

/* --help and --version, on standard output. The exit status. */
int print_help(void);

int print_version(void);

/* The TLS options that were given, for a command that repeats them. */
void put_tls_options(amt_window *o);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
