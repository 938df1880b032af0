/* explore.h - every reachable state of a small world, breadth first.

   A world is plain memory, and a step changes it. If two states differ in
   nothing that still matters, canon() gives them the same bytes. These are
   compared in full: no hash stands for a state. That canon() removes nothing
   that matters is checked as well, on a sample: each step must lead to the same
   state before canon() as after it. If a step leaves something open, it asks
   choose(), and is then done once with each answer.

   When there are no more new states (the fixed point):
   - from every state, steps that help alone lead to a goal;
   - no cycle of states has only steps that take no time.

   A model fills in the struct below and calls must() in its steps. If something
   does not hold, the shortest sequence of steps to it is printed. */

#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What a step is, in bits. A step helps towards goal n if it has bit n; the
   other bits are the model's own. */
enum { STEP_TAKES_TIME = 1, STEP_BY_USER = 2, STEP_HELPS = 4 };
enum { GOALS = 4, SAMPLE = 7 /* canon() is checked at one step in so many */ };

static struct model {
  const char *name;
  void       *world;
  size_t      size;
  unsigned    steps;             /* at most 256 */
  int       (*step)(unsigned s); /* 0: impossible here, nothing changed; 1:
                                    done; 2: done, and it says to wait */
  unsigned  (*kind)(unsigned s);
  void      (*blur)(void);       /* changes the world to a nearby state */
  void      (*canon)(void);      /* gives equal states the same bytes */
  void      (*order)(void);      /* afterwards: sorts like parts; or NULL */
  void      (*look)(void);       /* checks a new state; may change it */
  unsigned  (*goals)(void);      /* bit n: goal n is reached */
  void      (*print)(unsigned s);
  const char *goal[GOALS];       /* the fault, if a goal is out of reach */
  double      seconds;           /* time limit; 0: none */
} model;

/* The first broken promise, and whether to print the steps. */
static const char *broken;
static int         telling;

#define must(condition, text) \
  ((condition) ? (void)0 : (void)(broken = broken != NULL ? broken : (text)))

/* --- choices -------------------------------------------------------------- */

static struct choices {
  uint8_t  answer[24], of[24];
  unsigned at, count;
} choices, choices_kept;

/* Returns 0 to n - 1, each in turn. */
static unsigned choose(unsigned n)
{
  unsigned at = choices.at++;
  if (at >= sizeof choices.answer) {
    must(0, "a step asks for too many choices");
    return 0;
  }
  if (at == choices.count) {
    choices.answer[at] = 0;
    choices.count++;
  }
  choices.of[at] = (uint8_t)n;
  return choices.answer[at];
}

/* Sets up the next answers; 0 if there are no more. */
static int choices_next(void)
{
  choices.count = choices.at < choices.count ? choices.at : choices.count;
  choices.at = 0;
  while (choices.count > 0) {
    unsigned last = choices.count - 1;
    if (++choices.answer[last] < choices.of[last]) return 1;
    choices.count = last;
  }
  return 0;
}

/* --- states --------------------------------------------------------------- */

/* A state is stored as its difference to the first: [equal bytes] [different
   bytes] and those bytes, repeated. */
typedef struct edge {
  uint32_t to;
  uint16_t step;
} __attribute__((packed)) edge;
enum { WAITED = 0x8000 }; /* in an edge's step: it said to wait */

static struct {
  uint8_t  *root, *from, *packed, *raw, *other;
  uint8_t  *bytes;             /* of all states, one after the other */
  size_t    used, room;
  size_t   *start;             /* of each state in bytes; count + 1 of them */
  uint32_t *parent;
  uint8_t  *by, *goals;        /* the parent's step; the goals reached */
  uint64_t *first_edge;        /* also count + 1 */
  uint32_t  count, states_room;
  edge     *edges;
  uint64_t  edge_count, edge_room, transitions;
  uint32_t *table;             /* index + 1, 0: free */
  uint32_t  table_size;        /* a power of two */
  unsigned  depth;
  double    began;
} all;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *grown(void *p, size_t n)
{
  p = realloc(p, n != 0 ? n : 1);
  if (p == NULL) {
    fprintf(stderr, "explore: no memory for %zu bytes\n", n);
    exit(2);
  }
  return p;
}

