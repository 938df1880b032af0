/* lwIP for one TCP connection, without threads. Its memory is pools of fixed
   size and nothing else (lwippools.h): no heap, not even lwIP's own.

   For a bigger or smaller part change the four sizes under "Room". */

#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS                  1
#define SYS_LIGHTWEIGHT_PROT    0 /* the driver is polled, not interrupted */
#define LWIP_NETCONN            0
#define LWIP_SOCKET             0

#define LWIP_TCP                1
#define LWIP_UDP                1 /* for the DNS */
#define LWIP_RAW                0
#define LWIP_DNS                1
#define LWIP_DHCP               0
#define LWIP_IPV4               1
#define LWIP_IPV6               0
#define IP_REASSEMBLY           0
#define IP_FRAG                 0
#define LWIP_STATS              0
#define LWIP_NETIF_LINK_CALLBACK 0

/* Memory: pools. */
#define MEM_LIBC_MALLOC         0
#define MEMP_MEM_MALLOC         0
#define MEM_USE_POOLS           1
#define MEMP_USE_CUSTOM_POOLS   1
#define MEM_ALIGNMENT           4

/* Room. */
#ifdef AMT_BEARSSL              /* a 64 kB part: certificates are large */
#define TCP_MSS                 1460
#define TCP_WND                 (2 * TCP_MSS)
#define TCP_SND_BUF             (2 * TCP_MSS)
#define PBUF_POOL_SIZE          6
#else                           /* a 32 kB part */
#define TCP_MSS                 536
#define TCP_WND                 (3 * TCP_MSS)
#define TCP_SND_BUF             (2 * TCP_MSS)
#define PBUF_POOL_SIZE          6
#endif
#define PBUF_POOL_BUFSIZE       LWIP_MEM_ALIGN_SIZE(TCP_MSS + 56)
#define TCP_SND_QUEUELEN        8
#define MEMP_NUM_TCP_SEG        8
#define MEMP_NUM_TCP_PCB        2 /* ours, and the one before it */
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_UDP_PCB        2
#define MEMP_NUM_PBUF           4
#define ARP_TABLE_SIZE          4
#define DNS_TABLE_SIZE          1
#define DNS_MAX_NAME_LENGTH     64

/* Ports, sequence numbers and DNS identities must be hard to guess, which needs
   a real source of randomness. The board's file says what its own is worth. */
#include <stdint.h>
uint32_t network_random(void);
#define LWIP_RAND               network_random

/* Only for the emulator, whose DNS server cannot have port 53. */
extern uint16_t board_dns_port;
#define DNS_SERVER_PORT         board_dns_port

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
