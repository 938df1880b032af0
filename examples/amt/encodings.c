/* encodings.c - hexadecimal, Base64, percent escapes, JSON; and a checksum. */

#include "encodings.h"
#include "library.h"
#include <string.h>

uint64_t checksum(uint64_t sum, const void *p, size_t n)
{
  const unsigned char *b = (const unsigned char *)p;
  if (sum == 0) sum = 0xCBF29CE484222325u;
  while (n-- > 0) sum = (sum ^ *b++) * 0x100000001B3u;
  return sum;
}

char *hex_digits(char to[17], uint64_t value)
{
  int i;
  for (i = 16; i-- > 0; value >>= 4) to[i] = "0123456789abcdef"[value & 15u];
  to[16] = 0;
  return to;
}

const char base64[] =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t url_decode(char *to, const char *p, size_t n, int plus)
{
  size_t i, len = 0;
  for (i = 0; i < n; i++) {
    int high = -1, low = -1;
    if (p[i] == '%' && i + 2 < n)
      high = hex_value(p[i + 1]), low = hex_value(p[i + 2]);
    if (high >= 0 && low >= 0) to[len++] = (char)(high << 4 | low), i += 2;
    else to[len++] = (char)(plus && p[i] == '+' ? ' ' : p[i]);
  }
  to[len] = 0;
  return len;
}

char *unquote(char *from)
{
  amt_json       json;
  amt_json_token piece;
  char          *p = from, *to = from;
  size_t         used;
  memset(&json, 0, sizeof json);
  do {
    int e = amt_json_next(&json, p, strlen(p), &used, &piece);
    if (e != AMT_JSON_STRING || memchr(piece.text, 0, piece.len)) return NULL;
    memmove(to, piece.text, piece.len);
    to += piece.len, p += used;
  } while (!piece.last);
  *to = 0;
  return p > to ? p : NULL;
}

char *pin_text(char to[65], const uint8_t *key)
{
  size_t i;
  for (i = 0; i < 32; i++) {
    to[2 * i] = "0123456789abcdef"[key[i] >> 4];
    to[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
  }
  to[64] = 0;
  return to;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
