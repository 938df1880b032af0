/* fleet [OPTION]... [LIST]: runs any number of jobs at once, on one thread,
   over a few connections, and prints a line for each change of each job.

   A line of LIST (a file, or standard input) is one job, or a # comment:

     [URL] APPLICATION JOB [PARAMETER]...

   Blanks separate words; a line without a URL takes that of -u.

     -u URL      the server ($AMT_SERVER, or http://127.0.0.1:42000)
     -c N        connections (16); servers share them evenly
     -i SECONDS  the time from one look at a job to the next (5)
     -g SECONDS  how long a job may stay out of reach until it is given up (300)
     -s FILE     the state: after a kill -9 or a power cut the same command goes
                 on where it was. No job is started twice: one whose Start may
                 have left before that ends as 19, and a line says so
     -q          only the summary

   $AMT_USER and $AMT_PASSWORD sign in, once for each server. Only plain http:
   for https each connection needs a TLS stream round its socket, see amt/tls.c.
   The exit status is 0 if all jobs ended as 4, DONE; 1 if not; 64 for wrong
   usage; 78 for a file. SIGINT and SIGTERM end it when the calls under way are
   answered; the jobs go on at their server.

   How it works. Between two calls a job is a small struct: its id, its status,
   where its line begins. Only a call under way needs an amt_job, so there are
   as many of those as connections. amt_once makes one call, a Start or a look,
   and says how it ended. This program only decides when to make it. Each server
   has a ring of jobs; every interval / jobs the next one has its turn. So the
   calls are spread evenly, and no job is left out; a turn costs the same with
   ten jobs and with a million. A server that is slow, away or says "later"
   (429, 503, Retry-After) only stops its own ring for a while.

   All memory is static and sized for a million jobs. On a system with virtual
   memory, what is never touched costs nothing. */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { JOBS = 1000000, CONNECTIONS = 1024, SERVERS = 64, WORDS = 64 };

enum { NEW, STARTING, KNOWN, ENDED };

struct job { /* all that a job at rest needs: 92 bytes */
  char     id[AMT_ID_SIZE];
  uint32_t line;      /* where its words begin, in text */
  uint32_t next;      /* in the ring */
  uint32_t failing;   /* since when it is not known there, in ms; or 0 */
  int32_t  status;    /* the server's; at the end the completion code */
  uint32_t looked;    /* when it had its last look, in ms; 0: not yet */
  uint8_t  server, words, state, calling;
  uint8_t  undefined; /* looks in a row that found it UNDEFINED */
};

struct server { /* times are in us where it does not say ms */
  amt_session session;
  char        token[512];
  uint32_t    last;   /* the last job that had its turn */
  uint32_t    live;   /* jobs that have not ended */
  uint32_t    calls;  /* under way */
  uint32_t    failing; /* since when no answer is good, in ms; or 0 */
  uint32_t    round;  /* turns until each live job has had one */
  uint64_t    gap;    /* from one turn to the next */
  uint64_t    turn;   /* when the next one is */
  uint64_t    hold;   /* no turn before this */
};

struct call { /* one that is under way */
  amt_job     job;
  amt_task    task;
  const char *word[WORDS];
  struct job *of;     /* NULL: free */
  uint64_t    wake;   /* when to go on, whatever its connection says */
  int         conn;   /* the one it uses, or -1 */
};

static char          text[64u << 20]; /* the list; words end in NUL */
static struct job    jobs[JOBS];
static struct server servers[SERVERS];
static struct call   calls[CONNECTIONS];
static amt_slot      conns[CONNECTIONS];
static amt_posix     socks[CONNECTIONS];
static struct pollfd fds[CONNECTIONS];
static char          buf[2048];
static amt_pool      pool = { conns, 16, buf, sizeof buf, NULL };

static uint32_t job_count, server_count, live, busy; /* busy: calls under way */
static uint32_t ended[256], made; /* jobs by completion code; calls */
static uint32_t longest; /* from one look at a job to the next, in ms */
static uint64_t interval = 5000000, give_up = 300000000, now, waited; /* us */
static int      quiet, state_fd = -1, unsynced, late;
static volatile sig_atomic_t stopped;

