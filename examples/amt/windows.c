/* windows.c - system.h for Windows. */

#include "chars.h"
#include "system.h"
#include "signals.h"
#include "text.h"

#ifdef _WIN32
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <wchar.h>
#define WIN32_LEAN_AND_MEAN
#include "net.h"
#include <wincrypt.h> /* after winsock2.h */

enum { WIDE = 1024,
       SECOND = 50, LAST = 1500 }; /* tries of 20 ms: a second, half a minute */

const char null_device[] = "NUL";
const char der_cure[] = "a certificate by `certutil -encode FILE FILE.pem`, "
                        "a key by OpenSSL's `openssl pkey`";
const char trust_cure[] = "add the CA to this machine's store (as an "
                          "administrator: certutil -addstore Root FILE), or "
                          "give --ca FILE";
const char zone_cure[] = "here it is a number, as in fe80::1%2512; `netsh "
                         "interface ipv6 show interfaces` lists them";
const int crlf_is_usual = 1;
const char signals_help[] = "at Ctrl-C, a closed console, a\n"
  "                            shutdown: kill (default), detach";
const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                             "QRSTUVWXYZ0123456789_-./:[]\\";
const char quote[] = "\"", quoted_quote[] = "\\\"", path_ends[] = "/\\:";

/* The last error of Windows, and the errno that set_errno made of it. An errno
   tells less, so error_words uses the error. */
static struct { DWORD error; int number; } last;

static void set_errno(DWORD error)
{
  static const struct { DWORD error; int number; } list[] = {
    { ERROR_FILE_NOT_FOUND, ENOENT }, { ERROR_PATH_NOT_FOUND, ENOENT },
    { ERROR_INVALID_NAME, ENOENT }, { ERROR_BAD_NETPATH, ENOENT },
    { ERROR_BAD_NET_NAME, ENOENT }, { ERROR_DIRECTORY, ENOTDIR },
    { ERROR_ACCESS_DENIED, EACCES }, { ERROR_SHARING_VIOLATION, EACCES },
    { ERROR_FILE_EXISTS, EEXIST }, { ERROR_ALREADY_EXISTS, EEXIST },
    { ERROR_INVALID_HANDLE, EBADF }, { ERROR_DISK_FULL, ENOSPC },
    { ERROR_HANDLE_DISK_FULL, ENOSPC }, { ERROR_NO_DATA, EPIPE },
    { ERROR_BROKEN_PIPE, EPIPE }, { ERROR_WRITE_PROTECT, EROFS },
    { ERROR_TOO_MANY_OPEN_FILES, EMFILE }
  };
  size_t i = 0;
  while (i < sizeof list / sizeof *list && list[i].error != error) i++;
  errno = i < sizeof list / sizeof *list ? list[i].number : EIO;
  last.error = error, last.number = errno;
}

static int outcome(BOOL good)
{
  if (!good) set_errno(GetLastError());
  return good ? 0 : -1;
}

static int to_wide(wchar_t to[WIDE], const char *from)
{
  if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, from, -1, to, WIDE))
    return 1;
  errno = ENAMETOOLONG;
  return 0;
}

/* A long name becomes a full path with a prefix that forbids to change it. So
   it may have more than 259 characters, whatever this Windows is set to. */
static int path_wide(wchar_t to[WIDE], const char *from)
{
  enum { SHORT = 240, PREFIX = 8 };
  wchar_t w[WIDE];
  DWORD   n;
  if (!to_wide(to, from)) return 0;
  n = GetFullPathNameW(to, WIDE - PREFIX, w, NULL);
  if (n < SHORT || n >= WIDE - PREFIX) return 1;
  if (wcsncmp(w, L"\\\\?\\", 4) == 0)
    wcscpy(to, w);
  else if (wcsncmp(w, L"\\\\", 2) == 0)
    wcscat(wcscpy(to, L"\\\\?\\UNC"), w + 1);
  else
    wcscat(wcscpy(to, L"\\\\?\\"), w);
  return 1;
}

