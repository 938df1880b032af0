/* begin.h - the library's structs from the options, and the job's beginning. */

#ifndef BEGIN_H
#define BEGIN_H

/* The library's structs, from the options. */
void prepare(void);

/* A job that was started before. */
void begin_by_id(void);

/* The Start, or the job that was started before. */
void begin(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
