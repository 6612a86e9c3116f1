/* Which pair is the path: what the backend selects, and direct pairs in the place of relayed ones. */
#include "transport/ice_path_internal.h"

uint32_t urchin_ice_path_default_priority(enum urchin_candidate_type type)
{
	static const uint32_t preferences[] = {
	    [URCHIN_CANDIDATE_HOST] = 126,
	    [URCHIN_CANDIDATE_SRFLX] = 100,
	    [URCHIN_CANDIDATE_PRFLX] = 110,
	    [URCHIN_CANDIDATE_RELAY] = 0,
	};
	return preferences[type] << 24 | UINT32_C(0xffff) << 8 | 255;
}

bool urchin_ice_path_has_path(const struct urchin_ice_path *path)
{
	return path->current || path->is_on_backend;
}

bool urchin_ice_path_is_relayed(const struct urchin_ice_path *path)
{
	return path->is_on_backend ? path->backend.is_relayed : path->current && path->current->remote->is_relayed;
}

/* --- the path changes --- */

static void settle_pairs(struct urchin_ice_path *path)
{
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used)
			continue;
		pair->is_nominated = pair == path->current;
		/* The search for a direct pair goes on while there is none. */
		if (pair->plan == URCHIN_ICE_PLAN_PROBE || pair == path->current || !urchin_ice_path_is_relayed(path))
			urchin_ice_path_stop_plan(pair, false);
	}
}

void urchin_ice_path_update_way(struct urchin_ice_path *path)
{
	const struct urchin_ice_pair *pair = path->current;
	path->is_open = urchin_ice_path_has_path(path) && path->liveness != URCHIN_ICE_DEAD;
	path->way.local = pair ? pair->local : URCHIN_ICE_PATH_BACKEND;
	path->way.remote = pair ? urchin_ice_path_remote_addr(path, pair) : path->backend.addr;
	if (++path->way.number == 0)
		path->way.number = 1;
}

static void tell_path(struct urchin_ice_path *path)
{
	struct urchin_addr addr;
	urchin_ice_path_update_way(path);
	addr = path->way.remote;
	path->backend.is_told = !path->current;
	path->callbacks.on_path(path->owner, path->way.local, &addr,
				path->current ? path->current->remote->type : path->backend.type);
}

void urchin_ice_path_move(struct urchin_ice_path *path, struct urchin_ice_pair *pair, bool is_proven)
{
	path->current = pair;
	path->is_on_backend = !pair;
	urchin_ice_path_update_way(path);
	path->is_waiting = false;
	path->is_seeking = false;
	path->settle_us = URCHIN_NEVER_US;
	path->former_us = path->now_us + FORMER_INTERVAL_US;
	path->taken_us = path->now_us;
	path->is_recovering &= !is_proven;
	urchin_ice_path_end_contest(path, false);
	settle_pairs(path);
	if (is_proven || !path->is_started) {
		path->consent_us = path->now_us;
		path->sign_us = path->now_us;
	}
	path->is_started = true;
	if (pair) {
		/* Asked at once: for the round trip, and to tell a controlled peer which pair it is. */
		path->ask_us = path->now_us;
		path->stats.rtt_us = pair->rtt_us;
		urchin_ice_path_draw_jitter(path);
	}
	path->stats.path_changes++;
	if (is_proven)
		urchin_ice_path_revive(path);
	tell_path(path);
	if (urchin_ice_path_is_relayed(path))
		urchin_ice_path_search(path, false);
}

void urchin_ice_path_lose(struct urchin_ice_path *path)
{
	path->current = NULL;
	path->is_on_backend = false;
	urchin_ice_path_update_way(path);
	path->ask_us = URCHIN_NEVER_US;
	path->stats.rtt_us = 0;
}

/* --- looking for a direct pair --- */

bool urchin_ice_path_wants_direct(const struct urchin_ice_path *path)
{
	if (path->is_seeking && path->config.is_controlling)
		return true;
	return path->is_waiting || (urchin_ice_path_has_path(path) && urchin_ice_path_is_relayed(path));
}

void urchin_ice_path_search(struct urchin_ice_path *path, bool only_new)
{
	urchin_ice_path_form_pairs(path, true);
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		bool is_wanted = pair->is_used && !pair->remote->is_relayed && pair->plan == URCHIN_ICE_PLAN_NONE &&
				 !(only_new && pair->state != URCHIN_ICE_PAIR_WAITING);
		if (is_wanted)
			urchin_ice_path_start_plan(path, pair, URCHIN_ICE_PLAN_SEARCH);
	}
	urchin_ice_path_consider(path);
}

