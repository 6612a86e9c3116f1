/* RTP header extensions (RFC 8285), one- and two-byte form, and the values of those the core understands. */
#ifndef URCHIN_WIRE_RTP_EXT_H
#define URCHIN_WIRE_RTP_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/rtp.h"

struct urchin_rtp_ext {
	uint8_t id; /* 1..255 */
	const uint8_t *data;
	size_t len; /* one-byte form: 1..16, two-byte form: 0..255 */
};

/* Walks the elements of a packet: start with *at = 0; returns false at the end or where the bytes make no sense. */
bool urchin_rtp_ext_next(const struct urchin_rtp *rtp, size_t *at, struct urchin_rtp_ext *element);

/* Finds the first element with this id (1..255). */
bool urchin_rtp_ext_find(const struct urchin_rtp *rtp, uint8_t id, struct urchin_rtp_ext *element);

/*
 * Writes a whole block with its 4-byte header and padding, in the one-byte form when every element fits it
 * (id 1..14, 1..16 bytes), else in the two-byte form. No elements: writes nothing.
 * Returns the length (a multiple of 4), URCHIN_EINVAL (id 0 or over 255 bytes) or URCHIN_ETOOBIG.
 */
int urchin_rtp_ext_write(uint8_t *out, size_t cap, const struct urchin_rtp_ext *elements, size_t count);

/* abs-send-time: 24 bits, 6.18 fixed-point seconds of a clock that wraps every 64 s. */
void urchin_abs_send_time_write(uint8_t out[3], uint64_t time_us);
uint32_t urchin_abs_send_time_of(uint64_t time_us);

/* The transport-wide sequence number. Returns 0 or URCHIN_EMALFORMED. */
int urchin_transport_seq_read(const struct urchin_rtp_ext *element, uint16_t *seq);

#endif
