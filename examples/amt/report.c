/* report.c - `amt probe --report`: what a site was asked and answered.

   A capture like those of `amt tap`, but with the names of users and machines
   as stars, too: for people who want to tell us about a real server. */

#include "report.h"
#include "capture.h"
#include "options.h"
#include "secrets.h"
#include "session.h"
#include "tell.h"
#include <string.h>

static lane asked, answered;
static int  reporting, connected;

int report_begin(void)
{
  amt_url u;
  int     e;
  if (opt.report == NULL) return 0;
  e = capture_open(opt.report);
  if (e != 0) return e;
  reporting = mask_people = 1;
  if (amt_url_parse(&u, session.url) == 0) mask_know(u.host, u.host_len);
  if (opt.api_user != NULL) mask_know(opt.api_user, strlen(opt.api_user));
  mask_know(password, strlen(password));
  mask_know(token, strlen(token));
  capture_note("amt %d.%d.%d probe", AMT_VERSION_MAJOR, AMT_VERSION_MINOR,
               AMT_VERSION_PATCH);
  return 0;
}

void report_opened(void)
{
  if (!reporting) return;
  capture_begin(&asked, &answered);
  connected = 1;
}

void report_bytes(char side, const void *p, size_t n)
{
  if (connected) capture_put(side == '>' ? &asked : &answered, p, n);
}

void report_closed(void)
{
  if (!connected) return;
  capture_end(&asked);
  capture_end(&answered);
  connected = 0;
}

void report_word(const char *word, const char *way, const char *verdict)
{
  if (reporting) capture_note("%s: %s: %s", word, way, verdict);
}

int report_end(int status)
{
  unsigned requests, conns;
  int      e;
  if (!reporting) return status;
  report_closed();
  reporting = 0;
  e = capture_close(&requests, &conns);
  if (conns == 0) {
    capture_drop();
    tell("probe: there was no connection, so %s would have nothing to tell, "
         "and is not kept", opt.report);
  } else if (e == 0) {
    tell("probe: %s has what was asked and answered; read it before you give "
         "it away: names of jobs and their messages are in it", opt.report);
  }
  return status != 0 ? status : e;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
