/*
 * The packets of a generation: our sockets beside libnice's, the path over them, and libnice itself for the pairs that
 * only it can use (relayed and TCP ones: the "backend").
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/prefetch.h"
#include "io/clock.h"
#include "io/nice_candidate.h"
#include "io/nice_generation.h"
#include "io/stun_filter.h"
#include "wire/demux.h"
#include "wire/stun.h"

/*
 * libnice 0.1.21 gives a silent peer 10 s, not the 30 s of RFC 7675 5.1: its pair is selected again and has again 10 s.
 * When they pass without complaint, the peer answers.
 */
#define REVIVE_US 11000000
/* What the type of an address is worth (RFC 8445 5.1.2.2). */
#define PREFERENCE_PRFLX 110

#define OWNER_OF(pointer, member)                                                                                      \
	((struct urchin_nice_generation *)(void *)((char *)(pointer)-offsetof(struct urchin_nice_generation, member)))

static uint64_t random64(void)
{
	uint64_t value = 0;

	if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		value = urchin_clock_us() * 0x9e3779b97f4a7c15ULL;
	return value;
}

static bool read_nice_address(struct urchin_addr *addr, const NiceAddress *from)
{
	return urchin_sockaddr_read(addr, &from->s.addr);
}

/* --- which pair it is --- */

static struct urchin_candidate make_reflexive(const struct urchin_addr *addr)
{
	struct urchin_candidate candidate = {
	    .foundation = "prflx",
	    .type = URCHIN_CANDIDATE_PRFLX,
	    .priority = (uint32_t)PREFERENCE_PRFLX << 24 | 0xffff00 | 255,
	    .port = addr->port,
	};

	urchin_addr_write(addr, candidate.address, sizeof(candidate.address));
	return candidate;
}

static struct urchin_candidate find_remote(const struct urchin_nice_generation *generation,
					   const struct urchin_addr *remote, enum urchin_candidate_type type)
{
	struct urchin_candidate made = make_reflexive(remote);

	for (size_t i = 0; i < generation->remote_count; i++) {
		struct urchin_addr addr;

		if (generation->remotes[i].transport == NICE_CANDIDATE_TRANSPORT_UDP &&
		    read_nice_address(&addr, &generation->remotes[i].address) && urchin_addr_equal(&addr, remote))
			return generation->remotes[i].candidate;
	}
	made.type = type;
	return made;
}

static struct urchin_candidate_pair find_pair(const struct urchin_nice_generation *generation, int local,
					      const struct urchin_addr *remote, enum urchin_candidate_type remote_type)
{
	struct urchin_candidate_pair pair = generation->backend_pair;

	if (local >= 0 && (size_t)local < generation->media_count) {
		const struct urchin_nice_media *media = &generation->media[local];

		pair.local = media->reflexive.address[0] ? media->reflexive : media->host;
		pair.remote = find_remote(generation, remote, remote_type);
	}
	return pair;
}

/* --- callbacks of the path --- */

static void on_send(void *owner, int local, const struct urchin_addr *remote, const uint8_t *bytes, size_t len)
{
	struct urchin_nice_generation *generation = owner;

	if (local >= 0 && (size_t)local < generation->media_count)
		urchin_udp_socket_send(&generation->media[local].udp, remote, bytes, len);
}

static void on_path(void *owner, int local, const struct urchin_addr *remote, enum urchin_candidate_type remote_type)
{
	struct urchin_nice_generation *generation = owner;

	if (generation->is_closing)
		return;
	generation->has_path = true;
	generation->pair = find_pair(generation, local, remote, remote_type);
	if (generation->held_count)
		urchin_loop_post(generation->loop, &generation->held_task);
	generation->callbacks.on_selected_pair(generation->owner, generation, &generation->pair);
	urchin_nice_generation_tell_state(generation);
}

static void on_liveness(void *owner, enum urchin_ice_liveness liveness)
{
	struct urchin_nice_generation *generation = owner;

	generation->liveness = liveness;
	urchin_nice_generation_tell_state(generation);
}