/* Invalid UTF-16 becomes invalid UTF-8, which is refused later, with the name
   of where it is. Returns the length, with the end. */
static size_t to_utf8(char *to, size_t room, const wchar_t *from)
{
  int n = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, from, -1, to,
                              (int)room, NULL, NULL);
  return n > 0 ? (size_t)n : strlen(strcpy(to, "\xFF")) + 1;
}

static const char *windows_words(DWORD error)
{
  static char words[3 * 300 + 40]; /* UTF-8 has three bytes for a unit */
  wchar_t     w[300];
  size_t      n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM |
                                 FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0,
                                 w, 300, NULL);
  while (n > 0 && (w[n - 1] <= L' ' || w[n - 1] == L'.')) n--;
  w[n] = 0;
  n = n > 0 ? to_utf8(words, sizeof words - 40, w) - 1 : 0;
  text(words + n, sizeof words - n, "%sWindows error %u%s", n > 0 ? " (" : "",
       (unsigned)error, n > 0 ? ")" : "");
  return words;
}

const char *error_words(int number)
{
  return number == last.number ? windows_words(last.error) : strerror(number);
}

static HANDLE handle_of(int fd) { return (HANDLE)_get_osfhandle(fd); }

/* Shared with all others, as files are on POSIX systems, and not inherited. */
static int open_file(const char *path, DWORD access, DWORD how, DWORD flags)
{
  wchar_t w[WIDE];
  HANDLE  h;
  if (!path_wide(w, path)) return -1;
  h = CreateFileW(w, access, flags & FILE_FLAG_DELETE_ON_CLOSE ? 0 :
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  NULL, how, FILE_ATTRIBUTE_NORMAL | flags, NULL);
  if (h == INVALID_HANDLE_VALUE) {
    DWORD e = GetLastError(), is = GetFileAttributesW(w);
    set_errno(e);
    if (is != INVALID_FILE_ATTRIBUTES && (is & FILE_ATTRIBUTE_DIRECTORY) != 0)
      errno = EISDIR;
    SetLastError(e);
    return -1;
  }
  return _open_osfhandle((intptr_t)h, _O_BINARY | _O_NOINHERIT);
}

int file_open(const char *path)
{
  return open_file(path, GENERIC_READ, OPEN_EXISTING, 0);
}

/* On Windows the folder says who may write a file. So only pipes and devices
   are refused here. */
int file_open_as(const char *path, int as, const char **fault)
{
  int fd = file_open(path);
  *fault = NULL;
  if (fd < 0 || as < AS_FILE ||
      GetFileType(handle_of(fd)) == FILE_TYPE_DISK) return fd;
  _close(fd);
  *fault = "no file; a pipe or a device is not read here";
  return -1;
}

int file_shown(int fd) { return (void)fd, 0; }

/* It asks again and again, since an anonymous pipe has no event. */
int file_waits(int fd, uint32_t ms)
{
  uint32_t begun = now_ms();
  DWORD    n = 0;
  for (; PeekNamedPipe(handle_of(fd), NULL, 0, NULL, &n, NULL) && n == 0;
       Sleep(10)) if (ms != 0 && now_ms() - begun >= ms) return 1;
  return 0;
}

/* Virus scanners and the like hold a file that was just written. 1: try again,
   `most` times at most. */
static int again_for(int *tries, int most)
{
  DWORD e = GetLastError();
  if ((e != ERROR_SHARING_VIOLATION && e != ERROR_ACCESS_DENIED) ||
      ++*tries > most) return 0;
  Sleep(20);
  SetLastError(e);
  return 1;
}

/* Removes a read-only file, too: some programs set that bit on all files. */
static int remove_for(const char *path, int most)
{
  wchar_t w[WIDE];
  int     tries = 0;
  BOOL    good;
  if (!path_wide(w, path)) return -1;
  SetFileAttributesW(w, FILE_ATTRIBUTE_NORMAL);
  do good = DeleteFileW(w); while (!good && again_for(&tries, most));
  return outcome(good);
}

