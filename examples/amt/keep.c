/* keep.c - --log-dir: whole files, and the end of old ones.

   The log is written to DIR/.amt-DATE-TIME-PID-RANDOM.tmp. When it is whole, it
   is renamed to DIR/amt-DATE-TIME-PID-RANDOM-JOB-ID.CHECK.log. Containers
   share folders and have the same PID: RANDOM keeps their files apart. CHECK is
   the checksum of the name before it, the size and the first bytes. So a file
   that this program did not write, or that has changed, is never removed. */

#include "keep.h"
#include "clock.h"
#include "encodings.h"
#include "job.h"
#include "options.h"
#include "output.h"
#include "tell.h"
#include "text.h"
#include <errno.h>
#include <string.h>

enum { HEAD = 64, ENDING = 21 /* ".CHECK.log" */ };

char keep_stem[160], keep_temporary[PATHS];
int not_kept, is_kept;

int keep_open(void)
{
  char random[17];
  if (empty(opt.log_dir)) return 0;
  look_at_clock();
  hex_digits(random, random_number());
  text(keep_stem, sizeof keep_stem, "amt-%s-%u-%s", now.stamp, process_id(),
       random + 8);
  text(keep_temporary, sizeof keep_temporary, "%s/.%s.tmp", opt.log_dir,
       keep_stem);
  kept.fd = file_create(keep_temporary);
  if (kept.fd > 0) return 0;
  kept.fd = 0;
  *keep_temporary = 0;
  return wrong(EXIT_CONFIG, opt.log_dir, "no file can be made there: %s",
               error_words(errno));
}

static char *keep_check(char to[17], const char *stem, int fd, uint64_t size)
{
  char      head[HEAD];
  ptrdiff_t n = file_again(fd, head, sizeof head);
  uint64_t  sum = checksum(0, stem, strlen(stem));
  sum = checksum(sum, &size, sizeof size);
  return hex_digits(to, checksum(sum, head, n > 0 ? (size_t)n : 0));
}

/* Adds "-WORD" to a name; what no file name should have becomes '_'. */
static void add_word(char *name, size_t room, const char *word)
{
  size_t n = strlen(name);
  text(name + n, room - n, "-%s", word);
  for (name += n + 1; *name != 0; name++)
    if ((unsigned char)*name <= ' ' || *name == 127 ||
        strchr("/\\:*?\"<>|", *name) != NULL) *name = '_';
}

void keep_close(void)
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
    tell("%s: %s; the log was not kept", opt.log_dir, error_words(errno));
  }
  is_kept = e == 0;
  if (e != 0) file_remove(keep_temporary);
  kept.fd = 0;
  *keep_temporary = 0;
}

/* 1 if a run that was killed may have left this file. */
static int is_temporary(const char *name)
{
  return strncmp(name, ".amt-", 5) == 0 &&
         strcmp(name + 5 + strspn(name + 5, "0123456789abcdef-"), ".tmp") == 0;
}

/* Removes a file if it is ours, and too old. */
static void keep_or_not(char *name)
{
  char     path[PATHS], check[17];
  int      temporary = is_temporary(name);
  size_t   n = strlen(name);
  uint64_t size;
  int64_t  age;
  int      fd;
  if (!temporary &&
      (n <= ENDING || strncmp(name, "amt-", 4) != 0 ||
       name[n - ENDING] != '.' || strcmp(name + n - 4, ".log") != 0)) return;
  text(path, sizeof path, "%s/%s", opt.log_dir, name);
  fd = file_look(path, &size, &age);
  if (fd < 0) return;
  if (age > (int64_t)opt.retain * 86400 && temporary) {
    file_remove(path);
  } else if (age > (int64_t)opt.retain * 86400) {
    name[n - ENDING] = 0;
    keep_check(check, name, fd, size);
    if (strncmp(name + n - ENDING + 1, check, 16) == 0) file_remove(path);
  }
  file_close(fd);
}

void keep_clean(void)
{
  if (!empty(opt.log_dir)) folder_list(opt.log_dir, keep_or_not);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
