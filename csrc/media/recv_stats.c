/* Reception statistics of one stream, after RFC 3550 appendix A. */
#include "media/recv_stats.h"

#include <string.h>

#include "base/seq.h"

/*
 * RFC 3550 A.1, whose 100 for the second would take what comes late on request (RFC 4585 6.2.1) for a new beginning:
 * it reaches as far back as SRTP lets packets through.
 */
enum { MAX_DROPOUT = 3000, MAX_MISORDER = 1024, NO_BAD_SEQ = 1 << 16 };

void urchin_recv_stats_init(struct urchin_recv_stats *stats)
{
	memset(stats, 0, sizeof *stats);
	stats->bad_seq = NO_BAD_SEQ;
}

static void start(struct urchin_recv_stats *stats, uint16_t seq)
{
	stats->is_started = true;
	stats->first_ext_seq = (uint64_t)UINT16_MAX + 1 + seq;
	stats->max_ext_seq = stats->first_ext_seq;
	stats->bad_seq = NO_BAD_SEQ;
	stats->packets = 0;
	stats->reported_expected = 0;
	stats->reported_packets = 0;
	stats->has_transit = false;
	stats->jitter_q4 = 0;
}

/* RFC 3550 A.8; late packets would count the way round the loss, so only the newest do. */
static void feed_jitter(struct urchin_recv_stats *stats, uint32_t timestamp_rtp, uint32_t clock_rate_hz,
			uint64_t now_us)
{
	if (clock_rate_hz != stats->clock_rate_hz) {
		stats->clock_rate_hz = clock_rate_hz;
		stats->has_transit = false;
		stats->jitter_q4 = 0;
	}
	if (clock_rate_hz == 0)
		return;
	uint64_t arrival = now_us / 1000000 * clock_rate_hz + now_us % 1000000 * clock_rate_hz / 1000000;
	uint32_t transit = (uint32_t)arrival - timestamp_rtp;
	if (stats->has_transit) {
		int64_t d = urchin_rtp_time_diff(transit, stats->last_transit_rtp);
		int64_t jitter = (int64_t)stats->jitter_q4 + (d < 0 ? -d : d) - ((stats->jitter_q4 + 8) >> 4);
		stats->jitter_q4 = jitter > UINT32_MAX ? UINT32_MAX : (uint32_t)jitter;
	}
	stats->last_transit_rtp = transit;
	stats->has_transit = true;
}

/* RFC 3550 A.1, without its probation: the packet is authenticated. */
static enum urchin_recv_order order_of(struct urchin_recv_stats *stats, uint16_t seq)
{
	if (!stats->is_started) {
		start(stats, seq);
		return URCHIN_RECV_NEWEST;
	}
	int diff = urchin_seq_diff(seq, (uint16_t)stats->max_ext_seq);
	if (diff > 0 && diff < MAX_DROPOUT) {
		stats->max_ext_seq += (uint64_t)diff;
		stats->bad_seq = NO_BAD_SEQ;
		return URCHIN_RECV_NEWEST;
	}
	if (diff <= 0 && diff > -MAX_MISORDER)
		return URCHIN_RECV_LATE;
	if (seq == stats->bad_seq) {
		start(stats, seq);
		return URCHIN_RECV_RESTART;
	}
	stats->bad_seq = (uint16_t)(seq + 1);
	return URCHIN_RECV_INVALID;
}

enum urchin_recv_order urchin_recv_stats_feed(struct urchin_recv_stats *stats, uint16_t seq, uint32_t timestamp_rtp,
					      uint32_t clock_rate_hz, size_t len, uint64_t now_us, uint64_t *ext_seq)
{
	enum urchin_recv_order order = order_of(stats, seq);
	if (order == URCHIN_RECV_INVALID) {
		stats->invalid++;
		return order;
	}
	stats->packets++;
	stats->bytes += len;
	if (order == URCHIN_RECV_LATE)
		stats->late++;
	else
		feed_jitter(stats, timestamp_rtp, clock_rate_hz, now_us);
	*ext_seq = urchin_seq_extend(stats->max_ext_seq, seq);
	return order;
}

void urchin_recv_stats_feed_sr(struct urchin_recv_stats *stats, uint64_t ntp, uint64_t now_us)
{
	stats->last_sr_mid_ntp = (uint32_t)(ntp >> 16);
	stats->last_sr_us = now_us;
}

static uint64_t expected_count(const struct urchin_recv_stats *stats)
{
	return stats->is_started ? stats->max_ext_seq - stats->first_ext_seq + 1 : 0;
}

int64_t urchin_recv_stats_lost(const struct urchin_recv_stats *stats)
{
	return (int64_t)expected_count(stats) - (int64_t)stats->packets;
}

/* RFC 3550 A.3: the part lost since the last report; duplicates never make it negative. */
static uint8_t fraction_lost(struct urchin_recv_stats *stats)
{
	uint64_t expected = expected_count(stats) - stats->reported_expected;
	uint64_t received = stats->packets - stats->reported_packets;
	stats->reported_expected += expected;
	stats->reported_packets += received;
	if (expected == 0 || received >= expected)
		return 0;
	uint64_t fraction = ((expected - received) << 8) / expected;
	return fraction > UINT8_MAX ? UINT8_MAX : (uint8_t)fraction;
}

void urchin_recv_stats_report(struct urchin_recv_stats *stats, uint64_t now_us, struct urchin_report_block *report)
{
	int64_t lost = urchin_recv_stats_lost(stats);
	/* RFC 3550 A.3: 24 bits, signed */
	if (lost > 0x7fffff)
		lost = 0x7fffff;
	if (lost < -0x800000)
		lost = -0x800000;
	stats->fraction_lost = fraction_lost(stats);
	report->fraction_lost = stats->fraction_lost;
	report->cumulative_lost = (int32_t)lost;
	report->highest_seq = (uint32_t)(stats->max_ext_seq - UINT16_MAX - 1);
	report->jitter_rtp = stats->jitter_q4 >> 4;
	report->last_sr_ntp = stats->last_sr_mid_ntp;
	uint64_t delay_us = now_us - stats->last_sr_us;
	report->delay_since_sr = stats->last_sr_mid_ntp == 0 ? 0 : (uint32_t)(delay_us * 65536 / 1000000);
}