static size_t alike(const uint8_t *a, const uint8_t *b, size_t n)
{
  size_t i = 0;
  while (i + 8 <= n && memcmp(a + i, b + i, 8) == 0) i += 8;
  while (i < n && a[i] == b[i]) i++;
  return i;
}

/* Packs the current world into all.packed. Returns its length. */
static size_t pack(void)
{
  const uint8_t *w = (const uint8_t *)model.world;
  size_t         at = 0, n = 0, same, run;
  while (at < model.size) {
    same = alike(w + at, all.root + at, model.size - at);
    at += same;
    if (at == model.size) break;
    for (; same >= 255; same -= 255) all.packed[n++] = 255, all.packed[n++] = 0;
    for (run = 1; run < 255 && at + run < model.size; run++)
      if (w[at + run] == all.root[at + run] &&
          (at + run + 1 == model.size ||
           w[at + run + 1] == all.root[at + run + 1])) break;
    all.packed[n++] = (uint8_t)same;
    all.packed[n++] = (uint8_t)run;
    memcpy(all.packed + n, w + at, run);
    n += run;
    at += run;
  }
  return n;
}

static void unpack(uint32_t state)
{
  const uint8_t *p = all.bytes + all.start[state];
  const uint8_t *end = all.bytes + all.start[state + 1];
  uint8_t       *w = (uint8_t *)model.world;
  memcpy(w, all.root, model.size);
  while (p < end) {
    w += *p++;
    memcpy(w, p + 1, *p);
    w += *p;
    p += *p + 1;
  }
}

static uint32_t hash(const uint8_t *p, size_t n)
{
  uint64_t h = n * 0x9E3779B97F4A7C15u, v;
  for (; n >= 8; n -= 8, p += 8) {
    memcpy(&v, p, 8);
    h = (h ^ v) * 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
  }
  v = 0;
  memcpy(&v, p, n);
  h = (h ^ v) * 0xD6E8FEB86659FD93u;
  h ^= h >> 29;
  h *= 0x9E3779B97F4A7C15u;
  return (uint32_t)(h >> 32);
}

/* The place of these packed bytes in the table, or where they belong. */
static uint32_t *slot(const uint8_t *p, size_t n)
{
  uint32_t i = hash(p, n), state;
  for (;; i++) {
    i &= all.table_size - 1;
    if (all.table[i] == 0) return &all.table[i];
    state = all.table[i] - 1;
    if (all.start[state + 1] - all.start[state] == n &&
        memcmp(all.bytes + all.start[state], p, n) == 0) return &all.table[i];
  }
}

static void make_room(size_t n)
{
  uint32_t i, more;
  if (all.used + n >= all.room) {
    all.room = all.used + n + all.room / 2 + 4096;
    all.bytes = (uint8_t *)grown(all.bytes, all.room);
  }
  if (all.count == all.states_room) {
    more = all.states_room = all.states_room + all.states_room / 2 + 1024;
    all.start = (size_t *)grown(all.start, (more + 1) * sizeof *all.start);
    all.parent = (uint32_t *)grown(all.parent, more * sizeof *all.parent);
    all.by = (uint8_t *)grown(all.by, more);
    all.goals = (uint8_t *)grown(all.goals, more);
    all.first_edge = (uint64_t *)grown(all.first_edge,
                                       (more + 1) * sizeof *all.first_edge);
  }
  if (all.count < all.table_size / 2) return;
  all.table_size = all.table_size ? all.table_size * 2 : 4096;
  all.table = (uint32_t *)grown(all.table, all.table_size * sizeof *all.table);
  memset(all.table, 0, all.table_size * sizeof *all.table);
  for (i = 0; i < all.count; i++)
    *slot(all.bytes + all.start[i], all.start[i + 1] - all.start[i]) = i + 1;
}

