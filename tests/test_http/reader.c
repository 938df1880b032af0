/* reader.c - feeds the parser in pieces and records its results; see http.h. */

#include "http.h"
#include <stdlib.h>

reader first, again;

static struct { const vector *rows; size_t count; } tables[30];
static size_t table_count;

void reader_begin(reader *r)
{
  memset(r->reply, 0xA5, sizeof r->reply);
  r->slot = r->heads = 0;
  r->result = 1;
  r->fed = 0;
  amt_http_reply_init(&r->reply[0]);
  text_clear(&r->seen);
  text_clear(&r->body);
}

void reader_feed(reader *r, const void *bytes, size_t n)
{
  unsigned char *p = edge_copy(bytes, n);
  size_t         at = 0, calls = 0;
  while (r->result == 1) {
    amt_http_reply *from = &r->reply[r->slot], *to = &r->reply[!r->slot];
    size_t          used = n + 1, body = n + 1;
    int             e;
    *to = *from;
    memset(from, 0xA5, sizeof *from);
    r->slot = !r->slot;
    e = amt_http_reply_next(to, p + at, n - at, &used, &body);
    if (used > n - at || body > used) fail_msg("it used more than it was fed");
    if (++calls > 2 * n + 4) fail_msg("the parser makes no progress");
    at += used;
    r->fed += used;
    if (e != AMT_HTTP_BODY && e != AMT_HTTP_FIELD) assert_int_equal(body, 0);
    if (e == AMT_AGAIN) {
      assert_int_equal(at, n);
      return;
    }
    if (e == AMT_HTTP_HEAD) {
      text_add(&r->seen, "%d ", to->status);
      if (++r->heads > 1) fail_msg("two heads");
    } else if (e == AMT_HTTP_FIELD) {
      assert_int_equal(r->heads, 0);
      text_bytes(&r->seen, p + at - body, body);
      if (body == 0) text_add(&r->seen, " ");
    } else if (e == AMT_HTTP_BODY) {
      if (body == 0) fail_msg("an empty piece of a body");
      assert_int_equal(r->heads, 1);
      text_bytes(&r->body, p + at - body, body);
    } else {
      r->result = e;
    }
  }
}

void reader_end(reader *r, size_t n)
{
  const amt_http_reply *reply = &r->reply[r->slot];
  size_t                left = 0;
  if (r->result == 1) r->result = amt_http_reply_eof(reply);
  else if (r->result == AMT_HTTP_END) left = n - r->fed;
  text_add(&r->seen, "[%s] %s", r->body.s, error_name(r->result));
  if (r->result != AMT_HTTP_END) return;
  if (amt_http_reply_keeps(reply) == 1) {
    text_add(&r->seen, " keep");
    if (reply->keep_alive) text_add(&r->seen, "=%u", reply->keep_alive);
  }
  if (reply->retry_after) text_add(&r->seen, " retry=%u", reply->retry_after);
  if (left) text_add(&r->seen, " left=%zu", left);
}

void read_pieces(reader *r, const void *p, size_t n, size_t size)
{
  size_t at;
  reader_begin(r);
  for (at = 0; at < n; at += size)
    reader_feed(r, (const char *)p + at, size < n - at ? size : n - at);
  reader_end(r, n);
}

static void read_three(reader *r, const void *p, size_t n, size_t i, size_t j)
{
  reader_begin(r);
  reader_feed(r, p, i);
  reader_feed(r, (const char *)p + i, j - i);
  reader_feed(r, (const char *)p + j, n - j);
  reader_end(r, n);
}

void read_all_ways(const void *p, size_t n)
{
  size_t i, j;
  read_pieces(&first, p, n, n ? n : 1);
  for (i = 1; i < 8; i++) {
    read_pieces(&again, p, n, i);
    text_same(&again.seen, first.seen.s, "pieces of %zu of %.*s", i,
              (int)(n < 200 ? n : 200), (const char *)p);
  }
  for (i = 0; i <= n; i += n < 2000 || i > n - 300 ? 1 : 97) {
    read_three(&again, p, n, i, i);
    text_same(&again.seen, first.seen.s, "cut at %zu: %.*s", i,
              (int)(n < 200 ? n : 200), (const char *)p);
  }
  for (i = 0; n <= 60 && i <= n; i++)
    for (j = i; j <= n; j++) {
      read_three(&again, p, n, i, j);
      text_same(&again.seen, first.seen.s, "cut at %zu and %zu", i, j);
    }
}

void read_vectors(const vector *v, size_t count)
{
  size_t i;
  for (i = 0; i < count; i++) {
    read_all_ways(v[i].in, v[i].n);
    text_same(&first.seen, v[i].want, "%s", v[i].in);
  }
}

const char *result_only(const char *want)
{
  static char copy[500];
  char       *end;
  strcpy(copy, want);
  end = strstr(copy, "] ");
  assert_non_null(end);
  end = strchr(end + 2, ' ');
  if (end != NULL) *end = 0;
  return copy;
}

void enter_rows(const vector *rows, size_t count)
{
  if (table_count == COUNT(tables)) abort(); /* no test runs that could fail */
  tables[table_count].rows = rows;
  tables[table_count++].count = count;
}

void each_row(int how, void (*read)(const vector *row))
{
  size_t i, k, n = 0;
  for (i = 0; i < table_count; i++)
    for (k = 0; k < tables[i].count; k++) {
      const vector *row = &tables[i].rows[k];
      if ((strstr(row->want, "] END") != NULL) != (how == ENDS_WELL)) continue;
      read(row);
      n++;
    }
  assert_true(n > 0);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
