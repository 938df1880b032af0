/* fuzz_state.c - the file of --state, by the functions of examples/amt
   themselves.

   An input is the file's text without its checksum, which is added here; or,
   after a line "====", the whole text. It is refused with a clean message on
   standard error, or it is byte for byte what this run would write. */

#include "fuzz_amt.h"

static char folder[] = "/tmp/amt-fuzz.XXXXXX", path[64], lock_path[64];

static void tidy(void)
{
  unlink(lock_path);
  unlink(path);
  rmdir(folder);
}

static void state_put(const uint8_t *p, size_t n, int with_checksum)
{
  static char text_with[8192];
  char        digits[17];
  int         fd;
  if (*path == 0) {
    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/state", folder);
    snprintf(lock_path, sizeof lock_path, "%s/state.lock", folder);
    atexit(tidy);
  }
  must(n < sizeof text_with - 30);
  memcpy(text_with, p, n);
  if (with_checksum)
    n += (size_t)snprintf(text_with + n, 30, "check = %s\n",
                          hex_digits(digits, checksum(0, p, n)));
  fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  must(fd > 2 && write(fd, text_with, n) == (ssize_t)n && close(fd) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  static char    ours[WORDS * 8];
  static bytes   in_file;
  size_t         first, len;
  const uint8_t *whole = second_part(p, n, &first);
  int            e;
  if (first > 6000) return 0;
  set_back();
  if (whole != NULL) state_put(whole, n - (size_t)(whole - p), 0);
  else state_put(p, n, 1);
  opt.state = path;
  opt.server = "http://h:1";
  opt.application = "A";
  opt.job = "J";
  e = open_state();
  check_said(e);
  must(e != 0 || (*resumed != 0) != state_intent);
  clear(&in_file);
  if (e == 0) {
    static char again[WORDS * 8];
    int         fd = open(path, O_RDONLY);
    ssize_t     got = read(fd, again, sizeof again);
    size_t      mark = mark_of(again, (size_t)got); /* an editor's BOM */
    close(fd);
    if (*resumed != 0) must(id_type == resumed_text);
    len = state_text(ours, sizeof ours, resumed);
    must((size_t)got == mark + len && memcmp(ours, again + mark, len) == 0);
    must(is_utf8(resumed, strlen(resumed)));
    must(resumed_text || strspn(resumed, "0123456789+-.eE") == strlen(resumed));
  }
  must(access(path, F_OK) == 0); /* only the last act removes it */
  close_state(0);
  must(access(lock_path, F_OK) != 0);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
