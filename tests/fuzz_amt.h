/* fuzz_amt.h - the tool amt inside a fuzzer: its own functions, and what they
   write to standard output and error. All its static data is reset for each
   input. Compile with clang; define nothing before it. */

#ifndef FUZZ_AMT_H
#define FUZZ_AMT_H

#define _GNU_SOURCE /* memfd_create */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"

/* This macro also renames a stream's member `write`, everywhere. */
static ssize_t caught_write(int fd, const void *p, size_t n);
#define write caught_write

/* All static data of the tool goes into sections of its own, so that it can be
   reset after each input, even inside functions. */
#define main amt_main
int amt_main(int argc, char **argv);
#pragma clang section bss = "amt_zero" data = "amt_data"
#include "../examples/amt/library.c" /* first */
#include "../examples/amt/anchors.c"
#include "../examples/amt/begin.c"
#include "../examples/amt/chars.c"
#include "../examples/amt/clock.c"
#include "../examples/amt/command.c"
#include "../examples/amt/config.c"
#include "../examples/amt/encodings.c"
#include "../examples/amt/files.c"
#include "../examples/amt/holes.c"
#include "../examples/amt/job.c"
#include "../examples/amt/keep.c"
#include "../examples/amt/live.c"
#include "../examples/amt/log.c"
#include "../examples/amt/main.c"
#include "../examples/amt/net.c"
#include "../examples/amt/options.c"
#include "../examples/amt/outcome.c"
#include "../examples/amt/output.c"
#include "../examples/amt/posix.c"
#include "../examples/amt/probe.c"
#include "../examples/amt/reserve.c"
#include "../examples/amt/run.c"
#include "../examples/amt/secret_words.c"
#include "../examples/amt/secrets.c"
#include "../examples/amt/session.c"
#include "../examples/amt/settle.c"
#include "../examples/amt/signals.c"
#include "../examples/amt/state.c"
#include "../examples/amt/tell.c"
#include "../examples/amt/text.c"
#include "../examples/amt/tls.c"
#include "../examples/amt/trace.c"
#include "../examples/amt/values.c"
#include "../examples/amt/wire.c"
#include "../examples/amt/wire_c.c"
#include "../examples/amt/wire_old.c"
#include "../examples/amt/write.c"
#include "../examples/amt/zone.c"
/* 10 MB; only fuzz_capture.c resets them. */
#pragma clang section bss = "amt_learn" data = "amt_data"
#include "../examples/amt/learn_exchange.c"
#include "../examples/amt/learn_facts.c"
#include "../examples/amt/learn_find.c"
#include "../examples/amt/learn_har.c"
#include "../examples/amt/learn_holes.c"
#include "../examples/amt/learn_lists.c"
#include "../examples/amt/learn_read.c"
#include "../examples/amt/learn_reply.c"
#include "../examples/amt/learn_signs.c"
#include "../examples/amt/learn_told.c"
#include "../examples/amt/learn_write.c"
#pragma clang section bss = "" data = ""
/* The tap's data is too large for that. It is reset with each connection. */
#include "../examples/amt/capture.c"
#include "../examples/amt/mask.c"
#include "../examples/amt/relay.c"
#include "../examples/amt/report.c"
#undef main
#undef write

extern uint64_t __start_amt_zero[], __stop_amt_zero[];
extern uint64_t __start_amt_data[], __stop_amt_data[];
static uint64_t at_first[65536];

/* Between these variables lie ASan's own bytes; reading those is no error
   here. */
#define RAW __attribute__((no_sanitize("address", "undefined", "coverage")))

static RAW void save(void)
{
  volatile uint64_t *p = __start_amt_data;
  size_t             i, n = (size_t)(__stop_amt_data - __start_amt_data);
  must(n <= COUNT(at_first));
  for (i = 0; i < n; i++) at_first[i] = p[i];
}

/* --- output --------------------------------------------------------------- */

static bytes stdout_text, stderr_text;

static ssize_t caught_write(int fd, const void *p, size_t n)
{
  if (fd != 1 && fd != 2) return write(fd, p, n);
  add(fd == 1 ? &stdout_text : &stderr_text, p, n);
  return (ssize_t)n;
}

static UNUSED RAW void set_back(void)
{
  volatile uint64_t *p;
  size_t             i = 0;
  for (p = __start_amt_zero; p < __stop_amt_zero; p++) *p = 0;
  for (p = __start_amt_data; p < __stop_amt_data; p++) *p = at_first[i++];
  clear(&stdout_text);
  clear(&stderr_text);
}

/* Checks that these are whole lines without control characters. Returns their
   number. */
static UNUSED size_t check_clean(const bytes *b)
{
  size_t i, line_count = 0;
  for (i = 0; i < b->n; i++) {
    must(b->p[i] >= 32 ? b->p[i] != 127 : b->p[i] == '\n');
    line_count += b->p[i] == '\n';
  }
  must(b->n == 0 || b->p[b->n - 1] == '\n');
  return line_count;
}

/* A refusal has a message. */
static UNUSED void check_said(int status)
{
  size_t line_count = check_clean(&stderr_text);
  if (status == 0) return; /* warnings are allowed */
  must(status == EXIT_CONFIG);
  must(line_count >= 1 && strncmp((const char *)stderr_text.p, "amt: ", 5) == 0);
}

/* --- files in memory ------------------------------------------------------------ */

typedef struct {
  int  fd;
  char name[32];
} file;

static UNUSED void file_put(file *f, const void *p, size_t n)
{
  if (f->fd == 0) {
    f->fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(f->fd > 2);
    must(fchmod(f->fd, 0600) == 0); /* others could write it */
    snprintf(f->name, sizeof f->name, "/proc/self/fd/%d", f->fd);
  }
  must(ftruncate(f->fd, 0) == 0);
  must(pwrite(f->fd, p, n, 0) == (ssize_t)n);
}

/* Returns the part after a line "====", or NULL. *first bytes stand before
   that line. */
static UNUSED const uint8_t *second_part(const uint8_t *p, size_t n,
                                         size_t *first)
{
  const uint8_t *at = (const uint8_t *)memmem(p, n, "====\n", 5);
  *first = at != NULL ? (size_t)(at - p) : n;
  return at != NULL ? at + 5 : NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void)argc, (void)argv;
  unsetenv("AMT_SERVER");
  save();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
