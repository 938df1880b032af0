/* qemu_arm.h - a Cortex-M in qemu, for a program that starts at board_reset and
   prints by semihosting. examples/firmware/link.ld is its memory map. */
#include <stdint.h>
#include <stddef.h>

extern uint32_t board_stack_low[], board_stack_high[];
extern uint32_t board_bss_low[], board_bss_high[];
void board_reset(void);

static int semihosting(int op, const void *argument)
{
  register int         r0 __asm__("r0") = op;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static void tell(const char *text) { semihosting(4, text); }

static void tell_number(uint32_t n)
{
  char  digits[12], *p = digits + sizeof digits;
  for (*--p = 0; n != 0; n /= 10u) *--p = (char)('0' + n % 10u);
  tell(p);
}

static void quit(void)
{
  for (;;) semihosting(0x18, (const void *)0x20026); /* exit */
}

static void fault(void)
{
  tell("wrong: a fault\n");
  quit();
}

__attribute__((section(".vectors"), used))
static const struct {
  uint32_t *stack;
  void    (*handler[15])(void);
} vectors = {
  board_stack_high,
  {board_reset, fault, fault, fault, fault, fault, NULL, NULL, NULL, NULL,
   fault, fault, NULL, fault, fault}
};

/* SPDX-License-Identifier: MIT OR Unlicense */
