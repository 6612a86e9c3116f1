/* The clock of a worker: monotonic microseconds. Only io/ reads it. */
#ifndef URCHIN_IO_CLOCK_H
#define URCHIN_IO_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t urchin_clock_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

#endif
