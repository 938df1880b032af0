/* json_tokens [-n BYTES]: reads standard input in pieces of BYTES bytes (4096)
   and prints each JSON token on a line: its offset, what it is, its text.

     $ printf '{"a": [1, "\\u00e9"]}' | json_tokens -n 1
     0 {
     1 key "a"
     6 [
     7 number 1
     ...

   The tokenizer of amt.h alone, in portable C. It takes whatever has arrived,
   keeps a few dozen bytes of state, and needs no memory for the text. So the
   tokens do not depend on BYTES, and a string may be larger than memory.

   Exit status 0 if the input was exactly one valid JSON text; otherwise 1, and
   standard error has the offset and the reason. A string or number that has
   the error in it may be printed in part. */

#define AMT_IMPLEMENTATION
#define AMT_NO_HTTP
#include "amt.h"
#include <stdio.h>

#define PIECE_MAX (1u << 20)

static int fail(const char *where, const char *why)
{
  fprintf(stderr, "json_tokens: %s: %s\n", where, why);
  return 1;
}

/* Prints a piece of text without the quotes of amt_json_put_string, in parts of
   64 bytes at most, which end where a character ends. A part becomes 6 * 64
   bytes at most, and the quotes: so a small buffer is enough. */
static void put_escaped(const char *text, size_t len)
{
  char buf[6 * 64 + 2];
  while (len > 0) {
    size_t  n = len < 64 ? len : 64;
    amt_window o;
    amt_window_init(&o, buf, sizeof buf, 0);
    while (n < len && ((unsigned char)text[n] & 0xC0u) == 0x80u) n--;
    amt_json_put_string(&o, text, n);
    fwrite(buf + 1, 1, o.len - 2, stdout);
    text += n, len -= n;
  }
}

/* Strings, keys and numbers may come in pieces: the first begins the line, the
   last ends it. Other tokens come whole. */
static void print(int type, const amt_json *json, const amt_json_token *t)
{
  static const char *const name[] = {"", "{", "}", "[", "]", "key \"",
    "string \"", "number ", "true", "false", "null"};
  int text = type == AMT_JSON_KEY || type == AMT_JSON_STRING;
  if (!text && type != AMT_JSON_NUMBER) {
    printf("%lu %s\n", (unsigned long)json->start, name[type]);
    return;
  }
  if (t->first) printf("%lu %s", (unsigned long)json->start, name[type]);
  put_escaped(t->text, t->len);
  if (t->last) fputs(text ? "\"\n" : "\n", stdout);
}

int main(int argc, char **argv)
{
  static char    piece[PIECE_MAX];
  amt_json       json = {0}; /* zeroed is the start */
  amt_json_token token = {"", 0, 0, 0};
  uint64_t       size = 4096;
  size_t         n, at, used;
  int            type = AMT_JSON_MORE;

  if (argc != 1 && (argc != 3 || strcmp(argv[1], "-n") != 0))
    return fail("usage", "json_tokens [-n BYTES] <TEXT");
  if (argc == 3 && (amt_json_uint64(argv[2], strlen(argv[2]), &size) != 0 ||
                    size == 0))
    return fail(argv[2], "-n takes a number of bytes, from 1");
  if (size > PIECE_MAX) size = PIECE_MAX; /* the tokens are the same */

  while (type >= 0 && (n = fread(piece, 1, (size_t)size, stdin)) > 0) {
    for (at = 0; at < n; at += used) {
      type = amt_json_next(&json, piece + at, n - at, &used, &token);
      if (type <= 0) break;
      print(type, &json, &token);
    }
  }
  /* A number at the end is known to be whole only now. */
  while (type >= 0 && (type = amt_json_end(&json, &token)) > 0)
    print(type, &json, &token);

  if (fflush(stdout) != 0 || ferror(stdout))
    return fail("standard output", "could not be written");
  if (ferror(stdin)) return fail("standard input", "could not be read");
  if (type == 0) return 0;
  fprintf(stderr, "json_tokens: byte %lu: %s\n", (unsigned long)json.offset,
          amt_error(type));
  return 1;
}
/* SPDX-License-Identifier: MIT OR Unlicense */
