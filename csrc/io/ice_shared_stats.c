/* Candidates and pairs of a connection on the shared port, by name and in the terms of W3C webrtc-stats. */
#include <stdio.h>
#include <string.h>

#include "io/ice_shared_internal.h"
#include "transport/stats_writer.h"

/* RFC 8445 5.1.2.1, RFC 6544 4.2 */
#define TYPE_PREFERENCE_HOST 126
#define TYPE_PREFERENCE_TCP 90
#define DIRECTION_PASSIVE 4

static uint32_t priority_of(size_t index, bool is_tcp)
{
	uint32_t other = (uint32_t)(URCHIN_ICE_SHARED_ADDRESSES_MAX - index);

	if (is_tcp)
		return TYPE_PREFERENCE_TCP << 24 | ((uint32_t)DIRECTION_PASSIVE << 13 | other) << 8 | 255;
	return (uint32_t)TYPE_PREFERENCE_HOST << 24 | (65535 - (uint32_t)index) << 8 | 255;
}

struct urchin_candidate urchin_ice_shared_local(const struct ice_shared *ice, size_t index, bool is_tcp)
{
	struct urchin_candidate candidate = {
	    .type = URCHIN_CANDIDATE_HOST,
	    .protocol = is_tcp ? URCHIN_PROTOCOL_TCP_PASSIVE : URCHIN_PROTOCOL_UDP,
	    .priority = priority_of(index, is_tcp),
	    .port = ice->locals[index].addr.port,
	};

	urchin_addr_write(&ice->locals[index].addr, candidate.address, sizeof(candidate.address));
	snprintf(candidate.foundation, sizeof(candidate.foundation), "%zu", 2 * index + 1 + is_tcp);
	return candidate;
}

static size_t find_local(const struct ice_shared *ice, const struct urchin_ice_way *way)
{
	struct urchin_addr addr = urchin_mux_local(ice->home->mux, way);

	for (size_t i = 0; i < ice->local_count; i++)
		if (urchin_addr_equal(&ice->locals[i].addr, &addr))
			return i;
	return 0;
}

/* Returns a position, or remote_count: only its checks told of it. An active TCP candidate has no port. */
static size_t find_remote(const struct ice_shared *ice, const struct urchin_ice_way *way)
{
	bool is_tcp = urchin_mux_is_tcp(way);
	size_t i = 0;

	for (; i < ice->remote_count; i++) {
		const struct ice_shared_remote *remote = &ice->remotes[i];

		if (is_tcp && remote->protocol == URCHIN_PROTOCOL_TCP_ACTIVE &&
		    urchin_addr_equal_ip(&remote->addr, &way->remote))
			break;
		if (!is_tcp && remote->protocol == URCHIN_PROTOCOL_UDP &&
		    urchin_addr_equal(&remote->addr, &way->remote))
			break;
	}
	return i;
}

struct urchin_candidate_pair urchin_ice_shared_pair(const struct ice_shared *ice, const struct urchin_ice_way *way,
						    uint32_t priority)
{
	bool is_tcp = urchin_mux_is_tcp(way);
	size_t remote = find_remote(ice, way);
	bool is_known = remote < ice->remote_count;
	struct urchin_candidate_pair pair = {
	    .local = urchin_ice_shared_local(ice, find_local(ice, way), is_tcp),
	    .remote = {.type = is_known ? ice->remotes[remote].type : URCHIN_CANDIDATE_PRFLX,
		       .protocol = is_tcp ? URCHIN_PROTOCOL_TCP_ACTIVE : URCHIN_PROTOCOL_UDP,
		       .priority = is_known ? ice->remotes[remote].priority : priority,
		       .port = way->remote.port},
	};

	urchin_addr_write(&way->remote, pair.remote.address, sizeof(pair.remote.address));
	return pair;
}

/* UDP candidates are numbered from 1 in the order of their addresses, TCP ones after them. */
static uint64_t number_of(const struct ice_shared *ice, size_t index, bool is_tcp)
{
	return 1 + index + (is_tcp ? ice->local_count : 0);
}

static void add_candidates(const struct ice_shared *ice, struct urchin_stats_writer *writer)
{
	writer->group = URCHIN_STAT_LOCAL_CANDIDATE;
	for (size_t i = 0; i < ice->local_count; i++) {
		int kinds = ice->locals[i].has_tcp ? 2 : 1;

		for (int tcp = 0; tcp < kinds; tcp++) {
			struct urchin_candidate candidate = urchin_ice_shared_local(ice, i, tcp);

			writer->id = number_of(ice, i, tcp);
			urchin_stats_put_candidate(writer, &candidate);
		}
	}
	writer->group = URCHIN_STAT_REMOTE_CANDIDATE;
	for (size_t i = 0; i < ice->remote_count; i++) {
		const struct ice_shared_remote *remote = &ice->remotes[i];
		struct urchin_candidate candidate = {.type = remote->type,
						     .protocol = remote->protocol,
						     .priority = remote->priority,
						     .port = remote->addr.port};

		urchin_addr_write(&remote->addr, candidate.address, sizeof(candidate.address));
		writer->id = i + 1;
		urchin_stats_put_candidate(writer, &candidate);
	}
}

