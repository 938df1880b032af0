/* windows_wait.c - what Windows lets a program wait for, and what ends it:
   names, sockets, and the console's events. */

#include "system.h"
#include "signals.h"
#include "text.h"

#ifdef _WIN32
#include <signal.h>
#include <string.h>
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define FD_SETSIZE 96 /* more than SOME */
#include "net.h"
#include "windows_words.h"

/* Names: threads ask for them, so that a name server that does not answer
   keeps no signal and no time limit waiting. They cannot be stopped: each has a
   place of its own until it has its answer. */
static struct asking {
  HANDLE      thread;
  char        host[254];
  int         count;
  amt_address list[AMT_ADDRESSES];
} asking[8];

static DWORD WINAPI give_answer(void *place)
{
  struct asking *of = (struct asking *)place;
  of->count = amt_winsock_resolve(NULL, of->host, of->list, AMT_ADDRESSES);
  return 0;
}

/* An amt_resolver. Where no thread can be had, it waits. */
static int ask(void *ctx, const char *host, amt_address *a, int max)
{
  struct asking *of = asking, *end = asking + 8, *unused = NULL;
  for (; of < end && !(of->thread && strcmp(of->host, host) == 0); of++)
    if (of->thread == NULL) unused = of;
  if (of == end && unused != NULL) {
    of = unused;
    text(of->host, sizeof of->host, "%s", host);
    of->thread = CreateThread(NULL, 0, give_answer, of, 0, NULL);
  }
  if (of == end || of->thread == NULL)
    return amt_winsock_resolve(ctx, host, a, max);
  if (WaitForSingleObject(of->thread, 1) != WAIT_OBJECT_0) return AMT_AGAIN;
  CloseHandle(of->thread);
  of->thread = NULL;
  memcpy(a, of->list, sizeof *a * (size_t)max);
  return of->count;
}

static HANDLE asking_thread(void)
{
  size_t i = 0;
  while (i < 8 && asking[i].thread == NULL) i++;
  return i < 8 ? asking[i].thread : NULL;
}

int net_asks(void) { return asking_thread() != NULL; }

void net_init(net_socket *s)
{
  amt_winsock_init(s);
  s->resolve = ask;
}

const char *net_words(int error) { return windows_words((DWORD)error); }

static HANDLE wake, net_event; /* what every wait looks at */
static HANDLE main_thread;

void wake_up(void) { SetEvent(wake); }

void leave_at_once(int status)
{
  TerminateProcess(GetCurrentProcess(), (UINT)status);
}

/* Runs in a thread of its own. A window that closes, a system that shuts down:
   as soon as this returns, the process is ended, so it does not. Services get
   CTRL_LOGOFF_EVENT when any user logs off, who has nothing to do with them. */
static BOOL WINAPI on_console(DWORD event)
{
  if (event == CTRL_LOGOFF_EVENT) return TRUE;
  if (signals != 0) SuspendThread(main_thread);
  on_signal(event == CTRL_C_EVENT ? SIGINT :
            event == CTRL_BREAK_EVENT ? SIGBREAK : SIGTERM);
  if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
  return TRUE;
}

/* A Ctrl-C that the caller has had ignored stays so. */
int catch_signals(void)
{
  wake = CreateEventW(NULL, FALSE, FALSE, NULL);
  net_event = CreateEventW(NULL, FALSE, FALSE, NULL);
  if (wake == NULL || net_event == NULL ||
      !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
                       GetCurrentProcess(), &main_thread, 0, FALSE,
                       DUPLICATE_SAME_ACCESS)) return outcome(0);
  return outcome(SetConsoleCtrlHandler(on_console, TRUE));
}

const char *signal_name(int number)
{
  return number == SIGINT ? "Ctrl-C" : number == SIGBREAK ? "Ctrl-Break"
                                     : "the end of the console";
}

/* First the events to come, then a look at what is so already: nothing can
   slip through between the two. What an event leaves behind for the next wait
   ends that one early, which does no harm. */
