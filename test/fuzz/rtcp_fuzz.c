/* Any bytes as a compound RTCP packet: every reader stays inside, and what is written again reads the same. */
#include <string.h>

#include "check.h"
#include "wire/rtcp.h"
#include "wire/rtcp_fb.h"
#include "wire/twcc.h"

static uint8_t out[1 << 18];

static struct urchin_rtcp read_back(int len)
{
	struct urchin_rtcp rtcp;
	size_t at = 0;
	CHECK(len > 0 && len % 4 == 0);
	CHECK(urchin_rtcp_next(out, (size_t)len, &at, &rtcp) && at == (size_t)len);
	return rtcp;
}

static void check_report(const struct urchin_rtcp *rtcp)
{
	struct urchin_report_block blocks[URCHIN_RTCP_BLOCKS_MAX + 1];
	struct urchin_sender_info info;
	uint32_t ssrc;
	bool is_sr = urchin_rtcp_read_sr(rtcp, &ssrc, &info) == 0;
	if (!is_sr && urchin_rtcp_read_rr(rtcp, &ssrc))
		return;
	/* The report is whole, so each block that it counts is there. */
	for (size_t i = 0; i < rtcp->count; i++)
		CHECK(urchin_rtcp_read_block(rtcp, i, &blocks[i]) == 0);
	CHECK(urchin_rtcp_read_block(rtcp, rtcp->count, &blocks[rtcp->count]) != 0);
	int len = is_sr ? urchin_rtcp_write_sr(out, sizeof(out), ssrc, &info, blocks, rtcp->count)
			: urchin_rtcp_write_rr(out, sizeof(out), ssrc, blocks, rtcp->count);
	struct urchin_rtcp again = read_back(len);
	CHECK(again.type == rtcp->type && again.count == rtcp->count && again.body_len <= rtcp->body_len);
	CHECK(memcmp(again.body, rtcp->body, again.body_len) == 0);
}

/* Copies text out of a packet; false when a writer, which takes strings, can't write it. */
static void check_bye(const struct urchin_rtcp *rtcp)
{
	uint32_t ssrcs[URCHIN_RTCP_BLOCKS_MAX];
	size_t count = 0;
	while (count < URCHIN_RTCP_BLOCKS_MAX && urchin_rtcp_read_bye(rtcp, count, &ssrcs[count]) == 0)
		count++;
	if (count == 0)
		return;
	struct urchin_rtcp again = read_back(urchin_rtcp_write_bye(out, sizeof(out), ssrcs, count));
	CHECK(again.count == count && memcmp(again.body, rtcp->body, 4 * count) == 0);
}

/* Entries may overlap and come in any order: the same numbers are asked for, whatever the packing. */
static void check_nack(const struct urchin_rtcp *rtcp)
{
	static uint16_t seqs[1 << 18];
	static uint8_t asked[65536];
	const size_t seqs_max = sizeof(seqs) / sizeof(seqs[0]);
	size_t count = 0, at = 0, used;
	uint16_t seq;
	while (count < seqs_max && urchin_nack_next(rtcp, &at, &seqs[count]))
		count++;
	CHECK(count <= rtcp->body_len / 4 * 17);
	if (count == 0)
		return;
	struct urchin_rtcp again = read_back(urchin_nack_write(out, sizeof(out), 1, 2, seqs, count, &used));
	CHECK(used == count);
	for (size_t i = 0; i < count; i++)
		asked[seqs[i]] = 1;
	for (at = 0; urchin_nack_next(&again, &at, &seq);) {
		CHECK(asked[seq]);
		asked[seq] = 2;
	}
	for (size_t i = 0; i < count; i++)
		CHECK(asked[seqs[i]] == 2);
	for (size_t i = 0; i < count; i++)
		asked[seqs[i]] = 0;
}

static void check_feedback(const struct urchin_rtcp *rtcp)
{
	uint32_t sender, media, ssrcs[255];
	uint8_t command_seq, seq_again;
	struct urchin_remb remb, remb_again;
	bool is_feedback = urchin_rtcp_fb_read(rtcp, &sender, &media) == 0;
	for (size_t i = 0; urchin_fir_read(rtcp, i, &media, &command_seq) == 0; i++) {
		CHECK(is_feedback);
		struct urchin_rtcp again = read_back(urchin_fir_write(out, sizeof(out), sender, media, command_seq));
		uint32_t media_again;
		CHECK(urchin_fir_read(&again, 0, &media_again, &seq_again) == 0);
		CHECK(media_again == media && seq_again == command_seq);
	}
	if (urchin_remb_read(rtcp, &remb))
		return;
	CHECK(is_feedback && remb.ssrcs + 4 * remb.ssrc_count <= rtcp->body + rtcp->body_len);
	memset(ssrcs, 0x5a, sizeof(ssrcs));
	struct urchin_rtcp again =
	    read_back(urchin_remb_write(out, sizeof(out), sender, remb.bitrate_bps, ssrcs, remb.ssrc_count));
	CHECK(urchin_remb_read(&again, &remb_again) == 0 && remb_again.ssrc_count == remb.ssrc_count);
	/* 18 bits of mantissa are read and written, so only "more than there is" is rounded. */
	CHECK(remb_again.bitrate_bps == remb.bitrate_bps || remb.bitrate_bps == UINT64_MAX);
}

static void check_twcc(const struct urchin_rtcp *rtcp)
{
	static uint64_t arrival_us[URCHIN_TWCC_PACKETS_MAX], times_again[URCHIN_TWCC_PACKETS_MAX];
	struct urchin_twcc twcc, twcc_again;
	size_t used;
	if (urchin_twcc_read(rtcp, &twcc, arrival_us, URCHIN_TWCC_PACKETS_MAX))
		return;
	size_t arrived_end = twcc.count;
	while (arrived_end > 0 && arrival_us[arrived_end - 1] == URCHIN_TWCC_LOST)
		arrived_end--;
	if (arrived_end == 0)
		return;
	struct urchin_rtcp again = read_back(urchin_twcc_write(out, sizeof(out), 1, 2, twcc.feedback_count,
							       twcc.base_seq, arrival_us, twcc.count, &used));
	CHECK(used == arrived_end);
	CHECK(urchin_twcc_read(&again, &twcc_again, times_again, URCHIN_TWCC_PACKETS_MAX) == 0);
	CHECK(twcc_again.base_seq == twcc.base_seq && twcc_again.feedback_count == twcc.feedback_count);
	CHECK(twcc_again.count == used);
	for (size_t i = 0; i < used; i++) {
		bool is_lost = arrival_us[i] == URCHIN_TWCC_LOST;
		CHECK(is_lost == (times_again[i] == URCHIN_TWCC_LOST));
		CHECK(is_lost || (arrival_us[i] + URCHIN_TWCC_TURN_US - times_again[i]) % URCHIN_TWCC_TURN_US == 0);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len)
{
	struct urchin_rtcp rtcp;
	size_t at = 0;
	while (urchin_rtcp_next(bytes, len, &at, &rtcp)) {
		CHECK(at <= len && rtcp.body >= bytes + 4 && rtcp.body + rtcp.body_len <= bytes + at);
		check_report(&rtcp);
		check_bye(&rtcp);
		check_nack(&rtcp);
		check_feedback(&rtcp);
		check_twcc(&rtcp);
	}
	return 0;
}
