// The time since the machine was started, as a file holds it (whole seconds): loaded before libfaketime, which shows
// another wall clock and leaves this one alone. Of Sallyport only the watch over the wall clock asks for it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
  static int (*next)(clockid_t, struct timespec *);
  if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const char *name = clock == CLOCK_BOOTTIME ? getenv("ELAPSED_TIME_FILE") : NULL;
  FILE *file = name ? fopen(name, "re") : NULL;
  if (!file) return next(clock, at);
  long seconds = 0;
  const int got = fscanf(file, "%ld", &seconds);
  fclose(file);
  if (got != 1) return next(clock, at);
  at->tv_sec = seconds;
  at->tv_nsec = 0;
  return 0;
}
