/* layout.c - prints sizes and offsets in public structs; see tests/run.sh. */
#include "amt.h"
#include <stdio.h>
#define SIZE(t) printf(" " #t " %zu", sizeof(t))
#define AT(t, m) printf(" %zu", offsetof(t, m))
int main(void)
{
  SIZE(amt_window); SIZE(amt_json); SIZE(amt_json_token); SIZE(amt_wire);
  SIZE(amt_session); SIZE(amt_task); SIZE(amt_job);
  AT(amt_session, token); AT(amt_session, messages); AT(amt_job, id);
  AT(amt_job, call__); AT(amt_job, open__); AT(amt_wire, reply);
  AT(amt_wire, headers); AT(amt_json, stack);
  puts("");
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
