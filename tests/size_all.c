/* size_all.c - for make size, uses all of amt.h and amt_http.h except TLS, over
   the board's stream. It starts a job, or continues one by its id; watches it,
   even through outages; fetches its messages, during the run or at the end; and
   stops, kills or drops it when the board says so. */
#define AMT_IMPLEMENTATION
#include "amt.h"
#include "size_board.h"

static struct {
  char        buf[128], token[64];
  amt_stream  stream;
  amt_slot    conn;
  amt_pool    pool;
  amt_session session;
  amt_job     job;
} ram;

static const char *const parameters[] = {"'PARAM'"};
static const amt_task task = {
  "DEMO2", "REPORTTEST01", NULL, NULL, NULL, NULL, NULL, NULL, parameters, 0, 1
};

static void begin(void)
{
  const char *id = board_saved_id();
  ram.stream.ops = &board_stream;
  ram.conn.http.stream = &ram.stream;
  ram.pool.conn = &ram.conn;
  ram.pool.count = 1;
  ram.pool.buf = ram.buf;
  ram.pool.size = sizeof ram.buf;
  ram.session.url = "http://amt.example.com:42000";
  ram.session.user = "ocadm";
  ram.session.password = "opconxps";
  ram.session.token = ram.token;
  ram.session.token_room = sizeof ram.token;
  ram.session.messages = (uint8_t)board_messages();
  if (id != NULL) amt_attach(&ram.job, &ram.session, task.application, id);
  else amt_start(&ram.job, &ram.session, &task);
}

int main(void)
{
  amt_event e;
  begin();
  do {
    int order = board_order();
    if (order == BOARD_DROP) amt_drop(&ram.pool, &ram.job);
    else if (order != 0) amt_stop(&ram.job, (amt_op)order);
    e = amt_poll(&ram.pool, &ram.job, board_now());
    if (e == AMT_STARTED) board_save_id(ram.job.id);
    if (e == AMT_MESSAGE || e == AMT_SERVER_TEXT)
      board_say(ram.job.msg, ram.job.msg_len);
  } while (e < AMT_DONE);
#ifndef AMT_NO_TEXT
  board_save_id(amt_error(ram.job.error));
#endif
  amt_pool_end(&ram.pool);
  amt_session_end(&ram.session);
  return ram.job.code;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