static void on_deadline(void *owner)
{
	struct urchin_nice_generation *generation = owner;

	if (!generation->is_closing)
		urchin_loop_post(generation->loop, &generation->deadline_task);
}

static void on_deadline_task(struct urchin_loop_task *task)
{
	struct urchin_nice_generation *generation = OWNER_OF(task, deadline_task);

	urchin_loop_set_timer(generation->loop, &generation->path_timer, urchin_ice_path_deadline_us(generation->path));
}

static void on_path_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_nice_generation *generation = OWNER_OF(timer, path_timer);

	urchin_ice_path_tick(generation->path, now_us);
	on_deadline(generation);
}

int urchin_nice_media_new_path(struct urchin_nice_generation *generation)
{
	static const struct urchin_ice_path_callbacks callbacks = {
	    .send = on_send,
	    .on_path = on_path,
	    .on_liveness = on_liveness,
	    .on_deadline = on_deadline,
	};
	struct urchin_ice_path_config config = {
	    .tag = (uint32_t)random64(),
	    .tiebreaker = random64(),
	    .disconnected_timeout_us = generation->config->disconnected_timeout_us,
	    .consent_timeout_us = generation->config->consent_timeout_us,
	    .random64 = random64,
	};

	generation->tag = config.tag;
	generation->path = urchin_ice_path_new(&config, &callbacks, generation);
	return generation->path ? 0 : URCHIN_ENOMEM;
}

/* --- packets of our sockets --- */