static uint32_t ms(void) { return (uint32_t)(now / 1000u); }

static void stop(int status, const char *what, const char *why)
{
  fprintf(stderr, "fleet: %s: %s\n", what, why);
  exit(status);
}

static const char *next_word(const char *word)
{
  word += strlen(word);
  while (*word == 0) word++;
  return word;
}

static void tell(const struct job *j, const char *what, const char *why)
{
  const char *application = text + j->line;
  char        clock[16] = "";
  time_t      t = time(NULL);
  if (quiet) return;
  strftime(clock, sizeof clock, "%H:%M:%S", localtime(&t));
  printf("%s %lu %s %s %s: %s%s%s\n", clock, (unsigned long)(j - jobs) + 1,
         application, next_word(application), *j->id ? j->id : "-", what,
         *why ? ": " : "", why);
}

/* --- the state file: a line for each step ------------------------------------
   A Start leaves only after its line is synced; one sync is for many. */

static void record(const struct job *j, const char *step)
{
  char    line[8 * AMT_ID_SIZE];
  amt_window o;
  amt_window_init(&o, line, sizeof line, 0);
  if (state_fd < 0) return;
  amt_put_number(&o, (uint64_t)(j - jobs));
  amt_put_text(&o, step);
  if (j->state == KNOWN) amt_put_text(&o, j->id);
  if (j->state == ENDED) amt_put_number(&o, (uint64_t)j->status);
  amt_put_text(&o, "\n");
  if (write(state_fd, line, o.len) != (ssize_t)o.len)
    stop(78, "the state file cannot be written", strerror(errno));
  unsynced = 1;
}

static void sync_state(void)
{
  if (unsynced && state_fd >= 0 && fsync(state_fd) != 0)
    stop(78, "the state file cannot be synced", strerror(errno));
  unsynced = 0;
}

/* Ends a job for this run only: with no record the next run tries it again. */
static void drop(struct job *j, int32_t code, const char *why)
{
  j->state = ENDED;
  j->status = code;
  live--;
  servers[j->server].live--;
  ended[code & 255]++;
  tell(j, amt_status_name(code), why);
}

static void end(struct job *j, int32_t code, const char *why)
{
  drop(j, code, why);
  record(j, " ended ");
}

/* Repeats the step that a line tells: 1, or 0 if it tells none. */
static int replay(char *line, size_t n)
{
  size_t      digits = strspn(line, "0123456789");
  char       *step = line + digits;
  uint64_t    number, code = 0;
  struct job *j = jobs;
  if (!amt_uint64(line, digits, 10, &number) || number >= job_count) return 0;
  j += number;
  n -= digits;
  if (strcmp(step, " starting") == 0) {
    j->state = STARTING;
  } else if (strcmp(step, " not started") == 0) {
    j->state = NEW;
  } else if (strncmp(step, " ended ", 7) == 0 &&
             amt_uint64(step + 7, n - 7, 10, &code) && code < 100) {
    j->state = ENDED;
    j->status = (int32_t)code;
  } else if (strncmp(step, " started ", 9) == 0 && n > 9 &&
             n - 9 < sizeof j->id) {
    memcpy(j->id, step + 9, n - 9);
    j->state = KNOWN;
  } else {
    return 0;
  }
  return 1;
}

