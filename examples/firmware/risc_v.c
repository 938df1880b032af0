/* The board: qemu's virt with a 32-bit RISC-V (rv32imac), an Ethernet
   controller and a source of randomness by the virtio standard (1.1), and a
   UART 16550 for the console. The emulator stands in for clock and flash,
   see emulator.c. */

#include "board.h"
#include "emulator.h"
#include "start.h"
#include <string.h>
#include <lwip/netif.h>
#include <netif/ethernet.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define BYTE(address)     (*(volatile uint8_t *)(address))

/* --- start ---------------------------------------------------------------- */

void board_reset(void);
void board_trap(void);

/* No fault happens by itself where the stack ends. So the processor's
   memory protection (PMP) forbids the 4 kB below it: link.ld leaves these
   empty. */
#define GUARD 0x800FF000u

__attribute__((section(".vectors"), naked, used)) void board_reset(void)
{
  __asm volatile(
    "la   sp, board_stack_high\n"
    "la   t0, board_trap\n"
    "csrw mtvec, t0\n"
    "li   t0, %0\n"
    "csrw pmpaddr0, t0\n"
    "li   t0, 0x98\n" /* locked, a power of two, no access */
    "csrw pmpcfg0, t0\n"
    "mv   a0, sp\n"
    "j    start" : : "i"(GUARD / 4u | (4096u / 8u - 1u)));
}

/* --- time: 10 million ticks a second -------------------------------------- */

#define MTIMECMP_LOW  REGISTER(0x02004000u)
#define MTIMECMP_HIGH REGISTER(0x02004004u)
#define MTIME_LOW     REGISTER(0x0200BFF8u)
#define MTIME_HIGH    REGISTER(0x0200BFFCu)

enum { TICKS_A_MILLISECOND = 10000 };

static volatile uint32_t milliseconds;
static uint64_t          next;

static uint64_t mtime(void)
{
  uint32_t high, low;
  do {
    high = MTIME_HIGH;
    low = MTIME_LOW;
  } while (high != MTIME_HIGH);
  return (uint64_t)high << 32 | low;
}

/* First makes the high word the greatest, so that nothing is due in between. */
static void next_tick(void)
{
  next += TICKS_A_MILLISECOND;
  MTIMECMP_HIGH = UINT32_MAX;
  MTIMECMP_LOW = (uint32_t)next;
  MTIMECMP_HIGH = (uint32_t)(next >> 32);
}

__attribute__((interrupt("machine"), aligned(4))) void board_trap(void)
{
  uint32_t cause;
  __asm volatile("csrr %0, mcause" : "=r"(cause));
  if (cause != 0x80000007u) /* the timer; nothing else interrupts */
    board_panic("a fault: stack too small, or a wild pointer");
  milliseconds++;
  next_tick();
}

uint32_t board_now(void) { return milliseconds; }

uint32_t board_ticks(void) { return (uint32_t)(mtime() * 5u / 2u); }

void board_sleep(void) { __asm volatile("wfi"); }

void board_led(int on) { (void)on; } /* there is none */

uint32_t sys_now(void); /* lwIP's clock */
uint32_t sys_now(void) { return milliseconds; }

/* --- calls to the emulator, see emulator.c -------------------------------- */

__attribute__((noinline, aligned(16)))
uint32_t emulator_call(uint32_t op, const void *block)
{
  register uint32_t    a0 __asm("a0") = op;
  register const void *a1 __asm("a1") = block;
  __asm volatile(
    ".option push\n.option norvc\n"
    "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n"
    ".option pop" : "+r"(a0) : "r"(a1) : "memory");
  return a0;
}

/* --- console -------------------------------------------------------------- */

#define UART_DATA  BYTE(0x10000000u)
#define UART_STATE BYTE(0x10000005u)

void board_print(const char *text, size_t n)
{
  while (n-- > 0) {
    while (!(UART_STATE & 0x20u)) {} /* it is full */
    UART_DATA = (uint8_t)*text++;
  }
}

