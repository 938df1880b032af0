/* mask.c - which bytes of an HTTP text are secret, and stars in their place.

   A value is a secret for one of three reasons: its name says so (headers,
   cookies, members of JSON, of forms and queries, elements of XML); it looks
   like a token, and is in the reply to a sign-in; or it equals a secret found
   before. So a token can still be followed: it is the same number of stars
   wherever it goes. */

#include "mask.h"
#include "encodings.h"
#include "secret_words.h"
#include "text.h"
#include <string.h>

enum { KNOWN = 32, KEPT = 2048, /* secrets, and how many bytes of each */
       SHORT = 3,   /* a shorter secret is not looked for elsewhere */
       TOKENS = 8,  /* the same, if only its place is suspicious */
       NAME = 48 };

int mask_people;

static struct { char text[KEPT]; size_t len; uint8_t longer; } known[KNOWN];
static unsigned known_count; /* found so far; a new one replaces the oldest */
static uint8_t  begins[256]; /* bytes that a known secret may begin with */

/* --- one character, however it is written --------------------------------- */

static size_t escaped_char(const char *p, size_t n, char to[4])
{
  static const char from[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
  const char *in;
  char        quoted[9] = "\"";
  if (n < 2 || *p != '\\' || p[1] == 0) return 0;
  in = strchr(from, p[1]);
  if (in != NULL) {
    *to = means[in - from];
    return 2;
  }
  if (p[1] != 'u' || n < 6) return 0;
  memcpy(quoted + 1, p, 6);
  memcpy(quoted + 7, "\"", 2);
  if (unquote(quoted) == NULL) return 0;
  memcpy(to, quoted, 4);
  return 6;
}

static size_t percent_char(const char *p, size_t n, char to[4])
{
  *to = ' ';
  if (*p == '+') return 1;
  if (n < 3 || *p != '%' || hex_value(p[1]) < 0 || hex_value(p[2]) < 0)
    return 0;
  *to = (char)(hex_value(p[1]) * 16 + hex_value(p[2]));
  return 3;
}

/* Decodes one character into `to`. The bytes it took, or 0. */
typedef size_t (*spelling)(const char *p, size_t n, char to[4]);

static size_t decoded(char to[KEPT], const char *p, size_t n, spelling how,
                      int *cut)
{
  size_t i = 0, len = 0;
  while (i < n && len + 4 <= KEPT) {
    char   c[4] = { 0, 0, 0, 0 };
    size_t used = how != NULL ? how(p + i, n - i, c) : 0;
    size_t size = used > 1 && c[0] != 0 ? strlen(c) : 1;
    if (used == 0) used = 1, c[0] = p[i];
    memcpy(to + len, c, size);
    len += size, i += used;
  }
  *cut = i < n;
  return len;
}

/* Bytes that the secret takes at p, however it is written, or 0. */
static size_t match(const char *p, size_t n, const char *secret, size_t len)
{
  static const spelling ways[] = { percent_char, escaped_char };
  size_t at = 0, i = 0;
  while (at < len) {
    size_t used = 0, size = 1;
    int    way;
    if (i >= n) return 0;
    if (p[i] == secret[at]) used = 1;
    for (way = 0; used == 0 && way < 2; way++) {
      char c[4] = { 0, 0, 0, 0 };
      used = ways[way](p + i, n - i, c);
      size = *c != 0 ? strlen(c) : 1;
      if (size > len - at || memcmp(c, secret + at, size) != 0) used = 0;
    }
    if (used == 0) return 0;
    at += size, i += used;
  }
  return i;
}

/* --- what is known -------------------------------------------------------- */

static int is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* A letter, a digit, or one of these. */
static int is_letter_or(char c, const char *marks)
{
  return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
         (c != 0 && strchr(marks, c) != NULL);
}

static int is_of_token(char c) { return is_letter_or(c, "-._~+/=%"); }
static int is_of_name(char c) { return is_letter_or(c, "_.-$%[]"); }

/* Words that can stand in place of a secret, and are none. */
static int is_plain_word(const char *t, size_t n)
{
  static const char *const words[] = { "true", "false", "null", "none", "basic",
                                       "bearer", "negotiate", "digest", NULL };
  char   word[NAME];
  size_t stars = 0;
  while (stars < n && t[stars] == '*') stars++;
  if (stars == n) return 1;
  if (n >= sizeof word) return 0;
  memcpy(word, t, n);
  word[n] = 0;
  return word_in(words, word) >= 0;
}

/* `longer`: t is only the beginning of the secret. */
static void know(const char *t, size_t n, int longer)
{
  size_t i;
  if (n < SHORT || is_plain_word(t, n)) return;
  for (i = 0; i < KNOWN; i++)
    if (known[i].len == n && memcmp(known[i].text, t, n) == 0) return;
  i = known_count++ % KNOWN;
  memcpy(known[i].text, t, n);
  known[i].len = n;
  known[i].longer = (uint8_t)longer;
  memset(begins, 0, sizeof begins);
  begins['%'] = begins['\\'] = begins['+'] = 1;
  for (i = 0; i < KNOWN; i++)
    if (known[i].len > 0) begins[(unsigned char)*known[i].text] = 1;
}

void mask_know(const char *t, size_t n)
{
  know(t, n < KEPT ? n : KEPT, n > KEPT);
}

unsigned mask_count(void) { return known_count; }

void mask_wipe(void)
{
  wipe(known, sizeof known);
  known_count = 0;
}

/* *open: a long secret goes on after the end of the text. */
static int hide_known(char *t, size_t n, size_t least, int *open)
{
  size_t at = 0, i, used;
  int    found = 0;
  while (at < n) {
    for (i = 0, used = 0; begins[(unsigned char)t[at]] && i < KNOWN; i++) {
      size_t len = known[i].len, more;
      if (len == 0 || len < least) continue;
      more = match(t + at, n - at, known[i].text, len);
      while (more > 0 && known[i].longer && at + more < n &&
             is_of_token(t[at + more])) more++;
      if (more > used) used = more;
      *open |= known[i].longer && more > 0 && at + more == n;
    }
    memset(t + at, '*', used);
    found |= used > 0;
    at += used > 0 ? used : 1;
  }
  return found;
}

int mask_known(char *t, size_t n)
{
  int open = 0;
  return hide_known(t, n, TOKENS, &open);
}

/* Hides a secret where it stands. With `least` bytes or more it is hidden
   everywhere else, too. */
static void hide_here(char *t, size_t n, size_t least, spelling how)
{
  char   plain[KEPT];
  int    cut;
  size_t len = decoded(plain, t, n, how, &cut);
  if (len >= least) know(plain, len, cut);
  wipe(plain, len);
  memset(t, '*', n);
}

/* --- names ---------------------------------------------------------------- */

/* The name's letters, in lower case, and digits; a blank for each '['. Of a
   long name only the end. */
static char *plain_name(char to[NAME], const char *p, size_t n)
{
  size_t i, len = 0;
  for (i = n > NAME - 1 ? n - (NAME - 1) : 0; i < n; i++) {
    int hex = p[i] == '%' && n - i > 2;
    if (p[i] == '[' || (hex && p[i + 1] == '5' && (p[i + 2] | 32) == 'b'))
      to[len++] = ' ';
    else if (is_letter_or(p[i], ""))
      to[len++] = (char)(p[i] | 32); /* which leaves a digit as it is */
    if (hex) i += 2;
  }
  to[len] = 0;
  return to;
}

static int is_one_of(const char *name, const char *const *words)
{
  const char *last = strrchr(name, ' ');
  return word_in(words, last != NULL ? last + 1 : name) >= 0;
}

static int has_one_of(const char *name, const char *const *words)
{
  for (; *words != NULL; words++)
    if (strstr(name, *words) != NULL) return 1;
  return 0;
}

static int ends_in(const char *name, const char *end)
{
  size_t n = strlen(name), m = strlen(end);
  return n >= m && strcmp(name + n - m, end) == 0;
}

/* It tells something about a secret: token_type, passwordExpires,
   sessionTimeout. */
static int is_about(const char *name)
{
  static const char *const ends[] = {
    "type", "expires", "expiresin", "expiresat", "expiry", "expiration",
    "lifetime", "length", "policy", "url", "uri", "endpoint", "count",
    "timeout", "name", "required", NULL
  };
  size_t i = 0;
  while (ends[i] != NULL && !ends_in(name, ends[i])) i++;
  return ends[i] != NULL;
}

static int is_password(const char *name)
{
  return !is_about(name) && (has_one_of(name, password_words) ||
                             is_one_of(name, password_names));
}

/* Names that mean a password in a request to sign in, and only there. */
static int is_sign_in_name(const masking *m, const char *name)
{
  static const char *const words[] = { "p", "k", "key", "code", "hash", NULL };
  return m->asks && is_one_of(name, words);
}

/* A request with a password in it signs in. */
static void note_password(masking *m, const char *name, size_t len)
{
  if (len > 0 && !m->reply && (is_password(name) || is_sign_in_name(m, name)))
    m->signs_in = 1;
}

static int hides_value_of(const char *name)
{
  static const char *const jobs[] = { "job", "batch", "task", NULL };
  static const char *const people[] = { "user", "host", "machine", "computer",
                                        "server", "domain", "mail", NULL };
  if (is_password(name)) return 1;
  if (mask_people && has_one_of(name, people)) return 1;
  if (is_about(name)) return 0;
  return has_one_of(name, secret_words) || is_one_of(name, secret_names) ||
         (has_one_of(name, session_words) && !has_one_of(name, jobs));
}

/* A header that asks for a sign-in holds no secret. */
static int is_secret_header(const char *name)
{
  static const char *const asking[] = { "wwwauthenticate", "proxyauthenticate",
                                        "host", "server", NULL };
  if (word_in(asking, name) >= 0 || strncmp(name, "accesscontrol", 13) == 0)
    return 0;
  return hides_value_of(name) ||
         (!is_about(name) && (strstr(name, "auth") != NULL ||
                              ends_in(name, "key")));
}

/* Names of values in the reply to a sign-in that are no token. */
static int is_no_token(const char *name)
{
  static const char *const words[] = {
    "user", "name", "mail", "scope", "role", "status", "message", "version",
    "machine", "server", "host", "url", "uri", "href", "link", "path", "type",
    "expir", "error", "time", "date", "language", "realm", "application",
    "tenant", "domain", "culture", "locale", NULL
  };
  return has_one_of(name, words);
}

static int is_date(const char *t, size_t n)
{
  size_t i, marks = 0;
  if (n > 6 && memcmp(t, "/Date(", 6) == 0) return 1;
  if (n > 8 && memcmp(t, "\\/Date(", 7) == 0) return 1;
  for (i = 0; i < n; i++) {
    if (strchr("0123456789TZ:+-./", t[i]) == NULL || t[i] == 0) return 0;
    marks += t[i] == ':' || t[i] == '-';
  }
  return marks >= 2;
}

/* A number that stands for a choice. */
static int is_flag(const char *t, size_t n) { return n == 1 && is_digit(*t); }

static int is_like_token(const char *t, size_t n)
{
  size_t i;
  for (i = 0; i < n; i++)
    if ((unsigned char)t[i] <= ' ' || strchr("\"<>&{}", t[i]) != NULL) return 0;
  return n >= TOKENS && !is_date(t, n);
}

/* A token, whatever its name says. */
static int is_surely_token(const char *t, size_t n)
{
  size_t i, digits = 0;
  for (i = 0; i < n; i++) digits += (size_t)is_digit(t[i]);
  return n >= 16 && digits > 0 && strchr("/\\", *t) == NULL &&
         memchr(t, ':', n) == NULL && is_like_token(t, n);
}

/* --- forms and queries ---------------------------------------------------- */

/* The end of the value that begins at `from`. *closing: as masking.open. */
static size_t value_end(const char *t, size_t n, size_t from, char *closing)
{
  size_t i = from;
  *closing = '&';
  if (i < n && (t[i] == '"' || t[i] == '\'')) *closing = t[i++];
  while (i < n && (*closing == '&' ? strchr("& \t\r\n\"<\\#", t[i]) == NULL ||
                                   t[i] == 0
                                 : t[i] != *closing)) i++;
  return i;
}

/* NAME=VALUE, wherever it stands. */
static void hide_pairs(masking *m, char *t, size_t n)
{
  size_t i;
  for (i = 0; i < n; i++) {
    size_t from = i, to, quoted;
    char   name[NAME], closing;
    if (t[i] != '=') continue;
    while (from > 0 && is_of_name(t[from - 1])) from--;
    if (from == i) continue;
    plain_name(name, t + from, i - from);
    if (!hides_value_of(name) && !is_sign_in_name(m, name)) continue;
    to = value_end(t, n, i + 1, &closing);
    quoted = closing != '&';
    note_password(m, name, to - i - 1 - quoted);
    if (to == n && to > i + 1) m->open = closing, m->level = 0;
    hide_here(t + i + 1 + quoted, to - i - 1 - quoted, SHORT, percent_char);
    i = to > i + 1 ? to - 1 : i;
  }
}

/* <NAME>VALUE</NAME> */
static void hide_elements(masking *m, char *t, size_t n)
{
  size_t i;
  for (i = 0; i < n; i++) {
    size_t from = i + 1, at = from, to;
    char   name[NAME];
    if (t[i] != '<') continue;
    for (; at < n && (is_of_name(t[at]) || t[at] == ':'); at++)
      if (t[at] == ':') from = at + 1;
    plain_name(name, t + from, at - from);
    while (at < n && t[at] != '>' && t[at] != '<') at++;
    if (at >= n || t[at] != '>' || t[at - 1] == '/') continue;
    to = ++at;
    while (to < n && t[to] != '<') to++;
    if (hides_value_of(name) ||
        (m->reply && m->signs_in && !is_no_token(name) &&
         is_like_token(t + at, to - at))) {
      note_password(m, name, to - at);
      if (to == n && to > at) m->open = '<';
      hide_here(t + at, to - at, SHORT, NULL);
    }
    i = to - 1;
  }
}

/* --- JSON ----------------------------------------------------------------- */

/* Backslashes in front of a quote: 0; 1 in JSON inside a JSON string; 3 one
   level deeper. */
static unsigned slashes(const char *t, size_t at)
{
  unsigned n = 0;
  while (at > 0 && t[at - 1] == '\\') at--, n++;
  return n;
}

/* The end of a string. Its first quote had `level` backslashes. */
static size_t string_end(const char *t, size_t n, size_t at, unsigned level)
{
  for (; at < n; at++)
    if (t[at] == '"' && slashes(t, at) % (2 * level + 2) == level) return at;
  return n;
}

enum { INSIDE = 3 }; /* depth of JSON in strings */

typedef struct {
  char     name[NAME]; /* of the next value */
  uint8_t  named;      /* the next value has a name */
  unsigned zone;       /* open brackets, from a secret's own on */
  size_t   end[INSIDE];/* where the strings end that are read as JSON */
  unsigned inside;
} json_place;

static size_t skip_blanks(const char *t, size_t n, size_t at)
{
  while (at < n && is_blank(t[at])) at++;
  return at;
}

/* 1: this is the text between two strings. It was taken for a string, since
   the piece began inside one. */
static int is_between(const char *t, size_t n)
{
  size_t at = skip_blanks(t, n, 0);
  return at < n && (t[at] == ':' || t[at] == ',' || t[at] == '}');
}

static int is_secret_string(const masking *m, const json_place *j,
                            const char *t, size_t n)
{
  const char *name = j->named ? j->name : "";
  if (is_about(name)) return 0;
  if (hides_value_of(name) || is_sign_in_name(m, name)) return 1;
  if (is_no_token(name)) return j->zone > 0 && is_surely_token(t, n);
  if (j->zone > 0) return !is_date(t, n) && !is_flag(t, n);
  return m->reply && m->signs_in && is_like_token(t, n);
}

/* Takes the string whose quote is at `at`. Returns where to go on. */
static size_t json_string(masking *m, json_place *j, char *t, size_t n,
                          size_t at)
{
  unsigned level = slashes(t, at);
  size_t   from = at + 1, end = string_end(t, n, from, level), to, next;
  to = end < n && end - from >= level ? end - level : end;
  if (to < from) to = from;
  if (is_between(t + from, to - from)) return end;
  next = skip_blanks(t, n, end + 1);
  if (end < n && next < n && t[next] == ':') {
    plain_name(j->name, t + from, to - from);
    j->named = 1;
    return next + 1;
  }
  if (is_secret_string(m, j, t + from, to - from)) {
    if (j->named) note_password(m, j->name, to - from);
    if (end >= n) m->open = '"', m->level = level;
    hide_here(t + from, to - from, mask_people ? TOKENS : SHORT, escaped_char);
  } else if (j->inside < INSIDE && memchr(t + from, '\\', to - from) != NULL) {
    j->end[j->inside++] = end;
    j->named = 0;
    return from;
  }
  j->named = 0;
  return end + 1;
}

/* A secret number becomes nines, so it is still a number. */
static size_t json_number(json_place *j, char *t, size_t n, size_t at)
{
  int secret = (j->zone > 0 && !is_about(j->name)) || hides_value_of(j->name);
  for (; at < n && is_digit(t[at]); at++)
    if (secret) t[at] = '9';
  j->named = 0;
  return at;
}

static void json_mark(json_place *j, char c)
{
  int opens = c == '{' || c == '[', closes = c == '}' || c == ']';
  if (closes && j->zone > 0) j->zone--;
  if (opens && (j->zone > 0 || (j->named && hides_value_of(j->name))))
    j->zone++;
  if (opens || c == ',') j->named = 0;
}

static void hide_members(masking *m, char *t, size_t n)
{
  json_place j;
  size_t     at = 0;
  memset(&j, 0, sizeof j);
  while (at < n)
    if (j.inside > 0 && at >= j.end[j.inside - 1])
      at = j.end[--j.inside] + 1;
    else if (t[at] == '"')
      at = json_string(m, &j, t, n, at);
    else if (j.named && is_digit(t[at]))
      at = json_number(&j, t, n, at);
    else
      json_mark(&j, t[at++]);
}

/* --- heads ---------------------------------------------------------------- */

/* Hides the value of each NAME=VALUE, or of the first alone. */
static void hide_cookies(char *t, size_t n, int all)
{
  size_t at = 0;
  do {
    size_t end = at, from = at;
    while (end < n && t[end] != ';') end++;
    while (from < end && t[from] != '=') from++;
    if (from < end)
      hide_here(t + from + 1, end - from - 1, TOKENS, NULL);
    at = end + 1;
  } while (all && at < n);
}

/* "Basic BASE64": the password in it is a secret of its own. */
static void know_basic(const char *t, size_t n)
{
  char        plain[1024], *colon;
  size_t      i, len = 0;
  unsigned    bits = 0, have = 0;
  const char *in;
  for (i = 0; i < n && len + 1 < sizeof plain; i++) {
    in = t[i] != 0 ? strchr(base64, t[i]) : NULL;
    if (in == NULL) break;
    bits = (bits << 6 | (unsigned)(in - base64)) & 0xFFFFu;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    plain[len++] = (char)(unsigned char)(bits >> have & 255u);
  }
  plain[len] = 0;
  colon = strchr(plain, ':');
  if (colon != NULL) mask_know(colon + 1, strlen(colon + 1));
  wipe(plain, len);
}

/* The scheme's name stays. 1 if it is Basic. */
static int hide_header(const char *name, char *t, size_t n)
{
  size_t scheme = 0;
  int    of_basic;
  if (strcmp(name, "cookie") == 0 || strcmp(name, "setcookie") == 0) {
    hide_cookies(t, n, *name == 'c');
    return 0;
  }
  if (strstr(name, "auth") != NULL || strstr(name, "token") != NULL) {
    while (scheme < n && is_of_name(t[scheme])) scheme++;
    if (scheme == n || t[scheme] != ' ') scheme = 0;
    else scheme++;
  }
  of_basic = scheme == 6 && (*t | 32) == 'b' && (t[1] | 32) == 'a';
  if (of_basic) know_basic(t + scheme, n - scheme);
  hide_here(t + scheme, n - scheme, SHORT, NULL);
  return of_basic;
}

/* 1 if one of the words is in the text, in any case of letters, with or without
   '-' or '_' in it. */
static int mentions(const char *t, size_t n, const char *const *words)
{
  size_t i, at;
  for (; *words != NULL; words++)
    for (i = 0; i < n; i++) {
      const char *w = *words;
      for (at = i; at < n && *w != 0; at++)
        if ((t[at] | 32) == *w) w++;
        else if (at == i || (t[at] != '-' && t[at] != '_')) break;
      if (*w == 0) return 1;
    }
  return 0;
}

/* The path or the query of a request names a sign-in. */
static int asks_to_sign_in(const char *line, size_t n)
{
  static const char *const words[] = { "login", "logon", "signin", NULL };
  static const char *const in_path[] = { "token", "auth", "session", NULL };
  size_t path = 0, end = 0;
  while (end < n && line[end] != '\r' && line[end] != '\n') end++;
  while (path < end && line[path] != '?') path++;
  return mentions(line, end, words) || mentions(line, path, in_path);
}

/* Hides in each line of the heads. 1 if a header signs in. */
static int hide_head(masking *m, char *t, size_t n, int request)
{
  size_t at = 0;
  char   open = m->open;
  int    of_basic = 0;
  m->asks |= request && asks_to_sign_in(t, n);
  while (at < n) {
    size_t end = at, colon = at, value;
    char   name[NAME];
    while (end < n && t[end] != '\n') end++;
    while (colon < end && is_of_name(t[colon])) colon++;
    value = colon + 1;
    while (value < end && is_blank(t[value])) value++;
    if (colon < end && t[colon] == ':' &&
        is_secret_header(plain_name(name, t + at, colon - at))) {
      size_t to = end;
      while (to > value && is_blank(t[to - 1])) to--;
      if (to > value) of_basic |= hide_header(name, t + value, to - value);
    } else {
      hide_pairs(m, t + at, end - at);
    }
    at = end + 1;
  }
  m->open = open; /* no line of a head is cut */
  return of_basic && m->asks;
}

/* --- all of it ------------------------------------------------------------ */

/* Hides the rest of a secret that the last piece cut. Returns where it ends. */
static size_t hide_rest(masking *m, char *t, size_t n, size_t seen)
{
  size_t end = seen;
  char   closing = m->open;
  if (closing == 0) return 0;
  if (closing == '"') end = string_end(t, n, seen, m->level);
  else if (closing == '&') end = value_end(t, n, seen, &closing);
  else if (closing == 'x') while (end < n && is_of_token(t[end])) end++;
  else while (end < n && t[end] != closing) end++;
  memset(t + seen, '*', end - seen);
  if (end >= n) return n;
  m->open = 0;
  return closing == '"' ? end + 1 : end;
}

/* A body that is nothing but a token. */
static void hide_bare(char *t, size_t n)
{
  size_t from = skip_blanks(t, n, 0);
  while (n > from && is_blank(t[n - 1])) n--;
  if (is_like_token(t + from, n - from) &&
      memchr(t + from, '=', n - from > 2 ? n - from - 2 : 0) == NULL)
    hide_here(t + from, n - from, TOKENS, NULL);
}

static uint64_t place; /* of the first sign-in, as a checksum */

/* Some clients send user and password with every request. Then the first of
   these is the sign-in, and so is each request to the same path. */
static int is_sign_in_place(const char *t, size_t n)
{
  size_t   from = 0, to;
  uint64_t sum;
  while (from < n && t[from] != ' ') from++;
  to = from + (from < n);
  while (to < n && strchr(" ?\r\n", t[to]) == NULL) to++;
  sum = checksum(0, t + from, to - from);
  if (place == 0) place = sum;
  return place == sum;
}

void mask_text(masking *m, char *t, size_t head, size_t n, size_t seen)
{
  size_t done = hide_rest(m, t, n, seen), body = m->unframed ? 0 : head;
  int    open = 0, by_head = hide_head(m, t, head, !m->unframed && !m->reply);
  if (m->open == 0) {
    size_t from = done > body ? done : body;
    hide_members(m, t + from, n - from);
    hide_pairs(m, t + from, n - from);
    hide_elements(m, t + from, n - from);
    if (m->reply && m->signs_in && done == 0) hide_bare(t + body, n - body);
  }
  hide_known(t, n, SHORT, &open);
  if (open && m->open == 0) m->open = 'x';
  if (m->signs_in && !m->reply && head > 0)
    m->signs_in = (uint8_t)(is_sign_in_place(t, head) ||
                            asks_to_sign_in(t, head));
  if (by_head) m->signs_in = 1;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
