/* RTCP that the peer sends: reports, BYE and feedback. What makes no sense is counted and dropped. */
#include "base/bytes.h"
#include "media/ntp.h"
#include "session/connection_internal.h"
#include "wire/rtcp.h"
#include "wire/rtcp_fb.h"

/* One NACK packet may ask for thousands of packets; what is beyond comes with the next one. */
#define RESENDS_PER_NACK 256

static struct urchin_stream_in *find_in(struct urchin_connection *connection, uint32_t ssrc)
{
	for (size_t i = 0; i < connection->in_count; i++) {
		const struct urchin_receiver *receiver = &connection->ins[i]->receiver;
		if (receiver->has_ssrc && receiver->ssrc == ssrc)
			return connection->ins[i];
	}
	return NULL;
}

static struct urchin_stream_out *find_out(struct urchin_connection *connection, uint32_t ssrc)
{
	for (size_t i = 0; i < connection->out_count; i++) {
		if (connection->outs[i]->sender.ssrc == ssrc)
			return connection->outs[i];
	}
	/* RFC 4585 6.1, F5: feedback about what we don't send */
	connection->ignored_feedback++;
	return NULL;
}

static void feed_blocks(struct urchin_connection *connection, const struct urchin_rtcp *rtcp, uint64_t now_us)
{
	for (size_t i = 0; i < rtcp->count; i++) {
		struct urchin_report_block block;
		if (urchin_rtcp_read_block(rtcp, i, &block) < 0)
			return;
		struct urchin_stream_out *out = find_out(connection, block.ssrc);
		if (out)
			urchin_sender_feed_report(&out->sender, &block, now_us);
	}
}

static void feed_sr(struct urchin_connection *connection, const struct urchin_rtcp *rtcp, uint64_t now_us)
{
	struct urchin_sender_info info;
	uint32_t ssrc;

	if (urchin_rtcp_read_sr(rtcp, &ssrc, &info) < 0) {
		connection->malformed_rtcp++;
		return;
	}
	struct urchin_stream_in *in = find_in(connection, ssrc);
	if (in && info.time_ntp != 0) {
		if (!connection->has_ntp_offset)
			connection->ntp_offset = urchin_ntp_from_us(now_us) - info.time_ntp;
		connection->has_ntp_offset = true;
		bool is_first = !in->receiver.has_sr;
		urchin_receiver_feed_sr(&in->receiver, info.time_ntp, info.time_rtp, connection->ntp_offset, now_us);
		urchin_router_tell_clock(&in->input, is_first, now_us);
	}
	feed_blocks(connection, rtcp, now_us);
}

static void feed_bye(struct urchin_connection *connection, const struct urchin_rtcp *rtcp)
{
	for (size_t i = 0; i < rtcp->count; i++) {
		uint32_t ssrc;
		if (urchin_rtcp_read_bye(rtcp, i, &ssrc) < 0)
			return;
		struct urchin_ssrc_entry *entry = urchin_ssrc_map_find(&connection->ssrcs, ssrc);
		if (!entry)
			continue;
		struct urchin_receiver *receiver = &entry->stream->receiver;
		if (receiver->has_ssrc && receiver->ssrc == ssrc)
			urchin_receiver_end_ssrc(receiver);
		/* A declared one may come back: browsers say BYE at every pause. */
		if (!entry->is_declared)
			urchin_ssrc_map_remove(&connection->ssrcs, ssrc);
	}
}

static void feed_nack(struct urchin_connection *connection, struct urchin_stream_out *out,
		      const struct urchin_rtcp *rtcp, uint64_t now_us)
{
	uint8_t bytes[URCHIN_SENDER_HEADER_CAP + URCHIN_PACKET_CAP];
	struct urchin_rtp_parts parts;
	uint16_t seq;
	size_t at = 0;

	out->sender.nacks_received++;
	for (size_t i = 0; i < RESENDS_PER_NACK && urchin_nack_next(rtcp, &at, &seq); i++) {
		int len = urchin_sender_resend(&out->sender, seq, now_us, bytes);
		if (len <= 0 || urchin_rtp_split(&parts, bytes, (size_t)len) < 0)
			continue;
		parts.is_video = out->sender.format.kind == URCHIN_VIDEO;
		urchin_transport_send_parts(connection->transport, &parts);
	}
}

