/* fuzz_probe.c - what a server sends to `amt probe` and to `amt --trace`, by
   the functions of examples/amt themselves.

   An input's first byte selects the call, the wire table, and whether a whole
   HTTP reply follows or only its body. Cuts may follow the text (fuzz.h). For
   any input, the recorded paths of members stay within their buffer and are
   UTF-8, the output is clean, and pieces of any size give the same. */

#include "fuzz_amt.h"

static const amt_op calls[] = { AMT_SIGN_IN, AMT_MONITOR, AMT_MESSAGES };

/* The default names, nested ones, or the reply itself. */
static void choose_table(unsigned which)
{
  must(read_wire(NULL) == 0);
  if (which == 1) {
    wire.reply[AMT_REPLY_TOKEN] = "data.auth.jwt";
    wire.reply[AMT_REPLY_STATUS] = "data.job.state.code";
    wire.reply[AMT_REPLY_MESSAGES] = "data.log.lines";
    wire.reply[AMT_REPLY_TEXT] = "meta.body";
  } else if (which == 2) {
    wire.reply[AMT_REPLY_TOKEN] = wire.reply[AMT_REPLY_STATUS] = "";
    wire.reply[AMT_REPLY_MESSAGES] = wire.reply[AMT_REPLY_TEXT] = "";
    wire.reply[AMT_REPLY_MORE] = NULL;
  }
}

static void check_look(void)
{
  size_t i;
  must(memchr(look.path, 0, sizeof look.path) != NULL);
  must(memchr(look.unread, 0, sizeof look.unread) != NULL);
  must(is_utf8(look.path, strlen(look.path)));
  must(is_utf8(look.unread, strlen(look.unread)));
  for (i = 0; i <= look.json.depth; i++)
    must(look.base[i] < sizeof look.path && look.base[i] <= strlen(look.path));
  for (i = strlen(look.path); i == sizeof look.path - 1; i = 0)
    must(strcmp(look.path + i - 3, "...") == 0);
}

/* Does the library read on after a piece of a reply? Not after an error or the
   end. */
static int reads_on(amt_http_reply *r, const uint8_t *p, size_t n)
{
  int e = AMT_HTTP_HEAD;
  while (e > 0 && e != AMT_HTTP_END) {
    size_t used, body;
    e = amt_http_reply_next(r, p, n, &used, &body);
    p += used, n -= used;
  }
  return e == 0;
}

/* Plays the reply, in pieces, then the probe's report of it. */
static void play(unsigned kind, const uint8_t *p, size_t n, cuts c)
{
  amt_http_reply reply;
  int            more = 1;
  set_back();
  amt_http_reply_init(&reply);
  choose_table(kind / 3 % 3);
  job.op = (uint8_t)calls[kind % 3];
  tap_body = look_through;
  tap_begin('>');
  if (kind & 32) tap_begin('<');
  opt.trace = (kind & 64) != 0;
  while (n > 0 && more) {
    size_t   m = cut(&c, n);
    uint8_t *piece = exact(p, m);
    if (kind & 32) look_through(piece, m);
    else tap_reply(piece, m), more = reads_on(&reply, piece, m);
    free(piece);
    check_look();
    p += m, n -= m;
  }
  tap_end();
  out.fd = 1;
  probe_report();
  check_clean(&stdout_text);
  if (opt.trace) check_clean(&stderr_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
  static bytes whole;
  unsigned     kind;
  cuts         c = cuts_of(p, &n);
  if (n == 0) return 0;
  kind = *p++, n--;
  play(kind, p, n, no_cuts());
  clear(&whole);
  add(&whole, stdout_text.p, stdout_text.n);
  play(kind, p, n, c);
  must(same(&whole, &stdout_text));
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
