/* posix.c - system.h for POSIX systems. */

#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L /* before any header */
#endif
#include "system.h"
#include "net.h"
#include "signals.h"
#include "text.h"

#ifndef _WIN32
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

const char null_device[] = "/dev/null";
const char der_cure[] = "as by `openssl x509 -inform der -in FILE -out "
                        "FILE.pem`, or `openssl pkey` likewise";
const char trust_cure[] = "install them (the package ca-certificates), give "
                          "--ca FILE, or set SSL_CERT_FILE";
const char zone_cure[] = "`ip -6 address` tells which has which address, as in "
                         "fe80::1%25eth0";
const int crlf_is_usual = 0;
const char signals_help[] = "at SIGINT, SIGTERM, ...: kill (default), detach";
const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                             "QRSTUVWXYZ0123456789_-./:[]";
const char quote[] = "'", quoted_quote[] = "'\\''", path_ends[] = "/";

int file_open(const char *path)
{
  return open(path, O_RDONLY | O_CLOEXEC);
}

static const char link_refused[] = "a symbolic link, which another user may "
                                   "have put there; name the file itself";

/* 1 if others may write it. A group does not count if it is root's, or has the
   user's own number, as many systems make one for each user: a clone of a
   repository, say, is often writable for it. */
static int others_write(const struct stat *st, int as)
{
  int own = as != AS_STATE && (st->st_gid == 0 || st->st_gid == geteuid());
  return (st->st_mode & (own ? S_IWOTH : S_IWGRP | S_IWOTH)) != 0;
}

/* What is wrong with an open file, or NULL; as for file_open_as. */
static const char *file_fault(int fd, int as)
{
  static char words[200];
  struct stat st;
  if (fstat(fd, &st) != 0) return strerror(errno);
  if (S_ISDIR(st.st_mode)) return strerror(EISDIR);
  if (as == AS_SYSTEM || (as == AS_INPUT && !S_ISREG(st.st_mode))) return NULL;
  if (!S_ISREG(st.st_mode))
    return "no file; a pipe or a device is not read here";
  if (st.st_uid != geteuid() && (st.st_uid != 0 || as == AS_STATE))
    return text(words, sizeof words, "user %u wrote it, and user %u, who runs "
                "this, does not trust it%s; look at it, then remove it or "
                "change its owner", (unsigned)st.st_uid, (unsigned)geteuid(),
                as == AS_STATE ? "" : " as root's or its own");
  if (others_write(&st, as))
    return "others than its owner may write it; see that it says what it "
           "should, then `chmod go-w` it";
  if (as >= AS_UNASKED && st.st_nlink > 1)
    return "it has a second name (a hard link), which may be another user's; "
           "put a copy in its place";
  return NULL;
}

int file_open_as(const char *path, int as, const char **fault)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
                      (as >= AS_UNASKED ? O_NOFOLLOW : 0));
  *fault = NULL;
  if (fd < 0 && as >= AS_UNASKED && (errno == ELOOP || errno == EMLINK))
    *fault = link_refused;
  if (fd < 0) return -1;
  *fault = file_fault(fd, as);
  if (*fault == NULL && fcntl(fd, F_SETFL, 0) == 0) return fd;
  close(fd);
  return -1;
}

/* Its group counts only if the file is ours: if not, we may read it by its
   group. */
int file_shown(int fd)
{
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
  return (st.st_mode & S_IROTH) != 0 ||
         ((st.st_mode & S_IRGRP) != 0 && st.st_uid == geteuid());
}

int file_waits(int fd, uint32_t ms)
{
  struct pollfd p;
  int           e;
  p.fd = fd, p.events = POLLIN;
  do e = poll(&p, 1, ms == 0 ? -1 : (int)ms); while (e < 0 && errno == EINTR);
  return e == 0;
}

