/* runner.h - the part of cmocka's interface that the tests use, in plain C99,
   for machines without cmocka.

   Put a folder first in the include path with a cmocka.h of one line,
   #include "runner.h"; tests/cross.sh does so. The test programs stay as they
   are and print the same closing lines.

   A test that fails prints the place and the values, and the next one begins
   (setjmp, longjmp). A test that crashes ends the program: it is the last one
   named. */
#ifndef RUNNER_H
#define RUNNER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GNUC__
#define RUNNER_UNUSED __attribute__((unused))
#define RUNNER_PRINTS(n) __attribute__((format(printf, n, n + 1), unused))
#else
#define RUNNER_UNUSED
#define RUNNER_PRINTS(n)
#endif

struct CMUnitTest {
  const char *name;
  void      (*test_func)(void **state);
  int       (*setup_func)(void **state);
  int       (*teardown_func)(void **state);
};

#define cmocka_unit_test(f) cmocka_unit_test_setup_teardown(f, NULL, NULL)
#define cmocka_unit_test_teardown(f, end) \
  cmocka_unit_test_setup_teardown(f, NULL, end)
#define cmocka_unit_test_setup_teardown(f, begin, end) { #f, f, begin, end }

extern jmp_buf runner_next; /* leaves the current test: */
#ifdef SUITE_MAIN /* see suite.h */
jmp_buf runner_next;
#endif
enum { RUNNER_FAILED = 1, RUNNER_SKIPPED };

/* --- what failed ---------------------------------------------------------- */

static RUNNER_PRINTS(1) void print_error(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
}

static RUNNER_PRINTS(1) void print_message(const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
}

static RUNNER_UNUSED void runner_fail(const char *file, int line)
{
  print_error("[  ERROR   ] --- %s:%d: it failed here\n", file, line);
  longjmp(runner_next, RUNNER_FAILED);
}

#define fail() runner_fail(__FILE__, __LINE__)
#define _fail runner_fail
#define fail_msg(...) \
  (print_error("[  ERROR   ] --- " __VA_ARGS__), print_error("\n"), fail())
#define skip() longjmp(runner_next, RUNNER_SKIPPED)

/* --- assertions: each evaluates its arguments once ------------------------ */

static RUNNER_UNUSED void runner_true(int ok, const char *what,
                                      const char *file, int line)
{
  if (ok) return;
  print_error("[  ERROR   ] --- false: %s\n", what);
  runner_fail(file, line);
}

/* Compares numbers as cmocka does, in the largest unsigned type: -1 is not
   0xFFFFFFFF. */
static RUNNER_UNUSED void runner_int(uintmax_t a, uintmax_t b, int equal,
                                     const char *what, const char *file,
                                     int line)
{
  if ((a == b) == equal) return;
  print_error("[  ERROR   ] --- %s: %lld (0x%llx) %s %lld (0x%llx)\n", what,
              (long long)a, (unsigned long long)a, equal ? "!=" : "==",
              (long long)b, (unsigned long long)b);
  runner_fail(file, line);
}

static RUNNER_UNUSED void runner_range(uintmax_t n, uintmax_t low,
                                       uintmax_t high, const char *what,
                                       const char *file, int line)
{
  if (n >= low && n <= high) return;
  print_error("[  ERROR   ] --- %s: %llu is not within %llu to %llu\n", what,
              (unsigned long long)n, (unsigned long long)low,
              (unsigned long long)high);
  runner_fail(file, line);
}

static RUNNER_UNUSED void runner_string(const char *a, const char *b,
                                        int equal, const char *file, int line)
{
  if ((strcmp(a, b) == 0) == equal) return;
  print_error("[  ERROR   ] --- \"%s\" %s \"%s\"\n", a, equal ? "!=" : "==",
              b);
  runner_fail(file, line);
}

