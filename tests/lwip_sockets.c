/* lwip_sockets.c - the socket stream over lwIP (AMT_LWIP), against a simulated
   server behind a tap device. tests/lwip_sockets.sh explains the arguments.
   usage: lwip_sockets OUR_ADDRESS SERVER PORT WHAT */
#define AMT_IMPLEMENTATION
#define AMT_LWIP
#include "amt.h"
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <netif/tapif.h>
#include <stdio.h>
#include <stdlib.h>

static amt_posix sock;
static char      buf[512], token[256], url[80];

/* Two addresses without a host, then the server. */
static int resolve(void *ctx, const char *host, amt_address *a, int max)
{
  const char *server = (const char *)ctx;
  (void)host, (void)max;
  amt_address_parse(&a[0], "10.77.0.9", 9);
  amt_address_parse(&a[1], "10.77.0.8", 9);
  amt_address_parse(&a[2], server, strlen(server));
  return 3;
}

/* Runs a job by amt_wait, or by amt_poll alone, and prints its log. */
static int run(const char *name, int waits, uint32_t give_up)
{
  amt_slot    conn;
  amt_pool    pool = { &conn, 1, buf, sizeof buf, NULL };
  amt_session s;
  amt_task    t;
  amt_job     j;
  memset(&conn, 0, sizeof conn);
  memset(&s, 0, sizeof s);
  memset(&t, 0, sizeof t);
  s.url = url, s.user = "ocadm", s.password = "opconxps";
  s.token = token, s.token_room = sizeof token;
  s.poll = 20, s.initial_delay = AMT_ZERO, s.give_up = give_up;
  t.application = "DEMO2", t.job = name;
  conn.http.stream = &sock.stream;
  for (amt_start(&j, &s, &t);;) {
    amt_event e = waits ? amt_wait(&pool, &j, amt_posix_now)
                        : amt_poll(&pool, &j, amt_posix_now());
    if (e == AMT_MESSAGE)
      printf("%.*s%s", (int)j.msg_len, j.msg, j.msg_more ? "" : "\n");
    if (e == AMT_FAILED)
      printf("%s; %s\n", amt_error(j.error), amt_error(j.cause));
    if (e < AMT_DONE) continue;
    amt_pool_end(&pool);
    return j.code;
  }
}

int main(int argc, char **argv)
{
  static struct netif device;
  ip4_addr_t          ours, mask, gateway;
  const char         *what = argc > 4 ? argv[4] : "";
  int                 code;
  if (argc < 5) return 2;
  tcpip_init(NULL, NULL);
  ip4addr_aton(argv[1], &ours);
  ip4addr_aton("255.255.255.0", &mask);
  ip4addr_aton("0.0.0.0", &gateway);
  LOCK_TCPIP_CORE();
  netif_add(&device, &ours, &mask, &gateway, NULL, tapif_init, tcpip_input);
  netif_set_default(&device);
  netif_set_up(&device);
  netif_set_link_up(&device);
  UNLOCK_TCPIP_CORE();
  amt_posix_init(&sock);
  snprintf(url, sizeof url, "http://%s:%s", argv[2], argv[3]);
  if (strcmp(what, "addresses") == 0) {
    snprintf(url, sizeof url, "http://a.name:%s", argv[3]);
    sock.resolve = resolve, sock.ctx = argv[2];
  }
  if (strcmp(what, "names") == 0)
    snprintf(url, sizeof url, "http://a.name:%s", argv[3]);
  code = run(strcmp(what, "long") == 0 ? "LOG_3000_x_300" : "REPORTTEST01",
             strcmp(what, "poll") != 0,
             strcmp(what, "refused") == 0 || strcmp(what, "names") == 0
               ? AMT_ZERO : 0);
  fflush(stdout);
  fprintf(stderr, "%d %d\n", code, sock.sys_error);
  exit(code == AMT_CODE_DONE ? 0 : code);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
