/* fleet [OPTION]... [LIST]: runs any number of jobs at once, on one thread, over
   a few connections, and tells each change of each job in a line.

   A line of LIST (a file, or standard input) is one job, or a # comment:

     [URL] APPLICATION JOB [PARAMETER]...

   Words stand between blanks; a line without a URL goes to that of -u.

     -u URL      the server ($AMT_SERVER, or http://127.0.0.1:42000)
     -c N        connections (16); servers share them evenly
     -i SECONDS  the interval at which each job is looked at (5)
     -g SECONDS  how long a job may stay out of reach before it is given up (300)
     -s FILE     the state: after a kill -9 or a power cut the same command goes
                 on where it was. No job is started twice: one whose Start may
                 have left when the lights went out ends as 19, and is told
     -q          only the summary

   $AMT_USER and $AMT_PASSWORD sign in, once for each server. Only plain http:
   for https each connection needs a TLS stream round its socket, see amt.c.
   The exit status is 0 if all jobs ended as 4, DONE; 1 if not; 64, 78: usage,
   files. SIGINT and SIGTERM end it when the calls under way are answered; the
   jobs go on at their server.

   How it works. A job that nobody is asking about is a small struct: its id, its
   status, where its line begins. Only a call under way needs an amt_job, so
   there are as many of those as connections; amt_once makes one call, a Start
   or a look, and tells what came of it. When to make it is all that is decided
   here, by one ring of jobs for each server: every interval / jobs the next one
   in the ring has its turn. So the calls are spread evenly, none is passed over
   twice, and a server that is slow, away or says "later" (429, 503,
   Retry-After) just stops its own ring for a while.

   All memory is static and sized for a million jobs; what is not used is never
   touched, and costs nothing on a system with virtual memory. No heap. */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { JOBS = 1000000, CONNECTIONS = 1024, SERVERS = 64, WORDS = 64 };

/* --- what there is --------------------------------------------------------- */

enum { NEW, STARTING, KNOWN, ENDED }; /* whether its Start was sent */

struct job { /* all that a job at rest needs: 88 bytes */
  char     id[AMT_ID_SIZE];
  uint32_t line;      /* where its words begin, in text */
  uint32_t next;      /* in the ring */
  uint32_t failing;   /* since when, in ms; 0: it is not */
  int32_t  status;    /* the server's; in the end the completion code */
  uint8_t  server, state, words, id_text, calling;
  uint8_t  undefined; /* how often in a row */
};

struct server {
  amt_session session;
  char        token[512];
  uint32_t    last;    /* the job that has had its turn */
  uint32_t    live;    /* jobs that have not ended */
  uint32_t    calls;   /* under way */
  uint32_t    round;   /* turns until all live jobs have had theirs, */
  uint64_t    gap;     /* each so much later than the one before, in us */
  uint64_t    turn;    /* when the next one is */
  uint64_t    hold;    /* not before this: it asked for it, or is away */
};

struct call { /* a call under way */
  amt_job     job;     /* first: an amt_conn points to it */
  amt_task    task;
  const char *word[WORDS];
  struct job *of;      /* NULL: free */
  uint64_t    wake;    /* when to go on, whatever the connection says */
  int         conn;    /* the one it uses, or -1 */
};

static char          text[64u << 20]; /* the list; words end in NUL */
static struct job    jobs[JOBS];
static struct server servers[SERVERS];
static struct call   calls[CONNECTIONS];
static amt_conn      conns[CONNECTIONS];
static amt_posix     socks[CONNECTIONS];
static struct pollfd fds[CONNECTIONS];
static char          buf[2048];
static amt_pool      pool = { conns, 16, buf, sizeof buf, NULL };

static uint32_t job_count, server_count, live, busy; /* busy: calls under way */
static uint64_t interval = 5000000, now; /* us */
static uint32_t give_up = 300000;        /* ms */
static unsigned ended[256], polls;       /* by completion code; calls made */
static int      quiet, state_fd = -1, unsynced;
static volatile sig_atomic_t stopped;

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

static uint32_t ms(void)
{
  return (uint32_t)(now / 1000u);
}

static void stop(int status, const char *what, const char *why)
{
  fprintf(stderr, "fleet: %s: %s\n", what, why);
  exit(status);
}

/* The word after this one, of the same line. */
static const char *next_word(const char *word)
{
  word += strlen(word);
  while (*word == 0) word++;
  return word;
}

