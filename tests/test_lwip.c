/* test_lwip.c - the stream over lwIP's raw API, tested with lwIP itself. Both
   ends of each connection are in one stack. Each packet passes a queue in this
   file that can lose it, or cut it into pbufs anywhere.

   tests/lwip.sh builds lwIP from Debian's source package, and this test. */

static int stack_begin(void **state);
#define SUITE_MAIN
#define SUITE_SETUP stack_begin
#include "suite.h"
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* --- lwIP's functions, with faults ---------------------------------------- */

static struct {
  err_t  write, connect, close, dns; /* ERR_OK: the real one is called */
  size_t write_over;                 /* write fails only above this length */
  int    no_pcb;
  size_t writes, largest, recved;    /* calls, bytes */
  int    too_much;                   /* more was offered than tcp_sndbuf has */
} fault;

static err_t test_write(struct tcp_pcb *pcb, const void *p, u16_t n, u8_t flags)
{
  fault.writes++;
  if (n > fault.largest) fault.largest = n;
  if (n > tcp_sndbuf(pcb)) fault.too_much = 1;
  assert_int_equal(flags, TCP_WRITE_FLAG_COPY);
  if (fault.write != ERR_OK && n > fault.write_over) return fault.write;
  return tcp_write(pcb, p, n, flags);
}

static err_t test_connect(struct tcp_pcb *pcb, const ip_addr_t *ip, u16_t port,
                          tcp_connected_fn f)
{
  if (fault.connect != ERR_OK) return fault.connect;
  return tcp_connect(pcb, ip, port, f);
}

static err_t test_close(struct tcp_pcb *pcb)
{
  return fault.close != ERR_OK ? fault.close : tcp_close(pcb);
}

static struct tcp_pcb *test_new(u8_t type)
{
  return fault.no_pcb ? NULL : tcp_new_ip_type(type);
}

static void test_recved(struct tcp_pcb *pcb, u16_t n)
{
  fault.recved += n;
  tcp_recved(pcb, n);
}

static err_t test_dns(const char *name, ip_addr_t *ip, dns_found_callback f,
                      void *arg)
{
  return fault.dns != ERR_OK ? fault.dns : dns_gethostbyname(name, ip, f, arg);
}

#define tcp_write         test_write
#define tcp_connect       test_connect
#define tcp_close         test_close
#define tcp_new_ip_type   test_new
#define tcp_recved        test_recved
#define dns_gethostbyname test_dns
#define AMT_IMPLEMENTATION
#define AMT_LWIP_RAW
#include "amt_http.h"
#undef tcp_write
#undef tcp_connect
#undef tcp_close
#undef tcp_new_ip_type
#undef tcp_recved
#undef dns_gethostbyname

/* --- the network ----------------------------------------------------------- */

typedef struct packet {
  struct packet *next;
  size_t         n;
  unsigned char  bytes[];
} packet;

static struct netif wire;
static packet      *first_packet;
static uint32_t     clock_ms;
static int          lose;  /* drops all packets */
static size_t       cut;   /* pbufs end here, and every `piece` bytes later */
static size_t       piece;
static int          empty; /* puts an empty pbuf after each */

u32_t sys_now(void) { return clock_ms; }

static err_t wire_send(struct pbuf *p)
{
  packet **end = &first_packet, *k = malloc(sizeof *k + p->tot_len);
  assert_non_null(k);
  k->next = NULL;
  k->n = p->tot_len;
  pbuf_copy_partial(p, k->bytes, p->tot_len, 0);
  while (*end != NULL) end = &(*end)->next;
  *end = k;
  return ERR_OK;
}

static err_t wire_send_4(struct netif *netif, struct pbuf *p,
                         const ip4_addr_t *to)
{
  (void)netif, (void)to;
  return wire_send(p);
}

static err_t wire_send_6(struct netif *netif, struct pbuf *p,
                         const ip6_addr_t *to)
{
  (void)netif, (void)to;
  return wire_send(p);
}

static struct pbuf *part(const unsigned char *from, size_t n)
{
  struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM);
  assert_non_null(p);
  if (n != 0) memcpy(p->payload, from, n);
  return p;
}

