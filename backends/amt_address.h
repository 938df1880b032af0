/* amt_address.h - what the three kinds of sockets share. Not for programs:
   amt_posix.h, amt_lwip_sockets.h and amt_winsock.h include it.

   Contents: search for the tag
     >>address-parts   what a kind of sockets brings
     >>address-open    a name's addresses, tried in turn

   The kinds differ in the names of calls, in how these fail and in how to wait.
   They share how a name's addresses, IPv4 and IPv6, are asked for and tried. A
   kind of sockets defines, before it includes this file:

     amt__socket       its struct: stream, resolve, ctx, fd, sys_error, zone,
                       left, count, index, address, worked
     amt__os(call)     the system's name of a call
     AMT__CLOSED       the fd of what is not open
     AMT__TIMEDOUT     the system's error for an address that did not answer
     AMT__NO_FAMILY    its error for an address of a family it does not know

   and these where they apply:

     AMT__NO_NAMES     there is no getaddrinfo
     AMT__NO_IPV4      no sockaddr_in
     AMT__NO_IPV6      no sockaddr_in6

   and, after it, the functions declared here.

   Price: it is part of theirs.

   Licence: MIT or Unlicense, at your choice; the text is at the end of
   amt_http.h. */

/* ------------------------------------------------------------------------
   >>address-parts */

#if !defined(AMT__CLOSED) || !defined(AMT__TIMEDOUT)
#error "include amt_posix.h, amt_lwip_sockets.h or amt_winsock.h instead"
#endif

/* The file that includes this one defines these. */

/* Begins a connection and sets fd: 1, AMT_AGAIN, or < 0 with sys_error set. */
static int  amt__socket_connect(amt__socket *s, int family,
                                const struct sockaddr *to, socklen_t len);
/* Asks whether that connection is open: 1, AMT_AGAIN, or < 0, as above. */
static int  amt__socket_connected(amt__socket *s);
/* Prepares an open fd for the first read or write. */
static void amt__socket_opened(amt__socket *s);
/* Closes fd, if it is open. */
static void amt__socket_shut(amt__socket *s);
/* fd is open: makes its close reset the connection. */
static void amt__socket_abort(amt__socket *s);

/* ------------------------------------------------------------------------
   >>address-open */

#ifdef AMT__NO_NAMES
static int amt__socket_resolve(const char *host, amt_address *a, int max)
{
  (void)host, (void)a, (void)max;
  return AMT_E_DNS;
}
#else
/* Appends addresses of one family, or of all, and adds to *count: 0, or the
   system's error. */
static int amt__socket_ask(const char *host, int family, amt_address *a,
                           int max, int *count)
{
  struct addrinfo hints, *list, *i;
  int             n = *count, e;
  memset(&hints, 0, sizeof hints);
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  e = amt__os(getaddrinfo)(host, NULL, &hints, &list);
  if (e != 0) return e;
  for (i = list; i != NULL && n < max; i = i->ai_next) {
#ifndef AMT__NO_IPV4
    if (i->ai_family == AF_INET) {
      struct sockaddr_in sa;
      memcpy(&sa, i->ai_addr, sizeof sa);
      memcpy(a[n].ip, &sa.sin_addr, a[n].len = 4), a[n++].zone = 0;
      continue;
    }
#endif
#ifndef AMT__NO_IPV6
    if (i->ai_family == AF_INET6) {
      struct sockaddr_in6 sa;
      memcpy(&sa, i->ai_addr, sizeof sa);
      memcpy(a[n].ip, &sa.sin6_addr, a[n].len = 16);
      a[n++].zone = (uint32_t)sa.sin6_scope_id;
    }
#endif
  }
  amt__os(freeaddrinfo)(list);
  *count = n;
  return 0;
}

/* musl gives no address at all if one family fails: then ask for each family
   alone. */
static int amt__socket_resolve(const char *host, amt_address *a, int max)
{
  int n = 0, e = amt__socket_ask(host, AF_UNSPEC, a, max, &n);
#ifdef EAI_AGAIN
  if (e == EAI_AGAIN) {
    amt__socket_ask(host, AF_INET, a, max, &n);
#ifndef AMT__NO_IPV6
    amt__socket_ask(host, AF_INET6, a, max, &n);
#endif
    if (n == 0) return AMT_E_NAME_SERVER;
  }
#endif
  (void)e;
  return n > 0 ? n : AMT_E_DNS;
}
#endif

/* Moves the address that worked last time to the front, so that a dead one
   costs its share of the limit only once. */
