#include "wire/rtcp_fb.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define SSRCS_LEN 8
#define HEADER_LEN (4 + SSRCS_LEN)
#define NACK_ENTRY_LEN 4
#define NACKS_PER_ENTRY 17 /* RFC 4585 6.2.1: a packet id and a bit for each of the 16 that follow */
#define FIR_ENTRY_LEN 8
#define REMB_FIXED_LEN 8
#define PACKET_LEN_MAX (4 * ((size_t)UINT16_MAX + 1)) /* RFC 3550 6.4.1: the length field counts words less one */

static bool is_fb(const struct urchin_rtcp *rtcp, uint8_t type, uint8_t format)
{
	return rtcp->type == type && rtcp->count == format && rtcp->body_len >= SSRCS_LEN;
}

int urchin_rtcp_fb_read(const struct urchin_rtcp *rtcp, uint32_t *sender_ssrc, uint32_t *media_ssrc)
{
	if ((rtcp->type != URCHIN_RTCP_RTPFB && rtcp->type != URCHIN_RTCP_PSFB) || rtcp->body_len < SSRCS_LEN)
		return URCHIN_EMALFORMED;
	*sender_ssrc = urchin_read_u32(rtcp->body);
	*media_ssrc = urchin_read_u32(rtcp->body + 4);
	return 0;
}

bool urchin_nack_next(const struct urchin_rtcp *rtcp, size_t *at, uint16_t *seq)
{
	if (!is_fb(rtcp, URCHIN_RTCP_RTPFB, URCHIN_RTPFB_NACK))
		return false;
	for (; SSRCS_LEN + (*at / NACKS_PER_ENTRY + 1) * NACK_ENTRY_LEN <= rtcp->body_len; ++*at) {
		const uint8_t *entry = rtcp->body + SSRCS_LEN + *at / NACKS_PER_ENTRY * NACK_ENTRY_LEN;
		size_t bit = *at % NACKS_PER_ENTRY;
		if (bit > 0 && !(urchin_read_u16(entry + 2) >> (bit - 1) & 1))
			continue;
		*seq = (uint16_t)(urchin_read_u16(entry) + bit);
		++*at;
		return true;
	}
	return false;
}

int urchin_fir_read(const struct urchin_rtcp *rtcp, size_t index, uint32_t *ssrc, uint8_t *command_seq)
{
	if (!is_fb(rtcp, URCHIN_RTCP_PSFB, URCHIN_PSFB_FIR) || SSRCS_LEN + (index + 1) * FIR_ENTRY_LEN > rtcp->body_len)
		return URCHIN_EMALFORMED;
	const uint8_t *entry = rtcp->body + SSRCS_LEN + index * FIR_ENTRY_LEN;
	*ssrc = urchin_read_u32(entry);
	*command_seq = entry[4];
	return 0;
}

int urchin_remb_read(const struct urchin_rtcp *rtcp, struct urchin_remb *remb)
{
	if (!is_fb(rtcp, URCHIN_RTCP_PSFB, URCHIN_PSFB_AFB) || rtcp->body_len < SSRCS_LEN + REMB_FIXED_LEN)
		return URCHIN_EMALFORMED;
	const uint8_t *p = rtcp->body + SSRCS_LEN;
	if (memcmp(p, "REMB", 4) != 0 || SSRCS_LEN + REMB_FIXED_LEN + 4 * (size_t)p[4] > rtcp->body_len)
		return URCHIN_EMALFORMED;
	unsigned exponent = p[5] >> 2;
	uint64_t mantissa = urchin_read_u24(p + 5) & 0x3ffff;
	bool overflows = mantissa && exponent > 63 - 18 && mantissa << exponent >> exponent != mantissa;
	remb->bitrate_bps = overflows ? UINT64_MAX : mantissa << exponent;
	remb->ssrc_count = p[4];
	remb->ssrcs = p + REMB_FIXED_LEN;
	return 0;
}

static void write_fb_header(uint8_t *out, uint8_t format, uint8_t type, size_t len, const uint32_t ssrcs[2])
{
	urchin_rtcp_write_header(out, format, type, len);
	urchin_write_u32(out + 4, ssrcs[0]);
	urchin_write_u32(out + 8, ssrcs[1]);
}

int urchin_nack_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc, const uint16_t *seqs,
		      size_t count, size_t *used)
{
	if (count == 0)
		return URCHIN_EINVAL;
	if (cap > PACKET_LEN_MAX)
		cap = PACKET_LEN_MAX;
	size_t len = HEADER_LEN;
	size_t i = 0;
	while (i < count && len + NACK_ENTRY_LEN <= cap) {
		uint16_t pid = seqs[i++];
		uint16_t bits = 0;
		for (; i < count; i++) {
			uint16_t distance = (uint16_t)(seqs[i] - pid);
			if (distance >= NACKS_PER_ENTRY)
				break;
			if (distance > 0)
				bits |= (uint16_t)(1u << (distance - 1));
		}
		urchin_write_u16(out + len, pid);
		urchin_write_u16(out + len + 2, bits);
		len += NACK_ENTRY_LEN;
	}
	if (i == 0)
		return URCHIN_ETOOBIG;
	write_fb_header(out, URCHIN_RTPFB_NACK, URCHIN_RTCP_RTPFB, len, (const uint32_t[]){sender_ssrc, media_ssrc});
	*used = i;
	return (int)len;
}

int urchin_pli_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc)
{
	if (cap < HEADER_LEN)
		return URCHIN_ETOOBIG;
	write_fb_header(out, URCHIN_PSFB_PLI, URCHIN_RTCP_PSFB, HEADER_LEN,
			(const uint32_t[]){sender_ssrc, media_ssrc});
	return HEADER_LEN;
}

int urchin_fir_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t command_seq)
{
	size_t len = HEADER_LEN + FIR_ENTRY_LEN;
	if (cap < len)
		return URCHIN_ETOOBIG;
	/* RFC 5104 4.3.1.2: the media SSRC of the header is 0, the entries name the streams. */
	write_fb_header(out, URCHIN_PSFB_FIR, URCHIN_RTCP_PSFB, len, (const uint32_t[]){sender_ssrc, 0});
	urchin_write_u32(out + HEADER_LEN, media_ssrc);
	urchin_write_u32(out + HEADER_LEN + 4, (uint32_t)command_seq << 24);
	return (int)len;
}

int urchin_remb_write(uint8_t *out, size_t cap, uint32_t sender_ssrc, uint64_t bitrate_bps, const uint32_t *ssrcs,
		      size_t count)
{
	size_t len = HEADER_LEN + REMB_FIXED_LEN + 4 * count;
	if (cap < len || count > 255)
		return URCHIN_ETOOBIG;
	unsigned exponent = 0;
	while (bitrate_bps >> exponent > 0x3ffff)
		exponent++;
	write_fb_header(out, URCHIN_PSFB_AFB, URCHIN_RTCP_PSFB, len, (const uint32_t[]){sender_ssrc, 0});
	uint8_t *p = out + HEADER_LEN;
	memcpy(p, "REMB", 4);
	p[4] = (uint8_t)count;
	urchin_write_u24(p + 5, (uint32_t)(exponent << 18 | (bitrate_bps >> exponent)));
	for (size_t i = 0; i < count; i++)
		urchin_write_u32(p + REMB_FIXED_LEN + 4 * i, ssrcs[i]);
	return (int)len;
}