/* Adds the world, reached from `parent` by step `by`. Returns its number. */
static uint32_t add(uint32_t parent, unsigned by)
{
  size_t    n = pack();
  uint32_t *at;
  make_room(n);
  at = slot(all.packed, n);
  if (*at != 0) return *at - 1;
  memcpy(all.bytes + all.used, all.packed, n);
  all.parent[all.count] = parent;
  all.by[all.count] = (uint8_t)by;
  all.goals[all.count] = (uint8_t)model.goals();
  all.used += n;
  all.start[all.count + 1] = all.used;
  *at = ++all.count;
  model.look();
  return all.count - 1;
}

static void add_edge(uint32_t to, unsigned step, int waited)
{
  if (all.edge_count == all.edge_room) {
    all.edge_room += all.edge_room / 2 + 4096;
    all.edges = (edge *)grown(all.edges, all.edge_room * sizeof *all.edges);
  }
  all.edges[all.edge_count].to = to;
  all.edges[all.edge_count++].step = (uint16_t)(waited ? step | WAITED : step);
}

static unsigned kind_of(const edge *e)
{
  unsigned kind = model.kind(e->step & ~(unsigned)WAITED);
  return e->step & WAITED ? kind | STEP_TAKES_TIME : kind;
}

static void settle_form(void)
{
  model.canon();
  if (model.order != NULL) model.order();
}

/* --- the sequence that leads to a state ----------------------------------- */

/* Prints the step from one state to another. `to` may be the number of states:
   then the first outcome that breaks a promise. */
static void tell_step(uint32_t state, unsigned step, uint32_t to)
{
  size_t n;
  int    here;
  memset(&choices, 0, sizeof choices);
  do {
    broken = NULL;
    unpack(state);
    model.step(step);
    here = broken != NULL;
    model.blur();
    if (to < all.count) {
      settle_form();
      n = pack();
      here = n == all.start[to + 1] - all.start[to] &&
             memcmp(all.packed, all.bytes + all.start[to], n) == 0;
    } else if (!here) {
      settle_form();
      model.look();
      here = broken != NULL;
    }
  } while (!here && choices_next());
  choices.at = 0;
  broken = NULL;
  unpack(state);
  telling = 1;
  model.print(step);
  model.step(step);
  model.blur();
  settle_form();
  telling = 0;
  printf("\n");
}

static void tell_path(uint32_t state)
{
  uint32_t *path, n = 0, i;
  for (i = state; i != 0; i = all.parent[i]) n++;
  path = (uint32_t *)grown(NULL, (n + 1) * sizeof *path);
  path[0] = 0;
  for (i = state; i != 0; i = all.parent[i]) path[n--] = i;
  for (n = 1, i = 0; i != state; i = path[n++]) {
    printf("%5u  ", (unsigned)n);
    tell_step(i, all.by[path[n]], path[n]);
  }
  free(path);
}

static int tell_broken(const char *what, uint32_t state, int step)
{
  printf("EXPLORE %s: %s\n", model.name, what);
  tell_path(state);
  if (step >= 0) {
    printf("   at  ");
    tell_step(state, (unsigned)step, all.count);
  }
  fflush(stdout);
  return 1;
}

/* --- checks over all states ----------------------------------------------- */

/* Does a step of this kind lead from the state to a marked one? */
static int leads_to(const uint8_t *marked, uint32_t state, unsigned kind)
{
  uint64_t e;
  for (e = all.first_edge[state]; e < all.first_edge[state + 1]; e++)
    if ((kind_of(&all.edges[e]) & kind) && marked[all.edges[e].to]) return 1;
  return 0;
}

