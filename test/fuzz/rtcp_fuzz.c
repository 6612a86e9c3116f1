/* Any bytes as a compound RTCP packet: every reader stays inside, and what is written again reads the same. */
#include <stdlib.h>
#include <string.h>

#include "wire/rtcp.h"
#include "wire/rtcp_fb.h"
#include "wire/twcc.h"

static void check(int holds)
{
	if (!holds)
		abort();
}

static void read_reports(const struct urchin_rtcp *rtcp)
{
	struct urchin_report_block block, again;
	struct urchin_sender_info info;
	struct urchin_rtcp written;
	uint8_t out[100];
	uint32_t ssrc;
	urchin_rtcp_read_sr(rtcp, &ssrc, &info);
	urchin_rtcp_read_rr(rtcp, &ssrc);
	for (size_t i = 0; urchin_rtcp_read_block(rtcp, i, &block) == 0; i++) {
		size_t at = 0;
		int len = urchin_rtcp_write_rr(out, sizeof(out), 1, &block, 1);
		check(len > 0 && urchin_rtcp_next(out, (size_t)len, &at, &written));
		check(urchin_rtcp_read_block(&written, 0, &again) == 0);
		check(again.cumulative_lost == block.cumulative_lost && again.highest_seq == block.highest_seq);
	}
	for (size_t i = 0; urchin_rtcp_read_bye(rtcp, i, &ssrc) == 0; i++)
		;
	for (size_t i = 0; i < rtcp->count; i++) {
		const char *cname = NULL;
		volatile char sum = 0;
		int len = urchin_rtcp_read_cname(rtcp, i, &ssrc, &cname);
		for (int k = 0; k < len; k++)
			sum = (char)(sum + cname[k]);
	}
}

static void read_feedback(const struct urchin_rtcp *rtcp)
{
	uint32_t sender, media;
	uint16_t seq;
	uint8_t command_seq;
	struct urchin_remb remb;
	size_t at = 0;
	urchin_rtcp_fb_read(rtcp, &sender, &media);
	size_t nacks = 0;
	while (urchin_nack_next(rtcp, &at, &seq))
		nacks++;
	check(nacks <= rtcp->body_len / 4 * 17);
	for (size_t i = 0; urchin_fir_read(rtcp, i, &media, &command_seq) == 0; i++)
		;
	if (urchin_remb_read(rtcp, &remb) == 0 && remb.ssrc_count)
		check(remb.ssrcs + 4 * remb.ssrc_count <= rtcp->body + rtcp->body_len);
}

static void read_twcc(const struct urchin_rtcp *rtcp)
{
	static uint64_t arrival_us[URCHIN_TWCC_PACKETS_MAX];
	uint8_t out[8192];
	struct urchin_twcc twcc;
	size_t used;
	if (urchin_twcc_read(rtcp, &twcc, arrival_us, URCHIN_TWCC_PACKETS_MAX) || twcc.count == 0)
		return;
	int len = urchin_twcc_write(out, sizeof(out), 1, 2, 3, twcc.base_seq, arrival_us, twcc.count, &used);
	if (len < 0)
		return;
	struct urchin_rtcp written;
	size_t at = 0;
	check(used <= twcc.count && urchin_rtcp_next(out, (size_t)len, &at, &written));
	check(urchin_twcc_read(&written, &twcc, arrival_us, URCHIN_TWCC_PACKETS_MAX) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct urchin_rtcp rtcp;
	size_t at = 0;
	while (urchin_rtcp_next(bytes, len, &at, &rtcp)) {
		read_reports(&rtcp);
		read_feedback(&rtcp);
		read_twcc(&rtcp);
	}
	check(at <= len);
	return 0;
}
