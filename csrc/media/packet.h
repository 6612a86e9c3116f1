/* One RTP packet taken apart, as the receiver hands it to its senders. Points into the packet's bytes. */
#ifndef URCHIN_MEDIA_PACKET_H
#define URCHIN_MEDIA_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/format.h"
#include "wire/rtp.h"

#define URCHIN_PACKET_CAP 1500 /* bytes of the largest RTP packet forwarded */

struct urchin_packet_ext {
	const uint8_t *bytes; /* NULL: absent */
	size_t len;
};

struct urchin_packet {
	struct urchin_rtp rtp;
	const uint8_t *bytes;
	size_t len;
	struct urchin_packet_ext exts[URCHIN_EXT_COUNT];
	const struct urchin_format_codec *codec; /* of the source's format */
	uint64_t ext_seq;                        /* set by the receiver */
	uint32_t epoch;                          /* the receiver's when it came */
	uint8_t padding_len; /* bytes that senders add (RFC 3550 5.1), so that sizes are equal: behind the payload */
	bool is_keyframe;    /* begins one */
};

/* Reads the header; the rest is zeroed. Returns 0 or URCHIN_EMALFORMED. */
int urchin_packet_read(struct urchin_packet *packet, const uint8_t *bytes, size_t len);

/* Reads extensions and codec by the source's format. Returns 0 or URCHIN_ENOTFOUND (unknown payload type). */
int urchin_packet_read_format(struct urchin_packet *packet, const struct urchin_format *format);

/* The same packet in a copy of its bytes. */
void urchin_packet_move(struct urchin_packet *packet, const uint8_t *bytes);

/* True when the payload is the beginning of a key frame. */
bool urchin_packet_begins_keyframe(const struct urchin_packet *packet);

#endif
