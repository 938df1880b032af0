/* secret_words.h - what the names of secrets have in them, in lower case. */

#ifndef SECRET_WORDS_H
#define SECRET_WORDS_H

/* Each ends with NULL. Words may stand anywhere in a name; names are whole.
   session_words may also be about a job. */
extern const char *const password_words[], *const password_names[];
extern const char *const secret_words[], *const secret_names[];
extern const char *const session_words[];

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
