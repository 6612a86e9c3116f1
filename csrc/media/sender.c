/* The viewer's side of one stream: rewriting, pacing of resends, and the clock of its sender reports. */
#include "media/sender.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/seq.h"
#include "media/ntp.h"
#include "media/receiver.h"
#include "wire/rtp_ext.h"

#define RTT_UNKNOWN_US 50000
#define RTT_MIN_US 10000
#define RTT_MAX_US 1000000
/* R6: what is resent stays below what is sent, but for this much at a time. */
#define RESEND_BUDGET_START 32768
#define RESEND_BUDGET_MAX 262144

/* A number must not go out with two contents (RFC 7714 8.1): what went out so far is not resent from here on. */
static void change_form(struct urchin_sender *sender)
{
	sender->resend_from = sender->seq_map.next_out;
}

void urchin_sender_init(struct urchin_sender *sender, const struct urchin_format *format, uint32_t ssrc,
			const char *cname, uint16_t first_seq, uint32_t first_timestamp_rtp)
{
	memset(sender, 0, sizeof *sender);
	urchin_seq_map_init(&sender->seq_map, first_seq);
	urchin_sender_update(sender, format, ssrc, cname);
	sender->last_timestamp_rtp = first_timestamp_rtp;
	sender->resend_budget = RESEND_BUDGET_START;
	sender->is_reported = true;
	sender->needs_begin = true;
	sender->is_new_source = true;
	memset(sender->payload_map, URCHIN_NOT_MAPPED, sizeof sender->payload_map);
}

void urchin_sender_clear(struct urchin_sender *sender)
{
	free(sender->resends);
	sender->resends = NULL;
}

void urchin_sender_update(struct urchin_sender *sender, const struct urchin_format *format, uint32_t ssrc,
			  const char *cname)
{
	if (sender->ssrc != ssrc || memcmp(&sender->format, format, sizeof *format) != 0)
		change_form(sender);
	sender->format = *format;
	sender->ssrc = ssrc;
	memcpy(sender->cname, cname, strnlen(cname, URCHIN_CNAME_CAP - 1));
	sender->cname[strnlen(cname, URCHIN_CNAME_CAP - 1)] = 0;
}

void urchin_sender_set_source(struct urchin_sender *sender, struct urchin_receiver *source)
{
	sender->source = source;
	sender->source_epoch = source ? source->epoch : 0;
	sender->needs_begin = true;
	sender->is_new_source = true;
}

void urchin_sender_set_payload_map(struct urchin_sender *sender, const uint8_t map[128])
{
	if (memcmp(sender->payload_map, map, sizeof sender->payload_map) == 0)
		return;
	memcpy(sender->payload_map, map, sizeof sender->payload_map);
	change_form(sender);
}

void urchin_sender_interrupt(struct urchin_sender *sender)
{
	sender->needs_begin = true;
}

bool urchin_sender_needs_keyframe(const struct urchin_sender *sender)
{
	const struct urchin_receiver *source = sender->source;
	if (!source || sender->is_paused || !urchin_receiver_has_keyframes(source))
		return false;
	if (!sender->needs_begin && sender->source_epoch == source->epoch)
		return false;
	/* Asking for what the viewer can't decode would only cost the others. */
	return !source->cache || sender->payload_map[source->payload_type] != URCHIN_NOT_MAPPED;
}

/* The viewer's clock goes on by the time that passed, whatever the new source's timestamps are. */
static void set_timestamp_offset(struct urchin_sender *sender, const struct urchin_packet *packet, uint64_t now_us)
{
	uint32_t next = sender->last_timestamp_rtp;
	if (sender->has_sent) {
		uint32_t passed = urchin_rtp_span(now_us - sender->last_sent_us, packet->codec->clock_rate_hz);
		next += passed > 0 ? passed : 1;
	}
	sender->timestamp_offset = next - packet->rtp.timestamp;
	sender->has_timestamp_offset = true;
}

