/* firmware: a bare-metal image that runs one job. No operating system, no
   threads, no heap: one loop that looks at each duty in turn (the network, the
   job, a blinking LED), and none of them may block. It uses https if built with
   AMT_BEARSSL, otherwise http, for a part with 32 kB of RAM.

   It keeps a record in flash, so that a power cut at any instant leads to one
   Start at most. Before the Start it writes down that it is about to, after it
   the server's id. After a reset it does what the record asks for:

     nothing       start the job
     about to      nobody knows whether it runs: say so, never start it again
     an id         go on with that job (amt_attach) to its end
     ended         print the completion code

   The next run needs record_write(NOTHING): after "ended" whenever it is due,
   after "about to" when a person has looked at the server.

   cortex_m3.c and risc_v.c are boards, lwipopts.h is how lwIP is built. A board
   of your own needs a file with all of board.h, sys_now for lwIP, and
   board_reset or your vendor's start-up; your flash and clock in place of
   emulator.c; lwipopts.h without the emulator's DNS port; the board's four
   lines in Makefile; the settings below, and session.url in session_init.
   `make firmware` runs this in qemu. */

#ifdef AMT_BEARSSL
#include "anchors.h" /* amt anchors ca.pem >anchors.h */
#endif
#define AMT_IMPLEMENTATION
#define AMT_DEFAULT_WIRE_ONLY /* session.wire is ignored then: leave this out if
                                 your site needs a table of its own (2.5 kB),
                                 which amt prints: amt --wire site.wire
                                 --print-wire --c-source */
#include "amt.h"
#include "board.h"
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

/* --- settings; the URL is from the emulator's command line ---------------- */

static const unsigned char address[] = {10, 0, 2, 15};
static const unsigned char mask[] = {255, 255, 255, 0};
static const unsigned char gateway[] = {10, 0, 2, 2};
static const unsigned char name_server[] = {10, 0, 2, 2}; /* qemu's */
static const char user[] = "ocadm", password[] = "opconxps";

#ifndef JOB
#define JOB "REPORTTEST01"
#endif
static const amt_task task = {"DEMO2", JOB, NULL, NULL, NULL, NULL,
                              NULL, NULL, NULL, 0, 0};

/* --- all memory ----------------------------------------------------------- */

static struct netif netif;
static amt_lwip_raw sock;
static amt_slot     conn;
static amt_session  session;
static amt_job      job;
static char         buf[256], token[128];
static amt_pool     pool = {&conn, 1, buf, sizeof buf, NULL};

#ifdef AMT_BEARSSL
/* 16,709 bytes take any record. For a server that honours max_fragment_length
   (OpenSSL, nginx) 4,608 are enough. */
static amt_bearssl        tls;
static amt_bearssl_server tls_server;
static unsigned char      tls_record[AMT_BEARSSL_FULL];
#endif

/* --- the console ---------------------------------------------------------- */

static void print(const char *text) { board_print(text, strlen(text)); }

static void print_number(uint32_t n)
{
  char    digits[20];
  amt_window o;
  amt_window_init(&o, digits, sizeof digits, 0);
  amt_put_number(&o, n);
  board_print(digits, o.len);
}

static int in_message; /* its first pieces were printed, the last not yet */

static void print_line(const char *label, const char *text)
{
  if (in_message) print(" ...\n");
  in_message = 0;
  print(label), print(text), print("\n");
}

static void print_figure(const char *label, uint32_t n, const char *unit)
{
  print(label), print_number(n), print(unit);
}

/* --- the record ----------------------------------------------------------- */

enum { NOTHING, ABOUT_TO, HAS_ID, ENDED };

/* Written to the two slots in turn. The one with a correct sum and the greater
   number counts. If a write is cut off, the record before it still counts. */
typedef struct record {
  uint32_t number;
  uint8_t  state;
  uint8_t  code;    /* ENDED: the completion code */
  uint8_t  unused[2];
  char     id[AMT_ID_SIZE];
  uint32_t sum;
} record;

