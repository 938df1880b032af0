/* state.c - --state: at most one Start, whatever happens.

   Before a Start may leave, the file of --state says that one is about to;
   after it, which id the job has. The file is written under another name and
   renamed, and both it and its folder are synced. So, after a crash at any
   time, it is the old one, the new one, or not there. A line like

     check = 0123456789abcdef

   at its end is the checksum of all before it. The rest of the text must be
   what this run would write, or the file belongs to another job.

   A lock keeps two runs apart. It is on FILE.lock, not on FILE itself, since
   each rename would leave the lock on the file that is gone. A run that was
   killed leaves FILE.lock unlocked, for the next. */

#include "state.h"
#include "encodings.h"
#include "files.h"
#include "job.h"
#include "options.h"
#include "session.h"
#include "signals.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "write.h"
#include <errno.h>
#include <string.h>

static char state_file[WORDS * 8]; /* as read */
static char state_ours[WORDS * 8]; /* as this run would write it */
static char state_lock[PATHS];
int state_fd = -1;
char resumed[AMT_ID_SIZE];
static int state_finished; /* its job has ended, but it is still there */
int resumed_text;

enum { LOCK_POLL = 250 }; /* ms */

static int state_waited; /* another run had the lock */

/* A scheduler may start a job again on another machine before the old run is
   dead, so this run waits for the lock. It looks again and again: no system
   call waits for a lock with a time limit, and on a network disk it may never
   return. */
static int lock_state(void)
{
  const char *fault;
  uint32_t    most = opt.lock_wait == AMT_ZERO ? 0 : opt.lock_wait;
  uint32_t    since = now_ms();
  state_waited = 0;
  while ((state_fd = file_lock(state_lock, &fault)) == -2) {
    if (signals)
      return wrong(AMT_CODE_KILLED, opt.state, "%s came while another run uses "
                   "it; nothing was sent", signal_name(signals));
    if (now_ms() - since >= most || timed_out())
      return wrong(EXIT_CONFIG, opt.state, "a run that is still going on uses "
                   "it; %s", most == 0 ? "wait for its end, or give --lock-wait"
                   : "nothing was sent; look what that run waits for");
    if (!state_waited)
      tell("%s: a run that is still going on uses it; waiting for its end",
           opt.state);
    state_waited = 1;
    wait_for(&sock, 0, 0, LOCK_POLL);
  }
  if (state_fd >= 0) return 0;
  return wrong(EXIT_CONFIG, state_lock, "%s",
               either(fault, error_words(errno)));
}

static void state_line(amt_window *o, const char *name, const char *value)
{
  amt_put_text(o, name);
  amt_put_text(o, " = ");
  amt_json_put_string(o, value, strlen(value));
  amt_put_text(o, "\n");
}

/* The checksum of all that the Start says. */
static uint64_t request_checksum(void)
{
  const char *const member[] = {
    opt.application, opt.script ? "SCRIPT" : "BATCH", job_name(),
    either(opt.submit_user, "BATCH"), either(opt.station, "OPCON"),
    either(opt.user, ""),
    either(opt.queue, "")
  };
  uint64_t sum = 0;
  size_t   i;
  for (i = 0; i < sizeof member / sizeof *member; i++)
    sum = checksum(sum, member[i], strlen(member[i]) + 1);
  for (i = 0; i < opt.parameters.count; i++)
    sum = checksum(sum, opt.parameters.text[i],
                   strlen(opt.parameters.text[i]) + 1);
  sum = checksum(sum, "", 1);
  for (i = 0; i < opt.task_values.count; i++)
    sum = checksum(sum, opt.task_values.text[i],
                   strlen(opt.task_values.text[i]) + 1);
  return sum;
}

/* The file up to `state = `. */
static amt_window state_head(char *to, size_t room)
{
  amt_window o;
  amt_window_init(&o, to, room, 0);
  char    digits[17];
  amt_put_text(&o, "amt state 1\n");
  state_line(&o, "server", opt.server);
  state_line(&o, "application", opt.application);
  state_line(&o, opt.script ? "script" : "job", job_name());
  amt_put_text(&o, "request = ");
  amt_put_text(&o, hex_digits(digits, request_checksum()));
  amt_put_text(&o, "\nstate = ");
  return o;
}

/* The whole file. `id`: "" if it is not known, NULL if the job has ended.
   Returns the length, or 0 if it is too long. */
static size_t state_text(char *to, size_t room, const char *id)
{
  amt_window o = state_head(to, room);
  char    digits[17];
  amt_put_text(&o, id == NULL ? "finished\n" : *id != 0 ? "started\n"
                                                         : "starting\n");
  if (id != NULL && *id != 0)
    state_line(&o, id_type == 1 ? "id" : "number", id);
  if (o.total + 32 > room) return 0;
  hex_digits(digits, checksum(0, to, o.len));
  amt_put_text(&o, "check = ");
  amt_put_text(&o, digits);
  amt_put_text(&o, "\n");
  return o.len;
}

