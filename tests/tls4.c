/* tls4.c - does amt_mbedtls.h fit mbedTLS 4? Compile this against 3.6; do not
   run it. It claims to be 4.1, which no longer has these names. What is new in
   4 is declared here.

   cc -std=c99 -fsyntax-only -I. -Ibackends tests/tls4.c */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <psa/crypto.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if MBEDTLS_VERSION_NUMBER < 0x04000000
int mbedtls_ssl_get_fatal_alert(const mbedtls_ssl_context *ssl);
int mbedtls_pk_can_do_psa(const mbedtls_pk_context *pk, psa_algorithm_t alg,
                          psa_key_usage_t usage);
#undef MBEDTLS_VERSION_NUMBER
#define MBEDTLS_VERSION_NUMBER 0x04010000
#pragma GCC poison mbedtls_entropy_context mbedtls_entropy_init
#pragma GCC poison mbedtls_entropy_free mbedtls_entropy_func
#pragma GCC poison mbedtls_sha256_context mbedtls_sha256_init
#pragma GCC poison mbedtls_sha256_starts mbedtls_sha256_update
#pragma GCC poison mbedtls_sha256_finish mbedtls_sha256_free
#pragma GCC poison mbedtls_ssl_conf_rng mbedtls_pk_can_do MBEDTLS_PK_RSA
#pragma GCC poison mbedtls_ssl_conf_min_version mbedtls_ssl_conf_max_version
#pragma GCC poison MBEDTLS_ERR_ENTROPY_SOURCE_FAILED in_msg
#pragma GCC poison mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets
#endif

#define AMT_IMPLEMENTATION
#define AMT_POSIX
#define AMT_MBEDTLS
#define _POSIX_C_SOURCE 200809L
#include "amt_http.h"

/* SPDX-License-Identifier: MIT OR Unlicense */
