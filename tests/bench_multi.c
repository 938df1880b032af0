/* bench_multi.c - what examples/fleet.c does, with libcurl's multi interface
   and cJSON, for tests/bench_fleet.py. It starts COUNT jobs, then asks for
   their states in turn, over CONNECTIONS kept connections, until it is killed.
   usage: bench_multi URL COUNT CONNECTIONS */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct job { int id, status; } *jobs;

static struct call {
  CURL  *easy;
  int    job, start; /* start: the call is its Start */
  char   reply[4096], body[300];
  size_t len;
} *calls;

static char               url[3][200]; /* sign-in, action, monitor */
static struct curl_slist *headers;

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
  struct call *c = ctx;
  (void)size;
  if (n > sizeof c->reply - c->len) return 0;
  memcpy(c->reply + c->len, p, n), c->len += n;
  return n;
}

static cJSON *read_reply(const struct call *c)
{
  long   http = 0;
  cJSON *doc = cJSON_ParseWithLength(c->reply, c->len);
  curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &http);
  if (http == 200 && doc != NULL) return doc;
  fprintf(stderr, "bench_multi: HTTP %ld: %.*s\n", http, (int)c->len, c->reply);
  exit(1);
}

static void begin(CURLM *multi, struct call *c, int job)
{
  c->job = job, c->len = 0;
  c->start = jobs[job].id == 0;
  if (c->start)
    snprintf(c->body, sizeof c->body,
             "{\"Action\":\"START\",\"TaskType\":\"BATCH\","
             "\"ApplicationName\":\"DEMO2\",\"JobName\":\"LONGRUNNINGREPORT\","
             "\"SubmitUser\":\"BATCH\",\"Station\":\"OPCON\"}");
  else
    snprintf(c->body, sizeof c->body, "{\"ApplicationName\":\"DEMO2\","
             "\"BatchRequestId\":%d}", jobs[job].id);
  curl_easy_setopt(c->easy, CURLOPT_URL, url[c->start ? 1 : 2]);
  curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
  curl_multi_add_handle(multi, c->easy);
}

int main(int argc, char **argv)
{
  static const char *const path[] = { "Authenticate", "OpConJobAction",
                                      "MonitorJob" };
  char     logon[300];
  CURLM   *multi;
  CURLMsg *m;
  cJSON   *doc;
  int      i, n, left, next = 0, count = argc == 4 ? atoi(argv[2]) : 0;
  if (count == 0) return 2;
  n = atoi(argv[3]);
  jobs = calloc((size_t)count, sizeof *jobs);
  calls = calloc((size_t)n, sizeof *calls);
  curl_global_init(CURL_GLOBAL_ALL);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)n);
  for (i = 0; i < 3; i++)
    snprintf(url[i], sizeof url[i], "%s/AmtOpConService/%s", argv[1], path[i]);
  headers = curl_slist_append(headers, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Accept: application/json");
  for (i = 0; i < n; i++) {
    CURL *e = calls[i].easy = curl_easy_init();
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &calls[i]);
    curl_easy_setopt(e, CURLOPT_PRIVATE, &calls[i]);
  }
  curl_easy_setopt(calls->easy, CURLOPT_URL, url[0]);
  curl_easy_setopt(calls->easy, CURLOPT_POSTFIELDS,
                   "{\"User\":\"ocadm\",\"Password\":\"opconxps\"}");
  if (curl_easy_perform(calls->easy) != CURLE_OK) return 1;
  doc = read_reply(calls);
  snprintf(logon, sizeof logon, "X-AMT-LogonToken: %s",
           cJSON_GetObjectItem(doc, "AmtLogonToken")->valuestring);
  cJSON_Delete(doc);
  headers = curl_slist_append(headers, logon);
  for (i = 0; i < n; i++) begin(multi, &calls[i], next++ % count);
  for (;;) {
    curl_multi_perform(multi, &left);
    while ((m = curl_multi_info_read(multi, &left)) != NULL) {
      struct call *c;
      if (m->msg != CURLMSG_DONE) continue;
      if (m->data.result != CURLE_OK) return 1;
      curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
      doc = read_reply(c);
      if (c->start)
        jobs[c->job].id = cJSON_GetObjectItem(doc, "BatchRequestId")->valueint;
      jobs[c->job].status = cJSON_GetObjectItem(doc, "Status")->valueint;
      cJSON_Delete(doc);
      curl_multi_remove_handle(multi, c->easy);
      begin(multi, c, next++ % count);
    }
    curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
