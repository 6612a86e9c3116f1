/* RTCP feedback: NACK, PLI (RFC 4585 6), FIR (RFC 5104 4.3.1), REMB (draft-alvestrand-rmcat-remb-03). */
#ifndef URCHIN_WIRE_RTCP_FB_H
#define URCHIN_WIRE_RTCP_FB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/rtcp.h"

enum urchin_rtcp_fb_format {
	URCHIN_RTPFB_NACK = 1,
	URCHIN_RTPFB_TRANSPORT_CC = 15,
	URCHIN_PSFB_PLI = 1,
	URCHIN_PSFB_FIR = 4,
	URCHIN_PSFB_AFB = 15, /* application layer: REMB */
};

/* The two SSRCs every feedback packet begins with. Returns 0 or URCHIN_EMALFORMED. */
int urchin_rtcp_fb_read(const struct urchin_rtcp *rtcp, uint32_t *sender_ssrc, uint32_t *media_ssrc);

/* Walks the sequence numbers of a NACK: start with *at = 0; at most 17 per entry, in wire order. */
bool urchin_nack_next(const struct urchin_rtcp *rtcp, size_t *at, uint16_t *seq);

/* Entry `index` of a FIR. Returns 0, or URCHIN_EMALFORMED behind the last one. */
int urchin_fir_read(const struct urchin_rtcp *rtcp, size_t index, uint32_t *ssrc, uint8_t *command_seq);

struct urchin_remb {
	uint64_t bitrate_bps; /* UINT64_MAX when the exponent overflows */
	uint8_t ssrc_count;
	const uint8_t *ssrcs; /* 4 bytes each, as on the wire */
};

/* Returns 0, or URCHIN_EMALFORMED when this is no REMB. */
int urchin_remb_read(const struct urchin_rtcp *rtcp, struct urchin_remb *remb);

/*
 * Packs sequence numbers, ascending in wrap-around order, into a NACK. *used tells how many fitted.
 * Returns the length, URCHIN_EINVAL (count is 0) or URCHIN_ETOOBIG (not even one fits).
 */
int urchin_nack_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc, const uint16_t *seqs,
		      size_t count, size_t *used);

/* These return the length or URCHIN_ETOOBIG; REMB takes 0..255 SSRCs. */
int urchin_pli_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc);
int urchin_fir_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t command_seq);
int urchin_remb_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint64_t bitrate_bps, const uint32_t *ssrcs,
		      size_t count);

#endif
