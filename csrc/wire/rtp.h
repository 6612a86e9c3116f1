/* RTP packets (RFC 3550 5.1) as structs over bytes; header extensions are rtp_ext's. */
#ifndef URCHIN_WIRE_RTP_H
#define URCHIN_WIRE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URCHIN_RTP_HEADER_LEN 12
#define URCHIN_RTP_CSRCS_MAX 15

/* A view into a packet's bytes: pointers stay valid as long as those do. */
struct urchin_rtp {
	bool marker;
	uint8_t payload_type;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t ssrc;
	uint8_t csrc_count;
	const uint8_t *csrcs; /* 4 * csrc_count bytes, as on the wire */
	bool has_ext;
	uint16_t ext_profile; /* 0xbede: one-byte form; 0x100?: two-byte form (RFC 8285 4) */
	const uint8_t *ext;   /* the extension's data */
	size_t ext_len;       /* bytes, a multiple of 4 */
	const uint8_t *payload;
	size_t payload_len; /* without padding */
	size_t padding_len;
	size_t header_len; /* bytes before the payload: fixed header, CSRCs, extension */
};

/* A packet in two places: the header with CSRCs and extension, and what is encrypted: payload and padding. */
struct urchin_rtp_parts {
	const uint8_t *header;
	size_t header_len;
	const uint8_t *body;
	size_t body_len;
	bool is_video; /* known to the sender only: may be dropped before others */
};

/* Finds the parts of a packet that is in one place. Returns 0 or URCHIN_EMALFORMED; padding is not looked at. */
int urchin_rtp_split(struct urchin_rtp_parts *parts, const uint8_t *bytes, size_t len);

/* Reads a packet. Returns 0, or URCHIN_EMALFORMED and leaves *rtp as it was. */
int urchin_rtp_read(struct urchin_rtp *rtp, const uint8_t *bytes, size_t len);

/*
 * Writes fixed header, CSRCs, the ready-made extension block `ext` (with its 4-byte header; NULL: none) and the
 * payload, and padding_len bytes of padding (at most 255). Uses marker, payload_type, seq, timestamp, ssrc, csrc*,
 * payload*, padding_len of *rtp.
 * `out` must not overlap. Returns the length or URCHIN_ETOOBIG.
 */
int urchin_rtp_write(uint8_t *out, size_t cap, const struct urchin_rtp *rtp, const uint8_t *ext, size_t ext_len);

/*
 * The same without payload and padding (but padding_len sets the padding bit), around an extension block of ext_len
 * bytes (0: none) that stands, or will stand, behind the CSRCs: at URCHIN_RTP_HEADER_LEN + 4 * csrc_count.
 * Returns the header's length or URCHIN_ETOOBIG.
 */
int urchin_rtp_write_header(uint8_t *out, size_t cap, const struct urchin_rtp *rtp, size_t ext_len);

/* Writes `len` (at most 255) bytes of padding (RFC 3550 5.1). */
void urchin_rtp_write_padding(uint8_t *out, size_t len);

#endif
