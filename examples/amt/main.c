/* main.c - amt: runs jobs on an AMT Batch Server from the command line.

   A scheduler starts it, reads the job log from its standard output, and takes
   its exit status as the job's completion code: 4 is success. The command line
   is the published amt.exe's, with more options: see `amt --help`.

     cc -I../.. -I../../backends *.c -o amt
     ./amt -s http://HOST:PORT --api-user USER --password-file FILE \
         -an DEMO2 -jn REPORTTEST01

   With -DAMT_BEARSSL and -lbearssl it speaks https, too. For Windows:

     x86_64-w64-mingw32-gcc -I../.. -I../../backends -municode -static *.c \
         -o amt.exe -lws2_32 -ladvapi32 (and -lcrypt32 with TLS)

   All of its memory is static. About 700 kB serve any job, however much it
   writes; most of it is for parameters. TLS takes 600 kB more, mostly for
   trusted certificates. `amt learn` takes 10 MB, mostly for connections; `amt
   tap` 4 MB for its own. Memory is touched only as far as it is filled.
   amt.h does the protocol; these files do the rest. Each has its own data, and
   its header says who else may write to it. No two of them have a static
   function or object of the same name, since the fuzzers compile all files as
   one.

     text      formats, compares and wipes texts, in the caller's memory
     chars     UTF-8 characters, and which of them are harmless
     encodings  hexadecimal, Base64, percent escapes, JSON; a checksum
     command   words of a command that a person can paste
     system.h  all that differs between POSIX systems and Windows; net: what
               their sockets have in common
     tell      standard error: one line each; the exit statuses
     options   what can be given, and where: one table
     values    numbers, lists and keys in it
     files     reading them, and writing them whole or not at all
     config    Connector.config, and its encoding
     holes     texts with holes, as people write them and as the library does
     wire      the wire table, as a file and back; wire_old: files of 0.1;
               wire_c: as C source
     write     writing, for a reader who may be slow or stand still
     output    standard output, and the copy for --log-dir
     clock     the local time, as logs spell it
     job       which job this is about, and its name in what is told
     log       the job log in four forms
     keep      --log-dir: whole files, and the end of old ones
     live      the live line
     signals   a second one leaves at once
     secrets   the credentials, and texts that may repeat them
     state     --state: at most one Start, whatever happens
     session   the library's structs
     trace     what passes over the connection: --trace, and the probe
     tls       certificates, pins, and why a server was refused
     settle    server and credentials, from wherever they come
     zone      addresses that are valid on one link or this machine only
     begin     the library's structs from the options; the job's beginning
     outcome   events and errors into words and an exit status
     reserve   servers in reserve
     run       the loop around amt_poll
     probe     which words of the wire table fit
     learn_read, learn_har  a capture of HTTP, exchange by exchange
     learn_exchange  a request and its reply, and the values in them
     learn_told      values that were told, and what names hint at
     learn_facts     what the replies to one call have in common
     learn_find      which exchange is which call
     learn_holes     captured requests, with holes in place of values
     learn_signs     which members of the sign-in are user and password
     learn_write     the wire file; learn_reply: its part about replies
     mask      puts stars in place of secrets, wherever they stand;
               secret_words: what their names have in them
     capture   writes what passes by to a file, for the tap and the probe
     relay     the tap, between a client and its server
     report    the probe's capture, for others to read
     anchors   certificates and keys as C source, for firmware
     library   the implementation of amt.h */

#include "anchors.h"
#include "begin.h"
#include "config.h"
#include "files.h"
#include "job.h"
#include "keep.h"
#include "learn_write.h"
#include "options.h"
#include "outcome.h"
#include "output.h"
#include "probe.h"
#include "relay.h"
#include "run.h"
#include "secrets.h"
#include "session.h"
#include "settle.h"
#include "signals.h"
#include "state.h"
#include "system.h"
#include "tell.h"
#include "tls.h"
#include "wire.h"
#include <errno.h>
#include <string.h>

/* If descriptors 0 to 2 came closed, the socket would get one of these numbers.
   Hold them, so that writing to them is an error. */
static void hold_standard_descriptors(void)
{
  int fd;
  do fd = file_open(null_device); while (fd >= 0 && fd <= 2);
  if (fd > 2) file_close(fd);
}

/* All types that talk to a server. */
static int talk(void)
{
  int status = settle();
  if (status == 0 && catch_signals() != 0)
    status = wrong(EXIT_CONFIG, "signals", "%s", error_words(errno));
  prepare_last_words(AMT_CODE_KILLED, "amt: left before anything was started");
  if (status == 0) status = open_state();
  if (status == 0) status = keep_open();
  if (status == 0) {
    live_wanted = is_terminal(2);
    prepare();
    if (opt.type == PROBE) {
      status = probe();
    } else {
      if (!state_intent && !state_missed) begin();
      else prepare_last_words(EXIT_UNKNOWN, "start-unknown: %s", opt.state);
      if (*job_id != 0) prepare_to_part();
      if (*resumed != 0) write_id_file();
      status = run();
    }
    live_clear();
    amt_pool_end(&pool);
    amt_session_end(&session);
    keep_close();
    keep_clean();
  }
  tls_forget();
  wipe_secrets();
  return status;
}

/* The value of -v, or a line of standard input, which no process list shows. */
static int encrypt(void)
{
  int e = 0;
  if (opt.value != NULL) return print_encoded(opt.value);
  if (is_terminal(0)) tell("the value to encode, and the Enter key");
  e = read_secret("-", password, sizeof password);
  if (e == 0) print_encoded(password);
  wipe_secrets();
  return e;
}

static int act(int argc, char **argv)
{
  int e = argc > 0 ? take_options(argv) : 0;
  if (e == 0 && argc < 2 && opt.type != ENCRYPT)
    return wrong(EXIT_USAGE, "nothing to do", "see `amt --help`");
  if (e != 0) return e;
  if (opt.help) return print_help();
  if (opt.version) return print_version();
  began = now_ms();
  e = take_more_options();
  if (e == 0 && opt.type <= PROBE) e = take_config(argv[0]);
  if (e == 0) e = check_options(config_file != NULL);
  if (e != 0) return e;
  if (opt.type == ENCRYPT) return encrypt();
  if (opt.type == PRINT_WIRE) return print_wire();
  if (opt.type == ANCHORS) return print_anchors();
  if (opt.type == LEARN) return learn();
  if (opt.type == TAP) return relay();
  return talk();
}

/* The code of an IDLE job is 0, but the job is not done. */
static int zero_on_done(int status)
{
  if (opt.type == MONITOR && status == 0) return EXIT_IDLE;
  return status == AMT_CODE_DONE ? 0 : status;
}

/* Without a standard output (detached processes of Windows have none), the log
   in --log-dir counts. The state file is removed last: until then, the next run
   would bring the log. */
int run_main(int argc, char **argv)
{
  int status, lost;
  system_begin();
  hold_standard_descriptors();
  out.fd = 1;
  status = act(argc, argv);
  sink_flush(&out);
  tell_output();
  lost = (out.error != 0 && !(out.error == EBADF && is_kept)) || not_kept;
  if (lost && status != EXIT_GOES_ON && status != EXIT_UNKNOWN)
    status = EXIT_IO;
  close_state(over && !lost && !(opt.keep_state && *job_id != 0));
  system_end();
  return opt.zero_on_done ? zero_on_done(status) : status;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
