/* sockets.c - the stream over POSIX sockets, against a server on 127.0.0.1 or
   ::1: the same results as over the scripted stream, no signal, no leak, and
   no poll that blocks unasked. */

#include "http.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

TEST(calls_over_ipv4_and_ipv6_reuse_their_connection)
{
  static const struct { int family; const char *host; } list[] = {
    { .family = AF_INET, .host = "\r\nHost: 127.0.0.1:" },
    { .family = AF_INET6, .host = "\r\nHost: [::1]:" }
  };
  size_t i;
  int    before = lowest_free_fd();
  for (i = 0; i < COUNT(list); i++) {
    if (!net_begin(list[i].family, REPLY_1, strlen(REPLY_1))) {
      print_message("no ::1 here: not run\n");
      continue;
    }
    NET_CALL_GIVES("200 [first] END", "first");
    assert_int_equal(fcntl(sock.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    NET_CALL_GIVES("200 [first] END", "second");
    assert_int_equal(srv.accepted, 1);
    assert_int_equal(net.reused, 1);
    assert_non_null(strstr(srv.got, list[i].host));
    net_end();
  }
  assert_int_equal(lowest_free_fd(), before);
}

TEST(a_refused_connection_is_CONNECT)
{
  uint16_t port = 0;
  int      fd = bound(AF_INET, &port); /* bound but not listening */
  int      before = lowest_free_fd();
  assert_true(fd >= 0);
  SERVE("");
  net_url.port = port;
  NET_CALL_GIVES("[] CONNECT", "refused");
  assert_int_equal(sock.sys_error, ECONNREFUSED);
  assert_int_equal(sock.fd, -1);
  assert_int_equal(net.sent, 0);
  net_end();
  assert_int_equal(lowest_free_fd(), before);
  close(fd);
}

/* The clock is simulated; the test does not wait. */
TEST(a_server_that_does_not_answer_is_TIMEOUT)
{
  uint16_t port = 0;
  int      clients[4], i, fd = deaf_listener(AF_INET, &port, clients, 4);
  uint32_t at = 0xFFFFFF00u;
  assert_true(fd >= 0);
  SERVE("");
  net_url.port = port;
  net.limits.connect = 2000;
  assert_int_equal(net_call_on_clock(&at, 50), AMT_E_TIMEOUT);
  assert_int_equal(at, 0xFFFFFF00u + 2000);
  net_end();
  for (i = 0; i < 4; i++) close(clients[i]);
  close(fd);
}

static void socket_reads(const vector *row)
{
  net_begin(AF_INET, row->in, row->n);
  srv.then = 'F';
  buf_size = 64;
  NET_CALL_GIVES(result_only(row->want), "%s", row->in);
  net_end();
}

TEST(every_vector_reads_the_same_over_a_socket)
{
  each_row(ENDS_WELL, socket_reads);
}

/* A 413 comes in the middle of the request, and the server closes without
   reading the rest. That is a reset, but the reply can still be read. */
TEST(an_early_reply_is_read_although_the_server_has_gone)
{
  int round;
  for (round = 0; round < 20; round++) {
    SERVE(REPLY_413);
    srv.then = round & 1 ? 'F' : 0;
    request_body = 8u << 20;
    buf_size = 65536;
    if (round & 2) srv.done = srv.got_n = sizeof srv.got - 4000;
    NET_CALL_GIVES("413 [big] END", "round %d", round);
    assert_int_equal(srv.answered, 1);
    assert_true(net.sent < request_body);
    assert_int_equal(net.state, AMT_CONN_CLOSED);
    net_end();
  }
}

/* The request is larger than the sockets' buffers. The server answers in the
   middle and reads no more. */
TEST(an_early_reply_over_a_socket_is_read)
{
  SERVE(REPLY_413);
  request_body = 32u << 20;
  buf_size = 65536;
  NET_CALL_GIVES("413 [big] END", "early");
  assert_int_equal(net.early, 1);
  assert_int_equal(sock.fd, -1);
  assert_true(net.sent < request_body);
  net_end();
}

TEST(a_408_on_an_idle_socket_is_not_the_next_reply)
{
  int waits;
  for (waits = 0; waits < 2; waits++) {
    SERVE(REPLY_1);
    net_call();
    assert_int_equal(net.state, AMT_CONN_IDLE);
    assert_int_equal(write(srv.fd, REPLY_408, strlen(REPLY_408)),
                     strlen(REPLY_408));
    server_close();
    if (waits) {
      assert_int_equal(amt_http_wait(&net, 1000), 1);
      assert_int_equal(net.state, AMT_CONN_CLOSED);
    }
    srv.done = srv.got_n = 0;
    NET_CALL_GIVES("200 [first] END", "the next");
    assert_int_equal(srv.accepted, 2);
    assert_int_equal(net.reused, 0);
    net_end();
  }
}

#define HALF OK "Content-Length: 100\r\n\r\nhalf"

/* The count says how much came before the end. */
TEST(a_peer_that_ends_in_mid_body_is_TRUNCATED)
{
  SERVE(HALF);
  srv.then = 'F';
  NET_CALL_GIVES("200 [half] TRUNCATED", "FIN");
  assert_int_equal(net.body, 4);
  net_end();
}

TEST(a_peer_that_resets_is_never_a_success)
{
  int e;
  SERVE(HALF);
  srv.then = 'R';
  e = net_call();
  assert_true(e == AMT_E_RESET || e == AMT_E_TRUNCATED);
  assert_int_equal(sock.fd, -1);
  net_end();
  SERVE(OK "\r\nhalf");
  srv.then = 'R';
  assert_int_equal(net_call(), AMT_E_RESET);
  assert_int_equal(sock.sys_error, ECONNRESET);
  net_end();
}

TEST(a_body_that_ends_with_the_connection_is_complete_at_its_end)
{
  SERVE(OK "\r\nwhole");
  srv.then = 'F';
  NET_CALL_GIVES("200 [whole] END", "FIN");
  net_end();
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
  (void)number;
  signals++;
}

static void catch_signal(int number, void (*handler)(int))
{
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = handler;
  sigaction(number, &a, NULL);
}

TEST(writing_to_a_peer_that_has_gone_raises_no_SIGPIPE)
{
  int e = 0, i;
  signals = 0;
  catch_signal(SIGPIPE, on_signal);
  SERVE("");
  request_body = 32u << 20; /* more than the sockets' buffers */
  buf_size = 65536;
  srv.before = 'R';
  net_call_begin(amt_posix_now());
  while (net.state == AMT_CONN_OPENING) e = net_step(amt_posix_now());
  server_step();
  for (i = 0; i < 100 && e >= 0; i++) e = net_step(amt_posix_now());
  assert_true(e == AMT_E_RESET || e == AMT_E_EOF);
  net_end();
  /* Without the connection: go on writing after an error, to a closed peer. */
  SERVE("");
  amt_http_begin(&net, amt_posix_now(), 0);
  while (net.state == AMT_CONN_OPENING)
    (void)amt_http_poll(&net, &net_url, buf, buf_size, amt_posix_now());
  srv.before = 'R';
  server_step();
  for (i = 0; i < 5; i++)
    (void)sock.stream.ops->write(&sock.stream, "x", 1);
  assert_int_equal(sock.stream.ops->write(&sock.stream, "x", 1), AMT_E_RESET);
  assert_int_equal(sock.sys_error, EPIPE);
  net_end();
  catch_signal(SIGPIPE, SIG_DFL);
  assert_int_equal(signals, 0);
}

TEST(a_kept_socket_that_the_server_has_closed_is_opened_anew)
{
  SERVE(REPLY_1);
  net_call();
  assert_int_equal(net.state, AMT_CONN_IDLE);
  server_close();
  NET_CALL_GIVES("200 [first] END", "the look saw it");
  assert_int_equal(srv.accepted, 2);
  assert_int_equal(net.reused, 0);
  /* A wait in between sees it, too. */
  server_close();
  assert_int_equal(amt_http_wait(&net, 5000), 1);
  assert_int_equal(net.state, AMT_CONN_CLOSED);
  assert_int_equal(sock.fd, -1);
  net_end();
}

TEST(an_idle_wait_that_saw_nothing_saves_a_read)
{
  SERVE(REPLY_1);
  net_call();
  assert_int_equal(amt_http_wait(&net, 1), 0);
  assert_int_equal(net.known_idle, 1);
  NET_CALL_GIVES("200 [first] END", "again");
  assert_int_equal(net.reused, 1);
  net_end();
}

TEST(a_wait_of_no_time_does_not_block_the_next_read)
{
  int e;
  SERVE("");
  net_call_begin(1000);
  alarm(10); /* ends the program if a read blocks */
  do e = net_step(1000);
  while (net.state != AMT_CONN_RECEIVING);
  assert_int_equal(e, AMT_AGAIN);
  amt_http_wait(&net, 0);
  assert_int_equal(net_step(1000), AMT_AGAIN);
  alarm(0);
  net_end();
}

/* A server in another process answers some time after the request. The poll
   after the wait blocks in its read. */
TEST(a_blocking_poll_returns_with_the_reply)
{
  pid_t child;
  int   e = AMT_AGAIN, status = 1;
  SERVE(REPLY_1);
  child = fork();
  if (child == 0) {
    char in[1000];
    int  fd;
    fcntl(srv.listen_fd, F_SETFL, 0);
    fd = accept(srv.listen_fd, NULL, NULL);
    if (recv(fd, in, sizeof in, 0) <= 0) _exit(1);
    usleep(30000);
    _exit(send(fd, srv.reply, srv.n, 0) == (ssize_t)srv.n ? 0 : 2);
  }
  assert_true(child > 0);
  net_call_begin(amt_posix_now());
  while (net.state != AMT_CONN_RECEIVING) {
    e = net_step(amt_posix_now());
    if (e == AMT_AGAIN && net.state != AMT_CONN_RECEIVING)
      amt_http_wait(&net, 1000);
    assert_true(e >= 0);
  }
  /* A short wait first: the poll returns with nothing or with the head. */
  assert_int_equal(amt_http_wait(&net, 1), 1);
  e = net_step(amt_posix_now());
  if (e == AMT_AGAIN) {
    assert_int_equal(amt_http_wait(&net, 30000), 1);
    e = net_step(amt_posix_now());
  }
  assert_int_equal(e, AMT_HTTP_HEAD);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  net_end();
}

/* A poll without a wait before it must not block. */
TEST(a_poll_without_a_wait_never_blocks)
{
  int i;
  SERVE(REPLY_1);
  srv.hold = 1;
  net_call_send();
  amt_http_wait(&net, 1);
  for (i = 0; i < 1000; i++) {
    assert_int_equal(net_step(amt_posix_now()), AMT_AGAIN);
    assert_int_equal(sock.block, 0); /* nor will the next one block */
  }
  srv.hold = 0;
  net_call_on();
  text_same(&saw, "200 [first] END", "in the end");
  net_end();
}

/* A timer sends signals. A wait that one interrupts says so, and the call goes
   on. */
TEST(a_signal_interrupts_a_wait_and_does_no_harm)
{
  struct itimerval t;
  int              e, i, seen = 0;
  memset(&t, 0, sizeof t);
  t.it_interval.tv_usec = t.it_value.tv_usec = 5000;
  catch_signal(SIGALRM, on_signal);
  SERVE(REPLY_1);
  srv.hold = 1;
  net_call_send();
  setitimer(ITIMER_REAL, &t, NULL);
  for (i = 0; i < 10; i++) { /* while waiting for the reply */
    seen += amt_http_wait(&net, 20000) == AMT_INTERRUPTED;
    e = net_step(amt_posix_now());
    assert_int_equal(e, AMT_AGAIN);
  }
  assert_true(seen > 0);
  srv.hold = 0;
  net_call_on();
  text_same(&saw, "200 [first] END", "in the end");
  for (seen = i = 0; i < 10 && !seen; i++) /* while idle */
    seen = amt_http_wait(&net, 20000) == AMT_INTERRUPTED;
  assert_true(seen);
  assert_int_equal(net.state, AMT_CONN_IDLE);
  assert_int_equal(net.known_idle, 0);
  amt_http_close(&net);
  for (seen = i = 0; i < 10 && !seen; i++) /* while closed */
    seen = amt_http_wait(&net, 20000) == AMT_INTERRUPTED;
  assert_true(seen);
  memset(&t, 0, sizeof t);
  setitimer(ITIMER_REAL, &t, NULL);
  catch_signal(SIGALRM, SIG_DFL);
  net_end();
}

TEST(a_wait_on_a_closed_stream_just_sleeps)
{
  SERVE("");
  assert_int_equal(amt_http_wait(&net, 1), 0);
  net_end();
}

TEST(the_clock_does_not_go_back)
{
  uint32_t before = amt_posix_now();
  int      i;
  for (i = 0; i < 1000; i++) {
    uint32_t at = amt_posix_now();
    assert_true((int32_t)(at - before) >= 0);
    before = at;
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
