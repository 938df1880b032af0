/* size_device.c - what a device ships, for make size. It signs in, starts a
   job, watches it and fetches its log, over the sockets of a POSIX system
   (AMT_POSIX) or of lwIP (AMT_LWIP), or over lwIP's raw API (AMT_LWIP_RAW). */
#define AMT_IMPLEMENTATION
#include "amt.h"

uint32_t board_now(void);
void     board_say(const char *text, size_t n);

static struct {
  char         buf[128], token[64];
#ifdef AMT_LWIP_RAW
  amt_lwip_raw sock;
#else
  amt_posix    sock;
#endif
  amt_slot     slot;
  amt_pool     pool;
  amt_session  session;
  amt_job      job;
} ram;

static const amt_task task = {
  "DEMO2", "REPORTTEST01", NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0
};

int main(void)
{
  amt_event e;
#ifdef AMT_LWIP_RAW
  amt_lwip_raw_init(&ram.sock);
#else
  amt_posix_init(&ram.sock);
#endif
  ram.slot.http.stream = &ram.sock.stream;
  ram.pool.conn = &ram.slot;
  ram.pool.count = 1;
  ram.pool.buf = ram.buf;
  ram.pool.size = sizeof ram.buf;
  ram.session.url = "http://amt.example.com:42000";
  ram.session.user = "ocadm";
  ram.session.password = "opconxps";
  ram.session.token = ram.token;
  ram.session.token_room = sizeof ram.token;
  amt_start(&ram.job, &ram.session, &task);
  do {
    e = amt_poll(&ram.pool, &ram.job, board_now());
    if (e == AMT_MESSAGE) board_say(ram.job.msg, ram.job.msg_len);
  } while (e < AMT_DONE);
  return ram.job.code;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