static void tell(const struct job *j, const char *what, const char *more)
{
  char        clock[16] = "";
  time_t      t = time(NULL);
  const char *application = text + j->line;
  if (quiet) return;
  strftime(clock, sizeof clock, "%H:%M:%S", localtime(&t));
  printf("%s %lu %s %s %s: %s%s%s\n", clock, (unsigned long)(j - jobs) + 1,
         application, next_word(application), *j->id ? j->id : "-", what,
         *more ? ": " : "", more);
}

/* --- the state file --------------------------------------------------------
   A line for each step, added at its end. It is written before the step is
   taken, and synced before a Start can leave, many at a time. */

static void record(const struct job *j, const char *what)
{
  char    line[8 * AMT_ID_SIZE];
  amt_out o = amt_out_window(line, sizeof line, 0);
  if (state_fd < 0) return;
  amt_put_number(&o, (uint64_t)(j - jobs));
  amt_put_text(&o, what);
  if (j->state == KNOWN) amt_json_put_string(&o, j->id, strlen(j->id));
  if (j->state == ENDED) amt_put_number(&o, (uint64_t)j->status);
  amt_put_text(&o, "\n");
  if (write(state_fd, line, o.len) != (ssize_t)o.len)
    stop(78, "the state", "it cannot be written; nothing more is started");
  unsynced = 1;
}

static void sync_state(void)
{
  if (unsynced && state_fd >= 0 && fsync(state_fd) != 0)
    stop(78, "the state", "it cannot be synced; nothing more is started");
  unsynced = 0;
}

static void end(struct job *j, int32_t code, const char *why)
{
  j->state = ENDED;
  j->status = code;
  live--;
  servers[j->server].live--;
  ended[code & 255]++;
  record(j, " ended ");
  tell(j, amt_status_name(code), why);
}

/* One line of it: 1, or 0 if it is none. */
static int replay(char *line, size_t n)
{
  uint64_t       number, code;
  size_t         digits = strspn(line, "0123456789"), used;
  struct job    *j = jobs;
  amt_json       json;
  amt_json_token t;
  if (!amt_uint64(line, digits, 10, &number) || number >= job_count) return 0;
  j += number, line += digits, n -= digits;
  if (strcmp(line, " starting") == 0) {
    j->state = STARTING;
  } else if (strcmp(line, " not started") == 0) {
    j->state = NEW;
  } else if (n > 9 && (memcmp(line, " number ", 8) == 0 ||
                       memcmp(line, " string ", 8) == 0)) {
    memset(&json, 0, sizeof json);
    if (amt_json_next(&json, line + 8, n - 8, &used, &t) != AMT_JSON_STRING ||
        !t.last || t.len >= sizeof j->id) return 0;
    memcpy(j->id, t.text, t.len);
    j->id_text = line[1] == 's';
    j->state = KNOWN;
  } else if (n > 7 && memcmp(line, " ended ", 7) == 0 &&
             amt_uint64(line + 7, n - 7, 10, &code) && code <= 99) {
    j->state = ENDED;
    j->status = (int32_t)code;
  } else {
    return 0;
  }
  return 1;
}

/* The first line tells which list it is of. A last line without an end was
   being written when the lights went out: that step was not taken. */
static void open_state(const char *name, const char *head)
{
  static char  line[8 * AMT_ID_SIZE];
  struct flock lock;
  FILE        *f;
  size_t       n;
  long         good = 0;
  struct job  *j;
  memset(&lock, 0, sizeof lock);
  lock.l_type = F_WRLCK;
  state_fd = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (state_fd < 0) stop(78, name, strerror(errno));
  if (fcntl(state_fd, F_SETLK, &lock) != 0) stop(78, name, "another fleet uses it");
  f = fdopen(dup(state_fd), "r");
  if (f == NULL) stop(78, name, strerror(errno));
  for (; fgets(line, sizeof line, f) != NULL; good = ftell(f)) {
    n = strcspn(line, "\n");
    if (line[n] == 0 && feof(f)) break;
    line[n] = 0;
    if (good == 0 ? strcmp(line, head) != 0 : !replay(line, n))
      stop(78, name, "it is of another list, or damaged");
  }
  if (ftruncate(state_fd, good) != 0) stop(78, name, strerror(errno));
  if (good == 0 && (write(state_fd, head, strlen(head)) < 0 ||
                    write(state_fd, "\n", 1) < 0 || fsync(state_fd) != 0))
    stop(78, name, strerror(errno));
  for (j = jobs; j < jobs + job_count; j++) {
    if (j->state == STARTING)
      end(j, AMT_CODE_UNDEFINED, "start-unknown: it was about to be started when "
          "the last run broke off; look for it at the server");
    else if (j->state == ENDED)
      live--, servers[j->server].live--, ended[j->status]++;
  }
}

