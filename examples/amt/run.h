/* run.h - the loop around amt_poll. */

#ifndef RUN_H
#define RUN_H

/* A bare id may be a number or a string to the server. 1, once, if the call at
   hand was refused so that the other is to be tried: json_id then gives it. */
int change_type(void);

/* Told once a minute, as long as it is the same. */
void tell_failure(const char *format, const char *what);

/* Until the connection has something, a signal comes, or it is time. */
void wait_a_while(void);

/* What a second signal leaves behind, once the id is known. */
void prepare_to_part(void);

/* --id-file, for whoever wants to stop or watch the job from elsewhere. */
void write_id_file(void);

/* Until the job has ended, or is left: the exit status. */
int run(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
