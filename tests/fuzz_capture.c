/* fuzz_capture.c - the captures that `amt learn` reads, by the functions of
   examples/amt themselves.

   An input's first byte selects options beside the application and the job; the
   rest is the capture. It is refused with a clean message, or a wire file is
   written. The tool must be able to read that file, and it must not contain the
   password of the seeds. */

#include "fuzz_amt.h"

extern uint64_t __start_amt_learn[], __stop_amt_learn[];

static file capture, wire_file;

static RAW void forget_capture(void)
{
  volatile uint64_t *at;
  for (at = __start_amt_learn; at < __stop_amt_learn; at++)
    if (*at != 0) *at = 0; /* most of it is never touched */
}

static void tell_options(unsigned which)
{
  opt.application = "DEMO2";
  opt.job = "REPORTTEST01";
  if (which & 1) opt.api_user = "ocadm";
  if (which & 2) opt.id = "417";
  if (which & 4) opt.user = "DEMO", opt.queue = "Q 1";
  if (which & 8) {
    opt.parameters.text[0] = "A=1";
    opt.parameters.text[1] = "B=two";
    opt.parameters.count = 2;
    opt.task_values.text[0] = "C";
    opt.task_values.count = 1;
  }
}

/* Reads it as `amt --wire` does. */
static void check_wire_file(const uint8_t *p, size_t n)
{
  must(is_utf8(p, n));
  check_clean(&stdout_text);
  file_put(&wire_file, p, n);
  set_back(); /* a file is read once */
  must(read_wire(wire_file.name) == 0);
  must(check_wire(wire_file.name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  static bytes text_out;
  int          e;
  if (n == 0) return 0;
  set_back();
  forget_capture();
  file_put(&capture, p + 1, n - 1);
  tell_options(*p);
  opt.capture = capture.name;
  out.fd = 1;
  e = learn();
  sink_flush(&out);
  check_said(e);
  must((e == 0) == (stdout_text.n > 0));
  if (e != 0) return 0;
  clear(&text_out);
  add(&text_out, stdout_text.p, stdout_text.n);
  if (holds(p, n, "Password\": \"opconxps", 21))
    must(!holds(text_out.p, text_out.n, "opconxps", 8));
  check_wire_file(text_out.p, text_out.n);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
