/* tls.h - certificates, pins, and why a server was refused. */

#ifndef TLS_H
#define TLS_H

#include "system.h"

enum { TRUST = 524288 }; /* bytes for trusted certificates */

extern int https; /* settle.c says so, once the server is known */

#ifdef AMT_BEARSSL
/* For anchors.c, which prints them. */
extern amt_bearssl_anchors anchors;
extern amt_bearssl_client  client;
extern const char         *ca_file;  /* where the anchors come from */
extern const char         *ca_fault; /* or why they do not */

/* The anchors of ca_file. 0, or an exit status after saying why. */
int read_anchors(int fd);
/* How many of ca_file's cannot be used, if any. */
void tell_passed_anchors(void);

/* --cert and --key, into `client`; likewise. */
int read_client(void);

/* The stream of one more connection to the server, with a buffer of its own;
   and what tls_words is to speak of. */
void tls_wrap(amt_bearssl *t, net_socket *s, void *buf, size_t size);
void tls_look_at(const amt_bearssl *t);
#endif

/* What the options say of it. 0, or an exit status after saying why. */
int tls_settle(void);

/* The stream around the socket's; that itself in a build without TLS. */
amt_stream *tls_begin(void);

/* What amt_error cannot know of a TLS server that was refused. */
const char *tls_words(int error);

/* The session that a later connection would resume. */
void tls_forget(void);

/* All that is secret in it. */
void tls_wipe(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
