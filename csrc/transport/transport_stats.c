/* A transport's values for getStats(), named as in W3C webrtc-stats where that has a name. */
#include "base/err.h"
#include "transport/transport_internal.h"

static int add_text(struct urchin_stats *stats, const char *name, const char *text)
{
	return urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, name, 0, text);
}

static int add_counters(const struct urchin_transport_counters *counters, struct urchin_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} items[] = {
	    {"packetsSent", counters->packets_sent},
	    {"bytesSent", counters->bytes_sent},
	    {"packetsReceived", counters->packets_received},
	    {"bytesReceived", counters->bytes_received},
	    {"selectedCandidatePairChanges", counters->pair_changes},
	    {"unknownDropped", counters->unknown_dropped},
	    {"stunDropped", counters->stun_dropped},
	    {"earlyMediaDropped", counters->early_media_dropped},
	    {"lateDropped", counters->late_dropped},
	    {"srtpMalformed", counters->srtp_malformed},
	    {"srtpAuthFailed", counters->srtp_auth_failed},
	    {"srtpReplayed", counters->srtp_replayed},
	    {"srtpErrors", counters->srtp_errors},
	    {"sendEarlyDropped", counters->send_early_dropped},
	    {"sendProtectFailed", counters->send_protect_failed},
	    {"sendIceFailed", counters->send_ice_failed},
	    {"remoteCandidatesRefused", counters->candidates_refused},
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]) && err == 0; i++)
		err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, items[i].name, (double)items[i].value, NULL);
	return err;
}

const char *urchin_candidate_type_name(enum urchin_candidate_type type)
{
	static const char *const names[] = {"host", "srflx", "prflx", "relay"};

	return names[type];
}

static int add_pair(const struct urchin_candidate_pair *pair, struct urchin_stats *stats)
{
	const struct {
		const char *type, *protocol, *address, *port;
		const struct urchin_candidate *candidate;
	} sides[] = {
	    {"localCandidateType", "localProtocol", "localAddress", "localPort", &pair->local},
	    {"remoteCandidateType", "remoteProtocol", "remoteAddress", "remotePort", &pair->remote},
	};
	int err = 0;

	for (size_t i = 0; i < 2 && err == 0; i++) {
		const struct urchin_candidate *candidate = sides[i].candidate;

		err = add_text(stats, sides[i].type, urchin_candidate_type_name(candidate->type));
		if (err == 0)
			err = add_text(stats, sides[i].protocol,
				       candidate->protocol == URCHIN_PROTOCOL_UDP ? "udp" : "tcp");
		if (err == 0)
			err = urchin_stats_add_text(stats, URCHIN_STAT_TRANSPORT, 0, sides[i].address,
						    candidate->address);
		if (err == 0)
			err = urchin_stats_add(stats, URCHIN_STAT_TRANSPORT, 0, sides[i].port, candidate->port, NULL);
	}
	return err;
}

int urchin_transport_add_stats(const struct urchin_transport *transport, struct urchin_stats *stats, uint64_t now_us)
{
	static const char *const states[] = {"new", "checking", "connected", "disconnected", "failed", "closed"};
	int err = add_text(stats, "iceState", states[transport->ice_state]);

	if (err == 0)
		err = add_counters(&transport->counters, stats);
	if (err == 0 && transport->has_pair)
		err = add_pair(&transport->pair, stats);
	if (err == 0 && transport->srtp)
		err = add_text(stats, "srtpEngine", urchin_srtp_engine_name(transport->srtp));
	if (err == 0)
		err = urchin_dtls_add_stats(transport->dtls, stats);
	if (err == 0 && transport->ice->ops->add_stats)
		err = transport->ice->ops->add_stats(transport->ice, stats, now_us);
	return err;
}
