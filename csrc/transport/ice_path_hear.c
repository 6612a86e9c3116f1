/* Packets that are not STUN: of the peer, of strangers who may be the peer behind a new address, of the backend. */
#include <string.h>

#include "transport/ice_path_internal.h"

/* The peer uses another pair that works: RFC 8445 12.1 lets it. */
static void follow(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	bool spares_relay = urchin_ice_path_is_relayed(path) && !pair->remote->is_relayed;
	if (!path->is_started || pair->is_challenger || !urchin_ice_path_can_contest(path))
		return;
	if (!spares_relay && urchin_ice_path_is_in_use(path))
		return;
	urchin_ice_path_challenge(path, pair, URCHIN_ICE_RANK_KNOWN);
	urchin_ice_path_run(path);
}

static uint8_t rank_of(const struct urchin_ice_path *path, const struct urchin_addr *addr)
{
	bool is_same = path->current && urchin_addr_equal_ip(&path->current->remote->addr, addr);
	return is_same ? URCHIN_ICE_RANK_SAME_HOST : URCHIN_ICE_RANK_STRANGER;
}

/* Whether this second still has room for such a source; strangers take none from the peer's own host. */
static bool count_source(struct urchin_ice_path *path, uint8_t rank)
{
	if (rank >= URCHIN_ICE_RANK_KNOWN)
		return true;
	if (path->now_us - path->second_us >= S) {
		path->second_us = path->now_us;
		memset(path->sources, 0, sizeof path->sources);
	}
	if (path->sources[rank] >= SOURCES_PER_SECOND)
		return false;
	path->sources[rank]++;
	return true;
}

/* Somebody sends from there. If it is the peer, behind a NAT that gave it a new address, it will answer. */
static void probe_source(struct urchin_ice_path *path, int local, struct urchin_ice_remote *remote,
			 const struct urchin_addr *addr)
{
	struct urchin_ice_pair *pair = remote ? urchin_ice_path_find_pair(path, local, remote) : NULL;
	uint8_t rank = remote && !remote->is_learned ? URCHIN_ICE_RANK_KNOWN : rank_of(path, addr);
	bool is_known_failure = pair && urchin_ice_path_is_within(path, pair->last_sent_us, PROBE_AGAIN_US);
	if (!urchin_ice_path_can_check(path) || is_known_failure || (pair && pair->plan == URCHIN_ICE_PLAN_PROBE))
		return;
	if (!count_source(path, rank) || !urchin_ice_path_make_room(path, rank)) {
		path->stats.probes_limited++;
		return;
	}
	bool is_new = !remote;
	if (is_new)
		remote = urchin_ice_path_put_remote(path, addr, URCHIN_CANDIDATE_PRFLX,
						    urchin_ice_path_default_priority(URCHIN_CANDIDATE_PRFLX));
	if (!remote)
		return;
	remote->is_learned |= is_new;
	remote->used_us = path->now_us;
	pair = urchin_ice_path_put_pair(path, local, remote);
	if (!pair || pair == path->current)
		return;
	pair->last_heard_us = path->now_us;
	urchin_ice_path_challenge(path, pair, rank);
	urchin_ice_path_run(path);
}

bool urchin_ice_path_hear(struct urchin_ice_path *path, int local, const struct urchin_addr *remote, uint64_t now_us)
{
	struct urchin_addr addr = urchin_ice_path_plain(remote);
	if (local < 0 || local >= URCHIN_ICE_PATH_LOCALS_MAX || !path->locals[local].is_used)
		return false;
	urchin_ice_path_enter(path, now_us);
	if (path->current && path->current->local == local && urchin_addr_equal(&path->current->remote->addr, &addr)) {
		urchin_ice_path_note_heard(path);
		return true;
	}
	struct urchin_ice_remote *known = urchin_ice_path_find_remote(path, &addr);
	struct urchin_ice_pair *pair = known ? urchin_ice_path_find_pair(path, local, known) : NULL;
	bool is_trusted = known && known->is_trusted;
	if (pair)
		pair->last_heard_us = path->now_us;
	if (is_trusted)
		urchin_ice_path_note_sign(path);
	if (pair && pair->state == URCHIN_ICE_PAIR_SUCCEEDED)
		follow(path, pair);
	else
		probe_source(path, local, known, &addr);
	return is_trusted;
}

void urchin_ice_path_meet(struct urchin_ice_path *path, struct urchin_ice_remote *remote)
{
	if (!path->is_started || !urchin_ice_path_can_check(path) || !urchin_ice_path_can_contest(path))
		return;
	if (path->current && path->current->remote == remote)
		return;
	/* The packets of a peer that moved still come to the address it knows. */
	for (int local = 0; local < URCHIN_ICE_PATH_LOCALS_MAX; local++) {
		bool is_likely = !path->current || path->current->local == local;
		struct urchin_ice_pair *pair = is_likely ? urchin_ice_path_put_pair(path, local, remote) : NULL;
		if (pair && !pair->is_challenger)
			urchin_ice_path_challenge(path, pair, URCHIN_ICE_RANK_KNOWN);
	}
}

void urchin_ice_path_hear_backend(struct urchin_ice_path *path, uint64_t now_us)
{
	struct urchin_ice_backend *backend = &path->backend;
	urchin_ice_path_enter(path, now_us);
	backend->streak =
	    urchin_ice_path_is_within(path, backend->heard_us, REGULAR_GAP_US + 1) ? backend->streak + 1 : 1;
	backend->heard_us = path->now_us;
	urchin_ice_path_note_sign(path);
	if (path->is_on_backend) {
		if (backend->streak >= REGULAR_PACKETS)
			urchin_ice_path_wake(path, path->now_us + path->config.disconnected_timeout_us);
		return;
	}
	bool is_turn = backend->is_known && path->is_started && !backend->is_challenger;
	if (!is_turn || urchin_ice_path_is_in_use(path) || !urchin_ice_path_can_contest(path))
		return;
	urchin_ice_path_challenge(path, NULL, URCHIN_ICE_RANK_KNOWN);
	urchin_ice_path_run(path);
}
