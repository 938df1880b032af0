/* files.h - reading files, and writing them whole or not at all. */

#ifndef FILES_H
#define FILES_H

#include <stddef.h>
#include <stdint.h>

extern uint32_t began; /* set by main; --timeout counts from then */

/* "FILE:LINE" */
const char *at_line(const char *file, unsigned line);

/* The name after the folder's. NULL: there is no folder in it. */
char *file_name(char *path);

/* The length of a byte order mark at the beginning, or 0. Editors of Windows
   write it. */
size_t mark_of(const char *p, size_t n);

/* Opens a file. Returns its descriptor, or -1 after saying why not. */
int open_as(const char *file, int as);

/* Reads more of a file, or of a pipe until --timeout. */
ptrdiff_t read_more(int fd, void *p, size_t n);

/* Why read_more failed. */
const char *read_words(void);

/* Warns that others can read a file with this secret in it. */
void warn_shown(const char *file, const char *secret);

/* Reads a whole file and closes it: *len bytes, terminated, without its byte
   order mark. Returns 0, or EXIT_CONFIG after saying why; also if fd < 0. */
int read_whole(const char *file, int fd, char *to, size_t size,
               size_t *len);

/* The same for text, which has no NUL. */
int read_text(const char *file, int fd, char *to, size_t size);

/* Cuts off the blanks around it, in place. Returns where it begins now. */
char *trim(char *line);

/* Cuts the next "NAME = VALUE" line out of the text at *at, and trims blanks.
   Returns 1; 2 for a line that has no '=' or begins with '[', and *name is all
   of it; 0 at the end. Skips comments and empty lines, but counts them. */
int next_setting(char **at, unsigned *line, char **name, char **value);

/* Reads a password or a token; "-" is standard input. */
int read_secret(const char *file, char *to, size_t room);

/* Writes a whole file: 0, or -1 with errno and the old file or the new one. It
   is first written beside it; a run that is killed may leave that. */
int write_whole(const char *name, const char *p, size_t n);

/* The name under which write_whole writes it first, unless that is taken. */
const char *name_beside(const char *name, char *path, size_t room);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
