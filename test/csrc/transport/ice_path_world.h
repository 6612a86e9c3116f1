/*
 * Two ICE paths in fake time over a network in memory, each behind a NAT of its own, with media on top.
 *
 * Each side has up to two interfaces. The NAT gives each an outside address, and lets in only what comes from an
 * address that was sent to (when `filters`). A side answers checks as the backend of a connection does, tells its path
 * of addresses it learns from them, and selects what a controlling peer names. The relay is a link of its own.
 */
#ifndef URCHIN_TEST_TRANSPORT_ICE_PATH_WORLD_H
#define URCHIN_TEST_TRANSPORT_ICE_PATH_WORLD_H

#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/heap.h"
#include "transport/ice_path.h"
#include "transport/stun_integrity.h"
#include "wire/stun.h"

#define MS_US UINT64_C(1000)
#define S_US UINT64_C(1000000)
#define TAG UINT32_C(0x75726368)
#define INTERFACES 2
#define PACKETS_MAX 4096
#define PEERS_MAX 64
#define SENT_MAX 8192
#define DATAGRAM_CAP 600
#define HOST_PRIORITY UINT32_C(0x7effffff)

static inline struct urchin_addr addr_of(const char *text, uint16_t port)
{
	struct urchin_addr addr;
	assert_int_equal(urchin_addr_read(&addr, text, port), 0);
	return addr;
}

struct ice_packet {
	uint64_t due_us; /* 0: free */
	uint64_t number;
	struct urchin_addr from;
	struct urchin_addr to;
	int relay_to; /* side + 1: through the relay */
	size_t len;   /* 0: media */
	uint8_t bytes[DATAGRAM_CAP];
};

/* One check that was sent. */
struct ice_sent {
	uint64_t time_us;
	int local;
	struct urchin_addr remote;
	uint8_t transaction[12];
	bool use_candidate;
	bool is_controlling;
};

struct ice_side {
	struct ice_world *world;
	int index;
	struct urchin_ice_path *path;
	char ufrag[8];
	char pwd[32];
	bool is_controlling;
	/* The interfaces and their NAT. */
	struct urchin_addr inside[INTERFACES];
	struct urchin_addr outside[INTERFACES];
	bool is_up[INTERFACES];
	uint64_t lag_us[INTERFACES]; /* that its packets take longer, each way */
	bool filters;
	struct urchin_addr peers[INTERFACES][PEERS_MAX];
	size_t peer_count[INTERFACES];
	/* How the backend behaves. */
	bool is_mute;        /* answers no checks */
	bool ignores_names;  /* nor those with USE-CANDIDATE */
	bool tells_prflx;    /* add_remote() of addresses it did not know */
	bool tells_selected; /* nominate() upon USE-CANDIDATE */
	/* Media. */
	uint64_t media_interval_us; /* 0: none */
	uint64_t media_us;
	int media_from; /* -1: as the path says; else always this interface, to media_to */
	struct urchin_addr media_to;
	uint64_t media_sent;
	uint64_t media_received;
	uint64_t media_refused;
	uint64_t received_us; /* the last */
	uint64_t longest_gap_us;
	/* What the path did. */
	struct ice_sent sent[SENT_MAX];
	size_t sent_count;
	size_t path_count;
	int local;
	struct urchin_addr remote;
	enum urchin_candidate_type remote_type;
	enum urchin_ice_liveness liveness;
	uint64_t liveness_us;
	size_t silent_count;
	size_t dead_count;
	size_t tick_count;
};

struct ice_world {
	uint64_t now_us;
	uint64_t delay_us; /* one way */
	unsigned loss;     /* of 1000 */
	uint64_t numbers;
	bool is_relay_up;
	struct ice_packet *packets;
	struct ice_side sides[2];
	uint16_t next_port;
	uint8_t last_answer[DATAGRAM_CAP]; /* as it arrived at side 0 */
	size_t last_answer_len;
};

static uint64_t world_random_state;

