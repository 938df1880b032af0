/* run.h - the loop around amt_poll. */

#ifndef RUN_H
#define RUN_H

/* To the server, an id of digits may be a number or a string. 1, once, if the
   refusal of this call may be due to that: json_id then gives the other. */
int change_type(void);

/* Tells why a call failed; the same error at most once a minute. */
void tell_failure(const char *format, const char *what);

/* Waits until the connection is ready, a signal comes, or it is time. */
void wait_a_while(void);

/* Prepares what a second signal says, once the id is known. */
void prepare_to_part(void);

/* --id-file, for whoever wants to stop or watch the job from elsewhere. */
void write_id_file(void);

/* Runs until the job has ended, or is left. The exit status. */
int run(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
