/* gettimeofday() for the whole test program, libssl included: the program's own definition comes first. */
#include "support/fake_clock.h"

#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

#define FAKE_EPOCH_S 1700000000

static _Atomic uint64_t fake_us = UINT64_MAX;

void fake_clock_set_us(uint64_t now_us)
{
	fake_us = now_us;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	uint64_t us = fake_us;
	struct timespec now;

	(void)zone;
	if (us != UINT64_MAX) {
		time->tv_sec = (time_t)(FAKE_EPOCH_S + us / 1000000);
		time->tv_usec = (suseconds_t)(us % 1000000);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}
