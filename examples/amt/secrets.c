/* secrets.c - the credentials, and the texts that may repeat them.

   A server may repeat a secret in any text. So each text goes through a filter
   before it is cut or shown. The password, the token, and the password as Basic
   sends it become "***", even if they are written with JSON's escapes. What may
   be the beginning of a secret is held until that is known. */

#include "secrets.h"
#include "config.h"
#include "encodings.h"
#include "mask.h"
#include "session.h"
#include "text.h"
#include "tls.h"
#include "trace.h"
#include <string.h>

char password[PASSWORD], token[TOKEN];
char basic[2 * PASSWORD * 4 / 3 + 8];

void wipe_secrets(void)
{
  config_wipe();
  wipe(buffer, sizeof buffer);
  tap_wipe();
  mask_wipe();
  wipe(password, sizeof password);
  wipe(token, sizeof token);
  wipe(basic, sizeof basic);
  tls_wipe();
}

enum { FEW = 3 }; /* a shorter secret is not hidden */

static const char *const secrets[] = { password, token, basic, NULL };

/* The character at p, without escapes, in `to`. Returns its length there; *used
   is its length at p. 0: its bytes have not all come yet. */
static size_t secret_char(const char *p, size_t n, int json, char to[16],
                          size_t *used)
{
  size_t len;
  for (len = 2; json && *p == '\\' && len <= 12; len += len == 2 ? 4 : 6) {
    if (len > n) return 0;
    *to = '"';
    memcpy(to + 1, p, len);
    memcpy(to + 1 + len, "\"", 2);
    *used = len;
    if (unquote(to) != NULL) return strlen(to);
  }
  *to = *p;
  *used = 1;
  return 1;
}

/* Compares the text at p with the beginning of a secret. *seen bytes of the
   secret are equal to *used bytes of the text. 1: that is enough; 0: they
   differ; -1: too few bytes have come to tell. */
static int compare(const char *p, size_t n, const char *secret, int json,
                   size_t *seen, size_t *used)
{
  *seen = *used = 0;
  while (secret[*seen] != 0 && *seen < ENOUGH) {
    char   c[16];
    size_t len = 0, m = 0;
    if (*used < n) m = secret_char(p + *used, n - *used, json, c, &len);
    if (m == 0) return -1;
    if (strncmp(secret + *seen, c, m) != 0) return 0;
    *seen += m, *used += len;
  }
  return 1;
}

static int is_secret(const char *t)
{
  int n = 0;
  while (n < FEW && t[n] != 0) n++;
  return n == FEW;
}

/* Bytes at p that belong to the secret that is passing. *wait: the next
   character has not come whole. */
static size_t filter_rest(filter *f, const char *p, size_t n, int *wait)
{
  char   c[16];
  size_t used = 0, m = secret_char(p, n, f->json, c, &used);
  *wait = m == 0;
  if (m > 0 && *f->rest != 0 && strncmp(f->rest, c, m) == 0) {
    f->rest += m;
    return used;
  }
  if (m > 0) f->rest = NULL;
  return 0;
}

/* Hides or puts the first bytes of what is held. Returns how many; 0: wait for
   more. `end`: 1: no more comes; 2: the text was cut here. */
static size_t filter_step(filter *f, const char *p, size_t n, int end)
{
  size_t i, seen, used;
  int    json, wait = 0;
  if (f->rest != NULL) {
    used = filter_rest(f, p, n, &wait);
    if (used > 0 || (wait && !end)) return used;
    f->rest = NULL;
  }
  for (i = 0; secrets[i] != NULL; i++)
    for (json = 0; is_secret(secrets[i]) && json < 2; json++) {
      int found = compare(p, n, secrets[i], json, &seen, &used);
      if (found > 0) f->rest = secrets[i] + seen, f->json = json;
      if (found < 0 && end == 2 && seen >= FEW) found = 1, used = n;
      if (found > 0) {
        f->put("***", 3);
        return used;
      }
      wait |= found < 0;
    }
  if (wait && !end) return 0;
  f->put(p, 1);
  return 1;
}

static void filter_run(filter *f, int end)
{
  size_t at = 0, n = 1;
  while (at < f->len && n > 0) {
    n = filter_step(f, f->held + at, f->len - at, end);
    at += n;
  }
  f->len -= at;
  memmove(f->held, f->held + at, f->len);
}

void filter_put(filter *f, const char *p, size_t n)
{
  while (n > 0) {
    size_t m = sizeof f->held - f->len;
    if (m > n) m = n;
    memcpy(f->held + f->len, p, m);
    f->len += m;
    p += m, n -= m;
    filter_run(f, 0);
  }
}

void filter_end(filter *f, int cut)
{
  filter_run(f, 1 + cut);
  f->rest = NULL;
  wipe(f->held, sizeof f->held);
}

/* Where hide writes. */
static struct { char *to; size_t room; } hidden;

static void hidden_put(const char *p, size_t n)
{
  if (n >= hidden.room) return;
  memcpy(hidden.to, p, n);
  hidden.to += n, hidden.room -= n;
}

char *hide(char *to, size_t room, const char *from, int cut)
{
  static filter f = { hidden_put, NULL, 0, 0, "" };
  hidden.to = to, hidden.room = room;
  filter_put(&f, from, strlen(from));
  filter_end(&f, cut);
  *hidden.to = 0;
  return to;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
