/*
 * RTCP that we send: reports about once a second, or every 5 s where nothing moves (RFC 3550 6.2, 6.3.1), key-frame
 * requests and NACKs at once, transport-wide feedback every 100 ms, REMB every second. Every datagram is a compound
 * packet that begins with a receiver report and a CNAME, as RFC 3550 6.1 asks, so the peer need not know reduced-size
 * RTCP.
 */
#include <string.h>

#include "base/heap.h"
#include "session/connection_internal.h"
#include "wire/rtcp.h"
#include "wire/rtcp_fb.h"

#define COMPOUND_CAP 1200
#define REPORT_INTERVAL_US 1000000
#define IDLE_INTERVAL_US 5000000 /* RFC 3550 6.2: the least interval of one that is in no hurry */
#define IDLE_GRID_US 100000      /* those of many idle connections leave together: waking costs more than sending */
#define HURRY_US 20000           /* so that audio and video, which begin together, share a report */
#define REMB_INTERVAL_US 1000000
#define RTT_UNKNOWN_US 100000
#define REMB_SSRCS_MAX 64

struct compound {
	struct urchin_connection *connection;
	uint8_t bytes[COMPOUND_CAP];
	size_t len;
};

static void append(struct compound *compound, int len)
{
	if (len > 0)
		compound->len += (size_t)len;
}

static uint8_t *tail(struct compound *compound)
{
	return compound->bytes + compound->len;
}

static size_t room(const struct compound *compound)
{
	return sizeof compound->bytes - compound->len;
}

static void flush(struct compound *compound)
{
	if (compound->len > 0)
		urchin_transport_send_rtcp(compound->connection->transport, compound->bytes, compound->len);
	compound->len = 0;
}

/* RFC 3550 6.5.1: one CNAME for all streams of an endpoint. */
static const char *cname_of(const struct urchin_connection *connection)
{
	if (connection->out_count > 0 && connection->outs[0]->sender.cname[0])
		return connection->outs[0]->sender.cname;
	return connection->cname;
}

static void append_sdes(struct compound *compound, uint32_t ssrc)
{
	append(compound, urchin_rtcp_write_sdes(tail(compound), room(compound), ssrc, cname_of(compound->connection)));
}

/* RFC 3550 6.1: a report and our CNAME in every compound packet. */
static void begin(struct compound *compound, struct urchin_connection *connection,
		  const struct urchin_report_block *blocks, size_t count)
{
	compound->connection = connection;
	compound->len = 0;
	append(compound,
	       urchin_rtcp_write_rr(compound->bytes, sizeof compound->bytes, connection->rtcp_ssrc, blocks, count));
	append_sdes(compound, connection->rtcp_ssrc);
}

/* Writes SR and SDES of one sender; false when they don't fit. */
static bool append_sr(struct compound *compound, uint32_t ssrc, const struct urchin_sender_info *info)
{
	size_t len = compound->len;
	append(compound, urchin_rtcp_write_sr(tail(compound), room(compound), ssrc, info, NULL, 0));
	size_t with_sr = compound->len;
	append_sdes(compound, ssrc);
	if (compound->len > with_sr && with_sr > len)
		return true;
	compound->len = len;
	return false;
}

static void send_sender_reports(struct compound *compound, uint64_t now_us)
{
	struct urchin_connection *connection = compound->connection;
	for (size_t i = 0; i < connection->out_count; i++) {
		struct urchin_sender *sender = &connection->outs[i]->sender;
		struct urchin_sender_info info;
		if (sender->is_reported || !urchin_sender_report(sender, now_us, &info.time_ntp, &info.time_rtp))
			continue;
		info.packet_count = (uint32_t)sender->packets_sent;
		info.octet_count = (uint32_t)sender->payload_bytes_sent;
		if (append_sr(compound, sender->ssrc, &info))
			continue;
		flush(compound);
		begin(compound, connection, NULL, 0);
		append_sr(compound, sender->ssrc, &info);
	}
	flush(compound);
}

