/* session.c - the library's structs: one connection, for one job. */

#include "session.h"

char buffer[BUFFER];
net_socket sock;
amt_slot conn;
amt_pool pool = { &conn, 1, buffer, sizeof buffer, NULL };
amt_session session;
amt_task task;
amt_stream *under = &sock.stream;

/* SPDX-License-Identifier: MIT OR Unlicense */
