/* RTCP (RFC 3550 6): walking compound packets; SR, RR, SDES and BYE. Feedback is rtcp_fb's. */
#ifndef URCHIN_WIRE_RTCP_H
#define URCHIN_WIRE_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum urchin_rtcp_type {
	URCHIN_RTCP_SR = 200,
	URCHIN_RTCP_RR = 201,
	URCHIN_RTCP_SDES = 202,
	URCHIN_RTCP_BYE = 203,
	URCHIN_RTCP_APP = 204,
	URCHIN_RTCP_RTPFB = 205,
	URCHIN_RTCP_PSFB = 206,
	URCHIN_RTCP_XR = 207,
};

#define URCHIN_RTCP_BLOCKS_MAX 31

/* One packet of a compound; a view into the bytes. */
struct urchin_rtcp {
	uint8_t type;
	uint8_t count;       /* the 5-bit field: blocks, chunks or feedback format */
	const uint8_t *body; /* after the 4-byte header, without padding */
	size_t body_len;
};

/* Walks a compound: start with *at = 0; returns false at the end or at the first packet that is malformed. */
bool urchin_rtcp_next(const uint8_t *bytes, size_t len, size_t *at, struct urchin_rtcp *rtcp);

struct urchin_report_block {
	uint32_t ssrc;
	uint8_t fraction_lost;   /* of 256 */
	int32_t cumulative_lost; /* 24 bits, signed */
	uint32_t highest_seq;    /* extended: cycles in the upper 16 bits */
	uint32_t jitter_rtp;
	uint32_t last_sr_ntp;    /* the middle 32 bits; 0: none yet */
	uint32_t delay_since_sr; /* 1/65536 s */
};

struct urchin_sender_info {
	uint64_t time_ntp; /* 32.32 seconds since 1900 */
	uint32_t time_rtp;
	uint32_t packet_count;
	uint32_t octet_count;
};

/* Reads an SR's or RR's sender SSRC and, for an SR, *info. Returns 0 or URCHIN_EMALFORMED. */
int urchin_rtcp_read_sr(const struct urchin_rtcp *rtcp, uint32_t *ssrc, struct urchin_sender_info *info);
int urchin_rtcp_read_rr(const struct urchin_rtcp *rtcp, uint32_t *ssrc);

/* Reads block `index` (0 .. rtcp->count - 1) of an SR or RR. Returns 0 or URCHIN_EMALFORMED. */
int urchin_rtcp_read_block(const struct urchin_rtcp *rtcp, size_t index, struct urchin_report_block *block);

/* Reads SSRC `index` (0 .. rtcp->count - 1) of a BYE. Returns 0 or URCHIN_EMALFORMED. */
int urchin_rtcp_read_bye(const struct urchin_rtcp *rtcp, size_t index, uint32_t *ssrc);

/* Writers return the length (a multiple of 4), URCHIN_ETOOBIG, or URCHIN_EINVAL (too many blocks, long strings). */
int urchin_rtcp_write_sr(uint8_t *out, size_t cap, uint32_t ssrc, const struct urchin_sender_info *info,
			 const struct urchin_report_block *blocks, size_t count);
int urchin_rtcp_write_rr(uint8_t *out, size_t cap, uint32_t ssrc, const struct urchin_report_block *blocks,
			 size_t count);
int urchin_rtcp_write_sdes(uint8_t *out, size_t cap, uint32_t ssrc, const char *cname);
int urchin_rtcp_write_bye(uint8_t *out, size_t cap, const uint32_t *ssrcs, size_t count);

/* Writes the 4-byte header all RTCP packets share; len is the whole packet's (a multiple of 4). */
void urchin_rtcp_write_header(uint8_t *out, uint8_t count, uint8_t type, size_t len);

#endif
