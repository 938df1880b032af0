/* bench_json.c - JSON parsers for tests/bench.sh to count: ours and those of
   Debian, on generated inputs. A run of its own checks the results of each
   against the generator's checksum.

   usage: bench_json INPUT COUNT    decodes it COUNT times, in counted()
          bench_json INPUT check    decodes it once; exit 0 if right
          bench_json INPUT print    prints the input
   INPUT: log string escapes status
   One program for each parser (names of jansson and json-c clash): -DPARSER_AMT
   -DPARSER_CJSON -DPARSER_JANSSON -DPARSER_YAJL -DPARSER_JSONC -DPARSER_JSMN
   -DPARSER_YYJSON -DPARSER_SIMDJSON (with bench_simdjson.cc)

   Each calls a function for each text, or each piece of it. jsmn decodes
   nothing, so the check decodes its raw texts, uncounted. amt and yajl get the
   input in pieces of 4,096 bytes. The others get it whole: they cannot take
   pieces, or only by keeping them all. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS 10000
#define PIECE   4096

/* --- the sum of the texts ------------------------------------------------- */

static uint64_t texts_sum, texts_bytes;

static void (*text)(const char *p, size_t n);

static void text_counted(const char *p, size_t n)
{
  (void)p, texts_bytes += n;
}

static void text_checked(const char *p, size_t n) /* FNV-1a */
{
  size_t i;
  for (i = 0; i < n; i++)
    texts_sum = (texts_sum ^ (unsigned char)p[i]) * 1099511628211u;
  texts_bytes += n;
}

/* --- inputs --------------------------------------------------------------- */

static char   input[4000000];
static size_t input_len;
static int    list; /* the input is the log: an array of objects */

static uint32_t random_state = 1;
static unsigned below(unsigned n)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (unsigned)((uint64_t)random_state * n >> 32);
}

static void put(const char *p)
{
  size_t n = strlen(p);
  memcpy(input + input_len, p, n), input_len += n;
}

/* A piece of a text: its JSON, and what it means. */
static void both(const char *json, const char *meant)
{
  put(json), text(meant, strlen(meant));
}

static void generate_log(void)
{
  static const char *const words[] = {
    "report", "batch", "step", "completed", "records", "read", "written",
    "file", "opened", "closed", "from", "queue", "customer", "table", "at",
    "line", "total", "amount", "return", "code", "ended", "normally" };
  static const char *const odd[][2] = {
    { "\\\"DEMO2\\\"", "\"DEMO2\"" }, { "F:\\\\Amt\\\\Scripts\\\\RUN.ps1",
                                        "F:\\Amt\\Scripts\\RUN.ps1" },
    { "\\tcol", "\tcol" }, { "\\r\\n", "\r\n" },
    { "\\u00e9t\\u00e9", "\xC3\xA9t\xC3\xA9" } };
  char     s[120];
  unsigned i, k, at;
  put("{\"Messages\":[");
  for (i = 1; i <= OBJECTS; i++) {
    unsigned n = 9 + below(11);
    at = below(100) < 43 ? below(n) : n; /* the word with escapes, or n */
    sprintf(s, "%s{\"Sequence\":%u,\"Time\":\"2026-11-%02uT%02u:%02u:%02uZ\","
               "\"Text\":\"", i > 1 ? "," : "", i, 1 + i / 500, i / 3600 % 24,
            i / 60 % 60, i % 60);
    put(s);
    for (k = 0; k < n; k++) {
      const char *w = words[below(sizeof words / sizeof *words)];
      if (below(200) == 0) w = "gr\xC3\xBC\xC3\x9F" "e";
      if (k) both(" ", " ");
      both(w, w);
      if (k == at) {
        unsigned o = below(sizeof odd / sizeof *odd);
        both(odd[o][0], odd[o][1]);
      }
    }
    put("\"}");
  }
  put("],\"More\":false}");
  list = 1;
}

