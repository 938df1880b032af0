/* doubles.h - stand-ins for system functions that the library calls. Each calls
   the real one, unless `fake` says otherwise. */
#ifndef DOUBLES_H
#define DOUBLES_H

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

struct fakes {
  int    no_socket, no_duplicate; /* errno of socket, of fcntl(F_DUPFD) */
  int    no_connect;              /* of connect; -1: it succeeds at once */
  int    no_option;               /* of getsockopt */
  int    no_poll;                 /* of poll; -1: it returns 1 */
  int    polled;                  /* the time that poll got */
  time_t time;
  int    no_name;                 /* result of getaddrinfo */
  const int *family;              /* it finds addresses of these, until -1 */
  int    only;                    /* other families get EAI_AGAIN */
  int    lists;                   /* not freed */
  int    sockets;
  uint32_t zone;                  /* of the last IPv6 address of a connect */
};

extern struct fakes fake;

int    fake_socket(int family, int type, int protocol);
int    fake_fcntl(int fd, int command, int value);
int    fake_connect(int fd, const struct sockaddr *to, socklen_t n);
int    fake_getsockopt(int fd, int level, int name, void *p, socklen_t *n);
int    fake_poll(struct pollfd *p, nfds_t n, int ms);
time_t fake_time(time_t *to);
int    fake_getaddrinfo(const char *host, const char *service,
                        const struct addrinfo *hints, struct addrinfo **list);
void   fake_freeaddrinfo(struct addrinfo *list);

/* A test that uses the doubles. Before and after it all are real. */
int fake_nothing(void **state);
#define SYSTEM_TEST(name) TEST_WITH(name, fake_nothing, fake_nothing)

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
