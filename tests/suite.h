/* suite.h - TEST(name) { ... } defines a test and enters it in its program's
   suite: no list of tests is kept by hand. With SUITE_QUICK, SLOW_TEST(name)
   is left out. BEFORE_MAIN(name) { ... } runs before main().

   A program is one file or several. Exactly one of them defines SUITE_MAIN
   before this include and so gets main(). It runs all tests, or those whose
   names contain its argument. SUITE_SETUP and SUITE_TEARDOWN may name
   functions, int f(void **state), that run before the first and after the last
   test. They must be declared before this include. */
#ifndef SUITE_H
#define SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#include <cmocka.h>
}
#else
#include <cmocka.h>
#endif

void suite_add(struct CMUnitTest test);

/* tcc has no constructors, and glibc hides __attribute__ from it. */
#ifdef __TINYC__
#define BEFORE_MAIN(name)                                                     \
  static void name(void);                                                    \
  static void (*name##_at)(void)                                              \
    __attribute((section(".init_array"))) = name;                             \
  static void name(void)
#else
#define BEFORE_MAIN(name) __attribute__((constructor)) static void name(void)
#endif

#define TEST(name) TEST_WITH(name, NULL, NULL)

/* `begin` runs before the test and `end` after it, even if it fails. Either may
   be NULL. */
#define TEST_WITH(name, begin, end)                                           \
  static void name(void **state);                                            \
  BEFORE_MAIN(enter_##name)                                                  \
  {                                                                           \
    struct CMUnitTest test = cmocka_unit_test_setup_teardown(name, begin,     \
                                                             end);           \
    suite_add(test);                                                          \
  }                                                                           \
  static void name(__attribute__((unused)) void **state)

#define SLOW_TEST(name) SLOW_TEST_WITH(name, NULL, NULL)

#ifdef SUITE_QUICK
#define SLOW_TEST_WITH(name, begin, end)                                      \
  static __attribute__((unused)) void name(__attribute__((unused)) void **state)
#else
#define SLOW_TEST_WITH(name, begin, end) TEST_WITH(name, begin, end)
#endif

#ifdef SUITE_MAIN
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SUITE_SETUP
#define SUITE_SETUP NULL
#endif
#ifndef SUITE_TEARDOWN
#define SUITE_TEARDOWN NULL
#endif

static struct CMUnitTest suite[1000];
static size_t            suite_count;

void suite_add(struct CMUnitTest test)
{
  if (suite_count == sizeof suite / sizeof suite[0]) {
    fprintf(stderr, "suite.h: more tests than there is room for\n");
    exit(2);
  }
  suite[suite_count++] = test;
}

int main(int argc, char **argv)
{
  size_t i, n = 0;
  for (i = 0; i < suite_count; i++)
    if (argc < 2 || strstr(suite[i].name, argv[1]) != NULL)
      suite[n++] = suite[i];
  if (n == 0) {
    fprintf(stderr, "no test's name has the word %s in it\n", argv[1]);
    return 2;
  }
  return _cmocka_run_group_tests(argv[0], suite, n, SUITE_SETUP, SUITE_TEARDOWN);
}
#endif /* SUITE_MAIN */
#endif /* SUITE_H */

/* SPDX-License-Identifier: MIT OR Unlicense */
