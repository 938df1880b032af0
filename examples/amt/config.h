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

/* Encodes up to three bytes as eight digits. */
void encode(const char *from, size_t n, char to[8]);

/* Reads -c FILE, or else the file beside the program, or else the one in the
   current folder, if there is one: the settings, and the options in [AMT].
   Returns 0, or EXIT_CONFIG after saying why, as config_decode does. */
int take_config(const char *program);

/* The server's URL: http if the file says so, otherwise https; or NULL. */
char *config_url(void);

/* Decodes USER or PASSWORD. */
int config_decode(int setting, char *to, size_t room);

/* Wipes the file's text, which has the credentials. */
void config_wipe(void);

/* Runs `amt encrypt`. */
int print_encoded(const char *value);

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