int write_state(const char *id)
{
  size_t n = state_text(state_ours, sizeof state_ours, id);
  return write_whole(opt.state, state_ours, n);
}

/* Reads the id from the line after "started", if there is one. */
static void read_id(const char *from)
{
  char   line[8 * AMT_ID_SIZE]; /* each byte escaped */
  size_t n;
  *resumed = 0;
  if (strncmp(from, "started\n", 8) != 0) return;
  from += 8;
  resumed_text = strncmp(from, "number = ", 9) != 0;
  from += strcspn(from, "\"");
  n = strcspn(from, "\n");
  if (n >= sizeof line) return;
  memcpy(line, from, n);
  line[n] = 0;
  if (unquote(line) == NULL || strlen(line) >= sizeof resumed) return;
  if (!resumed_text && line[strspn(line, "0123456789+-.eE")] != 0) return;
  strcpy(resumed, line);
}

/* The file names the server that was used, which may be any of ours. Returns
   how much of the file is as this run would write it. */
static size_t find_server(amt_window *head)
{
  size_t i = opt.servers.count, same;
  for (;;) {
    if (i > 0) opt.server = opt.servers.text[--i];
    *head = state_head(state_ours, sizeof state_ours);
    for (same = 0; same < head->len; same++)
      if (state_file[same] != state_ours[same]) break;
    if (same == head->len || i == 0) return same;
  }
}

/* Takes the id, if there is one. The file must be exactly what this run would
   write: otherwise it is damaged, or another job's. */
static int take_state(void)
{
  size_t  n = strlen(state_file);
  amt_window head;
  char    digits[17] = "";
  size_t  same;
  if (n > 25) hex_digits(digits, checksum(0, state_file, n - 25));
  if (n <= 25 || memcmp(state_file + n - 25, "check = ", 8) != 0 ||
      memcmp(state_file + n - 17, digits, 16) != 0 || state_file[n - 1] != '\n')
    return wrong(EXIT_CONFIG, opt.state, "no state file, or a damaged one, so "
                 "whether a job was started is not known; look for it at the "
                 "server, then remove this file");
  same = find_server(&head);
  if (same < head.len) {
    while (same > 0 && state_file[same - 1] != '\n') same--;
    state_file[same + strcspn(state_file + same, "\n")] = 0;
    state_ours[same + strcspn(state_ours + same, "\n")] = 0;
    return wrong(EXIT_CONFIG, opt.state, "for another server or job: it has "
                 "'%s', not '%s'; give each job a state file of its own",
                 state_file + same, state_ours + same);
  }
  read_id(state_file + head.len);
  state_finished = strncmp(state_file + head.len, "finished\n", 9) == 0;
  if (*resumed != 0) id_type = resumed_text;
  if (state_text(state_ours, sizeof state_ours,
                 state_finished ? NULL : resumed) == n &&
      memcmp(state_ours, state_file, n) == 0) return 0;
  return wrong(EXIT_CONFIG, opt.state, "what stands behind 'state = ' is not "
               "what this program writes, so whether a job was started is not "
               "known; look for it at the server, then remove this file");
}

int state_intent, state_missed;

/* Removes what a killed run left beside the file. This is safe: the lock is
   ours. */
int open_state(void)
{
  char        beside[PATHS];
  const char *fault;
  int         fd, e;
  if (empty(opt.state)) return 0;
  if (strlen(opt.state) + 6 > sizeof state_lock ||
      state_text(state_ours, sizeof state_ours, "") == 0)
    return wrong(EXIT_CONFIG, opt.state, "its name, or the job's, is too long "
                 "for a state file");
  text(state_lock, sizeof state_lock, "%s.lock", opt.state);
  e = lock_state();
  if (e != 0) return e;
  file_remove(name_beside(opt.state, beside, sizeof beside));
  fd = file_open_as(opt.state, AS_STATE, &fault);
  if (fd < 0 && fault == NULL && errno == ENOENT) {
    state_missed = state_waited;
    return 0;
  }
  if (fd < 0)
    return wrong(EXIT_CONFIG, opt.state, "%s",
                 either(fault, error_words(errno)));
  e = read_text(opt.state, fd, state_file, sizeof state_file);
  if (e == 0) e = take_state();
  state_intent = e == 0 && *resumed == 0 && !state_finished;
  return e;
}

/* The file could not be removed, so it says itself that its job has ended. */
static void mark_finished(void)
{
  int    e = errno;
  size_t n = state_text(state_ours, sizeof state_ours, NULL);
  if (file_overwrite(opt.state, state_ours, n) == 0)
    tell("warning: %s: it could not be removed: %s; it says that the job has "
         "ended, so the next run starts it again", opt.state, error_words(e));
  else
    tell("%s: it may not have been removed: %s; remove it before the job is to "
         "start again", opt.state, error_words(e));
}

void close_state(int finished)
{
  if (state_fd < 0) return;
  if (finished && ((file_remove_at_last(opt.state) != 0 && errno != ENOENT) ||
                   file_gone(opt.state) != 0)) mark_finished();
  file_unlock(state_fd, state_lock);
  state_fd = -1;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
