/*
 * One RTP stream that goes out: rewrites a receiver's packets to what this viewer negotiated, keeps
 * numbers and timestamps continuous over changes of the source, and answers the viewer's feedback.
 */
#ifndef URCHIN_MEDIA_SENDER_H
#define URCHIN_MEDIA_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefetch.h"
#include "media/format.h"
#include "media/packet.h"
#include "media/seq_map.h"
#include "wire/rtcp.h"

struct urchin_receiver;

#define URCHIN_SENDER_SENT_REPORTS 8
#define URCHIN_SENDER_RESENDS 256
#define URCHIN_NOT_MAPPED 255
#define URCHIN_SENDER_HEADER_CAP URCHIN_PACKET_CAP

struct urchin_sender_sent_report {
	uint32_t mid_ntp;
	uint64_t sent_us;
};

struct urchin_sender_resend {
	uint16_t seq;
	uint64_t sent_us; /* 0: never */
};

/*
 * Owns what urchin_sender_clear() frees. Read freely; changed by its own functions and, is_paused and is_shed, by the
 * router. What every packet needs stands first: with many viewers, each comes to a cold cache
 * (urchin_sender_prefetch()).
 */
struct urchin_sender {
	struct urchin_receiver *source; /* NULL: none */
	uint32_t source_epoch;
	uint32_t ssrc;
	bool is_paused;
	bool is_shed;       /* it is paused because the worker has too much to do */
	bool needs_begin;   /* the next packet sent is the first one after a gap */
	bool is_new_source; /* ... and has nothing to do with those before */
	bool has_timestamp_offset;
	bool has_sent;
	bool is_reported;            /* nothing went out since the last report */
	uint8_t payload_type;        /* ours */
	uint32_t timestamp_offset;   /* ours minus the source's */
	uint32_t last_timestamp_rtp; /* ours */
	uint32_t clock_rate_hz;
	uint64_t last_sent_us;
	uint64_t packets_sent;
	uint64_t bytes_sent;
	uint64_t payload_bytes_sent;
	uint64_t resend_budget; /* bytes */
	struct urchin_seq_map seq_map;
	uint8_t payload_map[128];
	struct urchin_format format;

	char cname[URCHIN_CNAME_CAP];
	struct urchin_sender_sent_report sent_reports[URCHIN_SENDER_SENT_REPORTS];
	size_t next_sent_report;
	bool has_rtt;
	uint64_t rtt_us;
	uint8_t fraction_lost; /* 1/256, what the viewer said last */
	int32_t cumulative_lost;
	uint32_t jitter_rtp;

	struct urchin_sender_resend *resends; /* URCHIN_SENDER_RESENDS of them; NULL before the first */
	uint64_t resend_from;                 /* outgoing numbers below it had another form */
	bool has_fir_seq;
	uint8_t fir_seq;

	uint64_t resent_packets;
	uint64_t resent_bytes;
	uint64_t nacks_received; /* feedback messages */
	uint64_t plis_received;
	uint64_t firs_received;
	uint64_t remb_bps;
	uint64_t unmapped_packets;
	uint64_t oversized_packets;
	uint64_t stale_packets; /* older than anything that can still be placed */
	uint64_t resends_refused;
	uint64_t shed_packets;
};

/* first_seq and first_timestamp_rtp are random (RFC 3550 5.1). */
void urchin_sender_init(struct urchin_sender *sender, const struct urchin_format *format, uint32_t ssrc,
			const char *cname, uint16_t first_seq, uint32_t first_timestamp_rtp);

void urchin_sender_clear(struct urchin_sender *sender);

/* What a renegotiation changed; the stream goes on. */
void urchin_sender_update(struct urchin_sender *sender, const struct urchin_format *format, uint32_t ssrc,
			  const char *cname);

/* The receiver to forward, which must outlive that; NULL: none. */
void urchin_sender_set_source(struct urchin_sender *sender, struct urchin_receiver *source);
/* map[the source's payload type] is the viewer's, or URCHIN_NOT_MAPPED; at first nothing is mapped. */
void urchin_sender_set_payload_map(struct urchin_sender *sender, const uint8_t map[128]);

/* Packets will be missing from here on: go on at the next key frame (audio: at the next packet). */
void urchin_sender_interrupt(struct urchin_sender *sender);

/* True when nothing can go out before the source's next key frame. */
bool urchin_sender_needs_keyframe(const struct urchin_sender *sender);

/*
 * Writes the header of the viewer's form of a packet; the body stays where it is: the packet's payload, behind which
 * its padding_len bytes of padding stand. Returns the length of both, 0 when it isn't forwarded, or URCHIN_ETOOBIG
 * (over URCHIN_PACKET_CAP).
 */
int urchin_sender_write(struct urchin_sender *sender, const struct urchin_packet *packet, uint64_t now_us,
			uint8_t header[URCHIN_SENDER_HEADER_CAP], struct urchin_rtp_parts *parts);

/* Brings what the next write reads into the cache. */
static inline void urchin_sender_prefetch(const struct urchin_sender *sender)
{
	urchin_prefetch(sender, offsetof(struct urchin_sender, seq_map.ranges[1]));
	urchin_prefetch(sender->payload_map, sizeof sender->payload_map);
	urchin_prefetch(&sender->format, offsetof(struct urchin_format, codecs));
}

/* The viewer misses out_seq: the same once more, or 0: too old, just resent, or too much has been resent. */
int urchin_sender_resend(struct urchin_sender *sender, uint16_t out_seq, uint64_t now_us,
			 uint8_t out[URCHIN_SENDER_HEADER_CAP + URCHIN_PACKET_CAP]);

/* Takes the viewer's report block about this stream. */
void urchin_sender_feed_report(struct urchin_sender *sender, const struct urchin_report_block *report, uint64_t now_us);

/* Takes the number of a FIR about this stream; false when it is a repetition (RFC 5104 4.3.1.2). */
bool urchin_sender_feed_fir(struct urchin_sender *sender, uint8_t fir_seq);

/*
 * Says what ntp and rtp a sender report has at now_us, and remembers it for the round trip. False: nothing was sent
 * yet, or the source's clock isn't known.
 */
bool urchin_sender_report(struct urchin_sender *sender, uint64_t now_us, uint64_t *ntp, uint32_t *rtp);

#endif
