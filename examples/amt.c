/* amt - runs jobs on an AMT Batch Server from the command line.

   A scheduler starts it, reads the job log from its standard output, and takes
   its exit status as the job's completion code: 4 is success. The command line
   is that of the published amt.exe, and some more: see `amt --help`.

     cc -std=c99 -I.. amt.c -o amt
     amt -s http://HOST:PORT --api-user USER --password-file FILE \
         -an DEMO2 -jn REPORTTEST01

   With -DAMT_BEARSSL and -lbearssl it speaks https, too. For Windows:

     x86_64-w64-mingw32-gcc -std=c99 -I.. -municode -static amt.c -o amt.exe \
         -lws2_32 -ladvapi32 (and -lcrypt32 with TLS)

   It is one file to be read from top to bottom, and to be copied from. All of
   its memory is static: about 160 kB, whatever a job writes; with TLS 600 kB
   more, most of it room for trusted certificates, which is touched only as far
   as they fill it. amt.h does the protocol; what remains is here:

     >>text      formats, into room that is there
     >>system    all that differs between POSIX systems and Windows
     >>telling   standard error: one line each
     >>options   one table: names, where a value goes, what it goes with
     >>files     reading them, and writing them whole or not at all
     >>config    Connector.config, and its encoding
     >>wire      the wire table, as a file and back
     >>output    standard output, and the copy for --log-dir
     >>log       the job log in four forms
     >>keep      --log-dir: whole files, and the end of old ones
     >>live      the live line, and the last words
     >>signals   a second one leaves at once
     >>hide      secrets that a server repeats
     >>state     --state: at most one Start, whatever happens
     >>tap       what passes over the connection: --trace, and the probe
     >>tls       certificates, pins, and why a server was refused
     >>settle    server and credentials, from wherever they come
     >>outcome   events and errors into words and an exit status
     >>run       the loop around amt_poll
     >>probe     which words of the wire table fit
     >>anchors   certificates and keys as C source, for firmware
     >>main */

#ifdef _WIN32
#define AMT_WINSOCK
#define NO_OLDNAMES /* of MinGW: tell, read, ... */
#else
#define _POSIX_C_SOURCE 200809L
#define AMT_POSIX
#endif
#define AMT_IMPLEMENTATION
#include "amt.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#ifdef _WIN32
#include <io.h>
#include <wincrypt.h>
#else
#include <dirent.h>
#include <poll.h>
#include <stdio.h> /* rename */
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { BUFFER = 4096, TOKEN = 4096, PASSWORD = 1024, LIST = 256, PATHS = 1024,
       WORDS = 1024, COMMAND = 4 * WORDS, LINE = COMMAND + 8 * WORDS, PINS = 8,
       KEYS = 32768, TRUST = 524288 };

/* Exit statuses that are no completion codes, mostly as in <sysexits.h>. */
enum { EXIT_USAGE = 64, EXIT_IO = 74,
       EXIT_GOES_ON = 75, /* the job does, under an id that is known */
       EXIT_UNKNOWN = 76, /* nobody knows whether it was started */
       EXIT_CONFIG = 78 };

/* ------------------------------------------------------------------------
   >>text

   A printf of 30 lines, since libc's is 15 kB: %s, %d, %u; %16s is padded with
   blanks on its right, %2u with zeros on its left. */

static void put_format(amt_window *o, const char *f, va_list a)
{
  for (;; f++) {
    size_t n = strcspn(f, "%"), width = 0, from;
    amt_put(o, f, n);
    f += n;
    if (*f == 0) return;
    for (f++; *f >= '0' && *f <= '9'; f++)
      width = width * 10 + (size_t)(*f - '0');
    from = o->total;
    if (*f == 's') {
      amt_put_text(o, va_arg(a, const char *));
      while (o->total - from < width) amt_put(o, " ", 1);
    } else {
      int      value = *f == 'd' ? va_arg(a, int) : 0;
      unsigned u = *f == 'd' ? (unsigned)value : va_arg(a, unsigned), tens;
      if (value < 0) u = 0u - u, amt_put(o, "-", 1);
      for (tens = u; tens >= 10 && width > 0; tens /= 10) width--;
      for (; width > 1; width--) amt_put(o, "0", 1);
      amt_put_number(o, u);
    }
  }
}

