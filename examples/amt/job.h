/* job.h - which job this run is about, and how it is called. */

#ifndef JOB_H
#define JOB_H

#include "library.h"

/* run.c keeps them up to date. */
extern amt_job  job;
extern char     job_id[AMT_ID_SIZE];          /* once it is known */
extern char     job_status[AMT_NAME_MAX + 1]; /* as sent, if unknown */
extern uint32_t messages;                     /* of the job, so far */
extern int      id_type; /* the id's JSON type. 1: a string; 0: a number;
                            -1: a number if it has only digits */

/* An id as JSON, as it is sent. Valid until the next call. */
const char *json_id(const char *id);

/* Takes the id that the server gave, which is JSON. */
void take_id(const char *json);

/* A Start's script or job, otherwise the id: as it was given. */
const char *job_name(void);

/* The command that goes on with this job. If it cannot be shown, a short form
   that says why. */
const char *attach_command(void);

/* "job NAME (ID) of APPLICATION at SERVER"; long names are shortened. */
const char *subject(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
