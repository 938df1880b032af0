/* The small job that quality.md's peers are measured on, on a stream of our
   own: build a POST, parse its reply (Content-Length or chunked), read an
   integer and a string out of its JSON, whatever their lengths, through a
   128-byte buffer. With EMPTY it is the main that is subtracted. */
#define AMT_IMPLEMENTATION
#include "amt.h"
#include "amt_http.h"
/* The board's own; they count nothing. */
size_t board_send(const char *p, size_t n);
size_t board_receive(char *p, size_t n);

#ifdef EMPTY
static char buf[128];
int main(void)
{
  return (int)(board_send(buf, sizeof buf) + board_receive(buf, sizeof buf));
}
#else
typedef struct reading {
  amt_json json;
  int32_t  status;
  char     id[32];
  uint8_t  id_len, field;
} reading;

static const char body[] = "{\"ApplicationName\":\"DEMO2\",\"JobName\":\"R1\"}";

static void send_request(char *buf, size_t size)
{
  amt_url url = { "amt.example.com", "/", 15, 1, 42000, 0, 0 };
  amt_out o;
  size_t  from = 0;
  do {
    o = amt_out_window(buf, size, from);
    amt_http_put_line(&o, "POST", &url, "/OpConJobAction", 15);
    amt_http_put_header(&o, "Content-Type", "application/json");
    amt_http_put_end(&o, sizeof body - 1);
    amt_put(&o, body, sizeof body - 1);
    from += board_send(buf, o.len);
  } while (from < o.total);
}

static int same(const char *text, const char *name)
{
  while (*name != 0 && *name == *text) name++, text++;
  return *name == 0;
}

static int read_body(reading *r, char *p, size_t n)
{
  amt_json_token t;
  size_t used;
  int e;
  for (; (e = amt_json_next(&r->json, p, n, &used, &t)) > 0;
       p += used, n -= used) {
    if (e == AMT_JSON_KEY)
      r->field = t.len == 6 && same(t.text, "Status") ? 1
               : t.len == 2 && same(t.text, "Id") ? 2 : 0;
    else if (e == AMT_JSON_NUMBER && r->field == 1)
      e = amt_json_int32(t.text, t.len, &r->status);
    else if (e == AMT_JSON_STRING && r->field == 2 &&
             t.len < sizeof r->id - r->id_len) {
      while (t.len-- > 0) r->id[r->id_len++] = *t.text++;
    }
  }
  return e;
}

int main(void)
{
  static char buf[128];
  static reading r;
  static amt_http_reply reply;
  send_request(buf, sizeof buf);
  amt_http_reply_init(&reply);
  for (;;) {
    size_t n = board_receive(buf, sizeof buf), at = 0, used, len;
    int    e;
    if (n == 0) return amt_http_reply_eof(&reply);
    while (at < n) {
      e = amt_http_reply_next(&reply, buf + at, n - at, &used, &len);
      if (e == AMT_HTTP_BODY && read_body(&r, buf + at + used - len, len) < 0)
        return -1;
      if (e < 0) return e;
      if (e == AMT_HTTP_END) return (int)r.status + r.id[0];
      at += used;
    }
  }
}
#endif
