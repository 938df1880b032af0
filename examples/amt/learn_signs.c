/* learn_signs.c - which members of the sign-in are user and password. */

#include "learn_holes.h"
#include "text.h"
#include <string.h>

enum { SIGN_IN_VALUES = 24 };

typedef struct {
  char name[PLACE_NAME], text[512];
  int  is_string, in_path;
} credential;

/* No password was found in the sign-in, so any of its texts may be it. */
static int any_is_secret;

static credential credentials[SIGN_IN_VALUES];
static size_t     credential_count;

/* JSON in a string of the sign-in's JSON. It is walked later, since a walk must
   not begin another. */
static char inner_json[4096];

static void keep_credential(void *ctx, const spot *s)
{
  credential *c = &credentials[credential_count];
  (void)ctx;
  if (s->place == IN_JSON && s->type == AMT_JSON_STRING &&
      s->text[0] == '{' && s->len < sizeof inner_json) {
    memcpy(inner_json, s->text, s->len + 1);
    return;
  }
  if (s->place == IN_HEADER || s->place == IN_COOKIE || !is_scalar(s) ||
      (s->place == IN_PATH && told_whole(s) != TOLD_API_USER &&
       credential_count == 0) || /* of a path, only .../USER/PASSWORD */
      s->len == 0 || s->len >= sizeof c->text ||
      credential_count == SIGN_IN_VALUES) return;
  text(c->name, sizeof c->name, "%s", s->name);
  text(c->text, sizeof c->text, "%s", s->text);
  c->is_string = s->type == AMT_JSON_STRING;
  c->in_path = s->place == IN_PATH;
  credential_count++;
}

/* The name may be a word like any other, so it counts only where a user's name
   can stand: as in "user":"NAME", DOMAIN\NAME and NAME@HOST. */
const char *user_within(const char *t)
{
  const char *value = told[TOLD_API_USER].value, *p = t;
  size_t      n = strlen(value);
  for (; (p = told_within(p, value)) != NULL; p += n)
    if ((p == t || strchr("\"\\:='", p[-1]) != NULL) &&
        strchr("\"\\:@'&", p[n]) != NULL && (p > t || p[n] != 0)) return p;
  return NULL;
}

/* Finds the user's name: as it was told, or by its member's name. A path counts
   only if nothing else has the name. */
static int find_user(void)
{
  size_t i;
  int    in_path;
  for (in_path = 0; in_path < 2 && !empty(opt.api_user); in_path++)
    for (i = 0; i < credential_count; i++)
      if (credentials[i].in_path == in_path &&
          strcmp(credentials[i].text, opt.api_user) == 0) return (int)i;
  for (i = 0; i < credential_count && !empty(opt.api_user); i++)
    if (user_within(credentials[i].text) != NULL) return (int)i;
  for (i = 0; i < credential_count; i++)
    if (credentials[i].is_string &&
        hints_at(credentials[i].name, told[TOLD_API_USER].hints) &&
        !hints_at(credentials[i].name, "pass|pwd|secret|agent|type"))
      return (int)i;
  return -1;
}

/* Finds it by its name; or masked; or as the text after the user's name. */
static int find_password(int user)
{
  static const char *const hints[] = { "pass|pwd|kennwort", "=p|=pw|=code|=pin",
                                       "=secret|usersecret|credential",
                                       "secret" };
  size_t i, k;
  for (k = 0; k < 4; k++)
    for (i = 0; i < credential_count; i++)
      if ((int)i != user && credentials[i].is_string &&
          hints_at(credentials[i].name, hints[k])) return (int)i;
  for (i = 0; i < credential_count; i++)
    if ((int)i != user && is_masked(credentials[i].text)) return (int)i;
  if (user >= 0 && (size_t)user + 1 < credential_count &&
      credentials[user + 1].is_string) return user + 1;
  return -1;
}

/* A key of the client's own that the Start carries. */
typedef struct { int score; char text[4096]; } key_search;

static void key_spot(void *ctx, const spot *s)
{
  key_search *r = (key_search *)ctx;
  const char *value = s->text;
  int         score = 1;
  if (!is_scalar(s) || s->place == IN_PATH || s->len < 4 ||
      told_whole(s) >= 0 || !is_secret_name(s->name) ||
      strncmp(value, "Basic ", 6) == 0) return;
  if (s->place == IN_HEADER) score = 2, value = behind_scheme(value);
  if (s->place == IN_HEADER && same_word(s->name, "Authorization")) score = 3;
  if (score <= r->score || strlen(value) >= sizeof r->text) return;
  r->score = score;
  memcpy(r->text, value, strlen(value) + 1);
}

static int is_basic;

static void basic_spot(void *ctx, const spot *s)
{
  (void)ctx;
  if (s->place == IN_HEADER && same_word(s->name, "Authorization") &&
      strncmp(s->text, "Basic ", 6) == 0) is_basic = 1;
}

void find_credentials(void)
{
  static key_search r;
  int               user, secret;
  if (!findings.has_sign_in) {
    user_in_path = 0;
    walk_request(&findings.start, basic_spot, NULL);
    if (!is_basic && !findings.token_in_cookie_only)
      walk_request(&findings.start, key_spot, &r);
    if (r.score > 0) found_value(TOLD_TOKEN, r.text);
    return;
  }
  walk_request(&findings.sign_in, keep_credential, NULL);
  walk_body(inner_json, strlen(inner_json), keep_credential, NULL);
  user = find_user();
  user_in_path = user >= 0 && credentials[user].in_path;
  secret = find_password(user);
  if (user >= 0 && (empty(opt.api_user) ||
                    user_within(credentials[user].text) == NULL))
    found_value(TOLD_API_USER, credentials[user].text);
  if (secret >= 0) found_value(TOLD_PASSWORD, credentials[secret].text);
  walk_request(&findings.sign_in, basic_spot, NULL);
  any_is_secret = secret < 0 && !is_basic;
}

int may_be_password(const spot *s)
{
  size_t i;
  for (i = 0; s->len > 3 && i < credential_count; i++)
    if (credentials[i].is_string &&
        (any_is_secret || is_secret_name(credentials[i].name)) &&
        strcmp(credentials[i].text, s->text) == 0) return 1;
  return 0;
}

void forget_credentials(void)
{
  wipe(credentials, sizeof credentials);
  wipe(inner_json, sizeof inner_json);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