static void feed_fir(struct urchin_connection *connection, const struct urchin_rtcp *rtcp, uint64_t now_us)
{
	uint32_t ssrc;
	uint8_t fir_seq;

	for (size_t i = 0; urchin_fir_read(rtcp, i, &ssrc, &fir_seq) == 0; i++) {
		struct urchin_stream_out *out = find_out(connection, ssrc);
		if (out && urchin_sender_feed_fir(&out->sender, fir_seq))
			urchin_router_want_keyframe(&out->output, now_us);
	}
}

static void feed_remb(struct urchin_connection *connection, const struct urchin_rtcp *rtcp)
{
	struct urchin_remb remb;

	if (urchin_remb_read(rtcp, &remb) < 0)
		return;
	for (size_t i = 0; i < remb.ssrc_count; i++) {
		uint32_t ssrc = urchin_read_u32(remb.ssrcs + 4 * i);
		struct urchin_stream_out *out = find_out(connection, ssrc);
		if (out)
			out->sender.remb_bps = remb.bitrate_bps;
	}
}

static void feed_pli(struct urchin_connection *connection, uint32_t media_ssrc, uint64_t now_us)
{
	struct urchin_stream_out *out = find_out(connection, media_ssrc);
	if (!out)
		return;
	out->sender.plis_received++;
	urchin_router_want_keyframe(&out->output, now_us);
}

static void feed_feedback(struct urchin_connection *connection, const struct urchin_rtcp *rtcp, uint64_t now_us)
{
	uint32_t sender_ssrc;
	uint32_t media_ssrc;

	if (urchin_rtcp_fb_read(rtcp, &sender_ssrc, &media_ssrc) < 0) {
		connection->malformed_rtcp++;
		return;
	}
	if (rtcp->type == URCHIN_RTCP_RTPFB && rtcp->count == URCHIN_RTPFB_NACK) {
		struct urchin_stream_out *out = find_out(connection, media_ssrc);
		if (out)
			feed_nack(connection, out, rtcp, now_us);
	}
	if (rtcp->type != URCHIN_RTCP_PSFB)
		return;
	if (rtcp->count == URCHIN_PSFB_PLI)
		feed_pli(connection, media_ssrc, now_us);
	else if (rtcp->count == URCHIN_PSFB_FIR)
		feed_fir(connection, rtcp, now_us);
	else if (rtcp->count == URCHIN_PSFB_AFB)
		feed_remb(connection, rtcp);
}

void urchin_connection_feed_rtcp(struct urchin_connection *connection, const uint8_t *bytes, size_t len,
				 uint64_t now_us)
{
	struct urchin_rtcp rtcp;
	size_t at = 0;
	size_t count = 0;
	uint32_t ssrc;

	for (; urchin_rtcp_next(bytes, len, &at, &rtcp); count++) {
		switch (rtcp.type) {
		case URCHIN_RTCP_SR:
			feed_sr(connection, &rtcp, now_us);
			break;
		case URCHIN_RTCP_RR:
			if (urchin_rtcp_read_rr(&rtcp, &ssrc) == 0)
				feed_blocks(connection, &rtcp, now_us);
			break;
		case URCHIN_RTCP_BYE:
			feed_bye(connection, &rtcp);
			break;
		case URCHIN_RTCP_RTPFB:
		case URCHIN_RTCP_PSFB:
			feed_feedback(connection, &rtcp, now_us);
			break;
		default:
			break;
		}
	}
	connection->malformed_rtcp += count == 0 || at < len;
}