/* Bytes of the UTF-8 character that begins so. */
static size_t char_size(char lead)
{
  unsigned char c = (unsigned char)lead;
  return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/* Without the last character, where that is cut. */
static size_t whole_chars(const char *t, size_t n)
{
  size_t at = n;
  while (at > 0 && ((unsigned char)t[at - 1] & 0xC0u) == 0x80u) at--;
  return at > 0 && char_size(t[at - 1]) > n - at + 1 ? at - 1 : n;
}

/* Terminated, and cut to the room where it must be, whole characters. */
static char *vtext(char *to, size_t room, const char *format, va_list a)
{
  amt_window o;
  amt_window_init(&o, to, room - 1, 0);
  put_format(&o, format, a);
  to[o.total > o.len ? whole_chars(to, o.len) : o.len] = 0;
  return to;
}

static char *text(char *to, size_t room, const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtext(to, room, format, a);
  va_end(a);
  return to;
}

static int empty(const char *t) { return t == NULL || *t == 0; }

static const char *either(const char *t, const char *otherwise)
{
  return empty(t) ? otherwise : t;
}

/* Ends in "..." where it is cut. */
static char *shortened(char *to, size_t room, const char *t)
{
  text(to, room - 3, "%s", t);
  return strlen(to) < strlen(t) ? strcat(to, "...") : to;
}

/* Controls (Unicode's Cc), and what breaks lines or turns their direction:
   U+2028 to 202E, U+2066 to 2069. */
static int is_control(const unsigned char *c, size_t len)
{
  if (len == 1) return *c < 32 || *c == 127;
  if (len == 2) return *c == 0xC2 && c[1] < 0xA0;
  if (len > 3 || *c != 0xE2) return 0;
  return (c[1] == 0x80 && c[2] >= 0xA8 && c[2] <= 0xAE) ||
         (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);
}

/* The length of the character at p; *harmless: it is UTF-8 and no control. */
static size_t next_char(const char *p, size_t n, int *harmless)
{
  size_t len = char_size(*p);
  *harmless = 0;
  if (len > n || (len > 1 && !amt_utf8(p, len))) return 1;
  *harmless = !is_control((const unsigned char *)p, len);
  return len;
}

/* How many bytes are harmless from the beginning; one control may be, too. */
static size_t plain_run(const char *t, size_t len, char allowed)
{
  size_t at = 0;
  while (at < len) {
    int    harmless;
    size_t n = next_char(t + at, len - at, &harmless);
    if (!harmless && t[at] != allowed) break;
    at += n;
  }
  return at;
}

/* Each character that is not harmless becomes a '?': the new length. */
static size_t clean(char *p, size_t n)
{
  size_t from = 0, to = 0;
  while (from < n) {
    int    harmless;
    size_t len = next_char(p + from, n - from, &harmless);
    if (harmless) memmove(p + to, p + from, len);
    else p[to] = '?';
    to += harmless ? len : 1;
    from += len;
  }
  return to;
}

/* The same word, in any case of letters. */
static int same_word(const char *a, const char *b)
{
  while (*a != 0 && (*a == *b || ((*a | 32) == (*b | 32) &&
                                  (*a | 32) >= 'a' && (*a | 32) <= 'z')))
    a++, b++;
  return *a == *b;
}

/* Where in a list that ends in NULL a word stands, or -1. */
static int word_in(const char *const *list, const char *word)
{
  int i;
  for (i = 0; list[i] != NULL; i++)
    if (same_word(list[i], word)) return i;
  return -1;
}

/* FNV-1a: tells what was damaged or replaced, and keeps no secret. */
static uint64_t checksum(uint64_t sum, const void *p, size_t n)
{
  const unsigned char *b = (const unsigned char *)p;
  if (sum == 0) sum = 0xCBF29CE484222325u;
  while (n-- > 0) sum = (sum ^ *b++) * 0x100000001B3u;
  return sum;
}

static char *hex_digits(char to[17], uint64_t value)
{
  int i;
  for (i = 16; i-- > 0; value >>= 4) to[i] = "0123456789abcdef"[value & 15u];
  to[16] = 0;
  return to;
}

static const char base64[] =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int hex_value(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void wipe(void *p, size_t n)
{
  volatile unsigned char *v = (volatile unsigned char *)p;
  while (n-- > 0) v[n] = 0;
}

static volatile sig_atomic_t signals; /* the first that came, or 0 */

/* ------------------------------------------------------------------------
   >>system

   All that differs between POSIX systems and Windows: the same functions, once
   for each; everywhere else, this is one program. Names of files, arguments
   and the environment are UTF-8. Descriptors are the C library's; what fails
   returns -1, with errno.

     file_open, file_create   to read; new, in place of an old one
     file_open_as             to read, if it is what it is opened as; it never
                              waits. -1, with what is wrong with it, or errno
     file_shown               others can read it, too
     file_waits               nothing comes from it for so long (0: ever)
     file_read, file_write    as read and write are, never interrupted; a
                              patient write waits for a reader who is slow
     file_again               the first bytes of an open file, once more
     file_replace             syncs and closes; then renames, which is synced
     file_remove, file_gone   removes; makes sure that a removal lasts
     file_lock, file_unlock   this program's alone, until its end; -2: it is
                              somebody else's; -1 as file_open_as
     file_look                a plain file, with its size and age in seconds
     folder_list              calls for each name in it
     environment, environment_wipe  a variable; and our copy of it
     net_init, net_words      the socket; what its error number means
     wait_for                 the socket has something, a signal came, or time
     ca_places, ca_store      trusted certificates: files, in PEM; or a store
                              that calls for each, and has this name
     catch_signals            from then on, on_signal is called
     leave_at_once            ends the process from inside on_signal

   on_signal comes in the midst of anything. It may use file_write,
   file_remove, wake_up and leave_at_once. */

static void on_signal(int number);

/* What a file is opened as; each is stricter than the one before.

     AS_SYSTEM   the system chose it: whatever it is
     AS_INPUT    the caller named it: a pipe, a device, or a file that is ours
                 or root's and that nobody else may write. Symbolic links are
                 followed: Kubernetes mounts its files as such
     AS_FILE     likewise, but a file: a pipe may keep its reader waiting
     AS_UNASKED  nobody named it: likewise, but no link
     AS_STATE    likewise, but ours: what it says is done in our name */
enum { AS_SYSTEM, AS_INPUT, AS_FILE, AS_UNASKED, AS_STATE };

#ifdef _WIN32
enum { WIDE = 1024 };

typedef amt_winsock net_socket;

static const char null_device[] = "NUL";
/* What needs no quotes in a command line, and the quotes for the rest. */
static const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                                    "QRSTUVWXYZ0123456789_-./:[]\\";
static const char quote[] = "\"", quoted_quote[] = "\\\"";

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

static int file_open(const char *path)
{
  return open_file(path, GENERIC_READ, OPEN_EXISTING, 0);
}

/* Who may write a file, its folder says here: only pipes and devices are told
   from files. */
static int file_open_as(const char *path, int as, const char **fault)
{
  int fd = open_file(path, GENERIC_READ, OPEN_EXISTING, 0);
  *fault = NULL;
  if (fd < 0 || as < AS_FILE ||
      GetFileType(handle_of(fd)) == FILE_TYPE_DISK) return fd;
  _close(fd);
  *fault = "no file; a pipe or a device is not read here";
  return -1;
}

static int file_shown(int fd)
{
  (void)fd;
  return 0;
}

static int file_waits(int fd, uint32_t ms)
{
  (void)fd, (void)ms;
  return 0;
}

/* Virus scanners and the like hold what was just written: 1 to try again, for
   a second at most. */
static int again(int *tries)
{
  DWORD e = GetLastError();
  if ((e != ERROR_SHARING_VIOLATION && e != ERROR_ACCESS_DENIED) ||
      ++*tries > 50) return 0;
  Sleep(20);
  SetLastError(e);
  return 1;
}

static int file_remove(const char *path)
{
  wchar_t w[WIDE];
  int     tries = 0;
  BOOL    good;
  if (!to_wide(w, path)) return -1;
  do good = DeleteFileW(w); while (!good && again(&tries));
  return outcome(good);
}

static int file_create(const char *path)
{
  wchar_t w[WIDE];
  if (to_wide(w, path) && GetFileAttributesW(w) != INVALID_FILE_ATTRIBUTES)
    file_remove(path);
  return open_file(path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW, 0);
}

static ptrdiff_t file_read(int fd, void *p, size_t n)
{
  DWORD got = 0;
  if (ReadFile(handle_of(fd), p, (DWORD)(n > 1 << 20 ? 1 << 20 : n), &got,
               NULL) || GetLastError() == ERROR_BROKEN_PIPE)
    return (ptrdiff_t)got;
  return outcome(0);
}

static ptrdiff_t file_write(int fd, const void *p, size_t n, int patient)
{
  DWORD put = 0;
  (void)patient;
  if (WriteFile(handle_of(fd), p, (DWORD)(n > 1 << 20 ? 1 << 20 : n), &put,
                NULL)) return (ptrdiff_t)put;
  return outcome(0);
}

static void file_close(int fd) { _close(fd); }

static ptrdiff_t file_again(int fd, void *p, size_t n)
{
  LARGE_INTEGER start;
  start.QuadPart = 0;
  if (!SetFilePointerEx(handle_of(fd), start, NULL, FILE_BEGIN))
    return outcome(0);
  return file_read(fd, p, n);
}

static int file_replace(int fd, const char *from, const char *to)
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
static int file_gone(const char *path)
{
  (void)path;
  return 0;
}

/* The system removes it as it ends this process, however that comes. */
static int file_lock(const char *path, const char **fault)
{
  int tries = 0, fd;
  *fault = NULL;
  do fd = open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS,
                    FILE_FLAG_DELETE_ON_CLOSE);
  while (fd < 0 && GetLastError() == ERROR_ACCESS_DENIED && again(&tries));
  return fd < 0 && GetLastError() == ERROR_SHARING_VIOLATION ? -2 : fd;
}

static void file_unlock(int fd, const char *path)
{
  (void)path;
  _close(fd);
}

static int64_t seconds_of(FILETIME t)
{
  return (int64_t)(((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) /
                   10000000u);
}

static int file_look(const char *path, uint64_t *size, int64_t *age)
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

static void folder_list(const char *path, void (*each)(char *name))
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
static char *file_name(char *path)
{
  char *p = path + strlen(path);
  while (p > path && strchr("/\\:", p[-1]) == NULL) p--;
  return p > path ? p : NULL;
}

static void program_path(char *to, size_t room, const char *argv0)
{
  wchar_t w[WIDE];
  DWORD   n = GetModuleFileNameW(NULL, w, WIDE);
  if (n > 0 && n < WIDE) to_utf8(to, room, w);
  else text(to, room, "%s", argv0);
}

static struct { char name[20], value[3 * TOKEN]; } known[8];

/* The same pointer for the same name; NULL if it is not there. */
static const char *environment(const char *name)
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

static void environment_wipe(const char *name)
{
  size_t i;
  for (i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, name) == 0)
      wipe(known[i].value, sizeof known[i].value);
}

static unsigned process_id(void) { return (unsigned)GetCurrentProcessId(); }

static int is_terminal(int fd)
{
  DWORD mode;
  return GetConsoleMode(handle_of(fd), &mode) != 0;
}

/* Seconds since 1970; *ms of the one that runs. */
static time_t clock_now(unsigned *ms)
{
  FILETIME t;
  GetSystemTimeAsFileTime(&t);
  *ms = (unsigned)((((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) /
                    10000u) % 1000u);
  return (time_t)(seconds_of(t) - 11644473600);
}

static uint32_t now_ms(void) { return amt_winsock_now(); }
static void net_init(net_socket *s) { amt_winsock_init(s); }

/* In the language that this Windows speaks. */
static const char *net_words(int error)
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
static const char *const ca_places[] = { NULL };

/* The roots that this machine and this user trust, and do not distrust. */
static const char *ca_store(int (*take)(const char *p, size_t n), int *error)
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

static void wake_up(void) { SetEvent(wake); }

static void system_end(void)
{
  if (code_page != 0) SetConsoleOutputCP(code_page);
}

static void leave_at_once(int status)
{
  system_end();
  TerminateProcess(GetCurrentProcess(), (UINT)status);
}

/* Runs in a thread of its own. A window that closes, a user who logs off: as
   soon as this returns, the process is ended, so it does not. */
static BOOL WINAPI on_console(DWORD event)
{
  if (signals != 0) SuspendThread(main_thread);
  on_signal(event == CTRL_C_EVENT ? SIGINT :
            event == CTRL_BREAK_EVENT ? SIGBREAK : SIGTERM);
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

/* A Ctrl-C that the caller has had ignored stays so. */
static int catch_signals(void)
{
  wake = CreateEventW(NULL, FALSE, FALSE, NULL);
  net_event = CreateEventW(NULL, FALSE, FALSE, NULL);
  if (wake == NULL || net_event == NULL ||
      !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
                       GetCurrentProcess(), &main_thread, 0, FALSE,
                       DUPLICATE_SAME_ACCESS)) return outcome(0);
  return outcome(SetConsoleCtrlHandler(on_console, TRUE));
}

static const char *signal_name(int number)
{
  return number == SIGINT ? "Ctrl-C" : number == SIGBREAK ? "Ctrl-Break"
                                     : "the end of the console";
}

/* First the events to come, then a look at what is so already: nothing can
   slip through between the two. What an event leaves behind for the next wait
   ends that one early, which does no harm. */
static void wait_for(net_socket *s, int readable, int writable, uint32_t ms)
{
  HANDLE events[2];
  DWORD  count = s->fd != INVALID_SOCKET && (readable || writable) ? 2 : 1;
  events[0] = wake, events[1] = net_event;
  if (count == 2) {
    WSAEventSelect(s->fd, net_event, FD_CLOSE | (readable ? FD_READ : 0) |
                                     (writable ? FD_WRITE | FD_CONNECT : 0));
    if (readable && s->stream.ops->wait(&s->stream, AMT_WANT_READ, 0)) return;
    if (writable && s->stream.ops->wait(&s->stream, AMT_WANT_WRITE, 0)) return;
  }
  WaitForMultipleObjects(count, events, FALSE, ms);
}

/* Line ends as they are, and UTF-8 where a person reads it. */
static void system_begin(void)
{
  code_page = GetConsoleOutputCP();
  if (!SetConsoleOutputCP(CP_UTF8)) code_page = 0;
}

static int run_main(int argc, char **argv);

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

#else /* POSIX */
typedef amt_posix net_socket;

static const char null_device[] = "/dev/null";
static const char plain_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                                    "QRSTUVWXYZ0123456789_-./:[]";
static const char quote[] = "'", quoted_quote[] = "'\\''";

static int file_open(const char *path)
{
  return open(path, O_RDONLY | O_CLOEXEC);
}

static const char link_refused[] = "a symbolic link, which another user may "
                                   "have put there; name the file itself";

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
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return "others than its owner may write it; see that it says what it "
           "should, then `chmod go-w` it";
  if (as >= AS_UNASKED && st.st_nlink > 1)
    return "it has a second name (a hard link), which may be another user's; "
           "put a copy in its place";
  return NULL;
}

static int file_open_as(const char *path, int as, const char **fault)
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

/* To its group, too: if it is not our own file, that may be how we read it. */
static int file_shown(int fd)
{
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return 0;
  return (st.st_mode & S_IROTH) != 0 ||
         ((st.st_mode & S_IRGRP) != 0 && st.st_uid == geteuid());
}

static int file_waits(int fd, uint32_t ms)
{
  struct pollfd p;
  int           e;
  p.fd = fd, p.events = POLLIN;
  do e = poll(&p, 1, ms == 0 ? -1 : (int)ms); while (e < 0 && errno == EINTR);
  return e == 0;
}

static int file_create(const char *path)
{
  unlink(path); /* of a run that was killed */
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static ptrdiff_t file_read(int fd, void *p, size_t n)
{
  ssize_t got;
  do got = read(fd, p, n); while (got < 0 && errno == EINTR);
  return got;
}

static ptrdiff_t file_write(int fd, const void *p, size_t n, int patient)
{
  for (;;) {
    ssize_t put = write(fd, p, n);
    if (put < 0 && errno == EAGAIN && patient) {
      struct pollfd wait;
      wait.fd = fd, wait.events = POLLOUT;
      poll(&wait, 1, -1);
    } else if (put >= 0 || errno != EINTR) {
      return put;
    }
  }
}

static void file_close(int fd) { close(fd); }
static ptrdiff_t file_again(int fd, void *p, size_t n)
{
  return pread(fd, p, n, 0);
}

static int file_remove(const char *path) { return unlink(path); }

/* Syncs its folder. */
static int file_gone(const char *path)
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
  if (e != 0 && errno == EINVAL) e = 0; /* not a thing of this file system */
  close(fd);
  return e;
}

static int file_replace(int fd, const char *from, const char *to)
{
  int e = fsync(fd);
  if (close(fd) != 0) e = -1;
  if (e == 0) e = rename(from, to);
  return e == 0 ? file_gone(to) : e;
}

/* The file is removed while it is locked; so whoever gets a lock on it looks
   whether it is still the one that has this name. */
static int file_lock(const char *path, const char **fault)
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

static void file_unlock(int fd, const char *path)
{
  unlink(path);
  close(fd);
}

static int file_look(const char *path, uint64_t *size, int64_t *age)
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

static void folder_list(const char *path, void (*each)(char *name))
{
  DIR           *folder = opendir(path);
  struct dirent *entry;
  if (folder == NULL) return;
  while ((entry = readdir(folder)) != NULL) each(entry->d_name);
  closedir(folder);
}

/* Behind its folder's name. NULL: it has none. */
static char *file_name(char *path)
{
  char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : NULL;
}

static void program_path(char *to, size_t room, const char *argv0)
{
  ssize_t n = readlink("/proc/self/exe", to, room - 1);
  if (n > 0) to[n] = 0;
  else text(to, room, "%s", argv0);
}

static const char *environment(const char *name) { return getenv(name); }
static void environment_wipe(const char *name) { (void)name; } /* no copy */
static unsigned process_id(void) { return (unsigned)getpid(); }
static int is_terminal(int fd) { return isatty(fd); }

/* Seconds since 1970; *ms of the one that runs. */
static time_t clock_now(unsigned *ms)
{
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  *ms = (unsigned)(t.tv_nsec / 1000000);
  return t.tv_sec;
}

static uint32_t now_ms(void) { return amt_posix_now(); }
static void net_init(net_socket *s) { amt_posix_init(s); }
static const char *net_words(int error) { return strerror(error); }

#ifdef AMT_BEARSSL
static const char *const ca_places[] = {
  "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL
};

static const char *ca_store(int (*take)(const char *p, size_t n), int *error)
{
  (void)take, (void)error;
  return NULL;
}
#endif

/* A pipe that every wait looks at: a signal that comes just before a wait
   ends that wait at once. */
static int wake[2] = {-1, -1};

static void wake_up(void)
{
  ssize_t ignored = write(wake[1], "", 1);
  (void)ignored;
}

static void leave_at_once(int status) { _exit(status); }

static void caught(int number)
{
  int saved = errno;
  on_signal(number);
  errno = saved;
}

/* A signal that the caller has had ignored (nohup, a shell's background jobs)
   stays so. */
static int catch_signals(void)
{
  static const int numbers[] = { SIGINT, SIGTERM };
  struct sigaction action, before;
  size_t           i;
  if (pipe(wake) != 0) return -1;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART; /* output is not cut by it */
  action.sa_handler = caught;
  for (i = 0; i < 2; i++)
    if (sigaction(numbers[i], NULL, &before) == 0 &&
        before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL); /* a write's error tells it */
#ifdef SIGXFSZ
  sigaction(SIGXFSZ, &action, NULL);
#endif
  return 0;
}

static const char *signal_name(int number)
{
  return number == SIGINT ? "SIGINT" : "SIGTERM";
}

static void wait_for(net_socket *s, int readable, int writable, uint32_t ms)
{
  struct pollfd p[2];
  p[0].fd = wake[0];
  p[0].events = POLLIN;
  p[1].fd = readable || writable ? s->fd : -1;
  p[1].events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  if (poll(p, 2, (int)ms) > 0 && p[0].revents != 0) {
    char    byte;
    ssize_t ignored = read(wake[0], &byte, 1);
    (void)ignored;
  }
}

/* A core dump would hold the password. The second line is for systems that
   send it to a program, whatever its size may be; and it keeps other programs
   of this user's out of our memory. */
static void system_begin(void)
{
  struct rlimit none = { 0, 0 };
  setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void system_end(void) {}

static int run_main(int argc, char **argv);

int main(int argc, char **argv) { return run_main(argc, argv); }
#endif

/* ------------------------------------------------------------------------
   >>telling */

static int live_width; /* of the live line that stands there; 0: none */
static int live_open;  /* a message is half shown there */

static void to_stderr(const char *p, size_t n)
{
  while (n > 0) {
    ptrdiff_t put = file_write(2, p, n, 0);
    if (put <= 0) return;
    p += put, n -= (size_t)put;
  }
}

static void live_clear(void)
{
  static char blanks[82];
  if (live_open) to_stderr("\n", 1);
  live_open = 0;
  if (live_width == 0) return;
  memset(blanks, ' ', sizeof blanks);
  blanks[0] = blanks[live_width + 1] = '\r';
  to_stderr(blanks, (size_t)live_width + 2);
  live_width = 0;
}

/* Texts from a server may hold anything: a line of ours stays one line, and no
   control reaches the terminal. */
static char *make_clean(char *line)
{
  line[clean(line, strlen(line))] = 0;
  return line;
}

static void vtell(const char *before, const char *format, va_list a)
{
  static char line[LINE];
  size_t      n = strlen(before);
  memcpy(line, before, n);
  vtext(line + n, sizeof line - n - 1, format, a);
  make_clean(line);
  live_clear();
  strcat(line, "\n");
  to_stderr(line, strlen(line));
  wipe(line, strlen(line)); /* a trace may show what is nobody else's */
}

static void tell(const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtell("amt: ", format, a);
  va_end(a);
}

/* The last line for exit status 19, 75 or 76: its first word is fixed. */
static void tell_last(const char *format, ...)
{
  va_list a;
  va_start(a, format);
  vtell("", format, a);
  va_end(a);
}

/* One line that says what is wrong and what to do; nothing has been sent. */
static int wrong(int status, const char *what, const char *format, ...)
{
  char    before[WORDS];
  va_list a;
  text(before, sizeof before, "amt: %s: ", what);
  va_start(a, format);
  vtell(before, format, a);
  va_end(a);
  return status;
}

/* ------------------------------------------------------------------------
   >>options */

typedef struct { const char *text[LIST]; size_t count; } list;
typedef struct { uint8_t key[PINS][32]; size_t count; } pin_list;

enum { START, STOP, KILL, MONITOR, MESSAGES, ATTACH,
       PROBE, ENCRYPT, ANCHORS, PRINT_WIRE, TYPES };
static const char *const types[] = { /* for -jt; and as the first word */
  "START", "STOP", "KILL", "MONITOR", "MESSAGES", "ATTACH", NULL
};
static const char *const commands[] = { "probe", "encrypt", "anchors", NULL };
static const char *const formats[] = { "acs", "connector", "text", "json",
                                       NULL };
enum { ACS, CONNECTOR, PLAIN, JSON };
static const char *const on_signals[] = { "kill", "detach", NULL };

static struct {
  const char *type_word, *application, *job, *script, *user, *submit_user;
  const char *station, *queue, *id, *server, *api_user, *password_file;
  const char *on_signal, *config, *format_word, *state, *log_dir, *wire, *value;
  const char *ca, *cert, *key, *anchors, *id_file;
  pin_list    pins;
  list        parameters, task_values;
  uint32_t    poll, poll_max, initial_delay, give_up; /* as in amt_session */
  uint32_t    timeout, retain;
  uint64_t    max_log; /* 0: as long as it is */
  int         no_wait, follow, no_keep_alive, zero_on_done, trace, quiet;
  int         id_text, strict_text;
  int         insecure, more_ciphers, print_wire, help, version;
  int         type, detach, format; /* worked out from the words */
} opt;

/* Types an option goes with, as bits; and TLS, if it goes with https only. */
enum { S = 1 << START, ACT = 1 << STOP | 1 << KILL, JOB = (1 << PROBE) - 1,
       BY_ID = (JOB & ~S) | 1 << PROBE, WATCH = S | ACT | 1 << ATTACH,
       NET = JOB | 1 << PROBE, ANY = (1 << TYPES) - 1, TLS = 1 << TYPES,
       OURS = NET | 1 << ANCHORS | TLS };

enum kind { TEXT, FULL, MANY, PIN, TIME, DAYS, AMOUNT, FLAG };

typedef struct {
  const char *name, *long_name;
  enum kind   kind;
  void       *to;    /* const char *, or "" is an error; list, pin_list,
                        uint32_t, uint32_t, uint64_t, int */
  int         goes;
  const char *value, *help;
} option;

static const option options[] = {
  { "-jt", "--job-type", TEXT, &opt.type_word, JOB, "TYPE",
    "START (default) STOP KILL MONITOR MESSAGES ATTACH" },
  { "-an", "--application", TEXT, &opt.application, NET, "NAME",
    "the AMT application; or $AMT_APPLICATION" },
  { "-jn", "--job", TEXT, &opt.job, S, "NAME", "the job to start, or" },
  { "-fn", "--file", TEXT, &opt.script, S, "PATH",
    "the script to start; overrides -jn" },
  { "-pa", "--param", MANY, &opt.parameters, S, "TEXT",
    "a parameter; may be repeated, a line each" },
  { "-tv", "--task-value", MANY, &opt.task_values, S, "TEXT",
    "a task value; likewise" },
  { "-u", "--user", TEXT, &opt.user, S, "NAME",
    "the AMT user to run as (the application's)" },
  { "-su", "--submit-user", TEXT, &opt.submit_user, S, "NAME",
    "who submits (BATCH; others are refused)" },
  { "-st", "--station", TEXT, &opt.station, S, "NAME",
    "from where (OPCON; others are refused)" },
  { "-qn", "--queue", TEXT, &opt.queue, S, "NAME", "the queue (the server's)" },
  { "-id", "--id", FULL, &opt.id, BY_ID, "ID",
    "the BatchrequestId of a job that was started" },
  { NULL, "--id-text", FLAG, &opt.id_text, BY_ID, NULL,
    "it is a JSON string (both ways are tried)" },
  { "-c", "--config", FULL, &opt.config, NET, "FILE",
    "a Connector.config (one beside amt, or here)" },
  { "-s", "--server", FULL, &opt.server, NET, "URL",
    "https://HOST:PORT, or http; or $AMT_SERVER" },
  { NULL, "--api-user", FULL, &opt.api_user, NET, "NAME",
    "who signs in; or $AMT_USER" },
  { NULL, "--password-file", FULL, &opt.password_file, NET, "FILE",
    "its first line; - is standard input; or\n"
    "                            $AMT_PASSWORD" },
  { NULL, "--poll", TIME, &opt.poll, WATCH, "SECONDS",
    "from status to status (the file's, or 5)" },
  { NULL, "--poll-max", TIME, &opt.poll_max, WATCH, "SECONDS",
    "lets that grow to this with the job's age" },
  { NULL, "--initial-delay", TIME, &opt.initial_delay, WATCH, "SECONDS",
    "before the first status (the file's, or 10)" },
  { NULL, "--timeout", TIME, &opt.timeout, NET, "SECONDS",
    "of the whole run; the job is left alone" },
  { NULL, "--give-up", TIME, &opt.give_up, NET, "SECONDS",
    "how long the server may stay away (300)" },
  { NULL, "--format", FULL, &opt.format_word, JOB, "FORM",
    "of the log: acs (default) connector text json" },
  { "-f", "--follow", FLAG, &opt.follow, WATCH, NULL,
    "messages as they are written" },
  { NULL, "--state", FULL, &opt.state, S, "FILE",
    "never starts twice, even after a power cut;\n"
    "                            the next run goes on with the job" },
  { NULL, "--on-signal", FULL, &opt.on_signal, S | 1 << ATTACH, "WHAT",
    "at SIGINT, SIGTERM: kill (default) or detach" },
  { NULL, "--no-wait", FLAG, &opt.no_wait, S | ACT, NULL,
    "not for the end; START prints the id" },
  { NULL, "--id-file", FULL, &opt.id_file, S, "FILE",
    "gets the id as soon as it is known" },
  { NULL, "--quiet", FLAG, &opt.quiet, WATCH, NULL,
    "standard error does not tell the start" },
  { NULL, "--log-dir", FULL, &opt.log_dir, WATCH, "DIR",
    "keeps each job log there, too" },
  { NULL, "--retain-days", DAYS, &opt.retain, WATCH, "DAYS",
    "for so long (30)" },
  { NULL, "--max-log", AMOUNT, &opt.max_log, WATCH | 1 << MESSAGES, "BYTES",
    "ends a longer log; 500k, 20M, 1G (no bound)" },
  { NULL, "--strict-text", FLAG, &opt.strict_text, WATCH | 1 << MESSAGES, NULL,
    "ends a log that is no UTF-8 (it is repaired)" },
  { NULL, "--wire", FULL, &opt.wire, NET | 1 << PRINT_WIRE, "FILE",
    "another wire table: lines of --print-wire" },
  { NULL, "--print-wire", FLAG, &opt.print_wire, 1 << PRINT_WIRE, NULL,
    "prints the wire table" },
  { NULL, "--no-keep-alive", FLAG, &opt.no_keep_alive, NET, NULL,
    "a connection for each request" },
  { NULL, "--zero-on-done", FLAG, &opt.zero_on_done, WATCH | 1 << MONITOR,
    NULL, "exit status 0 instead of 4" },
  { "-v", "--value", FULL, &opt.value, 1 << ENCRYPT, "VALUE", NULL },
  { "-v", "--trace", FLAG, &opt.trace, NET, NULL,
    "requests and replies on standard error" },
  { NULL, "--ca", FULL, &opt.ca, NET | TLS, "FILE",
    "trusted certificates, PEM (the system's)" },
  { NULL, "--pin", PIN, &opt.pins, NET | TLS, "SHA256",
    "of the server's public key; may be repeated" },
  { NULL, "--cert", FULL, &opt.cert, OURS, "FILE",
    "our own certificate, PEM, if the server asks;" },
  { NULL, "--key", FULL, &opt.key, OURS, "FILE", "and its key" },
  { NULL, "--insecure", FLAG, &opt.insecure, NET | TLS, NULL,
    "the server's certificate is not verified" },
  { NULL, "--more-ciphers", FLAG, &opt.more_ciphers, NET | TLS, NULL,
    "older ones, too: AES-CBC, RSA key exchange" },
  { NULL, "--help", FLAG, &opt.help, ANY, NULL, "prints this" },
  { NULL, "--version", FLAG, &opt.version, ANY, NULL, "prints the version" },
};
enum { OPTIONS = sizeof options / sizeof *options };

static uint8_t given[OPTIONS]; /* how it was: 1, or 2 by its long name */

static const char *name_of(size_t i)
{
  return given[i] == 2 || !options[i].name ? options[i].long_name
                                           : options[i].name;
}

/* Whether the option that is kept there was on the command line. */
static int was_given(const void *to)
{
  size_t i = 0;
  while (options[i].to != to) i++;
  return given[i] != 0;
}

/* "-jt KILL", "probe" */
static const char *type_name(void)
{
  static char name[20];
  if (opt.type == PRINT_WIRE) return "--print-wire";
  return text(name, sizeof name, "%s%s", opt.type < PROBE ? "-jt " : "",
              opt.type < PROBE ? types[opt.type] : commands[opt.type - PROBE]);
}

/* "2.5" to 2500. Digits and one point only, in any locale; below 24 days. */
static int milliseconds(const char *t, uint32_t *ms)
{
  uint32_t value = 0, unit = 1000;
  int      digits = 0, fraction = 0;
  for (; *t != 0; t++) {
    if (*t == '.' && !fraction) {
      fraction = 1;
      continue;
    }
    if (*t < '0' || *t > '9') return 0;
    digits = 1;
    if (fraction) unit /= 10;
    else if (value > 2000000u * 100u) return 0;
    if (fraction) value += unit * (uint32_t)(*t - '0');
    else value = value * 10 + (uint32_t)(*t - '0') * 1000;
    if (value > 2000000u * 1000u) return 0;
  }
  *ms = value == 0 ? AMT_ZERO : value;
  return digits;
}

/* "500k": units are of 1024. */
static int bytes_of(const char *t, uint64_t *bytes)
{
  static const char units[] = "kMG";
  size_t      n = strspn(t, "0123456789");
  const char *unit = t[n] != 0 ? strchr(units, t[n]) : NULL;
  unsigned    shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
  if (amt_json_uint64(t, n, bytes) != 0 || *bytes == 0) return 0;
  if (t[n] != 0 && (unit == NULL || t[n + 1] != 0)) return 0;
  if (*bytes > UINT64_MAX >> shift) return 0;
  *bytes <<= shift;
  return 1;
}

/* Each line of a value is one of the list, in place: argv may be written. */
static int add_lines(list *l, const char *name, char *value)
{
  for (;;) {
    size_t n = strcspn(value, "\n");
    char  *next = value[n] != 0 ? value + n + 1 : NULL;
    value[n] = 0;
    if (n > 0 && value[n - 1] == '\r') value[n - 1] = 0;
    if (*value == 0)
      return wrong(EXIT_USAGE, name, "an empty value or line, which the server "
                   "would refuse; leave it out");
    if (l->count == LIST)
      return wrong(EXIT_USAGE, name, "more than %d of them; pass the rest in a "
                   "file that the job reads", LIST);
    l->text[l->count++] = value;
    if (next == NULL || *next == 0) return 0;
    value = next;
  }
}

/* Digits of four or six bits each, into a key: how many of them are right. */
static size_t pin_digits(const char *value, size_t n, uint8_t *key, int each)
{
  unsigned bits = 0, have = 0;
  size_t   i;
  for (i = 0; i < n; i++) {
    const char *in = strchr(base64, value[i]);
    int         digit = in != NULL ? (int)(in - base64) : -1;
    if (each == 4) digit = hex_value(value[i]);
    if (digit < 0) return i;
    bits = bits << each | (unsigned)digit;
    have += (unsigned)each;
    if (have < 8) continue;
    have -= 8;
    *key++ = (uint8_t)(bits >> have);
  }
  return (bits & ((1u << have) - 1)) == 0 ? n : n - 1;
}

static int take_pin(const char *name, const char *value)
{
  size_t n = strlen(value), good = 0;
  int    each = n == 64 ? 4 : 6;
  if (opt.pins.count == PINS)
    return wrong(EXIT_USAGE, name, "more than %d of them; the server's key and "
                 "its next one are enough", PINS);
  if (n == 44 && value[43] == '=') n = 43;
  if (n == 64 || n == 43)
    good = pin_digits(value, n, opt.pins.key[opt.pins.count], each);
  if (n > 0 && good == n) {
    opt.pins.count++;
    return 0;
  }
  if (n > 64 && strchr(value, ':') != NULL)
    return wrong(EXIT_USAGE, name, "'%s' looks like a certificate's "
                 "fingerprint; a pin is the SHA-256 of the public key in it: "
                 "see the manual", value);
  if (n == 64 || n == 43)
    return wrong(EXIT_USAGE, name, "'%s' is no SHA-256 in %s: see its "
                 "character %u", value, n == 64 ? "hexadecimal digits"
                 : "Base64", (unsigned)good + 1);
  return wrong(EXIT_USAGE, name, "'%s' has %u characters; a SHA-256 has 64 "
               "hexadecimal digits, or 44 of Base64, the last one '='", value,
               (unsigned)n);
}

static int take_value(size_t i, char *value)
{
  const option *o = &options[i];
  const char   *name = name_of(i);
  if (value == NULL)
    return wrong(EXIT_USAGE, name, "a value (%s) must follow", o->value);
  if (!amt_utf8(value, strlen(value)))
    return wrong(EXIT_USAGE, name, "its value is not valid UTF-8");
  if (o->kind == MANY) return add_lines((list *)o->to, name, value);
  if (o->kind == PIN) return take_pin(name, value);
  if (o->kind == FULL && *value == 0)
    return wrong(EXIT_USAGE, name, "its value (%s) is empty", o->value);
  if (o->kind <= FULL && *value != 0) *(const char **)o->to = value;
  if (o->kind == TIME && !milliseconds(value, (uint32_t *)o->to))
    return wrong(EXIT_USAGE, name, "'%s' is not a number of seconds, such as "
                 "5 or 0.5, up to 2000000", value);
  if (o->kind == AMOUNT && !bytes_of(value, (uint64_t *)o->to))
    return wrong(EXIT_USAGE, name, "'%s' is not a number of bytes above 0, "
                 "such as 5000, 500k, 20M or 1G", value);
  if (o->kind == DAYS) {
    size_t   n = strspn(value, "0123456789");
    uint64_t days;
    if (value[n] != 0 || amt_json_uint64(value, n, &days) != 0 || days > 36500)
      return wrong(EXIT_USAGE, name, "'%s' is not a number of days up to 36500",
                   value);
    *(uint32_t *)o->to = (uint32_t)days;
  }
  return 0;
}

/* `encrypt` has a -v of its own. */
static int is_option(size_t i, const char *word)
{
  const option *o = &options[i];
  if (o->goes == 1 << ENCRYPT && opt.type != ENCRYPT) return 0;
  return strcmp(word, o->long_name) == 0 ||
         (o->name != NULL && strcmp(word, o->name) == 0);
}

/* Words are matched whole, and the word after an option that takes a value is
   that value, even if it begins with a '-'. */
static int take_options(char **argv)
{
  if (argv[1] != NULL && word_in(commands, argv[1]) >= 0)
    opt.type = PROBE + word_in(commands, *++argv);
  if (opt.type == ANCHORS && argv[1] != NULL && *argv[1] != '-')
    opt.anchors = *++argv;
  for (argv++; *argv != NULL; argv++) {
    size_t i = 0;
    int    e;
    while (i < OPTIONS && !is_option(i, *argv)) i++;
    if (i == OPTIONS)
      return wrong(EXIT_USAGE, *argv, "not an option; `amt --help` lists them");
    if (given[i] != 0 && options[i].kind != MANY && options[i].kind != PIN)
      return wrong(EXIT_USAGE, *argv, "given twice; give it once");
    given[i] = (uint8_t)(1 + (strcmp(*argv, options[i].long_name) == 0));
    if (options[i].kind == FLAG) {
      *(int *)options[i].to = 1;
      if (opt.help || opt.version) return 0;
    } else {
      e = take_value(i, argv[1]);
      if (e != 0) return e;
      argv++;
    }
  }
  return 0;
}

/* A word of a list: where it stands there, or -1 after saying so. */
static int choose(const char *name, const char *word, const char *const *words)
{
  char   all[80];
  int    i = word_in(words, word);
  size_t n = 0;
  if (i >= 0) return i;
  for (i = 0; words[i] != NULL; i++, n = strlen(all))
    text(all + n, sizeof all - n, "%s%s", i == 0 ? "" : ", ", words[i]);
  wrong(EXIT_USAGE, name, "'%s' is none of %s", word, all);
  return -1;
}

/* What a job needs to be given. */
static int check_job(void)
{
  if (opt.type == PROBE && opt.id == NULL && opt.application == NULL) return 0;
  if (empty(opt.application)) opt.application = environment("AMT_APPLICATION");
  if (empty(opt.application))
    return wrong(EXIT_USAGE, "no application", "give -an NAME, or set "
                 "AMT_APPLICATION");
  if (!amt_utf8(opt.application, strlen(opt.application)))
    return wrong(EXIT_CONFIG, "AMT_APPLICATION", "not valid UTF-8");
  if (opt.type == START && empty(opt.job) && empty(opt.script))
    return wrong(EXIT_USAGE, "nothing to start", "give -jn JOB or -fn SCRIPT");
  if (opt.type != START && empty(opt.id))
    return wrong(EXIT_USAGE, "no job", "%s needs -id BATCHREQUESTID",
                 type_name());
  if (opt.id != NULL && strlen(opt.id) >= AMT_ID_SIZE)
    return wrong(EXIT_USAGE, "-id", "longer than %d bytes, as no id is",
                 AMT_ID_SIZE - 1);
  return 0;
}

/* The first option that was given and goes with https only, or NULL. */
static const char *tls_option(void)
{
  size_t i = 0;
  while (i < OPTIONS && !(given[i] != 0 && (options[i].goes & TLS))) i++;
  return i < OPTIONS ? name_of(i) : NULL;
}

static int check_tls(void)
{
  if ((opt.cert == NULL) != (opt.key == NULL))
    return wrong(EXIT_USAGE, opt.cert ? "--cert" : "--key", "a client "
                 "certificate needs both --cert FILE and --key FILE");
  if (opt.type == ANCHORS && empty(opt.anchors) && opt.cert == NULL)
    return wrong(EXIT_USAGE, "anchors", "needs a FILE of certificates, or "
                 "--cert FILE --key FILE");
#ifndef AMT_BEARSSL
  if (opt.type == ANCHORS || tls_option() != NULL)
    return wrong(EXIT_CONFIG, opt.type == ANCHORS ? "anchors" : tls_option(),
                 "this amt was built without TLS; leave it out, or use one "
                 "that was built with it");
#endif
  return 0;
}

/* What the options mean together. */
static int check_options(void)
{
  size_t i;
  int    e;
  if (opt.print_wire && opt.type == START) opt.type = PRINT_WIRE;
  if (opt.type == START)
    opt.type = choose("-jt", either(opt.type_word, types[START]), types);
  if (opt.type < 0) return EXIT_USAGE;
  for (i = 0; i < OPTIONS; i++)
    if (given[i] != 0 && !(options[i].goes >> opt.type & 1))
      return wrong(EXIT_USAGE, name_of(i), "does not go with %s; leave it out",
                   type_name());
  if (opt.type == ENCRYPT && empty(opt.value))
    return wrong(EXIT_USAGE, "encrypt", "needs -v VALUE");
  e = check_tls();
  if (e != 0 || opt.type > PROBE) return e;
  opt.format = choose("--format", either(opt.format_word, formats[0]), formats);
  opt.detach = choose("--on-signal", either(opt.on_signal, "kill"), on_signals);
  if (opt.format < 0 || opt.detach < 0) return EXIT_USAGE;
  if (opt.no_wait && opt.follow)
    return wrong(EXIT_USAGE, "--no-wait", "does not go with --follow: leave "
                 "one of them out");
  if (opt.timeout == AMT_ZERO)
    return wrong(EXIT_USAGE, "--timeout", "must be more than 0; leave it out "
                 "for none");
  if (opt.poll_max == AMT_ZERO) opt.poll_max = 0;
  for (i = 0; i < OPTIONS; i++)
    if (options[i].kind == DAYS && given[i] != 0 && empty(opt.log_dir))
      return wrong(EXIT_USAGE, "--retain-days", "needs --log-dir DIR");
    else if (options[i].kind == DAYS && given[i] == 0) opt.retain = 30;
  return check_job();
}

/* ------------------------------------------------------------------------
   >>files */

static uint32_t began; /* when the run did: --timeout counts from here */

static const char *at_line(const char *file, unsigned line)
{
  static char where[PATHS];
  return text(where, sizeof where, "%s:%u", file, line);
}

/* The bytes of a byte order mark at the beginning, as Windows's editors put
   it there. */
static size_t mark_of(const char *p, size_t n)
{
  return n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* A file's descriptor, or -1 after saying why not. */
static int open_as(const char *file, int as)
{
  const char *fault;
  int         fd = file_open_as(file, as, &fault);
  if (fd < 0) wrong(EXIT_CONFIG, file, "%s", either(fault, strerror(errno)));
  return fd;
}

/* More of a file, or of a pipe while --timeout lasts. */
static ptrdiff_t read_more(int fd, void *p, size_t n)
{
  uint32_t gone = now_ms() - began, left = 0;
  if (opt.timeout != 0) left = gone < opt.timeout ? opt.timeout - gone : 1;
  if (!file_waits(fd, left)) return file_read(fd, p, n);
  errno = ETIMEDOUT;
  return -1;
}

/* Why read_more failed. */
static const char *read_words(void)
{
  return errno == ETIMEDOUT ? "nothing came from it within --timeout"
                            : strerror(errno);
}

static void warn_shown(const char *file, const char *secret)
{
  tell("warning: %s: others can read the %s in it; `chmod go-r` it, then "
       "replace the %s", file, secret, secret);
}

/* A whole file, terminated: *len bytes, without its mark. */
static int read_whole(const char *file, int fd, char *to, size_t size,
                      size_t *len)
{
  size_t    n = 0;
  ptrdiff_t got = 1;
  if (fd < 0) return EXIT_CONFIG; /* as open_as said */
  while (n < size && (got = read_more(fd, to + n, size - n)) > 0)
    n += (size_t)got;
  file_close(fd);
  if (got < 0) return wrong(EXIT_CONFIG, file, "%s", read_words());
  if (n == size)
    return wrong(EXIT_CONFIG, file, "longer than %u bytes, as no such file is",
                 (unsigned)(size - 1));
  *len = n - mark_of(to, n);
  memmove(to, to + mark_of(to, n), *len);
  to[*len] = 0;
  return 0;
}

static int read_text(const char *file, int fd, char *to, size_t size)
{
  size_t n = 0;
  int    e = read_whole(file, fd, to, size, &n);
  if (e == 0 && strlen(to) != n)
    return wrong(EXIT_CONFIG, file, "not plain text; save it as UTF-8");
  return e;
}

static char *trim(char *line)
{
  size_t n = strlen(line);
  while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL) line[--n] = 0;
  return line + strspn(line, " \t");
}

/* "NAME = VALUE" in the next line, blanks trimmed, cut out of a text whose
   place is *at. 1; 2 for a line without '=', which is then the name; 0 at the
   end. Comments and empty lines are counted and passed over. */
static int next_setting(char **at, unsigned *line, char **name, char **value)
{
  while (**at != 0) {
    size_t n = strcspn(*at, "\n");
    char  *p = *at;
    *at += n + (p[n] != 0);
    p[n] = 0;
    ++*line;
    p = trim(p);
    if (*p == 0 || *p == '#' || *p == ';') continue;
    *name = p;
    *value = strchr(p, '=');
    if (*p == '[' || *value == NULL) return 2;
    *(*value)++ = 0;
    trim(p);
    *value = trim(*value);
    return 1;
  }
  return 0;
}

/* The first line of an open file, without its line end. */
static int read_line(const char *file, int fd, char *to, size_t room)
{
  char  *end = NULL;
  size_t n = 0, mark;
  while (end == NULL && n < room) {
    ptrdiff_t got = read_more(fd, to + n, room - n);
    if (got < 0) return wrong(EXIT_CONFIG, file, "%s", read_words());
    if (got == 0) end = to + n;
    else end = (char *)memchr(to + n, '\n', (size_t)got);
    n += (size_t)got;
  }
  if (end == NULL)
    return wrong(EXIT_CONFIG, file, "its first line is longer than %u bytes",
                 (unsigned)(room - 1));
  n = (size_t)(end - to);
  if (n > 0 && to[n - 1] == '\r') n--;
  mark = mark_of(to, n);
  n -= mark;
  memmove(to, to + mark, n);
  wipe(to + n, room - n);
  if (n == 0) return wrong(EXIT_CONFIG, file, "nothing is in its first line");
  if (strlen(to) != n || !amt_utf8(to, n))
    return wrong(EXIT_CONFIG, file, "its first line is not valid UTF-8 text");
  return 0;
}

/* A password or a token; "-" is standard input. */
static int read_secret(const char *file, char *to, size_t room)
{
  int fd = 0, e;
  if (strcmp(file, "-") == 0) file = "standard input";
  else fd = open_as(file, AS_INPUT);
  if (fd < 0) return EXIT_CONFIG;
  if (fd > 0 && file_shown(fd)) warn_shown(file, "secret");
  e = read_line(file, fd, to, room);
  if (fd > 0) file_close(fd);
  if (e != 0) wipe(to, room);
  return e;
}

/* 0, or -1 with errno. */
static int write_all(int fd, const char *p, size_t n)
{
  while (n > 0) {
    ptrdiff_t put = file_write(fd, p, n, 1);
    if (put == 0) errno = EIO;
    if (put <= 0) return -1;
    p += put, n -= (size_t)put;
  }
  return 0;
}

/* A file whole: 0, or -1 with errno: then the old one stands, or the new. */
static int write_whole(const char *name, const char *p, size_t n)
{
  char path[PATHS];
  int  fd, e;
  if (strlen(name) + 5 > sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = file_create(text(path, sizeof path, "%s.tmp", name));
  if (fd < 0) return -1;
  e = write_all(fd, p, n);
  if (e == 0) return file_replace(fd, path, name);
  file_close(fd);
  file_remove(path);
  return e;
}

/* ------------------------------------------------------------------------
   >>config

   The older connector's file. USER and PASSWORD are the hexadecimal digits of
   the Base64 text of the value: an encoding, not encryption. */

enum { ADDRESS, USE_TLS, API_USER, API_PASSWORD, INTERVAL, DELAY, DEBUG,
       SETTINGS };

static const struct { const char *section, *name; int setting; } settings[] = {
  { "[AMT BATCH SERVER]", "SERVER_ADDRESS", ADDRESS },
  { "[AMT BATCH SERVER]", "SERVER_USE_TLS", USE_TLS },
  { "[AMT BATCH SERVER]", "SERVER_USES_TLS", USE_TLS },
  { "[AMT BATCH SERVER]", "USER", API_USER },
  { "[AMT BATCH SERVER]", "PASSWORD", API_PASSWORD },
  { "[CONNECTOR]", "STATUS_CHECK_POLL_INTERVAL", INTERVAL },
  { "[CONNECTOR]", "STATUS_CHECK_INITIAL_POLL_DELAY", DELAY },
  { "[CONNECTOR]", "DEBUG", DEBUG },
};
enum { NAMES = sizeof settings / sizeof *settings };

static const char *config_file; /* NULL: there is none */
static int         config_unasked; /* nobody named it */
static int         config_shown;   /* others can read it */
static char        config_text[BUFFER];
static struct { char *value; unsigned line; } config[SETTINGS];

/* Six bits of each pair of digits; four pairs are three bytes, and at the end
   '=' stands for what is missing. 0: this is no such text. */
static int decode(const char *from, char *to, size_t room)
{
  size_t   n = 0;
  unsigned bits = 0, have = 0, padding = 0;
  if (strlen(from) % 8 != 0) return 0;
  for (; *from != 0; from += 2) {
    int         high = hex_value(from[0]), low = hex_value(from[1]);
    const char *digit;
    if (high < 0 || low < 0 || high + low == 0) return 0;
    digit = strchr(base64, high * 16 + low);
    if (high * 16 + low == '=') {
      padding++;
      continue;
    }
    if (digit == NULL || padding > 0 || n + 1 >= room) return 0;
    bits = bits << 6 | (unsigned)(digit - base64);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    to[n++] = (char)(bits >> have & 255u);
  }
  to[n] = 0;
  return n > 0 && have == 2 * padding && (bits & ((1u << have) - 1)) == 0 &&
         strlen(to) == n && amt_utf8(to, n);
}

/* One digit of Base64 as two of hexadecimal. */
static void encode_digit(char c, char to[2])
{
  to[0] = "0123456789abcdef"[(unsigned char)c >> 4];
  to[1] = "0123456789abcdef"[(unsigned char)c & 15];
}

/* Up to three bytes, as eight digits. */
static void encode(const char *from, size_t n, char to[8])
{
  uint32_t bits = 0;
  size_t   i;
  for (i = 0; i < 3; i++)
    bits = bits << 8 | (i < n ? (unsigned char)from[i] : 0u);
  for (i = 0; i < 4; i++)
    encode_digit((char)(i > n ? '=' : base64[bits >> (18 - 6 * i) & 63u]),
                 to + 2 * i);
}

static const char *setting_name(int setting)
{
  int i = 0;
  while (settings[i].setting != setting) i++;
  return settings[i].name;
}

static int config_wrong(int setting, const char *what)
{
  return wrong(EXIT_CONFIG, at_line(config_file, config[setting].line), "%s",
               what);
}

static int read_config(int fd)
{
  config_shown = fd >= 0 && file_shown(fd);
  return read_text(config_file, fd, config_text, sizeof config_text);
}

/* A file that nobody named: if it is not there, or not for us to read, 0. What
   others could have put there is refused, whatever else was given. */
static int find_unasked(const char *file)
{
  const char *fault;
  int         fd = file_open_as(file, AS_UNASKED, &fault);
  if (fd < 0 && fault == NULL &&
      (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) return 0;
  config_file = file;
  config_unasked = 1;
  if (fd >= 0) return read_config(fd);
  return wrong(EXIT_CONFIG, file, "%s; or name another by --config",
               either(fault, strerror(errno)));
}

/* -c FILE, or the one beside the program, or the one in the current folder. */
static int find_config(const char *program)
{
  static char path[PATHS];
  char       *name;
  int         e = 0;
  config_file = opt.config;
  if (config_file != NULL) return read_config(open_as(config_file, AS_FILE));
  program_path(path, sizeof path - 20, program);
  name = file_name(path);
  if (name != NULL) {
    strcpy(name, "Connector.config");
    e = find_unasked(path);
  }
  return config_file == NULL ? find_unasked("Connector.config") : e;
}

/* A setting may be given twice, in two spellings, if both say the same. */
static int take_setting(int setting, char *value, unsigned line)
{
  char *before = config[setting].value;
  if (before != NULL && !same_word(before, value))
    return wrong(EXIT_CONFIG, at_line(config_file, line), "%s was said before, "
                 "in line %u, and was not the same; remove one of them",
                 setting_name(setting), config[setting].line);
  config[setting].value = value;
  config[setting].line = line;
  return 0;
}

/* The server comes from an argument or the environment, not from the file. */
static int server_given(void)
{
  return opt.server != NULL || !empty(environment("AMT_SERVER"));
}

static int take_config(void)
{
  static const char *const words[] = { "TRUE", "ON", "FALSE", "OFF", NULL };
  char       *at = config_text, *name, *value;
  const char *section = "";
  unsigned    line = 0;
  int         e, i;
  while ((e = next_setting(&at, &line, &name, &value)) != 0) {
    if (e == 2 && (*name != '[' || name[strlen(name) - 1] != ']'))
      return wrong(EXIT_CONFIG, at_line(config_file, line), "neither a "
                   "[SECTION] nor NAME=VALUE");
    if (e == 2) section = name;
    while (e == 2 && (name = strchr(name, '_')) != NULL) *name = ' ';
    for (i = 0; e == 1 && i < NAMES; i++)
      if (same_word(section, settings[i].section) &&
          same_word(name, settings[i].name) &&
          take_setting(settings[i].setting, value, line) != 0)
        return EXIT_CONFIG;
  }
  for (i = USE_TLS; i <= DEBUG; i += DEBUG - USE_TLS)
    if (config[i].value != NULL && word_in(words, config[i].value) < 0)
      return config_wrong(i, i == DEBUG ? "DEBUG must be ON or OFF"
                                        : "SERVER_USE_TLS must be True or "
                                          "False");
  for (i = INTERVAL; i <= DELAY; i++) {
    uint32_t *to = i == DELAY ? &opt.initial_delay : &opt.poll, ms = 0;
    if (config[i].value == NULL) continue;
    if (!milliseconds(config[i].value, &ms))
      return config_wrong(i, "not a number of seconds, such as 5");
    if (*to == 0) *to = ms;
  }
  if (config[DEBUG].value != NULL && word_in(words, config[DEBUG].value) < 2 &&
      !(config_unasked && server_given())) opt.trace = 1;
  if (opt.trace) tell("%s: the configuration in use", config_file);
  return 0;
}

/* http, if the file says so, otherwise https. */
static char *config_url(void)
{
  static char url[300];
  const char *tls = config[USE_TLS].value;
  if (empty(config[ADDRESS].value)) return NULL;
  return text(url, sizeof url, "%s%s",
              tls != NULL && (same_word(tls, "FALSE") || same_word(tls, "OFF"))
                ? "http://" : "https://", config[ADDRESS].value);
}

static int config_decode(int setting, char *to, size_t room)
{
  int good = decode(config[setting].value, to, room);
  if (good) return 0;
  wipe(to, room);
  return config_wrong(setting, setting == API_USER
    ? "USER is not encoded; put there what `amt encrypt -v USER` prints"
    : "PASSWORD is not encoded; put there what `amt encrypt -v PASSWORD` "
      "prints");
}

/* ------------------------------------------------------------------------
   >>wire

   A wire file has the texts of amt_wire as a person writes them, {word} where
   the table has a hole. Here: the way in, the way back, what to write in place
   of a line of version 0.1, and the table without what may be a secret. */

enum { WIRE = 16384, HEADER_ROOM = 4096, HEADERS = 32, NESTED = 8 };

static amt_wire wire;  /* the default, and what --wire changes of it */
static amt_wire shown; /* the same, without secrets: for traces */

static const struct { const char *name, *hole, *option; } holes[] = {
  { "application", AMT_HOLE_APPLICATION, "-an" },
  { "job", AMT_HOLE_JOB, "-jn" },
  { "script", AMT_HOLE_SCRIPT, "-fn" },
  { "submit_user", AMT_HOLE_SUBMIT_USER, "-su" },
  { "user", AMT_HOLE_USER, "-u" },
  { "station", AMT_HOLE_STATION, "-st" },
  { "queue", AMT_HOLE_QUEUE, "-qn" },
  { "id", AMT_HOLE_ID, "-id" },
  { "after", AMT_HOLE_AFTER, NULL },
  { "task_values", AMT_HOLE_TASK_VALUES, "-tv" },
  { "parameters", AMT_HOLE_PARAMETERS, "-pa" },
  { "api_user", AMT_HOLE_API_USER, "--api-user" },
  { "password", AMT_HOLE_PASSWORD, "--password-file" },
  { "token", AMT_HOLE_TOKEN, NULL },
  { "basic", AMT_HOLE_BASIC, NULL },
  { "action", AMT_HOLE_ACTION, NULL },
};
enum { HOLES = sizeof holes / sizeof *holes };

static const struct { const char *name, *mark; int of_list; } hows[] = {
  { "raw", AMT_AS_RAW(""), 0 },
  { "text", AMT_AS_TEXT(""), 0 },
  { "url", AMT_AS_URL(""), 0 },
  { "list", "", 1 }, /* what a list is without being told */
  { "object", AMT_AS_OBJECT(""), 1 },
  { "pairs", AMT_AS_PAIRS("", "", ""), 1 },
  { "joined", AMT_AS_JOINED("", ""), 1 },
};
enum { PAIRS = 5, JOINED = 6, HOWS = sizeof hows / sizeof *hows };

/* --- texts with holes, as the table has them --- */

static int is_mark(char c)
{
  return (unsigned char)c < 32 && strchr("\t\r\n", c) == NULL;
}

static int begins_part(char c)
{
  return c == *AMT_IF(JOB, "") || c == *AMT_UNLESS(JOB, "");
}

static int ends_part(char c) { return c == AMT_IF(JOB, "")[2]; }

/* The hole of this byte, or HOLES. */
static int hole_of(char c)
{
  int i = 0;
  while (i < HOLES && *holes[i].hole != c) i++;
  return i;
}

/* Behind the mark at p: the begin or end of a part, or a hole with all that it
   says. */
static const char *behind_mark(const char *p)
{
  if (ends_part(*p)) return p + 1;
  if (begins_part(*p)) return p + 1 + (p[1] != 0);
  while (*p != 0 && hole_of(*p) == HOLES) p++;
  return p + (*p != 0);
}

/* 1 if a hole from p to end is filled with this, not only asked about. */
static int fills_in(const char *p, const char *end, const char *hole)
{
  for (; p < end; p++)
    if (begins_part(*p)) p++;
    else if (*p == *hole) return 1;
  return 0;
}

static int fills(const char *t, const char *hole)
{
  return t != NULL && fills_in(t, t + strlen(t), hole);
}

static int fills_secret(const char *t)
{
  return fills(t, AMT_HOLE_PASSWORD) || fills(t, AMT_HOLE_TOKEN) ||
         fills(t, AMT_HOLE_BASIC);
}

static int signs_in(void) { return wire.call[AMT_SIGN_IN].path != NULL; }

/* 1 if any request has a hole that is filled with this. */
static int wire_fills(const char *hole)
{
  int op = signs_in() ? AMT_SIGN_IN : AMT_START;
  for (; op < AMT_CALLS; op++)
    if (fills(wire.call[op].path, hole) || fills(wire.call[op].body, hole))
      return 1;
  return fills(wire.headers, hole);
}

static int token_is_given(void)
{
  return !signs_in() && wire_fills(AMT_HOLE_TOKEN);
}

/* 1 if requests prove who sends them. */
static int has_credentials(void)
{
  return wire_fills(AMT_HOLE_PASSWORD) || wire_fills(AMT_HOLE_BASIC) ||
         wire_fills(AMT_HOLE_TOKEN);
}

/* --- from {words} to holes --- */

static int is_word_char(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

static size_t word_length(const char *p)
{
  size_t n = 0;
  while (is_word_char(p[n])) n++;
  return n;
}

/* A fault that names the word at p. */
static const char *word_fault(const char *p, const char *what)
{
  static char fault[WORDS];
  char        word[AMT_NAME_MAX + 1];
  size_t      n = word_length(p);
  if (n >= sizeof word) n = sizeof word - 1;
  memcpy(word, p, n);
  word[n] = 0;
  return text(fault, sizeof fault, "{%s}: %s", word, what);
}

static int hole_named(const char *p)
{
  size_t n = word_length(p);
  int    i = 0;
  while (i < HOLES && (strlen(holes[i].name) != n ||
                       memcmp(holes[i].name, p, n) != 0)) i++;
  return i;
}

static const char no_word[] =
  "no word that requests have; see the manual, and write {{ where a '{' in "
  "front of a letter is just that";

/* The text is rewritten where it stands: what is written never gets in front
   of what is read, since each hole becomes shorter. */
typedef struct {
  char   *from, *to;
  char    open[NESTED]; /* the holes that the open parts ask about */
  size_t  depth;
} rewriting;

static void move(rewriting *r, size_t n)
{
  memmove(r->to, r->from, n);
  r->to += n, r->from += n;
}

/* " name value" of pairs, up to '}'. */
static const char *take_pairs(rewriting *r)
{
  static const char form[] = "write {parameters:pairs NAME VALUE} with the "
                             "names of both members";
  size_t n;
  r->from += strspn(r->from, " ");
  n = strcspn(r->from, " }");
  if (n == 0 || r->from[n] != ' ') return form;
  move(r, n);
  *r->to++ = hows[PAIRS].mark[1];
  r->from += strspn(r->from, " ");
  n = strcspn(r->from, " }");
  if (n == 0) return form;
  move(r, n);
  r->from += strspn(r->from, " ");
  return NULL;
}

/* What a separator has, and how it is written behind a '\'. */
static const char escaped[] = "\n\r\t\\", escapes[] = "nrt\\";

/* The separator of joined, up to '}'. */
static const char *take_separator(rewriting *r)
{
  while (*r->from != '}' && *r->from != 0) {
    const char *escape;
    if (*r->from != '\\') {
      move(r, 1);
      continue;
    }
    escape = r->from[1] != 0 ? strchr(escapes, r->from[1]) : NULL;
    if (escape == NULL)
      return "in a separator, \\n, \\r, \\t and \\\\ are known";
    *r->to++ = escaped[escape - escapes];
    r->from += 2;
  }
  return NULL;
}

/* {word} or {word:how}; r->from is behind its brace. */
static const char *take_hole(rewriting *r)
{
  const char *word = r->from, *fault = NULL;
  int         hole = hole_named(word), how = 0, is_list;
  if (hole == HOLES) return word_fault(word, no_word);
  is_list = strchr(AMT_HOLE_TASK_VALUES AMT_HOLE_PARAMETERS,
                   *holes[hole].hole) != NULL;
  r->from += word_length(word);
  if (*r->from == ':') {
    while (how < HOWS && strncmp(r->from + 1, hows[how].name,
                                 strlen(hows[how].name)) != 0) how++;
    if (how == HOWS || hows[how].of_list != is_list)
      return word_fault(holes[hole].name, is_list
        ? "behind its ':', list, object, pairs and joined are known"
        : "behind its ':', raw, text and url are known");
    r->from += 1 + strlen(hows[how].name);
    if (*hows[how].mark != 0) *r->to++ = *hows[how].mark;
    if (how == PAIRS) fault = take_pairs(r);
    if (how == JOINED) fault = take_separator(r);
  }
  if (fault == NULL && *r->from != '}')
    fault = word_fault(holes[hole].name, "not closed by a '}' right behind it");
  *r->to++ = *holes[hole].hole;
  r->from++;
  return fault;
}

/* {?word}, {!word} or {/word}; r->from is at the character in front of it. */
static const char *take_part(rewriting *r)
{
  const char kind = *r->from++, *word = r->from;
  int        hole = hole_named(word);
  if (hole == HOLES) return word_fault(word, no_word);
  if (word[word_length(word)] != '}')
    return word_fault(word, "not closed by a '}' right behind it");
  r->from += word_length(word) + 1;
  if (kind == '/') {
    if (r->depth == 0 || r->open[--r->depth] != *holes[hole].hole)
      return word_fault(holes[hole].name, "its {/...} closes no part, or not "
                        "the innermost");
    *r->to++ = AMT_IF(JOB, "")[2];
    return NULL;
  }
  if (r->depth == NESTED) return "parts within parts, too deep";
  r->open[r->depth++] = *holes[hole].hole;
  *r->to++ = kind == '?' ? *AMT_IF(JOB, "") : *AMT_UNLESS(JOB, "");
  *r->to++ = *holes[hole].hole;
  return NULL;
}

/* A text with {words} to one with holes: NULL, or what is wrong with it. */
static const char *take_holes(char *t)
{
  rewriting   r = { NULL, NULL, "", 0 };
  const char *fault = NULL;
  r.from = r.to = t;
  while (*r.from != 0 && fault == NULL) {
    char next = r.from[1];
    if (*r.from != '{') {
      move(&r, 1);
    } else if (is_word_char(next)) {
      r.from++;
      fault = take_hole(&r);
    } else if ((next == '?' || next == '!' || next == '/') &&
               is_word_char(r.from[2])) {
      r.from++;
      fault = take_part(&r);
    } else {
      if (next == '{' && is_word_char(r.from[2])) r.from++;
      move(&r, 1);
    }
  }
  *r.to = 0;
  if (fault == NULL && r.depth > 0)
    fault = word_fault(holes[hole_of(r.open[r.depth - 1])].name,
                       "a part is not closed by its {/...}");
  return fault;
}

/* --- and back --- */

static void spell_word(amt_window *o, const char *before, char hole,
                       const char *behind)
{
  int i = hole_of(hole);
  amt_put_text(o, before);
  if (i < HOLES) amt_put_text(o, holes[i].name);
  amt_put_text(o, behind);
}

/* What pairs and joined say behind their names. */
static void spell_argument(amt_window *o, const char *p, const char *end,
                           int how)
{
  if (how == PAIRS) amt_put_text(o, " ");
  for (; p < end; p++) {
    const char *escape = strchr(escaped, *p);
    if (is_mark(*p)) {
      amt_put_text(o, " ");
    } else if (how == JOINED && escape != NULL) {
      amt_put_text(o, "\\");
      amt_put(o, escapes + (escape - escaped), 1);
    } else {
      amt_put(o, p, 1);
    }
  }
}

/* The hole from p to end. */
static void spell_hole(amt_window *o, const char *p, const char *end)
{
  int how = 0;
  while (how < HOWS && *hows[how].mark != *p) how++;
  spell_word(o, "{", end[-1], "");
  if (how < HOWS) {
    amt_put_text(o, ":");
    amt_put_text(o, hows[how].name);
    spell_argument(o, p + 1, end - 1, how);
  }
  amt_put_text(o, "}");
}

/* A text with holes as a wire file has it, but for the end of a header line. */
static void spell(amt_window *o, const char *p, const char *end)
{
  char   open[NESTED + 1]; /* one more, around a header line */
  size_t depth = 0;
  while (p < end) {
    const char *next = is_mark(*p) ? behind_mark(p) : p + 1;
    if (begins_part(*p)) {
      spell_word(o, *p == *AMT_IF(JOB, "") ? "{?" : "{!", p[1], "}");
      if (depth < sizeof open) open[depth++] = p[1];
    } else if (ends_part(*p)) {
      spell_word(o, "{/", depth > 0 ? open[--depth] : '\0', "}");
    } else if (is_mark(*p)) {
      spell_hole(o, p, next);
    } else if (*p != '\r' && *p != '\n') {
      amt_put(o, p, 1);
      if (*p == '{' && next < end && is_word_char(*next)) amt_put(o, p, 1);
    }
    p = next;
  }
}

/* --- header lines --- */

static char     header_text[HEADER_ROOM];
static size_t   header_len;
static unsigned header_at[HEADERS]; /* lines of the file */
static size_t   header_count;

/* Behind the line at p: its line end, and the ends of parts around it. */
static const char *behind_header(const char *p)
{
  p = strstr(p, "\r\n");
  for (p += 2; ends_part(*p); p++) {}
  return p;
}

/* 1 if a part of it asks about the token. */
static int asks_for_token(const char *p, const char *end)
{
  for (; p < end; p++)
    if (begins_part(*p) && p[1] == *AMT_HOLE_TOKEN) return 1;
  return 0;
}

/* 1 if it is sent only with a token because it has one: that is understood, and
   a file need not say it. */
static int is_wrapped(const char *p, const char *end)
{
  return *p == *AMT_IF(JOB, "") && p[1] == *AMT_HOLE_TOKEN &&
         fills_in(p, end, AMT_HOLE_TOKEN) && !asks_for_token(p + 2, end);
}

/* Headers by which a server finds the end of a request, or the connection's,
   are the library's to write: a second one would cut requests elsewhere. */
static int is_framing(const char *name)
{
  static const char *const names[] = {
    "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
    "Proxy-Connection", "TE", "Trailer", "Upgrade", "Expect", NULL
  };
  return word_in(names, name) >= 0;
}

/* How many parts are around all of the line: those that begin in front of its
   name must end behind its value. -1 if they do not. */
static int parts_around(const char *line)
{
  const char *p = line, *end = line + strlen(line);
  int         around = 0, depth, ends = 0;
  for (; begins_part(*p); p += 2) around++;
  while (end > p && ends < around && ends_part(end[-1])) end--, ends++;
  for (depth = around; p < end; p = is_mark(*p) ? behind_mark(p) : p + 1) {
    depth += begins_part(*p) - ends_part(*p);
    if (depth < around) return -1;
  }
  return ends == around ? around : -1;
}

static void add_header(const char *p, size_t n)
{
  memcpy(header_text + header_len, p, n);
  header_len += n;
  header_text[header_len] = 0;
}

/* "Name: value", with holes, behind those that are there. */
static const char *take_header(char *line, unsigned at)
{
  static const char form[] = "a header is Name: value, and its name has no "
                             "holes";
  size_t n = strlen(line), colon, around;
  char  *name = line;
  int    parts = parts_around(line), wraps = 0;
  if (fills(line, AMT_HOLE_PARAMETERS) || fills(line, AMT_HOLE_TASK_VALUES))
    return "no list goes into a header";
  if (parts < 0) return "a part that begins in front of a header's name must "
                        "end behind its value; write two lines";
  around = (size_t)parts;
  name += 2 * around;
  colon = strcspn(name, ":");
  if (name[colon] == 0) return form;
  name[colon] = 0;
  if (is_framing(name))
    return "Host, Content-Length, Transfer-Encoding, Connection and their like "
           "are written by this program; leave them out";
  if (!amt_http_valid(name, 1)) return form;
  name[colon] = ':';
  wraps = fills(line, AMT_HOLE_TOKEN) && !asks_for_token(line, line + n);
  if (header_count == HEADERS || header_len + n + 6 > sizeof header_text)
    return "too many headers";
  header_at[header_count++] = at;
  if (wraps) add_header(AMT_IF(TOKEN, ""), 2);
  add_header(line, n - around);
  add_header("\r\n", 2);
  add_header(line + n - around, around);
  if (wraps) add_header(&AMT_IF(TOKEN, "")[2], 1);
  wire.headers = header_text;
  return NULL;
}

/* --- lines of version 0.1 --- */

typedef struct { const char *name, *where, *before, *behind; } old_name;
typedef struct { const char *name, *value, *before, *behind; } old_choice;

/* Names of members, and words: what stood there goes between the last two. */
static const old_name old_names[] = {
  { "request.user", "sign_in.body", "\"", "\":{api_user}" },
  { "request.password", "sign_in.body", "\"", "\":{password}" },
  { "request.action", "the bodies of start, stop and kill", "\"",
    "\":{action}" },
  { "request.task_type", "start.body", "\"",
    "\":\"{?script}SCRIPT{/script}{!script}BATCH{/script}\"" },
  { "request.application", "the bodies of all calls but sign_in", "\"",
    "\":{application}" },
  { "request.job", "start.body", "{!script},\"", "\":{job}{/script}" },
  { "request.script", "start.body", "{?script},\"", "\":{script}{/script}" },
  { "request.submit_user", "start.body", "\"", "\":{submit_user}" },
  { "request.run_as", "start.body", "{?user},\"", "\":{user}{/user}" },
  { "request.station", "start.body", "\"", "\":{station}" },
  { "request.queue", "start.body", "{?queue},\"", "\":{queue}{/queue}" },
  { "request.id", "the bodies of stop, kill, monitor and messages", "\"",
    "\":{id}" },
  { "request.after", "messages.body", "\"", "\":{after}" },
  { "request.task_values", "start.body", "{?task_values},\"",
    "\":{task_values}{/task_values}" },
  { "request.parameters", "start.body", "{?parameters},\"",
    "\":{parameters}{/parameters}" },
  { "word.start", "start.body", "\"", "\" in place of \"START\"" },
  { "word.stop", "stop.body", "\"", "\" in place of {action}" },
  { "word.kill", "kill.body", "\"", "\" in place of {action}" },
  { "word.batch", "start.body", "", " in place of BATCH" },
  { "word.script", "start.body", "", " in place of SCRIPT" },
};
enum { OLD_NAMES = sizeof old_names / sizeof *old_names };

#define OUT_LINE "it is not needed now: leave this line out"
#define LIST_LINE(word, how) "in start.body, write {" word ":" how "} in " \
                             "place of {" word "}"

/* The rest, by value; NULL is any. The value goes between the last two, where
   there are two. */
static const old_choice old_lines[] = {
  { "auth", "json", OUT_LINE, NULL },
  { "auth", "form", "write sign_in.body = grant_type=password&username="
    "{api_user}&password={password}", NULL },
  { "auth", "basic", "write sign_in.path = none and header = Authorization: "
    "Basic {basic}", NULL },
  { "auth", "fixed", "write sign_in.path = none and header = "
    "X-AMT-LogonToken: {token}, with the name of your header", NULL },
  { "auth", "none", "write sign_in.path = none and header = none", NULL },
  { "auth", NULL, "write sign_in.path, sign_in.body and header as amt "
    "--print-wire shows them", NULL },
  { "auth_header", "none", "write header = none", NULL },
  { "auth_header", NULL, "write header = ", ": {token}" },
  { "auth_scheme", "none", OUT_LINE, NULL },
  { "auth_scheme", "", OUT_LINE, NULL },
  { "auth_scheme", NULL, "write header = Authorization: ",
    "{token}, with the name of your header" },
  { "headers", "none", OUT_LINE, NULL },
  { "headers", NULL, "write a line header = NAME: VALUE for each of them, and "
    "one with the token, header = X-AMT-LogonToken: {token}", NULL },
  { "members", "none", OUT_LINE, NULL },
  { "members", NULL, "write them into each call's body, behind its '{'", NULL },
  { "separator", "none", OUT_LINE, NULL },
  { "separator", NULL, "write it into the hole in start.body: "
    "{parameters:joined", "}" },
  { "task_values", "array", OUT_LINE, NULL },
  { "task_values", "object", LIST_LINE("task_values", "object"), NULL },
  { "task_values", NULL, LIST_LINE("task_values", "joined;"), NULL },
  { "parameters", "array", OUT_LINE, NULL },
  { "parameters", "object", LIST_LINE("parameters", "object"), NULL },
  { "parameters", NULL, LIST_LINE("parameters", "joined;"), NULL },
};
enum { OLD_LINES = sizeof old_lines / sizeof *old_lines };

/* How to write this line anew, or NULL if 0.1 had none of this name. Values of
   headers and members may be secrets, and are not repeated. */
static const char *old_line(const char *name, char *value)
{
  static const char see[] = "(amt --print-wire shows one)";
  static char       words[WORDS];
  size_t            n = strlen(value);
  int               i;
  if (n > 1 && *value == '"' && value[n - 1] == '"')
    value[n - 1] = 0, value++, n -= 2;
  for (i = 0; i < OLD_NAMES; i++) {
    if (strcmp(name, old_names[i].name) != 0) continue;
    if (strcmp(value, "none") == 0)
      return text(words, sizeof words, "names stand in the bodies now: write "
                  "%s without it %s", old_names[i].where, see);
    return text(words, sizeof words, "names stand in the bodies now: write %s "
                "with %s%s%s in it %s", old_names[i].where, old_names[i].before,
                value, old_names[i].behind, see);
  }
  for (i = 0; i < OLD_LINES; i++) {
    int scheme = strcmp(name, "auth_scheme") == 0;
    if (strcmp(name, old_lines[i].name) != 0) continue;
    if (old_lines[i].value != NULL && strcmp(value, old_lines[i].value) != 0)
      continue;
    if (old_lines[i].behind == NULL) return old_lines[i].before;
    return text(words, sizeof words, "%s%s%s%s", old_lines[i].before, value,
                scheme && value[n - 1] != ' ' ? " " : "", old_lines[i].behind);
  }
  return NULL;
}

/* --- the table without secrets --- */

enum wire_kind { METHOD, PATH, BODY, HEADER, REPLY };

/* Bytes up to a mark or one of `ends`; an escaped character is no end. */
static size_t run_length(const char *p, const char *ends)
{
  size_t n = 0;
  while (p[n] != 0 && !is_mark(p[n]) && strchr(ends, p[n]) == NULL)
    n += *ends == '"' && p[n] == '\\' && p[n + 1] != 0 && !is_mark(p[n + 1])
      ? 2 : 1;
  return n;
}

/* 1 if what begins here, behind its quote, is a member's name. */
static int is_member(const char *p)
{
  while (*p != 0 && *p != '"') {
    size_t n = run_length(p, "\"");
    p = n > 0 ? p + n : behind_mark(p);
  }
  p += *p != 0;
  return p[strspn(p, " \t")] == ':';
}

/* Words that are no secret, and what is too short to be one. */
static int is_harmless(const char *p, size_t n)
{
  static const char *const words[] = { "START", "STOP", "KILL", "SCRIPT",
                                       "BATCH", "OPCON", "true", "false",
                                       "null", NULL };
  int i;
  for (i = 0; words[i] != NULL; i++)
    if (strlen(words[i]) == n && memcmp(words[i], p, n) == 0) return 1;
  return n < 3;
}

/* A text of a wire file may hold a key, as a literal: only names are surely
   none, and what holes are filled with is known. So of JSON the member names
   stay, of a path, a form or a header what is in front of '=' or ':', of any
   other body nothing; the other literals become "***", as do the holes with
   credentials. *at, a place in the text, becomes the one in the copy, which is
   no longer than what the file has. */
static void mask(char *to, const char *p, enum wire_kind kind, size_t *at)
{
  static const char structure[] = "{}[]:,\" \t";
  const char *from = p, *begin = to;
  int  json = kind == BODY && (strchr("{[\"", *p) != NULL || is_mark(*p));
  int  other = kind == BODY && !json && p[strcspn(p, "=<{ ")] != '=';
  int  within = other; /* a value; in JSON: 1 a string's, 2 a member's name */
  size_t place = 0;
  while (*p != 0) {
    const char *ends = other ? "" : within ? "&" : "=", *put = p;
    size_t      n, m;
    if (json) ends = within ? "\"" : structure;
    if (kind == HEADER) ends = within ? "\n" : ":";
    n = m = run_length(p, ends);
    if (n > 0) {
      if ((json ? within != 2 : within) && !is_harmless(p, n))
        put = "***", m = 3;
    } else if (is_mark(*p)) {
      n = m = (size_t)(behind_mark(p) - p);
      if (!begins_part(*p) && strchr(AMT_HOLE_PASSWORD AMT_HOLE_TOKEN
                                     AMT_HOLE_BASIC, p[n - 1]) != NULL)
        put = "***", m = 3;
    } else {
      n = m = 1;
      if (!json) within = !within;
      else if (*p == '"') within = within ? 0 : 1 + is_member(p + 1);
    }
    if (*at >= (size_t)(p - from))
      place = (size_t)(to - begin) + (put == p ? *at - (size_t)(p - from) : 0);
    memcpy(to, put, m);
    to += m, p += n;
  }
  *to = 0;
  *at = place;
}

/* --- the file --- */

typedef struct {
  const char    *name;
  const char   **to;
  enum wire_kind kind;
} wire_line;

#define CALL(name, op) \
  { name ".method", &wire.call[op].method, METHOD }, \
  { name ".path", &wire.call[op].path, PATH }, \
  { name ".body", &wire.call[op].body, BODY }
#define ANSWER(name, m) { "reply." name, &wire.reply[m], REPLY }

static const wire_line wire_lines[] = {
  CALL("sign_in", AMT_SIGN_IN), CALL("start", AMT_START),
  CALL("stop", AMT_STOP), CALL("kill", AMT_KILL),
  CALL("monitor", AMT_MONITOR), CALL("messages", AMT_MESSAGES),
  { "header", &wire.headers, HEADER },
  ANSWER("token", AMT_REPLY_TOKEN), ANSWER("expires", AMT_REPLY_EXPIRES),
  ANSWER("id", AMT_REPLY_ID), ANSWER("status", AMT_REPLY_STATUS),
  ANSWER("message", AMT_REPLY_MESSAGE), ANSWER("messages", AMT_REPLY_MESSAGES),
  ANSWER("more", AMT_REPLY_MORE), ANSWER("sequence", AMT_REPLY_SEQUENCE),
  ANSWER("time", AMT_REPLY_TIME), ANSWER("text", AMT_REPLY_TEXT),
};
enum { WIRE_LINES = sizeof wire_lines / sizeof *wire_lines };

static unsigned wire_at[WIRE_LINES]; /* lines of the file; 0: not there */

static int wire_line_of(const void *to)
{
  int i = 0;
  while (i < WIRE_LINES && wire_lines[i].to != to) i++;
  return i;
}

/* A JSON string to its text, in place: what stands behind it, or NULL. */
static char *unquote(char *from)
{
  amt_json       json;
  amt_json_token token;
  char          *p = from, *to = from;
  size_t         used;
  memset(&json, 0, sizeof json);
  do {
    int e = amt_json_next(&json, p, strlen(p), &used, &token);
    if (e != AMT_JSON_STRING || memchr(token.text, 0, token.len)) return NULL;
    memmove(to, token.text, token.len);
    to += token.len, p += used;
  } while (!token.last);
  *to = 0;
  return p > to ? p : NULL;
}

/* Dotted names of parts of 1 to 31 bytes, and alternatives, 255 bytes in all;
   or "", the reply itself. */
static int is_reply_name(const char *v)
{
  size_t n = strcspn(v, ".|");
  if (*v == 0) return 1;
  if (strlen(v) > 255) return 0;
  while (n > 0 && n <= AMT_NAME_MAX) {
    if (v[n] == 0) return 1;
    v += n + 1;
    n = strcspn(v, ".|");
  }
  return 0;
}

static const char *take_path(const wire_line *l, char *v)
{
  const char *p = v;
  if (v == NULL)
    return l->to == &wire.call[AMT_SIGN_IN].path ? NULL : "a path is needed";
  while (*p > ' ' && *p < 127 && *p != '#') p++;
  if (*v != '/' || *p != 0)
    return "a path begins with '/' and is ASCII without blanks and '#'; encode "
           "others as %XX";
  return take_holes(v);
}

/* A value that may be none, where it belongs. NULL, or what is wrong. */
static const char *take_text(const wire_line *l, char *v, unsigned line)
{
  static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", NULL };
  const char *fault;
  if (l->kind != HEADER) *l->to = v;
  switch (l->kind) {
  case METHOD:
    if (v != NULL && word_in(methods, v) >= 0 && *v <= 'Z') return NULL;
    return "the method must be GET, POST, PUT or DELETE";
  case PATH: return take_path(l, v);
  case BODY: return v != NULL ? take_holes(v) : NULL;
  case HEADER:
    if (v == NULL) wire.headers = NULL;
    if (v == NULL && header_count == 0) return NULL;
    if (wire.headers == NULL) return "none goes with no other header line";
    fault = take_holes(v);
    return fault != NULL ? fault : take_header(v, line);
  default:
    if (v == NULL || is_reply_name(v)) return NULL;
    return "each part of a name, between '.' and '|', must have 1 to 31 bytes, "
           "the whole at most 255";
  }
}

/* One line's value, where it belongs. NULL, or what is wrong. A body keeps its
   quotes: it may be one JSON string. */
static const char *take_wire_value(const wire_line *l, char *value,
                                   unsigned line)
{
  const char *p;
  char       *rest;
  if (*value == 0) return "no value; write none for what is not there";
  for (p = value; *p != 0; p++)
    if (((unsigned char)*p < 32 && *p != '\t') || *p == 127)
      return "a control character is in it";
  if (!amt_utf8(value, strlen(value))) return "not valid UTF-8";
  if (strcmp(value, "none") == 0) return take_text(l, NULL, line);
  if (*value == '"' && l->kind != BODY && l->kind != HEADER) {
    rest = unquote(value);
    if (rest == NULL) return "not a JSON string in quotes";
    if (*rest != 0) return "something stands behind the quotes";
  }
  return take_text(l, value, line);
}

typedef struct {
  char    *at;          /* what is left of the text */
  unsigned next;        /* lines before it */
  unsigned line;        /* of the value that was read, or of the fault */
  char    *name, *value;
} wire_reader;

/* The next line, cut out of the text, blanks trimmed. */
static char *cut_line(wire_reader *r)
{
  size_t n = strcspn(r->at, "\n");
  char  *p = r->at;
  r->at += n + (p[n] != 0);
  p[n] = 0;
  r->next++;
  return trim(p);
}

/* The name in front of a '=', or NULL: cut off, *value behind it. */
static char *cut_name(char *line, char **value)
{
  char *equals = strchr(line, '=');
  if (equals == NULL) return NULL;
  *equals = 0;
  *value = trim(equals + 1);
  return trim(line);
}

/* The line with this name, of n bytes, or WIRE_LINES. */
static int wire_line_named(const char *name, size_t n)
{
  int i = 0;
  while (i < WIRE_LINES && (strlen(wire_lines[i].name) != n ||
                            memcmp(wire_lines[i].name, name, n) != 0)) i++;
  return i;
}

/* 1 if a line is a setting of its own, not more of a value. */
static int is_setting(const char *line)
{
  size_t n = strcspn(line, " \t=");
  return line[n + strspn(line + n, " \t")] == '=' &&
         wire_line_named(line, n) < WIRE_LINES;
}

/* The next "name = value", with the lines that go on with it. 1, or 0 at the
   end; *fault: it is none. */
static int next_wire_value(wire_reader *r, const char **fault)
{
  char  *p, *end, first;
  size_t n;
  *fault = NULL;
  do {
    if (*r->at == 0) return 0;
    first = *r->at;
    p = cut_line(r);
  } while (*p == 0 || first == '#');
  r->line = r->next;
  r->name = cut_name(p, &r->value);
  if (empty(r->name)) r->name = p, *fault = "not NAME = VALUE";
  if (strchr(" \t}]", first) != NULL)
    *fault = "a line that begins with a blank, '}' or ']' goes on with a "
             "value, and there is none before it";
  if (*fault != NULL) return 1;
  end = r->value + strlen(r->value);
  while (*r->at != 0 && strchr(" \t}]#\r\n", *r->at) != NULL) {
    first = *r->at;
    p = cut_line(r);
    if (first == '#') continue;
    if (is_setting(p)) {
      *fault = "a line that begins with a blank goes on with the value before "
               "it; remove the blank";
      r->line = r->next;
      r->name = cut_name(p, &r->value);
      return 1;
    }
    n = strlen(p);
    memmove(end, p, n + 1);
    end += n;
  }
  return 1;
}

/* Makes `shown`: of the file's own texts it has copies without secrets. */
static void mask_wire(void)
{
  static char copies[WIRE + HEADER_ROOM];
  amt_wire    whole = wire;
  char       *to = copies;
  int         i;
  for (i = 0; i < WIRE_LINES; i++) {
    const wire_line *l = &wire_lines[i];
    size_t           at = 0;
    if (wire_at[i] == 0 || l->kind == METHOD || l->kind == REPLY ||
        *l->to == NULL) continue;
    mask(to, *l->to, l->kind, &at);
    if (strcmp(to, *l->to) == 0) continue;
    *l->to = to;
    to += strlen(to) + 1;
  }
  shown = wire;
  wire = whole;
}

static int read_wire(const char *file)
{
  static char lines[WIRE]; /* `wire` points into it */
  wire_reader r = { lines, 0, 0, NULL, NULL };
  const char *fault;
  int         i, e = 0;
  wire = shown = *amt_wire_default();
  if (file == NULL) return 0;
  e = read_text(file, open_as(file, AS_FILE), lines, sizeof lines);
  if (e != 0) return e;
  while (next_wire_value(&r, &fault)) {
    i = wire_line_named(r.name, strlen(r.name));
    if (fault == NULL && i == WIRE_LINES)
      fault = either(old_line(r.name, r.value), "not a name of the wire table; "
                     "`amt --print-wire` lists them");
    if (fault == NULL && wire_at[i] != 0 && wire_lines[i].kind != HEADER)
      fault = "given twice";
    if (fault == NULL) wire_at[i] = r.line;
    if (fault == NULL) fault = take_wire_value(&wire_lines[i], r.value, r.line);
    if (fault == NULL) continue;
    return wrong(EXIT_CONFIG, at_line(file, r.line), "%s: %s",
                 either(r.name, "="), fault);
  }
  mask_wire();
  return 0;
}

/* The line of the file that set this text, at this byte of it; 0: none did. */
static unsigned wire_line_at(int i, size_t at)
{
  const char *p = wire.headers;
  size_t      n = 0;
  if (i == WIRE_LINES) return 0;
  if (wire_lines[i].kind != HEADER || wire_at[i] == 0 || p == NULL)
    return wire_at[i];
  while (*p != 0 && (p = behind_header(p)) <= wire.headers + at && *p != 0) n++;
  return header_at[n];
}

/* A table's fault: FILE:LINE: NAME: REASON, and what stands around it. */
static int wire_wrong(const char *file, int i, const char *text_at, size_t at,
                      const char *reason)
{
  char     copy[WIRE], around[64];
  amt_window o;
  amt_window_init(&o, NULL, 0, 0);
  unsigned line = wire_line_at(i, at);
  size_t   from;
  *around = 0;
  if (at > 0 && i < WIRE_LINES && wire_at[i] != 0 &&
      wire_lines[i].kind != METHOD && wire_lines[i].kind != REPLY) {
    mask(copy, text_at, wire_lines[i].kind, &at);
    spell(&o, copy, copy + at);
    from = o.total > 24 ? o.total - 24 : 0;
    amt_window_init(&o, around, sizeof around - 1, from);
    spell(&o, copy, copy + strlen(copy));
    around[o.len] = 0;
  }
  return wrong(EXIT_CONFIG, line != 0 ? at_line(file, line) : file,
               "%s: %s%s%s%s", i < WIRE_LINES ? wire_lines[i].name : "", reason,
               *around != 0 ? ", at '" : "", around, *around != 0 ? "'" : "");
}

/* What is wrong with the whole table is better known now than when a job runs
   whose id cannot be read. */
static int check_wire(const char *file)
{
  static const uint8_t needed[] = { AMT_REPLY_ID, AMT_REPLY_STATUS,
                                    AMT_REPLY_TOKEN };
  amt_wire_fault fault;
  const void    *to = &wire.headers;
  int            i;
  if (file == NULL) return 0;
  for (i = 0; i < 2 + signs_in(); i++)
    if (wire.reply[needed[i]] == NULL)
      return wire_wrong(file, wire_line_of(&wire.reply[needed[i]]), NULL, 0,
                        "none, and no job can be run without it");
  if (signs_in() && !wire_fills(AMT_HOLE_TOKEN))
    return wire_wrong(file, wire_line_of(to), NULL, 0, "the sign-in's token "
                      "is sent nowhere; add header = X-AMT-LogonToken: {token}"
                      ", or write sign_in.path = none");
  memset(&fault, 0, sizeof fault);
  if (amt_wire_check(&wire, &fault) == 0) return 0;
  if (strcmp(fault.part, "method") == 0) to = &wire.call[fault.call].method;
  if (strcmp(fault.part, "path") == 0) to = &wire.call[fault.call].path;
  if (strcmp(fault.part, "body") == 0) to = &wire.call[fault.call].body;
  for (i = 0; strcmp(fault.part, "reply") == 0 && i < AMT_REPLY_COUNT; i++)
    if (wire.reply[i] == fault.text) to = &wire.reply[i];
  return wire_wrong(file, wire_line_of(to), fault.text, fault.at, fault.reason);
}

/* ------------------------------------------------------------------------
   >>output */

typedef struct {
  int    fd;    /* 0: there is none */
  int    error; /* errno of the first write that failed */
  size_t n;
  size_t total;
  char   buf[BUFFER];
} sink;

static sink out, kept; /* standard output, and its copy in --log-dir */

static void sink_flush(sink *s)
{
  if (s->n > 0 && s->error == 0 && write_all(s->fd, s->buf, s->n) != 0)
    s->error = errno;
  s->n = 0;
}

static void sink_put(sink *s, const char *p, size_t n)
{
  s->total += n;
  while (n > 0) {
    size_t m = sizeof s->buf - s->n;
    if (m > n) m = n;
    memcpy(s->buf + s->n, p, m);
    p += m, n -= m, s->n += m;
    if (s->n == sizeof s->buf) sink_flush(s);
  }
}

static void put(const char *p, size_t n)
{
  live_clear();
  sink_put(&out, p, n);
  if (kept.fd > 0) sink_put(&kept, p, n);
}

/* Once. */
static void tell_output(void)
{
  static int told;
  if (out.error == 0 || told) return;
  told = 1;
  tell("standard output: %s; what was to be there is not whole",
       strerror(out.error));
}

static void put_text(const char *t) { put(t, strlen(t)); }

static void putf(const char *format, ...)
{
  char    line[256];
  va_list a;
  va_start(a, format);
  put_text(vtext(line, sizeof line, format, a));
  va_end(a);
}

/* 64 bytes become at most 6 * 64 and the quotes, which are left out; no part
   ends inside a character. */
static void put_escaped(const char *t, size_t len)
{
  char buf[6 * 64 + 2];
  while (len > 0) {
    size_t  n = len < 64 ? len : 64;
    amt_window o;
    amt_window_init(&o, buf, sizeof buf, 0);
    while (n > 1 && n < len && ((unsigned char)t[n] & 0xC0u) == 0x80u) n--;
    amt_json_put_string(&o, t, n);
    put(buf + 1, o.len - 2);
    t += n, len -= n;
  }
}

/* Nothing may reach a terminal that could steer it: escape all controls, not
   only those for which JSON asks. */
static int escape_all;

/* JSON's escape of a control character. */
static void put_escape(const char *t, size_t len)
{
  const unsigned char *c = (const unsigned char *)t;
  unsigned             u = *c;
  char                 escape[] = "\\u0000";
  int                  i;
  if (len == 2) u = (c[0] & 31u) << 6 | (c[1] & 63u);
  if (len == 3) u = (c[0] & 15u) << 12 | (c[1] & 63u) << 6 | (c[2] & 63u);
  for (i = 5; i > 1; i--, u >>= 4) escape[i] = "0123456789abcdef"[u & 15u];
  put(escape, 6);
}

/* The inside of a JSON string. */
static void put_inside(const char *t, size_t len)
{
  while (len > 0) {
    size_t n = escape_all ? 0 : len, size = 0;
    int    plain = 1;
    while (n < len && plain) {
      n += size;
      size = n < len ? next_char(t + n, len - n, &plain) : 0;
      if (size == 1 && t[n] != 127) plain = 1; /* JSON escapes the others */
    }
    put_escaped(t, n);
    if (!plain) put_escape(t + n, size), n += size;
    t += n, len -= n;
  }
}

/* What is to stay within its line. */
static void put_value(const char *value)
{
  size_t len = strlen(value);
  while (len > 0) {
    int    harmless;
    size_t n = next_char(value, len, &harmless);
    put(harmless ? value : "?", harmless ? n : 1);
    value += n, len -= n;
  }
}

static void put_list(const list *l, const char *before)
{
  size_t i;
  for (i = 0; i < l->count; i++, before = ", ") {
    put_text(before);
    put_value(l->text[i]);
  }
}

static int print_help(void)
{
  size_t i;
  put_text("usage: amt [-jt START] -an APPLICATION (-jn JOB | -fn SCRIPT) "
           "[OPTION]...\n"
           "       amt -jt STOP|KILL|MONITOR|MESSAGES|ATTACH -an APPLICATION "
           "-id ID\n"
           "       amt probe [-an APPLICATION -id ID]  tries the wire table at "
           "a server\n"
           "       amt encrypt -v VALUE                for Connector.config\n"
           "       amt anchors FILE                    CA certificates as C "
           "source\n"
           "       amt anchors --cert FILE --key FILE  a client's certificate, "
           "likewise\n"
           "Runs a job on an AMT Batch Server; prints its log, and exits with "
           "its\ncompletion code (4: DONE).\n\n");
  for (i = 0; i < OPTIONS; i++) {
    const option *o = &options[i];
    char          left[40];
    if (o->help == NULL) continue;
    text(left, sizeof left, "%s%s%s%s%s", either(o->name, "   "),
         o->name ? ", " : "  ", o->long_name, o->value ? " " : "",
         either(o->value, ""));
    putf("  %25s %s\n", left, o->help);
  }
#ifndef AMT_BEARSSL
  put_text("This amt was built without TLS: https, anchors, --ca, --pin, "
           "--cert, --key and\n--insecure are refused.\n");
#endif
  put_text("\nOther exit statuses: 0 --no-wait, once accepted, MESSAGES, "
           "probe, encrypt,\nanchors; 19 UNDEFINED; 23 server not reached; 24 "
           "sign-in refused; 64 usage;\n74 output not written; 75 the job goes "
           "on at the server: attach to it; 76 nobody\nknows whether it was "
           "started: look before you start it again; 78 configuration.\n");
  return 0;
}

static int print_version(void)
{
  putf("amt %d.%d.%d\n", AMT_VERSION_MAJOR, AMT_VERSION_MINOR,
       AMT_VERSION_PATCH);
  return 0;
}

static int print_encoded(const char *value)
{
  char digits[8];
  for (; *value != 0; value += strlen(value) < 3 ? strlen(value) : 3) {
    encode(value, strlen(value), digits);
    put(digits, sizeof digits);
  }
  put_text("\n");
  return 0;
}

/* A text with holes, from p to end. */
static void put_spelled(const char *p, const char *end)
{
  char    piece[256];
  size_t  from = 0;
  amt_window o;
  do {
    amt_window_init(&o, piece, sizeof piece, from);
    spell(&o, p, end);
    put(piece, o.len);
    from += o.len;
  } while (from < o.total);
}

static void put_headers(void)
{
  const char *p = wire.headers, *end;
  if (p == NULL) put_text("header = none\n");
  for (; p != NULL && *p != 0; p = end) {
    end = behind_header(p);
    put_text("header = ");
    if (is_wrapped(p, end)) put_spelled(p + 2, end - 1);
    else put_spelled(p, end);
    put_text("\n");
  }
}

/* In quotes where a bare one would be taken for something else. */
static void put_reply_name(const char *v)
{
  size_t n = strlen(v);
  if (n > 0 && *v != '"' && *v != ' ' && v[n - 1] != ' ' &&
      strcmp(v, "none") != 0 && plain_run(v, n, 0) == n) {
    put(v, n);
    return;
  }
  put_text("\"");
  put_inside(v, n);
  put_text("\"");
}

static void put_wire(void)
{
  int i;
  escape_all = 1;
  for (i = 0; i < WIRE_LINES; i++) {
    const wire_line *l = &wire_lines[i];
    if (l->kind == HEADER) {
      put_headers();
      continue;
    }
    putf("%s = ", l->name);
    if (*l->to == NULL) put_text("none");
    else if (l->kind == REPLY) put_reply_name(*l->to);
    else put_spelled(*l->to, *l->to + strlen(*l->to));
    put_text("\n");
  }
}

static int print_wire(void)
{
  int e = read_wire(opt.wire);
  if (e == 0) e = check_wire(opt.wire);
  if (e == 0) put_wire();
  return e;
}

/* ------------------------------------------------------------------------
   >>log

   A form of the log: what stands there from the beginning, what happens, what
   stands before the messages, each piece of one, and what stands behind. All
   may be nothing. The first two forms are those of the published connectors,
   byte for byte. */

static amt_job job;
static char    job_id[AMT_ID_SIZE]; /* once it is known */
static char    job_status[AMT_NAME_MAX + 1]; /* its name, if unknown */

enum { SIGNED_IN, STARTED, STATUS };

typedef struct {
  void (*begin)(void);
  void (*event)(int what);
  void (*head)(int code);
  void (*text)(const amt_job *from, const char *t, size_t len, int first,
               int last); /* from NULL: our own words */
  void (*tail)(int code);
} form;

static const char *job_name(void)
{
  return opt.type == START ? either(opt.script, opt.job) : either(opt.id, "");
}

static void put_rule(const char *title, size_t width)
{
  static const char dashes[] = "-----------------------------------------------"
                               "----------------------------";
  put_text(title);
  put(dashes, width - strlen(title));
  put_text("\n");
}

/* --- acs: each message is a JSON string --- */

/* "Label           : value" */
static void put_field(const char *label, const char *value)
{
  putf("%16s: ", label);
  put_value(value);
  put_text("\n");
}

static void acs_head(int code)
{
  put_rule("", 75);
  put_rule("Job Information ", 75);
  put_field("Server", opt.server);
  put_field("Application", opt.application);
  if (opt.type == START) {
    put_field("Submit User", either(opt.submit_user, "BATCH"));
    put_field("Station", either(opt.station, "OPCON"));
    put_field("Queue Name", either(opt.queue, ""));
    put_field(opt.script ? "Script Job" : "Batch Job", job_name());
    put_text("Parameters      :");
    put_list(&opt.parameters, " ");
    put_list(&opt.task_values, opt.parameters.count ? ", " : " ");
    put_text("\n");
  } else {
    put_field("Batch Request Id", opt.id);
  }
  put_rule("", 75);
  put_field("Completion Code", amt_status_name(code));
  put_rule("", 75);
  put_rule("Job Log ", 75);
}

static void acs_text(const amt_job *from, const char *t, size_t len, int first,
                     int last)
{
  (void)from;
  if (first) put("\"", 1);
  put_inside(t, len);
  if (last) put("\"\n", 2);
}

static void acs_tail(int code)
{
  (void)code;
  put_rule("", 75);
}

/* --- connector: everything has its time --- */

static struct { char clock[9], date[9], stamp[16]; unsigned ms; } now;

static void look_at_clock(void)
{
  static time_t last;
  time_t        t = clock_now(&now.ms);
  struct tm    *l;
  if (last == t && *now.date != 0) return;
  last = t;
  l = localtime(&last);
  if (l == NULL) return;
  text(now.clock, sizeof now.clock, "%2d:%2d:%2d", l->tm_hour, l->tm_min,
       l->tm_sec);
  text(now.date, sizeof now.date, "%4d%2d%2d", l->tm_year + 1900,
       l->tm_mon + 1, l->tm_mday);
  text(now.stamp, sizeof now.stamp, "%s-%2d%2d%2d", now.date, l->tm_hour,
       l->tm_min, l->tm_sec);
}

enum { MAIN, EXECUTOR };

static void connector_prefix(int who)
{
  look_at_clock();
  putf("%s.%3u [main] [%s] %s %s : ", now.clock, now.ms,
       who == MAIN ? "AMTConnector" : "AMTJobExecutorImpl", now.date,
       now.clock);
}

static void connector_rule(int who, const char *title)
{
  connector_prefix(who);
  put_rule(title, who == MAIN ? 71 : 65);
}

static void connector_field(const char *label, const char *value)
{
  connector_prefix(MAIN);
  putf("%24s: ", label);
  put_value(value);
  put_text("\n");
}

static void connector_list(const char *label, const list *l)
{
  connector_prefix(MAIN);
  putf("%24s: ", label);
  put_list(l, "");
  put_text(l->count == 0 ? "null\n" : "\n");
}

static void connector_begin(void)
{
  char version[40];
  text(version, sizeof version, "%d.%d.%d", AMT_VERSION_MAJOR,
       AMT_VERSION_MINOR, AMT_VERSION_PATCH);
  connector_rule(MAIN, "");
  connector_field("SMA AMT Connector", version);
  connector_field("-jt (job type)", types[opt.type]);
  connector_field("-an (application Name)", opt.application);
  connector_field("-jn (job name)", either(opt.job, "null"));
  connector_field("-fn (file name)", either(opt.script, "null"));
  connector_list("-pa (Parameters)", &opt.parameters);
  connector_field("-u  (user)", either(opt.user, "default"));
  connector_list("-tv (task value)", &opt.task_values);
  if (opt.id != NULL) connector_field("-id (BatchrequestId)", opt.id);
  connector_rule(MAIN, "");
}

static void connector_event(int what)
{
  if (what == STATUS) return;
  if (what == SIGNED_IN) {
    connector_prefix(EXECUTOR);
    put_text("Authentication successful\n");
  }
  connector_prefix(EXECUTOR);
  put_text("Job '");
  put_value(job_name());
  putf("' %s", what == SIGNED_IN ? types[opt.type] : "started in AMT "
       "Environment : BatchrequestId '");
  if (what == STARTED) put_value(job_id);
  put_text(what == SIGNED_IN ? " request received\n" : "'\n");
}

static void connector_head(int code)
{
  (void)code;
  connector_rule(EXECUTOR, "Job log ");
}

/* --- messages as lines ---

   A LF begins the next line; a CR before it is left out. Of the other controls
   only the tab stays: the rest are a '?', so that no message can forge a line
   or steer a terminal. */

static struct { int begins, cr; } line_state; /* one does; a CR is held */

static void put_in_line(const char *t, size_t n, void (*prefix)(void))
{
  if (line_state.begins && prefix != NULL) prefix();
  line_state.begins = 0;
  if (line_state.cr) put("?", 1);
  line_state.cr = 0;
  put(t, n);
}

static void put_lines(const char *t, size_t len, void (*prefix)(void))
{
  while (len > 0) {
    int    harmless;
    size_t n = plain_run(t, len, '\t');
    if (n > 0) {
      put_in_line(t, n, prefix);
    } else if (*t == '\r' && !line_state.cr) {
      n = 1;
      line_state.cr = 1;
    } else if (*t == '\n') {
      n = 1;
      line_state.cr = 0;
      put_in_line(t, n, prefix);
      line_state.begins = 1;
    } else {
      n = next_char(t, len, &harmless);
      put_in_line("?", 1, prefix);
    }
    t += n, len -= n;
  }
}

/* Each line of a message has its time, so none can pass for another's. */
static void executor_prefix(void) { connector_prefix(EXECUTOR); }

static void connector_text(const amt_job *from, const char *t, size_t len,
                           int first, int last)
{
  (void)from;
  if (first) {
    executor_prefix();
    line_state.begins = line_state.cr = 0;
  }
  put_lines(t, len, executor_prefix);
  if (last && !line_state.begins) put("\n", 1);
}

static void connector_tail(int code)
{
  connector_rule(EXECUTOR, "End Job log ");
  connector_rule(MAIN, "");
  connector_prefix(MAIN);
  putf("Connector completed with return code %d\n", code);
  connector_rule(MAIN, "");
}

/* --- text: the messages and nothing else --- */

static void plain_text(const amt_job *from, const char *t, size_t len,
                       int first, int last)
{
  (void)from;
  if (first) line_state.begins = line_state.cr = 0;
  put_lines(t, len, NULL);
  if (last) put("\n", 1);
}

/* --- json: an object a line, as things happen --- */

static void json_member(const char *before, const char *value)
{
  if (empty(value)) return;
  put_text(before);
  put_inside(value, strlen(value));
  put_text("\"");
}

static void json_event(int what)
{
  if (what == STARTED) {
    put_text("{\"event\":\"started\"");
    json_member(",\"id\":\"", job_id);
    put_text("}\n");
  }
  if (what != STATUS) return;
  putf("{\"event\":\"status\",\"code\":%d", (int)job.status);
  json_member(",\"status\":\"",
              either(job_status, amt_status_name(job.status)));
  put_text("}\n");
}

static void json_text(const amt_job *from, const char *t, size_t len, int first,
                      int last)
{
  if (first) {
    put_text("{\"event\":\"message\"");
    if (from != NULL && from->has_sequence) {
      char    number[24];
      amt_window o;
      amt_window_init(&o, number, sizeof number, 0);
      amt_put_number(&o, from->sequence);
      put_text(",\"sequence\":");
      put(number, o.len);
    }
    if (from != NULL) json_member(",\"time\":\"", from->time);
    put_text(",\"text\":\"");
  }
  put_inside(t, len);
  if (last) put_text("\"}\n");
}

static void json_tail(int code)
{
  put_text("{\"event\":\"end\"");
  json_member(",\"id\":\"", opt.type == START ? job_id : opt.id);
  putf(",\"code\":%d", code);
  json_member(",\"status\":\"", amt_status_name(code));
  put_text("}\n");
}

static void none(void) {}
static void no_code(int code) { (void)code; }

static const form forms[] = {
  { none, no_code, acs_head, acs_text, acs_tail },
  { connector_begin, connector_event, connector_head, connector_text,
    connector_tail },
  { none, no_code, no_code, plain_text, no_code },
  { none, json_event, no_code, json_text, json_tail },
};

/* --- whichever it is --- */

static int log_begun, head_put, signed_in;
static int log_open; /* a message is half written */

/* 1 if standard output is for a job log; a Start that is not waited for has
   one only if it fails. */
static int log_wanted(void)
{
  return opt.type != MONITOR && opt.type != MESSAGES &&
         !(opt.no_wait && opt.type != START);
}

static void log_begin(void)
{
  if (!log_begun) forms[opt.format].begin();
  log_begun = 1;
}

static void log_event(int what)
{
  if (!log_wanted() || opt.no_wait) return;
  if (!signed_in) forms[opt.format].event(SIGNED_IN);
  signed_in = 1;
  if (what != SIGNED_IN) forms[opt.format].event(what);
}

static void log_text(const amt_job *from, int code, const char *t, size_t len,
                     int first, int last)
{
  if (log_wanted()) {
    log_begin();
    if (!head_put) forms[opt.format].head(code);
    head_put = 1;
  }
  if (len > 0 || first || last)
    forms[opt.format].text(from, t, len, first, last);
  log_open = !last;
}

/* --- --max-log --- */

static uint64_t log_bytes; /* of messages, as they came */
static int      log_cut;   /* there are more: nothing is written any longer */

/* How many bytes of this piece are still to be written. */
static size_t log_room(const char *t, size_t len)
{
  size_t n = len;
  if (log_cut) return 0;
  if (opt.max_log != 0 && len > opt.max_log - log_bytes) {
    log_cut = 1;
    n = (size_t)(opt.max_log - log_bytes);
    while (n > 0 && ((unsigned char)t[n] & 0xC0u) == 0x80u) n--;
  }
  log_bytes += n;
  return n;
}

static const char too_long[] = "the log is longer than --max-log allows";

/* `error`, if there is one, stands as the last message. */
static void log_end(int code, const char *error)
{
  if (log_open) log_text(NULL, code, "", 0, 0, 1);
  log_text(NULL, code, error, strlen(error), *error != 0, *error != 0);
  log_open = 0;
  forms[opt.format].tail(code);
  sink_flush(&out);
}

/* ------------------------------------------------------------------------
   >>keep

   The log is written to DIR/.amt-DATE-TIME-PID.tmp and renamed when it is
   whole, to DIR/amt-DATE-TIME-PID-JOB-ID.CHECK.log. CHECK is the checksum of
   the name before it, the size and the first bytes: a file that this program
   did not write, or that was changed since, is never removed. */

enum { HEAD = 64, ENDING = 21 /* ".CHECK.log" */ };

static char keep_stem[160], keep_temporary[PATHS];
static int  not_kept;

static int keep_open(void)
{
  if (empty(opt.log_dir)) return 0;
  look_at_clock();
  text(keep_stem, sizeof keep_stem, "amt-%s-%u", now.stamp, process_id());
  text(keep_temporary, sizeof keep_temporary, "%s/.%s.tmp", opt.log_dir,
       keep_stem);
  kept.fd = file_create(keep_temporary);
  if (kept.fd > 0) return 0;
  kept.fd = 0;
  *keep_temporary = 0;
  return wrong(EXIT_CONFIG, opt.log_dir, "no file can be made there: %s",
               strerror(errno));
}

static char *keep_check(char to[17], const char *stem, int fd, uint64_t size)
{
  char      head[HEAD];
  ptrdiff_t n = file_again(fd, head, sizeof head);
  uint64_t  sum = checksum(0, stem, strlen(stem));
  sum = checksum(sum, &size, sizeof size);
  return hex_digits(to, checksum(sum, head, n > 0 ? (size_t)n : 0));
}

/* Adds "-WORD" to a name, with what no file name should have replaced. */
static void add_word(char *name, size_t room, const char *word)
{
  size_t n = strlen(name);
  text(name + n, room - n, "-%s", word);
  for (name += n + 1; *name != 0; name++)
    if ((unsigned char)*name <= ' ' || *name == 127 ||
        strchr("/\\:*?\"<>|", *name) != NULL) *name = '_';
}

/* After the log's last byte, or instead of it: then nothing stays. */
static void keep_close(void)
{
  char name[PATHS], check[17];
  int  e = -1;
  if (kept.fd == 0) return;
  sink_flush(&kept);
  errno = kept.error;
  if (kept.error == 0 && kept.total > 0) {
    add_word(keep_stem, sizeof keep_stem - AMT_ID_SIZE, job_name());
    if (opt.type == START && *job_id != 0)
      add_word(keep_stem, sizeof keep_stem, job_id);
    keep_check(check, keep_stem, kept.fd, kept.total);
    text(name, sizeof name, "%s/%s.%s.log", opt.log_dir, keep_stem, check);
    e = file_replace(kept.fd, keep_temporary, name);
  }
  if (e != 0 && kept.total > 0) {
    not_kept = 1;
    tell("%s: %s; the log was not kept", opt.log_dir, strerror(errno));
  }
  if (e != 0) file_remove(keep_temporary);
  kept.fd = 0;
  *keep_temporary = 0;
}

/* Removes a file if it is ours, and too old. */
static void keep_or_not(char *name)
{
  char     path[PATHS], check[17];
  size_t   n = strlen(name);
  uint64_t size;
  int64_t  age;
  int      fd;
  if (n <= ENDING || strncmp(name, "amt-", 4) != 0 || name[n - ENDING] != '.' ||
      strcmp(name + n - 4, ".log") != 0) return;
  text(path, sizeof path, "%s/%s", opt.log_dir, name);
  fd = file_look(path, &size, &age);
  if (fd < 0) return;
  if (age > (int64_t)opt.retain * 86400) {
    name[n - ENDING] = 0;
    keep_check(check, name, fd, size);
    if (strncmp(name + n - ENDING + 1, check, 16) == 0) file_remove(path);
  }
  file_close(fd);
}

static void keep_clean(void)
{
  if (!empty(opt.log_dir)) folder_list(opt.log_dir, keep_or_not);
}

/* ------------------------------------------------------------------------
   >>live */

static uint32_t messages;    /* of the job, so far */
static int      live_wanted; /* standard error is a terminal */

/* Job, id, status, time elapsed, messages so far. On a terminal only. */
static void live_draw(void)
{
  static char last[80];
  uint32_t    s = (now_ms() - began) / 1000;
  char        line[80]; /* one row of a terminal */
  if (!live_wanted || log_open || live_open) return;
  text(line, 52, "%s %s  %s", opt.type != START ? types[opt.type] : job_name(),
       job_id, job.status < 0 ? "..." : amt_status_name(job.status));
  text(line + strlen(line), 28, "  %u:%2u:%2u  %u messages", (unsigned)s / 3600,
       (unsigned)s / 60 % 60, (unsigned)s % 60, (unsigned)messages);
  make_clean(line);
  if (live_width > 0 && strcmp(line, last) == 0) return;
  live_clear();
  to_stderr(line, strlen(line));
  strcpy(last, line);
  live_width = (int)strlen(line);
}

/* With the ACS form, whose head has the completion code, messages that are
   followed are shown on standard error: behind a sign, since a message may say
   what this program says there. */
static void live_text(const char *t, size_t len, int first, int last)
{
  char line[256];
  if (!live_open) live_clear();
  if (first || !live_open) to_stderr("| ", 2);
  live_open = !last;
  while (len > 0) {
    size_t n = len < sizeof line ? len : sizeof line;
    while (n > 1 && n < len && ((unsigned char)t[n] & 0xC0u) == 0x80u) n--;
    memcpy(line, t, n);
    to_stderr(line, clean(line, n));
    t += n, len -= n;
  }
  if (last) to_stderr("\n", 1);
}

/* A word as a shell takes it. */
static void put_word(amt_window *o, const char *word)
{
  amt_put_text(o, " ");
  if (*word != 0 && word[strspn(word, plain_letters)] == 0) {
    amt_put_text(o, word);
    return;
  }
  amt_put_text(o, quote);
  for (; *word != 0; word++)
    if (*word == *quote) amt_put_text(o, quoted_quote);
    else amt_put(o, word, 1);
  amt_put_text(o, quote);
}

static void put_option(amt_window *o, const char *name, const char *value)
{
  if (empty(value)) return;
  amt_put_text(o, " ");
  amt_put_text(o, name);
  put_word(o, value);
}

/* A key's pin, as --pin takes it. */
static char *pin_text(char to[65], const uint8_t *key)
{
  size_t i;
  for (i = 0; i < 32; i++) {
    to[2 * i] = "0123456789abcdef"[key[i] >> 4];
    to[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
  }
  to[64] = 0;
  return to;
}

/* What was said of TLS, as it is to be said again. */
static void put_tls_options(amt_window *o)
{
  size_t i;
  char   pin[65];
  for (i = 0; i < OPTIONS; i++) {
    if (given[i] == 0 || !(options[i].goes & TLS) || options[i].kind == PIN)
      continue;
    amt_put_text(o, " ");
    amt_put_text(o, options[i].long_name);
    if (options[i].value != NULL)
      put_word(o, *(const char *const *)options[i].to);
  }
  for (i = 0; i < opt.pins.count; i++)
    put_option(o, "--pin", pin_text(pin, opt.pins.key[i]));
}

/* The id's JSON type: 1, a string; 0, a number; -1, as it looks. */
static int id_type = -1;

/* How to go on with the job that is known: the whole command, or what it would
   be. */
static const char *attach_command(void)
{
  static char command[COMMAND];
  const char *id = either(job_id, either(opt.id, ""));
  amt_window o;
  amt_window_init(&o, command, sizeof command - 1, 0);
  amt_put_text(&o, "amt");
  put_option(&o, "-c", opt.config);
  put_option(&o, "--wire", opt.wire);
  put_option(&o, "-s", opt.server);
  put_tls_options(&o);
  if (was_given(&opt.api_user)) put_option(&o, "--api-user", opt.api_user);
  if (strcmp(either(opt.password_file, "-"), "-") != 0)
    put_option(&o, "--password-file", opt.password_file);
  amt_put_text(&o, " -jt ATTACH");
  put_option(&o, "-an", opt.application);
  put_option(&o, "-id", id);
  if (id_type == 1 && id[strspn(id, "0123456789")] == 0)
    amt_put_text(&o, " --id-text");
  command[o.len] = 0;
  if (o.total == o.len && plain_run(command, o.len, ' ') == o.len)
    return command;
  return text(command, sizeof command, "-jt ATTACH -id %s, with this run's "
              "server and application (the command cannot be shown here: it "
              "is too long, or has control characters)", id);
}

/* No name is so long that the id behind it is cut. */
static const char *subject(void)
{
  static char words[WORDS];
  char        name[200], application[200], server[300];
  int         both = opt.type == START && *job_id != 0;
  return text(words, sizeof words, "job %s%s%s%s of %s at %s",
              shortened(name, sizeof name, job_name()),
              both ? " (" : "", both ? job_id : "", both ? ")" : "",
              shortened(application, sizeof application,
                        either(opt.application, "")),
              shortened(server, sizeof server, either(opt.server, "")));
}

/* What a second signal says as it leaves, and its exit status: used inside its
   handler, so prepared beforehand, and of length 0 while it is written. */
static char                  last_words[LINE];
static volatile sig_atomic_t last_words_len, last_status;

static void prepare_last_words(int status, const char *format, ...)
{
  va_list a;
  last_words_len = 0;
  last_status = status;
  last_words[0] = '\n'; /* away from the live line */
  va_start(a, format);
  vtext(last_words + live_wanted, sizeof last_words - 3, format, a);
  va_end(a);
  make_clean(last_words + live_wanted);
  strcat(last_words, "\n");
  last_words_len = (sig_atomic_t)strlen(last_words);
}

/* ------------------------------------------------------------------------
   >>signals

   A handler notes the signal, and ends the wait that goes on. */

static char                  password[PASSWORD], token[TOKEN];
static char                  basic[2 * PASSWORD * 4 / 3 + 8];
#ifdef AMT_BEARSSL
static amt_bearssl           tls;
static amt_bearssl_server    tls_server;
static unsigned char         tls_buffer[AMT_BEARSSL_FULL];
static unsigned char         key_memory[KEYS]; /* our certificate and key */
#endif

static void wipe_buffers(void);

static void wipe_secrets(void)
{
  wipe_buffers();
  wipe(password, sizeof password);
  wipe(token, sizeof token);
  wipe(basic, sizeof basic);
#ifdef AMT_BEARSSL
  wipe(&tls.cc, sizeof tls.cc);
  wipe(&tls_server.saved, sizeof tls_server.saved);
  wipe(tls_buffer, sizeof tls_buffer);
  wipe(key_memory, sizeof key_memory);
#endif
}

static void on_signal(int number)
{
  if (signals != 0) {
    file_write(2, last_words, (size_t)last_words_len, 0);
    if (*keep_temporary != 0) file_remove(keep_temporary);
    wipe_secrets();
    leave_at_once((int)last_status);
  }
  signals = number;
  wake_up();
}

/* ------------------------------------------------------------------------
   >>hide

   A server may repeat a secret in any text. Each of its texts goes through a
   filter before it is cut or shown: the password, the token and what Basic
   makes of the password become "***", also where they are written with JSON's
   escapes. What may be the beginning of one is held back until it is known. */

enum { ENOUGH = 16, /* equal bytes that are no coincidence */
       FEW = 3 };   /* a secret below that is none */

typedef struct {
  void      (*put)(const char *p, size_t n);
  const char *rest; /* of the secret that goes by; or NULL */
  int         json; /* it is written with escapes */
  size_t      len;
  char        held[16 * ENOUGH];
} filter;

static const char *const secrets[] = { password, token, basic, NULL };

/* The character at p as a secret has it: its length there; *used bytes here.
   0: that takes more bytes than there are. */
static size_t secret_char(const char *p, size_t n, int json, char to[16],
                          size_t *used)
{
  size_t len;
  for (len = 2; json && *p == '\\' && len <= 12; len += len == 2 ? 4 : 6) {
    if (len > n) return 0;
    *to = '"';
    memcpy(to + 1, p, len);
    memcpy(to + 1 + len, "\"", 2);
    *used = len;
    if (unquote(to) != NULL) return strlen(to);
  }
  *to = *p;
  *used = 1;
  return 1;
}

/* How far the text at p is the beginning of a secret: *seen bytes of that,
   *used of the text. 1: far enough; 0: it is another; -1: nobody can tell
   yet. */
static int compare(const char *p, size_t n, const char *secret, int json,
                   size_t *seen, size_t *used)
{
  *seen = *used = 0;
  while (secret[*seen] != 0 && *seen < ENOUGH) {
    char   c[16];
    size_t len = 0, m = 0;
    if (*used < n) m = secret_char(p + *used, n - *used, json, c, &len);
    if (m == 0) return -1;
    if (strncmp(secret + *seen, c, m) != 0) return 0;
    *seen += m, *used += len;
  }
  return 1;
}

static int is_secret(const char *t)
{
  int n = 0;
  while (n < FEW && t[n] != 0) n++;
  return n == FEW;
}

/* Of a secret that goes by: bytes of text that belong to it. */
static size_t filter_rest(filter *f, const char *p, size_t n, int *wait)
{
  char   c[16];
  size_t used = 0, m = secret_char(p, n, f->json, c, &used);
  *wait = m == 0;
  if (m > 0 && *f->rest != 0 && strncmp(f->rest, c, m) == 0) {
    f->rest += m;
    return used;
  }
  if (m > 0) f->rest = NULL;
  return 0;
}

/* Bytes of what is held that are done with: hidden, or put; 0: wait for more.
   `end`: nothing comes any more; at 2 the text was cut there. */
static size_t filter_step(filter *f, const char *p, size_t n, int end)
{
  size_t i, seen, used;
  int    json, wait = 0;
  if (f->rest != NULL) {
    used = filter_rest(f, p, n, &wait);
    if (used > 0 || (wait && !end)) return used;
    f->rest = NULL;
  }
  for (i = 0; secrets[i] != NULL; i++)
    for (json = 0; is_secret(secrets[i]) && json < 2; json++) {
      int found = compare(p, n, secrets[i], json, &seen, &used);
      if (found > 0) f->rest = secrets[i] + seen, f->json = json;
      if (found < 0 && end == 2 && seen >= FEW) found = 1, used = n;
      if (found > 0) {
        f->put("***", 3);
        return used;
      }
      wait |= found < 0;
    }
  if (wait && !end) return 0;
  f->put(p, 1);
  return 1;
}

static void filter_run(filter *f, int end)
{
  size_t at = 0, n = 1;
  while (at < f->len && n > 0) {
    n = filter_step(f, f->held + at, f->len - at, end);
    at += n;
  }
  f->len -= at;
  memmove(f->held, f->held + at, f->len);
}

static void filter_put(filter *f, const char *p, size_t n)
{
  while (n > 0) {
    size_t m = sizeof f->held - f->len;
    if (m > n) m = n;
    memcpy(f->held + f->len, p, m);
    f->len += m;
    p += m, n -= m;
    filter_run(f, 0);
  }
}

static void filter_end(filter *f, int cut)
{
  filter_run(f, 1 + cut);
  f->rest = NULL;
  wipe(f->held, sizeof f->held);
}

/* A whole text, or one that was cut. */
static struct { char *to; size_t room; } hidden;

static void hidden_put(const char *p, size_t n)
{
  if (n >= hidden.room) return;
  memcpy(hidden.to, p, n);
  hidden.to += n, hidden.room -= n;
}

static char *hide(char *to, size_t room, const char *from, int cut)
{
  static filter f = { hidden_put, NULL, 0, 0, "" };
  hidden.to = to, hidden.room = room;
  filter_put(&f, from, strlen(from));
  filter_end(&f, cut);
  *hidden.to = 0;
  return to;
}

/* ------------------------------------------------------------------------
   >>state

   The file of --state says, before a Start may leave, that one is about to,
   and after it which id it got. It is written beside and renamed, each time
   synced with its folder: so whatever is cut when, it is the old one, the new
   one, or not there. A line like

     check = 0123456789abcdef

   at its end is the checksum of all before it. The rest of the text is what
   this run would write, or the file belongs to another job.

   Two runs at once are kept apart by a lock on FILE.lock, not on FILE itself,
   since each rename would leave the lock behind on the file that is gone. A run
   that was killed leaves it unlocked, for the next. */

static char state_file[WORDS * 8]; /* as read */
static char state_ours[WORDS * 8]; /* as this run would write it */
static char state_lock[PATHS];
static int  state_fd = -1;         /* holds the lock */
static char resumed[AMT_ID_SIZE];  /* the id in the file, */
static int  resumed_text;          /* which is a string to the server */

static int lock_state(void)
{
  const char *fault;
  state_fd = file_lock(state_lock, &fault);
  if (state_fd >= 0) return 0;
  if (state_fd == -1)
    return wrong(EXIT_CONFIG, state_lock, "%s", either(fault, strerror(errno)));
  return wrong(EXIT_CONFIG, opt.state, "a run that is still going on uses it; "
               "wait for its end");
}

static void state_line(amt_window *o, const char *name, const char *value)
{
  amt_put_text(o, name);
  amt_put_text(o, " = ");
  amt_json_put_string(o, value, strlen(value));
  amt_put_text(o, "\n");
}

/* All that the Start says, as a number. */
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

/* All of it, with an id or without: its length, or 0 if it is too long. */
static size_t state_text(char *to, size_t room, const char *id)
{
  amt_window o = state_head(to, room);
  char    digits[17];
  amt_put_text(&o, *id != 0 ? "started\n" : "starting\n");
  if (*id != 0) state_line(&o, job.id_text ? "id" : "number", id);
  if (o.total + 32 > room) return 0;
  hex_digits(digits, checksum(0, to, o.len));
  amt_put_text(&o, "check = ");
  amt_put_text(&o, digits);
  amt_put_text(&o, "\n");
  return o.len;
}

static int write_state(const char *id)
{
  size_t n = state_text(state_ours, sizeof state_ours, id);
  return write_whole(opt.state, state_ours, n);
}

/* From the file's "started" and the line behind it; or none. */
static void take_id(const char *from)
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

/* The id stands in it, or none; or it is damaged, or another job's. What it
   has is just what this run would write. */
static int take_state(void)
{
  size_t  n = strlen(state_file);
  amt_window head = state_head(state_ours, sizeof state_ours);
  char    digits[17] = "";
  size_t  same = 0;
  if (n > 25) hex_digits(digits, checksum(0, state_file, n - 25));
  if (n <= 25 || memcmp(state_file + n - 25, "check = ", 8) != 0 ||
      memcmp(state_file + n - 17, digits, 16) != 0 || state_file[n - 1] != '\n')
    return wrong(EXIT_CONFIG, opt.state, "no state file, or a damaged one, so "
                 "whether a job was started is not known; look for it at the "
                 "server, then remove this file");
  while (same < head.len && state_file[same] == state_ours[same]) same++;
  if (same < head.len) {
    while (same > 0 && state_file[same - 1] != '\n') same--;
    state_file[same + strcspn(state_file + same, "\n")] = 0;
    state_ours[same + strcspn(state_ours + same, "\n")] = 0;
    return wrong(EXIT_CONFIG, opt.state, "for another server or job: it has "
                 "'%s', not '%s'; give each job a state file of its own",
                 state_file + same, state_ours + same);
  }
  take_id(state_file + head.len);
  job.id_text = (uint8_t)resumed_text;
  if (state_text(state_ours, sizeof state_ours, resumed) == n &&
      memcmp(state_ours, state_file, n) == 0) return 0;
  return wrong(EXIT_CONFIG, opt.state, "what stands behind 'state = ' is not "
               "what this program writes, so whether a job was started is not "
               "known; look for it at the server, then remove this file");
}

static int state_intent; /* a Start may have left, and no id is known */

/* Locks the file and reads it: 0, or 78. */
static int open_state(void)
{
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
  fd = file_open_as(opt.state, AS_STATE, &fault);
  if (fd < 0 && fault == NULL && errno == ENOENT) return 0;
  if (fd < 0)
    return wrong(EXIT_CONFIG, opt.state, "%s", either(fault, strerror(errno)));
  e = read_text(opt.state, fd, state_file, sizeof state_file);
  if (e == 0) e = take_state();
  state_intent = e == 0 && *resumed == 0;
  return e;
}

/* The last act: after this, the next run starts the job again. */
static void close_state(int over)
{
  if (state_fd < 0) return;
  if (over && ((file_remove(opt.state) != 0 && errno != ENOENT) ||
               file_gone(opt.state) != 0))
    tell("%s: it may not have been removed: %s; remove it before the job is "
         "to start again", opt.state, strerror(errno));
  file_unlock(state_fd, state_lock);
  state_fd = -1;
}

/* ------------------------------------------------------------------------
   >>tap

   A stream around the socket's, or around the TLS stream that is around that.
   It passes everything on, and shows it for --trace, without its secrets; or
   gives the replies' bodies to the probe. */

static char        buffer[BUFFER];
static net_socket  sock;
static amt_slot    conn;
static amt_pool    pool = { &conn, 1, buffer, sizeof buffer, NULL };
static amt_session session;
static amt_task    task;
static amt_stream *under = &sock.stream; /* the tap, if there is one */

static void (*tap_body)(const unsigned char *p, size_t n); /* the probe's: a
                                piece of a reply's body; NULL: one begins */

static struct {
  amt_stream     stream;
  amt_http_reply reply;
  char           line[300]; /* of a head, as much as fits */
  size_t         len;       /* its length */
  uint8_t        cut;       /* there was more */
  size_t         at;        /* bytes of the body so far */
  char           side[3];   /* "> " or "< " */
  uint8_t        body;      /* the head has ended */
  uint8_t        first;     /* its first line has not */
  uint8_t        in_line;   /* of a body: it is begun */
  uint8_t        half_len;  /* of a character of a body: */
  char           half[4];   /* the bytes so far */
  size_t         n;
  char           piece[256]; /* to be shown */
} tap;

/* Requests and replies passed through these. */
static void wipe_buffers(void)
{
  wipe(config_text, sizeof config_text);
  wipe(buffer, sizeof buffer);
  wipe(tap.line, sizeof tap.line);
}

static void show(const char *format, ...)
{
  va_list a;
  if (!opt.trace) return;
  va_start(a, format);
  vtell(tap.side, format, a);
  va_end(a);
}

/* 1 if the wire table has a header of this name. */
static int is_wire_header(const char *name)
{
  char        own[sizeof tap.line];
  const char *p = wire.headers;
  for (; p != NULL && *p != 0; p = behind_header(p)) {
    while (begins_part(*p)) p += 2;
    text(own, sizeof own, "%s", p);
    own[strcspn(own, ":")] = 0;
    if (same_word(own, name)) return 1;
  }
  return 0;
}

/* The request line as the table without secrets has it. */
static void show_request_line(void)
{
  char    path[sizeof tap.line];
  amt_window o;
  amt_window_init(&o, path, sizeof path - 1, 0);
  session.wire = &shown;
  amt_put(&o, conn.url.path, conn.url.path_len);
  while (o.len > 0 && path[o.len - 1] == '/') o.len--, o.total--;
  amt_call_path(&job, &o);
  session.wire = &wire;
  path[o.len] = 0;
  show("%s %s HTTP/1.1", amt_call_method(&job), path);
}

/* Only headers that are known to hold no secret are shown with their value. */
static void show_head_line(void)
{
  static const char *const plain[] = {
    "Host", "Accept", "Content-Type", "Content-Length", "Connection", "Date",
    "Transfer-Encoding", "Retry-After", "Server", "Content-Encoding", NULL
  };
  static const char *const schemes[] = { "Basic", "Bearer", NULL };
  int   request = *tap.side == '>', first = tap.first;
  char  line[sizeof tap.line];
  char *colon = strchr(hide(line, sizeof line, tap.line, tap.cut), ':'), *value;
  tap.first = 0;
  if (first && request && shown.call[job.op].path != wire.call[job.op].path) {
    show_request_line();
    return;
  }
  if (first || colon == NULL) {
    show("%s", line);
    return;
  }
  *colon = 0;
  value = colon + 1 + strspn(colon + 1, " ");
  if (word_in(plain, line) >= 0 && !(request && is_wire_header(line))) {
    show("%s: %s", line, value);
    return;
  }
  value[strcspn(value, " ")] = 0;
  if (word_in(schemes, value) < 0) *value = 0;
  show("%s: %s%s***", line, value, *value != 0 ? " " : "");
}

/* Bytes of a head: how many, up to the end of its empty line. */
static size_t tap_head(const unsigned char *p, size_t n)
{
  size_t i;
  for (i = 0; i < n && !tap.body; i++) {
    if (p[i] == '\n') {
      tap.line[tap.len] = 0;
      trim(tap.line);
      if (*tap.line == 0) tap.body = 1;
      else show_head_line();
      tap.len = 0, tap.cut = 0;
    } else if (tap.len + 1 < sizeof tap.line) {
      tap.line[tap.len++] = (char)p[i];
    } else {
      tap.cut = 1;
    }
  }
  return i;
}

/* What is shown of a body, gathered: each of its lines begins with the side. */
static void tap_show(const char *p, size_t n)
{
  if (tap.n + n + sizeof tap.side > sizeof tap.piece) {
    to_stderr(tap.piece, tap.n);
    tap.n = 0;
  }
  if (!tap.in_line) memcpy(tap.piece + tap.n, tap.side, 2), tap.n += 2;
  memcpy(tap.piece + tap.n, p, n);
  tap.n += n;
  tap.in_line = *p != '\n';
}

/* Bytes without secrets; a body may be no UTF-8, and a character be cut. */
static void tap_clean(const char *p, size_t n)
{
  int harmless;
  for (; n > 0; p++, n--) {
    if (tap.half_len > 0 && ((unsigned char)*p & 0xC0u) != 0x80u) {
      tap_show("?", 1);
      tap.half_len = 0;
    }
    tap.half[tap.half_len++] = *p;
    if (tap.half_len < char_size(*tap.half)) continue;
    next_char(tap.half, tap.half_len, &harmless);
    if (harmless || *p == '\n') tap_show(tap.half, tap.half_len);
    else tap_show("?", 1);
    tap.half_len = 0;
  }
}

static filter tap_filter = { tap_clean, NULL, 0, 0, "" };

/* Why a body is not shown, or NULL. */
static const char *tap_hides(void)
{
  if (job.op == AMT_SIGN_IN) return "a sign-in";
  if (*tap.side == '>' && fills_secret(wire.call[job.op].body))
    return "it holds credentials";
  return NULL;
}

/* The whole body of a request as the table without secrets has it. */
static void tap_masked(void)
{
  char    piece[BUFFER];
  size_t  from = 0;
  amt_window o;
  session.wire = &shown;
  do {
    amt_window_init(&o, piece, sizeof piece, from);
    amt_call_body(&job, &o);
    filter_put(&tap_filter, piece, o.len);
    from += o.len;
  } while (from < o.total);
  session.wire = &wire;
}

/* Bytes of a body. One of the wire file's is made anew, without secrets, when
   its first byte leaves. */
static void tap_bytes(const unsigned char *p, size_t n)
{
  int masked = *tap.side == '>' &&
               shown.call[job.op].body != wire.call[job.op].body;
  if (*tap.side == '<' && tap_body != NULL) tap_body(p, n);
  if (!opt.trace || n == 0) return;
  live_clear();
  if (tap_hides() == NULL && !masked)
    filter_put(&tap_filter, (const char *)p, n);
  else if (tap_hides() == NULL && tap.at == 0)
    tap_masked();
  tap.at += n;
  to_stderr(tap.piece, tap.n);
  tap.n = 0;
}

static void tap_end(void)
{
  const char *why = tap_hides();
  if (tap.at > 0 && why != NULL)
    show("(%u bytes, not shown: %s)", (unsigned)tap.at, why);
  filter_end(&tap_filter, 1);
  if (tap.half_len > 0) tap_show("?", 1);
  if (tap.in_line) tap_show("\n", 1);
  to_stderr(tap.piece, tap.n);
  tap.at = tap.n = 0;
  tap.half_len = 0;
}

static void tap_begin(char side)
{
  tap_end();
  if (side == '<' && tap_body != NULL) tap_body(NULL, 0);
  tap.side[0] = side, tap.side[1] = ' ';
  tap.body = 0, tap.first = 1;
  tap.len = 0, tap.cut = 0;
  amt_http_reply_init(&tap.reply);
}

static void tap_reply(const unsigned char *p, size_t n)
{
  int e = AMT_HTTP_HEAD;
  if (*tap.side == '>') tap_begin('<');
  while (e > 0 && e != AMT_HTTP_END) {
    size_t used = 0, body = 0;
    e = amt_http_reply_next(&tap.reply, p, n, &used, &body);
    tap_head(p, used - body);
    if (body > 0) tap_bytes(p + used - body, body);
    p += used, n -= used;
  }
  if (e == AMT_HTTP_END) tap_end();
}

static int tap_open(amt_stream *s, const char *host, size_t host_len,
                    uint16_t port, uint32_t left)
{
  (void)s;
  return under->ops->open(under, host, host_len, port, left);
}

static ptrdiff_t tap_read(amt_stream *s, void *p, size_t n)
{
  ptrdiff_t got = under->ops->read(under, p, n);
  (void)s;
  if (got > 0) tap_reply((const unsigned char *)p, (size_t)got);
  return got;
}

static ptrdiff_t tap_write(amt_stream *s, const void *p, size_t n)
{
  ptrdiff_t put = under->ops->write(under, p, n);
  (void)s;
  if (put > 0) {
    const unsigned char *b = (const unsigned char *)p;
    size_t               head;
    if (conn.http.sent == 0) tap_begin('>');
    head = tap_head(b, (size_t)put);
    tap_bytes(b + head, (size_t)put - head);
  }
  return put;
}

static void tap_close(amt_stream *s)
{
  (void)s;
  tap_end();
  under->ops->close(under);
}

static int tap_wait(amt_stream *s, int want, uint32_t ms)
{
  (void)s;
  return under->ops->wait(under, want, ms);
}

static int tap_want(const amt_stream *s, int want)
{
  (void)s;
  if (under->ops->waits_for == NULL) return want;
  return (under->ops->waits_for)(under, want);
}

static void tap_init(void)
{
  static amt_stream_ops ops = { tap_open, tap_read, tap_write, tap_close,
                                tap_wait, 0, tap_want };
  ops.tls = under->ops->tls;
  tap.stream.ops = &ops;
}

/* ------------------------------------------------------------------------
   >>tls

   What a server has to show before it is told anything: a chain of certificates
   that leads to a trusted one, a key that a pin names, or both. */

static int https;

#ifdef AMT_BEARSSL
static br_x509_trust_anchor anchor_memory[TRUST / sizeof(br_x509_trust_anchor)];
static amt_bearssl_anchors  anchors;
static amt_bearssl_client   client;
static const char          *ca_file;  /* where the anchors come from */
static const char          *ca_fault; /* or why they do not */

/* --ca, the environment's, or where systems have it: ca_file, opened. */
static int open_ca(void)
{
  int    fd = -1;
  size_t i;
  ca_file = either(opt.ca, environment("SSL_CERT_FILE"));
  if (!empty(ca_file))
    return file_open_as(ca_file, opt.ca != NULL ? AS_INPUT : AS_SYSTEM,
                        &ca_fault);
  for (i = 0; fd < 0 && ca_places[i] != NULL; i++) {
    fd = file_open_as(ca_places[i], AS_SYSTEM, &ca_fault);
    if (fd >= 0 || errno != ENOENT) ca_file = ca_places[i];
    if (fd < 0 && errno != ENOENT) break;
  }
  return fd;
}

/* DER begins so, and no text does. */
static const char *if_der(const char *p, size_t n)
{
  return n > 0 && *p == 0x30
    ? "; this is DER: convert it to PEM, as by `openssl x509 -inform der -in "
      "FILE -out FILE.pem`, or `openssl pkey` likewise" : "";
}

/* How ca_file came to be named, and what else could be. */
static const char *ca_cure(void)
{
  if (ca_file == opt.anchors) return "";
  if (ca_file == opt.ca)
    return "; give --ca a PEM file of the certificates that are trusted";
  if (ca_file == environment("SSL_CERT_FILE"))
    return "; correct $SSL_CERT_FILE, which names it, or give --ca FILE";
  return "; correct this file of the system's, or give --ca FILE";
}

/* More PEM. 0, or the library's error. */
static int take_pem(const char *p, size_t n)
{
  size_t mark = anchors.mem == NULL ? mark_of(p, n) : 0;
  anchors.mem = anchor_memory;
  anchors.size = sizeof anchor_memory;
  return amt_bearssl_anchors_read(&anchors, p + mark, n - mark);
}

/* The end of it, or this error before. */
static int end_anchors(int e, const char *der)
{
  if (e == 0) e = amt_bearssl_anchors_end(&anchors);
  if (e == AMT_E_TLS_ROOM)
    return wrong(EXIT_CONFIG, ca_file, "more certificates than fit into %u "
                 "bytes; make a file of those that are needed",
                 (unsigned)sizeof anchor_memory);
  return e == 0 ? 0 : wrong(EXIT_CONFIG, ca_file, "%s%s", amt_error(e),
                            *der ? der : ca_cure());
}

/* The anchors of ca_file. */
static int read_anchors(int fd)
{
  const char *der = "";
  ptrdiff_t   got = 0;
  int         e = 0;
  while (fd >= 0 && e == 0 &&
         (got = read_more(fd, buffer, sizeof buffer)) > 0) {
    if (anchors.mem == NULL) der = if_der(buffer, (size_t)got);
    e = take_pem(buffer, (size_t)got);
  }
  if (fd < 0 || got < 0)
    return wrong(EXIT_CONFIG, ca_file, "%s%s", either(ca_fault, read_words()),
                 ca_cure());
  file_close(fd);
  return end_anchors(e, der);
}

static int read_pem(const char *file, char *to, size_t size, size_t *len)
{
  int fd = open_as(file, AS_INPUT), e;
  if (fd >= 0 && file == opt.key && file_shown(fd)) warn_shown(file, "key");
  e = read_whole(file, fd, to, size, len);
  if (e == 0 && *if_der(to, *len) != 0)
    return wrong(EXIT_CONFIG, file, "no PEM%s", if_der(to, *len));
  return e;
}

/* --cert and --key, into key_memory. */
static int read_client(void)
{
  static char chain[KEYS / 2], key[KEYS / 2];
  size_t      chain_len = 0, key_len = 0;
  int         encrypted, e;
  e = read_pem(opt.cert, chain, sizeof chain, &chain_len);
  if (e == 0) e = read_pem(opt.key, key, sizeof key, &key_len);
  if (e == 0)
    e = amt_bearssl_client_read(&client, key_memory, sizeof key_memory, chain,
                                chain_len, key, key_len);
  encrypted = strstr(key, "ENCRYPTED") != NULL;
  wipe(key, sizeof key);
  if (e >= 0) return e;
  if (encrypted)
    return wrong(EXIT_CONFIG, opt.key, "the key is encrypted, and nobody is "
                 "there to be asked for its password; `openssl pkey -in FILE "
                 "-out FILE.plain` decrypts it: keep that file for the "
                 "scheduler's user alone");
  return wrong(EXIT_CONFIG, e == AMT_E_TLS_PEM ? opt.cert : opt.key, "%s",
               amt_error(e));
}

static int settle_anchors(void)
{
  int fd = open_ca(), e = 0, stored = empty(ca_file);
  if (stored) ca_file = ca_store(take_pem, &e);
  if (empty(ca_file))
    return wrong(EXIT_CONFIG, "no trusted certificates", "none are in the "
                 "usual places; install them (the package ca-certificates), "
                 "give --ca FILE, or set SSL_CERT_FILE");
  e = stored ? end_anchors(e, "") : read_anchors(fd);
  tls_server.anchors = anchors.list;
  tls_server.anchor_count = anchors.count;
  return e;
}

static void warn_insecure(void)
{
  if (opt.pins.count == 0)
    tell("warning: --insecure: nobody says who %s really is; whoever sits "
         "between reads the password and the job log, and can change them; "
         "give --ca FILE or --pin SHA256 instead", opt.server);
  else
    tell("warning: --insecure: the pin alone says who %s is; chain, name and "
         "dates of its certificate are not looked at", opt.server);
}

/* --more-ciphers. An old server's certificate is often as old as its ciphers:
   where nobody verifies it, it need only be read. */
static void widen(br_ssl_client_context *cc, br_x509_minimal_context *xc)
{
  amt_bearssl_legacy_ciphers(cc, xc);
  if (!opt.insecure) return;
  br_x509_minimal_set_hash(xc, br_sha1_ID, &br_sha1_vtable);
  br_x509_minimal_set_minrsa(xc, 128);
}

static int tls_settle(void)
{
  amt_tls *t = &tls_server.tls;
  int      e = 0;
  t->pins = (const uint8_t(*)[32])opt.pins.key;
  t->pin_count = opt.pins.count;
  t->insecure_skip_chain = (uint8_t)opt.insecure;
  if (opt.more_ciphers) tls_server.configure = widen;
  if (!opt.insecure) e = settle_anchors();
  if (e == 0 && opt.cert != NULL) {
    e = read_client();
    tls_server.client = &client;
  }
  if (e == 0 && opt.insecure) warn_insecure();
  return e;
}

static amt_stream *tls_begin(void)
{
  amt_bearssl_init(&tls, &sock.stream, &tls_server, tls_buffer,
                   sizeof tls_buffer);
  return &tls.stream;
}

/* "2026-11-21 09:30:00 UTC" */
static char *utc(char *to, size_t room, uint32_t seconds)
{
  time_t     t = (time_t)seconds;
  struct tm *u = gmtime(&t);
  if (u == NULL || seconds == UINT32_MAX) return text(to, room, "after 2106");
  return text(to, room, "%d-%2d-%2d %2d:%2d:%2d UTC", u->tm_year + 1900,
              u->tm_mon + 1, u->tm_mday, u->tm_hour, u->tm_min, u->tm_sec);
}

static const char *tls_certificate(void)
{
  static char which[40] = "the server's own certificate";
  if (tls.report.certificate > 0)
    text(which, sizeof which, "certificate %u of its chain",
         (unsigned)tls.report.certificate);
  return which;
}

/* What amt_error cannot know of a TLS server that was refused. */
static const char *tls_words(int error)
{
  static char words[WORDS];
  char        clock[30], from[30], until[30], pin[65];
  unsigned    ms;
  if (!https) return "";
  utc(clock, sizeof clock, (uint32_t)clock_now(&ms));
  switch (error) {
  case AMT_E_TLS_EXPIRED: case AMT_E_TLS_NOT_YET:
    return text(words, sizeof words, " (%s, valid from %s until %s; the clock "
                "here says %s)", tls_certificate(),
                utc(from, sizeof from, tls.report.from),
                utc(until, sizeof until, tls.report.until), clock);
  case AMT_E_TLS_CLOCK:
    return text(words, sizeof words, " (the clock here says %s)", clock);
  case AMT_E_TLS_SELF_SIGNED: case AMT_E_TLS_ISSUER: case AMT_E_TLS_ROOT:
    return text(words, sizeof words, " (%s; trusted here: %u of %s)",
                tls_certificate(), (unsigned)anchors.count,
                either(ca_file, ""));
  case AMT_E_TLS_SIGNATURE: case AMT_E_TLS_WEAK: case AMT_E_TLS_ALGORITHM:
  case AMT_E_TLS_USAGE: case AMT_E_TLS_ORDER:
    return text(words, sizeof words, " (%s)", tls_certificate());
  case AMT_E_TLS_CERTIFICATE:
    return text(words, sizeof words, " (%s; BearSSL's error %d)",
                tls_certificate(), tls.report.lib_error);
  case AMT_E_TLS_BROKEN: case AMT_E_TLS_CIPHER:
    if (tls.report.lib_error == 0) return "";
    return text(words, sizeof words, " (BearSSL's error %d)",
                tls.report.lib_error);
  case AMT_E_EOF: case AMT_E_RESET:
    if (conn.http.sent > 0) return "";
    return " (in the TLS handshake; does it speak https on this port?)";
  case AMT_E_TLS_PIN:
    return text(words, sizeof words, " (the key that it showed has the pin %s)",
                pin_text(pin, tls.report.pin));
  default: return "";
  }
}

#else
static int tls_settle(void) { return 0; }
static amt_stream *tls_begin(void) { return &sock.stream; }

static const char *tls_words(int error)
{
  (void)error;
  return "";
}
#endif

/* ------------------------------------------------------------------------
   >>settle

   An argument comes before the environment, and that before the file. */

static int check_server(const char *where, int status)
{
  amt_url     u;
  amt_address a;
  int         e = amt_url_parse(&u, opt.server);
  if (strchr(opt.server, '@') != NULL) /* not shown: a password may be in it */
    return wrong(status, "the server's URL", "no '@', user name or password "
                 "may be in it; see --api-user and --password-file");
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
  if (!has_credentials() ||
      (u.host_len == 9 && memcmp(u.host, "localhost", 9) == 0) ||
      (amt_address_parse(&a, u.host, u.host_len) &&
       (a.len == 4 ? a.ip[0] == 127
        : memcmp(a.ip, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0)))
    return 0;
  tell("warning: the password crosses the network in the clear to %s; use it "
       "only where that is no harm", opt.server);
  return 0;
}

static int server_unasked; /* a file that nobody named says who it is */

static int settle_server(void)
{
  const char *where = opt.server;
  int         status = EXIT_USAGE;
  if (opt.server == NULL) {
    opt.server = where = environment("AMT_SERVER");
    status = EXIT_CONFIG;
  }
  if (empty(opt.server)) {
    server_unasked = config_unasked;
    opt.server = config_url();
    if (opt.server != NULL)
      where = at_line(config_file, config[ADDRESS].line);
    if (opt.server != NULL && strstr(config[ADDRESS].value, "//") != NULL)
      return wrong(EXIT_CONFIG, where, "SERVER_ADDRESS is HOST:PORT alone; "
                   "SERVER_USE_TLS says whether it is https");
  }
  if (opt.server == NULL)
    return wrong(EXIT_CONFIG, either(config_file, "no server"), "give -s "
                 "https://HOST:PORT, or set AMT_SERVER, or SERVER_ADDRESS in "
                 "the configuration file");
  return check_server(where, status);
}

static int settle_tls(void)
{
  if (https) return tls_settle();
  if (tls_option() == NULL) return 0;
  return wrong(EXIT_CONFIG, tls_option(), "this goes with https only, and the "
               "server is %s, where nothing is verified or encrypted; leave "
               "it out, or correct the URL", opt.server);
}

/* A text of the environment into ours, so that it can be wiped. */
static int take_environment(const char *name, char *to, size_t room)
{
  const char *value = either(environment(name), "");
  if (strlen(value) >= room)
    return wrong(EXIT_CONFIG, name, "longer than %u bytes",
                 (unsigned)(room - 1));
  if (!amt_utf8(value, strlen(value)))
    return wrong(EXIT_CONFIG, name, "not valid UTF-8");
  strcpy(to, value);
  environment_wipe(name);
  return 0;
}

/* Whoever put the file there would be sent what it does not hold. */
static int refuse_pairing(void)
{
  return wrong(EXIT_CONFIG, config_file, "nobody named this file, so its "
               "server is not sent a name, password or token from elsewhere; "
               "name the file by --config, or the server by --server");
}

/* A part of the credentials comes from elsewhere than from the file. */
static int credentials_given(void)
{
  return opt.api_user != NULL || opt.password_file != NULL ||
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

/* What Basic makes of both, so that it can be hidden. */
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

/* A token that no sign-in gives. A file of secrets holds one: the password, if
   that is asked for as well. */
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
  wipe(config_text, sizeof config_text);
  return e;
}

/* What a Start is told and does not send, because the wire table has no hole
   for it, is warned of; a Start that does not say which job is none. */
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
    if (was_given(words[i].to) && !fills(path, words[i].hole) &&
        !fills(body, words[i].hole) && !fills(wire.headers, words[i].hole))
      text(unsent + strlen(unsent), sizeof unsent - strlen(unsent), "%s%s",
           *unsent != 0 ? ", " : "", holes[hole_of(*words[i].hole)].option);
  if (*unsent != 0)
    tell("warning: %s: the Start of this wire table does not send what %s "
         "says: no hole is there for it", either(opt.wire, ""), unsent);
  return 0;
}

static int settle(const char *program)
{
  int e = find_config(program);
  if (e == 0 && config_file != NULL) e = take_config();
  if (e == 0) e = read_wire(opt.wire);
  if (e == 0) e = check_wire(opt.wire);
  if (e == 0) e = settle_server();
  if (e == 0) e = settle_tls();
  if (e == 0) e = settle_credentials();
  if (e == 0) e = check_sent();
  if (e != 0) return e;
  if (!empty(opt.submit_user) && strcmp(opt.submit_user, "BATCH") != 0)
    tell("warning: submit user %s: servers are said to refuse any but BATCH",
         opt.submit_user);
  if (!empty(opt.station) && strcmp(opt.station, "OPCON") != 0)
    tell("warning: station %s: servers are said to refuse any but OPCON",
         opt.station);
  e = open_state();
  return e == 0 ? keep_open() : e;
}

/* The library's structs, from the options. */
static void prepare(void)
{
  net_init(&sock);
  if (https) under = tls_begin();
  tap_init();
  conn.http.stream = opt.trace || opt.type == PROBE ? &tap.stream : under;
  session.url = opt.server;
  session.wire = &wire;
  session.user = opt.api_user;
  session.password = password;
  session.token = token;
  session.token_room = sizeof token;
  session.poll = opt.poll;
  session.poll_max = opt.poll_max;
  session.initial_delay = opt.initial_delay;
  session.give_up = opt.give_up;
  session.seed = now_ms() ^ (uint32_t)process_id();
  session.close = (uint8_t)opt.no_keep_alive;
  session.messages = opt.follow ? AMT_LIVE : AMT_AT_END;
  session.repair = !opt.strict_text;
  escape_all = opt.format == JSON || is_terminal(1);
  task.application = opt.application;
  task.job = opt.job;
  task.script = opt.script;
  task.run_as = opt.user;
  task.submit_user = opt.submit_user;
  task.station = opt.station;
  task.queue = opt.queue;
  task.parameters = opt.parameters.text;
  task.parameter_count = opt.parameters.count;
  task.task_values = opt.task_values.text;
  task.task_value_count = opt.task_values.count;
}

/* The id goes out in the JSON type that is known to be its own. */
static void set_id_type(void)
{
  if (id_type >= 0) job.id_text = (uint8_t)id_type;
}

/* A job that was started before. */
static void begin_by_id(void)
{
  static const amt_op ops[] = { AMT_START, AMT_STOP, AMT_KILL, AMT_MONITOR,
                                AMT_MESSAGES };
  if (opt.type == MONITOR || opt.type == MESSAGES ||
      (opt.no_wait && opt.type != START)) {
    amt_once(&job, &session, ops[opt.type], &task, job_id);
  } else {
    amt_attach(&job, &session, opt.application, job_id);
    if (opt.type == STOP || opt.type == KILL) amt_stop(&job, ops[opt.type]);
  }
  set_id_type();
}

static void begin(void)
{
  text(job_id, sizeof job_id, "%s", either(opt.id, resumed));
  if (opt.id_text) id_type = 1;
  if (*resumed != 0) id_type = resumed_text;
  if (opt.type == START && *resumed == 0) amt_start(&job, &session, &task);
  else begin_by_id();
  if (*resumed != 0)
    tell("%s was started by an earlier run; this one goes on with it",
         subject());
  if (log_wanted() && !opt.no_wait) log_begin();
}

/* ------------------------------------------------------------------------
   >>outcome */

static char sentence[LINE]; /* that tells the outcome */

static int over; /* the state file has done its service */

/* The code that is final, although the log is yet to be had; or -1. */
static int known_code = -1;

static uint32_t repaired; /* bytes of messages, before the job's own count */
static uint32_t fetched;  /* messages, once more for the end */
static int      gap;      /* messages were lost while they were followed */
static int      other_tried; /* the id's other JSON type */
static int      no_status; /* the monitor's last reply had none */

/* The Message member of the last Start or failed call: as much as fits. */
static struct { char text[WORDS]; size_t len, all; uint8_t kind; } said;

static void said_put(const char *p, size_t n)
{
  while (n-- > 0) {
    if (said.len + 1 < sizeof said.text) said.text[said.len++] = *p;
    p++, said.all++;
  }
}

static filter said_filter = { said_put, NULL, 0, 0, "" };

static void keep_said(void)
{
  if (job.msg_first) {
    filter_end(&said_filter, 1);
    said.len = said.all = 0;
  }
  said.kind = job.msg_kind;
  filter_put(&said_filter, job.msg, job.msg_len);
  if (!job.msg_more) filter_end(&said_filter, 0);
}

/* What is there of it, whole characters; "" if that is nothing. */
static const char *said_text(void)
{
  filter_end(&said_filter, 1); /* it may have broken off */
  if (said.len < said.all) said.len = whole_chars(said.text, said.len);
  said.text[said.len] = 0;
  return said.text;
}

/* Each call has its own. */
static void forget_said(void)
{
  filter_end(&said_filter, 1);
  said.len = said.all = 0;
}

/* job.error in words, with all that is known about it. */
static const char *reason(void)
{
  static char words[3 * WORDS];
  char        status[20] = "", cut[50] = "";
  const char *cause = "", *system = "", *its = "";
  int         e = job.cause != 0 ? job.cause : job.error, error = job.error;
  if (job.http_status != 0 && job.http_status / 100 != 2)
    text(status, sizeof status, "HTTP %u: ", (unsigned)job.http_status);
  if (job.error == AMT_E_CANCELLED) e = job.error;
  if (job.error == AMT_E_LOST) error = e; /* the rest is said around it */
  if (e != error) cause = amt_error(e);
  if ((e == AMT_E_CONNECT || e == AMT_E_RESET) && sock.sys_error != 0)
    system = net_words(sock.sys_error);
  if (said.kind == AMT_MSG_ERROR || job.start == AMT_START_UNKNOWN)
    its = said_text();
  if (*its != 0 && said.len < said.all)
    text(cut, sizeof cut, " [cut here, of %u bytes]", (unsigned)said.all);
  return text(words, sizeof words, "%s%s%s%s%s%s%s%s%s%s", status,
              amt_error(error), *cause ? ": " : "", cause, tls_words(e),
              *system ? ": " : "", system, *its ? "; it says: " : "", its,
              cut);
}

/* "reply.status" of the wire table, where no reply has it. */
static const char *no_status_words(void)
{
  static char words[WORDS];
  return text(words, sizeof words, "%s (reply.status: %s)",
              amt_error(AMT_E_NO_STATUS),
              either(wire.reply[AMT_REPLY_STATUS], ""));
}

/* What to do about a job that ended with this code, as published. */
static const char *advice(int code)
{
  switch (code) {
  case AMT_CODE_ERROR:
    return opt.script
      ? "; with a script this often means that its file is not there: verify "
        "that the path in -fn exists on the server"
      : "; see the job log";
  case AMT_CODE_WEB_SERVER_ERROR:
    return "; verify that the URL is right and that the server runs and can be "
           "reached from here, then restart the job";
  case AMT_CODE_AUTHENTICATION_ERROR:
    return "; verify that the API user and its password are right, and that it "
           "exists in the AMT environment";
  case AMT_CODE_INVALID_AMT_USER:
    return "; the user in -u does not exist in the AMT environment: verify its "
           "name, or leave it out to use the application's";
  default: return "";
  }
}

/* The same for a code that the server reports. A job of its own may stand
   behind it: then nobody is told to start it again. */
static const char *advice_to_look(int code)
{
  if ((code == AMT_CODE_WEB_SERVER_ERROR ||
       code == AMT_CODE_AUTHENTICATION_ERROR) &&
      job.start != AMT_START_REFUSED)
    return "; the server reports it; look at the job first, before you start "
           "it again";
  return advice(code);
}

/* The log has been written. What is wrong with it is told before the last
   line. */
static void close_log(void)
{
  uint32_t bytes = repaired + job.repaired;
  keep_close();
  tell_output();
  if (bytes > 0)
    tell("warning: %s: %u bytes of its messages are no UTF-8, or controls; "
         "each was replaced by U+FFFD (--strict-text ends the log there)",
         subject(), (unsigned)bytes);
}

/* The answer to a single call, MONITOR, MESSAGES, or a STOP that does not
   wait: 1 if this was one, with its status. */
static int once_done(int *status)
{
  if (opt.type == MONITOR) {
    const char *name = amt_status_name(job.status);
    *status = *name != 0 ? (int)job.status : AMT_CODE_UNDEFINED;
    if (opt.format == JSON) forms[JSON].event(STATUS);
    else putf("%d %s\n", (int)job.status, either(name, "?"));
    if (*status == AMT_CODE_UNDEFINED)
      tell_last("undefined: %s: %s%d %s", subject(), no_status ? "" :
                "the server calls its status ", (int)job.status,
                no_status ? no_status_words() : job_status);
  } else if (log_wanted()) {
    return 0;
  } else {
    *status = 0;
  }
  sink_flush(&out);
  close_log();
  return 1;
}

/* The job has ended with this code. Its log may not be whole: `missing` says
   why. */
static int ended(int status, const char *missing)
{
  if (log_cut) missing = too_long;
  prepare_last_words(status, "amt: %s ended with %d %s, but its log was not "
                     "written whole", subject(), status,
                     amt_status_name(status));
  *sentence = 0;
  if (*missing != 0) {
    text(sentence, sizeof sentence, "messages are missing here: %s", missing);
    tell("%s: %s", subject(), sentence);
  }
  log_end(status, sentence);
  close_log();
  if (*amt_status_name(status) == 0 || status == AMT_CODE_UNDEFINED) {
    text(sentence, sizeof sentence, "%s%s%s%s", *job_status ? ", called " : "",
         job_status, no_status ? ": " : "", no_status ? no_status_words() : "");
    tell_last("undefined: %s ended with %d%s; look at it there, or go on with "
              "it: %s", subject(), status, sentence, attach_command());
    return AMT_CODE_UNDEFINED;
  }
  over = 1;
  if (status != AMT_CODE_DONE)
    tell("%s ended with %d %s%s", subject(), status, amt_status_name(status),
         advice_to_look(status));
  return status;
}

/* The log is fetched once more, for a form that has the code at its head. */
static int fetch_again(void)
{
  if (!opt.follow || opt.format != ACS || known_code >= 0 || *job_id == 0)
    return 0;
  known_code = job.code;
  gap = job.error == AMT_E_GAP;
  repaired = 0;
  log_bytes = 0;
  log_cut = 0;
  amt_once(&job, &session, AMT_MESSAGES, &task, job_id);
  set_id_type();
  return 1;
}

/* Why messages are missing, or "". */
static const char *missing(void)
{
  static char words[80];
  if (!job.log_complete) return reason();
  if (gap) return amt_error(AMT_E_GAP);
  if (known_code < 0 || fetched >= messages) return "";
  return text(words, sizeof words, "%u were followed, of which the server has "
              "%u now", (unsigned)messages, (unsigned)fetched);
}

/* AMT_DONE: the job has ended, job.code says how. */
static int done(void)
{
  int status = job.code;
  if (once_done(&status)) return status;
  if (known_code >= 0) return ended(known_code, missing());
  if (said.all > 0 && *job_id == 0) /* it ended with the reply to its Start */
    log_text(NULL, job.code, said_text(), said.len, 1, 1);
  return ended(status, missing());
}

/* Something in the options is wrong, so that no request could be made of it. */
static int not_sent(void)
{
  return AMT_IS_UNSENT(job.error) &&
         (*job_id == 0 || opt.type != START) && job.http_status == 0;
}

/* What that is. */
static const char *unsent_words(void)
{
  static char words[WORDS];
  const char *word = either(job.msg, "job"), *by = NULL;
  int         i;
  if (job.error != AMT_E_MISSING)
    return text(words, sizeof words, "%s: %s", word, amt_error(job.error));
  for (i = 0; i < HOLES; i++)
    if (strcmp(holes[i].name, word) == 0) by = holes[i].option;
  return text(words, sizeof words, "required: %s%s%s", word,
              by != NULL ? "; give it by " : "", either(by, ""));
}

/* The exit status of a run that failed. A job that may run is never one to
   start again. */
static int failed_status(void)
{
  if (job.start == AMT_START_UNKNOWN) return EXIT_UNKNOWN;
  if (job.start < AMT_START_UNKNOWN) return job.code;
  if (opt.type == START || opt.type == ATTACH || job.status >= 0)
    return EXIT_GOES_ON;
  if (job.error == AMT_E_SIGN_IN || job.error == AMT_E_FORBIDDEN)
    return AMT_CODE_AUTHENTICATION_ERROR;
  return job.error == AMT_E_REFUSED ? AMT_CODE_ERROR : EXIT_GOES_ON;
}

/* What to do next, if that is not said elsewhere. */
static const char *next_step(int status)
{
  if (job.start == AMT_START_REFUSED)
    return "; nothing was started: correct what it names, then start it again";
  if (status != AMT_CODE_WEB_SERVER_ERROR) return "";
  if (!AMT_IS_TLS(job.error)) return advice(status);
  return opt.type == START ? "; nothing was started" : "";
}

/* AMT_FAILED. The log is printed whole, with the error as its one message. */
static int failed(void)
{
  int         status;
  if (known_code >= 0) return ended(known_code, reason());
  over = job.start == AMT_START_NONE || job.start == AMT_START_REFUSED;
  if (not_sent())
    return wrong(opt.wire ? EXIT_CONFIG : EXIT_USAGE,
                 either(opt.wire, "not sent"), "%s", unsent_words());
  status = failed_status();
  if (other_tried && job.status < 0) id_type = -1; /* neither was right */
  text(sentence, sizeof sentence, "%s: %s%s", subject(), reason(),
       next_step(status));
  if (log_wanted())
    log_end(status == EXIT_GOES_ON || status == EXIT_UNKNOWN
              ? AMT_CODE_UNDEFINED : status, sentence);
  close_log();
  if (status == EXIT_GOES_ON)
    tell_last("server-lost: %s; it may go on there: %s", sentence,
              attach_command());
  else if (status == EXIT_UNKNOWN)
    tell_last("start-unknown: %s%s%s", sentence,
              opt.state ? "; then remove " : "", either(opt.state, ""));
  else
    tell("%s", sentence);
  return status;
}

/* The job is left alone, and goes on at the server. */
static int part(const char *word)
{
  amt_drop(&pool, &job);
  text(sentence, sizeof sentence, "%s goes on there; to go on with it: %s",
       subject(), attach_command());
  if (log_wanted()) log_end(AMT_CODE_UNDEFINED, sentence);
  close_log();
  tell_last("%s: %s", word, sentence);
  return EXIT_GOES_ON;
}

/* Nothing was started, and nothing will be. */
static int not_started(int status, int code, const char *why)
{
  amt_drop(&pool, &job);
  over = 1;
  text(sentence, sizeof sentence, "%s: %s; nothing was started", subject(),
       why);
  if (log_wanted()) log_end(code, sentence);
  close_log();
  tell("%s", sentence);
  return status;
}

/* Nobody knows whether the job was started. */
static int unknown(const char *why, const char *again)
{
  text(sentence, sizeof sentence, "%s: %s: look for it at the server%s%s%s",
       subject(), why, again, opt.state ? ", then remove " : "",
       either(opt.state, ""));
  if (log_wanted()) log_end(AMT_CODE_UNDEFINED, sentence);
  close_log();
  tell_last("start-unknown: %s", sentence);
  return EXIT_UNKNOWN;
}

/* ------------------------------------------------------------------------
   >>run */

enum { PATIENCE = 30000 }; /* for a Start, when it is time to leave */

static const char *parting; /* leave with this word once the id is known */
static int         hurried; /* by a signal or --timeout, at this time */
static uint32_t    hurried_at;

static int timed_out(void)
{
  return opt.timeout != 0 && now_ms() - began >= opt.timeout;
}

/* A Start was sent, in part at least, and is not answered. */
static int start_under_way(void)
{
  return conn.job == &job && job.op == AMT_START && conn.http.sent > 0;
}

/* How long its answer is still waited for. */
static uint32_t patience_left(void)
{
  uint32_t gone = now_ms() - hurried_at;
  if (!hurried || !start_under_way()) return UINT32_MAX;
  return gone < PATIENCE ? PATIENCE - gone : 0;
}

/* Told once a minute, as long as it is the same. */
static void tell_failure(const char *format, const char *what)
{
  static int      last;
  static uint32_t when;
  uint32_t        t = now_ms();
  if (job.error == last && t - when < 60000) return;
  last = job.error, when = t;
  tell(format, subject(), what, reason());
}

static amt_event last_event;

/* Nothing was sent of a Start, or it was refused and is to be repeated. While
   words of its reply are lent, what that means is not decided yet. */
static int not_begun(void)
{
  return opt.type == START && *job_id == 0 && known_code < 0 &&
         job.start == AMT_START_NONE && !start_under_way() &&
         last_event != AMT_SERVER_TEXT;
}

static int leave_unbegun(void)
{
  char why[60];
  int  code = signals ? AMT_CODE_KILLED : AMT_CODE_WEB_SERVER_ERROR;
  return not_started(code, code, !signals ? "the time of --timeout is over" :
                     text(why, sizeof why, "%s came before the Start",
                          signal_name(signals)));
}

/* Leave the job: now, with a status; or -1, as soon as its id is known. */
static int leave(const char *word)
{
  int code = known_code;
  if (code < 0 && log_wanted() && amt_status_ends(job.status))
    code = (int)job.status;
  if (code >= 0) {
    amt_drop(&pool, &job);
    return ended(code, "left before they were fetched");
  }
  if (*job_id != 0) return part(word);
  tell("leaving %s as soon as its id is known, in %d s at the latest",
       subject(), PATIENCE / 1000);
  parting = word;
  return -1;
}

/* The first signal. A job whose Start is under way is waited for until its id
   is known. A status, or -1: go on. */
static int interrupted(void)
{
  if ((opt.type != START && opt.type != ATTACH) || known_code >= 0 ||
      opt.detach)
    return leave("detached");
  tell("%s: killing %s and waiting for its end; a second signal leaves at "
       "once", signal_name(signals), subject());
  amt_stop(&job, AMT_KILL);
  return -1;
}

static int started(void);

/* A Start's answer is waited for no longer. Its id may have come already. */
static int start_unanswered(void)
{
  int status;
  amt_drop(&pool, &job);
  if (job.start != AMT_START_KNOWN)
    return unknown("its Start was sent, and not answered in time",
                   " before you start it again");
  status = started();
  if (status < 0) {
    begin_by_id();
    amt_stop(&job, AMT_KILL);
  }
  return status;
}

/* What a signal and --timeout do, once each. A status, or -1: go on. */
static int hurry(void)
{
  static int noticed, late;
  int        by_signal = signals != 0 && !noticed;
  int        by_time = !late && timed_out();
  if ((by_signal || by_time) && !hurried) hurried_at = now_ms();
  hurried = hurried || by_signal || by_time;
  if (hurried && not_begun()) return leave_unbegun();
  if (by_signal) {
    noticed = 1;
    return interrupted();
  }
  if (by_time) {
    late = 1;
    return leave("timed-out");
  }
  return patience_left() == 0 ? start_unanswered() : -1;
}

/* Until the connection has something, a signal comes, or it is time. */
static void wait_a_while(void)
{
  uint32_t ms = job.wait, gone = now_ms() - began;
  int      want = amt_http_want(&conn.http);
  if (live_wanted && ms > 1000) ms = 1000;
  if (ms > patience_left()) ms = patience_left();
  if (conn.http.state == AMT_CONN_OPENING && ms > 250) ms = 250; /* addresses */
  if (opt.timeout != 0 && parting == NULL)
    ms = gone >= opt.timeout ? 0
       : opt.timeout - gone < ms ? opt.timeout - gone : ms;
  if (want == AMT_WANT_NOW && conn.http.state == AMT_CONN_IDLE) {
    amt_http_close(&conn.http); /* unasked: it is of no use any more */
    want = AMT_WANT_NOTHING;
  }
  if (want == AMT_WANT_NOW) ms = 0;
  wait_for(&sock, want != AMT_WANT_NOTHING && (want != AMT_WANT_WRITE ||
           conn.http.state == AMT_CONN_SENDING), want == AMT_WANT_WRITE, ms);
}

/* AMT_STARTING: nothing is sent before it stands in the state file. A status,
   or -1: go on. */
static int starting(void)
{
  char why[WORDS];
  if (state_fd >= 0 && write_state("") != 0) {
    text(why, sizeof why, "%s: %s", opt.state, strerror(errno));
    return not_started(EXIT_CONFIG, AMT_CODE_ERROR, why);
  }
  if (opt.id_file != NULL) file_remove(opt.id_file); /* of another job */
  log_event(SIGNED_IN);
  prepare_last_words(EXIT_UNKNOWN, "start-unknown: %s: left before its "
                     "answer; look for it at the server before you start it "
                     "again%s%s", subject(), opt.state ? ", then remove " : "",
                     either(opt.state, ""));
  return -1;
}

/* What a second signal leaves behind, once the id is known. */
static void prepare_to_part(void)
{
  prepare_last_words(EXIT_GOES_ON, "detached: %s goes on there; to go on with "
                     "it: %s", subject(), attach_command());
}

/* For whoever wants to stop or watch the job from elsewhere. */
static void write_id_file(void)
{
  char   line[AMT_ID_SIZE + 1];
  size_t n;
  if (opt.id_file == NULL) return;
  n = strlen(text(line, sizeof line, "%s\n", job_id));
  if (write_whole(opt.id_file, line, n) != 0)
    tell("%s: %s; the id of %s is not there", opt.id_file, strerror(errno),
         subject());
}

/* The job is there, and its id known: likewise. */
static int started(void)
{
  strcpy(job_id, job.id);
  id_type = job.id_text;
  if (state_fd >= 0 && write_state(job_id) != 0)
    tell("%s: %s; should this run be cut off, go on with %s", opt.state,
         strerror(errno), attach_command());
  write_id_file();
  prepare_to_part();
  if (parting != NULL) return part(parting);
  if (!opt.quiet && !opt.no_wait && *resumed == 0)
    tell("started: %s", subject());
  log_event(STARTED);
  if (!opt.no_wait || signals) return -1;
  if (opt.format == JSON) forms[JSON].event(STARTED);
  else put_value(job_id), put_text("\n");
  sink_flush(&out);
  if (out.error != 0) tell("started: %s", subject());
  amt_drop(&pool, &job);
  over = 1;
  return out.error != 0 ? EXIT_IO : 0;
}

/* Nothing more of the log is wanted. A job that has not ended is watched
   without it: what comes now might have no end. */
static int drop_log(void)
{
  if (known_code < 0 && amt_status_ends(job.status)) known_code = job.status;
  if (known_code >= 0 || !log_wanted()) {
    amt_drop(&pool, &job);
    if (known_code >= 0) return ended(known_code, too_long);
    if (log_open) log_text(NULL, 0, "", 0, 0, 1);
    tell("%s: messages are missing here: %s", subject(), too_long);
    sink_flush(&out);
    close_log();
    return 0;
  }
  if (session.messages == AMT_NEVER) return -1;
  session.messages = AMT_NEVER;
  repaired += job.repaired;
  amt_drop(&pool, &job);
  begin_by_id();
  if (signals) amt_stop(&job, AMT_KILL);
  return -1;
}

/* A status to leave with, or -1. */
static int message(void)
{
  size_t n = log_room(job.msg, job.msg_len);
  int    last = !job.msg_more || log_cut;
  if (n == 0 && log_cut && job.msg_first)
    return drop_log();
  if (opt.follow && opt.format == ACS && known_code < 0)
    live_text(job.msg, n, job.msg_first, last);
  else
    log_text(&job, known_code < 0 ? (int)job.status : known_code, job.msg, n,
             job.msg_first, last);
  if (known_code < 0) messages += !job.msg_more;
  else fetched += !job.msg_more;
  return log_cut ? drop_log() : -1;
}

/* A bare id may be a number or a string to the server: where it refuses one,
   the other is tried, once. 1 if that goes on now. */
static int other_type(void)
{
  int st = job.http_status;
  if (other_tried || opt.type == START || opt.id_text || job.status >= 0 ||
      job.op == AMT_SIGN_IN || opt.id[strspn(opt.id, "0123456789")] != 0 ||
      job.error == 0 || st / 100 != 4 || st == 401 || st == 408 || st == 425 ||
      st == 429) return 0;
  other_tried = 1;
  id_type = !job.id_text;
  amt_drop(&pool, &job);
  begin_by_id();
  return 1;
}

/* AMT_STATUS. */
static void status_changed(void)
{
  hide(job_status, sizeof job_status, job.name,
       strlen(job.name) + 1 == sizeof job.name);
  no_status = job.error == AMT_E_NO_STATUS;
  if (no_status && opt.type != MONITOR)
    tell("%s: %s", subject(), no_status_words());
  if (*resumed != 0 && !signed_in) log_event(STARTED);
  log_event(STATUS);
}

/* AMT_STOP_ANSWERED, AMT_RETRYING: a call that was refused, or failed. */
static void refused(amt_event event)
{
  if (other_type()) return;
  if (event == AMT_RETRYING)
    tell_failure("%s: %s%s; trying again", "");
  else if (job.error != 0)
    tell_failure("%s: not %s: %s; asking again",
                 opt.type == STOP ? "stopped" : "killed");
}

/* One event: a status to leave with, or -1. */
static int react(amt_event event)
{
  int status = -1;
  last_event = event;
  switch (event) {
  case AMT_STARTING: status = starting(); break;
  case AMT_STARTED: status = started(); break;
  case AMT_STATUS: status_changed(); break;
  case AMT_MESSAGE: return message();
  case AMT_SERVER_TEXT: keep_said(); return -1;
  case AMT_STOP_ANSWERED: case AMT_RETRYING: refused(event); break;
  case AMT_DONE: return fetch_again() ? -1 : done();
  case AMT_FAILED: return other_type() ? -1 : failed();
  default:
    sink_flush(&out);
    live_draw();
    wait_a_while();
    return -1;
  }
  forget_said();
  return status;
}

static int run(void)
{
  int status = -1;
  if (state_intent)
    return unknown("an earlier run was cut off before it knew whether the "
                   "server had started it; nothing was sent now", "");
  if (*resumed != 0 && opt.no_wait) return started();
  while (status < 0) {
    status = hurry();
    if (status < 0) status = react(amt_poll(&pool, &job, now_ms()));
  }
  return status;
}

/* ------------------------------------------------------------------------
   >>probe

   A second tokenizer reads the replies' bodies, and keeps the way to each
   value: "result.job.status", "Messages[].Text". */

static struct {
  amt_json json;
  char     path[256];                /* full and with "..." if it was cut */
  size_t   base[AMT_JSON_DEPTH + 1]; /* the path's length in each container */
  char     unread[600];              /* ways that no word names, */
  int      more;                     /* and there are more of them */
  unsigned words;                    /* bits of AMT_R_: seen */
  int      objects;                  /* are the list's elements */
} look;

/* 1 if the way is one of the name's alternatives. */
static int is_alternative(const char *name, const char *way)
{
  char   one[256]; /* see is_reply_name */
  size_t n;
  for (;; name += n + 1) {
    n = strcspn(name, "|");
    memcpy(one, name, n);
    one[n] = 0;
    if (same_word(one, way)) return 1;
    if (name[n] == 0) return 0;
  }
}

/* What of look.path lies in an element of the list of messages; or NULL. */
static const char *way_in_element(void)
{
  const char *list_at = wire.reply[AMT_REPLY_MESSAGES], *end = look.path;
  char        before[sizeof look.path];
  while (list_at != NULL && (end = strstr(end, "[]")) != NULL) {
    text(before, sizeof before, "%s", look.path);
    before[end - look.path] = 0;
    end += 2;
    if (is_alternative(list_at, before)) return *end == '.' ? end + 1 : end;
  }
  return NULL;
}

/* The way to where a word of the table stands. */
static char *way_of(int word, char *to, size_t room)
{
  const char *list_at = wire.reply[AMT_REPLY_MESSAGES];
  const char *name = wire.reply[word];
  if (word < AMT_REPLY_SEQUENCE) return text(to, room, "%s", name);
  return text(to, room, "%s[]%s%s", either(list_at, ""), *name ? "." : "",
              name);
}

/* Words that the reply to a call may have, as bits. */
static unsigned words_of(amt_op op)
{
  if (op == AMT_SIGN_IN)
    return 1u << AMT_REPLY_TOKEN | 1u << AMT_REPLY_EXPIRES |
           1u << AMT_REPLY_MESSAGE;
  if (op == AMT_MONITOR)
    return 1u << AMT_REPLY_ID | 1u << AMT_REPLY_STATUS |
           1u << AMT_REPLY_MESSAGE;
  return 1u << AMT_REPLY_MESSAGES | 1u << AMT_REPLY_MORE |
         1u << AMT_REPLY_SEQUENCE |
         1u << AMT_REPLY_TIME | 1u << AMT_REPLY_TEXT | 1u << AMT_REPLY_MESSAGE;
}

/* A value, or a list, stands at look.path: which words name it? */
static void look_at(int is_list)
{
  const char *list_at = wire.reply[AMT_REPLY_MESSAGES];
  const char *inner = way_in_element();
  unsigned    words = words_of((amt_op)job.op), named = 0;
  char        way[300];
  int         i;
  for (i = 0; i < AMT_REPLY_COUNT; i++) {
    const char *at = i < AMT_REPLY_SEQUENCE ? look.path : inner;
    if ((words >> i & 1u) && wire.reply[i] != NULL && at != NULL &&
        is_alternative(wire.reply[i], at)) named |= 1u << i;
  }
  /* Elements that are plain strings are the texts; so is one string. */
  if (job.op == AMT_MESSAGES && list_at != NULL && !is_list &&
      ((inner != NULL && *inner == 0) || is_alternative(list_at, look.path)))
    named |= 1u << AMT_REPLY_TEXT;
  look.words |= named;
  text(way, sizeof way, "\"%s\"", look.path);
  if (named != 0 || is_list || strstr(look.unread, way) != NULL) return;
  look.more |= strlen(look.unread) + strlen(way) + 3 > sizeof look.unread;
  if (look.more) return;
  if (*look.unread != 0) strcat(look.unread, ", ");
  strcat(look.unread, way);
}

/* More of the way. What does not fit is cut, in no character, and dots fill the
   path: so nothing follows them, and no word of the table is like it. */
static void look_add(const char *p, size_t n)
{
  size_t len = strlen(look.path), most = sizeof look.path - sizeof "...", i;
  if (len > most) return;
  if (n > most - len) {
    memset(look.path + len, '.', sizeof look.path - 1 - len);
    n = most - len;
    while (n > 0 && ((unsigned char)p[n] & 0xC0u) == 0x80u) n--;
  } else {
    look.path[len + n] = 0;
  }
  for (i = 0; i < n; i++) look.path[len + i] = (char)(p[i] != 0 ? p[i] : '?');
}

/* A piece of a member's name. */
static void look_key(const amt_json_token *t)
{
  if (t->first) look.path[look.base[look.json.depth]] = 0;
  if (t->first && *look.path != 0) look_add(".", 1);
  look_add(t->text, t->len);
}

static void look_token(int type, const amt_json_token *t)
{
  unsigned depth = look.json.depth;
  size_t   n = strlen(look.path);
  switch (type) {
  case AMT_JSON_KEY: look_key(t); break;
  case AMT_JSON_ARRAY:
    look_at(1);
    look_add("[]", 2);
    look.base[depth] = strlen(look.path);
    break;
  case AMT_JSON_OBJECT:
    look.base[depth] = n;
    if (job.op == AMT_MESSAGES && n > 2 && look.path[n - 1] == ']' &&
        (look.words >> AMT_REPLY_MESSAGES & 1u)) look.objects = 1;
    break;
  case AMT_JSON_OBJECT_END: case AMT_JSON_ARRAY_END:
    look.path[look.base[depth]] = 0;
    break;
  case AMT_JSON_NULL: break;
  default:
    if (type > AMT_JSON_NUMBER || t->last) look_at(0);
    break;
  }
}

/* More of a reply's body; NULL begins another reply. */
static void look_through(const unsigned char *p, size_t n)
{
  static char    copy[BUFFER]; /* strings are unescaped in place */
  size_t         at = 0, used;
  amt_json_token t = { "", 0, 0, 0 };
  int            type;
  if (p == NULL) {
    memset(&look, 0, sizeof look);
    return;
  }
  if (n > sizeof copy) n = sizeof copy; /* no read is longer */
  memcpy(copy, p, n);
  while (at < n) {
    type = amt_json_next(&look.json, copy + at, n - at, &used, &t);
    at += used;
    if (type <= 0) break;
    look_token(type, &t);
  }
  wipe(copy, n); /* a token may be in it */
}

/* One call: 1 if it was answered. */
static int probe_call(amt_op op)
{
  memset(&look, 0, sizeof look);
  said.all = 0;
  amt_once(&job, &session, op, &task, opt.id);
  for (;;) {
    amt_event event = amt_poll(&pool, &job, now_ms());
    if (event == AMT_DONE) return 1;
    if (event == AMT_FAILED) return 0;
    if (event == AMT_SERVER_TEXT) keep_said();
    if (event == AMT_RETRYING) tell_failure("%s: %s%s; trying again", "");
    if (event == AMT_BUSY) wait_a_while();
    if (!signals && !timed_out()) continue;
    amt_drop(&pool, &job);
    job.code = AMT_CODE_WEB_SERVER_ERROR;
    return 0;
  }
}

/* What the last reply had of the table's words. 1 if what it must have was
   there. */
static int probe_report(void)
{
  static const uint8_t needed[AMT_CALLS] = { AMT_REPLY_TOKEN, 0, 0, 0,
                                             AMT_REPLY_STATUS,
                                             AMT_REPLY_MESSAGES };
  static const char *const names[AMT_CALLS] = { "sign_in", "", "", "",
                                                "monitor", "messages" };
  const char *path = shown.call[job.op].path;
  unsigned    words = words_of((amt_op)job.op);
  int         i, good = 1;
  char        way[300];
  putf("%s: %s ", names[job.op], wire.call[job.op].method);
  put_spelled(path, path + strlen(path));
  putf(": HTTP %u\n", (unsigned)job.http_status);
  for (i = 0; i < AMT_REPLY_COUNT; i++) {
    const char *verdict = "not there, optional";
    if (!(words >> i & 1u)) continue;
    if (look.words >> i & 1u) verdict = "fits";
    else if (i == needed[job.op] || (i == AMT_REPLY_TEXT && look.objects))
      verdict = "missing", good = 0;
    else if (wire.reply[i] == NULL) verdict = "not read";
    putf("  %16s", wire_lines[wire_line_of(&wire.reply[i])].name);
    put_text(wire.reply[i] != NULL ? way_of(i, way, sizeof way) : "none");
    putf(": %s\n", verdict);
  }
  if (*look.unread != 0) {
    put_text("  the reply also has: ");
    put_value(look.unread);
    put_text(look.more ? ", and more\n" : "\n");
  }
  sink_flush(&out);
  return good;
}

static int token_refused(void)
{
  return job.http_status == 401 || job.http_status == 403;
}

/* The name of the header with the token, "" if none has it. */
static char *token_header(char *to, size_t room)
{
  const char *p = wire.headers, *end;
  *to = 0;
  for (; p != NULL && *p != 0 && *to == 0; p = end) {
    end = behind_header(p);
    if (!fills_in(p, end, AMT_HOLE_TOKEN)) continue;
    while (begins_part(*p)) p += 2;
    text(to, room, "%s", p);
    to[strcspn(to, ":")] = 0;
  }
  return to;
}

/* The table's headers, but with this one for the token. */
static void exchange_header(char *to, size_t room, const char *way)
{
  const char *p = wire.headers, *end;
  amt_window o;
  amt_window_init(&o, to, room - 1, 0);
  for (; *p != 0; p = end) {
    end = behind_header(p);
    if (!fills_in(p, end, AMT_HOLE_TOKEN)) amt_put(&o, p, (size_t)(end - p));
  }
  amt_put_text(&o, way);
  to[o.len] = 0;
}

/* The call whose token was refused, with the other headers that are known for
   it. 1 if one is taken: the table keeps it for the calls to come. *answered:
   as of probe_call. */
static int probe_headers(amt_op op, int *answered)
{
  static const struct { const char *name, *line; } ways[] = {
    { "X-AMT-LogonToken",
      AMT_IF(TOKEN, "X-AMT-LogonToken: " AMT_HOLE_TOKEN "\r\n") },
    { "Authorization",
      AMT_IF(TOKEN, "Authorization: Bearer " AMT_HOLE_TOKEN "\r\n") },
  };
  static char exchanged[HEADER_ROOM + 64];
  const char *headers = wire.headers;
  char        name[WORDS];
  int         i;
  token_header(name, sizeof name);
  if (!signs_in() || *name == 0 || !token_refused()) return 0;
  for (i = 0; i < 2; i++) {
    if (same_word(ways[i].name, name)) continue;
    wire.headers = headers;
    exchange_header(exchanged, sizeof exchanged, ways[i].line);
    wire.headers = exchanged;
    putf("  the token is refused in %s, and ", name);
    *answered = probe_call(op);
    if (job.http_status != 0 && !token_refused()) {
      const char *line = ways[i].line;
      put_text("taken with\n    header = ");
      put_spelled(line + 2, line + strlen(line) - 1);
      put_text("\n");
      return 1;
    }
    putf("in %s as well\n", ways[i].name);
  }
  wire.headers = headers;
  return 0;
}

static int probe(void)
{
  static const amt_op calls[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES };
  size_t              i, n = opt.id != NULL ? 3 : 1;
  int                 good = 1;
  tap_body = look_through;
  if (session.give_up == 0) session.give_up = AMT_ZERO;
  task.application = either(opt.application, "-");
  for (i = signs_in() ? 0 : 1; i < n; i++) {
    int answered = probe_call(calls[i]);
    good &= probe_report();
    if (!answered && i > 0 && probe_headers(calls[i], &answered)) {
      good = 0;
      probe_report();
    }
    if (answered) continue;
    if (not_sent())
      return wrong(EXIT_CONFIG, "wire table", "%s", unsent_words());
    tell("probe of %s: %s", opt.server, reason());
    return job.code == AMT_CODE_UNDEFINED ? EXIT_CONFIG : job.code;
  }
  if (n == 1)
    put_text("give -an APPLICATION -id ID of a job to try the other calls\n");
  if (!good)
    tell("probe of %s: a reply lacks what is needed; correct the wire table",
         opt.server);
  return good ? 0 : EXIT_CONFIG;
}

/* ------------------------------------------------------------------------
   >>anchors

   For devices without files: what BearSSL needs of certificates, as constants.
   The same files give the same text. */

#ifdef AMT_BEARSSL
/* static const unsigned char amt_NAME_NUMBER[] = { ... }; */
static void put_bytes(const char *name, unsigned number, const unsigned char *p,
                      size_t n)
{
  size_t i;
  putf("static const unsigned char amt_%s_%u[] = {", name, number);
  for (i = 0; i < n; i++) {
    char byte[] = "0x00,";
    byte[2] = "0123456789abcdef"[p[i] >> 4];
    byte[3] = "0123456789abcdef"[p[i] & 15];
    put_text(i % 12 == 0 ? "\n  " : " ");
    put(byte, i + 1 < n ? 5 : 4);
  }
  put_text("\n};\n");
}

/* Those bytes and their length, in an initializer. BearSSL's pointers are not
   to const. */
static void put_span(const char *name, unsigned number)
{
  putf("(unsigned char *)amt_%s_%u, sizeof amt_%s_%u", name, number, name,
       number);
}

/* The text of a DN's last attribute 2.5.4.TYPE, with what may not stand in a
   comment replaced. 1 if there is one. */
static int find_name(const br_x500_name *dn, unsigned char type, char *to,
                     size_t room)
{
  static const unsigned char oid[] = { 0x06, 0x03, 0x55, 0x04 };
  size_t i, n = 0;
  for (i = 0; i + 7 < dn->len; i++) {
    const unsigned char *p = dn->data + i;
    if (memcmp(p, oid, sizeof oid) != 0 || p[4] != type || p[6] >= 0x80 ||
        p[6] > dn->len - i - 7) continue;
    for (n = 0; n < p[6] && n + 1 < room; n++) {
      unsigned char c = p[7 + n];
      to[n] = (char)(c < ' ' || c > '~' || strchr("*/\\?", c) ? '.' : c);
    }
  }
  to[n] = 0;
  return n > 0;
}

/* Its common name, or that of its organization's unit, or of that. */
static void put_comment(unsigned number, const br_x500_name *dn)
{
  char name[100];
  if (find_name(dn, 3, name, sizeof name) ||
      find_name(dn, 11, name, sizeof name) ||
      find_name(dn, 10, name, sizeof name)) {
    putf("\n/* %u: ", number);
    put_text(name);
    put_text(" */\n");
  } else {
    putf("\n/* %u, which has no name */\n", number);
  }
}

static void put_curve(int curve)
{
  switch (curve) {
  case BR_EC_secp256r1: put_text("BR_EC_secp256r1"); break;
  case BR_EC_secp384r1: put_text("BR_EC_secp384r1"); break;
  case BR_EC_secp521r1: put_text("BR_EC_secp521r1"); break;
  default: putf("%d", curve); break;
  }
}

static void put_anchor(unsigned number, const br_x509_trust_anchor *a)
{
  int ec = a->pkey.key_type == BR_KEYTYPE_EC;
  put_text("  { { ");
  put_span("anchor_dn", number);
  putf(" }, %s,\n    { ", a->flags & BR_X509_TA_CA ? "BR_X509_TA_CA" : "0");
  if (ec) {
    put_text("BR_KEYTYPE_EC, { .ec = { ");
    put_curve(a->pkey.key.ec.curve);
    put_text(",\n      ");
    put_span("anchor_q", number);
  } else {
    put_text("BR_KEYTYPE_RSA, { .rsa = {\n      ");
    put_span("anchor_n", number);
    put_text(",\n      ");
    put_span("anchor_e", number);
  }
  put_text(" } } } },\n");
}

static void put_anchors(void)
{
  size_t i;
  put_text("/* Trust anchors for BearSSL, printed by `amt anchors`:\n\n"
           "     server.anchors = amt_anchors;\n"
           "     server.anchor_count = AMT_ANCHOR_COUNT; */\n\n"
           "#include <bearssl.h>\n");
  for (i = 0; i < anchors.count; i++) {
    const br_x509_trust_anchor *a = &anchors.list[i];
    unsigned                    number = (unsigned)i + 1;
    put_comment(number, &a->dn);
    put_bytes("anchor_dn", number, a->dn.data, a->dn.len);
    if (a->pkey.key_type == BR_KEYTYPE_EC) {
      put_bytes("anchor_q", number, a->pkey.key.ec.q, a->pkey.key.ec.qlen);
    } else {
      put_bytes("anchor_n", number, a->pkey.key.rsa.n, a->pkey.key.rsa.nlen);
      put_bytes("anchor_e", number, a->pkey.key.rsa.e, a->pkey.key.rsa.elen);
    }
  }
  putf("\n#define AMT_ANCHOR_COUNT %u\n\n", (unsigned)anchors.count);
  put_text("static const br_x509_trust_anchor amt_anchors[] = {\n");
  for (i = 0; i < anchors.count; i++)
    put_anchor((unsigned)i + 1, &anchors.list[i]);
  put_text("};\n");
}

/* The numbers of a key, and what they are called in BearSSL's struct. */
static size_t key_parts(const char *names[5], const unsigned char *p[5],
                        size_t n[5])
{
  const br_rsa_private_key *k = &client.rsa;
  if (client.use != amt_bearssl_use_rsa) {
    names[0] = "x", p[0] = client.ec.x, n[0] = client.ec.xlen;
    return 1;
  }
  names[0] = "p", p[0] = k->p, n[0] = k->plen;
  names[1] = "q", p[1] = k->q, n[1] = k->qlen;
  names[2] = "dp", p[2] = k->dp, n[2] = k->dplen;
  names[3] = "dq", p[3] = k->dq, n[3] = k->dqlen;
  names[4] = "iq", p[4] = k->iq, n[4] = k->iqlen;
  return 5;
}

static void put_chain(void)
{
  size_t i;
  for (i = 0; i < client.chain_len; i++)
    put_bytes("client_cert", (unsigned)i + 1, client.chain[i].data,
              client.chain[i].data_len);
  put_text("\nstatic const br_x509_certificate amt_client_chain[] = {\n");
  for (i = 0; i < client.chain_len; i++) {
    put_text("  { ");
    put_span("client_cert", (unsigned)i + 1);
    put_text(" },\n");
  }
  put_text("};\n\n");
}

static void put_client(void)
{
  const char          *names[5];
  const unsigned char *p[5];
  size_t               lengths[5], count = key_parts(names, p, lengths), i;
  char                 name[20];
  put_text("/* A client's certificate for BearSSL, printed by `amt anchors`:\n"
           "\n     server.client = &amt_client;\n\n"
           "   IT HOLDS A PRIVATE KEY. Whoever reads this file can pass for "
           "this client:\n   keep it out of repositories, and readable by its "
           "owner alone. */\n\n"
           "#include \"amt_http.h\" /* with AMT_BEARSSL defined */\n\n");
  put_chain();
  for (i = 0; i < count; i++)
    put_bytes(text(name, sizeof name, "client_key_%s", names[i]), 1, p[i],
              lengths[i]);
  putf("\nstatic const amt_bearssl_client amt_client = {\n"
       "  .chain = amt_client_chain, .chain_len = %u,\n  ",
       (unsigned)client.chain_len);
  if (count == 5) putf(".rsa = { %u,\n", (unsigned)client.rsa.n_bitlen);
  else put_text(".ec = { "), put_curve(client.ec.curve), put_text(",\n");
  for (i = 0; i < count; i++) {
    put_text("    ");
    put_span(text(name, sizeof name, "client_key_%s", names[i]), 1);
    put_text(i + 1 < count ? ",\n" : " },\n");
  }
  putf("  .issuer_key_type = %u, .use = amt_bearssl_use_%s\n};\n",
       client.issuer_key_type, count == 5 ? "rsa" : "ec");
}

static int print_anchors(void)
{
  int e = 0;
  if (opt.anchors != NULL) {
    ca_file = opt.anchors;
    e = read_anchors(file_open_as(ca_file, AS_INPUT, &ca_fault));
  }
  if (e == 0 && opt.cert != NULL) e = read_client();
  if (e == 0 && anchors.passed > 0)
    tell("%s: %u certificates were passed over: keys or forms that BearSSL "
         "does not know", ca_file, (unsigned)anchors.passed);
  if (e == 0 && opt.anchors != NULL) put_anchors();
  if (e == 0 && opt.anchors != NULL && opt.cert != NULL) put_text("\n");
  if (e == 0 && opt.cert != NULL) put_client();
  sink_flush(&out);
  wipe(out.buf, sizeof out.buf);
  wipe_secrets();
  return e;
}

#else
static int print_anchors(void) { return EXIT_CONFIG; } /* refused before */
#endif

/* ------------------------------------------------------------------------
   >>main */

/* Descriptors 0 to 2 that came closed would become the socket: hold them, so
   that writing to them is an error. */
static void hold_standard_descriptors(void)
{
  int fd;
  do fd = file_open(null_device); while (fd >= 0 && fd <= 2);
  if (fd > 2) file_close(fd);
}

/* What talks to a server. */
static int talk(const char *program)
{
  int status;
  began = now_ms();
  status = settle(program);
  if (status == 0 && catch_signals() != 0)
    status = wrong(EXIT_CONFIG, "signals", "%s", strerror(errno));
  if (status == 0) {
    live_wanted = is_terminal(2);
    prepare();
    prepare_last_words(AMT_CODE_KILLED, "amt: left before anything was "
                       "started");
    if (opt.type == PROBE) {
      status = probe();
    } else {
      if (!state_intent) begin();
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
#ifdef AMT_BEARSSL
  amt_bearssl_forget(&tls_server);
#endif
  wipe_secrets();
  return status;
}

static int act(int argc, char **argv)
{
  int e;
  if (argc < 2) return wrong(EXIT_USAGE, "nothing to do", "see `amt --help`");
  e = take_options(argv);
  if (e != 0) return e;
  if (opt.help) return print_help();
  if (opt.version) return print_version();
  e = check_options();
  if (e != 0) return e;
  if (opt.type == ENCRYPT) return print_encoded(opt.value);
  if (opt.type == PRINT_WIRE) return print_wire();
  if (opt.type == ANCHORS) return print_anchors();
  return talk(argv[0]);
}

/* The state file goes last: up to then, the next run would bring the log. */
static int run_main(int argc, char **argv)
{
  int status, lost;
  system_begin();
  hold_standard_descriptors();
  out.fd = 1;
  status = act(argc, argv);
  sink_flush(&out);
  tell_output();
  lost = out.error != 0 || not_kept;
  if (lost && status != EXIT_GOES_ON && status != EXIT_UNKNOWN)
    status = EXIT_IO;
  close_state(over && !lost);
  system_end();
  return status == AMT_CODE_DONE && opt.zero_on_done ? 0 : status;
}