static bool is_ours(const struct urchin_nice_generation *generation, const uint8_t *bytes, size_t len)
{
	return len >= 20 && bytes[0] < 4 &&
	       ((uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 | (uint32_t)bytes[10] << 8 | bytes[11]) ==
		   generation->tag;
}

/*
 * The peer's ClientHello often overtakes the last check: dropping it would cost the call a retransmission. Other
 * strangers' packets are worth nothing.
 */
static void hold(struct urchin_nice_generation *generation, int local, const struct urchin_addr *from,
		 const uint8_t *bytes, size_t len)
{
	struct urchin_nice_held *held;

	if (generation->has_path || urchin_demux(bytes, len) != URCHIN_PACKET_DTLS || len > URCHIN_NICE_HELD_CAP ||
	    generation->held_count == URCHIN_NICE_HELD_MAX) {
		generation->counters.strangers_dropped++;
		return;
	}
	if (!generation->held)
		generation->held = calloc(URCHIN_NICE_HELD_MAX, sizeof(*generation->held));
	if (!generation->held)
		return;
	held = &generation->held[generation->held_count++];
	held->local = local;
	held->from = *from;
	held->len = len;
	memcpy(held->bytes, bytes, len);
	generation->counters.held++;
}

/* RFC 8445 7.2.5.3.1: where the peer sees us may be an address that we told it. */
static void note_reflexive(struct urchin_nice_generation *generation, struct urchin_nice_media *media,
			   const struct urchin_addr *mapped)
{
	media->reflexive.address[0] = '\0';
	if (urchin_addr_equal(mapped, &media->udp.addr))
		return;
	media->reflexive = make_reflexive(mapped);
	snprintf(media->reflexive.related_address, sizeof(media->reflexive.related_address), "%s", media->host.address);
	media->reflexive.related_port = media->host.port;
	for (size_t i = 0; i < generation->local_count; i++) {
		const struct urchin_candidate *told = &generation->locals[i];

		if (told->type == URCHIN_CANDIDATE_SRFLX && told->port == mapped->port &&
		    strcmp(told->address, media->reflexive.address) == 0)
			media->reflexive = *told;
	}
}

/* An answer to one of the path's checks. What it says of our address counts when the path takes it as genuine. */
static void take_answer(struct urchin_nice_generation *generation, int local, const struct urchin_addr *from,
			const uint8_t *bytes, size_t len, uint64_t now_us)
{
	struct urchin_nice_media *media = &generation->media[local];
	struct urchin_candidate before = media->reflexive;
	struct urchin_ice_path_stats stats;
	struct urchin_stun stun;
	uint64_t count;

	if (urchin_stun_read(&stun, bytes, len) == 0 && stun.mapped.family != URCHIN_ADDR_NONE)
		note_reflexive(generation, media, &stun.mapped);
	urchin_ice_path_get_stats(generation->path, &stats);
	count = stats.answers_received;
	urchin_ice_path_feed(generation->path, local, from, bytes, len, now_us);
	urchin_ice_path_get_stats(generation->path, &stats);
	if (stats.answers_received == count)
		media->reflexive = before;
}

static void on_packet(void *owner, struct urchin_udp_socket *udp, const struct urchin_addr *from, uint8_t *bytes,
		      size_t len, uint64_t now_us)
{
	struct urchin_nice_generation *generation = owner;
	int local = (int)((struct urchin_nice_media *)(void *)udp - generation->media);

	if (is_ours(generation, bytes, len)) {
		if (!urchin_nice_discovery_feed(&generation->discovery, local, from, bytes, len, now_us))
			take_answer(generation, local, from, bytes, len, now_us);
		if (generation->held_count && generation->has_path)
			urchin_loop_post(generation->loop, &generation->held_task);
	} else if (urchin_ice_path_hear(generation->path, local, from, now_us)) {
		generation->callbacks.on_packet(generation->owner, generation, bytes, len, now_us);
	} else {
		hold(generation, local, from, bytes, len);
	}
}

/* Delivers what came early from the address that is confirmed now; once there is a path the rest is no use. */
static void on_held_task(struct urchin_loop_task *task)
{
	struct urchin_nice_generation *generation = OWNER_OF(task, held_task);
	size_t count = generation->held_count;

	generation->held_count = 0;
	for (size_t i = 0; i < count && !generation->is_closing; i++) {
		struct urchin_nice_held *held = &generation->held[i];
		uint64_t now_us = urchin_clock_us();

		if (urchin_ice_path_hear(generation->path, held->local, &held->from, now_us))
			generation->callbacks.on_packet(generation->owner, generation, held->bytes, held->len, now_us);
		else
			generation->counters.strangers_dropped++;
	}
}

/* --- sockets --- */

static const struct urchin_candidate *find_host(const struct urchin_nice_generation *generation,
						const struct urchin_addr *addr)
{
	for (size_t i = 0; i < generation->local_count; i++) {
		const struct urchin_candidate *candidate = &generation->locals[i];
		struct urchin_addr host;

		if (candidate->type == URCHIN_CANDIDATE_HOST && candidate->protocol == URCHIN_PROTOCOL_UDP &&
		    urchin_addr_read(&host, candidate->address, candidate->port) == 0 && host.port == addr->port &&
		    urchin_addr_equal_ip(&host, addr))
			return candidate;
	}
	return NULL;
}

static void open_beside(struct urchin_nice_generation *generation, int fd)
{
	struct urchin_nice_media *media = &generation->media[generation->media_count];
	int local = (int)generation->media_count;
	const struct urchin_candidate *host;

	if (urchin_udp_socket_open_beside(&media->udp, generation->loop, fd, generation->tag))
		return;
	host = find_host(generation, &media->udp.addr);
	if (!host || urchin_ice_path_add_local(generation->path, local, &media->udp.addr, host->priority)) {
		urchin_udp_socket_close(&media->udp);
		return;
	}
	media->host = *host;
	media->udp.on_packet = on_packet;
	media->udp.owner = generation;
	generation->media_count++;
}

void urchin_nice_media_open(struct urchin_nice_generation *generation, const char *ufrag)
{
	bool is_direct = !generation->config->relay_only;
	GPtrArray *sockets = nice_agent_get_sockets(generation->agent, generation->stream_id, 1);
	size_t cap = sockets && sockets->len < URCHIN_ICE_PATH_LOCALS_MAX ? sockets->len : URCHIN_ICE_PATH_LOCALS_MAX;

	generation->media = calloc(cap, sizeof(*generation->media));
	for (guint i = 0; sockets && generation->media && i < sockets->len; i++) {
		GSocket *socket = g_ptr_array_index(sockets, i);

		if (g_socket_get_socket_type(socket) != G_SOCKET_TYPE_DATAGRAM)
			continue;
		/* Without the filter it costs more, that is all. */
		urchin_stun_filter_attach(g_socket_get_fd(socket), ufrag);
		if (is_direct && generation->media_count < cap)
			open_beside(generation, g_socket_get_fd(socket));
	}
	if (sockets)
		g_ptr_array_unref(sockets);
}

void urchin_nice_media_close(struct urchin_nice_generation *generation)
{
	for (size_t i = 0; generation->used_egress && i < generation->media_count; i++)
		urchin_egress_release(generation->used_egress, &generation->media[i].way);
	generation->used_egress = NULL;
	for (size_t i = 0; i < generation->media_count; i++)
		urchin_udp_socket_close(&generation->media[i].udp);
}

/* --- what libnice tells --- */

static int find_media(const struct urchin_nice_generation *generation, const NiceCandidate *local)
{
	struct urchin_addr base;

	if (local->type == NICE_CANDIDATE_TYPE_RELAYED || local->transport != NICE_CANDIDATE_TRANSPORT_UDP ||
	    !read_nice_address(&base, &local->base_addr))
		return URCHIN_ICE_PATH_BACKEND;
	for (size_t i = 0; i < generation->media_count; i++) {
		const struct urchin_addr *addr = &generation->media[i].udp.addr;

		if (generation->media[i].udp.fd >= 0 && addr->port == base.port && urchin_addr_equal_ip(addr, &base))
			return (int)i;
	}
	return URCHIN_ICE_PATH_BACKEND;
}

static enum urchin_candidate_type remote_type(const struct urchin_nice_generation *generation,
					      const NiceCandidate *remote)
{
	const struct urchin_nice_remote *known = urchin_nice_remote_find(generation, &remote->addr, remote->transport);

	return known ? known->candidate.type : URCHIN_CANDIDATE_PRFLX;
}

void urchin_nice_media_select(struct urchin_nice_generation *generation, const NiceCandidate *local,
			      const NiceCandidate *remote)
{
	int index = find_media(generation, local);
	enum urchin_candidate_type type = remote_type(generation, remote);
	bool is_relayed = local->type == NICE_CANDIDATE_TYPE_RELAYED || type == URCHIN_CANDIDATE_RELAY ||
			  local->transport != NICE_CANDIDATE_TRANSPORT_UDP;
	struct urchin_addr mapped;
	struct urchin_addr addr;

	if (!read_nice_address(&addr, &remote->addr) || generation->is_rearming)
		return;
	generation->agent_has_selected = true;
	generation->backend_is_selected = index == URCHIN_ICE_PATH_BACKEND;
	if (index != URCHIN_ICE_PATH_BACKEND) {
		/* A discovered pair's local candidate is what the peer sees. */
		if (read_nice_address(&mapped, &local->addr))
			note_reflexive(generation, &generation->media[index], &mapped);
	} else {
		urchin_nice_read_candidate(local, &generation->backend_pair.local);
		urchin_nice_read_candidate(remote, &generation->backend_pair.remote);
		generation->backend_pair.remote.type = type;
	}
	urchin_ice_path_nominate(generation->path, index, &addr, type, is_relayed, urchin_clock_us());
}

void urchin_nice_media_learn(struct urchin_nice_generation *generation, const NiceCandidate *remote)
{
	struct urchin_addr addr;

	generation->has_early |= !generation->has_remote;
	if (remote->transport == NICE_CANDIDATE_TRANSPORT_UDP && read_nice_address(&addr, &remote->addr))
		urchin_ice_path_add_remote(generation->path, &addr, URCHIN_CANDIDATE_PRFLX, remote->priority,
					   urchin_clock_us());
}

/*
 * An address that libnice 0.1.21 learned from a check before it had the peer's credentials may never be checked by it,
 * also when it is signalled later (RFC 8445 7.3.1.4 and 7.3.1.3 want both): then only the path knows that it works.
 */
void urchin_nice_media_nominate_answered(struct urchin_nice_generation *generation)
{
	struct urchin_ice_path_pair pairs[URCHIN_REMOTE_CANDIDATES_MAX];
	struct urchin_ice_path_pair *answered = NULL;
	gboolean is_controlling = FALSE;
	size_t count;

	g_object_get(generation->agent, "controlling-mode", &is_controlling, NULL);
	/* What libnice selected may still be waiting for a better pair: no relay takes its place. */
	if (!is_controlling || generation->has_path || generation->agent_has_selected || generation->is_closing)
		return;
	count = urchin_ice_path_get_pairs(generation->path, pairs, sizeof(pairs) / sizeof(pairs[0]));
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].state != URCHIN_ICE_PAIR_SUCCEEDED || pairs[i].answers_received == 0)
			continue;
		if (!answered || answered->remote_type == URCHIN_CANDIDATE_RELAY)
			answered = &pairs[i];
	}
	if (answered)
		urchin_ice_path_nominate(generation->path, answered->local, &answered->remote, answered->remote_type,
					 answered->remote_type == URCHIN_CANDIDATE_RELAY, urchin_clock_us());
}

