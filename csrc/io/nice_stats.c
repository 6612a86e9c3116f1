/* What a generation knows, in the terms of W3C webrtc-stats: candidates, pairs and counters. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/nice_generation.h"
#include "transport/event.h"

#define PAIRS_MAX 256

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
	add_text(writer, "relatedAddress", candidate->related_address);
	if (candidate->related_address[0])
		add(writer, "relatedPort", candidate->related_port);
}

static bool is_same(const struct urchin_candidate *a, const struct urchin_candidate *b)
{
	return a->port == b->port && a->protocol == b->protocol && strcmp(a->address, b->address) == 0;
}

/* Candidates are numbered from 1 in the order they came; 0: it is not among them. */
static uint64_t find_local(const struct urchin_nice_generation *generation, const struct urchin_candidate *candidate)
{
	for (size_t i = 0; i < generation->local_count; i++)
		if (is_same(&generation->locals[i], candidate))
			return i + 1;
	return 0;
}

static uint64_t find_remote(const struct urchin_nice_generation *generation, const char *address, uint16_t port,
			    bool is_udp)
{
	for (size_t i = 0; i < generation->remote_count; i++) {
		const struct urchin_candidate *candidate = &generation->remotes[i].candidate;

		if (candidate->port == port && (candidate->protocol == URCHIN_PROTOCOL_UDP) == is_udp &&
		    strcmp(candidate->address, address) == 0)
			return i + 1;
	}
	return 0;
}

static void add_candidates(const struct urchin_nice_generation *generation, struct writer *writer)
{
	writer->group = URCHIN_STAT_LOCAL_CANDIDATE;
	for (size_t i = 0; i < generation->local_count; i++) {
		writer->id = i + 1;
		add_candidate(writer, &generation->locals[i]);
	}
	writer->group = URCHIN_STAT_REMOTE_CANDIDATE;
	for (size_t i = 0; i < generation->remote_count; i++) {
		writer->id = i + 1;
		add_candidate(writer, &generation->remotes[i].candidate);
	}
}

/* Media goes through the egress, everything else through the socket. */
static void add_pair_counters(struct writer *writer, const struct urchin_nice_media *media)
{
	const struct urchin_udp_counters *counters = &media->udp.counters;
	const struct urchin_egress_way *way = &media->way;

	add(writer, "packetsSent", (double)(counters->packets_sent + way->datagrams_sent));
	add(writer, "bytesSent", (double)(counters->bytes_sent + way->bytes_sent));
	add(writer, "packetsReceived", (double)counters->packets_received);
	add(writer, "bytesReceived", (double)counters->bytes_received);
	add(writer, "packetsDiscardedOnSend",
	    (double)(counters->send_full + counters->send_failed + way->datagrams_dropped));
}

static void add_direct_pair(const struct urchin_nice_generation *generation, struct writer *writer,
			    const struct urchin_ice_path_pair *pair, bool is_current)
{
	static const char *const states[] = {"waiting", "in-progress", "succeeded", "failed"};
	const struct urchin_nice_media *media;
	char address[URCHIN_ADDR_TEXT_CAP];
	uint64_t remote;

	if (pair->local < 0 || (size_t)pair->local >= generation->media_count)
		return;
	media = &generation->media[pair->local];
	urchin_addr_write(&pair->remote, address, sizeof(address));
	remote = find_remote(generation, address, pair->remote.port, true);
	add(writer, "localCandidate", (double)find_local(generation, &media->host));
	add(writer, "remoteCandidate", (double)remote);
	/* One that only checks told has no entry of its own. */
	if (!remote) {
		add_text(writer, "remoteAddress", address);
		add(writer, "remotePort", pair->remote.port);
	}
	add_name(writer, "state", states[pair->state]);
	add(writer, "nominated", pair->is_nominated);
	add(writer, "selected", is_current);
	add(writer, "requestsSent", (double)pair->checks_sent);
	add(writer, "responsesReceived", (double)pair->answers_received);
	if (pair->rtt_us)
		add(writer, "currentRoundTripTime", (double)pair->rtt_us / 1e6);
	if (is_current)
		add_pair_counters(writer, media);
}

