/* learn_har.c - HAR 1.2: what browsers, Fiddler and mitmproxy save.

   HAR is one JSON text of any size. It is read as it comes: the names around a
   value tell whether it is wanted. The order of members does not matter. */

#include "learn_read.h"
#include "text.h"
#include <string.h>

enum har_field { HAR_METHOD, HAR_URL, HAR_NAME, HAR_VALUE, HAR_POST, HAR_PARAM,
                 HAR_PARAM_VALUE, HAR_STATUS, HAR_REPLY_NAME, HAR_REPLY_VALUE,
                 HAR_CONTENT, HAR_ENCODING, HAR_NOTHING };

static const char *const wanted_paths[] = {
  "log.entries.request.method", "log.entries.request.url",
  "log.entries.request.headers.name", "log.entries.request.headers.value",
  "log.entries.request.postData.text",
  "log.entries.request.postData.params.name",
  "log.entries.request.postData.params.value", "log.entries.response.status",
  "log.entries.response.headers.name", "log.entries.response.headers.value",
  "log.entries.response.content.text", "log.entries.response.content.encoding"
};

static struct {
  amt_json       json;
  exchange_taker take;
  exchange       x;
  int            is_log, field;
  char           path[256];
  size_t         base[AMT_JSON_DEPTH + 1];
  unsigned char  is_array[AMT_JSON_DEPTH + 1];
  /* Texts of an entry; `name` and `value` are of one header or parameter. */
  char           method[16], url[FIRST_LINE - 32], status[8], encoding[16];
  char           name[256], value[HEAD_LINES];
  size_t         method_len, url_len, status_len, encoding_len;
  size_t         name_len, value_len;
  int            has_params;
} har;

void har_begin(exchange_taker take)
{
  memset(&har.json, 0, sizeof har.json);
  har.json.repair = 1;
  har.take = take;
  har.is_log = 0;
  har.path[0] = 0;
  har.field = HAR_NOTHING;
  har.base[0] = 0;
  har.is_array[0] = 0;
}

static void begin_entry(void)
{
  message_clear(&har.x.request);
  message_clear(&har.x.reply);
  har.method_len = har.url_len = har.status_len = har.encoding_len = 0;
  har.method[0] = har.url[0] = har.status[0] = har.encoding[0] = 0;
  har.has_params = 0;
  har.is_log = 1;
}

/* Adds a name or a value to a form, percent-encoded. */
static void put_param(const char *p, size_t n)
{
  static const char hex[] = "0123456789ABCDEF";
  http_message     *m = &har.x.request;
  size_t            i;
  for (i = 0; i < n; i++) {
    unsigned c = (unsigned char)p[i];
    char     escape[3] = { '%', hex[c >> 4], hex[c & 15u] };
    int      plain = (c | 32u) - 'a' < 26u || c - '0' < 10u || c == '-' ||
                     c == '_' || c == '.' || c == '~';
    m->cut |= (unsigned char)append(m->body, sizeof m->body, &m->body_len,
                                    plain ? p + i : escape, plain ? 1 : 3);
  }
}

/* Adds "Name: value"; HTTP/2's ":path" is no header. */
static void put_head(http_message *m)
{
  if (har.name[0] == 0 || har.name[0] == ':') return;
  if (m->head_len + har.name_len + har.value_len + 4 > sizeof m->head) return;
  append(m->head, sizeof m->head, &m->head_len, har.name, har.name_len);
  append(m->head, sizeof m->head, &m->head_len, ": ", 2);
  har.value_len = strcspn(har.value, "\r\n");
  append(m->head, sizeof m->head, &m->head_len, har.value, har.value_len);
  append(m->head, sizeof m->head, &m->head_len, "\n", 1);
}

static void end_entry(void)
{
  http_message *m = &har.x.request;
  uint64_t      status = 0;
  int           fault = 0;
  size_t        i;
  for (i = 0; i < har.url_len; i++) if (har.url[i] == ' ') har.url[i] = '+';
  append(m->first, sizeof m->first, &m->first_len, har.method, har.method_len);
  append(m->first, sizeof m->first, &m->first_len, " ", 1);
  append(m->first, sizeof m->first, &m->first_len, har.url, har.url_len);
  append(m->first, sizeof m->first, &m->first_len, " HTTP/1.1", 9);
  m->state = MESSAGE_WHOLE;
  m = &har.x.reply;
  m->state = MESSAGE_WHOLE;
  if (amt_uint64(har.status, har.status_len, 10, &status) && status < 1000)
    m->status = (int)status;
  if (same_word(har.encoding, "base64"))
    m->body_len = base64_decode(m->body, m->body_len, &fault);
  exchange_ends(&har.x, har.take);
}

