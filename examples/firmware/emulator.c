/* What a board has and the emulator lacks, by semihosting: a clock that knows
   the date, flash (files on the host), settings and an exit. Both boards here
   use it; a board of your own needs its own. */

#include "board.h"
#include "emulator.h"
#include <string.h>

enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE = 5, SYS_READ = 6,
       SYS_TIME = 0x11, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20 };

uint32_t board_time(void) { return emulator_call(SYS_TIME, NULL); }

void board_exit(int code)
{
  uint32_t block[2];
  block[0] = 0x20026; /* ADP_Stopped_ApplicationExit */
  block[1] = (uint32_t)code;
  for (;;) emulator_call(SYS_EXIT_EXTENDED, block);
}

/* "firmware URL PORT [broken]": PORT is the emulator's DNS port; for the last
   word see board_random. */
static char settings[160];
uint16_t    board_dns_port;

const char *board_setting(unsigned index)
{
  const char *p = settings;
  while (index-- > 0 && p < settings + sizeof settings - 1) p += strlen(p) + 1;
  return p;
}

void emulator_init(void)
{
  uint32_t    block[2], i;
  const char *port;
  block[0] = (uint32_t)settings;
  block[1] = sizeof settings;
  if (emulator_call(SYS_GET_CMDLINE, block) != 0) settings[0] = 0;
  for (i = 0; i < sizeof settings; i++)
    if (settings[i] == ' ') settings[i] = 0;
  for (port = board_setting(2); *port != 0; port++)
    board_dns_port = (uint16_t)(10u * board_dns_port + (unsigned)(*port - '0'));
}

/* The flash: a file for each slot. To open one for writing empties it, like
   erasing, and eight bytes are written at a time: a reset may come between. */
static uint32_t slot_open(unsigned slot, uint32_t mode)
{
  static const char *const names[] = {"slot0", "slot1"};
  uint32_t block[3];
  block[0] = (uint32_t)names[slot & 1u];
  block[1] = mode; /* 1: "rb", 5: "wb" */
  block[2] = 5;    /* the name's length */
  return emulator_call(SYS_OPEN, block);
}

/* 0 if all n bytes were read, or written. */
static uint32_t slot_move(uint32_t op, uint32_t file, uint32_t at, size_t n)
{
  uint32_t block[3];
  block[0] = file;
  block[1] = at;
  block[2] = n;
  return emulator_call(op, block);
}

int board_flash_write(unsigned slot, const void *p, size_t n)
{
  uint32_t file = slot_open(slot, 5), bad = 0;
  size_t   i;
  if (file == UINT32_MAX) return 0;
  for (i = 0; i < n && bad == 0; i += 8)
    bad = slot_move(SYS_WRITE, file, (uint32_t)p + i, n - i < 8 ? n - i : 8);
  if (emulator_call(SYS_CLOSE, &file) != 0) bad = 1;
  return bad == 0;
}

int board_flash_read(unsigned slot, void *p, size_t n)
{
  uint32_t file = slot_open(slot, 1), bad;
  if (file == UINT32_MAX) return 0;
  bad = slot_move(SYS_READ, file, (uint32_t)p, n);
  emulator_call(SYS_CLOSE, &file);
  return bad == 0;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
