#include "wire/rtcp.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define HEADER_LEN 4
#define SENDER_INFO_LEN 20
#define BLOCK_LEN 24
#define SDES_CNAME 1

bool urchin_rtcp_next(const uint8_t *bytes, size_t len, size_t *at, struct urchin_rtcp *rtcp)
{
	if (*at > len || len - *at < HEADER_LEN)
		return false;
	const uint8_t *packet = bytes + *at;
	size_t packet_len = HEADER_LEN + 4 * (size_t)urchin_read_u16(packet + 2);
	if (packet[0] >> 6 != 2 || packet_len > len - *at)
		return false;
	size_t padding_len = 0;
	if (packet[0] & 0x20) {
		padding_len = packet[packet_len - 1];
		if (padding_len == 0 || padding_len > packet_len - HEADER_LEN)
			return false;
	}
	*rtcp = (struct urchin_rtcp){packet[1], packet[0] & 0x1f, packet + HEADER_LEN,
				     packet_len - HEADER_LEN - padding_len};
	*at += packet_len;
	return true;
}

int urchin_rtcp_read_sr(const struct urchin_rtcp *rtcp, uint32_t *ssrc, struct urchin_sender_info *info)
{
	if (rtcp->type != URCHIN_RTCP_SR || rtcp->body_len < 4 + SENDER_INFO_LEN + BLOCK_LEN * (size_t)rtcp->count)
		return URCHIN_EMALFORMED;
	*ssrc = urchin_read_u32(rtcp->body);
	info->time_ntp = urchin_read_u64(rtcp->body + 4);
	info->time_rtp = urchin_read_u32(rtcp->body + 12);
	info->packet_count = urchin_read_u32(rtcp->body + 16);
	info->octet_count = urchin_read_u32(rtcp->body + 20);
	return 0;
}

int urchin_rtcp_read_rr(const struct urchin_rtcp *rtcp, uint32_t *ssrc)
{
	if (rtcp->type != URCHIN_RTCP_RR || rtcp->body_len < 4 + BLOCK_LEN * (size_t)rtcp->count)
		return URCHIN_EMALFORMED;
	*ssrc = urchin_read_u32(rtcp->body);
	return 0;
}

int urchin_rtcp_read_block(const struct urchin_rtcp *rtcp, size_t index, struct urchin_report_block *block)
{
	if (rtcp->type != URCHIN_RTCP_SR && rtcp->type != URCHIN_RTCP_RR)
		return URCHIN_EMALFORMED;
	size_t at = 4u + (rtcp->type == URCHIN_RTCP_SR ? SENDER_INFO_LEN : 0u) + BLOCK_LEN * index;
	if (index >= rtcp->count || at + BLOCK_LEN > rtcp->body_len)
		return URCHIN_EMALFORMED;
	const uint8_t *p = rtcp->body + at;
	uint32_t lost = urchin_read_u24(p + 5);
	*block = (struct urchin_report_block){
	    .ssrc = urchin_read_u32(p),
	    .fraction_lost = p[4],
	    .cumulative_lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost,
	    .highest_seq = urchin_read_u32(p + 8),
	    .jitter_rtp = urchin_read_u32(p + 12),
	    .last_sr_ntp = urchin_read_u32(p + 16),
	    .delay_since_sr = urchin_read_u32(p + 20),
	};
	return 0;
}

int urchin_rtcp_read_bye(const struct urchin_rtcp *rtcp, size_t index, uint32_t *ssrc)
{
	if (rtcp->type != URCHIN_RTCP_BYE || index >= rtcp->count || 4 * (index + 1) > rtcp->body_len)
		return URCHIN_EMALFORMED;
	*ssrc = urchin_read_u32(rtcp->body + 4 * index);
	return 0;
}

void urchin_rtcp_write_header(uint8_t *out, uint8_t count, uint8_t type, size_t len)
{
	out[0] = (uint8_t)(0x80 | count);
	out[1] = type;
	urchin_write_u16(out + 2, (uint16_t)(len / 4 - 1));
}

