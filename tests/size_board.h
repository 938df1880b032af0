/* size_board.h - the board of size_same.c and size_all.c. In size_board.c it
   does nothing, and its size is subtracted. In size_play.c it plays the server,
   to test the programs and measure their stack. */
#ifndef SIZE_BOARD_H
#define SIZE_BOARD_H
#include "amt.h"

int  board_send(const void *p, size_t n); /* bytes, or an error */
int  board_receive(void *p, size_t n);    /* 0 at the end */
void board_say(const char *text, size_t n);

extern const amt_stream_ops board_stream;
uint32_t    board_now(void);
int         board_messages(void); /* AMT_LIVE, AMT_AT_END, AMT_NEVER */
const char *board_saved_id(void); /* of a job to continue, or NULL */
void        board_save_id(const char *id);
int         board_order(void); /* 0, AMT_STOP, AMT_KILL, BOARD_DROP */
enum { BOARD_DROP = AMT_CALLS };
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
