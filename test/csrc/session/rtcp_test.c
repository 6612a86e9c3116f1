/* Reports, feedback and recovery, towards publishers and viewers. */
#include "session/call.h"

#define VIDEO_SSRC 0x11111111u
#define AUDIO_SSRC 0x33333333u
#define VIEW_SSRC 0x22222222u
#define HEAR_SSRC 0x44444444u

/* Loses datagrams from one end of a link by their number: RTP only. */
struct loss {
	int from;
	size_t count;
	size_t every; /* loses each n-th */
	size_t limit; /* none after so many */
};

static struct fake_ice_fate lose(void *owner, int from, const uint8_t *bytes, size_t len)
{
	struct loss *loss = owner;
	struct fake_ice_fate fate = {.copies = 1};
	bool is_rtp = len > 12 && bytes[0] >> 6 == 2 && (bytes[1] < 192 || bytes[1] > 223);
	if (from == loss->from && is_rtp && loss->count < loss->limit)
		fate.copies = ++loss->count % loss->every != 0;
	return fate;
}

static struct source video_of(struct peer *publisher)
{
	return (struct source){.peer = publisher,
			       .ssrc = VIDEO_SSRC,
			       .payload_type = 96,
			       .seq = 65500,
			       .timestamp = 1000,
			       .clock_rate_hz = 90000};
}

static void lost_from_the_publisher_is_asked_for(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct source video = video_of(publisher);
	struct loss loss = {.from = 1, .every = 4, .limit = 40};
	uint8_t asked[65536 / 8] = {0};
	size_t count = 0;

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	fake_ice_set_filter(publisher->link, lose, &loss);
	source_send(&video, true);
	source_run(&video, 99, 5);
	call_run(call, 100);
	for (size_t i = 0; i < publisher->rtcp_count; i++) {
		struct urchin_rtcp rtcp;
		size_t at = 0;
		while (urchin_rtcp_next(publisher->rtcp[i].bytes, publisher->rtcp[i].len, &at, &rtcp)) {
			uint16_t seq;
			size_t nack_at = 0;
			if (rtcp.type != URCHIN_RTCP_RTPFB || rtcp.count != URCHIN_RTPFB_NACK)
				continue;
			while (urchin_nack_next(&rtcp, &nack_at, &seq)) {
				assert_int_equal((uint16_t)(seq - 65500) % 4, 3);
				count += !(asked[seq / 8] & 1 << seq % 8);
				asked[seq / 8] |= (uint8_t)(1 << seq % 8);
			}
		}
	}
	assert_int_equal(count, 10);
	call_free(call);
}

static void lost_to_the_viewer_is_resent(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct loss loss = {.from = 0, .every = 5, .limit = 50};
	uint16_t missing[100];
	size_t missing_count = 0;

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	fake_ice_set_filter(viewer->link, lose, &loss);
	source_send(&video, true);
	source_run(&video, 59, 5);
	assert_int_equal(viewer->rtp_count, 50);
	for (size_t i = 1; i < viewer->rtp_count; i++) {
		uint16_t seq = read_rtp(viewer, i - 1).seq;
		while (++seq != read_rtp(viewer, i).seq)
			missing[missing_count++] = seq;
	}
	assert_int_equal(missing_count, 10);
	send_nack(viewer, VIEW_SSRC, missing, missing_count);
	send_nack(viewer, VIEW_SSRC, missing, missing_count); /* at once again: within a round trip */
	call_run(call, 5);
	assert_int_equal(viewer->rtp_count, 60);
	for (size_t i = 0; i < 10; i++) {
		struct urchin_rtp rtp = read_rtp(viewer, 50 + i);
		uint16_t number = (uint16_t)(rtp.seq - read_rtp(viewer, 0).seq);
		assert_int_equal(rtp.seq, missing[i]);
		assert_int_equal(rtp.ssrc, VIEW_SSRC);
		assert_int_equal(rtp.payload_type, 120);
		assert_int_equal(rtp.payload[51], number);
		if (number > 0) /* the first two have the same timestamp */
			assert_int_equal(rtp.timestamp - read_rtp(viewer, 0).timestamp, (number - 1) * 450);
	}
	assert_int_equal(stat_of(viewer, URCHIN_STAT_SENDER, 2, "retransmittedPacketsSent"), 10);
	assert_int_equal(stat_of(viewer, URCHIN_STAT_SENDER, 2, "nackCount"), 2);
	/* a round trip later it may have been lost again */
	call_run(call, 100);
	send_nack(viewer, VIEW_SSRC, missing, 1);
	call_run(call, 5);
	assert_int_equal(stat_of(viewer, URCHIN_STAT_SENDER, 2, "retransmittedPacketsSent"), 11);
	call_free(call);
}

