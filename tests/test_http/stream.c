/* stream.c - a scripted stream in memory, and calls over it; see http.h. */

#include "http.h"

/* 1 if this call must say "not yet" or fail, with *result. */
static int memory_script(memory *m, int op, int *result)
{
  *result = AMT_AGAIN;
  if ((m->fault_on & op) && ++m->calls >= m->fault_at && m->fault_at != 0) {
    *result = m->fault;
    if (m->calls == m->fault_at || m->fault == AMT_AGAIN) {
      m->faults++;
      return 1;
    }
  }
  if (!(m->bold & op) && m->shied[op]++ < m->shy) {
    *result = AMT_AGAIN;
    return 1;
  }
  m->shied[op] = 0;
  return 0;
}

static int memory_open(amt_stream *s, const char *host, size_t host_len,
                       uint16_t port, uint32_t left_ms)
{
  memory *m = (memory *)s;
  int     e;
  assert_int_equal(m->is_open, 0);
  assert_int_equal(host_len, 9);
  assert_memory_equal(host, "127.0.0.1", 9);
  assert_int_equal(port, 8080);
  (void)left_ms;
  if (m->open_never || memory_script(m, ON_OPEN, &e))
    return m->open_never ? AMT_AGAIN : e;
  m->is_open = 1;
  m->opens++;
  m->on_tape = m->taken = m->offered_n = 0;
  return 1;
}

static ptrdiff_t memory_read(amt_stream *s, void *p, size_t n)
{
  memory  *m = (memory *)s;
  int      e, end = AMT_AGAIN;
  unsigned i;
  size_t   left = m->on_tape;
  if (!m->is_open) fail_msg("a read from a closed stream");
  if (n == 0) fail_msg("a read of 0 bytes");
  m->reads++;
  if (memory_script(m, ON_READ, &e)) return e;
  for (i = 0; i < m->tapes; i++) {
    const tape *t = &m->tape[i];
    if (t->connection != m->opens - 1 || t->after > m->taken) continue;
    end = t->end;
    if (left >= t->n) { left -= t->n; continue; }
    if (n > t->n - left) n = t->n - left;
    if (m->read_size != 0 && n > m->read_size) n = m->read_size;
    memcpy(p, t->bytes + left, n);
    m->on_tape += n;
    return (ptrdiff_t)n;
  }
  return end;
}

static ptrdiff_t memory_write(amt_stream *s, const void *p, size_t n)
{
  memory *m = (memory *)s;
  int     e;
  if (!m->is_open) fail_msg("a write to a closed stream");
  if (n == 0) fail_msg("a write of 0 bytes");
  m->writes++;
  if (m->offered_n != 0 &&
      (m->offered_n != n || memcmp(p, m->offered, n) != 0))
    fail_msg("these are not the bytes that were not taken before");
  m->offered_n = 0;
  e = memory_script(m, ON_WRITE, &e) ? e
      : m->room != 0 && m->taken >= m->room ? m->full
                                            : 1;
  if (e <= 0) {
    if (n > sizeof m->offered) fail_msg("too long for a test");
    memcpy(m->offered, p, n);
    if (e == AMT_AGAIN) m->offered_n = n;
    if (e == AMT_AGAIN || !m->pushes) return e;
  }
  if (m->write_size != 0 && n > m->write_size) n = m->write_size;
  if (m->room != 0 && n > m->room - m->taken) n = m->room - m->taken;
  if (n > sizeof m->sent - m->sent_n) fail_msg("too long for a test");
  memcpy(m->sent + m->sent_n, p, n);
  m->sent_n += n;
  m->taken += n;
  return e < 0 ? e : (ptrdiff_t)n;
}

static void memory_close(amt_stream *s)
{
  memory *m = (memory *)s;
  if (m->is_open) m->closes++, m->aborts += s->abort != 0;
  m->is_open = 0;
}

static int memory_wait(amt_stream *s, int want, uint32_t ms)
{
  memory *m = (memory *)s;
  (void)ms;
  m->waits++;
  m->want = want;
  return m->wait_result;
}

const amt_stream_ops memory_ops = {
  .open = memory_open, .read = memory_read, .write = memory_write,
  .close = memory_close, .wait = memory_wait
};

memory         mem;
amt_http_conn  conn;
amt_url        url;
uint32_t       now, step;
size_t         buf_size, request_body;
unsigned char *buf;
text           saw;

