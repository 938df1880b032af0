/* What main.c needs of a board. cortex_m3.c is for qemu's mps2-an385, risc_v.c
   for its virt; emulator.c has what both need of the emulator. For another
   board write your own functions. */

#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>
#include <lwip/netif.h>

void     board_init(void);
uint32_t board_now(void);   /* milliseconds; wraps */
uint32_t board_ticks(void); /* of 40 ns; wraps */
uint32_t board_time(void);  /* seconds since 1970, or 0: there is no clock */
/* n random bytes that nobody can guess: 1; 0 if the generator failed, and TLS
   then refuses to connect. */
int      board_random(void *p, size_t n);
void     board_led(int on);
void     board_sleep(void); /* until the next interrupt */
void     board_print(const char *text, size_t n);
void     board_panic(const char *why);
void     board_exit(int code);

/* Two slots that keep n bytes through a power cut. A write that is cut off may
   leave anything in its slot; the other stays as it was. 1; 0 if it failed. */
int      board_flash_write(unsigned slot, const void *p, size_t n);
int      board_flash_read(unsigned slot, void *p, size_t n);

/* The Ethernet controller. _init starts it and writes its address to mac, _send
   is lwIP's linkoutput, _poll gives lwIP what came: call it in the loop. */
void     board_ethernet_init(uint8_t mac[6]);
err_t    board_ethernet_send(struct netif *netif, struct pbuf *p);
void     board_ethernet_poll(struct netif *netif);

/* Bytes of stack: the most ever in use, and all there are. */
size_t   board_stack_used(void);
size_t   board_stack_size(void);

/* A word of the emulator's command line; "" if there is none. Not on a board:
   there the settings are constants, or in flash. */
const char *board_setting(unsigned index);
extern uint16_t board_dns_port;

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