int file_remove(const char *path) { return remove_for(path, SECOND); }
int file_remove_at_last(const char *path) { return remove_for(path, LAST); }

int file_create(const char *path)
{
  return open_file(path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0);
}

ptrdiff_t file_read(int fd, void *p, size_t n)
{
  DWORD got = 0;
  if (ReadFile(handle_of(fd), p, (DWORD)n, &got, NULL) ||
      GetLastError() == ERROR_BROKEN_PIPE) return (ptrdiff_t)got;
  return outcome(0);
}

enum { WAKE, NET }; /* what every wait watches */
static HANDLE events[2], main_thread;

void wake_up(void) { SetEvent(events[WAKE]); }

/* Who reads standard output or standard error may stand still; so does a
   console while somebody marks text in it. So a thread writes there, one for
   each. Until `idle` is set, all of this is the thread's. */
static struct writer {
  HANDLE thread, work, idle; /* the last two are events */
  int    fd, asked;          /* asked: the caller has not got the outcome */
  size_t n, held;
  DWORD  put, error;
  char   bytes[BUFFER], rest[4];
} writers[2];

static struct writer *writer_of(int fd)
{
  struct writer *w = &writers[fd == 2];
  return w->fd == fd && w->thread != NULL ? w : NULL;
}

/* A console gets UTF-16, so its code page, which is the shell's, does not
   matter. The first bytes of a character wait for the rest. */
static BOOL console_write(struct writer *w)
{
  char    all[BUFFER + 4];
  wchar_t wide[BUFFER + 4];
  size_t  n = w->held + w->n, whole;
  int     count;
  memcpy(all, w->rest, w->held);
  memcpy(all + w->held, w->bytes, w->n);
  whole = whole_chars(all, n);
  count = MultiByteToWideChar(CP_UTF8, 0, all, (int)whole, wide, BUFFER + 4);
  if (count > 0 && !WriteConsoleW(handle_of(w->fd), wide, (DWORD)count, &w->put,
                                  NULL)) return FALSE;
  w->held = n - whole;
  memcpy(w->rest, all + whole, w->held);
  w->put = (DWORD)w->n;
  return TRUE;
}

static DWORD WINAPI keep_writing(void *place)
{
  struct writer *w = (struct writer *)place;
  while (WaitForSingleObject(w->work, INFINITE) == WAIT_OBJECT_0) {
    BOOL good = is_terminal(w->fd) ? console_write(w) :
                WriteFile(handle_of(w->fd), w->bytes, (DWORD)w->n, &w->put,
                          NULL);
    w->error = good ? 0 : GetLastError();
    SetEvent(w->idle);
  }
  return 0;
}

/* A caller who gave up on what the thread has may come with other bytes. */
ptrdiff_t file_write(int fd, const void *p, size_t n)
{
  struct writer *w = writer_of(fd);
  DWORD          put = 0;
  if (w == NULL)
    return WriteFile(handle_of(fd), p, (DWORD)(n > 1 << 20 ? 1 << 20 : n), &put,
                     NULL) ? (ptrdiff_t)put : outcome(0);
  if (n > BUFFER) n = BUFFER;
  if (!w->asked || w->n != n || memcmp(w->bytes, p, n) != 0) {
    memcpy(w->bytes, p, w->n = n);
    w->asked = 1;
    ResetEvent(w->idle);
    SetEvent(w->work);
    errno = EAGAIN;
    return -1;
  }
  w->asked = 0;
  if (w->error != 0) set_errno(w->error);
  return w->error != 0 ? -1 : (ptrdiff_t)w->put;
}

int file_room(int fd, uint32_t ms, int woken)
{
  struct writer *w = writer_of(fd);
  HANDLE look_at[2] = { w != NULL ? w->idle : NULL, events[WAKE] };
  DWORD  e, count = woken && events[WAKE] != NULL ? 2 : 1;
  if (w == NULL) return 1;
  e = WaitForMultipleObjects(count, look_at, FALSE, ms);
  if (e == WAIT_OBJECT_0 + 1) wake_up(); /* the next wait is to see it, too */
  return e == WAIT_OBJECT_0;
}