int file_create(const char *path)
{
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

ptrdiff_t file_read(int fd, void *p, size_t n)
{
  ssize_t got;
  do got = read(fd, p, n); while (got < 0 && errno == EINTR);
  return got;
}

/* A pipe that has any room has room for PIPE_BUF bytes. */
ptrdiff_t file_write(int fd, const void *p, size_t n)
{
  ssize_t put;
  if (n > PIPE_BUF) n = PIPE_BUF;
  do put = write(fd, p, n); while (put < 0 && errno == EINTR);
  return put;
}

void file_close(int fd) { close(fd); }
ptrdiff_t file_again(int fd, void *p, size_t n)
{
  return pread(fd, p, n, 0);
}

int file_device(const char *path)
{
  struct stat st;
  int         fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                              O_NOFOLLOW);
  if (fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode)) return fd;
  if (fd >= 0) close(fd);
  errno = EEXIST;
  return -1;
}

int64_t file_seek(int fd, int64_t at)
{
  return lseek(fd, at < 0 ? 0 : (off_t)at, at < 0 ? SEEK_END : SEEK_SET);
}

int file_remove(const char *path) { return unlink(path); }
int file_remove_at_last(const char *path) { return unlink(path); }

int file_overwrite(const char *path, const void *p, size_t n)
{
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int e;
  if (fd < 0) return -1;
  e = file_write(fd, p, n) == (ptrdiff_t)n ? fsync(fd) : -1;
  return close(fd) != 0 ? -1 : e;
}

/* Syncs its folder. */
int file_gone(const char *path)
{
  char  folder[PATHS];
  char *slash;
  int   fd, e;
  text(folder, sizeof folder, "%s", path);
  slash = strrchr(folder, '/');
  if (slash == NULL) strcpy(folder, ".");
  else slash[slash == folder] = 0;
  fd = file_open(folder);
  if (fd < 0) return -1;
  e = fsync(fd);
  if (e != 0 && errno == EINVAL) e = 0; /* this file system has no sync */
  close(fd);
  return e;
}

int file_replace(int fd, const char *from, const char *to)
{
  int e = fsync(fd);
  if (close(fd) != 0) e = -1;
  if (e == 0) e = rename(from, to);
  return e == 0 ? file_gone(to) : e;
}

/* A run removes the file while it holds the lock. So whoever gets a lock checks
   that the file still has this name. */
int file_lock(const char *path, const char **fault)
{
  *fault = NULL;
  for (;;) {
    struct flock lock;
    struct stat  mine, there;
    int          fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK |
                                 O_NOFOLLOW, 0600);
    if (fd < 0 && (errno == ELOOP || errno == EMLINK)) *fault = link_refused;
    if (fd < 0) return -1;
    *fault = file_fault(fd, AS_STATE);
    if (*fault != NULL) {
      close(fd);
      return -1;
    }
    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(fd, F_SETLK, &lock) != 0) {
      int e = errno;
      close(fd);
      errno = e;
      return e == EACCES || e == EAGAIN ? -2 : -1;
    }
    if (fstat(fd, &mine) == 0 && lstat(path, &there) == 0 &&
        mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) return fd;
    close(fd);
  }
}

void file_unlock(int fd, const char *path)
{
  unlink(path);
  close(fd);
}

int file_look(const char *path, uint64_t *size, int64_t *age)
{
  struct stat st;
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    close(fd);
    return -1;
  }
  *size = (uint64_t)st.st_size;
  *age = (int64_t)(time(NULL) - st.st_mtime);
  return fd;
}

void folder_list(const char *path, void (*each)(char *name))
{
  DIR           *folder = opendir(path);
  struct dirent *entry;
  if (folder == NULL) return;
  while ((entry = readdir(folder)) != NULL) each(entry->d_name);
  closedir(folder);
}

void program_path(char *to, size_t room, const char *argv0)
{
  ssize_t n = readlink("/proc/self/exe", to, room - 1);
  if (n > 0) to[n] = 0;
  else text(to, room, "%s", argv0);
}