static void resending_is_bounded(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	uint16_t seqs[200];

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	source_send(&video, true);
	source_run(&video, 199, 1);
	for (uint16_t i = 0; i < 200; i++)
		seqs[i] = (uint16_t)(read_rtp(viewer, 0).seq + i);
	for (int i = 0; i < 10; i++) {
		send_nack(viewer, VIEW_SSRC, seqs, 200);
		call_run(call, 100);
	}
	size_t resent = (size_t)stat_of(viewer, URCHIN_STAT_SENDER, 2, "retransmittedPacketsSent");
	/* R6: what was sent once more, and the 32 KB to begin with */
	assert_in_range(resent, 200, 200 + 32768 / 120 + 1);
	assert_true(stat_of(viewer, URCHIN_STAT_SENDER, 2, "retransmissionsRefused") > 0);
	call_free(call);
}

/* When a sender report says that a timestamp was captured, in ms of its NTP clock. */
static double capture_ms(uint64_t ntp, uint32_t sr_rtp, uint32_t timestamp, double clock_rate_hz)
{
	double ntp_ms = (double)(ntp >> 32) * 1000 + (double)(ntp & 0xffffffff) * 1000 / 4294967296.0;
	return ntp_ms + (int32_t)(timestamp - sr_rtp) * 1000.0 / clock_rate_hz;
}

static bool last_sr(const struct peer *peer, uint32_t wanted, struct urchin_sender_info *info)
{
	bool is_found = false;
	for (size_t i = 0; i < peer->rtcp_count; i++) {
		struct urchin_rtcp rtcp;
		size_t at = 0;
		while (urchin_rtcp_next(peer->rtcp[i].bytes, peer->rtcp[i].len, &at, &rtcp)) {
			struct urchin_sender_info read;
			uint32_t ssrc;
			if (rtcp.type != URCHIN_RTCP_SR || urchin_rtcp_read_sr(&rtcp, &ssrc, &read) < 0 ||
			    ssrc != wanted)
				continue;
			*info = read;
			is_found = true;
		}
	}
	return is_found;
}

