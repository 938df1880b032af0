/* address.c - IP addresses are read as inet_pton reads them; each address of a
   name gets its turn and its share of the time. */

#include "http.h"
#include "doubles.h"
#include <arpa/inet.h>
#include <errno.h>

/* The system's inet_pton is the judge. */
static void judge_address(const char *p, size_t n)
{
  amt_address   a;
  unsigned char want[16];
  char          copy[80];
  int           len, ours;
  memset(want, 0, sizeof want);
  memset(&a, 0x77, sizeof a);
  memcpy(copy, p, n);
  copy[n] = 0;
  len = inet_pton(AF_INET, copy, want) == 1    ? 4
        : inet_pton(AF_INET6, copy, want) == 1 ? 16
                                               : 0;
  ours = amt_address_parse(&a, (const char *)edge_copy(p, n), n);
  if (ours != (len != 0)) fail_msg("\"%s\": got %d", copy, ours);
  if (len != 0) {
    assert_int_equal(a.len, len);
    if (memcmp(a.ip, want, (size_t)len) != 0) fail_msg("\"%s\": wrong", copy);
  }
}

static const char *const addresses[] = {
  "0.0.0.0", "127.0.0.1", "255.255.255.255", "192.0.2.1", "256.1.1.1",
  "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "01.2.3.4", "1.2.3.04",
  "00.0.0.0", "0x7f.0.0.1", "127.1", "2130706433", "1.2.3.4 ", " 1.2.3.4",
  "1.2.3.+4", "1.2.3.4/8", "", ".", "1.2.3.1000", "1.2.3.4294967297", "a.b.c.d",
  "::", "::1", "1::", "::1:2", "1::2", "2001:db8::1", "2001:DB8:0:0:0:0:0:1",
  "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "::ffff:192.0.2.1",
  "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
  "::1.2.3.4", "::1.2.3", "::1.2.3.4:5", "::1.2.3.400", "1.2.3.4::", ":", ":1",
  "1:", "1:2:", ":::", "1:::2", "::1::", "1::2::3", "12345::", "::g", "::-1",
  "fe80::1%lo", "fe80::1%1", "[::1]", "::1 ", " ::1", "::1/64",
  "0:0:0:0:0:0:0:0",
  "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "1::2:3:4:5:6:1.2.3.4",
  "1:2:3:4:5:6::1.2.3.4", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6:7:8::",
  "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8:::",
  "::00001", "::0001", "::01.2.3.4", "1:2:3:4:5:6:7:", "0:0:0:0:0:0:0::0"
};

/* Changes one character of a text of n bytes. Returns its new length. */
static size_t change(char *p, size_t n)
{
  static const char alphabet[] = "0123456789abcdefABCDEF::::::......gG% +-/x";
  size_t            at = random_below((uint32_t)n + 1);
  if (random_below(2) && at < n) {
    p[at] = alphabet[random_below(sizeof alphabet - 1)];
    return n;
  }
  if (random_below(2)) {
    memmove(p + at + 1, p + at, n - at);
    p[at] = alphabet[random_below(sizeof alphabet - 1)];
    return n + 1;
  }
  if (at == n) return n;
  memmove(p + at, p + at + 1, n - at - 1);
  return n - 1;
}

/* These addresses, variants of them, and short random texts. */
TEST(addresses_are_read_as_inet_pton_reads_them)
{
  size_t   i, n;
  unsigned round, changes;
  char     some[64];
  for (i = 0; i < COUNT(addresses); i++)
    judge_address(addresses[i], strlen(addresses[i]));
  random_state = 4711;
  for (round = 0; round < 100000; round++) {
    const char *from = addresses[random_below(COUNT(addresses))];
    n = strlen(from);
    memcpy(some, from, n);
    for (changes = 1 + random_below(3); changes > 0 && n < 60; changes--)
      n = change(some, n);
    judge_address(some, n);
    n = random_below(16);
    for (i = 0; i < n; i++) some[i] = "0012f::.."[random_below(9)];
    judge_address(some, n);
  }
}

/* A resolver that follows a script. */
typedef struct names {
  int         result, not_yet; /* so often "not yet" first */
  unsigned    asked;
  const char *list[AMT_ADDRESSES];
} names;

