/* AmtClient.h - Arduino's Client (EthernetClient, WiFiClient, a modem's) as a
   stream for amt.h. After #include "amt.h":

     static EthernetClient ethernet;
     static AmtClient      sock;
     amt_client_init(&sock, &ethernet);   slot.http.stream = &sock.stream;

   What a Client cannot do:
   - connect() blocks, and how long is its own affair (setConnectionTimeout).
   - It does not tell an end from a cut, so a reply must have a length or be
     chunked, as those of AMT servers are.
   - stop() is no reset: what of a request that was given up lies in the network
     chip may still arrive. */

#ifndef AMT_CLIENT_H
#define AMT_CLIENT_H

#include <Client.h>

typedef struct AmtClient {
  amt_stream stream; /* first */
  Client    *client;
  bool       opened;
} AmtClient;

static inline AmtClient *amt__client(amt_stream *s)
{
  return reinterpret_cast<AmtClient *>(s);
}

static int amt__client_open(amt_stream *s, const char *host, size_t host_len,
                            uint16_t port, uint32_t left_ms)
{
  char name[64]; /* terminated */
  (void)left_ms;
  if (host_len >= sizeof name) return AMT_E_DNS;
  memcpy(name, host, host_len);
  name[host_len] = 0;
  amt__client(s)->opened = true;
  if (amt__client(s)->client->connect(name, port) != 1) return AMT_E_CONNECT;
  return 1;
}

static ptrdiff_t amt__client_read(amt_stream *s, void *p, size_t n)
{
  Client *c = amt__client(s)->client;
  bool    up = c->connected(); /* before the look: the last bytes are given */
  int     there = c->available();
  if (there <= 0 && !up) return AMT_E_RESET;
  if (there <= 0) return AMT_AGAIN;
  if (n > static_cast<size_t>(there)) n = static_cast<size_t>(there);
  there = c->read(static_cast<uint8_t *>(p), n);
  return there > 0 ? there : 0; /* AMT_AGAIN */
}

/* 0 is a connection that broke, or a time limit of the Client's own, and some
   bytes may have left before: in doubt, taken. */
static ptrdiff_t amt__client_write(amt_stream *s, const void *p, size_t n)
{
  size_t taken = amt__client(s)->client->write(
    static_cast<const uint8_t *>(p), n);
  if (taken == 0) return AMT_E_RESET;
  return static_cast<ptrdiff_t>(taken);
}

static void amt__client_close(amt_stream *s)
{
  if (amt__client(s)->opened) amt__client(s)->client->stop();
  amt__client(s)->opened = false;
}

static inline void amt_client_init(AmtClient *a, Client *client)
{
  static const amt_stream_ops ops = {
    amt__client_open, amt__client_read, amt__client_write, amt__client_close,
    NULL, 0, NULL
  };
  a->stream.ops = &ops;
  a->stream.abort = 0;
  a->client = client;
  a->opened = false;
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