static void generate(const char *name)
{
  unsigned i;
  if (strcmp(name, "log") == 0) {
    generate_log();
  } else if (strcmp(name, "string") == 0) {
    put("{\"Text\":\"");
    for (i = 0; i < 1000000 / 50; i++)
      both("The quick brown fox jumps over the lazy dog again.",
           "The quick brown fox jumps over the lazy dog again.");
    put("\"}");
  } else if (strcmp(name, "escapes") == 0) {
    static const char *const e[][2] = {
      { "\\n", "\n" }, { "\\\"", "\"" }, { "\\\\", "\\" }, { "\\t", "\t" },
      { "\\u00e9", "\xC3\xA9" }, { "\\/", "/" },
      { "\\u20AC", "\xE2\x82\xAC" }, { "\\ud83d\\ude00", "\xF0\x9F\x98\x80" } };
    put("{\"Text\":\"");
    while (input_len < 1000000) {
      i = below(sizeof e / sizeof *e);
      both(e[i][0], e[i][1]);
    }
    put("\"}");
  } else if (strcmp(name, "status") == 0) {
    put("{\"BatchRequestId\":2112,\"Status\":2,\"StatusName\":\"RUNNING\","
        "\"Queue\":\"DEFAULT\",\"Station\":\"OPCON\",\"Text\":\"");
    both("The job is running now.", "The job is running now.");
    put("\"}");
  } else {
    exit(2);
  }
}

/* --- the parsers ------------------------------------------------------------
   Each calls text() for every Text, and sets `status` if there is one. */

static long status;

#ifdef PARSER_AMT
#define AMT_NO_HTTP
#define AMT_IMPLEMENTATION
#include "amt.h"

static int parse(char *p, size_t n)
{
  amt_json       json;
  amt_json_token t;
  char           key[12]; /* longer ones are not wanted */
  size_t         used, end, key_len = 0;
  int            e, wanted = 0;
  memset(&json, 0, sizeof json);
  for (; n > 0; p += end, n -= end) {
    size_t at = 0;
    end = n < PIECE ? n : PIECE;
    while ((e = amt_json_next(&json, p + at, end - at, &used, &t)) != 0) {
      if (e < 0) return 0;
      at += used;
      if (e == AMT_JSON_KEY) {
        if (t.first) key_len = 0;
        if (t.len < sizeof key - key_len) {
          memcpy(key + key_len, t.text, t.len);
          key_len += t.len;
        } else {
          key_len = sizeof key;
        }
        wanted = 0;
        if (key_len == 4 && memcmp(key, "Text", 4) == 0)
          wanted = AMT_JSON_STRING;
        if (key_len == 6 && memcmp(key, "Status", 6) == 0)
          wanted = AMT_JSON_NUMBER;
      } else if (e == wanted && e == AMT_JSON_STRING) {
        text(t.text, t.len);
      } else if (e == wanted && t.first && t.last) {
        int32_t v;
        if (amt_json_int32(t.text, t.len, &v) != 0) return 0;
        status = v;
      }
    }
  }
  return amt_json_end(&json, &t) == 0;
}
#endif

#ifdef PARSER_CJSON
#include <cjson/cJSON.h>

static void cjson_object(const cJSON *o)
{
  const cJSON *t = cJSON_GetObjectItemCaseSensitive(o, "Text");
  const cJSON *s = list ? NULL : cJSON_GetObjectItemCaseSensitive(o, "Status");
  if (t != NULL) text(t->valuestring, strlen(t->valuestring));
  if (s != NULL) status = s->valueint;
}

static int parse(char *p, size_t n)
{
  cJSON       *doc = cJSON_ParseWithLength(p, n);
  const cJSON *o;
  if (doc == NULL) return 0;
  if (list)
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(doc, "Messages"))
      cjson_object(o);
  else cjson_object(doc);
  cJSON_Delete(doc);
  return 1;
}
#endif

