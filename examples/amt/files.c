/* files.c - reading files, and writing them whole or not at all. */

#include "files.h"
#include "encodings.h"
#include "options.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "write.h"
#include <errno.h>
#include <string.h>

uint32_t began;

const char *at_line(const char *file, unsigned line)
{
  static char where[PATHS];
  return text(where, sizeof where, "%s:%u", file, line);
}

char *file_name(char *path)
{
  char *p = path + strlen(path);
  while (p > path && strchr(path_ends, p[-1]) == NULL) p--;
  return p > path ? p : NULL;
}

size_t mark_of(const char *p, size_t n)
{
  return n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

int open_as(const char *file, int as)
{
  const char *fault;
  int         fd = file_open_as(file, as, &fault);
  if (fd < 0) wrong(EXIT_CONFIG, file, "%s", either(fault, error_words(errno)));
  return fd;
}

ptrdiff_t read_more(int fd, void *p, size_t n)
{
  uint32_t gone = now_ms() - began, left = 0;
  if (opt.timeout != 0) left = gone < opt.timeout ? opt.timeout - gone : 1;
  if (!file_waits(fd, left)) return file_read(fd, p, n);
  errno = ETIMEDOUT;
  return -1;
}

const char *read_words(void)
{
  return errno == ETIMEDOUT ? "nothing came from it within --timeout"
                            : error_words(errno);
}

void warn_shown(const char *file, const char *secret)
{
  tell("warning: %s: others can read the %s in it; `chmod go-r` it, then "
       "replace the %s", file, secret, secret);
}

int read_whole(const char *file, int fd, char *to, size_t size,
               size_t *len)
{
  size_t    n = 0;
  ptrdiff_t got = 1;
  if (fd < 0) return EXIT_CONFIG; /* open_as said why */
  while (n < size && (got = read_more(fd, to + n, size - n)) > 0)
    n += (size_t)got;
  file_close(fd);
  if (got < 0) return wrong(EXIT_CONFIG, file, "%s", read_words());
  if (n == size)
    return wrong(EXIT_CONFIG, file,
                 "longer than %u bytes, which no such file is",
                 (unsigned)(size - 1));
  *len = n - mark_of(to, n);
  memmove(to, to + mark_of(to, n), *len);
  to[*len] = 0;
  return 0;
}

int read_text(const char *file, int fd, char *to, size_t size)
{
  size_t n = 0;
  int    e = read_whole(file, fd, to, size, &n);
  if (e == 0 && strlen(to) != n)
    return wrong(EXIT_CONFIG, file, "not plain text; save it as UTF-8");
  return e;
}

char *trim(char *line)
{
  size_t n = strlen(line);
  while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL) line[--n] = 0;
  return line + strspn(line, " \t");
}

int next_setting(char **at, unsigned *line, char **name, char **value)
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

/* Reads the first line of an open file, without its line end. */
static int read_line(const char *file, int fd, char *to, size_t room)
{
  char  *end = NULL;
  size_t n = 0, mark;
  while (end == NULL && n < room) {
    ptrdiff_t got = read_more(fd, to + n, room - n);
    if (got < 0) return wrong(EXIT_CONFIG, file, "%s", read_words());
    if (got == 0) end = to + n;
    /* NOLINTNEXTLINE: no caller's room is NULL. */
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

int read_secret(const char *file, char *to, size_t room)
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

const char *name_beside(const char *name, char *path, size_t room)
{
  return text(path, room, "%s.tmp", name);
}

/* Creates a file beside this one. If NAME.tmp is there, it may be another run's
   or anybody's, so it stays and the name becomes a random one. */
static int create_beside(const char *name, char *path, size_t room)
{
  char random[17];
  int  fd = file_create(name_beside(name, path, room));
  if (fd >= 0 || errno != EEXIST) return fd;
  hex_digits(random, random_number());
  return file_create(text(path, room, "%s.%s.tmp", name, random + 8));
}

int write_whole(const char *name, const char *p, size_t n)
{
  char path[PATHS];
  int  fd, e;
  if (strlen(name) + sizeof ".01234567.tmp" > sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = create_beside(name, path, sizeof path);
  if (fd < 0) return -1;
  e = write_all(fd, p, n);
  if (e == 0) return file_replace(fd, path, name);
  file_close(fd);
  file_remove(path);
  return e;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
