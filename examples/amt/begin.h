/* begin.h - the library's structs from the options, and the job's beginning. */

#ifndef BEGIN_H
#define BEGIN_H

/* Fills the library's structs from the options. */
void prepare(void);

/* Begins the call for a job that was started before. */
void begin_by_id(void);

/* Begins the Start, or what begin_by_id does. */
void begin(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