#ifdef PARSER_JANSSON
#include <jansson.h>

static void jansson_object(const json_t *o)
{
  const json_t *t = json_object_get(o, "Text");
  const json_t *s = list ? NULL : json_object_get(o, "Status");
  if (t != NULL) text(json_string_value(t), json_string_length(t));
  if (s != NULL) status = (long)json_integer_value(s);
}

static int parse(char *p, size_t n)
{
  json_t *doc = json_loadb(p, n, 0, NULL), *o;
  size_t  i;
  if (doc == NULL) return 0;
  if (list)
    json_array_foreach(json_object_get(doc, "Messages"), i, o)
      jansson_object(o);
  else jansson_object(doc);
  json_decref(doc);
  return 1;
}
#endif

#ifdef PARSER_JSONC
#include <json-c/json.h>

static void jsonc_object(struct json_object *o)
{
  struct json_object *m;
  if (json_object_object_get_ex(o, "Text", &m))
    text(json_object_get_string(m), (size_t)json_object_get_string_len(m));
  if (!list && json_object_object_get_ex(o, "Status", &m))
    status = json_object_get_int(m);
}

static int parse(char *p, size_t n)
{
  struct json_tokener *tok = json_tokener_new();
  struct json_object  *doc = json_tokener_parse_ex(tok, p, (int)n), *m;
  size_t               i;
  json_tokener_free(tok);
  if (doc == NULL) return 0;
  if (!list) jsonc_object(doc);
  else if (json_object_object_get_ex(doc, "Messages", &m))
    for (i = 0; i < json_object_array_length(m); i++)
      jsonc_object(json_object_array_get_idx(m, i));
  json_object_put(doc);
  return 1;
}
#endif

#ifdef PARSER_YAJL
#include <yajl/yajl_parse.h>

static int yajl_wanted;

static int yajl_key(void *ctx, const unsigned char *p, size_t n)
{
  (void)ctx;
  yajl_wanted = n == 4 && memcmp(p, "Text", 4) == 0 ? 1
              : n == 6 && memcmp(p, "Status", 6) == 0 ? 2 : 0;
  return 1;
}
static int yajl_string(void *ctx, const unsigned char *p, size_t n)
{
  (void)ctx;
  if (yajl_wanted == 1) text((const char *)p, n);
  return 1;
}
static int yajl_integer(void *ctx, long long v)
{
  (void)ctx;
  if (yajl_wanted == 2) status = (long)v;
  return 1;
}

static int parse(char *p, size_t n)
{
  static const yajl_callbacks calls = { NULL, NULL, yajl_integer, NULL, NULL,
    yajl_string, NULL, yajl_key, NULL, NULL, NULL };
  yajl_handle h = yajl_alloc(&calls, NULL, NULL);
  size_t      end;
  int         good = 1;
  for (; n > 0 && good; p += end, n -= end) {
    end = n < PIECE ? n : PIECE;
    good = yajl_parse(h, (unsigned char *)p, end) == yajl_status_ok;
  }
  good = good && yajl_complete_parse(h) == yajl_status_ok;
  yajl_free(h);
  return good;
}
#endif

#ifdef PARSER_YYJSON
#include <yyjson.h>

static void yyjson_object(yyjson_val *o)
{
  yyjson_val *t = yyjson_obj_get(o, "Text");
  yyjson_val *s = list ? NULL : yyjson_obj_get(o, "Status");
  if (t != NULL) text(yyjson_get_str(t), yyjson_get_len(t));
  if (s != NULL) status = (long)yyjson_get_int(s);
}

static int parse(char *p, size_t n)
{
  yyjson_doc *doc = yyjson_read(p, n, 0);
  yyjson_val *o;
  size_t      i, max;
  if (doc == NULL) return 0;
  if (list)
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "Messages"), i,
                       max, o)
      yyjson_object(o);
  else yyjson_object(yyjson_doc_get_root(doc));
  yyjson_doc_free(doc);
  return 1;
}
#endif