void urchin_nice_media_hear_backend(struct urchin_nice_generation *generation, uint8_t *bytes, size_t len)
{
	uint64_t now_us = generation->source.now_us;

	generation->counters.backend_packets_received++;
	generation->counters.backend_bytes_received += len;
	urchin_ice_path_hear_backend(generation->path, now_us);
	generation->callbacks.on_packet(generation->owner, generation, bytes, len, now_us);
}

void urchin_nice_media_lose_backend(struct urchin_nice_generation *generation)
{
	if (!generation->backend_is_selected || generation->is_rearming)
		return;
	urchin_ice_path_set_backend_alive(generation->path, false, urchin_clock_us());
	urchin_loop_post(generation->loop, &generation->rearm_task);
}

static void on_rearm_task(struct urchin_loop_task *task)
{
	struct urchin_nice_generation *generation = OWNER_OF(task, rearm_task);
	NiceCandidate *local = NULL;
	NiceCandidate *remote = NULL;

	if (generation->is_closing || generation->liveness == URCHIN_ICE_DEAD ||
	    !nice_agent_get_selected_pair(generation->agent, generation->stream_id, 1, &local, &remote))
		return;
	generation->is_rearming = true;
	if (nice_agent_set_selected_pair(generation->agent, generation->stream_id, 1, local->foundation,
					 remote->foundation))
		urchin_loop_set_timer(generation->loop, &generation->revive_timer, urchin_clock_us() + REVIVE_US);
	generation->is_rearming = false;
	urchin_glib_source_touch(&generation->source);
}

