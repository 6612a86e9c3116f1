/* Candidates and pairs of a connection on the shared port, by name and in the terms of W3C webrtc-stats. */
#include <stdio.h>
#include <string.h>

#include "io/ice_shared_internal.h"
#include "transport/event.h"

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

struct writer {
	struct urchin_stats *stats;
	enum urchin_stat_group group;
	uint64_t id;
	int err;
};

static void add(struct writer *writer, const char *name, double value)
{
	if (!writer->err)
		writer->err = urchin_stats_add(writer->stats, writer->group, writer->id, name, value, NULL);
}

/* Static text. */
static void add_name(struct writer *writer, const char *name, const char *text)
{
	if (!writer->err)
		writer->err = urchin_stats_add(writer->stats, writer->group, writer->id, name, 0, text);
}

static void add_text(struct writer *writer, const char *name, const char *text)
{
	if (!writer->err && text[0])
		writer->err = urchin_stats_add_text(writer->stats, writer->group, writer->id, name, text);
}

static void add_candidate(struct writer *writer, const struct urchin_candidate *candidate)
{
	static const char *const types[] = {"host", "srflx", "prflx", "relay"};
	static const char *const tcp_types[] = {NULL, "active", "passive", "so"};

	add_name(writer, "candidateType", types[candidate->type]);
	add_name(writer, "protocol", candidate->protocol == URCHIN_PROTOCOL_UDP ? "udp" : "tcp");
	if (candidate->protocol != URCHIN_PROTOCOL_UDP)
		add_name(writer, "tcpType", tcp_types[candidate->protocol]);
	add_text(writer, "address", candidate->address);
	add(writer, "port", candidate->port);
	add(writer, "priority", candidate->priority);
	add_text(writer, "foundation", candidate->foundation);
}

/* UDP candidates are numbered from 1 in the order of their addresses, TCP ones after them. */
static uint64_t number_of(const struct ice_shared *ice, size_t index, bool is_tcp)
{
	return 1 + index + (is_tcp ? ice->local_count : 0);
}

static void add_candidates(const struct ice_shared *ice, struct writer *writer)
{
	writer->group = URCHIN_STAT_LOCAL_CANDIDATE;
	for (size_t i = 0; i < ice->local_count; i++) {
		for (int tcp = 0; tcp <= ice->locals[i].has_tcp; tcp++) {
			struct urchin_candidate candidate = urchin_ice_shared_local(ice, i, tcp);

			writer->id = number_of(ice, i, tcp);
			add_candidate(writer, &candidate);
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
		add_candidate(writer, &candidate);
	}
}

static void add_packets(const struct ice_shared *ice, struct writer *writer)
{
	const struct ice_shared_counters *counters = &ice->counters;
	const struct urchin_egress_way *egress = &ice->egress;

	add(writer, "packetsSent", (double)(counters->packets_sent + egress->datagrams_sent));
	add(writer, "bytesSent", (double)(counters->bytes_sent + egress->bytes_sent));
	add(writer, "packetsReceived", (double)counters->packets_received);
	add(writer, "bytesReceived", (double)counters->bytes_received);
	add(writer, "packetsDiscardedOnSend", (double)(counters->send_failed + egress->datagrams_dropped));
}

static void add_pair(const struct ice_shared *ice, struct writer *writer, const struct urchin_ice_lite_flow *flow)
{
	bool is_tcp = urchin_mux_is_tcp(&flow->way);
	size_t remote = find_remote(ice, &flow->way);
	char address[URCHIN_ADDR_TEXT_CAP];

	add(writer, "localCandidate", (double)number_of(ice, find_local(ice, &flow->way), is_tcp));
	add(writer, "remoteCandidate", remote < ice->remote_count ? (double)(remote + 1) : 0);
	/* One that only checks told has no entry of its own. */
	if (remote == ice->remote_count) {
		add_text(writer, "remoteAddress", urchin_addr_write(&flow->way.remote, address, sizeof(address)));
		add(writer, "remotePort", flow->way.remote.port);
		add_name(writer, "protocol", is_tcp ? "tcp" : "udp");
	}
	add_name(writer, "state", "succeeded");
	add(writer, "nominated", flow->is_nominated);
	add(writer, "selected", flow->is_current);
	add(writer, "requestsReceived", (double)flow->checks_received);
	if (flow->is_current)
		add_packets(ice, writer);
}

static void add_counters(const struct ice_shared *ice, struct writer *writer, uint64_t now_us)
{
	struct urchin_ice_lite_stats lite;

	urchin_ice_lite_get_stats(ice->lite, &lite);
	writer->group = URCHIN_STAT_TRANSPORT;
	writer->id = 0;
	add(writer, "iceChecksReceived", (double)lite.checks_received);
	add(writer, "iceErrorsSent", (double)lite.errors_sent);
	add(writer, "iceErrorsLimited", (double)lite.errors_limited);
	add(writer, "iceUnauthenticated", (double)lite.unauthenticated);
	add(writer, "iceReplayed", (double)lite.replayed);
	add(writer, "icePathChanges", lite.path_changes);
	add(writer, "iceStrangersDropped", (double)ice->counters.strangers_dropped);
	if (lite.last_check_us && lite.last_check_us <= now_us)
		add(writer, "iceSinceLastCheck", (double)(now_us - lite.last_check_us) / 1e6);
}

int urchin_ice_shared_add_stats(const struct urchin_ice *base, struct urchin_stats *stats, uint64_t now_us)
{
	const struct ice_shared *ice = (const struct ice_shared *)base;
	struct urchin_ice_lite_flow flows[URCHIN_ICE_LITE_FLOWS_MAX];
	size_t count = urchin_ice_lite_get_flows(ice->lite, flows, URCHIN_ICE_LITE_FLOWS_MAX);
	struct writer writer = {.stats = stats};

	add_candidates(ice, &writer);
	writer.group = URCHIN_STAT_CANDIDATE_PAIR;
	for (size_t i = 0; i < count; i++) {
		writer.id = i + 1;
		add_pair(ice, &writer, &flows[i]);
	}
	add_counters(ice, &writer, now_us);
	return writer.err;
}