/* RFC 3550 6.4: at most 31 blocks in a report, then another one. */
static void send_reports(struct urchin_connection *connection, uint64_t now_us)
{
	struct urchin_report_block blocks[URCHIN_RTCP_BLOCKS_MAX];
	struct compound compound;
	size_t count = 0;

	for (size_t i = 0; i < connection->in_count; i++) {
		struct urchin_receiver *receiver = &connection->ins[i]->receiver;
		if (!receiver->has_ssrc || receiver->is_reported)
			continue;
		if (count == URCHIN_RTCP_BLOCKS_MAX) {
			begin(&compound, connection, blocks, count);
			flush(&compound);
			count = 0;
		}
		urchin_receiver_report(receiver, now_us, &blocks[count++]);
	}
	begin(&compound, connection, blocks, count);
	send_sender_reports(&compound, now_us);
}

static uint64_t round_trip_us(const struct urchin_connection *connection)
{
	for (size_t i = 0; i < connection->out_count; i++) {
		if (connection->outs[i]->sender.has_rtt)
			return connection->outs[i]->sender.rtt_us;
	}
	return RTT_UNKNOWN_US;
}

static void send_nacks(struct urchin_connection *connection, struct urchin_receiver *receiver, uint64_t now_us)
{
	uint16_t seqs[URCHIN_NACK_CAP];
	struct compound compound;
	size_t used = 0;

	if (!receiver->has_ssrc || urchin_nack_deadline_us(&receiver->nack) > now_us)
		return;
	size_t count = urchin_nack_collect(&receiver->nack, round_trip_us(connection), now_us, seqs, URCHIN_NACK_CAP);
	for (size_t at = 0; at < count; at += used) {
		begin(&compound, connection, NULL, 0);
		append(&compound, urchin_nack_write(tail(&compound), room(&compound), connection->rtcp_ssrc,
						    receiver->ssrc, seqs + at, count - at, &used));
		if (used == 0)
			return;
		flush(&compound);
		receiver->nacks_sent++;
	}
}

static void send_transport_feedback(struct urchin_connection *connection)
{
	struct compound compound;
	uint32_t media_ssrc = 0;

	for (size_t i = 0; i < connection->in_count; i++) {
		if (connection->ins[i]->receiver.has_ssrc)
			media_ssrc = connection->ins[i]->receiver.ssrc;
	}
	for (;;) {
		begin(&compound, connection, NULL, 0);
		size_t len = urchin_twcc_recorder_write(&connection->twcc, connection->rtcp_ssrc, media_ssrc,
							tail(&compound), room(&compound));
		if (len == 0)
			return;
		compound.len += len;
		flush(&compound);
	}
}

static void send_remb(struct urchin_connection *connection)
{
	uint32_t ssrcs[REMB_SSRCS_MAX];
	struct compound compound;
	uint64_t bitrate_bps = 0;
	size_t count = 0;

	for (size_t i = 0; i < connection->in_count && count < REMB_SSRCS_MAX; i++) {
		const struct urchin_receiver *receiver = &connection->ins[i]->receiver;
		if (!urchin_receiver_wants_remb(receiver))
			continue;
		ssrcs[count++] = receiver->ssrc;
		bitrate_bps += receiver->estimate_bps;
	}
	begin(&compound, connection, NULL, 0);
	append(&compound,
	       urchin_remb_write(tail(&compound), room(&compound), connection->rtcp_ssrc, bitrate_bps, ssrcs, count));
	flush(&compound);
}

static bool wants_remb(const struct urchin_connection *connection)
{
	for (size_t i = 0; i < connection->in_count; i++) {
		if (urchin_receiver_wants_remb(&connection->ins[i]->receiver))
			return true;
	}
	return false;
}

bool urchin_connection_ask_keyframe(struct urchin_connection *connection, struct urchin_receiver *receiver,
				    uint64_t now_us)
{
	const struct urchin_format_codec *codec = urchin_receiver_codec(receiver);
	struct compound compound;

	(void)now_us;
	if (!receiver->has_ssrc || connection->is_closing)
		return false;
	begin(&compound, connection, NULL, 0);
	if (codec && codec->fir && !codec->pli) {
		append(&compound, urchin_fir_write(tail(&compound), room(&compound), connection->rtcp_ssrc,
						   receiver->ssrc, receiver->fir_seq++));
		receiver->firs_sent++;
	} else {
		append(&compound,
		       urchin_pli_write(tail(&compound), room(&compound), connection->rtcp_ssrc, receiver->ssrc));
		receiver->plis_sent++;
	}
	flush(&compound);
	return true;
}

