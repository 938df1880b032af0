/* http_get URL: writes the body of a URL to standard output. amt_http.h alone,
   without the rest: any program can use it as a small HTTP client.

   Exit status 0 only if a 2xx reply came whole and all of it was written;
   otherwise 1, and standard error says why. Redirects are not followed: a
   program that holds credentials must not be led elsewhere. */

#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt_http.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

/* Reports every failure: the URL, what went wrong, and what to do. */
static int fail(const char *url, const char *what, const char *detail)
{
  fprintf(stderr, "http_get: %s: %s%s%s\n", url, what, *detail ? ": " : "",
          detail);
  return 1;
}

/* The head of the reply is known. Only a 2xx is what was asked for. */
static int refuse(const char *url, unsigned status)
{
  char text[40];
  snprintf(text, sizeof text, "the server answered %u", status);
  if (status / 100 == 3)
    return fail(url, text, "a redirect, which is not followed here; "
                "ask for the address it points to");
  return fail(url, text, status / 100 == 4 ? "see the URL; nothing was written"
              : "see the server's own log; nothing was written");
}

/* The connection failed, or the reply is not what HTTP allows. */
static int broken(const char *url, int error, const amt_http_conn *conn,
                  int sys_error)
{
  char text[100] = "";
  if (error == AMT_E_CONNECT || error == AMT_E_RESET)
    snprintf(text, sizeof text, "%s", strerror(sys_error));
  if (conn->body > 0 || error == AMT_E_TRUNCATED)
    snprintf(text, sizeof text, "after %llu bytes of the body; what was "
             "written is not all; ask again", (unsigned long long)conn->body);
  return fail(url, amt_http_error(error), text);
}

int main(int argc, char **argv)
{
  static unsigned char buf[16384]; /* 64 are enough; more are faster */
  amt_posix     sock;              /* moves bytes */
  amt_http_conn conn = {0};        /* speaks HTTP */
  amt_url       url;
  int           e;

  if (argc != 2) return fail("usage", "http_get http://HOST[:PORT]/PATH", "");
  e = amt_url_parse(&url, argv[1]);
  if (e != 0) return fail(argv[1], amt_http_error(e), "");
  if (url.tls) return fail(argv[1], "https is not in this example, which has "
                           "no TLS; nothing was sent", "use http://");
  if (fcntl(1, F_GETFD) < 0) /* say so before anything is sent */
    return fail("standard output", "it is closed", "nothing was sent");
  signal(SIGPIPE, SIG_IGN);         /* fwrite reports a closed pipe */
  setvbuf(stdout, NULL, _IONBF, 0); /* buf is enough */

  amt_posix_init(&sock);
  conn.stream = &sock.stream;
  conn.limits.call = 86400000; /* a day: large files may take their time */
  amt_http_begin(&conn, amt_posix_now(), 0);
  for (;;) {
    e = amt_http_poll(&conn, &url, buf, sizeof buf, amt_posix_now());

    /* The request is not stored. It is produced from its start each time, and
       the window `o` keeps the part that has not been sent. */
    if (e == AMT_HTTP_SEND) {
      amt_window o;
      amt_window_init(&o, (char *)buf, sizeof buf, conn.sent);
      amt_http_put_line(&o, "GET", &url, url.path, url.path_len);
      amt_http_put_header(&o, "Connection", "close");
      amt_http_put_end(&o, AMT_HTTP_NO_BODY);
      e = amt_http_send(&conn, &o, amt_posix_now());
    }

    /* Poll and send never block; only this does. */
    if (e == AMT_AGAIN)
      amt_http_wait(&conn, amt_http_left(&conn, amt_posix_now()));
    if (e == AMT_HTTP_HEAD && conn.reply.status / 100 != 2)
      return refuse(argv[1], conn.reply.status);
    if (e == AMT_HTTP_BODY &&
        fwrite(conn.data, 1, conn.len, stdout) != conn.len) break;
    if (e == AMT_HTTP_END && fclose(stdout) == 0) return 0;
    if (e == AMT_HTTP_END) break;
    if (e < 0) return broken(argv[1], e, &conn, sock.sys_error);
  }
  return fail("standard output", strerror(errno), "the body was not written "
              "whole; see that there is room, and a reader");
}
/* SPDX-License-Identifier: MIT OR Unlicense */