static inline uint64_t world_random(void)
{
	/* splitmix64 */
	uint64_t z = (world_random_state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* --- the network --- */

static inline uint64_t world_lag_us(const struct ice_world *world, const struct ice_packet *packet)
{
	uint64_t lag_us = 0;
	for (int i = 0; i < 2 * INTERFACES; i++) {
		const struct ice_side *side = &world->sides[i / INTERFACES];
		const struct urchin_addr *addr = &side->outside[i % INTERFACES];
		if (urchin_addr_equal(addr, &packet->from) || urchin_addr_equal(addr, &packet->to))
			lag_us += side->lag_us[i % INTERFACES];
	}
	return lag_us;
}

static inline void world_put(struct ice_world *world, const struct ice_packet *packet)
{
	if (world_random() % 1000 < world->loss)
		return;
	for (size_t i = 0; i < PACKETS_MAX; i++) {
		if (world->packets[i].due_us)
			continue;
		world->packets[i] = *packet;
		world->packets[i].due_us = world->now_us + world->delay_us + world_lag_us(world, packet) + 1;
		world->packets[i].number = ++world->numbers;
		return;
	}
	fail_msg("too many packets under way");
}

static inline bool side_knows(const struct ice_side *side, int interface, const struct urchin_addr *addr)
{
	for (size_t i = 0; i < side->peer_count[interface]; i++)
		if (urchin_addr_equal(&side->peers[interface][i], addr))
			return true;
	return false;
}

/* Out through the NAT. */
static inline void side_send(struct ice_side *side, int interface, const struct urchin_addr *to, const uint8_t *bytes,
			     size_t len)
{
	struct ice_packet packet = {.from = side->outside[interface], .to = *to, .len = len};
	if (!side->is_up[interface])
		return;
	if (!side_knows(side, interface, to) && side->peer_count[interface] < PEERS_MAX)
		side->peers[interface][side->peer_count[interface]++] = *to;
	assert_true(len <= sizeof packet.bytes);
	if (len)
		memcpy(packet.bytes, bytes, len);
	world_put(side->world, &packet);
}

/* The NAT forgets everything and takes another port. */
static inline void world_rebind(struct ice_world *world, int index, int interface)
{
	struct ice_side *side = &world->sides[index];
	side->outside[interface].port = ++world->next_port;
	side->peer_count[interface] = 0;
}

/* --- the backend: answers checks --- */

static inline void side_answer(struct ice_side *side, int interface, const struct urchin_addr *from,
			       const struct ice_packet *packet)
{
	struct ice_side *peer = &side->world->sides[1 - side->index];
	struct urchin_stun stun;
	struct urchin_stun_writer writer;
	uint8_t bytes[DATAGRAM_CAP];
	char username[600];

	assert_int_equal(urchin_stun_read(&stun, packet->bytes, packet->len), 0);
	snprintf(username, sizeof username, "%s:%s", side->ufrag, peer->ufrag);
	assert_int_equal(stun.username.len, strlen(username));
	assert_memory_equal(stun.username.bytes, username, strlen(username));
	assert_int_equal(urchin_stun_check_integrity(&stun, packet->bytes, side->pwd), 0);
	if (side->is_mute || (side->ignores_names && stun.use_candidate))
		return;
	urchin_stun_begin(&writer, bytes, sizeof bytes, URCHIN_STUN_SUCCESS, URCHIN_STUN_BINDING, stun.transaction);
	urchin_stun_add_mapped(&writer, from);
	urchin_stun_add_integrity(&writer, side->pwd);
	int len = urchin_stun_finish(&writer);
	assert_true(len > 0);
	side_send(side, interface, from, bytes, (size_t)len);
	if (side->tells_prflx)
		urchin_ice_path_add_remote(side->path, from, URCHIN_CANDIDATE_PRFLX, HOST_PRIORITY - (1 << 24),
					   side->world->now_us);
	if (side->tells_selected && stun.use_candidate && !side->is_controlling)
		urchin_ice_path_nominate(side->path, interface, from, URCHIN_CANDIDATE_PRFLX, false,
					 side->world->now_us);
}

static inline void side_note_media(struct ice_side *side)
{
	uint64_t now_us = side->world->now_us;
	side->media_received++;
	if (side->received_us && now_us - side->received_us > side->longest_gap_us)
		side->longest_gap_us = now_us - side->received_us;
	side->received_us = now_us;
}

static inline void side_receive(struct ice_side *side, int interface, const struct ice_packet *packet)
{
	uint64_t now_us = side->world->now_us;
	if (packet->len == 0) {
		if (urchin_ice_path_hear(side->path, interface, &packet->from, now_us))
			side_note_media(side);
		else
			side->media_refused++;
	} else if (packet->bytes[0] == 0) {
		side_answer(side, interface, &packet->from, packet);
	} else {
		if (side->index == 0) {
			memcpy(side->world->last_answer, packet->bytes, packet->len);
			side->world->last_answer_len = packet->len;
		}
		urchin_ice_path_feed(side->path, interface, &packet->from, packet->bytes, packet->len, now_us);
	}
}

static inline void world_deliver(struct ice_world *world, const struct ice_packet *packet)
{
	if (packet->relay_to) {
		struct ice_side *side = &world->sides[packet->relay_to - 1];
		if (!world->is_relay_up)
			return;
		urchin_ice_path_hear_backend(side->path, world->now_us);
		side_note_media(side);
		return;
	}
	for (int i = 0; i < 2 * INTERFACES; i++) {
		struct ice_side *side = &world->sides[i / INTERFACES];
		int interface = i % INTERFACES;
		if (!urchin_addr_equal(&side->outside[interface], &packet->to) || !side->is_up[interface])
			continue;
		if (!side->filters || side_knows(side, interface, &packet->from))
			side_receive(side, interface, packet);
	}
}

/* --- the path's callbacks --- */

static inline void on_side_send(void *owner, int local, const struct urchin_addr *remote, const uint8_t *bytes,
				size_t len)
{
	struct ice_side *side = owner;
	struct urchin_stun stun;

	assert_true(local >= 0 && local < URCHIN_ICE_PATH_LOCALS_MAX);
	assert_int_equal(urchin_stun_read(&stun, bytes, len), 0);
	assert_int_equal(stun.class, URCHIN_STUN_REQUEST);
	assert_int_equal(urchin_read_u32(stun.transaction), TAG);
	if (side->sent_count > 0) /* RFC 8445 14.2 */
		assert_true(side->world->now_us - side->sent[side->sent_count - 1].time_us >= 5 * MS_US);
	assert_true(side->sent_count < SENT_MAX);
	struct ice_sent *sent = &side->sent[side->sent_count++];
	*sent = (struct ice_sent){.time_us = side->world->now_us,
				  .local = local,
				  .remote = *remote,
				  .use_candidate = stun.use_candidate,
				  .is_controlling = stun.has_controlling};
	memcpy(sent->transaction, stun.transaction, sizeof sent->transaction);
	if (local < INTERFACES)
		side_send(side, local, remote, bytes, len);
}

static inline void on_side_path(void *owner, int local, const struct urchin_addr *remote,
				enum urchin_candidate_type remote_type)
{
	struct ice_side *side = owner;
	const struct urchin_ice_path_way *way = urchin_ice_path_current(side->path);

	side->path_count++;
	side->local = local;
	side->remote = *remote;
	side->remote_type = remote_type;
	if (way) {
		assert_int_equal(way->local, local);
		assert_true(urchin_addr_equal(&way->remote, remote));
	}
}

static inline void on_side_liveness(void *owner, enum urchin_ice_liveness liveness)
{
	struct ice_side *side = owner;
	assert_int_not_equal(side->liveness, liveness);
	side->liveness = liveness;
	side->liveness_us = side->world->now_us;
	side->silent_count += liveness == URCHIN_ICE_SILENT;
	side->dead_count += liveness == URCHIN_ICE_DEAD;
}

static inline void on_side_deadline(void *owner)
{
	(void)owner;
}

/* --- time --- */

static inline void side_send_media(struct ice_side *side)
{
	struct urchin_addr remote = side->media_to;
	int local = side->media_from;
	side->media_us += side->media_interval_us;
	if (local < 0) {
		const struct urchin_ice_path_way *way = urchin_ice_path_current(side->path);
		if (!way)
			return;
		local = way->local;
		remote = way->remote;
	}
	side->media_sent++;
	if (local != URCHIN_ICE_PATH_BACKEND) {
		side_send(side, local, &remote, NULL, 0);
		return;
	}
	struct ice_packet packet = {.relay_to = 2 - side->index};
	world_put(side->world, &packet);
}

static inline struct ice_packet *world_next_packet(struct ice_world *world)
{
	struct ice_packet *next = NULL;
	for (size_t i = 0; i < PACKETS_MAX; i++) {
		struct ice_packet *packet = &world->packets[i];
		if (packet->due_us && (!next || packet->due_us < next->due_us ||
				       (packet->due_us == next->due_us && packet->number < next->number)))
			next = packet;
	}
	return next;
}

/* Moves to `until_us`, doing everything that is due on the way. */
static inline void world_run_until(struct ice_world *world, uint64_t until_us)
{
	for (;;) {
		struct ice_packet *packet = world_next_packet(world);
		uint64_t next_us = packet ? packet->due_us : URCHIN_NEVER_US;
		struct ice_side *timed = NULL;
		bool is_media = false;
		for (int i = 0; i < 2; i++) {
			struct ice_side *side = &world->sides[i];
			uint64_t deadline_us = side->path ? urchin_ice_path_deadline_us(side->path) : URCHIN_NEVER_US;
			uint64_t media_us = side->media_interval_us ? side->media_us : URCHIN_NEVER_US;
			if (deadline_us < next_us || media_us < next_us) {
				timed = side;
				is_media = media_us <= deadline_us;
				next_us = is_media ? media_us : deadline_us;
			}
		}
		if (next_us > until_us)
			break;
		if (next_us > world->now_us)
			world->now_us = next_us;
		if (!timed) {
			struct ice_packet copy = *packet;
			packet->due_us = 0;
			world_deliver(world, &copy);
		} else if (is_media) {
			side_send_media(timed);
		} else {
			timed->tick_count++;
			urchin_ice_path_tick(timed->path, world->now_us);
			assert_true(urchin_ice_path_deadline_us(timed->path) > world->now_us);
		}
	}
	world->now_us = until_us;
}

static inline void world_run(struct ice_world *world, uint64_t span_us)
{
	world_run_until(world, world->now_us + span_us);
}

static inline void side_start_media(struct ice_side *side, uint64_t interval_us)
{
	side->media_interval_us = interval_us;
	side->media_us = side->world->now_us + interval_us;
}

static inline void side_stop_media(struct ice_side *side)
{
	side->media_interval_us = 0;
}

/* --- life --- */

static inline void side_open(struct ice_side *side, bool is_controlling, const struct urchin_ice_path_config *options)
{
	static const struct urchin_ice_path_callbacks callbacks = {on_side_send, on_side_path, on_side_liveness,
								   on_side_deadline};
	struct urchin_ice_path_config config = options ? *options : (struct urchin_ice_path_config){0};

	config.tag = TAG;
	config.tiebreaker = (uint64_t)side->index + 1;
	config.is_controlling = is_controlling;
	config.random64 = world_random;
	side->is_controlling = is_controlling;
	side->path = urchin_ice_path_new(&config, &callbacks, side);
	assert_non_null(side->path);
	side->media_from = -1;
	side->tells_prflx = true;
	side->tells_selected = true;
	for (int i = 0; i < INTERFACES; i++) {
		char text[32];
		snprintf(text, sizeof text, "10.%d.%d.2", side->index, i);
		side->inside[i] = addr_of(text, (uint16_t)(5000 + i));
		snprintf(text, sizeof text, "192.0.%d.%d", side->index, i + 1);
		side->outside[i] = addr_of(text, (uint16_t)(40000 + i));
		side->is_up[i] = true;
	}
	/* The second interface is there when a test wants it. */
	assert_int_equal(urchin_ice_path_add_local(side->path, 0, &side->inside[0], HOST_PRIORITY), 0);
}

static inline struct ice_world *world_new(bool first_controls, const struct urchin_ice_path_config *options)
{
	struct ice_world *world = calloc(1, sizeof *world);
	assert_non_null(world);
	world->packets = calloc(PACKETS_MAX, sizeof *world->packets);
	assert_non_null(world->packets);
	world->now_us = 1000 * S_US;
	world->delay_us = 10 * MS_US;
	world->next_port = 50000;
	world->is_relay_up = true;
	world_random_state = 1;
	for (int i = 0; i < 2; i++) {
		struct ice_side *side = &world->sides[i];
		side->world = world;
		side->index = i;
		snprintf(side->ufrag, sizeof side->ufrag, "ufr%d", i);
		snprintf(side->pwd, sizeof side->pwd, "password-password-%d", i);
	}
	for (int i = 0; i < 2; i++)
		side_open(&world->sides[i], (i == 0) == first_controls, options);
	for (int i = 0; i < 2; i++) {
		struct ice_side *side = &world->sides[i];
		struct ice_side *peer = &world->sides[1 - i];
		assert_int_equal(urchin_ice_path_set_local(side->path, side->ufrag, side->pwd), 0);
		assert_int_equal(urchin_ice_path_set_remote(side->path, peer->ufrag, peer->pwd), 0);
	}
	return world;
}

static inline void world_free(struct ice_world *world)
{
	for (int i = 0; i < 2; i++)
		urchin_ice_path_free(world->sides[i].path);
	free(world->packets);
	free(world);
}

/* Both sides' signalled candidates, and the pair of their first interfaces selected. */
static inline void world_connect(struct ice_world *world)
{
	for (int i = 0; i < 2; i++) {
		struct ice_side *side = &world->sides[i];
		struct ice_side *peer = &world->sides[1 - i];
		assert_int_equal(urchin_ice_path_add_remote(side->path, &peer->outside[0], URCHIN_CANDIDATE_SRFLX,
							    UINT32_C(0x64ffffff), world->now_us),
				 0);
		side->peers[0][side->peer_count[0]++] = peer->outside[0];
		urchin_ice_path_nominate(side->path, 0, &peer->outside[0], URCHIN_CANDIDATE_SRFLX, false,
					 world->now_us);
		assert_int_equal(side->path_count, 1);
	}
}

static inline void world_cut(struct ice_world *world, bool is_cut)
{
	world->loss = is_cut ? 1000 : 0;
}

static inline struct urchin_ice_path_stats stats_of(const struct ice_side *side)
{
	struct urchin_ice_path_stats stats;
	urchin_ice_path_get_stats(side->path, &stats);
	return stats;
}

static inline bool side_has_path(const struct ice_side *side)
{
	return urchin_ice_path_current(side->path);
}

#endif
