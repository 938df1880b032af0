/* config.h - Connector.config, and its encoding. */

#ifndef CONFIG_H
#define CONFIG_H

#include <stddef.h>

enum { ADDRESS, USE_TLS, API_USER, API_PASSWORD, INTERVAL, DELAY, DEBUG,
       SETTINGS, NOT_READ = SETTINGS };

/* For settle.c to read. */
extern struct setting { char *value; unsigned line; } config[SETTINGS];
extern const char *config_file;    /* NULL: there is none */
extern int         config_unasked; /* nobody named it */
extern int         config_shown;   /* others can read it */

/* Up to three bytes, as eight digits. */
void encode(const char *from, size_t n, char to[8]);

/* -c FILE, or the one beside the program, or the one in the current folder, if
   there is one: its settings, and the options in its section [AMT]. 0, or
   EXIT_CONFIG after saying why; so do all of these. */
int take_config(const char *program);

/* http, if the file says so, otherwise https. */
char *config_url(void);

/* USER or PASSWORD, decoded. */
int config_decode(int setting, char *to, size_t room);

/* What it holds of the credentials. */
void config_wipe(void);

/* `amt encrypt` */
int print_encoded(const char *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
