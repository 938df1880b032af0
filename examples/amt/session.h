/* session.h - the library's structs: one connection, for one job. */

#ifndef SESSION_H
#define SESSION_H

#include "system.h"

extern char        buffer[BUFFER];
extern net_socket  sock;
extern amt_slot    conn;
extern amt_pool    pool;
extern amt_session session;
extern amt_task    task;
extern amt_stream *under; /* the socket's, or the TLS stream around it */

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