const char *environment(const char *name) { return getenv(name); }
void environment_wipe(const char *name) { (void)name; } /* no copy */
unsigned process_id(void) { return (unsigned)getpid(); }
uint32_t random_number(void)
{
  struct timespec t;
  uint32_t        n = 0;
  int             fd = file_open("/dev/urandom");
  ptrdiff_t       got = fd >= 0 ? file_read(fd, &n, sizeof n) : -1;
  if (fd >= 0) close(fd);
  if (got == (ptrdiff_t)sizeof n) return n;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint32_t)t.tv_nsec ^ (uint32_t)t.tv_sec << 8;
}

int is_terminal(int fd) { return isatty(fd); }

int terminal_width(int fd)
{
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

time_t clock_now(unsigned *ms)
{
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  *ms = (unsigned)(t.tv_nsec / 1000000);
  return t.tv_sec;
}

int clock_local(time_t t, struct tm *to)
{
  return localtime_r(&t, to) != NULL;
}

uint32_t now_ms(void) { return amt_posix_now(); }

/* A child process looks names up. So a name server that does not answer delays
   no signal and no time limit. */
static struct { pid_t pid; int fd; char host[254]; } asking = { 0, -1, "" };
typedef struct { int count; amt_address list[AMT_ADDRESSES]; } answer;

static void ask_no_more(void)
{
  if (asking.fd < 0) return;
  close(asking.fd);
  asking.fd = -1;
  kill(asking.pid, SIGKILL);
  waitpid(asking.pid, NULL, 0);
  asking.pid = 0;
}

/* In the child. It does not hold our standard output open, and ignores signals
   that go to all processes of a terminal. */
static void give_answer(int fd)
{
  static answer found;
  int           i, null = open(null_device, O_RDWR);
  ssize_t       ignored;
  (void)signal(SIGINT, SIG_IGN);
  (void)signal(SIGQUIT, SIG_IGN);
  (void)signal(SIGHUP, SIG_IGN);
  (void)signal(SIGTERM, SIG_DFL);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
  for (i = 0; i <= 2; i++) dup2(null, i);
  found.count = amt_posix_resolve(NULL, asking.host, found.list, AMT_ADDRESSES);
  ignored = write(fd, &found, sizeof found); /* less than PIPE_BUF: whole */
  (void)ignored;
  _exit(0);
}

static int begin_asking(const char *host)
{
  sigset_t all, before;
  int      ends[2];
  if (pipe(ends) != 0) return -1;
  text(asking.host, sizeof asking.host, "%s", host);
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before); /* none for the child before that */
  asking.pid = fork();
  if (asking.pid == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    give_answer(ends[1]);
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  asking.fd = ends[0];
  if (asking.pid > 0) return 0;
  close(ends[0]);
  asking.fd = -1;
  return -1;
}

/* An amt_resolver. If there can be no child, it looks the name up here, and
   waits. */
static int ask(void *ctx, const char *host, amt_address *a, int max)
{
  static answer found;
  ptrdiff_t     got;
  if (asking.fd >= 0 && strcmp(asking.host, host) != 0) ask_no_more();
  if (asking.fd < 0 && begin_asking(host) != 0)
    return amt_posix_resolve(ctx, host, a, max);
  if (file_waits(asking.fd, 1)) return AMT_AGAIN;
  got = file_read(asking.fd, &found, sizeof found);
  ask_no_more();
  if (got != (ptrdiff_t)sizeof found) return AMT_E_NAME_SERVER;
  memcpy(a, found.list, sizeof *a * (size_t)max);
  return found.count;
}

int net_asks(void) { return asking.fd >= 0; }

void net_init(net_socket *s)
{
  amt_posix_init(s);
  s->resolve = ask;
  ask_no_more();
}

const char *error_words(int number) { return strerror(number); }
const char *net_words(int error) { return strerror(error); }

#ifdef AMT_BEARSSL
const char *const ca_places[] = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL
};