int file_overwrite(const char *path, const void *p, size_t n)
{
  int fd = open_file(path, GENERIC_WRITE, TRUNCATE_EXISTING, 0), e;
  if (fd < 0) return -1;
  e = file_write(fd, p, n) == (ptrdiff_t)n
    ? outcome(FlushFileBuffers(handle_of(fd))) : -1;
  return _close(fd) != 0 ? -1 : e;
}

void file_close(int fd) { _close(fd); }
int file_device(const char *path) { return (void)path, errno = EEXIST, -1; }

ptrdiff_t file_again(int fd, void *p, size_t n)
{
  return file_seek(fd, 0) == 0 ? file_read(fd, p, n) : -1;
}

int64_t file_seek(int fd, int64_t at)
{
  LARGE_INTEGER to, now_at;
  to.QuadPart = at < 0 ? 0 : at;
  if (!SetFilePointerEx(handle_of(fd), to, &now_at,
                        at < 0 ? FILE_END : FILE_BEGIN)) return outcome(0);
  return now_at.QuadPart;
}

int file_replace(int fd, const char *from, const char *to)
{
  wchar_t f[WIDE], t[WIDE];
  int     tries = 0, e = outcome(FlushFileBuffers(handle_of(fd)));
  BOOL    good;
  if (_close(fd) != 0) e = -1;
  if (e != 0 || !path_wide(f, from) || !path_wide(t, to)) return -1;
  do good = MoveFileExW(f, t, MOVEFILE_REPLACE_EXISTING |
                        MOVEFILE_WRITE_THROUGH);
  while (!good && again_for(&tries, SECOND));
  return outcome(good);
}

/* A power cut may bring it back. A state file with an id does no harm. */
int file_gone(const char *path) { return (void)path, 0; }

/* The system removes it when this process ends, in whatever way. */
int file_lock(const char *path, const char **fault)
{
  int tries = 0, fd;
  *fault = NULL;
  do fd = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS,
                    FILE_FLAG_DELETE_ON_CLOSE);
  while (fd < 0 && GetLastError() == ERROR_ACCESS_DENIED &&
         again_for(&tries, SECOND));
  return fd < 0 && GetLastError() == ERROR_SHARING_VIOLATION ? -2 : fd;
}

void file_unlock(int fd, const char *path) { (void)path, _close(fd); }

/* The time since 1601, in steps of 100 ns. */
static int64_t steps_of(FILETIME t)
{
  return (int64_t)((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime);
}

int file_look(const char *path, uint64_t *size, int64_t *age)
{
  BY_HANDLE_FILE_INFORMATION i;
  FILETIME                   t;
  int fd = open_file(path, GENERIC_READ, OPEN_EXISTING,
                     FILE_FLAG_OPEN_REPARSE_POINT);
  if (fd < 0) return -1;
  if (GetFileInformationByHandle(handle_of(fd), &i) == 0 ||
      (i.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY |
                             FILE_ATTRIBUTE_REPARSE_POINT)) != 0) {
    _close(fd);
    return -1;
  }
  GetSystemTimeAsFileTime(&t);
  *size = (uint64_t)i.nFileSizeHigh << 32 | i.nFileSizeLow;
  *age = (steps_of(t) - steps_of(i.ftLastWriteTime)) / 10000000;
  return fd;
}

void folder_list(const char *path, void (*each)(char *name))
{
  WIN32_FIND_DATAW found;
  wchar_t          w[WIDE];
  char             name[PATHS];
  HANDLE           h;
  if (!path_wide(w, text(name, sizeof name, "%s/*", path))) return;
  h = FindFirstFileW(w, &found);
  if (h == INVALID_HANDLE_VALUE) return;
  do {
    to_utf8(name, sizeof name, found.cFileName);
    each(name);
  } while (FindNextFileW(h, &found));
  FindClose(h);
}

