/* From reset to main, the same on each board: sets up memory as C expects it,
   and paints the stack, which shows later how deep it went. link.ld says where
   everything is. */

#include "board.h"
#include "start.h"
#include <string.h>

extern uint32_t board_stack_low[], board_stack_high[];
extern uint32_t board_data_low[], board_data_high[], board_bss_low[];
extern uint32_t board_bss_high[];
extern const uint32_t board_data_load[];
int main(void);

#define PAINT 0xC5C5C5C5u

/* The 32 words below the stack pointer are this function's own. volatile: else
   the compiler calls memset, which uses stack, too. */
void start(const uint32_t *stack)
{
  const uint32_t    *from = board_data_load;
  uint32_t          *to;
  volatile uint32_t *paint;
  for (to = board_data_low; to < board_data_high; to++) *to = *from++;
  for (to = board_bss_low; to < board_bss_high; to++) *to = 0;
  for (paint = board_stack_low; paint < stack - 32; paint++) *paint = PAINT;
  board_exit(main());
}

size_t board_stack_size(void)
{
  return (size_t)((char *)board_stack_high - (char *)board_stack_low);
}

size_t board_stack_used(void)
{
  const uint32_t *p = board_stack_low;
  while (p < board_stack_high && *p == PAINT) p++;
  return (size_t)((char *)board_stack_high - (const char *)p);
}

void board_panic(const char *why)
{
  board_print("panic: ", 7);
  board_print(why, strlen(why));
  board_print("\n", 1);
  board_exit(70);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