static record kept;

static uint32_t record_sum(const record *r)
{
  const unsigned char *p = (const unsigned char *)r;
  uint32_t             crc = 0xFFFFFFFFu;
  size_t               i;
  unsigned             bit;
  for (i = 0; i < offsetof(record, sum); i++) {
    crc ^= p[i];
    for (bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0);
  }
  return ~crc;
}

static void record_read(void)
{
  record   r;
  unsigned slot;
  for (slot = 0; slot < 2; slot++)
    if (board_flash_read(slot, &r, sizeof r) && r.sum == record_sum(&r) &&
        r.number > kept.number)
      kept = r;
  kept.id[AMT_ID_SIZE - 1] = 0;
}

/* 1 if it can be read back; otherwise nothing may go on. */
static int record_write(uint8_t state)
{
  record back;
  kept.number++;
  kept.state = state;
  kept.code = job.code;
  memcpy(kept.id, job.id, sizeof kept.id);
  kept.sum = record_sum(&kept);
  return board_flash_write(kept.number & 1u, &kept, sizeof kept) &&
         board_flash_read(kept.number & 1u, &back, sizeof back) &&
         memcmp(&back, &kept, sizeof back) == 0;
}

/* --- the job -------------------------------------------------------------- */

static int job_ended(void)
{
  if (job.error != 0) print_line("error: ", amt_error(job.error));
  print_line("ended: ", amt_status_name(job.code));
  if (!record_write(ENDED)) print("the flash did not keep that\n");
  return 1;
}

/* What the record says depends on what is known of the Start. */
static int job_failed(void)
{
  print_line("failed: ", amt_error(job.error));
  if (job.start == AMT_START_KNOWN)
    print("the job goes on at the server; so does this after a reset\n");
  else if (job.start != AMT_START_UNKNOWN)
    record_write(NOTHING); /* surely not started: a reset may start it */
  return 1;
}

/* Without a record nothing is started: a power cut could lead to two Starts. */
static int job_record(uint8_t state)
{
  if (record_write(state)) return 0;
  print("the flash does not work: ");
  if (state != ABOUT_TO) {
    print("a reset will not find this job again\n");
    return 0;
  }
  print("nothing is started\n");
  amt_drop(&pool, &job);
  return 1;
}

/* A long one comes in pieces, perhaps with other events between them. */
static void job_message(void)
{
  static const char *const from[] = {"log: ", "answer: ", "error: ",
                                     "other: ", "page: ", "it wants: ",
                                     "it is at: "};
  if (!in_message) {
    print(from[job.msg_kind]);
    if (!job.msg_first) print("... ");
  }
  board_print(job.msg, job.msg_len);
  if (!job.msg_more) print("\n");
  in_message = job.msg_more;
}

/* Takes an event: 1 if the job is over. */
static int job_event(amt_event e)
{
  switch (e) {
  case AMT_STARTING: return job_record(ABOUT_TO);
  case AMT_STARTED: print_line("started: ", job.id); return job_record(HAS_ID);
  case AMT_STATUS: print_line("status: ", amt_status_name(job.status));
    return 0;
  case AMT_MESSAGE:
  case AMT_SERVER_TEXT: job_message(); return 0;
  case AMT_RETRYING: print_line("again soon: ", amt_error(job.error));
    return 0;
  case AMT_DONE: return job_ended();
  case AMT_FAILED: return job_failed();
  default: return 0;
  }
}

/* 1 if there is something to do; otherwise job.code is the result. */
static int job_begin(void)
{
  record_read();
  if (kept.state == ENDED) {
    print_line("ended before the reset: ", amt_status_name(kept.code));
    job.code = kept.code;
    return 0;
  }
  if (kept.state == ABOUT_TO) {
    print_line("unknown: ", amt_error(AMT_E_MAYBE_STARTED));
    job.code = AMT_CODE_UNDEFINED;
    return 0;
  }
  if (kept.state == HAS_ID) {
    print_line("going on with: ", kept.id);
    amt_attach(&job, &session, task.application, kept.id);
  } else {
    amt_start(&job, &session, &task);
  }
  return 1;
}

