/*
 * One RTP stream that comes in: its statistics, what is missing of it, its recent packets and
 * its clock. Knows neither who forwards it nor how packets arrive.
 */
#ifndef URCHIN_MEDIA_RECEIVER_H
#define URCHIN_MEDIA_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/format.h"
#include "media/nack.h"
#include "media/packet.h"
#include "media/packet_cache.h"
#include "media/recv_stats.h"

/* Cleared by urchin_receiver_clear(); read freely, changed by its own functions only. */
struct urchin_receiver {
	struct urchin_format format;
	char rid[URCHIN_RID_CAP];
	uint32_t max_bitrate_bps;
	uint32_t estimate_bps; /* what REMB tells */

	bool has_ssrc;
	uint32_t ssrc;
	uint32_t epoch; /* +1 whenever numbers and timestamps begin anew */
	struct urchin_recv_stats stats;
	struct urchin_nack nack;
	struct urchin_packet_cache *cache; /* NULL before the first packet */
	uint64_t last_packet_us;
	uint8_t payload_type; /* of the last packet */
	bool is_reported;     /* nothing came since the last report */

	/* The publisher's clock: at sr_us its time was sr_ntp (moved to ours) and the stream's sr_rtp. */
	bool has_sr;
	uint64_t sr_ntp;
	uint32_t sr_rtp;
	uint64_t sr_us;

	uint8_t fir_seq;
	uint64_t packets_received; /* over all SSRCs */
	uint64_t bytes_received;
	uint64_t keyframes;
	uint64_t padding_packets;
	uint64_t duplicate_packets;
	uint64_t nacks_sent;
	uint64_t plis_sent;
	uint64_t firs_sent;
};

/* max_bitrate_bps 0: 2.5 Mbit/s for video, none for audio. */
void urchin_receiver_init(struct urchin_receiver *receiver, const struct urchin_format *format, const char *rid,
			  uint32_t max_bitrate_bps);
void urchin_receiver_clear(struct urchin_receiver *receiver);

/* What a renegotiation changed; the stream goes on. */
void urchin_receiver_update(struct urchin_receiver *receiver, const struct urchin_format *format, const char *rid,
			    uint32_t max_bitrate_bps);

/* The stream comes with this SSRC from now on. */
void urchin_receiver_set_ssrc(struct urchin_receiver *receiver, uint32_t ssrc);
/* Its SSRC said BYE. */
void urchin_receiver_end_ssrc(struct urchin_receiver *receiver);

/*
 * Takes a packet read with this receiver's format and fills in ext_seq, epoch and is_keyframe. Returns 0 when senders
 * may have it (padding only too: payload_len 0), URCHIN_EMALFORMED (implausible number), URCHIN_EREPLAY (came before)
 * or URCHIN_ENOMEM.
 */
int urchin_receiver_feed(struct urchin_receiver *receiver, struct urchin_packet *packet, uint64_t now_us);

/* ntp_offset moves the publisher's clock to ours; the same for all receivers of a connection. */
void urchin_receiver_feed_sr(struct urchin_receiver *receiver, uint64_t ntp, uint32_t rtp, uint64_t ntp_offset,
			     uint64_t now_us);

/* Fills the report block and lowers or raises the estimate by the loss it tells. */
void urchin_receiver_report(struct urchin_receiver *receiver, uint64_t now_us, struct urchin_report_block *report);

/* True when waiting for a key frame makes sense. */
bool urchin_receiver_has_keyframes(const struct urchin_receiver *receiver);

/* True when the peer was promised REMB, and nothing better. */
bool urchin_receiver_wants_remb(const struct urchin_receiver *receiver);

/* The codec of the last packet, before it the first one negotiated; NULL when there is none. */
const struct urchin_format_codec *urchin_receiver_codec(const struct urchin_receiver *receiver);

#endif