static void on_revive_due(struct urchin_loop_timer *timer, uint64_t now_us)
{
	struct urchin_nice_generation *generation = OWNER_OF(timer, revive_timer);

	urchin_ice_path_set_backend_alive(generation->path, true, now_us);
}

void urchin_nice_media_init(struct urchin_nice_generation *generation)
{
	generation->path_timer.on_due = on_path_due;
	generation->revive_timer.on_due = on_revive_due;
	generation->rearm_task.run = on_rearm_task;
	generation->deadline_task.run = on_deadline_task;
	generation->held_task.run = on_held_task;
}

void urchin_nice_media_stop(struct urchin_nice_generation *generation)
{
	urchin_loop_remove_timer(generation->loop, &generation->path_timer);
	urchin_loop_remove_timer(generation->loop, &generation->revive_timer);
	urchin_loop_cancel(generation->loop, &generation->rearm_task);
	urchin_loop_cancel(generation->loop, &generation->deadline_task);
	urchin_loop_cancel(generation->loop, &generation->held_task);
}

/* --- sending --- */

static int send_by_backend(struct urchin_nice_generation *generation, const uint8_t *bytes, size_t len)
{
	/* Sending on these pairs may start timers. */
	urchin_glib_source_touch(&generation->source);
	if (nice_agent_send(generation->agent, generation->stream_id, 1, (guint)len, (const gchar *)bytes) <= 0) {
		generation->counters.backend_send_failed++;
		return URCHIN_ESYSTEM;
	}
	generation->counters.backend_packets_sent++;
	generation->counters.backend_bytes_sent += len;
	return 0;
}