static void write_block(uint8_t *p, const struct urchin_report_block *block)
{
	/* RFC 3550 A.3: the cumulative number is clamped to 24 signed bits. */
	int32_t lost = block->cumulative_lost;
	lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost;
	urchin_write_u32(p, block->ssrc);
	p[4] = block->fraction_lost;
	urchin_write_u24(p + 5, (uint32_t)lost & 0xffffff);
	urchin_write_u32(p + 8, block->highest_seq);
	urchin_write_u32(p + 12, block->jitter_rtp);
	urchin_write_u32(p + 16, block->last_sr_ntp);
	urchin_write_u32(p + 20, block->delay_since_sr);
}

int urchin_rtcp_write_sr(uint8_t *out, size_t cap, uint32_t ssrc, const struct urchin_sender_info *info,
			 const struct urchin_report_block *blocks, size_t count)
{
	size_t len = HEADER_LEN + 4 + SENDER_INFO_LEN + BLOCK_LEN * count;
	if (count > URCHIN_RTCP_BLOCKS_MAX)
		return URCHIN_EINVAL;
	if (len > cap)
		return URCHIN_ETOOBIG;
	urchin_rtcp_write_header(out, (uint8_t)count, URCHIN_RTCP_SR, len);
	urchin_write_u32(out + 4, ssrc);
	urchin_write_u64(out + 8, info->time_ntp);
	urchin_write_u32(out + 16, info->time_rtp);
	urchin_write_u32(out + 20, info->packet_count);
	urchin_write_u32(out + 24, info->octet_count);
	for (size_t i = 0; i < count; i++)
		write_block(out + HEADER_LEN + 4 + SENDER_INFO_LEN + BLOCK_LEN * i, &blocks[i]);
	return (int)len;
}

int urchin_rtcp_write_rr(uint8_t *out, size_t cap, uint32_t ssrc, const struct urchin_report_block *blocks,
			 size_t count)
{
	size_t len = HEADER_LEN + 4 + BLOCK_LEN * count;
	if (count > URCHIN_RTCP_BLOCKS_MAX)
		return URCHIN_EINVAL;
	if (len > cap)
		return URCHIN_ETOOBIG;
	urchin_rtcp_write_header(out, (uint8_t)count, URCHIN_RTCP_RR, len);
	urchin_write_u32(out + 4, ssrc);
	for (size_t i = 0; i < count; i++)
		write_block(out + HEADER_LEN + 4 + BLOCK_LEN * i, &blocks[i]);
	return (int)len;
}

int urchin_rtcp_write_sdes(uint8_t *out, size_t cap, uint32_t ssrc, const char *cname)
{
	size_t cname_len = strlen(cname);
	if (cname_len == 0 || cname_len > 255)
		return URCHIN_EINVAL;
	/* RFC 3550 6.5: the list of items ends with at least one zero byte, on a 32-bit boundary. */
	size_t len = HEADER_LEN + (4 + 2 + cname_len) / 4 * 4 + 4;
	if (len > cap)
		return URCHIN_ETOOBIG;
	memset(out, 0, len);
	urchin_rtcp_write_header(out, 1, URCHIN_RTCP_SDES, len);
	urchin_write_u32(out + 4, ssrc);
	out[8] = SDES_CNAME;
	out[9] = (uint8_t)cname_len;
	memcpy(out + 10, cname, cname_len);
	return (int)len;
}

int urchin_rtcp_write_bye(uint8_t *out, size_t cap, const uint32_t *ssrcs, size_t count)
{
	size_t len = HEADER_LEN + 4 * count;
	if (count == 0 || count > URCHIN_RTCP_BLOCKS_MAX)
		return URCHIN_EINVAL;
	if (len > cap)
		return URCHIN_ETOOBIG;
	urchin_rtcp_write_header(out, (uint8_t)count, URCHIN_RTCP_BYE, len);
	for (size_t i = 0; i < count; i++)
		urchin_write_u32(out + HEADER_LEN + 4 * i, ssrcs[i]);
	return (int)len;
}
