/* values.c - what options say, as numbers, lists and keys. */

#include "values.h"
#include "encodings.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include <string.h>

int milliseconds(const char *t, uint32_t *ms)
{
  uint32_t value = 0, unit = 1000;
  int      digits = 0, fraction = 0;
  for (; *t != 0; t++) {
    if (*t == '.' && !fraction) {
      fraction = 1;
      continue;
    }
    if (*t < '0' || *t > '9') return 0;
    digits = 1;
    if (fraction) unit /= 10;
    else if (value > 2000000u * 100u) return 0;
    if (fraction) value += unit * (uint32_t)(*t - '0');
    else value = value * 10 + (uint32_t)(*t - '0') * 1000;
    if (value > 2000000u * 1000u) return 0;
  }
  *ms = value == 0 ? AMT_ZERO : value;
  return digits;
}

int bytes_of(const char *t, uint64_t *bytes)
{
  static const char units[] = "kMG";
  size_t      n = strspn(t, "0123456789");
  const char *unit = t[n] != 0 ? strchr(units, t[n]) : NULL;
  unsigned    shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
  if (amt_json_uint64(t, n, bytes) != 0 || *bytes == 0) return 0;
  if (t[n] != 0 && (unit == NULL || t[n + 1] != 0)) return 0;
  if (*bytes > UINT64_MAX >> shift) return 0;
  *bytes <<= shift;
  return 1;
}

int add_lines(list *l, const char *name, char *value)
{
  for (;;) {
    size_t n = strcspn(value, "\n");
    char  *next = value[n] != 0 ? value + n + 1 : NULL;
    value[n] = 0;
    if (n > 0 && value[n - 1] == '\r') value[n - 1] = 0;
    if (l->count == LIST)
      return wrong(EXIT_USAGE, name, "more than %d of them; pass the rest in a "
                   "file that the job reads", LIST);
    if (*value != 0) l->text[l->count++] = value;
    if (next == NULL || *next == 0) return 0;
    value = next;
  }
}

int take_environment(const char *name, char *to, size_t room)
{
  static const char *const line_ends[] = { "", "\n", "\r\n", "\r", NULL };
  const char *value = either(environment(name), "");
  size_t      n;
  *to = 0;
  if (strlen(value) >= room)
    return wrong(EXIT_CONFIG, name, "longer than %u bytes",
                 (unsigned)(room - 1));
  if (!amt_utf8(value, strlen(value)))
    return wrong(EXIT_CONFIG, name, "not valid UTF-8");
  n = strcspn(value, "\r\n");
  if (word_in(line_ends, value + n) < 0)
    return wrong(EXIT_CONFIG, name, "a line end is in it; set it to one line");
  memcpy(to, value, n);
  to[n] = 0;
  environment_wipe(name);
  return 0;
}

/* Reads digits of four or six bits each into a key. Returns how many of them
   are right. */
static size_t pin_digits(const char *value, size_t n, uint8_t *key, int each)
{
  unsigned bits = 0, have = 0;
  size_t   i;
  for (i = 0; i < n; i++) {
    const char *in = strchr(base64, value[i]);
    int         digit = in != NULL ? (int)(in - base64) : -1;
    if (each == 4) digit = hex_value(value[i]);
    if (digit < 0) return i;
    bits = bits << each | (unsigned)digit;
    have += (unsigned)each;
    if (have < 8) continue;
    have -= 8;
    *key++ = (uint8_t)(bits >> have);
  }
  return (bits & ((1u << have) - 1)) == 0 ? n : n - 1;
}

int take_pin(const char *name, int status, const char *value)
{
  size_t n = strlen(value), good = 0;
  int    each = n == 64 ? 4 : 6;
  if (opt.pins.count == PINS)
    return wrong(status, name, "more than %d of them; the server's key and "
                 "its next one are enough", PINS);
  if (n == 44 && value[43] == '=') n = 43;
  if (n == 64 || n == 43)
    good = pin_digits(value, n, opt.pins.key[opt.pins.count], each);
  if (n > 0 && good == n) {
    opt.pins.count++;
    return 0;
  }
  if (n > 64 && strchr(value, ':') != NULL)
    return wrong(status, name, "'%s' looks like a certificate's "
                 "fingerprint; a pin is the SHA-256 of the public key in it: "
                 "see the manual", value);
  if (n == 64 || n == 43)
    return wrong(status, name, "'%s' is no SHA-256 in %s: see its "
                 "character %u", value, n == 64 ? "hexadecimal digits"
                 : "Base64", (unsigned)good + 1);
  return wrong(status, name, "'%s' has %u characters; a SHA-256 has 64 "
               "hexadecimal digits, or 44 of Base64, the last one '='", value,
               (unsigned)n);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
