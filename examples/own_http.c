/* own_http [URL [JOB]], with AMT_USER and AMT_PASSWORD set: amt.h over your own
   HTTP client, here libcurl (7.80, -lcurl). Does your client repeat a request?
   libcurl does if a kept connection is dead, so a Start gets a new one and no
   second try. A proxy may, so none is used. Does it tell if a byte of a request
   may have left? libcurl calls about_to_send before the first. */
#define _POSIX_C_SOURCE 200809L
#define AMT_IMPLEMENTATION
#define AMT_NO_HTTP
#include "amt.h"
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static CURL   *curl;
static amt_job job;
static int     tries; /* how often this call was about to be sent */

static amt_event next(void)
{
  struct timespec t;
  amt_event       e;
  clock_gettime(CLOCK_MONOTONIC, &t);
  e = amt_next(&job, (uint32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000));
  if (e == AMT_STATUS) fprintf(stderr, "%s\n", amt_status_name(job.status));
  if (e == AMT_MESSAGE || e == AMT_SERVER_TEXT) /* of the job; of the server */
    printf("%.*s%s", (int)job.msg_len, job.msg, job.msg_more ? "" : "\n");
  if (e == AMT_RETRYING || e == AMT_FAILED)
    fprintf(stderr, "%s %s\n", amt_error(job.error), job.id);
  return e;
}

static int about_to_send(void *ctx, char *to, char *from, int port, int port2)
{
  (void)ctx, (void)to, (void)from, (void)port, (void)port2;
  return tries++ > 0 && job.op == AMT_START; /* 1: give up */
}

static size_t feed(char *p, size_t size, size_t n, void *ctx)
{
  static char buf[CURL_MAX_WRITE_SIZE]; /* amt_reply_data changes its bytes */
  size_t      used = 0;
  long        status = 0;
  (void)size, (void)ctx, memcpy(buf, p, n);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  amt_reply_status(&job, (int)status, 0);
  while (used < n) { /* it takes less if an event waits */
    used += amt_reply_data(&job, buf + used, n - used);
    while (next() != AMT_BUSY) {}
  }
  return n;
}

static void make_call(const char *base)
{
  static char        text[4096]; /* URL, header lines and body, each a string */
  char              *line, *body, *end;
  struct curl_slist *lines = NULL;
  CURLcode           e = CURLE_URL_MALFORMAT;
  amt_window         o;
  amt_window_init(&o, text, sizeof text, 0);
  amt_put_text(&o, base), amt_call_path(&job, &o), amt_put(&o, "", 1);
  line = text + o.len, amt_call_headers(&job, &o), amt_put(&o, "", 1);
  body = text + o.len, amt_call_body(&job, &o), amt_put(&o, "", 1);
  if (o.total == o.len) { /* else it is too long for text */
    for (; (end = strstr(line, "\r\n")) != NULL; line = end + 2)
      *end = 0, lines = curl_slist_append(lines, line);
    curl_easy_setopt(curl, CURLOPT_URL, text);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, job.op == AMT_START ? 1L : 0);
    e = curl_easy_perform(curl);
    if (tries > 0) feed(text, 1, 0, NULL); /* if the reply has no body */
  }
  int final = e == CURLE_URL_MALFORMAT || e == CURLE_PEER_FAILED_VERIFICATION;
  int error = final ? AMT_E_PERMANENT : AMT_E_BROKEN; /* tried again */
  amt_reply_end(&job, e == CURLE_OK ? 0 : error, tries > 0), tries = 0;
  curl_slist_free_all(lines), amt_wipe(text, sizeof text); /* the password */
}

int main(int argc, char **argv)
{
  static char token[512];
  amt_task    t = {.application = "DEMO2",
                   .job = argc > 2 ? argv[2] : "REPORTTEST01"};
  amt_session s = {.token = token, .token_room = sizeof token,
                   .initial_delay = 1000, .poll = 1000, .give_up = 10000};
  s.user = getenv("AMT_USER"), s.password = getenv("AMT_PASSWORD");
  curl = curl_easy_init();
  if (curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, about_to_send)) abort();
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, feed);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* no proxy at all */
  amt_start(&job, &s, &t);
  for (amt_event e; (e = next()) < AMT_DONE;)
    if (e == AMT_CALL) make_call(argc > 1 ? argv[1] : "http://127.0.0.1:42000");
    else if (e == AMT_BUSY) poll(NULL, 0, (int)job.wait);
  return curl_easy_cleanup(curl), amt_session_end(&s), job.code;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
