/* NTP timestamps (RFC 5905 6) on the worker's monotonic clock: 32.32 fixed-point seconds. */
#ifndef URCHIN_MEDIA_NTP_H
#define URCHIN_MEDIA_NTP_H

#include <stdint.h>

/* RFC 3550 6.4.1 allows a clock that counts from any instant; this one keeps clear of 0, which means "none". */
#define URCHIN_NTP_BASE_S 0xE0000000u

static inline uint64_t urchin_ntp_from_us(uint64_t now_us)
{
	uint64_t seconds = now_us / 1000000 + URCHIN_NTP_BASE_S;
	return seconds << 32 | ((now_us % 1000000) << 32) / 1000000;
}

/* A span of time in NTP units. */
static inline uint64_t urchin_ntp_span(uint64_t span_us)
{
	return (span_us / 1000000) << 32 | ((span_us % 1000000) << 32) / 1000000;
}

/* A span of time in RTP units; wraps as RTP time does. */
static inline uint32_t urchin_rtp_span(uint64_t span_us, uint32_t clock_rate_hz)
{
	return (uint32_t)(span_us / 1000000 * clock_rate_hz + span_us % 1000000 * clock_rate_hz / 1000000);
}

#endif
