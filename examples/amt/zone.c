/* zone.c - the interface through which a link-local server is reached. */

#include "zone.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

/* "%25eth0" in a URL, "%eth0" as other programs print it. */
static size_t before_name(const char *percent, const char *end)
{
  return strncmp(percent, "%25", 3) == 0 && percent + 3 < end ? 3 : 1;
}

/* With "%2D" for '-' and the like, as URLs have it. */
static void unescape(char *to, const char *from, size_t n)
{
  const char *end = from + n;
  for (; from < end; from++) {
    int high = -1, low = -1;
    if (*from == '%' && end - from > 2)
      high = hex_value(from[1]), low = hex_value(from[2]);
    if (high >= 0 && low >= 0) from += 2;
    *to++ = high >= 0 && low >= 0 ? (char)(high << 4 | low) : *from;
  }
  *to = 0;
}

/* Where the host begins, if it is an address in brackets; or NULL. A path may
   have brackets, too. */
static const char *bracket(const char *t)
{
  const char *scheme = strstr(t, "://");
  if (scheme != NULL) t = scheme + 3;
  return *t == '[' ? t : NULL;
}

const char *take_zone(const char *t, const char **plain, uint32_t *zone)
{
  static char copy[PATHS], fault[WORDS];
  char        name[64];
  const char *open = bracket(t), *end, *percent, *from;
  size_t      n;
  *plain = t;
  *zone = 0;
  if (open == NULL || (end = strchr(open, ']')) == NULL) return NULL;
  percent = (const char *)memchr(open, '%', (size_t)(end - open));
  if (percent == NULL) return NULL;
  from = percent + before_name(percent, end);
  n = (size_t)(end - from);
  if (n >= sizeof name || strlen(t) >= sizeof copy)
    return "its zone, or all of it, is too long";
  unescape(name, from, n);
  *zone = net_zone(name);
  if (*zone == 0)
    return text(fault, sizeof fault, "this machine has no interface '%s'; %s",
                name, zone_cure);
  memcpy(copy, t, (size_t)(percent - t));
  strcpy(copy + (percent - t), end);
  *plain = copy;
  return NULL;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
