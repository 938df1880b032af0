/* tls.h - certificates, pins, and why a server was refused. */

#ifndef TLS_H
#define TLS_H

#include "system.h"

enum { TRUST = 524288 }; /* bytes for trusted certificates */

extern int https; /* settle.c sets it, once the server is known */

#ifdef AMT_BEARSSL
/* For anchors.c, which prints them. */
extern amt_bearssl_anchors anchors;
extern amt_bearssl_client  client;
extern const char         *ca_file;  /* where the anchors come from */
extern const char         *ca_fault; /* or why they do not */

/* Reads the anchors of ca_file. 0, or an exit status after saying why. */
int read_anchors(int fd);
/* Tells how many of ca_file's cannot be used, if any. */
void tell_passed_anchors(void);

/* Reads --cert and --key into `client`; likewise. */
int read_client(void);

/* Makes the stream of one more connection to the server, with a buffer of its
   own. tls_look_at: tls_words then tells about this one. */
void tls_wrap(amt_bearssl *t, net_socket *s, void *buf, size_t size);
void tls_look_at(const amt_bearssl *t);
#endif

/* Does what the options say about TLS. 0, or an exit status after saying
   why. */
int tls_settle(void);

/* The TLS stream around the socket's; in a build without TLS, the socket's. */
amt_stream *tls_begin(void);

/* What amt_error cannot know of a TLS server that was refused. */
const char *tls_words(int error);

/* Forgets the session that a later connection would resume. */
void tls_forget(void);

/* Wipes all its secrets. */
void tls_wipe(void);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