void program_path(char *to, size_t room, const char *argv0)
{
  wchar_t w[WIDE];
  DWORD   n = GetModuleFileNameW(NULL, w, WIDE);
  if (n > 0 && n < WIDE) to_utf8(to, room, w);
  else text(to, room, "%s", argv0);
}

static struct { char name[20], value[3 * TOKEN]; } known[8];

/* The same pointer for the same name; NULL if it is not set. */
const char *environment(const char *name)
{
  static wchar_t value[32768]; /* no variable is longer */
  wchar_t        w[WIDE];
  size_t         i = 0, all = sizeof known / sizeof *known;
  while (i < all && *known[i].name != 0 && strcmp(known[i].name, name) != 0)
    i++;
  if (i == all || !to_wide(w, name)) return NULL;
  if (*known[i].name != 0) return known[i].value;
  if (GetEnvironmentVariableW(w, value, 32768) == 0) return NULL;
  to_utf8(known[i].value, sizeof known[i].value, value);
  wipe(value, sizeof value);
  strcpy(known[i].name, name);
  return known[i].value;
}

void environment_wipe(const char *name)
{
  size_t i;
  for (i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, name) == 0)
      wipe(known[i].value, sizeof known[i].value);
}

unsigned process_id(void) { return (unsigned)GetCurrentProcessId(); }

uint32_t random_number(void)
{
  uint32_t n = 0;
  return amt_winsock_random(NULL, &n, sizeof n) ? n : GetTickCount();
}

int is_terminal(int fd)
{
  DWORD mode;
  return GetConsoleMode(handle_of(fd), &mode) != 0;
}

int terminal_width(int fd)
{
  CONSOLE_SCREEN_BUFFER_INFO i;
  if (!file_room(fd, 0, 0) || /* or this might wait, too */
      !GetConsoleScreenBufferInfo(handle_of(fd), &i)) return 0;
  return i.srWindow.Right - i.srWindow.Left + 1;
}

time_t clock_now(unsigned *ms)
{
  FILETIME t;
  GetSystemTimeAsFileTime(&t);
  *ms = (unsigned)(steps_of(t) / 10000 % 1000);
  return (time_t)(steps_of(t) / 10000000 - 11644473600);
}

/* The C library's localtime obeys TZ, which programs from other systems set in
   a spelling of their own. */
int clock_local(time_t t, struct tm *to)
{
  uint64_t   ticks = (uint64_t)(t + 11644473600) * 10000000u;
  FILETIME   utc;
  SYSTEMTIME of_utc, local;
  utc.dwHighDateTime = (DWORD)(ticks >> 32), utc.dwLowDateTime = (DWORD)ticks;
  if (!FileTimeToSystemTime(&utc, &of_utc) ||
      !SystemTimeToTzSpecificLocalTime(NULL, &of_utc, &local)) return 0;
  memset(to, 0, sizeof *to);
  to->tm_year = local.wYear - 1900, to->tm_mon = local.wMonth - 1;
  to->tm_mday = local.wDay, to->tm_hour = local.wHour;
  to->tm_min = local.wMinute, to->tm_sec = local.wSecond;
  return 1;
}

uint32_t now_ms(void) { return amt_winsock_now(); }

/* Threads look names up. So a name server that does not answer delays no signal
   and no time limit. A thread cannot be stopped: each has a place of its own
   until it has its answer. */
static struct asking {
  HANDLE      thread;
  char        host[254];
  int         count;
  amt_address list[AMT_ADDRESSES];
} asking[8], *question; /* the one whose answer is waited for, or NULL */

static DWORD WINAPI give_answer(void *place)
{
  struct asking *of = (struct asking *)place;
  of->count = amt_winsock_resolve(NULL, of->host, of->list, AMT_ADDRESSES);
  return 0;
}

