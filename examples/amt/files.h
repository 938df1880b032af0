/* files.h - reading files, and writing them whole or not at all. */

#ifndef FILES_H
#define FILES_H

#include <stddef.h>
#include <stdint.h>

extern uint32_t began; /* main's: --timeout counts from this time */

/* "FILE:LINE" */
const char *at_line(const char *file, unsigned line);

/* The bytes of a byte order mark at the beginning; editors of Windows put it
   there. */
size_t mark_of(const char *p, size_t n);

/* A file's descriptor, or -1 after saying why not. */
int open_as(const char *file, int as);

/* More of a file, or of a pipe while --timeout lasts. */
ptrdiff_t read_more(int fd, void *p, size_t n);

/* Why read_more failed. */
const char *read_words(void);

/* That others can read a file with this secret in it. */
void warn_shown(const char *file, const char *secret);

/* A whole file, which is then closed: *len bytes, terminated, without its byte
   order mark. 0, or EXIT_CONFIG after saying why; fd below 0 is one. */
int read_whole(const char *file, int fd, char *to, size_t size,
               size_t *len);

/* The same, if it is text. */
int read_text(const char *file, int fd, char *to, size_t size);

/* Without the blanks around it; cut in place. */
char *trim(char *line);

/* "NAME = VALUE" in the next line, blanks trimmed, cut out of a text whose
   place is *at. 1; 2 for a line without '=', which is then the name; 0 at the
   end. Comments and empty lines are counted and passed over. */
int next_setting(char **at, unsigned *line, char **name, char **value);

/* A password or a token; "-" is standard input. */
int read_secret(const char *file, char *to, size_t room);

/* A file whole: 0, or -1 with errno: then the old one stands, or the new. */
int write_whole(const char *name, const char *p, size_t n);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
