/* system.c - the stream over POSIX sockets when a system call fails or does
   something rare: the error is reported and nothing leaks. The system's
   functions are doubles; a zeroed double calls the real function. */

#include "http.h"
#include "doubles.h"
#include <errno.h>

struct fakes fake;

int fake_socket(int family, int type, int protocol)
{
  fake.sockets++;
  if (fake.no_socket != 0) {
    errno = fake.no_socket;
    return -1;
  }
  return socket(family, type, protocol);
}

int fake_fcntl(int fd, int command, int value)
{
  if (command == F_DUPFD && fake.no_duplicate != 0) {
    errno = fake.no_duplicate;
    return -1;
  }
  return fcntl(fd, command, value);
}

int fake_connect(int fd, const struct sockaddr *to, socklen_t n)
{
  struct pollfd p;
  if (to->sa_family == AF_INET6) {
    struct sockaddr_in6 six;
    memcpy(&six, to, sizeof six);
    fake.zone = six.sin6_scope_id;
    assert_int_equal(six.sin6_flowinfo, 0);
  } else {
    struct sockaddr_in four;
    memcpy(&four, to, sizeof four);
    assert_memory_equal(four.sin_zero, "\0\0\0\0\0\0\0", 8);
  }
  if (fake.no_connect > 0) {
    errno = fake.no_connect;
    return -1;
  }
  if (connect(fd, to, n) == 0) return 0;
  if (fake.no_connect == 0 || errno != EINPROGRESS) return -1;
  p.fd = fd;
  p.events = POLLOUT;
  assert_int_equal(poll(&p, 1, 5000), 1);
  errno = 0; /* not EINPROGRESS: nothing to wait for */
  return 0;
}

int fake_getsockopt(int fd, int level, int name, void *p, socklen_t *n)
{
  if (fake.no_option != 0) {
    errno = fake.no_option;
    return -1;
  }
  return getsockopt(fd, level, name, p, n);
}

int fake_poll(struct pollfd *p, nfds_t n, int ms)
{
  fake.polled = ms;
  if (fake.no_poll < 0) return 1;
  if (fake.no_poll != 0) {
    errno = fake.no_poll;
    return -1;
  }
  return poll(p, n, ms);
}

time_t fake_time(time_t *to)
{
  return fake.time != 0 ? fake.time : time(to);
}

int fake_getaddrinfo(const char *host, const char *service,
                     const struct addrinfo *hints, struct addrinfo **list)
{
  static struct addrinfo     found[4];
  static struct sockaddr_in  in4;
  static struct sockaddr_in6 in6;
  int                        i;
  assert_int_equal(hints->ai_socktype, SOCK_STREAM); /* no duplicates */
  if (fake.no_name != 0) return fake.no_name;
  if (fake.only != 0 && hints->ai_family != fake.only) return EAI_AGAIN;
  if (fake.family == NULL) return getaddrinfo(host, service, hints, list);
  memset(&in4, 4, sizeof in4);
  memset(&in6, 6, sizeof in6);
  memset(found, 0, sizeof found);
  *list = NULL;
  for (i = 0; fake.family[i] >= 0; i++) {
    found[i].ai_family = fake.family[i];
    found[i].ai_addr = fake.family[i] == AF_INET6 ? (struct sockaddr *)&in6
                                                  : (struct sockaddr *)&in4;
    if (i == 0) *list = found;
    else found[i - 1].ai_next = &found[i];
  }
  fake.lists++;
  return 0;
}

void fake_freeaddrinfo(struct addrinfo *list)
{
  if (fake.family == NULL) freeaddrinfo(list);
  else fake.lists--;
}

int fake_nothing(void **state)
{
  (void)state;
  memset(&fake, 0, sizeof fake);
  return 0;
}

SYSTEM_TEST(a_time_beyond_32_bits_becomes_the_nearest)
{
  fake.time = 1700000000;
  assert_int_equal(amt_posix_time(NULL), 1700000000);
  fake.time = -1;
  assert_int_equal(amt_posix_time(NULL), 0);
  if (sizeof(time_t) < 8) return;
  fake.time = (time_t)0xFFFFFFFF;
  assert_int_equal(amt_posix_time(NULL), 0xFFFFFFFF);
  fake.time = (time_t)0x100000000;
  assert_int_equal(amt_posix_time(NULL), 0xFFFFFFFF);
}

SYSTEM_TEST(a_system_that_cannot_connect_is_CONNECT_and_leaks_nothing)
{
  static const struct { struct fakes fakes; int sys_error; } list[] = {
    { .fakes = { .no_socket = EMFILE }, .sys_error = EMFILE },
    { .fakes = { .no_connect = ENETUNREACH }, .sys_error = ENETUNREACH },
    { .fakes = { .no_option = ENOBUFS }, .sys_error = ENOBUFS }
  };
  size_t i;
  int    before = lowest_free_fd();
  for (i = 0; i < COUNT(list); i++) {
    SERVE(REPLY_1);
    fake = list[i].fakes;
    NET_CALL_GIVES("[] CONNECT", "%d", list[i].sys_error);
    assert_int_equal(sock.sys_error, list[i].sys_error);
    assert_int_equal(net.sent, 0);
    net_end();
    assert_int_equal(lowest_free_fd(), before);
  }
}

