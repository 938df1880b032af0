/* bench_poll.c - status polls on one kept connection, for tests/bench.sh to
   count: ours, or with -DPEER_CURL libcurl and cJSON.
   usage: bench_poll PORT COUNT [SLEEP]   With SLEEP there is a millisecond
   between two polls, as in a program that is not always busy. Prints the CPU
   time of a poll in microseconds. Exit 0 if the status was read right. */
#define _GNU_SOURCE
#define AMT_POSIX
#define AMT_IMPLEMENTATION
#include "amt.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define TOKEN "3f786850e387550fdab836ed7e6dc881"

#ifndef PEER_CURL
static int polls_of_status(const char *url, int count, int sleep)
{
  static amt_posix   sock;
  static amt_slot    conn;
  static amt_session s;
  static amt_job     j;
  static char        buf[1024], token[] = TOKEN;
  amt_wire wire = *amt_wire_default();
  amt_pool pool = { &conn, 1, buf, sizeof buf, NULL };
  amt_posix_init(&sock);
  conn.http.stream = &sock.stream;
  wire.call[AMT_SIGN_IN].path = NULL; /* a fixed token */
  s.wire = &wire, s.url = url, s.token = token, s.token_room = sizeof token;
  s.poll = sleep ? 1 : AMT_ZERO;
  amt_attach(&j, &s, "DEMO2", "2112");
  while (count > 0) {
    amt_event e = amt_poll(&pool, &j, amt_posix_now());
    if (e >= AMT_RETRYING) return -1;
    if (e != AMT_BUSY) continue;
    if (conn.http.state == AMT_CONN_RECEIVING) count--;
    amt_http_wait(&conn.http, j.wait);
  }
  amt_pool_end(&pool);
  return j.status;
}
#else
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <time.h>

static char   reply[4096];
static size_t reply_len;

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
  (void)size, (void)ctx;
  if (n > sizeof reply - reply_len) return 0;
  memcpy(reply + reply_len, p, n), reply_len += n;
  return n;
}

static int polls_of_status(const char *url, int count, int sleep)
{
  const struct timespec ms = { 0, 1000000 };
  struct curl_slist    *headers = NULL;
  char                  path[200];
  int                   status = -1;
  CURL                 *c;
  curl_global_init(CURL_GLOBAL_ALL);
  c = curl_easy_init();
  snprintf(path, sizeof path, "%s/AmtOpConService/MonitorJob", url);
  headers = curl_slist_append(headers, "X-AMT-LogonToken: " TOKEN);
  headers = curl_slist_append(headers, "Accept: application/json");
  headers = curl_slist_append(headers, "Content-Type: application/json");
  curl_easy_setopt(c, CURLOPT_URL, path);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  for (; count > 0; count--) {
    char   body[200];
    long   http = 0;
    cJSON *doc;
    snprintf(body, sizeof body, "{\"ApplicationName\":\"%s\","
             "\"BatchRequestId\":%s}", "DEMO2", "2112");
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    reply_len = 0;
    if (curl_easy_perform(c) != CURLE_OK) return -1;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &http);
    doc = cJSON_ParseWithLength(reply, reply_len);
    if (http != 200 || doc == NULL) return -1;
    status = cJSON_GetObjectItem(doc, "Status")->valueint;
    cJSON_Delete(doc);
    if (sleep) nanosleep(&ms, NULL);
  }
  curl_easy_cleanup(c);
  curl_slist_free_all(headers);
  return status;
}
#endif

int main(int argc, char **argv)
{
  char          url[80];
  struct rusage r;
  int           count = argc > 2 ? atoi(argv[2]) : 0;
  if (count == 0) return 2;
  snprintf(url, sizeof url, "http://127.0.0.1:%s", argv[1]);
  if (polls_of_status(url, count, argc > 3) != 2) return 1;
  getrusage(RUSAGE_SELF, &r);
  printf("%.2f\n", ((double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
                    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec)) / count);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
