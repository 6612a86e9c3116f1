/* Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01). */
#ifndef URCHIN_WIRE_TWCC_H
#define URCHIN_WIRE_TWCC_H

#include <stddef.h>
#include <stdint.h>

#include "wire/rtcp.h"

#define URCHIN_TWCC_LOST UINT64_MAX
#define URCHIN_TWCC_TURN_US (UINT64_C(64000) << 24) /* after so long the 24-bit reference time begins again */
#define URCHIN_TWCC_PACKETS_MAX 1024                /* what one feedback packet of ours may report */

/*
 * Writes feedback about `count` packets (1..URCHIN_TWCC_PACKETS_MAX) from base_seq on; arrival_us[i] is the arrival of
 * packet base_seq + i, or URCHIN_TWCC_LOST. Stops early where the buffer is full or a delta does not fit 16 bits, so
 * that the rest goes into the next packet; *used tells how many were reported. At least one must have arrived.
 * Returns the length, URCHIN_EINVAL or URCHIN_ETOOBIG.
 */
int urchin_twcc_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t feedback_count,
		      uint16_t base_seq, const uint64_t *arrival_us, size_t count, size_t *used);

struct urchin_twcc {
	uint16_t base_seq;
	uint16_t count;
	uint32_t reference_64ms; /* 24 bits */
	uint8_t feedback_count;
};

/*
 * Reads a feedback packet; arrival_us[0 .. count - 1] (at most cap) get times of the peer's clock, in steps of 250 us,
 * or URCHIN_TWCC_LOST: reference_64ms * 64 ms and the deltas, plus URCHIN_TWCC_TURN_US so that none is negative.
 * Returns 0, URCHIN_EMALFORMED or URCHIN_ETOOBIG (count > cap); an error leaves *twcc and arrival_us as they were.
 */
int urchin_twcc_read(const struct urchin_rtcp *rtcp, struct urchin_twcc *twcc, uint64_t *arrival_us, size_t cap);

#endif