const char *ca_store(int (*take)(const char *p, size_t n), int *error)
{
  (void)take, (void)error;
  return NULL;
}
#endif

/* Every wait watches this pipe. So a signal that comes just before a wait ends
   that wait at once. */
static int wake[2] = {-1, -1};

void wake_up(void)
{
  ssize_t ignored = write(wake[1], "", 1);
  (void)ignored;
}

/* A closed or broken descriptor counts as ready: its write tells the error. */
int file_room(int fd, uint32_t ms, int woken)
{
  struct pollfd p[2];
  int           e;
  p[0].fd = fd, p[0].events = POLLOUT;
  p[1].fd = wake[0], p[1].events = POLLIN;
  p[0].revents = 0;
  e = poll(p, woken ? 2 : 1, ms > INT_MAX ? -1 : (int)ms);
  return e > 0 && p[0].revents != 0;
}

void leave_at_once(int status)
{
  if (asking.pid > 0) kill(asking.pid, SIGKILL);
  _exit(status);
}

static void caught(int number)
{
  int saved = errno;
  on_signal(number);
  errno = saved;
}

/* A signal that the caller ignored (nohup, a shell's background jobs) stays
   ignored. */
int catch_signals(void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
  struct sigaction action, before;
  size_t           i;
  if (pipe(wake) != 0) return -1;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART; /* output is not cut by it */
  action.sa_handler = caught;
  for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (sigaction(numbers[i], NULL, &before) == 0 &&
        before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL); /* a write's error tells it */
  return 0;
}

const char *signal_name(int number)
{
  return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP"
       : number == SIGQUIT ? "SIGQUIT" : "SIGTERM";
}

void net_own(net_socket *s)
{
  fcntl(s->fd, F_SETFD, FD_CLOEXEC);
  fcntl(s->fd, F_SETFL, O_NONBLOCK);
}

void net_finish(net_socket *s) { shutdown(s->fd, SHUT_WR); }
int net_error(void) { return errno; }
int net_goes_on(int e)
{
  return e == EAGAIN || e == EINTR || e == ECONNABORTED;
}

/* poll reports the end of a socket even if nothing is wanted of it, so that
   socket is left out. */
void wait_for_some(net_wait *list, size_t n, uint32_t ms)
{
  struct pollfd p[SOME + 2];
  size_t        i;
  int           wanted = 0;
  for (i = 0; i < n; i++) {
    int want = list[i].want;
    wanted |= want;
    p[i].fd = want != 0 ? list[i].socket->fd : -1;
    p[i].events = (short)((want & TO_READ ? POLLIN : 0) |
                          (want & TO_WRITE ? POLLOUT : 0));
    p[i].revents = 0;
  }
  p[n].fd = wake[0], p[n].events = POLLIN, p[n].revents = 0;
  p[n + 1].fd = wanted != 0 ? asking.fd : -1, p[n + 1].events = POLLIN;
  if (poll(p, (nfds_t)n + 2, (int)ms) < 0) p[n].revents = 0;
  for (i = 0; i < n; i++)
    list[i].ready = p[i].revents != 0 ? list[i].want : 0;
  if (p[n].revents != 0) {
    char    byte;
    ssize_t ignored = read(wake[0], &byte, 1);
    (void)ignored;
  }
}

/* A core dump would hold the password. prctl is for systems that send the dump
   to a program, whatever its size. It also keeps this user's other programs out
   of our memory. */
void system_begin(void)
{
  struct rlimit none = { 0, 0 };
  setrlimit(RLIMIT_CORE, &none);
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN); /* a write's error tells that a file is too long */
#endif
#ifdef __linux__
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void system_end(void) { ask_no_more(); }

int main(int argc, char **argv) { return run_main(argc, argv); }
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