void wait_for(net_socket *s, int readable, int writable, uint32_t ms)
{
  HANDLE events[2];
  DWORD  count = s->fd != INVALID_SOCKET && (readable || writable) ? 2 : 1;
  events[0] = wake, events[1] = net_event;
  if (count == 1 && asking_thread() != NULL) {
    events[1] = asking_thread();
    WaitForMultipleObjects(2, events, FALSE, ms);
    return;
  }
  if (count == 2) {
    WSAEventSelect(s->fd, net_event, FD_CLOSE | (readable ? FD_READ : 0) |
                                     (writable ? FD_WRITE | FD_CONNECT : 0));
    if (readable && s->stream.ops->wait(&s->stream, AMT_WANT_READ, 0)) return;
    if (writable && s->stream.ops->wait(&s->stream, AMT_WANT_WRITE, 0)) return;
  }
  WaitForMultipleObjects(count, events, FALSE, ms);
}

/* Without SO_EXCLUSIVEADDRUSE, any program could take the port as well. */
int net_listen(net_socket *s, const amt_address *a, uint16_t *port)
{
  static const char       on[sizeof(BOOL)] = { 1 };
  struct sockaddr_storage name;
  socklen_t               n = net_name(&name, a, *port);
  u_long                  asynchronous = 1;
  net_init(s);
  s->fd = socket(a->len == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  if (s->fd == INVALID_SOCKET ||
      !SetHandleInformation((HANDLE)s->fd, HANDLE_FLAG_INHERIT, 0) ||
      ioctlsocket(s->fd, (long)FIONBIO, &asynchronous) != 0 ||
      setsockopt(s->fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, on, sizeof on) != 0 ||
      bind(s->fd, (struct sockaddr *)&name, n) != 0 ||
      listen(s->fd, SOMAXCONN) != 0) {
    s->sys_error = WSAGetLastError();
    return -1;
  }
  *port = net_port(s);
  return 0;
}

int net_accept(net_socket *listener, net_socket *to)
{
  static const char on[sizeof(BOOL)] = { 1 };
  u_long            asynchronous = 1;
  SOCKET            fd = accept(listener->fd, NULL, NULL);
  if (fd == INVALID_SOCKET) {
    listener->sys_error = WSAGetLastError();
    return listener->sys_error == WSAEWOULDBLOCK ||
           listener->sys_error == WSAECONNRESET ? 0 : -1;
  }
  SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0);
  WSAEventSelect(fd, NULL, 0); /* the listener's, which it inherits */
  ioctlsocket(fd, (long)FIONBIO, &asynchronous);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, on, sizeof on);
  net_init(to);
  to->fd = fd;
  return 1;
}

void net_finish(net_socket *s) { shutdown(s->fd, SD_SEND); }

/* What is so already. 1: something is. A connection attempt that failed is in
   the third set alone. */
static int look_at_some(net_wait *list, size_t n)
{
  static fd_set  readable, writable, failed;
  struct timeval none = { 0, 0 };
  size_t         i;
  FD_ZERO(&readable), FD_ZERO(&writable), FD_ZERO(&failed);
  for (i = 0; i < n; i++) {
    SOCKET fd = list[i].socket->fd;
    list[i].ready = 0;
    if (fd == INVALID_SOCKET || list[i].want == 0) continue;
    if (list[i].want & TO_READ) FD_SET(fd, &readable);
    if (list[i].want & TO_WRITE) FD_SET(fd, &writable);
    FD_SET(fd, &failed);
  }
  if (failed.fd_count == 0 ||
      select(0, &readable, &writable, &failed, &none) <= 0) return 0;
  for (i = 0; i < n; i++) {
    SOCKET fd = list[i].socket->fd;
    if (list[i].want == 0 || fd == INVALID_SOCKET) continue;
    if (FD_ISSET(fd, &readable) || FD_ISSET(fd, &writable) ||
        FD_ISSET(fd, &failed)) list[i].ready = list[i].want;
  }
  return 1;
}

/* As wait_for. */
void wait_for_some(net_wait *list, size_t n, uint32_t ms)
{
  HANDLE events[2];
  size_t i;
  events[0] = wake, events[1] = net_event;
  ResetEvent(net_event);
  for (i = 0; i < n; i++) {
    int want = list[i].want;
    if (list[i].socket->fd == INVALID_SOCKET) continue;
    WSAEventSelect(list[i].socket->fd, net_event,
                   want == 0 ? 0 : FD_CLOSE |
                   (want & TO_READ ? FD_READ | FD_ACCEPT : 0) |
                   (want & TO_WRITE ? FD_WRITE | FD_CONNECT : 0));
  }
  if (look_at_some(list, n)) return;
  WaitForMultipleObjects(2, events, FALSE, ms);
  look_at_some(list, n);
}
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
