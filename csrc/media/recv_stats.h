/*
 * What RFC 3550 lets a receiver know about one stream: which sequence numbers are valid (A.1),
 * how many packets were lost (A.3), and how unevenly they arrive (A.8).
 */
#ifndef URCHIN_MEDIA_RECV_STATS_H
#define URCHIN_MEDIA_RECV_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/rtcp.h"

struct urchin_recv_stats {
	bool is_started;
	uint64_t first_ext_seq; /* extended numbers start at 65536, so that a packet before the first one fits */
	uint64_t max_ext_seq;
	uint32_t bad_seq; /* the number that would confirm a restart; > 65535: none */
	uint64_t packets;
	uint64_t bytes;   /* of whole RTP packets */
	uint64_t invalid; /* packets refused as too far off */
	uint64_t late;    /* packets that came after a newer one */
	uint64_t reported_expected;
	uint64_t reported_packets;
	uint8_t fraction_lost; /* of the last report, 1/256 */

	bool has_transit;
	uint32_t last_transit_rtp;
	uint32_t jitter_q4; /* RTP units, times 16 */
	uint32_t clock_rate_hz;

	uint32_t last_sr_mid_ntp; /* 0: none yet */
	uint64_t last_sr_us;
};

enum urchin_recv_order {
	URCHIN_RECV_INVALID, /* far outside of what is plausible: drop it */
	URCHIN_RECV_NEWEST,
	URCHIN_RECV_LATE,    /* older than the newest */
	URCHIN_RECV_RESTART, /* the source began anew: nothing known before counts */
};

void urchin_recv_stats_init(struct urchin_recv_stats *stats);

/* Takes one packet; *ext_seq gets its extended number unless it is INVALID. clock_rate_hz 0: no jitter. */
enum urchin_recv_order urchin_recv_stats_feed(struct urchin_recv_stats *stats, uint16_t seq, uint32_t timestamp_rtp,
					      uint32_t clock_rate_hz, size_t len, uint64_t now_us, uint64_t *ext_seq);

/* Remembers that a sender report came, for LSR and DLSR. */
void urchin_recv_stats_feed_sr(struct urchin_recv_stats *stats, uint64_t ntp, uint64_t now_us);

/* Packets that should have come and did not; negative when duplicates outnumber the losses. */
int64_t urchin_recv_stats_lost(const struct urchin_recv_stats *stats);

/* Fills everything of the block but its SSRC, and begins the next interval. */
void urchin_recv_stats_report(struct urchin_recv_stats *stats, uint64_t now_us, struct urchin_report_block *report);

#endif
