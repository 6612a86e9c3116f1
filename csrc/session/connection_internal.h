/* The insides of a connection, shared by connection*.c and router.c; nobody else includes it. */
#ifndef URCHIN_SESSION_CONNECTION_INTERNAL_H
#define URCHIN_SESSION_CONNECTION_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/receiver.h"
#include "media/sender.h"
#include "media/twcc_recorder.h"
#include "session/connection.h"
#include "session/router_internal.h"
#include "session/ssrc_map.h"

/* A receiver, and its place in the router. */
struct urchin_stream_in {
	struct urchin_receiver receiver;
	struct urchin_router_input input;
	bool is_active; /* RECEIVER_ACTIVE was told */
};

/* A sender, and its place in the router. */
struct urchin_stream_out {
	struct urchin_sender sender;
	struct urchin_router_output output;
};

/* Where a sender that was removed ended, for one that comes with its SSRC again. */
struct urchin_past_sender {
	uint32_t ssrc;
	uint16_t next_seq;
	uint32_t timestamp_rtp;
	uint32_t clock_rate_hz;
	uint64_t sent_us;
};

struct urchin_connection {
	uint64_t id;
	struct urchin_transport *transport;
	bool is_ready;
	bool is_closing;
	bool is_idle; /* no media either way before the last report: the next one is far, and media brings it near */
	struct urchin_router *router;
	struct urchin_connection_callbacks callbacks;
	void *owner;

	struct urchin_stream_in **ins;
	size_t in_count;
	size_t in_cap;
	struct urchin_stream_out **outs;
	size_t out_count;
	size_t out_cap;
	struct urchin_past_sender *pasts;
	size_t past_count;
	size_t past_cap;
	size_t oldest_past;
	struct urchin_ssrc_map ssrcs;

	uint32_t rtcp_ssrc; /* of our receiver reports and feedback */
	char cname[URCHIN_CNAME_CAP];
	uint64_t random_state;
	uint64_t report_us;   /* when the next reports are due; URCHIN_NEVER_US: not ready yet */
	uint64_t reported_us; /* when the last ones were made */
	uint64_t remb_us;
	bool has_ntp_offset; /* the peer's clock to ours, fixed by its first sender report */
	uint64_t ntp_offset;
	struct urchin_twcc_recorder twcc;
	bool is_video_shed; /* the worker has too much to do */

	uint64_t malformed_packets;
	uint64_t unknown_ssrc_packets;
	uint64_t unknown_payload_packets;
	uint64_t implausible_packets;
	uint64_t duplicate_packets;
	uint64_t malformed_rtcp;
	uint64_t ignored_feedback; /* about SSRCs we don't send */
};

/* A number nobody can guess from outside. */
uint64_t urchin_connection_random(struct urchin_connection *connection);

/* Tells the owner that the deadline may have become earlier. */
void urchin_connection_wake(struct urchin_connection *connection);

/* Sends PLI or FIR for one of its receivers; false when the SSRC isn't known yet. */
bool urchin_connection_ask_keyframe(struct urchin_connection *connection, struct urchin_receiver *receiver,
				    uint64_t now_us);

/* connection_demux.c: the stream that a packet belongs to, read by its format; NULL: dropped and counted. */
struct urchin_stream_in *urchin_connection_find_stream(struct urchin_connection *connection,
						       struct urchin_packet *packet, uint64_t now_us);

/* connection_rtcp_in.c: takes a compound packet of the peer. */
void urchin_connection_feed_rtcp(struct urchin_connection *connection, const uint8_t *bytes, size_t len,
				 uint64_t now_us);

/* connection_rtcp_out.c: reports, feedback and BYE, and when they are due. */
void urchin_connection_start_rtcp(struct urchin_connection *connection);
/* A stream begins, or its clock became known: its viewer must not wait a second to play it in time with others. */
void urchin_connection_hurry_report(struct urchin_connection *connection, uint64_t now_us);
void urchin_connection_tick_rtcp(struct urchin_connection *connection, uint64_t now_us);
uint64_t urchin_connection_rtcp_deadline_us(const struct urchin_connection *connection);
void urchin_connection_send_bye(struct urchin_connection *connection, const struct urchin_sender *sender);

#endif
