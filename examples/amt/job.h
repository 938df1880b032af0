/* job.h - which job this run is about, and how it is called. */

#ifndef JOB_H
#define JOB_H

#include "library.h"

/* run.c keeps them up to date. */
extern amt_job  job;
extern char     job_id[AMT_ID_SIZE];          /* once it is known */
extern char     job_status[AMT_NAME_MAX + 1]; /* its name, if unknown */
extern uint32_t messages;                     /* of the job, so far */
extern int      id_type; /* the id's JSON type: 1, a string; 0, a number; -1,
                            as it looks */

/* An id as it goes out, JSON; lent until the next call. */
const char *json_id(const char *id);

/* The id that the server has given: JSON. */
void take_id(const char *json);

/* As it was given: the job's, the script's, or the id. */
const char *job_name(void);

/* How to go on with the job that is known: the whole command, or what it would
   be. */
const char *attach_command(void);

/* "job NAME (ID) of APPLICATION at SERVER", where names are not too long. */
const char *subject(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
