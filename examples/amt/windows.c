/* windows.c - the system's face on Windows: see system.h. */

#include "system.h"
#include "signals.h"
#include "text.h"

#ifdef _WIN32
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <string.h>
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define FD_SETSIZE 96 /* more than SOME */
#include "net.h"
#include <wincrypt.h> /* behind winsock2.h */

enum { WIDE = 1024 };

const char null_device[] = "NUL";
const char der_cure[] = "a certificate by `certutil -encode FILE FILE.pem`, "
                        "a key by OpenSSL's `openssl pkey`";
const char trust_cure[] = "add the CA to this machine's store (as an "
                          "administrator: certutil -addstore Root FILE), or "
                          "give --ca FILE";
const char zone_cure[] = "here it is a number, as in fe80::1%2512; `netsh "
                         "interface ipv6 show interfaces` lists them";
const char signals_help[] = "at Ctrl-C, a closed console, a\n"
                            "                            shutdown: kill "
                            "(default), detach";
/* What needs no quotes in a command line, and the quotes for the rest. */
const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                             "QRSTUVWXYZ0123456789_-./:[]\\";
const char quote[] = "\"", quoted_quote[] = "\\\"";

static void set_errno(DWORD error)
{
  static const struct { DWORD error; int number; } list[] = {
    { ERROR_FILE_NOT_FOUND, ENOENT }, { ERROR_PATH_NOT_FOUND, ENOENT },
    { ERROR_INVALID_NAME, ENOENT }, { ERROR_BAD_NETPATH, ENOENT },
    { ERROR_BAD_NET_NAME, ENOENT }, { ERROR_DIRECTORY, ENOTDIR },
    { ERROR_ACCESS_DENIED, EACCES }, { ERROR_SHARING_VIOLATION, EACCES },
    { ERROR_WRITE_PROTECT, EROFS }, { ERROR_FILE_EXISTS, EEXIST },
    { ERROR_ALREADY_EXISTS, EEXIST }, { ERROR_DISK_FULL, ENOSPC },
    { ERROR_HANDLE_DISK_FULL, ENOSPC }, { ERROR_BROKEN_PIPE, EPIPE },
    { ERROR_NO_DATA, EPIPE }, { ERROR_INVALID_HANDLE, EBADF },
    { ERROR_TOO_MANY_OPEN_FILES, EMFILE },
    { ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG }
  };
  size_t i = 0;
  while (i < sizeof list / sizeof *list && list[i].error != error) i++;
  errno = i < sizeof list / sizeof *list ? list[i].number : EIO;
}

/* 0, or -1 as said, from what the system calls success. */
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

/* What is no UTF-16 becomes what is no UTF-8, which is refused with its name
   wherever it stands. Its length, with the end. */
static size_t to_utf8(char *to, size_t room, const wchar_t *from)
{
  int n = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, from, -1, to,
                              (int)room, NULL, NULL);
  return n > 0 ? (size_t)n : strlen(strcpy(to, "\xFF")) + 1;
}

static HANDLE handle_of(int fd) { return (HANDLE)_get_osfhandle(fd); }

