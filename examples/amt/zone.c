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
  url_decode(name, from, n, 0);
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