static int names_resolve(void *ctx, const char *host, amt_address *a, int max)
{
  names *k = (names *)ctx;
  int    i;
  k->asked++;
  assert_string_equal(host, "many.example");
  assert_int_equal(max, AMT_ADDRESSES);
  if (k->not_yet > 0) {
    k->not_yet--;
    return AMT_AGAIN;
  }
  for (i = 0; i < k->result; i++)
    assert_int_equal(amt_address_parse(&a[i], k->list[i], strlen(k->list[i])),
                     1);
  return k->result;
}

/* A server reached by a name. */
static void serve_named(amt_resolver resolve, void *ctx)
{
  SERVE(REPLY_1);
  sprintf(net_text, "http://many.example:%u/x", srv.port);
  assert_int_equal(amt_url_parse(&net_url, net_text), 0);
  sock.resolve = resolve;
  sock.ctx = ctx;
}

/* Nothing listens at [::1] on that port, or there is no ::1. */
TEST(every_address_of_a_name_is_tried_in_turn)
{
  names two = { .result = 2, .list = { "::1", "127.0.0.1" } };
  names eight = { .result = 8, .list = {
    "::1", "127.0.0.1", "::1", "127.0.0.1", "::1", "127.0.0.1", "::1",
    "127.0.0.1" } };
  serve_named(names_resolve, &two);
  NET_CALL_GIVES("200 [first] END", "the second address");
  assert_int_equal(two.asked, 1);
  net_end();
  /* If none answers: CONNECT, and the next call looks the name up again. */
  serve_named(names_resolve, &eight);
  server_deaf();
  NET_CALL_GIVES("[] CONNECT", "none");
  assert_int_equal(sock.fd, -1);
  NET_CALL_GIVES("[] CONNECT", "none, again");
  assert_int_equal(eight.asked, 2);
  net_end();
}

/* Two addresses of unknown kinds come first. */
static int strange_resolve(void *ctx, const char *host, amt_address *a, int max)
{
  (void)ctx, (void)host, (void)max;
  a[0].len = 0;
  a[1].len = 5;
  return amt_address_parse(&a[2], "127.0.0.1", 9) ? 3 : AMT_E_DNS;
}

static int strange_only(void *ctx, const char *host, amt_address *a, int max)
{
  return strange_resolve(ctx, host, a, max) - 1;
}

TEST(an_address_of_a_kind_that_the_system_has_not_is_passed_over)
{
  serve_named(strange_resolve, NULL);
  NET_CALL_GIVES("200 [first] END", "the third address");
  net_end();
  serve_named(strange_only, NULL);
  NET_CALL_GIVES("[] CONNECT", "none");
  assert_int_equal(sock.sys_error, EAFNOSUPPORT);
  net_end();
}

TEST(a_resolver_may_say_not_yet_and_its_failure_is_reported)
{
  names    late = { .result = 1, .not_yet = 3, .list = { "127.0.0.1" } };
  names    unknown = { .result = AMT_E_DNS };
  names    never = { .not_yet = 1000000 };
  uint32_t at = 0xFFFFFF00u;
  serve_named(names_resolve, &late);
  NET_CALL_GIVES("200 [first] END", "in the end");
  assert_int_equal(late.asked, 4);
  net_end();
  serve_named(names_resolve, &unknown);
  NET_CALL_GIVES("[] DNS", "unknown");
  net_end();
  serve_named(names_resolve, &never);
  net.limits.connect = 1000;
  assert_int_equal(net_call_on_clock(&at, 100), AMT_E_TIMEOUT);
  assert_int_equal(at, 0xFFFFFF00u + 1000);
  net_end();
}

TEST(the_default_resolver_knows_localhost)
{
  amt_address a[AMT_ADDRESSES];
  int         i, n = amt_posix_resolve(NULL, "localhost", a, AMT_ADDRESSES);
  FILE       *hosts = fopen("/etc/hosts", "r");
  if (hosts == NULL) skip(); /* a bare root file system has no names */
  fclose(hosts);
  assert_in_range(n, 1, AMT_ADDRESSES);
  for (i = 0; i < n; i++)
    assert_true((a[i].len == 4 && a[i].ip[0] == 127) ||
                (a[i].len == 16 && a[i].ip[15] == 1 && a[i].ip[0] == 0));
  assert_int_equal(amt_posix_resolve(NULL, "localhost", a, 1), 1);
}

TEST(a_host_name_that_is_too_long_is_DNS)
{
  char host[300];
  memset(host, 'a', sizeof host);
  amt_posix_init(&sock);
  sock.resolve = NULL; /* must not be called */
  assert_int_equal(
    sock.stream.ops->open(&sock.stream, host, sizeof host, 80, 1000),
    AMT_E_DNS);
  assert_int_equal(sock.fd, -1);
}