static bool is_choice(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	return pair->is_used && !pair->remote->is_relayed && pair->state == URCHIN_ICE_PAIR_SUCCEEDED &&
	       pair->last_answer_us && path->now_us - pair->last_answer_us <= FRESH_US;
}

static struct urchin_ice_pair *best_choice(struct urchin_ice_path *path)
{
	struct urchin_ice_pair *best = NULL;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (is_choice(path, pair) && (!best || urchin_ice_path_is_better(path, pair, best)))
			best = pair;
	}
	return best;
}

static bool is_nominating(const struct urchin_ice_path *path)
{
	for (size_t i = 0; i < PAIRS_MAX; i++)
		if (path->pairs[i].is_used && path->pairs[i].plan == URCHIN_ICE_PLAN_NOMINATE)
			return true;
	return false;
}

/* Whether a better pair may answer in a moment. */
static bool is_better_open(const struct urchin_ice_path *path, const struct urchin_ice_pair *than)
{
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		const struct urchin_ice_pair *pair = &path->pairs[i];
		bool is_open = pair->is_used && pair->plan == URCHIN_ICE_PLAN_SEARCH && pair->attempts < 2;
		if (is_open && urchin_ice_path_is_better(path, pair, than))
			return true;
	}
	return false;
}

void urchin_ice_path_consider(struct urchin_ice_path *path)
{
	/* RFC 8445 8.1.1: the controlling side nominates. The other one hears of it from its backend, or follows. */
	if (!path->config.is_controlling || !urchin_ice_path_wants_direct(path) || is_nominating(path))
		return;
	struct urchin_ice_pair *best = best_choice(path);
	if (!best)
		return;
	if (path->settle_us == URCHIN_NEVER_US)
		path->settle_us = path->now_us + SETTLE_US;
	if (path->now_us < path->settle_us && is_better_open(path, best))
		return;
	path->settle_us = URCHIN_NEVER_US;
	urchin_ice_path_start_plan(path, best, URCHIN_ICE_PLAN_NOMINATE);
}

/* Pairs that could spare us the relay. */
static bool has_direct_pairs(struct urchin_ice_path *path)
{
	urchin_ice_path_form_pairs(path, true);
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		const struct urchin_ice_pair *pair = &path->pairs[i];
		if (pair->is_used && !pair->remote->is_relayed)
			return true;
	}
	return false;
}

/* A direct pair that worked once may work again, without an end to asking. */
static void ask_former(struct urchin_ice_path *path)
{
	struct urchin_ice_pair *former = NULL;
	path->former_us = path->now_us + FORMER_INTERVAL_US;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		bool is_former = pair->is_used && !pair->remote->is_relayed && pair->answers_received > 0 &&
				 pair->plan == URCHIN_ICE_PLAN_NONE;
		if (is_former && (!former || pair->last_sent_us < former->last_sent_us))
			former = pair;
	}
	if (former)
		urchin_ice_path_check(path, former);
}

void urchin_ice_path_run_nomination(struct urchin_ice_path *path)
{
	if (path->is_waiting && path->now_us >= path->patience_end_us)
		urchin_ice_path_move(path, path->waiting, true);
	if (path->settle_us <= path->now_us) {
		urchin_ice_path_consider(path);
		path->settle_us = URCHIN_NEVER_US;
	}
	bool is_former_due = path->former_us <= path->now_us && path->pace_us <= path->now_us;
	if (is_former_due && urchin_ice_path_can_check(path) && urchin_ice_path_wants_direct(path))
		ask_former(path);
}

uint64_t urchin_ice_path_nomination_deadline_us(const struct urchin_ice_path *path)
{
	uint64_t deadline_us = path->settle_us;
	if (path->is_waiting)
		deadline_us = urchin_ice_min(deadline_us, path->patience_end_us);
	if (urchin_ice_path_can_check(path) && urchin_ice_path_wants_direct(path))
		deadline_us = urchin_ice_min(deadline_us, urchin_ice_max(path->former_us, path->pace_us));
	return deadline_us;
}

void urchin_ice_path_seek(struct urchin_ice_path *path, uint64_t now_us)
{
	urchin_ice_path_enter(path, now_us);
	if (urchin_ice_path_has_path(path))
		return;
	path->is_seeking = true;
	path->hope_us = path->now_us;
	path->has_news = true;
	urchin_ice_path_run(path);
}