/* --- the list --------------------------------------------------------------- */

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
      s->session.user = "ocadm", s->session.password = "opconxps";
    s->session.token = s->token;
    s->session.token_room = sizeof s->token;
    s->session.seed = (uint32_t)clock_us();
  }
  return (uint8_t)(s - servers);
}

/* Cuts a line into words, and makes it a job at the end of its ring. */
static void add_job(char *line, const char *url)
{
  struct job    *j = &jobs[job_count];
  struct server *s;
  char          *p = line + strspn(line, " \t\r");
  const char    *first = p;
  size_t         words = 0;
  if (*p == '#' || *p == 0) return;
  while (*p != 0) {
    words++;
    p += strcspn(p, " \t\r");
    while (*p == ' ' || *p == '\t' || *p == '\r') *p++ = 0;
  }
  if (strstr(first, "://") != NULL && --words != 0) {
    url = first;
    first = next_word(first);
  }
  if (words < 2 || words > WORDS || job_count == JOBS)
    stop(64, first, job_count == JOBS ? "too many jobs"
                                      : "a line is [URL] APPLICATION JOB ...");
  j->line = (uint32_t)(first - text);
  j->words = (uint8_t)words;
  j->server = server_of(url);
  j->status = -1;
  s = &servers[j->server];
  j->next = job_count;
  if (s->live != 0) {
    j->next = jobs[s->last].next;
    jobs[s->last].next = job_count;
  }
  s->last = job_count++;
  s->live++;
  live++;
}

/* Returns a sum of its bytes. */
static uint32_t read_list(const char *name, const char *url)
{
  FILE    *f = name != NULL && strcmp(name, "-") != 0 ? fopen(name, "r") : stdin;
  uint32_t hash = 2166136261u;
  size_t   n, i;
  char    *p, *line_end;
  if (f == NULL) stop(78, name, strerror(errno));
  n = fread(text, 1, sizeof text - 1, f);
  if (n == sizeof text - 1) stop(78, name, "the list is too long");
  for (i = 0; i < n; i++) hash = (hash ^ (unsigned char)text[i]) * 16777619u;
  for (p = text; p < text + n; p = line_end + 1) {
    line_end = p + strcspn(p, "\n");
    *line_end = 0;
    add_job(p, url);
  }
  return hash;
}

/* --- calls ----------------------------------------------------------------- */

static void hang_up(struct call *c)
{
  amt_drop(&pool, &c->job);
  c->of->calling = 0;
  servers[c->of->server].calls--;
  busy--;
  c->of = NULL;
}

/* The call has failed and may be made again: at the job's next turn. Whatever
   is not the job's own fault holds the whole server. */
static void try_again(struct call *c, uint32_t wait)
{
  struct job    *j = c->of;
  struct server *s = &servers[j->server];
  if (j->failing == 0) {
    j->failing = (ms() - 1u) | 1u; /* never 0, never later */
    tell(j, "retrying", amt_error(c->job.error));
  }
  if (c->job.error != AMT_E_REFUSED || c->job.http_status == 429)
    s->hold = now + (uint64_t)wait * 1000u;
  if (j->state == STARTING) {
    j->state = NEW;
    record(j, " not started");
  }
  if (ms() - j->failing >= give_up)
    end(j, j->state == NEW ? AMT_CODE_WEB_SERVER_ERROR : AMT_CODE_UNDEFINED,
        j->state == NEW ? "not started" : "server-lost: the job goes on there");
  hang_up(c);
}

/* What the server says of the job. */
static void look(struct job *j, const amt_job *a)
{
  int changed = j->status != a->status;
  j->failing = 0;
  j->status = a->status;
  j->undefined = (uint8_t)(a->status == AMT_CODE_UNDEFINED ? j->undefined + 1 : 0);
  if (amt_status_ends(a->status)) end(j, a->status, "");
  else if (j->undefined == 10) end(j, a->status, "undefined, ten times in a row");
  else if (changed) tell(j, *a->name ? a->name : amt_status_name(a->status), "");
}

