/* begin.c - the library's structs from the options, and the job's beginning. */

#include "begin.h"
#include "job.h"
#include "log.h"
#include "options.h"
#include "output.h"
#include "secrets.h"
#include "session.h"
#include "state.h"
#include "system.h"
#include "tell.h"
#include "text.h"
#include "tls.h"
#include "trace.h"
#include "wire.h"
#include "zone.h"

void prepare(void)
{
  net_init(&sock);
  take_zone(opt.server, &session.url, &sock.zone); /* settle.c checked it */
  if (https) under = tls_begin();
  conn.http.stream = opt.trace || opt.type == PROBE ? tap_init() : under;
  if (opt.id_text) id_type = 1;
  session.wire = &wire;
  session.user = opt.api_user;
  session.password = password;
  session.token = token;
  session.token_room = sizeof token;
  session.poll = opt.poll;
  session.poll_max = opt.poll_max;
  session.initial_delay = opt.initial_delay;
  session.give_up = opt.give_up;
  session.seed = now_ms() ^ (uint32_t)process_id();
  session.close = (uint8_t)opt.no_keep_alive;
  session.messages = opt.follow ? AMT_LIVE : AMT_AT_END;
  session.repair = !opt.strict_text;
  escape_all = opt.format == JSON || is_terminal(1);
  crlf = opt.crlf ||
         (crlf_is_usual && opt.format == CONNECTOR && log_wanted());
  task.application = opt.application;
  task.job = opt.job;
  task.script = opt.script;
  task.run_as = opt.user;
  task.submit_user = opt.submit_user;
  task.station = opt.station;
  task.queue = opt.queue;
  task.parameters = opt.parameters.text;
  task.parameter_count = opt.parameters.count;
  task.task_values = opt.task_values.text;
  task.task_value_count = opt.task_values.count;
}

void begin_by_id(void)
{
  static const amt_op ops[] = { AMT_START, AMT_STOP, AMT_KILL, AMT_MONITOR,
                                AMT_MESSAGES };
  if (opt.type == MONITOR || opt.type == MESSAGES ||
      (opt.no_wait && opt.type != START)) {
    amt_once(&job, &session, ops[opt.type], &task,
             json_id(job_id));
  } else {
    amt_attach(&job, &session, opt.application, json_id(job_id));
    if (opt.type == STOP || opt.type == KILL) amt_stop(&job, ops[opt.type]);
  }
}

void begin(void)
{
  text(job_id, sizeof job_id, "%s", either(opt.id, resumed));
  if (*resumed != 0) id_type = resumed_text;
  if (opt.type == START && *resumed == 0) amt_start(&job, &session, &task);
  else begin_by_id();
  if (*resumed != 0)
    tell("%s was started by an earlier run; this one goes on with it",
         subject());
  if (log_wanted() && !opt.no_wait) log_begin();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
