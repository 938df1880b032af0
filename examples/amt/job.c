/* job.c - which job this run is about, and how it is called. */

#include "job.h"
#include "chars.h"
#include "command.h"
#include "encodings.h"
#include "options.h"
#include "tell.h"
#include "text.h"
#include <string.h>

amt_job job;
char job_id[AMT_ID_SIZE];
char job_status[AMT_NAME_MAX + 1];

const char *job_name(void)
{
  return opt.type == START ? either(opt.script, opt.job) : either(opt.id, "");
}

uint32_t messages;
int id_type = -1;

const char *json_id(const char *id)
{
  static char json[8 * AMT_ID_SIZE];
  amt_window  o;
  int         digits = id[strspn(id, "0123456789")] == 0;
  if (id_type == 0 || (id_type < 0 && digits)) return id;
  amt_window_init(&o, json, sizeof json - 1, 0);
  amt_json_put_string(&o, id, strlen(id));
  json[o.len] = 0;
  return json;
}

void take_id(const char *json)
{
  strcpy(job_id, json);
  id_type = *json == '"' && unquote(job_id) != NULL;
  if (!id_type) strcpy(job_id, json); /* a number; or a text with a NUL */
}

const char *attach_command(void)
{
  static char command[COMMAND];
  const char *id = either(job_id, either(opt.id, ""));
  amt_window o;
  amt_window_init(&o, command, sizeof command - 1, 0);
  amt_put_text(&o, "amt");
  put_option(&o, "-c", opt.config);
  put_option(&o, "--wire", opt.wire);
  put_option(&o, "-s", opt.server);
  put_tls_options(&o);
  if (given_by(&opt.api_user) != NOWHERE)
    put_option(&o, "--api-user", opt.api_user);
  if (strcmp(either(opt.password_file, "-"), "-") != 0)
    put_option(&o, "--password-file", opt.password_file);
  amt_put_text(&o, " -jt ATTACH");
  put_option(&o, "-an", opt.application);
  put_option(&o, "-id", id);
  if (id_type == 1 && id[strspn(id, "0123456789")] == 0)
    amt_put_text(&o, " --id-text");
  command[o.len] = 0;
  if (o.total == o.len && plain_run(command, o.len, ' ') == o.len)
    return command;
  return text(command, sizeof command, "-jt ATTACH -id %s, with this run's "
              "server and application (the command cannot be shown here: it "
              "is too long, or has control characters)", id);
}

const char *subject(void)
{
  static char words[WORDS];
  char        name[200], application[200], server[300];
  int         both = opt.type == START && *job_id != 0;
  return text(words, sizeof words, "job %s%s%s%s of %s at %s",
              shortened(name, sizeof name, job_name()),
              both ? " (" : "", both ? job_id : "", both ? ")" : "",
              shortened(application, sizeof application,
                        either(opt.application, "")),
              shortened(server, sizeof server, either(opt.server, "")));
}

/* SPDX-License-Identifier: MIT OR Unlicense */