/* What waits in the egress goes where it was meant to go when the way changes, or nowhere. */
static void set_way(struct urchin_nice_media *media, struct urchin_egress *egress,
		    const struct urchin_ice_path_way *path_way)
{
	struct sockaddr_storage storage;
	socklen_t len;

	if (media->way_number == path_way->number)
		return;
	media->way_number = path_way->number;
	len = urchin_sockaddr_write(&path_way->remote, &storage);
	if (media->way.addr_len == len && media->way.fd == media->udp.fd &&
	    memcmp(&media->way.addr, &storage, len) == 0)
		return;
	urchin_egress_release(egress, &media->way);
	media->way.fd = media->udp.fd;
	media->way.addr_len = len;
	media->way.refuses_trains = false;
	memcpy(&media->way.addr, &storage, len);
}

/* RTCP and DTLS: when the socket is full they wait in front of the video that fills it. */
static int send_by_socket(struct urchin_nice_generation *generation, struct urchin_nice_media *media,
			  const struct urchin_ice_path_way *path_way, const uint8_t *bytes, size_t len)
{
	int err = urchin_udp_socket_send(&media->udp, &path_way->remote, bytes, len);

	if (err != URCHIN_EFULL || !generation->used_egress)
		return err;
	set_way(media, generation->used_egress, path_way);
	urchin_egress_keep(generation->used_egress, &media->way, bytes, len);
	media->udp.counters.send_full--; /* not lost yet */
	return 0;
}

int urchin_nice_generation_send(struct urchin_nice_generation *generation, const uint8_t *bytes, size_t len)
{
	const struct urchin_ice_path_way *way = urchin_ice_path_current(generation->path);

	if (generation->is_closing || !way)
		return URCHIN_ESTATE;
	if (len == 0 || len > UINT16_MAX)
		return URCHIN_ESYSTEM;
	if (way->local == URCHIN_ICE_PATH_BACKEND)
		return send_by_backend(generation, bytes, len);
	return send_by_socket(generation, &generation->media[way->local], way, bytes, len);
}

uint8_t *urchin_nice_generation_reserve(struct urchin_nice_generation *generation, struct urchin_egress *egress)
{
	const struct urchin_ice_path_way *way = urchin_ice_path_current(generation->path);

	if (generation->is_closing || !way)
		return NULL;
	generation->reserved = way->local;
	if (!egress || way->local == URCHIN_ICE_PATH_BACKEND)
		return generation->buffer;
	set_way(&generation->media[way->local], egress, way);
	generation->used_egress = egress;
	return urchin_egress_reserve(egress);
}

void urchin_nice_generation_prefetch(const struct urchin_nice_generation *generation, int step)
{
	if (step == 0)
		urchin_prefetch(generation, offsetof(struct urchin_nice_generation, loop));
	else {
		urchin_ice_path_prefetch(generation->path);
		if (generation->media && generation->reserved >= 0)
			urchin_prefetch(&generation->media[generation->reserved].way, sizeof(struct urchin_egress_way));
	}
}

int urchin_nice_generation_commit(struct urchin_nice_generation *generation, struct urchin_egress *egress, size_t len,
				  bool is_video)
{
	if (!egress || generation->reserved == URCHIN_ICE_PATH_BACKEND)
		return urchin_nice_generation_send(generation, generation->buffer, len);
	urchin_egress_commit(egress, &generation->media[generation->reserved].way, len, is_video);
	return 0;
}