static struct pbuf *chain(const packet *k)
{
  size_t       at = cut != 0 && cut < k->n ? cut : k->n;
  struct pbuf *p = part(k->bytes, at);
  while (at < k->n) {
    size_t n = piece != 0 && piece < k->n - at ? piece : k->n - at;
    pbuf_cat(p, part(k->bytes + at, n));
    at += n;
  }
  if (empty) pbuf_cat(p, part(NULL, 0));
  return p;
}

/* Delivers the packets under way, and those that follow from them. */
static void wire_run(void)
{
  while (first_packet != NULL) {
    packet *k = first_packet;
    first_packet = k->next;
    if (!lose) assert_int_equal(ip_input(chain(k), &wire), ERR_OK);
    free(k);
  }
}

static void pass(uint32_t ms)
{
  uint32_t end = clock_ms + ms;
  wire_run();
  while (clock_ms != end) {
    clock_ms += ms < 50 ? 1 : 50;
    if (clock_ms - end < 1000) clock_ms = end;
    sys_check_timeouts();
    wire_run();
  }
}

static err_t wire_init(struct netif *netif)
{
  netif->output = wire_send_4;
  netif->output_ip6 = wire_send_6;
  netif->mtu = 1500;
  netif->flags = NETIF_FLAG_LINK_UP;
  netif->name[0] = 't', netif->name[1] = 'w';
  return ERR_OK;
}

/* --- the server ------------------------------------------------------------ */

static struct {
  struct tcp_pcb *listener, *pcb;
  char            got[20000];
  size_t          n;
  int             deaf;  /* takes nothing, so the window closes */
  int             eof;
  err_t           error; /* of the broken connection */
} srv;

static err_t srv_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t e)
{
  (void)arg, (void)e;
  if (p == NULL) {
    srv.eof = 1;
    return ERR_OK;
  }
  if (srv.deaf) return ERR_MEM;
  assert_true(srv.n + p->tot_len <= sizeof srv.got);
  pbuf_copy_partial(p, srv.got + srv.n, p->tot_len, 0);
  srv.n += p->tot_len;
  tcp_recved(pcb, p->tot_len);
  pbuf_free(p);
  return ERR_OK;
}

static void srv_lost(void *arg, err_t e)
{
  (void)arg;
  srv.pcb = NULL;
  srv.error = e;
}

static void srv_fin(void)
{
  tcp_recv(srv.pcb, NULL);
  tcp_err(srv.pcb, NULL);
  assert_int_equal(tcp_close(srv.pcb), ERR_OK);
  srv.pcb = NULL;
}

static err_t srv_accepted(void *arg, struct tcp_pcb *pcb, err_t e)
{
  (void)arg, (void)e;
  if (srv.pcb != NULL) srv_fin(); /* the previous one */
  srv.pcb = pcb;
  tcp_recv(pcb, srv_received);
  tcp_err(pcb, srv_lost);
  tcp_nagle_disable(pcb);
  return ERR_OK;
}

static void srv_send(const void *p, size_t n)
{
  assert_int_equal(tcp_write(srv.pcb, p, (u16_t)n, TCP_WRITE_FLAG_COPY), ERR_OK);
  assert_int_equal(tcp_output(srv.pcb), ERR_OK);
}

static void srv_rst(void)
{
  tcp_err(srv.pcb, NULL);
  tcp_abort(srv.pcb);
  srv.pcb = NULL;
}

/* What the name server does. SILENT: it does not answer. */
static enum { ANSWER, NO_SUCH, SILENT } dns_mode;
static int dns_asked;

static void dns_received(void *arg, struct udp_pcb *pcb, struct pbuf *q,
                         const ip_addr_t *from, u16_t port)
{
  static const unsigned char tail[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4,
                                       10, 1, 1, 1};
  unsigned char b[300];
  size_t        n = q->tot_len;
  struct pbuf  *a;
  (void)arg;
  pbuf_copy_partial(q, b, (u16_t)n, 0);
  pbuf_free(q);
  dns_asked++;
  if (dns_mode == SILENT) return;
  b[2] = 0x81, b[3] = dns_mode == NO_SUCH ? 0x83 : 0x80;
  b[7] = dns_mode == ANSWER;
  memcpy(b + n, tail, sizeof tail);
  if (dns_mode == ANSWER) n += sizeof tail;
  a = pbuf_alloc(PBUF_TRANSPORT, (u16_t)n, PBUF_RAM);
  assert_non_null(a);
  pbuf_take(a, b, (u16_t)n);
  udp_sendto(pcb, a, from, port);
  pbuf_free(a);
}