static bool begin(struct urchin_sender *sender, const struct urchin_packet *packet, uint64_t now_us)
{
	bool is_video = sender->source->format.kind == URCHIN_VIDEO;
	if (is_video && packet->codec->codec != URCHIN_CODEC_OTHER && !packet->is_keyframe)
		return false;
	if (!urchin_seq_map_begin(&sender->seq_map, packet->ext_seq, sender->is_new_source))
		return false;
	if (sender->is_new_source)
		set_timestamp_offset(sender, packet, now_us);
	sender->needs_begin = false;
	sender->is_new_source = false;
	return true;
}

static size_t collect_exts(const struct urchin_sender *sender, const struct urchin_packet *packet,
			   const uint8_t *send_time, struct urchin_rtp_ext *exts)
{
	static const enum urchin_ext copied[] = {URCHIN_EXT_AUDIO_LEVEL, URCHIN_EXT_VIDEO_ORIENTATION,
						 URCHIN_EXT_ABS_CAPTURE_TIME, URCHIN_EXT_DEPENDENCY_DESCRIPTOR};
	const uint8_t *ids = sender->format.ext_ids;
	size_t count = 0;

	if (ids[URCHIN_EXT_MID] && sender->format.mid[0])
		exts[count++] = (struct urchin_rtp_ext){.id = ids[URCHIN_EXT_MID],
							.data = (const uint8_t *)sender->format.mid,
							.len = strlen(sender->format.mid)};
	if (ids[URCHIN_EXT_ABS_SEND_TIME])
		exts[count++] =
		    (struct urchin_rtp_ext){.id = ids[URCHIN_EXT_ABS_SEND_TIME], .data = send_time, .len = 3};
	for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
		const struct urchin_packet_ext *ext = &packet->exts[copied[i]];
		if (ids[copied[i]] && ext->bytes)
			exts[count++] =
			    (struct urchin_rtp_ext){.id = ids[copied[i]], .data = ext->bytes, .len = ext->len};
	}
	return count;
}

/* Returns the header's length; the body is the packet's. */
static int write_header(const struct urchin_sender *sender, const struct urchin_packet *packet, uint16_t out_seq,
			uint64_t now_us, uint8_t header[URCHIN_SENDER_HEADER_CAP])
{
	struct urchin_rtp_ext exts[URCHIN_EXT_COUNT];
	size_t ext_at = URCHIN_RTP_HEADER_LEN + 4 * (size_t)packet->rtp.csrc_count;
	uint8_t send_time[3];

	urchin_abs_send_time_write(send_time, now_us);
	int ext_len = urchin_rtp_ext_write(header + ext_at, URCHIN_SENDER_HEADER_CAP - ext_at, exts,
					   collect_exts(sender, packet, send_time, exts));
	if (ext_len < 0)
		return ext_len;
	struct urchin_rtp rtp = packet->rtp;
	rtp.payload_type = sender->payload_map[packet->rtp.payload_type];
	rtp.ssrc = sender->ssrc;
	rtp.seq = out_seq;
	rtp.timestamp = packet->rtp.timestamp + sender->timestamp_offset;
	rtp.padding_len = packet->padding_len;
	int header_len = urchin_rtp_write_header(header, URCHIN_SENDER_HEADER_CAP, &rtp, (size_t)ext_len);
	size_t body_len = packet->rtp.payload_len + packet->padding_len;
	return header_len >= 0 && (size_t)header_len + body_len > URCHIN_PACKET_CAP ? URCHIN_ETOOBIG : header_len;
}

static void count_sent(struct urchin_sender *sender, const struct urchin_packet *packet, size_t len, uint64_t now_us)
{
	uint32_t timestamp = packet->rtp.timestamp + sender->timestamp_offset;
	if (!sender->has_sent || urchin_rtp_time_diff(timestamp, sender->last_timestamp_rtp) > 0)
		sender->last_timestamp_rtp = timestamp;
	sender->has_sent = true;
	sender->is_reported = false;
	sender->last_sent_us = now_us;
	sender->clock_rate_hz = packet->codec->clock_rate_hz;
	sender->payload_type = sender->payload_map[packet->rtp.payload_type];
	sender->packets_sent++;
	sender->bytes_sent += len;
	sender->payload_bytes_sent += packet->rtp.payload_len;
	sender->resend_budget += len;
	if (sender->resend_budget > RESEND_BUDGET_MAX)
		sender->resend_budget = RESEND_BUDGET_MAX;
}