/* --- virtio ---------------------------------------------------------------

   A device takes buffers from a queue. The driver describes each in `buffer`,
   puts its number into `given`, and notifies the device. The device puts the
   number into `back`, and how many bytes it wrote. The counts of `given` and
   `back` only grow, and wrap. */

enum { QUEUE = 2 }; /* buffers of each: a power of two */

typedef struct queue {
  struct { uint32_t at, high, n; uint16_t flags, next; } buffer[QUEUE];
  struct { uint16_t flags, count, number[QUEUE]; } given;
  struct { uint16_t flags, count; struct { uint32_t number, n; } it[QUEUE]; }
    back;
  uint16_t taken; /* how many were taken from `back`; wraps */
} __attribute__((aligned(16))) queue;

enum { WRITES = 2 }; /* a flag: the device writes to this buffer */

enum { MAGIC = 0x00, VERSION = 0x04, DEVICE = 0x08, FEATURES = 0x20,
       FEATURES_PAGE = 0x24, QUEUE_PAGE = 0x30, QUEUE_SIZE = 0x38,
       QUEUE_READY = 0x44, NOTIFY = 0x50, STATUS = 0x70, QUEUE_BUFFERS = 0x80,
       QUEUE_GIVEN = 0x90, QUEUE_BACK = 0xA0, CONFIG = 0x100 };

enum { NET = 1, RANDOM = 4 };

#define DEVICE_REGISTER(d, offset) REGISTER((d) + (uint32_t)(offset))

/* What comes before it happens first, as the device sees it, too. */
#define BARRIER() __asm volatile("fence" : : : "memory")

/* Starts a device of this kind that has these features (of the first 32).
   Returns the address of its registers, or 0 if there is none. */
static uint32_t device_begin(uint32_t kind, uint32_t features)
{
  uint32_t d;
  for (d = 0x10001000u; d <= 0x10008000u; d += 0x1000u)
    if (DEVICE_REGISTER(d, MAGIC) == 0x74726976u &&
        DEVICE_REGISTER(d, VERSION) == 2u &&
        DEVICE_REGISTER(d, DEVICE) == kind) {
      DEVICE_REGISTER(d, STATUS) = 0;
      DEVICE_REGISTER(d, STATUS) = 3u; /* ACKNOWLEDGE, DRIVER */
      DEVICE_REGISTER(d, FEATURES_PAGE) = 0;
      DEVICE_REGISTER(d, FEATURES) = features;
      DEVICE_REGISTER(d, FEATURES_PAGE) = 1u;
      DEVICE_REGISTER(d, FEATURES) = 1u; /* VIRTIO_F_VERSION_1 */
      DEVICE_REGISTER(d, STATUS) = 11u;
      return DEVICE_REGISTER(d, STATUS) & 8u ? d : 0;
    }
  return 0;
}

static void queue_begin(uint32_t d, uint32_t page, queue *q)
{
  DEVICE_REGISTER(d, QUEUE_PAGE) = page;
  DEVICE_REGISTER(d, QUEUE_SIZE) = QUEUE;
  DEVICE_REGISTER(d, QUEUE_BUFFERS) = (uint32_t)q->buffer;
  DEVICE_REGISTER(d, QUEUE_GIVEN) = (uint32_t)&q->given;
  DEVICE_REGISTER(d, QUEUE_BACK) = (uint32_t)&q->back;
  DEVICE_REGISTER(d, QUEUE_READY) = 1u;
}

static void give(uint32_t d, uint32_t page, queue *q, unsigned number, void *p,
                 uint32_t n, unsigned flags)
{
  q->buffer[number].at = (uint32_t)p;
  q->buffer[number].n = n;
  q->buffer[number].flags = (uint16_t)flags;
  q->given.number[q->given.count % QUEUE] = (uint16_t)number;
  BARRIER();
  q->given.count++;
  BARRIER();
  DEVICE_REGISTER(d, NOTIFY) = page;
}