/* --- one stream ------------------------------------------------------------ */

static amt_lwip_raw s;

static int begin_test(void **state)
{
  (void)state;
  memset(&fault, 0, sizeof fault);
  srv.pcb = NULL;
  srv.n = 0;
  srv.deaf = srv.eof = 0;
  srv.error = ERR_OK;
  lose = empty = 0;
  cut = piece = 0;
  dns_mode = ANSWER, dns_asked = 0;
  amt_lwip_raw_init(&s);
  return 0;
}

/* After a close nothing refers to the stream: its struct may hold anything. */
static int end_test(void **state)
{
  unsigned char *p = (unsigned char *)&s;
  size_t         i;
  (void)state;
  lose = 0;
  s.stream.ops->close(&s.stream);
  s.stream.ops->close(&s.stream); /* has no effect */
  pass(30000); /* long enough for a look-up */
  assert_int_equal(s.looking, 0);
  memset(&s, 0xA5, sizeof s);
  if (srv.pcb != NULL) srv_rst();
  pass(200000);
  for (i = 0; i < sizeof s; i++) assert_int_equal(p[i], 0xA5);
  assert_null(tcp_active_pcbs);
  assert_null(tcp_tw_pcbs);
  return 0;
}

#define WIRE_TEST(name) TEST_WITH(name, begin_test, end_test)

static int open_to(const char *host, uint16_t port)
{
  return s.stream.ops->open(&s.stream, host, strlen(host), port, 1000);
}

static ptrdiff_t read_some(void *p, size_t n)
{
  return s.stream.ops->read(&s.stream, p, n);
}

static ptrdiff_t write_some(const void *p, size_t n)
{
  return s.stream.ops->write(&s.stream, p, n);
}

static void open_now(void)
{
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("10.1.1.1", 80), 1);
  assert_non_null(srv.pcb);
}

static void expect(const char *text)
{
  char b[64];
  assert_int_equal(read_some(b, sizeof b), strlen(text));
  assert_memory_equal(b, text, strlen(text));
}

/* --- tests ----------------------------------------------------------------- */

WIRE_TEST(bytes_both_ways_then_the_servers_end)
{
  char b[4];
  open_now();
  assert_int_equal(read_some(b, 4), AMT_AGAIN);
  assert_int_equal(write_some("question", 8), 8);
  pass(10);
  assert_int_equal(srv.n, 8);
  srv_send("answer", 6);
  srv_fin();
  pass(10);
  assert_int_equal(read_some(b, 4), 4);
  assert_int_equal(read_some(b, 4), 2);
  assert_int_equal(read_some(b, 4), AMT_E_EOF);
  assert_int_equal(read_some(b, 4), AMT_E_EOF);
  assert_int_equal(fault.recved, 6);
  assert_int_equal(write_some("more", 4), 4); /* half closed */
}

WIRE_TEST(a_reset_comes_after_what_had_arrived)
{
  char b[4];
  open_now();
  srv_send("data", 4);
  pass(10);
  srv_rst();
  pass(10);
  assert_null(s.pcb);
  assert_int_equal(s.lwip_error, ERR_RST);
  assert_int_equal(write_some("x", 1), AMT_E_RESET);
  expect("data");
  assert_int_equal(read_some(b, 4), AMT_E_RESET);
  assert_int_equal(read_some(b, 4), AMT_E_RESET);
  assert_int_equal(fault.recved, 0); /* its pcb was gone */
}

WIRE_TEST(a_reset_after_the_end_leaves_the_end)
{
  char            b[4];
  struct tcp_pcb *pcb;
  open_now();
  pcb = srv.pcb;
  srv_fin();
  pass(10);
  tcp_abort(pcb);
  pass(10);
  assert_null(s.pcb);
  assert_int_equal(read_some(b, 4), AMT_E_EOF);
  assert_int_equal(write_some("x", 1), AMT_E_RESET);
}