void tape_add(unsigned connection, size_t after, const char *bytes, size_t n,
              int end)
{
  tape *t = &mem.tape[mem.tapes++];
  assert_true(mem.tapes <= COUNT(mem.tape));
  t->connection = connection;
  t->after = after;
  t->bytes = bytes;
  t->n = n;
  t->end = end;
}

void mem_fault(int on, unsigned n, int result)
{
  mem.fault_on = on;
  mem.fault_at = n;
  mem.fault = result;
  mem.calls = 0;
}

void begin_test(void)
{
  memset(&mem, 0, sizeof mem);
  memset(&conn, 0, sizeof conn);
  mem.stream.ops = &memory_ops;
  conn.stream = &mem.stream;
  assert_int_equal(amt_url_parse(&url, "http://127.0.0.1:8080/x"), 0);
  now = 1000;
  step = 1;
  buf_size = 1024;
  request_body = 0;
}

void put_request(amt_window *o)
{
  static const char some[] = "abcdefghijklmnopqrstuvwxyz0123456789,";
  size_t            i, n = sizeof some - 1;
  amt_http_put_line(o, request_body ? "POST" : "GET", &url, url.path,
                    url.path_len);
  amt_http_put_end(o, request_body ? request_body : AMT_HTTP_NO_BODY);
  for (i = 0; i < request_body; i += n)
    amt_put(o, some, request_body - i < n ? request_body - i : n);
}

size_t request_size(void)
{
  amt_window o;
  amt_window_init(&o, NULL, 0, 0);
  put_request(&o);
  return o.total;
}

int call_step(void)
{
  unsigned reads = mem.reads;
  int      e = amt_http_poll(&conn, &url, buf, buf_size, now);
  edge_check();
  if (mem.reads > reads + 1) fail_msg("received more than once in a poll");
  if (e == AMT_AGAIN) {
    if (conn.have != conn.at) fail_msg("AGAIN, but bytes lie in the buffer");
    memset(buf, 0xDD, buf_size); /* others may use it */
  }
  if (e == AMT_HTTP_SEND) {
    amt_window o;
    amt_window_init(&o, (char *)buf, buf_size, conn.sent);
    put_request(&o);
    e = amt_http_send(&conn, &o, now);
    if (e == AMT_AGAIN && conn.have == conn.at) memset(buf, 0xDD, buf_size);
  }
  if (e < 0) assert_int_equal(conn.state, AMT_CONN_CLOSED);
  assert_int_equal(mem.is_open, conn.state != AMT_CONN_CLOSED &&
                                  conn.state != AMT_CONN_OPENING);
  return e;
}

int call_on(void)
{
  static text body;
  int         e;
  unsigned    steps = 0;
  text_clear(&saw);
  text_clear(&body);
  buf = edge_new(buf_size);
  memset(buf, 0xDD, buf_size);
  do {
    e = call_step();
    if (e == AMT_HTTP_HEAD) text_add(&saw, "%d ", conn.reply.status);
    if (e == AMT_HTTP_BODY || e == AMT_HTTP_FIELD) {
      if ((conn.len == 0 && e == AMT_HTTP_BODY) || conn.data < buf ||
          conn.data + conn.len > buf + buf_size)
        fail_msg("a piece lies outside the buffer");
      text_bytes(e == AMT_HTTP_BODY ? &body : &saw, conn.data, conn.len);
      if (conn.len == 0) text_add(&saw, " ");
    }
    if (e == AMT_AGAIN) now += step;
    if (++steps > 2000000) fail_msg("the call does not end");
  } while (e >= 0 && e != AMT_HTTP_END);
  text_add(&saw, "[%s] %s", body.s, error_name(e));
  return e;
}

void call_begin(void)
{
  buf = edge_new(buf_size);
  amt_http_begin(&conn, now, 0);
}

void call_send(void)
{
  call_begin();
  while (conn.state != AMT_CONN_RECEIVING) call_step();
}

int call(void)
{
  amt_http_begin(&conn, now, 0);
  return call_on();
}

void check_sent(size_t times, size_t part)
{
  static char want[20000];
  amt_window o;
  amt_window_init(&o, want, sizeof want, 0);
  size_t      i;
  put_request(&o);
  assert_int_equal(mem.sent_n, times * o.total + part);
  for (i = 0; i < times; i++)
    assert_memory_equal(mem.sent + i * o.total, want, o.total);
  assert_memory_equal(mem.sent + times * o.total, want, part);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
