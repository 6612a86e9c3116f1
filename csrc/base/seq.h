/* Numbers that wrap: 16-bit RTP sequence numbers and 32-bit RTP timestamps (RFC 1982 order). */
#ifndef URCHIN_BASE_SEQ_H
#define URCHIN_BASE_SEQ_H

#include <stdint.h>

/* Distance from b to a, -32768..32767: positive when a is newer than b. */
static inline int16_t urchin_seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

/* The 64-bit extended number nearest to `reference` whose low 16 bits are `seq`. */
static inline uint64_t urchin_seq_extend(uint64_t reference, uint16_t seq)
{
	return reference + (uint64_t)(int64_t)urchin_seq_diff(seq, (uint16_t)reference);
}

/* Distance from b to a of two 32-bit RTP timestamps. */
static inline int32_t urchin_rtp_time_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