WIRE_TEST(a_server_that_never_confirms_is_given_up)
{
  char b[4];
  open_now();
  assert_int_equal(write_some("x", 1), 1);
  lose = 1;
  pass(4000000); /* twelve repeats, each after a longer pause */
  assert_int_equal(read_some(b, 4), AMT_E_RESET);
  assert_int_equal(s.lwip_error, ERR_ABRT);
}

WIRE_TEST(refused)
{
  assert_int_equal(open_to("10.1.1.1", 81), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("10.1.1.1", 81), AMT_E_CONNECT);
  assert_int_equal(s.lwip_error, ERR_RST);
  s.stream.ops->close(&s.stream);
  open_now(); /* the struct can be used again */
}

WIRE_TEST(nobody_answers_and_the_caller_closes)
{
  lose = 1;
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  pass(5000);
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  s.stream.ops->close(&s.stream);
  assert_null(tcp_active_pcbs);
}

WIRE_TEST(nobody_ever_answers)
{
  lose = 1;
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  pass(200000);
  assert_int_equal(open_to("10.1.1.1", 80), AMT_E_CONNECT);
  assert_int_equal(s.lwip_error, ERR_ABRT);
}

WIRE_TEST(the_answer_to_a_connection_that_was_closed)
{
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  s.stream.ops->close(&s.stream); /* the SYN is under way */
  pass(10);
  assert_null(s.pcb);
  assert_null(srv.pcb);
}

WIRE_TEST(no_pcb_and_no_route)
{
  fault.no_pcb = 1;
  assert_int_equal(open_to("10.1.1.1", 80), AMT_E_CONNECT);
  assert_int_equal(s.lwip_error, ERR_MEM);
  s.stream.ops->close(&s.stream);
  fault.no_pcb = 0;
  fault.connect = ERR_MEM;
  assert_int_equal(open_to("10.1.1.1", 80), AMT_E_CONNECT);
  s.stream.ops->close(&s.stream);
  fault.connect = ERR_OK;
  netif_set_link_down(&wire);
  assert_int_equal(open_to("10.1.1.1", 80), AMT_E_CONNECT);
  assert_int_equal(s.lwip_error, ERR_RTE);
  s.stream.ops->close(&s.stream);
  netif_set_link_up(&wire);
  open_now();
}

WIRE_TEST(pbufs_cut_anywhere)
{
  static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  char              b[64];
  size_t            at, step, size, n;
  for (size = 1; size <= sizeof text; size += size < 4 ? 1 : 11) {
    for (at = 40; at < 40 + sizeof text; at++) {
      for (step = 0; step <= 2; step++) {
        ptrdiff_t got;
        open_now();
        cut = at, piece = step, empty = step == 1;
        srv_send(text, 20);
        wire_run();
        srv_send(text + 20, sizeof text - 20);
        wire_run();
        srv_fin();
        pass(10);
        cut = piece = 0, empty = 0;
        for (n = 0; (got = read_some(b + n, size)) > 0; n += (size_t)got) {}
        assert_int_equal(got, AMT_E_EOF);
        assert_int_equal(n, sizeof text);
        assert_memory_equal(b, text, n);
        s.stream.ops->close(&s.stream);
        pass(10);
      }
    }
  }
}

WIRE_TEST(a_window_no_larger_than_what_was_taken)
{
  static char big[6 * TCP_MSS], b[1000];
  size_t      i, sent = 0, n = 0;
  ptrdiff_t   got;
  for (i = 0; i < sizeof big; i++) big[i] = (char)(i * 7 + i / 256);
  open_now();
  while (n < sizeof big) {
    size_t room = tcp_sndbuf(srv.pcb);
    if (room > sizeof big - sent) room = sizeof big - sent;
    if (room != 0) srv_send(big + sent, room);
    sent += room;
    pass(1000);
    if (s.held != NULL) assert_true(s.held->tot_len <= TCP_WND);
    got = read_some(b, sizeof b);
    assert_true(got > 0);
    assert_memory_equal(b, big + n, (size_t)got);
    n += (size_t)got;
    assert_int_equal(fault.recved, n);
  }
}

