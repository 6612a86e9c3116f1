/* Bookkeeping of one incoming stream. */
#include "media/receiver.h"

#include <string.h>

#include "base/err.h"
#include "base/heap.h"

#define VIDEO_BITRATE_BPS 2500000
#define MIN_ESTIMATE_BPS 100000
/* A second and a half of video at the default bitrate; as much of audio. */
#define VIDEO_CACHE_PACKETS 1024
#define VIDEO_CACHE_BYTES (512 * 1024)
#define AUDIO_CACHE_PACKETS 128
#define AUDIO_CACHE_BYTES (32 * 1024)

void urchin_receiver_init(struct urchin_receiver *receiver, const struct urchin_format *format, const char *rid,
			  uint32_t max_bitrate_bps)
{
	memset(receiver, 0, sizeof *receiver);
	urchin_recv_stats_init(&receiver->stats);
	urchin_nack_init(&receiver->nack);
	receiver->is_reported = true;
	urchin_receiver_update(receiver, format, rid, max_bitrate_bps);
	receiver->estimate_bps = receiver->max_bitrate_bps;
}

void urchin_receiver_clear(struct urchin_receiver *receiver)
{
	urchin_packet_cache_free(receiver->cache);
	memset(receiver, 0, sizeof *receiver);
}

void urchin_receiver_update(struct urchin_receiver *receiver, const struct urchin_format *format, const char *rid,
			    uint32_t max_bitrate_bps)
{
	size_t rid_len = strnlen(rid, URCHIN_RID_CAP - 1);
	/* Read with other ids, a kept packet would be resent in another form than it was sent in. */
	if (receiver->cache && memcmp(&receiver->format, format, sizeof *format) != 0)
		urchin_packet_cache_clear(receiver->cache);
	receiver->format = *format;
	memset(receiver->rid, 0, sizeof receiver->rid);
	memcpy(receiver->rid, rid, rid_len);
	if (max_bitrate_bps == 0 && format->kind == URCHIN_VIDEO)
		max_bitrate_bps = VIDEO_BITRATE_BPS;
	receiver->max_bitrate_bps = max_bitrate_bps;
	if (receiver->estimate_bps > max_bitrate_bps)
		receiver->estimate_bps = max_bitrate_bps;
}

/* Nothing of before may be asked for, resent or put in time with what comes now. */
static void begin_anew(struct urchin_receiver *receiver)
{
	receiver->epoch++;
	receiver->has_sr = false;
	urchin_nack_init(&receiver->nack);
	if (receiver->cache)
		urchin_packet_cache_clear(receiver->cache);
}

void urchin_receiver_set_ssrc(struct urchin_receiver *receiver, uint32_t ssrc)
{
	if (receiver->has_ssrc && receiver->ssrc == ssrc)
		return;
	receiver->has_ssrc = true;
	receiver->ssrc = ssrc;
	urchin_recv_stats_init(&receiver->stats);
	begin_anew(receiver);
}

void urchin_receiver_end_ssrc(struct urchin_receiver *receiver)
{
	receiver->has_ssrc = false;
	receiver->is_reported = true;
	receiver->has_sr = false;
	urchin_nack_init(&receiver->nack);
}

static bool make_cache(struct urchin_receiver *receiver)
{
	bool is_video = receiver->format.kind == URCHIN_VIDEO;
	if (!receiver->cache)
		receiver->cache = urchin_packet_cache_new(is_video ? VIDEO_CACHE_PACKETS : AUDIO_CACHE_PACKETS,
							  is_video ? VIDEO_CACHE_BYTES : AUDIO_CACHE_BYTES);
	return receiver->cache != NULL;
}