static int every_state_reaches(unsigned goal)
{
  uint8_t *marked = (uint8_t *)grown(NULL, all.count);
  uint32_t i, news = 1, first = all.count;
  for (i = 0; i < all.count; i++) marked[i] = all.goals[i] >> goal & 1;
  while (news != 0) {
    news = 0;
    for (i = all.count; i-- > 0;)
      if (!marked[i] && leads_to(marked, i, (unsigned)STEP_HELPS << goal))
        marked[i] = 1, news++;
  }
  for (i = 0; i < all.count && first == all.count; i++)
    if (!marked[i]) first = i;
  free(marked);
  return first == all.count || !tell_broken(model.goal[goal], first, -1);
}

/* A path of states, and the edge that is next in each. */
typedef struct walk { uint32_t state; uint64_t edge; } walk;

static int tell_cycle(const walk *way, uint32_t from, uint32_t to)
{
  uint32_t i;
  tell_broken("a cycle that takes no time", way[from].state, -1);
  printf("       and in a circle:\n");
  for (i = from; i <= to; i++) {
    printf("    .  ");
    tell_step(way[i].state,
              all.edges[way[i].edge - 1].step & ~(unsigned)WAITED,
              all.edges[way[i].edge - 1].to);
  }
  return 0;
}

/* Depth first without recursion: 0 new, 1 on the path, 2 done. */
static int no_cycle_without_time(void)
{
  uint8_t *mark = (uint8_t *)grown(NULL, all.count);
  walk    *way = (walk *)grown(NULL, all.count * sizeof *way);
  uint32_t root, n, i;
  int      good = 1;
  memset(mark, 0, all.count);
  for (root = 0; root < all.count && good; root++) {
    if (mark[root] != 0) continue;
    way[0].state = root, way[0].edge = all.first_edge[root], n = 1;
    mark[root] = 1;
    while (n > 0 && good) {
      walk *top = &way[n - 1];
      if (top->edge == all.first_edge[top->state + 1]) {
        mark[top->state] = 2;
        n--;
        continue;
      }
      i = all.edges[top->edge].to;
      if (kind_of(&all.edges[top->edge++]) & (STEP_TAKES_TIME | STEP_BY_USER))
        continue;
      if (mark[i] == 1) {
        uint32_t from = n - 1;
        while (way[from].state != i) from--;
        good = tell_cycle(way, from, n - 1);
      } else if (mark[i] == 0) {
        way[n].state = i, way[n].edge = all.first_edge[i];
        mark[i] = 1;
        n++;
      }
    }
  }
  free(mark);
  free(way);
  return good;
}

/* --- exploring ------------------------------------------------------------ */

static void explore_free(void)
{
  free(all.root), free(all.from), free(all.packed), free(all.bytes);
  free(all.raw), free(all.other);
  free(all.start), free(all.parent), free(all.by), free(all.goals);
  free(all.first_edge), free(all.edges), free(all.table);
}

/* Does step s from these bytes, with the first answers. Returns the packed
   result's length. */
static size_t outcome(const uint8_t *from, unsigned s, int *done,
                      const char **breaks)
{
  memcpy(model.world, from, model.size);
  memset(&choices, 0, sizeof choices);
  broken = NULL;
  *done = model.step(s);
  *breaks = broken;
  broken = NULL;
  model.blur();
  settle_form();
  return pack();
}

/* For a new state, each step must lead to the same from all.raw, the state
   before canon(). */
static void check_canon(void)
{
  unsigned    s;
  size_t      n, m;
  int         done, done_raw;
  const char *breaks, *breaks_raw;
  uint8_t    *form = (uint8_t *)grown(NULL, model.size);
  memcpy(model.world, all.raw, model.size);
  model.canon();
  memcpy(form, model.world, model.size);
  for (s = 0; s < model.steps; s++) {
    n = outcome(all.raw, s, &done_raw, &breaks_raw);
    memcpy(all.other, all.packed, n);
    m = outcome(form, s, &done, &breaks);
    if (done == done_raw && breaks == breaks_raw &&
        (breaks != NULL || (n == m && memcmp(all.other, all.packed, n) == 0)))
      continue;
    printf("canon() changes the outcome of: ");
    model.print(s);
    printf("\n");
    broken = "canon() makes different states equal";
    break;
  }
  free(form);
}