WIRE_TEST(writes_go_by_tcp_sndbuf)
{
  static char big[10 * TCP_MSS];
  size_t      i, n = 0, again = 0;
  for (i = 0; i < sizeof big; i++) big[i] = (char)(i * 11 + i / 256);
  open_now();
  srv.deaf = 1;
  while (n < sizeof big && again < 200) {
    ptrdiff_t put = write_some(big + n, sizeof big - n);
    assert_true(put >= 0);
    if (put == 0) again++;
    if (again == 3) srv.deaf = 0;
    n += (size_t)put;
    pass(300);
  }
  pass(5000);
  assert_true(again >= 3);
  assert_int_equal(n, sizeof big);
  assert_int_equal(srv.n, sizeof big);
  assert_memory_equal(srv.got, big, sizeof big);
  assert_false(fault.too_much);
}

WIRE_TEST(small_writes_leave_at_once)
{
  open_now();
  assert_int_equal(write_some("a", 1), 1);
  assert_int_equal(write_some("b", 1), 1);
  assert_non_null(first_packet);
  assert_non_null(first_packet->next); /* the first is not acknowledged yet */
}

WIRE_TEST(memory_is_short_for_a_write)
{
  open_now();
  fault.write = ERR_MEM;
  assert_int_equal(write_some("12345678", 8), AMT_AGAIN);
  assert_int_equal(fault.writes, 4); /* 8, 4, 2, 1: no write is in flight */
  fault.write_over = 2;
  assert_int_equal(write_some("12345678", 8), 2);
  fault.writes = 0;
  assert_int_equal(write_some("345678", 6), AMT_AGAIN);
  assert_int_equal(fault.writes, 1); /* memory will become free */
  pass(500);
  fault.write = ERR_OK;
  assert_int_equal(write_some("345678", 6), 6);
  pass(10);
  assert_int_equal(srv.n, 8);
  assert_memory_equal(srv.got, "12345678", 8);
  fault.write = ERR_CONN, fault.write_over = 0;
  assert_int_equal(write_some("x", 1), AMT_E_RESET);
  assert_int_equal(s.lwip_error, ERR_CONN);
}

WIRE_TEST(more_than_a_pbuf_can_count_is_refused)
{
  struct pbuf *p = pbuf_alloc(PBUF_RAW, 40000, PBUF_RAM);
  struct pbuf *q = pbuf_alloc(PBUF_RAW, 25536, PBUF_RAM);
  assert_int_equal(amt__lwip_received(&s, NULL, p, ERR_OK), ERR_OK);
  assert_int_equal(amt__lwip_received(&s, NULL, q, ERR_OK), ERR_MEM);
  pbuf_realloc(q, 25535);
  assert_int_equal(amt__lwip_received(&s, NULL, q, ERR_OK), ERR_OK);
  assert_int_equal(s.held->tot_len, 65535);
}

WIRE_TEST(a_read_larger_than_a_pbuf_can_count)
{
  static char b[65536];
  open_now();
  srv_send("1234", 4);
  pass(10);
  assert_int_equal(read_some(b, sizeof b), 4);
}

/* --- closing --------------------------------------------------------------- */

WIRE_TEST(a_close_is_proper)
{
  struct tcp_pcb *pcb;
  open_now();
  assert_int_equal(write_some("bye", 3), 3);
  s.stream.ops->close(&s.stream);
  pcb = tcp_active_pcbs != srv.pcb ? tcp_active_pcbs : srv.pcb->next;
  assert_int_equal(pcb->prio, TCP_PRIO_MIN); /* it may be displaced */
  pass(10);
  assert_int_equal(srv.n, 3);
  assert_int_equal(srv.eof, 1);
  assert_int_equal(srv.error, ERR_OK);
}

WIRE_TEST(a_close_with_bytes_unread_resets)
{
  open_now();
  srv_send("unread", 6);
  pass(10);
  assert_non_null(s.held);
  s.stream.ops->close(&s.stream);
  assert_null(s.held);
  pass(10);
  assert_int_equal(srv.error, ERR_RST);
}