static void add_packets(const struct ice_shared *ice, struct urchin_stats_writer *writer)
{
	const struct ice_shared_counters *counters = &ice->counters;
	const struct urchin_egress_way *egress = &ice->egress;

	urchin_stats_put(writer, "packetsSent", (double)(counters->packets_sent + egress->datagrams_sent));
	urchin_stats_put(writer, "bytesSent", (double)(counters->bytes_sent + egress->bytes_sent));
	urchin_stats_put(writer, "packetsReceived", (double)counters->packets_received);
	urchin_stats_put(writer, "bytesReceived", (double)counters->bytes_received);
	urchin_stats_put(writer, "packetsDiscardedOnSend", (double)(counters->send_failed + egress->datagrams_dropped));
	urchin_stats_put(writer, "videoPacketsDiscardedOnSend", (double)egress->video_dropped);
	urchin_stats_put(writer, "packetsRefusedOnSend", (double)(counters->send_failed + egress->datagrams_refused));
}

static void add_pair(const struct ice_shared *ice, struct urchin_stats_writer *writer,
		     const struct urchin_ice_lite_flow *flow)
{
	bool is_tcp = urchin_mux_is_tcp(&flow->way);
	size_t remote = find_remote(ice, &flow->way);
	char address[URCHIN_ADDR_TEXT_CAP];

	urchin_stats_put(writer, "localCandidate", (double)number_of(ice, find_local(ice, &flow->way), is_tcp));
	urchin_stats_put(writer, "remoteCandidate", remote < ice->remote_count ? (double)(remote + 1) : 0);
	/* One that only checks told has no entry of its own. */
	if (remote == ice->remote_count) {
		urchin_stats_put_text(writer, "remoteAddress",
				      urchin_addr_write(&flow->way.remote, address, sizeof(address)));
		urchin_stats_put(writer, "remotePort", flow->way.remote.port);
		urchin_stats_put_name(writer, "protocol", is_tcp ? "tcp" : "udp");
	}
	urchin_stats_put_name(writer, "state", "succeeded");
	urchin_stats_put(writer, "nominated", flow->is_nominated);
	urchin_stats_put(writer, "selected", flow->is_current);
	urchin_stats_put(writer, "requestsReceived", (double)flow->checks_received);
	if (flow->is_current)
		add_packets(ice, writer);
}

static void add_counters(const struct ice_shared *ice, struct urchin_stats_writer *writer, uint64_t now_us)
{
	struct urchin_ice_lite_stats lite;

	urchin_ice_lite_get_stats(ice->lite, &lite);
	writer->group = URCHIN_STAT_TRANSPORT;
	writer->id = 0;
	urchin_stats_put(writer, "iceChecksReceived", (double)lite.checks_received);
	urchin_stats_put(writer, "iceErrorsSent", (double)lite.errors_sent);
	urchin_stats_put(writer, "iceErrorsLimited", (double)lite.errors_limited);
	urchin_stats_put(writer, "iceUnauthenticated", (double)lite.unauthenticated);
	urchin_stats_put(writer, "iceReplayed", (double)lite.replayed);
	urchin_stats_put(writer, "icePathChanges", lite.path_changes);
	urchin_stats_put(writer, "iceStrangersDropped", (double)ice->counters.strangers_dropped);
	if (lite.last_check_us && lite.last_check_us <= now_us)
		urchin_stats_put(writer, "iceSinceLastCheck", (double)(now_us - lite.last_check_us) / 1e6);
}

/* What the worker's end of the port has dropped, for all connections together. */
static void add_port(const struct ice_shared *ice, struct urchin_stats_writer *writer)
{
	struct urchin_mux_stats port;

	urchin_mux_get_stats(ice->home->mux, &port);
	urchin_stats_put(writer, "portDatagramsReceived", (double)port.datagrams_received);
	urchin_stats_put(writer, "portUnknownUfrags", (double)port.unknown_ufrags);
	urchin_stats_put(writer, "portMalformed", (double)port.malformed);
	urchin_stats_put(writer, "portUnknownAddresses", (double)port.unknown_ways);
	urchin_stats_put(writer, "portUnknownHellos", (double)port.unknown_hellos);
	urchin_stats_put(writer, "portJunk", (double)port.junk);
	urchin_stats_put(writer, "portHandedOver", (double)port.handed_over);
	urchin_stats_put(writer, "portTcpAccepted", (double)port.tcp_accepted);
	urchin_stats_put(writer, "portTcpRefused", (double)port.tcp_refused);
	urchin_stats_put(writer, "portTcpJunk", (double)port.tcp_junk);
	urchin_stats_put(writer, "portTcpExpired", (double)port.tcp_expired);
}

int urchin_ice_shared_add_stats(const struct urchin_ice *base, struct urchin_stats *stats, uint64_t now_us)
{
	const struct ice_shared *ice = (const struct ice_shared *)base;
	struct urchin_ice_lite_flow flows[URCHIN_ICE_LITE_FLOWS_MAX];
	size_t count = urchin_ice_lite_get_flows(ice->lite, flows, URCHIN_ICE_LITE_FLOWS_MAX);
	struct urchin_stats_writer writer = {.stats = stats};

	add_candidates(ice, &writer);
	writer.group = URCHIN_STAT_CANDIDATE_PAIR;
	for (size_t i = 0; i < count; i++) {
		writer.id = i + 1;
		add_pair(ice, &writer, &flows[i]);
	}
	add_counters(ice, &writer, now_us);
	add_port(ice, &writer);
	return writer.err;
}