int urchin_sender_write(struct urchin_sender *sender, const struct urchin_packet *packet, uint64_t now_us,
			uint8_t header[URCHIN_SENDER_HEADER_CAP], struct urchin_rtp_parts *parts)
{
	uint16_t out_seq;

	/* What waited while its stream began anew is of the past. */
	if (!sender->source || sender->is_paused || packet->epoch != sender->source->epoch) {
		sender->shed_packets += sender->is_shed;
		return 0;
	}
	if (sender->source_epoch != sender->source->epoch) {
		sender->source_epoch = sender->source->epoch;
		sender->needs_begin = true;
		sender->is_new_source = true;
	}
	bool is_mapped = sender->payload_map[packet->rtp.payload_type] != URCHIN_NOT_MAPPED;
	if (!is_mapped || packet->rtp.payload_len == 0) {
		sender->unmapped_packets += !is_mapped;
		if (!sender->needs_begin)
			urchin_seq_map_drop(&sender->seq_map, packet->ext_seq);
		return 0;
	}
	if (sender->needs_begin && !begin(sender, packet, now_us))
		return 0;
	if (!urchin_seq_map_forward(&sender->seq_map, packet->ext_seq, &out_seq)) {
		sender->stale_packets++;
		return 0;
	}
	int header_len = write_header(sender, packet, out_seq, now_us, header);
	if (header_len < 0) {
		sender->oversized_packets++;
		return header_len;
	}
	*parts = (struct urchin_rtp_parts){.header = header,
					   .header_len = (size_t)header_len,
					   .body = packet->rtp.payload,
					   .body_len = packet->rtp.payload_len + packet->padding_len,
					   .is_video = sender->format.kind == URCHIN_VIDEO};
	count_sent(sender, packet, parts->header_len + parts->body_len, now_us);
	return (int)(parts->header_len + parts->body_len);
}

static bool may_resend(struct urchin_sender *sender, uint16_t out_seq, size_t len, uint64_t now_us)
{
	uint64_t interval_us = sender->has_rtt ? sender->rtt_us : RTT_UNKNOWN_US;
	if (interval_us < RTT_MIN_US)
		interval_us = RTT_MIN_US;
	if (interval_us > RTT_MAX_US)
		interval_us = RTT_MAX_US;
	/* Most viewers miss nothing. */
	if (!sender->resends)
		sender->resends = calloc(URCHIN_SENDER_RESENDS, sizeof *sender->resends);
	if (!sender->resends)
		return false;
	struct urchin_sender_resend *resend = &sender->resends[out_seq % URCHIN_SENDER_RESENDS];
	bool is_recent = resend->seq == out_seq && resend->sent_us > 0 && now_us < resend->sent_us + interval_us;
	if (is_recent || len > sender->resend_budget) {
		sender->resends_refused++;
		return false;
	}
	*resend = (struct urchin_sender_resend){.seq = out_seq, .sent_us = now_us};
	sender->resend_budget -= len;
	return true;
}

