/* options.h - the command line, and what --help says of it. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include "library.h"

enum { LIST = 16384, PINS = 8 };

typedef struct { const char *text[LIST]; size_t count; } list;
typedef struct { uint8_t key[PINS][32]; size_t count; } pin_list;

enum { START, STOP, KILL, MONITOR, MESSAGES, ATTACH,
       PROBE, ENCRYPT, ANCHORS, LEARN, PRINT_WIRE, TYPES };
enum { ACS, CONNECTOR, PLAIN, JSON };

extern const char *const types[]; /* the names of those up to ATTACH */

/* What was given. config.c and settle.c add what the file and the environment
   say; from then on nobody writes to it. */
extern struct options {
  const char *type_word, *application, *job, *script, *user, *submit_user;
  const char *station, *queue, *id, *server, *api_user, *password_file;
  const char *on_signal, *config, *format_word, *state, *log_dir, *wire, *value;
  const char *ca, *cert, *key, *anchors, *id_file, *param_file;
  const char *output;
  char       *capture;
  pin_list    pins;
  list        parameters, task_values;
  uint32_t    poll, poll_max, initial_delay, give_up; /* as in amt_session */
  uint32_t    timeout, lock_wait, retain;
  uint64_t    max_log; /* 0: as long as it is */
  int         no_wait, follow, no_keep_alive, zero_on_done, trace, quiet;
  int         id_text, strict_text, keep_state;
  int         insecure, more_ciphers, print_wire, help, version;
  int         type, detach, format; /* worked out from the words */
} opt;

/* Whether the option that is kept there was on the command line. */
int was_given(const void *to);

/* "2.5" to 2500; 0 to AMT_ZERO. Digits and one point only, in any locale; below
   24 days. 1, or 0: it is no such number. */
int milliseconds(const char *t, uint32_t *ms);

/* Each line of a value is one of the list, in place; empty ones are not there,
   since no server takes them. 0, or EXIT_USAGE after saying why. */
int add_lines(list *l, const char *name, char *value);

/* Into `opt`. 0, or an exit status after saying what is wrong. argv's texts
   are kept, and cut in place. */
int take_options(char **argv);

/* The first option that was given and goes with https only, or NULL. */
const char *tls_option(void);

/* What the options mean together; likewise. */
int check_options(void);

/* --help and --version, on standard output. The exit status. */
int print_help(void);

int print_version(void);

/* What was said of TLS, as it is to be said again. */
void put_tls_options(amt_window *o);

#endif