void urchin_connection_send_bye(struct urchin_connection *connection, const struct urchin_sender *sender)
{
	struct compound compound;
	uint32_t ssrc = sender->ssrc;

	if (!sender->has_sent || !connection->is_ready)
		return;
	begin(&compound, connection, NULL, 0);
	append_sdes(&compound, ssrc);
	append(&compound, urchin_rtcp_write_bye(tail(&compound), room(&compound), &ssrc, 1));
	flush(&compound);
}

void urchin_connection_start_rtcp(struct urchin_connection *connection)
{
	connection->is_ready = true;
	connection->report_us = 0;
	connection->remb_us = 0;
}

void urchin_connection_hurry_report(struct urchin_connection *connection, uint64_t now_us)
{
	if (!connection->is_ready || connection->report_us <= now_us + HURRY_US)
		return;
	connection->report_us = now_us + HURRY_US;
	connection->is_idle = false;
	urchin_connection_wake(connection);
}

/* Whether media moved since the last reports. */
static bool has_moved(const struct urchin_connection *connection)
{
	for (size_t i = 0; i < connection->in_count; i++) {
		const struct urchin_receiver *receiver = &connection->ins[i]->receiver;
		if (receiver->has_ssrc && !receiver->is_reported)
			return true;
	}
	for (size_t i = 0; i < connection->out_count; i++) {
		const struct urchin_sender *sender = &connection->outs[i]->sender;
		if (sender->has_sent && sender->last_sent_us >= connection->reported_us)
			return true;
	}
	return false;
}

static void tick_reports(struct urchin_connection *connection, uint64_t now_us)
{
	connection->is_idle = !has_moved(connection);
	connection->reported_us = now_us;
	if (connection->in_count > 0 || connection->out_count > 0)
		send_reports(connection, now_us);
	/* RFC 3550 6.3.1: 0.5 to 1.5 times the interval, so that the reports of many don't meet */
	uint64_t interval_us = connection->is_idle ? IDLE_INTERVAL_US : REPORT_INTERVAL_US;
	connection->report_us = now_us + interval_us / 2 + urchin_connection_random(connection) % interval_us;
	if (connection->is_idle)
		connection->report_us += IDLE_GRID_US - connection->report_us % IDLE_GRID_US;
}

void urchin_connection_tick_rtcp(struct urchin_connection *connection, uint64_t now_us)
{
	if (!connection->is_ready || connection->is_closing)
		return;
	for (size_t i = 0; i < connection->in_count; i++) {
		send_nacks(connection, &connection->ins[i]->receiver, now_us);
		urchin_router_tick_input(&connection->ins[i]->input, now_us);
	}
	if (urchin_twcc_recorder_deadline_us(&connection->twcc) <= now_us)
		send_transport_feedback(connection);
	if (now_us >= connection->remb_us && wants_remb(connection)) {
		send_remb(connection);
		connection->remb_us = now_us + REMB_INTERVAL_US;
	}
	if (now_us >= connection->report_us)
		tick_reports(connection, now_us);
}

uint64_t urchin_connection_rtcp_deadline_us(const struct urchin_connection *connection)
{
	if (!connection->is_ready || connection->is_closing)
		return URCHIN_NEVER_US;
	uint64_t deadline_us = connection->report_us;
	uint64_t twcc_us = urchin_twcc_recorder_deadline_us(&connection->twcc);
	if (twcc_us < deadline_us)
		deadline_us = twcc_us;
	if (connection->remb_us < deadline_us && wants_remb(connection))
		deadline_us = connection->remb_us;
	for (size_t i = 0; i < connection->in_count; i++) {
		uint64_t nack_us = urchin_nack_deadline_us(&connection->ins[i]->receiver.nack);
		uint64_t keyframe_us = urchin_router_input_deadline_us(&connection->ins[i]->input);
		if (nack_us < deadline_us)
			deadline_us = nack_us;
		if (keyframe_us < deadline_us)
			deadline_us = keyframe_us;
	}
	return deadline_us;
}