static void lips_stay_in_sync(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct source audio = {.peer = publisher,
			       .ssrc = AUDIO_SSRC,
			       .payload_type = 111,
			       .timestamp = 0xffffff00,
			       .clock_rate_hz = 48000};
	uint64_t ntp = UINT64_C(0xe9000000) << 32;
	struct urchin_sender_info sr;

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_receiver(publisher, 2, audio_format(111, "a", 3), AUDIO_SSRC);
	add_sender(viewer, 3, video_format(120, "0", 5), VIEW_SSRC);
	add_sender(viewer, 4, audio_format(109, "1", 5), HEAR_SSRC);
	link_streams(call, 3, 1, 96, 120);
	link_streams(call, 4, 2, 111, 109);
	source_send(&video, true);
	source_send(&audio, false);
	call_run(call, 20);
	/* Of these first two packets the video was captured 250 ms before the audio. */
	send_sr(publisher, VIDEO_SSRC, ntp, 1000);
	call_run(call, 70); /* the two reports don't take the same time */
	send_sr(publisher, AUDIO_SSRC, ntp + (UINT64_C(1) << 32), 0xffffff00 + 36000);
	call_run(call, 20);
	for (int i = 0; i < 80; i++) {
		source_send(&audio, false);
		audio.timestamp += 960;
		source_run(&video, 1, 50);
	}
	assert_true(last_sr(viewer, VIEW_SSRC, &sr));
	uint32_t first_video = 0;
	uint32_t first_audio = 0;
	for (size_t i = viewer->rtp_count; i > 0; i--) {
		struct urchin_rtp rtp = read_rtp(viewer, i - 1);
		*(rtp.ssrc == VIEW_SSRC ? &first_video : &first_audio) = rtp.timestamp;
	}
	assert_int_equal(sr.packet_count > 20, 1);
	assert_int_equal(sr.octet_count, sr.packet_count * 100);
	double video_ms = capture_ms(sr.time_ntp, sr.time_rtp, first_video, 90000);
	assert_true(last_sr(viewer, HEAR_SSRC, &sr));
	double audio_ms = capture_ms(sr.time_ntp, sr.time_rtp, first_audio, 48000);
	/* an offset of its own for each stream would make this 1000 - 70 ms more */
	assert_in_range((int64_t)((audio_ms - video_ms) * 10), 2499, 2501);
	/* one name for both */
	assert_true(count_rtcp(viewer, 0, URCHIN_RTCP_SDES, 1) > 2);
	call_free(call);
}

static void a_late_joiner_gets_the_clock_at_once(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct urchin_sender_info sr;

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	source_send(&video, true);
	send_sr(publisher, VIDEO_SSRC, UINT64_C(0x1234567800000000), 1000);
	for (uint32_t i = 0; i < 3; i++) {
		source_run(&video, 5, 10);
		add_sender(viewer, 2 + i, video_format(120, "0", 5), VIEW_SSRC + i);
		link_streams(call, 2 + i, 1, 96, 120);
		source_send(&video, true);
		source_run(&video, 5, 10);
		assert_true(last_sr(viewer, VIEW_SSRC + i, &sr));
	}
	call_free(call);
}

static void reports_tell_loss_and_round_trip(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct loss loss = {.from = 1, .every = 4, .limit = 1000};
	struct urchin_report_block block = {0};
	struct urchin_sender_info sr;
	uint8_t bytes[100];
	bool is_found = false;

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	fake_ice_set_filter(publisher->link, lose, &loss);
	source_send(&video, true);
	send_sr(publisher, VIDEO_SSRC, UINT64_C(0x1234567800000000), 1000);
	source_run(&video, 300, 10);
	for (size_t i = 0; i < publisher->rtcp_count; i++) {
		struct urchin_rtcp rtcp;
		size_t at = 0;
		uint32_t ssrc;
		assert_true(urchin_rtcp_next(publisher->rtcp[i].bytes, publisher->rtcp[i].len, &at, &rtcp));
		assert_int_equal(rtcp.type, URCHIN_RTCP_RR); /* every compound begins with a report */
		assert_int_equal(urchin_rtcp_read_rr(&rtcp, &ssrc), 0);
		if (rtcp.count == 1) {
			assert_int_equal(urchin_rtcp_read_block(&rtcp, 0, &block), 0);
			is_found = true;
		}
	}
	assert_true(is_found);
	assert_int_equal(block.ssrc, VIDEO_SSRC);
	assert_in_range(block.fraction_lost, 60, 68);
	assert_true(block.cumulative_lost > 20);
	assert_int_equal(block.last_sr_ntp, 0x56780000);
	assert_true(block.delay_since_sr > 65536 / 2);

	assert_true(last_sr(viewer, VIEW_SSRC, &sr));
	uint64_t sr_us = 0;
	for (size_t i = 0; i < viewer->rtcp_count; i++) {
		if (viewer->rtcp[i].len > 60)
			sr_us = viewer->rtcp[i].at_us;
	}
	block = (struct urchin_report_block){.ssrc = VIEW_SSRC, .fraction_lost = 128, .cumulative_lost = -3};
	block.last_sr_ntp = (uint32_t)(sr.time_ntp >> 16);
	call_run(call, 90);
	block.delay_since_sr = (uint32_t)((call->now_us - sr_us) * 65536 / 1000000 - 65536 / 25); /* 40 ms less */
	send_rtcp(viewer, bytes, urchin_rtcp_write_rr(bytes, sizeof bytes, 1, &block, 1));
	call_run(call, 1);
	double rtt_s = stat_of(viewer, URCHIN_STAT_SENDER, 2, "roundTripTime");
	assert_true(rtt_s > 0.038 && rtt_s < 0.043);
	assert_true(stat_of(viewer, URCHIN_STAT_SENDER, 2, "fractionLost") == 0.5);
	assert_int_equal(stat_of(viewer, URCHIN_STAT_SENDER, 2, "packetsLost"), -3);
	call_free(call);
}