#ifdef PARSER_SIMDJSON
int simdjson_parse(const char *p, size_t n, int is_list, long *status,
                   void (*text)(const char *p, size_t n));

static int parse(char *p, size_t n)
{
  return simdjson_parse(p, n, list, &status, text);
}
#endif

#ifdef PARSER_JSMN
#define JSMN_STATIC
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/* For jsmn: decodes escapes. The inputs are valid. */
static void text_raw(const char *p, size_t n)
{
  static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
  size_t i = 0;
  if (text == text_counted) {
    text(p, n);
    return;
  }
  while (i < n) {
    char     hex[5] = "", u[4];
    unsigned c, low, len = 0;
    if (p[i] != '\\') {
      text(p + i++, 1);
    } else if (p[i + 1] != 'u') {
      text(&bytes[strchr(names, p[i + 1]) - names], 1);
      i += 2;
    } else {
      memcpy(hex, p + i + 2, 4), i += 6;
      c = (unsigned)strtoul(hex, NULL, 16);
      if (c >> 10 == 0x36) { /* a high surrogate */
        memcpy(hex, p + i + 2, 4), i += 6;
        low = (unsigned)strtoul(hex, NULL, 16);
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        u[len++] = (char)(0xF0 | c >> 18);
        u[len++] = (char)(0x80 | (c >> 12 & 63));
        u[len++] = (char)(0x80 | (c >> 6 & 63));
      } else if (c >= 0x800) {
        u[len++] = (char)(0xE0 | c >> 12);
        u[len++] = (char)(0x80 | (c >> 6 & 63));
      } else if (c >= 0x80) {
        u[len++] = (char)(0xC0 | c >> 6);
      }
      u[len] = (char)(len ? 0x80 | (c & 63) : c), len++;
      text(u, len);
    }
  }
}

static int parse(char *p, size_t n)
{
  static jsmntok_t token[OBJECTS * 7 + 10];
  jsmn_parser      parser;
  int              i, count;
  jsmn_init(&parser);
  count = jsmn_parse(&parser, p, n, token, sizeof token / sizeof *token);
  for (i = 1; i < count; i++) {
    const jsmntok_t *t = &token[i];
    if (t->type != JSMN_STRING || t->size != 1) continue;
    if (t->end - t->start == 4 && memcmp(p + t->start, "Text", 4) == 0)
      text_raw(p + t[1].start, (size_t)(t[1].end - t[1].start));
    if (t->end - t->start == 6 && memcmp(p + t->start, "Status", 6) == 0)
      status = strtol(p + t[1].start, NULL, 10);
  }
  return count > 0;
}
#endif

/* callgrind counts here: --toggle-collect=counted. */
__attribute__((noinline)) int counted(char *p, size_t n)
{
  return parse(p, n);
}

int main(int argc, char **argv)
{
  static char work[sizeof input];
  uint64_t    sum, bytes;
  int         count, check;
  if (argc != 3) return 2;
  text = text_checked;
  generate(argv[1]);
  sum = texts_sum, bytes = texts_bytes;
  if (strcmp(argv[2], "print") == 0)
    return fwrite(input, 1, input_len, stdout) != input_len;
  check = strcmp(argv[2], "check") == 0;
  if (!check) text = text_counted;
  for (count = check ? 1 : atoi(argv[2]); count > 0; count--) {
    memcpy(work, input, input_len); /* ours decodes in place */
    texts_sum = texts_bytes = 0, status = -1;
    if (!counted(work, input_len)) return 1;
    if (check ? texts_sum != sum || texts_bytes != bytes : texts_bytes == 0)
      return 1;
    if (strcmp(argv[1], "status") == 0 && status != 2) return 1;
  }
  printf("%lu\n", (unsigned long)input_len);
  return 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