static void amt__socket_prefer(amt__socket *s)
{
  amt_address first = s->address[0];
  uint8_t     i;
  for (i = 1; i < s->count; i++) {
    amt_address *a = &s->address[i];
    if (a->len != s->worked.len || a->zone != s->worked.zone ||
        memcmp(a->ip, s->worked.ip, a->len) != 0) continue;
    s->address[0] = *a;
    *a = first;
  }
}

static int amt__socket_names(amt__socket *s, const char *host, size_t n)
{
  char name[254];
  int  found;
  s->index = 0;
  s->count = 1;
  if (amt_address_parse(&s->address[0], host, n)) {
    s->address[0].zone = s->zone;
    return 1;
  }
  s->count = 0;
  if (memchr(host, ':', n) != NULL) return AMT_E_URL_HOST; /* not in names */
  if (n >= sizeof name) return AMT_E_DNS;
  memcpy(name, host, n);
  name[n] = 0;
  found = s->resolve(s->ctx, name, s->address, AMT_ADDRESSES);
  if (found > AMT_ADDRESSES) found = AMT_ADDRESSES;
  if (found > 0) s->count = (uint8_t)found;
  amt__socket_prefer(s);
  return found;
}

/* Begins a connection to the current address. */
static int amt__socket_begin(amt__socket *s, uint16_t port)
{
  const amt_address *a = &s->address[s->index];
  uint16_t           swapped; /* some systems' macro htons gives warnings */
  uint8_t            bytes[2];
  bytes[0] = (uint8_t)(port >> 8), bytes[1] = (uint8_t)(port & 255u);
  memcpy(&swapped, bytes, 2);
#ifndef AMT__NO_IPV4
  if (a->len == 4) {
    struct sockaddr_in to;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = swapped;
    memcpy(&to.sin_addr, a->ip, 4);
    return amt__socket_connect(s, AF_INET, (struct sockaddr *)&to, sizeof to);
  }
#endif
#ifndef AMT__NO_IPV6
  if (a->len == 16) {
    struct sockaddr_in6 to;
    memset(&to, 0, sizeof to);
    to.sin6_family = AF_INET6;
    to.sin6_port = swapped;
    memcpy(&to.sin6_addr, a->ip, 16);
    to.sin6_scope_id = a->zone;
    return amt__socket_connect(s, AF_INET6, (struct sockaddr *)&to, sizeof to);
  }
#endif
  s->sys_error = AMT__NO_FAMILY;
  return -1;
}

/* Each address has its share of the time that was left at its turn. */
static int amt__socket_open(amt_stream *stream, const char *host,
                            size_t host_len, uint16_t port, uint32_t left)
{
  amt__socket *s = (amt__socket *)stream;
  int          e;
  if (s->count == 0) {
    e = amt__socket_names(s, host, host_len);
    if (e <= 0) return e;
  }
  while (s->index < s->count) {
    if (s->fd == AMT__CLOSED) {
      s->left = left;
      e = amt__socket_begin(s, port);
    } else {
      e = amt__socket_connected(s);
    }
    if (e > 0) {
      amt__socket_opened(s);
      s->worked = s->address[s->index];
      return 1;
    }
    if (e == AMT_AGAIN) {
      uint32_t share = s->left / (uint32_t)(s->count - s->index);
      uint32_t spent = left < s->left ? s->left - left : 0; /* left grew */
      if (spent < share || s->count - s->index == 1) return AMT_AGAIN;
      s->sys_error = AMT__TIMEDOUT;
    }
    amt__socket_shut(s); /* give up this address, try the next */
    s->index++;
  }
  s->count = 0; /* ask for the name again next time */
  return AMT_E_CONNECT;
}

static void amt__socket_close(amt_stream *stream)
{
  amt__socket *s = (amt__socket *)stream;
  if (stream->abort) amt__socket_abort(s);
  amt__socket_shut(s);
  s->count = 0;
}

/* How long a wait may last: other addresses need their turn, and so does a
   resolver that said AMT_AGAIN. */
static uint32_t amt__socket_patience(const amt__socket *s, int want,
                                     uint32_t ms)
{
  if (want != AMT_WANT_WRITE) return ms;
  if (s->fd == AMT__CLOSED) return ms > 10 ? 10 : ms;
  if (s->index + 1 < s->count && ms > s->left / AMT_ADDRESSES)
    return s->left / AMT_ADDRESSES + 1;
  return ms;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
