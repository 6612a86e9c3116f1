/* A connection's statistics, under the names of W3C webrtc-stats where there is one. */
#include "base/err.h"
#include "session/connection_internal.h"

struct item {
	const char *name;
	double value;
};

static int add_items(struct urchin_stats *stats, enum urchin_stat_group group, uint64_t id, const struct item *items,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int err = urchin_stats_add(stats, group, id, items[i].name, items[i].value, NULL);
		if (err < 0)
			return err;
	}
	return 0;
}

static double seconds_of(uint32_t rtp, uint32_t clock_rate_hz)
{
	return clock_rate_hz ? (double)rtp / clock_rate_hz : 0;
}

static int add_receiver(struct urchin_stats *stats, const struct urchin_stream_in *stream)
{
	const struct urchin_receiver *receiver = &stream->receiver;
	const struct item items[] = {
	    {"packetsReceived", (double)receiver->packets_received},
	    {"bytesReceived", (double)receiver->bytes_received},
	    {"packetsLost", (double)urchin_recv_stats_lost(&receiver->stats)},
	    {"fractionLost", receiver->stats.fraction_lost / 256.0},
	    {"jitter", seconds_of(receiver->stats.jitter_q4 >> 4, receiver->stats.clock_rate_hz)},
	    {"nackCount", (double)receiver->nacks_sent},
	    {"pliCount", (double)receiver->plis_sent},
	    {"firCount", (double)receiver->firs_sent},
	    {"keyFramesReceived", (double)receiver->keyframes},
	    {"paddingPacketsReceived", (double)receiver->padding_packets},
	    {"packetsDuplicated", (double)receiver->duplicate_packets},
	    {"packetsImplausible", (double)receiver->stats.invalid},
	    {"packetsGivenUp", (double)receiver->nack.given_up},
	    {"estimatedBitrate", receiver->estimate_bps},
	    {"senderCount", (double)stream->input.output_count},
	    {"paused", stream->input.is_paused},
	    {"ssrc", receiver->ssrc},
	    {"payloadType", receiver->payload_type},
	};
	return add_items(stats, URCHIN_STAT_RECEIVER, stream->input.id, items, sizeof items / sizeof items[0]);
}

static int add_sender(struct urchin_stats *stats, const struct urchin_stream_out *stream)
{
	const struct urchin_sender *sender = &stream->sender;
	const struct item items[] = {
	    {"packetsSent", (double)sender->packets_sent},
	    {"bytesSent", (double)sender->bytes_sent},
	    {"retransmittedPacketsSent", (double)sender->resent_packets},
	    {"retransmittedBytesSent", (double)sender->resent_bytes},
	    {"nackCount", (double)sender->nacks_received},
	    {"pliCount", (double)sender->plis_received},
	    {"firCount", (double)sender->firs_received},
	    {"roundTripTime", (double)sender->rtt_us / 1e6},
	    {"fractionLost", sender->fraction_lost / 256.0},
	    {"packetsLost", sender->cumulative_lost},
	    {"jitter", seconds_of(sender->jitter_rtp, sender->clock_rate_hz)},
	    {"remoteEstimatedBitrate", (double)sender->remb_bps},
	    {"packetsUnmapped", (double)sender->unmapped_packets},
	    {"packetsOversized", (double)sender->oversized_packets},
	    {"packetsStale", (double)sender->stale_packets},
	    {"retransmissionsRefused", (double)sender->resends_refused},
	    {"paused", stream->output.is_paused},
	    {"shed", sender->is_shed},
	    {"packetsShed", (double)sender->shed_packets},
	    {"ssrc", sender->ssrc},
	    {"payloadType", sender->payload_type},
	};
	return add_items(stats, URCHIN_STAT_SENDER, stream->output.id, items, sizeof items / sizeof items[0]);
}

static int add_drops(struct urchin_stats *stats, const struct urchin_connection *connection)
{
	const struct item items[] = {
	    {"rtpMalformed", (double)connection->malformed_packets},
	    {"rtpUnknownSsrc", (double)connection->unknown_ssrc_packets},
	    {"rtpUnknownPayloadType", (double)connection->unknown_payload_packets},
	    {"rtpImplausible", (double)connection->implausible_packets},
	    {"rtpDuplicated", (double)connection->duplicate_packets},
	    {"rtcpMalformed", (double)connection->malformed_rtcp},
	    {"rtcpIgnoredFeedback", (double)connection->ignored_feedback},
	};
	return add_items(stats, URCHIN_STAT_TRANSPORT, 0, items, sizeof items / sizeof items[0]);
}

int urchin_connection_add_stats(const struct urchin_connection *connection, struct urchin_stats *stats, uint64_t now_us)
{
	(void)now_us;
	int err = urchin_transport_add_stats(connection->transport, stats, now_us);
	if (err == 0)
		err = add_drops(stats, connection);
	for (size_t i = 0; err == 0 && i < connection->in_count; i++)
		err = add_receiver(stats, connection->ins[i]);
	for (size_t i = 0; err == 0 && i < connection->out_count; i++)
		err = add_sender(stats, connection->outs[i]);
	return err;
}
