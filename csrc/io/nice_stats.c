/* What a generation knows, in the terms of W3C webrtc-stats: candidates, pairs and counters. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/nice_generation.h"
#include "transport/stats_writer.h"

#define PAIRS_MAX 256

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

static void add_candidates(const struct urchin_nice_generation *generation, struct urchin_stats_writer *writer)
{
	writer->group = URCHIN_STAT_LOCAL_CANDIDATE;
	for (size_t i = 0; i < generation->local_count; i++) {
		writer->id = i + 1;
		urchin_stats_put_candidate(writer, &generation->locals[i]);
	}
	writer->group = URCHIN_STAT_REMOTE_CANDIDATE;
	for (size_t i = 0; i < generation->remote_count; i++) {
		writer->id = i + 1;
		urchin_stats_put_candidate(writer, &generation->remotes[i].candidate);
	}
}

/* Media goes through the egress, everything else through the socket. */
static void add_pair_counters(struct urchin_stats_writer *writer, const struct urchin_nice_media *media)
{
	const struct urchin_udp_counters *counters = &media->udp.counters;
	const struct urchin_egress_way *way = &media->way;

	urchin_stats_put(writer, "packetsSent", (double)(counters->packets_sent + way->datagrams_sent));
	urchin_stats_put(writer, "bytesSent", (double)(counters->bytes_sent + way->bytes_sent));
	urchin_stats_put(writer, "packetsReceived", (double)counters->packets_received);
	urchin_stats_put(writer, "bytesReceived", (double)counters->bytes_received);
	urchin_stats_put(writer, "packetsDiscardedOnSend",
			 (double)(counters->send_full + counters->send_failed + way->datagrams_dropped));
	urchin_stats_put(writer, "videoPacketsDiscardedOnSend", (double)way->video_dropped);
	urchin_stats_put(writer, "packetsRefusedOnSend", (double)(counters->send_failed + way->datagrams_refused));
}

static void add_direct_pair(const struct urchin_nice_generation *generation, struct urchin_stats_writer *writer,
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
	urchin_stats_put(writer, "localCandidate", (double)find_local(generation, &media->host));
	urchin_stats_put(writer, "remoteCandidate", (double)remote);
	/* One that only checks told has no entry of its own. */
	if (!remote) {
		urchin_stats_put_text(writer, "remoteAddress", address);
		urchin_stats_put(writer, "remotePort", pair->remote.port);
	}
	urchin_stats_put_name(writer, "state", states[pair->state]);
	urchin_stats_put(writer, "nominated", pair->is_nominated);
	urchin_stats_put(writer, "selected", is_current);
	urchin_stats_put(writer, "requestsSent", (double)pair->checks_sent);
	urchin_stats_put(writer, "responsesReceived", (double)pair->answers_received);
	if (pair->rtt_us)
		urchin_stats_put(writer, "currentRoundTripTime", (double)pair->rtt_us / 1e6);
	if (is_current)
		add_pair_counters(writer, media);
}

static void add_backend_pair(const struct urchin_nice_generation *generation, struct urchin_stats_writer *writer,
			     bool is_current)
{
	const struct urchin_candidate_pair *pair = &generation->backend_pair;
	const struct urchin_nice_counters *counters = &generation->counters;

	urchin_stats_put(writer, "localCandidate", (double)find_local(generation, &pair->local));
	urchin_stats_put(writer, "remoteCandidate",
			 (double)find_remote(generation, pair->remote.address, pair->remote.port,
					     pair->remote.protocol == URCHIN_PROTOCOL_UDP));
	urchin_stats_put_text(writer, "remoteAddress", pair->remote.address);
	urchin_stats_put(writer, "remotePort", pair->remote.port);
	urchin_stats_put_name(writer, "state", "succeeded");
	urchin_stats_put(writer, "nominated", 1);
	urchin_stats_put(writer, "selected", is_current);
	urchin_stats_put(writer, "packetsSent", (double)counters->backend_packets_sent);
	urchin_stats_put(writer, "bytesSent", (double)counters->backend_bytes_sent);
	urchin_stats_put(writer, "packetsReceived", (double)counters->backend_packets_received);
	urchin_stats_put(writer, "bytesReceived", (double)counters->backend_bytes_received);
	urchin_stats_put(writer, "packetsDiscardedOnSend", (double)counters->backend_send_failed);
}

static int add_pairs(const struct urchin_nice_generation *generation, struct urchin_stats_writer *writer)
{
	struct urchin_ice_path_pair *pairs = calloc(PAIRS_MAX, sizeof(*pairs));
	const struct urchin_ice_path_way *way = urchin_ice_path_current(generation->path);
	size_t count;

	if (!pairs)
		return URCHIN_ENOMEM;
	count = urchin_ice_path_get_pairs(generation->path, pairs, PAIRS_MAX);
	writer->group = URCHIN_STAT_CANDIDATE_PAIR;
	for (size_t i = 0; i < count; i++) {
		writer->id = i + 1;
		add_direct_pair(generation, writer, &pairs[i],
				way && pairs[i].local == way->local &&
				    urchin_addr_equal(&pairs[i].remote, &way->remote));
	}
	free(pairs);
	if (generation->backend_pair.remote.address[0]) {
		writer->id = count + 1;
		add_backend_pair(generation, writer, way && way->local == URCHIN_ICE_PATH_BACKEND);
	}
	return 0;
}

static void add_counters(const struct urchin_nice_generation *generation, struct urchin_stats_writer *writer,
			 uint64_t now_us)
{
	struct urchin_ice_path_stats path;

	urchin_ice_path_get_stats(generation->path, &path);
	writer->group = URCHIN_STAT_TRANSPORT;
	writer->id = 0;
	urchin_stats_put(writer, "iceChecksSent", (double)path.checks_sent);
	urchin_stats_put(writer, "iceAnswersReceived", (double)path.answers_received);
	urchin_stats_put(writer, "iceAnswersDropped", (double)path.answers_dropped);
	urchin_stats_put(writer, "iceProbesLimited", (double)path.probes_limited);
	urchin_stats_put(writer, "icePathChanges", path.path_changes);
	urchin_stats_put(writer, "iceStrangersDropped", (double)generation->counters.strangers_dropped);
	urchin_stats_put(writer, "iceEarlyHeld", (double)generation->counters.held);
	if (path.last_answer_us && path.last_answer_us <= now_us)
		urchin_stats_put(writer, "iceSinceLastAnswer", (double)(now_us - path.last_answer_us) / 1e6);
	if (path.rtt_us)
		urchin_stats_put(writer, "currentRoundTripTime", (double)path.rtt_us / 1e6);
	urchin_stats_put(writer, "totalRoundTripTime", (double)path.total_rtt_us / 1e6);
}

int urchin_nice_generation_add_stats(const struct urchin_nice_generation *generation, struct urchin_stats *stats,
				     uint64_t now_us)
{
	struct urchin_stats_writer writer = {.stats = stats};
	int err;

	add_candidates(generation, &writer);
	err = add_pairs(generation, &writer);
	add_counters(generation, &writer, now_us);
	return err ? err : writer.err;
}