int urchin_receiver_feed(struct urchin_receiver *receiver, struct urchin_packet *packet, uint64_t now_us)
{
	struct urchin_cached_packet cached;

	if (!make_cache(receiver))
		return URCHIN_ENOMEM;
	enum urchin_recv_order order =
	    urchin_recv_stats_feed(&receiver->stats, packet->rtp.seq, packet->rtp.timestamp,
				   packet->codec->clock_rate_hz, packet->len, now_us, &packet->ext_seq);
	if (order == URCHIN_RECV_INVALID)
		return URCHIN_EMALFORMED;
	if (order == URCHIN_RECV_RESTART)
		begin_anew(receiver);
	packet->epoch = receiver->epoch;
	receiver->packets_received++;
	receiver->bytes_received += packet->len;
	receiver->last_packet_us = now_us;
	receiver->is_reported = false;
	receiver->payload_type = packet->rtp.payload_type;
	if (order == URCHIN_RECV_LATE && urchin_packet_cache_get(receiver->cache, packet->ext_seq, &cached)) {
		receiver->duplicate_packets++;
		return URCHIN_EREPLAY;
	}
	if (packet->codec->nack)
		urchin_nack_feed(&receiver->nack, packet->ext_seq, now_us);
	urchin_packet_cache_put(receiver->cache, packet->ext_seq, now_us, packet->bytes, packet->len);
	if (packet->rtp.payload_len == 0) {
		receiver->padding_packets++;
		return 0;
	}
	packet->is_keyframe = urchin_packet_begins_keyframe(packet);
	receiver->keyframes += packet->is_keyframe;
	return 0;
}

void urchin_receiver_feed_sr(struct urchin_receiver *receiver, uint64_t ntp, uint32_t rtp, uint64_t ntp_offset,
			     uint64_t now_us)
{
	urchin_recv_stats_feed_sr(&receiver->stats, ntp, now_us);
	receiver->has_sr = true;
	receiver->sr_ntp = ntp + ntp_offset;
	receiver->sr_rtp = rtp;
	receiver->sr_us = now_us;
}

/* Down by half the loss when it is above 10 % (as GCC's loss-based part does), up by 5 % a report when below 2 %. */
static void adapt_estimate(struct urchin_receiver *receiver)
{
	uint64_t estimate = receiver->estimate_bps;
	uint8_t lost = receiver->stats.fraction_lost;
	if (lost > 26)
		estimate -= estimate * lost / 512;
	else if (lost < 6)
		estimate += estimate / 20;
	if (estimate < MIN_ESTIMATE_BPS)
		estimate = MIN_ESTIMATE_BPS;
	if (estimate > receiver->max_bitrate_bps)
		estimate = receiver->max_bitrate_bps;
	receiver->estimate_bps = (uint32_t)estimate;
}

void urchin_receiver_report(struct urchin_receiver *receiver, uint64_t now_us, struct urchin_report_block *report)
{
	report->ssrc = receiver->ssrc;
	urchin_recv_stats_report(&receiver->stats, now_us, report);
	receiver->is_reported = true;
	adapt_estimate(receiver);
}

bool urchin_receiver_has_keyframes(const struct urchin_receiver *receiver)
{
	if (receiver->format.kind != URCHIN_VIDEO)
		return false;
	const struct urchin_format_codec *codec = urchin_receiver_codec(receiver);
	return !codec || codec->codec != URCHIN_CODEC_OTHER;
}

const struct urchin_format_codec *urchin_receiver_codec(const struct urchin_receiver *receiver)
{
	const struct urchin_format *format = &receiver->format;
	const struct urchin_format_codec *codec = NULL;
	if (receiver->cache)
		codec = urchin_format_find_codec(format, receiver->payload_type);
	return codec || format->codec_count == 0 ? codec : &format->codecs[0];
}

bool urchin_receiver_wants_remb(const struct urchin_receiver *receiver)
{
	const struct urchin_format *format = &receiver->format;
	bool has_remb = false;

	if (format->kind != URCHIN_VIDEO || !receiver->has_ssrc)
		return false;
	for (size_t i = 0; i < format->codec_count; i++) {
		if (format->codecs[i].transport_cc && format->ext_ids[URCHIN_EXT_TRANSPORT_CC])
			return false;
		has_remb |= format->codecs[i].remb;
	}
	return has_remb;
}
