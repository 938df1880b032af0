/* reserve.c - servers in reserve.

   Some sites have several servers for one AMT, and some of them may be down. As
   long as no Start can have left, any of them will do. */

#include "reserve.h"
#include "begin.h"
#include "job.h"
#include "options.h"
#include "outcome.h"
#include "session.h"
#include "system.h"
#include "tell.h"
#include "tls.h"
#include "wire.h"

enum { RESTS = 5 }; /* with the library's pauses, half a minute */

static size_t   in_use;     /* the one that is asked now, */
static unsigned tried;      /* and how many have failed in this round */
static unsigned rounds;     /* in which all have failed, up to RESTS */
static unsigned rests;      /* tries left for the one in use */
static int      failing, stays;
static uint32_t failing_since;

void stay_with_server(void) { stays = signs_in(); }

/* --give-up is for all of them together. */
static uint32_t give_up_left(void)
{
  uint32_t all = opt.give_up == 0 ? 300000 : opt.give_up;
  uint32_t gone = now_ms() - failing_since;
  return all != AMT_ZERO && gone < all ? all - gone : AMT_ZERO;
}

/* The session's token is the old server's. */
static void change_server(void)
{
  amt_drop(&pool, &job);
  amt_http_close(&conn.http);
  tls_forget();
  if (signs_in()) amt_session_end(&session);
  in_use = (in_use + 1) % opt.servers.count;
  opt.server = opt.servers.text[in_use];
  prepare();
  session.give_up = give_up_left();
  begin();
}

int try_next_server(int ended)
{
  if (opt.servers.count < 2 || stays || job.start != AMT_START_NONE ||
      (job.op == AMT_START && job.http_status != 0) ||
      AMT_IS_REFUSAL(job.error) || AMT_IS_UNSENT(job.error) ||
      job.error == AMT_E_CANCELLED) return 0;
  if (!failing) failing_since = now_ms();
  failing = 1;
  if (rests > 0 && !ended) {
    rests--;
    return 0;
  }
  if (++tried == opt.servers.count) {
    tried = 0;
    rests = rounds;
    rounds += rounds < RESTS;
    return 0;
  }
  tell("%s: %s; trying %s", subject(), reason(),
       opt.servers.text[(in_use + 1) % opt.servers.count]);
  change_server();
  return 1;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