/* An entry, a header or a parameter is whole. */
static void end_object(void)
{
  http_message *m = &har.x.request;
  if (strcmp(har.path, "log.entries") == 0) end_entry();
  else if (strcmp(har.path, "log.entries.request.headers") == 0) put_head(m);
  else if (strcmp(har.path, "log.entries.response.headers") == 0)
    put_head(&har.x.reply);
  else if (strcmp(har.path, "log.entries.request.postData.params") == 0 &&
           (m->body_len == 0 || har.has_params)) {
    if (har.has_params) append(m->body, sizeof m->body, &m->body_len, "&", 1);
    har.has_params = 1;
    put_param(har.name, har.name_len);
    append(m->body, sizeof m->body, &m->body_len, "=", 1);
    put_param(har.value, har.value_len);
  }
}

static void take_piece(const amt_json_token *t)
{
  http_message *m = har.field >= HAR_STATUS ? &har.x.reply : &har.x.request;
  switch (har.field) {
  case HAR_METHOD:
    append(har.method, sizeof har.method, &har.method_len, t->text, t->len);
    break;
  case HAR_URL:
    append(har.url, sizeof har.url, &har.url_len, t->text, t->len);
    break;
  case HAR_STATUS:
    append(har.status, sizeof har.status, &har.status_len, t->text, t->len);
    break;
  case HAR_ENCODING:
    append(har.encoding, sizeof har.encoding, &har.encoding_len, t->text,
           t->len);
    break;
  case HAR_NAME: case HAR_PARAM: case HAR_REPLY_NAME:
    if (t->first) har.name_len = 0;
    append(har.name, sizeof har.name, &har.name_len, t->text, t->len);
    break;
  case HAR_VALUE: case HAR_PARAM_VALUE: case HAR_REPLY_VALUE:
    if (t->first) har.value_len = 0;
    append(har.value, sizeof har.value, &har.value_len, t->text, t->len);
    break;
  case HAR_POST: case HAR_CONTENT:
    if (t->first) m->body_len = 0, har.has_params = 0;
    m->cut |= (unsigned char)append(m->body, sizeof m->body, &m->body_len,
                                    t->text, t->len);
    break;
  default: break;
  }
}

/* Adds a member's name, maybe in pieces, after the names around it. */
static void take_key(const amt_json_token *t)
{
  size_t at = har.base[har.json.depth], len = strlen(har.path);
  if (t->first) {
    har.path[at] = 0;
    len = at;
    if (at > 0) append(har.path, sizeof har.path, &len, ".", 1);
  }
  append(har.path, sizeof har.path, &len, t->text, t->len);
  if (!t->last) return;
  for (har.field = 0; har.field < HAR_NOTHING; har.field++)
    if (strcmp(har.path, wanted_paths[har.field]) == 0) break;
}

static void take_structure(int type)
{
  unsigned depth = har.json.depth;
  int opens = type == AMT_JSON_OBJECT || type == AMT_JSON_ARRAY;
  if (opens) {
    if (har.is_array[depth - 1]) har.path[har.base[depth - 1]] = 0;
    har.base[depth] = strlen(har.path);
    har.is_array[depth] = type == AMT_JSON_ARRAY;
    if (type == AMT_JSON_OBJECT && strcmp(har.path, "log.entries") == 0)
      begin_entry();
    har.name_len = har.value_len = 0;
    har.name[0] = har.value[0] = 0;
  } else {
    har.path[har.base[depth + 1]] = 0;
    if (type == AMT_JSON_OBJECT_END) end_object();
  }
  har.field = HAR_NOTHING;
}

static const char *har_fault(int error)
{
  if (error == AMT_E_JSON_TRUNCATED)
    return "it is cut in the middle; save it again, whole, once the job has "
           "ended";
  return "it begins as HAR does, but is not JSON all through; save it again";
}

const char *har_feed(char *p, size_t n)
{
  while (n > 0) {
    size_t         used;
    amt_json_token t;
    int            type = amt_json_next(&har.json, p, n, &used, &t);
    p += used, n -= used;
    if (type < 0) return har_fault(type);
    if (type == AMT_JSON_KEY) take_key(&t);
    else if (type == AMT_JSON_STRING || type == AMT_JSON_NUMBER) take_piece(&t);
    else if (type >= AMT_JSON_OBJECT && type <= AMT_JSON_ARRAY_END)
      take_structure(type);
    else if (type == AMT_JSON_MORE) break;
  }
  return NULL;
}

const char *har_end(void)
{
  amt_json_token t;
  int            e = amt_json_end(&har.json, &t);
  if (e < 0) return har_fault(e);
  if (!har.is_log)
    return "JSON, but not HAR: it has no log.entries with a request each";
  return NULL;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
