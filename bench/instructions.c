/*
 * A fixed forwarding run without sockets, in fake time, for counting instructions: one publisher's bursts to viewers in
 * memory. Run under callgrind, which collects inside urchin_router_flush() only: rewriting and sealing.
 */
#include "session/call.h"

#define VIEWERS 10
#define BURSTS 20
#define BURST_LEN 8

int main(void)
{
	static const uint8_t payload[1100] = {0x10, 0x11};
	struct call *call = call_new_by(true);
	struct peer *publisher = call_join(call);
	size_t forwarded = 0;

	add_receiver(publisher, 1, video_format(96, "v", 3), 0x1111);
	for (uint64_t i = 0; i < VIEWERS; i++) {
		struct peer *viewer = call_join(call);
		struct urchin_format format = video_format(120, "0", 5);
		format.codecs[0].codec = URCHIN_CODEC_OTHER;
		add_sender(viewer, 2 + i, format, 0x2000 + (uint32_t)i);
		link_streams(call, 2 + i, 1, 96, 120);
	}
	struct source video = {.peer = publisher, .ssrc = 0x1111, .payload_type = 96, .clock_rate_hz = 90000};
	source_send(&video, true);
	call_run(call, 1);
	for (size_t burst = 0; burst < BURSTS; burst++) {
		for (size_t i = 0; i < BURST_LEN; i++)
			source_send_payload(&video, payload, sizeof(payload));
		call_run(call, 1);
		urchin_router_flush(call->router);
		call_run(call, 1);
	}
	for (size_t i = 1; i <= VIEWERS; i++)
		forwarded += call->peers[i].rtp_count;
	printf("%zu\n", forwarded);
	call_free(call);
	return forwarded == VIEWERS * (BURSTS * BURST_LEN + 1) ? 0 : 1;
}