/* amt_url_parse leaves this check to the stream. It calls no resolver. */
TEST(what_is_between_brackets_and_no_address_is_URL_HOST)
{
  static const char *const urls[] = { "http://[1:2:3]/", "http://[::1.2.3]",
    "http://[:]", "http://[1:2:3:4:5:6:7:8:9]:80/", "http://[::1::]/" };
  names  never = { .result = 1, .list = { "127.0.0.1" } };
  size_t i;
  for (i = 0; i < COUNT(urls); i++) {
    serve_named(names_resolve, &never);
    assert_int_equal(amt_url_parse(&net_url, urls[i]), 0);
    NET_CALL_GIVES("[] URL_HOST", "%s", urls[i]);
    net_end();
  }
  assert_int_equal(never.asked, 0);
}

TEST(an_address_that_does_not_answer_leaves_time_for_the_next)
{
  names    k = { .result = 2, .list = { "::1", "127.0.0.1" } };
  int      clients[4], i, fd;
  uint32_t at = 5000;
  serve_named(names_resolve, &k);
  fd = deaf_listener(AF_INET6, &srv.port, clients, 4);
  if (fd < 0) {
    net_end();
    print_message("no ::1 here, or its port is taken: not run\n");
    skip();
  }
  net.limits.connect = 4000;
  net_call_begin(at);
  while (net.state == AMT_CONN_OPENING && at < 20000)
    assert_true(net_step(at += 100) >= 0);
  assert_int_equal(net.state, AMT_CONN_RECEIVING);
  assert_in_range(at, 5000 + 1900, 5000 + 2200); /* half of the limit */
  net_end();
  for (i = 0; i < 4; i++) close(clients[i]);
  close(fd);
}

SYSTEM_TEST(the_default_resolver_takes_IP_addresses_and_no_others)
{
  static const int     mixed[] = { AF_UNIX, AF_INET6, AF_INET, AF_INET, -1 };
  static const int     alien[] = { AF_UNIX, AF_UNIX, -1 }, none[] = { -1 };
  static const uint8_t fours[4] = { 4, 4, 4, 4 };
  amt_address          a[4];
  int                  i;
  fake.family = mixed;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), 3);
  assert_int_equal(a[0].len, 16);
  for (i = 0; i < 16; i++) assert_int_equal(a[0].ip[i], 6);
  assert_int_equal(a[0].zone, 0x06060606);
  assert_int_equal(a[1].len, 4);
  assert_int_equal(a[1].zone, 0);
  assert_memory_equal(a[1].ip, fours, 4);
  assert_int_equal(a[2].len, 4);
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 2), 2); /* no room */
  fake.family = alien;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_DNS);
  fake.family = none;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_DNS);
  fake.no_name = EAI_NONAME;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_DNS);
  assert_int_equal(fake.lists, 0);
}

/* It leaves a stack on which nothing is 0. */
static int too_many(void *ctx, const char *host, amt_address *a, int max)
{
  volatile unsigned char used[2048];
  int i;
  (void)ctx, (void)host;
  for (i = 0; i < (int)sizeof used; i++) used[i] = 0xCA;
  for (i = 0; i < max; i++)
    assert_int_equal(amt_address_parse(&a[i], "127.0.0.1", 9), 1);
  return max + 1;
}

SYSTEM_TEST(a_resolver_that_claims_too_much_is_believed_up_to_eight)
{
  serve_named(too_many, NULL);
  fake.no_connect = ECONNREFUSED;
  NET_CALL_GIVES("[] CONNECT", "too many");
  assert_int_equal(fake.sockets, AMT_ADDRESSES);
  net_end();
}

/* If the clock goes back during a connect, more time is left. */
SYSTEM_TEST(an_address_is_not_given_up_early_where_the_clock_goes_back)
{
  names k = { .result = 3,
              .list = { "127.0.0.1", "127.0.0.1", "127.0.0.1" } };
  const amt_stream_ops *ops;
  amt_posix_init(&sock);
  ops = sock.stream.ops;
  sock.resolve = names_resolve;
  sock.ctx = &k;
  fake.no_connect = EINPROGRESS;
  fake.no_poll = EINTR; /* not yet */
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 9000), 0);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 9500), 0);
  assert_int_equal(fake.sockets, 1);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 5000), 0);
  assert_int_equal(fake.sockets, 2); /* a third of the time has passed */
  assert_int_equal(sock.sys_error, ETIMEDOUT);
  ops->close(&sock.stream);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 3), 0);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 9), 0);
  assert_int_equal(fake.sockets, 3); /* its millisecond has not passed */
  ops->close(&sock.stream);
}

