/* lwIP's options for tests/test_lwip.c. All memory comes from malloc, so the
   sanitizers see each pbuf and pcb that leaks or is used after its end. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H
#define NO_SYS                  1
#define SYS_LIGHTWEIGHT_PROT    0
#define LWIP_NETCONN            0
#define LWIP_SOCKET             0
#define LWIP_IPV6               1
#define LWIP_DNS                1
#define DNS_TABLE_SIZE          2
#define LWIP_IPV6_MLD           0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define MEM_LIBC_MALLOC         1
#define MEMP_MEM_MALLOC         1
#define MEM_ALIGNMENT           8
#define TCP_MSS                 536
#define TCP_WND                 (4 * TCP_MSS)
#define TCP_SND_BUF             (4 * TCP_MSS)
#define PBUF_POOL_BUFSIZE       600
#define LWIP_NETIF_LOOPBACK     0
#define LWIP_HAVE_LOOPIF        0
#define LWIP_IPV6_REASS         0
#define LWIP_IPV6_FRAG          0
#define IP_REASSEMBLY           0
#define IP_FRAG                 0
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
