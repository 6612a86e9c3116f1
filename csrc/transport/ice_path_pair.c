/* The tables of the peer's addresses and of pairs: what goes together (RFC 8445 6.1.2), and what goes when full. */
#include <string.h>

#include "transport/ice_path_internal.h"

/* A link's scope is known by the local socket; signalled addresses come without. */
struct urchin_addr urchin_ice_path_plain(const struct urchin_addr *addr)
{
	struct urchin_addr plain = *addr;
	plain.scope_id = 0;
	return plain;
}

struct urchin_addr urchin_ice_path_remote_addr(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	struct urchin_addr addr = pair->remote->addr;
	if (urchin_addr_is_link_local(&addr))
		addr.scope_id = path->locals[pair->local].addr.scope_id;
	return addr;
}

struct urchin_ice_remote *urchin_ice_path_find_remote(struct urchin_ice_path *path, const struct urchin_addr *addr)
{
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++)
		if (path->remotes[i].is_used && urchin_addr_equal(&path->remotes[i].addr, addr))
			return &path->remotes[i];
	return NULL;
}

static bool is_in_use(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	return pair == path->current || pair == path->waiting || pair->is_challenger ||
	       pair->plan == URCHIN_ICE_PLAN_PROBE || pair->plan == URCHIN_ICE_PLAN_NOMINATE;
}

static bool is_remote_busy(const struct urchin_ice_path *path, const struct urchin_ice_remote *remote)
{
	if (remote->paired_locals == 0)
		return false;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		const struct urchin_ice_pair *pair = &path->pairs[i];
		if (pair->is_used && pair->remote == remote && is_in_use(path, pair))
			return true;
	}
	return false;
}

void urchin_ice_path_drop_remote(struct urchin_ice_path *path, struct urchin_ice_remote *remote)
{
	for (size_t i = 0; i < PAIRS_MAX; i++)
		if (path->pairs[i].is_used && path->pairs[i].remote == remote)
			urchin_ice_path_drop_pair(path, &path->pairs[i]);
	*remote = (struct urchin_ice_remote){0};
}

/* The address to give up: unproven ones first, and of those the one longest unused. Signalled ones stay. */
static struct urchin_ice_remote *oldest_remote(struct urchin_ice_path *path, bool unproven_only)
{
	struct urchin_ice_remote *oldest = NULL;
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++) {
		struct urchin_ice_remote *remote = &path->remotes[i];
		bool can_go =
		    remote->is_used && (unproven_only ? remote->is_learned : remote->type == URCHIN_CANDIDATE_PRFLX);
		if (can_go && (!oldest || remote->used_us < oldest->used_us) && !is_remote_busy(path, remote))
			oldest = remote;
	}
	return oldest;
}

/* What the backend selected needs a place, however many the peer signalled: the lowest one goes. */
void urchin_ice_path_yield_remote(struct urchin_ice_path *path)
{
	struct urchin_ice_remote *lowest = NULL;
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++) {
		struct urchin_ice_remote *remote = &path->remotes[i];
		if (!remote->is_used)
			return;
		if ((!lowest || remote->priority < lowest->priority) && !is_remote_busy(path, remote))
			lowest = remote;
	}
	if (lowest)
		urchin_ice_path_drop_remote(path, lowest);
}

static size_t count_learned(const struct urchin_ice_path *path)
{
	size_t count = 0;
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++)
		count += path->remotes[i].is_used && path->remotes[i].type == URCHIN_CANDIDATE_PRFLX;
	return count;
}

static struct urchin_ice_remote *free_remote(struct urchin_ice_path *path, enum urchin_candidate_type type)
{
	bool is_full = type == URCHIN_CANDIDATE_PRFLX && count_learned(path) >= LEARNED_MAX;
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX && !is_full; i++)
		if (!path->remotes[i].is_used)
			return &path->remotes[i];
	struct urchin_ice_remote *remote = oldest_remote(path, true);
	if (!remote)
		remote = oldest_remote(path, false);
	if (remote)
		urchin_ice_path_drop_remote(path, remote);
	return remote;
}

struct urchin_ice_remote *urchin_ice_path_put_remote(struct urchin_ice_path *path, const struct urchin_addr *addr,
						     enum urchin_candidate_type type, uint32_t priority)
{
	struct urchin_ice_remote *remote = urchin_ice_path_find_remote(path, addr);
	if (remote) {
		/* RFC 8445 7.3.1.3: learned first and signalled later, it is the signalled candidate. */
		if (type != URCHIN_CANDIDATE_PRFLX || remote->type == URCHIN_CANDIDATE_PRFLX) {
			remote->type = type;
			remote->priority = priority;
			remote->is_relayed |= type == URCHIN_CANDIDATE_RELAY;
		}
		return remote;
	}
	remote = free_remote(path, type);
	if (remote)
		*remote = (struct urchin_ice_remote){.is_used = true,
						     .is_relayed = type == URCHIN_CANDIDATE_RELAY,
						     .addr = *addr,
						     .type = type,
						     .priority = priority,
						     .used_us = path->now_us};
	return remote;
}