SYSTEM_TEST(a_connection_made_at_once_is_used_at_once)
{
  SERVE(REPLY_1);
  fake.no_connect = -1;
  NET_CALL_GIVES("200 [first] END", "at once");
  assert_int_equal(fake.sockets, 1);
  net_end();
}

/* Output to stdout must not go to the server. */
SYSTEM_TEST(a_socket_never_takes_the_place_of_stdin_or_stdout)
{
  int saved, fails;
  for (fails = 0; fails < 2; fails++) {
    SERVE(REPLY_1);
    fake.no_duplicate = fails ? EMFILE : 0;
    saved = fcntl(0, F_DUPFD, 10);
    close(0);
    if (fails) {
      NET_CALL_GIVES("[] CONNECT", "no duplicate");
      assert_int_equal(sock.sys_error, EMFILE);
    } else {
      NET_CALL_GIVES("200 [first] END", "a duplicate");
      assert_true(sock.fd >= 3);
    }
    net_end(); /* the test's own server may have 0 */
    assert_int_equal(fcntl(0, F_GETFD), -1);
    if (saved >= 0) {
      assert_int_equal(dup2(saved, 0), 0);
      close(saved);
    }
  }
}

static int wait_for(int want, uint32_t ms)
{
  return sock.stream.ops->wait(&sock.stream, want, ms);
}

/* Some systems have no SO_RCVTIMEO. */
SYSTEM_TEST(a_wait_is_kept_where_the_read_after_it_cannot_be_limited)
{
  int ends[2];
  assert_int_equal(pipe(ends), 0); /* has no such option */
  amt_posix_init(&sock);
  sock.fd = ends[0];
  assert_int_equal(wait_for(AMT_WANT_READ, 5), 0);
  assert_int_equal(fake.polled, 5);
  assert_int_equal(sock.block, 0);
  assert_int_equal(write(ends[1], "x", 1), 1);
  assert_int_equal(wait_for(AMT_WANT_READ, 5), 1);
  assert_int_equal(sock.block, 0);
  close(ends[0]);
  close(ends[1]);
}

SYSTEM_TEST(a_wait_lasts_as_long_as_something_may_come_of_it)
{
  static const struct {
    int      connected, others; /* addresses left to try */
    int      want;
    uint32_t ms;
    int      polled; /* at most so long */
  } list[] = {
    { .want = AMT_WANT_READ, .ms = 50, .polled = 50 },
    { .want = AMT_WANT_NOTHING, .ms = 50, .polled = 50 },
    { .want = AMT_WANT_WRITE, .ms = 5, .polled = 5 },
    { .want = AMT_WANT_WRITE, .ms = 50, .polled = 10 },
    { .others = 1, .want = AMT_WANT_WRITE, .ms = 5, .polled = 5 },
    { .connected = 1, .want = AMT_WANT_READ, .ms = 0, .polled = 0 },
    { .connected = 1, .others = 1, .want = AMT_WANT_READ,
      .ms = 0, .polled = 0 },
    { .connected = 1, .others = 1, .want = AMT_WANT_NOTHING,
      .ms = 5000, .polled = 5000 },
    { .connected = 1, .want = AMT_WANT_WRITE, .ms = 5000, .polled = 5000 },
    { .connected = 1, .others = 1, .want = AMT_WANT_WRITE,
      .ms = 5000, .polled = 101 },
    { .connected = 1, .others = 1, .want = AMT_WANT_WRITE,
      .ms = 100, .polled = 100 },
    { .connected = 1, .want = AMT_WANT_WRITE,
      .ms = 0x7FFFFFFF, .polled = 0x7FFFFFFF },
    { .connected = 1, .want = AMT_WANT_WRITE,
      .ms = 0xFFFFFFFF, .polled = 0x7FFFFFFF }
  };
  size_t i;
  for (i = 0; i < COUNT(list); i++) {
    amt_posix_init(&sock);
    sock.fd = list[i].connected ? 1000 : -1;
    sock.count = (uint8_t)(1 + list[i].others);
    sock.left = 800;
    fake.no_poll = -1;
    assert_int_equal(wait_for(list[i].want, list[i].ms), 1);
    if (fake.polled != list[i].polled)
      fail_msg("row %zu: polled for %d, not %d", i, fake.polled,
               list[i].polled);
    fake.no_poll = EINTR;
    assert_int_equal(wait_for(list[i].want, list[i].ms), AMT_INTERRUPTED);
    fake.no_poll = ENOMEM;
    assert_int_equal(wait_for(list[i].want, list[i].ms), 0);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