/* After this a power cut cannot lose a file that was just made. */
static int sync_folder(const char *name)
{
  char        folder[4096] = ".";
  const char *slash = strrchr(name, '/');
  int         fd, e;
  if (slash != NULL) snprintf(folder, sizeof folder, "%.*s",
                              (int)(slash - name) + 1, name);
  fd = open(folder, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  e = fsync(fd);
  close(fd);
  return e;
}

/* The first line says which list it belongs to. If the last line has no end,
   its write was cut off, and that step was not taken. */
static void open_state(const char *name, const char *head)
{
  static char  line[8 * AMT_ID_SIZE];
  struct flock lock;
  FILE        *f; /* never closed: that would end the lock */
  long         good = 0;
  struct job  *j;
  memset(&lock, 0, sizeof lock);
  lock.l_type = F_WRLCK;
  state_fd = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  f = state_fd < 0 ? NULL : fdopen(dup(state_fd), "r");
  if (f == NULL) stop(78, name, strerror(errno));
  if (fcntl(state_fd, F_SETLK, &lock) != 0)
    stop(78, name, "another fleet uses it");
  for (; fgets(line, sizeof line, f) != NULL; good = ftell(f)) {
    size_t n = strcspn(line, "\n");
    if (line[n] == 0 && feof(f)) break;
    line[n] = 0;
    if (good == 0 ? strcmp(line, head) != 0 : !replay(line, n))
      stop(78, name, "it is of another list, or damaged");
  }
  if (ftruncate(state_fd, good) != 0 ||
      (good == 0 && (write(state_fd, head, strlen(head)) < 0 ||
                     write(state_fd, "\n", 1) < 0 || sync_folder(name) != 0)))
    stop(78, name, strerror(errno));
  for (j = jobs; j < jobs + job_count; j++) {
    if (j->state == ENDED)
      live--, servers[j->server].live--, ended[j->status]++;
    if (j->state == STARTING)
      end(j, AMT_CODE_UNDEFINED, "start-unknown: the last run broke off during "
          "its Start; look for it at the server");
  }
}

/* --- the list --------------------------------------------------------- */

static uint8_t server_of(const char *url)
{
  struct server *s = servers;
  while (s < servers + server_count && strcmp(s->session.url, url) != 0) s++;
  if (s == servers + SERVERS) stop(64, url, "too many servers");
  if (s == servers + server_count) {
    server_count++;
    s->session.url = url;
    s->session.user = getenv("AMT_USER");
    s->session.password = getenv("AMT_PASSWORD");
    if (s->session.user == NULL || s->session.password == NULL)
      stop(64, url, "set AMT_USER and AMT_PASSWORD to sign in there");
    s->session.token = s->token;
    s->session.token_room = sizeof s->token;
  }
  return (uint8_t)(s - servers);
}

/* Cuts a line into words: a job at the end of its server's ring. */
static void add_job(char *line, const char *url)
{
  static const char blank[] = " \t\r";
  char          *p = line + strspn(line, blank);
  const char    *first = p;
  struct job    *j = &jobs[job_count];
  struct server *s;
  size_t         words = 0;
  if (*p == '#' || *p == 0) return;
  for (; *p != 0; words++) {
    p += strcspn(p, blank);
    while (*p != 0 && strchr(blank, *p) != NULL) *p++ = 0;
  }
  if (strstr(first, "://") != NULL && --words != 0) {
    url = first;
    first = next_word(first);
  }
  if (words < 2 || words > WORDS)
    stop(64, first, "a line is [URL] APPLICATION JOB [PARAMETER]...");
  if (job_count == JOBS) stop(64, first, "too many jobs");
  j->line = (uint32_t)(first - text);
  j->words = (uint8_t)words;
  j->server = server_of(url);
  j->status = -1;
  j->next = job_count;
  s = &servers[j->server];
  if (s->live != 0) {
    j->next = jobs[s->last].next;
    jobs[s->last].next = job_count;
  }
  s->last = job_count++;
  s->live++;
  live++;
}

/* Returns a hash of the list. */
static uint32_t read_list(const char *name, const char *url)
{
  FILE    *f = name != NULL ? fopen(name, "r") : stdin;
  uint32_t hash = 2166136261u;
  size_t   n, i;
  char    *p, *line_end;
  if (f == NULL) stop(78, name, strerror(errno));
  n = fread(text, 1, sizeof text - 1, f);
  if (ferror(f) || n == sizeof text - 1)
    stop(78, "the list", "it cannot be read, or is too long");
  for (i = 0; i < n; i++) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
  for (p = text; p < text + n; p = line_end + 1) {
    line_end = p + strcspn(p, "\n");
    *line_end = 0;
    add_job(p, url);
  }
  return hash;
}

/* --- calls ------------------------------------------------------------ */

static void hang_up(struct call *c)
{
  amt_drop(&pool, &c->job);
  c->of->calling = 0;
  servers[c->of->server].calls--;
  busy--;
  c->of = NULL;
}

static void lose(struct job *j)
{
  if (j->state == NEW) drop(j, AMT_CODE_WEB_SERVER_ERROR, "not started");
  else drop(j, AMT_CODE_UNDEFINED, "server-lost: the job goes on there");
}

/* The call may be made again, at the job's next turn. Trouble that is not this
   job's own is the server's: then all its jobs wait, and if it lasts too long,
   all are lost. */
static void try_again(struct call *c, uint64_t wait_ms, int own)
{
  struct job    *j = c->of, *other;
  struct server *s = &servers[j->server];
  uint32_t      *since = own ? &j->failing : &s->failing;
  if (*since == 0) {
    *since = (ms() - 1u) | 1u; /* not 0, and not after now */
    tell(j, "retrying", amt_error(c->job.error));
  }
  if (!own && s->hold < now + wait_ms * 1000u) s->hold = now + wait_ms * 1000u;
  if (j->state == STARTING) {
    j->state = NEW;
    record(j, " not started");
  }
  if (ms() - *since < give_up / 1000u) return;
  lose(j);
  for (other = jobs; !own && other < jobs + job_count; other++)
    if (&servers[other->server] == s && other->state != ENDED &&
        !other->calling) lose(other);
}

static void failed(struct call *c)
{
  struct job *j = c->of;
  uint32_t    s = c->conn >= 0 ? conns[c->conn].http.reply.retry_after : 0;
  if (c->job.start == AMT_START_REFUSED && c->job.http_status == 429) {
    try_again(c, s == 0 ? 1000u : s < 86400u ? s * 1000u : 86400000u, 0);
  } else if (j->state == KNOWN && c->job.error == AMT_E_REFUSED &&
             c->job.op != AMT_SIGN_IN) {
    try_again(c, 0, 1); /* a restarting server may not know it */
  } else if (c->job.start == AMT_START_UNKNOWN) {
    end(j, AMT_CODE_UNDEFINED, "start-unknown: it is not started again; look "
        "for it at the server");
  } else if (j->state == STARTING) {
    end(j, c->job.code, amt_error(c->job.error));
  } else {
    drop(j, c->job.code, amt_error(c->job.error));
  }
}

/* Takes what the server says of a job. */
static void look(struct job *j, const amt_job *a)
{
  int changed = j->status != a->status;
  j->failing = servers[j->server].failing = 0;
  j->status = a->status;
  if (a->status != AMT_CODE_UNDEFINED) j->undefined = 0;
  else j->undefined++;
  if (amt_status_ends(a->status)) end(j, a->status, "");
  else if (j->undefined == 10) end(j, a->status, "ten times in a row");
  else if (changed)
    tell(j, *a->name ? a->name : amt_status_name(a->status), "");
}

/* Goes on with a call until it waits for something, or is over. */
static void step(struct call *c)
{
  struct job *j = c->of;
  int         over = 0;
  while (!over) switch (amt_poll(&pool, &c->job, ms())) {
  case AMT_BUSY:
    c->wake = now + c->job.wait * (uint64_t)1000;
    for (c->conn = (int)pool.count; c->conn-- > 0;)
      if (conns[c->conn].job == &c->job) break;
    if (c->conn >= 0 && conns[c->conn].http.state == AMT_CONN_OPENING &&
        c->job.wait > 250) c->wake = now + 250000u; /* try the next address */
    return;
  case AMT_STARTING: /* it leaves only with the next amt_poll: see run */
    j->state = STARTING;
    record(j, " starting");
    c->wake = now;
    return;
  case AMT_STARTED:
    memcpy(j->id, c->job.id, sizeof j->id);
    j->state = KNOWN;
    servers[j->server].failing = 0;
    record(j, " started ");
    tell(j, "started", "");
    break;
  case AMT_STATUS: look(j, &c->job); break;
  case AMT_RETRYING: try_again(c, c->job.wait, 0); over = 1; break;
  case AMT_FAILED: failed(c); over = 1; break;
  case AMT_DONE:
    if (j->state == STARTING) end(j, c->job.code, "at once");
    over = 1;
    break;
  default: break; /* the server's own words */
  }
  hang_up(c);
}

/* Begins the call that this job needs: its Start, or a look at it. */
static void begin(struct job *j, struct call *c)
{
  amt_session *s = &servers[j->server].session;
  const char  *word = text + j->line;
  unsigned     i;
  memset(&c->task, 0, sizeof c->task);
  c->task.application = word;
  for (i = 0; i + 1u < j->words; i++) c->word[i] = word = next_word(word);
  c->task.job = c->word[0];
  c->task.parameters = &c->word[1];
  c->task.parameter_count = j->words - 2u;
  amt_once(&c->job, s, j->state == NEW ? AMT_START : AMT_MONITOR, &c->task,
           j->id);
  if (j->looked != 0 && ms() - j->looked > longest) longest = ms() - j->looked;
  j->looked = j->state == KNOWN ? (ms() - 1u) | 1u : 0; /* as in try_again */
  c->of = j;
  c->conn = -1;
  j->calling = 1;
  servers[j->server].calls++;
  busy++;
  made++;
  step(c);
}

/* Makes the calls that are due, and returns when the next one is. */
static uint64_t take_turns(struct server *s)
{
  uint32_t     share = (uint32_t)pool.count / server_count;
  struct call *c;
  while (s->live != 0 && !stopped) {
    struct job *last = &jobs[s->last], *j = &jobs[last->next];
    uint64_t    due = s->turn > s->hold ? s->turn : s->hold;
    if (due > now) return due;
    for (c = calls; c < calls + pool.count && c->of != NULL; c++) { }
    if (c == calls + pool.count || s->calls >= (share ? share : 1u))
      return late = 1, UINT64_MAX; /* comes here again when one ends */
    if (j->state == ENDED) { /* take it out of the ring */
      last->next = j->next;
      continue;
    }
    if (s->round == 0) s->gap = interval / (s->round = s->live);
    s->round--;
    s->last = last->next;
    s->turn += s->gap;
    if (s->turn + interval < now) s->turn = now; /* late: no rush */
    if (!j->calling) begin(j, c);
  }
  return UINT64_MAX;
}

/* --- the loop --------------------------------------------------------- */

static void on_signal(int number)
{
  (void)number;
  stopped = 1;
}

static uint64_t clock_us(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* Sleeps for the time in which half of the connections get something to do, 10
   ms at most: this one call saves as many waits. Not while turns are late. */
static void let_replies_gather(void)
{
  uint64_t        us = pool.count * interval / (live + 1u) / 2;
  struct timespec t = { 0, us < 10000u ? (long)us * 1000 : 10000000 };
  if (busy > 1u && !late && now - waited < us) nanosleep(&t, NULL);
}

/* Waits until any connection is ready. An idle one can only end. */
static void wait_until(uint64_t until)
{
  uint64_t left;
  size_t   i;
  let_replies_gather();
  waited = clock_us();
  left = until > waited ? (until - waited + 999u) / 1000u : 0;
  for (i = 0; i < pool.count; i++) {
    int want = amt_http_want(&conns[i].http);
    fds[i].fd = socks[i].fd;
    fds[i].events = want == AMT_WANT_WRITE ? POLLOUT : POLLIN;
    fds[i].revents = 0;
  }
  poll(fds, (nfds_t)pool.count, left < 500 ? (int)left : 500);
  for (i = 0; i < pool.count; i++) {
    if (conns[i].http.state != AMT_CONN_IDLE) continue;
    if (fds[i].revents != 0) amt_http_close(&conns[i].http);
    else conns[i].http.known_idle = 1; /* so amt_poll need not look again */
  }
}

static void live_line(const char *line_end)
{
  static uint64_t next;
  if (now < next) return;
  next = now + 500000u;
  if (!isatty(2)) return;
  fprintf(stderr,
          "\r\033[K%lu jobs, %lu ended, %lu calls under way, %lu made%s",
          (unsigned long)job_count, (unsigned long)(job_count - live),
          (unsigned long)busy, (unsigned long)made, line_end);
}

static void run(void)
{
  while (busy != 0 || (live != 0 && !stopped)) {
    uint64_t next = UINT64_MAX, at;
    size_t   i, under_way;
    now = clock_us();
    late = 0;
    for (i = 0; i < server_count; i++) /* on connections known to be idle */
      if ((at = take_turns(&servers[i])) < next) next = at;
    sync_state(); /* after this, announced Starts may leave */
    under_way = busy;
    for (i = 0; i < pool.count; i++)
      if (calls[i].of != NULL && (calls[i].wake <= now ||
          (calls[i].conn >= 0 && fds[calls[i].conn].revents != 0)))
        step(&calls[i]);
    if (late && busy != under_way) next = now;
    for (i = 0; i < pool.count; i++)
      if (calls[i].of != NULL && calls[i].wake < next) next = calls[i].wake;
    fflush(stdout);
    live_line("");
    wait_until(next);
  }
}

static uint64_t seconds(const char *word)
{
  char  *rest;
  double s = strtod(word, &rest);
  if (*rest != 0 || !(s >= 0.001 && s < 1e6))
    stop(64, word, "not 0.001 to 1e6 seconds");
  return (uint64_t)(s * 1e6);
}

static const char *url, *state; /* -u, -s */

static void take_options(int argc, char **argv)
{
  int option;
  url = getenv("AMT_SERVER");
  if (url == NULL) url = "http://127.0.0.1:42000";
  while ((option = getopt(argc, argv, "u:c:i:g:s:q")) != -1) switch (option) {
  case 'u': url = optarg; break;
  case 'c':
    pool.count = (size_t)strtoul(optarg, NULL, 10);
    if (pool.count - 1 >= CONNECTIONS) stop(64, optarg, "not 1 to 1024");
    break;
  case 'i': interval = seconds(optarg); break;
  case 'g': give_up = seconds(optarg); break;
  case 's': state = optarg; break;
  case 'q': quiet = 1; break;
  default: exit(64);
  }
}

static void summary(uint64_t took)
{
  size_t i;
  now = UINT64_MAX;
  live_line("\n");
  for (i = 0; i < 256; i++)
    if (ended[i] != 0) printf("%lu ended as %lu %s\n", (unsigned long)ended[i],
                              (unsigned long)i, amt_status_name((int32_t)i));
  if (live != 0) printf("%lu go on at their server\n", (unsigned long)live);
  printf("%lu calls in %.1f s; %.1f s at most from one look at a job to the "
         "next\n", (unsigned long)made, (double)took / 1e6, longest / 1e3);
}

int main(int argc, char **argv)
{
  char             head[400];
  struct sigaction act;
  uint64_t         began = clock_us();
  size_t           i;
  take_options(argc, argv);
  snprintf(head, sizeof head, "fleet 1 %08lx %s",
           (unsigned long)read_list(argv[optind], url), url);
  if (state != NULL) open_state(state, head);
  for (i = 0; i < pool.count; i++) {
    amt_posix_init(&socks[i]);
    conns[i].http.stream = &socks[i].stream;
  }
  memset(&act, 0, sizeof act);
  act.sa_handler = on_signal;
  sigaction(SIGINT, &act, NULL);
  sigaction(SIGTERM, &act, NULL);

  run();

  sync_state();
  summary(clock_us() - began);
  amt_pool_end(&pool);
  for (i = 0; i < server_count; i++) amt_session_end(&servers[i].session);
  return ended[AMT_CODE_DONE] == job_count ? 0 : 1;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