uint64_t urchin_ice_path_pair_priority(const struct urchin_ice_path *path, const struct urchin_ice_pair *pair)
{
	uint64_t ours = path->locals[pair->local].priority;
	uint64_t theirs = pair->remote->priority;
	uint64_t controlling = path->config.is_controlling ? ours : theirs;
	uint64_t controlled = path->config.is_controlling ? theirs : ours;
	return (urchin_ice_min(controlling, controlled) << 32) + 2 * urchin_ice_max(controlling, controlled) +
	       (controlling > controlled ? 1 : 0);
}

bool urchin_ice_path_is_better(const struct urchin_ice_path *path, const struct urchin_ice_pair *a,
			       const struct urchin_ice_pair *b)
{
	if (a->remote->is_relayed != b->remote->is_relayed)
		return b->remote->is_relayed;
	return urchin_ice_path_pair_priority(path, a) > urchin_ice_path_pair_priority(path, b);
}

struct urchin_ice_pair *urchin_ice_path_find_pair(struct urchin_ice_path *path, int local,
						  const struct urchin_ice_remote *remote)
{
	if (!(remote->paired_locals >> local & 1))
		return NULL;
	for (size_t i = 0; i < PAIRS_MAX; i++)
		if (path->pairs[i].is_used && path->pairs[i].remote == remote && path->pairs[i].local == local)
			return &path->pairs[i];
	return NULL;
}

void urchin_ice_path_drop_pair(struct urchin_ice_path *path, struct urchin_ice_pair *pair)
{
	urchin_ice_path_forget_checks(path, pair);
	pair->remote->paired_locals &= ~(UINT64_C(1) << pair->local);
	*pair = (struct urchin_ice_pair){0};
}

/* RFC 8445 6.1.2.2: same family, and link-local only with link-local. */
static bool is_compatible(const struct urchin_ice_local *local, const struct urchin_ice_remote *remote)
{
	return local->is_used && local->addr.family == remote->addr.family &&
	       urchin_addr_is_link_local(&local->addr) == urchin_addr_is_link_local(&remote->addr);
}

/* What failed goes first, what worked last, and of that the one longest ago. */
static int worth(const struct urchin_ice_pair *pair)
{
	switch (pair->state) {
	case URCHIN_ICE_PAIR_FAILED:
		return 0;
	case URCHIN_ICE_PAIR_SUCCEEDED:
		return 2;
	default:
		return 1;
	}
}

static bool is_lesser(const struct urchin_ice_path *path, const struct urchin_ice_pair *a,
		      const struct urchin_ice_pair *b)
{
	if (worth(a) != worth(b))
		return worth(a) < worth(b);
	if (worth(a) == 2)
		return a->last_answer_us < b->last_answer_us;
	return urchin_ice_path_is_better(path, b, a);
}

/* RFC 8445 6.1.2.5: of more than 100 the lowest ones go. The peer may be where packets come from: they need a place. */
static struct urchin_ice_pair *free_pair(struct urchin_ice_path *path, const struct urchin_ice_pair *newcomer)
{
	struct urchin_ice_pair *least = NULL;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used)
			return pair;
		if (!is_in_use(path, pair) && (!least || is_lesser(path, pair, least)))
			least = pair;
	}
	bool is_needed = newcomer->remote->is_learned || newcomer->remote->is_trusted;
	bool is_worth_it = least && (is_needed || worth(least) == 0 ||
				     (worth(least) == 1 && urchin_ice_path_is_better(path, newcomer, least)));
	if (!is_worth_it)
		return NULL;
	urchin_ice_path_drop_pair(path, least);
	return least;
}

struct urchin_ice_pair *urchin_ice_path_put_pair(struct urchin_ice_path *path, int local,
						 struct urchin_ice_remote *remote)
{
	if (!is_compatible(&path->locals[local], remote))
		return NULL;
	struct urchin_ice_pair *pair = urchin_ice_path_find_pair(path, local, remote);
	if (pair)
		return pair;
	struct urchin_ice_pair newcomer = {.is_used = true,
					   .local = (uint8_t)local,
					   .remote = remote,
					   .state = URCHIN_ICE_PAIR_WAITING,
					   .next_us = URCHIN_NEVER_US};
	pair = free_pair(path, &newcomer);
	if (!pair)
		return NULL;
	*pair = newcomer;
	remote->paired_locals |= UINT64_C(1) << local;
	return pair;
}

void urchin_ice_path_form_pairs(struct urchin_ice_path *path, bool direct_only)
{
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++) {
		struct urchin_ice_remote *remote = &path->remotes[i];
		if (!remote->is_used || remote->is_learned || (direct_only && remote->is_relayed))
			continue;
		for (int local = 0; local < URCHIN_ICE_PATH_LOCALS_MAX; local++)
			if (path->locals[local].is_used)
				urchin_ice_path_put_pair(path, local, remote);
	}
}