/* One step from the state in all.from, with all answers. */
static int explore_step(uint32_t state, unsigned s)
{
  uint32_t to, before = all.count;
  int      done;
  memset(&choices, 0, sizeof choices);
  do {
    done = model.step(s);
    if (!done) return 1;
    all.transitions++;
    if (broken == NULL) {
      model.blur();
      if (all.transitions % SAMPLE == 0)
        memcpy(all.raw, model.world, model.size);
      settle_form();
      to = add(state, s);
      if (to != state || !(model.kind(s) & STEP_BY_USER))
        add_edge(to, s, done == 2);
      if (to == before && broken == NULL && all.transitions % SAMPLE == 0) {
        choices_kept = choices;
        check_canon();
        choices = choices_kept;
      }
      before = all.count;
    }
    if (broken != NULL) return !tell_broken(broken, state, (int)s);
    memcpy(model.world, all.from, model.size);
  } while (choices_next());
  return 1;
}

/* Explores from the current world. Prints what it found. 1 if all holds. */
static int explore(void)
{
  uint32_t      state, level;
  unsigned      s, goal;
  int           good = 1, whole = 1;
  struct rusage usage;
  memset(&all, 0, sizeof all);
  all.began = seconds();
  broken = NULL;
  all.root = (uint8_t *)grown(NULL, model.size);
  all.from = (uint8_t *)grown(NULL, model.size);
  all.raw = (uint8_t *)grown(NULL, model.size);
  all.packed = (uint8_t *)grown(NULL, model.size * 3 + 16);
  all.other = (uint8_t *)grown(NULL, model.size * 3 + 16);
  model.blur();
  settle_form();
  memcpy(all.root, model.world, model.size);
  make_room(0);
  all.start[0] = 0;
  level = add(0, 0) + 1;
  for (state = 0; state < all.count && good && whole; state++) {
    if (state == level) level = all.count, all.depth++;
    all.first_edge[state] = all.edge_count;
    unpack(state);
    memcpy(all.from, model.world, model.size);
    for (s = 0; s < model.steps && good; s++) good = explore_step(state, s);
    if (model.seconds > 0 && state % 1024 == 0 &&
        seconds() - all.began > model.seconds) whole = 0;
  }
  if (good && whole) {
    make_room(0);
    all.first_edge[all.count] = all.edge_count;
    for (goal = 0; goal < GOALS && good; goal++)
      if (model.goal[goal] != NULL) good = every_state_reaches(goal);
    good = good && no_cycle_without_time();
  }
  getrusage(RUSAGE_SELF, &usage);
  printf("EXPLORE %s states %u transitions %llu depth %u", model.name,
         (unsigned)all.count, (unsigned long long)all.transitions, all.depth);
  printf(" seconds %.0f MiB %ld%s\n", seconds() - all.began,
         usage.ru_maxrss / 1024,
         good && !whole ? " (not whole: the time was up)" : "");
  fflush(stdout);
  explore_free();
  return good;
}

/* How many seconds a configuration may take: 0 no limit, -1 it is not asked
   for. prog [gate SECONDS | NAME...]; without arguments all are asked for. */
static double explore_wants(const char *name, int gate, int argc, char **argv)
{
  static double began;
  double        left;
  int           i;
  if (argc == 1) return 0;
  for (i = 1; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return 0;
  if (!gate || argc != 3 || strcmp(argv[1], "gate") != 0) return -1;
  if (began == 0) began = seconds();
  left = atof(argv[2]) - (seconds() - began);
  return left > 0 ? left : -1;
}

#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