/* --- what the backend selects --- */

static bool is_well(const struct urchin_ice_path *path)
{
	return urchin_ice_path_has_path(path) && path->liveness == URCHIN_ICE_ALIVE && !path->is_recovering;
}

static void take(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	bool is_same = urchin_ice_path_has_path(path) && path->current == pair && path->is_on_backend == !pair;
	if (!is_same) {
		urchin_ice_path_move(path, pair, true);
		return;
	}
	path->consent_us = path->now_us;
	urchin_ice_path_note_sign(path);
	urchin_ice_path_revive(path);
	if (!pair && !path->backend.is_told) {
		path->stats.path_changes++;
		tell_path(path);
	}
}

static void take_relayed(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	/* Also when a check or two were lost: a relay must not win by one of them. */
	bool is_alive = urchin_ice_path_has_path(path) && path->liveness == URCHIN_ICE_ALIVE;
	if (is_alive && !urchin_ice_path_is_relayed(path)) {
		urchin_ice_path_challenge(path, pair, 0);
		return;
	}
	bool is_early = !urchin_ice_path_has_path(path) && (path->is_waiting || !path->is_started);
	if (!is_early || !urchin_ice_path_can_check(path) || !has_direct_pairs(path)) {
		take(path, pair);
		return;
	}
	/* Direct pairs that were there long before have had their time. */
	if (!path->is_waiting)
		path->patience_end_us = path->hope_us + path->config.relay_patience_us;
	path->is_waiting = true;
	path->waiting = pair;
	urchin_ice_path_search(path, false);
}

static void take_direct(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	bool is_worse =
	    pair && path->current && path->current != pair && urchin_ice_path_is_better(path, path->current, pair);
	/* A backend's direct pair is TCP: never better than UDP. */
	is_worse |= !pair && path->current && !path->current->remote->is_relayed;
	if (path->config.is_controlling || !is_well(path) || !is_worse)
		take(path, pair);
	else
		urchin_ice_path_challenge(path, pair, 2);
}

/* The pair the backend selected; NULL when it can't be one of ours. */
static struct urchin_ice_pair *selected_pair(struct urchin_ice_path *path, int local, const struct urchin_addr *addr,
					     enum urchin_candidate_type type, bool is_relayed)
{
	struct urchin_addr plain = urchin_ice_path_plain(addr);
	struct urchin_ice_remote *remote = urchin_ice_path_find_remote(path, &plain);
	if (!remote) {
		urchin_ice_path_yield_remote(path);
		remote = urchin_ice_path_put_remote(path, &plain, type, urchin_ice_path_default_priority(type));
	}
	if (!remote)
		return NULL;
	remote->is_relayed |= is_relayed;
	remote->is_trusted = true;
	remote->is_learned = false;
	struct urchin_ice_pair *pair = urchin_ice_path_put_pair(path, local, remote);
	if (pair)
		pair->state = URCHIN_ICE_PAIR_SUCCEEDED;
	return pair;
}

void urchin_ice_path_nominate(struct urchin_ice_path *path, int local, const struct urchin_addr *remote,
			      enum urchin_candidate_type remote_type, bool is_relayed, uint64_t now_us)
{
	struct urchin_ice_pair *pair = NULL;

	urchin_ice_path_enter(path, now_us);
	if (local == URCHIN_ICE_PATH_BACKEND) {
		bool is_same = path->backend.type == remote_type && urchin_addr_equal(&path->backend.addr, remote);

		path->backend = (struct urchin_ice_backend){.is_known = true,
							    .is_relayed = is_relayed,
							    .is_alive = true,
							    .is_told = path->backend.is_told && is_same,
							    .addr = *remote,
							    .type = remote_type,
							    .changed_us = path->now_us};
	} else {
		if (local < 0 || local >= URCHIN_ICE_PATH_LOCALS_MAX || !path->locals[local].is_used)
			return;
		pair = selected_pair(path, local, remote, remote_type, is_relayed);
		if (!pair)
			return;
		is_relayed = pair->remote->is_relayed;
	}
	if (is_relayed)
		take_relayed(path, pair);
	else
		take_direct(path, pair);
	/* What the backend would send to now is our pair. */
	if (pair && !path->is_on_backend && !(path->is_waiting && !path->waiting))
		path->backend.is_known = false;
	urchin_ice_path_run(path);
}