static void ten_viewers_make_one_request(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct source video = video_of(publisher);
	struct peer *viewers[10];

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	source_send(&video, true);
	call_run(call, 1);
	for (size_t i = 0; i < 10; i++) {
		viewers[i] = call_join(call);
		add_sender(viewers[i], 10 + i, video_format(120, "0", 5), (uint32_t)(VIEW_SSRC + i));
		link_streams(call, 10 + i, 1, 96, 120);
	}
	call_run(call, 600);
	source_send(&video, true);
	call_run(call, 600);
	size_t from = publisher->rtcp_count;
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(viewers[i]->rtp_count, 1);
		send_pli(viewers[i], (uint32_t)(VIEW_SSRC + i));
		call_run(call, 40);
	}
	assert_int_equal(count_rtcp(publisher, from, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 1);
	call_run(call, 110);
	/* the others' wish is sent when the 500 ms are over */
	assert_int_equal(count_rtcp(publisher, from, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 2);
	source_send(&video, true);
	call_run(call, 3000);
	assert_int_equal(count_rtcp(publisher, from, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 2);
	call_free(call);
}

static void a_key_frame_fulfils_the_wishes_that_wait(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	source_send(&video, true);
	call_run(call, 1000);
	send_pli(viewer, VIEW_SSRC);
	call_run(call, 100);
	send_pli(viewer, VIEW_SSRC);
	call_run(call, 100);
	source_send(&video, true);
	call_run(call, 2000);
	assert_int_equal(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 1);
	call_free(call);
}

static void a_key_frame_that_does_not_come_is_asked_for_again(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	source_run(&video, 1, 1);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	source_run(&video, 320, 10);
	assert_int_equal(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 4);
	source_send(&video, true);
	source_run(&video, 200, 10);
	assert_int_equal(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI), 4);
	call_free(call);
}

static void a_repeated_fir_is_one_wish(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct urchin_format fir_only = video_format(96, "v", 3);
	uint8_t bytes[64];

	(void)state;
	fir_only.codecs[0].pli = false;
	add_receiver(publisher, 1, fir_only, VIDEO_SSRC);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	source_send(&video, true);
	call_run(call, 1000);
	for (int i = 0; i < 3; i++) {
		send_rtcp(viewer, bytes, urchin_fir_write(bytes, sizeof bytes, 1, VIEW_SSRC, 7));
		call_run(call, 700);
	}
	assert_int_equal(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_FIR), 1);
	send_rtcp(viewer, bytes, urchin_fir_write(bytes, sizeof bytes, 1, VIEW_SSRC, 8));
	send_rtcp(viewer, bytes, urchin_fir_write(bytes, sizeof bytes, 1, VIEW_SSRC + 1, 9)); /* not ours */
	call_run(call, 700);
	assert_int_equal(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_FIR), 2);
	assert_int_equal(stat_of(viewer, URCHIN_STAT_TRANSPORT, 0, "rtcpIgnoredFeedback"), 1);
	call_free(call);
}