static void add_backend_pair(const struct urchin_nice_generation *generation, struct writer *writer, bool is_current)
{
	const struct urchin_candidate_pair *pair = &generation->backend_pair;
	const struct urchin_nice_counters *counters = &generation->counters;

	add(writer, "localCandidate", (double)find_local(generation, &pair->local));
	add(writer, "remoteCandidate",
	    (double)find_remote(generation, pair->remote.address, pair->remote.port,
				pair->remote.protocol == URCHIN_PROTOCOL_UDP));
	add_text(writer, "remoteAddress", pair->remote.address);
	add(writer, "remotePort", pair->remote.port);
	add_name(writer, "state", "succeeded");
	add(writer, "nominated", 1);
	add(writer, "selected", is_current);
	add(writer, "packetsSent", (double)counters->backend_packets_sent);
	add(writer, "bytesSent", (double)counters->backend_bytes_sent);
	add(writer, "packetsReceived", (double)counters->backend_packets_received);
	add(writer, "bytesReceived", (double)counters->backend_bytes_received);
	add(writer, "packetsDiscardedOnSend", (double)counters->backend_send_failed);
}

static int add_pairs(const struct urchin_nice_generation *generation, struct writer *writer)
{
	struct urchin_ice_path_pair *pairs = calloc(PAIRS_MAX, sizeof(*pairs));
	struct urchin_addr remote = {0};
	int local = 0;
	bool has_current = urchin_ice_path_current(generation->path, &local, &remote);
	size_t count;

	if (!pairs)
		return URCHIN_ENOMEM;
	count = urchin_ice_path_get_pairs(generation->path, pairs, PAIRS_MAX);
	writer->group = URCHIN_STAT_CANDIDATE_PAIR;
	for (size_t i = 0; i < count; i++) {
		writer->id = i + 1;
		add_direct_pair(generation, writer, &pairs[i],
				has_current && pairs[i].local == local && urchin_addr_equal(&pairs[i].remote, &remote));
	}
	free(pairs);
	if (generation->backend_pair.remote.address[0]) {
		writer->id = count + 1;
		add_backend_pair(generation, writer, has_current && local == URCHIN_ICE_PATH_BACKEND);
	}
	return 0;
}

static void add_counters(const struct urchin_nice_generation *generation, struct writer *writer, uint64_t now_us)
{
	struct urchin_ice_path_stats path;

	urchin_ice_path_get_stats(generation->path, &path);
	writer->group = URCHIN_STAT_TRANSPORT;
	writer->id = 0;
	add(writer, "iceChecksSent", (double)path.checks_sent);
	add(writer, "iceAnswersReceived", (double)path.answers_received);
	add(writer, "iceAnswersDropped", (double)path.answers_dropped);
	add(writer, "iceProbesLimited", (double)path.probes_limited);
	add(writer, "icePathChanges", path.path_changes);
	add(writer, "iceStrangersDropped", (double)generation->counters.strangers_dropped);
	add(writer, "iceEarlyHeld", (double)generation->counters.held);
	if (path.last_answer_us && path.last_answer_us <= now_us)
		add(writer, "iceSinceLastAnswer", (double)(now_us - path.last_answer_us) / 1e6);
	if (path.rtt_us)
		add(writer, "currentRoundTripTime", (double)path.rtt_us / 1e6);
	add(writer, "totalRoundTripTime", (double)path.total_rtt_us / 1e6);
}

int urchin_nice_generation_add_stats(const struct urchin_nice_generation *generation, struct urchin_stats *stats,
				     uint64_t now_us)
{
	struct writer writer = {.stats = stats};
	int err;

	add_candidates(generation, &writer);
	err = add_pairs(generation, &writer);
	add_counters(generation, &writer, now_us);
	return err ? err : writer.err;
}
