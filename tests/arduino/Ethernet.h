/* Ethernet.h - a stand-in for Arduino's Ethernet library, which Debian lacks: a
   server in memory. Its replies come a few bytes at a time, and time runs a
   hundred times as fast. */

#ifndef ETHERNET_H
#define ETHERNET_H

#include <Arduino.h>
#include <Client.h>

#define millis() (millis() * 100)

#define REPLY(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " n "\r\n\r\n" body

class EthernetClient : public Client {
  char        line[400]; /* the request so far */
  size_t      sent;
  const char *reply;
  bool        open;
  int         starts;

  void answer()
  {
    line[sent] = 0;
    sent = 0;
    starts += strstr(line, "\"START\"") != NULL;
    reply = strstr(line, "Password") ? REPLY("21", "{\"AmtLogonToken\":\"t\"}")
          : strstr(line, "\"START\"") ? REPLY("23", "{\"BatchRequestId\":2112}")
          : strstr(line, "MonitorJob") ? REPLY("12", "{\"Status\":4}")
          : starts == 1 ? REPLY("28", "{\"Messages\":[\"All is well.\"]}")
          : REPLY("2", "{}");
  }

public:
  EthernetClient() : sent(0), reply(""), open(false), starts(0) {}
  virtual int connect(IPAddress, uint16_t) { return 0; }
  virtual int connect(const char *host, uint16_t port)
  {
    open = strcmp(host, "192.168.1.10") == 0 && port == 42000;
    return open;
  }
  virtual size_t write(uint8_t c) { return write(&c, 1); }
  virtual size_t write(const uint8_t *p, size_t n)
  {
    if (n > 50) n = 50;
    if (!open || sent + n >= sizeof line) return 0;
    memcpy(line + sent, p, n);
    sent += n;
    if (line[sent - 1] == '}') answer();
    return n;
  }
  virtual int available() { return *reply != 0 ? 1 + *reply % 7 : 0; }
  virtual int read() { return *reply != 0 ? *reply++ : -1; }
  virtual int read(uint8_t *p, size_t n)
  {
    size_t got = 0;
    while (got < n && *reply != 0) p[got++] = *reply++;
    return (int)got;
  }
  virtual int peek() { return *reply; }
  virtual void flush() {}
  virtual void stop() { open = false, reply = "", sent = 0; }
  virtual uint8_t connected() { return open; }
  virtual operator bool() { return open; }
};

static struct { void begin(const byte *) {} } Ethernet;

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
