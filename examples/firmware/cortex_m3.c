/* The board: qemu's mps2-an385, a Cortex-M3 at 25 MHz with an Ethernet
   controller LAN9118 and a UART for the console. It has no clock, no flash and
   no source of randomness. The emulator stands in for clock and flash, see
   emulator.c; nothing stands in for the randomness, see board_random. */

#include "board.h"
#include "emulator.h"
#include "start.h"
#include <string.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* --- start ---------------------------------------------------------------- */

extern uint32_t board_stack_high[];
void board_reset(void);

void board_reset(void)
{
  const uint32_t *stack;
  __asm volatile("mov %0, sp" : "=r"(stack));
  start(stack);
}

static void fault(void)
{
  board_panic("a fault: stack too small, or a wild pointer");
}

/* CLOCK is the processor's, in Hz. A smaller one makes the board's time pass
   faster, for a test that lasts a day. TICK_MS lies between two interrupts. */
#ifndef CLOCK
#define CLOCK   25000000u
#define TICK_MS 1u
#endif

static volatile uint32_t milliseconds;

static void tick(void) { milliseconds += TICK_MS; }

/* The 16 vectors of the core; nothing else interrupts. */
__attribute__((section(".vectors"), used))
static const struct {
  uint32_t *stack;
  void    (*handler[15])(void);
} vectors = {
  board_stack_high,
  {board_reset, fault, fault, fault, fault, fault, NULL, NULL, NULL, NULL,
   fault, fault, NULL, fault, tick}
};

/* --- time ----------------------------------------------------------------- */

#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)

uint32_t board_now(void) { return milliseconds; }

uint32_t board_ticks(void)
{
  uint32_t ms, left;
  do {
    ms = milliseconds;
    left = SYST_CVR;
  } while (ms != milliseconds);
  return ms * (CLOCK / 1000u) + (CLOCK / 1000u * TICK_MS - 1u - left);
}

void board_sleep(void) { __asm volatile("wfi"); }

void board_led(int on) { REGISTER(0x40028000u) = on ? 1u : 0u; }

uint32_t sys_now(void); /* lwIP's clock */
uint32_t sys_now(void) { return milliseconds; }

/* --- calls to the emulator, see emulator.c -------------------------------- */

