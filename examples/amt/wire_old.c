/* wire_old.c - wire files of version 0.1.

   What to write now in place of a line that was valid then. */

#include "wire_old.h"
#include "tell.h"
#include "text.h"
#include <string.h>

typedef struct { const char *name, *where, *before, *behind; } old_name;
typedef struct { const char *name, *value, *before, *behind; } old_choice;

/* Names of members, and words. The old value goes between the last two. */
static const old_name old_names[] = {
  { "request.user", "sign_in.body", "\"", "\":{api_user}" },
  { "request.password", "sign_in.body", "\"", "\":{password}" },
  { "request.action", "the bodies of start, stop and kill", "\"",
    "\":{action}" },
  { "request.task_type", "start.body", "\"",
    "\":\"{?script}SCRIPT{/script}{!script}BATCH{/script}\"" },
  { "request.application", "the bodies of all calls but sign_in", "\"",
    "\":{application}" },
  { "request.job", "start.body", "{!script},\"", "\":{job}{/script}" },
  { "request.script", "start.body", "{?script},\"", "\":{script}{/script}" },
  { "request.submit_user", "start.body", "\"", "\":{submit_user}" },
  { "request.run_as", "start.body", "{?user},\"", "\":{user}{/user}" },
  { "request.station", "start.body", "\"", "\":{station}" },
  { "request.queue", "start.body", "{?queue},\"", "\":{queue}{/queue}" },
  { "request.id", "the bodies of stop, kill, monitor and messages", "\"",
    "\":{id}" },
  { "request.after", "messages.body", "\"", "\":{after}" },
  { "request.task_values", "start.body", "{?task_values},\"",
    "\":{task_values}{/task_values}" },
  { "request.parameters", "start.body", "{?parameters},\"",
    "\":{parameters}{/parameters}" },
  { "word.start", "start.body", "\"", "\" in place of \"START\"" },
  { "word.stop", "stop.body", "\"", "\" in place of {action}" },
  { "word.kill", "kill.body", "\"", "\" in place of {action}" },
  { "word.batch", "start.body", "", " in place of BATCH" },
  { "word.script", "start.body", "", " in place of SCRIPT" },
};
enum { OLD_NAMES = sizeof old_names / sizeof *old_names };
#define OUT_LINE "it is not needed now: leave this line out"
#define LIST_LINE(word, how) "in start.body, write {" word ":" how "} in " \
                             "place of {" word "}"

/* Other lines, by value; NULL: any value. The value goes between the last two,
   if `behind` is not NULL. */
static const old_choice old_lines[] = {
  { "auth", "json", OUT_LINE, NULL },
  { "auth", "form", "write sign_in.body = grant_type=password&username="
    "{api_user}&password={password}", NULL },
  { "auth", "basic", "write sign_in.path = none and header = Authorization: "
    "Basic {basic}", NULL },
  { "auth", "fixed", "write sign_in.path = none and header = "
    "X-AMT-LogonToken: {token}, with the name of your header", NULL },
  { "auth", "none", "write sign_in.path = none and header = none", NULL },
  { "auth", NULL, "write sign_in.path, sign_in.body and header as amt "
    "--print-wire shows them", NULL },
  { "auth_header", "none", "write header = none", NULL },
  { "auth_header", NULL, "write header = ", ": {token}" },
  { "auth_scheme", "none", OUT_LINE, NULL },
  { "auth_scheme", "", OUT_LINE, NULL },
  { "auth_scheme", NULL, "write header = Authorization: ",
    "{token}, with the name of your header" },
  { "headers", "none", OUT_LINE, NULL },
  { "headers", NULL, "write a line header = NAME: VALUE for each of them, and "
    "one with the token, header = X-AMT-LogonToken: {token}", NULL },
  { "members", "none", OUT_LINE, NULL },
  { "members", NULL, "write them into each call's body, behind its '{'", NULL },
  { "separator", "none", OUT_LINE, NULL },
  { "separator", NULL, "write it into the hole in start.body: "
    "{parameters:joined", "}" },
  { "task_values", "array", OUT_LINE, NULL },
  { "task_values", "object", LIST_LINE("task_values", "object"), NULL },
  { "task_values", NULL, LIST_LINE("task_values", "joined;"), NULL },
  { "parameters", "array", OUT_LINE, NULL },
  { "parameters", "object", LIST_LINE("parameters", "object"), NULL },
  { "parameters", NULL, LIST_LINE("parameters", "joined;"), NULL },
};
enum { OLD_LINES = sizeof old_lines / sizeof *old_lines };

const char *old_line(const char *name, char *value)
{
  static const char see[] = "(amt --print-wire shows one)";
  static char       words[WORDS];
  size_t            n = strlen(value);
  int               i;
  if (n > 1 && *value == '"' && value[n - 1] == '"')
    value[n - 1] = 0, value++, n -= 2;
  for (i = 0; i < OLD_NAMES; i++) {
    if (strcmp(name, old_names[i].name) != 0) continue;
    if (strcmp(value, "none") == 0)
      return text(words, sizeof words, "names stand in the bodies now: write "
                  "%s without it %s", old_names[i].where, see);
    return text(words, sizeof words, "names stand in the bodies now: write %s "
                "with %s%s%s in it %s", old_names[i].where, old_names[i].before,
                value, old_names[i].behind, see);
  }
  for (i = 0; i < OLD_LINES; i++) {
    int scheme = strcmp(name, "auth_scheme") == 0;
    if (strcmp(name, old_lines[i].name) != 0) continue;
    if (old_lines[i].value != NULL && strcmp(value, old_lines[i].value) != 0)
      continue;
    if (old_lines[i].behind == NULL) return old_lines[i].before;
    return text(words, sizeof words, "%s%s%s%s", old_lines[i].before, value,
                scheme && value[n - 1] != ' ' ? " " : "", old_lines[i].behind);
  }
  return NULL;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