/* The call is over and was not answered as it should be. */
static void failed(struct call *c)
{
  struct job *j = c->of;
  uint32_t    wait = 0;
  if (c->conn >= 0) wait = conns[c->conn].http.reply.retry_after;
  if (wait > 86400u) wait = 86400u;
  if (c->job.start == AMT_START_REFUSED && c->job.http_status == 429) {
    try_again(c, wait ? wait * 1000u : 1000u); /* surely not started */
  } else if (j->state == KNOWN && c->job.error == AMT_E_REFUSED) {
    try_again(c, 0); /* a server that restarts may not know it for a while */
  } else {
    if (c->job.start == AMT_START_UNKNOWN)
      end(j, AMT_CODE_UNDEFINED, "start-unknown: it is not started again; look "
          "for it at the server");
    else end(j, c->job.code, amt_error(c->job.error));
    hang_up(c);
  }
}

/* Goes on with a call until it waits for something. */
static void step(struct call *c)
{
  struct job *j = c->of;
  size_t      i;
  for (;;) switch (amt_poll(&pool, &c->job, ms())) {
  case AMT_BUSY:
    for (i = 0; i < pool.count && conns[i].job != &c->job; i++) { }
    c->conn = i < pool.count ? (int)i : -1;
    c->wake = now + (uint64_t)c->job.wait * 1000u;
    if (c->conn >= 0 && conns[i].http.state == AMT_CONN_OPENING &&
        c->job.wait > 250) c->wake = now + 250000u;
    return;
  case AMT_STARTING: /* not a byte of it leaves before the next amt_poll */
    j->state = STARTING;
    record(j, " starting");
    c->wake = now;
    return;
  case AMT_STARTED:
    memcpy(j->id, c->job.id, sizeof j->id);
    j->id_text = c->job.id_text;
    j->state = KNOWN;
    j->failing = 0;
    record(j, j->id_text ? " string " : " number ");
    tell(j, "started", "");
    break;
  case AMT_STATUS: look(j, &c->job); break;
  case AMT_RETRYING: try_again(c, c->job.wait); return;
  case AMT_DONE: /* a Start without an id: it ended at once */
    if (j->state == STARTING) end(j, c->job.code, "at once");
    hang_up(c);
    return;
  case AMT_FAILED: failed(c); return;
  default: break; /* what it said */
  }
}

/* Begins the call that this job needs: its Start, or a look at it. */
static void begin(struct job *j, struct call *c)
{
  struct server *s = &servers[j->server];
  const char    *word = text + j->line;
  unsigned       i;
  memset(&c->task, 0, sizeof c->task);
  c->task.application = word;
  for (i = 1; i < j->words; i++) c->word[i - 1] = word = next_word(word);
  c->task.job = c->word[0];
  c->task.parameters = &c->word[1];
  c->task.parameter_count = j->words - 2u;
  if (j->state == NEW) {
    amt_once(&c->job, &s->session, AMT_START, &c->task, NULL);
  } else {
    amt_once(&c->job, &s->session, AMT_MONITOR, &c->task, j->id);
    c->job.id_text = j->id_text;
  }
  c->of = j;
  c->conn = -1;
  j->calling = 1;
  s->calls++;
  busy++;
  polls++;
  step(c);
}

/* Gives jobs their turns, as far as these have come. Returns when the next is. */
static uint64_t take_turns(struct server *s)
{
  uint32_t    share = (uint32_t)pool.count / server_count;
  struct call *c = calls;
  while (s->live != 0 && !stopped) {
    struct job *last = &jobs[s->last], *j = &jobs[last->next];
    uint64_t    due = s->turn > s->hold ? s->turn : s->hold;
    if (due > now) return due;
    if (s->calls >= (share ? share : 1)) break; /* one that ends wakes us */
    if (j->state == ENDED) {
      last->next = j->next;
      continue;
    }
    while (c < calls + pool.count && c->of != NULL) c++;
    if (c == calls + pool.count) break;
    if (s->round == 0) s->gap = interval / (s->round = s->live);
    s->round--;
    s->last = last->next;
    s->turn += s->gap;
    if (s->turn + interval < now) s->turn = now; /* late: no rush now */
    if (!j->calling) begin(j, c);
  }
  return UINT64_MAX;
}

