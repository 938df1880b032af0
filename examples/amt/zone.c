/* zone.c - addresses that are valid on one link or this machine only. */

#include "zone.h"
#include "chars.h"
#include "encodings.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

/* "%25eth0" in a URL, "%eth0" as other programs print it. */
static size_t before_name(const char *percent, const char *end)
{
  return strncmp(percent, "%25", 3) == 0 && percent + 3 < end ? 3 : 1;
}

/* Where the host begins, if it is an address in brackets; or NULL. A path may
   have brackets, too. */
static const char *bracket(const char *t)
{
  const char *scheme = strstr(t, "://");
  if (scheme != NULL) t = scheme + 3;
  return *t == '[' ? t : NULL;
}

/* fe80::/10: each link has such addresses. */
static int is_link_local(const char *t, const char *end)
{
  amt_address a;
  return amt_address_parse(&a, t, (size_t)(end - t)) && a.len == 16 &&
         a.ip[0] == 0xFE && (a.ip[1] & 0xC0) == 0x80;
}

int is_loopback(const amt_address *a)
{
  return a->len == 4 ? a->ip[0] == 127
       : memcmp(a->ip, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0;
}

/* The number of the zone that p names, or 0, with what is wrong with it. */
static uint32_t zone_of(const char *p, size_t n, const char **fault)
{
  static char words[WORDS];
  char        name[64];
  uint32_t    zone;
  *fault = "its zone is too long";
  if (n >= sizeof name) return 0;
  n = url_decode(name, p, n, 0);
  *fault = "its zone has control characters, or is no UTF-8";
  if (plain_run(name, n, ' ') != n) return 0;
  zone = net_zone(name);
  *fault = zone != 0 ? NULL :
           text(words, sizeof words, "this machine has no interface '%s'; %s",
                name, zone_cure);
  return zone;
}

const char *take_zone(const char *t, const char **plain, uint32_t *zone)
{
  static char copy[PATHS], words[WORDS];
  const char *open = bracket(t), *end, *percent, *from, *fault;
  *plain = t;
  *zone = 0;
  if (open == NULL || (end = strchr(open, ']')) == NULL) return NULL;
  percent = (const char *)memchr(open, '%', (size_t)(end - open));
  if (percent == NULL)
    return !is_link_local(open + 1, end) ? NULL :
           text(words, sizeof words, "a link-local address without its zone, "
                "the interface that leads there; %s", zone_cure);
  if (strlen(t) >= sizeof copy) return "it is too long";
  from = percent + before_name(percent, end);
  *zone = zone_of(from, (size_t)(end - from), &fault);
  memcpy(copy, t, (size_t)(percent - t));
  strcpy(copy + (percent - t), end);
  *plain = copy;
  return fault;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