static int answered(struct asking *of, DWORD ms)
{
  if (WaitForSingleObject(of->thread, ms) != WAIT_OBJECT_0) return 0;
  CloseHandle(of->thread);
  of->thread = NULL;
  return 1;
}

/* A thread that looks this host up, or NULL. An answer that nobody fetched is
   old, and is thrown away. */
static struct asking *begin_asking(const char *host)
{
  struct asking *of, *unused = NULL;
  for (of = asking; of < asking + 8; of++) {
    if (of->thread == NULL || answered(of, 0)) unused = of;
    else if (strcmp(of->host, host) == 0) return of;
  }
  if (unused == NULL) return NULL;
  text(unused->host, sizeof unused->host, "%s", host);
  unused->thread = CreateThread(NULL, 0, give_answer, unused, 0, NULL);
  return unused->thread != NULL ? unused : NULL;
}

/* An amt_resolver. If there can be no thread, it looks the name up here, and
   waits. */
static int ask(void *ctx, const char *host, amt_address *a, int max)
{
  struct asking *of = question;
  if (of == NULL || strcmp(of->host, host) != 0) of = begin_asking(host);
  question = of;
  if (of == NULL) return amt_winsock_resolve(ctx, host, a, max);
  if (!answered(of, 1)) return AMT_AGAIN;
  question = NULL;
  memcpy(a, of->list, sizeof *a * (size_t)max);
  return of->count;
}

int net_asks(void) { return question != NULL; }
const char *net_words(int error) { return windows_words((DWORD)error); }

void net_init(net_socket *s)
{
  amt_winsock_init(s);
  s->resolve = ask;
  question = NULL;
}

void leave_at_once(int status)
{
  TerminateProcess(GetCurrentProcess(), (UINT)status);
}

/* Runs in a thread of its own. When a window closes or the system shuts down,
   the process is ended as soon as this returns; so it does not return. Services
   get CTRL_LOGOFF_EVENT when any user logs off: that is not for them. */