/* The limits of the call decide when the last address has failed. */
SYSTEM_TEST(the_last_address_is_not_given_up_at_the_end_of_its_time)
{
  names k = { .result = 1, .list = { "127.0.0.1" } };
  const amt_stream_ops *ops;
  amt_posix_init(&sock);
  ops = sock.stream.ops;
  sock.resolve = names_resolve;
  sock.ctx = &k;
  fake.no_connect = EINPROGRESS;
  fake.no_poll = EINTR; /* not yet */
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 9000), 0);
  assert_int_equal(ops->open(&sock.stream, "many.example", 12, 80, 0), 0);
  ops->close(&sock.stream);
}

/* musl fails like this if the name server fails for one family. */
SYSTEM_TEST(each_family_is_asked_for_alone_after_a_failure_for_both)
{
  static const int four[] = { AF_INET, -1 }, six[] = { AF_INET6, -1 };
  amt_address      a[4];
  fake.family = four;
  fake.only = AF_INET;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), 1);
  assert_int_equal(a[0].len, 4);
  fake.family = six;
  fake.only = AF_INET6;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), 1);
  assert_int_equal(a[0].len, 16);
  fake.no_name = EAI_AGAIN;
  assert_int_equal(amt_posix_resolve(NULL, "x", a, 4), AMT_E_NAME_SERVER);
  assert_int_equal(fake.lists, 0);
}

/* The peers on two links may have the same address. */
static int two_links(void *ctx, const char *host, amt_address *a, int max)
{
  (void)ctx, (void)host, (void)max;
  assert_int_equal(amt_address_parse(&a[0], "fe80::1", 7), 1);
  a[1] = a[0];
  a[0].zone = 3, a[1].zone = 4;
  return 2;
}

/* A resolver gives each address its zone. For a literal in the URL, the
   stream's zone counts. */
SYSTEM_TEST(an_address_is_reached_through_its_zone)
{
  const amt_stream_ops *ops;
  amt_posix_init(&sock);
  ops = sock.stream.ops;
  fake.no_connect = ECONNREFUSED;
  sock.zone = 7;
  assert_int_equal(ops->open(&sock.stream, "fe80::1", 7, 80, 9000),
                   AMT_E_CONNECT);
  assert_int_equal(fake.zone, 7);
  sock.resolve = two_links;
  sock.worked = sock.address[0];
  sock.worked.zone = 4;
  fake.no_connect = EINPROGRESS;
  assert_int_equal(ops->open(&sock.stream, "two.example", 11, 80, 9000), 0);
  assert_int_equal(fake.zone, 4);
  assert_int_equal(sock.address[1].zone, 3);
  ops->close(&sock.stream);
  sock.worked.zone = 5; /* that link is gone */
  assert_int_equal(ops->open(&sock.stream, "two.example", 11, 80, 9000), 0);
  assert_int_equal(fake.zone, 3);
  ops->close(&sock.stream);
}

static void address_is(const amt_address *a, const char *text)
{
  amt_address wanted;
  assert_int_equal(amt_address_parse(&wanted, text, strlen(text)), 1);
  assert_int_equal(a->len, wanted.len);
  assert_memory_equal(a->ip, wanted.ip, a->len);
}

SLOW_TEST(the_address_that_worked_is_tried_first_the_next_time)
{
  names k = { .result = 4,
              .list = { "127.0.0.2", "::2", "127.0.0.3", "127.0.0.1" } };
  serve_named(names_resolve, &k);
  NET_CALL_GIVES("200 [first] END", "the last address");
  address_is(&sock.worked, "127.0.0.1");
  amt_http_close(&net);
  srv.done = srv.got_n = 0;
  NET_CALL_GIVES("200 [first] END", "once more");
  assert_int_equal(sock.index, 0);
  address_is(&sock.address[0], "127.0.0.1");
  address_is(&sock.address[1], "::2");
  address_is(&sock.address[2], "127.0.0.3");
  address_is(&sock.address[3], "127.0.0.2");
  net_end();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
