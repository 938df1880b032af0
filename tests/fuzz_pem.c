/* fuzz_pem.c - certificates and keys for the tool amt, read by the functions of
   examples/amt.

   An input is a file of trusted certificates, or a client's certificate and,
   after a line "====", its key. It is refused in clean lines of standard error,
   or accepted. Then `amt anchors` prints plain ASCII in which no comment ends
   early. The key in the corpus is the number 1, no secret. */

#define AMT_BEARSSL
#include "fuzz_amt.h"

static file first_in, second_in;

/* Bytes of a certificate may appear only as numbers, or within comments that
   they cannot end. */
static void check_source(void)
{
  const char *at = (const char *)stdout_text.p;
  size_t      i;
  check_clean(&stdout_text);
  for (i = 0; i < stdout_text.n; i++) must(stdout_text.p[i] < 127);
  while ((at = strstr(at, "/*")) != NULL) {
    const char *end = strstr(at, "*/");
    must(end != NULL);
    for (at += 2; at < end; at++) must(strncmp(at, "/*", 2) != 0);
    must(end[2] == '\n' || end[2] == ' ');
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  size_t         first;
  const uint8_t *key = second_part(p, n, &first);
  int            e;
  set_back();
  file_put(&first_in, p, first);
  if (key != NULL) {
    file_put(&second_in, key, n - (size_t)(key - p));
    opt.cert = first_in.name;
    opt.key = second_in.name;
  } else {
    opt.anchors = first_in.name;
  }
  opt.type = ANCHORS;
  out.fd = 1;
  e = print_anchors();
  check_said(e);
  must(e == 0 || stdout_text.n == 0);
  if (e == 0) check_source();
  for (first = 0; first < sizeof key_memory; first++)
    must(key_memory[first] == 0); /* wiped */
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