uint32_t emulator_call(uint32_t op, const void *block)
{
  register uint32_t    r0 __asm("r0") = op;
  register const void *r1 __asm("r1") = block;
  __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

/* --- randomness: THERE IS NONE ---------------------------------------------

   This board has no source of randomness, so every run draws the same numbers:
   whoever knows this file can predict every key and read all that TLS hides.
   The name of the seed says it, main.c prints it, and the build has to ask for
   it. On a real part use its hardware generator with its own health checks, and
   return 0 when one fails. Here it fails if the emulator's command line says
   "broken", to show what happens then. */

#ifndef UNSAFE_FIXED_SEED
#error "this board has no randomness; only a test may define UNSAFE_FIXED_SEED"
#endif

int board_random(void *p, size_t n)
{
  static uint32_t unsafe = UNSAFE_FIXED_SEED;
  unsigned char  *to = (unsigned char *)p;
  if (strcmp(board_setting(3), "broken") == 0) return 0;
  while (n-- > 0) {
    unsafe ^= unsafe << 13;
    unsafe ^= unsafe >> 17;
    unsafe ^= unsafe << 5;
    *to++ = (unsigned char)(unsafe >> 24);
  }
  return 1;
}

/* --- console -------------------------------------------------------------- */

#define UART_DATA  REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CTRL  REGISTER(0x40004008u)
#define UART_BAUD  REGISTER(0x40004010u)

void board_print(const char *text, size_t n)
{
  while (n-- > 0) {
    while (UART_STATE & 1u) {} /* it is full */
    UART_DATA = (unsigned char)*text++;
  }
}

/* --- Ethernet: the LAN9118, polled ---------------------------------------- */

#define LAN(offset)  REGISTER(0x40200000u + (offset))
#define RX_DATA      LAN(0x00u)
#define TX_DATA      LAN(0x20u)
#define RX_STATUS    LAN(0x40u)
#define TX_STATUS    LAN(0x48u)
#define BYTE_TEST    LAN(0x64u)
#define TX_CFG       LAN(0x70u)
#define HW_CFG       LAN(0x74u)
#define RX_FIFO_INF  LAN(0x7Cu)
#define TX_FIFO_INF  LAN(0x80u)
#define MAC_CSR_CMD  LAN(0xA4u)
#define MAC_CSR_DATA LAN(0xA8u)

enum { MAC_CR = 1, MAC_ADDRH = 2, MAC_ADDRL = 3, MAC_MII_ACC = 6,
       MAC_MII_DATA = 7, PHY_BMSR = 1 };

static void mac_wait(void)
{
  while (MAC_CSR_CMD & 0x80000000u) {}
}

static void mac_write(uint32_t index, uint32_t value)
{
  mac_wait();
  MAC_CSR_DATA = value;
  MAC_CSR_CMD = 0x80000000u | index;
  mac_wait();
}

static uint32_t mac_read(uint32_t index)
{
  mac_wait();
  MAC_CSR_CMD = 0xC0000000u | index;
  mac_wait();
  return MAC_CSR_DATA;
}

/* While the cable is out, lwIP sends nothing, and tries again later. */
static int link_is_up(void)
{
  mac_write(MAC_MII_ACC, 1u << 11 | (uint32_t)PHY_BMSR << 6 | 1u);
  while (mac_read(MAC_MII_ACC) & 1u) {}
  return (mac_read(MAC_MII_DATA) & 4u) != 0;
}

/* The controller takes words; a pbuf's pieces may end anywhere. */
err_t board_ethernet_send(struct netif *netif, struct pbuf *p)
{
  uint32_t word = 0;
  unsigned have = 0;
  (void)netif;
  while (TX_FIFO_INF & 0x00FF0000u) (void)TX_STATUS;
  if ((TX_FIFO_INF & 0xFFFFu) < p->tot_len + 16u) return ERR_MEM;
  TX_DATA = 0x3000u | p->tot_len; /* first and last piece of a frame */
  TX_DATA = p->tot_len;
  for (; p != NULL; p = p->next) {
    const unsigned char *from = (const unsigned char *)p->payload;
    u16_t                i;
    for (i = 0; i < p->len; i++) {
      word |= (uint32_t)from[i] << 8u * have;
      if (++have == 4u) {
        TX_DATA = word;
        word = have = 0;
      }
    }
  }
  if (have != 0) TX_DATA = word;
  return ERR_OK;
}

/* Moves a frame of n bytes from the controller to p. If p is NULL, the frame is
   dropped, and TCP will send it again. */
static void take_frame(struct pbuf *p, uint32_t n)
{
  uint32_t i, word = 0;
  u16_t    at = 0;
  for (i = 0; i < n; i++) {
    unsigned char c;
    if (i % 4u == 0) word = RX_DATA;
    c = (unsigned char)(word >> 8u * (i % 4u));
    while (p != NULL && at == p->len) p = p->next, at = 0;
    if (p != NULL) ((unsigned char *)p->payload)[at++] = c;
  }
}

void board_ethernet_poll(struct netif *netif)
{
  static uint32_t looked = (uint32_t)-100; /* at once, the first time */
  if (board_now() - looked >= 100u) {
    looked = board_now();
    if (link_is_up()) netif_set_link_up(netif);
    else              netif_set_link_down(netif);
  }
  while (RX_FIFO_INF & 0x00FF0000u) {
    uint32_t     status = RX_STATUS;
    uint32_t     n = status >> 16 & 0x3FFFu; /* with its 4 bytes of checksum */
    struct pbuf *p = NULL;
    if (!(status & 0x8000u) && n > 4u)
      p = pbuf_alloc(PBUF_RAW, (u16_t)(n - 4u), PBUF_POOL);
    take_frame(p, n);
    if (p != NULL && netif->input(p, netif) != ERR_OK) pbuf_free(p);
  }
}

void board_ethernet_init(uint8_t mac[6])
{
  static const uint8_t ours[6] = {0x02, 0, 0, 0, 0, 1};
  memcpy(mac, ours, sizeof ours);
  while (BYTE_TEST != 0x87654321u) {} /* it wakes up */
  HW_CFG = 0x00150000u;               /* whole frames, 5 kB for sending */
  mac_write(MAC_ADDRL, mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 |
                         (uint32_t)mac[3] << 24);
  mac_write(MAC_ADDRH, mac[4] | (uint32_t)mac[5] << 8);
  TX_CFG = 2u;
  mac_write(MAC_CR, 0xCu); /* send and receive */
}

void board_init(void)
{
  SYST_RVR = CLOCK / 1000u * TICK_MS - 1u;
  SYST_CVR = 0;
  SYST_CSR = 7u; /* the processor's clock, interrupt, on */
  UART_BAUD = 217u; /* 115,200 */
  UART_CTRL = 1u;
  emulator_init();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