/* --- the loop --------------------------------------------------------------- */

/* Waits for the connections until `until`. Those at rest are watched too: what
   arrives on them is their end. */
static void wait_until(uint64_t until)
{
  uint64_t left = until > now ? (until - now + 999u) / 1000u : 0;
  size_t   i;
  for (i = 0; i < pool.count; i++) {
    int want = amt_http_want(&conns[i].http);
    fds[i].fd = socks[i].fd;
    fds[i].events = want == AMT_WANT_WRITE ? POLLOUT : POLLIN;
    fds[i].revents = 0;
  }
  if (poll(fds, (nfds_t)pool.count, left < 500 ? (int)left : 500) < 0)
    for (i = 0; i < pool.count; i++) fds[i].revents = 0;
  for (i = 0; i < pool.count; i++) {
    if (conns[i].http.state != AMT_CONN_IDLE) continue;
    if (fds[i].revents != 0) amt_http_close(&conns[i].http);
    else conns[i].http.quiet = 1; /* nothing came: no need to look again */
  }
}

static void live_line(int over)
{
  static uint64_t last;
  static int      terminal = -1;
  if (terminal < 0) terminal = isatty(2);
  if (!terminal || (!over && now - last < 500000u)) return;
  last = now;
  fprintf(stderr, "\r\033[K%lu jobs, %lu ended, %lu calls under way, %u made%s",
          (unsigned long)job_count, (unsigned long)(job_count - live),
          (unsigned long)busy, polls, over ? "\n" : "");
}

static void run(void)
{
  while (busy != 0 || (live != 0 && !stopped)) {
    uint64_t next = UINT64_MAX, at;
    size_t   i;
    now = clock_us();
    sync_state(); /* Starts that were announced may leave after this */
    for (i = 0; i < pool.count; i++)
      if (calls[i].of != NULL && (calls[i].wake <= now || (calls[i].conn >= 0 &&
          fds[calls[i].conn].revents != 0))) step(&calls[i]);
    for (i = 0; i < server_count; i++)
      if ((at = take_turns(&servers[i])) < next) next = at;
    for (i = 0; i < pool.count; i++)
      if (calls[i].of != NULL && calls[i].wake < next) next = calls[i].wake;
    fflush(stdout);
    live_line(0);
    wait_until(next);
  }
}

static uint64_t seconds(const char *word)
{
  char  *rest;
  double s = strtod(word, &rest);
  if (rest == word || *rest != 0 || !(s >= 0.001 && s < 1e6))
    stop(64, word, "not a number of seconds");
  return (uint64_t)(s * 1e6);
}

int main(int argc, char **argv)
{
  const char *url = getenv("AMT_SERVER"), *state = NULL;
  char        head[80];
  struct sigaction act;
  size_t      i;
  uint64_t    began = clock_us();
  int         option;
  if (url == NULL) url = "http://127.0.0.1:42000";
  while ((option = getopt(argc, argv, "u:c:i:g:s:q")) != -1) switch (option) {
  case 'u': url = optarg; break;
  case 'c':
    pool.count = (size_t)strtoul(optarg, NULL, 10);
    if (pool.count - 1 >= CONNECTIONS) stop(64, optarg, "1 to 1024 connections");
    break;
  case 'i': interval = seconds(optarg); break;
  case 'g': give_up = (uint32_t)(seconds(optarg) / 1000u); break;
  case 's': state = optarg; break;
  case 'q': quiet = 1; break;
  default: return 64;
  }
  sprintf(head, "fleet 1 %08lx", (unsigned long)read_list(argv[optind], url));
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
  live_line(1);
  for (i = 0; i < 256; i++)
    if (ended[i] != 0)
      printf("%u ended as %lu %s\n", ended[i], (unsigned long)i,
             amt_status_name((int32_t)i));
  if (live != 0) printf("%lu go on at their server\n", (unsigned long)live);
  printf("%u calls in %.1f s\n", polls, (double)(clock_us() - began) / 1e6);
  amt_pool_end(&pool);
  for (i = 0; i < server_count; i++) amt_session_end(&servers[i].session);
  return ended[AMT_CODE_DONE] == job_count ? 0 : 1;
}