/* 1 if a buffer came back: *number says which, *n the bytes written to it. */
static int take_back(queue *q, unsigned *number, uint32_t *n)
{
  BARRIER();
  if (*(volatile uint16_t *)&q->back.count == q->taken) return 0;
  BARRIER();
  *number = q->back.it[q->taken % QUEUE].number % QUEUE;
  *n = q->back.it[q->taken % QUEUE].n;
  q->taken++;
  return 1;
}

/* --- randomness ----------------------------------------------------------- */

static uint32_t random_device;
static queue    random_queue;

int board_random(void *p, size_t n)
{
  unsigned char *to = (unsigned char *)p;
  if (random_device == 0 || strcmp(board_setting(3), "broken") == 0) return 0;
  while (n != 0) {
    uint32_t asked = milliseconds, came = 0;
    unsigned number;
    give(random_device, 0, &random_queue, 0, to, n, WRITES);
    while (!take_back(&random_queue, &number, &came))
      if (milliseconds - asked > 10000u) /* a busy host takes seconds */
        board_panic("the source of randomness does not answer");
    if (came == 0 || came > n) return 0;
    to += came;
    n -= came;
  }
  return 1;
}

/* --- Ethernet, polled ----------------------------------------------------- */

enum { RECEIVE, SEND,            /* its queues */
       HEAD = 12,                /* bytes before each frame, all 0 here */
       FRAME = HEAD + 1514,
       ADDRESS = 1 << 5,         /* features: to tell its address, */
       LINK_STATUS = 1 << 16 };  /* and if the cable is in */

static uint32_t      net_device;
static queue         received, sent;
static unsigned char received_frame[QUEUE][FRAME + 2], sent_frame[FRAME + 2];

err_t board_ethernet_send(struct netif *netif, struct pbuf *p)
{
  unsigned number;
  uint32_t n;
  (void)netif;
  while (take_back(&sent, &number, &n)) {}
  if (sent.taken != sent.given.count || p->tot_len > FRAME - HEAD)
    return ERR_MEM; /* lwIP sends it again */
  pbuf_copy_partial(p, sent_frame + HEAD, p->tot_len, 0);
  give(net_device, SEND, &sent, 0, sent_frame, HEAD + (uint32_t)p->tot_len, 0);
  return ERR_OK;
}

void board_ethernet_poll(struct netif *netif)
{
  unsigned number;
  uint32_t n;
  if (BYTE(net_device + CONFIG + 6u) & 1u) netif_set_link_up(netif);
  else                                     netif_set_link_down(netif);
  while (take_back(&received, &number, &n)) {
    unsigned char *frame = received_frame[number];
    struct pbuf   *p = NULL;
    if (n > HEAD && n <= FRAME)
      p = pbuf_alloc(PBUF_RAW, (u16_t)(n - HEAD), PBUF_POOL);
    if (p != NULL) pbuf_take(p, frame + HEAD, (u16_t)(n - HEAD));
    give(net_device, RECEIVE, &received, number, frame, FRAME, WRITES);
    if (p != NULL && netif->input(p, netif) != ERR_OK) pbuf_free(p);
  }
}

void board_ethernet_init(uint8_t mac[6])
{
  unsigned i;
  net_device = device_begin(NET, ADDRESS | LINK_STATUS);
  if (net_device == 0) board_panic("no Ethernet controller");
  queue_begin(net_device, RECEIVE, &received);
  queue_begin(net_device, SEND, &sent);
  DEVICE_REGISTER(net_device, STATUS) = 15u;
  for (i = 0; i < QUEUE; i++)
    give(net_device, RECEIVE, &received, i, received_frame[i], FRAME, WRITES);
  for (i = 0; i < 6u; i++) mac[i] = BYTE(net_device + CONFIG + i);
}

void board_init(void)
{
  next = mtime();
  next_tick();
  __asm volatile("csrs mie, %0" : : "r"(0x80u));     /* the timer's */
  __asm volatile("csrs mstatus, %0" : : "r"(0x8u));  /* interrupts */
  emulator_init();
  random_device = device_begin(RANDOM, 0);
  if (random_device == 0) return;
  queue_begin(random_device, 0, &random_queue);
  DEVICE_REGISTER(random_device, STATUS) = 15u;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