static RUNNER_UNUSED void runner_memory(const void *a, const void *b, size_t n,
                                        const char *file, int line)
{
  const unsigned char *p = (const unsigned char *)a;
  const unsigned char *q = (const unsigned char *)b;
  size_t               i = 0;
  while (i < n && p[i] == q[i]) i++;
  if (i == n) return;
  print_error("[  ERROR   ] --- byte %lu of %lu: 0x%02x != 0x%02x\n",
              (unsigned long)i, (unsigned long)n, p[i], q[i]);
  runner_fail(file, line);
}

#define assert_true(a) runner_true(!!(a), #a, __FILE__, __LINE__)
#define assert_false(a) runner_true(!(a), "!(" #a ")", __FILE__, __LINE__)
#define assert_null(a) \
  runner_true((a) == NULL, #a " is NULL", __FILE__, __LINE__)
#define assert_non_null(a) \
  runner_true((a) != NULL, #a " is not NULL", __FILE__, __LINE__)
#define assert_ptr_equal(a, b) \
  runner_true((const void *)(a) == (const void *)(b), #a " is " #b, __FILE__, \
              __LINE__)
#define assert_int_equal(a, b) \
  runner_int((uintmax_t)(a), (uintmax_t)(b), 1, #a, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) \
  runner_int((uintmax_t)(a), (uintmax_t)(b), 0, #a, __FILE__, __LINE__)
#define assert_in_range(n, low, high) \
  runner_range((uintmax_t)(n), (uintmax_t)(low), (uintmax_t)(high), #n, \
               __FILE__, __LINE__)
#define assert_string_equal(a, b) runner_string(a, b, 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) \
  runner_string(a, b, 0, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n) runner_memory(a, b, n, __FILE__, __LINE__)

/* --- the run ------------------------------------------------------------- */

#define _cmocka_run_group_tests(name, tests, n, setup, teardown) \
  runner_run(name, tests, n, setup, teardown)

/* Runs one test. Returns 0, RUNNER_FAILED or RUNNER_SKIPPED. */
static RUNNER_UNUSED int runner_one(const struct CMUnitTest *test)
{
  static const char *const words[] = { "      OK", " FAILED ", " SKIPPED" };
  void *state = NULL;
  int   how;
  printf("[ RUN      ] %s\n", test->name);
  fflush(stdout); /* in case it crashes, or forks */
  switch (setjmp(runner_next)) {
  case 0:
    if (test->setup_func != NULL && test->setup_func(&state) != 0) fail();
    test->test_func(&state);
    how = 0;
    break;
  case RUNNER_SKIPPED: how = RUNNER_SKIPPED; break;
  default: how = RUNNER_FAILED; break;
  }
  if (test->teardown_func != NULL) test->teardown_func(&state);
  fflush(stderr);
  printf("[ %s ] %s\n", words[how], test->name);
  return how;
}

static RUNNER_UNUSED int runner_run(const char *name,
                                    const struct CMUnitTest *tests, size_t n,
                                    int (*setup)(void **state),
                                    int (*teardown)(void **state))
{
  void         *state = NULL;
  unsigned long count[3] = { 0, 0, 0 };
  char         *result = (char *)calloc(n, 1);
  size_t        i;
  if (result == NULL || (setup != NULL && setup(&state) != 0)) return 1;
  printf("[==========] %s: Running %lu test(s).\n", name, (unsigned long)n);
  for (i = 0; i < n; i++) {
    result[i] = (char)runner_one(&tests[i]);
    count[(unsigned char)result[i]]++;
  }
  printf("[==========] %s: %lu test(s) run.\n", name, (unsigned long)n);
  printf("[  PASSED  ] %lu test(s).\n", count[0]);
  if (count[RUNNER_SKIPPED] != 0)
    printf("[  SKIPPED ] %lu test(s).\n", count[RUNNER_SKIPPED]);
  if (count[RUNNER_FAILED] != 0)
    printf("[  FAILED  ] %lu test(s), listed below:\n", count[RUNNER_FAILED]);
  for (i = 0; i < n; i++)
    if (result[i] == RUNNER_FAILED) printf("[  FAILED  ] %s\n", tests[i].name);
  if (teardown != NULL) teardown(&state);
  fflush(stdout);
  free(result);
  return count[RUNNER_FAILED] != 0;
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
