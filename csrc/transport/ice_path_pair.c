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
		bool is_candidate =
		    remote->is_used && (unproven_only ? remote->is_learned : remote->type == URCHIN_CANDIDATE_PRFLX);
		if (is_candidate && (!oldest || remote->used_us < oldest->used_us) && !is_remote_busy(path, remote))
			oldest = remote;
	}
	return oldest;
}

static struct urchin_ice_remote *free_remote(struct urchin_ice_path *path)
{
	for (size_t i = 0; i < URCHIN_ICE_PATH_REMOTES_MAX; i++)
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
	remote = free_remote(path);
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

/* Whether `a` is the one to give up rather than `b`: what failed first, then what is worse. */
static bool is_lesser(const struct urchin_ice_path *path, const struct urchin_ice_pair *a,
		      const struct urchin_ice_pair *b)
{
	bool a_failed = a->state == URCHIN_ICE_PAIR_FAILED;
	bool b_failed = b->state == URCHIN_ICE_PAIR_FAILED;
	if (a_failed != b_failed)
		return a_failed;
	return urchin_ice_path_is_better(path, b, a);
}

/* RFC 8445 6.1.2.5: of more than 100 the lowest ones go, but none that worked. */
static struct urchin_ice_pair *free_pair(struct urchin_ice_path *path, const struct urchin_ice_pair *newcomer)
{
	struct urchin_ice_pair *least = NULL;
	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct urchin_ice_pair *pair = &path->pairs[i];
		if (!pair->is_used)
			return pair;
		bool can_go = pair->state != URCHIN_ICE_PAIR_SUCCEEDED && !is_in_use(path, pair);
		if (can_go && (!least || is_lesser(path, pair, least)))
			least = pair;
	}
	bool is_worth_it =
	    least && (newcomer->remote->is_learned || newcomer->remote->is_trusted ||
		      least->state == URCHIN_ICE_PAIR_FAILED || urchin_ice_path_is_better(path, newcomer, least));
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