/* --- setting up ----------------------------------------------------------- */

/* lwIP needs it for ports and the numbers of DNS questions. If the generator
   fails, these can be guessed; TLS makes no key of them. */
uint32_t network_random(void)
{
  uint32_t n;
  return board_random(&n, sizeof n) ? n : board_ticks();
}

static err_t ethernet_init(struct netif *n)
{
  board_ethernet_init(n->hwaddr);
  n->hwaddr_len = 6;
  n->mtu = 1500;
  n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  n->name[0] = 'e', n->name[1] = '0';
  n->output = etharp_output;
  n->linkoutput = board_ethernet_send;
  return ERR_OK;
}

static void network_init(void)
{
  ip4_addr_t ip, net, gw;
  ip_addr_t  dns;
  lwip_init();
  IP4_ADDR(&ip, address[0], address[1], address[2], address[3]);
  IP4_ADDR(&net, mask[0], mask[1], mask[2], mask[3]);
  IP4_ADDR(&gw, gateway[0], gateway[1], gateway[2], gateway[3]);
  IP_ADDR4(&dns, name_server[0], name_server[1], name_server[2],
           name_server[3]);
  netif_add(&netif, &ip, &net, &gw, NULL, ethernet_init, ethernet_input);
  netif_set_default(&netif);
  netif_set_up(&netif);
  dns_setserver(0, &dns);
}

#ifdef AMT_BEARSSL
static uint32_t tls_time(void *ctx)
{
  (void)ctx;
  return board_time();
}

static int tls_random(void *ctx, void *p, size_t n)
{
  (void)ctx;
  return board_random(p, n);
}

static amt_stream *stream_init(void)
{
#ifdef UNSAFE_FIXED_SEED
  print("UNSAFE: this board has no randomness; the seed is fixed, the keys are "
        "known to anyone: FOR TESTS ONLY\n");
#endif
  tls_server.anchors = amt_anchors;
  tls_server.anchor_count = AMT_ANCHOR_COUNT;
  tls_server.tls.time = tls_time;
  tls_server.tls.random = tls_random;
  amt_lwip_raw_init(&sock);
  amt_bearssl_init(&tls, &sock.stream, &tls_server, tls_record,
                   sizeof tls_record);
  return &tls.stream;
}
#else
static amt_stream *stream_init(void)
{
  amt_lwip_raw_init(&sock);
  return &sock.stream;
}
#endif

static void session_init(void)
{
  conn.http.stream = stream_init();
  conn.http.limits.idle = 5000; /* without a byte: connect again */
  session.url = board_setting(1);
  session.user = user, session.password = password;
  session.token = token, session.token_room = sizeof token;
  session.initial_delay = session.poll = 500;
  session.messages = AMT_LIVE;
}

/* --- the loop ------------------------------------------------------------- */

static uint32_t longest; /* look at the job, in ticks of the clock */

static int job_duty(void)
{
  uint32_t  began = board_ticks(), took;
  amt_event e = amt_poll(&pool, &job, board_now());
  took = board_ticks() - began;
  if (took > longest) longest = took;
  if (e == AMT_BUSY) board_sleep();
  return job_event(e);
}

static void loop(void)
{
  int over = 0;
  while (!over) {
    board_ethernet_poll(&netif);
    sys_check_timeouts();
    over = job_duty();
    board_led(board_now() / 250u & 1u);
  }
}

int main(void)
{
  board_init();
  print("firmware: up\n");
  network_init();
  session_init();
  if (job_begin()) loop();
  print_figure("awake for: ", board_now() / 1000u, " s\n");
  print_figure("longest poll: ", longest, " ticks of 40 ns\n");
  print_figure("deepest stack: ", board_stack_used(), " of ");
  print_figure("", board_stack_size(), " bytes\n");
  amt_pool_end(&pool);
  amt_session_end(&session);
  return job.code;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