static BOOL WINAPI on_console(DWORD event)
{
  if (event == CTRL_LOGOFF_EVENT) return TRUE;
  if (signals != 0) SuspendThread(main_thread);
  on_signal(event == CTRL_C_EVENT ? SIGINT :
            event == CTRL_BREAK_EVENT ? SIGBREAK : SIGTERM);
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

/* A Ctrl-C that the caller ignored stays ignored. */
int catch_signals(void)
{
  int i;
  for (i = 0; i < 2; i++) events[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
  if (events[WAKE] == NULL || events[NET] == NULL ||
      !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
                       GetCurrentProcess(), &main_thread, 0, FALSE,
                       DUPLICATE_SAME_ACCESS)) return outcome(0);
  return outcome(SetConsoleCtrlHandler(on_console, TRUE));
}

const char *signal_name(int number)
{
  return number == SIGINT ? "Ctrl-C" : number == SIGBREAK ? "Ctrl-Break"
                                     : "the end of the console";
}

/* A socket that no other program inherits, and that never blocks. */
void net_own(net_socket *s)
{
  u_long asynchronous = 1;
  SetHandleInformation((HANDLE)s->fd, HANDLE_FLAG_INHERIT, 0);
  WSAEventSelect(s->fd, NULL, 0); /* the listener's, which it inherits */
  ioctlsocket(s->fd, (long)FIONBIO, &asynchronous);
}

void net_finish(net_socket *s) { shutdown(s->fd, SD_SEND); }
int net_error(void) { return WSAGetLastError(); }
int net_goes_on(int e) { return e == WSAEWOULDBLOCK || e == WSAECONNRESET; }

/* What is ready already. 1: something is. */
static int look_at_some(net_wait *list, size_t n)
{
  int some = 0;
  for (; n > 0; list++, n--) {
    amt_stream *s = &list->socket->stream;
    int         want = list->want;
    list->ready = 0;
    if (list->socket->fd != INVALID_SOCKET &&
        ((want & TO_READ && s->ops->wait(s, AMT_WANT_READ, 0)) ||
         (want & TO_WRITE && s->ops->wait(s, AMT_WANT_WRITE, 0))))
      list->ready = some = want;
  }
  return some;
}

/* Asks for events to come, then looks at what is ready already: so nothing is
   missed. An event left over ends the next wait early, which does no harm. */
void wait_for_some(net_wait *list, size_t n, uint32_t ms)
{
  HANDLE look_at[3] = { events[WAKE], events[NET], NULL };
  DWORD  count = 2;
  size_t i;
  ResetEvent(events[NET]);
  for (i = 0; i < n; i++) {
    int want = list[i].want;
    if (want != 0 && question != NULL) look_at[2] = question->thread, count = 3;
    if (list[i].socket->fd == INVALID_SOCKET) continue;
    WSAEventSelect(list[i].socket->fd, events[NET],
                   want == 0 ? 0 : FD_CLOSE |
                   (want & TO_READ ? FD_READ | FD_ACCEPT : 0) |
                   (want & TO_WRITE ? FD_WRITE | FD_CONNECT : 0));
  }
  if (look_at_some(list, n)) return;
  WaitForMultipleObjects(count, look_at, FALSE, ms);
  look_at_some(list, n);
}

#ifdef AMT_BEARSSL
const char *const ca_places[] = { NULL };

/* The roots that this machine and this user trust, and do not distrust. */
const char *ca_store(int (*take)(const char *p, size_t n), int *error)
{
  static char    pem[KEYS];
  HCERTSTORE     roots = CertOpenSystemStoreW(0, L"ROOT");
  HCERTSTORE     bad = CertOpenSystemStoreW(0, L"Disallowed");
  const CERT_CONTEXT *c = NULL;
  while (roots != NULL && *error == 0 &&
         (c = CertEnumCertificatesInStore(roots, c)) != NULL) {
    const CERT_CONTEXT *found = NULL;
    DWORD               n = sizeof pem;
    if (bad != NULL)
      found = CertFindCertificateInStore(bad, X509_ASN_ENCODING, 0,
                                         CERT_FIND_EXISTING, c, NULL);
    if (found != NULL)
      CertFreeCertificateContext(found);
    else if (CryptBinaryToStringA(c->pbCertEncoded, c->cbCertEncoded,
                                  CRYPT_STRING_BASE64HEADER, pem, &n))
      *error = take(pem, n);
  }
  if (c != NULL) CertFreeCertificateContext(c);
  if (roots != NULL) CertCloseStore(roots, 0);
  if (bad != NULL) CertCloseStore(bad, 0);
  return roots != NULL ? "the trusted roots of Windows" : NULL;
}
#endif

/* Looks at once what standard output and standard error are: while a thread
   waits to write, Windows lets whoever asks wait, too. */
void system_begin(void)
{
  int fd;
  for (fd = 1; fd <= 2; fd++) {
    struct writer *w = &writers[fd - 1];
    DWORD          is = GetFileType(handle_of(fd));
    if (is != FILE_TYPE_PIPE && is != FILE_TYPE_CHAR) continue;
    w->fd = fd;
    w->work = CreateEventW(NULL, FALSE, FALSE, NULL);
    w->idle = CreateEventW(NULL, TRUE, TRUE, NULL);
    if (w->work != NULL && w->idle != NULL)
      w->thread = CreateThread(NULL, 0, keep_writing, w, 0, NULL);
  }
}

void system_end(void) {}

int _dowildcard = 0; /* for MinGW: "-pa *" is no list of files */

/* The arguments in UTF-8, each in place of the wide one. */
int wmain(int argc, wchar_t **wide)
{
  static char arguments[3 * 32768]; /* a command line has 32,767 */
  size_t      at = 0;
  int         i;
  for (i = 0; i < argc; i++) {
    char *a = arguments + at;
    at += to_utf8(a, sizeof arguments - at, wide[i]);
    memcpy(&wide[i], &a, sizeof a);
  }
  return run_main(argc, (char **)(void *)wide);
}
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