/* Shared with all others, as files are on POSIX systems. */
static int open_file(const char *path, DWORD access, DWORD how, DWORD flags)
{
  SECURITY_ATTRIBUTES *not_inherited = NULL;
  wchar_t              w[WIDE];
  HANDLE               h;
  if (!to_wide(w, path)) return -1;
  h = CreateFileW(w, access, flags & FILE_FLAG_DELETE_ON_CLOSE ? 0 :
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  not_inherited, how, FILE_ATTRIBUTE_NORMAL | flags, NULL);
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

/* Who may write a file, its folder says here: only pipes and devices are told
   from files. */
int file_open_as(const char *path, int as, const char **fault)
{
  int fd = open_file(path, GENERIC_READ, OPEN_EXISTING, 0);
  *fault = NULL;
  if (fd < 0 || as < AS_FILE ||
      GetFileType(handle_of(fd)) == FILE_TYPE_DISK) return fd;
  _close(fd);
  *fault = "no file; a pipe or a device is not read here";
  return -1;
}

int file_shown(int fd)
{
  (void)fd;
  return 0;
}

int file_waits(int fd, uint32_t ms)
{
  (void)fd, (void)ms;
  return 0;
}

enum { SECOND = 50, HALF_A_MINUTE = 1500 };

/* Virus scanners and the like hold what was just written: 1 to try again, so
   often at most. */
static int again_for(int *tries, int most)
{
  DWORD e = GetLastError();
  if ((e != ERROR_SHARING_VIOLATION && e != ERROR_ACCESS_DENIED) ||
      ++*tries > most) return 0;
  Sleep(20);
  SetLastError(e);
  return 1;
}

static int again(int *tries) { return again_for(tries, SECOND); }

/* Some copy a read-only bit to all files of a folder. */
static int remove_for(const char *path, int most)
{
  wchar_t w[WIDE];
  int     tries = 0;
  DWORD   is;
  BOOL    good;
  if (!to_wide(w, path)) return -1;
  is = GetFileAttributesW(w);
  if (is != INVALID_FILE_ATTRIBUTES && (is & FILE_ATTRIBUTE_READONLY) != 0)
    SetFileAttributesW(w, FILE_ATTRIBUTE_NORMAL);
  do good = DeleteFileW(w); while (!good && again_for(&tries, most));
  return outcome(good);
}

int file_remove(const char *path) { return remove_for(path, SECOND); }

int file_remove_at_last(const char *path)
{
  return remove_for(path, HALF_A_MINUTE);
}

int file_create(const char *path)
{
  return open_file(path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0);
}

ptrdiff_t file_read(int fd, void *p, size_t n)
{
  DWORD got = 0;
  if (ReadFile(handle_of(fd), p, (DWORD)(n > 1 << 20 ? 1 << 20 : n), &got,
               NULL) || GetLastError() == ERROR_BROKEN_PIPE)
    return (ptrdiff_t)got;
  return outcome(0);
}

ptrdiff_t file_write(int fd, const void *p, size_t n)
{
  DWORD put = 0;
  if (WriteFile(handle_of(fd), p, (DWORD)(n > 1 << 20 ? 1 << 20 : n), &put,
                NULL)) return (ptrdiff_t)put;
  return outcome(0);
}

/* Nobody can know that of a pipe. */
int file_room(int fd, uint32_t ms, int woken)
{
  (void)fd, (void)ms, (void)woken;
  return 1;
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

ptrdiff_t file_again(int fd, void *p, size_t n)
{
  LARGE_INTEGER start;
  start.QuadPart = 0;
  if (!SetFilePointerEx(handle_of(fd), start, NULL, FILE_BEGIN))
    return outcome(0);
  return file_read(fd, p, n);
}

int file_device(const char *path)
{
  (void)path;
  errno = EEXIST;
  return -1;
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
  if (e != 0 || !to_wide(f, from) || !to_wide(t, to)) return -1;
  do good = MoveFileExW(f, t, MOVEFILE_REPLACE_EXISTING |
                        MOVEFILE_WRITE_THROUGH);
  while (!good && again(&tries));
  return outcome(good);
}

/* Should a power cut bring it back: a state file with an id does no harm. */
int file_gone(const char *path)
{
  (void)path;
  return 0;
}

/* The system removes it as it ends this process, however that comes. */
int file_lock(const char *path, const char **fault)
{
  int tries = 0, fd;
  *fault = NULL;
  do fd = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS,
                    FILE_FLAG_DELETE_ON_CLOSE);
  while (fd < 0 && GetLastError() == ERROR_ACCESS_DENIED && again(&tries));
  return fd < 0 && GetLastError() == ERROR_SHARING_VIOLATION ? -2 : fd;
}

void file_unlock(int fd, const char *path)
{
  (void)path;
  _close(fd);
}

static int64_t seconds_of(FILETIME t)
{
  return (int64_t)(((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) /
                   10000000u);
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
  *age = seconds_of(t) - seconds_of(i.ftLastWriteTime);
  return fd;
}

void folder_list(const char *path, void (*each)(char *name))
{
  WIN32_FIND_DATAW found;
  wchar_t          w[WIDE];
  char             name[PATHS];
  HANDLE           h;
  if (!to_wide(w, text(name, sizeof name, "%s/*", path))) return;
  h = FindFirstFileW(w, &found);
  if (h == INVALID_HANDLE_VALUE) return;
  do {
    to_utf8(name, sizeof name, found.cFileName);
    each(name);
  } while (FindNextFileW(h, &found));
  FindClose(h);
}

/* Behind its folder's name. NULL: it has none. */
char *file_name(char *path)
{
  char *p = path + strlen(path);
  while (p > path && strchr("/\\:", p[-1]) == NULL) p--;
  return p > path ? p : NULL;
}

void program_path(char *to, size_t room, const char *argv0)
{
  wchar_t w[WIDE];
  DWORD   n = GetModuleFileNameW(NULL, w, WIDE);
  if (n > 0 && n < WIDE) to_utf8(to, room, w);
  else text(to, room, "%s", argv0);
}

static struct { char name[20], value[3 * TOKEN]; } known[8];

/* The same pointer for the same name; NULL if it is not there. */
const char *environment(const char *name)
{
  static wchar_t value[TOKEN];
  wchar_t        w[WIDE];
  size_t         i = 0, all = sizeof known / sizeof *known;
  while (i < all && *known[i].name != 0 && strcmp(known[i].name, name) != 0)
    i++;
  if (i == all || !to_wide(w, name)) return NULL;
  if (*known[i].name != 0) return known[i].value;
  if (GetEnvironmentVariableW(w, value, TOKEN) == 0) return NULL;
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
  if (!amt_winsock_random(NULL, &n, sizeof n)) n = GetTickCount();
  return n;
}

int is_terminal(int fd)
{
  DWORD mode;
  return GetConsoleMode(handle_of(fd), &mode) != 0;
}

int terminal_width(int fd)
{
  CONSOLE_SCREEN_BUFFER_INFO i;
  if (!GetConsoleScreenBufferInfo(handle_of(fd), &i)) return 0;
  return i.srWindow.Right - i.srWindow.Left + 1;
}

/* Seconds since 1970; *ms of the one that runs. */
time_t clock_now(unsigned *ms)
{
  FILETIME t;
  GetSystemTimeAsFileTime(&t);
  *ms = (unsigned)((((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) /
                    10000u) % 1000u);
  return (time_t)(seconds_of(t) - 11644473600);
}

uint32_t now_ms(void) { return amt_winsock_now(); }

/* Names: threads ask for them, so that a name server that does not answer
   keeps no signal and no time limit waiting. They cannot be stopped: each has a
   place of its own until it has its answer. */
static struct asking {
  HANDLE      thread;
  char        host[254];
  int         count;
  amt_address list[AMT_ADDRESSES];
} asking[8];

static DWORD WINAPI give_answer(void *place)
{
  struct asking *of = (struct asking *)place;
  of->count = amt_winsock_resolve(NULL, of->host, of->list, AMT_ADDRESSES);
  return 0;
}

/* An amt_resolver. Where no thread can be had, it waits. */
static int ask(void *ctx, const char *host, amt_address *a, int max)
{
  struct asking *of = asking, *end = asking + 8, *unused = NULL;
  for (; of < end && !(of->thread && strcmp(of->host, host) == 0); of++)
    if (of->thread == NULL) unused = of;
  if (of == end && unused != NULL) {
    of = unused;
    text(of->host, sizeof of->host, "%s", host);
    of->thread = CreateThread(NULL, 0, give_answer, of, 0, NULL);
  }
  if (of == end || of->thread == NULL)
    return amt_winsock_resolve(ctx, host, a, max);
  if (WaitForSingleObject(of->thread, 1) != WAIT_OBJECT_0) return AMT_AGAIN;
  CloseHandle(of->thread);
  of->thread = NULL;
  memcpy(a, of->list, sizeof *a * (size_t)max);
  return of->count;
}

static HANDLE asking_thread(void)
{
  size_t i = 0;
  while (i < 8 && asking[i].thread == NULL) i++;
  return i < 8 ? asking[i].thread : NULL;
}

int net_asks(void) { return asking_thread() != NULL; }

void net_init(net_socket *s)
{
  amt_winsock_init(s);
  s->resolve = ask;
}

uint32_t net_zone(const char *name)
{
  uint64_t number;
  if (amt_json_uint64(name, strlen(name), &number) == 0 &&
      number <= INT_MAX) return (uint32_t)number;
  return 0;
}

/* In the language that this Windows speaks. */
const char *net_words(int error)
{
  static char words[400];
  wchar_t     w[300];
  DWORD       n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM |
                                 FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                 (DWORD)error, 0, w, 300, NULL);
  while (n > 0 && (w[n - 1] <= L' ' || w[n - 1] == L'.')) n--;
  w[n] = 0;
  if (n == 0) return text(words, sizeof words, "Winsock's error %d", error);
  to_utf8(words, sizeof words, w);
  return words;
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
  return roots != NULL ? "Windows's trusted roots" : NULL;
}
#endif

static HANDLE wake, net_event; /* what every wait looks at */
static HANDLE main_thread;
static UINT   code_page; /* the console's, before us */

void wake_up(void) { SetEvent(wake); }

void system_end(void)
{
  if (code_page != 0) SetConsoleOutputCP(code_page);
}

void leave_at_once(int status)
{
  system_end();
  TerminateProcess(GetCurrentProcess(), (UINT)status);
}

/* Runs in a thread of its own. A window that closes, a system that shuts down:
   as soon as this returns, the process is ended, so it does not. Services get
   CTRL_LOGOFF_EVENT when any user logs off, who has nothing to do with them. */
static BOOL WINAPI on_console(DWORD event)
{
  if (event == CTRL_LOGOFF_EVENT) return TRUE;
  if (signals != 0) SuspendThread(main_thread);
  on_signal(event == CTRL_C_EVENT ? SIGINT :
            event == CTRL_BREAK_EVENT ? SIGBREAK : SIGTERM);
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

/* A Ctrl-C that the caller has had ignored stays so. */
int catch_signals(void)
{
  wake = CreateEventW(NULL, FALSE, FALSE, NULL);
  net_event = CreateEventW(NULL, FALSE, FALSE, NULL);
  if (wake == NULL || net_event == NULL ||
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

/* First the events to come, then a look at what is so already: nothing can
   slip through between the two. What an event leaves behind for the next wait
   ends that one early, which does no harm. */
void wait_for(net_socket *s, int readable, int writable, uint32_t ms)
{
  HANDLE events[2];
  DWORD  count = s->fd != INVALID_SOCKET && (readable || writable) ? 2 : 1;
  events[0] = wake, events[1] = net_event;
  if (count == 1 && asking_thread() != NULL) {
    events[1] = asking_thread();
    WaitForMultipleObjects(2, events, FALSE, ms);
    return;
  }
  if (count == 2) {
    WSAEventSelect(s->fd, net_event, FD_CLOSE | (readable ? FD_READ : 0) |
                                     (writable ? FD_WRITE | FD_CONNECT : 0));
    if (readable && s->stream.ops->wait(&s->stream, AMT_WANT_READ, 0)) return;
    if (writable && s->stream.ops->wait(&s->stream, AMT_WANT_WRITE, 0)) return;
  }
  WaitForMultipleObjects(count, events, FALSE, ms);
}

/* Without SO_EXCLUSIVEADDRUSE, any program could take the port as well. */
int net_listen(net_socket *s, const amt_address *a, uint16_t *port)
{
  static const char       on[sizeof(BOOL)] = { 1 };
  struct sockaddr_storage name;
  socklen_t               n = net_name(&name, a, *port);
  u_long                  asynchronous = 1;
  net_init(s);
  s->fd = socket(a->len == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  if (s->fd == INVALID_SOCKET ||
      !SetHandleInformation((HANDLE)s->fd, HANDLE_FLAG_INHERIT, 0) ||
      ioctlsocket(s->fd, (long)FIONBIO, &asynchronous) != 0 ||
      setsockopt(s->fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, on, sizeof on) != 0 ||
      bind(s->fd, (struct sockaddr *)&name, n) != 0 ||
      listen(s->fd, SOMAXCONN) != 0) {
    s->sys_error = WSAGetLastError();
    return -1;
  }
  *port = net_port(s);
  return 0;
}

int net_accept(net_socket *listener, net_socket *to)
{
  static const char on[sizeof(BOOL)] = { 1 };
  u_long            asynchronous = 1;
  SOCKET            fd = accept(listener->fd, NULL, NULL);
  if (fd == INVALID_SOCKET) {
    listener->sys_error = WSAGetLastError();
    return listener->sys_error == WSAEWOULDBLOCK ||
           listener->sys_error == WSAECONNRESET ? 0 : -1;
  }
  SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0);
  WSAEventSelect(fd, NULL, 0); /* the listener's, which it inherits */
  ioctlsocket(fd, (long)FIONBIO, &asynchronous);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, on, sizeof on);
  net_init(to);
  to->fd = fd;
  return 1;
}

void net_finish(net_socket *s) { shutdown(s->fd, SD_SEND); }

/* What is so already. 1: something is. A connection attempt that failed is in
   the third set alone. */
static int look_at_some(net_wait *list, size_t n)
{
  static fd_set  readable, writable, failed;
  struct timeval none = { 0, 0 };
  size_t         i;
  FD_ZERO(&readable), FD_ZERO(&writable), FD_ZERO(&failed);
  for (i = 0; i < n; i++) {
    SOCKET fd = list[i].socket->fd;
    list[i].ready = 0;
    if (fd == INVALID_SOCKET || list[i].want == 0) continue;
    if (list[i].want & TO_READ) FD_SET(fd, &readable);
    if (list[i].want & TO_WRITE) FD_SET(fd, &writable);
    FD_SET(fd, &failed);
  }
  if (failed.fd_count == 0 ||
      select(0, &readable, &writable, &failed, &none) <= 0) return 0;
  for (i = 0; i < n; i++) {
    SOCKET fd = list[i].socket->fd;
    if (list[i].want == 0 || fd == INVALID_SOCKET) continue;
    if (FD_ISSET(fd, &readable) || FD_ISSET(fd, &writable) ||
        FD_ISSET(fd, &failed)) list[i].ready = list[i].want;
  }
  return 1;
}

/* As wait_for. */
void wait_for_some(net_wait *list, size_t n, uint32_t ms)
{
  HANDLE events[2];
  size_t i;
  events[0] = wake, events[1] = net_event;
  ResetEvent(net_event);
  for (i = 0; i < n; i++) {
    int want = list[i].want;
    if (list[i].socket->fd == INVALID_SOCKET) continue;
    WSAEventSelect(list[i].socket->fd, net_event,
                   want == 0 ? 0 : FD_CLOSE |
                   (want & TO_READ ? FD_READ | FD_ACCEPT : 0) |
                   (want & TO_WRITE ? FD_WRITE | FD_CONNECT : 0));
  }
  if (look_at_some(list, n)) return;
  WaitForMultipleObjects(2, events, FALSE, ms);
  look_at_some(list, n);
}

/* Line ends as they are, and UTF-8 where a person reads it. */
void system_begin(void)
{
  if (!is_terminal(1) && !is_terminal(2)) return; /* a shell's, to be left */
  code_page = GetConsoleOutputCP();
  if (!SetConsoleOutputCP(CP_UTF8)) code_page = 0;
}

int _dowildcard = 0; /* for MinGW: "-pa *" is no list of files */

/* The arguments, each in the place of the wide one. */
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
