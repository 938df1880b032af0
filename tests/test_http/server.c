/* server.c - a server on the loopback interface, and calls over a socket to
   it; see http.h. */

#include "http.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

server        srv;
amt_posix     sock;
amt_http_conn net;
amt_url       net_url;
char          net_text[100];

int bound(int family, uint16_t *port)
{
  struct sockaddr_in  in4;
  struct sockaddr_in6 in6;
  struct sockaddr    *a = (struct sockaddr *)&in4;
  socklen_t           n = sizeof in4;
  int                 on = 1, fd = socket(family, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  memset(&in4, 0, sizeof in4);
  memset(&in6, 0, sizeof in6);
  in4.sin_family = AF_INET;
  in4.sin_port = htons(*port);
  in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (family == AF_INET6) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(*port);
    in6.sin6_addr.s6_addr[15] = 1;
    a = (struct sockaddr *)&in6;
    n = sizeof in6;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(fd, a, n) != 0 || getsockname(fd, a, &n) != 0) {
    close(fd);
    return -1;
  }
  *port = ntohs(family == AF_INET6 ? in6.sin6_port : in4.sin_port);
  return fd;
}

void server_close(void)
{
  if (srv.fd >= 0) close(srv.fd);
  srv.fd = -1;
}

int net_begin(int family, const char *reply, size_t n)
{
  memset(&srv, 0, sizeof srv);
  memset(&net, 0, sizeof net);
  srv.fd = -1;
  srv.listen_fd = bound(family, &srv.port);
  if (srv.listen_fd < 0) return 0;
  assert_int_equal(listen(srv.listen_fd, 8), 0);
  fcntl(srv.listen_fd, F_SETFL, O_NONBLOCK);
  srv.reply = reply;
  srv.n = n;
  amt_posix_init(&sock);
  assert_int_equal(sock.fd, -1);
  net.stream = &sock.stream;
  sprintf(net_text, "http://%s:%u/x",
          family == AF_INET6 ? "[::1]" : "127.0.0.1", srv.port);
  assert_int_equal(amt_url_parse(&net_url, net_text), 0);
  buf_size = 1024;
  request_body = 0;
  return 1;
}

void server_deaf(void)
{
  close(srv.listen_fd);
  srv.listen_fd = bound(AF_INET, &srv.port);
}

void net_end(void)
{
  amt_http_close(&net);
  assert_int_equal(sock.fd, -1);
  server_close();
  if (srv.listen_fd >= 0) close(srv.listen_fd);
}

static void reset(int fd)
{
  struct linger l;
  l.l_onoff = 1;
  l.l_linger = 0;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
  close(fd);
}

void server_step(void)
{
  ssize_t n;
  if (srv.fd < 0) {
    srv.fd = accept(srv.listen_fd, NULL, NULL);
    if (srv.fd < 0) return;
    fcntl(srv.fd, F_SETFL, O_NONBLOCK);
    srv.accepted++;
    if (srv.before == 'R') {
      reset(srv.fd);
      srv.fd = -1;
      return;
    }
  }
  if (srv.got_n == sizeof srv.got - 1) return; /* reads no more */
  n = recv(srv.fd, srv.got + srv.got_n, sizeof srv.got - srv.got_n - 1, 0);
  if (n == 0) server_close();
  if (n > 0) srv.got_n += (size_t)n;
  srv.got[srv.got_n] = 0;
  if (srv.fd < 0 || srv.hold ||
      strstr(srv.got + srv.done, "\r\n\r\n") == NULL)
    return;
  srv.done = srv.got_n;
  srv.answered++;
  assert_int_equal(send(srv.fd, srv.reply, srv.n, MSG_NOSIGNAL), srv.n);
  if (srv.then == 'F') server_close();
  if (srv.then == 'R') {
    reset(srv.fd);
    srv.fd = -1;
  }
}

static void net_send(amt_window *o)
{
  static const char some[1000];
  size_t            i;
  amt_http_put_line(o, request_body ? "POST" : "GET", &net_url, net_url.path,
                    net_url.path_len);
  amt_http_put_end(o, request_body ? request_body : AMT_HTTP_NO_BODY);
  for (i = 0; i < request_body; i += 1000)
    amt_put(o, some, request_body - i < 1000 ? request_body - i : 1000);
}

int net_step(uint32_t at)
{
  int e = amt_http_poll(&net, &net_url, buf, buf_size, at);
  if (e == AMT_HTTP_SEND) {
    amt_window o;
    amt_window_init(&o, (char *)buf, buf_size, net.sent);
    net_send(&o);
    e = amt_http_send(&net, &o, at);
  }
  return e;
}

/* Lets the server act before each wait. */
int net_call_on(void)
{
  static text body;
  int         e;
  text_clear(&saw);
  text_clear(&body);
  buf = edge_new(buf_size);
  do {
    e = net_step(amt_posix_now());
    if (e == AMT_HTTP_HEAD) text_add(&saw, "%d ", net.reply.status);
    if (e == AMT_HTTP_BODY) text_bytes(&body, net.data, net.len);
    if (e == AMT_HTTP_FIELD) text_bytes(&saw, net.data, net.len);
    if (e == AMT_HTTP_FIELD && net.len == 0) text_add(&saw, " ");
    if (e == AMT_AGAIN) {
      server_step();
      amt_http_wait(&net, 20);
    }
  } while (e >= 0 && e != AMT_HTTP_END);
  text_add(&saw, "[%s] %s", body.s, error_name(e));
  return e;
}

void net_call_begin(uint32_t at)
{
  buf = edge_new(buf_size);
  amt_http_begin(&net, at, 0);
}

void net_call_send(void)
{
  net_call_begin(amt_posix_now());
  while (net.state != AMT_CONN_RECEIVING) (void)net_step(amt_posix_now());
}

int net_call_on_clock(uint32_t *at, uint32_t gain)
{
  int e;
  net_call_begin(*at);
  do e = net_step(*at += gain);
  while (e == AMT_AGAIN);
  return e;
}

int net_call(void)
{
  amt_http_begin(&net, amt_posix_now(), 0);
  return net_call_on();
}

int lowest_free_fd(void)
{
  int fd = dup(0);
  if (fd < 0) fd = open("/dev/null", O_RDONLY);
  close(fd);
  return fd;
}

int deaf_listener(int family, uint16_t *port, int *clients, int count)
{
  struct sockaddr_storage a;
  socklen_t               n = sizeof a;
  int                     i, fd = bound(family, port);
  if (fd < 0) return -1;
  listen(fd, 0);
  getsockname(fd, (struct sockaddr *)&a, &n);
  for (i = 0; i < count; i++) {
    clients[i] = socket(family, SOCK_STREAM, 0);
    fcntl(clients[i], F_SETFL, O_NONBLOCK);
    (void)connect(clients[i], (struct sockaddr *)&a, n);
  }
  return fd;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
