/* system.h - all that differs between POSIX systems and Windows.

   posix.c and windows.c each have all of these functions, and the program's
   entry; all other files are the same for both. Names of files, arguments and
   the environment are UTF-8. Descriptors are the C library's. A function that
   fails returns -1, with errno.

     error_words              what an errno means
     file_open, file_create   opens to read; makes a file that was not there
     file_open_as             opens to read, as one of AS_ below; never waits.
                              -1, with what is wrong in *fault, or errno
     file_shown               1 if others can read it, too
     file_waits               1 if nothing came from it for so long (0: no
                              limit)
     file_read, file_write    as read and write, never interrupted; once
                              file_room has found room, file_write does not
                              wait. If it fails with EAGAIN, they go on
                              together: room, then the same bytes again
     file_room                waits for room to write, for a time, or for a
                              signal, if `woken`. 1: there is room
     file_again               reads the first bytes of an open file once more
     file_device              opens a device to write, if it is there, or -1
     file_seek                goes to `at`, or to the end (-1). Where that is
     file_replace             syncs, closes and renames, and syncs the folder
     file_remove, file_gone   removes; makes sure that a removal lasts
     file_remove_at_last      tries for half a minute where others may hold it
     file_overwrite           writes in place, and syncs; a crash may cut it
     file_lock, file_unlock   locks a file until this program's end; -2: another
                              has the lock; -1 as file_open_as
     file_look                opens a plain file: its size, its age in seconds
     folder_list              calls `each` for each name in it
     terminal_width           its columns, 0 if that is not known
     program_path             where this program is, as far as that is known
     environment, environment_wipe  reads a variable; wipes our copy of it
     random_number            differs from that of other processes
     clock_now                seconds since 1970; *ms of the current second
     clock_local              that time as clocks here show it
     net_init, net_words      a socket that looks names up without waiting;
                              what its error number means
     net_zone                 the number of an interface, 0: there is none
     net_asks                 1 while the answer for a name is not there
     wait_for                 until the socket is ready, a signal, or a time
     net_listen               at an address; *port: the one it got. 0, or -1
     net_accept               takes a connection that was begun there: 1; or 0,
                              -1
     net_finish               nothing more is written to it
     wait_for_some            as wait_for, for several sockets; `ready` says
                              what each is ready for
     ca_places, ca_store      trusted certificates: PEM files; or a store that
                              calls `take` for each. Its name
     catch_signals            from then on, on_signal is called
     leave_at_once            ends the process from inside on_signal */

#ifndef SYSTEM_H
#define SYSTEM_H

#include "library.h"
#include <time.h>

enum { PATHS = 1024,  /* room for the name of a file */
       BUFFER = 4096, /* what is read or written at once */
       TOKEN = 16384, /* a token, or another text of the environment */
       KEYS = 32768 };/* a certificate, or a key, in PEM */

/* What a file is opened as; each is stricter than the one before.

     AS_SYSTEM   the system chose it: whatever it is
     AS_INPUT    the caller named it: a pipe, a device, or a file that is ours
                 or root's and that nobody else may write, except root's group
                 and one with the number of our user. Symbolic links are
                 followed: Kubernetes mounts its files as links
     AS_FILE     likewise, but a file: a pipe may keep its reader waiting
     AS_UNASKED  nobody named it: likewise, but no link
     AS_STATE    likewise, but ours: what it says is done in our name */
enum { AS_SYSTEM, AS_INPUT, AS_FILE, AS_UNASKED, AS_STATE };

#ifdef _WIN32
typedef amt_winsock net_socket;
#else
typedef amt_posix net_socket;
#endif

/* For wait_for_some: bits of `want` and `ready`; the most sockets. */
enum { TO_READ = 1, TO_WRITE = 2, SOME = 80 };
typedef struct { net_socket *socket; int want, ready; } net_wait;

extern const char null_device[];
/* What to do on this system about a DER file, about no trusted certificates,
   about an unknown interface. And what --help says of --on-signal. */
extern const char der_cure[], trust_cure[], zone_cure[], signals_help[];
/* 1: the log of the form connector has CR LF here, as the connector's own. */
extern const int crlf_is_usual;
/* Characters that need no quotes in a command line, and quotes for others. */
extern const char plain_letters[], quote[], quoted_quote[], path_ends[];

const char *error_words(int number);
int file_open(const char *path);
int file_open_as(const char *path, int as, const char **fault);
int file_shown(int fd);
int file_waits(int fd, uint32_t ms);
int file_create(const char *path);
ptrdiff_t file_read(int fd, void *p, size_t n);
ptrdiff_t file_write(int fd, const void *p, size_t n);
int file_room(int fd, uint32_t ms, int woken);
void file_close(int fd);
ptrdiff_t file_again(int fd, void *p, size_t n);
int file_device(const char *path);
int64_t file_seek(int fd, int64_t at);
int file_replace(int fd, const char *from, const char *to);
int file_remove(const char *path);
int file_gone(const char *path);
int file_remove_at_last(const char *path);
int file_overwrite(const char *path, const void *p, size_t n);
int file_lock(const char *path, const char **fault);
void file_unlock(int fd, const char *path);
int file_look(const char *path, uint64_t *size, int64_t *age);
void folder_list(const char *path, void (*each)(char *name));

void program_path(char *to, size_t room, const char *argv0);
const char *environment(const char *name);
void environment_wipe(const char *name);
unsigned process_id(void);
uint32_t random_number(void);
int is_terminal(int fd);
int terminal_width(int fd);
time_t clock_now(unsigned *ms);
int clock_local(time_t t, struct tm *to);
uint32_t now_ms(void);

void net_init(net_socket *s);
const char *net_words(int error);
uint32_t net_zone(const char *name);
int net_asks(void);
void wait_for(net_socket *s, int readable, int writable, uint32_t ms);
int net_listen(net_socket *s, const amt_address *a, uint16_t *port);
int net_accept(net_socket *listener, net_socket *to);
void net_finish(net_socket *s);
void wait_for_some(net_wait *list, size_t n, uint32_t ms);
#ifdef AMT_BEARSSL
extern const char *const ca_places[];
const char *ca_store(int (*take)(const char *p, size_t n), int *error);
#endif

int catch_signals(void);
const char *signal_name(int number);
void wake_up(void);
void leave_at_once(int status);

/* run_main's first call, and its last. */
void system_begin(void);
void system_end(void);

/* signals.c's. It may interrupt anything, and may use file_room, file_write,
   file_remove, wake_up and leave_at_once. */
void on_signal(int number);

/* main.c's: the whole program, and its exit status. */
int run_main(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