WIRE_TEST(a_close_that_fails_aborts)
{
  open_now();
  fault.close = ERR_MEM;
  s.stream.ops->close(&s.stream);
  pass(10);
  assert_int_equal(srv.error, ERR_RST);
}

WIRE_TEST(a_close_does_not_wait_for_a_silent_peer)
{
  open_now();
  lose = 1;
  assert_int_equal(write_some("x", 1), 1);
  pass(5000);
  assert_true(s.pcb->nrtx > 0);
  s.stream.ops->close(&s.stream);
  assert_ptr_equal(tcp_active_pcbs, srv.pcb);
  assert_null(srv.pcb->next);
}

WIRE_TEST(what_comes_after_a_close_is_ignored)
{
  amt_lwip_raw before;
  open_now();
  s.stream.ops->close(&s.stream);
  srv_send("late", 4); /* the FIN has not arrived there yet */
  before = s;
  pass(10);
  if (srv.pcb != NULL) srv_rst();
  pass(1000);
  assert_memory_equal(&before, &s, sizeof s);
}

/* --- names ----------------------------------------------------------------- */

WIRE_TEST(a_name_is_looked_up)
{
  assert_int_equal(open_to("one.test", 80), AMT_AGAIN);
  assert_int_equal(open_to("one.test", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(dns_asked, 1);
  assert_int_equal(open_to("one.test", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("one.test", 80), 1);
  s.stream.ops->close(&s.stream);
  pass(10);
  assert_int_equal(open_to("one.test", 80), AMT_AGAIN); /* now in lwIP's cache */
  pass(10);
  assert_int_equal(open_to("one.test", 80), 1);
  assert_int_equal(dns_asked, 1);
}

WIRE_TEST(no_such_name)
{
  dns_mode = NO_SUCH;
  assert_int_equal(open_to("two.test", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("two.test", 80), AMT_E_DNS);
  s.stream.ops->close(&s.stream);
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("10.1.1.1", 80), 1);
}

WIRE_TEST(an_open_that_failed_may_be_called_again)
{
  fault.dns = ERR_MEM;
  assert_int_equal(open_to("three.test", 80), AMT_E_DNS);
  assert_int_equal(s.lwip_error, ERR_MEM);
  fault.dns = ERR_OK;
  assert_int_equal(open_to("10.1.1.1", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("10.1.1.1", 80), 1);
  assert_int_equal(read_some(&fault, 1), AMT_AGAIN);
}

WIRE_TEST(a_silent_name_server)
{
  dns_mode = SILENT;
  assert_int_equal(open_to("four.test", 80), AMT_AGAIN);
  pass(500);
  assert_int_equal(open_to("four.test", 80), AMT_AGAIN);
  pass(60000);
  assert_true(dns_asked > 1);
  assert_int_equal(open_to("four.test", 80), AMT_E_DNS);
}

WIRE_TEST(a_late_answer)
{
  dns_mode = SILENT;
  assert_int_equal(open_to("five.test", 80), AMT_AGAIN);
  pass(500);
  dns_mode = ANSWER;
  pass(5000);
  assert_int_equal(open_to("five.test", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("five.test", 80), 1);
}

WIRE_TEST(a_name_found_after_a_close)
{
  dns_mode = SILENT;
  assert_int_equal(open_to("six.test", 80), AMT_AGAIN);
  s.stream.ops->close(&s.stream);
  assert_int_equal(s.looking, 1);
  assert_int_equal(open_to("seven.test", 80), AMT_AGAIN); /* one at a time */
  dns_mode = ANSWER;
  pass(5000);
  assert_int_equal(s.looking, 0);
  assert_null(s.pcb);
  dns_asked = 0;
  assert_int_equal(open_to("seven.test", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(dns_asked, 1); /* for the second name only */
  assert_int_equal(open_to("seven.test", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("seven.test", 80), 1);
}

WIRE_TEST(invalid_names)
{
  char name[300];
  memset(name, 'a', sizeof name);
  name[254] = 0;
  assert_int_equal(open_to(name, 80), AMT_E_DNS);
  assert_int_equal(open_to("1:2:3", 80), AMT_E_URL_HOST); /* never looked up */
  name[253] = 0;
  assert_int_equal(open_to(name, 80), AMT_AGAIN); /* lwIP allows 255 */
  s.stream.ops->close(&s.stream);
}

WIRE_TEST(an_ipv6_address)
{
  assert_int_equal(open_to("fd00::1", 80), AMT_AGAIN);
  pass(10);
  assert_int_equal(open_to("fd00::1", 80), 1);
  assert_int_equal(write_some("six", 3), 3);
  pass(10);
  assert_int_equal(srv.n, 3);
}

/* --- a whole call ---------------------------------------------------------- */

WIRE_TEST(a_call_over_lwip)
{
  static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  amt_http_conn     conn;
  amt_url           url;
  char              buf[64], body[16];
  size_t            at, n;
  int               e, answered;
  assert_int_equal(amt_url_parse(&url, "http://one.test/x"), 0);
  memset(&conn, 0, sizeof conn);
  conn.stream = &s.stream;
  for (at = 44; at < 44 + sizeof reply; at++) { /* lwIP needs whole headers */
    srv.n = 0;
    n = 0;
    answered = 0;
    cut = at, piece = 3;
    amt_http_begin(&conn, clock_ms, 0);
    do {
      e = amt_http_poll(&conn, &url, buf, sizeof buf, clock_ms);
      if (e == AMT_HTTP_SEND) {
        amt_window o;
        amt_window_init(&o, buf, sizeof buf, conn.sent);
        amt_http_put_line(&o, "GET", &url, url.path, url.path_len);
        amt_http_put_end(&o, AMT_HTTP_NO_BODY);
        e = amt_http_send(&conn, &o, clock_ms);
      } else if (e == AMT_HTTP_BODY) {
        assert_true(n + conn.len < sizeof body);
        memcpy(body + n, conn.data, conn.len);
        n += conn.len;
      }
      if (e == AMT_AGAIN) {
        assert_int_equal(amt_http_wait(&conn, 10), 0); /* this stream cannot */
        pass(10);
        if (srv.n > 4 && !answered &&
            memcmp(srv.got + srv.n - 4, "\r\n\r\n", 4) == 0) {
          srv_send(reply, sizeof reply - 1);
          answered = 1;
        }
      }
    } while (e >= 0 && e != AMT_HTTP_END);
    assert_int_equal(e, AMT_HTTP_END);
    assert_int_equal(n, 5);
    assert_memory_equal(body, "hello", 5);
    assert_int_equal(conn.reused, at != 44);
  }
  cut = piece = 0;
  srv_fin(); /* an idle connection that has ended is not reused */
  pass(10);
  amt_http_begin(&conn, clock_ms, 0);
  assert_int_equal(conn.reused, 0);
  amt_http_close(&conn);
}

/* --- the stack -------------------------------------------------------------- */

static int stack_begin(void **state)
{
  ip4_addr_t      ip, mask, gw;
  ip_addr_t       own = IPADDR4_INIT_BYTES(10, 1, 1, 1), own6;
  struct udp_pcb *dns;
  (void)state;
  lwip_init();
  IP4_ADDR(&ip, 10, 1, 1, 1), IP4_ADDR(&mask, 255, 0, 0, 0);
  IP4_ADDR(&gw, 10, 1, 1, 2);
  netif_add(&wire, &ip, &mask, &gw, NULL, wire_init, ip_input);
  netif_set_default(&wire);
  netif_set_up(&wire);
  if (!ipaddr_aton("fd00::1", &own6)) return 1;
  netif_ip6_addr_set(&wire, 0, ip_2_ip6(&own6));
  netif_ip6_addr_set_state(&wire, 0, IP6_ADDR_PREFERRED);
  srv.listener = tcp_new_ip_type(IPADDR_TYPE_ANY);
  tcp_bind(srv.listener, IP_ANY_TYPE, 80);
  srv.listener = tcp_listen(srv.listener);
  tcp_accept(srv.listener, srv_accepted);
  dns = udp_new();
  udp_bind(dns, IP4_ADDR_ANY, 53);
  udp_recv(dns, dns_received, NULL);
  dns_setserver(0, &own);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
