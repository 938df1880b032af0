/* main.c - the tests of amt_http.h alone: URLs, requests, replies, connections
   over a scripted stream, and POSIX sockets on the loopback interface.

   Only this file has the implementation. Its system calls go through the
   doubles of doubles.h. What the tests share is in http.h. */

#define SUITE_MAIN
#include "suite.h"
#include "doubles.h"

#define socket(...) fake_socket(__VA_ARGS__)
#define fcntl(...) fake_fcntl(__VA_ARGS__)
#define connect(...) fake_connect(__VA_ARGS__)
#define getsockopt(...) fake_getsockopt(__VA_ARGS__)
#define poll(...) fake_poll(__VA_ARGS__)
#define time(...) fake_time(__VA_ARGS__)
#define getaddrinfo(...) fake_getaddrinfo(__VA_ARGS__)
#define freeaddrinfo(...) fake_freeaddrinfo(__VA_ARGS__)
#define AMT_IMPLEMENTATION
#define AMT_POSIX
#include "amt_http.h"

/* All inputs, so this is a proof: a length beyond 255 counts as 255. */
TEST(no_byte_leads_out_of_the_words_of_a_head)
{
  unsigned place, n, c;
  for (place = 0; place <= AMT__H_NONE; place++)
    for (n = 0; n < 256; n++)
      for (c = 0; c < 256; c++)
        if (amt__http_follow(place, n, c) > AMT__H_NONE)
          fail_msg("%u, %u, %u", place, n, c);
}

/* The fifth number is refused before it is written. */
TEST(an_IPv4_address_takes_four_bytes_whatever_it_is)
{
  static const char *const texts[] = { "1.2.3.4", "1.2.3.4.5", "1.2.3.4.5.6",
                                       "1.2.3.4." };
  size_t i;
  for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    uint8_t ip[8] = { 0 };
    amt__address_4(ip, texts[i], strlen(texts[i]));
    assert_int_equal(ip[3], 4);
    assert_int_equal(ip[4] | ip[5], 0);
  }
}

/* Names are asked for again soon; an address has its share of the time. */
TEST(a_wait_to_connect_is_a_short_one)
{
  amt__socket s;
  memset(&s, 0, sizeof s);
  s.fd = AMT__CLOSED;
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_WRITE, 11), 10);
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_WRITE, 9), 9);
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_READ, 99), 99);
  s.fd = 0, s.count = 2, s.left = 8u * AMT_ADDRESSES;
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_WRITE, 99), 9);
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_WRITE, 9), 9);
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_WRITE, 8), 8);
  s.index = 1; /* the last has all of it */
  assert_int_equal(amt__socket_patience(&s, AMT_WANT_WRITE, 99), 99);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