int urchin_sender_resend(struct urchin_sender *sender, uint16_t out_seq, uint64_t now_us,
			 uint8_t out[URCHIN_SENDER_HEADER_CAP + URCHIN_PACKET_CAP])
{
	struct urchin_receiver *source = sender->source;
	struct urchin_packet packet;
	struct urchin_cached_packet cached;
	uint64_t ext_seq;

	/* While is_new_source is set the map still speaks of the source before. */
	if (!source || sender->is_paused || sender->is_new_source || sender->source_epoch != source->epoch)
		return 0;
	if (urchin_seq_extend(sender->seq_map.next_out, out_seq) < sender->resend_from)
		return 0;
	if (!source->cache || !urchin_seq_map_reverse(&sender->seq_map, out_seq, &ext_seq))
		return 0;
	if (!urchin_packet_cache_get(source->cache, ext_seq, &cached) ||
	    urchin_packet_read(&packet, cached.bytes, cached.len) < 0 ||
	    urchin_packet_read_format(&packet, &source->format) < 0)
		return 0;
	if (sender->payload_map[packet.rtp.payload_type] == URCHIN_NOT_MAPPED || packet.rtp.payload_len == 0)
		return 0;
	/*
	 * RFC 7714 8.1: the same number means the same nonce, and two contents under one nonce give the key of the tags
	 * away. So the send time in it is that of the first time (the packet's arrival), and so is the padding.
	 */
	packet.padding_len = cached.padding_len;
	int out_len = write_header(sender, &packet, out_seq, cached.put_us, out);
	if (out_len < 0)
		return 0;
	memcpy(out + out_len, packet.rtp.payload, packet.rtp.payload_len);
	urchin_rtp_write_padding(out + out_len + packet.rtp.payload_len, packet.padding_len);
	out_len += (int)packet.rtp.payload_len + packet.padding_len;
	if (!may_resend(sender, out_seq, (size_t)out_len, now_us))
		return 0;
	sender->resent_packets++;
	sender->resent_bytes += (size_t)out_len;
	sender->packets_sent++;
	sender->bytes_sent += (size_t)out_len;
	sender->payload_bytes_sent += packet.rtp.payload_len;
	return out_len;
}

/* RFC 3550 6.4.1: A - LSR - DLSR, with A and LSR on our own clock. */
static void feed_round_trip(struct urchin_sender *sender, uint32_t mid_ntp, uint32_t delay, uint64_t now_us)
{
	if (mid_ntp == 0)
		return;
	for (size_t i = 0; i < URCHIN_SENDER_SENT_REPORTS; i++) {
		const struct urchin_sender_sent_report *sent = &sender->sent_reports[i];
		if (sent->mid_ntp != mid_ntp || sent->sent_us == 0)
			continue;
		uint64_t passed_us = now_us - sent->sent_us;
		uint64_t delay_us = (uint64_t)delay * 1000000 / 65536;
		sender->rtt_us = passed_us > delay_us ? passed_us - delay_us : 0;
		sender->has_rtt = true;
		return;
	}
}

void urchin_sender_feed_report(struct urchin_sender *sender, const struct urchin_report_block *report, uint64_t now_us)
{
	sender->fraction_lost = report->fraction_lost;
	sender->cumulative_lost = report->cumulative_lost;
	sender->jitter_rtp = report->jitter_rtp;
	feed_round_trip(sender, report->last_sr_ntp, report->delay_since_sr, now_us);
}

bool urchin_sender_feed_fir(struct urchin_sender *sender, uint8_t fir_seq)
{
	if (sender->has_fir_seq && sender->fir_seq == fir_seq)
		return false;
	sender->has_fir_seq = true;
	sender->fir_seq = fir_seq;
	sender->firs_received++;
	return true;
}

bool urchin_sender_report(struct urchin_sender *sender, uint64_t now_us, uint64_t *ntp, uint32_t *rtp)
{
	const struct urchin_receiver *source = sender->source;
	if (!source || !source->has_sr || !sender->has_sent || sender->is_new_source ||
	    sender->source_epoch != source->epoch)
		return false;
	uint64_t passed_us = now_us - source->sr_us;
	*ntp = source->sr_ntp + urchin_ntp_span(passed_us);
	*rtp = source->sr_rtp + urchin_rtp_span(passed_us, sender->clock_rate_hz) + sender->timestamp_offset;
	struct urchin_sender_sent_report *sent = &sender->sent_reports[sender->next_sent_report];
	*sent = (struct urchin_sender_sent_report){.mid_ntp = (uint32_t)(*ntp >> 16), .sent_us = now_us};
	sender->next_sent_report = (sender->next_sent_report + 1) % URCHIN_SENDER_SENT_REPORTS;
	sender->is_reported = true;
	return true;
}