static uint64_t last_remb_bps(const struct peer *peer)
{
	uint64_t bitrate_bps = 0;
	for (size_t i = 0; i < peer->rtcp_count; i++) {
		struct urchin_rtcp rtcp;
		struct urchin_remb remb;
		size_t at = 0;
		while (urchin_rtcp_next(peer->rtcp[i].bytes, peer->rtcp[i].len, &at, &rtcp)) {
			if (rtcp.type == URCHIN_RTCP_PSFB && urchin_remb_read(&rtcp, &remb) == 0)
				bitrate_bps = remb.bitrate_bps;
		}
	}
	return bitrate_bps;
}

static void remb_follows_the_loss(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct source video = video_of(publisher);
	struct urchin_format format = video_format(96, "v", 3);
	struct loss loss = {.from = 1, .every = 3, .limit = 300};

	(void)state;
	format.codecs[0].remb = true;
	add_receiver(publisher, 1, format, VIDEO_SSRC);
	source_run(&video, 50, 10);
	assert_in_range(last_remb_bps(publisher), 2490000, 2500000);
	fake_ice_set_filter(publisher->link, lose, &loss);
	source_run(&video, 300, 10);
	source_run(&video, 260, 10); /* the last report that tells of loss, and a REMB after it */
	uint64_t low_bps = last_remb_bps(publisher);
	assert_in_range(low_bps, 500000, 2200000);
	source_run(&video, 600, 10);
	assert_true(last_remb_bps(publisher) > low_bps);
	assert_in_range(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_AFB), 11, 13);
	call_free(call);
}

static void who_leaves_says_bye(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	add_sender(viewer, 3, video_format(120, "1", 5), VIEW_SSRC + 1);
	link_streams(call, 2, 1, 96, 120);
	link_streams(call, 3, 1, 96, 120);
	source_send(&video, true);
	call_run(call, 1);
	assert_int_equal(urchin_connection_remove_sender(viewer->connection, 2, call->now_us), 0);
	assert_int_equal(urchin_connection_remove_sender(viewer->connection, 2, call->now_us), URCHIN_ENOTFOUND);
	call_run(call, 1);
	assert_int_equal(count_rtcp(viewer, 0, URCHIN_RTCP_BYE, 1), 1);
	urchin_connection_close(viewer->connection, call->now_us);
	urchin_connection_close(viewer->connection, call->now_us);
	call_run(call, 1);
	assert_int_equal(count_rtcp(viewer, 0, URCHIN_RTCP_BYE, 1), 2);
	call_free(call);
}

/*
 * A resent packet had the send time of now in it, under the number, and so the nonce, of the first time. With GCM two
 * contents under one nonce tell an eavesdropper how to forge (RFC 7714 8.1).
 */
