/* What lwIP would take from a heap comes from here: small pieces for ARP, DNS
   and acknowledgements, large ones (TCP_MSS + 100) for what TCP sends. */
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(8, 160)
#ifdef AMT_BEARSSL
LWIP_MALLOC_MEMPOOL(3, 1560)
#else
LWIP_MALLOC_MEMPOOL(3, 636)
#endif
LWIP_MALLOC_MEMPOOL_END

/* SPDX-License-Identifier: MIT OR Unlicense */