static void what_is_resent_is_the_same(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct loss loss = {.from = 0, .every = 2, .limit = 2};
	struct urchin_format format = video_format(120, "0", 5);
	struct urchin_rtp_ext ext;

	(void)state;
	format.ext_ids[URCHIN_EXT_ABS_SEND_TIME] = 7;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	add_sender(viewer, 2, format, VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	fake_ice_set_filter(viewer->link, lose, &loss);
	source_send(&video, true);
	call_run(call, 5);
	uint64_t lost_us = call->now_us + MS;
	source_run(&video, 1, 5);
	source_run(&video, 10, 50);
	assert_int_equal(viewer->rtp_count, 11);
	uint16_t missing = (uint16_t)(read_rtp(viewer, 0).seq + 1);
	send_nack(viewer, VIEW_SSRC, &missing, 1);
	call_run(call, 5);
	assert_int_equal(viewer->rtp_count, 12);
	struct urchin_rtp rtp = read_rtp(viewer, 11);
	assert_int_equal(rtp.seq, missing);
	assert_true(urchin_rtp_ext_find(&rtp, 7, &ext));
	assert_int_equal(ext.len, 3);
	assert_int_equal(urchin_read_u24(ext.data), urchin_abs_send_time_of(lost_us));
	/* With other ids it would be another packet: it isn't resent any more, later ones are. */
	struct urchin_sender_config config = {.format = format, .ssrc = VIEW_SSRC, .cname = "urchin"};
	config.format.ext_ids[URCHIN_EXT_ABS_SEND_TIME] = 8;
	assert_int_equal(urchin_connection_update_sender(viewer->connection, 2, &config, call->now_us), 0);
	call_run(call, 200);
	send_nack(viewer, VIEW_SSRC, &missing, 1);
	call_run(call, 5);
	assert_int_equal(viewer->rtp_count, 12);
	loss = (struct loss){.from = 0, .every = 1, .limit = 1};
	source_run(&video, 2, 5);
	missing = (uint16_t)(read_rtp(viewer, 12).seq - 1);
	send_nack(viewer, VIEW_SSRC, &missing, 1);
	call_run(call, 5);
	assert_int_equal(read_rtp(viewer, 13).seq, missing);
	call_free(call);
}

/* A request for a key frame came without a CNAME, as only reduced-size RTCP allows (RFC 3550 6.1, RFC 5506 3.4). */
static void every_compound_has_report_and_cname(void **state)
{
	struct call *call = call_new();
	struct peer *publisher = call_join(call);
	struct peer *viewer = call_join(call);
	struct source video = video_of(publisher);
	struct loss loss = {.from = 1, .every = 4, .limit = 8};
	struct urchin_sender_config nameless = {.format = audio_format(111, "1", 5), .ssrc = 5};

	(void)state;
	add_receiver(publisher, 1, video_format(96, "v", 3), VIDEO_SSRC);
	assert_int_equal(urchin_connection_add_sender(publisher->connection, 3, &nameless, call->now_us), 0);
	add_sender(viewer, 2, video_format(120, "0", 5), VIEW_SSRC);
	link_streams(call, 2, 1, 96, 120);
	fake_ice_set_filter(publisher->link, lose, &loss);
	source_run(&video, 60, 50);
	assert_true(count_rtcp(publisher, 0, URCHIN_RTCP_PSFB, URCHIN_PSFB_PLI) > 0);
	assert_true(count_rtcp(publisher, 0, URCHIN_RTCP_RTPFB, URCHIN_RTPFB_NACK) > 0);
	for (size_t i = 0; i < publisher->rtcp_count; i++) {
		const struct logged *logged = &publisher->rtcp[i];
		struct urchin_rtcp rtcp;
		size_t at = 0;
		assert_true(urchin_rtcp_next(logged->bytes, logged->len, &at, &rtcp));
		assert_int_equal(rtcp.type, URCHIN_RTCP_RR);
		assert_true(urchin_rtcp_next(logged->bytes, logged->len, &at, &rtcp));
		assert_int_equal(rtcp.type, URCHIN_RTCP_SDES);
		assert_int_equal(rtcp.body[4], 1); /* CNAME */
		assert_true(rtcp.body[5] > 0);
	}
	call_free(call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lost_from_the_publisher_is_asked_for),
	    cmocka_unit_test(lost_to_the_viewer_is_resent),
	    cmocka_unit_test(resending_is_bounded),
	    cmocka_unit_test(lips_stay_in_sync),
	    cmocka_unit_test(a_late_joiner_gets_the_clock_at_once),
	    cmocka_unit_test(reports_tell_loss_and_round_trip),
	    cmocka_unit_test(ten_viewers_make_one_request),
	    cmocka_unit_test(a_key_frame_fulfils_the_wishes_that_wait),
	    cmocka_unit_test(a_key_frame_that_does_not_come_is_asked_for_again),
	    cmocka_unit_test(a_repeated_fir_is_one_wish),
	    cmocka_unit_test(remb_follows_the_loss),
	    cmocka_unit_test(who_leaves_says_bye),
	    cmocka_unit_test(what_is_resent_is_the_same),
	    cmocka_unit_test(every_compound_has_report_and_cname),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
